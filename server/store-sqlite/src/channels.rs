//! Channels in SQLite: what is looked up for [`lacre_store::judge`], and what is written then.

mod memory;
mod reads;

use super::SqliteStore;
use super::rows::{class_of, id32, number, run, seq_of};
use crate::Down;
use crate::db::Conn;
use lacre_ground::ids::{ChannelClass, ChannelId, Seq};
use lacre_ground::time::Millis;
use lacre_store::channels::{
    Append, AppendRefused, Appended, ChangeRefused, ChangeTokens, ChannelKey, Open, OpenRefused, Opened, Retired, Right,
    TOLD_BACK_MS, Trim, TrimRefused,
};
use lacre_store::judge::{self, First, Head, Judged, Look, Seen};
use lacre_store::rules::Rules;
use lacre_store::{ChannelStore, StoreDown};
use lacre_store_sql::accounts::{pay, spend_stamp};
use lacre_store_sql::channels::{Channels as _, table};
use lacre_store_sql::notices::Kept;
use lacre_store_sql::rights::{Rights, closed, put_right};
use lacre_store_sql::who::stamp_there;
use lacre_store_sql::{Db as _, values};
use memory::Arrival;
pub(super) use memory::Memory;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use sha2::{Digest as _, Sha256};

fn load_head(conn: &Connection, channel: &ChannelId) -> rusqlite::Result<Option<Head>> {
    let head = conn
        .prepare_cached(&format!(
            "SELECT channel, class, read_token, gone_through, seal_seq, seal_count, seal_ms, gone_bytes, {} \
             FROM channel c WHERE name = ?1",
            Conn::HEAD
        ))?
        .query_row([channel.as_bytes()], |r| {
            let (gone_through, gone_bytes): (u64, u64) = (r.get(3)?, r.get(7)?);
            Ok(Head {
                key: ChannelKey::of_row(r.get(0)?),
                class: class_of(r.get(1)?),
                read: id32(r, 2)?,
                rights: Vec::new(),
                last: r.get(8)?,
                gone_through,
                bytes: gone_bytes,
                gone_bytes,
                seal_seq: r.get(4)?,
                seal_count: r.get(5)?,
                seal_at: Millis::new(r.get(6)?),
            })
        })
        .optional()?;
    let Some(mut head) = head else { return Ok(None) };
    let table = table(head.class);
    let last = conn
        .prepare_cached(&format!("SELECT through_bytes FROM {table} WHERE channel = ?1 AND seq = ?2"))?
        .query_row(params![head.key.row(), number(head.last)], |r| r.get(0))
        .optional()?;
    head.bytes = last.unwrap_or(head.gone_bytes);
    let mut rights = conn.prepare_cached("SELECT token, stamped, once FROM append_right WHERE channel = ?1 ORDER BY token")?;
    head.rights = rights
        .query_map([head.key.row()], |r| Ok(Right { token: id32(r, 0)?, stamped: r.get(1)?, once: r.get(2)? }))?
        .collect::<rusqlite::Result<Vec<Right>>>()?;
    Ok(Some(head))
}

impl SqliteStore {
    /// The head of a channel, from memory or from the tables.
    pub(super) fn head_of(&mut self, channel: &ChannelId) -> Result<Option<&Head>, Down> {
        if self.channels.heads.get(channel).is_none() {
            match load_head(&self.conn, channel)? {
                None => return Ok(None),
                Some(head) => self.channels.heads.insert(*channel, head),
            }
        }
        Ok(self.channels.heads.newest(channel))
    }

    /// The head of a channel, and what an append to it must have seen.
    fn judge(&mut self, now: Millis, rules: &Rules, a: &Append) -> Result<(Judged, Option<Arrival>), Down> {
        self.head_of(&a.channel)?;
        let Self { conn, channels: memory, .. } = self;
        let head = memory.heads.newest(&a.channel);
        let need = judge::needs(head, rules, a);
        let (mut seen, mut arrival) = (Seen::default(), None);
        match need.look {
            Look::Nowhere => {}
            Look::Behind(key, read_to) => seen.first = behind(conn, key, read_to, a)?,
            Look::Kept(key) => (seen.first, seen.count) = kept(conn, key, a)?,
            Look::Recent(key) => {
                let new = Arrival::of(key, judge::window(rules, now), a);
                (seen.first, seen.count) = memory.look(&new);
                arrival = Some(new);
            }
        }
        if let Some(stamp) = need.stamp {
            seen.stamp = stamp_there(conn, stamp)?;
        }
        Ok((judge::judge(&need, &seen, rules, now, a), arrival))
    }

    /// Removed entries: the channel says through which, and was used when that came.
    pub(super) fn set_gone(&mut self, key: ChannelKey, last: &Gone) -> Result<(), Down> {
        let name: ChannelId = self
            .conn
            .prepare_cached(
                "UPDATE channel SET gone_through = ?2, used_ms = max(used_ms, ?3), gone_bytes = ?4 WHERE channel = ?1 \
                 RETURNING name",
            )?
            .query_row(params![key.row(), number(last.seq), number(last.accepted_ms), number(last.bytes)], |r| id32(r, 0))?;
        if let Some(head) = self.channels.heads.get(&name) {
            (head.gone_through, head.gone_bytes) = (last.seq, last.bytes);
        }
        Ok(())
    }

    pub(super) fn set_floor(&mut self) -> Result<(), Down> {
        let floor = number(self.channels.accepted.get());
        self.conn.prepare_cached("UPDATE meta SET accept_floor_ms = ?1 WHERE id = 1")?.execute([floor])?;
        self.channels.floor = self.channels.accepted;
        Ok(())
    }
}

/// The newest of a channel's entries that are removed.
pub(super) struct Gone {
    pub(super) seq: u64,
    pub(super) accepted_ms: u64,
    /// of it and all before it
    pub(super) bytes: u64,
}

/// Looks behind `read_to` for the id.
fn behind(conn: &Connection, key: ChannelKey, read_to: u64, a: &Append) -> rusqlite::Result<Option<First>> {
    let mut find = conn.prepare_cached(
        "SELECT seq, seal, accepted_ms, ciphertext FROM entry INDEXED BY entry_place \
         WHERE channel = ?1 AND seq > ?2 AND entry_id = ?3 LIMIT 1",
    )?;
    let first = |r: &Row<'_>| {
        let same_bytes = r.get_ref(3)?.as_blob()? == a.ciphertext.as_ref();
        Ok(First { seq: seq_of(r, 0)?, seal: r.get(1)?, accepted_at: Millis::new(r.get(2)?), same_bytes })
    };
    find.query_row(params![key.row(), number(read_to), a.entry_id.as_bytes()], first).optional()
}

/// Looks among all ids of a return channel, and how often the right was used.
fn kept(conn: &Connection, key: ChannelKey, a: &Append) -> rusqlite::Result<(Option<First>, u32)> {
    let digest: [u8; 32] = Sha256::digest(&a.ciphertext).into();
    let first = |r: &Row<'_>| {
        let same_bytes = r.get::<_, [u8; 32]>(2)? == digest;
        Ok(First { seq: seq_of(r, 0)?, seal: false, accepted_at: Millis::new(r.get(1)?), same_bytes })
    };
    let first = conn
        .prepare_cached("SELECT seq, accepted_ms, digest FROM kept_id WHERE channel = ?1 AND entry_id = ?2")?
        .query_row(params![key.row(), a.entry_id.as_bytes()], first)
        .optional()?;
    let used = conn
        .prepare_cached("SELECT used FROM append_right WHERE channel = ?1 AND token = ?2")?
        .query_row(params![key.row(), a.token.as_bytes()], |r| r.get(0))
        .optional()?;
    Ok((first, used.unwrap_or(0)))
}

impl Rights for SqliteStore {
    fn lock_channels(&mut self, _: &[ChannelId]) -> Result<(), Down> {
        // nobody else writes
        Ok(())
    }

    fn withdraw(&mut self, channels: &[ChannelId], class: ChannelClass) -> Result<(), Down> {
        let sql = "DELETE FROM append_right WHERE channel = (SELECT channel FROM channel WHERE name = ?1 AND class = ?2)";
        for channel in channels {
            if self.conn.run(sql, values![channel.as_bytes(), class.code()])? > 0
                && let Some(head) = self.channels.heads.get(channel)
            {
                head.rights = Vec::new();
            }
        }
        Ok(())
    }
}

impl ChannelStore for SqliteStore {
    fn open(&mut self, now: Millis, rules: &Rules, request: &Open) -> Result<Result<Opened, OpenRefused>, StoreDown> {
        let mut work = || -> Result<Result<Opened, OpenRefused>, Down> {
            if let Some(head) = self.head_of(request.channel())? {
                let (key, opened) = (head.key, Opened { head: Seq::new(head.last), spent: false });
                self.touch(now, rules, key)?;
                return Ok(Ok(opened));
            }
            if !pay(self, request.stamp())? {
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
                    number(now.get())
                ])?;
            let key = ChannelKey::of_row(self.conn.last_insert_rowid());
            let rights = judge::rights_at_open(request, closed(&self.conn, request.channel())?);
            for right in &rights {
                put_right(&self.conn, key, right)?;
            }
            self.channels.heads.insert(*request.channel(), Head::opened(key, request, rights));
            Ok(Ok(Opened { head: None, spent: true }))
        };
        Ok(work()?)
    }

    fn append(&mut self, now: Millis, rules: &Rules, request: &Append) -> Result<Result<Appended, AppendRefused>, StoreDown> {
        let mut work = || -> Result<Result<Appended, AppendRefused>, Down> {
            let at = now.max(self.channels.accepted);
            let (seq, spends, arrival) = match self.judge(now, rules, request)? {
                (Judged::Refused(why), _) => return Ok(Err(why)),
                (Judged::Again(appended), _) => return Ok(Ok(appended)),
                (Judged::Store { seq, spends }, arrival) => (seq, spends, arrival),
            };
            if spends && let Some(stamp) = &request.stamp {
                spend_stamp(self, stamp)?;
            }
            if self.channels.heads.newest(&request.channel).is_some_and(|head| head.class == ChannelClass::Return) {
                self.put_back(at, request)?;
                return Ok(Ok(Appended { seq, accepted_at: at, again: false }));
            }
            let Self { conn, channels: memory, .. } = self;
            let Some(head) = memory.heads.get(&request.channel) else { return Err(StoreDown::new("judged and gone").into()) };
            head.moves_on(seq, request, now);
            conn.prepare_cached(
                "INSERT INTO entry (channel, seq, seal, accepted_ms, entry_id, ciphertext, through_bytes) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                head.key.row(),
                number(seq.get()),
                request.seal,
                number(at.get()),
                request.entry_id.as_bytes(),
                request.ciphertext.as_ref(),
                number(head.bytes)
            ])?;
            if request.seal {
                conn.prepare_cached("UPDATE channel SET seal_seq = ?2, seal_count = ?3, seal_ms = ?4 WHERE channel = ?1")?
                    .execute(params![head.key.row(), number(seq.get()), number(head.seal_count), number(now.get())])?;
            }
            memory.accepted = at;
            let appended = Appended { seq, accepted_at: at, again: false };
            if let Some(arrival) = arrival {
                memory.remember(rules, arrival, appended);
            }
            Ok(Ok(appended))
        };
        Ok(work()?)
    }

    fn trim(&mut self, request: &Trim) -> Result<Result<(), TrimRefused>, StoreDown> {
        let mut work = || -> Result<Result<(), TrimRefused>, Down> {
            let head = judge::as_reader(self.head_of(&request.channel)?, &request.token);
            let table = table(head.map_or(ChannelClass::Log, |head| head.class));
            let (key, through) = match judge::trim(head, request) {
                Ok(Some(place)) => place,
                Ok(None) => return Ok(Ok(())),
                Err(refused) => return Ok(Err(refused)),
            };
            let seq = through.get();
            let last = self
                .conn
                .prepare_cached(&format!("SELECT accepted_ms, through_bytes FROM {table} WHERE channel = ?1 AND seq = ?2"))?
                .query_row(params![key.row(), number(seq)], |r| Ok(Gone { seq, accepted_ms: r.get(0)?, bytes: r.get(1)? }))?;
            self.conn
                .prepare_cached(&format!("DELETE FROM {table} WHERE channel = ?1 AND seq <= ?2"))?
                .execute(params![key.row(), number(through.get())])?;
            self.set_gone(key, &last)?;
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
            let closed = closed(&self.conn, &request.channel)?;
            let head = judge::as_reader(self.head_of(&request.channel)?, &request.token);
            let (key, rights) = match judge::change(head, closed, rules, request) {
                Ok(changed) => changed,
                Err(refused) => return Ok(Err(refused)),
            };
            for token in &request.remove {
                self.conn
                    .prepare_cached("DELETE FROM append_right WHERE channel = ?1 AND token = ?2")?
                    .execute(params![key.row(), token.as_bytes()])?;
            }
            for add in &request.add {
                put_right(&self.conn, key, add)?;
            }
            self.touch(now, rules, key)?;
            if let Some(head) = self.channels.heads.get(&request.channel) {
                head.rights = rights;
            }
            Ok(Ok(()))
        };
        Ok(work()?)
    }

    fn touch(&mut self, now: Millis, rules: &Rules, channel: ChannelKey) -> Result<(), StoreDown> {
        let work = || -> Result<(), Down> {
            let at = now.get();
            let stale = at.saturating_sub(rules.reader_use_ms);
            self.conn
                .prepare_cached("UPDATE channel SET used_ms = ?2 WHERE channel = ?1 AND used_ms <= ?3")?
                .execute(params![channel.row(), number(at), number(stale)])?;
            Ok(())
        };
        Ok(work()?)
    }

    fn tell_time(&mut self, now: Millis) -> Result<Millis, StoreDown> {
        let mut work = || -> Result<Millis, Down> {
            let at = self.channels.accepted.max(now);
            self.channels.accepted = at;
            if at.since(self.channels.floor) > TOLD_BACK_MS {
                self.set_floor()?;
            }
            Ok(at)
        };
        Ok(work()?)
    }

    fn retire(&mut self, now: Millis, rules: &Rules, budget: u32) -> Result<Retired, StoreDown> {
        let mut work = || -> Result<Retired, Down> {
            let mut entries = 0;
            for (table, retention) in [("entry", rules.entry_retention_ms), ("kept_entry", rules.kept_retention_ms)] {
                let left = budget.saturating_sub(u32::try_from(entries).unwrap_or(u32::MAX));
                entries += self.retire_entries(now, table, retention, left)?;
            }
            let left = budget.saturating_sub(u32::try_from(entries).unwrap_or(u32::MAX));
            let channels = if left > 0 { self.retire_channels(now, rules, left)? } else { 0 };
            Ok(Retired { entries, channels })
        };
        Ok(work()?)
    }
}

impl SqliteStore {
    /// Puts an entry behind the head of a casilla or a return channel, which was looked at last.
    pub(super) fn put_kept(&mut self, at: Millis, kept: &Kept, ciphertext: &[u8]) -> Result<ChannelKey, Down> {
        let Self { conn, channels: memory, .. } = self;
        let Some(head) = memory.heads.get(&kept.channel) else { return Err(StoreDown::new("judged and gone").into()) };
        let seq = Seq::new(head.last + 1).ok_or_else(|| StoreDown::new("no seq is left"))?;
        head.grows(seq, u64::try_from(ciphertext.len()).unwrap_or(u64::MAX));
        let (key, entry, accepted) = (head.key.row(), kept.entry_id.as_bytes(), number(at.get()));
        let sql = "INSERT INTO kept_entry (channel, seq, accepted_ms, entry_id, ciphertext, through_bytes)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        run(conn, sql, params![key, number(seq.get()), accepted, entry, ciphertext, number(head.bytes)])?;
        let sql = "INSERT INTO kept_id (channel, entry_id, seq, accepted_ms, digest, token, last_resort)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let token = kept.token.as_bytes();
        run(conn, sql, params![key, entry, number(seq.get()), accepted, kept.digest, token, kept.last_resort])?;
        let key = head.key;
        memory.accepted = at;
        Ok(key)
    }

    /// An append to a return channel that was judged.
    fn put_back(&mut self, at: Millis, a: &Append) -> Result<(), Down> {
        let digest = Sha256::digest(&a.ciphertext).into();
        let kept = Kept { channel: a.channel, entry_id: a.entry_id, token: a.token, digest, last_resort: false };
        let key = self.put_kept(at, &kept, &a.ciphertext)?;
        self.conn
            .prepare_cached("UPDATE append_right SET used = used + 1 WHERE channel = ?1 AND token = ?2")?
            .execute(params![key.row(), a.token.as_bytes()])?;
        Ok(())
    }
}
