//! A file that is not whole yet. Where the system can make one, it has no name until it is: whatever ends the program, also
//! `kill -9`, nothing decrypted stays behind. Elsewhere it lies beside its place under a name that is seen
//! (`informe.pdf.part`), and goes when the command fails or is told to end.

use crate::ended;
use crate::fresh::fresh;
use lacre_words::shown::numbered;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Such a file.
pub(crate) struct Part {
    pub(crate) file: File,
    /// where it lies, if it has a name
    path: Option<PathBuf>,
}

/// Most files of one name in a folder.
const MOST: u32 = 10_000;

impl Part {
    /// For a file of this name in this folder, only its owner's.
    pub(crate) fn new(dir: &Path, name: &str) -> io::Result<Self> {
        match nameless(dir)? {
            Some(file) => Ok(Self { file, path: None }),
            None => Self::named(dir, name),
        }
    }

    fn named(dir: &Path, name: &str) -> io::Result<Self> {
        let (file, path) = first_free(dir, &format!("{name}.part"), fresh)?;
        ended::note_part(&path);
        Ok(Self { file, path: Some(path) })
    }

    /// Gives it its name; `(1)`, `(2)` … if that is taken: nothing is replaced.
    pub(crate) fn keep(mut self, dir: &Path, name: &str) -> io::Result<PathBuf> {
        self.file.sync_all()?;
        let Some(part) = self.path.clone() else {
            return first_free(dir, name, |path| link(&self.file, path)).map(|((), path)| path);
        };
        // the name is taken first: renaming over our own empty file replaces nobody's
        let (_, path) = first_free(dir, name, fresh)?;
        std::fs::rename(&part, &path)?;
        ended::forget_part(&part);
        self.path = None;
        Ok(path)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if let Some(path) = self.path.take() {
            let _gone = std::fs::remove_file(&path);
            ended::forget_part(&path);
        }
    }
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
    use std::io::Write as _;

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
}
