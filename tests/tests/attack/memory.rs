//! The formula of server/RUNNING.md under what costs a relay the most memory: full pages, a thousand calls on each connection,
//! announcements of long messages. The process may have no more than the formula gives it: an allocation that fails ends it,
//! and with it the test.
use crate::attacks::{Attackers, HELD_MIB, framed, under_the_formula};
use lacre_proto::relay::v1 as wire;
use lacre_tests::powercut::marks::derived;
use lacre_tests::siege::{Honest, Log, Siege, request};
use prost::bytes::Bytes;
use wire::channels_client::ChannelsClient;

const CONNECTIONS: usize = 24;
const CALLS: usize = 1_000;
/// The largest ciphertext.
const ENTRY: usize = 262_144;

/// A log whose pages are as large as pages get: an entry that nearly fills one, and the largest behind it.
async fn full_pages(siege: &Siege) -> Log {
    let mut own = ChannelsClient::new(siege.connect().await);
    let log = Log::new(1);
    own.open(log.open(1)).await.unwrap();
    for n in 1..=6 {
        own.append(log.entry(n, ENTRY - usize::from(n % 2 == 1))).await.unwrap();
    }
    log
}

/// The relay lives, and never lacked memory.
fn lacked_nothing(siege: &Siege) {
    let said = std::fs::read_to_string(siege.log()).unwrap();
    for bad in ["memory allocation", "out of memory", "panicked"] {
        assert!(!said.contains(bad), "{said}");
    }
    assert!(siege.is_alive(), "it ended: {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_answers_of_full_pages_on_each_connection_stay_under_the_formula_in_a_process_that_has_no_more() {
    let siege = Siege::limited(HELD_MIB, CONNECTIONS + 4);
    let mut honest = Honest::start(&siege).await;
    let log = full_pages(&siege).await;
    let status = |seq| wire::StatusRequest {
        channel: log.id.as_bytes().to_vec(),
        seq,
        token: log.read.expose().to_vec(),
        entry_id: Vec::new(),
    };

    // half of them take nothing, the others a byte of each answer
    let mut attackers = Attackers::new(&siege, CONNECTIONS / 2, 0).await;
    attackers.add(Attackers::new(&siege, CONNECTIONS / 2, 1).await);
    let mut unread = Vec::new();
    for (send, _) in attackers.connections() {
        for n in 0..CALLS {
            let (call, message) = match n % 8 {
                0 => ("Channels/Attach", framed(&log.follow(1))),
                1 => ("Channels/Status", framed(&status(2))),
                2 => ("Directory/Resets", framed(&wire::ResetsRequest { from: 1 })),
                _ => ("Channels/Fetch", framed(&log.fetch())),
            };
            let Ok((answer, mut body)) = send.send_request(request(call), false) else { break };
            let _ = body.send_data(message, call != "Channels/Attach");
            unread.push((answer, body));
        }
        honest.more(1).await;
    }
    attackers.until_closed(CONNECTIONS / 2, &mut honest).await;
    // who reads is served in its turn, beside all of them
    let mut reader = ChannelsClient::new(siege.connect().await).max_decoding_message_size(8 << 20);
    let page = reader.fetch(log.fetch()).await.expect("a page").into_inner();
    assert_eq!(page.entries.iter().map(|e| e.ciphertext.len()).sum::<usize>(), 2 * ENTRY - 1);

    under_the_formula(&siege, CONNECTIONS + 4, 0);
    honest.end().await;
    lacked_nothing(&siege);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_announcements_of_long_messages_on_each_connection_cost_their_senders_the_connection() {
    let siege = Siege::limited(HELD_MIB, CONNECTIONS + 2);
    let mut honest = Honest::start(&siege).await;
    // 1,280 KiB, of which nothing ever comes
    let announced: Bytes = [&[0][..], &(1_280u32 * 1_024).to_be_bytes()].concat().into();
    let session = derived("session", 1);

    let mut attackers = Attackers::new(&siege, CONNECTIONS, 1 << 16).await;
    let mut unfinished = Vec::new();
    for (send, _) in attackers.connections() {
        for n in 0..CALLS {
            let call = ["Accounts/Enroll", "Accounts/PutState", "Accounts/PutKeyPackages"][n % 3];
            let Ok((answer, mut body)) = send.send_request(request(call), false) else { break };
            let _ = body.send_data(announced.clone(), false);
            let _ = body.send_data(Bytes::copy_from_slice(&session[..8]), false);
            unfinished.push((answer, body));
        }
        honest.more(1).await;
    }
    attackers.until_closed(CONNECTIONS - 1, &mut honest).await;

    under_the_formula(&siege, CONNECTIONS + 2, CONNECTIONS);
    honest.end().await;
    lacked_nothing(&siege);
}
