//! The contract of all stores, on two handles that take turns: what one wrote the other knows.

use super::open;
use crate::own_server::OwnServer;
use crate::sql::params;
use crate::{PgReads, PgStore};
use lacre_ground::time::Millis;
use lacre_store::contract::{Backend, histories, histories_accounts, histories_notices};
use lacre_store::rules::Rules;
use lacre_store::{Answer, Ask, Reads, Store};
use std::sync::atomic::{AtomicUsize, Ordering};

struct Postgres {
    handles: [Option<(PgStore, PgReads)>; 2],
    turn: AtomicUsize,
    server: OwnServer,
}

impl Postgres {
    fn turn(&self) -> usize {
        self.turn.fetch_add(1, Ordering::Relaxed) % 2
    }
}

impl Backend for Postgres {
    const SHARED: bool = true;
    fn new() -> Self {
        let server = OwnServer::new().unwrap().unwrap();
        let handles = [open(&server.options()), open(&server.options())].map(Some);
        Self { handles, turn: AtomicUsize::new(0), server }
    }
    fn store(&mut self) -> &mut dyn Store {
        let turn = self.turn();
        &mut self.handles[turn].as_mut().unwrap().0
    }
    fn reads(&self) -> &dyn Reads {
        &self.handles[self.turn()].as_ref().unwrap().1
    }
    /// As after a crash: both processes are gone, and what is not logged is empty.
    fn reopen(&mut self) {
        self.handles[1] = None;
        let (store, _) = self.handles[0].take().unwrap();
        store.work.conn.execute("TRUNCATE quota", params![]).unwrap();
        drop(store);
        self.handles = [open(&self.server.options()), open(&self.server.options())].map(Some);
    }
    fn broken_off(&mut self, now: Millis, rules: &Rules, asks: &[Ask], look: &mut dyn FnMut(&dyn Reads)) -> Vec<Answer> {
        let (turn, other) = (self.turn(), self.turn());
        let reads = self.handles[other].as_ref().unwrap().1.clone();
        self.handles[turn].as_mut().unwrap().0.break_off(now, rules, asks, || look(&reads))
    }
}

mod channels {
    lacre_store::channels_contract!(super::Postgres);
}

mod appends {
    lacre_store::appends_contract!(super::Postgres);
}

mod rights {
    lacre_store::rights_contract!(super::Postgres);
}

mod retention {
    lacre_store::retention_contract!(super::Postgres);
}

mod accounts {
    lacre_store::accounts_contract!(super::Postgres);
}

mod codes {
    lacre_store::codes_contract!(super::Postgres);
}

mod inboxes {
    lacre_store::inboxes_contract!(super::Postgres);
}

mod notices {
    lacre_store::notices_contract!(super::Postgres);
}

mod counter {
    lacre_store::counter_contract!(super::Postgres);
}

mod directory {
    lacre_store::directory_contract!(super::Postgres);
}

mod blobs {
    lacre_store::blobs_contract!(super::Postgres);
}

#[test]
fn postgres_answers_as_the_model_through_any_history() {
    histories::hold_in::<Postgres>(8);
}

#[test]
fn postgres_answers_as_the_model_through_any_history_of_accounts() {
    histories_accounts::hold_in::<Postgres>(8);
}

#[test]
fn postgres_answers_as_the_model_through_any_history_of_notices() {
    histories_notices::hold_in::<Postgres>(8);
}
