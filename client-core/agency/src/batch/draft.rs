//! A table becomes a batch: whole, or not at all.

use super::rows::{self, Attachment, Batch, BatchRow, BatchStage, RowStage};
use super::writing::{RowFault, Words, attachment};
use crate::archive::{Archive, share};
use crate::dispatch::{Beside, Stage};
use crate::own::Own;
use crate::template::{Template, TemplateRow};
use crate::written::{lines_of, well_written};
use crate::{Body, BodyTrouble, NewFile, NewNotice};
use lacre_evidence::batch::Roots;
use lacre_evidence::clock::{Calendar, RuleId};
use lacre_ground::ids::{AccountId, BatchId, NoticeId};
use lacre_ground::random;
use lacre_ground::run::Run;
use lacre_ground::time::Millis;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// Most rows of a batch.
pub const MAX_ROWS: u64 = 100_000;
/// Rows that are kept in one step.
const AT_ONCE: usize = 256;

/// What all rows have.
pub struct NewBatch {
    /// their words
    pub template: Template,
    /// the official who drafts it, where the body has some
    pub drafter: Option<AccountId>,
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

/// A row on its way into the profile.
struct Taken {
    row: NewRow,
    /// files of its own that lie in the archive already
    attached: Vec<Attachment>,
    /// what it says, where no template does
    written: Option<TemplateRow>,
    uris: Vec<String>,
}

/// What is decided about a batch before its rows are.
struct Terms {
    template: Option<Template>,
    files: Vec<NewFile>,
    drafter: Option<AccountId>,
    rule: Option<RuleId>,
    not_before: Option<Millis>,
    not_after: Option<Millis>,
    trial: bool,
}

impl Body {
    /// Keeps a batch with these rows. A row that cannot be had ends it, and nothing of it is kept.
    pub fn draft(
        &mut self,
        archive: &mut dyn Archive,
        new: NewBatch,
        rows: impl IntoIterator<Item = Result<NewRow, BodyTrouble>>,
    ) -> Result<Batch, BodyTrouble> {
        let NewBatch { template, drafter, files, rule, not_before, not_after, trial } = new;
        let terms = Terms { template: Some(template), drafter, files, rule, not_before, not_after, trial };
        let rows =
            rows.into_iter().map(|row| row.map(|row| Taken { row, attached: Vec::new(), written: None, uris: Vec::new() }));
        self.draft_taken(archive, terms, rows)
    }

    /// One notice as a batch of one, where a body has officials who see it first.
    pub fn draft_one(
        &mut self,
        archive: &mut dyn Archive,
        drafter: Option<AccountId>,
        new: NewNotice,
    ) -> Result<Batch, BodyTrouble> {
        well_written(&new)?;
        let written = Some(TemplateRow::of_notice(&new, self.clock.now()));
        let NewNotice { run, beside, case, uris, files, .. } = new;
        let row = NewRow { line: 1, run, case, procedure: None, values: BTreeMap::new(), address: Vec::new(), files, beside };
        let (rule, not_before, not_after) = (None, None, None);
        let trial = beside == Beside::Trial;
        let terms = Terms { template: None, drafter, files: Vec::new(), rule, not_before, not_after, trial };
        self.draft_taken(archive, terms, core::iter::once(Ok(Taken { row, attached: Vec::new(), written, uris })))
    }

    /// Rows of a batch that were sent, drafted again by another template with their own values and files: each stands in the place of
    /// the notice before. Those with these numbers, from 1, or all. Where a named one is not there, nothing is corrected: whoever
    /// mistyped one may have meant another.
    pub fn correct(
        &mut self,
        archive: &mut dyn Archive,
        of: BatchId,
        template: Template,
        drafter: Option<AccountId>,
        named: Option<&[RangeInclusive<u64>]>,
    ) -> Result<Batch, BodyTrouble> {
        let (before, mut rows) = (self.batch(of)?, Vec::new());
        let beyond = named.into_iter().flatten().map(|range| *range.end()).find(|row| *row > before.rows);
        if let Some(row) = beyond {
            return Err(BodyTrouble::NoSuchRow { row, rows: before.rows });
        }
        let mut add = |row: &BatchRow, sent: bool| {
            let BatchRow { index, line, case, procedure, values, address, files, notice, run, .. } = row.clone();
            let meant = named.is_none_or(|ranges| ranges.iter().any(|range| range.contains(&index.saturating_add(1))));
            if let (true, true, Ok(run)) = (sent, meant, Run::parse(&run)) {
                let beside = Beside::Corrects(notice);
                let row = NewRow { line, run, case, procedure, values, address, files: Vec::new(), beside };
                rows.push(Ok(Taken { row, attached: files, written: None, uris: Vec::new() }));
            }
        };
        self.each_batch_row(of, |row, notice| {
            add(row, notice.is_some_and(|notice| notice.stage == Stage::Sent && !notice.unproven));
            Ok::<_, BodyTrouble>(())
        })?;
        let rule = RuleId::parse(&before.rule);
        let files = before.files.iter().map(|of| attachment(archive, of)).collect::<Result<_, _>>()?;
        let terms =
            Terms { template: Some(template), files, drafter, rule, not_before: None, not_after: None, trial: before.trial };
        self.draft_taken(archive, terms, rows.into_iter())
    }

    fn draft_taken(
        &mut self,
        archive: &mut dyn Archive,
        new: Terms,
        rows: impl Iterator<Item = Result<Taken, BodyTrouble>>,
    ) -> Result<Batch, BodyTrouble> {
        self.remove_unfinished()?;
        let own = self.own()?;
        self.may_draft(&own, new.drafter, new.trial)?;
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
        let template = new.template.as_ref();
        let mut batch = Batch {
            id: BatchId::new(random::bytes(self.rng.as_mut())),
            number: 0,
            made_at,
            drafter: new.drafter,
            template: template.map(|template| template.name().to_string()).unwrap_or_default(),
            version: template.map(Template::version).unwrap_or_default(),
            files: share(archive, new.files)?,
            rule: new.rule.unwrap_or_else(|| RuleId::of_day(day)).name().to_owned(),
            calendar: Calendar::chile().id().to_owned(),
            root: [0; 32],
            not_before,
            not_after,
            rows: 0,
            next: 0,
            begun_at: None,
            stage: BatchStage::Reading,
            trial: new.trial,
        };
        self.profile.step(|step| {
            batch.number = rows::next_number(step)?;
            Ok::<_, BodyTrouble>(batch.put(step)?)
        })?;
        let taken = self.take_rows(archive, &own, &mut batch, template, rows);
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
        template: Option<&Template>,
        mut rows: impl Iterator<Item = Result<Taken, BodyTrouble>>,
    ) -> Result<(), BodyTrouble> {
        let words = Words::of(template).ok_or(BodyTrouble::NoSuchBatch)?;
        let (mut block, mut roots) = (Vec::with_capacity(AT_ONCE), Roots::default());
        loop {
            for new in rows.by_ref().take(AT_ONCE) {
                let row = self.new_row(archive, batch, new?)?;
                let wrong = |why: RowFault| BodyTrouble::Row { line: row.line, why: why.to_string() };
                let names = batch.files.iter().chain(&row.files).map(|file| file.name.as_str());
                lines_of(&words.says(&row).map_err(wrong)?, names)?;
                let standing = self.standing(archive, own, row.beside)?;
                let leaf = words.leaf(&batch.files, &row, standing);
                roots.push(leaf.map_err(wrong)?);
                block.push(row);
            }
            let is_last = block.len() < AT_ONCE;
            if is_last {
                (batch.stage, batch.root) = (BatchStage::Drafted, roots.root().ok_or(BodyTrouble::NoRows)?);
            }
            self.profile.step(|step| {
                block.drain(..).try_for_each(|row: BatchRow| row.put(step, batch.id))?;
                if is_last {
                    rows::put_roots(step, batch.id, &roots)?;
                }
                Ok::<_, BodyTrouble>(batch.put(step)?)
            })?;
            if is_last {
                return Ok(());
            }
        }
    }

    /// A row with its place, and the id of its notice; its files are shared.
    fn new_row(&mut self, archive: &mut dyn Archive, batch: &mut Batch, taken: Taken) -> Result<BatchRow, BodyTrouble> {
        let Taken { row: new, attached, written, uris } = taken;
        let index = batch.rows;
        if index >= MAX_ROWS {
            return Err(BodyTrouble::TooManyRows { most: MAX_ROWS });
        }
        batch.rows = index.saturating_add(1);
        let mut files: Vec<Attachment> = share(archive, new.files)?;
        files.extend(attached);
        Ok(BatchRow {
            index,
            line: new.line,
            notice: NoticeId::new(random::bytes(self.rng.as_mut())),
            run: new.run.canonical(),
            case: new.case,
            procedure: new.procedure,
            values: new.values,
            address: new.address,
            written,
            uris,
            files,
            beside: if batch.trial { Beside::Trial } else { new.beside },
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
