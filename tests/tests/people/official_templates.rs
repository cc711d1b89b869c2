//! Templates and recipients' tables at a body's terminal: kept in versions, looked at, shown as a person will see them. No relay is
//! asked, and nothing is sent.
use crate::official::{body, notices, text};
use lacre_tests::schema;
use lacre_tests::terminal::{Person, RUNS, Said, Town};
use serde_json::Value;

const ADD: [&str; 14] = [
    "agency",
    "template",
    "add",
    "becas",
    "--procedure",
    "Becas de ejemplo",
    "--type",
    "end",
    "--subject",
    "Beca de ((nombre))",
    "--description",
    "Se resuelve su solicitud por ((Monto mensual)).",
    "--body",
    "beca.md",
];
const BODY: &str = "# Resolución\n\nEstimada ((Nombre)):\n\nSe otorgan ((monto_mensual)). Puede recurrir.\n";

fn with(office: &Person, more: &[&str]) -> Said {
    office.run(&[&ADD, more, &["--json"]].concat())
}

/// Its object, held against the schema, however the command ended.
fn object(said: &Said, command: &str, code: i32) -> Value {
    assert_eq!(said.code, Some(code), "{said:#?}");
    let value = serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {said:#?}"));
    schema::check(command, &value);
    value
}

/// As spreadsheets in Chile write it.
fn windows(text: &str) -> Vec<u8> {
    text.chars().map(|c| if u32::from(c) < 256 { u32::from(c) as u8 } else { panic!("{c}") }).collect()
}

#[test]
fn a_template_is_kept_in_versions_and_shown_as_it_was() {
    let mut town = Town::new();
    let office = body(&town, "AO050");
    town.switch_off();
    std::fs::write(office.home.join("beca.md"), format!("\u{feff}{BODY}")).unwrap();

    let first = with(&office, &["--term", "5"]).done_json();
    assert_eq!((&first["version"], &first["new"], &first["term"]), (&1.into(), &true.into(), &5.into()));
    assert_eq!(first["placeholders"], serde_json::json!(["nombre", "Monto mensual"]));
    let again = with(&office, &["--term", "5"]).done_json();
    assert_eq!((&again["version"], &again["new"], &again["digest"]), (&1.into(), &false.into(), &first["digest"]));
    let second = with(&office, &["--no-answers"]).done_json();
    assert_eq!((&second["version"], &second["new"], &second["answers"]), (&2.into(), &true.into(), &false.into()));
    assert_ne!(second["digest"], first["digest"]);

    let all = office.json(&["agency", "template", "list"])["templates"].as_array().unwrap().clone();
    assert_eq!(
        all.iter().map(|t| (text(&t["name"]), t["version"].as_u64())).collect::<Vec<_>>(),
        [("becas", Some(1)), ("becas", Some(2))]
    );
    let newest = office.json(&["agency", "template", "show", "becas"]);
    assert_eq!((&newest["version"], text(&newest["body"])), (&2.into(), BODY), "without the mark that nobody sees");
    let old = office.json(&["agency", "template", "show", "becas", "--version", "1"]);
    assert_eq!((&old["digest"], &old["term"]), (&first["digest"], &5.into()));
    let said = office.run(&["agency", "template", "show", "becas", "--version", "3"]).failed(1);
    assert!(said.contains("lacre agency template list"), "{said}");
    let shown = office.run(&["agency", "template", "show", "becas"]).done();
    assert!(shown.contains("((nombre)) ((Monto mensual))") && shown.contains("Estimada ((Nombre)):"), "{shown}");
}

#[test]
fn what_can_be_no_template_is_refused_with_all_reasons_and_changes_nothing() {
    let town = Town::new();
    let office = body(&town, "AO051");
    std::fs::write(office.home.join("beca.md"), "a\n((nombre) b `((x))`\n").unwrap();
    let said = office
        .run(
            &[
                &ADD[..4],
                &[
                    "--procedure",
                    " x",
                    "--type",
                    "end",
                    "--term",
                    "5",
                    "--subject",
                    "s",
                    "--description",
                    "d",
                    "--body",
                    "beca.md",
                ],
            ]
            .concat(),
        )
        .failed(2);
    assert!(said.contains("--procedure") && said.contains("línea 2: \"((nombre) b"), "{said}");
    std::fs::write(office.home.join("beca.md"), "pague `((x))` ya\n").unwrap();
    let said = with(&office, &[]).failed(2);
    assert!(said.contains("((x))"), "{said}");
    std::fs::write(office.home.join("beca.md"), b"a\xf1o").unwrap();
    with(&office, &[]).failed(2);
    std::fs::copy(office.home.join("beca.md"), office.home.join("beca.pdf")).unwrap();
    office.run(&[&ADD[..13], &["beca.pdf"]].concat()).failed(2);
    office.run(&["agency", "template", "add", "con espacio"]).failed(2);
    let said = office.run(&[&ADD[..6], &["--type", "CP", "--term", "5", "--body", "beca.md"]].concat()).failed(2);
    assert!(said.contains("CP"), "{said}");
    assert_eq!(office.json(&["agency", "template", "list"])["templates"], Value::Array(Vec::new()));
}

#[test]
fn a_row_of_a_table_of_windows_is_shown_as_the_person_will_see_it() {
    let town = Town::new();
    let office = body(&town, "AO052");
    std::fs::write(office.home.join("beca.md"), BODY).unwrap();
    let _added = with(&office, &["--term", "5"]).done_json();
    let table = format!(
        "RUT;Expediente;Nombre;Monto mensual\r\n{};E-1;Begoña Núñez;$ 120.000\r\n{};E-2;# Íñigo\r\n{};E-3;*Ana*;\"$ 1\"\r\n",
        RUNS[0], RUNS[1], RUNS[2]
    );
    std::fs::write(office.home.join("filas.csv"), windows(&table)).unwrap();

    let preview = ["agency", "template", "preview", "becas", "--values", "filas.csv", "--json"];
    // one bad row hides none, and none hides it
    let seen = object(&office.run(&preview), "agency template preview", 1);
    assert_eq!(text(&seen["table"]["encoding"]), "windows-1252");
    assert_eq!((text(&seen["table"]["separator"]), &seen["table"]["rows"]), (";", &3.into()));
    let errors = seen["table"]["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!((&errors[0]["line"], text(&errors[0]["fault"])), (&3.into(), "fields"));
    assert_eq!(text(&seen["subject"]), "Beca de Begoña Núñez");
    assert_eq!(text(&seen["body"]), BODY.replace("((Nombre))", "Begoña Núñez").replace("((monto_mensual))", "$ 120.000"));

    std::fs::write(office.home.join("filas.csv"), windows(&table.replace("# Íñigo", "# Íñigo;1"))).unwrap();
    let third = object(&office.run(&[&preview, ["--row", "4"].as_slice()].concat()), "agency template preview", 0);
    assert_eq!((&third["line"], text(&third["case"])), (&4.into(), "E-3"));
    // a value makes no structure, and the subject has none to make
    assert_eq!(text(&third["subject"]), "Beca de *Ana*");
    assert!(text(&third["body"]).contains("Estimada \\*Ana\\*:"), "{third}");
    for plain in [None, Some("--plain")] {
        let words: Vec<&str> = preview[..6].iter().copied().chain(plain).collect();
        let shown = office.run(&words).done();
        assert!(shown.contains("Windows-1252") && shown.contains("    Estimada Begoña Núñez:"), "{shown}");
        assert!(shown.contains("    Resolución\n"), "without the sign of a heading: {shown}");
    }
    object(&office.run(&[&preview, ["--row", "9"].as_slice()].concat()), "agency template preview", 1);
    assert!(notices(&town.person(0, "ana")).is_empty(), "nothing was sent");
}

#[test]
fn all_errors_of_a_table_are_said_in_words_with_line_and_column_in_both_languages() {
    let town = Town::new();
    let office = body(&town, "AO053");
    std::fs::write(office.home.join("beca.md"), BODY).unwrap();
    let _added = with(&office, &[]).done_json();
    let table = format!("run,case,nombre,Monto,nota\n{},E-1,Ana,1,\n40000001-1,,Eva,2,x\n{},E-3,Iris,3,x\n", RUNS[0], RUNS[0]);
    std::fs::write(office.home.join("filas.csv"), table).unwrap();
    let preview = ["agency", "template", "preview", "becas", "--values", "filas.csv"];
    let said = office.run(&preview);
    assert_eq!(said.code, Some(1));
    for line in [
        "Línea 1, columna Monto: nada la usa. La plantilla tiene ((nombre)) ((Monto mensual)).",
        "Línea 1, columna nota: nada la usa.",
        "Línea 1, columna Monto mensual: no existe esa columna.",
        "Línea 3, columna run: el dígito verificador no corresponde.",
        "Línea 3, columna case: no hay nada escrito.",
        "Línea 4, columna run: la línea 2 es para la misma persona.",
    ] {
        assert!(said.out.contains(line), "{line}\n{}", said.out);
    }
    let english = office.run(&[&preview, ["--lang", "en"].as_slice()].concat());
    assert!(english.out.contains("Line 4, column run: line 2 is for the same person."), "{}", english.out);
    for (bytes, why) in [
        (b"PK\x03\x04".to_vec(), "libro de cálculo"),
        (windows("run;case\n1;\u{f1}\n").into_iter().chain("2;ñ\n".bytes()).collect(), "dos codificaciones"),
        (b"run;case\n1;\"a\n".to_vec(), "comilla"),
        (Vec::new(), "vacía"),
    ] {
        std::fs::write(office.home.join("filas.csv"), bytes).unwrap();
        let said = office.run(&preview).failed(3);
        assert!(said.contains(why), "{said}");
    }
}

#[test]
fn a_lint_names_what_is_hard_to_read_and_forbids_nothing() {
    let town = Town::new();
    let office = body(&town, "AO054");
    let long = "palabra ".repeat(40);
    std::fs::write(office.home.join("beca.md"), format!("Según el SEA, {long}.\n")).unwrap();
    let _added = with(&office, &["--term", "5"]).done_json();
    std::fs::write(
        office.home.join("escaneado.pdf"),
        b"%PDF-1.4\n1 0 obj\n<< /Subtype /Image /Filter /DCTDecode >>\nstream\n..\nendstream\n",
    )
    .unwrap();
    let args = ["agency", "template", "lint", "becas", "--attach", "escaneado.pdf"];
    let found = object(&office.run(&[&args, ["--json"].as_slice()].concat()), "agency template lint", 1);
    let what: Vec<&str> = found["warnings"].as_array().unwrap().iter().map(|w| text(&w["what"])).collect();
    assert_eq!(what, ["long-sentence", "abbreviation", "no-appeal", "no-text"]);
    let said = office.run(&args);
    assert_eq!(said.code, Some(1));
    assert!(said.out.contains("SEA") && said.out.contains("escaneado.pdf"), "{}", said.out);
    std::fs::write(office.home.join("beca.md"), BODY).unwrap();
    let _added = with(&office, &["--term", "5"]).done_json();
    let clean = office.json(&["agency", "template", "lint", "becas"]);
    assert_eq!((&clean["version"], &clean["warnings"]), (&2.into(), &Value::Array(Vec::new())));
}
