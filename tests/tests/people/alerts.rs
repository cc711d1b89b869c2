//! Alerts and reminders at the terminal, with programs in PATH that only write down what they were asked.
use crate::cli_notices::terminal;
use crate::notices::Scene;
use lacre_core::view::NoticeAnswer;
use lacre_evidence::Act;
use lacre_evidence::clock::Term;
use lacre_ground::time::{Clock as _, SystemClock};
use lacre_tests::notices_body::Writing;
use lacre_tests::terminal::{Person, Said};
use lacre_tests::world::World;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// Programs that write down what they were asked, and end with this.
struct Tools {
    dir: PathBuf,
    log: PathBuf,
}

impl Tools {
    fn new(home: &Path, programs: &[(&str, u8)]) -> Self {
        let (dir, log) = (home.join("programs"), home.join("asked"));
        std::fs::create_dir_all(&dir).unwrap();
        for (name, code) in programs {
            let path = dir.join(name);
            let script = format!(
                "#!/bin/sh\nline={name}\nfor a in \"$@\"; do line=\"$line|$a\"; done\necho \"$line\" >> '{}'\nexit {code}\n",
                log.display()
            );
            std::fs::write(&path, script).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        Self { dir, log }
    }

    fn run(&self, at: &Person, args: &[&str]) -> Said {
        let mut command = at.command(args);
        command.env("PATH", &self.dir).env("XDG_CONFIG_HOME", at.home.join("config")).env("DISPLAY", ":0");
        Said::from(command.output().unwrap(), args)
    }

    fn json(&self, at: &Person, args: &[&str]) -> serde_json::Value {
        self.run(at, &[args, &["--json"]].concat()).done_json()
    }

    /// What they were asked since the last look.
    fn asked(&self) -> Vec<String> {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let _none = std::fs::remove_file(&self.log);
        text.lines().map(str::to_owned).collect()
    }
}

/// All files below a folder.
fn files(dir: &Path) -> Vec<PathBuf> {
    let Ok(all) = std::fs::read_dir(dir) else { return Vec::new() };
    all.flatten().flat_map(|e| if e.path().is_dir() { files(&e.path()) } else { vec![e.path()] }).collect()
}

/// A notice whose last day her own acknowledgement brings to the next business day: a reminder is due at once.
fn with_a_term_that_ends(scene: &mut Scene, subject: &str) {
    let right = scene.right();
    let act = Act::Notification { stage: lacre_evidence::Stage::End, term: Term::business_days(1) };
    let what = Writing { act, subject: subject.to_owned(), ..Writing::decision(SystemClock.now()) };
    let written = scene.write(&right, &what);
    assert!(scene.desk.deliver(&written, &right.token));
    scene.sync();
    let id = scene.ana.client.notices().unwrap()[0].id;
    scene.ana.client.answer_notice(id, NoticeAnswer::Acknowledged).unwrap();
}

/// Nobody else has the profile open, and no relay answers: it was told by one on paper.
pub(crate) fn alone(scene: Scene) -> (World, PathBuf) {
    let Scene { mut world, ana, .. } = scene;
    let profile = ana.dir().to_owned();
    drop(ana);
    world.stop_relay();
    (world, profile)
}

#[test]
fn the_desktop_is_told_that_there_is_a_notice_once_and_nothing_of_what_it_says() {
    let mut scene = Scene::new();
    let folder = tempfile::tempdir().unwrap();
    // its alert has run before
    let thirty_days = std::time::Duration::from_secs(30 * 86_400);
    assert!(scene.ana.client.events_for("alert", thirty_days, 0, 1).unwrap().is_empty());
    with_a_term_that_ends(&mut scene, "El secreto (ejemplo)");
    scene.sync();
    let (_world, profile) = alone(scene);
    let at = terminal(&folder, &profile);
    let tools = Tools::new(folder.path(), &[("notify-send", 0)]);
    let alert = ["watch", "--alert", "--for", "2s"];

    let told = tools.run(&at, &alert);
    let asked = tools.asked();
    let again = [tools.run(&at, &alert), tools.run(&at, &["watch", "--for", "1s"])];
    let asked_again = tools.asked();

    assert_eq!((told.code, told.out.as_str()), (Some(0), ""), "{told:#?}");
    // one word for all that came together: the last
    assert_eq!(asked, ["notify-send|--app-name=Lacre|--|Lacre|Pronto vence el plazo de una notificación oficial."]);
    assert!(asked_again.is_empty(), "two programs on one profile do not both tell: {asked_again:#?}");
    assert!(again.iter().all(|said| said.code == Some(0)));
    assert!(!format!("{told:?}").contains("secreto"));
}

#[test]
fn a_locked_profile_is_said_and_nobody_asks_for_a_passphrase() {
    let scene = Scene::new();
    let folder = tempfile::tempdir().unwrap();
    let mut at = terminal(&folder, scene.ana.dir());
    // without its key file it opens for whoever types a passphrase alone
    at.secret = at.secret[2..].to_vec();
    let tools = Tools::new(folder.path(), &[("notify-send", 0)]);

    let said = tools.run(&at, &["watch", "--alert", "--for", "2s"]);

    assert_eq!((said.code, said.out.as_str()), (Some(0), ""), "{said:#?}");
    assert!(said.err.contains("lacre unlock"), "{said:#?}");
    let told = "notify-send|--app-name=Lacre|--|Lacre|Lacre está bloqueado: nadie busca notificaciones oficiales hasta que lo desbloquee.";
    assert_eq!(tools.asked(), [told]);
}

#[test]
fn a_service_is_written_for_its_owner_alone_and_what_on_wrote_off_removes_and_nothing_else() {
    let scene = Scene::new();
    let folder = tempfile::tempdir().unwrap();
    let at = terminal(&folder, scene.ana.dir());
    let tools = Tools::new(folder.path(), &[("notify-send", 0), ("systemctl", 0)]);
    let config = folder.path().join("config");
    let beside = config.join("systemd/user/mine.service");
    std::fs::create_dir_all(beside.parent().unwrap()).unwrap();
    std::fs::write(&beside, "mine").unwrap();

    let off_before = tools.json(&at, &["notice", "alert", "off"]);
    assert!(tools.asked().is_empty(), "systemd is not asked about what is not there");
    let on = tools.json(&at, &["notice", "alert", "on"]);
    let (name, path) = (on["service"].as_str().unwrap(), PathBuf::from(on["path"].as_str().unwrap()));
    let asked_on = tools.asked();
    let text = std::fs::read_to_string(&path).unwrap();
    let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    let again = tools.json(&at, &["notice", "alert", "on"]);
    let asked_again = tools.asked();
    let status = tools.json(&at, &["notice", "alert"]);
    let asked_status = tools.asked();
    let off = tools.json(&at, &["notice", "alert", "off"]);

    assert_eq!((off_before["on"].as_bool(), off_before["systemd"].is_null()), (Some(false), true));
    assert_eq!(
        (on["on"].as_bool(), on["systemd"].as_bool(), on["desktop"].as_bool(), mode),
        (Some(true), Some(true), Some(true), 0o600)
    );
    let enable = format!("systemctl|--user|enable|--now|{name}");
    assert_eq!(asked_on, ["systemctl|--user|daemon-reload".to_owned(), enable]);
    assert_eq!((again["on"].as_bool(), asked_again.len()), (Some(true), 2));
    let start = text.lines().find(|l| l.starts_with("ExecStart=")).unwrap();
    let profile = scene.ana.dir().display().to_string();
    assert!(start.contains(&format!("\"--profile\" \"{profile}\"")), "{start}");
    assert!(start.ends_with("\"--lang\" \"es\" \"watch\" \"--alert\""), "{start}");
    assert_eq!(asked_status, [format!("systemctl|--user|is-active|--quiet|{name}")]);
    assert_eq!(status["systemd"], true);
    assert_eq!(off["on"], false);
    assert_eq!(tools.asked(), [format!("systemctl|--user|disable|--now|{name}"), "systemctl|--user|daemon-reload".to_owned()]);
    assert_eq!(files(&config), std::slice::from_ref(&beside));
    assert_eq!(std::fs::read_to_string(&beside).unwrap(), "mine");
}

#[test]
fn where_systemd_is_not_or_says_no_the_person_is_told_what_to_type_and_a_file_of_anothers_stays() {
    let scene = Scene::new();
    let folder = tempfile::tempdir().unwrap();
    let at = terminal(&folder, scene.ana.dir());
    let without = Tools::new(&folder.path().join("a"), &[]);
    let said = without.run(&at, &["notice", "alert", "on"]).done();
    assert!(said.contains("watch --alert") && said.contains("--profile") && said.contains("notify-send"), "{said}");
    assert!(without.run(&at, &["notice", "alert", "off"]).done().contains("eliminó"));

    let refusing = Tools::new(&folder.path().join("b"), &[("systemctl", 1)]);
    let said = refusing.run(&at, &["notice", "alert", "on"]).done();
    assert!(said.contains("systemctl --user enable --now lacre-notices-"), "{said}");
    assert!(refusing.run(&at, &["notice", "alert", "status"]).done().contains("no corre"));
    let path = refusing.json(&at, &["notice", "alert"])["path"].as_str().unwrap().to_owned();
    std::fs::write(&path, "[Unit]\nmine\n").unwrap();
    for choice in ["on", "off"] {
        let said = refusing.run(&at, &["notice", "alert", choice]).failed(3);
        assert!(said.contains("lacre-notices-"), "{said}");
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "[Unit]\nmine\n");
    let proxied = refusing.run(&at, &["notice", "alert", "on", "--proxy", "socks5://u:secreta@127.0.0.1:9"]).failed(2);
    assert!(proxied.contains("proxy") && !proxied.contains("secreta"), "{proxied}");
    let stranger = terminal(&folder, &folder.path().join("nobody"));
    assert!(refusing.run(&stranger, &["notice", "alert", "on"]).failed(1).contains("perfil"));
}

#[test]
fn a_reminder_is_said_by_the_first_command_that_a_person_reads_and_by_no_other() {
    for first in [&["list"][..], &[], &["notice", "list"], &["notice", "deadlines"], &["watch", "--for", "1s"]] {
        let mut scene = Scene::new();
        let folder = tempfile::tempdir().unwrap();
        with_a_term_that_ends(&mut scene, "Multa (ejemplo)");
        let (_world, profile) = alone(scene);
        let at = terminal(&folder, &profile);
        // a program takes nothing from a person
        let _ = at.run(&["notice", "list", "--json"]).done();

        let said = at.run(first);
        let after = [&["list"][..], &["notice", "list"], &["watch", "--for", "1s"]].map(|command| at.run(command));

        let words = |said: &Said| format!("{} {}", said.out, said.err).split_whitespace().collect::<Vec<_>>().join(" ");
        let is = |said: &Said| words(said).contains("es el último día para responder la notificación");
        assert!(is(&said) && words(&said).contains("Multa (ejemplo)"), "{first:?}: {said:#?}");
        assert!(!after.iter().any(is), "{first:?}: {after:#?}");
    }
}

#[test]
fn who_turned_reminders_off_reads_none_and_a_program_has_each_in_its_stream() {
    let mut scene = Scene::new();
    let folder = tempfile::tempdir().unwrap();
    scene.ana.client.remind(false).unwrap();
    with_a_term_that_ends(&mut scene, "Multa (ejemplo)");
    let (_world, profile) = alone(scene);
    let at = terminal(&folder, &profile);
    let off = at.json(&["notice", "settings"]);
    let quiet = at.run(&["list"]);
    let on = at.json(&["notice", "settings", "--reminders", "on"]);

    let stream = at.run(&["watch", "--for", "1s", "--json"]).done();

    assert_eq!((off["reminders"].as_bool(), on["reminders"].as_bool()), (Some(false), Some(true)));
    assert!(!quiet.err.contains("último día"), "{quiet:#?}");
    let events: Vec<serde_json::Value> = stream.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    events.iter().for_each(|event| lacre_tests::schema::check("watch", event));
    let reminders: Vec<_> = events.iter().filter(|e| e["what"] == "notice-reminder").collect();
    assert_eq!((reminders.len(), reminders[0]["before"].as_u64()), (1, Some(1)), "{stream}");
}
