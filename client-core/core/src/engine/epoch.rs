//! From one epoch's channel to the next, and what every member then tells the others.

use super::records::{
    Cargo, Channel, Conv, Intent, Item, Key32, Known, LocalBlob, Members, Owed, Placed, Prepared, Previous, Raw, SeenLeaf,
    Stored, Stuck,
};
use super::view::{Body, ConversationId, Happening, Kind, Standing, WaitingKind};
use super::{Cx, StepError, Trouble, group, receipts, roles};
use crate::crypt::entry::ChannelKeys;
use crate::network::Entry;
use lacre_ground::ids::{AccountId, ChannelId, DeviceId, Token};
use lacre_profile::Table;
use lacre_proto::content::v1 as content;
use openmls::group::MlsGroup;
use openmls::prelude::KeyPackage;
use prost::Message as _;
use serde_bytes::ByteBuf;

/// Raw entries of an ended epoch are kept this long for a restored relay (I7: at least 48 hours).
pub const KEEP_RAW_MS: u64 = 48 * 3_600_000;

/// Members in one Roster content, and bytes of all of them: a content must fit into an entry, and an account's states may be
/// many. One that alone is too long for a content is not told.
const ROSTER_ENTRIES: usize = 16;
const ROSTER_BYTES: usize = 180_000;
/// Bytes of accounts in what a joiner fetches: with the tree less than it takes (`joining::MAX_JOIN_STATE`).
const STATE_BYTES: usize = 12 << 20;

/// Hashes of the own leaf that a re-add request names.
const KEPT_LEAVES: usize = 4;

/// What a commit changed, and by whom.
pub(crate) struct Change {
    pub(crate) by: Option<AccountId>,
    pub(crate) bodies: Vec<Body>,
}

/// What became of this device's leaf, in a commit that removes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// it is gone
    No,
    /// a key package that this profile made stands in its place: whoever added it owes a Welcome, which may never come
    ByOwnPackage,
    /// one that it did not make: a copy of the profile asked for it
    ByCopy,
}

/// The channel that an epoch's exported secret names.
pub(crate) fn channel_of(keys: &ChannelKeys) -> Channel {
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
    }
}

impl Cx<'_, '_> {
    /// The epoch's channel for a group just created, joined or merged.
    pub(crate) fn channel(&self, mls: &MlsGroup) -> Result<Channel, StepError> {
        Ok(channel_of(&group::channel_keys(&self.provider(), mls)?))
    }

    /// Members, epoch and own leaf as the group has them now; tokens of those who stay are kept.
    pub(crate) fn note_members(&mut self, id: &[u8], conv: &mut Conv, mls: &MlsGroup) -> Result<(), StepError> {
        let context = group::context(mls.extensions())?;
        let mut members = self.members_to_change(id)?;
        let leaves = group::leaves(mls);
        receipts::note_who_came(&mut members, &leaves, conv.position);
        members.epoch = mls.epoch().as_u64();
        members.authenticator = mls.epoch_authenticator().as_slice().to_vec();
        members.devices = leaves.iter().map(|l| (l.account, l.device)).collect();
        for leaf in &leaves {
            let seen = SeenLeaf { account: leaf.account, device: leaf.device, key: leaf.signature_key.clone() };
            if !members.leaves.contains(&seen) {
                members.leaves.push(seen);
            }
        }
        members.admins = context.admins.iter().filter_map(|a| AccountId::try_from(a.as_slice()).ok()).collect();
        conv.leaving.retain(|(account, _)| leaves.iter().any(|l| l.account == *account));
        members.tokens.retain(|device, _| leaves.iter().any(|l| l.device == *device));
        conv.may_add = roles::allowed(context.may_add());
        conv.may_write = roles::allowed(context.may_write());
        conv.stays_s = context.stays_s;
        conv.name = context.name;
        conv.description = context.description;
        if let Some(leaf) = mls.own_leaf_node() {
            let hash = group::leaf_hash(leaf)?;
            if conv.own_leaves.first().is_none_or(|newest| newest.as_slice() != hash) {
                conv.own_leaves.insert(0, ByteBuf::from(hash));
                conv.own_leaves.truncate(KEPT_LEAVES);
            }
        }
        self.put_members(id, &members)
    }

    /// {cursor to the next channel, delete the old channel's secrets, encrypt again what was not stored}.
    pub(crate) fn enter_epoch(
        &mut self,
        id: &[u8],
        conv: &mut Conv,
        mls: &MlsGroup,
        seal: &Entry,
        change: &Change,
    ) -> Result<(), StepError> {
        self.write_changes(id, conv, seal, change)?;
        self.end_channel(conv, seal)?;
        conv.channel = self.channel(mls)?;
        self.note_members(id, conv, mls)?;
        self.put_conv(id, conv)?;
        self.encrypt_again(id)?;
        self.reached("epoch: entered")
    }

    fn write_changes(&mut self, id: &[u8], conv: &mut Conv, seal: &Entry, change: &Change) -> Result<(), StepError> {
        let Some(by) = change.by else { return Ok(()) };
        for (i, body) in change.bodies.iter().enumerate() {
            let content = self.line_id(&[conv.channel.id.as_bytes(), seal.id.as_bytes(), i.to_string().as_bytes()])?;
            let stored = Stored {
                id: content,
                sender: by,
                sent_at: seal.accepted_at,
                accepted_at: seal.accepted_at,
                body: body.clone(),
                blob: None,
                proof: None,
                place: Placed::default(),
            };
            let own = self.own()?.account == by;
            if let Some(position) = self.store_message(id, conv, stored, own)? {
                self.event(Happening::Message { conversation: ConversationId(id.to_vec()), position })?;
            }
        }
        Ok(())
    }

    fn end_channel(&mut self, conv: &mut Conv, seal: &Entry) -> Result<(), StepError> {
        conv.ended.extend(conv.previous.take().map(|before| (before.id, before.ended_at)));
        let now = self.now;
        let (kept, dropped) = conv.ended.iter().copied().partition(|(_, ended_at)| now.since(*ended_at) <= KEEP_RAW_MS);
        conv.ended = kept;
        let dropped: Vec<(ChannelId, _)> = dropped;
        for (channel, _) in dropped {
            self.s.delete_scope(Table::RawEntry, channel.as_bytes())?;
        }
        self.s.delete_scope(Table::Part, conv.channel.id.as_bytes())?;
        conv.previous = Some(Previous {
            id: conv.channel.id,
            append: conv.channel.append.clone(),
            read: conv.channel.read.clone(),
            generation: conv.channel.generation,
            seal: seal.id,
            ended_at: self.now,
        });
        Ok(())
    }

    /// What was made for an ended channel and not met there is made again.
    pub(crate) fn encrypt_again(&mut self, id: &[u8]) -> Result<(), StepError> {
        let waiting: Vec<(u64, Item)> = self.s.scan(Table::Outbox, id, 0, usize::MAX)?;
        for (_, mut item) in waiting {
            if let Cargo::Content { prepared, .. } | Cargo::Seal { prepared, .. } = &mut item.cargo
                && prepared.take().is_some()
            {
                self.put_item(&item)?;
            }
        }
        Ok(())
    }

    /// The epoch is over and this member cannot follow: it asks to be re-added.
    pub(crate) fn cannot_follow(&mut self, id: &[u8], conv: &mut Conv, why: &str, stuck: Option<Stuck>) -> Result<(), StepError> {
        conv.standing = Standing::AskingToBeReAdded;
        conv.asked = None;
        conv.stuck = stuck;
        self.put_conv(id, conv)?;
        self.encrypt_again(id)?;
        self.unreadable(Some(id), why.to_owned())?;
        self.event(Happening::StandingChanged { conversation: ConversationId(id.to_vec()), standing: conv.standing })
    }

    /// A conversation that names another relay rests: that one is never spoken to.
    pub(crate) fn rest_elsewhere(&mut self, id: &[u8]) -> Result<(), StepError> {
        let mut conv = self.conv(id)?;
        conv.standing = Standing::OtherRelay;
        self.put_conv(id, &mut conv)?;
        self.event(Happening::StandingChanged { conversation: ConversationId(id.to_vec()), standing: conv.standing })
    }

    pub(crate) fn was_removed(
        &mut self,
        id: &[u8],
        conv: &mut Conv,
        seal: &Entry,
        change: &Change,
        taken: Taken,
    ) -> Result<(), StepError> {
        self.write_changes(id, conv, seal, change)?;
        self.end_channel(conv, seal)?;
        conv.standing = match taken {
            Taken::No => Standing::Removed,
            Taken::ByCopy => Standing::InUseElsewhere,
            Taken::ByOwnPackage => {
                return self.cannot_follow(id, conv, "somebody replaced this device's leaf without being asked now", None);
            }
        };
        self.put_conv(id, conv)?;
        self.event(Happening::StandingChanged { conversation: ConversationId(id.to_vec()), standing: conv.standing })
    }

    /// After the own commit was merged: tree blob and Welcomes into the post for those whom it added, the roster into the
    /// conversation. The seal is met and past whatever becomes of them: who cannot be told is noted.
    pub(crate) fn invite(
        &mut self,
        id: &[u8],
        conv: &mut Conv,
        mls: &MlsGroup,
        added: &[KeyPackage],
        welcome: Option<&[u8]>,
    ) -> Result<(), StepError> {
        let Some(welcome) = welcome.filter(|_| !added.is_empty()) else { return Ok(()) };
        let members = self.members(id)?;
        let state = content::JoinState { ratchet_tree: group::tree(mls)?, members: self.roster(&members)? };
        let reference = self.local_blob(&conv.authority, &mut state.encode_to_vec().as_slice())?;
        let provider = self.provider();
        let mut news = Vec::new();
        for package in added {
            let Some((account, device)) = group::who(package.leaf_node().credential()) else { continue };
            let told = match group::cut_welcome(&provider, welcome, package) {
                Ok(welcome) => {
                    let kind = content::envelope_body::Kind::Join(content::Join { welcome, state: Some(reference.clone()) });
                    let token = members.tokens.get(&device);
                    self.post_to(account, Some(device), token, kind, WaitingKind::Invitation)
                        .map_or_else(out_of_reach, |()| Ok(Ok(())))?
                }
                Err(e) => Err(e.to_string()),
            };
            if let Err(why) = told {
                let name = self.name_of(account)?.map_or_else(|| account.to_string(), |handle| format!("@{handle}"));
                self.unreadable(Some(id), format!("{name} was added and cannot be told: {why}"))?;
            }
            if let Some(known) = self.known(account)? {
                news.push(roster_entry(device, &known, None));
            }
        }
        if members.devices.len() > added.len() + 1 {
            for some in rosters(news) {
                let kind = content::content::Kind::Roster(content::Roster { members: some });
                self.enqueue_content(id, WaitingKind::Upkeep, kind, None)?;
            }
        }
        self.give_token(id)?;
        self.reached("commit: invited")
    }

    /// What an intent wanted and its commit does not contain: it is wanted still.
    pub(crate) fn add_who_was_left(&mut self, id: &[u8], intent: Intent) -> Result<(), StepError> {
        let Intent::Add { wanted, invitees } = intent else { return Ok(()) };
        let members = self.members(id)?;
        let mut left: Vec<AccountId> = wanted.into_iter().chain(invitees.into_iter().map(|i| i.account)).collect();
        left.retain(|account| !members.devices.iter().any(|(there, _)| there == account));
        left.sort_unstable();
        left.dedup();
        self.enqueue_adds(id, &left)
    }

    /// Gives the other members a right to write to this device's inbox, once for each conversation.
    pub(crate) fn give_token(&mut self, id: &[u8]) -> Result<(), StepError> {
        let mut members = self.members_to_change(id)?;
        if members.own_token.is_some() || members.devices.len() < 2 {
            return Ok(());
        }
        let Some(token) = self.hand_out_token()? else { return Ok(()) };
        let own = self.own()?;
        if let Some(known) = self.own_known()? {
            let kind =
                content::content::Kind::Roster(content::Roster { members: vec![roster_entry(own.device, &known, Some(&token))] });
            self.enqueue_content(id, WaitingKind::Upkeep, kind, None)?;
        }
        members.own_token = Some(token);
        self.put_members(id, &members)
    }

    pub(crate) fn roster(&mut self, members: &Members) -> Result<Vec<content::RosterEntry>, StepError> {
        let own = self.own()?;
        let mut out = Vec::new();
        let mut left = STATE_BYTES;
        for (account, device) in &members.devices {
            let known = if *account == own.account { self.own_known()? } else { self.known(*account)? };
            if let Some(known) = known {
                let token = if *device == own.device { members.own_token.as_ref() } else { members.tokens.get(device) };
                let entry = roster_entry(*device, &known, token);
                // joiners fetch no more than they can hold: whose account is left out tells its own
                left = left.saturating_sub(entry.encoded_len());
                if left > 0 && entry.encoded_len() <= ROSTER_BYTES {
                    out.push(entry);
                }
            }
        }
        Ok(out)
    }

    /// What a member says of members. Accounts are verified; a token is believed only of the device that gives it.
    pub(crate) fn learn_roster(&mut self, id: &[u8], from: DeviceId, roster: &content::Roster) -> Result<(), StepError> {
        let mut members = self.members_to_change(id)?;
        for entry in &roster.members {
            match entry.account.as_ref().map(|account| self.learn_account(account)) {
                None | Some(Ok(_)) => {}
                Some(Err(e @ StepError::Trouble(Trouble::Store(_)))) => return Err(e),
                Some(Err(why)) => self.unreadable(Some(id), format!("roster: {why:?}"))?,
            }
            if let (Ok(device), Ok(token)) =
                (DeviceId::try_from(entry.device.as_slice()), Token::try_from(entry.inbox_token.as_slice()))
                && device == from
            {
                members.tokens.insert(device, token);
            }
        }
        self.put_members(id, &members)
    }

    /// A conversation on a group that was just created or joined.
    pub(crate) fn begin(&mut self, id: &[u8], mls: &MlsGroup) -> Result<Conv, StepError> {
        let context = group::context(mls.extensions())?;
        let own = self.own()?;
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
        let old = self.conv_or_none(id)?;
        let ord = match &old {
            Some(old) => old.ord,
            None => self.number()?,
        };
        self.s.put(Table::ConversationIndex, id, b"", ord, &ByteBuf::from(id))?;
        let mut conv = Conv {
            ord,
            kind,
            name: context.name.clone(),
            description: context.description.clone(),
            may_add: roles::allowed(context.may_add()),
            may_write: roles::allowed(context.may_write()),
            stays_s: context.stays_s,
            authority: context.authority.clone(),
            suite,
            standing: Standing::Active,
            channel: self.channel(mls)?,
            previous: None,
            ended: old.as_ref().map_or_else(Vec::new, |o| o.left_behind(self.now)),
            peer,
            position: old.as_ref().map_or(0, |o| o.position),
            read_through: old.as_ref().map_or(0, |o| o.read_through),
            fading: old.as_ref().map_or(0, |o| o.fading),
            owed: Owed::default(),
            newest_at: old.as_ref().map_or(self.now, |o| o.newest_at),
            own_leaves: old.as_ref().map_or_else(Vec::new, |o| o.own_leaves.clone()),
            asked: None,
            put_back: false,
            update_due: None,
            leaving: Vec::new(),
            stuck: None,
            origin: super::successor::origin(&context, old.as_ref(), &*self.members(id)?),
            busy: None,
            met_seals: Vec::new(),
            askers: old.as_ref().map_or_else(Vec::new, |o| o.askers.clone()),
            // an answer to an earlier request may be in the tree by now: the next one must name it
            asked_leaves: old.as_ref().map_or_else(Vec::new, |o| o.asked_leaves.clone()),
            request: None,
            copy: old.as_ref().map_or(0, |o| o.copy),
        };
        self.note_members(id, &mut conv, mls)?;
        self.put_conv(id, &mut conv)?;
        if old.is_some() {
            self.encrypt_again(id)?;
        }
        Ok(conv)
    }

    /// Raw entries of a channel, in the order of their seqs.
    pub(crate) fn raw_entries(&self, channel: &ChannelId, above: u64) -> Result<Vec<Raw>, StepError> {
        let rows: Vec<(u64, Raw)> = self.s.scan(Table::RawEntry, channel.as_bytes(), above + 1, usize::MAX)?;
        Ok(rows.into_iter().map(|(_, raw)| raw).collect())
    }

    /// What the prepared entries of an item are; used when a restored relay is told again.
    pub(crate) fn prepared(item: &Item) -> Option<&Prepared> {
        match &item.cargo {
            Cargo::Content { prepared, .. } | Cargo::Seal { prepared, .. } => prepared.as_ref(),
            Cargo::Upload { .. } | Cargo::Envelope { .. } | Cargo::Held { .. } => None,
        }
    }
}

/// Entries in Rosters that each fit into a content.
fn rosters(entries: Vec<content::RosterEntry>) -> Vec<Vec<content::RosterEntry>> {
    let mut out: Vec<Vec<content::RosterEntry>> = Vec::new();
    let mut bytes = 0;
    for entry in entries {
        let length = entry.encoded_len();
        if length > ROSTER_BYTES {
            continue;
        }
        match out.last_mut() {
            Some(some) if some.len() < ROSTER_ENTRIES && bytes + length <= ROSTER_BYTES => some.push(entry),
            _ => {
                out.push(vec![entry]);
                bytes = 0;
            }
        }
        bytes += length;
    }
    out
}

/// That somebody cannot be written to is no failure of whoever wanted to; anything else is.
pub(crate) fn out_of_reach(e: StepError) -> Result<Result<(), String>, StepError> {
    match e {
        StepError::Trouble(why @ (Trouble::NoSuchAccount | Trouble::NotAccepted | Trouble::OtherRelay)) => {
            Ok(Err(why.to_string()))
        }
        StepError::Skip(why) => Ok(Err(why)),
        other => Err(other),
    }
}

fn roster_entry(device: DeviceId, known: &Known, token: Option<&Token>) -> content::RosterEntry {
    content::RosterEntry {
        device: device.as_bytes().to_vec(),
        account: Some(known.entry()),
        inbox_token: token.map(|t| t.expose().to_vec()).unwrap_or_default(),
    }
}

/// The reference that others get of a file that waits here.
pub(crate) fn blob_ref(authority: &str, id: lacre_ground::ids::BlobId, blob: &LocalBlob) -> content::BlobRef {
    content::BlobRef {
        authority: authority.to_owned(),
        blob: id.as_bytes().to_vec(),
        read_token: blob.read_token.expose().to_vec(),
        key: blob.key.0.to_vec(),
        size: blob.size,
        sha256: blob.sha256.to_vec(),
    }
}
