//! Envelopes that wait for somebody's inbox.

use super::outbox;
use crate::crypt::padding::pad;
use crate::shelf::{Cargo, Cx};
use crate::words::{AccountTrouble, ContactTrouble, StepError, WaitingKind};
use crate::{shelf, words};
use lacre_ground::ids::{AccountId, DeviceId, EntryId, EnvelopeId, Token};
use lacre_ground::label::Label;
use lacre_ground::seal;
use lacre_proto::content::v1 as content;
use openmls_traits::signatures::Signer as _;
use prost::Message as _;

/// Seals an envelope for each device of an account (or one of them) and puts it into the post.
pub(crate) fn post_to(
    cx: &mut Cx<'_, '_>,
    to: AccountId,
    only: Option<DeviceId>,
    token: Option<&Token>,
    kind: content::envelope_body::Kind,
    what: WaitingKind,
) -> Result<(), StepError> {
    let known = shelf::known(cx, to)?.ok_or(ContactTrouble::NoSuchAccount)?;
    let account = known.verified()?;
    let theirs = shelf::contact(cx, to)?.and_then(|c| c.their_token);
    let own = shelf::own(cx)?;
    let sender = shelf::own_known(cx)?.ok_or(AccountTrouble::NotEnrolled)?;
    let signer = shelf::signer(cx)?;
    for device in account.state.devices.iter().filter(|d| only.is_none_or(|o| o == d.id)) {
        shelf::ours(cx, &device.inbox.authority.to_string())?;
        let body = content::EnvelopeBody { sent_at_ms: cx.now.get(), kind: Some(kind.clone()) }.encode_to_vec();
        let id = EnvelopeId::new(lacre_ground::random::bytes(cx.rng));
        let statement = words::envelope_statement(to, device.id, id, &body);
        let signature = signer.sign(&statement).map_err(|e| StepError::Again(format!("{e:?}")))?;
        let envelope = content::Envelope {
            id: id.as_bytes().to_vec(),
            sender_device: own.device.as_bytes().to_vec(),
            sender: Some(sender.entry()),
            body,
            signature,
        };
        let padded = pad(&envelope.encode_to_vec());
        let sealed = seal::seal(&device.inbox_key, Label::EnvelopeSeal, device.inbox.channel.as_bytes(), &padded, cx.rng)
            .map_err(|e| StepError::Skip(e.to_string()))?;
        let (token, stamped) = match (token.or(theirs.as_ref()), &device.public_token) {
            (Some(token), _) => (token.clone(), false),
            (None, Some(public)) => (public.clone(), true),
            (None, None) => return Err(ContactTrouble::NotAccepted.into()),
        };
        let cargo = Cargo::Envelope {
            authority: device.inbox.authority.to_string(),
            inbox: device.inbox.channel,
            token,
            stamped,
            entry: EntryId::new(lacre_ground::random::bytes(cx.rng)),
            sealed,
            to: Some(to),
            public: device.public_token.clone().filter(|_| !stamped),
        };
        outbox::enqueue(cx, None, what, cargo)?;
    }
    Ok(())
}
