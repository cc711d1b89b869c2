//! Channels: what the relay promises of them (PROTOCOL.md, 7), as verbs.
//!
//! The order of judgement is part of the contract, because it decides what a caller learns:
//!
//! | verb | judged in this order |
//! |---|---|
//! | open | (name: checked by [`Open`]'s constructors) open already → answered; stamp |
//! | append | row by row as the table of [`super::judge`] says |
//! | trim | token; class; AHEAD |
//! | change tokens | token; class; count; when it adds: not closed |
//! | status | token (either); entry, which an append right of an inbox must name |
//! | held | token (the reader's) and class; count |
//!
//! An inbox that a state of an account had, and its newest one has not, is *closed* ([`super::accounts`]): it has no append
//! right, gets none by ChangeTokens, and opens without any.

use super::StoreDown;
use crate::rules::{Limit, Rules};
use lacre_ground::head::Ids;
use lacre_ground::ids::{ChannelClass, ChannelId, EntryId, Seq, TokenHash};
use lacre_ground::time::Millis;
use prost::bytes::Bytes;

/// An append right as the relay knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Right {
    /// hash of the token
    pub token: TokenHash,
    /// an append with it costs a stamp (inboxes only)
    pub stamped: bool,
    /// it takes one entry and is spent (casillas only; another of a casilla is a last-resort one)
    pub once: bool,
}

/// A request to open a channel whose name fits its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    pub(crate) channel: ChannelId,
    pub(crate) class: ChannelClass,
    pub(crate) append: Vec<Right>,
    pub(crate) read: TokenHash,
    pub(crate) stamp: Option<TokenHash>,
}

/// The name is not the hash of the parameters: derive it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the name is not the hash of the parameters")]
pub struct WrongName;

impl Open {
    /// A log: its one append right is part of its name.
    pub fn log(channel: ChannelId, append: TokenHash, read: TokenHash, stamp: Option<TokenHash>) -> Result<Self, WrongName> {
        if channel != ChannelId::of_log(&append, &read) {
            return Err(WrongName);
        }
        let append = vec![Right { token: append, stamped: false, once: false }];
        Ok(Self { channel, class: ChannelClass::Log, append, read, stamp })
    }
    /// An inbox: its append rights come and go. Of two rights with the same token the last counts.
    pub fn inbox(channel: ChannelId, append: &[Right], read: TokenHash, stamp: Option<TokenHash>) -> Result<Self, WrongName> {
        Self::with_reader(ChannelClass::Inbox, ChannelId::of_inbox(&read), channel, append, read, stamp)
    }
    /// A casilla, as an inbox.
    pub fn casilla(channel: ChannelId, append: &[Right], read: TokenHash, stamp: Option<TokenHash>) -> Result<Self, WrongName> {
        Self::with_reader(ChannelClass::Casilla, ChannelId::of_casilla(&read), channel, append, read, stamp)
    }
    /// A return channel, as an inbox.
    pub fn back(channel: ChannelId, append: &[Right], read: TokenHash, stamp: Option<TokenHash>) -> Result<Self, WrongName> {
        Self::with_reader(ChannelClass::Return, ChannelId::of_return(&read), channel, append, read, stamp)
    }
    fn with_reader(
        class: ChannelClass,
        derived: ChannelId,
        channel: ChannelId,
        append: &[Right],
        read: TokenHash,
        stamp: Option<TokenHash>,
    ) -> Result<Self, WrongName> {
        if channel != derived {
            return Err(WrongName);
        }
        let mut rights: Vec<Right> = Vec::with_capacity(append.len());
        for right in append {
            rights.retain(|r| r.token != right.token);
            rights.push(*right);
        }
        Ok(Self { channel, class, append: rights, read, stamp })
    }
}

impl Open {
    /// Its name, which fits the rest.
    #[must_use]
    pub const fn channel(&self) -> &ChannelId {
        &self.channel
    }
    /// What it is.
    #[must_use]
    pub const fn class(&self) -> ChannelClass {
        self.class
    }
    /// Who may append.
    #[must_use]
    pub fn append(&self) -> &[Right] {
        &self.append
    }
    /// Who may read.
    #[must_use]
    pub const fn read(&self) -> &TokenHash {
        &self.read
    }
    /// What pays for it.
    #[must_use]
    pub const fn stamp(&self) -> Option<&TokenHash> {
        self.stamp.as_ref()
    }
}

/// An open channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    /// last seq; none while it is empty
    pub head: Option<Seq>,
    /// it is new, and the stamp is spent
    pub spent: bool,
}

/// Why a channel was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenRefused {
    /// No stamp, or not one that is unspent: take another.
    Stamp,
}

/// A request to store one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Append {
    /// where
    pub channel: ChannelId,
    /// hash of the append token that was shown
    pub token: TokenHash,
    /// the sender's id for it
    pub entry_id: EntryId,
    /// last seq that the sender knows; 0 for none; ignored by inboxes
    pub read_to: u64,
    /// the bytes
    pub ciphertext: Bytes,
    /// whether it is a seal
    pub seal: bool,
    /// hash of the stamp that came with it
    pub stamp: Option<TokenHash>,
}

/// A request to store these in this order, until one is refused: what comes behind it is not tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppendAll(pub Vec<Append>);

/// What became of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppendedAll {
    /// the first so many are stored
    pub stored: Vec<Appended>,
    /// why the next one was not
    pub refused: Option<AppendRefused>,
}

/// A stored entry's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// its place
    pub seq: Seq,
    /// accept time
    pub accepted_at: Millis,
    /// it was stored before, and this is the first answer again
    pub again: bool,
}

/// Why an entry was not stored. Nothing was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppendRefused {
    /// Unknown channel or wrong token: which of them is not said.
    NotPermitted,
    /// `read_to` is past the head: this relay has forgotten, or the sender is wrong.
    Ahead {
        /// last seq, 0 while empty
        head: u64,
    },
    /// `read_to` is too far behind, or before what is kept: read, then try again.
    CatchUp {
        /// last seq
        head: u64,
    },
    /// The id is known with other bytes: a copy of the sender, or a step back in time.
    Conflict,
    /// A seal was stored behind `read_to`.
    Sealed {
        /// its place
        seq: Seq,
    },
    /// An inbox takes no seals.
    NoSeals,
    /// A quota or a rate.
    Limit(Limited),
    /// The right costs a stamp; none, or not an unspent one, came.
    Stamp,
}

/// Which limit, and when to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limited {
    /// the field of [`Rules`] that was reached
    pub limit: Limit,
    /// its value
    pub value: u64,
    /// when trying again can help; none if only others can make room
    pub retry_after_ms: Option<u64>,
}

impl Limited {
    /// Nobody knows until when.
    #[must_use]
    pub const fn beyond(limit: Limit, value: u64) -> Self {
        Self { limit, value, retry_after_ms: None }
    }
}

/// A request of an inbox's reader to drop entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trim {
    /// where
    pub channel: ChannelId,
    /// hash of the read token that was shown
    pub token: TokenHash,
    /// the last that goes
    pub through: Seq,
}

/// Why nothing was trimmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrimRefused {
    /// Unknown channel or wrong token.
    NotPermitted,
    /// Logs cannot be changed.
    NotAnInbox,
    /// Past the head.
    Ahead {
        /// last seq, 0 while empty
        head: u64,
    },
}

/// A request of an inbox's reader to change who may append: first removed, then added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeTokens {
    /// where
    pub channel: ChannelId,
    /// hash of the read token that was shown
    pub token: TokenHash,
    /// added, or changed when there already
    pub add: Vec<Right>,
    /// removed if there
    pub remove: Vec<TokenHash>,
}

/// Why nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeRefused {
    /// Unknown channel or wrong token.
    NotPermitted,
    /// Logs cannot be changed.
    NotAnInbox,
    /// It would have too many rights. A closed inbox has room for none.
    Limit(Limited),
}

/// A note that the reader of an inbox was here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Touch(pub ChannelKey);

/// One round of retention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retire {
    /// removes what was past its time at this instant, which whoever asks believes
    pub over_at: Millis,
    /// at most so many rows
    pub budget: u32,
}

/// What one round of retention did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retired {
    /// entries removed
    pub entries: u64,
    /// channel rows removed
    pub channels: u64,
}

/// An instant is told to somebody as one before which nothing is accepted any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TellTime;

/// How far accept times may go back when the process ended after an instant was told, milliseconds: less than clocks may be
/// apart for a verifier.
pub const TOLD_BACK_MS: u64 = 30_000;

/// How long a store of many processes remembers the id of an append to an inbox, milliseconds: a sender repeats within hours. A
/// store of one process keeps [`Rules::recent_inbox_ids`] of them in memory.
pub const RECENT_MS: u64 = 24 * 60 * 60 * 1_000;

/// The writer's verbs, inside the open transaction ([`crate::engine`]). A refusal writes nothing.
pub trait ChannelStore {
    /// Opens a channel; an open one is answered, unchanged, and no stamp is spent.
    fn open(&mut self, now: Millis, rules: &Rules, request: &Open) -> Result<Result<Opened, OpenRefused>, StoreDown>;
    /// Stores an entry (I2, I3, I4).
    fn append(&mut self, now: Millis, rules: &Rules, request: &Append) -> Result<Result<Appended, AppendRefused>, StoreDown>;
    /// Drops entries of an inbox. Idempotent.
    fn trim(&mut self, request: &Trim) -> Result<Result<(), TrimRefused>, StoreDown>;
    /// Changes the append rights of an inbox. Idempotent.
    fn change_tokens(
        &mut self,
        now: Millis,
        rules: &Rules,
        request: &ChangeTokens,
    ) -> Result<Result<(), ChangeRefused>, StoreDown>;
    /// Notes that the reader of an inbox was here, when what is stored is older than [`Rules::reader_use_ms`] (I8).
    fn touch(&mut self, now: Millis, rules: &Rules, channel: ChannelKey) -> Result<(), StoreDown>;
    /// The relay's time as it is told to somebody: no entry gets an earlier one from then on, whatever the clock does. After
    /// the end of the process one may, by [`TOLD_BACK_MS`]: so not each telling writes.
    fn tell_time(&mut self, now: Millis) -> Result<Millis, StoreDown>;
    /// One round of retention: removes at most `budget` rows of entries, channels and their rights, entries first, then
    /// channels whole (one with more rights than `budget` alone). Call again while it does something.
    fn retire(&mut self, now: Millis, rules: &Rules, budget: u32) -> Result<Retired, StoreDown>;
}

/// A channel's number inside one store. Never given to another channel; means nothing outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChannelKey(i64);

impl ChannelKey {
    /// Of the store's own row.
    #[must_use]
    pub const fn of_row(row: i64) -> Self {
        Self(row)
    }
    /// The store's own row.
    #[must_use]
    pub const fn row(self) -> i64 {
        self.0
    }
}

/// A channel that its reader was admitted to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admitted {
    /// to read it with
    pub key: ChannelKey,
    /// last seq, 0 while empty
    pub head: u64,
    /// it has one reader, as an inbox
    pub inbox: bool,
    /// an inbox whose last use should be noted by [`ChannelStore::touch`]
    pub touch: bool,
}

/// Unknown channel or wrong token: which of them is not said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotPermitted;

/// A stored entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEntry {
    /// its place
    pub seq: Seq,
    /// its sender's id for it
    pub entry_id: EntryId,
    /// whether it is a seal
    pub seal: bool,
    /// accept time; of a notice the time in its record, which after a restore is that of the first one
    pub accepted_at: Millis,
    /// the bytes
    pub ciphertext: Bytes,
}

/// Entries of one channel in order, and the state of the channel in the same instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// dense, from the first that was asked for, or from behind what is gone
    pub entries: Vec<StoredEntry>,
    /// last seq, 0 while empty
    pub head: u64,
    /// entries through this are no longer kept; 0 for none
    pub gone_through: u64,
}

/// How much of a channel to read at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageLimits {
    /// at most so many entries
    pub entries: u32,
    /// stop after the entry that reaches so many bytes of ciphertext: always at least one entry
    pub bytes: u32,
}

/// Which entry somebody wants the receipt of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// where
    pub channel: ChannelId,
    /// hash of the token that was shown
    pub token: TokenHash,
    /// its place
    pub seq: Seq,
    /// its id: an append right of an inbox shows the entry that it names, and no other
    pub named: Option<EntryId>,
}

/// Why there is no receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusRefused {
    /// Unknown channel or wrong token.
    NotPermitted,
    /// Not stored, or gone.
    NoEntry {
        /// entries through this are no longer kept
        gone_through: u64,
        /// last seq
        head: u64,
    },
    /// An append right of an inbox named no entry that is kept. Many hold such a right, the directory's public one above
    /// all: whether there is an entry, whose it is and how far the inbox is, is not said.
    NotNamed,
}

/// Why a casilla's reader is not told what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldRefused {
    /// Unknown channel, wrong token, or no casilla: which of them is not said.
    NotPermitted,
    /// It took more than are read at once.
    Limit(Limited),
}

/// The readers' verbs. Each sees one committed state.
pub trait ChannelReads {
    /// Checks a read token, in constant time and on one path for unknown channels too (I5).
    fn admit(
        &self,
        now: Millis,
        rules: &Rules,
        channel: &ChannelId,
        token: &TokenHash,
    ) -> Result<Result<Admitted, NotPermitted>, StoreDown>;
    /// Reads on from a place. A channel whose row is gone reads as empty.
    fn page(&self, channel: ChannelKey, from: Seq, limits: PageLimits) -> Result<Page, StoreDown>;
    /// Reads on from places of many channels, in their order: each page is of one committed state, and not all are of the same.
    fn pages(&self, places: &[(ChannelKey, Seq)], limits: PageLimits) -> Result<Vec<Page>, StoreDown> {
        places.iter().map(|(channel, from)| self.page(*channel, *from, limits)).collect()
    }
    /// The last seqs of many channels, in their order; 0 while one is empty, or when its row is gone.
    fn heads(&self, channels: &[ChannelKey]) -> Result<Vec<u64>, StoreDown>;
    /// How many may append. A channel whose row is gone has nobody.
    fn rights(&self, channel: ChannelKey) -> Result<u32, StoreDown>;
    /// One entry, for whoever holds an append or the read token. An append right of an inbox must name it: what it does not
    /// name it cannot tell from what is not there.
    fn entry(&self, asked: &Asked) -> Result<Result<StoredEntry, StatusRefused>, StoreDown>;
    /// All that a casilla ever took, kept or gone, for its reader; at most [`Rules::max_kept_entries`].
    fn held(&self, rules: &Rules, channel: &ChannelId, token: &TokenHash) -> Result<Result<Ids, HeldRefused>, StoreDown>;
}

impl HeldRefused {
    /// Whether so many are read.
    pub fn judge(count: u64, rules: &Rules) -> Result<(), Self> {
        let most = rules.max_kept_entries;
        if count <= most { Ok(()) } else { Err(Self::Limit(Limited::beyond(Limit::MaxKeptEntries, most))) }
    }
}
