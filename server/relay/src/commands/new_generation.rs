//! `lacre-relay new-generation`: clients put back what the relay has forgotten.

use super::{Failed, Place, say, there};
use lacre_ground::random::SystemRng;
use lacre_relay::deletions::{Deletions, OfRelays};
use lacre_relay::folder::{DataFolder, StartError};
use lacre_relay::kept_grants::KeptKey;
use lacre_relay::run_key::RunKey;
use lacre_words::failure::Exit;
use std::sync::Arc;

#[derive(clap::Args)]
pub(crate) struct NewGeneration {
    #[command(flatten)]
    place: Place,
}

impl NewGeneration {
    /// Prints the new generation.
    pub(crate) fn run(self) -> Result<Exit, Failed> {
        let config = self.place.node()?;
        if let Some(postgres) = &config.store.postgres {
            let run = super::backup::places(&config).run(&config.data);
            if !run.exists() {
                return Err(StartError::RunKeyMissing(run).into());
            }
            let key = RunKey::load(&run, &config.data)?;
            let list = Deletions::of_relays(&config.data, postgres.shared_blobs.as_deref(), key.expose().clone());
            let kept = Arc::new(KeptKey::of(&key));
            let deleted = Arc::new(OfRelays::new(list, kept));
            let generation = lacre_store_postgres::new_generation(postgres, Some(deleted))?;
            say(&format!("generation {generation}"))?;
            return Ok(Exit::Done);
        }
        there(&config.data)?;
        let folder = DataFolder::find(&config.data)?;
        let identity = super::backup::places(&config).identity(&config.data);
        let generation = folder.new_generation(&identity, &mut SystemRng)?;
        say(&format!("generation {generation}"))?;
        Ok(Exit::Done)
    }
}
