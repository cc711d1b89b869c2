//! `lacre-relay move`: the store of the data folder goes into a database, and its relay goes on there as if nothing had been.

use super::backup::places;
use super::{Failed, Place, say, sentence, tell};
use data_encoding::HEXLOWER;
use lacre_ground::time::{Clock as _, Millis, SystemClock};
use lacre_relay::moving::{Carried, MoveError, Stage, move_store};
use lacre_store_postgres::ArrivingError;
use lacre_store_sqlite::moving::LeavingError;
use lacre_words::failure::Exit;
use lacre_words::words::{Words, key};

/// Moves the store of the data folder into the database under `[store.postgres]`, or goes on with that
#[derive(clap::Args)]
pub(crate) struct Move {
    #[command(flatten)]
    place: Place,
}

impl Move {
    /// Prints the rows of each table, the digest of all of them, and the generation, which stays.
    pub(crate) fn run(self, words: &Words) -> Result<Exit, Failed> {
        let config = self.place.node()?;
        let Some(postgres) = &config.store.postgres else { return Err(Failed::usage("move-no-database", &[])) };
        let mut progress = Progress::new(words);
        let done = move_store(&config.data, &places(&config), postgres, &mut |stage, n, all| progress.at(stage, n, all));
        let done = done.map_err(|e| failed(e, words))?;
        for Carried { table, rows, digest } in &done.tables {
            say(&format!("{table} {rows} {}", HEXLOWER.encode(digest)))?;
        }
        say(&format!("generation {}", done.generation))?;
        if done.lost_blobs > 0 {
            tell(&sentence(words, "move-lost-blobs", &[("n", &done.lost_blobs.to_string())]));
        }
        tell(&words.say(if done.before { key("move-before") } else { key("move-done") }));
        Ok(Exit::Done)
    }
}

/// Between two lines for people's eyes, milliseconds.
const PACE_MS: u64 = 2_000;

/// How far it is, how fast, and how long it will take.
struct Progress<'a> {
    words: &'a Words,
    stage: Option<Stage>,
    began: (Millis, u64),
    said: Millis,
}

impl<'a> Progress<'a> {
    fn new(words: &'a Words) -> Self {
        let now = SystemClock.now();
        Self { words, stage: None, began: (now, 0), said: now }
    }

    fn at(&mut self, stage: Stage, done: u64, all: u64) {
        let now = SystemClock.now();
        let new = self.stage != Some(stage);
        if new {
            // what an earlier run did does not count for this one's pace
            (self.stage, self.began) = (Some(stage), (now, done));
        }
        if !new && done < all && now.since(self.said) < PACE_MS {
            return;
        }
        self.said = now;
        let rate = rate(done - self.began.1.min(done), now.since(self.began.0));
        let left = all.saturating_sub(done).checked_div(rate).unwrap_or(0);
        let values =
            [("done", done), ("all", all), ("rate", rate), ("left", left.div_ceil(60))].map(|(name, n)| (name, n.to_string()));
        let id = match stage {
            Stage::Rows => key("move-rows"),
            Stage::Files => key("move-files"),
            Stage::Compared => key("move-compared"),
        };
        tell(&sentence(self.words, id, &values.each_ref().map(|(name, n)| (*name, n.as_str()))));
    }
}

/// A second.
fn rate(done: u64, ms: u64) -> u64 {
    done.saturating_mul(1_000) / ms.max(1)
}

/// So many channels are named.
const NAMED: usize = 20;

fn failed(e: MoveError, words: &Words) -> Failed {
    match e {
        MoveError::Start(e) => e.into(),
        MoveError::Leaving(LeavingError::Open(e)) => e.into(),
        MoveError::Leaving(LeavingError::Older { found, known }) => {
            Failed::new("move-older", &[("found", &found), ("known", &known)])
        }
        MoveError::Arriving(ArrivingError::Open(e)) => e.into(),
        MoveError::Arriving(ArrivingError::Holds(table)) => Failed::new("move-holds", &[("table", &table)]),
        MoveError::Arriving(ArrivingError::Elsewhere) => Failed::new("move-elsewhere", &[]),
        MoveError::WentBack => Failed::new("move-went-back", &[]),
        MoveError::Damaged { table, cause, channels } => {
            for (channel, entries) in channels.iter().take(NAMED) {
                let values = [("channel", channel.to_string()), ("entries", entries.to_string())];
                tell(&sentence(words, "move-damaged-channel", &values.each_ref().map(|(name, value)| (*name, value.as_str()))));
            }
            Failed::new("move-damaged", &[("table", &table), ("channels", &channels.len()), ("cause", &cause)])
        }
        MoveError::Refused { table, cause } if cause.full => Failed::new("move-full", &[("table", &table)]),
        MoveError::Refused { table, cause } => Failed::new("move-refused", &[("table", &table), ("cause", &cause.cause)]),
        MoveError::Differs(table) => Failed::new("move-differs", &[("table", &table)]),
        MoveError::Unreplicated => Failed::new("move-unreplicated", &[]),
        MoveError::Down(down) => Failed::new("move-refused", &[("table", &"meta"), ("cause", &down.cause)]),
        MoveError::File { path, source } => Failed::new("folder", &[("path", &path.display()), ("cause", &source)]),
    }
}
