//! Whose a profile is: a person's, a public body's or a clerk's. Each has commands of its own, and advice for one misleads the others.

use crate::context::Context;
use lacre_agency::Body;
use lacre_core::{Client, Environment};
use lacre_profile::{Profile, ProfileKey, Secret, StoreError, Table};
use lacre_words::failure::{Exit, Failure};
use lacre_words::shown::shown;
use lacre_words::words::key;
use std::path::Path;

/// The row of a clerk's key.
pub(crate) const CLERK: &[u8] = b"clerk";

/// Who has a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    /// somebody with an account
    Person,
    /// a public body
    Body,
    /// a clerk of the counter
    Clerk,
}

/// Nobody's, where it is new. Asked only where a profile is not whose it should be.
fn whose(dir: &Path, key: &ProfileKey) -> Option<Whose> {
    let open = || Profile::open(dir, Secret::Raw(key), Environment::system().observer).ok();
    let clerk = open()?.step::<_, StoreError>(|step| Ok(step.get::<serde::de::IgnoredAny>(Table::Meta, CLERK)?.is_some()));
    if clerk.is_ok_and(|there| there) {
        return Some(Whose::Clerk);
    }
    let Environment { clock, rng, .. } = Environment::system();
    if Body::new(open()?, clock, rng).enrolled().is_ok() {
        return Some(Whose::Body);
    }
    let mut client = Client::around(open()?, Environment::system()).ok()?;
    client.whoami().is_ok_and(|who| who.is_some()).then_some(Whose::Person)
}

/// Refused if it is somebody else's than who is meant.
pub(crate) fn not_anothers(ctx: &Context, dir: &Path, with: &ProfileKey, meant: Whose) -> Result<(), Failure> {
    let error = match whose(dir, with).filter(|found| *found != meant) {
        None => return Ok(()),
        Some(Whose::Person) => key("error-person-profile"),
        Some(Whose::Body) => key("error-body-profile"),
        Some(Whose::Clerk) => key("error-clerk-profile"),
    };
    Err(ctx.failure(error, Exit::Usage, &[("dir", shown(&dir.display().to_string()).into())]))
}
