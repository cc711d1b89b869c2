//! The relay, as commands see it: a round of synchronisation that may find nobody there.

use crate::context::{Context, Said};
use crate::when::when;
use lacre_core::AccountTrouble;
use lacre_core::view::Synced;
use lacre_core::{Client, Environment, Trouble};
use lacre_profile::StoreError;
use lacre_transport::{GrpcNetwork, OnProgress, Options, Progress, SocksProxy, Timeouts};
use lacre_words::cause::cause_in;
use lacre_words::failure::{Exit, Failure};
use lacre_words::shown::shown;
use lacre_words::words::key;
use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

/// A relay that has said nothing for so long is told of: a command that stands still without a word looks as if it hung.
const LATE: Duration = Duration::from_secs(3);

/// The network of this profile: through the proxy of the command, else through the profile's. A profile that has one is never
/// without: one forgotten flag would show where the person is. Nothing is connected yet.
pub(crate) fn network(ctx: &Context, client: &mut Client) -> Result<GrpcNetwork, Failure> {
    let proxy = match &ctx.global.proxy {
        Some(flag) => Some(flag.clone()),
        None => client.proxy().map_err(|t| ctx.trouble(t))?,
    };
    let mut network = network_by(ctx, proxy.as_deref())?;
    if !ctx.global.json && !ctx.plain && std::io::stderr().is_terminal() {
        network.on_progress(progress(ctx));
    }
    Ok(network)
}

/// A network, through this proxy if there is one. Nothing is connected yet.
pub(crate) fn network_by(ctx: &Context, proxy: Option<&str>) -> Result<GrpcNetwork, Failure> {
    let proxy = proxy.map(|text| proxy_of(ctx, text)).transpose()?;
    let timeouts = if proxy.is_some() { Timeouts::through_proxy() } else { Timeouts::default() };
    let Environment { clock, rng, .. } = ctx.environment();
    let mut network = GrpcNetwork::new(Options { proxy, timeouts, clock, rng }).map_err(|e| {
        ctx.failure("error-no-thread", Exit::CouldNotAsk, &[("why", cause_in(&ctx.words, &e.to_string()).into())])
    })?;
    if !ctx.global.json {
        let waits = ctx.words.say(key("relay-late"));
        network.on_late(LATE, Box::new(move || drop(writeln!(std::io::stderr(), "{waits}"))));
    }
    Ok(network)
}

/// A proxy as it is written.
pub(crate) fn proxy_of(ctx: &Context, text: &str) -> Result<SocksProxy, Failure> {
    SocksProxy::parse(text).map_err(|_| ctx.failure("error-proxy", Exit::Usage, &[("value", shown(text).into())]))
}

/// One line that is written over and over while a large file goes or comes, and is gone at its end.
fn progress(ctx: &Context) -> OnProgress {
    /// What goes in a moment needs no line.
    const LARGE: u64 = 1_000_000;
    let [up, down] = [key("progress-up"), key("progress-down")].map(|k| ctx.words.say(k));
    let point = ctx.words.say("decimal-point");
    let mut last = None;
    Box::new(move |Progress { up: to_relay, done, size }| {
        let percent = done.saturating_mul(100).checked_div(size).unwrap_or(100);
        if size < LARGE || last.replace((to_relay, percent)) == Some((to_relay, percent)) {
            return;
        }
        let tenths = size / 100_000;
        let word = if to_relay { &up } else { &down };
        let line = match done < size {
            true => format!("\r{word} {percent} % ({}{point}{} MB)", tenths / 10, tenths % 10),
            false => "\r\x1b[2K".to_owned(),
        };
        let mut out = std::io::stderr().lock();
        let _closed = out.write_all(line.as_bytes()).and_then(|()| out.flush());
    })
}

/// Whether the relay was there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reached {
    /// it answered
    Yes,
    /// it did not, for this technical reason
    No(String),
    /// something else stands in the way, there or on this machine: `status`' sentence, and the technical reason
    Otherwise(&'static str, String),
}

impl Reached {
    /// Whether a round was done: as programs read it.
    pub(crate) const fn yes(&self) -> bool {
        matches!(self, Reached::Yes)
    }
}

/// One round of everything that can be done now. A relay that is away is no failure, nor is somebody else who answers in its
/// place: nothing was said to them, what is here can still be shown, and what waits goes out another time.
pub(crate) fn round(ctx: &Context, client: &mut Client) -> Result<Reached, Failure> {
    let mut network = network(ctx, client)?;
    round_with(ctx, client, &mut network)
}

/// [`round`] before something is read that is here: on a full disk nothing new can be taken, and all of it can be read.
pub(crate) fn round_to_read(ctx: &Context, client: &mut Client) -> Result<Reached, Failure> {
    let mut network = network(ctx, client)?;
    match client.sync(&mut network) {
        Err(full @ Trouble::Store(StoreError::Full)) => {
            ctx.note(&ctx.trouble(full).what);
            Ok(Reached::Otherwise(key("status-disk-full"), "the disk is full".to_owned()))
        }
        done => reached(ctx, client, done),
    }
}

/// [`round`] over a network that is there already.
pub(crate) fn round_with(ctx: &Context, client: &mut Client, network: &mut GrpcNetwork) -> Result<Reached, Failure> {
    let done = client.sync(network);
    reached(ctx, client, done)
}

fn reached(ctx: &Context, client: &mut Client, done: Result<Synced, Trouble>) -> Result<Reached, Failure> {
    match done {
        Ok(synced) => {
            if synced.resting > 0 {
                ctx.note_once(Said::Resting, &ctx.words.say_with("resting", &[("count", synced.resting.into())]));
            }
            note_replaced(ctx, client)?;
            Ok(Reached::Yes)
        }
        Err(away) if away.is_away() => Ok(Reached::No(note_away(ctx, &away))),
        Err(full) if full.is_full() => Ok(Reached::Otherwise(key("status-relay-full"), note_away(ctx, &full))),
        // there is no relay to ask, and nothing here: the same as in a profile that is new
        Err(Trouble::Account(AccountTrouble::NotEnrolled)) if client.whoami().map_err(|t| ctx.trouble(t))?.is_none() => {
            Ok(Reached::No("no account".to_owned()))
        }
        // what is here can still be read
        Err(Trouble::Account(AccountTrouble::Deleted)) => {
            ctx.note(&ctx.words.say("account-gone"));
            Ok(Reached::Otherwise(key("status-relay-deleted"), "the account was deleted".to_owned()))
        }
        Err(Trouble::Account(AccountTrouble::Forgotten)) => {
            ctx.note(&ctx.words.say("account-forgotten"));
            Ok(Reached::Otherwise(key("status-relay-forgotten"), "the relay does not know the account any more".to_owned()))
        }
        Err(trouble) => Err(ctx.trouble(trouble)),
    }
}

/// That somebody got another account in the place of this one: the person, with a lost phone, or somebody else.
pub(crate) fn note_replaced(ctx: &Context, client: &mut Client) -> Result<(), Failure> {
    if let Some(at) = client.replaced().map_err(|t| ctx.trouble(t))? {
        ctx.note_once(Said::Replaced, &ctx.words.say_with("account-replaced", &[("when", when(ctx, at).into())]));
    }
    Ok(())
}

/// Before something is written: refused once it is known that another account stands in the place of this one. It would reach
/// nobody as this person's.
pub(crate) fn may_write(ctx: &Context, client: &mut Client) -> Result<(), Failure> {
    match client.replaced().map_err(|t| ctx.trouble(t))? {
        Some(at) => Err(ctx.failure("error-account-replaced", Exit::No, &[("when", when(ctx, at).into())])),
        None => Ok(()),
    }
}

/// A round for what was just stored here. When this machine fails now, that is said with it: whoever were told to repeat the
/// command would do it twice.
pub(crate) fn deliver(ctx: &Context, client: &mut Client) -> Result<Reached, Failure> {
    let mut network = network(ctx, client)?;
    deliver_with(ctx, client, &mut network)
}

/// [`deliver`] over a network that is there already. If this round was told that the account was replaced, that is the answer.
pub(crate) fn deliver_with(ctx: &Context, client: &mut Client, network: &mut GrpcNetwork) -> Result<Reached, Failure> {
    let reached = tell_with(ctx, client, network)?;
    may_write(ctx, client)?;
    Ok(reached)
}

/// A round for what was done on this device, and is done whatever the relay says.
pub(crate) fn tell(ctx: &Context, client: &mut Client) -> Result<Reached, Failure> {
    let mut network = network(ctx, client)?;
    tell_with(ctx, client, &mut network)
}

/// [`tell`] over a network that is there already.
pub(crate) fn tell_with(ctx: &Context, client: &mut Client, network: &mut GrpcNetwork) -> Result<Reached, Failure> {
    round_with(ctx, client, network).map_err(|failure| {
        let why = failure.what.as_str();
        ctx.failure("error-kept", Exit::CouldNotAsk, &[("why", why.into())])
    })
}

/// Why the relay was not asked, said once: what is here can be read all the same, and what waits goes out another time.
pub(crate) fn note_away(ctx: &Context, away: &Trouble) -> String {
    let (sentence, why) = match away {
        Trouble::OtherKey { why } => (key("relay-other-key"), why.clone()),
        Trouble::Offline { why } => (key("relay-away"), why.clone()),
        other => (key("relay-full"), other.to_string()),
    };
    ctx.note_once(Said::Away, &ctx.words.say_with(sentence, &[("why", cause_in(&ctx.words, &why).into())]));
    why
}

/// Waits a little before a relay that is away is asked again.
#[expect(clippy::disallowed_methods, reason = "a relay that is away gives no event to wait for; nothing is decided by this wait")]
pub(crate) fn pause(time: std::time::Duration) {
    std::thread::sleep(time);
}
