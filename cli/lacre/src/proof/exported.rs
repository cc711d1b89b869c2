//! A file of `lacre export`, checked by a third party: without a profile, without a network, with nothing but the file and the
//! keys of the relay.
//!
//! | it shows | by |
//! |---|---|
//! | whose account it is | the registrar's binding, under the relay's key |
//! | that a device of the account said this, here, in answer to that, at this time by its own clock | its signature over content, group, channel and entry |
//! | when the relay had stored it, and in which order | its receipt of the entry, where there is one |
//!
//! A line with something to read that no signature bears out is never passed over: it is false, or the verdict is INCOMPLETE.
//!
//! | line | without proof |
//! |---|---|
//! | text, file | it proves nothing: unproven |
//! | what a program says of what it met (members, rules, what is not shown) | taken as that, and said not to be checked |
//! | the same with words of somebody in it (a name, a description, a reason) | lacks a proof |
//! | any other kind | false |
//!
//! Nothing shows that no line was left out, who else was a member, or that a program told the truth of what it met.

use data_encoding::HEXLOWER;
use lacre_core::view::Body;
use lacre_core::{ExportedAccount, ExportedProof, ProofFault, ProofLack, Proven, Shown};
use lacre_evidence::Trust;
use lacre_ground::address::Authority;
use lacre_ground::ids::{AccountId, ChannelId, ContentId, DeviceId, EntryId, Handle};
use lacre_ground::time::Millis;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// What such a file begins with.
pub(crate) const FORMAT: &str = "lacre conversation export v1";

#[derive(Deserialize)]
struct File {
    format: String,
    relay: String,
    conversation: Conversation,
    accounts: Vec<Account>,
    messages: Vec<Line>,
}

#[derive(Deserialize)]
struct Conversation {
    id: String,
    peer: Option<String>,
    members: Vec<Member>,
}

#[derive(Deserialize)]
struct Member {
    handle: Option<String>,
    account: String,
    own: bool,
}

#[derive(Deserialize)]
struct Account {
    account: String,
    handle: String,
    states: Vec<String>,
    binding: String,
}

#[derive(Deserialize)]
struct Line {
    message: Message,
    proof: Option<Proof>,
}

#[derive(Deserialize)]
struct Message {
    id: String,
    conversation: String,
    position: Option<u64>,
    sender: Option<String>,
    sender_account: String,
    own: bool,
    sent_at: String,
    accepted_at: Option<String>,
    kind: String,
    text: Option<String>,
    file: Option<String>,
    size: Option<u64>,
    whom: Option<String>,
    reason: Option<String>,
    reply_to: Option<String>,
    first_sent_at: Option<String>,
    edited_at: Option<String>,
    stays_s: u32,
    reactions: Vec<serde::de::IgnoredAny>,
    receipts: Vec<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Proof {
    group: String,
    device: String,
    channel: String,
    entry: String,
    seq: u64,
    content: String,
    signature: String,
    receipt: Option<String>,
}

/// What a check of an export came to.
pub(crate) struct Checked {
    /// address of the relay that the file names
    pub(crate) relay: String,
    /// its key, in hexadecimal, to be compared
    pub(crate) key: String,
    /// whether the trust file names it; none without a trust file
    pub(crate) trusted: Option<bool>,
    /// texts and files that are signed as shown
    pub(crate) signed: usize,
    /// of these, with the relay's word for when it had stored them
    pub(crate) receipts: usize,
    /// texts and files that nothing proves, by id
    pub(crate) unproven: Vec<String>,
    /// what else is shown and not proved, by id of the line
    pub(crate) lacks: Vec<(String, Lack)>,
    /// what is wrong, by id
    pub(crate) faults: Vec<(String, ProofFault)>,
}

/// What is shown, and nothing proves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lack {
    /// of a line that is signed
    Signed(ProofLack),
    /// words in a line that no member signed
    Words,
    /// reactions, or the word of others that it came
    Others,
    /// a name that no account of the file bears
    Name,
    /// all: nothing in the file is signed
    Nothing,
}

/// Checks a file; none if it is no export.
pub(crate) fn check(bytes: &[u8], trust: Option<&Trust>) -> Option<Result<Checked, String>> {
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        return None;
    }
    let file: File = match serde_json::from_slice(bytes) {
        Ok(file) => file,
        // of another form, or a broken one: only what says that it is one is judged as one
        Err(e) => {
            let named = bytes.windows(FORMAT.len()).any(|window| window == FORMAT.as_bytes());
            return named.then(|| Err(e.to_string()));
        }
    };
    (file.format == FORMAT).then(|| checked(file, trust))
}

fn checked(file: File, trust: Option<&Trust>) -> Result<Checked, String> {
    let relay = Authority::parse(&file.relay).map_err(|e| e.to_string())?;
    let key = relay.identity();
    let among = |trust: &Trust| {
        let named = |keys: &[lacre_ground::note::NoteKey]| keys.iter().any(|k| k.key() == *key.as_bytes());
        // its identity signs the bindings, too: the registrar's own key is for public bodies
        named(&trust.keys.relays)
    };
    let mut out = Checked {
        relay: file.relay.clone(),
        key: HEXLOWER.encode(key.as_bytes()),
        trusted: trust.map(among),
        signed: 0,
        receipts: 0,
        unproven: Vec::new(),
        lacks: Vec::new(),
        faults: Vec::new(),
    };
    let accounts = file.accounts.iter().map(account).collect::<Result<Vec<_>, _>>()?;
    for known in &accounts {
        if let Err(fault) = known.check(&file.relay) {
            out.faults.push((known.handle.to_string(), fault));
        }
    }
    names(&file.conversation, &accounts, &mut out)?;
    let mut seen = Seen::default();
    for member in &file.conversation.members {
        seen.own.insert(id(&member.account)?, member.own);
    }
    let mut read = Read { file: &file, accounts: &accounts, seen };
    for line in &file.messages {
        read.line(line, &mut out)?;
    }
    if out.signed == 0 {
        out.lacks.push((file.conversation.id.clone(), Lack::Nothing));
    }
    Ok(out)
}

/// Whether the names of the conversation's members are theirs. That they are members, nothing says.
fn names(conversation: &Conversation, accounts: &[ExportedAccount], out: &mut Checked) -> Result<(), String> {
    for Member { handle, account, .. } in &conversation.members {
        let Some(handle) = handle else { continue };
        match bound(accounts, id(account)?) {
            Some(named) if named == *handle => {}
            Some(_) => out.faults.push((handle.clone(), ProofFault::Account)),
            None => out.lacks.push((handle.clone(), Lack::Name)),
        }
    }
    let Some(peer) = &conversation.peer else { return Ok(()) };
    let mut others = conversation.members.iter().filter(|m| !m.own).filter_map(|m| m.handle.as_ref()).peekable();
    if others.peek().is_none() {
        out.lacks.push((peer.clone(), Lack::Name));
    } else if others.all(|handle| handle != peer) {
        out.faults.push((peer.clone(), ProofFault::Account));
    }
    Ok(())
}

/// The name that the registrar bound to an account, if the file has that account.
fn bound(accounts: &[ExportedAccount], account: AccountId) -> Option<String> {
    accounts.iter().find(|a| a.account == account).map(|a| a.handle.to_string())
}

/// What the lines that were read leave to compare the next ones with.
#[derive(Default)]
struct Seen {
    position: u64,
    succeeded: bool,
    entries: BTreeSet<(ChannelId, EntryId)>,
    contents: BTreeSet<(AccountId, ContentId)>,
    /// newest place of each channel that the relay's receipts name
    places: BTreeMap<ChannelId, u64>,
    /// whether its lines are shown as the exporter's own
    own: BTreeMap<AccountId, bool>,
}

struct Read<'a> {
    file: &'a File,
    accounts: &'a [ExportedAccount],
    seen: Seen,
}

impl Read<'_> {
    fn line(&mut self, line: &Line, out: &mut Checked) -> Result<(), String> {
        let shown = &line.message;
        let sender: AccountId = id(&shown.sender_account)?;
        let mut fault = |fault| out.faults.push((shown.id.clone(), fault));
        if !self.stands(shown, sender) {
            fault(ProofFault::Place);
            return Ok(());
        }
        // the name beside it is the one that the registrar bound
        let named = bound(self.accounts, sender);
        if shown.sender.is_some() && named.is_some() && shown.sender != named {
            fault(ProofFault::Account);
            return Ok(());
        }
        let said = match (shown.kind.as_str(), &shown.text, &shown.file, shown.size) {
            ("text", Some(text), None, None) => Some(Body::Text(text.clone())),
            ("file", None, Some(name), Some(size)) => Some(Body::File { name: name.clone(), size }),
            ("leaves", None, None, None) if line.proof.is_some() => Some(Body::Leaves),
            _ => None,
        };
        let Some(body) = said.filter(|_| shown.whom.is_none() && shown.reason.is_none()) else {
            match met(shown) {
                Ok(None) => {}
                Ok(Some(lack)) => out.lacks.push((shown.id.clone(), lack)),
                Err(ProofFault::Missing) if line.proof.is_some() => fault(ProofFault::Shown),
                Err(why) => fault(why),
            }
            self.seen.succeeded |= shown.kind == "succeeded";
            return Ok(());
        };
        if !shown.reactions.is_empty() || !shown.receipts.is_empty() {
            out.lacks.push((shown.id.clone(), Lack::Others));
        }
        let Some(proof) = &line.proof else {
            out.unproven.push(shown.id.clone());
            return Ok(());
        };
        match self.signed(shown, sender, &body, &exported(proof)?)? {
            Ok(proven) => {
                out.signed += 1;
                out.receipts += usize::from(proven.stored_at.is_some());
                out.lacks.extend(proven.lack.map(|lack| (shown.id.clone(), Lack::Signed(lack))));
                if shown.sender.is_none() {
                    out.lacks.push((shown.id.clone(), Lack::Name));
                }
            }
            Err(why) => out.faults.push((shown.id.clone(), why)),
        }
        Ok(())
    }

    /// Whether a line is of this conversation, behind those before it, and own or not like the others of its writer.
    fn stands(&mut self, shown: &Message, sender: AccountId) -> bool {
        let conversation = &self.file.conversation;
        let here = shown.conversation == conversation.id && shown.position.is_some_and(|at| at > self.seen.position);
        self.seen.position = shown.position.unwrap_or(u64::MAX);
        let own = *self.seen.own.entry(sender).or_insert(shown.own);
        // one account is the exporter's
        let one = self.seen.own.values().filter(|own| **own).count() <= 1;
        here && own == shown.own && one
    }

    /// A line against its proof, and against the lines before it.
    fn signed(
        &mut self,
        shown: &Message,
        sender: AccountId,
        body: &Body,
        proof: &ExportedProof,
    ) -> Result<Result<Proven, ProofFault>, String> {
        let content: ContentId = id(&shown.id)?;
        let conversation = bytes(&self.file.conversation.id)?;
        let of = Shown {
            conversation: &conversation,
            succeeded: self.seen.succeeded,
            sender,
            id: content,
            body,
            reply_to: shown.reply_to.as_deref().map(id).transpose()?,
            sent_at: time(&shown.sent_at)?,
            accepted_at: maybe(&shown.accepted_at)?,
            again: maybe(&shown.first_sent_at)?,
            edited_at: maybe(&shown.edited_at)?,
            stays_s: shown.stays_s,
        };
        let proven = match proof.check(&self.file.relay, self.accounts, &of) {
            Ok(proven) => proven,
            Err(fault) => return Ok(Err(fault)),
        };
        let once = self.seen.entries.insert((proof.channel, proof.entry)) && self.seen.contents.insert((sender, content));
        // an edit has a later place than the message in whose place its text stands
        let placed = proven.stored_at.is_none() || shown.edited_at.is_some() || {
            let newest = self.seen.places.insert(proof.channel, proof.seq);
            newest.is_none_or(|newest| newest < proof.seq)
        };
        Ok(if once && placed { Ok(proven) } else { Err(ProofFault::Place) })
    }
}

/// A line that no member wrote: what a program says of what it met, in one of the known kinds and with nothing else in it.
fn met(shown: &Message) -> Result<Option<Lack>, ProofFault> {
    let plain = shown.file.is_none() && shown.size.is_none() && shown.reply_to.is_none() && shown.edited_at.is_none();
    let beside = !shown.reactions.is_empty() || !shown.receipts.is_empty();
    if !plain || beside {
        return Err(ProofFault::Shown);
    }
    match (shown.kind.as_str(), &shown.text, &shown.reason) {
        (
            "added" | "removed" | "not-added" | "re-added" | "new-account" | "admin-made" | "admin-unmade" | "succeeded"
            | "changed-meanwhile" | "refused" | "lost" | "ended" | "leaves" | "deleted" | "forgotten" | "newer",
            None,
            None,
        ) => Ok(None),
        ("may-add" | "may-write", Some(who), None) if who == "admins" || who == "everyone" => Ok(None),
        ("stays", Some(seconds), None) if seconds.parse::<u32>().is_ok() => Ok(None),
        ("renamed" | "described", Some(_), None) | ("unreadable", None, Some(_)) => Ok(Some(Lack::Words)),
        _ => Err(ProofFault::Missing),
    }
}

fn account(account: &Account) -> Result<ExportedAccount, String> {
    let handle = Handle::parse(account.handle.trim_start_matches('@')).map_err(|e| e.to_string())?;
    let (states, binding) = (account.states.clone(), account.binding.clone());
    Ok(ExportedAccount { account: id(&account.account)?, handle, states, binding })
}

fn exported(proof: &Proof) -> Result<ExportedProof, String> {
    let (channel, entry): (ChannelId, EntryId) = (id(&proof.channel)?, id(&proof.entry)?);
    let device: DeviceId = id(&proof.device)?;
    let (group, content, signature) = (bytes(&proof.group)?, bytes(&proof.content)?, bytes(&proof.signature)?);
    Ok(ExportedProof { group, device, channel, entry, seq: proof.seq, content, signature, receipt: proof.receipt.clone() })
}

fn time(text: &str) -> Result<Millis, String> {
    Millis::parse(text).map_err(|e| e.to_string())
}

fn maybe(text: &Option<String>) -> Result<Option<Millis>, String> {
    text.as_deref().map(time).transpose()
}

fn bytes(hex: &str) -> Result<Vec<u8>, String> {
    HEXLOWER.decode(hex.as_bytes()).map_err(|e| e.to_string())
}

fn id<T>(hex: &str) -> Result<T, String>
where
    for<'a> T: TryFrom<&'a [u8]>,
{
    T::try_from(bytes(hex)?.as_slice()).map_err(|_| "an id of another length".to_owned())
}
