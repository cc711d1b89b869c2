//! Calls as bytes, over the relay's real TLS or its counter's socket: for messages that no client of ours would make.

use hyper_util::rt::TokioIo;
use lacre_ground::address::Authority;
use lacre_transport::RELAY_NAME;
use prost::bytes::{Buf, BufMut, Bytes};
use rustls::pki_types::{Der, ServerName, TrustAnchor};
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::client::TlsStream;
use tonic::Status;
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::{Channel, Endpoint, Uri};

/// DER of the issuer's Name and of an Ed25519 key, without the outer SEQUENCE of each (PROTOCOL.md, 5).
const ISSUER: &[u8] = b"\x31\x1d\x30\x1b\x06\x03\x55\x04\x03\x0c\x14lacre relay identity";
const SPKI: &[u8] = b"\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";

/// For connections to this relay, its key pinned.
///
/// # Errors
/// When the TLS library does not take our versions.
pub fn dialler(at: &Authority) -> Result<Dialler, String> {
    let spki = [SPKI, at.identity().as_bytes().as_slice()].concat();
    let anchor = TrustAnchor { subject: Der::from(ISSUER), subject_public_key_info: Der::from(spki), name_constraints: None };
    let mut config = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|e| e.to_string())?
        .with_root_certificates(rustls::RootCertStore { roots: vec![anchor] })
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let from = Ipv4Addr::UNSPECIFIED;
    Ok(Dialler { tls: tokio_rustls::TlsConnector::from(Arc::new(config)), place: format!("{}:{}", at.host(), at.port()), from })
}

/// Makes TLS connections to one relay.
#[derive(Clone)]
pub struct Dialler {
    tls: tokio_rustls::TlsConnector,
    place: String,
    from: Ipv4Addr,
}

impl Dialler {
    /// From this address: of the loopback every 127.x.y.z is this machine's.
    #[must_use]
    pub fn from(self, from: Ipv4Addr) -> Self {
        Self { from, ..self }
    }

    /// With these protocols instead of HTTP/2.
    #[must_use]
    pub fn speaking(self, protocols: &[&[u8]]) -> Self {
        let mut config = (**self.tls.config()).clone();
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        Self { tls: tokio_rustls::TlsConnector::from(Arc::new(config)), ..self }
    }

    /// A TCP connection.
    ///
    /// # Errors
    /// When there is none.
    pub async fn tcp(&self) -> std::io::Result<TcpStream> {
        if self.from.is_unspecified() {
            return TcpStream::connect(&self.place).await;
        }
        let place = self.place.parse().map_err(std::io::Error::other)?;
        let socket = TcpSocket::new_v4()?;
        socket.bind((self.from, 0).into())?;
        socket.connect(place).await
    }

    /// A TLS connection on which nothing was said yet.
    ///
    /// # Errors
    /// When there is none.
    pub async fn dial(&self) -> std::io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from(RELAY_NAME).map_err(std::io::Error::other)?;
        let tcp = self.tcp().await?;
        tcp.set_nodelay(true)?;
        self.tls.connect(name, tcp).await
    }
}

/// A connection to a relay, its key pinned.
///
/// # Errors
/// With a sentence, when there is none.
pub async fn connect(at: &Authority) -> Result<Channel, String> {
    connected(dialler(at)?).await
}

/// The same, with a dialler.
///
/// # Errors
/// With a sentence, when there is none.
pub async fn connected(dialler: Dialler) -> Result<Channel, String> {
    let connector = tower::service_fn(move |_: Uri| {
        let dialler = dialler.clone();
        async move { Ok::<_, std::io::Error>(TokioIo::new(dialler.dial().await?)) }
    });
    Endpoint::from_static("http://relay.invalid").connect_with_connector(connector).await.map_err(|e| e.to_string())
}

/// A connection to the counter of the relay with this data folder.
///
/// # Errors
/// With a sentence, when there is none.
pub async fn counter(data: &Path) -> Result<Channel, String> {
    let data = data.to_owned();
    let connector = tower::service_fn(move |_: Uri| {
        let data = data.clone();
        async move { Ok::<_, std::io::Error>(TokioIo::new(lacre_relay::service::registrar::connect(&data).await?)) }
    });
    Endpoint::from_static("http://counter.invalid").connect_with_connector(connector).await.map_err(|e| e.to_string())
}

/// Sends these messages to a method (`/package.Service/Method`), unary or streaming, and gives the first answer; none
/// when the answer is an empty stream.
///
/// # Errors
/// The status of the call.
pub async fn call(channel: &Channel, method: &str, messages: Vec<Vec<u8>>) -> Result<Option<Vec<u8>>, Status> {
    let mut grpc = Grpc::new(channel.clone());
    grpc.ready().await.map_err(|e| Status::unknown(e.to_string()))?;
    let path = PathAndQuery::try_from(method).map_err(|e| Status::unknown(e.to_string()))?;
    let request = tonic::Request::new(tokio_stream::iter(messages));
    let mut answers = grpc.streaming(request, path, Raw).await?.into_inner();
    answers.message().await
}

struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;
    fn encoder(&mut self) -> Self {
        Self
    }
    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;
    fn encode(&mut self, item: Vec<u8>, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        to.put(Bytes::from(item));
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;
    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining()).to_vec()))
    }
}
