//! What is removed, and what remembers it (I8).

use super::SqliteStore;
use super::channels::Gone;
use super::rows::{id32, number};
use crate::Down;
use lacre_ground::ids::ChannelId;
use lacre_ground::time::Millis;
use lacre_store::channels::ChannelKey;
use lacre_store::rules::Rules;
use rusqlite::params;
use std::collections::HashMap;

impl SqliteStore {
    /// The oldest entries, in order of arrival: accept times never go back, so the first that stays ends the search.
    pub(super) fn retire_entries(&mut self, now: Millis, table: &str, retention: u64, budget: u32) -> Result<u64, Down> {
        let before = now.get().saturating_sub(retention);
        let mut last_arrival = None;
        // of each channel the newest that goes, by its arrival
        let mut newest: HashMap<i64, i64> = HashMap::new();
        let mut count = 0;
        {
            let sql = format!("SELECT arrival, channel, accepted_ms FROM {table} ORDER BY arrival LIMIT ?1");
            let mut oldest = self.conn.prepare_cached(&sql)?;
            let mut rows = oldest.query([budget])?;
            while let Some(row) = rows.next()? {
                let (arrival, accepted): (i64, u64) = (row.get(0)?, row.get(2)?);
                if accepted > before {
                    break;
                }
                last_arrival = Some(arrival);
                newest.insert(row.get(1)?, arrival);
                count += 1;
            }
        }
        let Some(last_arrival) = last_arrival else { return Ok(0) };
        let mut gone = Vec::with_capacity(newest.len());
        for (key, arrival) in newest {
            let last = self
                .conn
                .prepare_cached(&format!("SELECT seq, accepted_ms, through_bytes FROM {table} WHERE arrival = ?1"))?
                .query_row([arrival], |r| Ok(Gone { seq: r.get(0)?, accepted_ms: r.get(1)?, bytes: r.get(2)? }))?;
            gone.push((ChannelKey::of_row(key), last));
        }
        self.conn.prepare_cached(&format!("DELETE FROM {table} WHERE arrival <= ?1"))?.execute([last_arrival])?;
        for (key, last) in gone {
            self.set_gone(key, &last)?;
        }
        self.set_floor()?;
        Ok(count)
    }

    pub(super) fn retire_channels(&mut self, now: Millis, rules: &Rules, budget: u32) -> Result<u64, Down> {
        let Some(before) = now.get().checked_sub(rules.channel_retention_ms) else { return Ok(0) };
        let over = self
            .conn
            .prepare_cached(
                "SELECT channel, name, (SELECT count(*) FROM append_right r WHERE r.channel = channel.channel) \
                 + (SELECT count(*) FROM kept_id k WHERE k.channel = channel.channel) FROM channel \
                 WHERE used_ms <= ?1 AND NOT EXISTS (SELECT 1 FROM entry WHERE entry.channel = channel.channel) \
                 AND NOT EXISTS (SELECT 1 FROM kept_entry WHERE kept_entry.channel = channel.channel) \
                 ORDER BY used_ms, channel LIMIT ?2",
            )?
            .query_map(params![number(before), budget], |r| Ok((r.get(0)?, id32(r, 1)?, r.get(2)?)))?
            .collect::<rusqlite::Result<Vec<(i64, ChannelId, u64)>>>()?;
        let (mut channels, mut rows) = (0, 0);
        for (key, name, more) in over {
            rows += 1 + more;
            if channels > 0 && rows > u64::from(budget) {
                break;
            }
            self.conn.prepare_cached("DELETE FROM append_right WHERE channel = ?1")?.execute([key])?;
            self.conn.prepare_cached("DELETE FROM kept_id WHERE channel = ?1")?.execute([key])?;
            self.conn.prepare_cached("DELETE FROM notice_record WHERE channel = ?1")?.execute([key])?;
            self.conn.prepare_cached("DELETE FROM channel WHERE channel = ?1")?.execute([key])?;
            self.channels.forget(&name);
            channels += 1;
        }
        Ok(channels)
    }
}
