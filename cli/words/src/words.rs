//! The catalogues: every sentence for people, in Spanish and English (Project Fluent, `i18n/` of each program).
//!
//! An error is one message with attributes: the value says what happened, `.why` why, `.do` what to do next. The help of
//! a command is one message whose attributes are its arguments.

use crate::lang::Lang;
use fluent_bundle::{FluentArgs, FluentBundle, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

/// What every program of the house says.
#[must_use]
pub const fn common(lang: Lang) -> &'static str {
    match lang {
        Lang::Es => include_str!("../i18n/common.es.ftl"),
        Lang::En => include_str!("../i18n/common.en.ftl"),
    }
}

/// What stands in a sentence: texts that came from outside must have gone through [`crate::shown::shown`] first.
pub type Args<'a> = [(&'static str, FluentValue<'a>)];

/// Marks a key that is said elsewhere, so that the test below finds it.
pub const fn key(key: &'static str) -> &'static str {
    key
}

/// One language's sentences.
pub struct Words {
    lang: Lang,
    bundle: FluentBundle<FluentResource>,
}

impl Words {
    /// Reads the catalogues that are built into the program, behind the common one. A fault in them is found by the tests
    /// ([`crate::check`]), not by people.
    #[must_use]
    pub fn new(lang: Lang, catalogues: &[&str]) -> Self {
        let id: LanguageIdentifier = lang.code().parse().unwrap_or_default();
        let mut bundle = FluentBundle::new(vec![id]);
        // No isolation marks around arguments: they are bidirectional control characters, which a terminal shows as dirt.
        bundle.set_use_isolating(false);
        for source in std::iter::once(common(lang)).chain(catalogues.iter().copied()) {
            let (Ok(resource) | Err((resource, _))) = FluentResource::try_new(source.to_owned());
            bundle.add_resource_overriding(resource);
        }
        Self { lang, bundle }
    }

    /// Which language they are.
    #[must_use]
    pub const fn lang(&self) -> Lang {
        self.lang
    }

    /// The sentence with this key.
    pub fn say(&self, key: &str) -> String {
        self.say_with(key, &[])
    }

    /// The sentence with this key and these arguments. The key itself if there is none (a test forbids it).
    pub fn say_with(&self, key: &str, args: &Args<'_>) -> String {
        self.find(key, None, args).unwrap_or_else(|| key.to_owned())
    }

    /// An attribute of a message: none if it has no such attribute.
    pub fn attribute(&self, key: &str, attribute: &str, args: &Args<'_>) -> Option<String> {
        self.find(key, Some(attribute), args)
    }

    /// The sentence, if there is one.
    pub fn try_say(&self, key: &str) -> Option<String> {
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
