//! A table becomes a batch: whole, or not at all.

use super::rows::{self, Attachment, Batch, BatchRow, BatchStage, RowStage};
use super::writing::Words;
use crate::archive::{Archive, share};
use crate::dispatch::Beside;
use crate::own::Own;
use crate::template::Template;
use crate::{Body, BodyTrouble, NewFile};
use lacre_evidence::batch::Streamed;
use lacre_evidence::clock::{Calendar, RuleId};
use lacre_ground::ids::{BatchId, NoticeId};
use lacre_ground::random;
use lacre_ground::run::Run;
use lacre_ground::time::Millis;
use std::collections::BTreeMap;

/// Most rows of a batch.
pub const MAX_ROWS: u64 = 100_000;
/// Rows that are kept in one step.
const AT_ONCE: usize = 256;

/// What all rows have.
pub struct NewBatch {
    /// their words
    pub template: Template,
    /// files behind the body, for everybody the same
    pub files: Vec<NewFile>,
    /// the rule that the body holds to be the law; none: that of the day
    pub rule: Option<RuleId>,
    /// nothing is sent before; none: at once
    pub not_before: Option<Millis>,
    /// nothing is sent from then on; none: the end of that day, where the body is
    pub not_after: Option<Millis>,
    /// trials
    pub trial: bool,
}

/// A row of the table, checked.
pub struct NewRow {
    /// its line, from 1
    pub line: u64,
    /// to whom
    pub run: Run,
    /// the case file
    pub case: String,
    /// the procedure, if it is not the template's
    pub procedure: Option<String>,
    /// what its placeholders stand for
    pub values: BTreeMap<String, String>,
    /// postal address
    pub address: Vec<String>,
    /// files of its own
    pub files: Vec<NewFile>,
    /// what its notice is beside others
    pub beside: Beside,
}

impl Body {
    /// Keeps a batch with these rows. A row that cannot be had ends it, and nothing of it is kept.
    pub fn draft(
        &mut self,
        archive: &mut dyn Archive,
        new: NewBatch,
        rows: impl IntoIterator<Item = Result<NewRow, BodyTrouble>>,
    ) -> Result<Batch, BodyTrouble> {
        self.remove_unfinished()?;
        let own = self.own()?;
        let made_at = self.clock.now();
        let not_before = new.not_before.unwrap_or(made_at);
        let not_after = match new.not_after {
            Some(at) => at,
            None => own.certificate.place.zone.end_of_day(not_before).ok_or(BodyTrouble::BatchTimes)?,
        };
        if not_after <= not_before || not_after <= made_at {
            return Err(BodyTrouble::BatchTimes);
        }
        let day = own.certificate.place.zone.date(not_before).ok_or(BodyTrouble::BatchTimes)?;
        let mut batch = Batch {
            id: BatchId::new(random::bytes(self.rng.as_mut())),
            number: 0,
            made_at,
            template: new.template.name().to_string(),
            version: new.template.version(),
            files: share(archive, new.files)?,
            rule: new.rule.unwrap_or_else(|| RuleId::of_day(day)).name().to_owned(),
            calendar: Calendar::chile().id().to_owned(),
            root: [0; 32],
            not_before,
            not_after,
            rows: 0,
            next: 0,
            stage: BatchStage::Reading,
            trial: new.trial,
        };
        self.profile.step(|step| {
            batch.number = rows::next_number(step)?;
            Ok::<_, BodyTrouble>(batch.put(step)?)
        })?;
        let taken = self.take_rows(archive, &own, &mut batch, &new.template, rows);
        if taken.is_err() {
            self.remove_unfinished()?;
        }
        taken.map(|()| batch)
    }

    fn take_rows(
        &mut self,
        archive: &mut dyn Archive,
        own: &Own,
        batch: &mut Batch,
        template: &Template,
        rows: impl IntoIterator<Item = Result<NewRow, BodyTrouble>>,
    ) -> Result<(), BodyTrouble> {
        let words = Words::of(template).ok_or(BodyTrouble::NoSuchBatch)?;
        let (mut block, mut rows, mut root) = (Vec::with_capacity(AT_ONCE), rows.into_iter(), Streamed::default());
        loop {
            for new in rows.by_ref().take(AT_ONCE) {
                let row = self.new_row(archive, batch, new?)?;
                let beside = if batch.trial { Beside::Trial } else { row.beside };
                let standing = self.standing(archive, own, beside)?;
                let leaf = words.leaf(batch, &row, standing);
                root.push(leaf.map_err(|why| BodyTrouble::Row { line: row.line, why: why.to_string() })?);
                block.push(row);
            }
            let is_last = block.len() < AT_ONCE;
            if is_last {
                (batch.stage, batch.root) = (BatchStage::Drafted, root.root().ok_or(BodyTrouble::NoRows)?);
            }
            self.profile.step(|step| {
                block.drain(..).try_for_each(|row: BatchRow| row.put(step, batch.id))?;
                Ok::<_, BodyTrouble>(batch.put(step)?)
            })?;
            if is_last {
                return Ok(());
            }
        }
    }

    /// A row with its place, and the id of its notice; its files are shared.
    fn new_row(&mut self, archive: &mut dyn Archive, batch: &mut Batch, new: NewRow) -> Result<BatchRow, BodyTrouble> {
        let index = batch.rows;
        if index >= MAX_ROWS {
            return Err(BodyTrouble::TooManyRows { most: MAX_ROWS });
        }
        batch.rows = index.saturating_add(1);
        let files: Vec<Attachment> = share(archive, new.files)?;
        Ok(BatchRow {
            index,
            line: new.line,
            notice: NoticeId::new(random::bytes(self.rng.as_mut())),
            run: new.run.canonical(),
            case: new.case,
            procedure: new.procedure,
            values: new.values,
            address: new.address,
            files,
            beside: new.beside,
            stage: RowStage::Waiting,
        })
    }

    /// Batches whose table was not taken to its end: the program ended, and nobody has seen them.
    fn remove_unfinished(&mut self) -> Result<(), BodyTrouble> {
        for batch in self.batches()?.into_iter().filter(|batch| batch.stage == BatchStage::Reading) {
            self.profile.step(|step| Ok::<_, BodyTrouble>(rows::remove(step, batch.id)?))?;
        }
        Ok(())
    }
}
