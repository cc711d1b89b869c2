//! A network that fails on purpose: a rule sees each call with what it is about, and may answer in the relay's place.
use lacre_core::network::{Delivery, Following, Lane, NetError, Network};
use lacre_ground::address::Authority;
use lacre_proto::relay::v1 as wire;
use std::io::{Read, Write};
use std::time::Duration;

/// Sees the name of a call and the channel or blob that it is about (empty: none); `Some` is the answer.
pub type Rule<'a> = Box<dyn FnMut(&'static str, &[u8]) -> Option<NetError> + Send + 'a>;

/// Passes on what its rule lets pass.
pub struct Faulty<'a, N: Network> {
    inner: &'a mut N,
    rule: Rule<'a>,
    /// calls one after the other: what is asked side by side is one
    pub trips: u64,
}

impl<'a, N: Network> Faulty<'a, N> {
    /// Around a network.
    pub fn new(inner: &'a mut N, rule: Rule<'a>) -> Self {
        Self { inner, rule, trips: 0 }
    }

    fn asked(&mut self, call: &'static str, about: &[u8]) -> Result<(), NetError> {
        self.trips += 1;
        (self.rule)(call, about).map_or(Ok(()), Err)
    }
}

macro_rules! calls {
    (channel: $($ch:ident: $chreq:ident => $chans:ident),*; info: $($in:ident: $inreq:ident => $inans:ident),*; plain: $($name:ident: $req:ident => $ans:ident),*) => {
        $(fn $ch(&mut self, at: &Authority, lane: Lane, r: wire::$chreq) -> Result<wire::$chans, NetError> {
            self.asked(stringify!($ch), &r.channel)?;
            self.inner.$ch(at, lane, r)
        })*
        $(fn $in(&mut self, at: &Authority, lane: Lane, r: wire::$inreq) -> Result<wire::$inans, NetError> {
            self.asked(stringify!($in), &[])?;
            self.inner.$in(at, lane, r)
        })*
        $(fn $name(&mut self, at: &Authority, r: wire::$req) -> Result<wire::$ans, NetError> {
            self.asked(stringify!($name), &[])?;
            self.inner.$name(at, r)
        })*
    };
}

impl<N: Network> Network for Faulty<'_, N> {
    calls! {
        channel: open: OpenRequest => OpenResponse, append: AppendRequest => AppendResponse, fetch: FetchRequest => FetchResponse,
                 status: StatusRequest => StatusResponse, trim: TrimRequest => TrimResponse,
                 change_tokens: ChangeTokensRequest => ChangeTokensResponse, head: HeadRequest => HeadResponse;
        info: get_info: GetInfoRequest => GetInfoResponse;
        plain: enroll: EnrollRequest => EnrollResponse, challenge: ChallengeRequest => ChallengeResponse,
               login: LoginRequest => LoginResponse, put_state: PutStateRequest => PutStateResponse,
               put_key_packages: PutKeyPackagesRequest => PutKeyPackagesResponse,
               take_stamps: TakeStampsRequest => TakeStampsResponse, recover: RecoverRequest => RecoverResponse,
               set_paused: SetPausedRequest => SetPausedResponse,
               designate: DesignateRequest => DesignateResponse, put_grants: PutGrantsRequest => PutGrantsResponse,
               pause_notices: PauseNoticesRequest => PauseNoticesResponse,
               notice_address: NoticeAddressRequest => NoticeAddressResponse,
               delete_account: DeleteAccountRequest => DeleteAccountResponse, kept: KeptRequest => KeptResponse,
               lookup: LookupRequest => LookupResponse, claim: ClaimRequest => ClaimResponse,
               resets: ResetsRequest => ResetsResponse
    }
    fn append_each(
        &mut self,
        at: &Authority,
        entries: Vec<(Lane, wire::AppendRequest)>,
    ) -> Vec<Result<wire::AppendResponse, NetError>> {
        self.trips += u64::from(!entries.is_empty());
        let spoiled: Vec<Option<NetError>> = entries.iter().map(|(_, r)| (self.rule)("append", &r.channel)).collect();
        let passed = entries.into_iter().zip(&spoiled).filter(|(_, spoiled)| spoiled.is_none()).map(|(e, _)| e).collect();
        let mut answers = self.inner.append_each(at, passed).into_iter();
        spoiled.into_iter().filter_map(|spoiled| spoiled.map(Err).or_else(|| answers.next())).collect()
    }
    fn fetch_each(
        &mut self,
        at: &Authority,
        questions: Vec<(Lane, wire::FetchRequest)>,
    ) -> Vec<Result<wire::FetchResponse, NetError>> {
        self.trips += 1;
        let spoiled: Vec<Option<NetError>> = questions.iter().map(|(_, r)| (self.rule)("fetch", &r.channel)).collect();
        let passed = questions.into_iter().zip(&spoiled).filter(|(_, spoiled)| spoiled.is_none()).map(|(q, _)| q).collect();
        let mut answers = self.inner.fetch_each(at, passed).into_iter();
        spoiled.into_iter().filter_map(|spoiled| spoiled.map(Err).or_else(|| answers.next())).collect()
    }
    fn put_blob(&mut self, at: &Authority, header: wire::PutHeader, body: &mut dyn Read) -> Result<wire::PutResponse, NetError> {
        self.asked("put_blob", &header.blob)?;
        self.inner.put_blob(at, header, body)
    }
    fn get_blob(&mut self, at: &Authority, r: wire::GetRequest, to: &mut dyn Write) -> Result<u64, NetError> {
        self.asked("get_blob", &r.blob)?;
        self.inner.get_blob(at, r, to)
    }
    fn follow(&mut self, set: &[Following], max_wait: Duration) -> Result<Vec<Delivery>, NetError> {
        self.inner.follow(set, max_wait)
    }
}
