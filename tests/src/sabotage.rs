//! Each control's proof that its tests can fail: a patch that breaks the promise, and which of the control's tests must then
//! turn red. Patches are unified diffs, applied here without any other tool: all of them in one copy, each under a switch.

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
#[serde(deny_unknown_fields)]
pub struct Sabotage {
    /// tests of the control that turn red; the others stay green
    #[serde(default)]
    pub red: Vec<String>,
    /// why there is no patch, where none can break it
    pub none: Option<Said>,
}

/// The same in both languages.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Said {
    /// in English
    pub en: String,
    /// in Spanish
    pub es: String,
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

/// The table of controls as audit/README.md has it: what keeps each, and how that was seen to turn red.
#[must_use]
pub fn table(controls: &[Control]) -> String {
    let mut table = "| control | tests | broken on purpose, these turn red |\n|---|---|---|\n".to_owned();
    for Control { id, test, sabotage } in controls {
        let red = match sabotage {
            None => "no patch yet · aún sin parche".to_owned(),
            Some(Sabotage { none: Some(why), .. }) => format!("cannot be: {} · no se puede: {}", why.en, why.es),
            Some(Sabotage { red, .. }) => red.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
        };
        table += &format!("| [{id}](controls/{id}.toml) | {} | {red} |\n", test.len());
    }
    table
}

/// Stands in the changed lines of a source file where a promise is broken only by its name at run time.
const SWITCH: &str = "SABOTAGED";

/// The variable that names the promise to break, for the tests and for the programs that they start.
pub const VARIABLE: &str = "LACRE_SABOTAGE";

/// The variable and what it says, for a program that is started with an environment of its own.
#[must_use]
pub fn passed_on() -> Option<(&'static str, std::ffi::OsString)> {
    std::env::var_os(VARIABLE).map(|id| (VARIABLE, id))
}

/// One change: these lines, one after the other, become those.
#[derive(Debug, PartialEq, Eq)]
struct Hunk {
    old: Vec<String>,
    new: Vec<String>,
}

/// The text of each source file with all patches in it, each under its switch.
///
/// # Errors
/// With a sentence when one does not apply (the lines that it changes must be there exactly once), has no switch, or changes
/// what another changes.
pub fn switched(root: &Path, patches: &BTreeMap<String, String>) -> Result<BTreeMap<PathBuf, String>, String> {
    let mut all: BTreeMap<String, Vec<(String, Hunk)>> = BTreeMap::new();
    for (id, patch) in patches {
        for (file, hunks) in parse(patch).map_err(|e| format!("{id}: {e}"))?.into_iter().filter(|(file, _)| compiled(file)) {
            for mut hunk in hunks {
                if !hunk.new.iter().any(|line| line.contains(SWITCH)) {
                    return Err(format!("{id}: a change of {file} without {SWITCH}"));
                }
                let asked = format!("(std::env::var_os({VARIABLE:?}).is_some_and(|one| one == {id:?}))");
                hunk.new.iter_mut().for_each(|line| *line = line.replace(SWITCH, &asked));
                all.entry(file.clone()).or_default().push((id.clone(), hunk));
            }
        }
    }
    all.into_iter().map(|(file, hunks)| Ok((root.join(&file), changed(root, &file, hunks)?))).collect()
}

/// The text of each file that is read when the tests run, as this patch has it.
///
/// # Errors
/// With a sentence when it does not apply.
pub fn laid_in(root: &Path, id: &str, patch: &str) -> Result<BTreeMap<PathBuf, String>, String> {
    let files = parse(patch).map_err(|e| format!("{id}: {e}"))?.into_iter().filter(|(file, _)| !compiled(file));
    let named = |hunks: Vec<Hunk>| hunks.into_iter().map(|hunk| (id.to_owned(), hunk)).collect();
    files.map(|(file, hunks)| Ok((root.join(&file), changed(root, &file, named(hunks))?))).collect()
}

/// The files that a patch changes.
///
/// # Errors
/// With a sentence when it is no patch.
pub fn files(patch: &str) -> Result<Vec<String>, String> {
    Ok(parse(patch)?.into_keys().collect())
}

fn compiled(file: &str) -> bool {
    file.ends_with(".rs")
}

fn changed(root: &Path, file: &str, hunks: Vec<(String, Hunk)>) -> Result<String, String> {
    let text = std::fs::read_to_string(root.join(file)).map_err(|e| format!("{file}: {e}"))?;
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut placed = Vec::new();
    for (id, hunk) in hunks {
        let found: Vec<usize> =
            lines.windows(hunk.old.len()).enumerate().filter(|(_, w)| *w == hunk.old).map(|(n, _)| n).collect();
        let &[at] = &found[..] else {
            return Err(format!("{id}: {file}: stands {} times there:\n{}", found.len(), hunk.old.join("\n")));
        };
        placed.push((at, id, hunk));
    }
    placed.sort_by_key(|(at, ..)| *at);
    for pair in placed.windows(2) {
        if let [(at, one, hunk), (next, other, _)] = pair
            && at + hunk.old.len() > *next
        {
            return Err(format!("{file}: {one} and {other} change the same lines"));
        }
    }
    // from the end, so that what stands before keeps its place
    for (at, _, hunk) in placed.into_iter().rev() {
        lines.splice(at..at + hunk.old.len(), hunk.new);
    }
    Ok(lines.join("\n") + "\n")
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
    if files.is_empty() { Err("a patch that changes nothing".to_owned()) } else { Ok(files) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is how a test says no")]
    use super::*;

    const PATCH: &str = "--- a/one.rs\n+++ b/one.rs\n@@ -1,3 +1,2 @@\n a\n-b\n-c\n+SABOTAGED\n@@ -9 +8,2 @@\n z\n+if SABOTAGED\n";

    fn patched(text: &str, patches: &[(&str, &str)]) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("one.rs");
        std::fs::write(&file, text).unwrap();
        let patches = patches.iter().map(|(id, patch)| ((*id).to_owned(), (*patch).to_owned())).collect();
        switched(folder.path(), &patches).map(|mut changed| changed.remove(&file).unwrap())
    }

    #[test]
    fn a_patch_is_applied_where_its_lines_stand_once_and_nowhere_else() {
        let on = "(std::env::var_os(\"LACRE_SABOTAGE\").is_some_and(|one| one == \"it\"))";

        assert_eq!(patched("new\na\nb\nc\n\nz\n", &[("it", PATCH)]).unwrap(), format!("new\na\n{on}\n\nz\nif {on}\n"));
        assert!(patched("a\nb\n\nz\n", &[("it", PATCH)]).is_err(), "a line is gone");
        assert!(patched("a\nb\nc\na\nb\nc\nz\n", &[("it", PATCH)]).is_err(), "which of them?");
        assert!(patched("", &[("it", "nothing")]).is_err());
        assert!(patched("a\n", &[("it", "+++ b/one.rs\n@@ -1 +1 @@\n a\n")]).is_err(), "a change of nothing");
    }

    #[test]
    fn patches_stand_together_unless_they_change_the_same_lines_or_cannot_be_switched() {
        let text = "new\na\nb\nc\n\nz\n";
        let other = "+++ b/one.rs\n@@ -1 +1 @@\n-new\n+SABOTAGED old\n";

        let both = patched(text, &[("it", PATCH), ("other", other)]).unwrap();
        assert!(both.starts_with("(std::env") && both.contains("== \"other\")) old\n") && both.contains("== \"it\"))\n"));
        assert!(patched(text, &[("it", PATCH), ("twin", PATCH)]).unwrap_err().contains("the same lines"));
        assert!(patched(text, &[("it", "+++ b/one.rs\n@@ -1 +1 @@\n-new\n+old\n")]).unwrap_err().contains("without SABOTAGED"));
    }

    #[test]
    fn what_is_read_when_the_tests_run_is_laid_in_as_it_stands() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("page.md"), "one\ntwo\n").unwrap();
        let patch = "+++ b/page.md\n@@ -1 +1 @@\n-two\n";

        let laid = laid_in(folder.path(), "it", patch).unwrap();

        assert_eq!(laid.into_values().collect::<Vec<_>>(), ["one\n"]);
        assert!(switched(folder.path(), &[("it".to_owned(), patch.to_owned())].into()).unwrap().is_empty());
    }
}
