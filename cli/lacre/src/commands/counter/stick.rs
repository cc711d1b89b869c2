//! Where a person takes her account home: a medium of her own, and no disk of this machine.

use crate::context::Context;
use std::io::ErrorKind;
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
    if !medium.is_dir() {
        return Err(NotThere::NoFolder);
    }
    let folder = medium.join(FOLDER);
    if !is_hers(ctx, &medium) || !(is_missing(&folder) || is_hers(ctx, &folder)) {
        return Err(NotThere::Machine);
    }
    if lacre_profile::exists(&folder) { Err(NotThere::Taken) } else { Ok(folder) }
}

/// The profile that she brought; none where nothing of hers is.
pub(super) fn profile(ctx: &Context, typed: &str) -> Option<PathBuf> {
    let medium = Path::new(typed).canonicalize().ok()?;
    [medium.join(FOLDER), medium].into_iter().find(|folder| is_hers(ctx, folder) && lacre_profile::exists(folder))
}

/// Whether a folder is on no disk of this machine. One that is a link leads who knows where.
fn is_hers(ctx: &Context, folder: &Path) -> bool {
    let Ok(about) = folder.symlink_metadata() else { return false };
    about.is_dir() && !machine(ctx).iter().filter_map(|place| place.metadata().ok()).any(|place| place.dev() == about.dev())
}

fn is_missing(folder: &Path) -> bool {
    folder.symlink_metadata().is_err_and(|e| e.kind() == ErrorKind::NotFound)
}

/// Places that are this machine's on every machine.
fn machine(ctx: &Context) -> Vec<PathBuf> {
    let homes = [ctx.data_home(), ctx.config_home()].into_iter().filter_map(Result::ok);
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let roots = ["/", "/tmp", "/var", "/var/tmp", "/home", "/usr"].map(PathBuf::from);
    roots.into_iter().chain(homes).chain(home).chain([std::env::temp_dir()]).collect()
}
