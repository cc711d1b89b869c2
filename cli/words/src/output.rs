//! What a program writes where a person said: a new file, only its owner's, whole or not at all.
//!
//! | at that place there is | what becomes of it |
//! |---|---|
//! | nothing | the file, once it is whole and on the disk |
//! | anything: a file, also the one that is being read, a link of either kind, a folder, a pipe | it stays as it is, and nothing is written |
//!
//! Where the system can make one, a file has no name until it is whole: whatever ends the program, also `kill -9`, nothing
//! secret stays behind. Elsewhere it lies beside its place under a name that is seen (`informe.pdf.part`), and goes when
//! the command fails or is told to end ([`remove_unfinished`]).

use crate::shown::numbered;
use std::borrow::Cow;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A file that is not whole yet.
pub struct Part {
    /// what is written to
    pub file: File,
    /// where it lies, if it has a name
    path: Option<PathBuf>,
}

/// Most files of one name in a folder.
const MOST: u32 = 10_000;

/// Files that are not whole and have a name.
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn unfinished() -> MutexGuard<'static, Vec<PathBuf>> {
    // nothing panics while it holds this lock, and what is inside is whole at every moment
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// For whoever ends the process without `Drop`, as a signal does.
pub fn remove_unfinished() {
    for path in unfinished().drain(..) {
        let _gone = std::fs::remove_file(path);
    }
}

/// Whether nothing is there: a look before the work. What comes there meanwhile is not replaced either.
pub fn vacant(path: &Path) -> io::Result<()> {
    match path.symlink_metadata() {
        Ok(_) => Err(ErrorKind::AlreadyExists.into()),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
        Err(e) => Err(e),
    }
}

/// A whole file at exactly this place, where nothing may be.
pub fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    vacant(path)?;
    let (dir, name) = place(path)?;
    let mut part = Part::new(dir, &name)?;
    part.file.write_all(content)?;
    part.keep_as(path)
}

/// In the place of a file of the program's own making: whoever calls has looked that it is one. A link is not followed.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let (dir, name) = place(path)?;
    Part::beside(dir, &name, content)?.takes(path)?;
    File::open(dir)?.sync_all()
}

/// The same for many files of one folder: all are whole before the first has its name, and the folder is synced once.
pub fn replace_all(dir: &Path, files: &[(String, Vec<u8>)]) -> io::Result<()> {
    let parts = files.iter().map(|(name, content)| Ok((dir.join(name), Part::beside(dir, name, content)?)));
    for (path, part) in parts.collect::<io::Result<Vec<_>>>()? {
        part.takes(&path)?;
    }
    File::open(dir)?.sync_all()
}

/// Removes what programs left in a folder that were ended before a file of such a name was whole. Nobody may be writing there.
pub fn remove_parts(dir: &Path, ours: impl Fn(&str) -> bool) -> io::Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_name().to_str().and_then(part_of).is_some_and(&ours) && entry.file_type()?.is_file() {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// `a.lacre`, of `a.lacre.part` or, where that was taken, `a.lacre (1).part`.
fn part_of(name: &str) -> Option<&str> {
    name.strip_suffix(".part").map(|whole| match whole.rsplit_once(" (") {
        Some((first, number)) if number.strip_suffix(')').is_some_and(|n| n.parse::<u32>().is_ok()) => first,
        _ => whole,
    })
}

/// The folder and the name in it.
fn place(path: &Path) -> io::Result<(&Path, Cow<'_, str>)> {
    let name = path.file_name().ok_or(ErrorKind::InvalidFilename)?.to_string_lossy();
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok((dir, name))
}

impl Part {
    /// For a file of this name in this folder, only its owner's.
    pub fn new(dir: &Path, name: &str) -> io::Result<Self> {
        match nameless(dir)? {
            Some(file) => Ok(Self { file, path: None }),
            None => Self::named(dir, name),
        }
    }

    fn named(dir: &Path, name: &str) -> io::Result<Self> {
        let (file, path) = first_free(dir, &format!("{name}.part"), fresh)?;
        unfinished().push(path.clone());
        Ok(Self { file, path: Some(path) })
    }

    /// Whole and on the disk, under a name of its own.
    fn beside(dir: &Path, name: &str, content: &[u8]) -> io::Result<Self> {
        let mut part = Self::named(dir, name)?;
        part.file.write_all(content)?;
        part.file.sync_all()?;
        Ok(part)
    }

    /// Its name is that one's from now on.
    fn takes(mut self, path: &Path) -> io::Result<()> {
        if let Some(beside) = self.path.as_deref() {
            std::fs::rename(beside, path)?;
        }
        self.is_whole();
        Ok(())
    }

    /// Gives it its name; `(1)`, `(2)` … if that is taken: nothing is replaced.
    pub fn keep(mut self, dir: &Path, name: &str) -> io::Result<PathBuf> {
        self.file.sync_all()?;
        let ((), path) = first_free(dir, name, |path| self.settle(path))?;
        self.is_whole();
        Ok(path)
    }

    /// Gives it exactly this name; an error if anything is there.
    pub fn keep_as(mut self, path: &Path) -> io::Result<()> {
        self.file.sync_all()?;
        self.settle(path)?;
        self.is_whole();
        File::open(place(path)?.0)?.sync_all()
    }

    fn settle(&self, path: &Path) -> io::Result<()> {
        let Some(part) = &self.path else { return link(&self.file, path) };
        // the name is taken first: renaming over our own empty file replaces nobody's
        fresh(path)?;
        std::fs::rename(part, path)
    }

    fn is_whole(&mut self) {
        if let Some(part) = self.path.take() {
            unfinished().retain(|known| *known != part);
        }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if let Some(path) = self.path.clone() {
            let _gone = std::fs::remove_file(path);
            self.is_whole();
        }
    }
}

/// A new file that only its owner reads; an error if anything is there.
fn fresh(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Tries name after name until one is free.
fn first_free<T>(dir: &Path, name: &str, make: impl Fn(&Path) -> io::Result<T>) -> io::Result<(T, PathBuf)> {
    for n in 0..MOST {
        let path = dir.join(if n == 0 { name.to_owned() } else { numbered(name, n) });
        match make(&path) {
            Ok(made) => return Ok((made, path)),
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
            Err(e) => return Err(e),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

/// A file without a name; none where the file system has no such thing.
#[cfg(target_os = "linux")]
fn nameless(dir: &Path) -> io::Result<Option<File>> {
    use rustix::fs::{Mode, OFlags, open};
    use rustix::io::Errno;
    match open(dir, OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC, Mode::RUSR | Mode::WUSR) {
        Ok(file) => Ok(Some(file.into())),
        Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL) => Ok(None),
        Err(e) => Err(e.into()),
    }
}
#[cfg(not(target_os = "linux"))]
fn nameless(_dir: &Path) -> io::Result<Option<File>> {
    Ok(None)
}

/// Gives a nameless file its name, unless something is there.
#[cfg(target_os = "linux")]
fn link(file: &File, path: &Path) -> io::Result<()> {
    use rustix::fs::{AtFlags, CWD, linkat};
    use std::os::fd::AsRawFd as _;
    let own = format!("/proc/self/fd/{}", file.as_raw_fd());
    Ok(linkat(CWD, own, CWD, path, AtFlags::SYMLINK_FOLLOW)?)
}
#[cfg(not(target_os = "linux"))]
fn link(_file: &File, _path: &Path) -> io::Result<()> {
    Err(ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both ways.
    const WAYS: [fn(&Path, &str) -> io::Result<Part>; 2] = [Part::new, Part::named];

    #[test]
    fn saving_twice_overwrites_nothing_and_leaves_no_part() {
        for way in WAYS {
            let dir = tempfile::tempdir().unwrap();
            std::fs::write(dir.path().join("a.txt"), "mine").unwrap();
            for expected in ["a (1).txt", "a (2).txt"] {
                let mut part = way(dir.path(), "a.txt").unwrap();
                part.file.write_all(b"theirs").unwrap();
                assert_eq!(part.keep(dir.path(), "a.txt").unwrap(), dir.path().join(expected));
                assert_eq!(std::fs::read_to_string(dir.path().join(expected)).unwrap(), "theirs");
            }
            drop(way(dir.path(), "b.txt").unwrap());
            assert_eq!(std::fs::read_to_string(dir.path().join("a.txt")).unwrap(), "mine");
            assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 3);
        }
    }

    /// As after `kill -9`: nothing of ours runs. Seen red with `named` in the place of `nameless`.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_that_is_not_whole_has_no_name() {
        let dir = tempfile::tempdir().unwrap();
        let mut part = Part::new(dir.path(), "a.txt").unwrap();
        part.file.write_all(b"half of a secr").unwrap();
        std::mem::forget(part);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_was_left_half_written_goes_and_nothing_else_does() {
        let dir = tempfile::tempdir().unwrap();
        for _ in 0..3 {
            std::mem::forget(Part::named(dir.path(), "a.lacre").unwrap());
        }
        let others = ["a.lacre", "b.part", "c.lacre.part.txt", "d.lacre (x).part"];
        others.iter().for_each(|name| std::fs::write(dir.path().join(name), "").unwrap());
        std::fs::create_dir(dir.path().join("e.lacre.part")).unwrap();
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 8);

        remove_parts(dir.path(), |name| name.ends_with(".lacre")).unwrap();

        let mut left: Vec<String> =
            std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        left.sort();
        assert_eq!(left, ["a.lacre", "b.part", "c.lacre.part.txt", "d.lacre (x).part", "e.lacre.part"]);
    }

    #[test]
    fn a_part_that_has_a_name_shows_it() {
        let dir = tempfile::tempdir().unwrap();
        let part = Part::named(dir.path(), "a.txt").unwrap();
        assert_eq!(part.path.as_deref(), Some(dir.path().join("a.txt.part").as_path()));
    }

    #[test]
    fn only_its_owner_reads_a_saved_file() {
        use std::os::unix::fs::PermissionsExt as _;
        for way in WAYS {
            let dir = tempfile::tempdir().unwrap();
            let path = way(dir.path(), "a.txt").unwrap().keep(dir.path(), "a.txt").unwrap();
            assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_link_in_the_way_is_not_followed() {
        for way in WAYS {
            let dir = tempfile::tempdir().unwrap();
            std::os::unix::fs::symlink(dir.path().join("elsewhere"), dir.path().join("a.txt")).unwrap();
            let path = way(dir.path(), "a.txt").unwrap().keep(dir.path(), "a.txt").unwrap();
            assert_eq!(path, dir.path().join("a (1).txt"));
            assert!(!dir.path().join("elsewhere").exists());
        }
    }

    #[test]
    fn what_is_there_is_not_replaced_whatever_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        std::fs::write(path("mine"), "mine").unwrap();
        std::fs::hard_link(path("mine"), path("hard")).unwrap();
        std::os::unix::fs::symlink(path("mine"), path("soft")).unwrap();
        std::os::unix::fs::symlink(path("nowhere"), path("dangling")).unwrap();
        std::fs::create_dir(path("folder")).unwrap();
        for name in ["mine", "hard", "soft", "dangling", "folder"] {
            let refused = [write_new(&path(name), b"ours"), Part::new(dir.path(), name).unwrap().keep_as(&path(name))];
            let kinds = refused.map(|r| r.unwrap_err().kind());
            assert_eq!(kinds, [ErrorKind::AlreadyExists; 2], "{name}");
        }
        assert_eq!(std::fs::read_to_string(path("mine")).unwrap(), "mine");
        assert!(!path("nowhere").exists());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 5, "nothing of ours stays beside them");
        write_new(&path("new"), b"ours").unwrap();
        assert_eq!(std::fs::read(path("new")).unwrap(), b"ours");
    }

    #[test]
    fn what_is_replaced_is_replaced_as_a_whole_and_a_link_is_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        std::fs::write(path("old"), "old").unwrap();
        std::os::unix::fs::symlink(path("old"), path("soft")).unwrap();
        replace(&path("soft"), b"new").unwrap();
        assert_eq!(std::fs::read(path("old")).unwrap(), b"old");
        replace(&path("old"), b"new").unwrap();
        assert_eq!(std::fs::read(path("old")).unwrap(), b"new");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2);
    }
}
