//! Channels in SQLite.
//!
//! In front of the tables the writer keeps three memories, all of them bounded and none of them needed for what was
//! promised: heads of channels (so that a sender who is up to date costs no lookup), recent ids of inboxes, and the
//! counters of the inboxes' quotas. The last two begin empty with each process.

mod reads;

use super::SqliteStore;
use crate::Down;
use lacre_ground::ids::{ChannelClass, ChannelId, EntryId, Seq, TokenHash};
use lacre_ground::time::Millis;
use lacre_store::channels::{
    Append, AppendRefused, Appended, ChangeRefused, ChangeTokens, ChannelKey, Limited, Open, OpenRefused, Opened, Retired, Right,
    Trim, TrimRefused,
};
use lacre_store::rules::{Limit, Rules};
use lacre_store::{AccountStore as _, ChannelStore, StoreDown};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use sha2::{Digest as _, Sha256};
use std::collections::{HashMap, VecDeque};

/// Counters of quotas kept in memory. When there are more, the oldest windows go first, then all.
const COUNTERS: usize = 65_536;

/// A channel as the writer knows it.
struct Head {
    key: i64,
    class: ChannelClass,
    read: TokenHash,
    rights: Vec<Right>,
    /// last seq, 0 while empty
    last: u64,
    gone_through: u64,
    seal_seq: u64,
    seal_count: u64,
    seal_at: Millis,
}

/// A bounded map: when the young half is full, it becomes the old one, and what was old and not asked for is dropped.
struct Heads {
    young: HashMap<ChannelId, Head>,
    old: HashMap<ChannelId, Head>,
    half: usize,
}

impl Heads {
    fn get(&mut self, channel: &ChannelId) -> Option<&mut Head> {
        if !self.young.contains_key(channel) {
            let head = self.old.remove(channel)?;
            self.insert(*channel, head);
        }
        self.young.get_mut(channel)
    }
    fn insert(&mut self, channel: ChannelId, head: Head) {
        if self.young.len() >= self.half {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(channel, head);
    }
    fn remove(&mut self, channel: &ChannelId) {
        self.young.remove(channel);
        self.old.remove(channel);
    }
    fn clear(&mut self) {
        self.young.clear();
        self.old.clear();
    }
}

/// The first answer to an append to an inbox.
struct Recent {
    seq: Seq,
    accepted_at: Millis,
    sha256: [u8; 32],
}

/// What one append to an inbox changed in memory: undone when the batch is rolled back.
struct Undo {
    id: (i64, EntryId),
    counter: (i64, TokenHash),
    counted_before: Option<(u64, u32)>,
    forgotten: Vec<((i64, EntryId), Recent)>,
}

/// What the writer remembers.
pub(super) struct Memory {
    accepted: Millis,
    accepted_committed: Millis,
    heads: Heads,
    recent: HashMap<(i64, EntryId), Recent>,
    recent_order: VecDeque<(i64, EntryId)>,
    counters: HashMap<(i64, TokenHash), (u64, u32)>,
    undo: Vec<Undo>,
}

impl Memory {
    /// Accept times go on from the newest that is stored.
    pub(super) fn load(conn: &Connection, heads: usize) -> rusqlite::Result<Self> {
        let floor: u64 = conn.query_row("SELECT accept_floor_ms FROM meta WHERE id = 1", [], |r| r.get(0))?;
        let newest: Option<u64> =
            conn.query_row("SELECT accepted_ms FROM entry ORDER BY arrival DESC LIMIT 1", [], |r| r.get(0)).optional()?;
        let accepted = Millis::new(floor.max(newest.unwrap_or(0)));
        Ok(Self {
            accepted,
            accepted_committed: accepted,
            heads: Heads { young: HashMap::new(), old: HashMap::new(), half: (heads / 2).max(1) },
            recent: HashMap::new(),
            recent_order: VecDeque::new(),
            counters: HashMap::new(),
            undo: Vec::new(),
        })
    }
    pub(super) fn committed(&mut self) {
        self.accepted_committed = self.accepted;
        self.undo.clear();
    }
    /// The channel is no more.
    pub(super) fn forget(&mut self, channel: &ChannelId) {
        self.heads.remove(channel);
    }
    pub(super) fn rolled_back(&mut self) {
        self.accepted = self.accepted_committed;
        self.heads.clear();
        for undo in std::mem::take(&mut self.undo).into_iter().rev() {
            self.recent.remove(&undo.id);
            self.recent_order.pop_back();
            for (id, recent) in undo.forgotten.into_iter().rev() {
                self.recent_order.push_front(id);
                self.recent.insert(id, recent);
            }
            match undo.counted_before {
                Some(before) => self.counters.insert(undo.counter, before),
                None => self.counters.remove(&undo.counter),
            };
        }
    }

    fn count(&self, key: i64, token: &TokenHash, window: u64) -> u32 {
        match self.counters.get(&(key, *token)) {
            Some((w, count)) if *w == window => *count,
            _ => 0,
        }
    }

    fn remember(&mut self, rules: &Rules, key: i64, window: u64, request: &Append, appended: Appended, sha256: [u8; 32]) {
        let count = self.count(key, &request.token, window);
        if self.counters.len() >= COUNTERS {
            self.counters.retain(|_, (w, _)| *w == window);
            if self.counters.len() >= COUNTERS {
                self.counters.clear();
            }
        }
        let counter = (key, request.token);
        let counted_before = self.counters.insert(counter, (window, count + 1));
        let id = (key, request.entry_id);
        self.recent.insert(id, Recent { seq: appended.seq, accepted_at: appended.accepted_at, sha256 });
        self.recent_order.push_back(id);
        let most = usize::try_from(rules.recent_inbox_ids).unwrap_or(usize::MAX);
        let mut forgotten = Vec::new();
        while self.recent_order.len() > most {
            let Some(oldest) = self.recent_order.pop_front() else { break };
            if let Some(recent) = self.recent.remove(&oldest) {
                forgotten.push((oldest, recent));
            }
        }
        self.undo.push(Undo { id, counter, counted_before, forgotten });
    }
}

/// Compared with when there is no such channel: no token hashes to zeros.
const NOBODY: [Right; 1] = [Right { token: TokenHash::new([0; 32]), stamped: false }];

/// Looks at every right, whichever fits.
fn permitted(rights: &[Right], token: &TokenHash) -> Option<Right> {
    let mut found = None;
    for right in rights {
        if right.token.ct_matches(token) {
            found = Some(*right);
        }
    }
    found
}

pub(super) fn id32<T: for<'a> TryFrom<&'a [u8]>>(row: &Row<'_>, at: usize) -> rusqlite::Result<T> {
    let bytes = row.get_ref(at)?.as_blob()?;
    T::try_from(bytes).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(at, i64::try_from(bytes.len()).unwrap_or(-1)))
}

fn class_of(code: u8) -> ChannelClass {
    if code == ChannelClass::Log.code() { ChannelClass::Log } else { ChannelClass::Inbox }
}

pub(super) fn number(n: u64) -> i64 {
    // every number of ours is below 2^53
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn load_head(conn: &Connection, channel: &ChannelId) -> rusqlite::Result<Option<Head>> {
    let head = conn
        .prepare_cached(
            "SELECT channel, class, read_token, gone_through, seal_seq, seal_count, seal_ms, \
             (SELECT max(seq) FROM entry WHERE entry.channel = c.channel) FROM channel c WHERE name = ?1",
        )?
        .query_row([channel.as_bytes()], |r| {
            let gone_through: u64 = r.get(3)?;
            Ok(Head {
                key: r.get(0)?,
                class: class_of(r.get(1)?),
                read: id32(r, 2)?,
                rights: Vec::new(),
                last: r.get::<_, Option<u64>>(7)?.unwrap_or(0).max(gone_through),
                gone_through,
                seal_seq: r.get(4)?,
                seal_count: r.get(5)?,
                seal_at: Millis::new(r.get(6)?),
            })
        })
        .optional()?;
    let Some(mut head) = head else { return Ok(None) };
    let mut rights = conn.prepare_cached("SELECT token, stamped FROM append_right WHERE channel = ?1")?;
    head.rights = rights
        .query_map([head.key], |r| Ok(Right { token: id32(r, 0)?, stamped: r.get(1)? }))?
        .collect::<rusqlite::Result<Vec<Right>>>()?;
    Ok(Some(head))
}

/// Whether it is an inbox that was an account's, and is in no newest state.
fn closed(conn: &Connection, channel: &ChannelId) -> rusqlite::Result<bool> {
    conn.prepare_cached("SELECT 1 FROM inbox WHERE name = ?1 AND named = 0")?.exists([channel.as_bytes()])
}

/// What an append comes to, before anything is written.
enum Judged {
    Refused(AppendRefused),
    Again(Appended),
    Store { key: i64, inbox: bool, stamped: bool, seq: Seq, seals: u64, window: u64, sha256: [u8; 32] },
}

impl SqliteStore {
    /// The head of a channel, from memory or from the tables.
    fn head(&mut self, channel: &ChannelId) -> Result<Option<&mut Head>, Down> {
        if self.channels.heads.get(channel).is_none() {
            match load_head(&self.conn, channel)? {
                None => return Ok(None),
                Some(head) => self.channels.heads.insert(*channel, head),
            }
        }
        Ok(self.channels.heads.get(channel))
    }

    fn judge(&mut self, at: Millis, rules: &Rules, a: &Append) -> Result<Judged, Down> {
        self.head(&a.channel)?;
        let Self { conn, channels: memory, .. } = self;
        let head = memory.heads.young.get(&a.channel);
        let right = permitted(head.map_or(&NOBODY, |h| &h.rights), &a.token);
        let (Some(head), Some(right)) = (head, right) else { return Ok(Judged::Refused(AppendRefused::NotPermitted)) };
        let inbox = head.class == ChannelClass::Inbox;
        let mut sha256 = [0; 32];
        if inbox {
            sha256 = Sha256::digest(&a.ciphertext).into();
            if let Some(first) = memory.recent.get(&(head.key, a.entry_id)) {
                if first.sha256 != sha256 || a.seal {
                    return Ok(Judged::Refused(AppendRefused::Conflict));
                }
                return Ok(Judged::Again(Appended { seq: first.seq, accepted_at: first.accepted_at, again: true }));
            }
            if a.seal {
                return Ok(Judged::Refused(AppendRefused::NoSeals));
            }
        } else {
            if a.read_to > head.last {
                return Ok(Judged::Refused(AppendRefused::Ahead { head: head.last }));
            }
            if a.read_to < head.gone_through || head.last - a.read_to > u64::from(rules.max_lag) {
                return Ok(Judged::Refused(AppendRefused::CatchUp { head: head.last }));
            }
            if a.read_to < head.last
                && let Some(known) = known(conn, head.key, a)?
            {
                return Ok(known);
            }
            if let Some(seq) = Seq::new(head.seal_seq).filter(|s| s.get() > a.read_to) {
                return Ok(Judged::Refused(AppendRefused::Sealed { seq }));
            }
        }
        let window = at.get() / rules.inbox_window_ms.max(1);
        if let Some(limited) = over_limit(head, memory.count(head.key, &a.token, window), at, rules, a.seal) {
            return Ok(Judged::Refused(AppendRefused::Limit(limited)));
        }
        let Some(seq) = Seq::new(head.last + 1) else {
            let limited = Limited { limit: Limit::MaxSeq, value: Seq::MAX, retry_after_ms: None };
            return Ok(Judged::Refused(AppendRefused::Limit(limited)));
        };
        Ok(Judged::Store { key: head.key, inbox, stamped: right.stamped, seq, seals: head.seal_count, window, sha256 })
    }

    /// Removed entries: the channel says through which seq, and was used when the newest of them came.
    pub(super) fn set_gone(&mut self, key: i64, through: u64, newest: Millis) -> Result<(), Down> {
        let name: ChannelId = self
            .conn
            .prepare_cached("UPDATE channel SET gone_through = ?2, used_ms = max(used_ms, ?3) WHERE channel = ?1 RETURNING name")?
            .query_row(params![key, number(through), number(newest.get())], |r| id32(r, 0))?;
        if let Some(head) = self.channels.heads.get(&name) {
            head.gone_through = through;
        }
        Ok(())
    }

    pub(super) fn set_floor(&mut self) -> Result<(), Down> {
        let floor = number(self.channels.accepted.get());
        self.conn.prepare_cached("UPDATE meta SET accept_floor_ms = ?1 WHERE id = 1")?.execute([floor])?;
        Ok(())
    }
}

/// Looks behind `read_to` for the id. The lag was bounded before.
fn known(conn: &Connection, key: i64, a: &Append) -> Result<Option<Judged>, Down> {
    let mut find = conn.prepare_cached(
        "SELECT seq, seal, accepted_ms, ciphertext FROM entry INDEXED BY entry_place \
         WHERE channel = ?1 AND seq > ?2 AND entry_id = ?3 LIMIT 1",
    )?;
    let found = find
        .query_row(params![key, number(a.read_to), a.entry_id.as_bytes()], |r| {
            let same = r.get::<_, bool>(1)? == a.seal && r.get_ref(3)?.as_blob()? == a.ciphertext.as_ref();
            Ok((r.get::<_, u64>(0)?, Millis::new(r.get(2)?), same))
        })
        .optional()?;
    Ok(match found {
        None => None,
        Some((_, _, false)) => Some(Judged::Refused(AppendRefused::Conflict)),
        Some((seq, accepted_at, true)) => {
            let seq = Seq::new(seq).ok_or_else(|| StoreDown::new("a seq outside its range"))?;
            Some(Judged::Again(Appended { seq, accepted_at, again: true }))
        }
    })
}

/// Quotas and rates. A seal has room where an entry has none, and a pace of its own (I4).
fn over_limit(head: &Head, count: u32, at: Millis, rules: &Rules, seal: bool) -> Option<Limited> {
    let kept = head.last - head.gone_through;
    match (head.class, seal) {
        (ChannelClass::Log, true) => {
            let ready = head.seal_at.plus(rules.seal_pause_ms);
            (head.seal_count >= u64::from(rules.free_seals) && at < ready).then(|| Limited {
                limit: Limit::SealPauseMs,
                value: rules.seal_pause_ms,
                retry_after_ms: Some(ready.since(at)),
            })
        }
        (ChannelClass::Log, false) => (kept >= rules.max_log_entries).then_some(Limited {
            limit: Limit::MaxLogEntries,
            value: rules.max_log_entries,
            retry_after_ms: None,
        }),
        (ChannelClass::Inbox, _) if kept >= rules.max_inbox_entries => {
            Some(Limited { limit: Limit::MaxInboxEntries, value: rules.max_inbox_entries, retry_after_ms: None })
        }
        (ChannelClass::Inbox, _) => (count >= rules.inbox_appends_per_token).then(|| Limited {
            limit: Limit::InboxAppendsPerToken,
            value: rules.inbox_appends_per_token.into(),
            retry_after_ms: Some(rules.inbox_window_ms - at.get() % rules.inbox_window_ms.max(1)),
        }),
    }
}

impl ChannelStore for SqliteStore {
    fn open(&mut self, now: Millis, rules: &Rules, request: &Open) -> Result<Result<Opened, OpenRefused>, StoreDown> {
        let mut work = || -> Result<Result<Opened, OpenRefused>, Down> {
            if let Some(head) = self.head(request.channel())? {
                let (key, opened) = (head.key, Opened { head: Seq::new(head.last), spent: false });
                self.touch(now, rules, ChannelKey::of_row(key))?;
                return Ok(Ok(opened));
            }
            let paid = match request.stamp() {
                Some(stamp) => self.spend_stamp(stamp)?,
                None => false,
            };
            if !paid {
                return Ok(Err(OpenRefused::Stamp));
            }
            self.conn
                .prepare_cached(
                    "INSERT INTO channel (name, class, read_token, gone_through, seal_seq, seal_count, seal_ms, used_ms) \
                 VALUES (?1, ?2, ?3, 0, 0, 0, 0, ?4)",
                )?
                .execute(params![
                    request.channel().as_bytes(),
                    request.class().code(),
                    request.read().as_bytes(),
                    number(now.max(self.channels.accepted).get())
                ])?;
            let key = self.conn.last_insert_rowid();
            let closed = request.class() == ChannelClass::Inbox && closed(&self.conn, request.channel())?;
            let rights = if closed { Vec::new() } else { request.append().to_vec() };
            for right in &rights {
                self.put_right(key, right)?;
            }
            let head = Head {
                key,
                class: request.class(),
                read: *request.read(),
                rights,
                last: 0,
                gone_through: 0,
                seal_seq: 0,
                seal_count: 0,
                seal_at: Millis::new(0),
            };
            self.channels.heads.insert(*request.channel(), head);
            Ok(Ok(Opened { head: None, spent: true }))
        };
        Ok(work()?)
    }

    fn append(&mut self, now: Millis, rules: &Rules, request: &Append) -> Result<Result<Appended, AppendRefused>, StoreDown> {
        let mut work = || -> Result<Result<Appended, AppendRefused>, Down> {
            let at = now.max(self.channels.accepted);
            let (key, inbox, stamped, seq, seals, window, sha256) = match self.judge(at, rules, request)? {
                Judged::Refused(why) => return Ok(Err(why)),
                Judged::Again(appended) => return Ok(Ok(appended)),
                Judged::Store { key, inbox, stamped, seq, seals, window, sha256 } => {
                    (key, inbox, stamped, seq, seals, window, sha256)
                }
            };
            if stamped {
                let paid = match &request.stamp {
                    Some(stamp) => self.spend_stamp(stamp)?,
                    None => false,
                };
                if !paid {
                    return Ok(Err(AppendRefused::Stamp));
                }
            }
            self.conn
                .prepare_cached(
                    "INSERT INTO entry (channel, seq, seal, accepted_ms, entry_id, ciphertext) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute(params![
                    key,
                    number(seq.get()),
                    request.seal,
                    number(at.get()),
                    request.entry_id.as_bytes(),
                    request.ciphertext.as_ref()
                ])?;
            if request.seal {
                self.conn
                    .prepare_cached("UPDATE channel SET seal_seq = ?2, seal_count = ?3, seal_ms = ?4 WHERE channel = ?1")?
                    .execute(params![key, number(seq.get()), number(seals + 1), number(at.get())])?;
            }
            self.channels.accepted = at;
            if let Some(head) = self.channels.heads.get(&request.channel) {
                head.last = seq.get();
                if request.seal {
                    (head.seal_seq, head.seal_count, head.seal_at) = (seq.get(), seals + 1, at);
                }
            }
            let appended = Appended { seq, accepted_at: at, again: false };
            if inbox {
                self.channels.remember(rules, key, window, request, appended, sha256);
            }
            Ok(Ok(appended))
        };
        Ok(work()?)
    }

    fn trim(&mut self, _now: Millis, request: &Trim) -> Result<Result<(), TrimRefused>, StoreDown> {
        let mut work = || -> Result<Result<(), TrimRefused>, Down> {
            let Some((key, class, last, gone)) = self.as_reader(&request.channel, &request.token)? else {
                return Ok(Err(TrimRefused::NotPermitted));
            };
            if class != ChannelClass::Inbox {
                return Ok(Err(TrimRefused::NotAnInbox));
            }
            let through = request.through.get();
            if through > last {
                return Ok(Err(TrimRefused::Ahead { head: last }));
            }
            if through <= gone {
                return Ok(Ok(()));
            }
            let newest: u64 = self
                .conn
                .prepare_cached("SELECT accepted_ms FROM entry WHERE channel = ?1 AND seq = ?2")?
                .query_row(params![key, number(through)], |r| r.get(0))?;
            self.conn
                .prepare_cached("DELETE FROM entry WHERE channel = ?1 AND seq <= ?2")?
                .execute(params![key, number(through)])?;
            self.set_gone(key, through, Millis::new(newest))?;
            self.set_floor()?;
            Ok(Ok(()))
        };
        Ok(work()?)
    }

    fn change_tokens(
        &mut self,
        now: Millis,
        rules: &Rules,
        request: &ChangeTokens,
    ) -> Result<Result<(), ChangeRefused>, StoreDown> {
        let mut work = || -> Result<Result<(), ChangeRefused>, Down> {
            let Some((key, class, ..)) = self.as_reader(&request.channel, &request.token)? else {
                return Ok(Err(ChangeRefused::NotPermitted));
            };
            if class != ChannelClass::Inbox {
                return Ok(Err(ChangeRefused::NotAnInbox));
            }
            let mut rights = self.head(&request.channel)?.map(|h| h.rights.clone()).unwrap_or_default();
            rights.retain(|r| !request.remove.contains(&r.token));
            for add in &request.add {
                rights.retain(|r| r.token != add.token);
                rights.push(*add);
            }
            if rights.len() > usize::try_from(rules.max_inbox_tokens).unwrap_or(usize::MAX) {
                let (limit, value) = (Limit::MaxInboxTokens, rules.max_inbox_tokens.into());
                return Ok(Err(ChangeRefused::Limit(Limited { limit, value, retry_after_ms: None })));
            }
            if !request.add.is_empty() && closed(&self.conn, &request.channel)? {
                return Ok(Err(ChangeRefused::Limit(Limited { limit: Limit::MaxInboxTokens, value: 0, retry_after_ms: None })));
            }
            for token in &request.remove {
                self.conn
                    .prepare_cached("DELETE FROM append_right WHERE channel = ?1 AND token = ?2")?
                    .execute(params![key, token.as_bytes()])?;
            }
            for add in &request.add {
                self.put_right(key, add)?;
            }
            self.touch(now, rules, ChannelKey::of_row(key))?;
            if let Some(head) = self.channels.heads.get(&request.channel) {
                head.rights = rights;
            }
            Ok(Ok(()))
        };
        Ok(work()?)
    }

    fn touch(&mut self, now: Millis, rules: &Rules, channel: ChannelKey) -> Result<(), StoreDown> {
        let work = || -> Result<(), Down> {
            let at = now.max(self.channels.accepted).get();
            let stale = at.saturating_sub(rules.reader_use_ms);
            self.conn
                .prepare_cached("UPDATE channel SET used_ms = ?2 WHERE channel = ?1 AND used_ms <= ?3")?
                .execute(params![channel.row(), number(at), number(stale)])?;
            Ok(())
        };
        Ok(work()?)
    }

    fn retire(&mut self, now: Millis, rules: &Rules, budget: u32) -> Result<Retired, StoreDown> {
        let mut work = || -> Result<Retired, Down> {
            let entries = self.retire_entries(now, rules, budget)?;
            let left = budget.saturating_sub(u32::try_from(entries).unwrap_or(u32::MAX));
            let channels = if left > 0 { self.retire_channels(now, rules, left)? } else { 0 };
            Ok(Retired { entries, channels })
        };
        Ok(work()?)
    }
}

impl SqliteStore {
    /// Withdraws every right to append to an inbox. A channel that is not there, or is a log, is left alone.
    pub(super) fn close_inbox(&mut self, channel: &ChannelId) -> Result<(), Down> {
        let sql = "DELETE FROM append_right WHERE channel = (SELECT channel FROM channel WHERE name = ?1 AND class = 2)";
        if self.conn.prepare_cached(sql)?.execute([channel.as_bytes()])? > 0
            && let Some(head) = self.channels.heads.get(channel)
        {
            head.rights = Vec::new();
        }
        Ok(())
    }

    fn put_right(&mut self, key: i64, right: &Right) -> Result<(), Down> {
        self.conn
            .prepare_cached("INSERT OR REPLACE INTO append_right (channel, token, stamped) VALUES (?1, ?2, ?3)")?
            .execute(params![key, right.token.as_bytes(), right.stamped])?;
        Ok(())
    }

    /// Key, class, last seq and what is gone, for whoever holds the read token.
    fn as_reader(&mut self, channel: &ChannelId, token: &TokenHash) -> Result<Option<(i64, ChannelClass, u64, u64)>, Down> {
        let head = self.head(channel)?;
        let read = head.as_ref().map_or(TokenHash::new([0; 32]), |h| h.read);
        let good = read.ct_matches(token);
        Ok(head.filter(|_| good).map(|h| (h.key, h.class, h.last, h.gone_through)))
    }
}
