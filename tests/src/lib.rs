//! End-to-end, crash, interop and load tests of Lacre, and its benchmarks.

pub mod counter;
pub mod crowd;
pub mod decoders;
pub mod far;
pub mod faults;
pub mod faulty;
pub mod fields;
pub mod history;
pub mod hostile;
pub mod kept;
pub mod keyboard;
pub mod lying;
#[expect(clippy::unwrap_used, clippy::expect_used, reason = "an example body of tests: a wrong example shall stop the test")]
pub mod notices_body;
#[expect(clippy::unwrap_used, clippy::expect_used, reason = "an example body of tests: a wrong example shall stop the test")]
pub mod office;
mod own_keys;
#[expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a stand-in of tests: what it does not expect shall stop the test"
)]
pub mod paper;
pub mod powercut;
#[expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "an example world for tests: a wrong example shall stop the test"
)]
pub mod proof;
pub mod raw;
#[expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "an example body of tests: what it does not expect shall stop the test"
)]
pub mod real_body;
pub mod relay;
pub mod residents;
pub mod sabotage;
pub mod schema;
pub mod siege;
pub mod tap;
pub mod terminal;
pub mod trap;
pub mod watched;
pub mod world;
