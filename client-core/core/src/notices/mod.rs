//! Official notices, on the person's side (PROTOCOL.md, 24; FORMAT.md, 5a and 5b).
//!
//! | file | what |
//! |---|---|
//! | `address` | the account as an address: designated, paused, what the registrar says |
//! | `periods` | casillas and grants, made before the relay hears of them |
//! | `tending` | what the relay is told, in its order: designation, channel, rights, grants |
//! | `arriving` | what a body wrote, judged before anything is shown |
//! | `answering` | what goes back: records and replies, the same bytes until the relay has them |
//! | `showing` | what a person sees, and until when she may answer |
//! | `reminding` | a word before a term ends, each once |
//! | `bodies` | body and attachments |
//! | `office` | an official's account: the registrar's word for it, and what she signs for her body |
//! | `exporting` | what proves a notice to others |
//! | `heads` | the relay's word for what casillas hold, compared with what they gave |

mod address;
mod answering;
mod arriving;
mod bodies;
mod exporting;
mod heads;
mod office;
mod periods;
mod reminding;
mod showing;
mod tending;

pub use address::MAX_STATEMENT;
pub(crate) use address::{address, designate, pause, take_back, tell_opened};
pub use answering::MAX_REPLY;
pub(crate) use answering::{answer, opened, reply, send_answer};
pub(crate) use arriving::{entries_gone, take_entry};
pub(crate) use bodies::file;
pub(crate) use exporting::export;
pub(crate) use heads::{AskedHead, Next as NextHead, compare as compare_head, due as heads_due, export as export_heads, misfits};
pub(crate) use office::{approve, ask_office, now as office_now, office, registrar_keys, sign_roles};
pub use periods::{FEW_GRANTS, GRANTS, LAST_RESORT_MS, ONCE_MS};
pub use reminding::{LOOK_AGAIN_MS, REMIND_BEFORE};
pub(crate) use reminding::{remind, remind_at_times, set_reminders, take_alert, take_reminders};
pub(crate) use showing::{all, called, one};
pub use tending::ADDRESS_EVERY_MS;
pub(crate) use tending::{ask_soon, learn_registrar, tend, to_be_opened};
