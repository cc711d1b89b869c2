//! A public body's program, to be embedded: it sends official notices, takes what persons' devices answer, and keeps what proves
//! both. Where it travels is PROTOCOL.md 24, what it proves `audit/FORMAT.md`.
//!
//! | room | |
//! |---|---|
//! | `own` | the body's key, its relay, its certificate, the registrar's keys: rows of an encrypted profile |
//! | `returns` | channels in which devices answer, one for [`ROWS`] notices |
//! | `written` | what a body writes, looked at first |
//! | `ask` | the registrar's answer about a person, verified |
//! | `send` | one notice: ask, compose, keep, deliver |
//! | `deliver` | what is kept is brought to the relay, as often as it takes; its record |
//! | `batch` | many notices of one template: taken from a table, seen, sent, every row once |
//! | `package` | a batch as one file, for those who approve it |
//! | `done` | what was done at the counter or by letter, as a row knows it |
//! | `fallback` | who cannot be reached electronically, and what is done instead |
//! | `earlier` | copies, corrections, and what is said to a reply |
//! | `proven` | what kept evidence proves |
//! | `dispatch` | what was sent or tried |
//! | `resets` | whose account was reset at the counter |
//! | `collect` | what devices answered: verified, then filed; what fails is put aside and shown |
//! | `came` | what came, numbered; replies |
//! | `template`, `templates` | one text for many persons, with placeholders; those of this body, in versions |
//! | `table` | the recipients' table, read as a stream, with all that is wrong in it |
//! | `lint` | what is hard to read, or missing, in a template |
//! | `officials` | lists of roles and approvals, as officials pass them on |
//! | `archive` | evidence as files that need no profile |
//!
//! **A notice is kept before it is sent**: its evidence so far, seed included, is in the [`Archive`], and a row of the profile says
//! how far it is. Whatever ends the program, [`Body::resume`] delivers the same bytes, and the relay gives the same record.

mod archive;
mod ask;
mod batch;
mod came;
mod collect;
mod deliver;
mod dispatch;
mod done;
mod earlier;
pub mod fallback;
pub mod lint;
pub mod officials;
mod own;
pub mod package;
mod proven;
mod resets;
mod returns;
mod send;
pub mod table;
pub mod template;
mod templates;
mod trouble;
mod written;

pub use archive::{Archive, evidence_name};
pub use batch::{
    Approving, Attachment, Batch, BatchId, BatchRow, BatchStage, Block, Counts, MAX_ROWS, MOST_APPROVERS, NewBatch, NewRow,
    Officials, ROUTES_AT_ONCE, Route, RowFault, RowStage, Stopped,
};
pub use came::{Came, ReplyRead};
pub use collect::{Aside, Collected, Filed, IS_MISSING, LOST_DEVICE, NO_RECEIPT, STRANGER};
pub use deliver::{Otherwise, Outcome};
pub use dispatch::{Beside, Dispatch, Stage};
pub use earlier::ORIGINAL;
pub use own::Enrolled;
pub use resets::ResetOf;
pub use returns::ROWS;
pub use templates::{AddTrouble, Added, TemplateLine};
pub use trouble::BodyTrouble;
pub use written::{LONGEST_TERM, MAX_TOGETHER, NewFile, NewNotice};

use lacre_ground::random::Rng;
use lacre_ground::time::Clock;
use lacre_profile::Profile;
use std::sync::Arc;

/// One body on one profile.
pub struct Body {
    profile: Profile,
    clock: Arc<dyn Clock>,
    rng: Box<dyn Rng>,
    /// leaves of the block of rows that is being sent: which batch, from which row on
    leaves: Option<(BatchId, u32, Vec<[u8; 32]>)>,
}

impl Body {
    /// On a profile of its own, apart from anybody's account.
    #[must_use]
    pub fn new(profile: Profile, clock: Arc<dyn Clock>, rng: Box<dyn Rng>) -> Self {
        Self { profile, clock, rng, leaves: None }
    }
}
