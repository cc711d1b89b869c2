//! Asking to be re-added, and answering (PROTOCOL.md, 19): the second rung of the recovery ladder.

use super::successor;
use crate::mls::group;
use crate::mls::group::Purpose;
use crate::shelf::{Cargo, Conv, Cx, Intent, Item, Key32};
use crate::words::{ConversationId, Happening, Standing, StepError, WaitingKind};
use crate::{epoch, queue, shelf};
use lacre_ground::ids::{AccountId, DeviceId};
use lacre_profile::Table;
use lacre_proto::content::v1 as content;
use prost::Message as _;
use serde_bytes::ByteBuf;

/// First pause between two requests, milliseconds; it doubles up to [`LONGEST_PAUSE_MS`].
pub const FIRST_PAUSE_MS: u64 = 60_000;
/// Longest pause between two requests.
pub const LONGEST_PAUSE_MS: u64 = 3_600_000;
/// Devices that are asked at once; the next round asks the next ones.
const ASKED_AT_ONCE: usize = 8;
/// After so many requests in a row (four days) a new key package is made once a day: older ones stay good for as long as they
/// are named.
const FRESH_PACKAGES: u32 = 96;
const PACKAGE_MS: u64 = 86_400_000;
/// Leaves that one request names, those of earlier requests' key packages among them (a month of asking).
pub const MAX_LOST_LEAVES: usize = 128;

/// Sends requests to other members' inboxes, when it is time to.
pub(crate) fn ask_re_add(cx: &mut Cx<'_, '_>, id: &ConversationId) -> Result<bool, StepError> {
    if shelf::conv(cx, id)?.standing != Standing::AskingToBeReAdded {
        return Ok(false);
    }
    if successor::succeed_when_due(cx, id)? {
        return Ok(true);
    }
    let mut conv = shelf::take_conv(cx, id)?;
    let tries = match conv.asked {
        Some((last, tries)) => {
            let pause = FIRST_PAUSE_MS.saturating_mul(1 << tries.min(10)).min(LONGEST_PAUSE_MS);
            if !last.is_over(cx.now, pause) {
                return Ok(false);
            }
            tries
        }
        None => 0,
    };
    let own = shelf::own(cx)?;
    let request = re_add_request(cx, id, &mut conv, tries)?;
    let members = shelf::members(cx, id)?;
    let mut others: Vec<_> = members.devices.iter().filter(|(account, _)| *account != own.account).copied().collect();
    // whose seal could not be followed is not given something to answer with, as long as there are others
    if let Some(by) = conv.stuck.as_ref().and_then(|stuck| stuck.by)
        && others.iter().any(|(account, _)| *account != by)
    {
        others.retain(|(account, _)| *account != by);
    }
    // each device begins behind its own place, so that all are asked alike
    let before = members.devices.iter().take_while(|there| **there != (own.account, own.device));
    let before = before.filter(|(account, _)| *account != own.account).count();
    let start = before + usize::try_from(tries).unwrap_or(0) * ASKED_AT_ONCE;
    for i in 0..others.len().min(ASKED_AT_ONCE) {
        let Some((account, device)) = others.get((start + i) % others.len()).copied() else { continue };
        let kind = content::envelope_body::Kind::ReAdd(request.clone());
        let posted = queue::post_to(cx, account, Some(device), members.tokens.get(&device), kind, WaitingKind::Upkeep);
        // who cannot be asked is not asked; the others are
        let _unreachable: Result<(), String> = posted.map_or_else(epoch::out_of_reach, |()| Ok(Ok(())))?;
    }
    conv.asked = Some((cx.now, tries + 1));
    shelf::put_conv(cx, id, conv)?;
    cx.reached("re-add: asked")?;
    Ok(true)
}

/// What this device asks the others: its leaf may be replaced by a key package that agrees to that. A new package for
/// each request, as long as there are few; its leaf is named by the next one, for somebody may answer and keep the Welcome.
fn re_add_request(
    cx: &mut Cx<'_, '_>,
    id: &ConversationId,
    conv: &mut Conv,
    tries: u32,
) -> Result<content::ReAddRequest, StepError> {
    if let Some((made, request)) = &conv.request
        && tries >= FRESH_PACKAGES
        && !made.is_over(cx.now, PACKAGE_MS)
    {
        return content::ReAddRequest::decode(request.as_slice()).map_err(|e| StepError::Again(e.to_string()));
    }
    let (own, signer, provider) = (shelf::own(cx)?, shelf::signer(cx)?, cx.provider());
    let group_id = shelf::group_of(cx, id)?.as_bytes().to_vec();
    let named = conv.own_leaves.iter().chain(&conv.asked_leaves).take(MAX_LOST_LEAVES);
    let lost_leaves: Vec<Vec<u8>> = named.map(|leaf| leaf.to_vec()).collect();
    let consent = content::ReAddConsent { group_id: group_id.clone(), lost_leaves: lost_leaves.clone() };
    let credential = group::credential(own.account, own.device, &signer.public());
    let purpose = Purpose::ReAdd(consent);
    let package = group::key_package(&provider, &*signer, credential, conv.suite, purpose, shelf::by_relay(&own, cx.now))?;
    conv.asked_leaves.insert(0, ByteBuf::from(group::leaf_hash(package.leaf_node())?));
    conv.asked_leaves.truncate(MAX_LOST_LEAVES);
    let key_package = group::encode_key_package(package)?;
    let request = content::ReAddRequest { group_id, key_package, lost_leaves };
    conv.request = Some((cx.now, ByteBuf::from(request.encode_to_vec())));
    Ok(request)
}

/// Of the requests of one device the newest counts: it names what the others named.
pub(crate) fn drop_earlier_request(
    cx: &mut Cx<'_, '_>,
    id: &ConversationId,
    account: AccountId,
    device: DeviceId,
) -> Result<(), StepError> {
    let waiting: Vec<(u64, Item)> = cx.s.scan(Table::Outbox, id.as_bytes(), 0, usize::MAX)?;
    for (number, item) in waiting {
        if let Cargo::Seal { intent: Intent::ReAdd { invitee, .. }, prepared: None } = &item.cargo
            && (invitee.account, invitee.device) == (account, device)
        {
            shelf::drop_item(cx, number)?;
        }
    }
    Ok(())
}

/// A copy of this profile was noticed, or it stepped back in time: a new profile secret, fresh key packages under the
/// same signature key, and every conversation asks to be re-added (PROTOCOL.md, 19).
pub(crate) fn part_from_copy(cx: &mut Cx<'_, '_>) -> Result<(), StepError> {
    let mut own = shelf::take_own(cx)?;
    own.profile_secret = Key32(lacre_ground::random::bytes(cx.rng));
    own.renew_key_packages = true;
    shelf::put_own(cx, own)?;
    let all: Vec<ConversationId> = shelf::conversation_ids(cx)?;
    for id in all {
        let mut conv = shelf::take_conv(cx, &id)?;
        if conv.standing == Standing::Active {
            shelf::forget_group(cx, &id)?;
            conv.standing = Standing::AskingToBeReAdded;
            conv.asked = None;
            shelf::put_conv(cx, &id, conv)?;
            epoch::encrypt_again(cx, &id)?;
            shelf::event(cx, Happening::StandingChanged { conversation: id, standing: Standing::AskingToBeReAdded })?;
        }
    }
    shelf::event(cx, Happening::CopyNoticed)?;
    cx.reached("copy: parted")
}
