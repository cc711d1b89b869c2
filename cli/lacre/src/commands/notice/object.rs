//! A notice as programs read it.

use super::told;
use lacre_core::view::{NoticeAnswer, OfficialNotice};
use lacre_evidence::{Act, Effect, Stage, Standing};
use lacre_words::words::Words;
use serde_json::{Value, json};

/// The whole of it, but its files.
pub(crate) fn of(words: &Words, notice: &OfficialNotice) -> Value {
    let answer = notice.answer.map(|(answer, at)| {
        let answer = match answer {
            NoticeAnswer::Acknowledged => "acknowledged",
            NoticeAnswer::Refused => "refused",
            NoticeAnswer::NotMe => "not-me",
        };
        json!({ "answer": answer, "at": at.to_string() })
    });
    let replies: Vec<Value> = notice
        .replies
        .iter()
        .map(|r| {
            json!({
                "text": r.text, "files": r.files, "made_at": r.made_at.to_string(),
                "accepted_at": r.accepted_at.map(|at| at.to_string()),
            })
        })
        .collect();
    let (content, invalid) = match &notice.content {
        Ok(genuine) => (content(genuine), Value::Null),
        Err(not) => {
            let code = not.code.map(lacre_evidence::FaultCode::code);
            (Value::Null, json!({ "code": code, "part": not.part, "why": told::fault(words, not), "detail": not.detail }))
        }
    };
    json!({
        "id": notice.id.to_hex(),
        "accepted_at": notice.accepted_at.to_string(),
        "came_at": notice.came_at.to_string(),
        "opened_at": notice.opened_at.map(|at| at.to_string()),
        "notice": content,
        "invalid": invalid,
        "answer": answer,
        "replies": replies,
        "waiting": notice.waiting,
    })
}

fn content(genuine: &lacre_core::view::Genuine) -> Value {
    let n = &genuine.notice;
    let (kind, term) = match n.act {
        Act::Notification { stage, term } => {
            let stage = match stage {
                Stage::Start => "NT start",
                Stage::Inquiry => "NT inquiry",
                Stage::End => "NT end",
            };
            (stage, term.map(lacre_evidence::clock::Term::days))
        }
        Act::PersonalCommunication => ("CP", None),
        Act::Communique => ("CI", None),
    };
    let standing = match n.standing {
        Standing::Original => "original",
        Standing::Copy(_) => "copy",
        Standing::Corrects(_) => "corrects",
        Standing::Trial => "trial",
    };
    let files: Vec<Value> = n
        .files
        .iter()
        .enumerate()
        .map(|(number, f)| {
            let sha256 = data_encoding::HEXLOWER.encode(&f.sha256);
            json!({ "number": number, "name": f.name, "media": f.media, "bytes": f.len, "sha256": sha256 })
        })
        .collect();
    let effect = match &genuine.effect {
        None => "unknown",
        Some(Effect::InformsOnly) => "informs-only",
        Some(Effect::Notified(_)) => "notified",
    };
    let readings: Vec<Value> = match &genuine.effect {
        Some(Effect::Notified(dates)) => dates
            .readings()
            .map(|r| {
                json!({
                    "rule": r.rule.id.name(), "law": r.rule.law, "deemed": r.deemed.to_string(),
                    "last_day": r.last_day.map(|d| d.to_string()),
                })
            })
            .collect(),
        Some(Effect::InformsOnly) | None => Vec::new(),
    };
    let safe = genuine.safe();
    json!({
        "id": n.id.to_string(),
        "agency": { "code": n.agency.as_str(), "name": genuine.certificate.name },
        "type": kind,
        "term": term,
        "standing": standing,
        "case": n.case,
        "procedure": n.procedure,
        "subject": n.subject,
        "description": n.description,
        "uris": n.uris,
        "files": files,
        "effect": effect,
        "deemed": safe.map(|r| r.deemed.to_string()),
        "last_day": safe.and_then(|r| r.last_day).map(|d| d.to_string()),
        "known": genuine.known.is_some(),
        "readings": readings,
        "takes_answers": genuine.takes_answers,
    })
}
