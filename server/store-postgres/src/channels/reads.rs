//! What readers ask of channels. Each answer comes from one snapshot.

use crate::PgReads;
use crate::sql::{Cells as _, Conn, Sql, accepted, all, by, exists, int, lies, one, only, params, snapshot};
use lacre_ground::head::{HashIds, Ids};
use lacre_ground::ids::{ChannelClass, ChannelId, EntryId, Seq, TokenHash};
use lacre_ground::time::Millis;
use lacre_store::channels::{
    Admitted, Asked, ChannelKey, HeldRefused, NotPermitted, Page, PageLimits, StatusRefused, StoredEntry,
};
use lacre_store::rules::Rules;
use lacre_store::{ChannelReads, StoreDown};
use prost::bytes::Bytes;
use std::collections::HashMap;
use subtle::ConstantTimeEq as _;
use tokio_postgres::Row;

struct Found {
    key: i64,
    class: ChannelClass,
    read: TokenHash,
    gone_through: u64,
    used_ms: u64,
    last: u64,
}

fn find(conn: &Conn, channel: &ChannelId) -> Sql<Option<Found>> {
    let sql = "SELECT channel, class, read_token, gone_through, used_ms, last FROM channel WHERE name = $1";
    one(conn, sql, params![by(channel.as_bytes())], |r| {
        Ok(Found {
            key: r.cell(0)?,
            class: r.class(1)?,
            read: r.id(2)?,
            gone_through: r.number(3)?,
            used_ms: r.number(4)?,
            last: r.number(5)?,
        })
    })
}

/// From this column on.
fn entry_of(row: &Row, at: usize) -> Sql<StoredEntry> {
    Ok(StoredEntry {
        seq: row.seq(at)?,
        seal: row.cell(at + 1)?,
        accepted_at: Millis::new(row.number(at + 2)?),
        entry_id: row.id(at + 3)?,
        ciphertext: Bytes::copy_from_slice(row.cell(at + 4)?),
    })
}

const NOBODY: TokenHash = TokenHash::new([0; 32]);

/// A channel's state and its entries from a place on, in one statement: cut after the entry that reaches so many bytes.
fn page_of(class: ChannelClass) -> String {
    let ((table, seal), accepted) = (lies(class), accepted(class));
    format!(
        "SELECT c.gone_through, c.last, e.seq, e.seal, e.accepted_ms, e.entry_id, e.ciphertext FROM channel c LEFT JOIN LATERAL (
           SELECT * FROM (
             SELECT seq, seal, accepted_ms, entry_id, ciphertext,
                    sum(octet_length(ciphertext)) OVER (ORDER BY seq) - octet_length(ciphertext) AS before FROM (
               SELECT seq, {seal} AS seal, {accepted} AS accepted_ms, entry_id, ciphertext FROM {table}
               WHERE {table}.channel = $1 AND seq >= $2 ORDER BY seq LIMIT $3) first
           ) counted WHERE before < $4
         ) e ON true WHERE c.channel = $1 ORDER BY e.seq"
    )
}

impl ChannelReads for PgReads {
    fn admit(
        &self,
        now: Millis,
        rules: &Rules,
        channel: &ChannelId,
        token: &TokenHash,
    ) -> Result<Result<Admitted, NotPermitted>, StoreDown> {
        let found = self.with(|conn| find(conn, channel))?;
        let good = found.as_ref().map_or(&NOBODY, |f| &f.read).ct_matches(token);
        let Some(found) = found.filter(|_| good) else { return Ok(Err(NotPermitted)) };
        let inbox = found.class.has_one_reader();
        let touch = inbox && now.get().saturating_sub(rules.reader_use_ms) >= found.used_ms;
        Ok(Ok(Admitted { key: ChannelKey::of_row(found.key), head: found.last, inbox, touch }))
    }

    fn page(&self, channel: ChannelKey, from: Seq, limits: PageLimits) -> Result<Page, StoreDown> {
        self.with(|conn| {
            let nothing = Page { entries: Vec::new(), head: 0, gone_through: 0 };
            // a channel's class never changes
            let class = one(conn, "SELECT class FROM channel WHERE channel = $1", params![channel.row()], |r| r.class(0))?;
            let Some(class) = class else { return Ok(nothing) };
            let row = params![channel.row(), int(from.get()), i64::from(limits.entries), i64::from(limits.bytes).max(1)];
            let rows = conn.rows(&page_of(class), row)?;
            let Some(state) = rows.first() else { return Ok(nothing) };
            let (gone_through, head) = (state.number(0)?, state.number(1)?);
            let mut entries = Vec::with_capacity(rows.len());
            for row in &rows {
                if row.cell::<Option<i64>>(2)?.is_some() {
                    entries.push(entry_of(row, 2)?);
                }
            }
            Ok(Page { entries, head, gone_through })
        })
    }

    fn heads(&self, channels: &[ChannelKey]) -> Result<Vec<u64>, StoreDown> {
        let keys: Vec<i64> = channels.iter().map(|key| key.row()).collect();
        let sql = "SELECT channel, last FROM channel WHERE channel = ANY($1)";
        let heads = self.with(|conn| all(conn, sql, params![keys], |r| Ok((r.cell::<i64>(0)?, r.number(1)?))))?;
        let heads: HashMap<i64, u64> = heads.into_iter().collect();
        Ok(keys.iter().map(|key| heads.get(key).copied().unwrap_or(0)).collect())
    }

    fn rights(&self, channel: ChannelKey) -> Result<u32, StoreDown> {
        let sql = "SELECT count(*) FROM append_right WHERE channel = $1";
        self.with(|conn| only(conn, sql, params![channel.row()], |r| r.small(0)))
    }

    fn held(&self, rules: &Rules, channel: &ChannelId, token: &TokenHash) -> Result<Result<Ids, HeldRefused>, StoreDown> {
        self.with(|conn| {
            snapshot(conn, || {
                let found = find(conn, channel)?;
                let good = found.as_ref().map_or(&NOBODY, |f| &f.read).ct_matches(token);
                let hers = found.filter(|f| good && f.class == ChannelClass::Casilla);
                let Some(found) = hers else { return Ok(Err(HeldRefused::NotPermitted)) };
                let sql = "SELECT count(*) FROM kept_id WHERE channel = $1";
                let count = only(conn, sql, params![found.key], |r| r.number(0))?;
                if let Err(refused) = HeldRefused::judge(count, rules) {
                    return Ok(Err(refused));
                }
                let mut ids = HashIds::of(count);
                let sql = "SELECT entry_id FROM kept_id WHERE channel = $1 ORDER BY entry_id";
                for id in all(conn, sql, params![found.key], |r| r.id(0))? {
                    ids.push(&id);
                }
                Ok(Ok(ids.finish()))
            })
        })
    }

    fn entry(&self, asked: &Asked) -> Result<Result<StoredEntry, StatusRefused>, StoreDown> {
        self.with(|conn| {
            snapshot(conn, || {
                let found = find(conn, &asked.channel)?;
                let reads = found.as_ref().map_or(&NOBODY, |f| &f.read).ct_matches(&asked.token);
                // found by what was shown: an inbox with many rights takes as long as one with few
                let sql = "SELECT 1 FROM append_right WHERE channel = $1 AND token = $2";
                let key = found.as_ref().map_or(0, |f| f.key);
                let writes = exists(conn, sql, params![key, by(asked.token.as_bytes())])?;
                let good = reads | writes;
                let Some(found) = found.filter(|_| good) else { return Ok(Err(StatusRefused::NotPermitted)) };
                if found.class.has_one_reader() && !reads && !names(conn, &found, asked)? {
                    return Ok(Err(StatusRefused::NotNamed));
                }
                let ((table, seal), accepted) = (lies(found.class), accepted(found.class));
                let sql =
                    format!("SELECT seq, {seal}, {accepted}, entry_id, ciphertext FROM {table} WHERE channel = $1 AND seq = $2");
                let entry = one(conn, &sql, params![found.key, int(asked.seq.get())], |r| entry_of(r, 0))?;
                Ok(entry.ok_or(StatusRefused::NoEntry { gone_through: found.gone_through, head: found.last }))
            })
        })
    }
}

/// Whether the entry in this place is kept and has the id that was named. A place that is gone, or not reached yet, costs the
/// same look at the entry that is nearest to it: the time tells no more than the answer.
fn names(conn: &Conn, found: &Found, asked: &Asked) -> Sql<bool> {
    let nearest = asked.seq.get().max(found.gone_through + 1).min(found.last);
    let sql = format!("SELECT entry_id FROM {} WHERE channel = $1 AND seq = $2", lies(found.class).0);
    let there: Option<EntryId> = one(conn, &sql, params![found.key, int(nearest)], |r| r.id(0))?;
    let same = there.zip(asked.named).is_some_and(|(there, named)| there.as_bytes().ct_eq(named.as_bytes()).into());
    Ok(same && nearest == asked.seq.get())
}
