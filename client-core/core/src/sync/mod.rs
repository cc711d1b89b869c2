//! The loop around the steps: rounds, pages of entries, post, what is put back, upkeep.

mod apart;
mod calls;
mod casillas;
mod export;
mod heads;
mod joining;
mod leaving;
mod newer;
mod post;
mod reading;
mod resets;
mod restored;
mod rounds;
mod sending;
mod tending;
mod upkeep;
mod vanishing;

pub(crate) use export::export;
pub(crate) use leaving::delete_account;
#[cfg(feature = "laboratory")]
pub(crate) use newer::LOOKED;
pub use resets::RESETS_EVERY_MS;
pub(crate) use rounds::{sync, watch};
pub(crate) use upkeep::{enroll, recover};
pub(crate) use vanishing::{forget, forget_history, vanish_due};
