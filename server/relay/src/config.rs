//! The node's configuration file. This struct is its manual: every key, its meaning and its default. Unknown keys are
//! refused. Limits and retention are not here: they are the same for every relay under one policy ([`lacre_store::rules`]).
//!
//! ```toml
//! data = "/var/lib/lacre"
//! listen = "0.0.0.0:7443"
//! public_address = "relay.example.org:7443"
//! ```
//!
//! A path that does not begin at the root belongs to the folder of this file. An argument of the command line goes before the
//! same key here, and belongs to the folder where the command is run.

mod store;

pub use store::StoreConfig;

use lacre_ground::address::Authority;
use lacre_ground::ids::Identity;
use serde::Deserialize;
use std::fs::File;
use std::io::{self, Read as _};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Longest file, bytes: each key many times over.
const MOST: u64 = 1024 * 1024;

/// The keys.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NodeConfig {
    /// The folder of everything that the relay keeps: store, blobs, identity key. Made with mode 0700.
    pub data: PathBuf,
    /// Where the relay listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// `host:port` that invitations and addresses name, when people reach the relay by another one than `listen`.
    pub public_address: Option<String>,
    /// The file of the registrar's key for RUNs. Must lie outside `data`, and outside its backups.
    /// Default: `lacre-run.key` beside the data folder.
    pub run_key: Option<PathBuf>,
    /// The file of the relay's identity key, when it does not lie in the data folder: on a volume of its own, or where
    /// systemd puts a credential. Default: `identity.key` in the data folder.
    pub identity_key: Option<PathBuf>,
    /// A file with a TLS leaf and its key, made by `lacre-relay issue-leaf`; read again at SIGHUP. Without it the relay
    /// makes one in memory and replaces it by itself.
    pub leaf: Option<PathBuf>,
    /// MiB that stay free on the data folder's file system: below them entries and blobs are refused, and what is there
    /// is still served and removed in its time. Read again at SIGHUP.
    pub keep_free_mib: u64,
    /// Connections at a time; then idle ones make room, and those of the network with the most. At most 16384.
    pub max_connections: usize,
    /// MiB that calls under way and followed channels may hold, of all connections together: above it the connection that
    /// holds most is closed. RUNNING.md has the formula of the relay's memory.
    pub max_held_mib: u64,
    /// Where Prometheus scrapes `GET /metrics`, plain HTTP: the loopback or a private network. Without it nobody can.
    pub metrics_listen: Option<SocketAddr>,
    /// Answer gRPC server reflection, so that generic clients such as grpcurl learn the calls from the relay.
    pub reflection: bool,
    /// Threads that serve; 0 is one for each core.
    pub threads: usize,
    /// Where the store is, when it does not lie in the data folder.
    pub store: StoreConfig,
}

impl Default for NodeConfig {
    fn default() -> Self {
        Self {
            data: "./lacre-data".into(),
            listen: SocketAddr::from(([127, 0, 0, 1], 7443)),
            public_address: None,
            run_key: None,
            identity_key: None,
            leaf: None,
            keep_free_mib: 256,
            max_connections: crate::limits::MAX_CONNECTIONS,
            max_held_mib: 1_024,
            metrics_listen: None,
            reflection: false,
            threads: 0,
            store: StoreConfig::default(),
        }
    }
}

/// Why a configuration is not taken.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{path}: {source}")]
    File {
        /// the file
        path: PathBuf,
        /// what the system said
        source: std::io::Error,
    },
    /// No such key.
    #[error("{path}: unknown key {key}; known are {}", known.join(", "))]
    UnknownKey {
        /// the file
        path: PathBuf,
        /// what stands there
        key: String,
        /// what was probably meant
        nearest: Option<String>,
        /// all that there are
        known: Vec<String>,
    },
    /// Not TOML, or a value of another kind.
    #[error("{path}: {message}")]
    Content {
        /// the file
        path: PathBuf,
        /// where and what
        message: String,
    },
    /// The port of the metrics is not free, or not this machine's.
    #[error("metrics_listen: cannot listen on {address}: {source}")]
    Metrics {
        /// the address
        address: SocketAddr,
        /// what the system said
        source: std::io::Error,
    },
    /// A value outside its range.
    #[error("{key}: {expected}")]
    Value {
        /// the key
        key: &'static str,
        /// what it may be
        expected: &'static str,
    },
}

impl NodeConfig {
    /// From a file.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = text(path).map_err(|source| ConfigError::File { path: path.to_owned(), source })?;
        let mut config: Self = toml::from_str(&text).map_err(|e| refused(path, &e))?;
        config.lies_in(path.parent().unwrap_or(Path::new("")));
        config.check()?;
        Ok(config)
    }

    /// Its paths belong to the folder of the file: they mean the same wherever a command is run.
    fn lies_in(&mut self, folder: &Path) {
        let Self { data, run_key, identity_key, leaf, .. } = self;
        for path in [Some(data), run_key.as_mut(), identity_key.as_mut(), leaf.as_mut()].into_iter().flatten() {
            *path = folder.join(&*path);
        }
        self.store.lies_in(folder);
    }

    fn check(&self) -> Result<(), ConfigError> {
        if self.max_connections == 0 || self.max_connections > crate::limits::MAX_CONNECTIONS {
            return Err(ConfigError::Value { key: "max_connections", expected: "1 to 16384" });
        }
        if !(16..=1 << 30).contains(&self.max_held_mib) {
            return Err(ConfigError::Value { key: "max_held_mib", expected: "16 to 1073741824" });
        }
        if self.keep_free_mib > 1 << 30 {
            return Err(ConfigError::Value { key: "keep_free_mib", expected: "0 to 1073741824" });
        }
        if self.threads > 1_024 {
            return Err(ConfigError::Value { key: "threads", expected: "0 to 1024" });
        }
        self.store.check().map_err(|(key, expected)| ConfigError::Value { key, expected })?;
        self.public().map(drop)
    }

    /// Listens on `metrics_listen`.
    pub fn metrics(&self) -> Result<Option<std::net::TcpListener>, ConfigError> {
        let listen = |address| std::net::TcpListener::bind(address).map_err(|source| ConfigError::Metrics { address, source });
        self.metrics_listen.map(listen).transpose()
    }

    /// Host and port of `public_address`.
    pub fn public(&self) -> Result<Option<(String, u16)>, ConfigError> {
        let Some(text) = &self.public_address else { return Ok(None) };
        let wrong = ConfigError::Value { key: "public_address", expected: "host:port, as relay.example.org:7443" };
        host_port(text).map(Some).ok_or(wrong)
    }
}

/// Host and port as an address of a relay may have them: one rule, for the configuration, arguments and invitations.
#[must_use]
pub fn host_port(text: &str) -> Option<(String, u16)> {
    let (host, port) = text.rsplit_once(':')?;
    let port = port.parse().ok()?;
    Authority::new(host, port, Identity::new([0; 32])).ok().map(|_| (host.to_owned(), port))
}

/// serde says "unknown field `a`, expected one of `b`, `c`": so the list of keys stands in the struct alone.
/// An ordinary file of no more than [`MOST`] bytes: a device has no end, and a pipe that nobody writes to would wait for ever.
fn text(path: &Path) -> io::Result<String> {
    let flags = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or_default();
    let file = File::options().read(true).custom_flags(flags).open(path)?;
    let about = file.metadata()?;
    if !about.is_file() {
        return Err(io::Error::other("it is no ordinary file"));
    }
    if about.len() > MOST {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let mut text = String::new();
    file.take(MOST).read_to_string(&mut text)?;
    Ok(text)
}

fn refused(path: &Path, e: &toml::de::Error) -> ConfigError {
    let mut named = e.message().split('`').skip(1).step_by(2).map(str::to_owned);
    match named.next().filter(|_| e.message().starts_with("unknown field")) {
        None => ConfigError::Content { path: path.to_owned(), message: e.to_string() },
        Some(key) => {
            let known: Vec<String> = named.collect();
            let near = known.iter().map(|k| (strsim::damerau_levenshtein(k, &key), k)).min();
            let nearest = near.filter(|(edits, k)| *edits * 3 <= k.len()).map(|(_, k)| k.clone());
            ConfigError::UnknownKey { path: path.to_owned(), key, nearest, known }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lacre_store_postgres::PgOptions;

    fn read(text: &str) -> Result<NodeConfig, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("relay.toml");
        std::fs::write(&path, text).unwrap();
        NodeConfig::read(&path)
    }

    #[test]
    fn an_empty_file_is_the_defaults_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("relay.toml"), "").unwrap();
        let config = NodeConfig::read(&folder.path().join("relay.toml")).unwrap();
        assert_eq!(config, NodeConfig { data: folder.path().join("./lacre-data"), ..NodeConfig::default() });
    }

    #[test]
    fn paths_belong_to_the_folder_of_the_file_that_names_them() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("relay.toml"), "data = \"d\"\nrun_key = \"../k\"\nidentity_key = \"/i\"\nleaf = \"l\"").unwrap();
        let config = NodeConfig::read(&at("relay.toml")).unwrap();
        assert_eq!((config.data, config.run_key), (at("d"), Some(at("../k"))));
        assert_eq!((config.identity_key, config.leaf), (Some("/i".into()), Some(at("l"))));
    }

    #[test]
    fn unknown_keys_and_values_outside_their_range_are_refused_by_name() {
        for (text, names) in [
            ("dta = \"x\"", "dta"),
            ("[rules]\nmax_lag = 1", "rules"),
            ("synchronous = \"OFF\"", "synchronous"),
            ("max_connections = 0", "max_connections"),
            ("max_held_mib = 15", "max_held_mib"),
            ("threads = 99999", "threads"),
            ("listen = \"nowhere\"", "listen"),
            ("[store.postgres]\nhosts = []", "store.postgres.hosts"),
            ("[store.postgres]\nsynchronous = \"OFF\"", "synchronous"),
            ("public_address = \"host\"", "public_address"),
            ("public_address = \"re lay:7443\"", "public_address"),
            ("public_address = \"relay.example.org/x:7443\"", "public_address"),
            ("public_address = \"relay.example.org:0\"", "public_address"),
            ("public_address = \"[::x]:7443\"", "public_address"),
        ] {
            let e = read(text).unwrap_err().to_string();
            assert!(e.contains(names), "{text}: {e}");
        }
    }

    #[test]
    fn a_typing_error_is_answered_with_the_key_that_was_meant() {
        for (text, meant) in [
            ("lisen = 1", Some("listen")),
            ("keep_fre_mib = 1", Some("keep_free_mib")),
            ("public_adress = 1", Some("public_address")),
            ("colour = 1", None),
        ] {
            let ConfigError::UnknownKey { nearest, known, .. } = read(text).unwrap_err() else { panic!("{text}") };
            assert_eq!(nearest.as_deref(), meant, "{text}");
            assert!(known.contains(&"threads".to_owned()));
        }
    }

    #[test]
    fn every_key_is_read() {
        let config = read(
            "identity_key = \"/i\"\nleaf = \"/l\"\nkeep_free_mib = 5\ndata = \"/d\"\nlisten = \"0.0.0.0:1\"\npublic_address = \"relay.example.org:2\"\nrun_key = \"/k\"\nmax_connections = 3\nmax_held_mib = 16\nthreads = 4\nreflection = true\nmetrics_listen = \"127.0.0.1:9\"\n[store.postgres]\nhosts = [\"/s\"]",
        )
        .unwrap();
        let expected = NodeConfig {
            data: "/d".into(),
            listen: "0.0.0.0:1".parse().unwrap(),
            public_address: Some("relay.example.org:2".into()),
            run_key: Some("/k".into()),
            identity_key: Some("/i".into()),
            leaf: Some("/l".into()),
            keep_free_mib: 5,
            max_connections: 3,
            max_held_mib: 16,
            metrics_listen: Some("127.0.0.1:9".parse().unwrap()),
            threads: 4,
            reflection: true,
            store: StoreConfig { postgres: Some(PgOptions { hosts: vec!["/s".into()], ..PgOptions::default() }) },
        };
        assert_eq!(config, expected);
        assert_eq!(config.public().unwrap(), Some(("relay.example.org".into(), 2)));
    }
}
