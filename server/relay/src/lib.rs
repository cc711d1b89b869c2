//! The relay of Lacre: it stores ciphertext and orders it. It holds no key that opens content.
//!
//! From the inside out: [`hub`] (wake-ups), [`border`] (errors to statuses), [`counters`] (what is counted), [`writer`]
//! (group commit), [`limits`] (of the transport), [`memory`] (what connections may hold), [`service`] (the calls of the .proto
//! files), [`metrics`] (what the operator sees), [`identity`] (keys and TLS), [`serve`] (all of it running).

mod accept;
pub mod backup;
mod ballast;
pub mod blob_files;
pub mod border;
pub mod clock_guard;
pub mod config;
pub mod counters;
pub mod deletions;
pub mod folder;
pub mod hub;
pub mod identity;
pub mod kept_grants;
pub mod key_backup;
pub mod limits;
pub mod memory;
pub mod metrics;
pub mod moved;
pub mod moving;
pub mod network;
pub mod newest;
mod opened;
pub mod options;
pub mod places;
mod prepare;
pub mod registrar_key;
pub mod room;
pub mod run_key;
pub mod secret_file;
pub mod serve;
pub mod service;
mod serving;
pub mod upkeep;
pub mod writer;
