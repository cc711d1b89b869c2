//! `lacre agency approve`: an official signs a batch with her office account, as its drafter or as an approver. Her program computes
//! what she signs from the rows that she was handed.

use super::{digest, looked, told};
use crate::commands::agency::{office, official, own};
use crate::context::{Context, Outcome};
use crate::{ask, files, secret};
use lacre_agency::officials::{ApprovalFile, Card};
use lacre_evidence::Role;
use lacre_words::failure::Exit;
use serde_json::json as object;
use std::path::PathBuf;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "FILE")]
    package: PathBuf,
    #[arg(long, value_name = "FILE")]
    roles: PathBuf,
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    #[arg(long)]
    yes: bool,
}

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    files::vacant(ctx, &args.to)?;
    let seen = looked(ctx, &args.package, |_| (), |_, _| Ok(()))?;
    let batch = &seen.text;
    let file = official::read(ctx, &args.roles)?;
    let mut client = secret::open(ctx)?;
    let (post, by) = office::asked(ctx, &mut client)?;
    let keys = client.registrar_keys().map_err(|t| ctx.trouble(t))?;
    let roles = file.in_force(&post.agency, &keys).map_err(|fault| own::refused(ctx, &fault))?;
    let role = if batch.drafter == Some(post.account) { Role::Drafter } else { Role::Approver };
    if !roles.has(&post.account, role) {
        return Err(ctx.failure("error-no-role", Exit::No, &[("role", role.name().into())]));
    }
    let digest = digest(&seen);
    let question = format!("{}\n{}", told(ctx, &seen), ctx.words.say_with("approve-question", &[("role", role.name().into())]));
    if args.yes {
        ctx.note(&question);
    }
    if !ask::yes(ctx, args.yes, &question) {
        ctx.result(&ctx.words.say("approve-not"), &object!({ "approved": false, "digest": digest }));
        return Ok(Exit::No);
    }
    let approval = client.approve(batch, roles.note_hash(), role).map_err(|t| ctx.trouble(t))?;
    let json = serde_json::to_vec_pretty(&ApprovalFile { approval, official: Card::from(by) }).unwrap_or_default();
    files::put(ctx, &args.to, &json)?;
    let value = object!({ "approved": true, "digest": digest, "as": role.name(), "to": args.to.display().to_string() });
    ctx.result(&ctx.words.say("approve-done"), &value);
    Ok(Exit::Done)
}
