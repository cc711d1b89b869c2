//! What each part of the relay counts, where it is counted: [`crate::metrics`] gathers it for the operator.
//!
//! As there, every label is one of a closed list, and no type here can carry a token, a channel, a handle, an address or a
//! RUN.

use lacre_proto::limits::Limit;
use lacre_proto::reasons::Reason;
use lacre_store::ask::Name;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

/// The moment, to measure how long something took. It is shown and decides nothing.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "durations are shown to the operator and decide nothing")]
pub fn moment() -> Instant {
    Instant::now()
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct ReasonLabel {
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct LimitLabel {
    limit: &'static str,
}

/// What was refused, and by which limit. Cheap to clone; clones count together.
#[derive(Clone, Debug, Default)]
pub struct Refusals {
    pub(crate) reasons: Family<ReasonLabel, Counter>,
    pub(crate) limits: Family<LimitLabel, Counter>,
}

impl Refusals {
    /// Counts a refusal, with the limit if it was one; no reason for one that is not the relay's own.
    pub fn refused(&self, reason: Option<Reason>, limit: Option<Limit>) {
        self.reasons.get_or_create(&ReasonLabel { reason: reason.map_or("none", Reason::as_str) }).inc();
        if let Some(limit) = limit {
            self.reached(limit);
        }
    }
    /// Counts a limit, also one that refuses nothing and only leaves something undone.
    pub fn reached(&self, limit: Limit) {
        self.limits.get_or_create(&LimitLabel { limit: limit.as_str() }).inc();
    }
}

pub(crate) fn seconds() -> Histogram {
    // 100 µs to 13 s
    Histogram::new(exponential_buckets(0.0001, 2.0, 18))
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct VerbLabel {
    verb: &'static str,
}

fn in_transaction() -> Histogram {
    // 10 µs to 2.6 s
    Histogram::new(exponential_buckets(0.00001, 4.0, 10))
}

/// The writer's part. Cheap to clone; clones count together.
#[derive(Clone, Debug)]
pub struct WriterMetrics {
    /// entries stored, repeated ones not counted
    pub entries: Counter,
    /// bytes of their ciphertexts
    pub entry_bytes: Counter,
    pub(crate) batch: Histogram,
    pub(crate) transaction: Histogram,
    pub(crate) commit: Histogram,
    pub(crate) rolled_back: Counter,
    pub(crate) verbs: Family<VerbLabel, Histogram>,
    /// each at its verb's number, once it was asked: no search for every entry
    known: Arc<[OnceLock<Histogram>]>,
}

impl WriterMetrics {
    /// Seconds that a verb took in its transaction, the commit apart.
    pub(crate) fn took(&self, verb: Name, seconds: f64) {
        let made = || self.verbs.get_or_create(&VerbLabel { verb: verb.as_str() }).clone();
        match self.known.get(verb as usize) {
            Some(known) => known.get_or_init(made).observe(seconds),
            None => made().observe(seconds),
        }
    }
}

impl Default for WriterMetrics {
    fn default() -> Self {
        Self {
            entries: Counter::default(),
            entry_bytes: Counter::default(),
            batch: Histogram::new(exponential_buckets(1.0, 2.0, 11)),
            transaction: seconds(),
            commit: seconds(),
            rolled_back: Counter::default(),
            verbs: Family::new_with_constructor(in_transaction),
            known: Name::ALL.iter().map(|_| OnceLock::new()).collect(),
        }
    }
}

/// The accept loop's part. Cheap to clone; clones count together.
#[derive(Clone, Debug, Default)]
pub struct ConnectionMetrics {
    pub(crate) open: Gauge,
    pub(crate) accepted: Counter,
    pub(crate) handshakes_failed: Counter,
    /// for want of a place, in the midst of a handshake or before it
    pub(crate) refused: Counter,
    pub(crate) received: Counter,
    pub(crate) sent: Counter,
}
