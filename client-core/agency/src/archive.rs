//! Evidence as files that need no profile.

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
