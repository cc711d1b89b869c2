//! The own inbox and the post: envelopes that came, uploads and envelopes that go out.

use super::apart::Round;
use super::upkeep;
use crate::network::{Entry, Lane, NetError, Network, Reason, Refusal};
use crate::shelf::{Cargo, Cx, Engine, Item, Own, POST};
use crate::words::{AccountTrouble, ContactState, Happening, StepError, Synced, Trouble, WaitingKind};
use crate::{account, ladder, messages, notices, queue, receive, shelf, words};
use lacre_ground::address::Authority;
use lacre_ground::ids::Generation;
use lacre_profile::Table;
use lacre_proto::relay::v1 as wire;
use std::sync::Arc;

/// Entries of one fetch.
pub(super) const PAGE: u32 = 256;
/// Rounds without end would be a bug of ours or a relay that plays with us.
pub(super) const MAX_ROUNDS: u32 = 10_000;
/// An invitation that a copy of this profile asked for stays in the inbox so long, milliseconds.
const LEFT_FOR_COPY_MS: u64 = 7 * 86_400_000;
/// First pause of what a relay refuses that forgot whose right it is, milliseconds.
const FORGOTTEN_PAUSE_MS: u64 = 60_000;
/// An upload that the relay refuses is tried again after this, milliseconds.
const REFUSED_PAUSE_MS: u64 = 3_600_000;

pub(super) fn inbox_request(own: &Own, max_entries: u32) -> wire::FetchRequest {
    wire::FetchRequest {
        channel: own.inbox.as_bytes().to_vec(),
        read_token: own.inbox_read.expose().to_vec(),
        from_seq: own.inbox_cursor + 1,
        max_entries,
    }
}

/// Envelopes that came: a page that was asked for already (when the own record stood so), then the rest.
pub(super) fn read_inbox(
    engine: &mut Engine,
    net: &mut dyn Network,
    mut first: Option<(Arc<Own>, Result<wire::FetchResponse, NetError>)>,
    synced: &mut Synced,
) -> Result<bool, Trouble> {
    let mut moved = false;
    for _ in 0..MAX_ROUNDS {
        let (own, page) = match first.take() {
            Some(asked) => asked,
            None => {
                let own = engine.own()?;
                let at = words::authority(&own.authority).map_err(StepError::into_trouble)?;
                let page = net.fetch(&at, Lane::Inbox, inbox_request(&own, PAGE));
                (own, page)
            }
        };
        let at = words::authority(&own.authority).map_err(StepError::into_trouble)?;
        let page = match page {
            Ok(page) => page,
            Err(e) if matches!(e.reason(), Some(Reason::NotPermitted | Reason::Ahead)) => {
                // a restored relay may not know the inbox at all
                upkeep::tell_restored_relay(engine, net, &at)?;
                continue;
            }
            Err(e) => return Err(e.into()),
        };
        let generation = Generation::try_from(page.generation.as_slice()).map_err(|e| Trouble::Protocol(e.to_string()))?;
        noticed_generation(engine, net, &at, generation)?;
        account::mend_inbox(engine, net, &at, &own, page.append_rights)?;
        let mut last = own.inbox_cursor;
        for raw in page.entries {
            let entry = Entry::try_from(raw)?;
            last = entry.seq.get();
            if take_envelope(engine, &entry)? {
                synced.received += 1;
                moved = true;
            }
        }
        if last >= page.head || last == own.inbox_cursor {
            break;
        }
    }
    if moved {
        trim_inbox(engine, net)?;
    }
    Ok(moved)
}

fn trim_inbox(engine: &mut Engine, net: &mut dyn Network) -> Result<(), Trouble> {
    let own = engine.own()?;
    let now = engine.clock.now();
    // what is for a copy of this profile stays for a while
    let left = own.left_for_copy.filter(|(_, since)| !since.is_over(now, LEFT_FOR_COPY_MS));
    let through = left.map_or(own.inbox_cursor, |(seq, _)| own.inbox_cursor.min(seq.saturating_sub(1)));
    if through > own.inbox_trimmed {
        let at = words::authority(&own.authority).map_err(StepError::into_trouble)?;
        let request = wire::TrimRequest {
            channel: own.inbox.as_bytes().to_vec(),
            read_token: own.inbox_read.expose().to_vec(),
            through_seq: through,
        };
        net.trim(&at, Lane::Inbox, request)?;
        engine.run(|cx| {
            let mut now = shelf::take_own(cx)?;
            now.inbox_trimmed = now.inbox_trimmed.max(through);
            now.left_for_copy = left;
            shelf::put_own(cx, now)
        })?;
    }
    Ok(())
}

pub(super) fn take_envelope(engine: &mut Engine, entry: &Entry) -> Result<bool, Trouble> {
    match engine.step(|cx| receive::receive_envelope(cx, entry, None)) {
        Ok(took) => Ok(took),
        Err(StepError::Trouble(t @ Trouble::Store(_))) => Err(t),
        Err(StepError::Skip(why) | StepError::Again(why)) => engine.run(|cx| receive::receive_envelope(cx, entry, Some(&why))),
        Err(StepError::Trouble(t)) => engine.run(|cx| receive::receive_envelope(cx, entry, Some(&t.to_string()))),
    }
}

pub(super) fn noticed_generation(
    engine: &mut Engine,
    net: &mut dyn Network,
    at: &Authority,
    generation: Generation,
) -> Result<(), Trouble> {
    let own = engine.own()?;
    let ours = words::authority(&own.authority).map_err(StepError::into_trouble)?;
    if ours == *at && engine.run(|cx| ladder::own_relay_restored(cx, generation))? {
        engine.watching = false;
        upkeep::tell_restored_relay(engine, net, at)?;
    }
    Ok(())
}

/// Uploads and envelopes, in order. One that fails rests alone; one that is refused for good leaves the queue, visibly.
pub(super) fn deliver_post(
    engine: &mut Engine,
    net: &mut dyn Network,
    round: &mut Round,
    synced: &mut Synced,
) -> Result<bool, Trouble> {
    let items: Vec<(u64, Item)> = engine.run(|cx| Ok(cx.s.scan(Table::Outbox, POST, 0, usize::MAX)?))?;
    let mut moved = false;
    let now = engine.clock.now();
    for (number, item) in items {
        if item.rests(now) {
            continue;
        }
        let sent = match &item.cargo {
            Cargo::Upload { authority, blob } => messages::upload(engine, net, number, authority, *blob),
            Cargo::Envelope { authority: at, inbox, token, stamped, entry, sealed, .. } => {
                let request = wire::AppendRequest {
                    channel: inbox.as_bytes().to_vec(),
                    append_token: token.expose().to_vec(),
                    entry_id: entry.as_bytes().to_vec(),
                    read_to: 0,
                    ciphertext: sealed.clone().into(),
                    seal: false,
                    receipt: false,
                    stamp: Vec::new(),
                };
                append_envelope(engine, net, at, request, *stamped).and_then(|()| engine.run(|cx| queue::sent(cx, number)))
            }
            Cargo::Answer { .. } => notices::send_answer(engine, net, number),
            Cargo::Content { .. } | Cargo::Seal { .. } | Cargo::Held { .. } => continue,
        };
        match sent {
            Ok(()) => {
                synced.delivered += 1;
                moved = true;
            }
            Err(Trouble::Refused(r)) if !matches!(r.reason, Reason::Limit | Reason::StoreDown) => {
                moved |= engine.run(|cx| refused_for_good(cx, number, &item, &r))?;
            }
            Err(e @ Trouble::Account(AccountTrouble::OtherRelay)) => {
                // of a program that took addresses of other relays
                engine.run(|cx| {
                    shelf::drop_item(cx, number)?;
                    shelf::unreadable(cx, None, format!("something to be sent was given up: {e}"))
                })?;
                moved = true;
            }
            Err(e) => {
                item_failed(engine, round, &item, e)?;
                if round.line_is_down() {
                    break;
                }
            }
        }
    }
    Ok(moved)
}

/// An item could not go out: it rests with its reason, and is given up only by time. `Err` is the own disk's.
pub(super) fn item_failed(engine: &mut Engine, round: &mut Round, item: &Item, why: Trouble) -> Result<(), Trouble> {
    let (text, number) = (why.to_string(), item.number);
    let until = round.item_failed(why)?;
    engine.run(|cx| {
        if !shelf::rest_item(cx, number, &text, until)? {
            return Ok(());
        }
        match &item.cargo {
            Cargo::Upload { .. } => queue::give_up_upload(cx, item, &text),
            // a body waits for it, and a person may have written it
            Cargo::Answer { .. } => Ok(()),
            _ => {
                shelf::drop_item(cx, number)?;
                shelf::unreadable(cx, None, format!("an envelope was given up: {text}"))
            }
        }
    })
}

fn append_envelope(
    engine: &mut Engine,
    net: &mut dyn Network,
    at: &str,
    request: wire::AppendRequest,
    stamped: bool,
) -> Result<(), Trouble> {
    let at = engine.run(|cx| shelf::ours(cx, at))?;
    if stamped {
        account::with_stamp(engine, net, |net, stamp| {
            net.append(&at, Lane::Directory, wire::AppendRequest { stamp, ..request.clone() })
        })?;
    } else {
        net.append(&at, Lane::Directory, request)?;
    }
    Ok(())
}

/// A right that was made for this sender works no longer: the public one is tried. When that is refused too, nobody
/// new may ask there. False if the envelope stays in the queue.
fn refused_for_good(cx: &mut Cx<'_, '_>, number: u64, sent: &Item, refusal: &Refusal) -> Result<bool, StepError> {
    // another program on this profile may have sent it meanwhile, or tried another right
    let Some(mut item) = shelf::item(cx, number)? else { return Ok(true) };
    let Cargo::Envelope { token, stamped, public, to, .. } = &mut item.cargo else {
        shelf::in_trouble(cx, number, &refusal.to_string(), Some(cx.now.plus(REFUSED_PAUSE_MS)))?;
        return Ok(false);
    };
    if !matches!(&sent.cargo, Cargo::Envelope { token: used, .. } if used.expose() == token.expose()) {
        return Ok(true);
    }
    let not_permitted = refusal.reason == Reason::NotPermitted;
    // A restored relay does not know the right, or the inbox, until its owner has come back and told it. (Who asks for the first
    // time is told at once that nobody new may. A yes is no such question: it waits for who asked.)
    let yes = match *to {
        Some(to) => shelf::contact(cx, to)?.is_some_and(|row| row.state == ContactState::Accepted),
        None => false,
    };
    let before = item.again || yes || item.what != WaitingKind::Request;
    if not_permitted && public.is_none() && before && queue::lately_restored(cx)? {
        let waited = cx.now.since(item.since).clamp(FORGOTTEN_PAUSE_MS, REFUSED_PAUSE_MS);
        shelf::in_trouble(cx, number, &refusal.to_string(), Some(cx.now.plus(waited)))?;
        return Ok(false);
    }
    if let Some(public) = public.take().filter(|_| not_permitted) {
        (*token, *stamped) = (public, true);
        shelf::put_item(cx, &item)?;
        return Ok(true);
    }
    let to = *to;
    shelf::drop_item(cx, item.number)?;
    if let (true, WaitingKind::Request, Some(account)) = (not_permitted, item.what, to)
        && let Some(mut row) = shelf::take_contact(cx, account)?.filter(|row| row.state == ContactState::Asked)
    {
        row.state = ContactState::NotTaken;
        shelf::put_contact(cx, row)?;
        shelf::event(cx, Happening::ContactNotTaken { account: *account.as_bytes() })?;
        return Ok(true);
    }
    shelf::unreadable(cx, None, format!("an envelope was refused for good: {refusal}"))?;
    Ok(true)
}
