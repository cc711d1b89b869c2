//! What the client needs of a network: a trait that mirrors the calls of `lacre/relay/v1/*.proto`, and its errors.
//!
//! Synchronous, so that the core is a state machine without a runtime. Implemented by
//! `lacre-transport` and by test doubles. Requests are the wire's own messages; an implementation has checked every answer's
//! sizes before it hands it out, so that ids convert, but nothing more: contents and signatures are the caller's to judge.
//!
//! | [`Lane`] | what travels on it |
//! |---|---|
//! | `Account` | enroll, recover, challenge, login, put_state, put_key_packages, take_stamps, set_paused, delete_account, designate, put_grants, pause_notices, notice_address: everything with credentials |
//! | `Inbox` | open, fetch, trim, change_tokens and following of this device's **own** inbox; resets, which all may read |
//! | `Casilla` | open, fetch, change_tokens and following of this device's own casillas, which only grants name; get_info, for the registrar's key |
//! | `Conversations` | open, append, fetch, status and following of logs |
//! | `Directory` | lookup, claim, and open/append to **other people's** inboxes (it names the same person as the lookup did), and to bodies' return channels |
//! | `Blobs` | put_blob, kept, get_blob |
//!
//! Each lane is a TCP connection of its own (through a proxy: with credentials of its own, which Tor turns into a circuit
//! of its own). Methods whose lane follows from the call take none; the calls of the Channels service take it.

pub mod resets;

use core::time::Duration;
use lacre_ground::address::Authority;
use lacre_ground::ids::{ChannelId, EntryId, Generation, Seq, Token};
use lacre_ground::time::Millis;
pub use lacre_proto::limits::Limit;
pub use lacre_proto::reasons::Reason;
use lacre_proto::relay::v1 as wire;
use prost::bytes::Bytes;
use std::collections::BTreeMap;
use std::io::{Read, Write};

/// Which connection a call travels on (the table above). Two lanes never share a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// calls with credentials
    Account,
    /// this device's own inbox
    Inbox,
    /// this device's own casillas for official notices
    Casilla,
    /// logs
    Conversations,
    /// reads about other people, and their inboxes
    Directory,
    /// encrypted files
    Blobs,
}

impl Lane {
    /// All of them.
    pub const ALL: [Lane; 6] = [Lane::Account, Lane::Inbox, Lane::Casilla, Lane::Conversations, Lane::Directory, Lane::Blobs];
}

/// A network with relays on it. One method, one call; nothing here is retried except what [`Network::follow`] says.
///
/// Every call may fail after the relay has done its work: repeat it with the same bytes, all of them are idempotent.
/// Calls block until the answer or a deadline; never hold a profile's step while calling.
pub trait Network {
    /// Makes a channel known to a relay.
    fn open(&mut self, at: &Authority, lane: Lane, r: wire::OpenRequest) -> Result<wire::OpenResponse, NetError>;
    /// Stores one entry durably.
    fn append(&mut self, at: &Authority, lane: Lane, r: wire::AppendRequest) -> Result<wire::AppendResponse, NetError>;
    /// Entries of several channels, sent side by side; each answer is [`Network::append`]'s, in the order of the requests.
    fn append_each(
        &mut self,
        at: &Authority,
        entries: Vec<(Lane, wire::AppendRequest)>,
    ) -> Vec<Result<wire::AppendResponse, NetError>> {
        entries.into_iter().map(|(lane, r)| self.append(at, lane, r)).collect()
    }
    /// One page of a channel; its entries are dense from `from_seq` (or from behind `gone_through`), which was checked.
    fn fetch(&mut self, at: &Authority, lane: Lane, r: wire::FetchRequest) -> Result<wire::FetchResponse, NetError>;
    /// Pages of several channels, asked for side by side; each answer is [`Network::fetch`]'s, in the order of the questions.
    fn fetch_each(
        &mut self,
        at: &Authority,
        questions: Vec<(Lane, wire::FetchRequest)>,
    ) -> Vec<Result<wire::FetchResponse, NetError>> {
        questions.into_iter().map(|(lane, r)| self.fetch(at, lane, r)).collect()
    }
    /// The receipt of a stored entry.
    fn status(&mut self, at: &Authority, lane: Lane, r: wire::StatusRequest) -> Result<wire::StatusResponse, NetError>;
    /// Removes the entries of an inbox through a seq.
    fn trim(&mut self, at: &Authority, lane: Lane, r: wire::TrimRequest) -> Result<wire::TrimResponse, NetError>;
    /// Adds and removes append tokens of an inbox.
    fn change_tokens(
        &mut self,
        at: &Authority,
        lane: Lane,
        r: wire::ChangeTokensRequest,
    ) -> Result<wire::ChangeTokensResponse, NetError>;
    /// The relay's signed word for what a casilla holds.
    fn head(&mut self, at: &Authority, lane: Lane, r: wire::HeadRequest) -> Result<wire::HeadResponse, NetError>;
    /// Of several casillas, asked side by side; each answer is [`Network::head`]'s, in the order of the questions.
    fn head_each(
        &mut self,
        at: &Authority,
        questions: Vec<(Lane, wire::HeadRequest)>,
    ) -> Vec<Result<wire::HeadResponse, NetError>> {
        questions.into_iter().map(|(lane, r)| self.head(at, lane, r)).collect()
    }
    /// What the relay is and allows.
    fn get_info(&mut self, at: &Authority, lane: Lane, r: wire::GetInfoRequest) -> Result<wire::GetInfoResponse, NetError>;

    /// Binds a one-time code to a new account.
    fn enroll(&mut self, at: &Authority, r: wire::EnrollRequest) -> Result<wire::EnrollResponse, NetError>;
    /// First half of a login.
    fn challenge(&mut self, at: &Authority, r: wire::ChallengeRequest) -> Result<wire::ChallengeResponse, NetError>;
    /// Second half of a login.
    fn login(&mut self, at: &Authority, r: wire::LoginRequest) -> Result<wire::LoginResponse, NetError>;
    /// The next state of the account's chain.
    fn put_state(&mut self, at: &Authority, r: wire::PutStateRequest) -> Result<wire::PutStateResponse, NetError>;
    /// Key packages of this device.
    fn put_key_packages(
        &mut self,
        at: &Authority,
        r: wire::PutKeyPackagesRequest,
    ) -> Result<wire::PutKeyPackagesResponse, NetError>;
    /// A batch of stamps.
    fn take_stamps(&mut self, at: &Authority, r: wire::TakeStampsRequest) -> Result<wire::TakeStampsResponse, NetError>;

    /// Binds a recovery code to a new account, in the place of the person's lost one.
    fn recover(&mut self, at: &Authority, r: wire::RecoverRequest) -> Result<wire::RecoverResponse, NetError>;
    /// A pause of the account begins or ends.
    fn set_paused(&mut self, at: &Authority, r: wire::SetPausedRequest) -> Result<wire::SetPausedResponse, NetError>;
    /// Removes the account.
    fn delete_account(&mut self, at: &Authority, r: wire::DeleteAccountRequest) -> Result<wire::DeleteAccountResponse, NetError>;

    /// The account becomes the person's address for official notices, or is that no longer.
    fn designate(&mut self, at: &Authority, r: wire::DesignateRequest) -> Result<wire::DesignateResponse, NetError>;
    /// Grants for official notices, with their rights.
    fn put_grants(&mut self, at: &Authority, r: wire::PutGrantsRequest) -> Result<wire::PutGrantsResponse, NetError>;
    /// Official notices pause, or come again.
    fn pause_notices(&mut self, at: &Authority, r: wire::PauseNoticesRequest) -> Result<wire::PauseNoticesResponse, NetError>;
    /// What the registrar has of the account's address for notices.
    fn notice_address(&mut self, at: &Authority, r: wire::NoticeAddressRequest) -> Result<wire::NoticeAddressResponse, NetError>;

    /// The newest directory entry of an account.
    fn lookup(&mut self, at: &Authority, r: wire::LookupRequest) -> Result<wire::LookupResponse, NetError>;
    /// One key package for each device of an account.
    fn claim(&mut self, at: &Authority, r: wire::ClaimRequest) -> Result<wire::ClaimResponse, NetError>;
    /// Resets from a number on. On the lane of the own inbox: there the relay has told this device the numbers before.
    fn resets(&mut self, at: &Authority, r: wire::ResetsRequest) -> Result<wire::ResetsResponse, NetError>;

    /// Stores a blob; `body` gives exactly the `header.size` bytes behind the first `header.offset`, and is read no further
    /// than the relay wants (a relay that has the blob already answers at once).
    fn put_blob(&mut self, at: &Authority, header: wire::PutHeader, body: &mut dyn Read) -> Result<wire::PutResponse, NetError>;
    /// How many bytes of a blob the relay keeps, at most `r.size`: a `put_blob` that broke off goes on there.
    fn kept(&mut self, at: &Authority, r: wire::KeptRequest) -> Result<wire::KeptResponse, NetError>;
    /// Writes a blob from `r.offset` to its end into `to`; gives the bytes written. When it breaks off, what was written
    /// is good: ask again from behind it.
    fn get_blob(&mut self, at: &Authority, r: wire::GetRequest, to: &mut dyn Write) -> Result<u64, NetError>;

    /// Follows exactly this set; returns as soon as something came (all of it, in the order of each channel), or after
    /// `max_wait` with an empty list. Between calls the set stays attached, and what comes waits in a bounded buffer.
    ///
    /// - `from_seq` is the caller's durable cursor and the truth. Call after call it is the seq behind what was delivered;
    ///   when it is less, the channel is delivered again from there; when it is more, what lies before is dropped.
    /// - The entries of a channel come dense and in order: a relay that leaves one out is cut off and asked again.
    /// - A connection that fails is told once for each failure ([`Delivery::Lost`]) and made again after a growing delay.
    /// - [`Delivery::Refused`] and then nothing more for this channel, until it leaves the set, its cursor changes,
    ///   or the connection is made again.
    /// - An empty set ends all following. `Err` means that the network object itself is broken.
    fn follow(&mut self, set: &[Following], max_wait: Duration) -> Result<Vec<Delivery>, NetError>;
}

/// One channel to follow. Of two items for one channel on one relay and lane the last counts.
#[derive(Clone, PartialEq, Eq)]
pub struct Following {
    /// the relay
    pub authority: Authority,
    /// [`Lane::Inbox`] for the own inbox, [`Lane::Casilla`] for own casillas, else [`Lane::Conversations`]
    pub lane: Lane,
    /// the channel there
    pub channel: ChannelId,
    /// the right to read it
    pub read_token: Token,
    /// first seq wanted
    pub from_seq: Seq,
}

/// One stored entry, its sizes checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// its place
    pub seq: Seq,
    /// its sender's name for it
    pub id: EntryId,
    /// carries a Commit
    pub seal: bool,
    /// by the relay's clock
    pub accepted_at: Millis,
    /// 1 to 262,144 bytes
    pub ciphertext: Bytes,
}

/// Most bytes of an entry's ciphertext.
pub const MAX_ENTRY_BYTES: usize = 262_144;

impl TryFrom<wire::Entry> for Entry {
    type Error = NetError;
    /// [`NetError::Protocol`] when a field is outside its bound.
    fn try_from(entry: wire::Entry) -> Result<Self, NetError> {
        let broken = |what: &str| NetError::Protocol(format!("an entry's {what} is outside its bound"));
        let seq = Seq::new(entry.seq).ok_or_else(|| broken("seq"))?;
        let id = EntryId::try_from(entry.entry_id.as_slice()).map_err(|_| broken("entry_id"))?;
        if entry.ciphertext.is_empty() || entry.ciphertext.len() > MAX_ENTRY_BYTES {
            return Err(broken("ciphertext"));
        }
        if entry.accepted_at_ms > Millis::MAX.get() {
            return Err(broken("accepted_at_ms"));
        }
        Ok(Self { seq, id, seal: entry.seal, accepted_at: Millis::new(entry.accepted_at_ms), ciphertext: entry.ciphertext })
    }
}

/// Something that happened on the followed channels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The next entries of a channel; at least one.
    Entries {
        /// the relay
        authority: Authority,
        /// the store that numbered them: a cursor is (generation, seq)
        generation: Generation,
        /// the channel
        channel: ChannelId,
        /// dense, ascending
        entries: Vec<Entry>,
    },
    /// Everything through `head` was delivered; what follows comes as it is stored. Told once for each attachment.
    CaughtUp {
        /// the relay
        authority: Authority,
        /// its store
        generation: Generation,
        /// the channel
        channel: ChannelId,
        /// last seq; none while the channel is empty
        head: Option<Seq>,
    },
    /// Entries through this seq are no longer kept; reading goes on behind it.
    Gone {
        /// the relay
        authority: Authority,
        /// its store
        generation: Generation,
        /// the channel
        channel: ChannelId,
        /// last seq that is gone
        through: Seq,
    },
    /// The relay does not let this channel be followed so (`NotPermitted`, `Limit`, `Ahead`).
    Refused {
        /// the relay
        authority: Authority,
        /// its store
        generation: Generation,
        /// the channel
        channel: ChannelId,
        /// why
        reason: Reason,
    },
    /// The generation of a relay as one lane sees it: with the first answer, and again whenever it is another one.
    /// Comes before everything else of that generation.
    Generation {
        /// the relay
        authority: Authority,
        /// its store now
        generation: Generation,
    },
    /// The connection of one lane failed; it is being made again. Nothing of what was delivered is in doubt.
    Lost {
        /// the relay
        authority: Authority,
        /// which connection
        lane: Lane,
        /// why
        error: NetError,
    },
}

/// Why a call has no answer. Texts are technical causes for logs, in English, without tokens.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetError {
    /// No answer: not connected, cut off, timed out. Try again later.
    #[error("relay not reached: {why}")]
    Unreachable {
        /// the technical cause
        why: String,
    },
    /// Somebody else than the addressed relay answered there, or the relay has lost its key: nothing was said to it.
    #[error("the relay showed another key than its address names ({why})")]
    OtherKey {
        /// the technical cause
        why: String,
    },
    /// The relay answered no, with a reason.
    #[error("relay refused: {0}")]
    Refused(Refusal),
    /// The relay answered something that the protocol does not allow. Trying again is of little use.
    #[error("relay broke the protocol: {0}")]
    Protocol(String),
    /// The caller's own `Read` or `Write` of a blob failed; the relay is not to blame.
    #[error("reading or writing the blob here failed: {why}")]
    Body {
        /// the technical cause
        why: String,
    },
}

impl NetError {
    /// The relay was not spoken to.
    #[must_use]
    pub const fn is_away(&self) -> bool {
        matches!(self, NetError::Unreachable { .. } | NetError::OtherKey { .. })
    }

    /// The refusal's reason, if it is one.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        match self {
            NetError::Refused(refusal) => Some(refusal.reason),
            NetError::Unreachable { .. } | NetError::OtherKey { .. } | NetError::Protocol(_) | NetError::Body { .. } => None,
        }
    }
}

/// A relay's typed no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// which
    pub reason: Reason,
    /// details named at the call in the .proto files: `seq`, `head`, `field`, `bound`, `found`, `limit`, `why` …
    pub metadata: BTreeMap<String, String>,
    /// not before; only with limits
    pub retry_after: Option<Duration>,
}

impl Refusal {
    /// A seq in the metadata: `seq` of SEALED, `head` of CATCH_UP and AHEAD. None when missing, zero or no number.
    #[must_use]
    pub fn seq(&self, key: &str) -> Option<Seq> {
        self.metadata.get(key).and_then(|text| text.parse().ok()).and_then(Seq::new)
    }
}

impl core::fmt::Display for Refusal {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}", self.reason)?;
        for (key, value) in &self.metadata {
            write!(f, " {key}={}", value.escape_debug())?;
        }
        if let Some(after) = self.retry_after {
            write!(f, " retry after {} ms", after.as_millis())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_outside_its_bounds_is_the_relays_fault() {
        let good =
            wire::Entry { seq: 1, entry_id: vec![1; 16], seal: false, accepted_at_ms: 5, ciphertext: Bytes::from_static(b"x") };
        assert!(Entry::try_from(good.clone()).is_ok());
        let broken = [
            wire::Entry { seq: 0, ..good.clone() },
            wire::Entry { seq: Seq::MAX + 1, ..good.clone() },
            wire::Entry { entry_id: vec![1; 15], ..good.clone() },
            wire::Entry { entry_id: vec![], ..good.clone() },
            wire::Entry { ciphertext: Bytes::new(), ..good.clone() },
            wire::Entry { ciphertext: Bytes::from(vec![0; MAX_ENTRY_BYTES + 1]), ..good.clone() },
            wire::Entry { accepted_at_ms: u64::MAX, ..good },
        ];
        for entry in broken {
            assert!(matches!(Entry::try_from(entry), Err(NetError::Protocol(_))));
        }
    }
}
