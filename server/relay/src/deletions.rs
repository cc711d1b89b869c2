//! What was deleted, so that a backup of before does not bring it back.
//!
//! A file *beside* the data folder, so that it outlives it and is in no backup; of several relays on one database it lies in the
//! folder of their blobs, and all of them write to it. It holds no more than it must:
//!
//! | a line | is |
//! |---|---|
//! | `+` 64 hexadecimal digits | an account is about to be deleted: a MAC of its id under the registrar's key, without which it names nobody |
//! | `-` the same | it was not, after all |
//! | `exempt` 64 hexadecimal digits, a number | the keyed hash of a RUN, as the registrar's table has it: electronic notices take no effect for its person, for this reason; 0 when that has ended |
//! | `revoked` 64 hexadecimal digits | the key of a public body that may ask for nothing any more |
//! | `reset` base64 | the registrar's note that an account stands in the place of another, which everybody may ask for anyway |
//!
//! A relay that starts from a store that was put back ([`RESTORED_FILE`], or [`crate::newest`]), or whose database went back while it
//! serves, deletes those accounts again, and
//! those that were replaced, and tells of those resets under the numbers that they had. Nobody is an address for official notices
//! there until her device has been there again: that she paused, or took it back, the store may have forgotten.

use crate::kept_grants::KeptKey;
use data_encoding::{BASE64, HEXLOWER};
use lacre_ground::account::Reset;
use lacre_ground::ids::AccountId;
use lacre_ground::label::{self, Label};
use lacre_ground::note::UnverifiedNote;
use lacre_ground::signed::NoteText as _;
use lacre_store::StoreDown;
use lacre_store::accounts::RunHash;
use lacre_store::again::Since;
use lacre_store::bodies::BodyKey;
use lacre_store::notices::Exempt;
use lacre_store_sqlite::SqliteStore;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use zeroize::Zeroizing;

/// The end of the file's name, behind that of the data folder.
const END: &str = ".deleted";
/// The list of several relays, in the folder of their blobs.
pub const SHARED_LIST: &str = "deleted";
/// There from a restoration until what was deleted is deleted again.
pub const RESTORED_FILE: &str = "restored";

/// The list.
pub struct Deletions {
    path: PathBuf,
    key: Zeroizing<[u8; 32]>,
    /// one line after the other
    writing: Mutex<()>,
}

/// What the list says.
#[derive(Debug, Default, PartialEq, Eq)]
struct Listed {
    accounts: BTreeSet<String>,
    resets: Vec<String>,
    /// the reason's code, 0 for none, by RUN
    exempt: BTreeMap<[u8; 32], u8>,
    /// keys of public bodies
    revoked: BTreeSet<[u8; 32]>,
}

fn bytes32(hex: &str) -> Option<[u8; 32]> {
    HEXLOWER.decode(hex.as_bytes()).ok()?.try_into().ok()
}

impl Listed {
    /// A line that was cut off says nothing.
    fn read(text: &str) -> Self {
        let mut listed = Self::default();
        for line in text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
            if let Some(mac) = line.strip_prefix('+') {
                listed.accounts.insert(mac.to_owned());
            } else if let Some(mac) = line.strip_prefix('-') {
                listed.accounts.remove(mac);
            } else if let Some(note) = line.strip_prefix("reset ") {
                let note = BASE64.decode(note.as_bytes()).ok().and_then(|note| String::from_utf8(note).ok());
                listed.resets.extend(note.filter(|note| !listed.resets.contains(note)));
            } else if let Some((run, code)) = line.strip_prefix("exempt ").and_then(|line| line.split_once(' ')) {
                let run = bytes32(run);
                listed.exempt.extend(run.zip(code.parse().ok()));
            } else if let Some(key) = line.strip_prefix("revoked ") {
                listed.revoked.extend(bytes32(key));
            }
        }
        listed
    }
}

fn mac(key: &[u8; 32], account: &AccountId) -> String {
    HEXLOWER.encode(&label::mac(key, Label::DeletedAccount, &[account.as_bytes()]))
}

impl Deletions {
    /// Of several relays on one database: one list, in the folder of their blobs; or of a data folder.
    #[must_use]
    pub fn of_relays(data: &Path, shared: Option<&Path>, key: Zeroizing<[u8; 32]>) -> Self {
        let of_folder = Self::of(data, key);
        match shared {
            Some(shared) => Self { path: shared.join(SHARED_LIST), ..of_folder },
            None => of_folder,
        }
    }
    /// Of a data folder, under the registrar's key.
    #[must_use]
    pub fn of(data: &Path, key: Zeroizing<[u8; 32]>) -> Self {
        let data = data.canonicalize().unwrap_or_else(|_| data.to_owned());
        let mut name = data.file_name().unwrap_or_default().to_owned();
        name.push(END);
        Self { path: data.with_file_name(name), key, writing: Mutex::new(()) }
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn mac(&self, account: &AccountId) -> String {
        mac(&self.key, account)
    }

    fn add(&self, line: &str) -> io::Result<()> {
        let _alone = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let made = !self.path.exists();
        let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(&self.path)?;
        // another relay may be at it: the last line about something is the one that counts
        file.lock()?;
        file.write_all(format!("{line}\n").as_bytes())?;
        file.sync_all()?;
        if made {
            let folder = self.path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    }

    /// That what is asked for is done matters more than that a backup of before remembers it.
    fn noted(&self, line: &str) {
        if let Err(e) = self.add(line) {
            tracing::error!(
                cause = %e, path = %self.path.display(),
                "a deletion was not written down: a backup of before would bring back what was deleted"
            );
        }
    }

    /// Before an account is deleted.
    pub fn deletes(&self, account: &AccountId) {
        self.noted(&format!("+{}", self.mac(account)));
    }

    /// It was not.
    pub fn keeps(&self, account: &AccountId) {
        self.noted(&format!("-{}", self.mac(account)));
    }

    /// An account stands in the place of another.
    pub fn resets(&self, note: &str) {
        let line = format!("reset {}", BASE64.encode(note.as_bytes()));
        let listed = std::fs::read_to_string(&self.path).unwrap_or_default();
        if !listed.lines().any(|known| known == line) {
            self.noted(&line);
        }
    }

    /// For whom electronic notices take no effect from now on, or no more.
    pub fn exempts(&self, run: &RunHash, reason: Option<Exempt>) {
        let code = reason.map_or(0, Exempt::code);
        let listed = Listed::read(&std::fs::read_to_string(&self.path).unwrap_or_default());
        if listed.exempt.get(run.as_bytes()).copied().unwrap_or(0) != code {
            self.noted(&format!("exempt {} {code}", HEXLOWER.encode(run.as_bytes())));
        }
    }

    /// A public body may ask for nothing any more.
    pub fn revokes(&self, key: &BodyKey) {
        if !Listed::read(&std::fs::read_to_string(&self.path).unwrap_or_default()).revoked.contains(&key.0) {
            self.noted(&format!("revoked {}", HEXLOWER.encode(&key.0)));
        }
    }

    /// All that it says, for a store that went back.
    pub fn since(&self, kept: &Arc<KeptKey>) -> Result<Since, StoreDown> {
        let text = match std::fs::read_to_string(&self.path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => String::new(),
            text => text.map_err(StoreDown::new)?,
        };
        let listed = Listed::read(&text);
        let replaced = |note: &String| {
            let text = UnverifiedNote::parse(note).ok()?;
            Some((note.clone(), Reset::parse(text.unverified_text()).ok()?.replaces))
        };
        let resets: Vec<(String, AccountId)> = listed.resets.iter().filter_map(replaced).collect();
        let (accounts, key, kept) = (listed.accounts, self.key.clone(), Arc::clone(kept));
        let exempt: Vec<(RunHash, Option<Exempt>)> =
            listed.exempt.iter().map(|(run, code)| (RunHash::new(*run), Exempt::from_code(*code))).collect();
        let revoked: Vec<BodyKey> = listed.revoked.iter().map(|key| BodyKey(*key)).collect();
        Ok(Since {
            resets,
            deleted: Box::new(move |account| accounts.contains(&mac(&key, account))),
            exempt,
            revoked,
            open: Box::new(move |account, sealed| kept.open_casilla(account, sealed)),
        })
    }

    /// Deletes again, and closes what may be no address any more; how many accounts were deleted.
    pub fn again(&self, store: &mut SqliteStore, kept: &Arc<KeptKey>) -> Result<u64, StoreDown> {
        let since = self.since(kept)?;
        store.close_addresses(&since.exempt, &since.revoked)?;
        store.delete_again(&since.resets, &since.deleted, &since.open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_says_what_was_deleted_and_nothing_of_a_line_that_was_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let list = Deletions::of(&folder.path().join("data"), Zeroizing::new([3; 32]));
        let [one, two, three] = [1, 2, 3].map(|n| AccountId::new([n; 32]));

        list.deletes(&one);
        list.deletes(&two);
        list.keeps(&two);
        list.resets("note\n");
        list.resets("note\n");
        let [begun, ended] = [8, 9].map(|n| RunHash::new([n; 32]));
        list.exempts(&begun, Some(Exempt::Minor));
        list.exempts(&begun, Some(Exempt::Law));
        list.exempts(&ended, Some(Exempt::Law));
        list.exempts(&ended, None);
        list.revokes(&BodyKey([5; 32]));
        list.revokes(&BodyKey([5; 32]));
        OpenOptions::new().append(true).open(list.path()).unwrap().write_all(b"+abc").unwrap();
        let text = std::fs::read_to_string(list.path()).unwrap();

        let exempt = [([8; 32], Exempt::Law.code()), ([9; 32], 0)].into();
        let (accounts, resets, revoked) = ([list.mac(&one)].into(), vec!["note\n".into()], [[5; 32]].into());
        assert_eq!(Listed::read(&text), Listed { accounts, resets, exempt, revoked });
        assert_eq!(text.matches("revoked").count(), 1);
        assert_eq!(list.path(), folder.path().join("data.deleted"));
        for account in [&one, &two, &three] {
            assert!(!text.contains(&HEXLOWER.encode(account.as_bytes())));
        }
        let other = Deletions::of(&folder.path().join("data"), Zeroizing::new([4; 32]));
        assert_ne!(list.mac(&one), other.mac(&one), "without the key it names nobody");
    }
}
