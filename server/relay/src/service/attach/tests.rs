use super::*;
use crate::hub::Hub;
use crate::writer::Writer;
use lacre_ground::ids::{Generation, Identity, Token};
use lacre_ground::note::NoteSigner;
use lacre_ground::random::SystemRng;
use lacre_ground::time::SystemClock;
use lacre_store::accounts::AddStamps;
use lacre_store::channels::{Append, Open, Right, Trim};
use lacre_store::contract::channels::{Channel, entry};
use lacre_store::model::ModelStore;
use lacre_store::rules::Rules;
use std::sync::Mutex;
use tokio::sync::watch;
use tokio_stream::wrappers::ReceiverStream;

struct World {
    context: Arc<Context>,
    stop: watch::Sender<bool>,
}

/// A channel whose read token the test knows.
#[derive(Clone, Copy)]
struct Known {
    channel: Channel,
    read: [u8; 32],
}

type Requests = mpsc::Sender<Result<wire::AttachRequest, Status>>;

impl World {
    fn new(rules: Rules) -> Self {
        let store = ModelStore::new(Generation::new([1; 16]));
        let reads = Arc::new(store.reads());
        // a hub of its own: here the tests say who is woken
        let (writer, _) = Writer::start(Box::new(store), Arc::new(SystemClock), rules.clone(), Arc::default()).unwrap();
        let (stop, stopping) = watch::channel(false);
        let signer = |name| NoteSigner::new(name, &[1; 32]).unwrap();
        let keys = tempfile::tempdir().unwrap();
        let context = Context {
            clock: Arc::new(SystemClock),
            rng: Mutex::new(Box::new(SystemRng)),
            rules,
            writer,
            reads,
            hub: Arc::new(Hub::default()),
            identity: Identity::new([1; 32]),
            logged_in: Arc::<lacre_store::sessions::InMemory>::default(),
            challenge_key: zeroize::Zeroizing::new([2; 32]),
            receipts: signer("receipts"),
            bindings: signer("bindings"),
            registrar: crate::registrar_key::Registrar { signer: signer("registrar"), note: String::new() },
            kept: crate::kept_grants::KeptKey::of(
                &crate::run_key::RunKey::open(&keys.path().join("run.key"), &keys.path().join("data"), &mut SystemRng).unwrap(),
            ),
            authority: Arc::new(std::sync::RwLock::new(
                lacre_ground::address::Authority::new("localhost", 7443, Identity::new([1; 32])).unwrap(),
            )),
            stamps: Arc::default(),
            data: "unused".into(),
            clock_guard: Arc::new(
                crate::clock_guard::ClockGuard::open(std::path::Path::new("/nowhere"), Arc::new(SystemClock), || {
                    Ok::<_, ()>(None)
                })
                .unwrap(),
            ),
            deletions: crate::deletions::Deletions::of(std::path::Path::new("/nowhere"), zeroize::Zeroizing::new([7; 32])),
            newest: crate::newest::Newest::of_none(std::path::Path::new("/nowhere")),
            room: Arc::new(crate::room::Room::new(std::path::Path::new("/"), 0)),
            refusals: crate::counters::Refusals::default(),
            stopping,
        };
        Self { context: Arc::new(context), stop }
    }

    async fn open(&self, n: u8, inbox: bool) -> Known {
        let (append, read) = (Token::new([n; 32]), Token::new([n + 100; 32]));
        let (a, r, stamp) = (append.hash(), read.hash(), TokenHash::new([n; 32]));
        let id = if inbox { ChannelId::of_inbox(&r) } else { ChannelId::of_log(&a, &r) };
        let rights = [Right { token: a, stamped: false, once: false }];
        let open = if inbox { Open::inbox(id, &rights, r, Some(stamp)) } else { Open::log(id, a, r, Some(stamp)) };
        self.context.writer.submit(AddStamps(vec![stamp])).await.unwrap();
        self.context.writer.submit(open.unwrap()).await.unwrap().unwrap();
        Known { channel: Channel { id, append: a, read: r }, read: *read.expose() }
    }
    /// Stores without waking anybody.
    async fn store(&self, append: Append) {
        self.context.writer.submit(append).await.unwrap().unwrap();
    }
    async fn append(&self, k: Known, n: u64) {
        self.store(entry(k.channel, n, n - 1)).await;
        self.context.hub.wake(&k.channel.id);
    }
    fn attach(&self) -> (Requests, AttachEvents) {
        let (ask, requests) = mpsc::channel(8);
        (ask, start(Arc::clone(&self.context), None, ReceiverStream::new(requests)))
    }
}

fn add(k: Known, from_seq: u64) -> wire::AttachAdd {
    wire::AttachAdd { channel: k.channel.id.as_bytes().to_vec(), read_token: k.read.to_vec(), from_seq }
}

async fn ask(requests: &Requests, add: Vec<wire::AttachAdd>, remove: &[Known]) {
    let remove = remove.iter().map(|k| k.channel.id.as_bytes().to_vec()).collect();
    requests.send(Ok(wire::AttachRequest { add, remove })).await.unwrap();
}

async fn next(events: &mut AttachEvents) -> Event {
    events.next().await.unwrap().unwrap().event.unwrap()
}

fn seqs(event: Event, k: Known) -> Vec<u64> {
    match event {
        Event::Entries(e) if e.channel == k.channel.id.as_bytes() => e.entries.iter().map(|e| e.seq).collect(),
        other => panic!("not entries of this channel: {other:?}"),
    }
}

/// Heartbeats so far apart that no test sees one.
fn quiet() -> Rules {
    Rules { heartbeat_ms: 3_600_000, ..Rules::default() }
}

#[tokio::test]
async fn a_channel_is_told_what_is_gone_its_entries_that_it_is_caught_up_and_then_what_comes() {
    let w = World::new(quiet());
    let k = w.open(1, true).await;
    for n in 1..=5 {
        w.append(k, n).await;
    }
    let trim = Trim { channel: k.channel.id, token: k.channel.read, through: Seq::new(2).unwrap() };
    w.context.writer.submit(trim).await.unwrap().unwrap();

    let (requests, mut events) = w.attach();
    ask(&requests, vec![add(k, 1)], &[]).await;

    let name = k.channel.id.as_bytes().to_vec();
    assert_eq!(next(&mut events).await, Event::Gone(wire::AttachGone { channel: name.clone(), through_seq: 2 }));
    assert_eq!(seqs(next(&mut events).await, k), [3, 4, 5]);
    assert_eq!(next(&mut events).await, Event::CaughtUp(wire::AttachCaughtUp { channel: name, head: 5 }));
    w.append(k, 6).await;
    assert_eq!(seqs(next(&mut events).await, k), [6]);
    w.append(k, 7).await;
    assert_eq!(seqs(next(&mut events).await, k), [7]);
}

#[tokio::test]
async fn a_lost_wake_up_delays_by_a_heartbeat_and_loses_nothing() {
    let w = World::new(Rules { heartbeat_ms: 30, ..Rules::default() });
    let k = w.open(1, false).await;
    let (requests, mut events) = w.attach();
    ask(&requests, vec![add(k, 1)], &[]).await;
    assert!(matches!(next(&mut events).await, Event::CaughtUp(_)));

    w.store(entry(k.channel, 1, 0)).await;
    w.store(entry(k.channel, 2, 1)).await;

    let (mut seen, mut beats) = (Vec::new(), 0);
    while seen.len() < 2 {
        match next(&mut events).await {
            Event::Heartbeat(_) => beats += 1,
            event => seen.extend(seqs(event, k)),
        }
        assert!(beats <= 3, "not looked at a heartbeat");
    }
    assert_eq!(seen, [1, 2]);
}

#[tokio::test]
async fn a_stream_with_nothing_to_say_says_that_it_is_alive() {
    let w = World::new(Rules { heartbeat_ms: 5, ..Rules::default() });
    let (_requests, mut events) = w.attach();
    for _ in 0..3 {
        assert!(matches!(next(&mut events).await, Event::Heartbeat(_)));
    }
}

#[tokio::test]
async fn a_slow_reader_is_served_from_storage_and_never_makes_the_relay_buffer() {
    const COUNT: u64 = 1_000;
    let w = World::new(Rules { max_log_entries: COUNT, ..quiet() });
    let k = w.open(1, false).await;
    let (requests, events) = w.attach();
    ask(&requests, vec![add(k, 1)], &[]).await;
    for n in 1..=COUNT {
        let big = Append { ciphertext: vec![7; 2_048].into(), ..entry(k.channel, n, n - 1) };
        w.store(big).await;
        w.context.hub.wake(&k.channel.id);
    }

    let mut events = events.events;
    let mut last = 0;
    let mut caught_up = false;
    while last < COUNT {
        assert!(events.len() <= WAITING);
        match events.recv().await.unwrap().0.unwrap().event.unwrap() {
            Event::CaughtUp(_) => assert!(!std::mem::replace(&mut caught_up, true), "said twice"),
            event => {
                let seqs = seqs(event, k);
                assert!(seqs.len() * 2_048 <= 260 * 1_024, "{} entries in one message", seqs.len());
                assert_eq!(seqs, (last + 1..=last + seqs.len() as u64).collect::<Vec<_>>());
                last += seqs.len() as u64;
            }
        }
    }
}

#[tokio::test]
async fn a_wrong_token_an_unknown_channel_a_cursor_ahead_and_one_channel_too_many_are_refused_by_name() {
    let w = World::new(Rules { max_attached: 1, ..quiet() });
    let (k, other) = (w.open(1, false).await, w.open(2, false).await);
    let unknown = Known { channel: Channel { id: ChannelId::new([9; 32]), ..k.channel }, ..k };
    let wrong = Known { read: [1; 32], ..k };
    let (requests, mut events) = w.attach();

    ask(&requests, vec![add(unknown, 1), add(wrong, 1), add(k, 2), add(k, 1), add(other, 1)], &[]).await;

    for (known, reason) in [(unknown, "NOT_PERMITTED"), (wrong, "NOT_PERMITTED"), (k, "AHEAD"), (other, "LIMIT")] {
        let refused = wire::AttachRefused { channel: known.channel.id.as_bytes().to_vec(), reason: reason.into() };
        assert_eq!(next(&mut events).await, Event::Refused(refused));
    }
    assert!(matches!(next(&mut events).await, Event::CaughtUp(_)));
}

#[tokio::test]
async fn a_removed_channel_says_nothing_more_and_the_others_go_on() {
    let w = World::new(quiet());
    let (a, b) = (w.open(1, false).await, w.open(2, false).await);
    let (requests, mut events) = w.attach();
    ask(&requests, vec![add(a, 1)], &[]).await;
    assert!(matches!(next(&mut events).await, Event::CaughtUp(_)));

    ask(&requests, vec![add(b, 1)], &[a]).await;
    assert!(matches!(next(&mut events).await, Event::CaughtUp(_)));
    w.append(a, 1).await;
    w.append(b, 1).await;
    assert_eq!(seqs(next(&mut events).await, b), [1]);
    w.append(a, 2).await;
    w.append(b, 2).await;
    assert_eq!(seqs(next(&mut events).await, b), [2]);
}

#[tokio::test]
async fn one_stream_carries_many_channels_each_from_its_own_cursor() {
    let w = World::new(quiet());
    let mut known = Vec::new();
    for n in 1..=100 {
        let k = w.open(n, false).await;
        w.append(k, 1).await;
        w.append(k, 2).await;
        known.push(k);
    }
    let (requests, mut events) = w.attach();
    ask(&requests, known.iter().enumerate().map(|(i, k)| add(*k, 1 + i as u64 % 3)).collect(), &[]).await;

    let (mut caught_up, mut entries) = (0, 0);
    while caught_up < known.len() {
        match next(&mut events).await {
            Event::CaughtUp(_) => caught_up += 1,
            Event::Entries(e) => entries += e.entries.len(),
            other => panic!("{other:?}"),
        }
    }
    // cursors 1, 2, 3: two, one and no entries
    assert_eq!(entries, 34 * 2 + 33);
}

/// More than are read each by itself: it is asked first where there is something.
#[tokio::test]
async fn after_a_break_all_that_is_followed_is_looked_at_and_what_came_meanwhile_is_told() {
    let w = World::new(quiet());
    let mut known = Vec::new();
    for n in 1..=50 {
        known.push(w.open(n, false).await);
    }
    let (requests, mut events) = w.attach();
    ask(&requests, known.iter().map(|k| add(*k, 1)).collect(), &[]).await;
    for _ in &known {
        assert!(matches!(next(&mut events).await, Event::CaughtUp(_)));
    }

    for k in [known[3], known[47]] {
        w.store(entry(k.channel, 1, 0)).await;
    }
    w.context.hub.wake_all();

    let mut told = Vec::new();
    for _ in 0..2 {
        let Event::Entries(e) = next(&mut events).await else { panic!("not entries") };
        told.push(e.channel);
    }
    told.sort();
    let mut stored = [known[3], known[47]].map(|k| k.channel.id.as_bytes().to_vec());
    stored.sort();
    assert_eq!(told, stored);
}

#[tokio::test]
async fn a_request_outside_its_bounds_ends_the_stream_with_the_reason() {
    let w = World::new(quiet());
    let k = w.open(1, false).await;
    let (requests, mut events) = w.attach();

    ask(&requests, vec![wire::AttachAdd { from_seq: 0, ..add(k, 1) }], &[]).await;

    let status = events.next().await.unwrap().unwrap_err();
    assert_eq!(status.code(), tonic::Code::InvalidArgument);
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn a_stream_ends_when_the_relay_stops_and_leaves_nothing_in_the_hub() {
    let w = World::new(quiet());
    let k = w.open(1, false).await;
    let (requests, mut events) = w.attach();
    ask(&requests, vec![add(k, 1)], &[]).await;
    assert!(matches!(next(&mut events).await, Event::CaughtUp(_)));
    assert_eq!(w.context.hub.followed(), 1);

    w.stop.send_replace(true);

    assert_eq!(events.next().await.unwrap().unwrap_err().code(), tonic::Code::Unavailable);
    assert!(events.next().await.is_none());
    assert_eq!(w.context.hub.followed(), 0);
}
