//! Cuts of the simulated disk.

use super::*;

fn disk(events: &[Event]) -> Disk {
    let empty = tempfile::tempdir().unwrap();
    let mut disk = Disk::load(empty.path()).unwrap();
    for event in events {
        disk.apply(event).unwrap();
    }
    disk
}
fn made(path: &str) -> Event {
    Event::Open { fd: 3, path: path.to_owned(), created: true, emptied: false }
}
fn folder() -> Event {
    Event::Open { fd: 4, path: String::new(), created: false, emptied: false }
}
fn write(at: u64, bytes: &[u8]) -> Event {
    Event::Write { fd: 3, at, bytes: bytes.to_vec() }
}
fn left(events: &[Event], cut: Cut) -> BTreeMap<String, Vec<u8>> {
    disk(events).cut(cut).flat(ROOT, "")
}
fn holds(path: &str, bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    [(path.to_owned(), bytes.to_vec())].into()
}
const SYNC: Event = Event::Sync { fd: 3 };
const SYNC_FOLDER: Event = Event::Sync { fd: 4 };

#[test]
fn what_was_synced_with_its_name_survives_every_cut() {
    let story = [made("a"), write(0, b"one"), SYNC, folder(), SYNC_FOLDER];
    assert_eq!(disk(&story).unsynced(), 0);
    for cut in (0..100).map(Cut::Some).chain([Cut::Nothing, Cut::Everything]) {
        assert_eq!(left(&story, cut), holds("a", b"one"), "{cut:?}");
    }
}

#[test]
fn a_file_without_its_folder_synced_can_lose_its_name() {
    let story = [made("a"), write(0, b"one"), SYNC];
    assert_eq!(left(&story, Cut::Nothing), BTreeMap::new());
    assert_eq!(left(&story, Cut::Everything), holds("a", b"one"));
}

#[test]
fn writes_after_the_sync_are_forgotten_kept_or_torn() {
    let story = [made("a"), write(0, &[1; 2048]), SYNC, folder(), SYNC_FOLDER, write(512, &[2; 1024])];
    let (before, after) = (vec![1; 2048], [vec![1; 512], vec![2; 1024], vec![1; 512]].concat());
    assert_eq!(left(&story, Cut::Nothing), holds("a", &before));
    assert_eq!(left(&story, Cut::Everything), holds("a", &after));
    let seen: BTreeSet<Vec<u8>> = (0..400).map(|n| left(&story, Cut::Some(n)).remove("a").unwrap()).collect();
    assert!(seen.contains(&before) && seen.contains(&after));
    assert!(seen.contains(&[vec![1; 512], vec![2; 512], vec![1; 1024]].concat()), "a sector of two");
    let torn = |image: &Vec<u8>| image[512..1024].contains(&1) && image[512..1024].contains(&2);
    assert!(seen.iter().any(torn));
    assert!(seen.iter().all(|image| image[..512] == [1; 512] && image[1536..] == [1; 512]), "only what was written");
}

#[test]
fn a_rename_happens_whole_or_not_at_all_and_lasts_once_the_folder_is_synced() {
    let mut story = vec![made("a"), write(0, b"one"), SYNC, folder(), SYNC_FOLDER];
    story.push(Event::Rename { from: "a".to_owned(), to: "b".to_owned() });
    let seen: BTreeSet<_> = (0..100).map(|n| left(&story, Cut::Some(n))).collect();
    assert_eq!(seen, [holds("a", b"one"), holds("b", b"one")].into());
    story.push(SYNC_FOLDER);
    assert_eq!(left(&story, Cut::Nothing), holds("b", b"one"));
}

#[test]
fn a_removed_file_can_come_back_until_its_folder_is_synced() {
    let mut story = vec![made("a"), write(0, b"one"), SYNC, folder(), SYNC_FOLDER];
    story.push(Event::Remove { path: "a".to_owned() });
    assert_eq!(left(&story, Cut::Nothing), holds("a", b"one"));
    assert_eq!(left(&story, Cut::Everything), BTreeMap::new());
    story.push(SYNC_FOLDER);
    assert_eq!(left(&story, Cut::Nothing), BTreeMap::new());
}

#[test]
fn a_write_that_the_record_cannot_explain_is_an_error() {
    let empty = tempfile::tempdir().unwrap();
    let mut disk = Disk::load(empty.path()).unwrap();
    assert!(disk.apply(&write(0, b"one")).is_err());
    assert!(disk.apply(&Event::Remove { path: "a".to_owned() }).is_err());
    std::fs::write(empty.path().join("a"), b"one").unwrap();
    assert!(disk.must_equal(empty.path()).is_err());
}
