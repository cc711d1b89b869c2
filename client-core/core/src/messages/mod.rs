//! Texts, files, changes, signs, receipts, what disappears, search, and a conversation as evidence.

mod amend;
mod export;
mod files;
mod receipts;
mod search;
mod texts;
mod vanish;

pub use amend::MAX_SIGN;
pub(crate) use amend::{amend, change, changeable, delete, edit};
pub(crate) use export::exported;
pub use export::{Export, ExportedAccount, ExportedMessage, ExportedProof, ProofFault, ProofLack, Proven, Shown};
pub use files::Outgoing;
pub use files::RESUMED_FROM;
pub use files::{MAX_FILE, MAX_NAME};
pub(crate) use files::{fetch_blob, save_file, send_all, upload};
pub use receipts::RECEIPT_MEMBERS;
pub(crate) use receipts::{owe_delivered, queue_receipt, take_receipt};
pub(crate) use search::search;
pub use search::{Found, MAX_FOUND, MAX_QUERY, Query};
pub(crate) use texts::{check_text, find_message, mark_read, send_text, send_text_to};
pub use vanish::LONGEST_STAY;
pub(crate) use vanish::{VANISHING_AT_ONCE, let_vanish};
