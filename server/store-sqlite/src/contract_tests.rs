//! SQLite keeps the contract of all stores, answers as the model does, and costs little disk.

use crate::{SqliteOptions, SqliteReads, SqliteStore, Synchronous};
use lacre_store::channels::Append;
use lacre_store::contract::channels::{Channel, World, entry};
use lacre_store::contract::{Backend, histories, histories_accounts};
use lacre_store::{Reads, Store};

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
}

mod channels {
    lacre_store::channels_contract!(super::Sqlite);
}

mod accounts {
    lacre_store::accounts_contract!(super::Sqlite);
}

#[test]
fn sqlite_answers_as_the_model_through_any_history() {
    histories::hold::<Sqlite>();
}

#[test]
fn sqlite_answers_as_the_model_through_any_history_of_accounts() {
    histories_accounts::hold::<Sqlite>();
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
        let store = w.backend.store();
        store.begin().unwrap();
        for n in 0..count {
            let c = all[usize::try_from(n % channels).unwrap()];
            let a = Append { ciphertext: vec![7; 1_024].into(), ..entry(c, n, n / channels) };
            store.append(now, &rules, &a).unwrap().unwrap();
        }
        store.commit().unwrap();
        w.backend.reopen();

        let file = std::fs::metadata(w.backend.folder.path().join("relay.sqlite")).unwrap().len();
        let each = (file - empty) / count;
        assert!(each <= 1_230, "{each} bytes for each entry in {channels} channels");
    }
}
