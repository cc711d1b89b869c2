//! What the engine keeps in the profile, row by row. Each record belongs to one [`Table`](lacre_profile::Table).
//!
//! | table | key | scope | ord | record |
//! |---|---|---|---|---|
//! | Meta | `own` | | 0 | [`Own`] |
//! | Conversation | group id | | creation number | [`Conv`] |
//! | ConversationIndex | group id | | creation number | group id |
//! | Member | group id | | 0 | [`Members`] |
//! | Message | group id, content id | group id | position | [`Stored`] |
//! | MessageIndex | content id | its first two bytes | number | group id and content id |
//! | Outbox | item number | queue | item number | [`Item`] |
//! | RawEntry | channel, entry id | channel | seq | [`Raw`] |
//! | Contact | account | | number | [`ContactRow`] |
//! | Account | account | | 0 | [`Known`] |
//! | Event | number | | number | [`EventRow`] |
//! | Stamp | stamp | | number | the stamp |
//! | Join | envelope id | | number | [`PendingJoin`] |
//! | Blob | blob id | | 0 | [`LocalBlob`] |
//! | BlobChunk | blob id, index | blob id | index | ciphertext |
//! | Seen | envelope id | | number | |
//! | Successor | conversation | | 0 | its id and that of the MLS group behind it, once that is another |
//! | Vanishing | group id, content id | | when it disappears | group id and content id |
//! | Part | channel, SHA-256 of the piece | channel | seq | the piece |

use super::view::{Body, ContactState, Kind, Settings, Standing, Suite, WaitingKind, Who};
use lacre_ground::ids::{
    AccountId, BlobId, ChannelId, Code, ContentId, DeviceId, EntryId, EnvelopeId, Generation, Handle, Session, Token,
};
use lacre_ground::time::Millis;
use lacre_proto::relay::v1 as wire;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use std::collections::BTreeMap;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// 32 secret bytes of a record.
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Key32(#[serde(with = "serde_bytes")] pub(crate) [u8; 32]);

/// How far enrolment has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Stage {
    /// keys are made, the code is not redeemed
    Made,
    /// the relay has bound the account; inbox and key packages are not all there
    Bound,
    /// everything is there
    Ready,
}

/// This device and its account.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Own {
    pub(crate) stage: Stage,
    pub(crate) authority: String,
    pub(crate) handle: Handle,
    pub(crate) code: Option<Code>,
    pub(crate) account: AccountId,
    pub(crate) device: DeviceId,
    /// Ed25519 seed: MLS leaf, notes, login
    pub(crate) signing: Key32,
    /// entry ids are MACs under it; a copied profile takes a new one
    pub(crate) profile_secret: Key32,
    pub(crate) inbox: ChannelId,
    pub(crate) inbox_read: Token,
    pub(crate) inbox_key: Key32,
    pub(crate) public_token: Token,
    /// append tokens that the relay knows and nobody has yet
    pub(crate) spare_tokens: Vec<Token>,
    /// every append token handed out, so that a restored relay can be told again
    pub(crate) given_tokens: Vec<Token>,
    pub(crate) states: Vec<String>,
    pub(crate) binding: Option<String>,
    pub(crate) inbox_cursor: u64,
    pub(crate) inbox_trimmed: u64,
    pub(crate) generation: Option<Generation>,
    pub(crate) session: Option<(Session, Millis)>,
    /// key packages must be uploaded anew (first time, new generation, copied profile)
    pub(crate) renew_key_packages: bool,
    /// one-time key packages that the relay had left when it last said so
    pub(crate) key_packages_left: u32,
    /// when all of them were last replaced
    pub(crate) key_packages_made: Millis,
    pub(crate) settings: Settings,
    /// the public right is withdrawn
    #[serde(default)]
    pub(crate) nobody_new: bool,
    /// links that work
    #[serde(default)]
    pub(crate) links: Vec<LinkRow>,
    /// how many were ever made: their numbers are given once
    #[serde(default)]
    pub(crate) links_made: u64,
    /// the code is one for recovery: the relay says which handle
    #[serde(default)]
    pub(crate) recovering: bool,
    /// the person takes a pause
    #[serde(default)]
    pub(crate) paused: bool,
    /// the relay was not told of that yet
    #[serde(default)]
    pub(crate) pause_untold: bool,
    /// the account is being deleted: its conversations were asked to remove it
    #[serde(default)]
    pub(crate) leaving: bool,
    /// and is gone
    #[serde(default)]
    pub(crate) deleted: bool,
    /// the registrar's note that this account stands in the place of another
    #[serde(default)]
    pub(crate) reset: String,
    /// what the relay was not told yet, in its order
    #[serde(default)]
    pub(crate) token_changes: Vec<TokenChange>,
    /// how often something of it was told: two programs may do so at a time
    #[serde(default)]
    pub(crate) changes_told: u64,
    /// append tokens that were given away and withdrawn, so that a restored relay can be told again
    #[serde(default)]
    pub(crate) withdrawn_tokens: Vec<Token>,
}

/// A link to ask by.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct LinkRow {
    pub(crate) number: u64,
    pub(crate) name: String,
    pub(crate) made_at: Millis,
    pub(crate) token: Token,
}

/// A right to the own inbox, about which the relay is to be told.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum TokenChange {
    /// it works no longer
    Withdraw(Token),
    /// it works, for a stamp
    Public(Token),
}

/// The channel of a conversation's epoch.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Channel {
    pub(crate) id: ChannelId,
    pub(crate) append: Token,
    pub(crate) read: Token,
    pub(crate) entry_key: Key32,
    /// the relay has it
    pub(crate) opened: bool,
    pub(crate) generation: Option<Generation>,
    /// last seq read and processed
    pub(crate) cursor: u64,
    /// greatest seq of an own acknowledged entry
    pub(crate) acked: u64,
    /// the queue's contents through this number are stored: its head lies behind them
    pub(crate) acked_item: u64,
    /// the queue's items through this number are made for this channel (those who may not be written now apart)
    pub(crate) made_item: u64,
    /// own entries made in this channel
    pub(crate) made: u64,
    /// own entries met in this channel, from the first on without a gap
    pub(crate) met: u64,
    /// the queue's items through this number were met, or are not for this channel
    pub(crate) met_item: u64,
    /// the relay was restored: entries that are known already come again
    pub(crate) reread: bool,
}

impl Channel {
    /// What an append says it knows: an own acknowledged entry proves that no unknown seal lies before it.
    pub(crate) fn read_to(&self) -> u64 {
        self.cursor.max(self.acked)
    }
}

/// What is kept of the epoch before: enough to put its entries back on a restored relay, nothing that opens them.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Previous {
    pub(crate) id: ChannelId,
    pub(crate) append: Token,
    pub(crate) read: Token,
    pub(crate) generation: Option<Generation>,
    /// the seal that ended it
    pub(crate) seal: EntryId,
    pub(crate) ended_at: Millis,
}

/// A conversation: what changes with each message.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Conv {
    pub(crate) ord: u64,
    pub(crate) kind: Kind,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) may_add: Who,
    pub(crate) may_write: Who,
    /// seconds that what is written here stays; 0 for ever
    pub(crate) stays_s: u32,
    pub(crate) authority: String,
    pub(crate) suite: Suite,
    pub(crate) standing: Standing,
    pub(crate) channel: Channel,
    pub(crate) previous: Option<Previous>,
    /// channels before that one, whose raw entries are still here, and when they ended
    pub(crate) ended: Vec<(ChannelId, Millis)>,
    pub(crate) peer: Option<AccountId>,
    /// messages in the history: the last position
    pub(crate) position: u64,
    pub(crate) read_through: u64,
    /// the newest position of a message that does not stay for ever
    pub(crate) fading: u64,
    /// what this device has not told the others yet
    pub(crate) owed: Owed,
    pub(crate) newest_at: Millis,
    /// hashes of the own leaf, the newest first: what a re-add request names. More than one, because a restored relay
    /// may have led the others back to an older one
    pub(crate) own_leaves: Vec<ByteBuf>,
    /// when a re-add was last asked for, how often, and whom of the others next
    pub(crate) asked: Option<(Millis, u32)>,
    /// entries above `put_back.1` of the current and previous channels are to be put back (new generation)
    pub(crate) put_back: bool,
    /// when this device gives its leaf fresh keys next
    pub(crate) update_due: Option<Millis>,
    /// members who asked to be removed, and when this device answers if no other has
    pub(crate) leaving: Vec<(AccountId, Millis)>,
    /// the seal that this device could not follow
    pub(crate) stuck: Option<Stuck>,
    /// the conversation before this one
    pub(crate) origin: Option<Origin>,
    /// to whom own commits lost the last races, how many in a row, and since when
    pub(crate) busy: Option<(AccountId, u32, Millis)>,
    /// the seals that were met here last, oldest first: the epoch that each began, its entry, and whose it was
    #[serde(default)]
    pub(crate) met_seals: Vec<(u64, EntryId, AccountId)>,
    /// who asked this device to be re-added here, and when it last did
    #[serde(default)]
    pub(crate) askers: Vec<(AccountId, Millis)>,
    /// hashes of the leaves of key packages with which this device asked to be re-added, the newest first: somebody may
    /// have answered and kept the Welcome
    #[serde(default)]
    pub(crate) asked_leaves: Vec<ByteBuf>,
    /// the last request to be re-added, encoded, and when its key package was made
    #[serde(default)]
    pub(crate) request: Option<(Millis, ByteBuf)>,
    /// how often this copy of the row was written ([`Cx::put_conv`](super::Cx::put_conv)); not stored
    #[serde(skip)]
    pub(crate) copy: u64,
}

impl Conv {
    /// Every channel whose raw entries may still be here, for a conversation that goes on elsewhere.
    pub(crate) fn left_behind(&self, now: Millis) -> Vec<(ChannelId, Millis)> {
        let previous = self.previous.as_ref().map(|p| (p.id, p.ended_at));
        self.ended.iter().copied().chain(previous).chain([(self.channel.id, now)]).collect()
    }
}

/// The receipt that is to be written next.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Owed {
    pub(crate) delivered: Option<ContentId>,
    pub(crate) read: Option<ContentId>,
    /// the last one's number in the queue
    pub(crate) item: Option<u64>,
}

/// A seal that ended the epoch, and could not be followed here.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Stuck {
    pub(crate) seal: EntryId,
    /// whose signature it bears
    pub(crate) by: Option<AccountId>,
    pub(crate) since: Millis,
    /// other members that asked this device to be re-added meanwhile, in rows of v0.1.0
    #[serde(default)]
    pub(crate) asking: Vec<AccountId>,
}

/// Why this device went into a successor, in the words of what it met itself: another one of the same group is held
/// against the same facts.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Origin {
    pub(crate) group: ByteBuf,
    /// in the order of their leaves
    pub(crate) members: Vec<AccountId>,
    pub(crate) admins: Vec<AccountId>,
    /// the leaves of its last tree
    #[serde(default)]
    pub(crate) leaves: Vec<SeenLeaf>,
    /// what makes a successor right: epoch, seal, and whose it was
    #[serde(default)]
    pub(crate) facts: Vec<(u64, EntryId, AccountId)>,
    /// who made the successor that this device is in; none in rows of before: they take no second one
    #[serde(default)]
    pub(crate) maker: Option<AccountId>,
}

/// A conversation's members: changes with each epoch.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Members {
    pub(crate) epoch: u64,
    #[serde(with = "serde_bytes")]
    pub(crate) authenticator: Vec<u8>,
    pub(crate) devices: Vec<(AccountId, DeviceId)>,
    /// signature keys of all leaves that were ever seen here: what names are compared with
    pub(crate) leaves: Vec<SeenLeaf>,
    pub(crate) admins: Vec<AccountId>,
    /// rights to write to members' inboxes, made for this conversation
    pub(crate) tokens: BTreeMap<DeviceId, Token>,
    /// the right that this device gave the others
    pub(crate) own_token: Option<Token>,
    /// how far the others say that they have come
    pub(crate) marks: Vec<Mark>,
}

/// How far an account has come in this profile's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    pub(crate) account: AccountId,
    /// what lies at this position or before was said before it came
    pub(crate) since: u64,
    pub(crate) delivered: u64,
    pub(crate) read: u64,
}

/// A leaf of a conversation, now or before: its credential says account and device, its key is what signs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SeenLeaf {
    pub(crate) account: AccountId,
    pub(crate) device: DeviceId,
    #[serde(with = "serde_bytes")]
    pub(crate) key: Vec<u8>,
}

/// One message of the history.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Stored {
    pub(crate) id: ContentId,
    pub(crate) sender: AccountId,
    pub(crate) sent_at: Millis,
    pub(crate) accepted_at: Millis,
    pub(crate) body: Body,
    /// a file's place and key: an encoded `BlobRef`
    pub(crate) blob: Option<ByteBuf>,
    /// the content as its sender signed it (of an edited message the newest), the signature, and where the relay stored it:
    /// what a report needs
    pub(crate) proof: Option<Proof>,
    pub(crate) place: Placed,
}

/// What stands around a message: it changes after the message was stored.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Placed {
    /// its place in the history
    pub(crate) position: u64,
    pub(crate) reply_to: Option<ContentId>,
    pub(crate) edited_at: Option<Millis>,
    /// one sign for each account
    pub(crate) reactions: Vec<(AccountId, String)>,
    /// seconds that it stays; 0 for ever
    pub(crate) stays_s: u32,
    /// when it disappears, once that has begun to count
    pub(crate) gone_at: Option<Millis>,
}

/// What proves who wrote a message (DESIGN 9, abuse reports).
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Proof {
    /// the MLS group that it was said in: a conversation may have had several
    pub(crate) group: ByteBuf,
    pub(crate) device: DeviceId,
    pub(crate) channel: ChannelId,
    pub(crate) entry: EntryId,
    pub(crate) seq: u64,
    #[serde(with = "serde_bytes")]
    pub(crate) content: Vec<u8>,
    #[serde(with = "serde_bytes")]
    pub(crate) signature: Vec<u8>,
}

/// An entry as the relay stores it, kept for a restored relay.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Raw {
    pub(crate) seq: u64,
    pub(crate) id: EntryId,
    pub(crate) seal: bool,
    #[serde(with = "serde_bytes")]
    pub(crate) ciphertext: Vec<u8>,
}

/// A device to be added, with the key package claimed for it.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Invitee {
    pub(crate) account: AccountId,
    pub(crate) device: DeviceId,
    #[serde(with = "serde_bytes")]
    pub(crate) key_package: Vec<u8>,
}

/// What a seal is to do. It is rebuilt from this in every epoch until it is done.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum Intent {
    /// add all devices of these accounts: first `wanted` are claimed and become `invitees`
    Add { wanted: Vec<AccountId>, invitees: Vec<Invitee> },
    /// remove all devices of these accounts
    Remove { accounts: Vec<AccountId> },
    /// replace one lost leaf of a device by its fresh key package
    ReAdd {
        invitee: Invitee,
        #[serde(with = "serde_bytes")]
        lost_leaf: Vec<u8>,
    },
    /// change the group itself
    Change { edits: Vec<Edit> },
    /// fresh keys for the own leaf
    Update,
}

/// One change of what the GroupContext says.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum Edit {
    Name(String),
    Description(String),
    Admin { account: AccountId, on: bool },
    MayAdd(Who),
    MayWrite(Who),
    Stays(u32),
}

/// A seal or content as it goes to the relay: these bytes, for ever.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Prepared {
    pub(crate) channel: ChannelId,
    pub(crate) entry: EntryId,
    #[serde(with = "serde_bytes")]
    pub(crate) ciphertext: Vec<u8>,
    /// stored by the relay at this seq
    pub(crate) seq: Option<u64>,
    /// of a seal: the Welcome for everyone added, cut when the seal is met
    pub(crate) welcome: Option<ByteBuf>,
    /// of a seal that is too large for one entry: what goes before it
    pub(crate) parts: Vec<PreparedPart>,
    /// of a content: the signature made for this entry
    pub(crate) signature: Option<ByteBuf>,
}

/// A part of a seal, as it goes to the relay.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct PreparedPart {
    pub(crate) entry: EntryId,
    #[serde(with = "serde_bytes")]
    pub(crate) ciphertext: Vec<u8>,
    pub(crate) seq: Option<u64>,
}

/// Something that waits for the relay.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Item {
    pub(crate) number: u64,
    #[serde(with = "serde_bytes")]
    pub(crate) conversation: Option<Vec<u8>>,
    pub(crate) what: WaitingKind,
    pub(crate) since: Millis,
    pub(crate) trouble: Option<String>,
    /// not tried before this instant
    pub(crate) not_before: Option<Millis>,
    pub(crate) cargo: Cargo,
}

/// What waits.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum Cargo {
    /// a content for a conversation
    Content {
        #[serde(with = "serde_bytes")]
        content: Vec<u8>,
        id: ContentId,
        blob: Option<ByteBuf>,
        prepared: Option<Prepared>,
    },
    /// a commit for a conversation
    Seal { intent: Intent, prepared: Option<Prepared> },
    /// an encrypted file, its bytes in BlobChunk
    Upload { authority: String, blob: BlobId },
    /// a sealed envelope for somebody's inbox
    Envelope {
        authority: String,
        inbox: ChannelId,
        token: Token,
        stamped: bool,
        entry: EntryId,
        #[serde(with = "serde_bytes")]
        sealed: Vec<u8>,
        /// whose inbox it is
        #[serde(default)]
        to: Option<AccountId>,
        /// the public right, if the one above should be refused
        #[serde(default)]
        public: Option<Token>,
    },
    /// a text or file for a contact that has not accepted yet
    Held {
        contact: AccountId,
        text: String,
        id: ContentId,
        /// in the place of the text: an encoded `File`, its bytes perhaps still in BlobChunk
        #[serde(default)]
        file: Option<ByteBuf>,
    },
}

/// A contact.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct ContactRow {
    pub(crate) account: AccountId,
    pub(crate) handle: Handle,
    pub(crate) state: ContactState,
    pub(crate) text: String,
    pub(crate) since: Millis,
    #[serde(with = "serde_bytes")]
    pub(crate) conversation: Option<Vec<u8>>,
    /// our right to write to their inbox, made for us
    pub(crate) their_token: Option<Token>,
    /// the right that we gave them
    pub(crate) own_token: Option<Token>,
    /// what the two people compared
    #[serde(default)]
    pub(crate) compared: Option<Compared>,
    /// the safety number that was shown here last, in words
    #[serde(default)]
    pub(crate) shown: Option<String>,
    /// kept away
    #[serde(default)]
    pub(crate) blocked: Option<Blocked>,
    /// another account has the name now
    #[serde(default)]
    pub(crate) replaced: Option<Replaced>,
}

/// That the counter put another account in the place of a contact's.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Replaced {
    pub(crate) by: AccountId,
    pub(crate) at: Millis,
}

/// That a person keeps another away.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Blocked {
    pub(crate) since: Millis,
    /// there was no contact before: there is none afterwards
    pub(crate) stranger: bool,
}

impl ContactRow {
    /// Somebody new.
    pub(crate) fn new(known: &Known, state: ContactState, since: Millis) -> Self {
        Self {
            account: known.account,
            handle: known.handle.clone(),
            state,
            text: String::new(),
            since,
            conversation: None,
            their_token: None,
            own_token: None,
            compared: None,
            shown: None,
            blocked: None,
            replaced: None,
        }
    }
}

/// The signature keys of both accounts' devices when their safety number was compared.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Compared {
    pub(crate) at: Millis,
    pub(crate) ours: Vec<ByteBuf>,
    pub(crate) theirs: Vec<ByteBuf>,
}

/// An account whose directory entry was verified.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Known {
    pub(crate) account: AccountId,
    pub(crate) handle: Handle,
    /// identity of the relay whose registrar bound it
    pub(crate) authority: String,
    pub(crate) states: Vec<String>,
    pub(crate) binding: String,
    /// the registrar's note that the account stands in the place of another; empty for none
    #[serde(default)]
    pub(crate) reset: String,
}

impl Known {
    /// As it travels.
    pub(crate) fn entry(&self) -> wire::DirectoryEntry {
        wire::DirectoryEntry { states: self.states.clone(), binding: self.binding.clone(), reset: self.reset.clone() }
    }
}

/// One event.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct EventRow {
    pub(crate) at: Millis,
    pub(crate) what: super::view::Happening,
}

/// An invitation into a conversation whose blob is not here yet.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct PendingJoin {
    pub(crate) envelope: EnvelopeId,
    pub(crate) from: AccountId,
    #[serde(with = "serde_bytes")]
    pub(crate) join: Vec<u8>,
    pub(crate) tries: u32,
    /// when it could first not be used
    #[serde(default)]
    pub(crate) since: Option<Millis>,
    /// not tried before this instant
    #[serde(default)]
    pub(crate) not_before: Option<Millis>,
}

/// A file in the outbox, already encrypted.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct LocalBlob {
    pub(crate) read_token: Token,
    pub(crate) key: Key32,
    pub(crate) size: u64,
    #[serde(with = "serde_bytes")]
    pub(crate) sha256: [u8; 32],
    pub(crate) chunks: u64,
}
