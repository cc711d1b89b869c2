//! One thing's failure rests that thing: what became of one of a round's things, and what it means for the others.

use crate::network::Reason;
use crate::shelf;
use crate::shelf::{Engine, LONGEST_REST_MS, RestRow};
use crate::words::{AccountTrouble, FileTrouble, RestCause, RestingThing, Trouble};
use lacre_ground::time::Millis;
use lacre_profile::StoreError;
use std::collections::BTreeMap;

/// Failures of the line, one thing after the other, by which it is known that it is not the thing's.
pub(super) const LINE_IS_DOWN: u32 = 2;

/// What one round knows of what rests, and of the line.
pub(super) struct Round {
    rests: BTreeMap<RestingThing, RestRow>,
    now: Millis,
    /// the newest reason why something was not asked of the relay
    away: Option<Trouble>,
    in_a_row: u32,
    /// an item of the queue was not taken because nobody was there
    item_waits: bool,
}

/// What became of one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Did {
    /// something, or nothing
    Moved(bool),
    /// it rests
    Rests,
}

impl Round {
    pub(super) fn begin(engine: &mut Engine) -> Result<Self, Trouble> {
        let rows = engine.run(|cx| shelf::rests(cx))?;
        let rests = rows.into_iter().map(|row| (row.thing.clone(), row)).collect();
        Ok(Self { rests, now: engine.clock.now(), away: None, in_a_row: 0, item_waits: false })
    }

    /// Not to be tried yet.
    pub(super) fn is_resting(&self, thing: &RestingThing) -> bool {
        self.rests.get(thing).is_some_and(|row| row.until.is_ahead(self.now, LONGEST_REST_MS))
    }

    /// It failed the last time, whether or not it is to be tried now.
    pub(super) fn has_failed(&self, thing: &RestingThing) -> bool {
        self.rests.contains_key(thing)
    }

    /// Whether nothing more is to be asked in this round.
    pub(super) fn line_is_down(&self) -> bool {
        self.in_a_row >= LINE_IS_DOWN
    }

    /// The relay as a whole was not reached.
    pub(super) fn nobody_there(&mut self, why: Trouble) {
        (self.away, self.in_a_row) = (Some(why), LINE_IS_DOWN);
    }

    /// Why something was not asked of the relay, if that happened, and the same was not asked again and answered since.
    pub(super) fn away(self) -> Option<Trouble> {
        let waits = self.in_a_row > 0 || self.item_waits || self.rests.values().any(|row| row.cause == RestCause::Away);
        self.away.filter(|why| waits || !why.is_away())
    }

    /// What rests now.
    pub(super) fn resting(&self) -> u64 {
        u64::try_from(self.rests.len()).unwrap_or(u64::MAX)
    }

    /// What became of a thing: its failure is noted with it, and ends nothing else. `Err` is what no other thing could do
    /// either: the own disk, an account that is not there.
    pub(super) fn took(&mut self, engine: &mut Engine, thing: RestingThing, done: Result<bool, Trouble>) -> Result<Did, Trouble> {
        let failed = match done {
            Ok(moved) => {
                self.in_a_row = 0;
                if self.rests.remove(&thing).is_some() {
                    engine.run(|cx| shelf::wake(cx, &thing))?;
                }
                return Ok(Did::Moved(moved));
            }
            Err(failed) => failed,
        };
        let why = failed.to_string();
        let (cause, until) = self.judge(failed)?;
        let row = engine.run(|cx| shelf::put_to_rest(cx, thing.clone(), cause, why, until))?;
        self.rests.insert(thing, row);
        Ok(Did::Rests)
    }

    /// An item of the queue failed: until when it rests, if somebody said so.
    pub(super) fn item_failed(&mut self, why: Trouble) -> Result<Option<Millis>, Trouble> {
        let (cause, until) = self.judge(why)?;
        self.item_waits |= cause == RestCause::Away;
        Ok(until)
    }

    /// A failure, judged: the cause, and until when its thing rests if somebody said so.
    fn judge(&mut self, why: Trouble) -> Result<(RestCause, Option<Millis>), Trouble> {
        if why.is_away() {
            self.in_a_row += 1;
            self.away = Some(why);
            // the line may be back in a moment: no pause
            return Ok((RestCause::Away, Some(self.now)));
        }
        self.in_a_row = 0;
        Ok(match why {
            Trouble::Store(StoreError::Damaged { .. }) => (RestCause::Damaged, None),
            // what is uploaded is read from the profile
            own @ (Trouble::Store(_)
            | Trouble::File(FileTrouble::Io(_))
            | Trouble::Account(AccountTrouble::NotEnrolled | AccountTrouble::Forgotten | AccountTrouble::Deleted)) => {
                return Err(own);
            }
            // its disk is full, say: what waits goes on waiting, and what others wrote can be read
            full if full.is_full() => {
                self.away = Some(full);
                (RestCause::Refused, Some(self.now))
            }
            Trouble::Refused(r) => {
                let cause = if r.reason == Reason::Limit { RestCause::Limit } else { RestCause::Refused };
                (cause, r.retry_after.map(|after| self.now.plus(u64::try_from(after.as_millis()).unwrap_or(u64::MAX))))
            }
            Trouble::Protocol(_) => (RestCause::NotUnderstood, None),
            Trouble::Mls(_) => (RestCause::Encryption, None),
            _ => (RestCause::Other, None),
        })
    }
}
