//! What opens a profile, and the second profile of the same file.

use super::tests::{CHEAP, FailsAfter, KEY, open_error, rng};
use super::*;
use std::sync::atomic::AtomicI64;

#[test]
fn a_profile_opens_with_its_passphrase_and_with_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let mut made =
        Profile::create_with(dir.path(), Secret::Passphrase("un secreto"), &mut rng(1), Arc::new(NoObserver), CHEAP).unwrap();
    made.step::<_, StoreError>(|s| s.put(Table::Meta, b"a", b"", 0, &1u8)).unwrap();
    let key = made.key().clone();
    drop(made);

    let mut opened = Profile::open(dir.path(), Secret::Passphrase("un secreto"), Arc::new(NoObserver)).unwrap();
    assert_eq!(opened.step::<_, StoreError>(|s| s.get(Table::Meta, b"a")), Ok(Some(1u8)));
    assert!(Profile::open(dir.path(), Secret::Raw(&key), Arc::new(NoObserver)).is_ok());
    assert_eq!(open_error(dir.path(), Secret::Passphrase("otro")), OpenError::WrongSecret);
    assert_eq!(open_error(dir.path(), Secret::Raw(&KEY)), OpenError::WrongSecret);
    assert_eq!(open_error(dir.path(), Secret::KeyFile(&[1; 32])), OpenError::WrongSecret);
    let second = Profile::create(dir.path(), Secret::Raw(&KEY), &mut rng(2), Arc::new(NoObserver));
    assert_eq!(second.err(), Some(OpenError::Exists));
}

#[test]
fn after_a_change_of_secret_only_the_new_one_opens() {
    let dir = tempfile::tempdir().unwrap();
    let mut profile =
        Profile::create_with(dir.path(), Secret::Passphrase("viejo"), &mut rng(1), Arc::new(NoObserver), CHEAP).unwrap();
    profile.step::<_, StoreError>(|s| s.put(Table::Meta, b"a", b"", 0, &1u8)).unwrap();
    profile.change_secret(&Secret::KeyFile(&[8; 32]), &mut rng(2)).unwrap();
    assert_eq!(profile.change_secret(&Secret::Raw(&KEY), &mut rng(2)), Err(SecretError::Taken));
    drop(profile);

    assert_eq!(open_error(dir.path(), Secret::Passphrase("viejo")), OpenError::WrongSecret);
    assert_eq!(open_error(dir.path(), Secret::KeyFile(&[9; 32])), OpenError::WrongSecret);
    let mut opened = Profile::open(dir.path(), Secret::KeyFile(&[8; 32]), Arc::new(NoObserver)).unwrap();
    assert_eq!(opened.step::<_, StoreError>(|s| s.get(Table::Meta, b"a")), Ok(Some(1u8)));
}

fn with_passphrase(dir: &Path, seed: u64) -> Profile {
    Profile::create_with(dir, Secret::Passphrase("la primera"), &mut rng(seed), Arc::new(NoObserver), CHEAP).unwrap()
}

fn by(dir: &Path, words: &str) -> Profile {
    Profile::open(dir, Secret::Passphrase(words), Arc::new(NoObserver)).unwrap()
}

fn note(profile: &mut Profile, text: &str) {
    profile.step::<_, StoreError>(|s| s.put(Table::Meta, b"a", b"", 0, &text)).unwrap();
}

fn noted(profile: &mut Profile) -> Option<String> {
    profile.step::<_, StoreError>(|s| s.get(Table::Meta, b"a")).unwrap()
}

#[test]
fn the_second_passphrase_opens_another_profile_of_the_same_file_that_knows_nothing_of_the_first() {
    let dir = tempfile::tempdir().unwrap();
    let mut first = with_passphrase(dir.path(), 1);
    note(&mut first, "lo de verdad");
    assert!(!first.has_second().unwrap());
    first.set_second("la segunda", &mut rng(2)).unwrap();
    assert!(first.has_second().unwrap());

    let mut second = by(dir.path(), "la segunda");
    assert_eq!(noted(&mut second), None);
    note(&mut second, "nada que ver");
    assert_eq!((noted(&mut second), second.has_second()), (Some("nada que ver".into()), Ok(false)));
    assert_eq!(noted(&mut by(dir.path(), "la primera")), Some("lo de verdad".into()));
    let key = second.key().clone();
    let mut raw = Profile::open(dir.path(), Secret::Raw(&key), Arc::new(NoObserver)).unwrap();
    assert_eq!(noted(&mut raw), Some("nada que ver".into()), "the unlock agent opens what it was given");
    let keys = RowKeys::of(first.key());
    second
        .step::<_, StoreError>(|s| {
            let known: Vec<u8> = s.get_bytes(Table::Lock, b"places")?.unwrap().to_vec();
            let of_first = s.under(&keys).get_bytes(Table::Lock, b"places")?.unwrap().to_vec();
            let has = |content: &[u8], secret: &[u8; 32]| content.windows(32).any(|w| w == secret);
            assert!(has(&of_first, key.expose()), "the first one can remove the second: the search itself sees");
            assert!(!has(&known, first.master.expose()), "the second one holds no key of the first");
            Ok(())
        })
        .unwrap();
}

/// Everything of the file that a thief can compare: lengths and numbers, without the random bytes.
fn shape(dir: &Path) -> (u64, Vec<[i64; 4]>, i64, i64) {
    let reader = Connection::open(dir.join(FILE)).unwrap();
    let mut ask = reader.prepare("SELECT length(key), length(scope), ord, length(value) FROM row ORDER BY id").unwrap();
    let rows = ask.query_map([], |r| Ok([r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?])).unwrap().map(Result::unwrap).collect();
    let places = reader.query_row("SELECT count(*), sum(length(wrapped)) FROM lock", [], |r| Ok((r.get(0)?, r.get(1)?))).unwrap();
    drop(ask);
    (std::fs::metadata(dir.join(FILE)).unwrap().len(), rows, places.0, places.1)
}

#[test]
fn a_file_does_not_show_whether_a_second_passphrase_was_set() {
    let world = |second: bool| {
        let dir = tempfile::tempdir().unwrap();
        let mut profile = with_passphrase(dir.path(), 1);
        note(&mut profile, "algo");
        if second {
            profile.set_second("la segunda", &mut rng(2)).unwrap();
        }
        drop(profile);
        shape(dir.path())
    };
    assert_eq!(world(false), world(true));
    assert_eq!(world(true).2, 256);
}

#[test]
fn no_secret_opens_two_profiles() {
    let dir = tempfile::tempdir().unwrap();
    let mut first = with_passphrase(dir.path(), 1);
    assert_eq!(first.set_second("la primera", &mut rng(2)), Err(SecretError::Taken));
    assert_eq!(first.remove_second(&mut rng(2)), Err(SecretError::NoSecond));
    first.set_second("la segunda", &mut rng(2)).unwrap();
    assert_eq!(first.set_second("la tercera", &mut rng(2)), Err(SecretError::SecondExists));
    assert_eq!(first.change_secret(&Secret::Passphrase("la segunda"), &mut rng(3)), Err(SecretError::Taken));
    let mut second = by(dir.path(), "la segunda");
    assert_eq!(second.change_secret(&Secret::Passphrase("la primera"), &mut rng(4)), Err(SecretError::Taken));

    // each changes its own, and leaves the other's
    first.change_secret(&Secret::Passphrase("otra primera"), &mut rng(5)).unwrap();
    second.change_secret(&Secret::Passphrase("otra segunda"), &mut rng(6)).unwrap();
    assert_eq!(open_error(dir.path(), Secret::Passphrase("la primera")), OpenError::WrongSecret);
    assert_eq!(open_error(dir.path(), Secret::Passphrase("la segunda")), OpenError::WrongSecret);
    assert!(by(dir.path(), "otra primera").key() == first.key());
    assert!(by(dir.path(), "otra segunda").key() == second.key());
}

#[test]
fn a_second_passphrase_set_in_the_second_profile_leaves_the_first_one_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let mut first = with_passphrase(dir.path(), 1);
    note(&mut first, "lo de verdad");
    first.set_second("la segunda", &mut rng(2)).unwrap();
    by(dir.path(), "la segunda").set_second("la tercera", &mut rng(3)).unwrap();
    for (words, says) in [("la primera", Some("lo de verdad")), ("la segunda", None), ("la tercera", None)] {
        assert_eq!(noted(&mut by(dir.path(), words)).as_deref(), says, "{words}");
    }
}

#[test]
fn removing_the_second_profile_leaves_the_file_as_if_it_had_never_been() {
    let dir = tempfile::tempdir().unwrap();
    let mut first = with_passphrase(dir.path(), 1);
    note(&mut first, "lo de verdad");
    first.set_second("la segunda", &mut rng(2)).unwrap();
    let mut second = by(dir.path(), "la segunda");
    for n in 0..100u64 {
        second.step::<_, StoreError>(|s| s.put(Table::Message, &n.to_be_bytes(), b"c", n, &"una fila")).unwrap();
    }
    let values: Vec<Vec<u8>> = {
        let reader = Connection::open(dir.path().join(FILE)).unwrap();
        let mut ask = reader.prepare("SELECT value FROM row WHERE ord > 0").unwrap();
        ask.query_map([], |r| r.get(0)).unwrap().map(Result::unwrap).collect()
    };
    assert_eq!(values.len(), 99);
    drop(second);
    assert!(first.remove_second(&mut rng(3)).unwrap());

    assert_eq!(open_error(dir.path(), Secret::Passphrase("la segunda")), OpenError::WrongSecret);
    assert_eq!(noted(&mut by(dir.path(), "la primera")), Some("lo de verdad".into()));
    drop(first);
    let file = std::fs::read(dir.path().join(FILE)).unwrap();
    for value in &values {
        assert!(!file.windows(value.len()).any(|w| w == value.as_slice()), "a removed row is in the file");
    }
    let rows = |dir: &Path| {
        let mut rows = shape(dir).1;
        rows.sort_unstable();
        rows
    };
    let never = tempfile::tempdir().unwrap();
    note(&mut with_passphrase(never.path(), 9), "lo de verdad");
    assert_eq!(rows(dir.path()), rows(never.path()));
}

/// `Removed. Another command is still reading the profile; what was deleted is overwritten in the file when that command ends.`
#[test]
fn what_another_command_was_still_reading_of_a_removed_profile_is_overwritten_when_that_command_ends() {
    let dir = tempfile::tempdir().unwrap();
    let mut first = with_passphrase(dir.path(), 1);
    first.set_second("la segunda", &mut rng(2)).unwrap();
    let mut second = by(dir.path(), "la segunda");
    for n in 1..100u64 {
        second.step::<_, StoreError>(|s| s.put(Table::Message, &n.to_be_bytes(), b"c", n, &"una fila")).unwrap();
    }
    drop(second);
    let reader = Connection::open(dir.path().join(FILE)).unwrap();
    reader.execute_batch("BEGIN").unwrap();
    let values: Vec<Vec<u8>> = {
        let mut ask = reader.prepare("SELECT value FROM row WHERE ord > 0").unwrap();
        ask.query_map([], |r| r.get(0)).unwrap().map(Result::unwrap).collect()
    };

    let overwritten = first.remove_second(&mut rng(3)).unwrap();
    drop(first);
    let found = || -> usize {
        let files = std::fs::read_dir(dir.path()).unwrap().map(|f| std::fs::read(f.unwrap().path()).unwrap());
        let files: Vec<Vec<u8>> = files.collect();
        values.iter().filter(|v| files.iter().any(|file| file.windows(v.len()).any(|w| w == v.as_slice()))).count()
    };
    let (seen, still_there) = (values.len(), found());
    reader.execute_batch("COMMIT").unwrap();
    drop(reader);

    assert_eq!((seen, overwritten), (99, false), "the reader is in the way, and that is said");
    assert!(still_there > 0, "the search finds what is there");
    assert_eq!(found(), 0, "the reader has gone, and removed rows are in the folder");
}

#[test]
fn a_crash_while_what_opens_the_profile_changes_leaves_the_old_or_the_new() {
    type Act = fn(&mut Profile) -> Result<(), SecretError>;
    let acts: [(Act, &str, &str); 3] = [
        (|p| p.change_secret(&Secret::Passphrase("nueva"), &mut rng(7)), "la primera", "nueva"),
        (|p| p.set_second("nueva", &mut rng(7)), "", "nueva"),
        (|p| p.remove_second(&mut rng(7)).map(drop), "la segunda", ""),
    ];
    for (at, (act, before, after)) in acts.into_iter().enumerate() {
        let mut writes = 0;
        loop {
            let dir = tempfile::tempdir().unwrap();
            let mut first = with_passphrase(dir.path(), 1);
            if at == 2 {
                first.set_second("la segunda", &mut rng(2)).unwrap();
                note(&mut by(dir.path(), "la segunda"), "nada");
            }
            drop(first);
            let observer = Arc::new(FailsAfter { writes: AtomicI64::new(writes), at: None });
            let mut failing = Profile::open(dir.path(), Secret::Passphrase("la primera"), observer).unwrap();
            let outcome = act(&mut failing);
            drop(failing);
            let opens = |words: &str| Profile::open(dir.path(), Secret::Passphrase(words), Arc::new(NoObserver)).is_ok();
            let (open, shut) = if outcome.is_ok() { (after, before) } else { (before, after) };
            assert!(open.is_empty() || opens(open), "act {at}, after {writes} writes: {open:?} opens");
            assert!(shut.is_empty() || !opens(shut), "act {at}, after {writes} writes: {shut:?} does not");
            assert!(at == 0 || opens("la primera"), "act {at}, after {writes} writes");
            if outcome.is_ok() {
                break;
            }
            writes += 1;
        }
        assert!(writes >= 2, "act {at}: it was broken off in between");
    }
}
