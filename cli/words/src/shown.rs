//! How text from outside is shown: so that it can only be read, never command the terminal or pretend to be ours.
//!
//! Every text that another person or a relay chose goes through [`shown`] (or [`paragraph`], which is made of it):
//! messages, names of groups and files, requests, reasons. What it escapes:
//!
//! | characters | why |
//! |---|---|
//! | C0, DEL, C1 controls | escape sequences, fake lines, bells |
//! | line and paragraph separators | fake lines |
//! | bidirectional marks, embeddings, overrides, isolates | text that reads other than it is |
//! | invisible format characters, tags, non-characters, private use | hidden text |
//!
//! The zero-width joiner and non-joiner stay: Persian, Indic scripts and emoji are written with them.

use std::fmt::Write as _;
use unicode_normalization::UnicodeNormalization as _;

/// True for what must not reach a terminal as it is.
pub fn dangerous(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{e000}'..='\u{f8ff}' | '\u{fdd0}'..='\u{fdef}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{10ffff}')
        || u32::from(c) & 0xfffe == 0xfffe
}

/// The text with every dangerous character as an escape (`\n`, `\t`, `\u{202e}`); nothing else is changed.
pub fn shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => out.extend(c.escape_default()),
            c if dangerous(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// A text of several lines: each is [`shown`], and all but the first begin with `margin`, so that no line of a message
/// can pretend to be the next message.
pub fn paragraph(text: &str, margin: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, line) in text.split('\n').enumerate() {
        if at > 0 {
            out.push('\n');
            out.push_str(margin);
        }
        out.push_str(&shown(line.strip_suffix('\r').unwrap_or(line)));
    }
    out
}

/// JSON that is as harmless in a terminal as it is exact: dangerous characters in its strings as `\u` escapes.
pub fn json_line(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if dangerous(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _never_fails = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// The same letters as the same characters (Unicode NFC): for comparing what people typed with what they see. Keyboards and
/// systems differ in whether an ñ is one character or an n with a tilde.
pub fn composed(text: &str) -> String {
    text.nfc().collect()
}

/// A name for a file on this machine, made of one that somebody else chose: no path, no controls, no leading dot, at
/// most 200 bytes, composed, so that it replaces no file that is read the same. `fallback` when nothing is left.
pub fn file_name(name: &str, fallback: &str) -> String {
    const MOST: usize = 200;
    let name = composed(name);
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String = last
        .chars()
        .filter(|c| !dangerous(*c))
        .map(|c| if matches!(c, ':' | '*' | '?' | '"' | '<' | '>' | '|') { '_' } else { c })
        .collect();
    let kept = kept.trim_matches(|c: char| c == '.' || c.is_whitespace());
    // A leading hyphen would read as an option of the next program.
    let kept = kept.trim_start_matches(|c: char| c == '.' || c == '-' || c.is_whitespace());
    if kept.is_empty() {
        return fallback.to_owned();
    }
    let (stem, ending) = split_ending(kept);
    let mut short = stem.to_owned();
    while short.len() + ending.len() > MOST && short.pop().is_some() {}
    short + ending
}

/// `(1)`, `(2)` … before the ending.
pub fn numbered(name: &str, n: u32) -> String {
    let (stem, ending) = split_ending(name);
    format!("{stem} ({n}){ending}")
}

/// The ending with its dot, if it is a short one.
fn split_ending(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(at) if at > 0 && name.len() - at <= 16 => name.split_at(at),
        _ => (name, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Any text, with the dangerous ones more often than chance gives them.
    fn hostile() -> impl Strategy<Value = String> {
        let character = prop_oneof![
            any::<char>(),
            proptest::sample::select(vec![
                '\u{1b}',
                '\r',
                '\n',
                '\t',
                '\u{7}',
                '\u{0}',
                '\u{7f}',
                '\u{9b}',
                '\u{202e}',
                '\u{2066}',
                '\u{200f}',
                '\u{feff}',
                '/',
                '\\',
                '.',
                '-',
                ' ',
                'ñ',
                '\u{200d}',
                '\u{e0041}',
                '\u{2028}'
            ])
        ];
        proptest::collection::vec(character, 0..60).prop_map(|c| c.into_iter().collect())
    }

    proptest! {
        #[test]
        fn nothing_dangerous_is_shown_and_nothing_else_is_changed(text in hostile()) {
            let out = shown(&text);
            prop_assert!(!out.chars().any(dangerous), "{out:?}");
            let harmless: String = text.chars().filter(|c| !dangerous(*c)).collect();
            if harmless == text {
                prop_assert_eq!(&out, &text);
            }
            // what was harmless is still there, in its order
            let mut rest = out.chars();
            prop_assert!(harmless.chars().all(|c| rest.any(|o| o == c)));
        }

        #[test]
        fn no_line_of_a_message_begins_where_ours_begin(text in hostile()) {
            let out = paragraph(&text, "  | ");
            for line in out.split('\n').skip(1) {
                prop_assert!(line.starts_with("  | "), "{out:?}");
            }
            prop_assert!(!out.chars().any(|c| c != '\n' && dangerous(c)));
        }

        #[test]
        fn json_keeps_its_meaning_and_loses_its_danger(text in hostile()) {
            let line = json_line(&serde_json::to_string(&text).unwrap());
            prop_assert!(!line.chars().any(dangerous), "{line:?}");
            prop_assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
        }

        #[test]
        fn a_saved_name_stays_in_its_folder(text in hostile()) {
            let name = file_name(&text, "file");
            prop_assert!(!name.is_empty() && name.len() <= 200);
            prop_assert!(!name.starts_with('.') && !name.starts_with('-'), "{name:?}");
            prop_assert!(!name.contains(['/', '\\']) && !name.chars().any(dangerous), "{name:?}");
            prop_assert_eq!(std::path::Path::new(&name).file_name().and_then(|n| n.to_str()), Some(name.as_str()));
        }
    }

    #[test]
    fn the_famous_tricks_are_seen_as_what_they_are() {
        assert_eq!(shown("\u{1b}[2J\u{1b}]0;x\u{7}"), "\\u{1b}[2J\\u{1b}]0;x\\u{7}");
        assert_eq!(shown("factura\u{202e}fdp.exe"), "factura\\u{202e}fdp.exe");
        assert_eq!(shown("uno\ndos\tñandú 👩‍👩‍👧"), "uno\\ndos\\tñandú 👩‍👩‍👧");
    }

    #[test]
    fn names_of_files_lose_their_paths_and_keep_their_endings() {
        for (given, kept) in [
            ("../../.ssh/authorized_keys", "authorized_keys"),
            ("C:\\Windows\\evil.exe", "evil.exe"),
            (".bashrc", "bashrc"),
            ("...", "file"),
            ("", "file"),
            ("-rf", "rf"),
            ("año 2026.pdf", "año 2026.pdf"),
            ("a\u{202e}fdp.exe", "afdp.exe"),
            ("what?.txt", "what_.txt"),
            ("an\u{303}o.pdf", "año.pdf"),
        ] {
            assert_eq!(file_name(given, "file"), kept, "{given}");
        }
        let long = file_name(&format!("{}.pdf", "ñ".repeat(300)), "file");
        assert!(long.len() <= 200 && long.ends_with(".pdf"));
        assert_eq!(numbered("informe.pdf", 1), "informe (1).pdf");
        assert_eq!(numbered("LEEME", 2), "LEEME (2)");
    }
}
