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

use lacre_store_postgres::PgOptions;
use serde::Deserialize;
use std::path::Path;

/// The section `[store]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreConfig {
    /// The database that holds the store. Made by `lacre-relay migrate`.
    pub postgres: Option<PgOptions>,
}

/// Most connections for reading.
const READERS: u16 = 256;

impl StoreConfig {
    /// Its paths belong to the folder of the file.
    pub(super) fn lies_in(&mut self, folder: &Path) {
        let Some(PgOptions { password_file, ca_file, client_cert, client_key, shared_blobs, .. }) = &mut self.postgres else {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> PgOptions {
        let config: StoreConfig = toml::from_str(text).unwrap();
        config.postgres.unwrap()
    }
    fn refused(config: PgOptions) -> Option<&'static str> {
        StoreConfig { postgres: Some(config) }.check().err().map(|(key, _)| key)
    }
    fn socket() -> PgOptions {
        PgOptions { hosts: vec!["/run/postgresql".into()], ..PgOptions::default() }
    }

    #[test]
    fn every_key_of_the_database_is_read_and_its_paths_belong_to_the_folder_of_the_file() {
        let text = "[postgres]\nhosts = [\"a\"]\nport = 1\ndatabase = \"d\"\nuser = \"u\"\npassword_file = \"p\"\nca_file = \"/c\"\n\
                    client_cert = \"x\"\nclient_key = \"y\"\nloses_on_failover = true\nshared_blobs = \"b\"\nreaders = 3";
        let mut config = StoreConfig { postgres: Some(read(text)) };
        config.lies_in(Path::new("/etc"));
        assert_eq!(config.check(), Ok(()));
        let expected = PgOptions {
            hosts: vec!["a".into()],
            port: 1,
            database: "d".into(),
            user: "u".into(),
            password_file: Some("/etc/p".into()),
            ca_file: Some("/c".into()),
            client_cert: Some("/etc/x".into()),
            client_key: Some("/etc/y".into()),
            loses_on_failover: true,
            shared_blobs: Some("/etc/b".into()),
            readers: 3,
        };
        assert_eq!(config.postgres, Some(expected));
    }

    #[test]
    fn a_database_without_tls_over_a_network_and_halves_of_settings_are_refused_by_name() {
        assert_eq!(refused(socket()), None);
        let tls = PgOptions { hosts: vec!["a".into(), "b".into()], ca_file: Some("c".into()), ..PgOptions::default() };
        assert_eq!(refused(tls.clone()), None);
        assert_eq!(refused(PgOptions { ca_file: None, ..tls.clone() }), Some("store.postgres.ca_file"));
        for hosts in [vec![], vec![String::new()], vec!["/run".into(), "a".into()]] {
            assert_eq!(refused(PgOptions { hosts, ..tls.clone() }), Some("store.postgres.hosts"));
        }
        assert_eq!(refused(PgOptions { client_cert: Some("x".into()), ..socket() }), Some("store.postgres.client_key"));
        for (readers, no) in [(0, true), (1, false), (256, false), (257, true)] {
            assert_eq!(refused(PgOptions { readers, ..socket() }).is_some(), no, "{readers}");
        }
        assert_eq!(refused(PgOptions { user: String::new(), ..socket() }), Some("store.postgres"));
        assert!(
            toml::from_str::<StoreConfig>("[postgres]\nhost = \"a\"").unwrap_err().message().contains("unknown field `host`")
        );
    }
}
