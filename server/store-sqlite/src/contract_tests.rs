//! SQLite keeps the contract of all stores, answers as the model does, and costs little disk.

use crate::{SqliteOptions, SqliteReads, SqliteStore, Synchronous};
use lacre_ground::time::Millis;
use lacre_store::accounts::AddStamps;
use lacre_store::channels::{Append, AppendAll};
use lacre_store::contract::channels::{Channel, World, entry, hash};
use lacre_store::contract::{Backend, break_off, histories, histories_accounts, histories_notices};
use lacre_store::rules::Rules;
use lacre_store::{AccountReads as _, Answer, Ask, Outcome, Reads, Store, run_one};

struct Sqlite {
    open: Option<(SqliteStore, SqliteReads)>,
    folder: tempfile::TempDir,
}
impl Sqlite {
    fn open(folder: &tempfile::TempDir) -> (SqliteStore, SqliteReads) {
        // these tests are about what is decided; power cuts have tests of their own. A memory for few heads: they are
        // forgotten and loaded again all the time
        let options = SqliteOptions::new(&folder.path().join("relay.sqlite")).synchronous(Synchronous::Off).heads(4);
        let store = SqliteStore::open(options, &mut lacre_ground::random::SystemRng).unwrap();
        let reads = store.reads(2).unwrap();
        (store, reads)
    }
}
impl Backend for Sqlite {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { open: Some(Self::open(&folder)), folder }
    }
    fn store(&mut self) -> &mut dyn Store {
        &mut self.open.as_mut().unwrap().0
    }
    fn reads(&self) -> &dyn Reads {
        &self.open.as_ref().unwrap().1
    }
    fn reopen(&mut self) {
        self.open = None;
        self.open = Some(Self::open(&self.folder));
    }
    fn broken_off(&mut self, now: Millis, rules: &Rules, asks: &[Ask], look: &mut dyn FnMut(&dyn Reads)) -> Vec<Answer> {
        let (store, reads) = self.open.as_mut().unwrap();
        break_off(store, now, rules, asks, || look(reads))
    }
}

mod channels {
    lacre_store::channels_contract!(super::Sqlite);
}

mod appends {
    lacre_store::appends_contract!(super::Sqlite);
}

mod rights {
    lacre_store::rights_contract!(super::Sqlite);
}

mod retention {
    lacre_store::retention_contract!(super::Sqlite);
}

mod accounts {
    lacre_store::accounts_contract!(super::Sqlite);
}

mod codes {
    lacre_store::codes_contract!(super::Sqlite);
}

mod inboxes {
    lacre_store::inboxes_contract!(super::Sqlite);
}

mod notices {
    lacre_store::notices_contract!(super::Sqlite);
}

mod counter {
    lacre_store::counter_contract!(super::Sqlite);
}

mod directory {
    lacre_store::directory_contract!(super::Sqlite);
}

mod blobs {
    lacre_store::blobs_contract!(super::Sqlite);
}

#[test]
fn sqlite_answers_as_the_model_through_any_history() {
    histories::hold::<Sqlite>();
}

#[test]
fn sqlite_answers_as_the_model_through_any_history_of_accounts() {
    histories_accounts::hold::<Sqlite>();
}

#[test]
fn sqlite_answers_as_the_model_through_any_history_of_notices() {
    histories_notices::hold::<Sqlite>();
}

/// A kilobyte of ciphertext may cost at most 1,230 bytes of disk, in few channels and in many.
#[test]
fn a_kilobyte_of_ciphertext_costs_at_most_1230_bytes_of_disk() {
    for channels in [1u64, 300] {
        let mut w = World::<Sqlite>::new();
        let all: Vec<Channel> = (0..channels).map(|n| w.log(n)).collect();
        let empty = {
            w.backend.reopen();
            std::fs::metadata(w.backend.folder.path().join("relay.sqlite")).unwrap().len()
        };
        let (now, rules) = (w.now, w.rules.clone());
        let count = 12_000u64;
        let appends = (0..count).map(|n| {
            let c = all[usize::try_from(n % channels).unwrap()];
            Append { ciphertext: vec![7; 1_024].into(), ..entry(c, n, n / channels) }
        });
        let stored = run_one(w.backend.store(), now, &rules, AppendAll(appends.collect())).unwrap();
        assert_eq!((stored.stored.len() as u64, stored.refused), (count, None));
        w.backend.reopen();

        let file = std::fs::metadata(w.backend.folder.path().join("relay.sqlite")).unwrap().len();
        let each = (file - empty) / count;
        assert!(each <= 1_230, "{each} bytes for each entry in {channels} channels");
    }
}

/// What the store finds down only when it writes takes the whole transaction with it.
#[test]
fn when_one_ask_finds_the_store_down_nothing_of_its_transaction_is_there() {
    let mut w = World::<Sqlite>::new();
    let (c, d) = (w.log(1), w.inbox(2));
    let (now, rules) = (w.now, w.rules.clone());
    // no message gets so far without a byte: here the table says no
    let broken = Append { ciphertext: Vec::new().into(), ..entry(c, 2, 1) };
    let asks = [Ask::Append(entry(c, 1, 0)), Ask::Append(entry(d, 1, 0)), Ask::Append(broken), Ask::Append(entry(c, 3, 1))];

    let outcome = w.backend.store().run(now, &rules, &asks);

    assert!(matches!(outcome, Outcome::RolledBack(_)), "{outcome:?}");
    assert_eq!((w.page(c, 1).head, w.page(d, 1).head), (0, 0));
    assert_eq!((w.stored(&entry(c, 3, 0)), w.stored(&entry(d, 1, 0))), (1, 1), "nor in memory");
}

#[test]
fn a_commit_that_fails_is_unknown_and_until_the_store_is_opened_again_nothing_of_it_is_there() {
    let mut w = World::<Sqlite>::new();
    let c = w.log(1);
    let (now, rules, stamp) = (w.now, w.rules.clone(), hash("spoils the commit", 1));
    let (store, reads) = w.backend.open.as_mut().unwrap();
    let spoil = "PRAGMA foreign_keys = ON;
        CREATE TABLE whole (id INTEGER PRIMARY KEY);
        CREATE TABLE part (whole REFERENCES whole DEFERRABLE INITIALLY DEFERRED);
        CREATE TEMP TRIGGER spoil AFTER INSERT ON main.stamp BEGIN INSERT INTO part VALUES (1); END;";
    store.conn.execute_batch(spoil).unwrap();

    let outcome = store.run(now, &rules, &[Ask::Append(entry(c, 1, 0)), Ask::AddStamps(AddStamps(vec![stamp]))]);

    assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
    assert!(!reads.stamp_known(&stamp).unwrap());
    assert_eq!(w.page(c, 1).head, 0);
    assert_eq!(w.stored(&entry(c, 2, 0)), 1, "nor in memory, and the next transaction goes its way");
}
