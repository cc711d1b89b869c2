//! `lacre agency dispatch BATCH [--yes]`: sends what is drafted. Interrupted at any moment it goes on; every row exactly once.

use super::{find, line, short, value};
use crate::ask;
use crate::commands::agency::own::{self, Evidence};
use crate::context::{Context, Outcome};
use crate::spoken::spoken_seconds;
use lacre_agency::{Batch, Block, Body, Stopped};
use lacre_transport::GrpcNetwork;
use lacre_words::failure::{Exit, Failure};
use std::io::{IsTerminal as _, Write as _};

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "BATCH")]
    batch: String,
    #[arg(long)]
    yes: bool,
}

/// Rows a second that are surely sent: whether a batch fits into its day is asked before the first of them.
const ROWS_A_SECOND: u64 = 20;

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    let mut body = own::open(ctx)?;
    let (mut network, mut evidence) = (own::network(ctx)?, Evidence::of(ctx)?);
    let batch = find(ctx, &mut body, &args.batch)?;
    may_begin(ctx, args, &batch)?;
    let stopped = send(ctx, &mut body, &mut network, &mut evidence, &batch)?;
    let batch = body.batch(batch.id).map_err(|e| own::trouble(ctx, e))?;
    let counts = body.counts(batch.id).map_err(|e| own::trouble(ctx, e))?;
    ctx.result(&line(ctx, &batch, &counts), &value(&batch, &counts));
    let left = [("id", short(&batch).into()), ("rows", (batch.rows.saturating_sub(batch.next)).to_string().into())];
    match stopped {
        Stopped::Done => Ok(if counts.otherwise + counts.failed == 0 { Exit::Done } else { Exit::No }),
        Stopped::Before(at) => {
            ctx.note(&ctx.words.say_with("batch-before", &[("at", ctx.local_in(at).into())]));
            Ok(Exit::No)
        }
        Stopped::After(_) => {
            ctx.note(&ctx.words.say_with("batch-after", &left));
            Ok(Exit::No)
        }
        Stopped::Refused(rows) => {
            ctx.note(&ctx.words.say_with("batch-refused", &[("rows", rows.to_string().into()), ("id", short(&batch).into())]));
            Ok(Exit::No)
        }
    }
}

/// Days count from the day of dispatch: a batch that may not end on one day is asked about.
fn may_begin(ctx: &Context, args: &Args, batch: &Batch) -> Result<(), Failure> {
    let seconds = batch.rows.saturating_sub(batch.next) / ROWS_A_SECOND;
    let ends = ctx.clock.now().plus(seconds.saturating_mul(1_000));
    if ends < batch.not_after || ctx.clock.now() >= batch.not_after {
        return Ok(());
    }
    let question = ctx.words.say_with("batch-ask-midnight", &[("at", ctx.local_in(batch.not_after).into())]);
    if ask::yes(ctx, args.yes, &question) {
        return Ok(());
    }
    Err(ctx.failure("error-batch-midnight", Exit::No, &[("at", ctx.local_in(batch.not_after).into())]))
}

/// Block by block; other commands have their turn between two of them.
fn send(
    ctx: &Context,
    body: &mut Body,
    network: &mut GrpcNetwork,
    evidence: &mut Evidence,
    batch: &Batch,
) -> Result<Stopped, Failure> {
    let (began, mut rows) = (ctx.clock.now(), 0);
    loop {
        let block = {
            let _turn = evidence.turn(ctx)?;
            body.send_block(network, evidence, batch.id)
        };
        let block = block.map_err(|e| {
            over(ctx);
            let failure = own::trouble(ctx, e);
            // what was refused before its first row kept nothing
            if body.batch(batch.id).is_ok_and(|batch| batch.begun_at.is_some()) {
                ctx.note(&ctx.words.say_with("batch-again", &[("id", short(batch).into())]));
            }
            failure
        })?;
        rows += block.sent + block.otherwise + block.failed;
        match block.stopped {
            Some(stopped) => {
                over(ctx);
                return Ok(stopped);
            }
            None => progress(ctx, &block, rows, ctx.clock.now().since(began)),
        }
    }
}

/// One line that is written over and over: how many, how fast, how long still.
fn progress(ctx: &Context, block: &Block, rows: u64, ms: u64) {
    let mut stderr = std::io::stderr().lock();
    if !stderr.is_terminal() || ctx.global.json {
        return;
    }
    let rate = rows.saturating_mul(1_000).checked_div(ms).unwrap_or(rows).max(1);
    let left = block.of.saturating_sub(block.through) / rate;
    let text = ctx.words.say_with(
        "batch-progress",
        &[
            ("through", block.through.to_string().into()),
            ("rows", block.of.to_string().into()),
            ("rate", rate.to_string().into()),
            ("left", spoken_seconds(&ctx.words, u32::try_from(left.max(1)).unwrap_or(u32::MAX)).into()),
        ],
    );
    let _closed = write!(stderr, "\r\x1b[2K{text}").and_then(|()| stderr.flush());
}

/// The line goes when there is something else to say.
fn over(ctx: &Context) {
    let mut stderr = std::io::stderr().lock();
    if stderr.is_terminal() && !ctx.global.json {
        let _closed = write!(stderr, "\r\x1b[2K").and_then(|()| stderr.flush());
    }
}
