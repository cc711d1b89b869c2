//! The folder of blob files: written whole, synced, then named; never changed.
//!
//! `<name>.part` while it is written, `<name>` once it is complete. What has no row in the store is nobody's: the next
//! start removes it.

use crate::store::blobs::{BlobHeader, FileName};
use crate::store::{Reads, StoreDown};
use sha2::{Digest as _, Sha256};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const PART: &str = "part";

/// The folder. Cheap to clone.
#[derive(Clone)]
pub struct BlobFiles {
    folder: Arc<PathBuf>,
    promised: Arc<AtomicU64>,
}

/// Why an upload did not become a blob. Nothing of it stays.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// More or fewer bytes than announced, or others.
    #[error("the bytes do not have the size or digest of the header")]
    WrongDigest,
    /// The disk said no.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl BlobFiles {
    /// The folder `blobs` in the data folder; made if it is not there.
    pub fn open(data: &Path) -> io::Result<Self> {
        let folder = data.join("blobs");
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        File::open(data)?.sync_all()?;
        Ok(Self { folder: Arc::new(folder), promised: Arc::default() })
    }

    /// Removes what a crash left behind. Before anything is served.
    pub fn remove_orphans(&self, reads: &dyn Reads) -> Result<u64, StoreDown> {
        let mut removed = 0;
        for entry in std::fs::read_dir(self.folder.as_path()).map_err(StoreDown::new)? {
            let path = entry.map_err(StoreDown::new)?.path();
            let name = path.file_name().and_then(|n| n.to_str()).and_then(FileName::parse);
            let known = match name {
                Some(name) => reads.blob_file_known(&name)?,
                None => false,
            };
            if !known {
                std::fs::remove_file(&path).map_err(StoreDown::new)?;
                removed += 1;
            }
        }
        Ok(removed)
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
        let path = self.folder.join(name.to_string()).with_extension(PART);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        Ok(Upload { folder: Arc::clone(&self.folder), name, path: Some(path), file, digest: Sha256::new(), written: 0 })
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
    path: Option<PathBuf>,
    file: File,
    digest: Sha256,
    written: u64,
}

impl Upload {
    /// The next bytes; more than the header announced are refused at once.
    pub fn write(&mut self, chunk: &[u8], header: &BlobHeader) -> Result<(), UploadError> {
        let written = self.written.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
        if written > header.size {
            return Err(UploadError::WrongDigest);
        }
        self.file.write_all(chunk)?;
        self.digest.update(chunk);
        self.written = written;
        Ok(())
    }

    /// Compares with the header, syncs, names the file, syncs the folder: from here on it survives a power cut.
    pub fn finish(mut self, header: &BlobHeader) -> Result<FileName, UploadError> {
        let digest: [u8; 32] = std::mem::take(&mut self.digest).finalize().into();
        if self.written != header.size || digest != header.sha256 {
            return Err(UploadError::WrongDigest);
        }
        self.file.sync_all()?;
        if let Some(path) = &self.path {
            std::fs::rename(path, self.folder.join(self.name.to_string()))?;
        }
        self.path = None;
        File::open(self.folder.as_path())?.sync_all()?;
        Ok(self.name)
    }
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
    let (mut file, mut digest, mut buffer) = (File::open(path)?, Sha256::new(), vec![0; 128 * 1024]);
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
    use crate::rules::Rules;
    use crate::store::blobs::KeepBlob;
    use crate::store::model::ModelStore;
    use crate::store::{AccountStore as _, BlobStore as _, Store as _};
    use lacre_audit::ids::{BlobId, Generation, TokenHash};
    use lacre_audit::time::Millis;

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
        assert!(matches!(long.write(b"!", &good), Err(UploadError::WrongDigest)));
        drop(long);
        assert_eq!(names(data.path()), Vec::<String>::new());
    }

    #[test]
    fn the_next_start_removes_files_without_a_row_and_no_other() {
        let data = tempfile::tempdir().unwrap();
        let files = BlobFiles::open(data.path()).unwrap();
        let good = header(b"hello");
        let mut finished = Vec::new();
        for n in 1..=2 {
            let mut upload = files.begin(FileName::new([n; 16])).unwrap();
            upload.write(b"hello", &good).unwrap();
            finished.push(upload.finish(&good).unwrap());
        }
        std::fs::write(data.path().join("blobs/0123.part"), b"cut by a crash").unwrap();
        let mut store = ModelStore::new(Generation::new([0; 16]));
        let stamp = TokenHash::new([9; 32]);
        store.begin().unwrap();
        store.add_stamps(&[stamp]).unwrap();
        let keep = KeepBlob { header: good, file: finished[0], stamp: Some(stamp) };
        assert!(store.keep_blob(Millis::new(1), &Rules::default(), &keep).unwrap().is_ok());
        store.commit().unwrap();
        assert_eq!(files.remove_orphans(&store.reads()).unwrap(), 2);
        assert_eq!(names(data.path()), vec![finished[0].to_string()]);
        let mut file = files.read(finished[0], 2).unwrap();
        assert_eq!(read_chunk(&mut file, 2).unwrap(), b"ll");
        assert_eq!(read_chunk(&mut file, 2).unwrap(), b"o");
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
