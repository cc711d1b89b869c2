//! Enrolment, login, and what keeps an account usable: stamps, key packages, inbox tokens (DESIGN 7).

use super::records::{Key32, Own, Stage};
use super::rights::{TOKENS_AT_ONCE, free_right, public_right};
use super::view::{Settings, Suite, WhoAmI};
use super::{Client, Cx, StepError, Trouble, authority, group};
use crate::network::{Lane, NetError, Network, Reason};
use lacre_ground::account::{AccountState, DEVICE, Device, Reset};
use lacre_ground::address::{Address, Authority, Invitation};
use lacre_ground::ids::{ChannelId, DeviceId, Generation, Handle, Session, Stamp, Token};
use lacre_ground::label::{self, Label};
use lacre_ground::note::NoteSigner;
use lacre_ground::seal::SealSecret;
use lacre_ground::time::Millis;
use lacre_profile::Table;
use lacre_proto::relay::v1 as wire;
use openmls_traits::signatures::Signer as _;

/// Key packages of the default suite that are kept at the relay.
const KEY_PACKAGES: u32 = 20;
/// And of the small suite, which only a creator who asks for it uses.
const SMALL_KEY_PACKAGES: u32 = 4;
/// More are uploaded when fewer than this are left.
const FEW_KEY_PACKAGES: u32 = 8;
/// All are replaced at this age: adders take none that is older than 90 days, and a device may be away for some time.
pub const RENEW_KEY_PACKAGES_MS: u64 = 30 * 86_400_000;
/// Stamps taken at once, and the stock below which more are taken.
const STAMPS: u32 = 64;
const FEW_STAMPS: u64 = 16;
/// Inbox tokens made known to the relay at once, so that a new contact costs no call that would tell of him.
const TOKENS: usize = 32;
const FEW_TOKENS: usize = 8;
/// A session is renewed when it has less than this left, milliseconds.
const SESSION_MARGIN_MS: u64 = 10_000;

impl Client {
    /// Redeems an invitation. Can be repeated after any interruption; what was done is not done again.
    ///
    /// # Errors
    /// [`Trouble::CodeRefused`], [`Trouble::HandleTaken`] (call again with another handle), [`Trouble::OtherAccount`],
    /// [`Trouble::Offline`] (call again later).
    pub fn enroll(&mut self, net: &mut dyn Network, invitation: &Invitation, handle: &Handle) -> Result<WhoAmI, Trouble> {
        let own = self.run(|cx| cx.make_own(invitation, Some(handle)))?;
        if own.stage == Stage::Made {
            let request = wire::EnrollRequest {
                code: own.code.as_ref().map(|c| c.expose().to_vec()).unwrap_or_default(),
                handle: own.handle.as_str().to_owned(),
                state: own.states.first().cloned().unwrap_or_default(),
            };
            let answer = net.enroll(&invitation.authority, request).map_err(|e| match e.reason() {
                Some(Reason::CodeRefused) => Trouble::CodeRefused,
                Some(Reason::HandleTaken) => Trouble::HandleTaken,
                _ => e.into(),
            })?;
            self.run(|cx| cx.bound(&answer.binding, "", &answer.generation))?;
        }
        self.upkeep(net)?;
        self.whoami()?.ok_or(Trouble::NotEnrolled)
    }

    /// Puts a new account in the place of a lost one, with a recovery code from the counter. The name stays; contacts must
    /// accept the new account. Can be repeated after any interruption.
    ///
    /// # Errors
    /// [`Trouble::CodeRefused`], [`Trouble::OtherAccount`] (a profile with an account: use another), [`Trouble::Offline`].
    pub fn recover(&mut self, net: &mut dyn Network, invitation: &Invitation) -> Result<WhoAmI, Trouble> {
        let own = self.run(|cx| cx.make_own(invitation, None))?;
        if own.stage == Stage::Made {
            let request = wire::RecoverRequest {
                code: own.code.as_ref().map(|c| c.expose().to_vec()).unwrap_or_default(),
                state: own.states.first().cloned().unwrap_or_default(),
            };
            let answer = net.recover(&invitation.authority, request).map_err(|e| match e.reason() {
                Some(Reason::CodeRefused) => Trouble::CodeRefused,
                _ => e.into(),
            })?;
            self.run(|cx| cx.bound(&answer.binding, &answer.reset, &answer.generation))?;
        }
        self.upkeep(net)?;
        self.whoami()?.ok_or(Trouble::NotEnrolled)
    }

    /// Who this profile is; none before `enroll`.
    pub fn whoami(&mut self) -> Result<Option<WhoAmI>, Trouble> {
        self.run(|cx| {
            let Some(own) = cx.own_or_none()? else { return Ok(None) };
            Ok(Some(WhoAmI {
                handle: own.handle.clone(),
                account: own.account,
                device: own.device,
                relay: authority(&own.authority)?,
                enrolled: own.stage == Stage::Ready,
            }))
        })
    }

    /// What a device does now and then: inbox opened, stamps, key packages and tokens in stock.
    pub(crate) fn upkeep(&mut self, net: &mut dyn Network) -> Result<(), Trouble> {
        let own = self.own()?;
        if own.stage == Stage::Made {
            return Err(Trouble::NotEnrolled);
        }
        if own.deleted {
            return Err(Trouble::AccountDeleted);
        }
        let at = authority(&own.authority).map_err(StepError::into_trouble)?;
        if self.run(|cx| Ok(cx.s.count(Table::Stamp, b"")?))? < FEW_STAMPS {
            unless_limited(self.take_stamps(net, &at))?;
        }
        if own.stage == Stage::Bound {
            self.open_inbox(net, &at)?;
        }
        let own = self.own()?;
        if own.renew_key_packages || own.key_packages_left < FEW_KEY_PACKAGES || self.key_packages_are_old(&own) {
            unless_limited(self.upload_key_packages(net, &at))?;
        }
        if own.spare_tokens.len() < FEW_TOKENS {
            unless_limited(self.add_tokens(net, &at))?;
        }
        self.tell_token_changes(net, &at)?;
        self.tell_pause(net, &at)?;
        self.run(|cx| {
            let mut own = cx.own_to_change()?;
            if own.stage == Stage::Bound {
                own.stage = Stage::Ready;
                cx.put_own(&own)?;
            }
            Ok(())
        })
    }

    fn session(&mut self, net: &mut dyn Network, at: &Authority) -> Result<Session, Trouble> {
        let own = self.own()?;
        let now = self.clock.now();
        if let Some((session, until)) = &own.session
            && until.get() > now.get() + SESSION_MARGIN_MS
        {
            return Ok(session.clone());
        }
        let (account, device) = (own.account.as_bytes().to_vec(), own.device.as_bytes().to_vec());
        let challenge = net.challenge(at, wire::ChallengeRequest { account: account.clone(), device: device.clone() })?.challenge;
        let statement = label::message(Label::Login, &[at.identity().as_bytes(), &account, &device, &challenge]);
        let signature = self.run(|cx| {
            let signer = cx.signer()?;
            signer.sign(&statement).map_err(|e| StepError::Again(format!("{e:?}")))
        })?;
        let answer = net.login(at, wire::LoginRequest { account, device, challenge, signature })?;
        let session = Session::try_from(answer.session.as_slice()).map_err(|e| Trouble::Protocol(e.to_string()))?;
        let expires = Millis::new(answer.expires_at_ms);
        // the relay's clock and ours may differ: a session is trusted for at most five minutes of our own
        let until = expires.min(now.plus(300_000));
        let ours = u64::try_from(own.states.len()).unwrap_or(0).saturating_sub(1);
        if answer.state_number < ours {
            let from = usize::try_from(answer.state_number).unwrap_or(0) + 1;
            for state in own.states.iter().skip(from) {
                let request = wire::PutStateRequest { session: session.expose().to_vec(), state: state.clone() };
                net.put_state(at, request)?;
            }
        }
        let kept = session.clone();
        self.run(|cx| {
            let mut own = cx.own_to_change()?;
            own.session = Some((kept, until));
            cx.put_own(&own)
        })?;
        Ok(session)
    }

    fn forget_session(&mut self) -> Result<(), Trouble> {
        self.run(|cx| {
            let mut own = cx.own_to_change()?;
            own.session = None;
            cx.put_own(&own)
        })
    }

    /// Calls with a session; a session that the relay no longer knows is replaced once.
    pub(super) fn with_session<T>(
        &mut self,
        net: &mut dyn Network,
        at: &Authority,
        mut call: impl FnMut(&mut dyn Network, Vec<u8>) -> Result<T, NetError>,
    ) -> Result<T, Trouble> {
        let session = self.session(net, at)?;
        match call(net, session.expose().to_vec()) {
            Err(e) if e.reason() == Some(Reason::Session) => {
                self.forget_session()?;
                let session = self.session(net, at)?;
                Ok(call(net, session.expose().to_vec())?)
            }
            other => Ok(other?),
        }
    }

    fn take_stamps(&mut self, net: &mut dyn Network, at: &Authority) -> Result<(), Trouble> {
        let answer =
            self.with_session(net, at, |net, session| net.take_stamps(at, wire::TakeStampsRequest { session, count: STAMPS }))?;
        self.run(|cx| {
            for raw in &answer.stamps {
                let stamp = Stamp::try_from(raw.as_slice()).map_err(|e| StepError::Skip(e.to_string()))?;
                let number = cx.number()?;
                cx.s.put(Table::Stamp, stamp.expose(), b"", number, &stamp)?;
            }
            Ok(())
        })
    }

    /// A stamp for one use; more are taken when there is none.
    pub(crate) fn stamp(&mut self, net: &mut dyn Network) -> Result<Stamp, Trouble> {
        if let Some(stamp) = self.run(|cx| cx.pop_stamp())? {
            return Ok(stamp);
        }
        let own = self.own()?;
        let at = authority(&own.authority).map_err(StepError::into_trouble)?;
        self.take_stamps(net, &at)?;
        self.run(|cx| cx.pop_stamp())?.ok_or(Trouble::Protocol("the relay gave no stamps".into()))
    }

    /// A call that costs a stamp; one that the relay does not take is replaced once (a restored relay forgets stamps).
    pub(crate) fn with_stamp<T>(
        &mut self,
        net: &mut dyn Network,
        mut call: impl FnMut(&mut dyn Network, Vec<u8>) -> Result<T, NetError>,
    ) -> Result<T, Trouble> {
        for _ in 0..STAMPS {
            let stamp = self.stamp(net)?;
            match call(net, stamp.expose().to_vec()) {
                Err(e) if e.reason() == Some(Reason::StampRefused) => {}
                Err(e @ NetError::Unreachable { .. }) => {
                    // perhaps spent, perhaps not: a stamp that is refused later costs nothing
                    self.run(|cx| cx.push_stamp(&stamp))?;
                    return Err(e.into());
                }
                other => return Ok(other?),
            }
        }
        Err(Trouble::Protocol("the relay refuses all stamps that it gave".into()))
    }

    fn open_inbox(&mut self, net: &mut dyn Network, at: &Authority) -> Result<(), Trouble> {
        let own = self.own()?;
        let mut rights = if own.nobody_new { Vec::new() } else { vec![public_right(&own.public_token)] };
        let tokens: Vec<&Token> = own.spare_tokens.iter().chain(&own.given_tokens).collect();
        rights.extend(tokens.iter().take(TOKENS_AT_ONCE).map(|t| free_right(t)));
        let answer = self.with_stamp(net, |net, stamp| {
            let request = wire::OpenRequest {
                class: wire::ChannelClass::Inbox.into(),
                channel: own.inbox.as_bytes().to_vec(),
                append: rights.clone(),
                read_token_hash: own.inbox_read.hash().as_bytes().to_vec(),
                stamp,
            };
            net.open(at, Lane::Inbox, request)
        })?;
        for block in tokens.chunks(TOKENS_AT_ONCE) {
            let request = wire::ChangeTokensRequest {
                channel: own.inbox.as_bytes().to_vec(),
                read_token: own.inbox_read.expose().to_vec(),
                add: block.iter().map(|t| free_right(t)).collect(),
                remove: Vec::new(),
            };
            net.change_tokens(at, Lane::Inbox, request)?;
        }
        self.run(|cx| {
            let mut own = cx.own_to_change()?;
            own.inbox_cursor = own.inbox_cursor.min(answer.head);
            own.inbox_trimmed = own.inbox_trimmed.min(answer.head);
            cx.put_own(&own)
        })
    }

    fn add_tokens(&mut self, net: &mut dyn Network, at: &Authority) -> Result<(), Trouble> {
        let (own, fresh) = self.run(|cx| {
            let fresh: Vec<Token> = (0..TOKENS).map(|_| Token::random(cx.rng)).collect();
            Ok((cx.own()?, fresh))
        })?;
        let request = wire::ChangeTokensRequest {
            channel: own.inbox.as_bytes().to_vec(),
            read_token: own.inbox_read.expose().to_vec(),
            add: fresh.iter().map(free_right).collect(),
            remove: Vec::new(),
        };
        net.change_tokens(at, Lane::Inbox, request)?;
        self.run(|cx| {
            let mut own = cx.own_to_change()?;
            own.spare_tokens.extend(fresh);
            cx.put_own(&own)
        })
    }

    /// One-time key packages and the last resort are replaced long before adders refuse them.
    fn key_packages_are_old(&self, own: &Own) -> bool {
        self.clock.now().since(own.key_packages_made) >= RENEW_KEY_PACKAGES_MS
    }

    fn upload_key_packages(&mut self, net: &mut dyn Network, at: &Authority) -> Result<(), Trouble> {
        let own = self.own()?;
        let replace_all = own.renew_key_packages || self.key_packages_are_old(&own);
        let made = self.clock.now();
        let (one_time, last_resort) = self.run(|cx| cx.make_key_packages(replace_all))?;
        let secret = own.profile_secret.clone();
        let answer = self.with_session(net, at, |net, session| {
            let request = wire::PutKeyPackagesRequest {
                session,
                one_time: one_time.clone(),
                last_resort: last_resort.clone(),
                replace_all,
            };
            net.put_key_packages(at, request)
        })?;
        let left = answer.remaining.iter().find(|r| r.suite == group::suite_number(Suite::XWing)).map_or(0, |r| r.count);
        self.run(|cx| {
            let mut own = cx.own_to_change()?;
            // who parted from a copy meanwhile needs others than these
            own.renew_key_packages &= own.profile_secret.0 != secret.0;
            own.key_packages_left = left;
            if replace_all {
                own.key_packages_made = made;
            }
            cx.put_own(&own)
        })
    }

    /// A restored relay learns inbox, tokens, account state and all-new key packages again (I7).
    pub(crate) fn tell_restored_relay(&mut self, net: &mut dyn Network, at: &Authority) -> Result<(), Trouble> {
        self.open_inbox(net, at)?;
        self.run(|cx| cx.withdraw_again())?;
        self.session(net, at)?;
        self.upkeep(net)
    }
}

/// A stock that the relay does not fill now stays low: what needs it waits, and reading needs none of it.
fn unless_limited(done: Result<(), Trouble>) -> Result<(), Trouble> {
    match done {
        Err(Trouble::Refused(r)) if r.reason == Reason::Limit => Ok(()),
        other => other,
    }
}

impl Cx<'_, '_> {
    /// Makes all keys of this device and state 0, or finds what an interrupted enrolment made.
    /// Without a handle it is a recovery: the binding will say which it is.
    fn make_own(&mut self, invitation: &Invitation, handle: Option<&Handle>) -> Result<Own, StepError> {
        let recovering = handle.is_none();
        let handle = match handle {
            Some(handle) => handle.clone(),
            None => Handle::parse("...").map_err(|e| StepError::Again(e.to_string()))?,
        };
        if self.own_or_none()?.is_some() {
            let mut own = self.own_to_change()?;
            if own.stage == Stage::Made {
                // nothing is bound yet: another handle or another code may be tried
                (own.handle, own.recovering) = (handle, recovering);
                own.code = Some(invitation.code.clone());
                if own.authority != invitation.authority.to_string() {
                    return Err(Trouble::OtherAccount.into());
                }
                self.put_own(&own)?;
                return Ok(own);
            }
            let same = own.authority == invitation.authority.to_string()
                && own.recovering == recovering
                && (recovering || own.handle == handle);
            return if same { Ok(own) } else { Err(Trouble::OtherAccount.into()) };
        }
        let signing: [u8; 32] = lacre_ground::random::bytes(self.rng);
        let inbox_read = Token::random(self.rng);
        let inbox_key = SealSecret::random(self.rng);
        let public_token = Token::random(self.rng);
        let device = DeviceId::new(lacre_ground::random::bytes(self.rng));
        let signer = NoteSigner::new(DEVICE, &signing).map_err(|e| StepError::Again(e.to_string()))?;
        let inbox = ChannelId::of_inbox(&inbox_read.hash());
        let state = AccountState {
            number: 0,
            previous: None,
            made_at: self.now,
            devices: vec![Device {
                id: device,
                signature_key: signer.public().key(),
                inbox: Address { authority: invitation.authority.clone(), channel: inbox },
                inbox_key: inbox_key.public().map_err(|e| StepError::Again(e.to_string()))?,
                public_token: Some(public_token.clone()),
            }],
        };
        let raw = state.sign(&signer).map_err(|e| StepError::Again(e.to_string()))?;
        let (account, _) = AccountState::first(&raw).map_err(|e| StepError::Again(e.to_string()))?;
        let own = Own {
            stage: Stage::Made,
            authority: invitation.authority.to_string(),
            handle,
            recovering,
            code: Some(invitation.code.clone()),
            account,
            device,
            signing: Key32(signing),
            profile_secret: Key32(lacre_ground::random::bytes(self.rng)),
            inbox,
            inbox_read,
            inbox_key: Key32(*inbox_key.expose()),
            public_token,
            spare_tokens: (0..TOKENS).map(|_| Token::random(self.rng)).collect(),
            given_tokens: Vec::new(),
            states: vec![raw],
            binding: None,
            inbox_cursor: 0,
            inbox_trimmed: 0,
            generation: None,
            session: None,
            renew_key_packages: true,
            key_packages_left: 0,
            settings: Settings::default(),
            key_packages_made: self.now,
            nobody_new: false,
            paused: false,
            pause_untold: false,
            leaving: false,
            deleted: false,
            reset: String::new(),
            links: Vec::new(),
            links_made: 0,
            token_changes: Vec::new(),
            changes_told: 0,
            withdrawn_tokens: Vec::new(),
        };
        self.put_own(&own)?;
        self.reached("enroll: keys made")?;
        Ok(own)
    }

    fn bound(&mut self, binding: &str, reset: &str, generation: &[u8]) -> Result<(), StepError> {
        let mut own = self.own_to_change()?;
        let registrar =
            lacre_ground::note::NoteKey::new(lacre_ground::account::REGISTRAR, authority(&own.authority)?.identity().as_bytes())
                .map_err(|e| StepError::Skip(e.to_string()))?;
        let verified = lacre_ground::account::VerifiedAccount::verify(&own.states, binding, &registrar)
            .map_err(|e| StepError::Skip(e.to_string()))?;
        if verified.id != own.account || (!own.recovering && verified.handle != own.handle) {
            return Err(StepError::Skip("the registrar bound another account or handle".into()));
        }
        if own.recovering {
            let note = Reset::verify(reset, &registrar).map_err(|e| StepError::Skip(e.to_string()))?;
            if note.account != own.account || note.handle != verified.handle {
                return Err(StepError::Skip("the registrar's note of the reset is of another account".into()));
            }
            own.handle = verified.handle;
            own.reset = reset.to_owned();
        }
        own.binding = Some(binding.to_owned());
        own.code = None;
        own.stage = Stage::Bound;
        own.generation = Generation::try_from(generation).ok();
        self.put_own(&own)?;
        self.reached("enroll: bound")
    }

    fn make_key_packages(&mut self, all: bool) -> Result<(Vec<wire::KeyPackage>, Vec<wire::KeyPackage>), StepError> {
        let own = self.own()?;
        let signer = self.signer()?;
        // from then on they would not outlive what a relay keeps: nobody would add this device with them
        let expires_at_ms = self.now.get() + (group::KEY_PACKAGE_SECONDS - group::MAX_RETENTION_SECONDS) * 1000;
        let mut one_time = Vec::new();
        let mut last_resort = Vec::new();
        let missing = KEY_PACKAGES.saturating_sub(if all { 0 } else { own.key_packages_left });
        let small = if all { SMALL_KEY_PACKAGES } else { 0 };
        for (suite, wanted) in [(Suite::XWing, missing), (Suite::X25519, small)] {
            let number = group::suite_number(suite);
            for _ in 0..wanted {
                one_time.push(self.one_key_package(&own, &signer, suite, number, expires_at_ms, false)?);
            }
            if all {
                last_resort.push(self.one_key_package(&own, &signer, suite, number, expires_at_ms, true)?);
            }
        }
        self.reached("key packages: made")?;
        Ok((one_time, last_resort))
    }

    fn one_key_package(
        &mut self,
        own: &Own,
        signer: &super::OwnKey,
        suite: Suite,
        number: u32,
        expires_at_ms: u64,
        last_resort: bool,
    ) -> Result<wire::KeyPackage, StepError> {
        let provider = self.provider();
        let credential = group::credential(own.account, own.device, &signer.public());
        let purpose = if last_resort { group::Purpose::LastResort } else { group::Purpose::OneTime };
        let made = group::key_package(&provider, signer, credential, suite, purpose, self.now)?;
        let key_package = group::encode_key_package(made)?;
        Ok(wire::KeyPackage { suite: number, key_package, expires_at_ms })
    }

    fn pop_stamp(&mut self) -> Result<Option<Stamp>, StepError> {
        let first: Vec<(u64, Stamp)> = self.s.scan(Table::Stamp, b"", 0, 1)?;
        let Some((_, stamp)) = first.into_iter().next() else { return Ok(None) };
        self.s.delete(Table::Stamp, stamp.expose())?;
        Ok(Some(stamp))
    }

    pub(crate) fn push_stamp(&mut self, stamp: &Stamp) -> Result<(), StepError> {
        let number = self.number()?;
        Ok(self.s.put(Table::Stamp, stamp.expose(), b"", number, stamp)?)
    }
}
