//! What a commit changes: who comes, who goes, who is added again.

use crate::epoch::{Change, PlaceTaken};
use crate::mls::{group, roles};
use crate::shelf::Cx;
use crate::words::{Body, StepError};
use lacre_ground::ids::AccountId;
use lacre_ground::time::Millis;
use openmls::group::MlsGroup;
use openmls::prelude::LeafNodeIndex;

/// Clocks of people who share a group may differ by so much, and nothing that was missed is left out.
const CLOCKS_DIFFER_MS: u64 = 600_000;

pub(super) fn changes(mls: &MlsGroup, committer: LeafNodeIndex, staged: &openmls::group::StagedCommit) -> Change {
    let by = mls.member(committer).and_then(group::who).map(|(account, _)| account);
    let replaced = group::replaced_keys(mls, staged);
    let (mut bodies, mut missed_since) = (Vec::new(), None);
    for removed in staged.remove_proposals() {
        if let Some(member) = mls.member_at(removed.remove_proposal().removed())
            && let Some((whom, _)) = group::who(&member.credential)
            && !replaced.contains(&member.signature_key)
        {
            bodies.push(Body::Removed { whom });
        }
    }
    for added in staged.add_proposals() {
        let leaf = added.add_proposal().key_package().leaf_node();
        if let Some((whom, _)) = group::who(leaf.credential()) {
            let again = replaced.iter().any(|k| k.as_slice() == leaf.signature_key().as_slice());
            if again {
                let made = group::made_at(added.add_proposal().key_package()).get();
                let asked = Millis::new(made.saturating_sub(CLOCKS_DIFFER_MS));
                missed_since = Some(missed_since.map_or(asked, |first: Millis| first.min(asked)));
            }
            bodies.push(if again { Body::ReAdded { whom } } else { Body::Added { whom } });
        }
    }
    if let (Ok(now), Ok(next)) = (group::context(mls.extensions()), group::context(staged.group_context().extensions())) {
        let gone: Vec<AccountId> =
            bodies.iter().filter_map(|b| if let Body::Removed { whom } = b { Some(*whom) } else { None }).collect();
        bodies.extend(roles::difference(&now, &next, &gone));
    }
    Change { by, bodies, missed_since }
}

/// By whose key package a commit that removes this device adds it again.
pub(super) fn own_place_taken(
    cx: &Cx<'_, '_>,
    mls: &MlsGroup,
    staged: &openmls::group::StagedCommit,
) -> Result<PlaceTaken, StepError> {
    let Some(own) = mls.own_leaf_node().map(|l| l.signature_key().as_slice().to_vec()) else { return Ok(PlaceTaken::No) };
    for added in staged.add_proposals() {
        let package = added.add_proposal().key_package();
        if package.leaf_node().signature_key().as_slice() == own {
            let ours = group::is_own_package(&cx.provider(), package)?;
            return Ok(if ours { PlaceTaken::ByOwnPackage } else { PlaceTaken::ByCopy });
        }
    }
    Ok(PlaceTaken::No)
}
