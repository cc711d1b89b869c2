//! What proves a notice to others, as files for one folder. The relay's record of its delivery is not among them: the body has it, and
//! it completes these to a bundle that verifies. What this device signed, and its replies with the relay's receipts (`reply.N`, as a
//! bundle takes them), are.

use super::address::own_states;
use super::bodies;
use super::showing;
use crate::shelf;
use crate::shelf::{Engine, NoticeRow};
use crate::words::{NoticeExport, NoticeRef, NoticeTrouble, Trouble};
use lacre_evidence::envelope::Seed;
use lacre_evidence::lookup::Salt;
use lacre_evidence::{Notice, Opening};
use lacre_ground::note::UnverifiedNote;
use lacre_ground::signed::NoteText as _;

/// All that is here; files that were not fetched are left out, and so are all if `with_files` is false.
pub(crate) fn export(engine: &mut Engine, id: NoticeRef, with_files: bool) -> Result<NoticeExport, Trouble> {
    let row = engine.run(|cx| shelf::notice(cx, id))?.ok_or(Trouble::Notice(NoticeTrouble::NoSuchNotice))?;
    let mut files = engine.run(|cx| {
        let states: Vec<String> = shelf::own(cx)?.states.clone();
        let named = opening(&row).map(|(notice, _)| notice.state_number());
        let numbers: Vec<u64> = own_states(cx)?.iter().map(|s| s.number).collect();
        let mut out = notes(&row);
        for (number, raw) in numbers.into_iter().zip(states) {
            let (kind, at) = match named {
                Some(named) if number > named => ("later", number - named - 1),
                _ => ("state", number),
            };
            out.push((format!("{kind}.{at}.note"), raw.into_bytes()));
        }
        for (n, reply) in row.replies.iter().enumerate() {
            out.push((format!("reply.{n}.note"), reply.note.clone().into_bytes()));
            out.push((format!("reply.{n}.txt"), reply.text.clone().into_bytes()));
            if let Some(receipt) = &reply.receipt {
                out.push((format!("reply.{n}.receipt"), receipt.clone().into_bytes()));
            }
            if let Some(part) = shelf::taken_reply(cx, id, reply.id)? {
                out.push((format!("reply.{n}"), part));
            }
            for (i, bytes) in shelf::reply_files(cx, id, reply.id)?.into_iter().enumerate() {
                out.push((format!("reply.{n}.file.{i}"), bytes));
            }
        }
        Ok(out)
    })?;
    let genuine = showing::one(engine, id)?.content.is_ok();
    let mut left_out = Vec::new();
    if with_files && genuine {
        for number in 0..row.files.len() {
            match bodies::file(engine, None, id, number)? {
                Some(file) => files.push((format!("file.{number}"), file.bytes.to_vec())),
                None => left_out.push(number),
            }
        }
    }
    Ok(NoticeExport { files, left_out })
}

fn opening(row: &NoticeRow) -> Option<(Notice, Opening)> {
    let header = row.header.as_ref()?;
    let note = UnverifiedNote::parse(&header.notice).ok()?;
    let notice = Notice::parse(note.unverified_text()).ok()?;
    let (salt, seed) = (Salt::new(header.salt.0), Some(Seed::new(header.seed.0)));
    let opening = Opening { run: notice.run, salt, seed, return_token: header.return_token.clone() };
    Some((notice, opening))
}

fn notes(row: &NoticeRow) -> Vec<(String, Vec<u8>)> {
    let mut out: Vec<(String, Vec<u8>)> = Vec::new();
    let mut put = |name: &str, text: &str| out.push((name.to_owned(), text.as_bytes().to_vec()));
    if let Some(header) = &row.header {
        put("notice.note", &header.notice);
        put("certificate.note", &header.certificate);
        put("lookup.note", &header.lookup);
        put("designation.note", &header.designation);
        if let Some(grant) = &header.grant {
            put("grant.note", grant);
        }
        if let Some((_, opening)) = opening(row) {
            put("opening.txt", &opening.text());
        }
    }
    for (n, record) in row.records.iter().enumerate() {
        put(&format!("record.{n}.note"), &record.note);
    }
    out
}
