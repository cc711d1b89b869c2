//! A network whose every call is told of: what a relay is asked, and when.

use lacre_core::network::{Delivery, Following, Lane, NetError, Network};
use lacre_ground::address::Authority;
use lacre_proto::relay::v1 as wire;
use std::io::{Read, Write};
use std::time::Duration;

/// Told of every call, before it leaves and when its answer is there: its name and the relay that it goes to.
pub type AtCall<'a> = Box<dyn FnMut(&'static str, &Authority) + Send + 'a>;

/// A network whose every call is told of.
pub struct Watched<'a, N: Network> {
    inner: &'a mut N,
    before: AtCall<'a>,
    /// told when an answer is there
    pub after: AtCall<'a>,
}

impl<'a, N: Network> Watched<'a, N> {
    /// Around a network; told before each call.
    pub fn new(inner: &'a mut N, before: impl FnMut(&'static str, &Authority) + Send + 'a) -> Self {
        Self { inner, before: Box::new(before), after: Box::new(|_, _| ()) }
    }

    fn told<T>(&mut self, call: &'static str, at: &Authority, f: impl FnOnce(&mut N) -> T) -> T {
        (self.before)(call, at);
        let answer = f(self.inner);
        (self.after)(call, at);
        answer
    }
}

macro_rules! told {
    (lane: $($lname:ident: $lreq:ident => $lans:ident),*; plain: $($name:ident: $req:ident => $ans:ident),*) => {
        $(fn $lname(&mut self, at: &Authority, lane: Lane, r: wire::$lreq) -> Result<wire::$lans, NetError> {
            self.told(stringify!($lname), at, |net| net.$lname(at, lane, r))
        })*
        $(fn $name(&mut self, at: &Authority, r: wire::$req) -> Result<wire::$ans, NetError> {
            self.told(stringify!($name), at, |net| net.$name(at, r))
        })*
    };
}

impl<N: Network> Network for Watched<'_, N> {
    told! {
        lane: open: OpenRequest => OpenResponse, append: AppendRequest => AppendResponse,
              fetch: FetchRequest => FetchResponse, status: StatusRequest => StatusResponse,
              trim: TrimRequest => TrimResponse, change_tokens: ChangeTokensRequest => ChangeTokensResponse,
              head: HeadRequest => HeadResponse, get_info: GetInfoRequest => GetInfoResponse;
        plain: enroll: EnrollRequest => EnrollResponse, challenge: ChallengeRequest => ChallengeResponse,
               login: LoginRequest => LoginResponse, put_state: PutStateRequest => PutStateResponse,
               put_key_packages: PutKeyPackagesRequest => PutKeyPackagesResponse,
               take_stamps: TakeStampsRequest => TakeStampsResponse, recover: RecoverRequest => RecoverResponse,
               set_paused: SetPausedRequest => SetPausedResponse,
               designate: DesignateRequest => DesignateResponse, put_grants: PutGrantsRequest => PutGrantsResponse,
               pause_notices: PauseNoticesRequest => PauseNoticesResponse,
               notice_address: NoticeAddressRequest => NoticeAddressResponse,
               delete_account: DeleteAccountRequest => DeleteAccountResponse, lookup: LookupRequest => LookupResponse, resets: ResetsRequest => ResetsResponse,
               claim: ClaimRequest => ClaimResponse, kept: KeptRequest => KeptResponse
    }
    fn put_blob(&mut self, at: &Authority, header: wire::PutHeader, body: &mut dyn Read) -> Result<wire::PutResponse, NetError> {
        self.told("put_blob", at, |net| net.put_blob(at, header, body))
    }
    fn get_blob(&mut self, at: &Authority, r: wire::GetRequest, to: &mut dyn Write) -> Result<u64, NetError> {
        self.told("get_blob", at, |net| net.get_blob(at, r, to))
    }
    fn follow(&mut self, set: &[Following], max_wait: Duration) -> Result<Vec<Delivery>, NetError> {
        for item in set {
            (self.before)("follow", &item.authority);
        }
        self.inner.follow(set, max_wait)
    }
}
