//! What every store promises of codes: those that open an account, and those that put one in the place of another.

use super::Backend;
use super::accounts::*;
use super::channels::hash;
use crate::Ask;
use crate::accounts::*;
use crate::closing::Closing;
use crate::counter::By;
use crate::directory::{ClaimAnswer, DirectoryEntry, LookupAnswer, Who};
use crate::offices::*;
use lacre_ground::agency::AgencyCode;

promises! { $ codes_contract in codes:
    fn a_code_opens_one_account_and_a_repeated_enrolment_gets_the_first_answer<B>() {
        let mut w = World::<B>::new();
        w.issue(1, 1).unwrap();
        let first = enrolment(1, 1);

        let opened = w.enroll(first);
        w.backend.reopen();
        let again = w.enroll(Enroll { binding: "signed later\n".into(), ..enrolment(1, 1) });
        let other_handle = w.enroll(Enroll { handle: handle(2), ..enrolment(1, 1) });
        let other_account = w.enroll(enrolment(1, 2));
        let never_issued = w.enroll(enrolment(9, 3));

        assert_eq!(opened, Ok(Enrolled { binding: "binding of 1\n".into() }));
        assert_eq!(again, opened);
        assert_eq!(other_handle, Err(EnrollRefused::Code));
        assert_eq!(other_account, Err(EnrollRefused::Code));
        assert_eq!(never_issued, Err(EnrollRefused::Code));
        assert_eq!(w.backend.reads().newest_state(&account(2)).unwrap(), None);
    }

    fn a_recovery_code_puts_a_new_account_under_the_old_handle_and_nothing_of_the_old_one_stays<B>() {
        let mut w = World::<B>::new();
        assert_eq!(w.issue_recovery(1, 1), Err(IssueRefused::NoAccount));
        w.person(1);
        w.packages(device(1), &[1], Some(2)).unwrap();
        assert_eq!(w.recover(1, 1, 1, 2), Err(RecoverRefused::Code), "an invitation that was used is no recovery code");
        assert_eq!(w.backend.reads().recovering(w.now, &hash("code", 1)).unwrap(), None);
        w.issue_recovery(1, 5).unwrap();
        let found = w.backend.reads().recovering(w.now, &hash("code", 5)).unwrap().unwrap();
        assert_eq!(found, Recovering { handle: handle(1), account: account(1) });
        assert_eq!(w.enroll(enrolment(5, 3)), Err(EnrollRefused::Code), "a recovery code opens no second account");
        assert_eq!(w.recover(5, 2, 1, 2), Err(RecoverRefused::Code), "under another name");
        assert_eq!(w.recover(5, 1, 1, 1), Err(RecoverRefused::AccountTaken));

        let done = w.recover(5, 1, 1, 2).unwrap();
        w.backend.reopen();

        assert_eq!(done, Recovered { binding: "binding of 2\n".into(), reset: "reset to 2\n".into() });
        assert_eq!(w.recover(5, 1, 1, 2), Ok(done.clone()), "repeated");
        assert_eq!(w.recover(5, 1, 2, 3), Err(RecoverRefused::Code), "for another account");
        assert_eq!(w.backend.reads().newest_state(&account(1)).unwrap(), None);
        assert_eq!(w.claim(1, 77), Ok(ClaimAnswer::NoAccount));
        assert_eq!(w.claim(2, 77), Ok(ClaimAnswer::NoKeyPackage));
        let stamp = w.stamp();
        let LookupAnswer::Entry(entry) = w.lookup(Who::Handle(handle(1)), stamp).unwrap() else { panic!("an entry") };
        let expected = DirectoryEntry { states: vec!["state 0 of 2\n".into()], binding: done.binding, reset: Some(done.reset) };
        assert_eq!(entry, expected);
        assert_eq!(w.issue(1, 6), Err(IssueRefused::HasAccount));
    }

    fn a_recovery_code_that_brought_its_account_back_recovers_nothing_any_more<B>() {
        let mut w = World::<B>::new();
        w.person(1);
        w.issue_recovery(1, 5).unwrap();
        assert_eq!(w.backend.reads().live_codes(w.now, 10).unwrap().len(), 1);

        let back = w.enroll(enrolment(5, 1));
        w.backend.reopen();

        assert_eq!(back, Ok(Enrolled { binding: "binding of 1\n".into() }));
        assert_eq!(w.enroll(enrolment(5, 1)), back, "repeated");
        assert!(w.backend.reads().live_codes(w.now, 10).unwrap().is_empty());
        assert_eq!(w.backend.reads().recovering(w.now, &hash("code", 5)).unwrap(), None);
        assert_eq!(w.recover(5, 1, 1, 2), Err(RecoverRefused::Code));
        // the next one of the person is one again, and what it did is answered again, to both calls
        w.issue_recovery(1, 6).unwrap();
        let done = w.recover(6, 1, 1, 2).unwrap();
        assert_eq!(w.enroll(enrolment(6, 1)), Err(EnrollRefused::Code));
        assert_eq!(w.recover(6, 1, 1, 2), Ok(done));
    }

    fn resets_are_numbered_without_a_gap_and_stay_when_their_accounts_are_gone<B>() {
        let mut w = World::<B>::new();
        let page = |w: &World<B>, from, limit| {
            let ResetsPage { notes, head } = w.backend.reads().resets(from, limit).unwrap();
            (notes, head)
        };
        let note = |n: u64| format!("reset to {n}\n");
        assert_eq!(page(&w, 1, 10), (vec![], 0));
        for n in 1..=3 {
            w.person(n);
            w.issue_recovery(n, n + 10).unwrap();
            w.recover(n + 10, n, n, n + 20).unwrap();
        }
        // refused and repeated ones get no number
        assert_eq!(w.recover(13, 3, 3, 99), Err(RecoverRefused::Code));
        w.recover(13, 3, 3, 23).unwrap();

        w.issue_recovery(1, 14).unwrap();
        w.recover(14, 1, 21, 31).unwrap();
        assert_eq!(w.ask(RemoveAccount { by: speaker(22, 2), closing: Closing::default() }), Ok(()));
        let now = w.now;
        let lost = Recover {
            code: hash("code", 15),
            before: account(23),
            handle: handle(3),
            account: account(33),
            state: "state 0 of 33\n".into(),
            devices: vec![at(33, device(2))],
            binding: "binding of 33\n".into(),
            reset: note(33),
            closing: Closing::default(),
        };
        w.issue_recovery(3, 15).unwrap();
        let rules = w.rules.clone();
        w.backend.broken_off(now, &rules, &[Ask::Recover(lost.clone())], &mut |_| ());
        w.backend.reopen();

        assert_eq!(page(&w, 1, 10), (vec![note(21), note(22), note(23), note(31)], 4));
        assert_eq!(page(&w, 2, 2), (vec![note(22), note(23)], 4), "a page");
        assert_eq!(page(&w, 5, 2), (vec![], 4));
        assert_eq!(page(&w, 9_007_199_254_740_991, 2), (vec![], 4));
        w.ask(lost).unwrap();
        assert_eq!(page(&w, 5, 2), (vec![note(33)], 5), "a number that was rolled back is given");
    }

    fn a_recovery_code_ends_with_its_time<B>() {
        let mut w = World::<B>::new();
        w.person(1);
        w.issue_recovery(1, 5).unwrap();
        w.later(w.rules.code_lifetime_ms);
        assert_eq!(w.recover(5, 1, 1, 2), Err(RecoverRefused::Code));
        let now = w.now;
        w.ask(SweepAccounts { over_at: now, limit: 10 });
        assert_eq!(w.backend.reads().newest_state(&account(1)).unwrap().unwrap().state, "state 0 of 1\n");
        w.issue_recovery(1, 6).unwrap();
        assert!(w.recover(6, 1, 1, 2).is_ok());
    }

    fn a_code_ends_with_its_time_and_with_the_next_code_of_the_person<B>() {
        let mut w = World::<B>::new();
        let issued = w.issue(1, 1).unwrap();
        assert_eq!(issued.expires_at, w.now.plus(w.rules.code_lifetime_ms));
        w.issue(1, 2).unwrap();
        assert_eq!(w.enroll(enrolment(1, 1)), Err(EnrollRefused::Code), "replaced");
        w.later(w.rules.code_lifetime_ms);
        assert_eq!(w.enroll(enrolment(2, 1)), Err(EnrollRefused::Code), "expired");
        w.issue(1, 3).unwrap();
        w.later(w.rules.code_lifetime_ms - 1);
        assert!(w.enroll(enrolment(3, 1)).is_ok());
    }

    fn an_official_has_an_office_account_beside_her_own_until_the_post_ends<B>() {
        let mut w = World::<B>::new();
        w.person(1);
        let office = |administrator| Office { agency: AgencyCode::parse("SMA").unwrap(), administrator };
        // the same person: her RUN is another one here
        let issue = |w: &mut World<B>, code, administrator| {
            let issue = IssueCode { by: By::Operator, run: run(101), code: hash("code", code), recover: false };
            w.ask(IssueOffice { issue, office: office(administrator) })
        };
        assert_eq!(w.ask(EndOffice(run(101))), Err(NoOffice));
        issue(&mut w, 5, false).unwrap();
        assert_eq!(w.ask(EndOffice(run(101))), Ok(OfficeEnded { account: None }), "before its code is used");
        assert_eq!(w.enroll(enrolment(5, 2)), Err(EnrollRefused::Code), "the code ended with it");

        issue(&mut w, 6, true).unwrap();
        w.enroll(enrolment(6, 2)).unwrap();
        w.backend.reopen();

        let of = |w: &World<B>, n| w.backend.reads().office(&account(n)).unwrap();
        assert_eq!(of(&w, 2), Some(OfficeAccount { handle: handle(2), office: office(true) }));
        assert_eq!(of(&w, 1), None, "her private one is none");
        assert_eq!(issue(&mut w, 7, false), Err(IssueRefused::HasAccount));
        assert_eq!(of(&w, 2).unwrap().office, office(true), "what was refused changes nothing");

        assert_eq!(w.ask(EndOffice(run(101))), Ok(OfficeEnded { account: Some(account(2)) }));
        w.backend.reopen();
        assert_eq!((of(&w, 2), w.backend.reads().newest_state(&account(2)).unwrap()), (None, None));
        assert!(w.backend.reads().newest_state(&account(1)).unwrap().is_some(), "her private one stays");
        assert_eq!(w.ask(EndOffice(run(101))), Err(NoOffice), "it is over");
        assert_eq!(w.ask(EndOffice(run(1))), Err(NoOffice), "a private account is no office");
        issue(&mut w, 8, false).unwrap();
        assert_eq!(w.enroll(Enroll { handle: handle(2), ..enrolment(8, 3) }), Err(EnrollRefused::HandleTaken));
        w.enroll(enrolment(8, 3)).unwrap();
        assert_eq!(of(&w, 3), Some(OfficeAccount { handle: handle(3), office: office(false) }));
        assert_eq!(w.ask(RemoveAccount { by: speaker(3, 1), closing: Closing::default() }), Ok(()));
        assert_eq!(w.ask(EndOffice(run(101))), Err(NoOffice), "she removed it herself");
    }

    fn a_person_with_an_account_gets_no_second_code<B>() {
        let mut w = World::<B>::new();
        w.person(1);
        w.later(2 * w.rules.code_lifetime_ms);
        let now = w.now;
        w.ask(SweepAccounts { over_at: now, limit: 100 });
        w.backend.reopen();
        assert_eq!(w.issue(1, 2), Err(IssueRefused::HasAccount));
        assert!(w.issue(2, 3).is_ok());
    }

    fn a_refused_enrolment_leaves_the_code_unused<B>() {
        let mut w = World::<B>::new();
        w.person(1);
        w.issue(2, 2).unwrap();
        let taken = w.enroll(Enroll { handle: handle(1), ..enrolment(2, 2) });
        let same_account = w.enroll(Enroll { handle: handle(2), ..enrolment(2, 1) });
        let free = w.enroll(enrolment(2, 2));
        assert_eq!(taken, Err(EnrollRefused::HandleTaken));
        assert_eq!(same_account, Err(EnrollRefused::AccountTaken));
        assert!(free.is_ok());
    }
}
