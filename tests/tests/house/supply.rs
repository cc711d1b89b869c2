//! What may be in the lock files, under which licence, from where.

use super::walls::{Graph, root};
use std::collections::BTreeSet;

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
