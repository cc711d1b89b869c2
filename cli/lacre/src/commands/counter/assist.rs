//! `lacre counter assist`: on a machine that is not hers a person gets her account, or gets it back, and the machine keeps nothing.
//!
//! | | where her keys are |
//! |---|---|
//! | while this runs | in the memory of this process |
//! | behind it, if she has a stick of her own | in a profile there, under her passphrase; this process goes on with that one |
//! | behind it, if not | nowhere: the account pauses, and a recovery code takes it to a device of hers |
//! | if she brings it on her stick | there: she reads what came, on the spot |
//!
//! An address for official notices is offered in the second case only: what is sent there takes effect, whether or not anybody has
//! the keys to open it. No profile of this machine is opened, a clerk's least of all.

use super::stick::{self, NotThere};
use crate::commands::account::settings;
use crate::commands::notice::{address, list, read};
use crate::context::{Context, Outcome};
use crate::ended::OwnScreen;
use crate::secret::{Source, with_secret_from};
use crate::trouble::open_failure;
use crate::{ask, find, online};
use lacre_core::view::WhoAmI;
use lacre_core::{AccountTrouble, Client, Trouble};
use lacre_profile::{OpenError, Secret};
use lacre_words::failure::{Exit, Failure};
use lacre_words::shown::shown;
use lacre_words::typed::{NoLine, line};
use lacre_words::words::key;
use serde_json::json as object;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

#[derive(clap::Args, Debug)]
pub(crate) struct Args {}

/// Answers that do not do, before it ends: whoever is at the keyboard may be gone.
const MISTAKES: u8 = 12;

/// How it ended; it names nobody.
#[derive(Default)]
struct Ended {
    recovered: bool,
    taken: bool,
    address: bool,
    paused: bool,
}

/// What she came for.
enum Wish {
    /// an account
    First,
    /// the one that she lost
    Lost,
    /// what came to the one on her stick
    Read,
}

/// A person at the keyboard of a machine that is not hers.
struct Session<'a> {
    ctx: &'a Context,
    screen: OwnScreen,
    mistakes: u8,
}

pub(crate) fn run(ctx: &Context, _: &Args) -> Outcome {
    nobody_elses(ctx)?;
    let mut session = Session { ctx, screen: OwnScreen::begin(), mistakes: 0 };
    let ended = session.run();
    // before anything else is said: also a failure stands on a screen that shows nothing of hers
    drop(session);
    let Ended { recovered, taken, address, paused } = ended?;
    let json = object!({ "recovered": recovered, "taken": taken, "address": address, "paused": paused });
    ctx.result(&ctx.words.say("assist-ended"), &json);
    Ok(Exit::Done)
}

/// No profile of this machine, and a person who can be asked.
fn nobody_elses(ctx: &Context) -> Result<(), Failure> {
    let global = &ctx.global;
    if global.profile.is_some() || global.passphrase_file.is_some() || global.key_file.is_some() {
        return Err(ctx.failure("error-assist-profile", Exit::Usage, &[]));
    }
    if ctx.data_home().is_ok_and(|home| lacre_profile::exists(&home.join(super::own::FOLDER))) {
        return Err(ctx.failure("error-assist-clerk", Exit::No, &[]));
    }
    if !std::io::stdin().is_terminal() {
        return Err(ctx.failure("error-assist-terminal", Exit::Usage, &[]));
    }
    Ok(())
}

/// Whether this machine writes memory to a disk when it has too little; where that cannot be known, it may.
fn swaps() -> bool {
    std::fs::read_to_string("/proc/swaps").map_or(true, |text| text.lines().count() > 1)
}

impl Session<'_> {
    fn run(&mut self) -> Result<Ended, Failure> {
        let ctx = self.ctx;
        let nowhere = |e: OpenError| open_failure(&ctx.words, &e, Path::new("-"));
        let mut client = Client::in_memory(ctx.environment()).map_err(nowhere)?;
        settings::keep_proxy(ctx, &mut client)?;
        ctx.note(&ctx.words.say("assist-begin"));
        ctx.note(&ctx.words.say(if swaps() { key("assist-swaps") } else { key("assist-no-swap") }));
        self.enter(key("assist-enter"))?;
        let recovered = match self.wish()? {
            Wish::First => false,
            Wish::Lost => true,
            Wish::Read => return self.reads(),
        };
        let who = self.arrive(&mut client, recovered)?;
        self.screen.clear();
        let args = [("handle", who.handle.to_string().into())];
        ctx.note(&ctx.words.say_with(if recovered { key("assist-recovered") } else { key("assist-arrived") }, &args));
        match self.taken(client)? {
            Ok((mut home, folder)) => self.at_home(&mut home, &folder, recovered),
            Err(client) => self.left_here(client, &who, recovered),
        }
    }

    fn wish(&mut self) -> Result<Wish, Failure> {
        self.screen.clear();
        loop {
            self.ctx.note(&self.ctx.words.say("assist-which"));
            match self.asked(key("assist-which-ask"))?.as_deref() {
                Some("1") => return Ok(Wish::First),
                Some("2") => return Ok(Wish::Lost),
                Some("3") => return Ok(Wish::Read),
                _ => self.mistake(&self.ctx.words.say("assist-one-of-three"))?,
            }
        }
    }

    /// What came to the account on her stick: a list, and one after the other as she asks for them. Nobody else is there to ask.
    fn reads(&mut self) -> Result<Ended, Failure> {
        let ctx = self.ctx;
        let folder = loop {
            match self.asked(key("assist-stick-where"))?.and_then(|typed| stick::profile(ctx, &typed)) {
                Some(folder) => break folder,
                None => self.mistake(&ctx.words.say("assist-stick-no-account"))?,
            }
        };
        let source = Source { passphrase_file: None, key_file: None };
        let mut home = loop {
            let opened = with_secret_from(ctx, source, false, |secret| Client::open(&folder, *secret, ctx.environment()))?;
            match opened {
                Ok(home) => break home,
                Err(why) => self.mistake(&open_failure(&ctx.words, &why, &folder).what)?,
            }
        };
        loop {
            self.screen.clear();
            list::run(ctx, &mut home)?;
            let Some(wanted) = self.asked(key("assist-read-which"))? else { break };
            self.screen.clear();
            if let Err(failure) = read::run(ctx, &mut home, &read::Args::of(wanted)) {
                self.mistake(&failure.what)?;
            }
            self.enter(key("assist-enter"))?;
        }
        Ok(Ended { taken: true, ..Ended::default() })
    }

    /// Her account, with the code that she was given. What is mistyped is asked for again, and a relay that is away asked again: the
    /// keys are here and nowhere else.
    fn arrive(&mut self, client: &mut Client, recovering: bool) -> Result<WhoAmI, Failure> {
        let ctx = self.ctx;
        let mut network = online::network(ctx, client)?;
        let (mut invitation, mut handle) = (None, None);
        loop {
            if invitation.is_none() {
                match ask::invitation(ctx, "-") {
                    Ok(given) => invitation = Some(given),
                    Err(failure) => self.mistake(&failure.what)?,
                }
                continue;
            }
            if handle.is_none() && !recovering {
                let typed = self.asked(key("assist-name"))?.unwrap_or_default();
                match find::handle(ctx, &typed).ok().filter(lacre_ground::ids::Handle::may_be_new) {
                    Some(good) => handle = Some(good),
                    None => {
                        let wrong = ctx.failure("error-handle", Exit::Usage, &[("value", shown(&typed).into())]);
                        self.mistake(&format!("{} {}", wrong.what, wrong.remedy))?;
                    }
                }
                continue;
            }
            let done = match (&invitation, &handle) {
                (Some(code), Some(handle)) => client.enroll(&mut network, code, handle),
                (Some(code), None) => client.recover(&mut network, code),
                (None, _) => continue,
            };
            match done {
                Ok(who) => return Ok(who),
                Err(trouble @ Trouble::Account(AccountTrouble::HandleTaken)) => {
                    handle = None;
                    self.mistake(&ctx.trouble(trouble).what)?;
                }
                Err(trouble @ Trouble::Account(AccountTrouble::CodeRefused)) => {
                    invitation = None;
                    let failure = ctx.trouble(trouble);
                    self.mistake(&format!("{} {}", failure.what, failure.why))?;
                }
                Err(away) if away.is_away() || away.is_full() => {
                    self.mistake(&ctx.trouble(away).what)?;
                    self.enter(key("assist-once-more"))?;
                }
                Err(other) => return Err(ctx.trouble(other)),
            }
        }
    }

    /// On a stick of hers, if she has one here; else the profile stays in memory. Nothing of this ends the session before the account
    /// that is there by now pauses.
    fn taken(&mut self, mut client: Client) -> Result<Result<(Client, PathBuf), Client>, Failure> {
        let ctx = self.ctx;
        // those on the way here are behind her
        self.mistakes = 0;
        ctx.note(&ctx.words.say("assist-stick"));
        match self.settled(&mut client) {
            Ok(Some(folder)) => {
                // of one device there is one profile: from here on it is that one
                let key = client.profile().key().clone();
                drop(client);
                let home = Client::open(&folder, Secret::Raw(&key), ctx.environment());
                Ok(Ok((home.map_err(|e| open_failure(&ctx.words, &e, &folder))?, folder)))
            }
            Ok(None) => Ok(Err(client)),
            Err(failure) => {
                ctx.note(&failure.what);
                Ok(Err(client))
            }
        }
    }

    /// The folder on her stick where it is now, under a passphrase of hers; none when she has none here.
    fn settled(&mut self, client: &mut Client) -> Result<Option<PathBuf>, Failure> {
        let ctx = self.ctx;
        let mut locked = false;
        loop {
            let Some(typed) = self.asked(key("assist-stick-ask"))? else { return Ok(None) };
            let folder = match stick::folder(ctx, &typed) {
                Ok(folder) => folder,
                Err(why) => {
                    self.mistake(&ctx.words.say(match why {
                        NotThere::NoFolder => key("assist-stick-none"),
                        NotThere::Machine => key("assist-stick-machine"),
                        NotThere::Taken => key("assist-stick-taken"),
                    }))?;
                    continue;
                }
            };
            if !locked {
                let source = Source { passphrase_file: None, key_file: None };
                match with_secret_from(ctx, source, true, |secret| client.change_secret(secret).is_ok()) {
                    Ok(true) => locked = true,
                    Ok(false) => return Err(ctx.failure("error-assist-secret", Exit::CouldNotAsk, &[])),
                    Err(failure) => {
                        self.mistake(&failure.what)?;
                        continue;
                    }
                }
            }
            match client.profile().settle(&folder) {
                Ok(()) => return Ok(Some(folder)),
                Err(why) => self.mistake(&open_failure(&ctx.words, &why, &folder).what)?,
            }
        }
    }

    /// She has it with her: official notices may reach her, if she wants.
    fn at_home(&mut self, home: &mut Client, folder: &Path, recovered: bool) -> Result<Ended, Failure> {
        let ctx = self.ctx;
        self.screen.clear();
        let statement = ctx.words.say("notice-statement");
        ctx.note(&ctx.words.say("assist-address"));
        let wanted =
            ask::yes(ctx, false, &ctx.words.say_with("notice-address-question", &[("statement", statement.as_str().into())]));
        self.screen.clear();
        if wanted {
            home.designate(&statement).map_err(|t| ctx.trouble(t))?;
            home.ask_about_notices().map_err(|t| ctx.trouble(t))?;
        }
        let _away_is_said = online::deliver(ctx, home)?;
        if wanted {
            let now = home.notice_address().map_err(|t| ctx.trouble(t))?;
            address::said(ctx, &now).iter().for_each(|sentence| ctx.note(sentence));
        }
        ctx.note(&ctx.words.say_with("assist-taken", &[("dir", shown(&folder.display().to_string()).into())]));
        self.enter(key("assist-written-down"))?;
        Ok(Ended { recovered, taken: true, address: wanted, paused: false })
    }

    /// Nobody will have these keys: whoever asks for her meanwhile is told that the account pauses, and nothing goes to it in vain.
    fn left_here(&mut self, mut client: Client, who: &WhoAmI, recovered: bool) -> Result<Ended, Failure> {
        let ctx = self.ctx;
        client.set_paused(true).map_err(|t| ctx.trouble(t))?;
        let mut network = online::network(ctx, &mut client)?;
        let paused = loop {
            match client.sync(&mut network) {
                Ok(_) if client.relay_told().map_err(|t| ctx.trouble(t))? => break true,
                Ok(_) => {}
                // not "it goes out later": there is no later here
                Err(away) if away.is_away() || away.is_full() => ctx.note(&ctx.trouble(away).what),
                Err(other) => return Err(ctx.trouble(other)),
            }
            if self.asked(key("assist-pause-again"))?.is_some() {
                break false;
            }
        };
        self.screen.clear();
        let relay = format!("{}:{}", who.relay.host(), who.relay.port());
        let args = [("handle", who.handle.to_string().into()), ("relay", relay.into())];
        ctx.note(&ctx.words.say_with("assist-left", &args));
        ctx.note(&ctx.words.say(if paused { key("assist-paused") } else { key("assist-not-paused") }));
        self.enter(key("assist-written-down"))?;
        Ok(Ended { recovered, taken: false, address: false, paused })
    }

    /// A line, or nothing where only Enter came.
    fn asked(&self, question: &'static str) -> Result<Option<String>, Failure> {
        let ctx = self.ctx;
        match line(&ctx.words.say(question)) {
            Ok(text) => Ok(Some(text)),
            Err(NoLine::Nothing | NoLine::Many) => Ok(None),
            Err(NoLine::Io(_)) => Err(ctx.failure("error-assist-terminal", Exit::Usage, &[])),
        }
    }

    fn enter(&self, question: &'static str) -> Result<(), Failure> {
        self.asked(question).map(drop)
    }

    /// That an answer did not do; not for ever.
    fn mistake(&mut self, why: &str) -> Result<(), Failure> {
        self.mistakes += 1;
        if self.mistakes >= MISTAKES {
            return Err(self.ctx.failure("error-assist-gone", Exit::No, &[]));
        }
        self.ctx.note(why);
        Ok(())
    }
}
