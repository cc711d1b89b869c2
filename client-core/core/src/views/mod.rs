//! What applications see of the rows: it reads, and changes nothing.

mod conversations;
mod messages;

pub(crate) use conversations::{
    cancellable, contact_view, conversation, conversation_view, conversations, link_view, outbox, resting, untouched,
};
pub(crate) use messages::{message_view, pending_messages, queued_message};
