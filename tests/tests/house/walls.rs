//! The walls of the house (ARCHITECTURE.md): who may link whom.
//!
//! Nothing is built here: cargo is asked for the dependency graph. How each check was seen red is said at it; `LACRE_ROOT`
//! names another checkout to look at, for that.

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
pub(crate) struct Graph {
    /// id of a package -> name, version, licence
    pub(crate) packages: BTreeMap<String, (String, String, String)>,
    /// id -> ids that it links (normal dependencies)
    pub(crate) links: BTreeMap<String, Vec<String>>,
    /// ids that one of our own crates names, for building and testing too
    pub(crate) direct: BTreeSet<String>,
}

impl Graph {
    pub(crate) fn read() -> Self {
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

    pub(crate) fn name(&self, id: &str) -> &str {
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

    for of in ["lacre-relay", "lacre-store", "lacre-store-sql", "lacre-store-sqlite", "lacre-store-postgres"] {
        let client = ["lacre-core", "lacre-profile", "lacre-transport", "lacre-agency", "lacre", "lacre-demo"];
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
    const CLIENT: &[&str] = &["lacre-proto", "lacre-ground", "lacre-profile", "lacre-core", "lacre-transport", "lacre-agency"];
    const STORE: &[&str] = &["lacre-proto", "lacre-ground", "lacre-store", "lacre-store-sql"];
    const ENGINES: &[&str] = &["lacre-store-sqlite", "lacre-store-postgres"];
    let graph = Graph::read();
    let may: [(&str, &[&[&str]]); 15] = [
        ("lacre-proto", &[]),
        ("lacre-ground", &[]),
        ("lacre-evidence", &[&["lacre-ground"]]),
        ("lacre-profile", &[&["lacre-ground"]]),
        ("lacre-core", &[&["lacre-proto", "lacre-profile"], AUDIT]),
        ("lacre-transport", &[&["lacre-proto", "lacre-profile", "lacre-core"], AUDIT]),
        ("lacre-agency", &[&["lacre-proto", "lacre-profile", "lacre-core", "lacre-transport"], AUDIT]),
        ("lacre-store", &[&["lacre-proto", "lacre-ground"]]),
        ("lacre-store-sql", &[&["lacre-proto", "lacre-ground", "lacre-store"]]),
        ("lacre-store-sqlite", &[STORE]),
        ("lacre-store-postgres", &[STORE]),
        ("lacre-relay", &[STORE, ENGINES, &["lacre-words"], AUDIT]),
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

/// SQLite is reached through two crates, PostgreSQL through one, gRPC through two (and tests). Seen red with rusqlite in client-core/core/Cargo.toml.
#[test]
fn storage_and_wire_have_one_crate_on_each_side() {
    let graph = Graph::read();
    let owners = |library: &str| -> BTreeSet<&str> {
        let ours = graph.links.keys().filter(|id| graph.name(id).starts_with("lacre") && graph.name(id) != "lacre-tests");
        ours.filter(|id| graph.links[*id].iter().any(|dep| graph.name(dep) == library)).map(|id| graph.name(id)).collect()
    };

    assert_eq!(owners("rusqlite"), ["lacre-profile", "lacre-store-sqlite"].into());
    assert_eq!(owners("tokio-postgres"), ["lacre-store-postgres"].into());
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
    assert!(!program.contains("postgres"), "lacre has a database of relays");
}
