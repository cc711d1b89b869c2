//! A relay that was restored from a backup (I7): what this profile holds is put back, then read again.
//!
//! For the previous and the current channel: the relay's entries are compared with the raw entries kept here. What the
//! relay lacks is appended again, same bytes and ids, in order, the seal last. Reading then starts behind the last entry
//! that both agree on; what is known already is skipped by its id. When another seal stands in the place of the one that
//! was applied, the log wins, and this device asks to be re-added.

use super::calls;
use crate::network::{Entry, Lane, Network, Reason};
use crate::shelf::{Cargo, Conv, Cx, Engine, Item, Raw};
use crate::words::{ConversationId, Standing, StepError, Trouble};
use crate::{epoch, shelf};
use lacre_ground::address::Authority;
use lacre_ground::ids::{ChannelId, Token};
use lacre_profile::Table;
use lacre_proto::relay::v1 as wire;

/// How often a put-back is compared again when others put back at the same time.
const ROUNDS: u32 = 64;

/// Whether the relay has the very entry: ids are their writers' choice, so id, seal flag and bytes count.
fn same(entry: &Entry, kept: &Raw) -> bool {
    entry.id == kept.id && entry.seal == kept.seal && entry.ciphertext.as_ref() == kept.ciphertext.as_slice()
}

pub(crate) struct Place {
    channel: ChannelId,
    append: Token,
    read: Token,
    /// the binding seal of an ended channel
    seal: Option<lacre_ground::ids::EntryId>,
}

/// Compares and puts back; true when something of the conversation changed.
pub(super) fn put_back(engine: &mut Engine, net: &mut dyn Network, id: &ConversationId) -> Result<bool, Trouble> {
    let (conv, held) = engine.run(|cx| {
        let conv = shelf::conv(cx, id)?;
        let mut held = Vec::new();
        if let Some(p) = &conv.previous {
            let place = Place { channel: p.id, append: p.append.clone(), read: p.read.clone(), seal: Some(p.seal) };
            held.push((place, shelf::raw_entries(cx, &p.id, 0)?));
        }
        let c = &conv.channel;
        let place = Place { channel: c.id, append: c.append.clone(), read: c.read.clone(), seal: None };
        held.push((place, shelf::raw_entries(cx, &c.id, 0)?));
        Ok((conv, held))
    })?;
    let at = engine.run(|cx| shelf::ours(cx, &conv.authority))?;
    let mut agreed = 0;
    for (place, raw) in &held {
        match put_channel_back(engine, net, &at, place, raw)? {
            Some(last) => agreed = last,
            None => {
                engine.run(|cx| {
                    let mut now = shelf::take_conv(cx, id)?;
                    // another program on this profile, or the person, may have ended it meanwhile
                    if now.standing != Standing::Active || now.channel.id != conv.channel.id {
                        return Ok(());
                    }
                    now.put_back = false;
                    epoch::cannot_follow(cx, id, &mut now, "after the relay was restored another seal stands in its place", None)
                })?;
                return Ok(true);
            }
        }
    }
    engine.run(|cx| read_again(cx, id, &conv, agreed))?;
    Ok(true)
}

/// The last seq on which relay and profile agree; none when another seal stands in the place of the applied one.
fn put_channel_back(
    engine: &mut Engine,
    net: &mut dyn Network,
    at: &Authority,
    place: &Place,
    raw: &[Raw],
) -> Result<Option<u64>, Trouble> {
    calls::open_log(engine, net, at, &place.append, &place.read, place.channel)?;
    for _ in 0..ROUNDS {
        let from = raw.first().map_or(1, |r| r.seq);
        let (entries, head) = fetch_all(net, at, place, from)?;
        if let Some(applied) = place.seal {
            let mut before = entries.iter().take_while(|e| e.id != applied || !raw.iter().any(|r| same(e, r)));
            // another seal, or something else under the id of this one
            if before.any(|e| e.id == applied || (e.seal && !raw.iter().any(|r| same(e, r)))) {
                return Ok(None);
            }
        }
        let mut agreed = from.saturating_sub(1);
        for (entry, kept) in entries.iter().zip(raw) {
            if !same(entry, kept) || entry.seq.get() != kept.seq {
                break;
            }
            agreed = kept.seq;
        }
        let missing: Vec<&Raw> = raw.iter().filter(|r| !entries.iter().any(|e| same(e, r))).collect();
        let ordered = missing.iter().filter(|r| !r.seal).chain(missing.iter().filter(|r| r.seal));
        let mut known = head;
        let mut again = false;
        for kept in ordered {
            let request = wire::AppendRequest {
                channel: place.channel.as_bytes().to_vec(),
                append_token: place.append.expose().to_vec(),
                entry_id: kept.id.as_bytes().to_vec(),
                read_to: known,
                ciphertext: kept.ciphertext.clone().into(),
                seal: kept.seal,
                receipt: false,
                stamp: Vec::new(),
            };
            match net.append(at, Lane::Conversations, request) {
                Ok(answer) if answer.seq == known + 1 => known = answer.seq,
                Ok(_) => {
                    again = true;
                    break;
                }
                Err(e) if matches!(e.reason(), Some(Reason::Sealed | Reason::CatchUp)) => {
                    again = true;
                    break;
                }
                // somebody has put something else under its id: it cannot be put back, and the rest can
                Err(e) if e.reason() == Some(Reason::Conflict) => {}
                Err(e) => return Err(e.into()),
            }
        }
        if !again {
            return Ok(Some(agreed));
        }
    }
    Err(Trouble::Protocol("others put back faster than this device can compare".into()))
}

fn fetch_all(net: &mut dyn Network, at: &Authority, place: &Place, from: u64) -> Result<(Vec<Entry>, u64), Trouble> {
    let mut all: Vec<Entry> = Vec::new();
    loop {
        let next = all.last().map_or(from, |e| e.seq.get() + 1);
        let request = wire::FetchRequest {
            channel: place.channel.as_bytes().to_vec(),
            read_token: place.read.expose().to_vec(),
            from_seq: next,
            max_entries: 1024,
        };
        let page = match net.fetch(at, Lane::Conversations, request) {
            Ok(page) => page,
            Err(e) if e.reason() == Some(Reason::Ahead) => return Ok((all, next.saturating_sub(1))),
            Err(e) => return Err(e.into()),
        };
        let head = page.head;
        if page.entries.is_empty() {
            return Ok((all, head));
        }
        for entry in page.entries {
            all.push(Entry::try_from(entry)?);
        }
        if all.last().is_some_and(|e| e.seq.get() >= head) {
            return Ok((all, head));
        }
    }
}

/// {cursor back to where both agree; what was acknowledged but never met goes out again}.
fn read_again(cx: &mut Cx<'_, '_>, id: &ConversationId, seen: &Conv, agreed: u64) -> Result<(), StepError> {
    let mut conv = shelf::take_conv(cx, id)?;
    conv.put_back = false;
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
