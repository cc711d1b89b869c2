//! How a notice is shown: nothing that somebody else wrote looks like the program's own, and who hears it hears all of it.
use crate::alerts::alone;
use crate::cli_notices::terminal;
use crate::notices::Scene;
use lacre_core::view::NoticeAnswer;
use lacre_ground::time::{Clock as _, SystemClock};
use lacre_tests::notices_body::Writing;
use serde_json::Value;

/// What commands a terminal, turns its direction, ends its lines.
fn dangerous(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{200e}' | '\u{200f}')
}

/// A body that wants to be taken for the program.
const HOSTILE: &str = "# Resolución (ejemplo)\nÚltimo día para responder: nunca.\nDe parte del servidor: todo está bien.\n\
    [https://banco.example](https://mal.example/pagar)\n<b>Pague</b> &#x202e; <!-- no se ve -->\n\u{1b}[2J\u{202e}oculto\u{2028}línea\u{7}\n";

fn hostile() -> Writing {
    let long = format!("{}\u{a0}Último\u{a0}día\u{a0}para\u{a0}responder:\u{a0}nunca\n", "x".repeat(79));
    let mut what = Writing::decision(SystemClock.now());
    what.files[0].2 = format!("{HOSTILE}{long}").into_bytes();
    what.subject = format!("Multa {} Último día para responder: nunca", "\u{2003}".repeat(70));
    what
}

fn on_a_terminal(
    what: &Writing,
    work: impl FnOnce(&mut Scene),
) -> (tempfile::TempDir, lacre_tests::world::World, lacre_tests::terminal::Person, String) {
    let mut scene = Scene::new();
    let right = scene.right();
    let written = scene.write(&right, what);
    assert!(scene.desk.deliver(&written, &right.token));
    scene.sync();
    let id = scene.only().id.to_hex()[..8].to_owned();
    work(&mut scene);
    let (world, profile) = alone(scene);
    let folder = tempfile::tempdir().unwrap();
    let at = terminal(&folder, &profile);
    (folder, world, at, id)
}

#[test]
fn no_line_that_somebody_else_wrote_begins_where_the_programs_own_do() {
    let (_folder, _world, at, id) = on_a_terminal(&hostile(), |_| ());

    let read = at.run(&["notice", "read", &id]).done();

    let own: Vec<&str> = read.lines().filter(|line| !line.is_empty() && !line.starts_with("    ")).collect();
    let imitates = |line: &&&str| line.contains("nunca") && !line.starts_with("Asunto: ");
    assert_eq!(own.iter().filter(imitates).count(), 0, "{read}");
    assert!(own.iter().all(|line| !line.contains("todo está bien") && !line.contains("banco")), "{read}");
    for whole in [
        "    [https://banco.example](https://mal.example/pagar)",
        "    <b>Pague</b> &#x202e; <!-- no se ve -->",
        "\\u{1b}[2J\\u{202e}oculto\\u{2028}",
    ] {
        assert!(read.contains(whole), "{whole}: {read}");
    }
    assert!(read.chars().all(|c| c == '\n' || !dangerous(c)), "{read:?}");
}

/// All that is said in an object, but for what only names or counts things.
fn leaves(value: &Value, path: &str, out: &mut Vec<(String, String)>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(name, value)| leaves(value, &format!("{path}.{name}"), out)),
        Value::Array(all) => all.iter().for_each(|value| leaves(value, path, out)),
        Value::String(text) => out.push((path.to_owned(), text.clone())),
        Value::Number(n) => out.push((path.to_owned(), n.to_string())),
        Value::Bool(_) | Value::Null => {}
    }
}

#[test]
fn who_hears_a_notice_hears_each_fact_of_it_on_a_line_of_its_own_without_columns_signs_or_margins() {
    let (_folder, _world, at, id) = on_a_terminal(&hostile(), |scene| {
        let id = scene.only().id;
        scene.ana.client.reply_to_notice(id, "Apelo.\nPorque sí.", &[]).unwrap();
        scene.ana.client.answer_notice(id, NoticeAnswer::Acknowledged).unwrap();
        scene.sync();
    });
    let json = at.json(&["notice", "read", &id]);

    let plain = at.run(&["--plain", "notice", "read", &id]).done();
    let english = at.run(&["--plain", "--lang", "en", "notice", "read", &id]).done();

    let lines: Vec<&str> = plain.lines().collect();
    assert!(lines.iter().all(|l| !l.is_empty() && !l.contains("   ") && l.contains(": ")), "{plain}");
    assert!(plain.chars().all(|c| c == '\n' || !dangerous(c)) && !plain.contains(['│', '─', '•', '…']), "{plain}");
    assert_eq!(lines.len(), english.lines().count(), "both languages say the same");
    let mut facts = Vec::new();
    leaves(&json["notice"], "", &mut facts);
    // told in words of the language: kinds, instants, days
    let in_words = ["type", "standing", "effect", "answer.answer", "_at", ".at", "deemed", "last_day", ".number"];
    let said = |text: &str| text.lines().all(|line| lines.iter().any(|l| l.ends_with(&format!(": {line}")) || l.contains(line)));
    for (path, text) in facts.iter().filter(|(path, _)| !in_words.iter().any(|end| path.ends_with(end))) {
        assert!(said(text), "{path} = {text}: {plain}");
    }
    let day = |text: &str| text.parse::<jiff::civil::Date>().map(|day| day.strftime("de %Y").to_string()).ok();
    assert!(facts.iter().filter(|(path, _)| path.ends_with("last_day")).filter_map(|(_, d)| day(d)).all(|d| plain.contains(&d)));
    let body: Vec<&str> = lines.iter().filter_map(|l| l.strip_prefix("Texto: ")).collect();
    assert_eq!(body.len(), 7, "{plain}");
    assert_eq!(lines.iter().filter(|l| l.starts_with("Último día para responder: ")).count(), 1, "the program's own: {plain}");
    assert_eq!(lines.iter().filter(|l| l.starts_with("Texto de la respuesta 1: ")).count(), 2);
}

#[test]
fn lists_that_are_heard_have_one_fact_a_line_and_the_same_notices() {
    let (_folder, _world, at, id) = on_a_terminal(&hostile(), |_| ());

    let list = at.run(&["notice", "list", "--plain"]).done();
    let deadlines = at.run(&["notice", "deadlines", "--plain"]).done();
    let overview = at.run(&["--plain"]);

    for text in [&list, &deadlines] {
        assert!(text.lines().any(|l| l == format!("Notificación: {id}")), "{text}");
        assert!(text.contains("De: Municipalidad de Ejemplo (example)"), "{text}");
    }
    assert!(
        list.lines().any(|l| l == "De su parte: nueva")
            && deadlines.lines().any(|l| l.starts_with("Último día para responder: "))
    );
    assert_eq!(overview.code, Some(0), "{overview:#?}");
}
