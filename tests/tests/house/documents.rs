//! The documents name what exists: commands, files, sections, tests; and they refer to nothing that a reader does not have.
//!
//! Nothing is run. A command is read as text and held against the members of the workspace, the folders of tests and the
//! subcommands in the programs' sources; each check lists all of its faults at once.
//!
//! Seen red, with `LACRE_ROOT` naming a copy of the house: a theme, a filter, a package, a flag and a subcommand misspelt in
//! tests/PROMISES.md; a file renamed that ARCHITECTURE.md names; a heading renamed that a contents list or a control names;
//! a README of 81 lines; a comment that names a page outside of the repository.
use crate::commands::{commands, tests_below};
use crate::places::files;
use crate::walls::root;
use std::collections::BTreeSet;
use std::path::Path;

/// What a reader of the whole repository opens.
const PAGES: [&str; 7] =
    ["README.md", "ARCHITECTURE.md", "DECISIONS.md", "PROTOCOL.md", "SECURITY.md", "CONTRIBUTING.md", "tests/PROMISES.md"];
/// These name files as they are seen from their own folders.
const FURTHER: [&str; 2] = ["audit/README.md", "server/RUNNING.md"];

pub(crate) fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// A page's lines outside of its blocks, and inside of them.
fn parted(text: &str) -> (Vec<&str>, Vec<&str>) {
    let mut inside = false;
    let (mut prose, mut blocks) = (Vec::new(), Vec::new());
    for line in text.lines() {
        if line.starts_with("```") {
            inside = !inside;
        } else if inside {
            blocks.push(line);
        } else {
            prose.push(line);
        }
    }
    (prose, blocks)
}

/// What stands in backticks.
fn quoted<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    lines.iter().flat_map(|line| line.split('`').skip(1).step_by(2)).collect()
}

#[test]
fn every_command_that_a_document_names_exists() {
    let mut faults = Vec::new();
    let mut seen = 0;

    for page in PAGES.iter().chain(&FURTHER) {
        let text = read(page);
        let (prose, blocks) = parted(&text);
        for text in quoted(&prose).into_iter().chain(blocks) {
            for (command, verdict) in commands(text) {
                seen += 1;
                faults.extend(verdict.err().map(|why| format!("{page}: {command}: {why}")));
            }
        }
    }

    assert!(seen > 100, "the search is blind: {seen}");
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn every_promise_has_a_command_that_shows_it() {
    let page = read("tests/PROMISES.md");
    let table = page.split_once("| claim |").unwrap().1.split_once("\n## ").unwrap().0;
    let rows: Vec<&str> = table.lines().skip(2).filter(|l| l.starts_with("| ")).collect();

    let silent: Vec<_> = rows
        .iter()
        .filter(|row| {
            quoted(&[row.trim_end_matches('|').rsplit(" | ").next().unwrap()]).into_iter().all(|t| commands(t).next().is_none())
        })
        .collect();

    assert!(rows.len() > 60 && silent.is_empty(), "{silent:#?}");
}

// ---- files, sections, tests ----

/// Written like a file of the repository.
fn path(text: &str) -> Option<&str> {
    let word = text.split_whitespace().next()?;
    let word = word.strip_prefix("./").unwrap_or(word);
    let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
    let (folder, rest) = word.split_once('/').unwrap_or(("", word));
    let ours = ["audit", "cli", "client-core", "proto", "server", "tests"].contains(&folder);
    let ends = |list: &[&str]| list.iter().any(|e| rest.strip_suffix(e).is_some_and(|stem| !stem.is_empty()));
    let like =
        ours || (!folder.is_empty() && ends(&[".rs", ".md", ".toml", ".py"])) || (folder.is_empty() && ends(&[".md", ".toml"]));
    (plain && like).then_some(word)
}

#[test]
fn every_path_that_a_document_names_is_there() {
    let mut faults = Vec::new();
    let mut seen = 0;

    for page in PAGES {
        let text = read(page);
        for named in quoted(&parted(&text).0).into_iter().filter_map(path).filter(|p| *p != "relay.toml") {
            seen += 1;
            if !root().join(named).exists() {
                faults.push(format!("{page}: {named}"));
            }
        }
    }

    assert!(seen > 100, "the search is blind: {seen}");
    assert!(faults.is_empty(), "{faults:#?}");
}

/// What a link may name in a page.
fn anchors(text: &str) -> BTreeSet<String> {
    let heads = parted(text).0.into_iter().filter(|l| l.starts_with('#'));
    let kept = |c: &char| c.is_alphanumeric() || " -_".contains(*c);
    heads
        .map(|h| h.trim_start_matches('#').trim().to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-"))
        .collect()
}

#[test]
fn every_link_of_a_document_leads_somewhere() {
    let mut faults = Vec::new();

    for page in PAGES.iter().chain(&FURTHER) {
        let (text, folder) = (read(page), Path::new(page).parent().unwrap());
        for target in parted(&text).0.iter().flat_map(|l| l.split("](").skip(1)).filter_map(|l| l.split(')').next()) {
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let there = if file.is_empty() { root().join(page) } else { root().join(folder).join(file) };
            let good =
                there.exists() && (anchor.is_empty() || anchors(&std::fs::read_to_string(there).unwrap()).contains(anchor));
            if !good && !target.starts_with("http") {
                faults.push(format!("{page}: {target}"));
            }
        }
    }

    assert!(faults.is_empty(), "{faults:#?}");
}

/// `PROTOCOL.md, 17`, in any file; `ARCHITECTURE.md, The walls`, as the source of a control.
#[test]
fn every_section_that_is_referred_to_is_there() {
    let mut faults = Vec::new();

    for (name, path) in files() {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        for page in ["PROTOCOL.md", "audit/FORMAT.md"] {
            for rest in text.split(page).skip(1) {
                let rest = rest.strip_prefix(',').unwrap_or(rest).trim_start_matches(' ');
                let number: String = rest.trim_start_matches("section ").chars().take_while(char::is_ascii_digit).collect();
                if !number.is_empty() && !read(page).contains(&format!("\n## {number}. ")) {
                    faults.push(format!("{name}: {page} has no section {number}"));
                }
            }
        }
        let sources = text.lines().filter(|l| name.starts_with("audit/controls/") && l.starts_with("source = "));
        for source in sources.flat_map(|l| l.split('"').skip(1).step_by(2)) {
            let (page, section) = source.split_once(", ").unwrap_or((source, ""));
            let there = |page: &str| root().join(page).is_file() && (section.is_empty() || has_heading(&read(page), section));
            if page.ends_with(".md") && !there(page) {
                faults.push(format!("{name}: {source}"));
            }
        }
    }

    assert!(faults.is_empty(), "{faults:#?}");
}

fn has_heading(page: &str, heading: &str) -> bool {
    page.lines().any(|l| l.starts_with('#') && l.trim_start_matches('#').trim() == heading)
}

#[test]
fn every_test_that_a_document_names_is_there() {
    let all = ["tests/tests", "server", "client-core", "cli", "audit", "proto"].map(tests_below).concat();
    let mut faults = Vec::new();

    for page in ["ARCHITECTURE.md", "DECISIONS.md", "SECURITY.md", "CONTRIBUTING.md"] {
        let text = read(page);
        let names = quoted(&parted(&text).0).into_iter().filter(|t| t.matches('_').count() > 2);
        let names = names.filter(|t| t.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'));
        let gone = names.filter(|name| !all.iter().any(|t| t.ends_with(&format!("::{name}"))));
        faults.extend(gone.map(|name| format!("{page}: no test {name}")));
    }

    assert!(faults.is_empty(), "{faults:#?}");
}

/// One screen, more or less.
#[test]
fn the_readme_is_short() {
    let lines = read("README.md").lines().count();

    assert!(lines <= 80, "README.md has {lines} lines");
}

/// Pages that were on the tables of those who drew this are in no repository.
#[test]
fn nothing_refers_to_a_page_that_a_reader_does_not_have() {
    // in two parts, so that this file is none of them
    let pages =
        [("DES", "IGN"), ("HOU", "SE"), ("STY", "LE"), ("findings", "-v0"), ("shared", "/")].map(|(a, b)| format!("{a}{b}"));
    let whole = |text: &str, at: usize, page: &str| {
        let inside = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let ends_open = page.ends_with(|c: char| !c.is_uppercase());
        !inside(text[..at].chars().next_back()) && (ends_open || !inside(text[at + page.len()..].chars().next()))
    };

    let mut faults = Vec::new();
    for (name, path) in files() {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        for (n, line) in text.lines().enumerate() {
            let found = pages.iter().filter(|p| line.match_indices(p.as_str()).any(|(at, _)| whole(line, at, p)));
            faults.extend(found.map(|page| format!("{name}:{}: {page}", n + 1)));
        }
    }

    assert!(faults.is_empty(), "{faults:#?}");
}
