//! A row in the hands of its one owner. In a step a row is changed by whoever took it; taken a second time, the step is
//! refused: of two copies, one would undo what the other changed, and nobody would see it.

use crate::words::StepError;
use core::ops::{Deref, DerefMut};
use lacre_profile::Table;
use std::collections::HashMap;
use std::rc::{Rc, Weak};

/// A row that its owner may change. It is given back by the `put_…` of its kind, or let go unchanged.
pub(crate) struct Taken<T> {
    row: T,
    _hand: Rc<()>,
}

impl<T> Taken<T> {
    /// The row itself, let go.
    pub(super) fn into_row(self) -> T {
        self.row
    }

    /// The row itself, to be stored.
    pub(super) const fn row(&self) -> &T {
        &self.row
    }
}

impl<T> Deref for Taken<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.row
    }
}

impl<T> DerefMut for Taken<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.row
    }
}

/// Which rows are in somebody's hands in this step.
#[derive(Default)]
pub(crate) struct Hands(HashMap<(Table, Vec<u8>), Weak<()>>);

impl Hands {
    /// Puts a row into the caller's hands.
    pub(super) fn take<T>(&mut self, table: Table, key: &[u8], row: T) -> Result<Taken<T>, StepError> {
        let place = self.0.entry((table, key.to_vec())).or_default();
        if place.strong_count() > 0 {
            return Err(StepError::Again(format!("a row of {table:?} was taken by two at a time")));
        }
        let hand = Rc::new(());
        *place = Rc::downgrade(&hand);
        Ok(Taken { row, _hand: hand })
    }
}

#[cfg(test)]
mod tests {
    use crate::shelf::{Engine, Environment, Key32, Own, Stage};
    use crate::words::Settings;
    use crate::{shelf, words::StepError};
    use lacre_ground::ids::{AccountId, ChannelId, DeviceId, Handle, Token};
    use lacre_ground::time::Millis;
    use lacre_profile::{Profile, Secret};

    fn own() -> Own {
        let key = || Key32([1; 32]);
        let token = || Token::new([2; 32]);
        Own {
            stage: Stage::Made,
            authority: String::new(),
            handle: Handle::parse("ana").unwrap(),
            code: None,
            account: AccountId::new([3; 32]),
            device: DeviceId::new([4; 16]),
            signing: key(),
            profile_secret: key(),
            inbox: ChannelId::new([5; 32]),
            inbox_read: token(),
            inbox_key: key(),
            public_token: token(),
            spare_tokens: Vec::new(),
            given_tokens: Vec::new(),
            states: Vec::new(),
            binding: None,
            inbox_cursor: 0,
            inbox_trimmed: 0,
            generation: None,
            session: None,
            renew_key_packages: false,
            key_packages_left: 0,
            key_packages_made: Millis::new(0),
            settings: Settings::default(),
            nobody_new: false,
            links: Vec::new(),
            links_made: 0,
            recovering: false,
            paused: false,
            pause_untold: false,
            leaving: false,
            deleted: false,
            reset: String::new(),
            token_changes: Vec::new(),
            changes_told: 0,
            withdrawn_tokens: Vec::new(),
            restored: None,
            redeemed: None,
            left_for_copy: None,
            login_due: false,
            forgotten: None,
            clock_differs: None,
            ahead_ms: 0,
            replaced: None,
            resets_through: 0,
            resets_of: None,
            resets_last: None,
        }
    }

    #[test]
    fn a_row_that_is_in_somebodys_hands_is_not_taken_a_second_time_and_the_step_is_rolled_back() {
        let dir = tempfile::tempdir().unwrap();
        let mut env = Environment::system();
        let profile = Profile::create(&dir.path().join("p"), Secret::KeyFile(&[7; 32]), env.rng.as_mut(), env.observer.clone());
        let mut engine = Engine::around(profile.unwrap(), env, |_| Ok(())).unwrap();
        engine.step(|cx| shelf::new_own(cx, own()).and_then(|own| shelf::put_own(cx, own))).unwrap();

        let twice = engine.step(|cx| {
            let mut first = shelf::take_own(cx)?;
            first.links_made = 1;
            let mut second = shelf::take_own(cx)?;
            second.links_made = 2;
            shelf::put_own(cx, second)?;
            shelf::put_own(cx, first)
        });
        let one_after_the_other = engine.step(|cx| {
            let mut first = shelf::take_own(cx)?;
            first.links_made += 10;
            shelf::put_own(cx, first)?;
            let untouched = shelf::take_own(cx)?;
            drop(untouched);
            let mut third = shelf::take_own(cx)?;
            third.links_made += 10;
            shelf::put_own(cx, third)
        });

        assert!(matches!(twice, Err(StepError::Again(why)) if why.contains("taken by two")));
        one_after_the_other.unwrap();
        assert_eq!(engine.own().unwrap().links_made, 20);
    }
}
