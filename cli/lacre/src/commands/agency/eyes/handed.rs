//! Where a package comes from: a file on this machine, or a message in a conversation of officials. A message's file never lies here
//! for all to see: it is fetched into a file without a name, which goes with this program.

use crate::context::Context;
use crate::{files, find, online, secret};
use lacre_core::view::{Body, ConversationId};
use lacre_core::{Client, FileTrouble, Trouble};
use lacre_transport::GrpcNetwork;
use lacre_words::failure::Failure;
use std::fs::File;
use std::io::Seek as _;
use std::path::PathBuf;

/// What the command is told.
#[derive(clap::Args, Debug)]
pub(crate) struct Handed {
    #[arg(value_name = "FILE", required_unless_present = "message")]
    package: Option<PathBuf>,
    #[arg(long, value_name = "MESSAGE", conflicts_with = "package")]
    message: Option<String>,
}

/// A package that is open.
pub(crate) struct Package {
    /// as it is called
    pub(crate) name: PathBuf,
    pub(crate) file: File,
    /// the program of the official to whom it was sent
    pub(crate) came: Option<Came>,
}

/// In which conversation it came, and to whom.
pub(crate) struct Came {
    pub(crate) client: Client,
    pub(crate) network: GrpcNetwork,
    pub(crate) conversation: ConversationId,
}

impl Handed {
    pub(crate) fn open(&self, ctx: &Context) -> Result<Package, Failure> {
        match (&self.package, &self.message) {
            (Some(path), _) => Ok(Package { name: path.clone(), file: files::open(ctx, path)?, came: None }),
            (None, id) => came(ctx, id.as_deref().unwrap_or_default()),
        }
    }
}

fn came(ctx: &Context, id: &str) -> Result<Package, Failure> {
    let mut client = secret::open(ctx)?;
    let mut network = online::network(ctx, &mut client)?;
    let message = find::message(ctx, &mut client, id)?;
    let Body::File { name, .. } = &message.body else { return Err(ctx.trouble(Trouble::File(FileTrouble::NotAFile))) };
    let name = PathBuf::from(name);
    let unusable = |why: &std::io::Error| files::unusable(ctx, &name, why);
    let mut file = tempfile::tempfile_in(ctx.profile_dir()?).map_err(|e| unusable(&e))?;
    client.save_file(&mut network, &message, &mut file).map_err(|t| ctx.trouble(t))?;
    file.rewind().map_err(|e| unusable(&e))?;
    let conversation = message.conversation;
    Ok(Package { name, file, came: Some(Came { client, network, conversation }) })
}
