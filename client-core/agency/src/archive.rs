//! Evidence as files that need no profile.

use crate::batch::Attachment;
use crate::{BodyTrouble, NewFile};
use data_encoding::HEXLOWER;
use lacre_evidence::{Bundle, FilePart, Notice};
use lacre_ground::ids::NoticeId;
use sha2::{Digest as _, Sha256};
use std::io;

/// Where evidence is kept: a folder. A name is never anything but letters, digits, dots and hyphens.
pub trait Archive {
    /// Keeps it under this name, whole and durable, in the place of what the program kept there before.
    fn keep(&mut self, name: &str, content: &[u8]) -> io::Result<()>;
    /// Keeps all of them so; which are kept when it fails is not known.
    fn keep_all(&mut self, files: &[(String, Vec<u8>)]) -> io::Result<()> {
        files.iter().try_for_each(|(name, content)| self.keep(name, content))
    }
    /// Whether something is kept there.
    fn holds(&self, name: &str) -> bool {
        self.read(name).is_ok()
    }
    /// What is kept there.
    fn read(&self, name: &str) -> io::Result<Vec<u8>>;
}

/// What the evidence of a notice is called.
#[must_use]
pub fn evidence_name(id: NoticeId) -> String {
    format!("{id}.lacre")
}

/// What a file that many notices may have is called: it lies there once.
fn shared_name(sha256: &[u8; 32]) -> String {
    format!("file.{}", HEXLOWER.encode(sha256))
}

fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Keeps files so that many notices may have them.
pub(crate) fn share(archive: &mut dyn Archive, files: Vec<NewFile>) -> Result<Vec<Attachment>, BodyTrouble> {
    let mut all = Vec::with_capacity(files.len());
    for file in files {
        let sha256 = digest(&file.bytes);
        let name = shared_name(&sha256);
        if !archive.holds(&name) {
            archive.keep(&name, &file.bytes)?;
        }
        let len = u64::try_from(file.bytes.len()).unwrap_or(u64::MAX);
        all.push(Attachment { name: file.name, media: file.media, len, sha256 });
    }
    Ok(all)
}

/// The bytes that have this digest; none if they are gone, or were changed.
pub(crate) fn shared(archive: &dyn Archive, sha256: &[u8; 32]) -> Result<Option<Vec<u8>>, BodyTrouble> {
    match archive.read(&shared_name(sha256)) {
        Ok(bytes) => Ok(Some(bytes).filter(|bytes| digest(bytes) == *sha256)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e.into()),
    }
}

/// A bundle as it is kept: files that lie there by themselves are left out of it. [`kept`] puts them back.
pub(crate) fn lean(archive: &dyn Archive, bundle: &Bundle) -> Bundle {
    let part = |part: &FilePart| match part {
        FilePart::Here(bytes) if archive.holds(&shared_name(&digest(bytes))) => FilePart::LeftOut,
        other => other.clone(),
    };
    Bundle { files: bundle.files.iter().map(part).collect(), ..bundle.clone() }
}

/// What is kept of a notice, with its files.
pub(crate) fn kept(archive: &dyn Archive, id: NoticeId) -> Result<Bundle, BodyTrouble> {
    let name = evidence_name(id);
    let missing = || BodyTrouble::NoEvidence(name.clone());
    let bytes = match archive.read(&name) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Err(missing()),
        Err(e) => return Err(e.into()),
    };
    let mut bundle = Bundle::parse(&bytes).map_err(|_| missing())?;
    if bundle.files.contains(&FilePart::LeftOut) {
        // N was verified before it was kept, and what is put back has its digest
        let notice = bundle.notice.as_deref().and_then(Notice::kept).ok_or_else(missing)?;
        for (part, line) in bundle.files.iter_mut().zip(&notice.files).filter(|(part, _)| **part == FilePart::LeftOut) {
            if let Some(bytes) = shared(archive, &line.sha256)? {
                *part = FilePart::Here(bytes);
            }
        }
    }
    Ok(bundle)
}
