//! The operator's questions, on the same socket as the registrar's counter: whoever owns the data folder may ask.

use super::Context;
use crate::accept::Both;
use crate::backup;
use crate::border::{checked, store_down};
use crate::clock_guard::Standing;
use crate::folder::{DataFolder, STORE_FILE};
use crate::identity::{LEAF_SOON_MS, Leaf};
use crate::room::disk;
use lacre_ground::address::Authority;
use lacre_ground::time::Millis;
use lacre_proto::relay::v1 as wire;
use lacre_proto::relay::v1::operator_server::Operator;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use tonic::{Request, Response, Status};

/// `lacre.relay.v1.Operator`.
pub struct OperatorService {
    context: Arc<Context>,
    authority: Arc<RwLock<Authority>>,
    leaf: Arc<Leaf>,
    places: Both,
    started: Millis,
}

impl OperatorService {
    /// Of a relay that started now.
    #[must_use]
    pub(crate) fn new(context: Arc<Context>, authority: Arc<RwLock<Authority>>, leaf: Arc<Leaf>, places: Both) -> Self {
        let started = context.clock.now();
        Self { context, authority, leaf, places, started }
    }

    /// What is wrong, by name.
    fn troubles(&self, clock: &Standing) -> Vec<String> {
        let (context, now) = (&self.context, clock.now);
        let stands = |ahead| clock.not_followed.is_some_and(|wall| (wall > now) == ahead);
        let troubles = [
            ("DISK_FULL", context.room.is_full()),
            ("STORE_FAILING", context.writer.health().is_failing()),
            ("STORE_WENT_BACK", context.newest.went_back().is_some()),
            ("STORE_DAMAGED", context.writer.health().is_damaged()),
            ("CLOCK_AHEAD", stands(true)),
            ("CLOCK_BACK", stands(false)),
            ("PLACES_SHORT", self.places.are_short()),
            ("LEAF_ENDING", self.leaf.validity().1 < now.plus(LEAF_SOON_MS)),
        ];
        named(troubles)
    }

    /// What is so, and asks nothing of the operator.
    fn notes(clock: &Standing, accepted: u64) -> Vec<String> {
        let followed = clock.not_followed.is_none();
        named([
            ("REMOVAL_HELD", clock.held_until.is_some() && followed),
            ("ACCEPT_TIMES_WAIT", accepted > clock.now.plus(CLOCK_SLACK_MS).get()),
        ])
    }
}

fn named<const N: usize>(all: [(&str, bool); N]) -> Vec<String> {
    all.into_iter().filter(|(_, so)| *so).map(|(name, _)| name.to_owned()).collect()
}

/// Accept times that are so much ahead of the clock tell that the clock was put back.
const CLOCK_SLACK_MS: u64 = 60_000;

fn bytes(path: &Path) -> u64 {
    path.metadata().map_or(0, |m| m.len())
}

#[tonic::async_trait]
impl Operator for OperatorService {
    async fn report(&self, request: Request<wire::ReportRequest>) -> Result<Response<wire::ReportResponse>, Status> {
        checked(request.into_inner())?;
        let context = &self.context;
        let (data, room) = (context.data.clone(), Arc::clone(&context.room));
        let asked = context.read(move |reads| {
            room.look();
            let store = data.join(STORE_FILE);
            let sizes = if DataFolder::is_of_database(&data) {
                reads.used_bytes()?
            } else {
                bytes(&store) + bytes(&store.with_extension("sqlite-wal"))
            };
            Ok((sizes, disk(&data).ok(), backup::last(&data)))
        });
        let (store_bytes, disk, last_backup) = asked.await.map_err(store_down)?;
        // how the relay is must be told also when damage keeps from counting
        let (counted, counts, blob_bytes) = match context.read(|reads| Ok((reads.counts()?, reads.blob_bytes()?))).await {
            Ok((counts, blob_bytes)) => (true, counts, blob_bytes),
            Err(down) if down.damaged => Default::default(),
            Err(down) => return Err(store_down(down)),
        };
        let clock = context.clock_guard.standing();
        let now = clock.now;
        let (from, until) = self.leaf.validity();
        let (queue, max_queue) = context.writer.queue();
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Ok(Response::new(wire::ReportResponse {
            generation: context.reads.generation().as_bytes().to_vec(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            address: self.authority.read().unwrap_or_else(PoisonError::into_inner).to_string(),
            started_ms: self.started.get(),
            now_ms: now.get(),
            channels: counts.channels,
            entries: counts.entries,
            accounts: counts.accounts,
            blobs: counts.blobs,
            blob_bytes,
            max_blob_bytes: context.rules.max_blob_disk_bytes,
            store_bytes,
            disk_free_bytes: disk.map_or(0, |d| d.free),
            disk_bytes: disk.map_or(0, |d| d.total),
            keep_free_bytes: context.room.kept(),
            queue: small(queue),
            max_queue: small(max_queue),
            attached: context.hub.followed() as u64,
            last_backup_ms: last_backup.map_or(0, Millis::get),
            leaf_from_ms: from.get(),
            leaf_until_ms: until.get(),
            accepted_ms: counts.accepted_ms,
            troubles: self.troubles(&clock),
            notes: Self::notes(&clock, counts.accepted_ms),
            clock_ms: context.clock_guard.wall().get(),
            counted,
            removal_held_until_ms: clock.held_until.map_or(0, Millis::get),
        }))
    }
}
