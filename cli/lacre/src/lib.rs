//! The command line of Lacre: `lacre`.
//!
//! `commands` has a folder for each family and a file for each verb. Results go to stdout, words and progress to stderr;
//! `--json` everywhere; exit 0 done, 1 the answer is no, 2 usage, 3 could not ask; `verify` alone 4, INCOMPLETE. Everything that people read is in the
//! catalogues.
//! A library so that the demonstration says the client's troubles in the same words ([`trouble`], [`catalogues`]).

mod ask;
mod commands;
mod context;
mod desktop;
mod duration;
mod ended;
mod files;
mod find;
mod json;
mod misfits;
mod online;
mod progress;
mod proof;
mod secret;
mod service;
mod show;
mod spoken;
pub mod trouble;
mod when;
mod whose;

use clap::{CommandFactory as _, FromArgMatches as _};
use context::{Context, Global};
use lacre_words::lang::Lang;
use lacre_words::usage;
use lacre_words::words::Words;
use std::ffi::OsString;
use std::process::ExitCode;

/// Where the help of the whole program stands.
const HELP: &str = "help-lacre";

/// The files of one language, in order; a key stands in one of them.
#[must_use]
pub const fn catalogues(lang: Lang) -> &'static [&'static str] {
    match lang {
        Lang::Es => &[
            include_str!("../i18n/es.ftl"),
            include_str!("../i18n/notices.es.ftl"),
            include_str!("../i18n/batch.es.ftl"),
            include_str!("../i18n/eyes.es.ftl"),
            include_str!("../i18n/fallback.es.ftl"),
            include_str!("../i18n/help.es.ftl"),
            include_str!("../i18n/errors.es.ftl"),
            include_str!("../i18n/proof.es.ftl"),
        ],
        Lang::En => &[
            include_str!("../i18n/en.ftl"),
            include_str!("../i18n/notices.en.ftl"),
            include_str!("../i18n/batch.en.ftl"),
            include_str!("../i18n/eyes.en.ftl"),
            include_str!("../i18n/fallback.en.ftl"),
            include_str!("../i18n/help.en.ftl"),
            include_str!("../i18n/errors.en.ftl"),
            include_str!("../i18n/proof.en.ftl"),
        ],
    }
}

/// The whole command line. Its texts come from the catalogues ([`usage::localized`]).
#[derive(clap::Parser, Debug)]
#[command(name = "lacre", version = env!("LACRE_VERSION"))]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Option<commands::Command>,
}

/// What was typed, done.
#[must_use]
pub fn main() -> ExitCode {
    lacre_words::core_dump::leave_none();
    let args: Vec<OsString> = std::env::args_os().collect();
    let words = words(Lang::choose(&args, |name| std::env::var(name).ok()));
    let parsed = localized(&words).try_get_matches_from(&args).and_then(|matches| Cli::from_arg_matches(&matches));
    let exit = match parsed {
        Err(error) => usage::show(&error, &args, &words),
        Ok(cli) => {
            let ctx = Context::new(cli.global, words);
            let outcome = match &cli.command {
                Some(command) => commands::run(&ctx, command),
                None => commands::overview::run(&ctx),
            };
            outcome.unwrap_or_else(|failure| {
                ctx.fail(&failure);
                failure.exit
            })
        }
    };
    ExitCode::from(exit.code())
}

/// The program's sentences in this language.
fn words(lang: Lang) -> Words {
    Words::new(lang, catalogues(lang))
}

fn localized(words: &Words) -> clap::Command {
    usage::localized(Cli::command(), HELP, words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lacre_words::check;
    use lacre_words::words::common;
    use std::collections::BTreeSet;

    fn walk(command: &clap::Command, key: &str, words: &Words, missing: &mut Vec<String>) {
        if command.is_hide_set() {
            return;
        }
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        if words.try_say(key).is_none() || about.is_empty() {
            missing.push(key.to_owned());
        }
        for arg in command.get_arguments() {
            if arg.get_help().is_none_or(|h| h.to_string().is_empty()) {
                missing.push(format!("{key}.{}", arg.get_id()));
            }
        }
        for inner in command.get_subcommands() {
            let parent = if key == "help-lacre" { "help" } else { key };
            walk(inner, &format!("{parent}-{}", inner.get_name()), words, missing);
        }
    }

    #[test]
    fn every_command_and_argument_has_its_help_in_both_languages() {
        for lang in [Lang::Es, Lang::En] {
            let words = words(lang);
            let mut missing = Vec::new();
            walk(&localized(&words), "help-lacre", &words, &mut missing);
            assert!(missing.is_empty(), "{lang:?}: no help for {missing:?}");
        }
    }

    fn too_wide(command: &mut clap::Command, found: &mut Vec<String>) {
        let help = command.render_help().to_string();
        found.extend(help.lines().filter(|l| unicode_width::UnicodeWidthStr::width(*l) > 80).map(str::to_owned));
        // The commands about proof explain law, which needs longer lines.
        let own = |c: &&mut clap::Command| !matches!(c.get_name(), "clock" | "calendar" | "verify");
        command.get_subcommands_mut().filter(own).for_each(|c| too_wide(c, found));
    }

    #[test]
    fn help_fits_into_eighty_columns() {
        for lang in [Lang::Es, Lang::En] {
            let mut command = localized(&words(lang));
            command.build();
            let mut found = Vec::new();
            too_wide(&mut command, &mut found);

            assert!(found.is_empty(), "{lang:?}: {found:#?}");
        }
    }

    #[test]
    fn the_command_line_is_well_made() {
        localized(&words(Lang::Es)).debug_assert();
    }

    fn shape(lang: Lang) -> check::Shape {
        let mut all = vec![common(lang)];
        all.extend(catalogues(lang));
        check::shape(&all)
    }

    #[test]
    fn both_languages_have_the_same_sentences_with_the_same_arguments() {
        assert_eq!(shape(Lang::Es), shape(Lang::En));
    }

    #[test]
    fn every_key_in_the_code_has_its_sentence_and_every_sentence_is_used() {
        let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let used: BTreeSet<String> =
            [here.join("src"), here.join("../words/src")].iter().flat_map(|folder| check::keys(folder, &[])).collect();
        assert!(used.len() > 50, "the search finds the keys: {}", used.len());
        let there: BTreeSet<String> = shape(Lang::Es).into_keys().map(|k| k.split('.').next().unwrap().to_owned()).collect();
        let missing: Vec<_> = used.difference(&there).collect();
        assert!(missing.is_empty(), "no sentence for {missing:?}");
        let unused: Vec<_> = there.iter().filter(|k| !k.starts_with("help-") && !used.contains(*k)).collect();
        assert!(unused.is_empty(), "nobody says {unused:?}");
    }

    #[test]
    fn every_error_says_what_happened_why_and_what_to_do() {
        for lang in [Lang::Es, Lang::En] {
            let (silent, count) = check::silent_errors(&shape(lang));
            assert!(count > 20 && silent.is_empty(), "{lang:?}: {silent:?} of {count}");
        }
    }
}
