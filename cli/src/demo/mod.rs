//! The demonstration: a short story with a real relay, four example people and real files, which ends with a proof.
//!
//! [`relay`] the child process · [`people`] the four · [`scan`] what lies on the relay's disk ·
//! [`keys`] what a removed member could open · [`story`] what happens · [`daily`] the part between two.

mod apart;
mod daily;
mod keys;
mod people;
mod relay;
mod scan;
mod story;

pub(crate) use story::play;
