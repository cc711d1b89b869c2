//! Commands that look for a relay find it or say so, and make nothing; what `check` finds good a start takes; a RUN is read
//! strictly, said back, and seen by nobody else.
use lacre_relay::folder::{IDENTITY_FILE, STORE_FILE};
use lacre_tests::relay::{RelayProcess, operate, operate_typing, relay_binary};
use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const RUN: &str = "40123456-K";

/// All names below a folder.
fn names(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(names(&path));
        }
        all.push(path);
    }
    all.sort();
    all
}

fn served(folder: &Path) {
    let mut relay = RelayProcess::spawn(RelayProcess::command(&folder.join("data"), folder).unwrap()).unwrap();
    relay.ready().unwrap();
    relay.stop().unwrap();
}

#[test]
fn a_mistyped_folder_is_an_error_that_says_so_and_makes_nothing() {
    let place = tempfile::tempdir().unwrap();
    served(place.path());
    fs::create_dir(place.path().join("empty")).unwrap();
    let before = names(place.path());
    let commands =
        [&["registrar", "issue-code"][..], &["status"], &["issue-leaf", "leaf.pem"], &["new-generation"], &["backup", "to"]];
    for (typed, says) in [("dta", "no such folder"), ("empty", "No relay has ever started")] {
        for command in commands {
            let said =
                operate_typing(place.path(), &[command, &["--data", typed, "--run-key", "run.key"]].concat(), RUN).unwrap();
            assert_eq!((said.code, said.out.as_str()), (Some(3), ""), "{command:?} {}", said.err);
            assert!(said.err.contains(says) && said.err.contains(typed) && said.err.contains("--data"), "{}", said.err);
            assert_eq!(names(place.path()), before, "{command:?} made something");
        }
    }
    // and in another folder, where the same configuration names the same relay
    fs::write(place.path().join("relay.toml"), "data = \"data\"\nrun_key = \"run.key\"\n").unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let config = place.path().join("relay.toml");
    let issue = ["registrar", "issue-code", "--config", config.to_str().unwrap()];
    let said = operate_typing(elsewhere.path(), &issue, RUN).unwrap();
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert_eq!(operate_typing(elsewhere.path(), &["registrar", "issue-code"], RUN).unwrap().code, Some(3));
    assert!(names(elsewhere.path()).is_empty());
}

/// Each of these was once good for `check` and refused by a start, or left keys behind when the start was refused.
#[test]
fn check_and_a_start_say_the_same_and_a_refused_start_leaves_no_keys() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let configurations = [
        ("public_address = \"re lay.example.org:7443\"\n".to_owned(), "public_address", 2),
        ("public_address = \"relay.example.org/path:7443\"\n".to_owned(), "public_address", 2),
        (format!("listen = \"{address}\"\n"), "in use by another program", 3),
        (format!("metrics_listen = \"{address}\"\n"), "metrics_listen", 3),
        ("run_key = \"data/run.key\"\n".to_owned(), "inside the data folder", 3),
        ("leaf = \"leaf.pem\"\n".to_owned(), "identity.key", 3),
    ];
    for (text, says, code) in configurations {
        let place = tempfile::tempdir().unwrap();
        let listen = if text.starts_with("listen") { "" } else { "listen = \"127.0.0.1:0\"\n" };
        fs::write(place.path().join("relay.toml"), format!("data = \"data\"\n{listen}{text}")).unwrap();

        let checked = operate(place.path(), &["check", "--config", "relay.toml"]).unwrap();
        let started = operate(place.path(), &["serve", "--config", "relay.toml"]).unwrap();

        assert_eq!(started.code, Some(code), "{text}: {}", started.err);
        assert_eq!(checked.code, Some(if code == 2 { 2 } else { 1 }), "{text}: {}{}", checked.out, checked.err);
        for said in [started.err, checked.out + &checked.err] {
            assert!(said.contains(says), "{text}: {says:?} is not in {said}");
        }
        let left = names(place.path());
        assert!(!left.iter().any(|path| path.ends_with(IDENTITY_FILE) || path.to_string_lossy().ends_with(".key")), "{left:?}");
    }
}

#[test]
fn a_run_is_read_strictly_and_said_back() {
    let place = tempfile::tempdir().unwrap();
    served(place.path());
    let issue = ["registrar", "issue-code", "--data", "data", "--run-key", "run.key"];
    let of = |typed: &str| operate_typing(place.path(), &issue, typed).unwrap();
    let json = [&issue[..], &["--json"]].concat();

    let said = of("40.123.456-k\n");
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.err.contains("for the person with the RUN 40123456-K") && !said.out.contains(RUN), "{}", said.err);
    let said = operate_typing(place.path(), &json, RUN).unwrap();
    let said: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(said["run"], RUN);

    // the digit forgotten: it would fit to another person
    for (typed, says) in [
        ("45123006", "hyphen"),
        ("4512300 6", "hyphen"),
        ("40123456-1", "check digit"),
        ("", "No RUN came"),
        ("40123456-K\n41000001-6\n", "More than one line"),
    ] {
        let said = of(typed);
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{typed:?}: {}", said.err);
        assert!(said.err.contains(says), "{typed:?}: {}", said.err);
    }
    let argument = operate(place.path(), &[&issue[..], &["--run", RUN]].concat()).unwrap();
    assert_eq!(argument.code, Some(2), "a RUN was taken among the arguments");
}

/// While it waits for the RUN and after it came: what `ps` shows is read from the same place.
#[test]
fn a_run_stands_in_no_process_list() {
    let place = tempfile::tempdir().unwrap();
    served(place.path());
    let mut child = Command::new(relay_binary().unwrap())
        .args(["registrar", "issue-code", "--data", "data", "--run-key", "run.key", "--json"])
        .current_dir(place.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut typed = child.stdin.take().unwrap();
    typed.write_all(RUN.as_bytes()).unwrap();
    // it has not ended: its input is open
    for file in ["cmdline", "environ"] {
        // for a moment after it was started the kernel shows nothing of it
        let shown = loop {
            let shown = fs::read(format!("/proc/{}/{file}", child.id())).unwrap();
            assert!(child.try_wait().unwrap().is_none(), "it ended although its input is open");
            if !shown.is_empty() {
                break shown;
            }
        };
        assert!(!String::from_utf8_lossy(&shown).contains("40123456"), "{file}");
    }
    drop(typed);
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success() && String::from_utf8_lossy(&ended.stdout).contains(RUN));
}

#[test]
fn a_leaf_never_replaces_a_key_and_no_command_removes_what_it_did_not_write() {
    let place = tempfile::tempdir().unwrap();
    served(place.path());
    let data = place.path().join("data");
    for mine in ["identity.new", "last-backup.new", "clock.new"] {
        fs::write(data.join(mine), "mine").unwrap();
    }
    fs::write(place.path().join("leaf.new"), "mine").unwrap();
    let key = fs::read(data.join(IDENTITY_FILE)).unwrap();
    let leaf = |file: &str| operate(place.path(), &["issue-leaf", file, "--data", "data"]).unwrap();

    for (file, code) in [("data/identity.key", 3), ("run.key", 3), ("leaf.pem", 0), ("leaf.pem", 0)] {
        let said = leaf(file);
        assert_eq!(said.code, Some(code), "{file}: {}", said.err);
        assert!(code == 0 || said.err.contains("is there already and is not replaced"), "{}", said.err);
    }
    served(place.path());
    assert_eq!(operate(place.path(), &["backup", "to", "--data", "data"]).unwrap().code, Some(0));

    assert!(fs::read(data.join(IDENTITY_FILE)).unwrap() == key && data.join(STORE_FILE).is_file());
    for mine in [data.join("identity.new"), data.join("last-backup.new"), data.join("clock.new"), place.path().join("leaf.new")] {
        assert_eq!(fs::read_to_string(&mine).unwrap(), "mine", "{}", mine.display());
    }
}
