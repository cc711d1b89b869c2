//! A batch as one transaction: how it begins, what it locks and sees, how it ends.

use crate::Down;
use crate::buffer::Buffer;
use crate::quota::QuotaKey;
use crate::sql::{Cells as _, Conn, Params, Sql, by, int, params, run};
use lacre_ground::ids::{ChannelId, Generation, TokenHash};
use lacre_ground::time::Millis;
use lacre_store::again::Deleted;
use lacre_store::channels::{AppendAll, ChannelKey, Right, Touch};
use lacre_store::judge::Head;
use lacre_store::{Ask, StoreDown};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio_postgres::Row;

/// How long a COMMIT is waited for: with replicas away it does not return. Then it is unknown, and nothing is cancelled.
const COMMIT: Duration = Duration::from_secs(10);
/// Rows of processes that were not seen for so long are removed.
const FORGOTTEN: &str = "30 days";

/// A process, as a parameter.
pub(crate) const fn name(relay: &[u8; 16]) -> &[u8] {
    relay
}

/// A process has a row from its first transaction on, and goes on from the newest accept time of all.
pub(crate) fn enter(conn: &Conn, relay: &[u8; 16]) -> Sql<()> {
    let sql = "INSERT INTO relay (relay, batch, accepted_ms)
               SELECT $1, 0, greatest((SELECT coalesce(max(accepted_ms), 0) FROM relay), (SELECT accept_floor_ms FROM meta))
               ON CONFLICT (relay) DO NOTHING";
    run(conn, sql, params![name(relay)])?;
    // this row has what they knew, and who is alive writes its own
    let old = format!("DELETE FROM relay WHERE relay <> $1 AND seen < now() - interval '{FORGOTTEN}'");
    run(conn, &old, params![name(relay)]).map(drop)
}

/// How a transaction ended.
pub(crate) enum Tx {
    Committed,
    RolledBack(Down),
    /// it is committed here, and on no replica
    Unreplicated(StoreDown),
    /// this number, once it is found in the relay's row, says that it was; and this is the generation that it saw
    Unknown(Down, u64, Generation),
}

/// What is known in one transaction, and forgotten with it.
pub(crate) struct Batch {
    /// heads of channels that are locked; none: there is no such channel
    pub(crate) heads: HashMap<ChannelId, Option<Head>>,
    /// newest accept time of all relays
    pub(crate) accepted: Millis,
    /// stamps that are locked and there
    pub(crate) stamps: HashSet<TokenHash>,
    /// what was looked up and written of appends
    pub(crate) buffer: Buffer,
    number: u64,
    generation: Option<Generation>,
    /// why the last verb failed: more than the traits of verbs say
    pub(crate) failed: Option<Down>,
}

impl Default for Batch {
    fn default() -> Self {
        Self {
            heads: HashMap::new(),
            accepted: Millis::new(0),
            stamps: HashSet::new(),
            buffer: Buffer::default(),
            number: 0,
            generation: None,
            failed: None,
        }
    }
}

impl Batch {
    /// What a verb comes to, in the words of its trait.
    pub(crate) fn tell<T>(&mut self, done: Sql<T>) -> Result<T, StoreDown> {
        done.map_err(|down| {
            let said = down.down.clone();
            self.failed = Some(down);
            said
        })
    }
    pub(crate) fn head(&mut self, channel: &ChannelId) -> Option<&mut Head> {
        self.heads.get_mut(channel).and_then(Option::as_mut)
    }
}

/// Whether this process removes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Lease {
    /// it is alone, and always does
    #[default]
    Alone,
    /// if no other relay holds the lock
    Shared {
        /// this one does, on the connection that is open
        held: bool,
    },
}

/// A connection, and the batch that is open on it.
pub(crate) struct Work {
    pub(crate) conn: Conn,
    pub(crate) batch: Batch,
    pub(crate) quotas: QuotaKey,
    /// whether this process removes what is past its time
    pub(crate) lease: Lease,
    /// number of the newest batch of which this process knows that it was committed
    pub(crate) acked: u64,
    /// the database's, as the last transaction saw it
    pub(crate) generation: Generation,
    /// what is deleted again in a database that went back
    pub(crate) deleted: Option<Arc<dyn Deleted>>,
    pub(crate) relay: [u8; 16],
}

/// Whether it writes what is not a channel's alone: such verbs come one after the other, of whichever relay.
fn through_the_gate(ask: &Ask) -> bool {
    let of_channels = matches!(
        ask,
        Ask::Open(_)
            | Ask::Append(_)
            | Ask::AppendAll(_)
            | Ask::Trim(_)
            | Ask::ChangeTokens(_)
            | Ask::Touch(_)
            | Ask::TellTime(_)
    );
    !of_channels && !matches!(ask, Ask::AddStamps(_) | Ask::SpendStamp(_))
}

/// The channels that an ask names.
fn named<'a>(ask: &'a Ask, names: &mut Vec<&'a [u8]>, keys: &mut Vec<i64>) {
    match ask {
        Ask::Open(open) => names.push(open.channel().as_bytes()),
        Ask::Append(append) => names.push(append.channel.as_bytes()),
        Ask::AppendAll(AppendAll(all)) => names.extend(all.iter().map(|a| by(a.channel.as_bytes()))),
        Ask::Trim(trim) => names.push(trim.channel.as_bytes()),
        Ask::ChangeTokens(change) => names.push(change.channel.as_bytes()),
        Ask::Deliver(deliver) => names.push(deliver.channel.as_bytes()),
        Ask::Touch(Touch(key)) => keys.push(key.row()),
        _ => {}
    }
}

const HEAD: &str =
    "SELECT channel, name, class, read_token, last, gone_through, bytes, gone_bytes, seal_seq, seal_count, seal_ms FROM channel";

fn head_of(row: &Row) -> Sql<(ChannelId, Head)> {
    let head = Head {
        key: ChannelKey::of_row(row.cell(0)?),
        class: row.class(2)?,
        read: row.id(3)?,
        rights: Vec::new(),
        last: row.number(4)?,
        gone_through: row.number(5)?,
        bytes: row.number(6)?,
        gone_bytes: row.number(7)?,
        seal_seq: row.number(8)?,
        seal_count: row.number(9)?,
        seal_at: Millis::new(row.number(10)?),
    };
    Ok((row.id(1)?, head))
}

const RIGHTS: &str = "SELECT channel, token, stamped, once FROM append_right WHERE channel = ANY($1) ORDER BY channel, token";

impl Work {
    pub(crate) fn new(conn: Conn, relay: [u8; 16], quotas: QuotaKey, generation: Generation) -> Self {
        Self { conn, batch: Batch::default(), quotas, lease: Lease::default(), acked: 0, generation, deleted: None, relay }
    }

    /// Begins, and locks: this relay's row, the gate, all channels in the order of their keys.
    pub(crate) fn lock(&mut self, asks: &[Ask]) -> Result<(), Down> {
        self.batch = Batch::default();
        let (mut names, mut keys) = (Vec::new(), Vec::new());
        asks.iter().for_each(|ask| named(ask, &mut names, &mut keys));
        let locks = format!("{HEAD} WHERE name = ANY($1) OR channel = ANY($2) ORDER BY channel FOR NO KEY UPDATE");
        let (relay, of_channels): (Params<'_>, Params<'_>) = (params![name(&self.relay)], params![names, keys]);
        let mut statements = vec![("SELECT batch FROM relay WHERE relay = $1 FOR NO KEY UPDATE", relay)];
        if asks.iter().any(through_the_gate) {
            statements.push(("SELECT id FROM gate FOR NO KEY UPDATE", params![]));
        }
        statements.push((&locks, of_channels));
        let rows = self.conn.together("BEGIN", &statements)?;
        let Some(own) = rows.first().and_then(|rows| rows.first()) else {
            self.conn.simple("ROLLBACK")?;
            enter(&self.conn, &self.relay)?;
            return Err(Down::met("this process had no row"));
        };
        let found = own.number(0)?;
        if found < self.acked {
            self.conn.simple("ROLLBACK")?;
            self.forgot(found)?;
            return Err(Down::met("the database went back"));
        }
        self.batch.number = found + 1;
        for name in names {
            let name = ChannelId::try_from(name).map_err(StoreDown::new)?;
            self.batch.heads.insert(name, None);
        }
        let locked = rows.last().into_iter().flatten();
        let mut by_key: HashMap<i64, ChannelId> = HashMap::new();
        for row in locked {
            let (name, head) = head_of(row)?;
            by_key.insert(head.key.row(), name);
            self.batch.heads.insert(name, Some(head));
        }
        // a later statement: what it sees is not older than the locks
        let keys: Vec<i64> = by_key.keys().copied().collect();
        let state = "SELECT greatest((SELECT coalesce(max(accepted_ms), 0) FROM relay), accept_floor_ms), generation FROM meta";
        let rows = self.conn.together("", &[(state, params![]), (RIGHTS, params![keys])])?;
        let mut rows = rows.into_iter();
        let state = rows.next().unwrap_or_default();
        let state = state.first().ok_or_else(|| StoreDown::damaged("the store has no row of its own"))?;
        self.batch.accepted = Millis::new(state.number(0)?);
        self.batch.generation = Some(state.id(1)?);
        for row in rows.next().unwrap_or_default() {
            let head = by_key.get(&row.cell::<i64>(0)?).and_then(|name| self.batch.head(name));
            if let Some(head) = head {
                head.rights.push(Right { token: row.id(1)?, stamped: row.cell(2)?, once: row.cell(3)? });
            }
        }
        Ok(())
    }

    /// Locks further channels, which no ask names: those that close with an account. Each that is there has its head then.
    pub(crate) fn lock_more(&mut self, channels: &[ChannelId]) -> Result<(), Down> {
        let more: Vec<&[u8]> = channels.iter().filter(|c| !self.batch.heads.contains_key(*c)).map(|c| by(c.as_bytes())).collect();
        if more.is_empty() {
            return Ok(());
        }
        let sql = format!("{HEAD} WHERE name = ANY($1) ORDER BY channel FOR NO KEY UPDATE");
        for row in self.conn.rows(&sql, params![more])? {
            let (name, mut head) = head_of(&row)?;
            for row in self.conn.rows(RIGHTS, params![vec![head.key.row()]])? {
                head.rights.push(Right { token: row.id(1)?, stamped: row.cell(2)?, once: row.cell(3)? });
            }
            self.batch.heads.insert(name, Some(head));
        }
        Ok(())
    }

    /// The last that a transaction writes.
    pub(crate) fn write_number(&mut self) -> Result<(), Down> {
        let sql = "UPDATE relay SET batch = $2, accepted_ms = $3, seen = now() WHERE relay = $1";
        let (number, accepted) = (int(self.batch.number), int(self.batch.accepted.get()));
        match run(&self.conn, sql, params![name(&self.relay), number, accepted])? {
            1 => Ok(()),
            _ => Err(Down::lost("this process has no row any more")),
        }
    }

    pub(crate) fn commit(&mut self) -> Tx {
        let number = self.batch.number;
        let generation = std::mem::take(&mut self.batch).generation.unwrap_or(self.generation);
        let _ = self.conn.was_unreplicated();
        match self.conn.simple_within(COMMIT, "COMMIT") {
            Ok(()) if self.conn.was_unreplicated() => {
                Tx::Unreplicated(StoreDown::new("the database did not wait for a replica: what it committed may be lost"))
            }
            Ok(()) => {
                (self.acked, self.generation) = (number, generation);
                Tx::Committed
            }
            Err(down) if down.is_lost() => Tx::Unknown(down, number, generation),
            // the server looked at it and said no
            Err(down) => Tx::RolledBack(down),
        }
    }

    pub(crate) fn rollback(&mut self) {
        self.batch = Batch::default();
        if !self.conn.is_lost()
            && let Err(e) = self.conn.simple("ROLLBACK")
        {
            tracing::warn!(cause = %e.down, "a rollback was not answered: the connection is given up");
        }
    }
}
