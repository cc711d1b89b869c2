//! The certificate for the case file: a tagged PDF (PDF/UA-1), the same bytes for the same evidence, version and language.
//!
//! Reading order is the story's. Each name and value is one paragraph; headings are headings and stand in the outline; the
//! QR code is a figure that says what is in it; page numbers are artifacts.

use super::spanish;
use super::story::{self, Block};
use krilla::configure::{Accessibility, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::geom::{Path, PathBuilder, Point, Rect};
use krilla::metadata::Metadata;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, Identifier, SpanTag, Tag, TagGroup, TagTree};
use krilla::text::{Font, TextDirection};
use krilla::{Document, SerializeSettings};
use lacre_evidence::Proven;
use lacre_words::words::Words;
use std::num::NonZeroU16;

const REGULAR: &[u8] = include_bytes!("../../assets/DejaVuSans-latin.ttf");
const BOLD: &[u8] = include_bytes!("../../assets/DejaVuSans-Bold-latin.ttf");

// A4 in points
const WIDTH: f32 = 595.0;
const HEIGHT: f32 = 842.0;
const MARGIN: f32 = 54.0;
const QR_SIZE: f32 = 92.0;
/// where values begin
const VALUES: f32 = 188.0;
const BOTTOM: f32 = HEIGHT - 64.0;

/// Why no PDF came out; a fault of ours.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PdfError {
    /// The built-in fonts do not load.
    #[error("the built-in font does not load")]
    Font,
    /// The digest does not fit into a QR code.
    #[error("no QR code")]
    Qr,
    /// The library refuses: a rule of PDF/UA is broken.
    #[error("not an accessible PDF: {0}")]
    Rules(String),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Title,
    Heading,
    Paragraph,
}

struct Line {
    page: usize,
    at: (f32, f32),
    size: f32,
    bold: bool,
    text: String,
}

struct Element {
    kind: Kind,
    text: String,
    lines: Vec<Line>,
}

/// Widths of a font's characters.
struct Widths(ttf_parser::Face<'static>);

impl Widths {
    fn of(&self, text: &str, size: f32) -> f32 {
        let units = f32::from(self.0.units_per_em());
        let advance = |c| self.0.glyph_index(c).and_then(|g| self.0.glyph_hor_advance(g)).unwrap_or(0);
        text.chars().map(|c| f32::from(advance(c))).sum::<f32>() / units * size
    }
    /// What the font does not have is written as an escape: nothing is left out in silence.
    fn known(&self, text: &str) -> String {
        text.chars().fold(String::new(), |mut out, c| {
            if self.0.glyph_index(c).is_some() {
                out.push(c)
            } else {
                out.extend(c.escape_unicode())
            }
            out
        })
    }
}

struct Layout {
    regular: Widths,
    bold: Widths,
    elements: Vec<Element>,
    page: usize,
    y: f32,
}

impl Layout {
    fn room(&mut self, height: f32) {
        if self.y + height > BOTTOM {
            self.page += 1;
            self.y = MARGIN;
        }
    }

    /// Lines no wider than this, cut at spaces, or inside a word that is too long alone.
    fn wrap(&self, text: &str, bold: bool, size: f32, width: f32) -> Vec<String> {
        let font = if bold { &self.bold } else { &self.regular };
        let mut lines = vec![String::new()];
        let known = font.known(text);
        for word in known.split_inclusive(' ') {
            for piece in pieces(font, word, size, width) {
                let fits = lines.last().is_none_or(|l| font.of(&format!("{l}{}", piece.trim_end()), size) <= width);
                match lines.last_mut() {
                    Some(line) if fits => line.push_str(&piece),
                    _ => lines.push(piece),
                }
            }
        }
        lines
    }

    fn element(&mut self, kind: Kind, text: &str, size: f32, bold: bool, width: f32, before: f32) {
        let wrapped = self.wrap(text, bold, size, width);
        self.y += before;
        // a heading does not stand alone at the foot of a page
        self.room(if kind == Kind::Heading { size * 5.0 } else { size * 1.4 });
        let mut lines = Vec::new();
        for text in wrapped {
            self.room(size * 1.4);
            self.y += size * 1.4;
            lines.push(Line { page: self.page, at: (MARGIN, self.y), size, bold, text });
        }
        self.elements.push(Element { kind, text: text.to_owned(), lines });
    }

    fn row(&mut self, name: &str, value: &str) {
        const SIZE: f32 = 8.5;
        let names = self.wrap(&format!("{name}: "), true, SIZE, VALUES - MARGIN - 10.0);
        let values = self.wrap(value, false, SIZE, WIDTH - MARGIN - VALUES);
        self.y += 3.0;
        let step = SIZE * 1.35;
        let height = f32::from(u16::try_from(names.len()).unwrap_or(u16::MAX)) * step;
        self.room(height.max(step));
        let (page, top) = (self.page, self.y);
        let mut lines: Vec<Line> = Vec::new();
        let mut y = top;
        for text in names {
            y += step;
            lines.push(Line { page, at: (MARGIN, y), size: SIZE, bold: true, text });
        }
        let below_names = y;
        for text in values {
            self.room(step);
            self.y += step;
            lines.push(Line { page: self.page, at: (VALUES, self.y), size: SIZE, bold: false, text });
        }
        if self.page == page {
            self.y = self.y.max(below_names);
        }
        self.elements.push(Element { kind: Kind::Paragraph, text: String::new(), lines });
    }
}

fn pieces(font: &Widths, word: &str, size: f32, width: f32) -> Vec<String> {
    let mut out = vec![String::new()];
    for c in word.chars() {
        let full = out.last().is_some_and(|p| !p.is_empty() && c != ' ' && font.of(&format!("{p}{c}"), size) > width);
        match out.last_mut() {
            Some(piece) if !full => piece.push(c),
            _ => out.push(c.to_string()),
        }
    }
    out
}

/// The certificate.
pub(crate) fn certificate(words: &Words, proven: &Proven) -> Result<Vec<u8>, PdfError> {
    let face = |bytes| ttf_parser::Face::parse(bytes, 0).map(Widths).map_err(|_| PdfError::Font);
    let mut layout = Layout { regular: face(REGULAR)?, bold: face(BOLD)?, elements: Vec::new(), page: 0, y: MARGIN - 10.0 };
    let beside_qr = WIDTH - 2.0 * MARGIN - QR_SIZE - 16.0;
    layout.element(Kind::Title, &words.say("story-title"), 16.0, true, beside_qr, 0.0);
    let verified = words.say_with("story-verified", &[("version", env!("CARGO_PKG_VERSION").into())]);
    layout.element(Kind::Paragraph, &verified, 9.0, false, beside_qr, 6.0);
    layout.element(Kind::Paragraph, &words.say("story-check"), 9.0, false, beside_qr, 2.0);
    layout.y = layout.y.max(MARGIN + QR_SIZE - 12.0);
    for block in story::of(words, proven) {
        match block {
            Block::Heading(text) => layout.element(Kind::Heading, &text, 12.0, true, WIDTH - 2.0 * MARGIN, 10.0),
            Block::Row(name, value) => layout.row(&name, &value),
            Block::Text(text) => layout.element(Kind::Paragraph, &text, 8.5, false, WIDTH - 2.0 * MARGIN, 3.0),
        }
    }
    draw(words, proven, &layout)
}

fn draw(words: &Words, proven: &Proven, layout: &Layout) -> Result<Vec<u8>, PdfError> {
    let rules = |e: &dyn std::fmt::Debug| PdfError::Rules(format!("{e:?}"));
    let configuration =
        ConfigurationBuilder::new().with_accessibility_validator(Accessibility::UA1).finish().map_err(|e| rules(&e))?;
    let settings = SerializeSettings { configuration, enable_tagging: true, ..SerializeSettings::default() };
    let font = |bytes: &'static [u8]| Font::new(bytes.to_vec().into(), 0).ok_or(PdfError::Font);
    let (regular, bold) = (font(REGULAR)?, font(BOLD)?);
    let digest = data_encoding::HEXLOWER.encode(&proven.digest);
    let qr = qr(&digest, WIDTH - MARGIN - QR_SIZE, MARGIN - 12.0)?;

    let mut document = Document::new_with(settings);
    let mut ids: Vec<Vec<Identifier>> = layout.elements.iter().map(|_| Vec::new()).collect();
    let mut figure = None;
    let pages = layout.page + 1;
    for page in 0..pages {
        let mut sheet =
            document.start_page_with(PageSettings::from_wh(WIDTH, HEIGHT).ok_or_else(|| rules(&"the size of the page"))?);
        let mut surface = sheet.surface();
        for (element, ids) in layout.elements.iter().zip(&mut ids) {
            for line in element.lines.iter().filter(|l| l.page == page) {
                ids.push(surface.start_tagged(ContentTag::Span(SpanTag::empty())));
                write(&mut surface, if line.bold { &bold } else { &regular }, line.size, line.at, &line.text);
                surface.end_tagged();
            }
        }
        if page == 0 {
            figure = Some(surface.start_tagged(ContentTag::Other));
            surface.draw_path(&qr);
            surface.end_tagged();
        }
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let foot = words.say_with("story-page", &[("n", number(page + 1).into()), ("of", number(pages).into())]);
        surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Footer)));
        write(&mut surface, &regular, 8.0, (MARGIN, HEIGHT - 36.0), &format!("{foot}   {digest}"));
        surface.end_tagged();
        surface.finish();
        sheet.finish();
    }

    let mut tree = TagTree::new();
    let mut outline = Outline::new();
    for (element, ids) in layout.elements.iter().zip(ids) {
        let level = |n: u16| NonZeroU16::new(n).unwrap_or(NonZeroU16::MIN);
        let mut group = match element.kind {
            Kind::Title => TagGroup::new(Tag::Hn(level(1), Some(element.text.clone()))),
            Kind::Heading => TagGroup::new(Tag::Hn(level(2), Some(element.text.clone()))),
            Kind::Paragraph => TagGroup::new(Tag::P),
        };
        ids.into_iter().for_each(|id| group.push(id));
        tree.push(group);
        if let (Kind::Title | Kind::Heading, Some(first)) = (element.kind, element.lines.first()) {
            let place = XyzDestination::new(first.page, Point::from_xy(first.at.0, first.at.1 - first.size));
            outline.push_child(OutlineNode::new(element.text.clone(), place));
        }
        if let (Kind::Title, Some(id)) = (element.kind, figure.take()) {
            let alt = words.say_with("story-qr", &[("digest", digest.as_str().into())]);
            let mut group = TagGroup::new(Tag::Figure(Some(alt)));
            group.push(id);
            tree.push(group);
        }
    }
    document.set_tag_tree(tree);
    document.set_outline(outline);
    let language = if spanish(words) { "es-CL" } else { "en" };
    let metadata = Metadata::new()
        .title(words.say("story-title"))
        .language(language.to_owned())
        .creator(format!("Lacre {}", env!("CARGO_PKG_VERSION")))
        .document_id(digest);
    document.set_metadata(metadata);
    document.finish().map_err(|e| rules(&e))
}

fn write(surface: &mut Surface<'_>, font: &Font, size: f32, at: (f32, f32), text: &str) {
    surface.draw_text(Point::from_xy(at.0, at.1), font.clone(), size, text, false, TextDirection::LeftToRight);
}

/// The code's dark squares as one path.
fn qr(text: &str, left: f32, top: f32) -> Result<Path, PdfError> {
    let code = qrcode::QrCode::new(text).map_err(|_| PdfError::Qr)?;
    let width = code.width();
    let small = |n: usize| f32::from(u16::try_from(n).unwrap_or(u16::MAX));
    let square = QR_SIZE / small(width);
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
    fn the_fonts_have_every_letter_of_both_catalogues() {
        let fonts = [Widths(ttf_parser::Face::parse(REGULAR, 0).unwrap()), Widths(ttf_parser::Face::parse(BOLD, 0).unwrap())];
        for text in [include_str!("../../i18n/proof.es.ftl"), include_str!("../../i18n/proof.en.ftl")] {
            let letters = text.replace('\n', " ");
            fonts.iter().for_each(|f| assert_eq!(f.known(&letters), letters));
        }
        assert_eq!(fonts[0].known("a\u{4e00}"), "a\\u{4e00}", "what they lack is shown as an escape");
    }

    #[test]
    fn lines_are_no_wider_than_asked_and_lose_nothing() {
        let face = || Widths(ttf_parser::Face::parse(REGULAR, 0).unwrap());
        let layout = Layout { regular: face(), bold: face(), elements: vec![], page: 0, y: 0.0 };
        for text in ["a b c", &"palabra ".repeat(60), &"0123456789abcdef".repeat(20), "", " "] {
            let lines = layout.wrap(text, false, 9.0, 200.0);
            assert_eq!(lines.concat(), *text);
            assert!(lines.iter().all(|l| layout.regular.of(l.trim_end(), 9.0) <= 200.0));
        }
    }
}
