//! What notices have of PostgreSQL's own: counts of all relays, heads that are locked.

use crate::Down;
use crate::batch::Work;
use crate::quota::{self, Counted};
use lacre_ground::ids::ChannelId;
use lacre_ground::time::Millis;
use lacre_store::bodies::BodyKey;
use lacre_store::channels::ChannelKey;
use lacre_store::judge::Head;
use lacre_store::quotas::Kind;
use lacre_store_sql::notices::{Kept, Notices};

impl Notices for Work {
    fn had(&mut self, now: Millis, body: &BodyKey, kind: Kind) -> Result<u32, Down> {
        quota::so_far(&self.conn, self.quotas.window(now, Counted::Body(*body, kind)))
    }

    fn has(&mut self, now: Millis, body: &BodyKey, kind: Kind, more: u32) -> Result<(), Down> {
        quota::count(&self.conn, self.quotas.window(now, Counted::Body(*body, kind)), more)
    }

    fn had_last_resort(&mut self, now: Millis, body: &BodyKey, casilla: ChannelId) -> Result<u32, Down> {
        quota::so_far(&self.conn, self.quotas.window(now, Counted::LastResort(*body, casilla)))
    }

    fn has_last_resort(&mut self, now: Millis, body: &BodyKey, casilla: ChannelId) -> Result<(), Down> {
        quota::count(&self.conn, self.quotas.window(now, Counted::LastResort(*body, casilla)), 1)
    }

    fn accepted(&self) -> Millis {
        self.batch.accepted
    }

    fn head(&mut self, channel: &ChannelId) -> Result<Option<&mut Head>, Down> {
        Ok(self.batch.head(channel))
    }

    fn keep(&mut self, at: Millis, kept: &Kept, ciphertext: &[u8]) -> Result<ChannelKey, Down> {
        self.put_kept(at, kept, ciphertext)
    }
}
