//! What a conversation's row holds, and its members'.

use super::own::Key32;
use crate::mls::roles::SeenLeaf;
use crate::words::{Kind, Standing, Suite, Who};
use lacre_ground::ids::{AccountId, ChannelId, ContentId, DeviceId, EntryId, Generation, Token};
use lacre_ground::time::Millis;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use std::collections::BTreeMap;

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
    /// bytes of its entries that are kept
    #[serde(default)]
    pub(crate) raw_bytes: u64,
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
    /// bytes of its entries
    #[serde(default)]
    pub(crate) bytes: u64,
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
    /// the same, as this device has asked for it: the change waits, and what is written meanwhile bears it already
    #[serde(default)]
    pub(crate) stays_next: Option<u32>,
    pub(crate) authority: String,
    pub(crate) suite: Suite,
    pub(crate) standing: Standing,
    pub(crate) channel: Channel,
    pub(crate) previous: Option<Previous>,
    /// epochs before that one whose entries are here too, the oldest first
    #[serde(default)]
    pub(crate) earlier: Vec<Previous>,
    /// when its relay was last found to be restored
    #[serde(default)]
    pub(crate) restored: Option<Millis>,
    /// own messages that were said after that: who went on before, or another way, has not read them
    #[serde(default)]
    pub(crate) said_again: Vec<ContentId>,
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
    /// an entry came that does not open: a receipt, which covers all before it, would say that it has come
    #[serde(default)]
    pub(crate) has_hole: bool,
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
    /// accounts in the tree that others stand in the place of: nothing is said here until they are out
    #[serde(default)]
    pub(crate) lost: Vec<AccountId>,
    /// when the first of those who could not be added is tried again
    #[serde(default)]
    pub(crate) add_again: Option<Millis>,
    /// the last request to be re-added, encoded, and when its key package was made
    #[serde(default)]
    pub(crate) request: Option<(Millis, ByteBuf)>,
}

impl Conv {
    /// Every channel whose raw entries may still be here, for a conversation that goes on elsewhere.
    pub(crate) fn left_behind(&self, now: Millis) -> Vec<(ChannelId, Millis)> {
        let before = self.earlier.iter().chain(&self.previous).map(|p| (p.id, p.ended_at));
        self.ended.iter().copied().chain(before).chain([(self.channel.id, now)]).collect()
    }
}

/// The receipt that is to be written next.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Owed {
    /// the place of the newest message that has come
    #[serde(default)]
    pub(crate) delivered_at: Option<u64>,
    /// and of the newest that was shown
    #[serde(default)]
    pub(crate) read_at: Option<u64>,
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

impl Members {
    /// Whether all who are here now were when the history's message at this position was said: nobody who came later, or came
    /// again after a removal, reads it.
    pub(crate) fn were_all_here(&self, position: u64) -> bool {
        let here = |account: &AccountId| self.devices.iter().any(|(there, _)| there == account);
        self.marks.iter().filter(|mark| here(&mark.account)).all(|mark| mark.came_at() < position)
    }
}

/// Returns of one account after which its marks are still known one by one.
const MAX_STRETCHES: usize = 16;

/// How far an account has come in this profile's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    pub(crate) account: AccountId,
    /// what lies at this position or before was said before it came, or came back
    pub(crate) since: u64,
    pub(crate) delivered: u64,
    pub(crate) read: u64,
    /// the same of before each return, oldest first: what its device had not read by then it never reads, whatever it says
    /// of what comes later
    #[serde(default)]
    pub(crate) before: Vec<(u64, u64, u64)>,
    /// messages of before its last return that were said again to it, and whether each was read: they alone, and nothing before them
    #[serde(default)]
    pub(crate) again: Vec<(u64, bool)>,
}

impl Mark {
    pub(crate) const fn new(account: AccountId, since: u64) -> Self {
        Self { account, since, delivered: 0, read: 0, before: Vec::new(), again: Vec::new() }
    }

    /// What lies at this position or before was said before the account came, however often its device was taken back since.
    fn came_at(&self) -> u64 {
        self.before.first().map_or(self.since, |(since, ..)| *since)
    }

    /// Its device was taken back when the history had this many messages.
    pub(crate) fn came_back(&mut self, position: u64) {
        self.before.push((self.since, self.delivered, self.read));
        let too_many = self.before.len().saturating_sub(MAX_STRETCHES);
        self.before.drain(..too_many);
        (self.since, self.delivered, self.read) = (position, 0, 0);
    }

    /// It says that the message at this position has come, or was read.
    pub(crate) fn take(&mut self, position: u64, was_read: bool) {
        if self.since < position {
            self.delivered = position.max(self.delivered);
            self.read = if was_read { position.max(self.read) } else { self.read };
        } else if position > 0 {
            // it is said after the return, so what it names was said again
            let read = was_read || self.again.iter().any(|(at, read)| *at == position && *read);
            self.again.retain(|(at, _)| *at != position);
            self.again.push((position, read));
            self.again.drain(..self.again.len().saturating_sub(MAX_STRETCHES));
        }
    }

    /// Whether the message at this position has come there; and if so, whether it was read.
    pub(crate) fn of(&self, position: u64) -> Option<bool> {
        if let Some((_, read)) = self.again.iter().find(|(at, _)| *at == position) {
            return Some(*read);
        }
        let mut stretches = self.before.iter().copied().chain([(self.since, self.delivered, self.read)]);
        let (_, delivered, read) = stretches.rfind(|(since, ..)| *since < position)?;
        (delivered >= position).then_some(read >= position)
    }
}
