//! What a person would find hard to read in a template, or miss in it. Nothing here forbids: an official decides.
//!
//! | room | |
//! |---|---|
//! | `words` | sentences, abbreviations, appeals: in Spanish and English |
//! | `pdf` | whether an attached PDF has text |

mod pdf;
mod words;

#[cfg(test)]
mod tests;

pub use pdf::{MAX_LOOKED_AT, PdfText, pdf_text};
pub use words::{LONG_SENTENCE, SHORT_BODY};

use crate::template::Template;
use crate::written::NewFile;
use lacre_evidence::Act;
use words::{Long, abbreviations, is_appeal_said, is_only_a_pointer, long_sentences, prose, tables};

/// What may be wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// A sentence of many words.
    LongSentence {
        /// the body's line in which it begins, from 1
        line: usize,
        /// in it
        words: usize,
        /// [`LONG_SENTENCE`]
        most: usize,
        /// its first words
        begin: String,
    },
    /// An abbreviation that is nowhere written out.
    Abbreviation {
        /// as it stands there
        word: String,
    },
    /// A notification that starts a term, and says nowhere how to appeal.
    NoAppeal,
    /// A body that says little more than that the attachment is to be seen.
    OnlyAttachment,
    /// A table of Markdown: on letters, and on most screens, its lines stand as they were typed, with bars between the cells, in letters of
    /// unequal width. Whoever hears them loses the columns.
    Table {
        /// the body's line in which it begins, from 1
        line: usize,
    },
    /// A PDF that seems to be pictures of pages: nobody can search it, and no screen reader reads it.
    NoText {
        /// the file
        name: String,
    },
    /// A PDF that could not be looked into.
    Unknown {
        /// the file
        name: String,
    },
}

/// What may be wrong with a template and the files that go with it.
#[must_use]
pub fn lint(template: &Template, attachments: &[NewFile]) -> Vec<Warning> {
    let text = template.text();
    let body = prose(&text.body, text.markup);
    let long = |long: Long| Warning::LongSentence { line: long.line, words: long.words, most: LONG_SENTENCE, begin: long.begin };
    let mut warnings: Vec<Warning> = long_sentences(&body).into_iter().map(long).collect();
    warnings.extend(tables(&text.body, text.markup).into_iter().map(|line| Warning::Table { line }));
    let all = format!("{}\n{}\n{}", text.subject, text.description, body.text());
    warnings.extend(abbreviations(&all).into_iter().map(|word| Warning::Abbreviation { word }));
    if matches!(text.act, Act::Notification { term: Some(_), .. }) && !is_appeal_said(&body.text()) {
        warnings.push(Warning::NoAppeal);
    }
    if is_only_a_pointer(&body.text()) {
        warnings.push(Warning::OnlyAttachment);
    }
    for file in attachments.iter().filter(|file| file.media == "application/pdf") {
        let name = file.name.clone();
        match pdf_text(&file.bytes) {
            PdfText::Has => {}
            PdfText::None => warnings.push(Warning::NoText { name }),
            PdfText::Unknown => warnings.push(Warning::Unknown { name }),
        }
    }
    warnings
}
