//! The relay's store on PostgreSQL: any number of relay processes on one database.
//!
//! What is asked of it is judged by the same pure rules as in every store ([`lacre_store::judge`]); two relays differ in
//! nothing that one of them knows. A batch is one READ COMMITTED transaction:
//!
//! | | statement | why in this order |
//! |---|---|---|
//! | 1 | the relay's own row, FOR UPDATE | a commit that was not answered is looked up under this lock |
//! | 2 | the gate, when there is more than channels to write | accounts, codes, blobs, notices of all relays come one after the other |
//! | 3 | all channels that are named, FOR UPDATE in the order of their keys | two batches never wait for one another in a circle |
//! | 4 | later statements: rights, ids, stamps (FOR UPDATE, in order), newest accept time | the locking statement's snapshot is older than its locks |
//! | 5 | what was judged: rows of many entries in one statement each | |
//! | 6 | the relay's row with the number of this batch; COMMIT | the number decides whether it came to be ([`unknown`]) |
//!
//! What PostgreSQL finds to be a circle all the same, or two relays that made one row at once, is rolled back and judged again.
//! Accept times go on from the newest that any relay gave or told: under a channel's lock all that were given in it are seen.

mod accounts;
mod again;
mod batch;
mod buffer;
mod channels;
mod connect;
mod db;
mod down;
mod lease;
mod look;
mod migrate;
mod moving;
mod notices;
mod notify;
#[cfg(any(test, feature = "own-server"))]
pub mod own_server;
mod owner;
mod quota;
mod reads;
mod retention;
mod rights;
mod run;
mod sessions;
mod sql;
#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a panic is how a test says no"
)]
mod tests;
mod unknown;
mod went_back;

pub use connect::PgOptions;
pub use look::{Inside, Look, look, new_generation};
pub use migrate::{Migrated, migrate};
pub use moving::{Arriving, ArrivingError};
pub use notify::{Listener, Woken};
pub use quota::QuotaKey;
pub use reads::PgReads;
pub use sessions::PgSessions;

use batch::{Lease, Tx, Work};
use down::Down;
use lacre_ground::ids::{ChannelId, Generation};
use lacre_ground::random::{self, Rng};
use lacre_ground::time::Millis;
use lacre_store::again::Deleted;
use lacre_store::channels::AppendAll;
use lacre_store::rules::Rules;
use lacre_store::{Answer, Ask, Outcome, Store, StoreDown, Watch};
use notify::Teller;
use owner::Owner;
use sql::{Cells as _, Conn, one, only, params, run};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::runtime::{Handle, Runtime};
use went_back::Numbers;

/// How often a batch that met another one is judged again before its callers are told to come back.
const TRIES: usize = 8;

/// Why a store was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The server cannot be reached, or said no: see its log, and the configuration.
    #[error("the database cannot be opened: {0}")]
    Engine(String),
    /// A file of ours cannot be read.
    #[error("{path} cannot be read: {cause}")]
    File {
        /// which
        path: std::path::PathBuf,
        /// what was said
        cause: String,
    },
    /// A connection over a network without TLS: name a `ca_file`, or a Unix socket.
    #[error("no ca_file is named: outside a Unix socket the database's certificate must be verified")]
    NoAuthority,
    /// Sockets and names together: name either.
    #[error("hosts are either names or one folder of a Unix socket")]
    MixedHosts,
    /// An older server than any that was tested.
    #[error("PostgreSQL {found} is too old: 15 is the oldest that was tested")]
    Old {
        /// its major version
        found: i64,
    },
    /// What the server acknowledges can be lost: put the setting right.
    #[error("the database has {setting} = {value}: what it acknowledges can be lost")]
    Forgets {
        /// its setting
        setting: &'static str,
        /// as it is
        value: String,
    },
    /// No synchronous replica: name some in `synchronous_standby_names`, or say `loses_on_failover = true`.
    #[error(
        "the database has no synchronous replica (synchronous_standby_names is empty): a failover would lose what was acknowledged"
    )]
    NoReplica,
    /// Create the database with `ENCODING UTF8 LC_COLLATE 'C' TEMPLATE template0`.
    #[error("the database has collation {collation} and encoding {encoding}: it must have C and UTF8")]
    Collation {
        /// as it is
        collation: String,
        /// as it is
        encoding: String,
    },
    /// Written by a newer relay: run that one.
    #[error("the store has version {found}, this program knows {known}: it was written by a newer lacre-relay")]
    Newer {
        /// its version
        found: i64,
        /// ours
        known: i64,
    },
    /// Nothing, or an earlier version: migrate it.
    #[error("the store has version {found}, this program needs {known}: it is to be migrated first")]
    Older {
        /// its version
        found: i64,
        /// ours
        known: i64,
    },
    /// A store is being moved into it, and that was cut off: go on with that.
    #[error("a store is being moved into the database, and not all of it is there")]
    HalfMoved,
    /// Another program's database.
    #[error("the database has tables that are not of lacre-relay: give the relay one of its own")]
    NotOurs,
    /// Another relay is there, and their blobs do not lie in one folder: name it to all as `shared_blobs`, once they do.
    #[error("another relay works on this database, and not all of them share a folder of blobs")]
    OtherBlobs,
    /// Another identity's.
    #[error("the database belongs to relays with another identity key")]
    Identity,
}

impl From<tokio_postgres::Error> for OpenError {
    fn from(e: tokio_postgres::Error) -> Self {
        Down::from(e).into()
    }
}

impl From<Down> for OpenError {
    fn from(down: Down) -> Self {
        Self::Engine(down.down.cause)
    }
}

impl From<OpenError> for Down {
    fn from(e: OpenError) -> Self {
        Down::lost(&e.to_string())
    }
}

lacre_store_sql::channel_reads!(PgReads);
lacre_store_sql::accounts!(Work, PgReads);
lacre_store_sql::offices!(Work, PgReads);
lacre_store_sql::counter!(Work, PgReads);
lacre_store_sql::blobs!(Work, PgReads);
lacre_store_sql::notices!(Work, PgReads);

/// The threads that connections run on.
pub(crate) struct Threads(Option<Runtime>);

impl Threads {
    fn start() -> Result<Arc<Self>, OpenError> {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(1).thread_name("database").enable_all().build();
        Ok(Arc::new(Self(Some(runtime.map_err(|e| OpenError::Engine(e.to_string()))?))))
    }
    pub(crate) fn handle(&self) -> Result<&Handle, OpenError> {
        self.0.as_ref().map(Runtime::handle).ok_or_else(|| OpenError::Engine("no threads".into()))
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        // also where one may not wait
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// A relay writes at least once a minute. One that is frozen gives away what it holds as long as its connection lives: whether it removes,
/// and where blobs lie.
fn connect_to_write(options: &PgOptions, threads: &Threads) -> Result<Conn, OpenError> {
    let conn = options.connect(threads.handle()?)?;
    conn.simple("SET idle_session_timeout = '3min'")?;
    Ok(conn)
}

/// What the database's generation is, as it was seen last.
pub(crate) type Seen = Arc<Mutex<Generation>>;

/// The writer's side, of one process.
pub struct PgStore {
    work: Work,
    /// this process, in its row
    relay: [u8; 16],
    seen: Seen,
    owner: Owner,
    options: PgOptions,
    /// where blobs lie, as it was said
    blobs: Option<Blobs>,
    teller: Teller,
    /// where the numbers of batches are written down
    numbers: Option<Numbers>,
    threads: Arc<Threads>,
}

impl PgStore {
    /// Opens what [`migrate`] made.
    pub fn open(options: PgOptions, quotas: QuotaKey, rng: &mut dyn Rng) -> Result<Self, OpenError> {
        let threads = Threads::start()?;
        let conn = connect_to_write(&options, &threads)?;
        migrate::check(&conn)?;
        owner::refuse_half(&conn)?;
        let relay: [u8; 16] = random::bytes(rng);
        batch::enter(&conn, &relay)?;
        let generation = reads::generation(&conn)?;
        let work = Work::new(conn, relay, quotas, generation);
        let teller = Teller::start(options.clone(), relay, threads.handle()?);
        let (seen, owner) = (Arc::new(Mutex::new(generation)), Owner::default());
        Ok(Self { work, relay, owner, blobs: None, teller, numbers: None, seen, options, threads })
    }

    /// The readers' side: at most so many connections at a time.
    pub fn reads(&self, connections: usize) -> PgReads {
        let (options, threads) = (self.options.clone(), Arc::clone(&self.threads));
        PgReads::new(options, threads, connections, Arc::clone(&self.seen), self.owner.clone())
    }

    /// Whether relays with this public key work on it; the first one's is kept.
    pub fn belongs_to(&self, public: &[u8; 32]) -> Result<(), OpenError> {
        self.owner.take(&self.work.conn, public)?;
        // whoever moves a store here puts both at once
        owner::refuse_half(&self.work.conn)
    }

    /// The relay's note that introduces the registrar's key, as the first relay of this database put it.
    pub fn registrar_note(&self) -> Result<Option<String>, OpenError> {
        let sql = "SELECT registrar_note FROM identity WHERE id = 1";
        Ok(one(&self.work.conn, sql, params![], |r| r.cell::<Option<String>>(0))?.flatten())
    }

    /// Puts it, if there is none yet; the one that all relays show.
    pub fn keep_registrar_note(&mut self, note: &str) -> Result<String, OpenError> {
        let sql = "UPDATE identity SET registrar_note = coalesce(registrar_note, $1) WHERE id = 1 RETURNING registrar_note";
        Ok(only(&self.work.conn, sql, params![note], |r| r.cell(0))?)
    }

    /// The database went back: it gets another generation, so that clients put back what was forgotten (I7), and what was deleted
    /// since is deleted again. Each relay sees it in its next transaction.
    pub fn went_back(&mut self) -> Result<Generation, StoreDown> {
        let generation = self.work.anew()?;
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = generation;
        if let Some(numbers) = &self.numbers {
            numbers.acknowledged(0);
        }
        Ok(generation)
    }

    /// Where it stands what was deleted, for when the database goes back.
    pub fn delete_again_by(&mut self, deleted: Arc<dyn Deleted>) {
        self.work.deleted = Some(deleted);
    }

    /// Says where this relay's blobs lie: with files of its own it must be the only relay of the database.
    pub fn blobs_lie(&mut self, blobs: Blobs) -> Result<(), OpenError> {
        blobs.hold(&self.work.conn)?;
        self.blobs = Some(blobs);
        Ok(())
    }

    /// From now on only one of the relays removes what is past its time: this one, when no other does.
    pub fn share_removal(&mut self) {
        self.work.lease = Lease::Shared { held: false };
    }

    /// Writes the number of each batch into this file from now on. Says whether the database is behind what stands there: then it
    /// went back since this relay ended.
    pub fn remember_in(&mut self, file: &Path) -> Result<bool, OpenError> {
        let (numbers, behind) = Numbers::take_over(file, self.relay, &self.work.conn)?;
        self.numbers = Some(numbers);
        Ok(behind)
    }

    /// What quotas are counted under from now on.
    pub fn count_under(&mut self, quotas: QuotaKey) {
        self.work.quotas = quotas;
    }

    /// A connection for writing, in the place of one that is lost.
    fn reconnect(&mut self) -> Result<(), OpenError> {
        let conn = connect_to_write(&self.options, &self.threads)?;
        self.owner.check(&conn)?;
        if let Some(blobs) = self.blobs {
            blobs.hold_again(&conn)?;
        }
        self.work.conn = conn;
        if self.work.lease != Lease::Alone {
            // it was the old connection's
            self.work.lease = Lease::Shared { held: false };
        }
        Ok(())
    }

    /// Hears in which channels other relays store something, until what is returned is dropped.
    pub fn listen(&self, woken: impl Fn(Woken<'_>) + Send + Sync + 'static) -> Result<Listener, OpenError> {
        Listener::start(self.options.clone(), self.relay, &self.threads, woken)
    }

    /// The store's generation, as it was seen last.
    #[must_use]
    pub fn generation(&self) -> Generation {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does these and does not commit: as when the process ends just before.
    #[cfg(test)]
    fn break_off(&mut self, now: Millis, rules: &Rules, asks: &[Ask], look: impl FnOnce()) -> Vec<Answer> {
        let answers = self.attempt(now, rules, asks, &mut ()).map_err(|down| down.down).unwrap();
        look();
        self.work.rollback();
        answers
    }

    /// All of it, but for the commit.
    fn attempt(&mut self, now: Millis, rules: &Rules, asks: &[Ask], watch: &mut dyn Watch) -> Result<Vec<Answer>, Down> {
        if self.work.conn.is_lost() {
            self.reconnect()?;
        }
        let answers = self.work.perform(now, rules, asks, watch);
        if let Err(down) = &answers {
            tracing::debug!(cause = %down.down, again = down.again(), "a batch was rolled back");
            self.work.rollback();
        }
        answers
    }

    fn once(&mut self, now: Millis, rules: &Rules, asks: &[Ask], watch: &mut dyn Watch) -> Once {
        let answers = match self.attempt(now, rules, asks, watch) {
            Ok(answers) => answers,
            Err(down) => return Once::RolledBack(down),
        };
        watch.committing();
        let ended = match self.work.commit() {
            Tx::Committed => Once::Committed(answers),
            Tx::RolledBack(down) => Once::RolledBack(down),
            Tx::Unreplicated(down) => Once::Unknown(down),
            Tx::Unknown(down, number, generation) => match self.came_to_be(number) {
                Ok(true) => {
                    self.work.generation = generation;
                    Once::Committed(answers)
                }
                Ok(false) => Once::RolledBack(down),
                Err(_) => Once::Unknown(down.down),
            },
        };
        if let Once::Committed(_) = &ended {
            if let Some(numbers) = &self.numbers {
                numbers.acknowledged(self.work.acked);
            }
            *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = self.work.generation;
        }
        ended
    }
}

/// Where the files of a relay's blobs lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blobs {
    /// in a folder of its own
    Own,
    /// in one folder of all relays
    Shared,
}

impl Blobs {
    /// As long as the connection lives no relay is there for whom it is otherwise.
    fn hold(self, conn: &Conn) -> Result<(), OpenError> {
        let take = match self {
            Self::Own => "SELECT pg_try_advisory_lock(x'4C424C42'::bigint)",
            Self::Shared => "SELECT pg_try_advisory_lock_shared(x'4C424C42'::bigint)",
        };
        if only(conn, take, params![], |r| r.cell(0))? { Ok(()) } else { Err(OpenError::OtherBlobs) }
    }
    /// The same on a new connection: the server may not have noticed yet that the old one is gone.
    fn hold_again(self, conn: &Conn) -> Result<(), Down> {
        match self {
            Self::Own => run(conn, "SELECT pg_advisory_lock(x'4C424C42'::bigint)", params![]).map(drop),
            Self::Shared => run(conn, "SELECT pg_advisory_lock_shared(x'4C424C42'::bigint)", params![]).map(drop),
        }
    }
}

enum Once {
    Committed(Vec<Answer>),
    RolledBack(Down),
    Unknown(StoreDown),
}

/// The channels in which something is new.
fn stored(asks: &[Ask], answers: &[Answer]) -> Vec<ChannelId> {
    let mut channels = Vec::new();
    for (ask, answer) in asks.iter().zip(answers) {
        match (ask, answer) {
            (Ask::Append(append), Answer::Append(Ok(done))) if !done.again => channels.push(append.channel),
            (Ask::AppendAll(AppendAll(appends)), Answer::AppendAll(all)) => {
                let new = appends.iter().zip(&all.stored).filter(|(_, done)| !done.again);
                channels.extend(new.map(|(append, _)| append.channel));
            }
            (Ask::Deliver(deliver), Answer::Deliver(Ok(done))) if !done.again => channels.push(deliver.channel),
            _ => {}
        }
    }
    channels
}

impl Store for PgStore {
    fn run_watched(&mut self, now: Millis, rules: &Rules, asks: &[Ask], watch: &mut dyn Watch) -> Outcome {
        let mut ended = self.once(now, rules, asks, watch);
        for _ in 1..TRIES {
            match &ended {
                Once::RolledBack(down) if down.again() => ended = self.once(now, rules, asks, &mut ()),
                _ => break,
            }
        }
        match ended {
            Once::Committed(answers) => {
                self.teller.tell(stored(asks, &answers));
                Outcome::Committed(answers)
            }
            Once::RolledBack(down) => Outcome::RolledBack(down.down),
            Once::Unknown(down) => Outcome::Unknown(down),
        }
    }
}
