//! `lacre-relay new-generation`

use super::serve::failed;
use super::{Failed, say};
use clap::Args;
use lacre_server::random::SystemRng;
use lacre_server::serve::DataFolder;
use std::path::PathBuf;

#[derive(Args)]
pub(crate) struct NewGeneration {
    /// Folder of the relay, which must not be running
    #[arg(long, value_name = "DIR", default_value = "./lacre-data")]
    data: PathBuf,
}

impl NewGeneration {
    /// Prints the new generation.
    pub(crate) fn run(self) -> Result<(), Failed> {
        if !self.data.is_dir() {
            return Err(Failed::new(format!("{}: no such folder", self.data.display()), "name the relay's folder with --data"));
        }
        let folder = DataFolder::lock(&self.data).map_err(failed)?;
        let mut store = folder.store(None, &mut SystemRng).map_err(failed)?;
        let generation = store
            .renew_generation(&mut SystemRng)
            .map_err(|e| Failed::new(e, "check that this user may write there and that the disk is not full"))?;
        say(&format!("generation {generation}"))
    }
}
