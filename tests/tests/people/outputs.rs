//! What a program writes where a person said: nothing that is there is replaced, followed or waited for. The real programs.

use lacre_tests::faults::Faults;
use lacre_tests::relay::{RelayProcess, operate};
use lacre_tests::terminal::{Said, Town, lacre_binary};
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

fn vectors(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/evidence").join(name)
}

/// A folder of a person who writes where something is: under each name something else.
struct Desk(tempfile::TempDir);

/// Each name where something is.
const TAKEN: [&str; 7] = ["e.lacre", "hard.pdf", "soft.pdf", "dangling.pdf", "folder.pdf", "pipe.pdf", "mine.pdf"];

impl Desk {
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        fs::copy(vectors("valid.lacre"), desk.at("e.lacre")).unwrap();
        fs::copy(vectors("trust.txt"), desk.at("trust.txt")).unwrap();
        fs::hard_link(desk.at("e.lacre"), desk.at("hard.pdf")).unwrap();
        symlink("e.lacre", desk.at("soft.pdf")).unwrap();
        symlink("nowhere", desk.at("dangling.pdf")).unwrap();
        fs::create_dir(desk.at("folder.pdf")).unwrap();
        assert!(Command::new("mkfifo").arg(desk.at("pipe.pdf")).status().unwrap().success());
        fs::write(desk.at("mine.pdf"), "mine").unwrap();
        desk
    }
    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(lacre_binary());
        command.args(args).current_dir(self.0.path()).env_remove("LC_ALL").env("LANG", "es_CL.UTF-8");
        command
    }
    fn lacre(&self, args: &[&str]) -> Said {
        Said::from(self.command(args).output().unwrap(), args)
    }
    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(self.0.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
    /// What was there is as it was.
    fn untouched(&self) {
        assert_eq!(fs::read(self.at("e.lacre")).unwrap(), fs::read(vectors("valid.lacre")).unwrap());
        assert_eq!(fs::read(self.at("mine.pdf")).unwrap(), b"mine");
        assert!(!self.at("nowhere").exists());
        assert_eq!(self.names().len(), TAKEN.len() + 1, "{:?}", self.names());
    }
}

/// Seen red with `std::fs::write` in the place of `output::write_new`: the evidence was replaced by its own certificate.
#[test]
fn a_certificate_replaces_nothing_follows_no_link_and_waits_for_no_pipe() {
    let desk = Desk::new();
    for option in ["--pdf", "--etsi"] {
        for name in TAKEN {
            let said = desk.lacre(&["verify", "e.lacre", "--trust", "trust.txt", option, name]);
            assert_eq!(said.out, "", "{name}: nothing is said before it is known whether it can be written");
            let told = said.failed(3);
            assert!(told.contains("Ya hay algo con ese nombre") && told.contains("Indique otro nombre"), "{name}: {told}");
            desk.untouched();
        }
    }
    let same = desk.lacre(&["verify", "e.lacre", "--trust", "trust.txt", "--pdf", "new", "--etsi", "new"]);
    assert!(same.failed(2).contains("su propio archivo"));
    desk.untouched();

    desk.lacre(&["verify", "e.lacre", "--trust", "trust.txt", "--pdf", "new.pdf", "--etsi", "new.json"]).done();
    for name in ["new.pdf", "new.json"] {
        assert_eq!(fs::metadata(desk.at(name)).unwrap().permissions().mode() & 0o777, 0o600, "{name} names a person");
    }
    assert_eq!(desk.names().len(), TAKEN.len() + 3, "{:?}", desk.names());
}

/// Seen red with `File::open` in the place of `files::ordinary`: the pipe was waited for.
#[test]
fn what_is_read_is_an_ordinary_file() {
    let desk = Desk::new();
    for (name, why) in [
        ("pipe.pdf", "es un dispositivo"),
        ("folder.pdf", "es una carpeta"),
        ("/dev/zero", "es un dispositivo"),
        ("none", "no existe"),
    ] {
        let told = desk.lacre(&["verify", name, "--trust", "trust.txt"]).failed(3);
        assert!(told.contains(why), "{name}: {told}");
        let told = desk.lacre(&["verify", "e.lacre", "--trust", name]).failed(3);
        assert!(told.contains(why), "{name}: {told}");
    }
    let long = fs::File::create(desk.at("long")).unwrap();
    long.set_len(1 << 40).unwrap();
    let told = desk.lacre(&["verify", "e.lacre", "--trust", "long"]).failed(2);
    assert!(told.contains("no tiene su forma"), "a terabyte is not read: {told}");
}

/// Seen red with `write_all` straight into the named file: half a certificate was left.
#[test]
fn on_a_full_disk_nothing_is_left_half_written() {
    let desk = Desk::new();
    let faults = Faults::build().unwrap();
    let root = desk.0.path().canonicalize().unwrap();
    let sizes = fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path().symlink_metadata().unwrap());
    let used: u64 = sizes.filter(|about| about.is_file()).map(|about| about.len()).sum();
    faults.room_bytes(i64::try_from(used).unwrap() + 500).unwrap();
    for option in ["--pdf", "--etsi"] {
        let args = ["verify", "e.lacre", "--trust", "trust.txt", option, "new"];
        let mut command = desk.command(&args);
        faults.watch(&mut command, &root);
        let said = Said::from(command.output().unwrap(), &args);
        assert_eq!(said.code, Some(3), "the verdict was told, the report was not written: {said:?}");
        assert!(said.err.contains("no queda espacio en el disco") && said.err.contains("No quedó nada a medias"), "{said:?}");
        desk.untouched();
    }
}

#[test]
fn an_export_replaces_nothing_and_asks_before_it_works() {
    let town = Town::new();
    let (ana, _bruno) = town.pair();
    fs::write(ana.home.join("mine"), "mine").unwrap();
    symlink("mine", ana.home.join("soft")).unwrap();
    symlink("nowhere", ana.home.join("dangling")).unwrap();
    for name in ["mine", "soft", "dangling", "."] {
        assert!(ana.run(&["export", "@bruno", "--to", name]).failed(3).contains("Ya hay algo con ese nombre"), "{name}");
    }
    assert_eq!(fs::read(ana.home.join("mine")).unwrap(), b"mine");
    assert!(!ana.home.join("nowhere").exists());
    ana.run(&["export", "@bruno", "--to", "new"]).done();
    assert_eq!(fs::metadata(ana.home.join("new")).unwrap().permissions().mode() & 0o777, 0o600);
}

/// Seen red with `write_secret` in the place of `looks_like_a_leaf`: the relay's own identity key was replaced.
#[test]
fn the_relays_programs_replace_no_key_and_a_leaf_by_a_leaf_only() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let mut relay = RelayProcess::spawn(RelayProcess::command(&at("data"), folder.path()).unwrap()).unwrap();
    relay.ready().unwrap();
    relay.stop().unwrap();
    let run = |args: &[&str]| operate(folder.path(), &[args, &["--data", "data"]].concat()).unwrap();
    fs::write(at("pass"), "a long example passphrase\n").unwrap();
    fs::write(at("mine"), "mine").unwrap();
    fs::write(at("mine.new"), "mine").unwrap();
    symlink("mine", at("soft")).unwrap();
    symlink("nowhere", at("dangling")).unwrap();
    let key = fs::read(at("data/identity.key")).unwrap();

    for name in ["data/identity.key", "mine", "soft", "dangling", "data"] {
        for args in [&["issue-leaf", name][..], &["backup", "--keys", name, "--passphrase-file", "pass"]] {
            let said = run(args);
            assert_eq!((said.code, said.err.contains("is there already")), (Some(3), true), "{args:?}: {}", said.err);
        }
    }
    assert_eq!(fs::read(at("data/identity.key")).unwrap(), key);
    assert_eq!((fs::read(at("mine")).unwrap(), at("nowhere").exists()), (b"mine".to_vec(), false));

    let leaf = || fs::read(at("leaf.pem")).unwrap();
    assert_eq!(run(&["issue-leaf", "leaf.pem"]).code, Some(0));
    let first = leaf();
    assert_eq!(run(&["issue-leaf", "leaf.pem"]).code, Some(0), "a leaf comes in the place of a leaf");
    assert_ne!(leaf(), first);
    fs::hard_link(at("leaf.pem"), at("second.pem")).unwrap();
    assert_eq!(run(&["issue-leaf", "leaf.pem"]).code, Some(3), "a file with two names is somebody else's too");
    assert_eq!(fs::read(at("mine.new")).unwrap(), b"mine", "what lies beside is nobody's draft");
    assert_eq!(fs::metadata(at("leaf.pem")).unwrap().permissions().mode() & 0o777, 0o600);
}
