//! The network over gRPC: TLS 1.3 with the relay's pinned key, a connection for each lane, optionally through SOCKS5.
//!
//! [`GrpcNetwork`] is a synchronous facade: it owns a runtime on one background thread, which drives connections, timers
//! and followed channels; calls are waited for on the caller's thread. Nothing that comes in may panic or grow without
//! bound: a message is at most [`MAX_MESSAGE_BYTES`], answers are checked field by field, and deliveries that
//! nobody collects stop the reading of their stream.
//!
//! `dial` (TCP, SOCKS, TLS and the pin), `lanes` (which connection), `refusal` (statuses to errors), `answers`
//! (bounds of what comes in), `follow` (the set and its cursors: pure), `attach` (the stream that serves it),
//! `blobs` (streams of chunks), `counter` (a clerk of the registrar), `bodies` (a public body), `wait` (waiting on the caller's thread).

mod answers;
mod attach;
mod blobs;
mod bodies;
mod counter;
mod dial;
mod follow;
mod lanes;
mod refusal;
mod wait;

#[cfg(test)]
mod tests;

pub use blobs::{OnProgress, Progress};
pub use bodies::BodySeed;
pub use counter::{CounterAct, IssuedCode};
pub use dial::{ProxyError, RELAY_NAME, SocksProxy};

use answers::Answer;
use core::future::Future;
use core::time::Duration;
use lacre_core::network::{Delivery, Following, Lane, NetError, Network};
use lacre_ground::address::Authority;
use lacre_ground::random::Rng;
use lacre_ground::time::Clock;
use lacre_proto::relay::v1 as wire;
use lacre_proto::relay::v1::accounts_client::AccountsClient;
use lacre_proto::relay::v1::channels_client::ChannelsClient;
use lacre_proto::relay::v1::directory_client::DirectoryClient;
use lanes::Lanes;
use std::io::{Read, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use tonic::transport::Channel;

/// Most bytes of one message, either way.
pub const MAX_MESSAGE_BYTES: usize = 4 * 1024 * 1024;

/// How long things may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// until TCP, proxy and TLS stand
    pub connect: Duration,
    /// from a call to its answer, connecting included
    pub call: Duration,
    /// a blob's stream without progress
    pub stall: Duration,
    /// between pings on a connection that waits for something, and for their answer
    pub ping: Duration,
    /// silence on an Attach stream before the relay has said how often its heart beats (75 s is 2.5 times 30 s)
    pub silence: Duration,
    /// first delay before a followed connection is made again; doubles with each failure
    pub backoff_first: Duration,
    /// greatest delay
    pub backoff_most: Duration,
    /// a connection that nobody used for so long is closed
    pub idle: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        let s = Duration::from_secs;
        Self {
            connect: s(15),
            call: s(30),
            stall: s(60),
            ping: s(20),
            silence: s(75),
            backoff_first: Duration::from_millis(250),
            backoff_most: s(30),
            idle: s(300),
        }
    }
}

impl Timeouts {
    /// For slow ways: Tor needs half a minute to build a circuit.
    #[must_use]
    pub fn through_proxy() -> Self {
        Self { connect: Duration::from_secs(60), call: Duration::from_secs(90), ..Self::default() }
    }
}

/// What a [`GrpcNetwork`] is made of.
pub struct Options {
    /// every connection goes through it, and names are resolved by it
    pub proxy: Option<SocksProxy>,
    /// deadlines and delays
    pub timeouts: Timeouts,
    /// for the validity of certificates and for idle connections
    pub clock: Arc<dyn Clock>,
    /// for jitter and for the proxy's credentials
    pub rng: Box<dyn Rng>,
}

/// The generator, shared by the tasks.
type Chance = Arc<Mutex<Box<dyn Rng>>>;

/// Relays over gRPC. One for each process is enough; every call may be made from any thread, also from inside another
/// runtime (which it blocks).
pub struct GrpcNetwork {
    handle: tokio::runtime::Handle,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    lanes: Arc<Lanes>,
    followed: attach::Followed,
    timeouts: Timeouts,
    progress: OnProgress,
    late: Option<Duration>,
    told_late: Mutex<Option<OnLate>>,
}

/// Is told once that an answer takes long.
pub type OnLate = Box<dyn FnOnce() + Send>;

impl GrpcNetwork {
    /// Starts the runtime's thread. Connects nowhere until the first call. `Err` when the system gives no thread.
    pub fn new(options: Options) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let thread = std::thread::Builder::new().name("lacre-network".into()).spawn(move || {
            // ends when the network is dropped; every task ends with the runtime
            let _ = runtime.block_on(stopped);
            runtime.shutdown_background();
        })?;
        let chance: Chance = Arc::new(Mutex::new(options.rng));
        let lanes = Arc::new(Lanes::new(options.proxy, options.timeouts, options.clock, Arc::clone(&chance)));
        let followed = attach::Followed::new(handle.clone(), Arc::clone(&lanes), options.timeouts, chance);
        Ok(Self {
            handle,
            stop: Some(stop),
            thread: Some(thread),
            lanes,
            followed,
            timeouts: options.timeouts,
            progress: Box::new(|_| ()),
            late: None,
            told_late: Mutex::default(),
        })
    }

    /// Who is told, once, that an answer has not come after so long: a person whose command stands still without a word thinks that it
    /// hangs. Blobs have [`GrpcNetwork::on_progress`], and what is followed is waited for on purpose.
    pub fn on_late(&mut self, after: Duration, told: OnLate) {
        self.late = Some(after);
        *lock(&self.told_late) = Some(told);
    }

    /// Waits for an answer on the caller's thread.
    fn wait<F: Future>(&self, answer: F) -> F::Output {
        let _context = self.handle.enter();
        let Some(late) = self.late else { return wait::on_this_thread(answer) };
        wait::on_this_thread(async {
            let mut answer = core::pin::pin!(answer);
            match tokio::time::timeout(late, answer.as_mut()).await {
                Ok(output) => output,
                Err(_elapsed) => {
                    if let Some(told) = lock(&self.told_late).take() {
                        told();
                    }
                    answer.await
                }
            }
        })
    }

    /// Who is told of each chunk of a file, from now on.
    pub fn on_progress(&mut self, told: OnProgress) {
        self.progress = told;
    }

    /// One unary call with its deadline; the answer's bounds are checked.
    fn call<T, F>(&self, at: &Authority, lane: Lane, make: impl FnOnce(Channel) -> F) -> Result<T, NetError>
    where
        T: Answer,
        F: Future<Output = Result<tonic::Response<T>, tonic::Status>>,
    {
        let _context = self.handle.enter();
        let line = self.lanes.line(at, lane)?;
        self.wait(answered(Arc::clone(&self.lanes), line, self.timeouts.call, make))
    }

    /// One call that runs on the network's own thread while others do.
    fn under_way<T, F>(
        &self,
        at: &Authority,
        lane: Lane,
        make: impl FnOnce(Channel) -> F + Send + 'static,
        fits: impl FnOnce(&T) -> Result<(), NetError> + Send + 'static,
    ) -> Result<UnderWay<T>, NetError>
    where
        T: Answer + Send + 'static,
        F: Future<Output = Result<tonic::Response<T>, tonic::Status>> + Send,
    {
        let _context = self.handle.enter();
        let line = self.lanes.line(at, lane)?;
        let (lanes, limit) = (Arc::clone(&self.lanes), self.timeouts.call);
        Ok(tokio::spawn(async move {
            let answer = answered(lanes, line, limit, make).await?;
            fits(&answer)?;
            Ok(answer)
        }))
    }
}

/// A call that was made.
type UnderWay<T> = tokio::task::JoinHandle<Result<T, NetError>>;

/// All answers, in the order of the calls: all of them are under way, so they are waited for one after the other.
async fn all_of<T>(calls: Vec<Result<UnderWay<T>, NetError>>) -> Vec<Result<T, NetError>> {
    let mut answers = Vec::with_capacity(calls.len());
    for call in calls {
        answers.push(match call {
            Ok(under_way) => under_way.await.unwrap_or_else(|e| Err(NetError::Unreachable { why: e.to_string() })),
            Err(e) => Err(e),
        });
    }
    answers
}

/// One call on a line, with its deadline; the answer's bounds are checked.
async fn answered<T, F>(
    lanes: Arc<Lanes>,
    line: Arc<lanes::Line>,
    limit: Duration,
    make: impl FnOnce(Channel) -> F,
) -> Result<T, NetError>
where
    T: Answer,
    F: Future<Output = Result<tonic::Response<T>, tonic::Status>>,
{
    let answer = match tokio::time::timeout(limit, make(line.channel())).await {
        Ok(Ok(response)) => Ok(response.into_inner()),
        Ok(Err(status)) => Err(refusal::error(&status)),
        Err(_elapsed) => Err(NetError::Unreachable { why: format!("no answer within {} ms", limit.as_millis()) }),
    };
    // the next call must not meet the same dying connection
    let answer = answer.inspect_err(|error| lanes.forget_after(&line, error))?;
    answer.bounded()?;
    Ok(answer)
}

impl Drop for GrpcNetwork {
    fn drop(&mut self) {
        self.followed.end();
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn channels(channel: Channel) -> ChannelsClient<Channel> {
    ChannelsClient::new(channel).max_decoding_message_size(MAX_MESSAGE_BYTES).max_encoding_message_size(MAX_MESSAGE_BYTES)
}

fn accounts(channel: Channel) -> AccountsClient<Channel> {
    AccountsClient::new(channel).max_decoding_message_size(MAX_MESSAGE_BYTES).max_encoding_message_size(MAX_MESSAGE_BYTES)
}

fn directory(channel: Channel) -> DirectoryClient<Channel> {
    DirectoryClient::new(channel).max_decoding_message_size(MAX_MESSAGE_BYTES).max_encoding_message_size(MAX_MESSAGE_BYTES)
}

/// A lock that outlives a panic of another thread: what it guards is valid between any two statements.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Network for GrpcNetwork {
    fn open(&mut self, at: &Authority, lane: Lane, r: wire::OpenRequest) -> Result<wire::OpenResponse, NetError> {
        self.call(at, lane, |c| async move { channels(c).open(r).await })
    }
    fn append(&mut self, at: &Authority, lane: Lane, r: wire::AppendRequest) -> Result<wire::AppendResponse, NetError> {
        self.call(at, lane, |c| async move { channels(c).append(r).await })
    }
    fn fetch(&mut self, at: &Authority, lane: Lane, r: wire::FetchRequest) -> Result<wire::FetchResponse, NetError> {
        let (from, most) = (r.from_seq, r.max_entries);
        let page = self.call(at, lane, |c| async move { channels(c).fetch(r).await })?;
        answers::dense_page(&page, from, most)?;
        Ok(page)
    }
    fn fetch_each(
        &mut self,
        at: &Authority,
        questions: Vec<(Lane, wire::FetchRequest)>,
    ) -> Vec<Result<wire::FetchResponse, NetError>> {
        let asked: Vec<_> = questions
            .into_iter()
            .map(|(lane, r)| {
                let (from, most) = (r.from_seq, r.max_entries);
                self.under_way(
                    at,
                    lane,
                    move |c| async move { channels(c).fetch(r).await },
                    move |page| answers::dense_page(page, from, most),
                )
            })
            .collect();
        self.wait(all_of(asked))
    }
    fn append_each(
        &mut self,
        at: &Authority,
        entries: Vec<(Lane, wire::AppendRequest)>,
    ) -> Vec<Result<wire::AppendResponse, NetError>> {
        let sent: Vec<_> = entries
            .into_iter()
            .map(|(lane, r)| self.under_way(at, lane, move |c| async move { channels(c).append(r).await }, |_| Ok(())))
            .collect();
        self.wait(all_of(sent))
    }
    fn status(&mut self, at: &Authority, lane: Lane, r: wire::StatusRequest) -> Result<wire::StatusResponse, NetError> {
        self.call(at, lane, |c| async move { channels(c).status(r).await })
    }
    fn trim(&mut self, at: &Authority, lane: Lane, r: wire::TrimRequest) -> Result<wire::TrimResponse, NetError> {
        self.call(at, lane, |c| async move { channels(c).trim(r).await })
    }
    fn change_tokens(
        &mut self,
        at: &Authority,
        lane: Lane,
        r: wire::ChangeTokensRequest,
    ) -> Result<wire::ChangeTokensResponse, NetError> {
        self.call(at, lane, |c| async move { channels(c).change_tokens(r).await })
    }
    fn head(&mut self, at: &Authority, lane: Lane, r: wire::HeadRequest) -> Result<wire::HeadResponse, NetError> {
        self.call(at, lane, |c| async move { channels(c).head(r).await })
    }
    fn head_each(
        &mut self,
        at: &Authority,
        questions: Vec<(Lane, wire::HeadRequest)>,
    ) -> Vec<Result<wire::HeadResponse, NetError>> {
        let asked: Vec<_> = questions
            .into_iter()
            .map(|(lane, r)| self.under_way(at, lane, move |c| async move { channels(c).head(r).await }, |_| Ok(())))
            .collect();
        self.wait(all_of(asked))
    }
    fn get_info(&mut self, at: &Authority, lane: Lane, r: wire::GetInfoRequest) -> Result<wire::GetInfoResponse, NetError> {
        let info = self.call(at, lane, |c| async move { channels(c).get_info(r).await })?;
        if info.identity.as_slice() != at.identity().as_bytes() {
            return Err(NetError::Protocol("the relay names another identity than its certificate shows".into()));
        }
        Ok(info)
    }

    fn enroll(&mut self, at: &Authority, r: wire::EnrollRequest) -> Result<wire::EnrollResponse, NetError> {
        self.call(at, Lane::Account, |c| async move { accounts(c).enroll(r).await })
    }
    fn recover(&mut self, at: &Authority, r: wire::RecoverRequest) -> Result<wire::RecoverResponse, NetError> {
        self.call(at, Lane::Account, |c| async move { accounts(c).recover(r).await })
    }
    fn set_paused(&mut self, at: &Authority, r: wire::SetPausedRequest) -> Result<wire::SetPausedResponse, NetError> {
        self.call(at, Lane::Account, |c| async move { accounts(c).set_paused(r).await })
    }
    fn delete_account(&mut self, at: &Authority, r: wire::DeleteAccountRequest) -> Result<wire::DeleteAccountResponse, NetError> {
        self.call(at, Lane::Account, |c| async move { accounts(c).delete_account(r).await })
    }
    fn designate(&mut self, at: &Authority, r: wire::DesignateRequest) -> Result<wire::DesignateResponse, NetError> {
        self.call(at, Lane::Account, |c| async move { accounts(c).designate(r).await })
    }
    fn put_grants(&mut self, at: &Authority, r: wire::PutGrantsRequest) -> Result<wire::PutGrantsResponse, NetError> {
        self.call(at, Lane::Account, |c| async move { accounts(c).put_grants(r).await })
    }
    fn pause_notices(&mut self, at: &Authority, r: wire::PauseNoticesRequest) -> Result<wire::PauseNoticesResponse, NetError> {
        self.call(at, Lane::Account, |c| async move { accounts(c).pause_notices(r).await })
    }
    fn notice_address(&mut self, at: &Authority, r: wire::NoticeAddressRequest) -> Result<wire::NoticeAddressResponse, NetError> {
        self.call(at, Lane::Account, |c| async move { accounts(c).notice_address(r).await })
    }
    fn challenge(&mut self, at: &Authority, r: wire::ChallengeRequest) -> Result<wire::ChallengeResponse, NetError> {
        self.call(at, Lane::Account, |c| async move { accounts(c).challenge(r).await })
    }
    fn login(&mut self, at: &Authority, r: wire::LoginRequest) -> Result<wire::LoginResponse, NetError> {
        self.call(at, Lane::Account, |c| async move { accounts(c).login(r).await })
    }
    fn put_state(&mut self, at: &Authority, r: wire::PutStateRequest) -> Result<wire::PutStateResponse, NetError> {
        self.call(at, Lane::Account, |c| async move { accounts(c).put_state(r).await })
    }
    fn put_key_packages(
        &mut self,
        at: &Authority,
        r: wire::PutKeyPackagesRequest,
    ) -> Result<wire::PutKeyPackagesResponse, NetError> {
        self.call(at, Lane::Account, |c| async move { accounts(c).put_key_packages(r).await })
    }
    fn take_stamps(&mut self, at: &Authority, r: wire::TakeStampsRequest) -> Result<wire::TakeStampsResponse, NetError> {
        let most = usize::try_from(r.count).unwrap_or(usize::MAX);
        let taken = self.call(at, Lane::Account, |c| async move { accounts(c).take_stamps(r).await })?;
        if taken.stamps.len() > most {
            return Err(NetError::Protocol("more stamps than were asked for".into()));
        }
        Ok(taken)
    }

    fn lookup(&mut self, at: &Authority, r: wire::LookupRequest) -> Result<wire::LookupResponse, NetError> {
        self.call(at, Lane::Directory, |c| async move { directory(c).lookup(r).await })
    }
    fn claim(&mut self, at: &Authority, r: wire::ClaimRequest) -> Result<wire::ClaimResponse, NetError> {
        self.call(at, Lane::Directory, |c| async move { directory(c).claim(r).await })
    }
    fn resets(&mut self, at: &Authority, r: wire::ResetsRequest) -> Result<wire::ResetsResponse, NetError> {
        let from = r.from;
        let page = self.call(at, Lane::Inbox, |c| async move { directory(c).resets(r).await })?;
        answers::whole_page(&page, from)?;
        Ok(page)
    }

    fn put_blob(&mut self, at: &Authority, header: wire::PutHeader, body: &mut dyn Read) -> Result<wire::PutResponse, NetError> {
        let _context = self.handle.enter();
        let line = self.lanes.line(at, Lane::Blobs)?;
        let outcome = wait::on_this_thread(blobs::put(line.channel(), header, body, &self.timeouts, &mut self.progress));
        outcome.inspect_err(|error| self.lanes.forget_after(&line, error))
    }
    fn kept(&mut self, at: &Authority, r: wire::KeptRequest) -> Result<wire::KeptResponse, NetError> {
        let size = r.size;
        let answer = self.call(at, Lane::Blobs, |c| async move { blobs::client(c).kept(r).await })?;
        if answer.bytes > size {
            return Err(NetError::Protocol("more of a blob is kept than it has".into()));
        }
        Ok(answer)
    }
    fn get_blob(&mut self, at: &Authority, r: wire::GetRequest, to: &mut dyn Write) -> Result<u64, NetError> {
        let _context = self.handle.enter();
        let line = self.lanes.line(at, Lane::Blobs)?;
        let outcome = wait::on_this_thread(blobs::get(line.channel(), r, to, &self.timeouts, &mut self.progress));
        outcome.inspect_err(|error| self.lanes.forget_after(&line, error))
    }

    fn follow(&mut self, set: &[Following], max_wait: Duration) -> Result<Vec<Delivery>, NetError> {
        if self.thread.as_ref().is_none_or(JoinHandle::is_finished) {
            return Err(NetError::Unreachable { why: "the network's own thread has ended".into() });
        }
        Ok(self.followed.follow(set, max_wait))
    }
}
