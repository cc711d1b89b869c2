//! A clerk's key and her relay: an encrypted profile of their own, apart from anybody's account.

use crate::context::Context;
use crate::secret;
use crate::trouble::store;
use crate::whose::CLERK;
use lacre_core::Trouble;
use lacre_core::network::{NetError, Reason};
use lacre_ground::address::Authority;
use lacre_ground::counter::ClerkSecret;
use lacre_profile::{StoreError, Table};
use lacre_transport::GrpcNetwork;
use lacre_words::failure::{Exit, Failure};
use lacre_words::shown::shown;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use zeroize::Zeroize as _;

/// Where the key lies, among what belongs to this user.
pub(super) const FOLDER: &str = "lacre-counter";

#[derive(Serialize, Deserialize)]
struct Row {
    relay: String,
    seed: [u8; 32],
}

impl Drop for Row {
    fn drop(&mut self) {
        self.seed.zeroize();
    }
}

/// A clerk on this machine.
pub(super) struct Clerk {
    pub(super) relay: Authority,
    pub(super) secret: ClerkSecret,
}

/// The folder: the flag's, else `lacre-counter` where programs keep what belongs to this user. Never that of `LACRE_PROFILE`,
/// which is a person's.
pub(super) fn folder(ctx: &Context) -> Result<PathBuf, Failure> {
    match &ctx.global.profile {
        Some(dir) => Ok(dir.clone()),
        None => Ok(ctx.data_home()?.join(FOLDER)),
    }
}

/// Keeps a new key in a profile that is not there yet.
pub(super) fn keep(ctx: &Context, clerk: &Clerk) -> Result<(), Failure> {
    let dir = folder(ctx)?;
    let mut profile = secret::create_profile(ctx, &dir)?;
    let row = Row { relay: clerk.relay.to_string(), seed: *clerk.secret.expose() };
    profile.step(|step| step.put(Table::Meta, CLERK, b"", 0, &row)).map_err(|e: StoreError| store(&ctx.words, &e))
}

/// The clerk of this machine.
pub(super) fn open(ctx: &Context) -> Result<Clerk, Failure> {
    let dir = folder(ctx)?;
    let none = || ctx.failure("error-no-clerk", Exit::No, &[("dir", shown(&dir.display().to_string()).into())]);
    if !lacre_profile::exists(&dir) {
        return Err(none());
    }
    let mut profile = secret::open_profile(ctx, &dir)?;
    let row = profile.step(|step| step.get::<Row>(Table::Meta, CLERK)).map_err(|e: StoreError| store(&ctx.words, &e))?;
    let row = row.ok_or_else(none)?;
    let relay = Authority::parse(&row.relay).map_err(|_| none())?;
    Ok(Clerk { relay, secret: ClerkSecret::from_seed(row.seed) })
}

/// The way to the relay.
pub(super) fn network(ctx: &Context) -> Result<GrpcNetwork, Failure> {
    crate::online::network_by(ctx, ctx.global.proxy.as_deref())
}

/// Why the relay did not do it, for a clerk.
pub(super) fn trouble(ctx: &Context, error: NetError) -> Failure {
    let NetError::Refused(refusal) = &error else { return ctx.trouble(Trouble::from(error)) };
    let no = |key| ctx.failure(key, Exit::No, &[]);
    match refusal.reason {
        Reason::LoginRefused => no("error-clerk-refused"),
        Reason::NotHerDuty => no("error-not-her-duty"),
        Reason::BadRun => ctx.failure("error-run-digit", Exit::Usage, &[]),
        Reason::HasAccount => no("error-has-account"),
        Reason::NoAccount => no("error-nothing-to-recover"),
        Reason::Limit => {
            let limit = refusal.metadata.get("limit").map(|limit| shown(limit)).unwrap_or_default();
            let hours = refusal.retry_after.map_or(1, |d| d.as_secs().div_ceil(3600).max(1));
            ctx.failure("error-clerk-limit", Exit::No, &[("limit", limit.into()), ("hours", hours.into())])
        }
        _ => ctx.trouble(Trouble::from(error)),
    }
}
