//! Power cuts without pulling the plug.
//!
//! A program runs with a recorder in front of the C library (`recorder.c`, built when a test runs: it needs the C
//! compiler that SQLite needs too, no root and no kernel module). The recorder writes down every change of the files of
//! one folder in the order in which it took effect. [`Disk`] replays the record up to any point and forgets there what
//! had not been synced: writes (whole, by sectors, or torn within one), truncations, and names that were made, renamed
//! or removed in a folder that was not synced. What it leaves is put on a real disk, opened by the real store, and judged
//! by the [history checker](crate::history).
//!
//! Why not a SQLite VFS: the crates for it need libclang to build, or know no shared memory of the write-ahead log; and
//! a recorder under the whole process also sees blobs, keys and everything else that is no SQLite file.
//! What it cannot see is a bug that shows only when a *failing* sync is reported: see the store's own tests.

mod disk;
mod judge;
pub mod marks;
mod record;
mod recorder;
pub mod workload;

pub use disk::{Cut, Disk};
pub use judge::{judge, judge_blobs};
pub use record::{Event, events, marker};
pub use recorder::Recorder;
