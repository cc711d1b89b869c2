//! How far a batch is, counted row by row, and what the law says of a row.

use super::rows::{Batch, BatchRow, RowStage};
use crate::dispatch::{Beside, Dispatch, Stage};
use crate::{Body, BodyTrouble};
use lacre_evidence::Act;
use lacre_evidence::clock::{Calendar, LegalDates, RuleId, legal_dates};
use lacre_ground::ids::BatchId;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// How many rows of a batch are how far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// nobody was asked about them yet
    pub waiting: u64,
    /// kept, and perhaps not sent
    pub prepared: u64,
    /// in the person's casilla
    pub sent: u64,
    /// of these: a device has handed it over
    pub handed_over: u64,
    /// counter or letter
    pub otherwise: u64,
    /// cannot be written
    pub failed: u64,
}

impl Counts {
    fn add(&mut self, row: &BatchRow, notice: Option<&Dispatch>) {
        match (&row.stage, notice) {
            (RowStage::Failed(_), _) => self.failed += 1,
            (RowStage::Waiting, _) | (RowStage::Notice, None) => self.waiting += 1,
            (RowStage::Notice, Some(notice)) => match notice.stage {
                Stage::Prepared => self.prepared += 1,
                Stage::Otherwise | Stage::Refused => self.otherwise += 1,
                Stage::Sent => {
                    self.sent += 1;
                    self.handed_over += u64::from(notice.was_handed_over());
                }
            },
        }
    }
}

impl Body {
    /// Each row with its notice, in order.
    pub fn each_batch_row<E: From<BodyTrouble>>(
        &mut self,
        id: BatchId,
        mut what: impl FnMut(&BatchRow, Option<&Dispatch>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut from = 0;
        loop {
            let page = self.batch_rows(id, from)?;
            let Some(last) = page.last() else { return Ok(()) };
            from = last.index.saturating_add(1);
            for row in &page {
                let notice = match row.stage {
                    RowStage::Notice => Some(self.dispatch(row.notice)?),
                    RowStage::Waiting | RowStage::Failed(_) => None,
                };
                what(row, notice.as_ref())?;
            }
        }
    }

    /// The dates that the law gives for a notice of this act, if it starts a term and the relay's time is proved.
    pub fn dates(&mut self, act: Act, notice: &Dispatch) -> Result<Option<LegalDates>, BodyTrouble> {
        let Act::Notification { term, .. } = act else { return Ok(None) };
        let starts = matches!(notice.beside, Beside::Nothing | Beside::Corrects(_) | Beside::Answers(_));
        let Some(at) = notice.accepted_at.filter(|_| starts && notice.stage == Stage::Sent) else { return Ok(None) };
        let place = self.own()?.certificate.place;
        let dates = legal_dates(at, place, RuleId::Cl46.rule(), term, Calendar::chile());
        Ok(dates.ok().and_then(LegalDates::in_force))
    }

    /// Rows that say again what was written to the same person in the same case by this template, and the newest batch that did: nobody
    /// is notified twice without a word.
    pub fn rows_again(&mut self, batch: &Batch) -> Result<(u64, Option<BatchId>), BodyTrouble> {
        let of = |run: &str, case: &str| {
            let mut hash = DefaultHasher::new();
            (run, case).hash(&mut hash);
            hash.finish()
        };
        let (mut rows, mut from) = (HashSet::new(), 0);
        loop {
            let page = self.batch_rows(batch.id, from)?;
            let Some(last) = page.last() else { break };
            from = last.index.saturating_add(1);
            let own = page.iter().filter(|row| matches!(row.beside, Beside::Nothing | Beside::Answers(_)));
            rows.extend(own.map(|row| of(&row.run, &row.case)));
        }
        let same: HashSet<BatchId> = self
            .batches()?
            .iter()
            .filter(|b| b.id != batch.id && b.template == batch.template && !b.trial)
            .map(|b| b.id)
            .collect();
        let (mut again, mut newest) = (HashSet::new(), None);
        self.each_dispatch(|_, notice| {
            let (key, earlier) = (of(&notice.run, &notice.case), notice.batch.map(|(id, _)| id).filter(|id| same.contains(id)));
            if earlier.is_some() && notice.stage != Stage::Refused && rows.contains(&key) {
                again.insert(key);
                newest = earlier;
            }
            Ok::<_, BodyTrouble>(())
        })?;
        Ok((u64::try_from(again.len()).unwrap_or(u64::MAX), newest))
    }

    /// How far it is.
    pub fn counts(&mut self, id: BatchId) -> Result<Counts, BodyTrouble> {
        let mut counts = Counts::default();
        self.each_batch_row(id, |row, notice| {
            counts.add(row, notice);
            Ok::<_, BodyTrouble>(())
        })?;
        Ok(counts)
    }
}
