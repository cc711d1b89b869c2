//! End-to-end, crash, interop and load tests of Lacre, and its benchmarks.

pub mod history;
#[expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "an example world for tests: a wrong example shall stop the test")]
pub mod proof;
pub mod powercut;
pub mod world;
pub mod relay;
pub mod tap;
pub mod terminal;
pub mod lying;
