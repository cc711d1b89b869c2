//! Contacts.

use super::Client;
use crate::network::Network;
use crate::shelf::ContactRow;
use crate::words::{Contact, ContactTrouble, Conversation, Link, Safety, Trouble};
use crate::{account, book, people, shelf, views};
use lacre_ground::address::ContactLink;
use lacre_ground::ids::{AccountId, Handle};
use lacre_ground::safety::SafetyNumber;
use lacre_profile::Table;
use lacre_proto::relay::v1 as wire;

impl Client {
    /// Looks somebody up and puts a contact request into the post. When they asked before, this is a yes.
    ///
    /// # Errors
    /// [`ContactTrouble::NoSuchAccount`](crate::ContactTrouble::NoSuchAccount), [`ContactTrouble::Yourself`](crate::ContactTrouble::Yourself), [`Trouble::Offline`] (the directory must be asked), [`MessageTrouble::TooLong`](crate::MessageTrouble::TooLong).
    pub fn contact_add(&mut self, net: &mut dyn Network, handle: &Handle, text: &str) -> Result<Contact, Trouble> {
        people::add(&mut self.engine, net, handle, text)
    }

    /// Says yes to a request: the conversation of two begins.
    pub fn contact_accept(&mut self, account: &AccountId) -> Result<Contact, Trouble> {
        self.engine.run(|cx| {
            let row = people::accept(cx, *account)?;
            views::contact_view(cx, row)
        })
    }

    /// Says no. The other is not told.
    pub fn contact_decline(&mut self, account: &AccountId) -> Result<Contact, Trouble> {
        people::decline(&mut self.engine, account)
    }

    /// All contacts and requests, oldest first.
    pub fn contacts(&mut self) -> Result<Vec<Contact>, Trouble> {
        self.engine.run(|cx| {
            let mut rows: Vec<(u64, ContactRow)> = cx.s.scan(Table::Contact, b"", 0, usize::MAX)?;
            rows.sort_by_key(|(_, row)| row.since);
            rows.into_iter().map(|(_, row)| views::contact_view(cx, row)).collect()
        })
    }

    /// The verified name of an account, as far as this profile knows it.
    pub fn handle_of(&mut self, account: &AccountId) -> Result<Option<Handle>, Trouble> {
        self.engine.run(|cx| book::name_of(cx, *account))
    }

    /// Keeps an account away; one that is met in groups only, too. The other is told nothing.
    ///
    /// # Errors
    /// [`ContactTrouble::NoSuchAccount`](crate::ContactTrouble::NoSuchAccount) for an account that this profile has never met.
    pub fn contact_block(&mut self, account: &AccountId) -> Result<Contact, Trouble> {
        people::block(&mut self.engine, account)
    }

    /// Keeps an account away no longer.
    ///
    /// # Errors
    /// [`ContactTrouble::NoSuchContact`](crate::ContactTrouble::NoSuchContact).
    pub fn contact_unblock(&mut self, account: &AccountId) -> Result<Contact, Trouble> {
        people::unblock(&mut self.engine, account)
    }

    /// Whose name this is: a contact's, or a member's of a conversation whose keys are the account's.
    pub fn find_person(&mut self, handle: &Handle) -> Result<Option<AccountId>, Trouble> {
        people::find_person(&mut self.engine, handle)
    }

    /// The groups in which this account and another are both members.
    pub fn shared_groups(&mut self, account: &AccountId) -> Result<Vec<Conversation>, Trouble> {
        people::shared_groups(&mut self.engine, account)
    }

    /// Whether nobody new may ask.
    pub fn nobody_new(&mut self) -> Result<bool, Trouble> {
        self.engine.run(|cx| Ok(shelf::own(cx)?.nobody_new))
    }

    /// From now on nobody new may ask, or everybody again. The relay is told with the next synchronisation.
    pub fn set_nobody_new(&mut self, on: bool) -> Result<(), Trouble> {
        account::set_nobody_new(&mut self.engine, on)
    }

    /// Makes a link. Who has it may ask also while nobody new may. The name is for this person only.
    ///
    /// # Errors
    /// [`ContactTrouble::TooManyLinks`](crate::ContactTrouble::TooManyLinks), [`MessageTrouble::TooLong`](crate::MessageTrouble::TooLong).
    pub fn link_make(&mut self, name: &str) -> Result<Link, Trouble> {
        account::link_make(&mut self.engine, name)
    }

    /// The links that work, oldest first.
    pub fn links(&mut self) -> Result<Vec<Link>, Trouble> {
        self.engine.run(|cx| shelf::own(cx)?.links.iter().map(|row| views::link_view(cx, row.clone())).collect())
    }

    /// A link works no longer once the relay was told, which is with the next synchronisation.
    ///
    /// # Errors
    /// [`OutboxTrouble::NoSuchItem`](crate::OutboxTrouble::NoSuchItem).
    pub fn link_revoke(&mut self, number: u64) -> Result<(), Trouble> {
        account::link_revoke(&mut self.engine, number)
    }

    /// Asks the maker of a link. The link names the account, so that no registrar need be believed.
    ///
    /// # Errors
    /// [`AccountTrouble::OtherRelay`](crate::AccountTrouble::OtherRelay), [`ContactTrouble::NoSuchAccount`](crate::ContactTrouble::NoSuchAccount), [`Trouble::Offline`], [`MessageTrouble::TooLong`](crate::MessageTrouble::TooLong).
    pub fn contact_add_by_link(&mut self, net: &mut dyn Network, link: &ContactLink, text: &str) -> Result<Contact, Trouble> {
        people::add_by_link(&mut self.engine, net, link, text)
    }

    /// Takes the new account for the contact: what did not reach the person is sent to it, and it comes into the groups in which
    /// the old one was, where this account may add, as soon as it is a contact. Gives it, and the groups where others must do that.
    ///
    /// # Errors
    /// [`ContactTrouble::NoSuchContact`](crate::ContactTrouble::NoSuchContact) for a contact that was not reset; [`Trouble::Offline`],
    /// [`ContactTrouble::NoSuchAccount`](crate::ContactTrouble::NoSuchAccount) where only the reset is known, and the directory is asked.
    pub fn accept_reset(&mut self, net: &mut dyn Network, account: &AccountId) -> Result<(Contact, Vec<Conversation>), Trouble> {
        people::accept_reset(&mut self.engine, net, account)
    }

    /// Asks the directory for a contact's newest state.
    ///
    /// # Errors
    /// [`ContactTrouble::NoSuchContact`](crate::ContactTrouble::NoSuchContact), [`ContactTrouble::NoSuchAccount`](crate::ContactTrouble::NoSuchAccount), [`ContactTrouble::OtherAccountNow`](crate::ContactTrouble::OtherAccountNow), [`Trouble::Offline`].
    pub fn contact_refresh(&mut self, net: &mut dyn Network, account: &AccountId) -> Result<(), Trouble> {
        let row = self.engine.run(|cx| shelf::contact(cx, *account))?.ok_or(ContactTrouble::NoSuchContact)?;
        let entry = account::directory(&mut self.engine, net, wire::lookup_request::Who::Handle(row.handle.as_str().to_owned()))?;
        self.engine.run(|cx| {
            let known = book::learn_account(cx, &entry)?;
            let reset = shelf::contact(cx, *account)?.is_some_and(|row| row.replaced.is_some());
            if known.account == *account || reset { Ok(()) } else { Err(ContactTrouble::OtherAccountNow.into()) }
        })
    }

    /// The safety number with a contact.
    ///
    /// # Errors
    /// [`ContactTrouble::NoSuchContact`](crate::ContactTrouble::NoSuchContact).
    pub fn safety(&mut self, account: &AccountId) -> Result<Safety, Trouble> {
        people::safety(&mut self.engine, account)
    }

    /// Notes that this number was on a screen: to be called where it was shown.
    ///
    /// # Errors
    /// [`ContactTrouble::NoSuchContact`](crate::ContactTrouble::NoSuchContact).
    pub fn safety_shown(&mut self, account: &AccountId, number: &SafetyNumber) -> Result<(), Trouble> {
        people::safety_shown(&mut self.engine, account, number)
    }

    /// Records that the two people compared this number and found it alike.
    ///
    /// # Errors
    /// [`ContactTrouble::NoSuchContact`](crate::ContactTrouble::NoSuchContact), [`ContactTrouble::SafetyChanged`](crate::ContactTrouble::SafetyChanged) when it is another now.
    pub fn safety_confirm(&mut self, account: &AccountId, number: &SafetyNumber) -> Result<Contact, Trouble> {
        people::safety_confirm(&mut self.engine, account, number)
    }
}
