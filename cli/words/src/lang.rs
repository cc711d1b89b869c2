//! Which language the person reads.

use std::ffi::OsString;

/// The languages that Lacre speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lang {
    /// Spanish, the default
    Es,
    /// English
    En,
}

impl Lang {
    /// `--lang` if it is among the arguments, else `LACRE_LANG`, `LC_ALL`, `LC_MESSAGES`, `LANG` (the first that is set), else
    /// Spanish.
    ///
    /// It looks at the raw arguments, because help and usage errors are wanted in that language too; whether the value
    /// is a good one is checked later, with all other arguments.
    pub fn choose(args: &[OsString], env: impl Fn(&str) -> Option<String>) -> Self {
        let mut args = args.iter().skip(1).filter_map(|a| a.to_str()).take_while(|a| *a != "--");
        while let Some(arg) = args.next() {
            let value = match arg.strip_prefix("--lang") {
                Some("") => args.next(),
                Some(rest) => rest.strip_prefix('='),
                None => None,
            };
            if let Some(lang) = value.and_then(Self::parse) {
                return lang;
            }
        }
        let set = ["LACRE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"].iter().filter_map(|name| env(name)).find(|v| !v.is_empty());
        set.as_deref().and_then(Self::parse).unwrap_or(Lang::Es)
    }

    /// `es`, `en`, or a locale that begins so.
    fn parse(text: &str) -> Option<Self> {
        match text.split(['_', '-', '.', '@']).next() {
            Some("es") => Some(Lang::Es),
            Some("en") => Some(Lang::En),
            _ => None,
        }
    }

    /// The language's own two letters.
    pub const fn code(self) -> &'static str {
        match self {
            Lang::Es => "es",
            Lang::En => "en",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(args: &[&str], env: &[(&str, &str)]) -> Lang {
        let args: Vec<OsString> = std::iter::once("lacre").chain(args.iter().copied()).map(OsString::from).collect();
        Lang::choose(&args, |name| env.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
    }

    #[test]
    fn the_flag_wins_then_the_locale_then_spanish() {
        assert_eq!(choose(&[], &[]), Lang::Es);
        assert_eq!(choose(&[], &[("LANG", "C.UTF-8")]), Lang::Es);
        assert_eq!(choose(&[], &[("LANG", "en_US.UTF-8")]), Lang::En);
        assert_eq!(choose(&[], &[("LANG", "en_US.UTF-8"), ("LC_MESSAGES", "es_CL.UTF-8")]), Lang::Es);
        assert_eq!(choose(&[], &[("LC_ALL", ""), ("LANG", "en_GB")]), Lang::En);
        assert_eq!(choose(&[], &[("LACRE_LANG", "en"), ("LC_ALL", "es_CL.UTF-8")]), Lang::En);
        assert_eq!(choose(&["list", "--lang", "en"], &[("LANG", "es_CL.UTF-8")]), Lang::En);
        assert_eq!(choose(&["--lang=es", "list"], &[("LANG", "en_US.UTF-8")]), Lang::Es);
        assert_eq!(choose(&["send", "@ana", "--", "--lang=en"], &[]), Lang::Es);
    }
}
