//! What devices sign and how ids are made: the exact bytes.

use super::trouble::{StepError, Trouble};
use lacre_ground::address::Authority;
use lacre_ground::ids::{AccountId, DeviceId, EntryId, EnvelopeId};
use lacre_ground::label;
use lacre_ground::label::Label;

pub(crate) struct Author {
    pub(crate) account: AccountId,
    pub(crate) device: DeviceId,
    pub(crate) key: Vec<u8>,
}

/// The id of an own entry: the n-th that a profile makes in a channel, from 0 (PROTOCOL.md, 15).
#[must_use]
pub fn own_entry_id(secret: &[u8; 32], channel: &lacre_ground::ids::ChannelId, n: u64) -> EntryId {
    let mac = label::mac(secret, Label::EntryId, &[channel.as_bytes(), &n.to_be_bytes()]);
    let mut id = [0; 16];
    id.copy_from_slice(mac.first_chunk::<16>().unwrap_or(&[0; 16]));
    EntryId::new(id)
}

/// What a device signs for a content.
#[must_use]
pub fn content_statement(
    account: AccountId,
    device: DeviceId,
    group: &[u8],
    channel: lacre_ground::ids::ChannelId,
    entry: EntryId,
    content: &[u8],
) -> Vec<u8> {
    use sha2::Digest;
    let digest = sha2::Sha256::digest(content);
    label::message(
        Label::Content,
        &[account.as_bytes(), device.as_bytes(), group, channel.as_bytes(), entry.as_bytes(), digest.as_slice()],
    )
}

pub(crate) fn authority(text: &str) -> Result<Authority, StepError> {
    Authority::parse(text).map_err(|e| StepError::Trouble(Trouble::Protocol(e.to_string())))
}

/// What a device signs for an envelope to a recipient's account and device (PROTOCOL.md, 13).
#[must_use]
pub fn envelope_statement(account: AccountId, device: DeviceId, id: EnvelopeId, body: &[u8]) -> Vec<u8> {
    use sha2::Digest;
    let digest = sha2::Sha256::digest(body);
    label::message(Label::Envelope, &[account.as_bytes(), device.as_bytes(), id.as_bytes(), digest.as_slice()])
}

/// Ed25519, strictly.
pub(crate) fn verify(key: &[u8], statement: &[u8], signature: &[u8]) -> Result<(), String> {
    let wrong = || "the signature by the sender's device is wrong".to_owned();
    let key: [u8; 32] = key.try_into().map_err(|_| wrong())?;
    let key = ed25519_dalek::VerifyingKey::from_bytes(&key).map_err(|_| wrong())?;
    let signature = ed25519_dalek::Signature::from_slice(signature).map_err(|_| wrong())?;
    key.verify_strict(statement, &signature).map_err(|_| wrong())
}
