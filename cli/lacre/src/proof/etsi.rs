//! Proven evidence as JSON: ETSI's records, and the short summary of `verify --json`.

use super::story::{self, Check};
use super::{otherwise, replies};
use lacre_evidence::export::{self, Value as Field};
use lacre_evidence::{Effect, Outcome, Proven, Record};
use lacre_words::words::Words;
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
pub(crate) fn proven(words: &Words, proven: &Proven, check: &Check) -> Value {
    let mut out = Map::new();
    let mut put = |name: &str, value: Value| out.insert(name.to_owned(), value);
    let place = proven.agency.place;
    put("digest", json!(hex(&proven.digest)));
    put("agency", json!({ "code": proven.agency.code.as_str(), "name": proven.agency.name, "key": hex(&proven.agency.key) }));
    let (comuna, name) = (place.comuna.map(|c| c.to_string()), place.comuna.map(|c| c.name()));
    put("place", json!({ "zone": place.zone.name(), "comuna": comuna, "comuna_name": name }));
    put("run", json!(proven.run.canonical()));
    put("asked", json!(proven.lookup.asked_at.to_string()));
    let keys = proven.keys.fingerprints().into_iter().map(|(office, key)| json!({ "office": office, "key": key }));
    put("keys", keys.collect());
    put("warnings", json!(story::warnings(words, proven)));
    let sent = match &proven.outcome {
        Outcome::Exempt => {
            put("outcome", json!("exempt"));
            put("kept", json!(proven.otherwise.as_deref().map(otherwise::json)));
            return Value::Object(out);
        }
        Outcome::NoAccount => {
            put("outcome", json!("no account"));
            put("kept", json!(proven.otherwise.as_deref().map(otherwise::json)));
            return Value::Object(out);
        }
        Outcome::Sent(sent) => sent,
    };
    put("outcome", json!("sent"));
    put("notice", json!(sent.notice.id.to_string()));
    put("transaction", json!(sent.receipt.id.to_string()));
    put("subject", json!(sent.notice.subject));
    put("case", json!(sent.notice.case));
    put("dispatch", json!(sent.consigned_at.to_string()));
    put("handed_over", json!(sent.progress.handed_over.map(|t| t.to_string())));
    put("in_person", json!(sent.progress.in_person.map(|t| t.to_string())));
    put("opened", json!(sent.progress.opened.map(|t| t.to_string())));
    let files = sent.notice.files.iter().zip(&sent.files_here).enumerate().map(|(i, (f, here))| {
        let back = check.put_back.contains(&i);
        json!({
            "name": f.name, "media": f.media, "bytes": f.len, "sha256": hex(&f.sha256), "here": here, "put_back": back,
        })
    });
    put("files", files.collect());
    put("approved", json!(sent.approved.as_ref().map(otherwise::approved)));
    put("records", sent.records.iter().map(|r| record(r)).collect());
    put("replies", Value::Array(replies::json(sent)));
    if let Effect::Notified(dates) = &sent.effect {
        for r in dates.readings() {
            put(&format!("deemed_{}", r.key()), json!(r.deemed.to_string()));
            put(&format!("last_day_{}", r.key()), json!(r.last_day.map(|d| d.to_string())));
        }
        let skipped = story::skipped(words, dates).into_iter();
        let skipped = skipped.map(|(date, name, law)| json!({ "date": date.to_string(), "name": name, "law": law }));
        put("skipped", skipped.collect());
    }
    Value::Object(out)
}

/// A record, with whose word it is.
fn record(record: &Record) -> Value {
    let issuer = record.issuer.text();
    let (kind, who) = issuer.split_once(' ').unwrap_or((&issuer, ""));
    json!({
        "event": record.event.name(), "id": record.id.to_string(), "time": record.time.to_string(),
        "issuer": { "kind": kind, "who": who },
        "reasons": record.reasons.iter().map(|r| r.name()).collect::<Vec<_>>(),
        "reference": record.reference, "against": record.event.speaks_against(),
    })
}

fn hex(bytes: &[u8; 32]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}
