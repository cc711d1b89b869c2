//! The pieces of which a story is told, for a terminal or a page.

#[cfg(doc)]
use lacre_words::shown::shown;

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

/// For a terminal.
pub(crate) fn text(blocks: &[Block]) -> String {
    let lines = blocks.iter().map(|b| match b {
        Block::Heading(h) => format!("\n{h}"),
        Block::Row(name, value) => format!("  {name}: {value}"),
        Block::Under(name, value) => format!("      {name}: {value}"),
        Block::Text(text) => format!("  {text}"),
        Block::Quote(text) => format!("      | {text}"),
        Block::Warning(text) => format!("  ! {text}"),
    });
    lines.collect::<Vec<_>>().join("\n")
}
