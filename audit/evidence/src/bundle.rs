//! The bundle: one file, texts first, readable on paper, then files and proofs. The same contents give the same bytes.

use super::container::{ContainerError, Form, decimal};

/// Longest bundle, bytes: whoever reads one asks for this first, and reads one byte more at most.
pub const MAX_BUNDLE: usize = 256 << 20;
/// Most parts.
const MAX_PARTS: usize = 512;

const FORM: Form = Form { kind: "lacre evidence v", version: 2, bytes: MAX_BUNDLE, parts: MAX_PARTS };

/// A file of the notice in a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilePart {
    /// its bytes
    Here(Vec<u8>),
    /// left out on purpose: its digests stand in N
    LeftOut,
}

/// The parts as they came. Nothing is verified yet: ask [`verify`](super::verify()).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Bundle {
    /// [`Keys`](super::Keys): which keys it claims to be made with
    pub keys: Option<String>,
    /// the agency's certificate
    pub certificate: Option<String>,
    /// the registrar's answer
    pub lookup: Option<String>,
    /// RUN, salt, seed and return token
    pub opening: Option<String>,
    /// the person's word that official notices reach her here
    pub designation: Option<String>,
    /// account states from 0 on
    pub states: Vec<String>,
    /// the grant
    pub grant: Option<String>,
    /// N
    pub notice: Option<String>,
    /// records; the first is the relay's SubmissionAcceptance
    pub events: Vec<String>,
    /// account states after the registrar's: devices that came later sign records too
    pub later: Vec<String>,
    /// body and attachments
    pub files: Vec<FilePart>,
    /// the officials' approvals ([`Approvals`](super::approved::Approvals)); none where N names none
    pub approvals: Vec<Vec<u8>>,
    /// replies as the relay took them ([`TakenReply`](super::reply::TakenReply)): proof of when
    pub replies: Vec<Vec<u8>>,
    /// parts whose place is kept, by their names: nothing makes or checks them yet
    pub reserved: Vec<(String, Vec<u8>)>,
}

const ORDER: [&str; 16] = [
    "keys",
    "certificate",
    "lookup",
    "opening",
    "designation",
    "state",
    "grant",
    "notice",
    "event",
    "later",
    "file",
    "register",
    "approval",
    "reply",
    "head",
    "ledger",
];
const RESERVED: [&str; 3] = ["register", "head", "ledger"];

impl Bundle {
    /// The file's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut parts: Vec<(String, Option<&[u8]>)> = Vec::new();
        for (name, text) in [
            ("keys", &self.keys),
            ("certificate", &self.certificate),
            ("lookup", &self.lookup),
            ("opening", &self.opening),
            ("designation", &self.designation),
        ] {
            parts.extend(text.iter().map(|t| (name.to_owned(), Some(t.as_bytes()))));
        }
        parts.extend(self.states.iter().enumerate().map(|(i, t)| (format!("state.{i}"), Some(t.as_bytes()))));
        for (name, text) in [("grant", &self.grant), ("notice", &self.notice)] {
            parts.extend(text.iter().map(|t| (name.to_owned(), Some(t.as_bytes()))));
        }
        parts.extend(self.events.iter().enumerate().map(|(i, t)| (format!("event.{i}"), Some(t.as_bytes()))));
        parts.extend(self.later.iter().enumerate().map(|(i, t)| (format!("later.{i}"), Some(t.as_bytes()))));
        parts.extend(self.files.iter().enumerate().map(|(i, f)| match f {
            FilePart::Here(bytes) => (format!("file.{i}"), Some(bytes.as_slice())),
            FilePart::LeftOut => (format!("file.{i}"), None),
        }));
        // approvals and replies stand between the places that are kept
        let at = self.reserved.iter().take_while(|(name, _)| name == "register").count();
        let mut reserved = self.reserved.iter().map(|(name, p)| (name.clone(), Some(p.as_slice())));
        parts.extend(reserved.by_ref().take(at));
        parts.extend(self.approvals.iter().enumerate().map(|(i, a)| (format!("approval.{i}"), Some(a.as_slice()))));
        parts.extend(self.replies.iter().enumerate().map(|(i, r)| (format!("reply.{i}"), Some(r.as_slice()))));
        parts.extend(reserved);
        FORM.write(&parts)
    }

    /// Takes a file apart.
    pub fn parse(bytes: &[u8]) -> Result<Self, ContainerError> {
        let found = FORM.read(bytes)?;
        let mut bundle = Self::default();
        let mut at = Place { kind: 0, next: 0, gap: None };
        for (name, content) in &found.parts {
            at.step(name)?;
            bundle.put(name, *content)?;
        }
        found.complete(at.gap)?;
        Ok(bundle)
    }

    fn put(&mut self, name: &str, content: Option<&[u8]>) -> Result<(), ContainerError> {
        let kind = name.split_once('.').map_or(name, |(kind, _)| kind);
        if kind == "file" {
            self.files.push(content.map_or(FilePart::LeftOut, |c| FilePart::Here(c.to_vec())));
            return Ok(());
        }
        let content = content.ok_or(ContainerError::Shape("only files may be left out"))?;
        if kind == "approval" {
            self.approvals.push(content.to_vec());
            return Ok(());
        }
        if kind == "reply" {
            self.replies.push(content.to_vec());
            return Ok(());
        }
        if RESERVED.contains(&kind) {
            self.reserved.push((name.to_owned(), content.to_vec()));
            return Ok(());
        }
        let text = core::str::from_utf8(content).map_err(|_| ContainerError::Shape("a text is not UTF-8"))?.to_owned();
        match kind {
            "keys" => self.keys = Some(text),
            "certificate" => self.certificate = Some(text),
            "lookup" => self.lookup = Some(text),
            "opening" => self.opening = Some(text),
            "designation" => self.designation = Some(text),
            "state" => self.states.push(text),
            "grant" => self.grant = Some(text),
            "notice" => self.notice = Some(text),
            "event" => self.events.push(text),
            "later" => self.later.push(text),
            _ => return Err(ContainerError::Shape("an unknown part")),
        }
        Ok(())
    }
}

/// Where in [`ORDER`] we are: parts come in this order, numbered from 0 without gaps. A gap is told at the end, when nothing
/// else was wrong: parts in another order are no gap.
struct Place {
    kind: usize,
    next: usize,
    gap: Option<String>,
}

impl Place {
    fn step(&mut self, name: &str) -> Result<(), ContainerError> {
        let (kind, number) = match name.split_once('.') {
            Some((kind, n)) => (kind, Some(decimal(n, MAX_PARTS).ok_or(ContainerError::Shape("a part's number is none"))?)),
            None => (name, None),
        };
        let at = ORDER.iter().position(|k| *k == kind).ok_or(ContainerError::Shape("an unknown part"))?;
        let numbered = matches!(kind, "state" | "event" | "later" | "file" | "approval" | "reply" | "head" | "ledger");
        if numbered != number.is_some() {
            return Err(ContainerError::Shape("a part's number is none"));
        }
        let expected = if at == self.kind { self.next } else { 0 };
        let found = number.unwrap_or(0);
        if at < self.kind || found < expected {
            return Err(ContainerError::Shape("parts out of order, or one twice"));
        }
        if found > expected && self.gap.is_none() {
            self.gap = Some(format!("{kind}.{expected}"));
        }
        (self.kind, self.next) = (at, found + 1);
        Ok(())
    }
}
