//! Writing, reading, taking back, keeping.

pub(crate) mod delete;
pub(crate) mod disappear;
pub(crate) mod edit;
pub(crate) mod export;
pub(crate) mod quiet;
pub(crate) mod react;
pub(crate) mod read;
pub(crate) mod reply;
pub(crate) mod save;
pub(crate) mod search;
pub(crate) mod send;
mod waiting;
pub(crate) mod watch;
