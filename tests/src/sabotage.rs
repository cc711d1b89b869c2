//! Each control's proof that its tests can fail: a patch that breaks the promise, and which of the control's tests must then
//! turn red. Patches are unified diffs, applied here without any other tool.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Where they lie in the source folder.
pub const FOLDER: &str = "audit/controls/sabotage";

/// What is needed of a control's file.
#[derive(Deserialize)]
pub struct Control {
    /// its name
    pub id: String,
    /// what proves it
    pub test: Vec<Test>,
    /// how it was seen to prove it
    pub sabotage: Option<Sabotage>,
}

/// A test that a control names.
#[derive(Deserialize)]
pub struct Test {
    /// its source
    pub file: String,
    /// its function
    pub name: String,
}

/// What a patch does.
#[derive(Deserialize)]
pub struct Sabotage {
    /// tests of the control that turn red; the others stay green
    pub red: Vec<String>,
}

/// All controls, by their files' names.
///
/// # Errors
/// With a sentence.
pub fn controls(root: &Path) -> Result<Vec<Control>, String> {
    let folder = root.join("audit/controls");
    let entries = std::fs::read_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "toml"));
    paths.sort();
    let read = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).map_err(|e| e.to_string())?;
        toml::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))
    };
    paths.iter().map(read).collect()
}

/// One change: these lines, one after the other, become those.
#[derive(Debug, PartialEq, Eq)]
struct Hunk {
    old: Vec<String>,
    new: Vec<String>,
}

/// The text of each file that a patch changes, afterwards.
///
/// # Errors
/// With a sentence when it does not apply: the lines that it changes must be there exactly once.
pub fn apply(root: &Path, patch: &str) -> Result<BTreeMap<PathBuf, String>, String> {
    let mut changed = BTreeMap::new();
    for (file, hunks) in parse(patch)? {
        let path = root.join(&file);
        let text = std::fs::read_to_string(&path).map_err(|e| format!("{file}: {e}"))?;
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        for hunk in hunks {
            let found: Vec<usize> =
                lines.windows(hunk.old.len()).enumerate().filter(|(_, w)| *w == hunk.old).map(|(n, _)| n).collect();
            let &[at] = &found[..] else {
                return Err(format!("{file}: stands {} times there:\n{}", found.len(), hunk.old.join("\n")));
            };
            lines.splice(at..at + hunk.old.len(), hunk.new);
        }
        changed.insert(path, lines.join("\n") + "\n");
    }
    if changed.is_empty() { Err("a patch that changes nothing".to_owned()) } else { Ok(changed) }
}

fn parse(patch: &str) -> Result<BTreeMap<String, Vec<Hunk>>, String> {
    let mut files: BTreeMap<String, Vec<Hunk>> = BTreeMap::new();
    let mut file = None;
    for line in patch.lines() {
        if let Some(path) = line.strip_prefix("+++ b/") {
            file = Some(path.to_owned());
        } else if line.starts_with("@@ ") {
            let file = file.clone().ok_or("a change before the name of its file")?;
            files.entry(file).or_default().push(Hunk { old: Vec::new(), new: Vec::new() });
        } else if let Some(hunk) = file.as_ref().and_then(|f| files.get_mut(f)?.last_mut()) {
            match line.split_at_checked(1) {
                Some((" ", rest)) => {
                    hunk.old.push(rest.to_owned());
                    hunk.new.push(rest.to_owned());
                }
                Some(("-", rest)) if !line.starts_with("--- ") => hunk.old.push(rest.to_owned()),
                Some(("+", rest)) => hunk.new.push(rest.to_owned()),
                _ => file = None,
            }
        }
    }
    if files.values().flatten().any(|hunk| hunk.old.is_empty() || hunk.old == hunk.new) {
        return Err("a change of nothing".to_owned());
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is how a test says no")]
    use super::*;

    const PATCH: &str = "--- a/one.rs\n+++ b/one.rs\n@@ -1,3 +1,2 @@\n a\n-b\n-c\n+B\n@@ -9 +8,2 @@\n z\n+end\n";

    #[test]
    fn a_patch_is_applied_where_its_lines_stand_once_and_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("one.rs");
        let with = |text: &str| {
            std::fs::write(&file, text).unwrap();
            apply(folder.path(), PATCH).map(|changed| changed[&file].clone())
        };

        assert_eq!(with("new\na\nb\nc\n\nz\n").unwrap(), "new\na\nB\n\nz\nend\n");
        assert!(with("a\nb\n\nz\n").is_err(), "a line is gone");
        assert!(with("a\nb\nc\na\nb\nc\nz\n").is_err(), "which of them?");
        assert!(apply(folder.path(), "nothing").is_err());
        assert!(apply(folder.path(), "+++ b/one.rs\n@@ -1 +1 @@\n a\n").is_err());
    }
}
