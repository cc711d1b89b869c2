//! The state machines of a device: synchronous, without network (DESIGN 8).
//!
//! [`Client`] is the whole of it. Its methods are steps on the profile, each one transaction, or loops that alternate
//! steps and calls of a [`Network`](crate::network::Network). Inside a step the work is done by [`Cx`]; what the network
//! is to do next is read from the profile, never remembered: a process may be killed between any two lines.
//!
//! One file, one idea: [`view`] what applications see · `trouble` why a call or a step did not do it · `records` what is stored · `group` MLS · `roles` and [`verdict`]
//! what all members judge alike · `account` enrolment and upkeep · `people` contacts and envelopes · `membership` what a
//! person does with a group · `outbox` what waits · `sealing` own commits · `reading` and `receive` what comes · `post` the
//! own inbox, and envelopes on their way · `parts` commits too large for one entry · `pace` what is done a while later ·
//! `amend` what changes a message · `newer` what an older program did not know · `receipts` how far the others are · `vanish` what does not stay · `epoch` from one
//! channel to the next · `readd`, `restored` and `successor` the recovery ladder · `signer` whose a bad seal was · `trust`
//! whose keys were compared · `block` who is kept away · `reach` who may ask · `export` a conversation as evidence ·
//! `leaving` pauses and goodbyes · `reset` whose account was put in the place of another · `sync` the loop.

mod account;
mod amend;
mod api;
mod block;
mod epoch;
mod export;
mod files;
mod group;
mod history;
mod joining;
mod leaving;
mod membership;
mod newer;
mod outbox;
mod pace;
mod parts;
mod people;
mod post;
mod reach;
mod readd;
mod reading;
mod receipts;
mod receive;
mod records;
mod reset;
mod restored;
mod rights;
mod roles;
mod sealing;
mod search;
mod signer;
mod successor;
mod sync;
mod trouble;
mod trust;
mod vanish;
pub mod verdict;
pub mod view;

pub use export::{Export, ExportedAccount, ExportedMessage, ExportedProof, ProofFault};
pub use people::envelope_statement;
pub use roles::RoleError;
pub use search::{Found, Query};
pub(crate) use trouble::StepError;
pub use trouble::Trouble;

/// The limits of a client, each with a test on both sides of it.
pub mod limits {
    pub use super::account::RENEW_KEY_PACKAGES_MS;
    pub use super::amend::MAX_SIGN;
    pub use super::epoch::KEEP_RAW_MS;
    pub use super::files::{MAX_FILE, MAX_NAME, RESUMED_FROM};
    pub use super::joining::{GIVE_UP_MS, MAX_JOIN_STATE};
    pub use super::membership::{MAX_ADMINS, MAX_DESCRIPTION, MAX_GROUP_NAME};
    pub use super::outbox::{MAX_TEXT, MAX_WAITING};
    pub use super::pace::{FIRST_UPDATE_PAUSE_MS, LEAVE_PAUSE_MS, SMALL_GROUP, UPDATE_EVERY_MS};
    pub use super::parts::{MAX_MESSAGE, MAX_PARTS};
    pub use super::people::{MAX_CHAIN, MAX_REQUEST};
    pub use super::reach::{MAX_LINK_NAME, MAX_LINKS};
    pub use super::readd::{FIRST_PAUSE_MS, LONGEST_PAUSE_MS, MAX_LOST_LEAVES};
    pub use super::receipts::RECEIPT_MEMBERS;
    pub use super::roles::MAX_MEMBERS;
    pub use super::sealing::MAX_ADDS;
    pub use super::search::{MAX_FOUND, MAX_QUERY};
    pub use super::successor::{BUSY_SEALS, MET_KEPT, STREAK_MET, SUCCESSOR_AFTER_MS, SUCCESSOR_PAUSE_MS};
    pub use super::vanish::LONGEST_STAY;
}

use ed25519_dalek::SigningKey;
use lacre_ground::address::Authority;
use lacre_ground::ids::{AccountId, ContentId, DeviceId, EntryId};
use lacre_ground::label::{self, Label};
use lacre_ground::random::Rng;
use lacre_ground::time::{Clock, Millis, SystemClock};
use lacre_profile::mls::{DeviceSigner, MlsProvider};
use lacre_profile::{Observer, OpenError, Profile, Secret, SecretError, Step, StoreError, Table};
#[cfg(feature = "laboratory")]
pub(crate) use newer::LOOKED;
use openmls::group::MlsGroup;
use openmls_libcrux_crypto::CryptoProvider;
use openmls_traits::signatures::{Signer, SignerError};
use openmls_traits::types::SignatureScheme;
#[cfg(feature = "laboratory")]
pub(crate) use records::ContactRow;
use records::{Conv, EventRow, Members, Own};
use signer::Noting;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use view::{ConversationId, Happening};

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

/// One device on one profile.
pub struct Client {
    profile: Profile,
    crypto: Noting,
    clock: Arc<dyn Clock>,
    rng: Box<dyn Rng>,
    observer: Arc<dyn Observer>,
    cache: Cache,
    /// the set of channels is being followed: news come by themselves
    watching: bool,
    /// something was to be forgotten, and may still stand in the log of the profile's file
    forgot: bool,
    /// this program has given missing rights back to the own inbox
    mended: bool,
    /// this program has looked once whether a reset contact's conversation still goes on
    looked_at_resets: bool,
}

/// Groups and the rows that every step needs, as the profile holds them: dropped after any error and when another process has written.
#[derive(Default)]
pub(crate) struct Cache {
    version: u64,
    own: Option<Arc<Own>>,
    convs: HashMap<Vec<u8>, Conv>,
    members: HashMap<Vec<u8>, Arc<Members>>,
    groups: HashMap<Vec<u8>, MlsGroup>,
    behind: Option<std::collections::BTreeMap<Vec<u8>, Vec<u8>>>,
    /// what is left of the last block of numbers
    numbers: std::ops::Range<u64>,
    signer: Option<Arc<OwnKey>>,
    last_event: Option<u64>,
}

/// The Meta row with the last event that the application dealt with: numbers go on behind it.
pub(crate) const ACKED_EVENT: &[u8] = b"event";

/// Numbers for rows that are taken at a time.
const NUMBERS: u64 = 64;

impl Client {
    /// Makes a profile in an empty folder.
    pub fn create(dir: &Path, secret: Secret<'_>, mut env: Environment) -> Result<Self, OpenError> {
        let profile = Profile::create(dir, secret, env.rng.as_mut(), env.observer.clone())?;
        Self::around(profile, env)
    }

    /// Opens a profile.
    pub fn open(dir: &Path, secret: Secret<'_>, env: Environment) -> Result<Self, OpenError> {
        let profile = Profile::open(dir, secret, env.observer.clone())?;
        Self::around(profile, env)
    }

    /// Around a profile that is open already.
    pub fn around(profile: Profile, env: Environment) -> Result<Self, OpenError> {
        let crypto = Noting::new(CryptoProvider::new().map_err(|_| OpenError::NoRandomness)?);
        let Environment { clock, rng, observer } = env;
        let cache = Cache::default();
        let (watching, forgot, mended, looked_at_resets) = (false, false, false, false);
        Ok(Self { profile, crypto, clock, rng, observer, cache, watching, forgot, mended, looked_at_resets })
    }

    /// The open profile (its key, for the unlock agent).
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Another passphrase or key file for this profile ([`Profile::change_secret`]).
    pub fn change_secret(&mut self, secret: &Secret<'_>) -> Result<(), SecretError> {
        self.profile.change_secret(secret, self.rng.as_mut())
    }

    /// A passphrase for the harmless profile in the same file ([`Profile::set_second`]).
    pub fn set_second_passphrase(&mut self, passphrase: &str) -> Result<(), SecretError> {
        self.profile.set_second(passphrase, self.rng.as_mut())
    }

    /// Removes the harmless profile ([`Profile::remove_second`]).
    pub fn remove_second_passphrase(&mut self) -> Result<bool, SecretError> {
        self.profile.remove_second(self.rng.as_mut())
    }

    /// One step: {lock, load, operate, commit, drop}. Any error rolls back and drops what memory holds.
    pub(crate) fn step<T>(&mut self, f: impl FnOnce(&mut Cx<'_, '_>) -> Result<T, StepError>) -> Result<T, StepError> {
        let now = self.clock.now();
        let following = self.watching;
        let Self { profile, crypto, rng, cache, observer, forgot, .. } = self;
        let result = profile.step(|s| {
            let version = s.changed_version()?;
            if cache.version != version {
                *cache = Cache { version, ..Cache::default() };
            }
            let observer = observer.as_ref();
            let mut cx = Cx { s, crypto, rng: rng.as_mut(), now, cache, following, forgot, resets_learnt: false, observer };
            let done = f(&mut cx)?;
            if cx.resets_learnt {
                cx.rest_replaced()?;
            }
            Ok(done)
        });
        if result.is_err() {
            *cache = Cache::default();
        }
        result
    }

    /// The own record.
    pub(crate) fn own(&mut self) -> Result<Arc<Own>, Trouble> {
        self.run(|cx| cx.own())
    }

    /// [`Client::step`] where only an application's troubles can come out.
    pub(crate) fn run<T>(&mut self, f: impl FnOnce(&mut Cx<'_, '_>) -> Result<T, StepError>) -> Result<T, Trouble> {
        self.step(f).map_err(StepError::into_trouble)
    }
}

/// This device's signature key.
pub struct OwnKey(SigningKey);

impl OwnKey {
    /// Its public half.
    #[must_use]
    pub fn public(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }
}

impl Signer for OwnKey {
    fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, SignerError> {
        DeviceSigner(&self.0).sign(payload)
    }
    fn signature_scheme(&self) -> SignatureScheme {
        DeviceSigner(&self.0).signature_scheme()
    }
}

/// What a step works with.
pub(crate) struct Cx<'a, 's> {
    pub(crate) s: &'a Step<'s>,
    pub(crate) crypto: &'a Noting,
    pub(crate) rng: &'a mut dyn Rng,
    pub(crate) now: Millis,
    pub(crate) cache: &'a mut Cache,
    /// the relay is being followed: what is written now goes out now
    pub(crate) following: bool,
    /// set by what deletes what people wrote
    pub(crate) forgot: &'a mut bool,
    /// a contact was found to be reset: its conversation rests at the end of the step
    pub(crate) resets_learnt: bool,
    observer: &'a dyn Observer,
}

impl<'a, 's> Cx<'a, 's> {
    pub(crate) fn provider(&self) -> MlsProvider<'a, Noting> {
        MlsProvider::new(self.s, self.crypto)
    }

    /// A named point of a step, where tests put crashes.
    pub(crate) fn reached(&self, point: &'static str) -> Result<(), StepError> {
        self.observer.reached(point).map_err(|e| StepError::from(StoreError::from(e)))
    }

    pub(crate) fn own_or_none(&mut self) -> Result<Option<Arc<Own>>, StepError> {
        if self.cache.own.is_none() {
            self.cache.own = self.s.get(Table::Meta, b"own")?.map(Arc::new);
        }
        Ok(self.cache.own.clone())
    }

    pub(crate) fn own(&mut self) -> Result<Arc<Own>, StepError> {
        self.own_or_none()?.ok_or(StepError::Trouble(Trouble::NotEnrolled))
    }

    /// A copy, to be changed and given to [`Cx::put_own`].
    pub(crate) fn own_to_change(&mut self) -> Result<Own, StepError> {
        Ok(Own::clone(&*self.own()?))
    }

    pub(crate) fn put_own(&mut self, own: &Own) -> Result<(), StepError> {
        self.s.put(Table::Meta, b"own", b"", 0, own)?;
        self.cache.own = Some(Arc::new(own.clone()));
        self.cache.signer = None;
        Ok(())
    }

    /// Ever growing numbers for rows. They are taken from the profile in blocks: what is left of one is never used.
    pub(crate) fn number(&mut self) -> Result<u64, StepError> {
        let mut block = std::mem::take(&mut self.cache.numbers);
        if block.is_empty() {
            let used = self.s.get::<u64>(Table::Meta, b"number")?.unwrap_or(0);
            block = used + 1..used + 1 + NUMBERS;
            self.s.put(Table::Meta, b"number", b"", 0, &(used + NUMBERS))?;
        }
        let next = block.next().unwrap_or(0);
        self.cache.numbers = block;
        Ok(next)
    }

    /// This device's key; its public half is computed once.
    pub(crate) fn signer(&mut self) -> Result<Arc<OwnKey>, StepError> {
        let own = self.own()?;
        let key = self.cache.signer.get_or_insert_with(|| Arc::new(OwnKey(SigningKey::from_bytes(&own.signing.0))));
        Ok(Arc::clone(key))
    }

    pub(crate) fn conv(&mut self, id: &[u8]) -> Result<Conv, StepError> {
        self.conv_or_none(id)?.ok_or(StepError::Trouble(Trouble::NoSuchConversation))
    }

    pub(crate) fn conv_or_none(&mut self, id: &[u8]) -> Result<Option<Conv>, StepError> {
        if let Some(conv) = self.cache.convs.get(id) {
            return Ok(Some(conv.clone()));
        }
        let found: Option<Conv> = self.s.get(Table::Conversation, id)?;
        if let Some(conv) = &found {
            self.cache.convs.insert(id.to_vec(), conv.clone());
        }
        Ok(found)
    }

    /// Writes a conversation's row. In a step it has one owner: whoever changed a copy that is not the newest would undo
    /// what another wrote since, so that is refused (and the step with it).
    pub(crate) fn put_conv(&mut self, id: &[u8], conv: &mut Conv) -> Result<(), StepError> {
        if self.cache.convs.get(id).is_some_and(|newest| newest.copy != conv.copy) {
            return Err(StepError::Again("a conversation's row was changed by two at a time".into()));
        }
        conv.copy += 1;
        self.s.put(Table::Conversation, id, b"", conv.ord, conv)?;
        self.cache.convs.insert(id.to_vec(), conv.clone());
        Ok(())
    }

    pub(crate) fn members(&mut self, id: &[u8]) -> Result<Arc<Members>, StepError> {
        if let Some(members) = self.cache.members.get(id) {
            return Ok(Arc::clone(members));
        }
        let found = Arc::new(self.s.get::<Members>(Table::Member, id)?.unwrap_or_default());
        self.cache.members.insert(id.to_vec(), Arc::clone(&found));
        Ok(found)
    }

    /// A copy, to be changed and given to [`Cx::put_members`].
    pub(crate) fn members_to_change(&mut self, id: &[u8]) -> Result<Members, StepError> {
        Ok(Members::clone(&*self.members(id)?))
    }

    pub(crate) fn put_members(&mut self, id: &[u8], members: &Members) -> Result<(), StepError> {
        self.s.put(Table::Member, id, b"", 0, members)?;
        self.cache.members.insert(id.to_vec(), Arc::new(members.clone()));
        Ok(())
    }

    /// The MLS group, from memory or from the profile. Give it back with [`Cx::keep`] when all went well.
    pub(crate) fn take_group(&mut self, id: &[u8]) -> Result<MlsGroup, StepError> {
        let id = self.group_of(id)?;
        if let Some(group) = self.cache.groups.remove(&id) {
            return Ok(group);
        }
        let provider = self.provider();
        let loaded =
            MlsGroup::load(openmls::prelude::OpenMlsProvider::storage(&provider), &openmls::prelude::GroupId::from_slice(&id));
        loaded.map_err(|e| StepError::Again(e.to_string()))?.ok_or(StepError::Trouble(Trouble::NoSuchConversation))
    }

    /// What memory holds of a group may be ahead of the disk: the next use loads it.
    pub(crate) fn forget_group(&mut self, id: &[u8]) -> Result<(), StepError> {
        let id = self.group_of(id)?;
        self.cache.groups.remove(&id);
        Ok(())
    }

    pub(crate) fn keep(&mut self, group: MlsGroup) {
        self.cache.groups.insert(group.group_id().as_slice().to_vec(), group);
    }

    pub(crate) fn event(&mut self, what: Happening) -> Result<(), StepError> {
        let last = match self.cache.last_event {
            Some(last) => last,
            None => self.s.last_ord(Table::Event, b"")?.max(self.s.get(Table::Meta, ACKED_EVENT)?).unwrap_or(0),
        };
        let row = EventRow { at: self.now, what };
        self.s.put(Table::Event, &(last + 1).to_be_bytes(), b"", last + 1, &row)?;
        self.cache.last_event = Some(last + 1);
        Ok(())
    }

    /// The id of a line that this device writes into the history itself. Under its own secret: whoever could compute it
    /// would use it up beforehand, and the line would not be written.
    pub(crate) fn line_id(&mut self, parts: &[&[u8]]) -> Result<ContentId, StepError> {
        let mac = label::mac(&self.own()?.profile_secret.0, Label::Line, parts);
        Ok(ContentId::new(*mac.first_chunk::<16>().unwrap_or(&[0; 16])))
    }

    /// The relay of this account, if that is what an address names: a client speaks to no other host, whoever names it.
    pub(crate) fn ours(&mut self, address: &str) -> Result<Authority, StepError> {
        let own = authority(&self.own()?.authority)?;
        match Authority::parse(address) {
            Ok(named) if named == own => Ok(own),
            _ => Err(Trouble::OtherRelay.into()),
        }
    }

    /// Whether an address names the relay of this account.
    pub(crate) fn is_ours(&mut self, address: &str) -> Result<bool, StepError> {
        match self.ours(address) {
            Ok(_) => Ok(true),
            Err(StepError::Trouble(Trouble::OtherRelay)) => Ok(false),
            Err(other) => Err(other),
        }
    }

    pub(crate) fn unreadable(&mut self, conversation: Option<&[u8]>, reason: String) -> Result<(), StepError> {
        self.event(Happening::Unreadable { conversation: conversation.map(|c| ConversationId(c.to_vec())), reason })
    }
}

/// The id of an own entry: the n-th that a profile makes in a channel, from 0 (PROTOCOL.md, 15).
#[must_use]
pub fn own_entry_id(secret: &[u8; 32], channel: &lacre_ground::ids::ChannelId, n: u64) -> EntryId {
    let mac = label::mac(secret, Label::EntryId, &[channel.as_bytes(), &n.to_be_bytes()]);
    let mut id = [0; 16];
    id.copy_from_slice(mac.first_chunk::<16>().unwrap_or(&[0; 16]));
    EntryId::new(id)
}

/// What a device signs for a content.
#[must_use]
pub fn content_statement(
    account: AccountId,
    device: DeviceId,
    group: &[u8],
    channel: lacre_ground::ids::ChannelId,
    entry: EntryId,
    content: &[u8],
) -> Vec<u8> {
    use sha2::Digest;
    let digest = sha2::Sha256::digest(content);
    label::message(
        Label::Content,
        &[account.as_bytes(), device.as_bytes(), group, channel.as_bytes(), entry.as_bytes(), digest.as_slice()],
    )
}

pub(crate) fn authority(text: &str) -> Result<Authority, StepError> {
    Authority::parse(text).map_err(|e| StepError::Trouble(Trouble::Protocol(e.to_string())))
}
