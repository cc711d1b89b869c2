//! A copy of memory, written when a program crashes, holds keys, texts and RUNs.

use rustix::process::{Resource, Rlimit, setrlimit};

/// From now on this process leaves none, and neither do those that it starts. Where the system refuses, nothing else changes.
pub fn leave_none() {
    let _refused = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
}
