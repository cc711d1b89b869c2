//! What belongs to somebody is tried by somebody else: every call of the .proto files, by a person who has an account, sessions
//! and stamps of his own. PROTOCOL.md, 6, says what he gets; a call that is not in its table fails here.

use super::inboxes_tests::{RUNS, device_at, inbox};
use super::sessions_tests::next;
use super::world_tests::{Person, World, header, parts, reason, refused};
use lacre_ground::ids::{ChannelId, Token};
use lacre_ground::signed::NoteText as _;
use lacre_proto::relay::v1 as wire;
use lacre_store::rules::Rules;
use prost::Message as _;
use std::collections::BTreeMap;
use tonic::Status;
use wire::attach_response::Event;
use wire::lookup_request::Who;

const PROTOCOL: &str = include_str!("../../../../PROTOCOL.md");
const RULES: fn() -> Rules = || Rules { unfinished_from_bytes: 1_000, ..Rules::default() };
/// Ana's, and Mallory's.
const ANA: u8 = 1;
const MALLORY: u8 = 2;

/// By the descriptors.
fn calls() -> Vec<String> {
    let files = prost_types::FileDescriptorSet::decode(lacre_proto::DESCRIPTORS).unwrap().file;
    let services = files.iter().filter(|f| f.package() == "lacre.relay.v1").flat_map(|f| &f.service);
    services.flat_map(|s| s.method.iter().map(move |m| format!("{}.{}", s.name(), m.name()))).collect()
}

/// By the table of PROTOCOL.md: what somebody else gets.
fn table() -> BTreeMap<String, String> {
    let rows = PROTOCOL.split_once("**Whose a thing is.**").unwrap().1.lines().skip_while(|l| !l.starts_with("|---")).skip(1);
    let rows = rows.take_while(|l| l.starts_with('|'));
    let cells = |l: &str| l.split('|').map(|c| c.trim().to_owned()).collect::<Vec<_>>();
    rows.map(cells).map(|c| (c[1].clone(), c[4].clone())).collect()
}

struct Log {
    id: Vec<u8>,
    append: Token,
    read: Token,
}

fn log(n: u8) -> Log {
    let (append, read) = (Token::new([n + 10; 32]), Token::new([n + 20; 32]));
    Log { id: ChannelId::of_log(&append.hash(), &read.hash()).as_bytes().to_vec(), append, read }
}

fn append(log: &Log, token: &Token) -> wire::AppendRequest {
    wire::AppendRequest {
        channel: log.id.clone(),
        append_token: token.expose().to_vec(),
        entry_id: vec![7; 16],
        ciphertext: vec![7; 600].into(),
        ..Default::default()
    }
}

fn open(log: &Log, stamp: &[u8]) -> wire::OpenRequest {
    wire::OpenRequest {
        class: wire::ChannelClass::Log.into(),
        channel: log.id.clone(),
        append: vec![wire::AppendRight { token_hash: log.append.hash().as_bytes().to_vec(), stamped: false, once: false }],
        read_token_hash: log.read.hash().as_bytes().to_vec(),
        stamp: stamp.to_vec(),
    }
}

/// Somebody with all that one can have.
struct Somebody {
    person: Person,
    session: Vec<u8>,
    stamps: Vec<Vec<u8>>,
}

async fn somebody(w: &World, n: u8) -> Somebody {
    let (person, session) = w.citizen(n).await;
    let stamps = w.stamps(&session, 16).await.unwrap();
    w.channels().open(open(&log(n), &stamps[0])).await.unwrap();
    w.channels().append(append(&log(n), &log(n).append)).await.unwrap();
    w.put(parts(header(n, b"a file", &log(n).read, &stamps[1]), b"a file")).await.unwrap();
    Somebody { person, session, stamps }
}

async fn attached(w: &World, request: wire::AttachRequest) -> String {
    let mut events = w.channels().attach(tokio_stream::iter([request])).await.unwrap().into_inner();
    match events.message().await.unwrap().unwrap().event {
        Some(Event::Refused(refused)) => refused.reason,
        other => format!("taken: {other:?}"),
    }
}

async fn batch(w: &World, entry: wire::AppendRequest) -> String {
    let batch = wire::AppendBatchRequest { entries: vec![entry] };
    let mut answers = w.channels().append_batch(tokio_stream::iter([batch])).await.unwrap().into_inner();
    refused(answers.message().await)
}

fn answered<T>(answer: Result<T, Status>) -> String {
    match answer {
        Ok(_) => "public".to_owned(),
        Err(status) => reason(&status),
    }
}

#[tokio::test]
async fn what_is_somebodys_is_refused_to_somebody_else_in_every_call_that_there_is() {
    let w = World::new(RULES()).await;
    let ana = somebody(&w, ANA).await;
    let mallory = somebody(&w, MALLORY).await;
    let (hers, his, her_inbox) = (log(ANA), log(MALLORY), inbox(ANA));
    let mut paid = mallory.stamps.iter().skip(2).cloned();
    let mut stamp = || paid.next().unwrap();
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    let mut is = |call: &str, what: String| assert!(found.insert(call.to_owned(), what).is_none(), "{call} twice");
    let channel = || hers.id.clone();
    let his_read = || his.read.expose().to_vec();

    let seized = wire::OpenRequest { channel: channel(), ..open(&his, &stamp()) };
    is("Channels.Open", refused(w.channels().open(seized).await));
    is("Channels.Append", refused(w.channels().append(append(&hers, &his.append)).await));
    is("Channels.AppendBatch", batch(&w, append(&hers, &his.append)).await);
    let add = wire::AttachAdd { channel: channel(), read_token: his_read(), from_seq: 1 };
    is("Channels.Attach", attached(&w, wire::AttachRequest { add: vec![add], remove: vec![] }).await);
    let fetch = wire::FetchRequest { channel: channel(), read_token: his_read(), from_seq: 1, max_entries: 9 };
    is("Channels.Fetch", refused(w.channels().fetch(fetch).await));
    let status = wire::StatusRequest { channel: channel(), seq: 1, token: his_read(), entry_id: vec![7; 16] };
    is("Channels.Status", refused(w.channels().status(status).await));
    let (id, token) = (her_inbox.id.as_bytes().to_vec(), inbox(MALLORY).read.expose().to_vec());
    let trim = wire::TrimRequest { channel: id.clone(), read_token: token.clone(), through_seq: 1 };
    is("Channels.Trim", refused(w.channels().trim(trim).await));
    let remove = vec![her_inbox.contacts.hash().as_bytes().to_vec()];
    let change = wire::ChangeTokensRequest { channel: id, read_token: token, add: vec![], remove };
    is("Channels.ChangeTokens", refused(w.channels().change_tokens(change).await));
    let head = wire::HeadRequest { channel: channel(), read_token: his_read() };
    is("Channels.Head", refused(w.channels().head(head).await));
    is("Channels.GetInfo", answered(w.channels().get_info(wire::GetInfoRequest {}).await));

    let eva = w.person(4);
    let no_code = wire::EnrollRequest { code: vec![9; 16], handle: "eva".into(), state: eva.raw.clone() };
    is("Accounts.Enroll", refused(w.accounts().enroll(no_code).await));
    is(
        "Accounts.Recover",
        refused(w.accounts().recover(wire::RecoverRequest { code: vec![9; 16], state: eva.raw.clone() }).await),
    );
    let account = ana.person.account.as_bytes().to_vec();
    let challenge = wire::ChallengeRequest { account: account.clone(), device: vec![ANA; 16] };
    is("Accounts.Challenge", answered(w.accounts().challenge(challenge).await));
    let her_challenge = w.challenge(&ana.person).await;
    is("Accounts.Login", refused(w.answer(&ana.person, her_challenge, MALLORY).await));
    // his own session, and a state of hers that he signs; and one of his own with her inbox
    let hers_by_him = next(&ana.person.state, &[&ana.person.state.devices[0]]).sign(&mallory.person.signer).unwrap();
    is("Accounts.PutState", refused(w.put_state(&mallory.session, &hers_by_him).await));
    let her_inbox_as_his = device_at(&mallory.person.state.devices[0], her_inbox.id);
    let taken = next(&mallory.person.state, &[&her_inbox_as_his]).sign(&mallory.person.signer).unwrap();
    assert_eq!(refused(w.put_state(&mallory.session, &taken).await), "BAD_STATE");
    // a session names nobody: of hers he has none, and of an account that is gone it is over
    let none = vec![9; 32];
    let packages = wire::PutKeyPackagesRequest { session: none.clone(), ..Default::default() };
    is("Accounts.PutKeyPackages", refused(w.accounts().put_key_packages(packages).await));
    is("Accounts.TakeStamps", refused(w.stamps(&none, 1).await));
    is(
        "Accounts.SetPaused",
        refused(w.accounts().set_paused(wire::SetPausedRequest { session: none.clone(), paused: true }).await),
    );
    is("Accounts.DeleteAccount", refused(w.delete(&none).await));

    let designate = wire::DesignateRequest { session: none.clone(), designation: String::new() };
    is("Accounts.Designate", refused(w.accounts().designate(designate).await));
    let grants = wire::PutGrantsRequest { session: none.clone(), ..Default::default() };
    is("Accounts.PutGrants", refused(w.accounts().put_grants(grants).await));
    let pause = wire::PauseNoticesRequest { session: none.clone(), paused: true };
    is("Accounts.PauseNotices", refused(w.accounts().pause_notices(pause).await));
    let address = wire::NoticeAddressRequest { session: none.clone() };
    is("Accounts.NoticeAddress", refused(w.accounts().notice_address(address).await));

    let lookup = wire::LookupRequest { who: Some(Who::Account(account.clone())), stamp: none.clone() };
    is("Directory.Lookup", refused(w.directory().lookup(lookup).await));
    let claim = wire::ClaimRequest { account, suite: 77, stamp: none.clone() };
    is("Directory.Claim", refused(w.directory().claim(claim).await));
    is("Directory.Resets", answered(w.directory().resets(wire::ResetsRequest { from: 1 }).await));

    is("Blobs.Put", refused(w.put(parts(header(ANA, b"another", &his.read, &stamp()), b"another")).await));
    let kept = wire::KeptRequest {
        blob: vec![ANA; 32],
        read_token_hash: his.read.hash().as_bytes().to_vec(),
        size: 6,
        sha256: header(ANA, b"a file", &his.read, &[]).sha256,
    };
    is("Blobs.Kept", refused(w.blobs().kept(kept).await));
    is("Blobs.Get", refused(w.get([ANA; 32], &his.read, 0).await));
    // `the_counter_is_on_its_socket_and_not_on_the_network` asks for all of them over the network
    let served = |call: &str| !call.starts_with("Registrar.") && !call.starts_with("Operator.");
    for call in calls().iter().filter(|call| !served(call)) {
        is(call, "not served".to_owned());
    }
    // his own key is no clerk's, and another's he has not
    let clerk = wire::ClerkChallengeRequest { key: mallory.person.signer.public().key().to_vec() };
    let challenge = w.counter().challenge(clerk.clone()).await.unwrap().into_inner().challenge;
    is("Counter.Challenge", "public".to_owned());
    let proof = Some(wire::ClerkProof { key: clerk.key, challenge, signature: vec![7; 64] });
    let issue = wire::ClerkIssueRequest { proof: proof.clone(), run: RUNS[2].into(), recover: false };
    is("Counter.IssueCode", refused(w.counter().issue_code(issue).await));
    is("Counter.ListActs", refused(w.counter().list_acts(wire::ClerkActsRequest { proof, from: 1 }).await));

    // his own key is no public body's, and he has no code
    let body = wire::AgencyChallengeRequest { key: mallory.person.signer.public().key().to_vec() };
    is("Notices.Challenge", answered(w.notices().challenge(body).await));
    for (call, refused) in w.nobodys_asks(MALLORY).await {
        is(call, refused);
    }

    let mut all = calls();
    all.sort();
    assert_eq!(found.keys().cloned().collect::<Vec<_>>(), all, "a call that nobody else tried");
    assert_eq!(found, table());
    // and all of it is hers still
    let fetch = wire::FetchRequest { channel: channel(), read_token: hers.read.expose().to_vec(), from_seq: 1, max_entries: 9 };
    assert_eq!(w.channels().fetch(fetch).await.unwrap().into_inner().entries.len(), 1);
    assert_eq!(w.get([ANA; 32], &hers.read, 0).await.unwrap().1, b"a file");
    w.stamps(&ana.session, 1).await.unwrap();
    assert_eq!(refused(w.issue(RUNS[usize::from(ANA) - 1]).await), "HAS_ACCOUNT");
}
