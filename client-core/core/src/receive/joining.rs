//! Invitations: judged by who sends them and by what they name before anything is fetched, and again when their tree is here.
//!
//! | an invitation | is |
//! |---|---|
//! | into a conversation or to a tree on another relay than this account's; a tree above [`MAX_JOIN_STATE`] | refused |
//! | into a successor of a conversation here | judged by `succession.rs` |
//! | into a conversation that goes on here: of a later epoch | kept until that was read to its end: this device may have been removed and added again |
//! | the same, from an admin, when it was read to its end and the relay was restored lately | taken: members were led apart |
//! | the same, of any other epoch | refused |
//! | into one that cannot go on here | taken if it answers a request of this device for that group, from a member; or from an admin, of a later epoch |
//! | the same, but of another kind, suite or history than was here, or by who becomes an admin by it | refused (`returning.rs`) |
//! | into one from which this account was removed | taken from an accepted contact, of a later epoch |
//! | into a successor of one that this device has left, from an accepted contact | taken as a conversation of its own |
//! | into one that is not here | taken from an accepted contact; a conversation of two also from who was asked: it is the yes |
//! | into one that rests here (blocked, the contact was reset, another relay) | refused |
//! | whose tree does not come, or that waits for something | tried again at once, then after pauses; given up after [`GIVE_UP_MS`] |

use super::places::{NoPlace, Read};
use super::{returning, succession};
use crate::history::Stored;
use crate::mls::group::GroupId;
use crate::mls::roles::SeenLeaf;
use crate::mls::{group, roles};
use crate::shelf::{Conv, Cx, PendingJoin};
use crate::words::{Body, ContactState, ConversationId, Happening, Kind, Standing, StepError, Suite, Trouble};
use crate::{book, epoch, history, ladder, people, queue, shelf};
use lacre_ground::ids::{AccountId, DeviceId, EnvelopeId, Token};
use lacre_ground::time::Millis;
use lacre_profile::Table;
use lacre_proto::bounds::Bounded as _;
use lacre_proto::content::v1 as content;
use prost::Message as _;
use std::sync::Arc;

/// Bytes of the encrypted state that a joiner fetches into memory: a tree of 1,000 devices and their accounts have some 8 MB.
pub const MAX_JOIN_STATE: u64 = 16 << 20;
/// Tries at every occasion, before pauses.
const AT_ONCE: u32 = 20;
/// First pause after them, milliseconds; it doubles.
const FIRST_PAUSE_MS: u64 = 60_000;
/// Longest pause, milliseconds.
const LONGEST_PAUSE_MS: u64 = 3_600_000;
/// After so long it is given up, milliseconds: the relay keeps no blob longer.
pub const GIVE_UP_MS: u64 = 30 * 86_400_000;

/// What an invitation leads into, as far as its Welcome says so.
pub(crate) struct Invited {
    group: GroupId,
    epoch: u64,
    context: content::ConversationContext,
    suite: Suite,
    /// this device asked for it: the key package was made for being re-added to that group
    asked_for: bool,
}

/// Where it belongs here.
pub(crate) struct Place {
    id: ConversationId,
    held: Option<Arc<Conv>>,
    /// it is a successor of `held`
    succeeds: bool,
}

impl From<NoPlace> for StepError {
    fn from(e: NoPlace) -> Self {
        match e {
            NoPlace::Step(e) => e,
            NoPlace::ReadFirst(_) => StepError::Again("the conversation was not read to its end".into()),
        }
    }
}

/// Who invites, into what, and where its tree lies: all that can be judged without asking anybody.
pub(crate) fn look_at_invitation(cx: &mut Cx<'_, '_>, pending: &PendingJoin, read: Read) -> Result<content::BlobRef, NoPlace> {
    let skip = |e: &dyn std::fmt::Display| StepError::Skip(e.to_string());
    let join = content::Join::decode(pending.join.as_slice()).map_err(|e| skip(&e))?;
    let reference = join.state.ok_or(StepError::Skip("an invitation without a tree".into()))?;
    shelf::ours(cx, &reference.authority)?;
    if reference.size > MAX_JOIN_STATE {
        return Err(StepError::Skip(format!("a tree of more than {MAX_JOIN_STATE} bytes")).into());
    }
    let invited = group::invited(&cx.provider(), &join.welcome).map_err(|e| skip(&e))?;
    let context = group::context(&invited.extensions).map_err(|e| skip(&e))?;
    let asked_for = invited.agreed.is_some_and(|consent| consent.group_id == invited.group.as_bytes());
    let suite = group::suite(invited.suite).ok_or(StepError::Skip("an unknown suite".into()))?;
    let invited = Invited { group: invited.group, epoch: invited.epoch, context, suite, asked_for };
    place(cx, pending.from, &invited, None, read)?;
    Ok(reference)
}

/// Where an invitation belongs, if it is taken. The leaves of its tree are known once that is here.
fn place(
    cx: &mut Cx<'_, '_>,
    from: AccountId,
    invited: &Invited,
    leaves: Option<&[SeenLeaf]>,
    read: Read,
) -> Result<Place, NoPlace> {
    let no = |why: &str| Err(StepError::Skip(why.to_owned()).into());
    if !shelf::is_ours(cx, &invited.context.authority)? {
        return no("an invitation into a conversation on another relay");
    }
    if shelf::reset_of(cx, from)?.is_some() {
        return no("an invitation by a device of a lost account");
    }
    let here = shelf::conversation_of(cx, &invited.group)?;
    let before = match (&here, &invited.context.origin) {
        (None, Some(origin)) => succession::origin_here(cx, origin)?,
        _ => None,
    };
    // Who was asked, and makes the conversation of two, has said yes: the yes itself may come later, or was lost with a relay.
    let two = invited.context.kind() == content::ConversationKind::Two;
    let agreed = |state| state == ContactState::Accepted || (two && state == ContactState::Asked);
    let accepted = shelf::contact(cx, from)?.is_some_and(|c| agreed(c.state) && c.blocked.is_none());
    let before = match before {
        // it was left, or lost; a contact's word is enough for a conversation beside it
        Some(id) if accepted && has_left(cx, &id, &invited.context)? => None,
        other => other,
    };
    let succeeds = before.is_some();
    let id = here.clone().or(before).unwrap_or_else(|| invited.group.conversation());
    let held = shelf::conv_or_none(cx, &id)?;
    if book::is_blocked(cx, from)? && held.is_none() {
        return no("an invitation by somebody who is kept away");
    }
    let members = shelf::members(cx, &id)?;
    let member = members.devices.iter().any(|(member, _)| *member == from);
    let admin = member && members.admins.contains(&from);
    if held.is_some() && !member && !accepted {
        return no("an invitation by somebody who is neither a member nor a contact");
    }
    match &held {
        Some(conv)
            if matches!(conv.standing, Standing::Blocked | Standing::Replaced | Standing::Ended | Standing::OtherRelay) =>
        {
            return no("an invitation into a conversation that rests here");
        }
        Some(conv) if succeeds && invited.suite != conv.suite => return no("an invitation into a successor of another suite"),
        Some(_) if succeeds => succession::may_succeed(cx, &id, from, invited.context.clone(), leaves, read)?,
        Some(_) if here.is_none() => return no("an invitation into a conversation that goes on in a successor"),
        // A relay that was restored can lead members apart: behind a seal that stands in the place of another one the admins go
        // on, and whoever came in meanwhile writes to nobody. Nothing more is read here, so the admin's word is newer.
        Some(conv)
            if conv.standing == Standing::Active
                && invited.epoch > members.epoch
                && (read, admin) == (Read::ToTheEnd, true)
                && queue::was_restored_lately(cx, conv) => {}
        // Added again before this device has read that it was removed: the inbox is read first. It waits for the rest.
        Some(conv) if conv.standing == Standing::Active && invited.epoch > members.epoch => {
            return Err(match read {
                Read::Perhaps => NoPlace::ReadFirst(id),
                Read::ToTheEnd => StepError::Again("of a later epoch than this device can read".into()).into(),
            });
        }
        Some(conv) if conv.standing == Standing::Active => return no("an invitation into a conversation that goes on here"),
        // whose seal nobody could follow must not call the others back one by one, as long as there are others to do it
        Some(conv) if conv.stuck.as_ref().is_some_and(|s| s.by == Some(from)) && shelf::has_others(cx, &id, from)? => {
            return no("a re-add by the account whose seal could not be followed");
        }
        // A group of anybody's own making can have this id. An answer to an own request uses its key package up; any other
        // must come from who may add, and lead on: an old Welcome would make this device write with keys that it has used.
        Some(conv) if conv.standing == Standing::Removed => {
            if !accepted || invited.epoch <= members.epoch {
                return no("an invitation back by somebody who is no contact, or to what is past");
            }
        }
        Some(_) if invited.asked_for && member => {}
        Some(_) if admin && invited.epoch > members.epoch => {}
        Some(_) => return no("a re-add that was not asked for"),
        None if accepted => {}
        None => return no("an invitation by somebody who is no contact"),
    }
    if let (Some(conv), false) = (&held, succeeds)
        && let Some(why) = returning::differs(conv, &members, from, &invited.context, invited.suite)
    {
        return no(why);
    }
    Ok(Place { id, held, succeeds })
}

/// Whether this device has left the conversation that a successor comes from, or was left out of it.
fn has_left(cx: &mut Cx<'_, '_>, id: &ConversationId, context: &content::ConversationContext) -> Result<bool, StepError> {
    let own = shelf::own(cx)?.account;
    let left_out = context.origin.as_ref().is_some_and(|o| o.left_out.as_slice() == own.as_bytes());
    let standing = shelf::conv(cx, id)?.standing;
    Ok(left_out || matches!(standing, Standing::Removed | Standing::InUseElsewhere))
}

/// Joins a conversation whose tree has come, if it is still to be joined.
pub(crate) fn join(cx: &mut Cx<'_, '_>, pending: &PendingJoin, state: &content::JoinState, read: Read) -> Result<(), StepError> {
    if cx.s.get::<PendingJoin>(Table::Join, pending.envelope.as_bytes())?.is_none() {
        // another program on this profile was faster
        return Ok(());
    }
    state.check().map_err(|e| StepError::Skip(e.to_string()))?;
    let join = content::Join::decode(pending.join.as_slice()).map_err(|e| StepError::Skip(e.to_string()))?;
    let provider = cx.provider();
    let joined = group::join(&provider, &join.welcome, &state.ratchet_tree);
    let (mls, agreed) = joined.map_err(|e| StepError::Skip(e.to_string()))?;
    let group = GroupId::of(&mls);
    cx.cache.groups.remove(&group);
    let context = group::context(mls.extensions())?;
    let leaves = roles::fit(&context, &mls).map_err(|e| StepError::Skip(e.to_string()))?;
    let asked_for = agreed.is_some_and(|consent| consent.group_id == group.as_bytes());
    let suite = group::suite(u16::from(mls.ciphersuite())).ok_or(StepError::Skip("an unknown suite".into()))?;
    let invited = Invited { group: group.clone(), epoch: mls.epoch().as_u64(), context, suite, asked_for };
    let Place { id, held, succeeds } = place(cx, pending.from, &invited, Some(&leaves), read)?;
    if succeeds {
        shelf::put_behind(cx, &id, &group)?;
    }
    let changed = match &held {
        Some(conv) if !succeeds => returning::changed(conv, &*shelf::members(cx, &id)?, &invited.context),
        _ => false,
    };
    let before: Vec<AccountId> = shelf::members(cx, &id)?.devices.iter().map(|(account, _)| *account).collect();
    let mut conv = epoch::begin(cx, &id, &mls)?;
    let apart = held.is_some() && !succeeds && queue::was_restored_lately(cx, &conv);
    if let (true, Some(origin)) = (succeeds, &mut conv.origin) {
        origin.maker = Some(pending.from);
        shelf::write_conv(cx, &id, &conv)?;
    }
    if !succeeds && conv.has_hole {
        // back in it: what is acknowledged from here on covers nothing of before
        conv.has_hole = false;
        shelf::write_conv(cx, &id, &conv)?;
    }
    let (kind, peer) = (conv.kind, conv.peer);
    // what follows changes it too
    drop(conv);
    let own_leaf = mls.own_leaf_index().u32();
    if let (Kind::Two, Some(mut row)) = (kind, shelf::take_contact(cx, pending.from)?) {
        if peer != Some(pending.from) && held.is_none() {
            return Err(StepError::Skip("a conversation of two with somebody else".into()));
        }
        if peer == Some(row.account) {
            row.conversation = Some(id.clone());
            let said_yes = row.state == ContactState::Asked;
            if said_yes {
                row.state = ContactState::Accepted;
            }
            let row = shelf::put_contact(cx, row)?;
            if said_yes {
                shelf::event(cx, Happening::ContactAccepted { account: *row.account.as_bytes() })?;
            }
            people::release_held(cx, row.account, &id)?;
        }
    }
    let mut members = shelf::take_members(cx, &id)?;
    members.own_token = None;
    for entry in &state.members {
        // rights of the others to write to; what is not theirs the relay will refuse
        let (Ok(device), Some(account)) = (DeviceId::try_from(entry.device.as_slice()), &entry.account) else { continue };
        match book::learn_account(cx, account) {
            Ok(_) => {}
            Err(e @ StepError::Trouble(Trouble::Store(_))) => return Err(e),
            // nobody else's entry is worse for it
            Err(_) => continue,
        }
        if let Ok(token) = Token::try_from(entry.inbox_token.as_slice()) {
            members.tokens.insert(device, token);
        }
    }
    shelf::put_members(cx, &id, members)?;
    shelf::keep(cx, mls);
    cx.s.delete(Table::Join, pending.envelope.as_bytes())?;
    let mut own = shelf::take_own(cx)?;
    own.key_packages_left = own.key_packages_left.saturating_sub(1);
    shelf::put_own(cx, own)?;
    epoch::give_token(cx, &id)?;
    // fresh keys soon: a leaf that never committed keeps the lifetime of its key package (see PROTOCOL.md)
    epoch::pace_first_update(cx, &id, own_leaf)?;
    if held.is_some() && !succeeds {
        tell_re_added(cx, &id, pending.from, changed)?;
    }
    if apart {
        tell_who_is_missing(cx, &id, before)?;
    }
    if succeeds {
        let left_out = invited.context.origin.and_then(|o| AccountId::try_from(o.left_out.as_slice()).ok());
        ladder::tell_succession(cx, &id, pending.from, &group, left_out)?;
    }
    let what = if held.is_some() {
        Happening::StandingChanged { conversation: id, standing: Standing::Active }
    } else {
        Happening::Joined { conversation: id }
    };
    shelf::event(cx, what)?;
    cx.reached("join: done")
}

/// Who was in the group before a relay was restored, and is not where this device was taken back: it came in behind the
/// backup, and does not know that the others went another way. It is said, and an admin adds it: a device that did so by itself would
/// undo removals for a relay that only says that it was restored.
fn tell_who_is_missing(cx: &mut Cx<'_, '_>, id: &ConversationId, before: Vec<AccountId>) -> Result<(), StepError> {
    let now = shelf::members(cx, id)?;
    let mut lost: Vec<AccountId> = before.into_iter().filter(|a| !now.devices.iter().any(|(there, _)| there == a)).collect();
    lost.sort_unstable();
    lost.dedup();
    for account in lost {
        let name = book::name_of(cx, account)?.map_or_else(|| account.to_string(), |handle| format!("@{handle}"));
        let why = format!("{name} was here before the relay was restored, and is not where the others are: an admin can add it");
        shelf::unreadable(cx, Some(id), why)?;
    }
    Ok(())
}

/// Lines that say who took this device back, and that not all is as it was when it was here last.
fn tell_re_added(cx: &mut Cx<'_, '_>, id: &ConversationId, by: AccountId, changed: bool) -> Result<(), StepError> {
    let whom = shelf::own(cx)?.account;
    let mut conv = shelf::take_conv(cx, id)?;
    let bodies = [Some(Body::ReAdded { whom }), changed.then_some(Body::Meanwhile)];
    for (n, body) in bodies.into_iter().flatten().enumerate() {
        let line = shelf::line_id(cx, &[conv.channel.id.as_bytes(), b"re-added", &[u8::from(n > 0)]])?;
        if let Some(position) = history::store_message(cx, id, &mut conv, Stored::line(line, by, cx.now, body), false)? {
            shelf::event(cx, Happening::Message { conversation: id.clone(), position })?;
        }
    }
    shelf::put_conv(cx, id, conv)
}

/// An invitation that cannot be used.
pub(crate) fn drop_join(cx: &mut Cx<'_, '_>, envelope: EnvelopeId, why: &str) -> Result<(), StepError> {
    let pending: Option<PendingJoin> = cx.s.get(Table::Join, envelope.as_bytes())?;
    cx.s.delete(Table::Join, envelope.as_bytes())?;
    match pending {
        Some(pending) if book::is_blocked(cx, pending.from)? => Ok(()),
        None => Ok(()),
        Some(_) => shelf::unreadable(cx, None, format!("an invitation: {why}")),
    }
}

/// Whether it is not to be tried yet.
pub(crate) fn join_rests(pending: &PendingJoin, now: Millis) -> bool {
    pending.not_before.is_some_and(|at| at.is_ahead(now, LONGEST_PAUSE_MS))
}

/// One that cannot be used now: it waits, and is given up by time alone.
pub(crate) fn retry_join(cx: &mut Cx<'_, '_>, envelope: EnvelopeId, why: &str) -> Result<(), StepError> {
    let Some(mut pending) = cx.s.get::<PendingJoin>(Table::Join, envelope.as_bytes())? else { return Ok(()) };
    let since = *pending.since.insert(pending.since.map_or(cx.now, |since| since.min(cx.now)));
    if cx.now.since(since) >= GIVE_UP_MS {
        return drop_join(cx, envelope, why);
    }
    pending.tries = pending.tries.saturating_add(1);
    if let Some(doubled) = pending.tries.checked_sub(AT_ONCE) {
        let pause = FIRST_PAUSE_MS.saturating_mul(1 << doubled.min(10)).min(LONGEST_PAUSE_MS);
        pending.not_before = Some(cx.now.plus(pause));
    }
    let number = shelf::number(cx)?;
    Ok(cx.s.put(Table::Join, pending.envelope.as_bytes(), b"", number, &pending)?)
}
