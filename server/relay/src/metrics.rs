//! What an operator may see: counts, times and sizes of the whole relay, in the text form that Prometheus reads.
//!
//! Every label is one of a closed list: a call of the .proto files, a gRPC code, a reason or limit of lacre-proto's lists, a
//! verb of [`lacre_store::ask`]. No type here can carry a token, a channel, a handle, an address or a RUN, so none can be
//! scraped.

use crate::counters::{ConnectionMetrics, Refusals, moment, seconds};
use crate::hub::Hub;
use crate::memory::Memory;
use crate::service;
use crate::writer::Writer;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

mod page;
pub use page::serve;

type Float = Gauge<f64, AtomicU64>;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    call: &'static str,
    code: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabel {
    call: &'static str,
}

/// All of them.
pub struct Metrics {
    registry: Registry,
    calls: Family<CallLabels, Counter>,
    call_seconds: Family<CallLabel, Histogram>,
    /// entries that retention removed
    pub retired_entries: Counter,
    /// channels that retention removed
    pub retired_channels: Counter,
    /// blobs that retention removed
    pub retired_blobs: Counter,
    /// seconds of one round of retention, its wait for the writer included
    pub retention_round: Histogram,
    attached_channels: Gauge,
    attach_streams: Gauge,
    writer_queue: Gauge,
    cpu: Float,
    cpu_per_million: Float,
    resident: Gauge,
    held: Gauge,
    memory: Arc<Memory>,
    writer: Writer,
    hub: Arc<Hub>,
}

impl Metrics {
    /// Of a relay. It keeps no reader open: a scrape that is slow does not hold up the end of the relay.
    #[must_use]
    pub fn new(context: &service::Context, connections: &ConnectionMetrics, memory: &Arc<Memory>) -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("lacre_relay"),
            calls: Family::default(),
            call_seconds: Family::new_with_constructor(seconds),
            retired_entries: Counter::default(),
            retired_channels: Counter::default(),
            retired_blobs: Counter::default(),
            retention_round: seconds(),
            attached_channels: Gauge::default(),
            attach_streams: Gauge::default(),
            writer_queue: Gauge::default(),
            cpu: Float::default(),
            cpu_per_million: Float::default(),
            resident: Gauge::default(),
            held: Gauge::default(),
            memory: Arc::clone(memory),
            writer: context.writer.clone(),
            hub: Arc::clone(&context.hub),
        };
        metrics.register(connections, &context.refusals);
        metrics
    }

    fn register(&mut self, connections: &ConnectionMetrics, refusals: &Refusals) {
        let w = self.writer.metrics().clone();
        let c = connections;
        let r = &mut self.registry;
        r.register("calls", "Calls that were answered; a stream counts when it begins", self.calls.clone());
        r.register("call_seconds", "From the call to its answer, for streams to their begin", self.call_seconds.clone());
        r.register("refusals", "Calls refused, by the reason that the caller was told", refusals.reasons.clone());
        r.register("limits_reached", "Limits of the rules that calls met, by name", refusals.limits.clone());
        r.register("entries", "Entries stored; repeated ones are not counted", w.entries);
        r.register("entry_bytes", "Bytes of the ciphertexts of stored entries", w.entry_bytes);
        r.register("writer_batch_requests", "Requests in one transaction of the writer", w.batch);
        r.register("writer_transaction_seconds", "One transaction of the writer, its commit included", w.transaction);
        r.register("writer_commit_seconds", "The commit of one transaction: the disk's sync", w.commit);
        r.register("writer_verb_seconds", "One verb inside its transaction, the commit apart", w.verbs);
        r.register("writer_rolled_back", "Transactions that the store refused", w.rolled_back);
        r.register("writer_queue_requests", "Requests that wait for the writer", self.writer_queue.clone());
        r.register("attached_channels", "Channels that somebody follows", self.attached_channels.clone());
        r.register("attach_streams", "Attach streams that are open", self.attach_streams.clone());
        r.register("connections_open", "TLS connections that are open", c.open.clone());
        r.register("connections", "TLS connections made since the start", c.accepted.clone());
        r.register("handshakes_failed", "TLS handshakes that failed or took too long", c.handshakes_failed.clone());
        r.register("connections_refused", "Connections that found no place, or lost it to another network", c.refused.clone());
        r.register("received_bytes", "Bytes from clients, inside TLS", c.received.clone());
        r.register("sent_bytes", "Bytes to clients, inside TLS", c.sent.clone());
        r.register("retired_entries", "Entries that retention removed", self.retired_entries.clone());
        r.register("retired_channels", "Channels that retention removed", self.retired_channels.clone());
        r.register("retired_blobs", "Blobs that retention removed", self.retired_blobs.clone());
        r.register("retention_round_seconds", "One round of retention, its wait included", self.retention_round.clone());
        r.register("cpu_seconds", "CPU time of the process since its start", self.cpu.clone());
        r.register(
            "cpu_seconds_per_million_entries",
            "CPU time for a million entries, since the start",
            self.cpu_per_million.clone(),
        );
        r.register("resident_bytes", "Memory of the process", self.resident.clone());
        r.register("held_bytes", "Memory held by calls under way and followed channels", self.held.clone());
        let closed = self.memory.closed().clone();
        r.register("connections_closed_for_memory", "Connections closed because they held the most", closed);
    }

    /// As Prometheus reads it.
    #[must_use]
    pub fn text(&self) -> String {
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        self.attached_channels.set(count(self.hub.followed()));
        self.attach_streams.set(count(self.hub.streams()));
        self.writer_queue.set(count(self.writer.queue().0));
        if let Some(used) = cpu_seconds() {
            self.cpu.set(used);
            let entries = self.writer.metrics().entries.get();
            if entries > 0 {
                #[expect(clippy::cast_precision_loss, reason = "an operator's figure")]
                self.cpu_per_million.set(used * 1e6 / entries as f64);
            }
        }
        self.held.set(count(self.memory.held()));
        if let Some(bytes) = resident_bytes() {
            self.resident.set(bytes);
        }
        let mut text = String::new();
        // a String takes everything
        let _ = prometheus_client::encoding::text::encode(&mut text, &self.registry);
        text
    }

    /// Counts a call of the closed list of calls, that ended with one of gRPC's codes.
    pub(crate) fn answered(&self, call: &'static str, code: &'static str, begun: Instant) {
        self.call_seconds.get_or_create(&CallLabel { call }).observe(moment().duration_since(begun).as_secs_f64());
        self.calls.get_or_create(&CallLabels { call, code }).inc();
    }
}

/// Linux counts them in hundredths of a second (`USER_HZ`), after the name of the program, which may hold anything.
fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut next = || fields.next()?.parse::<u32>().ok().map(f64::from);
    Some((next()? + next()?) / 100.0)
}

fn resident_bytes() -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kib: i64 = status.lines().find_map(|l| l.strip_prefix("VmRSS:"))?.split_whitespace().next()?.parse().ok()?;
    kib.checked_mul(1024)
}
