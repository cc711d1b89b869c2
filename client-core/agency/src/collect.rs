//! What persons' devices answered: each is opened by its notice's seed, verified as a judge would, and filed with the evidence. What
//! does not verify is put aside and shown; it spoils nothing. So is what a device signed after its account was reset.

use crate::archive::{Archive, evidence_name, kept, lean};
use crate::came::{Came, REPLY, part_name};
use crate::dispatch::Dispatch;
use crate::done::Kept;
use crate::own::Own;
use crate::proven::sent_of;
use crate::returns::ReturnChannel;
use crate::{Body, BodyTrouble};
use core::time::Duration;
use lacre_core::network::{Delivery, Entry, Following, Lane, Network as _, Reason as Refused};
use lacre_evidence::returned::{self, MAX_ANSWERS, Returned};
use lacre_evidence::{Bundle, Reason, Record, Seed, TakenReply};
use lacre_ground::ids::{AccountId, EntryId, NoticeId, Seq};
use lacre_ground::note::UnverifiedNote;
use lacre_ground::signed::NoteText as _;
use lacre_ground::time::Millis;
use lacre_proto::relay::v1 as wire;
use lacre_transport::GrpcNetwork;
use std::collections::HashMap;

/// Why an answer is put aside that verifies: a device of an account signed it that was reset by then.
pub const LOST_DEVICE: &str = "lost-device";
/// Why an answer is put aside that is none to a notice of this body.
pub const STRANGER: &str = "no notice of this body opens it";
/// Why a reply is put aside whose entry the relay does not confirm.
pub const NO_RECEIPT: &str = "the relay gives no receipt for it";
/// How the reason ends why an answer waits.
pub const IS_MISSING: &str = " is missing from the archive, or another lies in its place";
/// Entries of a page.
const PAGE: u32 = 256;

/// An answer that was filed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filed {
    /// to which notice
    pub notice: NoticeId,
    /// the event's name, `not-me` or `reply`
    pub what: String,
    /// when the relay took it
    pub at: Millis,
}

/// An answer that does not verify.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aside {
    /// to which notice; none if no seed opens it
    pub notice: Option<NoticeId>,
    /// why
    pub why: String,
}

/// What came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Collected {
    /// good ones
    pub filed: Vec<Filed>,
    /// others
    pub aside: Vec<Aside>,
}

/// An answer as it lies in a return channel.
struct Answer {
    /// its entry
    id: EntryId,
    /// its place there
    seq: u64,
    /// when the relay took it
    at: Millis,
    /// sealed
    bytes: Vec<u8>,
}

impl Body {
    /// Takes what was answered since the last time. Programs that share an archive take turns: evidence is read, added to and written.
    pub fn collect(&mut self, net: &mut GrpcNetwork, archive: &mut dyn Archive) -> Result<Collected, BodyTrouble> {
        let own = self.own()?;
        let now = self.look_at_relay(net, &own)?;
        self.ask_resets(net, &own)?;
        let mut collected = Collected::default();
        self.judge_waiting(net, archive, &own, &mut collected)?;
        for channel in self.returns()?.into_iter().filter(|row| row.opened) {
            self.collect_from(net, archive, &own, channel, &mut collected)?;
        }
        // after all that says which notices devices have
        self.deliver_again(net, archive, &own, now)?;
        Ok(collected)
    }

    /// Waits until something lies in a return channel that was not taken yet, at most so long. False if there is nothing to wait for, or
    /// the relay did not let it: whoever asks again at once asks too often.
    pub fn wait_for_answers(&mut self, net: &mut GrpcNetwork, at_most: Duration) -> Result<bool, BodyTrouble> {
        let own = self.own()?;
        let mut set = Vec::new();
        for row in self.returns()?.into_iter().filter(|row| row.opened) {
            let Some(from_seq) = Seq::new(row.cursor.saturating_add(1)) else { continue };
            set.push(Following {
                authority: own.relay.clone(),
                lane: Lane::Inbox,
                channel: row.channel(),
                read_token: row.read.clone(),
                from_seq,
            });
        }
        if set.is_empty() {
            return Ok(false);
        }
        let came = net.follow(&set, at_most)?;
        Ok(came.iter().all(|d| !matches!(d, Delivery::Gone { .. } | Delivery::Refused { .. } | Delivery::Lost { .. })))
    }

    fn collect_from(
        &mut self,
        net: &mut GrpcNetwork,
        archive: &mut dyn Archive,
        own: &Own,
        mut channel: ReturnChannel,
        collected: &mut Collected,
    ) -> Result<(), BodyTrouble> {
        let mut expected: Option<HashMap<EntryId, (NoticeId, Seed)>> = None;
        loop {
            let from = channel.cursor.saturating_add(1);
            let request = wire::FetchRequest {
                channel: channel.channel().as_bytes().to_vec(),
                read_token: channel.read.expose().to_vec(),
                from_seq: from,
                max_entries: PAGE,
            };
            let page = net.fetch(&own.relay, Lane::Inbox, request)?;
            if page.entries.is_empty() {
                return Ok(());
            }
            // after the page: a reset of before an answer was taken is told by now
            self.ask_resets(net, own)?;
            let expected = match &mut expected {
                Some(expected) => expected,
                none => none.insert(self.expected(channel.number)?),
            };
            for raw in page.entries {
                let Entry { seq, id, accepted_at: at, ciphertext, .. } = Entry::try_from(raw)?;
                let entry = Answer { id, seq: seq.get(), at, bytes: ciphertext.to_vec() };
                let found = expected.get(&entry.id);
                match found.map(|(id, seed)| (*id, seed.clone())) {
                    None => {
                        let why = STRANGER.to_owned();
                        collected.aside.push(Aside { notice: None, why: why.clone() });
                        self.keep_came(None, aside(&entry, None, why))?;
                    }
                    Some((id, seed)) => self.file(net, archive, own, &channel, &entry, id, &seed, collected)?,
                }
                channel.cursor = seq.get();
                self.keep_return(&channel)?;
            }
        }
    }

    /// Answers that came while their notice's evidence was missing from the archive, or another.
    fn judge_waiting(
        &mut self,
        net: &mut GrpcNetwork,
        archive: &mut dyn Archive,
        own: &Own,
        collected: &mut Collected,
    ) -> Result<(), BodyTrouble> {
        let returns = self.returns()?;
        for row in self.to_do()?.into_iter().filter(|row| !row.waiting.is_empty()) {
            let channel = returns.iter().find(|channel| row.returns == Some(channel.number));
            let (Some(channel), Some(seed)) = (channel, row.seed.map(Seed::new)) else { continue };
            for (id, seq, at) in row.waiting {
                // taken away by hand: it was filed there by nobody else
                let Ok(bytes) = archive.read(&waiting_name(row.id, id)) else { continue };
                self.file(net, archive, own, channel, &Answer { id, seq, at, bytes }, row.id, &seed, collected)?;
            }
        }
        Ok(())
    }

    /// The ids that answers to the notices of a return channel have.
    fn expected(&mut self, channel: u64) -> Result<HashMap<EntryId, (NoticeId, Seed)>, BodyTrouble> {
        let mut expected = HashMap::new();
        for row in self.answered_in(channel)? {
            let Some(seed) = row.seed.map(Seed::new) else { continue };
            for n in 0..MAX_ANSWERS {
                expected.insert(returned::entry_id(&seed, n), (row.id, seed.clone()));
            }
        }
        Ok(expected)
    }

    /// The evidence is written first: whatever ends the program in between, the next time finds the answer there.
    #[expect(clippy::too_many_arguments, reason = "one entry, and all that it belongs to")]
    fn file(
        &mut self,
        net: &mut GrpcNetwork,
        archive: &mut dyn Archive,
        own: &Own,
        channel: &ReturnChannel,
        entry: &Answer,
        id: NoticeId,
        seed: &Seed,
        collected: &mut Collected,
    ) -> Result<(), BodyTrouble> {
        let mut row = self.dispatch(id)?;
        // what this body put there itself
        let own_record = |kept: &Kept| (0..MAX_ANSWERS).any(|n| kept.put(n) && returned::entry_id(seed, n) == entry.id);
        if row.kept.as_ref().is_some_and(own_record) {
            return Ok(());
        }
        let waits = row.waiting.iter().any(|(waiting, ..)| *waiting == entry.id);
        if row.filed.contains(&entry.id) || row.put_aside.contains(&entry.id) {
            return Ok(());
        }
        let bundle = match kept(archive, id) {
            Ok(bundle) => bundle,
            // one notice's lost file must not keep all others' answers away
            Err(BodyTrouble::NoEvidence(_)) => return self.let_wait(archive, row, entry, collected),
            Err(other) => return Err(other),
        };
        let answer = Returned::open(seed, channel.channel(), entry.id, &entry.bytes);
        let taken = match &answer {
            Ok(Returned::Reply { .. }) => taken(net, own, channel, entry)?,
            Ok(Returned::Note { .. }) | Err(_) => None,
        };
        let judged = answer.map_err(|e| e.to_string()).and_then(|answer| judge(own, bundle, answer, taken));
        // what another bundle says of an answer is nothing: it is judged when the right one lies there again
        if judged.is_err() && !row.unproven && !is_of(own, &kept(archive, id)?, id) {
            return self.let_wait(archive, row, entry, collected);
        }
        if waits {
            row.waiting.retain(|(waiting, ..)| *waiting != entry.id);
            let why = missing(&evidence_name(id));
            if let Some(at) = row.aside.iter().position(|aside| *aside == why) {
                row.aside.remove(at);
            }
        }
        let judged = match judged {
            Ok(good) if self.reset_of(good.account)?.is_some_and(|reset| entry.at >= reset.at) => Err(LOST_DEVICE.to_owned()),
            other => other,
        };
        let came = match judged {
            Err(why) => {
                archive.keep(&format!("{id}.aside.{}", entry.id), &entry.bytes)?;
                row.put_aside.push(entry.id);
                row.aside.push(why.clone());
                collected.aside.push(Aside { notice: Some(id), why: why.clone() });
                aside(entry, Some(id), why)
            }
            Ok(Good { what, bundle, files, .. }) => {
                for (name, content) in files {
                    archive.keep(&part_name(id, entry.id, &name), &content)?;
                }
                let lean = lean(archive, &bundle);
                archive.keep(&evidence_name(id), &lean.to_bytes())?;
                if what.starts_with("ContentHandover") {
                    (row.token, row.again) = (None, false);
                }
                row.filed.push(entry.id);
                row.answers.push((what.clone(), entry.at));
                collected.filed.push(Filed { notice: id, what: what.clone(), at: entry.at });
                let notice = Some(id);
                Came { number: 0, notice, what: Some(what), why: None, at: entry.at, entry: entry.id }
            }
        };
        self.keep_came(Some(&row), came)
    }

    /// An answer to a notice whose evidence is missing, or another: kept as it came, and judged each time until the evidence is there.
    fn let_wait(
        &mut self,
        archive: &mut dyn Archive,
        mut row: Dispatch,
        entry: &Answer,
        collected: &mut Collected,
    ) -> Result<(), BodyTrouble> {
        if row.waiting.iter().any(|(waiting, ..)| *waiting == entry.id) {
            return Ok(());
        }
        archive.keep(&waiting_name(row.id, entry.id), &entry.bytes)?;
        row.waiting.push((entry.id, entry.seq, entry.at));
        let why = missing(&evidence_name(row.id));
        row.aside.push(why.clone());
        collected.aside.push(Aside { notice: Some(row.id), why: why.clone() });
        let came = aside(entry, Some(row.id), why);
        self.keep_came(Some(&row), came)
    }
}

/// Whether a bundle proves this notice.
fn is_of(own: &Own, bundle: &Bundle, id: NoticeId) -> bool {
    sent_of(own, bundle).is_ok_and(|sent| sent.notice.id == id)
}

/// What an answer is called that came while its notice's evidence was missing.
fn waiting_name(notice: NoticeId, entry: EntryId) -> String {
    part_name(notice, entry, "waiting")
}

/// Why it waits.
fn missing(name: &str) -> String {
    format!("{name}{IS_MISSING}")
}

/// What came and is not believed.
fn aside(entry: &Answer, notice: Option<NoticeId>, why: String) -> Came {
    Came { number: 0, notice, what: None, why: Some(why), at: entry.at, entry: entry.id }
}

/// What is filed of an answer.
struct Good {
    /// who answered
    account: AccountId,
    what: String,
    bundle: Bundle,
    files: Vec<(String, Vec<u8>)>,
}

fn judge(own: &Own, bundle: Bundle, answer: Returned, taken: Option<TakenReply>) -> Result<Good, String> {
    match answer {
        Returned::Note { record, later } => judge_note(own, bundle, record, later),
        Returned::Reply { reply, later, text, files } => judge_reply(own, bundle, taken, later, [reply, text], files),
    }
}

/// A reply as the evidence has it: the relay says of its entry when it took it. One for which it gives no receipt keeps no other
/// answer away.
fn taken(net: &mut GrpcNetwork, own: &Own, channel: &ReturnChannel, entry: &Answer) -> Result<Option<TakenReply>, BodyTrouble> {
    let request = wire::StatusRequest {
        channel: channel.channel().as_bytes().to_vec(),
        seq: entry.seq,
        token: channel.read.expose().to_vec(),
        entry_id: entry.id.as_bytes().to_vec(),
    };
    match net.status(&own.relay, Lane::Inbox, request) {
        Ok(answer) => Ok(Some(TakenReply { receipt: answer.receipt, entry: entry.bytes.clone() })),
        Err(e) if matches!(e.reason(), Some(Refused::NoEntry | Refused::NotPermitted)) => Ok(None),
        Err(other) => Err(other.into()),
    }
}

/// A record is good if the evidence verifies with it.
fn judge_note(own: &Own, mut bundle: Bundle, record: String, later: Vec<String>) -> Result<Good, String> {
    let claimed = UnverifiedNote::parse(&record).and_then(|note| Record::parse(note.unverified_text()));
    let claimed = claimed.map_err(|e| e.to_string())?;
    let what = if claimed.reasons.contains(&Reason::NotMe) { "not-me" } else { claimed.event.name() }.to_owned();
    if later.len() > bundle.later.len() {
        bundle.later = later;
    }
    if !bundle.events.contains(&record) {
        bundle.events.push(record);
    }
    let sent = sent_of(own, &bundle)?;
    Ok(Good { account: sent.to.account, what, bundle, files: Vec::new() })
}

/// A reply is good if the evidence verifies with it and the relay's receipt.
fn judge_reply(
    own: &Own,
    mut bundle: Bundle,
    taken: Option<TakenReply>,
    later: Vec<String>,
    [reply, text]: [String; 2],
    files: Vec<Vec<u8>>,
) -> Result<Good, String> {
    if later.len() > bundle.later.len() {
        bundle.later = later;
    }
    let part = taken.ok_or(NO_RECEIPT)?.to_bytes();
    if !bundle.replies.contains(&part) {
        bundle.replies.push(part);
    }
    let sent = sent_of(own, &bundle)?;
    let mut parts = vec![("reply".to_owned(), reply.into_bytes()), ("reply.txt".to_owned(), text.into_bytes())];
    parts.extend(files.into_iter().enumerate().map(|(i, bytes)| (format!("file.{i}"), bytes)));
    Ok(Good { account: sent.to.account, what: REPLY.to_owned(), bundle, files: parts })
}
