//! tests/CLAIMS.md: every sentence that claims an effect, with the test that would find it false.
//!
//! Seen red, with `LACRE_ROOT` naming a copy of the house: a row taken out of the page; a key misspelt in it; a test renamed
//! there; a sentence added to en.ftl ("Everything was deleted."); a row whose test became "no test yet"; `lacre group show` in a
//! sentence.
use crate::commands::{commands, tests_below};
use crate::documents::read;
use std::collections::{BTreeMap, BTreeSet};

/// Catalogues, English and Spanish. Not here: help (it says what a command is for), `lacre verify` (each outcome is a vector),
/// and what the demonstration checks itself (each sentence has its `.claim`).
const CATALOGUES: [[&str; 2]; 9] = [
    ["cli/lacre/i18n/en.ftl", "cli/lacre/i18n/es.ftl"],
    ["cli/lacre/i18n/notices.en.ftl", "cli/lacre/i18n/notices.es.ftl"],
    ["cli/lacre/i18n/batch.en.ftl", "cli/lacre/i18n/batch.es.ftl"],
    ["cli/lacre/i18n/eyes.en.ftl", "cli/lacre/i18n/eyes.es.ftl"],
    ["cli/lacre/i18n/fallback.en.ftl", "cli/lacre/i18n/fallback.es.ftl"],
    ["cli/lacre/i18n/errors.en.ftl", "cli/lacre/i18n/errors.es.ftl"],
    ["cli/words/i18n/common.en.ftl", "cli/words/i18n/common.es.ftl"],
    ["server/relay/i18n/counter.en.ftl", "server/relay/i18n/counter.es.ftl"],
    ["server/relay/i18n/operator.en.ftl", "server/relay/i18n/operator.es.ftl"],
];

/// Words of effect: a sentence with one of them tells that something was done, waits, or will happen.
const EFFECTS: &str = "sent|added|removed|deleted|locked|unlocked|blocked|stored|saved|made|changed|compared|noted|revoked|\
    cancelled|accepted|declined|edited|restored|replaced|waits|waiting|will be|overwritten|replaces|issued|not told|is told|muted|archived|\
    no longer|done|tried again|kept|leaving|gone|nothing was|nothing is|goes through|given back|giving back|shut out|backed up|\
    from now on|disappears";

/// Claims that no test would find false yet; the page says so. A further one is a decision.
const NO_TEST_YET: [&str; 2] = ["error-kept", "error-kept.do"];

/// Every sentence of a catalogue by its key, or key and attribute.
fn sentences(path: &str) -> BTreeMap<String, String> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    let (mut message, mut last) = (String::new(), String::new());
    for line in read(path).lines().filter(|l| !l.starts_with('#')) {
        let head = line.strip_prefix("    .").or(Some(line).filter(|l| l.starts_with(|c: char| c.is_ascii_lowercase())));
        match head.and_then(|head| head.split_once(" =")) {
            Some((name, text)) => {
                if !line.starts_with(' ') {
                    message = name.to_owned();
                }
                last = if line.starts_with(' ') { format!("{message}.{name}") } else { message.clone() };
                found.insert(last.clone(), text.to_owned());
            }
            None if line.starts_with(' ') => found.get_mut(&last).expect("a line of a sentence").push_str(&format!("\n{line}")),
            None => {}
        }
    }
    assert!(!found.is_empty(), "{path}");
    found
}

fn english() -> BTreeMap<String, String> {
    CATALOGUES.iter().flat_map(|[en, _]| sentences(en)).collect()
}

/// Words alone, one blank around each: nothing of what is put in.
fn plain(text: &str) -> String {
    let outside = text.split('{').map(|part| part.split_once('}').map_or(part, |(_, rest)| rest)).collect::<String>();
    let words = outside.to_lowercase();
    let words: Vec<&str> = words.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    format!(" {} ", words.join(" "))
}

fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// A row of the page: its keys, and the tests that find them false.
type Claim<'a> = (Vec<&'a str>, Vec<&'a str>);

/// The rows of the page, and the keys that claim nothing.
fn page(text: &str) -> (Vec<Claim<'_>>, Vec<&str>) {
    let (claims, nothing) =
        text.split_once("\n## Claims").unwrap().1.split_once("\n## Sentences with such a word that claim nothing").unwrap();
    let rows = claims.lines().filter(|l| l.starts_with("| `")).map(|row| {
        let cells: Vec<&str> = row.split(" | ").collect();
        let [keys, _, tests] = cells.as_slice() else { panic!("three cells: {row}") };
        assert!(tests.contains('`') || tests.trim_end_matches(" |") == "no test yet", "{row}");
        (quoted(keys), quoted(tests))
    });
    (rows.collect(), quoted(nothing))
}

#[test]
fn every_sentence_with_a_word_of_effect_is_on_the_page() {
    let text = read("tests/CLAIMS.md");
    let (claims, nothing) = page(&text);
    let named: BTreeSet<&str> = claims.iter().flat_map(|(keys, _)| keys).chain(&nothing).copied().collect();
    let has_effect = |text: &String| EFFECTS.split('|').any(|word| plain(text).contains(&format!(" {word} ")));
    let english = english();

    let missing: Vec<_> = english.iter().filter(|(key, text)| has_effect(text) && !named.contains(key.as_str())).collect();

    assert!(english.values().filter(|text| has_effect(text)).count() > 150, "the search is blind");
    assert!(missing.is_empty(), "these say that something was done, waits or will happen: {missing:#?}");
}

#[test]
fn every_claim_is_a_sentence_in_both_languages_and_its_tests_exist() {
    let text = read("tests/CLAIMS.md");
    let (claims, nothing) = page(&text);
    let spanish: BTreeSet<String> = CATALOGUES.iter().flat_map(|[_, es]| sentences(es).into_keys()).collect();
    let english = english();
    let folders = ["tests/tests", "client-core", "cli", "server", "audit"];
    let tests: BTreeSet<String> = folders.iter().flat_map(|f| tests_below(f)).map(|t| t.replace("::src::", "::")).collect();

    let mut seen = BTreeSet::new();
    let mut faults = Vec::new();
    for key in claims.iter().flat_map(|(keys, _)| keys).chain(&nothing) {
        if !seen.insert(key) {
            faults.push(format!("{key} stands twice"));
        }
        if !english.contains_key(*key) || !spanish.contains(*key) {
            faults.push(format!("{key} is no sentence in both languages"));
        }
    }
    for test in claims.iter().flat_map(|(_, tests)| tests).filter(|test| !tests.contains(**test)) {
        faults.push(format!("no test {test}"));
    }
    let without: BTreeSet<&str> =
        claims.iter().filter(|(_, tests)| tests.is_empty()).flat_map(|(keys, _)| keys).copied().collect();

    assert!(faults.is_empty(), "{faults:#?}");
    assert_eq!(without, NO_TEST_YET.into(), "claims without a test");
}

/// A person does what a sentence tells her. Of `lacre` only: `lacre-relay` stands in prose too.
#[test]
fn every_command_that_a_sentence_names_exists() {
    let mut named: BTreeMap<String, String> = BTreeMap::new();
    for path in CATALOGUES.iter().flatten().chain(&["cli/lacre/i18n/help.en.ftl", "cli/lacre/i18n/help.es.ftl"]) {
        for (key, text) in sentences(path) {
            for (at, _) in text.match_indices("lacre ").filter(|(at, _)| !text[..*at].ends_with(|c: char| c.is_alphanumeric())) {
                let mut command = vec!["lacre"];
                for word in text[at..].lines().next().unwrap().split(' ').skip(1) {
                    let bare = word.trim_end_matches(|c: char| !c.is_alphanumeric());
                    if bare.is_empty() || !bare.chars().all(|c| c.is_ascii_lowercase() || c == '-') {
                        break;
                    }
                    command.push(bare);
                    if bare != word {
                        break;
                    }
                }
                named.insert(command.join(" "), format!("{path}: {key}"));
            }
        }
    }
    // the name of a process, not a command that a person types
    named.remove("lacre agent");
    let verdicts = named.iter().flat_map(|(command, place)| commands(command).map(move |(_, verdict)| (command, place, verdict)));

    let faults: Vec<String> =
        verdicts.filter_map(|(command, place, verdict)| verdict.err().map(|why| format!("{place}: {command}: {why}"))).collect();

    assert!(named.len() > 30, "the search is blind: {named:?}");
    assert!(faults.is_empty(), "{faults:#?}");
}
