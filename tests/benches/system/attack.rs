//! An honest client's p99 from append to event, beside an attacker who has a quarter of a core, against alone.
//!
//! The attacker is a process of its own: it opens TLS connections, resets calls at once, sends wrong tokens, and begins
//! messages that it does not end. It looks at its own CPU time and sleeps until that is a quarter of what has passed. The
//! relay's own work for it is not bounded: that is what is measured.

use crate::report::{Target, now, percentile, ratio, thread_cpu};
use crate::wire::{self, RelayProcess};
use lacre_ground::address::Authority;
use lacre_ground::ids::Token;
use lacre_tests::raw;
use lacre_tests::siege::{http2, request};
use prost::bytes::Bytes;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use wire::Log;

/// Tells this program to be the attacker of the relay at this address.
pub const ATTACKER_ROLE: &str = "LACRE_BENCH_ATTACKER";
/// Of one core.
const SHARE: f64 = 0.25;
const EXCHANGES: u64 = 1_000;

/// What the other process does until it is killed.
pub fn be_an_attacker(relay: &str) {
    let at = Authority::parse(relay).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let dialler = raw::dialler(&at).unwrap();
        let (start, mut open) = (now(), std::collections::VecDeque::new());
        let begun: Bytes = [&[0, 0, 4, 0x1e, 0xb0][..], &vec![7; 200_000]].concat().into();
        let wrong = {
            let log = Log { append: Token::new([9; 32]), ..wire::log(0) };
            let message = prost::Message::encode_to_vec(&wire::append(&log, 0, 0, &Bytes::from(vec![7; 1_024])));
            Bytes::from([&[0][..], &u32::try_from(message.len()).unwrap().to_be_bytes(), &message].concat())
        };
        loop {
            // an end of the connection is what an attacker reckons with
            if let Ok((mut send, connection)) = http2(&dialler, 1 << 16).await {
                for n in 0..100 {
                    let Ok((answer, mut body)) = send.send_request(request("Channels/Append"), false) else { break };
                    match n % 4 {
                        0 | 1 => body.send_reset(h2::Reason::CANCEL),
                        2 => drop(body.send_data(wrong.clone(), true)),
                        _ if n < 8 => drop(body.send_data(begun.clone(), false)),
                        _ => {}
                    }
                    open.push_back((answer, body));
                    tokio::task::yield_now().await;
                }
                open.truncate(800);
                if connection.is_finished() {
                    open.clear();
                }
            }
            let owed = thread_cpu().as_secs_f64() / SHARE - start.elapsed().as_secs_f64();
            if owed > 0.0 {
                tokio::time::sleep(Duration::from_secs_f64(owed)).await;
            }
        }
    });
}

struct Attacker(Child);

impl Attacker {
    fn start(at: &Authority) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        Self(command.env(ATTACKER_ROLE, at.to_string()).stdin(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Attacker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// p99 in milliseconds of so many entries, each written and then met on a stream.
pub async fn exchanges(at: &Authority, n: u64) -> f64 {
    let (mut writer, mut reader) = (wire::connect(at).await, wire::connect(at).await);
    let log = wire::open(&mut writer, n).await;
    let mut head = writer.fetch(wire::read(&log)).await.unwrap().into_inner().head;
    let add = lacre_proto::relay::v1::AttachAdd {
        channel: log.id.as_bytes().to_vec(),
        read_token: log.read.expose().to_vec(),
        from_seq: head + 1,
    };
    let follow = lacre_proto::relay::v1::AttachRequest { add: vec![add], remove: Vec::new() };
    let requests = tokio_stream::StreamExt::chain(tokio_stream::once(follow), tokio_stream::pending());
    let mut events = reader.attach(requests).await.unwrap().into_inner();
    events.message().await.unwrap();
    let (ciphertext, mut took) = (Bytes::from(vec![7; 1_024]), Vec::new());
    for _ in 0..EXCHANGES {
        let start = now();
        head = writer.append(wire::append(&log, head, head, &ciphertext)).await.unwrap().into_inner().seq;
        events.message().await.unwrap().unwrap();
        took.push(start.elapsed());
    }
    percentile(took, 99)
}

pub fn run() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    wire::seed(&data, 2);
    let relay = RelayProcess::start(&data);
    runtime.block_on(exchanges(&relay.authority, 1));
    ratio(
        "p99 of an honest client beside an attacker with a quarter of a core / alone",
        "ms",
        Target::Printed,
        || {
            let _attacker = Attacker::start(&relay.authority);
            runtime.block_on(exchanges(&relay.authority, 1))
        },
        || runtime.block_on(exchanges(&relay.authority, 1)),
    );
}
