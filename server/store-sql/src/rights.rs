//! Who may append: rights as rows, and their withdrawal.

use crate::rows::Cells as _;
use crate::{Db, Sql, Writes, values};
use lacre_ground::ids::{ChannelClass, ChannelId};
use lacre_store::channels::{ChannelKey, Right};

/// An engine's memory and locks of channels, as far as rights go with something else.
pub trait Rights: Writes {
    /// Locks channels that no ask names, before any row that changes with them: as whoever changes their rights, so that nobody
    /// waits in a circle.
    fn lock_channels(&mut self, channels: &[ChannelId]) -> Sql<(), Self::Db>;
    /// Withdraws every right to append to these, as far as they are there and of this class.
    fn withdraw(&mut self, channels: &[ChannelId], class: ChannelClass) -> Sql<(), Self::Db>;
}

/// Whether it is an inbox that was an account's, and is in no newest state. It stays so until the end of the transaction.
pub fn closed<D: Db>(db: &D, channel: &ChannelId) -> Sql<bool, D> {
    let sql = format!("SELECT named FROM inbox WHERE name = ?1{}", D::AS_IT_IS);
    Ok(db.one(&sql, values![channel.as_bytes()], |r| r.flag(0))? == Some(false))
}

/// A right that was put again is a new one.
pub fn put_right<D: Db>(db: &D, key: ChannelKey, right: &Right) -> Sql<(), D> {
    let sql = "INSERT INTO append_right (channel, token, stamped, once) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT (channel, token) DO UPDATE SET stamped = excluded.stamped, once = excluded.once, used = 0";
    db.run(sql, values![key.row(), right.token.as_bytes(), right.stamped, right.once]).map(drop)
}
