//! A store that an earlier version wrote is opened, and goes on where it was.

use crate::{SCHEMA, SqliteOptions, SqliteStore};
use lacre_ground::random::SystemRng;
use rusqlite::Connection;
use std::path::Path;

/// A store of version n with one log, whose number is not the last that was given.
fn version(n: usize, path: &Path) {
    let conn = Connection::open(path).unwrap();
    conn.execute_batch("PRAGMA page_size = 8192; PRAGMA journal_mode = WAL").unwrap();
    SCHEMA.iter().take(n).for_each(|sql| conn.execute_batch(sql).unwrap());
    conn.execute_batch(
        "INSERT INTO meta VALUES (1, zeroblob(16), 0);
         INSERT INTO channel (channel, name, class, read_token, gone_through, seal_seq, seal_count, seal_ms, used_ms)
         VALUES (7, zeroblob(32), 1, zeroblob(32), 2, 4, 1, 9, 11), (9, randomblob(32), 2, zeroblob(32), 0, 0, 0, 0, 12);
         DELETE FROM channel WHERE channel = 9;
         INSERT INTO append_right (channel, token, stamped) VALUES (7, zeroblob(32), 0);
         INSERT INTO entry (channel, seq, seal, accepted_ms, entry_id, ciphertext) VALUES (7, 3, 0, 1000, randomblob(16), x'78')",
    )
    .unwrap();
    conn.pragma_update(None, "application_id", 0x4C41_4352).unwrap();
    conn.pragma_update(None, "user_version", u32::try_from(n).unwrap()).unwrap();
}

#[test]
fn channels_of_every_version_are_as_they_were_and_no_number_is_given_twice() {
    for n in [1, 4, 7, 9] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("relay.sqlite");
        version(n, &path);

        let store = SqliteStore::open(SqliteOptions::new(&path), &mut SystemRng).unwrap();

        let read = "SELECT channel, class, gone_through, seal_seq, seal_count, seal_ms, used_ms FROM channel";
        let row: [i64; 7] = store.conn.query_row(read, [], |r| Ok([0, 1, 2, 3, 4, 5, 6].map(|at| r.get(at).unwrap()))).unwrap();
        assert_eq!(row, [7, 1, 2, 4, 1, 9, 11], "version {n}");
        let right = "SELECT stamped + once + used FROM append_right WHERE channel = 7";
        assert_eq!(store.conn.query_row(right, [], |r| r.get::<_, i64>(0)).unwrap(), 0);
        let new = "INSERT INTO channel (name, class, read_token, gone_through, seal_seq, seal_count, seal_ms, used_ms)
                   VALUES (randomblob(32), 4, zeroblob(32), 0, 0, 0, 0, 13) RETURNING channel";
        assert_eq!(store.conn.query_row(new, [], |r| r.get::<_, i64>(0)).unwrap(), 10, "version {n}: 9 was given");
        assert_eq!(store.marks().unwrap().channels, 10);
        drop(store);
        assert!(crate::inspect::look(&path, true).unwrap().faults.is_empty(), "version {n}");
    }
}
