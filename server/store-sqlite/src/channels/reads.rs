//! Pages and heads of channels.

use crate::Down;
use crate::db::Conn;
use lacre_ground::ids::{ChannelClass, Seq};
use lacre_store::channels::{ChannelKey, Page, PageLimits};
use lacre_store_sql::channels::{Channels, columns, entry_of, table};
use lacre_store_sql::rows::Cells as _;
use lacre_store_sql::{Db as _, values};
use std::ops::ControlFlow;

impl Channels for Conn {
    const HEAD: &'static str = "max(gone_through, coalesce(CASE WHEN class < 3
         THEN (SELECT max(seq) FROM entry WHERE entry.channel = c.channel)
         ELSE (SELECT max(seq) FROM kept_entry WHERE kept_entry.channel = c.channel) END, 0))";

    fn by_place(class: ChannelClass) -> &'static str {
        match class {
            ChannelClass::Log | ChannelClass::Inbox => " INDEXED BY entry_place",
            ChannelClass::Casilla | ChannelClass::Return => " INDEXED BY kept_place",
        }
    }

    fn page(&self, channel: ChannelKey, from: Seq, limits: PageLimits) -> Result<Page, Down> {
        self.snapshot(|| {
            let sql = format!("SELECT gone_through, {}, class FROM channel c WHERE channel = ?1", Self::HEAD);
            let state = self.one(&sql, values![channel.row()], |r| Ok((r.number(0)?, r.number(1)?, r.class(2)?)))?;
            let (gone_through, head, class) = state.unwrap_or((0, 0, ChannelClass::Log));
            let mut page = Page { entries: Vec::new(), head, gone_through };
            if from.get() > head {
                return Ok(page);
            }
            let (columns, table, by_place) = (columns::<Self>(class), table(class), Self::by_place(class));
            let sql = format!("SELECT {columns} FROM {table}{by_place} WHERE channel = ?1 AND seq >= ?2 ORDER BY seq LIMIT ?3");
            let (mut bytes, most) = (0, usize::try_from(limits.bytes).unwrap_or(usize::MAX));
            self.each(&sql, values![channel.row(), from.get(), limits.entries], &mut |r| {
                let entry = entry_of(r, 0)?;
                bytes += entry.ciphertext.len();
                page.entries.push(entry);
                Ok(if bytes >= most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
            })?;
            Ok(page)
        })
    }

    fn heads(&self, channels: &[ChannelKey]) -> Result<Vec<u64>, Down> {
        let sql = format!("SELECT {} FROM channel c WHERE channel = ?1", Self::HEAD);
        let head = |key: &ChannelKey| Ok(self.one(&sql, values![key.row()], |r| r.number(0))?.unwrap_or(0));
        channels.iter().map(head).collect()
    }
}
