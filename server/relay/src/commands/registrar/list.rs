//! `lacre-relay registrar list`: invitations that work and were not used.

use super::super::status::short;
use super::super::{Failed, Place, running};
use super::rows;
use lacre_ground::time::Millis;
use lacre_proto::relay::v1 as wire;
use lacre_words::failure::Exit;
use lacre_words::words::{Words, key};

/// Invitations that work and were not used: by when they end. Whom they are for, only the person knows
#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    place: Place,
    /// Prints [{"reference", "expires_at", "recover"}]
    #[arg(long)]
    json: bool,
}

impl List {
    pub(crate) fn run(&self, words: &Words) -> Result<Exit, Failed> {
        let config = self.place.node()?;
        let list = running::counter(
            &config.data,
            |_| None,
            |mut counter| async move { counter.list_codes(wire::ListCodesRequest {}).await },
        )?;
        let value = |code: &wire::LiveCode| {
            let expires_at = Millis::new(code.expires_at_ms).to_string();
            serde_json::json!({ "reference": code.reference, "expires_at": expires_at, "recover": code.recover })
        };
        rows::told(&list.codes, self.json, value, |code| {
            let kind = words.say(if code.recover { key("code-recovery") } else { key("code-first") });
            format!("{}  {}  {kind}", code.reference, short(code.expires_at_ms))
        })
    }
}
