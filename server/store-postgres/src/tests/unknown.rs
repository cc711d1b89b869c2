//! COMMIT sent, and nobody answers.

use super::forwarder::{Cut, Forwarder};
use super::{RULES, ids, log, open, server, store_all};
use crate::PgOptions;
use crate::sql::params;
use lacre_ground::time::Millis;
use lacre_store::accounts::AddStamps;
use lacre_store::channels::{Open, Right};
use lacre_store::contract::channels::{entry, hash, inbox_channel};
use lacre_store::{AccountReads as _, Answer, Ask, Outcome, Store as _, run_one};
use std::thread;

const NOW: Millis = Millis::new(1_800_000_000_000);

/// Seen red without the lock on the relay's row (Late), and with a commit that counts as done, or as not done, whenever it is not answered.
#[test]
fn a_commit_whose_answer_is_lost_is_stored_exactly_once_wherever_the_line_broke() {
    let Some(server) = server() else { return };
    let line = Forwarder::to(server.socket());
    let through = PgOptions { hosts: vec![line.folder().display().to_string()], ..server.options() };
    let (mut store, reads) = open(&through);
    let c = log(&mut store, 1);

    let cuts = [Cut::Before, Cut::After, Cut::Late];
    for (n, cut) in (1..=30).zip(cuts.iter().cycle()) {
        line.cut(*cut);
        let outcome = store.run(NOW, &RULES, &[Ask::Append(entry(c, n, n - 1))]);
        let Outcome::Committed(answers) = outcome else { panic!("{cut:?}: {outcome:?}") };
        let [Answer::Append(Ok(appended))] = answers.as_slice() else { panic!("{cut:?}: {answers:?}") };
        assert_eq!((appended.seq.get(), appended.again), (n, false), "{cut:?}");
    }

    assert_eq!(line.cuts(), 30, "each was broken off");
    assert_eq!(ids(&reads, c), (1..=30).collect::<Vec<_>>());
}

#[test]
fn a_stamp_is_spent_once_when_the_answer_to_an_opening_is_lost() {
    let Some(server) = server() else { return };
    let line = Forwarder::to(server.socket());
    let through = PgOptions { hosts: vec![line.folder().display().to_string()], ..server.options() };
    let (mut store, reads) = open(&through);
    for (n, cut) in (1..).zip([Cut::Before, Cut::After, Cut::Late]) {
        let (stamp, c) = (hash("stamp", n), inbox_channel(n));
        run_one(&mut store, NOW, &RULES, AddStamps(vec![stamp, hash("other", n)])).unwrap();
        let right = Right { token: c.append, stamped: false, once: false };
        let open = Open::inbox(c.id, &[right], c.read, Some(stamp)).unwrap();

        line.cut(cut);
        assert!(run_one(&mut store, NOW, &RULES, open).unwrap().unwrap().spent, "{cut:?}");

        assert!(!reads.stamp_known(&stamp).unwrap() && reads.stamp_known(&hash("other", n)).unwrap());
    }
    assert_eq!(line.cuts(), 3);
}

/// Seen red with the commit's warning passed over.
#[test]
fn a_commit_that_no_replica_waited_for_is_no_acknowledgement() {
    let Some(server) = super::server_with(&["wal_level=replica", "max_wal_senders=2"]) else { return };
    let (mut store, _) = open(&server.options());
    let (other, _) = open(&server.options());
    let c = log(&mut store, 1);
    let admin = &other.work.conn;
    admin.simple("ALTER SYSTEM SET synchronous_standby_names = 'away'").unwrap();
    admin.simple("SELECT pg_reload_conf()").unwrap();
    // what the server read is known to whoever waits for a replica by then
    while super::text(admin, "SELECT current_setting('synchronous_standby_names')") != "away" {}

    // a process of the server hears of it a moment later: what it commits until then waits for nobody
    let mut append = move |n| store.run(NOW, &RULES, &[Ask::Append(entry(c, n, n - 1))]);
    let waits = thread::spawn(move || (1..).map(&mut append).find(|outcome| !matches!(outcome, Outcome::Committed(_))).unwrap());
    let cancel = "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    while crate::sql::only(admin, cancel, params![], |r| crate::sql::Cells::number(r, 0)).unwrap() == 0 {}
    let outcome = waits.join().unwrap();

    assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
}

#[test]
fn what_was_acknowledged_is_there_once_when_the_server_is_killed_in_the_middle_of_batches() {
    let Some(mut server) = server() else { return };
    let (mut first, reads) = open(&server.options());
    let channels = [log(&mut first, 1), log(&mut first, 2)];
    let (second, _) = open(&server.options());

    // each writes to its own log until it was told no three times, and then goes on with the same entry
    let writers = [(first, channels[0]), (second, channels[1])].map(|(store, c)| thread::spawn(move || store_all(store, c, 400)));
    for n in 1..=3u64 {
        while super::last(&reads, channels[0]) < n * 60 {}
        server.stop(rustix::process::Signal::KILL);
        // processes of the old one may hold its memory for a moment
        let mut again = server.start();
        for _ in 0..200 {
            if again.is_ok() {
                break;
            }
            again = server.start();
        }
        again.unwrap();
    }
    let refused: Vec<usize> = writers.into_iter().map(|writer| writer.join().unwrap()).collect();

    for c in channels {
        assert_eq!(ids(&reads, c), (1..=400).collect::<Vec<_>>());
    }
    assert!(refused.iter().sum::<usize>() > 0, "somebody was told to come back: {refused:?}");
}
