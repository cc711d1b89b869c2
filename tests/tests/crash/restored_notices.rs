//! A relay that is put back from a backup of before 1,000 notices: each is proved, or the body is told that it is in nobody's hands.
use lacre_agency::{Outcome, Stage};
use lacre_evidence::{Record, Verdict};
use lacre_ground::ids::NoticeId;
use lacre_ground::note::UnverifiedNote;
use lacre_ground::run::Run;
use lacre_ground::signed::NoteText as _;
use lacre_ground::time::{Clock as _, Millis, SystemClock};
use lacre_relay::folder::IDENTITY_FILE;
use lacre_tests::office::{Office, decision};
use lacre_tests::relay::operate;
use lacre_tests::world::{Person, World};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const PEOPLE: usize = 9;
/// Notices to one person between two of her synchronisations: as many as she gave grants.
const AT_ONCE: usize = 16;
const ROUNDS: usize = 7;
/// 1,008.
const NOTICES: usize = PEOPLE * AT_ONCE * ROUNDS;
/// Longer than what was refused rests.
const REST_MS: u64 = 2 * 3_600_000;
const WORDS: &str = "Recibo aquí las notificaciones oficiales (ejemplo).";

fn operator(folder: &Path, args: &[&str]) {
    let said = operate(folder, &[args, &["--data", "data", "--run-key", "run.key"]].concat()).unwrap();
    assert_eq!(said.code, Some(0), "{args:?}: {}", said.err);
}

fn sync(person: &mut Person) {
    let _tried_again = person.client.sync(&mut person.net);
    // an answer that the relay took from nobody yet is tried again by the next time
    person.clock.forward(REST_MS);
}

/// Seen red with a person's program that is told the time of the second arrival.
#[test]
fn of_a_thousand_notices_behind_the_backup_each_is_proved_by_its_first_record_or_named_as_in_nobodys_hands() {
    let mut world = World::new();
    let folder = world.data().parent().unwrap().to_owned();
    let mut office = Office::enrolled(&world, "AR001");
    let mut people: Vec<(Person, Run)> = (0..PEOPLE)
        .map(|n| {
            let run = world.run();
            let mut person = world.person_with(&format!("persona{n}"), &run);
            person.client.designate(WORDS).unwrap();
            person.sync();
            (person, run)
        })
        .collect();
    operator(&folder, &["backup", "kept"]);

    // who reads at once has all in hand; who never comes again has none; the others are in between
    let mut first: BTreeMap<NoticeId, String> = BTreeMap::new();
    for round in 0..ROUNDS {
        for (n, (person, run)) in people.iter_mut().enumerate() {
            for m in 0..AT_ONCE {
                let (id, outcome) = office.send(&decision(*run, &format!("Acto {round}/{n}/{m} (ejemplo)"))).unwrap();
                assert!(matches!(outcome, Outcome::Sent(v) if matches!(*v, Verdict::Valid(_))));
                first.insert(id, office.record(id).unwrap());
            }
            if n < PEOPLE - 2 || round + 1 < ROUNDS {
                // the second gives grants for those that were spent
                person.sync();
                person.sync();
            }
        }
        // the last round's answers are read by nobody before the relay goes
        if round % 2 == 1 && round + 1 < ROUNDS {
            let _filed = office.collect();
        }
    }
    assert_eq!(first.len(), NOTICES);
    let began = SystemClock.now();

    // for so long it was off that no answer of the registrar is fresh any more
    world.stop_relay();
    world.forward(REST_MS);
    office.clock.forward(REST_MS);
    let identity = fs::read(world.data().join(IDENTITY_FILE)).unwrap();
    fs::remove_dir_all(world.data()).unwrap();
    operator(&folder, &["restore", "kept"]);
    let path = world.data().join(IDENTITY_FILE);
    fs::write(&path, identity).unwrap();
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    world.start_relay();
    // one of those who had not read her last notices never comes back
    let (gone, run) = people.pop().unwrap();
    drop(gone);
    for _ in 0..3 {
        people.iter_mut().for_each(|(person, _)| sync(person));
        let _filed = office.collect();
    }
    people.iter_mut().for_each(|(person, _)| sync(person));
    let _filed = office.collect();

    let rows = office.rows();
    assert_eq!(rows.len(), NOTICES);
    let mut read: BTreeMap<String, Vec<Millis>> = BTreeMap::new();
    for (person, _) in &mut people {
        for notice in person.client.notices().unwrap() {
            let content = notice.content.unwrap_or_else(|not| panic!("{not:?}"));
            read.entry(content.notice.subject.clone()).or_default().push(notice.accepted_at);
        }
    }
    assert!(read.values().all(|times| times.len() == 1), "one twice");
    let (mut proved, mut named) = (0, 0);
    for row in &rows {
        assert_eq!(row.stage, Stage::Sent);
        assert_eq!(office.record(row.id).as_ref(), first.get(&row.id), "the first record stays the one that counts");
        assert!(matches!(office.verdict(row.id), Verdict::Valid(_)), "{}", row.subject);
        assert!(row.aside.is_empty(), "{:?}", row.aside);
        let handed = row.answers.iter().filter(|(what, _)| what == "ContentHandover").count();
        if let Some(times) = read.get(&row.subject) {
            let note = UnverifiedNote::parse(&first[&row.id]).unwrap();
            let recorded = Record::parse(note.unverified_text()).unwrap().time;
            assert_eq!(times[0], recorded, "{}: her program counts from another time than a judge", row.subject);
            assert_eq!((handed, row.again), (1, false), "{}", row.subject);
            proved += 1;
        } else if row.run == run.canonical() {
            // in the hand of who went: what she had answered is filed; else it is named as not there
            assert!(handed == 1 || row.again, "{}: neither proved nor named", row.subject);
            named += usize::from(row.again);
        } else {
            panic!("{}: lost", row.subject);
        }
    }
    let ms = SystemClock.now().since(began);
    println!("{proved} proved, {named} named as in nobody's hands; put back within {ms} ms");
    assert_eq!(proved, NOTICES / PEOPLE * (PEOPLE - 1));
    assert!(named >= AT_ONCE, "{named}");
}
