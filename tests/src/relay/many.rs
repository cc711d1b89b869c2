//! Relays on one database, each a process of its own; and a balancer in front of them.

use super::process::{RelayProcess, relay_binary, seed};
use lacre_ground::address::Authority;
use lacre_ground::random::SystemRng;
use lacre_store_postgres::own_server::OwnServer;
use lacre_store_postgres::{PgOptions, PgStore, QuotaKey};
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Relays, their database, and the one address that people are told.
pub struct Relays {
    /// the database
    pub server: OwnServer,
    folder: tempfile::TempDir,
    balancer: Balancer,
    running: Vec<Option<RelayProcess>>,
    ports: Vec<u16>,
}

/// A port that is free for the moment.
fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

impl Relays {
    /// So many relays, which run. None where there is no PostgreSQL: then nothing is tried, and the last line says so.
    ///
    /// # Errors
    /// With a sentence.
    pub fn start(count: usize) -> Result<Option<Self>, String> {
        let Some(server) = OwnServer::new().map_err(|e| e.to_string())? else { return Ok(None) };
        let (folder, balancer) = (tempfile::tempdir().map_err(|e| e.to_string())?, Balancer::start().map_err(|e| e.to_string())?);
        let ports = (0..count).map(|_| free_port()).collect::<io::Result<Vec<u16>>>().map_err(|e| e.to_string())?;
        balancer.leads_to(&ports);
        std::fs::create_dir(folder.path().join("blobs")).map_err(|e| e.to_string())?;
        let mut relays = Self { server, folder, balancer, running: Vec::new(), ports };
        for n in 0..count {
            relays.running.push(None);
            relays.start_relay(n)?;
        }
        Ok(Some(relays))
    }

    /// The configuration of one of them. All have the same keys.
    ///
    /// # Errors
    /// When it is not written.
    pub fn config(&self, n: usize) -> Result<PathBuf, String> {
        let PgOptions { hosts, port, database, user, .. } = self.server.options();
        let (folder, public) = (self.folder.path().display(), self.balancer.listens);
        let text = format!(
            "data = \"data-{n}\"\nlisten = \"127.0.0.1:{}\"\npublic_address = \"{public}\"\nthreads = 1\n\
             identity_key = \"{folder}/identity.key\"\nrun_key = \"{folder}/run.key\"\n\n[store.postgres]\nhosts = {hosts:?}\n\
             port = {port}\ndatabase = \"{database}\"\nuser = \"{user}\"\nloses_on_failover = true\nshared_blobs = \"blobs\"\nreaders = 4\n",
            self.ports.get(n).copied().unwrap_or_default()
        );
        let path = self.folder.path().join(format!("relay-{n}.toml"));
        std::fs::write(&path, text).map_err(|e| e.to_string())?;
        Ok(path)
    }

    /// Starts one, also after it was killed, and waits until it listens.
    ///
    /// # Errors
    /// When it does not.
    pub fn start_relay(&mut self, n: usize) -> Result<(), String> {
        let mut command = Command::new(relay_binary()?);
        command.arg("serve").arg("--config").arg(self.config(n)?);
        let log = File::options().create(true).append(true).open(self.log()).map_err(|e| e.to_string())?;
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        let mut relay = RelayProcess::spawn(command)?;
        relay.ready().map_err(|e| format!("{e}\n{}", self.last_lines()))?;
        if let Some(place) = self.running.get_mut(n) {
            *place = Some(relay);
        }
        Ok(())
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("relays.log")
    }

    /// What the relays said last.
    #[must_use]
    pub fn last_lines(&self) -> String {
        let text = std::fs::read_to_string(self.log()).unwrap_or_default();
        text.lines().rev().take(20).collect::<Vec<_>>().join("\n")
    }

    /// SIGKILL.
    ///
    /// # Errors
    /// When it had ended by itself.
    pub fn kill(&mut self, n: usize) -> Result<(), String> {
        self.running.get_mut(n).and_then(Option::take).map_or(Ok(()), RelayProcess::kill)
    }

    /// Its data folder.
    #[must_use]
    pub fn data(&self, n: usize) -> PathBuf {
        self.folder.path().join(format!("data-{n}"))
    }

    /// Where all of them are kept.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Each connection here goes to the next relay.
    #[must_use]
    pub fn authority(&self) -> Option<Authority> {
        let identity = self.running.iter().flatten().find_map(RelayProcess::authority)?.identity();
        Authority::new("127.0.0.1", self.balancer.listens.port(), identity).ok()
    }

    /// One relay, whatever its people are told.
    #[must_use]
    pub fn at(&self, n: usize) -> Option<Authority> {
        Authority::new("127.0.0.1", *self.ports.get(n)?, self.authority()?.identity()).ok()
    }

    /// From now on connections go to these only.
    pub fn only(&self, relays: &[usize]) {
        let ports: Vec<u16> = relays.iter().filter_map(|n| self.ports.get(*n).copied()).collect();
        self.balancer.leads_to(&ports);
    }

    /// Puts the stamps 0 to `count` there, as an account would have taken them.
    ///
    /// # Errors
    /// With a sentence.
    pub fn seed_stamps(&self, count: u64) -> Result<(), String> {
        let nothing = QuotaKey::of(&zeroize::Zeroizing::new([0; 32]));
        let mut store = PgStore::open(self.server.options(), nothing, &mut SystemRng).map_err(|e| e.to_string())?;
        seed(&mut store, count)
    }
}

/// As a load balancer of TCP does it: it reads nothing of what it carries.
struct Balancer {
    listens: SocketAddr,
    to: Arc<Mutex<Vec<u16>>>,
}

impl Balancer {
    fn start() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let (listens, to) = (listener.local_addr()?, Arc::<Mutex<Vec<u16>>>::default());
        let (targets, turn) = (Arc::clone(&to), AtomicUsize::new(0));
        std::thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let ports = targets.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let first = turn.fetch_add(1, Ordering::Relaxed);
                // one that does not answer is passed over
                let far = (0..ports.len()).filter_map(|n| ports.get((first + n) % ports.len()));
                let far = far.filter_map(|port| TcpStream::connect(("127.0.0.1", *port)).ok()).next();
                let Some(far) = far else { continue };
                let _ = (near.set_nodelay(true), far.set_nodelay(true));
                if let (Ok(back_from), Ok(back_to)) = (far.try_clone(), near.try_clone()) {
                    std::thread::spawn(move || carry(near, far));
                    std::thread::spawn(move || carry(back_from, back_to));
                }
            }
        });
        Ok(Self { listens, to })
    }

    fn leads_to(&self, ports: &[u16]) {
        *self.to.lock().unwrap_or_else(PoisonError::into_inner) = ports.to_vec();
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        if buffer.get(..read).is_none_or(|bytes| to.write_all(bytes).is_err()) {
            break;
        }
    }
    let _ = (to.shutdown(Shutdown::Both), from.shutdown(Shutdown::Both));
}
