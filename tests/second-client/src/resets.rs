//! Accounts that others stand in the place of: section 8 of PROTOCOL.md, "Resets".

use crate::Fail;
use crate::account;
use crate::content::v1::ConversationKind;
use crate::conversation::{Conversation, Standing};
use crate::mls;
use crate::people::Me;
use crate::relay::v1 as pb;
use crate::wire::Key;
use data_encoding::HEXLOWER;
use serde_json::json;
use std::collections::HashMap;

/// What the relay has told.
#[derive(Default)]
pub struct Resets {
    /// which account stands in the place of one, and since when
    known: HashMap<Key, (Key, u64)>,
    through: u64,
    of: Vec<u8>,
}

impl Resets {
    /// Whether a device of this account was out when the relay took something of its.
    pub fn is_out(&self, account: &Key, accepted_at_ms: u64) -> bool {
        self.known.get(account).is_some_and(|(_, at)| accepted_at_ms >= *at)
    }
    pub fn is_lost(&self, account: &Key) -> bool {
        self.known.contains_key(account)
    }
}

impl Me {
    /// Before anything is sent.
    pub fn ask_resets(&mut self) -> Result<(), Fail> {
        let mut anew = false;
        loop {
            let page = self.net.resets(pb::ResetsRequest { from: self.resets.through + 1 })?;
            let other = (!self.resets.of.is_empty() && self.resets.of != page.generation) || page.head < self.resets.through;
            self.resets.of.clone_from(&page.generation);
            if other && self.resets.through > 0 && !anew {
                (self.resets.through, anew) = (0, true);
                continue;
            }
            for note in &page.notes {
                self.resets.through += 1;
                match account::reset(note, &self.own.relay) {
                    Ok((replaces, account, _)) if replaces == account || replaces == self.own.account.id => {}
                    Ok((replaces, account, at)) => {
                        let first = *self.resets.known.entry(replaces).or_insert((account, at));
                        if first != (account, at) {
                            self.skipped.push("a second word on one reset".into());
                        }
                    }
                    Err(e) => self.skipped.push(format!("a reset: {}", e.text)),
                }
            }
            if page.notes.is_empty() || self.resets.through >= page.head {
                return Ok(());
            }
        }
    }

    /// Members of a conversation whose leaf is a lost account's.
    pub fn lost_in(&self, c: &Conversation) -> Vec<Key> {
        let members = c.members();
        let who = members.iter().filter_map(|m| mls::who(m.signing_identity()).ok()).map(|(account, ..)| account);
        who.filter(|account| self.resets.is_lost(account)).collect()
    }

    /// A conversation of two with a lost account rests; a group that nobody else leads ends.
    pub fn rest_lost(&mut self, c: &mut Conversation) -> Result<(), Fail> {
        let lost = self.lost_in(c);
        if lost.is_empty() || !c.active() {
            return Ok(());
        }
        let context = mls::context(&c.group.context().extensions)?;
        if context.kind() == ConversationKind::Two {
            c.standing = Standing::Replaced;
            return Ok(());
        }
        let members = c.members();
        let who = members.iter().filter_map(|m| mls::who(m.signing_identity()).ok()).map(|(account, ..)| account);
        let mut leads = who.filter(|account| context.admins.iter().any(|a| a == account) && !lost.contains(account));
        if leads.next().is_none() {
            end(c, &self.own.account.id);
        }
        Ok(())
    }
}

/// The group is over here.
pub fn end(c: &mut Conversation, own: &Key) {
    c.standing = Standing::Ended;
    c.history.push(json!({ "kind": "ended", "sender": HEXLOWER.encode(own) }));
}
