//! The last rung of the recovery ladder: a new conversation, history kept (DESIGN 6 and 13).
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

use super::joining::{NoPlace, Read};
use super::records::{Cargo, Conv, Intent, Item, Members, Origin, Placed, SeenLeaf, Stored, Stuck};
use super::view::{Body, ConversationId, Happening, Standing};
use super::{Cx, StepError, Trouble, group, roles};
use lacre_ground::ids::{AccountId, EntryId};
use lacre_profile::Table;
use lacre_proto::bounds::Bounded as _;
use lacre_proto::content::v1 as content;
use serde_bytes::ByteBuf;
use std::collections::BTreeMap;

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

impl Cx<'_, '_> {
    /// Conversations whose MLS group is not the one that they began with.
    fn behind(&mut self) -> Result<&BTreeMap<Vec<u8>, Vec<u8>>, StepError> {
        if self.cache.behind.is_none() {
            let rows: Vec<(u64, (ByteBuf, ByteBuf))> = self.s.scan(Table::Successor, b"", 0, usize::MAX)?;
            self.cache.behind = Some(rows.into_iter().map(|(_, (id, group))| (id.into_vec(), group.into_vec())).collect());
        }
        Ok(self.cache.behind.get_or_insert_default())
    }

    /// The id of the MLS group behind a conversation.
    pub(crate) fn group_of(&mut self, id: &[u8]) -> Result<Vec<u8>, StepError> {
        Ok(self.behind()?.get(id).cloned().unwrap_or_else(|| id.to_vec()))
    }

    /// The conversation that an MLS group stands behind now.
    pub(crate) fn conversation_of(&mut self, group: &[u8]) -> Result<Option<Vec<u8>>, StepError> {
        if let Some((id, _)) = self.behind()?.iter().find(|(_, behind)| behind.as_slice() == group) {
            return Ok(Some(id.clone()));
        }
        let succeeded = self.behind()?.contains_key(group);
        let there = self.conv_or_none(group)?.is_some();
        Ok((there && !succeeded).then(|| group.to_vec()))
    }

    /// The conversation here that a group says it comes from, or another successor of it.
    pub(crate) fn origin_here(&mut self, origin: &content::Origin) -> Result<Option<Vec<u8>>, StepError> {
        if let Some(id) = self.conversation_of(&origin.group_id)? {
            return Ok(Some(id));
        }
        let ids: Vec<Vec<u8>> = self.behind()?.keys().cloned().collect();
        for id in ids {
            if self.conv(&id)?.origin.is_some_and(|o| o.group.as_slice() == origin.group_id.as_slice()) {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    /// Another group stands behind a conversation from now on; the one before is forgotten.
    pub(crate) fn put_behind(&mut self, id: &[u8], next: &[u8]) -> Result<(), StepError> {
        if let Ok(mut old) = self.take_group(id) {
            let provider = self.provider();
            old.delete(openmls::prelude::OpenMlsProvider::storage(&provider)).map_err(|e| StepError::Again(e.to_string()))?;
        }
        self.s.put(Table::Successor, id, b"", 0, &(ByteBuf::from(id), ByteBuf::from(next)))?;
        self.cache.behind = None;
        Ok(())
    }

    /// A member asks to be re-added: noted, whatever this device can do about it.
    pub(crate) fn note_asker(&mut self, id: &[u8], who: AccountId) -> Result<Conv, StepError> {
        let mut conv = self.conv(id)?;
        if self.members(id)?.devices.iter().any(|(account, _)| *account == who) {
            conv.askers.retain(|(account, _)| *account != who);
            conv.askers.push((who, self.now));
            let too_many = conv.askers.len().saturating_sub(ASKERS_KEPT);
            conv.askers.drain(..too_many);
            self.put_conv(id, &mut conv)?;
        }
        Ok(conv)
    }

    /// Who asked lately.
    fn asking(&self, conv: &Conv) -> Vec<AccountId> {
        let lately = conv.askers.iter().filter(|(_, at)| self.now.since(*at) <= ASKED_LATELY_MS).map(|(account, _)| *account);
        // rows of before
        lately.chain(conv.stuck.iter().flat_map(|stuck| stuck.asking.iter().copied())).collect()
    }

    /// Whether a conversation has members beside this account and one other.
    pub(crate) fn has_others(&mut self, id: &[u8], beside: AccountId) -> Result<bool, StepError> {
        let own = self.own()?.account;
        Ok(!others(&*self.members(id)?, own, Some(beside)).is_empty())
    }

    /// Makes a successor of a conversation that nobody can repair, when this is an admin's device and it is its turn.
    pub(crate) fn succeed_when_due(&mut self, id: &[u8]) -> Result<bool, StepError> {
        let conv = self.conv(id)?;
        let Some(stuck) = conv.stuck.clone() else { return Ok(false) };
        // whose signature the seal bears is not known: nobody can be left out
        let Some(by) = stuck.by else { return Ok(false) };
        let (own, members) = (self.own()?, self.members(id)?);
        let others = others(&members, own.account, Some(by));
        if others.is_empty() || !enough(&self.asking(&conv), &others) {
            return Ok(false);
        }
        let admins = members.devices.iter().filter(|(account, _)| *account != by && members.admins.contains(account));
        let rank = admins.clone().position(|(account, device)| *account == own.account && *device == own.device);
        let Some(rank) = rank.and_then(|rank| u64::try_from(rank).ok()) else { return Ok(false) };
        if self.now < stuck.since.plus(SUCCESSOR_AFTER_MS + rank.saturating_mul(SUCCESSOR_PAUSE_MS)) {
            return Ok(false);
        }
        self.succeed(id, conv, &members, stuck.seal, by, &others)?;
        Ok(true)
    }

    /// Counts how often in a row an own commit that was ready came too late, always behind the same account.
    pub(crate) fn count_lost_race(&mut self, id: &[u8], conv: &mut Conv, by: Option<AccountId>) -> Result<(), StepError> {
        let Some(by) = by else { return Ok(()) };
        let waiting: Vec<(u64, Item)> = self.s.scan(Table::Outbox, id, 0, usize::MAX)?;
        let lost = waiting.iter().any(|(_, item)| matches!(item.cargo, Cargo::Seal { prepared: Some(_), .. }));
        conv.busy = match conv.busy {
            Some((account, count, since)) if account == by && self.now.since(since) <= BUSY_MS => {
                Some((account, count.saturating_add(u32::from(lost)), since))
            }
            _ => Some((by, u32::from(lost), self.now)),
        };
        Ok(())
    }

    /// An admin whose own commit never gets its turn goes on without the account that takes them all.
    pub(crate) fn succeed_if_crowded_out(&mut self, id: &[u8]) -> Result<bool, StepError> {
        let conv = self.conv(id)?;
        let Some((by, count, _)) = conv.busy else { return Ok(false) };
        let (own, members) = (self.own()?, self.members(id)?);
        if count < BUSY_SEALS || by == own.account || !members.admins.contains(&own.account) {
            return Ok(false);
        }
        let waiting: Vec<(u64, Item)> = self.s.scan(Table::Outbox, id, 0, usize::MAX)?;
        let others = others(&members, own.account, Some(by));
        if others.is_empty() || !waiting.iter().any(|(_, item)| matches!(item.cargo, Cargo::Seal { .. })) {
            return Ok(false);
        }
        let Some(seal) = conv.previous.as_ref().map(|p| p.seal) else { return Ok(false) };
        self.succeed(id, conv, &members, seal, by, &others)?;
        Ok(true)
    }

    fn succeed(
        &mut self,
        id: &[u8],
        conv: Conv,
        members: &Members,
        seal: EntryId,
        left_out: AccountId,
        others: &[AccountId],
    ) -> Result<(), StepError> {
        let own = self.own()?;
        let signer = self.signer()?;
        let admins: Vec<AccountId> = members.admins.iter().copied().filter(|a| *a != left_out).collect();
        let context = content::ConversationContext {
            version: group::CONTEXT_VERSION,
            kind: roles::wire_kind(conv.kind).into(),
            authority: conv.authority.clone(),
            name: conv.name.clone(),
            admins: admins.iter().map(|a| a.as_bytes().to_vec()).collect(),
            description: conv.description.clone(),
            may_add: roles::wire(conv.may_add),
            may_write: roles::wire(conv.may_write),
            stays_s: conv.stays_s,
            origin: Some(content::Origin {
                group_id: self.group_of(id)?,
                epoch: members.epoch,
                seal: seal.as_bytes().to_vec(),
                left_out: left_out.as_bytes().to_vec(),
            }),
        };
        context.check().map_err(|e| StepError::Trouble(Trouble::Protocol(e.to_string())))?;
        let next: [u8; 32] = lacre_ground::random::bytes(self.rng);
        self.put_behind(id, &next)?;
        let provider = self.provider();
        let credential = group::credential(own.account, own.device, &signer.public());
        let mls = group::create(&provider, &*signer, credential, &next, conv.suite, &context)?;
        self.go_first(id, others)?;
        let mut conv = self.begin(id, &mls)?;
        if let Some(origin) = &mut conv.origin {
            origin.maker = Some(own.account);
        }
        self.put_conv(id, &mut conv)?;
        self.keep(mls);
        // the others' rights to write to stay known until they are members again
        let mut now = self.members_to_change(id)?;
        now.tokens.clone_from(&members.tokens);
        self.put_members(id, &now)?;
        self.tell_succession(id, own.account, &next, Some(left_out))?;
        self.reached("successor: made")
    }

    /// The seals that add the others stand before everything that waits; what was made for the old group goes.
    fn go_first(&mut self, id: &[u8], others: &[AccountId]) -> Result<(), StepError> {
        let waiting: Vec<(u64, Item)> = self.s.scan(Table::Outbox, id, 0, usize::MAX)?;
        for (number, _) in &waiting {
            self.drop_item(*number)?;
        }
        self.enqueue_adds(id, others)?;
        for (_, mut item) in waiting {
            match &mut item.cargo {
                Cargo::Seal { intent: Intent::Update | Intent::ReAdd { .. }, .. } => continue,
                Cargo::Content { prepared, .. } | Cargo::Seal { prepared, .. } => *prepared = None,
                Cargo::Upload { .. } | Cargo::Envelope { .. } | Cargo::Held { .. } => {}
            }
            item.number = self.number()?;
            self.put_item(&item)?;
        }
        Ok(())
    }

    /// One line for the person, and the news for the application.
    pub(crate) fn tell_succession(
        &mut self,
        id: &[u8],
        by: AccountId,
        next: &[u8],
        left_out: Option<AccountId>,
    ) -> Result<(), StepError> {
        let own = self.own()?.account;
        let mut conv = self.conv(id)?;
        let stored = Stored {
            id: self.line_id(&[next, b"successor"])?,
            sender: by,
            sent_at: self.now,
            accepted_at: self.now,
            body: Body::Succeeded { left_out },
            blob: None,
            proof: None,
            place: Placed::default(),
        };
        if let Some(position) = self.store_message(id, &mut conv, stored, by == own)? {
            self.event(Happening::Message { conversation: ConversationId(id.to_vec()), position })?;
        }
        self.put_conv(id, &mut conv)?;
        self.event(Happening::StandingChanged { conversation: ConversationId(id.to_vec()), standing: conv.standing })
    }

    /// The second table above. The leaves are judged once the tree is here.
    pub(crate) fn may_succeed(
        &mut self,
        id: &[u8],
        from: AccountId,
        context: content::ConversationContext,
        leaves: Option<&[SeenLeaf]>,
        read: Read,
    ) -> Result<(), NoPlace> {
        let no = |why: &str| Err(StepError::Skip(format!("an invitation into a successor: {why}")).into());
        let conv = self.conv(id)?;
        let Some(named) = &context.origin else { return no("of nothing") };
        if conv.standing == Standing::Active && read == Read::Perhaps {
            // what stands there may make it right, or say that its maker is an admin no longer
            return Err(NoPlace::ReadFirst(id.to_vec()));
        }
        let (members, own) = (self.members(id)?, self.own()?.account);
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
            None => before(&members, self.group_of(id)?),
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
                    let (asking, others) = (self.asking(&conv), others(&members, own, Some(left_out)));
                    let alone = others.iter().all(|other| *other == from);
                    if !enough(&asking, &others) || (!alone && !others.iter().any(|o| *o != from && asking.contains(o))) {
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
}

/// What this device met of that for which a successor is made.
enum Met {
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
pub(crate) fn note_met(conv: &mut Conv, by: Option<AccountId>, epoch: u64, seal: EntryId) {
    let Some(by) = by else { return };
    conv.met_seals.push((epoch, seal, by));
    let too_many = conv.met_seals.len().saturating_sub(MET_KEPT);
    conv.met_seals.drain(..too_many);
}

/// A group as it was when this device was last in it.
fn before(members: &Members, group: Vec<u8>) -> Origin {
    let mut accounts: Vec<AccountId> = Vec::new();
    for (account, _) in &members.devices {
        if !accounts.contains(account) {
            accounts.push(*account);
        }
    }
    let there = |leaf: &&SeenLeaf| members.devices.contains(&(leaf.account, leaf.device));
    Origin {
        group: ByteBuf::from(group),
        members: accounts,
        admins: members.admins.clone(),
        leaves: members.leaves.iter().filter(there).cloned().collect(),
        facts: Vec::new(),
        maker: None,
    }
}

/// Whether so many others ask to be re-added that nobody will answer.
fn enough(asking: &[AccountId], others: &[AccountId]) -> bool {
    others.iter().filter(|other| asking.contains(other)).count() >= others.len().div_ceil(2).min(ENOUGH)
}

/// What a conversation remembers of the group before it: also every fact for which another admin may have made a successor.
pub(crate) fn origin(context: &content::ConversationContext, old: Option<&Conv>, members: &Members) -> Option<Origin> {
    let named = context.origin.as_ref()?;
    let held = old.and_then(|b| b.origin.as_ref()).filter(|held| held.group.as_slice() == named.group_id.as_slice());
    if let Some(held) = held {
        return Some(held.clone());
    }
    // who is added to a successor later knows nothing of what was before
    let Some(old) = old else { return Some(Origin { group: ByteBuf::from(named.group_id.clone()), ..Origin::default() }) };
    let mut origin = before(members, named.group_id.clone());
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

fn others(members: &Members, own: AccountId, left_out: Option<AccountId>) -> Vec<AccountId> {
    let mut out: Vec<AccountId> = Vec::new();
    for (account, _) in &members.devices {
        if *account != own && Some(*account) != left_out && !out.contains(account) {
            out.push(*account);
        }
    }
    out
}
