//! A version of a template as a row: what a profile keeps of it, and a package hands on.

use super::text::{Markup, TemplateName, TemplateText};
use super::version::Template;
use crate::NewNotice;
use lacre_evidence::Act;
use lacre_evidence::clock::Term;
use lacre_evidence::notice::Stage;
use lacre_ground::time::Millis;
use serde::{Deserialize, Serialize};

/// A version as it is kept and handed on; its body, which may be long, stands beside it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct TemplateRow {
    pub(crate) name: String,
    pub(crate) version: u32,
    kind: String,
    term: Option<u16>,
    pub(crate) procedure: String,
    pub(crate) subject: String,
    pub(crate) description: String,
    file: String,
    markdown: bool,
    pub(crate) answers: bool,
    pub(crate) made_at: Millis,
    pub(crate) digest: [u8; 32],
}

fn term_of(act: Act) -> Option<u16> {
    match act {
        Act::Notification { term, .. } => term.map(Term::days),
        Act::PersonalCommunication | Act::Communique => None,
    }
}

impl TemplateRow {
    pub(crate) fn of(template: &Template) -> Self {
        let text = template.text();
        Self {
            name: template.name().to_string(),
            version: template.version(),
            kind: text.act.words().0.to_owned(),
            term: term_of(text.act),
            procedure: text.procedure.clone(),
            subject: text.subject.clone(),
            description: text.description.clone(),
            file: text.file.clone(),
            markdown: text.markup == Markup::Markdown,
            answers: text.answers,
            made_at: template.made_at(),
            digest: template.digest(),
        }
    }

    /// What one notice says that no template does.
    pub(crate) fn of_notice(new: &NewNotice, made_at: Millis) -> Self {
        Self {
            name: String::new(),
            version: 0,
            kind: new.act.words().0.to_owned(),
            term: term_of(new.act),
            procedure: new.procedure.clone(),
            subject: new.subject.clone(),
            description: new.description.clone(),
            file: String::new(),
            markdown: false,
            answers: new.answers,
            made_at,
            digest: [0; 32],
        }
    }

    pub(crate) fn act(&self) -> Option<Act> {
        let stage = match self.kind.as_str() {
            "NT start" => Stage::Start,
            "NT inquiry" => Stage::Inquiry,
            "NT end" => Stage::End,
            "CP" => return Some(Act::PersonalCommunication),
            "CI" => return Some(Act::Communique),
            _ => return None,
        };
        Some(Act::Notification { stage, term: self.term.and_then(Term::business_days) })
    }

    /// The whole of one that was kept here: it was looked at when it was made.
    pub(crate) fn whole(self, body: String) -> Option<Template> {
        let (version, made_at, digest) = (self.version, self.made_at, self.digest);
        let (name, text) = self.said(body)?;
        let template = Template::kept(name, version, text, made_at);
        (template.digest() == digest).then_some(template)
    }

    /// The whole of one that somebody else wrote: it is looked at.
    pub(crate) fn made(self, body: String) -> Option<Template> {
        let (version, made_at) = (self.version, self.made_at);
        let (name, text) = self.said(body)?;
        Template::make(name, version, text, made_at).ok()
    }

    fn said(self, body: String) -> Option<(TemplateName, TemplateText)> {
        let (name, act) = (TemplateName::parse(&self.name)?, self.act()?);
        let markup = if self.markdown { Markup::Markdown } else { Markup::Plain };
        let text = TemplateText {
            act,
            procedure: self.procedure,
            subject: self.subject,
            description: self.description,
            body,
            markup,
            file: self.file,
            answers: self.answers,
        };
        Some((name, text))
    }
}
