use super::*;
use lacre_evidence::Act;
use lacre_evidence::clock::Term;
use lacre_evidence::notice::Stage;
use lacre_ground::time::Millis;
use proptest::prelude::*;
use pulldown_cmark::{Event, Parser, TextMergeStream};
use std::sync::LazyLock;

fn text(body: &str) -> TemplateText {
    TemplateText {
        act: Act::Notification { stage: Stage::End, term: Term::business_days(5) },
        procedure: "becas-2026".to_owned(),
        subject: "Se resuelve su solicitud, ((nombre))".to_owned(),
        description: "Monto: ((Monto mensual))".to_owned(),
        body: body.to_owned(),
        markup: Markup::Markdown,
        file: "resolución.md".to_owned(),
        answers: true,
    }
}

fn made(text: TemplateText) -> Result<Template, Vec<TemplateFault>> {
    Template::make(TemplateName::parse("becas").unwrap(), 1, text, Millis::new(0))
}

fn values(all: &[(&str, &str)]) -> Values {
    all.iter().map(|(name, value)| (*name, *value)).collect()
}

/// A template of nothing but a body.
fn bare(source: &str) -> Template {
    let mut source = text(source);
    source.subject = "asunto".to_owned();
    source.description = "descripción".to_owned();
    made(source).expect("a good template")
}

fn body_of(source: &str, given: &[(&str, &str)]) -> String {
    String::from_utf8(bare(source).fill(&values(given)).ok().unwrap().body).unwrap()
}

#[test]
fn placeholders_are_filled_in_subject_description_and_body_however_their_names_are_written() {
    let template = made(text("# Resolución\n\nEstimada ((NOMBRE)): ((monto_mensual)), ((Fecha de pago)).\n")).unwrap();
    assert_eq!(template.placeholders(), ["nombre", "Monto mensual", "Fecha de pago"]);
    let row =
        values(&[("Nombre", "Ana Díaz"), ("MONTO  MENSUAL", "$ 120.000"), ("fecha_de_pago", "1 de marzo"), ("x", "unused")]);
    let filled = template.fill(&row).unwrap();
    assert_eq!(filled.subject, "Se resuelve su solicitud, Ana Díaz");
    assert_eq!(filled.description, "Monto: $ 120.000");
    assert_eq!(filled.body, "# Resolución\n\nEstimada Ana Díaz: $ 120.000, 1 de marzo.\n".as_bytes());
}

#[test]
fn all_values_that_are_missing_or_wrong_are_named_at_once() {
    let template = made(text("((a)) ((b)) ((c)) ((d))")).unwrap();
    let long = "x".repeat(MAX_VALUE + 1);
    let row = values(&[("nombre", "Ana"), ("monto mensual", "1"), ("a", " \n "), ("b", &long), ("c", "x\u{1b}[2J")]);
    let name = |name: &str| name.to_owned();
    assert_eq!(
        template.fill(&row).err().unwrap(),
        [
            FillFault::Empty { placeholder: name("a") },
            FillFault::Long { placeholder: name("b"), bytes: MAX_VALUE + 1, most: MAX_VALUE },
            FillFault::Control { placeholder: name("c") },
            FillFault::Missing { placeholder: name("d") },
        ]
    );
}

#[test]
fn a_value_is_put_in_once_and_on_one_line() {
    assert_eq!(body_of("a ((x)) b", &[("x", "((y))"), ("y", "no")]), "a ((y)) b");
    assert_eq!(body_of("a ((x)) b", &[("x", " uno\r\n\r\n# dos\t tres ")]), "a uno # dos tres b");
}

#[test]
fn signs_are_escaped_only_where_they_would_change_how_the_text_is_read() {
    for (source, value, filled) in [
        // what rows are full of stays as it is
        ("Pague ((x)).", "$ 1.234.567,- (IVA incl.)", "Pague $ 1.234.567,- (IVA incl.)."),
        ("Escriba a ((x)).", "ana_maria.diaz+x@correo.example", "Escriba a ana_maria.diaz+x@correo.example."),
        ("((x))", "+56 9 1234 5678", "+56 9 1234 5678"),
        ("Empresa ((x))", "Pérez & Hijos S.A. #12", "Empresa Pérez & Hijos S.A. #12"),
        ("Saldo 2 ((x)) 3", "*", "Saldo 2 * 3"),
        // what would be structure does not
        ("a ((x)) b", "*b*", "a \\*b\\* b"),
        ("((x))", "# título", "\\# título"),
        ("((x))", "- punto", "\\- punto"),
        ("((x))", "1. punto", "1\\. punto"),
        ("((x)). Primero", "7", "7\\. Primero"),
        ("a\n((x))\nb", "===", "a\n\\===\nb"),
        ("((x))", "[banco](https://mal.example)", "\\[banco\\](https://mal.example)"),
        ("((x))", "<b>", "\\<b\\>"),
        ("((x))", "&lt;", "\\&lt;"),
        ("a ((x))\nb", "c\\", "a c\\\\\nb"),
        ("| a | b |\n|---|---|\n| ((x)) | c |", "1 | 2", "| a | b |\n|---|---|\n| 1 \\| 2 | c |"),
    ] {
        assert_eq!(body_of(source, &[("x", value)]), filled);
    }
}

#[test]
fn plain_text_is_filled_as_it_is() {
    let mut plain = text("((x))\n`((x))`");
    (plain.markup, plain.file) = (Markup::Plain, "aviso.txt".to_owned());
    let row = values(&[("nombre", "Ana"), ("monto mensual", "1"), ("x", "# *a* <b>")]);
    assert_eq!(made(plain).unwrap().fill(&row).unwrap().body, b"# *a* <b>\n`# *a* <b>`");
}

#[test]
fn a_placeholder_stands_only_where_every_value_is_text() {
    for body in [
        "`((x))`",
        "```\n((x))\n```",
        "    ((x))",
        "[pague](https://pagos.example/((x)))",
        "<https://pagos.example/((x))>",
        "<a href=\"((x))\">pague</a>",
        "<((x))>",
        "[((x))]: https://pagos.example",
        "&((x));",
        "**((x))**seguido",
    ] {
        let faults = made(text(body)).expect_err(body);
        assert!(matches!(faults.as_slice(), [TemplateFault::Place { placeholder }] if placeholder == "x"), "{body}: {faults:?}");
    }
    let faults = made(text("[((x))]\n\n[banco]: https://banco.example")).unwrap_err();
    assert_eq!(faults, [TemplateFault::References]);
    for body in [
        "**((x))**, *((x))*.",
        "# ((x))\n> ((x))\n- ((x))\n\n1. ((x))",
        "[((x))](https://pagos.example)",
        "https://a.example/((x))",
        "a\\((x))",
    ] {
        assert!(made(text(body)).is_ok(), "{body}");
    }
}

#[test]
fn what_is_wrong_with_a_template_is_said_all_at_once() {
    let mut bad = text(" \n");
    bad.procedure = String::new();
    bad.subject = "((nombre)".to_owned();
    bad.description = " a".to_owned();
    bad.act = Act::Notification { stage: Stage::Start, term: Term::business_days(201) };
    let faults = made(bad).unwrap_err();
    assert!(
        matches!(
            faults.as_slice(),
            [
                TemplateFault::Line { name: "procedure", .. },
                TemplateFault::Line { name: "description", .. },
                TemplateFault::LongTerm { days: 201, most: 200 },
                TemplateFault::Empty,
                TemplateFault::Placeholder { part: "subject", .. },
            ]
        ),
        "{faults:?}"
    );
    assert_eq!(made(text("a\nb\u{7}\n")).unwrap_err(), [TemplateFault::Control { line: 2 }]);
    assert_eq!(made(text("a\n\u{f0000}")).unwrap_err(), [TemplateFault::Control { line: 2 }]);
}

#[test]
fn each_limit_of_a_template_holds_on_both_sides() {
    type Change = fn(&mut TemplateText, usize);
    let lines: [(Change, usize); 4] = [
        (|t, n| t.procedure = "p".repeat(n), MAX_PROCEDURE),
        (|t, n| t.subject = "s".repeat(n), MAX_SUBJECT),
        (|t, n| t.description = "d".repeat(n), MAX_DESCRIPTION),
        (|t, n| t.file = format!("{}.md", "f".repeat(n - 3)), MAX_FILE_NAME),
    ];
    for (change, most) in lines {
        let with = |n: usize| {
            let mut text = text("a");
            change(&mut text, n);
            made(text)
        };
        assert!(with(most).is_ok(), "{most}");
        assert!(matches!(with(most + 1).unwrap_err().as_slice(), [TemplateFault::Line { .. }]), "{most}");
    }
    assert!(made(text(&"a".repeat(MAX_BODY))).is_ok());
    let faults = made(text(&"a".repeat(MAX_BODY + 1))).unwrap_err();
    assert_eq!(faults, [TemplateFault::Body { bytes: MAX_BODY + 1, most: MAX_BODY }]);
    let holes = |n: usize| (0..n).map(|n| format!("((x{n})) ")).collect::<String>();
    // two stand in subject and description
    assert!(made(text(&holes(MAX_PLACEHOLDERS - 2))).is_ok());
    let faults = made(text(&holes(MAX_PLACEHOLDERS - 1))).unwrap_err();
    assert_eq!(faults, [TemplateFault::Placeholders { count: MAX_PLACEHOLDERS + 1, most: MAX_PLACEHOLDERS }]);
    assert!(TemplateName::parse(&"n".repeat(MAX_NAME)).is_some() && TemplateName::parse(&"n".repeat(MAX_NAME + 1)).is_none());
    assert!(["", "a b", "../a", "ñ", "a.b"].into_iter().all(|name| TemplateName::parse(name).is_none()));
}

#[test]
fn each_limit_of_what_is_filled_holds_on_both_sides() {
    let filled = |subject: &str, description: &str, body: &str, value: &str| {
        let mut text = text(body);
        (text.subject, text.description) = (subject.to_owned(), description.to_owned());
        Filler::of(&text).unwrap().fill(&values(&[("x", value)]))
    };
    let long = |part, bytes, most| vec![FillFault::PartLong { part, bytes, most }];
    let value = |n: usize| "v".repeat(n);
    assert!(filled("a", "d", "b ((x))", &value(MAX_VALUE)).is_ok());
    assert!(filled("((x))", "d", "b", &value(MAX_SUBJECT)).is_ok());
    let error = filled("((x))", "d", "b", &value(MAX_SUBJECT + 1)).err().unwrap();
    assert_eq!(error, long(Part::Subject, MAX_SUBJECT + 1, MAX_SUBJECT));
    assert!(filled("a", "d((x))", "b", &value(MAX_DESCRIPTION - 1)).is_ok());
    let error = filled("a", "d((x))", "b", &value(MAX_DESCRIPTION)).err().unwrap();
    assert_eq!(error, long(Part::Description, MAX_DESCRIPTION + 1, MAX_DESCRIPTION));
    let rest = "b".repeat(MAX_BODY - 10);
    assert!(filled("a", "d", &format!("((x)) {rest}"), &value(9)).is_ok());
    let error = filled("a", "d", &format!("((x)) {rest}"), &value(10)).err().unwrap();
    assert_eq!(error, long(Part::Body, MAX_BODY + 1, MAX_BODY));
    // much of little is not made before its length is known
    let many = "((x)) ".repeat(1000);
    let error = filled("a", "d", &many, &value(MAX_VALUE)).err().unwrap();
    assert!(matches!(error.as_slice(), [FillFault::PartLong { part: Part::Body, .. }]));
}

#[test]
fn the_digest_names_everything_that_a_template_says() {
    let one = text("cuerpo");
    type Change = fn(&mut TemplateText);
    let changes: [Change; 10] = [
        |t| t.act = Act::PersonalCommunication,
        |t| t.act = Act::Notification { stage: Stage::End, term: None },
        |t| t.act = Act::Notification { stage: Stage::End, term: Term::business_days(6) },
        |t| t.procedure.push('x'),
        |t| t.subject.push('x'),
        |t| t.description.push('x'),
        |t| t.body.push('x'),
        |t| t.markup = Markup::Plain,
        |t| t.file.push('x'),
        |t| t.answers = false,
    ];
    for (at, change) in changes.into_iter().enumerate() {
        let mut other = text("cuerpo");
        change(&mut other);
        assert_ne!(other.digest(), one.digest(), "{at}");
    }
    let again = Template::make(TemplateName::parse("otra").unwrap(), 7, one.clone(), Millis::new(9)).unwrap();
    assert_eq!(again.digest(), one.digest(), "name, version and time are not in it");
}

/// What CommonMark makes of a text: everything but words, and the words.
fn read(source: &str) -> (Vec<String>, String) {
    let mut words = String::new();
    let mut structure = Vec::new();
    for event in TextMergeStream::new(Parser::new(source)) {
        match event {
            Event::Text(text) => {
                words.push_str(&text);
                words.push('\u{1}');
            }
            other => structure.push(format!("{other:?}")),
        }
    }
    (structure, words)
}

/// Templates in which a value stands in every place where it may.
const BODIES: [&str; 8] = [
    "((x))",
    "a ((x)) b ((y)).",
    "# ((x))\n\n((y))\n((x))\n",
    "> ((x))\n\n- ((x))\n- b ((y))\n\n1. ((x))\n",
    "**((x))** y *((y))*, [((x))](https://a.example).",
    "((x)) ((y))\n((x))\n===\n((y))\n",
    "a\n((x))\n\n((y)). c\n\n((x))) d",
    "_((x))_ <b>((y))</b> `a` ((x))",
];

static GOOD: LazyLock<Vec<Template>> = LazyLock::new(|| BODIES.iter().map(|body| bare(body)).collect());

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// The words are the template's with the values in their places, and nothing else of the body is another: whoever writes a
    /// value can make no heading, link, list, stress or HTML of an official's letter. Read with CommonMark alone, apart from the
    /// parser's settings in the code.
    #[test]
    fn no_value_makes_structure(
        n in 0..BODIES.len(),
        x in "([-#>*_`~=+.!&;:|(){}<\\[\\]\\\\ 0-9a-cñ]|lt;|https://a\\.example|\\n){1,12}",
        y in "[-#>*_`=+.)(\\[\\]<a1& ]{1,6}",
    ) {
        prop_assume!(!x.trim().is_empty() && !y.trim().is_empty());
        let (body, row) = (BODIES[n], values(&[("x", &x), ("y", &y)]));
        let filled = String::from_utf8(GOOD[n].fill(&row).ok().unwrap().body).unwrap();
        let line = |value: &str| value.split_whitespace().collect::<Vec<_>>().join(" ");
        let (structure, words) = read(&filled);
        let (wanted, template) = read(&body.replace("((x))", "\u{e000}").replace("((y))", "\u{e001}"));
        prop_assert_eq!(structure, wanted, "{}", filled);
        prop_assert_eq!(words, template.replace('\u{e000}', &line(&x)).replace('\u{e001}', &line(&y)), "{}", filled);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever a template's author writes, a row gives the template's structure or an error.
    #[test]
    fn any_template_with_any_value_keeps_its_structure_or_is_refused(
        body in "([-#>*_`~=+.!&;:|(){}<\\[\\]\\\\ 0-9a-c\\n]|\\(\\(x\\)\\)|\\]\\(https://a|</?b>){1,24}",
        x in "[-#>*_`~=+.)(\\[\\]<a1& ]{1,6}",
    ) {
        prop_assume!(!x.trim().is_empty());
        let Ok(template) = made(text(&body)) else { return Ok(()) };
        let row = values(&[("nombre", "Ana"), ("monto mensual", "1"), ("x", &x)]);
        let Ok(filled) = template.fill(&row) else { return Ok(()) };
        let (structure, _) = read(std::str::from_utf8(&filled.body).unwrap());
        let (wanted, _) = read(&body.replace("((x))", "\u{e000}"));
        prop_assert_eq!(structure, wanted);
    }
}
