//! Long texts page by page, in the program that `PAGER` names (`less`).
//!
//! They are private: `less` is told to run no command, to write no file, and to remember nothing that was searched for.

use std::io::Write as _;
use std::process::{Command, Stdio};

/// Shows the text; false when there is no pager.
pub fn shown(text: &str) -> bool {
    let pager = std::env::var("PAGER").unwrap_or_else(|_| "less".to_owned());
    let mut words = pager.split_whitespace();
    let Some(program) = words.next() else { return false };
    let mut command = Command::new(program);
    command.args(words).env("LESSSECURE", "1").env("LESSHISTFILE", "-").stdin(Stdio::piped());
    if std::env::var_os("LESSCHARSET").is_none() {
        // also where the machine does not have the locale that it names
        command.env("LESSCHARSET", "utf-8");
    }
    if std::env::var_os("LESS").is_none() {
        // short texts are shown at once, Ctrl-C ends, colours pass, the text stays on the screen
        command.env("LESS", "FKRX");
    }
    let Ok(mut child) = command.spawn() else { return false };
    if let Some(mut to) = child.stdin.take() {
        // whoever leaves the pager early has seen enough
        let _closed = writeln!(to, "{text}");
    }
    child.wait().is_ok()
}
