//! What could not be printed was not shown; what is sent is looked at first.
use lacre_tests::terminal::{Said, Town, lacre_binary};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fs::File;
use std::process::{Command, Stdio};

/// A disk that is always full.
fn full() -> File {
    File::options().write(true).open("/dev/full").unwrap()
}

/// Seen red with the result of writing thrown away in `Screen::to_stdout`: exit 0, and everything counted as shown.
#[test]
fn what_could_not_be_printed_is_not_shown_and_is_told_again() {
    let town = Town::new();
    let (ana, bruno) = town.pair();
    ana.run(&["send", "@bruno", "una noticia"]).done();
    let to_full = |args: &[&str]| Said::from(bruno.command(args).stdout(full()).output().unwrap(), args);

    for args in [
        &["list"][..],
        &["read", "@ana"],
        &["read", "@ana", "--json"],
        &["watch", "--json", "--for", "1s"],
        &["watch", "--for", "1s"],
        &["contact", "list"],
        &["settings"],
        &["--help"],
        &["--version"],
        &["read", "--help"],
    ] {
        let said = to_full(args);
        assert_eq!(said.code, Some(3), "{said:?}");
        let spoken = if args.contains(&"--json") { "not-written" } else { "no queda espacio en el disco" };
        assert!(said.err.contains(spoken), "{said:?}");
    }

    let unread = bruno.json(&["list"])["conversations"][0]["unread"].as_u64().unwrap();
    assert!(unread > 0, "nothing was marked as read");
    let events = bruno.run(&["watch", "--json", "--for", "1s"]).done();
    assert!(events.contains("una noticia"), "nothing was acknowledged: {events}");
}

#[test]
fn whoever_closes_the_other_end_hears_nothing_more_and_nothing_more_counts_as_shown() {
    let town = Town::new();
    let (ana, bruno) = town.pair();
    ana.run(&["send", "@bruno", "una noticia"]).done();

    let mut child = bruno.command(&["read", "@ana"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let said = Said::from(child.wait_with_output().unwrap(), &["read"]);

    assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{said:?}");
    assert!(bruno.json(&["list"])["conversations"][0]["unread"].as_u64().unwrap() > 0);
}

/// Seen red with `send_text` and `send_file` one after the other: the text was there.
#[test]
fn a_text_with_a_file_that_cannot_be_sent_is_not_sent_either() {
    let town = Town::new();
    let (ana, bruno) = town.pair();
    std::fs::write(ana.home.join("a.txt"), "a").unwrap();
    std::fs::create_dir(ana.home.join("carpeta")).unwrap();
    assert!(Command::new("mkfifo").arg(ana.home.join("tubo")).status().unwrap().success());
    File::create(ana.home.join("grande")).unwrap().set_len(110_000_000).unwrap();

    for (file, code, says) in [
        ("carpeta", 1, "es una carpeta"),
        // a pipe that nobody writes to would keep the command for ever
        ("tubo", 1, "no es un archivo que se pueda enviar"),
        ("/dev/zero", 1, "no es un archivo que se pueda enviar"),
        ("grande", 1, "demasiado grande"),
        ("nada", 3, "no existe"),
    ] {
        let said = ana.run(&["send", "@bruno", "con archivos", "--file", "a.txt", "--file", file]).failed(code);
        assert!(said.contains(says), "{file}: {said}");
    }
    // one that is longer than it said when it is read: found out in the step itself
    assert_eq!(ana.json(&["outbox"])["outbox"], serde_json::json!([]));
    assert_eq!(bruno.texts("@ana"), [""; 0]);

    let sent = ana.json(&["send", "@bruno", "con archivos", "--file", "a.txt"]);
    assert_eq!(sent["messages"].as_array().unwrap().len(), 2);
    assert_eq!(bruno.texts("@ana"), ["con archivos"]);
}

#[test]
fn files_are_found_and_saved_by_their_letters() {
    let town = Town::new();
    let (ana, bruno) = town.pair();
    std::fs::write(ana.home.join("an\u{303}o.txt"), "de otro sistema").unwrap();

    let sent = ana.json(&["send", "@bruno", "va", "--file", "a\u{f1}o.txt"]);
    bruno.run(&["list"]).done();
    let saved = bruno.run(&["save", sent["messages"][1]["id"].as_str().unwrap()]).done();

    assert_eq!(sent["messages"][1]["file"], "a\u{f1}o.txt");
    assert_eq!(saved, "./a\u{f1}o.txt\n");
}

#[test]
fn a_text_that_begins_with_a_hyphen_is_no_cry_for_help() {
    let town = Town::new();
    let (ana, bruno) = town.pair();

    for text in ["-hola", "-5 grados", "--nada"] {
        let said = ana.run(&["send", "@bruno", text]).failed(2);
        assert!(said.contains("-- "), "{text}: {said}");
    }
    ana.run(&["send", "@bruno", "--", "-hola"]).done();

    assert_eq!(bruno.texts("@ana"), ["-hola"]);
}

/// Seen red: `"   "` was sent, and a description of one line stood among the members.
#[test]
fn white_space_is_no_text_a_description_is_no_member_and_a_bad_date_is_told_the_good_form() {
    let town = Town::new();
    let (ana, bruno) = town.pair();

    for text in ["   ", "\n\t ", "\u{a0}"] {
        let said = ana.run(&["send", "@bruno", text]);
        assert_eq!((said.code, said.out.as_str()), (Some(1), ""), "{said:?}");
        assert!(said.err.contains("vacío"), "{said:?}");
    }
    assert_eq!(bruno.texts("@ana"), [""; 0]);

    ana.run(&["group", "create", "Mesa", "@bruno"]).done();
    ana.run(&["group", "describe", "Mesa", "@carla  admin"]).done();
    let list = ana.run(&["group", "list"]).done();
    assert!(list.contains("\n    | @carla  admin\n") && !list.contains("\n    @carla"), "{list}");

    for args in [&["read", "@bruno", "--since", "ayer"][..], &["search", "pan", "--since", "31/12/2026"]] {
        assert!(ana.run(args).failed(2).contains("2026-07-06"), "{args:?}");
    }
}

/// Whoever gets the machine after a crash finds no copy of memory. Programs inherit the limit: most machines begin with none, and there
/// nothing would be seen.
#[test]
fn neither_program_leaves_a_copy_of_its_memory() {
    let maximum = getrlimit(Resource::Core).maximum;
    setrlimit(Resource::Core, Rlimit { current: maximum, maximum }).unwrap();
    if maximum == Some(0) {
        println!("SKIPPED: this user may not have copies of memory at all");
        return;
    }
    let town = Town::new();
    let pipe = town.folder().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let ana = town.person(0, "ana");
    let mut asks = Command::new(lacre_binary());
    asks.env("HOME", &ana.home).args(["--passphrase-file", pipe.to_str().unwrap(), "list"]);
    let mut asks = asks.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // opened when the program reads from it: it has begun by then
    let passphrase = File::options().write(true).open(&pipe).unwrap();
    let limit = |pid: u32| {
        let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
        limits.lines().find(|line| line.starts_with("Max core file size")).unwrap().split_whitespace().nth(4).unwrap().to_owned()
    };
    let (mine, relays) = (limit(asks.id()), limit(town.relay_id()));
    drop(passphrase);
    asks.wait().unwrap();
    assert_eq!((mine.as_str(), relays.as_str()), ("0", "0"));
}
