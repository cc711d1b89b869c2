use super::*;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};

pub(super) const CHEAP: Options = Options { cost: PassphraseCost::LEAST, patience: Duration::from_secs(30), durable: true };
pub(super) const KEY: ProfileKey = ProfileKey::new([3; 32]);

pub(super) fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn fresh(dir: &Path) -> Profile {
    Profile::create(dir, Secret::Raw(&KEY), &mut rng(1), Arc::new(NoObserver)).unwrap()
}

fn again(dir: &Path) -> Profile {
    Profile::open(dir, Secret::Raw(&KEY), Arc::new(NoObserver)).unwrap()
}

pub(super) fn open_error(dir: &Path, secret: Secret<'_>) -> OpenError {
    Profile::open(dir, secret, Arc::new(NoObserver)).err().unwrap()
}

/// Lets so many writes (or named points) pass, then fails for ever.
#[derive(Default)]
pub(super) struct FailsAfter {
    pub(super) writes: AtomicI64,
    pub(super) at: Option<&'static str>,
}
impl Observer for FailsAfter {
    fn reached(&self, point: &'static str) -> Result<(), Interrupted> {
        if self.at == Some(point) { Err(Interrupted) } else { Ok(()) }
    }
    fn writing(&self) -> Result<(), Interrupted> {
        if self.writes.fetch_sub(1, Ordering::SeqCst) > 0 { Ok(()) } else { Err(Interrupted) }
    }
}

#[test]
fn what_is_no_profile_is_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(open_error(dir.path(), Secret::Raw(&KEY)), OpenError::Missing);

    // a making that stopped after its file was made: not there yet, and can be made. Red with `exists` by the file alone.
    std::fs::write(dir.path().join(FILE), b"").unwrap();
    assert_eq!(open_error(dir.path(), Secret::Raw(&KEY)), OpenError::Missing);
    assert!(!exists(dir.path()));
    // and one that stopped after it was said how the file is written
    let begun = rusqlite::Connection::open(dir.path().join(FILE)).unwrap();
    begun.pragma_update(None, "journal_mode", "wal").unwrap();
    drop(begun);
    assert!(dir.path().join(FILE).metadata().unwrap().len() > 0 && !exists(dir.path()));
    assert_eq!(open_error(dir.path(), Secret::Raw(&KEY)), OpenError::Missing);
    let made = fresh(dir.path());
    assert!(exists(dir.path()), "as soon as it is made, before its log is written back");
    drop(made);
    assert!(exists(dir.path()));
    assert!(Profile::open(dir.path(), Secret::Raw(&KEY), Arc::new(NoObserver)).is_ok());

    let newer = Connection::open(dir.path().join(FILE)).unwrap();
    newer.pragma_update(None, "user_version", 7).unwrap();
    drop(newer);
    assert_eq!(open_error(dir.path(), Secret::Raw(&KEY)), OpenError::Newer { found: 7 });

    let other = tempfile::tempdir().unwrap();
    std::fs::write(other.path().join(FILE), [b'x'; 5000]).unwrap();
    assert_eq!(open_error(other.path(), Secret::Raw(&KEY)), OpenError::NotAProfile);
    let made = Profile::create(other.path(), Secret::Raw(&KEY), &mut rng(1), Arc::new(NoObserver));
    assert_eq!(made.err(), Some(OpenError::NotAProfile));
    assert_eq!(std::fs::read(other.path().join(FILE)).unwrap(), [b'x'; 5000], "the other file is left as it was");
}

#[cfg(unix)]
#[test]
fn directory_and_files_are_for_their_user_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("deep/profile");
    let mut profile = fresh(&dir);
    profile.step::<_, StoreError>(|s| s.put(Table::Meta, b"a", b"", 0, &1u8)).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir), 0o700);
    let files: Vec<_> = std::fs::read_dir(&dir).unwrap().map(|f| f.unwrap().path()).collect();
    assert!(files.len() >= 2, "the write-ahead log is looked at too: {files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{file:?}");
    }
}

#[test]
fn the_row_store_does_what_a_map_does() {
    let seed = 11;
    let mut rng = rng(seed);
    let dir = tempfile::tempdir().unwrap();
    let mut profile = fresh(dir.path());
    // (table, key) -> (scope, ord, value)
    let mut model: BTreeMap<(u8, u8), (u8, u64, Vec<u8>)> = BTreeMap::new();
    let tables = [Table::Message, Table::Outbox];
    for round in 0..2_000 {
        let pick = |r: &mut ChaCha20Rng, n: u32| u8::try_from(r.next_u32() % n).unwrap();
        let (t, key, scope) = (pick(&mut rng, 2), pick(&mut rng, 12), pick(&mut rng, 3));
        let table = tables[usize::from(t)];
        let what = pick(&mut rng, 10);
        // places are unique, as those who scan by place have them
        let ord = u64::from(rng.next_u32() % 20) * 100 + u64::from(key);
        let value = vec![pick(&mut rng, 256); usize::from(pick(&mut rng, 200))];
        let outcome = profile.step::<_, StoreError>(|s| {
            match what {
                0..5 => s.put(table, &[key], &[scope], ord, &value)?,
                5..7 => assert_eq!(s.delete(table, &[key])?, model.contains_key(&(t, key)), "seed {seed} round {round}"),
                7 => {
                    let gone = model.iter().filter(|((mt, _), (ms, _, _))| *mt == t && *ms == scope).count();
                    assert_eq!(s.delete_scope(table, &[scope])?, u64::try_from(gone).unwrap(), "seed {seed} round {round}");
                }
                _ => {
                    s.put(table, &[key], &[scope], ord, &value)?;
                    s.delete_scope(table, &[scope])?;
                    return Err(StoreError::Unstorable { what: "this step is given up" });
                }
            }
            Ok(())
        });
        match what {
            0..5 => drop(model.insert((t, key), (scope, ord, value))),
            5..7 => drop(model.remove(&(t, key))),
            7 => model.retain(|(mt, _), (ms, _, _)| *mt != t || *ms != scope),
            _ => assert!(outcome.is_err()),
        }
        let mut expected: Vec<(u64, Vec<u8>)> =
            model.iter().filter(|((mt, _), (ms, ..))| *mt == t && *ms == scope).map(|(_, (_, o, v))| (*o, v.clone())).collect();
        expected.sort();
        let from = u64::from(rng.next_u32() % 2_000);
        let limit = usize::from(pick(&mut rng, 5));
        profile
            .step::<_, StoreError>(|s| {
                let found: Option<Vec<u8>> = s.get(table, &[key])?;
                assert_eq!(found, model.get(&(t, key)).map(|m| m.2.clone()), "seed {seed} round {round}");
                assert_eq!(s.scan(table, &[scope], 0, 1000)?, expected, "seed {seed} round {round}");
                let on: Vec<_> = expected.iter().filter(|e| e.0 >= from).take(limit).cloned().collect();
                assert_eq!(s.scan(table, &[scope], from, limit)?, on, "seed {seed} round {round}");
                let back: Vec<_> = expected.iter().rev().filter(|e| e.0 <= from).take(limit).cloned().collect();
                assert_eq!(s.scan_back(table, &[scope], from, limit)?, back, "seed {seed} round {round}");
                assert_eq!(s.scan_back::<Vec<u8>>(table, &[scope], u64::MAX, 1000)?.len(), expected.len());
                assert_eq!(s.last_ord(table, &[scope])?, expected.last().map(|e| e.0));
                assert_eq!(s.count(table, &[scope])?, u64::try_from(expected.len()).unwrap());
                Ok(())
            })
            .unwrap();
    }
    // and all of it is on disk
    drop(profile);
    let mut profile = again(dir.path());
    for ((t, key), (_, _, value)) in model {
        let found = profile.step::<Option<Vec<u8>>, StoreError>(|s| s.get(tables[usize::from(t)], &[key])).unwrap();
        assert_eq!(found, Some(value));
    }
}

#[test]
fn a_storage_error_at_any_write_leaves_nothing_of_its_step_even_when_it_is_swallowed() {
    let dir = tempfile::tempdir().unwrap();
    drop(fresh(dir.path()));
    let writes = 5u8;
    for index in 0..i64::from(writes) {
        let observer = Arc::new(FailsAfter { writes: AtomicI64::new(index), at: None });
        let mut profile = Profile::open(dir.path(), Secret::Raw(&KEY), observer).unwrap();
        let outcome = profile.step::<(), StoreError>(|s| {
            for key in 0..writes {
                // as a library does that maps an error to one of its own, or goes on
                let _ = s.put(Table::Meta, &[key], b"", 0, &index);
            }
            Ok(())
        });
        assert_eq!(outcome, Err(StoreError::Interrupted(Interrupted)), "write {index}");
        let left = again(dir.path()).step::<_, StoreError>(|s| s.count(Table::Meta, b"")).unwrap();
        assert_eq!(left, 0, "write {index}");
    }
}

#[test]
fn a_crash_before_the_commit_leaves_nothing_and_one_after_it_leaves_all() {
    for (point, left) in [(observer::BEGUN, 0), ("half way", 0), (observer::COMMIT, 0), (observer::COMMITTED, 2)] {
        let dir = tempfile::tempdir().unwrap();
        drop(fresh(dir.path()));
        let observer = Arc::new(FailsAfter { writes: AtomicI64::new(100), at: Some(point) });
        let mut profile = Profile::open(dir.path(), Secret::Raw(&KEY), observer).unwrap();
        let outcome = profile.step::<(), StoreError>(|s| {
            s.put(Table::Meta, b"a", b"", 0, &1u8)?;
            s.reached("half way")?;
            s.put(Table::Meta, b"b", b"", 0, &2u8)
        });
        assert_eq!(outcome, Err(StoreError::Interrupted(Interrupted)), "{point}");
        let found = again(dir.path()).step::<_, StoreError>(|s| s.count(Table::Meta, b"")).unwrap();
        assert_eq!(found, left, "{point}");
    }
}

#[test]
fn a_row_moved_changed_or_exchanged_does_not_open() {
    let dir = tempfile::tempdir().unwrap();
    let mut profile = fresh(dir.path());
    profile
        .step::<_, StoreError>(|s| {
            s.put(Table::Message, b"a", b"c", 1, &"uno")?;
            s.put(Table::Message, b"b", b"c", 2, &"dos")
        })
        .unwrap();
    let thief = Connection::open(dir.path().join(FILE)).unwrap();
    let damaged = Err(StoreError::Damaged { what: "a row does not open" });
    for attack in [
        "UPDATE row SET ord = 3 - ord WHERE ord > 0",
        "UPDATE row SET value = (SELECT value FROM row AS other WHERE other.id <> row.id) WHERE ord > 0",
        "UPDATE row SET scope = zeroblob(16) WHERE ord > 0",
        "UPDATE row SET value = zeroblob(104) WHERE ord > 0",
    ] {
        thief.execute_batch("BEGIN").unwrap();
        assert_eq!(thief.execute(attack, []).unwrap(), 2, "{attack}");
        thief.execute_batch("COMMIT").unwrap();
        assert_eq!(profile.step(|s| s.get::<String>(Table::Message, b"a")), damaged, "{attack}");
        profile
            .step::<_, StoreError>(|s| {
                s.put(Table::Message, b"a", b"c", 1, &"uno")?;
                s.put(Table::Message, b"b", b"c", 2, &"dos")
            })
            .unwrap();
        assert_eq!(profile.step(|s| s.get::<String>(Table::Message, b"a")), Ok::<_, StoreError>(Some("uno".into())));
    }
    let good: Vec<u8> = thief.query_row("SELECT value FROM row WHERE ord = 1", [], |r| r.get(0)).unwrap();
    for at in 0..good.len() {
        let mut flipped = good.clone();
        flipped[at] ^= 1;
        thief.execute("UPDATE row SET value = ?1 WHERE ord = 1", [flipped]).unwrap();
        assert_eq!(profile.step(|s| s.get::<String>(Table::Message, b"a")), damaged, "byte {at}");
    }
}

#[test]
fn a_locked_profile_shows_no_content_and_equal_lengths_for_other_contents() {
    let world = |text: &str, name: &str| {
        let dir = tempfile::tempdir().unwrap();
        let mut profile =
            Profile::create_with(dir.path(), Secret::Passphrase("frase"), &mut rng(1), Arc::new(NoObserver), CHEAP).unwrap();
        for n in 0..50u64 {
            profile
                .step::<_, StoreError>(|s| s.put(Table::Message, format!("{name}{n}").as_bytes(), name.as_bytes(), n, &text))
                .unwrap();
        }
        let wal = std::fs::read(dir.path().join("profile.lacre-wal")).unwrap();
        assert!(profile.tidy().unwrap());
        drop(profile);
        let reader = Connection::open(dir.path().join(FILE)).unwrap();
        let mut ask = reader.prepare("SELECT length(key), length(scope), ord, length(value) FROM row ORDER BY id").unwrap();
        let shape: Vec<[i64; 4]> =
            ask.query_map([], |r| Ok([r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?])).unwrap().map(Result::unwrap).collect();
        let file = [wal, std::fs::read(dir.path().join(FILE)).unwrap()].concat();
        (shape, file)
    };
    let (ana, ana_file) = world("nos vemos a las ocho", "conversación con ana");
    let (eva, _) = world("no", "grupo");
    assert_eq!(ana, eva);
    let shows = |file: &[u8], what: &[u8]| file.windows(what.len()).any(|w| w == what);
    assert!(shows(&ana_file, b"profile_lacre_canary_") || shows(&ana_file, b"CREATE TABLE row"), "the scan itself sees");
    for word in ["nos vemos", "a las ocho", "conversaci", "frase"] {
        assert!(!shows(&ana_file, word.as_bytes()), "{word}");
    }
}

#[test]
fn two_processes_take_turns_and_see_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let mut one = fresh(dir.path());
    let before = one.changed_version().unwrap();
    let path = dir.path();
    std::thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(move || {
                let mut profile = again(path);
                for _ in 0..50 {
                    profile
                        .step::<_, StoreError>(|s| {
                            let n: u64 = s.get(Table::Meta, b"n")?.unwrap_or(0);
                            s.put(Table::Meta, b"n", b"", 0, &(n + 1))
                        })
                        .unwrap();
                }
            });
        }
    });
    assert_eq!(one.step::<_, StoreError>(|s| s.get(Table::Meta, b"n")), Ok(Some(200u64)));
    assert_ne!(one.changed_version().unwrap(), before);
    let now = one.changed_version().unwrap();
    one.step::<_, StoreError>(|s| s.put(Table::Meta, b"n", b"", 0, &0u64)).unwrap();
    assert_eq!(one.changed_version().unwrap(), now, "own writes are no news");
}

#[test]
fn a_lock_held_too_long_is_told_as_such() {
    let dir = tempfile::tempdir().unwrap();
    let mut one = fresh(dir.path());
    let hasty = Options { patience: Duration::from_millis(1), ..CHEAP };
    let mut two = Profile::open_with(dir.path(), Secret::Raw(&KEY), Arc::new(NoObserver), hasty).unwrap();
    one.step::<_, StoreError>(|_| {
        assert_eq!(two.step::<(), StoreError>(|_| Ok(())), Err(StoreError::Busy));
        Ok(())
    })
    .unwrap();
    assert_eq!(two.step::<(), StoreError>(|_| Ok(())), Ok(()));
}

#[test]
fn contents_of_every_length_come_back_and_are_padded() {
    let dir = tempfile::tempdir().unwrap();
    let mut profile = fresh(dir.path());
    profile
        .step::<_, StoreError>(|s| {
            for len in (0..300).chain([65_536, 1_000_000]) {
                let content = vec![7; len];
                s.put_bytes(Table::BlobChunk, b"k", b"", 0, &content)?;
                assert_eq!(s.get_bytes(Table::BlobChunk, b"k")?.map(|c| c.to_vec()), Some(content), "length {len}");
            }
            s.put_bytes(Table::BlobChunk, b"k", b"", 0, &[1; 61])
        })
        .unwrap();
    let size: i64 =
        profile.connection.query_row("SELECT length(value) FROM row ORDER BY id DESC LIMIT 1", [], |r| r.get(0)).unwrap();
    assert_eq!(size, 24 + 128 + 16);
    let above = profile.step::<_, StoreError>(|s| s.put(Table::Meta, b"", b"", u64::MAX, &()));
    assert_eq!(above, Err(StoreError::Unstorable { what: "a place above 2^63 - 1" }));
}

#[test]
fn table_codes_are_all_different() {
    let mut codes: Vec<u8> = Table::ALL.iter().map(|t| t.code()).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), Table::ALL.len());
}
