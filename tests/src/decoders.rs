//! Every decoder that sees the network or a file, as a function of bytes that must return: no panic, no endless loop, and
//! what was read is what is written again.
//!
//! `tests/tests/attack/decoders.rs` replays the corpora and spoils them; `./test --fuzz SECONDS` hunts with libFuzzer
//! (`tests/fuzz`). Where a signature stands before the reading, the input is signed first: a hostile signer is an adversary too.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use lacre_core::crypt::blob::{BlobKey, BlobOpener};
use lacre_core::crypt::entry::{open_entry, seal_entry};
use lacre_core::crypt::padding::{pad, unpad};
use lacre_evidence::arrival::{self, Own};
use lacre_evidence::certificate::AGENCY;
use lacre_evidence::clock::{Calendar, Rule};
use lacre_evidence::heads::{self, HeadsVerdict};
use lacre_evidence::returned::{self, Returned};
use lacre_evidence::{
    Bundle, Certificate, Designation, Envelope, Grant, Keys, LackCode, Lookup, Notice, Opening, Record, Reply, Seed, Trust,
    verify,
};
use lacre_ground::account::{AccountState, Binding, DEVICE, REGISTRAR, Reset};
use lacre_ground::address::{Authority, ContactLink, Invitation};
use lacre_ground::head::HeadNote;
use lacre_ground::ids::{AccountId, ChannelId, EntryId, Handle};
use lacre_ground::label::{self, Label};
use lacre_ground::note::{self, NoteKey, NoteSigner, UnverifiedNote};
use lacre_ground::receipt::{RELAY, Receipt};
use lacre_ground::registrar::RegistrarKey;
use lacre_ground::run::Run;
use lacre_ground::seal::{self, SealSecret};
use lacre_ground::signed::{NoteText, Signed};
use lacre_ground::time::Millis;
use lacre_proto::bounds::{Bounded as _, DECODERS};
use lacre_proto::relay::v1 as wire;
use lacre_relay::config::NodeConfig;
use lacre_transport::SocksProxy;
use openmls::prelude::{MlsMessageBodyIn, MlsMessageIn, ProtocolVersion, RatchetTreeIn};
use openmls_libcrux_crypto::CryptoProvider;
use prost::Message as _;
use rand_core::SeedableRng as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use tls_codec::Deserialize as _;

/// One decoder.
#[derive(Clone, Copy)]
pub struct Decoder {
    /// its name, and that of its corpus
    pub name: &'static str,
    /// true if the bytes were taken
    pub run: fn(&[u8]) -> bool,
}

macro_rules! decoders {
    ($($name:ident),* $(,)?) => {
        /// All of them.
        pub const ALL: &[Decoder] = &[$(Decoder { name: stringify!($name), run: $name }),*];
    };
}

decoders!(
    message,
    note_text,
    state,
    binding,
    reset,
    receipt,
    head,
    certificate,
    designation,
    grant,
    lookup,
    notice,
    notice_envelope,
    notice_header,
    returned,
    reply,
    registrar_key,
    record,
    opening,
    trust,
    keys,
    bundle,
    heads,
    address,
    invitation,
    contact_link,
    run,
    handle,
    instant,
    calendar,
    rule,
    entry,
    padding,
    blob,
    envelope,
    mls_message,
    ratchet_tree,
    proxy,
    config,
);

/// A test's key, no secret.
const SEED: [u8; 32] = [7; 32];

fn text(bytes: &[u8]) -> Option<&str> {
    core::str::from_utf8(bytes).ok()
}

/// The bytes as the text of a note that the example key signs under this name.
fn signed(name: &str, bytes: &[u8]) -> Option<(String, NoteKey)> {
    let signer = NoteSigner::new(name, &SEED).ok()?;
    let raw = note::sign(text(bytes)?, &[&signer]).ok()?;
    Some((raw, signer.public()))
}

/// First byte: which message. The rest: its bytes.
fn message(bytes: &[u8]) -> bool {
    let Some((which, rest)) = bytes.split_first() else { return false };
    DECODERS
        .get(usize::from(*which) % DECODERS.len())
        .is_some_and(|(_, decode)| decode(rest).is_some_and(|bounds| bounds.is_ok()))
}

fn note_text(bytes: &[u8]) -> bool {
    text(bytes).is_some_and(|t| UnverifiedNote::parse(t).is_ok())
}

fn state(bytes: &[u8]) -> bool {
    let Some((raw, _)) = signed(DEVICE, bytes) else { return false };
    if let Ok(read) = AccountState::stored(&raw) {
        assert_eq!(read.text().as_bytes(), bytes, "what was read is written again");
        let _ = read.follow(&raw);
    }
    AccountState::first(&raw).is_ok()
}

/// A note of a kind, signed under the name that such notes are signed under.
fn kind<T: NoteText>(name: &str, bytes: &[u8]) -> bool {
    let Some((raw, key)) = signed(name, bytes) else { return false };
    let Ok(read) = Signed::<T>::verify(&raw, &[key]) else { return false };
    assert_eq!(read.text().as_bytes(), bytes, "what was read is written again");
    true
}

fn binding(bytes: &[u8]) -> bool {
    kind::<Binding>(REGISTRAR, bytes)
}

fn reset(bytes: &[u8]) -> bool {
    kind::<Reset>(REGISTRAR, bytes)
}

fn receipt(bytes: &[u8]) -> bool {
    kind::<Receipt>(RELAY, bytes)
}

fn head(bytes: &[u8]) -> bool {
    kind::<HeadNote>(RELAY, bytes)
}

fn certificate(bytes: &[u8]) -> bool {
    kind::<Certificate>(REGISTRAR, bytes)
}

fn designation(bytes: &[u8]) -> bool {
    kind::<Designation>(DEVICE, bytes)
}

fn grant(bytes: &[u8]) -> bool {
    kind::<Grant>(DEVICE, bytes)
}

fn lookup(bytes: &[u8]) -> bool {
    kind::<Lookup>(REGISTRAR, bytes)
}

fn notice(bytes: &[u8]) -> bool {
    kind::<Notice>(AGENCY, bytes)
}

/// What lies in a casilla.
fn notice_envelope(bytes: &[u8]) -> bool {
    wire::NoticeEnvelope::decode(bytes).is_ok_and(|read| read.check().is_ok())
}

/// The padded plaintext of a header, sealed with the seed inside it, as a hostile body does; the person's device opens it and
/// judges what stands in it.
fn notice_header(bytes: &[u8]) -> bool {
    let (secret, channel) = (SealSecret::new(SEED), ChannelId::new([3; 32]));
    let end = bytes.iter().rposition(|b| *b != 0).unwrap_or_default();
    let parts = label::parts(Label::NoticeHeader, bytes.get(..end).unwrap_or_default());
    let seed = parts.and_then(|parts| (*parts.get(1)?).try_into().ok()).unwrap_or(SEED);
    let Ok(public) = secret.public() else { return false };
    let Ok(header) = seal::seal_again(&public, Label::NoticeSeal, channel.as_bytes(), bytes, &seed) else { return false };
    let envelope = Envelope { header, files: Vec::new() };
    let Ok(read) = envelope.open(&secret, channel) else { return false };
    assert!(read.seal(&public, channel).is_ok_and(|again| again == envelope.header), "what was read is sealed again");
    let registrars = crate::proof::trust().keys.registrars;
    let account = AccountId::new([4; 32]);
    let own = Own { account, states: &[], designations: &[], grants: &[], registrars: &registrars };
    assert!(arrival::check(&read, channel, Millis::new(0), &own).is_err(), "a device that granted nothing believes nothing");
    true
}

/// The padded plaintext of what a device answers, encrypted as whoever has the seed can.
fn returned(bytes: &[u8]) -> bool {
    let (seed, channel) = (Seed::new(SEED), ChannelId::new([3; 32]));
    let id = returned::entry_id(&seed, 0);
    let key = label::derive::<32>(&SEED, Label::NoticeReturn, &[b"key"]);
    let aad = label::message(Label::NoticeReturnAad, &[channel.as_bytes(), id.as_bytes()]);
    let payload = Payload { msg: bytes, aad: &aad };
    let Ok(sealed) = XChaCha20Poly1305::new((&key).into()).encrypt(&XNonce::default(), payload) else { return false };
    let Ok(read) = Returned::open(&seed, channel, id, &[[0; 24].as_slice(), &sealed].concat()) else { return false };
    let mut fixed = rand_chacha::ChaCha20Rng::from_seed(SEED);
    if let Ok(again) = read.seal(&seed, channel, id, &mut fixed) {
        assert!(Returned::open(&seed, channel, id, &again).is_ok_and(|same| same == read), "what was read is written again");
    }
    true
}

fn reply(bytes: &[u8]) -> bool {
    kind::<Reply>(DEVICE, bytes)
}

fn registrar_key(bytes: &[u8]) -> bool {
    kind::<RegistrarKey>(RELAY, bytes)
}

fn record(bytes: &[u8]) -> bool {
    kind::<Record>(RELAY, bytes)
}

fn opening(bytes: &[u8]) -> bool {
    let Some(Ok(read)) = text(bytes).map(Opening::parse) else { return false };
    assert_eq!(read.text().as_bytes(), bytes, "what was read is written again");
    true
}

fn trust(bytes: &[u8]) -> bool {
    text(bytes).is_some_and(|t| Trust::parse(t).is_ok())
}

fn keys(bytes: &[u8]) -> bool {
    let Some(Ok(read)) = text(bytes).map(Keys::parse) else { return false };
    assert_eq!(read.text().as_bytes(), bytes, "what was read is written again");
    true
}

fn bundle(bytes: &[u8]) -> bool {
    let _ = verify(bytes, None);
    let Ok(read) = Bundle::parse(bytes) else { return false };
    assert_eq!(read.to_bytes(), bytes, "what was read is written again");
    true
}

fn heads(bytes: &[u8]) -> bool {
    let lacks_trust = matches!(heads::verify(bytes, None), HeadsVerdict::Incomplete { code: LackCode::Trust, .. });
    assert!(!lacks_trust || heads::is_heads(bytes), "what is taken begins as such a file does");
    lacks_trust
}

fn address(bytes: &[u8]) -> bool {
    let Some(Ok(read)) = text(bytes).map(Authority::parse) else { return false };
    assert!(Authority::parse(&read.to_string()).is_ok_and(|again| again == read), "what is written reads the same");
    true
}

fn invitation(bytes: &[u8]) -> bool {
    let Some(Ok(read)) = text(bytes).map(Invitation::parse) else { return false };
    assert!(Invitation::parse(&read.expose()).is_ok(), "what is written reads again");
    true
}

fn contact_link(bytes: &[u8]) -> bool {
    let Some(Ok(read)) = text(bytes).map(ContactLink::parse) else { return false };
    assert!(
        ContactLink::parse(&read.expose()).is_ok_and(|again| again.expose() == read.expose()),
        "what is written reads the same"
    );
    true
}

fn run(bytes: &[u8]) -> bool {
    let Some(Ok(read)) = text(bytes).map(Run::parse) else { return false };
    assert!(Run::parse(&read.canonical()).is_ok_and(|again| again.canonical() == read.canonical()), "one spelling");
    true
}

fn handle(bytes: &[u8]) -> bool {
    text(bytes).is_some_and(|t| Handle::parse(t).is_ok())
}

fn instant(bytes: &[u8]) -> bool {
    let Some(t) = text(bytes) else { return false };
    let read = Millis::parse(t);
    read.inspect(|m| assert_eq!(m.to_string(), t, "one spelling")).is_ok()
}

fn calendar(bytes: &[u8]) -> bool {
    text(bytes).is_some_and(|t| Calendar::parse(t).is_ok())
}

fn rule(bytes: &[u8]) -> bool {
    text(bytes).is_some_and(|t| Rule::parse(t).is_ok())
}

fn entry(bytes: &[u8]) -> bool {
    let (channel, id) = (ChannelId::new([1; 32]), EntryId::new([2; 16]));
    let mut fixed = rand_chacha::ChaCha20Rng::from_seed(SEED);
    let sealed = seal_entry(&SEED, channel, id, false, bytes, &mut fixed);
    let opened = open_entry(&SEED, channel, id, false, &sealed);
    assert!(opened.is_ok_and(|o| o.as_slice() == bytes), "what was sealed opens");
    open_entry(&SEED, channel, id, false, bytes).is_ok()
}

fn padding(bytes: &[u8]) -> bool {
    let Ok(message) = unpad(bytes) else { return false };
    assert_eq!(pad(message).as_slice(), bytes, "one padding for a message");
    true
}

fn blob(bytes: &[u8]) -> bool {
    let mut opener = BlobOpener::new(&BlobKey::new(SEED), Vec::new());
    opener.write_all(bytes).is_ok() && opener.finish().is_ok()
}

fn envelope(bytes: &[u8]) -> bool {
    seal::open(&SealSecret::new(SEED), Label::EnvelopeSeal, &[3; 32], bytes).is_ok()
}

fn mls_message(bytes: &[u8]) -> bool {
    let Ok(message) = MlsMessageIn::tls_deserialize_exact(bytes) else { return false };
    if let Ok(crypto) = CryptoProvider::new()
        && let MlsMessageBodyIn::KeyPackage(package) = message.clone().extract()
    {
        let _ = package.validate(&crypto, ProtocolVersion::Mls10);
    }
    let _ = message.try_into_protocol_message();
    true
}

fn ratchet_tree(bytes: &[u8]) -> bool {
    RatchetTreeIn::tls_deserialize_exact(bytes).is_ok()
}

fn proxy(bytes: &[u8]) -> bool {
    text(bytes).is_some_and(|t| SocksProxy::parse(t).is_ok())
}

fn config(bytes: &[u8]) -> bool {
    text(bytes).is_some_and(|t| toml::from_str::<NodeConfig>(t).is_ok())
}

/// The file of a decoder's corpus: one input a line, base64.
#[must_use]
pub fn corpus(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(format!("{name}.txt"))
}
