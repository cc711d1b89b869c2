//! `lacre agency list --run|--case|--code`: the notices of one person, of one case, or of one transaction code.

use super::own;
use super::replies::transaction;
use super::status::{line, word};
use crate::ask;
use crate::context::{Context, Outcome};
use lacre_agency::{Dispatch, Stage};
use lacre_words::failure::{Exit, Failure};
use serde_json::{Value, json as object};

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(flatten)]
    meant: Meant,
}

/// Which notices are meant.
#[derive(clap::Args, Debug)]
#[group(multiple = false)]
pub(super) struct Meant {
    /// takes no value: it is asked for, so that nobody reads it among the processes
    #[arg(long)]
    run: bool,
    #[arg(long, value_name = "TEXT")]
    pub(super) case: Option<String>,
    #[arg(long, value_name = "TEXT")]
    pub(super) code: Option<String>,
}

impl Meant {
    /// The RUN, where one is meant.
    pub(super) fn asked(&self, ctx: &Context) -> Result<Option<String>, Failure> {
        // not clap's to ask for: its usage would not fit into a line
        if !self.run && self.case.is_none() && self.code.is_none() {
            return Err(ctx.failure("error-list-which", Exit::Usage, &[]));
        }
        if self.run { Ok(Some(ask::run(ctx)?.canonical())) } else { Ok(None) }
    }
    pub(super) fn is(&self, run: Option<&str>, row: &Dispatch) -> bool {
        run.is_some_and(|run| row.run == run)
            || self.case.as_ref().is_some_and(|case| row.case == *case)
            || self.code.is_some() && transaction(Some(row)) == self.code
    }
}

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    let run = args.meant.asked(ctx)?;
    let mut body = own::open(ctx)?;
    let (mut text, mut json) = (Vec::new(), Vec::new());
    body.each_dispatch(|_, row| {
        if args.meant.is(run.as_deref(), &row) {
            text.push(line(ctx, &row, None));
            json.push(value(&row));
        }
        Ok::<_, lacre_agency::BodyTrouble>(())
    })
    .map_err(|e| own::trouble(ctx, e))?;
    if json.is_empty() {
        return Err(none(ctx));
    }
    ctx.long_result(&text.join("\n"), &object!({ "notices": json }));
    Ok(Exit::Done)
}

fn none(ctx: &Context) -> Failure {
    ctx.failure("error-list-none", Exit::No, &[])
}

fn value(row: &Dispatch) -> Value {
    let unproven = row.stage == Stage::Sent && row.unproven;
    object!({
        "notice": row.id.to_string(), "case": row.case, "subject": row.subject, "stage": word(row.stage), "unproven": unproven,
        "reason": row.reason, "asked_at": row.asked_at.to_string(), "accepted_at": row.accepted_at.map(|at| at.to_string()),
        "transaction": transaction(Some(row)), "batch": row.batch.map(|(batch, _)| batch.to_string()),
        "row": row.batch.map(|(_, index)| index.saturating_add(1)),
    })
}
