//! A service of systemd that belongs to this user: its file, and what `systemctl --user` is asked. The file bears a mark; what does
//! not is somebody else's, and neither replaced nor removed.

use lacre_words::output;
use sha2::{Digest as _, Sha256};
use std::ffi::OsStr;
use std::fs::DirBuilder;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The program that is asked.
pub(crate) const PROGRAM: &str = "systemctl";
/// Stands in the last line of the file, as a comment.
const MARK: &str = "# written by lacre notice alert";

/// What stands in the place of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// nothing
    Nothing,
    /// a file of ours
    Ours,
    /// somebody else's file, a link, a folder
    Anothers,
}

/// The service of one profile.
pub(crate) struct Service {
    /// `lacre-notices-1f2e3d4c.service`
    pub(crate) name: String,
    /// its file
    pub(crate) path: PathBuf,
}

impl Service {
    /// Of this profile's folder, below the folder where programs keep what their users configured. Two profiles have two.
    pub(crate) fn of(profile: &Path, config: &Path) -> Self {
        let digest = Sha256::digest(profile.as_os_str().as_bytes());
        let short = data_encoding::HEXLOWER.encode(digest.get(..4).unwrap_or_default());
        let name = format!("lacre-notices-{short}.service");
        let path = config.join("systemd/user").join(&name);
        Self { name, path }
    }

    /// What is there.
    pub(crate) fn found(&self) -> io::Result<Found> {
        match self.path.symlink_metadata() {
            Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(Found::Nothing),
            Err(e) => Err(e),
            Ok(about) if !about.is_file() => Ok(Found::Anothers),
            Ok(_) => {
                let text = std::fs::read(&self.path)?;
                let last = text.trim_ascii_end().rsplit(|b| *b == b'\n').next().unwrap_or_default();
                Ok(if last == MARK.as_bytes() { Found::Ours } else { Found::Anothers })
            }
        }
    }

    /// Writes its file, which only its owner reads: it names the profile. In the place of nothing, or of one of ours.
    pub(crate) fn write(&self, text: &str) -> io::Result<()> {
        let text = format!("{text}{MARK}\n");
        match self.found()? {
            Found::Anothers => Err(io::ErrorKind::AlreadyExists.into()),
            Found::Ours => output::replace(&self.path, text.as_bytes()),
            Found::Nothing => {
                if let Some(dir) = self.path.parent() {
                    DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
                }
                output::write_new(&self.path, text.as_bytes())
            }
        }
    }

    /// Asks systemd; false when it did not do it.
    pub(crate) fn ask(args: &[&str]) -> bool {
        let mut command = Command::new(PROGRAM);
        command.arg("--user").args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }
}

/// The text of a file that runs this command line, now and with each login. It is started again when it has ended, also after
/// `lacre lock`; not where it says that nothing will come of it (no profile, no account).
pub(crate) fn unit(command: &[&str]) -> String {
    let words: Vec<String> = command.iter().map(|word| quoted(word)).collect();
    format!(
        "[Unit]\nDescription=Lacre: official notices\nDocumentation=man:lacre-notice-alert(1)\n\n[Service]\nExecStart={}\n\
         Restart=always\nRestartSec=30\nRestartPreventExitStatus=1 2\nStandardOutput=null\nUMask=0077\nNoNewPrivileges=yes\n\n[Install]\nWantedBy=default.target\n",
        words.join(" ")
    )
}

/// A word as systemd reads it back: nothing in a path is a quote, a specifier or a variable to it.
fn quoted(word: &str) -> String {
    let mut out = String::from("\"");
    for byte in word.bytes() {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(byte)]),
            b'%' => out.push_str("%%"),
            b'$' => out.push_str("$$"),
            b' '..=b'~' => out.push(char::from(byte)),
            other => out.push_str(&format!("\\x{other:02x}")),
        }
    }
    out.push('"');
    out
}

/// A word as a shell reads it back.
pub(crate) fn for_shell(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | '@' | ':');
    if !word.is_empty() && word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

/// A path as text; none of what is no text.
pub(crate) fn text(path: &Path) -> Option<String> {
    OsStr::to_str(path.as_os_str()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_path_commands_systemd_or_a_shell() {
        let hostile = "/casa/ñ \"x\" %h $HOME\\\n[Service]";
        let line = quoted(hostile);
        assert_eq!(line, "\"/casa/\\xc3\\xb1 \\\"x\\\" %%h $$HOME\\\\\\x0a[Service]\"");
        assert_eq!(unit(&["/bin/lacre", hostile]).matches("\n[Service]\n").count(), 1);
        assert_eq!(for_shell("/usr/bin/lacre"), "/usr/bin/lacre");
        assert_eq!(for_shell("a'b $(x)"), "'a'\\''b $(x)'");
    }

    #[test]
    fn what_is_not_ours_is_neither_replaced_nor_taken_for_ours() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let service = Service::of(Path::new("/p"), dir.path());
        assert_eq!(service.found().unwrap(), Found::Nothing);
        for text in ["one\n", "two\n"] {
            service.write(text).unwrap();
            assert_eq!(std::fs::read_to_string(&service.path).unwrap(), format!("{text}{MARK}\n"));
            assert_eq!(std::fs::metadata(&service.path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(service.found().unwrap(), Found::Ours);
        std::fs::write(&service.path, format!("{MARK}\nmine\n")).unwrap();
        assert_eq!(service.found().unwrap(), Found::Anothers);
        assert!(service.write("three\n").is_err());
        std::fs::remove_file(&service.path).unwrap();
        std::os::unix::fs::symlink(dir.path().join("elsewhere"), &service.path).unwrap();
        assert!(service.write("four\n").is_err() && !dir.path().join("elsewhere").exists());
    }
}
