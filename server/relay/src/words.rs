//! What the relay's commands say to people, in their language. The catalogues are `i18n/`: the counter's, and the operator's.

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource};

/// A language that there is a catalogue for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Lang {
    /// Spanish
    Es,
    /// English
    En,
}

impl core::str::FromStr for Lang {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Es, Self::En].into_iter().find(|lang| lang.tag() == text).ok_or(())
    }
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
    /// From what was asked for, else from the environment.
    #[must_use]
    pub fn choose(asked: Option<Self>) -> Self {
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
        asked.unwrap_or_else(|| Self::from_locale(locale.as_deref()))
    }
    const fn catalogues(self) -> [&'static str; 2] {
        match self {
            Self::Es => [include_str!("../i18n/es.ftl"), include_str!("../i18n/operator.es.ftl")],
            Self::En => [include_str!("../i18n/en.ftl"), include_str!("../i18n/operator.en.ftl")],
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
        for catalogue in lang.catalogues() {
            let (Ok(resource) | Err((resource, _))) = FluentResource::try_new(catalogue.to_owned());
            bundle.add_resource_overriding(resource);
        }
        Self(bundle)
    }
    /// Whether there is a message with this id.
    #[must_use]
    pub fn has(&self, id: &str) -> bool {
        self.0.has_message(id)
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
        let mut out = BTreeMap::new();
        for catalogue in lang.catalogues() {
            FluentResource::try_new(catalogue.to_owned()).map_err(|(_, e)| e).expect("no error in the catalogue");
        }
        let lines = lang.catalogues().into_iter().flat_map(str::lines);
        for line in lines.filter(|l| !l.starts_with('#') && !l.is_empty()) {
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
    fn every_sentence_that_a_command_says_is_in_the_catalogues() {
        let words = Words::new(Lang::Es);
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/commands");
        let mut said = BTreeSet::new();
        for file in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap().replace("\n", " ");
            for call in ["::new(", "::usage(", "Good,", "Change,", "Wrong,", "words.say(", "ask(", "(\"status-"] {
                for rest in text.split(call).skip(1) {
                    let id = match call.strip_prefix("(\"") {
                        Some(begun) => rest.split('"').next().map(|end| format!("{begun}{end}")),
                        None => rest.trim_start().strip_prefix('"').and_then(|r| r.split('"').next()).map(str::to_owned),
                    };
                    let spelled = |id: &String| id.contains('-') && id.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
                    said.extend(id.filter(|id| spelled(id) && !id.ends_with('-')));
                }
            }
        }
        assert!(said.len() > 80, "{}", said.len());
        let missing: Vec<&String> = said.iter().filter(|id| !words.has(id)).collect();
        assert!(missing.is_empty(), "{missing:?}");
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
