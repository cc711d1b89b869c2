//! What a device that is taken back into a conversation holds against what it met there last.
//!
//! | what the invitation leads into | is |
//! |---|---|
//! | another kind or suite, another conversation before it, for two other people | refused: no commit changes that |
//! | a group in which who answers this device's request is an admin, and was none when it was here last | refused: nobody becomes an admin by his own word; others answer too |
//! | another name, description, other admins or rules | taken, with a line: an admin may have changed it meanwhile |

use crate::mls::roles;
use crate::shelf::{Conv, Members};
use crate::words::{Kind, Standing, Suite};
use lacre_ground::ids::AccountId;
use lacre_proto::content::v1 as content;

/// Why this is not the conversation that was here, or none.
pub(super) fn differs(
    conv: &Conv,
    members: &Members,
    from: AccountId,
    context: &content::ConversationContext,
    suite: Suite,
) -> Option<&'static str> {
    let before = conv.origin.as_ref().map(|origin| origin.group.as_slice());
    if context.kind() != roles::wire_kind(conv.kind) || suite != conv.suite {
        return Some("into another kind of conversation than was here");
    }
    if context.origin.as_ref().map(|origin| origin.group_id.as_slice()) != before {
        return Some("into a conversation with another one before it");
    }
    if conv.kind == Kind::Two && !members.admins.iter().all(|admin| roles::is_admin(context, *admin)) {
        return Some("into a conversation of two with others");
    }
    let was = members.admins.contains(&from);
    if conv.standing != Standing::Removed && roles::is_admin(context, from) && !was {
        return Some("by somebody who became an admin by it");
    }
    None
}

/// Whether something that admins may change is not as it was when this device was here last.
pub(super) fn changed(conv: &Conv, members: &Members, context: &content::ConversationContext) -> bool {
    let mut admins: Vec<AccountId> = context.admins.iter().filter_map(|a| AccountId::try_from(a.as_slice()).ok()).collect();
    let mut before = members.admins.clone();
    admins.sort_unstable();
    before.sort_unstable();
    context.name != conv.name
        || context.description != conv.description
        || roles::allowed(context.may_add()) != conv.may_add
        || roles::allowed(context.may_write()) != conv.may_write
        || context.stays_s != conv.stays_s
        || admins != before
}
