//! End-to-end, crash, interop and load tests of Lacre, and its benchmarks.

pub mod history;
pub mod powercut;
