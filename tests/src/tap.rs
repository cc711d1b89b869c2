//! A network with a hand on it: what passes can be counted, held back, lost on the way or changed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::print_stdout,
    reason = "a panic is how a test says no"
)]

use lacre_core::network::{Delivery, Following, Lane, NetError, Network};
use lacre_ground::address::Authority;
use lacre_proto::relay::v1 as wire;
use std::io::{Read, Write};
use std::time::Duration;

/// Called before an append leaves; `Err` loses the request.
pub type BeforeAppend<'a> = Box<dyn FnMut(&wire::AppendRequest) -> Result<(), NetError> + Send + 'a>;
/// Called with an append's answer; may turn it into another, as when an answer is lost.
pub type AfterAppend<'a> =
    Box<dyn FnMut(Result<wire::AppendResponse, NetError>) -> Result<wire::AppendResponse, NetError> + Send + 'a>;

/// Asked before a claim leaves; may answer in the relay's place.
pub type AnswerClaim<'a> = Box<dyn FnMut(&wire::ClaimRequest) -> Option<wire::ClaimResponse> + Send + 'a>;
/// Called with a claim's answer, which it may change.
pub type AfterClaim<'a> = Box<dyn FnMut(&mut wire::ClaimResponse) + Send + 'a>;

/// Called with the number that was asked from and the answer; may turn it into another.
pub type AfterResets<'a> =
    Box<dyn FnMut(u64, Result<wire::ResetsResponse, NetError>) -> Result<wire::ResetsResponse, NetError> + Send + 'a>;

/// Shown each upload of key packages.
pub type BeforeUpload<'a> = Box<dyn FnMut(&wire::PutKeyPackagesRequest) + Send + 'a>;

/// Called with each piece of a blob before it leaves; `Err` breaks the upload off.
pub type BeforeBytes<'a> = Box<dyn FnMut(&[u8]) -> std::io::Result<()> + Send + 'a>;

/// Passes everything on.
pub struct Tap<'a, N: Network> {
    inner: &'a mut N,
    /// see [`AnswerClaim`]
    pub claiming: AnswerClaim<'a>,
    /// see [`AfterClaim`]
    pub claimed: AfterClaim<'a>,
    /// see [`AfterResets`]
    pub resets: AfterResets<'a>,
    /// see [`BeforeUpload`]
    pub uploading: BeforeUpload<'a>,
    /// see [`BeforeBytes`]
    pub sending: BeforeBytes<'a>,
    /// see [`BeforeAppend`]
    pub before: BeforeAppend<'a>,
    /// see [`AfterAppend`]
    pub after: AfterAppend<'a>,
}

impl<'a, N: Network> Tap<'a, N> {
    /// Around a network; changes nothing until its hooks are set.
    pub fn new(inner: &'a mut N) -> Self {
        Self {
            inner,
            claiming: Box::new(|_| None),
            claimed: Box::new(|_| ()),
            resets: Box::new(|_, answer| answer),
            uploading: Box::new(|_| ()),
            sending: Box::new(|_| Ok(())),
            before: Box::new(|_| Ok(())),
            after: Box::new(|answer| answer),
        }
    }
}

/// A blob's bytes, shown before they leave.
struct Shown<'a, 'b> {
    body: &'a mut dyn Read,
    to: &'a mut BeforeBytes<'b>,
}

impl Read for Shown<'_, '_> {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let n = self.body.read(buf)?;
        (self.to)(&buf[..n])?;
        Ok(n)
    }
}

/// Calls of a [`Network`] that a double hands to the network in its field `inner`.
#[macro_export]
macro_rules! pass_on {
    (lane: $($lname:ident: $lreq:ident => $lans:ident),*; plain: $($name:ident: $req:ident => $ans:ident),*) => {
        $(fn $lname(&mut self, at: &Authority, lane: Lane, r: wire::$lreq) -> Result<wire::$lans, NetError> {
            self.inner.$lname(at, lane, r)
        })*
        $(fn $name(&mut self, at: &Authority, r: wire::$req) -> Result<wire::$ans, NetError> { self.inner.$name(at, r) })*
    };
}

impl<N: Network> Network for Tap<'_, N> {
    fn append(&mut self, at: &Authority, lane: Lane, r: wire::AppendRequest) -> Result<wire::AppendResponse, NetError> {
        (self.before)(&r)?;
        (self.after)(self.inner.append(at, lane, r))
    }
    crate::pass_on! {
        lane: open: OpenRequest => OpenResponse, fetch: FetchRequest => FetchResponse, status: StatusRequest => StatusResponse,
              trim: TrimRequest => TrimResponse, change_tokens: ChangeTokensRequest => ChangeTokensResponse,
              head: HeadRequest => HeadResponse, get_info: GetInfoRequest => GetInfoResponse;
        plain: enroll: EnrollRequest => EnrollResponse, challenge: ChallengeRequest => ChallengeResponse,
               login: LoginRequest => LoginResponse, put_state: PutStateRequest => PutStateResponse,
               take_stamps: TakeStampsRequest => TakeStampsResponse, recover: RecoverRequest => RecoverResponse,
               set_paused: SetPausedRequest => SetPausedResponse,
               designate: DesignateRequest => DesignateResponse, put_grants: PutGrantsRequest => PutGrantsResponse,
               pause_notices: PauseNoticesRequest => PauseNoticesResponse,
               notice_address: NoticeAddressRequest => NoticeAddressResponse,
               delete_account: DeleteAccountRequest => DeleteAccountResponse, kept: KeptRequest => KeptResponse, lookup: LookupRequest => LookupResponse
    }
    fn put_key_packages(
        &mut self,
        at: &Authority,
        r: wire::PutKeyPackagesRequest,
    ) -> Result<wire::PutKeyPackagesResponse, NetError> {
        (self.uploading)(&r);
        self.inner.put_key_packages(at, r)
    }
    fn claim(&mut self, at: &Authority, r: wire::ClaimRequest) -> Result<wire::ClaimResponse, NetError> {
        if let Some(answer) = (self.claiming)(&r) {
            return Ok(answer);
        }
        let mut answer = self.inner.claim(at, r)?;
        (self.claimed)(&mut answer);
        Ok(answer)
    }
    fn resets(&mut self, at: &Authority, r: wire::ResetsRequest) -> Result<wire::ResetsResponse, NetError> {
        let from = r.from;
        (self.resets)(from, self.inner.resets(at, r))
    }
    fn put_blob(&mut self, at: &Authority, header: wire::PutHeader, body: &mut dyn Read) -> Result<wire::PutResponse, NetError> {
        self.inner.put_blob(at, header, &mut Shown { body, to: &mut self.sending })
    }
    fn get_blob(&mut self, at: &Authority, r: wire::GetRequest, to: &mut dyn Write) -> Result<u64, NetError> {
        self.inner.get_blob(at, r, to)
    }
    fn follow(&mut self, set: &[Following], max_wait: Duration) -> Result<Vec<Delivery>, NetError> {
        self.inner.follow(set, max_wait)
    }
}
