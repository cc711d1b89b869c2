//! What goes back to the body: records of this device, and replies of the person (FORMAT.md, 5b).
//!
//! An answer's final bytes are stored with it, in the step that decides it; they are sent, the same, until the relay has them. A place
//! that another device has taken (CONFLICT) is left for the next one.

use super::address::{note_signer, own_states};
use crate::network::{Lane, Network, Reason as Refused};
use crate::shelf::{About, Cargo, Cx, Engine, HeaderRow, Item, NoticeRow, RecordRow, ReplyRow, SaidTo, Taken};
use crate::words::{Happening, NoticeAnswer, NoticeRef, NoticeTrouble, ReplyFile, Standing, StepError, Trouble, WaitingKind};
use crate::{queue, shelf, words};
use lacre_evidence::reply::{self, MAX_REPLY_FILES, Reply};
use lacre_evidence::returned::{self, MAX_ANSWERS, MAX_REPLY_SIZE, Returned, ReturnedError};
use lacre_evidence::{Event, Issuer, Notice, Party, Reason, Record, Seed, TakenReply};
use lacre_ground::ids::{ChannelId, EvidenceId, Token};
use lacre_ground::note::{NoteKey, UnverifiedNote};
use lacre_ground::random;
use lacre_ground::receipt::{RELAY, Receipt};
use lacre_ground::signed::NoteText as _;
use lacre_ground::time::Millis;
use lacre_proto::relay::v1 as wire;
use sha2::{Digest as _, Sha256};

/// Most bytes of a reply with its files and notes.
pub const MAX_REPLY: usize = MAX_REPLY_SIZE;
/// That a notice was opened is said after a while of chance, milliseconds: nobody learns from the wire when somebody reads.
const OPENED_AFTER_MS: core::ops::Range<u64> = 60_000..3_600_000;

/// Where answers go; none where the body takes none.
struct Back {
    notice: Notice,
    seed: Seed,
    channel: ChannelId,
    token: Token,
}

/// What an unverified or verified N says; of an invalid one only where to answer is taken.
fn back(header: Option<&HeaderRow>) -> Option<Back> {
    let header = header?;
    let note = UnverifiedNote::parse(&header.notice).ok()?;
    let notice = Notice::parse(note.unverified_text()).ok()?;
    let (channel, token) = (notice.return_channel?, header.return_token.clone()?);
    Some(Back { notice, seed: Seed::new(header.seed.0), channel, token })
}

/// Whether the body takes answers to it.
pub(super) fn takes_answers(row: &NoticeRow) -> bool {
    back(row.header.as_ref()).is_some()
}

/// A record of this device goes to the body, if it takes any.
pub(super) fn say(
    cx: &mut Cx<'_, '_>,
    row: &mut Taken<NoticeRow>,
    event: Event,
    reasons: Vec<Reason>,
    after_ms: u64,
) -> Result<(), StepError> {
    let Some(back) = back(row.header.as_ref()) else { return Ok(()) };
    let own = shelf::own(cx)?;
    // a device whose account another one replaced says nothing in its person's name
    if row.answers >= MAX_ANSWERS || own.replaced.is_some() {
        return Ok(());
    }
    let genuine = row.fault.is_none();
    let record = Record {
        event,
        id: EvidenceId::new(random::bytes(cx.rng)),
        // never before what it is about
        time: shelf::by_relay(&own, cx.now).max(row.accepted_at),
        issuer: Issuer::Device(own.account, own.device),
        envelope: row.digest,
        sender: if genuine { Party::Agency(back.notice.agency.clone()) } else { Party::Unknown },
        recipient: Party::Account(own.account),
        reasons,
        reference: None,
        scan: None,
        submission: None,
    };
    let note = record.sign(&note_signer(cx)?).map_err(|e| StepError::Again(e.to_string()))?;
    let place = u32::try_from(row.records.len()).unwrap_or(u32::MAX);
    row.records.push(RecordRow { note, stored: None });
    send(cx, row, &back, About::Record(place), after_ms)
}

/// Puts an answer into the queue, in the next place.
fn send(cx: &mut Cx<'_, '_>, row: &mut Taken<NoticeRow>, back: &Back, about: About, after_ms: u64) -> Result<(), StepError> {
    let n = row.answers;
    row.answers = n.saturating_add(1);
    let sealed = seal(cx, row, back, about, n)?;
    let cargo = Cargo::Answer {
        notice: row.id,
        about,
        channel: back.channel,
        token: back.token.clone(),
        n,
        entry: returned::entry_id(&back.seed, n),
        sealed,
    };
    let number = queue::enqueue(cx, None, WaitingKind::NoticeAnswer, cargo)?;
    if after_ms > 0
        && let Some(mut item) = shelf::item(cx, number)?
    {
        item.not_before = Some(cx.now.plus(after_ms));
        shelf::put_item(cx, &item)?;
    }
    Ok(())
}

/// The final bytes of an answer in its place.
fn seal(cx: &mut Cx<'_, '_>, row: &NoticeRow, back: &Back, about: About, n: u32) -> Result<Vec<u8>, StepError> {
    let again = |e: ReturnedError| match e {
        ReturnedError::TooLong => StepError::from(NoticeTrouble::TooLong { limit: u64::try_from(MAX_REPLY).unwrap_or(0) }),
        ReturnedError::DoesNotOpen | ReturnedError::Shape => StepError::Again(e.to_string()),
    };
    let states = own_states(cx)?;
    let raws = shelf::own(cx)?.states.clone();
    let newer = states.iter().zip(raws).filter(|(state, _)| state.number > back.notice.state_number());
    let later: Vec<String> = newer.map(|(_, raw)| raw).collect();
    let (seed, entry) = (&back.seed, returned::entry_id(&back.seed, n));
    let answer = match about {
        About::Record(place) => {
            let record = usize::try_from(place).ok().and_then(|at| row.records.get(at)).map(|r| r.note.clone());
            Returned::Note { record: record.unwrap_or_default(), later }
        }
        About::Reply(id) => {
            let reply = row.replies.iter().find(|r| r.id == id);
            let (reply, text) = reply.map(|r| (r.note.clone(), r.text.clone())).unwrap_or_default();
            Returned::Reply { reply, later, text, files: shelf::reply_files(cx, row.id, id)? }
        }
    };
    let sealed = answer.seal(seed, back.channel, entry, cx.rng);
    match (sealed, answer) {
        // all records have one size: whoever lacks the states asks the registrar
        (Err(ReturnedError::TooLong), Returned::Note { record, .. }) => {
            Returned::Note { record, later: Vec::new() }.seal(seed, back.channel, entry, cx.rng).map_err(again)
        }
        (sealed, _) => sealed.map_err(again),
    }
}

/// The row of a notice that can be answered.
fn to_answer(cx: &mut Cx<'_, '_>, id: NoticeRef) -> Result<(Taken<NoticeRow>, Back), StepError> {
    if shelf::living(cx)?.replaced.is_some() {
        return Err(words::MessageTrouble::NotActive(Standing::Replaced).into());
    }
    let row = shelf::take_notice(cx, id)?.ok_or(NoticeTrouble::NoSuchNotice)?;
    if row.fault.is_some() {
        return Err(NoticeTrouble::Invalid.into());
    }
    let back = back(row.header.as_ref()).ok_or(NoticeTrouble::TakesNoAnswers)?;
    if row.answers >= MAX_ANSWERS {
        return Err(NoticeTrouble::TooManyAnswers { limit: u64::from(MAX_ANSWERS) }.into());
    }
    Ok((row, back))
}

/// The person has taken note, refuses, or is another one. Said once; it goes out with the next synchronisation.
pub(crate) fn answer(engine: &mut Engine, id: NoticeRef, what: NoticeAnswer) -> Result<(), Trouble> {
    engine.run(|cx| {
        let (mut row, _) = to_answer(cx, id)?;
        if row.said.is_some() {
            return Err(NoticeTrouble::AlreadyAnswered.into());
        }
        let (event, reasons, said) = match what {
            NoticeAnswer::Acknowledged => (Event::ConsignmentAcceptance, Vec::new(), SaidTo::Acknowledged),
            NoticeAnswer::Refused => (Event::ConsignmentRejection, vec![Reason::PersonRefuses], SaidTo::Refused),
            NoticeAnswer::NotMe => (Event::ConsignmentRejection, vec![Reason::NotMe], SaidTo::NotMe),
        };
        // a clock that is ahead must not make her term look longer
        row.said = Some((said, shelf::not_ahead(&*shelf::own(cx)?, cx.now)));
        say(cx, &mut row, event, reasons, 0)?;
        shelf::put_notice(cx, row)?;
        cx.reached("notice: answered")
    })
}

/// The person reads it. The body is told only if she allows it, later.
pub(crate) fn opened(engine: &mut Engine, id: NoticeRef) -> Result<(), Trouble> {
    engine.run(|cx| {
        let mut row = shelf::take_notice(cx, id)?.ok_or(NoticeTrouble::NoSuchNotice)?;
        if row.opened_at.is_some() {
            return Ok(());
        }
        row.opened_at = Some(cx.now);
        if row.fault.is_none() && shelf::address(cx)?.tell_opened && !shelf::own(cx)?.deleted {
            let chance = u64::from_be_bytes(random::bytes(cx.rng));
            let after = OPENED_AFTER_MS.start + chance % (OPENED_AFTER_MS.end - OPENED_AFTER_MS.start);
            say(cx, &mut row, Event::ContentAccessTracking, Vec::new(), after)?;
        }
        shelf::put_notice(cx, row)?;
        cx.reached("notice: opened")
    })
}

/// The person writes to the body: an appeal, say. The relay's receipt is kept: it proves when.
pub(crate) fn reply(engine: &mut Engine, id: NoticeRef, text: &str, files: &[ReplyFile<'_>]) -> Result<(), Trouble> {
    if text.is_empty() && files.is_empty() {
        return Err(words::MessageTrouble::Empty.into());
    }
    if files.len() > MAX_REPLY_FILES {
        return Err(NoticeTrouble::TooManyFiles { limit: u64::try_from(MAX_REPLY_FILES).unwrap_or(0) }.into());
    }
    engine.run(|cx| {
        let (mut row, back) = to_answer(cx, id)?;
        let own = shelf::own(cx)?;
        let len = |bytes: &[u8]| u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let file = |f: &ReplyFile<'_>| reply::ReplyFile {
            sha256: Sha256::digest(f.bytes).into(),
            len: len(f.bytes),
            media: f.media.to_owned(),
            name: f.name.to_owned(),
        };
        let reply_id = EvidenceId::new(random::bytes(cx.rng));
        let made_at = shelf::not_ahead(&own, cx.now).max(row.accepted_at);
        let note = Reply {
            id: reply_id,
            notice: *id.as_bytes(),
            account: own.account,
            device: own.device,
            made_at,
            text: (Sha256::digest(text).into(), len(text.as_bytes())),
            files: files.iter().map(file).collect(),
        };
        let bad_name = || StepError::Trouble(Trouble::File(words::FileTrouble::BadName { limit: 255 }));
        let raw = note.sign(&note_signer(cx)?).map_err(|_| bad_name())?;
        // what the body could not read back is not sent
        Reply::parse(&note.text()).ok().filter(|read| *read == note).ok_or_else(bad_name)?;
        let bytes: Vec<Vec<u8>> = files.iter().map(|f| f.bytes.to_vec()).collect();
        shelf::put_reply_files(cx, id, reply_id, &bytes)?;
        row.replies.push(ReplyRow { id: reply_id, note: raw, text: text.to_owned(), made_at, receipt: None, accepted_at: None });
        send(cx, &mut row, &back, About::Reply(reply_id), 0)?;
        shelf::put_notice(cx, row)?;
        cx.reached("notice: replied")
    })
}

/// One answer of the queue goes to the return channel.
pub(crate) fn send_answer(engine: &mut Engine, net: &mut dyn Network, number: u64) -> Result<(), Trouble> {
    let own = engine.own()?;
    // N names a channel only, and it is on this relay: no other is spoken to
    let at = words::authority(&own.authority).map_err(StepError::into_trouble)?;
    for _ in 0..=MAX_ANSWERS {
        let Some(item) = engine.run(|cx| shelf::item(cx, number))? else { return Ok(()) };
        let Cargo::Answer { about, channel, token, n, entry, sealed, .. } = &item.cargo else { return Ok(()) };
        let is_reply = matches!(about, About::Reply(_));
        let request = wire::AppendRequest {
            channel: channel.as_bytes().to_vec(),
            append_token: token.expose().to_vec(),
            entry_id: entry.as_bytes().to_vec(),
            read_to: 0,
            ciphertext: sealed.clone().into(),
            seal: false,
            receipt: is_reply,
            stamp: Vec::new(),
        };
        match net.append(&at, Lane::Directory, request) {
            Ok(answer) => {
                let accepted_at = Millis::new(answer.accepted_at_ms);
                if is_reply {
                    let key = NoteKey::new(RELAY, at.identity().as_bytes()).map_err(|e| Trouble::Protocol(e.to_string()))?;
                    let receipt = Receipt::verify(&answer.receipt, &key).map_err(|e| Trouble::Protocol(e.to_string()))?;
                    let sha256: [u8; 32] = Sha256::digest(sealed).into();
                    let of_it = receipt.channel == *channel && receipt.entry_id == *entry && receipt.sha256 == sha256;
                    if !of_it || receipt.accepted_at != accepted_at {
                        return Err(Trouble::Protocol("the receipt is for another entry".into()));
                    }
                }
                return engine.run(|cx| stored(cx, &item, accepted_at, &answer.receipt));
            }
            Err(e) if e.reason() == Some(Refused::Conflict) => engine.run(|cx| next_place(cx, number, *n))?,
            Err(e) => return Err(e.into()),
        }
    }
    Err(NoticeTrouble::TooManyAnswers { limit: u64::from(MAX_ANSWERS) }.into())
}

/// The relay has it.
fn stored(cx: &mut Cx<'_, '_>, item: &Item, at: Millis, receipt: &str) -> Result<(), StepError> {
    let Cargo::Answer { notice, about, sealed, .. } = &item.cargo else { return Ok(()) };
    // a relay that comes back from a backup is told again
    queue::sent(cx, item.number)?;
    let Some(mut row) = shelf::take_notice(cx, *notice)? else { return Ok(()) };
    let mut news = None;
    match about {
        About::Record(place) => {
            if let Some(record) = usize::try_from(*place).ok().and_then(|at| row.records.get_mut(at)) {
                record.stored.get_or_insert(at);
            }
        }
        About::Reply(id) => {
            if let Some(reply) = row.replies.iter_mut().find(|r| r.id == *id && r.receipt.is_none()) {
                (reply.receipt, reply.accepted_at) = (Some(receipt.to_owned()), Some(at));
                // the receipt is for these bytes, and nobody makes them again: its nonce is chance
                let part = TakenReply { receipt: receipt.to_owned(), entry: sealed.clone() }.to_bytes();
                shelf::put_taken_reply(cx, *notice, *id, &part)?;
                news = Some(Happening::NoticeReplied { notice: *notice });
            }
        }
    }
    shelf::put_notice(cx, row)?;
    if let Some(news) = news {
        shelf::event(cx, news)?;
    }
    cx.reached("notice: answer stored")
}

/// Another device has answered in this place: the answer gets the next.
fn next_place(cx: &mut Cx<'_, '_>, number: u64, tried: u32) -> Result<(), StepError> {
    let Some(mut item) = shelf::item(cx, number)? else { return Ok(()) };
    let Cargo::Answer { notice, about, n, entry, sealed, .. } = &mut item.cargo else { return Ok(()) };
    // another program on this profile may have gone on already
    if *n != tried {
        return Ok(());
    }
    let Some(mut row) = shelf::take_notice(cx, *notice)? else { return shelf::drop_item(cx, number) };
    let Some(back) = back(row.header.as_ref()) else { return shelf::drop_item(cx, number) };
    let next = row.answers.max(tried.saturating_add(1));
    if next >= MAX_ANSWERS {
        return Err(NoticeTrouble::TooManyAnswers { limit: u64::from(MAX_ANSWERS) }.into());
    }
    row.answers = next + 1;
    *sealed = seal(cx, &row, &back, *about, next)?;
    (*n, *entry) = (next, returned::entry_id(&back.seed, next));
    shelf::put_item(cx, &item)?;
    shelf::put_notice(cx, row)?;
    cx.reached("notice: next place")
}
