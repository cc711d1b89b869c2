//! What a person types for a conversation, a member or a contact.
//!
//! | typed | names |
//! |---|---|
//! | `@ana` | the conversation of two with her, and never a group that somebody named so |
//! | all of an id | that conversation, whatever groups are named |
//! | `Mesa` | the group of that name, if there is one only |
//! | `3f2a9c1b` | the conversation whose id begins so (at least four characters), if no other group is named so |
//!
//! Names are compared composed (NFC): as people see them, not as a keyboard made them.

use crate::context::Context;
use crate::show::{short, title};
use lacre_core::Client;
use lacre_core::MessageTrouble;
use lacre_core::view::{Contact, Conversation, Kind, Message, Standing};
use lacre_ground::ids::{AccountId, Handle};
use lacre_words::failure::{Exit, Failure};
use lacre_words::shown::{composed, shown};
use lacre_words::words::key;

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
    match named.into_iter().next() {
        Some(contact) => Ok(contact),
        None => Err(nobody(ctx, client, &handle, key("error-no-such-contact"))),
    }
}

/// Nobody of this name is here, for this reason; or it is the person's own name, and that is said.
fn nobody(ctx: &Context, client: &mut Client, handle: &Handle, error: &'static str) -> Failure {
    let own = client.whoami().ok().flatten().is_some_and(|me| me.handle == *handle);
    let error = if own { key("error-own-name") } else { error };
    ctx.failure(error, Exit::No, &[("name", handle.to_string().into())])
}

/// The account of this name: a contact's, or a member's of a shared conversation.
pub(crate) fn person(ctx: &Context, client: &mut Client, typed: &str) -> Result<AccountId, Failure> {
    let handle = handle(ctx, typed)?;
    let own = client.whoami().map_err(|t| ctx.trouble(t))?.map(|me| me.account);
    let found = client.find_person(&handle).map_err(|t| ctx.trouble(t))?.filter(|found| Some(*found) != own);
    found.ok_or_else(|| nobody(ctx, client, &handle, key("error-nobody-here")))
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

/// Whether this is the person's own name: what is sent there is a note to oneself.
pub(crate) fn is_own(ctx: &Context, client: &mut Client, typed: &str) -> Result<bool, Failure> {
    let own = client.whoami().map_err(|t| ctx.trouble(t))?.map(|me| me.handle);
    Ok(own.is_some_and(|own| typed == format!("@{}", own.as_str())))
}

/// The conversation that was meant.
pub(crate) fn conversation(ctx: &Context, client: &mut Client, typed: &str) -> Result<Conversation, Failure> {
    let all = client.conversations().map_err(|t| ctx.trouble(t))?;
    picked(ctx, &all, typed).cloned()
}

/// A group that was meant.
pub(crate) fn group(ctx: &Context, client: &mut Client, typed: &str) -> Result<Conversation, Failure> {
    let found = conversation(ctx, client, typed)?;
    if found.kind == Kind::Group && !found.notes {
        return Ok(found);
    }
    Err(ctx.failure("error-not-a-group", Exit::No, &[("name", shown(typed).into())]))
}

/// What a conversation can be called by.
struct Called {
    /// all of its id, in hexadecimal
    id: String,
    /// the other one of two, without the `@`
    peer: Option<String>,
    /// the group's name, as somebody else chose it
    name: Option<String>,
    /// it has not ended for this person
    alive: bool,
}

impl From<&Conversation> for Called {
    fn from(c: &Conversation) -> Self {
        Self {
            id: c.id.to_hex(),
            peer: match c.notes {
                // with oneself
                true => c.members.first().and_then(|me| me.handle.as_ref()).map(|me| me.as_str().to_owned()),
                false => c.peer.as_ref().filter(|_| c.kind == Kind::Two).map(|peer| peer.as_str().to_owned()),
            },
            name: (c.kind == Kind::Group && !c.notes).then(|| composed(&c.name)),
            alive: !matches!(c.standing, Standing::Removed | Standing::Ended),
        }
    }
}

/// Which of them (by place) what was typed may mean: names of groups are chosen by others, so they never decide for a
/// person or an id. `@ana` is a person and nothing else, a whole id is that conversation; what is both a name and the beginning of an
/// id is both.
fn meant(all: &[Called], typed: &str) -> Vec<usize> {
    let places = |fits: &dyn Fn(&Called) -> bool| -> Vec<usize> {
        all.iter().enumerate().filter(|(_, c)| fits(c)).map(|(place, _)| place).collect()
    };
    // one that was left does not stand in the way of one that is alive and called the same
    let called = |fits: &dyn Fn(&Called) -> bool| {
        let alive = places(&|c| c.alive && fits(c));
        if alive.is_empty() { places(fits) } else { alive }
    };
    if let Some(handle) = typed.strip_prefix('@') {
        return called(&|c| c.peer.as_deref() == Some(handle));
    }
    let id = typed.to_ascii_lowercase();
    let whole = places(&|c| c.id == id);
    if !whole.is_empty() {
        return whole;
    }
    let name = composed(typed);
    let mut found = called(&|c| c.name.as_ref() == Some(&name));
    if typed.len() >= LEAST_OF_ID {
        found.extend(places(&|c| c.id.starts_with(&id)));
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Fewest characters of an id that name a conversation.
const LEAST_OF_ID: usize = lacre_core::limits::ID_DIGITS;

fn picked<'a>(ctx: &Context, all: &'a [Conversation], typed: &str) -> Result<&'a Conversation, Failure> {
    let called: Vec<Called> = all.iter().map(Called::from).collect();
    let found: Vec<&Conversation> = meant(&called, typed).into_iter().filter_map(|place| all.get(place)).collect();
    let name = || ("name", shown(typed).into());
    match found.as_slice() {
        [] => Err(ctx.failure("error-no-such-conversation", Exit::No, &[name()])),
        [one] => Ok(one),
        several => {
            let length = short_length(all);
            let choice = |c: &&Conversation| format!("{} ({})", short(&c.id.to_hex(), length), title(&ctx.words, c));
            let choices = several.iter().map(choice).collect::<Vec<_>>().join(", ");
            Err(ctx.failure("error-ambiguous-conversation", Exit::No, &[name(), ("choices", choices.into())]))
        }
    }
}

/// How many characters of their ids tell all conversations apart, from one another and from what groups are named: at
/// least eight.
pub(crate) fn short_length(all: &[Conversation]) -> usize {
    telling(&all.iter().map(Called::from).collect::<Vec<_>>())
}

fn telling(all: &[Called]) -> usize {
    let clash = |length: usize| {
        let mut cut: Vec<String> = all.iter().map(|c| short(&c.id, length)).collect();
        cut.sort_unstable();
        cut.windows(2).any(|pair| pair.first() == pair.last())
            || all.iter().filter_map(|c| c.name.as_ref()).any(|name| cut.contains(&name.to_ascii_lowercase()))
    };
    let longest = all.iter().map(|c| c.id.len()).max().unwrap_or(8).max(8);
    (8..longest).find(|length| !clash(*length)).unwrap_or(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two(id: &str, peer: &str) -> Called {
        Called { id: id.into(), peer: Some(peer.into()), name: None, alive: true }
    }
    fn group(id: &str, name: &str) -> Called {
        Called { id: id.into(), peer: None, name: Some(composed(name)), alive: true }
    }

    #[test]
    fn a_group_that_somebody_named_like_a_person_is_never_meant_by_that_persons_name() {
        let all = [two("3f2a9c1b00", "carla"), group("77aa000000", "@carla"), group("77ab000000", "@diego")];
        assert_eq!(meant(&all, "@carla"), [0]);
        // with whom there is no conversation yet
        assert_eq!(meant(&all, "@diego"), [0; 0]);
        assert_eq!(meant(&all, "77ab"), [2]);
    }

    #[test]
    fn a_group_that_somebody_named_like_an_id_gets_nothing_that_was_meant_for_that_conversation() {
        let mut all = [two("3f2a9c1b00", "carla"), group("77aa000000", "3f2a9c1b"), group("88aa000000", "3f2a9c1b00")];
        assert_eq!(meant(&all, "3f2a9c1b"), [0, 1]);
        assert_eq!(meant(&all, "3F2A9C1B"), [0], "names are taken as they are");
        assert_eq!(meant(&all, "3f2a9c1b00"), [0], "nobody takes a whole id away");
        assert_eq!(telling(&all), 9, "what lists show is no group's name");
        // also of one that was left: its history is meant, not somebody's group
        all[0].alive = false;
        assert_eq!(meant(&all, "3f2a9c1b"), [0, 1]);
    }

    #[test]
    fn the_same_letters_are_the_same_name_and_one_that_was_left_is_not_in_the_way() {
        let mut all = [group("aa11000000", "pen\u{303}a"), group("bb22000000", "peña"), group("cc33000000", "Mesa")];
        assert_eq!(meant(&all, "peña"), [0, 1]);
        assert_eq!(meant(&all, "pen\u{303}a"), [0, 1]);
        all[0].alive = false;
        assert_eq!(meant(&all, "peña"), [1]);
        all[1].alive = false;
        assert_eq!(meant(&all, "peña"), [0, 1]);
        assert_eq!((meant(&all, "Mesa"), meant(&all, "mesa"), meant(&all, "cc3")), (vec![2], vec![], vec![]));
        assert_eq!(meant(&all, "cc33"), [2]);
    }
}
