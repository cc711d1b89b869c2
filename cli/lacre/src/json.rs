//! What `--json` prints: one object a line. `cli/JSON.md` is its manual, and a test holds the two together.

use lacre_core::view;
use serde::Serialize;

/// Someone who said something, or about whom something is said.
pub(crate) fn account(id: lacre_ground::ids::AccountId) -> String {
    id.to_string()
}

/// Who this profile is.
#[derive(Serialize)]
pub(crate) struct WhoAmI {
    handle: String,
    account: String,
    device: String,
    relay: String,
    enrolled: bool,
    replaced_at: Option<String>,
}

impl WhoAmI {
    /// With when another account was put into the place of this one, if that is known.
    pub(crate) fn new(who: &view::WhoAmI, replaced: Option<lacre_ground::time::Millis>) -> Self {
        Self {
            replaced_at: replaced.map(|at| at.to_string()),
            handle: who.handle.to_string(),
            account: account(who.account),
            device: who.device.to_string(),
            relay: who.relay.to_string(),
            enrolled: who.enrolled,
        }
    }
}

/// A contact or a request.
#[derive(Serialize)]
pub(crate) struct Contact {
    handle: String,
    account: String,
    state: &'static str,
    text: String,
    since: String,
    conversation: Option<String>,
    trust: &'static str,
    compared_at: Option<String>,
    blocked_at: Option<String>,
    new_account: Option<String>,
    new_account_at: Option<String>,
    nickname: Option<String>,
}

/// A link to ask by.
#[derive(Serialize)]
pub(crate) struct Link {
    id: u64,
    name: String,
    made_at: String,
    link: String,
}

impl From<&view::Link> for Link {
    fn from(link: &view::Link) -> Self {
        let (name, made_at) = (link.name.clone(), link.made_at.to_string());
        Self { id: link.number, name, made_at, link: link.link.expose() }
    }
}

impl From<&view::Contact> for Contact {
    fn from(contact: &view::Contact) -> Self {
        Self {
            handle: contact.handle.to_string(),
            account: account(contact.account),
            state: match contact.state {
                view::ContactState::Asked => "asked",
                view::ContactState::Asking => "asking",
                view::ContactState::Accepted => "accepted",
                view::ContactState::Declined => "declined",
                view::ContactState::NotTaken => "not-taken",
            },
            text: contact.text.clone(),
            since: contact.since.to_string(),
            conversation: contact.conversation.as_ref().map(view::ConversationId::to_hex),
            trust: match contact.trust {
                view::Trust::NotCompared => "not-compared",
                view::Trust::Compared { .. } => "compared",
                view::Trust::Changed { .. } => "changed",
            },
            compared_at: match contact.trust {
                view::Trust::NotCompared => None,
                view::Trust::Compared { at } | view::Trust::Changed { at } => Some(at.to_string()),
            },
            blocked_at: contact.blocked.map(|at| at.to_string()),
            new_account: contact.new_account.map(|new| account(new.account)),
            new_account_at: contact.new_account.map(|new| new.at.to_string()),
            nickname: contact.nickname.clone(),
        }
    }
}

/// A member device.
#[derive(Serialize)]
pub(crate) struct Member {
    handle: Option<String>,
    account: String,
    device: String,
    admin: bool,
    own: bool,
}

/// Somebody who is to come into a conversation.
#[derive(Serialize)]
pub(crate) struct Invited {
    handle: Option<String>,
    account: String,
    since: String,
    why: Option<&'static str>,
}

impl From<&view::Invited> for Invited {
    fn from(i: &view::Invited) -> Self {
        Self {
            handle: i.handle.as_ref().map(ToString::to_string),
            account: account(i.account),
            since: i.since.to_string(),
            why: i.why.as_ref().map(not_added_name),
        }
    }
}

/// Why somebody could not be added.
pub(crate) const fn not_added_name(why: &view::NotAdded) -> &'static str {
    match why {
        view::NotAdded::Paused => "paused",
        view::NotAdded::NoAccount => "no-account",
        view::NotAdded::NoKeyPackage => "no-key-package",
        view::NotAdded::Clock => "clock",
        view::NotAdded::OtherKey => "other-key",
        view::NotAdded::Unfit(_) => "unfit",
    }
}

/// A conversation.
#[derive(Serialize)]
pub(crate) struct Conversation {
    id: String,
    kind: &'static str,
    name: String,
    description: String,
    may_add: &'static str,
    may_write: &'static str,
    stays_s: u32,
    peer: Option<String>,
    members: Vec<Member>,
    invited: Vec<Invited>,
    suite: &'static str,
    post_quantum: bool,
    epoch: u64,
    epoch_authenticator: String,
    standing: &'static str,
    messages: u64,
    unread: u64,
    waiting: u64,
    newest_at: String,
    notes: bool,
    muted: bool,
    archived: bool,
    resting: Option<Resting>,
}

/// Something that failed and is tried again.
#[derive(Serialize)]
pub(crate) struct Resting {
    what: &'static str,
    conversation: Option<String>,
    since: String,
    until: String,
    cause: &'static str,
    why: String,
}

impl From<&view::Resting> for Resting {
    fn from(r: &view::Resting) -> Self {
        let (what, conversation) = match &r.thing {
            view::RestingThing::Account => ("account", None),
            view::RestingThing::Inbox => ("inbox", None),
            view::RestingThing::Conversation(id) => ("conversation", Some(id.to_hex())),
            view::RestingThing::NoticeAddress => ("notice-address", None),
            view::RestingThing::Casilla(_) => ("casilla", None),
            view::RestingThing::CasillaHead(_) => ("casilla-head", None),
        };
        let cause = match r.cause {
            view::RestCause::Away => "away",
            view::RestCause::Limit => "limit",
            view::RestCause::Refused => "refused",
            view::RestCause::NotUnderstood => "not-understood",
            view::RestCause::Encryption => "encryption",
            view::RestCause::Damaged => "damaged",
            view::RestCause::Other => "other",
        };
        Self { what, conversation, since: r.since.to_string(), until: r.until.to_string(), cause, why: r.why.clone() }
    }
}

impl From<&view::Conversation> for Conversation {
    fn from(c: &view::Conversation) -> Self {
        let member = |m: &view::Member| Member {
            handle: m.handle.as_ref().map(ToString::to_string),
            account: account(m.account),
            device: m.device.to_string(),
            admin: m.admin,
            own: m.own,
        };
        Self {
            id: c.id.to_hex(),
            kind: match c.kind {
                view::Kind::Two => "two",
                view::Kind::Group => "group",
            },
            name: c.name.clone(),
            description: c.description.clone(),
            may_add: who_name(c.may_add),
            may_write: who_name(c.may_write),
            stays_s: c.stays_s,
            peer: c.peer.as_ref().map(ToString::to_string),
            members: c.members.iter().map(member).collect(),
            invited: c.invited.iter().map(Invited::from).collect(),
            suite: match c.suite {
                view::Suite::XWing => "x-wing",
                view::Suite::X25519 => "x25519",
            },
            post_quantum: c.suite == view::Suite::XWing,
            epoch: c.epoch,
            epoch_authenticator: data_encoding::HEXLOWER.encode(&c.epoch_authenticator),
            standing: standing_name(c.standing),
            messages: c.messages,
            unread: c.unread,
            waiting: c.waiting,
            newest_at: c.newest_at.to_string(),
            notes: c.notes,
            muted: c.muted,
            archived: c.archived,
            resting: c.resting.as_ref().map(Resting::from),
        }
    }
}

/// One line of a history.
#[derive(Serialize)]
pub(crate) struct Message {
    id: String,
    conversation: String,
    position: Option<u64>,
    sender: Option<String>,
    sender_account: String,
    own: bool,
    sent_at: String,
    accepted_at: Option<String>,
    delivery: &'static str,
    kind: &'static str,
    text: Option<String>,
    file: Option<String>,
    size: Option<u64>,
    whom: Option<String>,
    reason: Option<String>,
    reply_to: Option<String>,
    first_sent_at: Option<String>,
    edited_at: Option<String>,
    reactions: Vec<Reaction>,
    stays_s: u32,
    disappears_at: Option<String>,
    receipts: Vec<Receipt>,
}

/// How far another member says that an own message has come.
#[derive(Serialize)]
pub(crate) struct Receipt {
    handle: Option<String>,
    account: String,
    read: bool,
}

impl From<&view::Receipt> for Receipt {
    fn from(r: &view::Receipt) -> Self {
        Self { handle: r.handle.as_ref().map(ToString::to_string), account: account(r.account), read: r.read }
    }
}

/// A sign beside a message.
#[derive(Serialize)]
pub(crate) struct Reaction {
    handle: Option<String>,
    account: String,
    sign: String,
}

impl From<&view::Reaction> for Reaction {
    fn from(r: &view::Reaction) -> Self {
        Self { handle: r.handle.as_ref().map(ToString::to_string), account: account(r.account), sign: r.sign.clone() }
    }
}

impl From<&view::Message> for Message {
    fn from(m: &view::Message) -> Self {
        let mut out = Self {
            id: m.id.to_string(),
            conversation: m.conversation.to_hex(),
            position: m.position,
            sender: m.sender_handle.as_ref().map(ToString::to_string),
            sender_account: account(m.sender),
            own: m.own,
            sent_at: m.sent_at.to_string(),
            accepted_at: m.accepted_at.map(|at| at.to_string()),
            delivery: match m.delivery {
                view::Delivery::Waiting => "waiting",
                view::Delivery::Stored => "stored",
            },
            kind: "",
            text: None,
            file: None,
            size: None,
            whom: None,
            reason: None,
            reply_to: m.reply_to.as_ref().map(|q| q.id.to_string()),
            first_sent_at: m.again.map(|at| at.to_string()),
            edited_at: m.edited_at.map(|at| at.to_string()),
            reactions: m.reactions.iter().map(Reaction::from).collect(),
            stays_s: m.stays.map_or(0, |stays| stays.seconds),
            disappears_at: m.stays.and_then(|stays| stays.until).map(|at| at.to_string()),
            receipts: m.receipts.iter().map(Receipt::from).collect(),
        };
        out.kind = match &m.body {
            view::Body::Text(text) => {
                out.text = Some(text.clone());
                "text"
            }
            view::Body::File { name, size } => {
                out.file = Some(name.clone());
                out.size = Some(*size);
                "file"
            }
            view::Body::Added { whom } => {
                out.whom = Some(account(*whom));
                "added"
            }
            view::Body::Removed { whom } => {
                out.whom = Some(account(*whom));
                "removed"
            }
            view::Body::ReAdded { whom } => {
                out.whom = Some(account(*whom));
                "re-added"
            }
            view::Body::Meanwhile => "changed-meanwhile",
            view::Body::NewAccount { whom } => {
                out.whom = Some(account(*whom));
                "new-account"
            }
            view::Body::NotAdded { whom } => {
                out.whom = Some(account(*whom));
                "not-added"
            }
            view::Body::Renamed { name } => {
                out.text = Some(name.clone());
                "renamed"
            }
            view::Body::Described { text } => {
                out.text = Some(text.clone());
                "described"
            }
            view::Body::AdminMade { whom } => {
                out.whom = Some(account(*whom));
                "admin-made"
            }
            view::Body::AdminUnmade { whom } => {
                out.whom = Some(account(*whom));
                "admin-unmade"
            }
            view::Body::MayAdd(who) => {
                out.text = Some(who_name(*who).to_owned());
                "may-add"
            }
            view::Body::MayWrite(who) => {
                out.text = Some(who_name(*who).to_owned());
                "may-write"
            }
            view::Body::Stays(seconds) => {
                out.text = Some(seconds.to_string());
                "stays"
            }
            view::Body::Succeeded { left_out } => {
                out.whom = left_out.map(account);
                "succeeded"
            }
            view::Body::Refused => "refused",
            view::Body::Lost => "lost",
            view::Body::Ended => "ended",
            view::Body::Leaves => "leaves",
            view::Body::Deleted { here_only: false } => "deleted",
            view::Body::Deleted { here_only: true } => "forgotten",
            view::Body::Newer => "newer",
            view::Body::Unreadable(reason) => {
                out.reason = Some(reason.clone());
                "unreadable"
            }
        };
        out
    }
}

/// Something in the outbox.
#[derive(Serialize)]
pub(crate) struct Waiting {
    id: u64,
    conversation: Option<String>,
    what: &'static str,
    since: String,
    trouble: Option<String>,
    cancellable: bool,
}

impl From<&view::Waiting> for Waiting {
    fn from(w: &view::Waiting) -> Self {
        Self {
            id: w.id,
            conversation: w.conversation.as_ref().map(view::ConversationId::to_hex),
            what: waiting_name(w.what),
            since: w.since.to_string(),
            trouble: w.trouble.clone(),
            cancellable: w.cancellable,
        }
    }
}

/// To whom something is allowed, as programs read it.
const fn who_name(who: view::Who) -> &'static str {
    match who {
        view::Who::Admins => "admins",
        view::Who::Everyone => "everyone",
    }
}

/// A standing as programs read it.
pub(crate) const fn standing_name(standing: view::Standing) -> &'static str {
    match standing {
        view::Standing::Active => "active",
        view::Standing::AskingToBeReAdded => "asking-to-be-re-added",
        view::Standing::Removed => "removed",
        view::Standing::InUseElsewhere => "in-use-elsewhere",
        view::Standing::Blocked => "blocked",
        view::Standing::OtherRelay => "other-relay",
        view::Standing::Replaced => "replaced",
        view::Standing::Ended => "ended",
    }
}

/// A kind of waiting thing as programs read it.
pub(crate) const fn waiting_name(what: view::WaitingKind) -> &'static str {
    match what {
        view::WaitingKind::Text => "text",
        view::WaitingKind::File => "file",
        view::WaitingKind::Change => "change",
        view::WaitingKind::Upkeep => "upkeep",
        view::WaitingKind::Seal => "seal",
        view::WaitingKind::Invitation => "invitation",
        view::WaitingKind::Request => "request",
        view::WaitingKind::NoticeAnswer => "notice-answer",
    }
}
