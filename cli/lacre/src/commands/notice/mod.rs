//! `lacre notice …`: official notices, and the account as an address for them.

pub(crate) mod address;
pub(crate) mod alert;
pub(crate) mod answer;
pub(crate) mod body;
pub(crate) mod deadlines;
pub(crate) mod export;
pub(crate) mod list;
pub(crate) mod object;
pub(crate) mod plain;
pub(crate) mod proof;
pub(crate) mod read;
pub(crate) mod remind;
pub(crate) mod reply;
pub(crate) mod settings;
pub(crate) mod told;

use crate::context::{Context, Outcome};
use crate::{ask, secret};
use lacre_core::Client;
use lacre_core::view::{NoticeAnswer, NoticeRef, OfficialNotice};
use lacre_words::failure::Failure;

#[derive(clap::Subcommand, Debug)]
pub(crate) enum Command {
    /// what came
    List,
    /// one of them
    Read(read::Args),
    /// take note of it
    Ack(answer::Args),
    /// refuse it
    Refuse(answer::Args),
    /// it is meant for somebody else
    NotMe(answer::Args),
    /// write to the body
    Reply(reply::Args),
    /// until when
    Deadlines,
    /// for others
    Export(export::Args),
    /// what casillas held, by the relay's word
    Proof(proof::Args),
    /// official notices reach one here
    Address(address::Args),
    /// what bodies learn
    Settings(settings::Args),
    /// a word on the desktop
    Alert(alert::Args),
}

pub(crate) fn run(ctx: &Context, command: &Command) -> Outcome {
    let open = || secret::open(ctx);
    match command {
        Command::List => list::run(ctx, &mut open()?),
        Command::Read(args) => read::run(ctx, &mut open()?, args),
        Command::Ack(args) => answer::run(ctx, &mut open()?, args, NoticeAnswer::Acknowledged),
        Command::Refuse(args) => answer::run(ctx, &mut open()?, args, NoticeAnswer::Refused),
        Command::NotMe(args) => answer::run(ctx, &mut open()?, args, NoticeAnswer::NotMe),
        Command::Reply(args) => reply::run(ctx, &mut open()?, args),
        Command::Deadlines => deadlines::run(ctx, &mut open()?),
        Command::Export(args) => export::run(ctx, &mut open()?, args),
        Command::Proof(args) => proof::run(ctx, &mut open()?, args),
        Command::Address(args) => address::run(ctx, &mut open()?, args),
        Command::Settings(args) => settings::run(ctx, &mut open()?, args),
        // needs no secret
        Command::Alert(args) => alert::run(ctx, args),
    }
}

/// The notice that a person means.
fn find(ctx: &Context, client: &mut Client, typed: &str) -> Result<OfficialNotice, Failure> {
    let id: NoticeRef = client.notice_called(typed.trim()).map_err(|t| ctx.trouble(t))?;
    client.notice(id).map_err(|t| ctx.trouble(t))
}

/// Whether she goes on, once she knows what follows by law of an answer.
fn goes_on(ctx: &Context, client: &mut Client, said: bool, notice: &OfficialNotice) -> Result<bool, Failure> {
    let warning = told::knowledge(ctx, notice, client.answer_time().map_err(|t| ctx.trouble(t))?);
    if said {
        ctx.note(&warning);
        return Ok(true);
    }
    let question = format!("{warning}\n{}", ctx.words.say("notice-go-on"));
    Ok(ask::yes(ctx, said, &question))
}
