//! The container: a first line, parts with names and lengths, and the digest of all of it. Bundles and files of head notes are such.
//!
//! ```text
//! lacre evidence v2
//! parts 10
//!
//! part keys 177
//! <177 bytes>
//! …
//! end <SHA-256 of everything before this line, hexadecimal>
//! ```

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

/// Why bytes are no container of this kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContainerError {
    /// Another version of the format: 1 was a draft with which nothing was sent, later ones need a newer program.
    #[error("version {0} of the format")]
    Version(u32),
    /// Not the form of a bundle.
    #[error("not a bundle: {0}")]
    Shape(&'static str),
    /// The digest at the end is of other bytes: it was changed or cut.
    #[error("the digest at the end does not fit")]
    Checksum,
    /// Fewer parts than it says, or a number is left out.
    #[error("{0} is missing")]
    Missing(String),
}

/// A kind of container.
pub(super) struct Form {
    /// what stands in the first line before the version
    pub(super) kind: &'static str,
    pub(super) version: u32,
    /// most bytes, of all of it
    pub(super) bytes: usize,
    pub(super) parts: usize,
}

/// What came, in its order: nothing is known yet but where each part begins and ends.
pub(super) struct Parts<'b> {
    /// how many it says there are
    pub(super) announced: usize,
    /// name, and bytes if it was not left out
    pub(super) parts: Vec<(&'b str, Option<&'b [u8]>)>,
}

impl Form {
    fn first(&self) -> String {
        format!("{}{}\n", self.kind, self.version)
    }

    /// Whether the first line is one of this kind, of whatever version.
    pub(super) fn begins(&self, bytes: &[u8]) -> bool {
        bytes.starts_with(self.first().as_bytes()) || self.other_version(bytes).is_some()
    }

    /// The container of these parts.
    pub(super) fn write(&self, parts: &[(String, Option<&[u8]>)]) -> Vec<u8> {
        let mut out = self.first().into_bytes();
        out.extend_from_slice(format!("parts {}\n\n", parts.len()).as_bytes());
        for (name, bytes) in parts {
            match bytes {
                Some(bytes) => {
                    out.extend_from_slice(format!("part {name} {}\n", bytes.len()).as_bytes());
                    out.extend_from_slice(bytes);
                    out.push(b'\n');
                }
                None => out.extend_from_slice(format!("part {name} left-out\n").as_bytes()),
            }
        }
        let digest = HEXLOWER.encode(&Sha256::digest(&out));
        out.extend_from_slice(format!("end {digest}\n").as_bytes());
        out
    }

    /// Takes one apart.
    pub(super) fn read<'b>(&self, bytes: &'b [u8]) -> Result<Parts<'b>, ContainerError> {
        if bytes.len() > self.bytes {
            return Err(ContainerError::Shape("longer than it may be"));
        }
        let first = self.first();
        let Some(after) = bytes.strip_prefix(first.as_bytes()) else {
            let version = self.other_version(bytes).map(ContainerError::Version);
            return Err(version.unwrap_or(ContainerError::Shape("the first line is another")));
        };
        let tail_at = after.len().checked_sub("end \n".len() + 64).ok_or(ContainerError::Checksum)?;
        let (mut rest, tail) = after.split_at(tail_at);
        let body = bytes.get(..first.len() + tail_at).unwrap_or_default();
        if tail != format!("end {}\n", HEXLOWER.encode(&Sha256::digest(body))).as_bytes() {
            return Err(ContainerError::Checksum);
        }
        let announced = line(&mut rest)
            .and_then(|l| l.strip_prefix("parts "))
            .and_then(|n| decimal(n, self.parts))
            .ok_or(ContainerError::Shape("the second line is not the number of parts"))?;
        if line(&mut rest) != Some("") {
            return Err(ContainerError::Shape("the third line is not empty"));
        }
        let mut parts = Vec::new();
        while !rest.is_empty() {
            let head = line(&mut rest).and_then(|l| l.strip_prefix("part ")).ok_or(ContainerError::Shape("no part line"))?;
            let (name, len) = head.split_once(' ').ok_or(ContainerError::Shape("no part line"))?;
            let content = if len == "left-out" {
                None
            } else {
                let len = decimal(len, self.bytes).ok_or(ContainerError::Shape("a part's length is no number"))?;
                let (content, more) = rest.split_at_checked(len).ok_or(ContainerError::Shape("a part is cut"))?;
                rest = more.strip_prefix(b"\n").ok_or(ContainerError::Shape("a part is longer than it says"))?;
                Some(content)
            };
            parts.push((name, content));
        }
        Ok(Parts { announced, parts })
    }

    /// The number in a first line of another version.
    fn other_version(&self, bytes: &[u8]) -> Option<u32> {
        let line = bytes.split(|b| *b == b'\n').next().filter(|line| line.len() < bytes.len() && line.len() < 40)?;
        let number = core::str::from_utf8(line).ok()?.strip_prefix(self.kind)?;
        number.parse::<u32>().ok().filter(|n| *n > 0 && *n != self.version && n.to_string() == number)
    }
}

impl Parts<'_> {
    /// Whether as many came as were announced; `gap` is the first number that was left out.
    pub(super) fn complete(&self, gap: Option<String>) -> Result<(), ContainerError> {
        let (found, announced) = (self.parts.len(), self.announced);
        if found > announced {
            return Err(ContainerError::Shape("more parts than it says"));
        }
        match gap {
            Some(part) => Err(ContainerError::Missing(part)),
            None if found < announced => Err(ContainerError::Missing(format!("{} of {announced} parts", announced - found))),
            None => Ok(()),
        }
    }
}

fn line<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    let end = rest.iter().take(200).position(|b| *b == b'\n')?;
    let (line, more) = rest.split_at_checked(end)?;
    *rest = more.get(1..)?;
    core::str::from_utf8(line).ok()
}

/// A number without leading zeros, up to this one.
pub(super) fn decimal(text: &str, max: usize) -> Option<usize> {
    text.parse::<usize>().ok().filter(|n| *n <= max && n.to_string() == text)
}
