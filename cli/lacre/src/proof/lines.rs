//! Lines of text on a page: cut where they fit, and written in the fonts that have their letters; and a QR code as squares.

use super::letters::{Letters, stands_alone};
use krilla::SerializeSettings;
use krilla::configure::{Accessibility, ConfigurationBuilder};
use krilla::geom::{Path, PathBuilder, Point, Rect};
use krilla::surface::Surface;
use unicode_segmentation::UnicodeSegmentation as _;

// A4 in points
pub(super) const WIDTH: f32 = 595.0;
pub(super) const HEIGHT: f32 = 842.0;

/// Why no PDF came out; a fault of ours.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PdfError {
    /// A built-in font does not load.
    #[error("a built-in font does not load")]
    Font,
    /// The digest does not fit into a QR code.
    #[error("no QR code")]
    Qr,
    /// The library refuses: a rule of PDF/UA is broken.
    #[error("not an accessible PDF: {0}")]
    Rules(String),
}

/// A document that keeps the rules of PDF/UA-1.
pub(super) fn settings() -> Result<SerializeSettings, PdfError> {
    let configuration = ConfigurationBuilder::new().with_accessibility_validator(Accessibility::UA1).finish();
    let configuration = configuration.map_err(|e| PdfError::Rules(format!("{e:?}")))?;
    Ok(SerializeSettings { configuration, enable_tagging: true, ..SerializeSettings::default() })
}

/// A line where it stands.
pub(super) struct Line {
    pub(super) page: usize,
    pub(super) at: (f32, f32),
    pub(super) size: f32,
    pub(super) bold: bool,
    pub(super) text: String,
}

/// Lines no wider than this, cut at spaces, or inside a word that is too long alone; and whether a letter is written as its number.
pub(super) fn wrap(letters: &Letters, text: &str, bold: bool, size: f32, width: f32) -> (Vec<String>, bool) {
    let (mut lines, mut used) = (vec![String::new()], 0.0);
    let (known, escaped) = letters.known(text);
    for word in known.split_inclusive(' ') {
        for piece in pieces(letters, word, bold, size, width) {
            let (whole, seen) = [piece.as_str(), piece.trim_end()].map(|text| letters.width(text, bold, size)).into();
            match lines.last_mut() {
                Some(line) if line.is_empty() || used + seen <= width => {
                    line.push_str(&piece);
                    used += whole;
                }
                _ => {
                    lines.push(piece);
                    used = whole;
                }
            }
        }
    }
    (lines, escaped)
}

/// A word, cut where a line may end inside it: behind letters that stand alone, and wherever it is too long for a line.
fn pieces(letters: &Letters, word: &str, bold: bool, size: f32, width: f32) -> Vec<String> {
    let mut out = vec![String::new()];
    let (mut alone, long) = (false, letters.width(word.trim_end(), bold, size) > width);
    for letter in word.graphemes(true) {
        let full = |piece: &String| long && letter != " " && letters.width(&format!("{piece}{letter}"), bold, size) > width;
        let cut = out.last().is_some_and(|piece| !piece.is_empty() && (full(piece) || (alone && letter != " ")));
        alone = stands_alone(letter);
        match out.last_mut() {
            Some(piece) if !cut => piece.push_str(letter),
            _ => out.push(letter.to_owned()),
        }
    }
    out
}

/// Writes a line.
pub(super) fn write(surface: &mut Surface<'_>, letters: &Letters, line: &Line) -> Result<(), PdfError> {
    let mut x = line.at.0;
    for run in letters.runs(&line.text, line.bold) {
        let font = letters.font(&run).ok_or(PdfError::Font)?;
        surface.draw_text(Point::from_xy(x, line.at.1), font, line.size, &run.text, false, run.direction());
        x += run.width(line.size);
    }
    Ok(())
}

/// The code's dark squares as one path.
pub(super) fn qr(text: &str, (left, top): (f32, f32), size: f32) -> Result<Path, PdfError> {
    let code = qrcode::QrCode::new(text).map_err(|_| PdfError::Qr)?;
    let width = code.width();
    let small = |n: usize| f32::from(u16::try_from(n).unwrap_or(u16::MAX));
    let square = size / small(width);
    let mut path = PathBuilder::new();
    for (i, color) in code.to_colors().into_iter().enumerate() {
        if color == qrcode::Color::Dark {
            let (x, y) = (left + small(i % width) * square, top + small(i / width) * square);
            path.push_rect(Rect::from_xywh(x, y, square, square).ok_or(PdfError::Qr)?);
        }
    }
    path.finish().ok_or(PdfError::Qr)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_no_wider_than_asked_and_lose_nothing() {
        let letters = Letters::new();
        let (words, hex, han) = ("palabra ".repeat(60), "0123456789abcdef".repeat(20), "中文漢字 ".repeat(30));
        let arabic = "العربية ".repeat(30);
        for text in ["a b c", &words, &hex, &han, &arabic, "", " "] {
            let (lines, escaped) = wrap(&letters, text, false, 9.0, 200.0);
            assert_eq!(lines.concat(), *text);
            assert!(lines.iter().all(|l| letters.width(l.trim_end(), false, 9.0) <= 200.0), "{lines:?}");
            assert!(!escaped);
        }
    }
}
