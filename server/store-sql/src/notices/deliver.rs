//! One delivery: what was seen before it is judged, and how it is stored.

use super::Notices;
use super::rows::body;
use crate::rows::Cells as _;
use crate::{Db, Sql, values};
use lacre_ground::ids::{BlobId, ChannelId, EntryId, EvidenceId, Generation, TokenHash};
use lacre_ground::time::Millis;
use lacre_store::StoreDown;
use lacre_store::channels::{ChannelKey, Right};
use lacre_store::judge::notices::{self as judge, Delivering, First, Seen};
use lacre_store::notices::{Deliver, DeliverRefused, Delivered, RecordLines};
use lacre_store::quotas::{Kind, day};
use lacre_store::rules::Rules;

const DAY: u64 = 86_400_000;

/// An entry of a casilla or a return channel, without its bytes.
pub struct Kept {
    /// where
    pub channel: ChannelId,
    /// its id
    pub entry_id: EntryId,
    /// who put it
    pub token: TokenHash,
    /// SHA-256 of its bytes
    pub digest: [u8; 32],
    /// by a right that puts more than one
    pub last_resort: bool,
}

/// Whether all are here, whole, with these digests.
fn has_blobs<D: Db>(db: &D, blobs: &[(BlobId, [u8; 32])]) -> Sql<bool, D> {
    let sql = "SELECT 1 FROM blob WHERE name = ?1 AND sha256 = ?2 AND whole";
    for (name, sha256) in blobs {
        if !db.exists(sql, values![name.as_bytes(), sha256])? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn lines_of<D: Db>(db: &D, key: ChannelKey, entry: &EntryId) -> Sql<Option<RecordLines>, D> {
    let sql = "SELECT record_id, issuer, time_ms, generation FROM notice_record WHERE channel = ?1 AND entry_id = ?2";
    db.one(sql, values![key.row(), entry.as_bytes()], |r| {
        Ok(RecordLines {
            id: EvidenceId::new(r.id(0)?),
            issuer: r.text(1)?,
            time: r.time(2)?,
            generation: Generation::new(r.id(3)?),
        })
    })
}

/// What came under an id, and what came by last-resort rights on this day.
fn seen<S: Notices>(store: &mut S, now: Millis, d: &Deliver, key: Option<ChannelKey>) -> Sql<Seen, S::Db> {
    let db = store.db();
    let row = key.map_or(0, ChannelKey::row);
    let sql = "SELECT token, digest FROM kept_id WHERE channel = ?1 AND entry_id = ?2";
    let first = db.one(sql, values![row, d.entry_id.as_bytes()], |r| Ok(First { token: r.id(0)?, digest: r.id(1)? }))?;
    let sql = "SELECT count(*) FROM kept_id WHERE channel = ?1 AND last_resort = ?3 AND accepted_ms >= ?2";
    let here = db.only(sql, values![row, day(now).0 * DAY, true], |r| r.small(0))?;
    let blobs = has_blobs(db, &d.blobs)?;
    let of_body = store.had(now, &d.body, Kind::Delivery)?;
    let of_body_here = store.had_last_resort(now, &d.body, d.channel)?;
    Ok(Seen { first, of_body, of_body_here, here, blobs })
}

/// A delivery that was judged.
fn put<S: Notices>(store: &mut S, now: Millis, rules: &Rules, d: &Deliver, right: Right) -> Sql<RecordLines, S::Db> {
    let at = now.max(store.accepted());
    let kept = Kept { channel: d.channel, entry_id: d.entry_id, token: d.token, digest: d.digest, last_resort: !right.once };
    let key = store.keep(at, &kept, &d.ciphertext)?;
    if right.once {
        let spent = "DELETE FROM append_right WHERE channel = ?1 AND token = ?2";
        store.db().run(spent, values![key.row(), d.token.as_bytes()])?;
        if let Some(head) = store.head(&d.channel)? {
            head.rights.retain(|r| r.token != right.token);
        }
    }
    let db = store.db();
    let fresh = RecordLines { id: d.id, issuer: d.issuer.clone(), time: at, generation: d.generation };
    let lines = d.first.clone().unwrap_or(fresh);
    let sql = "INSERT INTO notice_record (channel, entry_id, record_id, issuer, time_ms, generation)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let (id, entry, generation) = (lines.id.as_bytes(), d.entry_id.as_bytes(), lines.generation.as_bytes());
    db.run(sql, values![key.row(), entry, id, &lines.issuer, lines.time, generation])?;
    for (name, _) in &d.blobs {
        let sql = "UPDATE blob SET ends_ms = CASE WHEN ends_ms < ?2 THEN ?2 ELSE ends_ms END WHERE name = ?1";
        db.run(sql, values![name.as_bytes(), at.plus(rules.kept_retention_ms)])?;
    }
    Ok(lines)
}

/// [`lacre_store::NoticeStore::deliver`]
pub fn deliver<S: Notices>(
    store: &mut S,
    now: Millis,
    rules: &Rules,
    d: &Deliver,
) -> Sql<Result<Delivered, DeliverRefused>, S::Db> {
    let body = match judge::asks(body(store.db(), &d.body)?) {
        Ok((body, _)) => body,
        Err(none) => return Ok(Err(none.into())),
    };
    let key = store.head(&d.channel)?.map(|head| head.key);
    let seen = seen(store, now, d, key)?;
    let right = match judge::deliver(store.head(&d.channel)?.as_deref(), &body, &seen, rules, now, d) {
        Err(refused) => return Ok(Err(refused)),
        Ok(Delivering::Again) => {
            let lines = key.map(|key| lines_of(store.db(), key, &d.entry_id)).transpose()?.flatten();
            let lines = lines.ok_or_else(|| StoreDown::damaged("a notice without the lines of its record"))?;
            return Ok(Ok(Delivered { lines, again: true }));
        }
        Ok(Delivering::Store { right, .. }) => right,
    };
    let lines = put(store, now, rules, d, right)?;
    store.has(now, &d.body, Kind::Delivery, 1)?;
    if !right.once {
        store.has_last_resort(now, &d.body, d.channel)?;
    }
    Ok(Ok(Delivered { lines, again: false }))
}
