//! Templates of notices: one text for many persons, with `((placeholders))` that a row of a table fills.
//!
//! | room | |
//! |---|---|
//! | `pieces` | what of a text is a placeholder |
//! | `markdown` | how a body is read, and how a value is written into it as nothing but text |
//! | `text` | what a template says, and its limits |
//! | `fill` | values put into a template |
//! | `version` | a template as it is kept: it is never changed |
//! | `row` | the same as a row of a profile, and in a package |
//!
//! **A value is text.** It is put in once, so a value `((x))` stays these five characters. Its white space (new lines too) becomes
//! single spaces, so a value is always part of one line. In a body of Markdown the filled text is read by the same parser as the
//! template: if a value changed anything but the words, signs are escaped until it does not.

mod fill;
mod markdown;
mod pieces;
mod row;
mod text;
mod version;

#[cfg(test)]
mod tests;

pub use fill::{FillFault, Filled, Filler, Part, Values};
pub use pieces::{BadPlaceholder, MAX_PLACEHOLDER, key};
pub(crate) use row::TemplateRow;
pub use text::{
    MAX_BODY, MAX_CASE, MAX_DESCRIPTION, MAX_FILE_NAME, MAX_NAME, MAX_PLACEHOLDERS, MAX_PROCEDURE, MAX_SUBJECT, MAX_VALUE,
    Markup, TemplateFault, TemplateName, TemplateText,
};
pub use version::Template;
