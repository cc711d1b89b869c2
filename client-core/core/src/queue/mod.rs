//! What waits to go out, in its order.

mod blobs;
mod kept;
mod outbox;
mod post;

pub(crate) use blobs::{ROW, Rows, encrypt_blob, give_up_upload, local_blob, names, take_back};
pub use kept::{COMING_BACK_MS, KEEP_BLOB_BYTES, KEEP_BLOBS, KEEP_SENT, KEEP_SENT_MS};
pub(crate) use kept::{invite_again, lately_restored, repeat_sent, sent, was_restored_lately};
pub use outbox::{MAX_TEXT, MAX_WAITING};
pub(crate) use outbox::{
    acknowledged, encrypt, enqueue, enqueue_content, enqueue_content_as, has_room, item_of, may_say, next_entry_id, queues,
};
pub(crate) use post::post_to;
