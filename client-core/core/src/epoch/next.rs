//! What goes out next of a queue, and as which bytes.

use super::absent::Asked;
use super::{crossing, sealing};
use crate::mls::{group, roles};
use crate::shelf::{Cargo, Cx, Intent, Item, Prepared};
use crate::words::{ConversationId, Standing, StepError};
use crate::{queue, shelf};
use lacre_ground::address::Authority;
use lacre_ground::ids::{AccountId, BlobId};
use lacre_profile::Table;
use lacre_proto::relay::v1 as wire;

/// What the network is to do next for a conversation.
pub(crate) enum Ready {
    /// nothing waits, or it waits for reading
    Nothing,
    /// store this entry
    Append { number: u64, at: Authority, request: wire::AppendRequest },
    /// store this file's ciphertext first
    Upload { number: u64, at: String, blob: BlobId },
    /// claim key packages of this account
    Claim { number: u64, account: AccountId, suite: u32 },
}

/// The next thing that the network is to do for this conversation, prepared so that it can be repeated. What failed just now
/// waits for another round.
pub(crate) fn next_ready(cx: &mut Cx<'_, '_>, id: &ConversationId, failed: &[u64]) -> Result<Ready, StepError> {
    loop {
        let mut conv = shelf::take_conv(cx, id)?;
        if conv.standing != Standing::Active || !conv.channel.opened {
            return Ok(Ready::Nothing);
        }
        let held_back = shelf::held_back(cx, id, &conv)?;
        // one row after the other: a queue may be long, and what is not its head is of no interest
        let mut head = None;
        // files that cannot be stored now: their messages wait with them, what is behind goes past
        let mut resting: Vec<BlobId> = Vec::new();
        let mut from = conv.channel.acked_item + 1;
        while head.is_none() {
            let next: Vec<(u64, Item)> = cx.s.scan(Table::Outbox, id.as_bytes(), from, 1)?;
            let Some((number, item)) = next.into_iter().next() else { break };
            from = number + 1;
            // what may not be written now waits; what keeps the conversation alive goes past it
            let waits = match &item.cargo {
                Cargo::Content { prepared: None, .. } => held_back.is_some(),
                // its bytes are made, and would be read by the lost phone: they are made again when it is out
                Cargo::Content { prepared: Some(Prepared { seq: None, .. }), .. } => !conv.lost.is_empty(),
                _ => false,
            };
            if let Some(why) = held_back.as_ref().filter(|_| waits)
                && roles::speaks(shelf::waiting_kind(&item).as_ref())
            {
                if item.trouble.is_none() {
                    shelf::in_trouble(cx, number, &why.to_string(), None)?;
                }
                continue;
            }
            let rests = failed.contains(&number) || item.rests(cx.now);
            match &item.cargo {
                Cargo::Upload { blob, .. } if rests => resting.push(*blob),
                Cargo::Content { prepared: None, .. } if resting.iter().any(|blob| queue::names(&item, *blob)) => {}
                // what it needs cannot be had now
                Cargo::Seal { prepared: None, .. } if rests => {}
                // who cannot be added now keeps nobody up
                Cargo::Seal { intent: Intent::AddLater { .. }, .. } => {}
                Cargo::Seal { prepared: Some(Prepared { seq: Some(_), .. }), .. } => return Ok(Ready::Nothing),
                Cargo::Content { prepared: Some(Prepared { seq: Some(_), .. }), .. } => {}
                Cargo::Content { .. } | Cargo::Seal { .. } => head = Some(item),
                Cargo::Upload { authority, blob } => {
                    return Ok(Ready::Upload { number: item.number, at: authority.clone(), blob: *blob });
                }
                Cargo::Envelope { .. } | Cargo::Held { .. } | Cargo::Answer { .. } => {}
            }
        }
        let Some(mut item) = head else { return Ok(Ready::Nothing) };
        let number = item.number;
        if failed.contains(&number) || item.rests(cx.now) {
            return Ok(Ready::Nothing);
        }
        let asked = Asked::by(&item);
        let not_for_all = crossing::is_not_for_all(cx, id, &item)?;
        let ready = match &mut item.cargo {
            Cargo::Content { prepared: None, .. } if not_for_all => {
                shelf::drop_item(cx, number)?;
                crossing::tell_not_said_again(cx, id, 1)?;
                false
            }
            Cargo::Content { content, prepared, .. } => {
                if prepared.is_none() {
                    let content = content.clone();
                    *prepared = Some(queue::encrypt(cx, id, &mut conv, number, &content)?);
                    cx.reached("send: encrypted")?;
                    shelf::put_item(cx, &item)?;
                    shelf::write_conv(cx, id, &conv)?;
                }
                true
            }
            Cargo::Seal { intent: Intent::Add { wanted, .. }, .. } if !wanted.is_empty() => {
                let account = wanted.first().copied().ok_or(StepError::Again("no one wanted".into()))?;
                return Ok(Ready::Claim { number, account, suite: group::suite_number(conv.suite) });
            }
            Cargo::Seal { intent, prepared } => {
                if prepared.as_ref().is_some_and(|p| p.seq.is_none()) && !sealing::still_good(cx, id)? {
                    *prepared = None;
                    shelf::put_item(cx, &item)?;
                    continue;
                }
                if prepared.is_some() {
                    true
                } else if let Some(made) = sealing::build_seal(cx, id, &mut conv, intent, &asked)? {
                    *prepared = Some(made);
                    cx.reached("commit: built")?;
                    shelf::put_item(cx, &item)?;
                    shelf::write_conv(cx, id, &conv)?;
                    true
                } else {
                    shelf::drop_item(cx, number)?;
                    shelf::write_conv(cx, id, &conv)?;
                    false
                }
            }
            Cargo::Upload { .. } | Cargo::Envelope { .. } | Cargo::Held { .. } | Cargo::Answer { .. } => false,
        };
        if !ready {
            continue;
        }
        let (prepared, seal) = match &item.cargo {
            Cargo::Content { prepared: Some(p), .. } => (p, false),
            Cargo::Seal { prepared: Some(p), .. } => (p, true),
            _ => return Ok(Ready::Nothing),
        };
        let (entry, ciphertext, seal) = match prepared.parts.iter().find(|p| p.seq.is_none()) {
            Some(part) => (part.entry, &part.ciphertext, false),
            None => (prepared.entry, &prepared.ciphertext, seal),
        };
        let request = wire::AppendRequest {
            channel: prepared.channel.as_bytes().to_vec(),
            append_token: conv.channel.append.expose().to_vec(),
            entry_id: entry.as_bytes().to_vec(),
            read_to: conv.channel.read_to(),
            ciphertext: ciphertext.clone().into(),
            seal,
            receipt: false,
            stamp: Vec::new(),
        };
        return Ok(Ready::Append { number, at: shelf::ours(cx, &conv.authority)?, request });
    }
}
