//! Directory entries, verified: states signed through, and a binding of the registrar.

use crate::shelf::Known;
use lacre_ground::account::{REGISTRAR, Reset, VerifiedAccount};
use lacre_ground::ids::DeviceId;
use lacre_ground::note::NoteKey;
use lacre_proto::relay::v1 as wire;

/// An account that was verified, and the relay that all its inboxes are on: that one's registrar signed its notes.
pub(crate) fn verify_entry(entry: &wire::DirectoryEntry) -> Result<(VerifiedAccount, String), String> {
    let first = entry.states.first().ok_or("no state")?;
    let (_, state) = lacre_ground::account::AccountState::first(first).map_err(|e| e.to_string())?;
    let authority = state.devices.first().map(|d| d.inbox.authority.clone()).ok_or("no device")?;
    let registrar = NoteKey::new(REGISTRAR, authority.identity().as_bytes()).map_err(|e| e.to_string())?;
    let account = VerifiedAccount::verify(&entry.states, &entry.binding, &registrar).map_err(|e| e.to_string())?;
    if account.state.devices.iter().any(|d| d.inbox.authority != authority) {
        return Err("an account with inboxes on several relays".into());
    }
    if !entry.reset.is_empty() {
        let reset = Reset::verify(&entry.reset, &registrar).map_err(|e| e.to_string())?;
        if reset.account != account.id || reset.handle != account.handle {
            return Err("the note of a reset is of another account".into());
        }
    }
    Ok((account, authority.to_string()))
}

/// The signature key of a device in the newest state of an account that was verified.
pub(crate) fn device_key(known: &Known, device: DeviceId) -> Option<[u8; 32]> {
    known.verified().ok()?.state.device(device).map(|d| d.signature_key)
}
