//! Who may commit what: a pure function of the GroupContext, the tree and what the committer signed, judged before anything
//! is applied, so that every member judges alike.
//!
//! | a Commit contains | allowed for |
//! |---|---|
//! | no proposal (fresh keys) | any member |
//! | Remove of a leaf and Add of a key package with the same account, device and signature key (re-add), in which the device agrees to that ([`group::consent`]) | any member |
//! | Add of other devices | admins of the GroupContext; any member where `may_add` is everyone; who is the only member |
//! | Remove of other accounts | admins |
//! | GroupContextExtensions that keep all but name, description, admins, `may_add`, `may_write` and `stays_s` of a group; who becomes an admin is a member afterwards | admins |
//! | GroupContextExtensions that keep all but `stays_s` of a conversation of two | both |
//! | what leaves no admin among the members, an admin of a group who stops being a member, or more than 1,000 devices | nobody |
//! | Add into a conversation of two, beyond its two admins; any other change of one | nobody |
//! | a proposal by reference, or of any other type | nobody |
//! | a path leaf with another credential or signature key than the committer has | nobody |
//! | a key of the path, a leaf or an init key that is not as long as its suite's keys are | nobody |

use super::fault::RoleError;
use super::group;
use super::group::Leaf;
use super::plain::{Added, Plain};
use crate::words;
use crate::words::{Body, Edit, Who};
use lacre_ground::ids::{AccountId, DeviceId};
use lacre_proto::content::v1::content::Kind;
use lacre_proto::content::v1::{Allowed, ConversationContext, ConversationKind};
use openmls::group::MlsGroup;
use openmls::prelude::{Extensions, GroupContext};
use serde::{Deserialize, Serialize};

/// Devices of a group.
pub const MAX_MEMBERS: usize = 1_000;

/// A leaf of a conversation, now or before: its credential says account and device, its key is what signs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SeenLeaf {
    pub(crate) account: AccountId,
    pub(crate) device: DeviceId,
    #[serde(with = "serde_bytes")]
    pub(crate) key: Vec<u8>,
}

/// Checks a Commit against the roles, by what its sender signed alone: before anything of it is applied.
pub(crate) fn judge(group: &MlsGroup, commit: &Plain) -> Result<(), RoleError> {
    let now = group::context(group.extensions()).map_err(|_| RoleError::Context)?;
    let member = group.member_at(commit.sender).ok_or(RoleError::Leaf)?;
    let (account, _) = group::who(&member.credential).ok_or(RoleError::Leaf)?;
    let suite = group.ciphersuite();
    if let Some((leaf, path)) = &commit.path {
        if leaf.credential != member.credential || leaf.signature_key != member.signature_key {
            return Err(RoleError::Leaf);
        }
        let whole = group::public_key_length(suite);
        if !path.iter().chain([&leaf.encryption_key]).all(|key| Some(*key) == whole) {
            return Err(RoleError::Key);
        }
    }
    let admin = is_admin(&now, account);
    let leaves = group::leaves(group);
    let replaced = replaced(group, commit);
    // who is alone made the group: an admin, or the maker of a successor, whose admins are to be added
    let alone = leaves.len() == 1;
    let adds = admin || alone || (now.kind() == ConversationKind::Group && now.may_add() == Allowed::Everyone);
    let mut added = Vec::new();
    for add in &commit.adds {
        if !add.has_whole_keys(suite) {
            return Err(RoleError::Key);
        }
        let (account, device) = group::who(&add.leaf.credential).ok_or(RoleError::Added)?;
        let again = replaced.contains(&add.leaf.signature_key);
        let held = leaves.iter().find(|l| l.account == account && l.device == device);
        match held {
            Some(held) if again && held.signature_key == add.leaf.signature_key => {
                if !agrees(group, held, add) {
                    return Err(RoleError::Consent);
                }
            }
            Some(_) => return Err(RoleError::Added),
            None if again => return Err(RoleError::Added),
            None if !adds => return Err(RoleError::NotAdmin),
            None => added.push((account, device)),
        }
    }
    for index in &commit.removes {
        let removed = group.member_at(*index).ok_or(RoleError::Proposal)?;
        if !replaced.contains(&removed.signature_key) && !admin {
            return Err(RoleError::NotAdmin);
        }
    }
    let next = match commit.contexts.as_slice() {
        [] => now.clone(),
        [_] if !admin => return Err(RoleError::NotAdmin),
        [change] => changed(&now, change)?,
        [..] => return Err(RoleError::Proposal),
    };
    added.sort();
    if added.windows(2).any(|pair| pair.first() == pair.last()) {
        return Err(RoleError::Added);
    }
    if now.kind() == ConversationKind::Two && added.iter().any(|(account, _)| !is_admin(&now, *account)) {
        return Err(RoleError::Two);
    }
    let stays = leaves.iter().filter(|l| !commit.removes.contains(&l.index) || replaced.contains(&l.signature_key));
    let after: Vec<AccountId> = stays.map(|l| l.account).chain(added.iter().map(|(account, _)| *account)).collect();
    if after.len() > MAX_MEMBERS && !added.is_empty() {
        return Err(RoleError::Full);
    }
    let is = |admin: &Vec<u8>, account: AccountId| account.as_bytes().as_slice() == admin;
    let missing = |admin: &&Vec<u8>| !after.iter().any(|m| is(admin, *m));
    // who becomes an admin is a member, and who is a member no longer is no admin
    let there = |admin: &Vec<u8>| now.kind() == ConversationKind::Group && leaves.iter().any(|l| is(admin, l.account));
    let wrong = next.admins.iter().filter(missing).any(|admin| !now.admins.contains(admin) || there(admin));
    if wrong || !after.iter().any(|m| is_admin(&next, *m)) { Err(RoleError::Admins) } else { Ok(()) }
}

/// The context after a change by an admin, if it changes only what may be changed.
fn changed(now: &ConversationContext, change: &Extensions<GroupContext>) -> Result<ConversationContext, RoleError> {
    let next = group::context(change).map_err(|_| RoleError::Context)?;
    let mut fixed = ConversationContext { stays_s: next.stays_s, ..now.clone() };
    if now.kind() == ConversationKind::Group {
        fixed.name.clone_from(&next.name);
        fixed.description.clone_from(&next.description);
        fixed.admins.clone_from(&next.admins);
        (fixed.may_add, fixed.may_write) = (next.may_add, next.may_write);
    } else if fixed != next {
        return Err(RoleError::Two);
    }
    // exactly our two extensions: no external senders, no weaker requirements
    let ours = group::extensions(&next).map_err(|_| RoleError::Context)?;
    if fixed != next || *change != ours { Err(RoleError::Context) } else { Ok(next) }
}

/// Signature keys of leaves that a Commit removes and adds again: re-adds.
fn replaced(group: &MlsGroup, commit: &Plain) -> Vec<Vec<u8>> {
    let removed = commit.removes.iter().filter_map(|index| group.member_at(*index)).map(|m| m.signature_key);
    removed.filter(|key| commit.adds.iter().any(|add| add.leaf.signature_key == *key)).collect()
}

/// The leaves of a tree that a conversation may have, or why it may not: what all who join judge it by. Of a tree and
/// GroupContext that came about by commits which [`judge`] let pass, all of this is true.
pub(crate) fn fit(context: &ConversationContext, group: &MlsGroup) -> Result<Vec<SeenLeaf>, RoleError> {
    let leaves = group::leaves(group);
    let mut devices: Vec<_> = leaves.iter().map(|l| (l.account, l.device)).collect();
    devices.sort_unstable();
    // a leaf of another shape would be a member whom nobody sees
    if leaves.len() != group.members().count() || devices.windows(2).any(|pair| pair.first() == pair.last()) {
        return Err(RoleError::Added);
    }
    if leaves.len() > MAX_MEMBERS {
        return Err(RoleError::Full);
    }
    let whole = |l: &Leaf| group.public_group().leaf(l.index).is_some_and(|leaf| group::has_whole_key(group.ciphersuite(), leaf));
    if !leaves.iter().all(whole) {
        return Err(RoleError::Key);
    }
    if context.kind() == ConversationKind::Two
        && (leaves.iter().any(|l| !is_admin(context, l.account))
            || !matches!(context.admins.as_slice(), [one, other] if one != other))
    {
        return Err(RoleError::Two);
    }
    let member = |admin: &Vec<u8>| leaves.iter().any(|l| l.account.as_bytes().as_slice() == admin);
    // of a successor all admins are named before all of them could be added, of a conversation of two both
    let all = context.kind() == ConversationKind::Group && context.origin.is_none();
    if !context.admins.iter().any(member) || (all && !context.admins.iter().all(member)) {
        return Err(RoleError::Admins);
    }
    let seen = |l: Leaf| SeenLeaf { account: l.account, device: l.device, key: l.signature_key };
    Ok(leaves.into_iter().map(seen).collect())
}

/// Whether the device of a leaf agreed that it is replaced by this key package. The directory hands key packages to
/// everybody: without that, whoever claims one throws its device out of its groups.
fn agrees(group: &MlsGroup, leaf: &Leaf, add: &Added) -> bool {
    let Some(consent) = &add.consent else { return false };
    let node = group.public_group().leaf(leaf.index);
    let Some(lost) = node.and_then(|node| group::leaf_hash(node).ok()) else { return false };
    consent.group_id == group.group_id().as_slice() && consent.lost_leaves.iter().any(|named| named.as_slice() == lost)
}

/// Whether a member's content is shown: upkeep always, anything else if the group lets him write. The same for every member,
/// for it follows from the epoch's GroupContext and the content alone.
pub(crate) fn may_say(context: &ConversationContext, account: AccountId, kind: Option<&Kind>) -> bool {
    !speaks(kind) || context.may_write() == Allowed::Everyone || is_admin(context, account)
}

/// Whether a content says something to the others. What only takes back, or stands beside what others said, does not.
pub(crate) fn speaks(kind: Option<&Kind>) -> bool {
    match kind {
        Some(Kind::Leave(_) | Kind::Roster(_) | Kind::Delete(_) | Kind::Reaction(_) | Kind::Receipt(_)) => false,
        Some(Kind::Text(_) | Kind::File(_) | Kind::Edit(_)) | None => true,
    }
}

/// What a GroupContext says, as an application sees it. The bounds have refused anything else.
pub(crate) fn allowed(allowed: Allowed) -> Who {
    match allowed {
        Allowed::Everyone => Who::Everyone,
        Allowed::Admins | Allowed::Unspecified => Who::Admins,
    }
}

pub(crate) fn wire_kind(kind: words::Kind) -> ConversationKind {
    match kind {
        words::Kind::Two => ConversationKind::Two,
        words::Kind::Group => ConversationKind::Group,
    }
}

pub(crate) fn wire(who: Who) -> i32 {
    match who {
        Who::Admins => Allowed::Admins.into(),
        Who::Everyone => Allowed::Everyone.into(),
    }
}

/// The context after these changes.
pub(crate) fn edited(now: &ConversationContext, edits: &[Edit]) -> ConversationContext {
    let mut next = now.clone();
    for edit in edits {
        match edit {
            Edit::Name(name) => next.name.clone_from(name),
            Edit::Description(text) => next.description.clone_from(text),
            Edit::Admin { account, on: true } if !is_admin(&next, *account) => next.admins.push(account.as_bytes().to_vec()),
            Edit::Admin { on: true, .. } => {}
            Edit::Admin { account, on: false } => next.admins.retain(|a| a.as_slice() != account.as_bytes()),
            Edit::MayAdd(who) => next.may_add = wire(*who),
            Edit::MayWrite(who) => next.may_write = wire(*who),
            Edit::Stays(seconds) => next.stays_s = *seconds,
        }
    }
    next
}

/// What members are told of a change, in one order for all. Who was removed was an admin until then: that is not said.
pub(crate) fn difference(now: &ConversationContext, next: &ConversationContext, removed: &[AccountId]) -> Vec<Body> {
    let mut out = Vec::new();
    if next.name != now.name {
        out.push(Body::Renamed { name: next.name.clone() });
    }
    if next.description != now.description {
        out.push(Body::Described { text: next.description.clone() });
    }
    let accounts = |of: &ConversationContext, not: &ConversationContext| -> Vec<AccountId> {
        let only = of.admins.iter().filter(|a| !not.admins.contains(a));
        only.filter_map(|a| AccountId::try_from(a.as_slice()).ok()).filter(|a| !removed.contains(a)).collect()
    };
    out.extend(accounts(next, now).into_iter().map(|whom| Body::AdminMade { whom }));
    out.extend(accounts(now, next).into_iter().map(|whom| Body::AdminUnmade { whom }));
    if next.may_add != now.may_add {
        out.push(Body::MayAdd(allowed(next.may_add())));
    }
    if next.may_write != now.may_write {
        out.push(Body::MayWrite(allowed(next.may_write())));
    }
    if next.stays_s != now.stays_s {
        out.push(Body::Stays(next.stays_s));
    }
    out
}

pub(crate) fn is_admin(context: &ConversationContext, account: AccountId) -> bool {
    context.admins.iter().any(|a| a.as_slice() == account.as_bytes())
}
