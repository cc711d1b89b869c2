//! What the bytes of a table are. Text that is wrongly decoded would name people wrongly, so nothing is guessed row by row: the
//! whole file is of one encoding, or it is refused.
//!
//! | bytes | |
//! |---|---|
//! | BOM of UTF-16 | UTF-16 |
//! | UTF-8 throughout, with or without BOM | UTF-8 |
//! | bytes that are no UTF-8, and nothing that only UTF-8 has | Windows-1252 |
//! | bytes that are no UTF-8, and a BOM or letters that are surely UTF-8 | mixed: refused, with a line of each |
//!
//! Two bytes of Windows-1252 can look like one letter of UTF-8 by chance (`Ñ”`). Surely UTF-8 is what begins with 0xC2 or 0xC3, which
//! are Latin letters with accents there and `Â` and `Ã` in Windows-1252, or has three or four bytes.

use encoding_rs::WINDOWS_1252;
use encoding_rs_io::{DecodeReaderBytes, DecodeReaderBytesBuilder};
use std::io::{self, BufRead as _, BufReader, Read, Seek, SeekFrom};

/// Largest table, bytes.
pub const MAX_TABLE: u64 = 100 << 20;
/// Longest line and longest row, bytes: a quote that is never closed would make the rest of a file one row.
pub const MAX_LINE: u64 = 1 << 20;

/// What a table's text is encoded as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8
    Utf8,
    /// UTF-8 with the three bytes in front that spreadsheets write
    Utf8Bom,
    /// UTF-16 with its two bytes in front
    Utf16,
    /// Windows-1252: detected, so it is said
    Windows1252,
}

/// Why a table cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// The file could not be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The file is too large: part it.
    #[error("the file has {bytes} bytes, and may have {most}")]
    TooLarge {
        /// its length
        bytes: u64,
        /// [`MAX_TABLE`]
        most: u64,
    },
    /// A line or row is too long. Perhaps a quote is not closed.
    #[error("line {line} has more than {most} bytes")]
    LongLine {
        /// where it begins
        line: u64,
        /// [`MAX_LINE`]
        most: u64,
    },
    /// Nothing stands in it.
    #[error("the file is empty")]
    Empty,
    /// It is a workbook: save it as CSV.
    #[error("the file is a workbook, not CSV")]
    Workbook,
    /// It is no text.
    #[error("line {line} is no text")]
    NotText {
        /// where
        line: u64,
    },
    /// Parts of it are UTF-8, others are not: it was put together from two files.
    #[error("line {utf8} is UTF-8, line {other} is not")]
    Mixed {
        /// a line that is surely UTF-8
        utf8: u64,
        /// a line that is surely not
        other: u64,
    },
    /// A spreadsheet wrote an error into a cell, in the place of a formula's result.
    #[error("line {line}, column {column}: a spreadsheet's error stands there")]
    Spoiled {
        /// where
        line: u64,
        /// its name, as it stands in the table
        column: String,
    },
    /// A quote is opened in this row and never closed.
    #[error("a quote is opened in line {line} and never closed")]
    OpenQuote {
        /// where the row begins
        line: u64,
    },
    /// More rows than a table may have: part it.
    #[error("the file has more than {most} rows")]
    Rows {
        /// [`super::MAX_ROWS`]
        most: u64,
    },
    /// It became another while it was read.
    #[error("the file was changed while it was read")]
    Changed,
}

/// Looks at the whole file.
pub(super) fn survey<R: Read + Seek>(source: &mut R) -> Result<Encoding, Unreadable> {
    let bytes = source.seek(SeekFrom::End(0))?;
    if bytes > MAX_TABLE {
        return Err(Unreadable::TooLarge { bytes, most: MAX_TABLE });
    }
    source.seek(SeekFrom::Start(0))?;
    let mut first = Vec::new();
    source.by_ref().take(8).read_to_end(&mut first)?;
    source.seek(SeekFrom::Start(0))?;
    let starts = |with: &[u8]| first.starts_with(with);
    if starts(b"PK\x03\x04") || starts(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return Err(Unreadable::Workbook);
    }
    let marked = match () {
        () if starts(&[0xff, 0xfe]) || starts(&[0xfe, 0xff]) => Some(Encoding::Utf16),
        () if starts(&[0xef, 0xbb, 0xbf]) => Some(Encoding::Utf8Bom),
        () => None,
    };
    let seen = if marked == Some(Encoding::Utf16) { look(decoded(source, Encoding::Utf16))? } else { look(source)? };
    match (marked, seen.utf8, seen.other) {
        (Some(marked), _, None) => Ok(marked),
        (None, _, None) => Ok(Encoding::Utf8),
        (Some(_), _, Some(other)) => Err(Unreadable::Mixed { utf8: 1, other }),
        (None, Some(utf8), Some(other)) => Err(Unreadable::Mixed { utf8, other }),
        (None, None, Some(_)) => Ok(Encoding::Windows1252),
    }
}

/// The first line that is surely UTF-8, and the first that is surely not.
struct Seen {
    utf8: Option<u64>,
    other: Option<u64>,
}

fn look(source: impl Read) -> Result<Seen, Unreadable> {
    let mut source = BufReader::with_capacity(1 << 16, source);
    let mut seen = Seen { utf8: None, other: None };
    let mut line = Vec::new();
    let mut empty = true;
    for number in 1.. {
        line.clear();
        if source.by_ref().take(MAX_LINE + 1).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        if u64::try_from(line.len()).unwrap_or(u64::MAX) > MAX_LINE {
            return Err(Unreadable::LongLine { line: number, most: MAX_LINE });
        }
        if line.contains(&0) {
            return Err(Unreadable::NotText { line: number });
        }
        empty &= line.trim_ascii().is_empty();
        if line.is_ascii() {
            continue;
        }
        // the mark of the first line is no letter
        let text = if number == 1 { line.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(&line) } else { &line };
        for chunk in text.utf8_chunks() {
            if chunk.valid().bytes().any(|b| matches!(b, 0xc2 | 0xc3 | 0xe0..=0xf4)) {
                seen.utf8.get_or_insert(number);
            }
            if !chunk.invalid().is_empty() {
                seen.other.get_or_insert(number);
            }
        }
    }
    if empty { Err(Unreadable::Empty) } else { Ok(seen) }
}

/// The file as UTF-8, without a mark in front.
pub(super) fn decoded<R: Read>(source: R, encoding: Encoding) -> DecodeReaderBytes<R, Vec<u8>> {
    let mut builder = DecodeReaderBytesBuilder::new();
    match encoding {
        Encoding::Windows1252 => builder.encoding(Some(WINDOWS_1252)).bom_override(false),
        Encoding::Utf8 | Encoding::Utf8Bom | Encoding::Utf16 => builder.bom_sniffing(true).utf8_passthru(true).strip_bom(true),
    };
    builder.build(source)
}
