//! A line to the server that breaks where a test wants it to: around a COMMIT.

use std::io::{self, Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;

/// What becomes of the next COMMIT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// it does not arrive
    Before,
    /// it arrives, and its answer does not
    After,
    /// the line is gone, and the COMMIT arrives once somebody asks on another one what became of it
    Late,
}

#[derive(Default)]
struct Plan {
    next: Option<Cut>,
    held: Option<(UnixStream, Vec<u8>)>,
    cuts: usize,
}

/// Listens as a server does.
pub(super) struct Forwarder {
    folder: tempfile::TempDir,
    plan: Arc<Mutex<Plan>>,
}

/// A message as it came: its kind, and all of its bytes.
fn message(from: &mut UnixStream, first: bool) -> io::Result<(u8, Vec<u8>)> {
    let mut head = vec![0; if first { 4 } else { 5 }];
    from.read_exact(&mut head)?;
    let length = u32::from_be_bytes(head[head.len() - 4..].try_into().unwrap());
    let (kind, mut all) = (if first { 0 } else { head[0] }, head);
    let start = all.len();
    all.resize(start + usize::try_from(length).unwrap() - 4, 0);
    from.read_exact(&mut all[start..])?;
    Ok((kind, all))
}

fn says(bytes: &[u8], words: &str) -> bool {
    bytes.windows(words.len()).any(|w| w == words.as_bytes())
}

fn pass(mut client: UnixStream, mut server: UnixStream, plan: &Mutex<Plan>) -> io::Result<()> {
    let (mut first, mut asks) = (true, false);
    loop {
        let (kind, bytes) = message(&mut client, first)?;
        first = false;
        let next = if kind == b'Q' && says(&bytes, "COMMIT") { plan.lock().unwrap().next.take() } else { None };
        match next {
            None => server.write_all(&bytes)?,
            Some(cut) => {
                plan.lock().unwrap().cuts += 1;
                match cut {
                    Cut::Before => server.shutdown(Shutdown::Both)?,
                    Cut::After => server.write_all(&bytes)?,
                    Cut::Late => plan.lock().unwrap().held = Some((server, bytes)),
                }
                return client.shutdown(Shutdown::Both);
            }
        }
        // the question what became of it is on its way: now the COMMIT may arrive
        asks |= kind == b'P' && says(&bytes, "SELECT batch FROM relay") && !says(&bytes, "NO KEY");
        if asks && kind == b'E' {
            let (_, sync) = message(&mut client, false)?;
            server.write_all(&sync)?;
            if let Some((mut old, commit)) = plan.lock().unwrap().held.take() {
                old.write_all(&commit)?;
            }
        }
    }
}

impl Forwarder {
    pub(super) fn to(socket: PathBuf) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join(".s.PGSQL.5432")).unwrap();
        let plan: Arc<Mutex<Plan>> = Arc::default();
        let shared = Arc::clone(&plan);
        thread::spawn(move || {
            for client in listener.incoming() {
                let (Ok(client), Ok(server)) = (client, UnixStream::connect(&socket)) else { continue };
                let (mut from, mut to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                thread::spawn(move || {
                    let _ = io::copy(&mut from, &mut to);
                    let _ = to.shutdown(Shutdown::Both);
                });
                let plan = Arc::clone(&shared);
                thread::spawn(move || pass(client, server, &plan));
            }
        });
        Self { folder, plan }
    }
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }
    pub(super) fn cut(&self, cut: Cut) {
        self.plan.lock().unwrap().next = Some(cut);
    }
    /// How many COMMITs it broke off.
    pub(super) fn cuts(&self) -> usize {
        self.plan.lock().unwrap().cuts
    }
}
