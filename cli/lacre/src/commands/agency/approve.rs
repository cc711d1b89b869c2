//! `lacre agency approve`: an official signs a batch with her office account, as its drafter or as an approver.

use super::{office, official};
use crate::context::{Context, Outcome, local};
use crate::{ask, files, secret};
use lacre_agency::officials::{ApprovalFile, Card};
use lacre_evidence::{BatchText, Role};
use lacre_words::failure::Exit;
use lacre_words::shown::shown;
use serde_json::json as object;
use std::path::PathBuf;

/// Longest text of a batch.
const MOST: usize = 64 << 10;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "FILE")]
    batch: PathBuf,
    #[arg(long, value_name = "FILE")]
    roles: PathBuf,
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    #[arg(long)]
    yes: bool,
}

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    files::vacant(ctx, &args.to)?;
    let unusable = || ctx.failure("error-batch-file", Exit::Usage, &[("name", shown(&args.batch.display().to_string()).into())]);
    let bytes = files::bytes(ctx, &args.batch, MOST)?;
    let batch = String::from_utf8(bytes).ok().and_then(|text| BatchText::parse(&text).ok()).ok_or_else(unusable)?;
    let file = official::read(ctx, &args.roles)?;
    let mut client = secret::open(ctx)?;
    let (post, by) = office::asked(ctx, &mut client)?;
    let keys = client.registrar_keys().map_err(|t| ctx.trouble(t))?;
    let roles = file.in_force(&post.agency, &keys).map_err(|fault| official::refused(ctx, &fault))?;
    let role = if batch.drafter == Some(post.account) { Role::Drafter } else { Role::Approver };
    if !roles.has(&post.account, role) {
        return Err(ctx.failure("error-no-role", Exit::No, &[("role", role.name().into())]));
    }
    let digest = data_encoding::HEXLOWER.encode(&batch.digest());
    let told = [
        ("body", batch.agency.to_string().into()),
        ("rows", batch.rows.into()),
        ("from", local(batch.not_before).into()),
        ("until", local(batch.not_after).into()),
        ("rule", shown(&batch.rule.id).into()),
        ("digest", digest.clone().into()),
        ("role", role.name().into()),
    ];
    let question = ctx.words.say_with("approve-question", &told);
    if args.yes {
        ctx.note(&question);
    }
    if !ask::yes(ctx, args.yes, &question) {
        ctx.result(&ctx.words.say("approve-not"), &object!({ "approved": false, "digest": digest }));
        return Ok(Exit::No);
    }
    let approval = client.approve(&batch, roles.note_hash(), role).map_err(|t| ctx.trouble(t))?;
    let json = serde_json::to_vec_pretty(&ApprovalFile { approval, official: Card::from(by) }).unwrap_or_default();
    files::put(ctx, &args.to, &json)?;
    let value = object!({ "approved": true, "digest": digest, "as": role.name(), "to": args.to.display().to_string() });
    ctx.result(&ctx.words.say("approve-done"), &value);
    Ok(Exit::Done)
}
