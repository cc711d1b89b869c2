//! Replies of the person, with the relay's receipts: what proves that an appeal was in time, and what does not.

use super::edges::replaced_device;
use super::vector::*;
use crate::proof::*;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use lacre_evidence::reply::ReplyFile;
use lacre_evidence::returned;
use lacre_evidence::{Reply, TakenReply};
use lacre_ground::ids::{EntryId, Seq};
use lacre_ground::label::{self, Label};
use lacre_ground::receipt::Receipt;
use sha2::{Digest as _, Sha256};

const TEXT: &str = "Interpongo recurso de reposición (ejemplo).\n";

/// Everything of a reply that somebody could make otherwise.
struct Made {
    reply: Reply,
    /// changes the signed text
    note: fn(&str) -> String,
    signer: NoteSigner,
    text: Vec<u8>,
    files: Vec<Vec<u8>>,
    /// what stands before the parts of the plaintext
    kind: &'static [u8],
    states: Vec<u8>,
    /// changes the padded plaintext
    plain: fn(Vec<u8>) -> Vec<u8>,
    /// changes the entry, before the relay takes it
    entry: fn(Vec<u8>) -> Vec<u8>,
    place: u32,
    receipt: Receipt,
    /// changes the receipt's text
    receipt_text: fn(&str) -> String,
    relay: NoteSigner,
    /// changes what lies in the bundle
    part: fn(TakenReply) -> Vec<u8>,
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

fn answers(parts: &[&[u8]]) -> Vec<u8> {
    label::message(Label::NoticeReturn, parts)
}

impl Made {
    fn honest(world: &World) -> Self {
        let file = b"a;b\n3;4\n".to_vec();
        let raw = world.bundle.notice.as_ref().unwrap();
        let notice = label::hash(Label::NoteHash, &[UnverifiedNote::parse(raw).unwrap().unverified_text().as_bytes()]);
        let named = ReplyFile { sha256: sha256(&file), len: 8, media: "text/csv".to_owned(), name: "prueba.csv".to_owned() };
        Self {
            reply: Reply {
                id: EvidenceId::new([0xe1; 16]),
                notice,
                account: world.grant.account,
                device: DeviceId::new([1; 16]),
                made_at: DISPATCH.plus(2 * HOUR),
                text: (sha256(TEXT.as_bytes()), TEXT.len() as u64),
                files: vec![named],
            },
            note: str::to_owned,
            signer: device(1),
            text: TEXT.as_bytes().to_vec(),
            files: vec![file],
            kind: b"reply",
            states: answers(&[]),
            plain: |plain| plain,
            entry: |entry| entry,
            place: 0,
            receipt: Receipt {
                generation: Generation::new([7; 16]),
                channel: ChannelId::new([0x61; 32]),
                seq: Seq::FIRST,
                entry_id: EntryId::new([0; 16]),
                seal: false,
                sha256: [0; 32],
                accepted_at: DISPATCH.plus(3 * HOUR),
            },
            receipt_text: str::to_owned,
            relay: relay(1),
            part: |taken| taken.to_bytes(),
        }
    }

    /// As the part of a bundle; digest, place and seal are made to fit.
    fn part(self, world: &World) -> Vec<u8> {
        let seed = [0x90 + world.cast.notice; 32];
        let id = returned::entry_id(&Seed::new(seed), self.place);
        let note = sign(&(self.note)(&self.reply.text()), &[&self.signer]).unwrap();
        let mut parts: Vec<&[u8]> = vec![self.kind, note.as_bytes(), &self.states, &self.text];
        parts.extend(self.files.iter().map(Vec::as_slice));
        let mut plain = answers(&parts);
        plain.push(0x80);
        plain.resize(4096, 0);
        let plain = (self.plain)(plain);
        let key = label::derive::<32>(&seed, Label::NoticeReturn, &[b"key"]);
        let channel = ChannelId::new([0x61; 32]);
        let aad = label::message(Label::NoticeReturnAad, &[channel.as_bytes(), id.as_bytes()]);
        let sealed = XChaCha20Poly1305::new((&key).into()).encrypt(&XNonce::from([5; 24]), Payload { msg: &plain, aad: &aad });
        let entry = (self.entry)([[5; 24].as_slice(), &sealed.unwrap()].concat());
        let entry_id = if self.receipt.entry_id == EntryId::new([0; 16]) { id } else { self.receipt.entry_id };
        let digest = if self.receipt.sha256 == [0; 32] { sha256(&entry) } else { self.receipt.sha256 };
        let receipt = Receipt { entry_id, sha256: digest, ..self.receipt };
        let receipt = sign(&(self.receipt_text)(&receipt.text()), &[&self.relay]).unwrap();
        (self.part)(TakenReply { receipt, entry })
    }
}

type Otherwise = fn(&mut Made);

const GOOD: [(&str, &str, Otherwise); 6] = [
    ("valid-reply", "a reply with a file, and the relay's receipt for it", |_| ()),
    ("valid-reply-without-files", "a text alone, the last of the 64 answers to the notice", |m| {
        (m.files, m.reply.files, m.place) = (vec![], vec![], 63);
    }),
    ("valid-reply-clocks", "taken a minute before the notice, by clocks that differ", |m| {
        m.receipt.accepted_at = Millis::new(DISPATCH.get() - 60_000);
    }),
    ("valid-reply-far", "the last number that a channel has, under another generation", |m| {
        (m.receipt.seq, m.receipt.generation) = (Seq::new(Seq::MAX).unwrap(), Generation::new([9; 16]));
    }),
    ("valid-reply-states", "with later states beside it, which the bundle need not have", |m| {
        m.states = answers(&[b"a state\n"])
    }),
    ("valid-reply-unpadded", "padded to no size at all", |m| {
        m.plain = |mut plain| {
            plain.truncate(1 + plain.iter().rposition(|b| *b != 0).unwrap());
            plain
        };
    }),
];

const BAD: [(&str, &str, &str, Otherwise); 37] = [
    ("reply-empty", "reply", "a part without bytes", |m| m.part = |_| Vec::new()),
    ("reply-two-parts", "reply", "a receipt without its entry", |m| {
        m.part = |t| answers(&[b"taken", t.receipt.as_bytes()]);
    }),
    ("reply-four-parts", "reply", "something behind the entry", |m| {
        m.part = |t| answers(&[b"taken", t.receipt.as_bytes(), &t.entry, b""]);
    }),
    ("reply-cut", "reply", "the entry's length is cut", |m| {
        m.part = |t| answers(&[b"taken", t.receipt.as_bytes(), &t.entry]).into_iter().chain([0, 0]).collect();
    }),
    ("reply-shorter-than-it-says", "reply", "the entry is shorter than its length says", |m| {
        m.part = |t| {
            let mut bytes = t.to_bytes();
            bytes.pop();
            bytes
        };
    }),
    ("reply-other-label", "reply", "the same under another label", |m| {
        m.part = |t| label::message(Label::NoticeReturnAad, &[b"taken", t.receipt.as_bytes(), &t.entry]);
    }),
    ("reply-other-kind", "reply", "an answer, where an answer with its receipt must be", |m| {
        m.part = |t| answers(&[b"reply", t.receipt.as_bytes(), &t.entry]);
    }),
    ("reply-receipt-no-text", "reply", "a receipt that is no text", |m| {
        m.part = |t| answers(&[b"taken", b"\xff", &t.entry]);
    }),
    ("reply-receipt-no-note", "note", "a receipt that is no note", |m| {
        m.part = |t| answers(&[b"taken", b"lacre receipt v1\n", &t.entry]);
    }),
    ("reply-receipt-by-device", "signature", "a receipt that the person's device signed", |m| {
        m.relay = NoteSigner::new(RELAY, &[0x61; 32]).unwrap();
    }),
    ("reply-receipt-of-other-kind", "note", "a receipt of a version that does not exist", |m| {
        m.receipt_text = |t| t.replace("receipt v1", "receipt v2");
    }),
    ("reply-receipt-zero", "note", "places begin with 1", |m| m.receipt_text = |t| t.replace("seq 1\n", "seq 0\n")),
    ("reply-receipt-too-far", "note", "a number that no channel has", |m| {
        m.receipt_text = |t| t.replace("seq 1\n", "seq 9007199254740992\n");
    }),
    ("reply-receipt-kind", "note", "neither entry nor seal", |m| m.receipt_text = |t| t.replace("kind entry", "kind reply")),
    ("reply-receipt-more", "note", "a line too many", |m| m.receipt_text = |t| format!("{t}more\n")),
    ("reply-other-channel", "reply", "a receipt for another channel than N names", |m| {
        m.receipt.channel = ChannelId::new([0x62; 32]);
    }),
    ("reply-other-place", "reply", "the 65th answer: nobody looks there", |m| m.place = 64),
    ("reply-no-place", "reply", "an id that no answer to this notice has", |m| m.receipt.entry_id = EntryId::new([3; 16])),
    ("reply-sealed-channel", "reply", "a receipt for a seal", |m| m.receipt.seal = true),
    ("reply-other-bytes", "reply", "a receipt for other bytes", |m| m.receipt.sha256 = [4; 32]),
    ("reply-too-early", "reply", "taken a minute and a millisecond before the notice", |m| {
        m.receipt.accepted_at = Millis::new(DISPATCH.get() - 60_001);
    }),
    ("reply-does-not-open", "reply", "a byte of the entry is another, and the receipt fits", |m| {
        m.entry = |mut entry| {
            *entry.last_mut().unwrap() ^= 1;
            entry
        };
    }),
    ("reply-short-entry", "reply", "an entry that is shorter than a nonce", |m| m.entry = |entry| entry[..23].to_vec()),
    ("reply-three-bytes", "reply", "an entry of three bytes", |m| m.entry = |entry| entry[..3].to_vec()),
    ("reply-without-padding", "reply", "nothing but zeros inside", |m| m.plain = |plain| vec![0; plain.len()]),
    ("reply-other-padding", "reply", "other padding", |m| {
        m.plain = |mut plain| {
            *plain.iter_mut().rfind(|b| **b != 0).unwrap() = 0x81;
            plain
        };
    }),
    ("reply-file-shorter", "reply", "a file is shorter than its length inside says", |m| {
        m.plain = |mut plain| {
            // eight bytes before the padding, and their length before them
            let end = plain.iter().rposition(|b| *b != 0).unwrap();
            plain[end - 9] = 9;
            plain
        };
    }),
    ("reply-is-a-note", "reply", "a device's note, which is no reply", |m| m.kind = b"note"),
    ("reply-no-text", "reply", "a text that is no text", |m| (m.text, m.reply.text) = (vec![0xff], (sha256(&[0xff]), 1))),
    ("reply-states-of-no-form", "reply", "something else where later states belong", |m| m.states = b"states".to_vec()),
    ("reply-states-no-text", "reply", "a later state that is no text", |m| m.states = answers(&[b"\xff"])),
    ("reply-by-other-device", "signature", "signed by a device of somebody else", |m| m.signer = device(2)),
    ("reply-of-other-device", "signature", "made by a device that the account does not have", |m| {
        m.reply.device = DeviceId::new([2; 16]);
    }),
    ("reply-of-other-account", "reply", "of another account", |m| m.reply.account = AccountId::new([2; 32])),
    ("reply-to-other-notice", "reply", "to another notice", |m| m.reply.notice = [2; 32]),
    ("reply-other-text", "reply", "another text than was signed", |m| m.text = b"Interpongo recurso (ejemplo).\n".to_vec()),
    ("reply-nine-files", "note", "nine files", |m| {
        (m.files, m.reply.files) = (vec![m.files[0].clone(); 9], vec![m.reply.files[0].clone(); 9]);
    }),
];

const BAD_FILES: [(&str, &str, Otherwise); 5] = [
    ("reply-other-length", "the text's length is another", |m| m.reply.text.1 += 1),
    ("reply-other-file", "another file than was signed", |m| m.files[0] = b"a;b\n5;6\n".to_vec()),
    ("reply-other-file-length", "a file's length is another", |m| m.reply.files[0].len += 1),
    ("reply-file-missing", "a file was signed and is not there", |m| m.files.clear()),
    ("reply-file-more", "a file that was not signed", |m| m.files.push(b"more".to_vec())),
];

pub(super) fn all(out: &mut Vec<Vector>) {
    let world = World::honest();
    let with = |otherwise: Otherwise| {
        let mut made = Made::honest(&world);
        otherwise(&mut made);
        Bundle { replies: vec![made.part(&world)], ..world.bundle.clone() }.to_bytes()
    };
    for (name, why, otherwise) in GOOD {
        add(out, name, TrustFile::Honest, "VALID", "", why, with(otherwise));
    }
    for (name, code, why, otherwise) in BAD {
        add(out, name, TrustFile::Honest, "INVALID", code, why, with(otherwise));
    }
    for (name, why, otherwise) in BAD_FILES {
        add(out, name, TrustFile::Honest, "INVALID", "reply", why, with(otherwise));
    }
    let lines = "reply-of-other-form";
    let bytes = with(|m| m.note = |t| t.replace("reply v1", "reply v2"));
    add(out, lines, TrustFile::Honest, "INVALID", "note", "a reply of a version that does not exist", bytes);
    let more = with(|m| m.note = |t| format!("{t}more\n"));
    add(out, "reply-more", TrustFile::Honest, "INVALID", "note", "a line too many", more);
    beside(out, &world);
}

/// With other bundles than the honest one.
fn beside(out: &mut Vec<Vector>, world: &World) {
    let honest = Made::honest(world).part(world);
    let twice = Bundle { replies: vec![honest.clone(), honest.clone()], ..world.bundle.clone() };
    let why = "two replies; the same one twice says no more than once";
    add(out, "valid-reply-twice", TrustFile::Honest, "VALID", "", why, twice.to_bytes());
    let reserved = vec![("register".to_owned(), vec![]), ("ledger.0".to_owned(), vec![])];
    let kept = Bundle { reserved, ..twice.clone() };
    let why = "replies between parts whose place is kept";
    add(out, "reply-among-reserved", TrustFile::Honest, "INCOMPLETE", "reserved", why, kept.to_bytes());
    let bad = Bundle { replies: vec![honest.clone(), Vec::new()], ..world.bundle.clone() };
    add(out, "reply-second-bad", TrustFile::Honest, "INVALID", "reply", "the second is none", bad.to_bytes());

    let mut silent = Setup::example(Cast::HONEST);
    silent.answers = false;
    let silent = silent.play();
    let part = Made::honest(&silent).part(&silent);
    let bytes = Bundle { replies: vec![part], ..silent.bundle.clone() }.to_bytes();
    add(out, "reply-without-channel", TrustFile::Honest, "INVALID", "reply", "a reply to a notice that takes none", bytes);

    let mut moved = Setup::example(Cast::HONEST);
    moved.later = vec![(replaced_device(&moved), 1)];
    let moved = moved.play();
    let later = |id: u8, signer: u8| {
        let mut made = Made::honest(&moved);
        (made.reply.device, made.signer) = (DeviceId::new([id; 16]), device(signer));
        Bundle { replies: vec![made.part(&moved)], ..moved.bundle.clone() }.to_bytes()
    };
    let why = "by a device that came after the registrar's answer";
    add(out, "valid-reply-later-device", TrustFile::Honest, "VALID", "", why, later(9, 9));
    let why = "by a device that the registrar named, and that went since";
    add(out, "valid-reply-first-device", TrustFile::Honest, "VALID", "", why, later(1, 1));
    let why = "one device of the account signs for another";
    add(out, "reply-by-the-other-device", TrustFile::Honest, "INVALID", "signature", why, later(1, 9));

    let mut other = Made::honest(world);
    other.relay = relay(2);
    let mut bundle = Bundle { replies: vec![other.part(world)], ..world.bundle.clone() };
    bundle.keys = TrustFile::More.trust().map(|trust| trust.keys.text());
    let why = "a receipt of another relay that is trusted";
    add(out, "reply-receipt-of-other-relay", TrustFile::More, "INVALID", "signature", why, bundle.to_bytes());

    let bundle = Bundle { replies: vec![honest], ..unreachable(Answer::NoAccount) };
    add(
        out,
        "reply-without-account",
        TrustFile::Honest,
        "INVALID",
        "exempt",
        "nobody was notified, yet somebody replies",
        bundle.to_bytes(),
    );
}
