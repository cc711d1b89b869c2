//! The pieces of which a story is told, for a terminal or a page.

#[cfg(doc)]
use lacre_words::shown::shown;
use lacre_words::wrap::apart;
use std::io::IsTerminal as _;

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

/// For a terminal: there nothing that somebody else wrote begins a line, however long it is and whatever blanks it has.
pub(crate) fn text(blocks: &[Block]) -> String {
    let ends = std::io::stdout().is_terminal();
    let within = |text: String, margin: &str| if ends { apart(&text, margin) } else { text };
    let lines = blocks.iter().map(|b| match b {
        Block::Heading(h) => format!("\n{h}"),
        Block::Row(name, value) => within(format!("  {name}: {value}"), MARGIN),
        Block::Under(name, value) => within(format!("      {name}: {value}"), MARGIN),
        Block::Text(text) => within(format!("  {text}"), "  "),
        Block::Quote(text) => within(format!("      | {text}"), "      | "),
        Block::Warning(text) => within(format!("  ! {text}"), "    "),
    });
    lines.collect::<Vec<_>>().join("\n")
}
