//! What a running relay does by itself: fresh TLS keys, a look at the disk and at the clock, retention.

use crate::blob_files::BlobFiles;
use crate::clock_guard;
use crate::identity;
use crate::metrics::{self, Metrics};
use crate::room::{self, Room};
use crate::serve::Controls;
use crate::service::Context;
use crate::writer::Writer;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

/// What a monitor asks `grpc.health.v1.Health` for, to hear whether entries are taken.
pub const APPENDS: &str = "lacre.relay.v1.Channels.Append";
const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// Pause between rounds of retention that found nothing to do.
const RETENTION_PAUSE: Duration = Duration::from_secs(60);
/// Rows that one round removes, in a transaction of its own: an append that comes meanwhile waits for no more than that.
pub const RETENTION_ROWS: u32 = 256;

/// A fresh TLS key each month. A leaf from a file is its owner's to replace: the log and `status` say when it ends.
pub(crate) async fn renew(controls: Controls, own_leaf: bool, context: Arc<Context>) {
    loop {
        tokio::time::sleep(Duration::from_millis(if own_leaf { identity::RENEW_AFTER_MS } else { DAY_MS })).await;
        if !own_leaf {
            let until = controls.leaf.validity().1;
            if until < context.clock.now().plus(identity::LEAF_SOON_MS) {
                tracing::warn!(%until, "the TLS leaf ends soon: run issue-leaf, then send SIGHUP");
            }
            continue;
        }
        let issued = controls.maker.make(None, context.rng.lock().unwrap_or_else(PoisonError::into_inner).as_mut());
        match issued {
            Ok(next) => controls.leaf.replace(next),
            Err(e) => tracing::error!(cause = %e, "the TLS key was not renewed"),
        }
    }
}

/// Looks at the disk's room, and tells monitors whether entries are taken: not while the disk is full, and not while the
/// store refuses. Reading goes on: the whole relay, and `Channels`, stay as they are.
pub(crate) async fn look_for_room(room: Arc<Room>, writer: Writer, health: HealthReporter) {
    let mut told = None;
    loop {
        let taken = !room.is_full() && !writer.is_failing();
        // who watches hears only of changes
        if told.replace(taken) != Some(taken) {
            let status = if taken { ServingStatus::Serving } else { ServingStatus::NotServing };
            health.set_service_status(APPENDS, status).await;
        }
        tokio::time::sleep(room::LOOK_EVERY).await;
        room.look();
    }
}

/// Remembers the time of day, so that a leap of it is noticed.
pub(crate) async fn look_at_clock(context: Arc<Context>) {
    loop {
        tokio::time::sleep(clock_guard::LOOK_EVERY).await;
        context.clock_guard.tick(context.clock.now());
    }
}

/// Removes what is past its time, in rounds of [`RETENTION_ROWS`]. Each goes behind everything that waits, and the next
/// comes no sooner than a round took: whatever is to be removed, at least half of the writer's time is the appends'.
pub(crate) async fn retain(context: Arc<Context>, metrics: Arc<Metrics>) {
    loop {
        let (now, rules) = (context.clock.now(), context.rules.clone());
        if !context.clock_guard.may_remove(now) {
            tokio::time::sleep(RETENTION_PAUSE).await;
            continue;
        }
        let begun = metrics::moment();
        let retired = context.writer.submit_behind(move |store| store.retire(now, &rules, RETENTION_ROWS)).await;
        let took = metrics::moment().duration_since(begun);
        metrics.retention_round.observe(took.as_secs_f64());
        if let Ok(retired) = &retired {
            metrics.retired_entries.inc_by(retired.entries);
            metrics.retired_channels.inc_by(retired.channels);
        }
        match retired {
            Ok(retired) if retired.entries + retired.channels > 0 => tokio::time::sleep(took).await,
            Ok(_) | Err(_) => tokio::time::sleep(RETENTION_PAUSE).await,
        }
    }
}

/// Removes blobs, codes and key packages whose time is over.
pub(crate) async fn expire(context: Arc<Context>, files: BlobFiles, metrics: Arc<Metrics>) {
    loop {
        if !context.clock_guard.may_remove(context.clock.now()) {
            tokio::time::sleep(RETENTION_PAUSE).await;
            continue;
        }
        // what failed was logged by the writer; the next round tries again
        match crate::service::blobs::expire(&context, &files).await {
            Ok(removed) => drop(metrics.retired_blobs.inc_by(removed)),
            Err(down) => tracing::error!(cause = %down.cause, "expired blobs were not removed"),
        }
        let (now, begun) = (context.clock.now(), metrics::moment());
        match context.writer.submit_behind(move |store| store.sweep_accounts(now, RETENTION_ROWS / 2)).await {
            Ok(true) => tokio::time::sleep(metrics::moment().duration_since(begun)).await,
            Ok(false) | Err(_) => tokio::time::sleep(RETENTION_PAUSE).await,
        }
    }
}
