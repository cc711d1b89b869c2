//! Channels in PostgreSQL: what is looked up for [`lacre_store::judge`], and what is written then.

mod append;
mod reads;

use crate::Down;
use crate::batch::Work;
use crate::sql::{Cells as _, by, int, one, only, params, run};
use lacre_ground::ids::{ChannelClass, ChannelId, Seq};
use lacre_ground::time::Millis;
use lacre_store::channels::{
    Append, AppendRefused, Appended, ChangeRefused, ChangeTokens, ChannelKey, Open, OpenRefused, Opened, Retired, Trim,
    TrimRefused,
};
use lacre_store::judge::{self, Head};
use lacre_store::rules::Rules;
use lacre_store::{ChannelStore, StoreDown};
use lacre_store_sql::accounts::pay;
use lacre_store_sql::channels::table;
use lacre_store_sql::notices::Kept;
use lacre_store_sql::rights::{closed, put_right};

/// The newest of a channel's entries that are removed.
pub(crate) struct Gone {
    pub(crate) seq: u64,
    pub(crate) accepted_ms: u64,
    /// of it and all before it
    pub(crate) bytes: u64,
}

impl Work {
    /// The head of a channel, which is locked.
    pub(crate) fn head(&self, channel: &ChannelId) -> Option<&Head> {
        self.batch.heads.get(channel).and_then(Option::as_ref)
    }

    /// Removed entries: the channel says through which, and was used when that came.
    pub(crate) fn set_gone(&mut self, key: ChannelKey, last: &Gone) -> Result<(), Down> {
        let sql = "UPDATE channel SET gone_through = $2, used_ms = greatest(used_ms, $3), gone_bytes = $4 WHERE channel = $1
                   RETURNING name";
        let row = params![key.row(), int(last.seq), int(last.accepted_ms), int(last.bytes)];
        let name: ChannelId = only(&self.conn, sql, row, |r| r.id(0))?;
        if let Some(head) = self.batch.head(&name) {
            (head.gone_through, head.gone_bytes) = (last.seq, last.bytes);
        }
        Ok(())
    }

    /// Puts an entry behind the head of a casilla or a return channel, which is locked.
    pub(crate) fn put_kept(&mut self, at: Millis, kept: &Kept, ciphertext: &[u8]) -> Result<ChannelKey, Down> {
        let Self { conn, batch, .. } = self;
        let Some(head) = batch.head(&kept.channel) else { return Err(StoreDown::new("judged and gone").into()) };
        let seq = Seq::new(head.last + 1).ok_or_else(|| StoreDown::new("no seq is left"))?;
        head.grows(seq, u64::try_from(ciphertext.len()).unwrap_or(u64::MAX));
        let (key, entry, accepted) = (head.key, by(kept.entry_id.as_bytes()), int(at.get()));
        let (row, place, bytes) = (key.row(), int(seq.get()), int(head.bytes));
        conn.together(
            "",
            &[
                (
                    "INSERT INTO kept_entry (channel, seq, accepted_ms, entry_id, ciphertext, through_bytes) VALUES ($1, $2, $3, $4, $5, $6)",
                    params![row, place, accepted, entry, ciphertext, bytes],
                ),
                (
                    "INSERT INTO kept_id (channel, entry_id, seq, accepted_ms, digest, token, last_resort) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                    params![row, entry, place, accepted, by(&kept.digest), by(kept.token.as_bytes()), kept.last_resort],
                ),
                ("UPDATE channel SET last = $2, bytes = $3 WHERE channel = $1", params![row, place, bytes]),
            ],
        )?;
        batch.accepted = at;
        Ok(key)
    }
}

impl ChannelStore for Work {
    fn open(&mut self, now: Millis, rules: &Rules, request: &Open) -> Result<Result<Opened, OpenRefused>, StoreDown> {
        if let Some(head) = self.head(request.channel()) {
            let (key, opened) = (head.key, Opened { head: Seq::new(head.last), spent: false });
            self.touch(now, rules, key)?;
            return Ok(Ok(opened));
        }
        let mut work = || -> Result<Result<Opened, OpenRefused>, Down> {
            if !pay(self, request.stamp())? {
                return Ok(Err(OpenRefused::Stamp));
            }
            let sql = "INSERT INTO channel (name, class, read_token, used_ms) VALUES ($1, $2, $3, $4)
                       ON CONFLICT (name) DO NOTHING RETURNING channel";
            let (name, class) = (by(request.channel().as_bytes()), i64::from(request.class().code()));
            let row = params![name, class, by(request.read().as_bytes()), int(now.get())];
            let key = one(&self.conn, sql, row, |r| r.cell(0))?.map(ChannelKey::of_row);
            let key = key.ok_or_else(|| Down::met("two relays opened one channel"))?;
            let rights = judge::rights_at_open(request, closed(&self.conn, request.channel())?);
            for right in &rights {
                put_right(&self.conn, key, right)?;
            }
            self.batch.heads.insert(*request.channel(), Some(Head::opened(key, request, rights)));
            Ok(Ok(Opened { head: None, spent: true }))
        };
        let done = work();
        self.batch.tell(done)
    }

    fn append(&mut self, now: Millis, rules: &Rules, request: &Append) -> Result<Result<Appended, AppendRefused>, StoreDown> {
        let appended = self.append_looked_up(now, rules, request);
        self.batch.tell(appended)
    }

    fn trim(&mut self, request: &Trim) -> Result<Result<(), TrimRefused>, StoreDown> {
        let mut work = || -> Result<Result<(), TrimRefused>, Down> {
            let head = judge::as_reader(self.head(&request.channel), &request.token);
            let table = table(head.map_or(ChannelClass::Log, |head| head.class));
            let (key, through) = match judge::trim(head, request) {
                Ok(Some(place)) => place,
                Ok(None) => return Ok(Ok(())),
                Err(refused) => return Ok(Err(refused)),
            };
            let (row, seq) = (key.row(), through.get());
            let sql = format!("SELECT accepted_ms, through_bytes FROM {table} WHERE channel = $1 AND seq = $2");
            let read = |r: &tokio_postgres::Row| Ok(Gone { seq, accepted_ms: r.number(0)?, bytes: r.number(1)? });
            let last = only(&self.conn, &sql, params![row, int(seq)], read)?;
            run(&self.conn, &format!("DELETE FROM {table} WHERE channel = $1 AND seq <= $2"), params![row, int(seq)])?;
            self.set_gone(key, &last)?;
            Ok(Ok(()))
        };
        let done = work();
        self.batch.tell(done)
    }

    fn change_tokens(
        &mut self,
        now: Millis,
        rules: &Rules,
        request: &ChangeTokens,
    ) -> Result<Result<(), ChangeRefused>, StoreDown> {
        let mut work = || -> Result<Result<(), ChangeRefused>, Down> {
            let closed = closed(&self.conn, &request.channel)?;
            let head = judge::as_reader(self.head(&request.channel), &request.token);
            let (key, rights) = match judge::change(head, closed, rules, request) {
                Ok(changed) => changed,
                Err(refused) => return Ok(Err(refused)),
            };
            let gone: Vec<&[u8]> = request.remove.iter().map(|token| by(token.as_bytes())).collect();
            run(&self.conn, "DELETE FROM append_right WHERE channel = $1 AND token = ANY($2)", params![key.row(), gone])?;
            for add in &request.add {
                put_right(&self.conn, key, add)?;
            }
            self.touch(now, rules, key)?;
            if let Some(head) = self.batch.head(&request.channel) {
                head.rights = rights;
            }
            Ok(Ok(()))
        };
        let done = work();
        self.batch.tell(done)
    }

    fn touch(&mut self, now: Millis, rules: &Rules, channel: ChannelKey) -> Result<(), StoreDown> {
        let at = now.get();
        let stale = int(at.saturating_sub(rules.reader_use_ms));
        let sql = "UPDATE channel SET used_ms = $2 WHERE channel = $1 AND used_ms <= $3";
        let touched = run(&self.conn, sql, params![channel.row(), int(at), stale]).map(drop);
        self.batch.tell(touched)
    }

    /// Kept in the relay's row with each batch: it does not go back, however the process ends.
    fn tell_time(&mut self, now: Millis) -> Result<Millis, StoreDown> {
        self.batch.accepted = self.batch.accepted.max(now);
        Ok(self.batch.accepted)
    }

    fn retire(&mut self, now: Millis, rules: &Rules, budget: u32) -> Result<Retired, StoreDown> {
        let mut work = || -> Result<Retired, Down> {
            let mut entries = 0;
            for (table, retention) in [("entry", rules.entry_retention_ms), ("kept_entry", rules.kept_retention_ms)] {
                let left = budget.saturating_sub(u32::try_from(entries).unwrap_or(u32::MAX));
                entries += self.retire_entries(now, table, retention, left)?;
            }
            let left = budget.saturating_sub(u32::try_from(entries).unwrap_or(u32::MAX));
            let channels = if left > 0 { self.retire_channels(now, rules, left)? } else { 0 };
            self.retire_counts(now, budget)?;
            Ok(Retired { entries, channels })
        };
        let done = work();
        self.batch.tell(done)
    }
}
