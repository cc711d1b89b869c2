//! What has gone to the relay and would be lost there if it came back from a backup: for a while it stays here, and goes out
//! again, with the same bytes and ids, when the relay has another generation. Who has met it already drops the second one.
//!
//! | what | is kept |
//! |---|---|
//! | envelopes (requests, answers, invitations) | [`KEEP_SENT_MS`], at most [`KEEP_SENT`] |
//! | blobs of at most [`KEEP_BLOB_BYTES`]: the trees of invitations, files | as long, at most [`KEEP_BLOBS`] |
//! | answers to official notices | as long, at most [`KEEP_SENT`] |
//! | larger files | not: who wants one says so, and it is sent again |
//!
//! What a message's file has left goes with the message.

use crate::history;
use crate::shelf;
use crate::shelf::{Cargo, Conv, Cx, Item, LocalBlob};
use crate::words::{ConversationId, StepError, WaitingKind};
use lacre_ground::ids::AccountId;
use lacre_profile::Table;

/// How long it is kept, milliseconds: backups are made each day.
pub const KEEP_SENT_MS: u64 = 7 * 86_400_000;
/// Envelopes that are kept.
pub const KEEP_SENT: u64 = 512;
/// Blobs that are kept.
pub const KEEP_BLOBS: u64 = 32;
/// Bytes of a blob that is kept.
pub const KEEP_BLOB_BYTES: u64 = 4 << 20;

/// For so long after a relay was restored, milliseconds, others may come back that do not know it.
pub const COMING_BACK_MS: u64 = 30 * 86_400_000;

const ENVELOPES: &[u8] = b"sent";
const BLOBS: &[u8] = b"sent blobs";
const ANSWERS: &[u8] = b"sent answers";

/// The relay has taken an envelope or a blob: it leaves its queue.
pub(crate) fn sent(cx: &mut Cx<'_, '_>, number: u64) -> Result<(), StepError> {
    let Some(mut item) = shelf::item(cx, number)? else { return Ok(()) };
    let (scope, most) = match &item.cargo {
        Cargo::Envelope { .. } => (ENVELOPES, KEEP_SENT),
        Cargo::Answer { .. } => (ANSWERS, KEEP_SENT),
        Cargo::Upload { blob, .. } => {
            let local: Option<LocalBlob> = cx.s.get(Table::Blob, blob.as_bytes())?;
            if local.is_none_or(|local| local.size > KEEP_BLOB_BYTES) {
                return forget(cx, &item);
            }
            (BLOBS, KEEP_BLOBS)
        }
        Cargo::Content { .. } | Cargo::Seal { .. } | Cargo::Held { .. } => {
            return shelf::drop_item(cx, number);
        }
    };
    item.conversation = Some(ConversationId::new(scope.to_vec()));
    (item.since, item.trouble, item.not_before) = (cx.now, None, None);
    shelf::put_item(cx, &item)?;
    let mut kept = cx.s.count(Table::Outbox, scope)?;
    loop {
        let first: Vec<(u64, Item)> = cx.s.scan(Table::Outbox, scope, 0, 1)?;
        match first.first() {
            Some((_, oldest)) if kept > most || is_old(cx, oldest) => forget(cx, oldest)?,
            _ => return Ok(()),
        }
        kept = kept.saturating_sub(1);
    }
}

fn is_old(cx: &Cx<'_, '_>, item: &Item) -> bool {
    cx.now.since(item.since) > KEEP_SENT_MS
}

fn forget(cx: &mut Cx<'_, '_>, item: &Item) -> Result<(), StepError> {
    if let Cargo::Upload { blob, .. } = &item.cargo {
        history::drop_blob(cx, *blob)?;
    }
    shelf::drop_item(cx, item.number)
}

/// The relay may have forgotten all of it: it goes out again, blobs before what names them.
pub(crate) fn repeat_sent(cx: &mut Cx<'_, '_>) -> Result<(), StepError> {
    for scope in [BLOBS, ENVELOPES, ANSWERS] {
        let all: Vec<(u64, Item)> = cx.s.scan(Table::Outbox, scope, 0, usize::MAX)?;
        for (_, item) in all {
            again(cx, item)?;
        }
    }
    Ok(())
}

/// Invitations of an account that were sent and may not have come; false if none is kept.
pub(crate) fn invite_again(cx: &mut Cx<'_, '_>, account: AccountId) -> Result<bool, StepError> {
    let envelopes: Vec<(u64, Item)> = cx.s.scan(Table::Outbox, ENVELOPES, 0, usize::MAX)?;
    let theirs = |item: &Item| {
        item.what == WaitingKind::Invitation && matches!(item.cargo, Cargo::Envelope { to: Some(to), .. } if to == account)
    };
    let theirs: Vec<Item> = envelopes.into_iter().map(|(_, item)| item).filter(theirs).collect();
    let some = !theirs.is_empty();
    if some {
        // which blob an envelope names is sealed to its reader
        let blobs: Vec<(u64, Item)> = cx.s.scan(Table::Outbox, BLOBS, 0, usize::MAX)?;
        for (_, item) in blobs {
            again(cx, item)?;
        }
    }
    theirs.into_iter().try_for_each(|item| again(cx, item))?;
    Ok(some)
}

fn again(cx: &mut Cx<'_, '_>, mut item: Item) -> Result<(), StepError> {
    if is_old(cx, &item) {
        return forget(cx, &item);
    }
    (item.conversation, item.again) = (None, true);
    shelf::put_item(cx, &item)
}

/// Whether others may still have to come back to the own relay.
pub(crate) fn lately_restored(cx: &mut Cx<'_, '_>) -> Result<bool, StepError> {
    Ok(shelf::own(cx)?.restored.is_some_and(|at| cx.now.since(at) <= COMING_BACK_MS))
}

/// The same of one conversation's relay.
pub(crate) fn was_restored_lately(cx: &Cx<'_, '_>, conv: &Conv) -> bool {
    conv.restored.is_some_and(|at| cx.now.since(at) <= COMING_BACK_MS)
}
