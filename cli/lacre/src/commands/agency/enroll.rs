//! `lacre agency enroll INVITATION`: the body's key on this machine, and its certificate.

use super::own;
use crate::ask;
use crate::context::{Context, Outcome};
use lacre_words::failure::Exit;
use lacre_words::shown::shown;
use serde_json::json as object;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "lacre://…")]
    invitation: String,
}

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    let invitation = ask::invitation(ctx, &args.invitation)?;
    let mut body = own::open_or_create(ctx)?;
    let network = own::network(ctx)?;
    let enrolled = body.enroll(&network, &invitation).map_err(|e| own::trouble(ctx, e))?;
    let certificate = &enrolled.certificate;
    ctx.tell_times_of(certificate.place.zone);
    let (code, name) = (certificate.code.to_string(), shown(&certificate.name));
    let until = ctx.local(certificate.until);
    let words = [
        ("code", code.as_str().into()),
        ("name", name.into()),
        ("until", until.into()),
        ("zone", ctx.zone(certificate.until).into()),
    ];
    ctx.result(
        &ctx.words.say_with("body-enrolled", &words),
        &object!({
            "code": code, "name": certificate.name, "key": data_encoding::HEXLOWER.encode(&certificate.key),
            "from": certificate.from.to_string(), "until": certificate.until.to_string(), "relay": enrolled.relay.to_string(),
        }),
    );
    Ok(Exit::Done)
}
