//! What accounts, codes and key packages are judged by.

use crate::accounts::{IssueRefused, PutStateRefused};
use crate::channels::Limited;
use crate::rules::{Limit, Rules};

/// A first code is for who has no account, a recovery code for who has one.
pub const fn issue(has_account: bool, recover: bool) -> Result<(), IssueRefused> {
    match (has_account, recover) {
        (true, false) => Err(IssueRefused::HasAccount),
        (false, true) => Err(IssueRefused::NoAccount),
        (true, true) | (false, false) => Ok(()),
    }
}

/// A state follows the newest.
pub fn follows(newest: Option<u64>, number: u64) -> Result<(), PutStateRefused> {
    if newest.and_then(|n| n.checked_add(1)) == Some(number) { Ok(()) } else { Err(PutStateRefused::Chain) }
}

/// The bytes of a chain with one more state.
pub fn chain(bytes: u64, state: &str, rules: &Rules) -> Result<u64, PutStateRefused> {
    let (after, most) = (bytes.saturating_add(size(state)), rules.max_chain_bytes);
    if after > most { Err(PutStateRefused::Limit(Limited::beyond(Limit::MaxChainBytes, most))) } else { Ok(after) }
}

/// Bytes of a state, as a chain counts them.
#[must_use]
pub fn size(state: &str) -> u64 {
    u64::try_from(state.len()).unwrap_or(u64::MAX)
}

/// What a device has when its packages were put: unexpired one-time ones by suite, and suites of any.
pub fn key_packages(one_time: &[(u16, u32)], suites: usize, rules: &Rules) -> Result<(), Limited> {
    let most = rules.key_packages_per_device;
    if one_time.iter().any(|(_, n)| *n > most) {
        return Err(Limited::beyond(Limit::KeyPackagesPerDevice, most.into()));
    }
    let most = rules.suites_per_device;
    if suites > usize::try_from(most).unwrap_or(usize::MAX) {
        return Err(Limited::beyond(Limit::SuitesPerDevice, most.into()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_code_is_for_strangers_and_a_recovery_for_who_has_an_account() {
        assert_eq!([issue(false, false), issue(true, true)], [Ok(()), Ok(())]);
        assert_eq!(issue(true, false), Err(IssueRefused::HasAccount));
        assert_eq!(issue(false, true), Err(IssueRefused::NoAccount));
    }

    #[test]
    fn a_state_follows_the_newest_and_nothing_else() {
        assert_eq!(follows(Some(0), 1), Ok(()));
        for (newest, number) in [(Some(0), 0), (Some(0), 2), (None, 0), (None, 1), (Some(u64::MAX), 0)] {
            assert_eq!(follows(newest, number), Err(PutStateRefused::Chain), "{newest:?} {number}");
        }
    }

    #[test]
    fn at_each_limit_it_is_taken_and_above_refused() {
        let rules = Rules { max_chain_bytes: 10, key_packages_per_device: 3, suites_per_device: 2, ..Rules::default() };
        assert_eq!(chain(7, "abc", &rules), Ok(10));
        assert_eq!(chain(8, "abc", &rules), Err(PutStateRefused::Limit(Limited::beyond(Limit::MaxChainBytes, 10))));
        assert!(chain(u64::MAX, "abc", &rules).is_err());
        assert_eq!(key_packages(&[(1, 3), (2, 3)], 2, &rules), Ok(()));
        let most = |limit, value| Err(Limited::beyond(limit, value));
        assert_eq!(key_packages(&[(1, 3), (2, 4)], 3, &rules), most(Limit::KeyPackagesPerDevice, 3), "packages first");
        assert_eq!(key_packages(&[(1, 3)], 3, &rules), most(Limit::SuitesPerDevice, 2));
    }
}
