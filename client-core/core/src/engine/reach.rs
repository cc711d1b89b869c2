//! Who may ask to be a contact: everybody, nobody new, or who has a link (DESIGN 7).
//!
//! An inbox's public right stands in the account's state. "Nobody new" withdraws it at the relay and leaves the state as it
//! is: the directory does not say who wants to be left alone. A link carries a right of its own, and revoking it withdraws
//! that one. What the relay is to be told waits in the own record, and goes out with the next upkeep.

use super::people::MAX_REQUEST;
use super::records::{LinkRow, Own, Stage, TokenChange};
use super::rights::{TOKENS_AT_ONCE, public_right, rights_of};
use super::view::{Contact, Happening, Link};
use super::{Client, Cx, StepError, Trouble, authority};
use crate::network::{Lane, NetError, Network};
use lacre_ground::address::{Authority, ContactLink};
use lacre_ground::ids::Token;
use lacre_proto::relay::v1 as wire;

/// Links that one account may have at a time: each is a right of its inbox.
pub const MAX_LINKS: usize = 32;
/// Bytes of the name that a person gives to a link.
pub const MAX_LINK_NAME: usize = 100;
/// Withdrawn rights that are kept, so that a restored relay does not give them back: the newest.
const MAX_WITHDRAWN: usize = 1_024;

impl Client {
    /// Whether nobody new may ask.
    pub fn nobody_new(&mut self) -> Result<bool, Trouble> {
        self.run(|cx| Ok(cx.own()?.nobody_new))
    }

    /// From now on nobody new may ask, or everybody again. The relay is told with the next synchronisation.
    pub fn set_nobody_new(&mut self, on: bool) -> Result<(), Trouble> {
        self.run(|cx| {
            cx.living()?;
            let mut own = cx.own_to_change()?;
            if own.nobody_new == on {
                return Ok(());
            }
            own.nobody_new = on;
            let public = own.public_token.clone();
            own.token_changes.push(if on { TokenChange::Withdraw(public) } else { TokenChange::Public(public) });
            cx.put_own(&own)?;
            cx.reached("reach: changed")
        })
    }

    /// Makes a link. Who has it may ask also while nobody new may. The name is for this person only.
    ///
    /// # Errors
    /// [`Trouble::TooManyLinks`], [`Trouble::TooLong`].
    pub fn link_make(&mut self, name: &str) -> Result<Link, Trouble> {
        if name.len() > MAX_LINK_NAME {
            return Err(Trouble::TooLong { limit: 100 });
        }
        self.run(|cx| {
            if cx.living()?.links.len() >= MAX_LINKS {
                return Err(Trouble::TooManyLinks { limit: 32 }.into());
            }
            let token = cx.hand_out_token()?.ok_or(StepError::Again("no inbox token is ready".into()))?;
            let mut own = cx.own_to_change()?;
            own.links_made += 1;
            let row = LinkRow { number: own.links_made, name: name.to_owned(), made_at: cx.now, token };
            own.links.push(row.clone());
            cx.put_own(&own)?;
            cx.reached("reach: link made")?;
            cx.link_view(row)
        })
    }

    /// The links that work, oldest first.
    pub fn links(&mut self) -> Result<Vec<Link>, Trouble> {
        self.run(|cx| cx.own()?.links.iter().map(|row| cx.link_view(row.clone())).collect())
    }

    /// A link works no longer once the relay was told, which is with the next synchronisation.
    ///
    /// # Errors
    /// [`Trouble::NoSuchItem`].
    pub fn link_revoke(&mut self, number: u64) -> Result<(), Trouble> {
        self.run(|cx| {
            let mut own = cx.own_to_change()?;
            let at = own.links.iter().position(|row| row.number == number).ok_or(StepError::Trouble(Trouble::NoSuchItem))?;
            let row = own.links.remove(at);
            cx.put_own(&own)?;
            cx.withdraw_token(row.token)?;
            cx.reached("reach: link revoked")
        })
    }

    /// Asks the maker of a link. The link names the account, so that no registrar need be believed.
    ///
    /// # Errors
    /// [`Trouble::OtherRelay`], [`Trouble::NoSuchAccount`], [`Trouble::Offline`], [`Trouble::TooLong`].
    pub fn contact_add_by_link(&mut self, net: &mut dyn Network, link: &ContactLink, text: &str) -> Result<Contact, Trouble> {
        if text.len() > MAX_REQUEST {
            return Err(Trouble::TooLong { limit: 500 });
        }
        let own = self.own()?;
        let at = authority(&own.authority).map_err(StepError::into_trouble)?;
        if link.authority != at {
            return Err(Trouble::OtherRelay);
        }
        if link.account == own.account {
            return Err(Trouble::NoSuchAccount);
        }
        let who = wire::lookup_request::Who::Account(link.account.as_bytes().to_vec());
        let entry = self.directory(net, who)?;
        self.run(|cx| {
            let known = cx.learn_account(&entry)?;
            if known.account != link.account {
                return Err(Trouble::Protocol("the directory answered with another account".into()).into());
            }
            let row = cx.ask(&known, text, Some(&link.token))?;
            cx.contact_view(row)
        })
    }

    /// Rights that were withdrawn or given back since the relay was last told.
    pub(super) fn tell_token_changes(&mut self, net: &mut dyn Network, at: &Authority) -> Result<(), Trouble> {
        loop {
            let own = self.own()?;
            let some: Vec<&TokenChange> = own.token_changes.iter().take(TOKENS_AT_ONCE).collect();
            if some.is_empty() {
                return Ok(());
            }
            // in their order, and each alone if need be: a right may be withdrawn and given back
            let Some(first) = some.first() else { return Ok(()) };
            let alike = |change: &&&TokenChange| std::mem::discriminant(**change) == std::mem::discriminant(*first);
            let some: Vec<&TokenChange> = some.iter().take_while(alike).copied().collect();
            let (mut add, mut remove) = (Vec::new(), Vec::new());
            for change in &some {
                match change {
                    TokenChange::Withdraw(token) => remove.push(token.hash().as_bytes().to_vec()),
                    TokenChange::Public(token) => add.push(public_right(token)),
                }
            }
            let request = wire::ChangeTokensRequest {
                channel: own.inbox.as_bytes().to_vec(),
                read_token: own.inbox_read.expose().to_vec(),
                add,
                remove,
            };
            net.change_tokens(at, Lane::Inbox, request)?;
            let public_told = some.iter().any(|change| {
                let (TokenChange::Withdraw(token) | TokenChange::Public(token)) = change;
                token.expose() == own.public_token.expose()
            });
            let (told, before) = (some.len(), own.changes_told);
            self.run(|cx| {
                let mut own = cx.own_to_change()?;
                // another program on this profile may have told the relay meanwhile: what waits now may be something else
                if own.changes_told == before {
                    own.token_changes.drain(..told.min(own.token_changes.len()));
                    own.changes_told += 1;
                } else if public_told {
                    // and what was told just now may have come last, and undone it
                    let public = own.public_token.clone();
                    let now = if own.nobody_new { TokenChange::Withdraw(public) } else { TokenChange::Public(public) };
                    own.token_changes.push(now);
                }
                cx.put_own(&own)?;
                cx.reached("reach: told")
            })?;
        }
    }
}

impl Client {
    /// The relay said how many rights the own inbox has. When some are missing, others could no longer write here and nobody
    /// would be told: they are given back, once in the life of a program. `before` is the own record as it was before the
    /// relay was asked.
    pub(super) fn mend_inbox(&mut self, net: &mut dyn Network, at: &Authority, before: &Own, rights: u32) -> Result<(), Trouble> {
        let own = self.own()?;
        let settled = own.changes_told == before.changes_told && own.token_changes.is_empty() && before.token_changes.is_empty();
        let expected = rights_of(&own);
        let missing = u64::try_from(expected.len()).unwrap_or(u64::MAX).saturating_sub(rights.into());
        // another program on this profile may have changed them meanwhile; and before enrolment is done nothing is there
        if missing == 0 || !settled || rights_of(before).len() != expected.len() || own.stage != Stage::Ready || self.mended {
            return Ok(());
        }
        self.mended = true;
        for block in expected.chunks(TOKENS_AT_ONCE) {
            let request = wire::ChangeTokensRequest {
                channel: own.inbox.as_bytes().to_vec(),
                read_token: own.inbox_read.expose().to_vec(),
                add: block.to_vec(),
                remove: Vec::new(),
            };
            match net.change_tokens(at, Lane::Inbox, request) {
                Ok(_) => {}
                // it takes no more: what is missing stays missing, and nothing else waits for that
                Err(NetError::Refused(_)) => return Ok(()),
                Err(e) => return Err(e.into()),
            }
        }
        self.run(|cx| {
            // what was withdrawn while this was under way stays withdrawn
            let mut now = cx.own_to_change()?;
            let given: Vec<&Token> = own.spare_tokens.iter().chain(&own.given_tokens).chain([&own.public_token]).collect();
            let mut again: Vec<Token> = now.withdrawn_tokens.clone();
            again.extend(now.nobody_new.then(|| now.public_token.clone()));
            again.retain(|token| given.iter().any(|given| given.expose() == token.expose()));
            now.token_changes.extend(again.into_iter().map(TokenChange::Withdraw));
            cx.put_own(&now)?;
            cx.event(Happening::InboxMended { rights: missing })?;
            cx.reached("reach: mended")
        })
    }
}

impl Cx<'_, '_> {
    fn link_view(&mut self, row: LinkRow) -> Result<Link, StepError> {
        let own = self.own()?;
        let link = ContactLink {
            authority: authority(&own.authority)?,
            handle: own.handle.clone(),
            account: own.account,
            token: row.token,
        };
        Ok(Link { number: row.number, name: row.name, made_at: row.made_at, link })
    }

    /// A right that this device gave away works no longer once the relay was told.
    pub(super) fn withdraw_token(&mut self, token: Token) -> Result<(), StepError> {
        let mut own = self.own_to_change()?;
        own.given_tokens.retain(|given| given.expose() != token.expose());
        own.withdrawn_tokens.push(token.clone());
        let too_many = own.withdrawn_tokens.len().saturating_sub(MAX_WITHDRAWN);
        own.withdrawn_tokens.drain(..too_many);
        own.token_changes.push(TokenChange::Withdraw(token));
        self.put_own(&own)
    }

    /// A restored relay may know rights that were withdrawn since its backup.
    pub(super) fn withdraw_again(&mut self) -> Result<(), StepError> {
        let mut own = self.own_to_change()?;
        let withdrawn: Vec<TokenChange> = own.withdrawn_tokens.iter().cloned().map(TokenChange::Withdraw).collect();
        own.token_changes.extend(withdrawn);
        if own.nobody_new {
            own.token_changes.push(TokenChange::Withdraw(own.public_token.clone()));
        }
        own.pause_untold |= own.paused;
        self.put_own(&own)
    }
}
