//! Pages of a tagged PDF (PDF/UA-1): elements where they stand, drawn, put into the order of reading and into the outline.
//!
//! Each element is one of the order of reading; headings are headings and stand in the outline; the QR code is a figure behind the title
//! that says what is in it; page numbers are artifacts, and so is what else a page has beside its text.

use super::letters::Letters;
use super::lines::{HEIGHT, Line, PdfError, WIDTH, qr, settings, wrap, write};
use super::spanish;
use krilla::Document;
use krilla::destination::XyzDestination;
use krilla::geom::Point;
use krilla::metadata::Metadata;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, Identifier, SpanTag, Tag, TagGroup, TagTree};
use lacre_words::words::Words;
use std::num::NonZeroU16;

/// What an element is for who hears it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// the title
    Title,
    /// a heading
    Heading,
    /// all else
    Paragraph,
}

/// One of the order of reading.
pub(super) struct Element {
    pub(super) kind: Kind,
    /// of a title or heading: as the outline has it
    pub(super) text: String,
    pub(super) lines: Vec<Line>,
}

/// Where lines stand, and how they look.
#[derive(Clone, Copy)]
pub(super) struct Style {
    pub(super) left: f32,
    pub(super) width: f32,
    pub(super) size: f32,
    /// from one line to the next
    pub(super) step: f32,
    pub(super) bold: bool,
}

/// Elements from the top of the first page down; pages count from 0.
pub(super) struct Flow<'l> {
    letters: &'l Letters,
    pub(super) elements: Vec<Element>,
    pub(super) page: usize,
    pub(super) y: f32,
    /// some letter is written as its number
    pub(super) escaped: bool,
    /// where further pages begin, and where all end
    edges: (f32, f32),
}

impl<'l> Flow<'l> {
    pub(super) const fn new(letters: &'l Letters, from: f32, edges: (f32, f32)) -> Self {
        Self { letters, elements: Vec::new(), page: 0, y: from, escaped: false, edges }
    }

    /// Turns the page where this page has not so much room.
    pub(super) fn room(&mut self, height: f32) {
        let (top, bottom) = self.edges;
        if self.y + height > bottom {
            self.page += 1;
            self.y = top;
        }
    }

    pub(super) fn wrap(&mut self, text: &str, bold: bool, size: f32, width: f32) -> Vec<String> {
        let (lines, escaped) = wrap(self.letters, text, bold, size, width);
        self.escaped |= escaped;
        lines
    }

    /// Puts an element below what is there, so far below it, with no less than so much room on its first page.
    pub(super) fn put(&mut self, kind: Kind, text: &str, style: Style, before: f32, room: f32) {
        let Style { left, width, size, step, bold } = style;
        let wrapped = self.wrap(text, bold, size, width);
        self.y += before;
        self.room(room);
        let mut lines = Vec::new();
        for text in wrapped {
            self.room(step);
            self.y += step;
            lines.push(Line { page: self.page, at: (left, self.y), size, bold, text });
        }
        self.elements.push(Element { kind, text: text.to_owned(), lines });
    }

    /// Puts a paragraph at a place of its own on the first page; gives where it ends.
    pub(super) fn put_at(&mut self, top: f32, text: &str, style: Style) -> f32 {
        let Style { left, width, size, step, bold } = style;
        let mut y = top;
        let mut lines = Vec::new();
        for text in self.wrap(text, bold, size, width) {
            y += step;
            lines.push(Line { page: 0, at: (left, y), size, bold, text });
        }
        self.elements.push(Element { kind: Kind::Paragraph, text: String::new(), lines });
        y
    }
}

/// What pages have beside their text.
pub(super) struct Beside<'a> {
    /// in the QR code, and at the foot of each page
    pub(super) code: &'a str,
    /// what the QR code is, for who does not see it
    pub(super) says: &'a str,
    /// its left upper corner, and how wide it is
    pub(super) qr: ((f32, f32), f32),
    /// where the foot stands, and the size of its letters
    pub(super) foot: ((f32, f32), f32),
    /// further artifacts of the first page
    pub(super) more: fn(&mut Surface<'_>) -> Result<(), PdfError>,
}

/// A document in the making.
pub(super) struct Pages<'w> {
    words: &'w Words,
    document: Document,
    tree: TagTree,
    outline: Outline,
    count: usize,
}

fn rules(e: &dyn std::fmt::Debug) -> PdfError {
    PdfError::Rules(format!("{e:?}"))
}

impl<'w> Pages<'w> {
    pub(super) fn new(words: &'w Words) -> Result<Self, PdfError> {
        let document = Document::new_with(settings()?);
        Ok(Self { words, document, tree: TagTree::new(), outline: Outline::new(), count: 0 })
    }

    /// Puts all of it on pages behind those that are there.
    pub(super) fn put(&mut self, flow: &Flow<'_>, beside: &Beside<'_>) -> Result<(), PdfError> {
        let (first, pages) = (self.count, flow.page + 1);
        let mut ids: Vec<Vec<Identifier>> = flow.elements.iter().map(|_| Vec::new()).collect();
        let mut figure = None;
        for page in 0..pages {
            let size = PageSettings::from_wh(WIDTH, HEIGHT).ok_or_else(|| rules(&"the size of the page"))?;
            let mut sheet = self.document.start_page_with(size);
            let mut surface = sheet.surface();
            for (element, ids) in flow.elements.iter().zip(&mut ids) {
                for line in element.lines.iter().filter(|line| line.page == page) {
                    ids.push(surface.start_tagged(ContentTag::Span(SpanTag::empty())));
                    write(&mut surface, flow.letters, line)?;
                    surface.end_tagged();
                }
            }
            if page == 0 {
                figure = Some(surface.start_tagged(ContentTag::Other));
                surface.draw_path(&qr(beside.code, beside.qr.0, beside.qr.1)?);
                surface.end_tagged();
                (beside.more)(&mut surface)?;
            }
            surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Footer)));
            write(&mut surface, flow.letters, &foot(self.words, beside, page, pages))?;
            surface.end_tagged();
            surface.finish();
            sheet.finish();
        }
        self.count += pages;
        for (element, ids) in flow.elements.iter().zip(ids) {
            self.tag(element, ids, first);
            if let (Kind::Title, Some(id)) = (element.kind, figure.take_if(|_| element.kind == Kind::Title)) {
                let mut group = TagGroup::new(Tag::Figure(Some(beside.says.to_owned())));
                group.push(id);
                self.tree.push(group);
            }
        }
        Ok(())
    }

    /// Puts an element into the order of reading; `first` is its first page.
    fn tag(&mut self, element: &Element, ids: Vec<Identifier>, first: usize) {
        let level = |n: u16| NonZeroU16::new(n).unwrap_or(NonZeroU16::MIN);
        let mut group = match element.kind {
            Kind::Title => TagGroup::new(Tag::Hn(level(1), Some(element.text.clone()))),
            Kind::Heading => TagGroup::new(Tag::Hn(level(2), Some(element.text.clone()))),
            Kind::Paragraph => TagGroup::new(Tag::P),
        };
        ids.into_iter().for_each(|id| group.push(id));
        self.tree.push(group);
        if let (Kind::Title | Kind::Heading, Some(line)) = (element.kind, element.lines.first()) {
            let place = XyzDestination::new(first + line.page, Point::from_xy(line.at.0, line.at.1 - line.size));
            self.outline.push_child(OutlineNode::new(element.text.clone(), place));
        }
    }

    /// The bytes: the same for the same pages, title and id.
    pub(super) fn finish(mut self, title: &str, id: String) -> Result<Vec<u8>, PdfError> {
        self.document.set_tag_tree(self.tree);
        self.document.set_outline(self.outline);
        let language = if spanish(self.words) { "es-CL" } else { "en" };
        let metadata = Metadata::new()
            .title(title.to_owned())
            .language(language.to_owned())
            .creator(format!("Lacre {}", env!("LACRE_VERSION")))
            .document_id(id);
        self.document.set_metadata(metadata);
        self.document.finish().map_err(|e| rules(&e))
    }
}

fn foot(words: &Words, beside: &Beside<'_>, page: usize, pages: usize) -> Line {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let foot = words.say_with("story-page", &[("n", number(page + 1).into()), ("of", number(pages).into())]);
    let (at, size) = beside.foot;
    Line { page, at, size, bold: false, text: format!("{foot}   {}", beside.code) }
}
