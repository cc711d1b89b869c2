//! What contents mean (section 17 of PROTOCOL.md).

use crate::content::v1::content::Kind;
use crate::content::v1::{Allowed, Content};
use crate::conversation::Conversation;
use crate::mls;
use crate::people::Me;
use crate::wire::Key;
use crate::{Fail, account};
use data_encoding::HEXLOWER;
use prost::Message as _;
use serde_json::{Value, json};

impl Me {
    /// What a content does, in its place.
    pub fn content(&mut self, c: &mut Conversation, by: &Key, device: &[u8; 16], bytes: &[u8]) -> Result<(), Fail> {
        let content = Content::decode(bytes)?;
        if content.id.len() != 16 || !c.seen.insert([by.as_slice(), &content.id].concat()) {
            return Ok(());
        }
        let context = mls::context(&c.group.context().extensions)?;
        let admin = |a: &[u8]| context.admins.iter().any(|x| x == a);
        let sender = HEXLOWER.encode(by);
        let line = |kind: &str| json!({ "kind": kind, "id": HEXLOWER.encode(&content.id), "sender": sender });
        let upkeep = matches!(
            content.kind,
            Some(Kind::Leave(_) | Kind::Roster(_) | Kind::Delete(_) | Kind::Reaction(_) | Kind::Receipt(_))
        );
        if context.may_write() == Allowed::Admins && !admin(by) && !upkeep {
            c.history.push(line("refused"));
            return Ok(());
        }
        match &content.kind {
            Some(Kind::Text(text)) => {
                let mut line = line("text");
                line["text"] = json!(text.text);
                line["reply_to"] = json!(HEXLOWER.encode(&text.reply_to));
                c.history.push(line);
            }
            Some(Kind::Edit(edit)) => match find_own(&mut c.history, by, &edit.target) {
                Some(l) if l["sender"] == *sender && l["kind"] == "text" => {
                    l["text"] = json!(edit.text);
                    l["edited"] = json!(true);
                }
                Some(_) => c.history.push(line("unreadable")),
                None => {}
            },
            Some(Kind::Delete(delete)) => match find_own(&mut c.history, by, &delete.target) {
                Some(l) if l["sender"] == *sender && (l["kind"] == "text" || l["kind"] == "file") => {
                    *l = json!({ "kind": "deleted", "id": l["id"], "sender": l["sender"] });
                }
                Some(_) => c.history.push(line("unreadable")),
                None => {}
            },
            Some(Kind::Reaction(reaction)) => {
                if let Some(l) = find(&mut c.history, &reaction.target_by, &reaction.target) {
                    l["reactions"][&sender] = if reaction.sign.is_empty() { Value::Null } else { json!(reaction.sign) };
                }
            }
            Some(Kind::File(file)) => {
                let mut line = line("file");
                line["name"] = json!(file.name);
                c.history.push(line);
            }
            Some(Kind::Leave(_)) => {
                c.history.push(line("leaves"));
                // the first admin in leaf order answers at once; later ones would wait
                let mut accounts = c.members().into_iter().filter_map(|m| mls::who(m.signing_identity()).ok());
                if accounts.find(|(a, ..)| a != by && admin(a)).is_some_and(|(a, ..)| a == self.own.account.id) {
                    c.leaving.push(*by);
                }
            }
            Some(Kind::Roster(roster)) => {
                for member in &roster.members {
                    let entry = member.account.as_ref().ok_or("a roster without accounts")?;
                    let verified = account::verify(entry, &self.own.relay)?;
                    self.learn(verified);
                    if let (true, Ok(token)) = (member.device == device, member.inbox_token.as_slice().try_into()) {
                        c.tokens.insert(*device, token);
                    }
                }
            }
            // this client shows nobody how far the others are
            Some(Kind::Receipt(_)) => {}
            None => c.history.push(line("newer")),
        }
        Ok(())
    }
}

/// The message of that account and id; where the account is not named, the one that has the id, if it is one.
fn find<'a>(history: &'a mut [Value], by: &[u8], target: &[u8]) -> Option<&'a mut Value> {
    let (by, target) = (HEXLOWER.encode(by), HEXLOWER.encode(target));
    let mut found = history.iter_mut().filter(|l| l["id"] == *target && (by.is_empty() || l["sender"] == *by));
    let first = found.next().filter(|l| l["kind"] != "deleted");
    if found.next().is_some() { None } else { first }
}

/// What an edit or deletion names: the account's own message, or to be refused, another one's.
fn find_own<'a>(history: &'a mut [Value], by: &Key, target: &[u8]) -> Option<&'a mut Value> {
    let own = find(history, by, target).is_some();
    find(history, if own { by.as_slice() } else { &[] }, target)
}
