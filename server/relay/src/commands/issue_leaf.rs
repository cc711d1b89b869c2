//! `lacre-relay issue-leaf`: a TLS leaf under the relay's identity.

use super::{Failed, Place, not_written, say, there};
use lacre_ground::random::SystemRng;
use lacre_ground::time::{Clock as _, SystemClock};
use lacre_relay::identity::{IdentityKey, write_leaf};
use lacre_words::failure::Exit;
use std::path::PathBuf;

/// A TLS leaf under the relay's identity, as a file for the key `leaf` of the configuration
#[derive(clap::Args)]
pub(crate) struct IssueLeaf {
    /// File to write: certificate and key. A leaf that is there is replaced as a whole, another file never
    #[arg(value_name = "FILE")]
    out: PathBuf,
    /// Days for which clients take it
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u64).range(2..=397))]
    days: u64,
    #[command(flatten)]
    place: Place,
}

impl IssueLeaf {
    pub(crate) fn run(self) -> Result<Exit, Failed> {
        let config = self.place.node()?;
        there(&config.data)?;
        let identity = IdentityKey::load(&super::backup::places(&config).identity(&config.data))?;
        let text = identity.issue_file(SystemClock.now(), self.days, &mut SystemRng)?;
        write_leaf(&self.out, text.as_bytes()).map_err(|e| not_written(&self.out, &e))?;
        say(&format!("leaf {}", self.out.display()))?;
        Ok(Exit::Done)
    }
}
