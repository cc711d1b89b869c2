//! One delivery: what was seen before it is judged, and how it is stored.

use crate::Down;
use crate::batch::Work;
use crate::channels::Kept;
use crate::quota::{self, Counted};
use crate::sql::{Cells as _, Conn, Sql, by, exists, int, one, only, params, run};
use lacre_ground::ids::{BlobId, EntryId, EvidenceId, Generation};
use lacre_ground::time::Millis;
use lacre_store::channels::{ChannelKey, Right};
use lacre_store::judge::notices::{First, Seen};
use lacre_store::notices::{Deliver, RecordLines};
use lacre_store::quotas::{Kind, day};
use lacre_store::rules::Rules;
use tokio_postgres::Row;

const DAY: u64 = 86_400_000;

/// Whether all are here, whole, with these digests.
fn has_blobs(conn: &Conn, blobs: &[(BlobId, [u8; 32])]) -> Sql<bool> {
    let sql = "SELECT 1 FROM blob WHERE name = $1 AND sha256 = $2 AND whole";
    for (name, sha256) in blobs {
        if !exists(conn, sql, params![by(name.as_bytes()), by(sha256)])? {
            return Ok(false);
        }
    }
    Ok(true)
}

pub(crate) fn lines_of(conn: &Conn, key: ChannelKey, entry: &EntryId) -> Sql<Option<RecordLines>> {
    let sql = "SELECT record_id, issuer, time_ms, generation FROM notice_record WHERE channel = $1 AND entry_id = $2";
    one(conn, sql, params![key.row(), by(entry.as_bytes())], |r| {
        Ok(RecordLines {
            id: EvidenceId::new(r.id(0)?),
            issuer: r.cell(1)?,
            time: Millis::new(r.number(2)?),
            generation: Generation::new(r.id(3)?),
        })
    })
}

impl Work {
    /// What came under an id, and what came by last-resort rights on this day.
    pub(crate) fn seen(&mut self, now: Millis, d: &Deliver, key: Option<ChannelKey>) -> Result<Seen, Down> {
        let conn = &self.conn;
        let row = key.map_or(0, ChannelKey::row);
        let sql = "SELECT token, digest FROM kept_id WHERE channel = $1 AND entry_id = $2";
        let read = |r: &Row| Ok(First { token: r.id(0)?, digest: r.id(1)? });
        let first = one(conn, sql, params![row, by(d.entry_id.as_bytes())], read)?;
        let sql = "SELECT count(*) FROM kept_id WHERE channel = $1 AND last_resort AND accepted_ms >= $2";
        let begun = int(day(now).0 * DAY);
        let here = only(conn, sql, params![row, begun], |r| r.small(0))?;
        let blobs = has_blobs(conn, &d.blobs)?;
        let of_body = self.had(now, &d.body, Kind::Delivery)?;
        let window = self.quotas.window(now, Counted::LastResort(d.body, d.channel));
        let of_body_here = quota::so_far(conn, window)?;
        Ok(Seen { first, of_body, of_body_here, here, blobs })
    }

    /// A delivery that was judged.
    pub(crate) fn store_notice(&mut self, now: Millis, rules: &Rules, d: &Deliver, right: Right) -> Result<RecordLines, Down> {
        let at = now.max(self.batch.accepted);
        let kept = Kept { channel: d.channel, entry_id: d.entry_id, token: d.token, digest: d.digest, last_resort: !right.once };
        let key = self.keep(at, &kept, &d.ciphertext)?;
        if right.once {
            run(
                &self.conn,
                "DELETE FROM append_right WHERE channel = $1 AND token = $2",
                params![key.row(), by(d.token.as_bytes())],
            )?;
            if let Some(head) = self.batch.head(&d.channel) {
                head.rights.retain(|r| r.token != right.token);
            }
        }
        let conn = &self.conn;
        let fresh = RecordLines { id: d.id, issuer: d.issuer.clone(), time: at, generation: d.generation };
        let lines = d.first.clone().unwrap_or(fresh);
        let sql = "INSERT INTO notice_record (channel, entry_id, record_id, issuer, time_ms, generation)
                   VALUES ($1, $2, $3, $4, $5, $6)";
        let (id, entry, generation) = (by(lines.id.as_bytes()), by(d.entry_id.as_bytes()), by(lines.generation.as_bytes()));
        run(conn, sql, params![key.row(), entry, id, lines.issuer, int(lines.time.get()), generation])?;
        let until = int(at.plus(rules.kept_retention_ms).get());
        for (name, _) in &d.blobs {
            run(conn, "UPDATE blob SET ends_ms = greatest(ends_ms, $2) WHERE name = $1", params![by(name.as_bytes()), until])?;
        }
        Ok(lines)
    }
}
