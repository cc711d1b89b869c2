//! Ways to the relay that a test can watch and cut: a TCP forwarder and a SOCKS5 proxy.

use super::relay::Relay;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

/// Forwards TCP to the relay until it is cut.
pub(super) struct Way {
    pub(super) port: u16,
    open: Arc<Mutex<Vec<AbortHandle>>>,
}

impl Way {
    pub(super) fn to(relay: &Relay) -> Self {
        let listener = relay.runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let port = listener.local_addr().unwrap().port();
        let open: Arc<Mutex<Vec<AbortHandle>>> = Arc::default();
        let (target, opened) = (relay.address, Arc::clone(&open));
        relay.runtime.spawn(async move {
            loop {
                let (mut near, _) = listener.accept().await.unwrap();
                let task = tokio::spawn(async move {
                    let mut far = TcpStream::connect(target).await.unwrap();
                    near.set_nodelay(true).unwrap();
                    far.set_nodelay(true).unwrap();
                    let _ = copy_bidirectional(&mut near, &mut far).await;
                });
                opened.lock().unwrap().push(task.abort_handle());
            }
        });
        Self { port, open }
    }
    /// Cuts every connection that stands; new ones are let through.
    pub(super) fn cut(&self) {
        self.open.lock().unwrap().drain(..).for_each(|task| task.abort());
    }
}

/// What a client told the proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) user: String,
    pub(super) password: String,
    pub(super) host: String,
    pub(super) port: u16,
}

/// RFC 1928 and 1929 as far as a client of ours goes: wants a password, connects to the relay whatever name is asked.
pub(super) struct Socks {
    pub(super) port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Socks {
    pub(super) fn to(relay: &Relay) -> Self {
        let listener = relay.runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (target, seen) = (relay.address, Arc::clone(&asked));
        relay.runtime.spawn(async move {
            loop {
                let (near, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(near, target, Arc::clone(&seen)));
            }
        });
        Self { port, asked }
    }
    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

async fn text(near: &mut TcpStream) -> String {
    let mut bytes = vec![0; usize::from(near.read_u8().await.unwrap())];
    near.read_exact(&mut bytes).await.unwrap();
    String::from_utf8(bytes).unwrap()
}

async fn serve(mut near: TcpStream, target: SocketAddr, seen: Arc<Mutex<Vec<Asked>>>) {
    assert_eq!(near.read_u8().await.unwrap(), 5);
    let mut methods = vec![0; usize::from(near.read_u8().await.unwrap())];
    near.read_exact(&mut methods).await.unwrap();
    assert!(methods.contains(&2), "the client offers a password");
    near.write_all(&[5, 2]).await.unwrap();
    assert_eq!(near.read_u8().await.unwrap(), 1);
    let user = text(&mut near).await;
    let password = text(&mut near).await;
    near.write_all(&[1, 0]).await.unwrap();
    let mut head = [0; 4];
    near.read_exact(&mut head).await.unwrap();
    assert_eq!(head, [5, 1, 0, 3], "CONNECT to a name, which the proxy resolves");
    let host = text(&mut near).await;
    let port = near.read_u16().await.unwrap();
    seen.lock().unwrap().push(Asked { user, password, host, port });
    let mut far = TcpStream::connect(target).await.unwrap();
    near.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.unwrap();
    let _ = copy_bidirectional(&mut near, &mut far).await;
}
