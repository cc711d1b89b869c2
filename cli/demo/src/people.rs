//! The demo's four example people: each has a profile, a client and connections of their own.

use lacre_core::view::{Body, ConversationId, Message, Synced, WhoAmI};
use lacre_core::{Client, Environment, Trouble};
use lacre_ground::address::Invitation;
use lacre_ground::ids::{AccountId, Handle};
use lacre_ground::time::Clock as _;
use lacre_profile::{Interrupted, Observer, Secret};
use lacre_transport::{GrpcNetwork, Options, Timeouts};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use zeroize::Zeroizing;

/// Given name, public name, RUN. RUNs between 40 and 45 million are given to nobody: these people do not exist.
pub(crate) const EXAMPLES: [(&str, &str, &str); 4] = [
    ("Ana Ejemplo", "ana.ejemplo", "40.000.001-8"),
    ("Bruno Ejemplo", "bruno.ejemplo", "40.000.002-6"),
    ("Carla Ejemplo", "carla.ejemplo", "40.000.003-4"),
    ("Diego Ejemplo", "diego.ejemplo", "40.000.004-2"),
];

/// Somebody who comes later, and is in no group.
pub(crate) const LATER: (&str, &str, &str) = ("Elena Ejemplo", "elena.ejemplo", "40.000.005-0");

/// Where the engine notes that the relay has stored an own message.
const MARKED: &str = "send: marked";

/// Rings once, after so many own messages were marked as stored by the relay.
pub(crate) struct Alarm {
    left: AtomicU64,
    bell: Mutex<Option<SyncSender<()>>>,
}

impl Alarm {
    /// Not set.
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { left: AtomicU64::new(0), bell: Mutex::new(None) })
    }

    /// Rings `bell` when so many more are marked.
    pub(crate) fn set(&self, messages: u64, bell: SyncSender<()>) {
        *self.bell.lock().unwrap_or_else(PoisonError::into_inner) = Some(bell);
        self.left.store(messages, Ordering::SeqCst);
    }

    /// Rings no more; whoever waits for the bell hears that.
    pub(crate) fn silence(&self) {
        self.left.store(0, Ordering::SeqCst);
        drop(self.bell.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

impl Observer for Alarm {
    fn reached(&self, point: &'static str) -> Result<(), Interrupted> {
        let down = |n: u64| n.checked_sub(1);
        if point == MARKED
            && self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, down) == Ok(1)
            && let Some(bell) = self.bell.lock().unwrap_or_else(PoisonError::into_inner).take()
        {
            let _nobody_listens = bell.send(());
        }
        Ok(())
    }
    fn writing(&self) -> Result<(), Interrupted> {
        Ok(())
    }
}

/// One person with their machine.
pub(crate) struct Person {
    /// the public name
    pub(crate) handle: Handle,
    /// the account
    pub(crate) account: AccountId,
    /// the engine
    pub(crate) client: Client,
    /// connections of this person's own
    pub(crate) network: GrpcNetwork,
}

/// Why a person could not begin.
pub(crate) enum NotEnrolled {
    /// the profile
    Open(lacre_profile::OpenError),
    /// the relay
    Trouble(Trouble),
    /// this machine
    Network(std::io::Error),
}

impl Person {
    /// A profile in `dir` and an account on the relay.
    pub(crate) fn enrolled(dir: &Path, handle: &Handle, invitation: &Invitation, alarm: Arc<Alarm>) -> Result<Self, NotEnrolled> {
        Self::begun(dir, handle, alarm, |client, network| client.enroll(network, invitation, handle))
    }

    /// A profile in `dir`, and an account in the place of the one that was lost.
    pub(crate) fn recovered(dir: &Path, handle: &Handle, code: &Invitation, alarm: Arc<Alarm>) -> Result<Self, NotEnrolled> {
        Self::begun(dir, handle, alarm, |client, network| client.recover(network, code))
    }

    fn begun(
        dir: &Path,
        handle: &Handle,
        alarm: Arc<Alarm>,
        account: impl FnOnce(&mut Client, &mut GrpcNetwork) -> Result<WhoAmI, Trouble>,
    ) -> Result<Self, NotEnrolled> {
        let Environment { clock, mut rng, .. } = Environment::system();
        let key = Zeroizing::new(lacre_ground::random::bytes::<32>(rng.as_mut()));
        let env = Environment { clock: clock.clone(), rng, observer: alarm };
        let mut client = Client::create(dir, Secret::KeyFile(&key), env).map_err(NotEnrolled::Open)?;
        let rng = Environment::system().rng;
        let mut network =
            GrpcNetwork::new(Options { proxy: None, timeouts: Timeouts::default(), clock, rng }).map_err(NotEnrolled::Network)?;
        let who = account(&mut client, &mut network).map_err(NotEnrolled::Trouble)?;
        Ok(Self { handle: handle.clone(), account: who.account, client, network })
    }

    /// One round.
    pub(crate) fn sync(&mut self) -> Result<Synced, Trouble> {
        self.client.sync(&mut self.network)
    }

    /// The whole history of a conversation.
    pub(crate) fn history(&mut self, id: &ConversationId) -> Result<Vec<Message>, Trouble> {
        let mut all = Vec::new();
        let mut from = 1;
        loop {
            let page = self.client.history(id, from, 500)?;
            let Some(last) = page.iter().filter_map(|m| m.position).max() else { return Ok(all) };
            from = last + 1;
            all.extend(page);
        }
    }

    /// The texts of a conversation, in order.
    pub(crate) fn texts(&mut self, id: &ConversationId) -> Result<Vec<String>, Trouble> {
        let text = |m: Message| match m.body {
            Body::Text(text) => Some(text),
            _ => None,
        };
        Ok(self.history(id)?.into_iter().filter_map(text).collect())
    }
}

/// Lets everybody send and receive until nothing moves and nothing waits.
pub(crate) fn settle(people: &mut [Person]) -> Result<(), Unsettled> {
    const PATIENCE: Duration = Duration::from_millis(200);
    const MOST_MS: u64 = 60_000;
    let clock = lacre_ground::time::SystemClock;
    let began = clock.now();
    let mut quiet = 0;
    while clock.now().since(began) < MOST_MS {
        let mut moved = false;
        for person in people.iter_mut() {
            let round = if quiet == 0 { person.sync() } else { person.client.watch(&mut person.network, PATIENCE) };
            let round = round.map_err(Unsettled::Trouble)?;
            moved |= round.received + round.delivered + round.waiting > 0;
        }
        quiet = if moved { 0 } else { quiet + 1 };
        if quiet >= 2 {
            return Ok(());
        }
    }
    Err(Unsettled::TooLong)
}

/// Why it did not become quiet.
pub(crate) enum Unsettled {
    /// somebody's trouble
    Trouble(Trouble),
    /// a minute was not enough
    TooLong,
}

/// Waits a little for what only time brings.
#[expect(clippy::disallowed_methods, reason = "what disappears gives no event to wait for; nothing is decided by this wait")]
pub(crate) fn pause(time: std::time::Duration) {
    std::thread::sleep(time);
}
