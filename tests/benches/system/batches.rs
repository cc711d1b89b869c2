//! Batches against unary Append, over TLS, both with 1,024 entries of 1,024 bytes in flight, and what an entry costs the
//! relay's process in CPU: appended, appended in batches, read.
//!
//! Both sides append to the same 1,024 logs in turns, one entry to each and then the next; a batch takes one from each of
//! 64 logs. The relay is a process of its own, so that its CPU is its own.

use crate::report::{ROUNDS, Target, figure, now, ratio};
use crate::wire::{self, RelayProcess};
use lacre_proto::relay::v1 as proto;
use prost::bytes::Bytes;
use proto::attach_response::Event;
use proto::channels_client::ChannelsClient;
use tokio::task::JoinSet;
use tokio_stream::StreamExt as _;
use tonic::transport::Channel;

const IN_FLIGHT: u64 = 1_024;
const CONNECTIONS: u64 = 8;
/// Entries of one batch.
const BATCH: u64 = 64;
/// Entries for each log in one round.
const EACH: u64 = 48;
const CIPHERTEXT: [u8; 1_024] = [7; 1_024];

async fn unary(clients: &[ChannelsClient<Channel>], first: u64) {
    let mut tasks = JoinSet::new();
    for n in 0..IN_FLIGHT {
        let mut client = clients[(n % CONNECTIONS) as usize].clone();
        tasks.spawn(async move {
            let (log, ciphertext) = (wire::log(n), Bytes::from_static(&CIPHERTEXT));
            for i in first..first + EACH {
                client.append(wire::append(&log, i, i, &ciphertext)).await.unwrap();
            }
        });
    }
    tasks.join_all().await;
}

async fn batches(clients: &[ChannelsClient<Channel>], first: u64) {
    let mut tasks = JoinSet::new();
    for stream in 0..IN_FLIGHT / BATCH {
        let mut client = clients[(stream % CONNECTIONS) as usize].clone();
        tasks.spawn(async move {
            let logs: Vec<wire::Log> = (stream * BATCH..(stream + 1) * BATCH).map(wire::log).collect();
            let ciphertext = Bytes::from_static(&CIPHERTEXT);
            let (send, requests) = tokio::sync::mpsc::channel(1);
            let requests = tokio_stream::wrappers::ReceiverStream::new(requests);
            let mut answers = client.append_batch(requests).await.unwrap().into_inner();
            for i in first..first + EACH {
                let entries = logs.iter().map(|log| wire::append(log, i, i, &ciphertext)).collect();
                send.send(proto::AppendBatchRequest { entries }).await.unwrap();
                let answer = answers.message().await.unwrap().unwrap();
                assert_eq!(answer.appended.len() as u64, BATCH);
            }
        });
    }
    tasks.join_all().await;
}

/// Entries of a batch that may be large.
const FEW: usize = 16;

/// Seconds of this process's CPU for so many entries of so many bytes, appended in batches to one log, over a connection of its own.
pub fn appended(at: &lacre_ground::address::Authority, bytes: usize, count: usize) -> f64 {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let mut client = wire::connect(at).await;
        let (log, ciphertext) = (wire::open(&mut client, 0).await, Bytes::from(vec![7; bytes]));
        let (send, requests) = tokio::sync::mpsc::channel(1);
        let requests = tokio_stream::wrappers::ReceiverStream::new(requests);
        let mut answers = client.append_batch(requests).await.unwrap().into_inner();
        let before = crate::report::process_cpu();
        for first in (0..count as u64).step_by(FEW) {
            let entries = first..count.min(first as usize + FEW) as u64;
            let entries = entries.map(|i| wire::append(&log, i, i, &ciphertext)).collect();
            send.send(proto::AppendBatchRequest { entries }).await.unwrap();
            answers.message().await.unwrap().unwrap();
        }
        crate::report::process_cpu() - before
    })
}

/// All entries of all logs, on one Attach stream for each connection. Gives how many came.
async fn read(clients: &[ChannelsClient<Channel>]) -> u64 {
    let mut tasks = JoinSet::new();
    for (c, client) in (0..).zip(clients) {
        let mut client = client.clone();
        tasks.spawn(async move {
            let logs: Vec<u64> = (0..IN_FLIGHT).filter(|n| n % CONNECTIONS == c).collect();
            let add = logs.iter().map(|n| {
                let log = wire::log(*n);
                proto::AttachAdd { channel: log.id.as_bytes().to_vec(), read_token: log.read.expose().to_vec(), from_seq: 1 }
            });
            let request = proto::AttachRequest { add: add.collect(), remove: Vec::new() };
            let requests = tokio_stream::once(request).chain(tokio_stream::pending());
            let mut events = client.attach(requests).await.unwrap().into_inner();
            let (mut entries, mut caught_up) = (0, 0);
            while caught_up < logs.len() {
                match events.message().await.unwrap().unwrap().event.unwrap() {
                    Event::Entries(page) => entries += page.entries.len() as u64,
                    Event::CaughtUp(_) => caught_up += 1,
                    other => panic!("{other:?}"),
                }
            }
            entries
        });
    }
    tasks.join_all().await.into_iter().sum()
}

/// Entries a second, and seconds of the relay's CPU for a million of them.
async fn measured(relay: &RelayProcess, count: impl Future<Output = u64>) -> (f64, f64) {
    let (start, before) = (now(), relay.cpu_seconds());
    let count = count.await as f64;
    (count / start.elapsed().as_secs_f64(), (relay.cpu_seconds() - before) * 1e6 / count)
}

pub fn run() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    wire::seed(&data, IN_FLIGHT);
    let relay = RelayProcess::start(&data);
    runtime.block_on(async {
        let mut clients = Vec::new();
        for _ in 0..CONNECTIONS {
            clients.push(wire::connect(&relay.authority).await);
        }
        for n in 0..IN_FLIGHT {
            wire::open(&mut clients[0], n).await;
        }
        let mut round = 0;
        let mut next = || {
            round += 1;
            (round - 1) * EACH
        };
        unary(&clients, next()).await;
        batches(&clients, next()).await;
        let (mut one, mut many, mut reads) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..2 * ROUNDS {
            // who comes first changes with each round
            let (side, first) = (round % 4 == 0 || round % 4 == 3, next());
            let all = IN_FLIGHT * EACH;
            if side {
                one.push(
                    measured(&relay, async {
                        unary(&clients, first).await;
                        all
                    })
                    .await,
                );
            } else {
                many.push(
                    measured(&relay, async {
                        batches(&clients, first).await;
                        all
                    })
                    .await,
                );
            }
        }
        for _ in 0..3 {
            reads.push(measured(&relay, read(&clients)).await.1);
        }
        let side = |all: &[(f64, f64)], cpu: bool| {
            let values: Vec<f64> = all.iter().map(|(rate, spent)| if cpu { *spent } else { *rate }).collect();
            let mut values = values.into_iter();
            move || values.next().unwrap()
        };
        let name = "batches / unary Append, 1,024 in flight";
        ratio(name, "entries/s", Target::AtLeast(1.5), side(&many, false), side(&one, false));
        let name = "relay's CPU for an entry, batches / unary";
        ratio(name, "s for a million", Target::AtMost(0.5), side(&many, true), side(&one, true));
        let name = "relay's CPU for a million entries read";
        figure(name, "s", Target::Printed, reads);
    });
}
