//! What every store promises of whose an inbox is.

use super::Backend;
use super::accounts::*;
use crate::accounts::*;
use crate::channels::{ChangeRefused, Limited};
use crate::closing::Closing;
use crate::rules::Limit;
use crate::{Answer, Ask};

promises! { $ inboxes_contract in inboxes:
    fn an_inbox_is_the_accounts_that_named_it_first_and_a_refusal_changes_nothing<B>() {
        let mut w = World::<B>::new();
        w.person(1);
        w.person(2);
        w.open_inbox(1, 1);
        let (own, anothers) = (at(2, device(1)), at(1, device(1)));
        w.issue(3, 3).unwrap();
        w.issue_recovery(2, 4).unwrap();

        let moved = w.put_devices(speaker(2, 1), 1, "moved", &[StateDevice { inbox: anothers.inbox, ..own }]);
        let beside = w.put_devices(speaker(2, 1), 1, "beside", &[own, StateDevice { id: device(2), ..anothers }]);
        let twice = w.put_devices(speaker(2, 1), 1, "twice", &[own, StateDevice { id: device(2), ..own }]);
        let enrolled = w.enroll(Enroll { devices: vec![anothers], ..enrolment(3, 3) });
        let twins = w.enroll(Enroll { devices: vec![at(3, device(1)), StateDevice { id: device(2), ..at(3, device(1)) }], ..enrolment(3, 3) });
        let recovered = w.recover_to(4, 2, 2, 4, vec![anothers]);
        let with_the_lost_one = w.recover_to(4, 2, 2, 4, vec![own]);

        let (anothers, twice_said) = (InboxRefused::Anothers, InboxRefused::Twice);
        assert_eq!((moved, beside, twice), (Err(anothers.into()), Err(anothers.into()), Err(twice_said.into())));
        assert_eq!((enrolled, twins), (Err(anothers.into()), Err(twice_said.into())));
        assert_eq!((recovered, with_the_lost_one), (Err(anothers.into()), Err(anothers.into())));
        assert!(w.enroll(enrolment(3, 3)).is_ok(), "the code is unused");
        assert_eq!(w.put_state(2, 1, "one", &[device(1)]), Ok(()));
        w.ask(RemoveAccount { by: speaker(2, 1), closing: Closing::default() }).unwrap();
        assert!(w.is_open(1, 1));
        w.ask(RemoveAccount { by: speaker(1, 1), closing: Closing::default() }).unwrap();
        assert!(!w.is_open(1, 1), "its own account's end closes it");
    }

    fn what_an_account_or_its_newest_state_has_no_more_is_closed_until_its_account_names_it_again<B>() {
        let mut w = World::<B>::new();
        w.person(1);
        w.person(2);
        w.put_state(1, 1, "two devices", &[device(1), device(2)]).unwrap();
        for d in [1, 2] {
            w.open_inbox(1, d);
        }
        let closed = Err(ChangeRefused::Limit(Limited { limit: Limit::MaxInboxTokens, value: 0, retry_after_ms: None }));

        w.put_state(1, 2, "one device", &[device(1)]).unwrap();
        assert_eq!((w.is_open(1, 1), w.is_open(1, 2)), (true, false));
        assert_eq!((w.reopen_inbox(1, 1), w.reopen_inbox(1, 2)), (Ok(()), closed));
        w.backend.reopen();
        assert_eq!((w.is_open(1, 1), w.is_open(1, 2)), (true, false));
        let taken = w.put_devices(speaker(2, 1), 1, "not mine", &[StateDevice { id: device(1), ..at(1, device(2)) }]);
        assert_eq!(taken, Err(InboxRefused::Anothers.into()), "it is the account's still");
        w.put_state(1, 3, "it came back", &[device(1), device(2)]).unwrap();
        assert!(!w.is_open(1, 2));
        assert_eq!(w.reopen_inbox(1, 2), Ok(()));
        assert!(w.is_open(1, 2));

        w.issue_recovery(1, 5).unwrap();
        w.recover(5, 1, 1, 3).unwrap();
        for d in [1, 2] {
            assert!(!w.is_open(1, d));
            assert_eq!(w.reopen_inbox(1, d), closed);
            let taken = w.put_devices(speaker(2, 1), 1, "not mine", &[StateDevice { id: device(1), ..at(1, device(d)) }]);
            assert_eq!(taken, Err(InboxRefused::Anothers.into()), "nobody's");
        }
    }

    fn an_inbox_that_is_closed_opens_without_a_right_and_one_that_nobody_named_as_it_is_asked<B>() {
        let mut w = World::<B>::new();
        w.person(1);
        w.put_state(1, 1, "two devices", &[device(1), device(2)]).unwrap();
        w.put_state(1, 2, "one device", &[device(1)]).unwrap();

        for d in [1, 2, 3] {
            w.open_inbox(1, d);
        }

        assert_eq!([1, 2, 3].map(|d| w.is_open(1, d)), [true, false, true]);
    }

    fn a_rolled_back_state_closes_nothing<B>() {
        let mut w = World::<B>::new();
        w.person(1);
        w.open_inbox(1, 1);
        let (now, rules) = (w.now, w.rules.clone());
        let answers = w.backend.broken_off(now, &rules, &[Ask::RemoveAccount(RemoveAccount { by: speaker(1, 1), closing: Closing::default() })], &mut |_| ());
        assert_eq!(answers, [Answer::RemoveAccount(Ok(()))]);

        assert!(w.is_open(1, 1));
        assert_eq!(w.reopen_inbox(1, 1), Ok(()));
    }
}
