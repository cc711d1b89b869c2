//! `lacre calendar`: the legal holidays of a year. No profile, no network.

use super::clock::out_of_range;
use crate::context::{Context, Outcome};
use crate::proof::{day, spanish};
use lacre_evidence::clock::{Calendar, ClockError};
use lacre_words::failure::Exit;
use serde::Serialize;

/// What is asked.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(long, value_name = "YEAR")]
    year: i16,
    #[arg(long, value_name = "CODE")]
    comuna: Option<String>,
}

#[derive(Serialize)]
struct Holiday<'a> {
    date: String,
    name: &'a str,
    law: &'a str,
}

/// Does it.
pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    let calendar = Calendar::chile();
    let (from, through) = calendar.range();
    let outside = || ClockError::OutOfRange { calendar: calendar.id().to_owned(), from, through };
    let list =
        calendar.year(args.year, super::comuna(ctx, args.comuna.as_deref())?).ok_or_else(|| out_of_range(ctx, &outside()))?;
    let name = |h: &'static lacre_evidence::clock::Holiday| if spanish(&ctx.words) { &h.es } else { &h.en };
    let lines: Vec<String> = list.iter().map(|h| format!("{}  {} ({})", day(&ctx.words, h.date), name(h), h.law)).collect();
    let json: Vec<Holiday<'_>> = list.iter().map(|h| Holiday { date: h.date.to_string(), name: name(h), law: &h.law }).collect();
    ctx.result(&lines.join("\n"), &json);
    Ok(Exit::Done)
}
