//! `lacre agency stats`: how many notices went by which route, how soon programs had them, and how many persons knew in time.

use super::own;
use crate::context::{Context, Outcome};
use lacre_agency::{Beside, BodyTrouble, Dispatch, Stage};
use lacre_ground::time::Millis;
use lacre_words::failure::Exit;
use serde_json::json as object;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {}

/// What a body shows of itself: handed over within so long.
const SOON_MS: u64 = 10_000;

#[derive(Default)]
struct Numbers {
    electronic: u64,
    handed_over: u64,
    soon: u64,
    known: u64,
    exempt: u64,
    no_address: u64,
    closed: u64,
}

impl Numbers {
    fn add(&mut self, row: &Dispatch) {
        match row.stage {
            Stage::Prepared => {}
            Stage::Refused => self.closed += 1,
            Stage::Otherwise if row.reason == "no account" => self.no_address += 1,
            Stage::Otherwise => self.exempt += 1,
            Stage::Sent => {
                self.electronic += 1;
                let first = |what: &[&str]| row.answers.iter().find(|(said, _)| what.contains(&said.as_str())).map(|(_, at)| *at);
                let after = |at: Millis| row.accepted_at.map(|accepted| at.since(accepted));
                let handed = first(&["ContentHandover"]);
                self.handed_over += u64::from(handed.is_some());
                self.soon += u64::from(handed.and_then(after).is_some_and(|ms| ms <= SOON_MS));
                self.known += u64::from(first(&["ContentAccessTracking", "ConsignmentAcceptance", "reply"]).is_some());
            }
        }
    }
}

pub(crate) fn run(ctx: &Context, _: &Args) -> Outcome {
    let mut body = own::open(ctx)?;
    let mut all = Numbers::default();
    body.each_dispatch(|_, row| {
        // trials are nobody's notices
        if row.beside != Beside::Trial {
            all.add(&row);
        }
        Ok::<_, BodyTrouble>(())
    })
    .map_err(|e| own::trouble(ctx, e))?;
    let number = |n: u64| n.to_string().into();
    let args = [
        ("electronic", number(all.electronic)),
        ("handed", number(all.handed_over)),
        ("soon", number(all.soon)),
        ("known", number(all.known)),
        ("exempt", number(all.exempt)),
        ("none", number(all.no_address)),
        ("closed", number(all.closed)),
    ];
    let json = object!({
        "electronic": all.electronic, "handed_over": all.handed_over, "within_10_seconds": all.soon, "known": all.known,
        "exempt": all.exempt, "no_address": all.no_address, "closed_since": all.closed,
    });
    ctx.result(&ctx.words.say_with("body-stats", &args), &json);
    Ok(Exit::Done)
}
