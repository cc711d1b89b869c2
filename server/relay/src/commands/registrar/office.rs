//! `lacre-relay registrar office end`: an official's post at a public body is over.

use super::super::{Failed, Place, running, sentence, tell};
use super::agency::agency_of;
use super::issue_code::ask_run;
use lacre_proto::relay::v1 as wire;
use lacre_words::failure::Exit;
use lacre_words::words::Words;

/// Office accounts of officials
#[derive(Debug, clap::Subcommand)]
pub(crate) enum OfficeCommand {
    /// The post is over: the office account is gone, her own stays. The RUN is asked for, or comes on standard input
    End(End),
}

impl OfficeCommand {
    pub(crate) fn run(&self, words: &Words) -> Result<Exit, Failed> {
        match self {
            Self::End(args) => args.run(words),
        }
    }
}

/// Ends a post
#[derive(Debug, clap::Args)]
pub(crate) struct End {
    /// The body's code
    #[arg(value_name = "CODE")]
    code: String,
    #[command(flatten)]
    place: Place,
}

impl End {
    /// No when there is none.
    fn run(&self, words: &Words) -> Result<Exit, Failed> {
        let (config, office) = (self.place.node()?, agency_of(&self.code)?.as_str().to_owned());
        let request = wire::EndOfficeRequest { run: ask_run(words)?.canonical(), office: office.clone() };
        let ended = running::counter(
            &config.data,
            |reason| (reason == "BAD_RUN").then(|| Failed::usage("run-shape", &[])),
            |mut counter| async move { counter.end_office(request).await },
        )?;
        let args = [("code", office.as_str())];
        let told = if ended.ended { sentence(words, "office-ended", &args) } else { sentence(words, "office-none", &args) };
        tell(&told);
        Ok(if ended.ended { Exit::Done } else { Exit::No })
    }
}
