//! An example world for evidence: a registrar, a relay, a body and a person, with test keys. All of them are examples.
//!
//! A [`Setup`] holds typed values that a test may change; [`Setup::play`] does what the honest programs would do with
//! them. [`vectors`] is the table of bundles in `tests/vectors/evidence/`.

pub mod forge;
pub mod officials;
pub mod vectors;

use lacre_evidence::approved::Approved;
use lacre_evidence::build::{Addressee, Draft, File, Sent, compose};
use lacre_evidence::certificate::AGENCY;
use lacre_evidence::clock::{Calendar, Comuna, Place, RuleId, Term, Zone};
use lacre_evidence::envelope;
use lacre_evidence::heads::{Head, HeadsVerdict};
use lacre_evidence::{
    Act, Answer, Bundle, Certificate, Designation, Effect, Event, Grant, GrantKind, Header, Issuer, Keys, Lookup, Notice,
    Opening, Outcome, Party, Proven, ProvenReply, Record, Row, Salt, Seed, SignedBy, Stage, Standing, Submission, Trust, Verdict,
};
use lacre_ground::account::{AccountState, DEVICE, Device, REGISTRAR};
use lacre_ground::address::{Address, Authority};
use lacre_ground::agency::AgencyCode;
use lacre_ground::ids::{
    AccountId, ChannelId, DeviceId, EvidenceId, Generation, GrantId, Identity, LookupId, NoticeId, Token, TokenHash,
};
use lacre_ground::note::{NoteSigner, UnverifiedNote, sign};
use lacre_ground::receipt::RELAY;
use lacre_ground::run::Run;
use lacre_ground::seal::SealSecret;
use lacre_ground::signed::{NoteText as _, Signed};
use lacre_ground::time::Millis;
use serde_json::{Value, json};

/// 2026-07-06T14:00:00Z, the first vector of the reference page.
pub const DISPATCH: Millis = Millis::new(1_783_346_400_000);
const MINUTE: u64 = 60_000;
/// An hour in milliseconds.
pub const HOUR: u64 = 60 * MINUTE;

/// Who plays: each number is another registrar, relay, body, person and notice.
#[derive(Clone, Copy, Debug)]
pub struct Cast {
    /// 1 is the trusted one
    pub registrar: u8,
    /// 1 is the trusted one
    pub relay: u8,
    /// the body
    pub agency: u8,
    /// the person
    pub person: u8,
    /// the notice: seed, salt, ids
    pub notice: u8,
}

impl Cast {
    /// The honest ones.
    pub const HONEST: Cast = Cast { registrar: 1, relay: 1, agency: 1, person: 1, notice: 1 };
}

/// A registrar's key.
pub fn registrar(n: u8) -> NoteSigner {
    NoteSigner::new(REGISTRAR, &[n; 32]).unwrap()
}
/// A relay's key.
pub fn relay(n: u8) -> NoteSigner {
    NoteSigner::new(RELAY, &[0x20 + n; 32]).unwrap()
}
/// A body's key.
pub fn agency(n: u8) -> NoteSigner {
    NoteSigner::new(AGENCY, &[0x40 + n; 32]).unwrap()
}
/// A person's device key.
pub fn device(n: u8) -> NoteSigner {
    NoteSigner::new(DEVICE, &[0x60 + n; 32]).unwrap()
}
/// A relay's authority.
pub fn authority(n: u8) -> Authority {
    Authority::new("relay.example", 7443, Identity::new(relay(n).public().key())).unwrap()
}
/// An example RUN between 40 and 45 million.
pub fn run(n: u8) -> Run {
    let number = 41_000_000 + u32::from(n) * 111;
    let mut digits = "0123456789K".chars();
    digits.find_map(|d| Run::parse(&format!("{number}-{d}")).ok()).unwrap()
}
/// What the honest relay's operator publishes as trust file.
pub fn trust() -> Trust {
    Trust { keys: keys(Cast::HONEST), ledger_required: false }
}
/// The keys of a cast.
pub fn keys(cast: Cast) -> Keys {
    Keys { registrars: vec![registrar(cast.registrar).public()], relays: vec![relay(cast.relay).public()], gateways: vec![] }
}
/// Signs a note's text again, changed, with whatever key.
pub fn resign(raw: &str, signer: &NoteSigner, change: impl FnOnce(&str) -> String) -> String {
    let text = UnverifiedNote::parse(raw).unwrap().unverified_text().to_owned();
    let changed = change(&text);
    assert_ne!(text, changed, "the change changes nothing");
    sign(&changed, &[signer]).unwrap()
}

/// What a VALID verdict proves, as the index of the vectors and the second verifier write it.
#[must_use]
pub fn proves(verdict: &Verdict) -> Option<Value> {
    let Verdict::Valid(proven) = verdict else { return None };
    let sent = match &proven.outcome {
        Outcome::Exempt => {
            let Answer::Exempt(reason) = proven.lookup.answer else { unreachable!("an exemption has a reason") };
            return Some(with_paper(json!({ "outcome": "exempt", "reason": reason.name() }), proven));
        }
        Outcome::NoAccount => return Some(with_paper(json!({ "outcome": "no account" }), proven)),
        Outcome::Sent(sent) => sent,
    };
    let records = sent.records.iter().map(|r| {
        let reasons: Vec<&str> = r.reasons.iter().map(|r| r.name()).collect();
        json!([r.event.name(), r.issuer.text().split(' ').next(), reasons])
    });
    let mut out = json!({
        "outcome": "sent",
        "standing": sent.notice.standing.text(),
        "consigned": sent.consigned_at.to_string(),
        "files": sent.files_here,
        "records": records.collect::<Vec<_>>(),
        "against": sent.against().map(|r| r.event.name()).collect::<Vec<_>>(),
    });
    if let Some(approved) = &sent.approved {
        out["approved"] = approved_by(approved);
    }
    if !sent.replies.is_empty() {
        let hex = |bytes: &[u8; 32]| data_encoding::HEXLOWER.encode(bytes);
        let reply = |r: &ProvenReply| {
            let note = &r.reply.note;
            json!([r.accepted_at.to_string(), note.device.to_string(), hex(&note.text.0), note.files.len()])
        };
        out["replies"] = sent.replies.iter().map(reply).collect();
    }
    if let Effect::Notified(dates) = &sent.effect {
        for r in dates.readings() {
            out[format!("deemed_{}", r.key())] = json!(r.deemed.to_string());
            out[format!("last_day_{}", r.key())] = json!(r.last_day.map(|d| d.to_string()));
        }
    }
    Some(out)
}

/// Who of the body decided it.
fn approved_by(approved: &Approved) -> Value {
    let who = |by: &SignedBy| json!([by.handle.as_str(), by.account.to_string()]);
    json!({
        "rows": approved.batch().rows,
        "drafter": approved.drafter().map(who),
        "approvers": approved.approvers().map(who).collect::<Vec<_>>(),
    })
}

/// With what the body kept for counter or letter, and says was done.
fn with_paper(mut out: Value, proven: &Proven) -> Value {
    let Some(kept) = &proven.otherwise else { return out };
    let steps = kept.steps.iter().map(|s| {
        let (issuer, reasons) = (s.record.issuer.text(), s.record.reasons.iter().map(|r| r.name()).collect::<Vec<_>>());
        json!([s.record.event.name(), issuer.split(' ').next(), reasons, s.late])
    });
    let effects = kept.effects.iter().flat_map(|e| {
        e.dates.readings().map(|r| json!([e.step, r.rule.id.name(), r.deemed.to_string(), r.last_day.map(|d| d.to_string())]))
    });
    out["standing"] = json!(kept.notice.standing.text());
    out["files"] = json!(kept.files_here);
    out["records"] = steps.collect();
    out["against"] = kept.against().map(|s| s.record.event.name()).collect();
    out["effects"] = effects.collect();
    if let Some(approved) = &kept.approved {
        out["approved"] = approved_by(approved);
    }
    out
}

/// As [`proves`], with what head notes beside the bundle say.
#[must_use]
pub fn proves_beside(verdict: &Verdict, heads: &HeadsVerdict) -> Option<Value> {
    let mut out = proves(verdict)?;
    let Verdict::Valid(proven) = verdict else { return None };
    let Outcome::Sent(sent) = &proven.outcome else { return Some(out) };
    out["heads"] = json!(match heads {
        HeadsVerdict::Valid(heads) => heads.says(&sent.receipt)?.code().to_owned(),
        HeadsVerdict::Invalid(fault) => format!("INVALID {}", fault.code.code()),
        HeadsVerdict::Incomplete { code, .. } => format!("INCOMPLETE {}", code.code()),
    });
    Some(out)
}

/// What a VALID file of head notes proves.
#[must_use]
pub fn proves_heads(verdict: &HeadsVerdict) -> Option<Value> {
    let HeadsVerdict::Valid(proven) = verdict else { return None };
    let head = |h: &Head| json!([h.note.channel.to_string(), h.note.ids.count, h.note.time.to_string(), h.ids.is_some()]);
    Some(json!({ "heads": proven.heads.iter().map(head).collect::<Vec<_>>() }))
}

/// Typed values before anything is sent.
pub struct Setup {
    /// who plays
    pub cast: Cast,
    /// the body's certificate
    pub certificate: Certificate,
    /// states of the account from 0 on; each is signed by this person's device of the state before
    pub states: Vec<AccountState>,
    /// the grant
    pub grant: Grant,
    /// whose device signs it
    pub grant_signer: u8,
    /// the person's designation, signed as the grant is
    pub designation: Designation,
    /// who signs it: a device of whichever state
    pub designation_signer: u8,
    /// the registrar's answer; certificate, account, state, designation and grant are filled in when it plays, unless `own_answer`
    pub lookup: Lookup,
    /// leave the answer as it is
    pub own_answer: bool,
    /// when N is signed
    pub made_at: Millis,
    /// when the relay takes it
    pub accepted_at: Millis,
    /// the case file, the subject and the description
    pub case: String,
    /// what the notice is beside others
    pub standing: Standing,
    /// has a return channel
    pub answers: bool,
    /// type of act
    pub act: Act,
    /// the rule that N names
    pub rule: RuleId,
    /// body
    pub body: Vec<u8>,
    /// attachments by name
    pub attachments: Vec<(String, Vec<u8>)>,
    /// changes N before it is signed; what follows from it is made anew
    pub change_notice: fn(&mut Notice),
    /// states after the registrar's, and who signs them
    pub later: Vec<(AccountState, u8)>,
    /// what officials approve
    pub approved: Option<officials::Plan>,
    /// changes the relay's receipt before it is signed
    pub change_receipt: fn(&mut Record),
}

impl Setup {
    /// What honest programs hold.
    pub fn example(cast: Cast) -> Self {
        Self::at(cast, DISPATCH)
    }
    /// The same, another day.
    pub fn at(cast: Cast, dispatch: Millis) -> Self {
        let before = |hours: u64| Millis::new(dispatch.get() - hours * HOUR);
        let place = Place { zone: Zone::Santiago, comuna: Some(Comuna::parse("13101").unwrap()) };
        let person = Device {
            id: DeviceId::new([cast.person; 16]),
            signature_key: device(cast.person).public().key(),
            inbox: Address { authority: authority(cast.relay), channel: ChannelId::new([0x70 + cast.person; 32]) },
            inbox_key: SealSecret::new([0x71 + cast.person; 32]).public().unwrap(),
            public_token: None,
        };
        let zero = AccountState { number: 0, previous: None, made_at: before(9000), devices: vec![person] };
        let account = AccountState::first(&zero.sign(&device(cast.person)).unwrap()).unwrap().0;
        Self {
            cast,
            certificate: Certificate {
                code: AgencyCode::parse(&format!("AO{:03}", cast.agency)).unwrap(),
                name: "Municipalidad de Ejemplo (example)".to_owned(),
                key: agency(cast.agency).public().key(),
                place,
                from: before(5000),
                until: dispatch.plus(5000 * HOUR),
            },
            grant: Grant {
                id: GrantId::new([0x10 * cast.notice + cast.person; 16]),
                account,
                kind: GrantKind::Once,
                casilla: Address { authority: authority(cast.relay), channel: casilla(cast.person) },
                append: TokenHash::new([cast.notice; 32]),
                key: notice_key(cast.person).public().unwrap(),
                from: before(400),
                until: dispatch.plus(400 * HOUR),
            },
            states: vec![zero],
            grant_signer: cast.person,
            designation: Designation {
                account,
                made_at: before(600),
                statement: "Recibo aquí las notificaciones oficiales; los plazos corren aunque no las lea. (ejemplo)".to_owned(),
            },
            designation_signer: cast.person,
            lookup: Lookup {
                id: LookupId::new([0x30 + cast.notice; 16]),
                agency: AgencyCode::parse(&format!("AO{:03}", cast.agency)).unwrap(),
                certificate: [0; 32],
                person: salt(cast).commit(&run(cast.person)),
                answer: Answer::NoAccount,
                register: None,
                asked_at: Millis::new(dispatch.get() - 10 * MINUTE),
            },
            own_answer: false,
            made_at: Millis::new(dispatch.get() - 5 * MINUTE),
            accepted_at: dispatch,
            case: format!("E-{:04}/2026", cast.notice),
            standing: Standing::Original,
            answers: true,
            act: Act::Notification { stage: Stage::End, term: Term::business_days(5) },
            rule: RuleId::Cl46,
            body: "Resolución exenta (ejemplo): se acoge la solicitud.\n".as_bytes().to_vec(),
            attachments: vec![("anexo.csv".to_owned(), b"a;b\n1;2\n".to_vec())],
            change_notice: |_| (),
            later: vec![],
            approved: None,
            change_receipt: |_| (),
        }
    }

    /// What honest programs make of it.
    pub fn play(self) -> World {
        let cast = self.cast;
        let certificate = Signed::sign(&self.certificate, &registrar(cast.registrar)).unwrap();
        let states: Vec<String> = self.states.iter().map(|s| s.sign(&device(cast.person)).unwrap()).collect();
        let grant = Signed::sign(&self.grant, &device(self.grant_signer)).unwrap();
        let designation = Signed::sign(&self.designation, &device(self.designation_signer)).unwrap();
        let mut lookup = self.lookup;
        if lookup.certificate == [0; 32] {
            lookup.certificate = certificate.note_hash();
        }
        if !self.own_answer {
            let last = self.states.last().unwrap();
            lookup.answer = Answer::Account {
                account: AccountState::first(&states[0]).unwrap().0,
                state: last.number,
                state_hash: last.hash(),
                grant: grant.note_hash(),
                designation: designation.note_hash(),
            };
        }
        let lookup = Signed::sign(&lookup, &registrar(cast.registrar)).unwrap();
        let mut files = vec![File { name: "resolución.txt", media: "text/plain", bytes: &self.body }];
        files.extend(self.attachments.iter().map(|(name, bytes)| File { name, media: "text/csv", bytes }));
        let return_token = Token::new([0x44 + cast.notice; 32]);
        let draft = Draft {
            id: NoticeId::new([0x50 + cast.notice; 16]),
            act: self.act,
            standing: self.standing,
            case: &self.case,
            procedure: "Permiso de ejemplo",
            subject: "Se resuelve su solicitud (ejemplo)",
            description: "Acto que pone término al procedimiento. Puede interponer recurso de reposición.",
            uris: &[],
            files: &files,
            rule: self.rule.rule(),
            calendar: Calendar::chile(),
            answers_to: self.answers.then_some((ChannelId::new([0x60 + cast.agency; 32]), &return_token)),
            approved: None,
        };
        let to = Addressee {
            lookup: &lookup,
            run: run(cast.person),
            salt: salt(cast),
            states: &states,
            grant: &grant,
            designation: &designation,
        };
        let seed = Seed::new([0x90 + cast.notice; 32]);
        let agency = agency(cast.agency);
        let mut sent = compose(&draft, &to, &certificate, &agency, &keys(cast), self.made_at, &seed).unwrap();
        let raw = sent.so_far.notice.clone().unwrap();
        let mut notice = Notice::parse(UnverifiedNote::parse(&raw).unwrap().unverified_text()).unwrap();
        (self.change_notice)(&mut notice);
        if let Some(plan) = &self.approved {
            let (approvals, place, named) = plan.sign(&Row::of(&notice));
            notice.approvals = Some(named);
            sent.so_far.approvals = approvals.parts(&place);
        }
        sent.so_far.notice = Some(notice.sign(&agency).unwrap());
        sent.envelope.header = header(&sent.so_far).seal_for(&grant).unwrap();
        sent.so_far.later = self.later.iter().map(|(state, signer)| state.sign(&device(*signer)).unwrap()).collect();
        let mut receipt = Record {
            event: Event::SubmissionAcceptance,
            id: EvidenceId::new([0xa0 + cast.notice; 16]),
            time: self.accepted_at,
            issuer: Issuer::Relay(authority(cast.relay)),
            envelope: envelope::digest(&sent.envelope.header, notice.files.iter().map(|f| &f.sealed_sha256)),
            sender: Party::Unknown,
            recipient: Party::Channel(self.grant.casilla.channel),
            reasons: vec![],
            reference: None,
            scan: None,
            submission: Some(Submission {
                generation: Generation::new([7; 16]),
                channel: self.grant.casilla.channel,
                entry: envelope::entry_id(&seed),
                checkpoint: None,
            }),
        };
        (self.change_receipt)(&mut receipt);
        let account = AccountState::first(&states[0]).unwrap().0;
        let seen = |event, id: u8, hours| {
            let record = Record {
                event,
                id: EvidenceId::new([id; 16]),
                time: receipt.time.plus(hours * HOUR),
                issuer: Issuer::Device(account, DeviceId::new([cast.person; 16])),
                envelope: receipt.envelope,
                sender: Party::Agency(self.certificate.code.clone()),
                recipient: Party::Account(account),
                reasons: vec![],
                reference: None,
                scan: None,
                submission: None,
            };
            record.sign(&device(cast.person)).unwrap()
        };
        let records = vec![seen(Event::ContentHandover, 0xc1, 1), seen(Event::ContentAccessTracking, 0xc2, 2)];
        let bundle = sent.bundle(&receipt.sign(&relay(cast.relay)).unwrap(), &records);
        World { cast, certificate, lookup, grant, sent, receipt, bundle }
    }
}

/// What an agency that shows these parts must have sealed.
pub fn header(bundle: &Bundle) -> Header {
    let text = |part: &Option<String>| part.clone().unwrap();
    let opening = Opening::parse(&text(&bundle.opening)).unwrap();
    Header {
        notice: text(&bundle.notice),
        seed: opening.seed.unwrap(),
        certificate: text(&bundle.certificate),
        lookup: text(&bundle.lookup),
        designation: text(&bundle.designation),
        salt: opening.salt,
        return_token: opening.return_token,
    }
}

/// The person's casilla.
pub fn casilla(person: u8) -> ChannelId {
    ChannelId::new([0x80 + person; 32])
}
/// The person's notice key.
pub fn notice_key(person: u8) -> SealSecret {
    SealSecret::new([0x81 + person; 32])
}
/// The salt of a lookup.
pub fn salt(cast: Cast) -> Salt {
    Salt::new([0xb0 + cast.notice; 32])
}

/// A notice that was sent, and its evidence.
pub struct World {
    /// who played
    pub cast: Cast,
    /// the body's certificate
    pub certificate: Signed<Certificate>,
    /// the registrar's answer
    pub lookup: Signed<Lookup>,
    /// the grant
    pub grant: Signed<Grant>,
    /// what was composed
    pub sent: Sent,
    /// the relay's receipt
    pub receipt: Record,
    /// the evidence
    pub bundle: Bundle,
}

impl World {
    /// The honest ones.
    pub fn honest() -> Self {
        Setup::example(Cast::HONEST).play()
    }
}
