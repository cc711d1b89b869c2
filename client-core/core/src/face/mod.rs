//! What an application calls: [`Client`], one short method for each verb.

mod account;
mod aside;
mod groups;
#[cfg(feature = "laboratory")]
mod laboratory;
mod messages;
mod notices;
mod people;
mod sync;

pub use aside::MAX_NICKNAME;

use crate::book;
use crate::shelf::{Engine, Environment};
use lacre_profile::{OpenError, Profile, Secret, SecretError};
use std::path::Path;

/// One device on one profile.
pub struct Client {
    engine: Engine,
}

impl Client {
    /// Makes a profile in an empty folder.
    pub fn create(dir: &Path, secret: Secret<'_>, mut env: Environment) -> Result<Self, OpenError> {
        let profile = Profile::create(dir, secret, env.rng.as_mut(), env.observer.clone())?;
        Self::around(profile, env)
    }

    /// Opens a profile.
    pub fn open(dir: &Path, secret: Secret<'_>, env: Environment) -> Result<Self, OpenError> {
        let profile = Profile::open(dir, secret, env.observer.clone())?;
        Self::around(profile, env)
    }

    /// With a profile in this process's memory alone ([`Profile::in_memory`]).
    pub fn in_memory(mut env: Environment) -> Result<Self, OpenError> {
        let profile = Profile::in_memory(env.rng.as_mut(), env.observer.clone())?;
        Self::around(profile, env)
    }

    /// Around a profile that is open already.
    pub fn around(profile: Profile, env: Environment) -> Result<Self, OpenError> {
        Ok(Self { engine: Engine::around(profile, env, book::rest_replaced)? })
    }

    /// The open profile (its key, for the unlock agent).
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.engine.profile
    }

    /// Another passphrase or key file for this profile ([`Profile::change_secret`]).
    pub fn change_secret(&mut self, secret: &Secret<'_>) -> Result<(), SecretError> {
        self.engine.profile.change_secret(secret, self.engine.rng.as_mut())
    }

    /// A passphrase for the harmless profile in the same file ([`Profile::set_second`]).
    pub fn set_second_passphrase(&mut self, passphrase: &str) -> Result<(), SecretError> {
        self.engine.profile.set_second(passphrase, self.engine.rng.as_mut())
    }

    /// Removes the harmless profile ([`Profile::remove_second`]).
    pub fn remove_second_passphrase(&mut self) -> Result<bool, SecretError> {
        self.engine.profile.remove_second(self.engine.rng.as_mut())
    }
}
