//! The files that people send in the demo.

use lacre_words::failure::{Exit, Failure};
use lacre_words::screen::Screen;
use lacre_words::shown::shown;
use std::path::{Path, PathBuf};

/// Files that are read into memory for the demo: at most this much together.
const MOST_INPUT: u64 = 50_000_000;

/// A file of the input folder.
pub(super) struct Input {
    pub(super) name: String,
    pub(super) content: Vec<u8>,
}

/// What it carries: four small files of the kinds that people send.
const CARRIED: [(&str, &[u8]); 4] = [
    ("costos.csv", include_bytes!("../files/costos.csv")),
    ("fotografía del puente.jpg", include_bytes!("../files/fotografía del puente.jpg")),
    ("informe.pdf", include_bytes!("../files/informe.pdf")),
    ("léeme.txt", include_bytes!("../files/léeme.txt")),
];

/// The files of `--input`, else those that the program carries.
pub(super) fn input_files(ctx: &Screen, given: Option<&Path>) -> Result<Vec<Input>, Failure> {
    let Some(dir) = given else {
        let carried = CARRIED.iter().map(|(name, content)| Input { name: (*name).to_owned(), content: content.to_vec() });
        return Ok(carried.collect());
    };
    let failed = |why: String| {
        let args = [("dir", shown(&dir.display().to_string()).into()), ("why", shown(&why).into())];
        ctx.failure("error-demo-input", Exit::Usage, &args)
    };
    let mut paths: Vec<PathBuf> = std::fs::read_dir(dir)
        .and_then(|items| items.map(|i| i.map(|i| i.path())).collect())
        .map_err(|e| failed(e.to_string()))?;
    paths.retain(|p| p.is_file() && p.file_name().is_some_and(|n| !n.as_encoded_bytes().starts_with(b".")));
    paths.sort();
    let total: u64 = paths.iter().filter_map(|p| p.metadata().ok()).map(|m| m.len()).sum();
    if paths.is_empty() {
        return Err(failed(ctx.words.say("demo-input-empty")));
    }
    if total > MOST_INPUT {
        return Err(failed(ctx.words.say("demo-input-large")));
    }
    let file = |p: &PathBuf| {
        let name = p.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        std::fs::read(p).map(|content| Input { name, content }).map_err(|e| failed(e.to_string()))
    };
    paths.iter().map(file).collect()
}
