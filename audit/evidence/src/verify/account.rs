//! Checks 4 and 5: whose account it is, that it is her address for official notices, and where she takes them.

use super::{FaultCode, Stop, ensure, fault, missing, note_fault};
use crate::bundle::Bundle;
use crate::designation::Designation;
use crate::grant::Grant;
use crate::lookup::{Answer, Lookup};
use crate::skew::not_after;
use crate::verdict::account_fault;
use lacre_ground::account::{AccountError, AccountState};
use lacre_ground::ids::AccountId;
use lacre_ground::signed::Signed;
use lacre_ground::verified::Verified;

fn stop(part: String) -> impl Fn(AccountError) -> Stop {
    move |e| Stop::Fault(account_fault(&part, e))
}

/// Checks 4: the account's states, of which the last is the one that the registrar named.
pub(super) fn states(bundle: &Bundle, lookup: &Lookup) -> Result<(AccountId, Vec<Verified<AccountState>>), Stop> {
    let Answer::Account { account, state: number, state_hash, .. } = &lookup.answer else {
        return Err(fault(FaultCode::Exempt, "lookup", "the answer names no account"));
    };
    let (first, rest) = bundle.states.split_first().ok_or_else(|| missing("state.0"))?;
    let (id, mut state) = AccountState::first(first).map_err(stop("state.0".to_owned()))?;
    ensure(id == *account, FaultCode::OtherAccount, "state.0", "the registrar named another account")?;
    let mut states = Vec::new();
    for (i, raw) in rest.iter().enumerate() {
        let next = state.follow(raw).map_err(stop(format!("state.{}", i + 1)))?;
        states.push(core::mem::replace(&mut state, next));
    }
    if state.number < *number {
        return Err(missing(&format!("state.{}", state.number + 1)));
    }
    let same = state.number == *number && state.hash() == *state_hash && not_after(state.made_at, lookup.asked_at);
    ensure(same, FaultCode::OtherState, &format!("state.{}", state.number), "the registrar named another state")?;
    states.push(state);
    Ok((id, states))
}

/// Checks 9b: the states after that one, for records of devices that came later.
pub(super) fn later(bundle: &Bundle, last: &Verified<AccountState>) -> Result<Vec<Verified<AccountState>>, Stop> {
    let mut states: Vec<Verified<AccountState>> = Vec::new();
    for (i, raw) in bundle.later.iter().enumerate() {
        let before = states.last().unwrap_or(last);
        let next = before.follow(raw).map_err(stop(format!("later.{i}")))?;
        states.push(next);
    }
    Ok(states)
}

/// Checks 5a: the designation is of a device of the account, and the one that the registrar named.
pub(super) fn designation(
    raw: &str,
    account: AccountId,
    states: &[Verified<AccountState>],
    lookup: &Lookup,
) -> Result<Signed<Designation>, Stop> {
    let designation = Designation::verify(raw, states.iter().map(|s| &**s)).map_err(note_fault("designation"))?;
    ensure(designation.account == account, FaultCode::OtherAccount, "designation", "names another account")?;
    let named = matches!(&lookup.answer, Answer::Account { designation: hash, .. } if *hash == designation.note_hash());
    ensure(named, FaultCode::OtherDesignation, "designation", "the registrar named another")?;
    let early = not_after(designation.made_at, lookup.asked_at);
    ensure(early, FaultCode::OtherDesignation, "designation", "made after the registrar's answer")?;
    Ok(designation)
}

/// Checks 5b: the grant is of a device of that state, and the one that was handed out.
pub(super) fn grant(raw: &str, account: AccountId, state: &AccountState, lookup: &Lookup) -> Result<Signed<Grant>, Stop> {
    let grant = Grant::verify(raw, &state.devices).map_err(note_fault("grant"))?;
    ensure(grant.account == account, FaultCode::OtherAccount, "grant", "names another account")?;
    let handed_out = matches!(&lookup.answer, Answer::Account { grant: hash, .. } if *hash == grant.note_hash());
    ensure(handed_out, FaultCode::OtherGrant, "grant", "the registrar handed out another")?;
    Ok(grant)
}
