//! The history checker itself: it accepts what a good relay does, and rejects each lie by its own name.
use lacre_ground::ids::{ChannelClass, ChannelId, EntryId, Generation, Seq};
use lacre_ground::time::Millis;
use lacre_tests::history::{
    Action, Answer, Append, Call, ChannelHistory, Found, History, Print, Seen, Tally, Violation, Violation as V, check,
};

fn seq(n: u64) -> Seq {
    Seq::new(n).unwrap()
}
fn id(n: u8) -> EntryId {
    EntryId::new([n; 16])
}
fn print(n: u8) -> Print {
    Print::of(&[n])
}
fn at(ms: u64) -> Millis {
    Millis::new(1_000 + ms)
}
/// The answer that a good relay gives to what stands at this place.
fn stored(n: u64) -> Answer {
    Answer::Stored(seq(n), at(n))
}

/// A history of one channel, told call by call; each call is answered before the next is sent.
#[derive(Clone)]
struct Story {
    class: ChannelClass,
    tick: u64,
    calls: Vec<Call>,
    entries: Vec<Found>,
    head: Option<u64>,
    gone: u64,
    generations: Vec<Generation>,
}

fn story() -> Story {
    Story {
        class: ChannelClass::Log,
        tick: 0,
        calls: Vec::new(),
        entries: Vec::new(),
        head: None,
        gone: 0,
        generations: vec![Generation::new([1; 16])],
    }
}

impl Story {
    fn call(mut self, action: Action) -> Self {
        self.calls.push(Call { from: self.tick, to: self.tick + 1, action });
        self.tick += 2;
        self
    }
    /// Entry n with bytes n is sent and answered.
    fn send(self, n: u8, read_to: u64, answer: Answer) -> Self {
        self.send_as(n, n, read_to, false, answer)
    }
    fn seal(self, n: u8, read_to: u64, answer: Answer) -> Self {
        self.send_as(n, n, read_to, true, answer)
    }
    fn send_as(self, n: u8, bytes: u8, read_to: u64, seal: bool, answer: Answer) -> Self {
        self.call(Action::Append(Append { id: id(n), read_to: Seq::new(read_to), seal, print: print(bytes) }, answer))
    }
    /// A reader is shown these places of what stands in the end.
    fn read(self, places: &[u64], head: u64) -> Self {
        let entries = places.iter().map(|n| Found { seq: seq(*n), ..self.entry(u8::try_from(*n).unwrap()) }).collect();
        let from = seq(places.first().copied().unwrap_or(1));
        self.call(Action::Read(Seen { from, entries, head: Some(Seq::new(head)), gone_through: None }))
    }
    fn trim(self, through: u64, acknowledged: bool) -> Self {
        self.call(Action::Trim(seq(through), acknowledged))
    }
    fn entry(&self, n: u8) -> Found {
        Found { seq: seq(u64::from(n)), id: id(n), seal: false, accepted_at: at(u64::from(n)), print: print(n) }
    }
    /// In the end the channel holds entry n at place n.
    fn holds(mut self, places: std::ops::RangeInclusive<u8>) -> Self {
        for n in places {
            self.entries.push(self.entry(n));
        }
        self
    }
    /// Changes what stands at a place in the end.
    fn but(mut self, place: u64, change: impl FnOnce(&mut Found)) -> Self {
        change(self.entries.iter_mut().find(|e| e.seq == seq(place)).unwrap());
        self
    }
    fn without(mut self, place: u64) -> Self {
        self.entries.retain(|e| e.seq != seq(place));
        self
    }
    fn overlapping(mut self) -> Self {
        for call in &mut self.calls {
            (call.from, call.to) = (0, 1_000);
        }
        self
    }
    fn inbox(mut self) -> Self {
        self.class = ChannelClass::Inbox;
        self
    }
    fn head(mut self, head: u64) -> Self {
        self.head = Some(head);
        self
    }
    fn gone(mut self, through: u64) -> Self {
        self.gone = through;
        self
    }
    fn history(self) -> History {
        let last = self.entries.last().map(|e| e.seq.get()).unwrap_or(self.gone);
        let end = Seen {
            from: Seq::FIRST,
            head: Some(Seq::new(self.head.unwrap_or(last))),
            gone_through: Seq::new(self.gone),
            entries: self.entries,
        };
        let channel = ChannelHistory { class: self.class, calls: self.calls, end };
        History { generations: self.generations, channels: [(ChannelId::new([7; 32]), channel)].into() }
    }
    fn verdict(self) -> Result<Tally, Vec<Violation>> {
        check(&self.history()).map_err(|all| all.into_iter().map(|(_, v)| v).collect())
    }
}

/// Three entries, each answered, all there.
fn three() -> Story {
    story().send(1, 0, stored(1)).send(2, 1, stored(2)).send(3, 2, stored(3)).holds(1..=3)
}

#[track_caller]
fn rejects(story: Story, violations: &[Violation]) {
    assert_eq!(story.verdict(), Err(violations.to_vec()));
}

#[test]
fn good_histories_are_accepted_and_counted() {
    assert_eq!(story().verdict(), Ok(Tally::default()));
    let plain = three().read(&[1, 2, 3], 3);
    assert_eq!(plain.verdict(), Ok(Tally { acknowledged: 3, entries: 3, ..Tally::default() }));
    // answers that never came: one entry was stored, one was not
    let unanswered = three().send(4, 3, Answer::Nothing).send(5, 3, Answer::Nothing).holds(4..=4);
    let tally = Tally { acknowledged: 3, entries: 4, unanswered_stored: 1, unanswered_lost: 1, ..Tally::default() };
    assert_eq!(unanswered.verdict(), Ok(tally));
    // a retry gets the first answer; other bytes under a known id are refused
    let retried = three().send(2, 0, stored(2)).send_as(2, 9, 1, false, Answer::Conflict);
    assert_eq!(retried.verdict(), Ok(Tally { acknowledged: 4, entries: 3, retried: 1, ..Tally::default() }));
    // of two seals made in ignorance of each other one is stored, and its loser tries again behind it
    let seals = story()
        .seal(1, 0, stored(1))
        .seal(2, 0, Answer::Sealed(seq(1)))
        .seal(2, 1, stored(2))
        .holds(1..=2)
        .but(1, |e| e.seal = true)
        .but(2, |e| e.seal = true);
    let tally = Tally { acknowledged: 2, entries: 2, retried: 1, sealed: 1, seals: 2, ..Tally::default() };
    assert_eq!(seals.verdict(), Ok(tally));
    // calls that overlap may be stored in either order
    let turned = story().send(2, 0, stored(2)).send(1, 0, stored(1)).holds(1..=2);
    assert!(turned.overlapping().verdict().is_ok());
    // an inbox that its reader trimmed, with and without an answer
    for acknowledged in [true, false] {
        let trimmed = three().inbox().trim(2, acknowledged).without(1).without(2).gone(2);
        assert!(trimmed.verdict().is_ok());
    }
    assert!(three().inbox().trim(3, true).without(1).without(2).without(3).gone(3).verdict().is_ok());
    // an append behind the head is refused with the head
    assert!(three().send(4, 9, Answer::Ahead(Some(seq(3)))).verdict().is_ok());
    // an inbox's writer cannot read: its read_to says nothing
    assert!(three().inbox().send(4, 0, stored(4)).holds(4..=4).verdict().is_ok());
}

#[test]
fn an_acknowledged_entry_that_is_missing_is_rejected() {
    rejects(three().send(4, 3, stored(4)), &[V::LostAck(id(4), seq(4))]);
}

#[test]
fn an_acknowledged_entry_that_is_missing_in_the_middle_is_rejected_as_lost_and_as_a_gap() {
    rejects(three().without(2), &[V::LostAck(id(2), seq(2)), V::Gap(seq(2))]);
}

#[test]
fn a_gap_where_nothing_was_acknowledged_is_rejected() {
    let gap = story().send(1, 0, stored(1)).send(2, 1, Answer::Nothing).send(3, 1, stored(3)).holds(1..=3).without(2);
    rejects(gap, &[V::Gap(seq(2))]);
}

#[test]
fn a_channel_that_does_not_begin_at_one_is_rejected() {
    let late = story().send(2, 0, stored(2)).holds(2..=2);
    rejects(late, &[V::Gap(seq(1))]);
}

#[test]
fn an_entry_stored_twice_is_rejected() {
    let double = story().send(1, 0, Answer::Nothing).send(1, 0, stored(1)).holds(1..=2).but(2, |e| {
        (e.id, e.print) = (id(1), print(1));
    });
    // the last one found is the one that its answer is compared with
    rejects(double, &[V::DoubleId(id(1)), V::Moved(id(1), seq(2)), V::TimeChanged(id(1))]);
}

#[test]
fn an_unanswered_entry_stored_twice_is_rejected() {
    let twice = story().send(1, 0, Answer::Nothing).send(1, 0, Answer::Nothing).holds(1..=2).but(2, |e| {
        (e.id, e.print) = (id(1), print(1));
    });
    rejects(twice, &[V::DoubleId(id(1))]);
}

#[test]
fn two_entries_with_one_seq_in_their_answers_are_rejected() {
    let both = story().send(1, 0, stored(1)).send(2, 0, stored(1)).holds(1..=1);
    rejects(both, &[V::LostAck(id(2), seq(1)), V::SeqTwice(seq(1))]);
}

#[test]
fn two_entries_read_at_one_seq_are_rejected() {
    let mut both = story().send(1, 0, stored(1)).send(2, 0, Answer::Nothing).holds(1..=2);
    both.entries[1].seq = seq(1);
    rejects(both, &[V::SeqTwice(seq(1))]);
}

#[test]
fn an_entry_sent_after_the_answer_of_another_and_stored_before_it_is_rejected() {
    let turned = story().send(2, 0, stored(2)).send(1, 0, stored(1)).holds(1..=2);
    rejects(turned, &[V::Reordered(id(2), id(1))]);
}

#[test]
fn an_accept_time_that_goes_back_is_rejected() {
    let back = story().send(1, 0, stored(1)).send(2, 0, Answer::Nothing).holds(1..=2).but(2, |e| e.accepted_at = at(0));
    rejects(back, &[V::TimeWentBack(seq(2))]);
}

#[test]
fn an_accept_time_other_than_answered_is_rejected() {
    rejects(three().but(3, |e| e.accepted_at = at(50)), &[V::TimeChanged(id(3))]);
}

#[test]
fn an_entry_that_is_not_where_its_answer_says_is_rejected() {
    let moved = story().send(1, 0, Answer::Stored(seq(2), at(1))).send(2, 0, Answer::Nothing).holds(1..=2);
    rejects(moved, &[V::Moved(id(1), seq(1))]);
}

#[test]
fn a_retry_with_another_answer_is_rejected() {
    let changed = three().send(3, 2, Answer::Stored(seq(3), at(9)));
    rejects(changed, &[V::AnswerChanged(id(3)), V::TimeChanged(id(3))]);
}

#[test]
fn other_bytes_accepted_under_a_known_id_are_rejected() {
    rejects(three().send_as(3, 9, 2, false, stored(3)), &[V::ConflictTaken(id(3))]);
}

#[test]
fn a_conflict_where_nobody_sent_other_bytes_is_rejected() {
    rejects(three().send(3, 2, Answer::Conflict), &[V::FalseConflict(id(3))]);
}

#[test]
fn an_entry_with_other_bytes_than_sent_is_rejected() {
    rejects(three().but(2, |e| e.print = print(99)), &[V::BytesChanged(id(2))]);
}

#[test]
fn a_seal_flag_that_was_not_sent_is_rejected() {
    rejects(three().but(3, |e| e.seal = true), &[V::FlagChanged(id(3))]);
}

#[test]
fn an_entry_that_nobody_sent_is_rejected() {
    rejects(three().holds(4..=4), &[V::NeverSent(id(4))]);
}

#[test]
fn an_entry_that_was_refused_and_stands_there_is_rejected() {
    rejects(three().send(4, 3, Answer::Refused).holds(4..=4), &[V::RefusedStored(id(4))]);
}

#[test]
fn the_bytes_of_a_refused_conflict_standing_there_are_rejected() {
    let swapped = three().send_as(3, 9, 2, false, Answer::Conflict).but(3, |e| e.print = print(9));
    rejects(swapped, &[V::RefusedStored(id(3))]);
}

#[test]
fn two_seals_made_in_ignorance_of_each_other_and_both_stored_are_rejected() {
    let both = story().seal(1, 0, stored(1)).seal(2, 0, stored(2)).holds(1..=2).but(1, |e| e.seal = true);
    rejects(both.but(2, |e| e.seal = true), &[V::BehindSeal(id(2), seq(1))]);
}

#[test]
fn an_entry_stored_behind_a_seal_that_its_sender_did_not_know_is_rejected() {
    let behind = story().seal(1, 0, stored(1)).send(2, 0, Answer::Nothing).holds(1..=2).but(1, |e| e.seal = true);
    rejects(behind, &[V::BehindSeal(id(2), seq(1))]);
}

#[test]
fn sealed_with_a_seq_that_is_no_seal_is_rejected() {
    rejects(three().send(4, 0, Answer::Sealed(seq(2))), &[V::FalseSealed(id(4), seq(2))]);
}

#[test]
fn sealed_with_a_seal_that_the_sender_knew_is_rejected() {
    let known = story().seal(1, 0, stored(1)).send(2, 1, Answer::Sealed(seq(1))).holds(1..=1).but(1, |e| e.seal = true);
    rejects(known, &[V::FalseSealed(id(2), seq(1))]);
}

#[test]
fn a_seal_in_an_inbox_is_rejected() {
    let inbox = story().inbox().seal(1, 0, stored(1)).holds(1..=1).but(1, |e| e.seal = true);
    rejects(inbox, &[V::SealInInbox(seq(1))]);
}

#[test]
fn a_head_that_is_not_the_last_entry_is_rejected() {
    rejects(three().head(4), &[V::HeadLies(Some(seq(4)), Some(seq(3)))]);
    rejects(three().head(2), &[V::HeadLies(Some(seq(2)), Some(seq(3)))]);
}

#[test]
fn a_head_behind_what_was_acknowledged_before_it_was_asked_is_rejected() {
    rejects(three().read(&[1], 1), &[V::HeadWentBack(Some(seq(1)), seq(3))]);
    rejects(three().send(4, 9, Answer::Ahead(Some(seq(2)))), &[V::HeadWentBack(Some(seq(2)), seq(3))]);
}

#[test]
fn ahead_with_a_head_that_is_not_behind_is_rejected() {
    rejects(three().send(4, 2, Answer::Ahead(Some(seq(3)))), &[V::FalseAhead(id(4))]);
}

#[test]
fn an_entry_that_a_reader_was_shown_and_that_is_missing_is_rejected() {
    let read = story().send(1, 0, stored(1)).send(2, 1, Answer::Nothing).read(&[1, 2], 2).holds(1..=1);
    rejects(read, &[V::ReadThenLost(id(2), seq(2))]);
}

#[test]
fn an_entry_that_a_reader_was_shown_with_other_bytes_is_rejected() {
    let mut read = story().send(1, 0, Answer::Nothing).send_as(1, 9, 0, false, Answer::Nothing).read(&[1], 1).holds(1..=1);
    read.entries[0].print = print(9);
    rejects(read, &[V::ReadThenLost(id(1), seq(1))]);
}

#[test]
fn a_reader_who_is_shown_the_next_but_one_is_rejected() {
    rejects(three().read(&[1, 3], 3), &[V::Gap(seq(2))]);
}

#[test]
fn trimmed_entries_that_come_back_are_rejected() {
    rejects(three().inbox().trim(2, true), &[V::GoneCameBack(seq(2))]);
}

#[test]
fn entries_that_go_unasked_are_rejected() {
    rejects(three().without(1).gone(1), &[V::GoneUnasked(seq(1))]);
    rejects(three().inbox().trim(1, true).without(1).without(2).gone(2), &[V::GoneUnasked(seq(2))]);
}

#[test]
fn a_generation_that_changes_is_rejected() {
    let mut two = three();
    two.generations.push(Generation::new([2; 16]));
    rejects(two, &[V::GenerationChanged]);
}
