//! What is removed, and what remembers it (I8).

use crate::Down;
use crate::batch::Work;
use crate::channels::Gone;
use crate::quota;
use crate::sql::{Cells as _, all, int, params, run};
use lacre_ground::ids::ChannelId;
use lacre_ground::time::Millis;
use lacre_store::channels::{ChannelKey, RECENT_MS};
use lacre_store::rules::Rules;
use tokio_postgres::Row;

/// An entry that goes.
struct Old {
    arrival: i64,
    channel: i64,
    gone: Gone,
}

impl Work {
    /// The oldest entries, in order of arrival, up to the first that stays.
    pub(crate) fn retire_entries(&mut self, now: Millis, table: &str, retention: u64, budget: u32) -> Result<u64, Down> {
        let before = int(now.get().saturating_sub(retention));
        let oldest = format!("SELECT arrival, channel, accepted_ms <= $2 FROM {table} ORDER BY arrival LIMIT $1");
        let read = |r: &Row| Ok((r.cell::<i64>(0)?, r.cell::<i64>(1)?, r.cell::<bool>(2)?));
        let rows = all(&self.conn, &oldest, params![i64::from(budget), before], read)?;
        let over: Vec<(i64, i64)> = rows.into_iter().take_while(|(.., over)| *over).map(|(a, c, _)| (a, c)).collect();
        if over.is_empty() {
            return Ok(0);
        }
        let arrivals: Vec<i64> = over.iter().map(|(arrival, _)| *arrival).collect();
        let mut channels: Vec<i64> = over.iter().map(|(_, channel)| *channel).collect();
        channels.sort_unstable();
        channels.dedup();
        run(&self.conn, "SELECT 1 FROM channel WHERE channel = ANY($1) ORDER BY channel FOR NO KEY UPDATE", params![channels])?;
        // a reader may have trimmed some of them meanwhile
        let sql =
            format!("DELETE FROM {table} WHERE arrival = ANY($1) RETURNING arrival, channel, seq, accepted_ms, through_bytes");
        let read = |r: &Row| {
            let gone = Gone { seq: r.number(2)?, accepted_ms: r.number(3)?, bytes: r.number(4)? };
            Ok(Old { arrival: r.cell(0)?, channel: r.cell(1)?, gone })
        };
        let mut gone = all(&self.conn, &sql, params![arrivals], read)?;
        let count = u64::try_from(gone.len()).unwrap_or(u64::MAX);
        // of each channel the newest
        gone.sort_unstable_by_key(|old| (old.channel, std::cmp::Reverse(old.arrival)));
        gone.dedup_by_key(|old| old.channel);
        for old in gone {
            self.set_gone(ChannelKey::of_row(old.channel), &old.gone)?;
        }
        Ok(count)
    }

    pub(crate) fn retire_channels(&mut self, now: Millis, rules: &Rules, budget: u32) -> Result<u64, Down> {
        let Some(before) = now.get().checked_sub(rules.channel_retention_ms) else { return Ok(0) };
        let sql = "SELECT channel FROM channel c WHERE used_ms <= $1 AND last = gone_through ORDER BY used_ms, channel LIMIT $2";
        let over: Vec<i64> = all(&self.conn, sql, params![int(before), i64::from(budget)], |r| r.cell(0))?;
        let locks = "SELECT channel FROM channel WHERE channel = ANY($1) ORDER BY channel FOR UPDATE";
        run(&self.conn, locks, params![over])?;
        let sql = "SELECT channel, name, (SELECT count(*) FROM append_right r WHERE r.channel = c.channel)
                   + (SELECT count(*) FROM kept_id k WHERE k.channel = c.channel)
                   FROM channel c WHERE channel = ANY($1) AND used_ms <= $2 AND last = gone_through ORDER BY used_ms, channel";
        let read = |r: &Row| Ok((r.cell::<i64>(0)?, r.id::<ChannelId>(1)?, r.number(2)?));
        let (mut channels, mut rows) = (0, 0);
        for (key, name, more) in all(&self.conn, sql, params![over, int(before)], read)? {
            rows += 1 + more;
            if channels > 0 && rows > u64::from(budget) {
                break;
            }
            for table in ["append_right", "kept_id", "notice_record", "recent_id", "channel"] {
                run(&self.conn, &format!("DELETE FROM {table} WHERE channel = $1"), params![key])?;
            }
            self.batch.heads.insert(name, None);
            channels += 1;
        }
        Ok(channels)
    }

    /// Ids of inboxes and counts whose time is over: what they would say is not asked any more. A clock that is put back by less than an
    /// hour does not meet one that is missing.
    pub(crate) fn retire_counts(&mut self, now: Millis, budget: u32) -> Result<(), Down> {
        const BACK: u64 = 3_600_000;
        let Some(over) = now.get().checked_sub(BACK) else { return Ok(()) };
        quota::sweep(&self.conn, int(over), i64::from(budget))?;
        let sql = "DELETE FROM recent_id WHERE ctid = ANY(ARRAY(SELECT ctid FROM recent_id WHERE accepted_ms <= $1 ORDER BY accepted_ms LIMIT $2))";
        run(&self.conn, sql, params![int(over.saturating_sub(RECENT_MS)), i64::from(budget)]).map(drop)
    }
}
