//! One delivery: what was seen before it is judged, and how it is stored.

use super::super::SqliteStore;
use super::super::channels::Kept;
use super::super::rows::{Sql, id32, number, one, run};
use crate::Down;
use lacre_ground::ids::{BlobId, EntryId, EvidenceId, Generation};
use lacre_ground::time::Millis;
use lacre_store::channels::{ChannelKey, Right};
use lacre_store::judge::notices::{First, Seen};
use lacre_store::notices::{Deliver, RecordLines};
use lacre_store::quotas::{Kind, day};
use lacre_store::rules::Rules;
use rusqlite::{Connection, Row, params};

const DAY: u64 = 86_400_000;

/// Whether all are here, whole, with these digests.
fn has_blobs(conn: &Connection, blobs: &[(BlobId, [u8; 32])]) -> Sql<bool> {
    let mut find = conn.prepare_cached("SELECT 1 FROM blob WHERE name = ?1 AND sha256 = ?2 AND whole = 1")?;
    for (name, sha256) in blobs {
        if !find.exists(params![name.as_bytes(), sha256])? {
            return Ok(false);
        }
    }
    Ok(true)
}

pub(super) fn lines_of(conn: &Connection, key: ChannelKey, entry: &EntryId) -> Sql<Option<RecordLines>> {
    let sql = "SELECT record_id, issuer, time_ms, generation FROM notice_record WHERE channel = ?1 AND entry_id = ?2";
    one(conn, sql, params![key.row(), entry.as_bytes()], |r| {
        Ok(RecordLines {
            id: EvidenceId::new(r.get(0)?),
            issuer: r.get(1)?,
            time: Millis::new(r.get(2)?),
            generation: Generation::new(r.get(3)?),
        })
    })
}

impl SqliteStore {
    /// What came under an id, and what came by last-resort rights on this day.
    pub(super) fn seen(&mut self, now: Millis, d: &Deliver, key: Option<ChannelKey>) -> Result<Seen, Down> {
        let conn = &self.conn;
        let row = key.map_or(0, ChannelKey::row);
        let sql = "SELECT token, digest FROM kept_id WHERE channel = ?1 AND entry_id = ?2";
        let read = |r: &Row<'_>| Ok(First { token: id32(r, 0)?, digest: r.get(1)? });
        let first = one(conn, sql, params![row, d.entry_id.as_bytes()], read)?;
        let sql = "SELECT count(*) FROM kept_id WHERE channel = ?1 AND last_resort = 1 AND accepted_ms >= ?2";
        let begun = number(day(now).0 * DAY);
        let here = conn.prepare_cached(sql)?.query_row(params![row, begun], |r| r.get(0))?;
        let blobs = has_blobs(conn, &d.blobs)?;
        let of_body = self.quotas.of_body(now, d.body, Kind::Delivery);
        let of_body_here = self.quotas.last_resort(now, d.body, d.channel);
        Ok(Seen { first, of_body, of_body_here, here, blobs })
    }

    /// A delivery that was judged.
    pub(super) fn store_notice(&mut self, now: Millis, rules: &Rules, d: &Deliver, right: Right) -> Result<RecordLines, Down> {
        let at = now.max(self.channels.accepted);
        let kept = Kept { channel: d.channel, entry_id: d.entry_id, token: d.token, digest: d.digest, last_resort: !right.once };
        let key = self.keep(at, &kept, &d.ciphertext)?;
        let conn = &self.conn;
        if right.once {
            run(conn, "DELETE FROM append_right WHERE channel = ?1 AND token = ?2", params![key.row(), d.token.as_bytes()])?;
            if let Some(head) = self.channels.heads.get(&d.channel) {
                head.rights.retain(|r| r.token != right.token);
            }
        }
        let fresh = RecordLines { id: d.id, issuer: d.issuer.clone(), time: at, generation: d.generation };
        let lines = d.first.clone().unwrap_or(fresh);
        let sql = "INSERT INTO notice_record (channel, entry_id, record_id, issuer, time_ms, generation)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let (id, entry, generation) = (lines.id.as_bytes(), d.entry_id.as_bytes(), lines.generation.as_bytes());
        run(conn, sql, params![key.row(), entry, id, lines.issuer, number(lines.time.get()), generation])?;
        let until = number(at.plus(rules.kept_retention_ms).get());
        for (name, _) in &d.blobs {
            run(conn, "UPDATE blob SET ends_ms = max(ends_ms, ?2) WHERE name = ?1", params![name.as_bytes(), until])?;
        }
        Ok(lines)
    }
}
