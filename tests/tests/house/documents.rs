//! The documents name commands that exist.
//!
//! Nothing is run. A command is read as text and held against the members of the workspace, the folders of tests and the
//! subcommands in the programs' sources; each check lists all of its faults at once.
//!
//! Seen red, with `LACRE_ROOT` naming a copy of the house: a theme, a filter, a package, a flag and a subcommand misspelt in
//! tests/PROMISES.md.
use crate::commands::commands;
use crate::walls::root;

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
