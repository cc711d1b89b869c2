//! The relay's own accept loop: connections and handshakes have places ([`crate::places`]), handshakes have an end, and no
//! handler sees who called.

use crate::counters::ConnectionMetrics;
use crate::limits::{self, Transport};
use crate::memory::{self, Holder, Memory};
use crate::network::{Network, Networks};
use crate::places::{Place, Places};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::Sleep;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::server::Connected;

/// A connection after its handshake. Its place is free again when it is dropped.
pub(crate) struct Connection {
    stream: TlsStream<TcpStream>,
    metrics: ConnectionMetrics,
    held: memory::Connection,
    /// when it is closed, whatever goes on
    end: Pin<Box<Sleep>>,
    _place: Place,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.metrics.open.dec();
    }
}

fn count(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

impl Connected for Connection {
    /// What counts its memory, and no more: addresses of peers go no further than here.
    type ConnectInfo = Holder;
    fn connect_info(&self) -> Holder {
        self.held.holder()
    }
}

fn over<T>() -> Poll<io::Result<T>> {
    Poll::Ready(Err(io::Error::new(io::ErrorKind::ConnectionAborted, "its memory or its place is somebody else's")))
}

fn old<T>() -> Poll<io::Result<T>> {
    Poll::Ready(Err(io::Error::new(io::ErrorKind::ConnectionAborted, "it was asked to reconnect, and did not")))
}

fn sent(written: &Poll<io::Result<usize>>) -> u64 {
    if let Poll::Ready(Ok(bytes)) = written { count(*bytes) } else { 0 }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.held.poll_over(cx) {
            return over();
        }
        if self.end.as_mut().poll(cx).is_ready() {
            return old();
        }
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        self.metrics.received.inc_by(count(buf.filled().len() - before));
        read
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.held.is_over() {
            return over();
        }
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.metrics.sent.inc_by(sent(&written));
        written
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bufs: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        if self.held.is_over() {
            return over();
        }
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.metrics.sent.inc_by(sent(&written));
        written
    }
    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

/// After so long a handshake makes room for others that wait: those of a client that is there take a tenth of it.
const LONG_HANDSHAKE: Duration = Duration::from_secs(5);

/// Who waits for a handshake's place waits for so many times as long as a handshake may take.
const WAITS: u32 = 3;

/// Where connections wait to be served.
type Ready = mpsc::Sender<Result<Connection, io::Error>>;

/// What a connection goes through before it is served.
#[derive(Clone)]
struct Door {
    tls: TlsAcceptor,
    limits: Transport,
    metrics: ConnectionMetrics,
    memory: Arc<Memory>,
    places: Arc<Places>,
    handshakes: Arc<Places>,
}

/// A newcomer's places.
struct Entered {
    network: Network,
    held: memory::Connection,
    place: Place,
}

impl Door {
    /// A place for a connection; none when nobody has to go for it.
    fn enter(&self, network: Network) -> Option<Entered> {
        let held = self.memory.connection(network);
        match self.places.take(network, held.leave()) {
            Some(place) => Some(Entered { network, held, place }),
            None => {
                self.metrics.refused.inc();
                None
            }
        }
    }

    /// Handshake and all. A handshake that fails, takes too long or has to make room is forgotten.
    async fn let_in(self, stream: TcpStream, Entered { network, held, place }: Entered, ready: Ready) {
        let _ = stream.set_nodelay(true);
        let Some(shaking) = self.handshakes.wait(network, held.leave(), self.limits.handshake * WAITS).await else {
            self.metrics.refused.inc();
            return;
        };
        let small = |session: &mut rustls::ServerConnection| session.set_buffer_limit(Some(limits::TLS_BUFFER));
        let shaken = tokio::select! {
            shaken = tokio::time::timeout(self.limits.handshake, self.tls.accept_with(stream, small)) => shaken,
            () = held.over() => {
                self.metrics.refused.inc();
                return;
            }
        };
        // who did not agree on HTTP/2 speaks something else
        match shaken {
            Ok(Ok(stream)) if stream.get_ref().1.alpn_protocol() == Some(limits::ALPN) => {
                drop(shaking);
                self.metrics.accepted.inc();
                self.metrics.open.inc();
                let end = Box::pin(tokio::time::sleep(self.limits.age + self.limits.age_grace));
                let _ = ready.send(Ok(Connection { stream, metrics: self.metrics, held, end, _place: place })).await;
            }
            _ => {
                self.metrics.handshakes_failed.inc();
            }
        }
    }
}

/// Accepts until the receiver is dropped.
pub(crate) fn connections(
    listener: TcpListener,
    tls: TlsAcceptor,
    limits: Transport,
    metrics: ConnectionMetrics,
    memory: Arc<Memory>,
    Both { connections: places, handshakes }: Both,
) -> ReceiverStream<Result<Connection, io::Error>> {
    let (ready, connections) = mpsc::channel(16);
    let door = Door { tls, limits, metrics, memory, places, handshakes };
    let networks = Networks::default();
    tokio::spawn(async move {
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = ready.closed() => return,
            };
            match accepted {
                Ok((stream, from)) => {
                    if let Some(entered) = door.enter(networks.of(from.ip())) {
                        tokio::spawn(door.clone().let_in(stream, entered, ready.clone()));
                    }
                }
                Err(e) => {
                    // out of file descriptors, or a peer that went away: the next may do better, but not at once
                    tracing::warn!(cause = %e.kind(), "a connection was not accepted");
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                }
            }
        }
    });
    ReceiverStream::new(connections)
}

/// The places of connections, and of handshakes among them.
#[derive(Clone)]
pub(crate) struct Both {
    pub(crate) connections: Arc<Places>,
    pub(crate) handshakes: Arc<Places>,
}

impl Both {
    pub(crate) fn new(connections: usize, handshakes: usize) -> Self {
        Self { connections: Places::new(connections), handshakes: Places::passing(handshakes, LONG_HANDSHAKE) }
    }
    /// Somebody had to go, or was refused, not long ago.
    pub(crate) fn are_short(&self) -> bool {
        self.connections.are_short() || self.handshakes.are_short()
    }
}
