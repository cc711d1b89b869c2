//! `lacre contact link [NAME] | --list | --revoke ID`: who has it may ask to be a contact.

use crate::context::{Context, Outcome};
use crate::when::when;
use crate::{json, online, show};
use lacre_core::Client;
use lacre_core::OutboxTrouble;
use lacre_words::failure::Exit;
use lacre_words::shown::shown;
use lacre_words::words::key;
use serde_json::json as object;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "NAME", default_value = "")]
    name: String,
    #[arg(long, conflicts_with_all = ["name", "revoke"])]
    list: bool,
    #[arg(long, value_name = "ID", conflicts_with = "name")]
    revoke: Option<u64>,
}

pub(crate) fn run(ctx: &Context, client: &mut Client, args: &Args) -> Outcome {
    let words = &ctx.words;
    let made = match args.revoke {
        Some(number) => {
            client.link_revoke(number).map_err(|t| match t {
                lacre_core::Trouble::Outbox(OutboxTrouble::NoSuchItem) => ctx.failure("error-no-such-link", Exit::No, &[]),
                other => ctx.trouble(other),
            })?;
            None
        }
        None if args.list => None,
        None => {
            // a right that the relay knows already is needed
            online::round(ctx, client)?;
            online::may_write(ctx, client)?;
            Some(client.link_make(&args.name).map_err(|t| ctx.trouble(t))?)
        }
    };
    let reached = if args.list { online::round(ctx, client)? } else { online::deliver(ctx, client)? };
    let links = client.links().map_err(|t| ctx.trouble(t))?;
    let text = match (&made, args.revoke) {
        (Some(link), _) => link.link.expose(),
        (None, Some(_)) => super::told(ctx, client, key("link-revoked"))?,
        (None, None) => {
            let row = |l: &lacre_core::view::Link| {
                vec![l.number.to_string(), when(ctx, l.made_at), show::cut(&shown(&l.name), 20), l.link.expose()]
            };
            show::rows(ctx, &links.iter().map(row).collect::<Vec<_>>())
        }
    };
    let json = object!({
        "link": made.as_ref().map(json::Link::from),
        "links": links.iter().map(json::Link::from).collect::<Vec<_>>(),
        "relay_reached": reached.yes(),
    });
    ctx.result(&text, &json);
    match made {
        Some(link) => ctx.note(&words.say_with("link-made", &[("id", link.number.into())])),
        None if args.list && links.is_empty() => ctx.note(&words.say("no-links")),
        None => {}
    }
    Ok(Exit::Done)
}
