//! Entries as the relay stores them, kept for a relay that was restored.
//!
//! | what | is kept |
//! |---|---|
//! | an entry that opens under its epoch's key | by its mark: an id is its sender's choice, so two of one id stand beside each other, and one that comes again is one |
//! | one that does not | not: it means nothing to any member |
//! | of one channel | the newest [`MAX_RAW_BYTES`]: a backup is older than what it lacks |
//! | of channels that have ended | `epoch::KEEP_RAW_MS`, at most `epoch::KEEP_CHANNELS` of a conversation and `epoch::KEEP_RAW_BYTES` in all |

use super::Cx;
use super::records::conversation::Channel;
use crate::network::Entry;
use crate::words::StepError;
use lacre_ground::ids::{ChannelId, EntryId};
use lacre_profile::Table;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Bytes of ciphertext that are kept of one channel.
pub const MAX_RAW_BYTES: u64 = 16 << 20;

/// An entry as the relay stores it, kept for a restored relay.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Raw {
    pub(crate) seq: u64,
    pub(crate) id: EntryId,
    pub(crate) seal: bool,
    #[serde(with = "serde_bytes")]
    pub(crate) ciphertext: Vec<u8>,
}

impl Raw {
    pub(crate) fn mark(&self) -> Mark {
        Mark::of(self.id, self.seal, &self.ciphertext)
    }
}

/// What tells an entry from every other: SHA-256 over id, seal flag and bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mark([u8; 32]);

impl Mark {
    pub(crate) fn of(id: EntryId, seal: bool, ciphertext: &[u8]) -> Self {
        let digest = Sha256::new().chain_update(id.as_bytes()).chain_update([u8::from(seal)]).chain_update(ciphertext);
        Self(digest.finalize().into())
    }

    pub(crate) fn of_entry(entry: &Entry) -> Self {
        Self::of(entry.id, entry.seal, &entry.ciphertext)
    }

    fn key(self, channel: ChannelId) -> Vec<u8> {
        [channel.as_bytes().as_slice(), &self.0].concat()
    }
}

/// As programs of before kept it.
fn before(cx: &Cx<'_, '_>, channel: ChannelId, id: EntryId, mark: Mark) -> Result<Option<Raw>, StepError> {
    let key = [channel.as_bytes().as_slice(), id.as_bytes()].concat();
    let raw: Option<Raw> = cx.s.get(Table::RawEntry, &key)?;
    Ok(raw.filter(|raw| raw.mark() == mark))
}

/// Whether this very entry is kept here.
pub(crate) fn has_raw(cx: &Cx<'_, '_>, channel: ChannelId, entry: &Entry) -> Result<bool, StepError> {
    Ok(raw(cx, channel, entry.id, Mark::of_entry(entry))?.is_some())
}

/// A kept entry.
pub(crate) fn raw(cx: &Cx<'_, '_>, channel: ChannelId, id: EntryId, mark: Mark) -> Result<Option<Raw>, StepError> {
    match cx.s.get_bytes(Table::Raw, &mark.key(channel))? {
        // its place is of no interest to who asks so
        Some(content) => Ok(decode(0, &content)),
        None => before(cx, channel, id, mark),
    }
}

/// Keeps an entry that opens; the oldest make room for it.
pub(crate) fn keep_raw(cx: &Cx<'_, '_>, channel: &mut Channel, entry: &Entry) -> Result<(), StepError> {
    let (scope, mark) = (channel.id.as_bytes(), Mark::of_entry(entry));
    let bytes = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
    if before(cx, channel.id, entry.id, mark)?.is_some() {
        cx.s.delete(Table::RawEntry, &[scope.as_slice(), entry.id.as_bytes()].concat())?;
    }
    if cx.s.get_bytes(Table::Raw, &mark.key(channel.id))?.is_none() {
        channel.raw_bytes = channel.raw_bytes.saturating_add(bytes(entry.ciphertext.len()));
    }
    let content = [[u8::from(entry.seal)].as_slice(), entry.id.as_bytes(), &entry.ciphertext].concat();
    cx.s.put_bytes(Table::Raw, &mark.key(channel.id), scope, entry.seq.get(), &content)?;
    while channel.raw_bytes > MAX_RAW_BYTES {
        let oldest = cx.s.scan_bytes(Table::Raw, scope, 0, 1)?;
        let Some(raw) = oldest.first().and_then(|(seq, content)| decode(*seq, content)) else { break };
        cx.s.delete(Table::Raw, &raw.mark().key(channel.id))?;
        channel.raw_bytes = channel.raw_bytes.saturating_sub(bytes(raw.ciphertext.len()));
    }
    Ok(())
}

/// Kept entries of a channel in the order of their seqs, from one on; at most so many.
pub(crate) fn raws(cx: &Cx<'_, '_>, channel: ChannelId, from: u64, limit: usize) -> Result<Vec<Raw>, StepError> {
    let before: Vec<(u64, Raw)> = cx.s.scan(Table::RawEntry, channel.as_bytes(), from, limit)?;
    let now = cx.s.scan_bytes(Table::Raw, channel.as_bytes(), from, limit)?;
    let now = now.into_iter().filter_map(|(seq, content)| decode(seq, &content));
    let mut all: Vec<Raw> = before.into_iter().map(|(_, raw)| raw).chain(now).collect();
    all.sort_by_key(|raw| raw.seq);
    all.truncate(limit);
    Ok(all)
}

/// Nothing of a channel is kept any more.
pub(crate) fn forget_raws(cx: &Cx<'_, '_>, channel: ChannelId) -> Result<(), StepError> {
    cx.s.delete_scope(Table::RawEntry, channel.as_bytes())?;
    cx.s.delete_scope(Table::Raw, channel.as_bytes())?;
    Ok(())
}

fn decode(seq: u64, content: &[u8]) -> Option<Raw> {
    let (flag, rest) = content.split_first()?;
    let (id, ciphertext) = rest.split_first_chunk::<16>()?;
    Some(Raw { seq, id: EntryId::new(*id), seal: *flag != 0, ciphertext: ciphertext.to_vec() })
}
