//! Whether a group may take the place of another: only by what this device met itself (PROTOCOL.md, 19).

use super::places::{NoPlace, Read};
use crate::ladder::{MET_KEPT, STREAK_MET};
use crate::mls::group::GroupId;
use crate::mls::roles;
use crate::mls::roles::SeenLeaf;
use crate::shelf::{Conv, Cx, Members, Stuck};
use crate::words::{ConversationId, Standing, StepError};
use crate::{epoch, ladder, shelf};
use lacre_ground::ids::{AccountId, EntryId};
use lacre_proto::content::v1 as content;

/// The conversation here that a group says it comes from, or another successor of it.
pub(super) fn origin_here(cx: &mut Cx<'_, '_>, origin: &content::Origin) -> Result<Option<ConversationId>, StepError> {
    if let Some(id) = shelf::conversation_of(cx, &GroupId::new(origin.group_id.clone()))? {
        return Ok(Some(id));
    }
    let ids: Vec<ConversationId> = shelf::behind(cx)?.keys().cloned().collect();
    for id in ids {
        if shelf::conv(cx, &id)?.origin.as_ref().is_some_and(|o| o.group.as_slice() == origin.group_id.as_slice()) {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

/// The second table of `ladder/successor.rs`. The leaves are judged once the tree is here.
pub(super) fn may_succeed(
    cx: &mut Cx<'_, '_>,
    id: &ConversationId,
    from: AccountId,
    context: content::ConversationContext,
    leaves: Option<&[SeenLeaf]>,
    read: Read,
) -> Result<(), NoPlace> {
    let no = |why: &str| Err(StepError::Skip(format!("an invitation into a successor: {why}")).into());
    let conv = shelf::conv(cx, id)?;
    let Some(named) = &context.origin else { return no("of nothing") };
    if conv.standing == Standing::Active && read == Read::Perhaps {
        // what stands there may make it right, or say that its maker is an admin no longer
        return Err(NoPlace::ReadFirst(id.clone()));
    }
    let (members, own) = (shelf::members(cx, id)?, shelf::own(cx)?.account);
    let Ok(left_out) = AccountId::try_from(named.left_out.as_slice()) else { return no("of nobody's fault") };
    if matches!(conv.standing, Standing::Removed | Standing::InUseElsewhere) {
        return no("of a conversation that this device has left");
    }
    // an admin then is not enough: somebody may have been removed since
    if from == left_out || !members.admins.contains(&from) || !members.devices.iter().any(|(a, _)| *a == from) {
        return no("by no admin");
    }
    let held = conv.origin.as_ref().filter(|held| held.group.as_slice() == named.group_id.as_slice());
    let old = match held {
        Some(held) => held.clone(),
        None => epoch::before(&members, &shelf::group_of(cx, id)?),
    };
    let place = |account: AccountId| old.members.iter().position(|member| *member == account);
    let seal = EntryId::try_from(named.seal.as_slice()).ok();
    let words = (named.epoch, seal, left_out);
    match held {
        Some(held) => {
            if !held.facts.iter().any(|fact| same(*fact, words)) {
                return no("of another seal than was met here");
            }
            let first = match (place(from), held.maker.and_then(place)) {
                (Some(from), Some(maker)) => from < maker,
                _ => false,
            };
            if !first || !held.admins.contains(&from) {
                return no("another one stays");
            }
        }
        None => match met(&conv, &members, words) {
            Met::Otherwise => return no("of another seal than was met here"),
            Met::Suffices => {}
            Met::IfOthersAsk => {
                let (asking, others) = (ladder::asking(cx, &conv), shelf::others(&members, own, Some(left_out)));
                let alone = others.iter().all(|other| *other == from);
                if !ladder::enough(&asking, &others) || (!alone && !others.iter().any(|o| *o != from && asking.contains(o))) {
                    return Err(StepError::Again("the others may still be able to go on".into()).into());
                }
            }
        },
    }
    let mut admins: Vec<AccountId> = old.admins.iter().copied().filter(|a| *a != left_out).collect();
    let mut new: Vec<AccountId> = context.admins.iter().filter_map(|a| AccountId::try_from(a.as_slice()).ok()).collect();
    admins.sort_unstable();
    new.sort_unstable();
    let same = context.kind() == roles::wire_kind(conv.kind)
        && context.name == conv.name
        && context.description == conv.description
        && roles::allowed(context.may_add()) == conv.may_add
        && roles::allowed(context.may_write()) == conv.may_write
        && context.stays_s == conv.stays_s
        && new == admins;
    if !same {
        return no("it is not the same conversation");
    }
    let known = |leaf: &SeenLeaf| leaf.account != left_out && old.leaves.contains(leaf);
    if leaves.is_some_and(|leaves| !leaves.iter().all(known)) {
        return no("somebody is in it who was not in the conversation before");
    }
    Ok(())
}

/// What this device met of that for which a successor is made.
pub(crate) enum Met {
    /// something else, or nothing
    Otherwise,
    /// it, and it is enough
    Suffices,
    /// it, or nothing of its own, and others may not be able to go on
    IfOthersAsk,
}

/// The epoch, seal and maker that an invitation names, held against what was met here.
fn met(conv: &Conv, members: &Members, (epoch, seal, by): (u64, Option<EntryId>, AccountId)) -> Met {
    match (&conv.stuck, conv.standing) {
        (Some(Stuck { seal: met, by: Some(maker), .. }), Standing::AskingToBeReAdded) => {
            if (members.epoch, Some(*met), *maker) == (epoch, seal, by) { Met::IfOthersAsk } else { Met::Otherwise }
        }
        // it lost its place for another reason, and met nothing of what came since
        (_, Standing::AskingToBeReAdded) if epoch >= members.epoch => Met::IfOthersAsk,
        (_, Standing::Active) => {
            if !conv.met_seals.iter().any(|met| same(*met, (epoch, seal, by))) {
                return Met::Otherwise;
            }
            let runs = conv.met_seals.chunk_by(|(.., a), (.., b)| a == b);
            let crowds = runs.filter(|run| run.len() >= STREAK_MET).any(|run| run.first().is_some_and(|(.., who)| *who == by));
            if crowds { Met::Suffices } else { Met::IfOthersAsk }
        }
        _ => Met::Otherwise,
    }
}

/// Whether a seal that was met is the one that is named: by the epoch that it began, or, of who could not follow it, the one
/// before.
fn same((begun, met, maker): (u64, EntryId, AccountId), (epoch, seal, by): (u64, Option<EntryId>, AccountId)) -> bool {
    Some(met) == seal && maker == by && (begun == epoch || begun == epoch.saturating_add(1) || begun.saturating_add(1) == epoch)
}

/// Remembers a seal that was merged.
pub(super) fn note_met(conv: &mut Conv, by: Option<AccountId>, epoch: u64, seal: EntryId) {
    let Some(by) = by else { return };
    conv.met_seals.push((epoch, seal, by));
    let too_many = conv.met_seals.len().saturating_sub(MET_KEPT);
    conv.met_seals.drain(..too_many);
}
