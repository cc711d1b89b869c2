//! What is said of a database, and of commands that are for the store in a data folder only.

use super::Failed;
use lacre_relay::config::NodeConfig;
use lacre_relay::folder::DataFolder;
use lacre_store_postgres::OpenError;

impl From<OpenError> for Failed {
    fn from(e: OpenError) -> Self {
        match e {
            OpenError::Engine(cause) => Self::new("database-closed", &[("cause", &cause)]),
            OpenError::File { path, cause } => Self::new("database-file", &[("path", &path.display()), ("cause", &cause)]),
            OpenError::NoAuthority => Self::usage("database-no-authority", &[]),
            OpenError::MixedHosts => Self::usage("database-mixed-hosts", &[]),
            OpenError::Old { found } => Self::new("database-old", &[("found", &found)]),
            OpenError::Forgets { setting, value } => Self::new("database-forgets", &[("setting", &setting), ("value", &value)]),
            OpenError::NoReplica => Self::new("database-no-replica", &[]),
            OpenError::Collation { collation, encoding } => {
                Self::new("database-collation", &[("collation", &collation), ("encoding", &encoding)])
            }
            OpenError::Newer { found, known } => Self::new("store-newer", &[("found", &found), ("known", &known)]),
            OpenError::Older { found, known } => Self::new("database-older", &[("found", &found), ("known", &known)]),
            OpenError::HalfMoved => Self::new("database-half-moved", &[]),
            OpenError::NotOurs => Self::new("database-not-ours", &[]),
            OpenError::OtherBlobs => Self::new("database-other-blobs", &[]),
            OpenError::Identity => Self::new("database-identity", &[]),
        }
    }
}

/// For what is made for the store in a data folder: of a database its own tools are better, and say so.
pub(crate) fn only_in_a_folder(config: &NodeConfig) -> Result<(), Failed> {
    if config.store.postgres.is_some() || DataFolder::is_of_database(&config.data) {
        return Err(Failed::usage("not-of-a-database", &[]));
    }
    Ok(())
}
