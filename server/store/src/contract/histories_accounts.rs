//! Random histories of accounts, stamps and blobs: a store answers as the reference model, operation by operation.

use super::accounts::{account, blob, device, enrolment, handle, package, speaker};
use super::channels::{hash, inbox_channel};
use super::counter::{clerk, issue_by};
use super::{Backend, Model};
use crate::accounts::*;
use crate::blobs::{BeginBlob, ExpireBlobs, FileName, FinishBlob, ForgetBlob, KeepBlob};
use crate::channels::{ChangeTokens, Open, Right};
use crate::closing::Closing;
use crate::counter::{AddClerk, Duties, Reference, RevokeClerk, RevokeCode};
use crate::directory::{Claim, Lookup, Who};
use crate::rules::Rules;
use crate::{Verb, run_one};
use lacre_ground::ids::TokenHash;
use lacre_ground::time::Millis;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Op {
    Issue { by: u8, person: u64, code: u64, recover: bool },
    Clerk { n: u8, issue: bool, reset: bool, revoke: bool },
    RevokeCode { person: u64, code: u64 },
    Recover { code: u64, before: u64, handle: u64, account: u64, inbox: u64 },
    Pause { account: u64, by: u8, on: bool },
    Remove { account: u64, by: u8 },
    Enroll { code: u64, account: u64, handle: u64, inbox: u64 },
    OpenInbox { inbox: u64, stamp: u64 },
    ReopenInbox { inbox: u64 },
    State { account: u64, by: u8, number: u64, text: u8, devices: Vec<(u8, u64)> },
    Packages { account: u64, device: u8, one_time: Vec<(u16, u64, u64)>, last: Option<(u16, u64, u64)>, replace: bool },
    Take { account: u64, by: u8, from: u64, count: u64 },
    Spend { stamp: u64 },
    Lookup { account: u64, by_handle: bool, stamp: u64 },
    Claim { account: u64, suite: u16, stamp: u64 },
    Blob { n: u64, size: u64, file: u64, stamp: Option<u64> },
    Begin { n: u64, size: u64, file: u64, stamp: Option<u64> },
    Finish { n: u64 },
    Forget { n: u64 },
    Expire { limit: u32 },
    Sweep { limit: u32 },
    Clock { ms: u64 },
    Reopen,
}

fn tight() -> Rules {
    Rules {
        code_lifetime_ms: 20_000,
        key_packages_per_device: 3,
        suites_per_device: 2,
        max_chain_bytes: 60,
        stamps_per_day: 40,
        stamp_period_ms: 30_000,
        claims_per_hour: 6,
        lookups_per_hour: 6,
        blob_retention_ms: 15_000,
        max_blob_disk_bytes: 50,
        unfinished_retention_ms: 9_000,
        max_unfinished_uploads: 2,
        max_unfinished_bytes: 30,
        max_clerks: 2,
        clerk_acts_per_day: 12,
        clerk_resets_per_day: 4,
        clerk_refusals_per_day: 5,
        ..Rules::default()
    }
}

/// Enough that each account may find a free one, and few enough that they meet.
const INBOXES: u64 = 6;

fn state_device(d: u8, inbox: u64) -> StateDevice {
    StateDevice { id: device(d), inbox: inbox_channel(inbox).id }
}

fn stamp_of(n: u64) -> TokenHash {
    hash("stamp", n)
}

fn op() -> impl Strategy<Value = Op> {
    let lives = || prop_oneof![1 => Just(0u64), 5 => 1u64..20_000];
    // most often the device of the first state
    let by = || prop_oneof![3 => Just(1u8), 1 => 2u8..4];
    let one = move || (prop_oneof![4 => Just(77u16), 1 => 1u16..4], 0u64..8, lives());
    prop_oneof![
        4 => (0u8..4, 0u64..4, 0u64..2, any::<bool>())
            .prop_map(|(by, person, code, recover)| Op::Issue { by: by.saturating_sub(1), person, code, recover }),
        1 => (1u8..4, any::<bool>(), any::<bool>(), prop::bool::weighted(0.2))
            .prop_map(|(n, issue, reset, revoke)| Op::Clerk { n, issue, reset, revoke }),
        1 => (0u64..4, 0u64..2).prop_map(|(person, code)| Op::RevokeCode { person, code }),
        4 => (0u64..8, 0u64..4, 0u64..4, 0u64..4, 0..INBOXES)
            .prop_map(|(code, before, handle, account, inbox)| Op::Recover { code, before, handle, account, inbox }),
        2 => (0u64..4, by(), any::<bool>()).prop_map(|(account, by, on)| Op::Pause { account, by, on }),
        1 => (0u64..4, by()).prop_map(|(account, by)| Op::Remove { account, by }),
        4 => (0u64..8, 0u64..4, 0u64..4, 0..INBOXES)
            .prop_map(|(code, account, handle, inbox)| Op::Enroll { code, account, handle, inbox }),
        3 => (0..INBOXES, 0u64..60).prop_map(|(inbox, stamp)| Op::OpenInbox { inbox, stamp }),
        2 => (0..INBOXES).prop_map(|inbox| Op::ReopenInbox { inbox }),
        4 => (0u64..4, by(), 0u64..5, 0u8..2, prop::collection::btree_map(1u8..4, 0..INBOXES, 1..3))
            .prop_map(|(account, by, number, text, devices)| {
                Op::State { account, by, number, text, devices: devices.into_iter().collect() }
            }),
        5 => (0u64..4, 1u8..4, prop::collection::vec(one(), 0..4), prop::option::of(one()), prop::bool::weighted(0.1))
            .prop_map(|(account, device, one_time, last, replace)| Op::Packages { account, device, one_time, last, replace }),
        4 => (0u64..4, by(), 0u64..60, 0u64..6).prop_map(|(account, by, from, count)| Op::Take { account, by, from, count }),
        1 => (0u64..60).prop_map(|stamp| Op::Spend { stamp }),
        4 => (0u64..4, any::<bool>(), 0u64..60).prop_map(|(account, by_handle, stamp)| Op::Lookup { account, by_handle, stamp }),
        5 => (0u64..4, prop_oneof![4 => Just(77u16), 1 => 1u16..4], 0u64..60)
            .prop_map(|(account, suite, stamp)| Op::Claim { account, suite, stamp }),
        4 => (0u64..5, 1u64..30, any::<u64>(), prop::option::weighted(0.9, 0u64..60))
            .prop_map(|(n, size, file, stamp)| Op::Blob { n, size, file, stamp }),
        3 => (0u64..5, 1u64..30, any::<u64>(), prop::option::weighted(0.9, 0u64..60))
            .prop_map(|(n, size, file, stamp)| Op::Begin { n, size, file, stamp }),
        3 => (0u64..5).prop_map(|n| Op::Finish { n }),
        1 => (0u64..5).prop_map(|n| Op::Forget { n }),
        1 => (1u32..4).prop_map(|limit| Op::Expire { limit }),
        1 => (1u32..4).prop_map(|limit| Op::Sweep { limit }),
        3 => (1u64..8_000).prop_map(|ms| Op::Clock { ms }),
        1 => Just(Op::Reopen),
    ]
}

fn file_name(random: u64, at: u64) -> FileName {
    let mut name = [0; 16];
    name[..8].copy_from_slice(&random.to_be_bytes());
    name[8..].copy_from_slice(&at.to_be_bytes());
    FileName::new(name)
}

fn file_of(b: &impl Backend, n: u64) -> Option<FileName> {
    b.reads().blob(&blob(n, 1).blob).unwrap().map(|b| b.file)
}

fn ask<V: Verb>(b: &mut impl Backend, now: Millis, rules: &Rules, verb: V) -> V::Answer {
    run_one(b.store(), now, rules, verb).unwrap()
}

/// Runs one and tells its answer. `at` makes every file's name its own.
fn answer(b: &mut impl Backend, now: &mut Millis, rules: &Rules, at: u64, op: &Op) -> String {
    let t = *now;
    match op {
        Op::Issue { by, person, code, recover } => {
            // a code is random: no two persons ever hold the same
            let code = hash("code", person * 102 + code);
            format!("{:?}", ask(b, t, rules, IssueCode { code, ..issue_by(*by, *person, 0, *recover) }))
        }
        Op::Clerk { n, issue, reset, revoke } => {
            let (name, key) = clerk(*n);
            if *revoke {
                return format!("{:?}", ask(b, t, rules, RevokeClerk(name)));
            }
            format!("{:?}", ask(b, t, rules, AddClerk { name, key, duties: Duties { issue: *issue, reset: *reset } }))
        }
        Op::RevokeCode { person, code } => {
            let code = Reference::of(&hash("code", person * 102 + code));
            format!("{:?}", ask(b, t, rules, RevokeCode(code)))
        }
        Op::Enroll { code, account, handle: h, inbox } => {
            let devices = vec![state_device(1, *inbox)];
            let enroll = Enroll { handle: handle(*h), devices, ..enrolment(code / 2 * 100 + code, *account) };
            format!("{:?}", ask(b, t, rules, enroll))
        }
        Op::OpenInbox { inbox, stamp } => {
            let (c, stamp) = (inbox_channel(*inbox), Some(stamp_of(*stamp)));
            let open = Open::inbox(c.id, &[Right { token: c.append, stamped: false, once: false }], c.read, stamp).unwrap();
            format!("{:?}", ask(b, t, rules, open))
        }
        Op::ReopenInbox { inbox } => {
            let c = inbox_channel(*inbox);
            let add = vec![Right { token: c.append, stamped: false, once: false }];
            let change = ChangeTokens { channel: c.id, token: c.read, add, remove: vec![] };
            format!("{:?}", ask(b, t, rules, change))
        }
        Op::Recover { code, before, handle: h, account: a, inbox } => {
            let recover = Recover {
                code: hash("code", code / 2 * 100 + code),
                before: account(*before),
                handle: handle(*h),
                account: account(*a),
                state: format!("state 0 of {a}\n"),
                devices: vec![state_device(1, *inbox)],
                binding: format!("binding of {a}, again\n"),
                reset: format!("reset to {a}\n"),
                closing: Closing::default(),
            };
            let code = recover.code;
            let answer = ask(b, t, rules, recover);
            format!("{answer:?} {:?} {:?}", b.reads().recovering(t, &code), b.reads().resets(2, 3))
        }
        Op::Pause { account: a, by, on } => format!("{:?}", ask(b, t, rules, PauseAccount { by: speaker(*a, *by), paused: *on })),
        Op::Remove { account: a, by } => {
            format!("{:?}", ask(b, t, rules, RemoveAccount { by: speaker(*a, *by), closing: Closing::default() }))
        }
        Op::State { account: a, by, number, text, devices } => {
            let devices: Vec<StateDevice> = devices.iter().map(|(d, inbox)| state_device(*d, *inbox)).collect();
            let put = PutState {
                by: speaker(*a, *by),
                number: number + 1,
                state: format!("state {number} {text}"),
                devices,
                closing: None,
            };
            format!("{:?}", ask(b, t, rules, put))
        }
        Op::Packages { account: a, device: d, one_time, last, replace } => {
            let made = |(suite, n, ms): &(u16, u64, u64)| package(*suite, *n, t.plus(*ms));
            let put = PutKeyPackages {
                by: speaker(*a, *d),
                one_time: one_time.iter().map(made).collect(),
                last_resort: last.iter().map(made).collect(),
                replace_all: *replace,
            };
            format!("{:?}", ask(b, t, rules, put))
        }
        Op::Take { account: a, by, from, count } => {
            let take = TakeStamps { by: speaker(*a, *by), count: u32::try_from(*count).unwrap() };
            let taken = ask(b, t, rules, take);
            if taken.is_ok() {
                ask(b, t, rules, AddStamps((*from..from + count).map(stamp_of).collect()));
            }
            format!("{taken:?}")
        }
        Op::Spend { stamp } => format!("{:?}", ask(b, t, rules, SpendStamp(stamp_of(*stamp)))),
        Op::Lookup { account: a, by_handle, stamp } => {
            let who = if *by_handle { Who::Handle(handle(*a)) } else { Who::Account(account(*a)) };
            format!("{:?}", ask(b, t, rules, Lookup { who, stamp: stamp_of(*stamp) }))
        }
        Op::Claim { account: a, suite, stamp } => {
            let claim = Claim { account: account(*a), suite: *suite, stamp: stamp_of(*stamp) };
            format!("{:?}", ask(b, t, rules, claim))
        }
        Op::Blob { n, size, file, stamp } => {
            let keep = KeepBlob { header: blob(*n, *size), file: file_name(*file, at), stamp: stamp.map(stamp_of) };
            format!("{:?}", ask(b, t, rules, keep))
        }
        Op::Begin { n, size, file, stamp } => {
            let keep = KeepBlob { header: blob(*n, *size), file: file_name(*file, at), stamp: stamp.map(stamp_of) };
            format!("{:?}", ask(b, t, rules, BeginBlob(keep)))
        }
        Op::Finish { n } => match file_of(b, *n) {
            Some(file) => format!("{:?}", ask(b, t, rules, FinishBlob(file))),
            None => String::new(),
        },
        Op::Forget { n } => match file_of(b, *n) {
            Some(file) => format!("{:?}", ask(b, t, rules, ForgetBlob(file))),
            None => String::new(),
        },
        Op::Expire { limit } => {
            let files = ask(b, t, rules, ExpireBlobs { over_at: t, limit: *limit });
            files.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        }
        Op::Sweep { limit } => format!("{:?}", ask(b, t, rules, SweepAccounts { over_at: t, limit: *limit })),
        Op::Clock { ms } => {
            *now = now.plus(*ms);
            String::new()
        }
        Op::Reopen => {
            b.reopen();
            String::new()
        }
    }
}

fn everything(b: &impl Backend, now: Millis, rules: &Rules) -> String {
    let reads = b.reads();
    let inboxes: Vec<_> = (0..INBOXES)
        .map(|n| {
            let c = inbox_channel(n);
            reads.admit(now, rules, &c.id, &c.read).unwrap().map(|a| reads.rights(a.key).unwrap())
        })
        .collect();
    let accounts: Vec<_> = (0..4).map(|n| reads.newest_state(&account(n)).unwrap()).collect();
    let stamps: Vec<_> = (0..66).map(|n| reads.stamp_known(&stamp_of(n)).unwrap()).collect();
    let blobs: Vec<_> = (0..5)
        .map(|n| reads.blob(&blob(n, 1).blob).unwrap().map(|b| (b.header.size, b.file.to_string(), b.expires_at, b.whole)))
        .collect();
    let codes = reads.live_codes(now, 3).unwrap();
    let counter = (reads.clerks().unwrap(), reads.acts(2, 1_000, None).unwrap(), reads.acts(1, 2, Some(&clerk(1).1)).unwrap());
    format!("{accounts:?} {inboxes:?} {stamps:?} {blobs:?} {} {codes:?} {counter:?}", reads.blob_bytes().unwrap())
}

/// Whether an implementation answers as the model through any history of accounts.
pub fn hold<B: Backend>() {
    hold_in::<B>(64);
}

/// The same in so many histories.
pub fn hold_in<B: Backend>(cases: u32) {
    let config = ProptestConfig { cases, ..ProptestConfig::default() };
    proptest!(config, |(ops in prop::collection::vec(op(), 30..150))| {
        let rules = tight();
        let start = Millis::new(1_800_000_000_000);
        let (mut of_store, mut of_model) = (start, start);
        let (mut store, mut model) = (B::new(), Model::of::<B>());
        for (at, op) in (0u64..).zip(&ops) {
            let said = answer(&mut store, &mut of_store, &rules, at, op);
            prop_assert_eq!(said, answer(&mut model, &mut of_model, &rules, at, op), "{:?}", op);
            // everything is much to read: now and then, and at the end
            if at % 8 == 7 {
                let (of_store, of_model) = (everything(&store, of_store, &rules), everything(&model, of_model, &rules));
                prop_assert_eq!(of_store, of_model, "after {:?}", op);
            }
        }
        prop_assert_eq!(everything(&store, of_store, &rules), everything(&model, of_model, &rules));
    });
}
