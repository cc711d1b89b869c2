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
use super::lines::{HEIGHT, Line, PdfError, WIDTH, qr, settings, wrap, write};
use super::spanish;
use krilla::Document;
use krilla::destination::XyzDestination;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::Metadata;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, Identifier, SpanTag, Tag, TagGroup, TagTree};
use lacre_words::words::Words;
use std::num::NonZeroU16;

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

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Title,
    Heading,
    Paragraph,
}

struct Element {
    kind: Kind,
    text: String,
    lines: Vec<Line>,
}

/// One letter's elements; pages count from its own first.
struct Layout<'l> {
    letters: &'l Letters,
    elements: Vec<Element>,
    page: usize,
    y: f32,
}

impl Layout<'_> {
    /// At a place of its own on the first page; gives where it ends.
    fn fixed(&mut self, (left, top): (f32, f32), width: f32, size: f32, step: f32, bold: bool, text: &str) -> f32 {
        let mut y = top;
        let mut lines = Vec::new();
        for text in wrap(self.letters, text, bold, size, width).0 {
            y += step;
            lines.push(Line { page: 0, at: (left, y), size, bold, text });
        }
        self.elements.push(Element { kind: Kind::Paragraph, text: String::new(), lines });
        y
    }

    fn flow(&mut self, kind: Kind, text: &str, before: f32) {
        let bold = kind != Kind::Paragraph;
        let (step, mut lines) = (TEXT * STEP, Vec::new());
        self.y += before;
        // a heading does not stand alone at the foot of a page
        let alone = if bold { step * 3.0 } else { step };
        self.room(alone);
        for text in wrap(self.letters, text, bold, TEXT, RIGHT - LEFT).0 {
            self.room(step);
            self.y += step;
            lines.push(Line { page: self.page, at: (LEFT, self.y), size: TEXT, bold, text });
        }
        self.elements.push(Element { kind, text: text.to_owned(), lines });
    }

    fn room(&mut self, height: f32) {
        if self.y + height > BOTTOM {
            self.page += 1;
            self.y = NEXT_TOP;
        }
    }
}

fn laid<'l>(letters: &'l Letters, letter: &Letter) -> Layout<'l> {
    let mut layout = Layout { letters, elements: Vec::new(), page: 0, y: TEXT_TOP };
    let whole = QR_AT.0 - LEFT - 5.0 * MM;
    layout.fixed((LEFT, 20.0 * MM - TEXT), whole, TEXT, TEXT * STEP, true, &letter.sender);
    let y = layout.fixed((LEFT, FIELD_TOP), FIELD_WIDTH, SMALL, SMALL * STEP, false, &letter.sender);
    layout.fixed((LEFT, y.min(ADDRESS_TOP - SMALL * STEP)), FIELD_WIDTH, SMALL, SMALL * STEP, true, &letter.way);
    let mut y = ADDRESS_TOP;
    for line in letter.address.iter().take(ADDRESS_LINES) {
        y = layout.fixed((LEFT, y), FIELD_WIDTH, TEXT, ADDRESS_STEP, false, line);
    }
    let mut y = FACTS_AT.1;
    for (name, value) in &letter.facts {
        y = layout.fixed((FACTS_AT.0, y), RIGHT - FACTS_AT.0, TEXT, TEXT * STEP, false, &format!("{name}: {value}"));
    }
    layout.y = TEXT_TOP.max(y);
    layout.flow(Kind::Title, &letter.subject, TEXT);
    for piece in &letter.pieces {
        match piece {
            Piece::Heading(text) => layout.flow(Kind::Heading, text, TEXT),
            Piece::Text(text) => layout.flow(Kind::Paragraph, text, TEXT * 0.6),
            Piece::Line(text) => layout.flow(Kind::Paragraph, text, 0.0),
        }
    }
    layout
}

/// Letters, one behind the other, each from a page of its own on.
pub(crate) fn document(words: &Words, title: &str, all: &[&Letter]) -> Result<Vec<u8>, PdfError> {
    let rules = |e: &dyn std::fmt::Debug| PdfError::Rules(format!("{e:?}"));
    let mut document = Document::new_with(settings()?);
    let (fonts, mut tree, mut outline, mut first) = (Letters::new(), TagTree::new(), Outline::new(), 0);
    for letter in all {
        let layout = laid(&fonts, letter);
        let (ids, figure) = pages(words, &mut document, letter, &layout)?;
        tag(&mut tree, &mut outline, letter, &layout, ids, figure, first);
        first += layout.page + 1;
    }
    document.set_tag_tree(tree);
    document.set_outline(outline);
    let language = if spanish(words) { "es-CL" } else { "en" };
    let id = all.iter().map(|letter| letter.code.as_str()).collect::<Vec<_>>().join(" ");
    let metadata = Metadata::new()
        .title(title.to_owned())
        .language(language.to_owned())
        .creator(format!("Lacre {}", env!("LACRE_VERSION")))
        .document_id(id);
    document.set_metadata(metadata);
    document.finish().map_err(|e| rules(&e))
}

type Drawn = (Vec<Vec<Identifier>>, Option<Identifier>);

/// Draws a letter's pages; gives what was drawn of each element, and the code.
fn pages(words: &Words, document: &mut Document, letter: &Letter, layout: &Layout<'_>) -> Result<Drawn, PdfError> {
    let rules = |e: &dyn std::fmt::Debug| PdfError::Rules(format!("{e:?}"));
    let mut ids: Vec<Vec<Identifier>> = layout.elements.iter().map(|_| Vec::new()).collect();
    let mut figure = None;
    let all = layout.page + 1;
    for page in 0..all {
        let size = PageSettings::from_wh(WIDTH, HEIGHT).ok_or_else(|| rules(&"the size of the page"))?;
        let mut sheet = document.start_page_with(size);
        let mut surface = sheet.surface();
        for (element, ids) in layout.elements.iter().zip(&mut ids) {
            for line in element.lines.iter().filter(|line| line.page == page) {
                ids.push(surface.start_tagged(ContentTag::Span(SpanTag::empty())));
                write(&mut surface, layout.letters, line)?;
                surface.end_tagged();
            }
        }
        if page == 0 {
            figure = Some(surface.start_tagged(ContentTag::Other));
            surface.draw_path(&qr(&letter.code, QR_AT, QR_SIZE)?);
            surface.end_tagged();
            folds(&mut surface)?;
        }
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let foot = words.say_with("story-page", &[("n", number(page + 1).into()), ("of", number(all).into())]);
        surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Footer)));
        let text = format!("{foot}   {}", letter.code);
        let line = Line { page, at: (LEFT, HEIGHT - 12.0 * MM), size: SMALL, bold: false, text };
        write(&mut surface, layout.letters, &line)?;
        surface.end_tagged();
        surface.finish();
        sheet.finish();
    }
    Ok((ids, figure))
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

/// Puts a letter into the order of reading.
fn tag(
    tree: &mut TagTree,
    outline: &mut Outline,
    letter: &Letter,
    layout: &Layout<'_>,
    ids: Vec<Vec<Identifier>>,
    mut figure: Option<Identifier>,
    first: usize,
) {
    for (element, ids) in layout.elements.iter().zip(ids) {
        let level = |n: u16| NonZeroU16::new(n).unwrap_or(NonZeroU16::MIN);
        let mut group = match element.kind {
            Kind::Title => TagGroup::new(Tag::Hn(level(1), Some(element.text.clone()))),
            Kind::Heading => TagGroup::new(Tag::Hn(level(2), Some(element.text.clone()))),
            Kind::Paragraph => TagGroup::new(Tag::P),
        };
        ids.into_iter().for_each(|id| group.push(id));
        tree.push(group);
        if let (Kind::Title | Kind::Heading, Some(line)) = (element.kind, element.lines.first()) {
            let place = XyzDestination::new(first + line.page, Point::from_xy(line.at.0, line.at.1 - line.size));
            outline.push_child(OutlineNode::new(element.text.clone(), place));
        }
        if let (Kind::Title, Some(id)) = (element.kind, figure.take_if(|_| element.kind == Kind::Title)) {
            let mut group = TagGroup::new(Tag::Figure(Some(letter.qr.clone())));
            group.push(id);
            tree.push(group);
        }
    }
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
        let layout = laid(&fonts, &letter);
        let field = |line: &&Line| {
            let (x, y) = line.at;
            line.page == 0 && x < LEFT + FIELD_WIDTH && (FIELD_TOP..=FIELD_TOP + 45.5 * MM).contains(&y)
        };
        let seen: Vec<&str> =
            layout.elements.iter().flat_map(|e| &e.lines).filter(field).map(|line| line.text.as_str()).collect();
        assert_eq!(seen.len(), 2 + ADDRESS_LINES, "{seen:?}");
        assert!(layout.page > 1 && layout.elements.iter().flat_map(|e| &e.lines).all(|line| line.at.1 <= BOTTOM + 0.1));
    }
}
