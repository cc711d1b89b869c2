//! What every store promises of channels; and the world that the promises of appends, rights and retention are tried in.

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
