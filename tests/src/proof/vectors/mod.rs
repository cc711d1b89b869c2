//! The vectors of `tests/vectors/evidence/`: each a bundle (some with head notes beside it) or a file of head notes, a trust file, a verdict, a code, and why.
//!
//! A hostile bundle here is one that somebody with the keys of its name could really make: what is signed is signed, the
//! digest at the end fits, and only the named thing is wrong.

mod approvals;
mod changed;
mod containers;
mod edges;
mod forms;
mod good;
mod heads;
mod incomplete;
mod law;
mod otherwise;
mod records;
mod replies;
mod vector;

pub use vector::{TrustFile, Vector, resign_same, with_new_end};

/// All of them, always the same bytes.
pub fn all() -> Vec<Vector> {
    let mut out = Vec::new();
    good::all(&mut out);
    records::told(&mut out);
    incomplete::all(&mut out);
    containers::all(&mut out);
    changed::cheating(&mut out);
    changed::edited(&mut out);
    records::wrong(&mut out);
    replies::all(&mut out);
    approvals::all(&mut out);
    law::all(&mut out);
    otherwise::all(&mut out);
    forms::all(&mut out);
    edges::all(&mut out);
    heads::alone(&mut out);
    heads::beside(&mut out);
    out
}
