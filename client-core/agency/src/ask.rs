//! The question to the registrar about one person, and its answer, verified.

use crate::own::Own;
use crate::trouble::unproven;
use crate::{Body, BodyTrouble};
use lacre_evidence::{Answer, Designation, Grant, Lookup, Salt};
use lacre_ground::account::AccountState;
use lacre_ground::ids::{BatchId, Token};
use lacre_ground::random;
use lacre_ground::run::Run;
use lacre_ground::signed::Signed;
use lacre_proto::limits::Limit;
use lacre_proto::relay::v1 as wire;
use lacre_transport::GrpcNetwork;

/// What the registrar gave, verified.
pub(crate) struct Given {
    pub(crate) asked: Asked,
    pub(crate) right: Option<Right>,
}

/// Its answer, and what opens the commitment in it.
pub(crate) struct Asked {
    pub(crate) lookup: Signed<Lookup>,
    pub(crate) salt: Salt,
}

/// What writes one notice to a person.
pub(crate) struct Right {
    pub(crate) states: Vec<String>,
    pub(crate) grant: Signed<Grant>,
    pub(crate) designation: Signed<Designation>,
    pub(crate) token: Token,
}

impl Body {
    /// The registrar's answer about a person. An answer about an account spends a grant of hers.
    pub(crate) fn ask(&mut self, net: &mut GrpcNetwork, own: &Own, run: &Run) -> Result<Given, BodyTrouble> {
        let batch = random::bytes::<16>(self.rng.as_mut()).to_vec();
        let row = wire::LookupRow { row: 0, run: run.canonical(), batch };
        let answer = net.body_lookups(&own.relay, &own.seed, &own.key, vec![row])?.pop();
        let answer = answer.ok_or_else(|| unproven("no answer"))?;
        given(own, run, answer)
    }

    /// The same about each row of a batch, by their numbers. A row that was asked about within the hour gets the answer of then.
    pub(crate) fn ask_all(
        &mut self,
        net: &mut GrpcNetwork,
        own: &Own,
        batch: BatchId,
        rows: &[(u32, Run)],
    ) -> Result<Vec<Result<Given, BodyTrouble>>, BodyTrouble> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let ask = |(row, run): &(u32, Run)| wire::LookupRow { row: *row, run: run.canonical(), batch: batch.as_bytes().to_vec() };
        let answers = net.body_lookups(&own.relay, &own.seed, &own.key, rows.iter().map(ask).collect())?;
        Ok(rows.iter().zip(answers).map(|((_, run), answer)| given(own, run, answer)).collect())
    }
}

/// An answer about this person, verified.
fn given(own: &Own, run: &Run, answer: wire::NoticeLookupResponse) -> Result<Given, BodyTrouble> {
    if !answer.refused.is_empty() {
        return Err(BodyTrouble::Refused { reason: answer.refused, limit: Limit::LookupsPerAgencyDay.as_str().to_owned() });
    }
    let lookup = Lookup::verify(&answer.lookup, &own.registrars)?;
    let salt = Salt::new(answer.salt.as_slice().try_into().map_err(|_| unproven("a salt of another length"))?);
    let mine = lookup.agency == own.certificate.code && lookup.certificate == own.certificate.note_hash();
    if !mine || salt.commit(run) != lookup.person {
        return Err(unproven("the registrar answered another body, or about another person"));
    }
    let right = match (&lookup.answer, answer.right) {
        (Answer::Account { .. }, Some(right)) => Some(right_of(own, &lookup, right)?),
        (Answer::Account { .. }, None) | (_, Some(_)) => {
            return Err(unproven("an answer without its right, or a right alone"));
        }
        (Answer::Exempt(_) | Answer::NoAccount, None) => None,
    };
    Ok(Given { asked: Asked { lookup, salt }, right })
}

/// The right is for this account, in this state, at this relay.
fn right_of(own: &Own, lookup: &Signed<Lookup>, right: wire::NoticeRight) -> Result<Right, BodyTrouble> {
    let Answer::Account { account, state: number, state_hash, grant: grant_hash, designation: designation_hash } = &lookup.answer
    else {
        return Err(unproven("a right without an account"));
    };
    let wrong = |e: lacre_ground::account::AccountError| BodyTrouble::Unproven(e.to_string());
    let (first, rest) = right.states.split_first().ok_or_else(|| unproven("no account state"))?;
    let (id, mut newest) = AccountState::first(first).map_err(wrong)?;
    let mut states = vec![newest.clone()];
    for raw in rest {
        newest = newest.follow(raw).map_err(wrong)?;
        states.push(newest.clone());
    }
    if id != *account || newest.number != *number || newest.hash() != *state_hash {
        return Err(unproven("the account's states are not those of the answer"));
    }
    let designation = Designation::verify(&right.designation, states.iter().map(|s| &**s))?;
    let grant = Grant::verify(&right.grant, &newest.devices)?;
    let token = Token::try_from(right.token.as_slice()).map_err(|_| unproven("a token of another length"))?;
    let fits = designation.note_hash() == *designation_hash
        && designation.account == id
        && grant.note_hash() == *grant_hash
        && grant.account == id
        && grant.casilla.authority == own.relay
        && grant.append == token.hash();
    if fits {
        Ok(Right { states: right.states, grant, designation, token })
    } else {
        Err(unproven("another grant or designation"))
    }
}
