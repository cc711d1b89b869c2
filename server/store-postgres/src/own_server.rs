//! A PostgreSQL of a test's own: in a folder of its own, on a Unix socket of its own, ended with the test. For tests only.
//!
//! initdb is run once for a build, and the migrated folder is copied: a server starts in a quarter of a second. Where there is
//! `/dev/shm` it lies there: fsync is on, and costs nothing.

use crate::sql::{Cells as _, Conn, only, params};
use crate::{OpenError, PgOptions, Threads, migrate};
use lacre_ground::random::SystemRng;
use lacre_store::StoreDown;
use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

/// Whom a server runs as when the test is root: initdb refuses root.
const NOBODY: u32 = 65_534;
/// What its socket is called by, when nothing else is said.
const SOCKET: u16 = 5432;
/// Said by a server once it takes connections.
const READY: &str = "ready to accept connections";

/// A server, which ends when this is dropped.
pub struct OwnServer {
    folder: tempfile::TempDir,
    bin: PathBuf,
    child: Option<Child>,
    settings: Vec<String>,
    port: u16,
}

/// Where PostgreSQL's programs are: in the newest major version's folder, or in PATH.
#[must_use]
pub fn programs() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = folders
        .filter_map(|folder| Some((folder.file_name().to_str()?.parse().ok()?, folder.path().join("bin"))))
        .filter(|(_, bin)| bin.join("initdb").exists())
        .collect();
    versions.sort_unstable();
    let in_path = || std::env::split_paths(&std::env::var_os("PATH")?).find(|folder| folder.join("initdb").exists());
    std::env::var_os("LACRE_POSTGRES_BIN").map(PathBuf::from).or_else(|| versions.pop().map(|(_, bin)| bin)).or_else(in_path)
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A command that runs as somebody who may run a server.
fn command(bin: &Path, program: &str) -> Command {
    let mut command = Command::new(bin.join(program));
    command.env_clear().env("LC_ALL", "C").env("PATH", "/usr/bin:/bin").current_dir("/");
    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    fs::set_permissions(to, fs::Permissions::from_mode(0o700))?;
    for entry in fs::read_dir(from)? {
        let (from, to) = (entry.as_ref().map(fs::DirEntry::path), entry.as_ref().map(|e| to.join(e.file_name())));
        let (Ok(from), Ok(to)) = (from, to) else { continue };
        if from.is_dir() {
            copy(&from, &to)?;
        } else {
            fs::copy(&from, &to)?;
            own(&to)?;
        }
    }
    own(to)
}

fn own(path: &Path) -> io::Result<()> {
    if is_root() { chown(path, Some(NOBODY), Some(NOBODY)) } else { Ok(()) }
}

fn folder() -> io::Result<tempfile::TempDir> {
    let shared = Path::new("/dev/shm");
    let place = if shared.is_dir() { shared.to_owned() } else { std::env::temp_dir() };
    let folder = tempfile::Builder::new().prefix("lacre-pg").tempdir_in(place)?;
    own(folder.path())?;
    Ok(folder)
}

/// A folder with the schema in it, made once for a build.
fn template(bin: &Path) -> io::Result<PathBuf> {
    let exe = std::env::current_exe()?;
    let beside = exe.parent().unwrap_or(Path::new("."));
    let lock = File::create(beside.join("postgres-template.lock"))?;
    lock.lock()?;
    let about = exe.metadata()?;
    let built = about.modified()?.duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_nanos());
    let name = exe.file_name().and_then(|name| name.to_str()).unwrap_or("test");
    let (made, stamp) = (beside.join(format!("postgres-{name}")), format!("{built} {}", bin.display()));
    let stamped = made.join("built");
    if fs::read_to_string(&stamped).is_ok_and(|text| text == stamp) {
        return Ok(made);
    }
    let _ = fs::remove_dir_all(&made);
    let folder = folder()?;
    let data = folder.path().join("data");
    let done = command(bin, "initdb")
        .args([
            "--no-sync",
            "--no-instructions",
            "--username=lacre",
            "--auth=trust",
            "--locale=C",
            "--encoding=UTF8",
            "--wal-segsize=1",
        ])
        .arg("-D")
        .arg(&data)
        .output()?;
    if !done.status.success() {
        return Err(io::Error::other(String::from_utf8_lossy(&done.stderr).into_owned()));
    }
    let mut server = OwnServer { folder, bin: bin.to_owned(), child: None, settings: Vec::new(), port: SOCKET };
    server.start()?;
    migrate(&PgOptions { database: "postgres".into(), ..server.options() }, &mut SystemRng).map_err(io::Error::other)?;
    server.stop(rustix::process::Signal::INT);
    copy(&data, &made)?;
    fs::write(stamped, stamp)?;
    Ok(made)
}

impl OwnServer {
    /// A server with an empty store; none where there is no PostgreSQL. With `CI=true` there must be one.
    pub fn new() -> io::Result<Option<Self>> {
        Self::with(&[])
    }

    /// The same with further settings, as `name=value`.
    pub fn with(settings: &[&str]) -> io::Result<Option<Self>> {
        let Some(bin) = programs() else {
            if std::env::var_os("CI").is_some_and(|ci| ci == "true") {
                return Err(io::Error::other("no PostgreSQL: install postgresql-15, or name its folder in LACRE_POSTGRES_BIN"));
            }
            return Ok(None);
        };
        Self::copied(bin, settings.iter().map(|s| (*s).to_owned()).collect(), SOCKET, |_| Ok(())).map(Some)
    }

    /// The same, reached over TCP and TLS at a port of the loopback, with this certificate and its key (PEM).
    pub fn over_tls(certificate: &str, key: &str) -> io::Result<Option<Self>> {
        let Some(bin) = programs() else { return Ok(None) };
        let port = std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let listens = ["listen_addresses=127.0.0.1", &format!("port={port}"), "ssl=on"].map(str::to_owned).to_vec();
        Self::copied(bin, listens, port, |data| {
            for (name, text) in [("server.crt", certificate), ("server.key", key)] {
                fs::write(data.join(name), text)?;
                fs::set_permissions(data.join(name), fs::Permissions::from_mode(0o600))?;
                own(&data.join(name))?;
            }
            Ok(())
        })
        .map(Some)
    }

    fn copied(bin: PathBuf, settings: Vec<String>, port: u16, more: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<Self> {
        let template = template(&bin)?;
        let folder = folder()?;
        let data = folder.path().join("data");
        copy(&template, &data)?;
        more(&data)?;
        let mut server = Self { folder, bin, child: None, settings, port };
        server.start()?;
        Ok(server)
    }

    /// As its superuser, in the database with the store.
    #[must_use]
    pub fn options(&self) -> PgOptions {
        PgOptions {
            hosts: vec![self.folder.path().display().to_string()],
            port: self.port,
            database: "postgres".into(),
            loses_on_failover: true,
            ..PgOptions::default()
        }
    }

    /// Ends it in good order, keeps its folder as it is then, and starts it again.
    pub fn keep(&mut self) -> io::Result<()> {
        self.stop(rustix::process::Signal::INT);
        let kept = self.folder.path().join("kept");
        let _ = fs::remove_dir_all(&kept);
        copy(&self.folder.path().join("data"), &kept)?;
        self.start()
    }

    /// Puts the folder that was kept in the place of its own, as whoever restores a backup, and starts from there.
    pub fn put_back(&mut self) -> io::Result<()> {
        self.stop(rustix::process::Signal::QUIT);
        let data = self.folder.path().join("data");
        fs::remove_dir_all(&data)?;
        copy(&self.folder.path().join("kept"), &data)?;
        self.start()
    }

    /// Somebody at its console.
    pub fn console(&self) -> Result<Console, OpenError> {
        let threads = Threads::start()?;
        let conn = self.options().connect(threads.handle()?)?;
        Ok(Console { conn, _threads: threads })
    }

    /// Its socket.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join(format!(".s.PGSQL.{}", self.port))
    }

    /// Starts it, also after it was ended; returns when it takes connections.
    pub fn start(&mut self) -> io::Result<()> {
        let mut server = command(&self.bin, "postgres");
        server.arg("-D").arg(self.folder.path().join("data")).arg("-k").arg(self.folder.path());
        for setting in
            ["listen_addresses=", "shared_buffers=16MB", "max_connections=60", "wal_level=minimal", "max_wal_senders=0"]
        {
            server.args(["-c", setting]);
        }
        for setting in &self.settings {
            server.args(["-c", setting]);
        }
        let mut child = server.stderr(Stdio::piped()).stdout(Stdio::null()).stdin(Stdio::null()).spawn()?;
        let mut said = BufReader::new(child.stderr.take().ok_or_else(|| io::Error::other("no stderr"))?).lines();
        let mut log = String::new();
        loop {
            match said.next() {
                Some(Ok(line)) if line.contains(READY) => break,
                Some(Ok(line)) => log.push_str(&format!("{line}\n")),
                Some(Err(e)) => return Err(e),
                None => return Err(io::Error::other(format!("the server did not start:\n{log}"))),
            }
        }
        // what it says further is read and dropped: a full pipe would stop it
        std::thread::spawn(move || said.for_each(drop));
        self.child = Some(child);
        Ok(())
    }

    /// Ends it, and waits until it is gone. After KILL nothing of it was written in order.
    pub fn stop(&mut self, signal: rustix::process::Signal) {
        if let Some(mut child) = self.child.take() {
            if let Some(pid) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
                let _ = rustix::process::kill_process(pid, signal);
            }
            let _ = child.wait();
        }
    }
}

/// What an administrator types, and what is answered.
pub struct Console {
    conn: Conn,
    _threads: Arc<Threads>,
}

impl Console {
    /// Statements without an answer.
    pub fn run(&self, sql: &str) -> Result<(), StoreDown> {
        Ok(self.conn.simple(sql)?)
    }

    /// One number.
    pub fn number(&self, sql: &str) -> Result<i64, StoreDown> {
        Ok(only(&self.conn, sql, params![], |r| r.cell(0))?)
    }

    /// Whether somebody waits for a lock that this console holds.
    pub fn is_waited_for(&self) -> Result<bool, StoreDown> {
        let waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))";
        Ok(self.number(waits)? > 0)
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        self.stop(rustix::process::Signal::QUIT);
    }
}
