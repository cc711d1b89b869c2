//! The report for the case file: a tagged PDF (PDF/UA-1), the same bytes for the same evidence, check, version and language.
//!
//! Reading order is the story's. Each name and value is one paragraph; headings are headings and stand in the outline; the
//! QR code is a figure that says what is in it; page numbers are artifacts. Letters: [`letters`](super::letters).

use super::block::Block;
use super::letters::Letters;
use super::lines::{HEIGHT, Line, PdfError, WIDTH, qr, settings, wrap, write};
use super::spanish;
use super::story::{self, Check};
use krilla::Document;
use krilla::destination::XyzDestination;
use krilla::geom::Point;
use krilla::metadata::Metadata;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, Identifier, SpanTag, Tag, TagGroup, TagTree};
use lacre_evidence::Proven;
use lacre_words::words::Words;
use std::num::NonZeroU16;

const MARGIN: f32 = 54.0;
const QR_SIZE: f32 = 92.0;
/// where values begin
const VALUES: f32 = 188.0;
/// how far to the right names stand that tell more of a row
const INDENT: f32 = 10.0;
const BOTTOM: f32 = HEIGHT - 64.0;

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

struct Layout {
    letters: Letters,
    elements: Vec<Element>,
    page: usize,
    y: f32,
    /// some letter is written as its number
    escaped: bool,
}

impl Layout {
    fn room(&mut self, height: f32) {
        if self.y + height > BOTTOM {
            self.page += 1;
            self.y = MARGIN;
        }
    }

    fn wrap(&mut self, text: &str, bold: bool, size: f32, width: f32) -> Vec<String> {
        let (lines, escaped) = wrap(&self.letters, text, bold, size, width);
        self.escaped |= escaped;
        lines
    }

    fn element(&mut self, kind: Kind, text: &str, size: f32, bold: bool, width: f32, before: f32) {
        self.element_at(MARGIN, kind, text, size, bold, width, before);
    }

    /// What somebody else wrote: to the right of the program's own words.
    fn quote(&mut self, text: &str) {
        let (left, size) = (MARGIN + 2.0 * INDENT, 8.5);
        self.element_at(left, Kind::Paragraph, text, size, false, WIDTH - MARGIN - left, 4.0);
    }

    #[expect(clippy::too_many_arguments, reason = "where it stands, what it is and how it looks")]
    fn element_at(&mut self, left: f32, kind: Kind, text: &str, size: f32, bold: bool, width: f32, before: f32) {
        let wrapped = self.wrap(text, bold, size, width);
        self.y += before;
        // a heading does not stand alone at the foot of a page
        self.room(if kind == Kind::Heading { size * 5.0 } else { size * 1.4 });
        let mut lines = Vec::new();
        for text in wrapped {
            self.room(size * 1.4);
            self.y += size * 1.4;
            lines.push(Line { page: self.page, at: (left, self.y), size, bold, text });
        }
        self.elements.push(Element { kind, text: text.to_owned(), lines });
    }

    fn row(&mut self, name: &str, value: &str, under: bool) {
        const SIZE: f32 = 8.5;
        let left = if under { MARGIN + INDENT } else { MARGIN };
        let names = self.wrap(&format!("{name}: "), !under, SIZE, VALUES - left - 8.0);
        let values = self.wrap(value, false, SIZE, WIDTH - MARGIN - VALUES);
        self.y += if under { 1.0 } else { 5.0 };
        let step = SIZE * 1.35;
        let height = f32::from(u16::try_from(names.len()).unwrap_or(u16::MAX)) * step;
        self.room(height.max(step));
        let (page, top) = (self.page, self.y);
        let mut lines: Vec<Line> = Vec::new();
        let mut y = top;
        for text in names {
            y += step;
            lines.push(Line { page, at: (left, y), size: SIZE, bold: !under, text });
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

/// What a document says.
pub(crate) struct Sheet {
    /// its title
    pub(crate) title: String,
    /// what stands below it: a sentence, and whether it is bold
    pub(crate) below: Vec<(String, bool)>,
    /// the rest
    pub(crate) blocks: Vec<Block>,
    /// what it is about: in the QR code, and at the foot of each page
    pub(crate) digest: String,
    /// what the QR code is
    pub(crate) qr: String,
}

/// The report.
pub(crate) fn report(words: &Words, proven: &Proven, check: &Check) -> Result<Vec<u8>, PdfError> {
    let warnings = u32::try_from(story::warnings(words, proven).len()).unwrap_or(u32::MAX);
    let verdict = words.say_with("story-verdict", &[("warnings", warnings.into())]);
    let digest = data_encoding::HEXLOWER.encode(&proven.digest);
    let qr = words.say_with("story-qr", &[("digest", digest.as_str().into())]);
    let below = vec![(verdict, true), (words.say("story-limit-unsigned"), false)];
    sheet(words, Sheet { title: story::title(words, proven), below, blocks: story::of(words, proven, check), digest, qr })
}

/// A document.
pub(crate) fn sheet(words: &Words, sheet: Sheet) -> Result<Vec<u8>, PdfError> {
    let mut layout = Layout { letters: Letters::new(), elements: Vec::new(), page: 0, y: MARGIN - 10.0, escaped: false };
    let (whole, beside_qr) = (WIDTH - 2.0 * MARGIN, WIDTH - 2.0 * MARGIN - QR_SIZE - 16.0);
    layout.element(Kind::Title, &sheet.title, 15.0, true, beside_qr, 0.0);
    for (text, bold) in &sheet.below {
        let (size, before) = if *bold { (9.0, 6.0) } else { (8.5, 3.0) };
        layout.element(Kind::Paragraph, text, size, *bold, beside_qr, before);
    }
    layout.y = layout.y.max(MARGIN + QR_SIZE - 12.0);
    for block in &sheet.blocks {
        match block {
            Block::Heading(text) => layout.element(Kind::Heading, text, 11.5, true, whole, 12.0),
            Block::Row(name, value) => layout.row(name, value, false),
            Block::Under(name, value) => layout.row(name, value, true),
            Block::Quote(text) => layout.quote(text),
            Block::Text(text) => layout.element(Kind::Paragraph, text, 8.5, false, whole, 4.0),
            Block::Warning(text) => layout.element(Kind::Paragraph, text, 9.0, true, whole, 4.0),
        }
    }
    if layout.escaped {
        layout.element(Kind::Paragraph, &words.say("story-letters"), 8.0, false, whole, 10.0);
    }
    draw(words, &sheet, &layout)
}

fn draw(words: &Words, about: &Sheet, layout: &Layout) -> Result<Vec<u8>, PdfError> {
    let rules = |e: &dyn std::fmt::Debug| PdfError::Rules(format!("{e:?}"));
    let digest = about.digest.as_str();
    let qr = qr(digest, (WIDTH - MARGIN - QR_SIZE, MARGIN - 12.0), QR_SIZE)?;

    let mut document = Document::new_with(settings()?);
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
                write(&mut surface, &layout.letters, line)?;
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
        let text = format!("{foot}   {digest}");
        write(&mut surface, &layout.letters, &Line { page, at: (MARGIN, HEIGHT - 36.0), size: 8.0, bold: false, text })?;
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
            let mut group = TagGroup::new(Tag::Figure(Some(about.qr.clone())));
            group.push(id);
            tree.push(group);
        }
    }
    document.set_tag_tree(tree);
    document.set_outline(outline);
    let language = if spanish(words) { "es-CL" } else { "en" };
    let metadata = Metadata::new()
        .title(about.title.clone())
        .language(language.to_owned())
        .creator(format!("Lacre {}", env!("LACRE_VERSION")))
        .document_id(digest.to_owned());
    document.set_metadata(metadata);
    document.finish().map_err(|e| rules(&e))
}
