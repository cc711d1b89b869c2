//! Accounts as they were verified: what the directory and envelopes say, kept only if it is signed through.

use super::{entries, reset, trust};
use crate::mls::roles::SeenLeaf;
use crate::shelf::{Cx, Known, Members};
use crate::words::{AccountTrouble, StepError};
use crate::{shelf, words};
use lacre_ground::account::AccountState;
use lacre_ground::ids::{AccountId, Handle};
use lacre_ground::verified::Verified;
use lacre_profile::Table;
use lacre_proto::relay::v1 as wire;

/// Bytes of an account's states: no relay takes more (`max_chain_bytes`), whoever brings them.
pub const MAX_CHAIN: usize = 786_432;

/// A name for an account, as far as it was verified.
pub(crate) fn name_of(cx: &mut Cx<'_, '_>, account: AccountId) -> Result<Option<Handle>, StepError> {
    let own = shelf::own(cx)?;
    if account == own.account {
        return Ok(Some(own.handle.clone()));
    }
    Ok(shelf::known(cx, account)?.map(|k| k.handle))
}

/// The name of an account as a conversation may show it: only if every leaf that was ever there under this account has
/// the signature key that a verified state of the account gives its device. Otherwise anybody who may add could add a
/// leaf of his own under another's name.
pub(crate) fn name_in(cx: &mut Cx<'_, '_>, members: &Members, account: AccountId) -> Result<Option<Handle>, StepError> {
    let known = if account == shelf::own(cx)?.account { shelf::own_known(cx)? } else { shelf::known(cx, account)? };
    let Some(known) = known else { return Ok(None) };
    // the states were verified when they were stored
    let states: Vec<Verified<AccountState>> = known.states.iter().filter_map(|s| AccountState::stored(s).ok()).collect();
    let genuine = |leaf: &SeenLeaf| {
        states.iter().any(|s| s.device(leaf.device).is_some_and(|d| d.signature_key.as_slice() == leaf.key.as_slice()))
    };
    Ok(members.leaves.iter().filter(|l| l.account == account).all(genuine).then_some(known.handle))
}

/// As [`name_in`]; of an account that was never in the conversation and is not known, what the registrar said when it put it
/// in the place of another.
pub(crate) fn name_of_new(cx: &mut Cx<'_, '_>, members: &Members, account: AccountId) -> Result<Option<Handle>, StepError> {
    match name_in(cx, members, account)? {
        None if shelf::known(cx, account)?.is_none() && members.leaves.iter().all(|l| l.account != account) => {
            shelf::name_by_reset(cx, account)
        }
        name => Ok(name),
    }
}

/// Verifies a directory entry and keeps it; a longer chain of the same account replaces a shorter one.
/// Accounts of another relay than the own one are not taken (PROTOCOL.md, 4), nor those that name its key and another
/// host: what is sent there tells that host where this device is.
pub(crate) fn learn_account(cx: &mut Cx<'_, '_>, entry: &wire::DirectoryEntry) -> Result<Known, StepError> {
    if entry.states.iter().map(String::len).sum::<usize>() > MAX_CHAIN {
        return Err(StepError::Skip("an account with more states than any relay keeps".into()));
    }
    let (account, authority) = entries::verify_entry(entry).map_err(StepError::Skip)?;
    let own = shelf::own(cx)?;
    if !shelf::is_ours(cx, &authority)? {
        let (named, ours) = (words::authority(&authority)?, words::authority(&own.authority)?);
        if named.identity() == ours.identity() {
            return Err(AccountTrouble::OtherAddress.into());
        }
        return Err(StepError::Skip("an account of another relay than this profile's".into()));
    }
    let known = Known::new(&account, authority, entry);
    if account.id == own.account {
        return Ok(known);
    }
    if let Some(old) = shelf::known(cx, account.id)? {
        let longer = known.states.len() > old.states.len() && known.states.iter().zip(&old.states).all(|(n, o)| n == o);
        if !longer {
            return Ok(old);
        }
    }
    let older = reset::namesakes(cx, &known)?;
    cx.s.put(Table::Account, account.id.as_bytes(), b"", 0, &known)?;
    trust::tell_changed_keys(cx, &known)?;
    reset::replace(cx, older, &known)?;
    reset::note_reset(cx, &known)?;
    Ok(known)
}
