//! What every program of the house has for people: catalogues, screens, help, exit codes.
//!
//! [`lang`] (which language), [`words`] (the catalogues), [`failure`] (what, why, what to do, and the exit code),
//! [`cause`](mod@cause) (what the system says), [`usage`] (help, and what was typed wrongly), [`screen`] (where it goes), [`shown`] (text from outside, made harmless),
//! [`output`] (files that a person named), [`typed`] (a line that is no argument), [`wrap`], [`pager`], [`qr`]; [`check`](crate::words) is what their tests look at.

pub mod cause;
#[cfg(feature = "check")]
#[expect(clippy::unwrap_used, clippy::panic, reason = "for tests: a panic is how a test says no")]
pub mod check;
pub mod core_dump;
pub mod failure;
pub mod lang;
pub mod output;
pub mod pager;
pub mod qr;
pub mod screen;
pub mod shown;
pub mod typed;
pub mod usage;
pub mod words;
pub mod wrap;
