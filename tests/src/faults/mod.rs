//! A worse world for the real programs: their clock jumps, their disk fills, they are killed right behind something durable.
//!
//! The disk is a small tmpfs of its own where the system lets this user mount one (in a user's own namespace); elsewhere
//! the calls of the preloaded library answer as a full disk does.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const SOURCE: &str = include_str!("faults.c");

/// What a program is told of time and room, and when it dies; changed while it runs.
pub struct Faults {
    _folder: tempfile::TempDir,
    library: PathBuf,
    numbers: PathBuf,
}

impl Faults {
    /// None yet. Built with the machine's C compiler (`CC`, else `cc`).
    ///
    /// # Errors
    /// With a sentence, when there is none or this is no Linux.
    pub fn build() -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|e| format!("no temporary folder: {e}"))?;
        let [source, library, numbers] = ["faults.c", "faults.so", "numbers"].map(|name| folder.path().join(name));
        std::fs::write(&source, SOURCE).map_err(|e| format!("cannot write {}: {e}", source.display()))?;
        std::fs::write(&numbers, [0; 24]).map_err(|e| format!("cannot write {}: {e}", numbers.display()))?;
        let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
        let mut build = Command::new(compiler);
        build.args(["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-o"]).args([&library, &source]);
        let built = build.output().map_err(|e| format!("the C compiler does not run: {e}"))?;
        if !built.status.success() {
            return Err(format!("the faults do not compile: {}", String::from_utf8_lossy(&built.stderr)));
        }
        Ok(Self { _folder: folder, library, numbers })
    }

    /// Puts the command into this world; files below `root` (a canonical path) share its disk.
    pub fn watch(&self, command: &mut Command, root: &Path) {
        command.env("LD_PRELOAD", &self.library).env("LACRE_FAULTS", &self.numbers).env("LACRE_FAULTS_ROOT", root);
    }

    fn set(&self, place: u64, number: i64) -> Result<(), String> {
        let file = File::options().write(true).open(&self.numbers).map_err(|e| e.to_string())?;
        file.write_all_at(&number.to_ne_bytes(), place * 8).map_err(|e| e.to_string())
    }

    /// From now on the clock is so much ahead (or behind).
    ///
    /// # Errors
    /// When the file of numbers has gone.
    pub fn clock_ahead_ms(&self, ms: i64) -> Result<(), String> {
        self.set(0, ms)
    }

    /// From now on so many bytes fit below the root; 0 for all that the real disk takes.
    ///
    /// # Errors
    /// When the file of numbers has gone.
    pub fn room_bytes(&self, bytes: i64) -> Result<(), String> {
        self.set(1, bytes)
    }

    /// From now on so many syncs to disk are done, and right behind the last of them SIGKILL ends the program; 0 for never.
    ///
    /// # Errors
    /// When the file of numbers has gone.
    pub fn kill_after_syncs(&self, syncs: i64) -> Result<(), String> {
        self.set(2, syncs)
    }

    /// Whether the last of them was done: the program is dead, or dies now.
    ///
    /// # Errors
    /// When the file of numbers has gone.
    pub fn killed(&self) -> Result<bool, String> {
        let mut number = [1; 8];
        let file = File::open(&self.numbers).map_err(|e| e.to_string())?;
        file.read_exact_at(&mut number, 16).map_err(|e| e.to_string())?;
        Ok(i64::from_ne_bytes(number) == 0)
    }
}

/// Whether this user may mount a small disk of its own: `unshare` and `mount`, in namespaces of its own.
#[must_use]
pub fn own_disks() -> bool {
    let mut tried = Command::new("unshare");
    tried.args(["--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/tmp"]);
    tried.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// This script of the shell, with a disk of so many MiB at `disk` that is its own: `$0` there; what is added as arguments is `$1` and so on.
/// The disk goes with the last process of it.
#[must_use]
pub fn own_disk(disk: &Path, mib: u32, script: &str) -> Command {
    let mount = format!("mount -t tmpfs -o size={mib}m,mode=700 tmpfs \"$0\" && {script}");
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", &mount]).arg(disk);
    command
}
