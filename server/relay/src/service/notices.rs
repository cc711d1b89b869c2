//! What public bodies ask of the relay and its registrar.
//!
//! There is no session: each call, and each stream with its first message, is signed by the body's key, with a challenge of this
//! relay that works for a minute. Whether it still is a body is looked at in the transaction of each row. A row that is refused
//! ends nothing.
//!
//! | call | per row | what it leaves behind |
//! |---|---|---|
//! | Routes | one read | a count in memory |
//! | Lookup | [`lookup`]: a grant is handed out, the registrar signs | a number, by account and month |
//! | Deliver | [`deliver`]: the notice is stored, the relay signs | the entry, and the lines of its record |

mod deliver;
mod lookup;
mod rows;
#[cfg(test)]
mod tests;

use super::login::Challenges;
use super::registrar::Desk;
use crate::border::{Reason, bad_value, checked, crossed, refused, store_down};
use lacre_ground::agency::{Ask, signed};
use lacre_ground::ids::Code;
use lacre_ground::run::Run;
use lacre_ground::time::Millis;
use lacre_proto::relay::v1 as wire;
use lacre_proto::relay::v1::notices_server::Notices;
use lacre_store::bodies::{AgencyRefused, Body, BodyKey, CountRoute, EnrollAgency, Enrolled, TakeBodyStamps};
use lacre_store::notices::Route;
use lookup::Memory;
use rows::Answers;
use std::sync::Arc;
use tonic::{Request, Response, Status, Streaming};

/// `lacre.relay.v1.Notices`.
#[derive(Clone)]
pub struct NoticesService(Arc<Inside>);

struct Inside {
    desk: Arc<Desk>,
    challenges: Challenges,
    memory: Memory,
}

fn no() -> Status {
    refused(Reason::LoginRefused, &[], None)
}

impl NoticesService {
    /// At this desk.
    #[must_use]
    pub fn new(desk: Arc<Desk>) -> Self {
        let challenges = Challenges::new(&desk.context);
        Self(Arc::new(Inside { desk, challenges, memory: Memory::default() }))
    }
}

impl Inside {
    fn generation(&self) -> Vec<u8> {
        self.desk.generation()
    }

    /// Whose key signed this ask a moment ago, whoever that is. What is cheap comes first.
    fn proved(&self, proof: Option<wire::AgencyProof>, ask: Ask<'_>) -> Result<BodyKey, Status> {
        let proof = proof.ok_or_else(no)?;
        let key = BodyKey(proof.key.as_slice().try_into().map_err(|_| no())?);
        let challenge = proof.challenge.as_slice().try_into().map_err(|_| no())?;
        let signature: [u8; 64] = proof.signature.as_slice().try_into().map_err(|_| no())?;
        let context = &self.desk.context;
        let fresh = self.challenges.holds_for_body(context.clock.now(), &context.rules, &key, &challenge);
        if fresh && signed(&context.identity, &key.0, &challenge, ask, &signature) { Ok(key) } else { Err(no()) }
    }

    /// The body that has this key, and is none that was revoked.
    async fn body(&self, key: BodyKey) -> Result<(Body, Enrolled), Status> {
        let body = self.desk.context.read(move |reads| reads.body(&key)).await.map_err(store_down)?;
        let body = body.filter(|body| !body.revoked).ok_or_else(no)?;
        let enrolled = body.enrolled.clone().ok_or_else(no)?;
        Ok((body, enrolled))
    }

    /// Who asks with this proof; its certificate must hold, or nothing that comes of it would.
    async fn asking(&self, proof: Option<wire::AgencyProof>, ask: Ask<'_>) -> Result<BodyKey, Status> {
        let key = self.proved(proof, ask)?;
        let (_, enrolled) = self.body(key).await?;
        if self.desk.context.clock.now() <= enrolled.until { Ok(key) } else { Err(no()) }
    }

    fn certificate(&self, certificate: String) -> Response<wire::AgencyEnrollResponse> {
        let registrar = self.desk.context.registrar.note.clone();
        Response::new(wire::AgencyEnrollResponse { generation: self.generation(), certificate, registrar })
    }

    /// Whether a person can be notified: counted, and nothing is spent.
    async fn route(&self, key: BodyKey, row: wire::RouteRow) -> Result<wire::RoutesResponse, Status> {
        let answer = |route: wire::Route, reason: &str, refused: Reason| wire::RoutesResponse {
            generation: self.generation(),
            row: row.row,
            route: route.into(),
            reason: reason.to_owned(),
            refused: if refused == Reason::Unknown { String::new() } else { refused.as_str().to_owned() },
        };
        let Ok(run) = Run::parse(&row.run) else { return Ok(answer(wire::Route::Unspecified, "", Reason::BadRun)) };
        checked(row.clone())?;
        let context = &self.desk.context;
        match context.writer.submit(CountRoute(key)).await.map_err(store_down)? {
            Ok(()) => {}
            Err(AgencyRefused::Limit(_)) => return Ok(answer(wire::Route::Unspecified, "", Reason::Limit)),
            Err(AgencyRefused::NoAgency(_)) => return Err(no()),
        }
        let (run, now, rules) = (self.desk.hash(&run), context.clock.now(), context.rules.clone());
        let route = context.read(move |reads| reads.route(now, &rules, &run)).await.map_err(store_down)?;
        Ok(match route {
            Route::Electronic => answer(wire::Route::Electronic, "", Reason::Unknown),
            Route::NoAccount => answer(wire::Route::NoAccount, "", Reason::Unknown),
            Route::Exempt(reason) => answer(wire::Route::Exempt, reason.as_str(), Reason::Unknown),
        })
    }
}

#[tonic::async_trait]
impl Notices for NoticesService {
    async fn challenge(
        &self,
        request: Request<wire::AgencyChallengeRequest>,
    ) -> Result<Response<wire::AgencyChallengeResponse>, Status> {
        let request = checked(request.into_inner())?;
        let key = BodyKey(request.key.as_slice().try_into().map_err(|_| no())?);
        let challenge = self.0.challenges.make_for_body(self.0.desk.context.clock.now(), &key).to_vec();
        Ok(Response::new(wire::AgencyChallengeResponse { generation: self.0.generation(), challenge }))
    }

    async fn enroll(&self, request: Request<wire::AgencyEnrollRequest>) -> Result<Response<wire::AgencyEnrollResponse>, Status> {
        let request = checked(request.into_inner())?;
        let code = Code::try_from(request.code.as_slice()).map_err(|e| bad_value("code", "16 bytes", &e.to_string()))?;
        let key = self.0.proved(request.proof, Ask::Enroll(&code))?;
        let (context, invitation) = (&self.0.desk.context, code.hash());
        let now = context.clock.now();
        let body = context.read(move |reads| reads.body_invited(now, &invitation)).await.map_err(store_down)?;
        let body = body.ok_or_else(|| refused(Reason::CodeRefused, &[], None))?;
        let (certificate, until) = self.0.desk.certify(&body, key).map_err(store_down)?;
        let certificate = crossed(context.writer.submit(EnrollAgency { invitation, key, certificate, until }).await)?;
        Ok(self.0.certificate(certificate))
    }

    async fn certificate(
        &self,
        request: Request<wire::AgencyCertificateRequest>,
    ) -> Result<Response<wire::AgencyEnrollResponse>, Status> {
        let key = self.0.proved(checked(request.into_inner())?.proof, Ask::Certificate)?;
        let (_, enrolled) = self.0.body(key).await?;
        Ok(self.0.certificate(enrolled.certificate))
    }

    async fn take_stamps(
        &self,
        request: Request<wire::AgencyStampsRequest>,
    ) -> Result<Response<wire::AgencyStampsResponse>, Status> {
        let request = checked(request.into_inner())?;
        let body = self.0.asking(request.proof, Ask::Stamps(request.count)).await?;
        let context = &self.0.desk.context;
        crossed(context.writer.submit(TakeBodyStamps { body, count: request.count }).await)?;
        let count = usize::try_from(request.count).unwrap_or_default();
        let stamps = context.stamps.take(context, count).await.map_err(store_down)?;
        let stamps = stamps.iter().map(|s| s.expose().to_vec()).collect();
        Ok(Response::new(wire::AgencyStampsResponse { generation: self.0.generation(), stamps }))
    }

    type RoutesStream = Answers<wire::RoutesResponse>;

    async fn routes(&self, request: Request<Streaming<wire::RoutesRequest>>) -> Result<Response<Self::RoutesStream>, Status> {
        use wire::routes_request::Part;
        let (opened, answered) = (Arc::clone(&self.0), Arc::clone(&self.0));
        let open = async move |first: wire::RoutesRequest| match checked(first)?.part {
            Some(Part::Proof(proof)) => opened.asking(Some(proof), Ask::Routes).await,
            Some(Part::Row(_)) | None => Err(no()),
        };
        let answer = move |key: BodyKey, request: wire::RoutesRequest| {
            let inside = Arc::clone(&answered);
            async move {
                match request.part {
                    Some(Part::Row(row)) => inside.route(key, row).await,
                    Some(Part::Proof(_)) | None => Err(rows::not_a_row()),
                }
            }
        };
        Ok(Response::new(rows::serve(&self.0.desk.context, request.into_inner(), open, answer)))
    }

    type LookupStream = Answers<wire::NoticeLookupResponse>;

    async fn lookup(
        &self,
        request: Request<Streaming<wire::NoticeLookupRequest>>,
    ) -> Result<Response<Self::LookupStream>, Status> {
        use wire::notice_lookup_request::Part;
        let (opened, answered) = (Arc::clone(&self.0), Arc::clone(&self.0));
        let open = async move |first: wire::NoticeLookupRequest| match checked(first)?.part {
            Some(Part::Proof(proof)) => opened.asking(Some(proof), Ask::Lookup).await,
            Some(Part::Row(_)) | None => Err(no()),
        };
        let answer = move |key: BodyKey, request: wire::NoticeLookupRequest| {
            let inside = Arc::clone(&answered);
            async move {
                match request.part {
                    Some(Part::Row(row)) => inside.lookup(key, row).await,
                    Some(Part::Proof(_)) | None => Err(rows::not_a_row()),
                }
            }
        };
        Ok(Response::new(rows::serve(&self.0.desk.context, request.into_inner(), open, answer)))
    }

    type DeliverStream = Answers<wire::DeliverResponse>;

    async fn deliver(&self, request: Request<Streaming<wire::DeliverRequest>>) -> Result<Response<Self::DeliverStream>, Status> {
        use wire::deliver_request::Part;
        let (opened, answered) = (Arc::clone(&self.0), Arc::clone(&self.0));
        let open = async move |first: wire::DeliverRequest| match checked(first)?.part {
            Some(Part::Proof(proof)) => opened.asking(Some(proof), Ask::Deliver).await,
            Some(Part::Row(_)) | None => Err(no()),
        };
        let answer = move |key: BodyKey, request: wire::DeliverRequest| {
            let inside = Arc::clone(&answered);
            async move {
                match request.part {
                    Some(Part::Row(row)) => inside.deliver(key, row).await,
                    Some(Part::Proof(_)) | None => Err(rows::not_a_row()),
                }
            }
        };
        Ok(Response::new(rows::serve(&self.0.desk.context, request.into_inner(), open, answer)))
    }
}

/// How long an answer stays in memory: as long as it is good for.
const REMEMBERED_MS: u64 = lacre_evidence::lookup::GOOD_FOR_MS;

/// Whether something that was answered then is still remembered.
const fn remembered(at: Millis, now: Millis) -> bool {
    now.since(at) < REMEMBERED_MS
}
