//! `lacre agency approve`: an official signs a batch with her office account, as its drafter or as an approver. Her program computes
//! what she signs from the rows that she was handed. What came in a conversation is answered there.

use super::handed::{Came, Handed};
use super::{digest, looked, told};
use crate::commands::agency::{office, official, own};
use crate::context::{Context, Outcome};
use crate::{ask, files, online, secret};
use lacre_agency::officials::{ApprovalFile, Card};
use lacre_core::Client;
use lacre_core::view::{ConversationId, Delivery};
use lacre_evidence::Role;
use lacre_transport::GrpcNetwork;
use lacre_words::failure::{Exit, Failure};
use serde_json::json as object;
use std::path::PathBuf;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(flatten)]
    handed: Handed,
    #[arg(long, value_name = "FILE")]
    roles: PathBuf,
    #[arg(long, value_name = "FILE", required_unless_present = "message")]
    to: Option<PathBuf>,
    #[arg(long)]
    yes: bool,
}

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    args.to.as_deref().map_or(Ok(()), |to| files::vacant(ctx, to))?;
    let package = args.handed.open(ctx)?;
    let seen = looked(ctx, &package, |_| (), |_, _| Ok(()))?;
    let batch = &seen.text;
    let file = official::read(ctx, &args.roles)?;
    let (mut client, answers) = match package.came {
        Some(Came { client, network, conversation }) => (client, Some((network, conversation))),
        None => (secret::open(ctx)?, None),
    };
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
    if let Some(to) = &args.to {
        files::put(ctx, to, &json)?;
    }
    let waits = answers.map(|(network, to)| answer(ctx, &mut client, network, &to, &digest, &json)).transpose()?;
    let text = match waits {
        None => ctx.words.say("approve-done"),
        Some(waits) => ctx.words.say_with("approve-answered", &[("waits", if waits { "yes" } else { "no" }.into())]),
    };
    let to = args.to.as_ref().map(|to| to.display().to_string());
    ctx.result(&text, &object!({ "approved": true, "digest": digest, "as": role.name(), "to": to, "waiting": waits }));
    Ok(Exit::Done)
}

/// Sends what was signed to where the batch came from; whether it waits for the relay.
fn answer(
    ctx: &Context,
    client: &mut Client,
    mut network: GrpcNetwork,
    to: &ConversationId,
    digest: &str,
    json: &[u8],
) -> Result<bool, Failure> {
    let name = format!("{}.json", digest.get(..8).unwrap_or(digest));
    let size = u64::try_from(json.len()).unwrap_or(u64::MAX);
    let sent = client.send_file(to, &name, &mut &*json, size).map_err(|t| ctx.trouble(t))?;
    online::deliver_with(ctx, client, &mut network)?;
    let now = client.find_message(&sent.id.to_string()).map_err(|t| ctx.trouble(t))?;
    Ok(now.delivery == Delivery::Waiting)
}
