//! Unary calls: the pin, refusals, deadlines, lanes, proxies.

use super::relay::{AppendAnswer, PATIENCE, Relay, acceptor, acceptor_with, fresh_identity, identity_of};
use super::ways::Socks;
use super::{Fixed, World, network_with, timeouts};
use crate::dial::{Dial, pinned};
use crate::{SocksProxy, Timeouts};
use lacre_core::network::{Lane, NetError, Network, Reason};
use lacre_ground::address::Authority;
use lacre_ground::time::{Clock as _, Millis, SystemClock};
use lacre_proto::relay::v1 as wire;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tonic::Code;

#[test]
fn the_pinned_key_is_accepted_and_a_renewed_certificate_cuts_nobody_off() {
    let mut w = World::new();
    assert_eq!(w.append().unwrap().seq, 1);

    w.relay.shows(acceptor(&w.relay.identity));

    assert_eq!(w.append_anew().unwrap().seq, 1);
    assert_eq!(w.relay.script.handshakes.lock().unwrap().len(), 2);
}

#[test]
fn another_key_under_the_same_names_is_refused_and_said_to_be_one() {
    let mut w = World::new();
    w.append().unwrap();

    w.relay.shows(acceptor(&fresh_identity()));

    let error = w.append_anew().unwrap_err();
    assert!(matches!(error, NetError::OtherKey { .. }), "{error}");
    assert_eq!(w.relay.seen("append").len(), 1);
}

#[test]
fn a_certificate_out_of_its_time_is_refused_and_not_taken_for_another_key() {
    let w = World::new();
    let mut network = network_with(timeouts(), None, Arc::new(Fixed(Millis::new(1000))));

    let error = network.append(&w.at, Lane::Conversations, wire::AppendRequest::default()).unwrap_err();

    assert!(matches!(&error, NetError::Unreachable { why } if why.contains("not valid at this machine's time")), "{error}");
}

#[test]
fn tls_1_2_and_other_protocols_than_http2_are_refused() {
    let mut w = World::new();
    w.relay.shows(acceptor_with(&w.relay.identity, &[&rustls::version::TLS12], &[b"h2"]));
    assert!(matches!(w.append(), Err(NetError::Unreachable { .. })));
    for alpn in [&[b"http/1.1".as_slice()][..], &[]] {
        w.relay.shows(acceptor_with(&w.relay.identity, &[&rustls::version::TLS13], alpn));
        assert!(matches!(w.append_anew(), Err(NetError::Unreachable { .. })));
    }
    assert!(w.relay.seen("append").is_empty());
}

#[test]
fn no_session_is_ever_resumed() {
    let relay = Relay::start();
    let dial = Dial {
        host: "127.0.0.1".into(),
        port: relay.address.port(),
        tls: Arc::new(pinned(identity_of(&relay.identity), Arc::new(SystemClock)).unwrap()),
        proxy: None,
        isolation: (String::new(), String::new().into()),
        limit: PATIENCE,
    };

    for _ in 0..3 {
        relay.runtime.block_on(async {
            let mut stream = dial.connect().await.unwrap();
            // the server's tickets come before its first byte
            stream.read_u8().await.unwrap();
        });
    }

    let kinds = relay.script.handshakes.lock().unwrap().clone();
    assert_eq!(kinds.len(), 3);
    assert!(!kinds.contains(&rustls::HandshakeKind::Resumed), "{kinds:?}");
}

#[test]
fn every_reason_crosses_the_wire_with_its_details() {
    let mut w = World::new();
    for reason in Reason::ALL {
        let code = match reason {
            Reason::BadNote
            | Reason::BadValue
            | Reason::BadField
            | Reason::WrongName
            | Reason::BadState
            | Reason::BadRun
            | Reason::WrongDigest => Code::InvalidArgument,
            Reason::NotHerDuty | Reason::NotPermitted | Reason::LoginRefused | Reason::CodeRefused => Code::PermissionDenied,
            Reason::Session => Code::Unauthenticated,
            Reason::StampRefused
            | Reason::Sealed
            | Reason::CatchUp
            | Reason::NoSeals
            | Reason::NotAnInbox
            | Reason::NotDesignated
            | Reason::NoBlob
            | Reason::Paused => Code::FailedPrecondition,
            Reason::Ahead => Code::OutOfRange,
            Reason::Conflict | Reason::HandleTaken | Reason::HasAccount | Reason::ClerkExists | Reason::AgencyExists => {
                Code::AlreadyExists
            }
            Reason::NoClerk | Reason::NoAgency | Reason::NoCode | Reason::NoEntry | Reason::NoAccount | Reason::NoKeyPackage => {
                Code::NotFound
            }
            Reason::Limit => Code::ResourceExhausted,
            Reason::StoreDown | Reason::Stopping => Code::Unavailable,
            Reason::Unknown => panic!("not a known one"),
        };
        let retry = (reason == Reason::Limit).then_some(Duration::from_millis(2500));
        w.relay.append(AppendAnswer::Refused(reason, code, vec![("head".into(), "12".into())], retry));

        let Err(NetError::Refused(refusal)) = w.append() else { panic!("{reason:?}") };

        assert_eq!(refusal.reason, reason);
        assert_eq!(refusal.seq("head").unwrap().get(), 12);
        assert_eq!(refusal.retry_after, retry);
    }
    assert_eq!(w.relay.script.handshakes.lock().unwrap().len(), 1, "a refusal costs no connection");
}

#[test]
fn a_status_without_a_reason_is_unreachable_or_the_relays_fault() {
    let mut w = World::new();
    for code in [Code::Unavailable, Code::Cancelled, Code::DeadlineExceeded, Code::Unknown, Code::ResourceExhausted] {
        w.relay.append(AppendAnswer::Bare(code));
        assert!(matches!(w.append(), Err(NetError::Unreachable { .. })), "{code:?}");
    }
    for code in [Code::Unimplemented, Code::NotFound, Code::PermissionDenied, Code::InvalidArgument, Code::DataLoss] {
        w.relay.append(AppendAnswer::Bare(code));
        assert!(matches!(w.append(), Err(NetError::Protocol(_))), "{code:?}");
    }
}

#[test]
fn an_answer_outside_its_bounds_is_the_relays_fault_and_the_next_call_works() {
    let mut w = World::new();
    for answer in
        [AppendAnswer::ShortGeneration, AppendAnswer::Receipt(65_537), AppendAnswer::Receipt(crate::MAX_MESSAGE_BYTES + 1)]
    {
        w.relay.append(answer);
        let outcome = w.append();
        assert!(matches!(outcome, Err(NetError::Protocol(_))), "{outcome:?}");
    }
    // a page that hides what is there, and stamps that nobody asked for
    let fetch = wire::FetchRequest { from_seq: 1, max_entries: 8, ..Default::default() };
    assert!(matches!(w.network.fetch(&w.at, Lane::Inbox, fetch), Err(NetError::Protocol(_))));
    let stamps = wire::TakeStampsRequest { count: 3, ..Default::default() };
    assert!(matches!(w.network.take_stamps(&w.at, stamps), Err(NetError::Protocol(_))));

    w.relay.append(AppendAnswer::Receipt(65_536));

    assert_eq!(w.append().unwrap().receipt.len(), 65_536);
}

#[test]
fn a_relay_that_never_answers_costs_one_deadline_and_its_connection() {
    let mut w = World::with(Timeouts { call: Duration::from_millis(300), ..timeouts() });
    let line = |w: &World| {
        let _context = w.network.handle.enter();
        w.network.lanes.line(&w.at, Lane::Conversations).unwrap()
    };
    let before = line(&w);
    w.relay.append(AppendAnswer::Never);

    let error = w.append().unwrap_err();

    assert!(matches!(&error, NetError::Unreachable { why } if why.contains("no answer within 300 ms")), "{error}");
    assert!(!Arc::ptr_eq(&before, &line(&w)), "the next call does not wait on the connection in doubt");
}

#[test]
fn an_answer_that_takes_long_is_told_once_and_one_that_comes_at_once_is_not() {
    let mut w = World::with(Timeouts { call: Duration::from_millis(300), ..timeouts() });
    let told = Arc::new(AtomicUsize::new(0));
    let teller = |told: &Arc<AtomicUsize>| -> crate::OnLate {
        let told = Arc::clone(told);
        Box::new(move || {
            told.fetch_add(1, Ordering::SeqCst);
        })
    };
    w.network.on_late(Duration::from_secs(20), teller(&told));
    w.append().unwrap();
    assert_eq!(told.load(Ordering::SeqCst), 0);

    w.network.on_late(Duration::from_millis(20), teller(&told));
    w.relay.append(AppendAnswer::Never);
    for _ in 0..2 {
        w.append().unwrap_err();
    }

    assert_eq!(told.load(Ordering::SeqCst), 1);
}

#[test]
fn where_nobody_listens_is_unreachable_and_a_cut_connection_is_made_again() {
    let mut w = World::new();
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let there = w.relay.authority_at(nobody);
    let error = w.network.append(&there, Lane::Conversations, wire::AppendRequest::default()).unwrap_err();
    assert!(matches!(&error, NetError::Unreachable { why } if why.starts_with("no connection")), "{error}");

    w.append().unwrap();
    w.way.cut();

    // the call that meets the cut may fail, and says so; the one behind it does not
    let met = w.append();
    assert!(matches!(met, Ok(_) | Err(NetError::Unreachable { .. })), "{met:?}");
    if met.is_err() {
        w.append().unwrap();
    }
}

// Seen red: each lane dialled for itself, three connections.
#[test]
fn a_relay_that_answers_nothing_is_waited_for_once_and_not_once_for_each_lane_and_is_asked_again_later() {
    let mut w = World::with(Timeouts { connect: Duration::from_secs(1), ..timeouts() });
    let listens = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = w.relay.authority_at(listens.local_addr().unwrap().port());
    listens.set_nonblocking(true).unwrap();
    let mut ask = |lane| w.network.get_info(&silent, lane, wire::GetInfoRequest {}).unwrap_err();

    for lane in [Lane::Account, Lane::Directory, Lane::Conversations] {
        let error = ask(lane);
        assert!(matches!(&error, NetError::Unreachable { why } if why.contains("not connected within 1000 ms")), "{error}");
    }

    let first = listens.accept().unwrap();
    assert!(listens.accept().is_err(), "a second lane dialled");
    // not for ever
    let asked = SystemClock.now();
    while listens.accept().is_err() {
        assert!(Duration::from_millis(SystemClock.now().since(asked)) < PATIENCE, "never asked again");
        ask(Lane::Inbox);
    }
    drop(first);
}

#[test]
fn each_lane_has_a_connection_of_its_own_and_keeps_it() {
    let mut w = World::new();
    for _ in 0..2 {
        w.append().unwrap();
        w.network.open(&w.at, Lane::Inbox, wire::OpenRequest::default()).unwrap();
        w.network.challenge(&w.at, wire::ChallengeRequest::default()).unwrap();
        w.network.lookup(&w.at, wire::LookupRequest::default()).unwrap();
        let header = wire::PutHeader { blob: vec![1; 32], size: 1, stamp: vec![1; 32], ..Default::default() };
        w.network.put_blob(&w.at, header, &mut &b"x"[..]).unwrap();
    }

    let mut ports = HashSet::new();
    for call in ["append", "open", "challenge", "lookup", "put"] {
        let from = w.relay.seen(call);
        assert_eq!(from.len(), 2, "{call}");
        assert_eq!(from[0], from[1], "{call}");
        assert!(ports.insert(from[0]), "{call} shares a connection");
    }
}

#[test]
fn through_a_proxy_names_are_resolved_there_and_each_lane_shows_other_credentials() {
    let relay = Relay::start();
    let socks = Socks::to(&relay);
    let proxy = SocksProxy::parse(&format!("socks5://127.0.0.1:{}", socks.port)).unwrap();
    let mut network = network_with(timeouts(), Some(proxy), Arc::new(SystemClock));
    // a name that no resolver knows
    let at = Authority::new("relay.example.invalid", 7443, identity_of(&relay.identity)).unwrap();

    for lane in Lane::ALL {
        network.get_info(&at, lane, wire::GetInfoRequest {}).unwrap();
    }

    let asked = socks.asked();
    assert_eq!(asked.len(), Lane::ALL.len());
    assert!(asked.iter().all(|a| a.host == "relay.example.invalid" && a.port == 7443));
    assert_eq!(asked.iter().map(|a| &a.user).collect::<HashSet<_>>().len(), Lane::ALL.len());
    assert_eq!(asked.iter().map(|a| &a.password).collect::<HashSet<_>>().len(), Lane::ALL.len());
}

#[test]
fn a_proxy_that_is_down_is_named_and_never_gone_around() {
    let relay = Relay::start();
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let proxy = SocksProxy::parse(&format!("socks5://127.0.0.1:{nobody}")).unwrap();
    let mut network = network_with(timeouts(), Some(proxy), Arc::new(SystemClock));

    let error = network.get_info(&relay.authority_at(relay.address.port()), Lane::Inbox, wire::GetInfoRequest {}).unwrap_err();

    assert!(matches!(&error, NetError::Unreachable { why } if why.starts_with("the proxy does not answer")), "{error}");
    assert!(relay.seen("get_info").is_empty());
}

#[test]
fn calls_from_inside_another_runtime_work() {
    let mut w = World::new();
    let theirs = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();

    let answer = theirs.block_on(async { w.append() });

    assert_eq!(answer.unwrap().seq, 1);
}

#[test]
fn a_relay_that_names_another_identity_than_its_certificate_shows_breaks_the_protocol() {
    let mut w = World::new();
    // the certificate of the key that the address pins, in front of a relay that says it is somebody else
    let other = fresh_identity();
    w.relay.shows(acceptor(&other));
    let at = Authority::new("127.0.0.1", w.way.port, identity_of(&other)).unwrap();

    let outcome = w.network.get_info(&at, Lane::Inbox, wire::GetInfoRequest {});

    assert!(matches!(outcome, Err(NetError::Protocol(_))), "{outcome:?}");
}
