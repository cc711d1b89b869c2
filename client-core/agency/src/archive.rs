//! Evidence as files that need no profile.

use crate::BodyTrouble;
use lacre_evidence::Bundle;
use lacre_ground::ids::NoticeId;
use std::io;

/// Where evidence is kept: a folder. A name is never anything but letters, digits, dots and hyphens.
pub trait Archive {
    /// Keeps it under this name, whole and durable, in the place of what the program kept there before.
    fn keep(&mut self, name: &str, content: &[u8]) -> io::Result<()>;
    /// What is kept there.
    fn read(&self, name: &str) -> io::Result<Vec<u8>>;
}

/// What the evidence of a notice is called.
#[must_use]
pub fn evidence_name(id: NoticeId) -> String {
    format!("{id}.lacre")
}

/// What is kept of a notice.
pub(crate) fn kept(archive: &dyn Archive, id: NoticeId) -> Result<Bundle, BodyTrouble> {
    let name = evidence_name(id);
    let missing = || BodyTrouble::NoEvidence(name.clone());
    let bytes = match archive.read(&name) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Err(missing()),
        Err(e) => return Err(e.into()),
    };
    Bundle::parse(&bytes).map_err(|_| missing())
}
