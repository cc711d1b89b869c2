//! Appends that come one behind the other in a batch: what all of them need is looked up at once, each is judged with what those
//! before it wrote, and their rows are written at once.

use crate::Down;
use crate::batch::Work;
use crate::buffer::{Buffer, Entry, Found, Recent, sha256};
use crate::quota::{Counted, Window};
use crate::sql::{Cells as _, Conn, Params, Sql, by, int, one, params, run};
use lacre_ground::ids::{ChannelClass, EntryId, Seq};
use lacre_ground::time::Millis;
use lacre_store::StoreDown;
use lacre_store::channels::{Append, AppendRefused, Appended, ChannelKey, RECENT_MS};
use lacre_store::judge::{self, First, Judged, Look, Seen};
use lacre_store::rules::Rules;
use lacre_store_sql::notices::Kept;
use std::collections::{BTreeSet, HashMap};
use tokio_postgres::Row;

const BEHIND: &str = "SELECT e.channel, e.entry_id, e.seq, e.accepted_ms, sha256(e.ciphertext), e.seal
     FROM unnest($1::bigint[], $2::bigint[], $3::bytea[]) AS w (channel, read_to, entry_id)
     JOIN entry e ON e.channel = w.channel AND e.seq > w.read_to AND e.entry_id = w.entry_id ORDER BY e.seq";
const RECENT: &str = "SELECT r.channel, r.entry_id, r.seq, r.accepted_ms, r.digest, false
     FROM unnest($1::bigint[], $2::bytea[]) AS w (channel, entry_id)
     JOIN recent_id r ON r.channel = w.channel AND r.entry_id = w.entry_id WHERE r.accepted_ms > $3";
const STAMPS: &str = "SELECT hash FROM stamp WHERE hash = ANY($1) ORDER BY hash FOR UPDATE";
const COUNTS: &str = "SELECT key, ends_ms, count FROM quota WHERE key = ANY($1)";

/// What appends must have seen, of all of them.
#[derive(Default)]
struct Wanted<'a> {
    /// of each id the place behind which it is looked for
    behind: HashMap<(i64, EntryId), u64>,
    recent: BTreeSet<(i64, EntryId)>,
    windows: Vec<Window>,
    stamps: Vec<&'a [u8]>,
}

impl Work {
    fn token_window(&self, now: Millis, rules: &Rules, key: ChannelKey, a: &Append) -> Window {
        self.quotas.window(now, Counted::Token(key, a.token, rules.inbox_window_ms))
    }

    /// Looks up what these appends must have seen.
    pub(crate) fn look(&mut self, now: Millis, rules: &Rules, appends: &[&Append]) -> Result<(), Down> {
        let mut wanted = Wanted::default();
        for a in appends {
            let need = judge::needs(self.head(&a.channel), rules, a);
            match need.look {
                Look::Behind(key, read_to) => {
                    let from = wanted.behind.entry((key.row(), a.entry_id)).or_insert(read_to);
                    *from = read_to.min(*from);
                }
                Look::Recent(key) => {
                    wanted.recent.insert((key.row(), a.entry_id));
                    wanted.windows.push(self.token_window(now, rules, key, a));
                }
                // asked one by one: they are few
                Look::Kept(_) | Look::Nowhere => {}
            }
            if need.stamp.is_some() {
                wanted.stamps.extend(a.stamp.as_ref().map(|stamp| by(stamp.as_bytes())));
            }
        }
        self.batch.buffer = Buffer::default();
        self.batch.stamps.clear();
        self.find(now, &wanted)
    }

    fn find(&mut self, now: Millis, wanted: &Wanted<'_>) -> Result<(), Down> {
        let mut statements: Vec<(&str, Params<'_>)> = Vec::new();
        let channels: Vec<i64> = wanted.behind.keys().map(|(channel, _)| *channel).collect();
        let ids: Vec<&[u8]> = wanted.behind.keys().map(|(_, id)| by(id.as_bytes())).collect();
        let places: Vec<i64> = wanted.behind.values().map(|read_to| int(*read_to)).collect();
        let behind = params![channels, places, ids];
        if !wanted.behind.is_empty() {
            statements.push((BEHIND, behind));
        }
        let channels: Vec<i64> = wanted.recent.iter().map(|(channel, _)| *channel).collect();
        let ids: Vec<&[u8]> = wanted.recent.iter().map(|(_, id)| by(id.as_bytes())).collect();
        let keys: Vec<&[u8]> = wanted.windows.iter().map(|window| by(&window.key)).collect();
        // an id counts until it is as old as that
        let since = i64::try_from(now.get()).unwrap_or(i64::MAX).saturating_sub_unsigned(RECENT_MS);
        let recent = params![channels, ids, since];
        let counts = params![keys];
        if !wanted.recent.is_empty() {
            statements.push((RECENT, recent));
            statements.push((COUNTS, counts));
        }
        let stamps = params![wanted.stamps];
        if !wanted.stamps.is_empty() {
            statements.push((STAMPS, stamps));
        }
        if statements.is_empty() {
            return Ok(());
        }
        let rows = self.conn.together("", &statements)?;
        for ((sql, _), rows) in statements.iter().zip(rows) {
            for row in &rows {
                self.note(sql, row)?;
            }
        }
        Ok(())
    }

    fn note(&mut self, sql: &str, row: &Row) -> Result<(), Down> {
        let batch = &mut self.batch;
        match sql {
            STAMPS => drop(batch.stamps.insert(row.id(0)?)),
            COUNTS => {
                let key: &[u8] = row.cell(0)?;
                let key = key.try_into().map_err(|_| crate::sql::strange("key"))?;
                batch.buffer.counts.insert(Window { key, ends_ms: row.cell(1)? }, row.small(2)?);
            }
            _ => {
                let digest: &[u8] = row.cell(4)?;
                let digest = digest.try_into().map_err(|_| crate::sql::strange("digest"))?;
                let (seq, accepted_at) = (row.seq(2)?, Millis::new(row.number(3)?));
                let found = Found { seq, accepted_at, seal: row.cell(5)?, digest };
                batch.buffer.found.entry((row.cell(0)?, row.id(1)?)).or_default().push(found);
            }
        }
        Ok(())
    }

    /// One append, by what was looked up and what those before it wrote.
    pub(super) fn append_looked_up(
        &mut self,
        now: Millis,
        rules: &Rules,
        a: &Append,
    ) -> Result<Result<Appended, AppendRefused>, Down> {
        let need = judge::needs(self.head(&a.channel), rules, a);
        let mut seen = Seen { stamp: need.stamp.is_some_and(|s| self.batch.stamps.contains(s)), ..Seen::default() };
        let mut window = None;
        match need.look {
            Look::Nowhere => {}
            Look::Behind(key, read_to) => seen.first = self.batch.buffer.first(key, read_to, a),
            Look::Kept(key) => (seen.first, seen.count) = kept(&self.conn, key, a)?,
            Look::Recent(key) => {
                let of_token = self.token_window(now, rules, key, a);
                seen.first = self.batch.buffer.first(key, 0, a);
                seen.count = self.batch.buffer.counts.get(&of_token).copied().unwrap_or(0);
                window = Some(of_token);
            }
        }
        let (seq, spends) = match judge::judge(&need, &seen, rules, now, a) {
            Judged::Refused(why) => return Ok(Err(why)),
            Judged::Again(appended) => return Ok(Ok(appended)),
            Judged::Store { seq, spends } => (seq, spends),
        };
        if spends && let Some(stamp) = &a.stamp {
            self.batch.stamps.remove(stamp);
            self.batch.buffer.spent.push(*stamp);
        }
        let at = now.max(self.batch.accepted);
        if self.head(&a.channel).is_some_and(|head| head.class == ChannelClass::Return) {
            self.put_back(at, a)?;
        } else {
            self.put(now, at, seq, window, a)?;
        }
        Ok(Ok(Appended { seq, accepted_at: at, again: false }))
    }

    /// An append to a log or an inbox that was judged.
    fn put(&mut self, now: Millis, at: Millis, seq: Seq, window: Option<Window>, a: &Append) -> Result<(), Down> {
        let batch = &mut self.batch;
        batch.accepted = at;
        let Some(head) = batch.heads.get_mut(&a.channel).and_then(Option::as_mut) else {
            return Err(StoreDown::new("judged and gone").into());
        };
        head.moves_on(seq, a, now);
        let (channel, buffer, digest) = (head.key.row(), &mut batch.buffer, sha256(&a.ciphertext));
        buffer.moved.insert(a.channel);
        let (place, accepted_ms) = (int(seq.get()), int(at.get()));
        buffer.entries.push(Entry {
            channel,
            seq: place,
            seal: a.seal,
            accepted_ms,
            entry_id: a.entry_id,
            ciphertext: a.ciphertext.clone(),
            through_bytes: int(head.bytes),
        });
        let found = Found { seq, accepted_at: at, seal: a.seal, digest };
        buffer.found.entry((channel, a.entry_id)).or_default().push(found);
        if let Some(window) = window {
            *buffer.counts.entry(window).or_insert(0) += 1;
            *buffer.more.entry(window).or_insert(0) += 1;
            buffer.recent.push(Recent { channel, entry_id: a.entry_id, seq: place, accepted_ms, digest });
        }
        Ok(())
    }

    /// An append to a return channel that was judged.
    fn put_back(&mut self, at: Millis, a: &Append) -> Result<(), Down> {
        let digest = sha256(&a.ciphertext);
        let kept = Kept { channel: a.channel, entry_id: a.entry_id, token: a.token, digest, last_resort: false };
        let key = self.put_kept(at, &kept, &a.ciphertext)?;
        let sql = "UPDATE append_right SET used = used + 1 WHERE channel = $1 AND token = $2";
        run(&self.conn, sql, params![key.row(), by(a.token.as_bytes())]).map(drop)
    }

    /// Writes what appends wrote.
    pub(crate) fn flush(&mut self) -> Result<(), Down> {
        let buffer = std::mem::take(&mut self.batch.buffer);
        let heads: Vec<_> = buffer.moved.iter().filter_map(|name| self.head(name)).collect();
        macro_rules! column {
            ($rows:expr, |$row:ident| $value:expr) => {
                $rows.iter().map(|$row| $value).collect::<Vec<_>>()
            };
        }
        let e = &buffer.entries;
        let (channels, seqs, seals) = (column!(e, |e| e.channel), column!(e, |e| e.seq), column!(e, |e| e.seal));
        let (times, ids, texts) =
            (column!(e, |e| e.accepted_ms), column!(e, |e| by(e.entry_id.as_bytes())), column!(e, |e| e.ciphertext.as_ref()));
        let through = column!(e, |e| e.through_bytes);
        let entries = params![channels, seqs, seals, times, ids, texts, through];
        let (keys, last, bytes) =
            (column!(heads, |h| h.key.row()), column!(heads, |h| int(h.last)), column!(heads, |h| int(h.bytes)));
        let (seal_seqs, seal_counts, seal_times) = (
            column!(heads, |h| int(h.seal_seq)),
            column!(heads, |h| int(h.seal_count)),
            column!(heads, |h| int(h.seal_at.get())),
        );
        let moved = params![keys, last, bytes, seal_seqs, seal_counts, seal_times];
        let r = &buffer.recent;
        let (r_channels, r_ids, r_seqs) =
            (column!(r, |r| r.channel), column!(r, |r| by(r.entry_id.as_bytes())), column!(r, |r| r.seq));
        let (r_times, r_digests) = (column!(r, |r| r.accepted_ms), column!(r, |r| by(&r.digest)));
        let recent = params![r_channels, r_ids, r_seqs, r_times, r_digests];
        let windows: Vec<(&Window, &u32)> = buffer.more.iter().collect();
        let (w_keys, w_ends, w_more) =
            (column!(windows, |w| by(&w.0.key)), column!(windows, |w| w.0.ends_ms), column!(windows, |w| i64::from(*w.1)));
        let counts = params![w_keys, w_ends, w_more];
        let spent: Vec<&[u8]> = buffer.spent.iter().map(|stamp| by(stamp.as_bytes())).collect();
        let stamps = params![spent];
        let all: [(&str, Params<'_>, bool); 5] = [
            (PUT_ENTRIES, entries, e.is_empty()),
            (MOVE_CHANNELS, moved, heads.is_empty()),
            (PUT_RECENT, recent, r.is_empty()),
            (COUNT, counts, windows.is_empty()),
            ("DELETE FROM stamp WHERE hash = ANY($1)", stamps, spent.is_empty()),
        ];
        let needed: Vec<(&str, Params<'_>)> = all.iter().filter(|(.., empty)| !empty).map(|(sql, row, _)| (*sql, *row)).collect();
        if !needed.is_empty() {
            self.conn.together("", &needed)?;
        }
        Ok(())
    }
}

const PUT_ENTRIES: &str = "INSERT INTO entry (channel, seq, seal, accepted_ms, entry_id, ciphertext, through_bytes)
     SELECT channel, seq, seal, accepted_ms, entry_id, ciphertext, through_bytes
     FROM unnest($1::bigint[], $2::bigint[], $3::boolean[], $4::bigint[], $5::bytea[], $6::bytea[], $7::bigint[])
     WITH ORDINALITY AS e (channel, seq, seal, accepted_ms, entry_id, ciphertext, through_bytes, n) ORDER BY n";
const MOVE_CHANNELS: &str =
    "UPDATE channel c SET last = h.last, bytes = h.bytes, seal_seq = h.seal_seq, seal_count = h.seal_count, seal_ms = h.seal_ms
     FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
     AS h (channel, last, bytes, seal_seq, seal_count, seal_ms) WHERE c.channel = h.channel";
const PUT_RECENT: &str = "INSERT INTO recent_id (channel, entry_id, seq, accepted_ms, digest)
     SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bigint[], $4::bigint[], $5::bytea[])
     ON CONFLICT (channel, entry_id) DO UPDATE SET seq = excluded.seq, accepted_ms = excluded.accepted_ms, digest = excluded.digest";
const COUNT: &str = "INSERT INTO quota (key, ends_ms, count) SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bigint[])
     ON CONFLICT (key) DO UPDATE SET count = quota.count + excluded.count";

/// Looks among all ids of a return channel, and how often the right was used.
fn kept(conn: &Conn, key: ChannelKey, a: &Append) -> Sql<(Option<First>, u32)> {
    let digest = sha256(&a.ciphertext);
    let first = |r: &Row| {
        let same_bytes = r.cell::<&[u8]>(2)? == digest;
        Ok(First { seq: r.seq(0)?, seal: false, accepted_at: Millis::new(r.number(1)?), same_bytes })
    };
    let sql = "SELECT seq, accepted_ms, digest FROM kept_id WHERE channel = $1 AND entry_id = $2";
    let first = one(conn, sql, params![key.row(), by(a.entry_id.as_bytes())], first)?;
    let sql = "SELECT used FROM append_right WHERE channel = $1 AND token = $2";
    let used = one(conn, sql, params![key.row(), by(a.token.as_bytes())], |r| r.small(0))?;
    Ok((first, used.unwrap_or(0)))
}
