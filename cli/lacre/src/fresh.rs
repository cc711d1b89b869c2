//! Files that are new and only their owner's.

use crate::context::Context;
use lacre_words::cause::cause;
use lacre_words::failure::{Exit, Failure};
use lacre_words::shown::shown;
use std::fs::{File, OpenOptions};
use std::path::Path;

/// A new file that only its owner reads; an error if there is one.
pub(crate) fn fresh(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A file for a secret: as `lacre save`'s files, new and only its owner's.
pub(crate) fn fresh_secret(ctx: &Context, path: &Path, content: &[u8]) -> Result<(), Failure> {
    use std::io::Write as _;
    fresh(path).and_then(|mut f| f.write_all(content).and_then(|()| f.sync_all())).map_err(|why| {
        let name = shown(&path.display().to_string());
        ctx.failure("error-file", Exit::CouldNotAsk, &[("name", name.into()), ("why", cause(&ctx.words, &why).into())])
    })
}
