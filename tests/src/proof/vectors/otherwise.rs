//! Where nothing goes electronically: what a body keeps for counter or letter, and what it says was done (FORMAT.md, 4c).

mod good;
mod making;
mod notices;
mod steps;

use super::Vector;

pub(super) fn all(out: &mut Vec<Vector>) {
    good::valid(out);
    good::bounds(out);
    notices::incomplete(out);
    notices::notices(out);
    steps::steps(out);
    steps::receipts(out);
}
