//! The machine's randomness: audit's one generator, under the name that this crate's callers use.

pub use lacre_ground::random::SystemRng;
