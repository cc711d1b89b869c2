//! The loop around the steps: what waits goes out, what came is taken, until nothing moves.
//!
//! Every decision is read from the profile at the time; between any two calls the process may die, and another process
//! may do the same work at the same time: appends are idempotent, receiving checks the cursor, stamps are taken out
//! before they are used.

use super::files::fetch_blob;
use super::outbox::{POST, Ready};
use super::receive::{Judged, Took};
use super::records::{Cargo, Conv, Invitee, Item, PendingJoin};
use super::view::{Standing, Synced};
use super::{Client, StepError, Trouble, authority};
use crate::network::{Delivery, Entry, Following, Lane, NetError, Network, Reason};
use crate::profile::Table;
use core::time::Duration;
use lacre_audit::address::Authority;
use lacre_audit::ids::{AccountId, ChannelId, DeviceId, Generation, Seq, Token};
use lacre_proto::content::v1 as content;
use lacre_proto::relay::v1 as wire;
use prost::Message as _;
use std::collections::HashMap;

/// Entries of one fetch.
const PAGE: u32 = 256;
/// Own entries that are stored one after the other before they are read back: one page for some, and a queue that stays short.
const READ_AFTER: u64 = 16;
/// Entries that are processed in one step: a transaction costs as much as two of them.
const ENTRIES_IN_A_STEP: usize = 16;
/// An invitation whose blob does not come is given up after so many rounds.
const JOIN_TRIES: u32 = 20;
/// Rounds without end would be a bug of ours or a relay that plays with us.
const MAX_ROUNDS: u32 = 10_000;

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
                        self.lost_entries(id, through.get())?;
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
        let mut offline = None;
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
                    Err(other) => return Err(other),
                }
            }
            match self.deliver_post(net, &mut synced) {
                Ok(something) => moved |= something,
                Err(Trouble::Offline { why }) => offline = Some(why),
                Err(other) => return Err(other),
            }
            if !moved || offline.is_some() {
                break;
            }
        }
        synced.waiting = u64::try_from(self.outbox()?.len()).unwrap_or(u64::MAX);
        self.profile.checkpoint_if_due()?;
        match offline {
            Some(why) => Err(Trouble::Offline { why }),
            None => Ok(synced),
        }
    }

    // ---- one conversation ----

    /// Reads, then lets the queue go out, until nothing moves.
    fn tend(&mut self, net: &mut dyn Network, id: &[u8], read: bool, synced: &mut Synced) -> Result<bool, Trouble> {
        let mut moved = false;
        let mut must_read = read;
        let mut unmet = 0;
        for _ in 0..MAX_ROUNDS {
            let conv = self.run(|cx| cx.conv(id))?;
            match conv.standing {
                Standing::Active => {}
                Standing::AskingToBeReAdded => return Ok(self.run(|cx| cx.ask_re_add(id))? || moved),
                Standing::Removed | Standing::InUseElsewhere => return Ok(moved),
            }
            let at = authority(&conv.authority).map_err(StepError::into_trouble)?;
            if !conv.channel.opened {
                let c = &conv.channel;
                let generation = self.open_log(net, &at, &c.append, &c.read, c.id)?;
                let restored = self.run(|cx| {
                    let restored = cx.saw_generation(id, &generation)?;
                    let mut now = cx.conv(id)?;
                    if now.channel.id == conv.channel.id {
                        now.channel.opened = true;
                        cx.put_conv(id, &now)?;
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
                    Page::Again => continue,
                    Page::Head => (must_read, unmet) = (false, 0),
                }
            }
            if self.run(|cx| {
                cx.queue_what_is_due(id)?;
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
                    if let Err(e) = self.upload(net, number, &at, blob) {
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

    fn read_page(
        &mut self,
        net: &mut dyn Network,
        id: &[u8],
        conv: &Conv,
        at: &Authority,
        synced: &mut Synced,
    ) -> Result<Page, Trouble> {
        let channel = conv.channel.id;
        let request = wire::FetchRequest {
            channel: channel.as_bytes().to_vec(),
            read_token: conv.channel.read.expose().to_vec(),
            from_seq: conv.channel.cursor + 1,
            max_entries: PAGE,
        };
        let page = match net.fetch(at, Lane::Conversations, request) {
            Ok(page) => page,
            Err(e) if matches!(e.reason(), Some(Reason::NotPermitted | Reason::Ahead)) => {
                self.reopen(id, channel)?;
                return Ok(Page::Again);
            }
            Err(e) => return Err(e.into()),
        };
        if self.run(|cx| cx.saw_generation(id, &page.generation))? {
            return Ok(Page::Again);
        }
        if page.head < conv.channel.cursor {
            return Err(Trouble::Protocol("the relay's channel ends before what it gave out".into()));
        }
        if page.gone_through > conv.channel.cursor {
            self.lost_entries(id, page.gone_through)?;
            return Ok(Page::More);
        }
        let entries = page.entries.into_iter().map(Entry::try_from).collect::<Result<Vec<_>, _>>()?;
        let last = entries.last().map_or(conv.channel.cursor, |entry| entry.seq.get());
        let all = self.take_all(id, channel, &entries, synced)?;
        Ok(if all && last >= page.head { Page::Head } else { Page::More })
    }

    /// Entries of a channel in their order, some of them in one step; false when it stops before the last: the epoch ended,
    /// or they must be fetched again.
    fn take_all(&mut self, id: &[u8], channel: ChannelId, entries: &[Entry], synced: &mut Synced) -> Result<bool, Trouble> {
        for some in entries.chunks(ENTRIES_IN_A_STEP) {
            let met = match self.step(|cx| in_order(some, |entry| cx.receive(id, channel, entry, &Judged::Not))) {
                Ok(met) => met,
                Err(StepError::Trouble(trouble)) => return Err(trouble),
                // nothing of the step was kept: one of them needs second thoughts, which the others must not share
                Err(StepError::Skip(_) | StepError::Again(_)) => in_order(some, |entry| self.take(id, channel, entry))?,
            };
            let processed = met.iter().filter(|took| matches!(took, Took::Done | Took::EpochEnded)).count();
            synced.received += u64::try_from(processed).unwrap_or(0);
            match met.last() {
                Some(Took::Copy) => {
                    self.run(|cx| cx.part_from_copy())?;
                    return Ok(false);
                }
                Some(Took::EpochEnded | Took::Gap) => return Ok(false),
                Some(Took::Done | Took::Ignored) | None => {}
            }
        }
        Ok(true)
    }

    /// One entry, with the second thoughts that its judgement may need.
    pub(crate) fn take(&mut self, id: &[u8], channel: ChannelId, entry: &Entry) -> Result<Took, Trouble> {
        let mut judged = Judged::Not;
        for attempt in 0..3 {
            match self.step(|cx| cx.receive(id, channel, entry, &judged)) {
                Ok(took) => return Ok(took),
                Err(StepError::Skip(why)) => judged = Judged::Skipped(why),
                Err(StepError::Again(_)) if attempt == 0 => {}
                Err(StepError::Again(why)) if entry.seal => judged = Judged::Bound(why),
                Err(StepError::Again(why)) => judged = Judged::Skipped(why),
                Err(StepError::Trouble(t)) => return Err(t),
            }
        }
        Err(Trouble::Protocol("an entry could be neither processed nor skipped".into()))
    }

    /// Entries that this device has not read are no longer kept.
    fn lost_entries(&mut self, id: &[u8], through: u64) -> Result<(), Trouble> {
        self.run(|cx| {
            let mut conv = cx.conv(id)?;
            if conv.standing == Standing::Active && through > conv.channel.cursor {
                cx.cannot_follow(id, &mut conv, "entries were not read in time and are gone", None)?;
            }
            Ok(())
        })
    }

    fn reopen(&mut self, id: &[u8], channel: ChannelId) -> Result<(), Trouble> {
        self.run(|cx| {
            let mut conv = cx.conv(id)?;
            if conv.channel.id == channel {
                conv.channel.opened = false;
                cx.put_conv(id, &conv)?;
            }
            Ok(())
        })
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
            && let Ok(stamp) = lacre_audit::ids::Stamp::try_from(stamp.as_slice())
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
            Err(Trouble::Refused(r)) if matches!(r.reason, Reason::NoAccount | Reason::NoKeyPackage) => Vec::new(),
            Err(e) => {
                self.run(|cx| cx.in_trouble(number, &e.to_string(), None))?;
                return Err(e);
            }
        };
        self.run(|cx| {
            let Some(mut item) = cx.item(number)? else { return Ok(()) };
            if let Cargo::Seal { intent: super::records::Intent::Add { wanted, invitees }, .. } = &mut item.cargo {
                wanted.retain(|w| *w != account);
                for found in &devices {
                    if let Ok(device) = DeviceId::try_from(found.device.as_slice()) {
                        invitees.push(Invitee { account, device, key_package: found.key_package.clone() });
                    }
                }
            }
            cx.put_item(&item)?;
            if devices.is_empty() {
                cx.unreadable(Some(id), "somebody to be added has no key package at the relay".into())?;
            }
            cx.reached("commit: claimed")
        })
    }

    // ---- the own inbox ----

    fn read_inbox(&mut self, net: &mut dyn Network, synced: &mut Synced) -> Result<bool, Trouble> {
        let mut moved = false;
        for _ in 0..MAX_ROUNDS {
            let own = self.own()?;
            let at = authority(&own.authority).map_err(StepError::into_trouble)?;
            let request = wire::FetchRequest {
                channel: own.inbox.as_bytes().to_vec(),
                read_token: own.inbox_read.expose().to_vec(),
                from_seq: own.inbox_cursor + 1,
                max_entries: PAGE,
            };
            let page = match net.fetch(&at, Lane::Inbox, request) {
                Ok(page) => page,
                Err(e) if matches!(e.reason(), Some(Reason::NotPermitted | Reason::Ahead)) => {
                    // a restored relay may not know the inbox at all
                    self.tell_restored_relay(net, &at)?;
                    continue;
                }
                Err(e) => return Err(e.into()),
            };
            let generation = Generation::try_from(page.generation.as_slice()).map_err(|e| Trouble::Protocol(e.to_string()))?;
            self.noticed_generation(net, &at, generation)?;
            let mut last = own.inbox_cursor;
            for raw in page.entries {
                let entry = Entry::try_from(raw)?;
                last = entry.seq.get();
                if self.take_envelope(&entry)? {
                    synced.received += 1;
                    moved = true;
                }
            }
            if last >= page.head || last == own.inbox_cursor {
                break;
            }
        }
        if moved {
            self.trim_inbox(net)?;
        }
        Ok(moved)
    }

    fn trim_inbox(&mut self, net: &mut dyn Network) -> Result<(), Trouble> {
        let own = self.own()?;
        if own.inbox_cursor > own.inbox_trimmed {
            let at = authority(&own.authority).map_err(StepError::into_trouble)?;
            let request = wire::TrimRequest {
                channel: own.inbox.as_bytes().to_vec(),
                read_token: own.inbox_read.expose().to_vec(),
                through_seq: own.inbox_cursor,
            };
            net.trim(&at, Lane::Inbox, request)?;
            self.run(|cx| {
                let mut now = cx.own_to_change()?;
                now.inbox_trimmed = now.inbox_trimmed.max(own.inbox_cursor);
                cx.put_own(&now)
            })?;
        }
        Ok(())
    }

    fn take_envelope(&mut self, entry: &Entry) -> Result<bool, Trouble> {
        match self.step(|cx| cx.receive_envelope(entry, None)) {
            Ok(took) => Ok(took),
            Err(StepError::Trouble(t @ Trouble::Store(_))) => Err(t),
            Err(StepError::Skip(why) | StepError::Again(why)) => self.run(|cx| cx.receive_envelope(entry, Some(&why))),
            Err(StepError::Trouble(t)) => self.run(|cx| cx.receive_envelope(entry, Some(&t.to_string()))),
        }
    }

    fn noticed_generation(&mut self, net: &mut dyn Network, at: &Authority, generation: Generation) -> Result<(), Trouble> {
        let own = self.own()?;
        let ours = authority(&own.authority).map_err(StepError::into_trouble)?;
        if ours == *at && self.run(|cx| cx.own_relay_restored(generation))? {
            self.watching = false;
            self.tell_restored_relay(net, at)?;
        }
        Ok(())
    }

    /// Invitations whose tree must be fetched before they can be used.
    fn join_pending(&mut self, net: &mut dyn Network, synced: &mut Synced) -> Result<bool, Trouble> {
        let pending: Vec<(u64, PendingJoin)> = self.run(|cx| Ok(cx.s.scan(Table::Join, b"", 0, usize::MAX)?))?;
        let mut moved = false;
        for (_, pending) in pending {
            let envelope = pending.envelope;
            let join = content::Join::decode(pending.join.as_slice()).map_err(|e| Trouble::Protocol(e.to_string()))?;
            let Some(reference) = join.state else {
                self.run(|cx| cx.drop_join(envelope, "without a tree"))?;
                continue;
            };
            let mut bytes = Vec::new();
            match fetch_blob(net, &reference, &mut bytes) {
                Ok(_) => {}
                Err(e @ Trouble::Offline { .. }) => return Err(e),
                Err(e) => {
                    if self.run(|cx| cx.retry_join(pending))? >= JOIN_TRIES {
                        self.run(|cx| cx.drop_join(envelope, &e.to_string()))?;
                    }
                    continue;
                }
            }
            let state = match content::JoinState::decode(bytes.as_slice()) {
                Ok(state) => state,
                Err(e) => {
                    self.run(|cx| cx.drop_join(envelope, &e.to_string()))?;
                    continue;
                }
            };
            match self.step(|cx| cx.join(&pending, &state)) {
                Ok(()) => {
                    synced.received += 1;
                    moved = true;
                    self.run(|cx| {
                        let mut own = cx.own_to_change()?;
                        own.key_packages_left = own.key_packages_left.saturating_sub(1);
                        cx.put_own(&own)
                    })?;
                }
                Err(StepError::Trouble(t @ Trouble::Store(_))) => return Err(t),
                Err(StepError::Skip(why)) => self.run(|cx| cx.drop_join(envelope, &why))?,
                Err(StepError::Again(why)) => {
                    if self.run(|cx| cx.retry_join(pending))? >= JOIN_TRIES {
                        self.run(|cx| cx.drop_join(envelope, &why))?;
                    }
                }
                Err(StepError::Trouble(t)) => self.run(|cx| cx.drop_join(envelope, &t.to_string()))?,
            }
        }
        Ok(moved)
    }

    // ---- the post ----

    /// Uploads and envelopes, in order; an envelope that is refused for good leaves the queue, visibly.
    fn deliver_post(&mut self, net: &mut dyn Network, synced: &mut Synced) -> Result<bool, Trouble> {
        let items: Vec<(u64, Item)> = self.run(|cx| Ok(cx.s.scan(Table::Outbox, POST, 0, usize::MAX)?))?;
        let mut moved = false;
        let now = self.clock.now();
        for (number, item) in items {
            if item.not_before.is_some_and(|t| t > now) {
                continue;
            }
            let sent = match &item.cargo {
                Cargo::Upload { authority, blob } => self.upload(net, number, authority, *blob),
                Cargo::Envelope { authority: at, inbox, token, stamped, entry, sealed } => {
                    let request = wire::AppendRequest {
                        channel: inbox.as_bytes().to_vec(),
                        append_token: token.expose().to_vec(),
                        entry_id: entry.as_bytes().to_vec(),
                        read_to: 0,
                        ciphertext: sealed.clone().into(),
                        seal: false,
                        receipt: false,
                        stamp: Vec::new(),
                    };
                    self.append_envelope(net, at, request, *stamped).and_then(|()| self.run(|cx| cx.drop_item(number)))
                }
                Cargo::Content { .. } | Cargo::Seal { .. } | Cargo::Held { .. } => continue,
            };
            match sent {
                Ok(()) => {
                    synced.delivered += 1;
                    moved = true;
                }
                Err(Trouble::Refused(r)) if r.reason == Reason::Limit => {
                    let ms = r.retry_after.map_or(60_000, |d| u64::try_from(d.as_millis()).unwrap_or(60_000));
                    let until = Some(now.plus(ms));
                    self.run(|cx| cx.in_trouble(number, &r.to_string(), until))?;
                }
                Err(Trouble::Refused(r)) if r.reason == Reason::StoreDown => {
                    self.run(|cx| cx.in_trouble(number, &r.to_string(), None))?;
                    return Err(Trouble::Offline { why: r.to_string() });
                }
                Err(Trouble::Refused(r)) => {
                    self.run(|cx| {
                        cx.drop_item(number)?;
                        cx.unreadable(None, format!("an envelope was refused for good: {r}"))
                    })?;
                    moved = true;
                }
                Err(e) => {
                    self.run(|cx| cx.in_trouble(number, &e.to_string(), None))?;
                    return Err(e);
                }
            }
        }
        Ok(moved)
    }

    fn append_envelope(
        &mut self,
        net: &mut dyn Network,
        at: &str,
        request: wire::AppendRequest,
        stamped: bool,
    ) -> Result<(), Trouble> {
        let at = authority(at).map_err(StepError::into_trouble)?;
        if stamped {
            self.with_stamp(net, |net, stamp| {
                net.append(&at, Lane::Directory, wire::AppendRequest { stamp, ..request.clone() })
            })?;
        } else {
            net.append(&at, Lane::Directory, request)?;
        }
        Ok(())
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
                if conv.standing == Standing::Active && conv.channel.opened {
                    set.push(Following {
                        authority: authority(&conv.authority)?,
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

/// One after the other, through the first behind which nothing more is to be taken.
fn in_order<E>(entries: &[Entry], mut take: impl FnMut(&Entry) -> Result<Took, E>) -> Result<Vec<Took>, E> {
    let mut met = Vec::with_capacity(entries.len());
    for entry in entries {
        let took = take(entry)?;
        met.push(took);
        if !matches!(took, Took::Done | Took::Ignored) {
            break;
        }
    }
    Ok(met)
}

fn seq_after(cursor: u64) -> Result<Seq, StepError> {
    Seq::new(cursor + 1).ok_or(StepError::Again("a channel at its end".into()))
}

/// How a page of a channel left things.
enum Page {
    /// read on
    More,
    /// the channel must be opened or compared first
    Again,
    /// nothing more is there now
    Head,
}
