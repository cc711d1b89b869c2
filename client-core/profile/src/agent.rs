//! The unlock agent: keeps a profile's key in memory for a while, so that a person types the passphrase once.
//!
//! A process of its own that listens on a Unix socket for its user alone (mode 0600 in a directory of mode 0700). Where:
//! in `$XDG_RUNTIME_DIR`, under a name made from the profile's path; else in the profile's directory. One agent for each
//! profile: it holds the lock of `agent.lock` there, and ends when the [`mark`] is another: whoever locks may not see the
//! variable that says where it listens.
//!
//! | asked (1 byte) | answer |
//! |---|---|
//! | `k` the key | `y` and 32 bytes, or `n` |
//! | `l` lock now | `y`, when the key is forgotten and socket and lock are free |
//!
//! Whoever can read this user's memory or talk to this socket has the key: the agent protects against neither root nor
//! programs of the same user, and the key may reach swap space.

use super::keys::ProfileKey;
use core::time::Duration;
use lacre_ground::label::{self, Label};
use lacre_ground::random::{self, Rng};
use lacre_ground::time::{Clock, Millis};
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use zeroize::Zeroizing;

const ASK_KEY: u8 = b'k';
const ASK_LOCK: u8 = b'l';
const YES: u8 = b'y';
const NO: u8 = b'n';
/// How long one side waits for the other.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often clock and mark are looked at: a machine that slept wakes up with the key for no longer than this, and whoever
/// locks where the socket is not found waits no longer than this.
const LOOK: Duration = Duration::from_millis(250);
/// How long whoever locks waits for an agent to end.
const END: Duration = Duration::from_secs(5);
const LOCK_FILE: &str = "agent.lock";
/// Its content changes when the profile is locked.
const MARK_FILE: &str = "lock.mark";
/// A Unix socket's path has room for this many bytes on every system.
const MAX_PATH: usize = 100;

/// The key of this profile, if an agent keeps it. It may be of another profile that was in this place before: then the
/// profile does not open with it.
#[must_use]
pub fn ask(profile: &Path) -> Option<ProfileKey> {
    places(profile).iter().find_map(|socket| ask_at(socket).ok().flatten())
}

/// Makes the agent of this profile forget the key and end, if its socket is found; true when there was one that had it. When
/// this returns so, another can be bound.
pub fn lock(profile: &Path) -> bool {
    places(profile).iter().any(|socket| lock_at(socket).unwrap_or(false))
}

/// Whether an agent lives: it holds its lock, wherever it listens.
#[must_use]
pub fn lives(profile: &Path) -> bool {
    let file = File::options().append(true).open(profile.join(LOCK_FILE));
    file.is_ok_and(|file| matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock)))
}

/// Waits until no agent lives, behind [`call_off`]; false when one does not end. `pause` waits a moment.
pub fn wait_for_end(profile: &Path, pause: impl Fn(Duration)) -> bool {
    let mut left = END;
    while lives(profile) {
        if left.is_zero() {
            return false;
        }
        let wait = left.min(LOOK / 5);
        pause(wait);
        left = left.saturating_sub(wait);
    }
    true
}

/// What stands in the profile's directory about its last locking: a process that keeps a profile open for long remembers
/// it *before* it opens the profile, looks again while it runs, and ends when it has changed.
#[must_use]
pub fn mark(profile: &Path) -> Vec<u8> {
    fs::read(profile.join(MARK_FILE)).unwrap_or_default()
}

/// Tells every process that remembers the [`mark`] of this profile to end. A crash in the middle leaves another mark as well.
pub fn call_off(profile: &Path, rng: &mut dyn Rng) -> io::Result<()> {
    let mut file = File::options().create(true).write(true).truncate(true).mode(0o600).open(profile.join(MARK_FILE))?;
    file.write_all(&random::bytes::<16>(rng))
}

fn ask_at(socket: &Path) -> io::Result<Option<ProfileKey>> {
    let mut stream = connect(socket)?;
    stream.write_all(&[ASK_KEY])?;
    let mut answer = [0];
    stream.read_exact(&mut answer)?;
    if answer != [YES] {
        return Ok(None);
    }
    let mut key = Zeroizing::new([0; 32]);
    stream.read_exact(key.as_mut_slice())?;
    Ok(Some(ProfileKey::new(*key)))
}

fn lock_at(socket: &Path) -> io::Result<bool> {
    let mut stream = connect(socket)?;
    stream.write_all(&[ASK_LOCK])?;
    let mut answer = [0];
    stream.read_exact(&mut answer)?;
    Ok(answer == [YES])
}

fn connect(socket: &Path) -> io::Result<UnixStream> {
    let stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// Where the agent of a profile may listen, best first.
fn places(profile: &Path) -> Vec<PathBuf> {
    places_with(profile, std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from))
}

fn places_with(profile: &Path, runtime: Option<PathBuf>) -> Vec<PathBuf> {
    let profile = fs::canonicalize(profile).unwrap_or_else(|_| profile.to_owned());
    let hash = label::hash(Label::AgentSocket, &[profile.as_os_str().as_bytes()]);
    let name: String = data_encoding::HEXLOWER.encode(&hash).chars().take(16).collect();
    let in_runtime = runtime.filter(|dir| dir.is_absolute()).map(|dir| dir.join(format!("lacre-{name}.sock")));
    let own = profile.join("agent.sock");
    in_runtime.into_iter().chain([own]).filter(|path| path.as_os_str().len() <= MAX_PATH).collect()
}

/// Nobody but this user can enter it.
fn is_private(dir: &Path) -> bool {
    fs::metadata(dir).is_ok_and(|found| found.is_dir() && found.permissions().mode() & 0o077 == 0)
}

/// What is gone when the key is forgotten.
struct Held {
    key: ProfileKey,
    /// its lock says that an agent lives; given back when closed
    _alive: File,
}

/// An agent that listens. Answers once [`Agent::run`] runs; asked before, it lets the asker wait.
pub struct Agent {
    listener: UnixListener,
    socket: PathBuf,
    held: Arc<Mutex<Option<Held>>>,
    lasting: Duration,
    until: Millis,
    clock: Arc<dyn Clock>,
    /// the profile, and its mark when the key was asked for
    locked: (PathBuf, Vec<u8>),
}

impl Agent {
    /// Listens for the profile in this directory, and keeps its key for so long from now on, or until its [`mark`] is another
    /// than this one: the mark of before the person gave the key.
    ///
    /// `AddrInUse`: there is an agent already, [`lock`] it first. `PermissionDenied`: the directories are open to others.
    pub fn bind(profile: &Path, key: ProfileKey, mark: Vec<u8>, lasting: Duration, clock: Arc<dyn Clock>) -> io::Result<Self> {
        Self::bind_at(&places(profile), profile, key, mark, lasting, clock)
    }

    fn bind_at(
        places: &[PathBuf],
        profile: &Path,
        key: ProfileKey,
        mark: Vec<u8>,
        lasting: Duration,
        clock: Arc<dyn Clock>,
    ) -> io::Result<Self> {
        let alive = File::options().create(true).append(true).mode(0o600).open(profile.join(LOCK_FILE))?;
        alive.try_lock().map_err(|error| match error {
            fs::TryLockError::WouldBlock => io::Error::new(io::ErrorKind::AddrInUse, "an agent keeps this profile's key already"),
            fs::TryLockError::Error(error) => error,
        })?;
        let socket = places.iter().find(|socket| socket.parent().is_some_and(is_private)).ok_or_else(|| {
            io::Error::new(io::ErrorKind::PermissionDenied, "no directory with a short path that is closed to others (mode 0700)")
        })?;
        // the lock is ours: a socket that is there was left by an agent that was killed
        match fs::remove_file(socket) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let listener = UnixListener::bind(socket)?;
        fs::set_permissions(socket, fs::Permissions::from_mode(0o600))?;
        let until = clock.now().plus(u64::try_from(lasting.as_millis()).unwrap_or(u64::MAX));
        let held = Arc::new(Mutex::new(Some(Held { key, _alive: alive })));
        Ok(Self { listener, socket: socket.clone(), held, lasting, until, clock, locked: (profile.to_owned(), mark) })
    }

    /// Answers until the time is over or somebody asks to lock; then the key is forgotten and the socket is gone.
    pub fn run(self) -> io::Result<()> {
        let Self { listener, socket, held, lasting, until, clock, locked } = self;
        let keeper = Keeper { socket, held, until, clock, locked };
        let (done, ended) = mpsc::channel::<()>();
        std::thread::scope(|threads| {
            let keeper = &keeper;
            threads.spawn(move || keeper.end_in_time(lasting, &ended));
            let outcome = keeper.answer_all(&listener);
            keeper.forget();
            drop(done);
            outcome
        })
    }
}

struct Keeper {
    socket: PathBuf,
    held: Arc<Mutex<Option<Held>>>,
    until: Millis,
    clock: Arc<dyn Clock>,
    locked: (PathBuf, Vec<u8>),
}

impl Keeper {
    /// The time is over, or the profile was locked.
    fn over(&self) -> bool {
        let (profile, before) = &self.locked;
        self.clock.now() >= self.until || mark(profile) != *before
    }

    fn held(&self) -> MutexGuard<'_, Option<Held>> {
        // nothing panics while it holds this lock, and what is inside is whole at every moment
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True when there was a key to forget. Socket first, then the lock: who finds the lock free finds no living socket.
    fn forget(&self) -> bool {
        let mut held = self.held();
        if held.is_some() {
            // gone already is as good
            let _ = fs::remove_file(&self.socket);
        }
        held.take().is_some()
    }

    fn answer_all(&self, listener: &UnixListener) -> io::Result<()> {
        loop {
            let (stream, _) = listener.accept()?;
            if self.over() {
                self.forget();
            }
            // an asker that hangs up harms itself only
            let _ = self.answer(stream);
            if self.held().is_none() {
                return Ok(());
            }
        }
    }

    fn answer(&self, mut stream: UnixStream) -> io::Result<()> {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let mut asked = [0];
        stream.read_exact(&mut asked)?;
        match asked {
            [ASK_KEY] => {
                let mut answer = Zeroizing::new(Vec::with_capacity(33));
                match &*self.held() {
                    Some(held) => {
                        answer.push(YES);
                        answer.extend_from_slice(held.key.expose());
                    }
                    None => answer.push(NO),
                }
                stream.write_all(&answer)
            }
            [ASK_LOCK] => {
                let was = self.forget();
                stream.write_all(&[if was { YES } else { NO }])
            }
            _ => stream.write_all(&[NO]),
        }
    }

    /// Forgets when the time is over by the clock or by waiting (a clock may be set back, a machine may sleep), and wakes
    /// the listener up.
    fn end_in_time(&self, lasting: Duration, ended: &mpsc::Receiver<()>) {
        let mut left = lasting;
        loop {
            let by_clock = Duration::from_millis(self.until.since(self.clock.now()));
            let wait = left.min(by_clock).min(LOOK);
            if wait.is_zero() || self.over() {
                break;
            }
            match ended.recv_timeout(wait) {
                Err(RecvTimeoutError::Timeout) => left = left.saturating_sub(wait),
                Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
            }
        }
        // connected before the socket goes; accepted after the key has gone
        let wake = UnixStream::connect(&self.socket);
        self.forget();
        drop(wake);
    }
}

#[cfg(test)]
mod tests;
