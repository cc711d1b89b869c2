//! Where the store is: without this section in the data folder, with it in a PostgreSQL that several relays share.
//!
//! ```toml
//! [store.postgres]
//! hosts = ["db1.example.org", "db2.example.org"]
//! database = "lacre"
//! user = "lacre"
//! password_file = "postgres.password"
//! ca_file = "postgres-ca.pem"
//! ```

use crate::options::Postgres;
use lacre_store_postgres::{ClientCertificate, PgOptions};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The section `[store]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreConfig {
    /// The database that holds the store. Made by `lacre-relay migrate`.
    pub postgres: Option<PostgresConfig>,
}

/// The section `[store.postgres]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PostgresConfig {
    /// Names of the servers, tried in this order until one takes writes; or one folder of a Unix socket, which begins with `/`.
    pub hosts: Vec<String>,
    /// Of all of them.
    pub port: u16,
    /// The database, with ENCODING UTF8 and LC_COLLATE C; nothing of others' in it.
    pub database: String,
    /// The role.
    pub user: String,
    /// A file with the role's password; read at each connect, so that it may change while the relay runs.
    pub password_file: Option<PathBuf>,
    /// A PEM file with the authority that signs the servers' certificates. Outside a Unix socket there must be one.
    pub ca_file: Option<PathBuf>,
    /// A PEM file with the relay's certificate, where the servers ask for one, and its key.
    pub client_cert: Option<PathBuf>,
    /// The key of `client_cert`, PEM.
    pub client_key: Option<PathBuf>,
    /// No synchronous replica is asked for: a failover, or the loss of the one machine, loses what was acknowledged last.
    pub loses_on_failover: bool,
    /// The one folder of all relays' blobs, on a file system that they share; it must be there. Without it blobs lie in the data
    /// folder, and this is the only relay of the database.
    pub shared_blobs: Option<PathBuf>,
    /// Connections for reading, at most; three more are for writing and for wake-ups.
    pub readers: u16,
}

impl Default for PostgresConfig {
    fn default() -> Self {
        Self {
            hosts: Vec::new(),
            port: 5432,
            database: "lacre".into(),
            user: "lacre".into(),
            password_file: None,
            ca_file: None,
            client_cert: None,
            client_key: None,
            loses_on_failover: false,
            shared_blobs: None,
            readers: 8,
        }
    }
}

/// Most connections for reading.
const READERS: u16 = 256;

impl StoreConfig {
    /// Its paths belong to the folder of the file.
    pub(super) fn lies_in(&mut self, folder: &Path) {
        let Some(PostgresConfig { password_file, ca_file, client_cert, client_key, shared_blobs, .. }) = &mut self.postgres
        else {
            return;
        };
        for path in [password_file, ca_file, client_cert, client_key, shared_blobs].into_iter().flatten() {
            *path = folder.join(&*path);
        }
    }

    /// A key and what it may be, when it is something else.
    pub(super) fn check(&self) -> Result<(), (&'static str, &'static str)> {
        let Some(postgres) = &self.postgres else { return Ok(()) };
        let sockets = postgres.hosts.iter().filter(|host| host.starts_with('/')).count();
        match sockets {
            _ if postgres.hosts.is_empty() || postgres.hosts.iter().any(String::is_empty) => {
                return Err((
                    "store.postgres.hosts",
                    "names of servers, or one folder of a Unix socket, as [\"db1.example.org\"]",
                ));
            }
            0 if postgres.ca_file.is_none() => {
                return Err((
                    "store.postgres.ca_file",
                    "a file with the authority of the servers' certificates: only a Unix socket does without",
                ));
            }
            0 => {}
            _ if postgres.hosts.len() > 1 => {
                return Err(("store.postgres.hosts", "either names of servers or one folder of a Unix socket"));
            }
            _ => {}
        }
        if postgres.client_cert.is_some() != postgres.client_key.is_some() {
            return Err(("store.postgres.client_key", "together with client_cert, or neither"));
        }
        if !(1..=READERS).contains(&postgres.readers) {
            return Err(("store.postgres.readers", "1 to 256"));
        }
        if postgres.port == 0 || postgres.database.is_empty() || postgres.user.is_empty() {
            return Err(("store.postgres", "port, database and user that are not empty"));
        }
        Ok(())
    }
}

impl PostgresConfig {
    /// For whoever connects.
    #[must_use]
    pub fn server(&self) -> PgOptions {
        let Self { client_cert, client_key, .. } = self;
        let client = client_cert.clone().zip(client_key.clone()).map(|(chain, key)| ClientCertificate { chain, key });
        PgOptions {
            hosts: self.hosts.clone(),
            port: self.port,
            database: self.database.clone(),
            user: self.user.clone(),
            password_file: self.password_file.clone(),
            ca_file: self.ca_file.clone(),
            client,
            loses_on_failover: self.loses_on_failover,
        }
    }

    /// For whoever starts a relay.
    #[must_use]
    pub fn relay(&self) -> Postgres {
        Postgres { server: self.server(), readers: self.readers.into(), shared_blobs: self.shared_blobs.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> PostgresConfig {
        let config: StoreConfig = toml::from_str(text).unwrap();
        config.postgres.unwrap()
    }
    fn refused(config: PostgresConfig) -> Option<&'static str> {
        StoreConfig { postgres: Some(config) }.check().err().map(|(key, _)| key)
    }
    fn socket() -> PostgresConfig {
        PostgresConfig { hosts: vec!["/run/postgresql".into()], ..PostgresConfig::default() }
    }

    #[test]
    fn every_key_of_the_database_is_read_and_its_paths_belong_to_the_folder_of_the_file() {
        let text = "[postgres]\nhosts = [\"a\"]\nport = 1\ndatabase = \"d\"\nuser = \"u\"\npassword_file = \"p\"\nca_file = \"/c\"\n\
                    client_cert = \"x\"\nclient_key = \"y\"\nloses_on_failover = true\nshared_blobs = \"b\"\nreaders = 3";
        let mut config = StoreConfig { postgres: Some(read(text)) };
        config.lies_in(Path::new("/etc"));
        assert_eq!(config.check(), Ok(()));
        let relay = config.postgres.unwrap().relay();
        assert_eq!((relay.readers, relay.shared_blobs), (3, Some("/etc/b".into())));
        let PgOptions { hosts, port, database, user, password_file, ca_file, client, loses_on_failover } = relay.server;
        assert_eq!((hosts, port, database, user), (vec!["a".to_owned()], 1, "d".into(), "u".into()));
        assert_eq!((password_file, ca_file, loses_on_failover), (Some("/etc/p".into()), Some("/c".into()), true));
        assert_eq!(client.map(|c| (c.chain, c.key)), Some(("/etc/x".into(), "/etc/y".into())));
    }

    #[test]
    fn a_database_without_tls_over_a_network_and_halves_of_settings_are_refused_by_name() {
        assert_eq!(refused(socket()), None);
        let tls = PostgresConfig { hosts: vec!["a".into(), "b".into()], ca_file: Some("c".into()), ..PostgresConfig::default() };
        assert_eq!(refused(tls.clone()), None);
        assert_eq!(refused(PostgresConfig { ca_file: None, ..tls.clone() }), Some("store.postgres.ca_file"));
        for hosts in [vec![], vec![String::new()], vec!["/run".into(), "a".into()]] {
            assert_eq!(refused(PostgresConfig { hosts, ..tls.clone() }), Some("store.postgres.hosts"));
        }
        assert_eq!(refused(PostgresConfig { client_cert: Some("x".into()), ..socket() }), Some("store.postgres.client_key"));
        for (readers, no) in [(0, true), (1, false), (256, false), (257, true)] {
            assert_eq!(refused(PostgresConfig { readers, ..socket() }).is_some(), no, "{readers}");
        }
        assert_eq!(refused(PostgresConfig { user: String::new(), ..socket() }), Some("store.postgres"));
        assert!(
            toml::from_str::<StoreConfig>("[postgres]\nhost = \"a\"").unwrap_err().message().contains("unknown field `host`")
        );
    }
}
