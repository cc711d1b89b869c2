//! Random histories of official notices: a store answers as the reference model, operation by operation.

use super::accounts::{account, at, blob, device, enrolment, run, speaker};
use super::channels::{entry_id, hash};
use super::notices::{Kept, back, casilla, code, enroll, invite, key, notice, token};
use super::{Backend, Model};
use crate::accounts::{AddStamps, IssueCode, PutState, RemoveAccount, SweepAccounts};
use crate::blobs::{ExpireBlobs, FileName, KeepBlob};
use crate::bodies::{CountRoute, LimitAgency, RenewAgency, RevokeAgency, TakeBodyStamps};
use crate::channels::{Append, ChangeTokens, Open, PageLimits, Retire, Right, Trim};
use crate::closing::Closing;
use crate::counter::By;
use crate::notices::*;
use crate::rules::Rules;
use crate::{Verb, run_one};
use lacre_ground::ids::{ChannelId, Seq};
use lacre_ground::time::Millis;
use proptest::prelude::*;

/// Channels 0 to 2 are casillas, of which the account n has n; 3 and 4 return channels.
const CHANNELS: u64 = 5;

fn channel(n: u64) -> Kept {
    if n < 3 { casilla(n) } else { back(n) }
}

#[derive(Clone, Debug)]
enum Op {
    Person { n: u64 },
    State { n: u64, number: u64, device: u8, told: bool },
    Remove { n: u64, old: bool },
    Invite { n: u64, invitation: u64 },
    Body { n: u64, invitation: u64 },
    Renew { n: u64 },
    Revoke { n: u64 },
    Limit { n: u64, per_day: u32 },
    Designate { n: u64, on: bool, old: bool },
    PauseNotices { n: u64, on: bool, old: bool },
    Exempt { n: u64, reason: Option<usize>, old: bool },
    Grants { n: u64, ids: Vec<(u64, u64, u64)>, last: Option<u64>, replace: bool },
    Answer { body: u64, n: u64 },
    Route { body: u64 },
    Stamps { body: u64, count: u32 },
    Open { channel: u64, rights: Vec<(u64, bool)> },
    Change { channel: u64, add: Vec<(u64, bool)>, remove: Vec<u64> },
    Append { channel: u64, token: u64, id: u64, text: u8 },
    Deliver { body: u64, channel: u64, token: u64, id: u64, text: u64, file: bool, look: bool },
    Trim { channel: u64, through: u64 },
    Blob { stamp: u64 },
    Expire,
    Retire { budget: u32 },
    Sweep { limit: u32 },
    Clock { ms: u64 },
    Reopen,
}

fn tight() -> Rules {
    Rules {
        code_lifetime_ms: 60_000,
        entry_retention_ms: 20_000,
        kept_retention_ms: 60_000,
        channel_retention_ms: 120_000,
        reader_use_ms: 5_000,
        blob_retention_ms: 20_000,
        max_kept_entries: 6,
        max_kept_bytes: 60,
        max_kept_tokens: 4,
        last_resort_per_day: 5,
        last_resort_per_agency_day: 3,
        return_appends_per_token: 3,
        grants_per_account: 3,
        grant_rest_ms: 2_000,
        max_agencies: 2,
        agency_per_day: 40,
        stamps_per_agency_day: 10,
        ..Rules::default()
    }
}

fn op() -> impl Strategy<Value = Op> {
    let n = || 0u64..3;
    let old = || prop::bool::weighted(0.15);
    let right = || (0u64..5, any::<bool>());
    prop_oneof![
        2 => n().prop_map(|n| Op::Person { n }),
        1 => (n(), 1u64..4, 1u8..3, any::<bool>()).prop_map(|(n, number, device, told)| Op::State { n, number, device, told }),
        1 => (n(), old()).prop_map(|(n, old)| Op::Remove { n, old }),
        2 => (n(), 0u64..4).prop_map(|(n, invitation)| Op::Invite { n, invitation }),
        3 => (n(), 0u64..4).prop_map(|(n, invitation)| Op::Body { n, invitation }),
        1 => n().prop_map(|n| Op::Renew { n }),
        1 => n().prop_map(|n| Op::Revoke { n }),
        1 => (n(), 1u32..9).prop_map(|(n, per_day)| Op::Limit { n, per_day }),
        3 => (n(), prop::bool::weighted(0.8), old()).prop_map(|(n, on, old)| Op::Designate { n, on, old }),
        2 => (n(), prop::bool::weighted(0.4), old()).prop_map(|(n, on, old)| Op::PauseNotices { n, on, old }),
        1 => (n(), prop::option::of(0usize..4), old()).prop_map(|(n, reason, old)| Op::Exempt { n, reason, old }),
        5 => (n(), prop::collection::vec((0u64..6, 0u64..3_000, 0u64..40_000), 0..4), prop::option::of(1u64..40_000), prop::bool::weighted(0.1))
            .prop_map(|(n, ids, last, replace)| Op::Grants { n, ids, last, replace }),
        6 => (n(), n()).prop_map(|(body, n)| Op::Answer { body, n }),
        1 => n().prop_map(|body| Op::Route { body }),
        1 => (n(), 1u32..6).prop_map(|(body, count)| Op::Stamps { body, count }),
        3 => (0..CHANNELS, prop::collection::vec(right(), 0..4)).prop_map(|(channel, rights)| Op::Open { channel, rights }),
        2 => (0..CHANNELS, prop::collection::vec(right(), 0..3), prop::collection::vec(0u64..5, 0..2))
            .prop_map(|(channel, add, remove)| Op::Change { channel, add, remove }),
        4 => (0..CHANNELS, 0u64..5, 0u64..6, 0u8..2).prop_map(|(channel, token, id, text)| Op::Append { channel, token, id, text }),
        9 => (n(), 0..CHANNELS, 0u64..5, 0u64..8, prop_oneof![4 => Just(0u64), 1 => Just(1)], prop::bool::weighted(0.2), prop::bool::weighted(0.1))
            .prop_map(|(body, channel, token, id, text, file, look)| Op::Deliver { body, channel, token, id, text, file, look }),
        1 => (0..CHANNELS, 1u64..8).prop_map(|(channel, through)| Op::Trim { channel, through }),
        1 => (0u64..30).prop_map(|stamp| Op::Blob { stamp }),
        1 => Just(Op::Expire),
        1 => (1u32..6).prop_map(|budget| Op::Retire { budget }),
        1 => (1u32..9).prop_map(|limit| Op::Sweep { limit }),
        3 => prop_oneof![6 => 1u64..4_000, 1 => 10_000u64..70_000].prop_map(|ms| Op::Clock { ms }),
        1 => Just(Op::Reopen),
    ]
}

fn ask<B: Backend, V: Verb>(b: &mut B, t: Millis, rules: &Rules, verb: V) -> V::Answer {
    run_one(b.store(), t, rules, verb).unwrap()
}

/// What closes with the account n, or with what it had before it put grants.
fn closing<B: Backend>(b: &B, n: u64, old: bool) -> Closing {
    let SealedCasillas { version, casillas } = b.reads().casillas(&account(n)).unwrap();
    let casillas = casillas.iter().map(|_| casilla(n).id).collect();
    Closing { version: version + u64::from(old), casillas }
}

fn rights(of: &[(u64, bool)], kept: Kept) -> Vec<Right> {
    let casilla = kept.id == ChannelId::of_casilla(&kept.read);
    of.iter().map(|(n, once)| Right { token: token(*n), stamped: false, once: *once && casilla }).collect()
}

fn answer<B: Backend>(b: &mut B, now: &mut Millis, rules: &Rules, op: &Op) -> String {
    let t = *now;
    match op {
        Op::Person { n } => {
            let issued = ask(b, t, rules, IssueCode { by: By::Operator, run: run(*n), code: hash("code", *n), recover: false });
            format!("{issued:?} {:?}", ask(b, t, rules, enrolment(*n, *n)))
        }
        Op::State { n, number, device: d, told } => {
            let closing = told.then(|| closing(b, *n, false));
            let devices = vec![at(*n, device(*d))];
            let put = PutState { by: speaker(*n, 1), number: *number, state: format!("state {number}"), devices, closing };
            format!("{:?}", ask(b, t, rules, put))
        }
        Op::Remove { n, old } => {
            let closing = closing(b, *n, *old);
            format!("{:?}", ask(b, t, rules, RemoveAccount { by: speaker(*n, 1), closing }))
        }
        Op::Invite { n, invitation } => format!("{:?}", ask(b, t, rules, invite(*n, *n * 4 + *invitation))),
        Op::Body { n, invitation } => format!("{:?}", ask(b, t, rules, enroll(*n * 4 + *invitation, *n))),
        Op::Renew { n } => {
            let renew = RenewAgency { code: code(*n), key: key(*n), certificate: format!("renewed at {t}"), until: t };
            format!("{:?}", ask(b, t, rules, renew))
        }
        Op::Revoke { n } => format!("{:?}", ask(b, t, rules, RevokeAgency(code(*n)))),
        Op::Limit { n, per_day } => format!("{:?}", ask(b, t, rules, LimitAgency { code: code(*n), per_day: *per_day })),
        Op::Designate { n, on, old } => {
            let (note, closing) = (on.then(|| format!("designation at {t}")), closing(b, *n, *old));
            format!("{:?}", ask(b, t, rules, Designate { by: speaker(*n, 1), note, closing }))
        }
        Op::PauseNotices { n, on, old } => {
            let closing = closing(b, *n, *old);
            format!("{:?}", ask(b, t, rules, PauseNotices { by: speaker(*n, 1), paused: *on, closing }))
        }
        Op::Exempt { n, reason, old } => {
            let (reason, closing) = (reason.map(|at| Exempt::ALL[at]), closing(b, *n, *old));
            let account = b.reads().account_of(&run(*n)).unwrap();
            format!("{:?}", ask(b, t, rules, SetExempt { run: run(*n), reason, account, closing }))
        }
        Op::Grants { n, ids, last, replace } => {
            let one = |id: u64, last_resort, from: u64, until: u64| KeptGrant {
                tag: *hash("grant", n * 100 + id).as_bytes(),
                last_resort,
                from: t.plus(from),
                until: t.plus(until),
                sealed: format!("grant {id} of {n} at {t}").into_bytes(),
            };
            let once = ids.iter().map(|(id, from, until)| one(*id, false, *from, *until));
            let grants: Vec<KeptGrant> = once.chain(last.map(|until| one(9, true, 0, until))).collect();
            let until = t.plus(last.unwrap_or(5_000));
            // now and then the casilla of another
            let tag = *hash("kept", if *replace { 1 } else { *n }).as_bytes();
            let casillas = vec![KeptCasilla { tag, until, sealed: vec![1] }];
            let put = PutGrants { by: speaker(*n, 1), grants, casillas, replace_all: *replace };
            format!("{:?}", ask(b, t, rules, put))
        }
        Op::Answer { body, n } => format!("{:?}", ask(b, t, rules, TakeAnswer { body: key(*body), run: run(*n) })),
        Op::Route { body } => format!("{:?}", ask(b, t, rules, CountRoute(key(*body)))),
        Op::Stamps { body, count } => format!("{:?}", ask(b, t, rules, TakeBodyStamps { body: key(*body), count: *count })),
        Op::Open { channel: n, rights: of } => {
            let (c, stamp) = (channel(*n), Some(hash("stamp", *n)));
            ask(b, t, rules, AddStamps(vec![hash("stamp", *n)]));
            let rights = rights(of, c);
            let open =
                if *n < 3 { Open::casilla(c.id, &rights, c.read, stamp) } else { Open::back(c.id, &rights, c.read, stamp) };
            format!("{:?}", ask(b, t, rules, open.unwrap()))
        }
        Op::Change { channel: n, add, remove } => {
            let c = channel(*n);
            let remove = remove.iter().map(|n| token(*n)).collect();
            format!("{:?}", ask(b, t, rules, ChangeTokens { channel: c.id, token: c.read, add: rights(add, c), remove }))
        }
        Op::Append { channel: n, token: by, id, text } => {
            let append = Append {
                channel: channel(*n).id,
                token: token(*by),
                entry_id: entry_id(*id),
                read_to: 0,
                ciphertext: vec![*text; 5].into(),
                seal: false,
                stamp: None,
            };
            format!("{:?}", ask(b, t, rules, append))
        }
        Op::Deliver { body, channel: n, token: by, id, text, file, look } => {
            let header = blob(1, 9);
            let blobs = if *file { vec![(header.blob, header.sha256)] } else { Vec::new() };
            let digest = *hash("digest", *id + 100 * text).as_bytes();
            let deliver = Deliver { digest, blobs, look: *look, ..notice(*body, channel(*n), *by, *id) };
            format!("{:?}", ask(b, t, rules, deliver))
        }
        Op::Trim { channel: n, through } => {
            let c = channel(*n);
            let trim = Trim { channel: c.id, token: c.read, through: Seq::new(*through).unwrap() };
            format!("{:?}", ask(b, t, rules, trim))
        }
        Op::Blob { stamp } => {
            let stamp = hash("blob stamp", *stamp);
            ask(b, t, rules, AddStamps(vec![stamp]));
            let keep = KeepBlob { header: blob(1, 9), file: FileName::new([1; 16]), stamp: Some(stamp) };
            format!("{:?}", ask(b, t, rules, keep))
        }
        Op::Expire => format!("{}", ask(b, t, rules, ExpireBlobs { over_at: t, limit: 9 }).len()),
        Op::Retire { budget } => format!("{:?}", ask(b, t, rules, Retire { over_at: t, budget: *budget })),
        Op::Sweep { limit } => format!("{:?}", ask(b, t, rules, SweepAccounts { over_at: t, limit: limit + 100 })),
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
    let channels: Vec<_> = (0..CHANNELS)
        .map(|n| {
            let c = channel(n);
            let admitted = reads.admit(now, rules, &c.id, &c.read).unwrap();
            let limits = PageLimits { entries: 100, bytes: 10_000 };
            admitted.map(|a| (a, reads.page(a.key, Seq::FIRST, limits).unwrap(), reads.rights(a.key).unwrap()))
        })
        .collect();
    let people: Vec<_> = (0..3)
        .map(|n| {
            let (account, run) = (account(n), run(n));
            let address = reads.notice_address(now, rules, &account).unwrap();
            let route = reads.route(now, rules, &run).unwrap();
            (address, route, reads.exempt(&run).unwrap(), reads.account_of(&run).unwrap(), reads.casillas(&account).unwrap())
        })
        .collect();
    let bodies = (reads.bodies(9).unwrap(), reads.body_named(&code(1)).unwrap(), reads.body(&key(1)).unwrap());
    let invited = reads.body_invited(now, &hash("invitation", 1)).unwrap();
    let blob = reads.blob(&blob(1, 9).blob).unwrap().map(|b| b.expires_at);
    format!("{channels:?} {people:?} {bodies:?} {invited:?} {blob:?} {:?}", reads.counts().unwrap())
}

/// Whether an implementation answers as the model through any history of official notices.
pub fn hold<B: Backend>() {
    hold_in::<B>(64);
}

/// The same in so many histories.
pub fn hold_in<B: Backend>(cases: u32) {
    let config = ProptestConfig { cases, ..ProptestConfig::default() };
    proptest!(config, |(ops in prop::collection::vec(op(), 40..200))| {
        let rules = tight();
        let start = Millis::new(1_800_000_000_000);
        let (mut of_store, mut of_model) = (start, start);
        let (mut store, mut model) = (B::new(), Model::of::<B>());
        for n in 0..2 {
            for op in [Op::Person { n }, Op::Invite { n, invitation: n }, Op::Body { n, invitation: n }] {
                answer(&mut store, &mut of_store, &rules, &op);
                answer(&mut model, &mut of_model, &rules, &op);
            }
        }
        for (at, op) in (0u64..).zip(&ops) {
            let said = answer(&mut store, &mut of_store, &rules, op);
            prop_assert_eq!(said, answer(&mut model, &mut of_model, &rules, op), "{:?}", op);
            if at % 8 == 7 {
                let (of_store, of_model) = (everything(&store, of_store, &rules), everything(&model, of_model, &rules));
                prop_assert_eq!(of_store, of_model, "after {:?}", op);
            }
        }
        prop_assert_eq!(everything(&store, of_store, &rules), everything(&model, of_model, &rules));
    });
}
