//! The commits of this device: from what a seal is to do to the bytes that wait for the relay.

use super::absent;
use super::absent::{Asked, MAX_ADDS, enqueue_adds};
use crate::crypt::entry::seal_entry;
use crate::mls::fault::RoleError;
use crate::mls::group::{Changes, PackageFault};
use crate::mls::plain::Plain;
use crate::mls::{group, parts, roles};
use crate::shelf::{Cargo, Conv, Cx, Intent, Invitee, Item, Prepared, PreparedPart, Taken};
use crate::words::{ConversationId, Edit, Happening, NotAdded, StepError, WaitingKind};
use crate::{book, queue, shelf};
use lacre_ground::ids::AccountId;
use lacre_profile::Table;
use lacre_proto::bounds::Bounded as _;
use openmls::group::{MlsGroup, StagedCommit};
use serde_bytes::ByteBuf;

/// Builds the commit of an intent in this epoch; none when there is nothing left to do.
pub(super) fn build_seal(
    cx: &mut Cx<'_, '_>,
    id: &ConversationId,
    conv: &mut Taken<Conv>,
    intent: &mut Intent,
    asked: &Asked,
) -> Result<Option<Prepared>, StepError> {
    let own = shelf::own(cx)?;
    let mut mls = shelf::take_group(cx, id)?;
    let provider = cx.provider();
    let leaves = group::leaves(&mls);
    let mut changes = Changes::default();
    let now = shelf::by_relay(&own, cx.now);
    match intent {
        Intent::Add { invitees, .. } => {
            // an account has up to 16 devices: what is too much for one commit is another
            // (who is alone and no admin must add all at once: afterwards it may not)
            let again = leaves.len() > 1 || shelf::members(cx, id)?.admins.contains(&own.account);
            if again && invitees.len() > MAX_ADDS {
                let rest = Intent::Add { wanted: Vec::new(), invitees: invitees.split_off(MAX_ADDS) };
                queue::enqueue(cx, Some(id), WaitingKind::Seal, Cargo::Seal { intent: rest, prepared: None })?;
            }
            invitees.retain(|i| !leaves.iter().any(|l| l.account == i.account && l.device == i.device));
            let mut good: Vec<Invitee> = Vec::new();
            let mut absent: Vec<(AccountId, NotAdded)> = Vec::new();
            for invitee in invitees.drain(..) {
                // claimed twice, by two programs on this profile
                if good.iter().any(|g| (g.account, g.device) == (invitee.account, invitee.device)) {
                    continue;
                }
                let why = match group::read_key_package(&provider, &invitee.key_package) {
                    Ok(package) if !names(&package, &invitee) || !is_key_of(cx, &package, &invitee)? => NotAdded::OtherKey,
                    Ok(package) if !group::outlives_retention(&package, now) => NotAdded::Clock,
                    Ok(package) => {
                        changes.adds.push(package);
                        good.push(invitee);
                        continue;
                    }
                    Err(PackageFault::Time) => NotAdded::Clock,
                    Err(PackageFault::Broken(e)) => NotAdded::Unfit(e.to_string()),
                };
                absent.retain(|(account, _)| *account != invitee.account);
                absent.push((invitee.account, why));
            }
            // an account of which one device comes is there
            absent.retain(|(account, _)| !good.iter().any(|g| g.account == *account));
            for (account, why) in absent {
                absent::add_later(cx, id, conv, account, asked, why)?;
            }
            *invitees = good;
            if changes.adds.is_empty() {
                shelf::keep(cx, mls);
                return Ok(None);
            }
        }
        Intent::Remove { accounts } => {
            let gone = leaves.iter().filter(|l| accounts.contains(&l.account) && l.account != own.account);
            changes.removals = gone.map(|l| l.index).collect();
            if changes.removals.is_empty() {
                shelf::keep(cx, mls);
                return Ok(None);
            }
            // who is removed is no admin either
            let now = group::context(mls.extensions())?;
            let edits: Vec<Edit> = accounts.iter().map(|a| Edit::Admin { account: *a, on: false }).collect();
            let next = roles::edited(&now, &edits);
            changes.context = (next != now && !next.admins.is_empty()).then_some(next);
        }
        Intent::ReAdd { invitee, lost_leaf, .. } => {
            let held = leaves.iter().find(|l| l.account == invitee.account && l.device == invitee.device);
            let lost = held.and_then(|l| Some((l, mls.public_group().leaf(l.index)?)));
            let package = group::read_key_package(&provider, &invitee.key_package);
            match (lost, package) {
                (Some((leaf, node)), Ok(package))
                    if agrees_to(&package, group::leaf_hash(node)?.as_slice(), lost_leaf)
                        && names(&package, invitee)
                        && group::outlives_retention(&package, now)
                        && package.leaf_node().signature_key().as_slice() == leaf.signature_key =>
                {
                    changes.removals.push(leaf.index);
                    changes.adds.push(package);
                }
                _ => {
                    shelf::keep(cx, mls);
                    return Ok(None);
                }
            }
        }
        Intent::Change { edits } => {
            let now = group::context(mls.extensions())?;
            let next = roles::edited(&now, edits);
            if next == now {
                shelf::keep(cx, mls);
                return Ok(None);
            }
            if let Err(why) = next.check() {
                shelf::unreadable(cx, Some(id), format!("a change of the group was given up: {why}"))?;
                shelf::keep(cx, mls);
                return Ok(None);
            }
            changes.context = Some(next);
        }
        Intent::Update => {}
        // never the next one of a queue
        Intent::AddLater { .. } => {
            shelf::keep(cx, mls);
            return Ok(None);
        }
    }
    let signer = shelf::signer(cx)?;
    let built = group::commit(&provider, &*signer, &mut mls, changes);
    let (commit, welcome) = match built {
        Ok(built) => built,
        Err(e) => return Err(StepError::Again(e.to_string())),
    };
    // what the others would not follow must not be sent: this member's own rights may have changed since it was asked for
    let judged = mls.pending_commit().map(|own| judge_own(&mls, own));
    if let Some(Err(why)) = judged {
        mls.clear_pending_commit(openmls::prelude::OpenMlsProvider::storage(&provider))
            .map_err(|e| StepError::Again(e.to_string()))?;
        shelf::unreadable(cx, Some(id), format!("a change of the group was given up: {why}"))?;
        shelf::keep(cx, mls);
        return Ok(None);
    }
    let Some((pieces, sealed)) = parts::cut(&commit) else {
        return Err(StepError::Again("a commit that is too long even in parts".into()));
    };
    let mut parts = Vec::new();
    for piece in &pieces {
        let entry = queue::next_entry_id(cx, conv)?;
        let ciphertext = seal_entry(&conv.channel.entry_key.0, conv.channel.id, entry, false, piece, cx.rng);
        parts.push(PreparedPart { entry, ciphertext, seq: None });
    }
    let entry = queue::next_entry_id(cx, conv)?;
    let ciphertext = seal_entry(&conv.channel.entry_key.0, conv.channel.id, entry, true, &sealed, cx.rng);
    shelf::keep(cx, mls);
    Ok(Some(Prepared {
        channel: conv.channel.id,
        entry,
        ciphertext,
        seq: None,
        welcome: welcome.map(ByteBuf::from),
        parts,
        signature: None,
    }))
}

/// Whether the commit that waits would be followed: a program before this one may have made it by other rules, and what
/// the others would not follow must not be sent. One that would not be is forgotten.
pub(super) fn still_good(cx: &mut Cx<'_, '_>, id: &ConversationId) -> Result<bool, StepError> {
    let mut mls = shelf::take_group(cx, id)?;
    let good = mls.pending_commit().is_none_or(|own| judge_own(&mls, own).is_ok());
    if !good {
        let provider = cx.provider();
        mls.clear_pending_commit(openmls::prelude::OpenMlsProvider::storage(&provider))
            .map_err(|e| StepError::Again(e.to_string()))?;
    }
    shelf::keep(cx, mls);
    Ok(good)
}

fn judge_own(mls: &MlsGroup, own: &StagedCommit) -> Result<(), RoleError> {
    Plain::of_own(mls, own).and_then(|plain| roles::judge(mls, &plain))
}

/// The relay hands out key packages: the signature key must be the one in the device's verified account state, or a
/// relay could put itself into the conversation.
fn is_key_of(cx: &Cx<'_, '_>, package: &openmls::prelude::KeyPackage, invitee: &Invitee) -> Result<bool, StepError> {
    let Some(known) = shelf::known(cx, invitee.account)? else { return Ok(false) };
    let key = book::device_key(&known, invitee.device);
    Ok(key.is_some_and(|key| package.leaf_node().signature_key().as_slice() == key))
}

/// A seal cannot be made at all (it was tried on a group that was loaded afresh): it leaves the queue, visibly.
pub(crate) fn give_up_seal(cx: &mut Cx<'_, '_>, id: &ConversationId, why: &str) -> Result<(), StepError> {
    let waiting: Vec<(u64, Item)> = cx.s.scan(Table::Outbox, id.as_bytes(), 0, 64)?;
    for (number, item) in waiting {
        let asked = Asked::by(&item);
        if let Cargo::Seal { intent, prepared: None } = item.cargo {
            if matches!(intent, Intent::AddLater { .. }) {
                continue;
            }
            shelf::drop_item(cx, number)?;
            if let Intent::Add { wanted, invitees } = intent {
                let mut accounts: Vec<AccountId> = wanted.clone();
                accounts.extend(invitees.iter().map(|i| i.account));
                if let [account] = accounts.as_slice() {
                    let mut conv = shelf::take_conv(cx, id)?;
                    absent::add_later(cx, id, &mut conv, *account, &asked, NotAdded::Unfit(why.to_owned()))?;
                    return shelf::put_conv(cx, id, conv);
                }
                // one of several whose key package does not fit keeps nobody else out: each is tried alone
                for invitee in invitees {
                    let intent = Intent::Add { wanted: Vec::new(), invitees: vec![invitee] };
                    queue::enqueue(cx, Some(id), WaitingKind::Seal, Cargo::Seal { intent, prepared: None })?;
                }
                enqueue_adds(cx, id, &wanted)?;
                continue;
            }
            return shelf::event(
                cx,
                Happening::Unreadable {
                    conversation: Some(id.clone()),
                    reason: format!("a change of members was given up: {why}"),
                },
            );
        }
    }
    Ok(())
}

/// Whether a leaf is the one that was lost when its device asked, or another one that its request names: somebody may have
/// answered an earlier request meanwhile and kept the Welcome.
fn agrees_to(package: &openmls::prelude::KeyPackage, leaf: &[u8], lost: &[u8]) -> bool {
    leaf == lost || group::consent(package).is_some_and(|consent| consent.lost_leaves.iter().any(|named| named == leaf))
}

/// A key package belongs to the device that it was claimed for.
fn names(package: &openmls::prelude::KeyPackage, invitee: &Invitee) -> bool {
    group::who(package.leaf_node().credential()) == Some((invitee.account, invitee.device))
}
