//! The walls of the house (ARCHITECTURE.md): who may link whom, what stands where, and what may be in the lock file.
//!
//! Nothing is built here: cargo is asked for the dependency graph, and sources are read as text. Each check is a function
//! of a graph or of files; how each was seen red is said at it. `LACRE_ROOT` names another checkout to look at, for that.
use lacre_proto::limits::Limit;
use lacre_proto::reasons::{Reason, Told};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned();
    std::env::var_os("LACRE_ROOT").map_or(here, PathBuf::from)
}

fn cargo(args: &[&str]) -> String {
    let out = Command::new(env!("CARGO")).args(args).args(["--locked", "--offline"]).current_dir(root()).output().unwrap();
    assert!(out.status.success(), "cargo {args:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

/// The resolved graph of this platform: other platforms' crates need not be on the machine.
struct Graph {
    /// id of a package -> name, version, licence
    packages: BTreeMap<String, (String, String, String)>,
    /// id -> ids that it links (normal dependencies)
    links: BTreeMap<String, Vec<String>>,
    /// ids that one of our own crates names, for building and testing too
    direct: BTreeSet<String>,
}

impl Graph {
    fn read() -> Self {
        let version = cargo(&["-vV"]);
        let host = version.lines().find_map(|l| l.strip_prefix("host: ")).unwrap();
        let metadata: Value =
            serde_json::from_str(&cargo(&["metadata", "--format-version", "1", "--filter-platform", host])).unwrap();
        let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
        let packages = metadata["packages"].as_array().unwrap().iter();
        let packages = packages.map(|p| (text(&p["id"]), (text(&p["name"]), text(&p["version"]), text(&p["license"])))).collect();
        let normal = |dep: &&Value| dep["dep_kinds"].as_array().unwrap().iter().any(|k| k["kind"].is_null());
        let links = metadata["resolve"]["nodes"].as_array().unwrap().iter().map(|node| {
            let deps = node["deps"].as_array().unwrap().iter().filter(normal).map(|d| text(&d["pkg"])).collect();
            (text(&node["id"]), deps)
        });
        let links = links.collect();
        let ours: Vec<&Value> = metadata["workspace_members"].as_array().unwrap().iter().collect();
        let nodes = metadata["resolve"]["nodes"].as_array().unwrap().iter().filter(|n| ours.contains(&&n["id"]));
        let direct = nodes.flat_map(|n| n["deps"].as_array().unwrap()).map(|d| text(&d["pkg"])).collect();
        Self { packages, links, direct }
    }

    fn name(&self, id: &str) -> &str {
        &self.packages[id].0
    }

    /// Names of everything that a crate links, itself included.
    fn linked(&self, crate_name: &str) -> BTreeSet<&str> {
        let mut ids: BTreeSet<&str> = self.links.keys().map(String::as_str).filter(|id| self.name(id) == crate_name).collect();
        assert_eq!(ids.len(), 1, "one package named {crate_name}");
        let mut next: Vec<&str> = ids.iter().copied().collect();
        while let Some(id) = next.pop() {
            for dep in &self.links[id] {
                if ids.insert(dep) {
                    next.push(dep);
                }
            }
        }
        ids.into_iter().map(|id| self.name(id)).collect()
    }

    /// Which of these (`*` at the end: every name that begins so) a crate links.
    fn forbidden<'a>(&'a self, crate_name: &str, names: &[&str]) -> Vec<&'a str> {
        let is = |found: &str, name: &str| name.strip_suffix('*').map_or(found == name, |start| found.starts_with(start));
        self.linked(crate_name).into_iter().filter(|found| names.iter().any(|n| is(found, n))).collect()
    }
}

/// Seen red with `lacre-core` and with `openmls` added to server/store/Cargo.toml.
#[test]
fn the_relay_links_nothing_that_could_read_a_message() {
    let graph = Graph::read();

    for of in ["lacre-relay", "lacre-store", "lacre-store-sqlite"] {
        let client = ["lacre-core", "lacre-profile", "lacre-transport", "lacre", "lacre-demo"];
        let found = graph.forbidden(of, &[&["openmls*", "hpke-rs*"], &client[..]].concat());
        assert!(found.is_empty(), "{of} links {found:?}");
    }
    assert!(graph.linked("lacre-core").contains("openmls"), "the client does: the graph is not empty");
}

/// Seen red with `tokio` added to audit/ground/Cargo.toml.
#[test]
fn audit_links_no_network_no_storage_no_async_and_no_mls() {
    let graph = Graph::read();

    for of in ["lacre-ground", "lacre-evidence"] {
        let found =
            graph.forbidden(of, &["tokio*", "tonic*", "hyper*", "rustls*", "rusqlite", "libsqlite3-sys", "openmls*", "futures*"]);
        assert!(found.is_empty(), "{of} links {found:?}");
    }
}

/// Asked of each crate by itself: in the graph of all, lacre-proto has the stubs that the transport wants.
/// Seen red with `tokio` added to client-core/core/Cargo.toml.
#[test]
fn the_core_of_the_client_links_no_network() {
    for of in ["lacre-profile", "lacre-core"] {
        let tree = cargo(&["tree", "-p", of, "-e", "normal", "--prefix", "none"]);
        let names: BTreeSet<&str> = tree.lines().filter_map(|l| l.split_whitespace().next()).collect();

        let networks = ["tokio", "tonic", "hyper", "h2", "rustls", "tokio-rustls", "tokio-socks", "tower"];
        let found: Vec<&&str> = networks.iter().filter(|n| names.contains(*n)).collect();

        assert!(found.is_empty(), "{of} links {found:?}");
        assert!(names.contains("openmls"), "it does MLS: the tree is not empty");
    }
}

/// Seen red with `lacre-relay` added to cli/lacre/Cargo.toml, with `lacre-ground` added to proto/Cargo.toml, and with
/// `lacre-transport` in client-core/core/Cargo.toml's place of `lacre-profile`.
#[test]
fn arrows_point_down_the_list_only() {
    const AUDIT: &[&str] = &["lacre-ground", "lacre-evidence"];
    const CLIENT: &[&str] = &["lacre-proto", "lacre-ground", "lacre-profile", "lacre-core", "lacre-transport"];
    const SERVER: &[&str] = &["lacre-proto", "lacre-ground", "lacre-words", "lacre-store", "lacre-store-sqlite"];
    let graph = Graph::read();
    let may: [(&str, &[&[&str]]); 12] = [
        ("lacre-proto", &[]),
        ("lacre-ground", &[]),
        ("lacre-evidence", &[&["lacre-ground"]]),
        ("lacre-profile", &[&["lacre-ground"]]),
        ("lacre-core", &[&["lacre-proto", "lacre-profile"], AUDIT]),
        ("lacre-transport", &[&["lacre-proto", "lacre-profile", "lacre-core"], AUDIT]),
        ("lacre-store", &[&["lacre-proto", "lacre-ground"]]),
        ("lacre-store-sqlite", &[&["lacre-proto", "lacre-ground", "lacre-store"]]),
        ("lacre-relay", &[SERVER]),
        ("lacre-words", &[]),
        ("lacre", &[CLIENT, AUDIT, &["lacre-words"]]),
        ("lacre-demo", &[CLIENT, AUDIT, &["lacre-words", "lacre"]]),
    ];

    for (of, allowed) in may {
        let allowed = allowed.concat();
        let ours = graph.linked(of).into_iter().filter(|n| n.starts_with("lacre") && *n != of);
        let wrong: Vec<&str> = ours.filter(|n| !allowed.contains(n)).collect();
        assert!(wrong.is_empty(), "{of} links {wrong:?}, and may link {allowed:?}");
    }
}

/// SQLite is reached through two crates, gRPC through two (and tests). Seen red with rusqlite in client-core/core/Cargo.toml.
#[test]
fn storage_and_wire_have_one_crate_on_each_side() {
    let graph = Graph::read();
    let owners = |library: &str| -> BTreeSet<&str> {
        let ours = graph.links.keys().filter(|id| graph.name(id).starts_with("lacre") && graph.name(id) != "lacre-tests");
        ours.filter(|id| graph.links[*id].iter().any(|dep| graph.name(dep) == library)).map(|id| graph.name(id)).collect()
    };

    assert_eq!(owners("rusqlite"), ["lacre-profile", "lacre-store-sqlite"].into());
    assert_eq!(owners("tonic"), ["lacre-proto", "lacre-relay", "lacre-transport"].into());
    assert_eq!(owners("openmls"), ["lacre-core", "lacre-profile"].into());
}

/// What people install can lay no profile's secrets bare. Seen red with the feature in cli/lacre/Cargo.toml.
#[test]
fn the_program_that_people_install_has_no_laboratory() {
    let tree = |package| cargo(&["tree", "-p", package, "-e", "normal,features", "--prefix", "none"]);

    let (program, demo) = (tree("lacre"), tree("lacre-demo"));

    let has = |tree: &str| tree.lines().any(|l| l.starts_with("lacre-core feature \"laboratory\""));
    assert!(program.contains("lacre-core") && !has(&program), "lacre has the laboratory");
    assert!(has(&demo), "the demonstration has it: the search is not blind");
    assert!(!program.contains("lacre-relay") && !program.contains("lacre-store"), "lacre has a relay");
}

// ---- the lock file ----

/// Name and version of every package, also of other platforms.
fn locked() -> Vec<(String, String)> {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let value = |line: Option<&str>, key: &str| {
        line.and_then(|l| l.strip_prefix(key))
            .map(|v| v.trim_matches('"').to_owned())
            .unwrap_or_else(|| panic!("{key}: {line:?}"))
    };
    let found: Vec<_> = lock
        .split("[[package]]\n")
        .skip(1)
        .map(|p| (value(p.lines().next(), "name = "), value(p.lines().nth(1), "version = ")))
        .collect();
    assert!(found.len() > 100);
    found
}

fn version(text: &str) -> (u64, u64, u64) {
    let plain = text.split(['-', '+']).next().unwrap();
    let mut parts = plain.split('.').map(|n| n.parse().unwrap());
    (parts.next().unwrap(), parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}

/// What our own crates name must be at least this. Seen red with a floor of hpke 0.16.
#[test]
fn no_crate_that_we_use_is_below_its_floor() {
    let floors = [
        ("openmls", "0.9.2"),
        ("openmls_traits", "0.6.0"),
        ("openmls_libcrux_crypto", "0.4.0"),
        ("openmls_memory_storage", "0.6.0"),
        ("rusqlite", "0.41.1"),
        ("libsqlite3-sys", "0.39.0"),
        ("tonic", "0.14.9"),
        ("tonic-prost", "0.14.9"),
        ("prost", "0.14.4"),
        ("rustls", "0.23.0"),
        ("rcgen", "0.14.0"),
        ("hpke", "0.15.1"),
        ("ed25519-dalek", "3.0.0"),
        ("chacha20poly1305", "0.11.0"),
        ("hkdf", "0.13.0"),
        ("hmac", "0.13.0"),
        ("sha2", "0.11.0"),
        ("argon2", "0.6.0"),
        ("subtle", "2.6.0"),
        ("zeroize", "1.9.1"),
        ("rand", "0.10.0"),
        ("clap", "4.6.0"),
        ("proptest", "1.12.0"),
        ("tempfile", "3.27.0"),
    ];
    let graph = Graph::read();

    for (name, floor) in floors {
        // a second, older line may stand in the graph for parts of other crates that are not switched on
        let all: Vec<&String> = graph.links.keys().filter(|id| graph.name(id) == name).collect();
        let named: Vec<&String> = all.iter().copied().filter(|id| graph.direct.contains(*id)).collect();
        let built: Vec<&str> =
            if named.is_empty() { all } else { named }.into_iter().map(|id| graph.packages[id].1.as_str()).collect();
        assert!(!built.is_empty(), "{name} is not there: take its floor out, here and in deny.toml");
        for found in built {
            assert!(version(found) >= version(floor), "{name} {found} is below {floor}");
        }
    }
}

/// Seen red with a crate of the lock file added to the list in deny.toml, and with a second `ring` made up in Cargo.lock.
#[test]
fn one_tls_one_sqlite_and_nothing_that_is_banned() {
    let locked = locked();
    let deny = std::fs::read_to_string(root().join("deny.toml")).unwrap();
    let banned: Vec<&str> = deny
        .lines()
        .filter_map(|l| l.trim().strip_prefix("{ crate = \"")?.split('"').next())
        .filter(|name| !name.contains(':'))
        .collect();

    assert!(banned.contains(&"openssl") && banned.contains(&"native-tls"), "deny.toml has its list: {banned:?}");
    let found: Vec<_> = locked.iter().filter(|(name, _)| banned.contains(&name.as_str())).collect();
    assert!(found.is_empty(), "banned, and in the lock file: {found:?}");
    for once in ["rustls", "ring", "libsqlite3-sys", "rusqlite", "openmls", "tonic", "prost", "tokio"] {
        let versions: Vec<_> = locked.iter().filter(|(name, _)| name == once).collect();
        assert_eq!(versions.len(), 1, "{once}: {versions:?}");
    }
}

/// A licence expression is satisfied by a list: `OR` (and the old `/`) by one side, `AND` by both.
fn allowed(expression: &str, list: &BTreeSet<&str>) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    let good = any_of(&words, &mut at, list);
    good && at == words.len()
}

fn any_of(words: &[&str], at: &mut usize, list: &BTreeSet<&str>) -> bool {
    let mut good = all_of(words, at, list);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        good |= all_of(words, at, list);
    }
    good
}

fn all_of(words: &[&str], at: &mut usize, list: &BTreeSet<&str>) -> bool {
    let mut good = one_of(words, at, list);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        good &= one_of(words, at, list);
    }
    good
}

fn one_of(words: &[&str], at: &mut usize, list: &BTreeSet<&str>) -> bool {
    let Some(word) = words.get(*at) else { return false };
    *at += 1;
    if *word == "(" {
        let good = any_of(words, at, list);
        *at += 1;
        return good;
    }
    if words.get(*at) == Some(&"WITH") {
        let with = format!("{word} WITH {}", words.get(*at + 1).unwrap_or(&""));
        *at += 2;
        return list.contains(with.as_str());
    }
    list.contains(word)
}

/// Seen red with `"ISC"` taken out of deny.toml.
#[test]
fn every_licence_is_one_that_deny_toml_allows() {
    let deny = std::fs::read_to_string(root().join("deny.toml")).unwrap();
    let list = deny.split_once("allow = [\n").unwrap().1.split_once(']').unwrap().0;
    let list: BTreeSet<&str> = list.lines().map(|l| l.trim().trim_matches([',', '"'])).filter(|l| !l.is_empty()).collect();
    let graph = Graph::read();

    for (name, version, licence) in graph.packages.values() {
        assert!(allowed(licence, &list), "{name} {version}: {licence:?} is not in deny.toml's list");
    }
    for (licence, good) in [("MIT", true), ("GPL-3.0", false), ("MIT AND GPL-3.0", false), ("GPL-3.0 OR MIT", true), ("", false)]
    {
        assert_eq!(allowed(licence, &list), good, "{licence}");
    }
    assert!(
        !allowed("(MIT OR ISC) AND GPL-3.0", &list) && allowed("MIT/GPL-3.0", &list),
        "the expression is read as it is meant"
    );
}

// ---- what stands where ----

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
fn trespassers(needles: &[&str], allowed: &[&str]) -> Vec<String> {
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
        "server/store-sqlite/src/",
        "client-core/profile/src/lib.rs",
        "client-core/profile/src/rows.rs",
        "client-core/profile/src/locks.rs",
        "client-core/profile/src/tests.rs",
        // tests read a relay's tables as a thief does, and benches build bare ones to compare with
        "tests/",
    ];

    let found = trespassers(&sql, &storage);

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
        "server/relay/src/commands/registrar.rs",
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

/// The rooms of the core, from the face to the ground: a room uses those below it.
const ROOMS: [&str; 16] = [
    "face", "sync", "receive", "ladder", "people", "groups", "messages", "account", "epoch", "views", "queue", "book", "history",
    "shelf", "mls", "words",
];

/// Arrows that run up, each with its reason.
const UP: [(&str, &str); 1] = [
    // a step ends by putting conversations of reset contacts to rest, whatever the step was about
    ("shelf/engine.rs", "book"),
];

/// The rooms that a source names: `crate::room::…` in its code, and the first names of `use crate::{…}`.
fn rooms_named(source: &str) -> BTreeSet<String> {
    let code: String = source.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut named = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            None => drop(named.insert(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>())),
            Some(list) => {
                let (mut depth, mut word) = (0, String::new());
                for c in list.chars() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => drop(named.insert(std::mem::take(&mut word))),
                        c if depth == 0 => word.push(c),
                        _ => {}
                    }
                }
                named.insert(word);
            }
        }
    }
    named.into_iter().map(|w| w.trim().split(':').next().unwrap_or_default().to_owned()).collect()
}

/// Every call names its room, so the paths tell all arrows. Seen red with `use crate::sync;` in messages/texts.rs, and with
/// the exception taken out.
#[test]
fn rooms_of_the_core_use_only_those_below_them() {
    let mut wrong = Vec::new();
    let mut up: BTreeSet<(String, String)> = BTreeSet::new();
    for (name, path) in files() {
        let Some(inside) = name.strip_prefix("client-core/core/src/").filter(|f| f.ends_with(".rs")) else { continue };
        let Some((room, _)) = inside.split_once('/').filter(|(room, _)| *room != "crypt") else { continue };
        let at = ROOMS.iter().position(|r| *r == room).unwrap_or_else(|| panic!("{room} is no room: draw it in ARCHITECTURE.md"));
        for other in rooms_named(&std::fs::read_to_string(&path).unwrap()) {
            if ROOMS.iter().position(|r| *r == other).is_some_and(|there| there < at) {
                if UP.contains(&(inside, other.as_str())) {
                    up.insert((inside.to_owned(), other));
                } else {
                    wrong.push(format!("{inside} uses {other}, which is above it"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(up.len(), UP.len(), "an exception that is none any more");
    assert!(UP.len() <= 5, "more exceptions than a rule has");
    assert_eq!(
        rooms_named("use crate::{a, b::{c, d}};\n// crate::e\nlet x = crate::f::g();"),
        ["a", "b", "f"].map(str::to_owned).into()
    );
}

/// An application's verbs stand in the face; what does the work are functions of rooms. Seen red with an `impl Client` in
/// sync/rounds.rs.
#[test]
fn the_client_has_its_methods_in_the_face_only() {
    let found: Vec<String> = trespassers(&["impl Client "], &["client-core/core/src/face/"])
        .into_iter()
        .filter(|l| l.starts_with("client-core/core/"))
        .collect();

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
    let outside: Vec<String> = outside.map(|(name, _)| name).filter(|name| !name.contains("/src/tests/")).collect();
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

/// PROTOCOL.md has every label, and no other. Seen red with a label taken out of the page.
#[test]
fn the_table_of_labels_is_the_closed_list() {
    let page = std::fs::read_to_string(root().join("PROTOCOL.md")).unwrap();
    let section = page.split_once("## 2. Labels").unwrap().1.split_once("## 3.").unwrap().0;
    let written: BTreeSet<&str> =
        section.split('`').filter(|t| t.starts_with("lacre ")).filter(|t| *t != "lacre channel v1").collect();
    let list: BTreeSet<&str> = lacre_ground::label::Label::ALL.iter().map(|l| l.text()).collect();

    assert_eq!(written, list);
}

/// PROTOCOL.md has every reason that is sent, with its gRPC code, and no other; and each limit that can refuse. Seen red with a
/// reason taken out of the page, with another code there, and with a limit renamed.
#[test]
fn the_table_of_reasons_is_what_relay_and_client_know() {
    let page = std::fs::read_to_string(root().join("PROTOCOL.md")).unwrap();
    let section = page.split_once("## 6. Calls and refusals").unwrap().1.split_once("| call | costs |").unwrap().0;
    let rows = section.lines().filter_map(|l| l.strip_prefix("| ")?.split_once(" | "));
    let written: BTreeMap<&str, &str> = rows
        .filter(|(reason, _)| reason.len() > 4 && reason.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
        .filter_map(|(reason, rest)| Some((reason, rest.split_once(' ')?.0)))
        .collect();
    let code = |reason: Reason| {
        let name = format!("{:?}", reason.code());
        let capitals = name.char_indices().skip(1).filter(|(_, c)| c.is_uppercase()).map(|(at, _)| at);
        let cuts: Vec<usize> = [0].into_iter().chain(capitals).chain([name.len()]).collect();
        cuts.windows(2).map(|w| name[w[0]..w[1]].to_uppercase()).collect::<Vec<_>>().join("_")
    };

    let known: Vec<(&str, String)> = Reason::ALL.iter().map(|r| (r.as_str(), code(*r))).collect();
    assert_eq!(known.iter().map(|(name, code)| (*name, code.as_str())).collect::<BTreeMap<_, _>>(), written);
    for reason in Reason::ALL {
        let line = section.lines().find(|l| l.starts_with(&format!("| {reason} |"))).unwrap();
        assert_eq!(line.contains("(registrar only)"), reason.told() == Told::Counter, "{line}");
    }
    let limits = page.split_once("## 20. Limits").unwrap().1.split_once("\n## ").unwrap().0;
    for limit in Limit::ALL {
        let said = limits.contains(&format!("`{limit}`")) || section.contains(&format!("`{limit}`"));
        assert!(said, "{limit} is not in PROTOCOL.md");
    }
}
