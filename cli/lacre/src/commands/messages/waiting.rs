//! What every program has that stays and waits for news: how long at a time, and that `lacre lock` ends it.

use crate::context::Context;
use crate::online;
use lacre_profile::agent;
use lacre_words::failure::Failure;
use std::io::Write as _;
use std::time::Duration;

/// Longest wait for news at a time: another command may have put something into the outbox meanwhile.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// Ends this process a moment after `lacre lock`, whatever it waits for: a step that is cut off is undone by the profile.
pub(super) fn end_when_locked(ctx: &Context, before: Vec<u8>) -> Result<(), Failure> {
    const LOOK: Duration = Duration::from_millis(250);
    let dir = ctx.profile_dir()?;
    let words = ctx.words.say("watch-locked");
    let json = ctx.global.json;
    std::thread::spawn(move || {
        while agent::mark(&dir) == before {
            online::pause(LOOK);
        }
        if !json {
            let _closed = writeln!(std::io::stderr(), "{words}");
        }
        std::process::exit(0)
    });
    Ok(())
}
