//! `lacre clock`: from when a notice counts and when a term ends. No profile, no network.

use crate::context::{Context, Outcome};
use crate::proof::{day, days, spanish};
use lacre_evidence::clock::{Calendar, ClockError, Place, RuleId, Term, Zone, legal_dates};
use lacre_ground::time::Millis;
use lacre_words::failure::{Exit, Failure};
use lacre_words::usage::Forms;
use serde::Serialize;

/// What is asked.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    dispatch: Millis,
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    zone: Zone,
    #[arg(long, value_name = "CODE")]
    comuna: Option<String>,
    #[arg(long, value_name = "ID", default_value = "CL-46-2026", value_parser = rule)]
    rule: RuleId,
    #[arg(long, value_name = "DAYS", value_parser = term)]
    term: Option<Term>,
}

fn instant(text: &str) -> Result<Millis, Forms> {
    let at = text.parse::<jiff::Timestamp>().ok().and_then(|stamp| u64::try_from(stamp.as_millisecond()).ok());
    at.map(Millis::new).ok_or(Forms("2026-07-06T14:00:00Z, 2026-07-06T10:00:00-04:00"))
}

fn zone(text: &str) -> Result<Zone, Forms> {
    Zone::parse(text).map_err(|_| Forms("America/Santiago, America/Coyhaique, America/Punta_Arenas, Pacific/Easter"))
}

fn rule(text: &str) -> Result<RuleId, Forms> {
    RuleId::parse(text).ok_or(Forms("CL-46-2026, CL-D4-27, CL-letter, CL-counter"))
}

fn term(text: &str) -> Result<Term, Forms> {
    text.parse().ok().and_then(Term::business_days).ok_or(Forms("1-1000"))
}

#[derive(Serialize)]
struct Json {
    dispatch: String,
    zone: &'static str,
    comuna: Option<String>,
    rule: &'static str,
    term: Option<u16>,
    local_date: String,
    calendar: String,
    calendar_sha256: String,
    deemed_third_day: Option<String>,
    deemed_elapsed: Option<String>,
    last_day_third_day: Option<String>,
    last_day_elapsed: Option<String>,
    safe_for_citizen: &'static str,
    safe_for_agency: &'static str,
    readings: Vec<Reading>,
}

#[derive(Serialize)]
struct Reading {
    rule: &'static str,
    rule_sha256: String,
    law: &'static str,
    in_force: bool,
    deemed: String,
    last_day: Option<String>,
    days: Vec<days::Json>,
}

/// Does it.
pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    let words = &ctx.words;
    let calendar = Calendar::chile();
    let place = Place { zone: args.zone, comuna: super::comuna(ctx, args.comuna.as_deref())? };
    let dates = legal_dates(args.dispatch, place, args.rule.rule(), args.term, calendar).map_err(|e| out_of_range(ctx, &e))?;
    let hex = |b: &[u8; 32]| data_encoding::HEXLOWER.encode(b);

    let readings = dates.readings().map(|r| Reading {
        rule: r.rule.id.name(),
        rule_sha256: hex(&r.rule.sha256),
        law: &r.rule.law,
        in_force: r.in_force,
        deemed: r.deemed.to_string(),
        last_day: r.last_day.map(|d| d.to_string()),
        days: days::json(words, &dates, r, calendar),
    });
    // a letter and a counter have one reading: it stands in both places
    let first = dates.readings().next();
    let last = dates.readings().last();
    let json = Json {
        dispatch: args.dispatch.to_string(),
        zone: args.zone.name(),
        comuna: place.comuna.map(|c| c.to_string()),
        rule: args.rule.name(),
        term: args.term.map(Term::days),
        local_date: dates.local_date.to_string(),
        calendar: dates.calendar.clone(),
        calendar_sha256: hex(&dates.calendar_sha256),
        deemed_third_day: first.map(|r| r.deemed.to_string()),
        deemed_elapsed: last.map(|r| r.deemed.to_string()),
        last_day_third_day: first.and_then(|r| r.last_day).map(|d| d.to_string()),
        last_day_elapsed: last.and_then(|r| r.last_day).map(|d| d.to_string()),
        safe_for_citizen: dates.safe_for_citizen().rule.id.name(),
        safe_for_agency: dates.safe_for_agency().rule.id.name(),
        readings: readings.collect(),
    };

    let comuna = args.comuna.as_deref().unwrap_or("none").to_owned();
    let wall = args.zone.wall(args.dispatch).map(|w| w.strftime("%H:%M:%S").to_string()).unwrap_or_default();
    let mut out = vec![
        words.say_with(
            "clock-dispatch",
            &[
                ("day", day(words, dates.local_date).into()),
                ("time", wall.into()),
                ("zone", args.zone.name().into()),
                ("comuna", comuna.into()),
            ],
        ),
        words.say_with(
            "clock-calendar",
            &[("id", dates.calendar.as_str().into()), ("hash", json.calendar_sha256.as_str().into())],
        ),
    ];
    for r in dates.readings() {
        out.push(String::new());
        out.push(words.say_with("clock-reading", &[("rule", r.rule.id.name().into()), ("law", r.rule.law.as_str().into())]));
        let text = if spanish(words) { &r.rule.es } else { &r.rule.en };
        out.push(format!("  {}", words.say_with("clock-words", &[("text", text.as_str().into())])));
        if !r.in_force {
            out.push(format!("  {}", words.say("clock-not-in-force")));
        }
        out.extend(days::lines(words, &dates, r, calendar).into_iter().map(|l| format!("    {l}")));
        out.push(format!("  {}", words.say_with("clock-deemed", &[("day", day(words, r.deemed).into())])));
        if let (Some(last), Some(term)) = (r.last_day, args.term) {
            let args = [("day", day(words, last).into()), ("term", u32::from(term.days()).into())];
            out.push(format!("  {}", words.say_with("clock-last", &args)));
        }
    }
    out.push(String::new());
    for (key, r) in [
        (lacre_words::words::key("clock-citizen"), dates.safe_for_citizen()),
        (lacre_words::words::key("clock-agency"), dates.safe_for_agency()),
    ] {
        let last = r.last_day.map_or("none".to_owned(), |d| day(words, d));
        let args = [("day", day(words, r.deemed).into()), ("last", last.into()), ("rule", r.rule.id.name().into())];
        out.push(words.say_with(key, &args));
    }
    if args.comuna.is_some() {
        out.push(words.say("clock-comuna-note"));
    }
    ctx.result(&out.join("\n"), &json);
    Ok(Exit::Done)
}

/// The calendar does not reach there.
pub(crate) fn out_of_range(ctx: &Context, error: &ClockError) -> Failure {
    let ClockError::OutOfRange { calendar, from, through } = error;
    let args =
        [("calendar", calendar.as_str().into()), ("from", from.to_string().into()), ("through", through.to_string().into())];
    ctx.failure("error-clock-range", Exit::No, &args)
}
