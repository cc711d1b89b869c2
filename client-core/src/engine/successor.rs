//! The last rung of the recovery ladder: a new conversation, history kept (DESIGN 6 and 13).
//!
//! When a seal ended an epoch and nobody could follow it, nobody can answer a re-add request. Then a member makes a new group
//! of the same people, without the account that made the seal, and invites them. Its GroupContext names the old group, its
//! epoch and the seal. A client shows it as the same conversation: id, history and queue stay; the MLS group behind them is
//! another one, and what was not confirmed is sent again.
//!
//! | who | makes it |
//! |---|---|
//! | the first admin in leaf order | [`SUCCESSOR_AFTER_MS`] after it could not go on, if half of the others (at most 8) ask to be re-added too |
//! | other admins in leaf order, then other members | each [`SUCCESSOR_PAUSE_MS`] later than the one before |
//! | an admin | at once, when its own commits have lost [`BUSY_SEALS`] races in a row to one account within an hour |
//!
//! | an invitation into a successor | is taken |
//! |---|---|
//! | by an admin of the old conversation | always |
//! | by another member of it | if this device cannot go on either |
//! | into a second successor of the same group | if its group id is the smaller one |
//! | whose kind, name, description or rules differ, or with an admin who was none (its maker, when no admin is left) | never |

use super::records::{Cargo, Conv, Intent, Item, Members, Origin, Placed, Stored, Stuck};
use super::view::{Body, ConversationId, Happening, Standing, WaitingKind, Who};
use super::{Cx, StepError, Trouble, group, roles};
use crate::profile::Table;
use lacre_audit::ids::{AccountId, ContentId, EntryId};
use lacre_audit::label::{self, Label};
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

    /// Another member asks to be re-added while this device cannot go on: it sees what this device sees.
    pub(crate) fn also_asks(&mut self, id: &[u8], mut conv: Conv, who: AccountId) -> Result<(), StepError> {
        let member = self.members(id)?.devices.iter().any(|(account, _)| *account == who);
        if let Some(stuck) = &mut conv.stuck
            && member
            && !stuck.asking.contains(&who)
        {
            stuck.asking.push(who);
            self.put_conv(id, &mut conv)?;
        }
        Ok(())
    }

    /// Whether a conversation has members beside this account and one other.
    pub(crate) fn has_others(&mut self, id: &[u8], beside: AccountId) -> Result<bool, StepError> {
        let own = self.own()?.account;
        Ok(!others(&*self.members(id)?, own, Some(beside)).is_empty())
    }

    /// Makes a successor of a conversation that nobody can repair, when it is this device's turn.
    pub(crate) fn succeed_when_due(&mut self, id: &[u8]) -> Result<bool, StepError> {
        let conv = self.conv(id)?;
        let Some(stuck) = conv.stuck.clone() else { return Ok(false) };
        let (own, members) = (self.own()?, self.members(id)?);
        let others = others(&members, own.account, stuck.by);
        let asking = stuck.asking.iter().filter(|a| others.contains(a)).count();
        if others.is_empty() || asking < others.len().div_ceil(2).min(ENOUGH) {
            return Ok(false);
        }
        let mut turns: Vec<_> = members.devices.iter().filter(|(account, _)| Some(*account) != stuck.by).collect();
        turns.sort_by_key(|(account, _)| !members.admins.contains(account));
        let rank = turns.iter().position(|(account, device)| *account == own.account && *device == own.device);
        let Some(rank) = rank.and_then(|rank| u64::try_from(rank).ok()) else { return Ok(false) };
        if self.now < stuck.since.plus(SUCCESSOR_AFTER_MS + rank.saturating_mul(SUCCESSOR_PAUSE_MS)) {
            return Ok(false);
        }
        self.succeed(id, conv, &members, Some(stuck.seal), stuck.by, &others)?;
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
        let seal = conv.previous.as_ref().map(|p| p.seal);
        self.succeed(id, conv, &members, seal, Some(by), &others)?;
        Ok(true)
    }

    fn succeed(
        &mut self,
        id: &[u8],
        conv: Conv,
        members: &Members,
        seal: Option<EntryId>,
        left_out: Option<AccountId>,
        others: &[AccountId],
    ) -> Result<(), StepError> {
        let own = self.own()?;
        let signer = self.signer()?;
        let mut admins: Vec<AccountId> = members.admins.iter().copied().filter(|a| Some(*a) != left_out).collect();
        if !admins.iter().any(|a| *a == own.account || others.contains(a)) {
            admins = vec![own.account];
        }
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
                seal: seal.map(|s| s.as_bytes().to_vec()).unwrap_or_default(),
                left_out: left_out.map(|a| a.as_bytes().to_vec()).unwrap_or_default(),
            }),
        };
        context.check().map_err(|e| StepError::Trouble(Trouble::Protocol(e.to_string())))?;
        let next: [u8; 32] = lacre_audit::random::bytes(self.rng);
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
        self.tell_succession(id, own.account, &next, left_out)?;
        self.reached("successor: made")
    }

    /// The seals that add the others stand before everything that waits; what was made for the old group goes. Who may not
    /// add later adds all of them with one.
    fn go_first(&mut self, id: &[u8], others: &[AccountId], later: bool) -> Result<(), StepError> {
        let waiting: Vec<(u64, Item)> = self.s.scan(Table::Outbox, id, 0, usize::MAX)?;
        for (number, _) in &waiting {
            self.drop_item(*number)?;
        }
        if later {
            self.enqueue_adds(id, others)?;
        } else {
            let intent = Intent::Add { wanted: others.to_vec(), invitees: Vec::new() };
            self.enqueue(Some(id), WaitingKind::Seal, Cargo::Seal { intent, prepared: None })?;
        }
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

    /// The second table above.
    pub(crate) fn may_succeed(
        &mut self,
        id: &[u8],
        from: AccountId,
        next: &[u8],
        context: &content::ConversationContext,
    ) -> Result<(), StepError> {
        let no = |why: &str| Err(StepError::Skip(format!("an invitation into a successor: {why}")));
        let (conv, members) = (self.conv(id)?, self.members(id)?);
        let Some(origin) = &context.origin else { return no("of nothing") };
        let second = conv.origin.as_ref().filter(|held| held.group.as_slice() == origin.group_id.as_slice());
        let (accounts, old_admins) = match second {
            // of two successors the smaller stays; both are compared with the conversation that they come from
            Some(held) if next < self.group_of(id)?.as_slice() => (held.members.clone(), held.admins.clone()),
            Some(_) => return no("another one stays"),
            None => (members.devices.iter().map(|(account, _)| *account).collect(), members.admins.clone()),
        };
        if !accounts.contains(&from) {
            return no("by no member");
        }
        if second.is_none() && !old_admins.contains(&from) && conv.standing != Standing::AskingToBeReAdded {
            return no("of a conversation that goes on here");
        }
        if matches!(conv.standing, Standing::Removed | Standing::InUseElsewhere) {
            return no("of a conversation that this device has left");
        }
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
        let known = |leaf: &SeenLeaf| Some(leaf.account) != left_out && old.leaves.contains(leaf);
        if leaves.is_some_and(|leaves| !leaves.iter().all(known)) {
            return no("somebody is in it who was not in the conversation before");
        }
        match (&conv.stuck, conv.standing) {
            (Some(stuck), Standing::AskingToBeReAdded) => {
                let own = self.own()?.account;
                let others = others(&*self.members(id)?, own, left_out);
                let alone = others.iter().all(|other| *other == from);
                if !enough(&stuck.asking, &others) || (!alone && stuck.asking.iter().all(|asker| *asker == from)) {
                    return Err(StepError::Again("the others may still be able to go on".into()).into());
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// What a conversation remembers of the one before it.
pub(crate) fn origin(context: &content::ConversationContext, before: Option<&Conv>, members: &Members) -> Option<Origin> {
    let origin = context.origin.as_ref()?;
    if let Some(held) = before.and_then(|b| b.origin.as_ref())
        && held.group.as_slice() == origin.group_id.as_slice()
    {
        return Some(held.clone());
    }
    Some(Origin {
        group: ByteBuf::from(origin.group_id.clone()),
        members: members.devices.iter().map(|(account, _)| *account).collect(),
        admins: members.admins.clone(),
    })
}

/// Why and since when a device cannot go on after a seal.
pub(crate) fn stuck(seal: EntryId, by: Option<AccountId>, since: lacre_audit::time::Millis) -> Stuck {
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
