//! Two relays at one thing at one time.

use super::{RULES, ids, log, open, server};
use crate::sql::params;
use crate::{PgReads, PgStore};
use lacre_ground::time::Millis;
use lacre_store::accounts::{AddStamps, IssueCode, RunHash};
use lacre_store::channels::{Append, AppendRefused, Appended, Open, Right};
use lacre_store::contract::channels::{Channel, entry, hash, inbox_channel, log_channel, seal};
use lacre_store::counter::By;
use lacre_store::{Answer, Ask, ChannelReads as _, CounterReads as _, Outcome, Store as _, Verb, run_one};
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

const NOW: Millis = Millis::new(1_800_000_000_000);
const ROUNDS: u64 = 40;

/// What two stores answer to two asks at one time.
fn both<V: Verb + Send>(stores: &mut [PgStore; 2], asks: [V; 2]) -> [V::Answer; 2]
where
    V::Answer: Send + std::fmt::Debug,
{
    let barrier = Barrier::new(2);
    let asked: Vec<V::Answer> = thread::scope(|scope| {
        let work = stores.iter_mut().zip(asks).map(|(store, ask)| {
            let barrier = &barrier;
            scope.spawn(move || {
                barrier.wait();
                run_one(store, NOW, &RULES, ask).unwrap()
            })
        });
        let work: Vec<_> = work.collect();
        work.into_iter().map(|w| w.join().unwrap()).collect()
    });
    asked.try_into().unwrap_or_else(|_| unreachable!())
}

fn two() -> Option<([PgStore; 2], PgReads, crate::own_server::OwnServer)> {
    let server = server()?;
    let ((first, reads), (second, _)) = (open(&server.options()), open(&server.options()));
    Some(([first, second], reads, server))
}

fn inbox(store: &mut PgStore, n: u64) -> Channel {
    let (c, stamp) = (inbox_channel(n), hash("stamp of inbox", n));
    run_one(store, NOW, &RULES, AddStamps(vec![stamp])).unwrap();
    let right = Right { token: c.append, stamped: false, once: false };
    run_one(store, NOW, &RULES, Open::inbox(c.id, &[right], c.read, Some(stamp)).unwrap()).unwrap().unwrap();
    c
}

#[test]
fn one_entry_at_two_relays_at_once_is_stored_once_and_both_are_told_its_place() {
    let Some((mut stores, reads, _server)) = two() else { return };
    let channels = [log(&mut stores[0], 1), inbox(&mut stores[1], 2)];
    for n in 1..=ROUNDS {
        for c in channels {
            let [a, b] = both(&mut stores, [entry(c, n, n - 1), entry(c, n, n - 1)]).map(Result::unwrap);
            assert_eq!((a.seq, a.accepted_at, a.seq.get()), (b.seq, b.accepted_at, n));
            assert!(a.again ^ b.again, "{a:?} {b:?}");
        }
    }
    for c in channels {
        assert_eq!(ids(&reads, c), (1..=ROUNDS).collect::<Vec<_>>());
    }
}

#[test]
fn of_two_seals_with_one_read_to_at_two_relays_one_is_stored_and_the_other_is_told_which() {
    let Some((mut stores, _reads, _server)) = two() else { return };
    for n in 1..=ROUNDS {
        let c = log(&mut stores[0], n);
        let told = both(&mut stores, [seal(c, 1, 0), seal(c, 2, 0)]);
        let stored: Vec<&Appended> = told.iter().flatten().collect();
        assert_eq!(stored.len(), 1, "{told:?}");
        assert!(told.contains(&Err(AppendRefused::Sealed { seq: stored[0].seq })), "{told:?}");
    }
}

#[test]
fn one_stamp_pays_for_one_of_two_things_at_two_relays() {
    let Some((mut stores, _reads, _server)) = two() else { return };
    for n in 1..=ROUNDS {
        let stamp = hash("shared", n);
        run_one(&mut stores[0], NOW, &RULES, AddStamps(vec![stamp])).unwrap();
        let opens = [2 * n, 2 * n + 1].map(|n| {
            let c = log_channel(n);
            Open::log(c.id, c.append, c.read, Some(stamp)).unwrap()
        });
        let told = both(&mut stores, opens);
        assert_eq!(told.iter().filter(|t| t.is_ok()).count(), 1, "{told:?}");

        let paid = [hash("paid", n), hash("paid too", n)];
        run_one(&mut stores[1], NOW, &RULES, AddStamps(vec![stamp, paid[0], paid[1]])).unwrap();
        let appends = [0, 1].map(|which| {
            let c = inbox_channel(1_000 + 2 * n + which);
            let (right, pays) = (Right { token: c.append, stamped: true, once: false }, paid[usize::try_from(which).unwrap()]);
            run_one(&mut stores[1], NOW, &RULES, Open::inbox(c.id, &[right], c.read, Some(pays)).unwrap()).unwrap().unwrap();
            Append { stamp: Some(stamp), ..entry(c, n, 0) }
        });
        let told = both(&mut stores, appends);
        assert!(told.contains(&Err(AppendRefused::Stamp)) && told.iter().any(Result::is_ok), "{told:?}");
    }
}

#[test]
fn a_channel_that_two_relays_open_at_once_costs_one_of_their_stamps() {
    let Some((mut stores, reads, _server)) = two() else { return };
    for n in 1..=ROUNDS {
        let (c, stamps) = (log_channel(n), [hash("one", n), hash("other", n)]);
        run_one(&mut stores[0], NOW, &RULES, AddStamps(stamps.to_vec())).unwrap();
        let told = both(&mut stores, stamps.map(|stamp| Open::log(c.id, c.append, c.read, Some(stamp)).unwrap()));
        assert_eq!(told.map(|t| t.unwrap().spent).iter().filter(|spent| **spent).count(), 1);
        let left = stamps.iter().filter(|s| lacre_store::AccountReads::stamp_known(&reads, s).unwrap()).count();
        assert_eq!(left, 1);
    }
}

#[test]
fn batches_that_name_the_same_channels_in_opposite_order_wait_for_one_another_and_never_in_a_circle() {
    let Some(([mut first, mut second], reads, _server)) = two() else { return };
    let channels: Vec<Channel> = (0..8).map(|n| inbox(&mut first, n)).collect();
    let backwards: Vec<Channel> = channels.iter().rev().copied().collect();
    let write = |store: &mut PgStore, channels: &[Channel], from: u64| {
        let begun = Instant::now();
        for n in 0..ROUNDS {
            let asks: Vec<Ask> = channels.iter().map(|c| Ask::Append(entry(*c, from + n, 0))).collect();
            let Outcome::Committed(answers) = store.run(NOW, &RULES, &asks) else { panic!("not committed") };
            assert!(answers.iter().all(|a| matches!(a, Answer::Append(Ok(a)) if !a.again)));
        }
        begun.elapsed()
    };
    let took = thread::scope(|scope| {
        let one = scope.spawn(|| write(&mut first, &channels, 1));
        let other = write(&mut second, &backwards, 1 + ROUNDS);
        one.join().unwrap().max(other)
    });
    for c in &channels {
        let mut all = ids(&reads, *c);
        all.sort_unstable();
        assert_eq!(all, (1..=2 * ROUNDS).collect::<Vec<_>>());
    }
    // the server looks for circles after a second: none of 80 batches met one
    assert_eq!(
        super::text(&first.work.conn, "SELECT deadlocks::text FROM pg_stat_database WHERE datname = current_database()"),
        "0"
    );
    assert!(took < Duration::from_secs(30));
}

#[test]
fn who_holds_one_channel_does_not_stop_appends_to_another() {
    let Some((mut stores, reads, server)) = two() else { return };
    let (x, y) = (log(&mut stores[0], 1), log(&mut stores[0], 2));
    let (holder, _) = open(&server.options());
    let held = "SELECT channel FROM channel WHERE name = $1 FOR UPDATE";
    holder.work.conn.simple("BEGIN").unwrap();
    holder.work.conn.execute(held, params![x.id.as_bytes().as_slice()]).unwrap();

    for n in 1..=20u64 {
        let store = &mut stores[usize::try_from(n % 2).unwrap()];
        let begun = Instant::now();
        run_one(store, NOW, &RULES, entry(y, n, n - 1)).unwrap().unwrap();
        assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    }
    holder.work.conn.simple("ROLLBACK").unwrap();
    run_one(&mut stores[0], NOW, &RULES, entry(x, 1, 0)).unwrap().unwrap();
    assert_eq!((ids(&reads, x).len(), ids(&reads, y).len()), (1, 20));
}

#[test]
fn the_record_of_the_counter_has_no_gap_when_two_relays_write_it_at_once() {
    let Some((mut stores, reads, _server)) = two() else { return };
    for n in 0..ROUNDS {
        let issue = |who: u64| IssueCode {
            by: By::Operator,
            run: RunHash::new(*hash("run", 2 * n + who).as_bytes()),
            code: hash("code", 2 * n + who),
            recover: false,
        };
        for told in both(&mut stores, [issue(0), issue(1)]) {
            told.unwrap();
        }
    }
    let acts = reads.acts(1, 1_000, None).unwrap();
    assert_eq!(acts.len() as u64, 2 * ROUNDS);
    let mut before = None;
    for act in acts {
        assert!(act.holds_behind(before.replace((act.number, act.chain))), "{act:?}");
    }
}

#[test]
fn accept_times_go_on_from_the_newest_that_any_relay_gave() {
    let Some((mut stores, reads, _server)) = two() else { return };
    let c = log(&mut stores[0], 1);
    let mut given = Vec::new();
    for n in 1..=20u64 {
        // one clock is ahead by a minute
        let (which, ahead) = (usize::try_from(n % 2).unwrap(), 60_000 * (n % 2));
        let appended = run_one(&mut stores[which], NOW.plus(n * 10 + ahead), &RULES, entry(c, n, n - 1)).unwrap().unwrap();
        given.push(appended.accepted_at);
    }
    assert!(given.is_sorted(), "{given:?}");
    assert_eq!(given.last(), Some(&NOW.plus(60_190)));
    let key = reads.admit(NOW, &RULES, &c.id, &c.read).unwrap().unwrap().key;
    assert_eq!(reads.heads(&[key]).unwrap(), [20]);
}
