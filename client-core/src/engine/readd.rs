//! Asking to be re-added, and answering (DESIGN 6): the second rung of the recovery ladder.

use super::records::{Cargo, Intent, Invitee, Known};
use super::view::{ConversationId, Happening, Standing, WaitingKind};
use super::{Cx, StepError, group};
use lacre_audit::ids::DeviceId;
use lacre_proto::content::v1 as content;

/// First pause between two requests, milliseconds; it doubles up to [`LONGEST_PAUSE_MS`].
pub const FIRST_PAUSE_MS: u64 = 60_000;
/// Longest pause between two requests.
pub const LONGEST_PAUSE_MS: u64 = 3_600_000;
/// Devices that are asked at once; the next round asks the next ones.
const ASKED_AT_ONCE: usize = 8;

impl Cx<'_, '_> {
    /// Sends requests to other members' inboxes, when it is time to.
    pub(crate) fn ask_re_add(&mut self, id: &[u8]) -> Result<bool, StepError> {
        let mut conv = self.conv(id)?;
        if conv.standing != Standing::AskingToBeReAdded {
            return Ok(false);
        }
        if self.succeed_when_due(id)? {
            return Ok(true);
        }
        let tries = match conv.asked {
            Some((last, tries)) => {
                let pause = FIRST_PAUSE_MS.saturating_mul(1 << tries.min(10)).min(LONGEST_PAUSE_MS);
                if self.now.since(last) < pause {
                    return Ok(false);
                }
                tries
            }
            None => 0,
        };
        let own = self.own()?;
        let request = self.re_add_request(id, &mut conv, tries)?;
        let members = self.members(id)?;
        let others: Vec<_> = members.devices.iter().filter(|(account, _)| *account != own.account).copied().collect();
        // each device begins behind its own place, so that all are asked alike
        let before = members.devices.iter().take_while(|there| **there != (own.account, own.device));
        let before = before.filter(|(account, _)| *account != own.account).count();
        let start = before + usize::try_from(tries).unwrap_or(0) * ASKED_AT_ONCE;
        for i in 0..others.len().min(ASKED_AT_ONCE) {
            let Some((account, device)) = others.get((start + i) % others.len()).copied() else { continue };
            let kind = content::envelope_body::Kind::ReAdd(request.clone());
            let posted = self.post_to(account, Some(device), members.tokens.get(&device), kind, WaitingKind::Upkeep);
            // who cannot be asked is not asked; the others are
            let _unreachable: Result<(), String> = posted.map_or_else(out_of_reach, |()| Ok(Ok(())))?;
        }
        conv.asked = Some((self.now, tries + 1));
        self.put_conv(id, &mut conv)?;
        self.reached("re-add: asked")?;
        Ok(true)
    }

    /// A member's device asks this one. Dropped when its leaf is no longer in the tree.
    pub(crate) fn asked_to_re_add(
        &mut self,
        known: &Known,
        device: DeviceId,
        request: &content::ReAddRequest,
    ) -> Result<(), StepError> {
        let Some(id) = self.conversation_of(&request.group_id)? else {
            return Err(StepError::Skip("a re-add request for a conversation that is not here".into()));
        };
        let id = id.as_slice();
        let conv = self.conv(id)?;
        if conv.standing == Standing::AskingToBeReAdded {
            return self.also_asks(id, conv, known.account);
        }
        if conv.standing != Standing::Active {
            return Ok(());
        }
        let mls = self.take_group(id)?;
        let lost = group::leaves(&mls)
            .iter()
            .filter(|l| l.account == known.account && l.device == device)
            .filter_map(|l| mls.public_group().leaf(l.index))
            .filter_map(|node| group::leaf_hash(node).ok())
            .find(|hash| request.lost_leaves.iter().any(|named| named.as_slice() == hash));
        self.keep(mls);
        let Some(lost) = lost else { return Ok(()) };
        let invitee = Invitee { account: known.account, device, key_package: request.key_package.clone() };
        let intent = Intent::ReAdd { invitee, lost_leaf: lost.to_vec() };
        self.enqueue(Some(id), WaitingKind::Seal, Cargo::Seal { intent, prepared: None })?;
        self.reached("re-add: answering")
    }

    /// A copy of this profile was noticed, or it stepped back in time: a new profile secret, fresh key packages under the
    /// same signature key, and every conversation asks to be re-added (DESIGN 8).
    pub(crate) fn part_from_copy(&mut self) -> Result<(), StepError> {
        let mut own = self.own_to_change()?;
        own.profile_secret = super::records::Key32(lacre_audit::random::bytes(self.rng));
        own.renew_key_packages = true;
        self.put_own(&own)?;
        let all: Vec<Vec<u8>> = self.conversation_ids()?;
        for id in all {
            let mut conv = self.conv(&id)?;
            if conv.standing == Standing::Active {
                self.forget_group(&id)?;
                conv.standing = Standing::AskingToBeReAdded;
                conv.asked = None;
                self.put_conv(&id, &mut conv)?;
                self.encrypt_again(&id)?;
                self.event(Happening::StandingChanged { conversation: ConversationId(id), standing: conv.standing })?;
            }
        }
        self.event(Happening::CopyNoticed)?;
        self.reached("copy: parted")
    }
}
