//! What readers ask of channels. Each answer comes from one snapshot.

use super::super::SqliteReads;
use super::super::rows::{LAST, accepted, class_of, id32, lies, number, seq_of, snapshot};
use crate::Down;
use lacre_ground::head::{HashIds, Ids};
use lacre_ground::ids::{ChannelClass, ChannelId, EntryId, Seq, TokenHash};
use lacre_ground::time::Millis;
use lacre_store::channels::{
    Admitted, Asked, ChannelKey, HeldRefused, NotPermitted, Page, PageLimits, StatusRefused, StoredEntry,
};
use lacre_store::rules::Rules;
use lacre_store::{ChannelReads, StoreDown};
use prost::bytes::Bytes;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use subtle::ConstantTimeEq as _;

struct Found {
    key: i64,
    class: ChannelClass,
    read: TokenHash,
    gone_through: u64,
    used_ms: u64,
    last: u64,
}

fn find(conn: &Connection, channel: &ChannelId) -> rusqlite::Result<Option<Found>> {
    conn.prepare_cached(&format!(
        "SELECT channel, class, read_token, gone_through, used_ms, {LAST} FROM channel c WHERE name = ?1"
    ))?
    .query_row([channel.as_bytes()], |r| {
        let gone_through: u64 = r.get(3)?;
        Ok(Found {
            key: r.get(0)?,
            class: class_of(r.get(1)?),
            read: id32(r, 2)?,
            gone_through,
            used_ms: r.get(4)?,
            last: r.get::<_, Option<u64>>(5)?.unwrap_or(0).max(gone_through),
        })
    })
    .optional()
}

fn entry_of(row: &Row<'_>) -> rusqlite::Result<StoredEntry> {
    Ok(StoredEntry {
        seq: seq_of(row, 0)?,
        seal: row.get(1)?,
        accepted_at: Millis::new(row.get(2)?),
        entry_id: id32(row, 3)?,
        ciphertext: Bytes::copy_from_slice(row.get_ref(4)?.as_blob()?),
    })
}

const NOBODY: TokenHash = TokenHash::new([0; 32]);

impl ChannelReads for SqliteReads {
    fn admit(
        &self,
        now: Millis,
        rules: &Rules,
        channel: &ChannelId,
        token: &TokenHash,
    ) -> Result<Result<Admitted, NotPermitted>, StoreDown> {
        let work = || -> Result<Result<Admitted, NotPermitted>, Down> {
            let found = self.with(|conn| find(conn, channel))?;
            let good = found.as_ref().map_or(&NOBODY, |f| &f.read).ct_matches(token);
            let Some(found) = found.filter(|_| good) else { return Ok(Err(NotPermitted)) };
            let inbox = found.class.has_one_reader();
            let touch = inbox && now.get().saturating_sub(rules.reader_use_ms) >= found.used_ms;
            Ok(Ok(Admitted { key: ChannelKey::of_row(found.key), head: found.last, inbox, touch }))
        };
        Ok(work()?)
    }

    fn page(&self, channel: ChannelKey, from: Seq, limits: PageLimits) -> Result<Page, StoreDown> {
        let work = || -> Result<Page, Down> {
            self.with(|conn| {
                snapshot(conn, || {
                    let state = conn
                        .prepare_cached(&format!("SELECT gone_through, {LAST}, class FROM channel c WHERE channel = ?1"))?
                        .query_row([channel.row()], |r| {
                            Ok((r.get::<_, u64>(0)?, r.get::<_, Option<u64>>(1)?, class_of(r.get(2)?)))
                        })
                        .optional()?;
                    let (gone_through, last, class) = state.unwrap_or((0, None, ChannelClass::Log));
                    let ((table, place, seal), accepted) = (lies(class), accepted(class));
                    let mut page = Page { entries: Vec::new(), head: last.unwrap_or(0).max(gone_through), gone_through };
                    if from.get() > page.head {
                        return Ok(page);
                    }
                    let mut select = conn.prepare_cached(&format!(
                        "SELECT seq, {seal}, {accepted}, entry_id, ciphertext FROM {table} INDEXED BY {place} \
                     WHERE channel = ?1 AND seq >= ?2 ORDER BY seq LIMIT ?3"
                    ))?;
                    let mut rows = select.query(params![channel.row(), number(from.get()), limits.entries])?;
                    let mut bytes = 0;
                    while let Some(row) = rows.next()? {
                        let entry = entry_of(row)?;
                        bytes += entry.ciphertext.len();
                        page.entries.push(entry);
                        if bytes >= usize::try_from(limits.bytes).unwrap_or(usize::MAX) {
                            break;
                        }
                    }
                    Ok(page)
                })
            })
        };
        Ok(work()?)
    }

    fn heads(&self, channels: &[ChannelKey]) -> Result<Vec<u64>, StoreDown> {
        let work = || -> Result<Vec<u64>, Down> {
            self.with(|conn| {
                let sql = format!("SELECT gone_through, {LAST} FROM channel c WHERE channel = ?1");
                let mut select = conn.prepare_cached(&sql)?;
                let mut head = |key: &ChannelKey| {
                    let read = |r: &Row<'_>| Ok((r.get::<_, u64>(0)?, r.get::<_, Option<u64>>(1)?));
                    let state = select.query_row([key.row()], read).optional()?;
                    Ok(state.map_or(0, |(gone_through, last)| last.unwrap_or(0).max(gone_through)))
                };
                channels.iter().map(&mut head).collect()
            })
        };
        Ok(work()?)
    }

    fn rights(&self, channel: ChannelKey) -> Result<u32, StoreDown> {
        let work = || -> Result<u32, Down> {
            self.with(|conn| {
                conn.prepare_cached("SELECT count(*) FROM append_right WHERE channel = ?1")?
                    .query_row([channel.row()], |r| r.get(0))
            })
        };
        Ok(work()?)
    }

    fn held(&self, rules: &Rules, channel: &ChannelId, token: &TokenHash) -> Result<Result<Ids, HeldRefused>, StoreDown> {
        let work = || -> Result<Result<Ids, HeldRefused>, Down> {
            self.with(|conn| {
                snapshot(conn, || {
                    let found = find(conn, channel)?;
                    let good = found.as_ref().map_or(&NOBODY, |f| &f.read).ct_matches(token);
                    let hers = found.filter(|f| good && f.class == ChannelClass::Casilla);
                    let Some(found) = hers else { return Ok(Err(HeldRefused::NotPermitted)) };
                    let count = conn
                        .prepare_cached("SELECT count(*) FROM kept_id WHERE channel = ?1")?
                        .query_row([found.key], |r| r.get(0))?;
                    if let Err(refused) = HeldRefused::judge(count, rules) {
                        return Ok(Err(refused));
                    }
                    // they lie in their order: no list of them is made
                    let mut ids = HashIds::of(count);
                    let sql = "SELECT entry_id FROM kept_id WHERE channel = ?1 ORDER BY entry_id";
                    let mut select = conn.prepare_cached(sql)?;
                    let mut rows = select.query([found.key])?;
                    while let Some(row) = rows.next()? {
                        ids.push(&id32(row, 0)?);
                    }
                    Ok(Ok(ids.finish()))
                })
            })
        };
        Ok(work()?)
    }

    fn entry(&self, asked: &Asked) -> Result<Result<StoredEntry, StatusRefused>, StoreDown> {
        let work = || -> Result<Result<StoredEntry, StatusRefused>, Down> {
            self.with(|conn| {
                snapshot(conn, || {
                    let found = find(conn, &asked.channel)?;
                    let reads = found.as_ref().map_or(&NOBODY, |f| &f.read).ct_matches(&asked.token);
                    // found by what was shown: an inbox with many rights takes as long as one with few
                    let writes = conn
                        .prepare_cached("SELECT 1 FROM append_right WHERE channel = ?1 AND token = ?2")?
                        .exists(params![found.as_ref().map_or(0, |f| f.key), asked.token.as_bytes()])?;
                    let good = reads | writes;
                    let Some(found) = found.filter(|_| good) else { return Ok(Err(StatusRefused::NotPermitted)) };
                    if found.class.has_one_reader() && !reads && !names(conn, &found, asked)? {
                        return Ok(Err(StatusRefused::NotNamed));
                    }
                    let ((table, _, seal), accepted) = (lies(found.class), accepted(found.class));
                    let entry = conn
                        .prepare_cached(&format!(
                            "SELECT seq, {seal}, {accepted}, entry_id, ciphertext FROM {table} WHERE channel = ?1 AND seq = ?2"
                        ))?
                        .query_row(params![found.key, number(asked.seq.get())], entry_of)
                        .optional()?;
                    Ok(entry.ok_or(StatusRefused::NoEntry { gone_through: found.gone_through, head: found.last }))
                })
            })
        };
        Ok(work()?)
    }
}

/// Whether the entry in this place is kept and has the id that was named. A place that is gone, or not reached yet, costs the
/// same look at the entry that is nearest to it: the time tells no more than the answer.
fn names(conn: &Connection, found: &Found, asked: &Asked) -> rusqlite::Result<bool> {
    let nearest = asked.seq.get().max(found.gone_through + 1).min(found.last);
    let (table, place, _) = lies(found.class);
    let there: Option<EntryId> = conn
        .prepare_cached(&format!("SELECT entry_id FROM {table} INDEXED BY {place} WHERE channel = ?1 AND seq = ?2"))?
        .query_row(params![found.key, number(nearest)], |r| id32(r, 0))
        .optional()?;
    let same = there.zip(asked.named).is_some_and(|(there, named)| there.as_bytes().ct_eq(named.as_bytes()).into());
    Ok(same && nearest == asked.seq.get())
}
