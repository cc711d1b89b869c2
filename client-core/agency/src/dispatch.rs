//! What was sent or tried: a row of the profile for each notice.

use crate::done::Kept;
use crate::{Body, BodyTrouble};
use lacre_ground::ids::{AccountId, BatchId, EntryId, EvidenceId, NoticeId, Token};
use lacre_ground::time::Millis;
use lacre_profile::{Step, StoreError, Table};
use serde::{Deserialize, Serialize};

/// The scope of the rows of notices.
const NOTICES: &[u8] = b"notices";
/// The scope of what is to be done about notices: a row of it is there as long as one of them is true. So nobody looks through a
/// hundred thousand notices for the two that wait.
const TO_DO: &[u8] = b"notices to do";
/// Notices of a page: memory does not grow with what was ever sent.
const PAGE: usize = 512;

/// How far a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// kept; whether the relay has it is not known
    Prepared,
    /// the relay's record is kept
    Sent,
    /// the registrar said that no electronic notice takes effect: its note is kept
    Otherwise,
    /// the relay did not take it: notify otherwise, or send anew
    Refused,
}

/// What a notice is beside others of this body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Beside {
    /// one of its own
    #[default]
    Nothing,
    /// a trial: nothing follows from it
    Trial,
    /// a copy of that one, and it starts no term
    Copy(NoticeId),
    /// it stands in the place of that one, and has dates of its own
    Corrects(NoticeId),
    /// one of its own, about a reply to that one
    Answers(NoticeId),
}

/// A notice as the profile knows it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Dispatch {
    /// its id
    pub id: NoticeId,
    /// in the order of their making
    pub number: u64,
    /// to whom
    pub run: String,
    /// the case file
    pub case: String,
    /// the subject
    pub subject: String,
    /// hash of what it says: act, words and files
    #[serde(default)]
    pub says: [u8; 32],
    /// how far it is
    pub stage: Stage,
    /// when the registrar answered
    pub asked_at: Millis,
    /// why it was refused, or is to be notified otherwise: a reason's name
    pub reason: String,
    /// the right to write it, until it is sent
    pub(crate) token: Option<Token>,
    pub(crate) seed: Option<[u8; 32]>,
    /// number of its return channel
    pub(crate) returns: Option<u64>,
    /// what devices said, in the order in which it was filed: event or `reply`, and when
    pub answers: Vec<(String, Millis)>,
    /// answers that do not verify, and why
    pub aside: Vec<String>,
    /// the right to answer
    #[serde(default)]
    pub(crate) back: Option<Token>,
    /// entries of answers that were filed
    #[serde(default)]
    pub(crate) filed: Vec<EntryId>,
    /// the relay took it, and what it gave does not verify
    #[serde(default)]
    pub unproven: bool,
    /// the relay was restored since, and no device has handed it over: it is delivered again
    #[serde(default)]
    pub again: bool,
    /// whose casilla it went to; none where nothing was sent
    #[serde(default)]
    pub(crate) account: Option<AccountId>,
    /// what it is beside others
    #[serde(default)]
    pub beside: Beside,
    /// the transaction code: the id of the relay's record
    #[serde(default)]
    pub transaction: Option<EvidenceId>,
    /// answers that came while the evidence was missing: entry, place, and when
    #[serde(default)]
    pub(crate) waiting: Vec<(EntryId, u64, Millis)>,
    /// entries of answers that were put aside
    #[serde(default)]
    pub(crate) put_aside: Vec<EntryId>,
    /// the relay's time of its record, if that is proved: from which the law counts
    #[serde(default)]
    pub accepted_at: Option<Millis>,
    /// of which batch it is, and which row there
    #[serde(default)]
    pub batch: Option<(BatchId, u64)>,
    /// where nothing goes electronically: N is kept, and what was done
    #[serde(default)]
    pub kept: Option<Kept>,
}

/// Answers by which a person shows that she knows of a notice.
const KNOWN_BY: [&str; 4] = ["ConsignmentAcceptance", "ConsignmentRejection", "not-me", "reply"];

impl Dispatch {
    pub(crate) fn put(&self, step: &Step<'_>) -> Result<(), StoreError> {
        step.put(Table::Meta, &row_key(self.id), NOTICES, self.number, self)?;
        if let Some(channel) = self.returns {
            step.put(
                Table::Meta,
                &[b"answers of ".as_slice(), self.id.as_bytes()].concat(),
                &answering(channel),
                self.number,
                &self.id,
            )?;
        }
        let to_do = [b"to do ".as_slice(), self.id.as_bytes()].concat();
        let record = self.kept.as_ref().is_some_and(Kept::waits);
        if self.stage == Stage::Prepared || self.again || !self.waiting.is_empty() || record {
            step.put(Table::Meta, &to_do, TO_DO, self.number, &self.id)
        } else {
            step.delete(Table::Meta, &to_do).map(drop)
        }
    }

    /// The relay has it.
    pub(crate) fn is_delivered(&self) -> bool {
        self.stage == Stage::Sent
    }

    /// What it is a copy of; itself if it is none.
    pub(crate) fn original(&self) -> NoticeId {
        match self.beside {
            Beside::Copy(of) => of,
            Beside::Nothing | Beside::Trial | Beside::Corrects(_) | Beside::Answers(_) => self.id,
        }
    }

    /// The person had said so by then.
    pub(crate) fn was_known_before(&self, at: Millis) -> bool {
        self.answers.iter().any(|(what, said_at)| *said_at < at && KNOWN_BY.contains(&what.as_str()))
    }

    /// A device of the person has it.
    pub(crate) fn was_handed_over(&self) -> bool {
        self.answers.iter().any(|(what, _)| what.starts_with("ContentHandover"))
    }
}

/// The scope of the notices that are answered in a return channel.
fn answering(channel: u64) -> Vec<u8> {
    [b"answers in ".as_slice(), &channel.to_be_bytes()].concat()
}

/// The next number, in the step that makes the notice.
pub(crate) fn next_number(step: &Step<'_>) -> Result<u64, StoreError> {
    Ok(step.last_ord(Table::Meta, NOTICES)?.unwrap_or(0).saturating_add(1))
}

/// What the files of a notice's evidence are called: its id, a dot, and `lacre` or the entry of an answer with the part's name.
fn notice_of(name: &str) -> Option<(NoticeId, &str)> {
    let (id, rest) = name.split_once('.')?;
    Some((NoticeId::from_hex(id).ok()?, rest))
}

impl Body {
    /// Of these names of files those that no notice of this profile names: a program was killed between a file and its row, or the
    /// profile was put back from a copy and knows less than the folder. Names of another form are not looked at.
    pub fn unnamed(&mut self, names: Vec<String>) -> Result<Vec<String>, BodyTrouble> {
        let mut unnamed = Vec::new();
        for name in names {
            let Some((id, rest)) = notice_of(&name) else { continue };
            let is_named = match self.dispatch(id) {
                Ok(row) => {
                    let waiting = row.waiting.iter().map(|(entry, ..)| entry);
                    let mut entries = row.filed.iter().chain(&row.put_aside).chain(waiting).map(EntryId::to_string);
                    rest == "lacre" || entries.any(|entry| rest.contains(&entry))
                }
                Err(BodyTrouble::NoSuchNotice) => false,
                Err(other) => return Err(other),
            };
            if !is_named {
                unnamed.push(name);
            }
        }
        unnamed.sort();
        Ok(unnamed)
    }
}

fn row_key(id: NoticeId) -> Vec<u8> {
    [b"notice ".as_slice(), id.as_bytes()].concat()
}

impl Body {
    pub(crate) fn keep_dispatch(&mut self, row: &Dispatch) -> Result<(), BodyTrouble> {
        self.profile.step(|step| Ok(row.put(step)?))
    }

    /// A new one: it gets its number in the step that keeps it.
    pub(crate) fn keep_new(&mut self, row: &mut Dispatch) -> Result<(), BodyTrouble> {
        self.profile.step(|step| {
            row.number = next_number(step)?;
            Ok(row.put(step)?)
        })
    }

    /// What was sent or tried behind this number, oldest first, so many at most that they fit into a page. 0: from the first.
    pub fn dispatches_after(&mut self, number: u64) -> Result<Vec<Dispatch>, BodyTrouble> {
        self.profile.step(|step| {
            let rows: Vec<(u64, Dispatch)> = step.scan(Table::Meta, NOTICES, number.saturating_add(1), PAGE)?;
            Ok(rows.into_iter().map(|(_, row)| row).collect())
        })
    }

    /// Each of them, oldest first, page by page.
    pub fn each_dispatch<E: From<BodyTrouble>>(
        &mut self,
        mut what: impl FnMut(&mut Self, Dispatch) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut after = 0;
        loop {
            let page = self.dispatches_after(after)?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.number;
            for row in page {
                what(self, row)?;
            }
        }
    }

    /// All that was sent or tried, oldest first: for whoever has few.
    pub fn dispatches(&mut self) -> Result<Vec<Dispatch>, BodyTrouble> {
        let mut all = Vec::new();
        self.each_dispatch(|_, row| {
            all.push(row);
            Ok::<_, BodyTrouble>(())
        })?;
        Ok(all)
    }

    /// Those that wait for something: for the relay, for being delivered again, with answers that wait for evidence, or with a record of
    /// counter or letter that the relay may not have.
    pub fn to_do(&mut self) -> Result<Vec<Dispatch>, BodyTrouble> {
        self.by_ids(TO_DO)
    }

    /// Those that are answered in this return channel.
    pub(crate) fn answered_in(&mut self, channel: u64) -> Result<Vec<Dispatch>, BodyTrouble> {
        self.by_ids(&answering(channel))
    }

    fn by_ids(&mut self, scope: &[u8]) -> Result<Vec<Dispatch>, BodyTrouble> {
        self.profile.step(|step| {
            let ids: Vec<(u64, NoticeId)> = step.scan(Table::Meta, scope, 0, usize::MAX)?;
            let rows = ids.into_iter().map(|(_, id)| step.get::<Dispatch>(Table::Meta, &row_key(id)));
            Ok(rows.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
        })
    }

    /// One of them.
    pub fn dispatch(&mut self, id: NoticeId) -> Result<Dispatch, BodyTrouble> {
        let row = self.profile.step(|step| Ok::<_, BodyTrouble>(step.get::<Dispatch>(Table::Meta, &row_key(id))?))?;
        row.ok_or(BodyTrouble::NoSuchNotice)
    }
}
