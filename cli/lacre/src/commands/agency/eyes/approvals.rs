//! `lacre agency approvals BATCH [FILE…]`: takes what officials signed, and says whether that is enough.

use crate::commands::agency::batch::{find, short};
use crate::commands::agency::own::{self, Evidence};
use crate::context::{Context, Outcome};
use crate::files;
use lacre_agency::officials::ApprovalFile;
use lacre_agency::{Approving, Batch, BodyTrouble};
use lacre_evidence::SignedBy;
use lacre_words::failure::{Exit, Failure};
use lacre_words::shown::shown;
use serde_json::{Value, json as object};
use std::path::{Path, PathBuf};

/// Longest approval: an official's note with the states of her account.
const MOST: usize = 1 << 20;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "BATCH")]
    batch: String,
    #[arg(value_name = "FILE")]
    approvals: Vec<PathBuf>,
}

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    let given = args.approvals.iter().map(|path| read(ctx, path)).collect::<Result<Vec<_>, _>>()?;
    let (mut body, evidence) = (own::open(ctx)?, Evidence::of(ctx)?);
    let _turn = evidence.turn(ctx)?;
    let batch = find(ctx, &mut body, &args.batch)?;
    let approving = match given.is_empty() {
        true => body.approving(batch.id).and_then(|found| found.ok_or(BodyTrouble::NoOfficials)),
        false => body.take_approvals(batch.id, given),
    };
    let approving = approving.map_err(|e| own::trouble(ctx, e))?;
    ctx.result(&text(ctx, &batch, &approving), &value(&batch, &approving));
    Ok(if approving.is_enough() { Exit::Done } else { Exit::No })
}

fn read(ctx: &Context, path: &Path) -> Result<ApprovalFile, Failure> {
    let bytes = files::bytes(ctx, path, MOST)?;
    let found = serde_json::from_slice(&bytes).ok().filter(|_| bytes.len() <= MOST);
    found.ok_or_else(|| ctx.failure("error-approval-file", Exit::Usage, &[("name", shown(&path.display().to_string()).into())]))
}

fn text(ctx: &Context, batch: &Batch, approving: &Approving) -> String {
    let line = |by: &SignedBy| {
        let said = [("who", by.handle.to_string().into()), ("when", ctx.local_in(by.at).into()), ("role", by.role.name().into())];
        ctx.words.say_with("approvals-by", &said)
    };
    let mut lines: Vec<String> = approving.signed.iter().map(line).collect();
    let left = approving.needed.saturating_sub(approving.approvers());
    if approving.drafter_missing {
        lines.push(ctx.words.say("approvals-no-drafter"));
    }
    if left > 0 {
        lines.push(ctx.words.say_with("approvals-left", &[("left", left.into()), ("needed", approving.needed.into())]));
    }
    if approving.is_enough() {
        lines.push(ctx.words.say_with("approvals-enough", &[("id", short(batch).into())]));
    }
    lines.join("\n")
}

fn value(batch: &Batch, approving: &Approving) -> Value {
    let by = |by: &SignedBy| object!({ "account": by.account.to_string(), "handle": by.handle.to_string(), "as": by.role.name(), "at": by.at.to_string() });
    object!({
        "batch": batch.id.to_string(), "signed": approving.signed.iter().map(by).collect::<Vec<_>>(), "needed": approving.needed,
        "approvers": approving.approvers(), "drafter_missing": approving.drafter_missing, "enough": approving.is_enough(),
    })
}
