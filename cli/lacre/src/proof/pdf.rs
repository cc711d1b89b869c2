//! The report for the case file: a tagged PDF (PDF/UA-1), the same bytes for the same evidence, check, version and language.
//!
//! Reading order is the story's; each name and value is one paragraph. What else makes it readable: [`pages`](super::pages).

use super::block::Block;
use super::letters::Letters;
use super::lines::{HEIGHT, Line, PdfError, WIDTH};
use super::pages::{Beside, Element, Flow, Kind, Pages, Style};
use super::story::{self, Check};
use lacre_evidence::Proven;
use lacre_words::words::Words;

const MARGIN: f32 = 54.0;
const QR_SIZE: f32 = 92.0;
/// where values begin
const VALUES: f32 = 188.0;
/// how far to the right names stand that tell more of a row
const INDENT: f32 = 10.0;
const BOTTOM: f32 = HEIGHT - 64.0;

/// A name and its value beside it.
fn row(flow: &mut Flow<'_>, name: &str, value: &str, under: bool) {
    const SIZE: f32 = 8.5;
    let left = if under { MARGIN + INDENT } else { MARGIN };
    let names = flow.wrap(&format!("{name}: "), !under, SIZE, VALUES - left - 8.0);
    let values = flow.wrap(value, false, SIZE, WIDTH - MARGIN - VALUES);
    flow.y += if under { 1.0 } else { 5.0 };
    let step = SIZE * 1.35;
    let height = f32::from(u16::try_from(names.len()).unwrap_or(u16::MAX)) * step;
    flow.room(height.max(step));
    let (page, top) = (flow.page, flow.y);
    let mut lines: Vec<Line> = Vec::new();
    let mut y = top;
    for text in names {
        y += step;
        lines.push(Line { page, at: (left, y), size: SIZE, bold: !under, text });
    }
    let below_names = y;
    for text in values {
        flow.room(step);
        flow.y += step;
        lines.push(Line { page: flow.page, at: (VALUES, flow.y), size: SIZE, bold: false, text });
    }
    if flow.page == page {
        flow.y = flow.y.max(below_names);
    }
    flow.elements.push(Element { kind: Kind::Paragraph, text: String::new(), lines });
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
    let letters = Letters::new();
    let mut flow = Flow::new(&letters, MARGIN - 10.0, (MARGIN, BOTTOM));
    let (whole, beside_qr) = (WIDTH - 2.0 * MARGIN, WIDTH - 2.0 * MARGIN - QR_SIZE - 16.0);
    let style = |size: f32, bold, width| Style { left: MARGIN, width, size, step: size * 1.4, bold };
    let put = |flow: &mut Flow<'_>, kind, text: &str, style: Style, before| {
        // a heading does not stand alone at the foot of a page
        flow.put(kind, text, style, before, if kind == Kind::Heading { style.size * 5.0 } else { style.step });
    };
    put(&mut flow, Kind::Title, &sheet.title, style(15.0, true, beside_qr), 0.0);
    for (text, bold) in &sheet.below {
        let (size, before) = if *bold { (9.0, 6.0) } else { (8.5, 3.0) };
        put(&mut flow, Kind::Paragraph, text, style(size, *bold, beside_qr), before);
    }
    flow.y = flow.y.max(MARGIN + QR_SIZE - 12.0);
    // what somebody else wrote stands to the right of the program's own words
    let quote = Style { left: MARGIN + 2.0 * INDENT, ..style(8.5, false, whole - 2.0 * INDENT) };
    for block in &sheet.blocks {
        match block {
            Block::Heading(text) => put(&mut flow, Kind::Heading, text, style(11.5, true, whole), 12.0),
            Block::Row(name, value) => row(&mut flow, name, value, false),
            Block::Under(name, value) => row(&mut flow, name, value, true),
            Block::Quote(text) => put(&mut flow, Kind::Paragraph, text, quote, 4.0),
            Block::Text(text) => put(&mut flow, Kind::Paragraph, text, style(8.5, false, whole), 4.0),
            Block::Warning(text) => put(&mut flow, Kind::Paragraph, text, style(9.0, true, whole), 4.0),
        }
    }
    if flow.escaped {
        put(&mut flow, Kind::Paragraph, &words.say("story-letters"), style(8.0, false, whole), 10.0);
    }
    let beside = Beside {
        code: &sheet.digest,
        says: &sheet.qr,
        qr: ((WIDTH - MARGIN - QR_SIZE, MARGIN - 12.0), QR_SIZE),
        foot: ((MARGIN, HEIGHT - 36.0), 8.0),
        more: |_| Ok(()),
    };
    let mut pages = Pages::new(words)?;
    pages.put(&flow, &beside)?;
    pages.finish(&sheet.title, sheet.digest.clone())
}
