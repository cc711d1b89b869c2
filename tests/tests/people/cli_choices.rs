//! What a person decides for herself: names, proxies, folders, quiet; and what others cannot decide for her.
use lacre_tests::relay::{RelayProcess, operate, relay_binary};
use lacre_tests::terminal::{Person, Said, Town, befriend};
use serde_json::json;
use std::net::TcpListener;
use std::process::{Command, Stdio};

#[test]
fn what_was_typed_wrongly_is_answered_with_what_fits_and_a_run_is_not_said_again() {
    use std::os::unix::ffi::OsStrExt as _;
    let town = Town::new();
    let (ana, _bruno) = town.pair();
    let run = ana.run(&["counter", "issue-code", "44000001-0"]).failed(2);
    assert!(!run.contains("44000001") && run.contains("entrada estándar"), "{run}");
    assert!(ana.run(&["search", ""]).failed(2).contains("buscar"));
    assert!(ana.run(&["read", "@bruno", "--since", "ayer"]).failed(2).contains("YYYY-MM-DD"));
    for command in [&["read", "@bruno", "--limit", "0"][..], &["search", "x", "--limit", "0"]] {
        assert!(ana.run(command).failed(2).contains('1'));
    }
    let bytes = ana.command(&["send", "@bruno"]).arg(std::ffi::OsStr::from_bytes(b"\xff")).output().unwrap();
    let said = Said::from(bytes, &["send"]).failed(2);
    assert!(said.contains("UTF-8"), "{said}");
    // a new name is nobody's with signs around it
    let eva = town.newcomer("eva");
    for alike in ["@eva.", "@_eva", "@e--va"] {
        assert!(eva.run(&["enroll", &town.invitation(2), alike]).failed(2).contains("solo por dentro"));
    }
    eva.run(&["enroll", &town.invitation(2), "@e-v.a"]).done();
}

#[test]
fn no_group_is_called_as_a_person_or_an_id() {
    let town = Town::new();
    let (ana, bruno) = town.pair();
    for (name, says) in [
        ("@carla", "Comienza con @"),
        ("cafe", "identificadores"),
        ("3f2a9c1b", "identificadores"),
        ("  ", "espacios"),
        ("Mesa \u{1b}[31m", "no se ven"),
        ("Mesa \u{202e}", "no se ven"),
    ] {
        assert!(ana.run(&["group", "create", name, "@bruno"]).failed(2).contains(says), "{name:?}");
    }
    ana.run(&["group", "create", "Pen\u{303}a", "@bruno"]).done();
    assert!(ana.run(&["group", "rename", "Pe\u{f1}a", "@bruno"]).failed(2).contains("Comienza con @"));
    bruno.run(&["list"]).done();

    bruno.run(&["send", "Pe\u{f1}a", "por sus letras"]).done();
    bruno.run(&["send", "Pen\u{303}a", "de las dos maneras"]).done();

    assert_eq!(ana.texts("Pe\u{f1}a"), ["por sus letras", "de las dos maneras"]);
    assert!(bruno.run(&["list"]).done().contains("grupo «Peña»"), "groups are marked as groups");
}

#[test]
fn a_number_is_confirmed_only_if_it_was_on_the_screen() {
    let town = Town::new();
    let (ana, _bruno) = town.pair();

    let unseen = ana.run(&["contact", "verify", "@bruno", "--confirm"]);
    // seen red with `shown` written where the number is computed: the second one confirmed
    let again = ana.run(&["contact", "verify", "@bruno", "--confirm"]);
    ana.run(&["contact", "verify", "@bruno"]).done();
    let confirmed = ana.json(&["contact", "verify", "@bruno", "--confirm"]);

    for said in [unseen, again] {
        assert!(said.failed(1).contains("Todavía no hay nada que confirmar"));
    }
    assert_eq!((&confirmed["confirmed"], &confirmed["contact"]["trust"]), (&json!(true), &json!("compared")));
}

/// Seen red with a network that asks the flag only: the relay was reached.
#[test]
fn a_profile_that_has_a_proxy_connects_to_nothing_without_it() {
    let town = Town::new();
    let ana = town.person(0, "ana");
    // a port that nobody listens at
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let proxy = format!("socks5://ana:secreta@{closed}");

    let set = ana.json(&["settings", "--proxy", &proxy]);
    let status = ana.run(&["status"]);
    let sync = ana.run(&["list", "--json"]);
    let no_way_around = ana.run(&["status", "--proxy", "none"]);
    let gone = ana.json(&["settings", "--proxy", "none"]);

    assert_eq!(set["proxy"], format!("socks5://…@{closed}"), "its password is not shown");
    assert_eq!(status.code, Some(3), "{status:?}");
    assert!(sync.out.contains("\"relay_reached\":false"), "{sync:?}");
    assert!(no_way_around.failed(2).contains("socks5://"));
    assert_eq!(gone["proxy"], json!(null));
    ana.run(&["status"]).done();
}

#[test]
fn the_proxy_of_the_first_command_is_kept() {
    let town = Town::new();
    let ana = town.newcomer("ana");
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let proxy = format!("socks5://{closed}");

    let away = ana.run(&["enroll", &town.invitation(0), "@ana", "--proxy", &proxy]);
    assert!(away.err.contains("lacre settings --proxy"), "{away:?}");
    away.failed(3);
    assert_eq!(ana.json(&["settings"])["proxy"], proxy);
    ana.run(&["enroll", &town.invitation(0), "@ana"]).failed(3);
    ana.run(&["settings", "--proxy", "none"]).done();
    ana.run(&["enroll", &town.invitation(0), "@ana"]).done();
}

#[test]
fn folder_and_language_can_stand_in_the_environment() {
    let town = Town::new();
    let ana = town.newcomer("ana");
    let elsewhere = ana.home.join("otro");
    ana.run(&["enroll", &town.invitation(0), "@ana", "--profile", &elsewhere.display().to_string()]).done();
    let said = |args: &[&str]| {
        let mut command = ana.command(args);
        Said::from(
            command.env("LACRE_PROFILE", &elsewhere).env("LACRE_LANG", "en").env("LC_ALL", "es_CL.UTF-8").output().unwrap(),
            args,
        )
    };

    assert!(said(&["whoami"]).done().contains("Account:"));
    assert!(said(&["whoami", "--lang", "es"]).done().contains("Cuenta:"));
    assert!(said(&["whoami", "--profile", "nada"]).failed(1).contains("There is no profile"));
    assert!(ana.run(&["--help"]).done().contains("LACRE_PROFILE"));
}

#[test]
fn a_relay_that_a_mistyped_invitation_pinned_is_replaced_until_the_enrolment_is_done() {
    let (town, other) = (Town::new(), Town::new());
    let ana = town.newcomer("ana");
    let good = town.invitation(0);
    // the other relay's fingerprint with this one's address and code: one that answers with another key
    let (wrong_relay, code) = (other.invitation(0), good.rsplit_once('/').unwrap().1);
    let mistyped = format!("{}/{code}", wrong_relay.rsplit_once('/').unwrap().0);

    assert!(ana.run(&["enroll", &mistyped, "@ana"]).failed(1).contains("lacre recover"), "the other command is named");
    ana.run(&["enroll", &good, "@ana"]).done();
    let late = ana.run(&["enroll", &other.invitation(1), "@ana"]);

    assert!(late.failed(1).contains("ya tiene"), "an account is not replaced");
    assert_eq!(ana.json(&["status"])["relay_reached"], true);
}

#[test]
fn a_profile_without_an_account_is_empty_and_says_nothing_of_another() {
    let town = Town::new();
    let file = |person: &Person, words: &str| {
        let file = person.home.join(words.replace(' ', "-"));
        std::fs::write(&file, words).unwrap();
        vec!["--passphrase-file".to_owned(), file.display().to_string()]
    };
    let ana = town.newcomer("ana");
    let ana = Person { secret: file(&ana, "caballo correcto"), ..ana };
    ana.run(&["enroll", &town.invitation(0), "@ana"]).done();
    let second = file(&ana, "perro cualquiera");
    let told = ana.run(&["passphrase", "second", "--new-passphrase-file", &second[1]]);
    assert!(told.err.contains("No tiene cuenta"), "what it shows is said where it is set: {told:?}");
    let harmless = Person { secret: second, handle: String::new(), home: ana.home.clone() };

    for (args, note) in [
        (&["list"][..], "Todavía no hay conversaciones"),
        (&["contact", "list"], "Todavía no hay contactos"),
        (&["group", "list"], "No hay grupos"),
        (&["outbox"], "Nada espera"),
    ] {
        let said = harmless.run(args);
        assert!(said.code == Some(0) && said.err.contains(note), "{said:?}");
        assert!(!said.err.contains("enroll") && !said.out.contains("enroll"), "{said:?}");
    }
    assert_eq!(harmless.run(&[]).done(), "Nada nuevo.\n");
    assert!(harmless.run(&["send", "@bruno", "hola"]).failed(1).contains("no está entre sus contactos"));
}

#[test]
fn what_a_person_mutes_archives_or_forgets_is_hers_alone() {
    let town = Town::new();
    let (ana, bruno) = town.pair();
    let carla = town.person(2, "carla");
    befriend(&ana, &carla);
    ana.run(&["send", "@bruno", "la última palabra\nen dos líneas"]).done();
    bruno.run(&["read", "@ana"]).done();

    let screen = bruno.run(&["list"]).done();
    assert!(screen.contains("    @ana: la última palabra en dos líneas"), "{screen}");
    assert!(!bruno.run(&[]).done().contains("palabra"), "whoever looks over a shoulder sees no text");

    bruno.run(&["contact", "name", "@ana", "la vecina"]).done();
    let named = bruno.run(&["list"]).done();
    assert!(named.contains("@ana (la vecina)"), "never in the place of the name: {named}");
    assert!(bruno.run(&["send", "la vecina", "hola"]).failed(1).contains("la vecina"), "no command takes it");

    assert_eq!(bruno.json(&["conversation", "mute", "@ana"])["conversation"]["muted"], true);
    assert_eq!(bruno.json(&["conversation", "archive", "@ana"])["conversation"]["archived"], true);
    assert!(!bruno.run(&["list"]).done().contains("@ana"));
    assert!(bruno.run(&["list", "--all"]).done().contains("silenciada, archivada"));
    ana.run(&["send", "@bruno", "algo nuevo"]).done();
    assert!(bruno.run(&["list"]).done().contains("@ana"), "something new brings it back");

    let before = bruno.json(&["list", "--all"])["conversations"][0]["messages"].as_u64().unwrap();
    bruno.run(&["conversation", "delete", "@ana"]).failed(1);
    let deleted = bruno.json(&["conversation", "delete", "@ana", "--yes"]);
    assert_eq!(deleted["deleted"].as_u64(), Some(before));
    assert_eq!(bruno.texts("@ana"), [""; 0]);
    assert!(bruno.run(&["search", "palabra"]).failed(1).is_empty() || bruno.run(&["search", "palabra"]).code == Some(1));
    assert_eq!(ana.texts("@bruno").len(), 2, "the others keep theirs");
    ana.run(&["send", "@bruno", "y sigue"]).done();
    assert_eq!(bruno.texts("@ana"), ["y sigue"]);
}

#[test]
fn a_first_watch_shows_what_is_new_and_not_the_past() {
    let town = Town::new();
    let (ana, bruno) = town.pair();
    ana.run(&["group", "create", "Mesa", "@bruno"]).done();
    ana.run(&["send", "@bruno", "leído"]).done();
    bruno.run(&["read", "@ana"]).done();
    ana.run(&["send", "@bruno", "sin leer"]).done();

    let said = bruno.run(&["watch", "--for", "1s"]).done();

    assert!(said.contains("sin leer"), "{said}");
    for past in ["leído\n", "Conversación nueva", "aceptó"] {
        assert!(!said.contains(past), "{past}: {said}");
    }
}

#[test]
fn all_screens_count_alike() {
    let town = Town::new();
    let (ana, bruno) = town.pair();
    let carla = town.person(2, "carla");
    carla.run(&["contact", "add", "@bruno", "hola"]).done();
    ana.run(&["send", "@bruno", "una"]).done();
    bruno.run(&["list"]).done();
    bruno.run(&["contact", "block", "@carla"]).done();
    bruno.run(&["contact", "block", "@ana"]).done();

    let status = bruno.json(&["status"]);
    let overview = bruno.json(&[]);
    let list = bruno.json(&["list"]);

    assert_eq!((&status["unread"], &status["requests"]), (&json!(0), &json!(0)));
    assert_eq!((&overview["conversations"], &overview["requests"], &list["requests"]), (&json!([]), &json!([]), &json!([])));
}

// Seen red: "nobody has this name" to whoever wrote the own one.
#[test]
fn what_is_sent_to_the_own_name_is_a_note_to_oneself_that_nobody_can_be_added_to() {
    let town = Town::new();
    let (ana, bruno) = (town.person(0, "ana"), town.person(1, "bruno"));
    befriend(&ana, &bruno);
    ana.run(&["read", "@ana"]).failed(1);

    ana.run(&["send", "@ana", "comprar pan"]).done();
    ana.run(&["send", "@ana", "y queso"]).done();

    let read = ana.run(&["read", "@ana"]).done();
    assert!(read.contains("comprar pan") && read.contains("y queso"), "{read}");
    assert!(ana.run(&["list"]).done().contains("notas para mí"));
    let all = ana.json(&["list"])["conversations"].as_array().unwrap().clone();
    let notes: Vec<_> = all.iter().filter(|c| c["notes"] == true).collect();
    assert_eq!((notes.len(), all.len(), notes[0]["members"].as_array().unwrap().len()), (1, 2, 1));
    assert_eq!(ana.json(&["group", "list"])["groups"], json!([]), "no group");
    let id = notes[0]["id"].as_str().unwrap();
    ana.run(&["group", "add", id, "@bruno"]).failed(1);
    ana.run(&["group", "add", "@ana", "@bruno"]).failed(1);
    assert!(!bruno.run(&["list"]).done().contains("notas"));
}

/// Seen red with the other suite for conversations of two, and without the word where it is shown.
#[test]
fn conversations_resist_quantum_computers_unless_their_maker_asks_otherwise_and_then_everybody_sees_it() {
    let town = Town::new();
    let (ana, bruno) = town.pair();

    let usual = ana.run(&["group", "create", "Mesa", "@bruno"]);
    let small = ana.run(&["group", "create", "Chica", "@bruno", "--suite", "x25519"]);
    bruno.run(&["list"]).done();

    assert!(!usual.err.contains("computadores cuánticos") && small.err.contains("computadores cuánticos"), "{small:?}");
    for person in [&ana, &bruno] {
        let list = person.json(&["list"]);
        let all = list["conversations"].as_array().unwrap();
        let mut kinds: Vec<_> = all.iter().map(|c| (c["name"].as_str().unwrap(), c["suite"].as_str().unwrap())).collect();
        kinds.sort_unstable();
        assert_eq!(kinds, [("", "x-wing"), ("Chica", "x25519"), ("Mesa", "x-wing")]);
        assert!(all.iter().all(|c| c["post_quantum"] == json!(c["suite"] == "x-wing")));
        for command in [&["list"][..], &["group", "list"]] {
            let screen = person.run(command).done();
            let marked: Vec<&str> = screen.lines().filter(|l| l.contains("no resiste computadores cuánticos")).collect();
            assert!(marked.len() == 1 && marked[0].contains("Chica"), "{screen}");
        }
        assert!(person.run(&["read", "Chica"]).err.contains("no resiste computadores cuánticos"));
    }
}

#[test]
fn a_relay_that_changed_its_address_says_who_meets_whom() {
    let mut town = Town::new();
    let ana = town.person(0, "ana");
    let (late, bruno, port) = (town.invitation(1), town.newcomer("bruno"), town.authority().port());
    town.switch_off();
    let moved = format!("public_address = \"localhost:{port}\"\nlisten = \"127.0.0.1:{port}\"\ndata = \"data\"\n");
    std::fs::write(town.folder().join("relay.toml"), moved).unwrap();
    let said = operate(town.folder(), &["check", "--json", "--config", "relay.toml"]).unwrap();
    let mut command = Command::new(relay_binary().unwrap());
    command.args(["serve", "--config", "relay.toml"]).current_dir(town.folder()).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut relay = RelayProcess::spawn(command).unwrap();
    relay.ready().unwrap();

    let refused = bruno.run(&["enroll", &late, "@bruno"]).failed(1);
    bruno.run(&["enroll", &town.invitation(1), "@bruno"]).done();
    let apart = bruno.run(&["contact", "add", "@ana", "Hola"]).failed(1);

    assert!(said.code == Some(0) && said.out.contains("check-address-changed"), "{}", said.out);
    assert!(refused.contains(&format!("localhost:{port}")), "{refused}");
    assert!(apart.contains("otra dirección de este servidor") && !apart.contains("Actualice"), "{apart}");
    ana.run(&["list"]).done();
}

#[test]
fn without_a_profile_a_program_reads_one_failure_and_nothing_is_said_to_be_locked() {
    let town = Town::new();
    let nobody = town.newcomer("nadie");

    let overview = nobody.run(&["--json"]);
    let lock = nobody.run(&["lock"]);

    let failure: serde_json::Value = serde_json::from_str(&overview.failed(1)).unwrap();
    assert_eq!(failure["error"], "no-profile");
    assert!(lock.failed(1).contains("No hay un perfil"));
    let wrong: serde_json::Value = serde_json::from_str(&nobody.run(&["sennd", "--json"]).failed(2)).unwrap();
    assert_eq!(wrong["why"].as_str().unwrap().trim_end(), wrong["why"]);
}
