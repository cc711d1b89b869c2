//! The registrar's counter over the network: a clerk issues codes from another machine.
//!
//! There is no session: each ask is signed by the clerk's key, with a challenge of this relay that works for a minute, over
//! everything that is asked. So there is nothing to steal between two asks, and nothing of a revoked clerk stays open: who she
//! is and what she may is looked at in the transaction that writes ([`lacre_store::counter`]).

use super::login::Challenges;
use super::registrar::{Desk, Given, not_a_run};
use crate::border::{Reason, checked, refused, store_down};
use lacre_ground::counter::{Ask, signed};
use lacre_ground::run::Run;
use lacre_proto::relay::v1 as wire;
use lacre_proto::relay::v1::counter_server::Counter;
use lacre_store::counter::{By, ClerkKey};
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// `lacre.relay.v1.Counter`.
pub struct CounterService {
    desk: Arc<Desk>,
    challenges: Challenges,
}

impl CounterService {
    /// At this desk.
    #[must_use]
    pub fn new(desk: Arc<Desk>) -> Self {
        let challenges = Challenges::new(&desk.context);
        Self { desk, challenges }
    }

    /// Whose key this is, when it signed this ask a moment ago and is a clerk's. What is cheap comes first: nobody else makes
    /// the relay check a signature or write.
    async fn clerk(&self, proof: Option<wire::ClerkProof>, ask: Ask<'_>) -> Result<ClerkKey, Status> {
        let no = || refused(Reason::LoginRefused, &[], None);
        let proof = proof.ok_or_else(no)?;
        let key = ClerkKey(proof.key.as_slice().try_into().map_err(|_| no())?);
        let challenge = proof.challenge.as_slice().try_into().map_err(|_| no())?;
        let signature: [u8; 64] = proof.signature.as_slice().try_into().map_err(|_| no())?;
        let context = &self.desk.context;
        if !self.challenges.holds_for_clerk(context.clock.now(), &context.rules, &key, &challenge) {
            return Err(no());
        }
        let known = context.read(move |reads| reads.clerk(&key)).await.map_err(store_down)?;
        if known.is_none_or(|clerk| clerk.revoked_at.is_some()) {
            return Err(no());
        }
        if signed(&context.identity, &key.0, &challenge, ask, &signature) { Ok(key) } else { Err(no()) }
    }
}

#[tonic::async_trait]
impl Counter for CounterService {
    async fn challenge(
        &self,
        request: Request<wire::ClerkChallengeRequest>,
    ) -> Result<Response<wire::ClerkChallengeResponse>, Status> {
        let request = checked(request.into_inner())?;
        let key = ClerkKey(request.key.as_slice().try_into().map_err(|_| refused(Reason::LoginRefused, &[], None))?);
        let challenge = self.challenges.make_for_clerk(self.desk.context.clock.now(), &key).to_vec();
        Ok(Response::new(wire::ClerkChallengeResponse { generation: self.desk.generation(), challenge }))
    }

    async fn issue_code(&self, request: Request<wire::ClerkIssueRequest>) -> Result<Response<wire::ClerkIssueResponse>, Status> {
        let request = checked(request.into_inner())?;
        // strangers are told as little of a bad RUN as of a good one
        let run = Run::parse(&request.run);
        let spelled = run.as_ref().map_or_else(|_| request.run.clone(), Run::canonical);
        let key = self.clerk(request.proof, Ask::Issue { run: &spelled, recover: request.recover }).await?;
        let run = run.map_err(not_a_run)?;
        let Given { invitation, expires_at, reference } = self.desk.issue(By::Clerk(key), &run, request.recover).await?;
        let (generation, reference) = (self.desk.generation(), reference.to_string());
        Ok(Response::new(wire::ClerkIssueResponse { generation, invitation, expires_at_ms: expires_at.get(), reference }))
    }

    async fn list_acts(&self, request: Request<wire::ClerkActsRequest>) -> Result<Response<wire::ClerkActsResponse>, Status> {
        let request = checked(request.into_inner())?;
        let key = self.clerk(request.proof, Ask::Acts { from: request.from }).await?;
        let acts = self.desk.acts(request.from, Some(key)).await?;
        Ok(Response::new(wire::ClerkActsResponse { generation: self.desk.generation(), acts }))
    }
}
