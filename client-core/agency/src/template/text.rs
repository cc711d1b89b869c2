//! What a template says, and how long each part may be.

use super::markdown::has_private;
use super::pieces::{BadPlaceholder, Piece, key, pieces};
use crate::written::LONGEST_TERM;
use lacre_evidence::Act;
use lacre_ground::label::{Label, hash};

/// Longest body of a template, and of what it becomes for one person, bytes.
pub const MAX_BODY: usize = 1 << 20;
/// Longest subject, filled or not, bytes.
pub const MAX_SUBJECT: usize = 400;
/// Longest description, filled or not, bytes.
pub const MAX_DESCRIPTION: usize = 4000;
/// Longest procedure, bytes.
pub const MAX_PROCEDURE: usize = 64;
/// Longest case file, bytes.
pub const MAX_CASE: usize = 64;
/// Longest name of the file that the body becomes, bytes.
pub const MAX_FILE_NAME: usize = 255;
/// Longest name of a template.
pub const MAX_NAME: usize = 64;
/// Longest value of a placeholder, bytes.
pub const MAX_VALUE: usize = 4000;
/// Most different placeholders of a template.
pub const MAX_PLACEHOLDERS: usize = 200;

/// How the body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Markup {
    /// CommonMark
    Markdown,
    /// as it is
    Plain,
}

impl Markup {
    /// By the file's name: `.md` or `.txt`.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        match name.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
            "md" | "markdown" => Some(Self::Markdown),
            "txt" => Some(Self::Plain),
            _ => None,
        }
    }
    /// Its media type.
    #[must_use]
    pub const fn media(self) -> &'static str {
        match self {
            Self::Markdown => "text/markdown",
            Self::Plain => "text/plain",
        }
    }
}

/// The name of a template: letters, digits, `-` and `_` of ASCII. Names that differ only in capitals are two.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TemplateName(String);

impl TemplateName {
    /// None for anything else, or one longer than [`MAX_NAME`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let good = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        (good && (1..=MAX_NAME).contains(&text.len())).then(|| Self(text.to_owned()))
    }
    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl core::fmt::Display for TemplateName {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a template says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateText {
    /// type of act, and its term
    pub act: Act,
    /// procedure; a row may name another
    pub procedure: String,
    /// subject, with placeholders
    pub subject: String,
    /// description, with placeholders
    pub description: String,
    /// the body, with placeholders
    pub body: String,
    /// how the body is written
    pub markup: Markup,
    /// name of the file that persons get the body as
    pub file: String,
    /// persons' devices may answer
    pub answers: bool,
}

/// Why it can be no template. Lines are the body's, from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateFault {
    /// A line that is empty, too long, or has spaces at its ends or control characters.
    #[error("{name}: one line of 1 to {most} bytes, without spaces at its ends")]
    Line {
        /// `procedure`, `subject`, `description` or `file`
        name: &'static str,
        /// most bytes
        most: usize,
    },
    /// No body, or only white space.
    #[error("the body says nothing")]
    Empty,
    /// The body is too long.
    #[error("the body has {bytes} bytes, and may have {most}")]
    Body {
        /// its length
        bytes: usize,
        /// [`MAX_BODY`]
        most: usize,
    },
    /// The body has a character that nobody sees or that commands a terminal, or one of Unicode's private planes.
    #[error("line {line} of the body has a control character")]
    Control {
        /// where
        line: usize,
    },
    /// Only an NT has a term, and none longer than [`LONGEST_TERM`].
    #[error("a term of {days} business days: the longest is {most}")]
    LongTerm {
        /// that was asked for
        days: u16,
        /// [`LONGEST_TERM`]
        most: u16,
    },
    /// It begins as a placeholder and is none.
    #[error("{part}: {bad}")]
    Placeholder {
        /// `subject`, `description` or `body`
        part: &'static str,
        /// where, and how it begins
        bad: BadPlaceholder,
    },
    /// Too many different placeholders.
    #[error("{count} placeholders, and a template has at most {most}")]
    Placeholders {
        /// of them
        count: usize,
        /// [`MAX_PLACEHOLDERS`]
        most: usize,
    },
    /// A placeholder of a body of Markdown stands in code, in a link's address, in HTML, or so close to signs that its value
    /// would change how the text is read: put spaces around it.
    #[error("(({placeholder})) stands where a value would not be read as text")]
    Place {
        /// its name
        placeholder: String,
    },
    /// Links by reference (`[words]: address`) beside placeholders: a value between brackets would become such a link.
    #[error("links by reference beside placeholders")]
    References,
}

impl TemplateText {
    /// Placeholders of subject, description and body, as they are first written, each once.
    pub fn placeholders(&self) -> Result<Vec<String>, TemplateFault> {
        let mut names: Vec<String> = Vec::new();
        let mut keys: Vec<String> = Vec::new();
        for (part, text) in self.parts() {
            for piece in pieces(text).map_err(|bad| TemplateFault::Placeholder { part, bad })? {
                let Piece::Hole(name) = piece else { continue };
                let key = key(name);
                if !keys.contains(&key) {
                    keys.push(key);
                    names.push(name.to_owned());
                }
            }
        }
        Ok(names)
    }

    pub(super) fn parts(&self) -> [(&'static str, &str); 3] {
        [("subject", &self.subject), ("description", &self.description), ("body", &self.body)]
    }

    /// What is known again by: a hash of everything it says. Name, version and time are not in it.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let (kind, term) = self.act.words();
        let answers = if self.answers { "answers" } else { "no answers" };
        let parts = [
            kind,
            &term,
            &self.procedure,
            &self.subject,
            &self.description,
            &self.file,
            self.markup.media(),
            answers,
            &self.body,
        ];
        hash(Label::Template, &parts.map(str::as_bytes))
    }

    /// All that is wrong with its form.
    pub(super) fn faults(&self) -> Vec<TemplateFault> {
        let mut faults = Vec::new();
        let lines = [
            ("procedure", &self.procedure, MAX_PROCEDURE),
            ("subject", &self.subject, MAX_SUBJECT),
            ("description", &self.description, MAX_DESCRIPTION),
            ("file", &self.file, MAX_FILE_NAME),
        ];
        for (name, text, most) in lines {
            let good = !text.is_empty() && text.len() <= most && text.trim() == text;
            if !good || text.chars().any(char::is_control) || has_private(text) {
                faults.push(TemplateFault::Line { name, most });
            }
        }
        if let Act::Notification { term: Some(term), .. } = self.act
            && term.days() > LONGEST_TERM
        {
            faults.push(TemplateFault::LongTerm { days: term.days(), most: LONGEST_TERM });
        }
        if self.body.len() > MAX_BODY {
            faults.push(TemplateFault::Body { bytes: self.body.len(), most: MAX_BODY });
        } else if self.body.trim().is_empty() {
            faults.push(TemplateFault::Empty);
        }
        let bad = |line: &str| line.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\r')) || has_private(line);
        if let Some(at) = self.body.split('\n').position(bad) {
            faults.push(TemplateFault::Control { line: at + 1 });
        }
        match self.placeholders() {
            Err(fault) => faults.push(fault),
            Ok(names) if names.len() > MAX_PLACEHOLDERS => {
                faults.push(TemplateFault::Placeholders { count: names.len(), most: MAX_PLACEHOLDERS });
            }
            Ok(_) => {}
        }
        faults
    }
}
