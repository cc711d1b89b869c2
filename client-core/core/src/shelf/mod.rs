//! The rows, the step that they are written in, and who may write them. Each row belongs to one
//! [`Table`](lacre_profile::Table).
//!
//! | table | key | scope | ord | record |
//! |---|---|---|---|---|
//! | Meta | `own` | | 0 | [`Own`] |
//! | Conversation | conversation id | | creation number | [`Conv`] |
//! | ConversationIndex | conversation id | | creation number | conversation id |
//! | Member | conversation id | | 0 | [`Members`] |
//! | Message | conversation id, account, content id; of a line: conversation id, `line`, its id | conversation id | position | `Stored` |
//! | MessageIndex | what a message is called | its first two bytes | position | `Place` |
//! | Outbox | item number | queue | item number | [`Item`] |
//! | Raw | channel, SHA-256 of the entry | channel | seq | seal flag, entry id, ciphertext |
//! | RawEntry | channel, entry id | channel | seq | [`Raw`], by programs of before |
//! | Contact | account | | number | [`ContactRow`] |
//! | Account | account | | 0 | [`Known`] |
//! | Event | number | | number | `EventRow` |
//! | Stamp | stamp | | number | the stamp |
//! | Join | envelope id | | number | [`PendingJoin`] |
//! | Blob | blob id | | 0 | [`LocalBlob`] |
//! | BlobChunk | blob id, index | blob id | index | ciphertext |
//! | Seen | envelope id | | number | |
//! | Successor | conversation | | 0 | its id and that of the MLS group behind it, once that is another |
//! | Vanishing | conversation id, position | | when it disappears | `Place` |
//! | Newer | conversation id, position | | number | `Place` |
//! | Reset | account | | 0 | `ResetRow`: which one stands in its place |
//! | Reset | `name`, account | | 0 | the name of an account that stands in the place of another |
//! | Gathered | conversation id, row of places | conversation id | row | texts that were gathered for the search |
//! | Meta | `rests`, and a conversation, or `account`, `inbox` | `rests` | 0 | [`RestRow`] |
//! | Meta | `number`, `event`, `resets`, `kinds` | | 0 | the last number taken, event that is gone, resets untold, kinds known |
//! | Meta | `reader` and a name | `reader` | 0 | `Reader` of events |
//! | Meta | `proxy` | | 0 | the proxy that the person chose, if any |
//! | Meta | `aside ` and conversation id | | 0 | `Aside`: muted, archived |
//! | Meta | `nickname ` and account | | 0 | what the person calls somebody |
//! | Meta | `notes` | | 0 | the conversation with oneself |
//! | Part | channel, SHA-256 of the piece | channel | seq | the piece |
//! | Meta | `notices` | | 0 | [`AddressRow`]: the account as an address for official notices |
//! | Period | channel of a casilla | | number | [`PeriodRow`] |
//! | Grant | hash of its note | channel of its casilla | number | [`GrantRow`] |
//! | Notice | what a notice is called | | number | [`NoticeRow`] |
//! | NoticeFile | notice, `file`, its number | notice | 0 | a sealed file |
//! | NoticeFile | notice, `reply`, its id | notice | 0 | the files of a reply |
//! | NoticeFile | notice, `taken`, its id | notice | 0 | a reply's entry with the relay's receipt, as evidence has it |
//! | Given | casilla, the store's generation, seq | casilla, generation | seq | the entry's id |
//! | Head | casilla, generation, day | casilla, generation | day | the newest head note of the day |
//! | Held | casilla, generation | | number | [`HeldRow`]: what the relay said of it last |

mod aside;
mod behind;
mod contacts;
mod conversations;
mod engine;
mod events;
mod groups;
mod heads;
mod items;
mod notices;
mod own;
mod raws;
mod records;
mod resets;
mod rests;
mod rows;
mod taken;

pub(crate) use aside::{aside, nickname, notes, put_aside, put_nickname, put_notes};
pub(crate) use behind::{conversation_of, has_others, others};
pub(crate) use contacts::{Blocked, Compared, ContactRow, Known, Replaced};
pub(crate) use conversations::{
    conv, conv_or_none, members, new_conv, put_conv, put_members, take_conv, take_members, write_conv,
};
pub use engine::Environment;
pub(crate) use engine::{Cx, Engine, number};
pub use events::{KEEP_EVENTS_MS, MAX_READERS};
pub(crate) use events::{ack_events, event, events, forget_reader, unreadable};
pub(crate) use groups::{behind, forget_group, group_of, keep, put_behind, take_group};
pub(crate) use heads::{Held, HeldRow, MisfitRow, day_of, forget_heads, gave, given, heads, held, helds, put_head, put_held};
pub use items::GIVE_UP_ITEM_MS;
pub(crate) use items::{
    About, Cargo, Intent, Invitee, Item, POST, Prepared, PreparedPart, changes_wait, drop_item, in_trouble, item, put_item,
    rest_item, stays, waiting_content, waiting_kind,
};
pub(crate) use notices::{
    FaultRow, FilePlace, GrantRow, HeaderRow, NoticeRow, PERIOD_STAYS_MS, PeriodRow, RecordRow, RemindedRow, ReplyRow, SaidRow,
    SaidTo, Told, address, drop_period, file_of, grant, grants, new_notice, new_period, notice, notices, period, periods,
    put_address, put_file, put_grant, put_notice, put_period, put_reply_files, put_taken_reply, reply_files, take_address,
    take_notice, take_period, taken_reply,
};
pub(crate) use own::{is_ours, line_id, new_own, ours, own, own_or_none, put_own, signer, take_own};
pub use raws::MAX_RAW_BYTES;
pub(crate) use raws::{Mark as EntryMark, forget_raws, has_raw, keep_raw, raw, raws};
pub(crate) use records::conversation::{Channel, Conv, Mark, Members, Origin, Owed, Previous, Stuck};
pub(crate) use records::own::{Key32, LinkRow, Own, Stage, TokenChange, by_relay, not_ahead};
pub(crate) use records::reset::ResetRow;
pub(crate) use records::{LocalBlob, PendingJoin};
pub(crate) use resets::{is_out, name_by_reset, newest_of, put_reset, reset_of};
pub use rests::LONGEST_REST_MS;
pub(crate) use rests::{RestRow, put_to_rest, rest_of, rests, wake};
pub(crate) use rows::{
    active, admin_of, contact, conversation_ids, hand_out_token, held_back, held_scope, is_stored, known, living, may_write,
    new_contact, note_members, note_who_came_back, own_known, prepared, put_contact, take_contact, withdraw_token, writable,
};
pub(crate) use taken::Taken;
