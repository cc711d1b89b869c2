//! How a connection is made: TCP (or SOCKS5), then TLS 1.3 with the relay's own key as the only root.
//!
//! An address pins the relay's Ed25519 identity. The relay shows a leaf certificate for [`RELAY_NAME`], signed by that
//! identity under the issuer name `CN=lacre relay identity`. So the one trust anchor is {that name, the key of the
//! address}: a renewed leaf cuts nobody off, another key is refused, and no authority of the web is trusted.

use core::fmt;
use core::time::Duration;
use lacre_ground::address::Authority;
use lacre_ground::ids::Identity;
use lacre_ground::time::Clock;
use rustls::client::Resumption;
use rustls::pki_types::{Der, ServerName, TrustAnchor, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{CertificateError, ClientConfig, RootCertStore};
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use zeroize::Zeroizing;

/// The DNS name in every relay's certificate, and the server name that clients send, whatever the host.
pub const RELAY_NAME: &str = "relay.lacre.invalid";

/// DER of the issuer's Name without its outer SEQUENCE: one RDN, commonName, UTF8String "lacre relay identity".
const ISSUER: &[u8] = b"\x31\x1d\x30\x1b\x06\x03\x55\x04\x03\x0c\x14lacre relay identity";

/// DER of an Ed25519 SubjectPublicKeyInfo without its outer SEQUENCE, up to the key (RFC 8410).
const ED25519_SPKI: &[u8] = b"\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";

/// A SOCKS5 proxy. Names are resolved by it, never here.
#[derive(Clone, PartialEq, Eq)]
pub struct SocksProxy {
    host: String,
    port: u16,
    credentials: Option<(String, Zeroizing<String>)>,
}

/// Why a text is no proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a proxy is written socks5://host:port or socks5://user:password@host:port")]
pub struct ProxyError;

impl SocksProxy {
    /// From `socks5://[user:password@]host:port` (`socks5h` is the same: names always go to the proxy).
    ///
    /// Without credentials each lane shows random ones of its own: Tor gives each its own circuit, and a proxy that wants
    /// none ignores them. With credentials all lanes show these, and share a circuit.
    pub fn parse(text: &str) -> Result<Self, ProxyError> {
        let rest = text.trim();
        let rest = rest.strip_prefix("socks5://").or_else(|| rest.strip_prefix("socks5h://")).ok_or(ProxyError)?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (credentials, place) = match rest.rsplit_once('@') {
            Some((credentials, place)) => {
                let (user, password) = credentials.split_once(':').ok_or(ProxyError)?;
                let fits = |s: &str| (1..=255).contains(&s.len());
                if !fits(user) || !fits(password) {
                    return Err(ProxyError);
                }
                (Some((user.to_owned(), Zeroizing::new(password.to_owned()))), place)
            }
            None => (None, rest),
        };
        let (host, port) = place.rsplit_once(':').ok_or(ProxyError)?;
        let port = port.parse().map_err(|_| ProxyError)?;
        // the same rule for hosts as in addresses of relays
        let checked = Authority::new(host, port, Identity::new([0; 32])).map_err(|_| ProxyError)?;
        Ok(Self { host: bare(checked.host()).to_owned(), port, credentials })
    }
}

/// An IPv6 address without its brackets; anything else as it is.
fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host)
}

/// Why no connection stands; its text is the cause for the log.
#[derive(Debug, thiserror::Error)]
pub(super) enum DialError {
    /// TCP to the relay
    #[error("no connection: {0}")]
    Tcp(std::io::Error),
    /// TCP to the proxy
    #[error("the proxy does not answer: {0}")]
    Proxy(std::io::Error),
    /// the proxy said no
    #[error("the proxy does not reach the relay: {0}")]
    Socks(tokio_socks::Error),
    /// the certificate is not the pinned key's
    #[error("another key: {0}")]
    OtherKey(rustls::Error),
    /// certificate not valid now: one of the two clocks is wrong, or the relay forgot to renew
    #[error("the relay's certificate is not valid at this machine's time ({0})")]
    WrongTime(rustls::Error),
    /// anything else in the handshake
    #[error("the TLS handshake failed: {0}")]
    Tls(std::io::Error),
    /// not a gRPC server
    #[error("the other side does not speak HTTP/2")]
    NoHttp2,
    /// took too long
    #[error("not connected within {} ms", .0.as_millis())]
    Timeout(Duration),
}

/// A clock as rustls wants it.
struct At(Arc<dyn Clock>);

impl fmt::Debug for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("At")
    }
}

impl TimeProvider for At {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_millis(self.0.now().get())))
    }
}

/// TLS for one identity. Sessions are never resumed: a ticket would tie two connections together.
pub(super) fn pinned(identity: Identity, clock: Arc<dyn Clock>) -> Result<ClientConfig, rustls::Error> {
    let mut spki = ED25519_SPKI.to_vec();
    spki.extend_from_slice(identity.as_bytes());
    let anchor =
        TrustAnchor { subject: Der::from_slice(ISSUER), subject_public_key_info: Der::from(spki), name_constraints: None };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_details(provider, Arc::new(At(clock)))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_root_certificates(RootCertStore { roots: vec![anchor] })
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    config.resumption = Resumption::disabled();
    Ok(config)
}

/// Everything that one lane needs to connect, again and again.
pub(super) struct Dial {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: Arc<ClientConfig>,
    pub(super) proxy: Option<SocksProxy>,
    /// user and password that this lane shows to the proxy
    pub(super) isolation: (String, Zeroizing<String>),
    pub(super) limit: Duration,
}

impl Dial {
    /// One attempt.
    pub(super) async fn connect(&self) -> Result<TlsStream<TcpStream>, DialError> {
        tokio::time::timeout(self.limit, self.attempt()).await.unwrap_or(Err(DialError::Timeout(self.limit)))
    }

    async fn attempt(&self) -> Result<TlsStream<TcpStream>, DialError> {
        let host = bare(&self.host);
        let tcp = match &self.proxy {
            None => TcpStream::connect((host, self.port)).await.map_err(DialError::Tcp)?,
            Some(proxy) => {
                let tcp = TcpStream::connect((proxy.host.as_str(), proxy.port)).await.map_err(DialError::Proxy)?;
                let (user, password) = proxy.credentials.as_ref().unwrap_or(&self.isolation);
                tokio_socks::tcp::Socks5Stream::connect_with_password_and_socket(tcp, (host, self.port), user, password)
                    .await
                    .map_err(DialError::Socks)?
                    .into_inner()
            }
        };
        tcp.set_nodelay(true).map_err(DialError::Tcp)?;
        let name = ServerName::try_from(RELAY_NAME).map_err(|e| DialError::Tls(std::io::Error::other(e)))?;
        let stream = TlsConnector::from(Arc::clone(&self.tls)).connect(name, tcp).await.map_err(judge)?;
        if stream.get_ref().1.alpn_protocol() != Some(b"h2") {
            return Err(DialError::NoHttp2);
        }
        Ok(stream)
    }
}

/// Which failures of the handshake say that another key answered.
fn judge(error: std::io::Error) -> DialError {
    let Some(tls) = error.get_ref().and_then(|e| e.downcast_ref::<rustls::Error>()) else {
        return DialError::Tls(error);
    };
    match tls {
        rustls::Error::InvalidCertificate(
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. },
        ) => DialError::WrongTime(tls.clone()),
        rustls::Error::InvalidCertificate(_) => DialError::OtherKey(tls.clone()),
        _ => DialError::Tls(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_read_as_written_and_other_schemes_are_refused() {
        let plain = SocksProxy::parse("socks5://127.0.0.1:9050").unwrap();
        assert_eq!((plain.host.as_str(), plain.port), ("127.0.0.1", 9050));
        assert!(plain.credentials.is_none());
        assert_eq!(SocksProxy::parse("socks5h://[::1]:9050/").unwrap().host, "::1");
        let named = SocksProxy::parse("socks5://ana:p:w@proxy.cl:1080").unwrap();
        assert!(named.credentials.is_some_and(|(u, p)| u == "ana" && *p == "p:w"));
        for bad in ["", "http://a:1", "socks5://a", "socks5://a:0", "socks5://a:x", "socks5://u@a:1", "socks5://:p@a:1"] {
            assert!(SocksProxy::parse(bad).is_err(), "{bad}");
        }
    }
}
