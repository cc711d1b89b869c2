//! Random histories: a store answers as the reference model, operation by operation, and reads back the same.

use super::channels::{Channel, entry_id, hash, inbox_channel, log_channel};
use super::{Backend, Model};
use crate::accounts::{AddStamps, SpendStamp};
use crate::channels::*;
use crate::rules::Rules;
use crate::{Answer, Ask};
use lacre_ground::ids::{Seq, TokenHash};
use lacre_ground::time::Millis;
use proptest::prelude::*;
use prost::bytes::Bytes;

#[derive(Clone, Debug)]
enum Op {
    Open { channel: u64, stamp: Option<u64> },
    Append { channel: u64, token: u64, id: u64, read_to: u64, bytes: u8, seal: bool, stamp: Option<u64> },
    Trim { channel: u64, through: u64, wrong: bool },
    Change { channel: u64, add: Vec<(u64, bool)>, remove: Vec<u64> },
    Touch { channel: u64 },
    Stamp { n: u64 },
    Retire { budget: u32 },
}

#[derive(Clone, Debug)]
enum Step {
    Commit(Vec<Op>),
    RollBack(Vec<Op>),
    Clock(i64),
    Reopen,
}

/// Channels 0 to 2 are logs, 3 to 5 inboxes.
const CHANNELS: u64 = 6;

fn channel(n: u64) -> Channel {
    if n < 3 { log_channel(n) } else { inbox_channel(n) }
}

/// Token 0 is the one that the channel was opened with.
fn append_token(n: u64, token: u64) -> TokenHash {
    if token == 0 { channel(n).append } else { hash("extra", token) }
}

fn tight() -> Rules {
    Rules {
        max_lag: 6,
        max_log_entries: 12,
        max_inbox_entries: 8,
        max_log_bytes: 30,
        max_inbox_bytes: 22,
        full_seal_pause_ms: 4_000,
        max_inbox_tokens: 3,
        inbox_appends_per_token: 4,
        inbox_window_ms: 10_000,
        recent_inbox_ids: 5,
        entry_retention_ms: 30_000,
        channel_retention_ms: 90_000,
        reader_use_ms: 5_000,
        ..Rules::default()
    }
}

fn op() -> impl Strategy<Value = Op> {
    let stamp = || prop::option::weighted(0.9, 0u64..40);
    prop_oneof![
        2 => (0..CHANNELS, stamp()).prop_map(|(channel, stamp)| Op::Open { channel, stamp }),
        12 => (0..CHANNELS, prop_oneof![6 => Just(0u64), 1 => 1u64..4], 0u64..30, 0u64..16, 0u8..2, prop::bool::weighted(0.15), stamp())
            .prop_map(|(channel, token, id, read_to, bytes, seal, stamp)| {
                Op::Append { channel, token, id, read_to, bytes, seal, stamp }
            }),
        1 => (0..CHANNELS, 1u64..14, prop::bool::weighted(0.1)).prop_map(|(channel, through, wrong)| Op::Trim { channel, through, wrong }),
        1 => (0..CHANNELS, prop::collection::vec((0u64..4, any::<bool>()), 0..3), prop::collection::vec(0u64..4, 0..2))
            .prop_map(|(channel, add, remove)| Op::Change { channel, add, remove }),
        1 => (0..CHANNELS).prop_map(|channel| Op::Touch { channel }),
        2 => (0u64..40).prop_map(|n| Op::Stamp { n }),
        1 => (1u32..6).prop_map(|budget| Op::Retire { budget }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => prop::collection::vec(op(), 1..5).prop_map(Step::Commit),
        1 => prop::collection::vec(op(), 1..5).prop_map(Step::RollBack),
        3 => prop_oneof![5 => 0i64..3_000, 1 => -2_000i64..0, 1 => 20_000i64..60_000].prop_map(Step::Clock),
        1 => Just(Step::Reopen),
    ]
}

fn head_of<B: Backend>(b: &B, n: u64, now: Millis, rules: &Rules) -> u64 {
    let c = channel(n);
    b.reads().admit(now, rules, &c.id, &c.read).unwrap().map_or(0, |a| a.head)
}

fn asks(op: &Op, heads: &[u64], keys: &[Option<ChannelKey>], now: Millis) -> Vec<Ask> {
    match op {
        Op::Open { channel: n, stamp } => {
            let (c, stamp) = (channel(*n), stamp.map(|s| hash("stamp", s)));
            let open = if *n < 3 {
                Open::log(c.id, c.append, c.read, stamp)
            } else {
                Open::inbox(c.id, &[Right { token: c.append, stamped: *n == 5, once: false }], c.read, stamp)
            };
            vec![Ask::Open(open.unwrap())]
        }
        // `read_to` counts back from the head of the moment, so that most appends are near it
        Op::Append { channel: n, token, id, read_to, bytes, seal, stamp } => {
            let head = heads[usize::try_from(*n).unwrap()];
            vec![Ask::Append(Append {
                channel: channel(*n).id,
                token: append_token(*n, *token),
                entry_id: entry_id(*id),
                read_to: (head + 2).saturating_sub(*read_to),
                ciphertext: Bytes::from(vec![*bytes; 3]),
                seal: *seal,
                stamp: stamp.map(|s| hash("stamp", s)),
            })]
        }
        Op::Trim { channel: n, through, wrong } => {
            let c = channel(*n);
            let token = if *wrong { c.append } else { c.read };
            vec![Ask::Trim(Trim { channel: c.id, token, through: Seq::new(*through).unwrap() })]
        }
        Op::Change { channel: n, add, remove } => {
            let c = channel(*n);
            let add =
                add.iter().map(|(t, stamped)| Right { token: append_token(*n, *t), stamped: *stamped, once: false }).collect();
            let remove = remove.iter().map(|t| append_token(*n, *t)).collect();
            vec![Ask::ChangeTokens(ChangeTokens { channel: c.id, token: c.read, add, remove })]
        }
        Op::Touch { channel: n } => keys[usize::try_from(*n).unwrap()].map(|key| Ask::Touch(Touch(key))).into_iter().collect(),
        // a stamp is added once: it is random, and never given twice
        Op::Stamp { n } => {
            let stamp = hash("stamp", *n);
            vec![Ask::SpendStamp(SpendStamp(stamp)), Ask::AddStamps(AddStamps(vec![stamp]))]
        }
        Op::Retire { budget } => vec![Ask::Retire(Retire { over_at: now, budget: *budget })],
    }
}

/// Appends that come one behind the other come as one request, too.
fn together(asks: Vec<Ask>) -> Vec<Ask> {
    let mut all: Vec<Ask> = Vec::new();
    for ask in asks {
        match (all.last_mut(), ask) {
            (Some(Ask::AppendAll(AppendAll(before))), Ask::Append(append)) => before.push(append),
            (_, Ask::Append(append)) => all.push(Ask::AppendAll(AppendAll(vec![append]))),
            (_, other) => all.push(other),
        }
    }
    all
}

fn batch<B: Backend>(b: &mut B, ops: &[Op], now: Millis, rules: &Rules, commit: bool) -> Vec<Answer> {
    let heads: Vec<u64> = (0..CHANNELS).map(|n| head_of(b, n, now, rules)).collect();
    let key = |n| {
        let c = channel(n);
        b.reads().admit(now, rules, &c.id, &c.read).unwrap().ok().map(|a| a.key)
    };
    let keys: Vec<Option<ChannelKey>> = (0..CHANNELS).map(key).collect();
    let mut asks: Vec<Ask> = ops.iter().flat_map(|op| asks(op, &heads, &keys, now)).collect();
    if ops.len().is_multiple_of(2) {
        asks = together(asks);
    }
    if commit { b.store().run(now, rules, &asks).committed().unwrap() } else { b.broken_off(now, rules, &asks, &mut |_| ()) }
}

fn everything<B: Backend>(b: &B, now: Millis, rules: &Rules) -> Vec<String> {
    (0..CHANNELS)
        .map(|n| {
            let c = channel(n);
            let admitted = b.reads().admit(now, rules, &c.id, &c.read).unwrap();
            let page = admitted.map(|a| b.reads().page(a.key, Seq::FIRST, PageLimits { entries: 100, bytes: 10_000 }).unwrap());
            let rights = admitted.map(|a| b.reads().rights(a.key).unwrap());
            let asked = |token, named| Asked { channel: c.id, token, seq: Seq::new(3).unwrap(), named };
            // many histories have one of these ids in that place
            let mut receipts: Vec<_> = (0..30).map(|id| asked(c.append, Some(entry_id(id)))).collect();
            receipts.extend([asked(c.append, None), asked(c.read, None)]);
            let receipts: Vec<_> = receipts.iter().map(|asked| b.reads().entry(asked).unwrap()).collect();
            // keys mean nothing outside a store
            let seen = admitted.map(|a| (a.head, a.inbox, a.touch));
            let heads = admitted.map(|a| b.reads().heads(&[a.key, ChannelKey::of_row(i64::MAX), a.key]).unwrap());
            format!("{seen:?} {page:?} {heads:?} {rights:?} {receipts:?}")
        })
        .collect()
}

/// Whether an implementation answers as the model through any history.
pub fn hold<B: Backend>() {
    hold_in::<B>(96);
}

/// The same in so many histories.
pub fn hold_in<B: Backend>(cases: u32) {
    let config = ProptestConfig { cases, ..ProptestConfig::default() };
    proptest!(config, |(steps in prop::collection::vec(step(), 20..120))| {
        let rules = tight();
        let mut now = Millis::new(1_800_000_000_000);
        let (mut store, mut model) = (B::new(), Model::of::<B>());
        // enough stamps to begin with
        let first: Vec<Op> = (0..30).map(|n| Op::Stamp { n }).collect();
        batch(&mut store, &first, now, &rules, true);
        batch(&mut model, &first, now, &rules, true);
        for step in &steps {
            match step {
                Step::Commit(ops) | Step::RollBack(ops) => {
                    let commit = matches!(step, Step::Commit(_));
                    let answers = batch(&mut store, ops, now, &rules, commit);
                    prop_assert_eq!(answers, batch(&mut model, ops, now, &rules, commit), "{:?}", step);
                }
                Step::Clock(ms) => now = Millis::new(now.get().saturating_add_signed(*ms)),
                Step::Reopen => {
                    store.reopen();
                    model.reopen();
                }
            }
            prop_assert_eq!(everything(&store, now, &rules), everything(&model, now, &rules), "after {:?}", step);
        }
    });
}
