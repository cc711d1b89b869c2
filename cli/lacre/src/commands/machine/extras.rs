//! `lacre install-extras [--to DIR] [--remove]`: completions for shells, and man pages in both languages, where the system
//! looks for those of one user. Each file bears a mark; what does not is somebody else's, and neither replaced nor removed.

use crate::context::{Context, Outcome};
use clap_complete::Shell;
use clap_mangen::Man;
use lacre_words::cause::cause;
use lacre_words::failure::Exit;
use lacre_words::lang::Lang;
use lacre_words::shown::shown;
use lacre_words::words::Words;
use serde_json::json as object;
use std::io;
use std::path::{Path, PathBuf};

/// Stands in the last line of each file, as a comment.
const MARK: &str = "written by lacre install-extras";

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    #[arg(long)]
    remove: bool,
}

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    let base = match &args.to {
        Some(dir) => dir.clone(),
        None => ctx.data_home()?,
    };
    let failed = |why: &io::Error| {
        let dir = shown(&base.display().to_string());
        ctx.failure("error-cannot-save", Exit::CouldNotAsk, &[("dir", dir.into()), ("why", cause(&ctx.words, why).into())])
    };
    let mut done = Vec::new();
    let files: Vec<(PathBuf, Vec<u8>)> =
        files(&ctx.words).map_err(|e| failed(&e))?.into_iter().map(|(place, bytes)| (base.join(place), bytes)).collect();
    // before anything is written: all of it, or nothing
    if !args.remove {
        for (path, _) in &files {
            if found(path).map_err(|e| failed(&e))? == Found::Anothers {
                let name = shown(&path.display().to_string());
                return Err(ctx.failure("error-output-taken", Exit::CouldNotAsk, &[("name", name.into())]));
            }
        }
    }
    for (path, bytes) in files {
        if args.remove {
            if found(&path).map_err(|e| failed(&e))? != Found::Ours {
                continue;
            }
            match std::fs::remove_file(&path) {
                Ok(()) => done.push(path),
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                Err(e) => return Err(failed(&e)),
            }
        } else {
            write(&path, &bytes).map_err(|e| failed(&e))?;
            done.push(path);
        }
    }
    let paths: Vec<String> = done.iter().map(|path| path.display().to_string()).collect();
    let mut text: Vec<String> = paths.iter().map(|path| shown(path)).collect();
    text.push(if args.remove { ctx.words.say("extras-removed") } else { ctx.words.say("extras-installed") });
    ctx.result(&text.join("\n"), &object!({ "files": paths, "removed": args.remove }));
    Ok(Exit::Done)
}

/// What stands in the place of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Nothing,
    Ours,
    /// somebody else's file, a link, a folder
    Anothers,
}

fn found(path: &Path) -> io::Result<Found> {
    match path.symlink_metadata() {
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(Found::Nothing),
        Err(e) => Err(e),
        Ok(about) if !about.is_file() => Ok(Found::Anothers),
        Ok(_) => {
            let text = std::fs::read(path)?;
            let last = text.trim_ascii_end().rsplit(|b| *b == b'\n').next().unwrap_or_default();
            Ok(if last.ends_with(MARK.as_bytes()) { Found::Ours } else { Found::Anothers })
        }
    }
}

/// Whole or not at all: a shell may read it at the same time.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let dir = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(dir)?;
    let mut file = tempfile::Builder::new().permissions(readable()).tempfile_in(dir)?;
    io::Write::write_all(&mut file, bytes)?;
    file.persist(path).map_err(|e| e.error)?;
    Ok(())
}

/// As any file that programs bring: the user's umask applies.
fn readable() -> std::fs::Permissions {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::Permissions::from_mode(0o644)
}

/// Each file, where it goes below the user's data folder. Completions speak the language of the call.
fn files(words: &Words) -> io::Result<Vec<(PathBuf, Vec<u8>)>> {
    let shells = [
        (Shell::Bash, "bash-completion/completions/lacre"),
        (Shell::Zsh, "zsh/site-functions/_lacre"),
        (Shell::Fish, "fish/vendor_completions.d/lacre.fish"),
    ];
    let mut out = Vec::new();
    for (shell, place) in shells {
        let mut bytes = Vec::new();
        clap_complete::generate(shell, &mut crate::localized(words), "lacre", &mut bytes);
        bytes.extend_from_slice(format!("\n# {MARK}\n").as_bytes());
        out.push((PathBuf::from(place), bytes));
    }
    for (lang, place) in [(Lang::Es, "man/es/man1"), (Lang::En, "man/man1")] {
        let words = crate::words(lang);
        let mut command = crate::localized(&words);
        command.build();
        pages(&command, "lacre", &words, Path::new(place), &mut out)?;
    }
    Ok(out)
}

/// The page of a command and those of the commands in it: `lacre-contact-add.1`.
fn pages(command: &clap::Command, name: &str, words: &Words, place: &Path, out: &mut Vec<(PathBuf, Vec<u8>)>) -> io::Result<()> {
    let named = command.clone().name(name.to_owned()).display_name(name.to_owned());
    let mut bytes = Vec::new();
    Man::new(named).source("Lacre").manual("Lacre").render(&mut bytes)?;
    let page = String::from_utf8(bytes).map_err(io::Error::other)?;
    out.push((place.join(format!("{name}.1")), format!("{}.\\\" {MARK}\n", spoken(&page, words)).into_bytes()));
    for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
        pages(inner, &format!("{name}-{}", inner.get_name()), words, place, out)?;
    }
    Ok(())
}

/// The headings that clap writes in English itself.
fn spoken(page: &str, words: &Words) -> String {
    let heading = |line: &str| match line.strip_prefix(".SH ") {
        Some(title) => match words.attribute("man-headings", &title.trim_matches('"').to_lowercase().replace(' ', "-"), &[]) {
            Some(said) => format!(".SH \"{said}\""),
            None => line.to_owned(),
        },
        None => line.to_owned(),
    };
    page.lines().map(heading).collect::<Vec<_>>().join("\n") + "\n"
}
