//! A relay that was restored from a backup (I7): what this profile holds is put back, then read again.
//!
//! For every ended channel that is still held, the oldest first, and the current one: the relay's entries are compared with the raw entries kept here. What the
//! relay lacks is appended again, same bytes and ids, in order, the seal last. Reading then starts behind the last entry
//! that both agree on; what is known already is skipped. When another seal stands in the place of the one that
//! was applied, the log wins, and this device asks to be re-added.

use super::calls;
use crate::crypt::entry::open_entry;
use crate::history::Stored;
use crate::network::{Entry, Lane, NetError, Network, Reason};
use crate::shelf::{Cargo, Conv, Cx, Engine, EntryMark, Item};
use crate::words::{ConversationId, Standing, StepError, Trouble};
use crate::{epoch, shelf};
use lacre_ground::address::Authority;
use lacre_ground::ids::{ChannelId, ContentId, EntryId, Token};
use lacre_profile::Table;
use lacre_proto::relay::v1 as wire;
use std::collections::{BTreeSet, HashSet};

/// How often a put-back is compared again when others put back at the same time.
const ROUNDS: u32 = 64;
/// Messages of the history among which those are looked for that the relay lacked.
const LOOK_BACK: usize = 1_024;

/// Kept entries that are read in one step, to learn what there is.
const PAGE: usize = 64;

pub(crate) struct Place {
    channel: ChannelId,
    append: Token,
    read: Token,
    /// the binding seal of an ended channel
    seal: Option<EntryId>,
    /// what opens the entries of the present one
    key: Option<[u8; 32]>,
}

/// An entry without its bytes: at the relay, or kept here. Ids are their writers' choice, so its mark says which it is.
struct Known {
    seq: u64,
    id: EntryId,
    seal: bool,
    mark: EntryMark,
    /// a member can read it; what nobody can is kept nowhere
    opens: bool,
}

/// Compares and puts back; true when something of the conversation changed.
pub(super) fn put_back(engine: &mut Engine, net: &mut dyn Network, id: &ConversationId) -> Result<bool, Trouble> {
    let conv = engine.run(|cx| shelf::conv(cx, id))?;
    let before = conv.earlier.iter().chain(&conv.previous).map(|p| Place {
        channel: p.id,
        append: p.append.clone(),
        read: p.read.clone(),
        seal: Some(p.seal),
        key: None,
    });
    let c = &conv.channel;
    let now = Place { channel: c.id, append: c.append.clone(), read: c.read.clone(), seal: None, key: Some(c.entry_key.0) };
    let at = engine.run(|cx| shelf::ours(cx, &conv.authority))?;
    let (mut agreed, mut lacked) = (0, HashSet::new());
    for place in before.chain([now]) {
        match put_channel_back(engine, net, &at, &place, &mut lacked)? {
            Some(last) => agreed = last,
            None => {
                engine.run(|cx| {
                    let mut now = shelf::take_conv(cx, id)?;
                    // another program on this profile, or the person, may have ended it meanwhile
                    if now.standing != Standing::Active || now.channel.id != conv.channel.id {
                        return Ok(());
                    }
                    now.put_back = false;
                    note_unread(cx, id, &mut now, &lacked)?;
                    epoch::cannot_follow(cx, id, &mut now, "after the relay was restored another seal stands in its place", None)
                })?;
                return Ok(true);
            }
        }
    }
    engine.run(|cx| read_again(cx, id, &conv, agreed, &lacked))?;
    Ok(true)
}

/// What is kept of a channel, in the order of its seqs.
fn kept(engine: &mut Engine, channel: ChannelId) -> Result<Vec<Known>, Trouble> {
    let mut all: Vec<Known> = Vec::new();
    let mut from = 0;
    loop {
        let page = engine.run(|cx| shelf::raws(cx, channel, from, PAGE))?;
        let Some(last) = page.last() else { return Ok(all) };
        // several may stand in one place: it is read again, and what is known is passed over
        let next = last.seq.max(from + u64::from(page.first().is_some_and(|first| first.seq == last.seq)));
        let full = page.len() == PAGE;
        for raw in page {
            let known = Known { seq: raw.seq, id: raw.id, seal: raw.seal, mark: raw.mark(), opens: true };
            if !all.iter().rev().take_while(|k| k.seq == known.seq).any(|k| k.mark == known.mark) {
                all.push(known);
            }
        }
        if !full {
            return Ok(all);
        }
        from = next;
    }
}

/// The last seq on which relay and profile agree; none when another seal stands in the place of the applied one.
fn put_channel_back(
    engine: &mut Engine,
    net: &mut dyn Network,
    at: &Authority,
    place: &Place,
    lacked: &mut HashSet<EntryId>,
) -> Result<Option<u64>, Trouble> {
    calls::open_log(engine, net, at, &place.append, &place.read, place.channel)?;
    let kept = kept(engine, place.channel)?;
    let marks: BTreeSet<EntryMark> = kept.iter().map(|k| k.mark).collect();
    for _ in 0..ROUNDS {
        let from = kept.first().map_or(1, |k| k.seq);
        let (entries, before_this) = fetch_all(net, at, place, from)?;
        let there: BTreeSet<EntryMark> = entries.iter().map(|e| e.mark).collect();
        let missing: Vec<&Known> = kept.iter().filter(|k| !there.contains(&k.mark)).collect();
        lacked.extend(missing.iter().map(|k| k.id));
        if let Some(applied) = place.seal {
            let mut before = entries.iter().take_while(|e| e.id != applied || !marks.contains(&e.mark));
            // another seal, or something else under the id of this one
            if before.any(|e| e.id == applied || (e.seal && !marks.contains(&e.mark))) {
                return Ok(None);
            }
        }
        let ordered = missing.iter().filter(|k| !k.seal).chain(missing.iter().filter(|k| k.seal));
        let mut head = before_this;
        let mut again = false;
        for known in ordered {
            match put_entry_back(engine, net, at, place, known, head)? {
                Put::There(seq) => head = seq,
                Put::Compare => {
                    again = true;
                    break;
                }
                Put::Never => {}
            }
        }
        if !again {
            // the relay may end before what is kept here begins
            return Ok(Some(agreed(&kept, &entries, from).min(before_this)));
        }
    }
    Err(Trouble::Protocol("others put back faster than this device can compare".into()))
}

/// What became of an entry that the relay lacked.
enum Put {
    /// stored at this seq, behind everything that was compared
    There(u64),
    /// others write at the same time: compare again
    Compare,
    /// somebody has put something else under its id, or it is no longer kept: the rest can go back
    Never,
}

fn put_entry_back(
    engine: &mut Engine,
    net: &mut dyn Network,
    at: &Authority,
    place: &Place,
    known: &Known,
    head: u64,
) -> Result<Put, Trouble> {
    let Some(raw) = engine.run(|cx| shelf::raw(cx, place.channel, known.id, known.mark))? else { return Ok(Put::Never) };
    let request = wire::AppendRequest {
        channel: place.channel.as_bytes().to_vec(),
        append_token: place.append.expose().to_vec(),
        entry_id: raw.id.as_bytes().to_vec(),
        read_to: head,
        ciphertext: raw.ciphertext.into(),
        seal: raw.seal,
        receipt: false,
        stamp: Vec::new(),
    };
    match net.append(at, Lane::Conversations, request) {
        Ok(answer) if answer.seq == head + 1 => Ok(Put::There(answer.seq)),
        Ok(_) => Ok(Put::Compare),
        Err(e) if matches!(e.reason(), Some(Reason::Sealed | Reason::CatchUp)) => Ok(Put::Compare),
        Err(e) if e.reason() == Some(Reason::Conflict) => Ok(Put::Never),
        Err(e) => Err(e.into()),
    }
}

/// The last seq through which the relay has what is kept here, each in its place, and nothing else that a member can read.
fn agreed(kept: &[Known], entries: &[Known], from: u64) -> u64 {
    let mut agreed = from.saturating_sub(1);
    let mut kept = kept.iter().peekable();
    for entry in entries {
        let same = kept.peek().is_some_and(|k| k.seq == entry.seq && k.mark == entry.mark);
        if same {
            kept.next();
        } else if entry.opens || kept.peek().is_none_or(|k| k.seq <= entry.seq) {
            break;
        }
        agreed = entry.seq;
    }
    agreed
}

/// What the relay has of a channel from a seq on, without its bytes, and its head.
fn fetch_all(net: &mut dyn Network, at: &Authority, place: &Place, from: u64) -> Result<(Vec<Known>, u64), Trouble> {
    let mut all: Vec<Known> = Vec::new();
    loop {
        let next = all.last().map_or(from, |e| e.seq + 1);
        let page = match fetch(net, at, place, next, 1024) {
            Ok(page) => page,
            // it ends before what is kept here begins
            Err(e) if e.reason() == Some(Reason::Ahead) && all.is_empty() && from > 1 => {
                return Ok((all, fetch(net, at, place, 1, 1)?.head));
            }
            Err(e) if e.reason() == Some(Reason::Ahead) => return Ok((all, next.saturating_sub(1))),
            Err(e) => return Err(e.into()),
        };
        let head = page.head;
        if page.entries.is_empty() {
            return Ok((all, head));
        }
        for entry in page.entries {
            let entry = Entry::try_from(entry)?;
            let open = |key| open_entry(key, place.channel, entry.id, entry.seal, &entry.ciphertext).is_ok();
            let opens = place.key.as_ref().is_none_or(open);
            let mark = EntryMark::of_entry(&entry);
            all.push(Known { seq: entry.seq.get(), id: entry.id, seal: entry.seal, mark, opens });
        }
        if all.last().is_some_and(|e| e.seq >= head) {
            return Ok((all, head));
        }
    }
}

fn fetch(net: &mut dyn Network, at: &Authority, place: &Place, from: u64, most: u32) -> Result<wire::FetchResponse, NetError> {
    let (channel, read_token) = (place.channel.as_bytes().to_vec(), place.read.expose().to_vec());
    net.fetch(at, Lane::Conversations, wire::FetchRequest { channel, read_token, from_seq: from, max_entries: most })
}

/// {cursor back to where both agree; what was acknowledged but never met goes out again}.
fn read_again(
    cx: &mut Cx<'_, '_>,
    id: &ConversationId,
    seen: &Conv,
    agreed: u64,
    lacked: &HashSet<EntryId>,
) -> Result<(), StepError> {
    let mut conv = shelf::take_conv(cx, id)?;
    conv.put_back = false;
    note_unread(cx, id, &mut conv, lacked)?;
    if conv.channel.id == seen.channel.id {
        conv.channel.cursor = conv.channel.cursor.min(agreed);
        conv.channel.acked = 0;
        conv.channel.acked_item = 0;
        conv.channel.met_item = 0;
        conv.channel.reread = true;
        conv.channel.opened = true;
    }
    shelf::put_conv(cx, id, conv)?;
    let waiting: Vec<(u64, Item)> = cx.s.scan(Table::Outbox, id.as_bytes(), 0, usize::MAX)?;
    for (_, mut item) in waiting {
        if let Cargo::Content { prepared: Some(p), .. } | Cargo::Seal { prepared: Some(p), .. } = &mut item.cargo
            && p.seq.take().is_some()
        {
            shelf::put_item(cx, &item)?;
        }
    }
    cx.reached("restored: reading again")
}

/// Own messages whose entries the relay lacked: who comes back behind another seal has not read them, and what is put back
/// behind one nobody reads. They are said once more.
fn note_unread(cx: &mut Cx<'_, '_>, id: &ConversationId, conv: &mut Conv, lacked: &HashSet<EntryId>) -> Result<(), StepError> {
    if lacked.is_empty() {
        return Ok(());
    }
    let own = shelf::own(cx)?.account;
    let newest: Vec<(u64, Stored)> = cx.s.scan_back(Table::Message, id.as_bytes(), u64::MAX >> 1, LOOK_BACK)?;
    let mut unread: Vec<ContentId> = Vec::new();
    for (_, stored) in newest {
        let lacked = stored.proof.as_ref().is_some_and(|proof| lacked.contains(&proof.entry));
        if stored.sender == own && lacked && !conv.said_again.contains(&stored.id) {
            unread.push(stored.id);
        }
    }
    unread.reverse();
    conv.said_again.splice(0..0, unread);
    Ok(())
}
