//! (c) Catch-up: Attach from seq 1 over a log of 1,024-byte entries, against a bare tonic stream of the same messages.

use crate::report::{Target, now, ratio};
use crate::wire;
use lacre_ground::address::Authority;
use lacre_ground::random::SystemRng;
use lacre_ground::time::{Clock as _, SystemClock};
use lacre_proto::relay::v1 as proto;
use lacre_relay::identity::{IdentityKey, Leaf, tls};
use lacre_relay::serve::Relay;
use prost::bytes::Bytes;
use proto::attach_response::Event;
use proto::channels_client::ChannelsClient;
use proto::channels_server::{Channels, ChannelsServer};
use std::pin::Pin;
use std::sync::Arc;
use tokio_stream::{Stream, StreamExt as _};
use tonic::transport::Channel;
use tonic::{Request, Response, Status, Streaming};

const ENTRIES: u64 = 60_000;

type Events = Pin<Box<dyn Stream<Item = Result<proto::AttachResponse, Status>> + Send>>;

/// Sends messages that it was given, and nothing else.
struct Bare(Arc<Vec<proto::AttachResponse>>);

fn none<T>() -> Result<Response<T>, Status> {
    Err(Status::unimplemented("bare"))
}

#[tonic::async_trait]
impl Channels for Bare {
    type AttachStream = Events;
    async fn attach(&self, _: Request<Streaming<proto::AttachRequest>>) -> Result<Response<Events>, Status> {
        let all = Arc::clone(&self.0);
        let events = (0..all.len()).map(move |i| Ok(all[i].clone()));
        Ok(Response::new(Box::pin(tokio_stream::iter(events))))
    }
    type AppendBatchStream = tokio_stream::Empty<Result<proto::AppendBatchResponse, Status>>;
    async fn append_batch(
        &self,
        _: Request<Streaming<proto::AppendBatchRequest>>,
    ) -> Result<Response<Self::AppendBatchStream>, Status> {
        none()
    }
    async fn open(&self, _: Request<proto::OpenRequest>) -> Result<Response<proto::OpenResponse>, Status> {
        none()
    }
    async fn append(&self, _: Request<proto::AppendRequest>) -> Result<Response<proto::AppendResponse>, Status> {
        none()
    }
    async fn fetch(&self, _: Request<proto::FetchRequest>) -> Result<Response<proto::FetchResponse>, Status> {
        none()
    }
    async fn status(&self, _: Request<proto::StatusRequest>) -> Result<Response<proto::StatusResponse>, Status> {
        none()
    }
    async fn trim(&self, _: Request<proto::TrimRequest>) -> Result<Response<proto::TrimResponse>, Status> {
        none()
    }
    async fn head(&self, _: Request<proto::HeadRequest>) -> Result<Response<proto::HeadResponse>, Status> {
        none()
    }
    async fn change_tokens(
        &self,
        _: Request<proto::ChangeTokensRequest>,
    ) -> Result<Response<proto::ChangeTokensResponse>, Status> {
        none()
    }
    async fn get_info(&self, _: Request<proto::GetInfoRequest>) -> Result<Response<proto::GetInfoResponse>, Status> {
        none()
    }
}

/// Entries until caught up; what came, and how many a second.
async fn follow(client: &mut ChannelsClient<Channel>, log: &wire::Log) -> (Vec<proto::AttachResponse>, f64) {
    let add = proto::AttachAdd { channel: log.id.as_bytes().to_vec(), read_token: log.read.expose().to_vec(), from_seq: 1 };
    let request = proto::AttachRequest { add: vec![add], remove: Vec::new() };
    let start = now();
    let requests = tokio_stream::once(request).chain(tokio_stream::pending());
    let mut events = client.attach(requests).await.unwrap().into_inner();
    let (mut all, mut seen) = (Vec::new(), 0);
    while seen < ENTRIES {
        let event = events.next().await.unwrap().unwrap();
        if let Some(Event::Entries(entries)) = &event.event {
            seen += entries.entries.len() as u64;
        }
        all.push(event);
    }
    (all, ENTRIES as f64 / start.elapsed().as_secs_f64())
}

async fn bare(messages: Arc<Vec<proto::AttachResponse>>, folder: &std::path::Path) -> Authority {
    let identity = IdentityKey::load_or_create(&folder.join("bare.key"), &mut SystemRng).unwrap();
    let leaf = Arc::new(Leaf::new(identity.issue(SystemClock.now(), &mut SystemRng).unwrap()));
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(tls(leaf).unwrap()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let authority = Authority::new("127.0.0.1", listener.local_addr().unwrap().port(), identity.public()).unwrap();
    let incoming = async_stream(listener, acceptor);
    let service = ChannelsServer::new(Bare(messages)).max_encoding_message_size(8 << 20);
    tokio::spawn(tonic::transport::Server::builder().add_service(service).serve_with_incoming(incoming));
    authority
}

type Secured = tokio_rustls::server::TlsStream<tokio::net::TcpStream>;

fn async_stream(
    listener: tokio::net::TcpListener,
    acceptor: tokio_rustls::TlsAcceptor,
) -> impl Stream<Item = std::io::Result<Plain>> {
    let (send, receive) = tokio::sync::mpsc::channel(4);
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            tcp.set_nodelay(true).unwrap();
            let stream = acceptor.accept(tcp).await.unwrap();
            if send.send(Ok(Plain(stream))).await.is_err() {
                return;
            }
        }
    });
    tokio_stream::wrappers::ReceiverStream::new(receive)
}

/// A TLS connection about which tonic is told nothing.
struct Plain(Secured);

impl tonic::transport::server::Connected for Plain {
    type ConnectInfo = ();
    fn connect_info(&self) {}
}

impl tokio::io::AsyncRead for Plain {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
        buf: &mut tokio::io::ReadBuf<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl tokio::io::AsyncWrite for Plain {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
        buf: &[u8],
    ) -> std::task::Poll<std::io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> std::task::Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> std::task::Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

pub fn run() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    wire::seed(&data, 1);
    let relay = Relay::start(wire::options(&data)).unwrap();
    let (mut client, log) = runtime.block_on(async {
        let mut client = wire::connect(relay.authority()).await;
        let log = wire::open(&mut client, 0).await;
        let ciphertext = Bytes::from(vec![7; 1_024]);
        let mut n = 0;
        while n < ENTRIES {
            // in flight together, each knowing what stood before: the relay takes them in any order
            let calls = (n..n + 500).map(|i| {
                let (mut client, request) = (client.clone(), wire::append(&log, i, n, &ciphertext));
                async move { client.append(request).await.unwrap() }
            });
            futures_util::future::join_all(calls).await;
            n += 500;
        }
        (client, log)
    });
    let (messages, _) = runtime.block_on(follow(&mut client, &log));
    // threads of its own, as the relay has
    let server = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let at = server.block_on(bare(Arc::new(messages), folder.path()));
    let mut other = runtime.block_on(wire::connect(&at));
    ratio(
        "catch-up / bare tonic stream",
        "entries/s",
        Target::AtLeast(0.6),
        || runtime.block_on(follow(&mut client, &log)).1,
        || runtime.block_on(follow(&mut other, &log)).1,
    );
    relay.stop();
}
