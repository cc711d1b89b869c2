//! A public body that asks a relay over the network. Apart from people's clients: it has no account and no session.

use super::answers::Answer;
use super::{GrpcNetwork, MAX_MESSAGE_BYTES, refusal};
use lacre_core::network::{Lane, NetError};
use lacre_ground::address::Authority;
use lacre_ground::agency::{self, Ask};
use lacre_ground::ids::Code;
use lacre_proto::relay::v1 as wire;
use lacre_proto::relay::v1::notices_client::NoticesClient;
use tokio::time::timeout;
use tonic::transport::Channel;
use tonic::{Response, Status, Streaming};

/// A body's secret: the seed of the Ed25519 key that its certificate names.
pub type BodySeed = [u8; 32];

fn notices(channel: Channel) -> NoticesClient<Channel> {
    NoticesClient::new(channel).max_decoding_message_size(MAX_MESSAGE_BYTES).max_encoding_message_size(MAX_MESSAGE_BYTES)
}

impl GrpcNetwork {
    /// A certificate for this key, by the operator's one-time code. Can be repeated.
    pub fn body_enroll(
        &self,
        at: &Authority,
        seed: &BodySeed,
        key: &[u8; 32],
        code: &Code,
    ) -> Result<wire::AgencyEnrollResponse, NetError> {
        let proof = Some(self.body_proof(at, seed, key, Ask::Enroll(code))?);
        let request = wire::AgencyEnrollRequest { proof, code: code.expose().to_vec() };
        self.call(at, Lane::Account, |c| async move { notices(c).enroll(request).await })
    }

    /// The newest certificate.
    pub fn body_certificate(
        &self,
        at: &Authority,
        seed: &BodySeed,
        key: &[u8; 32],
    ) -> Result<wire::AgencyEnrollResponse, NetError> {
        let proof = Some(self.body_proof(at, seed, key, Ask::Certificate)?);
        let request = wire::AgencyCertificateRequest { proof };
        self.call(at, Lane::Account, |c| async move { notices(c).certificate(request).await })
    }

    /// Stamps, for return channels and blobs.
    pub fn body_stamps(&self, at: &Authority, seed: &BodySeed, key: &[u8; 32], count: u32) -> Result<Vec<Vec<u8>>, NetError> {
        let proof = Some(self.body_proof(at, seed, key, Ask::Stamps(count))?);
        let request = wire::AgencyStampsRequest { proof, count };
        Ok(self.call(at, Lane::Account, |c| async move { notices(c).take_stamps(request).await })?.stamps)
    }

    /// Whether persons can be notified, one answer for each row, in order and with its number.
    pub fn body_routes(
        &self,
        at: &Authority,
        seed: &BodySeed,
        key: &[u8; 32],
        rows: Vec<wire::RouteRow>,
    ) -> Result<Vec<wire::RoutesResponse>, NetError> {
        use wire::routes_request::Part;
        let proof = Part::Proof(self.body_proof(at, seed, key, Ask::Routes)?);
        let wanted = rows.iter().map(|row| row.row).collect();
        let parts = core::iter::once(proof).chain(rows.into_iter().map(Part::Row));
        let requests: Vec<_> = parts.map(|part| wire::RoutesRequest { part: Some(part) }).collect();
        self.rows(at, wanted, |c| async move { notices(c).routes(tokio_stream::iter(requests)).await })
    }

    /// The registrar's notes about persons, one answer for each row, in order and with its number.
    pub fn body_lookups(
        &self,
        at: &Authority,
        seed: &BodySeed,
        key: &[u8; 32],
        rows: Vec<wire::LookupRow>,
    ) -> Result<Vec<wire::NoticeLookupResponse>, NetError> {
        use wire::notice_lookup_request::Part;
        let proof = Part::Proof(self.body_proof(at, seed, key, Ask::Lookup)?);
        let wanted = rows.iter().map(|row| row.row).collect();
        let parts = core::iter::once(proof).chain(rows.into_iter().map(Part::Row));
        let requests: Vec<_> = parts.map(|part| wire::NoticeLookupRequest { part: Some(part) }).collect();
        self.rows(at, wanted, |c| async move { notices(c).lookup(tokio_stream::iter(requests)).await })
    }

    /// Stores notices, one answer for each row, in order and with its number. After [`NetError::Unreachable`] any of them may be stored: deliver the
    /// same bytes again.
    pub fn body_deliver(
        &self,
        at: &Authority,
        seed: &BodySeed,
        key: &[u8; 32],
        rows: Vec<wire::DeliverRow>,
    ) -> Result<Vec<wire::DeliverResponse>, NetError> {
        use wire::deliver_request::Part;
        let proof = Part::Proof(self.body_proof(at, seed, key, Ask::Deliver)?);
        let wanted = rows.iter().map(|row| row.row).collect();
        let parts = core::iter::once(proof).chain(rows.into_iter().map(Part::Row));
        let requests: Vec<_> = parts.map(|part| wire::DeliverRequest { part: Some(part) }).collect();
        self.rows(at, wanted, |c| async move { notices(c).deliver(tokio_stream::iter(requests)).await })
    }

    fn body_proof(&self, at: &Authority, seed: &BodySeed, key: &[u8; 32], ask: Ask<'_>) -> Result<wire::AgencyProof, NetError> {
        let request = wire::AgencyChallengeRequest { key: key.to_vec() };
        let answer = self.call(at, Lane::Account, |c| async move { notices(c).challenge(request).await })?;
        let challenge: [u8; 32] =
            answer.challenge.as_slice().try_into().map_err(|_| NetError::Protocol("a challenge of another length".into()))?;
        let signature = agency::sign(seed, &at.identity(), &challenge, ask).to_vec();
        Ok(wire::AgencyProof { key: key.to_vec(), challenge: challenge.to_vec(), signature })
    }

    /// A stream that answers rows of these numbers, in order.
    fn rows<T, F>(&self, at: &Authority, wanted: Vec<u32>, make: impl FnOnce(Channel) -> F) -> Result<Vec<T>, NetError>
    where
        T: Answer + Row,
        F: Future<Output = Result<Response<Streaming<T>>, Status>>,
    {
        let _context = self.handle.enter();
        let line = self.lanes.line(at, Lane::Account)?;
        let limit = self.timeouts.call;
        let silent = || NetError::Unreachable { why: format!("no answer within {} ms", limit.as_millis()) };
        let outcome = self.wait(async {
            let answer = timeout(limit, make(line.channel())).await.map_err(|_| silent())?;
            let mut stream = answer.map_err(|status| refusal::error(&status))?.into_inner();
            let mut answers = Vec::with_capacity(wanted.len());
            while answers.len() < wanted.len() {
                let next = timeout(limit, stream.message()).await.map_err(|_| silent())?;
                let Some(answer) = next.map_err(|status| refusal::error(&status))? else {
                    return Err(NetError::Unreachable { why: "the stream ended before its last row".into() });
                };
                answer.bounded()?;
                answers.push(answer);
            }
            Ok(answers)
        });
        let answers: Vec<T> = outcome.inspect_err(|error| self.lanes.forget_after(&line, error))?;
        let in_order = answers.iter().map(Row::row).eq(wanted);
        if in_order { Ok(answers) } else { Err(NetError::Protocol("answers in another order than the rows".into())) }
    }
}

/// An answer to one row, by the number that the asker gave it.
trait Row {
    fn row(&self) -> u32;
}

impl Row for wire::RoutesResponse {
    fn row(&self) -> u32 {
        self.row
    }
}

impl Row for wire::NoticeLookupResponse {
    fn row(&self) -> u32 {
        self.row
    }
}

impl Row for wire::DeliverResponse {
    fn row(&self) -> u32 {
        self.row
    }
}
