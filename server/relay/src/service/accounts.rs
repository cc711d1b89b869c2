//! Calls with credentials: enrolment, login, states, key packages, stamps.

use super::Context;
use super::login::{Challenges, decoy};
use super::names::Names;
use crate::border::{Reason, bad_state, bad_value, checked, crossed, limited, refused, store_down};
use crate::memory::Holder;
use lacre_ground::account::{AccountError, AccountState, Binding, Reset};
use lacre_ground::ids::{AccountId, DeviceId, Handle, Session, TokenHash};
use lacre_ground::note::{NoteError, UnverifiedNote};
use lacre_ground::signed::NoteText as _;
use lacre_ground::time::Millis;
use lacre_ground::verified::Verified;
use lacre_proto::relay::v1 as wire;
use lacre_proto::relay::v1::accounts_server::Accounts;
use lacre_store::accounts::{
    Enroll, EnrollRefused, KeyPackage, PauseAccount, PutKeyPackages, PutState, Recover, Recovering, RemoveAccount, StateDevice,
    TakeStamps,
};
use lacre_store::closing::Closing;
use lacre_store::sessions::{Key, Opening};
use lacre_store::speaker::Speaker;
use lacre_store::{Reads, StoreDown};
use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};
use tonic::{Request, Response, Status};

/// `lacre.relay.v1.Accounts`.
pub struct AccountsService {
    pub(super) context: Arc<Context>,
    challenges: Challenges,
    names: Names,
    /// stands in for the state of an account that is not there
    decoy: Arc<str>,
}

/// Bytes that a state takes, the note and what is read out of it.
const STATE: usize = 4 * 64 * 1024;

impl AccountsService {
    /// With no session open.
    #[must_use]
    pub fn new(context: Arc<Context>) -> Self {
        let mut rng = context.rng.lock().unwrap_or_else(PoisonError::into_inner);
        let (challenges, decoy) = (Challenges::new(&context), decoy(context.identity, rng.as_mut()));
        drop(rng);
        Self { context, challenges, names: Names::default(), decoy }
    }

    fn generation(&self) -> Vec<u8> {
        self.context.reads.generation().as_bytes().to_vec()
    }

    async fn session(&self, token: &[u8]) -> Result<Speaker, Status> {
        let (now, token) = (self.context.clock.now(), Session::try_from(token).map_err(|_| no_session())?.hash());
        self.context.sessions(move |s| s.who(now, &token)).await.map_err(store_down)?.ok_or_else(no_session)
    }

    async fn open_session(&self, now: Millis, opening: Opening) -> Result<Millis, Status> {
        let rules = self.context.rules.clone();
        let opened = self.context.sessions(move |s| s.open(now, &rules, &opening)).await.map_err(store_down)?;
        opened.map_err(limited)
    }

    /// Ends what its devices that are not among these have open. If that fails, each verb still looks whether its device is there.
    async fn keep_only(&self, account: AccountId, devices: Vec<Key>) {
        if let Err(down) = self.context.sessions(move |s| s.keep_only(&account, &devices)).await {
            tracing::warn!(cause = %down.cause, "sessions of removed devices stay open until their time is over");
        }
    }

    /// Devices of a state are reached through this relay: other inboxes would send strangers elsewhere.
    fn lives_here(&self, state: &AccountState) -> Result<Vec<StateDevice>, Status> {
        if state.devices.iter().any(|d| d.inbox.authority.identity() != self.context.identity) {
            return Err(bad_state(&"an inbox is on another relay"));
        }
        Ok(state.devices.iter().map(|d| StateDevice { id: d.id, inbox: d.inbox.channel }).collect())
    }

    /// Work that takes memory or time, in its turn and where it keeps nobody waiting.
    async fn heavy<T: Send + 'static>(
        &self,
        holder: Option<&Holder>,
        work: impl FnOnce(&dyn Reads) -> Result<T, StoreDown> + Send + 'static,
    ) -> Result<T, Status> {
        let (done, _) = self.context.reading(holder, STATE, |_| 0, work).await.map_err(store_down)?;
        Ok(done)
    }

    /// First of all of whoever has no session: a code that lives. What follows costs more.
    async fn code(&self, raw: &[u8]) -> Result<TokenHash, Status> {
        let code = lacre_ground::ids::Code::try_from(raw).map_err(|e| bad_value("code", "16 bytes", &e.to_string()))?.hash();
        let now = self.context.clock.now();
        let lives = self.context.read(move |r| r.code_lives(now, &code)).await.map_err(store_down)?;
        if lives { Ok(code) } else { Err(refused(Reason::CodeRefused, &[], None)) }
    }

    /// State 0, verified.
    async fn first_state(&self, holder: Option<&Holder>, raw: &str) -> Result<(AccountId, Vec<StateDevice>), Status> {
        let raw = raw.to_owned();
        let first = self.heavy(holder, move |_| Ok(signed_once(&raw).and_then(|()| AccountState::first(&raw)))).await?;
        let (account, state) = first.map_err(|e| bad_state(&e))?;
        let devices = self.lives_here(&state)?;
        self.named_as_now(&state)?;
        Ok((account, devices))
    }

    /// Accounts that know the relay by different addresses never meet: a new one names the address that it has now. A relay
    /// that listens everywhere and was told no address does not know any.
    fn named_as_now(&self, state: &AccountState) -> Result<(), Status> {
        let own = self.context.authority.read().unwrap_or_else(PoisonError::into_inner).clone();
        let host = own.host().trim_start_matches('[').trim_end_matches(']');
        let everywhere = host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_unspecified());
        if everywhere || state.devices.iter().all(|d| d.inbox.authority == own) {
            return Ok(());
        }
        Err(bad_state(&format!("this relay's address is {}:{} now: ask for a new invitation", own.host(), own.port())))
    }

    /// The state that this note is, if it follows, and how.
    async fn next_state(
        &self,
        holder: Option<&Holder>,
        account: AccountId,
        raw: &str,
    ) -> Result<(Verified<AccountState>, Follows), Status> {
        let raw = raw.to_owned();
        self.heavy(holder, move |r| next_state(r, account, &raw)).await?
    }
}

/// A note may have many lines by one key, and each costs a check: a device signs once.
fn signed_once(raw: &str) -> Result<(), AccountError> {
    let note = UnverifiedNote::parse(raw)?;
    if note.has_two_lines_of_one_key() { Err(NoteError::Shape("two signatures of one key").into()) } else { Ok(()) }
}

/// How a state follows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Follows {
    /// the relay has this very note already
    Again,
    /// it keeps all devices and their keys
    Keeping,
    /// it drops one
    Dropping,
}

fn next_state(
    reads: &dyn Reads,
    account: AccountId,
    raw: &str,
) -> Result<Result<(Verified<AccountState>, Follows), Status>, StoreDown> {
    let Some(newest) = reads.newest_state(&account)? else { return Ok(Err(no_session())) };
    let state = match AccountState::stored(&newest.state) {
        Ok(state) => state,
        Err(e) => return Ok(Err(not_readable(&e))),
    };
    let refused = match signed_once(raw).and_then(|()| state.follow(raw)) {
        Ok(next) => {
            let (before, after) = (keys(&state), keys(&next));
            let follows = if before.iter().all(|key| after.contains(key)) { Follows::Keeping } else { Follows::Dropping };
            return Ok(Ok((next, follows)));
        }
        Err(e) => e,
    };
    // a repeated call: its number only says where to look, the bytes decide
    let said = UnverifiedNote::parse(raw).map_err(AccountError::from).and_then(|n| AccountState::parse(n.unverified_text()));
    if let Ok(AccountState { number, .. }) = said
        && let Some(known) = reads.state(&account, number)?.filter(|known| known == raw)
    {
        return Ok(AccountState::stored(&known).map(|known| (known, Follows::Again)).map_err(|e| not_readable(&e)));
    }
    Ok(Err(bad_state(&refused)))
}

pub(super) fn no_session() -> Status {
    refused(Reason::Session, &[], None)
}

pub(super) fn not_readable(e: &AccountError) -> Status {
    tracing::error!(cause = %e, "a stored account state cannot be read");
    store_down(lacre_store::StoreDown::new("a stored account state cannot be read"))
}

/// Devices of a state with their keys: who may go on in a session.
fn keys(state: &AccountState) -> Vec<Key> {
    state.devices.iter().map(|d| (d.id, d.signature_key)).collect()
}

/// What the bounds promised.
fn who(account: &[u8], device: &[u8]) -> Result<Speaker, Status> {
    let account = AccountId::try_from(account).map_err(|e| bad_value("account", "32 bytes", &e.to_string()))?;
    let device = DeviceId::try_from(device).map_err(|e| bad_value("device", "16 bytes", &e.to_string()))?;
    Ok(Speaker { account, device })
}

/// Key packages that are good for some time from now on.
fn packages(now: Millis, wire: Vec<wire::KeyPackage>) -> Result<Vec<KeyPackage>, Status> {
    let one = |p: wire::KeyPackage| {
        let suite = u16::try_from(p.suite).map_err(|_| bad_value("suite", "1 to 65535", &p.suite.to_string()))?;
        let expires_at = Millis::new(p.expires_at_ms);
        if expires_at <= now {
            return Err(bad_value("expires_at_ms", "later than now", &p.expires_at_ms.to_string()));
        }
        Ok(KeyPackage { suite, bytes: p.key_package, expires_at })
    };
    wire.into_iter().map(one).collect()
}

#[tonic::async_trait]
impl Accounts for AccountsService {
    async fn enroll(&self, request: Request<wire::EnrollRequest>) -> Result<Response<wire::EnrollResponse>, Status> {
        let holder = request.extensions().get::<Holder>().cloned();
        let request = checked(request.into_inner())?;
        let code = self.code(&request.code).await?;
        let handle = Handle::parse(&request.handle).ok().filter(|h| h.as_str() == request.handle);
        let handle = handle.ok_or_else(|| bad_value("handle", "3 to 32 of a-z, 0-9, _ . -", "other characters"))?;
        let now = self.context.clock.now();
        self.names.may_try(now, &self.context.rules, &code).map_err(limited)?;
        let (account, devices) = self.first_state(holder.as_ref(), &request.state).await?;
        // whoever has such a name from before is told the same again
        if !handle.may_be_new() && self.context.read(move |r| r.newest_state(&account)).await.map_err(store_down)?.is_none() {
            return Err(bad_value(
                "handle",
                "letters and digits, with one _ . - between them",
                "a sign at an end, or two together",
            ));
        }
        let binding = Binding { handle: handle.clone(), account, bound_at: now }.sign(&self.context.bindings);
        let binding = binding.map_err(|e| store_down(lacre_store::StoreDown::new(e)))?;
        let enroll = Enroll { code, handle, account, state: request.state, devices, binding };
        let enrolled = self.context.writer.submit(enroll).await;
        if let Ok(Err(EnrollRefused::HandleTaken)) = &enrolled {
            self.names.was_taken(now, code);
        }
        let enrolled = crossed(enrolled)?;
        Ok(Response::new(wire::EnrollResponse { generation: self.generation(), binding: enrolled.binding }))
    }

    async fn challenge(&self, request: Request<wire::ChallengeRequest>) -> Result<Response<wire::ChallengeResponse>, Status> {
        let request = checked(request.into_inner())?;
        let who = who(&request.account, &request.device)?;
        let challenge = self.challenges.make(self.context.clock.now(), &who).to_vec();
        Ok(Response::new(wire::ChallengeResponse { generation: self.generation(), challenge }))
    }

    async fn login(&self, request: Request<wire::LoginRequest>) -> Result<Response<wire::LoginResponse>, Status> {
        let holder = request.extensions().get::<Holder>().cloned();
        let request = checked(request.into_inner())?;
        let who = who(&request.account, &request.device)?;
        let no = || refused(Reason::LoginRefused, &[], None);
        let challenge: [u8; 32] = request.challenge.as_slice().try_into().map_err(|_| no())?;
        let signature: [u8; 64] = request.signature.as_slice().try_into().map_err(|_| no())?;
        let (now, rules) = (self.context.clock.now(), &self.context.rules);
        if !self.challenges.holds(now, rules, &who, &challenge) {
            return Err(no());
        }
        let decoy = Arc::clone(&self.decoy);
        let newest = move |r: &dyn Reads| {
            let newest = r.newest_state(&who.account)?;
            // an account that is not there costs the same
            let state = AccountState::stored(newest.as_ref().map_or(&*decoy, |n| &n.state));
            Ok(state.map(|state| newest.map(|_| state)))
        };
        let state = self.heavy(holder.as_ref(), newest).await?.map_err(|e| not_readable(&e))?;
        if !self.challenges.signed(&who, &challenge, &signature, state.as_deref()) {
            return Err(no());
        }
        let Some(key) = state.as_ref().and_then(|s| s.device(who.device)).map(|d| d.signature_key) else { return Err(no()) };
        let session = Session::new(self.context.random());
        let expires_at_ms = self.open_session(now, Opening { who, key, token: session.hash() }).await?.get();
        // look again: a state without this device may have ended its sessions before this one was there
        let newest = self.context.read(move |r| r.newest_state(&who.account)).await.map_err(store_down)?;
        let now_in = newest.map(|n| AccountState::stored(&n.state)).transpose().map_err(|e| not_readable(&e))?;
        if !now_in.is_some_and(|s| keys(&s).contains(&(who.device, key))) {
            let token = session.hash();
            self.context.sessions(move |s| s.close(&token)).await.map_err(store_down)?;
            return Err(no());
        }
        let (session, state_number) = (session.expose().to_vec(), state.map_or(0, |s| s.number));
        Ok(Response::new(wire::LoginResponse { generation: self.generation(), session, expires_at_ms, state_number }))
    }

    async fn put_state(&self, request: Request<wire::PutStateRequest>) -> Result<Response<wire::PutStateResponse>, Status> {
        let holder = request.extensions().get::<Holder>().cloned();
        let request = checked(request.into_inner())?;
        let by = self.session(&request.session).await?;
        let (next, follows) = self.next_state(holder.as_ref(), by.account, &request.state).await?;
        let (number, state, devices) = (next.number, request.state, self.lives_here(&next)?);
        let put = |closing| PutState { by, number, state: state.clone(), devices: devices.clone(), closing };
        crossed(match follows {
            Follows::Dropping => self.context.close(by.account, |closing| put(Some(closing))).await,
            Follows::Again | Follows::Keeping => self.context.writer.submit(put(None)).await,
        })?;
        if follows != Follows::Again {
            self.keep_only(by.account, keys(&next)).await;
        }
        Ok(Response::new(wire::PutStateResponse { generation: self.generation() }))
    }

    async fn recover(&self, request: Request<wire::RecoverRequest>) -> Result<Response<wire::RecoverResponse>, Status> {
        let holder = request.extensions().get::<Holder>().cloned();
        let request = checked(request.into_inner())?;
        let code = self.code(&request.code).await?;
        let (account, devices) = self.first_state(holder.as_ref(), &request.state).await?;
        let now = self.context.clock.now();
        let found = self.context.read(move |r| r.recovering(now, &code)).await.map_err(store_down)?;
        let Recovering { handle, account: before } = found.ok_or_else(|| refused(Reason::CodeRefused, &[], None))?;
        let sign = |e: lacre_ground::note::NoteError| store_down(lacre_store::StoreDown::new(e));
        let binding = Binding { handle: handle.clone(), account, bound_at: now }.sign(&self.context.bindings).map_err(sign)?;
        let reset = Reset { handle: handle.clone(), account, replaces: before, reset_at: now };
        let reset = reset.sign(&self.context.bindings).map_err(sign)?;
        let recover =
            Recover { code, before, handle, account, state: request.state, devices, binding, reset, closing: Closing::default() };
        let done = crossed(self.context.close(before, |closing| Recover { closing, ..recover.clone() }).await)?;
        self.context.deletions.resets(&done.reset);
        if before != account {
            self.keep_only(before, Vec::new()).await;
        }
        Ok(Response::new(wire::RecoverResponse { generation: self.generation(), binding: done.binding, reset: done.reset }))
    }

    async fn set_paused(&self, request: Request<wire::SetPausedRequest>) -> Result<Response<wire::SetPausedResponse>, Status> {
        let request = checked(request.into_inner())?;
        let by = self.session(&request.session).await?;
        crossed(self.context.writer.submit(PauseAccount { by, paused: request.paused }).await)?;
        Ok(Response::new(wire::SetPausedResponse { generation: self.generation() }))
    }

    async fn delete_account(
        &self,
        request: Request<wire::DeleteAccountRequest>,
    ) -> Result<Response<wire::DeleteAccountResponse>, Status> {
        let request = checked(request.into_inner())?;
        let by = self.session(&request.session).await?;
        self.context.deletions.deletes(&by.account);
        let removed = self.context.close(by.account, |closing| RemoveAccount { by, closing }).await;
        if matches!(removed, Ok(Err(_))) {
            self.context.deletions.keeps(&by.account);
        }
        crossed(removed)?;
        self.keep_only(by.account, Vec::new()).await;
        Ok(Response::new(wire::DeleteAccountResponse { generation: self.generation() }))
    }

    async fn put_key_packages(
        &self,
        request: Request<wire::PutKeyPackagesRequest>,
    ) -> Result<Response<wire::PutKeyPackagesResponse>, Status> {
        let request = checked(request.into_inner())?;
        let by = self.session(&request.session).await?;
        let now = self.context.clock.now();
        let (one_time, last_resort) = (packages(now, request.one_time)?, packages(now, request.last_resort)?);
        let mut suites = BTreeSet::new();
        if !last_resort.iter().all(|p| suites.insert(p.suite)) {
            return Err(bad_value("last_resort", "one of a suite", "two of a suite"));
        }
        let put = PutKeyPackages { by, one_time, last_resort, replace_all: request.replace_all };
        let left = crossed(self.context.writer.submit(put).await)?;
        let remaining = left.0.into_iter().map(|(suite, count)| wire::Remaining { suite: suite.into(), count }).collect();
        Ok(Response::new(wire::PutKeyPackagesResponse { generation: self.generation(), remaining }))
    }

    async fn take_stamps(&self, request: Request<wire::TakeStampsRequest>) -> Result<Response<wire::TakeStampsResponse>, Status> {
        let request = checked(request.into_inner())?;
        let by = self.session(&request.session).await?;
        crossed(self.context.writer.submit(TakeStamps { by, count: request.count }).await)?;
        let stamps = self
            .context
            .stamps
            .take(&self.context, usize::try_from(request.count).unwrap_or_default())
            .await
            .map_err(store_down)?;
        let stamps = stamps.iter().map(|s| s.expose().to_vec()).collect();
        Ok(Response::new(wire::TakeStampsResponse { generation: self.generation(), stamps }))
    }

    async fn designate(&self, request: Request<wire::DesignateRequest>) -> Result<Response<wire::DesignateResponse>, Status> {
        let request = checked(request.into_inner())?;
        let by = self.session(&request.session).await?;
        self.designated(by, request.designation).await?;
        Ok(Response::new(wire::DesignateResponse { generation: self.generation() }))
    }

    async fn put_grants(&self, request: Request<wire::PutGrantsRequest>) -> Result<Response<wire::PutGrantsResponse>, Status> {
        let request = checked(request.into_inner())?;
        let by = self.session(&request.session).await?;
        let remaining = self.granted(by, request).await?;
        Ok(Response::new(wire::PutGrantsResponse { generation: self.generation(), remaining }))
    }

    async fn pause_notices(
        &self,
        request: Request<wire::PauseNoticesRequest>,
    ) -> Result<Response<wire::PauseNoticesResponse>, Status> {
        let request = checked(request.into_inner())?;
        let by = self.session(&request.session).await?;
        self.notices_paused(by, request.paused).await?;
        Ok(Response::new(wire::PauseNoticesResponse { generation: self.generation() }))
    }

    async fn notice_address(
        &self,
        request: Request<wire::NoticeAddressRequest>,
    ) -> Result<Response<wire::NoticeAddressResponse>, Status> {
        let request = checked(request.into_inner())?;
        let by = self.session(&request.session).await?;
        let found = self.address_of(by).await?;
        let office = self.office_of(by.account).await?;
        let answers = found.answers.into_iter().map(|(month, count)| wire::AnswersInMonth { month, count }).collect();
        Ok(Response::new(wire::NoticeAddressResponse {
            generation: self.generation(),
            designation: found.designation.unwrap_or_default(),
            paused: found.paused,
            remaining: found.remaining,
            last_resort_until_ms: found.last_resort_until.map_or(0, Millis::get),
            answers,
            exempt: found.exempt.map_or_else(String::new, |reason| reason.as_str().to_owned()),
            office,
        }))
    }
}
