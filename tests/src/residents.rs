//! People with keys, an account and an address for official notices, and no program: so many that a body has somebody to write to.
//! They are enrolled over the wire as anybody is, and read what lies in their casillas with nothing but their keys.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test's world stops when it cannot be built")]

use crate::counter::invitations;
use crate::own_keys::{OwnKeys, example};
use crate::world::network;
use lacre_core::network::{Lane, NetError, Network as _};
use lacre_evidence::envelope::Envelope;
use lacre_evidence::{Designation, Grant, GrantKind, Notice};
use lacre_ground::address::{Address, Authority, Invitation};
use lacre_ground::ids::{ChannelId, EntryId, GrantId, Handle, NoticeId, Token};
use lacre_ground::label::{self, Label};
use lacre_ground::note::UnverifiedNote;
use lacre_ground::random::{self, SystemRng};
use lacre_ground::run::Run;
use lacre_ground::seal::SealSecret;
use lacre_ground::signed::{NoteText as _, Signed};
use lacre_ground::time::{Clock as _, Millis, SystemClock};
use lacre_proto::relay::v1 as wire;
use lacre_transport::GrpcNetwork;
use prost::Message as _;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Connections on which they are enrolled.
const AT_ONCE: usize = 32;
/// How long their grants are good, milliseconds.
const GOOD_FOR_MS: u64 = 30 * 86_400_000;
/// The first of their RUNs, between 40 and 45 million.
const FIRST_RUN: u64 = 41_000_000;
/// Entries that are asked for at once.
const PAGE: u32 = 64;

/// One of them.
pub struct Resident {
    /// who she is to the registrar
    pub run: Run,
    /// where her notices lie
    pub casilla: ChannelId,
    read: Token,
    key: SealSecret,
    at: Authority,
}

/// An account as it speaks to its relay.
struct Speaker {
    keys: OwnKeys,
    at: Authority,
}

/// So many at the relay that runs on this folder, each with so many grants that are handed out once, and one of the last resort.
#[must_use]
pub fn enrolled(data: &Path, count: usize, grants: usize) -> Vec<Resident> {
    let runs: Vec<Run> = (FIRST_RUN..).take(count).map(example).collect();
    let invitations = invitations(data, &runs);
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(count) {
            scope.spawn(|| {
                let mut net = network();
                loop {
                    let n = next.fetch_add(1, Ordering::SeqCst);
                    let (Some(run), Some(invitation)) = (runs.get(n), invitations.get(n)) else { return };
                    let resident = Resident::enrolled(&mut net, *run, invitation, &format!("resident{n}"), grants);
                    done.lock().unwrap().push((n, resident.expect("an account with an address")));
                }
            });
        }
    });
    let mut all = done.into_inner().unwrap();
    all.sort_by_key(|(n, _)| *n);
    all.into_iter().map(|(_, resident)| resident).collect()
}

impl Resident {
    fn enrolled(net: &mut GrpcNetwork, run: Run, invitation: &Invitation, handle: &str, grants: usize) -> Result<Self, NetError> {
        let speaker = Speaker::enrolled(net, invitation, &Handle::parse(handle).unwrap())?;
        let session = speaker.session(net)?;
        let at = &speaker.at;
        let statement = "Recibo aquí las notificaciones oficiales (ejemplo).".to_owned();
        let designation = Designation { account: speaker.keys.account, made_at: SystemClock.now(), statement };
        let designation = designation.sign(&speaker.keys.signer).unwrap();
        net.designate(at, wire::DesignateRequest { session: session.clone(), designation })?;
        let (read, key) = (Token::random(&mut SystemRng), SealSecret::random(&mut SystemRng));
        let casilla = ChannelId::of_casilla(&read.hash());
        let once: Vec<Given> = (0..grants).map(|_| speaker.grant(casilla, &key, GrantKind::Once)).collect();
        let last = speaker.grant(casilla, &key, GrantKind::LastResort);
        let stamps = net.take_stamps(at, wire::TakeStampsRequest { session: session.clone(), count: 1 })?.stamps;
        let open = wire::OpenRequest {
            class: wire::ChannelClass::Casilla.into(),
            channel: casilla.as_bytes().to_vec(),
            append: once.iter().map(|given| given.right(true)).chain([last.right(false)]).collect(),
            read_token_hash: read.hash().as_bytes().to_vec(),
            stamp: stamps.into_iter().next().unwrap_or_default(),
        };
        net.open(at, Lane::Casilla, open)?;
        let put = wire::PutGrantsRequest {
            session,
            once: once.into_iter().map(Given::sealed).collect(),
            last_resort: vec![last.sealed()],
            replace_all: true,
        };
        net.put_grants(at, put)?;
        Ok(Self { run, casilla, read, key, at: speaker.at })
    }

    /// What lies in her casilla, opened with her key: the entry and the notice's id, oldest first. One that does not open ends the test.
    pub fn notices(&self, net: &mut GrpcNetwork) -> Vec<(EntryId, NoticeId)> {
        let (mut all, mut from) = (Vec::new(), 1);
        loop {
            let request = wire::FetchRequest {
                channel: self.casilla.as_bytes().to_vec(),
                read_token: self.read.expose().to_vec(),
                from_seq: from,
                max_entries: PAGE,
            };
            let page = net.fetch(&self.at, Lane::Casilla, request).expect("her casilla");
            let Some(last) = page.entries.last() else { return all };
            from = last.seq + 1;
            all.extend(
                page.entries.iter().map(|entry| (EntryId::try_from(entry.entry_id.as_slice()).unwrap(), self.opened(entry))),
            );
        }
    }

    /// How she follows it.
    #[must_use]
    pub fn follow(&self) -> wire::AttachAdd {
        wire::AttachAdd { channel: self.casilla.as_bytes().to_vec(), read_token: self.read.expose().to_vec(), from_seq: 1 }
    }

    fn opened(&self, entry: &wire::Entry) -> NoticeId {
        let envelope = wire::NoticeEnvelope::decode(entry.ciphertext.as_ref()).unwrap();
        let header = Envelope { header: envelope.header, files: Vec::new() };
        let opened = header.open(&self.key, self.casilla).expect("it is sealed for her");
        let note = UnverifiedNote::parse(&opened.notice).unwrap();
        Notice::parse(note.unverified_text()).unwrap().id
    }
}

/// A grant with its right.
struct Given {
    note: String,
    token: Token,
}

impl Given {
    fn right(&self, once: bool) -> wire::AppendRight {
        wire::AppendRight { token_hash: self.token.hash().as_bytes().to_vec(), stamped: false, once }
    }
    fn sealed(self) -> wire::SealedGrant {
        wire::SealedGrant { grant: self.note, token: self.token.expose().to_vec() }
    }
}

impl Speaker {
    fn enrolled(net: &mut GrpcNetwork, invitation: &Invitation, handle: &Handle) -> Result<Self, NetError> {
        let at = invitation.authority.clone();
        let keys = OwnKeys::at(&at);
        let (code, state) = (invitation.code.expose().to_vec(), keys.state.clone());
        net.enroll(&at, wire::EnrollRequest { code, handle: handle.as_str().to_owned(), state })?;
        Ok(Self { keys, at })
    }

    fn session(&self, net: &mut GrpcNetwork) -> Result<Vec<u8>, NetError> {
        use ed25519_dalek::Signer as _;
        let (account, device) = (self.keys.account.as_bytes().to_vec(), self.keys.device.as_bytes().to_vec());
        let asked = wire::ChallengeRequest { account: account.clone(), device: device.clone() };
        let challenge = net.challenge(&self.at, asked)?.challenge;
        let statement = label::message(Label::Login, &[self.at.identity().as_bytes(), &account, &device, &challenge]);
        let signature = ed25519_dalek::SigningKey::from_bytes(&self.keys.seed).sign(&statement).to_bytes().to_vec();
        Ok(net.login(&self.at, wire::LoginRequest { account, device, challenge, signature })?.session)
    }

    fn grant(&self, casilla: ChannelId, key: &SealSecret, kind: GrantKind) -> Given {
        let (token, now) = (Token::random(&mut SystemRng), SystemClock.now());
        let grant = Grant {
            id: GrantId::new(random::bytes(&mut SystemRng)),
            account: self.keys.account,
            kind,
            casilla: Address { authority: self.at.clone(), channel: casilla },
            append: token.hash(),
            key: key.public().unwrap(),
            from: Millis::new(now.get() - 60_000),
            until: now.plus(GOOD_FOR_MS),
        };
        Given { note: Signed::sign(&grant, &self.keys.signer).unwrap().raw().to_owned(), token }
    }
}
