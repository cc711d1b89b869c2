//! How the relay judges what is appended: pure rules, the same in every store. What accounts and blobs have of such rules
//! stands in [`accounts`] and [`blobs`].
//!
//! In two steps, so that a store can look things up for a whole batch: [`needs`] says what must be seen, [`judge`] decides by
//! it. Of an append the first row that fits is the answer:
//!
//! | | in a log | in an inbox | answer |
//! |---|---|---|---|
//! | 1 | no such channel, or no right with this token | the same | NOT_PERMITTED |
//! | 2 | `read_to` is past the head | | AHEAD |
//! | 3 | `read_to` is before what is kept, or more than `max_lag` behind | | CATCH_UP |
//! | 4 | the id stands behind `read_to`, with the same bytes | it is among the recent ones, with the same bytes | the first answer |
//! | 5 | … with other bytes | … with other bytes, or this is a seal | CONFLICT |
//! | 6 | | a seal | NO_SEALS |
//! | 7 | a seal stands behind `read_to` | | SEALED |
//! | 8 | a seal within the pause (a longer one in a log that keeps `max_log_bytes`), and the free ones are used | | LIMIT `seal_pause_ms` |
//! | 9 | no seal, and so many are kept | so many are kept | LIMIT `max_log_entries`, `max_inbox_entries` |
//! | 10 | no seal, and with it too many bytes would be kept | too many bytes would be kept | LIMIT `max_log_bytes`, `max_inbox_bytes` |
//! | 11 | | this token's appends of this window | LIMIT `inbox_appends_per_token` |
//! | 12 | no seq is left | the same | LIMIT `max_seq` |
//! | 13 | | the right costs a stamp, and none that is unspent came | STAMP |
//! | 14 | else | else | stored, behind the head |
//!
//! Rows 2 and 3 bound what row 4 costs; row 1 comes before any look, on one path for unknown channels too (I5).
//!
//! A return channel is judged as an inbox, with limits of its own (`max_kept_entries`, `max_kept_bytes`,
//! `return_appends_per_token`), and its ids are remembered as long as it is. A casilla takes no append, whoever asks: what is
//! delivered to it is judged in [`notices`].

pub mod accounts;
pub mod blobs;
pub mod notices;
#[cfg(test)]
mod tests;

use crate::channels::{
    Append, AppendRefused, Appended, ChangeRefused, ChangeTokens, ChannelKey, Limited, Open, Right, Trim, TrimRefused,
};
use crate::rules::{Limit, Rules};
use lacre_ground::ids::{ChannelClass, Seq, TokenHash};
use lacre_ground::time::Millis;

/// A channel as its judge knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// the store's number for it
    pub key: ChannelKey,
    /// log or inbox
    pub class: ChannelClass,
    /// who may read
    pub read: TokenHash,
    /// who may append, in the order of their tokens ([`in_order`])
    pub rights: Vec<Right>,
    /// last seq, 0 while empty
    pub last: u64,
    /// entries through this are no longer kept
    pub gone_through: u64,
    /// bytes of ciphertext of all entries that ever were there
    pub bytes: u64,
    /// of those that are no longer kept
    pub gone_bytes: u64,
    /// place of the last seal, 0 for none
    pub seal_seq: u64,
    /// seals so far
    pub seal_count: u64,
    /// when the last seal was stored, by the store's instant: its accept time may be later, where the clock was before it was
    /// put back
    pub seal_at: Millis,
}

impl Head {
    /// Of a channel that is being opened with these rights ([`rights_at_open`]).
    #[must_use]
    pub fn opened(key: ChannelKey, open: &Open, rights: Vec<Right>) -> Self {
        let (class, read) = (open.class(), *open.read());
        let (last, gone_through, bytes, gone_bytes, seal_seq, seal_count, seal_at) = (0, 0, 0, 0, 0, 0, Millis::new(0));
        Self { key, class, read, rights, last, gone_through, bytes, gone_bytes, seal_seq, seal_count, seal_at }
    }
    /// An entry was stored behind it at this instant.
    pub fn moves_on(&mut self, seq: Seq, append: &Append, now: Millis) {
        self.grows(seq, length(append));
        if append.seal {
            (self.seal_seq, self.seal_count, self.seal_at) = (seq.get(), self.seal_count + 1, now);
        }
    }
    /// The same of an entry that is no seal, by its bytes.
    pub fn grows(&mut self, seq: Seq, bytes: u64) {
        self.last = seq.get();
        self.bytes += bytes;
    }
    fn has_one_reader(&self) -> bool {
        self.class.has_one_reader()
    }
    fn kept(&self) -> u64 {
        self.last - self.gone_through
    }
    /// Entries of before version 7 of SQLite's schema are not counted.
    fn kept_bytes(&self) -> u64 {
        self.bytes.saturating_sub(self.gone_bytes)
    }
}

fn length(append: &Append) -> u64 {
    u64::try_from(append.ciphertext.len()).unwrap_or(u64::MAX)
}

/// Compared with when there is no such channel: no token hashes to zeros.
const NOBODY: [Right; 1] = [Right { token: TokenHash::new([0; 32]), stamped: false, once: false }];

/// The right that a token has. Rights stand in the order of their tokens, so that an inbox with many takes as long as one with
/// few: how many know it is nobody's business. What is compared on the way are hashes of what was shown, which tell nothing.
fn permitted(rights: &[Right], token: &TokenHash) -> Option<Right> {
    let place = rights.partition_point(|right| right.token.as_bytes() < token.as_bytes());
    let nearest = rights.get(place).or(rights.last())?;
    nearest.token.ct_matches(token).then_some(*nearest)
}

/// As [`Head::rights`] are to stand.
#[must_use]
pub fn in_order(mut rights: Vec<Right>) -> Vec<Right> {
    rights.sort_unstable_by(|a, b| a.token.as_bytes().cmp(b.token.as_bytes()));
    rights
}

/// The channel, for whoever holds its read token. One comparison, whether there is a channel or not.
#[must_use]
pub fn as_reader<'a>(head: Option<&'a Head>, token: &TokenHash) -> Option<&'a Head> {
    let [nobody] = &NOBODY;
    let good = head.map_or(&nobody.token, |h| &h.read).ct_matches(token);
    head.filter(|_| good)
}

/// Where the id of an append is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Nowhere: the answer does not depend on it.
    Nowhere,
    /// Among the entries of a log behind this seq; at most `max_lag` of them.
    Behind(ChannelKey, u64),
    /// Among the recent ids of inboxes; and how many appends this token has had in this window ([`window`]).
    Recent(ChannelKey),
    /// Among all ids of a return channel; and how many appends this token has had.
    Kept(ChannelKey),
}

/// What must be seen before an append can be judged.
#[derive(Clone, Copy, Debug)]
pub struct Need<'a> {
    /// where its id is looked for
    pub look: Look,
    /// a stamp that must be there, unspent
    pub stamp: Option<&'a TokenHash>,
    /// only who shows a right is judged further
    permitted: Option<(&'a Head, Right)>,
}

/// What was seen.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen {
    /// the entry under this id
    pub first: Option<First>,
    /// appends of this token to this inbox in this window, or to this return channel
    pub count: u32,
    /// the stamp is there, unspent
    pub stamp: bool,
}

/// An entry that was stored under the id of an append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct First {
    /// its place
    pub seq: Seq,
    /// accept time
    pub accepted_at: Millis,
    /// it is a seal
    pub seal: bool,
    /// it has the bytes of the append
    pub same_bytes: bool,
}

/// What an append comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judged {
    /// Nothing is stored.
    Refused(AppendRefused),
    /// It was stored before.
    Again(Appended),
    /// It gets this place.
    Store {
        /// behind the head
        seq: Seq,
        /// the stamp is spent with it
        spends: bool,
    },
}

/// The window that an instant is in, for [`Rules::inbox_appends_per_token`].
#[must_use]
pub fn window(rules: &Rules, now: Millis) -> u64 {
    now.get() / rules.inbox_window_ms.max(1)
}

/// First step: whether the token has a right, and what must be seen then.
#[must_use]
pub fn needs<'a>(head: Option<&'a Head>, rules: &Rules, append: &'a Append) -> Need<'a> {
    let right = permitted(head.map_or(&NOBODY, |h| &h.rights), &append.token);
    let taken = head.zip(right).filter(|(head, _)| head.class != ChannelClass::Casilla);
    let Some((head, right)) = taken else { return Need { look: Look::Nowhere, stamp: None, permitted: None } };
    let look = match head.class {
        ChannelClass::Inbox => Look::Recent(head.key),
        ChannelClass::Casilla | ChannelClass::Return => Look::Kept(head.key),
        ChannelClass::Log if append.read_to < head.last && out_of_reach(head, rules, append).is_none() => {
            Look::Behind(head.key, append.read_to)
        }
        ChannelClass::Log => Look::Nowhere,
    };
    Need { look, stamp: append.stamp.as_ref().filter(|_| right.stamped), permitted: Some((head, right)) }
}

/// Second step, at the store's instant: rates and quotas go by it, and not by accept times, which stand still after a clock was
/// put back.
#[must_use]
pub fn judge(need: &Need<'_>, seen: &Seen, rules: &Rules, now: Millis, append: &Append) -> Judged {
    let Some((head, right)) = need.permitted else { return Judged::Refused(AppendRefused::NotPermitted) };
    if let Some(refused) = out_of_reach(head, rules, append) {
        return Judged::Refused(refused);
    }
    if let Some(First { seq, accepted_at, seal, same_bytes }) = seen.first {
        let same = same_bytes && seal == append.seal;
        let again = Judged::Again(Appended { seq, accepted_at, again: true });
        return if same { again } else { Judged::Refused(AppendRefused::Conflict) };
    }
    if head.has_one_reader() && append.seal {
        return Judged::Refused(AppendRefused::NoSeals);
    }
    if let Some(seq) = Seq::new(head.seal_seq).filter(|s| !head.has_one_reader() && s.get() > append.read_to) {
        return Judged::Refused(AppendRefused::Sealed { seq });
    }
    if let Some(limited) = over_limit(head, seen.count, now, rules, append) {
        return Judged::Refused(AppendRefused::Limit(limited));
    }
    let Some(seq) = Seq::new(head.last + 1) else {
        return Judged::Refused(AppendRefused::Limit(Limited::beyond(Limit::MaxSeq, Seq::MAX)));
    };
    if right.stamped && !seen.stamp {
        return Judged::Refused(AppendRefused::Stamp);
    }
    Judged::Store { seq, spends: right.stamped }
}

/// Who writes to a log must know it nearly to its head; who writes to an inbox cannot read it.
fn out_of_reach(head: &Head, rules: &Rules, append: &Append) -> Option<AppendRefused> {
    let Head { last, gone_through, .. } = *head;
    if head.has_one_reader() {
        None
    } else if append.read_to > last {
        Some(AppendRefused::Ahead { head: last })
    } else if append.read_to < gone_through || last - append.read_to > u64::from(rules.max_lag) {
        Some(AppendRefused::CatchUp { head: last })
    } else {
        None
    }
}

/// Quotas and rates. A seal has room where an entry has none, and a pace of its own (I4).
fn over_limit(head: &Head, count: u32, now: Millis, rules: &Rules, append: &Append) -> Option<Limited> {
    let (kept, bytes) = (head.kept(), head.kept_bytes());
    let with_it = bytes.saturating_add(length(append));
    match (head.class, append.seal) {
        (ChannelClass::Log, true) => {
            let pause = if bytes >= rules.max_log_bytes { rules.full_seal_pause_ms } else { rules.seal_pause_ms };
            // also of a clock that was put back since: nobody waits for longer than the pause
            let since = now.get().abs_diff(head.seal_at.get());
            (head.seal_count >= u64::from(rules.free_seals) && since < pause).then(|| Limited {
                limit: Limit::SealPauseMs,
                value: pause,
                retry_after_ms: Some(pause - since),
            })
        }
        (ChannelClass::Log, false) if kept < rules.max_log_entries => {
            (with_it > rules.max_log_bytes).then_some(Limited::beyond(Limit::MaxLogBytes, rules.max_log_bytes))
        }
        (ChannelClass::Log, false) => Some(Limited::beyond(Limit::MaxLogEntries, rules.max_log_entries)),
        (ChannelClass::Inbox, _) if kept >= rules.max_inbox_entries => {
            Some(Limited::beyond(Limit::MaxInboxEntries, rules.max_inbox_entries))
        }
        (ChannelClass::Inbox, _) if with_it > rules.max_inbox_bytes => {
            Some(Limited::beyond(Limit::MaxInboxBytes, rules.max_inbox_bytes))
        }
        (ChannelClass::Inbox, _) => (count >= rules.inbox_appends_per_token).then(|| Limited {
            limit: Limit::InboxAppendsPerToken,
            value: rules.inbox_appends_per_token.into(),
            retry_after_ms: Some(rules.inbox_window_ms - now.get() % rules.inbox_window_ms.max(1)),
        }),
        (ChannelClass::Casilla | ChannelClass::Return, _) => {
            let most = rules.return_appends_per_token;
            let used = (count >= most).then_some(Limited::beyond(Limit::ReturnAppendsPerToken, most.into()));
            notices::kept(head, length(append), rules).err().or(used)
        }
    }
}

/// The rights that a channel opens with: a closed inbox has none, whatever is asked for.
#[must_use]
pub fn rights_at_open(open: &Open, closed: bool) -> Vec<Right> {
    if closed && open.class() == ChannelClass::Inbox { Vec::new() } else { in_order(open.append().to_vec()) }
}

/// Rights of channels of this class, at most.
fn most_rights(class: ChannelClass, rules: &Rules) -> (Limit, u32) {
    match class {
        ChannelClass::Log | ChannelClass::Inbox => (Limit::MaxInboxTokens, rules.max_inbox_tokens),
        ChannelClass::Casilla | ChannelClass::Return => (Limit::MaxKeptTokens, rules.max_kept_tokens),
    }
}

/// Of which channel a trim removes what, through which seq; none when that is gone already. `head` is the channel's, for its reader only
/// ([`as_reader`]).
pub fn trim(head: Option<&Head>, trim: &Trim) -> Result<Option<(ChannelKey, Seq)>, TrimRefused> {
    let head = head.ok_or(TrimRefused::NotPermitted)?;
    if !head.has_one_reader() {
        return Err(TrimRefused::NotAnInbox);
    }
    if trim.through.get() > head.last {
        return Err(TrimRefused::Ahead { head: head.last });
    }
    Ok((trim.through.get() > head.gone_through).then_some((head.key, trim.through)))
}

/// Which inbox a change is of, and its rights after it: first removed, then added. `head` is the channel's, for its reader
/// only ([`as_reader`]).
pub fn change(
    head: Option<&Head>,
    closed: bool,
    rules: &Rules,
    change: &ChangeTokens,
) -> Result<(ChannelKey, Vec<Right>), ChangeRefused> {
    let head = head.ok_or(ChangeRefused::NotPermitted)?;
    if !head.has_one_reader() {
        return Err(ChangeRefused::NotAnInbox);
    }
    let mut rights: Vec<Right> = head.rights.iter().filter(|r| !change.remove.contains(&r.token)).copied().collect();
    for add in &change.add {
        rights.retain(|r| r.token != add.token);
        rights.push(*add);
    }
    let (limit, most) = most_rights(head.class, rules);
    if rights.len() > usize::try_from(most).unwrap_or(usize::MAX) {
        return Err(ChangeRefused::Limit(Limited::beyond(limit, most.into())));
    }
    // a state may name any channel its inbox: only one that is an inbox closes with it
    if closed && head.class == ChannelClass::Inbox && !change.add.is_empty() {
        return Err(ChangeRefused::Limit(Limited::beyond(Limit::MaxInboxTokens, 0)));
    }
    Ok((head.key, in_order(rights)))
}
