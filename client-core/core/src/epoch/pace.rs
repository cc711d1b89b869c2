//! What a device does in a conversation a while later, so that not all do it at once: fresh keys, and answers to members
//! who leave. Each is an instant in the conversation's row; what has become due is put into the queue.
//!
//! | what | when |
//! |---|---|
//! | first fresh keys of a joiner | at once among up to [`SMALL_GROUP`] devices; else after its leaf's number times [`FIRST_UPDATE_PAUSE_MS`] |
//! | fresh keys again | [`UPDATE_EVERY_MS`] after the last own commit, more in large groups, spread over a week by leaf |
//! | removing a lost account | at once, by each admin's device that learns of the reset: whoever comes second has nothing left to do |
//! | trying again whom a seal could not add | see `absent.rs` |
//! | removing who leaves | of two: the conversation is over. In groups at once by the first admin device in leaf order; each following one waits [`LEAVE_PAUSE_MS`] longer |

use super::absent;
use super::absent::ADD_LONGEST_PAUSE_MS;
use crate::queue::MAX_WAITING;
use crate::shelf::{Cargo, Conv, Cx, Intent, Item};
use crate::words::{ConversationId, Happening, Kind, Standing, StepError, WaitingKind};
use crate::{queue, shelf};
use lacre_ground::ids::AccountId;
use lacre_profile::Table;

/// Among so many devices a joiner commits fresh keys at once.
pub const SMALL_GROUP: usize = 8;
/// Pause between the first commits of two joiners of a larger group, milliseconds: 1,000 members need eight hours.
pub const FIRST_UPDATE_PAUSE_MS: u64 = 30_000;
/// A device gives its leaf fresh keys this long after its last commit, in a group of up to 128; up to four times in larger.
pub const UPDATE_EVERY_MS: u64 = 7 * 86_400_000;
/// The longest of these: four times as long, and the spread.
const LONGEST_UPDATE_PAUSE_MS: u64 = 5 * UPDATE_EVERY_MS;
/// How long one admin device waits for the one before it to answer a member who leaves.
pub const LEAVE_PAUSE_MS: u64 = 60_000;
/// Of 1,000 admins the last.
const LONGEST_LEAVE_PAUSE_MS: u64 = 1_000 * LEAVE_PAUSE_MS;

/// A leaf that never committed keeps the lifetime of its key package, and makes every commit of others larger.
pub(crate) fn pace_first_update(cx: &mut Cx<'_, '_>, id: &ConversationId, own_leaf: u32) -> Result<(), StepError> {
    let devices = shelf::members(cx, id)?.devices.len();
    let mut conv = shelf::take_conv(cx, id)?;
    let pause = if devices <= SMALL_GROUP { 0 } else { u64::from(own_leaf).saturating_mul(FIRST_UPDATE_PAUSE_MS) };
    conv.update_due = Some(cx.now.plus(pause));
    shelf::put_conv(cx, id, conv)
}

/// After an own commit: the next one with nothing but fresh keys.
pub(crate) fn pace_next_update(
    cx: &mut Cx<'_, '_>,
    id: &ConversationId,
    conv: &mut Conv,
    own_leaf: u32,
) -> Result<(), StepError> {
    let devices = u64::try_from(shelf::members(cx, id)?.devices.len()).unwrap_or(u64::MAX).max(1);
    let factor = (1 + devices / 128).min(4);
    let spread = UPDATE_EVERY_MS / devices * (u64::from(own_leaf) % devices);
    conv.update_due = Some(cx.now.plus(UPDATE_EVERY_MS.saturating_mul(factor).saturating_add(spread)));
    Ok(())
}

/// A member asks to be removed: an admin's device answers, the others wait whether it does.
pub(crate) fn asked_to_leave(cx: &mut Cx<'_, '_>, id: &ConversationId, conv: &mut Conv, who: AccountId) -> Result<(), StepError> {
    let members = shelf::members(cx, id)?;
    let own = shelf::own(cx)?;
    if who == own.account || conv.leaving.iter().any(|(account, _)| *account == who) {
        return Ok(());
    }
    if conv.kind == Kind::Two {
        // of two nobody is left to write to
        conv.standing = Standing::Removed;
        let conversation = id.clone();
        return shelf::event(cx, Happening::StandingChanged { conversation, standing: Standing::Removed });
    }
    let admins = members.devices.iter().filter(|(account, _)| members.admins.contains(account) && *account != who);
    let rank = admins.clone().position(|(account, device)| *account == own.account && *device == own.device);
    if let Some(rank) = rank {
        let pause = u64::try_from(rank).unwrap_or(u64::MAX).saturating_mul(LEAVE_PAUSE_MS);
        conv.leaving.push((who, cx.now.plus(pause)));
    }
    Ok(())
}

/// Lost accounts that this device, an admin's, takes out: not those that a change in the queue removes already.
fn lost_to_remove(cx: &mut Cx<'_, '_>, id: &ConversationId, conv: &Conv) -> Result<Vec<AccountId>, StepError> {
    if conv.lost.is_empty() || !shelf::members(cx, id)?.admins.contains(&shelf::own(cx)?.account) {
        return Ok(Vec::new());
    }
    let waiting: Vec<(u64, Item)> = cx.s.scan(Table::Outbox, id.as_bytes(), 0, usize::MAX)?;
    let removed = |account: &AccountId| {
        let removes = |item: &Item| matches!(&item.cargo, Cargo::Seal { intent: Intent::Remove { accounts }, .. } if accounts.contains(account));
        waiting.iter().any(|(_, item)| removes(item))
    };
    Ok(conv.lost.iter().filter(|account| !removed(account)).copied().collect())
}

/// Puts what has become due into the queue.
pub(crate) fn queue_what_is_due(cx: &mut Cx<'_, '_>, id: &ConversationId) -> Result<(), StepError> {
    let mut conv = shelf::take_conv(cx, id)?;
    if conv.add_again.is_some_and(|at| !at.is_ahead(cx.now, ADD_LONGEST_PAUSE_MS)) {
        absent::try_again(cx, id, &mut conv, None)?;
        shelf::write_conv(cx, id, &conv)?;
    }
    let update = conv.update_due.is_some_and(|at| !at.is_ahead(cx.now, LONGEST_UPDATE_PAUSE_MS));
    let (due, later): (Vec<_>, Vec<_>) =
        conv.leaving.iter().copied().partition(|(_, at)| !at.is_ahead(cx.now, LONGEST_LEAVE_PAUSE_MS));
    let lost = lost_to_remove(cx, id, &conv)?;
    if (!update && due.is_empty() && lost.is_empty()) || cx.s.count(Table::Outbox, id.as_bytes())? >= MAX_WAITING {
        return Ok(());
    }
    if update {
        conv.update_due = None;
        let waiting: Vec<(u64, Item)> = cx.s.scan(Table::Outbox, id.as_bytes(), 0, usize::MAX)?;
        // every commit gives fresh keys
        let goes = |item: &Item| matches!(&item.cargo, Cargo::Seal { intent, .. } if !matches!(intent, Intent::AddLater { .. }));
        if !waiting.iter().any(|(_, item)| goes(item)) {
            queue::enqueue(cx, Some(id), WaitingKind::Seal, Cargo::Seal { intent: Intent::Update, prepared: None })?;
        }
    }
    if !lost.is_empty() {
        let intent = Intent::Remove { accounts: lost };
        queue::enqueue(cx, Some(id), WaitingKind::Seal, Cargo::Seal { intent, prepared: None })?;
    }
    if !due.is_empty() {
        conv.leaving = later;
        let intent = Intent::Remove { accounts: due.into_iter().map(|(account, _)| account).collect() };
        queue::enqueue(cx, Some(id), WaitingKind::Seal, Cargo::Seal { intent, prepared: None })?;
    }
    shelf::put_conv(cx, id, conv)?;
    cx.reached("pace: queued")
}
