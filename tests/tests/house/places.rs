//! What stands where: SQL, the wire, folders, files of tests. Sources are read as text.

use super::walls::root;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Every file of the house: no hidden ones, nothing that .gitignore names at the root.
pub(crate) fn files() -> Vec<(String, PathBuf)> {
    fn walk(folder: &Path, root: &Path, ignored: &BTreeSet<String>, into: &mut Vec<(String, PathBuf)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            let hidden = path.file_name().unwrap().to_str().unwrap().starts_with('.');
            if hidden || ignored.contains(&name) || name.ends_with("__pycache__") {
                continue;
            }
            if path.is_dir() { walk(&path, root, ignored, into) } else { into.push((name, path)) }
        }
    }
    let (root, mut all) = (root(), Vec::new());
    walk(&root, &root, &ignored(), &mut all);
    all.sort();
    assert!(all.len() > 100);
    all
}

fn ignored() -> BTreeSet<String> {
    let text = std::fs::read_to_string(root().join(".gitignore")).unwrap();
    text.lines().filter_map(|l| l.strip_prefix('/')).map(|l| l.trim_end_matches('/').to_owned()).collect()
}

/// Lines of our .rs files with one of these needles, outside comments and the allowed paths.
pub(crate) fn trespassers(needles: &[&str], allowed: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let mut inside = 0;
    for (name, path) in files() {
        if !name.ends_with(".rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for (n, line) in text.lines().enumerate() {
            let code = line.trim_start();
            if code.starts_with("//") || !needles.iter().any(|needle| code.contains(needle)) {
                continue;
            }
            if allowed.iter().any(|a| name.starts_with(a)) {
                inside += 1;
            } else {
                found.push(format!("{name}:{}: {code}", n + 1));
            }
        }
    }
    assert!(inside > 0, "{needles:?} stands nowhere, not even where it may: the search is blind");
    found
}

/// Seen red with `SELECT 1` in a string of server/relay/src/hub.rs, and with `use rusqlite::Connection` in client-core/core/src/shelf/own.rs.
#[test]
fn sql_stands_in_storage_modules_only() {
    let sql = [
        "rusqlite::",
        "SELECT ",
        "INSERT INTO ",
        "INSERT OR ",
        "DELETE FROM ",
        "CREATE TABLE ",
        "PRAGMA ",
        "UPDATE channel ",
        "UPDATE account ",
    ];
    let storage = [
        "server/store-sql/src/",
        "server/store-sqlite/src/",
        "server/store-postgres/src/",
        "client-core/profile/src/lib.rs",
        "client-core/profile/src/rows.rs",
        "client-core/profile/src/locks.rs",
        "client-core/profile/src/memory.rs",
        "client-core/profile/src/tests.rs",
        "client-core/profile/src/secrets_tests.rs",
        // tests read a relay's tables as a thief does, and benches build bare ones to compare with
        "tests/",
    ];

    let found = trespassers(&sql, &storage);

    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Of two texts of one statement one is soon older. Channels are written by each engine: one remembers heads, the other locks rows.
/// Seen red with the engines as they were when each had its own.
#[test]
fn verbs_of_both_engines_are_written_once() {
    let of = |room: &str, sides: &[&str]| -> Vec<String> { sides.iter().map(|side| format!("impl {room}{side} for ")).collect() };
    let rooms = ["Account", "Office", "Blob", "Counter", "Notice"].map(|room| of(room, &["Store", "Reads"]));
    let verbs = [rooms.concat(), of("Channel", &["Reads"])].concat();

    // the model and the null store
    let found = trespassers(&verbs.iter().map(String::as_str).collect::<Vec<_>>(), &["server/store/src/"]);

    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Seen red with `use tonic::Status` in server/store/src/lib.rs.
#[test]
fn tonic_stands_in_services_and_in_the_transport_only() {
    let wire = [
        "client-core/transport/src/",
        "server/relay/src/service/",
        // the border, the limits of the transport and the connections are what services stand on
        "server/relay/src/border.rs",
        "server/relay/src/limits.rs",
        "server/relay/src/accept.rs",
        // asks the running relay over its socket
        "server/relay/src/commands/registrar/issue_code.rs",
        "server/relay/src/commands/running.rs",
        "tests/",
    ];

    let found = trespassers(&["tonic::", "tonic_types::", "tonic_prost::"], &wire);

    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Seen red with `tokio::spawn` and with `std::net::TcpStream` in client-core/core/src/sync/rounds.rs.
#[test]
fn the_core_of_the_client_opens_no_connection() {
    let needles = ["tokio::", "tonic::", "std::net::", "rustls::", "hyper"];

    let found: Vec<String> =
        trespassers(&needles, &["client-core/transport/", "server/", "tests/", "proto/", "cli/"]).into_iter().collect();

    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Seen red with a folder `docs/` at the root.
#[test]
fn the_house_has_six_folders_and_the_files_of_a_good_repository() {
    let entries = || std::fs::read_dir(root()).unwrap().map(|e| e.unwrap());
    let name = |e: &std::fs::DirEntry| e.file_name().into_string().unwrap();
    let shown = |e: &std::fs::DirEntry| !name(e).starts_with('.') && !ignored().contains(&name(e));
    let folders: BTreeSet<String> = entries().filter(|e| e.path().is_dir() && shown(e)).map(|e| name(&e)).collect();

    assert_eq!(folders, ["audit", "cli", "client-core", "proto", "server", "tests"].map(String::from).into());
    for file in [
        "Cargo.toml",
        "Cargo.lock",
        "README.md",
        "ARCHITECTURE.md",
        "DECISIONS.md",
        "PROTOCOL.md",
        "SECURITY.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "LICENSE",
        "clippy.toml",
        "deny.toml",
        "rust-toolchain.toml",
        "rustfmt.toml",
        ".ci/run",
        "demo",
        "test",
    ] {
        assert!(root().join(file).is_file(), "{file} is missing");
    }
}

/// A file of tests that no program has would be green for ever. Seen red with a `mod` taken out of a main.rs.
#[test]
fn no_test_file_is_forgotten() {
    let folder = root().join("tests/tests");
    for theme in std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()) {
        assert!(theme.join("main.rs").is_file(), "{} belongs to no theme", theme.display());
        let main = std::fs::read_to_string(theme.join("main.rs")).unwrap();
        let named: BTreeSet<&str> = main.lines().filter_map(|l| l.strip_prefix("mod ")?.strip_suffix(';')).collect();
        let paths: Vec<PathBuf> = std::fs::read_dir(&theme).unwrap().map(|e| e.unwrap().path()).collect();
        let there: BTreeSet<&str> =
            paths.iter().map(|p| p.file_stem().unwrap().to_str().unwrap()).filter(|name| *name != "main").collect();
        assert_eq!(named, there, "{}", theme.display());
    }
    let outside = files().into_iter().filter(|(name, _)| name.contains("/tests/") && !name.starts_with("tests/"));
    let outside: Vec<String> = outside.map(|(name, _)| name).filter(|name| !name.contains("/src/")).collect();
    assert!(outside.is_empty(), "tests of no theme: {outside:?}");
}

/// A second client proves something only if it shares no code: no crate of ours, and another MLS library.
/// Seen red with `lacre-ground` added to its Cargo.toml.
#[test]
fn the_second_client_has_nothing_of_ours() {
    let lock = std::fs::read_to_string(root().join("tests/second-client/Cargo.lock")).unwrap();
    let names: Vec<&str> = lock.lines().filter_map(|l| l.strip_prefix("name = \"")?.strip_suffix('"')).collect();

    let ours: Vec<_> = names.iter().filter(|n| n.starts_with("lacre") || n.starts_with("openmls")).collect();

    assert!(ours.is_empty(), "tests/second-client has {ours:?}");
    assert!(names.contains(&"mls-rs"), "the list is not empty");
}

/// Whoever builds this may take the crates from anywhere: only the lock files and deny.toml know a registry.
/// Seen red with the address of one in README.md.
#[test]
fn no_file_names_a_registrys_host() {
    // in two parts, so that this file is none of them
    let hosts = [
        ("crates", ".io"),
        ("pypi", ".org"),
        ("pythonhosted", ".org"),
        ("npmjs", ".org"),
        ("npmjs", ".com"),
        ("proxy.golang", ".org"),
    ];
    let hosts = hosts.map(|(a, b)| format!("{a}{b}"));

    let mut found = Vec::new();
    for (name, path) in files() {
        if matches!(name.as_str(), "Cargo.lock" | "tests/second-client/Cargo.lock" | "deny.toml") {
            continue;
        }
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).to_lowercase();
        found.extend(hosts.iter().filter(|h| text.contains(h.as_str())).map(|h| format!("{name} names {h}")));
    }

    assert!(found.is_empty(), "{}", found.join("\n"));
}
