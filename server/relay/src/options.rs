//! How a relay is started.

use crate::limits;
use lacre_ground::random::{Rng, SystemRng};
use lacre_ground::time::{Clock, SystemClock};
use lacre_store::rules::Rules;
use lacre_store::{Reads, Store};
use lacre_store_postgres::PgOptions;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Another store than the data folder's: the writer's and the readers' side. For benches.
pub type StoreParts = (Box<dyn Store>, Arc<dyn Reads>);

/// How to start a relay. [`Options::new`] is enough.
pub struct Options {
    /// the data folder; made with mode 0700 if it is not there
    pub data: PathBuf,
    /// where to listen; port 0 is a free one
    pub listen: SocketAddr,
    /// host and port that people are told, when not those it listens on
    pub public: Option<(String, u16)>,
    /// the registrar's key file; must lie outside the data folder
    pub run_key: Option<PathBuf>,
    /// the identity key's file, when it does not lie in the data folder
    pub identity_key: Option<PathBuf>,
    /// a file with the TLS leaf; without it the relay makes its own
    pub leaf: Option<PathBuf>,
    /// bytes of the disk that stay free
    pub keep_free: u64,
    /// limits and retention
    pub rules: Rules,
    /// connections at a time
    pub max_connections: usize,
    /// bytes that calls under way and followed channels may hold
    pub max_held: usize,
    /// further limits of connections, for tests that reach them
    pub transport: limits::Transport,
    /// where metrics are scraped, already listening; none: nowhere
    pub metrics: Option<std::net::TcpListener>,
    /// answer generic clients that ask which calls there are
    pub reflection: bool,
    /// threads that serve; none: as many as the machine has
    pub threads: Option<usize>,
    /// what time it is
    pub clock: Arc<dyn Clock>,
    /// chance
    pub rng: Box<dyn Rng>,
    /// another of SQLite's registered file systems, for tests of faults
    pub vfs: Option<&'static str>,
    /// the database that holds the store; none: it lies in the data folder
    pub postgres: Option<PgOptions>,
    /// another store, for benches
    pub store: Option<StoreParts>,
}

impl Options {
    /// A relay on the loopback, on a free port.
    #[must_use]
    pub fn new(data: &Path) -> Self {
        Self {
            data: data.to_owned(),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            public: None,
            run_key: None,
            identity_key: None,
            leaf: None,
            keep_free: 0,
            rules: Rules::default(),
            max_connections: limits::MAX_CONNECTIONS,
            max_held: limits::HELD,
            transport: limits::Transport::default(),
            metrics: None,
            reflection: false,
            threads: None,
            clock: Arc::new(SystemClock),
            rng: Box::new(SystemRng),
            vfs: None,
            postgres: None,
            store: None,
        }
    }
}
