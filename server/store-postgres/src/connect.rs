//! How a connection comes to be: which servers, as whom, under which TLS; and what a server must be like before anything is
//! written to it.
//!
//! | asked of a server | else |
//! |---|---|
//! | version 15 or newer | refused |
//! | `fsync`, `full_page_writes` on; `synchronous_commit` on or above | refused: what it acknowledges can be lost |
//! | a synchronous replica is named, or `loses_on_failover` was said | refused: a failover would lose what was acknowledged |
//! | the database sorts by bytes (collation C, UTF-8) | refused: another machine's words sort otherwise, and indexes break |
//!
//! Outside a Unix socket there is TLS, and the server's certificate must be signed by `ca_file` for the host that was named.

use crate::OpenError;
use crate::sql::{Conn, wait};
use futures_util::StreamExt as _;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde::Deserialize;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio_postgres::config::{SslMode, TargetSessionAttrs};
use tokio_postgres::{AsyncMessage, Client, Config, Connection, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;
use zeroize::Zeroizing;

/// The oldest version that is tested.
const OLDEST: i64 = 150_000;

/// Each connection: what waits for a lock gives up before its caller does; who went away is noticed within a second; a relay that is frozen
/// in the middle of a transaction holds others up for so long.
const SESSION: &str = "SET lock_timeout = '5s'; SET idle_in_transaction_session_timeout = '10s'; \
     SET client_connection_check_interval = '1s'; SET default_transaction_isolation = 'read committed'";

const SETTINGS: &str = "SELECT current_setting('server_version_num')::bigint, current_setting('fsync'), \
     current_setting('full_page_writes'), current_setting('synchronous_commit'), current_setting('synchronous_standby_names'), \
     CASE WHEN d.datlocprovider = 'c' THEN d.datcollate ELSE 'provider ' || d.datlocprovider::text END, \
     pg_encoding_to_char(d.encoding), d.datctype FROM pg_database d WHERE d.datname = current_database()";

/// Which database, as whom, and how a relay works on it: the section `[store.postgres]` of its configuration.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PgOptions {
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
    /// A PEM file with the relay's certificate and those above it, where the servers ask for one; with its key.
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

impl Default for PgOptions {
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

impl PgOptions {
    fn is_socket(&self) -> bool {
        self.hosts.iter().all(|host| host.starts_with('/'))
    }

    fn config(&self) -> Result<Config, OpenError> {
        let mut config = Config::new();
        for host in &self.hosts {
            config.host(host);
        }
        config.port(self.port).dbname(&self.database).user(&self.user).application_name("lacre-relay");
        config.connect_timeout(Duration::from_secs(5)).tcp_user_timeout(Duration::from_secs(15));
        config.keepalives_idle(Duration::from_secs(10)).keepalives_interval(Duration::from_secs(3)).keepalives_retries(3);
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        config.ssl_mode(if self.is_socket() { SslMode::Disable } else { SslMode::Require });
        if let Some(file) = &self.password_file {
            let said = |cause| OpenError::File { path: file.clone(), cause };
            let password = Zeroizing::new(std::fs::read_to_string(file).map_err(|e| said(e.to_string()))?);
            config.password(password.trim_end_matches(['\r', '\n']));
        }
        Ok(config)
    }

    fn tls(&self) -> Result<rustls::ClientConfig, OpenError> {
        let file = self.ca_file.clone().ok_or(OpenError::NoAuthority)?;
        let said = |cause: String| OpenError::File { path: file.clone(), cause };
        let mut roots = rustls::RootCertStore::empty();
        for der in CertificateDer::pem_file_iter(&file).map_err(|e| said(e.to_string()))? {
            roots.add(der.map_err(|e| said(e.to_string()))?).map_err(|e| said(e.to_string()))?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let versions = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = versions.map_err(|e| said(e.to_string()))?.with_root_certificates(roots);
        let (cert, key) = match (&self.client_cert, &self.client_key) {
            (Some(cert), Some(key)) => (cert, key),
            (None, None) => return Ok(config.with_no_client_auth()),
            (Some(one), None) | (None, Some(one)) => {
                return Err(OpenError::File { path: one.clone(), cause: "a certificate goes with its key".into() });
            }
        };
        let said = |path: &PathBuf, e: pem::Error| OpenError::File { path: path.clone(), cause: e.to_string() };
        let chain = CertificateDer::pem_file_iter(cert).and_then(Iterator::collect).map_err(|e| said(cert, e))?;
        let key = PrivateKeyDer::from_pem_file(key).map_err(|e| said(key, e))?;
        let refused = |e: rustls::Error| OpenError::File { path: cert.clone(), cause: e.to_string() };
        config.with_client_auth_cert(chain, key).map_err(refused)
    }

    /// A connection to a server that may be written to.
    pub(crate) fn connect(&self, runtime: &Handle) -> Result<Conn, OpenError> {
        let unreplicated = Arc::new(AtomicBool::new(false));
        let (client, _) = wait(runtime, self.client(Heard::Warnings(Arc::clone(&unreplicated))))?;
        Ok(Conn::new(client, runtime.clone(), unreplicated))
    }

    /// The same, to be waited for; and when it ends.
    pub(crate) async fn client(&self, heard: Heard) -> Result<(Client, oneshot::Receiver<()>), OpenError> {
        let config = self.config()?;
        if !self.is_socket() && self.hosts.iter().any(|host| host.starts_with('/')) {
            return Err(OpenError::MixedHosts);
        }
        let (client, ended) = if self.is_socket() {
            let (client, connection) = config.connect(NoTls).await?;
            (client, serve(connection, heard))
        } else {
            let (client, connection) = config.connect(MakeRustlsConnect::new(self.tls()?)).await?;
            (client, serve(connection, heard))
        };
        client.batch_execute(SESSION).await?;
        self.check(&client.query_one(SETTINGS, &[]).await?)?;
        Ok((client, ended))
    }

    fn check(&self, row: &tokio_postgres::Row) -> Result<(), OpenError> {
        let version: i64 = row.try_get(0)?;
        if version < OLDEST {
            return Err(OpenError::Old { found: version / 10_000 });
        }
        for (at, name, wants) in
            [(1, "fsync", &["on"][..]), (2, "full_page_writes", &["on"]), (3, "synchronous_commit", &["on", "remote_apply"])]
        {
            let value: String = row.try_get(at)?;
            if !wants.contains(&value.as_str()) {
                return Err(OpenError::Forgets { setting: name, value });
            }
        }
        let replicas: String = row.try_get(4)?;
        if replicas.is_empty() && !self.loses_on_failover {
            return Err(OpenError::NoReplica);
        }
        let (collation, encoding): (String, String) = (row.try_get(5)?, row.try_get(6)?);
        let letters: String = row.try_get(7)?;
        if (collation.as_str(), encoding.as_str(), letters.as_str()) != ("C", "UTF8", "C") {
            return Err(OpenError::Collation { collation: format!("{collation} ({letters})"), encoding });
        }
        Ok(())
    }
}

/// What is done with what a server says beside its answers.
pub(crate) enum Heard {
    /// nothing
    Nothing,
    /// whether a commit was not waited for by a replica is noted
    Warnings(Arc<AtomicBool>),
    /// each notification's text
    Notifications(Box<dyn Fn(&str) + Send>),
}

impl Heard {
    fn message(&self, message: &AsyncMessage) {
        match (self, message) {
            // the words are in the server's language; where they come from is not
            (Self::Warnings(unreplicated), AsyncMessage::Notice(notice)) if notice.routine() == Some("SyncRepWaitForLSN") => {
                unreplicated.store(true, Ordering::SeqCst);
            }
            (Self::Notifications(hears), AsyncMessage::Notification(told)) => hears(told.payload()),
            _ => {}
        }
    }
}

/// Serves a connection until it ends, and says so.
fn serve<S, T>(mut connection: Connection<S, T>, heard: Heard) -> oneshot::Receiver<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (told, ended) = oneshot::channel();
    tokio::spawn(async move {
        let mut messages = futures_util::stream::poll_fn(|cx| connection.poll_message(cx));
        while let Some(message) = messages.next().await {
            match message {
                Ok(message) => heard.message(&message),
                Err(e) => {
                    tracing::debug!(cause = %e, "a connection to the database ended");
                    break;
                }
            }
        }
        let _ = told.send(());
    });
    ended
}
