//! The relay's own accept loop: connections are counted, handshakes have an end, and no handler sees who called.

use crate::counters::ConnectionMetrics;
use crate::limits::Transport;
use crate::memory::{self, Holder, Memory};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
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
    _place: OwnedSemaphorePermit,
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
    Poll::Ready(Err(io::Error::new(io::ErrorKind::ConnectionAborted, "of all connections it held the most memory")))
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

/// Accepts until the receiver is dropped. A handshake that fails or takes too long is forgotten.
pub(crate) fn connections(
    listener: TcpListener,
    tls: TlsAcceptor,
    most: usize,
    limits: Transport,
    metrics: ConnectionMetrics,
    memory: Arc<Memory>,
) -> ReceiverStream<Result<Connection, io::Error>> {
    let (ready, connections) = mpsc::channel(16);
    let places = Arc::new(Semaphore::new(most.max(1)));
    let handshakes = Arc::new(Semaphore::new(limits.handshakes));
    tokio::spawn(async move {
        loop {
            // no place, no accept: the kernel's queue holds the rest
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            let Ok(shaking) = Arc::clone(&handshakes).acquire_owned().await else { return };
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = ready.closed() => return,
            };
            let stream = match accepted {
                Ok((stream, _)) => stream,
                Err(e) => {
                    // out of file descriptors, or a peer that went away: the next may do better, but not at once
                    tracing::warn!(cause = %e.kind(), "a connection was not accepted");
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                    continue;
                }
            };
            let (tls, ready, metrics, memory) = (tls.clone(), ready.clone(), metrics.clone(), Arc::clone(&memory));
            tokio::spawn(async move {
                let _ = stream.set_nodelay(true);
                if let Ok(Ok(stream)) = tokio::time::timeout(limits.handshake, tls.accept(stream)).await {
                    drop(shaking);
                    metrics.accepted.inc();
                    metrics.open.inc();
                    let (held, end) = (memory.connection(), Box::pin(tokio::time::sleep(limits.age + limits.age_grace)));
                    let _ = ready.send(Ok(Connection { stream, metrics, held, end, _place: place })).await;
                } else {
                    metrics.handshakes_failed.inc();
                }
            });
        }
    });
    ReceiverStream::new(connections)
}
