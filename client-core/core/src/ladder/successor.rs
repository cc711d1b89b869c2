//! The last rung of the recovery ladder: a new conversation, history kept (PROTOCOL.md, 19).
//!
//! When a seal ended an epoch and nobody could follow it, nobody can answer a re-add request. Then an admin makes a new group
//! of the same people, without the account that made the seal, and invites them. Its GroupContext names the old group, its
//! epoch and the seal. A client shows it as the same conversation: id, history and queue stay; the MLS group behind them is
//! another one, and what was not confirmed is sent again.
//!
//! | who | makes it |
//! |---|---|
//! | the first admin in leaf order | [`SUCCESSOR_AFTER_MS`] after it could not go on, if half of the others (at most 8) ask to be re-added too |
//! | other admins in leaf order | each [`SUCCESSOR_PAUSE_MS`] later than the one before |
//! | an admin | at once, when its own commits have lost [`BUSY_SEALS`] races in a row to one account within an hour |
//! | anybody else | never: a seal that one member spoils would give the group to another |
//!
//! It is the maker's word against everybody else's, so nothing of it is believed that this device did not meet itself:
//!
//! | an invitation into a successor | is taken |
//! |---|---|
//! | whose maker was an admin of the old group here, is one now, and is not the one who is left out | else never |
//! | that names the seal, epoch and account behind which this device cannot go on | if half of the others (8 are enough), not only the maker, asked this device to be re-added lately: they cannot go on either |
//! | that names one of the last [`MET_KEPT`] seals that this device met, and its maker | if so many asked (some could not follow what this device could), or if the named account made [`STREAK_MET`] in a row: it crowds all others out |
//! | that comes to a device which asks to be re-added for another reason | if so many asked |
//! | before any of that is so | waits |
//! | that has the same kind, name, description and rules, and all admins but the one left out | else never |
//! | whose leaves were all in the old group when this device was last there: account, device and key; none of the one left out | else never |
//! | a second one of the same group, by another admin | if its words are as true, and its maker's leaf comes before the first one's: a place that no maker can choose |
//!
//! What is lost by that: a group whose only admin made the seal, or is gone, has no successor. Its people make a new group.

use crate::history::Stored;
use crate::mls::group::{CONTEXT_VERSION, GroupId};
use crate::mls::{group, roles};
use crate::shelf::{Cargo, Conv, Cx, Intent, Item, Members};
use crate::words::{Body, ConversationId, Happening, StepError, Trouble};
use crate::{epoch, history, shelf};
use lacre_ground::ids::{AccountId, EntryId};
use lacre_profile::Table;
use lacre_proto::bounds::Bounded as _;
use lacre_proto::content::v1 as content;
use std::sync::Arc;

/// How long the first admin waits for somebody to answer, milliseconds.
pub const SUCCESSOR_AFTER_MS: u64 = 600_000;
/// How much longer each following device waits.
pub const SUCCESSOR_PAUSE_MS: u64 = 600_000;
/// Commits that lose the race to one and the same account in a row, within an hour, before an admin goes on without it.
pub const BUSY_SEALS: u32 = 32;
/// Seals of one account in a row that a device must have met itself to go without it: an admin who lost so many more races
/// has met at least these.
pub const STREAK_MET: usize = 8;
/// Seals that are remembered: two admins who are crowded out at a time name different ones, and others commit meanwhile.
pub const MET_KEPT: usize = 128;
/// Who asked to be re-added longer ago than this, milliseconds, says nothing of now.
const ASKED_LATELY_MS: u64 = 86_400_000;
/// Accounts that are remembered as asking.
const ASKERS_KEPT: usize = 1_000;
const BUSY_MS: u64 = 3_600_000;
/// So many others who ask are enough, however large the group is.
const ENOUGH: usize = 8;

/// A member asks to be re-added: noted, whatever this device can do about it.
pub(crate) fn note_asker(cx: &mut Cx<'_, '_>, id: &ConversationId, who: AccountId) -> Result<Arc<Conv>, StepError> {
    let mut conv = shelf::take_conv(cx, id)?;
    if shelf::members(cx, id)?.devices.iter().any(|(account, _)| *account == who) {
        conv.askers.retain(|(account, _)| *account != who);
        conv.askers.push((who, cx.now));
        let too_many = conv.askers.len().saturating_sub(ASKERS_KEPT);
        conv.askers.drain(..too_many);
        shelf::put_conv(cx, id, conv)?;
    }
    shelf::conv(cx, id)
}

/// Who asked lately.
pub(crate) fn asking(cx: &Cx<'_, '_>, conv: &Conv) -> Vec<AccountId> {
    let lately = conv.askers.iter().filter(|(_, at)| !at.is_over(cx.now, ASKED_LATELY_MS)).map(|(account, _)| *account);
    // rows of before
    lately.chain(conv.stuck.iter().flat_map(|stuck| stuck.asking.iter().copied())).collect()
}

/// Makes a successor of a conversation that nobody can repair, when this is an admin's device and it is its turn.
pub(super) fn succeed_when_due(cx: &mut Cx<'_, '_>, id: &ConversationId) -> Result<bool, StepError> {
    let conv = shelf::conv(cx, id)?;
    let Some(stuck) = conv.stuck.clone() else { return Ok(false) };
    // whose signature the seal bears is not known: nobody can be left out
    let Some(by) = stuck.by else { return Ok(false) };
    let (own, members) = (shelf::own(cx)?, shelf::members(cx, id)?);
    let others = shelf::others(&members, own.account, Some(by));
    if others.is_empty() || !enough(&asking(cx, &conv), &others) {
        return Ok(false);
    }
    let admins = members.devices.iter().filter(|(account, _)| *account != by && members.admins.contains(account));
    let rank = admins.clone().position(|(account, device)| *account == own.account && *device == own.device);
    let Some(rank) = rank.and_then(|rank| u64::try_from(rank).ok()) else { return Ok(false) };
    if !stuck.since.is_over(cx.now, SUCCESSOR_AFTER_MS + rank.saturating_mul(SUCCESSOR_PAUSE_MS)) {
        return Ok(false);
    }
    succeed(cx, id, &conv, &members, stuck.seal, by, &others)?;
    Ok(true)
}

/// Counts how often in a row an own commit that was ready came too late, always behind the same account.
pub(crate) fn count_lost_race(
    cx: &mut Cx<'_, '_>,
    id: &ConversationId,
    conv: &mut Conv,
    by: Option<AccountId>,
) -> Result<(), StepError> {
    let Some(by) = by else { return Ok(()) };
    let waiting: Vec<(u64, Item)> = cx.s.scan(Table::Outbox, id.as_bytes(), 0, usize::MAX)?;
    let lost = waiting.iter().any(|(_, item)| matches!(item.cargo, Cargo::Seal { prepared: Some(_), .. }));
    conv.busy = match conv.busy {
        Some((account, count, since)) if account == by && !since.is_over(cx.now, BUSY_MS) => {
            Some((account, count.saturating_add(u32::from(lost)), since))
        }
        _ => Some((by, u32::from(lost), cx.now)),
    };
    Ok(())
}

/// An admin whose own commit never gets its turn goes on without the account that takes them all.
pub(crate) fn succeed_if_crowded_out(cx: &mut Cx<'_, '_>, id: &ConversationId) -> Result<bool, StepError> {
    let conv = shelf::conv(cx, id)?;
    let Some((by, count, _)) = conv.busy else { return Ok(false) };
    let (own, members) = (shelf::own(cx)?, shelf::members(cx, id)?);
    if count < BUSY_SEALS || by == own.account || !members.admins.contains(&own.account) {
        return Ok(false);
    }
    let waiting: Vec<(u64, Item)> = cx.s.scan(Table::Outbox, id.as_bytes(), 0, usize::MAX)?;
    let others = shelf::others(&members, own.account, Some(by));
    if others.is_empty() || !waiting.iter().any(|(_, item)| matches!(item.cargo, Cargo::Seal { .. })) {
        return Ok(false);
    }
    let Some(seal) = conv.previous.as_ref().map(|p| p.seal) else { return Ok(false) };
    succeed(cx, id, &conv, &members, seal, by, &others)?;
    Ok(true)
}

fn succeed(
    cx: &mut Cx<'_, '_>,
    id: &ConversationId,
    conv: &Conv,
    members: &Members,
    seal: EntryId,
    left_out: AccountId,
    others: &[AccountId],
) -> Result<(), StepError> {
    let own = shelf::own(cx)?;
    let signer = shelf::signer(cx)?;
    let admins: Vec<AccountId> = members.admins.iter().copied().filter(|a| *a != left_out).collect();
    let context = content::ConversationContext {
        version: CONTEXT_VERSION,
        kind: roles::wire_kind(conv.kind).into(),
        authority: conv.authority.clone(),
        name: conv.name.clone(),
        admins: admins.iter().map(|a| a.as_bytes().to_vec()).collect(),
        description: conv.description.clone(),
        may_add: roles::wire(conv.may_add),
        may_write: roles::wire(conv.may_write),
        stays_s: conv.stays_s,
        origin: Some(content::Origin {
            group_id: shelf::group_of(cx, id)?.as_bytes().to_vec(),
            epoch: members.epoch,
            seal: seal.as_bytes().to_vec(),
            left_out: left_out.as_bytes().to_vec(),
        }),
    };
    context.check().map_err(|e| StepError::Trouble(Trouble::Protocol(e.to_string())))?;
    let next = GroupId::new(lacre_ground::random::bytes::<32>(cx.rng).to_vec());
    shelf::put_behind(cx, id, &next)?;
    let provider = cx.provider();
    let credential = group::credential(own.account, own.device, &signer.public());
    let mls = group::create(&provider, &*signer, credential, &next, conv.suite, &context)?;
    go_first(cx, id, others)?;
    let mut conv = epoch::begin(cx, id, &mls)?;
    if let Some(origin) = &mut conv.origin {
        origin.maker = Some(own.account);
    }
    shelf::put_conv(cx, id, conv)?;
    shelf::keep(cx, mls);
    // the others' rights to write to stay known until they are members again
    let mut now = shelf::take_members(cx, id)?;
    now.tokens.clone_from(&members.tokens);
    shelf::put_members(cx, id, now)?;
    tell_succession(cx, id, own.account, &next, Some(left_out))?;
    cx.reached("successor: made")
}

/// The seals that add the others stand before everything that waits; what was made for the old group goes.
fn go_first(cx: &mut Cx<'_, '_>, id: &ConversationId, others: &[AccountId]) -> Result<(), StepError> {
    let waiting: Vec<(u64, Item)> = cx.s.scan(Table::Outbox, id.as_bytes(), 0, usize::MAX)?;
    for (number, _) in &waiting {
        shelf::drop_item(cx, *number)?;
    }
    epoch::enqueue_adds(cx, id, others)?;
    for (_, mut item) in waiting {
        match &mut item.cargo {
            Cargo::Seal { intent: Intent::Update | Intent::ReAdd { .. }, .. } => continue,
            Cargo::Content { prepared, .. } | Cargo::Seal { prepared, .. } => *prepared = None,
            Cargo::Upload { .. } | Cargo::Envelope { .. } | Cargo::Held { .. } | Cargo::Answer { .. } => {}
        }
        item.number = shelf::number(cx)?;
        shelf::put_item(cx, &item)?;
    }
    Ok(())
}

/// One line for the person, and the news for the application.
pub(crate) fn tell_succession(
    cx: &mut Cx<'_, '_>,
    id: &ConversationId,
    by: AccountId,
    next: &GroupId,
    left_out: Option<AccountId>,
) -> Result<(), StepError> {
    let own = shelf::own(cx)?.account;
    let mut conv = shelf::take_conv(cx, id)?;
    let line = shelf::line_id(cx, &[next.as_bytes(), b"successor"])?;
    let stored = Stored::line(line, by, cx.now, Body::Succeeded { left_out });
    if let Some(position) = history::store_message(cx, id, &mut conv, stored, by == own)? {
        shelf::event(cx, Happening::Message { conversation: id.clone(), position })?;
    }
    let standing = conv.standing;
    shelf::put_conv(cx, id, conv)?;
    shelf::event(cx, Happening::StandingChanged { conversation: id.clone(), standing })
}

/// Whether so many others ask to be re-added that nobody will answer.
pub(crate) fn enough(asking: &[AccountId], others: &[AccountId]) -> bool {
    others.iter().filter(|other| asking.contains(other)).count() >= others.len().div_ceil(2).min(ENOUGH)
}
