//! The registrar's key: what turns a RUN into a hash that names nobody without it.
//!
//! It lies outside the data folder, so that whoever copies the folder or its backup cannot try all RUNs (there are few
//! enough to try). One file, 32 random bytes in hexadecimal, readable by its owner only.

use crate::secret_file;
use data_encoding::HEXLOWER;
use lacre_ground::agency::AgencyCode;
use lacre_ground::label::{self, Label};
use lacre_ground::random::{self, Rng};
use lacre_ground::run::Run;
use lacre_ground::time::Millis;
use lacre_store::accounts::{KnowRunKey, RunHash};
use lacre_store::rules::Rules;
use lacre_store::{Store, StoreDown, run_one};
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use zeroize::{Zeroize as _, Zeroizing};

/// Its name beside the data folder, when no other path is given.
pub const DEFAULT_NAME: &str = "lacre-run.key";

/// The key. No `Debug`, zeroed when dropped.
pub struct RunKey(Zeroizing<[u8; 32]>);

/// Why the relay does not start with this key.
#[derive(Debug, thiserror::Error)]
pub enum RunKeyError {
    /// Whoever copies the data folder would have the key too.
    #[error("the registrar's key {0} lies inside the data folder: move it out, and name its place with --run-key")]
    Inside(PathBuf),
    /// Others on this machine can read it.
    #[error("the registrar's key {0} can be read by others: chmod 600 it; if others had access, the RUN hashes are no secret")]
    Open(PathBuf),
    /// Not 64 hexadecimal characters.
    #[error("{0} is not a registrar's key: put back the right file")]
    NotAKey(PathBuf),
    /// The file system said no.
    #[error("the registrar's key {path} cannot be read or made: {cause}")]
    Io {
        /// where
        path: PathBuf,
        /// what it said
        cause: io::Error,
    },
}

impl RunKey {
    /// Where the key lies when nothing else is said: beside the data folder.
    #[must_use]
    pub fn default_path(data: &Path) -> PathBuf {
        let data = data.canonicalize().unwrap_or_else(|_| data.to_owned());
        data.parent().unwrap_or(Path::new("/")).join(DEFAULT_NAME)
    }

    /// Where the key is, or would be made: outside the data folder, also through links. Neither need be there yet.
    pub fn place(path: &Path, data: &Path) -> Result<PathBuf, RunKeyError> {
        let io = |cause| RunKeyError::Io { path: path.to_owned(), cause };
        let data = real_path(data).map_err(io)?;
        // also a link that leads nowhere is judged by where it leads before anything is made there
        if path.symlink_metadata().is_ok_and(|m| m.is_symlink()) && path.canonicalize().is_err() {
            return Err(io(io::Error::new(io::ErrorKind::NotFound, "a link that leads nowhere")));
        }
        let real = real_path(path).map_err(io)?;
        if real.starts_with(&data) { Err(RunKeyError::Inside(path.to_owned())) } else { Ok(real) }
    }

    /// Reads the key.
    pub fn load(path: &Path, data: &Path) -> Result<Self, RunKeyError> {
        let file = File::open(Self::place(path, data)?);
        Self::read(file.map_err(|cause| RunKeyError::Io { path: path.to_owned(), cause })?, path)
    }

    /// Reads the key, or makes it when there is none: also when two make it at once, one stays.
    pub fn open(path: &Path, data: &Path, rng: &mut dyn Rng) -> Result<Self, RunKeyError> {
        let real = Self::place(path, data)?;
        if real.symlink_metadata().is_err() {
            let text = Zeroizing::new(HEXLOWER.encode(Zeroizing::new(random::bytes::<32>(rng)).as_slice()) + "\n");
            match secret_file::create(&real, text.as_bytes()) {
                Err(cause) if cause.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(RunKeyError::Io { path: path.to_owned(), cause });
                }
                _ => {}
            }
        }
        Self::load(path, data)
    }

    fn read(file: File, path: &Path) -> Result<Self, RunKeyError> {
        let io = |cause| RunKeyError::Io { path: path.to_owned(), cause };
        // the opened file is judged, not its name: nobody can exchange it in between
        if file.metadata().map_err(io)?.permissions().mode() & 0o077 != 0 {
            return Err(RunKeyError::Open(path.to_owned()));
        }
        let mut text = Zeroizing::new(String::with_capacity(256));
        file.take(256).read_to_string(&mut text).map_err(io)?;
        let mut bytes = HEXLOWER.decode(text.trim_end().as_bytes()).map_err(|_| RunKeyError::NotAKey(path.to_owned()))?;
        let key = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| RunKeyError::NotAKey(path.to_owned()));
        bytes.zeroize();
        Ok(Self(Zeroizing::new(key?)))
    }

    /// What is stored of a RUN.
    #[must_use]
    pub fn hash(&self, run: &Run) -> RunHash {
        let spelled = Zeroizing::new(run.canonical());
        RunHash::new(label::mac(&self.0, Label::RunHash, &[spelled.as_bytes()]))
    }

    /// What is stored of the RUN of an official of this body: nothing that ties it to her private account.
    #[must_use]
    pub fn hash_office(&self, agency: &AgencyCode, run: &Run) -> RunHash {
        let spelled = Zeroizing::new(run.canonical());
        RunHash::new(label::mac(&self.0, Label::OfficeRunHash, &[agency.as_str().as_bytes(), spelled.as_bytes()]))
    }

    /// Its bytes, for a backup under a passphrase.
    #[must_use]
    pub const fn expose(&self) -> &Zeroizing<[u8; 32]> {
        &self.0
    }

    /// What the store knows the key again by; it does not give it away.
    #[must_use]
    pub fn check(&self) -> [u8; 32] {
        label::mac(&self.0, Label::RunKeyCheck, &[])
    }
}

/// Whether this is the key that the store's RUN hashes were made with. Before anything is served.
pub fn know_key(store: &mut dyn Store, key: &RunKey) -> Result<bool, StoreDown> {
    // neither the hour nor a rule bears on it
    run_one(store, Millis::new(0), &Rules::default(), KnowRunKey(key.check()))
}

/// Where a path leads; what is not there yet stands behind the last that is.
fn real_path(path: &Path) -> io::Result<PathBuf> {
    match path.canonicalize() {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            let name = path.file_name().ok_or(e)?;
            let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
            Ok(real_path(folder)?.join(name))
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lacre_ground::random::SystemRng;
    use std::os::unix::fs::symlink;

    fn world() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        std::fs::create_dir(&data).unwrap();
        (dir, data)
    }

    #[test]
    fn the_key_is_made_once_for_its_owner_only_and_found_again() {
        let (dir, data) = world();
        let path = RunKey::default_path(&data);
        assert_eq!(path, dir.path().canonicalize().unwrap().join(DEFAULT_NAME));
        let made = RunKey::open(&path, &data, &mut SystemRng).unwrap();
        let found = RunKey::open(&path, &data, &mut SystemRng).unwrap();
        assert_eq!(made.check(), found.check());
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2, "no draft stays");
    }

    #[test]
    fn a_key_inside_the_data_folder_is_refused_also_through_links() {
        let (dir, data) = world();
        let inside = data.join("run.key");
        let refused = |path: &Path, data: &Path| {
            assert!(matches!(RunKey::open(path, data, &mut SystemRng), Err(RunKeyError::Inside(_))), "{}", path.display());
        };
        refused(&inside, &data);
        assert!(!inside.exists(), "a refused key is not made");
        std::fs::create_dir(data.join("deep")).unwrap();
        refused(&data.join("deep/../deep/run.key"), &data);
        // the key's name is a link into the folder
        let outside = dir.path().join("outside.key");
        RunKey::open(&outside, &data, &mut SystemRng).unwrap();
        std::fs::rename(&outside, &inside).unwrap();
        symlink(&inside, &outside).unwrap();
        refused(&outside, &data);
        // its folder is one
        symlink(&data, dir.path().join("door")).unwrap();
        refused(&dir.path().join("door/new.key"), &data);
        // the data folder's name is one
        refused(&inside, &dir.path().join("door"));
        // a link that leads nowhere
        symlink(data.join("later.key"), dir.path().join("dangling.key")).unwrap();
        assert!(RunKey::open(&dir.path().join("dangling.key"), &data, &mut SystemRng).is_err());
        assert!(!data.join("later.key").exists());
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        let (dir, data) = world();
        let path = dir.path().join("k");
        RunKey::open(&path, &data, &mut SystemRng).unwrap();
        for mode in [0o640, 0o604, 0o660, 0o601] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            assert!(matches!(RunKey::open(&path, &data, &mut SystemRng), Err(RunKeyError::Open(_))), "{mode:o}");
        }
    }

    #[test]
    fn a_cut_key_is_refused_and_not_replaced() {
        let (dir, data) = world();
        let path = dir.path().join("k");
        RunKey::open(&path, &data, &mut SystemRng).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for cut in [0, 1, 32, 63] {
            std::fs::write(&path, &whole[..cut]).unwrap();
            assert!(matches!(RunKey::open(&path, &data, &mut SystemRng), Err(RunKeyError::NotAKey(_))), "{cut}");
            assert_eq!(std::fs::read(&path).unwrap(), &whole[..cut]);
        }
    }

    #[test]
    fn every_spelling_of_a_run_has_one_hash_and_another_key_another() {
        let (dir, data) = world();
        let a = RunKey::open(&dir.path().join("a"), &data, &mut SystemRng).unwrap();
        let b = RunKey::open(&dir.path().join("b"), &data, &mut SystemRng).unwrap();
        // an example, nobody's number
        let (dots, plain) = (Run::parse("1.000.005-k").unwrap(), Run::parse("1000005-K").unwrap());
        assert!(a.hash(&dots) == a.hash(&plain));
        assert!(a.hash(&dots) != b.hash(&dots));
        assert_ne!(a.check(), b.check());
    }
}
