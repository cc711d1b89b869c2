//! Files that people name, as people see their names; opened so that nothing waits, and written so that nothing is lost.

use crate::context::Context;
use crate::ended;
use lacre_core::limits::MAX_FILE;
use lacre_core::{FileTrouble, Trouble};
use lacre_words::cause::cause;
use lacre_words::failure::{Exit, Failure};
use lacre_words::output::{self, Part};
use lacre_words::shown::{composed, shown};
use lacre_words::words::key;
use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write};
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

/// Opens what was typed, if it is an ordinary file. What it is is looked at after it was opened, and opening does not wait:
/// a pipe that nobody writes to would keep the command for ever.
fn ordinary(path: &Path) -> io::Result<Opened> {
    let flags = (rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY).bits();
    let flags = i32::try_from(flags).unwrap_or_default();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let about = file.metadata()?;
    Ok(match about.file_type() {
        kind if kind.is_dir() => Opened::Folder,
        kind if kind.is_file() => Opened::File(file, about.len()),
        _ => Opened::Other,
    })
}

/// What a name led to.
enum Opened {
    File(File, u64),
    Folder,
    /// a device, a pipe
    Other,
}

/// The bytes of a file that is read, and one more than `most` where it is longer: whoever reads says what is too long.
pub(crate) fn bytes(ctx: &Context, typed: &Path, most: usize) -> Result<Vec<u8>, Failure> {
    let read = |typed: &Path| match ordinary(&meant(typed))? {
        Opened::Folder => Err(ErrorKind::IsADirectory.into()),
        Opened::Other => Err(io::Error::other(ctx.words.say("cause-not-ordinary"))),
        Opened::File(file, _) => {
            let mut bytes = Vec::new();
            file.take(u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1)).read_to_end(&mut bytes)?;
            Ok(bytes)
        }
    };
    read(typed).map_err(|why| unusable(ctx, typed, &why))
}

/// An ordinary file that is read piece by piece.
pub(crate) fn open(ctx: &Context, typed: &Path) -> Result<File, Failure> {
    let opened = |typed: &Path| match ordinary(&meant(typed))? {
        Opened::Folder => Err(ErrorKind::IsADirectory.into()),
        Opened::Other => Err(io::Error::other(ctx.words.say("cause-not-ordinary"))),
        Opened::File(file, _) => Ok(file),
    };
    opened(typed).map_err(|why| unusable(ctx, typed, &why))
}

/// It could not be read or written.
pub(crate) fn unusable(ctx: &Context, typed: &Path, why: &io::Error) -> Failure {
    let name = shown(&typed.display().to_string());
    ctx.failure("error-file", Exit::CouldNotAsk, &[("name", name.into()), ("why", cause(&ctx.words, why).into())])
}

/// Whether a file can come to this place; asked before the work.
pub(crate) fn vacant(ctx: &Context, path: &Path) -> Result<(), Failure> {
    output::vacant(path).map_err(|why| not_written(ctx, path, &why))
}

/// A file that is to come to this place, whole: what is written to it is nobody's until [`Part::keep_as`].
pub(crate) fn part(ctx: &Context, path: &Path) -> Result<Part, Failure> {
    vacant(ctx, path)?;
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    ended::part(dir, &name).map_err(|why| not_written(ctx, path, &why))
}

/// Writes a file for its owner's eyes, over nothing that is there.
pub(crate) fn put(ctx: &Context, path: &Path, content: &[u8]) -> Result<(), Failure> {
    ended::listen();
    output::write_new(path, content).map_err(|why| not_written(ctx, path, &why))
}

fn not_written(ctx: &Context, path: &Path, why: &io::Error) -> Failure {
    let taken = why.kind() == ErrorKind::AlreadyExists;
    let args = [("name", shown(&path.display().to_string()).into()), ("why", cause(&ctx.words, why).into())];
    ctx.failure(if taken { key("error-output-taken") } else { key("error-output") }, Exit::CouldNotAsk, &args)
}

/// A table for spreadsheets: UTF-8 with its mark, semicolons between its fields. So Excel opens it where a comma parts decimals, as in
/// Chile, with accents; this program reads it back as any other.
pub(crate) fn table<W: Write>(mut to: W) -> io::Result<csv::Writer<W>> {
    to.write_all("\u{feff}".as_bytes())?;
    Ok(csv::WriterBuilder::new().delimiter(b';').from_writer(to))
}

/// A cell of a table for spreadsheets: what others wrote is never a formula there.
pub(crate) fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if formula { format!("'{text}") } else { text.to_owned() }
}

/// Opens a file to be sent.
pub(crate) fn sendable(ctx: &Context, typed: &Path) -> Result<Sendable, Failure> {
    let path = meant(typed);
    let name = || ("name", shown(&typed.display().to_string()).into());
    let (file, size) = match ordinary(&path).map_err(|why| unusable(ctx, typed, &why))? {
        Opened::Folder => return Err(ctx.failure("error-folder", Exit::No, &[name()])),
        Opened::Other => return Err(ctx.failure("error-not-regular", Exit::No, &[name()])),
        Opened::File(file, size) => (file, size),
    };
    if size > MAX_FILE {
        return Err(ctx.trouble(Trouble::File(FileTrouble::TooLarge { limit: MAX_FILE })));
    }
    let name = path.file_name().and_then(OsStr::to_str).map(composed);
    let name = name.ok_or_else(|| ctx.trouble(Trouble::File(FileTrouble::BadName { limit: 255 })))?;
    Ok(Sendable { name, size, file })
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
