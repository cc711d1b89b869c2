//! One file for each subcommand. Each says how it ended, or why it could not do its work.

pub(crate) mod backup;
pub(crate) mod check;
mod check_database;
mod check_rows;
mod database;
mod findings;
pub(crate) mod issue_leaf;
pub(crate) mod migrate;
pub(crate) mod move_store;
pub(crate) mod new_generation;
pub(crate) mod registrar;
pub(crate) mod restore;
mod running;
pub(crate) mod serve;
pub(crate) mod status;

use lacre_relay::config::{ConfigError, NodeConfig};
use lacre_relay::folder::{DataFolder, StartError};
use lacre_relay::identity::IdentityError;
use lacre_relay::registrar_key::RegistrarKeyError;
use lacre_relay::run_key::RunKeyError;
use lacre_store::StoreDown;
use lacre_store_sqlite::OpenError;
use lacre_words::cause::known_in;
use lacre_words::failure::Exit;
use lacre_words::words::Words;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// A command could not do its work: the catalogue's sentence says what happened, why, and what to do.
#[derive(Debug)]
pub(crate) struct Failed {
    /// how the command ends
    pub(crate) exit: Exit,
    id: &'static str,
    values: Vec<(&'static str, String)>,
}

impl Failed {
    /// It could not be done: exit code 3.
    pub(crate) fn new(id: &'static str, values: &[(&'static str, &dyn core::fmt::Display)]) -> Self {
        Self { exit: Exit::CouldNotAsk, id, values: values.iter().map(|(name, value)| (*name, value.to_string())).collect() }
    }
    /// It was asked, and the answer is no: exit code 1.
    pub(crate) fn no(id: &'static str) -> Self {
        Self { exit: Exit::No, ..Self::new(id, &[]) }
    }
    /// It was asked for in a way that cannot be: exit code 2.
    pub(crate) fn usage(id: &'static str, values: &[(&'static str, &dyn core::fmt::Display)]) -> Self {
        Self { exit: Exit::Usage, ..Self::new(id, values) }
    }
    pub(crate) fn sentence(&self, words: &Words) -> String {
        let known = |name: &str, value: &str| (name == "cause").then(|| known_in(words, value)).flatten();
        let values: Vec<_> = self.values.iter().map(|(n, v)| (*n, known(n, v).unwrap_or_else(|| v.clone()))).collect();
        let values: Vec<(&'static str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        sentence(words, self.id, &values)
    }
}

impl From<ConfigError> for Failed {
    fn from(e: ConfigError) -> Self {
        match e {
            ConfigError::File { path, source } => Self::usage("config-file", &[("path", &path.display()), ("cause", &source)]),
            ConfigError::UnknownKey { path, key, nearest: Some(nearest), .. } => {
                Self::usage("config-typo", &[("path", &path.display()), ("key", &key), ("nearest", &nearest)])
            }
            ConfigError::UnknownKey { path, key, nearest: None, known } => {
                Self::usage("config-unknown", &[("path", &path.display()), ("key", &key), ("known", &known.join(", "))])
            }
            ConfigError::Content { path, message } => {
                Self::usage("config-content", &[("path", &path.display()), ("cause", &message.trim_end())])
            }
            ConfigError::Metrics { address, source } => {
                Self::new("no-metrics-listen", &[("address", &address), ("cause", &source)])
            }
            ConfigError::Value { key, expected } => Self::usage("config-value", &[("key", &key), ("expected", &expected)]),
        }
    }
}

impl From<StartError> for Failed {
    fn from(e: StartError) -> Self {
        match e {
            StartError::Folder { path, source } => Self::new("folder", &[("path", &path.display()), ("cause", &source)]),
            StartError::Busy(path) => Self::new("folder-busy", &[("path", &path.display())]),
            StartError::NoRelay(path) => Self::new("no-relay", &[("path", &path.display())]),
            StartError::HalfRestored(path) => Self::new("half-restored", &[("path", &path.display())]),
            StartError::Store(e) => e.into(),
            StartError::Postgres(e) => e.into(),
            StartError::StoreElsewhere(path) => Self::new("store-elsewhere", &[("path", &path.display())]),
            StartError::HalfMoved(path) => Self::new("half-moved", &[("path", &path.display())]),
            StartError::StoreHere(path) => Self::new("store-here", &[("path", &path.display())]),
            StartError::DatabaseEmpty(path) => Self::new("database-empty", &[("path", &path.display())]),
            StartError::ListMissing(path) => Self::new("list-missing", &[("path", &path.display())]),
            StartError::Identity(e) => e.into(),
            StartError::IdentityMissing(path) => Self::new("identity-missing", &[("path", &path.display())]),
            StartError::StoreGone(path) => Self::new("store-gone", &[("path", &path.display())]),
            StartError::Listen { address, source } if source.kind() == std::io::ErrorKind::AddrInUse => {
                Self::new("port-in-use", &[("address", &address)])
            }
            StartError::Listen { address, source } => Self::new("no-listen", &[("address", &address), ("cause", &source)]),
            StartError::Public(e) => Self::usage("bad-public", &[("cause", &e)]),
            StartError::RunKey(e) => e.into(),
            StartError::RunKeyMissing(path) => Self::new("run-key-missing", &[("path", &path.display())]),
            StartError::OtherRunKey(path) => Self::new("run-key-other", &[("path", &path.display())]),
            StartError::RegistrarKey(e) => e.into(),
            StartError::Down(down) => down.into(),
            StartError::Thread(e) => Self::new("no-thread", &[("cause", &e)]),
        }
    }
}

impl From<OpenError> for Failed {
    fn from(e: OpenError) -> Self {
        match e {
            OpenError::Newer { found, known } => Self::new("store-newer", &[("found", &found), ("known", &known)]),
            OpenError::NotOurs => Self::new("store-not-ours", &[]),
            OpenError::Damaged(cause) => Self::new("store-damaged", &[("cause", &cause)]),
            OpenError::Full => Self::new("store-full", &[]),
            OpenError::Engine(cause) => Self::new("store-closed", &[("cause", &cause)]),
        }
    }
}

impl From<IdentityError> for Failed {
    fn from(e: IdentityError) -> Self {
        match e {
            IdentityError::File { path, source } => Self::new("key-file", &[("path", &path.display()), ("cause", &source)]),
            IdentityError::Malformed(path) => Self::new("key-malformed", &[("path", &path.display())]),
            IdentityError::Exposed(path) => Self::new("key-exposed", &[("path", &path.display())]),
            IdentityError::NotALeaf(path) => Self::new("leaf-malformed", &[("path", &path.display())]),
            IdentityError::RefusedLeaf { path, cause } => {
                Self::new("leaf-refused", &[("path", &path.display()), ("cause", &cause)])
            }
            IdentityError::Certificate(cause) => Self::new("no-certificate", &[("cause", &cause)]),
            IdentityError::Note(cause) => Self::new("no-certificate", &[("cause", &cause)]),
        }
    }
}

impl From<RunKeyError> for Failed {
    fn from(e: RunKeyError) -> Self {
        match e {
            RunKeyError::Inside(path) => Self::new("run-key-inside", &[("path", &path.display())]),
            RunKeyError::Open(path) => Self::new("key-exposed", &[("path", &path.display())]),
            RunKeyError::NotAKey(path) => Self::new("key-malformed", &[("path", &path.display())]),
            RunKeyError::Io { path, cause } => Self::new("key-file", &[("path", &path.display()), ("cause", &cause)]),
        }
    }
}

impl From<RegistrarKeyError> for Failed {
    fn from(e: RegistrarKeyError) -> Self {
        match e {
            RegistrarKeyError::File(e) => e.into(),
            RegistrarKeyError::Missing(path) => Self::new("registrar-key-missing", &[("path", &path.display())]),
            RegistrarKeyError::Other(path) => Self::new("registrar-key-other", &[("path", &path.display())]),
            RegistrarKeyError::Note { path, cause } => Self::new("folder", &[("path", &path.display()), ("cause", &cause)]),
            RegistrarKeyError::Sign(e) => Self::new("no-start", &[("cause", &e)]),
        }
    }
}

impl From<StoreDown> for Failed {
    fn from(down: StoreDown) -> Self {
        if down.full { Self::new("store-full", &[]) } else { Self::new("store-damaged", &[("cause", &down.cause)]) }
    }
}

/// Where the relay's things are: every command takes the same three.
#[derive(Debug, clap::Args)]
pub(crate) struct Place {
    /// Folder of everything that the relay keeps [default: ./lacre-data]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// The relay's configuration file (TOML); an argument goes before the same key there
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// File of the registrar's key for RUNs, outside the data folder [default: lacre-run.key beside it]
    #[arg(long, value_name = "FILE")]
    pub(crate) run_key: Option<PathBuf>,
}

impl Place {
    /// The configuration, with what the arguments say in its place.
    pub(crate) fn node(&self) -> Result<NodeConfig, ConfigError> {
        let mut config = match &self.config {
            Some(path) => NodeConfig::read(path)?,
            None => NodeConfig::default(),
        };
        if let Some(data) = &self.data {
            config.data.clone_from(data);
        }
        if self.run_key.is_some() {
            config.run_key.clone_from(&self.run_key);
        }
        Ok(config)
    }
}

/// A folder from which a relay has started. Who only looks for one, or does something with it, makes none: a mistyped name
/// would be a relay of its own.
pub(crate) fn there(folder: &Path) -> Result<(), Failed> {
    if !folder.is_dir() {
        return Err(Failed::new("no-folder", &[("path", &folder.display())]));
    }
    DataFolder::has_relay(folder).map_err(Failed::from)
}

/// Nothing is replaced that somebody else put there.
pub(crate) fn not_written(path: &Path, e: &std::io::Error) -> Failed {
    if e.kind() == std::io::ErrorKind::AlreadyExists {
        return Failed::new("file-exists", &[("path", &path.display())]);
    }
    Failed::new("folder", &[("path", &path.display()), ("cause", e)])
}

/// The sentence with these values in it.
pub(crate) fn sentence(words: &Words, key: &str, values: &[(&'static str, &str)]) -> String {
    let args: Vec<_> = values.iter().map(|(name, value)| (*name, (*value).into())).collect();
    words.say_with(key, &args)
}

/// One line of results.
pub(crate) fn say(line: &str) -> Result<(), Failed> {
    let mut out = std::io::stdout();
    let written = writeln!(out, "{line}").and_then(|()| out.flush());
    written.map_err(|e| Failed::new("no-stdout", &[("cause", &e)]))
}

/// One line for people's eyes.
pub(crate) fn tell(line: &str) {
    // nobody to tell that nobody can be told
    let _ = writeln!(std::io::stderr(), "{line}");
}
