//! A long line: a TCP forwarder that holds every byte back for as long as it travels, each way.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test's line: it is made of time"
)]

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// Bytes that are read at once.
const AT_ONCE: usize = 64 * 1024;

/// A line to a host that is named later.
pub struct Far {
    listens: SocketAddr,
    to: Arc<OnceLock<SocketAddr>>,
}

impl Far {
    /// Each byte takes so long, each way.
    #[must_use]
    pub fn away(one_way: Duration) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let listens = listener.local_addr().unwrap();
        let to: Arc<OnceLock<SocketAddr>> = Arc::default();
        let target = Arc::clone(&to);
        std::thread::spawn(move || {
            for near in listener.incoming() {
                let (Ok(near), Some(to)) = (near, target.get().copied()) else { continue };
                // the handshake of TCP travels, too: whoever connected here waits for that with the first byte
                let Ok(far) = TcpStream::connect(to) else { continue };
                near.set_nodelay(true).unwrap();
                far.set_nodelay(true).unwrap();
                let (back_from, back_to) = (far.try_clone().unwrap(), near.try_clone().unwrap());
                carry(near, far, one_way, one_way * 2);
                carry(back_from, back_to, one_way, Duration::ZERO);
            }
        });
        Self { listens, to }
    }

    /// Where people connect.
    #[must_use]
    pub fn listens(&self) -> SocketAddr {
        self.listens
    }

    /// Where the line ends.
    pub fn leads_to(&self, to: SocketAddr) {
        self.to.set(to).unwrap();
    }
}

/// Carries bytes one way; the first ones also wait for the handshake.
fn carry(mut from: TcpStream, mut to: TcpStream, takes: Duration, handshake: Duration) {
    let (under_way, arrivals) = mpsc::channel::<(Instant, Vec<u8>)>();
    std::thread::spawn(move || {
        for (due, bytes) in arrivals {
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            if to.write_all(&bytes).is_err() {
                break;
            }
        }
        let _closed = to.shutdown(Shutdown::Write);
    });
    std::thread::spawn(move || {
        let first = Instant::now() + takes + handshake;
        let mut buffer = vec![0; AT_ONCE];
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            let due = first.max(Instant::now() + takes);
            if under_way.send((due, buffer[..read].to_vec())).is_err() {
                break;
            }
        }
    });
}
