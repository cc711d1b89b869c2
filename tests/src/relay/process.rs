//! Starting and killing the relay.

use crate::powercut::{marks, workload};
use lacre_ground::address::Authority;
use lacre_ground::random::SystemRng;
use lacre_ground::time::{Clock as _, SystemClock};
use lacre_relay::folder::DataFolder;
use lacre_store::Store;
use lacre_store::rules::Rules;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The built `lacre-relay`, found beside the test's own executable.
///
/// # Errors
/// With a sentence that says what to run first.
pub fn relay_binary() -> Result<PathBuf, String> {
    let own = std::env::current_exe().map_err(|e| format!("the test's own path: {e}"))?;
    let found = own.ancestors().skip(1).take(2).map(|folder| folder.join("lacre-relay")).find(|path| path.is_file());
    found.ok_or_else(|| format!("no lacre-relay beside {}: run ./test, or cargo build --workspace --bins first", own.display()))
}

/// Makes a data folder whose store knows the stamps 0 to `count`, of an example's account.
///
/// # Errors
/// With a sentence.
pub fn seed_stamps(data: &Path, count: u64) -> Result<(), String> {
    let folder = DataFolder::lock(data).map_err(|e| e.to_string())?;
    seed(&mut folder.store(None, &mut SystemRng).map_err(|e| e.to_string())?, count)
}

/// Puts the stamps 0 to `count` of an example's account into a store.
pub(super) fn seed(store: &mut dyn Store, count: u64) -> Result<(), String> {
    let rules = Rules { stamps_per_day: u32::MAX, ..Rules::default() };
    let down = |e| format!("{e:?}");
    for what in [marks::Asked::Enroll, marks::Asked::Stamps((0..count).collect())] {
        let asks = workload::asks(&what).map_err(down)?;
        let answers = store.run(SystemClock.now(), &rules, &asks).committed().map_err(down)?;
        match answers.last().map(workload::reply) {
            Some(marks::Reply::Done) => {}
            other => return Err(format!("the store was not seeded: {other:?}")),
        }
    }
    Ok(())
}

/// A running relay. Dropping it kills it.
pub struct RelayProcess {
    child: Child,
    authority: Option<Authority>,
}

impl RelayProcess {
    /// `lacre-relay serve` on this folder and a free port of the loopback; the registrar's key and the log lie in `beside`.
    ///
    /// # Errors
    /// When there is no binary.
    pub fn command(data: &Path, beside: &Path) -> Result<Command, String> {
        let mut command = Command::new(relay_binary()?);
        command.arg("serve").arg("--data").arg(data).args(["--listen", "127.0.0.1:0"]);
        command.arg("--run-key").arg(beside.join("run.key"));
        let log =
            File::options().create(true).append(true).open(beside.join("relay.log")).map_err(|e| format!("the log: {e}"))?;
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        Ok(command)
    }

    /// Starts it without waiting for anything.
    ///
    /// # Errors
    /// When the system does not start it.
    pub fn spawn(mut command: Command) -> Result<Self, String> {
        let child = command.spawn().map_err(|e| format!("lacre-relay does not start: {e}"))?;
        Ok(Self { child, authority: None })
    }

    /// Waits until it listens.
    ///
    /// # Errors
    /// When it ends before it does.
    pub fn ready(&mut self) -> Result<Authority, String> {
        if let Some(authority) = &self.authority {
            return Ok(authority.clone());
        }
        let out = self.child.stdout.take().ok_or("no output of lacre-relay")?;
        for line in BufReader::new(out).lines() {
            let line = line.map_err(|e| format!("the output of lacre-relay: {e}"))?;
            if let Some(authority) = line.strip_prefix("listening ") {
                let authority = Authority::parse(authority).map_err(|e| format!("{line}: {e}"))?;
                self.authority = Some(authority.clone());
                return Ok(authority);
            }
        }
        Err("lacre-relay ended before it listened: see relay.log".to_owned())
    }

    /// Where it listens, once it does.
    #[must_use]
    pub const fn authority(&self) -> Option<&Authority> {
        self.authority.as_ref()
    }

    /// The number of its process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// SIGTERM, and waits for its end.
    ///
    /// # Errors
    /// When it does not end well.
    pub fn stop(mut self) -> Result<(), String> {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        told.map_err(|e| format!("kill: {e}"))?;
        let status = self.child.wait().map_err(|e| e.to_string())?;
        if status.success() { Ok(()) } else { Err(format!("lacre-relay ended with {status}; see relay.log")) }
    }

    /// SIGKILL, and waits for its end.
    ///
    /// # Errors
    /// When it had ended by itself.
    pub fn kill(mut self) -> Result<(), String> {
        if let Some(status) = self.child.try_wait().map_err(|e| e.to_string())? {
            return Err(format!("lacre-relay ended by itself: {status}; see relay.log"));
        }
        self.child.kill().and_then(|()| self.child.wait()).map(drop).map_err(|e| format!("kill: {e}"))
    }
}

impl Drop for RelayProcess {
    fn drop(&mut self) {
        // it may have ended already
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
