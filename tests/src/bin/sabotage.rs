//! Breaks each promise in a copy of the source folder and looks whether its tests notice: `./test --sabotage [CONTROL…]`.
//!
//! All patches stand together in one build of the copy, each under a switch that the environment throws while the tests of
//! its control run; what is no source file is laid into the copy for as long. With no switch thrown those tests are green,
//! with a control's own exactly those turn red that it says. The copy and its build stay in the target folder, so that the
//! next run is quick. `--table` prints the table of audit/README.md.
#![expect(clippy::print_stdout, reason = "a program that reports")]

use lacre_ground::time::{Clock as _, Millis, SystemClock};
use lacre_tests::sabotage::{self, Control, FOLDER, Test, VARIABLE};
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// Folders that are no source.
const NO_SOURCE: [&str; 2] = ["target", ".git"];

/// What a broken promise may hang: its test is ended then, and red.
const LONGEST: Duration = Duration::from_secs(300);

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
    let all = sabotage::controls(root)?;
    if asked == ["--table"] {
        print!("{}", sabotage::table(&all));
        return Ok(true);
    }
    let breakable = |c: &&Control| c.sabotage.as_ref().is_some_and(|s| s.none.is_none());
    let with: Vec<&Control> = all.iter().filter(breakable).collect();
    if let Some(unknown) = asked.iter().find(|id| !with.iter().any(|c| c.id == **id)) {
        return Err(format!("no control {unknown} with a patch"));
    }
    let wanted: Vec<&Control> = with.iter().filter(|c| asked.is_empty() || asked.contains(&c.id)).copied().collect();
    let mut patches = BTreeMap::new();
    for control in &with {
        let path = root.join(FOLDER).join(format!("{}.patch", control.id));
        patches.insert(control.id.clone(), std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?);
    }

    let began = SystemClock.now();
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let copy = Copy { source: target.join("sabotage/source"), target: target.join("sabotage/build") };
    copy.seed(&target)?;
    let switched: BTreeMap<PathBuf, String> = sabotage::switched(root, &patches)?
        .into_iter()
        .map(|(path, text)| (path.strip_prefix(root).unwrap_or(&path).to_owned(), text))
        .collect();
    copy.refresh(root, Path::new(""), &switched)?;
    let programs = copy.build()?;
    println!("{} patches in one build: {} s", patches.len(), seconds(began));

    let red: Vec<&Test> = wanted.iter().flat_map(|c| c.test.iter().filter(|t| expected(c).contains(t.name.as_str()))).collect();
    let unbroken = copy.red(&programs, &red, None)?;
    let mut good = unbroken.is_empty();
    println!("{}with no switch thrown: {} tests, red: {unbroken:?}", if good { "ok   " } else { "BAD  " }, red.len());
    for control in &wanted {
        let patch = patches.get(&control.id).ok_or("no patch")?;
        good &= copy.proved(&programs, control, patch)?;
    }
    let none = all.iter().filter(|c| c.sabotage.as_ref().is_some_and(|s| s.none.is_some())).count();
    let open = all.iter().filter(|c| c.sabotage.is_none()).count();
    println!(
        "{} of {} controls broken, {none} cannot be, {open} have no patch yet: {} s",
        wanted.len(),
        all.len(),
        seconds(began)
    );
    Ok(good)
}

fn seconds(since: Millis) -> u64 {
    SystemClock.now().since(since) / 1000
}

fn expected(control: &Control) -> BTreeSet<&str> {
    control.sabotage.iter().flat_map(|s| &s.red).map(String::as_str).collect()
}

/// A program of tests: the folder of its package, its target, where it lies, and the tests in it.
struct Program {
    package: PathBuf,
    target: String,
    path: PathBuf,
    tests: Vec<String>,
}

struct Copy {
    source: PathBuf,
    target: PathBuf,
}

impl Copy {
    /// Dependencies that are built already are taken over.
    fn seed(&self, target: &Path) -> Result<(), String> {
        for place in ["debug", "second-client/debug"] {
            let (from, to) = (target.join(place), self.target.join(place));
            if to.exists() {
                continue;
            }
            std::fs::create_dir_all(&to).map_err(|e| format!("{}: {e}", to.display()))?;
            for part in ["deps", ".fingerprint", "build"].iter().filter(|part| from.join(part).is_dir()) {
                // a link that cannot be made costs a build, not a wrong answer
                let done = Command::new("cp").arg("-al").arg(from.join(part)).arg(to.join(part)).status();
                if !done.is_ok_and(|s| s.success()) {
                    println!("{} is built anew", to.join(part).display());
                }
            }
        }
        Ok(())
    }

    /// Makes a folder as it is in the source, but for these texts. Files that are as they should be keep their age.
    fn refresh(&self, root: &Path, folder: &Path, changed: &BTreeMap<PathBuf, String>) -> Result<(), String> {
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
            let path = folder.join(&name);
            if kind.is_dir() {
                self.refresh(root, &path, changed)?;
            } else if kind.is_file() {
                let own = || std::fs::read(entry.path()).map_err(failed);
                let wanted = changed.get(&path).map_or_else(own, |text| Ok(text.clone().into_bytes()))?;
                if std::fs::read(to.join(&name)).ok().as_ref() != Some(&wanted) {
                    // for its mode; and a copy may be older than what was built of the file before it
                    std::fs::copy(entry.path(), to.join(&name)).map_err(failed)?;
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

    /// Builds everything and lists the tests of each program.
    fn build(&self) -> Result<Vec<Program>, String> {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(["build", "-q", "--locked", "--workspace", "--lib", "--bins", "--tests"]);
        command.arg("--message-format=json-render-diagnostics");
        command.current_dir(&self.source).env("CARGO_TARGET_DIR", &self.target);
        // a broken promise may well break a lint
        command.env_remove("RUSTC_WORKSPACE_WRAPPER").env_remove("CLIPPY_ARGS").stderr(Stdio::inherit());
        let built = command.output().map_err(|e| format!("cargo does not start: {e}"))?;
        if !built.status.success() {
            return Err("the copy with all patches does not build".to_owned());
        }
        let source = self.source.canonicalize().map_err(|e| format!("{}: {e}", self.source.display()))?;
        let mut programs = Vec::new();
        for line in String::from_utf8_lossy(&built.stdout).lines() {
            let said: serde_json::Value = serde_json::from_str(line).map_err(|e| format!("cargo says {line}: {e}"))?;
            let text = |at: &str| said.pointer(at).and_then(serde_json::Value::as_str);
            let is_test = said.pointer("/profile/test").and_then(serde_json::Value::as_bool) == Some(true);
            let (Some(path), Some(manifest), Some(target), true) =
                (text("/executable"), text("/manifest_path"), text("/target/name"), is_test)
            else {
                continue;
            };
            let package = Path::new(manifest).parent().and_then(|p| p.strip_prefix(&source).ok());
            let package = package.ok_or_else(|| format!("{manifest} is not in the copy"))?.to_owned();
            let mut program = Program { package, target: target.to_owned(), path: path.into(), tests: Vec::new() };
            let listed = self.command(&program, None).args(["--list", "--format", "terse"]).output();
            let listed = listed.map_err(|e| format!("{path}: {e}"))?;
            let lines = String::from_utf8_lossy(&listed.stdout).into_owned();
            program.tests.extend(lines.lines().filter_map(|l| Some(l.strip_suffix(": test")?.to_owned())));
            programs.push(program);
        }
        Ok(programs)
    }

    fn command(&self, program: &Program, id: Option<&str>) -> Command {
        let mut command = Command::new(&program.path);
        command.current_dir(self.source.join(&program.package)).env_remove(VARIABLE).process_group(0);
        command.env("CARGO_TARGET_DIR", &self.target).envs(id.map(|id| (VARIABLE, id)));
        command
    }

    /// Whether exactly the tests turn red that the control says.
    fn proved(&self, programs: &[Program], control: &Control, patch: &str) -> Result<bool, String> {
        let began = SystemClock.now();
        let laid = sabotage::laid_in(&self.source, &control.id, patch)?;
        let mut before = Vec::new();
        for (path, text) in laid {
            before.push((path.clone(), std::fs::read(&path).map_err(|e| format!("{}: {e}", path.display()))?));
            std::fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()))?;
        }
        let red = self.red(programs, &control.test.iter().collect::<Vec<_>>(), Some(&control.id));
        for (path, text) in before {
            std::fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()))?;
        }
        let (red, expected) = (red?, expected(control));
        let red: BTreeSet<&str> = red.iter().map(String::as_str).collect();
        let good = red == expected && !red.is_empty();
        let word = if good { "ok  " } else { "BAD " };
        println!("{word} {}: {} of {} tests red, {} s", control.id, red.len(), control.test.len(), seconds(began));
        if !good {
            println!("     red:      {red:?}\n     expected: {expected:?}");
        }
        Ok(good)
    }

    /// Which of these tests fail.
    fn red(&self, programs: &[Program], tests: &[&Test], id: Option<&str>) -> Result<BTreeSet<String>, String> {
        let mut asked: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
        for test in tests {
            let ours = |path: &str| path.rsplit("::").next() == Some(test.name.as_str());
            let mut found = false;
            for (at, program) in programs.iter().enumerate().filter(|(_, program)| holds(program, &test.file)) {
                for path in program.tests.iter().filter(|path| ours(path)) {
                    asked.entry(at).or_default().insert(path);
                    found = true;
                }
            }
            if !found {
                return Err(format!("{}: no test {}", test.file, test.name));
            }
        }
        let mut red = BTreeSet::new();
        for (at, paths) in asked {
            let program = programs.get(at).ok_or("no program")?;
            let said = self.said(program, &paths, id)?;
            let green = |path: &str| said.lines().any(|l| l.strip_prefix("test ").is_some_and(|l| l == format!("{path} ... ok")));
            red.extend(paths.iter().filter(|path| !green(path)).filter_map(|path| Some(path.rsplit("::").next()?.to_owned())));
        }
        Ok(red)
    }

    /// What a program says of these tests until it ends, or is ended.
    fn said(&self, program: &Program, paths: &BTreeSet<&str>, id: Option<&str>) -> Result<String, String> {
        let mut command = self.command(program, id);
        command.arg("--exact").args(paths).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let child = command.spawn().map_err(|e| format!("{}: {e}", program.path.display()))?;
        let group = format!("-{}", child.id());
        let (ended, end) = mpsc::channel();
        let waits = std::thread::spawn(move || {
            let output = child.wait_with_output();
            let _ = ended.send(());
            output
        });
        if end.recv_timeout(LONGEST).is_err() {
            println!("     {} {}: ended after {} s", id.unwrap_or("no switch"), program.target, LONGEST.as_secs());
        }
        // also what the tests left running
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        let output = waits.join().map_err(|_| "a thread panicked")?.map_err(|e| format!("{}: {e}", program.path.display()))?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

/// Whether a program's tests may come from this file.
fn holds(program: &Program, file: &str) -> bool {
    let place: Vec<&str> = file.split('/').collect();
    match place[..] {
        ["tests", "tests", theme, _] => program.package == Path::new("tests") && program.target == theme,
        // each store stamps them out for itself
        ["server", "store", "src", "contract", ..] => program.package.starts_with("server"),
        _ => !program.package.as_os_str().is_empty() && Path::new(file).starts_with(&program.package),
    }
}
