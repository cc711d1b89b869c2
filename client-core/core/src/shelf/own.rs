//! The row of this device and its account: read, taken, put back.

use super::records::own::Own;
use super::taken::Taken;
use super::{Cx, Engine};
use crate::mls::signer::OwnKey;
use crate::words;
use crate::words::{AccountTrouble, StepError, Trouble};
use lacre_ground::address::Authority;
use lacre_ground::ids::ContentId;
use lacre_ground::label;
use lacre_ground::label::Label;
use lacre_profile::Table;
use std::sync::Arc;

impl Engine {
    /// The own record.
    pub(crate) fn own(&mut self) -> Result<Arc<Own>, Trouble> {
        self.run(own)
    }
}

pub(crate) fn own_or_none(cx: &mut Cx<'_, '_>) -> Result<Option<Arc<Own>>, StepError> {
    if cx.cache.own.is_none() {
        cx.cache.own = cx.s.get(Table::Meta, b"own")?.map(Arc::new);
    }
    Ok(cx.cache.own.clone())
}

pub(crate) fn own(cx: &mut Cx<'_, '_>) -> Result<Arc<Own>, StepError> {
    own_or_none(cx)?.ok_or(StepError::Trouble(Trouble::Account(AccountTrouble::NotEnrolled)))
}

/// The own row, to be changed and given to [`put_own`].
pub(crate) fn take_own(cx: &mut Cx<'_, '_>) -> Result<Taken<Own>, StepError> {
    let own = Own::clone(&*own(cx)?);
    cx.hands.take(Table::Meta, b"own", own)
}

/// The row of a device that has none yet.
pub(crate) fn new_own(cx: &mut Cx<'_, '_>, own: Own) -> Result<Taken<Own>, StepError> {
    cx.hands.take(Table::Meta, b"own", own)
}

pub(crate) fn put_own(cx: &mut Cx<'_, '_>, own: Taken<Own>) -> Result<(), StepError> {
    cx.s.put(Table::Meta, b"own", b"", 0, own.row())?;
    cx.cache.own = Some(Arc::new(own.row().clone()));
    cx.cache.signer = None;
    Ok(())
}

/// This device's key; its public half is computed once.
pub(crate) fn signer(cx: &mut Cx<'_, '_>) -> Result<Arc<OwnKey>, StepError> {
    let own = own(cx)?;
    let key = cx.cache.signer.get_or_insert_with(|| Arc::new(OwnKey::of_seed(&own.signing.0)));
    Ok(Arc::clone(key))
}

/// The id of a line that this device writes into the history itself. Under its own secret: whoever could compute it
/// would use it up beforehand, and the line would not be written.
pub(crate) fn line_id(cx: &mut Cx<'_, '_>, parts: &[&[u8]]) -> Result<ContentId, StepError> {
    let mac = label::mac(&own(cx)?.profile_secret.0, Label::Line, parts);
    Ok(ContentId::new(*mac.first_chunk::<16>().unwrap_or(&[0; 16])))
}

/// The relay of this account, if that is what an address names: a client speaks to no other host, whoever names it.
pub(crate) fn ours(cx: &mut Cx<'_, '_>, address: &str) -> Result<Authority, StepError> {
    let own = words::authority(&own(cx)?.authority)?;
    match Authority::parse(address) {
        Ok(named) if named == own => Ok(own),
        _ => Err(AccountTrouble::OtherRelay.into()),
    }
}

/// Whether an address names the relay of this account.
pub(crate) fn is_ours(cx: &mut Cx<'_, '_>, address: &str) -> Result<bool, StepError> {
    match ours(cx, address) {
        Ok(_) => Ok(true),
        Err(StepError::Trouble(Trouble::Account(AccountTrouble::OtherRelay))) => Ok(false),
        Err(other) => Err(other),
    }
}
