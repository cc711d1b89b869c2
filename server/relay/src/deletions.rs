//! What was deleted, so that a backup of before does not bring it back.
//!
//! A file *beside* the data folder, so that it outlives it and is in no backup; of several relays on one database it lies in the
//! folder of their blobs, and all of them write to it. It holds no more than it must:
//!
//! | a line | is |
//! |---|---|
//! | `+` 64 hexadecimal digits | an account is about to be deleted: a MAC of its id under the registrar's key, without which it names nobody |
//! | `-` the same | it was not, after all: one `+` of it counts no more |
//! | `exempt` 64 hexadecimal digits, a number | the keyed hash of a RUN, as the registrar's table has it: electronic notices take no effect for its person, for this reason; 0 when that has ended |
//! | `revoked` 64 hexadecimal digits | the key of a public body that may ask for nothing any more |
//! | `generation` 32 hexadecimal digits | a database has this one now, and had those before it |
//! | `reset` base64 | the registrar's note that an account stands in the place of another, which everybody may ask for anyway |
//!
//! A relay that starts from a store that was put back ([`RESTORED_FILE`], or [`crate::newest`]), or whose database went back while it
//! serves, deletes those accounts again, and
//! those that were replaced, and tells of those resets under the numbers that they had. Nobody is an address for official notices
//! there until her device has been there again: that she paused, or took it back, the store may have forgotten.

use crate::kept_grants::KeptKey;
use data_encoding::{BASE64, HEXLOWER};
use lacre_ground::account::Reset;
use lacre_ground::ids::{AccountId, Generation};
use lacre_ground::label::{self, Label};
use lacre_ground::note::UnverifiedNote;
use lacre_ground::signed::NoteText as _;
use lacre_store::StoreDown;
use lacre_store::accounts::RunHash;
use lacre_store::again::{Deleted, Since};
use lacre_store::bodies::BodyKey;
use lacre_store::notices::Exempt;
use lacre_store_sqlite::SqliteStore;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use zeroize::Zeroizing;

/// The end of the file's name, behind that of the data folder.
const END: &str = ".deleted";
/// The list of several relays, in the folder of their blobs.
pub const SHARED_LIST: &str = "deleted";
const GENERATION: &str = "generation ";
/// There from a restoration until what was deleted is deleted again.
pub const RESTORED_FILE: &str = "restored";

/// Makes the list of several relays, where there is none yet; with its folder it survives a power cut.
pub fn begin(shared: &Path) -> io::Result<()> {
    OpenOptions::new().append(true).create(true).mode(0o600).open(shared.join(SHARED_LIST))?.sync_all()?;
    File::open(shared)?.sync_all()
}

/// Whole lines, on the disk when it returns.
fn append(list: &Path, make: bool, lines: &str) -> io::Result<()> {
    let made = make && !list.exists();
    let mut file = OpenOptions::new().append(true).create(make).mode(0o600).open(list)?;
    // another relay may be at it: on a file system of several machines appends alone do not keep lines apart
    file.lock()?;
    file.write_all(lines.as_bytes())?;
    file.sync_all()?;
    if made { folder_of(list)?.sync_all() } else { Ok(()) }
}

fn folder_of(list: &Path) -> io::Result<File> {
    File::open(list.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")))
}

/// What another list says of accounts, persons and bodies; a line that is there twice says no more than once. Generations are of the
/// database that has the list: their order counts.
fn of_others(list: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(list) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        text => Ok(Some(text?.split_inclusive('\n').filter(|line| !line.starts_with(GENERATION)).collect())),
    }
}

fn caught_up(list: &Path, meanwhile: &Path) -> io::Result<()> {
    let Some(lines) = of_others(meanwhile)? else { return Ok(()) };
    append(list, false, &lines)?;
    fs::remove_file(meanwhile)?;
    folder_of(meanwhile)?.sync_all()
}

/// Makes the list of several relays where there is none yet, with all that stands in that of a data folder, which stays.
pub fn carry(data: &Path, shared: &Path) -> io::Result<()> {
    begin(shared)?;
    let own = of_others(&Deletions::of(data, Zeroizing::default()).path)?;
    own.map_or(Ok(()), |lines| append(&shared.join(SHARED_LIST), false, &lines))
}

/// Whether a relay of this data folder has a list beside it, which is there when the folder is not.
#[must_use]
pub fn outlives(data: &Path) -> bool {
    Deletions::of(data, Zeroizing::default()).path.exists()
}

/// The list, for a database that its relays serve.
pub struct OfRelays {
    list: Deletions,
    kept: Arc<KeptKey>,
}

impl OfRelays {
    /// With the key that casillas are kept under.
    #[must_use]
    pub const fn new(list: Deletions, kept: Arc<KeptKey>) -> Self {
        Self { list, kept }
    }
}

impl Deleted for OfRelays {
    fn since(&self) -> Result<Since, StoreDown> {
        self.list.since(&self.kept)
    }
    fn renews(&self, from: &Generation, to: &Generation) -> Result<(), StoreDown> {
        let known = Listed::read(&self.list.text().map_err(StoreDown::new)?).generations;
        for generation in [from, to].into_iter().filter(|generation| known.last() != Some(*generation)) {
            self.list.add(&format!("{GENERATION}{}", HEXLOWER.encode(generation.as_bytes()))).map_err(StoreDown::new)?;
        }
        Ok(())
    }
}

/// The list.
pub struct Deletions {
    path: PathBuf,
    /// of several relays: one that is not there is no empty one, for its folder may not be mounted. Beside the data folder stands
    /// meanwhile what could not be written
    meanwhile: Option<PathBuf>,
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
    /// of a database, the newest last
    generations: Vec<Generation>,
}

fn bytes32(hex: &str) -> Option<[u8; 32]> {
    HEXLOWER.decode(hex.as_bytes()).ok()?.try_into().ok()
}

impl Listed {
    /// A line that was cut off says nothing.
    fn read(text: &str) -> Self {
        let mut listed = Self::default();
        let mut accounts: BTreeMap<&str, u32> = BTreeMap::new();
        for line in text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
            if let Some(mac) = line.strip_prefix('+') {
                *accounts.entry(mac).or_default() += 1;
            } else if let Some(mac) = line.strip_prefix('-') {
                // it takes back its own `+` alone: another relay's deletion may have been done
                accounts.entry(mac).and_modify(|times| *times = times.saturating_sub(1));
            } else if let Some(note) = line.strip_prefix("reset ") {
                let note = BASE64.decode(note.as_bytes()).ok().and_then(|note| String::from_utf8(note).ok());
                listed.resets.extend(note.filter(|note| !listed.resets.contains(note)));
            } else if let Some((run, code)) = line.strip_prefix("exempt ").and_then(|line| line.split_once(' ')) {
                let run = bytes32(run);
                listed.exempt.extend(run.zip(code.parse().ok()));
            } else if let Some(key) = line.strip_prefix("revoked ") {
                listed.revoked.extend(bytes32(key));
            } else if let Some(generation) = line.strip_prefix(GENERATION) {
                listed
                    .generations
                    .extend(HEXLOWER.decode(generation.as_bytes()).ok().and_then(|g| Generation::try_from(&*g).ok()));
            }
        }
        listed.accounts = accounts.into_iter().filter(|(_, times)| *times > 0).map(|(mac, _)| mac.to_owned()).collect();
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
            Some(shared) => Self { path: shared.join(SHARED_LIST), meanwhile: Some(of_folder.path), ..of_folder },
            None => of_folder,
        }
    }
    /// Of a data folder, under the registrar's key.
    #[must_use]
    pub fn of(data: &Path, key: Zeroizing<[u8; 32]>) -> Self {
        let data = data.canonicalize().unwrap_or_else(|_| data.to_owned());
        let mut name = data.file_name().unwrap_or_default().to_owned();
        name.push(END);
        Self { path: data.with_file_name(name), meanwhile: None, key, writing: Mutex::new(()) }
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn mac(&self, account: &AccountId) -> String {
        mac(&self.key, account)
    }

    /// What stands there; what waits to be written to it, too.
    fn text(&self) -> io::Result<String> {
        let of = |path: &Path| match fs::read_to_string(path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(String::new()),
            text => text,
        };
        match &self.meanwhile {
            Some(meanwhile) => Ok(fs::read_to_string(&self.path)? + &of(meanwhile)?),
            None => of(&self.path),
        }
    }

    fn add(&self, line: &str) -> io::Result<()> {
        let _alone = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(meanwhile) = &self.meanwhile else { return append(&self.path, true, &format!("{line}\n")) };
        if let Err(e) = append(&self.path, false, &format!("{line}\n")) {
            tracing::error!(cause = %e, path = %self.path.display(), "a deletion waits beside the data folder: is the folder of blobs mounted?");
            return append(meanwhile, true, &format!("{line}\n"));
        }
        caught_up(&self.path, meanwhile)
    }

    /// What was written beside the data folder while the list of all relays was away goes into it.
    pub fn catch_up(&self) -> io::Result<()> {
        let _alone = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        self.meanwhile.as_ref().map_or(Ok(()), |meanwhile| caught_up(&self.path, meanwhile))
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
        let listed = self.text().unwrap_or_default();
        if !listed.lines().any(|known| known == line) {
            self.noted(&line);
        }
    }

    /// For whom electronic notices take no effect from now on, or no more.
    pub fn exempts(&self, run: &RunHash, reason: Option<Exempt>) {
        let code = reason.map_or(0, Exempt::code);
        let listed = Listed::read(&self.text().unwrap_or_default());
        if listed.exempt.get(run.as_bytes()).copied().unwrap_or(0) != code {
            self.noted(&format!("exempt {} {code}", HEXLOWER.encode(run.as_bytes())));
        }
    }

    /// A public body may ask for nothing any more.
    pub fn revokes(&self, key: &BodyKey) {
        if !Listed::read(&self.text().unwrap_or_default()).revoked.contains(&key.0) {
            self.noted(&format!("revoked {}", HEXLOWER.encode(&key.0)));
        }
    }

    /// All that it says, for a store that went back.
    pub fn since(&self, kept: &Arc<KeptKey>) -> Result<Since, StoreDown> {
        let text = self.text().map_err(StoreDown::new)?;
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
            older: match listed.generations.split_last() {
                Some((newest, older)) => older.iter().filter(|generation| *generation != newest).copied().collect(),
                None => Vec::new(),
            },
        })
    }

    /// Deletes again, and closes what may be no address any more; how many accounts were deleted.
    pub fn again(&self, store: &mut SqliteStore, kept: &Arc<KeptKey>) -> Result<u64, StoreDown> {
        store.delete_again(&self.since(kept)?)
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
        assert_eq!(Listed::read(&text), Listed { accounts, resets, exempt, revoked, generations: Vec::new() });
        assert_eq!(text.matches("revoked").count(), 1);
        assert_eq!(list.path(), folder.path().join("data.deleted"));
        for account in [&one, &two, &three] {
            assert!(!text.contains(&HEXLOWER.encode(account.as_bytes())));
        }
        let other = Deletions::of(&folder.path().join("data"), Zeroizing::new([4; 32]));
        assert_ne!(list.mac(&one), other.mac(&one), "without the key it names nobody");
    }
}
