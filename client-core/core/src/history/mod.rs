//! Lines of the history, and how they are forgotten.

mod content;
mod downloads;
mod gathered;
mod lines;

pub(crate) use content::{Line, Said, answered, body_of};
pub(crate) use downloads::{chunk_key, drop_download};
pub(crate) use gathered::{Gathered, Searched, TOGETHER, Text, fold, gathered_key, no_longer_gathered, row_of};
pub(crate) use lines::{Placed, Proof, Stored, begin_to_fade, put_stored, store_message, stored};
