//! A bot that accepts everybody who asks and says every text back: what an application does with the client, from
//! enrolment on. Start it from your program's own folder; the invitation is needed the first time only.
//!
//! ```text
//! LACRE_PASSPHRASE=… cargo run -p lacre-transport --example echo -- FOLDER @HANDLE lacre://…
//! ```

use lacre_core::view::{Body, Event, Happening};
use lacre_core::{Client, Environment, Trouble};
use lacre_ground::address::Invitation;
use lacre_ground::ids::{AccountId, Handle};
use lacre_ground::random::SystemRng;
use lacre_ground::time::SystemClock;
use lacre_profile::Secret;
use lacre_transport::{GrpcNetwork, Options, Timeouts};
use std::io::{Write as _, stdout};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let mut args = std::env::args().skip(1);
    let folder = args.next().ok_or("usage: echo FOLDER @HANDLE [INVITATION]")?;
    let handle = Handle::parse(args.next().ok_or("which @handle?")?.trim_start_matches('@'))?;
    let passphrase = std::env::var("LACRE_PASSPHRASE").map_err(|_| "set LACRE_PASSPHRASE: it encrypts the folder")?;

    // The profile: one encrypted file in a folder of its own, one process at a time in each step.
    let (folder, secret) = (Path::new(&folder), Secret::Passphrase(&passphrase));
    let mut client = match lacre_profile::exists(folder) {
        true => Client::open(folder, secret, Environment::system())?,
        false => Client::create(folder, secret, Environment::system())?,
    };
    // The network connects with the first call. Put a SOCKS proxy in `proxy` to hide where the bot runs.
    let mut network = GrpcNetwork::new(Options {
        proxy: None,
        timeouts: Timeouts::default(),
        clock: Arc::new(SystemClock),
        rng: Box::new(SystemRng),
    })?;
    if client.whoami()?.is_none_or(|who| !who.enrolled) {
        let invitation = Invitation::parse(&args.next().ok_or("the first time: the invitation from the counter")?)?;
        client.enroll(&mut network, &invitation, &handle)?;
    }
    writeln!(stdout(), "{handle} listens")?;

    loop {
        // Sends what waits, receives what came, then waits for news. Offline is no error: what was said stays in the outbox.
        match client.watch(&mut network, Duration::from_secs(20)) {
            Ok(_) => {}
            Err(Trouble::Offline { why }) => pause(&why)?,
            Err(other) => return Err(other.into()),
        }
        for event in client.events(0, 100)? {
            react(&mut client, &event)?;
            // An event comes again until it is acknowledged: after a crash the bot may answer twice, never not at all.
            client.ack_events(event.number)?;
        }
    }
}

fn react(client: &mut Client, event: &Event) -> Result<(), Failure> {
    match &event.what {
        Happening::ContactAsks { account } => {
            let contact = client.contact_accept(&AccountId::new(*account))?;
            writeln!(stdout(), "accepted {}", contact.handle)?;
        }
        Happening::Message { conversation, position } => {
            for message in client.history(conversation, *position, 1)? {
                if let Body::Text(text) = &message.body {
                    client.send_text(conversation, text)?;
                    writeln!(stdout(), "answered message {}", message.id)?;
                }
                client.mark_read(conversation, *position)?;
            }
        }
        // the rest is for the eye: look at `view::Happening`
        _ => {}
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the relay is away, and nothing tells when it is back: look again in a while")]
fn pause(why: &str) -> Result<(), Failure> {
    writeln!(stdout(), "waiting: {why}")?;
    std::thread::sleep(Duration::from_secs(5));
    Ok(())
}
