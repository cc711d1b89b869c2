//! The whole relay process on a disk that forgets at a power cut what was not synced: store, blobs and identity key, under
//! clients over TLS. `LACRE_SEED` runs another story.
use lacre_relay::folder::{IDENTITY_FILE, STORE_FILE};
use lacre_tests::history::check;
use lacre_tests::powercut::marks::{self, Mark};
use lacre_tests::powercut::{Cut, Disk, Event, Recorder, events, judge, judge_blobs, marker};
use lacre_tests::relay::{Client, Memory, RelayProcess, read_back, seed_stamps};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use std::path::Path;
use std::sync::Arc;

const CLIENTS: u64 = 4;
const ANSWERS: u64 = 250;

fn start(data: &Path, beside: &Path) -> (RelayProcess, lacre_ground::address::Authority) {
    let mut relay = RelayProcess::spawn(RelayProcess::command(data, beside).unwrap()).unwrap();
    let at = relay.ready().unwrap();
    (relay, at)
}

#[test]
fn a_relay_whose_power_is_cut_keeps_entries_blobs_and_its_identity() {
    let seed = std::env::var("LACRE_SEED").map_or(20_261_122, |text| text.parse().unwrap());
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let recorder = Recorder::build().unwrap();
    let (root, beside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let root = root.path().canonicalize().unwrap();
    let data = root.join("data");
    seed_stamps(&data, 1_000).unwrap();
    let mut disk = Disk::load(&root).unwrap();

    let mut command = RelayProcess::command(&data, beside.path()).unwrap();
    let log = recorder.watch(&mut command, &root, "relay");
    let tell = marker(&log).unwrap();
    let memory = Arc::new(Memory::new(Box::new(move |mark| tell(&marks::line(mark).unwrap()).unwrap())));
    let mut relay = RelayProcess::spawn(command).unwrap();
    let at = relay.ready().unwrap();
    Client::new(&at, &memory, rng.next_u64()).unwrap().open().unwrap();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| Client::new(&at, &memory, rng.next_u64()).unwrap())
        .map(|client| std::thread::spawn(move || client.write_until_it_is_gone()))
        .collect();
    memory.wait(ANSWERS, CLIENTS);
    relay.stop().unwrap();
    for client in clients {
        client.join().unwrap().unwrap();
    }
    let identity = std::fs::read(data.join(IDENTITY_FILE)).unwrap();

    let events = events(&std::fs::read(&log).unwrap(), &root).unwrap();
    let syncs = events.iter().filter(|e| matches!(e, Event::Sync { .. })).count();
    let (mut blobs, mut cuts) = (0, 0);
    for (place, event) in events.iter().enumerate() {
        let at_sync = matches!(event, Event::Sync { .. }) && rng.next_u64() % (syncs as u64) < 30;
        let at_random = rng.next_u64() % (events.len() as u64) < 30;
        for cut in [Cut::Nothing, Cut::Some(rng.next_u64())] {
            if at_sync || at_random {
                cuts += 1;
                let label = format!("LACRE_SEED={seed}, event {place} of {}, {cut:?}", events.len());
                blobs += kept(&disk, cut, &identity).unwrap_or_else(|broken| panic!("{label}:\n{}", broken.join("\n")));
            }
        }
        disk.apply(event).unwrap();
    }
    disk.must_equal(&root).unwrap();
    assert!(syncs > 20 && cuts > 60 && blobs > 0, "{syncs} syncs, {cuts} cuts, {blobs} blobs");

    // and the relay itself starts on what the last cut left, and serves it
    let after = tempfile::tempdir().unwrap();
    disk.cut(Cut::Nothing).write_to(after.path()).unwrap();
    private(&after.path().join("data"));
    let (_relay, at) = start(&after.path().join("data"), beside.path());
    let (generation, end) = read_back(&mut Client::new(&at, &memory, 0).unwrap()).unwrap();
    check(&marks::history(&memory.marks(), generation, &end).unwrap()).unwrap();
}

#[test]
fn a_power_cut_right_after_the_first_start_loses_neither_the_folder_nor_the_identity() {
    let recorder = Recorder::build().unwrap();
    let (root, beside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let root = root.path().canonicalize().unwrap();
    let data = root.join("data");
    let mut disk = Disk::load(&root).unwrap();

    let mut command = RelayProcess::command(&data, beside.path()).unwrap();
    let log = recorder.watch(&mut command, &root, "first");
    let mut relay = RelayProcess::spawn(command).unwrap();
    relay.ready().unwrap();
    marker(&log).unwrap()(b"people know its address").unwrap();
    relay.stop().unwrap();

    for event in events(&std::fs::read(&log).unwrap(), &root).unwrap() {
        disk.apply(&event).unwrap();
        if matches!(event, Event::Mark { .. }) {
            let after = tempfile::tempdir().unwrap();
            disk.cut(Cut::Nothing).write_to(after.path()).unwrap();
            let key = std::fs::read(after.path().join("data").join(IDENTITY_FILE)).ok();
            assert_eq!(key, Some(std::fs::read(data.join(IDENTITY_FILE)).unwrap()));
            return;
        }
    }
    unreachable!("the mark is in the record");
}

/// Cuts, and judges what is left; gives how many blobs there are.
fn kept(disk: &Disk, cut: Cut, identity: &[u8]) -> Result<usize, Vec<String>> {
    let after = tempfile::tempdir().unwrap();
    disk.cut(cut).write_to(after.path()).unwrap();
    let memory: Vec<Mark> = marks::read(disk.marks()).unwrap();
    let data = after.path().join("data");
    let same = std::fs::read(data.join(IDENTITY_FILE)).is_ok_and(|key| key == identity);
    if !memory.is_empty() && !same {
        return Err(vec!["somebody was told of an identity that is not there".to_owned()]);
    }
    judge(&data.join(STORE_FILE), &memory)?;
    judge_blobs(&data.join(STORE_FILE), &data.join("blobs"), &memory)
}

/// The disk knows no modes: gives back those that the relay asks for.
fn private(data: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(data, std::fs::Permissions::from_mode(0o700)).unwrap();
    for file in [IDENTITY_FILE, STORE_FILE] {
        std::fs::set_permissions(data.join(file), std::fs::Permissions::from_mode(0o600)).unwrap();
    }
}
