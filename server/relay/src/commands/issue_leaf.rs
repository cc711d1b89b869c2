//! `lacre-relay issue-leaf`: a TLS leaf under the relay's identity.

use super::{Failed, Place, say};
use lacre_ground::random::SystemRng;
use lacre_ground::time::{Clock as _, SystemClock};
use lacre_relay::identity::{IdentityKey, looks_like_a_leaf};
use lacre_words::failure::Exit;
use lacre_words::output;
use std::path::PathBuf;

/// A TLS leaf under the relay's identity, as a file for the key `leaf` of the configuration
#[derive(clap::Args)]
pub(crate) struct IssueLeaf {
    /// File to write: certificate and key. An older leaf that is there is replaced as a whole, and nothing else is
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
        let identity = IdentityKey::load(&super::backup::places(&config).identity(&config.data))?;
        let text = identity.issue_file(SystemClock.now(), self.days, &mut SystemRng)?;
        let failed = |e| Failed::new("folder", &[("path", &self.out.display()), ("cause", &e)]);
        if output::vacant(&self.out).is_ok() {
            output::write_new(&self.out, text.as_bytes()).map_err(failed)?;
        } else if looks_like_a_leaf(&self.out) {
            output::replace(&self.out, text.as_bytes()).map_err(failed)?;
        } else {
            return Err(Failed::new("file-exists", &[("path", &self.out.display())]));
        }
        say(&format!("leaf {}", self.out.display()))?;
        Ok(Exit::Done)
    }
}
