//! Values put into a template.

use super::markdown::{Escape, Shape, has_private, joined};
use super::pieces::{self, key, parts};
use super::text::{MAX_BODY, MAX_DESCRIPTION, MAX_SUBJECT, MAX_VALUE, Markup, TemplateFault, TemplateText};
use std::collections::BTreeMap;

/// Values by placeholder. No `Debug`: they are about a person.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Values(BTreeMap<String, String>);

impl Values {
    /// Puts the value of the placeholder of this name.
    pub fn put(&mut self, name: &str, value: impl Into<String>) {
        self.0.insert(key(name), value.into());
    }
    /// The value of the placeholder of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(&key(name)).map(String::as_str)
    }
    /// Key ([`key`]) and value, in the order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

impl<N: AsRef<str>, V: Into<String>> FromIterator<(N, V)> for Values {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(all: I) -> Self {
        let mut values = Self::default();
        all.into_iter().for_each(|(name, value)| values.put(name.as_ref(), value));
        values
    }
}

/// What one person gets.
#[derive(Clone, PartialEq, Eq)]
pub struct Filled {
    /// subject
    pub subject: String,
    /// description
    pub description: String,
    /// the body's bytes, UTF-8
    pub body: Vec<u8>,
}

/// A part of a notice that was filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// subject
    Subject,
    /// description
    Description,
    /// body
    Body,
}

/// Why values do not fit into the template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FillFault {
    /// No value is given for it.
    #[error("no value for (({placeholder}))")]
    Missing {
        /// its name
        placeholder: String,
    },
    /// The value is empty, or only white space.
    #[error("the value of (({placeholder})) is empty")]
    Empty {
        /// its name
        placeholder: String,
    },
    /// The value is too long.
    #[error("the value of (({placeholder})) has {bytes} bytes, and may have {most}")]
    Long {
        /// its name
        placeholder: String,
        /// of the value
        bytes: usize,
        /// [`MAX_VALUE`]
        most: usize,
    },
    /// The value has a character that nobody sees or that commands a terminal, or one that stands for letters that were lost.
    #[error("the value of (({placeholder})) has a control character or lost letters")]
    Control {
        /// its name
        placeholder: String,
    },
    /// With these values a part becomes too long.
    #[error("the {part:?} becomes {bytes} bytes long, and may have {most}")]
    PartLong {
        /// which
        part: Part,
        /// what it becomes
        bytes: usize,
        /// what it may have
        most: usize,
    },
    /// However it is written, the values would change how the text around them is read.
    #[error("the values change how the text around them is read")]
    Structure,
}

/// A template that is read once and filled many times.
pub struct Filler<'t> {
    subject: Vec<pieces::Part<'t>>,
    description: Vec<pieces::Part<'t>>,
    body: Vec<pieces::Part<'t>>,
    names: Vec<String>,
    keys: Vec<String>,
    /// of a body of Markdown with placeholders
    shape: Option<Shape>,
}

impl<'t> Filler<'t> {
    /// Reads it; all that is wrong with it.
    pub fn of(text: &'t TemplateText) -> Result<Self, Vec<TemplateFault>> {
        let faults = text.faults();
        if !faults.is_empty() {
            return Err(faults);
        }
        let names = text.placeholders().map_err(|fault| vec![fault])?;
        let keys: Vec<String> = names.iter().map(|name| key(name)).collect();
        let numbered =
            |part: &'static str, text: &'t str| parts(text, &keys).map_err(|bad| vec![TemplateFault::Placeholder { part, bad }]);
        let [(subject, s), (description, d), (body, b)] = text.parts();
        let (subject, description, body) = (numbered(subject, s)?, numbered(description, d)?, numbered(body, b)?);
        let filled = body.iter().any(|part| matches!(part, pieces::Part::Hole(_)));
        let shape = if text.markup == Markup::Markdown && filled {
            let place = |index: usize| TemplateFault::Place { placeholder: names.get(index).cloned().unwrap_or_default() };
            Some(Shape::of(&body, names.len()).map_err(|not| vec![place(not.index)])?)
        } else {
            None
        };
        Ok(Self { subject, description, body, names, keys, shape })
    }

    /// Its placeholders, as they are first written.
    #[must_use]
    pub fn placeholders(&self) -> &[String] {
        &self.names
    }

    /// What these values make of it, or all that is wrong with them.
    pub fn fill(&self, values: &Values) -> Result<Filled, Vec<FillFault>> {
        let mut clean = Vec::with_capacity(self.names.len());
        let mut faults = Vec::new();
        for (name, key) in self.names.iter().zip(&self.keys) {
            match one_line(name, values.0.get(key).map(String::as_str)) {
                Ok(value) => clean.push(value),
                Err(fault) => faults.push(fault),
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let line = |part, parts: &[pieces::Part<'_>], most| {
            fits(part, parts, &clean, most).map(|()| joined(parts, Escape::None, |hole| value(&clean, hole)))
        };
        let subject = line(Part::Subject, &self.subject, MAX_SUBJECT);
        let description = line(Part::Description, &self.description, MAX_DESCRIPTION);
        let body = fits(Part::Body, &self.body, &clean, MAX_BODY).and_then(|()| self.filled_body(&clean));
        match (subject, description, body) {
            (Ok(subject), Ok(description), Ok(body)) => Ok(Filled { subject, description, body: body.into_bytes() }),
            (subject, description, body) => Err([subject.err(), description.err(), body.err()].into_iter().flatten().collect()),
        }
    }

    fn filled_body(&self, clean: &[String]) -> Result<String, FillFault> {
        let written = |how| joined(&self.body, how, |hole| value(clean, hole));
        let Some(shape) = &self.shape else { return Ok(written(Escape::None)) };
        for how in [Escape::None, Escape::Signs, Escape::All] {
            let body = written(how);
            if shape.is_of(&body, |hole| value(clean, hole)) {
                let bytes = body.len();
                let long = FillFault::PartLong { part: Part::Body, bytes, most: MAX_BODY };
                return if bytes > MAX_BODY { Err(long) } else { Ok(body) };
            }
        }
        Err(FillFault::Structure)
    }
}

fn value(clean: &[String], hole: usize) -> &str {
    clean.get(hole).map_or("", String::as_str)
}

/// A long value in many places would make much of little: its length is looked at before it is made.
fn fits(part: Part, parts: &[pieces::Part<'_>], clean: &[String], most: usize) -> Result<(), FillFault> {
    let len = |part: &pieces::Part<'_>| match *part {
        pieces::Part::Text(text) => text.len(),
        pieces::Part::Hole(hole) => value(clean, hole).len(),
    };
    let bytes = parts.iter().map(len).fold(0, usize::saturating_add);
    if bytes > most { Err(FillFault::PartLong { part, bytes, most }) } else { Ok(()) }
}

/// The value as it is put in: white space, new lines too, as single spaces, and none at its ends.
fn one_line(name: &str, value: Option<&str>) -> Result<String, FillFault> {
    let placeholder = || name.to_owned();
    let value = value.ok_or_else(|| FillFault::Missing { placeholder: placeholder() })?;
    if value.len() > MAX_VALUE {
        return Err(FillFault::Long { placeholder: placeholder(), bytes: value.len(), most: MAX_VALUE });
    }
    // a space that does not break is the writer's wish inside a value
    let breaks = |c: char| c.is_whitespace() && !matches!(c, '\u{a0}' | '\u{202f}');
    let words: Vec<&str> = value.trim().split(breaks).filter(|word| !word.is_empty()).collect();
    let line = words.join(" ");
    if line.is_empty() {
        return Err(FillFault::Empty { placeholder: placeholder() });
    }
    if line.chars().any(|c| c.is_control() || c == '\u{fffd}') || has_private(&line) {
        return Err(FillFault::Control { placeholder: placeholder() });
    }
    Ok(line)
}
