//! The registrar's own key: it signs certificates of public bodies and answers to them, and lies outside the data folder, beside
//! the one of the RUN hashes. So whoever copies the folder can say of nobody that he is a public body.
//!
//! The relay's identity introduces it, once: the note lies in the data folder, so that everybody is shown the same one.

use crate::run_key::{RunKey, RunKeyError};
use crate::secret_file;
use lacre_ground::account::REGISTRAR;
use lacre_ground::ids::Identity;
use lacre_ground::note::{NoteError, NoteSigner};
use lacre_ground::random::Rng;
use lacre_ground::registrar::RegistrarKey;
use lacre_ground::signed::NoteText as _;
use lacre_ground::time::Millis;
use std::io;
use std::path::{Path, PathBuf};

/// Its name beside the key of the RUN hashes.
pub const NAME: &str = "lacre-registrar.key";
/// The note that introduces it, in the data folder.
pub const NOTE_FILE: &str = "registrar.note";

/// Why the relay does not start with this key.
#[derive(Debug, thiserror::Error)]
pub enum RegistrarKeyError {
    /// It is not where or what it must be.
    #[error(transparent)]
    File(#[from] RunKeyError),
    /// One was introduced and is gone: people would believe no further certificate.
    #[error("{0} is not there, and public bodies are known by it: put it back")]
    Missing(PathBuf),
    /// Another one was introduced.
    #[error("{0} is not the registrar's key that this relay introduced: put that one back")]
    Other(PathBuf),
    /// The note cannot be read or made.
    #[error("the note {path} cannot be read or made: {cause}")]
    Note {
        /// where
        path: PathBuf,
        /// what the system said
        cause: io::Error,
    },
    /// Nothing can be signed.
    #[error(transparent)]
    Sign(#[from] NoteError),
}

/// What the registrar signs with.
pub struct Registrar {
    /// signs under the name [`REGISTRAR`]
    pub signer: NoteSigner,
    /// the relay's note that introduces its key
    pub note: String,
}

/// Where the key lies: beside the one of the RUN hashes.
#[must_use]
pub fn place(run_key: &Path) -> PathBuf {
    run_key.with_file_name(NAME)
}

/// The key that a data folder's note introduces; none without a note that this relay signed.
#[must_use]
pub fn introduced(data: &Path, relay: &Identity) -> Option<(String, [u8; 32])> {
    let raw = std::fs::read_to_string(data.join(NOTE_FILE)).ok()?;
    let key = RegistrarKey::verify(&raw, relay).ok()?.key;
    Some((raw, key))
}

impl Registrar {
    /// Of a relay that has been given this key before, or gets it now. `relay` signs under the name
    /// [`lacre_ground::receipt::RELAY`].
    pub fn open(path: &Path, data: &Path, relay: &NoteSigner, now: Millis, rng: &mut dyn Rng) -> Result<Self, RegistrarKeyError> {
        let before = introduced(data, &Identity::new(relay.public().key()));
        if before.is_some() && RunKey::place(path, data)?.symlink_metadata().is_err() {
            return Err(RegistrarKeyError::Missing(path.to_owned()));
        }
        let signer = NoteSigner::new(REGISTRAR, RunKey::open(path, data, rng)?.expose())?;
        let key = signer.public().key();
        let note = match before {
            Some((_, other)) if other != key => return Err(RegistrarKeyError::Other(path.to_owned())),
            Some((note, _)) => note,
            None => {
                let note = RegistrarKey { key, from: now }.sign(relay)?;
                let path = data.join(NOTE_FILE);
                secret_file::replace(&path, note.as_bytes()).map_err(|cause| RegistrarKeyError::Note { path, cause })?;
                note
            }
        };
        Ok(Self { signer, note })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lacre_ground::random::SystemRng;
    use lacre_ground::receipt::RELAY;

    #[test]
    fn a_key_is_introduced_once_and_neither_another_nor_none_takes_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        std::fs::create_dir(&data).unwrap();
        let relay = NoteSigner::new(RELAY, &[7; 32]).unwrap();
        let path = place(&folder.path().join("run.key"));
        let open = |path: &Path, at| Registrar::open(path, &data, &relay, Millis::new(at), &mut SystemRng);

        let made = open(&path, 1_000).unwrap();
        let found = open(&path, 2_000).unwrap();

        assert_eq!((found.signer.public(), &found.note), (made.signer.public(), &made.note), "byte by byte");
        let read = RegistrarKey::verify(&made.note, &Identity::new(relay.public().key())).unwrap();
        assert_eq!((read.key, read.from), (made.signer.public().key(), Millis::new(1_000)));
        let kept = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(open(&path, 3_000), Err(RegistrarKeyError::Missing(_))));
        std::fs::write(&path, "ab".repeat(32)).unwrap();
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        assert!(matches!(open(&path, 3_000), Err(RegistrarKeyError::Other(_))));
        std::fs::write(&path, kept).unwrap();
        assert_eq!(open(&path, 3_000).unwrap().note, made.note);
        let inside = data.join(NAME);
        assert!(matches!(open(&inside, 3_000), Err(RegistrarKeyError::File(RunKeyError::Inside(_)))));
    }
}
