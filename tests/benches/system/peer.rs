//! A peer that is as durable, in the same run: the appends of `append` (256 at a time, 1,024 bytes each, one transaction
//! each) as rows of one table of PostgreSQL, driven by its own pgbench with prepared statements.
//!
//! In PostgreSQL's favour: its client speaks without TLS and judges nothing (no token, no order of seals, no repeated id,
//! no names). In ours: calls share eight connections, and the relay gathers what waits into one transaction by itself.

use crate::append;
use crate::report::{Target, ratio, say};
use crate::storage::IN_FLIGHT;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const PORT: &str = "54329";
/// As an administrator finds them; durability is as it comes, and said.
const SHOWN: [&str; 9] = [
    "server_version",
    "fsync",
    "synchronous_commit",
    "wal_sync_method",
    "full_page_writes",
    "commit_delay",
    "commit_siblings",
    "shared_buffers",
    "max_connections",
];

/// Where initdb, postgres and pgbench lie.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut places: Vec<PathBuf> = versions.map(|v| v.path().join("bin")).collect();
    places.sort();
    places.extend(std::env::var_os("PATH").iter().flat_map(std::env::split_paths));
    places.into_iter().find(|p| ["initdb", "postgres", "pg_ctl", "psql", "pgbench"].iter().all(|name| p.join(name).is_file()))
}

/// A server in a folder of its own. Stopped when dropped.
struct Postgres {
    programs: PathBuf,
    folder: tempfile::TempDir,
    /// it refuses to run as root
    user: Option<&'static str>,
}

impl Postgres {
    fn run(&self, program: &str, args: &[&str]) -> Result<String, String> {
        let path = self.programs.join(program);
        let mut command = match self.user {
            Some(user) => {
                let mut command = Command::new("runuser");
                command.args(["-u", user, "--"]).arg(path);
                command
            }
            None => Command::new(path),
        };
        let out = command.args(args).current_dir(self.folder.path()).stdin(Stdio::null()).output().map_err(|e| e.to_string())?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if out.status.success() { Ok(text(&out.stdout)) } else { Err(format!("{program}: {}", text(&out.stderr))) }
    }

    fn start() -> Result<Self, String> {
        let programs = programs().ok_or("PostgreSQL's initdb, postgres, pg_ctl, psql and pgbench are not installed here")?;
        let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
        let root = std::fs::metadata("/proc/self").map_err(|e| e.to_string())?.uid() == 0;
        let user = root.then_some("postgres");
        if root {
            std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).map_err(|e| e.to_string())?;
        }
        let server = Self { programs, folder, user };
        server.run("initdb", &["-D", "data", "-A", "trust", "-E", "UTF8", "--no-locale", "-U", "postgres"])?;
        let options = format!("-p {PORT} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=300");
        server.run("pg_ctl", &["-D", "data", "-w", "-s", "-l", "log", "-o", &options, "start"])?;
        server.psql(
            "CREATE TABLE entry (channel int NOT NULL, seq bigint NOT NULL, entry_id bytea NOT NULL, seal boolean NOT NULL, \
             accepted_at timestamptz NOT NULL, ciphertext bytea NOT NULL, PRIMARY KEY (channel, seq))",
        )?;
        Ok(server)
    }

    fn psql(&self, sql: &str) -> Result<String, String> {
        self.run("psql", &["-h", "127.0.0.1", "-p", PORT, "-U", "postgres", "-qAtc", sql]).map(|t| t.trim().to_owned())
    }

    /// Transactions a second.
    fn load(&self, script: &Path, round: u64) -> f64 {
        let (clients, each, first) = (IN_FLIGHT.to_string(), append::EACH.to_string(), format!("seq={}", round * append::EACH));
        let script = script.to_str().unwrap();
        let args = ["-h", "127.0.0.1", "-p", PORT, "-U", "postgres", "-n", "-M", "prepared", "-j", "2", "-c", &clients];
        let said = self.run("pgbench", &[&args[..], &["-t", &each, "-D", &first, "-f", script, "postgres"]].concat()).unwrap();
        let line = said.lines().find_map(|l| l.strip_prefix("tps = ")).unwrap_or_else(|| panic!("{said}"));
        line.split_whitespace().next().unwrap().parse().unwrap()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let _ = self.run("pg_ctl", &["-D", "data", "-w", "-s", "-m", "immediate", "stop"]);
    }
}

pub fn run() {
    let server = match Postgres::start() {
        Ok(server) => server,
        Err(why) => return say(format!("SKIPPED: peer: {why}")),
    };
    for name in SHOWN {
        println!("  {name} = {}", server.psql(&format!("SHOW {name}")).unwrap());
    }
    println!("  pgbench -M prepared, {IN_FLIGHT} connections, TCP without TLS, both on one machine and one file system");
    println!("  ours: SQLite, WAL, synchronous=FULL; {IN_FLIGHT} calls on 8 TLS connections");
    let script = server.folder.path().join("append.sql");
    let insert = format!(
        "\\set seq :seq + 1\nINSERT INTO entry VALUES (:client_id, :seq, int8send(:seq) || int8send(:client_id), false, now(), \
         '\\x{}');\n",
        "07".repeat(1_024)
    );
    std::fs::write(&script, insert).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (_folder, relay) = append::relay(false);
    let (mut first, mut round) = (0, 0);
    let mut ours = || {
        let rate = runtime.block_on(append::load(&relay, first));
        first += append::EACH;
        rate
    };
    let mut theirs = || {
        let rate = server.load(&script, round);
        round += 1;
        rate
    };
    ours();
    theirs();
    let name = format!("unary Append over TLS / PostgreSQL {}, one table", server.psql("SHOW server_version").unwrap());
    ratio(&name, "entries/s", Target::Printed, ours, theirs);
    let rows: u64 = server.psql("SELECT count(*) FROM entry").unwrap().parse().unwrap();
    assert_eq!(rows, round * append::EACH * IN_FLIGHT as u64, "every row is there");
}
