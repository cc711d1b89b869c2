//! Looks into everything that the relay has on disk for things that must not be there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Something that must not be on the relay's disk.
pub(crate) struct Needle {
    /// what it is, for people
    pub(crate) what: String,
    /// its bytes
    pub(crate) bytes: Vec<u8>,
}

/// What a search saw.
pub(crate) struct Seen {
    /// files
    pub(crate) files: usize,
    /// bytes in them
    pub(crate) bytes: u64,
    /// what was found, and in which file
    pub(crate) found: BTreeSet<(String, PathBuf)>,
}

/// A text in the spellings in which it could lie there.
pub(crate) fn text_needles(what: &str, text: &str) -> Vec<Needle> {
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let inner = text.as_bytes().get(..text.len() - text.len() % 3).unwrap_or_default();
    let base64 = data_encoding::BASE64.encode(inner).into_bytes();
    let mut spellings = BTreeSet::from([text.as_bytes().to_vec(), text.to_lowercase().into_bytes(), utf16, base64]);
    spellings.retain(|s| s.len() >= 6);
    spellings.into_iter().map(|bytes| Needle { what: what.to_owned(), bytes }).collect()
}

/// A RUN as it is written, without dots, without its digit.
pub(crate) fn run_needles(run: &str) -> Vec<Needle> {
    let plain = run.replace('.', "");
    let spellings =
        [run.to_owned(), plain.clone(), plain.replace('-', ""), plain.split('-').next().unwrap_or_default().to_owned()];
    spellings.iter().flat_map(|s| text_needles(run, s)).collect()
}

/// Stretches of a file's content: its beginning, middle and end, and more between, where they are not monotonous.
pub(crate) fn content_needles(name: &str, content: &[u8]) -> Vec<Needle> {
    const LENGTH: usize = 24;
    let step = (content.len() / 16).max(LENGTH);
    let stretches =
        content.chunks(step).filter_map(|part| part.get(..LENGTH)).chain(content.last_chunk::<LENGTH>().map(|l| &l[..]));
    let varied = |s: &&[u8]| s.iter().collect::<BTreeSet<_>>().len() >= 8;
    stretches.filter(varied).map(|s| Needle { what: name.to_owned(), bytes: s.to_vec() }).collect()
}

/// Reads every file below these paths.
pub(crate) fn search(paths: &[&Path], needles: &[Needle]) -> std::io::Result<Seen> {
    let mut seen = Seen { files: 0, bytes: 0, found: BTreeSet::new() };
    let mut left: Vec<PathBuf> = paths.iter().map(|p| p.to_path_buf()).collect();
    while let Some(path) = left.pop() {
        let about = std::fs::symlink_metadata(&path)?;
        // The names of files are stored, too.
        let name = path.file_name().map(|n| n.as_encoded_bytes().to_vec()).unwrap_or_default();
        look(&name, &path, needles, &mut seen);
        if about.is_dir() {
            for item in std::fs::read_dir(&path)? {
                left.push(item?.path());
            }
        } else if about.is_file() {
            let content = std::fs::read(&path)?;
            seen.files += 1;
            seen.bytes += about.len();
            look(&content, &path, needles, &mut seen);
        }
    }
    Ok(seen)
}

fn look(hay: &[u8], path: &Path, needles: &[Needle], seen: &mut Seen) {
    for needle in needles {
        if contains(hay, &needle.bytes) {
            seen.found.insert((needle.what.clone(), path.to_path_buf()));
        }
    }
}

/// Whether the bytes occur: looks for the first one fast, then compares.
fn contains(mut hay: &[u8], needle: &[u8]) -> bool {
    let Some(first) = needle.first() else { return true };
    while let Some(at) = hay.iter().position(|b| b == first) {
        hay = hay.get(at..).unwrap_or_default();
        if hay.starts_with(needle) {
            return true;
        }
        hay = hay.get(1..).unwrap_or_default();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_planted_is_found_in_every_spelling_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("deep")).unwrap();
        let mut noise: Vec<u8> = (0..=255).cycle().take(20_000).collect();
        noise.extend("…el secreto de Ana…".as_bytes());
        std::fs::write(dir.path().join("deep/a.db"), &noise).unwrap();
        std::fs::write(dir.path().join("b"), data_encoding::BASE64.encode("otro secreto".as_bytes())).unwrap();
        std::fs::write(dir.path().join("40000001-8.txt"), "x").unwrap();
        let needles = |text: &str| text_needles(text, text);
        for (text, found) in [("secreto de Ana", 1), ("otro secreto", 1), ("nadie lo dijo", 0)] {
            assert_eq!(search(&[dir.path()], &needles(text)).unwrap().found.len(), found, "{text}");
        }
        assert_eq!(search(&[dir.path()], &run_needles("40.000.001-8")).unwrap().found.len(), 1);
        assert_eq!(search(&[dir.path()], &content_needles("n", &noise)).unwrap().found.len(), 1);
        assert_eq!(search(&[dir.path()], &[]).unwrap().files, 3);
    }

    #[test]
    fn searching_is_exact() {
        assert!(contains(b"aaab", b"aab"));
        assert!(!contains(b"aaab", b"abb"));
        assert!(!contains(b"", b"a"));
    }
}
