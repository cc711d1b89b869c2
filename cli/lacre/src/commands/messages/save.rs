//! `lacre save MESSAGE [--to DIR]`: the file of a message, under a harmless name, over nothing that is there.

use crate::context::{Context, Outcome};
use crate::fresh::fresh;
use crate::{find, online, secret};
use lacre_core::FileTrouble;
use lacre_core::view::Body;
use lacre_words::failure::Exit;
use lacre_words::shown::{file_name, numbered, shown};
use serde_json::json as object;
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "MESSAGE")]
    message: String,
    #[arg(long, value_name = "DIR", default_value = ".")]
    to: PathBuf,
}

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    let mut client = secret::open(ctx)?;
    let mut network = online::network(ctx)?;
    let message = find::message(ctx, &mut client, &args.message)?;
    let Body::File { name, .. } = &message.body else {
        return Err(ctx.trouble(lacre_core::Trouble::File(FileTrouble::NotAFile)));
    };
    let name = file_name(name, &ctx.words.say("unnamed-file"));
    let failed = |why: &std::io::Error| {
        let dir = shown(&args.to.display().to_string());
        ctx.failure("error-cannot-save", Exit::CouldNotAsk, &[("dir", dir.into()), ("why", shown(&why.to_string()).into())])
    };
    let mut part = Part::new(&args.to, &message.id.to_string()).map_err(|e| failed(&e))?;
    let size = client.save_file(&mut network, &message, &mut part.file).map_err(|t| ctx.trouble(t))?;
    let path = part.keep(&args.to, &name).map_err(|e| failed(&e))?;
    let text = shown(&path.display().to_string());
    ctx.result(&text, &object!({ "path": path.display().to_string(), "size": size, "message": message.id.to_string() }));
    Ok(Exit::Done)
}

/// A file that is not whole yet: hidden, only its owner's, gone if nobody keeps it.
struct Part {
    path: PathBuf,
    file: File,
    kept: bool,
}

impl Part {
    fn new(dir: &Path, id: &str) -> std::io::Result<Self> {
        let path = dir.join(format!(".lacre-{id}-{}.part", std::process::id()));
        let file = fresh(&path)?;
        Ok(Self { path, file, kept: false })
    }

    /// Gives it its name; `(1)`, `(2)` … if that is taken.
    fn keep(mut self, dir: &Path, name: &str) -> std::io::Result<PathBuf> {
        self.file.sync_all()?;
        for n in 0..10_000 {
            let path = dir.join(if n == 0 { name.to_owned() } else { numbered(name, n) });
            // Taking the name first, then renaming over our own empty file, overwrites nobody's.
            match fresh(&path) {
                Ok(_) => {
                    std::fs::rename(&self.path, &path)?;
                    self.kept = true;
                    return Ok(path);
                }
                Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
                Err(e) => return Err(e),
            }
        }
        Err(ErrorKind::AlreadyExists.into())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.kept {
            let _nothing_to_do = std::fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn saving_twice_overwrites_nothing_and_leaves_no_part() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a.txt"), "mine").unwrap();
        for expected in ["a (1).txt", "a (2).txt"] {
            let mut part = Part::new(dir.path(), "0123").unwrap();
            std::io::Write::write_all(&mut part.file, b"theirs").unwrap();
            assert_eq!(part.keep(dir.path(), "a.txt").unwrap(), dir.path().join(expected));
        }
        drop(Part::new(dir.path(), "4567").unwrap());
        assert_eq!(std::fs::read_to_string(dir.path().join("a.txt")).unwrap(), "mine");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 3);
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_reads_a_saved_file() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let path = Part::new(dir.path(), "0123").unwrap().keep(dir.path(), "a.txt").unwrap();
        assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_the_way_is_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(dir.path().join("elsewhere"), dir.path().join("a.txt")).unwrap();
        let path = Part::new(dir.path(), "0123").unwrap().keep(dir.path(), "a.txt").unwrap();
        assert_eq!(path, dir.path().join("a (1).txt"));
        assert!(!dir.path().join("elsewhere").exists());
    }
}
