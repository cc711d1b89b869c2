//! `lacre counter assist` at a real terminal: who is helped at a strange machine leaves nothing there, however it ends.
use crate::official::{body, send};
use lacre_tests::keyboard::Terminal;
use lacre_tests::terminal::{Person, Town};
use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

const PHRASE: &str = "caballo correcto";

/// A machine of the municipality, with folders for everything that a program might write.
struct Machine {
    user: Person,
    folder: PathBuf,
}

impl Machine {
    fn of(town: &Town) -> Self {
        let user = town.newcomer("municipalidad");
        let folder = user.home.clone();
        for name in ["tmp", "data", "config", "cache", "state"] {
            std::fs::create_dir(folder.join(name)).unwrap();
        }
        std::fs::write(folder.join(".sh_history"), "ls\n").unwrap();
        Self { user: Person { secret: Vec::new(), ..user }, folder }
    }

    /// At the keyboard, with its number on the screen first.
    fn sits(&self, command: &str) -> (Terminal, String) {
        let place = |name: &str| self.folder.join(name).display().to_string();
        let names = ["tmp", "data", "config", "cache", "state"].map(place);
        let [tmp, data, config, cache, state] = &names;
        let more = [
            ("TMPDIR", tmp.as_str()),
            ("SQLITE_TMPDIR", tmp),
            ("XDG_DATA_HOME", data),
            ("XDG_CONFIG_HOME", config),
            ("XDG_CACHE_HOME", cache),
            ("XDG_STATE_HOME", state),
            ("TERM", "xterm"),
            ("PAGER", ""),
        ];
        let mut terminal = Terminal::run_with(&self.user, &format!("sh -c 'echo =$$=; exec {command}'"), &more);
        terminal.until("=");
        let process = terminal.until("=").trim().to_owned();
        (terminal, process)
    }

    /// Everything there, with what is in it and when it was changed.
    fn everything(&self) -> BTreeMap<PathBuf, (Vec<u8>, i64, i64)> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.folder.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                let about = path.symlink_metadata().unwrap();
                if about.is_dir() {
                    folders.push(path.clone());
                }
                let content = if about.is_file() { std::fs::read(&path).unwrap() } else { Vec::new() };
                found.insert(path, (content, about.mtime(), about.mtime_nsec()));
            }
        }
        found
    }
}

/// Files that a process has open to write, also those without a name; terminals, pipes and sockets are none.
fn open_to_write(process: &str) -> Vec<String> {
    let folder = Path::new("/proc").join(process);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder.join("fd")).unwrap() {
        let name = entry.unwrap().file_name();
        // one that was closed meanwhile
        let Ok(to) = std::fs::read_link(folder.join("fd").join(&name)) else { continue };
        let about = std::fs::read_to_string(folder.join("fdinfo").join(&name)).unwrap_or_default();
        let flags =
            about.lines().find_map(|line| line.strip_prefix("flags:")).and_then(|f| u32::from_str_radix(f.trim(), 8).ok());
        let to = to.display().to_string();
        let device = to.starts_with("/dev/pts") || to.starts_with("/dev/tty") || to.starts_with("/dev/null");
        if to.starts_with('/') && !device && flags.is_some_and(|flags| flags & 3 != 0) {
            found.push(to);
        }
    }
    found
}

/// Bytes that the process made the system write to disks.
fn written(process: &str) -> u64 {
    let io = std::fs::read_to_string(format!("/proc/{process}/io")).unwrap();
    io.lines().find_map(|line| line.strip_prefix("write_bytes: ")).unwrap().parse().unwrap()
}

/// Where nothing of it may be: opened, dirtied, or there.
fn nothing_is_written(process: &str) {
    assert_eq!(open_to_write(process), Vec::<String>::new());
    assert_eq!(written(process), 0, "bytes to a disk");
}

/// Until her account is made.
fn enrols(terminal: &mut Terminal, invitation: &str, name: &str) {
    terminal.until("Enter para seguir:");
    terminal.types("");
    terminal.until("(1, 2 o 3):");
    terminal.types("1");
    terminal.until("tal como se la entregaron:");
    terminal.types(invitation);
    terminal.until("nombre público");
    terminal.types(name);
    terminal.until(&format!("usted es {name}"));
}

/// A medium of hers: another device than this machine's disks.
fn stick() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").expect("a second file system stands for her stick")
}

#[test]
fn who_is_helped_takes_her_account_on_her_own_stick_and_the_machine_keeps_nothing() {
    let town = Town::new();
    let (machine, stick) = (Machine::of(&town), stick());
    let before = machine.everything();
    let (mut at, process) = machine.sits("lacre counter assist");

    enrols(&mut at, &town.invitation(0), "@ana");
    nothing_is_written(&process);
    at.until("o solo Enter:");
    at.types(&town.folder().display().to_string());
    assert!(at.until("o solo Enter:").contains("disco de esta máquina"));
    at.types(&stick.path().display().to_string());
    at.until("(8 caracteres o más): ");
    at.types(PHRASE);
    at.until("otra vez: ");
    at.types(PHRASE);
    at.until("Escriba sí:");
    let open = open_to_write(&process);
    assert!(open.iter().all(|file| Path::new(file).starts_with(stick.path())), "{open:?}");
    at.types("sí");
    let page = at.until("la pantalla se borra:");
    assert!(page.contains("le llegan aquí") || page.contains("llegan a esta cuenta"), "{page}");
    at.types("");
    let (last, code) = at.ends();

    assert_eq!(code, Some(0), "{last}");
    assert!(last.contains("\u{1b}[2J\u{1b}[H\u{1b}[3J\u{1b}[?1049l"), "the screen is cleared: {last:?}");
    let (_, behind) = last.split_once("[?1049l").unwrap();
    assert!(behind.contains("no queda nada") && !behind.contains("ana") && !behind.contains(PHRASE), "{behind:?}");
    assert_eq!(machine.everything(), before, "nothing is left on the machine");
    let names: Vec<_> = std::fs::read_dir(stick.path().join("lacre")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, ["profile.lacre"], "one whole profile on the stick");
    let home = town.newcomer("casa");
    std::fs::write(home.home.join("frase"), PHRASE).unwrap();
    let flags = ["--passphrase-file", "frase", "--profile"].map(str::to_owned);
    let home = Person { secret: [&flags[..], &[stick.path().join("lacre").display().to_string()]].concat(), ..home };
    assert_eq!(home.json(&["whoami"])["handle"], "@ana");
    let address = home.json(&["notice", "address"]);
    assert_eq!((&address["on"], &address["told"]), (&true.into(), &true.into()), "{address}");

    // a notice comes, and she reads it at the same machine, with her stick
    let sender = body(&town, "AF021");
    assert_eq!(send(&sender, 0, &[]).code, Some(0));
    let (mut at, process) = machine.sits("lacre counter assist");
    at.until("Enter para seguir:");
    at.types("");
    at.until("(1, 2 o 3):");
    at.types("3");
    at.until("/media/ana/USB):");
    at.types(&stick.path().display().to_string());
    at.until("Frase secreta: ");
    at.types(PHRASE);
    let listed = at.until("para terminar:");
    let id = home.json(&["notice", "list"])["notices"][0]["id"].as_str().unwrap()[..8].to_owned();
    assert!(listed.contains(&id), "{listed}");
    at.types(&id);
    at.until("E-0001/2026");
    let open = open_to_write(&process);
    assert!(open.iter().all(|file| Path::new(file).starts_with(stick.path())), "{open:?}");
    at.until("Enter para seguir:");
    at.types("");
    at.until("para terminar:");
    at.types("");
    assert_eq!(at.ends().1, Some(0));
    assert_eq!(machine.everything(), before, "nothing is left on the machine");
}

#[test]
fn who_brought_nothing_leaves_an_account_that_pauses_and_takes_it_to_her_own_phone_with_a_code() {
    let mut town = Town::new();
    let (machine, bruno) = (Machine::of(&town), town.person(1, "bruno"));
    let before = machine.everything();
    let (mut at, process) = machine.sits("lacre counter assist --json");

    enrols_silently(&mut at, &town.invitation(0), "@ana");
    at.until("o solo Enter:");
    town.switch_off();
    at.types("");
    at.until("o escriba no:");
    town.switch_on();
    at.types("");
    at.until("la pantalla se borra:");
    nothing_is_written(&process);
    at.types("");
    let (last, code) = at.ends();

    assert_eq!(code, Some(0), "{last}");
    let json = last.split_once("[?1049l").unwrap().1.trim();
    let said: serde_json::Value = serde_json::from_str(json).unwrap();
    lacre_tests::schema::check("counter assist", &said);
    assert_eq!(said, serde_json::json!({ "recovered": false, "taken": false, "address": false, "paused": true }));
    assert_eq!(machine.everything(), before);
    let refused = bruno.run(&["contact", "add", "@ana", "Hola"]).failed(1);
    assert!(refused.contains("pausa"), "who looks for her is told: {refused}");
    let phone = town.newcomer("telefono");
    phone.run(&["recover", &town.recovery(0)]).done();
    bruno.run(&["contact", "add", "@ana", "Hola"]).done();
    assert_eq!(phone.json(&["notice", "address"])["on"], false, "nobody was notified into a void");
}

/// As [`enrols`]: with `--json` only questions are on the screen.
fn enrols_silently(terminal: &mut Terminal, invitation: &str, name: &str) {
    for (question, answer) in
        [("Enter para seguir:", ""), ("(1, 2 o 3):", "1"), ("se la entregaron:", invitation), ("nombre público", name)]
    {
        terminal.until(question);
        terminal.types(answer);
    }
}

#[test]
fn whatever_ends_a_session_at_the_counter_the_machine_keeps_nothing_of_it() {
    let town = Town::new();
    let machine = Machine::of(&town);
    let before = machine.everything();
    for (run, name, ends) in [(0, "@ana", "KILL"), (1, "@bruno", "TERM"), (2, "@carla", "HUP")] {
        let (mut at, process) = machine.sits("lacre counter assist");
        enrols(&mut at, &town.invitation(run), name);
        at.until("o solo Enter:");
        nothing_is_written(&process);

        assert!(Command::new("/bin/kill").args([&format!("-{ends}"), &process]).status().unwrap().success());
        let (last, _) = at.ends();

        assert_eq!(machine.everything(), before, "{ends}");
        assert_eq!(last.contains("\u{1b}[3J\u{1b}[?1049l"), ends != "KILL", "{ends}: {last:?}");
    }
    // typed: Ctrl-C and Ctrl-\ end it, and Ctrl-Z does not put it to sleep with her keys
    for (key, ended) in [(3, 130), (28, 131)] {
        let (mut at, _) = machine.sits("lacre counter assist");
        at.until("Enter para seguir:");
        at.presses(&[26, b'\n']);
        at.until("(1, 2 o 3):");
        at.presses(&[key]);
        let (last, code) = at.ends();
        assert_eq!(code, Some(ended), "{last}");
        assert!(last.contains("\u{1b}[3J\u{1b}[?1049l"), "{last:?}");
        assert_eq!(machine.everything(), before);
    }
}

/// Seen red: the session ended, and people wrote to an account whose keys were gone.
#[test]
fn who_cannot_take_it_along_after_all_leaves_an_account_that_pauses() {
    let town = Town::new();
    let (machine, stick, bruno) = (Machine::of(&town), stick(), town.person(2, "bruno"));
    let before = machine.everything();
    for (n, name) in [(0, "@ana"), (1, "@carla")] {
        let (mut at, _) = machine.sits("lacre counter assist");
        enrols(&mut at, &town.invitation(n), name);
        at.until("o solo Enter:");
        if n == 0 {
            at.types(&stick.path().display().to_string());
            for _ in 0..3 {
                at.until("(8 caracteres o más): ");
                at.types("corta");
            }
            at.until("o solo Enter:");
            at.types("");
        } else {
            for _ in 0..11 {
                at.types("/no/hay");
                at.until("o solo Enter:");
            }
            at.types("/no/hay");
        }
        at.until("la pantalla se borra:");
        at.types("");
        let (last, code) = at.ends();
        assert_eq!(code, Some(0), "{last}");
        let refused = bruno.run(&["contact", "add", name, "Hola"]).failed(1);
        assert!(refused.contains("pausa"), "who looks for her is told: {refused}");
    }
    assert_eq!(machine.everything(), before);
}

#[test]
fn a_lost_account_is_recovered_at_a_strange_machine_and_the_thief_is_out_at_once() {
    let town = Town::new();
    let (machine, thief) = (Machine::of(&town), town.person(0, "ana"));
    let (mut at, _) = machine.sits("lacre counter assist");

    at.until("Enter para seguir:");
    at.types("");
    at.until("(1, 2 o 3):");
    at.types("2");
    at.until("tal como se la entregaron:");
    at.types("lacre://mistyped");
    at.until("tal como se la entregaron:");
    at.types(&town.recovery(0));
    at.until("usted es @ana otra vez");

    let told: serde_json::Value = serde_json::from_str(&thief.run(&["status", "--json"]).out).unwrap();
    assert!(told["replaced_at"].is_string(), "{told}");
    at.until("o solo Enter:");
    at.types("");
    at.until("la pantalla se borra:");
    at.types("");
    assert_eq!(at.ends().1, Some(0));
}

/// The clerk's key and a person's are apart: neither opens here, and with a clerk's key beside it nobody is helped.
#[test]
fn a_clerks_profile_is_never_part_of_it() {
    let town = Town::new();
    let clerk = town.newcomer("mesa-1");
    clerk.run(&["counter", "enroll", &town.authority().to_string()]).done();

    let user = Person { secret: Vec::new(), handle: String::new(), home: clerk.home.clone() };
    let folder = clerk.home.join(".local/share/lacre-counter").display().to_string();
    for flags in [["--profile", &folder], ["--key-file", &clerk.secret[1]], ["--passphrase-file", "x"]] {
        let said = user.run(&[&["counter", "assist"], &flags[..]].concat());
        assert!(said.failed(2).contains("ningún perfil"), "{flags:?}");
    }
    // as the user whose machine has it, with no word of it
    assert!(user.run(&["counter", "assist", "--json"]).failed(1).contains("assist-clerk"));
    // and a clerk's key opens nothing that is a person's
    let ana = town.person(0, "ana");
    let hers = ana.home.join(".local/share/lacre").display().to_string();
    let with_clerks_key = |args: &[&str]| clerk.run(&[&["--profile", &hers], args].concat());
    for args in [&["notice", "list"][..], &["notice", "ack", "1"], &["notice", "reply", "1", "Hola"]] {
        assert_ne!(with_clerks_key(args).code, Some(0), "{args:?}");
    }
}

#[test]
fn codes_are_typed_by_a_person_and_come_from_no_pipe() {
    let town = Town::new();
    let machine = Machine::of(&town);
    let said = machine.user.piped(&["counter", "assist"], town.invitation(0).as_bytes());
    assert!(said.failed(2).contains("terminal"));
}
