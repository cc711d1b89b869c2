//! What came, in the order in which it was filed: numbered from 1 without a gap, so that whoever reads it goes on where they were.
//! And replies, as they were filed: verified again each time, because files of evidence can be changed.

use crate::archive::{Archive, kept};
use crate::dispatch::Dispatch;
use crate::own::Own;
use crate::proven::sent_of;
use crate::{Body, BodyTrouble};
use lacre_evidence::Bundle;
use lacre_evidence::reply::{Reply, ReplyFile};
use lacre_ground::account::{AccountState, Device};
use lacre_ground::ids::{EntryId, NoticeId};
use lacre_ground::signed::Signed;
use lacre_ground::time::Millis;
use lacre_profile::{Step, StoreError, Table};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The scope of their rows, whose ord is the number.
const CAME: &[u8] = b"came";
/// What a reply is called.
pub(crate) const REPLY: &str = "reply";

/// Something that came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Came {
    /// from 1
    pub number: u64,
    /// to which notice; none if no seed opens it
    pub notice: Option<NoticeId>,
    /// the event's name, `not-me` or `reply`; none if it was put aside
    pub what: Option<String>,
    /// why it was put aside
    pub why: Option<String>,
    /// when the relay took it
    pub at: Millis,
    /// under which id it lies there
    pub entry: EntryId,
}

/// A reply.
pub struct ReplyRead {
    /// its number among what came
    pub number: u64,
    /// to which notice
    pub notice: NoticeId,
    /// when the relay took it: what counts for a term
    pub at: Millis,
    /// the person's note
    pub reply: Signed<Reply>,
    /// its text
    pub text: String,
    /// its files, in the order of the note's lines
    pub files: Vec<Vec<u8>>,
}

impl ReplyRead {
    /// A file with its line in the note.
    pub fn lines(&self) -> impl Iterator<Item = (&ReplyFile, &[u8])> {
        self.reply.files.iter().zip(self.files.iter().map(Vec::as_slice))
    }
}

/// What a reply's parts are called in the archive.
pub(crate) fn part_name(notice: NoticeId, entry: EntryId, part: &str) -> String {
    format!("{notice}.{entry}.{part}")
}

/// Numbers it, in the step that files it.
fn number(step: &Step<'_>, mut came: Came) -> Result<(), StoreError> {
    came.number = step.last_ord(Table::Meta, CAME)?.unwrap_or(0).saturating_add(1);
    let key = [CAME, b" ", &came.number.to_be_bytes()].concat();
    step.put(Table::Meta, &key, CAME, came.number, &came)
}

impl Body {
    /// What came after this number, oldest first; at most so many.
    pub fn came(&mut self, after: u64, most: usize) -> Result<Vec<Came>, BodyTrouble> {
        self.profile.step(|step| {
            let rows: Vec<(u64, Came)> = step.scan(Table::Meta, CAME, after.saturating_add(1), most)?;
            Ok(rows.into_iter().map(|(_, came)| came).collect())
        })
    }

    /// The number of the last thing that came; 0 before the first.
    pub fn last_came(&mut self) -> Result<u64, BodyTrouble> {
        self.profile.step(|step| Ok(step.last_ord(Table::Meta, CAME)?.unwrap_or(0)))
    }

    /// The numbers of replies, oldest first.
    pub fn replies(&mut self) -> Result<Vec<u64>, BodyTrouble> {
        let all = self.came(0, usize::MAX)?.into_iter();
        Ok(all.filter(|came| came.what.as_deref() == Some(REPLY)).map(|came| came.number).collect())
    }

    /// Something that came, with what it changes of its notice, in one step.
    pub(crate) fn keep_came(&mut self, row: Option<&Dispatch>, came: Came) -> Result<(), BodyTrouble> {
        self.profile.step(|step| {
            if let Some(row) = row {
                row.put(step)?;
            }
            Ok::<_, BodyTrouble>(number(step, came)?)
        })
    }

    /// A reply by its number, verified again.
    pub fn reply(&mut self, archive: &dyn Archive, number: u64) -> Result<ReplyRead, BodyTrouble> {
        let own = self.own()?;
        let came = self.came(number.saturating_sub(1), 1)?.pop();
        let came = came.filter(|came| came.number == number && came.what.as_deref() == Some(REPLY));
        let came = came.ok_or(BodyTrouble::NoSuchReply)?;
        let notice = came.notice.ok_or(BodyTrouble::NoSuchReply)?;
        let bundle = kept(archive, notice)?;
        let name = |part: &str| part_name(notice, came.entry, part);
        let changed = || BodyTrouble::NoEvidence(name("reply"));
        let part = |part: &str| match archive.read(&name(part)) {
            Ok(bytes) => Ok(bytes),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Err(BodyTrouble::NoEvidence(name(part))),
            Err(e) => Err(e.into()),
        };
        let raw = String::from_utf8(part("reply")?).map_err(|_| changed())?;
        let text = String::from_utf8(part("reply.txt")?).map_err(|_| changed())?;
        let signed = signed_by(&own, &bundle, &raw).map_err(|_| changed())?;
        let files = (0..signed.files.len()).map(|i| part(&format!("file.{i}"))).collect::<Result<Vec<_>, _>>()?;
        if !is_whole(&signed, &text, &files) {
            return Err(changed());
        }
        Ok(ReplyRead { number, notice, at: came.at, reply: signed, text, files })
    }
}

/// A reply that a device of the notice's account signed, for this notice.
fn signed_by(own: &Own, bundle: &Bundle, raw: &str) -> Result<Signed<Reply>, String> {
    let sent = sent_of(own, bundle)?;
    let mut devices: Vec<Device> = sent.state.devices.clone();
    for raw in &bundle.later {
        // they follow each other: the verdict says so
        devices.extend(AccountState::stored(raw).map_err(|e| e.to_string())?.devices.clone());
    }
    let signed = Reply::verify(raw, &devices).map_err(|e| e.to_string())?;
    if signed.notice != sent.notice.note_hash() || signed.account != sent.to.account {
        return Err("the reply names another notice or account".to_owned());
    }
    Ok(signed)
}

/// Text and files are those that the reply names.
fn is_whole(signed: &Reply, text: &str, files: &[Vec<u8>]) -> bool {
    let of = |bytes: &[u8]| (<[u8; 32]>::from(Sha256::digest(bytes)), u64::try_from(bytes.len()).unwrap_or(u64::MAX));
    signed.text == of(text.as_bytes())
        && signed.files.len() == files.len()
        && signed.files.iter().zip(files).all(|(f, bytes)| (f.sha256, f.len) == of(bytes))
}
