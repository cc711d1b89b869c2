//! One notice, from the question to the registrar to the relay's record.
//!
//! | when the program ends | what there is | what `resume` does |
//! |---|---|---|
//! | before the notice is kept | perhaps an answer of the registrar | nothing: nothing was sent |
//! | after | the evidence so far, and a row | delivers the same bytes again: the relay has them or takes them, and gives one record |
//! | the same, an hour after the answer | the same | only looks: what the relay does not have is not sent, because the answer is too old |
//! | after the record is kept | all | nothing |

use crate::archive::{Archive, evidence_name};
use crate::own::Own;
use crate::returns::ReturnChannel;
use crate::{Body, BodyTrouble};
use lacre_core::network::{Lane, Network as _};
use lacre_evidence::build::{self, Addressee, Draft, File};
use lacre_evidence::clock::{Calendar, RuleId};
use lacre_evidence::envelope::{self, Envelope, Header, Seed};
use lacre_evidence::lookup::GOOD_FOR_MS;
use lacre_evidence::notice::{MAX_FILE, MAX_FILES, MAX_URIS};
use lacre_evidence::verify::SKEW_MS;
use lacre_evidence::{
    Act, Answer, Bundle, Designation, ExemptReason, FilePart, Grant, Lookup, Opening, Salt, Standing, Verdict, verify,
};
use lacre_ground::account::AccountState;
use lacre_ground::ids::{ChannelId, EntryId, NoticeId, Token};
use lacre_ground::random;
use lacre_ground::run::Run;
use lacre_ground::signed::Signed;
use lacre_ground::time::Millis;
use lacre_profile::Table;
use lacre_proto::reasons::Reason;
use lacre_proto::relay::v1 as wire;
use lacre_transport::GrpcNetwork;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Longest term that is taken for meant, business days.
pub const LONGEST_TERM: u16 = 200;
/// Bytes of sealed files that travel in the entry; with more all are blobs.
const IN_THE_ENTRY: usize = 64 * 1024;
/// The scope of the rows of notices.
const NOTICES: &[u8] = b"notices";

/// A file to send.
#[derive(Clone)]
pub struct NewFile {
    /// file name without folders
    pub name: String,
    /// media type
    pub media: String,
    /// its bytes
    pub bytes: Vec<u8>,
}

/// What the body writes, to whom.
#[derive(Clone)]
pub struct NewNotice {
    /// to whom
    pub run: Run,
    /// what it is beside others
    pub standing: Standing,
    /// type of act
    pub act: Act,
    /// case file (IUIe)
    pub case: String,
    /// procedure
    pub procedure: String,
    /// subject
    pub subject: String,
    /// description
    pub description: String,
    /// persistent URIs
    pub uris: Vec<String>,
    /// the body, then attachments
    pub files: Vec<NewFile>,
    /// the person's devices may answer
    pub answers: bool,
}

/// How far a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// kept; whether the relay has it is not known
    Prepared,
    /// the relay's record is kept
    Sent,
    /// the registrar said that no electronic notice takes effect: its note is kept
    Otherwise,
    /// the relay did not take it: notify otherwise, or send anew
    Refused,
}

/// A notice as the profile knows it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Dispatch {
    /// its id
    pub id: NoticeId,
    /// in the order of their making
    pub number: u64,
    /// to whom
    pub run: String,
    /// the case file
    pub case: String,
    /// the subject
    pub subject: String,
    /// how far it is
    pub stage: Stage,
    /// when the registrar answered
    pub asked_at: Millis,
    /// why it was refused, or is to be notified otherwise: a reason's name
    pub reason: String,
    /// the right to write it, until it is sent
    pub(crate) token: Option<Token>,
    pub(crate) seed: Option<[u8; 32]>,
    /// number of its return channel
    pub(crate) returns: Option<u64>,
    /// what devices said, in the order in which it was filed: event or `reply`, and when
    pub answers: Vec<(String, Millis)>,
    /// answers that do not verify, and why
    pub aside: Vec<String>,
    /// the right to answer
    #[serde(default)]
    pub(crate) back: Option<Token>,
    /// entries of answers that were filed
    #[serde(default)]
    pub(crate) filed: Vec<EntryId>,
    /// the relay took it, and what it gave does not verify
    #[serde(default)]
    pub unproven: bool,
    /// the relay was restored since, and no device has handed it over: it is delivered again
    #[serde(default)]
    pub again: bool,
}

impl Dispatch {
    /// A device of the person has it.
    fn was_handed_over(&self) -> bool {
        self.answers.iter().any(|(what, _)| what.starts_with("ContentHandover"))
    }
}

/// The person is to be notified otherwise; the registrar's note that proves it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Otherwise {
    /// electronic notices take no effect for her
    Exempt(ExemptReason),
    /// she has no account, has designated none, has paused or left
    NoAccount,
    /// she paused or left after the registrar had answered: the relay refused it
    ClosedSince,
}

/// What came of it.
pub enum Outcome {
    /// it is in the casilla: the verdict on its evidence, by the keys of this relay and its registrar
    Sent(Box<Verdict>),
    /// nothing was sent
    Otherwise(Otherwise),
}

fn row_key(id: NoticeId) -> Vec<u8> {
    [b"notice ".as_slice(), id.as_bytes()].concat()
}

fn unproven(what: &str) -> BodyTrouble {
    BodyTrouble::Unproven(what.to_owned())
}

/// What the registrar gave, verified.
struct Given {
    lookup: Signed<Lookup>,
    salt: Salt,
    right: Option<Right>,
}

struct Right {
    states: Vec<String>,
    grant: Signed<Grant>,
    designation: Signed<Designation>,
    token: Token,
}

impl Body {
    /// Sends one notice. Whatever ends it: [`Body::resume`].
    pub fn send(
        &mut self,
        net: &mut GrpcNetwork,
        archive: &mut dyn Archive,
        new: &NewNotice,
    ) -> Result<(NoticeId, Outcome), BodyTrouble> {
        check(new)?;
        written_well(new)?;
        self.renew_when_due(net)?;
        let own = self.own()?;

        self.look_at_relay(net, &own)?;
        let back = if new.answers { Some(self.return_right(net, &own)?) } else { None };
        let given = self.ask(net, &own, &new.run)?;
        let (now, asked) = (self.clock.now(), given.lookup.asked_at);
        if now.get().abs_diff(asked.get()) > SKEW_MS {
            // a notice that bears such a time proves nothing
            return Err(BodyTrouble::Clock { ahead: now > asked, by_ms: now.get().abs_diff(asked.get()) });
        }
        let id = NoticeId::new(random::bytes(self.rng.as_mut()));
        let mut row = Dispatch {
            id,
            number: self.dispatches()?.last().map_or(1, |last| last.number.saturating_add(1)),
            run: new.run.canonical(),
            case: new.case.clone(),
            subject: new.subject.clone(),
            stage: Stage::Otherwise,
            asked_at: given.lookup.asked_at,
            reason: String::new(),
            token: None,
            seed: None,
            returns: None,
            answers: Vec::new(),
            aside: Vec::new(),
            back: back.as_ref().map(|(_, token)| token.clone()),
            filed: Vec::new(),
            unproven: false,
            again: false,
        };
        let Some(right) = given.right else {
            let keys = own.trust()?.keys;
            let bundle = build::not_reachable(&own.certificate, &given.lookup, new.run, given.salt, &keys);
            archive.keep(&evidence_name(id), &bundle.to_bytes())?;
            let why = match &given.lookup.answer {
                Answer::Exempt(reason) => Otherwise::Exempt(*reason),
                Answer::NoAccount | Answer::Account { .. } => Otherwise::NoAccount,
            };
            row.reason = match &why {
                Otherwise::Exempt(reason) => reason.name().to_owned(),
                Otherwise::NoAccount | Otherwise::ClosedSince => "no account".to_owned(),
            };
            self.keep_dispatch(&row)?;
            return Ok((id, Outcome::Otherwise(why)));
        };
        let seed = Seed::random(self.rng.as_mut());
        let bundle = self.compose(&own, new, id, &given.lookup, given.salt, &right, back.as_ref(), &seed)?;
        archive.keep(&evidence_name(id), &bundle.to_bytes())?;
        row.stage = Stage::Prepared;
        row.token = Some(right.token);
        row.seed = Some(*seed.expose());
        row.returns = back.as_ref().map(|(channel, _)| channel.number);
        self.keep_dispatch(&row)?;
        let outcome = self.deliver(net, archive, &own, row, bundle)?;
        Ok((id, outcome))
    }

    /// Goes on with a notice that was kept and perhaps not sent.
    pub fn resume(&mut self, net: &mut GrpcNetwork, archive: &mut dyn Archive, id: NoticeId) -> Result<Outcome, BodyTrouble> {
        let own = self.own()?;
        let row = self.dispatch(id)?;
        let bundle = kept(archive, id)?;
        match row.stage {
            Stage::Prepared => self.deliver(net, archive, &own, row, bundle),
            Stage::Sent => Ok(Outcome::Sent(Box::new(verify(&bundle.to_bytes(), Some(&own.trust()?))))),
            Stage::Otherwise => Ok(Outcome::Otherwise(Otherwise::NoAccount)),
            Stage::Refused => Ok(Outcome::Otherwise(Otherwise::ClosedSince)),
        }
    }

    fn ask(&mut self, net: &mut GrpcNetwork, own: &Own, run: &Run) -> Result<Given, BodyTrouble> {
        let batch = random::bytes::<16>(self.rng.as_mut()).to_vec();
        let row = wire::LookupRow { row: 0, run: run.canonical(), batch };
        let answer = net.body_lookups(&own.relay, &own.seed, &own.key, vec![row])?.pop();
        let answer = answer.ok_or_else(|| unproven("no answer"))?;
        if !answer.refused.is_empty() {
            return Err(BodyTrouble::Refused { reason: answer.refused, limit: String::new() });
        }
        let lookup = Lookup::verify(&answer.lookup, &own.registrars)?;
        let salt = Salt::new(answer.salt.as_slice().try_into().map_err(|_| unproven("a salt of another length"))?);
        let mine = lookup.agency == own.certificate.code && lookup.certificate == own.certificate.note_hash();
        if !mine || salt.commit(run) != lookup.person {
            return Err(unproven("the registrar answered another body, or about another person"));
        }
        let right = match (&lookup.answer, answer.right) {
            (Answer::Account { .. }, Some(right)) => Some(right_of(own, &lookup, right)?),
            (Answer::Account { .. }, None) | (_, Some(_)) => {
                return Err(unproven("an answer without its right, or a right alone"));
            }
            (Answer::Exempt(_) | Answer::NoAccount, None) => None,
        };
        Ok(Given { lookup, salt, right })
    }

    #[expect(clippy::too_many_arguments, reason = "all that a notice is made of, each from somewhere else")]
    fn compose(
        &mut self,
        own: &Own,
        new: &NewNotice,
        id: NoticeId,
        lookup: &Signed<Lookup>,
        salt: Salt,
        right: &Right,
        back: Option<&(ReturnChannel, Token)>,
        seed: &Seed,
    ) -> Result<Bundle, BodyTrouble> {
        let files: Vec<File<'_>> = new.files.iter().map(|f| File { name: &f.name, media: &f.media, bytes: &f.bytes }).collect();
        let uris: Vec<&str> = new.uris.iter().map(String::as_str).collect();
        let now = self.clock.now();
        let today = own.certificate.place.zone.date(now);
        let rule = if today.is_some_and(|day| RuleId::Cl46.rule().in_force(day)) { RuleId::Cl46 } else { RuleId::ClD4 };
        let draft = Draft {
            id,
            standing: new.standing,
            act: new.act,
            case: &new.case,
            procedure: &new.procedure,
            subject: &new.subject,
            description: &new.description,
            uris: &uris,
            files: &files,
            rule: rule.rule(),
            calendar: Calendar::chile(),
            answers_to: back.map(|(channel, token)| (channel.channel(), token)),
        };
        let to =
            Addressee { lookup, run: new.run, salt, states: &right.states, grant: &right.grant, designation: &right.designation };
        let sent = build::compose(&draft, &to, &own.certificate, &own.signer, &own.trust()?.keys, now, seed)?;
        Ok(sent.so_far)
    }

    /// Brings what is kept to the relay, as often as it takes: the same bytes each time.
    fn deliver(
        &mut self,
        net: &mut GrpcNetwork,
        archive: &mut dyn Archive,
        own: &Own,
        mut row: Dispatch,
        bundle: Bundle,
    ) -> Result<Outcome, BodyTrouble> {
        let again = Again::of(&bundle).ok_or_else(|| BodyTrouble::NoEvidence(evidence_name(row.id)))?;
        let token = row.token.clone().ok_or(BodyTrouble::NoSuchNotice)?;
        let look = self.clock.now() >= row.asked_at.plus(GOOD_FOR_MS);
        // a record of before a restore stays the one that counts
        let first = bundle.events.first().cloned();
        let inside = again.envelope.files.iter().map(Vec::len).sum::<usize>() <= IN_THE_ENTRY;
        if !inside && (!look || first.is_some()) {
            self.store_files(net, own, &again)?;
        }
        let place = |(i, sealed): (usize, &Vec<u8>)| {
            let place = if inside {
                wire::sealed_file::Place::Here(sealed.clone())
            } else {
                wire::sealed_file::Place::Blob(envelope::blob(&again.seed, i).0.as_bytes().to_vec())
            };
            wire::SealedFile { place: Some(place) }
        };
        let files = again.envelope.files.iter().enumerate().map(place).collect();
        let request = wire::DeliverRow {
            row: 0,
            channel: again.channel.as_bytes().to_vec(),
            append_token: token.expose().to_vec(),
            entry_id: envelope::entry_id(&again.seed).as_bytes().to_vec(),
            envelope: Some(wire::NoticeEnvelope { header: again.envelope.header.clone(), files }),
            first_record: first.clone().unwrap_or_default(),
            look: look && first.is_none(),
        };
        let answer = net.body_deliver(&own.relay, &own.seed, &own.key, vec![request])?.pop();
        let answer = answer.ok_or_else(|| unproven("no answer"))?;
        match Reason::parse(&answer.refused) {
            None if answer.refused.is_empty() => {}
            // its person's program has not given the right again yet: later
            Some(_) if first.is_some() => return Ok(Outcome::Sent(Box::new(verify(&bundle.to_bytes(), Some(&own.trust()?))))),
            Some(Reason::NotPermitted) => {
                (row.stage, row.token, row.reason) = (Stage::Refused, None, "closed since".to_owned());
                self.keep_dispatch(&row)?;
                return Ok(Outcome::Otherwise(Otherwise::ClosedSince));
            }
            Some(Reason::NoEntry) => {
                (row.stage, row.token, row.reason) = (Stage::Refused, None, "too late".to_owned());
                self.keep_dispatch(&row)?;
                return Err(BodyTrouble::TooLate);
            }
            _ => return Err(BodyTrouble::Refused { reason: answer.refused, limit: answer.limit }),
        }
        row.again = false;
        if first.is_some() {
            self.keep_dispatch(&row)?;
            return Ok(Outcome::Sent(Box::new(verify(&bundle.to_bytes(), Some(&own.trust()?)))));
        }
        let whole = Bundle { events: vec![answer.record], ..bundle };
        let bytes = whole.to_bytes();
        let verdict = verify(&bytes, Some(&own.trust()?));
        archive.keep(&evidence_name(row.id), &bytes)?;
        // the right is kept until a device has the notice: a restored relay may have to be given it again
        row.stage = Stage::Sent;
        row.unproven = !matches!(verdict, Verdict::Valid(_));
        self.keep_dispatch(&row)?;
        Ok(Outcome::Sent(Box::new(verdict)))
    }

    /// What a restored relay lost of notices that no device has: the same bytes, under the relay's own first record. One that cannot
    /// be delivered yet waits for the next time.
    pub(crate) fn deliver_again(
        &mut self,
        net: &mut GrpcNetwork,
        archive: &mut dyn Archive,
        own: &Own,
    ) -> Result<(), BodyTrouble> {
        for row in self.dispatches()?.into_iter().filter(|row| row.again && row.token.is_some()) {
            match kept(archive, row.id) {
                Ok(bundle) => drop(self.deliver(net, archive, own, row, bundle)?),
                Err(BodyTrouble::NoEvidence(_)) => {}
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    /// Another generation than the last time: the relay came back from a backup. What it may have lost is given again: return
    /// channels and their rights, and notices that no device has.
    pub(crate) fn look_at_relay(&mut self, net: &mut GrpcNetwork, own: &Own) -> Result<(), BodyTrouble> {
        let generation = net.get_info(&own.relay, Lane::Inbox, wire::GetInfoRequest {})?.generation;
        if !self.saw_generation(&generation)? {
            return Ok(());
        }
        for mut row in self.dispatches()? {
            if row.stage == Stage::Sent && !row.was_handed_over() {
                row.again = true;
                self.keep_dispatch(&row)?;
            }
        }
        self.give_returns_again(net, own)?;
        self.keep_generation(generation)
    }

    /// Files that are too much for the entry, as blobs, whole before the notice is delivered.
    fn store_files(&mut self, net: &mut GrpcNetwork, own: &Own, again: &Again) -> Result<(), BodyTrouble> {
        let count = u32::try_from(again.envelope.files.len()).unwrap_or(u32::MAX);
        let mut stamps = net.body_stamps(&own.relay, &own.seed, &own.key, count)?;
        for (i, sealed) in again.envelope.files.iter().enumerate() {
            let (blob, read) = envelope::blob(&again.seed, i);
            let header = wire::PutHeader {
                blob: blob.as_bytes().to_vec(),
                read_token_hash: read.hash().as_bytes().to_vec(),
                size: u64::try_from(sealed.len()).unwrap_or(u64::MAX),
                sha256: Sha256::digest(sealed).to_vec(),
                stamp: stamps.pop().unwrap_or_default(),
                offset: 0,
            };
            net.put_blob(&own.relay, header, &mut sealed.as_slice())?;
        }
        Ok(())
    }

    pub(crate) fn keep_dispatch(&mut self, row: &Dispatch) -> Result<(), BodyTrouble> {
        self.profile.step(|step| Ok(step.put(Table::Meta, &row_key(row.id), NOTICES, row.number, row)?))
    }

    /// What was sent or tried, oldest first.
    pub fn dispatches(&mut self) -> Result<Vec<Dispatch>, BodyTrouble> {
        self.profile.step(|step| {
            let rows: Vec<(u64, Dispatch)> = step.scan(Table::Meta, NOTICES, 0, usize::MAX)?;
            Ok(rows.into_iter().map(|(_, row)| row).collect())
        })
    }

    /// One of them.
    pub fn dispatch(&mut self, id: NoticeId) -> Result<Dispatch, BodyTrouble> {
        let row = self.profile.step(|step| Ok::<_, BodyTrouble>(step.get::<Dispatch>(Table::Meta, &row_key(id))?))?;
        row.ok_or(BodyTrouble::NoSuchNotice)
    }
}

fn check(new: &NewNotice) -> Result<(), BodyTrouble> {
    let fits = |f: &NewFile| u64::try_from(f.bytes.len()).is_ok_and(|len| len <= MAX_FILE);
    if new.files.is_empty() || new.files.len() > MAX_FILES || !new.files.iter().all(fits) {
        return Err(BodyTrouble::Files);
    }
    match new.act {
        Act::Notification { term: Some(term), .. } if term.days() > LONGEST_TERM => {
            Err(BodyTrouble::LongTerm { days: term.days(), most: LONGEST_TERM })
        }
        _ => Ok(()),
    }
}

/// Every line of N is of its form: asked before the registrar is, so that a mistyped line spends nothing.
fn written_well(new: &NewNotice) -> Result<(), BodyTrouble> {
    let line = |name: &'static str, text: &str, most: usize| {
        let good = !text.is_empty() && text.len() <= most && text.trim() == text && !text.chars().any(char::is_control);
        if good { Ok(()) } else { Err(BodyTrouble::Line { name, most }) }
    };
    line("--case", &new.case, 64)?;
    line("--procedure", &new.procedure, 64)?;
    line("--subject", &new.subject, 400)?;
    line("--description", &new.description, 4000)?;
    new.uris.iter().try_for_each(|uri| line("--uri", uri, 1000))?;
    new.files.iter().try_for_each(|file| line("--file", &file.name, 255))?;
    if new.uris.len() > MAX_URIS {
        return Err(BodyTrouble::Line { name: "--uri", most: MAX_URIS });
    }
    Ok(())
}

/// The right is for this account, in this state, at this relay.
fn right_of(own: &Own, lookup: &Signed<Lookup>, right: wire::NoticeRight) -> Result<Right, BodyTrouble> {
    let Answer::Account { account, state: number, state_hash, grant: grant_hash, designation: designation_hash } = &lookup.answer
    else {
        return Err(unproven("a right without an account"));
    };
    let wrong = |e: lacre_ground::account::AccountError| BodyTrouble::Unproven(e.to_string());
    let (first, rest) = right.states.split_first().ok_or_else(|| unproven("no account state"))?;
    let (id, mut newest) = AccountState::first(first).map_err(wrong)?;
    let mut states = vec![newest.clone()];
    for raw in rest {
        newest = newest.follow(raw).map_err(wrong)?;
        states.push(newest.clone());
    }
    if id != *account || newest.number != *number || newest.hash() != *state_hash {
        return Err(unproven("the account's states are not those of the answer"));
    }
    let designation = Designation::verify(&right.designation, states.iter().map(|s| &**s))?;
    let grant = Grant::verify(&right.grant, &newest.devices)?;
    let token = Token::try_from(right.token.as_slice()).map_err(|_| unproven("a token of another length"))?;
    let fits = designation.note_hash() == *designation_hash
        && designation.account == id
        && grant.note_hash() == *grant_hash
        && grant.account == id
        && grant.casilla.authority == own.relay
        && grant.append == token.hash();
    if fits {
        Ok(Right { states: right.states, grant, designation, token })
    } else {
        Err(unproven("another grant or designation"))
    }
}

/// What is kept of a notice.
pub(crate) fn kept(archive: &dyn Archive, id: NoticeId) -> Result<Bundle, BodyTrouble> {
    let name = evidence_name(id);
    let missing = || BodyTrouble::NoEvidence(name.clone());
    let bytes = match archive.read(&name) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Err(missing()),
        Err(e) => return Err(e.into()),
    };
    Bundle::parse(&bytes).map_err(|_| missing())
}

/// The envelope, made again from the evidence: the same bytes as the first time.
struct Again {
    envelope: Envelope,
    seed: Seed,
    channel: ChannelId,
}

impl Again {
    fn of(bundle: &Bundle) -> Option<Self> {
        let opening = Opening::parse(bundle.opening.as_deref()?).ok()?;
        let seed = opening.seed.clone()?;
        let header = Header {
            notice: bundle.notice.clone()?,
            seed: seed.clone(),
            certificate: bundle.certificate.clone()?,
            lookup: bundle.lookup.clone()?,
            designation: bundle.designation.clone()?,
            salt: opening.salt,
            return_token: opening.return_token.clone(),
        };
        // the grant was verified before it was kept, and the digest at the end of the file says that it is the same
        let grant = Grant::kept(bundle.grant.as_deref()?)?;
        let sealed = |(i, part): (usize, &FilePart)| match part {
            FilePart::Here(bytes) => Some(envelope::seal_file(&seed, i, bytes)),
            FilePart::LeftOut => None,
        };
        let files = bundle.files.iter().enumerate().map(sealed).collect::<Option<Vec<_>>>()?;
        let header = header.seal_for(&grant).ok()?;
        Some(Self { envelope: Envelope { header, files }, channel: grant.casilla.channel, seed })
    }
}
