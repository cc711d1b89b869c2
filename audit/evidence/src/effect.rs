//! What follows by law from proven evidence. Computed each time, never stored as an event.

use super::notice::Act;
use crate::clock::{Calendar, ClockError, LegalDates, Place, Rule, legal_dates};
use lacre_ground::time::Millis;

/// The legal effect of a notice that is in the casilla.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A notification: it takes effect on these days, and the term, if it has one, ends on those.
    Notified(Box<LegalDates>),
    /// A personal communication or a communiqué: it informs and starts no term.
    InformsOnly,
}

impl Effect {
    /// From the instant of consignment, the agency's place, the rule and calendar that N names, and the type of act.
    pub fn of(act: Act, consigned: Millis, place: Place, rule: &Rule, calendar: &Calendar) -> Result<Self, ClockError> {
        match act {
            Act::Notification { term, .. } => {
                legal_dates(consigned, place, rule, term, calendar).map(|d| Self::Notified(Box::new(d)))
            }
            Act::PersonalCommunication | Act::Communique => Ok(Self::InformsOnly),
        }
    }
}
