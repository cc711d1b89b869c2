//! Looking at a store without changing it: is the file whole, and is what it says true.

use super::db::Conn;
use super::{APPLICATION_ID, OpenError, SCHEMA};
use crate::Down;
use lacre_ground::account::AccountState;
use lacre_ground::note::UnverifiedNote;
use lacre_ground::signed::NoteText as _;
use lacre_store::blobs::{BlobRow, FileName};
use lacre_store::{Counts, Marks, StoreDown};
use lacre_store_sql::looked;
pub use lacre_store_sql::looked::Fault;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _};
use std::collections::BTreeMap;
use std::path::Path;

/// What was seen, all in one committed state.
pub struct Look {
    /// migrations that it has run
    pub version: u32,
    /// migrations that this program knows
    pub known: u32,
    /// how much there is
    pub counts: Counts,
    /// what the registrar's key is known again by, once a relay has served from it
    pub run_key_check: Option<[u8; 32]>,
    /// what must not be; empty for a whole store
    pub faults: Vec<Fault>,
    /// whole blobs by their rows
    pub blobs: Vec<BlobRow>,
    /// files of unfinished ones
    pub unfinished: Vec<FileName>,
    /// host and port that accounts know the relay by, and how many do
    pub addresses: BTreeMap<(String, u16), u64>,
}

/// Looks at a store's file. `alone`: nobody else has it open, and nothing beside it may be made or changed either.
pub fn look(path: &Path, alone: bool) -> Result<Look, OpenError> {
    let conn = open(path, alone)?;
    conn.execute_batch("BEGIN")?;
    let version: u32 = conn.pragma_query_value(None, "user_version", |r| r.get(0))?;
    let id: i32 = conn.pragma_query_value(None, "application_id", |r| r.get(0))?;
    let known = u32::try_from(SCHEMA.len()).unwrap_or(u32::MAX);
    if version > known {
        return Err(OpenError::Newer { found: version, known });
    }
    if id != APPLICATION_ID {
        return Err(OpenError::NotOurs);
    }
    let mut faults = pages(&conn)?;
    let conn = Conn::new(conn);
    if faults.is_empty() {
        faults = looked::faults(&conn, |table| has(&conn, table).unwrap_or(false))?;
    }
    // what a damaged file says is not counted
    let whole = faults.iter().all(|f| f.detail.is_empty());
    let counts = if whole { counts(&conn)? } else { Counts::default() };
    let run_key_check = if whole && has(&conn, "registrar")? {
        conn.query_row("SELECT key_check FROM registrar WHERE id = 1", [], |r| r.get(0)).optional()?
    } else {
        None
    };
    let (blobs, unfinished) = if whole { blobs(&conn)? } else { Default::default() };
    let addresses = if whole && has(&conn, "account_state")? { addresses(&conn)? } else { BTreeMap::new() };
    Ok(Look { version, known, counts, run_key_check, faults, blobs, unfinished, addresses })
}

/// By the newest state of each account.
fn addresses(conn: &Connection) -> rusqlite::Result<BTreeMap<(String, u16), u64>> {
    let mut newest = conn.prepare("SELECT note, max(number) FROM account_state GROUP BY account")?;
    let mut rows = newest.query([])?;
    let mut addresses = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let note: String = row.get(0)?;
        let state = UnverifiedNote::parse(&note).ok().and_then(|note| AccountState::parse(note.unverified_text()).ok());
        if let Some(device) = state.as_ref().and_then(|state| state.devices.first()) {
            let at = &device.inbox.authority;
            *addresses.entry((at.host().to_owned(), at.port())).or_default() += 1;
        }
    }
    Ok(addresses)
}

pub(super) fn open(path: &Path, alone: bool) -> rusqlite::Result<Connection> {
    let log = path.with_extension("sqlite-wal");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = if alone && log.metadata().map_or(0, |m| m.len()) == 0 {
        // no log: the file is all, and SQLite need not make its index of the log beside it
        let name: String = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
        Connection::open_with_flags(format!("file:{name}?immutable=1"), flags | OpenFlags::SQLITE_OPEN_URI)?
    } else {
        Connection::open_with_flags(path, flags)?
    };
    conn.busy_timeout(std::time::Duration::from_secs(5))?;
    // the last one to close would otherwise move the log into the file
    conn.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    conn.pragma_update(None, "trusted_schema", "OFF")?;
    Ok(conn)
}

fn has(conn: &Connection, table: &str) -> rusqlite::Result<bool> {
    conn.prepare_cached("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1")?.exists([table])
}

/// What SQLite itself finds: pages, trees, indices against tables, CHECKs; then foreign keys.
fn pages(conn: &Connection) -> rusqlite::Result<Vec<Fault>> {
    let mut faults = Vec::new();
    let mut check = conn.prepare("PRAGMA integrity_check(8)")?;
    let mut rows = check.query([])?;
    loop {
        // a file can be too broken to be looked at
        let said = match rows.next() {
            Ok(Some(row)) => row.get::<_, String>(0)?,
            Ok(None) => break,
            Err(e) => e.to_string(),
        };
        if said == "ok" {
            break;
        }
        let broken = said.contains("malformed");
        faults.push(Fault { rule: "pages", rows: 1, detail: said });
        if broken {
            break;
        }
    }
    let foreign: u64 = match conn.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |r| r.get(0)) {
        Ok(rows) => rows,
        Err(_) if !faults.is_empty() => 0,
        Err(e) => return Err(e),
    };
    if foreign > 0 {
        faults.push(Fault { rule: "foreign-keys", rows: foreign, detail: String::new() });
    }
    Ok(faults)
}

pub(super) fn counts(conn: &Connection) -> rusqlite::Result<Counts> {
    let count = |table: &str| -> rusqlite::Result<u64> {
        let name = table.split(' ').next().unwrap_or_default();
        if has(conn, name)? { conn.query_row(&format!("SELECT count(*) FROM {table}"), [], |r| r.get(0)) } else { Ok(0) }
    };
    Ok(Counts {
        channels: count("channel")?,
        entries: count("entry")? + count("kept_entry")?,
        accounts: count("account")?,
        blobs: count("blob")? - if has_unfinished(conn)? { count("blob WHERE whole = 0")? } else { 0 },
        accepted_ms: accepted(conn)?,
    })
}

/// Newest accept time, also of entries that are gone.
fn accepted(conn: &Connection) -> rusqlite::Result<u64> {
    let floor: Option<u64> = conn.query_row("SELECT accept_floor_ms FROM meta WHERE id = 1", [], |r| r.get(0)).optional()?;
    let newest = |table: &str| -> rusqlite::Result<u64> {
        let sql = format!("SELECT accepted_ms FROM {table} ORDER BY arrival DESC LIMIT 1");
        Ok(if has(conn, table)? { conn.query_row(&sql, [], |r| r.get(0)).optional()?.unwrap_or(0) } else { 0 })
    };
    Ok(floor.unwrap_or(0).max(newest("entry")?).max(newest("kept_entry")?))
}

/// Each is one look: numbers that SQLite never gives twice, and the last row of a table that none leaves.
pub(super) fn marks(conn: &Connection) -> rusqlite::Result<Marks> {
    let ever = |table: &str| -> rusqlite::Result<u64> {
        let mut last = conn.prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = ?1")?;
        Ok(last.query_row([table], |r| r.get(0)).optional()?.unwrap_or(0))
    };
    Ok(Marks {
        accepted_ms: accepted(conn)?,
        channels: ever("channel")?,
        accounts: ever("account")?,
        key_packages: ever("key_package")?,
        resets: conn.query_row("SELECT coalesce(max(number), 0) FROM reset", [], |r| r.get(0))?,
    })
}

/// Stores before version 4 have only whole blobs.
pub(super) fn has_unfinished(conn: &Connection) -> rusqlite::Result<bool> {
    conn.prepare_cached("SELECT 1 FROM pragma_table_info('blob') WHERE name = 'whole'")?.exists([])
}

/// Stores before version 2 have no blobs, and those before version 4 only whole ones.
pub(super) fn blobs(conn: &Conn) -> Result<(Vec<BlobRow>, Vec<FileName>), Down> {
    if has_unfinished(conn)? {
        return looked::blobs(conn);
    }
    if !has(conn, "blob")? {
        return Ok(Default::default());
    }
    let mut select = conn.prepare("SELECT file, size, sha256 FROM blob ORDER BY blob")?;
    let row = |r: &rusqlite::Row<'_>| Ok(BlobRow { file: FileName::new(r.get(0)?), size: r.get(1)?, sha256: r.get(2)? });
    Ok((select.query_map([], row)?.collect::<rusqlite::Result<_>>()?, Vec::new()))
}

/// Whether a blob's row is there now, for whoever missed its file.
pub fn blob_row_there(path: &Path, file: &FileName) -> Result<bool, StoreDown> {
    let work = || -> Result<bool, Down> {
        let conn = open(path, false)?;
        Ok(conn.prepare("SELECT 1 FROM blob WHERE file = ?1")?.exists([file.as_bytes()])?)
    };
    Ok(work()?)
}

#[cfg(test)]
mod tests {
    use super::super::{SqliteOptions, SqliteStore};
    use super::*;
    use lacre_ground::random::SystemRng;

    fn rules_broken_by(change: &str) -> Vec<&'static str> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("relay.sqlite");
        let store = SqliteStore::open(SqliteOptions::new(&path), &mut SystemRng).unwrap();
        let row = "INSERT INTO channel (name, class, read_token, gone_through, seal_seq, seal_count, seal_ms, used_ms) \
             VALUES (zeroblob(32), 1, zeroblob(32), 2, 4, 1, 9, 9); INSERT INTO append_right (channel, token, stamped) VALUES (1, zeroblob(32), 0);";
        let entry = |seq: u32, seal: u32, ms: u32| {
            format!(
                "INSERT INTO entry (channel, seq, seal, accepted_ms, entry_id, ciphertext) \
                 VALUES (1, {seq}, {seal}, {ms}, zeroblob(16), zeroblob(9));"
            )
        };
        let good = format!("{row}{}{}{}", entry(3, 0, 8), entry(4, 1, 9), entry(5, 0, 9));
        store.conn.execute_batch(&good).unwrap();
        store.conn.execute_batch(change).unwrap();
        drop(store);
        look(&path, true).unwrap().faults.into_iter().map(|f| f.rule).collect()
    }

    /// Entries of a return channel: place, seq, accept time.
    fn kept(entries: &[(u8, u32, u32)]) -> String {
        let channel = "INSERT INTO channel (name, class, read_token, gone_through, seal_seq, seal_count, seal_ms, used_ms) \
             VALUES (randomblob(32), 4, zeroblob(32), 0, 0, 0, 0, 9);";
        let entry = |(n, seq, ms): &(u8, u32, u32)| {
            let of = "(SELECT channel FROM channel WHERE class = 4)";
            format!(
                "INSERT INTO kept_entry (channel, seq, accepted_ms, entry_id, ciphertext, through_bytes) \
                 VALUES ({of}, {seq}, {ms}, CAST('0123456789abcd{n}{seq}' AS BLOB), zeroblob(9), 9); \
                 INSERT INTO kept_id (channel, entry_id, seq, accepted_ms, digest, token, last_resort) \
                 VALUES ({of}, CAST('0123456789abcd{n}{seq}' AS BLOB), {seq}, {ms}, zeroblob(32), zeroblob(32), 0);"
            )
        };
        entries.iter().fold(channel.to_owned(), |all, one| all + &entry(one))
    }

    #[test]
    fn each_rule_finds_what_breaks_it_and_nothing_else() {
        assert_eq!(rules_broken_by(""), Vec::<&str>::new());
        let entry = "INSERT INTO entry (channel, seq, seal, accepted_ms, entry_id, ciphertext) VALUES";
        for (change, rule) in [
            ("DELETE FROM entry WHERE seq = 3".to_owned(), "seqs-not-dense"),
            ("UPDATE channel SET gone_through = 1".to_owned(), "seqs-not-dense"),
            (format!("{entry} (7, 1, 0, 9, zeroblob(16), zeroblob(9))"), "entries-without-channel"),
            ("UPDATE entry SET accepted_ms = 3 WHERE seq = 5".to_owned(), "accept-times-go-back"),
            ("UPDATE channel SET seal_count = 0".to_owned(), "seals-not-counted"),
            ("UPDATE channel SET seal_seq = 3".to_owned(), "seals-not-counted"),
            ("INSERT INTO append_right (channel, token, stamped) VALUES (7, zeroblob(32), 0)".to_owned(), "rights-without-channel"),
            ("DELETE FROM append_right".to_owned(), "logs-without-right"),
            ("INSERT INTO account_state VALUES (7, 0, 'x')".to_owned(), "states-without-account"),
            ("INSERT INTO device (account, id) VALUES (7, zeroblob(16))".to_owned(), "devices-without-account"),
            (
                "INSERT INTO key_package (device, suite, last_resort, ends_ms, bytes) VALUES (7, 1, 0, 0, zeroblob(3))"
                    .to_owned(),
                "packages-without-device",
            ),
            ("INSERT INTO inbox VALUES (zeroblob(32), 7, 1)".to_owned(), "inboxes-without-account"),
            (
                "INSERT INTO channel (name, class, read_token, gone_through, seal_seq, seal_count, seal_ms, used_ms) \
                 VALUES (x'0101010101010101010101010101010101010101010101010101010101010101', 2, zeroblob(32), 0, 0, 0, 0, 9); \
                 INSERT INTO append_right (channel, token, stamped) SELECT channel, zeroblob(32), 0 FROM channel WHERE class = 2; \
                 INSERT INTO inbox SELECT name, NULL, 0 FROM channel WHERE class = 2"
                    .to_owned(),
                "closed-inboxes-with-rights",
            ),
            (kept(&[(2, 2, 9)]), "kept-seqs-not-dense"),
            (
                format!("{} UPDATE kept_entry SET channel = 99; UPDATE kept_id SET channel = 99", kept(&[(3, 1, 9)])),
                "kept-entries-without-channel",
            ),
            (kept(&[(1, 1, 9), (1, 2, 8)]), "kept-accept-times-go-back"),
            (format!("{} DELETE FROM kept_id", kept(&[(1, 1, 9)])), "kept-entries-without-id"),
            (format!("{} UPDATE channel SET class = 3 WHERE class = 4", kept(&[(1, 1, 9)])), "notices-without-record"),
            ("INSERT INTO kept_casilla VALUES (zeroblob(32), 7, 0, x'00')".to_owned(), "grants-without-account"),
            ("UPDATE blob_total SET bytes = 1".to_owned(), "blob-bytes-not-counted"),
        ] {
            assert_eq!(rules_broken_by(&change), [rule], "{change}");
        }
    }
}
