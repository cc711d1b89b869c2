//! Both sides of each limit; and the table of the module said a second time, as an oracle for random channels.

use super::*;
use lacre_ground::ids::{ChannelId, EntryId};
use proptest::prelude::*;
use prost::bytes::Bytes;

const TOKEN: TokenHash = TokenHash::new([1; 32]);
const READ: TokenHash = TokenHash::new([2; 32]);
const STAMP: TokenHash = TokenHash::new([3; 32]);
const NOW: Millis = Millis::new(1_800_000_000_000);

fn head(class: ChannelClass, last: u64) -> Head {
    let rights = in_order(vec![
        Right { token: TokenHash::new([9; 32]), stamped: true, once: false },
        Right { token: TOKEN, stamped: false, once: false },
    ]);
    let key = ChannelKey::of_row(7);
    let (gone_through, bytes, gone_bytes, seal_seq, seal_count, seal_at) = (0, last, 0, 0, 0, Millis::new(0));
    Head { key, class, read: READ, rights, last, gone_through, bytes, gone_bytes, seal_seq, seal_count, seal_at }
}

fn append(read_to: u64) -> Append {
    let (channel, entry_id) = (ChannelId::new([4; 32]), EntryId::new([5; 16]));
    Append { channel, token: TOKEN, entry_id, read_to, ciphertext: Bytes::from_static(b"x"), seal: false, stamp: Some(STAMP) }
}

fn judged(head: &Head, seen: Seen, rules: &Rules, a: &Append) -> Judged {
    judge(&needs(Some(head), rules, a), &seen, rules, NOW, a)
}

fn stored(seq: u64) -> Judged {
    Judged::Store { seq: Seq::new(seq).unwrap(), spends: false }
}

fn limit(limit: Limit, value: u64, retry_after_ms: Option<u64>) -> Judged {
    Judged::Refused(AppendRefused::Limit(Limited { limit, value, retry_after_ms }))
}

#[test]
fn who_shows_no_right_is_told_one_thing_and_nothing_is_looked_for() {
    let rules = Rules::default();
    let log = head(ChannelClass::Log, 5);
    for (of, token) in [(Some(&log), READ), (Some(&log), TokenHash::new([0; 32])), (None, TOKEN), (None, TokenHash::new([0; 32]))]
    {
        let a = Append { token, ..append(1) };
        let need = needs(of, &rules, &a);
        if of.is_some() || token == TOKEN {
            assert_eq!((need.look, need.stamp), (Look::Nowhere, None));
        }
        assert_eq!(judge(&need, &Seen::default(), &rules, NOW, &a), Judged::Refused(AppendRefused::NotPermitted));
        assert_eq!(as_reader(of, &TOKEN), None);
    }
    assert!(as_reader(Some(&log), &READ).is_some());
    assert_eq!(as_reader(None, &TokenHash::new([0; 32])), None, "nobody's token reads nothing");
}

#[test]
fn of_many_rights_each_is_found_and_what_stands_between_two_is_none() {
    let right = |n: u8| Right { token: TokenHash::new([n; 32]), stamped: n.is_multiple_of(4), once: false };
    let rights = in_order((1..=100).rev().map(|n| right(2 * n)).collect());

    for n in 0..=u8::MAX {
        let there = (2..=200).contains(&n) && n % 2 == 0;
        assert_eq!(permitted(&rights, &TokenHash::new([n; 32])), there.then(|| right(n)), "{n}");
    }
    assert_eq!(permitted(&[], &TokenHash::new([0; 32])), None);
}

#[test]
fn a_sender_who_is_up_to_date_costs_no_look_and_nobody_is_looked_for_further_than_the_lag() {
    let rules = Rules { max_lag: 3, ..Rules::default() };
    let mut log = head(ChannelClass::Log, 9);
    log.gone_through = 7;
    let (key, refused) = (log.key, |r| (Look::Nowhere, Judged::Refused(r)));
    let of = |log: &Head, read_to| {
        let a = append(read_to);
        (needs(Some(log), &rules, &a).look, judged(log, Seen::default(), &rules, &a))
    };

    assert_eq!(of(&log, 9), (Look::Nowhere, stored(10)));
    assert_eq!(of(&log, 8), (Look::Behind(key, 8), stored(10)));
    assert_eq!(of(&log, 7), (Look::Behind(key, 7), stored(10)));
    assert_eq!(of(&log, 6), refused(AppendRefused::CatchUp { head: 9 }), "before what is kept");
    assert_eq!(of(&log, 10), refused(AppendRefused::Ahead { head: 9 }));
    log.gone_through = 0;
    assert_eq!(of(&log, 6), (Look::Behind(key, 6), stored(10)), "three behind");
    assert_eq!(of(&log, 5), refused(AppendRefused::CatchUp { head: 9 }), "four behind");
    let inbox = head(ChannelClass::Inbox, 9);
    assert_eq!(of(&inbox, 99), (Look::Recent(key), stored(10)), "who cannot read knows no seq");
}

#[test]
fn the_first_answer_comes_before_every_quota_and_other_bytes_are_a_conflict() {
    let rules = Rules { max_log_entries: 2, max_inbox_entries: 2, inbox_appends_per_token: 1, ..Rules::default() };
    for class in [ChannelClass::Log, ChannelClass::Inbox] {
        let of = head(class, 2);
        let first = First { seq: Seq::FIRST, accepted_at: Millis::new(4), seal: false, same_bytes: true };
        let seen = |first| Seen { first: Some(first), count: 1, stamp: false };
        let again = Appended { seq: Seq::FIRST, accepted_at: Millis::new(4), again: true };

        assert_eq!(judged(&of, seen(first), &rules, &append(0)), Judged::Again(again));
        let conflict = Judged::Refused(AppendRefused::Conflict);
        assert_eq!(judged(&of, seen(First { same_bytes: false, ..first }), &rules, &append(0)), conflict);
        assert_eq!(judged(&of, seen(first), &rules, &Append { seal: true, ..append(0) }), conflict);
    }
}

#[test]
fn a_log_is_full_at_its_limit_and_a_seal_has_room_in_it() {
    let rules = Rules { max_log_entries: 3, ..Rules::default() };
    let mut log = head(ChannelClass::Log, 5);
    log.gone_through = 3;

    assert_eq!(judged(&log, Seen::default(), &rules, &append(5)), stored(6));
    log.gone_through = 2;
    assert_eq!(judged(&log, Seen::default(), &rules, &append(5)), limit(Limit::MaxLogEntries, 3, None));
    assert_eq!(judged(&log, Seen::default(), &rules, &Append { seal: true, ..append(5) }), stored(6));
}

#[test]
fn a_channel_keeps_so_many_bytes_and_what_is_gone_makes_room() {
    let rules = Rules { max_log_bytes: 100, max_inbox_bytes: 90, ..Rules::default() };
    for (class, most, name) in [(ChannelClass::Log, 100, Limit::MaxLogBytes), (ChannelClass::Inbox, 90, Limit::MaxInboxBytes)] {
        let mut of = head(class, 5);
        of.bytes = 1_000 + most - 7;
        of.gone_bytes = 1_000;
        let bytes = |count: usize| Append { ciphertext: vec![1; count].into(), ..append(5) };

        assert_eq!(judged(&of, Seen::default(), &rules, &bytes(7)), stored(6), "to the last byte");
        assert_eq!(judged(&of, Seen::default(), &rules, &bytes(8)), limit(name, most, None));
        of.gone_bytes += 1;
        assert_eq!(judged(&of, Seen::default(), &rules, &bytes(8)), stored(6));
    }
}

#[test]
fn in_a_log_without_room_for_bytes_a_seal_comes_after_a_longer_pause() {
    let rules = Rules { max_log_bytes: 100, free_seals: 1, full_seal_pause_ms: 60_000, ..Rules::default() };
    let mut log = head(ChannelClass::Log, 5);
    let seal = Append { seal: true, ..append(5) };
    (log.bytes, log.seal_count, log.seal_at) = (99, 1, Millis::new(NOW.get() - 59_999));

    assert_eq!(judged(&log, Seen::default(), &rules, &seal), stored(6), "room is left: the usual pause");
    log.bytes = 100;
    assert_eq!(judged(&log, Seen::default(), &rules, &seal), limit(Limit::SealPauseMs, 60_000, Some(1)));
    log.seal_at = Millis::new(NOW.get() - 60_000);
    assert_eq!(judged(&log, Seen::default(), &rules, &seal), stored(6));
    (log.seal_count, log.seal_at) = (0, NOW);
    assert_eq!(judged(&log, Seen::default(), &rules, &seal), stored(6), "a free one is free");
}

#[test]
fn a_seal_waits_for_its_pause_when_the_free_ones_are_used_and_lies_in_the_way_of_who_has_not_read_it() {
    let rules = Rules { free_seals: 2, seal_pause_ms: 1_000, ..Rules::default() };
    let mut log = head(ChannelClass::Log, 5);
    let seal = |read_to| Append { seal: true, ..append(read_to) };
    (log.seal_seq, log.seal_count, log.seal_at) = (5, 1, Millis::new(NOW.get() - 999));

    assert_eq!(judged(&log, Seen::default(), &rules, &seal(5)), stored(6), "a free one is left");
    log.seal_count = 2;
    assert_eq!(judged(&log, Seen::default(), &rules, &seal(5)), limit(Limit::SealPauseMs, 1_000, Some(1)));
    log.seal_at = Millis::new(NOW.get() - 1_000);
    assert_eq!(judged(&log, Seen::default(), &rules, &seal(5)), stored(6));
    // of a clock that was ahead and was put back
    log.seal_at = NOW.plus(1_000);
    assert_eq!(judged(&log, Seen::default(), &rules, &seal(5)), stored(6));
    let sealed = Judged::Refused(AppendRefused::Sealed { seq: Seq::new(5).unwrap() });
    assert_eq!([seal(4), append(4)].map(|a| judged(&log, Seen::default(), &rules, &a)), [sealed; 2]);
}

#[test]
fn an_inbox_takes_no_seals_has_its_limit_and_each_token_its_quota_of_a_window() {
    let rules = Rules { max_inbox_entries: 3, inbox_appends_per_token: 2, inbox_window_ms: 10_000, ..Rules::default() };
    let inbox = |last| head(ChannelClass::Inbox, last);
    let seen = |count| Seen { count, ..Seen::default() };

    assert_eq!(judged(&inbox(2), seen(1), &rules, &append(0)), stored(3));
    assert_eq!(judged(&inbox(3), seen(2), &rules, &append(0)), limit(Limit::MaxInboxEntries, 3, None), "the inbox first");
    let rest = 10_000 - NOW.get() % 10_000;
    assert_eq!(judged(&inbox(2), seen(2), &rules, &append(0)), limit(Limit::InboxAppendsPerToken, 2, Some(rest)));
    let seal = Append { seal: true, ..append(0) };
    assert_eq!(judged(&inbox(3), seen(2), &rules, &seal), Judged::Refused(AppendRefused::NoSeals));
    assert_eq!((window(&rules, Millis::new(9_999)), window(&rules, Millis::new(10_000))), (0, 1));
}

#[test]
fn the_last_seq_is_given_and_none_behind_it() {
    let rules = Rules { max_log_entries: u64::MAX, max_log_bytes: u64::MAX, max_inbox_bytes: u64::MAX, ..Rules::default() };
    for class in [ChannelClass::Log, ChannelClass::Inbox] {
        let mut of = head(class, Seq::MAX - 1);
        of.gone_through = Seq::MAX - 1;
        assert_eq!(judged(&of, Seen::default(), &rules, &append(Seq::MAX - 1)), stored(Seq::MAX));
        (of.last, of.gone_through) = (Seq::MAX, Seq::MAX);
        assert_eq!(judged(&of, Seen::default(), &rules, &append(Seq::MAX)), limit(Limit::MaxSeq, Seq::MAX, None));
    }
}

#[test]
fn a_stamp_is_looked_for_and_spent_where_the_right_costs_one() {
    let rules = Rules::default();
    let mut inbox = head(ChannelClass::Inbox, 0);
    assert_eq!(needs(Some(&inbox), &rules, &append(0)).stamp, None);
    inbox.rights = vec![Right { token: TOKEN, stamped: true, once: false }];
    assert_eq!(needs(Some(&inbox), &rules, &append(0)).stamp, Some(&STAMP));

    let (there, gone) = (Seen { stamp: true, ..Seen::default() }, Seen::default());
    assert_eq!(judged(&inbox, there, &rules, &append(0)), Judged::Store { seq: Seq::FIRST, spends: true });
    assert_eq!(judged(&inbox, gone, &rules, &append(0)), Judged::Refused(AppendRefused::Stamp));
    let full = Rules { max_inbox_entries: 0, ..rules };
    assert_eq!(judged(&inbox, gone, &full, &append(0)), limit(Limit::MaxInboxEntries, 0, None), "the stamp is asked for last");
}

#[test]
fn a_trim_ends_at_the_head_and_what_is_gone_is_gone() {
    let mut inbox = head(ChannelClass::Inbox, 5);
    inbox.gone_through = 2;
    let through = |seq| Trim { channel: ChannelId::new([4; 32]), token: READ, through: Seq::new(seq).unwrap() };

    assert_eq!(trim(None, &through(1)), Err(TrimRefused::NotPermitted));
    assert_eq!(trim(Some(&head(ChannelClass::Log, 5)), &through(9)), Err(TrimRefused::NotAnInbox));
    assert_eq!(trim(Some(&inbox), &through(6)), Err(TrimRefused::Ahead { head: 5 }));
    assert_eq!(trim(Some(&inbox), &through(5)), Ok(Some((inbox.key, Seq::new(5).unwrap()))));
    assert_eq!(trim(Some(&inbox), &through(3)), Ok(Some((inbox.key, Seq::new(3).unwrap()))));
    assert_eq!(trim(Some(&inbox), &through(2)), Ok(None));
}

#[test]
fn an_inbox_has_so_many_tokens_and_a_closed_one_none() {
    let rules = Rules { max_inbox_tokens: 2, ..Rules::default() };
    let inbox = head(ChannelClass::Inbox, 0);
    let right = |n| Right { token: TokenHash::new([n; 32]), stamped: false, once: false };
    let asked = |add: &[u8], remove: &[u8]| ChangeTokens {
        channel: ChannelId::new([4; 32]),
        token: READ,
        add: add.iter().map(|n| right(*n)).collect(),
        remove: remove.iter().map(|n| right(*n).token).collect(),
    };
    let refused = |value| Err(ChangeRefused::Limit(Limited::beyond(Limit::MaxInboxTokens, value)));

    assert_eq!(change(None, true, &rules, &asked(&[5], &[])), Err(ChangeRefused::NotPermitted));
    assert_eq!(change(Some(&head(ChannelClass::Log, 0)), true, &rules, &asked(&[5], &[])), Err(ChangeRefused::NotAnInbox));
    assert_eq!(change(Some(&inbox), false, &rules, &asked(&[5], &[])), refused(2));
    assert_eq!(
        change(Some(&inbox), false, &rules, &asked(&[5, 5, 9], &[1])),
        Ok((inbox.key, vec![right(5), right(9)])),
        "the last counts"
    );
    assert_eq!(change(Some(&inbox), true, &rules, &asked(&[5], &[1])), refused(0), "closed");
    assert_eq!(change(Some(&inbox), true, &rules, &asked(&[], &[1, 9])), Ok((inbox.key, vec![])), "a closed one may lose");
    let open = |class| match class {
        ChannelClass::Log => Open::log(ChannelId::of_log(&TOKEN, &READ), TOKEN, READ, None).unwrap(),
        ChannelClass::Inbox => Open::inbox(ChannelId::of_inbox(&READ), &[right(1)], READ, None).unwrap(),
        ChannelClass::Casilla => Open::casilla(ChannelId::of_casilla(&READ), &[right(1)], READ, None).unwrap(),
        ChannelClass::Return => Open::back(ChannelId::of_return(&READ), &[right(1)], READ, None).unwrap(),
    };
    let rights = |class, closed| rights_at_open(&open(class), closed).len();
    assert_eq!(
        [rights(ChannelClass::Inbox, true), rights(ChannelClass::Inbox, false), rights(ChannelClass::Log, true)],
        [0, 1, 1]
    );
    // a state may name any channel its inbox: only an inbox closes with it
    assert_eq!([rights(ChannelClass::Casilla, true), rights(ChannelClass::Return, true)], [1, 1]);
    let casilla = head(ChannelClass::Casilla, 0);
    let rules = Rules { max_kept_tokens: 3, ..rules };
    assert!(change(Some(&casilla), true, &rules, &asked(&[5], &[])).is_ok());
    let full = Err(ChangeRefused::Limit(Limited::beyond(Limit::MaxKeptTokens, 3)));
    assert_eq!(change(Some(&casilla), false, &rules, &asked(&[5, 6], &[])), full);
}

#[test]
fn nobody_appends_to_a_casilla_and_a_return_channel_is_looked_up_among_all_its_ids() {
    let rules = Rules { return_appends_per_token: 3, max_kept_entries: 6, ..Rules::default() };
    let judged = |class, seen: Seen| {
        let (head, a) = (head(class, 5), append(0));
        let need = needs(Some(&head), &rules, &a);
        (need.look, judge(&need, &seen, &rules, NOW, &a))
    };
    let key = head(ChannelClass::Return, 5).key;
    let known = First { seq: Seq::FIRST, accepted_at: NOW, seal: false, same_bytes: true };
    let seen = |first, count| Seen { first, count, stamp: false };
    let no = Judged::Refused;

    assert_eq!(judged(ChannelClass::Casilla, seen(None, 0)), (Look::Nowhere, no(AppendRefused::NotPermitted)));
    let place = Judged::Store { seq: Seq::new(6).unwrap(), spends: false };
    assert_eq!(judged(ChannelClass::Return, seen(None, 2)), (Look::Kept(key), place));
    let again = Judged::Again(Appended { seq: Seq::FIRST, accepted_at: NOW, again: true });
    assert_eq!(judged(ChannelClass::Return, seen(Some(known), 9)).1, again);
    let other = First { same_bytes: false, ..known };
    assert_eq!(judged(ChannelClass::Return, seen(Some(other), 0)).1, no(AppendRefused::Conflict));
    assert_eq!(judged(ChannelClass::Return, seen(None, 3)).1, limit(Limit::ReturnAppendsPerToken, 3, None));
}

// ---- the oracle ----

/// A channel as a list of everything that is kept, and what else bears on an append.
#[derive(Clone, Debug)]
struct World {
    inbox: bool,
    /// whether the token has a right, and whether that costs a stamp
    right: Option<bool>,
    gone: u64,
    /// id, bytes, seal of each kept entry
    kept: Vec<(u8, u8, bool)>,
    seals: u64,
    /// so long ago
    last_seal: u64,
    /// id and bytes
    recent: Vec<(u8, u8)>,
    count: u32,
    stamp_there: bool,
    asked: (u8, u8, bool, u64),
}

fn world() -> impl Strategy<Value = World> {
    let entry = || (0u8..6, 0u8..2, prop::bool::weighted(0.2));
    let channel =
        (any::<bool>(), prop::option::weighted(0.9, prop::bool::weighted(0.3)), 0u64..4, prop::collection::vec(entry(), 0..8));
    let around = (0u64..4, 0u64..3, prop::collection::vec((0u8..6, 0u8..2), 0..4), 0u32..4, any::<bool>());
    let asked = (0u8..6, 0u8..2, prop::bool::weighted(0.3), 0u64..14);
    (channel, around, asked).prop_map(|((inbox, right, gone, kept), (seals, last_seal, recent, count, stamp_there), asked)| {
        World { inbox, right, gone, kept, seals, last_seal, recent, count, stamp_there, asked }
    })
}

fn tight() -> Rules {
    Rules {
        max_lag: 4,
        max_log_entries: 6,
        max_inbox_entries: 6,
        inbox_appends_per_token: 3,
        free_seals: 2,
        seal_pause_ms: 2,
        inbox_window_ms: 10,
        ..Rules::default()
    }
}

impl World {
    fn entries(&self) -> impl Iterator<Item = (u64, (u8, u8, bool))> + '_ {
        (self.gone + 1..).zip(self.kept.iter().copied())
    }
    fn last_seal(&self) -> u64 {
        self.entries().filter(|(_, (.., seal))| *seal && !self.inbox).map(|(seq, _)| seq).max().unwrap_or(0)
    }
    fn append(&self) -> Append {
        let (id, byte, seal, read_to) = self.asked;
        Append { entry_id: EntryId::new([id; 16]), ciphertext: vec![byte].into(), seal, read_to, ..append(0) }
    }
    /// By the rules, with what they ask to see.
    fn judged(&self, rules: &Rules) -> Judged {
        let class = if self.inbox { ChannelClass::Inbox } else { ChannelClass::Log };
        let mut head = head(class, self.gone + self.kept.len() as u64);
        head.rights = self.right.iter().map(|stamped| Right { token: TOKEN, stamped: *stamped, once: false }).collect();
        (head.gone_through, head.seal_seq, head.seal_count) = (self.gone, self.last_seal(), self.seals);
        head.seal_at = Millis::new(NOW.get() - self.last_seal);
        let (a, (id, byte, ..)) = (self.append(), self.asked);
        let need = needs(Some(&head), rules, &a);
        let first = |seq, seal, bytes| First { seq: Seq::new(seq).unwrap(), accepted_at: NOW, seal, same_bytes: bytes == byte };
        let first = match need.look {
            Look::Nowhere => None,
            Look::Behind(_, read_to) => {
                self.entries().find(|(seq, e)| *seq > read_to && e.0 == id).map(|(seq, (_, bytes, seal))| first(seq, seal, bytes))
            }
            Look::Recent(_) | Look::Kept(_) => self.recent.iter().find(|r| r.0 == id).map(|(_, bytes)| first(1, false, *bytes)),
        };
        let stamp = need.stamp.is_some() && self.stamp_there;
        judge(&need, &Seen { first, count: self.count, stamp }, rules, NOW, &a)
    }
    /// The same by the table: every row is tried, the first that fits is the answer.
    fn by_the_table(&self, rules: &Rules) -> Judged {
        let (id, byte, seal, read_to) = self.asked;
        let (log, head) = (!self.inbox, self.gone + self.kept.len() as u64);
        let behind = self.entries().find(|(seq, e)| *seq > read_to && e.0 == id).map(|(seq, e)| (seq, e.1, e.2));
        let recent = self.recent.iter().find(|r| r.0 == id).map(|r| (1, r.1, false));
        let known = if log { behind } else { recent };
        let same = known.is_some_and(|(_, bytes, was_seal)| bytes == byte && was_seal == seal);
        let first = Appended { seq: Seq::new(known.map_or(1, |k| k.0)).unwrap(), accepted_at: NOW, again: true };
        let sealed = AppendRefused::Sealed { seq: Seq::new(self.last_seal()).unwrap_or(Seq::FIRST) };
        let (most, full) = if log { (6, Limit::MaxLogEntries) } else { (6, Limit::MaxInboxEntries) };
        let no = Judged::Refused;
        let pause = rules.seal_pause_ms.saturating_sub(self.last_seal);
        let rest = 10 - NOW.get() % 10;
        let rows = [
            (self.right.is_none(), no(AppendRefused::NotPermitted)),
            (log && read_to > head, no(AppendRefused::Ahead { head })),
            (log && (read_to < self.gone || read_to + 4 < head), no(AppendRefused::CatchUp { head })),
            (same, Judged::Again(first)),
            (known.is_some(), no(AppendRefused::Conflict)),
            (self.inbox && seal, no(AppendRefused::NoSeals)),
            (log && self.last_seal() > read_to, no(sealed)),
            (log && seal && self.seals >= 2 && pause > 0, limit(Limit::SealPauseMs, 2, Some(pause))),
            (!seal && self.kept.len() >= most, limit(full, 6, None)),
            (self.inbox && self.count >= 3, limit(Limit::InboxAppendsPerToken, 3, Some(rest))),
            (self.right == Some(true) && !self.stamp_there, no(AppendRefused::Stamp)),
        ];
        let place = Judged::Store { seq: Seq::new(head + 1).unwrap(), spends: self.right == Some(true) };
        rows.into_iter().find(|(fits, _)| *fits).map_or(place, |(_, answer)| answer)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]
    /// Seen red with SEALED before the id, with the stamp before the quota, and with AHEAD and CATCH_UP one later.
    #[test]
    fn every_append_is_judged_by_the_first_row_of_the_table_that_fits(world in world()) {
        let rules = tight();
        prop_assert_eq!(world.judged(&rules), world.by_the_table(&rules));
    }
}
