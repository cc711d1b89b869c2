//! A profile that no disk has: on a machine that is not the person's. It is gone with the process, however that ends, and what
//! its person takes with her is a copy in a place of hers ([`Profile::settle`]).
//!
//! The system may write memory to its swap space; whoever shows such a profile says so.

use super::keys::{ProfileKey, Secret};
use super::observer::Observer;
use super::{FILE, OpenError, Options, Profile, configured, exists, failed, filled, make_private};
use lacre_ground::random::Rng;
use rusqlite::Connection;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

/// The file while it is not whole.
const PART: &str = "profile.lacre.part";

impl Profile {
    /// In this process's memory alone. Nothing opens it but this value, until a secret is set.
    pub fn in_memory(rng: &mut dyn Rng, observer: Arc<dyn Observer>) -> Result<Self, OpenError> {
        let (key, options) = (ProfileKey::random(rng), Options::default());
        let mut connection = configured(Connection::open_in_memory()?, options)?;
        let master = filled(&mut connection, &Secret::Raw(&key), options, rng)?;
        Ok(Self::assemble(connection, master, observer, None, options))
    }

    /// All of it, as it is now, into a folder that has no profile yet: whole and on that disk, or not at all. It opens there with
    /// this profile's secret. Whoever goes on goes on *there*: of one device there is one profile.
    pub fn settle(&self, dir: &Path) -> Result<(), OpenError> {
        if exists(dir) {
            return Err(OpenError::Exists);
        }
        let part = dir.join(PART);
        let written = self.copy_to(dir, &part);
        if written.is_err() {
            // also where it has its name and only the folder's sync failed: there was none of that name
            let _as_far_as_it_goes = removed(&part).and_then(|()| removed(&dir.join(FILE)));
        }
        written
    }

    fn copy_to(&self, dir: &Path, part: &Path) -> Result<(), OpenError> {
        // of a try that was cut off
        removed(part)?;
        make_private(dir, PART)?;
        self.connection.execute("VACUUM INTO ?1", [part.to_string_lossy()])?;
        // as a profile that was made there
        Connection::open(part)?.pragma_update(None, "journal_mode", "wal")?;
        File::open(part).and_then(|file| file.sync_all()).map_err(failed)?;
        fs::rename(part, dir.join(FILE)).map_err(failed)?;
        File::open(dir).and_then(|folder| folder.sync_all()).map_err(failed)
    }
}

fn removed(path: &Path) -> Result<(), OpenError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(failed(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::rng;
    use crate::{NoObserver, PassphraseCost, StoreError, Table};

    fn one() -> Profile {
        let mut profile = Profile::in_memory(&mut rng(1), Arc::new(NoObserver)).unwrap();
        profile.options.cost = PassphraseCost::LEAST;
        profile.step::<_, StoreError>(|step| step.put(Table::Meta, b"whose", b"", 0, &"ana")).unwrap();
        profile
    }

    fn whose(profile: &mut Profile) -> Option<String> {
        profile.step::<_, StoreError>(|step| step.get(Table::Meta, b"whose")).unwrap()
    }

    #[test]
    fn what_settles_opens_there_with_its_secret_and_leaves_nothing_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("hers");
        let mut profile = one();
        assert_eq!(profile.directory(), None);
        profile.change_secret(&Secret::Passphrase("caballo correcto"), &mut rng(2)).unwrap();
        fs::create_dir(&home).unwrap();
        fs::write(home.join(PART), b"half of an earlier one").unwrap();

        profile.settle(&home).unwrap();

        drop(profile);
        let names: Vec<_> = fs::read_dir(&home).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, [FILE]);
        let open = |secret| Profile::open(&home, Secret::Passphrase(secret), Arc::new(NoObserver));
        assert_eq!(open("otra frase").err(), Some(OpenError::WrongSecret));
        assert_eq!(whose(&mut open("caballo correcto").unwrap()).as_deref(), Some("ana"));
        assert_eq!(one().settle(&home), Err(OpenError::Exists), "nobody's profile is replaced");
    }

    #[test]
    fn where_nothing_can_be_written_nothing_is_there_and_the_profile_goes_on() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a file"), b"").unwrap();
        let mut profile = one();

        assert!(matches!(profile.settle(&dir.path().join("a file")), Err(OpenError::Store(_))));

        assert_eq!(whose(&mut profile).as_deref(), Some("ana"));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
