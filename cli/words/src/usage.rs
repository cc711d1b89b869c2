//! Help and usage errors in the person's language: clap parses, the catalogues speak.
//!
//! The help of a command stands under `help-<path>` (`help-contact-add`), that of its arguments in the attributes.
//! What several commands take may stand at the whole program's help alone.

use crate::failure::{Exit, Failure};
use crate::screen::show_failure;
use crate::words::Words;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Write as _;

/// The command with all its texts in this language. Its own help stands under `root` (`help-lacre`).
#[must_use]
pub fn localized(command: Command, root: &'static str, words: &Words) -> Command {
    let flag = |name: &'static str, short: char, action| Arg::new(name).long(name).short(short).action(action);
    let command = command
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .disable_version_flag(true)
        .arg(flag("help", 'h', ArgAction::Help).global(true))
        .arg(flag("version", 'V', ArgAction::Version));
    let command = with_value_names(command, words);
    let mut usages = BTreeMap::new();
    let mut built = command.clone();
    built.build();
    let place = Place { root, words };
    place.collect_usages(&mut built, root, &mut usages);
    place.localize(command, root, &usages)
}

/// Placeholders in the person's language (`FILE`: `ARCHIVO`), where the catalogue has one. Every argument is touched, because
/// one that is touched moves behind those that are not.
fn with_value_names(mut command: Command, words: &Words) -> Command {
    let ids: Vec<String> = command.get_arguments().map(|a| a.get_id().to_string()).collect();
    for id in ids {
        command = command.mut_arg(id, |arg| {
            let name = arg.get_value_names().and_then(|names| names.first()).map(ToString::to_string).unwrap_or_default();
            let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
            match words.attribute("value-names", &plain.to_ascii_lowercase(), &[]) {
                Some(said) => arg.value_name(said),
                None => arg,
            }
        });
    }
    let inner: Vec<String> = command.get_subcommands().map(|c| c.get_name().to_owned()).collect();
    inner.into_iter().fold(command, |c, name| c.mut_subcommand(name, |inner| with_value_names(inner, words)))
}

/// Whose help is put where.
struct Place<'a> {
    root: &'static str,
    words: &'a Words,
}

impl Place<'_> {
    fn key_of(&self, parent: &str, name: &str) -> String {
        let parent = if parent == self.root { "help" } else { parent };
        format!("{parent}-{name}")
    }

    /// `lacre contact add [OPCIONES] @NOMBRE`: clap's own line with its two English words replaced.
    fn collect_usages(&self, built: &mut Command, key: &str, into: &mut BTreeMap<String, String>) {
        let say = |key| self.words.say(key);
        let line = built.render_usage().to_string();
        let line = line.strip_prefix("Usage: ").unwrap_or(&line).trim();
        let line = line.replace("[OPTIONS]", &say("usage-options")).replace("<COMMAND>", &say("usage-command"));
        let optional = say("usage-command").replace('<', "[").replace('>', "]");
        into.insert(key.to_owned(), line.replace("[COMMAND]", &optional));
        for inner in built.get_subcommands_mut() {
            let key = self.key_of(key, inner.get_name());
            self.collect_usages(inner, &key, into);
        }
    }

    fn localize(&self, command: Command, key: &str, usages: &BTreeMap<String, String>) -> Command {
        let words = self.words;
        let names: Vec<String> = command.get_arguments().map(|a| a.get_id().to_string()).collect();
        let inner: Vec<String> = command.get_subcommands().map(|c| c.get_name().to_owned()).collect();
        let mut command = command
            .help_template(words.say("help-template"))
            .max_term_width(80)
            .subcommand_help_heading(words.say("help-commands"))
            .subcommand_value_name(words.say("usage-command"));
        if let Some(about) = words.try_say(key) {
            command = command.about(about);
        }
        if let Some(usage) = usages.get(key) {
            command = command.override_usage(usage);
        }
        if let Some(more) = words.attribute(key, "more", &[]) {
            command = command.after_help(more);
        }
        for (place, name) in names.into_iter().enumerate() {
            command = command.mut_arg(&name, |arg| {
                let shared = key == self.root || matches!(name.as_str(), "help" | "version");
                // where there are no commands, all options are the program's own
                let heading = match (arg.is_positional(), shared && (key != self.root || !inner.is_empty())) {
                    (true, _) => "help-arguments",
                    (false, true) => "help-general-options",
                    (false, false) => "help-options",
                };
                let at = if shared { self.root } else { key };
                let name = name.replace('_', "-");
                let text = words.attribute(at, &name, &[]).or_else(|| words.attribute(self.root, &name, &[])).unwrap_or_default();
                let valued = arg.get_action().takes_values();
                arg.help(text).help_heading(words.say(heading)).hide_default_value(valued).display_order(place)
            });
        }
        for name in inner {
            command = command.mut_subcommand(&name, |c| self.localize(c, &self.key_of(key, &name), usages));
        }
        command
    }
}

/// Shows what clap has to say instead of a command, and how the program ends.
pub fn show(error: &clap::Error, args: &[OsString], words: &Words) -> Exit {
    let mut options = args.iter().skip(1).take_while(|a| *a != "--").filter_map(|a| a.to_str());
    // `-hola` is a text, and nobody asked for help
    let meant_as_text = options.find(|a| a.len() > 2 && a.starts_with('-') && !a.starts_with("--"));
    if let (ErrorKind::DisplayHelp | ErrorKind::DisplayVersion, Some(text)) = (error.kind(), meant_as_text) {
        let args = [("argument", crate::shown::shown(text).into())];
        show_failure(&Failure::new(words, "error-usage-hyphen", Exit::Usage, &args), words, false);
        return Exit::Usage;
    }
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        let mut out = std::io::stdout();
        let why = write!(out, "{}", error.render()).and_then(|()| out.flush()).err();
        let failure = why.and_then(|why| crate::screen::unread(words, &why));
        return failure.map_or(Exit::Done, |failure| {
            show_failure(&failure, words, false);
            failure.exit
        });
    }
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let _closed = write!(std::io::stderr(), "{}", error.render());
        return Exit::Usage;
    }
    let json = args.iter().skip(1).take_while(|a| *a != "--").any(|a| a == "--json");
    show_failure(&failure(error, words), words, json);
    Exit::Usage
}

/// Why a value is not taken: the forms that are, said to whoever typed another. The same in every language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forms(pub &'static str);

impl std::fmt::Display for Forms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Forms {}

/// What was typed wrongly, in the person's language.
#[must_use]
pub fn failure(error: &clap::Error, words: &Words) -> Failure {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(s)) => Some(crate::shown::shown(s)),
        Some(ContextValue::Strings(s)) => Some(s.iter().map(|s| crate::shown::shown(s)).collect::<Vec<_>>().join(", ")),
        Some(ContextValue::StyledStr(s)) => Some(s.to_string()),
        _ => None,
    };
    let argument = text(ContextKind::InvalidArg).unwrap_or_default();
    let value = text(ContextKind::InvalidValue).unwrap_or_default();
    let forms = std::error::Error::source(error).and_then(|why| why.downcast_ref::<Forms>()).map(ToString::to_string);
    let good = text(ContextKind::ValidValue).or(forms).unwrap_or_else(|| words.say("usage-see-help"));
    let prior = text(ContextKind::PriorArg).unwrap_or_default();
    let command = text(ContextKind::InvalidSubcommand).unwrap_or_default();
    let suggested = text(ContextKind::SuggestedSubcommand).or(text(ContextKind::SuggestedArg));
    let perhaps = suggested.map_or_else(String::new, |word| words.say_with("usage-perhaps", &[("word", word.into())]));
    let value_missing = value.is_empty();
    let args = [
        ("argument", argument.into()),
        ("value", value.into()),
        ("good", good.into()),
        ("prior", prior.into()),
        ("command", command.into()),
        ("perhaps", perhaps.into()),
    ];
    let usage = |key| Failure::new(words, key, Exit::Usage, &args);
    match error.kind() {
        // a person's number, typed where everybody on the machine can read it, is not said again
        ErrorKind::UnknownArgument if is_run(error) => Failure::new(words, "error-usage-run", Exit::Usage, &[]),
        ErrorKind::InvalidUtf8 => usage("error-usage-not-text"),
        ErrorKind::InvalidSubcommand => usage("error-usage-command"),
        ErrorKind::MissingRequiredArgument | ErrorKind::MissingSubcommand => usage("error-usage-missing"),
        ErrorKind::UnknownArgument => usage("error-usage-unknown"),
        ErrorKind::ArgumentConflict => usage("error-usage-conflict"),
        _ if value_missing => usage("error-usage-no-value"),
        _ => usage("error-usage-value"),
    }
}

/// Whether the word that no command takes could be a RUN: digits with dots, a hyphen, a check digit.
fn is_run(error: &clap::Error) -> bool {
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidArg) else { return false };
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    digits >= 7 && word.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'k' | b'K' | b' '))
}
