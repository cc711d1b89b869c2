//! What an operator can get wrong: each is a sentence that says what to do, an exit code, and nothing that was changed.
use lacre_relay::folder::{IDENTITY_FILE, STORE_FILE};
use lacre_tests::faults::{own_disk, own_disks};
use lacre_tests::relay::{RelayProcess, Said, operate, operate_typing, relay_binary, seed_stamps};
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// A folder from which a relay has served and stopped.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        seed_stamps(&place.data(), 3_000).unwrap();
        place.start().stop().unwrap();
        place
    }
    fn path(&self) -> &Path {
        self.folder.path()
    }
    fn data(&self) -> PathBuf {
        self.path().join("data")
    }
    fn start(&self) -> RelayProcess {
        let mut relay = RelayProcess::spawn(RelayProcess::command(&self.data(), self.path()).unwrap()).unwrap();
        relay.ready().unwrap();
        relay
    }
    fn run(&self, args: &[&str]) -> Said {
        self.run_typing(args, "")
    }
    fn run_typing(&self, args: &[&str], typed: &str) -> Said {
        let place = ["--data", "data", "--run-key", "run.key"];
        operate_typing(self.path(), &[args, &place].concat(), typed).unwrap()
    }
    /// A start that must not happen: the sentence.
    fn no_start(&self, code: i32) -> String {
        let said = self.run(&["serve", "--listen", "127.0.0.1:0"]);
        assert_eq!((said.code, said.out.as_str()), (Some(code), ""), "{}", said.err);
        said.err
    }
}

#[test]
fn a_disk_smaller_than_what_the_configuration_reserves_is_said_before_the_first_start() {
    if !own_disks() {
        println!("SKIPPED: this user may not mount a small disk of its own");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let disk = folder.path().join("disk");
    fs::create_dir(&disk).unwrap();
    fs::write(folder.path().join("relay.toml"), "keep_free_mib = 64\n").unwrap();
    for make in ["true", "mkdir -m 700 \"$0/data\""] {
        let script = format!("{make} && exec \"$1\" check --json --data \"$0/data\" --config \"$2\" --run-key \"$3\"");
        let mut command = own_disk(&disk, 32, &script);
        command.arg(relay_binary().unwrap()).args(["relay.toml", "run.key"].map(|name| folder.path().join(name)));
        let said = command.output().unwrap();
        let json: serde_json::Value = serde_json::from_slice(&said.stdout).unwrap_or_else(|e| panic!("{e}: {said:?}"));
        let findings = json["findings"].as_array().unwrap();
        let small = findings.iter().find(|f| f["id"] == "check-disk-small").unwrap_or_else(|| panic!("{make}: {json}"));
        let text = small["text"].as_str().unwrap();
        assert!(text.contains("32.0 MiB") && text.contains("66.0 MiB"), "with both numbers: {text}");
        assert_eq!((said.status.code(), &small["kind"]), (Some(1), &"wrong".into()));
    }
}

/// Every file with its bytes, size and mode.
fn state(folder: &Path) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(state(&path));
        } else if path.is_file() {
            let mode = path.metadata().unwrap().permissions().mode();
            all.insert(path.clone(), (mode, fs::read(&path).unwrap()));
        }
    }
    all
}

fn must_say(said: &str, parts: &[&str]) {
    for part in parts {
        assert!(said.contains(part), "{part:?} is not in: {said}");
    }
}

#[test]
fn a_typing_error_in_the_configuration_names_the_key_that_was_meant() {
    let place = Place::new();
    fs::write(place.path().join("relay.toml"), "public_adress = \"relay.example.org:7443\"\n").unwrap();
    for command in [&["serve"][..], &["check"], &["status"], &["backup", "to"], &["issue-leaf", "leaf"]] {
        let said = place.run(&[command, &["--config", "relay.toml"]].concat());
        assert_eq!(said.code, Some(2), "{}", said.err);
        must_say(&said.err, &["relay.toml", "public_adress", "\"public_address\" was meant"]);
    }
    let spanish = place.run(&["--lang", "es", "check", "--config", "relay.toml"]);
    must_say(&spanish.err, &["no existe la clave «public_adress»", "«public_address»"]);
    fs::write(place.path().join("relay.toml"), "listen = \"somewhere\"\n").unwrap();
    must_say(&place.run(&["serve", "--config", "relay.toml"]).err, &["Correct this place", "listen = \"somewhere\""]);
}

#[test]
fn a_key_that_is_missing_is_asked_for_and_no_new_one_is_made() {
    let place = Place::new();
    for (file, says) in [(place.data().join(IDENTITY_FILE), "identity key"), (place.path().join("run.key"), "registrar's key")] {
        let aside = file.with_extension("aside");
        fs::rename(&file, &aside).unwrap();
        let before = state(place.path());
        must_say(&place.no_start(3), &[says, "Put it back", "restore --keys"]);
        let code = place.run_typing(&["registrar", "issue-code"], "40123456-K").code;
        assert_eq!(code, Some(3));
        let checked = place.run(&["check"]);
        assert_eq!(checked.code, Some(1));
        must_say(&checked.out, &["WRONG", says, "restore --keys"]);
        assert!(!file.exists());
        assert_eq!(state(place.path()).keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
        fs::rename(&aside, &file).unwrap();
    }
    // the folder is not mounted, and the list beside it says that there was a relay
    fs::write(place.data().with_file_name("data.deleted"), "").unwrap();
    let aside = place.path().join("mounted");
    fs::rename(place.data(), &aside).unwrap();
    fs::create_dir(place.data()).unwrap();
    fs::set_permissions(place.data(), Permissions::from_mode(0o700)).unwrap();
    must_say(&place.no_start(3), &["identity key", "mounted"]);
    assert_eq!(place.run(&["check"]).code, Some(1));
    assert!(!place.data().join(IDENTITY_FILE).exists(), "nobody becomes another relay");
    fs::remove_dir_all(place.data()).unwrap();
    fs::rename(&aside, place.data()).unwrap();
    place.start().stop().unwrap();
}

#[test]
fn a_secret_that_others_may_read_and_one_that_is_no_key_are_refused_by_name() {
    let place = Place::new();
    for file in [place.data().join(IDENTITY_FILE), place.path().join("run.key")] {
        let name = file.file_name().unwrap().to_str().unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
        must_say(&place.no_start(3), &[name, "others on this machine may read it", "chmod 600"]);
        assert_eq!(place.run(&["check"]).code, Some(1));
        fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
        let whole = fs::read(&file).unwrap();
        fs::write(&file, &whole[..40]).unwrap();
        must_say(&place.no_start(3), &[name, "is not a key", "restore --keys"]);
        fs::write(&file, whole).unwrap();
    }
    fs::set_permissions(place.data(), Permissions::from_mode(0o755)).unwrap();
    let checked = place.run(&["check"]);
    assert_eq!(checked.code, Some(1));
    must_say(&checked.out, &["can be entered by others", "chmod 700"]);
}

#[test]
fn another_registrars_key_and_a_key_inside_the_data_folder_are_refused() {
    let place = Place::new();
    let (key, right) = (place.path().join("run.key"), fs::read(place.path().join("run.key")).unwrap());
    fs::write(&key, "ab".repeat(32) + "\n").unwrap();
    must_say(&place.no_start(3), &["not the registrar's key that this data folder was made with", "original"]);
    fs::write(&key, right).unwrap();
    fs::rename(&key, place.data().join("run.key")).unwrap();
    let said = operate(place.path(), &["serve", "--data", "data", "--run-key", "data/run.key"]).unwrap();
    assert_eq!(said.code, Some(3));
    must_say(&said.err, &["inside the data folder", "Move it out"]);
}

#[test]
fn a_folder_of_a_newer_version_is_refused_and_not_touched() {
    let place = Place::new();
    let store = place.data().join(STORE_FILE);
    Connection::open(&store).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let before = fs::read(&store).unwrap();

    must_say(&place.no_start(3), &["newer lacre-relay", "99"]);
    let checked = place.run(&["check"]);

    assert_eq!(checked.code, Some(1));
    must_say(&checked.out, &["WRONG", "newer lacre-relay"]);
    assert!(fs::read(&store).unwrap() == before);
}

#[test]
fn a_file_of_another_program_in_the_stores_place_is_refused_and_not_touched() {
    let place = Place::new();
    let store = place.data().join(STORE_FILE);
    fs::remove_file(&store).unwrap();
    Connection::open(&store).unwrap().execute_batch("CREATE TABLE note (text TEXT)").unwrap();
    let before = fs::read(&store).unwrap();

    must_say(&place.no_start(3), &["not a store of lacre-relay", "--data"]);

    assert!(fs::read(&store).unwrap() == before);
}

#[test]
fn a_second_relay_on_a_folder_and_a_port_in_use_are_refused_while_the_first_serves_on() {
    let place = Place::new();
    let relay = place.start();

    must_say(&place.no_start(3), &["Another lacre-relay uses", "Stop it first"]);
    let status = place.run(&["status"]);
    relay.stop().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let said = place.run(&["serve", "--listen", &address]);
    fs::write(place.path().join("relay.toml"), format!("listen = \"{address}\"\n")).unwrap();
    let checked = place.run(&["check", "--config", "relay.toml"]);

    assert_eq!((status.code, said.code, checked.code), (Some(0), Some(3), Some(1)), "{}{}", status.err, said.err);
    for text in [said.err, checked.out] {
        must_say(&text, &[&address, "in use by another program", "--listen"]);
    }
}

#[test]
fn a_broken_page_is_found_by_check_and_never_backed_up() {
    let place = Place::new();
    let store = place.data().join(STORE_FILE);
    // a page of the stamps, which are the most of this store
    let root: u64 = Connection::open(&store)
        .unwrap()
        .query_row("SELECT pageno FROM dbstat WHERE name = 'stamp' AND pagetype = 'leaf' LIMIT 1", [], |r| r.get(0))
        .unwrap_or(20);
    let mut file = fs::File::options().write(true).open(&store).unwrap();
    file.seek(SeekFrom::Start((root - 1) * 8_192)).unwrap();
    file.write_all(&[0xa5; 8_192]).unwrap();
    drop(file);

    let checked = place.run(&["check"]);
    let backed_up = place.run(&["backup", "to"]);

    assert_eq!((checked.code, backed_up.code), (Some(1), Some(3)), "{}", checked.out);
    must_say(&checked.out, &["WRONG", "damaged", "restore the last backup"]);
    must_say(&backed_up.err, &["damaged", "restore the last backup"]);
    assert!(!place.path().join("to").exists(), "half a backup stays");
    // and a first page that is none is not even opened
    let mut file = fs::File::options().write(true).open(&store).unwrap();
    file.write_all(&[0xa5; 4_096]).unwrap();
    must_say(&place.no_start(3), &["damaged", "restore the last backup"]);
}

#[test]
fn a_configuration_that_has_no_end_or_never_comes_is_refused_at_once() {
    let place = Place::new();
    let pipe = place.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for file in ["/dev/zero", "pipe", "data"] {
        let said = operate(place.path(), &["check", "--config", file]).unwrap();
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{file}: {}", said.err);
        must_say(&said.err, &[file]);
    }
}

#[test]
fn a_run_among_the_arguments_is_not_said_again() {
    let place = Place::new();
    for run in ["44000001-0", "44.000.001-K", "440000010"] {
        let said = place.run(&["registrar", "issue-code", run]);
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""));
        assert!(!said.err.contains("44") && said.err.contains("standard input"), "{}", said.err);
    }
}

#[test]
fn check_changes_no_byte_whether_the_relay_never_ran_stopped_or_was_killed() {
    let place = Place::new();
    fs::write(place.data().join("blobs/0123.part"), "of a killed upload").unwrap();
    let stopped = state(place.path());
    let said = place.run(&["check", "--json"]);
    assert_eq!(said.code, Some(0), "{}", said.out);
    must_say(&said.out, &["\"healthy\":true", "check-orphans"]);
    assert!(state(place.path()) == stopped);

    place.start().kill().unwrap();
    let killed = state(place.path());
    assert!(killed.keys().any(|p| p.to_string_lossy().ends_with("-wal")));
    assert_eq!(place.run(&["check"]).code, Some(0));
    let after = state(place.path());
    // SQLite's index of the log is made anew by whoever reads it; it is no part of what is kept
    let kept = |state: &BTreeMap<PathBuf, (u32, Vec<u8>)>| {
        state
            .iter()
            .filter(|(p, _)| !p.to_string_lossy().ends_with("-shm"))
            .map(|(p, s)| (p.clone(), s.clone()))
            .collect::<Vec<_>>()
    };
    assert!(kept(&after) == kept(&killed));

    let empty = tempfile::tempdir().unwrap();
    let said = operate(empty.path(), &["check"]).unwrap();
    assert_eq!(said.code, Some(0));
    must_say(&said.out, &["a start would make"]);
    assert_eq!(fs::read_dir(empty.path()).unwrap().count(), 0);
}

#[test]
fn without_a_relay_status_says_how_to_start_one() {
    let place = Place::new();
    let said = place.run(&["status"]);
    assert_eq!(said.code, Some(3));
    must_say(&said.err, &["No relay runs", "lacre-relay serve"]);
    let said = operate(place.path(), &["status", "--data", "nowhere"]).unwrap();
    assert_eq!(said.code, Some(3));
}
