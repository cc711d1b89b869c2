//! Files that people name, as people see their names; opened so that nothing waits.

use crate::context::Context;
use lacre_core::limits::MAX_FILE;
use lacre_core::{FileTrouble, Trouble};
use lacre_words::cause::cause;
use lacre_words::failure::{Exit, Failure};
use lacre_words::shown::{composed, shown};
use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// The file that was meant: the one of exactly this name, else the only one in its folder whose name reads the same. An ñ is
/// one character on some systems, an n with a tilde on others.
pub(crate) fn meant(typed: &Path) -> PathBuf {
    if typed.symlink_metadata().is_ok() {
        return typed.to_owned();
    }
    let twin = || {
        let name = composed(typed.file_name()?.to_str()?);
        let folder = typed.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let same = |found: &Path| found.file_name().and_then(OsStr::to_str).is_some_and(|found| composed(found) == name);
        let mut all = std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path()).filter(|found| same(found));
        let first = all.next()?;
        all.next().is_none().then_some(first)
    };
    twin().unwrap_or_else(|| typed.to_owned())
}

/// A file to be sent.
#[derive(Debug)]
pub(crate) struct Sendable {
    /// as its readers see it
    pub(crate) name: String,
    pub(crate) size: u64,
    pub(crate) file: File,
}

/// Opens a file to be sent. What it is is looked at after it was opened, and opening does not wait: a pipe that nobody
/// writes to would keep the command for ever.
pub(crate) fn sendable(ctx: &Context, typed: &Path) -> Result<Sendable, Failure> {
    let path = meant(typed);
    let name = || ("name", shown(&typed.display().to_string()).into());
    let failed =
        |e: &std::io::Error| ctx.failure("error-file", Exit::CouldNotAsk, &[name(), ("why", cause(&ctx.words, e).into())]);
    let flags = (rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY).bits();
    let flags = i32::try_from(flags).unwrap_or_default();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(&path).map_err(|e| failed(&e))?;
    let about = file.metadata().map_err(|e| failed(&e))?;
    if about.is_dir() {
        return Err(ctx.failure("error-folder", Exit::No, &[name()]));
    }
    if !about.is_file() {
        return Err(ctx.failure("error-not-regular", Exit::No, &[name()]));
    }
    if about.len() > MAX_FILE {
        return Err(ctx.trouble(Trouble::File(FileTrouble::TooLarge { limit: MAX_FILE })));
    }
    let name = path.file_name().and_then(OsStr::to_str).map(composed);
    let name = name.ok_or_else(|| ctx.trouble(Trouble::File(FileTrouble::BadName { limit: 255 })))?;
    Ok(Sendable { name, size: about.len(), file })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_found_by_its_letters_and_an_exact_name_wins() {
        let (composed, decomposed) = ("a\u{f1}o.txt", "an\u{303}o.txt");
        for (there, typed) in [(composed, decomposed), (decomposed, composed)] {
            let dir = tempfile::tempdir().unwrap();
            std::fs::write(dir.path().join(there), "").unwrap();
            assert_eq!(meant(&dir.path().join(typed)), dir.path().join(there));
            std::fs::write(dir.path().join(typed), "").unwrap();
            assert_eq!(meant(&dir.path().join(typed)), dir.path().join(typed));
        }
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(meant(&dir.path().join("none")), dir.path().join("none"));
    }
}
