//! Proven evidence in ETSI's form (EN 319 522-2 clause 8, names of EN 319 522-3): a tree of named fields for each event,
//! which a program writes as JSON, and the rules that such a tree must keep.

use super::event::{Event, URI};
use super::notice::Act;
use super::record::{Issuer, Party, Record};
use super::verdict::{Outcome, Proven, ProvenNotice, ProvenOtherwise};
use data_encoding::HEXLOWER;
use lacre_ground::ids::AccountId;
use lacre_ground::time::Millis;

/// Version of the evidence form.
pub const VERSION: &str = "EN319522v1.1.1";

/// A field's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// a text
    Text(String),
    /// several
    List(Vec<Value>),
    /// named fields
    Group(Vec<(&'static str, Value)>),
}

fn text(value: impl Into<String>) -> Value {
    Value::Text(value.into())
}

/// When a field stands in a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// always
    Always,
    /// exactly if the event is negative
    Negative,
    /// where there is something to say
    Optional,
}

/// The fields of one evidence record, in order.
pub const FIELDS: [(&str, Presence); 12] = [
    ("Version", Presence::Always),
    ("EvidenceIdentifier", Presence::Always),
    ("ERDSEventId", Presence::Always),
    ("EventTime", Presence::Always),
    ("EvidenceIssuerDetails", Presence::Always),
    ("SenderDetails", Presence::Always),
    ("RecipientDetails", Presence::Always),
    ("EventReasons", Presence::Negative),
    ("UserContentInfo", Presence::Always),
    ("ExternalSystemReference", Presence::Optional),
    ("TransactionLogInformation", Presence::Optional),
    ("Extensions", Presence::Optional),
];

/// A rule of the standard that a record breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// A demanded field is not there or empty.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A field that must not stand here.
    #[error("{0} must not be there")]
    Forbidden(String),
    /// A field's value is not of its form.
    #[error("{0} is not of its form")]
    Form(&'static str),
}

/// Checks a record against the field rules.
pub fn check(record: &[(&str, Value)]) -> Result<(), FieldError> {
    let find = |name: &str| record.iter().find(|(n, _)| *n == name).map(|(_, v)| v);
    for (at, (name, _)) in record.iter().enumerate() {
        let known = FIELDS.iter().any(|(f, _)| f == name);
        let twice = record.iter().take(at).any(|(n, _)| n == name);
        if !known || twice {
            return Err(FieldError::Forbidden((*name).to_owned()));
        }
    }
    let event = match find("ERDSEventId") {
        Some(Value::Text(uri)) => Event::from_uri(uri).ok_or(FieldError::Form("ERDSEventId"))?,
        Some(_) => return Err(FieldError::Form("ERDSEventId")),
        None => return Err(FieldError::Missing("ERDSEventId")),
    };
    for (name, presence) in FIELDS {
        let there = match find(name) {
            None => false,
            Some(Value::Text(t)) if t.is_empty() => return Err(FieldError::Form(name)),
            Some(Value::List(l)) if l.is_empty() => return Err(FieldError::Form(name)),
            Some(Value::Group(g)) if g.is_empty() => return Err(FieldError::Form(name)),
            Some(_) => true,
        };
        match presence {
            Presence::Always if !there => return Err(FieldError::Missing(name)),
            Presence::Negative if event.is_negative() && !there => return Err(FieldError::Missing(name)),
            Presence::Negative if !event.is_negative() && there => return Err(FieldError::Forbidden(name.to_owned())),
            Presence::Always | Presence::Negative | Presence::Optional => {}
        }
    }
    let is_time = matches!(find("EventTime"), Some(Value::Text(t)) if Millis::parse(t).is_ok());
    if !is_time {
        return Err(FieldError::Form("EventTime"));
    }
    let lists =
        matches!(find("RecipientDetails"), Some(Value::List(_))) && matches!(find("EventReasons"), None | Some(Value::List(_)));
    if lists { Ok(()) } else { Err(FieldError::Form("RecipientDetails")) }
}

/// All records of a proven notice, the computed ContentConsignment after the receipt; of one that went to nobody electronically, what
/// the body says was done.
#[must_use]
pub fn records(proven: &Proven) -> Vec<Vec<(&'static str, Value)>> {
    let Outcome::Sent(sent) = &proven.outcome else {
        let told = |kept: &ProvenOtherwise| kept.steps.iter().map(|s| signed(proven, &About::kept(kept), &s.record)).collect();
        return proven.otherwise.as_deref().map_or_else(Vec::new, told);
    };
    let mut out = Vec::new();
    for (i, record) in sent.records.iter().enumerate() {
        out.push(signed(proven, &About::sent(sent), record));
        if i == 0 {
            out.push(consignment(proven, sent));
        }
    }
    out
}

fn sender(proven: &Proven) -> Value {
    Value::Group(vec![("Identifier", text(proven.agency.code.as_str())), ("Name", text(&*proven.agency.name))])
}

/// What records are about.
struct About<'a> {
    account: Option<AccountId>,
    digest: [u8; 32],
    subject: &'a str,
}

impl<'a> About<'a> {
    fn sent(sent: &'a ProvenNotice) -> Self {
        Self { account: Some(sent.to.account), digest: sent.receipt.envelope, subject: &sent.notice.subject }
    }
    fn kept(kept: &'a ProvenOtherwise) -> Self {
        Self { account: None, digest: kept.notice.note_hash(), subject: &kept.notice.subject }
    }
}

fn recipient(proven: &Proven, about: &About<'_>) -> Value {
    let mut person = vec![("Identifier", text(proven.run.canonical()))];
    person.extend(about.account.map(|account| ("Account", text(account.to_string()))));
    Value::List(vec![Value::Group(person)])
}

fn content(about: &About<'_>) -> Value {
    Value::Group(vec![
        ("DigestMethod", text("http://www.w3.org/2001/04/xmlenc#sha256")),
        ("DigestValue", text(HEXLOWER.encode(&about.digest))),
        ("Subject", text(about.subject)),
    ])
}

fn signed(proven: &Proven, about: &About<'_>, record: &Record) -> Vec<(&'static str, Value)> {
    let mut out = vec![
        ("Version", text(VERSION)),
        ("EvidenceIdentifier", text(record.id.to_string())),
        ("ERDSEventId", text(record.event.uri())),
        ("EventTime", text(record.time.to_string())),
        ("EvidenceIssuerDetails", issuer(&record.issuer)),
        ("SenderDetails", sender(proven)),
        ("RecipientDetails", recipient(proven, about)),
    ];
    if record.event.is_negative() {
        out.push(("EventReasons", reasons(record)));
    }
    out.push(("UserContentInfo", content(about)));
    if let Some(reference) = &record.reference {
        out.push(("ExternalSystemReference", text(&**reference)));
    }
    if let Some(s) = &record.submission {
        let mut log = vec![
            ("Channel", text(s.channel.to_string())),
            ("Generation", text(s.generation.to_string())),
            ("Entry", text(s.entry.to_string())),
        ];
        if let Some(checkpoint) = &s.checkpoint {
            log.push(("Checkpoint", text(HEXLOWER.encode(checkpoint))));
        }
        out.push(("TransactionLogInformation", Value::Group(log)));
    }
    let known = |p: &Party| text(p.text());
    let mut said = vec![("SenderAsIssuerKnows", known(&record.sender)), ("RecipientAsIssuerKnows", known(&record.recipient))];
    if !record.event.is_negative() && !record.reasons.is_empty() {
        said.push(("Reasons", reasons(record)));
    }
    said.extend(record.scan.as_ref().map(|scan| ("ScanSHA256", text(HEXLOWER.encode(scan)))));
    out.push(("Extensions", Value::Group(said)));
    out
}

fn reasons(record: &Record) -> Value {
    Value::List(record.reasons.iter().map(|r| text(r.name())).collect())
}

fn issuer(issuer: &Issuer) -> Value {
    let (kind, who) = match issuer {
        Issuer::Relay(a) => ("relay", a.to_string()),
        Issuer::Device(a, d) => ("device", format!("{a} {d}")),
        Issuer::Agency(c) => ("agency", c.to_string()),
        Issuer::Officer(c, name) => ("officer", format!("{c} {name}")),
        Issuer::Gateway(name) => ("gateway", name.clone()),
    };
    Value::Group(vec![("Kind", text(kind)), ("Identifier", text(who))])
}

/// ContentConsignment is signed by nobody: it says from what it was computed, so that anyone can compute it again. Its
/// extension is the minimum data of Decreto 8.
fn consignment(proven: &Proven, sent: &ProvenNotice) -> Vec<(&'static str, Value)> {
    let n = &sent.notice;
    let act = match n.act {
        Act::Notification { stage, .. } => match stage {
            super::notice::Stage::Start => "NT 1",
            super::notice::Stage::Inquiry => "NT 2",
            super::notice::Stage::End => "NT 3",
        },
        Act::PersonalCommunication => "CP",
        Act::Communique => "CI",
    };
    let files = n.files.iter().map(|f| {
        Value::Group(vec![("Name", text(&*f.name)), ("Media", text(&*f.media)), ("SHA256", text(HEXLOWER.encode(&f.sha256)))])
    });
    let mut minimum = vec![
        ("CodigoOrganismo", text(n.agency.as_str())),
        ("RUN", text(n.run.canonical())),
        ("IUIe", text(&*n.case)),
        ("Procedimiento", text(&*n.procedure)),
        ("TipoNotificacion", text(act)),
        ("Asunto", text(&*n.subject)),
        ("Descripcion", text(&*n.description)),
        ("Adjuntos", Value::List(files.collect())),
    ];
    if !n.uris.is_empty() {
        minimum.push(("URI", Value::List(n.uris.iter().map(|u| text(&**u)).collect())));
    }
    let record = vec![
        ("FechaDespacho", text(sent.receipt.time.to_string())),
        ("FechaRecepcion", text(sent.consigned_at.to_string())),
        ("CodigoTransaccion", text(sent.receipt.id.to_string())),
        ("Resultado", text("enviada")),
    ];
    vec![
        ("Version", text(VERSION)),
        ("EvidenceIdentifier", text(n.id.to_string())),
        ("ERDSEventId", text(format!("{URI}{}", Event::ContentConsignment.name()))),
        ("EventTime", text(sent.consigned_at.to_string())),
        ("EvidenceIssuerDetails", Value::Group(vec![("Kind", text("computed")), ("From", text("lookup, grant, receipt"))])),
        ("SenderDetails", sender(proven)),
        ("RecipientDetails", recipient(proven, &About::sent(sent))),
        ("UserContentInfo", content(&About::sent(sent))),
        (
            "Extensions",
            Value::Group(vec![
                ("Decreto8Articulo13", Value::Group(minimum)),
                ("Decreto8Articulo16", Value::Group(record)),
                ("Place", text(format!("{} {}", n.place.zone, n.place.comuna.map_or("-".to_owned(), |c| c.to_string())))),
            ]),
        ),
    ]
}
