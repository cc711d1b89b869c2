//! Whom a seal was to add and could not. Each waits alone in the conversation's queue, with the reason; others go past it.
//! It is tried again after as long as it has waited, and given up by time alone, with a line in the history.
//!
//! | why | until |
//! |---|---|
//! | a pause; the account is gone at the relay; no key package there | the other, or a relay that was restored, changes it |
//! | a key package that is not good at this time | a clock is set right, or its device makes others |
//! | one that is not of the device it was claimed for, or is no key package | the relay gives another |

use crate::history::Stored;
use crate::shelf::{Cargo, Conv, Cx, Intent, Item, Taken};
use crate::words::{Body, ConversationId, Happening, NotAdded, StepError, WaitingKind};
use crate::{book, history, queue, shelf};
use lacre_ground::ids::AccountId;
use lacre_ground::time::Millis;
use lacre_profile::Table;

/// Who cannot be added for so long, milliseconds, is given up: no relay keeps an invitation longer.
pub const ADD_GIVE_UP_MS: u64 = 30 * 86_400_000;
/// Shortest and longest pause before who could not be added is tried again, milliseconds: each try costs a stamp.
pub const ADD_FIRST_PAUSE_MS: u64 = 60_000;
/// See [`ADD_FIRST_PAUSE_MS`].
pub const ADD_LONGEST_PAUSE_MS: u64 = 6 * 3_600_000;

/// Devices added by one commit.
pub const MAX_ADDS: usize = 64;

/// Puts seals that add these accounts into a conversation's queue, each small enough for one commit.
pub(crate) fn enqueue_adds(cx: &mut Cx<'_, '_>, conversation: &ConversationId, accounts: &[AccountId]) -> Result<(), StepError> {
    for chunk in accounts.chunks(MAX_ADDS) {
        let intent = Intent::Add { wanted: chunk.to_vec(), invitees: Vec::new() };
        queue::enqueue(cx, Some(conversation), WaitingKind::Seal, Cargo::Seal { intent, prepared: None })?;
    }
    Ok(())
}

/// Since when somebody was to be added, and what was said of it last.
#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) since: Millis,
    pub(crate) told: Option<String>,
}

impl Asked {
    /// By this item of the queue.
    pub(crate) fn by(item: &Item) -> Self {
        Self { since: item.since, told: item.trouble.clone() }
    }
}

/// Somebody cannot be added now.
pub(crate) fn add_later(
    cx: &mut Cx<'_, '_>,
    id: &ConversationId,
    conv: &mut Taken<Conv>,
    account: AccountId,
    asked: &Asked,
    why: NotAdded,
) -> Result<(), StepError> {
    if shelf::members(cx, id)?.devices.iter().any(|(there, _)| *there == account) {
        return Ok(());
    }
    let since = asked.since.min(cx.now);
    let waited = cx.now.since(since);
    if waited >= ADD_GIVE_UP_MS {
        return give_up(cx, id, conv, account);
    }
    let again = cx.now.plus(waited.clamp(ADD_FIRST_PAUSE_MS, ADD_LONGEST_PAUSE_MS));
    let trouble = why.to_string();
    if asked.told.as_ref() != Some(&trouble) {
        let (conversation, why) = (id.clone(), why.clone());
        shelf::event(cx, Happening::NotAdded { conversation, account: *account.as_bytes(), why })?;
    }
    let cargo = Cargo::Seal { intent: Intent::AddLater { account, why }, prepared: None };
    let number = queue::enqueue(cx, Some(id), WaitingKind::Seal, cargo)?;
    if let Some(mut item) = shelf::item(cx, number)? {
        (item.since, item.trouble, item.not_before) = (since, Some(trouble), Some(again));
        shelf::put_item(cx, &item)?;
    }
    conv.add_again = Some(conv.add_again.map_or(again, |first| first.min(again)));
    cx.reached("commit: waits")
}

fn give_up(cx: &mut Cx<'_, '_>, id: &ConversationId, conv: &mut Taken<Conv>, whom: AccountId) -> Result<(), StepError> {
    let own = shelf::own(cx)?.account;
    let line = shelf::line_id(cx, &[conv.channel.id.as_bytes(), whom.as_bytes(), b"not added"])?;
    let stored = Stored::line(line, own, cx.now, Body::NotAdded { whom });
    if let Some(position) = history::store_message(cx, id, conv, stored, true)? {
        shelf::event(cx, Happening::Message { conversation: id.clone(), position })?;
    }
    Ok(())
}

/// Adds these accounts now: who could not be added before is tried again, and who is to be added already is not asked for
/// twice.
pub(crate) fn add_now(cx: &mut Cx<'_, '_>, id: &ConversationId, accounts: &[AccountId]) -> Result<(), StepError> {
    let mut conv = shelf::take_conv(cx, id)?;
    try_again(cx, id, &mut conv, Some(accounts))?;
    shelf::put_conv(cx, id, conv)?;
    let waiting: Vec<(u64, Item)> = cx.s.scan(Table::Outbox, id.as_bytes(), 0, usize::MAX)?;
    let is_wanted = |account: &AccountId| {
        waiting.iter().any(|(_, item)| match &item.cargo {
            Cargo::Seal { intent: Intent::Add { wanted, invitees }, .. } => {
                wanted.contains(account) || invitees.iter().any(|i| i.account == *account)
            }
            _ => false,
        })
    };
    let new: Vec<AccountId> = accounts.iter().copied().filter(|account| !is_wanted(account)).collect();
    enqueue_adds(cx, id, &new)
}

/// Those whose pause is over stand at the end of the queue again, as if they had been asked for now. `these` alone, if
/// it names any: then whatever their pause.
pub(super) fn try_again(
    cx: &mut Cx<'_, '_>,
    id: &ConversationId,
    conv: &mut Conv,
    these: Option<&[AccountId]>,
) -> Result<(), StepError> {
    let waiting: Vec<(u64, Item)> = cx.s.scan(Table::Outbox, id.as_bytes(), 0, usize::MAX)?;
    conv.add_again = None;
    for (number, item) in waiting {
        let Cargo::Seal { intent: Intent::AddLater { account, .. }, .. } = &item.cargo else { continue };
        let due = match these {
            Some(these) => these.contains(account),
            None => !item.rests(cx.now),
        };
        if !due {
            let at = item.not_before.unwrap_or(cx.now);
            conv.add_again = Some(conv.add_again.map_or(at, |first: Millis| first.min(at)));
            continue;
        }
        shelf::drop_item(cx, number)?;
        let there = shelf::members(cx, id)?.devices.iter().any(|(there, _)| there == account);
        if there || book::is_blocked(cx, *account)? {
            continue;
        }
        let intent = Intent::Add { wanted: vec![*account], invitees: Vec::new() };
        let fresh = queue::enqueue(cx, Some(id), WaitingKind::Seal, Cargo::Seal { intent, prepared: None })?;
        if let Some(mut fresh) = shelf::item(cx, fresh)? {
            (fresh.since, fresh.trouble) = (item.since, item.trouble);
            shelf::put_item(cx, &fresh)?;
        }
    }
    Ok(())
}
