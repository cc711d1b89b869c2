//! A clerk of the registrar's counter, who asks a relay over the network. Apart from people's clients: she has no account.

use super::{GrpcNetwork, MAX_MESSAGE_BYTES};
use lacre_core::network::{Lane, NetError};
use lacre_ground::address::{Authority, Invitation};
use lacre_ground::counter::{Ask, ClerkSecret};
use lacre_ground::run::Run;
use lacre_ground::time::Millis;
use lacre_proto::relay::v1 as wire;
use lacre_proto::relay::v1::counter_client::CounterClient;
use tonic::transport::Channel;

/// A code, as a person is given it.
pub struct IssuedCode {
    /// the line for the person
    pub invitation: Invitation,
    /// until when it works
    pub expires_at: Millis,
    /// what it is called at the counter
    pub reference: String,
}

/// An act in the record of the counter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CounterAct {
    /// its number among those of all clerks
    pub number: u64,
    /// when
    pub at: Millis,
    /// what, by its name in counter.proto
    pub deed: String,
    /// a code's reference; empty for what was refused
    pub about: String,
}

fn counter(channel: Channel) -> CounterClient<Channel> {
    CounterClient::new(channel).max_decoding_message_size(MAX_MESSAGE_BYTES)
}

impl GrpcNetwork {
    /// A code for one person. After [`NetError::Unreachable`] nobody knows whether it was recorded: asking again replaces it.
    pub fn issue_code(&self, at: &Authority, clerk: &ClerkSecret, run: &Run, recover: bool) -> Result<IssuedCode, NetError> {
        let run = run.canonical();
        let proof = Some(self.proof(at, clerk, Ask::Issue { run: &run, recover })?);
        let request = wire::ClerkIssueRequest { proof, run, recover };
        let given = self.call(at, Lane::Account, |c| async move { counter(c).issue_code(request).await })?;
        let invitation = Invitation::parse(&given.invitation).map_err(|e| NetError::Protocol(e.to_string()))?;
        if invitation.authority.identity() != at.identity() {
            return Err(NetError::Protocol("the invitation is for another relay".into()));
        }
        Ok(IssuedCode { invitation, expires_at: Millis::new(given.expires_at_ms), reference: given.reference })
    }

    /// The clerk's own acts from this number on; none when there are no more.
    pub fn counter_acts(&self, at: &Authority, clerk: &ClerkSecret, from: u64) -> Result<Vec<CounterAct>, NetError> {
        let proof = Some(self.proof(at, clerk, Ask::Acts { from })?);
        let request = wire::ClerkActsRequest { proof, from };
        let page = self.call(at, Lane::Account, |c| async move { counter(c).list_acts(request).await })?;
        if page.acts.iter().any(|act| act.number < from) {
            return Err(NetError::Protocol("an act before the first that was asked for".into()));
        }
        let act =
            |act: wire::Act| CounterAct { number: act.number, at: Millis::new(act.at_ms), deed: act.deed, about: act.about };
        Ok(page.acts.into_iter().map(act).collect())
    }

    fn proof(&self, at: &Authority, clerk: &ClerkSecret, ask: Ask<'_>) -> Result<wire::ClerkProof, NetError> {
        let key = clerk.public();
        let request = wire::ClerkChallengeRequest { key: key.to_vec() };
        let answer = self.call(at, Lane::Account, |c| async move { counter(c).challenge(request).await })?;
        let challenge = answer.challenge.as_slice().try_into();
        let challenge: [u8; 32] = challenge.map_err(|_| NetError::Protocol("a challenge of another length".into()))?;
        let signature = clerk.sign(&at.identity(), &challenge, ask).to_vec();
        Ok(wire::ClerkProof { key: key.to_vec(), challenge: challenge.to_vec(), signature })
    }
}
