//! What of a text is a placeholder. `((` opens one and `))` closes it; between them there are no parentheses and no new line.
//! Two names are the same placeholder if they differ only in capitals, in spaces and `_`, or in how an accent is stored.

use unicode_normalization::UnicodeNormalization as _;

/// Longest name of a placeholder or column, bytes.
pub const MAX_PLACEHOLDER: usize = 100;

/// Something begins as a placeholder and is none. Sent as it is it would be a mistake that everybody sees.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: \"{text}\" begins as a placeholder and is none")]
pub struct BadPlaceholder {
    /// of the text, from 1
    pub line: usize,
    /// how it begins
    pub text: String,
}

/// What a name is compared by: composed, in small letters, with `_` for each run of spaces and `_`, none at its ends.
#[must_use]
pub fn key(name: &str) -> String {
    let small: String = name.nfc().flat_map(char::to_lowercase).nfc().collect();
    small.split(|c: char| c.is_whitespace() || c == '_').filter(|word| !word.is_empty()).collect::<Vec<_>>().join("_")
}

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'t> {
    /// as it is
    Text(&'t str),
    /// a placeholder of this name
    Hole(&'t str),
}

/// A part of a text whose placeholders are numbered in the order of first mention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part<'t> {
    /// as it is
    Text(&'t str),
    /// the placeholder with this number
    Hole(usize),
}

/// The text in its parts, its placeholders numbered by these keys.
pub(super) fn parts<'t>(text: &'t str, keys: &[String]) -> Result<Vec<Part<'t>>, BadPlaceholder> {
    let number = |name: &str| {
        let key = key(name);
        keys.iter().position(|k| *k == key).unwrap_or(usize::MAX)
    };
    let part = |piece| match piece {
        Piece::Text(text) => Part::Text(text),
        Piece::Hole(name) => Part::Hole(number(name)),
    };
    Ok(pieces(text)?.into_iter().map(part).collect())
}

/// The text in its parts.
pub(super) fn pieces(text: &str) -> Result<Vec<Piece<'_>>, BadPlaceholder> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((before, opened)) = rest.split_once("((") {
        let Some((name, behind)) = opened.split_once("))").filter(|(name, _)| is_name(name)) else {
            let line = text.get(..text.len() - opened.len()).unwrap_or_default().matches('\n').count() + 1;
            let shown: String = opened.lines().next().unwrap_or_default().chars().take(40).collect();
            return Err(BadPlaceholder { line, text: format!("(({shown}") });
        };
        if !before.is_empty() {
            out.push(Piece::Text(before));
        }
        out.push(Piece::Hole(name.trim()));
        rest = behind;
    }
    if !rest.is_empty() {
        out.push(Piece::Text(rest));
    }
    Ok(out)
}

fn is_name(name: &str) -> bool {
    let plain = |c: char| !c.is_control() && !matches!(c, '(' | ')');
    name.chars().all(plain) && name.chars().any(char::is_alphanumeric) && name.trim().len() <= MAX_PLACEHOLDER
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_spaces_underscores_and_stored_accents_make_no_other_placeholder() {
        for name in ["fecha de audiencia", "Fecha_de  Audiencia", " FECHA DE_AUDIENCIA_", "fecha\u{a0}de audiencia"] {
            assert_eq!(key(name), "fecha_de_audiencia", "{name}");
        }
        assert_eq!(key("DIRECCIO\u{301}N"), key("dirección"));
        assert_ne!(key("año"), key("ano"));
    }

    #[test]
    fn a_text_is_parted_into_what_stays_and_what_is_filled() {
        let parts = pieces("a ((Nombre)) b((x y))((ñ))").unwrap();
        assert_eq!(parts, [Piece::Text("a "), Piece::Hole("Nombre"), Piece::Text(" b"), Piece::Hole("x y"), Piece::Hole("ñ")]);
        assert_eq!(pieces("f(x) y (z))").unwrap(), [Piece::Text("f(x) y (z))")]);
        assert_eq!(pieces("").unwrap(), []);
    }

    #[test]
    fn what_begins_as_a_placeholder_and_is_none_is_named_with_its_line() {
        for bad in ["((nombre) y", "((nombre", "(( ))", "((a(b)))", "((a\nb))", "((_))", "(((a)))", "((a\u{7}))"] {
            let error = pieces(&format!("uno\n{bad}")).unwrap_err();
            assert_eq!(error.line, 2, "{bad}");
            assert!(error.text.starts_with("(("), "{bad}");
        }
    }

    #[test]
    fn a_name_of_the_longest_length_is_taken_and_a_longer_one_is_not() {
        let named = |len: usize| format!("(({}))", "a".repeat(len));
        assert!(pieces(&named(MAX_PLACEHOLDER)).is_ok());
        assert!(pieces(&named(MAX_PLACEHOLDER + 1)).is_err());
    }
}
