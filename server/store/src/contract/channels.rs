//! What every store promises of channels, stamped out for each implementation.

use super::Backend;
use crate::accounts::AddStamps;
use crate::channels::*;
use crate::rules::{Limit, Rules};
use crate::{Answer, Ask, Reads, Verb, run_one};
use lacre_ground::ids::{ChannelId, EntryId, Seq, TokenHash};
use lacre_ground::time::Millis;
use prost::bytes::Bytes;

/// A store, a clock in hand, and rules that tests bend.
pub struct World<B> {
    pub backend: B,
    pub now: Millis,
    pub rules: Rules,
    stamps: u64,
}

#[derive(Clone, Copy)]
pub struct Channel {
    pub id: ChannelId,
    pub append: TokenHash,
    pub read: TokenHash,
}

pub fn hash(of: &str, n: u64) -> TokenHash {
    TokenHash::new(lacre_ground::label::hash(lacre_ground::label::Label::Token, &[of.as_bytes(), &n.to_be_bytes()]))
}

pub fn log_channel(n: u64) -> Channel {
    let (append, read) = (hash("append", n), hash("read", n));
    Channel { id: ChannelId::of_log(&append, &read), append, read }
}

pub fn inbox_channel(n: u64) -> Channel {
    let (append, read) = (hash("append", n), hash("read", n));
    Channel { id: ChannelId::of_inbox(&read), append, read }
}

pub fn entry_id(n: u64) -> EntryId {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&n.to_be_bytes());
    EntryId::new(id)
}

/// An append of the entry n with bytes of its own.
pub fn entry(c: Channel, n: u64, read_to: u64) -> Append {
    let ciphertext = Bytes::from(format!("ciphertext of {n}"));
    Append { channel: c.id, token: c.append, entry_id: entry_id(n), read_to, ciphertext, seal: false, stamp: None }
}

pub fn seal(c: Channel, n: u64, read_to: u64) -> Append {
    Append { seal: true, ..entry(c, n, read_to) }
}

impl<B: Backend> World<B> {
    #[expect(clippy::new_without_default, reason = "a world has no default")]
    pub fn new() -> Self {
        Self { backend: B::new(), now: Millis::new(1_800_000_000_000), rules: Rules::default(), stamps: 0 }
    }
    /// One verb in one transaction.
    pub fn ask<V: Verb>(&mut self, verb: V) -> V::Answer {
        run_one(self.backend.store(), self.now, &self.rules, verb).unwrap()
    }
    pub fn stamp(&mut self) -> TokenHash {
        self.stamps += 1;
        let stamp = hash("stamp", self.stamps);
        self.ask(AddStamps(vec![stamp]));
        stamp
    }
    pub fn open(&mut self, request: &Open) -> Result<Opened, OpenRefused> {
        self.ask(request.clone())
    }
    pub fn log(&mut self, n: u64) -> Channel {
        let c = log_channel(n);
        let stamp = self.stamp();
        self.open(&Open::log(c.id, c.append, c.read, Some(stamp)).unwrap()).unwrap();
        c
    }
    pub fn inbox(&mut self, n: u64) -> Channel {
        let c = inbox_channel(n);
        let stamp = self.stamp();
        self.open(&Open::inbox(c.id, &[Right { token: c.append, stamped: false, once: false }], c.read, Some(stamp)).unwrap())
            .unwrap();
        c
    }
    pub fn append(&mut self, a: &Append) -> Result<Appended, AppendRefused> {
        self.ask(a.clone())
    }
    /// Stores it and gives its seq.
    pub fn stored(&mut self, a: &Append) -> u64 {
        let appended = self.append(a).unwrap();
        assert!(!appended.again, "stored before");
        appended.seq.get()
    }
    pub fn trim(&mut self, c: Channel, through: u64) -> Result<(), TrimRefused> {
        self.ask(Trim { channel: c.id, token: c.read, through: Seq::new(through).unwrap() })
    }
    pub fn change(&mut self, change: &ChangeTokens) -> Result<(), ChangeRefused> {
        self.ask(change.clone())
    }
    pub fn retire(&mut self, budget: u32) -> Retired {
        self.ask(Retire { over_at: self.now, budget })
    }
    pub fn admit(&self, c: Channel) -> Result<Admitted, NotPermitted> {
        self.backend.reads().admit(self.now, &self.rules, &c.id, &c.read).unwrap()
    }
    pub fn page(&self, c: Channel, from: u64) -> Page {
        let limits = PageLimits { entries: 1_000, bytes: u32::MAX };
        let admitted = self.admit(c).unwrap();
        self.backend.reads().page(admitted.key, Seq::new(from).unwrap(), limits).unwrap()
    }
    /// The receipt's entry, asked for with this token and the id of the entry `named`.
    pub fn status(&self, c: Channel, token: TokenHash, seq: u64, named: Option<u64>) -> Result<StoredEntry, StatusRefused> {
        let asked = Asked { channel: c.id, token, seq: Seq::new(seq).unwrap(), named: named.map(entry_id) };
        self.backend.reads().entry(&asked).unwrap()
    }
    pub fn ids(&self, c: Channel) -> Vec<EntryId> {
        self.page(c, 1).entries.iter().map(|e| e.entry_id).collect()
    }
    pub fn later(&mut self, ms: u64) {
        self.now = self.now.plus(ms);
    }
}

promises! { $ channels_contract in channels:
    fn a_new_channel_costs_a_stamp_and_an_open_one_nothing<B>() {
        let mut w = World::<B>::new();
        let c = log_channel(1);
        let (stamp, other) = (w.stamp(), w.stamp());

        let without = w.open(&Open::log(c.id, c.append, c.read, None).unwrap());
        let unknown = w.open(&Open::log(c.id, c.append, c.read, Some(hash("no stamp", 1))).unwrap());
        let first = w.open(&Open::log(c.id, c.append, c.read, Some(stamp)).unwrap());
        let again = w.open(&Open::log(c.id, c.append, c.read, Some(other)).unwrap());
        let bare = w.open(&Open::log(c.id, c.append, c.read, None).unwrap());
        let d = log_channel(2);
        let spent = w.open(&Open::log(d.id, d.append, d.read, Some(stamp)).unwrap());
        let unspent = w.open(&Open::log(d.id, d.append, d.read, Some(other)).unwrap());

        assert_eq!(without, Err(OpenRefused::Stamp));
        assert_eq!(unknown, Err(OpenRefused::Stamp));
        assert_eq!(first, Ok(Opened { head: None, spent: true }));
        assert_eq!(again, Ok(Opened { head: None, spent: false }));
        assert_eq!(bare, Ok(Opened { head: None, spent: false }));
        assert_eq!(spent, Err(OpenRefused::Stamp));
        assert_eq!(unspent, Ok(Opened { head: None, spent: true }));
    }

    fn seqs_are_dense_from_one_in_every_channel_and_read_back_in_order<B>() {
        let mut w = World::<B>::new();
        let channels = [w.log(1), w.log(2), w.inbox(3)];

        for n in 1..=20 {
            for (i, c) in channels.iter().enumerate() {
                assert_eq!(w.stored(&entry(*c, n * 10 + i as u64, n - 1)), n);
            }
        }
        w.backend.reopen();

        for (i, c) in channels.iter().enumerate() {
            let page = w.page(*c, 1);
            assert_eq!((page.head, page.gone_through), (20, 0));
            assert_eq!(page.entries.iter().map(|e| e.seq.get()).collect::<Vec<_>>(), (1..=20).collect::<Vec<_>>());
            for (n, e) in (1..=20u64).zip(&page.entries) {
                assert_eq!(e.entry_id, entry_id(n * 10 + i as u64));
                assert_eq!(e.ciphertext, entry(*c, n * 10 + i as u64, 0).ciphertext);
            }
            assert_eq!(w.stored(&entry(*c, 9_000 + i as u64, 20)), 21);
        }
    }

    fn a_page_has_at_most_what_was_asked_for_and_at_least_one_entry<B>() {
        let mut w = World::<B>::new();
        let c = w.log(1);
        for n in 1..=10 {
            let mut a = entry(c, n, n - 1);
            a.ciphertext = vec![7; 100].into();
            w.stored(&a);
        }
        let key = w.admit(c).unwrap().key;
        let page = |from, entries, bytes| {
            let page = w.backend.reads().page(key, Seq::new(from).unwrap(), PageLimits { entries, bytes }).unwrap();
            page.entries.iter().map(|e| e.seq.get()).collect::<Vec<_>>()
        };

        assert_eq!(page(3, 2, u32::MAX), [3, 4]);
        assert_eq!(page(3, 100, 250), [3, 4, 5]);
        assert_eq!(page(3, 100, 1), [3]);
        assert_eq!(page(10, 100, 1_000), [10]);
        assert_eq!(page(11, 100, 1_000), [0; 0]);
    }

    fn accept_times_never_go_back_when_the_clock_does<B>() {
        let mut w = World::<B>::new();
        let (c, d) = (w.log(1), w.inbox(2));
        let first = w.append(&entry(c, 1, 0)).unwrap().accepted_at;
        let noon = w.now;

        w.now = Millis::new(noon.get() - 5_000);
        let back = w.append(&entry(c, 2, 1)).unwrap().accepted_at;
        w.backend.reopen();
        let reopened = w.append(&entry(d, 3, 0)).unwrap().accepted_at;
        w.trim(d, 1).unwrap();
        w.now = noon.plus(w.rules.entry_retention_ms + 1);
        assert_eq!(w.retire(100).entries, 2);
        w.backend.reopen();
        w.now = Millis::new(noon.get() - 9_000);
        let emptied = w.append(&entry(c, 4, 2)).unwrap().accepted_at;

        assert_eq!(first, noon);
        assert_eq!([back, reopened, emptied], [noon; 3]);
    }

    /// Seen red with rules that go by accept times.
    fn a_clock_that_was_ahead_and_was_put_back_stops_neither_seals_nor_quotas_nor_retention<B>() {
        let mut w = World::<B>::new();
        let ahead = 5 * 86_400_000;
        (w.rules.free_seals, w.rules.inbox_appends_per_token) = (1, 1);
        let (c, d, noon) = (w.log(1), w.inbox(2), w.now);
        w.later(ahead);
        w.stored(&seal(c, 1, 0));
        w.stored(&entry(d, 1, 0));

        w.now = noon;
        w.backend.reopen();
        let next = w.append(&seal(c, 2, 1)).unwrap();
        assert_eq!(next.accepted_at, noon.plus(ahead), "accept times stand");
        let paused = w.append(&seal(c, 3, 2)).unwrap_err();
        assert!(matches!(paused, AppendRefused::Limit(Limited { retry_after_ms: Some(1_000), .. })), "{paused:?}");
        w.later(1_000);
        w.stored(&seal(c, 3, 2));
        w.stored(&entry(d, 2, 0));
        let counted = w.append(&entry(d, 3, 0)).unwrap_err();
        assert!(matches!(counted, AppendRefused::Limit(Limited { limit: Limit::InboxAppendsPerToken, .. })), "{counted:?}");
        w.later(w.rules.inbox_window_ms);
        w.stored(&entry(d, 3, 0));
        let e = w.log(5);
        let admitted = |w: &World<B>| w.backend.reads().admit(w.now, &w.rules, &e.id, &e.read).unwrap().is_ok();
        w.later(w.rules.channel_retention_ms - 1);
        let _ = w.retire(1_000);
        assert!(admitted(&w), "used when it was opened, by the clock that was right");
        w.later(1);
        let _ = w.retire(1_000);
        assert!(!admitted(&w));
    }

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

    fn an_unknown_channel_and_a_wrong_token_get_the_same_answer<B>() {
        let mut w = World::<B>::new();
        for (c, unknown) in [(w.log(1), log_channel(8)), (w.inbox(2), inbox_channel(9))] {
            w.stored(&entry(c, 1, 0));
            let wrong = Channel { append: c.read, read: c.append, ..c };
            for stranger in [unknown, wrong] {
                assert_eq!(w.append(&entry(stranger, 5, 0)), Err(AppendRefused::NotPermitted));
                assert_eq!(w.append(&entry(stranger, 1, 99)), Err(AppendRefused::NotPermitted));
                assert_eq!(w.trim(stranger, 99), Err(TrimRefused::NotPermitted));
                let change = ChangeTokens { channel: stranger.id, token: stranger.read, add: vec![], remove: vec![] };
                assert_eq!(w.change(&change), Err(ChangeRefused::NotPermitted));
                assert_eq!(w.admit(stranger), Err(NotPermitted));
                let no_token = hash("nobody", 1);
                let status = w.status(stranger, no_token, 1, Some(1));
                assert_eq!(status, Err(StatusRefused::NotPermitted));
            }
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

    fn only_the_reader_of_an_inbox_trims_and_what_is_gone_stays_gone<B>() {
        let mut w = World::<B>::new();
        let (c, l) = (w.inbox(1), w.log(2));
        w.stored(&entry(l, 1, 0));
        for n in 1..=5 {
            w.stored(&entry(c, n, 0));
        }

        assert_eq!(w.trim(l, 1), Err(TrimRefused::NotAnInbox));
        assert_eq!(w.trim(c, 6), Err(TrimRefused::Ahead { head: 5 }));
        assert_eq!(w.trim(c, 3), Ok(()));
        assert_eq!(w.trim(c, 3), Ok(()));
        assert_eq!(w.trim(c, 1), Ok(()));
        let page = w.page(c, 1);
        assert_eq!((page.gone_through, page.head, page.entries.len()), (3, 5, 2));
        assert_eq!(w.trim(c, 5), Ok(()));
        w.backend.reopen();
        let page = w.page(c, 1);
        assert_eq!((page.gone_through, page.head, page.entries.len()), (5, 5, 0));
        assert_eq!(w.stored(&entry(c, 6, 0)), 6);
    }

    fn the_reader_of_an_inbox_says_who_may_append<B>() {
        let mut w = World::<B>::new();
        w.rules.max_inbox_tokens = 2;
        let (c, l) = (w.inbox(1), w.log(2));
        let friend = Channel { append: hash("friend", 1), ..c };
        let change = |add: &[TokenHash], remove: &[TokenHash]| ChangeTokens {
            channel: c.id,
            token: c.read,
            add: add.iter().map(|t| Right { token: *t, stamped: false, once: false }).collect(),
            remove: remove.to_vec(),
        };

        let log_change = ChangeTokens { channel: l.id, token: l.read, add: vec![], remove: vec![] };
        assert_eq!(w.change(&log_change), Err(ChangeRefused::NotAnInbox));
        assert_eq!(w.append(&entry(friend, 1, 0)), Err(AppendRefused::NotPermitted));
        assert_eq!(w.change(&change(&[friend.append], &[])), Ok(()));
        assert_eq!(w.change(&change(&[friend.append], &[])), Ok(()));
        w.stored(&entry(friend, 1, 0));
        let limit = Limited { limit: Limit::MaxInboxTokens, value: 2, retry_after_ms: None };
        assert_eq!(w.change(&change(&[hash("third", 1)], &[])), Err(ChangeRefused::Limit(limit)));
        assert_eq!(w.change(&change(&[hash("third", 1)], &[c.append])), Ok(()));
        w.backend.reopen();
        assert_eq!(w.append(&entry(c, 2, 0)), Err(AppendRefused::NotPermitted));
        w.stored(&entry(friend, 2, 0));
        assert_eq!(w.change(&change(&[], &[friend.append, hash("third", 1)])), Ok(()));
        assert_eq!(w.append(&entry(friend, 3, 0)), Err(AppendRefused::NotPermitted));
    }

    fn retention_removes_the_oldest_entries_and_the_name_outlives_them<B>() {
        let mut w = World::<B>::new();
        let (c, d) = (w.log(1), w.inbox(2));
        for n in 1..=6 {
            w.stored(&entry(c, n, n - 1));
            w.stored(&entry(d, n, 0));
            w.later(1_000);
        }
        let keep = w.rules.entry_retention_ms;
        // the third of each is just at the end of its time
        w.now = Millis::new(1_800_000_000_000 + 2_000 + keep);

        assert_eq!(w.retire(4), Retired { entries: 4, channels: 0 });
        assert_eq!(w.retire(4), Retired { entries: 2, channels: 0 });
        assert_eq!(w.retire(4), Retired::default());
        for c in [c, d] {
            let page = w.page(c, 1);
            assert_eq!((page.gone_through, page.head), (3, 6));
            assert_eq!(page.entries.first().unwrap().seq.get(), 4);
        }
        // the relay can no longer know an id that is gone
        assert_eq!(w.append(&entry(c, 9, 2)), Err(AppendRefused::CatchUp { head: 6 }));
        let status = w.status(c, c.read, 1, None);
        assert_eq!(status, Err(StatusRefused::NoEntry { gone_through: 3, head: 6 }));
        w.later(10_000);
        assert_eq!(w.retire(100), Retired { entries: 6, channels: 0 });
        w.backend.reopen();
        assert_eq!(w.page(c, 1), Page { entries: vec![], head: 6, gone_through: 6 });
        assert_eq!(w.stored(&entry(c, 9, 6)), 7);
    }

    fn a_round_of_retention_removes_no_more_rows_than_it_may_and_appends_go_on_between<B>() {
        let mut w = World::<B>::new();
        let (c, d) = (w.log(1), w.inbox(2));
        // channels that end with the entries, each two rows with its right
        for n in 10..20 {
            w.log(n);
        }
        for n in 1..=9 {
            w.stored(&entry(c, n, n - 1));
        }
        w.later(w.rules.channel_retention_ms);
        w.stored(&entry(d, 1, 0));
        let (mut rounds, mut head) = (Vec::new(), 9);
        loop {
            let retired = w.retire(4);
            if retired == Retired::default() {
                break;
            }
            rounds.push((retired.entries, retired.channels));
            // in the middle of it a sender is told what is gone, and gets his next place
            let behind = w.page(c, 1).gone_through - 1;
            assert_eq!(w.append(&entry(c, 100 + head, behind)), Err(AppendRefused::CatchUp { head }));
            assert_eq!(w.stored(&entry(c, 200 + head, head)), head + 1);
            head += 1;
        }

        assert_eq!(rounds, [(4, 0), (4, 0), (1, 1), (0, 2), (0, 2), (0, 2), (0, 2), (0, 1)]);
        assert_eq!(w.page(c, 1).entries.len(), 8);
        assert!(w.admit(c).is_ok() && w.admit(d).is_ok());
    }

    fn a_channel_is_forgotten_two_years_after_its_last_use_and_not_before<B>() {
        const YEARS: u64 = 2 * 365 * 24 * 60 * 60 * 1000;
        let mut w = World::<B>::new();
        let (unused, written, read) = (w.log(1), w.log(2), w.inbox(3));
        w.later(w.rules.reader_use_ms);
        w.stored(&entry(written, 1, 0));
        let admitted = w.admit(read).unwrap();
        assert!(admitted.touch);
        w.ask(Touch(admitted.key));
        assert!(!w.admit(read).unwrap().touch);
        let used = w.now;
        assert_eq!(w.retire(100), Retired::default());

        w.now = Millis::new(1_800_000_000_000).plus(YEARS);
        assert_eq!(w.retire(100), Retired { entries: 1, channels: 0 });
        assert!(w.admit(unused).is_ok());
        w.now = Millis::new(1_800_000_000_000).plus(w.rules.channel_retention_ms);
        assert_eq!(w.retire(100), Retired { entries: 0, channels: 1 });
        assert_eq!(w.admit(unused), Err(NotPermitted));
        assert!(w.admit(written).is_ok() && w.admit(read).is_ok());
        w.now = used.plus(w.rules.channel_retention_ms);
        assert_eq!(w.retire(100), Retired { entries: 0, channels: 2 });
        assert_eq!(w.append(&entry(written, 2, 1)), Err(AppendRefused::NotPermitted));
        // a cursor of a forgotten channel sees nothing, also not another channel's entries
        for n in 10..20 {
            let next = w.log(n);
            w.stored(&entry(next, 1, 0));
        }
        let page = w.backend.reads().page(admitted.key, Seq::FIRST, PageLimits { entries: 9, bytes: 9 }).unwrap();
        assert_eq!(page, Page { entries: vec![], head: 0, gone_through: 0 });
    }

    fn a_receipt_is_for_whoever_holds_either_token<B>() {
        let mut w = World::<B>::new();
        let (log, inbox) = (w.log(1), w.inbox(2));
        for (c, token) in [(log, log.append), (log, log.read), (inbox, inbox.read)] {
            if c.append == token || c.id == inbox.id {
                w.stored(&entry(c, 1, 0));
            }
            // whatever id comes with it
            for named in [None, Some(1), Some(9)] {
                let found = w.status(c, token, 1, named).unwrap();
                assert_eq!((found.entry_id, found.seal), (entry_id(1), false));
                let beyond = w.status(c, token, 2, named);
                assert_eq!(beyond, Err(StatusRefused::NoEntry { gone_through: 0, head: 1 }));
            }
        }
    }

    // Seen red without the id's check, and with a check that looks at the id and not at its place.
    fn an_append_right_of_an_inbox_shows_the_entry_that_it_names_and_nothing_else<B>() {
        let mut w = World::<B>::new();
        let c = w.inbox(1);
        assert_eq!(w.status(c, c.append, 1, Some(1)), Err(StatusRefused::NotNamed), "empty");
        for n in 1..=6 {
            w.stored(&entry(c, n, 0));
        }
        w.trim(c, 2).unwrap();

        for seq in [1, 2, 3, 4, 6, 7, 1_000, Seq::MAX] {
            for named in [None, Some(1), Some(2), Some(5), Some(9)] {
                assert_eq!(w.status(c, c.append, seq, named), Err(StatusRefused::NotNamed), "{seq} {named:?}");
            }
        }
        let found = w.status(c, c.append, 5, Some(5)).unwrap();
        w.trim(c, 6).unwrap();

        assert_eq!((found.seq.get(), found.entry_id), (5, entry_id(5)));
        assert_eq!(w.status(c, c.append, 5, Some(5)), Err(StatusRefused::NotNamed), "trimmed");
        assert_eq!(w.status(c, c.read, 5, Some(5)), Err(StatusRefused::NoEntry { gone_through: 6, head: 6 }));
    }

    fn an_inbox_says_how_many_rights_it_has_and_a_log_has_one<B>() {
        let mut w = World::<B>::new();
        let (inbox, log) = (w.inbox(1), w.log(2));
        let rights = |w: &World<B>, c: Channel| w.backend.reads().rights(w.admit(c).unwrap().key).unwrap();
        let change = |add: &[u64], remove: Vec<TokenHash>| ChangeTokens {
            channel: inbox.id,
            token: inbox.read,
            add: add.iter().map(|n| Right { token: hash("more", *n), stamped: false, once: false }).collect(),
            remove,
        };

        assert_eq!((rights(&w, inbox), rights(&w, log)), (1, 1));
        w.change(&change(&[1, 2, 2], vec![])).unwrap();
        assert_eq!(rights(&w, inbox), 3);
        w.change(&change(&[], vec![inbox.append, hash("more", 1), hash("more", 2)])).unwrap();
        assert_eq!(rights(&w, inbox), 0);
        assert!(w.admit(inbox).unwrap().inbox && !w.admit(log).unwrap().inbox);
    }

    fn a_rolled_back_batch_leaves_nothing_in_tables_or_memory<B>() {
        let mut w = World::<B>::new();
        w.rules.inbox_appends_per_token = 2;
        let (c, d) = (w.log(1), w.inbox(2));
        w.stored(&entry(c, 1, 0));
        w.stored(&entry(d, 1, 0));
        let (now, rules) = (w.now, w.rules.clone());
        let stamp = w.stamp();
        let new = log_channel(5);

        let asks = [
            Ask::Append(seal(c, 2, 1)),
            Ask::Append(entry(d, 2, 0)),
            Ask::Open(Open::log(new.id, new.append, new.read, Some(stamp)).unwrap()),
            Ask::Append(entry(new, 3, 0)),
        ];
        let answers = w.backend.broken_off(now.plus(50_000), &rules, &asks, &mut |_| ());

        let stored = |n: usize| matches!(answers[n], Answer::Append(Ok(_)));
        assert!(stored(0) && stored(1) && stored(3) && answers[2] == Answer::Open(Ok(Opened { head: None, spent: true })));
        assert_eq!(w.append(&entry(new, 3, 0)), Err(AppendRefused::NotPermitted));
        assert_eq!(w.page(c, 1).head, 1);
        let other = Append { ciphertext: Bytes::from_static(b"other bytes"), ..entry(d, 2, 0) };
        let stored = w.append(&other).unwrap();
        assert_eq!((stored.seq.get(), stored.again, stored.accepted_at), (2, false, now));
        assert_eq!(w.stored(&entry(c, 4, 1)), 2);
        assert!(w.open(&Open::log(new.id, new.append, new.read, Some(stamp)).unwrap()).unwrap().spent);
    }

    fn what_is_not_committed_no_reader_sees<B>() {
        let mut w = World::<B>::new();
        let c = w.log(1);
        let (now, rules) = (w.now, w.rules.clone());
        let head = |reads: &dyn Reads| reads.admit(now, &rules, &c.id, &c.read).unwrap().unwrap().head;
        let mut seen = None;

        let answers = w.backend.broken_off(now, &rules, &[Ask::Append(entry(c, 1, 0))], &mut |reads| seen = Some(head(reads)));

        assert!(matches!(answers[..], [Answer::Append(Ok(_))]));
        assert_eq!(seen, Some(0));
        assert_eq!(w.stored(&entry(c, 1, 0)), 1);
        assert_eq!(head(w.backend.reads()), 1);
    }
}

#[cfg(test)]
#[test]
fn the_wrong_name_of_a_log_or_inbox_is_not_a_request() {
    let c = log_channel(1);
    assert_eq!(Open::log(c.id, c.read, c.append, None), Err(WrongName));
    assert_eq!(Open::inbox(c.id, &[], c.read, None), Err(WrongName));
}
