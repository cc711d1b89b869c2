//! The oversight documents keep pace with the code: what they name exists, in both languages (audit/README.md).
//!
//! Seen red: a test renamed, a symbol removed, a Spanish demand emptied, a heading dropped from one translation.
use lacre_tests::sabotage;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Control {
    id: String,
    demand: Demand,
    bound: Said,
    code: Vec<Code>,
    test: Vec<Test>,
    sabotage: Option<Sabotage>,
}

/// What breaks the promise, and which of its tests notice (`./test --sabotage`); or why nothing can.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sabotage {
    #[serde(default)]
    red: Vec<String>,
    none: Option<Said>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Demand {
    en: String,
    es: String,
    source: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    en: String,
    es: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Code {
    file: String,
    symbol: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Test {
    file: String,
    name: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn read(path: &str) -> Result<String, String> {
    std::fs::read_to_string(root().join(path)).map_err(|e| format!("{path}: {e}"))
}

/// Files of a folder with this ending, by name without it.
fn files(folder: &str, ending: &str) -> BTreeMap<String, String> {
    let entries = std::fs::read_dir(root().join(folder)).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    let found: BTreeMap<String, String> = entries
        .filter_map(|name| Some((name.strip_suffix(ending)?.to_owned(), read(&format!("{folder}/{name}")).unwrap())))
        .collect();
    assert!(!found.is_empty(), "{folder} has no {ending}");
    found
}

fn controls() -> Vec<Control> {
    let read = files("audit/controls", ".toml");
    let parsed = read.iter().map(|(name, text)| {
        let control: Control = toml::from_str(text).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(control.id, *name, "a control is named like its file");
        control
    });
    parsed.collect()
}

fn word_after(line: &str, keyword: &str) -> Option<String> {
    let rest = &line[line.find(keyword)? + keyword.len()..];
    let word: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!word.is_empty()).then_some(word)
}

fn defines(source: &str, symbol: &str) -> bool {
    let keywords = ["fn ", "struct ", "enum ", "trait ", "const ", "static ", "type ", "macro_rules! ", "service "];
    source.lines().any(|line| keywords.iter().any(|k| word_after(line, k).as_deref() == Some(symbol)))
}

/// A test that runs: under `#[test]`, or in a suite that a macro stamps out for each store.
fn runs(source: &str, name: &str) -> bool {
    let lines: Vec<&str> = source.lines().collect();
    lines.iter().enumerate().any(|(at, line)| {
        let marked = lines[..at].iter().rev().take_while(|l| {
            let l = l.trim_start();
            l.starts_with('#') || l.starts_with("//")
        });
        let suite = line.contains("<B>()") && source.contains("promises! {");
        word_after(line, "fn ").as_deref() == Some(name)
            && (suite || marked.into_iter().any(|l| l.contains("test]") || l.contains("tokio::test")))
    })
}

fn sources(folder: &Path, into: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() && name != "target" && !name.to_string_lossy().starts_with('.') {
            sources(&path, into);
        } else if path.extension().is_some_and(|e| e == "rs") {
            into.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn every_symbol_and_test_that_a_control_names_is_there() {
    let controls = controls();

    let mut gone = Vec::new();
    for control in &controls {
        let id = &control.id;
        assert!(!control.code.is_empty() && !control.test.is_empty(), "{id}: a promise needs code that keeps it and a test");
        for code in &control.code {
            match read(&code.file) {
                Ok(source) if defines(&source, &code.symbol) => {}
                Ok(_) => gone.push(format!("{id}: {} does not define {}", code.file, code.symbol)),
                Err(e) => gone.push(format!("{id}: {e}")),
            }
        }
        for test in &control.test {
            match read(&test.file) {
                Ok(source) if runs(&source, &test.name) => {}
                Ok(_) => gone.push(format!("{id}: {} has no test {}", test.file, test.name)),
                Err(e) => gone.push(format!("{id}: {e}")),
            }
        }
    }

    assert!(gone.is_empty(), "{gone:#?}");
}

#[test]
fn every_control_says_what_it_demands_and_what_it_does_not_in_both_languages_and_from_where() {
    for control in controls() {
        let texts = [&control.demand.en, &control.demand.es, &control.bound.en, &control.bound.es];

        assert!(texts.iter().all(|t| t.trim().len() > 20), "{}: a text is missing", control.id);
        assert!(texts.iter().collect::<BTreeSet<_>>().len() == 4, "{}: a text stands twice", control.id);
        assert!(control.demand.source.iter().any(|s| !s.trim().is_empty()), "{}: no source", control.id);
    }
}

/// Seen red with a changed line in a patch, a patch without its control, a test that the control does not name, and two patches
/// of one line.
#[test]
fn every_patch_that_breaks_a_promise_still_applies_beside_the_others_and_names_the_tests_that_notice() {
    let patches = files(sabotage::FOLDER, ".patch");
    let controls = controls();
    for (id, patch) in &patches {
        let control = controls.iter().find(|c| c.id == *id).unwrap_or_else(|| panic!("no control {id}"));
        let red = &control.sabotage.as_ref().unwrap_or_else(|| panic!("{id} does not speak of its patch")).red;
        assert!(!red.is_empty() && red.iter().all(|name| control.test.iter().any(|t| t.name == *name)), "{id}: {red:?}");
        let changed = sabotage::files(patch).unwrap_or_else(|e| panic!("{id}: {e}"));
        // a manifest or a page has no symbol that a control could name
        let named = |file: &String| !file.ends_with(".rs") || control.code.iter().any(|c| c.file == *file);
        assert!(changed.iter().all(named), "{id}: breaks something else than the code that it names");
        sabotage::laid_in(&root(), id, patch).unwrap_or_else(|e| panic!("{e}"));
    }
    sabotage::switched(&root(), &patches).unwrap_or_else(|e| panic!("{e}"));
    for control in controls {
        let Some(Sabotage { red, none }) = control.sabotage else { continue };
        match none {
            Some(why) => {
                let said = [&why.en, &why.es].iter().all(|why| why.trim().len() > 20 && !why.contains(['\n', '|']));
                assert!(said && why.en != why.es, "{}: why is there no patch?", control.id);
                assert!(red.is_empty() && !patches.contains_key(&control.id), "{}: a patch, and a reason for none", control.id);
            }
            None => assert!(patches.contains_key(&control.id), "no patch of {}", control.id),
        }
    }
}

/// Seen red with a row taken out, and with a test renamed there.
#[test]
fn the_table_of_controls_in_the_readme_is_what_the_controls_say() {
    let page = read("audit/README.md").unwrap();
    let table = sabotage::table(&sabotage::controls(&root()).unwrap());

    assert!(page.contains(&table), "audit/README.md: put in what `./test --sabotage --table` prints");
}

/// Words in backticks that are written like ids of controls or names of tests.
fn named(text: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let quoted = text.split('`').skip(1).step_by(2).map(str::to_owned);
    let lower = |s: &String, between: char| {
        s.contains(between) && s.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == between)
    };
    let all: Vec<String> = quoted.collect();
    (all.iter().filter(|s| lower(s, '-')).cloned().collect(), all.iter().filter(|s| lower(s, '_')).cloned().collect())
}

#[test]
fn every_control_and_test_that_a_document_names_is_there_and_every_control_is_named() {
    let ids: BTreeSet<String> = controls().into_iter().map(|c| c.id).collect();
    let mut code = String::new();
    sources(&root(), &mut code);

    for lang in ["en", "es"] {
        let mut mentioned = BTreeSet::new();
        for (name, text) in files(&format!("audit/documents/{lang}"), ".md") {
            let (controls, tests) = named(&text);
            let unknown: Vec<_> = controls.difference(&ids).collect();
            assert!(unknown.is_empty(), "{lang}/{name}: no control {unknown:?}");
            for test in tests {
                assert!(runs(&code, &test), "{lang}/{name}: no test {test}");
            }
            mentioned.extend(controls);
        }
        let silent: Vec<_> = ids.iter().filter(|id| !mentioned.contains(*id) && *id != "two-languages").collect();
        assert!(silent.is_empty(), "{lang}: no document speaks of {silent:?}");
    }
}

/// What must be equal in both languages: sections, rows of tables, risks and names.
fn shape(text: &str) -> (Vec<usize>, usize, BTreeSet<String>) {
    let levels = text.lines().filter(|l| l.starts_with('#')).map(|l| l.chars().take_while(|c| *c == '#').count()).collect();
    let rows = text.lines().filter(|l| l.starts_with('|')).count();
    let risks = text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|w| w.strip_prefix('R').is_some_and(|n| !n.is_empty() && n.chars().all(|c| c.is_ascii_digit())));
    let (controls, tests) = named(text);
    (levels, rows, risks.map(str::to_owned).chain(controls).chain(tests).collect())
}

#[test]
fn each_document_and_its_translation_have_the_same_sections_rows_and_names() {
    let (en, es) = (files("audit/documents/en", ".md"), files("audit/documents/es", ".md"));

    assert_eq!(en.keys().collect::<Vec<_>>(), es.keys().collect::<Vec<_>>(), "a translation is missing");
    for (name, text) in &en {
        assert_eq!(shape(text), shape(&es[name]), "{name}: the translations differ in shape");
    }
    let (risks, defined) = (&en["threat-model"], &en["residual-risks"]);
    for risk in shape(risks).2.iter().filter(|n| n.starts_with('R')) {
        assert!(defined.contains(&format!("## {risk}.")), "the threat model names {risk}, which is no residual risk");
    }
}
