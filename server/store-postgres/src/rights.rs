//! Who may append, as rows: under the lock of the channel's row.

use crate::Down;
use crate::batch::Work;
use crate::sql::{Cells as _, Conn, Sql, by, one, params, run};
use lacre_ground::ids::{ChannelClass, ChannelId};
use lacre_store::channels::{ChannelKey, Right};

/// Whether it is an inbox that was an account's, and is in no newest state. It stays so until the end of the transaction.
pub(crate) fn closed(conn: &Conn, channel: &ChannelId) -> Sql<bool> {
    let sql = "SELECT named FROM inbox WHERE name = $1 FOR SHARE";
    Ok(one(conn, sql, params![by(channel.as_bytes())], |r| r.cell::<bool>(0))? == Some(false))
}

/// A right that was put again is a new one.
pub(crate) fn put_right(conn: &Conn, key: ChannelKey, right: &Right) -> Sql<()> {
    let sql = "INSERT INTO append_right (channel, token, stamped, once) VALUES ($1, $2, $3, $4)
               ON CONFLICT (channel, token) DO UPDATE SET stamped = excluded.stamped, once = excluded.once, used = 0";
    run(conn, sql, params![key.row(), by(right.token.as_bytes()), right.stamped, right.once]).map(drop)
}

impl Work {
    /// Withdraws every right to append to these, as far as they are there and of this class.
    pub(crate) fn withdraw(&mut self, channels: &[ChannelId], class: ChannelClass) -> Result<(), Down> {
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
