//! `lacre-relay` as its operator runs it.

use super::process::relay_binary;
use std::path::Path;
use std::process::{Command, Stdio};

/// What a command said.
#[derive(Debug)]
pub struct Said {
    /// exit code; none when a signal ended it
    pub code: Option<i32>,
    /// results
    pub out: String,
    /// words
    pub err: String,
}

/// Runs `lacre-relay` in English to its end, in this folder.
///
/// # Errors
/// When there is no binary or it does not start.
pub fn operate(folder: &Path, args: &[&str]) -> Result<Said, String> {
    let mut command = Command::new(relay_binary()?);
    command.args(args).current_dir(folder).stdin(Stdio::null()).env("LC_ALL", "en_US.UTF-8");
    let output = command.output().map_err(|e| format!("lacre-relay does not start: {e}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(Said { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) })
}
