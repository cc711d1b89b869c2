//! `lacre-relay` as its operator runs it.

use super::process::relay_binary;
use std::fs::File;
use std::io::Write as _;
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
    operate_typing(folder, args, "")
}

/// The same, with this on its standard input: a RUN stands nowhere else.
///
/// # Errors
/// As [`operate`].
pub fn operate_typing(folder: &Path, args: &[&str], typed: &str) -> Result<Said, String> {
    // these look whether their address is free, which without a configuration is the same for all tests: one after the other
    let turn = args.iter().any(|word| ["check", "serve"].contains(word)).then(turn).transpose()?;
    let mut command = Command::new(relay_binary()?);
    command.args(args).current_dir(folder).env("LC_ALL", "en_US.UTF-8");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|e| format!("lacre-relay does not start: {e}"))?;
    if let Some(mut input) = child.stdin.take() {
        // it may say no before it reads
        let _closed = input.write_all(typed.as_bytes());
    }
    let output = child.wait_with_output().map_err(|e| format!("lacre-relay does not end: {e}"))?;
    drop(turn);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(Said { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) })
}

/// The turn of this test's command, among those of all tests on this machine, until it is dropped.
fn turn() -> Result<File, String> {
    let path = std::env::temp_dir().join("lacre-tests-address");
    let open = File::options().create(true).truncate(false).write(true).open(&path);
    open.and_then(|file| file.lock().map(|()| file)).map_err(|e| format!("{}: {e}", path.display()))
}
