//! People at their terminals, with the real programs.
use lacre_core::limits::MAX_TEXT;
use lacre_tests::terminal::{Person, Said, Town, befriend};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _};

#[test]
fn ones_own_name_where_somebody_elses_is_meant_is_said_to_be_ones_own() {
    let town = Town::new();
    let ana = town.person(0, "ana");
    for command in [&["contact", "add"][..], &["contact", "verify"], &["contact", "accept"], &["contact", "block"]] {
        let said = ana.run(&[command, &["@ana"]].concat()).failed(1);
        assert!(said.contains("su propio nombre"), "{command:?}: {said}");
    }
    let said = ana.run(&["group", "create", "Mesa", "@ana"]).failed(1);
    assert!(said.contains("su propio nombre"), "{said}");
    ana.run(&["send", "@ana", "una nota para mí"]).done();
    assert_eq!(ana.texts("@ana"), ["una nota para mí"]);
}

#[test]
fn two_people_type_one_line_each_and_write_to_each_other() {
    let town = Town::new();
    let (ana, bruno) = (town.person(0, "ana"), town.person(1, "bruno"));
    befriend(&ana, &bruno);

    let sent = ana.run(&["send", "@bruno", "¿Llegó el informe?"]).done();
    let read = bruno.run(&["read", "@ana"]).done();
    bruno.run(&["send", "@ana", "Sí, está bien."]).done();

    let id = ana.json(&["read", "@bruno"])["messages"][0]["id"].as_str().unwrap()[..8].to_owned();
    assert_eq!(sent, format!("Enviado: {id}\n"));
    assert!(read.trim_end().ends_with("@ana: ¿Llegó el informe?"), "{read}");
    assert_eq!(ana.texts("@bruno"), ["¿Llegó el informe?", "Sí, está bien."]);
    assert_eq!(bruno.texts("@ana"), ["¿Llegó el informe?", "Sí, está bien."]);
}

#[test]
fn without_a_relay_a_message_waits_and_the_next_command_delivers_it() {
    let mut town = Town::new();
    let (ana, bruno) = town.pair();

    town.switch_off();
    let waiting = ana.run(&["send", "@bruno", "sin luz"]);
    let status = ana.run(&["status", "--json"]);
    let listed = ana.json(&["read", "@bruno"]);
    let since = |day: &str| ana.json(&["read", "@bruno", "--since", day])["messages"].as_array().unwrap().len();
    assert_eq!(since("2026-01-01"), listed["messages"].as_array().unwrap().len());
    assert_eq!(since("2999-01-01"), 1, "what waits has no day yet and is shown");
    town.switch_on();
    let delivered = ana.json(&["outbox"]);

    assert_eq!(waiting.code, Some(0), "{waiting:?}");
    assert!(waiting.out.starts_with("En espera"), "{waiting:?}");
    assert!(waiting.err.contains("no responde"), "{waiting:?}");
    assert_eq!(status.code, Some(3), "{status:?}");
    assert!(status.out.contains("\"relay_reached\":false"), "{status:?}");
    assert_eq!(listed["messages"][0]["delivery"], "waiting");
    assert_eq!(delivered, json!({ "outbox": [], "relay_reached": true }));
    assert_eq!(bruno.texts("@ana"), ["sin luz"]);
}

#[test]
fn what_was_taken_back_is_never_delivered() {
    let mut town = Town::new();
    let (ana, bruno) = town.pair();
    town.switch_off();
    ana.run(&["send", "@bruno", "uno"]).done();
    ana.run(&["send", "@bruno", "dos"]).done();

    let last = ana.json(&["outbox"])["outbox"].as_array().unwrap().last().unwrap().clone();
    ana.run(&["outbox", "cancel", &last["id"].to_string()]).done();
    let again = ana.run(&["outbox", "cancel", &last["id"].to_string()]);
    town.switch_on();
    ana.run(&["list"]).done();

    assert_eq!(last["cancellable"], true);
    assert!(again.failed(1).contains("Qué hacer:"));
    assert_eq!(bruno.texts("@ana"), ["uno"]);
}

#[test]
fn a_group_shares_files_and_whoever_is_removed_gets_nothing_more() {
    let town = Town::new();
    let (ana, bruno) = town.pair();
    let carla = town.person(2, "carla");
    befriend(&ana, &carla);
    std::fs::write(ana.home.join("año.txt"), "contenido con eñe").unwrap();

    ana.run(&["group", "create", "Mesa", "@bruno", "@carla"]).done();
    carla.run(&["list"]).done();
    ana.run(&["send", "Mesa", "hola a todos", "--file", "año.txt"]).done();
    let file =
        carla.json(&["read", "Mesa"])["messages"].as_array().unwrap().iter().find(|m| m["kind"] == "file").unwrap().clone();
    let saved = carla.json(&["save", &file["id"].as_str().unwrap()[..8]]);
    ana.run(&["group", "remove", "Mesa", "@carla"]).done();
    ana.run(&["send", "Mesa", "solo para los que quedan"]).done();

    assert_eq!((&file["file"], &file["size"]), (&json!("año.txt"), &json!(18)));
    assert_eq!(std::fs::read_to_string(carla.home.join(saved["path"].as_str().unwrap())).unwrap(), "contenido con eñe");
    assert_eq!(bruno.texts("Mesa"), ["hola a todos", "solo para los que quedan"]);
    assert_eq!(carla.texts("Mesa"), ["hola a todos"]);
    assert_eq!(
        carla.json(&["list"])["conversations"].as_array().unwrap().iter().find(|c| c["name"] == "Mesa").unwrap()["standing"],
        "removed"
    );
    let refused = carla.run(&["send", "Mesa", "¿y yo?"]);
    assert!(refused.failed(1).contains("no se puede escribir"));
}

#[test]
fn whoever_is_removed_and_added_again_before_looking_is_back() {
    let town = Town::new();
    let (ana, bruno) = town.pair();
    ana.run(&["group", "create", "Mesa", "@bruno"]).done();
    bruno.run(&["list"]).done();

    ana.run(&["group", "remove", "Mesa", "@bruno"]).done();
    ana.run(&["send", "Mesa", "sin Bruno"]).done();
    ana.run(&["group", "add", "Mesa", "@bruno"]).done();
    bruno.run(&["list"]).done();
    ana.run(&["send", "Mesa", "con Bruno"]).done();
    bruno.run(&["send", "Mesa", "aquí estoy"]).done();

    assert_eq!(bruno.texts("Mesa"), ["con Bruno", "aquí estoy"]);
    assert_eq!(ana.texts("Mesa"), ["sin Bruno", "con Bruno", "aquí estoy"]);
}

#[test]
fn watch_shows_what_another_terminal_sends_and_both_use_the_profile_at_once() {
    let town = Town::new();
    let (ana, bruno) = town.pair();
    bruno.run(&["read", "@ana"]).done();

    let mut watch = bruno.start(&["watch", "--json"]);
    let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines();
    let mut next = |what: &str| loop {
        let line = lines.next().expect("watch goes on").unwrap();
        let event: Value = serde_json::from_str(&line).unwrap();
        if event["what"] == what && event["message"]["kind"] == "text" {
            return event;
        }
    };
    ana.run(&["send", "@bruno", "una noticia"]).done();
    let message = next("message");
    // the watched profile itself, from another terminal, while watch runs
    bruno.run(&["send", "@ana", "respuesta desde otro terminal"]).done();
    let sent = next("sent");
    watch.kill().unwrap();
    let mut words = String::new();
    watch.stderr.take().unwrap().read_to_string(&mut words).unwrap();
    watch.wait().unwrap();

    assert_eq!(message["message"]["text"], "una noticia");
    assert_eq!(sent["message"]["text"], "respuesta desde otro terminal");
    assert_eq!(words, "");
    assert_eq!(ana.texts("@bruno"), ["una noticia", "respuesta desde otro terminal"]);
    assert_eq!(bruno.texts("@ana"), ["una noticia", "respuesta desde otro terminal"]);
}

#[test]
fn a_text_to_somebody_who_has_not_answered_waits_for_the_yes() {
    let town = Town::new();
    let (ana, bruno) = (town.person(0, "ana"), town.person(1, "bruno"));

    ana.run(&["contact", "add", "@bruno", "Soy Ana"]).done();
    let held = ana.run(&["send", "@bruno", "para cuando aceptes"]).done();
    let requests = bruno.json(&["list"])["requests"].clone();
    let too_early = bruno.run(&["send", "@ana", "antes de aceptar"]);
    bruno.run(&["contact", "accept", "@ana"]).done();
    ana.run(&["list"]).done();

    assert!(held.starts_with("En espera"), "{held}");
    assert_eq!((&requests[0]["handle"], &requests[0]["text"]), (&json!("@ana"), &json!("Soy Ana")));
    assert!(too_early.failed(1).contains("lacre contact accept @ana"));
    assert_eq!(bruno.texts("@ana"), ["para cuando aceptes"]);
}

#[test]
fn whoever_declines_is_left_alone() {
    let town = Town::new();
    let (ana, bruno) = (town.person(0, "ana"), town.person(1, "bruno"));
    ana.run(&["contact", "add", "@bruno", "Hola"]).done();

    bruno.run(&["contact", "decline", "@ana"]).done();

    assert_eq!(bruno.json(&["list"])["requests"], json!([]));
    assert_eq!(bruno.json(&["contact", "list"])["contacts"][0]["state"], "declined");
    assert_eq!(ana.json(&["contact", "list"])["contacts"][0]["state"], "asked");
}

fn with_passphrase(town: &Town, handle: &str, passphrase: &str) -> Person {
    let mut person = town.newcomer(handle);
    let file = person.home.join("passphrase");
    std::fs::write(&file, format!("{passphrase}\n")).unwrap();
    person.secret = vec!["--passphrase-file".into(), file.display().to_string()];
    person
}

#[test]
fn a_wrong_passphrase_opens_nothing_and_unlock_spares_typing_it() {
    let town = Town::new();
    let ana = with_passphrase(&town, "ana", "caballo correcto");
    ana.run(&["enroll", &town.invitation(0), "@ana"]).done();

    std::fs::write(ana.home.join("passphrase"), "caballo incorrecto").unwrap();
    let wrong = ana.run(&["whoami"]);
    std::fs::write(ana.home.join("passphrase"), "caballo correcto\n").unwrap();
    ana.run(&["unlock", "--for", "1h"]).done();
    let without = Person { secret: Vec::new(), ..with_home(&ana) };
    let unlocked = without.json(&["whoami"]);
    let locked = without.json(&["lock"]);
    let nobody_to_ask = without.run(&["whoami"]);

    assert!(wrong.failed(1).contains("no es la de este perfil"));
    assert_eq!(unlocked["handle"], "@ana");
    assert_eq!(locked, json!({ "unlocked": false, "was_unlocked": true }));
    assert!(nobody_to_ask.failed(3).contains("--passphrase-file"));
}

fn with_home(person: &Person) -> Person {
    Person { handle: person.handle.clone(), home: person.home.clone(), secret: person.secret.clone() }
}

#[test]
fn a_group_can_be_written_to_by_a_member_who_has_not_looked_since_the_invitation() {
    let town = Town::new();
    let (ana, bruno) = town.pair();
    ana.run(&["group", "create", "Mesa", "@bruno"]).done();

    bruno.run(&["send", "Mesa", "ya estoy"]).done();

    let read = ana.json(&["read", "Mesa"]);
    assert!(read["messages"].as_array().unwrap().iter().any(|m| m["text"] == "ya estoy"), "{read}");
    bruno.run(&["send", "Mesón", "¿hola?"]).failed(1);
}

#[test]
fn a_text_from_another_program_is_sent_whole_or_refused_with_a_reason() {
    let town = Town::new();
    let (ana, bruno) = town.pair();
    let most = "x".repeat(MAX_TEXT);

    assert_eq!(ana.piped(&["send", "@bruno", "-"], "dos\nlíneas\n".as_bytes()).code, Some(0));
    assert_eq!(ana.piped(&["send", "@bruno", "-"], most.as_bytes()).code, Some(0));
    let longer = ana.piped(&["send", "@bruno", "-"], format!("{most}x").as_bytes());
    let ten_mb = ana.piped(&["send", "@bruno", "-"], &vec![b'x'; 10_000_000]);
    let binary = ana.piped(&["send", "@bruno", "-"], &[0xff, 0xfe, 1]);
    let empty = ana.piped(&["send", "@bruno", "-"], b"");

    assert!(longer.failed(1).contains("--file") && ten_mb.failed(1).contains("--file"));
    assert!(binary.failed(2).contains("UTF-8"));
    empty.failed(1);
    assert_eq!(bruno.texts("@ana"), ["dos\nlíneas".to_owned(), most]);
}

/// As this person, with another passphrase file.
fn with_words(person: &Person, words: &str) -> Person {
    let file = person.home.join(words.replace(' ', "-"));
    std::fs::write(&file, words).unwrap();
    Person { secret: vec!["--passphrase-file".into(), file.display().to_string()], ..with_home(person) }
}

#[test]
fn the_second_passphrase_opens_a_harmless_profile_where_nothing_speaks_of_the_first() {
    let town = Town::new();
    let (ana, bruno) = (with_passphrase(&town, "ana", "caballo correcto"), town.person(1, "bruno"));
    ana.run(&["enroll", &town.invitation(0), "@ana"]).done();
    befriend(&ana, &bruno);
    ana.run(&["send", "@bruno", "me voy el martes"]).done();
    let profile = ana.json(&["status"])["profile"].as_str().unwrap().to_owned();
    let files = || {
        let folder = std::fs::read_dir(&profile).unwrap();
        let mut found: Vec<_> = folder.map(|f| f.unwrap()).map(|f| (f.file_name(), f.metadata().unwrap().len())).collect();
        found.sort();
        found
    };
    let before = files();
    let harmless = with_words(&ana, "perro cualquiera");
    let second = harmless.secret[1].clone();

    let said = ana.run(&["passphrase", "second", "--new-passphrase-file", &second]);
    assert!(said.err.contains("lacre lock"), "{}", said.err);
    said.done();
    assert_eq!(files(), before, "names and sizes are as before");
    assert!(harmless.run(&["status"]).failed(1).contains("lacre enroll"), "no account yet");
    for command in [&["search", "martes"][..], &["list"], &["contact", "list"], &["status"], &[]] {
        let run = harmless.run(command);
        let screen = format!("{}{}", run.out, run.err);
        assert!(!screen.contains("bruno") && !screen.contains("@ana") && !screen.contains("martes"), "{command:?}: {screen}");
    }
    // it can live: with an invitation of its own, and an agent that keeps its key
    harmless.run(&["enroll", &town.invitation(2), "@anita"]).done();
    harmless.run(&["unlock", "--for", "1h"]).done();
    let at_the_machine = Person { secret: Vec::new(), ..with_home(&ana) };
    assert_eq!(at_the_machine.json(&["whoami"])["handle"], "@anita");
    at_the_machine.run(&["lock"]).done();
    // and the first one lives on beside it
    assert_eq!(ana.json(&["whoami"])["handle"], "@ana");
    assert_eq!(ana.json(&["read", "@bruno"])["messages"][0]["text"], "me voy el martes");

    assert!(ana.run(&["passphrase", "second", "--new-passphrase-file", &second]).failed(1).contains("Ya hay una segunda"));
    assert_eq!(ana.json(&["passphrase", "remove-second"]), json!({ "second": false }));
    harmless.run(&["whoami"]).failed(1);
    assert!(ana.run(&["passphrase", "remove-second"]).failed(1).contains("No hay nada que quitar"));
    assert_eq!(ana.json(&["whoami"])["handle"], "@ana");
}

#[test]
fn the_passphrase_can_be_changed_for_another_or_for_a_key_file_by_whoever_knows_it() {
    let town = Town::new();
    let ana = with_passphrase(&town, "ana", "caballo correcto");
    ana.run(&["enroll", &town.invitation(0), "@ana"]).done();
    let later = with_words(&ana, "burro correcto");
    ana.run(&["unlock", "--for", "1h"]).done();
    let at_the_machine = Person { secret: Vec::new(), ..with_home(&ana) };

    at_the_machine.run(&["passphrase", "change", "--new-passphrase-file", &later.secret[1]]).failed(3);
    ana.run(&["lock"]).done();
    let short = with_words(&ana, "corta").secret[1].clone();
    assert!(ana.run(&["passphrase", "change", "--new-passphrase-file", &short]).failed(2).contains("8 caracteres"));
    assert_eq!(ana.json(&["passphrase", "change", "--new-passphrase-file", &later.secret[1]]), json!({ "changed": true }));
    assert!(ana.run(&["whoami"]).failed(1).contains("no es la de este perfil"));
    later.run(&["passphrase", "change", "--new-key-file", "llave"]).done();
    later.run(&["whoami"]).failed(1);
    let key_file = vec!["--key-file".into(), ana.home.join("llave").display().to_string()];
    let by_key = Person { secret: key_file, ..with_home(&ana) };
    assert_eq!(by_key.json(&["whoami"])["handle"], "@ana");

    std::fs::write(ana.home.join("binario"), [0xff; 32]).unwrap();
    let binary = ana.home.join("binario").display().to_string();
    for (flag, says) in [("--key-file", "no es un archivo de llave"), ("--passphrase-file", "no es un archivo de texto")] {
        let wrong = Person { secret: vec![flag.into(), binary.clone()], ..with_home(&ana) };
        assert!(wrong.run(&["whoami"]).failed(2).contains(says), "{flag}");
    }
}

#[test]
fn a_short_passphrase_makes_no_profile_and_spends_no_invitation() {
    let town = Town::new();
    let ana = with_passphrase(&town, "ana", "corta");
    let invitation = town.invitation(0);

    let short = ana.run(&["enroll", &invitation, "@ana"]);
    std::fs::write(ana.home.join("passphrase"), "ya no es corta").unwrap();
    let good = ana.run(&["enroll", &invitation, "@ana"]);

    assert!(short.failed(2).contains("8 caracteres"));
    good.done();
}

#[test]
fn an_invitation_works_once_and_a_name_belongs_to_one() {
    let town = Town::new();
    let invitation = town.invitation(0);
    let (ana, other) = (town.newcomer("ana"), town.newcomer("otra"));
    ana.run(&["enroll", &invitation, "@ana"]).done();

    let used = other.run(&["enroll", &invitation, "@otra"]);
    let second = town.invitation(1);
    let taken = other.run(&["enroll", &second, "@ana"]);
    let good = other.run(&["enroll", &second, "@otra"]);

    assert!(used.failed(1).contains("La invitación no sirve"), "used twice");
    assert!(taken.failed(1).contains("no está libre"), "name taken");
    good.done();
}

#[test]
fn hostile_text_reaches_no_terminal_as_it_is() {
    let town = Town::new();
    let (ana, bruno) = town.pair();
    let hostile =
        "\u{1b}[2J\u{1b}]0;título\u{7} \u{202e}oluger\u{202c}\nfalsa  2026-01-01 00:00  @bruno: yo lo escribí\u{9b}31m\r";
    std::fs::write(ana.home.join("bueno\u{202e}fdp.exe"), "x").unwrap();

    ana.run(&["send", "@bruno", hostile, "--file", "bueno\u{202e}fdp.exe"]).done();
    ana.run(&["group", "create", "Mesa", "@bruno"]).done();
    ana.run(&["group", "describe", "Mesa", "para \u{1b}[31m\u{202e}"]).done();
    let screens = [
        bruno.run(&["list"]),
        bruno.run(&["read", "@ana"]),
        bruno.run(&["read", "@ana", "--json"]),
        bruno.run(&["group", "list"]),
        bruno.run(&["list", "--json"]),
        ana.run(&["group", "list"]),
    ];
    let exact = bruno.texts("@ana");
    let file = bruno.json(&["read", "@ana"])["messages"].as_array().unwrap().last().unwrap().clone();
    let saved = bruno.run(&["save", file["id"].as_str().unwrap(), "--to", "."]);

    for screen in &screens {
        let bad = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        assert!(!screen.out.contains(bad) && !screen.err.contains(bad), "{screen:?}");
        assert!(!screen.out.lines().any(|l| l.starts_with("falsa")), "no line of a message looks like ours: {screen:?}");
    }
    assert!(screens[1].out.contains("\\u{1b}[2J") && screens[1].out.contains("\\u{202e}"), "{:?}", screens[1]);
    assert_eq!(exact, [hostile], "programs get the text as it was written");
    assert_eq!(saved.done(), "./buenofdp.exe\n");
}

#[test]
fn saved_files_replace_nothing() {
    let town = Town::new();
    let (ana, bruno) = town.pair();
    std::fs::write(ana.home.join("a.txt"), "de ana").unwrap();
    std::fs::write(bruno.home.join("a.txt"), "de bruno").unwrap();
    ana.run(&["send", "@bruno", "va", "--file", "a.txt"]).done();
    let read = bruno.json(&["read", "@ana"]);
    let file = read["messages"].as_array().unwrap().iter().find(|m| m["kind"] == "file").unwrap();
    let id = file["id"].as_str().unwrap();

    let first = bruno.run(&["save", id]).done();
    let second = bruno.run(&["save", id]).done();

    assert_eq!((first.as_str(), second.as_str()), ("./a (1).txt\n", "./a (2).txt\n"));
    assert_eq!(std::fs::read_to_string(bruno.home.join("a.txt")).unwrap(), "de bruno");
    assert_eq!(std::fs::read_to_string(bruno.home.join("a (2).txt")).unwrap(), "de ana");
}

#[test]
fn the_demo_holds_and_ends_with_zero() {
    let output = std::process::Command::new(lacre_tests::terminal::lacre_binary())
        .args(["demo", "--json", "--input", concat!(env!("CARGO_MANIFEST_DIR"), "/../cli/demo/files")])
        .output()
        .unwrap();

    let told = Said::from(output, &["demo"]).done_json();

    assert_eq!(told["files_sent"], 4);
    let acknowledged = told["acknowledged_before_kill"].as_u64().unwrap();
    assert!(acknowledged < told["under_way"].as_u64().unwrap(), "{told}");
    assert!(told["relay_bytes"].as_u64().unwrap() > 100_000, "{told}");
}

#[test]
fn a_command_that_finds_no_relay_says_so_once() {
    let mut town = Town::new();
    let (ana, _bruno) = town.pair();
    town.switch_off();
    let output = ana.command(&["disappear", "@bruno", "1d"]).output().unwrap();
    let words = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), words.matches("no responde").count()), (Some(0), 1), "{words}");
}

#[test]
fn lacre_alone_shows_what_is_new_and_nothing_of_what_was_read() {
    let town = Town::new();
    let (ana, bruno) = town.pair();
    let carla = town.person(2, "carla");
    carla.run(&["contact", "add", "@bruno", "del taller"]).done();
    ana.run(&["send", "@bruno", "una noticia"]).done();

    let new = bruno.run(&[]).done();
    bruno.run(&["read", "@ana"]).done();
    bruno.run(&["contact", "decline", "@carla"]).done();
    let after = bruno.run(&[]).done();
    let stranger = town.newcomer("nadie").run(&[]);

    assert!(new.contains("@ana") && new.contains("1 nuevo") && new.contains("@carla"), "{new}");
    assert!(!new.contains("una noticia"), "whoever looks over a shoulder sees no text: {new}");
    assert_eq!(after, "Nada nuevo.\n");
    assert!(stranger.failed(2).contains("lacre enroll INVITACIÓN @nombre"));
}

#[test]
fn whoever_locks_the_profile_ends_its_watch_and_the_agent() {
    let town = Town::new();
    let (_ana, bruno) = town.pair();
    bruno.run(&["unlock", "--for", "1h"]).done();
    let mut watch = bruno.start(&["watch"]);
    let mut words = BufReader::new(watch.stderr.take().unwrap()).lines();
    let begun = words.by_ref().map_while(Result::ok).find(|line| line.starts_with("Esperando"));

    let locked = bruno.json(&["lock", "now"]);
    // seen red without the mark: this waits for ever
    let ended = watch.wait().unwrap();

    assert!(begun.is_some());
    assert_eq!(locked, json!({ "unlocked": false, "was_unlocked": true }));
    assert_eq!(ended.code(), Some(0));
    assert!(words.map_while(Result::ok).any(|line| line.contains("lacre lock")));
    assert_eq!(bruno.json(&["status"])["unlocked"], false);
}

#[test]
fn a_notification_on_the_desktop_says_neither_who_nor_what() {
    let town = Town::new();
    let (ana, bruno) = town.pair();
    let programs = bruno.home.join("programs");
    std::fs::create_dir(&programs).unwrap();
    let told = bruno.home.join("told");
    let script = format!("#!/bin/sh\nprintf '%s\\n' \"$@\" >> '{}'\n", told.display());
    std::fs::write(programs.join("notify-send"), script).unwrap();
    let all = <std::fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o755);
    std::fs::set_permissions(programs.join("notify-send"), all).unwrap();
    let watch = |notify: &str| {
        let mut command = bruno.command(&["watch", "--for", "2s", "--notify", notify]);
        let path = format!("{}:/usr/bin:/bin", programs.display());
        command.env("PATH", path).env("DISPLAY", ":0").output().unwrap()
    };

    ana.run(&["send", "@bruno", "el secreto"]).done();
    assert!(watch("none").status.success());
    let quiet = told.exists();
    ana.run(&["send", "@bruno", "otro secreto"]).done();
    assert!(watch("that").status.success());
    let said = std::fs::read_to_string(&told).unwrap();

    assert!(!quiet, "none was asked for");
    assert_eq!(said.lines().collect::<Vec<_>>(), ["--app-name=Lacre", "--", "Lacre", "Hay algo nuevo."]);
}
