//! What a person types for a conversation, a member or a contact.
//!
//! | typed | names |
//! |---|---|
//! | `@ana` | the conversation of two with her |
//! | `Mesa` | the group of that name, if there is one only |
//! | `3f2a9c1b` | the conversation whose id begins so (at least four characters) |

use crate::context::Context;
use lacre_core::Client;
use lacre_core::MessageTrouble;
use lacre_core::view::{Contact, Conversation, ConversationId, Kind, Message};
use lacre_ground::ids::{AccountId, Handle};
use lacre_words::failure::{Exit, Failure};
use lacre_words::shown::shown;

/// A public name as typed: the `@` may be left out.
pub(crate) fn handle(ctx: &Context, typed: &str) -> Result<Handle, Failure> {
    Handle::parse(typed).map_err(|_| ctx.failure("error-handle", Exit::Usage, &[("value", shown(typed).into())]))
}

/// The contact of this name.
pub(crate) fn contact(ctx: &Context, client: &mut Client, typed: &str) -> Result<Contact, Failure> {
    let handle = handle(ctx, typed)?;
    let contacts = client.contacts().map_err(|t| ctx.trouble(t))?;
    let mut named: Vec<Contact> = contacts.into_iter().filter(|c| c.handle == handle).collect();
    // who stands in the place of another is meant
    named.sort_by_key(|c| c.new_account.is_some());
    named.into_iter().next().ok_or_else(|| ctx.failure("error-no-such-contact", Exit::No, &[("name", handle.to_string().into())]))
}

/// The account of this name: a contact's, or a member's of a shared conversation.
pub(crate) fn person(ctx: &Context, client: &mut Client, typed: &str) -> Result<AccountId, Failure> {
    let handle = handle(ctx, typed)?;
    let found = client.find_person(&handle).map_err(|t| ctx.trouble(t))?;
    found.ok_or_else(|| ctx.failure("error-nobody-here", Exit::No, &[("name", handle.to_string().into())]))
}

/// The message whose id begins so.
pub(crate) fn message(ctx: &Context, client: &mut Client, typed: &str) -> Result<Message, Failure> {
    client.find_message(typed).map_err(|t| match t {
        lacre_core::Trouble::Message(MessageTrouble::NoSuchMessage) => {
            ctx.failure("error-no-such-message", Exit::No, &[("id", shown(typed).into())])
        }
        other => ctx.trouble(other),
    })
}

/// The accounts of these contacts.
pub(crate) fn contacts(ctx: &Context, client: &mut Client, typed: &[String]) -> Result<Vec<AccountId>, Failure> {
    typed.iter().map(|name| contact(ctx, client, name).map(|c| c.account)).collect()
}

/// The accounts of these members of a group.
pub(crate) fn members(ctx: &Context, group: &Conversation, typed: &[String]) -> Result<Vec<AccountId>, Failure> {
    let member = |name: &String| {
        let handle = handle(ctx, name)?;
        let found = group.members.iter().find(|m| m.handle.as_ref() == Some(&handle)).map(|m| m.account);
        found.ok_or_else(|| ctx.failure("error-not-a-member", Exit::No, &[("name", handle.to_string().into())]))
    };
    typed.iter().map(member).collect()
}

/// The conversation that was meant.
pub(crate) fn conversation(ctx: &Context, client: &mut Client, typed: &str) -> Result<Conversation, Failure> {
    let all = client.conversations().map_err(|t| ctx.trouble(t))?;
    pick(&all, typed).cloned().map_err(|why| why.failure(ctx, typed))
}

/// A group that was meant.
pub(crate) fn group(ctx: &Context, client: &mut Client, typed: &str) -> Result<Conversation, Failure> {
    let found = conversation(ctx, client, typed)?;
    if found.kind == Kind::Group {
        return Ok(found);
    }
    Err(ctx.failure("error-not-a-group", Exit::No, &[("name", shown(typed).into())]))
}

/// Why nothing was picked.
#[derive(Debug, PartialEq, Eq)]
enum NotPicked {
    /// nothing is called so
    None,
    /// these are all called so
    Several(Vec<ConversationId>),
}

impl NotPicked {
    fn failure(self, ctx: &Context, typed: &str) -> Failure {
        let name = shown(typed);
        match self {
            NotPicked::None => ctx.failure("error-no-such-conversation", Exit::No, &[("name", name.into())]),
            NotPicked::Several(ids) => {
                let ids: Vec<String> = ids.iter().map(|id| short(&id.to_hex(), 8)).collect();
                ctx.failure("error-ambiguous-conversation", Exit::No, &[("name", name.into()), ("ids", ids.join(", ").into())])
            }
        }
    }
}

fn pick<'a>(all: &'a [Conversation], typed: &str) -> Result<&'a Conversation, NotPicked> {
    let mut found: Vec<&Conversation> = if let Some(handle) = typed.strip_prefix('@') {
        all.iter().filter(|c| c.kind == Kind::Two && c.peer.as_ref().is_some_and(|p| p.as_str() == handle)).collect()
    } else {
        let named: Vec<_> = all.iter().filter(|c| c.kind == Kind::Group && c.name == typed).collect();
        if !named.is_empty() || typed.len() < 4 {
            named
        } else {
            let typed = typed.to_ascii_lowercase();
            all.iter().filter(|c| c.id.to_hex().starts_with(&typed)).collect()
        }
    };
    if found.len() > 1 {
        // A conversation that was left does not stand in the way of the one that is alive.
        let alive: Vec<_> = found.iter().copied().filter(|c| c.standing != lacre_core::view::Standing::Removed).collect();
        if alive.len() == 1 {
            found = alive;
        }
    }
    match found.as_slice() {
        [] => Err(NotPicked::None),
        [one] => Ok(one),
        several => Err(NotPicked::Several(several.iter().map(|c| c.id.clone()).collect())),
    }
}

/// How many characters of their ids tell all conversations apart: at least eight.
pub(crate) fn short_length(all: &[Conversation]) -> usize {
    let ids: Vec<String> = all.iter().map(|c| c.id.to_hex()).collect();
    let clash = |length: usize| {
        let mut cut: Vec<String> = ids.iter().map(|id| short(id, length)).collect();
        cut.sort_unstable();
        cut.windows(2).any(|pair| pair.first() == pair.last())
    };
    let longest = ids.iter().map(String::len).max().unwrap_or(8).max(8);
    (8..longest).find(|length| !clash(*length)).unwrap_or(longest)
}

/// The first characters of an id.
pub(crate) fn short(hex: &str, length: usize) -> String {
    hex.chars().take(length).collect()
}
