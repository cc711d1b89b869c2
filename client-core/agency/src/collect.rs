//! What persons' devices answered: each is opened by its notice's seed, verified as a judge would, and filed with the evidence. What
//! does not verify is put aside and shown; it spoils nothing.

use crate::archive::{Archive, evidence_name, kept};
use crate::dispatch::Dispatch;
use crate::own::Own;
use crate::returns::ReturnChannel;
use crate::{Body, BodyTrouble};
use lacre_core::network::{Entry, Lane, Network as _};
use lacre_evidence::returned::{self, MAX_ANSWERS, Returned};
use lacre_evidence::{Bundle, Outcome, Reason, Record, Reply, Seed, Verdict, verify};
use lacre_ground::account::{AccountState, Device};
use lacre_ground::ids::{EntryId, NoticeId};
use lacre_ground::note::UnverifiedNote;
use lacre_ground::signed::NoteText as _;
use lacre_ground::time::Millis;
use lacre_proto::relay::v1 as wire;
use lacre_transport::GrpcNetwork;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;

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
            let expected = match &mut expected {
                Some(expected) => expected,
                none => none.insert(self.expected(channel.number)?),
            };
            for raw in page.entries {
                let entry = Entry::try_from(raw)?;
                let found = expected.get(&entry.id);
                match found.map(|(id, seed)| (*id, seed.clone())) {
                    None => collected.aside.push(Aside { notice: None, why: "no notice of this body opens it".to_owned() }),
                    Some((id, seed)) => self.file(archive, own, &channel, &entry, id, &seed, collected)?,
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
        archive: &mut dyn Archive,
        own: &Own,
        channel: &ReturnChannel,
        entry: &Entry,
        id: NoticeId,
        seed: &Seed,
        collected: &mut Collected,
    ) -> Result<(), BodyTrouble> {
        let mut row = self.dispatch(id)?;
        if row.filed.contains(&entry.id) {
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
        let judged = answer.map_err(|e| e.to_string()).and_then(|answer| judge(own, bundle, answer));
        match judged {
            Err(why) => {
                archive.keep(&format!("{id}.aside.{}", entry.id), &entry.ciphertext)?;
                row.aside.push(why.clone());
                collected.aside.push(Aside { notice: Some(id), why });
            }
            Ok(Good { what, bundle, files }) => {
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
    what: String,
    bundle: Bundle,
    files: Vec<(String, Vec<u8>)>,
}

fn judge(own: &Own, bundle: Bundle, answer: Returned) -> Result<Good, String> {
    match answer {
        Returned::Note { record, later } => judge_note(own, bundle, record, later),
        Returned::Reply { reply, later, text, files } => judge_reply(own, bundle, &reply, later, text, files),
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
    verdict_of(own, &bundle)?;
    Ok(Good { what, bundle, files: Vec::new() })
}

fn verdict_of(own: &Own, bundle: &Bundle) -> Result<Verdict, String> {
    let trust = own.trust().map_err(|e| e.to_string())?;
    match verify(&bundle.to_bytes(), Some(&trust)) {
        Verdict::Invalid(fault) => Err(format!("{} ({})", fault.code.code(), fault.part)),
        Verdict::Incomplete(lack) => Err(lack.code.code().to_owned()),
        valid @ Verdict::Valid(_) => Ok(valid),
    }
}

/// A reply is good if a device of the account signed it for this notice, and text and files are those that it names.
fn judge_reply(
    own: &Own,
    mut bundle: Bundle,
    reply: &str,
    later: Vec<String>,
    text: String,
    files: Vec<Vec<u8>>,
) -> Result<Good, String> {
    if later.len() > bundle.later.len() {
        bundle.later = later;
    }
    let Verdict::Valid(proven) = verdict_of(own, &bundle)? else { return Err("the evidence does not verify".to_owned()) };
    let Outcome::Sent(sent) = &proven.outcome else { return Err("nothing was sent".to_owned()) };
    let mut devices: Vec<Device> = sent.state.devices.clone();
    for raw in &bundle.later {
        // they follow each other: the verdict says so
        devices.extend(AccountState::stored(raw).map_err(|e| e.to_string())?.devices.clone());
    }
    let signed = Reply::verify(reply, &devices).map_err(|e| e.to_string())?;
    let digest = |bytes: &[u8]| -> [u8; 32] { Sha256::digest(bytes).into() };
    let len = |bytes: &[u8]| u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let whole = signed.notice == sent.notice.note_hash()
        && signed.account == sent.notice.account
        && signed.text == (digest(text.as_bytes()), len(text.as_bytes()))
        && signed.files.len() == files.len()
        && signed.files.iter().zip(&files).all(|(f, bytes)| (f.sha256, f.len) == (digest(bytes), len(bytes)));
    if !whole {
        return Err("the reply names another notice, account, text or file".to_owned());
    }
    let mut parts = vec![("reply".to_owned(), reply.as_bytes().to_vec()), ("reply.txt".to_owned(), text.into_bytes())];
    parts.extend(files.into_iter().enumerate().map(|(i, bytes)| (format!("file.{i}"), bytes)));
    Ok(Good { what: "reply".to_owned(), bundle, files: parts })
}
