//! Asks the person before what cannot be undone.

use crate::context::Context;
use lacre_words::wrap::wrap;
use std::io::Write as _;

/// Whether the person says yes (`--yes` says it before). Programs, and whoever answers nothing, say no.
pub(crate) fn yes(ctx: &Context, said: bool, question: &str) -> bool {
    if said || ctx.global.json {
        return said;
    }
    let mut stderr = std::io::stderr();
    let _closed = write!(stderr, "{} ", wrap(question, 0)).and_then(|()| stderr.flush());
    let mut answer = String::new();
    if std::io::stdin().read_line(&mut answer).is_err() {
        return false;
    }
    if !answer.ends_with('\n') {
        // nobody typed the end of the line
        let _closed = writeln!(stderr);
    }
    matches!(answer.trim().to_lowercase().as_str(), "sí" | "si" | "s" | "yes" | "y")
}
