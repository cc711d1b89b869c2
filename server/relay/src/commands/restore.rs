//! `lacre-relay restore`: puts a backup into an empty folder.

use super::backup::{places, read_passphrase};
use super::database::only_in_a_folder;
use super::{Failed, Place, not_written, say, sentence, tell};
use lacre_ground::random::SystemRng;
use lacre_ground::time::{Clock as _, SystemClock};
use lacre_relay::backup;
use lacre_relay::identity::IdentityKey;
use lacre_relay::{key_backup, registrar_key};
use lacre_words::failure::Exit;
use lacre_words::output;
use lacre_words::words::Words;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Puts a backup into an empty data folder; with --keys puts the two keys back to their places instead
#[derive(clap::Args)]
pub(crate) struct Restore {
    /// Folder of the backup
    #[arg(value_name = "SRC", required_unless_present = "keys")]
    src: Option<PathBuf>,
    /// File that `backup --keys` wrote
    #[arg(long, value_name = "FILE", conflicts_with = "src")]
    keys: Option<PathBuf>,
    /// File with the passphrase in its first line; without it the passphrase is asked for
    #[arg(long, value_name = "FILE", requires = "keys")]
    passphrase_file: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
    /// Prints the backup's manifest and the new generation
    #[arg(long)]
    json: bool,
}

impl Restore {
    pub(crate) fn run(self, words: &Words) -> Result<Exit, Failed> {
        let config = self.place.node()?;
        let places = places(&config);
        if let Some(file) = &self.keys {
            let failed = |e| Failed::new("folder", &[("path", &file.display()), ("cause", &e)]);
            let text = std::fs::read_to_string(file).map_err(failed)?;
            let keys = key_backup::open(&text, &read_passphrase(self.passphrase_file.as_deref(), false, words)?)?;
            let (identity, run) = (places.identity(&config.data), places.run(&config.data));
            let registrar = registrar_key::place(&run);
            for path in [&identity, &run].into_iter().chain(keys.registrar.is_some().then_some(&registrar)) {
                if path.symlink_metadata().is_ok() {
                    return Err(Failed::new("file-exists", &[("path", &path.display())]));
                }
            }
            put(&identity, &keys.identity)?;
            put(&run, &keys.run)?;
            if let Some(key) = &keys.registrar {
                put(&registrar, key)?;
            }
            say(&format!("keys {} {}", identity.display(), run.display()))?;
            tell(&words.say("keys-restored"));
            return Ok(Exit::Done);
        }
        let Some(src) = &self.src else { return Err(Failed::usage("backup-where", &[])) };
        only_in_a_folder(&config)?;
        let manifest = backup::verify(src)?;
        let identity = places.identity(&config.data);
        // the backup of another relay under this key would cut off the people of both
        let present = identity.exists().then(|| IdentityKey::load(&identity)).transpose()?;
        let same = |key: &IdentityKey| data_encoding::HEXLOWER.encode(key.public().as_bytes()) == manifest.relay;
        if present.as_ref().is_some_and(|key| !same(key)) {
            return Err(Failed::new("backup-of-another", &[("path", &src.display()), ("key", &identity.display())]));
        }
        let (manifest, generation) = backup::restore(src, &config.data, SystemClock.now(), &mut SystemRng)?;
        if self.json {
            let generation = generation.to_string();
            say(&serde_json::json!({ "manifest": manifest, "generation": generation }).to_string())?;
        } else {
            say(&format!("generation {generation}"))?;
        }
        tell(&sentence(words, "restored", &[("made", &manifest.made_at), ("entries", &manifest.entries.to_string())]));
        if present.is_none() {
            tell(&sentence(words, "restored-keys-next", &[("path", &identity.display().to_string())]));
        }
        Ok(Exit::Done)
    }
}

fn put(path: &Path, key: &Zeroizing<[u8; 32]>) -> Result<(), Failed> {
    let failed = |e| Failed::new("folder", &[("path", &path.display()), ("cause", &e)]);
    if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty() && !p.exists()) {
        let made = std::os::unix::fs::DirBuilderExt::mode(std::fs::DirBuilder::new().recursive(true), 0o700).create(folder);
        made.map_err(failed)?;
    }
    let text = Zeroizing::new(data_encoding::HEXLOWER.encode(key.as_slice()) + "\n");
    output::write_new(path, text.as_bytes()).map_err(|e| not_written(path, &e))
}
