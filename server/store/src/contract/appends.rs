//! What every store promises of appends: one answer for one entry, seals, limits, quotas.

use super::Backend;
use super::channels::*;
use crate::channels::*;
use crate::rules::Limit;
use lacre_ground::ids::Seq;
use lacre_ground::time::Millis;
use prost::bytes::Bytes;

promises! { $ appends_contract in appends:
    fn the_same_append_again_gets_the_first_answer_before_every_other_rule<B>() {
        let mut w = World::<B>::new();
        w.rules.max_log_entries = 3;
        w.rules.free_seals = 1;
        let c = w.log(1);
        let first = w.append(&entry(c, 1, 0)).unwrap();
        w.later(1_000);
        let sealed = w.append(&seal(c, 2, 1)).unwrap();
        w.stored(&entry(c, 3, 2));

        // behind a seal, in a full log, and a seal inside the pause
        let again = w.append(&entry(c, 1, 0)).unwrap();
        let seal_again = w.append(&seal(c, 2, 1)).unwrap();

        assert_eq!(again, Appended { again: true, ..first });
        assert_eq!(seal_again, Appended { again: true, ..sealed });
        assert_eq!(w.append(&entry(c, 4, 3)), Err(AppendRefused::Limit(Limited { limit: Limit::MaxLogEntries, value: 3, retry_after_ms: None })));
        w.backend.reopen();
        assert_eq!(w.append(&entry(c, 1, 0)).unwrap(), Appended { again: true, ..first });
        assert_eq!(w.ids(c), [entry_id(1), entry_id(2), entry_id(3)]);
    }

    fn bytes_that_are_kept_are_counted_through_restarts_trims_and_retention<B>() {
        let mut w = World::<B>::new();
        (w.rules.max_log_bytes, w.rules.max_inbox_bytes) = (40, 40);
        let (log, inbox) = (w.log(1), w.inbox(2));
        let of = |c, n, bytes: usize| Append { ciphertext: vec![7; bytes].into(), ..entry(c, n, n - 1) };
        let full = |limit| Err(AppendRefused::Limit(Limited { limit, value: 40, retry_after_ms: None }));
        for (c, limit) in [(log, Limit::MaxLogBytes), (inbox, Limit::MaxInboxBytes)] {
            w.stored(&of(c, 1, 15));
            w.stored(&of(c, 2, 15));
            assert_eq!(w.append(&of(c, 3, 11)), full(limit));
            w.backend.reopen();
            assert_eq!(w.append(&of(c, 3, 11)), full(limit), "after a restart");
            w.stored(&of(c, 3, 10));
            assert_eq!(w.append(&of(c, 4, 1)), full(limit));
        }

        w.trim(inbox, 1).unwrap();
        assert_eq!(w.append(&of(inbox, 4, 16)), full(Limit::MaxInboxBytes));
        w.backend.reopen();
        w.stored(&of(inbox, 4, 15));
        w.later(w.rules.entry_retention_ms);
        w.retire(100);
        w.backend.reopen();
        w.stored(&of(log, 4, 40));
        assert_eq!(w.append(&of(log, 5, 1)), full(Limit::MaxLogBytes), "behind what is gone");
    }

    fn other_bytes_under_a_known_id_conflict_and_change_nothing<B>() {
        let mut w = World::<B>::new();
        for c in [w.log(1), w.inbox(2)] {
            w.stored(&entry(c, 1, 0));
            w.stored(&entry(c, 2, 1));
            let other = Append { ciphertext: Bytes::from_static(b"other"), ..entry(c, 1, 0) };
            let as_seal = Append { seal: true, ..entry(c, 1, 0) };

            assert_eq!(w.append(&other), Err(AppendRefused::Conflict));
            assert_eq!(w.append(&as_seal), Err(AppendRefused::Conflict));
            assert_eq!(w.page(c, 1).entries[0].ciphertext, entry(c, 1, 0).ciphertext);
            assert_eq!(w.page(c, 1).head, 2);
        }
    }

    fn of_seals_made_in_ignorance_of_each_other_one_is_stored<B>() {
        let mut w = World::<B>::new();
        let c = w.log(1);
        w.stored(&entry(c, 1, 0));

        let answers: Vec<_> = (10..18).map(|n| w.append(&seal(c, n, 1))).collect();
        w.backend.reopen();
        let late = w.append(&seal(c, 20, 1));
        let informed = w.append(&seal(c, 21, 2));

        assert_eq!(answers[0].unwrap().seq.get(), 2);
        for lost in answers.iter().skip(1).chain([&late]) {
            assert_eq!(*lost, Err(AppendRefused::Sealed { seq: Seq::new(2).unwrap() }));
        }
        assert_eq!(informed.unwrap().seq.get(), 3);
    }

    fn an_entry_whose_sender_has_not_read_the_seal_is_refused_with_its_place<B>() {
        let mut w = World::<B>::new();
        let c = w.log(1);
        w.stored(&seal(c, 1, 0));
        w.stored(&entry(c, 2, 1));

        assert_eq!(w.append(&entry(c, 3, 0)), Err(AppendRefused::Sealed { seq: Seq::FIRST }));
        assert_eq!(w.stored(&entry(c, 3, 1)), 3);
    }

    fn who_is_too_far_behind_must_read_and_who_is_ahead_is_told_the_head<B>() {
        let mut w = World::<B>::new();
        w.rules.max_lag = 5;
        let c = w.log(1);
        for n in 1..=7 {
            w.stored(&entry(c, n, n - 1));
        }

        assert_eq!(w.append(&entry(c, 8, 8)), Err(AppendRefused::Ahead { head: 7 }));
        assert_eq!(w.append(&entry(c, 8, 1)), Err(AppendRefused::CatchUp { head: 7 }));
        assert_eq!(w.append(&entry(c, 1, 1)), Err(AppendRefused::CatchUp { head: 7 }));
        assert_eq!(w.stored(&entry(c, 8, 2)), 8);
    }

    fn after_the_free_seals_one_is_taken_after_each_pause_and_a_full_log_has_room_for_it<B>() {
        let mut w = World::<B>::new();
        w.rules.max_log_entries = 2;
        let c = w.log(1);
        for n in 1..=3 {
            w.stored(&seal(c, n, n - 1));
        }
        let limit = |ms| Err(AppendRefused::Limit(Limited { limit: Limit::SealPauseMs, value: 1_000, retry_after_ms: Some(ms) }));

        assert_eq!(w.append(&seal(c, 4, 3)), limit(1_000));
        w.later(400);
        w.backend.reopen();
        assert_eq!(w.append(&seal(c, 4, 3)), limit(600));
        w.later(600);
        assert_eq!(w.stored(&seal(c, 4, 3)), 4);
        assert_eq!(w.append(&seal(c, 5, 4)), limit(1_000));
        w.later(1_000);
        assert_eq!(w.stored(&seal(c, 5, 4)), 5);
    }

    fn an_inbox_gives_the_first_answer_again_while_the_process_lives_also_after_a_trim<B>() {
        let mut w = World::<B>::new();
        w.rules.recent_inbox_ids = 3;
        let c = w.inbox(1);
        let first = w.append(&entry(c, 1, 0)).unwrap();
        w.later(10);
        w.trim(c, 1).unwrap();

        assert_eq!(w.append(&entry(c, 1, 77)).unwrap(), Appended { again: true, ..first });
        for n in 2..=4 {
            w.stored(&entry(c, n, 0));
        }
        if B::SHARED {
            // as long as a sender may repeat, whatever becomes of the process
            w.backend.reopen();
            w.now = Millis::new(first.accepted_at.get() + RECENT_MS - 1);
            assert_eq!(w.append(&entry(c, 1, 0)).unwrap(), Appended { again: true, ..first });
            w.later(1);
            assert_eq!(w.stored(&entry(c, 1, 0)), 5);
            return;
        }
        // bounded: the oldest of four is forgotten, and the id inside the envelope has to do
        assert_eq!(w.stored(&entry(c, 1, 0)), 5);
        assert!(w.append(&entry(c, 4, 0)).unwrap().again);
        w.backend.reopen();
        assert_eq!(w.stored(&entry(c, 4, 0)), 6);
    }

    fn an_inbox_takes_no_seals<B>() {
        let mut w = World::<B>::new();
        let c = w.inbox(1);
        assert_eq!(w.append(&seal(c, 1, 0)), Err(AppendRefused::NoSeals));
        assert_eq!(w.page(c, 1).head, 0);
    }

    fn each_token_of_an_inbox_has_a_quota_of_its_own<B>() {
        let mut w = World::<B>::new();
        w.rules.inbox_appends_per_token = 2;
        w.rules.max_inbox_entries = 5;
        let c = w.inbox(1);
        w.now = Millis::new(w.now.get() - w.now.get() % w.rules.inbox_window_ms + w.rules.inbox_window_ms + 7);
        let other = Channel { append: hash("other", 1), ..c };
        let add = vec![Right { token: other.append, stamped: false, once: false }];
        w.change(&ChangeTokens { channel: c.id, token: c.read, add, remove: vec![] }).unwrap();
        w.stored(&entry(c, 1, 0));
        w.stored(&entry(c, 2, 0));

        let third = w.append(&entry(c, 3, 0));
        w.stored(&entry(other, 3, 0));
        w.later(w.rules.inbox_window_ms);
        w.stored(&entry(c, 4, 0));
        w.stored(&entry(c, 5, 0));
        let full = w.append(&entry(other, 6, 0));
        w.trim(c, 1).unwrap();
        w.stored(&entry(other, 6, 0));

        let retry_after_ms = Some(w.rules.inbox_window_ms - 7);
        assert_eq!(third, Err(AppendRefused::Limit(Limited { limit: Limit::InboxAppendsPerToken, value: 2, retry_after_ms })));
        assert_eq!(full, Err(AppendRefused::Limit(Limited { limit: Limit::MaxInboxEntries, value: 5, retry_after_ms: None })));
    }

    fn a_stamped_right_costs_a_stamp_for_each_stored_entry_and_for_no_other<B>() {
        let mut w = World::<B>::new();
        let c = inbox_channel(1);
        let stamp = w.stamp();
        let right = Right { token: c.append, stamped: true, once: false };
        w.open(&Open::inbox(c.id, &[right], c.read, Some(stamp)).unwrap()).unwrap();
        let (one, two) = (w.stamp(), w.stamp());
        let with = |n, stamp| Append { stamp: Some(stamp), ..entry(c, n, 0) };

        assert_eq!(w.append(&entry(c, 1, 0)), Err(AppendRefused::Stamp));
        assert_eq!(w.append(&with(1, stamp)), Err(AppendRefused::Stamp));
        assert_eq!(w.stored(&with(1, one)), 1);
        assert!(w.append(&with(1, two)).unwrap().again);
        assert_eq!(w.append(&with(2, one)), Err(AppendRefused::Stamp));
        assert_eq!(w.stored(&with(2, two)), 2);
    }
}
