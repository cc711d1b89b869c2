//! The command line of Lacre: `lacre`.
//!
//! One file for each subcommand in [`commands`]. Results go to stdout, words and progress to stderr; `--json` everywhere;
//! exit 0 done, 1 the answer is no, 2 usage, 3 could not ask. Everything that people read is in the catalogues.

mod ask;
mod commands;
mod context;
mod demo;
mod desktop;
mod duration;
mod failure;
mod find;
mod fresh;
mod json;
mod lang;
mod online;
mod pager;
mod proof;
mod qr;
mod secret;
mod show;
mod shown;
mod trouble;
mod usage;
mod when;
mod words;
mod wrap;

use clap::{CommandFactory as _, FromArgMatches as _};
use context::{Context, Global};
use lang::Lang;
use std::ffi::OsString;
use std::process::ExitCode;
use words::Words;

/// The whole command line. Its texts come from the catalogues ([`usage::localized`]).
#[derive(clap::Parser, Debug)]
#[command(name = "lacre", version = env!("LACRE_VERSION"))]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Option<commands::Command>,
}

fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().collect();
    let words = Words::new(Lang::choose(&args, |name| std::env::var(name).ok()));
    let parsed =
        usage::localized(Cli::command(), &words).try_get_matches_from(&args).and_then(|matches| Cli::from_arg_matches(&matches));
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

#[cfg(test)]
mod tests {
    use super::*;

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
            let words = Words::new(lang);
            let mut missing = Vec::new();
            walk(&usage::localized(Cli::command(), &words), "help-lacre", &words, &mut missing);
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
            let mut command = usage::localized(Cli::command(), &Words::new(lang));
            command.build();
            let mut found = Vec::new();
            too_wide(&mut command, &mut found);

            assert!(found.is_empty(), "{lang:?}: {found:#?}");
        }
    }

    #[test]
    fn the_command_line_is_well_made() {
        usage::localized(Cli::command(), &Words::new(Lang::Es)).debug_assert();
    }
}
