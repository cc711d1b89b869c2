//! `lacre export CONVERSATION --to FILE`: a conversation as evidence, in clear, for a court or a lawyer.

use crate::context::{Context, Outcome};
use crate::proof::exported::FORMAT;
use crate::{files, find, json, online, secret};
use data_encoding::HEXLOWER;
use lacre_core::ExportedMessage;
use lacre_core::view::Body;
use lacre_words::failure::Exit;
use lacre_words::shown::shown;
use serde_json::{Value, json as object};
use std::path::PathBuf;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "CONVERSATION")]
    conversation: String,
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    files::vacant(ctx, &args.to)?;
    let mut client = secret::open(ctx)?;
    let mut network = online::network(ctx, &mut client)?;
    let reached = online::round_with(ctx, &mut client, &mut network)?;
    let id = find::conversation(ctx, &mut client, &args.conversation)?.id;
    let net: Option<&mut dyn lacre_core::network::Network> = if reached.yes() { Some(&mut network) } else { None };
    let export = client.export(net, &id).map_err(|t| ctx.trouble(t))?;
    let written = export.messages.iter().filter(|m| matches!(m.message.body, Body::Text(_) | Body::File { .. }));
    let (signed, receipts) = written.fold((0, 0), |(signed, receipts), m| match &m.proof {
        Some(proof) => (signed + 1, receipts + usize::from(proof.receipt.is_some())),
        None => (signed, receipts),
    });
    let accounts: Vec<Value> = export
        .accounts
        .iter()
        .map(|a| {
            object!({
                "account": a.account.to_string(), "handle": a.handle.to_string(), "states": a.states, "binding": a.binding,
            })
        })
        .collect();
    let file = object!({
        "format": FORMAT,
        "exported_at": ctx.clock.now().to_string(),
        "relay": export.relay,
        "conversation": json::Conversation::from(&export.conversation),
        "accounts": accounts,
        "messages": export.messages.iter().map(line).collect::<Vec<_>>(),
    });
    files::put(ctx, &args.to, format!("{file:#}\n").as_bytes())?;
    let path = args.to.display().to_string();
    let counts = [("path", shown(&path).into()), ("signed", signed.into()), ("receipts", receipts.into())];
    ctx.result(
        &ctx.words.say_with("exported", &counts),
        &object!({ "path": path, "messages": export.messages.len(), "signed": signed, "receipts": receipts, "relay_reached": reached.yes() }),
    );
    ctx.note(&ctx.words.say("export-in-clear"));
    Ok(Exit::Done)
}

fn line(exported: &ExportedMessage) -> Value {
    let mut line = object!({ "message": json::Message::from(&exported.message), "proof": null });
    if let (Some(proof), Some(place)) = (&exported.proof, line.get_mut("proof")) {
        *place = object!({
            "group": HEXLOWER.encode(&proof.group),
            "device": proof.device.to_string(),
            "channel": proof.channel.to_string(),
            "entry": proof.entry.to_string(),
            "seq": proof.seq,
            "content": HEXLOWER.encode(&proof.content),
            "signature": HEXLOWER.encode(&proof.signature),
            "receipt": proof.receipt,
        });
    }
    line
}
