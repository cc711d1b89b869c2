//! Retention of a running relay: small rounds, and appends between them.

use crate::client::{Folder, append, connect, fetch, open_log};
use lacre_ground::ids::{EntryId, Seq};
use lacre_ground::random::SystemRng;
use lacre_ground::time::{Clock as _, SystemClock};
use lacre_proto::relay::v1 as wire;
use lacre_relay::folder::DataFolder;
use lacre_relay::serve::{Options, Relay};
use lacre_relay::upkeep::RETENTION_ROWS;
use lacre_store::channels::{Append, AppendAll};
use lacre_store::rules::Rules;
use lacre_store::run_one;
use std::net::TcpListener;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const HOUR_MS: u64 = 60 * 60 * 1_000;
/// Entries that are past their time when the relay starts.
const OLD: u64 = 20_000;

async fn scraped(at: std::net::SocketAddr) -> String {
    let mut stream = tokio::net::TcpStream::connect(at).await.unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).await.unwrap();
    page
}

fn value(page: &str, name: &str) -> u64 {
    let line = page.lines().find(|l| l.split(' ').next() == Some(&format!("lacre_relay_{name}"))).unwrap();
    line.split(' ').nth(1).unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn many_old_entries_go_in_small_transactions_and_appends_are_answered_between_them() {
    let folder = Folder::new();
    let stamps = folder.stamps(1);
    let relay = folder.start();
    let log = open_log(&mut connect(relay.authority()).await, 1, &stamps[0]).await;
    relay.stop();
    {
        // half a day ago: no leap of the clock, and past the retention of the relay below
        let data = DataFolder::lock(&folder.data()).unwrap();
        let mut store = data.store(None, &mut SystemRng).unwrap();
        let past = lacre_ground::time::Millis::new(SystemClock.now().get() - 12 * HOUR_MS);
        let old = (0..OLD).map(|n| {
            let entry_id = EntryId::try_from([&n.to_be_bytes()[..], &[0; 8]].concat().as_slice()).unwrap();
            let (channel, token, ciphertext) = (log.id, log.append.hash(), vec![1; 100].into());
            Append { channel, token, entry_id, read_to: n, ciphertext, seal: false, stamp: None }
        });
        let done = run_one(&mut store, past, &Rules::default(), AppendAll(old.collect())).unwrap();
        assert_eq!(done.refused, None);
    }
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let metrics = listener.local_addr().unwrap();
    let mut options = Options { metrics: Some(listener), ..Options::new(&folder.data()) };
    options.rules.entry_retention_ms = HOUR_MS;
    let relay = Relay::start(options).unwrap();
    let mut client = connect(relay.authority()).await;

    let (mut head, mut between) = (OLD, 0);
    let page = loop {
        let id = [&head.to_be_bytes()[..], &[9; 8]].concat();
        let next = wire::AppendRequest { entry_id: id, ..append(&log, 0, head) };
        head = client.append(next).await.unwrap().into_inner().seq;
        let page = scraped(metrics).await;
        let gone = value(&page, "retired_entries_total");
        if gone == OLD {
            break page;
        }
        between += u64::from(gone > 0);
    };

    // more than one round had to be made for so many, and every round is a transaction of the writer
    let rounds = value(&page, "retention_round_seconds_count");
    assert!(rounds >= OLD.div_ceil(RETENTION_ROWS.into()), "{rounds} rounds removed {OLD} entries");
    assert!(value(&page, "writer_transaction_seconds_count") >= rounds + head - OLD);
    assert!(between >= 5, "{between} appends were answered while old entries went");
    let kept = client.fetch(fetch(&log)).await.unwrap().into_inner();
    assert_eq!((kept.gone_through, kept.head, kept.entries[0].seq), (OLD, head, Seq::new(OLD + 1).unwrap().get()));
}
