//! Names that a code asked for and did not get: so many an hour, then it waits. Else whoever has an invitation could try every
//! name, where others pay a stamp for each.
//!
//! Only codes that live get so far, so there are never more rows than invitations; they go with the hour.

use lacre_ground::ids::TokenHash;
use lacre_ground::time::Millis;
use lacre_store::channels::Limited;
use lacre_store::rules::{Limit, Rules};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

const HOUR_MS: u64 = 60 * 60 * 1000;

#[derive(Default)]
struct Hour {
    number: u64,
    taken: HashMap<TokenHash, u32>,
}

/// Of this hour.
#[derive(Default)]
pub(super) struct Names(Mutex<Hour>);

impl Names {
    fn at(&self, now: Millis) -> MutexGuard<'_, Hour> {
        let mut hour = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = now.get() / HOUR_MS;
        if hour.number != number {
            *hour = Hour { number, taken: HashMap::new() };
        }
        hour
    }

    pub(super) fn may_try(&self, now: Millis, rules: &Rules, code: &TokenHash) -> Result<(), Limited> {
        let (taken, most) = (self.at(now).taken.get(code).copied().unwrap_or(0), rules.names_per_code);
        let retry_after_ms = Some(HOUR_MS - now.get() % HOUR_MS);
        if taken < most { Ok(()) } else { Err(Limited { limit: Limit::NamesPerCode, value: most.into(), retry_after_ms }) }
    }

    /// The name that it asked for is somebody's.
    pub(super) fn was_taken(&self, now: Millis, code: TokenHash) {
        *self.at(now).taken.entry(code).or_default() += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_asks_for_so_many_taken_names_an_hour_and_another_code_for_its_own() {
        let (names, rules) = (Names::default(), Rules { names_per_code: 2, ..Rules::default() });
        let (one, two, now) = (TokenHash::new([1; 32]), TokenHash::new([2; 32]), Millis::new(10 * HOUR_MS + 7));
        for _ in 0..2 {
            assert!(names.may_try(now, &rules, &one).is_ok());
            names.was_taken(now, one);
        }

        let refused = names.may_try(now, &rules, &one).unwrap_err();

        assert_eq!((refused.limit, refused.value, refused.retry_after_ms), (Limit::NamesPerCode, 2, Some(HOUR_MS - 7)));
        assert!(names.may_try(now, &rules, &two).is_ok());
        assert!(names.may_try(Millis::new(11 * HOUR_MS), &rules, &one).is_ok());
    }
}
