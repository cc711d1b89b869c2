//! `lacre-relay new-generation`: clients put back what the relay has forgotten.

use super::{Failed, Place, say, there};
use lacre_ground::random::SystemRng;
use lacre_relay::folder::DataFolder;
use lacre_words::failure::Exit;

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
            let generation = lacre_store_postgres::new_generation(postgres, &mut SystemRng)?;
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
