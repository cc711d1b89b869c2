//! Commands as documents write them, held against what is there. Nothing is run.
use crate::documents::read;
use crate::places::files;
use crate::walls::root;
use std::collections::BTreeMap;

fn known(there: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if there { Ok(()) } else { Err(otherwise()) }
}

/// Packages of the workspace, and their folders.
fn members() -> BTreeMap<String, String> {
    let workspace = read("Cargo.toml");
    let list = workspace.split_once("members = [").unwrap().1.split_once(']').unwrap().0;
    let named = list.split('"').skip(1).step_by(2).map(|folder| {
        let manifest = read(&format!("{folder}/Cargo.toml"));
        let name = manifest.lines().find_map(|l| l.strip_prefix("name = \"")?.strip_suffix('"')).unwrap();
        (name.to_owned(), folder.to_owned())
    });
    named.collect()
}

/// Every test below a folder, as cargo names it: `module::name`.
pub(crate) fn tests_below(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (name, path) in files() {
        let Some(module) = name.strip_prefix(&format!("{folder}/")).and_then(|n| n.strip_suffix(".rs")) else { continue };
        let module = module.replace("/mod", "").replace('/', "::");
        let mut marked = false;
        for line in std::fs::read_to_string(path).unwrap().lines().map(str::trim_start) {
            if line.starts_with("#[") {
                marked |= line.contains("test]") || line.contains("tokio::test");
            } else if let Some(at) = line.find("fn ").filter(|_| marked) {
                let name: String = line[at + 3..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                found.push(format!("{module}::{name}"));
                marked = false;
            }
        }
    }
    found
}

/// Package, program of tests, bench, example are there, and each filter names a test of them.
fn cargo(words: &[&str]) -> Result<(), String> {
    let (members, mut words) = (members(), words.iter().copied());
    let verb = words.next().unwrap_or_default();
    known(["test", "bench", "build", "run", "doc"].contains(&verb), || format!("cargo {verb} is none that this test knows"))?;
    let (mut packages, mut scopes, mut named, mut behind) = (Vec::new(), Vec::new(), Vec::new(), false);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word} of what?"));
        match word {
            "--" => behind = true,
            _ if behind && verb == "run" => {}
            "-p" => packages.push(value().and_then(|p| members.get(p).ok_or(format!("no package {p}")))?),
            "--lib" => scopes.extend(packages.iter().map(|folder| format!("{folder}/src"))),
            "--test" => scopes.push(format!("tests/tests/{}", value()?)),
            "--bench" => scopes.push(format!("tests/benches/{}", value()?)),
            "--example" => scopes.push(format!("{}/examples/{}.rs", packages.first().ok_or("-p is missing")?, value()?)),
            "--bin" => scopes.push(format!("{}/src/bin/{}.rs", packages.first().ok_or("-p is missing")?, value()?)),
            "--locked" | "--release" | "--workspace" | "--bins" | "--open" => {}
            flag if flag.starts_with('-') => return Err(format!("{flag} is no flag that this test knows")),
            name => named.push(name),
        }
    }
    for scope in &scopes {
        known(root().join(scope).exists(), || format!("no {scope}"))?;
        let own = !scope.starts_with("tests/") || packages.iter().all(|folder| *folder == "tests");
        known(own, || format!("{scope} is of another package"))?;
    }
    if verb == "bench" {
        let parts = read(&format!("{}/main.rs", scopes.first().ok_or("which bench?")?));
        return named.iter().try_for_each(|part| known(parts.contains(&format!("(\"{part}\",")), || format!("no part {part}")));
    }
    let tests: Vec<String> = scopes.iter().flat_map(|scope| tests_below(scope)).collect();
    named.iter().try_for_each(|name| known(tests.iter().any(|t| t.contains(name)), || format!("no test {name} in {scopes:?}")))
}

/// `IssueCode` on the command line.
fn kebab(variant: &str) -> String {
    let mut name = String::new();
    for c in variant.chars() {
        if c.is_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.extend(c.to_lowercase());
    }
    name
}

/// A module's file: `name.rs`, or `name/mod.rs` where it has modules of its own.
fn file_of(module: &str) -> String {
    let file = format!("{module}.rs");
    if root().join(&file).exists() { file } else { format!("{module}/mod.rs") }
}

/// The subcommands of an enum of clap, each with the module whose enum has those below it.
fn subcommands(file: &str) -> BTreeMap<String, Option<String>> {
    let source = read(file);
    let body =
        source.lines().skip_while(|l| !(l.contains("enum ") && l.ends_with("Command {"))).skip(1).take_while(|l| *l != "}");
    let mut found: BTreeMap<String, Option<String>> = BTreeMap::new();
    let mut last = String::new();
    for line in body {
        if let Some(variant) = line.strip_prefix("    ").filter(|l| l.starts_with(char::is_uppercase)) {
            last = kebab(variant.split(|c: char| !c.is_alphanumeric()).next().unwrap());
            found.insert(last.clone(), None);
        }
        let nested = line.split(['(', '<', ')', '>']).find(|part| part.ends_with("Command") && part.contains("::"));
        if let (Some(path), Some(module)) = (nested, found.get_mut(&last)) {
            let path = path.strip_prefix("commands::").unwrap_or(path);
            *module = path.rsplit_once("::").map(|(module, _)| module.replace("::", "/"));
        }
    }
    assert!(!found.is_empty(), "{file} has no subcommands");
    found
}

/// Every subcommand of `lacre …` and `lacre-relay …` is there, and every flag is an argument in the program's sources.
fn program(words: &[&str], folder: &str, first: &str) -> Result<(), String> {
    const VALUED: [&str; 5] = ["--profile", "--lang", "--proxy", "--passphrase-file", "--key-file"];
    let own = files().into_iter().filter(|(name, _)| name.starts_with(folder));
    let sources: String = own.map(|(_, path)| std::fs::read_to_string(path).unwrap()).collect();
    let (mut below, mut verbs, mut skip) = (subcommands(&format!("{folder}/{first}")), 0, false);
    for word in words {
        if std::mem::take(&mut skip) {
            continue;
        }
        if let Some(flag) = word.strip_prefix("--") {
            skip = VALUED.contains(word);
            let spelt = [format!("{}: ", flag.replace('-', "_")), format!("\"{flag}\"")];
            let there = ["version", "help"].contains(&flag) || spelt.iter().any(|s| sources.contains(s));
            known(there, || format!("no flag {word}"))?;
        } else if !below.is_empty() && *word != "…" && *word != "&" {
            let module = below.get(*word).ok_or(format!("no subcommand {word}"))?;
            below = module.as_ref().map(|m| subcommands(&file_of(&format!("{folder}/commands/{m}")))).unwrap_or_default();
            verbs += 1;
        }
    }
    known(words.is_empty() || verbs > 0 || words.iter().any(|w| w.starts_with("--")), || "which subcommand?".to_owned())
}

fn script(name: &str, words: &[&str]) -> Result<(), String> {
    let text = std::fs::read_to_string(root().join(name)).map_err(|e| e.to_string())?;
    let mut flags = words.iter().filter(|w| w.starts_with("--"));
    flags.try_for_each(|flag| known(text.contains(flag), || format!("{name} knows no {flag}")))
}

/// None if the text is no command of ours.
fn judge(text: &str) -> Option<Result<(), String>> {
    let words: Vec<&str> = text.split(" #").next()?.split_whitespace().collect();
    // labels and names of the protocol look like commands
    let label = text.ends_with(" v1") || text.ends_with(" v2") || text == "lacre relay identity";
    let (first, rest) = words.split_first().filter(|_| !label)?;
    match *first {
        "cargo" => Some(cargo(rest)),
        "lacre" => Some(program(rest, "cli/lacre/src", "commands/mod.rs")),
        "lacre-relay" => Some(program(rest, "server/relay/src", "main.rs")),
        "./test" | "./demo" => Some(script(first, rest)),
        path if path.starts_with("tests/release/") => Some(script(path, rest)),
        _ => None,
    }
}

/// The commands of a text, and what is wrong with each.
pub(crate) fn commands(text: &str) -> impl Iterator<Item = (&str, Result<(), String>)> {
    text.split("&&").map(str::trim).filter_map(|one| Some((one, judge(one)?)))
}
