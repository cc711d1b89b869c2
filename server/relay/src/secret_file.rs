//! Files that are only their owner's: whole or not at all, and never over what somebody else put there.
//!
//! Each is written beside its place under a name that nobody has, synced, and then given its name in one step.
//! (Not `lacre_words::output`: its new files have no name at first, and a record of the disk for power cuts sees none of it.)

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// A new file. [`ErrorKind::AlreadyExists`] when anything is there, also a link that leads nowhere.
pub fn create(path: &Path, content: &[u8]) -> io::Result<()> {
    let draft = Draft::write(path, content)?;
    fs::hard_link(&draft.0, path)?;
    drop(draft);
    sync_folder(path)
}

/// A file of our own that may be there already. A link is replaced, not followed.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let draft = Draft::write(path, content)?;
    fs::rename(&draft.0, path)?;
    sync_folder(path)
}

/// Goes when it was not given another name.
struct Draft(PathBuf);

impl Draft {
    fn write(path: &Path, content: &[u8]) -> io::Result<Self> {
        let name = path.file_name().ok_or(ErrorKind::InvalidInput)?.to_string_lossy();
        for n in 0..u16::MAX {
            let beside = path.with_file_name(format!(".{name}.{}-{n}", std::process::id()));
            match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside) {
                Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
                Err(e) => return Err(e),
                Ok(mut file) => {
                    let draft = Self(beside);
                    file.write_all(content)?;
                    file.sync_all()?;
                    return Ok(draft);
                }
            }
        }
        Err(ErrorKind::AlreadyExists.into())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // renamed: then it is not there
        let _ = fs::remove_file(&self.0);
    }
}

fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn nothing_of_anybody_is_replaced_or_removed_and_only_its_owner_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for mine in ["a.new", "b.new", ".a.key.tmp"] {
            fs::write(at(mine), "mine").unwrap();
        }
        std::os::unix::fs::symlink(at("nowhere"), at("link.key")).unwrap();

        create(&at("a.key"), b"first").unwrap();
        replace(&at("b.key"), b"second").unwrap();

        for there in ["a.key", "b.new", "link.key"] {
            assert_eq!(create(&at(there), b"other").unwrap_err().kind(), ErrorKind::AlreadyExists, "{there}");
        }
        replace(&at("link.key"), b"third").unwrap();
        assert!(!at("nowhere").exists(), "the link was not followed");
        for (name, content) in
            [("a.key", "first"), ("b.key", "second"), ("link.key", "third"), ("a.new", "mine"), ("b.new", "mine")]
        {
            assert_eq!(fs::read_to_string(at(name)).unwrap(), content, "{name}");
        }
        assert_eq!(at("a.key").metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 6, "no draft stays");
    }
}
