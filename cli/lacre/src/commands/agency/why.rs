//! Why something of a body's was refused or put aside, in words: the closed lists of the relay and of the verifier.

use crate::context::Context;
use crate::proof::reason;
use lacre_core::network::Limit;
use lacre_evidence::{FaultCode, LackCode};
use lacre_words::cause::cause_in;
use lacre_words::shown::shown;
use lacre_words::words::{Words, key};

/// A limit that a body meets, in words with its name, which the operator needs; of another the name, as a detail.
pub(super) fn limit(words: &Words, name: &str) -> String {
    let known = match Limit::ALL.into_iter().find(|limit| limit.as_str() == name) {
        Some(Limit::RoutesPerAgencyDay) => key("limit-routes"),
        Some(Limit::LookupsPerAgencyDay) => key("limit-lookups"),
        Some(Limit::DeliversPerAgencyDay) => key("limit-delivers"),
        Some(Limit::StampsPerAgencyDay) => key("limit-stamps"),
        Some(Limit::LastResortPerDay) => key("limit-last-resort"),
        Some(Limit::LastResortPerAgencyDay) => key("limit-last-resort-body"),
        Some(Limit::MaxKeptEntries | Limit::MaxKeptBytes) => key("limit-kept"),
        Some(Limit::MaxKeptTokens) => key("limit-tokens"),
        Some(_) | None => return cause_in(words, name),
    };
    words.say_with(known, &[("name", shown(name).into())])
}

/// Why an answer does not verify: the sentence of its code, and the part that shows it.
pub(super) fn fault(ctx: &Context, why: &str) -> String {
    let (code, part) = why.split_once(' ').unwrap_or((why, ""));
    let sentence = FaultCode::ALL.iter().find(|known| known.code() == code).map(|known| reason::fault(*known));
    let sentence = sentence.or_else(|| LackCode::ALL.iter().find(|known| known.code() == code).map(|known| reason::lack(*known)));
    match sentence {
        Some(sentence) => format!("{} {}", ctx.words.say(sentence), shown(part)).trim_end().to_owned(),
        None => cause_in(&ctx.words, why),
    }
}
