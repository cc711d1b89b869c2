//! `tests/vectors/protocol.json`: what PROTOCOL.md derives, as a stranger would compute it.
//!
//! Every value is made twice: by the formulas of the page written out here (`paper`), and by the code that people use. The
//! file must be what both give.
use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::{Signer as _, SigningKey};
use hmac::{Hmac, KeyInit as _, Mac as _};
use lacre_core::crypt::{pad, unpad};
use lacre_core::{content_statement, envelope_statement, own_entry_id};
use lacre_ground::account::{AccountState, Binding, DEVICE, Device, REGISTRAR, VerifiedAccount};
use lacre_ground::address::{Address, Authority, Invitation};
use lacre_ground::ids::{
    AccountId, ChannelId, Code, DeviceId, EntryId, EnvelopeId, Generation, Handle, Identity, Seq, Session, Stamp, Token,
};
use lacre_ground::label::{self, Label};
use lacre_ground::note::NoteSigner;
use lacre_ground::random::SystemRng;
use lacre_ground::receipt::{RELAY, Receipt};
use lacre_ground::run::Run;
use lacre_ground::seal::{self, SealSecret};
use lacre_ground::signed::NoteText as _;
use lacre_ground::time::Millis;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// PROTOCOL.md, written out with nothing of ours.
mod paper {
    use super::*;

    pub(super) fn msg(label: &str, parts: &[&[u8]]) -> Vec<u8> {
        let mut out = vec![u8::try_from(label.len()).unwrap()];
        out.extend_from_slice(label.as_bytes());
        for part in parts {
            out.extend_from_slice(&u32::try_from(part.len()).unwrap().to_be_bytes());
            out.extend_from_slice(part);
        }
        out
    }
    pub(super) fn h(label: &str, parts: &[&[u8]]) -> [u8; 32] {
        Sha256::digest(msg(label, parts)).into()
    }
    pub(super) fn mac(key: &[u8], label: &str, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
        mac.update(&msg(label, parts));
        mac.finalize().into_bytes().into()
    }
    pub(super) fn note(text: &str, name: &str, seed: &[u8; 32]) -> String {
        let key = SigningKey::from_bytes(seed);
        let id = Sha256::digest([name.as_bytes(), b"\n\x01", key.verifying_key().as_bytes()].concat());
        let line = [&id[..4], &key.sign(text.as_bytes()).to_bytes()].concat();
        format!("{text}\n\u{2014} {name} {}\n", BASE64.encode(&line))
    }
}

const DEVICE_SEED: [u8; 32] = [0x11; 32];
const RELAY_SEED: [u8; 32] = [0x22; 32];
const SEAL_SECRET: [u8; 32] = [0x33; 32];
const READ: [u8; 32] = [0x44; 32];
const APPEND: [u8; 32] = [0x55; 32];
const DEVICE_ID: [u8; 16] = [0x66; 16];
const MADE: u64 = 1_783_346_400_000;

fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}

/// Both ways gave the same; it goes into the file.
fn same(by_paper: &[u8], by_code: &[u8], what: &str) -> String {
    assert_eq!(hex(by_paper), hex(by_code), "{what}");
    hex(by_code)
}

fn identity() -> Identity {
    Identity::new(SigningKey::from_bytes(&RELAY_SEED).verifying_key().to_bytes())
}

fn authority() -> Authority {
    Authority::new("relay.example.org", 7443, identity()).unwrap()
}

fn encoding() -> Value {
    let code = label::message(Label::Token, &[b"ab", b"", b"c"]);
    json!({
        "label": Label::Token.text(), "parts": ["6162", "", "63"],
        "msg": same(&paper::msg("lacre token v1", &[b"ab", b"", b"c"]), &code, "msg"),
        "h": same(&paper::h("lacre token v1", &[b"ab", b"", b"c"]), &label::hash(Label::Token, &[b"ab", b"", b"c"]), "H"),
    })
}

fn hashes() -> Value {
    let (token, stamp, session, code) = (Token::new(READ), Stamp::new([1; 32]), Session::new([2; 32]), Code::new([3; 16]));
    json!({
        "token": { "value": hex(&READ), "hash": same(&paper::h("lacre token v1", &[&READ]), token.hash().as_bytes(), "token") },
        "stamp": { "value": hex(&[1; 32]), "hash": same(&paper::h("lacre stamp v1", &[&[1; 32]]), stamp.hash().as_bytes(), "stamp") },
        "session": {
            "value": hex(&[2; 32]), "hash": same(&paper::h("lacre session v1", &[&[2; 32]]), session.hash().as_bytes(), "session"),
        },
        "code": { "value": hex(&[3; 16]), "hash": same(&paper::h("lacre code v1", &[&[3; 16]]), code.hash().as_bytes(), "code") },
    })
}

fn channels() -> Value {
    let (append, read) = (Token::new(APPEND).hash(), Token::new(READ).hash());
    let (append_hash, read_hash) = (paper::h("lacre token v1", &[&APPEND]), paper::h("lacre token v1", &[&READ]));
    let log = paper::h("lacre log v1", &[&[1], &append_hash, &read_hash]);
    let inbox = paper::h("lacre inbox v1", &[&[2], &read_hash]);
    json!({
        "append_token": hex(&APPEND), "read_token": hex(&READ),
        "log": same(&log, ChannelId::of_log(&append, &read).as_bytes(), "log"),
        "inbox": same(&inbox, ChannelId::of_inbox(&read).as_bytes(), "inbox"),
    })
}

fn addresses() -> Value {
    let invitation = Invitation { authority: authority(), code: Code::new([3; 16]) };
    let text = invitation.expose();
    assert!(Invitation::parse(&text).unwrap() == invitation);
    let written = format!(
        "lacre://relay.example.org:7443/{}/{}",
        data_encoding::BASE64URL_NOPAD.encode(identity().as_bytes()),
        data_encoding::BASE32_NOPAD.encode(&[3; 16]).to_lowercase()
    );
    assert_eq!(written, text);
    json!({ "identity": hex(identity().as_bytes()), "relay": authority().to_string(), "code": hex(&[3; 16]), "invitation": text })
}

fn run() -> Value {
    let folder = tempfile::tempdir().unwrap();
    let (data, key) = (folder.path().join("data"), folder.path().join("run.key"));
    std::fs::create_dir(&data).unwrap();
    std::fs::write(&key, hex(&[7; 32])).unwrap();
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let key = lacre_relay::run_key::RunKey::open(&key, &data, &mut SystemRng).unwrap();
    let example = Run::parse("40.123.456-k").unwrap();
    let by_paper = paper::mac(&[7; 32], "lacre run v1", &[b"40123456-K"]);
    json!({
        "about": "an example RUN", "typed": "40.123.456-k", "canonical": example.canonical(), "key": hex(&[7; 32]),
        "hash": same(&by_paper, key.hash(&example).as_bytes(), "RUN"),
    })
}

fn accounts() -> Value {
    let signer = NoteSigner::new(DEVICE, &DEVICE_SEED).unwrap();
    let registrar = NoteSigner::new(REGISTRAR, &RELAY_SEED).unwrap();
    let public = SealSecret::new(SEAL_SECRET).public().unwrap();
    let inbox = ChannelId::of_inbox(&Token::new(READ).hash());
    let device = Device {
        id: DeviceId::new(DEVICE_ID),
        signature_key: signer.public().key(),
        inbox: Address { authority: authority(), channel: inbox },
        inbox_key: public.clone(),
        public_token: Some(Token::new(APPEND)),
    };
    let zero = AccountState { number: 0, previous: None, made_at: Millis::new(MADE), devices: vec![device.clone()] };
    let closed = Device { public_token: None, ..device };
    let one = AccountState { number: 1, previous: Some(zero.hash()), made_at: Millis::new(MADE + 60_000), devices: vec![closed] };

    let lines = |public_line: &str| {
        format!(
            "device {}\nsign ed25519 {}\ninbox {} {inbox}\nseal 0001 {}\npublic {public_line}\n",
            hex(&DEVICE_ID),
            hex(&signer.public().key()),
            authority(),
            BASE64.encode(public.as_bytes())
        )
    };
    let text0 = format!("lacre account v1\nnumber 0\nprevious none\nmade 2026-07-06T14:00:00.000Z\n{}", lines(&hex(&APPEND)));
    let previous = paper::h("lacre state hash v1", &[text0.as_bytes()]);
    let text1 =
        format!("lacre account v1\nnumber 1\nprevious {}\nmade 2026-07-06T14:01:00.000Z\n{}", hex(&previous), lines("none"));
    let (raw0, raw1) = (zero.sign(&signer).unwrap(), one.sign(&signer).unwrap());
    assert_eq!(paper::note(&text0, "lacre-device", &DEVICE_SEED), raw0);
    assert_eq!(paper::note(&text1, "lacre-device", &DEVICE_SEED), raw1);

    let id = AccountId::new(paper::h("lacre account id v1", &[text0.as_bytes()]));
    let binding = Binding { handle: Handle::parse("ana").unwrap(), account: id, bound_at: Millis::new(MADE + 1_000) };
    let binding = binding.sign(&registrar).unwrap();
    let bound = format!("lacre binding v1\nhandle ana\naccount {id}\nkind verified person\nbound 2026-07-06T14:00:01.000Z\n");
    assert_eq!(paper::note(&bound, "lacre-registrar", &RELAY_SEED), binding);
    let verified = VerifiedAccount::verify(&[raw0.clone(), raw1.clone()], &binding, &registrar.public()).unwrap();
    assert_eq!((verified.id, verified.state.number), (id, 1));

    json!({
        "device_seed": hex(&DEVICE_SEED), "registrar_seed": hex(&RELAY_SEED), "seal_secret": hex(&SEAL_SECRET),
        "seal_public": hex(public.as_bytes()),
        "state_0": raw0, "state_1": raw1, "account": id.to_string(), "hash_of_state_0": hex(&previous), "binding": binding,
    })
}

fn receipt() -> Value {
    let relay = NoteSigner::new(RELAY, &RELAY_SEED).unwrap();
    let receipt = Receipt {
        generation: Generation::new([8; 16]),
        channel: ChannelId::new([9; 32]),
        seq: Seq::new(12).unwrap(),
        entry_id: EntryId::new([10; 16]),
        seal: false,
        sha256: Sha256::digest(b"ciphertext").into(),
        accepted_at: Millis::new(MADE),
    };
    let text = format!(
        "lacre receipt v1\ngeneration {}\nchannel {}\nseq 12\nentry {}\nkind entry\nsha256 {}\naccepted 2026-07-06T14:00:00.000Z\n",
        hex(&[8; 16]),
        hex(&[9; 32]),
        hex(&[10; 16]),
        hex(&Sha256::digest(b"ciphertext"))
    );
    let raw = receipt.sign(&relay).unwrap();
    assert_eq!(paper::note(&text, "lacre-relay", &RELAY_SEED), raw);
    assert_eq!(*Receipt::verify(&raw, &relay.public()).unwrap(), receipt);
    json!({ "relay_seed": hex(&RELAY_SEED), "receipt": raw })
}

fn own_entries() -> Value {
    let (secret, channel) = ([0x77; 32], [9; 32]);
    let ids: Vec<String> = (0u64..3)
        .map(|n| {
            let by_paper = paper::mac(&secret, "lacre entry id v1", &[&channel, &n.to_be_bytes()]);
            same(&by_paper[..16], own_entry_id(&secret, &ChannelId::new(channel), n).as_bytes(), "own entry id")
        })
        .collect();
    json!({ "profile_secret": hex(&secret), "channel": hex(&channel), "ids_from_0": ids })
}

fn statements() -> Value {
    let (account, device, group, channel, entry) = ([0xa1; 32], DEVICE_ID, [0xa2; 32], [9; 32], [10; 16]);
    let (recipient, recipient_device, envelope, challenge) = ([0xb1; 32], [0xb2; 16], [0xb3; 16], [0xb4; 32]);
    let key = SigningKey::from_bytes(&DEVICE_SEED);
    let (content, body) = (b"the bytes of a Content".as_slice(), b"the bytes of an EnvelopeBody".as_slice());

    let by_paper = paper::msg("lacre content v1", &[&account, &device, &group, &channel, &entry, &Sha256::digest(content)]);
    let by_code = content_statement(
        AccountId::new(account),
        DeviceId::new(device),
        &group,
        ChannelId::new(channel),
        EntryId::new(entry),
        content,
    );
    let content_case = json!({
        "account": hex(&account), "device": hex(&device), "group_id": hex(&group), "channel": hex(&channel), "entry_id": hex(&entry),
        "content": hex(content), "statement": same(&by_paper, &by_code, "content"), "signature": hex(&key.sign(&by_code).to_bytes()),
    });

    let by_paper = paper::msg("lacre envelope v1", &[&recipient, &recipient_device, &envelope, &Sha256::digest(body)]);
    let by_code = envelope_statement(AccountId::new(recipient), DeviceId::new(recipient_device), EnvelopeId::new(envelope), body);
    let envelope_case = json!({
        "recipient_account": hex(&recipient), "recipient_device": hex(&recipient_device), "envelope": hex(&envelope), "body": hex(body),
        "statement": same(&by_paper, &by_code, "envelope"), "signature": hex(&key.sign(&by_code).to_bytes()),
    });

    let by_paper = paper::msg("lacre login v1", &[identity().as_bytes(), &account, &device, &challenge]);
    let by_code = label::message(Label::Login, &[identity().as_bytes(), &account, &device, &challenge]);
    let login_case = json!({
        "identity": hex(identity().as_bytes()), "account": hex(&account), "device": hex(&device), "challenge": hex(&challenge),
        "statement": same(&by_paper, &by_code, "login"), "signature": hex(&key.sign(&by_code).to_bytes()),
    });

    json!({ "device_seed": hex(&DEVICE_SEED), "content": content_case, "envelope": envelope_case, "login": login_case })
}

fn envelope_seal() -> Value {
    let (secret, inbox, seed) = (SealSecret::new(SEAL_SECRET), [9; 32], [0xc1; 32]);
    let padded = pad(b"the bytes of an Envelope");
    let sealed = seal::seal_again(&secret.public().unwrap(), Label::EnvelopeSeal, &inbox, &padded, &seed).unwrap();
    let opened = seal::open(&secret, Label::EnvelopeSeal, &inbox, &sealed).unwrap();
    assert_eq!(unpad(&opened).unwrap(), b"the bytes of an Envelope");
    json!({
        "seal_secret": hex(&SEAL_SECRET), "info": hex(&paper::msg("lacre envelope seal v1", &[&[0, 1]])), "aad": hex(&inbox),
        "message": hex(b"the bytes of an Envelope"), "padded_length": padded.len(), "seed": hex(&seed), "sealed": hex(&sealed),
    })
}

fn current() -> Value {
    json!({
        "about": "PROTOCOL.md in numbers; bytes in lower-case hexadecimal; made and checked by tests/tests/proof/vectors.rs",
        "encoding": encoding(),
        "hashes": hashes(),
        "channels": channels(),
        "addresses": addresses(),
        "run": run(),
        "accounts": accounts(),
        "receipt": receipt(),
        "own_entries": own_entries(),
        "statements": statements(),
        "envelope_seal": envelope_seal(),
    })
}

/// Seen red without the file. Where page and code differ, `same` names the value.
#[test]
fn the_vectors_are_what_the_page_and_the_code_give() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors/protocol.json");
    let now = serde_json::to_string_pretty(&current()).unwrap() + "\n";
    let then = std::fs::read_to_string(path).unwrap_or_default();

    if then != now {
        let made = concat!(env!("CARGO_TARGET_TMPDIR"), "/protocol.json");
        std::fs::write(made, &now).unwrap();
        panic!("tests/vectors/protocol.json is another; what was made now is in {made}");
    }
}

/// The seal of the vectors is opened from the file: nothing of it is made here.
#[test]
fn the_sealed_envelope_of_the_vectors_opens() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/vectors/protocol.json")).unwrap();
    let case = &serde_json::from_str::<Value>(&text).unwrap()["envelope_seal"];
    let bytes = |key: &str| HEXLOWER.decode(case[key].as_str().unwrap().as_bytes()).unwrap();
    let secret = SealSecret::new(bytes("seal_secret").try_into().unwrap());

    let opened = seal::open(&secret, Label::EnvelopeSeal, &bytes("aad"), &bytes("sealed")).unwrap();

    assert_eq!(unpad(&opened).unwrap(), bytes("message"));
    assert!(seal::open(&secret, Label::NoticeSeal, &bytes("aad"), &bytes("sealed")).is_err());
}
