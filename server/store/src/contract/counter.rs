//! What every store promises of the registrar's counter.

use super::Backend;
use super::accounts::{World, enrolment, run};
use super::channels::hash;
use crate::accounts::{EnrollRefused, IssueCode, IssueRefused};
use crate::channels::Limited;
use crate::counter::*;
use crate::rules::{Limit, Rules};
use crate::{Ask, Reads};
use lacre_ground::time::Millis;

/// The clerk n: what she is called, and her key.
pub fn clerk(n: u8) -> (ClerkName, ClerkKey) {
    (ClerkName::parse(&format!("post-{n}")).unwrap(), ClerkKey([n; 32]))
}

/// A code for a person, issued by the clerk n; 0 is the operator.
pub fn issue_by(n: u8, person: u64, code: u64, recover: bool) -> IssueCode {
    let by = if n == 0 { By::Operator } else { By::Clerk(clerk(n).1) };
    IssueCode { by, run: run(person), code: hash("code", code), recover }
}

fn add<B: Backend>(w: &mut World<B>, n: u8, issue: bool, reset: bool) -> Result<(), AddClerkRefused> {
    let (name, key) = clerk(n);
    w.ask(AddClerk { name, key, duties: Duties { issue, reset } })
}

fn acts(reads: &dyn Reads) -> Vec<Act> {
    let acts = reads.acts(1, 1_000, None).unwrap();
    let mut before = None;
    for act in &acts {
        assert!(act.holds_behind(before), "{act:?}");
        before = Some((act.number, act.chain));
    }
    acts
}

fn deeds<B: Backend>(w: &World<B>) -> Vec<(Option<String>, Deed)> {
    acts(w.backend.reads()).into_iter().map(|act| (act.by.map(|name| name.as_str().to_owned()), act.deed)).collect()
}

fn limited(limit: Limit, value: u64, window: u64) -> IssueRefused {
    IssueRefused::Limit(Limited { limit, value, retry_after_ms: Some(window) })
}

promises! { $ counter_contract in counter:

fn a_code_is_recorded_or_was_never_given<B>() {
    let mut w = World::<B>::new();
    add(&mut w, 1, true, true).unwrap();
    let before = acts(w.backend.reads()).len();
    let (now, rules) = (w.now, Rules::default());
    let asks = [Ask::IssueCode(issue_by(1, 1, 1, false)), Ask::IssueCode(issue_by(0, 2, 2, false))];
    w.backend.broken_off(now, &rules, &asks, &mut |_| {});
    assert_eq!(acts(w.backend.reads()).len(), before);
    assert_eq!(w.enroll(enrolment(1, 1)), Err(EnrollRefused::Code));

    w.ask(issue_by(1, 1, 1, false)).unwrap();
    w.backend.reopen();

    let last = acts(w.backend.reads()).pop().unwrap();
    assert_eq!((last.by, last.deed, last.at), (Some(clerk(1).0), Deed::Issued, w.now));
    assert_eq!(last.about, Reference::of(&hash("code", 1)).to_string());
    assert!(w.enroll(enrolment(1, 1)).is_ok());
}

fn a_clerk_does_her_duty_and_what_she_asked_besides_is_recorded<B>() {
    let mut w = World::<B>::new();
    add(&mut w, 1, true, false).unwrap();
    add(&mut w, 2, false, true).unwrap();
    w.person(1);
    let added = acts(w.backend.reads()).len();

    assert!(w.ask(issue_by(1, 2, 2, false)).is_ok());
    assert_eq!(w.ask(issue_by(1, 1, 3, true)), Err(IssueRefused::Duty));
    assert!(w.ask(issue_by(2, 1, 4, true)).is_ok());
    assert_eq!(w.ask(issue_by(2, 3, 5, false)), Err(IssueRefused::Duty));
    assert_eq!(w.ask(issue_by(1, 1, 6, false)), Err(IssueRefused::HasAccount));
    assert_eq!(w.ask(issue_by(2, 3, 7, true)), Err(IssueRefused::NoAccount));

    let post = |n: u8| Some(clerk(n).0.as_str().to_owned());
    let expected = [
        (post(1), Deed::Issued),
        (post(1), Deed::NotHerDuty),
        (post(2), Deed::IssuedReset),
        (post(2), Deed::NotHerDuty),
        (post(1), Deed::HasAccount),
        (post(2), Deed::NoAccount),
    ];
    assert_eq!(deeds(&w)[added..], expected);
    let hers = w.backend.reads().acts(1, 10, Some(&clerk(2).1)).unwrap();
    assert_eq!(hers.iter().map(|act| act.deed).collect::<Vec<_>>(), [Deed::IssuedReset, Deed::NotHerDuty, Deed::NoAccount]);
    assert_eq!(w.backend.reads().acts(hers[1].number, 1, Some(&clerk(2).1)).unwrap(), hers[1..2]);
    assert!(w.backend.reads().acts(1, 10, Some(&clerk(9).1)).unwrap().is_empty());
}

/// Counted in the record: neither a restart nor another clerk's acts change it.
fn a_clerks_limits_hold_on_both_sides_and_over_a_restart<B>() {
    let mut w = World::<B>::new();
    w.rules = Rules {
        clerk_acts_per_hour: 3,
        clerk_acts_per_day: 5,
        clerk_resets_per_day: 1,
        clerk_refusals_per_day: 1,
        ..Rules::default()
    };
    for n in 1..=3 {
        add(&mut w, n, true, true).unwrap();
    }
    w.person(1);
    w.person(2);
    for code in 10..13 {
        assert!(w.ask(issue_by(1, code, code, false)).is_ok());
    }
    w.backend.reopen();
    let recorded = deeds(&w).len();
    assert_eq!(w.ask(issue_by(1, 13, 13, false)), Err(limited(Limit::ClerkActsPerHour, 3, HOUR)));
    assert_eq!(deeds(&w).len(), recorded, "nobody fills the record");
    assert!(w.ask(issue_by(2, 13, 14, false)).is_ok(), "another clerk is free");
    assert!(w.ask(issue_by(0, 14, 15, false)).is_ok(), "and the operator");
    w.now = w.now.plus(HOUR);
    for code in 20..22 {
        assert!(w.ask(issue_by(1, code, code, false)).is_ok());
    }
    assert_eq!(w.ask(issue_by(1, 22, 22, false)), Err(limited(Limit::ClerkActsPerDay, 5, DAY)));

    assert!(w.ask(issue_by(2, 1, 30, true)).is_ok());
    assert_eq!(w.ask(issue_by(2, 2, 31, true)), Err(limited(Limit::ClerkResetsPerDay, 1, DAY)));
    assert!(w.ask(issue_by(2, 30, 32, false)).is_ok(), "first codes go on");

    assert_eq!(w.ask(issue_by(3, 1, 40, false)), Err(IssueRefused::HasAccount));
    assert_eq!(w.ask(issue_by(3, 40, 41, false)), Err(limited(Limit::ClerkRefusalsPerDay, 1, DAY)));
    w.now = w.now.plus(DAY);
    assert!(w.ask(issue_by(3, 40, 41, false)).is_ok());
}

fn a_revoked_clerk_is_none_at_once_and_her_name_and_key_are_nobodys_again<B>() {
    let mut w = World::<B>::new();
    add(&mut w, 1, true, true).unwrap();
    assert_eq!(add(&mut w, 1, true, true), Err(AddClerkRefused::Name));
    let ((name, key), duties) = (clerk(1), Duties { issue: true, reset: true });
    assert_eq!(w.ask(AddClerk { name: clerk(2).0, key, duties }), Err(AddClerkRefused::Key));
    w.ask(issue_by(1, 1, 1, false)).unwrap();

    w.ask(RevokeClerk(name.clone())).unwrap();

    let recorded = deeds(&w).len();
    assert_eq!(w.ask(issue_by(1, 2, 2, false)), Err(IssueRefused::NoClerk));
    assert_eq!(w.ask(issue_by(7, 2, 2, false)), Err(IssueRefused::NoClerk), "and who never was one");
    assert_eq!(w.ask(RevokeClerk(name)), Err(NoClerk));
    assert_eq!(w.ask(RevokeClerk(clerk(9).0)), Err(NoClerk));
    assert_eq!(deeds(&w).len(), recorded);
    assert_eq!(add(&mut w, 1, true, true), Err(AddClerkRefused::Name));
    let clerks = w.backend.reads().clerks().unwrap();
    assert_eq!(clerks.iter().map(|c| c.revoked_at).collect::<Vec<_>>(), [Some(w.now)]);
    w.rules.max_clerks = 2;
    assert_eq!(add(&mut w, 2, true, false), Ok(()));
    assert_eq!(add(&mut w, 3, true, false), Err(AddClerkRefused::Limit(Limited::beyond(Limit::MaxClerks, 2))));
}

fn a_revoked_code_opens_nothing_and_one_that_was_used_is_not_taken_back<B>() {
    let mut w = World::<B>::new();
    w.person(1);
    w.issue(2, 2).unwrap();
    w.issue_recovery(1, 3).unwrap();
    let live = w.backend.reads().live_codes(w.now, 10).unwrap();
    let references: Vec<_> = [2, 3].map(|n| Reference::of(&hash("code", n))).into();
    let mut found: Vec<_> = live.iter().map(|code| code.reference).collect();
    found.sort_unstable_by_key(|r| references.iter().position(|x| x == r));
    assert_eq!(found, references);

    for reference in references {
        w.ask(RevokeCode(reference)).unwrap();
        assert_eq!(w.ask(RevokeCode(reference)), Err(NoCode));
    }

    assert!(w.backend.reads().live_codes(w.now, 10).unwrap().is_empty());
    assert_eq!(w.enroll(enrolment(2, 2)), Err(EnrollRefused::Code));
    assert!(w.recover(3, 1, 1, 3).is_err());
    assert_eq!(w.ask(RevokeCode(Reference::of(&hash("code", 1)))), Err(NoCode), "it was used");
    w.issue(2, 4).unwrap();
    let expires = w.backend.reads().live_codes(w.now, 10).unwrap()[0].expires_at;
    w.now = Millis::new(expires.get());
    assert!(w.backend.reads().live_codes(w.now, 10).unwrap().is_empty());
    assert_eq!(w.ask(RevokeCode(Reference::of(&hash("code", 4)))), Err(NoCode), "its time is over");
    assert_eq!(deeds(&w).iter().filter(|(_, deed)| *deed == Deed::CodeRevoked).count(), 2);
}
}
