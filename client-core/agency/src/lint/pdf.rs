//! Whether a PDF has text, without reading it: a page with letters needs a font, and a scanned page has none.
//!
//! Looked for is the name `/Font` in what is not compressed and in what `FlateDecode` opens. Where it stands nowhere, and there are
//! pictures, the file is pictures of pages. What is not seen: a scan with a line of text on it (a stamp of a scanner) has a font; an
//! encrypted file, or one whose streams are compressed otherwise, cannot be looked into, and is said to be unknown.

use flate2::read::ZlibDecoder;
use memchr::memmem;
use std::io::Read as _;

/// Most bytes of opened streams that are looked at: a small file can open to a very large one.
pub const MAX_LOOKED_AT: u64 = 16 << 20;

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PdfText {
    /// a font, so text
    Has,
    /// pictures and no font
    None,
    /// it could not be looked into
    Unknown,
}

fn has(bytes: &[u8], name: &[u8]) -> bool {
    memmem::find(bytes, name).is_some()
}

/// What was found so far.
#[derive(Default)]
struct Found {
    fonts: bool,
    pictures: bool,
    /// something could not be looked into
    closed: bool,
}

impl Found {
    fn look(&mut self, bytes: &[u8]) {
        self.fonts |= has(bytes, b"/Font");
        self.pictures |= has(bytes, b"/Image");
        self.closed |= has(bytes, b"/Encrypt");
    }
}

/// Looks at a PDF.
#[must_use]
pub fn pdf_text(file: &[u8]) -> PdfText {
    let mut found = Found::default();
    let mut leave = MAX_LOOKED_AT;
    let mut rest = file;
    while let Some(at) = memmem::find(rest, b"stream") {
        let (before, behind) = (rest.get(..at).unwrap_or_default(), rest.get(at + 6..).unwrap_or_default());
        found.look(before);
        let length = memmem::find(behind, b"endstream").unwrap_or(behind.len());
        let data = behind.get(..length).unwrap_or_default();
        rest = behind.get(length + 9..).unwrap_or_default();
        // what stands before the data is the end of its own dictionary
        let dictionary = before.get(memmem::rfind(before, b"obj").unwrap_or(0)..).unwrap_or_default();
        if has(dictionary, b"/Image") {
            // a picture holds no names
            continue;
        }
        if has(dictionary, b"/FlateDecode") {
            let data = data.strip_prefix(b"\r\n").or_else(|| data.strip_prefix(b"\n")).unwrap_or(data);
            let mut opened = Vec::new();
            let whole = ZlibDecoder::new(data).take(leave).read_to_end(&mut opened).is_ok();
            leave = leave.saturating_sub(u64::try_from(opened.len()).unwrap_or(u64::MAX));
            found.look(&opened);
            found.closed |= !whole || leave == 0;
        } else if has(dictionary, b"/Filter") {
            found.closed = true;
        } else {
            found.look(data);
        }
        if found.fonts {
            return PdfText::Has;
        }
    }
    found.look(rest);
    match found {
        Found { fonts: true, .. } => PdfText::Has,
        Found { pictures: true, closed: false, .. } => PdfText::None,
        Found { .. } => PdfText::Unknown,
    }
}
