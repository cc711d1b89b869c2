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
    let one = |row: &Dispatch| {
        let why = Why::of(row)?;
        let state = row.kept.as_ref().map_or(State::Nothing, Kept::state);
        let sent_since = rows.iter().any(|later| is_the_same_again(row, later));
        // from a trial nothing follows, so nobody misses it
        let open = row.beside != Beside::Trial && !sent_since && state.open();
        Some(Fallback { row: row.clone(), why, state, open, sent_since })
    };
    let mut found: Vec<Fallback> = rows.iter().filter_map(one).collect();
    found.sort_by_key(|fallback| (!fallback.open, fallback.row.number));
    found
}

/// The same act, delivered to the same person later: she came to have an address, or the first try was too late.
fn is_the_same_again(row: &Dispatch, later: &Dispatch) -> bool {
    let same = later.run == row.run && later.case == row.case && later.subject == row.subject;
    let counts = matches!(later.beside, Beside::Nothing | Beside::Corrects(_) | Beside::Answers(_));
    same && counts && later.number > row.number && later.stage == Stage::Sent && !later.unproven
}
