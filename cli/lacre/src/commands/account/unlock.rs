//! `lacre unlock --for 1h`: asks for the passphrase once; a small agent keeps the key for that long.

use crate::context::{Context, Outcome};
use crate::{duration, secret, spoken};
use lacre_profile::agent;
use lacre_words::cause::cause;
use lacre_words::failure::Exit;
use lacre_words::shown::shown;
use serde_json::json as object;
use std::io::{ErrorKind, Read as _, Write as _};
use std::process::{Command, Stdio};

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(long = "for", value_name = "1h", default_value = "1h")]
    duration: String,
}

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    let lasting = duration::parse(ctx, &args.duration, duration::MONTH)?;
    let dir = ctx.profile_dir()?;
    let mark = agent::mark(&dir);
    let client = secret::open_with_secret(ctx, &dir)?;
    // An agent that is there already would keep the old time.
    agent::lock(&dir);
    let folder = || ("dir", shown(&dir.display().to_string()).into());
    let failed = |why: &std::io::Error| match why.kind() {
        // it ended without a word
        ErrorKind::UnexpectedEof | ErrorKind::BrokenPipe => ctx.failure("error-agent-ended", Exit::CouldNotAsk, &[folder()]),
        _ => ctx.failure("error-agent", Exit::CouldNotAsk, &[("why", cause(&ctx.words, why).into())]),
    };
    start(&dir, lasting.as_secs(), client.profile().key().expose(), &mark).map_err(|e| failed(&e))?;
    let until = ctx.clock.now().plus(u64::try_from(lasting.as_millis()).unwrap_or(u64::MAX));
    let time = spoken::spoken_seconds(&ctx.words, u32::try_from(lasting.as_secs()).unwrap_or(u32::MAX));
    let args = [("time", time.into()), ("until", crate::when::when(ctx, until).into())];
    let text = ctx.words.say_with("unlocked", &args);
    ctx.result(&text, &object!({ "unlocked": true, "until": until.to_string() }));
    Ok(Exit::Done)
}

/// Starts the agent as a process of its own, that outlives this one and its terminal. The key goes through a pipe: it is
/// in no argument and no file. One byte comes back when the agent answers.
fn start(dir: &std::path::Path, seconds: u64, key: &[u8; 32], mark: &[u8]) -> std::io::Result<()> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("agent").arg("--seconds").arg(seconds.to_string()).arg("--profile").arg(std::path::absolute(dir)?);
    command.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command.spawn()?;
    let broken = || std::io::Error::from(std::io::ErrorKind::BrokenPipe);
    let mut to = child.stdin.take().ok_or_else(broken)?;
    to.write_all(key).and_then(|()| to.write_all(mark))?;
    drop(to);
    child.stdout.take().ok_or_else(broken)?.read_exact(&mut [0; 1])
}
