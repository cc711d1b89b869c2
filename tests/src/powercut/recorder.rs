//! Building the recorder and running a program under it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

const SOURCE: &str = include_str!("recorder.c");

/// The built recorder. Its folder goes with it.
pub struct Recorder {
    folder: tempfile::TempDir,
    library: PathBuf,
}

impl Recorder {
    /// Builds it with the machine's C compiler (`CC`, else `cc`).
    ///
    /// # Errors
    /// With a sentence, when there is none or this is no Linux.
    pub fn build() -> Result<Self, String> {
        if !cfg!(target_os = "linux") {
            return Err("the recorder of the power-cut tests works on Linux only".to_owned());
        }
        let folder = tempfile::tempdir().map_err(|e| format!("no temporary folder: {e}"))?;
        let (source, library) = (folder.path().join("recorder.c"), folder.path().join("recorder.so"));
        std::fs::write(&source, SOURCE).map_err(|e| format!("cannot write {}: {e}", source.display()))?;
        let compiler = std::env::var_os("CC").unwrap_or_else(|| OsString::from("cc"));
        let built = Command::new(&compiler)
            .args(["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-o"])
            .args([&library, &source])
            .arg("-lpthread")
            .output()
            .map_err(|e| format!("the C compiler {} does not run: {e}: install one, or name it in CC", compiler.display()))?;
        if !built.status.success() {
            return Err(format!("the recorder does not compile: {}", String::from_utf8_lossy(&built.stderr)));
        }
        Ok(Self { folder, library })
    }

    /// Makes the command record what it does to the files of `root` (a canonical path). The log is at the path that
    /// comes back, once the command has run.
    pub fn watch(&self, command: &mut Command, root: &Path, name: &str) -> PathBuf {
        let log = self.folder.path().join(name);
        command.env("LD_PRELOAD", &self.library).env("LACRE_RECORD_ROOT", root).env("LACRE_RECORD_LOG", &log);
        log
    }
}
