//! A town whose people sit at terminals: the real programs `lacre-relay` and `lacre`, with profiles of their own.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test's world stops when it cannot be built")]

use crate::faults::Faults;
use crate::relay::{RelayProcess, operate_typing, relay_binary};
use lacre_ground::address::Authority;
use serde_json::Value;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;

/// The built `lacre`, found beside the test's own executable.
#[must_use]
pub fn lacre_binary() -> PathBuf {
    let found = relay_binary().map(|relay| relay.with_file_name("lacre"));
    let found = found.unwrap_or_else(|why| panic!("{why}"));
    assert!(found.is_file(), "no {}: run ./test, or cargo build --workspace --bins first", found.display());
    found
}

/// RUNs of people who do not exist.
pub const RUNS: [&str; 4] = ["40.000.001-8", "40.000.002-6", "40.000.003-4", "40.000.004-2"];

/// A folder with a relay that can be switched off and on.
pub struct Town {
    folder: TempDir,
    relay: Option<RelayProcess>,
    authority: Authority,
    faults: Option<Faults>,
}

impl Town {
    /// With a running relay.
    #[must_use]
    pub fn new() -> Self {
        Self::with(None)
    }

    /// With a relay in a worse world.
    #[must_use]
    pub fn under(faults: Faults) -> Self {
        Self::with(Some(faults))
    }

    fn with(faults: Option<Faults>) -> Self {
        let folder = TempDir::new().unwrap();
        let (relay, authority) = start(folder.path(), 0, faults.as_ref());
        Self { folder, relay: Some(relay), authority, faults }
    }

    /// What its relay is told of the world.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        self.faults.as_ref().expect("a town under faults")
    }

    /// The relay's process.
    #[must_use]
    pub fn relay_id(&self) -> u32 {
        self.relay.as_ref().map_or(0, RelayProcess::id)
    }

    /// The folder of everything.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where the relay is, with its identity.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Kills the relay.
    pub fn switch_off(&mut self) {
        self.relay.take().expect("it is on").kill().unwrap();
    }

    /// Kills the relay, if nothing else has.
    pub fn strike(&mut self) {
        let _dead_before = self.relay.take().expect("it is on").kill();
    }

    /// Tells the relay to stop, and waits for it.
    pub fn stop(&mut self) {
        self.relay.take().expect("it is on").stop().unwrap();
    }

    /// Whether the relay was killed behind its last sync; waits for its end.
    pub fn fell(&mut self) -> bool {
        let fell = self.faults().killed().unwrap();
        if fell {
            self.relay = None;
        }
        fell
    }

    /// Starts it again where it was.
    pub fn switch_on(&mut self) {
        let (relay, authority) = start(self.folder.path(), self.authority.port(), self.faults.as_ref());
        assert_eq!(authority, self.authority, "the same relay");
        self.relay = Some(relay);
    }

    /// An invitation for the n-th example person.
    #[must_use]
    pub fn invitation(&self, n: usize) -> String {
        self.code(n, &[])
    }

    /// A recovery code for the n-th example person.
    #[must_use]
    pub fn recovery(&self, n: usize) -> String {
        self.code(n, &["--recover"])
    }

    fn code(&self, n: usize, more: &[&str]) -> String {
        let args = [&["registrar", "issue-code", "--json", "--data", "data"], more].concat();
        let said = operate_typing(self.folder.path(), &args, RUNS.get(n).unwrap()).unwrap();
        let answer: Value = serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {}", said.err));
        answer.get("invitation").and_then(Value::as_str).expect("an invitation").to_owned()
    }

    /// A person who has a terminal and no account yet. Opens the profile with a key file.
    #[must_use]
    pub fn newcomer(&self, handle: &str) -> Person {
        let home = self.folder.path().join(handle);
        std::fs::create_dir(&home).unwrap();
        let key = home.join("key");
        Person { handle: format!("@{handle}"), home, secret: vec!["--key-file".into(), key.display().to_string()] }
    }

    /// The n-th example person, enrolled.
    #[must_use]
    pub fn person(&self, n: usize, handle: &str) -> Person {
        let person = self.newcomer(handle);
        person.run(&["enroll", &self.invitation(n), &person.handle]).done();
        person
    }

    /// Two people who have accepted each other.
    #[must_use]
    pub fn pair(&self) -> (Person, Person) {
        let (ana, bruno) = (self.person(0, "ana"), self.person(1, "bruno"));
        befriend(&ana, &bruno);
        (ana, bruno)
    }
}

impl Default for Town {
    fn default() -> Self {
        Self::new()
    }
}

/// One asks, the other says yes, and both know it.
pub fn befriend(asks: &Person, answers: &Person) {
    asks.run(&["contact", "add", &answers.handle, "Hola"]).done();
    answers.run(&["contact", "accept", &asks.handle]).done();
    asks.run(&["list"]).done();
}

fn start(folder: &Path, port: u16, faults: Option<&Faults>) -> (RelayProcess, Authority) {
    let log = File::options().create(true).append(true).open(folder.join("relay.log")).unwrap();
    let mut command = Command::new(relay_binary().unwrap_or_else(|why| panic!("{why}")));
    command.arg("serve").arg("--data").arg(folder.join("data")).args(["--listen", &format!("127.0.0.1:{port}")]);
    // it says all that it ever says
    command.env("RUST_LOG", "trace").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
    if let Some(faults) = faults {
        faults.watch(&mut command, &folder.canonicalize().unwrap().join("data"));
    }
    let mut relay = RelayProcess::spawn(command).unwrap();
    let authority = relay.ready().unwrap();
    (relay, authority)
}

/// Somebody at a terminal.
pub struct Person {
    /// with its `@`
    pub handle: String,
    /// a folder of their own; the profile lies in it
    pub home: PathBuf,
    /// flags that open the profile
    pub secret: Vec<String>,
}

impl Person {
    /// The command that they type, not yet started: in Spanish, with nothing of this machine's environment.
    #[must_use]
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(lacre_binary());
        command.env_clear().env("HOME", &self.home).env("XDG_RUNTIME_DIR", &self.home).env("TZ", "America/Santiago");
        command.envs(crate::sabotage::passed_on());
        command.current_dir(&self.home).stdin(Stdio::null()).args(&self.secret).args(args);
        command
    }

    /// Types a command and waits for its end.
    #[must_use]
    pub fn run(&self, args: &[&str]) -> Said {
        Said::from(self.command(args).output().unwrap(), args)
    }

    /// The same, with this from another program.
    #[must_use]
    pub fn piped(&self, args: &[&str], text: &[u8]) -> Said {
        let mut command = self.command(args);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // a program that has seen enough closes its end
        let _closed = child.stdin.take().unwrap().write_all(text);
        Said::from(child.wait_with_output().unwrap(), args)
    }

    /// The same with `--json`: its one object.
    #[must_use]
    pub fn json(&self, args: &[&str]) -> Value {
        let said = self.run(&[args, &["--json"]].concat());
        said.done_json()
    }

    /// Starts a command that goes on beside others.
    #[must_use]
    pub fn start(&self, args: &[&str]) -> Child {
        self.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// The texts of a conversation, in order.
    #[must_use]
    pub fn texts(&self, conversation: &str) -> Vec<String> {
        let read = self.json(&["read", conversation, "--all"]);
        let messages = read.get("messages").and_then(Value::as_array).expect("messages").clone();
        messages.iter().filter_map(|m| m.get("text").and_then(Value::as_str).map(str::to_owned)).collect()
    }
}

/// What a command said and how it ended.
#[derive(Debug)]
pub struct Said {
    /// what was typed
    pub typed: String,
    /// the exit code
    pub code: Option<i32>,
    /// results
    pub out: String,
    /// words
    pub err: String,
}

impl Said {
    /// Of a finished process.
    #[must_use]
    pub fn from(output: Output, args: &[&str]) -> Self {
        Self {
            typed: args.join(" "),
            code: output.status.code(),
            out: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
            err: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
        }
    }

    /// It ended with 0; gives what it printed.
    pub fn done(self) -> String {
        assert_eq!(self.code, Some(0), "{self:#?}");
        self.out
    }

    /// It ended with 0 and printed one object.
    #[must_use]
    pub fn done_json(self) -> Value {
        assert_eq!(self.code, Some(0), "{self:#?}");
        assert_eq!(self.out.lines().count(), 1, "one line: {self:#?}");
        assert_eq!(self.err, "", "no words beside JSON: {self:#?}");
        let value = serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {self:#?}"));
        crate::schema::check(&crate::schema::command_of(&self.typed.split(' ').collect::<Vec<_>>()), &value);
        value
    }

    /// It ended with this code, said why on stderr and printed no result.
    pub fn failed(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{self:#?}");
        assert_eq!(self.out, "", "no result: {self:#?}");
        self.err
    }
}
