//! One file for each subcommand.

pub(crate) mod new_generation;
pub(crate) mod registrar;
pub(crate) mod serve;

use std::io::Write as _;

/// A command could not do its work: what happened and why, then what to do.
pub(crate) struct Failed {
    what: String,
    todo: String,
}

impl Failed {
    pub(crate) fn new(what: impl core::fmt::Display, todo: impl Into<String>) -> Self {
        Self { what: what.to_string(), todo: todo.into() }
    }
    /// On stderr.
    pub(crate) fn tell(&self) {
        // nobody to tell that nobody can be told
        let _ = writeln!(std::io::stderr(), "lacre-relay: {}\n  what to do: {}", self.what, self.todo);
    }
}

/// One line of results.
pub(crate) fn say(line: &str) -> Result<(), Failed> {
    let mut out = std::io::stdout();
    let written = writeln!(out, "{line}").and_then(|()| out.flush());
    written.map_err(|e| Failed::new(format!("stdout cannot be written: {e}"), "keep it open: the result is printed there"))
}
