//! Proven evidence as JSON: ETSI's records, and the short summary of `verify --json`.

use lacre_evidence::export::{self, Value as Field};
use lacre_evidence::{Effect, Outcome, Proven};
use serde_json::{Map, Value, json};

fn value(field: &Field) -> Value {
    match field {
        Field::Text(text) => Value::String(text.clone()),
        Field::List(list) => Value::Array(list.iter().map(value).collect()),
        Field::Group(group) => object(group),
    }
}

fn object(fields: &[(&'static str, Field)]) -> Value {
    Value::Object(fields.iter().map(|(name, field)| ((*name).to_owned(), value(field))).collect::<Map<_, _>>())
}

/// ETSI's records: a list of objects, one for each event.
pub(crate) fn text(proven: &Proven) -> String {
    let records: Vec<Value> = export::records(proven).iter().map(|r| object(r)).collect();
    format!("{:#}\n", Value::Array(records))
}

/// The summary: documented in cli/JSON.md.
pub(crate) fn proven(proven: &Proven) -> Value {
    let hex = |b: &[u8; 32]| data_encoding::HEXLOWER.encode(b);
    let mut out = Map::new();
    out.insert("digest".to_owned(), json!(hex(&proven.digest)));
    out.insert("agency".to_owned(), json!({ "code": proven.agency.code.as_str(), "name": proven.agency.name }));
    out.insert("run".to_owned(), json!(proven.run.canonical()));
    out.insert("asked".to_owned(), json!(proven.lookup.asked_at.to_string()));
    let sent = match &proven.outcome {
        Outcome::Exempt => {
            out.insert("outcome".to_owned(), json!("exempt"));
            return Value::Object(out);
        }
        Outcome::NoAccount => {
            out.insert("outcome".to_owned(), json!("no account"));
            return Value::Object(out);
        }
        Outcome::Sent(sent) => sent,
    };
    out.insert("outcome".to_owned(), json!("sent"));
    out.insert("notice".to_owned(), json!(sent.notice.id.to_string()));
    out.insert("subject".to_owned(), json!(sent.notice.subject));
    out.insert("case".to_owned(), json!(sent.notice.case));
    out.insert("dispatch".to_owned(), json!(sent.consigned_at.to_string()));
    out.insert("handed_over".to_owned(), json!(sent.progress.handed_over.map(|t| t.to_string())));
    out.insert("opened".to_owned(), json!(sent.progress.opened.map(|t| t.to_string())));
    let files = sent
        .notice
        .files
        .iter()
        .zip(&sent.files_here)
        .map(|(f, here)| json!({ "name": f.name, "media": f.media, "bytes": f.len, "sha256": hex(&f.sha256), "here": here }));
    out.insert("files".to_owned(), files.collect());
    if let Effect::Notified(dates) = &sent.effect {
        for r in dates.readings() {
            out.insert(format!("deemed_{}", r.key()), json!(r.deemed.to_string()));
            out.insert(format!("last_day_{}", r.key()), json!(r.last_day.map(|d| d.to_string())));
        }
    }
    Value::Object(out)
}
