//! Breaks each promise in a copy of the source folder and looks whether its tests notice: `./test --sabotage [CONTROL…]`.
//!
//! For each control with a patch: the copy is made as the source is, the patch applied, everything built (a patch that does
//! not build proves nothing), and each test that the control names is run. Those that the control says must be red, and no
//! others. The copy and its build stay in the target folder, so that the next run is quick.
#![expect(clippy::print_stdout, reason = "a program that reports")]

use lacre_tests::sabotage::{Control, FOLDER, Test, apply, controls};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// Folders that are no source.
const NO_SOURCE: [&str; 2] = ["target", ".git"];

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    match run(&root, &std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(e) => {
            println!("{e}");
            ExitCode::from(3)
        }
    }
}

fn run(root: &Path, asked: &[String]) -> Result<bool, String> {
    let all = controls(root)?;
    if let Some(unknown) = asked.iter().find(|id| !all.iter().any(|c| c.id == **id && c.sabotage.is_some())) {
        return Err(format!("no control {unknown} with a patch"));
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from).join("sabotage");
    let copy = Copy { source: target.join("source"), target: target.join("build") };
    let (with, without): (Vec<&Control>, Vec<&Control>) = all.iter().partition(|control| control.sabotage.is_some());
    let wanted: Vec<&Control> = match asked {
        [] => with,
        asked => asked.iter().filter_map(|id| with.iter().find(|c| c.id == *id).copied()).collect(),
    };
    let mut good = true;
    for control in wanted {
        good &= proved(root, &copy, control)?;
    }
    println!("{} of {} controls have no patch yet", without.len(), all.len());
    Ok(good)
}

/// Whether exactly the tests turn red that the control says.
fn proved(root: &Path, copy: &Copy, control: &Control) -> Result<bool, String> {
    let patch = root.join(FOLDER).join(format!("{}.patch", control.id));
    let patch = std::fs::read_to_string(&patch).map_err(|e| format!("{}: {e}", patch.display()))?;
    copy.refresh(root, Path::new(""))?;
    for (path, text) in apply(&copy.source, &patch)? {
        std::fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    // tests of the whole run the programs
    let whole = control.test.iter().any(|test| test.file.starts_with("tests/"));
    let what: &[&str] = if whole { &["--workspace", "--bins"] } else { &["-p", "lacre-store-sqlite", "-p", "lacre-core"] };
    let built = copy.cargo(&[&["build", "-q", "--locked"], what].concat())?;
    if !built.status.success() {
        return Err(format!("{} does not build:\n{}", control.id, String::from_utf8_lossy(&built.stderr)));
    }
    let expected: BTreeSet<&str> = control.sabotage.iter().flat_map(|s| &s.red).map(String::as_str).collect();
    let mut red = BTreeSet::new();
    for test in &control.test {
        if !copy.passes(test)? {
            red.insert(test.name.as_str());
        }
    }
    let good = red == expected;
    println!("{} {}: of {} tests red: {red:?}", if good { "ok  " } else { "BAD " }, control.id, control.test.len());
    if !good {
        println!("     expected: {expected:?}");
    }
    Ok(good)
}

struct Copy {
    source: PathBuf,
    target: PathBuf,
}

impl Copy {
    /// Makes a folder as it is in the source. Files that are as they should be keep their age.
    fn refresh(&self, root: &Path, folder: &Path) -> Result<(), String> {
        let (from, to) = (root.join(folder), self.source.join(folder));
        let failed = |e: std::io::Error| format!("{}: {e}", to.display());
        std::fs::create_dir_all(&to).map_err(failed)?;
        let mut names = BTreeSet::new();
        for entry in std::fs::read_dir(&from).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let (name, kind) = (entry.file_name(), entry.file_type().map_err(failed)?);
            if NO_SOURCE.iter().any(|no| name == *no) {
                continue;
            }
            if kind.is_dir() {
                self.refresh(root, &folder.join(&name))?;
            } else if kind.is_file() {
                let wanted = std::fs::read(entry.path()).map_err(failed)?;
                if std::fs::read(to.join(&name)).ok().as_ref() != Some(&wanted) {
                    std::fs::copy(entry.path(), to.join(&name)).map_err(failed)?;
                    // a copy may be older than what was built of the file before it
                    std::fs::write(to.join(&name), wanted).map_err(failed)?;
                }
            }
            names.insert(name);
        }
        for entry in std::fs::read_dir(&to).map_err(failed)?.filter_map(Result::ok) {
            if !names.contains(&entry.file_name()) && entry.file_type().is_ok_and(|kind| kind.is_file()) {
                std::fs::remove_file(entry.path()).map_err(failed)?;
            }
        }
        Ok(())
    }

    fn cargo(&self, args: &[&str]) -> Result<std::process::Output, String> {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(args).current_dir(&self.source).env("CARGO_TARGET_DIR", &self.target);
        // a broken promise may well break a lint
        command.env_remove("RUSTC_WORKSPACE_WRAPPER").env_remove("CLIPPY_ARGS");
        command.output().map_err(|e| format!("cargo does not start: {e}"))
    }

    /// The package that a file belongs to, and which of its targets hold tests.
    fn targets(&self, file: &str) -> Result<Vec<String>, String> {
        let folder = Path::new(file).ancestors().skip(1).find(|folder| self.source.join(folder).join("Cargo.toml").is_file());
        let folder = self.source.join(folder.ok_or_else(|| format!("{file} is in no package"))?);
        let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).map_err(|e| format!("{file}: {e}"))?;
        let name = manifest.lines().find_map(|l| l.strip_prefix("name = \"")?.strip_suffix('"'));
        let name = name.ok_or_else(|| format!("{}: no name", folder.display()))?;
        let kinds = [("src/lib.rs", "--lib"), ("src/main.rs", "--bins")].into_iter();
        let kinds = kinds.filter(|(source, _)| folder.join(source).is_file()).map(|(_, kind)| kind.to_owned());
        Ok(["-p".to_owned(), name.to_owned()].into_iter().chain(kinds).collect())
    }

    fn passes(&self, test: &Test) -> Result<bool, String> {
        let place: Vec<&str> = test.file.split('/').collect();
        let kind: Vec<String> = match place[..] {
            ["tests", "tests", theme, _] => ["-p", "lacre-tests", "--test", theme].map(str::to_owned).to_vec(),
            // each store stamps them out for itself
            ["server", "store", "src", "contract", ..] => {
                ["-p", "lacre-store", "-p", "lacre-store-sqlite", "--lib"].map(str::to_owned).to_vec()
            }
            _ => self.targets(&test.file)?,
        };
        let kind: Vec<&str> = kind.iter().map(String::as_str).collect();
        let what = [&["test", "--locked"][..], &kind].concat();
        let built = self.cargo(&[&what[..], &["--no-run"]].concat())?;
        if !built.status.success() {
            return Err(format!("{} does not build:\n{}", test.file, String::from_utf8_lossy(&built.stderr)));
        }
        let ran = self.cargo(&[&what[..], &["--no-fail-fast", "--", &test.name]].concat())?;
        let said = String::from_utf8_lossy(&ran.stdout);
        if !said.contains(&format!("{} ...", test.name)) && !said.contains(&format!("{} -", test.name)) {
            return Err(format!("{}: {} did not run:\n{said}{}", test.file, test.name, String::from_utf8_lossy(&ran.stderr)));
        }
        Ok(ran.status.success())
    }
}
