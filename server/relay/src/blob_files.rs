//! The folder of blob files: synced before they are told of; never changed once they are whole.
//!
//! `<name>.part` while it is written, `<name>` once it is complete. A large one has a row from its first byte on, and grows
//! under its `<name>`: what came of it stays when its upload breaks off.
//!
//! | a file without a row in the store | then the next start |
//! |---|---|
//! | and the store went back ([`crate::newest`]) | keeps it: it may be the right store's, which is put back next |
//! | that is unfinished, or that no store can want any more because no blob lives so long | removes it |
//! | else | keeps it: a crash leaves few, and a store that went back unnoticed, or at the start before, many |

use crate::deletions::SHARED_LIST;
use lacre_ground::time::Millis;
use lacre_store::blobs::{BlobHeader, FileName};
use lacre_store::{Reads, StoreDown};
use sha2::{Digest as _, Sha256};
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::UNIX_EPOCH;

/// Its name in the data folder.
pub const BLOBS_FOLDER: &str = "blobs";
const PART: &str = "part";

/// The folder. Cheap to clone.
#[derive(Clone)]
pub struct BlobFiles {
    folder: Arc<PathBuf>,
    promised: Arc<AtomicU64>,
    /// other relays write there, too
    shared: bool,
}

/// Why an upload did not become a blob.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// More or fewer bytes than announced, or others.
    #[error("the bytes do not have the size or digest of the header")]
    WrongDigest,
    /// The disk is nearly full.
    #[error(transparent)]
    Room(#[from] StoreDown),
    /// The disk said no.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl BlobFiles {
    /// The folder `blobs` in the data folder; made if it is not there.
    pub fn open(data: &Path) -> io::Result<Self> {
        let folder = data.join(BLOBS_FOLDER);
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        File::open(data)?.sync_all()?;
        Ok(Self { folder: Arc::new(folder), promised: Arc::default(), shared: false })
    }

    /// One folder of several relays, which must be there: what is made in the place of one that is not mounted would be another.
    pub fn shared(folder: &Path) -> io::Result<Self> {
        std::fs::read_dir(folder)?;
        Ok(Self { folder: Arc::new(folder.to_owned()), promised: Arc::default(), shared: true })
    }

    /// Removes what a crash left behind, before anything is served: of whole files those last written before `over`, until
    /// when every blob that they can be has ended.
    pub fn remove_orphans(&self, reads: &dyn Reads, over: Millis) -> Result<Orphans, StoreDown> {
        let mut orphans = Orphans::default();
        for entry in std::fs::read_dir(self.folder.as_path()).map_err(StoreDown::new)? {
            let path = entry.map_err(StoreDown::new)?.path();
            if self.shared && path.ends_with(SHARED_LIST) {
                continue;
            }
            let name = path.file_name().and_then(|n| n.to_str()).and_then(FileName::parse);
            let wanted = match name {
                Some(name) if reads.blob_file_known(&name)? => continue,
                Some(_) => written(&path).map_err(StoreDown::new)? >= over,
                // another relay may be at it
                None => self.shared && written(&path).map_err(StoreDown::new)? >= over,
            };
            if wanted {
                orphans.kept += 1;
            } else {
                std::fs::remove_file(&path).map_err(StoreDown::new)?;
                orphans.removed += 1;
            }
        }
        Ok(orphans)
    }

    /// Whether the folder is there: of several relays the one with their list, which the empty place of one that is not mounted lacks.
    pub fn are_here(&self) -> io::Result<()> {
        if self.shared { self.folder.join(SHARED_LIST).symlink_metadata().map(drop) } else { Ok(()) }
    }

    /// Whether a file has the length that its row says.
    pub fn is_there(&self, name: FileName, size: u64) -> bool {
        self.folder.join(name.to_string()).metadata().is_ok_and(|found| found.len() == size)
    }

    /// Sets bytes aside for an upload; none when all uploads and what is stored would be more than `most`.
    #[must_use]
    pub fn promise(&self, size: u64, stored: u64, most: u64) -> Option<Promise> {
        let room = |promised: u64| promised.checked_add(size).filter(|p| p.saturating_add(stored) <= most);
        self.promised.fetch_update(Ordering::AcqRel, Ordering::Acquire, room).ok()?;
        Some(Promise { promised: Arc::clone(&self.promised), size })
    }

    /// Starts a file. It is removed when it is dropped unfinished.
    pub fn begin(&self, name: FileName) -> io::Result<Upload> {
        self.are_here()?;
        let path = self.folder.join(name.to_string()).with_extension(PART);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        let digest = Some(Sha256::new());
        Ok(Upload { folder: Arc::clone(&self.folder), name, path: Some(path), file, digest, written: 0 })
    }

    /// The turn to write a file that stays when its upload breaks off; none while another relay has it, whose upload goes on or is
    /// frozen. Whoever gets it asks the store again whether there is still something to write.
    pub fn turn(&self, name: FileName) -> io::Result<Option<WritersTurn>> {
        self.are_here()?;
        let path = self.folder.join(name.to_string());
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(WritersTurn { name, file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(e)) => Err(e),
        }
    }

    /// Goes on with it: behind `offset`, what lies there is forgotten. `Err` with what there is when that is less.
    pub fn go_on(&self, turn: WritersTurn, offset: u64) -> io::Result<Result<Upload, u64>> {
        let WritersTurn { name, mut file } = turn;
        let there = file.metadata()?.len();
        if there < offset {
            return Ok(Err(there));
        }
        file.set_len(offset)?;
        file.seek(SeekFrom::End(0))?;
        let digest = (offset == 0).then(Sha256::new);
        Ok(Ok(Upload { folder: Arc::clone(&self.folder), name, path: None, file, digest, written: offset }))
    }

    /// Bytes of a file that survive a power cut; none when there is no such file.
    pub fn kept(&self, name: FileName) -> io::Result<u64> {
        match File::open(self.folder.join(name.to_string())) {
            Ok(file) => {
                let length = file.metadata()?.len();
                file.sync_all()?;
                File::open(self.folder.as_path())?.sync_all()?;
                Ok(length)
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(e) => Err(e),
        }
    }

    /// Reads a file from an offset.
    pub fn read(&self, name: FileName, offset: u64) -> io::Result<File> {
        let mut file = File::open(self.folder.join(name.to_string()))?;
        file.seek(SeekFrom::Start(offset))?;
        Ok(file)
    }

    /// Removes a file that has no row any more. One that is gone already is no error.
    pub fn remove(&self, name: FileName) -> io::Result<()> {
        match std::fs::remove_file(self.folder.join(name.to_string())) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
            _ => Ok(()),
        }
    }
}

/// A file that nobody else writes, in this relay or another, until this is dropped.
pub struct WritersTurn {
    name: FileName,
    file: File,
}

/// Files that had no row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Orphans {
    /// gone now
    pub removed: u64,
    /// may be another store's
    pub kept: u64,
}

/// When a file was last written.
fn written(path: &Path) -> io::Result<Millis> {
    let since = path.metadata()?.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(Millis::new(u64::try_from(since.as_millis()).unwrap_or(u64::MAX)))
}

/// Bytes set aside for one upload, until it is dropped.
pub struct Promise {
    promised: Arc<AtomicU64>,
    size: u64,
}

impl Drop for Promise {
    fn drop(&mut self) {
        self.promised.fetch_sub(self.size, Ordering::AcqRel);
    }
}

/// A file that is being written.
pub struct Upload {
    folder: Arc<PathBuf>,
    name: FileName,
    /// as long as it is to be removed unless it is finished
    path: Option<PathBuf>,
    file: File,
    /// of all that was written; none when some of it was there before
    digest: Option<Sha256>,
    written: u64,
}

impl Upload {
    /// The next bytes. False when these are more than the header announced: they are not written, and what follows is of
    /// no use.
    pub fn write(&mut self, chunk: &[u8], header: &BlobHeader) -> io::Result<bool> {
        let written = self.written.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
        if written > header.size {
            self.written = written;
            return Ok(false);
        }
        self.file.write_all(chunk)?;
        if let Some(digest) = &mut self.digest {
            digest.update(chunk);
        }
        self.written = written;
        Ok(true)
    }

    /// Whether less has come than the header announced.
    #[must_use]
    pub fn is_short(&self, header: &BlobHeader) -> bool {
        self.written < header.size
    }

    /// Compares with the header, syncs, names the file, syncs the folder: from here on it survives a power cut.
    pub fn finish(mut self, header: &BlobHeader) -> Result<Whole, UploadError> {
        let digest: [u8; 32] = match self.digest.take() {
            _ if self.written != header.size => return Err(UploadError::WrongDigest),
            Some(digest) => digest.finalize().into(),
            None => {
                // by its handle: its day may be over, and its name gone
                self.file.rewind()?;
                digest(&mut self.file)?
            }
        };
        if digest != header.sha256 {
            return Err(UploadError::WrongDigest);
        }
        self.file.sync_all()?;
        if let Some(path) = &self.path {
            std::fs::rename(path, self.folder.join(self.name.to_string()))?;
        }
        self.path = None;
        File::open(self.folder.as_path())?.sync_all()?;
        Ok(Whole { name: self.name, _turn: self.file.try_clone()? })
    }
}

/// A file that is whole. The turn to write it lasts until this is dropped: after the store says so, too.
pub struct Whole {
    /// its name
    pub name: FileName,
    _turn: File,
}

impl Drop for Upload {
    fn drop(&mut self) {
        if let Some(path) = self.path.take()
            && let Err(e) = std::fs::remove_file(&path)
        {
            tracing::warn!(cause = %e, "an unfinished upload was left behind; the next start removes it");
        }
    }
}

/// SHA-256 of a whole file.
pub fn digest_of(path: &Path) -> io::Result<[u8; 32]> {
    digest(&mut File::open(path)?)
}

fn digest(file: &mut File) -> io::Result<[u8; 32]> {
    let (mut digest, mut buffer) = (Sha256::new(), vec![0; 128 * 1024]);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(digest.finalize().into()),
            n => digest.update(buffer.get(..n).unwrap_or_default()),
        }
    }
}

/// The next bytes of a file, at most `most`; fewer only at its end.
pub fn read_chunk(file: &mut File, most: u64) -> io::Result<Vec<u8>> {
    let mut chunk = Vec::with_capacity(usize::try_from(most).unwrap_or(0));
    file.take(most).read_to_end(&mut chunk)?;
    Ok(chunk)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lacre_ground::ids::{BlobId, Generation, TokenHash};
    use lacre_store::accounts::AddStamps;
    use lacre_store::blobs::KeepBlob;
    use lacre_store::model::ModelStore;
    use lacre_store::rules::Rules;
    use lacre_store::{Answer, Ask, Store as _};

    fn header(content: &[u8]) -> BlobHeader {
        let size = u64::try_from(content.len()).unwrap();
        BlobHeader { blob: BlobId::new([1; 32]), read: TokenHash::new([2; 32]), size, sha256: Sha256::digest(content).into() }
    }

    fn names(data: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            std::fs::read_dir(data.join("blobs")).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn an_upload_that_is_dropped_or_wrong_leaves_no_file() {
        let data = tempfile::tempdir().unwrap();
        let files = BlobFiles::open(data.path()).unwrap();
        let good = header(b"hello");
        let begin = |n| files.begin(FileName::new([n; 16])).unwrap();
        let mut dropped = begin(1);
        dropped.write(b"hel", &good).unwrap();
        drop(dropped);
        let mut short = begin(2);
        short.write(b"hell", &good).unwrap();
        assert!(matches!(short.finish(&good), Err(UploadError::WrongDigest)));
        let mut other = begin(3);
        other.write(b"hellO", &good).unwrap();
        assert!(matches!(other.finish(&good), Err(UploadError::WrongDigest)));
        let mut long = begin(4);
        long.write(b"hello", &good).unwrap();
        assert!(!long.write(b"!", &good).unwrap());
        assert!(matches!(long.finish(&good), Err(UploadError::WrongDigest)));
        assert_eq!(names(data.path()), Vec::<String>::new());
    }

    #[test]
    fn a_file_that_grows_stays_and_is_gone_on_with_from_any_byte_that_is_there() {
        let data = tempfile::tempdir().unwrap();
        let files = BlobFiles::open(data.path()).unwrap();
        let (good, name) = (header(b"hello"), FileName::new([1; 16]));
        assert_eq!(files.kept(name).unwrap(), 0);
        let grown = |offset, bytes: &[u8]| {
            let mut upload = files.go_on(files.turn(name).unwrap().unwrap(), offset).unwrap().unwrap();
            assert!(upload.write(bytes, &good).unwrap());
            upload
        };
        drop(grown(0, b"heXX"));
        assert_eq!(files.kept(name).unwrap(), 4);
        assert_eq!(files.go_on(files.turn(name).unwrap().unwrap(), 5).unwrap().err(), Some(4));
        let (turn, other) = (files.turn(name).unwrap(), BlobFiles::open(data.path()).unwrap());
        assert!(turn.is_some() && other.turn(name).unwrap().is_none(), "another relay writes it");
        drop(turn);
        assert!(matches!(grown(4, b"o").finish(&good), Err(UploadError::WrongDigest)), "the whole is digested");
        assert!(matches!(grown(2, b"ll").finish(&good), Err(UploadError::WrongDigest)), "too short");
        let whole = grown(4, b"o").finish(&good).unwrap();
        assert!(whole.name == name && files.turn(name).unwrap().is_none(), "nobody cuts it before the store has it");
        drop(whole);
        assert!(grown(0, b"hello").finish(&good).unwrap().name == name);
    }

    #[test]
    fn the_next_start_removes_of_files_without_a_row_what_is_unfinished_or_older_than_any_blob_and_no_other() {
        let data = tempfile::tempdir().unwrap();
        let files = BlobFiles::open(data.path()).unwrap();
        let good = header(b"hello");
        let mut finished = Vec::new();
        for n in 1..=2 {
            let mut upload = files.begin(FileName::new([n; 16])).unwrap();
            upload.write(b"hello", &good).unwrap();
            finished.push(upload.finish(&good).unwrap().name);
        }
        std::fs::write(data.path().join("blobs/0123.part"), b"cut by a crash").unwrap();
        let mut store = ModelStore::new(Generation::new([0; 16]));
        let stamp = TokenHash::new([9; 32]);
        let keep = KeepBlob { header: good, file: finished[0], stamp: Some(stamp) };
        let asks = [Ask::AddStamps(AddStamps(vec![stamp])), Ask::KeepBlob(keep)];
        let answers = store.run(Millis::new(1), &Rules::default(), &asks).committed().unwrap();
        assert!(matches!(answers[1], Answer::KeepBlob(Ok(_))));
        let at = written(&data.path().join("blobs").join(finished[1].to_string())).unwrap();
        assert_eq!(files.remove_orphans(&store.reads(), at).unwrap(), Orphans { removed: 1, kept: 1 });
        assert_eq!(names(data.path()).len(), 2, "another store may know it");
        assert_eq!(files.remove_orphans(&store.reads(), at.plus(60_000)).unwrap(), Orphans { removed: 1, kept: 0 });
        assert_eq!(names(data.path()), vec![finished[0].to_string()]);
        let mut file = files.read(finished[0], 2).unwrap();
        assert_eq!(read_chunk(&mut file, 2).unwrap(), b"ll");
        assert_eq!(read_chunk(&mut file, 2).unwrap(), b"o");
    }

    #[test]
    fn nothing_is_written_into_the_empty_place_of_a_folder_that_is_not_mounted() {
        let folder = tempfile::tempdir().unwrap();
        let (files, name) = (BlobFiles::shared(folder.path()).unwrap(), FileName::new([1; 16]));

        assert!(files.begin(name).is_err() && files.turn(name).is_err() && files.are_here().is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);

        std::fs::write(folder.path().join(SHARED_LIST), "").unwrap();
        assert!(files.begin(name).is_ok() && files.are_here().is_ok());
    }

    #[test]
    fn promises_never_exceed_the_disks_share_and_end_when_dropped() {
        let data = tempfile::tempdir().unwrap();
        let files = BlobFiles::open(data.path()).unwrap();
        let first = files.promise(60, 30, 100).unwrap();
        assert!(files.promise(11, 30, 100).is_none());
        let second = files.promise(10, 30, 100).unwrap();
        drop(first);
        assert!(files.promise(61, 30, 100).is_none());
        assert!(files.promise(60, 30, 100).is_some());
        drop(second);
        assert!(files.promise(u64::MAX, 30, 100).is_none());
    }
}
