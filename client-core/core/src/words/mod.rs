//! Types that applications see, why something was not done, and what is signed.

mod statements;
mod trouble;
pub mod view;

pub(crate) use statements::{Author, authority, verify};
pub use statements::{content_statement, envelope_statement, own_entry_id};
pub use trouble::{
    AccountTrouble, ContactTrouble, FileTrouble, GroupTrouble, MessageTrouble, NameFault, NoticeTrouble, OutboxTrouble, Trouble,
};
pub(crate) use trouble::{MlsError, StepError};
pub(crate) use view::Edit;
pub(crate) use view::{
    Body, CasillaMisfit, ClockDiffers, Contact, ContactState, Conversation, ConversationId, Delivery, Event, Genuine, Happening,
    HeadsExport, Invited, Kind, Link, Member, Message, MisfitKind, NewAccount, NotAdded, NotGenuine, NoticeAddress, NoticeAnswer,
    NoticeExport, NoticeFile, NoticeRef, NoticeReply, OfficialNotice, Quoted, Reaction, Receipt, Reminder, ReplyFile, RestCause,
    Resting, RestingThing, Safety, Settings, Standing, Stays, Suite, Synced, Trust, Waiting, WaitingKind, Who, WhoAmI,
};
