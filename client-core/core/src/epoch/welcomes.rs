//! Who comes in: invitations from the Adds of a seal, the roster that tells new members who is who, tokens for co-members.

use super::absent;
use crate::mls::group;
use crate::shelf::{Conv, Cx, Intent, Known, Members};
use crate::words::{AccountTrouble, ContactTrouble, ConversationId, StepError, Trouble, WaitingKind};
use crate::{book, queue, shelf};
use lacre_ground::ids::{AccountId, DeviceId, Token};
use lacre_proto::content::v1 as content;
use openmls::group::MlsGroup;
use openmls::prelude::KeyPackage;
use prost::Message as _;

/// Members in one Roster content, and bytes of all of them: a content must fit into an entry, and an account's states may be
/// many. One that alone is too long for a content is not told.
const ROSTER_ENTRIES: usize = 16;
const ROSTER_BYTES: usize = 180_000;
/// Bytes of accounts in what a joiner fetches: with the tree less than it takes (`joining::MAX_JOIN_STATE`).
const STATE_BYTES: usize = 12 << 20;

/// After the own commit was merged: tree blob and Welcomes into the post for those whom it added, the roster into the
/// conversation. The seal is met and past whatever becomes of them: who cannot be told is noted.
pub(crate) fn invite(
    cx: &mut Cx<'_, '_>,
    id: &ConversationId,
    conv: &mut Conv,
    mls: &MlsGroup,
    added: &[KeyPackage],
    welcome: Option<&[u8]>,
) -> Result<(), StepError> {
    let Some(welcome) = welcome.filter(|_| !added.is_empty()) else { return Ok(()) };
    let members = shelf::members(cx, id)?;
    let state = content::JoinState { ratchet_tree: group::tree(mls)?, members: roster(cx, &members)? };
    let reference = queue::local_blob(cx, &conv.authority, &mut state.encode_to_vec().as_slice())?;
    let provider = cx.provider();
    let mut news = Vec::new();
    for package in added {
        let Some((account, device)) = group::who(package.leaf_node().credential()) else { continue };
        let told = match group::cut_welcome(&provider, welcome, package) {
            Ok(welcome) => {
                let kind = content::envelope_body::Kind::Join(content::Join { welcome, state: Some(reference.clone()) });
                let token = members.tokens.get(&device);
                queue::post_to(cx, account, Some(device), token, kind, WaitingKind::Invitation)
                    .map_or_else(out_of_reach, |()| Ok(Ok(())))?
            }
            Err(e) => Err(e.to_string()),
        };
        if let Err(why) = told {
            let name = book::name_of(cx, account)?.map_or_else(|| account.to_string(), |handle| format!("@{handle}"));
            shelf::unreadable(cx, Some(id), format!("{name} was added and cannot be told: {why}"))?;
        }
        if let Some(known) = shelf::known(cx, account)? {
            news.push(roster_entry(device, &known, None));
        }
    }
    if members.devices.len() > added.len() + 1 {
        for some in rosters(news) {
            let kind = content::content::Kind::Roster(content::Roster { members: some });
            queue::enqueue_content(cx, id, WaitingKind::Upkeep, kind, None)?;
        }
    }
    give_token(cx, id)?;
    cx.reached("commit: invited")
}

/// What an intent wanted and its commit does not contain: it is wanted still.
pub(crate) fn add_who_was_left(cx: &mut Cx<'_, '_>, id: &ConversationId, intent: Intent) -> Result<(), StepError> {
    let Intent::Add { wanted, invitees } = intent else { return Ok(()) };
    let members = shelf::members(cx, id)?;
    let mut left: Vec<AccountId> = wanted.into_iter().chain(invitees.into_iter().map(|i| i.account)).collect();
    left.retain(|account| !members.devices.iter().any(|(there, _)| there == account));
    left.sort_unstable();
    left.dedup();
    absent::enqueue_adds(cx, id, &left)
}

/// Gives the other members a right to write to this device's inbox, once for each conversation.
pub(crate) fn give_token(cx: &mut Cx<'_, '_>, id: &ConversationId) -> Result<(), StepError> {
    let mut members = shelf::take_members(cx, id)?;
    if members.own_token.is_some() || members.devices.len() < 2 {
        return Ok(());
    }
    let Some(token) = shelf::hand_out_token(cx)? else { return Ok(()) };
    let own = shelf::own(cx)?;
    if let Some(known) = shelf::own_known(cx)? {
        let kind =
            content::content::Kind::Roster(content::Roster { members: vec![roster_entry(own.device, &known, Some(&token))] });
        queue::enqueue_content(cx, id, WaitingKind::Upkeep, kind, None)?;
    }
    members.own_token = Some(token);
    shelf::put_members(cx, id, members)
}

fn roster(cx: &mut Cx<'_, '_>, members: &Members) -> Result<Vec<content::RosterEntry>, StepError> {
    let own = shelf::own(cx)?;
    let mut out = Vec::new();
    let mut left = STATE_BYTES;
    for (account, device) in &members.devices {
        let known = if *account == own.account { shelf::own_known(cx)? } else { shelf::known(cx, *account)? };
        if let Some(known) = known {
            let token = if *device == own.device { members.own_token.as_ref() } else { members.tokens.get(device) };
            let entry = roster_entry(*device, &known, token);
            // joiners fetch no more than they can hold: whose account is left out tells its own
            left = left.saturating_sub(entry.encoded_len());
            if left > 0 && entry.encoded_len() <= ROSTER_BYTES {
                out.push(entry);
            }
        }
    }
    Ok(out)
}

/// What a member says of members. Accounts are verified; a token is believed only of the device that gives it.
pub(crate) fn learn_roster(
    cx: &mut Cx<'_, '_>,
    id: &ConversationId,
    from: DeviceId,
    roster: &content::Roster,
) -> Result<(), StepError> {
    let mut members = shelf::take_members(cx, id)?;
    for entry in &roster.members {
        match entry.account.as_ref().map(|account| book::learn_account(cx, account)) {
            None | Some(Ok(_)) => {}
            Some(Err(e @ StepError::Trouble(Trouble::Store(_)))) => return Err(e),
            Some(Err(why)) => shelf::unreadable(cx, Some(id), format!("roster: {why:?}"))?,
        }
        if let (Ok(device), Ok(token)) =
            (DeviceId::try_from(entry.device.as_slice()), Token::try_from(entry.inbox_token.as_slice()))
            && device == from
        {
            members.tokens.insert(device, token);
        }
    }
    shelf::put_members(cx, id, members)
}

/// Entries in Rosters that each fit into a content.
fn rosters(entries: Vec<content::RosterEntry>) -> Vec<Vec<content::RosterEntry>> {
    let mut out: Vec<Vec<content::RosterEntry>> = Vec::new();
    let mut bytes = 0;
    for entry in entries {
        let length = entry.encoded_len();
        if length > ROSTER_BYTES {
            continue;
        }
        match out.last_mut() {
            Some(some) if some.len() < ROSTER_ENTRIES && bytes + length <= ROSTER_BYTES => some.push(entry),
            _ => {
                out.push(vec![entry]);
                bytes = 0;
            }
        }
        bytes += length;
    }
    out
}

/// That somebody cannot be written to is no failure of whoever wanted to; anything else is.
pub(crate) fn out_of_reach(e: StepError) -> Result<Result<(), String>, StepError> {
    match e {
        StepError::Trouble(
            why @ (Trouble::Contact(ContactTrouble::NoSuchAccount | ContactTrouble::NotAccepted)
            | Trouble::Account(AccountTrouble::OtherRelay)),
        ) => Ok(Err(why.to_string())),
        StepError::Trouble(why @ Trouble::Account(AccountTrouble::OtherAddress)) => Ok(Err(why.to_string())),
        StepError::Skip(why) => Ok(Err(why)),
        other => Err(other),
    }
}

fn roster_entry(device: DeviceId, known: &Known, token: Option<&Token>) -> content::RosterEntry {
    content::RosterEntry {
        device: device.as_bytes().to_vec(),
        account: Some(known.entry()),
        inbox_token: token.map(|t| t.expose().to_vec()).unwrap_or_default(),
    }
}
