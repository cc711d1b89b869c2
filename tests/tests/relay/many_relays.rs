//! Several relays on one database, each a process of its own: what one of them stores the others have.

use crate::client::{append, connect, fetch, open_log};
use lacre_ground::ids::Stamp;
use lacre_ground::run::Run;
use lacre_proto::relay::v1 as wire;
use lacre_proto::relay::v1::blobs_client::BlobsClient;
use lacre_tests::history::check;
use lacre_tests::powercut::marks;
use lacre_tests::raw;
use lacre_tests::relay::{Client, Memory, Relays, operate, operate_typing, read_back};
use lacre_tests::world::{Person, befriend};
use rustix::process::Signal;
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Channel;
use tonic_types::StatusExt as _;
use wire::attach_response::Event;
use wire::channels_client::ChannelsClient;

/// Where there is no PostgreSQL nothing is tried, and `./test` says so.
fn two() -> Option<Relays> {
    Relays::start(2).unwrap()
}

fn stamp(n: u64) -> Stamp {
    marks::stamp(n)
}

async fn clients(relays: &Relays) -> [ChannelsClient<Channel>; 2] {
    [connect(&relays.at(0).unwrap()).await, connect(&relays.at(1).unwrap()).await]
}

fn reason(refused: &tonic::Status) -> String {
    refused.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}

/// Before any heartbeat would have looked.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_at_one_relay_wakes_who_follows_at_the_other() {
    let Some(relays) = two() else { return };
    relays.seed_stamps(1).unwrap();
    let [mut a, mut b] = clients(&relays).await;
    let log = open_log(&mut a, 1, &stamp(0)).await;
    let (asks, requests) = tokio::sync::mpsc::channel(4);
    let add = wire::AttachAdd { channel: log.id.as_bytes().to_vec(), read_token: log.read.expose().to_vec(), from_seq: 1 };
    asks.send(wire::AttachRequest { add: vec![add], remove: vec![] }).await.unwrap();
    let mut events = b.attach(ReceiverStream::new(requests)).await.unwrap().into_inner();
    let mut next = async || events.message().await.unwrap().unwrap().event.unwrap();
    assert!(matches!(next().await, Event::CaughtUp(_)));

    for n in 1..=20u8 {
        a.append(append(&log, n, u64::from(n) - 1)).await.unwrap();
        let told = next().await;
        let Event::Entries(entries) = told else { panic!("not woken: {told:?}") };
        assert_eq!(entries.entries.iter().map(|e| e.seq).collect::<Vec<_>>(), [u64::from(n)]);
    }
}

/// Both at once, again and again.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_things_that_exclude_each_other_at_two_relays_exactly_one_is_done() {
    let Some(relays) = two() else { return };
    relays.seed_stamps(64).unwrap();
    let [mut a, mut b] = clients(&relays).await;
    let shared = open_log(&mut a, 1, &stamp(0)).await;
    let mut read_to = 0;
    for n in 1..=10u8 {
        // one id
        let (here, there) = tokio::join!(a.append(append(&shared, n, read_to)), b.append(append(&shared, n, read_to)));
        let (here, there) = (here.unwrap().into_inner(), there.unwrap().into_inner());
        assert_eq!((here.seq, here.accepted_at_ms), (there.seq, there.accepted_at_ms), "stored once");
        assert_eq!(here.seq, u64::from(n));
        read_to = here.seq;
        // two seals
        let log = open_log(&mut b, 10 + n, &stamp(u64::from(n))).await;
        let seal = |id| wire::AppendRequest { seal: true, ..append(&log, id, 0) };
        let (here, there) = tokio::join!(a.append(seal(1)), b.append(seal(2)));
        assert!(here.is_ok() != there.is_ok(), "{here:?} {there:?}");
        assert_eq!(reason(&here.err().or(there.err()).unwrap()), "SEALED");
        assert_eq!(a.fetch(fetch(&log)).await.unwrap().into_inner().head, 1);
        // one stamp for two channels
        let one = stamp(20 + u64::from(n));
        let (here, there) = tokio::join!(opened(&mut a, 40 + n, &one), opened(&mut b, 60 + n, &one));
        assert!(here.is_ok() != there.is_ok(), "{here:?} {there:?}");
    }
}

/// An upload that goes on as long as somebody writes to it; what becomes of it.
fn upload(
    at: &mut BlobsClient<Channel>,
    header: &wire::PutHeader,
) -> (tokio::sync::mpsc::Sender<wire::PutRequest>, impl Future<Output = Result<(), tonic::Status>> + use<>) {
    let (parts, requests) = tokio::sync::mpsc::channel(8);
    parts.try_send(wire::PutRequest { part: Some(wire::put_request::Part::Header(header.clone())) }).unwrap();
    let mut at = at.clone();
    let done = tokio::spawn(async move { at.put(ReceiverStream::new(requests)).await.map(drop) });
    (parts, async { done.await.unwrap() })
}

fn chunk(bytes: &[u8]) -> wire::PutRequest {
    wire::PutRequest { part: Some(wire::put_request::Part::Chunk(bytes.to_vec().into())) }
}

/// Seen red with relays that write one file at once: who came second made it whole, and the first one's end removed it.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_uploads_of_one_blob_at_two_relays_one_goes_on_and_what_is_whole_stays_whole() {
    let Some(relays) = two() else { return };
    relays.seed_stamps(2).unwrap();
    let mut at = Vec::new();
    for n in 0..2 {
        at.push(BlobsClient::new(raw::connect(&relays.at(n).unwrap()).await.unwrap()));
    }
    let read = lacre_ground::ids::Token::new([7; 32]);
    // large enough that what came of it stays
    let content: Vec<u8> = (0..2 << 20).map(|n: u32| n.to_le_bytes()[1]).collect();
    let header = wire::PutHeader {
        blob: vec![9; 32],
        read_token_hash: read.hash().as_bytes().to_vec(),
        size: content.len() as u64,
        sha256: Sha256::digest(&content).to_vec(),
        stamp: stamp(0).expose().to_vec(),
        offset: 0,
    };
    let asked = wire::KeptRequest {
        blob: header.blob.clone(),
        read_token_hash: header.read_token_hash.clone(),
        size: header.size,
        sha256: header.sha256.clone(),
    };
    let (first, first_done) = upload(&mut at[0], &header);
    let mut pieces = content.chunks(64 << 10);
    first.send(chunk(pieces.next().unwrap())).await.unwrap();
    while at[1].kept(asked.clone()).await.unwrap().into_inner().bytes == 0 {}

    // the other relay, as after a broken connection, or by somebody who wants what is there to go
    let (second, second_done) = upload(&mut at[1], &wire::PutHeader { stamp: Vec::new(), ..header.clone() });
    let refused = second_done.await.unwrap_err();
    drop(second);
    assert_eq!(reason(&refused), "LIMIT", "{refused:?}");
    for piece in pieces {
        first.send(chunk(piece)).await.unwrap();
    }
    drop(first);
    first_done.await.unwrap();
    // whoever comes again hears that it is there, and changes nothing
    let (again, again_done) = upload(&mut at[1], &wire::PutHeader { stamp: Vec::new(), ..header.clone() });
    again_done.await.unwrap();
    drop(again);
    for relay in &mut at {
        let wanted = wire::GetRequest { blob: header.blob.clone(), read_token: read.expose().to_vec(), offset: 0 };
        let mut answers = relay.get(wanted).await.unwrap().into_inner();
        let mut came = Vec::new();
        while let Some(answer) = answers.message().await.unwrap() {
            came.extend_from_slice(&answer.chunk);
        }
        assert!(came == content);
    }
}

async fn opened(client: &mut ChannelsClient<Channel>, n: u8, stamp: &Stamp) -> Result<(), tonic::Status> {
    let (append, read) = (lacre_ground::ids::Token::new([n; 32]), lacre_ground::ids::Token::new([n + 100; 32]));
    let id = lacre_ground::ids::ChannelId::of_log(&append.hash(), &read.hash());
    let request = wire::OpenRequest {
        class: wire::ChannelClass::Log.into(),
        channel: id.as_bytes().to_vec(),
        append: vec![wire::AppendRight { token_hash: append.hash().as_bytes().to_vec(), stamped: false, once: false }],
        read_token_hash: read.hash().as_bytes().to_vec(),
        stamp: stamp.expose().to_vec(),
    };
    client.open(request).await.map(drop)
}

/// Clients write to both and remember everything; each relay is killed while the other serves, and the database is killed while both
/// do. What was not answered is asked again at whichever relay, and at the end one reader finds every promise kept.
#[test]
fn relays_and_their_database_killed_under_load_lose_nothing_and_store_nothing_twice() {
    const ROUNDS: u64 = 4;
    let Some(mut relays) = two() else { return };
    relays.seed_stamps(3 + 40 * ROUNDS).unwrap();
    let memory = Arc::new(Memory::new(Box::new(|_| {})));
    Client::new(&relays.at(0).unwrap(), &memory, 1).unwrap().open().unwrap();
    let more = |relays: &Relays, answers, clients: u64| {
        memory.wait(memory.answered() + answers, clients);
        assert!(!relays.last_lines().contains("panicked"), "{}", relays.last_lines());
    };
    for round in 0..ROUNDS {
        let seed = |n: u64| round * 10 + n;
        let at = [relays.at(0).unwrap(), relays.at(1).unwrap()];
        memory.new_life();
        let writing: Vec<_> = (0..4u64)
            .map(|n| Client::new(&at[usize::try_from(n % 2).unwrap()], &memory, seed(n)).unwrap())
            .map(|client| std::thread::spawn(move || client.write_until_it_is_gone()))
            .collect();
        more(&relays, 60, 4);
        if round % 2 == 1 {
            // at once, with nothing written in order
            relays.server.stop(Signal::QUIT);
            relays.server.start().unwrap();
            more(&relays, 60, 4);
        }
        let (first, second) = if round % 2 == 0 { (0, 1) } else { (1, 0) };
        relays.kill(first).unwrap();
        // the other goes on
        more(&relays, 60, 4);
        relays.kill(second).unwrap();
        for client in writing {
            client.join().unwrap().unwrap_or_else(|e| panic!("{e}\n{}", relays.last_lines()));
        }
        relays.start_relay(0).unwrap();
        relays.start_relay(1).unwrap();
    }

    let mut reader = Client::new(&relays.at(1).unwrap(), &memory, 0).unwrap();
    let (generation, end) = read_back(&mut reader).unwrap_or_else(|broken| panic!("{}", broken.join("\n")));
    let history = marks::history(&memory.marks(), generation, &end).unwrap();
    let tally = check(&history).unwrap_or_else(|broken| panic!("{broken:#?}"));
    assert!(tally.acknowledged as u64 > ROUNDS * 100 && tally.retried > 0, "the story was too tame: {tally:?}");
}

/// An invitation of the counter at one of them, for this example RUN.
pub(crate) fn invite(relays: &Relays, n: usize, number: u32, more: &[&str]) -> lacre_ground::address::Invitation {
    let run = "0123456789K".chars().find_map(|d| Run::parse(&format!("{number}-{d}")).ok()).unwrap();
    let config = relays.config(n).unwrap().display().to_string();
    let args = [&["registrar", "issue-code", "--config", &config, "--json"][..], more].concat();
    let said = operate_typing(relays.folder(), &args, &run.canonical()).unwrap();
    let json: serde_json::Value = serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {said:?}"));
    lacre_ground::address::Invitation::parse(json["invitation"].as_str().unwrap()).unwrap()
}

/// Real programs of people over a balancer: each connection of theirs is at one relay or at the other.
#[test]
fn people_whose_connections_are_at_different_relays_meet_and_talk_and_go_on_when_one_relay_is_gone() {
    let Some(mut relays) = two() else { return };
    let mut people: Vec<Person> = [("ana", 40_100_001, 0), ("beto", 40_100_002, 1)]
        .into_iter()
        .map(|(name, number, at)| {
            let mut person = Person::new(&relays.folder().join(name));
            let handle = lacre_ground::ids::Handle::parse(name).unwrap();
            person.client.enroll(&mut person.net, &invite(&relays, at, number, &[]), &handle).expect("enrolment");
            person
        })
        .collect();
    let [ana, beto] = people.as_mut_slice() else { panic!("two") };
    befriend(ana, beto);
    let (to_beto, to_ana) = (ana.with("beto"), beto.with("ana"));
    ana.say(&to_beto, "one");
    ana.sync();
    beto.sync();
    assert_eq!(beto.texts(&to_ana), ["one"]);

    relays.kill(0).unwrap();
    beto.say(&to_ana, "two");
    beto.sync();
    ana.sync();
    assert_eq!(ana.texts(&to_beto), ["one", "two"]);
    relays.start_relay(0).unwrap();
    relays.kill(1).unwrap();
    ana.say(&to_beto, "three");
    ana.sync();
    beto.sync();
    assert_eq!(beto.texts(&to_ana), ["one", "two", "three"]);
}

/// What the operator is told, in order: nothing is served from a database without tables, `migrate` alone makes them, and commands
/// that are for a store in a folder say so.
#[test]
fn the_operator_is_told_what_a_database_lacks_and_which_commands_are_not_for_it() {
    let Some(mut relays) = Relays::start(1).unwrap() else { return };
    let folder = relays.folder().to_owned();
    let folder = folder.as_path();
    let config = relays.config(0).unwrap();
    let text = std::fs::read_to_string(&config).unwrap();
    let written = |name: &str, from: &str, to: &str| {
        let path = folder.join(name);
        assert!(text.contains(from), "{from}");
        std::fs::write(
            &path,
            text.replace(from, to).replace("data-0", "other").replacen("listen = \"127.0.0.1:", "listen = \"127.0.0.2:", 1),
        )
        .unwrap();
        path.display().to_string()
    };
    let config = config.display().to_string();
    let good = operate(folder, &["check", "--config", &config]).unwrap();
    assert!(good.code == Some(0) && good.out.contains("database"), "{good:?}");
    for (args, says) in
        [(&["backup", "there", "--config", &config][..], "pg_basebackup"), (&["migrate", "--config", &config], "Nothing to do")]
    {
        let said = operate(folder, args).unwrap();
        assert!(format!("{}{}", said.out, said.err).contains(says), "{args:?}: {said:?}");
    }
    let template = written("empty.toml", "database = \"postgres\"", "database = \"template1\"");
    for (path, says) in [
        (&template, "lacre-relay migrate"),
        (&written("replica.toml", "loses_on_failover = true", "loses_on_failover = false"), "synchronous"),
        (&written("gone.toml", "port = 5432", "port = 5433"), "cannot be used"),
        (&written("keys.toml", "identity.key", "identity-2.key"), "identity"),
    ] {
        for command in ["check", "serve"] {
            let said = operate(folder, &[command, "--config", path]).unwrap();
            assert!(said.code != Some(0) && format!("{}{}", said.out, said.err).contains(says), "{command} {path}: {said:?}");
        }
    }
    let made = operate(folder, &["migrate", "--config", &template]).unwrap();
    assert!(made.code == Some(0) && made.out.starts_with("schema 0 "), "{made:?}");
    // a folder whose relay works on a database starts with no other store
    let plain = folder.join("plain.toml");
    std::fs::write(&plain, text.split("[store").next().unwrap().replacen("listen = \"127.0.0.1:", "listen = \"127.0.0.2:", 1))
        .unwrap();
    relays.kill(0).unwrap();
    let said = operate(folder, &["serve", "--config", &plain.display().to_string()]).unwrap();
    assert!(said.code != Some(0) && said.err.contains("[store.postgres]"), "{said:?}");
}
