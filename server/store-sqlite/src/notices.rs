//! What notices have of SQLite's own: counts and heads in memory.

use super::SqliteStore;
use crate::Down;
use lacre_ground::ids::ChannelId;
use lacre_ground::time::Millis;
use lacre_store::bodies::BodyKey;
use lacre_store::channels::ChannelKey;
use lacre_store::judge::Head;
use lacre_store::quotas::Kind;
use lacre_store_sql::notices::{Kept, Notices};

impl Notices for SqliteStore {
    fn had(&mut self, now: Millis, body: &BodyKey, kind: Kind) -> Result<u32, Down> {
        Ok(self.quotas.of_body(now, *body, kind))
    }

    fn has(&mut self, _: Millis, body: &BodyKey, kind: Kind, more: u32) -> Result<(), Down> {
        self.quotas.count_of_body(*body, kind, more);
        Ok(())
    }

    fn had_last_resort(&mut self, now: Millis, body: &BodyKey, casilla: ChannelId) -> Result<u32, Down> {
        Ok(self.quotas.last_resort(now, *body, casilla))
    }

    fn has_last_resort(&mut self, _: Millis, body: &BodyKey, casilla: ChannelId) -> Result<(), Down> {
        self.quotas.count_last_resort(*body, casilla);
        Ok(())
    }

    fn accepted(&self) -> Millis {
        self.channels.accepted
    }

    fn head(&mut self, channel: &ChannelId) -> Result<Option<&mut Head>, Down> {
        self.head_of(channel)?;
        Ok(self.channels.heads.get(channel))
    }

    fn keep(&mut self, at: Millis, kept: &Kept, ciphertext: &[u8]) -> Result<ChannelKey, Down> {
        self.put_kept(at, kept, ciphertext)
    }
}
