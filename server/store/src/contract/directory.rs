//! What every store promises of key packages, of questions about people, and of the stamps that pay for them.

use super::Backend;
use super::accounts::*;
use crate::accounts::*;
use crate::directory::{AskRefused, Claim, ClaimAnswer, LookupAnswer, Who};
use crate::rules::Limit;
use crate::speaker::NoDevice;
use crate::{Answer, Ask};
use lacre_ground::time::Millis;

promises! { $ directory_contract in directory:
    fn each_claim_takes_the_oldest_package_of_each_device_and_then_the_last_resort<B>() {
        let mut w = World::<B>::new();
        w.person(1);
        w.put_state(1, 1, "three devices", &[device(1), device(2), device(3)]).unwrap();
        w.packages(device(2), &[10, 11], Some(12)).unwrap();
        w.packages(device(1), &[20], None).unwrap();
        let text = |n: u64| format!("key package {n}");
        assert_eq!(w.claimed(), [(device(1), text(20), false), (device(2), text(10), false)]);
        w.backend.reopen();
        assert_eq!(w.claimed(), [(device(2), text(11), false)]);
        assert_eq!(w.claimed(), [(device(2), text(12), true)]);
        assert_eq!(w.claimed(), [(device(2), text(12), true)]);
        assert_eq!(w.claim(1, 3), Ok(ClaimAnswer::NoKeyPackage), "another suite");
        assert_eq!(w.claim(2, 77), Ok(ClaimAnswer::NoAccount));
        w.packages(device(2), &[], Some(13)).unwrap();
        assert_eq!(w.claimed(), [(device(2), text(13), true)], "the last resort is replaced");
        w.later(1_000);
        assert_eq!(w.claim(1, 77), Ok(ClaimAnswer::NoKeyPackage), "expired");
    }

    fn key_packages_are_bounded_by_device_and_suite_and_a_refusal_changes_nothing<B>() {
        let mut w = World::<B>::new();
        w.person(1);
        w.rules.key_packages_per_device = 3;
        w.rules.suites_per_device = 2;
        let ends = w.now.plus(1_000);
        assert_eq!(w.packages(device(1), &[1, 2], None), Ok(Remaining(vec![(77, 2)])));
        assert_eq!(w.packages(device(1), &[1, 2], None), Ok(Remaining(vec![(77, 2)])), "the same again");
        let above = w.packages(device(1), &[3, 4], Some(9));
        assert!(matches!(above, Err(PutKeyPackagesRefused::Limit(l)) if l.limit == Limit::KeyPackagesPerDevice), "{above:?}");
        let mut put = PutKeyPackages {
            by: speaker(1, 1),
            one_time: vec![package(77, 3, ends), package(3, 1, ends)],
            last_resort: vec![package(1, 1, ends)],
            replace_all: false,
        };
        let suites = w.put_packages(put.clone());
        assert!(matches!(suites, Err(PutKeyPackagesRefused::Limit(l)) if l.limit == Limit::SuitesPerDevice), "{suites:?}");
        assert_eq!(w.packages(device(1), &[], None), Ok(Remaining(vec![(77, 2)])), "nothing was written");
        put.last_resort.clear();
        assert_eq!(w.put_packages(put.clone()), Ok(Remaining(vec![(3, 1), (77, 3)])));
        put.replace_all = true;
        assert_eq!(w.put_packages(put), Ok(Remaining(vec![(3, 1), (77, 1)])));
        w.later(1_000);
        assert_eq!(w.packages(device(1), &[7], None), Ok(Remaining(vec![(77, 1)])), "expired ones make room");
    }

    fn a_stamp_is_spent_once_and_by_every_answer_but_by_no_refusal<B>() {
        let mut w = World::<B>::new();
        w.person(1);
        let (a, b, c) = (w.stamp(), w.stamp(), w.stamp());
        assert!(matches!(w.lookup(Who::Handle(handle(1)), a), Ok(LookupAnswer::Entry(_))));
        assert_eq!(w.lookup(Who::Handle(handle(1)), a), Err(AskRefused::Stamp));
        assert_eq!(w.lookup(Who::Handle(handle(2)), b), Ok(LookupAnswer::NoAccount));
        assert!(!w.unspent(&b), "an unknown handle is paid for");
        w.rules.lookups_per_hour = 0;
        assert!(matches!(w.lookup(Who::Handle(handle(1)), c), Err(AskRefused::Limit(_))));
        assert!(w.unspent(&c));
        assert!(w.ask(SpendStamp(c)));
        assert!(!w.ask(SpendStamp(c)));
    }

    fn questions_about_one_account_are_counted_by_the_hour_and_others_are_not_touched<B>() {
        let mut w = World::<B>::new();
        w.person(1);
        w.person(2);
        (w.rules.claims_per_hour, w.rules.lookups_per_hour) = (2, 1);
        let hour = 3_600_000;
        w.now = Millis::new(w.now.get() / hour * hour + 600_000);
        for _ in 0..2 {
            assert_eq!(w.claim(1, 77), Ok(ClaimAnswer::NoKeyPackage));
        }
        let limited = w.claim(1, 77);
        let Err(AskRefused::Limit(l)) = limited else { panic!("{limited:?}") };
        assert_eq!((l.limit, l.value, l.retry_after_ms), (Limit::ClaimsPerHour, 2, Some(hour - 600_000)));
        let stamp = w.stamp();
        assert!(w.lookup(Who::Account(account(1)), stamp).is_ok(), "lookups are counted apart");
        assert!(w.claim(2, 77).is_ok());
        w.later(hour - 600_000);
        assert!(w.claim(1, 77).is_ok());
    }

    fn a_question_whose_answer_was_rolled_back_is_not_counted<B>() {
        let mut w = World::<B>::new();
        w.person(1);
        w.rules.claims_per_hour = 1;
        let (now, rules, stamp) = (w.now, w.rules.clone(), w.stamp());
        let claim = Ask::Claim(Claim { account: account(1), suite: 77, stamp });

        let answers = w.backend.broken_off(now, &rules, std::slice::from_ref(&claim), &mut |_| ());

        assert_eq!(answers, [Answer::Claim(Ok(ClaimAnswer::NoKeyPackage))]);
        assert!(w.unspent(&stamp));
        assert_eq!(w.claim(1, 77), Ok(ClaimAnswer::NoKeyPackage));
        assert!(matches!(w.claim(1, 77), Err(AskRefused::Limit(_))), "and then one was answered");
    }

    fn an_account_takes_so_many_stamps_a_day_and_they_are_counted_in_memory_alone<B>() {
        let mut w = World::<B>::new();
        w.person(1);
        w.rules.stamps_per_day = 5;
        let day = 86_400_000;
        w.now = Millis::new(w.now.get() / day * day + 1_000);
        let take = |w: &mut World<B>, who: u64, count: u32| w.ask(TakeStamps { by: speaker(who, 1), count });
        assert_eq!(take(&mut w, 1, 3), Ok(()));
        let above = take(&mut w, 1, 3);
        assert!(matches!(above, Err(TakeStampsRefused::Limit(l)) if l.retry_after_ms == Some(day - 1_000)), "{above:?}");
        assert_eq!(take(&mut w, 1, 2), Ok(()));
        assert!(take(&mut w, 1, 1).is_err());
        assert_eq!(take(&mut w, 2, 1), Err(TakeStampsRefused::NoDevice(NoDevice)));
        w.backend.reopen();
        assert_eq!(take(&mut w, 1, 4), Ok(()), "what was taken is written nowhere");
        let (now, rules) = (w.now, w.rules.clone());
        let one = [Ask::TakeStamps(TakeStamps { by: speaker(1, 1), count: 1 })];
        assert_eq!(w.backend.broken_off(now, &rules, &one, &mut |_| ()), [Answer::TakeStamps(Ok(()))]);
        assert_eq!((take(&mut w, 1, 1), take(&mut w, 1, 1).is_err()), (Ok(()), true), "one that was rolled back is not counted");
        w.later(day - 1_000);
        assert_eq!(take(&mut w, 1, 5), Ok(()));
    }

    /// Seen red with stamps that never end.
    fn a_stamp_works_until_its_period_and_the_next_one_are_over<B>() {
        let mut w = World::<B>::new();
        let (sweep, period) = (|w: &mut World<B>| w.ask(SweepAccounts { over_at: w.now, limit: 2 }), w.rules.stamp_period_ms);
        w.now = Millis::new(w.now.get() / period * period);
        let early = [w.stamp(), w.stamp(), w.stamp()];
        w.later(period - 1);
        let (late, spent) = (w.stamp(), w.stamp());
        w.later(1);
        let next = w.stamp();
        w.later(period - 1);
        assert!(!sweep(&mut w));
        assert!(early.iter().chain([&late, &next]).all(|stamp| w.unspent(stamp)) && w.ask(SpendStamp(spent)));
        w.later(1);
        let rounds = std::iter::from_fn(|| sweep(&mut w).then_some(())).take(10).count();
        assert_eq!(rounds, 2, "four stamps, two at a time: the third round finds none");
        assert!(!early.iter().chain([&late]).any(|stamp| w.unspent(stamp)));
        assert!(!w.ask(SpendStamp(early[0])));
        assert!(w.unspent(&next));
    }

    fn a_sweep_ends_and_takes_nothing_that_still_counts<B>() {
        let mut w = World::<B>::new();
        w.person(1);
        w.packages(device(1), &[1, 2, 3], Some(4)).unwrap();
        for n in 2..6 {
            w.issue(n, n).unwrap();
        }
        let sweep = |w: &mut World<B>| {
            let now = w.now;
            w.ask(SweepAccounts { over_at: now, limit: 2 })
        };
        assert!(!sweep(&mut w), "nothing is over");
        assert!(w.enroll(enrolment(2, 2)).is_ok());
        w.later(w.rules.code_lifetime_ms);
        w.issue(6, 6).unwrap();
        let rounds = std::iter::from_fn(|| sweep(&mut w).then_some(())).take(10).count();
        assert_eq!(rounds, 2, "four packages and five codes, two of each at a time: the third round has room left");
        assert!(w.enroll(enrolment(6, 6)).is_ok());
        assert_eq!(w.issue(2, 20), Err(IssueRefused::HasAccount));
    }
}
