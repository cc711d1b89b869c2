//! `lacre-relay registrar revoke`: an invitation that shall not work.

use super::super::{Failed, Place, running, sentence, tell};
use lacre_proto::relay::v1::RevokeCodeRequest;
use lacre_store::counter::Reference;
use lacre_words::failure::Exit;
use lacre_words::words::Words;

/// Takes an invitation back that was not used
#[derive(Debug, clap::Args)]
pub(crate) struct Revoke {
    /// What the invitation is called at the counter: 16 hexadecimal digits, as `list` shows them
    #[arg(value_name = "REFERENCE")]
    reference: String,
    #[command(flatten)]
    place: Place,
}

impl Revoke {
    pub(crate) fn run(&self, words: &Words) -> Result<Exit, Failed> {
        let config = self.place.node()?;
        let reference =
            Reference::parse(&self.reference).ok_or_else(|| Failed::usage("bad-reference", &[("reference", &self.reference)]))?;
        let reference = reference.to_string();
        let request = RevokeCodeRequest { reference: reference.clone() };
        running::counter(
            &config.data,
            |reason| (reason == "NO_CODE").then(|| Failed::no("no-code")),
            |mut counter| async move { counter.revoke_code(request).await },
        )?;
        tell(&sentence(words, "code-revoked", &[("reference", &reference)]));
        Ok(Exit::Done)
    }
}
