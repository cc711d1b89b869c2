//! Letters of all scripts on a page: which font has them, how they join, and from which side they are read.
//!
//! `assets/README.md` says which scripts the fonts cover and where they come from. They lie compressed in the program, and
//! one is unpacked when a letter needs it. A letter that none of them has is written as its number (`\u{…}`): nothing is
//! left out in silence.

use flate2::read::GzDecoder;
use krilla::text::{Font, TextDirection};
use rustybuzz::{Direction, Face, Script, UnicodeBuffer, script};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Read as _;
use std::sync::OnceLock;
use unicode_bidi::{BidiInfo, Level};
use unicode_segmentation::UnicodeSegmentation as _;

macro_rules! fonts {
    ($($name:literal)*) => { [$(include_bytes!(concat!("../../assets/", $name, ".ttf.gz"))),*] };
}

/// In the order in which they are asked; the first has most letters, the last but one those of Chinese and Japanese.
/// The very last is the bold one, for our own words.
const PACKED: [&[u8]; COUNT] = fonts![
    "DejaVuSans" "NotoSansDevanagari" "NotoSansBengali" "NotoSansGurmukhi" "NotoSansGujarati" "NotoSansOriya" "NotoSansTamil"
    "NotoSansTelugu" "NotoSansKannada" "NotoSansMalayalam" "NotoSansSinhala" "NotoSansThai" "NotoSansKhmer" "NotoSansMyanmar"
    "NotoSansEthiopic" "NotoSansThaana" "NotoSerifTibetan" "LacreHangul" "DroidSansFallbackFull" "DejaVuSans-Bold-latin"
];
const COUNT: usize = 20;
const BOLD: usize = COUNT - 1;

struct Loaded {
    face: Face<'static>,
    font: Font,
}

/// The fonts; and what was asked of them: a thousand letters are mostly the same words.
pub(crate) struct Letters {
    fonts: [OnceLock<Option<Loaded>>; COUNT],
    /// plain and bold
    asked: [Asked; 2],
}

/// Answers of one weight. All go when there are too many.
struct Asked {
    /// the font of a letter
    fonts: RefCell<BTreeMap<String, Option<usize>>>,
    /// how wide a word is at size 1
    widths: RefCell<BTreeMap<String, f32>>,
}

/// Most answers of a kind.
const MOST_ASKED: usize = 20_000;

impl Asked {
    const fn new() -> Self {
        Self { fonts: RefCell::new(BTreeMap::new()), widths: RefCell::new(BTreeMap::new()) }
    }
}

/// What was answered before, else the answer.
fn once<T: Copy>(asked: &RefCell<BTreeMap<String, T>>, about: &str, answer: impl FnOnce() -> T) -> T {
    if let Some(known) = asked.borrow().get(about) {
        return *known;
    }
    let answer = answer();
    let mut asked = asked.borrow_mut();
    if asked.len() >= MOST_ASKED {
        asked.clear();
    }
    asked.insert(about.to_owned(), answer);
    answer
}

/// A piece of a line that one font draws from one side.
pub(crate) struct Run {
    font: usize,
    /// in the order in which it is spoken
    pub(crate) text: String,
    right_to_left: bool,
    /// at size 1
    width: f32,
}

impl Run {
    /// From which side it is drawn.
    pub(crate) const fn direction(&self) -> TextDirection {
        if self.right_to_left { TextDirection::RightToLeft } else { TextDirection::LeftToRight }
    }
    /// How wide it is.
    pub(crate) fn width(&self, size: f32) -> f32 {
        self.width * size
    }
}

impl Letters {
    /// None is unpacked yet.
    pub(crate) const fn new() -> Self {
        Self { fonts: [const { OnceLock::new() }; COUNT], asked: [Asked::new(), Asked::new()] }
    }

    fn load(&self, index: usize) -> Option<&Loaded> {
        let load = || {
            let (face, bytes) = (unpacked(index)?, unpacked(index)?.to_vec());
            Some(Loaded { face: Face::from_slice(face, 0)?, font: Font::new(bytes.into(), 0)? })
        };
        self.fonts.get(index)?.get_or_init(load).as_ref()
    }

    /// The font of a run.
    pub(crate) fn font(&self, run: &Run) -> Option<Font> {
        self.load(run.font).map(|loaded| loaded.font.clone())
    }

    /// Who draws this.
    fn of(&self, letter: &str, bold: bool) -> Option<usize> {
        once(&self.asked(bold).fonts, letter, || self.found(letter, bold))
    }

    const fn asked(&self, bold: bool) -> &Asked {
        let [plain, heavy] = &self.asked;
        if bold { heavy } else { plain }
    }

    fn found(&self, letter: &str, bold: bool) -> Option<usize> {
        let has = |index: &usize| self.load(*index).is_some_and(|loaded| has(&loaded.face, letter));
        Some(BOLD).filter(|_| bold).filter(has).or_else(|| (0..BOLD).find(has))
    }

    /// The text with escapes for what no font has, and whether there are any.
    pub(crate) fn known(&self, text: &str) -> (String, bool) {
        let (mut out, mut escaped) = (String::with_capacity(text.len()), false);
        for letter in text.graphemes(true) {
            if self.of(letter, false).is_some() {
                out.push_str(letter);
                continue;
            }
            for c in letter.chars() {
                if self.of(c.encode_utf8(&mut [0; 4]), false).is_some() {
                    out.push(c);
                } else {
                    escaped = true;
                    out.extend(c.escape_unicode());
                }
            }
        }
        (out, escaped)
    }

    /// A line's runs, from the left to the right.
    pub(crate) fn runs(&self, line: &str, bold: bool) -> Vec<Run> {
        // the page is ours and reads from the left: a name that begins a line does not turn it around
        let bidi = BidiInfo::new(line, Some(Level::ltr()));
        let mut out = Vec::new();
        for paragraph in &bidi.paragraphs {
            let (levels, pieces) = bidi.visual_runs(paragraph, paragraph.range.clone());
            for piece in pieces {
                let right_to_left = levels.get(piece.start).is_some_and(|level| level.is_rtl());
                let mut parts = self.parts(line.get(piece).unwrap_or_default(), bold, right_to_left);
                if right_to_left {
                    parts.reverse();
                }
                out.append(&mut parts);
            }
        }
        out
    }

    /// How wide a line is.
    pub(crate) fn width(&self, line: &str, bold: bool, size: f32) -> f32 {
        size * once(&self.asked(bold).widths, line, || self.runs(line, bold).iter().map(|run| run.width(1.0)).sum())
    }

    /// Cut where font or script change.
    fn parts(&self, text: &str, bold: bool, right_to_left: bool) -> Vec<Run> {
        let mut parts: Vec<(usize, Option<Script>, String)> = Vec::new();
        for letter in text.graphemes(true) {
            let (font, script) = (self.of(letter, bold).unwrap_or_default(), script_of(letter));
            match parts.last_mut() {
                Some((of, known, part)) if *of == font && (known.is_none() || script.is_none() || *known == script) => {
                    *known = known.or(script);
                    part.push_str(letter);
                }
                _ => parts.push((font, script, letter.to_owned())),
            }
        }
        let run = |(font, _, text): (usize, Option<Script>, String)| {
            let width = self.load(font).map_or(0.0, |loaded| width(&loaded.face, &text, right_to_left));
            Run { font, text, right_to_left, width }
        };
        parts.into_iter().map(run).collect()
    }
}

fn unpacked(index: usize) -> Option<&'static [u8]> {
    static UNPACKED: [OnceLock<Option<Vec<u8>>>; COUNT] = [const { OnceLock::new() }; COUNT];
    let unpack = || {
        let mut bytes = Vec::new();
        GzDecoder::new(*PACKED.get(index)?).read_to_end(&mut bytes).ok().map(|_| bytes)
    };
    UNPACKED.get(index)?.get_or_init(unpack).as_deref()
}

/// What only says how its neighbours join or look needs no picture.
fn has(face: &Face<'_>, letter: &str) -> bool {
    let silent = |c: char| matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}');
    letter.chars().all(|c| silent(c) || face.glyph_index(c).is_some_and(|glyph| glyph.0 != 0))
}

/// None for what all scripts share.
fn script_of(letter: &str) -> Option<Script> {
    let mut buffer = UnicodeBuffer::new();
    buffer.push_str(letter);
    buffer.guess_segment_properties();
    Some(buffer.script()).filter(|found| ![script::COMMON, script::INHERITED, script::UNKNOWN].contains(found))
}

/// A letter behind which a line may end without a space.
pub(crate) fn stands_alone(letter: &str) -> bool {
    script_of(letter).is_some_and(|found| [script::HAN, script::HIRAGANA, script::KATAKANA].contains(&found))
}

fn width(face: &Face<'_>, text: &str, right_to_left: bool) -> f32 {
    let mut buffer = UnicodeBuffer::new();
    buffer.push_str(text);
    buffer.guess_segment_properties();
    buffer.set_direction(if right_to_left { Direction::RightToLeft } else { Direction::LeftToRight });
    let glyphs = rustybuzz::shape(face, &[], buffer);
    let units: i64 = glyphs.glyph_positions().iter().map(|glyph| i64::from(glyph.x_advance)).sum();
    let small = |n: i64| f32::from(i16::try_from(n).unwrap_or(i16::MAX));
    // a line has at most some thousand letters: exact in two halves
    (small(units / 1024) * 1024.0 + small(units % 1024)) / small(i64::from(face.units_per_em()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One text in each script that the fonts are for.
    const SCRIPTS: [&str; 27] = [
        "Ñuñoa, Pehuén, Rapa Nui: ā ē ī ō ū, Kreyòl, Ťažký, Łódź, Việt Nam",
        "Ελληνικά",
        "Кириллица",
        "Հայերեն",
        "ქართული",
        "עברית",
        "العربية",
        "ދިވެހި",
        "हिन्दी",
        "বাংলা",
        "ਪੰਜਾਬੀ",
        "ગુજરાતી",
        "ଓଡ଼ିଆ",
        "தமிழ்",
        "తెలుగు",
        "ಕನ್ನಡ",
        "മലയാളം",
        "සිංහල",
        "ไทย",
        "ລາວ",
        "ខ្មែរ",
        "မြန်မာ",
        "አማርኛ",
        "བོད་ཡིག",
        "中文 漢字",
        "ひらがな カタカナ",
        "한국어",
    ];

    #[test]
    fn every_font_unpacks_and_every_script_has_its_letters() {
        let letters = Letters::new();
        for index in 0..COUNT {
            assert!(letters.load(index).is_some(), "font {index}");
        }
        for text in SCRIPTS {
            assert_eq!(letters.known(text), (text.to_owned(), false));
            assert!(letters.width(text, false, 10.0) > 10.0, "{text}");
        }
    }

    #[test]
    fn what_no_font_has_is_written_as_its_number() {
        let (text, escaped) = Letters::new().known("a\u{12000}b");
        assert_eq!((text.as_str(), escaped), ("a\\u{12000}b", true));
    }

    #[test]
    fn our_own_words_have_all_their_letters_in_bold_too() {
        let letters = Letters::new();
        for text in [include_str!("../../i18n/proof.es.ftl"), include_str!("../../i18n/proof.en.ftl")] {
            for letter in text.replace('\n', " ").graphemes(true) {
                assert_eq!(letters.of(letter, true), Some(BOLD), "{letter}");
            }
        }
    }

    #[test]
    fn each_script_is_drawn_from_its_own_side() {
        let letters = Letters::new();
        let drawn = |text: &str| -> Vec<(String, bool)> {
            letters.runs(text, false).into_iter().map(|run| (run.text, run.right_to_left)).collect()
        };
        let (left, right) = (|t: &str| (t.to_owned(), false), |t: &str| (t.to_owned(), true));
        assert_eq!(drawn("uno אבג dos"), [left("uno "), right("אבג"), left(" dos")]);
        // read from the right: the number keeps its own order, and stands to the left of what comes before it
        assert_eq!(drawn("אבג 123"), [left("123"), right("אבג ")]);
        assert_eq!(drawn("हिन्दी uno"), [left("हिन्दी"), left(" uno")]);
        // a name that is written from the right does not turn our own words around
        assert_eq!(drawn("אבג (code 1)"), [right("אבג"), left(" (code 1)")]);
    }

    #[test]
    fn letters_that_join_are_measured_as_they_are_drawn() {
        let letters = Letters::new();
        let alone: f32 = "العربية".chars().map(|c| letters.width(&c.to_string(), false, 10.0)).sum();
        assert!(letters.width("العربية", false, 10.0) < alone, "Arabic letters join");
    }
}
