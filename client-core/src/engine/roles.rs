//! Who may commit what: a pure function of the GroupContext and the Commit, so that every member judges alike.
//!
//! | a Commit contains | allowed for |
//! |---|---|
//! | no proposal (fresh keys) | any member |
//! | Remove and Add of one device with the same signature key (re-add) | any member |
//! | Add of other devices, Remove of other accounts | admins of the GroupContext |
//! | GroupContextExtensions that keep version, kind and relay, and leave an admin | admins |
//! | Add into a conversation of two, beyond its two admins | nobody |
//! | a proposal by reference, or of any other type | nobody |
//! | a path leaf with another credential or signature key than the committer has | nobody |

use super::group::{self, context, who};
use lacre_audit::ids::AccountId;
use lacre_proto::content::v1::{ConversationContext, ConversationKind};
use openmls::group::{MlsGroup, StagedCommit};
use openmls::prelude::{LeafNodeIndex, Proposal, ProposalOrRefType};

/// Why a Commit is void for everyone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RoleError {
    /// The GroupContext has no readable conversation context.
    #[error("the group context is not a conversation's")]
    Context,
    /// A proposal by reference, or of a type that conversations do not use.
    #[error("a proposal of a kind that conversations do not use")]
    Proposal,
    /// Only an admin may do this.
    #[error("only an admin may add, remove or change")]
    NotAdmin,
    /// An added credential is not account and device, or its device is a member already.
    #[error("an added device is not well-formed or already there")]
    Added,
    /// A third person in a conversation of two.
    #[error("a conversation of two has two people")]
    Two,
    /// The path leaf is another member's or has another key.
    #[error("the committer's leaf changed its identity")]
    Leaf,
}

/// Checks a staged Commit of member `sender` against the roles before it is merged.
pub(crate) fn judge(group: &MlsGroup, sender: LeafNodeIndex, staged: &StagedCommit) -> Result<(), RoleError> {
    let now = context(group.extensions()).map_err(|_| RoleError::Context)?;
    let member = group.member_at(sender).ok_or(RoleError::Leaf)?;
    let (account, _) = who(&member.credential).ok_or(RoleError::Leaf)?;
    if let Some(leaf) = staged.update_path_leaf_node()
        && (leaf.credential() != &member.credential || leaf.signature_key().as_slice() != member.signature_key)
    {
        return Err(RoleError::Leaf);
    }
    let admin = now.admins.iter().any(|a| a.as_slice() == account.as_bytes());
    let replaced = group::replaced_keys(group, staged);
    let leaves = group::leaves(group);
    let mut added = Vec::new();
    for queued in staged.queued_proposals() {
        if queued.proposal_or_ref_type() != ProposalOrRefType::Proposal {
            return Err(RoleError::Proposal);
        }
        match queued.proposal() {
            Proposal::Add(add) => {
                let leaf = add.key_package().leaf_node();
                let key = leaf.signature_key().as_slice().to_vec();
                let (account, device) = who(leaf.credential()).ok_or(RoleError::Added)?;
                let again = replaced.contains(&key);
                let held = leaves.iter().find(|l| l.account == account && l.device == device);
                match held {
                    Some(held) if again && held.signature_key == key => {}
                    Some(_) => return Err(RoleError::Added),
                    None if again => return Err(RoleError::Added),
                    None if !admin => return Err(RoleError::NotAdmin),
                    None => added.push((account, device)),
                }
            }
            Proposal::Remove(remove) => {
                let removed = group.member_at(remove.removed()).ok_or(RoleError::Proposal)?;
                if !replaced.contains(&removed.signature_key) && !admin {
                    return Err(RoleError::NotAdmin);
                }
            }
            Proposal::GroupContextExtensions(change) => {
                if !admin {
                    return Err(RoleError::NotAdmin);
                }
                let next = context(change.extensions()).map_err(|_| RoleError::Context)?;
                if next.version != now.version || next.kind != now.kind || next.authority != now.authority {
                    return Err(RoleError::Context);
                }
            }
            _ => return Err(RoleError::Proposal),
        }
    }
    added.sort();
    if added.windows(2).any(|pair| pair.first() == pair.last()) {
        return Err(RoleError::Added);
    }
    if now.kind() == ConversationKind::Two && added.iter().any(|(account, _)| !is_admin(&now, *account)) {
        return Err(RoleError::Two);
    }
    Ok(())
}

pub(crate) fn is_admin(context: &ConversationContext, account: AccountId) -> bool {
    context.admins.iter().any(|a| a.as_slice() == account.as_bytes())
}
