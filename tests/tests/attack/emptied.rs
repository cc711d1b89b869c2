//! Attacks that succeeded on the way here, each seen red: what would spend, fill or hold up what somebody else has.
use lacre_core::limits::MAX_CHAIN;
use lacre_core::network::{Delivery, Following, Lane, NetError, Network, Reason, Refusal};
use lacre_core::view::Suite;
use lacre_ground::address::Authority;
use lacre_ground::signed::NoteText as _;
use lacre_proto::content::v1 as content;
use lacre_proto::relay::v1 as wire;
use lacre_store::rules::Rules;
use lacre_tests::hostile::{self, OwnGroup, context_of};
use lacre_tests::watched::Watched;
use lacre_tests::world::{Person, World, befriend, settle};
use prost::Message as _;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::time::Duration;

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
