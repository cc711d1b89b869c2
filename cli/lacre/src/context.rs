//! What every command has at hand: the language, where results go, where the profile is.

use crate::trouble;
use lacre_core::Environment;
use lacre_evidence::clock::Zone;
use lacre_ground::time::{Clock, Millis, SystemClock};
use lacre_words::failure::{Exit, Failure};
use lacre_words::screen::Screen;
use lacre_words::words::Words;
use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::sync::Arc;

pub(crate) use lacre_words::screen::Outcome;

/// The flags that every command takes.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Global {
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) profile: Option<PathBuf>,
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "key_file")]
    pub(crate) passphrase_file: Option<PathBuf>,
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[arg(long, global = true, value_name = "es|en", value_parser = ["es", "en"], hide_possible_values = true)]
    pub(crate) lang: Option<String>,
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) proxy: Option<String>,
    #[arg(long, global = true)]
    pub(crate) plain: bool,
}

/// What every command has at hand.
pub(crate) struct Context {
    /// the flags
    pub(crate) global: Global,
    /// where it speaks
    screen: Screen,
    /// what time it is
    pub(crate) clock: Arc<dyn Clock>,
    /// what the person knows already: a command that asks the relay twice says so once
    said: RefCell<Vec<Said>>,
    /// where times are told of, if not where the person is
    place: Cell<Option<Zone>>,
}

impl Context {
    /// For these flags, with the machine's clock.
    pub(crate) fn new(global: Global, words: Words) -> Self {
        let screen = Screen::new(words, global.json).read_aloud(global.plain);
        Self { global, screen, clock: Arc::new(SystemClock), said: RefCell::default(), place: Cell::default() }
    }

    /// The folder of the profile: the flag's, else that of `LACRE_PROFILE`, else `lacre` in the folder that XDG names for data.
    pub(crate) fn profile_dir(&self) -> Result<PathBuf, Failure> {
        if let Some(dir) = &self.global.profile {
            return Ok(dir.clone());
        }
        if let Some(dir) = std::env::var_os("LACRE_PROFILE").filter(|dir| !dir.is_empty()) {
            return Ok(dir.into());
        }
        Ok(self.data_home()?.join("lacre"))
    }

    /// Where programs keep what belongs to this user.
    pub(crate) fn data_home(&self) -> Result<PathBuf, Failure> {
        let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
        absolute("XDG_DATA_HOME")
            .or_else(|| absolute("HOME").map(|home| home.join(".local/share")))
            .ok_or_else(|| self.failure("error-no-home", Exit::CouldNotAsk, &[]))
    }

    /// Where programs look for what this user configured.
    pub(crate) fn config_home(&self) -> Result<PathBuf, Failure> {
        let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
        absolute("XDG_CONFIG_HOME")
            .or_else(|| absolute("HOME").map(|home| home.join(".config")))
            .ok_or_else(|| self.failure("error-no-home", Exit::CouldNotAsk, &[]))
    }

    /// Clock, randomness and observer of a client.
    pub(crate) fn environment(&self) -> Environment {
        Environment::system()
    }

    /// From now on times are told as clocks show them there: a public body's, whose terms count where it is, wherever its machine
    /// stands and whatever zone that has.
    pub(crate) fn tell_times_of(&self, place: Zone) {
        self.place.set(Some(place));
    }

    /// An instant of the screen, to the minute: where the body is, else where the person is.
    pub(crate) fn local(&self, at: Millis) -> String {
        let there = self.place.get().and_then(|place| place.wall(at));
        there.map_or_else(|| local(at), |wall| wall.strftime("%Y-%m-%d %H:%M").to_string())
    }

    /// The zone that [`Context::local`] tells times in.
    pub(crate) fn zone(&self, at: Millis) -> String {
        self.place.get().map_or_else(|| zone(at), |place| place.name().to_owned())
    }

    /// An instant inside a sentence: [`Context::local`], with its zone.
    pub(crate) fn local_in(&self, at: Millis) -> String {
        format!("{} ({})", self.local(at), self.zone(at))
    }

    /// In which zone the times of a screen are: whoever copies one into a file of the case needs it.
    pub(crate) fn times_zone(&self) -> String {
        self.words.say_with("times-zone", &[("zone", self.zone(self.clock.now()).into())])
    }

    /// The client's trouble in this language.
    pub(crate) fn trouble(&self, trouble: lacre_core::Trouble) -> Failure {
        trouble::failure(&self.words, trouble)
    }

    /// It is news again.
    pub(crate) fn say_again(&self, what: Said) {
        self.said.borrow_mut().retain(|said| *said != what);
    }

    /// Something about the relay: to stderr, once for each kind.
    pub(crate) fn note_once(&self, what: Said, text: &str) {
        let mut said = self.said.borrow_mut();
        if !said.contains(&what) {
            said.push(what);
            self.note(text);
        }
    }
}

/// What a command says at most once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// that the relay was not asked
    Away,
    /// that something rests
    Resting,
    /// that another account stands in the place of this one
    Replaced,
}

/// A command speaks on the screen that it was called from.
impl core::ops::Deref for Context {
    type Target = Screen;
    fn deref(&self) -> &Screen {
        &self.screen
    }
}

/// The machine's zone: its name, or how far it is from UTC where the machine does not know one.
fn zone(at: Millis) -> String {
    let zone = jiff::tz::TimeZone::system();
    let stamp = jiff::Timestamp::from_millisecond(i64::try_from(at.get()).unwrap_or(i64::MAX)).unwrap_or_default();
    zone.iana_name().map_or_else(|| format!("UTC{}", stamp.to_zoned(zone.clone()).strftime("%:z")), str::to_owned)
}

/// An instant for people: their own zone, to the minute.
pub(crate) fn local(at: Millis) -> String {
    let ms = i64::try_from(at.get()).unwrap_or(i64::MAX);
    let stamp = jiff::Timestamp::from_millisecond(ms).unwrap_or_default();
    stamp.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string()
}
