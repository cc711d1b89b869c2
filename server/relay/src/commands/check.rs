//! `lacre-relay check`: looks at configuration, keys and store, and changes nothing.

use super::backup::places;
use super::check_database::database;
use super::check_rows::{blobs, faults};
use super::findings::{Findings, Kind};
use super::status::bytes;
use super::{Failed, Place, say};
use lacre_ground::account::REGISTRAR;
use lacre_ground::note::NoteSigner;
use lacre_ground::random::SystemRng;
use lacre_ground::time::{Clock as _, Millis, SystemClock};
use lacre_relay::blob_files::BLOBS_FOLDER;
use lacre_relay::config::NodeConfig;
use lacre_relay::deletions::outlives;
use lacre_relay::folder::{DataFolder, LOCK_FILE, RESTORING_FILE, STORE_FILE, StartError};
use lacre_relay::identity::{IdentityKey, read_leaf};
use lacre_relay::newest::is_gone;
use lacre_relay::registrar_key;
use lacre_relay::room::{asked, disk};
use lacre_relay::run_key::RunKey;
use lacre_store_sqlite::copy::copy_into;
use lacre_store_sqlite::inspect::{Look, look};
use lacre_store_sqlite::{SqliteOptions, SqliteStore};
use lacre_words::failure::Exit;
use lacre_words::words::{Words, key};
use std::collections::HashSet;
use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// Looks at configuration, keys and storage, and says what a start would change. Changes nothing
#[derive(clap::Args)]
pub(crate) struct Check {
    #[command(flatten)]
    place: Place,
    /// Reads every blob and compares its digest too
    #[arg(long)]
    digests: bool,
    /// Copies the store into this folder, runs the pending migrations there, and says how long they took
    #[arg(long, value_name = "DIR")]
    trial: Option<PathBuf>,
    /// Prints {"healthy", "findings": [{"kind": "good" | "change" | "wrong", "id", "text"}]}
    #[arg(long)]
    json: bool,
}

impl Check {
    /// Yes when nothing is wrong.
    pub(crate) fn run(self, words: &Words) -> Result<Exit, Failed> {
        let config = self.place.node()?;
        let mut findings = Findings { words, found: Vec::new() };
        let now = SystemClock.now();
        findings.add(
            Kind::Good,
            "check-config",
            &[("path", &self.place.config.as_ref().map_or("-".into(), |p| p.display().to_string()))],
        );
        let data = config.data.display().to_string();
        if let Some(postgres) = &config.store.postgres {
            let in_use = if config.data.is_dir() { folder(&config, &mut findings)? } else { None };
            let known = database(&config, postgres, in_use.is_some(), now, self.digests, &mut findings);
            keys(&config, known.as_ref(), &mut findings);
            leaf(&config, now, &mut findings);
            listen(&config, in_use.is_none(), &mut findings);
        } else if config.data.is_dir() {
            let in_use = folder(&config, &mut findings)?;
            let seen = if DataFolder::is_of_database(&config.data) {
                let half = DataFolder::not_half_moved(&config.data).err();
                findings.wrong(half.unwrap_or_else(|| StartError::StoreElsewhere(config.data.clone())));
                None
            } else {
                store(&config, in_use.is_none(), &mut findings)
            };
            keys(&config, seen.as_ref().and_then(|s| s.run_key_check.as_ref()), &mut findings);
            leaf(&config, now, &mut findings);
            if in_use.is_none() && !DataFolder::is_of_database(&config.data) {
                orphans(&config.data, seen.as_ref(), &mut findings);
            }
            if let Some(seen) = &seen {
                address(&config, seen, &mut findings)?;
                blobs(&config.data.join(BLOBS_FOLDER), &seen.blobs, self.digests, &mut findings);
                migrations(&config.data, seen, self.trial.as_deref(), &mut findings)?;
                if seen.counts.accepted_ms > now.plus(60_000).get() {
                    let newest = Millis::new(seen.counts.accepted_ms).to_string();
                    findings.add(Kind::Wrong, "check-clock-back", &[("newest", &newest), ("now", &now.to_string())]);
                }
            }
            listen(&config, in_use.is_none(), &mut findings);
        } else {
            findings.add(Kind::Change, "check-new-folder", &[("path", &data)]);
            room(&config, &mut findings)?;
            keys(&config, None, &mut findings);
            listen(&config, true, &mut findings);
        }
        self.tell(&findings)
    }

    fn tell(&self, findings: &Findings<'_>) -> Result<Exit, Failed> {
        let healthy = findings.found.iter().all(|(kind, ..)| *kind != Kind::Wrong);
        if self.json {
            let list: Vec<_> = findings
                .found
                .iter()
                .map(|(kind, id, text)| serde_json::json!({ "kind": kind.name(), "id": id, "text": text }))
                .collect();
            say(&serde_json::json!({ "healthy": healthy, "findings": list }).to_string())?;
        } else {
            for (kind, _, text) in &findings.found {
                say(&format!("{:<9} {text}", findings.words.say(&format!("check-{}", kind.name()))))?;
            }
            say(&findings.words.say(if healthy { key("check-all-good") } else { key("check-some-wrong") }))?;
        }
        Ok(if healthy { Exit::Done } else { Exit::No })
    }
}

/// The folder, and whether a relay uses it: then there is no lock to hold while looking.
fn folder(config: &NodeConfig, findings: &mut Findings<'_>) -> Result<Option<()>, Failed> {
    let path = &config.data;
    let named = path.display().to_string();
    let mode = path.metadata().map_or(0, |m| m.permissions().mode() & 0o777);
    if mode & 0o077 == 0 {
        findings.add(Kind::Good, "check-folder", &[("path", &named)]);
    } else {
        findings.add(Kind::Wrong, "check-folder-open", &[("path", &named), ("mode", &format!("{mode:o}"))]);
    }
    if path.join(RESTORING_FILE).exists() {
        findings.wrong(Failed::new("half-restored", &[("path", &named)]));
    }
    room(config, findings)?;
    match File::open(path.join(LOCK_FILE)).map(|lock| lock.try_lock().map(|()| lock)) {
        Ok(Err(TryLockError::WouldBlock)) => {
            findings.add(Kind::Good, "check-running", &[]);
            Ok(Some(()))
        }
        Ok(Err(TryLockError::Error(e))) => Err(Failed::new("folder", &[("path", &named), ("cause", &e)])),
        Ok(Ok(lock)) => {
            // held as long as this process looks
            std::mem::forget(lock);
            findings.add(Kind::Good, "check-stopped", &[]);
            Ok(None)
        }
        Err(_) => {
            findings.add(Kind::Good, "check-stopped", &[]);
            Ok(None)
        }
    }
}

/// Whether the relay will take anything there: what its configuration keeps free, and what removal keeps for itself, may be more than
/// is free, or than the disk has.
fn room(config: &NodeConfig, findings: &mut Findings<'_>) -> Result<(), Failed> {
    let named = config.data.display().to_string();
    let asked = asked(&config.data, config.keep_free_mib.saturating_mul(1024 * 1024));
    let (found, needed) = asked.map_err(|e| Failed::new("folder", &[("path", &named), ("cause", &e)]))?;
    let values = [("free", bytes(found.free)), ("total", bytes(found.total)), ("keep", bytes(needed))];
    let values: Vec<(&'static str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let (kind, id) = if found.total < needed {
        (Kind::Wrong, "check-disk-small")
    } else if found.free < needed {
        (Kind::Wrong, "check-disk-full")
    } else {
        (Kind::Good, "check-disk")
    };
    findings.add(kind, id, &values);
    Ok(())
}

fn store(config: &NodeConfig, alone: bool, findings: &mut Findings<'_>) -> Option<Look> {
    let path = config.data.join(STORE_FILE);
    if is_gone(&config.data, &path) {
        findings.wrong(StartError::StoreGone(path));
        return None;
    }
    if !path.exists() {
        let had_one = places(config).identity(&config.data).exists()
            || fs::read_dir(config.data.join(BLOBS_FOLDER)).is_ok_and(|mut files| files.next().is_some());
        let (kind, id) = if had_one { (Kind::Wrong, "check-store-gone") } else { (Kind::Change, "check-new-store") };
        findings.add(kind, id, &[("path", &path.display().to_string())]);
        return None;
    }
    mode(&path, findings);
    let index = path.with_extension("sqlite-shm");
    let had_index = index.exists();
    let seen = look(&path, alone);
    if alone && !had_index {
        // SQLite's index of a log that a killed relay left: made for looking, and nobody else has the folder
        let _ = fs::remove_file(index);
    }
    let seen = match seen {
        Ok(seen) => seen,
        Err(e) => {
            findings.wrong(e);
            return None;
        }
    };
    faults(&seen.faults, findings);
    if seen.faults.is_empty() {
        let c = &seen.counts;
        let values = [("channels", c.channels), ("entries", c.entries), ("accounts", c.accounts), ("blobs", c.blobs)];
        let values = values.map(|(name, n)| (name, n.to_string()));
        let values: Vec<(&'static str, &str)> = values.iter().map(|(name, n)| (*name, n.as_str())).collect();
        findings.add(Kind::Good, "check-store", &values);
    }
    Some(seen)
}

/// A file of the data folder that others may read.
fn mode(path: &Path, findings: &mut Findings<'_>) {
    let mode = path.metadata().map_or(0, |m| m.permissions().mode() & 0o777);
    if mode & 0o077 != 0 {
        let values = [("path", path.display().to_string()), ("mode", format!("{mode:o}"))];
        let values: Vec<(&'static str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        findings.add(Kind::Wrong, "check-file-open", &values);
    }
}

fn keys(config: &NodeConfig, known: Option<&[u8; 32]>, findings: &mut Findings<'_>) {
    let places = places(config);
    let (identity, run) = (places.identity(&config.data), places.run(&config.data));
    let served = known.is_some();
    let path = identity.display().to_string();
    if identity.exists() {
        match IdentityKey::load(&identity) {
            Ok(key) => findings.add(Kind::Good, "check-identity", &[("path", &path), ("key", &key.public().to_string())]),
            Err(e) => findings.wrong(e),
        }
    } else if served || config.leaf.is_some() || outlives(&config.data) {
        findings.wrong(Failed::new("identity-missing", &[("path", &path)]));
    } else {
        findings.add(Kind::Change, "check-new-identity", &[("path", &path)]);
    }
    let path = run.display().to_string();
    if run.symlink_metadata().is_ok() {
        match RunKey::load(&run, &config.data) {
            Ok(key) if known.is_some_and(|known| *known != key.check()) => {
                findings.wrong(Failed::new("run-key-other", &[("path", &path)]));
            }
            Ok(_) => findings.add(Kind::Good, "check-run-key", &[("path", &path)]),
            Err(e) => findings.wrong(e),
        }
    } else if served {
        findings.wrong(Failed::new("run-key-missing", &[("path", &path)]));
    } else if let Err(e) = RunKey::place(&run, &config.data) {
        findings.wrong(e);
    } else {
        findings.add(Kind::Change, "check-new-run-key", &[("path", &path)]);
    }
    let known = IdentityKey::load(&identity).ok().and_then(|key| registrar_key::introduced(&config.data, &key.public()));
    registrar(config, &registrar_key::place(&run), known.map(|(_, key)| key), findings);
}

/// The key that the registrar signs with, against the one that was introduced.
fn registrar(config: &NodeConfig, place: &Path, introduced: Option<[u8; 32]>, findings: &mut Findings<'_>) {
    let path = place.display().to_string();
    if place.symlink_metadata().is_err() {
        match (introduced, RunKey::place(place, &config.data)) {
            (_, Err(e)) => findings.wrong(e),
            (Some(_), Ok(_)) => findings.wrong(Failed::new("registrar-key-missing", &[("path", &path)])),
            (None, Ok(_)) => findings.add(Kind::Change, "check-new-registrar-key", &[("path", &path)]),
        }
        return;
    }
    let key = RunKey::load(place, &config.data).map(|key| NoteSigner::new(REGISTRAR, key.expose()).ok());
    match key {
        Err(e) => findings.wrong(e),
        Ok(key) if introduced.is_some_and(|known| key.as_ref().is_none_or(|key| key.public().key() != known)) => {
            findings.wrong(Failed::new("registrar-key-other", &[("path", &path)]));
        }
        Ok(_) => findings.add(Kind::Good, "check-registrar-key", &[("path", &path)]),
    }
}

fn leaf(config: &NodeConfig, now: Millis, findings: &mut Findings<'_>) {
    let Some(path) = &config.leaf else { return };
    let Ok(identity) = IdentityKey::load(&places(config).identity(&config.data)) else { return };
    match read_leaf(path, &identity.public(), now).map(lacre_relay::identity::Leaf::new) {
        Ok(leaf) => {
            let until = leaf.validity().1.to_string();
            findings.add(Kind::Good, "check-leaf", &[("path", &path.display().to_string()), ("until", &until)]);
        }
        Err(e) => findings.wrong(e),
    }
}

/// Whether accounts know the relay by another address than the configuration's: they and those to come do not meet.
fn address(config: &NodeConfig, seen: &Look, findings: &mut Findings<'_>) -> Result<(), Failed> {
    let Some((host, port)) = config.public()? else { return Ok(()) };
    let address = format!("{host}:{port}");
    for ((host, port), n) in seen.addresses.iter().filter(|(at, _)| (at.0.as_str(), at.1) != (host.as_str(), port)) {
        let values = [("n", n.to_string()), ("before", format!("{host}:{port}")), ("address", address.clone())];
        let values: Vec<(&'static str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        findings.add(Kind::Change, "check-address-changed", &values);
    }
    Ok(())
}

/// Files that the store does not know: all of them, when there is none.
fn orphans(data: &Path, seen: Option<&Look>, findings: &mut Findings<'_>) {
    if seen.map_or_else(|| data.join(STORE_FILE).exists(), |seen| !seen.faults.is_empty()) {
        return;
    }
    let files = seen.into_iter().flat_map(|seen| seen.blobs.iter().map(|row| row.file).chain(seen.unfinished.iter().copied()));
    let known: HashSet<String> = files.map(|file| file.to_string()).collect();
    let names = fs::read_dir(data.join(BLOBS_FOLDER)).into_iter().flatten().flatten().map(|entry| entry.file_name());
    let orphans = names.filter(|name| !name.to_str().is_some_and(|n| known.contains(n))).count();
    if orphans > 0 {
        findings.add(Kind::Change, "check-orphans", &[("n", &orphans.to_string())]);
    }
}

fn migrations(data: &Path, seen: &Look, trial: Option<&Path>, findings: &mut Findings<'_>) -> Result<(), Failed> {
    let (found, known) = (seen.version.to_string(), seen.known.to_string());
    if seen.version == seen.known {
        findings.add(Kind::Good, "check-version", &[("version", &found)]);
        return Ok(());
    }
    let source = data.join(STORE_FILE);
    // all of them are one transaction, whose log may hold every page once more
    let needed = source.metadata().map_or(0, |m| m.len());
    let values = [("found", found.as_str()), ("known", &known), ("needed", &bytes(needed))];
    findings.add(Kind::Change, "check-migrations", &values);
    if disk(data).is_ok_and(|d| d.free < needed) {
        findings.add(Kind::Wrong, "check-migrations-room", &values);
    }
    let Some(folder) = trial else { return Ok(()) };
    let copy = folder.join("lacre-trial.sqlite");
    let failed = |e: io::Error| Failed::new("folder", &[("path", &copy.display()), ("cause", &e)]);
    let made = std::os::unix::fs::OpenOptionsExt::mode(File::options().write(true).create_new(true), 0o600).open(&copy);
    made.map_err(failed)?;
    let tried = copy_into(&source, &copy).and_then(|()| {
        let (before, began) = (copy.metadata().map_or(0, |m| m.len()), SystemClock.now());
        SqliteStore::open(SqliteOptions::new(&copy), &mut SystemRng).map(drop)?;
        Ok((SystemClock.now().since(began), copy.metadata().map_or(0, |m| m.len()).saturating_sub(before)))
    });
    for end in ["sqlite", "sqlite-wal", "sqlite-shm"] {
        let _ = fs::remove_file(copy.with_extension(end));
    }
    match tried {
        Ok((ms, grown)) => findings.add(Kind::Good, "check-trial", &[("ms", &ms.to_string()), ("grown", &bytes(grown))]),
        Err(e) => findings.wrong(e),
    }
    Ok(())
}

/// Whether the address is free, when no relay of this folder holds it.
fn listen(config: &NodeConfig, stopped: bool, findings: &mut Findings<'_>) {
    if !stopped {
        return;
    }
    match std::net::TcpListener::bind(config.listen) {
        Ok(_) => findings.add(Kind::Good, "check-port", &[("address", &config.listen.to_string())]),
        Err(source) => findings.wrong(StartError::Listen { address: config.listen, source }),
    }
    if let Err(e) = config.metrics() {
        findings.wrong(e);
    }
}
