//! Who cannot be reached electronically, and what is done instead: nobody is lost between a refusal and the counter or the post.
//!
//! | file | |
//! |---|---|
//! | `why` | why, and which ways the law leaves: a pure table |
//! | `keep` | what the body wanted to say is kept |
//! | `letter` | what is printed |
//! | `record` | what was done is recorded, and given to the relay for its receipt |

mod keep;
mod letter;
mod record;
mod why;

pub use keep::Asked;
pub use letter::ToPrint;
pub use record::{NewStep, Recorded};
pub use why::{Route, Why};

pub use crate::done::{Done, Kept, State, What};

use crate::dispatch::{Beside, Dispatch, Stage};
use std::collections::HashMap;

/// A notice that reached nobody.
pub struct Fallback {
    /// what was tried
    pub row: Dispatch,
    /// why it reached nobody
    pub why: Why,
    /// what was done since
    pub state: State,
    /// somebody still has to do something
    pub open: bool,
    /// the same was sent to her electronically since
    pub sent_since: bool,
}

/// Everybody who is to be notified otherwise: the open ones first, then in the order of their making.
#[must_use]
pub fn all(rows: &[Dispatch]) -> Vec<Fallback> {
    // of each act the newest that was delivered: she came to have an address, or the first try was too late
    let mut delivered: HashMap<Act<'_>, u64> = HashMap::new();
    for row in rows.iter().filter(|row| counts(row)) {
        let newest = delivered.entry(act(row)).or_default();
        *newest = row.number.max(*newest);
    }
    let one = |row: &Dispatch| {
        let why = Why::of(row)?;
        let state = row.kept.as_ref().map_or(State::Nothing, Kept::state);
        let sent_since = delivered.get(&act(row)).is_some_and(|newest| *newest > row.number);
        // from a trial nothing follows, so nobody misses it; and the dead are notified by nobody, whatever is recorded
        let goes = why.routes() != [Route::Nobody];
        let open = row.beside != Beside::Trial && goes && !sent_since && state.open();
        Some(Fallback { row: row.clone(), why, state, open, sent_since })
    };
    let mut found: Vec<Fallback> = rows.iter().filter_map(one).collect();
    found.sort_by_key(|fallback| (!fallback.open, fallback.row.number));
    found
}

/// RUN, case, subject and what it says: the same act to the same person.
type Act<'r> = (&'r str, &'r str, &'r str, [u8; 32]);

fn act(row: &Dispatch) -> Act<'_> {
    (&row.run, &row.case, &row.subject, row.says)
}

/// It was delivered, and is no trial and no copy.
fn counts(row: &Dispatch) -> bool {
    let counts = matches!(row.beside, Beside::Nothing | Beside::Corrects(_) | Beside::Answers(_));
    counts && row.stage == Stage::Sent && !row.unproven
}
