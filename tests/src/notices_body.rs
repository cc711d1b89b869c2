//! A public body, as its program writes notices and reads what is answered: with the crate of evidence alone.

use lacre_core::network::Entry;
use lacre_evidence::build::{Addressee, Draft, File, Sent, compose};
use lacre_evidence::clock::{Calendar, Comuna, Place, RuleId, Term, Zone};
use lacre_evidence::returned::{self, MAX_ANSWERS, Returned};
use lacre_evidence::{
    Act, Certificate, Designation, Grant, Keys, Lookup, Notice, Record, Reply, Salt, Seed, Stage, Standing, envelope,
};
use lacre_ground::account::{AccountState, Device};
use lacre_ground::agency::AgencyCode;
use lacre_ground::ids::{ChannelId, EntryId, NoticeId, Token};
use lacre_ground::note::{NoteKey, NoteSigner, UnverifiedNote};
use lacre_ground::random::{self, SystemRng};
use lacre_ground::run::Run;
use lacre_ground::signed::{NoteText as _, Signed};
use lacre_ground::time::Millis;
use lacre_proto::relay::v1 as wire;
use prost::Message as _;

/// What a registrar gave a body to write one notice.
#[derive(Clone)]
pub struct Right {
    /// the registrar's note
    pub lookup: String,
    /// opens its commitment
    pub salt: Salt,
    /// signed notes
    pub states: Vec<String>,
    /// the person's note
    pub designation: String,
    /// the note of the grant
    pub grant: String,
    /// its right
    pub token: Token,
}

/// What it writes.
pub struct Writing {
    /// when
    pub made_at: Millis,
    /// what it is beside others
    pub standing: Standing,
    /// what kind of act
    pub act: Act,
    /// its subject
    pub subject: String,
    /// name, media type, bytes; the body first
    pub files: Vec<(&'static str, &'static str, Vec<u8>)>,
    /// files of at least so many bytes go beside the entry
    pub beside: usize,
}

impl Writing {
    /// A decision with a term of five business days.
    #[must_use]
    pub fn decision(made_at: Millis) -> Self {
        let body = "# Resolución (ejemplo)\n\nSe **rechaza** su solicitud.\n".as_bytes().to_vec();
        Self {
            made_at,
            standing: Standing::Original,
            act: Act::Notification { stage: Stage::End, term: Term::business_days(5) },
            subject: "Se resuelve su solicitud (ejemplo)".to_owned(),
            files: vec![("resolución.md", "text/markdown", body), ("anexo.csv", "text/csv", b"a;b\n1;2\n".to_vec())],
            beside: 65_536,
        }
    }
}

/// What it wrote, ready to be delivered.
pub struct Written {
    /// everything but receipt and records
    pub sent: Sent,
    /// from which all of it came
    pub seed: Seed,
    /// where
    pub channel: ChannelId,
    /// the id of its entry
    pub entry: EntryId,
    /// as it travels
    pub envelope: wire::NoticeEnvelope,
    /// what goes beside the entry: name, read token, bytes
    pub blobs: Vec<(Vec<u8>, Token, Vec<u8>)>,
}

impl Written {
    /// The bytes of the entry.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.envelope.encode_to_vec()
    }

    /// N.
    #[must_use]
    pub fn notice(&self) -> Notice {
        let raw = self.sent.so_far.notice.clone().unwrap();
        Notice::parse(UnverifiedNote::parse(&raw).unwrap().unverified_text()).unwrap()
    }
}

/// A body with its key, and a return channel.
pub struct Body {
    /// its key
    pub signer: NoteSigner,
    /// what the registrar says of it
    pub certificate: Signed<Certificate>,
    /// where devices answer
    pub back: ChannelId,
    /// the right to write there
    pub token: Token,
}

/// The place of the example bodies.
#[must_use]
pub fn place() -> Place {
    Place { zone: Zone::Santiago, comuna: Some(Comuna::parse("13101").unwrap()) }
}

/// What a certificate of an example body says.
#[must_use]
pub fn certificate(signer: &NoteSigner, from: Millis) -> Certificate {
    Certificate {
        code: AgencyCode::parse("AO001").unwrap(),
        name: "Municipalidad de Ejemplo (example)".to_owned(),
        key: signer.public().key(),
        place: place(),
        from,
        until: from.plus(730 * 86_400_000),
    }
}

impl Body {
    /// Composes a notice with what the registrar gave; `keys` are those of the relay and its registrar.
    #[must_use]
    pub fn write(&self, run: Run, right: &Right, keys: &Keys, what: &Writing) -> Written {
        let registrars = &keys.registrars;
        let lookup = Lookup::verify(&right.lookup, registrars).unwrap();
        let states: Vec<AccountState> = right.states.iter().map(|raw| AccountState::stored(raw).unwrap().into_inner()).collect();
        let grant = Grant::verify(&right.grant, &devices(&right.states)).unwrap();
        let designation = Designation::verify(&right.designation, states.iter()).unwrap();
        let files: Vec<File<'_>> = what.files.iter().map(|(name, media, bytes)| File { name, media, bytes }).collect();
        let draft = Draft {
            id: NoticeId::new(random::bytes(&mut SystemRng)),
            standing: what.standing,
            act: what.act,
            case: "E-0001/2026",
            procedure: "Permiso de ejemplo",
            subject: &what.subject,
            description: "Acto que pone término al procedimiento (ejemplo).",
            uris: &[],
            files: &files,
            rule: RuleId::Cl46.rule(),
            calendar: Calendar::chile(),
            answers_to: Some((self.back, &self.token)),
            approved: None,
        };
        let to =
            Addressee { lookup: &lookup, run, salt: right.salt, states: &right.states, grant: &grant, designation: &designation };
        let seed = Seed::random(&mut SystemRng);
        let sent = compose(&draft, &to, &self.certificate, &self.signer, keys, what.made_at, &seed).unwrap();
        let channel = grant.casilla.channel;
        written(sent, seed, channel, what.beside)
    }
}

/// As it travels: what is large goes beside the entry.
#[must_use]
pub fn written(sent: Sent, seed: Seed, channel: ChannelId, beside: usize) -> Written {
    let mut blobs = Vec::new();
    let mut place = |(number, sealed): (usize, &Vec<u8>)| {
        let place = if sealed.len() < beside {
            wire::sealed_file::Place::Here(sealed.clone())
        } else {
            let (blob, token) = envelope::blob(&seed, number);
            blobs.push((blob.as_bytes().to_vec(), token, sealed.clone()));
            wire::sealed_file::Place::Blob(blob.as_bytes().to_vec())
        };
        wire::SealedFile { place: Some(place) }
    };
    let files = sent.envelope.files.iter().enumerate().map(&mut place).collect();
    let envelope = wire::NoticeEnvelope { header: sent.envelope.header.clone(), files };
    let entry = envelope::entry_id(&seed);
    Written { sent, seed, channel, entry, envelope, blobs }
}

/// The devices of all these states.
#[must_use]
pub fn devices(states: &[String]) -> Vec<Device> {
    states.iter().flat_map(|raw| AccountState::stored(raw).unwrap().into_inner().devices).collect()
}

/// What devices answered to a notice, opened: in the order of their places, as they lie in the return channel.
#[must_use]
pub fn answers(written: &Written, back: ChannelId, entries: &[Entry]) -> Vec<Returned> {
    let places = (0..MAX_ANSWERS).map(|n| returned::entry_id(&written.seed, n));
    let open = |id| {
        let entry = entries.iter().find(|entry| entry.id == id)?;
        Some(Returned::open(&written.seed, back, id, &entry.ciphertext).expect("an answer opens"))
    };
    places.map_while(open).collect()
}

/// The record in an answer, verified with the devices that the body knows; it is about this notice.
#[must_use]
pub fn record(written: &Written, states: &[String], answer: &Returned) -> Option<Signed<Record>> {
    let Returned::Note { record, .. } = answer else { return None };
    let keys: Vec<NoteKey> = devices(states).iter().map(|d| d.note_key().unwrap()).collect();
    let record = Record::verify(record, |_| keys).expect("a record of the person's device");
    assert_eq!(record.envelope, written.sent.envelope.digest(), "a record of another envelope");
    Some(record)
}

/// The reply in an answer, verified: its note, its text, its files.
#[must_use]
pub fn reply(written: &Written, states: &[String], answer: &Returned) -> Option<(Signed<Reply>, String, Vec<Vec<u8>>)> {
    let Returned::Reply { reply, text, files, .. } = answer else { return None };
    let note = Reply::verify(reply, &devices(states)).expect("a reply of the person's device");
    let raw = written.sent.so_far.notice.as_ref().unwrap();
    let keys = [NoteKey::new(lacre_evidence::certificate::AGENCY, &agency_key(written)).unwrap()];
    let notice: Signed<Notice> = Signed::verify(raw, &keys).unwrap();
    assert_eq!(note.notice, notice.note_hash(), "a reply to another notice");
    Some((note, text.clone(), files.clone()))
}

fn agency_key(written: &Written) -> [u8; 32] {
    let raw = written.sent.so_far.certificate.as_ref().unwrap();
    Certificate::parse(UnverifiedNote::parse(raw).unwrap().unverified_text()).unwrap().key
}
