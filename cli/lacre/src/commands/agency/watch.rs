//! `lacre agency watch [--since N] [--for 30s]`: what comes, as it comes, numbered; takes it until it is stopped. It begins behind the
//! number that its reader names, else at the end of what was filed, and says where.

use super::own::{self, Evidence};
use super::replies::transaction;
use super::status::answer;
use crate::context::{Context, Outcome};
use crate::online;
use lacre_agency::{Body, Came, Dispatch};
use lacre_transport::GrpcNetwork;
use lacre_words::failure::{Exit, Failure};
use lacre_words::shown::shown;
use serde_json::json as object;
use std::time::Duration;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(long, value_name = "ID")]
    since: Option<u64>,
    #[arg(long = "for", value_name = "30s")]
    duration: Option<String>,
}

/// Longest wait for news at a time: another command may have opened a return channel meanwhile.
const PATIENCE: Duration = Duration::from_secs(15);
/// What is shown of one look at what came.
const PAGE: usize = 256;

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    follow(ctx, args, &mut |_| Ok(()))
}

/// What a round has beside what came.
pub(super) struct Round<'r> {
    pub(super) body: &'r mut Body,
    pub(super) network: &'r mut GrpcNetwork,
    pub(super) evidence: &'r mut Evidence,
}

/// Takes and shows what comes, and does `work` in each round in which the relay is there.
pub(super) fn follow(ctx: &Context, args: &Args, work: &mut dyn FnMut(Round<'_>) -> Result<(), Failure>) -> Outcome {
    let limit = args.duration.as_deref().map(|text| crate::duration::parse(ctx, text, crate::duration::MONTH)).transpose()?;
    let (mut body, mut evidence) = (own::open(ctx)?, Evidence::of(ctx)?);
    let mut network = own::network(ctx)?;
    let mut shown = match args.since {
        Some(since) => since,
        // what came before is in `replies` and `status`
        None => body.last_came().map_err(|e| own::trouble(ctx, e))?,
    };
    let began = ctx.clock.now();
    let left = |ctx: &Context| limit.map(|l| l.saturating_sub(Duration::from_millis(ctx.clock.now().since(began))));
    let said = [("since", shown.to_string().into()), ("zone", ctx.times_zone().into())];
    ctx.note(&ctx.words.say_with("body-watching", &said));
    let mut away = false;
    loop {
        let collected = own::collect_over(ctx, &mut network, &mut body, &mut evidence, away)?;
        if collected.is_some() && std::mem::take(&mut away) {
            ctx.note(&ctx.words.say("relay-back"));
        }
        away = collected.is_none();
        show(ctx, &mut body, &mut shown)?;
        if !away {
            work(Round { body: &mut body, network: &mut network, evidence: &mut evidence })?;
        }
        let wait = left(ctx).map_or(PATIENCE, |l| l.min(PATIENCE));
        if wait.is_zero() {
            return Ok(Exit::Done);
        }
        if away || !body.wait_for_answers(&mut network, wait).map_err(|e| own::trouble(ctx, e))? {
            online::pause(wait.min(Duration::from_secs(1)));
        }
    }
}

/// What came after this number; it is moved on.
fn show(ctx: &Context, body: &mut Body, through: &mut u64) -> Result<(), Failure> {
    loop {
        let page = body.came(*through, PAGE).map_err(|e| own::trouble(ctx, e))?;
        if page.is_empty() {
            return Ok(());
        }
        let rows = body.dispatches().map_err(|e| own::trouble(ctx, e))?;
        for came in page {
            let row = rows.iter().find(|row| Some(row.id) == came.notice);
            tell(ctx, &came, row);
            *through = came.number;
        }
    }
}

fn tell(ctx: &Context, came: &Came, row: Option<&Dispatch>) {
    let words = &ctx.words;
    let text = words.say_with(
        "body-came",
        &[
            ("number", came.number.to_string().into()),
            ("at", ctx.local(came.at).into()),
            ("case", row.map(|row| shown(&row.case)).unwrap_or_default().into()),
            ("what", answer(ctx, came.what.as_deref(), came.why.as_deref()).into()),
        ],
    );
    let json = object!({
        "number": came.number, "what": came.what.as_deref().unwrap_or("aside"), "why": came.why, "at": came.at.to_string(),
        "notice": came.notice.map(|id| id.to_string()), "case": row.map(|row| row.case.clone()),
        "transaction": transaction(row), "entry": came.entry.to_string(),
    });
    ctx.result(&text, &json);
}
