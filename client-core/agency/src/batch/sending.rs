//! So many rows at a time: ask, compose, keep, deliver.

use super::rows::{self, Batch, BatchRow, BatchStage, RowStage};
use super::writing::{RowFault, Words};
use crate::archive::{Archive, evidence_name, kept, lean};
use crate::deliver::{Kept, Outcome};
use crate::dispatch::{Beside, Dispatch, Stage, next_number};
use crate::own::Own;
use crate::returns::RIGHTS_AT_ONCE;
use crate::send::As;
use crate::{Body, BodyTrouble, NewNotice};
use lacre_evidence::clock::{Calendar, RuleId};
use lacre_evidence::{Approved, ApprovedRow, Bundle, FilePart, RowPlace};
use lacre_ground::ids::BatchId;
use lacre_ground::time::Millis;
use lacre_transport::GrpcNetwork;
use std::collections::VecDeque;
use std::ops::Range;

/// Bytes of files that are held at a time, but for one row's: memory does not grow with the batch.
const BYTES_AT_ONCE: usize = 32 << 20;

/// What became of a block of rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// rows of the batch that were behind it when it ended
    pub through: u64,
    /// rows of the batch
    pub of: u64,
    /// of this block: the relay has them now
    pub sent: u64,
    /// to be notified otherwise
    pub otherwise: u64,
    /// that cannot be written
    pub failed: u64,
    /// kept, and not taken by the relay now
    pub waiting: u64,
    /// why it goes no further
    pub stopped: Option<Stopped>,
}

/// Why a batch goes no further now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// there are no further rows
    Done,
    /// it is not yet time
    Before(Millis),
    /// it is too late: rows that were not sent are not sent
    After(Millis),
    /// so many are kept that the relay does not take now
    Refused(u64),
}

/// A row, as it is written, or why it cannot be.
struct Writing {
    row: BatchRow,
    new: Result<NewNotice, String>,
}

impl Body {
    /// Sends the next rows: again and again, until it says why it stops. Between two calls another command may have its turn.
    pub fn send_block(&mut self, net: &mut GrpcNetwork, archive: &mut dyn Archive, id: BatchId) -> Result<Block, BodyTrouble> {
        let batch = self.batch(id)?;
        let stopped = |stopped| Block { through: batch.next, of: batch.rows, stopped: Some(stopped), ..Block::default() };
        match batch.stage {
            BatchStage::Done => return Ok(stopped(Stopped::Done)),
            BatchStage::Drafted | BatchStage::Sending => {}
            BatchStage::Reading | BatchStage::Cancelled => return Err(BodyTrouble::BatchEnded),
        }
        let own = self.own()?;
        let now = self.look_at_relay(net, &own)?;
        let before = self.deliver_kept(net, archive, &own, id, now)?;
        let batch = self.batch(id)?;
        if before.sent > 0 {
            return Ok(Block { through: batch.next, of: batch.rows, ..before });
        }
        if batch.next >= batch.rows {
            // some may be kept that the relay does not take now: they are brought to it the next time
            if before.waiting > 0 {
                return Ok(stopped(Stopped::Refused(before.waiting)));
            }
            let done = Batch { stage: BatchStage::Done, ..batch };
            self.profile.step(|step| Ok::<_, BodyTrouble>(done.put(step)?))?;
            return Ok(stopped(Stopped::Done));
        }
        if now < batch.not_before {
            return Ok(stopped(Stopped::Before(batch.not_before)));
        }
        if now >= batch.not_after {
            return Ok(stopped(Stopped::After(batch.not_after)));
        }
        self.same_clock(now)?;
        self.renew_when_due(net)?;
        let own = self.own()?;
        // before anything is asked or spent
        let approved = self.begin_approved(&own, &batch, now)?;
        let block = self.keep_block(net, archive, &own, batch, approved.as_ref())?;
        let sent = self.deliver_kept(net, archive, &own, id, now)?;
        Ok(Block { sent: sent.sent, waiting: sent.waiting, otherwise: block.otherwise + sent.otherwise, ..block })
    }

    /// Notices of the batch that are kept and perhaps not sent.
    fn deliver_kept(
        &mut self,
        net: &mut GrpcNetwork,
        archive: &mut dyn Archive,
        own: &Own,
        id: BatchId,
        now: Millis,
    ) -> Result<Block, BodyTrouble> {
        let (mut done, mut late) = (Block::default(), Vec::new());
        let mut waiting: VecDeque<Dispatch> = self.to_do()?.into();
        waiting.retain(|row| row.stage == Stage::Prepared && row.batch.is_some_and(|(batch, _)| batch == id));
        while !waiting.is_empty() {
            let (mut some, mut places, mut bytes): (Vec<Kept>, Vec<u64>, usize) = (Vec::new(), Vec::new(), 0);
            while let Some(row) = waiting.front() {
                let bundle = kept(archive, row.id)?;
                bytes = bytes.saturating_add(bytes_of(&bundle));
                if !some.is_empty() && (bytes > BYTES_AT_ONCE || some.len() >= RIGHTS_AT_ONCE) {
                    break;
                }
                places.extend(row.batch.map(|(_, index)| index));
                let only_look = self.may_not_go(row, &bundle)?.is_some();
                some.extend(waiting.pop_front().map(|row| Kept { row, bundle, only_look }));
            }
            for (row, outcome) in places.into_iter().zip(self.deliver_all(net, archive, own, some, now)?) {
                match outcome {
                    Ok(Outcome::Sent(_)) => done.sent += 1,
                    Ok(Outcome::Otherwise(_)) => done.otherwise += 1,
                    // the registrar's answer is too old, and the relay has nothing of it: it is asked anew
                    Err(BodyTrouble::TooLate) => late.push(row),
                    // a limit, or the disk behind it: this one stays kept, the others go on
                    Err(BodyTrouble::Refused { .. }) => done.waiting += 1,
                    Err(other) => return Err(other),
                }
            }
        }
        self.wait_again(id, &late)?;
        Ok(done)
    }

    /// Whether notices of a cancelled batch that were under way are with the relay: the record of those that are is kept, and the others
    /// are sent no more. How many are not known yet.
    pub fn settle_cancelled(&mut self, net: &mut GrpcNetwork, archive: &mut dyn Archive, id: BatchId) -> Result<(), BodyTrouble> {
        if self.batch(id)?.stage != BatchStage::Cancelled {
            return Err(BodyTrouble::BatchEnded);
        }
        let own = self.own()?;
        let now = self.look_at_relay(net, &own)?;
        self.deliver_kept(net, archive, &own, id, now).map(drop)
    }

    /// Rows whose notice was never sent: they are written again.
    pub(crate) fn wait_again(&mut self, id: BatchId, late: &[u64]) -> Result<(), BodyTrouble> {
        let mut batch = self.batch(id)?;
        self.profile.step(|step| {
            for index in late {
                if let Some(row) = rows::get(step, id, *index)? {
                    BatchRow { stage: RowStage::Waiting, ..row }.put(step, id)?;
                    batch.next = batch.next.min(*index);
                }
            }
            if !late.is_empty() {
                batch.put(step)?;
            }
            Ok::<_, BodyTrouble>(())
        })
    }

    /// Asks about the next rows and keeps a notice for each, in one step.
    fn keep_block(
        &mut self,
        net: &mut GrpcNetwork,
        archive: &mut dyn Archive,
        own: &Own,
        mut batch: Batch,
        approved: Option<&Approved>,
    ) -> Result<Block, BodyTrouble> {
        let template = self.template_of(&batch)?;
        let words = Words::of(template.as_ref()).ok_or(BodyTrouble::NoSuchBatch)?.with_files(archive, &batch)?;
        let law = RuleId::parse(&batch.rule).zip(Calendar::named(&batch.calendar));
        let (rule, calendar) = law.ok_or(BodyTrouble::NoSuchBatch)?;
        let mut rows = self.next_rows(archive, &batch, &words)?;
        let indices: Vec<u64> = rows.iter().map(|row| row.row.index).collect();
        let mut places = self.places(archive, own, &batch, &words, approved, &indices)?.into_iter();
        let good = rows.iter().filter(|row| row.new.is_ok()).count();
        // also where the body takes no answers: records of counter and letter go there
        let mut back = match good > 0 {
            true => Some(self.return_rights(net, own, good)?),
            false => None,
        };
        let most = back.as_ref().map_or(good, |(_, rights)| rights.len());
        let asks = rows.iter().filter_map(|row| Some((u32::try_from(row.row.index).ok()?, row.new.as_ref().ok()?.run)));
        let mut answers = self.ask_all(net, own, batch.id, &asks.take(most).collect::<Vec<_>>())?.into_iter();
        let mut block = Block { of: batch.rows, ..Block::default() };
        let (mut kept, mut papers, mut refused) = (Vec::new(), Vec::new(), None);
        for Writing { mut row, new } in rows.drain(..) {
            let place = places.next();
            match new {
                Err(why) => {
                    block.failed += 1;
                    row.stage = RowStage::Failed(why);
                    kept.push((row, None));
                }
                Ok(new) => {
                    let given = match answers.next() {
                        None => break,
                        Some(Err(why)) => {
                            refused = Some(why);
                            break;
                        }
                        Some(Ok(given)) => given,
                    };
                    let back = back.as_mut().and_then(|(channel, rights)| Some((channel.clone(), rights.pop()?)));
                    let standing = self.standing(archive, own, new.beside)?;
                    let approved = approved.zip(place.as_ref()).map(|(by, place)| ApprovedRow { by, place });
                    let as_ = As { id: row.notice, standing, rule: Some(rule), calendar, approved };
                    let (notice, bundle) = self.written(own, &new, as_, given, back)?;
                    let notice = Dispatch { batch: Some((batch.id, row.index)), ..notice };
                    block.otherwise += u64::from(notice.stage == Stage::Otherwise);
                    papers.push((evidence_name(notice.id), lean(archive, &bundle).to_bytes()));
                    row.stage = RowStage::Notice;
                    kept.push((row, Some(notice)));
                }
            }
        }
        // not one of them: why not. Else what is refused is said when it is the next one's turn
        if let (true, Some(why)) = (kept.is_empty(), refused) {
            return Err(why);
        }
        batch.next = kept.last().map_or(batch.rows, |(row, _)| row.index.saturating_add(1));
        batch.stage = BatchStage::Sending;
        batch.begun_at = batch.begun_at.or_else(|| Some(self.clock.now()));
        block.through = batch.next;
        archive.keep_all(&papers)?;
        self.profile.step(|step| {
            for (row, notice) in &mut kept {
                if let Some(notice) = notice {
                    notice.number = next_number(step)?;
                    notice.put(step)?;
                }
                row.put(step, batch.id)?;
            }
            Ok::<_, BodyTrouble>(batch.put(step)?)
        })?;
        Ok(block)
    }

    /// The next rows that have no notice, as they are written, or why they cannot be.
    fn next_rows(&mut self, archive: &dyn Archive, batch: &Batch, words: &Words<'_>) -> Result<Vec<Writing>, BodyTrouble> {
        let (mut rows, mut bytes, mut from) = (Vec::new(), 0usize, batch.next);
        loop {
            let page = self.batch_rows_up_to(batch.id, from, RIGHTS_AT_ONCE)?;
            let Some(last) = page.last() else { return Ok(rows) };
            from = last.index.saturating_add(1);
            for row in page.into_iter().filter(|row| row.stage == RowStage::Waiting) {
                let new = match words.notice(archive, &row) {
                    // the disk, or the profile: not the row's fault
                    Err(RowFault::Notice(why @ (BodyTrouble::Archive(_) | BodyTrouble::Store(_)))) => return Err(why),
                    other => other.map_err(|why| why.to_string()),
                };
                bytes = bytes.saturating_add(new.iter().flat_map(|new| &new.files).map(|file| file.bytes.len()).sum());
                if !rows.is_empty() && (bytes > BYTES_AT_ONCE || rows.len() >= RIGHTS_AT_ONCE) {
                    return Ok(rows);
                }
                rows.push(Writing { row, new });
            }
        }
    }
}

impl Body {
    /// The row of an approved batch that a notice is, for N on paper in its place. Where a body has officials, one that nobody approved,
    /// or whose batch's time is over, is drafted anew.
    pub(crate) fn approved_row(
        &mut self,
        archive: &dyn Archive,
        own: &Own,
        notice: &Dispatch,
    ) -> Result<Option<(Approved, RowPlace)>, BodyTrouble> {
        if self.officials()?.is_none() || notice.beside == Beside::Trial {
            return Ok(None);
        }
        let (id, index) = notice.batch.ok_or(BodyTrouble::FourEyes)?;
        let (batch, now) = (self.batch(id)?, self.clock.now());
        let approved =
            self.approved_by(own, &batch)?.filter(|approved| approved.batch().covers(now)).ok_or(BodyTrouble::FourEyes)?;
        let template = self.template_of(&batch)?;
        let words = Words::of(template.as_ref()).ok_or(BodyTrouble::NoSuchBatch)?;
        let place = self.places(archive, own, &batch, &words, Some(&approved), &[index])?.pop();
        Ok(Some((approved, place.ok_or(BodyTrouble::NoSuchBatch)?)))
    }

    /// Where these rows stand in the tree that officials approved; empty where nobody did.
    fn places(
        &mut self,
        archive: &dyn Archive,
        own: &Own,
        batch: &Batch,
        words: &Words<'_>,
        approved: Option<&Approved>,
        rows: &[u64],
    ) -> Result<Vec<RowPlace>, BodyTrouble> {
        if approved.is_none() {
            return Ok(Vec::new());
        }
        let roots = self.profile.step(|step| Ok::<_, BodyTrouble>(rows::roots(step, batch)?))?.ok_or(BodyTrouble::NoSuchBatch)?;
        let place = |row: &u64| {
            let index = u32::try_from(*row).map_err(|_| BodyTrouble::NoSuchBatch)?;
            let block = roots.block_of(index);
            if self.leaves.as_ref().is_none_or(|(of, from, _)| (*of, *from) != (batch.id, block.start)) {
                let leaves = self.leaves_of(archive, own, batch, words, block.clone())?;
                self.leaves = Some((batch.id, block.start, leaves));
            }
            let leaves = self.leaves.as_ref().map(|(_, _, leaves)| leaves.as_slice()).unwrap_or_default();
            Ok(RowPlace { index, path: roots.path(index, leaves).ok_or(BodyTrouble::NoSuchBatch)? })
        };
        rows.iter().map(place).collect()
    }

    fn leaves_of(
        &mut self,
        archive: &dyn Archive,
        own: &Own,
        batch: &Batch,
        words: &Words<'_>,
        block: Range<u32>,
    ) -> Result<Vec<[u8; 32]>, BodyTrouble> {
        let rows = self.batch_rows_up_to(batch.id, u64::from(block.start), block.len())?;
        let leaf = |row: &BatchRow| {
            let standing = self.standing(archive, own, row.beside)?;
            let leaf = words.leaf(&batch.files, row, standing);
            leaf.map_err(|why| BodyTrouble::Row { line: row.line, why: why.to_string() })
        };
        rows.iter().map(leaf).collect()
    }
}

/// Bytes of the files that a bundle holds.
fn bytes_of(bundle: &Bundle) -> usize {
    let len = |part: &FilePart| match part {
        FilePart::Here(bytes) => bytes.len(),
        FilePart::LeftOut => 0,
    };
    bundle.files.iter().map(len).fold(0, usize::saturating_add)
}
