//! Rights under the lock of the channel's row.

use crate::Down;
use crate::batch::Work;
use crate::sql::{params, run};
use lacre_ground::ids::{ChannelClass, ChannelId};
use lacre_store_sql::rights::Rights;

impl Rights for Work {
    fn lock_channels(&mut self, channels: &[ChannelId]) -> Result<(), Down> {
        self.lock_more(channels)
    }

    fn withdraw(&mut self, channels: &[ChannelId], class: ChannelClass) -> Result<(), Down> {
        self.lock_more(channels)?;
        for channel in channels {
            let Some(head) = self.batch.head(channel).filter(|head| head.class == class) else { continue };
            head.rights.clear();
            let key = head.key.row();
            run(&self.conn, "DELETE FROM append_right WHERE channel = $1", params![key])?;
        }
        Ok(())
    }
}
