//! Conversations, contacts, links and what waits, as applications see them.

use crate::shelf::{Cargo, ContactRow, Cx, Engine, Intent, Item, LinkRow, RestRow};
use crate::words::{
    Contact, Conversation, ConversationId, Invited, Link, Member, MessageTrouble, NewAccount, Resting, RestingThing, Standing,
    StepError, Trouble, Waiting,
};
use crate::{book, history, queue, shelf, words};
use lacre_ground::address::ContactLink;
use lacre_ground::ids::AccountId;
use lacre_profile::{StoreError, Table};

/// All conversations, the newest first.
pub(crate) fn conversations(engine: &mut Engine) -> Result<Vec<Conversation>, Trouble> {
    engine.run(|cx| {
        let mut all = Vec::new();
        for id in shelf::conversation_ids(cx)? {
            match conversation_view(cx, &id) {
                Ok(view) => all.push(view),
                // its rows are damaged: it rests, and the others can be read
                Err(StepError::Trouble(Trouble::Store(StoreError::Damaged { .. }))) => {}
                Err(other) => return Err(other),
            }
        }
        all.sort_by_key(|c| std::cmp::Reverse(c.newest_at));
        Ok(all)
    })
}

/// One conversation.
pub(crate) fn conversation(engine: &mut Engine, id: &ConversationId) -> Result<Conversation, Trouble> {
    engine.run(|cx| conversation_view(cx, id))
}

/// What waits for the relay.
pub(crate) fn outbox(engine: &mut Engine) -> Result<Vec<Waiting>, Trouble> {
    engine.run(|cx| {
        let mut items: Vec<Item> = Vec::new();
        for scope in queue::queues(cx)? {
            let rows: Vec<(u64, Item)> = cx.s.scan(Table::Outbox, &scope, 0, usize::MAX)?;
            items.extend(rows.into_iter().map(|(_, item)| item));
        }
        items.sort_by_key(|i| i.number);
        items.retain(|item| !shelf::is_stored(item));
        let mut shown = Vec::with_capacity(items.len());
        for mut item in items {
            let cancellable = cancellable(cx, &item)?;
            if let Some(why) = goes_nowhere(cx, &item)? {
                item.trouble = Some(why);
            }
            shown.push(waiting_view(item, cancellable));
        }
        Ok(shown)
    })
}

/// Why nothing goes out of the conversation in whose queue an item stands: it waits for nobody.
fn goes_nowhere(cx: &mut Cx<'_, '_>, item: &Item) -> Result<Option<String>, StepError> {
    let Some(id) = &item.conversation else { return Ok(None) };
    let conv = match shelf::conv_or_none(cx, id) {
        // damaged rows rest by themselves, and what waits elsewhere is shown
        Err(StepError::Trouble(Trouble::Store(StoreError::Damaged { .. }))) => None,
        found => found?,
    };
    Ok(conv.and_then(|conv| match conv.standing {
        Standing::Active | Standing::AskingToBeReAdded => None,
        other => Some(MessageTrouble::NotActive(other).to_string()),
    }))
}

/// Nothing of it has left this machine. An entry that was prepared may have been tried; its id is used up, so it goes out.
pub(crate) fn untouched(item: &Item) -> bool {
    shelf::prepared(item).is_none() && !matches!(item.cargo, Cargo::Upload { .. } | Cargo::Envelope { .. } | Cargo::Answer { .. })
}

/// It can be taken out of the outbox: nothing of it has left, or nothing of it goes out any more. A conversation that rests comes
/// back with another channel, and an account that is no more does not come back at all: nobody misses the id.
pub(crate) fn cancellable(cx: &mut Cx<'_, '_>, item: &Item) -> Result<bool, StepError> {
    let own = shelf::own(cx)?;
    Ok(untouched(item) || own.replaced.is_some() || own.deleted || goes_nowhere(cx, item)?.is_some())
}

fn waiting_view(item: Item, cancellable: bool) -> Waiting {
    Waiting {
        id: item.number,
        cancellable,
        conversation: match &item.cargo {
            Cargo::Held { .. } => None,
            _ => item.conversation.clone(),
        },
        what: item.what,
        since: item.since,
        not_added: match &item.cargo {
            Cargo::Seal { intent: Intent::AddLater { why, .. }, .. } => Some(why.clone()),
            _ => None,
        },
        trouble: item.trouble,
    }
}

pub(crate) fn conversation_view(cx: &mut Cx<'_, '_>, id: &ConversationId) -> Result<Conversation, StepError> {
    let conv = shelf::conv(cx, id)?;
    let own = shelf::own(cx)?;
    let stored = shelf::members(cx, id)?;
    let mut members = Vec::new();
    for (account, device) in &stored.devices {
        members.push(Member {
            account: *account,
            device: *device,
            handle: book::name_in(cx, &stored, *account)?,
            admin: stored.admins.contains(account),
            own: *device == own.device && *account == own.account,
        });
    }
    let waiting: Vec<(u64, Item)> = cx.s.scan(Table::Outbox, id.as_bytes(), 0, usize::MAX)?;
    let invited = invited(cx, &waiting)?;
    let waiting =
        waiting.iter().filter(|(_, i)| !shelf::is_stored(i) && shelf::waiting_kind(i).and_then(history::body_of).is_some());
    let aside = shelf::aside(cx, id)?;
    Ok(Conversation {
        id: id.clone(),
        kind: conv.kind,
        name: conv.name.clone(),
        description: conv.description.clone(),
        may_add: conv.may_add,
        may_write: conv.may_write,
        stays_s: conv.stays_s,
        members,
        invited,
        peer: match conv.peer {
            Some(peer) => book::name_in(cx, &stored, peer)?,
            None => None,
        },
        suite: conv.suite,
        epoch: stored.epoch,
        epoch_authenticator: stored.authenticator.clone(),
        standing: conv.standing,
        messages: conv.position,
        unread: conv.position.saturating_sub(conv.read_through),
        waiting: u64::try_from(waiting.count()).unwrap_or(u64::MAX),
        newest_at: conv.newest_at,
        notes: shelf::notes(cx)?.as_ref() == Some(id),
        muted: aside.muted,
        archived: aside.archived_at.is_some_and(|place| conv.position <= place),
        resting: shelf::rest_of(cx, &RestingThing::Conversation(id.clone()))?.map(resting_view),
    })
}

fn resting_view(row: RestRow) -> Resting {
    Resting { thing: row.thing, since: row.since, until: row.until, cause: row.cause, why: row.why }
}

/// What failed and is tried again by itself.
pub(crate) fn resting(engine: &mut Engine) -> Result<Vec<Resting>, Trouble> {
    engine.run(|cx| Ok(shelf::rests(cx)?.into_iter().map(resting_view).collect()))
}

/// Whom the items of a queue are to add.
fn invited(cx: &mut Cx<'_, '_>, waiting: &[(u64, Item)]) -> Result<Vec<Invited>, StepError> {
    let mut all: Vec<Invited> = Vec::new();
    for (_, item) in waiting {
        let Cargo::Seal { intent, .. } = &item.cargo else { continue };
        let (accounts, why): (Vec<AccountId>, _) = match intent {
            Intent::Add { wanted, invitees } => {
                (wanted.iter().copied().chain(invitees.iter().map(|i| i.account)).collect(), None)
            }
            Intent::AddLater { account, why } => (vec![*account], Some(why.clone())),
            Intent::Remove { .. } | Intent::ReAdd { .. } | Intent::Change { .. } | Intent::Update => continue,
        };
        for account in accounts {
            if !all.iter().any(|invited| invited.account == account) {
                let handle = book::name_of(cx, account)?;
                all.push(Invited { account, handle, since: item.since, why: why.clone() });
            }
        }
    }
    Ok(all)
}

pub(crate) fn link_view(cx: &mut Cx<'_, '_>, row: LinkRow) -> Result<Link, StepError> {
    let own = shelf::own(cx)?;
    let link = ContactLink {
        authority: words::authority(&own.authority)?,
        handle: own.handle.clone(),
        account: own.account,
        token: row.token,
    };
    Ok(Link { number: row.number, name: row.name, made_at: row.made_at, link })
}

pub(crate) fn contact_view(cx: &mut Cx<'_, '_>, row: ContactRow) -> Result<Contact, StepError> {
    let trust = book::trust(cx, &row)?;
    Ok(Contact {
        account: row.account,
        handle: row.handle,
        state: row.state,
        text: row.text,
        since: row.since,
        conversation: row.conversation,
        trust,
        blocked: row.blocked.map(|blocked| blocked.since),
        new_account: row.replaced.map(|replaced| NewAccount { account: replaced.by, at: replaced.at }),
        nickname: shelf::nickname(cx, row.account)?,
    })
}
