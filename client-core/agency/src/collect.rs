//! What persons' devices answered: each is opened by its notice's seed, verified as a judge would, and filed with the evidence. What
//! does not verify is put aside and shown; it spoils nothing. So is what a device signed after its account was reset.

use crate::archive::{Archive, evidence_name, kept};
use crate::dispatch::Dispatch;
use crate::own::Own;
use crate::returns::ReturnChannel;
use crate::{Body, BodyTrouble};
use lacre_core::network::{Entry, Lane, Network as _, Reason as Refused};
use lacre_evidence::returned::{self, MAX_ANSWERS, Returned};
use lacre_evidence::{Bundle, Outcome, ProvenNotice, Reason, Record, Seed, TakenReply, Verdict, verify};
use lacre_ground::ids::{AccountId, EntryId, NoticeId};
use lacre_ground::note::UnverifiedNote;
use lacre_ground::signed::NoteText as _;
use lacre_ground::time::Millis;
use lacre_proto::relay::v1 as wire;
use lacre_transport::GrpcNetwork;
use std::collections::HashMap;

/// Why an answer is put aside that verifies: a device of an account signed it that was reset by then.
pub const LOST_DEVICE: &str = "lost-device";
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

impl Body {
    /// Takes what was answered since the last time.
    pub fn collect(&mut self, net: &mut GrpcNetwork, archive: &mut dyn Archive) -> Result<Collected, BodyTrouble> {
        let own = self.own()?;
        self.look_at_relay(net, &own)?;
        self.ask_resets(net, &own)?;
        let mut collected = Collected::default();
        for channel in self.returns()?.into_iter().filter(|row| row.opened) {
            self.collect_from(net, archive, &own, channel, &mut collected)?;
        }
        // after all that says which notices devices have
        self.deliver_again(net, archive, &own)?;
        Ok(collected)
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
                let entry = Entry::try_from(raw)?;
                let found = expected.get(&entry.id);
                match found.map(|(id, seed)| (*id, seed.clone())) {
                    None => collected.aside.push(Aside { notice: None, why: "no notice of this body opens it".to_owned() }),
                    Some((id, seed)) => self.file(net, archive, own, &channel, &entry, id, &seed, collected)?,
                }
                channel.cursor = entry.seq.get();
                self.keep_return(&channel)?;
            }
        }
    }

    /// The ids that answers to the notices of a return channel have.
    fn expected(&mut self, channel: u64) -> Result<HashMap<EntryId, (NoticeId, Seed)>, BodyTrouble> {
        let mut expected = HashMap::new();
        for row in self.dispatches()?.into_iter().filter(|row| row.returns == Some(channel)) {
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
        entry: &Entry,
        id: NoticeId,
        seed: &Seed,
        collected: &mut Collected,
    ) -> Result<(), BodyTrouble> {
        let mut row = self.dispatch(id)?;
        if row.filed.contains(&entry.id) || row.put_aside.contains(&entry.id) {
            return Ok(());
        }
        let bundle = match kept(archive, id) {
            Ok(bundle) => bundle,
            Err(BodyTrouble::NoEvidence(name)) => {
                // one notice's lost file must not keep all others' answers away
                archive.keep(&format!("{id}.waiting.{}", entry.id), &entry.ciphertext)?;
                let why = format!("{name} is missing from the archive");
                row.aside.push(why.clone());
                collected.aside.push(Aside { notice: Some(id), why });
                return self.keep_dispatch(&row);
            }
            Err(other) => return Err(other),
        };
        let answer = Returned::open(seed, channel.channel(), entry.id, &entry.ciphertext);
        let taken = match &answer {
            Ok(Returned::Reply { .. }) => taken(net, own, channel, entry)?,
            Ok(Returned::Note { .. }) | Err(_) => None,
        };
        let judged = answer.map_err(|e| e.to_string()).and_then(|answer| judge(own, bundle, answer, taken));
        let judged = match judged {
            Ok(good) if self.reset_of(good.account)?.is_some_and(|reset| entry.accepted_at >= reset.at) => {
                Err(LOST_DEVICE.to_owned())
            }
            other => other,
        };
        match judged {
            Err(why) => {
                archive.keep(&format!("{id}.aside.{}", entry.id), &entry.ciphertext)?;
                row.put_aside.push(entry.id);
                row.aside.push(why.clone());
                collected.aside.push(Aside { notice: Some(id), why });
            }
            Ok(Good { what, bundle, files, .. }) => {
                for (name, content) in files {
                    archive.keep(&format!("{id}.{}.{name}", entry.id), &content)?;
                }
                archive.keep(&evidence_name(id), &bundle.to_bytes())?;
                if what.starts_with("ContentHandover") {
                    (row.token, row.again) = (None, false);
                }
                row.filed.push(entry.id);
                row.answers.push((what.clone(), entry.accepted_at));
                collected.filed.push(Filed { notice: id, what, at: entry.accepted_at });
            }
        }
        self.keep_dispatch(&row)
    }

    /// What a person's reply says: its text and its files, as they were filed.
    pub fn answers_of(&mut self, id: NoticeId) -> Result<Dispatch, BodyTrouble> {
        self.dispatch(id)
    }
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
fn taken(net: &mut GrpcNetwork, own: &Own, channel: &ReturnChannel, entry: &Entry) -> Result<Option<TakenReply>, BodyTrouble> {
    let request = wire::StatusRequest {
        channel: channel.channel().as_bytes().to_vec(),
        seq: entry.seq.get(),
        token: channel.read.expose().to_vec(),
        entry_id: entry.id.as_bytes().to_vec(),
    };
    match net.status(&own.relay, Lane::Inbox, request) {
        Ok(answer) => Ok(Some(TakenReply { receipt: answer.receipt, entry: entry.ciphertext.to_vec() })),
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
    Ok(Good { account: sent.notice.account, what, bundle, files: Vec::new() })
}

/// What the evidence proves, if it verifies.
fn sent_of(own: &Own, bundle: &Bundle) -> Result<Box<ProvenNotice>, String> {
    let trust = own.trust().map_err(|e| e.to_string())?;
    match verify(&bundle.to_bytes(), Some(&trust)) {
        Verdict::Invalid(fault) => Err(format!("{} ({})", fault.code.code(), fault.part)),
        Verdict::Incomplete(lack) => Err(lack.code.code().to_owned()),
        Verdict::Valid(proven) => match proven.outcome {
            Outcome::Sent(sent) => Ok(sent),
            Outcome::Exempt | Outcome::NoAccount => Err("nothing was sent".to_owned()),
        },
    }
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
    let part = taken.ok_or("the relay gives no receipt for it")?.to_bytes();
    if !bundle.replies.contains(&part) {
        bundle.replies.push(part);
    }
    let sent = sent_of(own, &bundle)?;
    let mut parts = vec![("reply".to_owned(), reply.into_bytes()), ("reply.txt".to_owned(), text.into_bytes())];
    parts.extend(files.into_iter().enumerate().map(|(i, bytes)| (format!("file.{i}"), bytes)));
    Ok(Good { account: sent.notice.account, what: "reply".to_owned(), bundle, files: parts })
}
