//! A registrar on paper: what a relay does for official notices, in memory, in front of a real relay that does everything else. It can
//! do what an honest one does not.

use crate::notices_body::{Body, Right, Written, certificate};
use crate::world::{Person, World};
use core::time::Duration;
use lacre_core::network::{Delivery, Entry, Following, Lane, NetError, Network, Reason, Refusal};
use lacre_evidence::certificate::AGENCY;
use lacre_evidence::{Answer, Designation, Event, Grant, Issuer, Keys, Lookup, Party, Record, Salt, Submission, envelope};
use lacre_ground::account::{AccountState, REGISTRAR};
use lacre_ground::address::Authority;
use lacre_ground::head::{HeadNote, Ids};
use lacre_ground::ids::{ChannelId, EntryId, EvidenceId, LookupId, Seq, Token};
use lacre_ground::note::{NoteSigner, UnverifiedNote};
use lacre_ground::random::{self, SystemRng};
use lacre_ground::receipt::{RELAY, Receipt};
use lacre_ground::registrar::RegistrarKey;
use lacre_ground::run::Run;
use lacre_ground::signed::{NoteText as _, Signed};
use lacre_ground::time::{Clock, Millis, SystemClock};
use lacre_proto::relay::v1 as wire;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::io::{Read, Write};

/// A casilla or a return channel.
#[derive(Default)]
pub struct Kept {
    /// labelled hashes of the rights, and whether one entry spends them
    pub rights: HashMap<Vec<u8>, bool>,
    /// what is in it
    pub entries: Vec<wire::Entry>,
    /// so many of the newest are counted by head notes and given to nobody
    pub kept_back: usize,
    /// so many of the oldest are kept no longer; head notes count them
    pub gone: usize,
}

/// What a relay says of a casilla instead of the truth: the signed note, made of the honest one.
pub type Lie = Box<dyn FnMut(HeadNote, &NoteSigner) -> String>;

/// What the relay and its registrar have.
pub struct Desk {
    relay: NoteSigner,
    /// the registrar's key
    pub registrar: NoteSigner,
    /// how many casillas and return channels were opened
    pub channels: HashMap<Vec<u8>, Kept>,
    /// the person's note
    pub designation: String,
    /// notices pause
    pub paused: bool,
    /// why they do not reach her; empty: they do
    pub exempt: String,
    /// grants that are handed out once
    pub once: Vec<wire::SealedGrant>,
    /// and when no other is left
    pub last_resort: Option<wire::SealedGrant>,
    /// sealed files
    pub blobs: HashMap<Vec<u8>, Vec<u8>>,
    /// calls that were made, by name
    pub calls: BTreeMap<&'static str, u32>,
    /// bytes of every append to a return channel, the refused ones too
    pub tried: Vec<(Vec<u8>, Vec<u8>)>,
    generation: Vec<u8>,
    /// of what comes after; the machine's otherwise
    pub now: Option<Millis>,
    /// what its head notes say instead
    pub lie: Option<Lie>,
    /// delivered in the moment before the next head note
    pub meanwhile: Vec<(Written, Token)>,
}

impl Desk {
    /// Beside this world's relay, whose key it has.
    #[must_use]
    pub fn at(world: &World) -> Self {
        let identity = lacre_relay::identity::IdentityKey::load(&world.data().join(lacre_relay::folder::IDENTITY_FILE)).unwrap();
        Self {
            relay: identity.signer(RELAY).unwrap(),
            registrar: NoteSigner::new(REGISTRAR, &random::bytes(&mut SystemRng)).unwrap(),
            channels: HashMap::new(),
            designation: String::new(),
            paused: false,
            exempt: String::new(),
            once: Vec::new(),
            last_resort: None,
            blobs: HashMap::new(),
            calls: BTreeMap::new(),
            tried: Vec::new(),
            generation: Vec::new(),
            now: None,
            lie: None,
            meanwhile: Vec::new(),
        }
    }

    fn now(&self) -> Millis {
        self.now.unwrap_or_else(|| SystemClock.now())
    }

    /// The keys that a body's bundle names.
    #[must_use]
    pub fn keys(&self) -> Keys {
        Keys { registrars: vec![self.registrar.public()], relays: vec![self.relay.public()], gateways: Vec::new() }
    }

    /// A body with a certificate and a return channel.
    pub fn body(&mut self) -> Body {
        let signer = NoteSigner::new(AGENCY, &random::bytes(&mut SystemRng)).unwrap();
        let from = Millis::new(self.now().get() - 1000 * 3_600_000);
        let certificate = Signed::sign(&certificate(&signer, from), &self.registrar).unwrap();
        let (read, token) = (Token::random(&mut SystemRng), Token::random(&mut SystemRng));
        let back = ChannelId::of_return(&read.hash());
        let rights = [(token.hash().as_bytes().to_vec(), false)].into();
        self.channels.insert(back.as_bytes().to_vec(), Kept { rights, ..Kept::default() });
        Body { signer, certificate, back, token }
    }

    /// What the registrar answers a body about a person: a grant is spent. `change` makes it say something else.
    pub fn look_up(&mut self, body: &Body, person: &mut Person, run: Run, change: impl FnOnce(&mut Lookup)) -> Right {
        let states = person.client.own_entry().unwrap().states;
        let state = AccountState::stored(states.last().unwrap()).unwrap();
        let (account, _) = AccountState::first(&states[0]).unwrap();
        let devices = crate::notices_body::devices(&states);
        let sealed = if self.once.is_empty() { self.last_resort.clone() } else { Some(self.once.remove(0)) }.expect("a grant");
        let grant = Grant::verify(&sealed.grant, &devices).unwrap();
        let designation = Designation::parse(UnverifiedNote::parse(&self.designation).unwrap().unverified_text()).unwrap();
        assert_eq!(designation.account, account);
        let salt = Salt::new(random::bytes(&mut SystemRng));
        let all: Vec<AccountState> = states.iter().map(|raw| AccountState::stored(raw).unwrap().into_inner()).collect();
        let designation = Designation::verify(&self.designation, all.iter()).unwrap().note_hash();
        let mut lookup = Lookup {
            id: LookupId::new(random::bytes(&mut SystemRng)),
            agency: body.certificate.code.clone(),
            certificate: body.certificate.note_hash(),
            person: salt.commit(&run),
            answer: Answer::Account {
                account,
                state: state.number,
                state_hash: state.hash(),
                grant: grant.note_hash(),
                designation,
            },
            register: None,
            asked_at: self.now(),
        };
        change(&mut lookup);
        let lookup = lookup.sign(&self.registrar).unwrap();
        let token = Token::try_from(sealed.token.as_slice()).unwrap();
        Right { lookup, salt, states, designation: self.designation.clone(), grant: sealed.grant, token }
    }

    /// Stores a notice, if the right works: as a relay does, once.
    pub fn deliver(&mut self, written: &Written, token: &Token) -> bool {
        let now = self.now();
        let Some(casilla) = self.channels.get_mut(written.channel.as_bytes().as_slice()) else { return false };
        if casilla.entries.iter().any(|entry| entry.entry_id == written.entry.as_bytes()) {
            return true;
        }
        let hash = token.hash().as_bytes().to_vec();
        match casilla.rights.get(&hash) {
            None => return false,
            Some(true) => drop(casilla.rights.remove(&hash)),
            Some(false) => {}
        }
        self.blobs.extend(written.blobs.iter().map(|(name, _, bytes)| (name.clone(), bytes.clone())));
        store(casilla, written.entry.as_bytes().to_vec(), written.bytes(), now);
        true
    }

    /// The relay's record that it took a notice, which a body shows.
    #[must_use]
    pub fn record(&self, written: &Written, relay: &Authority) -> String {
        let casilla = &self.channels[written.channel.as_bytes().as_slice()];
        let entry = casilla.entries.iter().find(|entry| entry.entry_id == written.entry.as_bytes()).expect("delivered");
        let notice = written.notice();
        let record = Record {
            event: Event::SubmissionAcceptance,
            id: EvidenceId::new(random::bytes(&mut SystemRng)),
            time: Millis::new(entry.accepted_at_ms),
            issuer: Issuer::Relay(relay.clone()),
            envelope: envelope::digest(&written.envelope.header, notice.files.iter().map(|f| &f.sealed_sha256)),
            sender: Party::Unknown,
            recipient: Party::Channel(written.channel),
            reasons: vec![],
            reference: None,
            scan: None,
            submission: Some(Submission {
                generation: self.generation.as_slice().try_into().unwrap(),
                channel: written.channel,
                entry: written.entry,
                checkpoint: None,
            }),
        };
        record.sign(&self.relay).unwrap()
    }

    /// The casilla of a notice.
    pub fn casilla(&mut self, written: &Written) -> &mut Kept {
        self.channels.get_mut(written.channel.as_bytes().as_slice()).unwrap()
    }

    /// What lies in a return channel.
    #[must_use]
    pub fn returned(&self, back: ChannelId) -> Vec<Entry> {
        let entries = &self.channels[back.as_bytes().as_slice()].entries;
        entries.iter().map(|entry| Entry::try_from(entry.clone()).unwrap()).collect()
    }

    /// Somebody else's bytes lie in a place of a return channel.
    pub fn occupy(&mut self, back: ChannelId, id: Vec<u8>) {
        let now = self.now();
        store(self.channels.get_mut(back.as_bytes().as_slice()).unwrap(), id, b"another device".to_vec(), now);
    }

    /// Bytes of a body's making in the casilla of a notice, under its id, whatever right it has.
    pub fn put(&mut self, like: &Written, bytes: Vec<u8>) {
        let now = self.now();
        let casilla = self.channels.get_mut(like.channel.as_bytes().as_slice()).unwrap();
        store(casilla, like.entry.as_bytes().to_vec(), bytes, now);
    }

    /// As after a restore from a backup of before the person designated: bodies have opened their return channels again.
    pub fn forget(&mut self) {
        (self.designation, self.once, self.last_resort) = (String::new(), Vec::new(), None);
        self.channels.retain(|_, kept| kept.rights.len() == 1);
        self.channels.values_mut().for_each(|kept| kept.entries.clear());
    }

    fn close(&mut self) {
        (self.once, self.last_resort) = (Vec::new(), None);
        for casilla in self.channels.values_mut().filter(|kept| kept.rights.len() > 1) {
            casilla.rights.clear();
        }
    }

    fn counted(&mut self, call: &'static str) {
        *self.calls.entry(call).or_default() += 1;
    }
}

fn store(kept: &mut Kept, entry_id: Vec<u8>, bytes: Vec<u8>, at: Millis) -> (u64, u64) {
    let seq = kept.entries.len() as u64 + 1;
    kept.entries.push(wire::Entry { seq, entry_id, seal: false, accepted_at_ms: at.get(), ciphertext: bytes.into() });
    (seq, at.get())
}

fn no(reason: Reason) -> NetError {
    NetError::Refused(Refusal { reason, metadata: BTreeMap::new(), retry_after: None })
}

/// A person's network with the desk in front of it.
pub struct Paper<'a, N: Network> {
    /// the real one
    pub inner: &'a mut N,
    /// the desk
    pub desk: &'a mut Desk,
}

impl<N: Network> Paper<'_, N> {
    fn generation(&mut self, at: &Authority) -> Result<Vec<u8>, NetError> {
        self.desk.generation = self.inner.get_info(at, Lane::Account, wire::GetInfoRequest {})?.generation;
        Ok(self.desk.generation.clone())
    }
}

impl<N: Network> Network for Paper<'_, N> {
    fn open(&mut self, at: &Authority, lane: Lane, r: wire::OpenRequest) -> Result<wire::OpenResponse, NetError> {
        if lane != Lane::Casilla {
            return self.inner.open(at, lane, r);
        }
        self.desk.counted("open");
        assert_eq!(r.class, i32::from(wire::ChannelClass::Casilla));
        let generation = self.generation(at)?;
        let new = !self.desk.channels.contains_key(&r.channel);
        let kept = self.desk.channels.entry(r.channel).or_default();
        Ok(wire::OpenResponse { generation, head: kept.entries.len() as u64, spent: new })
    }
    fn append(&mut self, at: &Authority, lane: Lane, r: wire::AppendRequest) -> Result<wire::AppendResponse, NetError> {
        if lane != Lane::Directory || !self.desk.channels.contains_key(&r.channel) {
            return self.inner.append(at, lane, r);
        }
        self.desk.counted("append");
        self.desk.tried.push((r.entry_id.clone(), r.ciphertext.to_vec()));
        let (generation, now) = (self.generation(at)?, self.desk.now());
        let kept = self.desk.channels.get_mut(&r.channel).unwrap();
        let token = Token::try_from(r.append_token.as_slice()).unwrap();
        if !kept.rights.contains_key(token.hash().as_bytes().as_slice()) {
            return Err(no(Reason::NotPermitted));
        }
        let before = kept.entries.iter().find(|entry| entry.entry_id == r.entry_id);
        let (seq, accepted_at_ms) = match before {
            Some(entry) if entry.ciphertext == r.ciphertext => (entry.seq, entry.accepted_at_ms),
            Some(_) => return Err(no(Reason::Conflict)),
            None => store(kept, r.entry_id.clone(), r.ciphertext.to_vec(), now),
        };
        let receipt = Receipt {
            generation: generation.as_slice().try_into().unwrap(),
            channel: r.channel.as_slice().try_into().unwrap(),
            seq: Seq::new(seq).unwrap(),
            entry_id: r.entry_id.as_slice().try_into().unwrap(),
            seal: false,
            sha256: Sha256::digest(&r.ciphertext).into(),
            accepted_at: Millis::new(accepted_at_ms),
        };
        let receipt = if r.receipt { receipt.sign(&self.desk.relay).unwrap() } else { String::new() };
        Ok(wire::AppendResponse { generation, seq, accepted_at_ms, receipt })
    }
    fn fetch(&mut self, at: &Authority, lane: Lane, r: wire::FetchRequest) -> Result<wire::FetchResponse, NetError> {
        if lane != Lane::Casilla {
            return self.inner.fetch(at, lane, r);
        }
        let generation = self.generation(at)?;
        let kept = self.desk.channels.get(&r.channel).ok_or_else(|| no(Reason::NotPermitted))?;
        let from = usize::try_from(r.from_seq - 1).unwrap().max(kept.gone);
        let given = kept.entries.len() - kept.kept_back;
        let entries = kept.entries[..given].iter().skip(from).take(r.max_entries as usize).cloned().collect();
        let (head, rights) = (given as u64, kept.rights.len() as u32);
        Ok(wire::FetchResponse { generation, entries, head, gone_through: kept.gone as u64, append_rights: rights })
    }
    fn change_tokens(
        &mut self,
        at: &Authority,
        lane: Lane,
        r: wire::ChangeTokensRequest,
    ) -> Result<wire::ChangeTokensResponse, NetError> {
        if lane != Lane::Casilla {
            return self.inner.change_tokens(at, lane, r);
        }
        self.desk.counted("change_tokens");
        let generation = self.generation(at)?;
        let kept = self.desk.channels.get_mut(&r.channel).ok_or_else(|| no(Reason::NotPermitted))?;
        kept.rights.extend(r.add.into_iter().map(|right| (right.token_hash, right.once)));
        Ok(wire::ChangeTokensResponse { generation })
    }
    fn head(&mut self, at: &Authority, _: Lane, r: wire::HeadRequest) -> Result<wire::HeadResponse, NetError> {
        for (written, token) in core::mem::take(&mut self.desk.meanwhile) {
            assert!(self.desk.deliver(&written, &token));
        }
        let generation = self.generation(at)?;
        let kept = self.desk.channels.get(&r.channel).ok_or_else(|| no(Reason::NotPermitted))?;
        let id = |entry: &wire::Entry| EntryId::try_from(entry.entry_id.as_slice()).unwrap();
        let honest = HeadNote {
            relay: at.clone(),
            channel: r.channel.as_slice().try_into().unwrap(),
            generation: generation.as_slice().try_into().unwrap(),
            ids: Ids::of(kept.entries.iter().map(id)),
            time: self.desk.now(),
        };
        let note = match &mut self.desk.lie {
            None => honest.sign(&self.desk.relay).unwrap(),
            Some(lie) => lie(honest, &self.desk.relay),
        };
        Ok(wire::HeadResponse { generation, note })
    }
    fn get_info(&mut self, at: &Authority, lane: Lane, r: wire::GetInfoRequest) -> Result<wire::GetInfoResponse, NetError> {
        let mut info = self.inner.get_info(at, lane, r)?;
        let key = RegistrarKey { key: self.desk.registrar.public().key(), from: Millis::new(1_780_000_000_000) };
        info.registrar = key.sign(&self.desk.relay).unwrap();
        Ok(info)
    }
    fn designate(&mut self, at: &Authority, r: wire::DesignateRequest) -> Result<wire::DesignateResponse, NetError> {
        self.desk.counted("designate");
        if r.designation.is_empty() {
            self.desk.close();
        }
        self.desk.designation = r.designation;
        Ok(wire::DesignateResponse { generation: self.generation(at)? })
    }
    fn put_grants(&mut self, at: &Authority, r: wire::PutGrantsRequest) -> Result<wire::PutGrantsResponse, NetError> {
        self.desk.counted("put_grants");
        if self.desk.designation.is_empty() {
            return Err(no(Reason::NotDesignated));
        }
        if self.desk.paused {
            return Err(no(Reason::Paused));
        }
        if r.replace_all {
            (self.desk.once, self.desk.last_resort) = (Vec::new(), None);
        }
        self.desk.once.extend(r.once.into_iter().filter(|grant| !self.desk.once.contains(grant)).collect::<Vec<_>>());
        self.desk.last_resort = r.last_resort.into_iter().next().or(self.desk.last_resort.take());
        let remaining = self.desk.once.len() as u32;
        Ok(wire::PutGrantsResponse { generation: self.generation(at)?, remaining })
    }
    fn pause_notices(&mut self, at: &Authority, r: wire::PauseNoticesRequest) -> Result<wire::PauseNoticesResponse, NetError> {
        self.desk.counted("pause_notices");
        if r.paused {
            self.desk.close();
        }
        self.desk.paused = r.paused;
        Ok(wire::PauseNoticesResponse { generation: self.generation(at)? })
    }
    fn notice_address(&mut self, at: &Authority, _: wire::NoticeAddressRequest) -> Result<wire::NoticeAddressResponse, NetError> {
        self.desk.counted("notice_address");
        Ok(wire::NoticeAddressResponse {
            generation: self.generation(at)?,
            designation: self.desk.designation.clone(),
            paused: self.desk.paused,
            remaining: self.desk.once.len() as u32,
            last_resort_until_ms: if self.desk.last_resort.is_some() { 1_900_000_000_000 } else { 0 },
            answers: vec![wire::AnswersInMonth { month: 202_611, count: 3 }],
            exempt: self.desk.exempt.clone(),
            office: String::new(),
        })
    }
    fn get_blob(&mut self, at: &Authority, r: wire::GetRequest, to: &mut dyn Write) -> Result<u64, NetError> {
        match self.desk.blobs.get(&r.blob) {
            Some(bytes) => {
                to.write_all(bytes).map_err(|e| NetError::Body { why: e.to_string() })?;
                Ok(bytes.len() as u64)
            }
            None => self.inner.get_blob(at, r, to),
        }
    }
    crate::pass_on! {
        lane: status: StatusRequest => StatusResponse, trim: TrimRequest => TrimResponse;
        plain: enroll: EnrollRequest => EnrollResponse, challenge: ChallengeRequest => ChallengeResponse,
               login: LoginRequest => LoginResponse, put_state: PutStateRequest => PutStateResponse,
               put_key_packages: PutKeyPackagesRequest => PutKeyPackagesResponse,
               take_stamps: TakeStampsRequest => TakeStampsResponse, recover: RecoverRequest => RecoverResponse,
               set_paused: SetPausedRequest => SetPausedResponse,
               delete_account: DeleteAccountRequest => DeleteAccountResponse, kept: KeptRequest => KeptResponse,
               lookup: LookupRequest => LookupResponse, claim: ClaimRequest => ClaimResponse,
               resets: ResetsRequest => ResetsResponse
    }
    fn put_blob(&mut self, at: &Authority, header: wire::PutHeader, body: &mut dyn Read) -> Result<wire::PutResponse, NetError> {
        self.inner.put_blob(at, header, body)
    }
    fn follow(&mut self, set: &[Following], max_wait: Duration) -> Result<Vec<Delivery>, NetError> {
        let real: Vec<Following> = set.iter().filter(|f| f.lane != Lane::Casilla).cloned().collect();
        self.inner.follow(&real, max_wait)
    }
}
