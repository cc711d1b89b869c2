//! The rooms of the client's core: their order, and who has methods.

use super::places::{files, trespassers};
use std::collections::BTreeSet;

/// The rooms of the core, from the face to the ground: a room uses those below it.
const ROOMS: [&str; 17] = [
    "face", "sync", "receive", "ladder", "people", "notices", "groups", "messages", "account", "epoch", "views", "queue", "book",
    "history", "shelf", "mls", "words",
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
/// `use crate::book;` in shelf/engine.rs.
#[test]
fn rooms_of_the_core_use_only_those_below_them() {
    let mut wrong = Vec::new();
    for (name, path) in files() {
        let Some(inside) = name.strip_prefix("client-core/core/src/").filter(|f| f.ends_with(".rs")) else { continue };
        let Some((room, _)) = inside.split_once('/').filter(|(room, _)| *room != "crypt" && *room != "network") else { continue };
        let at = ROOMS.iter().position(|r| *r == room).unwrap_or_else(|| panic!("{room} is no room: draw it in ARCHITECTURE.md"));
        for other in rooms_named(&std::fs::read_to_string(&path).unwrap()) {
            if ROOMS.iter().position(|r| *r == other).is_some_and(|there| there < at) {
                wrong.push(format!("{inside} uses {other}, which is above it"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
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
