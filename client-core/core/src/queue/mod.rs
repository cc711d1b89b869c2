//! What waits to go out, in its order.

mod blobs;
mod outbox;
mod post;

pub(crate) use blobs::{ROW, Rows, encrypt_blob, give_up_upload, local_blob, names};
pub use outbox::{MAX_TEXT, MAX_WAITING};
pub(crate) use outbox::{
    acknowledged, encrypt, enqueue, enqueue_content, enqueue_content_as, has_room, item_of, may_say, next_entry_id, queues,
};
pub(crate) use post::post_to;
