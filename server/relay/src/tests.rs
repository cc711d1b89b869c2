//! What the program says: the same in both languages, and a help for each thing.

use super::*;
use lacre_words::check;
use std::collections::BTreeSet;

fn shape(lang: Lang) -> check::Shape {
    check::shape(&catalogues(lang))
}

#[test]
fn both_languages_say_the_same_things_with_the_same_values() {
    assert_eq!(shape(Lang::Es), shape(Lang::En));
}

#[test]
fn every_sentence_that_a_command_says_is_in_the_catalogues_and_every_other_is_said() {
    /// Named by what is found: a rule of the store, a trouble of the relay, a kind of finding.
    const FOUND: [&str; 9] =
        ["help-", "deed-", "exempt-reason-", "fault-", "trouble-", "note-", "check-good", "check-change", "check-wrong"];
    let more = ["Failed::new(", "Failed::no(", "Self::new(", "sentence(", "Kind::Good,", "Kind::Change,", "Kind::Wrong,"];
    let said = check::keys(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/commands"), &more);
    let there: BTreeSet<String> = shape(Lang::Es).into_keys().map(|k| k.split('.').next().unwrap().to_owned()).collect();

    assert!(said.len() > 80, "the search is blind: {}", said.len());
    let missing: Vec<_> = said.difference(&there).collect();
    assert!(missing.is_empty(), "no sentence for {missing:?}");
    let unsaid: Vec<_> = there.difference(&said).filter(|key| !FOUND.iter().any(|f| key.starts_with(f))).collect();
    assert!(unsaid.is_empty(), "nobody says {unsaid:?}");
}

#[test]
fn values_are_put_in() {
    for lang in [Lang::Es, Lang::En] {
        let said = commands::sentence(&words(lang), "invitation-use", &[("expires", "2026-07-06"), ("reference", "0123")]);

        assert!(said.contains("2026-07-06") && !said.contains('{'), "{said}");
    }
}

/// Without what is written beside the commands in the source.
fn bare(command: clap::Command) -> clap::Command {
    command.about("").mut_subcommands(bare)
}

fn silent(command: &clap::Command, path: &str, missing: &mut Vec<String>) {
    let empty = |text: Option<&clap::builder::StyledStr>| text.is_none_or(|t| t.to_string().is_empty());
    if empty(command.get_about()) {
        missing.push(path.to_owned());
    }
    missing.extend(command.get_arguments().filter(|a| empty(a.get_help())).map(|a| format!("{path} {}", a.get_id())));
    for sub in command.get_subcommands() {
        silent(sub, &format!("{path} {}", sub.get_name()), missing);
    }
}

#[test]
fn every_command_and_argument_has_its_help_in_both_languages() {
    for lang in [Lang::Es, Lang::En] {
        let mut missing = Vec::new();
        silent(&usage::localized(bare(Cli::command()), HELP, &words(lang)), "lacre-relay", &mut missing);
        assert!(missing.is_empty(), "{lang:?}: {missing:?}");
        localized(&words(lang)).debug_assert();
    }
}

fn helps(command: &mut clap::Command, into: &mut Vec<String>) {
    into.push(command.render_long_help().to_string());
    for sub in command.get_subcommands_mut() {
        helps(sub, into);
    }
}

#[test]
fn no_help_in_spanish_holds_a_word_of_claps_and_none_is_wider_than_eighty_columns() {
    let mut command = localized(&words(Lang::Es));
    command.build();
    let mut all = Vec::new();

    helps(&mut command, &mut all);

    assert!(all.len() > 8, "{}", all.len());
    const CLAPS: [&str; 11] =
        ["Usage", "Options", "OPTIONS", "Commands", "COMMAND", "Arguments", "Print", "possible", "default:", "FILE", "<DAYS>"];
    for help in all {
        let found: Vec<_> = CLAPS.iter().filter(|word| help.contains(**word)).collect();
        assert!(found.is_empty(), "{found:?} in\n{help}");
        assert!(help.contains("Uso: lacre-relay"), "{help}");
        assert!(help.lines().all(|l| l.chars().count() <= 80), "{help}");
    }
}

#[test]
fn whoever_types_something_wrong_is_told_what_in_both_languages() {
    for (lang, word) in [(Lang::Es, "No se entiende"), (Lang::En, "is not understood")] {
        let words = words(lang);
        let typed = |args: &[&str]| {
            let all = ["lacre-relay"].iter().chain(args);
            let error = usage::localized(Cli::command(), HELP, &words).try_get_matches_from(all).unwrap_err();
            usage::failure(&error, &words)
        };

        assert!(typed(&["serve", "--lisen"]).what.contains(word), "{:?}", typed(&["serve", "--lisen"]));
        for wrong in [
            &["srve"][..],
            &["backup"],
            &["backup", "a", "--keys", "b"],
            &["issue-leaf", "a", "--days", "x"],
            &["serve", "--listen"],
            &["--lang", "xx", "check"],
        ] {
            let said = typed(wrong);
            let text = said.text(&words);
            assert!(said.error.starts_with("usage-") && !said.remedy.is_empty() && !text.contains('{'), "{wrong:?}: {text}");
            assert!(!text.contains("error:") && said.exit == lacre_words::failure::Exit::Usage, "{wrong:?}: {text}");
        }
    }
}
