//! What an application sees: plain values, already verified, nothing that holds a lock.

mod conversation;
mod id;
mod message;
mod news;
mod notice;
mod person;
mod rests;

pub(crate) use conversation::Edit;
pub use conversation::{Conversation, Invited, Kind, Member, NotAdded, Standing, Suite, Who};
pub use id::ConversationId;
pub use message::{Body, Delivery, Message, Quoted, Reaction, Receipt, Stays};
pub use news::{Event, Happening, Synced, Waiting, WaitingKind};
pub use notice::{
    CasillaMisfit, Genuine, HeadsExport, MisfitKind, NotGenuine, NoticeAddress, NoticeAnswer, NoticeExport, NoticeFile,
    NoticeRef, NoticeReply, OfficialNotice, Reminder, ReplyFile,
};
pub use person::{ClockDiffers, Contact, ContactState, Link, NewAccount, Safety, Settings, Trust, WhoAmI};
pub use rests::{RestCause, Resting, RestingThing};
