//! Attacks that succeeded on the way here: each was seen red, and would end, stop or empty somebody else.
use lacre_core::limits::{MAX_CHAIN, SUCCESSOR_AFTER_MS};
use lacre_core::network::{Delivery, Following, Lane, NetError, Network, Reason, Refusal};
use lacre_core::view::{ConversationId, Standing, Suite};
use lacre_ground::address::Authority;
use lacre_ground::signed::NoteText as _;
use lacre_profile::mls::MlsProvider;
use lacre_proto::content::v1 as content;
use lacre_proto::relay::v1 as wire;
use lacre_store::rules::Rules;
use lacre_tests::hostile::{self, OwnGroup, context_of};
use lacre_tests::lying::{Lie, Lying};
use lacre_tests::watched::Watched;
use lacre_tests::world::{Person, World, append, append_seal, befriend, settle};
use openmls::prelude::{
    BasicCredential, Capabilities, CredentialType, CredentialWithKey, ExtensionType, KeyPackage, Lifetime, MlsMessageOut,
    OpenMlsProvider as _, ProtocolVersion,
};
use prost::Message as _;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::time::Duration;
use tls_codec::Serialize as _;

const HOUR_MS: u64 = 3_600_000;

fn generous() -> Rules {
    Rules {
        stamps_per_day: u32::MAX,
        claims_per_hour: u32::MAX,
        lookups_per_hour: u32::MAX,
        inbox_appends_per_token: u32::MAX,
        seal_pause_ms: 0,
        ..Rules::default()
    }
}

struct Choir {
    ana: Person,
    beto: Person,
    carla: Person,
    malo: Person,
    mala: Person,
    group: ConversationId,
    _world: World,
}

/// Ana is the only admin; beto, mala, carla and malo are members, in this order in the tree.
fn choir() -> Choir {
    choir_in(World::new())
}

fn choir_in(world: World) -> Choir {
    let [mut ana, mut beto, mut carla, mut malo, mut mala] =
        ["ana", "beto", "carla", "malo", "mala"].map(|handle| world.person(handle));
    for other in [&mut beto, &mut carla, &mut malo, &mut mala] {
        befriend(&mut ana, other);
    }
    let members = [beto.account(), mala.account(), carla.account(), malo.account()];
    let group = ana.client.create_group("Coro", &members, Suite::XWing).unwrap();
    settle(&mut [&mut ana, &mut beto, &mut carla, &mut malo, &mut mala]);
    Choir { ana, beto, carla, malo, mala, group, _world: world }
}

fn unreadables(person: &mut Person) -> Vec<String> {
    let events = person.client.events(0, 10_000).unwrap();
    events
        .into_iter()
        .filter_map(|e| match e.what {
            lacre_core::view::Happening::Unreadable { reason, .. } => Some(reason),
            _ => None,
        })
        .collect()
}

/// A commit with a lie in it.
fn lying_commit(by: &mut Person, group: &ConversationId, lie: Lie) -> (Vec<u8>, usize) {
    by.client
        .laboratory(group, |mls, step, crypto, key| {
            let lying = Lying::new(crypto, lie);
            let provider = MlsProvider::new(step, &lying);
            let builder = mls.commit_builder().force_self_update(true).load_psks(provider.storage()).unwrap();
            let built = builder.build(provider.rand(), provider.crypto(), key, |_| true).unwrap();
            let commit = built.stage_commit(&provider).unwrap().into_commit().tls_serialize_detached().unwrap();
            let leaf = mls.pending_commit().unwrap().update_path_leaf_node().unwrap();
            (commit, leaf.tls_serialize_detached().unwrap().len())
        })
        .unwrap()
}

/// A commit with nothing but fresh keys, the leaf's of which nobody can encrypt to; perhaps with a spoiled path secret.
fn dead_leaf(by: &mut Person, group: &ConversationId, spoiled: Option<usize>) -> Vec<u8> {
    (0..8)
        .map(|n| spoiled.map_or(Lie::PublicKey(n), |at| Lie::PublicKeyAndPathSecret(n, at)))
        .map(|lie| lying_commit(by, group, lie))
        .find(|(_, leaf)| *leaf < 1_000)
        .expect("a leaf without its key")
        .0
}

/// A round, and whether the program lived through it.
fn round(person: &mut Person) -> Result<(), String> {
    let (client, net) = (&mut person.client, &mut person.net);
    let lived = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| client.sync(net).map(drop).map_err(|e| e.to_string())));
    lived.unwrap_or_else(|_| Err("the program ended with a panic".into()))
}

/// Three starts of the program, a day between them.
fn three_starts(person: &mut Person) -> [Result<(), String>; 3] {
    std::array::from_fn(|_| {
        person.restart();
        let went = round(person);
        person.clock.forward(24 * HOUR_MS);
        went
    })
}

#[test]
fn a_contact_whose_leaf_has_no_key_ends_nobodys_program() {
    let world = World::new();
    let [mut ana, mut mala] = ["ana", "mala"].map(|handle| world.person(handle));
    befriend(&mut ana, &mut mala);
    let with_ana = mala.with("ana");

    let commit = dead_leaf(&mut mala, &with_ana, None);
    append_seal(&mut mala, &with_ana, &commit);
    ana.sync();
    // when fresh keys are due
    ana.clock.forward(15 * 24 * HOUR_MS);

    assert_eq!(three_starts(&mut ana), [Ok(()), Ok(()), Ok(())]);
}

#[test]
fn who_asks_to_be_a_contact_ends_nobodys_program() {
    let world = World::new();
    let [mut ana, mut mala] = ["ana", "mala"].map(|handle| world.person(handle));
    let package = dead_package(&mut mala);
    put_packages(&mut mala, package);
    let who = ana.client.whoami().unwrap().unwrap().handle;
    mala.client.contact_add(&mut mala.net, &who, "hello").unwrap();
    mala.sync();
    ana.sync();

    let mala = mala.account();
    ana.client.contact_accept(&mala).unwrap();
    assert_eq!(three_starts(&mut ana), [Ok(()), Ok(()), Ok(())]);
}

#[test]
fn whom_a_spoiled_path_puts_out_comes_back_and_no_program_ends() {
    let mut c = choir();
    let group = c.group.clone();

    let commit = dead_leaf(&mut c.mala, &group, Some(1));
    append_seal(&mut c.mala, &group, &commit);
    let mut ended = Vec::new();
    for _ in 0..12 {
        for (who, person) in [("ana", &mut c.ana), ("beto", &mut c.beto), ("carla", &mut c.carla), ("malo", &mut c.malo)] {
            ended.extend(round(person).err().map(|why| format!("{who}: {why}")));
            person.clock.forward(HOUR_MS);
        }
    }

    let standings = [&mut c.ana, &mut c.beto, &mut c.carla, &mut c.malo].map(|p| p.standing(&group));
    assert_eq!((standings, ended), ([Standing::Active; 4], Vec::new()));
}

/// A session of the account.
fn session(by: &mut Person) -> Vec<u8> {
    let who = by.client.whoami().unwrap().unwrap();
    let (account, device) = (who.account.as_bytes().to_vec(), who.device.as_bytes().to_vec());
    let challenge = wire::ChallengeRequest { account: account.clone(), device: device.clone() };
    let challenge = by.net.challenge(&who.relay, challenge).unwrap().challenge;
    let identity = who.relay.identity();
    let parts: [&[u8]; 4] = [identity.as_bytes(), &account, &device, &challenge];
    let statement = lacre_ground::label::message(lacre_ground::label::Label::Login, &parts);
    let signature = hostile::sign(by, &statement);
    by.net.login(&who.relay, wire::LoginRequest { account, device, challenge, signature }).unwrap().session
}

fn own_credential(by: &mut Person, key: &[u8; 32]) -> CredentialWithKey {
    let who = by.client.whoami().unwrap().unwrap();
    let identity = [who.account.as_bytes().as_slice(), who.device.as_bytes()].concat();
    CredentialWithKey { credential: BasicCredential::new(identity).into(), signature_key: key.to_vec().into() }
}

fn now_s() -> u64 {
    lacre_ground::time::Clock::now(&lacre_ground::time::SystemClock).get() / 1000
}

fn builder(extensions: &[ExtensionType]) -> openmls::prelude::KeyPackageBuilder {
    let versions = [ProtocolVersion::Mls10];
    let capabilities =
        Capabilities::new(Some(&versions), Some(&[hostile::SUITE]), Some(extensions), None, Some(&[CredentialType::Basic]));
    let lifetime = Lifetime::init(now_s() - 86_400, now_s() + 180 * 86_400);
    KeyPackage::builder().leaf_node_capabilities(capabilities).key_package_lifetime(lifetime)
}

/// A key package that no conversation can take: its device does not say that it can what all conversations demand.
fn poor_package(by: &mut Person) -> KeyPackage {
    let key = hostile::with_key(by, |key| key.public());
    let credential = own_credential(by, &key);
    let provider = openmls_libcrux_crypto::Provider::default();
    hostile::with_key(by, |key| {
        builder(&[ExtensionType::LastResort]).build(hostile::SUITE, &provider, key, credential).unwrap().key_package().clone()
    })
}

/// A key package whose init key nobody can encrypt to.
fn dead_package(by: &mut Person) -> KeyPackage {
    let key = hostile::with_key(by, |key| key.public());
    let credential = own_credential(by, &key);
    let bench = by.client.create_group("bench", &[], Suite::XWing).unwrap();
    let made = |n: usize| {
        let credential = credential.clone();
        by.client
            .laboratory(&bench, move |_, step, crypto, key| {
                let lying = Lying::new(crypto, Lie::PublicKey(n));
                let provider = MlsProvider::new(step, &lying);
                let known = [ExtensionType::Unknown(hostile::CONTEXT), ExtensionType::LastResort];
                builder(&known).build(hostile::SUITE, &provider, key, credential).unwrap().key_package().clone()
            })
            .unwrap()
    };
    (0..4).map(made).find(|package| package.hpke_init_key().as_slice().len() == 5).expect("a package without its key")
}

/// Puts this key package into the directory in the place of all own ones.
fn put_packages(by: &mut Person, package: KeyPackage) {
    let at = by.client.whoami().unwrap().unwrap().relay;
    let package = wire::KeyPackage {
        suite: u32::from(u16::from(hostile::SUITE)),
        key_package: MlsMessageOut::from(package).tls_serialize_detached().unwrap(),
        expires_at_ms: (now_s() + 80 * 86_400) * 1000,
    };
    let session = session(by);
    let request =
        wire::PutKeyPackagesRequest { session, one_time: vec![package.clone()], last_resort: vec![package], replace_all: true };
    by.net.put_key_packages(&at, request).unwrap();
}

#[test]
fn one_contacts_key_package_keeps_nobody_else_out_of_a_group() {
    let world = World::new();
    let [mut ana, mut beto, mut mala] = ["ana", "beto", "mala"].map(|handle| world.person(handle));
    befriend(&mut ana, &mut beto);
    befriend(&mut ana, &mut mala);

    let package = poor_package(&mut mala);
    put_packages(&mut mala, package);
    let (beto_account, mala_account) = (beto.account(), mala.account());
    ana.client.create_group("Mesa", &[beto_account, mala_account], Suite::XWing).unwrap();
    settle(&mut [&mut ana, &mut beto]);

    let there = beto.client.conversations().unwrap().iter().any(|c| c.name == "Mesa");
    assert!(there, "beto is in the group: {:?}", unreadables(&mut ana));
}

#[test]
fn one_members_key_package_keeps_nobody_else_out_of_a_successor() {
    let mut c = choir();
    let group = c.group.clone();

    let package = poor_package(&mut c.malo);
    put_packages(&mut c.malo, package);
    let (commit, _) = lying_commit(&mut c.mala, &group, Lie::ConfirmationTag);
    append(&mut c.mala, &group, &commit, true);
    for _ in 0..2 {
        for person in [&mut c.ana, &mut c.beto, &mut c.carla, &mut c.malo] {
            person.sync();
        }
    }
    c.ana.clock.forward(SUCCESSOR_AFTER_MS);
    settle(&mut [&mut c.ana, &mut c.beto, &mut c.carla]);

    let standings = [&mut c.ana, &mut c.beto, &mut c.carla].map(|p| p.standing(&group));
    let members = c.ana.client.conversation(&group).unwrap().members.len();
    assert_eq!((standings, members), ([Standing::Active; 3], 3), "{:?}", unreadables(&mut c.ana));
}

/// A network that opens no channel once a seal has left, so that somebody else opens it, and pays.
struct LetsOthersPay<'a, N: Network> {
    inner: &'a mut N,
    sealed: bool,
}

impl<N: Network> Network for LetsOthersPay<'_, N> {
    fn append(&mut self, at: &Authority, lane: Lane, r: wire::AppendRequest) -> Result<wire::AppendResponse, NetError> {
        self.sealed |= r.seal;
        self.inner.append(at, lane, r)
    }
    fn open(&mut self, at: &Authority, lane: Lane, r: wire::OpenRequest) -> Result<wire::OpenResponse, NetError> {
        if self.sealed { Err(NetError::Unreachable { why: "let her pay".into() }) } else { self.inner.open(at, lane, r) }
    }
    lacre_tests::pass_on! {
        lane: fetch: FetchRequest => FetchResponse, status: StatusRequest => StatusResponse,
              trim: TrimRequest => TrimResponse, change_tokens: ChangeTokensRequest => ChangeTokensResponse,
              head: HeadRequest => HeadResponse, get_info: GetInfoRequest => GetInfoResponse;
        plain: enroll: EnrollRequest => EnrollResponse, challenge: ChallengeRequest => ChallengeResponse,
               login: LoginRequest => LoginResponse, put_state: PutStateRequest => PutStateResponse,
               put_key_packages: PutKeyPackagesRequest => PutKeyPackagesResponse,
               take_stamps: TakeStampsRequest => TakeStampsResponse, recover: RecoverRequest => RecoverResponse,
               set_paused: SetPausedRequest => SetPausedResponse,
               designate: DesignateRequest => DesignateResponse, put_grants: PutGrantsRequest => PutGrantsResponse,
               pause_notices: PauseNoticesRequest => PauseNoticesResponse,
               notice_address: NoticeAddressRequest => NoticeAddressResponse,
               delete_account: DeleteAccountRequest => DeleteAccountResponse, kept: KeptRequest => KeptResponse,
               lookup: LookupRequest => LookupResponse, resets: ResetsRequest => ResetsResponse, claim: ClaimRequest => ClaimResponse
    }
    fn put_blob(&mut self, at: &Authority, h: wire::PutHeader, body: &mut dyn Read) -> Result<wire::PutResponse, NetError> {
        self.inner.put_blob(at, h, body)
    }
    fn get_blob(&mut self, at: &Authority, r: wire::GetRequest, to: &mut dyn Write) -> Result<u64, NetError> {
        self.inner.get_blob(at, r, to)
    }
    fn follow(&mut self, set: &[Following], max_wait: Duration) -> Result<Vec<Delivery>, NetError> {
        self.inner.follow(set, max_wait)
    }
}

#[test]
fn who_makes_another_spend_the_days_stamps_stops_no_reading() {
    // a fifth of what a relay gives in a day: the attack is as much shorter
    let world = World::with(Rules { stamps_per_day: 100, ..generous() });
    let [mut ana, mut beto, mut mala] = ["ana", "beto", "mala"].map(|handle| world.person(handle));
    befriend(&mut ana, &mut beto);
    befriend(&mut ana, &mut mala);
    let (with_ana, at_beto, with_beto) = (mala.with("ana"), beto.with("ana"), ana.with("beto"));

    let mut rounds = Vec::new();
    for _ in 0..60 {
        mala.client.renew_keys(&with_ana).unwrap();
        let _ = mala.client.sync(&mut LetsOthersPay { inner: &mut mala.net, sealed: false });
        rounds.extend(ana.client.sync(&mut ana.net).err().map(|e| e.to_string()));
    }
    beto.say(&at_beto, "can you hear me");
    beto.sync();
    rounds.extend(ana.client.sync(&mut ana.net).err().map(|e| e.to_string()));

    assert_eq!(ana.texts(&with_beto), ["can you hear me"], "{} rounds failed, the last with {:?}", rounds.len(), rounds.last());
}

#[test]
fn who_is_invited_often_reads_on() {
    // a fifth of the rights that an inbox may have: the attack is as much shorter
    let world = World::with(Rules { max_inbox_tokens: 100, ..generous() });
    let [mut ana, mut beto, mut mala] = ["ana", "beto", "mala"].map(|handle| world.person(handle));
    befriend(&mut ana, &mut beto);
    befriend(&mut ana, &mut mala);
    let (at_beto, with_beto) = (beto.with("ana"), ana.with("beto"));
    let entry = ana.client.own_entry().unwrap();
    let bench = mala.client.create_group("Mesa", &[], Suite::XWing).unwrap();
    let context = context_of(&mut mala, &bench);

    let mut rounds = Vec::new();
    for _ in 0..100 {
        let id: [u8; 32] = lacre_ground::random::bytes(&mut lacre_ground::random::SystemRng);
        OwnGroup::new(&mut mala, &id, &context).invite(&mut mala, &[&entry], Vec::new());
        rounds.extend(ana.client.sync(&mut ana.net).err().map(|e| e.to_string()));
        if rounds.len() > 3 {
            break;
        }
    }
    ana.restart();
    ana.clock.forward(48 * HOUR_MS);
    beto.say(&at_beto, "can you hear me");
    beto.sync();
    rounds.extend(ana.client.sync(&mut ana.net).err().map(|e| e.to_string()));

    assert_eq!(ana.texts(&with_beto), ["can you hear me"], "{} rounds failed, the last with {:?}", rounds.len(), rounds.last());
}

#[test]
fn trees_that_do_not_fit_their_digest_are_not_fetched_over_and_over() {
    let world = World::new();
    let [mut ana, mut mala] = ["ana", "mala"].map(|handle| world.person(handle));
    befriend(&mut ana, &mut mala);
    let (account, entry) = (ana.account(), ana.client.own_entry().unwrap());
    let bench = mala.client.create_group("Mesa", &[], Suite::XWing).unwrap();
    let context = context_of(&mut mala, &bench);
    let mut group = OwnGroup::new(&mut mala, &[5; 32], &context);
    let package = hostile::claim(&mut mala, account);
    let welcome = group.add(&mut mala, vec![package]);
    let mut reference = hostile::put_blob(&mut mala, &vec![5; 4 << 20]);
    reference.sha256 = vec![5; 32];

    for _ in 0..10 {
        let join = content::Join { welcome: welcome.clone(), state: Some(reference.clone()) };
        hostile::post(&mut mala, &entry, content::envelope_body::Kind::Join(join));
    }
    let mut fetched = 0;
    for _ in 0..5 {
        let mut net = Watched::new(&mut ana.net, |call, _| fetched += usize::from(call == "get_blob"));
        ana.client.sync(&mut net).unwrap();
    }

    assert!(fetched <= 10, "{fetched} times 4 MiB for ten invitations in five rounds");
}

/// The own directory entry with so many further states, which no relay knows.
fn long_entry(by: &mut Person, states: usize) -> wire::DirectoryEntry {
    let mut entry = by.client.own_entry().unwrap();
    let mut last = hostile::newest(&entry);
    let key_id =
        hostile::with_key(by, |key| lacre_ground::note::NoteKey::new(lacre_ground::account::DEVICE, &key.public()).unwrap().id());
    for _ in 0..states {
        let next = lacre_ground::account::AccountState { number: last.number + 1, previous: Some(last.hash()), ..last.clone() };
        let text = next.text();
        let signature = hostile::with_key(by, |key| openmls_traits::signatures::Signer::sign(key, text.as_bytes()).unwrap());
        let line = [key_id.as_slice(), &signature].concat();
        let encoded = data_encoding::BASE64.encode(&line);
        entry.states.push(format!("{text}\n\u{2014} {} {encoded}\n", lacre_ground::account::DEVICE));
        last = next;
    }
    entry
}

#[test]
fn a_contact_with_a_long_account_fills_no_profile() {
    let world = World::new();
    let [mut ana, mut mala] = ["ana", "mala"].map(|handle| world.person(handle));
    befriend(&mut ana, &mut mala);
    let (at_mala, at_ana) = (mala.with("ana"), ana.with("mala"));
    for n in 0..50 {
        mala.say(&at_mala, &format!("{n}"));
    }
    settle(&mut [&mut ana, &mut mala]);

    let (account, entry) = (ana.account(), ana.client.own_entry().unwrap());
    let bench = mala.client.create_group("Mesa", &[], Suite::XWing).unwrap();
    let context = context_of(&mut mala, &bench);
    let mut group = OwnGroup::new(&mut mala, &[5; 32], &context);
    let package = hostile::claim(&mut mala, account);
    let welcome = group.add(&mut mala, vec![package]);
    let long = long_entry(&mut mala, 4_000);
    let mut state = group.join_state(&mut mala);
    state.members[0].account = Some(long);
    let reference = hostile::put_blob(&mut mala, &state.encode_to_vec());
    let join = content::Join { welcome, state: Some(reference) };
    hostile::post(&mut mala, &entry, content::envelope_body::Kind::Join(join));
    ana.sync();

    assert_eq!(ana.history(&at_ana).len(), 50);
    let longest = ana.client.held_contents().unwrap().iter().map(|row| row.as_slice().len()).max().unwrap();
    assert!(longest < MAX_CHAIN, "a row of {longest} bytes");
}

/// A relay that refuses one kind of call for one channel.
struct Grudging<'a, N: Network> {
    inner: &'a mut N,
    channel: Vec<u8>,
    fetch: bool,
    calls: usize,
}

impl<N: Network> Grudging<'_, N> {
    fn no(&mut self, reason: Reason) -> NetError {
        self.calls += 1;
        NetError::Refused(Refusal { reason, metadata: BTreeMap::new(), retry_after: None })
    }
}

impl<N: Network> Network for Grudging<'_, N> {
    fn append(&mut self, at: &Authority, lane: Lane, r: wire::AppendRequest) -> Result<wire::AppendResponse, NetError> {
        if !self.fetch && r.channel == self.channel { Err(self.no(Reason::BadField)) } else { self.inner.append(at, lane, r) }
    }
    fn fetch(&mut self, at: &Authority, lane: Lane, r: wire::FetchRequest) -> Result<wire::FetchResponse, NetError> {
        if self.fetch && r.channel == self.channel { Err(self.no(Reason::NotPermitted)) } else { self.inner.fetch(at, lane, r) }
    }
    lacre_tests::pass_on! {
        lane: open: OpenRequest => OpenResponse, status: StatusRequest => StatusResponse,
              trim: TrimRequest => TrimResponse, change_tokens: ChangeTokensRequest => ChangeTokensResponse,
              head: HeadRequest => HeadResponse, get_info: GetInfoRequest => GetInfoResponse;
        plain: enroll: EnrollRequest => EnrollResponse, challenge: ChallengeRequest => ChallengeResponse,
               login: LoginRequest => LoginResponse, put_state: PutStateRequest => PutStateResponse,
               put_key_packages: PutKeyPackagesRequest => PutKeyPackagesResponse,
               take_stamps: TakeStampsRequest => TakeStampsResponse, recover: RecoverRequest => RecoverResponse,
               set_paused: SetPausedRequest => SetPausedResponse,
               designate: DesignateRequest => DesignateResponse, put_grants: PutGrantsRequest => PutGrantsResponse,
               pause_notices: PauseNoticesRequest => PauseNoticesResponse,
               notice_address: NoticeAddressRequest => NoticeAddressResponse,
               delete_account: DeleteAccountRequest => DeleteAccountResponse, kept: KeptRequest => KeptResponse,
               lookup: LookupRequest => LookupResponse, resets: ResetsRequest => ResetsResponse, claim: ClaimRequest => ClaimResponse
    }
    fn put_blob(&mut self, at: &Authority, h: wire::PutHeader, body: &mut dyn Read) -> Result<wire::PutResponse, NetError> {
        self.inner.put_blob(at, h, body)
    }
    fn get_blob(&mut self, at: &Authority, r: wire::GetRequest, to: &mut dyn Write) -> Result<u64, NetError> {
        self.inner.get_blob(at, r, to)
    }
    fn follow(&mut self, set: &[Following], max_wait: Duration) -> Result<Vec<Delivery>, NetError> {
        self.inner.follow(set, max_wait)
    }
}

#[test]
fn a_relay_that_grudges_one_conversation_stops_no_other() {
    let mut went = Vec::new();
    for fetch in [true, false] {
        let world = World::new();
        let [mut ana, mut beto, mut carla] = ["ana", "beto", "carla"].map(|handle| world.person(handle));
        befriend(&mut ana, &mut beto);
        befriend(&mut ana, &mut carla);
        let (with_beto, with_carla, at_carla) = (ana.with("beto"), ana.with("carla"), carla.with("ana"));
        let channel = ana.client.channel_keys(&with_beto).unwrap().channel().as_bytes().to_vec();
        ana.say(&with_beto, "hello");
        carla.say(&at_carla, "can you hear me");
        carla.sync();

        let mut net = Grudging { inner: &mut ana.net, channel, fetch, calls: 0 };
        let rounds: Vec<_> = (0..2).map(|_| ana.client.sync(&mut net).map(drop).map_err(|e| e.to_string())).collect();
        let calls = net.calls;
        went.push((ana.texts(&with_carla), calls < 100, rounds.into_iter().find_map(Result::err)));
    }
    let heard = vec!["can you hear me".to_owned()];
    assert!(went.iter().all(|(texts, few, _)| *texts == heard && *few), "{went:?}");
}
