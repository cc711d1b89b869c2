//! A table whose columns a program names itself: no template, and nobody's notice.

use super::encoding::Unreadable;
use super::spoiled::is_error;
use super::stream::Records;
use super::whole::{MAX_ROWS, opened};
use std::io::{Read, Seek, SeekFrom};

/// A whole table: what cannot be read is known before anything is done with its rows. No `Debug`: it names persons.
pub struct Plain {
    names: Vec<String>,
    /// with something in them, each with the line that a spreadsheet shows
    pub rows: Vec<(u64, PlainRow)>,
}

/// One row.
#[derive(Clone, PartialEq, Eq)]
pub struct PlainRow(Vec<String>);

impl Plain {
    /// Reads all of it, parted where that shows one of these columns.
    pub fn read<R: Read + Seek>(mut source: R, columns: &[&str]) -> Result<Self, Unreadable> {
        let known = |name: &String| columns.contains(&name.trim().to_lowercase().as_str());
        let (encoding, head) = opened(&mut source, |names| names.iter().any(known))?;
        source.seek(SeekFrom::Start(0))?;
        let mut records = Records::new(&mut source, encoding, head.separator);
        // past the names
        while records.next()?.ok_or(Unreadable::Changed)?.0 < head.line {}
        let mut rows = Vec::new();
        while let Some((line, record)) = records.next()? {
            if u64::try_from(rows.len()).unwrap_or(u64::MAX) >= MAX_ROWS {
                return Err(Unreadable::Rows { most: MAX_ROWS });
            }
            if let Some(at) = record.iter().position(|cell| is_error(cell.trim())) {
                let column = head.names.get(at).cloned().unwrap_or_default();
                return Err(Unreadable::Spoiled { line, column });
            }
            rows.push((line, PlainRow(record.iter().map(|cell| cell.trim().to_owned()).collect())));
        }
        Ok(Self { names: head.names, rows })
    }

    /// Which column has one of these names, in large letters or small ones.
    #[must_use]
    pub fn column(&self, names: &[&str]) -> Option<usize> {
        self.names.iter().position(|there| names.contains(&there.trim().to_lowercase().as_str()))
    }
}

impl PlainRow {
    /// What stands in a column; nothing where the row is short.
    #[must_use]
    pub fn cell(&self, column: usize) -> &str {
        self.0.get(column).map_or("", String::as_str)
    }
}
