//! Pages and heads of channels: one statement, and so one state, for each.

use crate::Down;
use crate::sql::{Cells as _, Conn, all, params};
use lacre_ground::ids::{ChannelClass, Seq};
use lacre_store::channels::{ChannelKey, Page, PageLimits};
use lacre_store_sql::channels::{Channels, columns, entry_of, table};
use lacre_store_sql::rows::Cells as _;
use lacre_store_sql::{Db as _, values};
use std::collections::HashMap;
use std::ops::ControlFlow;

/// A channel's state and its entries from a place on, in one statement: cut after the entry that reaches so many bytes.
fn page_of(class: ChannelClass) -> String {
    let (table, columns) = (table(class), columns::<Conn>(class));
    format!(
        "SELECT c.gone_through, c.last, e.seq, e.seal, e.accepted_ms, e.entry_id, e.ciphertext FROM channel c LEFT JOIN LATERAL (
           SELECT * FROM (
             SELECT seq, seal, accepted_ms, entry_id, ciphertext,
                    sum(octet_length(ciphertext)) OVER (ORDER BY seq) - octet_length(ciphertext) AS before FROM (
               SELECT {columns} FROM {table}
               WHERE {table}.channel = ?1 AND seq >= ?2 ORDER BY seq LIMIT ?3) first
           ) counted WHERE before < ?4
         ) e ON true WHERE c.channel = ?1 ORDER BY e.seq"
    )
}

impl Channels for Conn {
    const HEAD: &'static str = "last";

    fn by_place(_: ChannelClass) -> &'static str {
        ""
    }

    fn page(&self, channel: ChannelKey, from: Seq, limits: PageLimits) -> Result<Page, Down> {
        let mut page = Page { entries: Vec::new(), head: 0, gone_through: 0 };
        // a channel's class never changes
        let class = self.one("SELECT class FROM channel WHERE channel = ?1", values![channel.row()], |r| r.class(0))?;
        let Some(class) = class else { return Ok(page) };
        let row = values![channel.row(), from.get(), limits.entries, limits.bytes.max(1)];
        self.each(&page_of(class), row, &mut |r| {
            (page.gone_through, page.head) = (r.number(0)?, r.number(1)?);
            if r.integer(2)?.is_some() {
                page.entries.push(entry_of(r, 2)?);
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(page)
    }

    fn heads(&self, channels: &[ChannelKey]) -> Result<Vec<u64>, Down> {
        let keys: Vec<i64> = channels.iter().map(|key| key.row()).collect();
        let sql = "SELECT channel, last FROM channel WHERE channel = ANY($1)";
        let heads = all(self, sql, params![keys], |r| Ok((r.cell::<i64>(0)?, r.number(1)?)))?;
        let heads: HashMap<i64, u64> = heads.into_iter().collect();
        Ok(keys.iter().map(|key| heads.get(key).copied().unwrap_or(0)).collect())
    }
}
