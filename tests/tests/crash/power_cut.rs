//! The relay's store on a disk that forgets at a power cut what was not synced (I1 to I5, I8).
//!
//! `LACRE_SEED` runs other stories, `LACRE_CUTS` more of the random ones. A failure names both.
use lacre_tests::history::Tally;
use lacre_tests::powercut::workload::{MARKS, STORE};
use lacre_tests::powercut::{Cut, Disk, Event, Recorder, events, judge, marks};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use std::process::Command;

fn from_environment(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

fn seed() -> u64 {
    from_environment("LACRE_SEED", 20_261_122)
}

/// One life of the store, as it was recorded: every change, from the disk that it began with.
struct Life {
    before: Disk,
    memory: Vec<u8>,
    events: Vec<Event>,
}

fn empty() -> Disk {
    Disk::load(tempfile::tempdir().unwrap().path()).unwrap()
}

/// Runs a life in a process of its own on what `before` left, and checks that nothing escaped the recorder.
fn live(recorder: &Recorder, before: &Disk, memory: &[u8], seed: u64, operations: usize, honesty: &str) -> Life {
    let (root, beside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let root = root.path().canonicalize().unwrap();
    before.write_to(&root).unwrap();
    let remembered = beside.path().join("memory");
    std::fs::write(&remembered, memory).unwrap();
    let mut life = Command::new(env!("CARGO_BIN_EXE_power-cut-life"));
    life.arg(&root).arg(&remembered).args([&seed.to_string(), &operations.to_string(), honesty]);
    let log = recorder.watch(&mut life, &root, &format!("life-{seed}"));
    let end = life.output().unwrap();
    assert!(end.status.success(), "seed {seed}: {}", String::from_utf8_lossy(&end.stderr));
    let events = events(&std::fs::read(&log).unwrap(), &root).unwrap();
    std::fs::remove_file(&log).unwrap();
    let mut replayed = before.clone();
    for event in &events {
        replayed.apply(event).unwrap();
    }
    replayed.must_equal(&root).unwrap();
    Life { before: before.clone(), memory: memory.to_vec(), events }
}

impl Life {
    /// The disk before the event with this number takes effect.
    fn until(&self, number: usize) -> Disk {
        let mut disk = self.before.clone();
        for event in &self.events[..number] {
            disk.apply(event).unwrap();
        }
        disk
    }
    fn syncs(&self) -> impl Iterator<Item = usize> {
        self.events.iter().enumerate().filter(|(_, e)| matches!(e, Event::Sync { .. })).map(|(n, _)| n)
    }
    /// What clients remember who were answered until the cut.
    fn remembered(&self, disk: &Disk) -> Vec<u8> {
        let whole = disk.marks().iter().rposition(|b| *b == b'\n').map_or(0, |end| end + 1);
        [&self.memory, &disk.marks()[..whole]].concat()
    }
    /// Cuts here, opens what is left, judges.
    fn verdict(&self, disk: &Disk, cut: Cut) -> Result<Tally, Vec<String>> {
        let after = tempfile::tempdir().unwrap();
        disk.cut(cut).write_to(after.path()).unwrap();
        judge(&after.path().join(STORE), &marks::read(&self.remembered(disk)).unwrap())
    }
}

#[track_caller]
fn kept(verdict: Result<Tally, Vec<String>>, seed: u64, place: usize, cut: Cut) -> Tally {
    verdict.unwrap_or_else(|broken| panic!("LACRE_SEED={seed}, event {place}, {cut:?}:\n{}", broken.join("\n")))
}

fn add(sum: &mut Tally, one: Tally) {
    sum.acknowledged += one.acknowledged;
    sum.unanswered_stored += one.unanswered_stored;
    sum.unanswered_lost += one.unanswered_lost;
    sum.retried += one.retried;
    sum.sealed += one.sealed;
    sum.seals += one.seals;
    sum.entries += one.entries;
}

#[test]
fn a_power_cut_at_any_sync_point_of_20_operations_breaks_no_promise() {
    let recorder = Recorder::build().unwrap();
    let (mut sum, mut points) = (Tally::default(), 0);
    for seed in seed()..seed() + 3 {
        let life = live(&recorder, &empty(), b"", seed, 20, "honest");
        let mut forgettable = 0;
        for place in life.syncs() {
            points += 1;
            let before = life.until(place);
            forgettable += before.unsynced();
            let some = [Cut::Some(seed ^ place as u64), Cut::Some(seed ^ (place as u64) << 32)];
            for cut in [Cut::Nothing, Cut::Everything].into_iter().chain(some) {
                add(&mut sum, kept(life.verdict(&before, cut), seed, place, cut));
            }
            add(&mut sum, kept(life.verdict(&life.until(place + 1), Cut::Nothing), seed, place + 1, Cut::Nothing));
        }
        assert!(forgettable > 20, "the cuts had {forgettable} changes to forget");
    }
    assert!(points >= 30, "{points} sync points in three stories of 20 operations");
    assert!(sum.acknowledged > 500 && sum.unanswered_stored > 0 && sum.unanswered_lost > 0, "{sum:?}");
}

#[test]
fn three_hundred_power_cuts_at_random_points_with_new_lives_between_break_no_promise() {
    let cuts = from_environment("LACRE_CUTS", 300);
    let recorder = Recorder::build().unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(seed());
    let mut sum = Tally::default();
    let (mut disk, mut memory) = (empty(), Vec::new());
    for n in 0..cuts {
        if n % 10 == 0 {
            (disk, memory) = (empty(), Vec::new());
        }
        let story = seed().wrapping_mul(1_000_003).wrapping_add(n);
        let life = live(&recorder, &disk, &memory, story, 5 + usize::try_from(rng.next_u32() % 20).unwrap(), "honest");
        // one in six falls on the very beginning: opening, recovery, migration
        let range = if rng.next_u32().is_multiple_of(6) { life.events.len().min(60) } else { life.events.len() };
        let place = usize::try_from(rng.next_u64()).unwrap() % (range + 1);
        let at = life.until(place);
        let cut = Cut::Some(rng.next_u64());
        add(&mut sum, kept(life.verdict(&at, cut), seed(), place, cut));
        memory = life.remembered(&at);
        disk = at.cut(cut);
    }
    let enough = sum.unanswered_stored > 0 && sum.unanswered_lost > 0 && sum.retried > 0 && sum.sealed > 0 && sum.seals > 0;
    assert!(enough && sum.acknowledged > 1_000, "the stories were too tame: {sum:?}");
}

/// How often a cut at a point of a second, dishonest life loses what was acknowledged.
fn lost_after_cuts(honesty: &str) -> (usize, usize) {
    let recorder = Recorder::build().unwrap();
    let first = live(&recorder, &empty(), b"", seed(), 20, "honest");
    let end = first.until(first.events.len());
    let life = live(&recorder, &end.cut(Cut::Everything), &first.remembered(&end), seed() + 1, 20, honesty);
    let (mut broken, mut tried) = (0, 0);
    for place in (0..life.events.len()).step_by(life.events.len() / 40) {
        for cut in [Cut::Nothing, Cut::Some(place as u64)] {
            tried += 1;
            let lost = |all: &Vec<String>| all.iter().any(|v| v.starts_with("LostAck"));
            broken += usize::from(life.verdict(&life.until(place), cut).as_ref().is_err_and(lost));
        }
    }
    (broken, tried)
}

#[test]
fn a_store_that_waits_for_no_sync_is_found_out() {
    let (broken, tried) = lost_after_cuts("no-sync");
    assert!(broken * 4 > tried, "synchronous=OFF lost acknowledged entries after {broken} of {tried} cuts only");
}

#[test]
fn a_store_that_answers_before_it_commits_is_found_out() {
    let (broken, tried) = lost_after_cuts("answers-first");
    assert!(broken > 0, "answers before the commit went unnoticed in {tried} cuts");
}

#[test]
fn an_honest_store_is_not_accused_where_dishonest_ones_are_found_out() {
    let (broken, tried) = lost_after_cuts("honest");
    assert_eq!(broken, 0, "of {tried}");
}

#[test]
fn the_record_shows_the_log_synced_before_the_first_answer() {
    let life = live(&Recorder::build().unwrap(), &empty(), b"", seed(), 5, "honest");
    let mut disk = empty();
    let mut answered = false;
    for event in &life.events {
        disk.apply(event).unwrap();
        if !answered && disk.marks().windows(5).any(|w| w == b"\"Got\"") {
            answered = true;
            assert_eq!(disk.unsynced_of("relay.db-wal"), Some(0));
        }
    }
    assert!(answered, "nobody was answered: {MARKS} has {} bytes", disk.marks().len());
}
