//! Accounts that others stand in the place of, by the registrar's word: their devices speak for nobody any more.

use super::Cx;
use super::records::reset::ResetRow;
use crate::words::StepError;
use lacre_ground::ids::{AccountId, Handle};
use lacre_ground::time::Millis;
use lacre_profile::Table;

/// Resets of one person in a row that are followed: a registrar that signs a circle leads nowhere.
const LONGEST_ROW: usize = 256;

pub(crate) fn reset_of(cx: &mut Cx<'_, '_>, account: AccountId) -> Result<Option<ResetRow>, StepError> {
    if let Some(known) = cx.cache.resets.get(&account) {
        return Ok(known.clone());
    }
    let found: Option<ResetRow> = cx.s.get(Table::Reset, account.as_bytes())?;
    cx.cache.resets.insert(account, found.clone());
    Ok(found)
}

pub(crate) fn put_reset(cx: &mut Cx<'_, '_>, replaces: AccountId, row: ResetRow) -> Result<(), StepError> {
    cx.s.put(Table::Reset, replaces.as_bytes(), b"", 0, &row)?;
    cx.s.put(Table::Reset, &name_key(row.account), b"", 0, &row.handle)?;
    cx.cache.resets.insert(replaces, Some(row));
    Ok(())
}

/// Whether what a device of this account wrote is nobody's: the relay took it when another account stood in its place already.
pub(crate) fn is_out(cx: &mut Cx<'_, '_>, account: AccountId, accepted_at: Millis) -> Result<bool, StepError> {
    Ok(reset_of(cx, account)?.is_some_and(|row| accepted_at >= row.at))
}

/// The account that stands in the place of this one now: itself, if no other does.
pub(crate) fn newest_of(cx: &mut Cx<'_, '_>, account: AccountId) -> Result<AccountId, StepError> {
    let mut newest = account;
    for _ in 0..LONGEST_ROW {
        match reset_of(cx, newest)? {
            Some(row) => newest = row.account,
            None => return Ok(newest),
        }
    }
    Ok(account)
}

/// The name that the registrar gave an account when it put it in the place of another.
pub(crate) fn name_by_reset(cx: &Cx<'_, '_>, account: AccountId) -> Result<Option<Handle>, StepError> {
    Ok(cx.s.get(Table::Reset, &name_key(account))?)
}

fn name_key(account: AccountId) -> Vec<u8> {
    [b"name".as_slice(), account.as_bytes()].concat()
}
