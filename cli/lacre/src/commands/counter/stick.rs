//! Where a person takes her account home: a medium of her own, and no disk of this machine.

use crate::context::Context;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// What the profile's folder on it is called.
const FOLDER: &str = "lacre";

/// Why an account cannot go there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotThere {
    /// nothing is there, or no folder
    NoFolder,
    /// it is on a disk of this machine
    Machine,
    /// a profile is there
    Taken,
}

/// The folder for the profile, on the medium that is in use here.
pub(super) fn folder(ctx: &Context, typed: &str) -> Result<PathBuf, NotThere> {
    let medium = Path::new(typed).canonicalize().map_err(|_| NotThere::NoFolder)?;
    let device = medium.metadata().ok().filter(std::fs::Metadata::is_dir).ok_or(NotThere::NoFolder)?.dev();
    if machine(ctx).iter().filter_map(|place| place.metadata().ok()).any(|place| place.dev() == device) {
        return Err(NotThere::Machine);
    }
    let folder = medium.join(FOLDER);
    if lacre_profile::exists(&folder) { Err(NotThere::Taken) } else { Ok(folder) }
}

/// The profile that she brought; none where nothing of hers is.
pub(super) fn profile(ctx: &Context, typed: &str) -> Option<PathBuf> {
    let medium = Path::new(typed).canonicalize().ok()?;
    let device = medium.metadata().ok()?.dev();
    let hers = !machine(ctx).iter().filter_map(|place| place.metadata().ok()).any(|place| place.dev() == device);
    [medium.join(FOLDER), medium].into_iter().find(|folder| hers && lacre_profile::exists(folder))
}

/// Places that are this machine's on every machine.
fn machine(ctx: &Context) -> Vec<PathBuf> {
    let homes = [ctx.data_home(), ctx.config_home()].into_iter().filter_map(Result::ok);
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let roots = ["/", "/tmp", "/var", "/var/tmp", "/home", "/usr"].map(PathBuf::from);
    roots.into_iter().chain(homes).chain(home).chain([std::env::temp_dir()]).collect()
}
