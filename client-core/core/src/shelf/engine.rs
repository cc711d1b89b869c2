//! One device on one profile, and the step: everything that changes is one transaction.

use super::records::conversation::{Conv, Members};
use super::records::own::Own;
use super::records::reset::ResetRow;
use super::taken::Hands;
use crate::mls::group::GroupId;
use crate::mls::signer::{Noting, OwnKey};
use crate::words::{ConversationId, StepError, Trouble};
use lacre_ground::ids::AccountId;
use lacre_ground::random::Rng;
use lacre_ground::time::{Clock, Millis, SystemClock};
use lacre_profile::mls::MlsProvider;
use lacre_profile::{Observer, OpenError, Profile, Step, StoreError, Table};
use openmls::group::MlsGroup;
use openmls_libcrux_crypto::CryptoProvider;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// What a client takes from outside: time, chance, and the observer where tests put crashes.
pub struct Environment {
    /// what time it is
    pub clock: Arc<dyn Clock>,
    /// randomness for ids, tokens and nonces (MLS draws its own from libcrux)
    pub rng: Box<dyn Rng>,
    /// told of every step and write
    pub observer: Arc<dyn Observer>,
}

impl Environment {
    /// The machine's clock and randomness.
    #[must_use]
    pub fn system() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            rng: Box::new(lacre_ground::random::SystemRng),
            observer: Arc::new(lacre_profile::NoObserver),
        }
    }
}

/// What a client is made of: rooms work with it, [`Client`](crate::Client) is its face.
pub(crate) struct Engine {
    pub(crate) profile: Profile,
    crypto: Noting,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rng: Box<dyn Rng>,
    observer: Arc<dyn Observer>,
    cache: Cache,
    /// the set of channels is being followed: news come by themselves
    pub(crate) watching: bool,
    /// something was to be forgotten, and may still stand in the log of the profile's file
    pub(crate) forgot: bool,
    /// this program has given missing rights back to the own inbox
    pub(crate) mended: bool,
    /// when this program last asked for resets
    pub(crate) resets_asked: Option<Millis>,
    /// when this program last looked which terms end soon
    pub(crate) reminded: Option<Millis>,
    /// this program has looked once whether a reset contact's conversation still goes on
    pub(crate) looked_at_resets: bool,
    when_reset: WhenReset,
}

/// What a step ends with, whatever it was about, when a contact was found to be reset: a room above says it.
pub(crate) type WhenReset = fn(&mut Cx<'_, '_>) -> Result<(), StepError>;

/// Groups and the rows that every step needs, as the profile holds them: dropped after any error and when another process has written.
#[derive(Default)]
pub(crate) struct Cache {
    pub(crate) version: u64,
    pub(crate) own: Option<Arc<Own>>,
    pub(crate) convs: HashMap<ConversationId, Arc<Conv>>,
    pub(crate) members: HashMap<ConversationId, Arc<Members>>,
    pub(crate) groups: HashMap<GroupId, MlsGroup>,
    pub(crate) behind: Option<BTreeMap<ConversationId, GroupId>>,
    /// what is left of the last block of numbers
    pub(crate) numbers: std::ops::Range<u64>,
    pub(crate) signer: Option<Arc<OwnKey>>,
    /// of accounts that were asked for: whether another one stands in their place
    pub(crate) resets: HashMap<AccountId, Option<ResetRow>>,
    pub(crate) last_event: Option<u64>,
}

impl Engine {
    /// Around a profile that is open.
    pub(crate) fn around(profile: Profile, env: Environment, when_reset: WhenReset) -> Result<Self, OpenError> {
        let crypto = Noting::new(CryptoProvider::new().map_err(|_| OpenError::NoRandomness)?);
        let Environment { clock, rng, observer } = env;
        let cache = Cache::default();
        let (watching, forgot, mended, looked_at_resets) = (false, false, false, false);
        let (resets_asked, reminded) = (None, None);
        Ok(Self {
            profile,
            crypto,
            clock,
            rng,
            observer,
            cache,
            watching,
            forgot,
            mended,
            resets_asked,
            reminded,
            looked_at_resets,
            when_reset,
        })
    }

    /// One step: {lock, load, operate, commit, drop}. Any error rolls back and drops what memory holds.
    pub(crate) fn step<T>(&mut self, f: impl FnOnce(&mut Cx<'_, '_>) -> Result<T, StepError>) -> Result<T, StepError> {
        let now = self.clock.now();
        let (following, when_reset) = (self.watching, self.when_reset);
        let Self { profile, crypto, rng, cache, observer, forgot, .. } = self;
        let result = profile.step(|s| {
            let version = s.changed_version()?;
            if cache.version != version {
                *cache = Cache { version, ..Cache::default() };
            }
            let observer = observer.as_ref();
            let mut cx = Cx {
                s,
                crypto,
                rng: rng.as_mut(),
                now,
                cache,
                hands: Hands::default(),
                following,
                forgot,
                resets_learnt: false,
                observer,
            };
            let done = f(&mut cx)?;
            if cx.resets_learnt {
                when_reset(&mut cx)?;
            }
            Ok(done)
        });
        if result.is_err() {
            *cache = Cache::default();
        }
        result
    }

    /// [`Engine::step`] where only an application's troubles can come out.
    pub(crate) fn run<T>(&mut self, f: impl FnOnce(&mut Cx<'_, '_>) -> Result<T, StepError>) -> Result<T, Trouble> {
        self.step(f).map_err(StepError::into_trouble)
    }
}

/// What a step works with.
pub(crate) struct Cx<'a, 's> {
    pub(crate) s: &'a Step<'s>,
    pub(crate) crypto: &'a Noting,
    pub(crate) rng: &'a mut dyn Rng,
    pub(crate) now: Millis,
    pub(crate) cache: &'a mut Cache,
    /// rows that somebody is changing
    pub(super) hands: Hands,
    /// the relay is being followed: what is written now goes out now
    pub(crate) following: bool,
    /// set by what deletes what people wrote
    pub(crate) forgot: &'a mut bool,
    /// a contact was found to be reset: its conversation rests at the end of the step
    pub(crate) resets_learnt: bool,
    observer: &'a dyn Observer,
}

impl<'a> Cx<'a, '_> {
    pub(crate) fn provider(&self) -> MlsProvider<'a, Noting> {
        MlsProvider::new(self.s, self.crypto)
    }

    /// A named point of a step, where tests put crashes.
    pub(crate) fn reached(&self, point: &'static str) -> Result<(), StepError> {
        self.observer.reached(point).map_err(|e| StepError::from(StoreError::from(e)))
    }
}

/// Numbers for rows that are taken at a time.
const NUMBERS: u64 = 64;

/// Ever growing numbers for rows. They are taken from the profile in blocks: what is left of one is never used.
pub(crate) fn number(cx: &mut Cx<'_, '_>) -> Result<u64, StepError> {
    let mut block = std::mem::take(&mut cx.cache.numbers);
    if block.is_empty() {
        let used = cx.s.get::<u64>(Table::Meta, b"number")?.unwrap_or(0);
        block = used + 1..used + 1 + NUMBERS;
        cx.s.put(Table::Meta, b"number", b"", 0, &(used + NUMBERS))?;
    }
    let next = block.next().unwrap_or(0);
    cx.cache.numbers = block;
    Ok(next)
}
