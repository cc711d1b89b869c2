//! Help and usage errors in the operator's language: clap parses, the catalogues speak.
//!
//! A command's help stands under its path (`help-registrar-issue-code`), an argument's under it or, where several commands
//! share it, under its own name (`help-any-data`).

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command};
use lacre_relay::words::Words;

/// The command with all its texts in this language.
pub(crate) fn localized(command: Command, words: &Words) -> Command {
    let flag = |name: &'static str, short: char, action| Arg::new(name).long(name).short(short).action(action);
    let command = command
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .disable_version_flag(true)
        .arg(flag("help", 'h', ArgAction::Help).global(true))
        .arg(flag("version", 'V', ArgAction::Version));
    let command = texts(command, "help", words);
    let mut built = command.clone();
    built.build();
    usages(command, &mut built, words)
}

/// Everything but the line that says how a command is typed.
fn texts(command: Command, path: &str, words: &Words) -> Command {
    let says = |id: &str| words.has(id).then(|| words.say(id, &[]));
    let say = |id: &str| words.say(id, &[]);
    let mut command = command
        .help_template(format!("{{about-with-newline}}\n{}: {{usage}}\n\n{{all-args}}", say("usage-heading")))
        .subcommand_help_heading(say("usage-commands"))
        .subcommand_value_name(say("usage-command"));
    if let Some(about) = says(path) {
        command = command.about(about);
    }
    let command = command.mut_args(|arg| {
        let name = arg.get_id().as_str().replace('_', "-");
        let heading = say(if arg.is_positional() { "usage-arguments" } else { "usage-options" });
        let value = arg.get_value_names().and_then(|names| names.first()).map(|name| name.to_ascii_lowercase());
        let value = value.and_then(|name| says(&format!("value-{}", name.replace([':', '_'], "-"))));
        let valued = arg.get_action().takes_values();
        let arg = arg.help_heading(heading).hide_default_value(valued).hide_possible_values(valued);
        let arg = match says(&format!("{path}-{name}")).or_else(|| says(&format!("help-any-{name}"))) {
            Some(help) => arg.help(help),
            None => arg,
        };
        match value {
            Some(value) if valued => arg.value_name(value),
            _ => arg,
        }
    });
    command.mut_subcommands(|sub| {
        let path = format!("{path}-{}", sub.get_name());
        texts(sub, &path, words)
    })
}

/// `lacre-relay backup [OPCIONES] [DESTINO]`: clap's own line with its English words replaced.
fn usages(command: Command, built: &mut Command, words: &Words) -> Command {
    let line = built.render_usage().to_string();
    let line = line.strip_prefix("Usage:").unwrap_or(&line).trim();
    let line = line.replace("[OPTIONS]", &format!("[{}]", words.say("usage-options", &[]).to_uppercase()));
    command.override_usage(line).mut_subcommands(|sub| match built.find_subcommand_mut(sub.get_name()) {
        Some(inner) => usages(sub, inner, words),
        None => sub,
    })
}

/// What is said when a command was typed wrongly; what clap itself wants to show otherwise (help, version).
pub(crate) fn sentence(error: &clap::Error, words: &Words) -> Option<String> {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(s)) => Some(s.clone()),
        Some(ContextValue::Strings(s)) => Some(s.join(", ")),
        _ => None,
    };
    let argument = text(ContextKind::InvalidArg).unwrap_or_default();
    let value = text(ContextKind::InvalidValue).unwrap_or_default();
    let prior = text(ContextKind::PriorArg).unwrap_or_default();
    let id = match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => return None,
        ErrorKind::InvalidSubcommand => "usage-no-command",
        ErrorKind::MissingRequiredArgument | ErrorKind::MissingSubcommand => "usage-missing",
        ErrorKind::UnknownArgument => "usage-unknown",
        ErrorKind::ArgumentConflict => "usage-conflict",
        _ if value.is_empty() => "usage-no-value",
        _ => "usage-value",
    };
    let command = text(ContextKind::InvalidSubcommand).unwrap_or_default();
    let shown = |s: &str| s.chars().flat_map(char::escape_debug).collect::<String>();
    let values =
        [("argument", shown(&argument)), ("value", shown(&value)), ("prior", shown(&prior)), ("command", shown(&command))];
    let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Some(format!("{} {}", words.say(id, &values), words.say("usage-see-help", &[])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;
    use lacre_relay::words::Lang;

    fn helps(command: &mut Command, into: &mut Vec<String>) {
        into.push(command.render_long_help().to_string());
        for sub in command.get_subcommands_mut() {
            helps(sub, into);
        }
    }

    #[test]
    fn no_help_in_spanish_holds_a_word_of_claps() {
        let mut command = localized(crate::Cli::command(), &Words::new(Lang::Es));
        command.build();
        let mut all = Vec::new();

        helps(&mut command, &mut all);

        assert!(all.len() > 8, "{}", all.len());
        for help in all {
            for word in [
                "Usage",
                "Options",
                "OPTIONS",
                "Commands",
                "COMMAND",
                "Arguments",
                "Print",
                "possible",
                "default:",
                "FILE",
                "<DAYS>",
            ] {
                assert!(!help.contains(word), "{word} in\n{help}");
            }
            assert!(help.contains("Uso: lacre-relay"), "{help}");
        }
    }

    #[test]
    fn whoever_types_something_wrong_is_told_what_in_both_languages() {
        for (lang, word) in [(Lang::Es, "no se entiende"), (Lang::En, "is not understood")] {
            let words = Words::new(lang);
            let typed = |args: &[&str]| {
                let all = ["lacre-relay"].iter().chain(args);
                let e = localized(crate::Cli::command(), &words).try_get_matches_from(all).unwrap_err();
                sentence(&e, &words)
            };

            assert!(typed(&["serve", "--lisen"]).unwrap().contains(word));
            for wrong in [
                &["srve"][..],
                &["backup"],
                &["backup", "a", "--keys", "b"],
                &["issue-leaf", "a", "--days", "x"],
                &["serve", "--listen"],
                &["registrar"],
                &["--lang", "xx", "check"],
            ] {
                let said = typed(wrong);
                let help = wrong == ["registrar"];
                assert_eq!(said.is_none(), help, "{wrong:?}");
                assert!(said.is_none_or(|s| s.contains("--help") && !s.contains("error:") && !s.contains('{')), "{wrong:?}");
            }
            assert_eq!(typed(&["--help"]), None);
        }
    }
}
