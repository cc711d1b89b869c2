//! The command line of Lacre.
fn main() {}
