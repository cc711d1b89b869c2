//! `lacre-relay registrar exempt` and `registrar person end`: for whom electronic notices take no effect.

use super::super::{Failed, Place, running, say, sentence, tell};
use super::issue_code::ask_run;
use lacre_proto::relay::v1 as wire;
use lacre_words::failure::Exit;
use lacre_words::words::Words;

/// Why electronic notices take no effect for a person.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Reason {
    Law,
    LegalPerson,
    Minor,
    Dead,
}

impl Reason {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Law => "law",
            Self::LegalPerson => "legal-person",
            Self::Minor => "minor",
            Self::Dead => "dead",
        }
    }
}

/// Persons for whom electronic notices take no effect
#[derive(Debug, clap::Subcommand)]
pub(crate) enum ExemptCommand {
    /// Exempts a person. The RUN is asked for, or comes on standard input
    Add(Add),
    /// Ends an exemption
    Remove(Asked),
    /// Whether a person is exempt, and why
    Show(Asked),
}

impl ExemptCommand {
    pub(crate) fn run(&self, words: &Words) -> Result<Exit, Failed> {
        match self {
            Self::Add(args) => set(&args.place, args.reason.as_str(), words),
            Self::Remove(args) => set(&args.place, "", words),
            Self::Show(args) => args.show(words),
        }
    }
}

/// What became of a person
#[derive(Debug, clap::Subcommand)]
pub(crate) enum PersonCommand {
    /// The person is dead: public bodies notify otherwise. The RUN is asked for, or comes on standard input
    End(Asked),
}

impl PersonCommand {
    pub(crate) fn run(&self, words: &Words) -> Result<Exit, Failed> {
        match self {
            Self::End(args) => set(&args.place, Reason::Dead.as_str(), words),
        }
    }
}

/// Exempts a person
#[derive(Debug, clap::Args)]
pub(crate) struct Add {
    /// Why
    #[arg(long, value_name = "REASON", value_enum, hide_possible_values = true)]
    reason: Reason,
    #[command(flatten)]
    place: Place,
}

/// A person whose RUN is asked for
#[derive(Debug, clap::Args)]
pub(crate) struct Asked {
    #[command(flatten)]
    place: Place,
}

fn bad_run(reason: &str) -> Option<Failed> {
    (reason == "BAD_RUN").then(|| Failed::usage("run-shape", &[]))
}

fn set(place: &Place, reason: &str, words: &Words) -> Result<Exit, Failed> {
    let config = place.node()?;
    let request = wire::ExemptRequest { run: ask_run(words)?.canonical(), reason: reason.to_owned() };
    running::counter(&config.data, bad_run, |mut counter| async move { counter.exempt(request).await })?;
    tell(&told(reason, true, words));
    Ok(Exit::Done)
}

impl Asked {
    /// No when the person is not exempt.
    fn show(&self, words: &Words) -> Result<Exit, Failed> {
        let config = self.place.node()?;
        let request = wire::ShowExemptRequest { run: ask_run(words)?.canonical() };
        let found = running::counter(&config.data, bad_run, |mut counter| async move { counter.show_exempt(request).await })?;
        if !found.reason.is_empty() {
            say(&found.reason)?;
        }
        tell(&told(&found.reason, false, words));
        Ok(if found.reason.is_empty() { Exit::No } else { Exit::Done })
    }
}

fn told(reason: &str, changed: bool, words: &Words) -> String {
    match (reason, changed) {
        ("", true) => words.say("exempt-ended"),
        ("", false) => words.say("exempt-none"),
        (reason, _) => sentence(words, "exempt-set", &[("reason", &words.say(&format!("exempt-reason-{reason}")))]),
    }
}
