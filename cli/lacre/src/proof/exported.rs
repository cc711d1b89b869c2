//! A file of `lacre export`, checked by a third party: without a profile, without a network, with nothing but the file and the
//! keys of the relay.
//!
//! | it shows | by |
//! |---|---|
//! | whose account it is | the registrar's binding, under the relay's key |
//! | that a device of the account said this, here | its signature over content, group, channel and entry |
//! | when the relay had stored it | its receipt of the entry, where there is one |

use data_encoding::HEXLOWER;
use lacre_core::view::Body;
use lacre_core::{ExportedAccount, ExportedProof, ProofFault};
use lacre_evidence::Trust;
use lacre_ground::address::Authority;
use lacre_ground::ids::{AccountId, ChannelId, DeviceId, EntryId, Handle};
use serde::Deserialize;

/// What such a file begins with.
pub(crate) const FORMAT: &str = "lacre conversation export v1";

#[derive(Deserialize)]
struct File {
    format: String,
    relay: String,
    accounts: Vec<Account>,
    messages: Vec<Line>,
}

#[derive(Deserialize)]
struct Account {
    account: String,
    handle: String,
    states: Vec<String>,
    binding: String,
}

#[derive(Deserialize)]
struct Line {
    message: Shown,
    proof: Option<Proof>,
}

#[derive(Deserialize)]
struct Shown {
    id: String,
    sender: Option<String>,
    sender_account: String,
    kind: String,
    text: Option<String>,
    file: Option<String>,
    size: Option<u64>,
}

#[derive(Deserialize)]
struct Proof {
    group: String,
    device: String,
    channel: String,
    entry: String,
    seq: u64,
    content: String,
    signature: String,
    receipt: Option<String>,
}

/// What a check of an export came to.
pub(crate) struct Checked {
    /// address of the relay that the file names
    pub(crate) relay: String,
    /// its key, in hexadecimal, to be compared
    pub(crate) key: String,
    /// whether the trust file names it; none without a trust file
    pub(crate) trusted: Option<bool>,
    /// texts and files that are signed as shown
    pub(crate) signed: usize,
    /// of these, with the relay's word for when it had stored them
    pub(crate) receipts: usize,
    /// texts and files that nothing proves, by id
    pub(crate) unproven: Vec<String>,
    /// what is wrong, by id
    pub(crate) faults: Vec<(String, ProofFault)>,
}

/// Checks a file; none if it is no export.
pub(crate) fn check(bytes: &[u8], trust: Option<&Trust>) -> Option<Result<Checked, String>> {
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        return None;
    }
    let file: File = match serde_json::from_slice(bytes) {
        Ok(file) => file,
        // of another form, or a broken one: only what says that it is one is judged as one
        Err(e) => {
            let named = bytes.windows(FORMAT.len()).any(|window| window == FORMAT.as_bytes());
            return named.then(|| Err(e.to_string()));
        }
    };
    (file.format == FORMAT).then(|| checked(file, trust))
}

fn checked(file: File, trust: Option<&Trust>) -> Result<Checked, String> {
    let relay = Authority::parse(&file.relay).map_err(|e| e.to_string())?;
    let key = relay.identity();
    let among = |trust: &Trust| {
        let named = |keys: &[lacre_ground::note::NoteKey]| keys.iter().any(|k| k.key() == *key.as_bytes());
        named(&trust.keys.relays) && named(&trust.keys.registrars)
    };
    let mut out = Checked {
        relay: file.relay.clone(),
        key: HEXLOWER.encode(key.as_bytes()),
        trusted: trust.map(among),
        signed: 0,
        receipts: 0,
        unproven: Vec::new(),
        faults: Vec::new(),
    };
    let accounts = file.accounts.iter().map(account).collect::<Result<Vec<_>, _>>()?;
    for known in &accounts {
        if let Err(fault) = known.check(&file.relay) {
            out.faults.push((known.handle.to_string(), fault));
        }
    }
    for line in &file.messages {
        let shown = &line.message;
        let body = match (shown.kind.as_str(), &shown.text, &shown.file, shown.size) {
            ("text", Some(text), ..) => Body::Text(text.clone()),
            ("file", _, Some(name), Some(size)) => Body::File { name: name.clone(), size },
            ("leaves", ..) => Body::Leaves,
            // a line that no member wrote, or of which nothing is kept
            _ if line.proof.is_none() => continue,
            _ => {
                out.faults.push((shown.id.clone(), ProofFault::Shown));
                continue;
            }
        };
        let Some(proof) = &line.proof else {
            out.unproven.push(shown.id.clone());
            continue;
        };
        let sender: AccountId = id(&shown.sender_account)?;
        // the name beside it is the one that the registrar bound
        let named = accounts.iter().find(|a| a.account == sender).map(|a| a.handle.to_string());
        let judged = if shown.sender.is_some() && shown.sender != named {
            Err(ProofFault::Account)
        } else {
            exported(proof)?.check(&file.relay, &accounts, sender, &body)
        };
        match judged {
            Ok(receipt) => {
                out.signed += 1;
                out.receipts += usize::from(receipt.is_some());
            }
            Err(fault) => out.faults.push((shown.id.clone(), fault)),
        }
    }
    Ok(out)
}

fn account(account: &Account) -> Result<ExportedAccount, String> {
    let handle = Handle::parse(account.handle.trim_start_matches('@')).map_err(|e| e.to_string())?;
    let (states, binding) = (account.states.clone(), account.binding.clone());
    Ok(ExportedAccount { account: id(&account.account)?, handle, states, binding })
}

fn exported(proof: &Proof) -> Result<ExportedProof, String> {
    let (channel, entry): (ChannelId, EntryId) = (id(&proof.channel)?, id(&proof.entry)?);
    let device: DeviceId = id(&proof.device)?;
    let (group, content, signature) = (bytes(&proof.group)?, bytes(&proof.content)?, bytes(&proof.signature)?);
    Ok(ExportedProof { group, device, channel, entry, seq: proof.seq, content, signature, receipt: proof.receipt.clone() })
}

fn bytes(hex: &str) -> Result<Vec<u8>, String> {
    HEXLOWER.decode(hex.as_bytes()).map_err(|e| e.to_string())
}

fn id<T>(hex: &str) -> Result<T, String>
where
    for<'a> T: TryFrom<&'a [u8]>,
{
    T::try_from(bytes(hex)?.as_slice()).map_err(|_| "an id of another length".to_owned())
}
