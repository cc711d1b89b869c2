//! What an operator scrapes: everything that the dashboard shows, and nothing that identifies.

use crate::client::{Folder, append, connect, fetch, open_log};
use lacre_proto::relay::v1 as wire;
use lacre_relay::border::Reason;
use lacre_relay::memory::{CALL, FOLLOWED};
use lacre_relay::serve::{Options, Relay};
use lacre_store::ask::Name;
use lacre_store::rules::Limit;
use prost::Message as _;
use std::collections::BTreeSet;
use std::net::{SocketAddr, TcpListener};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tonic_types::StatusExt as _;

async fn ask(at: SocketAddr, line: &str) -> String {
    let mut stream = TcpStream::connect(at).await.unwrap();
    stream.write_all(format!("{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// A busy relay's page: entries stored, calls refused, a stream open.
async fn scraped(folder: &Folder) -> (String, tonic::Status) {
    drop(folder.start());
    let stamps = folder.stamps(1);
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let at = listener.local_addr().unwrap();
    let relay = Relay::start(Options { metrics: Some(listener), ..Options::new(&folder.data()) }).unwrap();
    let mut client = connect(relay.authority()).await;
    let log = open_log(&mut client, 7, &stamps[0]).await;
    for n in 1..=5 {
        client.append(append(&log, n, u64::from(n) - 1)).await.unwrap();
    }
    client.append(append(&log, 5, 4)).await.unwrap();
    let refused = client.append(append(&log, 9, 50)).await.unwrap_err();
    // the fourth seal comes too soon
    for n in 21..=24 {
        let seal = wire::AppendRequest { seal: true, ..append(&log, n, u64::from(n) - 16) };
        assert_eq!(client.append(seal).await.is_ok(), n < 24);
    }
    let mut wrong = fetch(&log);
    wrong.read_token = vec![0xAB; 32];
    client.fetch(wrong).await.unwrap_err();
    let add = wire::AttachAdd { channel: log.id.as_bytes().to_vec(), read_token: log.read.expose().to_vec(), from_seq: 1 };
    let request = wire::AttachRequest { add: vec![add], ..Default::default() };
    let (more, requests) = tokio::sync::mpsc::channel(1);
    more.send(request).await.unwrap();
    let mut events = client.attach(tokio_stream::wrappers::ReceiverStream::new(requests)).await.unwrap().into_inner();
    // what is counted as sent has come
    let mut came = 0;
    while came <= 5 * 1_024 {
        came += events.message().await.unwrap().unwrap().encoded_len();
    }
    (ask(at, "GET /metrics").await, refused)
}

/// One line of a scrape.
type Sample = (String, Vec<(String, String)>, f64);

/// `name{labels} value` as (name, [(label, value)], number).
fn samples(page: &str) -> Vec<Sample> {
    let lines = page.split("\r\n\r\n").nth(1).unwrap().lines().filter(|l| !l.starts_with('#') && !l.is_empty());
    lines
        .map(|line| {
            let (key, value) = line.rsplit_once(' ').unwrap();
            let (name, labels) = key.split_once('{').unwrap_or((key, "}"));
            let labels = labels.trim_end_matches('}').split(',').filter(|l| !l.is_empty());
            let labels = labels.map(|l| l.split_once('=').map(|(k, v)| (k.to_owned(), v.trim_matches('"').to_owned())).unwrap());
            (name.to_owned(), labels.collect(), value.parse().unwrap())
        })
        .collect()
}

fn value(page: &str, name: &str, label: Option<&str>) -> f64 {
    let wanted = |s: &&Sample| s.0 == format!("lacre_relay_{name}") && label.is_none_or(|l| s.1.iter().any(|(_, v)| v == l));
    samples(page).iter().find(wanted).unwrap_or_else(|| panic!("no {name} {label:?} in\n{page}")).2
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scrape_counts_what_happened() {
    let folder = Folder::new();

    let (page, _) = scraped(&folder).await;

    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    assert_eq!(value(&page, "entries_total", None), 8.0, "a repeated append is no entry");
    assert_eq!(value(&page, "entry_bytes_total", None), 8.0 * 1_024.0);
    assert_eq!(value(&page, "refusals_total", Some("AHEAD")), 1.0);
    assert_eq!(value(&page, "refusals_total", Some("NOT_PERMITTED")), 1.0);
    assert_eq!(value(&page, "call_seconds_count", Some("/lacre.relay.v1.Channels/Append")), 11.0);
    assert_eq!(value(&page, "limits_reached_total", Some("seal_pause_ms")), 1.0);
    assert_eq!(value(&page, "connections_closed_for_memory_total", None), 0.0);
    assert!(value(&page, "held_bytes", None) >= (CALL + FOLLOWED) as f64, "a stream and a channel");
    assert_eq!(value(&page, "attached_channels", None), 1.0);
    assert_eq!(value(&page, "attach_streams", None), 1.0);
    assert_eq!(value(&page, "connections_open", None), 1.0);
    assert!(value(&page, "received_bytes_total", None) > 6.0 * 1_024.0);
    assert!(value(&page, "sent_bytes_total", None) > 5.0 * 1_024.0);
    assert!(value(&page, "writer_commit_seconds_count", None) >= 6.0);
    assert_eq!(value(&page, "writer_verb_seconds_count", Some("append")), 11.0, "refused ones, too");
    assert_eq!(value(&page, "writer_verb_seconds_count", Some("open")), 1.0);
    assert!(value(&page, "resident_bytes", None) > 1e6);
}

/// Seen red with the call's random id as the label `call`.
#[tokio::test(flavor = "multi_thread")]
async fn a_scrape_holds_only_names_and_label_values_of_a_closed_list() {
    let pool = prost_reflect::DescriptorPool::decode(lacre_proto::DESCRIPTORS).unwrap();
    let calls = pool.services().flat_map(|s| s.methods().map(|m| format!("/{}/{}", s.full_name(), m.name())).collect::<Vec<_>>());
    let calls: BTreeSet<String> = calls.chain(["other".to_owned()]).collect();
    let reasons: BTreeSet<&str> = Reason::ALL.iter().map(|r| r.as_str()).chain(["none"]).collect();
    let folder = Folder::new();

    let (page, _) = scraped(&folder).await;

    let mut seen = BTreeSet::new();
    for (name, labels, _) in samples(&page) {
        for (label, value) in labels {
            let known = match label.as_str() {
                "call" => calls.contains(&value),
                "reason" => reasons.contains(value.as_str()),
                "verb" => Name::ALL.iter().any(|name| name.as_str() == value),
                "limit" => Limit::parse(&value).is_some(),
                "code" => value.chars().all(|c| c.is_ascii_uppercase() || c == '_') && value.len() < 20,
                "le" => value == "+Inf" || value.parse::<f64>().is_ok(),
                _ => false,
            };
            assert!(known, "{name} has {label}={value}");
        }
        seen.insert(name);
    }
    assert!(seen.iter().all(|n| n.starts_with("lacre_relay_") || n == "# EOF"), "{seen:?}");
    assert!(!page.contains("127.0.0.1"), "an address");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_metric_of_the_dashboard_exists() {
    let dashboard = include_str!("../../../server/grafana/lacre-relay.json");
    let json: serde_json::Value = serde_json::from_str(dashboard).unwrap();
    let targets = json["panels"].as_array().unwrap().iter().flat_map(|p| p["targets"].as_array().unwrap());
    let expressions: String = targets.map(|t| format!("{} ", t["expr"].as_str().unwrap())).collect();
    let words = expressions.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let asked: BTreeSet<&str> = words.filter(|w| w.starts_with("lacre_relay_")).collect();
    let folder = Folder::new();

    let (page, _) = scraped(&folder).await;

    let there: BTreeSet<String> = samples(&page).into_iter().map(|(name, ..)| name).collect();
    assert!(asked.len() > 15, "{asked:?}");
    for metric in asked {
        assert!(there.contains(metric), "{metric} is in no scrape");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_names_its_call_by_a_random_id() {
    let folder = Folder::new();

    let (_, refused) = scraped(&folder).await;

    let details = refused.get_error_details();
    let id = &details.request_info().unwrap().request_id;
    assert!(id.len() == 16 && id.chars().all(|c| c.is_ascii_hexdigit()), "{id}");
    assert_eq!(details.error_info().unwrap().reason, "AHEAD");
    assert_eq!(details.error_info().unwrap().metadata["head"], "5");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_port_of_metrics_gives_nothing_else() {
    let folder = Folder::new();
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let at = listener.local_addr().unwrap();
    let _relay = Relay::start(Options { metrics: Some(listener), ..Options::new(&folder.data()) }).unwrap();

    let others = [ask(at, "GET /").await, ask(at, "POST /metrics").await, ask(at, "GET /metrics/../relay.sqlite").await];

    for answer in others {
        assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    }
}
