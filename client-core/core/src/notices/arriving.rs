//! What a body wrote to a casilla, judged before anything is shown, in one step with what this device answers.
//!
//! | what came | is | answered with |
//! |---|---|---|
//! | does not decode, does not open with the notice key, or was not made from its seed | invalid, `envelope` | nothing: nobody to answer to is known |
//! | does not pass `lacre_evidence::arrival` | invalid, by its code | ContentHandoverFailure, does-not-match |
//! | names another entry or blob, or a file in it is another | invalid, `envelope` or `file` | ContentHandoverFailure, does-not-match or does-not-open |
//! | all of it holds | a notice | ContentHandover |
//! | the same N again | nothing new | |

use super::address::{own_states, read};
use super::answering;
use super::tending::ask_soon;
use crate::network::Entry;
use crate::shelf;
use crate::shelf::{Cx, FaultRow, FilePlace, HeaderRow, Held, Key32, NoticeRow, PeriodRow};
use crate::words::{Happening, NoticeRef, StepError};
use lacre_evidence::arrival::{self, Own};
use lacre_evidence::{Answer, Arrived, Envelope, Event, Fault, FaultCode, Grant, Header, Lookup, Notice, Reason, envelope};
use lacre_ground::account::Device;
use lacre_ground::ids::ChannelId;
use lacre_ground::label::{self, Label};
use lacre_ground::note::{NoteKey, UnverifiedNote};
use lacre_ground::registrar::RegistrarKey;
use lacre_ground::seal::SealSecret;
use lacre_ground::signed::{NoteText as _, Signed};
use lacre_proto::bounds::Bounded as _;
use lacre_proto::relay::v1 as wire;
use prost::Message as _;
use sha2::{Digest as _, Sha256};

/// What became of one envelope.
struct Judged {
    header: Option<Header>,
    arrived: Result<Arrived, Fault>,
    digest: [u8; 32],
    files: Vec<wire::sealed_file::Place>,
    why: Reason,
}

impl Judged {
    fn unreadable(detail: &str) -> Self {
        Self {
            header: None,
            arrived: Err(fault(FaultCode::Envelope, "envelope", detail)),
            digest: [0; 32],
            files: Vec::new(),
            why: Reason::DoesNotOpen,
        }
    }
}

fn fault(code: FaultCode, part: &str, detail: &str) -> Fault {
    Fault { code, part: part.to_owned(), detail: detail.to_owned() }
}

/// Takes the next entry of a casilla; true if it shows something new.
pub(crate) fn take_entry(cx: &mut Cx<'_, '_>, channel: ChannelId, entry: &Entry) -> Result<bool, StepError> {
    let Some(mut period) = shelf::take_period(cx, channel)?.filter(|p| p.cursor < entry.seq.get()) else { return Ok(false) };
    period.cursor = entry.seq.get();
    if let Some(generation) = period.opened_in {
        shelf::gave(cx, &Held { channel, generation }, entry.seq, entry.id)?;
    }
    let judged = judge(cx, &period, entry)?;
    shelf::put_period(cx, period)?;
    let id = NoticeRef::new(match &judged.arrived {
        Ok(arrived) => arrived.notice.note_hash(),
        Err(_) => Sha256::new()
            .chain_update(channel.as_bytes())
            .chain_update(entry.id.as_bytes())
            .chain_update(&entry.ciphertext)
            .finalize()
            .into(),
    });
    if shelf::notice(cx, id)?.is_some() {
        return Ok(false);
    }
    store(cx, id, channel, entry, judged)?;
    ask_soon(cx)?;
    cx.reached("notice: stored")?;
    Ok(true)
}

fn store(cx: &mut Cx<'_, '_>, id: NoticeRef, channel: ChannelId, entry: &Entry, judged: Judged) -> Result<(), StepError> {
    let grant = judged.arrived.as_ref().ok().map(|a| a.grant.raw().to_owned());
    let fault = judged.arrived.as_ref().err();
    let header = judged.header.as_ref().map(|h| HeaderRow {
        notice: h.notice.clone(),
        seed: Key32(*h.seed.expose()),
        certificate: h.certificate.clone(),
        lookup: h.lookup.clone(),
        designation: h.designation.clone(),
        salt: Key32(*h.salt.expose()),
        grant,
        return_token: h.return_token.clone(),
    });
    let place = |file: &wire::sealed_file::Place| match file {
        wire::sealed_file::Place::Here(_) => FilePlace::Here,
        wire::sealed_file::Place::Blob(_) => FilePlace::There,
    };
    let row = NoticeRow {
        number: 0,
        id,
        channel,
        entry: entry.id,
        accepted_at: entry.accepted_at,
        came_at: cx.now,
        fault: fault.map(|f| FaultRow { code: f.code.code().to_owned(), part: f.part.clone(), detail: f.detail.clone() }),
        header,
        digest: judged.digest,
        files: judged.files.iter().map(place).collect(),
        opened_at: None,
        said: None,
        records: Vec::new(),
        replies: Vec::new(),
        answers: 0,
        reminded: Vec::new(),
    };
    let mut row = shelf::new_notice(cx, row)?;
    for (number, file) in judged.files.iter().enumerate() {
        if let wire::sealed_file::Place::Here(sealed) = file {
            shelf::put_file(cx, id, number, sealed)?;
        }
    }
    let happened = match fault {
        None => {
            answering::say(cx, &mut row, Event::ContentHandover, Vec::new(), 0)?;
            Happening::Notice { notice: id }
        }
        Some(fault) => {
            answering::say(cx, &mut row, Event::ContentHandoverFailure, vec![judged.why], 0)?;
            Happening::NoticeInvalid { notice: id, code: fault.code.code().to_owned() }
        }
    };
    shelf::put_notice(cx, row)?;
    shelf::event(cx, happened)
}

/// Opens and checks; whatever is wrong with it is the body's fault, and no error of this step.
fn judge(cx: &mut Cx<'_, '_>, period: &PeriodRow, entry: &Entry) -> Result<Judged, StepError> {
    let Ok(sent) = wire::NoticeEnvelope::decode(entry.ciphertext.clone()) else {
        return Ok(Judged::unreadable("not of an envelope's form"));
    };
    let files: Vec<wire::sealed_file::Place> = sent.files.iter().filter_map(|f| f.place.clone()).collect();
    if sent.check().is_err() || files.len() != sent.files.len() {
        return Ok(Judged::unreadable("an envelope outside its bounds"));
    }
    let sealed = Envelope { header: sent.header, files: Vec::new() };
    let header = match sealed.open(&SealSecret::new(period.key.0), period.channel) {
        Ok(header) => header,
        Err(why) => return Ok(Judged::unreadable(&why.to_string())),
    };
    // what does not count is answered too, and the answer names what came
    let claimed = UnverifiedNote::parse(&header.notice).ok().and_then(|note| Notice::parse(note.unverified_text()).ok());
    let mut judged = Judged {
        arrived: check(cx, &header, period.channel, entry)?,
        digest: digest(&sealed.header, &files, claimed.as_ref()),
        header: Some(header),
        files,
        why: Reason::DoesNotMatch,
    };
    if let (Ok(arrived), Some(header)) = (&judged.arrived, &judged.header) {
        match whole(header, &arrived.notice, entry, &judged.files) {
            Ok(()) => {}
            Err((why, fault)) => (judged.why, judged.arrived) = (why, Err(fault)),
        }
    }
    Ok(judged)
}

/// The digest that the relay's record names: of a file beside the entry N says the hash, and the relay has looked.
fn digest(header: &[u8], files: &[wire::sealed_file::Place], notice: Option<&Notice>) -> [u8; 32] {
    let hash = |(number, file): (usize, &wire::sealed_file::Place)| match file {
        wire::sealed_file::Place::Here(sealed) => Sha256::digest(sealed).into(),
        wire::sealed_file::Place::Blob(_) => notice.and_then(|n| n.files.get(number)).map_or([0; 32], |line| line.sealed_sha256),
    };
    let hashes: Vec<[u8; 32]> = files.iter().enumerate().map(hash).collect();
    envelope::digest(header, hashes.iter())
}

fn check(cx: &mut Cx<'_, '_>, header: &Header, channel: ChannelId, entry: &Entry) -> Result<Result<Arrived, Fault>, StepError> {
    let own = shelf::own(cx)?;
    let states = own_states(cx)?;
    let devices: Vec<Device> = states.iter().flat_map(|s| s.devices.iter().cloned()).collect();
    let address = shelf::address(cx)?;
    let designations: Vec<[u8; 32]> = address.designations.iter().filter_map(|raw| note_hash(raw)).collect();
    let registrars = registrars(&address.registrars, &own.authority)?;
    let grant = match named_grant(&header.lookup) {
        Some(hash) => shelf::grant(cx, &hash)?,
        None => None,
    };
    // it was signed by this device when it was made
    let grants: Vec<Signed<Grant>> = grant.and_then(|row| Grant::verify(&row.note, &devices).ok()).into_iter().collect();
    let states: Vec<(u64, [u8; 32])> = states.iter().map(|s| (s.number, s.hash())).collect();
    let own =
        Own { account: own.account, states: &states, designations: &designations, grants: &grants, registrars: &registrars };
    Ok(arrival::check(header, channel, entry.accepted_at, &own))
}

/// Which grant an answer names, before it is verified: it is only looked for.
fn named_grant(lookup: &str) -> Option<[u8; 32]> {
    let note = UnverifiedNote::parse(lookup).ok()?;
    match Lookup::parse(note.unverified_text()).ok()?.answer {
        Answer::Account { grant, .. } => Some(grant),
        Answer::Exempt { .. } | Answer::NoAccount => None,
    }
}

fn note_hash(raw: &str) -> Option<[u8; 32]> {
    read(raw)?;
    let note = UnverifiedNote::parse(raw).ok()?;
    Some(label::hash(Label::NoteHash, &[note.unverified_text().as_bytes()]))
}

/// The registrar's keys, verified again: a relay of another name introduces nobody.
pub(super) fn registrars(notes: &[String], authority: &str) -> Result<Vec<NoteKey>, StepError> {
    let at = crate::words::authority(authority)?;
    let key = |raw: &String| RegistrarKey::verify(raw, &at.identity()).ok()?.note_key().ok();
    Ok(notes.iter().filter_map(key).collect())
}

/// What N says of its envelope: entry, files, blobs.
fn whole(header: &Header, notice: &Notice, entry: &Entry, files: &[wire::sealed_file::Place]) -> Result<(), (Reason, Fault)> {
    let no = |code, part: &str, detail: &str| Err((Reason::DoesNotMatch, fault(code, part, detail)));
    if entry.id != envelope::entry_id(&header.seed) {
        return no(FaultCode::Envelope, "envelope", "its entry has another id than its seed gives");
    }
    if files.len() != notice.files.len() {
        return no(FaultCode::File, "notice", "it names another number of files than came");
    }
    for (number, (file, line)) in files.iter().zip(&notice.files).enumerate() {
        let part = format!("file.{number}");
        let sealed = match file {
            wire::sealed_file::Place::Here(sealed) => sealed,
            wire::sealed_file::Place::Blob(name) if *name == envelope::blob(&header.seed, number).0.as_bytes() => continue,
            wire::sealed_file::Place::Blob(_) => return no(FaultCode::File, &part, "in another place than its seed gives"),
        };
        let sha256: [u8; 32] = Sha256::digest(sealed).into();
        if sha256 != line.sealed_sha256 {
            return no(FaultCode::File, &part, "the sealed file is another one");
        }
        let Ok(plain) = envelope::open_file(&header.seed, number, sealed) else {
            return Err((Reason::DoesNotOpen, fault(FaultCode::File, &part, "it does not open")));
        };
        let sha256: [u8; 32] = Sha256::digest(&*plain).into();
        if sha256 != line.sha256 || u64::try_from(plain.len()) != Ok(line.len) {
            return no(FaultCode::File, &part, "another digest than the agency signed");
        }
    }
    Ok(())
}

/// Entries that were not read are kept no longer: said, because one of them may have started a term.
pub(crate) fn entries_gone(cx: &mut Cx<'_, '_>, channel: ChannelId, through: u64) -> Result<(), StepError> {
    let Some(mut period) = shelf::take_period(cx, channel)?.filter(|p| p.cursor < through) else { return Ok(()) };
    let gone = through - period.cursor;
    period.cursor = through;
    shelf::put_period(cx, period)?;
    shelf::unreadable(cx, None, format!("{gone} official notices are no longer kept by the relay, and were not read here"))
}
