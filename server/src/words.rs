//! What the relay's commands say to people, in their language. The catalogues are `i18n/es.ftl` and `i18n/en.ftl`.

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource};

/// A language that there is a catalogue for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Lang {
    /// Spanish
    Es,
    /// English
    En,
}

impl Lang {
    /// From the environment's locale, as `en_US.UTF-8`; Spanish when it says neither.
    #[must_use]
    pub fn from_locale(locale: Option<&str>) -> Self {
        match locale.and_then(|l| l.get(..2)) {
            Some("en") => Self::En,
            _ => Self::Es,
        }
    }
    const fn catalogue(self) -> &'static str {
        match self {
            Self::Es => include_str!("../i18n/es.ftl"),
            Self::En => include_str!("../i18n/en.ftl"),
        }
    }
    const fn tag(self) -> &'static str {
        match self {
            Self::Es => "es",
            Self::En => "en",
        }
    }
}

/// One catalogue.
pub struct Words(FluentBundle<FluentResource>);

impl Words {
    /// In this language.
    #[must_use]
    pub fn new(lang: Lang) -> Self {
        let mut bundle = FluentBundle::new(vec![lang.tag().parse().unwrap_or_default()]);
        bundle.set_use_isolating(false);
        // a test reads both catalogues without an error; what can be read of one is used in any case
        let (Ok(resource) | Err((resource, _))) = FluentResource::try_new(lang.catalogue().to_owned());
        bundle.add_resource_overriding(resource);
        Self(bundle)
    }
    /// The message with this id; the id itself when there is none.
    #[must_use]
    pub fn say(&self, id: &str, values: &[(&str, &str)]) -> String {
        let mut args = FluentArgs::new();
        for (name, value) in values {
            args.set(*name, (*value).to_owned());
        }
        let pattern = self.0.get_message(id).and_then(|m| m.value());
        pattern.map_or_else(|| id.to_owned(), |p| self.0.format_pattern(p, Some(&args), &mut Vec::new()).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fluent_bundle::FluentResource;
    use std::collections::{BTreeMap, BTreeSet};

    fn messages(lang: Lang) -> BTreeMap<String, BTreeSet<String>> {
        FluentResource::try_new(lang.catalogue().to_owned()).map_err(|(_, e)| e).expect("no error in the catalogue");
        let mut out = BTreeMap::new();
        for line in lang.catalogue().lines().filter(|l| !l.starts_with('#') && !l.is_empty()) {
            let (id, text) = line.split_once(" = ").expect("one message a line");
            let names = text.split("{ $").skip(1).map(|rest| rest.split(' ').next().unwrap().to_owned());
            assert!(out.insert(id.to_owned(), names.collect()).is_none(), "{id} twice");
        }
        out
    }

    #[test]
    fn both_languages_say_the_same_things_with_the_same_values() {
        assert_eq!(messages(Lang::Es), messages(Lang::En));
    }

    #[test]
    fn values_are_put_in() {
        for lang in [Lang::Es, Lang::En] {
            let said = Words::new(lang).say("invitation-use", &[("expires", "2026-07-06")]);
            assert!(said.contains("2026-07-06") && !said.contains('{'), "{said}");
        }
        assert_eq!(Lang::from_locale(Some("en_GB.UTF-8")), Lang::En);
        assert_eq!(Lang::from_locale(Some("es_CL.UTF-8")), Lang::Es);
        assert_eq!(Lang::from_locale(Some("C")), Lang::Es);
        assert_eq!(Lang::from_locale(None), Lang::Es);
    }
}
