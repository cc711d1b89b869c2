//! What comes in a conversation's channel, entry by entry, in order. One entry, one step:
//! {own entry, by its id: mark; else process, advance the ratchet, store the plaintext; advance the cursor}.

use super::changed::{changes, own_place_taken};
use super::opened::{application, keep_piece, message_in};
use super::succession;
use crate::crypt::entry::open_entry;
use crate::epoch::PlaceTaken;
use crate::history::{Keyed, Line, Placed, Proof, Said, Stored};
use crate::mls::plain::Plain;
use crate::mls::verdict::Verdict;
use crate::mls::{group, roles, verdict};
use crate::network::Entry;
use crate::shelf::{Cargo, Channel, Conv, Cx, Intent, Item, Taken};
use crate::words::{Body, ConversationId, Happening, Standing, StepError};
use crate::{book, epoch, history, ladder, messages, queue, shelf, words};
use lacre_ground::ids::{ChannelId, ContentId};
use lacre_ground::time::Millis;
use lacre_proto::bounds::Bounded;
use lacre_proto::content::v1 as content;
use openmls::prelude::{ContentType, KeyPackage, ProcessedMessageContent, ProtocolMessage, Sender};
use prost::Message as _;
use serde_bytes::ByteBuf;

/// So many of the ids that a profile would make next show that a copy of it made them.
const AHEAD: u64 = 8;

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Took {
    /// of another channel than the current one, or read already
    Ignored,
    /// processed; the cursor is behind it
    Done,
    /// it was a binding seal: the conversation goes on in another channel, or waits to be re-added
    EpochEnded,
    /// entries before it are missing: fetch from the cursor
    Gap,
    /// it can only come from a copy of this profile
    Copy,
}

/// How an entry that could not be processed is taken on a further try.
#[derive(Clone, Debug)]
pub(crate) enum Judged {
    /// first try
    Not,
    /// its bytes are of no use: go on behind it
    Skipped(String),
    /// a seal that ends the epoch without us
    Bound(String),
}

pub(crate) fn receive(
    cx: &mut Cx<'_, '_>,
    id: &ConversationId,
    channel: ChannelId,
    entry: &Entry,
    judged: &Judged,
) -> Result<Took, StepError> {
    let mut conv = shelf::take_conv(cx, id)?;
    let seq = entry.seq.get();
    if conv.standing != Standing::Active || conv.channel.id != channel || seq <= conv.channel.cursor {
        return Ok(Took::Ignored);
    }
    if seq != conv.channel.cursor + 1 {
        return Ok(Took::Gap);
    }
    let known = conv.channel.reread && shelf::has_raw(cx, channel, entry)?;
    let own = which_own(cx, &conv, entry)?;
    let item = if own.is_some() { queue::item_of(cx, id, &conv, entry.id)? } else { None };
    // not made here, or made with other bytes
    let copied = own.is_some_and(|n| n >= conv.channel.made)
        || item.as_ref().and_then(shelf::prepared).is_some_and(|p| p.ciphertext != entry.ciphertext);
    if !known && copied {
        return Ok(Took::Copy);
    }
    if own == Some(conv.channel.met) {
        conv.channel.met += 1;
    }
    let opened = open_entry(&conv.channel.entry_key.0, channel, entry.id, entry.seal, &entry.ciphertext);
    if opened.is_ok() {
        shelf::keep_raw(cx, &mut conv.channel, entry)?;
    }
    conv.channel.cursor = seq;
    cx.reached("receive: entry stored")?;
    if known {
        shelf::put_conv(cx, id, conv)?;
        return Ok(Took::Done);
    }
    // a relay that had forgotten it may have taken another one's under its id
    let own = own.filter(|_| item.is_some() || !conv.channel.reread);
    let opened = opened.map_err(|e| e.to_string());
    if !entry.seal && keep_piece(cx, &conv, entry, opened.as_ref().map_or(&[][..], |bytes| bytes.as_slice()))? {
        shelf::put_conv(cx, id, conv)?;
        cx.reached("receive: piece kept")?;
        return Ok(Took::Done);
    }
    let took = match (own, judged) {
        (Some(_), _) => meet_own(cx, id, &mut conv, entry, item)?,
        (None, Judged::Skipped(why)) => {
            shelf::unreadable(cx, Some(id), why.clone())?;
            if opened.is_err() {
                leaves_a_hole(cx, id, &mut conv, entry, why)?;
            }
            Took::Done
        }
        (None, Judged::Bound(why)) => {
            let stuck = epoch::stuck(entry.id, None, cx.now);
            epoch::cannot_follow(cx, id, &mut conv, why, Some(stuck))?;
            Took::EpochEnded
        }
        (None, Judged::Not) => {
            let message = message_in(cx, &conv, entry, &opened.map_err(StepError::Skip)?)?;
            if entry.seal {
                meet_seal(cx, id, &mut conv, entry, message)?
            } else {
                meet_message(cx, id, &mut conv, entry, message)?
            }
        }
    };
    shelf::put_conv(cx, id, conv)?;
    cx.reached("receive: done")?;
    Ok(took)
}

/// Bytes of which nobody knows what they were: the relay changed them, or whoever may write here made them up. Their place is shown, one
/// line for all that come one behind the other, and from here on nothing is acknowledged to the others.
fn leaves_a_hole(
    cx: &mut Cx<'_, '_>,
    id: &ConversationId,
    conv: &mut Taken<Conv>,
    entry: &Entry,
    why: &str,
) -> Result<(), StepError> {
    conv.has_hole = true;
    let before = history::at(cx, id, conv.position)?;
    if before.is_some_and(|before| matches!(before.body, Body::Unreadable(_))) {
        return Ok(());
    }
    let line = shelf::line_id(cx, &[id.as_bytes(), conv.channel.id.as_bytes(), entry.id.as_bytes(), b"hole"])?;
    let by = shelf::own(cx)?.account;
    let stored = Stored::line(line, by, entry.accepted_at, Body::Unreadable(why.to_owned()));
    if let Some(position) = history::store_message(cx, id, conv, stored, false)? {
        shelf::event(cx, Happening::Message { conversation: id.clone(), position })?;
    }
    Ok(())
}

/// Which of the own entries this is, from 0. One that this profile would make next, but did not, only a copy makes.
fn which_own(cx: &mut Cx<'_, '_>, conv: &Conv, entry: &Entry) -> Result<Option<u64>, StepError> {
    let own = shelf::own(cx)?;
    let Channel { id, made, met, reread, .. } = &conv.channel;
    let from = if *reread { 0 } else { *met };
    Ok((from..made + AHEAD).find(|n| words::own_entry_id(&own.profile_secret.0, id, *n) == entry.id))
}

/// An own entry met in its place.
fn meet_own(
    cx: &mut Cx<'_, '_>,
    id: &ConversationId,
    conv: &mut Taken<Conv>,
    entry: &Entry,
    item: Option<Item>,
) -> Result<Took, StepError> {
    let Some(item) = item else { return Ok(Took::Done) };
    let number = item.number;
    conv.channel.met_item = number;
    match item.cargo {
        Cargo::Content { content, prepared, .. } => {
            let own = shelf::own(cx)?;
            let ours = prepared.filter(|p| p.entry == entry.id && p.channel == conv.channel.id);
            shelf::drop_item(cx, number)?;
            let group = shelf::group_of(cx, id)?;
            let proof = ours.and_then(|p| p.signature).map(|signature| Proof {
                group: ByteBuf::from(group.as_bytes()),
                device: own.device,
                channel: conv.channel.id,
                entry: entry.id,
                seq: entry.seq.get(),
                content: content.clone(),
                signature: signature.into_vec(),
            });
            let content = content::Content::decode(content.as_slice()).map_err(|e| StepError::Skip(e.to_string()))?;
            if (conv.channel.reread || queue::was_restored_lately(cx, conv))
                && conv.said_again.len() < epoch::SAID_AGAIN
                && let Ok(said) = ContentId::try_from(content.id.as_slice())
                && history::said(cx, id, own.account, said)?.is_none()
            {
                conv.said_again.push(said);
            }
            let allowed = queue::may_say(cx, id, conv, content.kind.as_ref())?;
            let said = Said { account: own.account, device: own.device, at: entry.accepted_at, allowed };
            take_content(cx, id, conv, &said, content, proof)
        }
        Cargo::Seal { intent, prepared } => {
            let Some(prepared) = prepared.filter(|p| p.entry == entry.id && p.channel == conv.channel.id) else {
                return Ok(Took::Done);
            };
            let mut mls = shelf::take_group(cx, id)?;
            let Some(staged) = mls.pending_commit() else {
                // everyone else follows this seal; without its keys this device cannot
                shelf::keep(cx, mls);
                epoch::cannot_follow(cx, id, conv, "an own seal whose keys are gone", None)?;
                return Ok(Took::EpochEnded);
            };
            let own_index = mls.own_leaf_index();
            let mut changes = changes(&mls, own_index, staged);
            if conv.kind == crate::words::Kind::Two {
                // Whoever asked may have blocked this person before: not a word of that time, so the relay's clock says it, and
                // what a restored relay may have lost is said only to who went another way.
                let (asked_at, apart) =
                    if let Intent::ReAdd { asked_at, apart, .. } = &intent { (*asked_at, *apart) } else { (None, true) };
                changes.missed_since = asked_at;
                if !apart {
                    conv.said_again.clear();
                }
            }
            // whom the commit adds, not whom it was to add: the two may differ
            let added: Vec<KeyPackage> = staged.add_proposals().map(|a| a.add_proposal().key_package().clone()).collect();
            let provider = cx.provider();
            mls.merge_pending_commit(&provider).map_err(|e| StepError::Again(e.to_string()))?;
            shelf::drop_item(cx, number)?;
            cx.reached("commit: merged")?;
            succession::note_met(conv, changes.by, mls.epoch().as_u64(), entry.id);
            epoch::enter_epoch(cx, id, conv, &mls, entry, &changes)?;
            conv.busy = None;
            epoch::pace_next_update(cx, id, conv, own_index.u32())?;
            epoch::invite(cx, id, conv, &mls, &added, prepared.welcome.as_deref().map(Vec::as_slice))?;
            epoch::add_who_was_left(cx, id, intent)?;
            shelf::keep(cx, mls);
            Ok(Took::EpochEnded)
        }
        Cargo::Upload { .. } | Cargo::Envelope { .. } | Cargo::Held { .. } | Cargo::Answer { .. } => Ok(Took::Done),
    }
}

/// A seal of somebody else.
fn meet_seal(
    cx: &mut Cx<'_, '_>,
    id: &ConversationId,
    conv: &mut Taken<Conv>,
    entry: &Entry,
    message: ProtocolMessage,
) -> Result<Took, StepError> {
    if message.content_type() != ContentType::Commit {
        return Err(StepError::Skip("a seal that is no commit".into()));
    }
    let mut mls = shelf::take_group(cx, id)?;
    let provider = cx.provider();
    cx.crypto.forget();
    let processed = mls.process_message(&provider, message);
    // What every member can judge is judged first: whatever else is wrong with it, here only or for everybody.
    let signed = cx.crypto.signed();
    if let Some(signed) = &signed {
        let judged = Plain::read(&signed.content).and_then(|plain| roles::judge(&mls, &plain));
        judged.map_err(|e| StepError::Skip(e.to_string()))?;
    }
    let processed = match processed {
        Ok(processed) => processed,
        Err(e) => {
            return match verdict::judge_error(&e) {
                Verdict::Void(why) => Err(StepError::Skip(why)),
                Verdict::Again(why) => Err(StepError::Again(why)),
                Verdict::Binding(why) => {
                    let leaves = group::leaves(&mls);
                    drop(mls);
                    shelf::forget_group(cx, id)?;
                    let by = signed.and_then(|signed| leaves.into_iter().find(|l| l.signature_key == signed.key));
                    let stuck = epoch::stuck(entry.id, by.map(|l| l.account), cx.now);
                    epoch::cannot_follow(cx, id, conv, &why, Some(stuck))?;
                    Ok(Took::EpochEnded)
                }
            };
        }
    };
    let sender = match processed.sender() {
        Sender::Member(index) => *index,
        _ => return Err(StepError::Skip("a seal by no member".into())),
    };
    let staged = match processed.into_content() {
        ProcessedMessageContent::StagedCommitMessage(staged) => staged,
        _ => return Err(StepError::Skip("a seal that is no commit of another member".into())),
    };
    if signed.is_none() {
        return Err(StepError::Skip("a seal that nobody signed".into()));
    }
    let changes = changes(&mls, sender, &staged);
    if book::takes_over(cx, changes.by, &changes.bodies, entry.accepted_at)? {
        drop(mls);
        shelf::forget_group(cx, id)?;
        book::end(cx, id, conv, entry.accepted_at)?;
        return Ok(Took::EpochEnded);
    }
    let removed = staged.self_removed();
    let by = if removed { own_place_taken(cx, &mls, &staged)? } else { PlaceTaken::No };
    let epoch = mls.epoch().as_u64() + 1;
    mls.merge_staged_commit(&provider, *staged).map_err(|e| StepError::Again(e.to_string()))?;
    cx.reached("receive: merged")?;
    ladder::count_lost_race(cx, id, conv, changes.by)?;
    succession::note_met(conv, changes.by, epoch, entry.id);
    if removed {
        epoch::was_removed(cx, id, conv, entry, &changes, by)?;
    } else {
        epoch::enter_epoch(cx, id, conv, &mls, entry, &changes)?;
    }
    shelf::keep(cx, mls);
    Ok(Took::EpochEnded)
}

/// An application message of somebody else.
fn meet_message(
    cx: &mut Cx<'_, '_>,
    id: &ConversationId,
    conv: &mut Taken<Conv>,
    entry: &Entry,
    message: ProtocolMessage,
) -> Result<Took, StepError> {
    if message.content_type() != ContentType::Application {
        return Err(StepError::Skip("an entry that is no application message".into()));
    }
    let mut mls = shelf::take_group(cx, id)?;
    let provider = cx.provider();
    let processed = mls.process_message(&provider, message).map_err(|e| match verdict::judge_error(&e) {
        Verdict::Void(why) | Verdict::Binding(why) => StepError::Skip(why),
        Verdict::Again(why) => StepError::Again(why),
    })?;
    let (sender, bytes) = application(&mls, processed).map_err(StepError::Skip)?;
    let context = group::context(mls.extensions())?;
    let group_id = mls.group_id().as_slice().to_vec();
    shelf::keep(cx, mls);
    cx.reached("receive: decrypted")?;
    let signed = content::SignedContent::decode(bytes.as_slice()).map_err(|e| StepError::Skip(e.to_string()))?;
    signed.check().map_err(|e| StepError::Skip(e.to_string()))?;
    let statement =
        words::content_statement(sender.account, sender.device, &group_id, conv.channel.id, entry.id, &signed.content);
    words::verify(&sender.key, &statement, &signed.signature).map_err(StepError::Skip)?;
    let content = content::Content::decode(signed.content.as_slice()).map_err(|e| StepError::Skip(e.to_string()))?;
    content.check().map_err(|e| StepError::Skip(e.to_string()))?;
    let allowed = roles::may_say(&context, sender.account, content.kind.as_ref());
    let proof = Some(Proof {
        group: ByteBuf::from(group_id),
        device: sender.device,
        channel: conv.channel.id,
        entry: entry.id,
        seq: entry.seq.get(),
        content: signed.content,
        signature: signed.signature,
    });
    let said = Said { account: sender.account, device: sender.device, at: entry.accepted_at, allowed };
    take_content(cx, id, conv, &said, content, proof)
}

/// A content in its place, of this device or another.
fn take_content(
    cx: &mut Cx<'_, '_>,
    id: &ConversationId,
    conv: &mut Taken<Conv>,
    said: &Said,
    content: content::Content,
    proof: Option<Proof>,
) -> Result<Took, StepError> {
    let Said { account: sender, at: accepted_at, allowed, .. } = *said;
    let own_account = shelf::own(cx)?.account;
    let own = sender == own_account;
    let content_id = ContentId::try_from(content.id.as_slice()).map_err(|e| StepError::Skip(e.to_string()))?;
    let lost = !own && shelf::is_out(cx, sender, accepted_at)?;
    if lost && !roles::speaks(content.kind.as_ref()) {
        return Ok(Took::Done);
    }
    let line = match content.kind {
        _ if lost => Line::of(Body::Lost),
        _ if !allowed => Line::of(Body::Refused),
        None => Line::of(Body::Newer),
        Some(kind) => match meaning(cx, id, conv, said, kind, proof.as_ref())? {
            Some(line) => line,
            None => return Ok(Took::Done),
        },
    };
    let Line { body, blob, reply_to } = line;
    let sent_at = Millis::new(content.sent_at_ms);
    let again = Some(Millis::new(content.again_ms)).filter(|at| at.get() > 0);
    let place = Placed {
        reply_to: reply_to.map(|target| target.id),
        reply_to_by: reply_to.and_then(|target| target.by),
        stays_s: content.stays_s,
        again,
        ..Placed::default()
    };
    let (keyed, name) = (Keyed::BySender, None);
    let stored = Stored { id: content_id, sender, sent_at, accepted_at, body, blob, proof, place, keyed, name };
    let worth_a_receipt = !own && stored.is_content();
    if let Some(position) = history::store_message(cx, id, conv, stored, own)? {
        if worth_a_receipt {
            messages::owe_delivered(cx, conv, position)?;
        }
        let conversation = id.clone();
        shelf::event(
            cx,
            if own { Happening::Sent { conversation, position } } else { Happening::Message { conversation, position } },
        )?;
    }
    Ok(Took::Done)
}

/// What a content does, and the line that it makes in the history, if it makes one.
pub(crate) fn meaning(
    cx: &mut Cx<'_, '_>,
    id: &ConversationId,
    conv: &mut Taken<Conv>,
    said: &Said,
    kind: content::content::Kind,
    proof: Option<&Proof>,
) -> Result<Option<Line>, StepError> {
    use content::content::Kind;
    let Said { account: sender, device, at, .. } = *said;
    if messages::amend(cx, id, sender, &kind, at, proof.cloned())? {
        return Ok(None);
    }
    let own = sender == shelf::own(cx)?.account;
    let mut blob = None;
    match &kind {
        Kind::Leave(_) => epoch::asked_to_leave(cx, id, conv, sender)?,
        Kind::Roster(roster) if !own => epoch::learn_roster(cx, id, device, roster)?,
        Kind::Receipt(receipt) if !own => messages::take_receipt(cx, id, sender, receipt)?,
        Kind::File(file) => blob = file.blob.as_ref().map(|b| ByteBuf::from(b.encode_to_vec())),
        Kind::Roster(_) | Kind::Text(_) | Kind::Edit(_) | Kind::Delete(_) | Kind::Reaction(_) | Kind::Receipt(_) => {}
    }
    let reply_to = history::answered(&kind);
    Ok(history::body_of(kind).map(|body| Line { body, blob, reply_to }))
}
