//! Connections and calls: sections 5 and 6 of PROTOCOL.md. One connection for each lane.

use crate::Fail;
use crate::relay::v1::accounts_client::AccountsClient;
use crate::relay::v1::blobs_client::BlobsClient;
use crate::relay::v1::channels_client::ChannelsClient;
use crate::relay::v1::directory_client::DirectoryClient;
use crate::relay::v1::{self as pb};
use crate::wire::Relay;
use rustls::pki_types::{Der, ServerName, TrustAnchor};
use rustls::{ClientConfig, RootCertStore, client::Resumption, crypto::ring, version::TLS13};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tonic::transport::{Channel, Endpoint};
use tonic_types::StatusExt as _;

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Lane {
    Account,
    Inbox,
    Casilla,
    Conversations,
    Directory,
    Blobs,
}

pub struct Net {
    runtime: Runtime,
    relay: Relay,
    tls: Arc<ClientConfig>,
    lanes: HashMap<Lane, Channel>,
}

/// One call of a unary method.
macro_rules! call {
    ($name:ident, $lane:expr, $client:ident, $method:ident, $request:ident, $response:ident) => {
        pub fn $name(&mut self, request: pb::$request) -> Result<pb::$response, Fail> {
            let channel = self.channel($lane)?;
            let mut client = $client::new(channel);
            self.runtime.block_on(async move { client.$method(request).await }).map(|r| r.into_inner()).map_err(refused)
        }
    };
}

fn refused(status: tonic::Status) -> Fail {
    let details = status.get_error_details();
    let info = details.error_info().filter(|i| i.domain == "relay.lacre");
    Fail { reason: info.map(|i| i.reason.clone()), text: format!("{:?} {}", status.code(), status.message()) }
}

impl Net {
    pub fn new(relay: &Relay) -> Result<Self, Fail> {
        // Name { commonName: UTF8String "lacre relay identity" } and an Ed25519 key, both without the outer SEQUENCE
        let mut subject = b"\x31\x1D\x30\x1B\x06\x03\x55\x04\x03\x0C\x14".to_vec();
        subject.extend(b"lacre relay identity");
        let mut key = b"\x30\x05\x06\x03\x2B\x65\x70\x03\x21\x00".to_vec();
        key.extend(relay.identity);
        let anchor = TrustAnchor { subject: Der::from(subject), subject_public_key_info: Der::from(key), name_constraints: None };
        let roots = RootCertStore { roots: vec![anchor] };
        let mut tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&TLS13])?
            .with_root_certificates(roots)
            .with_no_client_auth();
        tls.alpn_protocols = vec![b"h2".to_vec()];
        tls.resumption = Resumption::disabled();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { runtime, relay: relay.clone(), tls: Arc::new(tls), lanes: HashMap::new() })
    }

    fn channel(&mut self, lane: Lane) -> Result<Channel, Fail> {
        if let Some(channel) = self.lanes.get(&lane) {
            return Ok(channel.clone());
        }
        let (tls, relay) = (tokio_rustls::TlsConnector::from(self.tls.clone()), self.relay.clone());
        let connector = tower::service_fn(move |_| {
            let (tls, relay) = (tls.clone(), relay.clone());
            async move {
                let tcp = TcpStream::connect((relay.host.as_str(), relay.port)).await?;
                tcp.set_nodelay(true)?;
                let name = ServerName::try_from("relay.lacre.invalid").map_err(std::io::Error::other)?;
                let stream = tls.connect(name, tcp).await?;
                if stream.get_ref().1.alpn_protocol() != Some(b"h2") {
                    return Err(std::io::Error::other("the relay does not speak HTTP/2"));
                }
                Ok(hyper_util::rt::TokioIo::new(stream))
            }
        });
        let endpoint = Endpoint::from_static("https://relay.lacre.invalid");
        let channel = self.runtime.block_on(endpoint.connect_with_connector(connector)).map_err(|e| {
            let cause = std::error::Error::source(&e).map(ToString::to_string).unwrap_or_default();
            Fail::new(&format!("no connection: {e} {cause}"))
        })?;
        self.lanes.insert(lane, channel.clone());
        Ok(channel)
    }

    call!(enroll, Lane::Account, AccountsClient, enroll, EnrollRequest, EnrollResponse);
    call!(challenge, Lane::Account, AccountsClient, challenge, ChallengeRequest, ChallengeResponse);
    call!(login, Lane::Account, AccountsClient, login, LoginRequest, LoginResponse);
    call!(take_stamps, Lane::Account, AccountsClient, take_stamps, TakeStampsRequest, TakeStampsResponse);
    call!(put_packages, Lane::Account, AccountsClient, put_key_packages, PutKeyPackagesRequest, PutKeyPackagesResponse);
    call!(lookup, Lane::Directory, DirectoryClient, lookup, LookupRequest, LookupResponse);
    call!(claim, Lane::Directory, DirectoryClient, claim, ClaimRequest, ClaimResponse);
    call!(resets, Lane::Inbox, DirectoryClient, resets, ResetsRequest, ResetsResponse);
    call!(send_envelope, Lane::Directory, ChannelsClient, append, AppendRequest, AppendResponse);
    call!(open_inbox, Lane::Inbox, ChannelsClient, open, OpenRequest, OpenResponse);
    call!(fetch_inbox, Lane::Inbox, ChannelsClient, fetch, FetchRequest, FetchResponse);
    call!(trim, Lane::Inbox, ChannelsClient, trim, TrimRequest, TrimResponse);
    call!(change_tokens, Lane::Inbox, ChannelsClient, change_tokens, ChangeTokensRequest, ChangeTokensResponse);
    call!(designate, Lane::Account, AccountsClient, designate, DesignateRequest, DesignateResponse);
    call!(put_grants, Lane::Account, AccountsClient, put_grants, PutGrantsRequest, PutGrantsResponse);
    call!(open_casilla, Lane::Casilla, ChannelsClient, open, OpenRequest, OpenResponse);
    call!(fetch_casilla, Lane::Casilla, ChannelsClient, fetch, FetchRequest, FetchResponse);
    call!(casilla_rights, Lane::Casilla, ChannelsClient, change_tokens, ChangeTokensRequest, ChangeTokensResponse);
    call!(info, Lane::Casilla, ChannelsClient, get_info, GetInfoRequest, GetInfoResponse);
    call!(open, Lane::Conversations, ChannelsClient, open, OpenRequest, OpenResponse);
    call!(append, Lane::Conversations, ChannelsClient, append, AppendRequest, AppendResponse);
    call!(fetch, Lane::Conversations, ChannelsClient, fetch, FetchRequest, FetchResponse);

    pub fn put_blob(&mut self, header: pb::PutHeader, blob: &[u8]) -> Result<(), Fail> {
        let mut client = BlobsClient::new(self.channel(Lane::Blobs)?);
        let mut parts = vec![pb::put_request::Part::Header(header)];
        parts.extend(blob.chunks(262_144).map(|c| pb::put_request::Part::Chunk(c.to_vec())));
        let parts: Vec<_> = parts.into_iter().map(|p| pb::PutRequest { part: Some(p) }).collect();
        self.runtime.block_on(async move { client.put(tokio_stream::iter(parts)).await }).map_err(refused)?;
        Ok(())
    }

    pub fn get_blob(&mut self, request: pb::GetRequest) -> Result<Vec<u8>, Fail> {
        let mut client = BlobsClient::new(self.channel(Lane::Blobs)?);
        let get = async move {
            let (mut stream, mut blob) = (client.get(request).await?.into_inner(), Vec::new());
            while let Some(part) = stream.message().await? {
                blob.extend(part.chunk);
            }
            Ok(blob)
        };
        self.runtime.block_on(get).map_err(refused)
    }
}
