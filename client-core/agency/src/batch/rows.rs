//! A batch and its rows, in the profile.

use crate::dispatch::Beside;
use crate::template::{Template, TemplateName, TemplateRow};
use crate::{Body, BodyTrouble};
use lacre_evidence::batch::Roots;
use lacre_ground::ids::{AccountId, BatchId, NoticeId};
use lacre_ground::time::Millis;
use lacre_profile::{Step, StoreError, Table};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The scope of batches, whose ord is their number.
const BATCHES: &[u8] = b"batches";
/// Rows of a page.
const PAGE: usize = 256;

/// How far a batch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BatchStage {
    /// its table is being taken
    Reading,
    /// whole, and nothing of it was sent
    Drafted,
    /// sending has begun
    Sending,
    /// every row has its notice, or a reason why it has none
    Done,
    /// ended by an official: what was not sent is not sent
    Cancelled,
}

/// A file that every row has, or one of a row: its bytes lie in the archive, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// file name without folders
    pub name: String,
    /// media type
    pub media: String,
    /// bytes
    pub len: u64,
    /// of its bytes
    pub sha256: [u8; 32],
}

/// A batch.
#[derive(Clone, Serialize, Deserialize)]
pub struct Batch {
    /// its id
    pub id: BatchId,
    /// in the order of their making
    pub number: u64,
    /// when it was made
    pub made_at: Millis,
    /// office account of the official who drafted it; none: the body's own program, for which nobody signs
    pub drafter: Option<AccountId>,
    /// name of its template; empty: one notice, whose row says all of it
    pub template: String,
    /// and the version, which nobody changes
    pub version: u32,
    /// files that every row has behind its body
    pub files: Vec<Attachment>,
    /// id of the rule that the body holds to be the law
    pub rule: String,
    /// id of the calendar
    pub calendar: String,
    /// over what every row says, whatever the registrar answers: what officials approve
    pub root: [u8; 32],
    /// nothing is sent before
    pub not_before: Millis,
    /// nothing is sent from then on
    pub not_after: Millis,
    /// rows that it has
    pub rows: u64,
    /// index of the first row that no block has had yet
    pub next: u64,
    /// when its first row was written; none: it was not begun
    pub begun_at: Option<Millis>,
    /// how far it is
    pub stage: BatchStage,
    /// trials: nothing follows from them
    pub trial: bool,
}

/// How far a row is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RowStage {
    /// nobody was asked about it yet, or its notice was never sent
    Waiting,
    /// its notice is kept: how far it is stands there
    Notice,
    /// it cannot be written: what is wrong with it
    Failed(String),
}

/// A row of its table.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BatchRow {
    /// from 0
    pub index: u64,
    /// its line in the table, from 1
    pub line: u64,
    /// the id that its notice has, or will have
    pub notice: NoticeId,
    /// to whom, as it is written
    pub run: String,
    /// the case file
    pub case: String,
    /// the procedure, if it is not the template's
    pub procedure: Option<String>,
    /// what its placeholders stand for
    pub values: BTreeMap<String, String>,
    /// postal address, line by line, if it has one
    pub address: Vec<String>,
    /// what it says, where no template does: its text is the first of its files
    pub(crate) written: Option<TemplateRow>,
    /// persistent URIs
    pub uris: Vec<String>,
    /// files of its own
    pub files: Vec<Attachment>,
    /// what its notice is beside others
    pub beside: Beside,
    /// how far it is
    pub stage: RowStage,
}

impl Batch {
    pub(crate) fn put(&self, step: &Step<'_>) -> Result<(), StoreError> {
        step.put(Table::Meta, &key(self.id), BATCHES, self.number, self)
    }

    /// May rows of it be sent?
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self.stage, BatchStage::Drafted | BatchStage::Sending)
    }
}

impl BatchRow {
    pub(crate) fn put(&self, step: &Step<'_>, of: BatchId) -> Result<(), StoreError> {
        step.put(Table::Meta, &row_key(of, self.index), &rows_of(of), self.index, self)
    }
}

fn row_key(of: BatchId, index: u64) -> Vec<u8> {
    [b"batch row ".as_slice(), of.as_bytes(), &index.to_be_bytes()].concat()
}

/// One row.
pub(crate) fn get(step: &Step<'_>, of: BatchId, index: u64) -> Result<Option<BatchRow>, StoreError> {
    step.get(Table::Meta, &row_key(of, index))
}

fn key(id: BatchId) -> Vec<u8> {
    [b"batch ".as_slice(), id.as_bytes()].concat()
}

/// The scope of the rows of a batch.
fn rows_of(id: BatchId) -> Vec<u8> {
    [b"rows of ".as_slice(), id.as_bytes()].concat()
}

/// The roots of its rows' blocks, from which every row's path is made.
fn roots_key(id: BatchId) -> Vec<u8> {
    [b"batch roots ".as_slice(), id.as_bytes()].concat()
}

pub(crate) fn put_roots(step: &Step<'_>, id: BatchId, roots: &Roots) -> Result<(), StoreError> {
    step.put(Table::Meta, &roots_key(id), b"", 0, &roots.kept())
}

/// None where they are not those of so many rows.
pub(crate) fn roots(step: &Step<'_>, batch: &Batch) -> Result<Option<Roots>, StoreError> {
    let kept: Option<Vec<[u8; 32]>> = step.get(Table::Meta, &roots_key(batch.id))?;
    Ok(kept.zip(u32::try_from(batch.rows).ok()).and_then(|(kept, rows)| Roots::of(rows, kept)))
}

pub(crate) fn next_number(step: &Step<'_>) -> Result<u64, StoreError> {
    Ok(step.last_ord(Table::Meta, BATCHES)?.unwrap_or(0).saturating_add(1))
}

/// Takes away a batch and its rows.
pub(crate) fn remove(step: &Step<'_>, id: BatchId) -> Result<(), StoreError> {
    step.delete_scope(Table::Meta, &rows_of(id))?;
    step.delete(Table::Meta, &roots_key(id))?;
    step.delete(Table::Meta, &key(id)).map(drop)
}

impl Body {
    /// All batches, oldest first.
    pub fn batches(&mut self) -> Result<Vec<Batch>, BodyTrouble> {
        self.profile.step(|step| {
            let rows: Vec<(u64, Batch)> = step.scan(Table::Meta, BATCHES, 0, usize::MAX)?;
            Ok(rows.into_iter().map(|(_, batch)| batch).collect())
        })
    }

    /// One of them.
    pub fn batch(&mut self, id: BatchId) -> Result<Batch, BodyTrouble> {
        let batch = self.profile.step(|step| Ok::<_, BodyTrouble>(step.get::<Batch>(Table::Meta, &key(id))?))?;
        batch.ok_or(BodyTrouble::NoSuchBatch)
    }

    /// Its words; none where its one row says all of it.
    pub fn template_of(&mut self, batch: &Batch) -> Result<Option<Template>, BodyTrouble> {
        if batch.template.is_empty() {
            return Ok(None);
        }
        let name = TemplateName::parse(&batch.template).ok_or(BodyTrouble::NoSuchBatch)?;
        self.template(&name, Some(batch.version)).map(Some)
    }

    /// Its rows from this index on, a page of them; empty behind the last.
    pub fn batch_rows(&mut self, id: BatchId, from: u64) -> Result<Vec<BatchRow>, BodyTrouble> {
        self.batch_rows_up_to(id, from, PAGE)
    }

    pub(crate) fn batch_rows_up_to(&mut self, id: BatchId, from: u64, most: usize) -> Result<Vec<BatchRow>, BodyTrouble> {
        self.profile.step(|step| {
            let rows: Vec<(u64, BatchRow)> = step.scan(Table::Meta, &rows_of(id), from, most)?;
            Ok(rows.into_iter().map(|(_, row)| row).collect())
        })
    }

    /// Ends it: what was not sent is not sent. What was stays sent. What the relay may have is asked by [`Body::settle_cancelled`].
    pub fn cancel_batch(&mut self, id: BatchId) -> Result<Batch, BodyTrouble> {
        let mut batch = self.batch(id)?;
        if batch.stage == BatchStage::Cancelled {
            return Ok(batch);
        }
        if !batch.is_open() {
            return Err(BodyTrouble::BatchEnded);
        }
        batch.stage = BatchStage::Cancelled;
        self.profile.step(|step| Ok::<_, BodyTrouble>(batch.put(step)?))?;
        Ok(batch)
    }
}
