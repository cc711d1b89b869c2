//! A second client of Lacre, written from PROTOCOL.md and the .proto files alone, on mls-rs. It has nothing of ours.
//!
//! It reads one command a line from its input, as JSON (`{"do": "say", …}`), and answers each with one line: `{"ok": …}`
//! or `{"error": …, "reason": …}`. Everything is in memory: it is a witness in tests, nobody's messenger. Suite 0x0003
//! only, one relay, one device. Not built here: files, successors, restored relays, copies, asking to be re-added; of
//! official notices the months of notice keys, and what follows by law.

mod account;
mod commits;
mod contents;
mod conversation;
mod mls;
mod net;
mod notices;
mod people;
mod resets;
mod wire;

/// Generated from the .proto files.
mod lacre {
    #![allow(clippy::all, dead_code, reason = "generated")]
    pub mod bounds {
        tonic::include_proto!("lacre.bounds");
    }
    pub mod relay {
        pub mod v1 {
            tonic::include_proto!("lacre.relay.v1");
        }
    }
    pub mod content {
        pub mod v1 {
            tonic::include_proto!("lacre.content.v1");
        }
    }
}
use lacre::{content, relay};

use content::v1::ConversationKind;
use content::v1::content::Kind;
use data_encoding::HEXLOWER;
use people::Me;
use serde_json::{Value, json};
use std::io::{BufRead as _, Write as _};

/// What went wrong, and the relay's reason if it was a refusal.
#[derive(Debug, Clone, PartialEq)]
pub struct Fail {
    pub reason: Option<String>,
    pub text: String,
}

impl Fail {
    pub fn new(text: &str) -> Self {
        Self { reason: None, text: text.to_owned() }
    }
    pub fn is(&self, reason: &str) -> bool {
        self.reason.as_deref() == Some(reason)
    }
}
impl From<&str> for Fail {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}
macro_rules! fails {
    ($($error:ty),*) => { $(impl From<$error> for Fail {
        fn from(e: $error) -> Self {
            Self::new(&format!("{e:?}"))
        }
    })* };
}
fails!(
    mls_rs::error::MlsError,
    mls_rs::error::ExtensionError,
    mls_rs::mls_rs_codec::Error,
    prost::DecodeError,
    rustls::Error,
    std::io::Error,
    serde_json::Error
);

/// Milliseconds since 1970.
pub fn now() -> u64 {
    u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap_or_default()
}

fn text<'a>(line: &'a Value, key: &str) -> Result<&'a str, Fail> {
    line[key].as_str().ok_or_else(|| Fail::new(&format!("the command has no text {key}")))
}

fn bytes(line: &Value, key: &str) -> Result<Vec<u8>, Fail> {
    HEXLOWER.decode(text(line, key)?.as_bytes()).map_err(|_| Fail::new(&format!("{key} is not hexadecimal")))
}

fn account(line: &Value) -> Result<wire::Key, Fail> {
    bytes(line, "account")?.try_into().map_err(|_| "an account has 32 bytes".into())
}

fn run(me: &mut Option<Me>, line: &Value) -> Result<Value, Fail> {
    let command = text(line, "do")?;
    if command == "enroll" {
        let made = me.insert(Me::enroll(text(line, "invitation")?, text(line, "handle")?)?);
        return Ok(json!({ "account": HEXLOWER.encode(&made.own.account.id) }));
    }
    let me = me.as_mut().ok_or("enroll first")?;
    let conversation = || bytes(line, "conversation");
    Ok(match command {
        "sync" => json!({ "moved": me.sync()?, "skipped": std::mem::take(&mut me.skipped) }),
        "ask" => json!(me.ask(text(line, "handle")?, text(line, "text")?)?),
        "contacts" => {
            let list = me.contacts.values().map(|c| json!([HEXLOWER.encode(&c.account), format!("{:?}", c.state)]));
            list.collect()
        }
        "accept" => json!(me.accept(&account(line)?)?),
        "create" => {
            let id = me.create(ConversationKind::Group, text(line, "name")?, vec![me.own.account.id.to_vec()])?;
            json!(HEXLOWER.encode(&id))
        }
        "add" => json!(me.add(&conversation()?, &[account(line)?])?),
        "remove" => json!(me.remove(&conversation()?, &[account(line)?])?),
        "update" => json!(me.update(&conversation()?)?),
        "rename" => json!(me.rename(&conversation()?, text(line, "name")?)?),
        "say" | "edit" | "delete" | "react" => {
            let kind = match command {
                "edit" => Kind::Edit(content::v1::Edit { target: bytes(line, "target")?, text: text(line, "text")?.to_owned() }),
                "delete" => Kind::Delete(content::v1::Delete { target: bytes(line, "target")? }),
                "react" => {
                    let (target, sign) = (bytes(line, "target")?, text(line, "sign")?.to_owned());
                    let target_by = bytes(line, "by")?;
                    Kind::Reaction(content::v1::Reaction { target, sign, target_by })
                }
                _ => {
                    let named = |field: &str| if line[field].is_null() { Ok(Vec::new()) } else { bytes(line, field) };
                    let (reply_to, reply_to_by) = (named("reply_to")?, named("reply_to_by")?);
                    Kind::Text(content::v1::Text { text: text(line, "text")?.to_owned(), reply_to, reply_to_by })
                }
            };
            // without reading first: whoever committed meanwhile is found out by the refusal
            me.at(&conversation()?, |me, c| {
                let id = c.enqueue(kind);
                me.flush(c)?;
                Ok(json!(HEXLOWER.encode(&id)))
            })?
        }
        "conversations" => {
            let mut list = Vec::new();
            for (id, c) in &me.conversations {
                let context = mls::context(&c.group.context().extensions)?;
                let members = c.members().into_iter().map(|m| mls::who(m.signing_identity()));
                let members = members.collect::<Result<Vec<_>, _>>()?;
                list.push(json!({
                    "id": HEXLOWER.encode(id),
                    "name": context.name,
                    "standing": format!("{:?}", c.standing),
                    "epoch": c.group.current_epoch(),
                    "authenticator": HEXLOWER.encode(c.group.epoch_authenticator()?.as_bytes()),
                    "members": members.iter().map(|(a, ..)| HEXLOWER.encode(a)).collect::<Vec<_>>(),
                }));
            }
            json!(list)
        }
        "address" => json!({ "once": me.address(text(line, "statement")?)? }),
        "notices" => json!({ "came": me.read_notices()?, "notices": me.notices.shown() }),
        "acknowledge" => json!(me.acknowledge(text(line, "notice")?)?),
        "reply" => json!(me.reply(text(line, "notice")?, text(line, "text")?)?),
        "history" => json!(me.conversations.get(&conversation()?).ok_or("no such conversation")?.history),
        _ => return Err("no such command".into()),
    })
}

fn main() {
    let mut me = None;
    for line in std::io::stdin().lock().lines() {
        let Ok(line) = line else { return };
        let answer = serde_json::from_str(&line).map_err(Fail::from).and_then(|line| run(&mut me, &line));
        let answer = answer.map_or_else(|e| json!({ "error": e.text, "reason": e.reason }), |ok| json!({ "ok": ok }));
        let mut out = std::io::stdout().lock();
        if writeln!(out, "{answer}").and_then(|()| out.flush()).is_err() {
            return;
        }
    }
}
