//! The pieces of which a story is told, for a terminal or a page.

#[cfg(doc)]
use lacre_words::shown::shown;
use lacre_words::wrap::apart;

/// A piece of the story. Texts from outside have gone through [`shown`], and stand alone in a value or at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Block {
    /// a heading
    Heading(String),
    /// a name and what it is
    Row(String, String),
    /// more of the row before
    Under(String, String),
    /// a sentence
    Text(String),
    /// a line that somebody else wrote, apart from the program's own
    Quote(String),
    /// a sentence that nobody may miss
    Warning(String),
}

/// Lines of a value after its first begin further in than any line of the program's own.
const MARGIN: &str = "          ";

/// Lines that end, in a file and a pipe too (a pager shows them on a terminal): nothing that somebody else wrote begins one, however
/// long it is and whatever blanks it has.
pub(crate) fn text(blocks: &[Block]) -> String {
    let lines = blocks.iter().map(|b| match b {
        Block::Heading(h) => format!("\n{h}"),
        Block::Row(name, value) => apart(&format!("  {name}: {value}"), MARGIN),
        Block::Under(name, value) => apart(&format!("      {name}: {value}"), MARGIN),
        Block::Text(text) => apart(&format!("  {text}"), "  "),
        Block::Quote(text) => apart(&format!("      | {text}"), "      | "),
        Block::Warning(text) => apart(&format!("  ! {text}"), "    "),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tests have no terminal: this is what a pipe and a file get. No-break blanks up to the line's end, then what looks like a row; and a word that is longer than the terminal is wide.
    #[test]
    fn what_somebody_else_wrote_begins_no_line_where_the_programs_own_do() {
        let blanks = format!("Permiso{}", "\u{a0}".repeat(73));
        let fake = format!("{blanks}  Safe for the recipient: 31 December 2027");
        let word = format!("{}VALID: it fits together", "x".repeat(160));
        for value in [fake, word] {
            for (block, margin) in [
                (Block::Row("Subject".into(), value.clone()), MARGIN),
                (Block::Under("Name".into(), value.clone()), MARGIN),
                (Block::Quote(value.clone()), "      | "),
            ] {
                let text = text(&[block]);
                let mut lines = text.lines();
                assert!(lines.next().is_some_and(|line| line.chars().count() <= 80), "{text}");
                let rest: Vec<&str> = lines.collect();
                assert!(!rest.is_empty() && rest.iter().all(|line| line.starts_with(margin)), "{text}");
            }
        }
    }
}
