//! The unlock agent, as a process: started by `lacre unlock`, which gives it the key through a pipe, and behind it the
//! mark of the profile from before the passphrase was asked for.

use crate::context::{Context, Outcome};
use lacre_profile::{ProfileKey, agent};
use lacre_words::cause::cause;
use lacre_words::failure::Exit;
use std::io::{Read as _, Write as _};
use std::time::Duration;
use zeroize::Zeroizing;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(long)]
    seconds: u64,
}

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    let failed = |why: std::io::Error| ctx.failure("error-agent", Exit::CouldNotAsk, &[("why", cause(&ctx.words, &why).into())]);
    let mut key = Zeroizing::new([0; 32]);
    std::io::stdin().read_exact(&mut *key).map_err(failed)?;
    let dir = ctx.profile_dir()?;
    let mut mark = Vec::new();
    std::io::stdin().read_to_end(&mut mark).map_err(failed)?;
    let lasting = Duration::from_secs(args.seconds);
    let agent = agent::Agent::bind(&dir, ProfileKey::new(*key), mark, lasting, ctx.clock.clone()).map_err(failed)?;
    std::io::stdout().write_all(b"!").and_then(|()| std::io::stdout().flush()).map_err(failed)?;
    agent.run().map_err(failed)?;
    Ok(Exit::Done)
}
