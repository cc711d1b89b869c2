//! Envelopes from the own inbox: requests, yeses, requests to be re-added.

use crate::crypt::padding::unpad;
use crate::mls::group;
use crate::mls::group::GroupId;
use crate::network::Entry;
use crate::shelf::{Cargo, ContactRow, Cx, Intent, Invitee, Known, PendingJoin};
use crate::words::{ContactState, Happening, Standing, StepError, WaitingKind};
use crate::{book, ladder, people, queue, shelf, words};
use lacre_ground::ids::{DeviceId, EnvelopeId, Token};
use lacre_ground::label::Label;
use lacre_ground::seal;
use lacre_ground::seal::SealSecret;
use lacre_ground::time::Millis;
use lacre_profile::Table;
use lacre_proto::bounds::Bounded;
use lacre_proto::content::v1 as content;
use prost::Message as _;

/// One entry of the own inbox.
pub(crate) fn receive_envelope(cx: &mut Cx<'_, '_>, entry: &Entry, skipped: Option<&str>) -> Result<bool, StepError> {
    let mut own = shelf::take_own(cx)?;
    let (seq, taken_at) = (entry.seq.get(), entry.accepted_at);
    if seq <= own.inbox_cursor {
        return Ok(false);
    }
    own.inbox_cursor = seq;
    shelf::put_own(cx, own)?;
    let own = shelf::own(cx)?;
    cx.reached("inbox: cursor moved")?;
    if let Some(why) = skipped {
        shelf::unreadable(cx, None, why.to_owned())?;
        return Ok(true);
    }
    let secret = SealSecret::new(own.inbox_key.0);
    let opened = seal::open(&secret, Label::EnvelopeSeal, own.inbox.as_bytes(), &entry.ciphertext)
        .map_err(|e| StepError::Skip(e.to_string()))?;
    let bytes = unpad(&opened).map_err(|e| StepError::Skip(e.to_string()))?;
    let envelope = content::Envelope::decode(bytes).map_err(|e| StepError::Skip(e.to_string()))?;
    envelope.check().map_err(|e| StepError::Skip(e.to_string()))?;
    let id = EnvelopeId::try_from(envelope.id.as_slice()).map_err(|e| StepError::Skip(e.to_string()))?;
    if cx.s.get::<u8>(Table::Seen, id.as_bytes())?.is_some() {
        return Ok(true);
    }
    let number = shelf::number(cx)?;
    cx.s.put(Table::Seen, id.as_bytes(), b"", number, &1u8)?;
    let entry = envelope.sender.clone().ok_or(StepError::Skip("no sender".into()))?;
    let (account, _) = book::verify_entry(&entry).map_err(StepError::Skip)?;
    let device = DeviceId::try_from(envelope.sender_device.as_slice()).map_err(|e| StepError::Skip(e.to_string()))?;
    let device = account.state.device(device).ok_or(StepError::Skip("the sender's device is not in its account".into()))?;
    let statement = words::envelope_statement(own.account, own.device, id, &envelope.body);
    words::verify(&device.signature_key, &statement, &envelope.signature).map_err(StepError::Skip)?;
    let known = book::learn_account(cx, &entry)?;
    let body = content::EnvelopeBody::decode(envelope.body.as_slice()).map_err(|e| StepError::Skip(e.to_string()))?;
    body.check().map_err(|e| StepError::Skip(e.to_string()))?;
    if !book::is_heard(cx, &known, body.kind.as_ref())? {
        return Ok(true);
    }
    match body.kind {
        Some(content::envelope_body::Kind::ContactRequest(request)) => was_asked(cx, &known, &request)?,
        Some(content::envelope_body::Kind::ContactAccepted(answer)) => was_accepted(cx, &known, &answer)?,
        Some(content::envelope_body::Kind::Join(join)) => {
            if !group::is_for_this_profile(&cx.provider(), &join.welcome)? {
                // a copy of this profile asked for it with a key package of its own: it is left where both read
                let mut own = shelf::take_own(cx)?;
                own.left_for_copy.get_or_insert((seq, cx.now));
                return shelf::put_own(cx, own).map(|()| true);
            }
            let (envelope, from, join) = (id, known.account, join.encode_to_vec());
            let pending = PendingJoin { envelope, from, join, tries: 0, since: None, not_before: None };
            let number = shelf::number(cx)?;
            cx.s.put(Table::Join, id.as_bytes(), b"", number, &pending)?;
        }
        Some(content::envelope_body::Kind::ReAdd(request)) => asked_to_re_add(cx, &known, device.id, &request, taken_at)?,
        None => return Err(StepError::Skip("a newer kind of envelope".into())),
    }
    cx.reached("inbox: processed")?;
    Ok(true)
}

fn was_asked(cx: &mut Cx<'_, '_>, known: &Known, request: &content::ContactRequest) -> Result<(), StepError> {
    let token = Token::try_from(request.inbox_token.as_slice()).map_err(|e| StepError::Skip(e.to_string()))?;
    let own = shelf::own(cx)?;
    let mut row = match shelf::take_contact(cx, known.account)? {
        Some(row) => row,
        None => shelf::new_contact(cx, ContactRow::new(known, ContactState::Asking, cx.now))?,
    };
    row.their_token = Some(token);
    match row.state {
        ContactState::Accepted => return shelf::put_contact(cx, row).map(drop),
        ContactState::Asked | ContactState::NotTaken => {
            // both asked: both want it. The smaller account id makes the conversation, so that there is one.
            if own.account < known.account {
                row.state = ContactState::Asking;
                shelf::put_contact(cx, row)?;
                people::accept(cx, known.account)?;
                return shelf::event(cx, Happening::ContactAccepted { account: *known.account.as_bytes() });
            }
            // The other may not know that this one asked, for it did not come, or was declined: who does not make it says so.
            row.state = ContactState::Asked;
            shelf::put_contact(cx, row)?;
            return people::ask_again(cx, known.account);
        }
        ContactState::Asking | ContactState::Declined => {}
    }
    row.state = ContactState::Asking;
    row.text.clone_from(&request.text);
    row.since = cx.now;
    shelf::put_contact(cx, row)?;
    shelf::event(cx, Happening::ContactAsks { account: *known.account.as_bytes() })
}

fn was_accepted(cx: &mut Cx<'_, '_>, known: &Known, answer: &content::ContactAccepted) -> Result<(), StepError> {
    let token = Token::try_from(answer.inbox_token.as_slice()).map_err(|e| StepError::Skip(e.to_string()))?;
    let Some(mut row) = shelf::take_contact(cx, known.account)? else {
        return Err(StepError::Skip("an answer to a request that was not made".into()));
    };
    if !matches!(row.state, ContactState::Asked | ContactState::NotTaken) {
        return Ok(());
    }
    row.their_token = Some(token);
    row.state = ContactState::Accepted;
    shelf::put_contact(cx, row)?;
    people::welcome_back(cx, known.account)?;
    shelf::event(cx, Happening::ContactAccepted { account: *known.account.as_bytes() })
}

/// A member's device asks this one. Dropped when its leaf is no longer in the tree.
fn asked_to_re_add(
    cx: &mut Cx<'_, '_>,
    known: &Known,
    device: DeviceId,
    request: &content::ReAddRequest,
    taken_at: Millis,
) -> Result<(), StepError> {
    let Some(id) = shelf::conversation_of(cx, &GroupId::new(request.group_id.clone()))? else {
        return Err(StepError::Skip("a re-add request for a conversation that is not here".into()));
    };
    let id = &id;
    let conv = ladder::note_asker(cx, id, known.account)?;
    if conv.standing != Standing::Active {
        return Ok(());
    }
    ladder::drop_earlier_request(cx, id, known.account, device)?;
    let mls = shelf::take_group(cx, id)?;
    let lost = group::leaves(&mls)
        .iter()
        .filter(|l| l.account == known.account && l.device == device)
        .filter_map(|l| mls.public_group().leaf(l.index))
        .filter_map(|node| group::leaf_hash(node).ok())
        .find(|hash| request.lost_leaves.iter().any(|named| named.as_slice() == hash));
    shelf::keep(cx, mls);
    let Some(lost) = lost else { return Ok(()) };
    let invitee = Invitee { account: known.account, device, key_package: request.key_package.clone() };
    let apart = request.lost_leaves.first().is_none_or(|newest| newest.as_slice() != lost);
    let intent = Intent::ReAdd { invitee, lost_leaf: lost.to_vec(), asked_at: Some(taken_at), apart };
    queue::enqueue(cx, Some(id), WaitingKind::Seal, Cargo::Seal { intent, prepared: None })?;
    cx.reached("re-add: answering")
}
