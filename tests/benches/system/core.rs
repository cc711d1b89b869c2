//! (e) CPU of sending and of receiving 1 KiB through the whole client core, against bare OpenMLS in memory in the same suite.
//!
//! "Whole" is what an application calls: encrypted rows in SQLite, own ids, the content's signature, padding, the outer
//! encryption, the queue, the history, events. The core has no network: once the conversation stands, its channel lies in
//! memory, and what is measured is the CPU time of the calling thread. A *send* is one step (ARCHITECTURE.md), {encrypt, advance
//! ratchet and n, outbox row with the final bytes}: after it the message goes out whatever happens. What follows for an own
//! message, {mark sent, seq} and its being met while reading, is printed for itself. A *receive* is all of it.

use crate::report::{Target, ratio, thread_cpu};
use lacre_core::network::{Delivery, Entry, Following, Lane, NetError, Network};
use lacre_core::view::{ConversationId, Suite};
use lacre_ground::address::Authority;
use lacre_ground::ids::Generation;
use lacre_proto::relay::v1 as wire;
use lacre_tests::world::{Person, World, befriend, settle};
use lacre_transport::GrpcNetwork;
use openmls::prelude::*;
use openmls_libcrux_crypto::Provider;
use openmls_traits::signatures::{Signer, SignerError};
use std::cell::RefCell;
use std::io::{Read, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tls_codec::{Deserialize as _, Serialize as _};

const SUITE: Ciphersuite = Ciphersuite::MLS_256_XWING_CHACHA20POLY1305_SHA256_Ed25519;
const MESSAGES: usize = 200;
/// Added at once: a larger commit does not fit into an entry.
const AT_ONCE: usize = 40;

struct Key(ed25519_dalek::SigningKey);

impl Signer for Key {
    fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, SignerError> {
        Ok(ed25519_dalek::Signer::sign(&self.0, payload).to_bytes().to_vec())
    }
    fn signature_scheme(&self) -> SignatureScheme {
        SignatureScheme::ED25519
    }
}

/// A sender and a receiver of a group of `n`, nothing around them.
struct Bare {
    sender: (Provider, Key, MlsGroup),
    receiver: (Provider, MlsGroup),
}

fn member(n: usize) -> (Key, CredentialWithKey) {
    let mut seed = [1; 32];
    seed[..8].copy_from_slice(&(n as u64).to_be_bytes());
    let key = ed25519_dalek::SigningKey::from_bytes(&seed);
    let credential = BasicCredential::new([seed.as_slice(), &[0; 16]].concat()).into();
    let signature_key = key.verifying_key().to_bytes().as_slice().into();
    (Key(key), CredentialWithKey { credential, signature_key })
}

fn capabilities() -> Capabilities {
    Capabilities::new(None, Some(&[SUITE]), None, None, None)
}

impl Bare {
    fn new(n: usize) -> Self {
        let (alice, bob) = (Provider::new().unwrap(), Provider::new().unwrap());
        let (key, credential) = member(0);
        let mut group = MlsGroup::builder()
            .ciphersuite(SUITE)
            .with_capabilities(capabilities())
            .with_wire_format_policy(PURE_CIPHERTEXT_WIRE_FORMAT_POLICY)
            .use_ratchet_tree_extension(true)
            .build(&alice, &key, credential)
            .unwrap();
        let package = |provider: &Provider, n: usize| {
            let (key, credential) = member(n);
            let builder = KeyPackage::builder().leaf_node_capabilities(capabilities());
            builder.build(SUITE, provider, &key, credential).unwrap().key_package().clone()
        };
        let throwaway = Provider::new().unwrap();
        let mut packages: Vec<KeyPackage> = (2..n).map(|n| package(&throwaway, n)).collect();
        packages.push(package(&bob, 1));
        let (_, welcome, _) = group.add_members(&alice, &key, &packages).unwrap();
        group.merge_pending_commit(&alice).unwrap();
        let MlsMessageBodyOut::Welcome(welcome) = welcome.body() else { panic!("no welcome") };
        let config = MlsGroupJoinConfig::builder().wire_format_policy(PURE_CIPHERTEXT_WIRE_FORMAT_POLICY).build();
        let joined = StagedWelcome::build_from_welcome(&bob, &config, welcome.clone()).unwrap().build().unwrap();
        let joined = joined.into_group(&bob).unwrap();
        Self { sender: (alice, key, group), receiver: (bob, joined) }
    }

    /// Microseconds of CPU for one message: send, receive.
    fn round(&mut self) -> (f64, f64) {
        let text = vec![b'x'; 1_024];
        let (provider, key, group) = &mut self.sender;
        let start = thread_cpu();
        let sent: Vec<Vec<u8>> = (0..MESSAGES)
            .map(|_| group.create_message(provider, key, &text).unwrap().tls_serialize_detached().unwrap())
            .collect();
        let send = thread_cpu() - start;
        let (provider, group) = &mut self.receiver;
        let start = thread_cpu();
        for bytes in &sent {
            let message = MlsMessageIn::tls_deserialize_exact(bytes.as_slice()).unwrap().try_into_protocol_message().unwrap();
            let content = group.process_message(provider, message).unwrap().into_content();
            let ProcessedMessageContent::ApplicationMessage(message) = content else { panic!("no message") };
            assert_eq!(message.into_bytes(), text);
        }
        let receive = thread_cpu() - start;
        (micros(send), micros(receive))
    }
}

fn micros(total: std::time::Duration) -> f64 {
    total.as_secs_f64() * 1e6 / MESSAGES as f64
}

/// A channel in memory, in front of a network for everything else.
struct Near<'a> {
    inner: &'a mut GrpcNetwork,
    log: Arc<Mutex<NearLog>>,
}

struct NearLog {
    channel: Vec<u8>,
    generation: Vec<u8>,
    base: u64,
    entries: Vec<wire::Entry>,
}

impl Network for Near<'_> {
    fn append(&mut self, at: &Authority, lane: Lane, r: wire::AppendRequest) -> Result<wire::AppendResponse, NetError> {
        let mut log = self.log.lock().unwrap();
        if r.channel != log.channel {
            drop(log);
            return self.inner.append(at, lane, r);
        }
        let seq = log.base + log.entries.len() as u64 + 1;
        let accepted_at_ms = 1_780_000_000_000;
        let entry = wire::Entry { seq, entry_id: r.entry_id, seal: r.seal, accepted_at_ms, ciphertext: r.ciphertext };
        log.entries.push(entry);
        Ok(wire::AppendResponse { generation: log.generation.clone(), seq, accepted_at_ms, receipt: String::new() })
    }
    fn fetch(&mut self, at: &Authority, lane: Lane, r: wire::FetchRequest) -> Result<wire::FetchResponse, NetError> {
        let log = self.log.lock().unwrap();
        if r.channel != log.channel {
            drop(log);
            return self.inner.fetch(at, lane, r);
        }
        let from = (r.from_seq - log.base - 1) as usize;
        let page = log.entries.iter().skip(from).take(r.max_entries as usize).cloned().collect();
        let head = log.base + log.entries.len() as u64;
        Ok(wire::FetchResponse { generation: log.generation.clone(), entries: page, head, gone_through: 0, append_rights: 0 })
    }
    lacre_tests::pass_on! {
        lane: open: OpenRequest => OpenResponse, status: StatusRequest => StatusResponse, trim: TrimRequest => TrimResponse,
              head: HeadRequest => HeadResponse,
              change_tokens: ChangeTokensRequest => ChangeTokensResponse, get_info: GetInfoRequest => GetInfoResponse;
        plain: enroll: EnrollRequest => EnrollResponse, challenge: ChallengeRequest => ChallengeResponse,
               login: LoginRequest => LoginResponse, put_state: PutStateRequest => PutStateResponse,
               put_key_packages: PutKeyPackagesRequest => PutKeyPackagesResponse,
               take_stamps: TakeStampsRequest => TakeStampsResponse, lookup: LookupRequest => LookupResponse, resets: ResetsRequest => ResetsResponse,
               recover: RecoverRequest => RecoverResponse, set_paused: SetPausedRequest => SetPausedResponse,
               designate: DesignateRequest => DesignateResponse, put_grants: PutGrantsRequest => PutGrantsResponse,
               pause_notices: PauseNoticesRequest => PauseNoticesResponse,
               notice_address: NoticeAddressRequest => NoticeAddressResponse,
               delete_account: DeleteAccountRequest => DeleteAccountResponse, kept: KeptRequest => KeptResponse,
               claim: ClaimRequest => ClaimResponse
    }
    fn put_blob(&mut self, at: &Authority, h: wire::PutHeader, body: &mut dyn Read) -> Result<wire::PutResponse, NetError> {
        self.inner.put_blob(at, h, body)
    }
    fn get_blob(&mut self, at: &Authority, r: wire::GetRequest, to: &mut dyn Write) -> Result<u64, NetError> {
        self.inner.get_blob(at, r, to)
    }
    fn follow(&mut self, set: &[Following], _max_wait: Duration) -> Result<Vec<Delivery>, NetError> {
        let log = self.log.lock().unwrap();
        let Some(wanted) = set.iter().find(|f| f.channel.as_bytes().as_slice() == log.channel) else { return Ok(Vec::new()) };
        let from = (wanted.from_seq.get() - log.base - 1) as usize;
        let entries: Vec<_> = log.entries.iter().skip(from).map(|e| Entry::try_from(e.clone()).unwrap()).collect();
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        let generation = Generation::try_from(log.generation.as_slice()).unwrap();
        Ok(vec![Delivery::Entries { authority: wanted.authority.clone(), generation, channel: wanted.channel, entries }])
    }
}

/// The same through the whole client.
struct Whole {
    _world: World,
    sender: Person,
    receiver: Person,
    conversation: ConversationId,
    log: Arc<Mutex<NearLog>>,
}

impl Whole {
    fn new(n: usize) -> Self {
        let world = World::new();
        let (mut sender, mut receiver) = (world.person("ana"), world.person("bruno"));
        befriend(&mut sender, &mut receiver);
        if n == 2 {
            let conversation = sender.with("bruno");
            return Self::near(world, sender, receiver, conversation);
        }
        let mut others: Vec<Person> = (2..n).map(|i| world.person(&format!("member{i}"))).collect();
        let mut accounts = Vec::new();
        for other in &mut others {
            befriend(&mut sender, other);
            accounts.push(other.account());
        }
        let conversation = sender.client.create_group("all", &[receiver.account()], Suite::XWing).unwrap();
        settle(&mut [&mut sender, &mut receiver]);
        for some in accounts.chunks(AT_ONCE) {
            sender.client.group_add(&conversation, some).unwrap();
            settle(&mut [&mut sender, &mut receiver]);
        }
        assert_eq!(receiver.client.conversation(&conversation).unwrap().members.len(), n);
        Self::near(world, sender, receiver, conversation)
    }

    fn near(world: World, mut sender: Person, receiver: Person, conversation: ConversationId) -> Self {
        let keys = sender.client.channel_keys(&conversation).unwrap();
        let channel = keys.channel().as_bytes().to_vec();
        let read_token = keys.read_token.expose().to_vec();
        let request = wire::FetchRequest { channel: channel.clone(), read_token, from_seq: 1, max_entries: 1 };
        let now = sender.net.fetch(world.authority(), Lane::Conversations, request).unwrap();
        let log = NearLog { channel, generation: now.generation, base: now.head, entries: Vec::new() };
        Self { _world: world, sender, receiver, conversation, log: Arc::new(Mutex::new(log)) }
    }

    /// Microseconds of CPU for one message: send, what follows for its sender, receive.
    fn round(&mut self) -> (f64, f64, f64) {
        let text = "x".repeat(1_024);
        let mut near = Near { inner: &mut self.sender.net, log: Arc::clone(&self.log) };
        self.sender.client.watch(&mut near, Duration::ZERO).unwrap();
        let start = thread_cpu();
        for _ in 0..MESSAGES {
            self.sender.client.send_text(&self.conversation, &text).unwrap();
        }
        let send = thread_cpu() - start;
        let start = thread_cpu();
        let met = self.sender.client.watch(&mut near, Duration::ZERO).unwrap();
        let after = thread_cpu() - start;
        assert_eq!((met.delivered, met.received), (MESSAGES as u64, MESSAGES as u64));
        let mut near = Near { inner: &mut self.receiver.net, log: Arc::clone(&self.log) };
        let start = thread_cpu();
        let synced = self.receiver.client.sync(&mut near).unwrap();
        let receive = thread_cpu() - start;
        assert!(synced.received >= MESSAGES as u64);
        let events = self.receiver.client.events(0, usize::MAX).unwrap();
        self.receiver.client.ack_events(events.last().unwrap().number).unwrap();
        let events = self.sender.client.events(0, usize::MAX).unwrap();
        self.sender.client.ack_events(events.last().unwrap().number).unwrap();
        (micros(send), micros(after), micros(receive))
    }
}

fn of(n: usize) {
    let (whole, bare) = (RefCell::new(Whole::new(n)), RefCell::new(Bare::new(n)));
    whole.borrow_mut().round();
    bare.borrow_mut().round();
    let (received, bare_received) = (RefCell::new(Vec::new()), RefCell::new(Vec::new()));
    let (followed, bare_sent) = (RefCell::new(Vec::new()), RefCell::new(Vec::new()));
    let target = Target::AtMost(4.0);
    ratio(
        &format!("CPU of a send in a group of {n} / bare OpenMLS"),
        "µs",
        target,
        || {
            let (send, after, receive) = whole.borrow_mut().round();
            followed.borrow_mut().push(after);
            received.borrow_mut().push(receive);
            send
        },
        || {
            let (send, receive) = bare.borrow_mut().round();
            bare_sent.borrow_mut().push(send);
            bare_received.borrow_mut().push(receive);
            send
        },
    );
    // the others were measured in the same rounds
    let series = |values: RefCell<Vec<f64>>| {
        let mut values = values.into_inner().into_iter();
        move || values.next().unwrap()
    };
    ratio(
        &format!("CPU until an own message is marked and met again, in a group of {n} / bare send"),
        "µs",
        Target::Printed,
        series(followed),
        series(bare_sent),
    );
    let name = format!("CPU of a receive in a group of {n} / bare OpenMLS");
    ratio(&name, "µs", target, series(received), series(bare_received));
}

pub fn run() {
    of(2);
    of(100);
}
