//! Single calls of the network for one conversation: append, open, claim, follow.

use super::reading;
use crate::epoch::Asked;
use crate::network::{Following, Lane, NetError, Network, Reason};
use crate::shelf::{Cargo, Engine, Intent, Invitee};
use crate::words::{ConversationId, NotAdded, RestingThing, Standing, StepError, Synced, Trouble};
use crate::{account, epoch, ladder, queue, shelf, words};
use lacre_ground::address::Authority;
use lacre_ground::ids::{AccountId, ChannelId, DeviceId, Seq, Token};
use lacre_proto::relay::v1 as wire;
use std::collections::HashMap;

/// What became of an append.
pub(super) enum Appended {
    /// stored; whether the channel must be read next
    Stored {
        /// a seal, or a store that was restored
        then_read: bool,
    },
    /// not stored: something that is not read yet lies before it
    Behind,
}

/// Appends.
pub(super) fn append(
    engine: &mut Engine,
    net: &mut dyn Network,
    id: &ConversationId,
    number: u64,
    at: &Authority,
    request: wire::AppendRequest,
    synced: &mut Synced,
) -> Result<Appended, Trouble> {
    let what = Sent::of(&request);
    let answer = net.append(at, Lane::Conversations, request);
    appended(engine, id, number, &what, answer, synced)
}

/// What of a request is needed for its answer.
pub(super) struct Sent {
    seal: bool,
    entry: Vec<u8>,
    channel: Vec<u8>,
}

impl Sent {
    pub(super) fn of(request: &wire::AppendRequest) -> Self {
        Self { seal: request.seal, entry: request.entry_id.clone(), channel: request.channel.clone() }
    }
}

/// The relay answered an append.
pub(super) fn appended(
    engine: &mut Engine,
    id: &ConversationId,
    number: u64,
    what: &Sent,
    answer: Result<wire::AppendResponse, NetError>,
    synced: &mut Synced,
) -> Result<Appended, Trouble> {
    let Sent { seal, entry, channel } = what;
    match answer {
        Ok(answer) => {
            let restored = engine.run(|cx| {
                queue::acknowledged(cx, id, number, entry, answer.seq)?;
                ladder::saw_generation(cx, id, &answer.generation)
            })?;
            synced.delivered += 1;
            Ok(Appended::Stored { then_read: *seal || restored })
        }
        Err(e) => {
            let why = e.to_string();
            match e.reason() {
                Some(Reason::Sealed | Reason::CatchUp) => Ok(Appended::Behind),
                Some(Reason::Conflict) => {
                    engine.run(ladder::part_from_copy)?;
                    Ok(Appended::Behind)
                }
                Some(Reason::Ahead | Reason::NotPermitted) => {
                    let channel = ChannelId::try_from(channel.as_slice()).map_err(|e| Trouble::Protocol(e.to_string()))?;
                    reading::reopen(engine, id, channel)?;
                    Ok(Appended::Behind)
                }
                _ => {
                    engine.run(|cx| shelf::in_trouble(cx, number, &why, None))?;
                    Err(e.into())
                }
            }
        }
    }
}

/// Opens a log; whoever comes first pays the stamp.
pub(super) fn open_log(
    engine: &mut Engine,
    net: &mut dyn Network,
    at: &Authority,
    append: &Token,
    read: &Token,
    channel: ChannelId,
) -> Result<Vec<u8>, Trouble> {
    let mut paid = None;
    let answer = account::with_stamp(engine, net, |net, stamp| {
        paid = Some(stamp.clone());
        let request = wire::OpenRequest {
            class: wire::ChannelClass::Log.into(),
            channel: channel.as_bytes().to_vec(),
            append: vec![wire::AppendRight { token_hash: append.hash().as_bytes().to_vec(), stamped: false, once: false }],
            read_token_hash: read.hash().as_bytes().to_vec(),
            stamp,
        };
        net.open(at, Lane::Conversations, request)
    })?;
    if let (false, Some(stamp)) = (answer.spent, paid)
        && let Ok(stamp) = lacre_ground::ids::Stamp::try_from(stamp.as_slice())
    {
        engine.run(|cx| account::push_stamp(cx, &stamp))?;
    }
    Ok(answer.generation)
}

/// Claims key packages for one account of a seal that adds.
pub(super) fn claim(
    engine: &mut Engine,
    net: &mut dyn Network,
    id: &ConversationId,
    number: u64,
    account: AccountId,
    suite: u32,
) -> Result<(), Trouble> {
    let own = engine.own()?;
    let at = words::authority(&own.authority).map_err(StepError::into_trouble)?;
    let answer = account::with_stamp(engine, net, |net, stamp| {
        net.claim(&at, wire::ClaimRequest { account: account.as_bytes().to_vec(), suite, stamp })
    });
    let none = |why| (Vec::new(), why);
    let (devices, why) = match answer {
        Ok(answer) => (answer.devices, NotAdded::NoKeyPackage),
        Err(Trouble::Refused(r)) if r.reason == Reason::NoKeyPackage => none(NotAdded::NoKeyPackage),
        Err(Trouble::Refused(r)) if r.reason == Reason::NoAccount => none(NotAdded::NoAccount),
        Err(Trouble::Refused(r)) if r.reason == Reason::Paused => none(NotAdded::Paused),
        Err(e) => return Err(e),
    };
    engine.run(|cx| {
        let Some(mut item) = shelf::item(cx, number)? else { return Ok(()) };
        // another program on this profile may have claimed, and even built the commit, meanwhile: its packages are used
        let Cargo::Seal { intent: Intent::Add { wanted, invitees }, prepared: None } = &mut item.cargo else {
            return Ok(());
        };
        if !wanted.contains(&account) {
            return Ok(());
        }
        wanted.retain(|w| *w != account);
        for found in &devices {
            if let Ok(device) = DeviceId::try_from(found.device.as_slice()) {
                invitees.push(Invitee { account, device, key_package: found.key_package.clone() });
            }
        }
        shelf::put_item(cx, &item)?;
        if devices.is_empty() {
            let mut conv = shelf::take_conv(cx, id)?;
            epoch::add_later(cx, id, &mut conv, account, &Asked::by(&item), why)?;
            shelf::put_conv(cx, id, conv)?;
        }
        cx.reached("commit: claimed")
    })
}

/// What is followed, and whose channel is whose.
pub(super) fn following(engine: &mut Engine) -> Result<(Vec<Following>, HashMap<ChannelId, RestingThing>), Trouble> {
    engine.run(|cx| {
        let own = shelf::own(cx)?;
        let mut set = Vec::new();
        let mut places = HashMap::new();
        set.push(Following {
            authority: words::authority(&own.authority)?,
            lane: Lane::Inbox,
            channel: own.inbox,
            read_token: own.inbox_read.clone(),
            from_seq: seq_after(own.inbox_cursor)?,
        });
        places.insert(own.inbox, RestingThing::Inbox);
        for period in shelf::periods(cx)?.iter().filter(|p| p.opened_in.is_some()) {
            let thing = RestingThing::Casilla(period.channel);
            if shelf::rest_of(cx, &thing)?.is_none() {
                set.push(Following {
                    authority: words::authority(&own.authority)?,
                    lane: Lane::Casilla,
                    channel: period.channel,
                    read_token: period.read.clone(),
                    from_seq: seq_after(period.cursor)?,
                });
                places.insert(period.channel, thing);
            }
        }
        for id in shelf::conversation_ids(cx)? {
            let conv = shelf::conv(cx, &id)?;
            // what rests is not followed: it would be delivered, and fail, again and again
            let rests = shelf::rest_of(cx, &RestingThing::Conversation(id.clone()))?.is_some();
            if !rests && conv.standing == Standing::Active && conv.channel.opened && shelf::is_ours(cx, &conv.authority)? {
                set.push(Following {
                    authority: shelf::ours(cx, &conv.authority)?,
                    lane: Lane::Conversations,
                    channel: conv.channel.id,
                    read_token: conv.channel.read.clone(),
                    from_seq: seq_after(conv.channel.cursor)?,
                });
                places.insert(conv.channel.id, RestingThing::Conversation(id));
            }
        }
        Ok((set, places))
    })
}

pub(super) fn seq_after(cursor: u64) -> Result<Seq, StepError> {
    Seq::new(cursor + 1).ok_or(StepError::Again("a channel at its end".into()))
}
