//! The demo's relay: the real `lacre-relay` as a child process, that can be killed.

use lacre_ground::address::{Authority, Invitation};
use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Error, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

/// The running child; killed by whoever holds it, at any moment.
pub(crate) type Running = Arc<Mutex<Option<Child>>>;

/// A relay with its folder.
pub(crate) struct Relay {
    program: PathBuf,
    /// everything that it stores
    pub(crate) data: PathBuf,
    /// what it writes to stderr
    pub(crate) log: PathBuf,
    /// where it is, once it runs
    pub(crate) authority: Option<Authority>,
    child: Running,
    stdout: Option<BufReader<ChildStdout>>,
}

impl Relay {
    /// `lacre-relay` that lies beside this program, with a new folder inside `dir`.
    pub(crate) fn new(dir: &Path) -> std::io::Result<Self> {
        let own = std::env::current_exe()?;
        let program = own.with_file_name("lacre-relay");
        if !program.is_file() {
            return Err(Error::new(std::io::ErrorKind::NotFound, program.display().to_string()));
        }
        let (data, log) = (dir.join("relay-data"), dir.join("relay.log"));
        Ok(Self { program, data, log, authority: None, child: Running::default(), stdout: None })
    }

    /// Starts it: on a free port the first time, on the same one afterwards. Returns when it says that it listens.
    pub(crate) fn start(&mut self) -> std::io::Result<()> {
        let port = self.authority.as_ref().map_or(0, Authority::port);
        let log = OpenOptions::new().create(true).append(true).open(&self.log)?;
        let mut command = Command::new(&self.program);
        command.arg("serve").arg("--data").arg(&self.data).arg("--listen").arg(format!("127.0.0.1:{port}"));
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn()?;
        let mut stdout = BufReader::new(child.stdout.take().ok_or(std::io::ErrorKind::BrokenPipe)?);
        *self.lock() = Some(child);
        let mut line = String::new();
        stdout.read_line(&mut line)?;
        let authority = line.trim().strip_prefix("listening ").and_then(|a| Authority::parse(a).ok());
        let Some(authority) = authority else {
            self.kill();
            return Err(Error::other(self.last_words()));
        };
        self.authority = Some(authority);
        self.stdout = Some(stdout);
        Ok(())
    }

    /// A new invitation, as the counter makes it.
    pub(crate) fn invitation(&self, run: &str) -> std::io::Result<Invitation> {
        self.code(run, &[])
    }

    /// A recovery code, as the counter makes it for somebody who has an account.
    pub(crate) fn recovery(&self, run: &str) -> std::io::Result<Invitation> {
        self.code(run, &["--recover"])
    }

    /// A code with which a public body enrolls its key.
    pub(crate) fn body_code(&self, code: &str, name: &str) -> std::io::Result<Invitation> {
        self.code("", &["--agency", code, "--name", name, "--zone", "America/Santiago", "--comuna", "13101"])
    }

    /// A code for an official's office account at this body.
    pub(crate) fn office_code(&self, body: &str, run: &str, administers: bool) -> std::io::Result<Invitation> {
        let admin: &[&str] = if administers { &["--administrator"] } else { &[] };
        self.code(run, &[&["--office", body], admin].concat())
    }

    /// Electronic notices take no effect for this person, for this reason.
    pub(crate) fn exempt(&self, run: &str, reason: &str) -> std::io::Result<()> {
        self.registrar(run, &["exempt", "add", "--reason", reason]).map(drop)
    }

    fn code(&self, run: &str, how: &[&str]) -> std::io::Result<Invitation> {
        let stdout = self.registrar(run, &[&["issue-code", "--json"], how].concat())?;
        let answer: Option<serde_json::Value> = serde_json::from_slice(&stdout).ok();
        let line = answer.as_ref().and_then(|a| a.get("invitation")).and_then(|i| i.as_str());
        line.and_then(|l| Invitation::parse(l).ok()).ok_or_else(|| Error::other("no invitation"))
    }

    /// What the registrar's counter says, when this RUN is typed.
    fn registrar(&self, run: &str, how: &[&str]) -> std::io::Result<Vec<u8>> {
        let mut command = Command::new(&self.program);
        command.arg("registrar").args(how).arg("--data").arg(&self.data);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        if let Some(mut typed) = child.stdin.take() {
            // it may say no before it reads
            let _closed = typed.write_all(run.as_bytes());
        }
        let output = child.wait_with_output()?;
        let why = || Error::other(String::from_utf8_lossy(&output.stderr).into_owned());
        if output.status.success() { Ok(output.stdout) } else { Err(why()) }
    }

    /// The child, for somebody who wants to kill it from another thread.
    pub(crate) fn running(&self) -> Running {
        self.child.clone()
    }

    /// SIGKILL, at once.
    pub(crate) fn kill(&mut self) {
        kill(&self.child);
        self.stdout = None;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Child>> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn last_words(&self) -> String {
        let mut text = String::new();
        let read = File::open(&self.log).and_then(|mut f| f.read_to_string(&mut text));
        read.map(|_| text.lines().rev().take(5).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join("; "))
            .unwrap_or_default()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.kill();
    }
}

/// SIGKILL to the child, and waits until it is gone.
pub(crate) fn kill(running: &Running) {
    if let Some(mut child) = running.lock().unwrap_or_else(PoisonError::into_inner).take() {
        let _gone_already = child.kill();
        let _reaped = child.wait();
    }
}
