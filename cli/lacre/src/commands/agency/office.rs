//! `lacre agency office`: the office that this account is, by the registrar's word of now.

use crate::context::{Context, Outcome};
use crate::{online, secret};
use lacre_core::{Client, Trouble};
use lacre_evidence::{Office, Official};
use lacre_words::failure::{Exit, Failure};
use serde_json::json as object;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {}

/// The registrar's word, asked for now, and what it says.
pub(super) fn asked(ctx: &Context, client: &mut Client) -> Result<(Office, Official), Failure> {
    let mut network = online::network(ctx, client)?;
    let official = client.ask_office(&mut network).map_err(|t| ctx.trouble(t))?;
    let office = client.office().map_err(|t| ctx.trouble(t))?;
    let office = office.ok_or_else(|| ctx.trouble(Trouble::Notice(lacre_core::NoticeTrouble::NotAnOffice)))?;
    Ok((office, official))
}

pub(crate) fn run(ctx: &Context, _: &Args) -> Outcome {
    let mut client = secret::open(ctx)?;
    let (office, _) = asked(ctx, &mut client)?;
    let args = [
        ("body", office.agency.to_string().into()),
        ("handle", office.handle.to_string().into()),
        ("account", office.account.to_string().into()),
        ("post", office.post.name().into()),
        ("until", ctx.local_in(office.until).into()),
    ];
    let value = object!({
        "agency": office.agency.as_str(), "handle": office.handle.to_string(), "account": office.account.to_string(),
        "post": office.post.name(), "until": office.until.to_string(),
    });
    ctx.result(&ctx.words.say_with("office-is", &args), &value);
    Ok(Exit::Done)
}
