//! What readers ask of channels. Each answer comes from one committed state.

use crate::rows::{Cells as _, Row};
use crate::{Db, Sql, values};
use lacre_ground::head::{HashIds, Ids};
use lacre_ground::ids::{ChannelClass, ChannelId, EntryId, Seq, TokenHash};
use lacre_ground::time::Millis;
use lacre_store::StoreDown;
use lacre_store::channels::{
    Admitted, Asked, ChannelKey, HeldRefused, NotPermitted, Page, PageLimits, StatusRefused, StoredEntry,
};
use lacre_store::rules::Rules;
use prost::bytes::Bytes;
use std::ops::ControlFlow;
use subtle::ConstantTimeEq as _;

/// Stamps [`lacre_store::ChannelReads`] out for an engine's readers' side.
#[macro_export]
macro_rules! channel_reads {
    ($reads:ty) => {
        const _: () = {
            use ::lacre_ground::head::Ids;
            use ::lacre_ground::ids::{ChannelId, Seq, TokenHash};
            use ::lacre_ground::time::Millis;
            use ::lacre_store::ChannelReads;
            use ::lacre_store::channels::*;
            use ::lacre_store::rules::Rules;
            use $crate::channels;
            $crate::stamp! { reads of ChannelReads for $reads = channels {
                fn admit(now: Millis, rules: &Rules, channel: &ChannelId, token: &TokenHash) -> Result<Admitted, NotPermitted>;
                fn page(channel: ChannelKey, from: Seq, limits: PageLimits) -> Page;
                fn heads(channels: &[ChannelKey]) -> Vec<u64>;
                fn rights(channel: ChannelKey) -> u32;
                fn entry(asked: &Asked) -> Result<StoredEntry, StatusRefused>;
                fn held(rules: &Rules, channel: &ChannelId, token: &TokenHash) -> Result<Ids, HeldRefused>;
            }}
        };
    };
}

/// What each engine looks up in its own way, of channels.
pub trait Channels: Db {
    /// Of a row `c` of `channel`: the place of its newest entry.
    const HEAD: &'static str;
    /// Behind the table of this class: that an entry is found by its place there.
    fn by_place(class: ChannelClass) -> &'static str;
    /// [`lacre_store::ChannelReads::page`]
    fn page(&self, channel: ChannelKey, from: Seq, limits: PageLimits) -> Result<Page, Self::Down>;
    /// [`lacre_store::ChannelReads::heads`]
    fn heads(&self, channels: &[ChannelKey]) -> Result<Vec<u64>, Self::Down>;
}

/// Where entries of this class lie.
pub const fn table(class: ChannelClass) -> &'static str {
    match class {
        ChannelClass::Log | ChannelClass::Inbox => "entry",
        ChannelClass::Casilla | ChannelClass::Return => "kept_entry",
    }
}

/// What [`entry_of`] reads of an entry of this class. When one was accepted, as whoever reads it is told: of a notice that was
/// delivered again after a restore it is the time in the relay's first record, which is the one that counts.
pub fn columns<D: Db>(class: ChannelClass) -> String {
    let seal = if table(class) == "entry" { "seal" } else { D::NO };
    let accepted = match class {
        ChannelClass::Log | ChannelClass::Inbox | ChannelClass::Return => "accepted_ms",
        ChannelClass::Casilla => {
            "coalesce((SELECT time_ms FROM notice_record n
             WHERE n.channel = kept_entry.channel AND n.entry_id = kept_entry.entry_id), accepted_ms)"
        }
    };
    format!("seq, {seal} AS seal, {accepted} AS accepted_ms, entry_id, ciphertext")
}

/// From this column on.
pub fn entry_of(row: &dyn Row, at: usize) -> Result<StoredEntry, StoreDown> {
    Ok(StoredEntry {
        seq: row.seq(at)?,
        seal: row.flag(at + 1)?,
        accepted_at: row.time(at + 2)?,
        entry_id: row.id(at + 3)?,
        ciphertext: Bytes::copy_from_slice(row.blob(at + 4)?.unwrap_or_default()),
    })
}

struct Found {
    key: i64,
    class: ChannelClass,
    read: TokenHash,
    gone_through: u64,
    used_ms: u64,
    last: u64,
}

fn find<D: Channels>(db: &D, channel: &ChannelId) -> Sql<Option<Found>, D> {
    let sql = format!("SELECT channel, class, read_token, gone_through, used_ms, {} FROM channel c WHERE name = ?1", D::HEAD);
    db.one(&sql, values![channel.as_bytes()], |r| {
        Ok(Found {
            key: r.key(0)?,
            class: r.class(1)?,
            read: r.id(2)?,
            gone_through: r.number(3)?,
            used_ms: r.number(4)?,
            last: r.number(5)?,
        })
    })
}

const NOBODY: TokenHash = TokenHash::new([0; 32]);

/// [`lacre_store::ChannelReads::admit`]
pub fn admit<D: Channels>(
    db: &D,
    now: Millis,
    rules: &Rules,
    channel: &ChannelId,
    token: &TokenHash,
) -> Sql<Result<Admitted, NotPermitted>, D> {
    let found = find(db, channel)?;
    let good = found.as_ref().map_or(&NOBODY, |f| &f.read).ct_matches(token);
    let Some(found) = found.filter(|_| good) else { return Ok(Err(NotPermitted)) };
    let inbox = found.class.has_one_reader();
    let touch = inbox && now.get().saturating_sub(rules.reader_use_ms) >= found.used_ms;
    Ok(Ok(Admitted { key: ChannelKey::of_row(found.key), head: found.last, inbox, touch }))
}

/// [`lacre_store::ChannelReads::page`]
pub fn page<D: Channels>(db: &D, channel: ChannelKey, from: Seq, limits: PageLimits) -> Sql<Page, D> {
    db.page(channel, from, limits)
}

/// [`lacre_store::ChannelReads::heads`]
pub fn heads<D: Channels>(db: &D, channels: &[ChannelKey]) -> Sql<Vec<u64>, D> {
    db.heads(channels)
}

/// [`lacre_store::ChannelReads::rights`]
pub fn rights<D: Db>(db: &D, channel: ChannelKey) -> Sql<u32, D> {
    db.only("SELECT count(*) FROM append_right WHERE channel = ?1", values![channel.row()], |r| r.small(0))
}

/// [`lacre_store::ChannelReads::entry`]
pub fn entry<D: Channels>(db: &D, asked: &Asked) -> Sql<Result<StoredEntry, StatusRefused>, D> {
    db.snapshot(|| {
        let found = find(db, &asked.channel)?;
        let reads = found.as_ref().map_or(&NOBODY, |f| &f.read).ct_matches(&asked.token);
        // found by what was shown: an inbox with many rights takes as long as one with few
        let sql = "SELECT 1 FROM append_right WHERE channel = ?1 AND token = ?2";
        let key = found.as_ref().map_or(0, |f| f.key);
        let writes = db.exists(sql, values![key, asked.token.as_bytes()])?;
        let good = reads | writes;
        let Some(found) = found.filter(|_| good) else { return Ok(Err(StatusRefused::NotPermitted)) };
        if found.class.has_one_reader() && !reads && !names(db, &found, asked)? {
            return Ok(Err(StatusRefused::NotNamed));
        }
        let (columns, table) = (columns::<D>(found.class), table(found.class));
        let sql = format!("SELECT {columns} FROM {table} WHERE channel = ?1 AND seq = ?2");
        let entry = db.one(&sql, values![found.key, asked.seq.get()], |r| entry_of(r, 0))?;
        Ok(entry.ok_or(StatusRefused::NoEntry { gone_through: found.gone_through, head: found.last }))
    })
}

/// Whether the entry in this place is kept and has the id that was named. A place that is gone, or not reached yet, costs the
/// same look at the entry that is nearest to it: the time tells no more than the answer.
fn names<D: Channels>(db: &D, found: &Found, asked: &Asked) -> Sql<bool, D> {
    let nearest = asked.seq.get().max(found.gone_through + 1).min(found.last);
    let (table, by_place) = (table(found.class), D::by_place(found.class));
    let sql = format!("SELECT entry_id FROM {table}{by_place} WHERE channel = ?1 AND seq = ?2");
    let there: Option<EntryId> = db.one(&sql, values![found.key, nearest], |r| r.id(0))?;
    let same = there.zip(asked.named).is_some_and(|(there, named)| there.as_bytes().ct_eq(named.as_bytes()).into());
    Ok(same && nearest == asked.seq.get())
}

/// [`lacre_store::ChannelReads::held`]
pub fn held<D: Channels>(db: &D, rules: &Rules, channel: &ChannelId, token: &TokenHash) -> Sql<Result<Ids, HeldRefused>, D> {
    db.snapshot(|| {
        let found = find(db, channel)?;
        let good = found.as_ref().map_or(&NOBODY, |f| &f.read).ct_matches(token);
        let hers = found.filter(|f| good && f.class == ChannelClass::Casilla);
        let Some(found) = hers else { return Ok(Err(HeldRefused::NotPermitted)) };
        let count = db.only("SELECT count(*) FROM kept_id WHERE channel = ?1", values![found.key], |r| r.number(0))?;
        if let Err(refused) = HeldRefused::judge(count, rules) {
            return Ok(Err(refused));
        }
        // they come in their order: no list of them is made here
        let mut ids = HashIds::of(count);
        let sql = "SELECT entry_id FROM kept_id WHERE channel = ?1 ORDER BY entry_id";
        db.each(sql, values![found.key], &mut |r| {
            ids.push(&r.id(0)?);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(Ok(ids.finish()))
    })
}
