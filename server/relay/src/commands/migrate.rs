//! `lacre-relay migrate`: makes the tables of a database, or brings them to this program's version. Nothing else does.

use super::{Failed, Place, say, sentence, tell};
use lacre_ground::random::SystemRng;
use lacre_store_postgres::{Migrated, migrate};
use lacre_words::failure::Exit;
use lacre_words::words::Words;

/// Makes the tables of the database under `[store.postgres]`, or brings them to this program's version
#[derive(clap::Args)]
pub(crate) struct Migrate {
    #[command(flatten)]
    place: Place,
}

impl Migrate {
    /// Prints the version before and after.
    pub(crate) fn run(self, words: &Words) -> Result<Exit, Failed> {
        let config = self.place.node()?;
        let Some(postgres) = &config.store.postgres else { return Err(Failed::usage("migrate-no-database", &[])) };
        let Migrated { from, to } = migrate(postgres, &mut SystemRng)?;
        say(&format!("schema {from} {to}"))?;
        let versions = [("from", from.to_string()), ("to", to.to_string())];
        let versions: Vec<(&'static str, &str)> = versions.iter().map(|(name, n)| (*name, n.as_str())).collect();
        tell(&if from == to { sentence(words, "migrated-already", &versions) } else { sentence(words, "migrated", &versions) });
        Ok(Exit::Done)
    }
}
