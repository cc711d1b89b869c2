//! A person at the keyboard of a real terminal: a pseudo-terminal with the program in it, what it shows and what is typed.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test's terminal stops when it cannot be had")]

use crate::terminal::{Person, lacre_binary};
use std::io::{Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A terminal of its own (`script` of util-linux), with what was written on it so far.
pub struct Terminal {
    child: Child,
    keys: ChildStdin,
    screen: ChildStdout,
    seen: String,
}

impl Terminal {
    /// Runs a line of shell in it; `lacre` in the line is the program.
    #[must_use]
    pub fn run(person: &Person, line: &str) -> Self {
        Self::run_with(person, line, &[])
    }

    /// The same, with this in its environment.
    #[must_use]
    pub fn run_with(person: &Person, line: &str, more: &[(&str, &str)]) -> Self {
        let mut command = Command::new("/usr/bin/script");
        command.env_clear().env("HOME", &person.home).env("XDG_RUNTIME_DIR", &person.home).env("SHELL", "/bin/sh");
        command.env("PATH", format!("{}:/usr/bin:/bin", lacre_binary().parent().unwrap().display()));
        command.envs(crate::sabotage::passed_on()).envs(more.iter().copied());
        command.current_dir(&person.home).args(["-qec", line, "/dev/null"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("script (util-linux) is needed");
        let (keys, screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, keys, screen, seen: String::new() }
    }

    /// Waits until this is on the screen; gives what came before it since the last time.
    pub fn until(&mut self, text: &str) -> String {
        let mut bytes = Vec::new();
        loop {
            if let Some((before, behind)) = self.seen.clone().split_once(text) {
                self.seen = behind.to_owned();
                return before.to_owned();
            }
            let mut byte = [0; 1];
            assert_eq!(self.screen.read(&mut byte).unwrap(), 1, "no {text:?} in {:?}", self.seen);
            bytes.extend(byte);
            if let Ok(text) = std::str::from_utf8(&bytes) {
                self.seen.push_str(text);
                bytes.clear();
            }
        }
    }

    /// Types a line.
    pub fn types(&mut self, line: &str) {
        self.keys.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    /// Types these bytes: Ctrl-C is 3.
    pub fn presses(&mut self, keys: &[u8]) {
        self.keys.write_all(keys).unwrap();
    }

    /// All that is still written, and how it ended.
    #[must_use]
    pub fn ends(mut self) -> (String, Option<i32>) {
        drop(self.keys);
        let mut rest = Vec::new();
        self.screen.read_to_end(&mut rest).unwrap();
        (self.seen + &String::from_utf8_lossy(&rest), self.child.wait().unwrap().code())
    }
}
