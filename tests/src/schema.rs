//! What `lacre --json` prints, held against `cli/json.schema.json` by somebody else's validator.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test's judge stops when it cannot judge")]

use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The schema as it lies in the repository.
#[must_use]
pub fn published() -> Value {
    serde_json::from_str(include_str!("../../cli/json.schema.json")).unwrap()
}

/// The commands that it knows.
#[must_use]
pub fn commands() -> BTreeSet<String> {
    published()["$defs"]["commands"].as_object().unwrap().keys().cloned().collect()
}

/// The command among what was typed: its longest name that the schema knows; `lacre` alone where there is none.
#[must_use]
pub fn command_of(typed: &[&str]) -> String {
    let known = commands();
    let words: Vec<&str> = typed.iter().take_while(|word| !word.starts_with('-')).copied().collect();
    let names = (1..=words.len().min(3)).rev().map(|n| words[..n].join(" "));
    names.into_iter().find(|name| known.contains(name)).unwrap_or_else(|| "lacre".to_owned())
}

/// Panics unless the value is what the schema says of this command, with no field more.
pub fn check(command: &str, value: &Value) {
    let mut all = published();
    no_field_more(&mut all);
    hold(&all["$defs"]["commands"][command], &all, command, value);
}

/// As [`check`], for one of the objects: `failure`.
pub fn check_object(name: &str, value: &Value) {
    let mut all = published();
    no_field_more(&mut all);
    hold(&all["$defs"][name], &all, name, value);
}

fn hold(schema: &Value, all: &Value, name: &str, value: &Value) {
    assert!(!schema.is_null(), "no schema for {name}");
    let mut schema = schema.clone();
    schema["$schema"] = all["$schema"].clone();
    schema["$defs"] = all["$defs"].clone();
    let validator = jsonschema::validator_for(&schema).unwrap_or_else(|e| panic!("{name}: {e}"));
    let faults: Vec<String> = validator.iter_errors(value).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(faults.is_empty(), "{name}: {faults:#?} in {value:#}");
}

/// Published, the schema lets fields be added; here each one must be in it.
fn no_field_more(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            if map.get("type") == Some(&json!("object")) && map.contains_key("properties") {
                map.insert("additionalProperties".to_owned(), json!(false));
            }
            map.values_mut().for_each(no_field_more);
        }
        Value::Array(list) => list.iter_mut().for_each(no_field_more),
        _ => {}
    }
}
