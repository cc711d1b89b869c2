//! Lines of the history, and how they are forgotten.

mod content;
mod downloads;
mod gathered;
mod lines;
mod row;

pub(crate) use content::{Line, Said, Target, answered, body_of};
pub(crate) use downloads::{chunk_key, drop_blob, drop_download};
pub(crate) use gathered::{Gathered, Searched, TOGETHER, Text, fold, gathered_key, row_of};
pub(crate) use lines::{
    Place, at, begin_to_fade, beginning, called, latest, named, of_place, put_stored, remove, said, store_message,
};
pub(crate) use row::{Keyed, Placed, Proof, Stored};
