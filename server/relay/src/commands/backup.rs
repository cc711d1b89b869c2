//! `lacre-relay backup`: copies a relay in use; or its keys, under a passphrase.

use super::database::only_in_a_folder;
use super::{Failed, Place, not_written, say, sentence, tell, there};
use lacre_ground::ids::Identity;
use lacre_ground::random::SystemRng;
use lacre_ground::time::{Clock as _, SystemClock};
use lacre_relay::backup::{self, BackupError};
use lacre_relay::config::NodeConfig;
use lacre_relay::folder::KeyPlaces;
use lacre_relay::identity::IdentityKey;
use lacre_relay::key_backup::{self, KeyBackupError, Keys};
use lacre_relay::registrar_key;
use lacre_relay::run_key::RunKey;
use lacre_words::failure::Exit;
use lacre_words::output;
use lacre_words::words::{Words, key};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// A backup of the store and its blobs, also while the relay runs; with --keys a backup of its keys instead
#[derive(clap::Args)]
pub(crate) struct Backup {
    /// Folder for the backup: not there yet, or empty. No key is in it
    #[arg(value_name = "DEST", required_unless_present = "keys")]
    dest: Option<PathBuf>,
    /// File for the identity key and the registrar's keys, under a passphrase. Keep it apart from the backups
    #[arg(long, value_name = "FILE", conflicts_with = "dest")]
    keys: Option<PathBuf>,
    /// File with the passphrase in its first line; without it the passphrase is asked for
    #[arg(long, value_name = "FILE", requires = "keys")]
    passphrase_file: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
    /// Prints the backup's manifest
    #[arg(long)]
    json: bool,
}

impl Backup {
    /// No when a blob was already lost.
    pub(crate) fn run(self, words: &Words) -> Result<Exit, Failed> {
        let config = self.place.node()?;
        there(&config.data)?;
        match (&self.dest, &self.keys) {
            (_, Some(file)) => keys(&config, file, self.passphrase_file.as_deref(), words),
            (Some(dest), None) => store(&config, dest, self.json, words),
            (None, None) => Err(Failed::usage("backup-where", &[])),
        }
    }
}

fn store(config: &NodeConfig, dest: &Path, json: bool, words: &Words) -> Result<Exit, Failed> {
    only_in_a_folder(config)?;
    let relay: Identity = IdentityKey::load(&places(config).identity(&config.data))?.public();
    let now = SystemClock.now();
    let manifest = backup::write(&config.data, relay, dest, now)?;
    backup::note_last(&config.data, now)
        .map_err(|e| Failed::new("folder", &[("path", &config.data.display()), ("cause", &e)]))?;
    if json {
        say(&serde_json::to_string(&manifest).unwrap_or_default())?;
    } else {
        say(&format!("backup {}", dest.display()))?;
    }
    let (entries, blobs) = (manifest.entries.to_string(), manifest.blobs.to_string());
    let size = super::status::bytes(manifest.store_bytes + manifest.blob_bytes);
    tell(&sentence(words, "backup-done", &[("entries", &entries), ("blobs", &blobs), ("size", &size)]));
    if manifest.lost_blobs == 0 {
        return Ok(Exit::Done);
    }
    tell(&sentence(words, "backup-lost", &[("n", &manifest.lost_blobs.to_string())]));
    Ok(Exit::No)
}

fn keys(config: &NodeConfig, file: &Path, passphrase: Option<&Path>, words: &Words) -> Result<Exit, Failed> {
    let exists = Failed::new("file-exists", &[("path", &file.display())]);
    if file.symlink_metadata().is_ok() {
        return Err(exists);
    }
    let places = places(config);
    let identity = IdentityKey::load(&places.identity(&config.data))?;
    let run_path = places.run(&config.data);
    if !run_path.exists() {
        return Err(Failed::new("run-key-missing", &[("path", &run_path.display())]));
    }
    let run = RunKey::load(&run_path, &config.data)?;
    let registrar_path = registrar_key::place(&run_path);
    let registrar = match (registrar_path.exists(), registrar_key::introduced(&config.data, &identity.public())) {
        (true, _) => Some(RunKey::load(&registrar_path, &config.data)?.expose().clone()),
        (false, Some(_)) => return Err(Failed::new("registrar-key-missing", &[("path", &registrar_path.display())])),
        (false, None) => None,
    };
    let passphrase = read_passphrase(passphrase, true, words)?;
    let keys = Keys { identity: identity.expose().clone(), run: run.expose().clone(), registrar };
    let text = key_backup::seal(&keys, &passphrase, &mut SystemRng)?;
    let failed = |e: io::Error| Failed::new("folder", &[("path", &file.display()), ("cause", &e)]);
    output::write_new(file, text.as_bytes()).map_err(|e| not_written(file, &e))?;
    // what lies on the disk is what will be read
    let again = key_backup::open(&std::fs::read_to_string(file).map_err(failed)?, &passphrase)?;
    if again.identity != keys.identity || again.run != keys.run || again.registrar != keys.registrar {
        return Err(KeyBackupError::Malformed.into());
    }
    say(&format!("keys {}", file.display()))?;
    tell(&words.say("keys-done"));
    Ok(Exit::Done)
}

pub(super) fn places(config: &NodeConfig) -> KeyPlaces {
    KeyPlaces { identity: config.identity_key.clone(), run: config.run_key.clone() }
}

/// From a file's first line, or from the terminal; twice when it is a new one.
pub(super) fn read_passphrase(file: Option<&Path>, new: bool, words: &Words) -> Result<Zeroizing<String>, Failed> {
    let passphrase = match file {
        Some(path) => {
            let failed = |e: io::Error| Failed::usage("passphrase-file", &[("path", &path.display()), ("cause", &e)]);
            let mut text = Zeroizing::new(String::with_capacity(4_096));
            std::fs::File::open(path).map_err(failed)?.take(4_096).read_to_string(&mut text).map_err(failed)?;
            Zeroizing::new(text.lines().next().unwrap_or_default().to_owned())
        }
        None => {
            let ask = |id| {
                let asked = rpassword::prompt_password(words.say(id) + " ");
                asked.map(Zeroizing::new).map_err(|e| Failed::new("passphrase-no-terminal", &[("cause", &e)]))
            };
            let first = ask(key("passphrase-first"))?;
            if new && *ask(key("passphrase-again"))? != *first {
                return Err(Failed::usage("passphrase-differs", &[]));
            }
            first
        }
    };
    if new && passphrase.chars().count() < SHORTEST {
        return Err(Failed::usage("passphrase-short", &[("least", &SHORTEST)]));
    }
    Ok(passphrase)
}

/// Characters of a passphrase that guards keys for years.
const SHORTEST: usize = 12;

impl From<KeyBackupError> for Failed {
    fn from(e: KeyBackupError) -> Self {
        match e {
            KeyBackupError::Malformed => Self::new("keys-malformed", &[]),
            KeyBackupError::Passphrase => Self::new("keys-passphrase", &[]),
        }
    }
}

impl From<BackupError> for Failed {
    fn from(e: BackupError) -> Self {
        match e {
            BackupError::NotEmpty(path) => Self::new("not-empty", &[("path", &path.display())]),
            BackupError::Inside(path) => Self::new("backup-inside", &[("path", &path.display())]),
            BackupError::Room { path, needed, free } => {
                let (needed, free) = (super::status::bytes(needed), super::status::bytes(free));
                Self::new("no-room", &[("path", &path.display()), ("needed", &needed), ("free", &free)])
            }
            BackupError::File { path, source } => Self::new("folder", &[("path", &path.display()), ("cause", &source)]),
            BackupError::NoBackup(path) => Self::new("no-backup", &[("path", &path.display())]),
            BackupError::Spoiled(path) => Self::new("backup-spoiled", &[("path", &path.display())]),
            BackupError::Store(e) => e.into(),
            BackupError::Down(down) => down.into(),
            BackupError::Start(e) => e.into(),
        }
    }
}
