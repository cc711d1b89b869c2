//! What a store that was put back holds again, and must not, is deleted in a transaction of its own before anybody is served.

use super::SqliteStore;
use crate::Down;
use lacre_store::StoreDown;
use lacre_store::again::Since;
use lacre_store::engine::Engine as _;
use lacre_store_sql::again::{close_addresses, delete_again};

impl SqliteStore {
    /// Closes what may be no address any more, and deletes again what was deleted since. How many accounts.
    pub fn delete_again(&mut self, since: &Since) -> Result<u64, StoreDown> {
        self.begin()?;
        let work = |store: &mut Self| -> Result<u64, Down> {
            close_addresses(&store.conn, since)?;
            delete_again(store, since)
        };
        match work(self).map_err(StoreDown::from) {
            Ok(deleted) => self.commit().map(|()| deleted),
            Err(down) => {
                self.rollback();
                Err(down)
            }
        }
    }
}
