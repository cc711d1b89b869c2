//! What a content is in the history: who said it, and the line that it makes.

use crate::words::Body;
use lacre_ground::ids::{AccountId, ContentId, DeviceId};
use lacre_ground::time::Millis;
use lacre_proto::content::v1 as content;
use serde_bytes::ByteBuf;

/// By whose device a content is, when the relay took it, and whether its writer may say it.
pub(crate) struct Said {
    pub(crate) account: AccountId,
    pub(crate) device: DeviceId,
    pub(crate) at: Millis,
    pub(crate) allowed: bool,
}

/// What a content puts into the history.
pub(crate) struct Line {
    pub(crate) body: Body,
    /// a file's place and key: an encoded `BlobRef`
    pub(crate) blob: Option<ByteBuf>,
    pub(crate) reply_to: Option<Target>,
}

/// A message that another content names: an id is its maker's choice, so it is said whose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) by: Option<AccountId>,
    pub(crate) id: ContentId,
}

impl Target {
    /// As it stands on the wire; none for what names nothing.
    pub(crate) fn read(by: &[u8], id: &[u8]) -> Option<Self> {
        Some(Self { by: AccountId::try_from(by).ok(), id: ContentId::try_from(id).ok()? })
    }
}

impl Line {
    pub(crate) fn of(body: Body) -> Self {
        Self { body, blob: None, reply_to: None }
    }
}

/// What people see of a content, if it is a message.
pub(crate) fn body_of(kind: content::content::Kind) -> Option<Body> {
    use content::content::Kind;
    match kind {
        Kind::Text(text) => Some(Body::Text(text.text)),
        Kind::File(file) => Some(Body::File { name: file.name, size: file.size }),
        Kind::Leave(_) => Some(Body::Leaves),
        Kind::Roster(_) | Kind::Edit(_) | Kind::Delete(_) | Kind::Reaction(_) | Kind::Receipt(_) => None,
    }
}

/// Which message a content answers.
pub(crate) fn answered(kind: &content::content::Kind) -> Option<Target> {
    use content::content::Kind;
    match kind {
        Kind::Text(text) => Target::read(&text.reply_to_by, &text.reply_to),
        Kind::File(file) => Target::read(&file.reply_to_by, &file.reply_to),
        Kind::Leave(_) | Kind::Roster(_) | Kind::Edit(_) | Kind::Delete(_) | Kind::Reaction(_) | Kind::Receipt(_) => None,
    }
}
