//! Backups: one committed state of the store and the files of its blobs, without any key.
//!
//! ```text
//! DEST/relay.sqlite     the store, compacted
//! DEST/blobs/…          the file of each blob in it
//! DEST/manifest.json    digests and counts; written last: without it a backup is not one
//! ```
//!
//! | in the middle of a backup | because | so the backup |
//! |---|---|---|
//! | an entry or a blob arrives | the store's copy is one committed state; blobs are copied by its rows | does not hold it |
//! | a blob expires | its row goes before its file | forgets the row, when the file and the row of the running store are gone |
//! | a blob is unfinished | its sender has it still, and begins anew | forgets the row |
//! | a blob's file is missing or changed otherwise | the disk lies | forgets the row, and says so |
//! | the power goes | files, folder and the folder around it are synced before the manifest | has no manifest, and is refused |
//!
//! A restored store has a new generation: clients put back what it has forgotten (PROTOCOL.md 19).

use crate::blob_files::digest_of;
use crate::clock_guard;
use crate::deletions::RESTORED_FILE;
use crate::folder::{DataFolder, RESTORING_FILE, STORE_FILE, StartError};
use crate::newest::NEWEST_FILE;
use crate::room::disk;
use data_encoding::HEXLOWER;
use lacre_ground::ids::{Generation, Identity};
use lacre_ground::random::Rng;
use lacre_ground::time::Millis;
use lacre_store::StoreDown;
use lacre_store::blobs::BlobRow;
use lacre_store_sqlite::OpenError;
use lacre_store_sqlite::copy::{copy_into, forget_blobs};
use lacre_store_sqlite::inspect::{Look, blob_row_there, look};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fs::{self, DirBuilder, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// What makes a folder a backup.
pub const MANIFEST_FILE: &str = "manifest.json";
/// When the last backup of a data folder was finished.
pub const LAST_FILE: &str = "last-backup";
const BLOBS: &str = "blobs";
const FORMAT: &str = "lacre-relay backup v1";

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    format: String,
    /// when it was begun, RFC 3339
    pub made_at: String,
    /// version of the program that made it
    pub program: String,
    /// public key of the relay, in hexadecimal: the keys' backup must be of the same
    pub relay: String,
    /// migrations that the store has run
    pub store_version: u32,
    /// bytes of the store
    pub store_bytes: u64,
    /// digest of the store, in hexadecimal
    pub store_sha256: String,
    /// channels in it
    pub channels: u64,
    /// entries in it
    pub entries: u64,
    /// accounts in it
    pub accounts: u64,
    /// blobs in it
    pub blobs: u64,
    /// bytes of all blobs
    pub blob_bytes: u64,
    /// blobs whose files were missing or changed: they are not in it
    pub lost_blobs: u64,
}

/// Why there is no backup, or none is put back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The folder is not empty: name another.
    #[error("{0} is not empty")]
    NotEmpty(PathBuf),
    /// It would lie inside the data folder, and go with it.
    #[error("{0} lies inside the data folder")]
    Inside(PathBuf),
    /// There is too little room for it.
    #[error("{path} has {free} free bytes, {needed} are needed")]
    Room {
        /// where
        path: PathBuf,
        /// bytes that it needs
        needed: u64,
        /// bytes that there are
        free: u64,
    },
    /// The file system said no.
    #[error("{path}: {source}")]
    File {
        /// what was touched
        path: PathBuf,
        /// what it said
        source: io::Error,
    },
    /// No manifest, or none that can be read: it was cut off, or is none.
    #[error("{0} is no finished backup")]
    NoBackup(PathBuf),
    /// What was read is not what was written.
    #[error("{0} is not as it was written")]
    Spoiled(PathBuf),
    /// The store cannot be copied or opened.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// The store cannot be read.
    #[error(transparent)]
    Down(#[from] StoreDown),
    /// The data folder cannot be used.
    #[error(transparent)]
    Start(#[from] StartError),
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> BackupError + use<> {
    let path = path.to_owned();
    move |source| BackupError::File { path, source }
}

/// A folder that is there and empty, or is made; emptied again when it is dropped unfinished.
struct Draft<'a> {
    folder: &'a Path,
    made: bool,
    finished: bool,
}

impl<'a> Draft<'a> {
    fn begin(folder: &'a Path) -> Result<Self, BackupError> {
        let made = !folder.exists();
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(at(folder))?;
        if fs::read_dir(folder).map_err(at(folder))?.next().is_some() {
            return Err(BackupError::NotEmpty(folder.to_owned()));
        }
        fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o700)).map_err(at(folder))?;
        Ok(Self { folder, made, finished: false })
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        if !self.finished {
            // what cannot be removed has no manifest, and is refused
            let _ = fs::remove_dir_all(self.folder.join(BLOBS));
            let _ = fs::remove_file(self.folder.join(STORE_FILE));
            let _ = fs::remove_file(self.folder.join(MANIFEST_FILE));
            if self.made {
                let _ = fs::remove_dir(self.folder);
            }
        }
    }
}

/// Makes a backup of a data folder, whether its relay runs or not, and reads it again.
pub fn write(data: &Path, relay: Identity, dest: &Path, now: Millis) -> Result<Manifest, BackupError> {
    let mut draft = Draft::begin(dest)?;
    let (data, real) = (data.canonicalize().map_err(at(data))?, dest.canonicalize().map_err(at(dest))?);
    if real.starts_with(&data) {
        return Err(BackupError::Inside(dest.to_owned()));
    }
    let (source, store) = (data.join(STORE_FILE), dest.join(STORE_FILE));
    let log = source.with_extension("sqlite-wal");
    let size = |path: &Path| path.metadata().map_or(0, |m| m.len());
    has_room(dest, size(&source) + size(&log))?;
    create(&store)?;
    copy_into(&source, &store)?;

    let Look { blobs: rows, unfinished, .. } = look(&store, true)?;
    has_room(dest, rows.iter().map(|r| r.size).sum())?;
    let blobs = dest.join(BLOBS);
    DirBuilder::new().mode(0o700).create(&blobs).map_err(at(&blobs))?;
    let (mut gone, mut lost) = (Vec::new(), 0);
    for row in &rows {
        let name = row.file.to_string();
        match copy_blob(&data.join(BLOBS).join(&name), &blobs.join(&name), row) {
            Ok(true) => {}
            Ok(false) => {
                fs::remove_file(blobs.join(&name)).map_err(at(&blobs))?;
                lost += 1;
                gone.push(row.file);
            }
            Err(BackupError::File { source: e, .. }) if e.kind() == io::ErrorKind::NotFound => {
                lost += u64::from(blob_row_there(&source, &row.file)?);
                gone.push(row.file);
            }
            Err(e) => return Err(e),
        }
    }
    if !gone.is_empty() || !unfinished.is_empty() {
        forget_blobs(&store, &gone)?;
    }

    sync(&store)?;
    sync(&blobs)?;
    let copied = look(&store, true)?;
    let manifest = Manifest {
        format: FORMAT.to_owned(),
        made_at: now.to_string(),
        program: env!("CARGO_PKG_VERSION").to_owned(),
        relay: HEXLOWER.encode(relay.as_bytes()),
        store_version: copied.version,
        store_bytes: size(&store),
        store_sha256: HEXLOWER.encode(&digest(&store)?),
        channels: copied.counts.channels,
        entries: copied.counts.entries,
        accounts: copied.counts.accounts,
        blobs: copied.counts.blobs,
        blob_bytes: copied.blobs.iter().map(|r| r.size).sum(),
        lost_blobs: lost,
    };
    let text = serde_json::to_string_pretty(&manifest).map_err(io::Error::other).map_err(at(dest))?;
    let path = dest.join(MANIFEST_FILE);
    let mut file = create(&path)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(at(&path))?;
    sync(dest)?;
    sync(real.parent().unwrap_or(Path::new("/")))?;
    let read = verify(dest)?;
    if read != manifest {
        return Err(BackupError::Spoiled(path));
    }
    draft.finished = true;
    Ok(manifest)
}

/// Reads a backup from end to end: digests, SQLite's pages, our rules, each blob against its row.
pub fn verify(backup: &Path) -> Result<Manifest, BackupError> {
    let none = || BackupError::NoBackup(backup.to_owned());
    let text = fs::read_to_string(backup.join(MANIFEST_FILE)).map_err(|_| none())?;
    let manifest: Manifest = serde_json::from_str(&text).map_err(|_| none())?;
    if manifest.format != FORMAT {
        return Err(none());
    }
    let store = backup.join(STORE_FILE);
    let spoiled = |path: &Path| BackupError::Spoiled(path.to_owned());
    if HEXLOWER.encode(&digest(&store)?) != manifest.store_sha256 {
        return Err(spoiled(&store));
    }
    let seen = look(&store, true)?;
    if !seen.faults.is_empty() {
        return Err(spoiled(&store));
    }
    for row in &seen.blobs {
        let path = backup.join(BLOBS).join(row.file.to_string());
        if digest(&path)? != row.sha256 {
            return Err(spoiled(&path));
        }
    }
    Ok(manifest)
}

/// Puts a backup into an empty folder (an identity key may lie there already), under a new generation.
/// Nothing waits for a clock that leapt since the backup: it is believed, for whoever restores sees what time it is. What was
/// deleted since is deleted again when the relay starts.
pub fn restore(backup: &Path, data: &Path, now: Millis, rng: &mut dyn Rng) -> Result<(Manifest, Generation), BackupError> {
    let manifest = verify(backup)?;
    DirBuilder::new().recursive(true).mode(0o700).create(data).map_err(at(data))?;
    for entry in fs::read_dir(data).map_err(at(data))? {
        let name = entry.map_err(at(data))?.file_name();
        if name != crate::folder::IDENTITY_FILE {
            return Err(BackupError::NotEmpty(data.to_owned()));
        }
    }
    fs::set_permissions(data, std::os::unix::fs::PermissionsExt::from_mode(0o700)).map_err(at(data))?;
    has_room(data, manifest.store_bytes + manifest.blob_bytes)?;
    // from here on a relay that is started says that the folder is not whole, instead of beginning anew
    let mark = data.join(RESTORING_FILE);
    create(&mark)?.sync_all().map_err(at(&mark))?;
    sync(data)?;
    let blobs = data.join(BLOBS);
    DirBuilder::new().mode(0o700).create(&blobs).map_err(at(&blobs))?;
    for row in look(&backup.join(STORE_FILE), true)?.blobs {
        let name = row.file.to_string();
        let (from, to) = (backup.join(BLOBS).join(&name), blobs.join(&name));
        if !copy_blob(&from, &to, &row)? {
            return Err(BackupError::Spoiled(from));
        }
    }
    sync(&blobs)?;
    let store = data.join(STORE_FILE);
    let mut from = File::open(backup.join(STORE_FILE)).map_err(at(backup))?;
    io::copy(&mut from, &mut create(&store)?).map_err(at(&store))?;
    sync(&store)?;
    let generation = {
        let folder = DataFolder::to_restore(data)?;
        let mut opened = folder.store(None, rng)?;
        opened.renew_generation(rng)?
    };
    fs::remove_file(data.join(NEWEST_FILE)).map_err(at(data))?;
    sync(&store)?;
    clock_guard::believe(data, now).map_err(at(data))?;
    let restored = data.join(RESTORED_FILE);
    create(&restored)?.sync_all().map_err(at(&restored))?;
    fs::remove_file(&mark).map_err(at(&mark))?;
    sync(data)?;
    sync(data.canonicalize().map_err(at(data))?.parent().unwrap_or(Path::new("/")))?;
    Ok((manifest, generation))
}

/// When the last backup was finished.
#[must_use]
pub fn last(data: &Path) -> Option<Millis> {
    Millis::parse(fs::read_to_string(data.join(LAST_FILE)).ok()?.trim_end()).ok()
}

/// Notes that a backup was finished.
pub fn note_last(data: &Path, now: Millis) -> io::Result<()> {
    crate::secret_file::replace(&data.join(LAST_FILE), format!("{now}\n").as_bytes())
}

fn has_room(folder: &Path, needed: u64) -> Result<(), BackupError> {
    let free = disk(folder).map_err(at(folder))?.free;
    if free < needed { Err(BackupError::Room { path: folder.to_owned(), needed, free }) } else { Ok(()) }
}

fn create(path: &Path) -> Result<File, BackupError> {
    File::options().write(true).create_new(true).mode(0o600).open(path).map_err(at(path))
}

/// Copies a blob's file and syncs it; false when it is not what its row says.
fn copy_blob(from: &Path, to: &Path, row: &BlobRow) -> Result<bool, BackupError> {
    let mut source = File::open(from).map_err(at(from))?;
    let mut file = create(to)?;
    let (mut digest, mut size, mut buffer) = (Sha256::new(), 0_u64, vec![0; 128 * 1024]);
    loop {
        let n = source.read(&mut buffer).map_err(at(from))?;
        let read = buffer.get(..n).unwrap_or_default();
        if read.is_empty() {
            break;
        }
        digest.update(read);
        size += read.len() as u64;
        file.write_all(read).map_err(at(to))?;
    }
    file.sync_all().map_err(at(to))?;
    Ok(size == row.size && <[u8; 32]>::from(digest.finalize()) == row.sha256)
}

fn digest(path: &Path) -> Result<[u8; 32], BackupError> {
    digest_of(path).map_err(at(path))
}

fn sync(path: &Path) -> Result<(), BackupError> {
    File::open(path).and_then(|f| f.sync_all()).map_err(at(path))
}
