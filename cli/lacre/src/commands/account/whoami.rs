//! `lacre whoami`: the account and device of this profile.

use crate::context::{Context, Outcome};
use crate::{json, online, secret};
use lacre_core::AccountTrouble;
use lacre_words::failure::Exit;

pub(crate) fn run(ctx: &Context) -> Outcome {
    let mut client = secret::open(ctx)?;
    let Some(who) = client.whoami().map_err(|t| ctx.trouble(t))? else {
        return Err(ctx.trouble(lacre_core::Trouble::Account(AccountTrouble::NotEnrolled)));
    };
    let args = [
        ("handle", who.handle.to_string().into()),
        ("account", who.account.to_string().into()),
        ("device", who.device.to_string().into()),
        ("relay", who.relay.to_string().into()),
    ];
    let replaced = client.replaced().map_err(|t| ctx.trouble(t))?;
    ctx.result(&ctx.words.say_with("whoami", &args), &json::WhoAmI::new(&who, replaced));
    online::note_replaced(ctx, &mut client)?;
    if !who.enrolled {
        ctx.note(&ctx.words.say("enrolment-unfinished"));
    }
    Ok(Exit::Done)
}
