//! The recorder's log, read back.

use std::io::Write as _;
use std::path::Path;

/// One change of the folder, as `recorder.c` wrote it down. Paths are relative to the folder; the folder itself is "".
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the argument of the call of that name")]
pub enum Event {
    /// A name was opened; it was made by this, or it was emptied by this.
    Open { fd: u32, path: String, created: bool, emptied: bool },
    /// Bytes were written.
    Write { fd: u32, at: u64, bytes: Vec<u8> },
    /// The file was given a length.
    Truncate { fd: u32, size: u64 },
    /// fsync or fdatasync.
    Sync { fd: u32 },
    /// The descriptor was closed.
    Close { fd: u32 },
    /// The descriptor got a second number.
    Duplicate { fd: u32, to: u32 },
    /// A name was removed.
    Remove { path: String },
    /// A name was moved, over another if there was one.
    Rename { from: String, to: String },
    /// A folder was made.
    MakeFolder { path: String },
    /// The file was mapped for writing.
    Map { fd: u32 },
    /// A file got a second name.
    Link { from: String, to: String },
    /// A client outside of the process remembered something ([`marker`]).
    Mark { line: Vec<u8> },
}

const MARK: u8 = 12;

/// Writes what clients outside of the recorded process remember into its log: each line comes behind every change that
/// took effect before it was told.
///
/// # Errors
/// When the log cannot be opened.
pub fn marker(log: &Path) -> std::io::Result<impl Fn(&[u8]) -> std::io::Result<()> + Send + Sync + use<>> {
    let log = std::fs::File::options().create(true).append(true).open(log)?;
    Ok(move |line: &[u8]| {
        let mut record = vec![0; HEAD];
        record.splice(..1, [MARK]);
        record.splice(16..20, u32::try_from(line.len()).unwrap_or(u32::MAX).to_ne_bytes());
        record.extend_from_slice(line);
        // one call: records of two processes must not mix
        let written = (&log).write(&record)?;
        if written == record.len() { Ok(()) } else { Err(std::io::ErrorKind::WriteZero.into()) }
    })
}

const HEAD: usize = 24;

/// All events of a log about this folder.
///
/// # Errors
/// With a sentence, when the log is cut or not one.
pub fn events(log: &[u8], root: &Path) -> Result<Vec<Event>, String> {
    let root = root.to_str().ok_or("the folder's path is not UTF-8")?;
    let mut out = Vec::new();
    let mut rest = log;
    while let Some((head, more)) = rest.split_first_chunk::<HEAD>() {
        let &[op, flags, _, _, f0, f1, f2, f3, ref tail @ ..] = head;
        let fd = u32::from_ne_bytes([f0, f1, f2, f3]);
        let (number, lengths) = tail.split_first_chunk::<8>().ok_or("a head is cut")?;
        let number = u64::from_ne_bytes(*number);
        let (a_len, b_len) = lengths.split_first_chunk::<4>().ok_or("a head is cut")?;
        let b_len: [u8; 4] = b_len.try_into().map_err(|_| "a head is cut")?;
        let (a, more) = take(more, u32::from_ne_bytes(*a_len))?;
        let (b, more) = take(more, u32::from_ne_bytes(b_len))?;
        rest = more;
        let path = |bytes: &[u8]| relative(bytes, root);
        out.push(match op {
            1 => Event::Open { fd, path: path(a)?, created: flags & 1 != 0, emptied: flags & 2 != 0 },
            2 => Event::Write { fd, at: number, bytes: a.to_vec() },
            3 => Event::Truncate { fd, size: number },
            4 => Event::Sync { fd },
            5 => Event::Close { fd },
            6 => Event::Duplicate { fd, to: u32::try_from(number).map_err(|_| "a descriptor is too great")? },
            7 => Event::Remove { path: path(a)? },
            8 => Event::Rename { from: path(a)?, to: path(b)? },
            9 => Event::MakeFolder { path: path(a)? },
            10 => Event::Map { fd },
            11 => Event::Link { from: path(a)?, to: path(b)? },
            MARK => Event::Mark { line: a.to_vec() },
            other => return Err(format!("an unknown record: {other}")),
        });
    }
    if rest.is_empty() { Ok(out) } else { Err("the last record is cut".to_owned()) }
}

fn take(bytes: &[u8], n: u32) -> Result<(&[u8], &[u8]), String> {
    let n = usize::try_from(n).map_err(|_| "a length is too great")?;
    bytes.split_at_checked(n).ok_or_else(|| "the last record is cut".to_owned())
}

fn relative(path: &[u8], root: &str) -> Result<String, String> {
    let path = std::str::from_utf8(path).map_err(|_| "a path is not UTF-8")?;
    let inside = path.strip_prefix(root).ok_or_else(|| format!("{path} is outside of {root}"))?;
    Ok(inside.strip_prefix('/').unwrap_or(inside).to_owned())
}
