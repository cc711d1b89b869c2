//! A relay that starts on a folder of an earlier version: all of the migration, or none of it.
use lacre_ground::account::{AccountState, DEVICE, Device};
use lacre_ground::address::{Address, Authority};
use lacre_ground::ids::{ChannelId, DeviceId, Identity};
use lacre_ground::note::NoteSigner;
use lacre_ground::seal::SealSecret;
use lacre_ground::signed::NoteText as _;
use lacre_ground::time::Millis;
use lacre_relay::folder::STORE_FILE;
use lacre_tests::faults::Faults;
use lacre_tests::relay::{RelayProcess, Said, operate};
use rusqlite::Connection;
use rusqlite::types::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// As the relay's first version wrote it, with some entries.
fn first_version() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("data")).unwrap();
    let private = |path: &Path, mode| fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    private(&folder.path().join("data"), 0o700);
    let store = store(folder.path());
    private(&store, 0o600);
    store_rows(folder.path());
    folder
}

fn store(folder: &Path) -> PathBuf {
    let path = folder.join("data").join(STORE_FILE);
    if !path.exists() {
        fs::write(&path, "").unwrap();
    }
    path
}

fn store_rows(folder: &Path) {
    let conn = Connection::open(store(folder)).unwrap();
    conn.execute_batch("PRAGMA page_size = 8192; PRAGMA journal_mode = WAL").unwrap();
    conn.execute_batch(include_str!("../../../server/store-sqlite/src/schema/0001_channels.sql")).unwrap();
    conn.execute_batch(
        "INSERT INTO meta VALUES (1, zeroblob(16), 0); \
         INSERT INTO channel (name, class, read_token, gone_through, seal_seq, seal_count, seal_ms, used_ms) \
         VALUES (zeroblob(32), 1, zeroblob(32), 0, 0, 0, 0, 9); INSERT INTO append_right VALUES (1, zeroblob(32), 0); \
         WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 200) \
         INSERT INTO entry (channel, seq, seal, accepted_ms, entry_id, ciphertext) \
         SELECT 1, n, 0, 1000 + n, randomblob(16), randomblob(900) FROM n",
    )
    .unwrap();
    conn.pragma_update(None, "application_id", 0x4C41_4352).unwrap();
    conn.pragma_update(None, "user_version", 1).unwrap();
}

/// A table's definition and all its rows.
type Table = (String, Vec<Vec<Value>>);

/// The version, and every table.
fn all(folder: &Path) -> (u32, Vec<Table>) {
    let conn = Connection::open(store(folder)).unwrap();
    let version = conn.pragma_query_value(None, "user_version", |r| r.get(0)).unwrap();
    let mut tables = conn.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'table' ORDER BY name").unwrap();
    let tables: Vec<(String, String)> =
        tables.query_map([], |r| Ok((r.get(0)?, r.get(1)?))).unwrap().map(Result::unwrap).collect();
    let rows = |table: &str| {
        let mut select = conn.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
        let columns = select.column_count();
        let rows = select.query_map([], |r| (0..columns).map(|c| r.get(c)).collect::<rusqlite::Result<Vec<Value>>>());
        rows.unwrap().map(Result::unwrap).collect()
    };
    (version, tables.into_iter().map(|(name, sql)| (sql, rows(&name))).collect())
}

fn serve(folder: &Path) -> Said {
    operate(folder, &["serve", "--data", "data", "--run-key", "run.key", "--listen", "127.0.0.1:0"]).unwrap()
}

fn starts(folder: &Path) {
    let mut relay = RelayProcess::spawn(RelayProcess::command(&folder.join("data"), folder).unwrap()).unwrap();
    relay.ready().unwrap();
    relay.stop().unwrap();
    let (version, tables) = all(folder);
    assert!(version > 1 && tables.len() > 8);
    assert!(tables.iter().any(|(sql, rows)| sql.contains("TABLE entry") && rows.len() == 200));
}

#[test]
fn check_says_which_migrations_wait_and_tries_them_on_a_copy() {
    let folder = first_version();
    let before = all(folder.path());
    let args = ["check", "--data", "data", "--run-key", "run.key", "--trial", "."];

    let said = operate(folder.path(), &args).unwrap();

    assert_eq!(said.code, Some(0), "{}", said.out);
    assert!(said.out.contains("would migrate the store from version 1") && said.out.contains("ran on a copy in"), "{}", said.out);
    assert!(all(folder.path()) == before);
    assert!(!fs::read_dir(folder.path()).unwrap().any(|f| f.unwrap().file_name().to_string_lossy().contains("trial")));
    starts(folder.path());
}

#[test]
fn a_migration_that_fails_in_the_middle_leaves_the_old_folder_as_it_was() {
    let folder = first_version();
    // the second table of the second migration is there already: the first one was made when it is found
    Connection::open(store(folder.path())).unwrap().execute_batch("CREATE TABLE registrar (other TEXT)").unwrap();
    let before = all(folder.path());

    let said = serve(folder.path());

    assert_eq!(said.code, Some(3));
    assert!(said.err.contains("registrar") && said.err.contains("already exists"), "{}", said.err);
    assert!(all(folder.path()) == before);
    Connection::open(store(folder.path())).unwrap().execute_batch("DROP TABLE registrar").unwrap();
    starts(folder.path());
}

#[test]
fn a_migration_on_a_disk_that_fills_leaves_the_old_folder_as_it_was() {
    let folder = first_version();
    let (faults, data) = (Faults::build().unwrap(), folder.path().canonicalize().unwrap().join("data"));
    let before = all(folder.path());
    let size = store(folder.path()).metadata().unwrap().len();
    let mut tried = 0;
    // from no room at all to nearly enough
    for room in [0, 40_000, 80_000, 120_000] {
        faults.room_bytes(i64::try_from(size + room).unwrap()).unwrap();
        let mut command = RelayProcess::command(&data, folder.path()).unwrap();
        faults.watch(&mut command, &data);
        let ended = command.stderr(std::process::Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(ended.status.code() == Some(3) && all(folder.path()) == before, "{room}: {said}");
        tried += usize::from(said.contains("The disk is full") || said.contains("El disco está lleno"));
    }
    assert!(tried > 1, "a full disk is named when it is the reason");
    starts(folder.path());
}

/// Version 4, before it was written down whose an inbox is: brought there from the first one.
fn fourth_version() -> (tempfile::TempDir, Connection) {
    let folder = first_version();
    let conn = Connection::open(store(folder.path())).unwrap();
    for sql in [
        include_str!("../../../server/store-sqlite/src/schema/0002_accounts.sql"),
        include_str!("../../../server/store-sqlite/src/schema/0003_leaving.sql"),
        include_str!("../../../server/store-sqlite/src/schema/0004_unfinished.sql"),
    ] {
        conn.execute_batch(sql).unwrap();
    }
    conn.pragma_update(None, "user_version", 4).unwrap();
    (folder, conn)
}

/// A state of the person n (an example), whose one device has this inbox.
fn state(n: u8, before: Option<&AccountState>, inbox: u8) -> AccountState {
    let device = Device {
        id: DeviceId::new([n; 16]),
        signature_key: NoteSigner::new(DEVICE, &[n; 32]).unwrap().public().key(),
        inbox: Address {
            authority: Authority::new("localhost", 7443, Identity::new([7; 32])).unwrap(),
            channel: ChannelId::new([inbox; 32]),
        },
        inbox_key: SealSecret::new([n; 32]).public().unwrap(),
        public_token: None,
    };
    let number = before.map_or(0, |s| s.number + 1);
    AccountState { number, previous: before.map(AccountState::hash), made_at: Millis::new(1), devices: vec![device] }
}

#[test]
fn resets_of_an_old_folder_are_told_to_whoever_asks() {
    let (folder, conn) = fourth_version();
    for (n, reset) in [(1u8, None), (2, Some("of the second")), (3, None), (4, Some("of the fourth"))] {
        let account = "INSERT INTO account (id, handle, binding, chain_bytes, stamp_day, stamps_taken, reset) \
                       VALUES (?1, ?2, '', 1, 0, 0, ?3)";
        conn.execute(account, rusqlite::params![[n; 32], format!("person{n}"), reset]).unwrap();
    }
    drop(conn);

    starts(folder.path());

    let conn = Connection::open(store(folder.path())).unwrap();
    let mut select = conn.prepare("SELECT number, note FROM reset ORDER BY number").unwrap();
    let rows = select.query_map([], |r| Ok((r.get(0)?, r.get(1)?))).unwrap().map(Result::unwrap);
    let rows: Vec<(u32, String)> = rows.collect();
    assert_eq!(rows, [(1, "of the second".to_owned()), (2, "of the fourth".to_owned())]);
}

#[test]
fn an_inbox_that_two_accounts_of_an_old_folder_name_stays_with_the_one_that_named_it_first() {
    // Mallory's account is the older one; he named Ana's inbox when he found it in the directory
    let (folder, conn) = fourth_version();
    let (mallory, ana) = (state(1, None, 1), state(2, None, 2));
    let taken = state(1, Some(&mallory), 2);
    for n in [1u8, 2] {
        let account =
            "INSERT INTO account (id, handle, binding, chain_bytes, stamp_day, stamps_taken) VALUES (?1, ?2, '', 1, 0, 0)";
        conn.execute(account, rusqlite::params![[n; 32], format!("person{n}")]).unwrap();
        let channel = "INSERT INTO channel (name, class, read_token, gone_through, seal_seq, seal_count, seal_ms, used_ms) \
                       VALUES (?1, 2, zeroblob(32), 0, 0, 0, 0, 9)";
        conn.execute(channel, [[n; 32]]).unwrap();
        let right = "INSERT INTO append_right SELECT channel, zeroblob(32), 0 FROM channel WHERE name = ?1";
        conn.execute(right, [[n; 32]]).unwrap();
    }
    for (account, state) in [(1, &mallory), (2, &ana), (1, &taken)] {
        let seed = if account == 1 { [1; 32] } else { [2; 32] };
        let note = state.sign(&NoteSigner::new(DEVICE, &seed).unwrap()).unwrap();
        let row = "INSERT INTO account_state (account, number, note) VALUES (?1, ?2, ?3)";
        conn.execute(row, rusqlite::params![account, state.number, note]).unwrap();
    }
    drop(conn);

    starts(folder.path());

    let conn = Connection::open(store(folder.path())).unwrap();
    let of = |n: u8| {
        let inbox = "SELECT owner, named, (SELECT count(*) FROM append_right r JOIN channel c USING (channel) WHERE c.name = i.name) \
                     FROM inbox i WHERE name = ?1";
        conn.query_row(inbox, [[n; 32]], |r| Ok::<(i64, bool, u32), _>((r.get(0)?, r.get(1)?, r.get(2)?))).unwrap()
    };
    assert_eq!(of(2), (2, true, 1), "Ana's, and open");
    assert_eq!(of(1), (1, false, 0), "his own, which his newest state has no more");
}
