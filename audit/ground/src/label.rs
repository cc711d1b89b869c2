//! Labels: every hash, MAC, key derivation and signature begins with one that nothing else has.
//!
//! The encoding is injective: one byte length of the label, the label, then each part as a four-byte big-endian
//! length and its bytes. So no two (label, parts) give the same input.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

macro_rules! labels {
    ($($(#[$doc:meta])* $name:ident = $text:literal),* $(,)?) => {
        /// The closed list. PROTOCOL.md has the same table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Label { $($(#[$doc])* $name),* }
        impl Label {
            /// All of them, in the order of the table.
            pub const ALL: &'static [Label] = &[$(Label::$name),*];
            /// The bytes that stand in front.
            #[must_use]
            pub const fn text(self) -> &'static str { match self { $(Label::$name => $text),* } }
        }
    };
}

labels! {
    /// Hash: the name of a log channel, over class, append-token hash and read-token hash.
    LogName = "lacre log v1",
    /// Hash: the name of an inbox, over class and read-token hash.
    InboxName = "lacre inbox v1",
    /// Hash: the name of a casilla, over class and read-token hash.
    CasillaName = "lacre casilla v1",
    /// Hash: the name of a return channel, over class and read-token hash.
    ReturnName = "lacre return v1",
    /// Hash: a channel or blob token as the relay stores it.
    Token = "lacre token v1",
    /// Hash: a stamp as the relay stores it.
    Stamp = "lacre stamp v1",
    /// Hash: a session token as the relay stores it.
    Session = "lacre session v1",
    /// Hash: a one-time code as the relay stores it.
    Code = "lacre code v1",
    /// MAC: a RUN under the registrar's key.
    RunHash = "lacre run v1",
    /// MAC: the RUN of an official of one body under the registrar's key: her office account and her own are strangers.
    OfficeRunHash = "lacre office run v1",
    /// MAC: what a registrar's key is known again by.
    RunKeyCheck = "lacre run key check v1",
    /// MAC: a deleted account in the list beside the data folder, over its id, under the registrar's key.
    DeletedAccount = "lacre deleted account v1",
    /// AAD of a relay's keys under a passphrase.
    KeyBackup = "lacre key backup v1",
    /// Key derivation from the relay's identity key; MAC: a login challenge, over its time, the relay's identity, account and device.
    Challenge = "lacre challenge v1",
    /// Hash: an account id, over the text of state 0.
    AccountId = "lacre account id v1",
    /// Hash: the previous state, over its text.
    StateHash = "lacre state hash v1",
    /// Signature: a device logs in.
    Login = "lacre login v1",
    /// MAC: a clerk's login challenge, over its time, the relay's identity and her key.
    CounterChallenge = "lacre counter challenge v1",
    /// Signature: a clerk asks for one act at the registrar's counter.
    CounterAsk = "lacre counter ask v1",
    /// MAC: an agency's challenge, over its time, the relay's identity and its key.
    AgencyChallenge = "lacre agency challenge v1",
    /// Signature: an agency asks for something.
    AgencyAsk = "lacre agency ask v1",
    /// Key derivation and AAD: a grant as the registrar keeps it, under its key.
    KeptGrant = "lacre kept grant v1",
    /// Key derivation and MAC: what relays of one store count in windows, and of whom, under their identity's key.
    Quota = "lacre quota v1",
    /// Hash: an act of the counter's record, over the hash of all acts before it.
    CounterAct = "lacre counter act v1",
    /// Signature: a device signs an envelope to an inbox.
    Envelope = "lacre envelope v1",
    /// Signature: a device signs a content.
    Content = "lacre content v1",
    /// MAC: the id of a line that a client writes into its history itself, under the profile secret.
    Line = "lacre line v1",
    /// Signature: a device asks to be re-added.
    ReAdd = "lacre re-add v1",
    /// MAC: the id of an own entry, over channel and number, under the profile secret.
    EntryId = "lacre entry id v1",
    /// Hash: the hedged nonce of an entry or blob chunk.
    Nonce = "lacre nonce v1",
    /// AAD of an entry.
    EntryAad = "lacre entry v1",
    /// AAD of a blob's chunk.
    BlobAad = "lacre blob v1",
    /// HPKE info of an inbox envelope.
    EnvelopeSeal = "lacre envelope seal v1",
    /// HPKE info of a notice.
    NoticeSeal = "lacre notice seal v1",
    /// What is sealed to a notice key: notice, seed, and what proves them.
    NoticeHeader = "lacre notice header v2",
    /// Hash: a note, as other notes name it, over its text.
    NoteHash = "lacre note hash v1",
    /// Hash: a RUN that only its salt opens, over salt and RUN.
    RunCommitment = "lacre run commitment v1",
    /// Key derivation: the key of one file of a notice, from the notice's seed.
    NoticeFile = "lacre notice file v1",
    /// Key derivation: the name and read token of the blob of one sealed file, from the notice's seed.
    NoticeBlob = "lacre notice blob v1",
    /// Key derivation: the id of a notice's entry in the casilla, from the notice's seed.
    NoticeEntry = "lacre notice entry v1",
    /// Key derivation: the keys of what a device answers to a notice, from the notice's seed.
    NoticeReturn = "lacre notice return v1",
    /// AAD of what a device answers to a notice.
    NoticeReturnAad = "lacre notice return entry v1",
    /// Hash: a sealed notice as the relay takes it, over the hashes of its header and its files.
    NoticeDigest = "lacre notice digest v1",
    /// Hash: the ids of all entries of a casilla, in the order of their bytes.
    HeadIds = "lacre head ids v1",
    /// Hash: a batch of notices, over its text: what officials approve.
    BatchDigest = "lacre batch digest v1",
    /// Hash: a row of a batch, over its place and what its notice will say.
    BatchRow = "lacre batch row v1",
    /// Hash: a node of the tree of a batch's rows, over its left and its right part.
    BatchNode = "lacre batch node v1",
    /// Hash: what a notice names of approvals: the batch, the list of roles, and each approval.
    Approvals = "lacre approvals v1",
    /// What stands in a bundle's part of approvals: its kind and what is of it.
    ApprovalPart = "lacre approval part v1",
    /// Hash: what a template of notices says, over its parts.
    Template = "lacre template v1",
    /// Key derivation: randomness of a reproducible seal.
    SealRandomness = "lacre seal randomness v1",
    /// Key derivation: the keys of a profile.
    ProfileKeys = "lacre profile keys v1",
    /// MAC: lookup key of a profile row.
    ProfileLookup = "lacre profile lookup v1",
    /// AAD of a profile row.
    ProfileRow = "lacre profile row v1",
    /// MAC: the nonce of a profile row, over its place and content.
    ProfileNonce = "lacre profile nonce v1",
    /// AAD of a profile's wrapped master key.
    ProfileWrap = "lacre profile wrap v1",
    /// Hash: the name of an unlock agent's socket, over the profile's path.
    AgentSocket = "lacre agent socket v1",
    /// Key derivation: inbox tokens.
    InboxToken = "lacre inbox token v1",
    /// Hash: safety number of two accounts.
    SafetyNumber = "lacre safety number v1",
}

/// The labelled, injective encoding: what is signed, MACed or hashed.
#[must_use]
pub fn message(label: Label, parts: &[&[u8]]) -> Vec<u8> {
    let text = label.text().as_bytes();
    let mut out = Vec::with_capacity(1 + text.len() + parts.iter().map(|p| p.len() + 4).sum::<usize>());
    out.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
    out.extend_from_slice(text);
    for part in parts {
        out.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        out.extend_from_slice(part);
    }
    out
}

/// The parts of a [`message`] of this label. None for any other bytes.
#[must_use]
pub fn parts(label: Label, bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let text = label.text().as_bytes();
    let (len, rest) = bytes.split_first()?;
    let mut rest = (usize::from(*len) == text.len()).then(|| rest.strip_prefix(text)).flatten()?;
    let mut out = Vec::new();
    while !rest.is_empty() {
        let (len, more) = rest.split_first_chunk::<4>()?;
        let (part, more) = more.split_at_checked(usize::try_from(u32::from_be_bytes(*len)).ok()?)?;
        out.push(part);
        rest = more;
    }
    Some(out)
}

/// SHA-256 of [`message`].
#[must_use]
pub fn hash(label: Label, parts: &[&[u8]]) -> [u8; 32] {
    Sha256::digest(message(label, parts)).into()
}

/// HMAC-SHA-256 (RFC 2104) of [`message`].
#[must_use]
pub fn mac(key: &[u8; 32], label: Label, parts: &[&[u8]]) -> [u8; 32] {
    // a key of 32 bytes is shorter than the block: HMAC takes any length, so the array key type cannot fail
    let mut mac =
        <Hmac<Sha256> as KeyInit>::new_from_slice(key).unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
    mac.update(&message(label, parts));
    mac.finalize().into_bytes().into()
}

/// HKDF-SHA-256 expand (RFC 5869) of a uniformly random key with [`message`] as info.
#[must_use]
pub fn derive<const N: usize>(key: &[u8; 32], label: Label, parts: &[&[u8]]) -> [u8; N] {
    const { assert!(N <= 255 * 32, "HKDF expands to at most 255 blocks") };
    let mut out = [0u8; N];
    if let Ok(hkdf) = hkdf::Hkdf::<Sha256>::from_prk(key) {
        // cannot fail: the length is bounded above
        let _ = hkdf.expand(&message(label, parts), &mut out);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_labels_are_equal_or_begin_one_another() {
        for (i, a) in Label::ALL.iter().enumerate() {
            assert!(a.text().len() < 256);
            for b in Label::ALL.iter().skip(i + 1) {
                assert_ne!(a.text(), b.text());
            }
        }
    }

    #[test]
    fn moving_a_byte_between_parts_changes_the_hash() {
        assert_ne!(hash(Label::Token, &[b"ab", b"c"]), hash(Label::Token, &[b"a", b"bc"]));
        assert_ne!(hash(Label::Token, &[b"abc"]), hash(Label::Token, &[b"abc", b""]));
    }

    #[test]
    fn parts_come_out_as_they_went_in_and_of_no_other_label_and_no_cut_message() {
        let parts_in: [&[u8]; 3] = [b"ab", b"", b"c"];
        let bytes = message(Label::NoticeHeader, &parts_in);
        assert_eq!(parts(Label::NoticeHeader, &bytes).unwrap(), parts_in);
        assert_eq!(parts(Label::NoticeSeal, &bytes), None);
        for cut in 0..bytes.len() {
            let found = parts(Label::NoticeHeader, &bytes[..cut]);
            assert!(found.is_none_or(|f| message(Label::NoticeHeader, &f) == bytes[..cut]), "{cut}");
        }
        assert_eq!(parts(Label::NoticeHeader, &[&bytes[..], b"x"].concat()), None);
    }

    #[test]
    fn derived_keys_are_not_zero() {
        assert_ne!(derive::<64>(&[7; 32], Label::ProfileKeys, &[]), [0; 64]);
    }
}
