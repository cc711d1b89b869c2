//! The legal clock: from when a notice counts, and until when one may appeal. A pure function of its arguments.
//!
//! One idea a file: [`place`] (zone and comuna), [`calendar`] (business days, from a versioned text), [`rules`] (what a
//! law counts, versioned texts too), [`dates`] (the function) and [`days`] (the same, told day by day).
//!
//! | rule | counted from | business days | deemed |
//! |---|---|---|---|
//! | `CL-46-2026` | dispatch | 3 | on the third |
//! | `CL-D4-27` | dispatch | 3 | when three have elapsed: on the fourth |
//! | `CL-letter` | reception at the post office | 3 | on the third |
//! | `CL-counter` | handing over | 0 | at once |
//!
//! The local date of the agency's place counts, not the date in UTC. A term begins on the business day after.
//! The sources of law stand in the texts; sources seen second-hand are named in `FORMAT.md`.

pub mod calendar;
pub mod dates;
pub mod days;
pub mod place;
pub mod rules;

pub use calendar::{Calendar, CalendarError, Holiday};
pub use dates::{ClockError, LegalDates, Reading, Term, legal_dates};
pub use days::{Day, Kind, Mark, day_by_day};
pub use place::{Comuna, Place, PlaceError, Zone};
pub use rules::{Rule, RuleId};
