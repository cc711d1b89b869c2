//! Rows of fields, each with the line that a spreadsheet shows: a row is one line there, also where a field has several.

use super::encoding::{Encoding, MAX_LINE, Unreadable, decoded};
use encoding_rs_io::DecodeReaderBytes;
use std::io::{self, Chain, Read};

/// What stands between fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Separator {
    /// `,`
    Comma,
    /// `;`
    Semicolon,
    /// a tab
    Tab,
}

impl Separator {
    /// All of them, in the order in which they are tried.
    pub(super) const ALL: [Self; 3] = [Self::Semicolon, Self::Comma, Self::Tab];

    /// The byte.
    #[must_use]
    pub const fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
        }
    }
}

/// Stands behind the last row. A table has no NUL, so it is found behind a quote that was never closed, and nowhere else.
const END: &[u8] = b"\n\0\n";

/// Every end of a line as `\n`, and no more bytes than were given leave to pass.
struct Lines<R> {
    inner: R,
    /// the byte before was `\r`
    returned: bool,
    leave: u64,
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let n = self.inner.read(out)?;
            let leave = self.leave.checked_sub(u64::try_from(n).unwrap_or(u64::MAX));
            self.leave = leave.ok_or_else(|| io::Error::from(io::ErrorKind::FileTooLarge))?;
            let mut kept = 0;
            for at in 0..n {
                let Some(byte) = out.get(at).copied() else { break };
                let second = byte == b'\n' && self.returned;
                self.returned = byte == b'\r';
                if !second {
                    out.get_mut(kept).into_iter().for_each(|place| *place = if byte == b'\r' { b'\n' } else { byte });
                    kept += 1;
                }
            }
            if kept > 0 || n == 0 {
                return Ok(kept);
            }
        }
    }
}

/// The file as UTF-8, with [`END`] behind it.
type Text<R> = Lines<Chain<DecodeReaderBytes<R, Vec<u8>>, &'static [u8]>>;

/// The bytes that the reader of CSV takes at once.
const BUFFER: usize = 1 << 16;

/// Rows of fields.
pub(super) struct Records<R> {
    reader: csv::Reader<Text<R>>,
    record: csv::StringRecord,
    /// lines inside of fields before this row: a spreadsheet does not count them
    inside: u64,
    ended: bool,
}

impl<R: Read> Records<R> {
    pub(super) fn new(source: R, encoding: Encoding, separator: Separator) -> Self {
        let lines = Lines { inner: decoded(source, encoding).chain(END), returned: false, leave: 0 };
        let mut builder = csv::ReaderBuilder::new();
        builder.delimiter(separator.byte()).has_headers(false).flexible(true).buffer_capacity(BUFFER);
        builder.terminator(csv::Terminator::Any(b'\n'));
        Self { reader: builder.from_reader(lines), record: csv::StringRecord::new(), inside: 0, ended: false }
    }

    /// The next row that has something in it, and its line.
    pub(super) fn next(&mut self) -> Result<Option<(u64, &csv::StringRecord)>, Unreadable> {
        loop {
            if self.ended {
                return Ok(None);
            }
            let before = self.reader.position().line().saturating_sub(self.inside);
            // a row, and what is read ahead of it
            self.reader.get_mut().leave = MAX_LINE.saturating_add(u64::try_from(2 * BUFFER).unwrap_or_default());
            let more = self.reader.read_record(&mut self.record).map_err(|why| unreadable(why, before))?;
            let inside = self.record.iter().map(|field| field.matches('\n').count()).sum::<usize>();
            let inside = u64::try_from(inside).unwrap_or_default();
            let end = self.reader.position().line().saturating_sub(inside + self.inside);
            if !more {
                return Err(Unreadable::Changed);
            }
            if self.record.iter().any(|field| field.contains('\0')) {
                self.ended = true;
                return if self.record.as_slice() == "\0" { Ok(None) } else { Err(Unreadable::OpenQuote { line: end }) };
            }
            // the row ended with a new line; lines without anything were passed over
            let line = end.saturating_sub(1);
            if u64::try_from(self.record.as_slice().len()).unwrap_or(u64::MAX) > MAX_LINE {
                return Err(Unreadable::LongLine { line, most: MAX_LINE });
            }
            self.inside += inside;
            if self.record.iter().any(|field| !field.trim().is_empty()) {
                return Ok(Some((line, &self.record)));
            }
        }
    }
}

fn unreadable(why: csv::Error, line: u64) -> Unreadable {
    match why.into_kind() {
        csv::ErrorKind::Io(why) if why.kind() == io::ErrorKind::FileTooLarge => Unreadable::LongLine { line, most: MAX_LINE },
        csv::ErrorKind::Io(why) => Unreadable::Io(why),
        // it was UTF-8 when it was looked at
        _ => Unreadable::Changed,
    }
}
