//! From one epoch's channel to the next, and what every member then tells the others.

use super::absent;
use crate::crypt::entry::ChannelKeys;
use crate::history::Stored;
use crate::mls::group::{CONTEXT_VERSION, GroupId};
use crate::mls::roles::SeenLeaf;
use crate::mls::{group, roles};
use crate::network::Entry;
use crate::shelf::{Cargo, Channel, Conv, Cx, Item, Key32, Members, Origin, Owed, Previous, Stuck, Taken};
use crate::words::{Body, ConversationId, Happening, Kind, Standing, StepError, Suite, Trouble, WaitingKind};
use crate::{book, history, queue, shelf};
use lacre_ground::ids::{AccountId, ChannelId, EntryId};
use lacre_ground::time::Millis;
use lacre_profile::Table;
use lacre_proto::bounds::Bounded;
use lacre_proto::content::v1 as content;
use openmls::group::MlsGroup;
use prost::Message as _;
use serde_bytes::ByteBuf;

/// Raw entries of an ended epoch are kept this long for a restored relay (I7: at least 48 hours).
pub const KEEP_RAW_MS: u64 = 48 * 3_600_000;
/// Of so many ended epochs before the last one, and of so many bytes: a relay that was restored behind them all is told again.
pub const KEEP_CHANNELS: usize = 64;
/// See [`KEEP_CHANNELS`].
pub const KEEP_RAW_BYTES: u64 = 32 << 20;

/// So many own messages are remembered to be said again: after a restore, or for who is taken back.
pub(crate) const SAID_AGAIN: usize = 1_024;

/// What a commit changed, and by whom.
pub(crate) struct Change {
    pub(crate) by: Option<AccountId>,
    pub(crate) bodies: Vec<Body>,
    /// since when those who are taken back could read nothing, by the relay's clock
    pub(crate) missed_since: Option<Millis>,
}

/// What became of this device's leaf, in a commit that removes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PlaceTaken {
    /// it is gone
    No,
    /// a key package that this profile made stands in its place: whoever added it owes a Welcome, which may never come
    ByOwnPackage,
    /// one that it did not make: a copy of the profile asked for it
    ByCopy,
}

/// The channel that an epoch's exported secret names.
fn channel_of(keys: &ChannelKeys) -> Channel {
    Channel {
        id: keys.channel(),
        append: keys.append_token.clone(),
        read: keys.read_token.clone(),
        entry_key: Key32(keys.entry_key),
        opened: false,
        generation: None,
        cursor: 0,
        acked: 0,
        acked_item: 0,
        made_item: 0,
        made: 0,
        met: 0,
        met_item: 0,
        reread: false,
        raw_bytes: 0,
    }
}

/// The epoch's channel for a group just created, joined or merged.
fn channel(cx: &Cx<'_, '_>, mls: &MlsGroup) -> Result<Channel, StepError> {
    Ok(channel_of(&group::channel_keys(&cx.provider(), mls)?))
}

/// {cursor to the next channel, delete the old channel's secrets, encrypt again what was not stored}.
pub(crate) fn enter_epoch(
    cx: &mut Cx<'_, '_>,
    id: &ConversationId,
    conv: &mut Taken<Conv>,
    mls: &MlsGroup,
    seal: &Entry,
    change: &Change,
) -> Result<(), StepError> {
    write_changes(cx, id, conv, seal, change)?;
    let others_missed = conv.channel.reread || change.bodies.iter().any(|body| matches!(body, Body::ReAdded { .. }));
    if let Some(since) = change.missed_since {
        note_missed(cx, id, conv, since)?;
    }
    end_channel(cx, conv, seal)?;
    conv.channel = channel(cx, mls)?;
    shelf::note_members(cx, id, conv, mls)?;
    let back = |body: &Body| if let Body::ReAdded { whom } = body { Some(*whom) } else { None };
    let back: Vec<AccountId> = change.bodies.iter().filter_map(back).collect();
    if !back.is_empty() {
        shelf::note_who_came_back(cx, id, &back, conv.position)?;
    }
    book::ends_if_headless(cx, id, conv)?;
    shelf::write_conv(cx, id, conv)?;
    encrypt_again(cx, id)?;
    if others_missed && !conv.said_again.is_empty() {
        say_again(cx, id, conv)?;
        shelf::write_conv(cx, id, conv)?;
    }
    cx.reached("epoch: entered")
}

fn write_changes(
    cx: &mut Cx<'_, '_>,
    id: &ConversationId,
    conv: &mut Conv,
    seal: &Entry,
    change: &Change,
) -> Result<(), StepError> {
    let Some(by) = change.by else { return Ok(()) };
    for (i, body) in change.bodies.iter().enumerate() {
        let line = shelf::line_id(cx, &[conv.channel.id.as_bytes(), seal.id.as_bytes(), i.to_string().as_bytes()])?;
        let stored = Stored::line(line, by, seal.accepted_at, body.clone());
        let own = shelf::own(cx)?.account == by;
        if let Some(position) = history::store_message(cx, id, conv, stored, own)? {
            shelf::event(cx, Happening::Message { conversation: id.clone(), position })?;
        }
    }
    Ok(())
}

fn end_channel(cx: &mut Cx<'_, '_>, conv: &mut Conv, seal: &Entry) -> Result<(), StepError> {
    conv.earlier.extend(conv.previous.take());
    let now = cx.now;
    let mut bytes = 0;
    let mut kept = Vec::new();
    for before in std::mem::take(&mut conv.earlier).into_iter().rev() {
        bytes += before.bytes;
        let keep = now.since(before.ended_at) <= KEEP_RAW_MS && kept.len() < KEEP_CHANNELS && bytes <= KEEP_RAW_BYTES;
        if keep {
            kept.insert(0, before);
        } else {
            shelf::forget_raws(cx, before.id)?;
        }
    }
    conv.earlier = kept;
    let (kept, dropped) = conv.ended.iter().copied().partition(|(_, ended_at)| now.since(*ended_at) <= KEEP_RAW_MS);
    conv.ended = kept;
    let dropped: Vec<(ChannelId, _)> = dropped;
    for (channel, _) in dropped {
        shelf::forget_raws(cx, channel)?;
    }
    cx.s.delete_scope(Table::Part, conv.channel.id.as_bytes())?;
    conv.previous = Some(Previous {
        id: conv.channel.id,
        append: conv.channel.append.clone(),
        read: conv.channel.read.clone(),
        generation: conv.channel.generation,
        seal: seal.id,
        bytes: conv.channel.raw_bytes,
        ended_at: cx.now,
    });
    Ok(())
}

/// Whoever is taken back read nothing of the epoch that ends since it asked: what this member said meanwhile is said again.
/// Of that epoch only, whatever time the other names: it was in its tree, and may have been in no earlier one.
fn note_missed(cx: &mut Cx<'_, '_>, id: &ConversationId, conv: &mut Conv, since: Millis) -> Result<(), StepError> {
    let own = shelf::own(cx)?.account;
    for stored in history::latest(cx, id, conv.position, SAID_AGAIN)? {
        let missed = stored.sender == own
            && stored.accepted_at >= since
            && stored.proof.as_ref().is_some_and(|proof| proof.channel == conv.channel.id);
        if missed && conv.said_again.len() < SAID_AGAIN && !conv.said_again.contains(&stored.id) {
            conv.said_again.push(stored.id);
        }
    }
    Ok(())
}

/// What this member said since its relay was restored goes out once more, under the same id, when a channel ends that was open
/// again, or somebody is taken back who went another way, or could not read: who has it drops it, the others did not read it.
/// What somebody who is here now was not here for is said to nobody.
fn say_again(cx: &mut Cx<'_, '_>, id: &ConversationId, conv: &mut Conv) -> Result<(), StepError> {
    let (account, members) = (shelf::own(cx)?.account, shelf::members(cx, id)?);
    let mut not_for_all = 0_u64;
    for said in std::mem::take(&mut conv.said_again) {
        let Some(stored) = history::said(cx, id, account, said)? else { continue };
        let (position, Some(proof)) = (stored.place.position, stored.proof) else { continue };
        let own = content::Content::decode(proof.content.as_slice()).is_ok_and(|c| c.id.as_slice() == said.as_bytes());
        if own && !members.were_all_here(position) {
            not_for_all += 1;
        } else if own {
            let cargo = Cargo::Content { content: proof.content, id: said, blob: None, prepared: None };
            queue::enqueue(cx, Some(id), WaitingKind::Upkeep, cargo)?;
        }
    }
    tell_not_said_again(cx, id, not_for_all)
}

/// Whether a content is one that is said again, and somebody who is here now was not when it was first said: others may have
/// come while it waited.
pub(super) fn is_not_for_all(cx: &mut Cx<'_, '_>, id: &ConversationId, item: &Item) -> Result<bool, StepError> {
    let (WaitingKind::Upkeep, Cargo::Content { id: said, .. }) = (item.what, &item.cargo) else { return Ok(false) };
    let account = shelf::own(cx)?.account;
    let Some(stored) = history::said(cx, id, account, *said)? else { return Ok(false) };
    Ok(!shelf::members(cx, id)?.were_all_here(stored.place.position))
}

/// So many messages were not said again, for who came later would read them.
pub(super) fn tell_not_said_again(cx: &mut Cx<'_, '_>, id: &ConversationId, how_many: u64) -> Result<(), StepError> {
    if how_many == 0 {
        return Ok(());
    }
    let why =
        format!("{how_many} own messages are not said again to who may have missed them: others who came later would read them");
    shelf::unreadable(cx, Some(id), why)
}

/// What was made for an ended channel and not met there is made again.
pub(crate) fn encrypt_again(cx: &mut Cx<'_, '_>, id: &ConversationId) -> Result<(), StepError> {
    let waiting: Vec<(u64, Item)> = cx.s.scan(Table::Outbox, id.as_bytes(), 0, usize::MAX)?;
    for (_, mut item) in waiting {
        if let Cargo::Content { prepared, .. } | Cargo::Seal { prepared, .. } = &mut item.cargo
            && prepared.take().is_some()
        {
            shelf::put_item(cx, &item)?;
        }
    }
    Ok(())
}

/// The epoch is over and this member cannot follow: it asks to be re-added.
pub(crate) fn cannot_follow(
    cx: &mut Cx<'_, '_>,
    id: &ConversationId,
    conv: &mut Taken<Conv>,
    why: &str,
    stuck: Option<Stuck>,
) -> Result<(), StepError> {
    conv.standing = Standing::AskingToBeReAdded;
    conv.asked = None;
    conv.stuck = stuck;
    shelf::write_conv(cx, id, conv)?;
    encrypt_again(cx, id)?;
    shelf::unreadable(cx, Some(id), why.to_owned())?;
    shelf::event(cx, Happening::StandingChanged { conversation: id.clone(), standing: conv.standing })
}

/// A conversation that names another relay rests: that one is never spoken to.
pub(crate) fn rest_elsewhere(cx: &mut Cx<'_, '_>, id: &ConversationId) -> Result<(), StepError> {
    let mut conv = shelf::take_conv(cx, id)?;
    conv.standing = Standing::OtherRelay;
    shelf::put_conv(cx, id, conv)?;
    shelf::event(cx, Happening::StandingChanged { conversation: id.clone(), standing: Standing::OtherRelay })
}

pub(crate) fn was_removed(
    cx: &mut Cx<'_, '_>,
    id: &ConversationId,
    conv: &mut Taken<Conv>,
    seal: &Entry,
    change: &Change,
    taken: PlaceTaken,
) -> Result<(), StepError> {
    write_changes(cx, id, conv, seal, change)?;
    end_channel(cx, conv, seal)?;
    conv.standing = match taken {
        PlaceTaken::No => Standing::Removed,
        PlaceTaken::ByCopy => Standing::InUseElsewhere,
        PlaceTaken::ByOwnPackage => {
            return cannot_follow(cx, id, conv, "somebody replaced this device's leaf without being asked now", None);
        }
    };
    shelf::write_conv(cx, id, conv)?;
    shelf::event(cx, Happening::StandingChanged { conversation: id.clone(), standing: conv.standing })
}

/// A conversation on a group that was just created or joined.
pub(crate) fn begin(cx: &mut Cx<'_, '_>, id: &ConversationId, mls: &MlsGroup) -> Result<Taken<Conv>, StepError> {
    let context = group::context(mls.extensions())?;
    let own = shelf::own(cx)?;
    let kind = match context.kind() {
        content::ConversationKind::Two => Kind::Two,
        content::ConversationKind::Group => Kind::Group,
        content::ConversationKind::Unspecified => return Err(StepError::Skip("a conversation of no kind".into())),
    };
    let suite = group::suite(u16::from(mls.ciphersuite())).ok_or(StepError::Skip("an unknown suite".into()))?;
    let peer = match kind {
        Kind::Two => context.admins.iter().filter_map(|a| AccountId::try_from(a.as_slice()).ok()).find(|a| *a != own.account),
        Kind::Group => None,
    };
    if kind == Kind::Two && !roles::is_admin(&context, own.account) {
        return Err(StepError::Skip("a conversation of two with others in it".into()));
    }
    let old = shelf::conv_or_none(cx, id)?;
    let ord = match &old {
        Some(old) => old.ord,
        None => shelf::number(cx)?,
    };
    cx.s.put(Table::ConversationIndex, id.as_bytes(), b"", ord, id)?;
    let conv = Conv {
        ord,
        kind,
        name: context.name.clone(),
        description: context.description.clone(),
        may_add: roles::allowed(context.may_add()),
        may_write: roles::allowed(context.may_write()),
        stays_s: context.stays_s,
        stays_next: None,
        authority: context.authority.clone(),
        suite,
        standing: Standing::Active,
        channel: channel(cx, mls)?,
        previous: None,
        earlier: Vec::new(),
        restored: old.as_ref().and_then(|o| o.restored),
        said_again: old.as_ref().map_or_else(Vec::new, |o| o.said_again.clone()),
        ended: old.as_ref().map_or_else(Vec::new, |o| o.left_behind(cx.now)),
        peer,
        position: old.as_ref().map_or(0, |o| o.position),
        read_through: old.as_ref().map_or(0, |o| o.read_through),
        fading: old.as_ref().map_or(0, |o| o.fading),
        // what was read before is said yet
        owed: old.as_ref().map_or_else(Owed::default, |o| Owed { item: None, ..o.owed.clone() }),
        has_hole: old.as_ref().is_some_and(|o| o.has_hole),
        newest_at: old.as_ref().map_or(cx.now, |o| o.newest_at),
        own_leaves: old.as_ref().map_or_else(Vec::new, |o| o.own_leaves.clone()),
        asked: None,
        put_back: false,
        update_due: None,
        leaving: Vec::new(),
        stuck: None,
        origin: origin(&context, old.as_deref(), &*shelf::members(cx, id)?),
        busy: None,
        met_seals: Vec::new(),
        askers: old.as_ref().map_or_else(Vec::new, |o| o.askers.clone()),
        // an answer to an earlier request may be in the tree by now: the next one must name it
        asked_leaves: old.as_ref().map_or_else(Vec::new, |o| o.asked_leaves.clone()),
        request: None,
        lost: old.as_ref().map_or_else(Vec::new, |o| o.lost.clone()),
        add_again: old.as_ref().and_then(|o| o.add_again),
    };
    let mut conv = shelf::new_conv(cx, id, conv)?;
    shelf::note_members(cx, id, &mut conv, mls)?;
    if old.is_some() {
        encrypt_again(cx, id)?;
        say_again(cx, id, &mut conv)?;
    }
    shelf::write_conv(cx, id, &conv)?;
    Ok(conv)
}

/// A new MLS group with this device alone, and the seal that adds the others.
pub(crate) fn create_conversation(
    cx: &mut Cx<'_, '_>,
    kind: Kind,
    name: &str,
    admins: &[AccountId],
    others: &[AccountId],
    suite: Suite,
) -> Result<ConversationId, StepError> {
    let own = shelf::living(cx)?;
    let signer = shelf::signer(cx)?;
    let id = ConversationId::new(lacre_ground::random::bytes::<32>(cx.rng).to_vec());
    let context = content::ConversationContext {
        version: CONTEXT_VERSION,
        kind: match kind {
            Kind::Two => content::ConversationKind::Two,
            Kind::Group => content::ConversationKind::Group,
        }
        .into(),
        authority: own.authority.clone(),
        name: name.to_owned(),
        admins: admins.iter().map(|a| a.as_bytes().to_vec()).collect(),
        description: String::new(),
        may_add: content::Allowed::Admins.into(),
        may_write: content::Allowed::Everyone.into(),
        stays_s: 0,
        origin: None,
    };
    context.check().map_err(|e| StepError::Trouble(Trouble::Protocol(e.to_string())))?;
    let provider = cx.provider();
    let credential = group::credential(own.account, own.device, &signer.public());
    let mls = group::create(&provider, &*signer, credential, &GroupId::first_of(&id), suite, &context)?;
    begin(cx, &id, &mls)?;
    shelf::keep(cx, mls);
    absent::enqueue_adds(cx, &id, others)?;
    cx.reached("conversation: created")?;
    Ok(id)
}

/// A group as it was when this device was last in it.
pub(crate) fn before(members: &Members, group: &GroupId) -> Origin {
    let mut accounts: Vec<AccountId> = Vec::new();
    for (account, _) in &members.devices {
        if !accounts.contains(account) {
            accounts.push(*account);
        }
    }
    let there = |leaf: &&SeenLeaf| members.devices.contains(&(leaf.account, leaf.device));
    Origin {
        group: ByteBuf::from(group.as_bytes()),
        members: accounts,
        admins: members.admins.clone(),
        leaves: members.leaves.iter().filter(there).cloned().collect(),
        facts: Vec::new(),
        maker: None,
    }
}

/// What a conversation remembers of the group before it: also every fact for which another admin may have made a successor.
fn origin(context: &content::ConversationContext, old: Option<&Conv>, members: &Members) -> Option<Origin> {
    let named = context.origin.as_ref()?;
    let held = old.and_then(|b| b.origin.as_ref()).filter(|held| held.group.as_slice() == named.group_id.as_slice());
    if let Some(held) = held {
        return Some(held.clone());
    }
    // who is added to a successor later knows nothing of what was before
    let Some(old) = old else { return Some(Origin { group: ByteBuf::from(named.group_id.clone()), ..Origin::default() }) };
    let mut origin = before(members, &GroupId::new(named.group_id.clone()));
    origin.facts.clone_from(&old.met_seals);
    if let Some(Stuck { seal, by: Some(by), .. }) = &old.stuck {
        origin.facts = vec![(members.epoch, *seal, *by)];
    }
    let (seal, by) = (EntryId::try_from(named.seal.as_slice()), AccountId::try_from(named.left_out.as_slice()));
    if let (Ok(seal), Ok(by)) = (seal, by) {
        origin.facts.retain(|(.., maker)| *maker == by);
        origin.facts.push((named.epoch, seal, by));
    }
    Some(origin)
}

/// Why and since when a device cannot go on after a seal.
pub(crate) fn stuck(seal: EntryId, by: Option<AccountId>, since: lacre_ground::time::Millis) -> Stuck {
    Stuck { seal, by, since, asking: Vec::new() }
}
