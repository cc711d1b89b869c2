//! What leaves the program of a notice: its owner's alone, over nothing that is there, and to a calendar no more than was asked for.
use crate::alerts::alone;
use crate::cli_notices::terminal;
use crate::notices::Scene;
use lacre_evidence::Standing;
use lacre_evidence::clock::Calendar;
use lacre_ground::time::{Clock as _, SystemClock};
use lacre_tests::notices_body::{Writing, place};
use lacre_tests::terminal::Person;
use lacre_tests::world::World;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use tempfile::TempDir;

/// A terminal on a profile with these notices; their short ids, in this order; and the person's RUN.
fn with(notices: &[Writing]) -> (TempDir, World, Person, Vec<String>, String) {
    let mut scene = Scene::new();
    let run = scene.run.canonical();
    let mut hashes = Vec::new();
    for what in notices {
        let right = scene.right();
        let written = scene.write(&right, what);
        assert!(scene.desk.deliver(&written, &right.token));
        scene.sync();
        hashes.push(scene.ana.client.notices().unwrap()[0].id.to_hex()[..8].to_owned());
    }
    let (world, profile) = alone(scene);
    let folder = tempfile::tempdir().unwrap();
    let at = terminal(&folder, &profile);
    (folder, world, at, hashes, run)
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn what_is_exported_is_its_owners_alone_replaces_nothing_and_follows_no_link() {
    let (folder, _world, at, ids, _) = with(&[Writing::decision(SystemClock.now())]);
    let path = |name: &str| folder.path().join(name);
    let export = |args: &[&str]| at.run(&[&["notice", "export", &ids[0]], args].concat());

    let all = at.json(&["notice", "export", &ids[0], "--to", "a/prueba", "--pdf", "n.pdf", "--ics", "n.ics"]);
    let parts: Vec<String> = all["files"].as_array().unwrap().iter().map(|f| f.as_str().unwrap().to_owned()).collect();
    assert_eq!((mode(&path("a/prueba")), mode(&path("n.pdf")), mode(&path("n.ics"))), (0o700, 0o600, 0o600));
    assert!(parts.iter().all(|part| mode(&path(part)) == 0o600) && parts.iter().any(|p| p.ends_with("file.0")), "{parts:?}");
    assert!(std::fs::read(path("n.pdf")).unwrap().starts_with(b"%PDF-"));
    let without = at.json(&["notice", "export", &ids[0], "--to", "b", "--without-body"]);
    let names = without["files"].to_string();
    assert!(names.contains("notice.note") && !names.contains("file."), "{names}");

    std::fs::write(path("mine"), "mine").unwrap();
    std::fs::create_dir(path("folder")).unwrap();
    std::os::unix::fs::symlink(path("mine"), path("soft")).unwrap();
    std::os::unix::fs::symlink(path("nowhere"), path("dangling")).unwrap();
    std::os::unix::fs::symlink(path("folder"), path("elsewhere")).unwrap();
    for taken in ["mine", "soft", "dangling", "folder", "n.pdf"] {
        for flag in ["--pdf", "--ics"] {
            assert!(export(&[flag, taken]).failed(3).contains("No se escribió"), "{flag} {taken}");
        }
    }
    assert!(export(&["--to", "elsewhere"]).failed(3).contains("enlace"));
    assert!(export(&["--to", "mine"]).failed(3).contains("mine"));
    assert_eq!(std::fs::read_to_string(path("mine")).unwrap(), "mine");
    assert!(!path("nowhere").exists() && std::fs::read_dir(path("folder")).unwrap().count() == 0);

    std::fs::set_permissions(path("folder"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let said = export(&["--to", "folder"]);
    assert!(said.code == Some(0) && said.err.contains("otras personas de este computador"), "{said:#?}");
    assert!(std::fs::read_dir(path("folder")).unwrap().all(|f| mode(&f.unwrap().path()) == 0o600));
    assert!(!export(&["--to", "b"]).err.contains("otras personas"), "that one is her own");
    assert!(export(&[]).failed(2).contains("--to"), "nothing to write");
}

/// Lines of a calendar's file as they were before they were folded.
fn unfolded(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.split("\r\n").all(|line| line.len() <= 75 && !line.contains('\n')), "{text}");
    text.replace("\r\n ", "").split("\r\n").map(str::to_owned).collect()
}

#[test]
fn a_calendar_gets_the_last_safe_day_with_its_alarms_and_neither_run_nor_subject_unless_that_is_wanted() {
    let subject = "Multa; de tránsito, (ejemplo) con un asunto que es más largo que una línea\u{202e} de un calendario";
    let (folder, _world, at, ids, run) = with(&[Writing { subject: subject.to_owned(), ..Writing::decision(SystemClock.now()) }]);
    let export = |more: &[&str]| at.json(&[&["notice", "export", &ids[0], "--ics"], more].concat());
    for more in [&["a.ics"][..], &["b.ics"], &["c.ics", "--subject"]] {
        assert_eq!(export(more)["path"], serde_json::Value::Null);
    }
    let [a, b, c] = ["a.ics", "b.ics", "c.ics"].map(|name| unfolded(&folder.path().join(name)));

    let last: jiff::civil::Date =
        at.json(&["notice", "read", &ids[0]])["notice"]["notice"]["last_day"].as_str().unwrap().parse().unwrap();
    let has = |lines: &[String], line: &str| lines.iter().any(|l| l == line);
    assert!(has(&a, &format!("DTSTART;VALUE=DATE:{}", last.strftime("%Y%m%d"))), "{a:#?}");
    assert!(has(&a, &format!("DTEND;VALUE=DATE:{}", last.tomorrow().unwrap().strftime("%Y%m%d"))), "{a:#?}");
    for before in [3, 1] {
        let day = Calendar::chile().business_day_before(last, before, place().comuna).unwrap();
        let hours = day.until(last).unwrap().get_days() * 24 - 9;
        assert!(has(&a, &format!("TRIGGER:-PT{hours}H")), "{before}: {a:#?}");
    }
    let uid = |lines: &[String]| lines.iter().find(|l| l.starts_with("UID:")).cloned().unwrap();
    assert_eq!((uid(&a), uid(&a)), (uid(&b), uid(&c)), "a later one takes its place");
    let digits: String = run.chars().filter(char::is_ascii_digit).collect();
    for (lines, wanted) in [(&a, false), (&c, true)] {
        let text = lines.join("\n");
        assert_eq!((text.contains("tránsito"), text.contains("Municipalidad")), (wanted, wanted), "{text}");
        assert!(!text.contains(&run) && !text.contains(&digits[..8]) && !text.contains('\u{202e}'));
    }
    assert!(c.join("\n").contains("Multa\\; de tránsito\\, (ejemplo)"));
    let begins = |name: &str| a.iter().filter(|l| **l == format!("BEGIN:{name}") || **l == format!("END:{name}")).count();
    assert_eq!([begins("VCALENDAR"), begins("VEVENT"), begins("VALARM")], [2, 2, 4]);
}

#[test]
fn what_starts_no_term_has_no_last_day_for_a_calendar_and_a_trial_and_a_copy_say_so_with_each_date() {
    let now = SystemClock.now();
    let (folder, _world, at, ids, _) = with(&[
        Writing::decision(now),
        Writing { standing: Standing::Trial, ..Writing::decision(now) },
        Writing { standing: Standing::Copy([7; 32]), ..Writing::decision(now) },
    ]);
    for id in &ids[1..] {
        assert!(at.run(&["notice", "export", id, "--ics", "x.ics"]).failed(1).contains("último día"));
        assert!(!folder.path().join("x.ics").exists());
        let read = at.run(&["notice", "read", id]).done();
        assert!(!read.contains("Último día") && !read.contains("CL-46-2026") && !read.contains("por notificado"), "{read}");
        assert!(at.run(&["notice", "export", id, "--pdf", &format!("{id}.pdf")]).done().contains(".pdf"));
    }
    let trial = at.run(&["notice", "read", &ids[1]]).done();
    assert!(trial.contains("Es un ensayo: de él no se sigue nada."), "{trial}");
    assert!(at.run(&["notice", "read", &ids[2]]).done().contains("su original no está aquí"));
    let deadlines = at.json(&["notice", "deadlines"]);
    assert_eq!(deadlines["deadlines"].as_array().unwrap().len(), 1);
}

#[test]
fn each_date_line_of_a_copy_says_that_it_is_the_originals() {
    let mut scene = Scene::new();
    scene.notify();
    scene.sync();
    let hex = scene.only().id.to_hex();
    let hash: [u8; 32] = data_encoding::HEXLOWER.decode(hex.as_bytes()).unwrap().try_into().unwrap();
    let right = scene.right();
    let copy = scene.write(&right, &Writing { standing: Standing::Copy(hash), ..Writing::decision(SystemClock.now()) });
    assert!(scene.desk.deliver(&copy, &right.token));
    scene.sync();
    let id = scene.ana.client.notices().unwrap()[0].id.to_hex()[..8].to_owned();
    let (_world, profile) = alone(scene);
    let folder = tempfile::tempdir().unwrap();
    let at = terminal(&folder, &profile);

    let read = at.run(&["notice", "read", &id]).done();

    let dated: Vec<&str> =
        read.lines().filter(|l| l.contains("día hábil") || l.contains("días hábiles") || l.contains(" de 202")).collect();
    assert!(dated.len() >= 3, "{read}");
    let said = |line: &&&str| {
        line.starts_with("Del original, no de esta copia: ") || line.starts_with("    ") || line.contains("recibió")
    };
    assert_eq!(dated.iter().filter(|l| !said(l)).collect::<Vec<_>>(), Vec::<&&str>::new(), "{read}");
    assert_eq!(at.json(&["notice", "deadlines"])["deadlines"].as_array().unwrap().len(), 1, "one term, one line");
}

#[test]
fn nothing_of_two_exports_lies_in_one_folder_and_what_cannot_be_made_leaves_nothing() {
    let now = SystemClock.now();
    let trial = Writing { standing: Standing::Trial, ..Writing::decision(now) };
    let (folder, _world, at, ids, _) = with(&[Writing::decision(now), trial]);
    let there = || std::fs::read_dir(folder.path().join("juntas")).unwrap().count();

    at.run(&["notice", "export", &ids[0], "--to", "juntas"]).done();
    let first = there();
    assert!(at.run(&["notice", "export", &ids[1], "--to", "juntas"]).failed(3).contains("ya hay archivos"));
    assert!(at.run(&["notice", "export", &ids[1], "--pdf", "e.pdf", "--ics", "e.ics"]).failed(1).contains("último día"));
    assert!(at.run(&["notice", "export", &ids[0]]).failed(2).contains("--pdf ARCHIVO"));

    assert!(first > 0 && there() == first && !folder.path().join("e.pdf").exists());
}
