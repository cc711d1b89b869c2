//! How far a batch is, counted row by row, and what the law says of a row.

use super::rows::{BatchRow, RowStage};
use crate::dispatch::{Beside, Dispatch, Stage};
use crate::{Body, BodyTrouble};
use lacre_evidence::Act;
use lacre_evidence::clock::{Calendar, LegalDates, RuleId, legal_dates};
use lacre_ground::ids::BatchId;

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
