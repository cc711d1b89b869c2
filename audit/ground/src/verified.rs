//! What was checked is another type than what was not.

use core::ops::Deref;

/// A value that a checker of this crate has made: whoever holds one need not ask again, and nobody outside can make or
/// change one. So far an account's newest state, and an account with its name
/// ([`VerifiedAccount`](crate::account::VerifiedAccount)). What one note proves alone is a [`Signed`](crate::signed::Signed).
///
/// Outside, it is read:
///
/// ```
/// use lacre_ground::{account::Account, verified::Verified};
/// fn read(account: Verified<Account>) -> Account { println!("{}", account.handle.as_str()); account.into_inner() }
/// ```
///
/// It is not made by its constructor,
///
/// ```compile_fail,E0624
/// use lacre_ground::{account::Account, verified::Verified};
/// fn make(account: Account) -> Verified<Account> { Verified::new(account) }
/// ```
///
/// nor by its field,
///
/// ```compile_fail,E0451
/// use lacre_ground::{account::Account, verified::Verified};
/// fn make(account: Account) -> Verified<Account> { Verified { value: account } }
/// ```
///
/// and what it holds is not exchanged:
///
/// ```compile_fail,E0594
/// use lacre_ground::{account::Account, ids::Handle, verified::Verified};
/// fn rename(account: &mut Verified<Account>, handle: Handle) { account.handle = handle; }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified<T> {
    value: T,
}

impl<T> Verified<T> {
    /// For the checkers of this crate, after their last check.
    pub(crate) const fn new(value: T) -> Self {
        Self { value }
    }
    /// The value, to take apart. It is an ordinary one from here on.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T> Deref for Verified<T> {
    type Target = T;

    /// To read it.
    fn deref(&self) -> &T {
        &self.value
    }
}
