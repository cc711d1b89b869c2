//! A notice as a letter: DIN 5008 form B, for envelopes C5/6 (DL) and C5 whose window shows the address field. Tagged (PDF/UA-1).
//!
//! | what | where, millimetres from the sheet's left and upper edge |
//! |---|---|
//! | sender's name | 20, 20 |
//! | code as a QR code | 165, 15, 25 wide |
//! | address field | 20, 45, 85 wide and 45 high: above 17.7 for who sends it and how, below 27.3 for six lines |
//! | what it is about | 125, 50, 65 wide |
//! | subject, text | from 20, 105 to 190 |
//! | marks to fold at | 5, 105 and 210 |
//!
//! All text that is read has 12 points. The order of reading is that of the table, the code behind the subject.

use super::letters::Letters;
use super::lines::{HEIGHT, PdfError};
use super::pages::{Beside, Flow, Kind, Pages, Style};
use krilla::geom::{PathBuilder, Rect};
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag};
use lacre_words::words::Words;

/// Points of a millimetre.
const MM: f32 = 72.0 / 25.4;
const TEXT: f32 = 12.0;
const SMALL: f32 = 9.0;
const STEP: f32 = 1.35;
const LEFT: f32 = 20.0 * MM;
const RIGHT: f32 = 190.0 * MM;
const QR_AT: (f32, f32) = (165.0 * MM, 15.0 * MM);
const QR_SIZE: f32 = 25.0 * MM;
/// The address field, and where the lines of the address begin in it.
const FIELD_TOP: f32 = 45.0 * MM;
const FIELD_WIDTH: f32 = 85.0 * MM;
const ADDRESS_TOP: f32 = (45.0 + 17.7) * MM;
/// Six lines in 27.3 millimetres.
const ADDRESS_STEP: f32 = 27.3 * MM / 6.0;
/// Most lines of an address.
pub(crate) const ADDRESS_LINES: usize = 6;
const FACTS_AT: (f32, f32) = (125.0 * MM, 50.0 * MM);
const TEXT_TOP: f32 = 105.0 * MM;
const NEXT_TOP: f32 = 25.0 * MM;
const BOTTOM: f32 = HEIGHT - 25.0 * MM;
const FOLDS: [f32; 2] = [105.0 * MM, 210.0 * MM];

/// A piece of what is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// a heading
    Heading(String),
    /// a paragraph
    Text(String),
    /// a line that follows close on the one before
    Line(String),
}

/// A letter.
pub(crate) struct Letter {
    /// who sends it
    pub(crate) sender: String,
    /// how it goes: above the address
    pub(crate) way: String,
    /// up to [`ADDRESS_LINES`] lines
    pub(crate) address: Vec<String>,
    /// name and value: case, day, code
    pub(crate) facts: Vec<(String, String)>,
    /// the title
    pub(crate) subject: String,
    /// the rest
    pub(crate) pieces: Vec<Piece>,
    /// in the QR code, and at the foot of each page
    pub(crate) code: String,
    /// what the QR code is, for who does not see it
    pub(crate) qr: String,
}

fn laid<'l>(letters: &'l Letters, letter: &Letter) -> Flow<'l> {
    let mut flow = Flow::new(letters, TEXT_TOP, (NEXT_TOP, BOTTOM));
    let text = Style { left: LEFT, width: RIGHT - LEFT, size: TEXT, step: TEXT * STEP, bold: false };
    let field = Style { width: FIELD_WIDTH, step: ADDRESS_STEP, ..text };
    let small = Style { size: SMALL, step: SMALL * STEP, ..field };
    flow.put_at(20.0 * MM - TEXT, &letter.sender, Style { width: QR_AT.0 - LEFT - 5.0 * MM, bold: true, ..text });
    let y = flow.put_at(FIELD_TOP, &letter.sender, small);
    flow.put_at(y.min(ADDRESS_TOP - SMALL * STEP), &letter.way, Style { bold: true, ..small });
    let mut y = ADDRESS_TOP;
    for line in letter.address.iter().take(ADDRESS_LINES) {
        y = flow.put_at(y, line, field);
    }
    let mut y = FACTS_AT.1;
    for (name, value) in &letter.facts {
        let facts = Style { left: FACTS_AT.0, width: RIGHT - FACTS_AT.0, ..text };
        y = flow.put_at(y, &format!("{name}: {value}"), facts);
    }
    flow.y = TEXT_TOP.max(y);
    // a heading does not stand alone at the foot of a page
    let head =
        |flow: &mut Flow<'_>, kind, words: &str| flow.put(kind, words, Style { bold: true, ..text }, TEXT, text.step * 3.0);
    head(&mut flow, Kind::Title, &letter.subject);
    for piece in &letter.pieces {
        match piece {
            Piece::Heading(words) => head(&mut flow, Kind::Heading, words),
            Piece::Text(words) => flow.put(Kind::Paragraph, words, text, TEXT * 0.6, text.step),
            Piece::Line(words) => flow.put(Kind::Paragraph, words, text, 0.0, text.step),
        }
    }
    flow
}

/// Letters, one behind the other, each from a page of its own on.
pub(crate) fn document(words: &Words, letters: &Letters, title: &str, all: &[&Letter]) -> Result<Vec<u8>, PdfError> {
    let mut pages = Pages::new(words)?;
    for letter in all {
        let beside = Beside {
            code: &letter.code,
            says: &letter.qr,
            qr: (QR_AT, QR_SIZE),
            foot: ((LEFT, HEIGHT - 12.0 * MM), SMALL),
            more: folds,
        };
        pages.put(&laid(letters, letter), &beside)?;
    }
    pages.finish(title, all.iter().map(|letter| letter.code.as_str()).collect::<Vec<_>>().join(" "))
}

/// Where the sheet is folded, so that the address stands in the window.
fn folds(surface: &mut Surface<'_>) -> Result<(), PdfError> {
    surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Other)));
    let mut path = PathBuilder::new();
    for y in FOLDS {
        path.push_rect(Rect::from_xywh(5.0 * MM, y, 4.0 * MM, 0.4).ok_or(PdfError::Qr)?);
    }
    surface.draw_path(&path.finish().ok_or(PdfError::Qr)?);
    surface.end_tagged();
    Ok(())
}

/// The notice's own text as pieces: what was signed, without the signs of headings and stress ([`crate::commands::notice::body`]).
pub(crate) fn pieces(source: &[(bool, String)], plain: bool) -> Vec<Piece> {
    let (mut out, mut open) = (Vec::new(), false);
    for (heading, line) in source {
        let text = line.trim();
        if text.is_empty() {
            open = false;
            continue;
        }
        if *heading {
            out.push(Piece::Heading(text.to_owned()));
            open = false;
            continue;
        }
        // lines of one paragraph flow together, but for those of lists, tables, quotes and code
        let own_line = plain || begins_a_line(line);
        match out.last_mut() {
            Some(Piece::Text(before) | Piece::Line(before)) if open && !own_line => {
                before.push(' ');
                before.push_str(text);
            }
            _ if open => out.push(Piece::Line(text.to_owned())),
            _ => out.push(Piece::Text(text.to_owned())),
        }
        open = true;
    }
    out
}

fn begins_a_line(line: &str) -> bool {
    let text = line.trim_start();
    let number = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let numbered = number.len() < text.len() && (number.starts_with(". ") || number.starts_with(") "));
    numbered || line.starts_with("    ") || text.starts_with(['-', '*', '+', '|', '>', '`', '~'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<(bool, String)> {
        text.lines().map(|line| (line.starts_with("RES"), line.to_owned())).collect()
    }

    #[test]
    fn lines_of_a_paragraph_flow_together_and_those_of_lists_and_plain_texts_do_not() {
        let source = lines("RESOLUCIÓN 1\n\nuno\ndos\n\n1. tres\n- cuatro\n");
        let heading = || Piece::Heading("RESOLUCIÓN 1".to_owned());
        let text = |t: &str| Piece::Text(t.to_owned());
        let line = |t: &str| Piece::Line(t.to_owned());
        assert_eq!(pieces(&source, false), [heading(), text("uno dos"), text("1. tres"), line("- cuatro")]);
        assert_eq!(pieces(&source, true), [heading(), text("uno"), line("dos"), text("1. tres"), line("- cuatro")]);
    }

    #[test]
    fn the_address_stands_in_the_window_and_nothing_else_does() {
        let fonts = Letters::new();
        let letter = Letter {
            sender: "Municipalidad de Ejemplo".to_owned(),
            way: "Carta certificada".to_owned(),
            address: (1..=ADDRESS_LINES).map(|n| format!("Línea {n}")).collect(),
            facts: vec![("Expediente".to_owned(), "E-1".to_owned())],
            subject: "Se resuelve".to_owned(),
            pieces: vec![Piece::Text("palabra ".repeat(3000))],
            code: "0".repeat(32),
            qr: "código".to_owned(),
        };
        let laid = laid(&fonts, &letter);
        let field = |line: &&super::super::lines::Line| {
            let (x, y) = line.at;
            line.page == 0 && x < LEFT + FIELD_WIDTH && (FIELD_TOP..=FIELD_TOP + 45.5 * MM).contains(&y)
        };
        let seen: Vec<&str> = laid.elements.iter().flat_map(|e| &e.lines).filter(field).map(|line| line.text.as_str()).collect();
        assert_eq!(seen.len(), 2 + ADDRESS_LINES, "{seen:?}");
        assert!(laid.page > 1 && laid.elements.iter().flat_map(|e| &e.lines).all(|line| line.at.1 <= BOTTOM + 0.1));
    }
}
