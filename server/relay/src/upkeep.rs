//! What a running relay does by itself: fresh TLS keys, a look at the disk and at the clock, retention.

use crate::blob_files::BlobFiles;
use crate::clock_guard;
use crate::counters::moment;
use crate::identity::{self, IdentityError, Leaf, LeafKey};
use crate::metrics::Metrics;
use crate::room;
use crate::service::Context;
use crate::writer::Writer;
use lacre_ground::ids::TokenHash;
use lacre_ground::time::Clock;
use lacre_store::accounts::{AddStamps, SpendStamp, SweepAccounts};
use lacre_store::channels::Retire;
use std::sync::Arc;
use std::time::Duration;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

/// What a monitor asks `grpc.health.v1.Health` for, to hear whether entries are taken.
pub const APPENDS: &str = "lacre.relay.v1.Channels.Append";
const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// The store's log of changes is emptied so often, and again after a shorter pause while somebody reads an earlier state: within
/// a minute of a change a thief finds what is stored, and no longer how it came to be so.
const SETTLE_EVERY: Duration = Duration::from_secs(20);
const SETTLE_AGAIN: Duration = Duration::from_secs(5);
/// Pause between rounds of retention that found nothing to do.
const RETENTION_PAUSE: Duration = Duration::from_secs(60);
/// Rows that one round removes at most, in a transaction of its own: an append that comes meanwhile waits for no more than
/// that.
pub const RETENTION_ROWS: u32 = 128;
/// Rows that a round may always remove: however slow the disk is, retention ends.
const LEAST_ROWS: u32 = 32;
/// Rows that a round may remove more than the one before it.
const MORE_ROWS: u32 = 8;
/// A round that took longer was too large.
const LONG_ROUND: Duration = Duration::from_millis(32);
/// A round that took so many times as long as usual met something that is seldom: most often the log's checkpoint …
const UNUSUAL: u32 = 3;
/// … and then the appends have the writer for so many times as long. So fewer than one in a hundred of their transactions
/// meets one, and p99 stays (measured: bench `sweep`).
const UNUSUAL_PAUSE: u32 = 16;
/// Checkpoints are at least so many rounds apart. What is unusual more often is a busy disk, which appends meet anyway.
const SELDOM: u32 = 24;

/// Looks at the clock each [`clock_guard::LOOK_EVERY`], and replaces the relay's own TLS key when it is time. A leaf from a
/// file is its owner's to replace: the log and `status` say when it ends.
pub(crate) async fn renew(
    leaf: Arc<Leaf>,
    clock: Arc<dyn Clock>,
    own_leaf: bool,
    mut make: impl FnMut() -> Result<LeafKey, IdentityError>,
) {
    let mut told = None;
    loop {
        let (now, until) = (clock.now(), leaf.validity().1);
        if own_leaf && leaf.is_due(now) {
            match make() {
                Ok(next) => leaf.replace(next),
                Err(e) => tracing::error!(cause = %e, "the TLS key was not renewed"),
            }
        }
        // once a day
        let day = now.get() / DAY_MS;
        if !own_leaf && until < now.plus(identity::LEAF_SOON_MS) && told.replace(day) != Some(day) {
            tracing::warn!(%until, "the TLS leaf ends soon: run issue-leaf, then send SIGHUP");
        }
        tokio::time::sleep(clock_guard::LOOK_EVERY).await;
    }
}

/// A store that failed is tried again after so many looks at the room.
const LOOKS_UNTIL_TRIED: u32 = 5;

/// Looks at the disk's room, and tells monitors whether entries are taken: not while the disk is full, and not while the
/// store refuses. Reading goes on: the whole relay, and `Channels`, stay as they are.
pub(crate) async fn look_for_room(context: Arc<Context>, health: HealthReporter) {
    let (room, mut told, mut looks) = (Arc::clone(&context.room), None, 0);
    loop {
        let failing = context.writer.health().is_failing();
        looks = if failing { looks + 1 } else { 0 };
        if looks >= LOOKS_UNTIL_TRIED && !room.is_full() {
            looks = 0;
            try_store(&context).await;
        }
        let taken = !room.is_full() && !context.writer.health().is_failing();
        // who watches hears only of changes
        if told.replace(taken) != Some(taken) {
            let status = if taken { ServingStatus::Serving } else { ServingStatus::NotServing };
            health.set_service_status(APPENDS, status).await;
        }
        tokio::time::sleep(room::LOOK_EVERY).await;
        room.look();
    }
}

/// Where nobody writes, nobody would find out that a store that failed is well again: the relay writes a stamp that nobody has, and
/// takes it away.
async fn try_store(context: &Context) {
    let nobodys = TokenHash::new(context.random());
    // what failed was logged where it happened
    if context.writer.submit(AddStamps(vec![nobodys])).await.is_ok() {
        drop(context.writer.submit(SpendStamp(nobodys)).await);
    }
}

/// Looks what the store keeps, again and again.
pub(crate) async fn measure(context: Arc<Context>) {
    let most = context.rules.max_store_bytes;
    loop {
        if let Ok(used) = context.read(|reads| reads.used_bytes()).await {
            context.room.store_keeps(used, most);
        }
        tokio::time::sleep(room::LOOK_EVERY).await;
    }
}

/// Remembers the time of day and what the store is, so that a leap of either is noticed.
pub(crate) async fn look_at_clock(context: Arc<Context>) {
    loop {
        tokio::time::sleep(clock_guard::LOOK_EVERY).await;
        context.clock_guard.remember();
        // what failed was logged where it happened; the next minute tries again
        if let Ok(marks) = context.read(|reads| reads.marks()).await {
            context.newest.remember(context.reads.generation(), marks, true);
        }
    }
}

/// Empties the store's log.
pub(crate) async fn settle(writer: Writer) {
    loop {
        let settled = writer.settle().await;
        if let Err(down) = &settled {
            tracing::error!(cause = %down.cause, "the store's log was not emptied");
        }
        tokio::time::sleep(if settled == Ok(false) { SETTLE_AGAIN } else { SETTLE_EVERY }).await;
    }
}

/// How much the next round of retention removes, and how long the appends have the writer for themselves before it.
///
/// | the last round took | next round | pause |
/// |---|---|---|
/// | up to [`LONG_ROUND`] | [`MORE_ROWS`] more rows, at most [`RETENTION_ROWS`] | as long as it took |
/// | longer | half as many, at least [`LEAST_ROWS`] | as long as it took |
/// | more than [`UNUSUAL`] times as long as usual, for the first time in [`SELDOM`] rounds | by the rows above | [`UNUSUAL_PAUSE`] times as long |
#[derive(Debug)]
struct Pace {
    rows: u32,
    /// how long a round takes; it follows slowly, so that a disk that has become slow is usual after some rounds
    usual: Option<Duration>,
    /// rounds since the last long pause
    since: u32,
}

impl Pace {
    fn new() -> Self {
        Self { rows: RETENTION_ROWS, usual: None, since: SELDOM }
    }

    /// A round has taken so long; what pause comes next.
    fn after(&mut self, took: Duration) -> Duration {
        self.rows = if took > LONG_ROUND { (self.rows / 2).max(LEAST_ROWS) } else { (self.rows + MORE_ROWS).min(RETENTION_ROWS) };
        let usual = self.usual.unwrap_or(took);
        self.usual = Some((usual * 7 + took.min(usual * 2)) / 8);
        self.since += 1;
        if took > usual * UNUSUAL && self.since >= SELDOM {
            self.since = 0;
            took * UNUSUAL_PAUSE
        } else {
            took
        }
    }
}

/// Removes what is past its time, in rounds. Each goes behind everything that waits, and [`Pace`] says when the next one
/// comes: whatever is to be removed, at least half of the writer's time is the appends'.
pub(crate) async fn retain(context: Arc<Context>, metrics: Arc<Metrics>) {
    let mut pace = Pace::new();
    loop {
        let now = context.clock.now();
        if !context.clock_guard.may_remove() {
            tokio::time::sleep(RETENTION_PAUSE).await;
            continue;
        }
        let begun = moment();
        let retired = context.writer.submit_behind(Retire { over_at: now, budget: pace.rows }).await;
        let retired = retired.inspect_err(|down| context.room.removal_was_told(down));
        let took = moment().duration_since(begun);
        metrics.retention_round.observe(took.as_secs_f64());
        if let Ok(retired) = &retired {
            metrics.retired_entries.inc_by(retired.entries);
            metrics.retired_channels.inc_by(retired.channels);
        }
        match retired {
            Ok(retired) if retired.entries + retired.channels > 0 => tokio::time::sleep(pace.after(took)).await,
            Ok(_) | Err(_) => tokio::time::sleep(RETENTION_PAUSE).await,
        }
    }
}

/// Removes blobs, codes and key packages whose time is over.
pub(crate) async fn expire(context: Arc<Context>, files: BlobFiles, metrics: Arc<Metrics>) {
    loop {
        if !context.clock_guard.may_remove() {
            tokio::time::sleep(RETENTION_PAUSE).await;
            continue;
        }
        // what failed was logged by the writer; the next round tries again
        match crate::service::blobs::expire(&context, &files).await {
            Ok(removed) => drop(metrics.retired_blobs.inc_by(removed)),
            Err(down) => tracing::error!(cause = %down.cause, "expired blobs were not removed"),
        }
        let begun = moment();
        let sweep = SweepAccounts { over_at: context.clock.now(), limit: RETENTION_ROWS / 2 };
        match context.writer.submit_behind(sweep).await.inspect_err(|down| context.room.removal_was_told(down)) {
            Ok(true) => tokio::time::sleep(moment().duration_since(begun)).await,
            Ok(false) | Err(_) => tokio::time::sleep(RETENTION_PAUSE).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lacre_ground::random::SystemRng;
    use lacre_ground::time::Millis;

    struct Stands(Millis);
    impl Clock for Stands {
        fn now(&self) -> Millis {
            self.0
        }
    }

    /// Whether the first look, at this time, makes another leaf.
    async fn makes_one(own: bool, at: &str) -> bool {
        let folder = tempfile::tempdir().unwrap();
        let key = identity::IdentityKey::load_or_create(&folder.path().join("key"), &mut SystemRng).unwrap();
        let issue = |at: &str| key.issue(Millis::parse(&format!("{at}T10:00:00.000Z")).unwrap(), &mut SystemRng);
        let leaf = Arc::new(Leaf::new(issue("2026-11-25").unwrap()));
        let clock = Arc::new(Stands(Millis::parse(&format!("{at}T10:00:00.000Z")).unwrap()));
        let before = leaf.validity();
        let mut renewing = Box::pin(renew(Arc::clone(&leaf), clock, own, || issue(at)));
        let waits = std::future::poll_fn(|cx| std::task::Poll::Ready(renewing.as_mut().poll(cx).is_pending())).await;
        assert!(waits, "it looks again later");
        leaf.validity() != before
    }

    /// A machine that slept, and a clock that was put right: seen red with a pause of a month between two looks.
    #[tokio::test]
    async fn a_leaf_is_renewed_by_the_clock_whatever_the_machine_did_since() {
        assert!(!makes_one(true, "2026-12-20").await);
        assert!(makes_one(true, "2026-12-27").await && makes_one(true, "2027-06-01").await);
        assert!(makes_one(true, "2026-11-01").await, "it begins later than now");
        assert!(!makes_one(false, "2027-06-01").await, "its owner's to replace");
    }

    fn pace(rounds: &[u64]) -> (Pace, Vec<u64>) {
        let mut pace = Pace::new();
        let pauses = rounds.iter().map(|ms| pace.after(Duration::from_millis(*ms)).as_millis().try_into().unwrap());
        let pauses = pauses.collect();
        (pace, pauses)
    }

    #[test]
    fn a_round_that_takes_too_long_halves_the_next_and_quick_ones_bring_it_back() {
        assert_eq!(pace(&[32]).0.rows, RETENTION_ROWS, "at the bound it is not too long");
        assert_eq!(pace(&[33]).0.rows, RETENTION_ROWS / 2);
        assert_eq!(pace(&[33, 33]).0.rows, RETENTION_ROWS / 4);
        assert_eq!(pace(&[5_000; 50]).0.rows, LEAST_ROWS, "it always goes on");
        assert_eq!(pace(&[33, 4, 4]).0.rows, RETENTION_ROWS / 2 + 2 * MORE_ROWS);
        assert_eq!(pace(&[4; 50]).0.rows, RETENTION_ROWS);
    }

    #[test]
    fn the_appends_have_as_long_as_a_round_took_and_much_longer_after_an_unusual_one() {
        assert_eq!(pace(&[4, 5, 3]).1, [4, 5, 3]);
        assert_eq!(pace(&[4, 12, 4]).1, [4, 12, 4], "at the bound it is usual");
        assert_eq!(pace(&[4, 13, 4]).1, [4, 13 * 16, 4]);
        // a checkpoint after 23 rounds is one, and does not become usual; what comes more often is a busy disk
        let long_pauses = |quick: usize| {
            let rounds = [&vec![4; quick][..], &[40]].concat().repeat(20);
            pace(&rounds).1.iter().filter(|pause| **pause == 40 * 16).count()
        };
        assert_eq!((long_pauses(23), long_pauses(22), long_pauses(3)), (20, 10, 4));
        // a disk that has become slow does, and half of the time is retention's again
        assert_eq!(pace(&[&[4; 10][..], &[40; 20]].concat()).1.last(), Some(&40));
    }
}
