//! `lacre-relay registrar log`: what was done at the counter.

use super::super::status::short;
use super::super::{Failed, Place, running, say, sentence, tell};
use data_encoding::HEXLOWER;
use lacre_ground::time::Millis;
use lacre_proto::relay::v1 as wire;
use lacre_store::counter::{Act, ClerkName, Deed};
use lacre_words::failure::Exit;
use lacre_words::words::{Words, key};

/// What was done at the counter, by whom and when. It names no person. Exit code 1 when the record was changed
#[derive(Debug, clap::Args)]
pub(crate) struct Log {
    #[command(flatten)]
    place: Place,
    /// Prints one act a line: {"number", "at", "by", "deed", "about", "chain"}
    #[arg(long)]
    json: bool,
}

impl Log {
    /// No when an act is not as it was written.
    pub(crate) fn run(&self, words: &Words) -> Result<Exit, Failed> {
        let config = self.place.node()?;
        let mut before = None;
        loop {
            let from = before.map_or(1, |(number, _): (u64, [u8; 32])| number.saturating_add(1));
            let page = running::counter(
                &config.data,
                |_| None,
                |mut counter| async move { counter.list_acts(wire::ListActsRequest { from }).await },
            )?;
            if page.acts.is_empty() {
                break;
            }
            for told in &page.acts {
                self.print(told, words)?;
                let Some(act) = act(told).filter(|act| act.holds_behind(before)) else {
                    tell(&sentence(words, "log-broken", &[("number", &told.number.to_string())]));
                    return Ok(Exit::No);
                };
                before = Some((act.number, act.chain));
            }
        }
        if let (Some((number, chain)), false) = (before, self.json) {
            tell(&sentence(words, "log-head", &[("number", &number.to_string()), ("chain", &HEXLOWER.encode(&chain))]));
        }
        Ok(Exit::Done)
    }

    fn print(&self, act: &wire::Act, words: &Words) -> Result<(), Failed> {
        let by = if act.by.is_empty() { words.say(key("by-operator")) } else { act.by.clone() };
        if self.json {
            let (at, chain) = (Millis::new(act.at_ms).to_string(), HEXLOWER.encode(&act.chain));
            let by = (!act.by.is_empty()).then_some(&act.by);
            let line = serde_json::json!({
                "number": act.number, "at": at, "by": by, "deed": act.deed, "about": act.about, "chain": chain
            });
            return say(&line.to_string());
        }
        let deed = words.say(&format!("deed-{}", act.deed));
        let line = format!("{:>6}  {}  {by:<16}  {deed}  {}", act.number, short(act.at_ms), act.about);
        say(line.trim_end())
    }
}

/// An act as it was told, if it can be one.
fn act(told: &wire::Act) -> Option<Act> {
    let by = if told.by.is_empty() { None } else { Some(ClerkName::parse(&told.by)?) };
    let deed = Deed::ALL.iter().copied().find(|deed| deed.as_str() == told.deed)?;
    let chain = told.chain.as_slice().try_into().ok()?;
    Some(Act { number: told.number, at: Millis::new(told.at_ms), by, deed, about: told.about.clone(), chain })
}
