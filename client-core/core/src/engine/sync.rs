//! The loop around the steps: what waits goes out, what came is taken, until nothing moves.
//!
//! Every decision is read from the profile at the time; between any two calls the process may die, and another process
//! may do the same work at the same time: appends are idempotent, receiving checks the cursor, stamps are taken out
//! before they are used.

use super::outbox::Ready;
use super::reading::Page;
use super::records::{Cargo, Intent, Invitee};
use super::view::{Standing, Synced};
use super::{Client, StepError, Trouble, authority};
use crate::network::{Delivery, Following, Lane, NetError, Network, Reason};
use core::time::Duration;
use lacre_ground::address::Authority;
use lacre_ground::ids::{AccountId, ChannelId, DeviceId, Seq, Token};
use lacre_proto::relay::v1 as wire;
use std::collections::HashMap;

/// Own entries that are stored one after the other before they are read back: one page for some, and a queue that stays short.
const READ_AFTER: u64 = 16;
/// Rounds without end would be a bug of ours or a relay that plays with us.
pub(super) const MAX_ROUNDS: u32 = 10_000;

/// How often a channel is opened or compared again in one go before its conversation is left for the next round.
const MAX_AGAIN: u32 = 8;

impl Client {
    /// One full round: everything that can be done now. What cannot go out stays in the outbox.
    ///
    /// # Errors
    /// [`Trouble::Offline`] when a relay could not be reached: everything else was done, try again later.
    pub fn sync(&mut self, net: &mut dyn Network) -> Result<Synced, Trouble> {
        self.full_round(net, true)
    }

    /// As [`Client::sync`], then waits for news for at most `max_wait`. Call it in a loop.
    pub fn watch(&mut self, net: &mut dyn Network, max_wait: Duration) -> Result<Synced, Trouble> {
        let first = !self.watching;
        let mut synced = self.full_round(net, first)?;
        self.watching = true;
        let (set, places) = self.following()?;
        if synced.received > 0 {
            // tell the application first; the stream keeps what comes meanwhile
            return Ok(synced);
        }
        for delivery in net.follow(&set, max_wait)? {
            match delivery {
                Delivery::Entries { channel, entries, generation, .. } => match places.get(&channel) {
                    Some(Some(id)) => {
                        if self.run(|cx| cx.saw_generation(id, generation.as_bytes()))? {
                            continue;
                        }
                        self.take_all(id, channel, &entries, &mut synced)?;
                    }
                    Some(None) => {
                        for entry in &entries {
                            synced.received += u64::from(self.take_envelope(entry)?);
                        }
                    }
                    None => {}
                },
                Delivery::Generation { generation, authority } => self.noticed_generation(net, &authority, generation)?,
                Delivery::Gone { channel, through, .. } => {
                    if let Some(Some(id)) = places.get(&channel) {
                        self.lost_entries(id, channel, through.get())?;
                    }
                }
                Delivery::Refused { channel, .. } => {
                    if let Some(Some(id)) = places.get(&channel) {
                        self.reopen(id, channel)?;
                    }
                }
                Delivery::CaughtUp { .. } => {}
                Delivery::Lost { .. } => self.watching = false,
            }
        }
        Ok(synced)
    }

    /// After a failure nobody is following: what is written then may wait, and can be taken back.
    fn full_round(&mut self, net: &mut dyn Network, read: bool) -> Result<Synced, Trouble> {
        let synced = self.rounds(net, read);
        self.watching &= synced.is_ok();
        synced
    }

    fn rounds(&mut self, net: &mut dyn Network, read: bool) -> Result<Synced, Trouble> {
        let mut synced = Synced::default();
        let (mut offline, mut failed) = (None, None);
        self.vanish_due()?;
        self.upkeep(net)?;
        for round in 0..MAX_ROUNDS {
            let mut moved = false;
            if read || round > 0 {
                moved |= self.read_inbox(net, &mut synced)?;
            }
            moved |= self.join_pending(net, &mut synced)?;
            let ids = self.run(|cx| cx.conversation_ids())?;
            for id in ids {
                match self.tend(net, &id, read, &mut synced) {
                    Ok(something) => moved |= something,
                    Err(Trouble::Offline { why }) => offline = Some(why),
                    Err(Trouble::Refused(r)) if r.reason == Reason::Limit => {}
                    // its disk is full, say: what waits goes on waiting, and what others wrote can be read
                    Err(Trouble::Refused(r)) if r.reason == Reason::StoreDown => offline = Some(r.to_string()),
                    Err(own @ Trouble::Store(_)) => return Err(own),
                    // told at the end: one conversation's failure is no matter of the others
                    Err(other) => failed = failed.or(Some(other)),
                }
            }
            match self.deliver_post(net, &mut synced) {
                Ok(something) => moved |= something,
                Err(Trouble::Offline { why }) => offline = Some(why),
                Err(other) => return Err(other),
            }
            if !moved || offline.is_some() || failed.is_some() {
                break;
            }
        }
        synced.waiting = u64::try_from(self.outbox()?.len()).unwrap_or(u64::MAX);
        self.wipe()?;
        self.profile.checkpoint_if_due()?;
        match (failed, offline) {
            (Some(failed), _) => Err(failed),
            (None, Some(why)) => Err(Trouble::Offline { why }),
            (None, None) => Ok(synced),
        }
    }

    // ---- one conversation ----

    /// Reads, then lets the queue go out, until nothing moves.
    pub(super) fn tend(&mut self, net: &mut dyn Network, id: &[u8], read: bool, synced: &mut Synced) -> Result<bool, Trouble> {
        let mut moved = false;
        let mut must_read = read;
        let (mut unmet, mut again) = (0, 0);
        for _ in 0..MAX_ROUNDS {
            let conv = self.run(|cx| cx.conv(id))?;
            match conv.standing {
                Standing::Active => {}
                Standing::AskingToBeReAdded => return Ok(self.run(|cx| cx.ask_re_add(id))? || moved),
                Standing::Removed | Standing::InUseElsewhere | Standing::Blocked | Standing::Replaced | Standing::OtherRelay => {
                    return Ok(moved);
                }
            }
            let at = match self.run(|cx| cx.ours(&conv.authority)) {
                Ok(at) => at,
                Err(Trouble::OtherRelay) => {
                    // of a program that took conversations of other relays
                    self.run(|cx| cx.rest_elsewhere(id))?;
                    return Ok(moved);
                }
                Err(other) => return Err(other),
            };
            if !conv.channel.opened {
                let c = &conv.channel;
                let generation = self.open_log(net, &at, &c.append, &c.read, c.id)?;
                let restored = self.run(|cx| {
                    let restored = cx.saw_generation(id, &generation)?;
                    let mut now = cx.conv(id)?;
                    if now.channel.id == conv.channel.id {
                        now.channel.opened = true;
                        cx.put_conv(id, &mut now)?;
                    }
                    cx.reached("epoch: opened")?;
                    Ok(restored)
                })?;
                if restored {
                    moved |= self.put_back(net, id)?;
                }
                must_read = true;
                continue;
            }
            if conv.put_back {
                moved |= self.put_back(net, id)?;
                must_read = true;
                continue;
            }
            if must_read {
                match self.read_page(net, id, &conv, &at, synced)? {
                    Page::More => {
                        moved = true;
                        continue;
                    }
                    Page::Again if again < MAX_AGAIN => {
                        again += 1;
                        continue;
                    }
                    Page::Again => return Err(Trouble::Protocol("a channel that was just opened cannot be read".into())),
                    Page::Head => (must_read, unmet) = (false, 0),
                }
            }
            if self.run(|cx| {
                cx.queue_what_is_due(id)?;
                cx.queue_receipt(id)?;
                cx.succeed_if_crowded_out(id)
            })? {
                moved = true;
                continue;
            }
            match self.ready(id)? {
                // what was stored is met before this conversation rests
                Ready::Nothing if unmet > 0 => must_read = true,
                Ready::Nothing => return Ok(moved),
                Ready::Upload { number, at, blob } => {
                    let done = self.upload(net, number, &at, blob);
                    if let Err(Trouble::OtherRelay) = done {
                        // of a program that took addresses of other relays
                        self.run(|cx| {
                            cx.drop_item(number)?;
                            cx.unreadable(Some(id), "a file was given up: its place is on another relay".into())
                        })?;
                    } else if let Err(e) = done {
                        self.run(|cx| cx.in_trouble(number, &e.to_string(), None))?;
                        return Err(e);
                    }
                    moved = true;
                }
                Ready::Claim { number, account, suite } => {
                    self.claim(net, id, number, account, suite)?;
                    moved = true;
                }
                Ready::Append { number, at, request } => {
                    must_read = self.append(net, id, number, &at, request, synced)?;
                    unmet += u64::from(!self.watching);
                    must_read |= unmet >= READ_AFTER;
                    moved = true;
                }
            }
        }
        Err(Trouble::Protocol("a conversation does not come to rest".into()))
    }

    /// The next item, prepared; a change of members that cannot be made is given up visibly.
    fn ready(&mut self, id: &[u8]) -> Result<Ready, Trouble> {
        match self.step(|cx| cx.next_ready(id)) {
            Ok(ready) => Ok(ready),
            Err(StepError::Again(_)) => match self.step(|cx| cx.next_ready(id)) {
                Ok(ready) => Ok(ready),
                Err(StepError::Again(why)) => {
                    self.run(|cx| cx.give_up_seal(id, &why))?;
                    self.run(|cx| cx.next_ready(id))
                }
                Err(other) => Err(other.into_trouble()),
            },
            Err(other) => Err(other.into_trouble()),
        }
    }

    /// Appends; true when the channel must be read next.
    fn append(
        &mut self,
        net: &mut dyn Network,
        id: &[u8],
        number: u64,
        at: &Authority,
        request: wire::AppendRequest,
        synced: &mut Synced,
    ) -> Result<bool, Trouble> {
        let (seal, entry, channel) = (request.seal, request.entry_id.clone(), request.channel.clone());
        match net.append(at, Lane::Conversations, request) {
            Ok(answer) => {
                let restored = self.run(|cx| {
                    cx.acknowledged(id, number, &entry, answer.seq)?;
                    cx.saw_generation(id, &answer.generation)
                })?;
                synced.delivered += 1;
                Ok(seal || restored)
            }
            Err(e) => {
                let why = e.to_string();
                match e.reason() {
                    Some(Reason::Sealed | Reason::CatchUp) => Ok(true),
                    Some(Reason::Conflict) => {
                        self.run(|cx| cx.part_from_copy())?;
                        Ok(true)
                    }
                    Some(Reason::Ahead | Reason::NotPermitted) => {
                        let channel = ChannelId::try_from(channel.as_slice()).map_err(|e| Trouble::Protocol(e.to_string()))?;
                        self.reopen(id, channel)?;
                        Ok(true)
                    }
                    _ => {
                        let retry = match &e {
                            NetError::Refused(r) => r.retry_after.map(|d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX)),
                            NetError::Unreachable { .. } | NetError::Protocol(_) | NetError::Body { .. } => None,
                        };
                        let until = retry.map(|ms| self.clock.now().plus(ms));
                        self.run(|cx| cx.in_trouble(number, &why, until))?;
                        Err(e.into())
                    }
                }
            }
        }
    }

    /// Opens a log; whoever comes first pays the stamp.
    pub(crate) fn open_log(
        &mut self,
        net: &mut dyn Network,
        at: &Authority,
        append: &Token,
        read: &Token,
        channel: ChannelId,
    ) -> Result<Vec<u8>, Trouble> {
        let mut paid = None;
        let answer = self.with_stamp(net, |net, stamp| {
            paid = Some(stamp.clone());
            let request = wire::OpenRequest {
                class: wire::ChannelClass::Log.into(),
                channel: channel.as_bytes().to_vec(),
                append: vec![wire::AppendRight { token_hash: append.hash().as_bytes().to_vec(), stamped: false }],
                read_token_hash: read.hash().as_bytes().to_vec(),
                stamp,
            };
            net.open(at, Lane::Conversations, request)
        })?;
        if let (false, Some(stamp)) = (answer.spent, paid)
            && let Ok(stamp) = lacre_ground::ids::Stamp::try_from(stamp.as_slice())
        {
            self.run(|cx| cx.push_stamp(&stamp))?;
        }
        Ok(answer.generation)
    }

    /// Claims key packages for one account of a seal that adds.
    fn claim(&mut self, net: &mut dyn Network, id: &[u8], number: u64, account: AccountId, suite: u32) -> Result<(), Trouble> {
        let own = self.own()?;
        let at = authority(&own.authority).map_err(StepError::into_trouble)?;
        let answer = self.with_stamp(net, |net, stamp| {
            net.claim(&at, wire::ClaimRequest { account: account.as_bytes().to_vec(), suite, stamp })
        });
        let devices = match answer {
            Ok(answer) => answer.devices,
            Err(Trouble::Refused(r)) if matches!(r.reason, Reason::NoAccount | Reason::NoKeyPackage | Reason::Paused) => {
                Vec::new()
            }
            Err(e) => {
                self.run(|cx| cx.in_trouble(number, &e.to_string(), None))?;
                return Err(e);
            }
        };
        self.run(|cx| {
            let Some(mut item) = cx.item(number)? else { return Ok(()) };
            // another program on this profile may have claimed, and even built the commit, meanwhile: its packages are used
            let Cargo::Seal { intent: Intent::Add { wanted, invitees }, prepared: None } = &mut item.cargo else {
                return Ok(());
            };
            if !wanted.contains(&account) {
                return Ok(());
            }
            wanted.retain(|w| *w != account);
            for found in &devices {
                if let Ok(device) = DeviceId::try_from(found.device.as_slice()) {
                    invitees.push(Invitee { account, device, key_package: found.key_package.clone() });
                }
            }
            cx.put_item(&item)?;
            if devices.is_empty() {
                cx.unreadable(Some(id), "somebody to be added has no key package at the relay".into())?;
            }
            cx.reached("commit: claimed")
        })
    }

    // ---- following ----

    #[expect(clippy::type_complexity, reason = "a set and, beside it, whose channel is whose")]
    fn following(&mut self) -> Result<(Vec<Following>, HashMap<ChannelId, Option<Vec<u8>>>), Trouble> {
        self.run(|cx| {
            let own = cx.own()?;
            let mut set = Vec::new();
            let mut places = HashMap::new();
            set.push(Following {
                authority: authority(&own.authority)?,
                lane: Lane::Inbox,
                channel: own.inbox,
                read_token: own.inbox_read.clone(),
                from_seq: seq_after(own.inbox_cursor)?,
            });
            places.insert(own.inbox, None);
            for id in cx.conversation_ids()? {
                let conv = cx.conv(&id)?;
                if conv.standing == Standing::Active && conv.channel.opened && cx.is_ours(&conv.authority)? {
                    set.push(Following {
                        authority: cx.ours(&conv.authority)?,
                        lane: Lane::Conversations,
                        channel: conv.channel.id,
                        read_token: conv.channel.read.clone(),
                        from_seq: seq_after(conv.channel.cursor)?,
                    });
                    places.insert(conv.channel.id, Some(id));
                }
            }
            Ok((set, places))
        })
    }
}

fn seq_after(cursor: u64) -> Result<Seq, StepError> {
    Seq::new(cursor + 1).ok_or(StepError::Again("a channel at its end".into()))
}
