//! What the program prints: `--json` as its manual says, both languages, help, usage, exit codes.
use lacre_tests::schema;
use lacre_tests::terminal::{Person, Town};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// The manual's tables: first column (each name in backquotes) -> all names in backquotes outside parentheses behind it.
fn manual() -> BTreeMap<String, BTreeSet<String>> {
    let text = include_str!("../../../cli/JSON.md");
    let mut all = BTreeMap::new();
    for line in text.lines().filter(|l| l.starts_with('|')) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [subjects, fields] = cells.as_slice() else { panic!("{line}") };
        let mut plain = String::new();
        let mut depth = 0;
        for c in fields.chars() {
            depth += i32::from(c == '(');
            if depth == 0 {
                plain.push(c);
            }
            depth -= i32::from(c == ')');
        }
        let names = |t: &str| t.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
        let subjects = if subjects.contains('`') { names(subjects) } else { vec![(*subjects).to_owned()] };
        for subject in subjects {
            all.insert(subject, names(&plain).into_iter().collect());
        }
    }
    all
}

fn keys(value: &Value) -> BTreeSet<String> {
    value.as_object().unwrap_or_else(|| panic!("an object: {value}")).keys().cloned().collect()
}

#[test]
fn every_command_prints_exactly_the_fields_of_its_manual() {
    let town = Town::new();
    let manual = manual();
    let fields = |what: &str| manual.get(what).unwrap_or_else(|| panic!("{what} is not in the manual")).clone();
    let ana = town.newcomer("ana");
    let is = |args: &[&str], what: &str, person: &Person| {
        let said = person.json(args);
        assert_eq!(keys(&said), fields(what), "{what}");
        said
    };

    is(&["enroll", &town.invitation(0), "@ana"], "enroll", &ana);
    let bruno = town.person(1, "bruno");
    is(&["whoami"], "whoami", &ana);
    let added = is(&["contact", "add", "@bruno", "hola"], "contact add", &ana);
    is(&["contact", "accept", "@ana"], "contact accept", &bruno);
    is(&["contact", "list"], "contact list", &ana);
    is(&["group", "create", "Mesa", "@bruno"], "group create", &ana);
    is(&["group", "list"], "group list", &ana);
    std::fs::write(ana.home.join("f.txt"), "f").unwrap();
    let sent = is(&["send", "@bruno", "hola", "--file", "f.txt"], "send", &ana);
    let list = is(&["list"], "list", &bruno);
    is(&[], "lacre", &bruno);
    is(&["read", "@ana"], "read", &bruno);
    is(&["save", sent["messages"][1]["id"].as_str().unwrap()], "save", &bruno);
    is(&["group", "remove", "Mesa", "@bruno"], "group remove", &ana);
    is(&["group", "add", "Mesa", "@bruno"], "group add", &ana);
    bruno.run(&["list"]).done();
    is(&["group", "leave", "Mesa"], "group leave", &bruno);
    is(&["outbox"], "outbox", &ana);
    is(&["status"], "status", &ana);
    is(&["unlock", "--for", "1m"], "unlock", &ana);
    is(&["lock"], "lock", &ana);
    let failure: Value = serde_json::from_str(&ana.run(&["read", "@nadie", "--json"]).failed(1)).unwrap();

    assert_eq!(keys(&added["contact"]), fields("contact"));
    assert_eq!(keys(&list["conversations"][0]), fields("conversation"));
    assert_eq!(keys(&list["conversations"][0]["members"][0]), fields("member"));
    assert_eq!(keys(&sent["messages"][0]), fields("a message"));
    assert_eq!(keys(&failure), fields("a failure"));
    schema::check_object("failure", &failure);
    let watched = bruno.run(&["watch", "--for", "1s", "--json"]).done();
    let events: Vec<Value> = watched.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert!(events.iter().any(|e| e["what"] == "message"), "{watched}");
    for event in events {
        let what = event["what"].as_str().unwrap();
        let expected: BTreeSet<String> = fields("watch").union(&fields(what)).cloned().collect();
        assert_eq!(keys(&event), expected, "{what}");
        schema::check("watch", &event);
    }
}

#[test]
fn a_field_that_is_missing_new_or_of_another_kind_is_found_by_the_schema() {
    let town = Town::new();
    let good = town.person(0, "ana").json(&["whoami"]);
    let refused = |change: &dyn Fn(&mut Value)| {
        let mut bad = good.clone();
        change(&mut bad);
        std::panic::catch_unwind(|| schema::check("whoami", &bad)).is_err()
    };
    assert!(refused(&|v| drop(v.as_object_mut().unwrap().remove("handle"))));
    assert!(refused(&|v| v["more"] = Value::from(1)));
    assert!(refused(&|v| v["enrolled"] = Value::from("yes")));
    assert!(refused(&|v| v["account"] = Value::from("abc")));
    assert!(!refused(&|_| ()));
}

#[test]
fn extras_are_pages_of_every_command_in_both_languages_and_completions_that_shells_read_and_all_of_it_goes() {
    let town = Town::new();
    let ana = town.newcomer("ana");
    let installed = ana.json(&["install-extras"]);
    let share = ana.home.join(".local/share");
    let files: Vec<PathBuf> = installed["files"].as_array().unwrap().iter().map(|f| f.as_str().unwrap().into()).collect();
    assert!(files.iter().all(|f| f.starts_with(&share) && f.is_file()));

    let pages = |place: &str| -> BTreeSet<String> {
        let all = std::fs::read_dir(share.join(place)).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap());
        all.map(|name| name.trim_end_matches(".1").to_owned()).collect()
    };
    let (spanish, english) = (pages("man/es/man1"), pages("man/man1"));
    assert_eq!(spanish, english);
    let said = schema::commands().into_iter().map(|c| if c == "lacre" { c } else { format!("lacre-{}", c.replace(' ', "-")) });
    let missing: Vec<String> = said.filter(|page| !spanish.contains(page)).collect();
    assert!(missing.is_empty(), "no page for {missing:?}");
    let of_more = |page: &&String| !spanish.iter().any(|other| other.starts_with(&format!("{page}-")));
    let known: BTreeSet<String> = schema::commands().into_iter().map(|c| format!("lacre-{}", c.replace(' ', "-"))).collect();
    let unknown: Vec<&String> = spanish.iter().filter(of_more).filter(|page| !known.contains(*page)).collect();
    assert!(unknown.is_empty(), "no schema for what these print: {unknown:?}");
    for page in &spanish {
        let text = std::fs::read_to_string(share.join(format!("man/es/man1/{page}.1"))).unwrap();
        for english in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "SUBCOMMANDS", "EXTRA", "VERSION"] {
            let heading = |line: &str| line.starts_with(".SH") && line.trim_matches('"').ends_with(&format!(" \"{english}"));
            assert!(!text.lines().any(|line| heading(line) || line == format!(".SH {english}")), "{page}: {english}");
        }
    }
    let bash = share.join("bash-completion/completions/lacre");
    let mut shell = std::process::Command::new("bash");
    let read = shell.arg("-c").arg(format!(
        "source '{}' && complete -p lacre && COMP_WORDS=(lacre disa) COMP_CWORD=1 && _lacre lacre disa lacre && echo \"${{COMPREPLY[@]}}\"",
        bash.display()
    ));
    let read = read_output(read);
    assert!(read.contains("disappear"), "{read}");

    let again = ana.json(&["install-extras"]);
    assert_eq!(again, installed, "a second time changes nothing");
    let gone = ana.json(&["install-extras", "--remove"]);
    assert_eq!(gone["files"], installed["files"]);
    assert!(files.iter().all(|f| !f.exists()));
    assert_eq!(ana.json(&["install-extras", "--remove"])["files"], Value::Array(vec![]));
}

#[test]
fn extras_replace_and_remove_nothing_that_is_somebody_elses() {
    let town = Town::new();
    let ana = town.newcomer("ana");
    let share = ana.home.join(".local/share");
    let (page, fish) = (share.join("man/man1/lacre.1"), share.join("fish/vendor_completions.d/lacre.fish"));
    std::fs::create_dir_all(page.parent().unwrap()).unwrap();
    std::fs::create_dir_all(fish.parent().unwrap()).unwrap();
    std::fs::write(&page, "of another program\n").unwrap();

    let refused = ana.run(&["install-extras"]).failed(3);
    let removed = ana.json(&["install-extras", "--remove"]);

    assert!(refused.contains("lacre.1"), "{refused}");
    assert_eq!(removed["files"], Value::Array(vec![]));
    assert_eq!(std::fs::read_to_string(&page).unwrap(), "of another program\n");
    assert!(!fish.exists(), "all or nothing");
    // a link of that name leads to what is no file of ours
    std::fs::remove_file(&page).unwrap();
    let aim = ana.home.join("aim");
    std::fs::write(&aim, "mine\n").unwrap();
    std::os::unix::fs::symlink(&aim, &fish).unwrap();
    ana.run(&["install-extras"]).failed(3);
    std::fs::remove_file(&fish).unwrap();
    ana.run(&["install-extras"]).done();
    std::fs::remove_file(&fish).unwrap();
    std::os::unix::fs::symlink(&aim, &fish).unwrap();
    ana.run(&["install-extras", "--remove"]).done();
    assert!(fish.symlink_metadata().is_ok() && std::fs::read_to_string(&aim).unwrap() == "mine\n" && !page.exists());
}

fn read_output(command: &mut std::process::Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_waiting_thing_is_listed_with_the_fields_of_its_manual() {
    let mut town = Town::new();
    let (ana, _bruno) = town.pair();
    town.switch_off();
    ana.run(&["send", "@bruno", "hola"]).done();

    let outbox = ana.json(&["outbox"]);
    let id = outbox["outbox"][0]["id"].to_string();
    let retried = ana.json(&["outbox", "retry", &id]);
    let cancelled = ana.json(&["outbox", "cancel", &id]);

    assert_eq!(keys(&outbox["outbox"][0]), manual()["waiting thing"]);
    assert_eq!(keys(&retried), manual()["outbox retry"]);
    assert_eq!(keys(&cancelled), manual()["outbox cancel"]);
}

#[test]
fn the_person_chooses_the_language_or_the_locale_does() {
    let town = Town::new();
    let ana = town.person(0, "ana");
    let said = |lang: Option<&str>, args: &[&str]| {
        let mut command = ana.command(args);
        if let Some(lang) = lang {
            command.env("LC_MESSAGES", lang);
        }
        let output = command.output().unwrap();
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
    };

    assert!(said(None, &["status"]).contains("Servidor:"));
    assert!(said(Some("en_US.UTF-8"), &["status"]).contains("Relay:"));
    assert!(said(Some("en_US.UTF-8"), &["status", "--lang", "es"]).contains("Servidor:"));
    assert!(said(Some("es_CL.UTF-8"), &["--lang=en", "status"]).contains("Relay:"));
    assert!(said(None, &["read", "--help"]).contains("Opciones generales"));
    assert!(said(Some("en_GB"), &["read", "--help"]).contains("General options"));
    assert!(said(None, &["reed"]).contains("no es una orden"));
    assert!(said(Some("en_GB"), &["reed"]).contains("is not a command"));
}

#[test]
fn help_is_a_result_and_a_mistake_is_not() {
    let town = Town::new();
    let ana = town.person(0, "ana");
    let help = ana.run(&["--help"]).done();
    for command in [
        "enroll", "whoami", "contact", "send", "group", "list", "read", "save", "watch", "outbox", "status", "unlock", "lock",
        "demo",
    ] {
        assert!(help.contains(&format!("\n  {command} ")), "{command}: {help}");
        let own = ana.run(&[command, "--help"]).done();
        assert!(!own.contains("Usage") && !own.contains("[OPTIONS]") && !own.contains("Print help"), "{own}");
    }
    assert!(ana.run(&["--version"]).done().starts_with("lacre "));
    for wrong in [
        &["reed"][..],
        &["read"],
        &["read", "@bruno", "--limit", "x"],
        &["read", "@bruno", "--limit", "0"],
        &["read", "@bruno", "--limit", "3", "--all"],
        &["send", "@bruno"],
        &["send", "@bruno", "uno", "dos"],
        &["list", "--nada"],
        &["list", "--lang", "fr"],
        &["watch", "--for", "luego"],
        &["contact", "add", "@Ñandú"],
        &["enroll", "http://example.org", "@ana"],
        &["status", "--proxy", "ftp://x"],
    ] {
        let words = ana.run(wrong).failed(2);
        assert!(words.starts_with("Error: ") && words.contains("Por qué:") && words.contains("Qué hacer:"), "{wrong:?}: {words}");
    }
}

#[test]
fn the_answer_no_is_one_and_what_could_not_be_asked_is_three() {
    let mut town = Town::new();
    let ana = town.person(0, "ana");
    let stranger = town.newcomer("nadie");

    assert!(stranger.run(&["list"]).failed(1).contains("No hay un perfil"));
    for no in [
        &["read", "@nadie"][..],
        &["send", "Mesa", "hola"],
        &["save", "abcd1234"],
        &["contact", "accept", "@nadie"],
        &["contact", "add", "@nadie"],
        &["outbox", "cancel", "99"],
        &["group", "create", "Mesa", "@nadie"],
    ] {
        let words = ana.run(no).failed(1);
        assert!(words.contains("Por qué:") && words.contains("Qué hacer:"), "{no:?}: {words}");
    }
    town.switch_off();
    assert!(ana.run(&["contact", "add", "@nadie"]).failed(3).contains("No se pudo hablar con el servidor"));
    assert!(ana.run(&["send", "@nadie", "x", "--file", "no-existe.pdf"]).failed(3).contains("no-existe.pdf"));
}
