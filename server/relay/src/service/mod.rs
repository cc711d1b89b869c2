//! The calls of the .proto files: who, what, may they, do it, answer.

pub mod accounts;
#[cfg(test)]
mod accounts_tests;
mod address;
pub mod append;
pub mod attach;
pub mod blobs;
#[cfg(test)]
mod blobs_tests;
mod bodies;
pub mod calls;
pub mod channels;
#[cfg(test)]
mod codes_tests;
pub mod counter;
pub mod directory;
pub mod fields;
mod heads;
mod held;
#[cfg(test)]
mod inboxes_tests;
mod login;
mod names;
pub mod notices;
mod offices;
pub mod operator;
pub mod reading;
pub mod registrar;
#[cfg(test)]
mod resets_tests;
#[cfg(test)]
mod sessions_tests;
mod stamps;
mod under_way;
#[cfg(test)]
mod unfinished_tests;
mod uploads;
#[cfg(test)]
mod whose_tests;
#[cfg(test)]
mod world_tests;

use crate::clock_guard::ClockGuard;
use crate::counters::Refusals;
use crate::deletions::Deletions;
use crate::hub::Hub;
use crate::kept_grants::KeptKey;
use crate::newest::Newest;
use crate::registrar_key::Registrar;
use crate::room::Room;
use crate::writer::Writer;
use lacre_ground::address::Authority;
use lacre_ground::ids::{ChannelId, Identity};
use lacre_ground::note::NoteSigner;
use lacre_ground::random::Rng;
use lacre_ground::receipt::Receipt;
use lacre_ground::signed::NoteText as _;
use lacre_ground::time::Clock;
use lacre_store::channels::{Admitted, StoredEntry, Touch};
use lacre_store::rules::Rules;
use lacre_store::sessions::Sessions;
use lacre_store::{Reads, StoreDown};
use sha2::{Digest as _, Sha256};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use tonic::Status;
use zeroize::Zeroizing;

/// What every service works with.
pub struct Context {
    /// the relay's time, which `clock_guard` makes
    pub clock: Arc<dyn Clock>,
    /// chance; lock it for the moment
    pub rng: Mutex<Box<dyn Rng>>,
    /// limits and retention
    pub rules: Rules,
    /// where everything is written
    pub writer: Writer,
    /// where everything is read: its methods block, see [`Context::read`]
    pub reads: Arc<dyn Reads>,
    /// who is logged in: its methods block, see [`Context::sessions`]
    pub logged_in: Arc<dyn Sessions>,
    /// who wants to be woken
    pub hub: Arc<Hub>,
    /// the relay's public key
    pub identity: Identity,
    /// under which login challenges are made: of the identity, the same at each of its relays
    pub challenge_key: Zeroizing<[u8; 32]>,
    /// signs receipts under the name [`lacre_ground::receipt::RELAY`]
    pub receipts: NoteSigner,
    /// signs bindings under the name [`lacre_ground::account::REGISTRAR`]
    pub bindings: NoteSigner,
    /// signs what public bodies are told, under the same name, with a key of its own
    pub registrar: Registrar,
    /// seals what the registrar keeps of grants
    pub kept: KeptKey,
    /// where people reach the relay
    pub authority: Arc<RwLock<Authority>>,
    /// what people and bodies take stamps out of
    pub stamps: Arc<stamps::Stamps>,
    /// the data folder
    pub data: PathBuf,
    /// whether the clock is believed: without that nothing is removed
    pub clock_guard: Arc<ClockGuard>,
    /// what was deleted, for the day on which a backup brings it back
    pub deletions: Deletions,
    /// what the store is, remembered beside it
    pub newest: Newest,
    /// whether its disk has room for more
    pub room: Arc<Room>,
    /// counts what is refused
    pub refusals: Refusals,
    /// becomes true when the relay is about to stop: streams without end then end
    pub stopping: tokio::sync::watch::Receiver<bool>,
}

impl Context {
    /// So many random bytes.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        lacre_ground::random::bytes(self.rng.lock().unwrap_or_else(PoisonError::into_inner).as_mut())
    }

    /// Runs a read where blocking is allowed.
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&dyn Reads) -> Result<T, StoreDown> + Send + 'static,
    ) -> Result<T, StoreDown> {
        let reads = Arc::clone(&self.reads);
        let answer = tokio::task::spawn_blocking(move || read(reads.as_ref())).await;
        let answer = answer.unwrap_or_else(|e| Err(StoreDown::new(e)));
        if let Err(down) = &answer {
            tracing::error!(cause = %down.cause, "a read failed");
            if down.damaged {
                self.writer.health().met_damage();
            }
        }
        answer
    }

    /// Asks for sessions where blocking is allowed.
    async fn sessions<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&dyn Sessions) -> Result<T, StoreDown> + Send + 'static,
    ) -> Result<T, StoreDown> {
        let logged_in = Arc::clone(&self.logged_in);
        tokio::task::spawn_blocking(move || ask(logged_in.as_ref())).await.unwrap_or_else(|e| Err(StoreDown::new(e)))
    }

    /// The relay's word that an entry is stored.
    fn receipt(&self, channel: ChannelId, e: &StoredEntry) -> Result<String, Status> {
        let receipt = Receipt {
            generation: self.reads.generation(),
            channel,
            seq: e.seq,
            entry_id: e.entry_id,
            seal: e.seal,
            sha256: Sha256::digest(&e.ciphertext).into(),
            accepted_at: e.accepted_at,
        };
        receipt.sign(&self.receipts).map_err(|e| {
            tracing::error!(cause = %e, "a receipt could not be signed");
            crate::border::store_down(StoreDown::new("the receipt could not be signed"))
        })
    }

    /// Notes that an inbox is in use, some time soon.
    fn touch(self: &Arc<Self>, admitted: Admitted) {
        if admitted.touch {
            let context = Arc::clone(self);
            tokio::spawn(async move {
                // a lost note is written at the next reading
                let _ = context.writer.submit(Touch(admitted.key)).await;
            });
        }
    }
}

/// Waits until the relay is about to stop.
pub(crate) async fn stopped(stopping: &mut tokio::sync::watch::Receiver<bool>) {
    // an error says that the relay's handle is gone: the same
    let _ = stopping.wait_for(|stop| *stop).await;
}
