//! Channels in the model: a list of channels, each a list of entries.

use super::{ModelReads, ModelStore, State};
use crate::channels::{
    Admitted, Append, AppendRefused, Appended, Asked, ChangeRefused, ChangeTokens, ChannelKey, HeldRefused, NotPermitted, Open,
    OpenRefused, Opened, Page, PageLimits, RECENT_MS, Retired, Right, StatusRefused, StoredEntry, Trim, TrimRefused,
};
use crate::judge::{self, First, Head, Judged, Look, Seen};
use crate::notices::RecordLines;
use crate::rules::Rules;
use crate::{AccountStore as _, ChannelReads, ChannelStore, StoreDown};
use lacre_ground::head::Ids;
use lacre_ground::ids::{ChannelClass, ChannelId, EntryId, Seq, TokenHash};
use lacre_ground::time::Millis;
use prost::bytes::Bytes;
use std::collections::BTreeMap;

#[derive(Clone, Default)]
pub(super) struct Channels {
    channels: Vec<Channel>,
    keys_given: i64,
    /// entries ever stored, over all channels
    arrivals: u64,
    newest: Option<Millis>,
    /// newest time that somebody was told
    told: Option<Millis>,
    /// appends to inboxes, oldest first: what a process remembers of them
    recent: Vec<(ChannelKey, EntryId, Appended, Bytes)>,
    /// (channel, token, window) of every append to an inbox
    counted: Vec<(ChannelKey, TokenHash, u64)>,
    /// many processes work on it: what it remembers of inboxes stands in tables
    pub(super) shared: bool,
}

#[derive(Clone)]
struct Channel {
    key: ChannelKey,
    name: ChannelId,
    class: ChannelClass,
    append: Vec<Right>,
    read: TokenHash,
    /// every entry that is kept, with the number of its arrival
    entries: Vec<(u64, StoredEntry)>,
    gone_through: u64,
    gone_bytes: u64,
    last_seal: Option<(Seq, Millis)>,
    seals: u64,
    used: Millis,
    /// of a casilla or a return channel: every entry that ever came
    ids: Vec<Known>,
    /// of a return channel: how often each right was used
    uses: BTreeMap<TokenHash, u32>,
}

/// An entry of a casilla or a return channel, as it is remembered when it is gone.
#[derive(Clone)]
pub(super) struct Known {
    pub(super) id: EntryId,
    pub(super) token: TokenHash,
    pub(super) last_resort: bool,
    pub(super) seq: Seq,
    pub(super) accepted_at: Millis,
    /// of a delivery its digest, of an append its bytes
    pub(super) same: Bytes,
    /// of a delivery
    pub(super) lines: Option<RecordLines>,
}

impl Channel {
    fn head(&self) -> Head {
        Head {
            key: self.key,
            class: self.class,
            read: self.read,
            rights: self.append.clone(),
            last: self.last(),
            gone_through: self.gone_through,
            bytes: self.gone_bytes + bytes(&self.entries),
            gone_bytes: self.gone_bytes,
            seal_seq: self.last_seal.map_or(0, |(seq, _)| seq.get()),
            seal_count: self.seals,
            seal_at: self.last_seal.map_or(Millis::new(0), |(_, at)| at),
        }
    }
    /// Its entries stay for longer, and their ids as long as it.
    fn keeps(&self) -> bool {
        matches!(self.class, ChannelClass::Casilla | ChannelClass::Return)
    }
    /// An entry as whoever reads it is told.
    fn told(&self, entry: &StoredEntry) -> StoredEntry {
        let lines = self.ids.iter().find(|known| known.id == entry.entry_id).and_then(|known| known.lines.as_ref());
        StoredEntry { accepted_at: lines.map_or(entry.accepted_at, |lines| lines.time), ..entry.clone() }
    }
    fn last(&self) -> u64 {
        self.entries.last().map_or(self.gone_through, |(_, e)| e.seq.get())
    }
    fn drop_through(&mut self, through: u64) {
        let (gone, kept) = std::mem::take(&mut self.entries).into_iter().partition(|(_, e)| e.seq.get() <= through);
        self.entries = kept;
        let gone: Vec<(u64, StoredEntry)> = gone;
        if let Some((_, newest)) = gone.last() {
            self.gone_through = newest.seq.get();
            self.gone_bytes += bytes(&gone);
            self.used = self.used.max(newest.accepted_at);
        }
    }
}

fn bytes(entries: &[(u64, StoredEntry)]) -> u64 {
    entries.iter().map(|(_, e)| e.ciphertext.len() as u64).sum()
}

impl Channels {
    /// Channels, entries, newest accept time.
    pub(super) fn counts(&self) -> (u64, u64, u64) {
        let entries: usize = self.channels.iter().map(|c| c.entries.len()).sum();
        (self.channels.len() as u64, entries as u64, self.newest.map_or(0, Millis::get))
    }
    /// Of all entries.
    pub(super) fn bytes(&self) -> u64 {
        self.channels.iter().map(|c| bytes(&c.entries)).sum()
    }
    /// What a new process does not know.
    pub(super) fn forget(&mut self) {
        if !self.shared {
            self.recent.clear();
        }
        self.counted.clear();
    }
    /// Withdraws every right to append to an inbox.
    pub(super) fn close(&mut self, name: &ChannelId) {
        if let Some(channel) = self.find(name).filter(|c| c.class == ChannelClass::Inbox) {
            channel.append = Vec::new();
        }
    }
    /// Withdraws every right to append to a casilla.
    pub(super) fn close_casilla(&mut self, name: &ChannelId) {
        if let Some(channel) = self.find(name).filter(|c| c.class == ChannelClass::Casilla) {
            channel.append = Vec::new();
        }
    }
    /// Of a channel: its head, what came under an id, and what came by last-resort rights since an instant.
    pub(super) fn known(&self, name: &ChannelId, id: &EntryId, since: Millis) -> (Option<Head>, Option<Known>, u32) {
        let Some(channel) = self.channels.iter().find(|c| c.name == *name) else { return (None, None, 0) };
        let today = channel.ids.iter().filter(|k| k.last_resort && k.accepted_at >= since).count();
        let known = channel.ids.iter().find(|k| k.id == *id).cloned();
        (Some(channel.head()), known, u32::try_from(today).unwrap_or(u32::MAX))
    }
    /// Stores a delivery that was judged; a right that is spent goes.
    pub(super) fn deliver(&mut self, name: &ChannelId, known: Known, ciphertext: Bytes) {
        (self.newest, self.arrivals) = (Some(known.accepted_at), self.arrivals + 1);
        let arrival = self.arrivals;
        let Some(channel) = self.find(name) else { return };
        if !known.last_resort {
            channel.append.retain(|r| r.token != known.token);
        }
        let (seq, accepted_at) = (known.seq, known.accepted_at);
        channel.entries.push((arrival, StoredEntry { seq, entry_id: known.id, seal: false, accepted_at, ciphertext }));
        channel.ids.push(known);
    }
    fn find(&mut self, name: &ChannelId) -> Option<&mut Channel> {
        self.channels.iter_mut().find(|c| c.name == *name)
    }
    pub(super) fn at(&self, now: Millis) -> Millis {
        now.max(self.newest.unwrap_or(now)).max(self.told.unwrap_or(now))
    }
}

impl ModelStore {
    pub(super) fn pay(&mut self, stamp: Option<&TokenHash>) -> Result<bool, StoreDown> {
        stamp.map_or(Ok(false), |s| self.spend_stamp(s))
    }

    /// The model finds in its lists what an append needs to be seen; it is judged as in every store.
    fn judge(&self, now: Millis, rules: &Rules, a: &Append) -> Judged {
        let all = &self.work.channels;
        let channel = all.channels.iter().find(|c| c.name == a.channel);
        let head = channel.map(Channel::head);
        let need = judge::needs(head.as_ref(), rules, a);
        let mut seen = Seen { stamp: need.stamp.is_some_and(|s| self.work.accounts.has_stamp(s)), ..Seen::default() };
        match need.look {
            Look::Nowhere => {}
            Look::Behind(_, read_to) => {
                let entries = channel.iter().flat_map(|c| &c.entries).map(|(_, e)| e);
                let first = |e: &StoredEntry| {
                    let same_bytes = e.ciphertext == a.ciphertext;
                    First { seq: e.seq, accepted_at: e.accepted_at, seal: e.seal, same_bytes }
                };
                seen.first = entries.filter(|e| e.seq.get() > read_to).find(|e| e.entry_id == a.entry_id).map(first);
            }
            Look::Kept(_) => {
                let known = channel.and_then(|c| c.ids.iter().find(|k| k.id == a.entry_id));
                seen.first = known.map(|k| First {
                    seq: k.seq,
                    accepted_at: k.accepted_at,
                    seal: false,
                    same_bytes: k.same == a.ciphertext,
                });
                seen.count = channel.and_then(|c| c.uses.get(&a.token)).copied().unwrap_or(0);
            }
            Look::Recent(key) => {
                let lasts = |first: &Appended| !all.shared || now.since(first.accepted_at) < RECENT_MS;
                let known = all.recent.iter().find(|(k, id, first, _)| *k == key && *id == a.entry_id && lasts(first));
                seen.first = known.map(|(_, _, first, bytes)| First {
                    seq: first.seq,
                    accepted_at: first.accepted_at,
                    seal: false,
                    same_bytes: *bytes == a.ciphertext,
                });
                let counted = (key, a.token, judge::window(rules, now));
                seen.count = u32::try_from(all.counted.iter().filter(|c| **c == counted).count()).unwrap_or(u32::MAX);
            }
        }
        judge::judge(&need, &seen, rules, now, a)
    }
}

impl ChannelStore for ModelStore {
    fn open(&mut self, now: Millis, rules: &Rules, request: &Open) -> Result<Result<Opened, OpenRefused>, StoreDown> {
        if let Some(channel) = self.work.channels.find(&request.channel) {
            let (key, head) = (channel.key, Seq::new(channel.last()));
            self.touch(now, rules, key)?;
            return Ok(Ok(Opened { head, spent: false }));
        }
        if !self.pay(request.stamp.as_ref())? {
            return Ok(Err(OpenRefused::Stamp));
        }
        let append = judge::rights_at_open(request, self.work.accounts.closed(&request.channel));
        let all = &mut self.work.channels;
        all.keys_given += 1;
        all.channels.push(Channel {
            key: ChannelKey::of_row(all.keys_given),
            name: request.channel,
            class: request.class,
            append,
            read: request.read,
            entries: Vec::new(),
            gone_through: 0,
            gone_bytes: 0,
            last_seal: None,
            seals: 0,
            used: now,
            ids: Vec::new(),
            uses: BTreeMap::new(),
        });
        Ok(Ok(Opened { head: None, spent: true }))
    }

    fn append(&mut self, now: Millis, rules: &Rules, a: &Append) -> Result<Result<Appended, AppendRefused>, StoreDown> {
        let at = self.work.channels.at(now);
        let (seq, spends) = match self.judge(now, rules, a) {
            Judged::Refused(why) => return Ok(Err(why)),
            Judged::Again(appended) => return Ok(Ok(appended)),
            Judged::Store { seq, spends } => (seq, spends),
        };
        if spends {
            self.pay(a.stamp.as_ref())?;
        }
        let appended = Appended { seq, accepted_at: at, again: false };
        let all = &mut self.work.channels;
        all.newest = Some(at);
        all.arrivals += 1;
        let arrival = all.arrivals;
        let Some(channel) = all.find(&a.channel) else { return Err(StoreDown::new("judged and gone")) };
        let entry = StoredEntry { seq, entry_id: a.entry_id, seal: a.seal, accepted_at: at, ciphertext: a.ciphertext.clone() };
        channel.entries.push((arrival, entry));
        if a.seal {
            channel.last_seal = Some((seq, now));
            channel.seals += 1;
        }
        if channel.class == ChannelClass::Return {
            *channel.uses.entry(a.token).or_insert(0) += 1;
            let (id, token, same) = (a.entry_id, a.token, a.ciphertext.clone());
            channel.ids.push(Known { id, token, last_resort: false, seq, accepted_at: at, same, lines: None });
        }
        let (key, inbox) = (channel.key, channel.class == ChannelClass::Inbox);
        if inbox {
            let counted = (key, a.token, judge::window(rules, now));
            // a window that is over is forgotten, also when the clock goes back into it
            let shared = all.shared;
            all.counted.retain(|(k, t, w)| shared || (*k, *t) != (key, a.token) || *w == counted.2);
            all.counted.push(counted);
            all.recent.push((key, a.entry_id, appended, a.ciphertext.clone()));
            if all.shared {
                all.recent.retain(|(_, _, first, _)| now.since(first.accepted_at) < RECENT_MS);
            } else if all.recent.len() as u64 > u64::from(rules.recent_inbox_ids) {
                all.recent.remove(0);
            }
        }
        Ok(Ok(appended))
    }

    fn trim(&mut self, request: &Trim) -> Result<Result<(), TrimRefused>, StoreDown> {
        let head = self.work.channels.find(&request.channel).map(|c| c.head());
        Ok(judge::trim(judge::as_reader(head.as_ref(), &request.token), request).map(|removed| {
            if let Some((channel, (_, through))) = self.work.channels.find(&request.channel).zip(removed) {
                channel.drop_through(through.get());
            }
        }))
    }

    fn change_tokens(
        &mut self,
        now: Millis,
        rules: &Rules,
        request: &ChangeTokens,
    ) -> Result<Result<(), ChangeRefused>, StoreDown> {
        let closed = self.work.accounts.closed(&request.channel);
        let head = self.work.channels.find(&request.channel).map(|c| c.head());
        let reader = judge::as_reader(head.as_ref(), &request.token);
        let (key, rights) = match judge::change(reader, closed, rules, request) {
            Ok(changed) => changed,
            Err(refused) => return Ok(Err(refused)),
        };
        if let Some(channel) = self.work.channels.find(&request.channel) {
            // a right that was put again is a new one
            channel
                .uses
                .retain(|token, _| rights.iter().any(|r| r.token == *token) && !request.add.iter().any(|r| r.token == *token));
            channel.append = rights;
        }
        self.touch(now, rules, key)?;
        Ok(Ok(()))
    }

    fn touch(&mut self, now: Millis, rules: &Rules, key: ChannelKey) -> Result<(), StoreDown> {
        for channel in self.work.channels.channels.iter_mut().filter(|c| c.key == key) {
            if now.since(channel.used) >= rules.reader_use_ms {
                channel.used = now;
            }
        }
        Ok(())
    }

    fn tell_time(&mut self, now: Millis) -> Result<Millis, StoreDown> {
        let at = self.work.channels.at(now);
        self.work.channels.told = Some(at);
        Ok(at)
    }

    fn retire(&mut self, now: Millis, rules: &Rules, budget: u32) -> Result<Retired, StoreDown> {
        let mut retired = Retired::default();
        for (kept, retention) in [(false, rules.entry_retention_ms), (true, rules.kept_retention_ms)] {
            for _ in retired.entries..u64::from(budget) {
                let channels = self.work.channels.channels.iter_mut().filter(|c| c.keeps() == kept);
                let oldest =
                    channels.filter(|c| !c.entries.is_empty()).min_by_key(|c| c.entries.first().map(|(arrival, _)| *arrival));
                let Some((channel, (_, entry))) = oldest.and_then(|c| c.entries.first().cloned().map(|e| (c, e))) else { break };
                if entry.accepted_at.plus(retention) > now {
                    break;
                }
                channel.drop_through(entry.seq.get());
                retired.entries += 1;
            }
        }
        let (left, mut rows) = (u64::from(budget) - retired.entries, 0);
        for _ in 0..left {
            let channels = self.work.channels.channels.iter();
            let over = |c: &&Channel| c.entries.is_empty() && c.used.plus(rules.channel_retention_ms) <= now;
            let next = channels.filter(over).min_by_key(|c| (c.used, c.key));
            let Some((key, more)) = next.map(|c| (c.key, (c.append.len() + c.ids.len()) as u64)) else { break };
            rows += 1 + more;
            if retired.channels > 0 && rows > left {
                break;
            }
            self.work.channels.channels.retain(|c| c.key != key);
            retired.channels += 1;
        }
        Ok(retired)
    }
}

impl ChannelReads for ModelReads {
    fn admit(
        &self,
        now: Millis,
        rules: &Rules,
        channel: &ChannelId,
        token: &TokenHash,
    ) -> Result<Result<Admitted, NotPermitted>, StoreDown> {
        Ok(self.with(|state| {
            let channel = state.channels.channels.iter().find(|c| c.name == *channel && c.read == *token).ok_or(NotPermitted)?;
            let inbox = channel.class.has_one_reader();
            let touch = inbox && now.since(channel.used) >= rules.reader_use_ms;
            Ok(Admitted { key: channel.key, head: channel.last(), inbox, touch })
        }))
    }

    fn page(&self, channel: ChannelKey, from: Seq, limits: PageLimits) -> Result<Page, StoreDown> {
        Ok(self.with(|state| {
            let Some(channel) = state.channels.channels.iter().find(|c| c.key == channel) else {
                return Page { entries: Vec::new(), head: 0, gone_through: 0 };
            };
            let mut page = Page { entries: Vec::new(), head: channel.last(), gone_through: channel.gone_through };
            let mut bytes = 0;
            for (_, entry) in channel.entries.iter().filter(|(_, e)| e.seq >= from) {
                if page.entries.len() as u64 >= u64::from(limits.entries) || bytes >= u64::from(limits.bytes) {
                    break;
                }
                bytes += entry.ciphertext.len() as u64;
                page.entries.push(channel.told(entry));
            }
            page
        }))
    }

    fn heads(&self, channels: &[ChannelKey]) -> Result<Vec<u64>, StoreDown> {
        let last = |state: &State, key| state.channels.channels.iter().find(|c| c.key == key).map_or(0, Channel::last);
        Ok(self.with(|state| channels.iter().map(|key| last(state, *key)).collect()))
    }

    fn rights(&self, channel: ChannelKey) -> Result<u32, StoreDown> {
        Ok(self.with(|state| {
            let channel = state.channels.channels.iter().find(|c| c.key == channel);
            channel.map_or(0, |c| u32::try_from(c.append.len()).unwrap_or(u32::MAX))
        }))
    }

    fn entry(&self, asked: &Asked) -> Result<Result<StoredEntry, StatusRefused>, StoreDown> {
        Ok(self.with(|state| {
            let channel = state.channels.channels.iter().find(|c| c.name == asked.channel).ok_or(StatusRefused::NotPermitted)?;
            let reads = channel.read == asked.token;
            if !reads && !channel.append.iter().any(|r| r.token == asked.token) {
                return Err(StatusRefused::NotPermitted);
            }
            let entry = channel.entries.iter().map(|(_, e)| e).find(|e| e.seq == asked.seq).map(|e| channel.told(e));
            if channel.class.has_one_reader() && !reads {
                return entry.filter(|e| asked.named == Some(e.entry_id)).ok_or(StatusRefused::NotNamed);
            }
            let (gone_through, head) = (channel.gone_through, channel.last());
            entry.ok_or(StatusRefused::NoEntry { gone_through, head })
        }))
    }

    fn held(&self, rules: &Rules, channel: &ChannelId, token: &TokenHash) -> Result<Result<Ids, HeldRefused>, StoreDown> {
        Ok(self.with(|state| {
            let hers = |c: &&Channel| c.name == *channel && c.read == *token && c.class == ChannelClass::Casilla;
            let channel = state.channels.channels.iter().find(hers).ok_or(HeldRefused::NotPermitted)?;
            HeldRefused::judge(channel.ids.len() as u64, rules)?;
            Ok(Ids::of(channel.ids.iter().map(|known| known.id)))
        }))
    }
}
