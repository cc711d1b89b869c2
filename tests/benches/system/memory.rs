//! (d) The relay's memory: 10,000 channels on one Attach stream, and idle TLS clients. The relay is a process of its own.

use crate::report::{Target, figure};
use crate::wire::{self, RelayProcess};
use lacre_proto::relay::v1 as proto;
use proto::attach_response::Event;
use tokio_stream::StreamExt as _;

const CHANNELS: u64 = 10_000;
const CLIENTS: usize = 500;
const ROUNDS: usize = 3;

async fn attached(relay: &RelayProcess) -> f64 {
    let mut client = wire::connect(&relay.authority).await;
    let before = relay.memory();
    let (send, requests) = tokio::sync::mpsc::channel(4);
    let mut events = client.attach(tokio_stream::wrappers::ReceiverStream::new(requests)).await.unwrap().into_inner();
    let mut caught_up = 0;
    for first in (0..CHANNELS).step_by(250) {
        let add = (first..first + 250).map(|n| {
            let log = wire::log(n);
            proto::AttachAdd { channel: log.id.as_bytes().to_vec(), read_token: log.read.expose().to_vec(), from_seq: 1 }
        });
        send.send(proto::AttachRequest { add: add.collect(), remove: Vec::new() }).await.unwrap();
        while caught_up < first + 250 {
            if let Some(Event::CaughtUp(_)) = events.next().await.unwrap().unwrap().event {
                caught_up += 1;
            }
        }
    }
    relay.memory().saturating_sub(before) as f64 / CHANNELS as f64
}

async fn idle(relay: &RelayProcess) -> f64 {
    let before = relay.memory();
    let clients = wire::idle(&relay.authority, CLIENTS).await;
    let after = relay.memory();
    drop(clients);
    after.saturating_sub(before) as f64 / CLIENTS as f64
}

pub fn run() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    wire::seed(&data, CHANNELS);
    {
        let relay = RelayProcess::start(&data);
        runtime.block_on(async {
            let mut client = wire::connect(&relay.authority).await;
            for n in 0..CHANNELS {
                wire::open(&mut client, n).await;
            }
        });
    }
    // a fresh process for each round: memory that was given back would hide what the next one needs
    let fresh = |measure: &dyn Fn(&RelayProcess) -> f64| (0..ROUNDS).map(|_| measure(&RelayProcess::start(&data))).collect();
    figure("memory of an attached channel", "bytes", Target::AtMost(1_024.0), fresh(&|r| runtime.block_on(attached(r))));
    figure("memory of an idle TLS client", "bytes", Target::AtMost(40_000.0), fresh(&|r| runtime.block_on(idle(r))));
}
