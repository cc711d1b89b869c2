//! What relays on one database have in common: sessions, who removes, the registrar's note, a database that went back.

use super::{NOW, RULES, log, quotas, server};
use crate::own_server::OwnServer;
use crate::sql::{Cells as _, only, params, run};
use crate::{PgSessions, PgStore};
use lacre_ground::random::SystemRng;
use lacre_ground::time::Millis;
use lacre_store::channels::Retire;
use lacre_store::contract::channels::entry;
use lacre_store::contract::sessions;
use lacre_store::{Reads as _, run_one};

fn relay(server: &OwnServer) -> PgStore {
    PgStore::open(server.options(), quotas(), &mut SystemRng).unwrap()
}

#[test]
fn a_session_of_one_relay_is_good_at_the_other_and_ends_at_both() {
    let Some(server) = server() else { return };
    let (a, b) = (relay(&server), relay(&server));
    let both = [PgSessions::new(a.reads(1)), PgSessions::new(b.reads(1))];
    sessions::a_session_ends_with_its_time_and_with_its_device([&both[0], &both[1]]);
    sessions::sessions_are_bounded_by_device_and_in_all([&both[0], &both[1]]);
}

#[test]
fn of_two_relays_one_removes_what_is_past_its_time_and_the_other_once_that_one_is_gone() {
    let Some(server) = server() else { return };
    let (mut a, mut b) = (relay(&server), relay(&server));
    a.share_removal();
    b.share_removal();
    let channel = log(&mut a, 1);
    for n in 1..=3 {
        run_one(&mut a, NOW, &RULES, entry(channel, n, n - 1)).unwrap().unwrap();
    }
    let over_at = Millis::new(NOW.get() + RULES.entry_retention_ms + 1);
    let remove = |store: &mut PgStore| run_one(store, over_at, &RULES, Retire { over_at, budget: 1 }).unwrap().entries;

    assert_eq!([remove(&mut a), remove(&mut b), remove(&mut a), remove(&mut b)], [1, 0, 1, 0]);
    drop(a);
    // the server ends the session of the one that is gone a moment later
    let removed = (0..).map(|_| remove(&mut b)).find(|n| *n > 0);
    assert_eq!(removed, Some(1));
}

#[test]
fn all_relays_show_the_note_of_the_registrars_key_that_the_first_one_put() {
    let Some(server) = server() else { return };
    let (mut a, mut b) = (relay(&server), relay(&server));
    a.belongs_to(&[1; 32]).unwrap();
    assert_eq!(a.registrar_note().unwrap(), None);
    assert_eq!(a.keep_registrar_note("one").unwrap(), "one");
    assert_eq!(b.keep_registrar_note("two").unwrap(), "one");
    assert_eq!(b.registrar_note().unwrap(), Some("one".into()));
}

/// As after a failover that lost what was acknowledged: the numbers in the relays' rows are as they were before.
#[test]
fn a_database_that_lost_what_a_relay_acknowledged_gets_one_new_generation_which_all_relays_see() {
    let Some(server) = server() else { return };
    let (mut a, mut b) = (relay(&server), relay(&server));
    let channel = log(&mut a, 1);
    run_one(&mut b, NOW, &RULES, entry(channel, 1, 0)).unwrap().unwrap();
    let before = a.generation();
    let conn = server.options().connect(a.threads.handle().unwrap()).unwrap();
    run(&conn, "UPDATE relay SET batch = batch - 1", params![]).unwrap();

    run_one(&mut a, NOW, &RULES, entry(channel, 2, 1)).unwrap().unwrap();
    let after = a.generation();
    assert_ne!(after, before);
    run_one(&mut b, NOW, &RULES, entry(channel, 3, 2)).unwrap().unwrap();
    assert_eq!(b.generation(), after, "the first that notices does it");
    let idle = relay(&server);
    assert_eq!(idle.generation(), after);
    let reads = b.reads(1);
    run(&conn, "UPDATE meta SET generation = decode(repeat('07', 16), 'hex')", params![]).unwrap();
    reads.used_bytes().unwrap();
    assert_eq!(reads.generation().as_bytes(), &[7; 16], "a relay that writes nothing sees it, too");
}

#[test]
fn a_relay_that_ended_meanwhile_finds_at_its_start_that_the_database_is_behind_it() {
    let Some(server) = server() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("batch");
    let mut first = relay(&server);
    assert!(!first.remember_in(&file).unwrap(), "a first start");
    log(&mut first, 1);
    let acknowledged = first.work.acked;
    drop(first);
    let mut second = relay(&server);
    assert!(!second.remember_in(&file).unwrap(), "all that it acknowledged is there");
    log(&mut second, 2);
    drop(second);

    let mut third = relay(&server);
    run(&third.work.conn, "UPDATE relay SET batch = 0", params![]).unwrap();
    assert!(acknowledged > 0 && third.remember_in(&file).unwrap());
    assert!(third.remember_in(&file).unwrap(), "whoever ended before it had another generation is told again");
    third.went_back().unwrap();
    assert!(!third.remember_in(&file).unwrap(), "it is said once");
}

/// Seen red with connections that are taken as they come.
#[test]
fn a_relay_whose_connections_lead_to_another_database_since_reads_and_writes_nothing_there() {
    let Some(server) = server() else { return };
    let mut store = relay(&server);
    store.belongs_to(&[1; 32]).unwrap();
    let (channel, reads) = (log(&mut store, 1), store.reads(1));
    reads.used_bytes().unwrap();
    let operator = server.options().connect(store.threads.handle().unwrap()).unwrap();
    let leads_to = |identity: &str| {
        run(&operator, &format!("UPDATE identity SET public_key = decode(repeat('{identity}', 32), 'hex')"), params![]).unwrap();
        let ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
        run(&operator, ended, params![]).unwrap();
    };

    leads_to("02");
    assert!(reads.used_bytes().is_err());
    assert!(run_one(&mut store, NOW, &RULES, entry(channel, 1, 0)).is_err());
    assert_eq!(only(&operator, "SELECT count(*) FROM entry", params![], |r| r.number(0)).unwrap(), 0);
    // the right one is there again
    leads_to("01");
    run_one(&mut store, NOW, &RULES, entry(channel, 1, 0)).unwrap().unwrap();
    reads.used_bytes().unwrap();
}
