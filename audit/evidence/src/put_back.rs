//! A file that was left out of a bundle, put back by whoever has it.
//!
//! Until it is there, both digests of a left-out file are the agency's word alone: nothing ties the file to what the relay took.
//! With the file, [`verify()`](super::verify()) seals it again and compares.

use super::bundle::{Bundle, FilePart};
use super::notice::Notice;
use lacre_ground::note::UnverifiedNote;
use lacre_ground::signed::NoteText as _;
use sha2::{Digest, Sha256};

/// Why a file is not put back. The bundle is as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PutBackError {
    /// The notice has no file of this number: look at the numbers again.
    #[error("the notice has no file {0}")]
    NoSuchFile(usize),
    /// The bundle has this file: leave it away.
    #[error("file {0} is in the bundle")]
    AlreadyThere(usize),
    /// Another length or SHA-256 than the notice says: this is another file, and says nothing about the bundle.
    #[error("this is not file {0} of the notice")]
    OtherFile(usize),
    /// The bundle's notice cannot be read: the verdict says why.
    #[error("the notice cannot be read")]
    NoNotice,
}

impl Bundle {
    /// Puts a left-out file back, if it is the one whose length and SHA-256 stand in N. Nothing is verified by that.
    pub fn put_back(&mut self, number: usize, file: Vec<u8>) -> Result<(), PutBackError> {
        let raw = self.notice.as_deref().ok_or(PutBackError::NoNotice)?;
        let raw = UnverifiedNote::parse(raw).map_err(|_| PutBackError::NoNotice)?;
        let notice = Notice::parse(raw.unverified_text()).map_err(|_| PutBackError::NoNotice)?;
        let (Some(entry), Some(part)) = (notice.files.get(number), self.files.get_mut(number)) else {
            return Err(PutBackError::NoSuchFile(number));
        };
        if matches!(part, FilePart::Here(_)) {
            return Err(PutBackError::AlreadyThere(number));
        }
        let sha256: [u8; 32] = Sha256::digest(&file).into();
        if sha256 != entry.sha256 || u64::try_from(file.len()) != Ok(entry.len) {
            return Err(PutBackError::OtherFile(number));
        }
        *part = FilePart::Here(file);
        Ok(())
    }
}
