//! The catalogues: every sentence for people, in Spanish and English (Project Fluent, `cli/i18n/`).
//!
//! An error is one message with attributes: the value says what happened, `.why` why, `.do` what to do next. The help of
//! a command is one message whose attributes are its arguments.

use crate::lang::Lang;
use fluent_bundle::{FluentArgs, FluentBundle, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

/// The files of one language, in order; a key stands in one of them.
const fn sources(lang: Lang) -> &'static [&'static str] {
    match lang {
        Lang::Es => &[
            include_str!("../i18n/es.ftl"),
            include_str!("../i18n/help.es.ftl"),
            include_str!("../i18n/errors.es.ftl"),
            include_str!("../i18n/demo.es.ftl"),
            include_str!("../i18n/proof.es.ftl"),
        ],
        Lang::En => &[
            include_str!("../i18n/en.ftl"),
            include_str!("../i18n/help.en.ftl"),
            include_str!("../i18n/errors.en.ftl"),
            include_str!("../i18n/demo.en.ftl"),
            include_str!("../i18n/proof.en.ftl"),
        ],
    }
}

/// What stands in a sentence: texts that came from outside must have gone through [`crate::shown::shown`] first.
pub(crate) type Args<'a> = [(&'static str, FluentValue<'a>)];

/// Marks a key that is said elsewhere, so that the test below finds it.
pub(crate) const fn key(key: &'static str) -> &'static str {
    key
}

/// One language's sentences.
pub(crate) struct Words {
    bundle: FluentBundle<FluentResource>,
}

impl Words {
    /// Reads the catalogues that are built into the program. A fault in them is found by the tests below, not by people.
    pub(crate) fn new(lang: Lang) -> Self {
        let id: LanguageIdentifier = lang.code().parse().unwrap_or_default();
        let mut bundle = FluentBundle::new(vec![id]);
        // No isolation marks around arguments: they are bidirectional control characters, which a terminal shows as dirt.
        bundle.set_use_isolating(false);
        for source in sources(lang) {
            let (Ok(resource) | Err((resource, _))) = FluentResource::try_new((*source).to_owned());
            bundle.add_resource_overriding(resource);
        }
        Self { bundle }
    }

    /// The sentence with this key.
    pub(crate) fn say(&self, key: &str) -> String {
        self.say_with(key, &[])
    }

    /// The sentence with this key and these arguments. The key itself if there is none (a test forbids it).
    pub(crate) fn say_with(&self, key: &str, args: &Args<'_>) -> String {
        self.find(key, None, args).unwrap_or_else(|| key.to_owned())
    }

    /// An attribute of a message: none if it has no such attribute.
    pub(crate) fn attribute(&self, key: &str, attribute: &str, args: &Args<'_>) -> Option<String> {
        self.find(key, Some(attribute), args)
    }

    /// The sentence, if there is one.
    pub(crate) fn try_say(&self, key: &str) -> Option<String> {
        self.find(key, None, &[])
    }

    fn find(&self, key: &str, attribute: Option<&str>, args: &Args<'_>) -> Option<String> {
        let message = self.bundle.get_message(key)?;
        let pattern = match attribute {
            None => message.value()?,
            Some(name) => message.get_attribute(name)?.value(),
        };
        let args: FluentArgs<'_> = args.iter().map(|(name, value)| (*name, value.clone())).collect();
        let mut errors = Vec::new();
        Some(self.bundle.format_pattern(pattern, Some(&args), &mut errors).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};
    use std::collections::{BTreeMap, BTreeSet};

    /// key (or key.attribute) -> names of its arguments
    type Shape = BTreeMap<String, BTreeSet<String>>;

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

    fn shape(lang: Lang) -> Shape {
        let mut shape = Shape::new();
        for source in sources(lang) {
            let parsed = fluent_syntax::parser::parse(*source).unwrap_or_else(|(_, errors)| panic!("{lang:?}: {errors:?}"));
            for entry in parsed.body {
                let Entry::Message(message) = entry else {
                    assert!(
                        matches!(entry, Entry::Comment(_) | Entry::GroupComment(_) | Entry::ResourceComment(_)),
                        "{lang:?}: {entry:?}"
                    );
                    continue;
                };
                let mut put = |key: String, pattern: &Pattern<&str>| {
                    let mut found = BTreeSet::new();
                    arguments(pattern, &mut found);
                    assert!(shape.insert(key.clone(), found).is_none(), "{lang:?}: {key} stands twice");
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

    #[test]
    fn both_languages_have_the_same_sentences_with_the_same_arguments() {
        assert_eq!(shape(Lang::Es), shape(Lang::En));
    }

    /// All literals in our sources that follow one of these openings.
    fn keys_in_sources() -> BTreeSet<String> {
        let mut keys = BTreeSet::new();
        let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
        while let Some(folder) = folders.pop() {
            for item in std::fs::read_dir(folder).unwrap() {
                let path = item.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let source = std::fs::read_to_string(&path).unwrap();
                let source = source.split("#[cfg(test)]\nmod tests").next().unwrap();
                for opening in [
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
                ] {
                    for (at, _) in source.match_indices(opening) {
                        let rest = source[at + opening.len()..].trim_start();
                        let rest = rest.strip_prefix("words,").or(rest.strip_prefix("&self.words,")).unwrap_or(rest).trim_start();
                        let rest = rest.strip_prefix("self,").unwrap_or(rest).trim_start();
                        if let Some(literal) = rest
                            .strip_prefix('"')
                            .and_then(|r| r.split('"').next())
                            .filter(|l| l.contains('-') || opening.starts_with("say"))
                        {
                            keys.insert(literal.to_owned());
                        }
                    }
                }
            }
        }
        keys
    }

    #[test]
    fn every_key_in_the_code_has_its_sentence_and_every_sentence_is_used() {
        let used = keys_in_sources();
        assert!(used.len() > 50, "the search finds the keys: {}", used.len());
        let there: BTreeSet<String> = shape(Lang::Es).into_keys().map(|k| k.split('.').next().unwrap().to_owned()).collect();
        let missing: Vec<_> = used.difference(&there).collect();
        assert!(missing.is_empty(), "no sentence for {missing:?}");
        let unused: Vec<_> = there.iter().filter(|k| !k.starts_with("help-") && !used.contains(*k)).collect();
        assert!(unused.is_empty(), "nobody says {unused:?}");
    }

    #[test]
    fn every_error_says_what_happened_why_and_what_to_do() {
        for lang in [Lang::Es, Lang::En] {
            let shape = shape(lang);
            let errors: BTreeSet<_> = shape.keys().filter_map(|k| k.strip_prefix("error-")?.split('.').next()).collect();
            assert!(errors.len() > 20);
            for error in errors {
                for part in ["", ".why", ".do"] {
                    assert!(shape.contains_key(&format!("error-{error}{part}")), "{lang:?}: error-{error}{part}");
                }
            }
        }
    }
}
