//! Backups of a running relay by its own program, and what real clients make of one that was put back.
use lacre_core::network::{Network as _, Reason};
use lacre_core::view::{Body, ConversationId, Happening, Standing, Suite};
use lacre_core::{AccountTrouble, Trouble};
use lacre_ground::ids::{BlobId, Handle, TokenHash};
use lacre_ground::random::SystemRng;
use lacre_ground::time::{Clock as _, Millis, SystemClock};
use lacre_proto::relay::v1 as wire;
use lacre_proto::relay::v1::lookup_request::Who;
use lacre_relay::blob_files::BlobFiles;
use lacre_relay::folder::DataFolder;
use lacre_relay::folder::{IDENTITY_FILE, STORE_FILE};
use lacre_store::accounts::AddStamps;
use lacre_store::blobs::{BlobHeader, ExpireBlobs, FileName, KeepBlob};
use lacre_store::rules::Rules;
use lacre_store::{Answer, Ask, Store as _, run_one};
use lacre_tests::hostile;
use lacre_tests::relay::{Client, Memory, RelayProcess, Said, operate, seed_stamps};
use lacre_tests::world::{Person, World, befriend, settle};
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

const PASSPHRASE: &str = "five words of an example\n";

fn beside(world: &World) -> std::path::PathBuf {
    world.data().parent().unwrap().to_owned()
}

/// `lacre-relay` beside the data folder.
fn run(folder: &Path, args: &[&str]) -> Said {
    operate(folder, &[args, &["--data", "data", "--run-key", "run.key"]].concat()).unwrap()
}

fn done(said: Said) -> Said {
    assert_eq!(said.code, Some(0), "{}", said.err);
    said
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { all.extend(files(&path)) } else { all.push(path) }
    }
    all
}

fn file_texts(person: &mut Person, group: &ConversationId) -> Vec<String> {
    let history = person.history(group);
    history.into_iter().filter_map(|m| if let Body::File { name, .. } = m.body { Some(name) } else { None }).collect()
}

/// The bytes of the one file in a conversation.
fn saved(person: &mut Person, group: &ConversationId) -> Vec<u8> {
    let message = person.history(group).into_iter().find(|m| matches!(m.body, Body::File { .. })).unwrap();
    let mut bytes = Vec::new();
    person.client.save_file(&mut person.net, &message, &mut bytes).unwrap();
    bytes
}

/// Seen red with a restoration under the old generation.
#[test]
fn real_clients_live_through_a_backup_more_messages_and_its_restoration_and_nothing_is_lost() {
    let mut world = World::new();
    let folder = beside(&world);
    let (mut ana, mut beto, mut carla) = (world.person("ana"), world.person("beto"), world.person("carla"));
    befriend(&mut ana, &mut beto);
    befriend(&mut ana, &mut carla);
    let (b, c) = (beto.account(), carla.account());
    let group = ana.client.create_group("Mesa", &[b, c], Suite::XWing).unwrap();
    settle(&mut [&mut ana, &mut beto, &mut carla]);
    let document = "an example's minutes".repeat(500);
    ana.client.send_file(&group, "acta.txt", &mut document.as_bytes(), document.len() as u64).unwrap();
    ana.say(&group, "before the backup");
    settle(&mut [&mut ana, &mut beto, &mut carla]);

    // the relay runs and serves meanwhile
    let said = done(run(&folder, &["backup", "kept", "--json"]));
    fs::write(folder.join("passphrase"), PASSPHRASE).unwrap();
    done(run(&folder, &["backup", "--keys", "kept.keys", "--passphrase-file", "passphrase"]));
    ana.say(&group, "after the backup");
    ana.sync();
    beto.sync();
    ana.client.renew_keys(&group).unwrap();
    settle(&mut [&mut ana, &mut beto]);
    beto.say(&group, "in the next epoch");
    settle(&mut [&mut ana, &mut beto]);
    world.stop_relay();
    fs::remove_dir_all(world.data()).unwrap();
    fs::remove_file(folder.join("run.key")).unwrap();
    fs::remove_file(folder.join("lacre-registrar.key")).unwrap();

    let restored = done(run(&folder, &["restore", "kept"]));
    done(run(&folder, &["restore", "--keys", "kept.keys", "--passphrase-file", "passphrase"]));
    done(run(&folder, &["check", "--digests"]));
    world.start_relay();
    ana.sync();
    beto.sync();
    settle(&mut [&mut ana, &mut beto, &mut carla]);

    let manifest: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((&manifest["accounts"], &manifest["lost_blobs"]), (&3.into(), &0.into()));
    assert!(manifest["blobs"].as_u64().unwrap() > 0);
    assert!(restored.err.contains("put back by themselves"), "{}", restored.err);
    let all = ["before the backup", "after the backup", "in the next epoch"];
    for person in [&mut ana, &mut beto, &mut carla] {
        assert_eq!(person.texts(&group), all);
        assert_eq!(person.standing(&group), Standing::Active);
        assert_eq!(file_texts(person, &group), ["acta.txt"]);
    }
    assert_eq!(saved(&mut carla, &group), document.as_bytes());
    assert!(carla.client.events(0, 1_000).unwrap().iter().any(|e| e.what == Happening::RelayRestored));
    ana.say(&group, "and on");
    settle(&mut [&mut ana, &mut beto, &mut carla]);
    assert_eq!(carla.texts(&group).last().map(String::as_str), Some("and on"));
}

/// Seen red with a restoration that knows of no deletions.
#[test]
fn what_was_deleted_after_the_backup_is_deleted_again_and_who_was_recovered_is_not_the_lost_phone_again() {
    let mut world = World::new();
    let folder = beside(&world);
    let run_of_carla = world.run();
    let (mut ana, mut beto) = (world.person("ana"), world.person("beto"));
    let mut lost = world.person_with("carla", &run_of_carla);
    let lost_account = lost.account();
    done(run(&folder, &["backup", "kept"]));
    beto.client.delete_account(&mut beto.net).unwrap();
    let mut carla = Person::new(&folder.join("profile-carla-again"));
    carla.client.recover(&mut carla.net, &world.invite_again(&run_of_carla)).unwrap();
    let at = world.authority().clone();
    let resets = |person: &mut Person| person.net.resets(&at, wire::ResetsRequest { from: 1 }).unwrap();
    let before = resets(&mut ana);
    assert_eq!(before.notes.len(), 1);
    world.stop_relay();
    let list = fs::read_to_string(folder.join("data.deleted")).unwrap();
    fs::rename(world.data(), folder.join("data.lost")).unwrap();
    done(run(&folder, &["restore", "kept"]));
    fs::copy(folder.join("data.lost").join(IDENTITY_FILE), world.data().join(IDENTITY_FILE)).unwrap();
    world.start_relay();

    let after = resets(&mut ana);
    let found = |person: &mut Person, who: Who| {
        let stamp = hostile::stamp(person);
        person.net.lookup(&at, wire::LookupRequest { who: Some(who), stamp }).map(|_| ()).map_err(|e| e.reason())
    };
    let missing = Err(Some(Reason::NoAccount));
    assert_eq!((after.notes, after.head, after.generation == before.generation), (before.notes, before.head, false));
    assert_eq!(found(&mut ana, Who::Handle("beto".into())), missing, "a deleted account");
    assert_eq!(found(&mut ana, Who::Account(lost_account.as_bytes().to_vec())), missing, "a replaced account");
    assert_eq!(found(&mut ana, Who::Handle("ana".into())), Ok(()));
    // the person of the recovered account has her name again, with a code of the counter; the lost phone has none
    for person in [&mut lost, &mut carla] {
        person.clock.forward(lacre_core::limits::RENEW_KEY_PACKAGES_MS);
        let said = person.client.sync(&mut person.net);
        assert!(matches!(said, Err(Trouble::Account(AccountTrouble::Forgotten))), "{said:?} {:?}", person.client.resting());
    }
    let invitation = world.invite(&run_of_carla);
    carla.client.enroll(&mut carla.net, &invitation, &Handle::parse("carla").unwrap()).unwrap();
    assert_eq!(found(&mut ana, Who::Account(carla.account().as_bytes().to_vec())), Ok(()));
    // beside the folder lies no name of anybody
    for id in [beto.account(), ana.account()] {
        assert!(!list.contains(&data_encoding::HEXLOWER.encode(id.as_bytes())));
    }
}

/// A folder with a data folder from which a relay has served.
fn served() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    seed_stamps(&folder.path().join("data"), 3_000).unwrap();
    let mut relay = RelayProcess::spawn(RelayProcess::command(&folder.path().join("data"), folder.path()).unwrap()).unwrap();
    relay.ready().unwrap();
    relay.stop().unwrap();
    folder
}

#[test]
fn a_backup_holds_no_key_is_its_owners_alone_and_is_never_written_over_anything() {
    let folder = served();
    let path = folder.path();
    let keys = [path.join("data").join(IDENTITY_FILE), path.join("run.key")].map(|key| fs::read(key).unwrap());
    fs::write(path.join("passphrase"), PASSPHRASE).unwrap();
    fs::create_dir(path.join("full")).unwrap();
    fs::write(path.join("full/mine"), "kept").unwrap();

    done(run(path, &["backup", "kept"]));
    done(run(path, &["backup", "--keys", "kept.keys", "--passphrase-file", "passphrase"]));
    let refused = [
        (run(path, &["backup", "full"]), "is not empty"),
        (run(path, &["backup", "kept"]), "is not empty"),
        (run(path, &["backup", "data/inside"]), "inside the data folder"),
        (run(path, &["backup", "--keys", "kept.keys", "--passphrase-file", "passphrase"]), "is there already"),
        (run(path, &["restore", "kept"]), "is not empty"),
        (run(path, &["restore", "--keys", "kept.keys", "--passphrase-file", "passphrase"]), "is there already"),
    ];
    fs::write(path.join("short"), "short\n").unwrap();
    let short = run(path, &["backup", "--keys", "other.keys", "--passphrase-file", "short"]);

    for (said, why) in refused {
        assert!(said.code == Some(3) && said.err.contains(why), "{why}: {}", said.err);
    }
    assert!(short.code == Some(2) && short.err.contains("at least 12"), "{}", short.err);
    assert_eq!(fs::read(path.join("full/mine")).unwrap(), b"kept");
    assert!(!path.join("data/inside").exists());
    let mut written = files(&path.join("kept"));
    written.push(path.join("kept.keys"));
    for file in written {
        let bytes = fs::read(&file).unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o077, 0, "{}", file.display());
        for key in &keys {
            let raw = data_encoding::HEXLOWER.decode(key.trim_ascii_end()).unwrap();
            for secret in [key.trim_ascii_end(), &raw] {
                assert!(!bytes.windows(secret.len()).any(|w| w == secret), "{}", file.display());
            }
        }
    }
    assert_eq!(path.join("kept").metadata().unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn a_backup_that_was_cut_off_or_changed_by_the_disk_is_not_put_back() {
    let folder = served();
    let path = folder.path();
    done(run(path, &["backup", "kept"]));
    let restore = |from: &str| operate(path, &["restore", from, "--data", "new"]).unwrap();
    let copy = |to: &str| assert!(Command::new("cp").args(["-r", "kept", to]).current_dir(path).status().unwrap().success());

    copy("cut");
    fs::remove_file(path.join("cut/manifest.json")).unwrap();
    copy("changed");
    let mut bytes = fs::read(path.join("changed").join(STORE_FILE)).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path.join("changed").join(STORE_FILE), bytes).unwrap();
    let other = served();
    let key = fs::read(other.path().join("data").join(IDENTITY_FILE)).unwrap();

    for (from, why) in
        [("cut", "not a finished backup"), ("changed", "not as it was written"), ("nowhere", "not a finished backup")]
    {
        let said = restore(from);
        assert!(said.code == Some(3) && said.err.contains(why), "{from}: {}", said.err);
        assert!(!path.join("new").exists(), "{from}");
    }
    fs::create_dir(path.join("new")).unwrap();
    let place = path.join("new").join(IDENTITY_FILE);
    fs::write(&place, &key).unwrap();
    fs::set_permissions(&place, fs::Permissions::from_mode(0o600)).unwrap();
    let said = restore("kept");
    assert!(said.code == Some(3) && said.err.contains("another relay"), "{}", said.err);
}

#[test]
fn a_relay_does_not_start_on_a_folder_into_which_a_backup_was_put_by_half() {
    let folder = served();
    let path = folder.path();
    done(run(path, &["backup", "kept"]));
    fs::remove_dir_all(path.join("data")).unwrap();
    // what a restoration leaves that was cut off after its first step
    fs::create_dir(path.join("data")).unwrap();
    fs::write(path.join("data/restoring"), "").unwrap();

    let started = run(path, &["serve", "--listen", "127.0.0.1:0"]);
    let checked = run(path, &["check"]);

    assert_eq!((started.code, checked.code), (Some(3), Some(1)));
    for text in [started.err, checked.out] {
        assert!(text.contains("was cut off. Empty the folder"), "{text}");
    }
}

#[test]
fn backups_made_while_clients_write_are_whole_states_of_the_relay() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    seed_stamps(&path.join("data"), 2_000).unwrap();
    let mut relay = RelayProcess::spawn(RelayProcess::command(&path.join("data"), path).unwrap()).unwrap();
    let at = relay.ready().unwrap();
    let memory = Arc::new(Memory::new(Box::new(|_| {})));
    Client::new(&at, &memory, 1).unwrap().open().unwrap();
    let clients: Vec<_> = (2..6)
        .map(|seed| Client::new(&at, &memory, seed).unwrap())
        .map(|client| std::thread::spawn(move || client.write_until_it_is_gone()))
        .collect();
    let mut entries = Vec::new();
    for n in 1..=3 {
        memory.wait(n * 150, 4);
        let said = done(run(path, &["backup", &format!("kept{n}"), "--json"]));
        entries.push(serde_json::from_str::<serde_json::Value>(&said.out).unwrap()["entries"].as_u64().unwrap());
    }
    let status = run(path, &["status", "--json"]);
    relay.stop().unwrap();
    for client in clients {
        client.join().unwrap().unwrap();
    }

    assert!(entries.is_sorted() && entries[0] > 0, "{entries:?}");
    assert!(status.out.contains("\"last_backup_at\":\"20"), "{}", status.out);
    for n in 1..=3 {
        let (from, to) = (format!("kept{n}"), format!("new{n}"));
        assert_eq!(operate(path, &["restore", &from, "--data", &to]).unwrap().code, Some(0));
        fs::copy(path.join("data").join(IDENTITY_FILE), path.join(&to).join(IDENTITY_FILE)).unwrap();
        let said = operate(path, &["check", "--data", &to, "--run-key", "run.key", "--digests"]).unwrap();
        assert_eq!(said.code, Some(0), "{}", said.out);
    }
}

/// Stores a blob as the relay does.
fn keep(data: &Path, n: u8, content: &[u8], retention_ms: u64) -> FileName {
    let folder = DataFolder::lock(data).unwrap();
    let mut store = folder.store(None, &mut SystemRng).unwrap();
    let header = BlobHeader {
        blob: BlobId::new([n; 32]),
        read: TokenHash::new([n; 32]),
        size: content.len() as u64,
        sha256: <sha2::Sha256 as sha2::Digest>::digest(content).into(),
    };
    let mut upload = BlobFiles::open(data).unwrap().begin(FileName::new([n; 16])).unwrap();
    upload.write(content, &header).unwrap();
    let file = upload.finish(&header).unwrap().name;
    let rules = Rules { blob_retention_ms: retention_ms, ..Rules::default() };
    let stamp = TokenHash::new([n; 32]);
    let asks = [Ask::AddStamps(AddStamps(vec![stamp])), Ask::KeepBlob(KeepBlob { header, file, stamp: Some(stamp) })];
    let answers = store.run(SystemClock.now(), &rules, &asks).committed().unwrap();
    assert!(matches!(answers[1], Answer::KeepBlob(Ok(_))));
    file
}

/// Seen red with a backup that kept the rows of blobs whose files had gone.
#[test]
fn a_blob_that_expires_in_the_middle_of_a_backup_is_not_missed_and_one_that_is_lost_is_named() {
    let folder = served();
    let (path, data) = (folder.path(), folder.path().join("data"));
    let first = keep(&data, 1, b"first", u64::MAX / 2);
    let second = keep(&data, 2, b"second", 0);
    // the backup has copied the store and stops at the first blob until somebody writes
    let held = data.join("blobs").join(first.to_string());
    fs::remove_file(&held).unwrap();
    assert!(Command::new("mkfifo").arg(&held).status().unwrap().success());
    let made = std::thread::scope(|scope| {
        let backup = scope.spawn(|| run(path, &["backup", "kept", "--json"]));
        let mut writer = fs::File::options().write(true).open(&held).unwrap();
        let gone = {
            let mut store = DataFolder::lock(&data).unwrap().store(None, &mut SystemRng).unwrap();
            let expire = ExpireBlobs { over_at: Millis::new(SystemClock.now().get() + 1_000), limit: 10 };
            run_one(&mut store, SystemClock.now(), &Rules::default(), expire).unwrap()
        };
        assert!(gone == [second]);
        fs::remove_file(data.join("blobs").join(second.to_string())).unwrap();
        writer.write_all(b"first").unwrap();
        drop(writer);
        backup.join().unwrap()
    });
    fs::remove_file(&held).unwrap();
    let lost = run(path, &["backup", "without", "--json"]);

    let (made, without): (serde_json::Value, serde_json::Value) =
        (serde_json::from_str(&done(made).out).unwrap(), serde_json::from_str(&lost.out).unwrap());
    assert_eq!((&made["blobs"], &made["lost_blobs"], &made["blob_bytes"]), (&1.into(), &0.into(), &5.into()));
    assert_eq!((&without["blobs"], &without["lost_blobs"]), (&0.into(), &1.into()));
    assert!(lost.code == Some(1) && lost.err.contains("missing or changed"), "{}", lost.err);
    let found = run(path, &["check"]);
    assert!(found.code == Some(1) && found.out.contains("blobs whose files are missing: 1."), "{}", found.out);
}
