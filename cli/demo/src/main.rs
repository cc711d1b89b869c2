//! The demonstration: a short story with a real relay, four example people and real files, which ends with a proof.
//!
//! [`relay`] the child process · [`people`] the four · [`scan`] what lies on the relay's disk ·
//! [`keys`] what a removed member could open · [`story`] what happens · [`daily`], [`apart`], [`notice`] and [`batch`] its parts.
//! A program of its own, because it lays bare what its example people hold; what people install has no such code.

mod apart;
mod batch;
mod daily;
mod input;
mod keys;
mod notice;
mod people;
mod relay;
mod scan;
mod story;

use clap::{CommandFactory as _, FromArgMatches as _};
use lacre_words::lang::Lang;
use lacre_words::screen::Screen;
use lacre_words::usage;
use lacre_words::words::Words;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

/// What is typed. Its texts come from the catalogue.
#[derive(clap::Parser, Debug)]
#[command(name = "lacre-demo", version = env!("LACRE_VERSION"))]
struct Args {
    #[arg(long, value_name = "DIR")]
    input: Option<PathBuf>,
    #[arg(long)]
    keep: bool,
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=11))]
    act: Option<u32>,
    #[arg(long)]
    json: bool,
    #[arg(long, value_name = "es|en", value_parser = ["es", "en"], hide_possible_values = true)]
    lang: Option<String>,
}

/// What only the demonstration says.
const fn catalogue(lang: Lang) -> &'static str {
    match lang {
        Lang::Es => include_str!("../i18n/demo.es.ftl"),
        Lang::En => include_str!("../i18n/demo.en.ftl"),
    }
}

fn words(lang: Lang) -> Words {
    let mut catalogues = lacre::catalogues(lang).to_vec();
    catalogues.push(catalogue(lang));
    Words::new(lang, &catalogues)
}

fn main() -> ExitCode {
    let typed: Vec<OsString> = std::env::args_os().collect();
    let words = words(Lang::choose(&typed, |name| std::env::var(name).ok()));
    let command = usage::localized(Args::command(), "help-lacre-demo", &words);
    let exit = match command.try_get_matches_from(&typed).and_then(|matches| Args::from_arg_matches(&matches)) {
        Err(error) => usage::show(&error, &typed, &words),
        Ok(args) => {
            // its relay and its folder are put away at its end
            let screen = Screen::new(words, args.json).going_on();
            let exit = story::play(&screen, &args).unwrap_or_else(|failure| {
                screen.fail(&failure);
                failure.exit
            });
            screen.ended().unwrap_or(exit)
        }
    };
    ExitCode::from(exit.code())
}

#[cfg(test)]
mod tests {
    use super::*;
    use lacre_words::check;
    use lacre_words::words::common;
    use std::collections::BTreeSet;
    use std::path::Path;

    #[test]
    fn both_languages_have_the_same_sentences_with_the_same_arguments() {
        assert_eq!(check::shape(&[catalogue(Lang::Es)]), check::shape(&[catalogue(Lang::En)]));
    }

    #[test]
    fn every_key_in_the_code_has_its_sentence_and_every_sentence_is_used() {
        let used = check::keys(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &[]);
        let names = |shape: check::Shape| -> BTreeSet<String> {
            shape.into_keys().map(|k| k.split('.').next().unwrap().to_owned()).collect()
        };
        let own = names(check::shape(&[catalogue(Lang::Es)]));
        let mut all = vec![common(Lang::Es), catalogue(Lang::Es)];
        all.extend(lacre::catalogues(Lang::Es));
        let there = names(check::shape(&all));

        let missing: Vec<_> = used.difference(&there).collect();
        assert!(used.len() > 20 && missing.is_empty(), "no sentence for {missing:?}");
        let unused: Vec<_> = own.iter().filter(|k| !k.starts_with("help-") && !used.contains(*k)).collect();
        assert!(unused.is_empty(), "nobody says {unused:?}");
        let (silent, count) = check::silent_errors(&check::shape(&[catalogue(Lang::Es)]));
        assert!(count > 5 && silent.is_empty(), "{silent:?}");
    }

    #[test]
    fn its_help_is_in_both_languages() {
        for lang in [Lang::Es, Lang::En] {
            let mut command = usage::localized(Args::command(), "help-lacre-demo", &words(lang));
            command.build();
            let helped = |arg: &clap::Arg| arg.get_help().is_some_and(|h| !h.to_string().is_empty());
            assert!(command.get_about().is_some() && command.get_arguments().all(helped), "{lang:?}");
            command.debug_assert();
        }
    }
}
