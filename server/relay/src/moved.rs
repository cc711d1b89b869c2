//! Whether the store of a data folder was moved into a database: then it is not served any more, or there would be two that each say
//! something else. The folder's store is as it was; who means it takes the file [`MOVED_FILE`] away.

use crate::secret_file;
use std::io;
use std::path::Path;

/// The file in the data folder.
pub const MOVED_FILE: &str = "moved";

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// rows are being carried, or that was cut off
    UnderWay,
    /// all of it is in the database, compared
    Whole,
}

impl Moved {
    /// What stands in a folder; none when its store was never moved.
    #[must_use]
    pub fn read(data: &Path) -> Option<Self> {
        let path = data.join(MOVED_FILE);
        path.symlink_metadata().ok()?;
        let whole = std::fs::read_to_string(path).is_ok_and(|text| text.lines().next() == Some("moved"));
        Some(if whole { Self::Whole } else { Self::UnderWay })
    }

    /// Writes it down, durably.
    pub fn write(self, data: &Path, database: &str) -> io::Result<()> {
        let text = match self {
            Self::UnderWay => {
                format!("moving\nrelay.sqlite here is being moved into the database {database}. To go on: lacre-relay move\n")
            }
            Self::Whole => format!(
                "moved\nrelay.sqlite here was moved into the database {database} and is not served any more. See RUNNING.md\n"
            ),
        };
        secret_file::replace(&data.join(MOVED_FILE), text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_down_is_read_and_what_cannot_be_read_is_not_whole() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Moved::read(folder.path()), None);
        for moved in [Moved::UnderWay, Moved::Whole] {
            moved.write(folder.path(), "lacre").unwrap();
            assert_eq!(Moved::read(folder.path()), Some(moved));
        }
        std::fs::write(folder.path().join(MOVED_FILE), b"\xff").unwrap();
        assert_eq!(Moved::read(folder.path()), Some(Moved::UnderWay));
    }
}
