//! A person's answer to a notice, such as an appeal: a device's note over the text and the files that go with it. The relay's receipt
//! for the entry that carries it proves that it was in time.

use super::fields;
use data_encoding::HEXLOWER;
use lacre_ground::account::Device;
use lacre_ground::ids::{AccountId, DeviceId, EvidenceId};
use lacre_ground::label::{self, Label};
use lacre_ground::note::{Lines, NoteError, NoteKey};
use lacre_ground::signed::{NoteText, Signed};
use lacre_ground::time::Millis;
use sha2::{Digest as _, Sha256};

/// Most files of a reply, its text not counted.
pub const MAX_REPLY_FILES: usize = 8;
/// The kind of a reply with its receipt, beside those of answers ([`super::returned`]).
const TAKEN: &[u8] = b"taken";

/// A file of a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplyFile {
    /// SHA-256 of the file
    pub sha256: [u8; 32],
    /// its bytes
    pub len: u64,
    /// media type
    pub media: String,
    /// file name without folders
    pub name: String,
}

/// The reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// its id
    pub id: EvidenceId,
    /// note hash of the notice that it answers
    pub notice: [u8; 32],
    /// who answers
    pub account: AccountId,
    /// with which device
    pub device: DeviceId,
    /// when, by the device's clock
    pub made_at: Millis,
    /// SHA-256 and bytes of the text
    pub text: ([u8; 32], u64),
    /// what goes with it
    pub files: Vec<ReplyFile>,
}

impl NoteText for Reply {
    type Error = NoteError;
    const KIND: &'static str = "lacre reply v1";

    fn lines(&self) -> String {
        let hex = |b: &[u8; 32]| HEXLOWER.encode(b);
        let mut out = format!(
            "id {}\nnotice {}\naccount {}\ndevice {}\nmade {}\ntext {} {}\n",
            self.id,
            hex(&self.notice),
            self.account,
            self.device,
            self.made_at,
            hex(&self.text.0),
            self.text.1
        );
        for f in &self.files {
            out.push_str(&format!("file {} {} {} {}\n", hex(&f.sha256), f.len, f.media, f.name));
        }
        out
    }
    fn read(lines: &mut Lines<'_>) -> Result<Self, NoteError> {
        let id = lines.parsed("id", |v| EvidenceId::from_hex(v).ok())?;
        let notice = lines.parsed("notice", fields::hex32)?;
        let account = lines.parsed("account", |v| AccountId::from_hex(v).ok())?;
        let device = lines.parsed("device", |v| DeviceId::from_hex(v).ok())?;
        let made_at = lines.parsed("made", |v| Millis::parse(v).ok())?;
        let text = lines.parsed("text", |v| {
            let (sha256, len) = v.split_once(' ')?;
            Some((fields::hex32(sha256)?, fields::number(len)?))
        })?;
        let mut files = Vec::new();
        while lines.next_is("file") && files.len() < MAX_REPLY_FILES {
            files.push(lines.parsed("file", file_line)?);
        }
        Ok(Self { id, notice, account, device, made_at, text, files })
    }
}

fn file_line(text: &str) -> Option<ReplyFile> {
    let mut words = text.splitn(4, ' ');
    Some(ReplyFile {
        sha256: fields::hex32(words.next()?)?,
        len: fields::number(words.next()?)?,
        media: fields::plain(words.next()?, 100)?,
        name: fields::plain(words.next()?, 255)?,
    })
}

/// A reply as a bundle has it: the entry that carried it, and the relay's receipt for that entry. FORMAT.md, "reply.N".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenReply {
    /// the relay's note ([`lacre_ground::receipt::Receipt`])
    pub receipt: String,
    /// the bytes that lie in the return channel
    pub entry: Vec<u8>,
}

impl TakenReply {
    /// The part's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        label::message(Label::NoticeReturn, &[TAKEN, self.receipt.as_bytes(), &self.entry])
    }
    /// Reads them.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let parts = label::parts(Label::NoticeReturn, bytes)?;
        let [kind, receipt, entry] = parts.as_slice() else { return None };
        let receipt = core::str::from_utf8(receipt).ok()?.to_owned();
        (*kind == TAKEN).then(|| Self { receipt, entry: entry.to_vec() })
    }
}

/// A reply with what its note names.
#[derive(Clone, PartialEq, Eq)]
pub struct WholeReply {
    /// the signed note
    pub note: Signed<Reply>,
    /// as the person wrote it
    pub text: String,
    /// in the order of the note's lines
    pub files: Vec<Vec<u8>>,
}

impl Reply {
    /// Verifies it by the keys of the device that it claims to be from.
    pub fn verify_claim(raw: &str, keys_of: impl FnOnce(DeviceId) -> Vec<NoteKey>) -> Result<Signed<Self>, NoteError> {
        Signed::verify_claim(raw, |reply: &Self| Ok(keys_of(reply.device)))
    }
    /// Whether it names exactly this text and these files.
    #[must_use]
    pub fn is_of(&self, text: &str, files: &[Vec<u8>]) -> bool {
        let digest =
            |bytes: &[u8]| -> ([u8; 32], u64) { (Sha256::digest(bytes).into(), u64::try_from(bytes.len()).unwrap_or(u64::MAX)) };
        let named = self.files.iter().map(|f| (f.sha256, f.len));
        self.text == digest(text.as_bytes()) && named.eq(files.iter().map(|bytes| digest(bytes)))
    }
    /// Verifies and reads it; `devices` are those of the account's states that the body knows.
    pub fn verify(raw: &str, devices: &[Device]) -> Result<Signed<Self>, NoteError> {
        let keys: Vec<NoteKey> = devices.iter().map(Device::note_key).collect::<Result<_, _>>()?;
        Signed::verify(raw, &keys)
    }
}
