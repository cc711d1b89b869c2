//! Many notices of one template: taken from a table, seen, and sent, every row exactly once.
//!
//! | room | |
//! |---|---|
//! | `rows` | a batch and its rows in the profile |
//! | `draft` | a table becomes a batch: whole, or not at all |
//! | `approving` | who has approved it, and whether that is enough |
//! | `routes` | who can be reached, before anything is drafted |
//! | `writing` | what a row says: the template with its values, and its files |
//! | `sending` | so many rows at a time: ask, compose, keep, deliver |
//! | `counts` | how far a batch is |
//!
//! | when the program ends | what there is | what sending again does |
//! |---|---|---|
//! | while a table is taken | a batch without its end | it is removed when the next one is taken |
//! | after the registrar was asked about a block of rows | perhaps answers | the same block is asked once more: within the hour the registrar gives the same answers |
//! | after a block is kept | evidence so far, a notice for each row, and the batch's place behind them | the notices are delivered with the same bytes |
//! | after the records are kept | all | it goes on with the next block |
//!
//! A block is kept in one step, so a row has a notice or has none, and never two.

mod approving;
mod counts;
mod draft;
mod routes;
mod rows;
mod sending;
mod writing;

pub use approving::{Approving, MOST_APPROVERS, Officials};
pub use counts::Counts;
pub use draft::{MAX_ROWS, NewBatch, NewRow};
pub use lacre_ground::ids::BatchId;
pub use routes::{ROUTES_AT_ONCE, Route};
pub use rows::{Attachment, Batch, BatchRow, BatchStage, RowStage};
pub use sending::{Block, Stopped};
pub use writing::RowFault;
pub(crate) use writing::Words;
