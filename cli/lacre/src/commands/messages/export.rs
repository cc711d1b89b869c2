//! `lacre export CONVERSATION --to FILE`: a conversation as evidence, in clear, for a court or a lawyer.

use crate::context::{Context, Outcome};
use crate::proof::exported::FORMAT;
use crate::{ended, find, json, online, secret};
use data_encoding::HEXLOWER;
use lacre_core::ExportedMessage;
use lacre_core::view::Body;
use lacre_words::cause::cause;
use lacre_words::failure::Exit;
use lacre_words::shown::shown;
use serde_json::{Value, json as object};
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "CONVERSATION")]
    conversation: String,
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
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
    write(&args.to, &file).map_err(|e| {
        let dir = shown(&args.to.display().to_string());
        ctx.failure("error-cannot-save", Exit::CouldNotAsk, &[("dir", dir.into()), ("why", cause(&ctx.words, &e).into())])
    })?;
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

/// For its owner's eyes, and over nothing that is there.
fn write(path: &Path, file: &Value) -> io::Result<()> {
    let mut out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    ended::note_part(path);
    let written = serde_json::to_writer_pretty(&mut out, file).map_err(io::Error::from);
    let written = written.and_then(|()| out.write_all(b"\n")).and_then(|()| out.sync_all());
    if written.is_err() {
        // half of it is in clear, and evidence of nothing
        let _gone = std::fs::remove_file(path);
    }
    ended::forget_part(path);
    written
}
