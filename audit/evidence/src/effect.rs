//! What follows by law from proven evidence. Computed each time, never stored as an event.

use super::notice::{Act, Notice};
use crate::clock::{Calendar, ClockError, LegalDates, Rule, RuleId, legal_dates};
use lacre_ground::time::Millis;

/// The legal effect of a notice that is in the casilla.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A notification: it takes effect on these days, and the term, if it has one, ends on those. Only readings that were in
    /// force are here: one, or two.
    Notified(Box<LegalDates>),
    /// A personal communication, a communiqué, a copy or a trial: it starts no term.
    InformsOnly,
}

/// Why nothing can be said of the effect.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EffectError {
    /// N names a rule that was no law on that day.
    #[error("the rule was not in force on the day of dispatch")]
    NotInForce,
    /// Get a newer calendar.
    #[error(transparent)]
    Clock(#[from] ClockError),
}

impl Effect {
    /// From N, the instant of consignment, and the rule and calendar that N names.
    pub fn of(notice: &Notice, consigned: Millis, rule: &Rule, calendar: &Calendar) -> Result<Self, EffectError> {
        let day = notice.place.zone.date(consigned);
        if !day.is_some_and(|day| rule.in_force(day)) {
            return Err(EffectError::NotInForce);
        }
        match notice.act {
            Act::Notification { term, .. } if notice.standing.counts() => {
                let dates = legal_dates(consigned, notice.place, rule, term, calendar)?;
                Ok(Self::Notified(Box::new(dates.in_force().ok_or(EffectError::NotInForce)?)))
            }
            Act::Notification { .. } | Act::PersonalCommunication | Act::Communique => Ok(Self::InformsOnly),
        }
    }
}

/// The dates if the person is taken to know of a notification from then on, and not before it was in her casilla (Ley 19.880, art. 47);
/// none where no term starts, or where the calendar that N names is not known or does not reach.
#[must_use]
pub fn if_known(notice: &Notice, consigned: Millis, at: Millis) -> Option<LegalDates> {
    let Act::Notification { term, .. } = notice.act else { return None };
    let calendar = Calendar::named(&notice.calendar.id)?;
    legal_dates(at.max(consigned), notice.place, RuleId::ClCounter.rule(), term, calendar).ok()
}

/// Those dates, where they begin earlier than by law: whoever wants to be safe goes by them. Whether what the person did does show that
/// she knew the act a court decides.
#[must_use]
pub fn earlier(known: Option<LegalDates>, by_law: &LegalDates) -> Option<LegalDates> {
    let deemed = known.as_ref()?.readings().next()?.deemed;
    known.filter(|_| deemed < by_law.safe_for_citizen().deemed)
}
