//! What the tests of every program look at: whether its catalogues say the same in both languages, and what its code says.

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// key (or key.attribute) -> names of its arguments
pub type Shape = BTreeMap<String, BTreeSet<String>>;

fn arguments(pattern: &Pattern<&str>, into: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            expression_arguments(expression, into);
        }
    }
}

fn expression_arguments(expression: &Expression<&str>, into: &mut BTreeSet<String>) {
    let (inline, variants) = match expression {
        Expression::Inline(inline) => (inline, &[][..]),
        Expression::Select { selector, variants } => (selector, &variants[..]),
    };
    match inline {
        InlineExpression::VariableReference { id } => drop(into.insert(id.name.to_owned())),
        InlineExpression::Placeable { expression } => expression_arguments(expression, into),
        _ => {}
    }
    variants.iter().for_each(|v| arguments(&v.value, into));
}

/// Every message of these catalogues, each once.
pub fn shape(sources: &[&str]) -> Shape {
    let mut shape = Shape::new();
    for source in sources {
        let parsed = fluent_syntax::parser::parse(*source).unwrap_or_else(|(_, errors)| panic!("{errors:?}"));
        for entry in parsed.body {
            let Entry::Message(message) = entry else {
                assert!(matches!(entry, Entry::Comment(_) | Entry::GroupComment(_) | Entry::ResourceComment(_)), "{entry:?}");
                continue;
            };
            let mut put = |key: String, pattern: &Pattern<&str>| {
                let mut found = BTreeSet::new();
                arguments(pattern, &mut found);
                assert!(shape.insert(key.clone(), found).is_none(), "{key} stands twice");
            };
            let id = message.id.name;
            if let Some(value) = &message.value {
                put(id.to_owned(), value);
            }
            for attribute in &message.attributes {
                put(format!("{id}.{}", attribute.id.name), &attribute.value);
            }
        }
    }
    shape
}

/// All literals in our sources that follow one of these openings, or one of the program's own.
pub fn keys(folder: &Path, own: &[&str]) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for item in std::fs::read_dir(folder).unwrap() {
            let path = item.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let source = std::fs::read_to_string(&path).unwrap();
            let source = source.split("#[cfg(test)]\nmod tests").next().unwrap();
            let ours = [
                "say(",
                "say_with(",
                "attribute(",
                "Failure::new(",
                "failure(",
                "no(",
                "not_asked(",
                "of(",
                "key(",
                "usage(",
                "good(",
            ];
            for opening in ours.iter().chain(own).copied() {
                for (at, _) in source.match_indices(opening) {
                    let rest = source[at + opening.len()..].trim_start();
                    let rest = rest.strip_prefix("words,").or(rest.strip_prefix("&self.words,")).unwrap_or(rest).trim_start();
                    let rest = rest.strip_prefix("self,").unwrap_or(rest).trim_start();
                    if let Some(literal) = rest
                        .strip_prefix('"')
                        .and_then(|r| r.split('"').next())
                        .filter(|l| l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
                        .filter(|l| l.contains('-') || opening.starts_with("say") || own.contains(&opening))
                    {
                        keys.insert(literal.to_owned());
                    }
                }
            }
        }
    }
    keys
}

/// Errors (`error-…`) that do not say what happened, why, and what to do; and how many there are.
pub fn silent_errors(shape: &Shape) -> (Vec<String>, usize) {
    let errors: BTreeSet<_> = shape.keys().filter_map(|k| k.strip_prefix("error-")?.split('.').next()).collect();
    let parts = errors.iter().flat_map(|e| ["", ".why", ".do"].map(|part| format!("error-{e}{part}")));
    (parts.filter(|key| !shape.contains_key(key)).collect(), errors.len())
}
