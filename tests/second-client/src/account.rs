//! Accounts of others, and our own: sections 8 to 11 of PROTOCOL.md.

use crate::Fail;
use crate::net::Net;
use crate::relay::v1::{self as pb, DirectoryEntry};
use crate::wire::{self, Key, Relay, Unsealing, h, random, token_hash};
use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::{Signer as _, SigningKey};

/// One device as the newest state of its account describes it.
#[derive(Clone)]
pub struct Device {
    pub id: [u8; 16],
    pub sign: Key,
    pub inbox: Key,
    pub seal: Vec<u8>,
    pub public: Option<Key>,
}

/// A directory entry that was verified.
#[derive(Clone)]
pub struct Account {
    pub id: Key,
    pub handle: String,
    pub devices: Vec<Device>,
    pub entry: DirectoryEntry,
}

pub fn hex<const N: usize>(text: &str) -> Result<[u8; N], Fail> {
    let bytes = HEXLOWER.decode(text.as_bytes()).map_err(|_| "not hexadecimal")?;
    bytes.try_into().map_err(|_| "hexadecimal of another length".into())
}

/// The lines of a note, one after the other.
pub struct Lines<'a>(std::iter::Peekable<std::str::Lines<'a>>);

impl<'a> Lines<'a> {
    pub fn of(text: &'a str, title: &str) -> Result<Self, Fail> {
        let mut lines = Self(text.lines().peekable());
        if lines.0.next() == Some(title) { Ok(lines) } else { Err(Fail::new(&format!("not a {title}"))) }
    }
    pub fn value(&mut self, key: &str) -> Result<&'a str, Fail> {
        let line = self.0.next().unwrap_or_default();
        line.strip_prefix(key)
            .and_then(|l| l.strip_prefix(' '))
            .ok_or_else(|| Fail::new(&format!("a note without the line {key}")))
    }
    /// Whether the next line has this key.
    pub fn has(&mut self, key: &str) -> bool {
        self.0.peek().and_then(|line| line.strip_prefix(key)).is_some_and(|line| line.starts_with(' '))
    }
    pub fn end(mut self) -> Result<(), Fail> {
        if self.0.peek().is_none() { Ok(()) } else { Err("a note with more lines".into()) }
    }
}

fn state(text: &str, number: usize, previous: Option<Key>, relay: &Relay) -> Result<Vec<Device>, Fail> {
    let mut lines = Lines::of(text, "lacre account v1")?;
    let previous = previous.map_or("none".into(), |p| HEXLOWER.encode(&p));
    if lines.value("number")? != number.to_string() || lines.value("previous")? != previous {
        return Err("a chain of states with a gap".into());
    }
    lines.value("made")?.parse::<jiff::Timestamp>().map_err(|_| "not a time")?;
    let mut devices = Vec::new();
    while lines.0.peek().is_some() {
        let id = hex(lines.value("device")?)?;
        let sign = hex(lines.value("sign")?.strip_prefix("ed25519 ").ok_or("another kind of key")?)?;
        let (at, inbox) = lines.value("inbox")?.split_once(' ').ok_or("an inbox without a channel")?;
        let seal = lines.value("seal")?.strip_prefix("0001 ").ok_or("another sealing suite")?;
        let public = lines.value("public")?;
        if at != relay.text {
            return Err("an inbox on another relay".into());
        }
        devices.push(Device {
            id,
            sign,
            inbox: hex(inbox)?,
            seal: BASE64.decode(seal.as_bytes()).map_err(|_| "not base64")?,
            public: if public == "none" { None } else { Some(hex(public)?) },
        });
    }
    if (1..=16).contains(&devices.len()) { Ok(devices) } else { Err("a state without devices, or with too many".into()) }
}

/// Verifies the chain of states and the registrar's binding.
pub fn verify(entry: &DirectoryEntry, relay: &Relay) -> Result<Account, Fail> {
    let (mut signers, mut devices, mut previous, mut id) = (Vec::new(), Vec::new(), None, None);
    for (number, note) in entry.states.iter().enumerate() {
        let text = wire::note_text(note)?;
        devices = state(text, number, previous, relay)?;
        if number == 0 {
            signers.clone_from(&devices);
            id = Some(h("lacre account id v1", &[text.as_bytes()]));
        }
        let by = |d: &Device| wire::open_note(note, "lacre-device", &d.sign).is_ok();
        if !signers.iter().any(by) {
            return Err("a state that no device of the state before has signed".into());
        }
        previous = Some(h("lacre state hash v1", &[text.as_bytes()]));
        signers.clone_from(&devices);
    }
    let id = id.ok_or("an entry without states")?;
    let mut lines = Lines::of(wire::open_note(&entry.binding, "lacre-registrar", &relay.identity)?, "lacre binding v1")?;
    let handle = lines.value("handle")?.to_owned();
    if hex(lines.value("account")?) != Ok(id) || lines.value("kind")? != "verified person" {
        return Err("a binding for somebody else".into());
    }
    Ok(Account { id, handle, devices, entry: entry.clone() })
}

/// A note that an account stands in the place of another: that one, the new one, and since when in milliseconds.
pub fn reset(note: &str, relay: &Relay) -> Result<(Key, Key, u64), Fail> {
    let mut lines = Lines::of(wire::open_note(note, "lacre-registrar", &relay.identity)?, "lacre reset v1")?;
    lines.value("handle")?;
    let (account, replaces) = (hex(lines.value("account")?)?, hex(lines.value("replaces")?)?);
    let at = lines.value("reset")?.parse::<jiff::Timestamp>().map_err(|_| "not a time")?;
    if lines.0.peek().is_some() {
        return Err("a reset with more lines".into());
    }
    Ok((replaces, account, u64::try_from(at.as_millisecond()).map_err(|_| "not a time")?))
}

/// Our own account with its one device.
pub struct Own {
    pub relay: Relay,
    pub account: Account,
    pub device: [u8; 16],
    pub sign: SigningKey,
    pub inbox: Key,
    pub inbox_read: Key,
    pub unseal: Unsealing,
    /// rights to write to our inbox that were given to nobody yet
    pub rights: Vec<Key>,
    stamps: Vec<Key>,
}

impl Own {
    /// Section 9, but for the key packages.
    pub fn enroll(net: &mut Net, relay: Relay, code: Vec<u8>, handle: &str) -> Result<Self, Fail> {
        let sign = SigningKey::from_bytes(&random());
        let (unseal, seal) = wire::seal_keys();
        let (device, inbox_read, public) = (random::<16>(), random::<32>(), random::<32>());
        let inbox = wire::inbox_name(&inbox_read);
        let text = format!(
            "lacre account v1\nnumber 0\nprevious none\nmade {:.3}\ndevice {}\nsign ed25519 {}\ninbox {} {}\nseal 0001 {}\npublic {}\n",
            jiff::Timestamp::now(),
            HEXLOWER.encode(&device),
            HEXLOWER.encode(sign.verifying_key().as_bytes()),
            relay.text,
            HEXLOWER.encode(&inbox),
            BASE64.encode(&seal),
            HEXLOWER.encode(&public)
        );
        let state = wire::sign_note(&text, "lacre-device", &sign);
        let answer = net.enroll(pb::EnrollRequest { code, handle: handle.to_owned(), state: state.clone() })?;
        let account = verify(&DirectoryEntry { states: vec![state], binding: answer.binding, ..Default::default() }, &relay)?;
        if account.handle != handle {
            return Err("the binding has another handle".into());
        }
        let rights: Vec<Key> = (0..32).map(|_| random()).collect();
        let mut own = Self { relay, account, device, sign, inbox, inbox_read, unseal, rights, stamps: Vec::new() };
        let mut append = vec![pb::AppendRight { token_hash: token_hash(&public).to_vec(), stamped: true, once: false }];
        append.extend(own.rights.iter().map(right));
        let stamp = own.stamp(net)?;
        net.open_inbox(pb::OpenRequest {
            class: pb::ChannelClass::Inbox.into(),
            channel: inbox.to_vec(),
            append,
            read_token_hash: token_hash(&inbox_read).to_vec(),
            stamp,
        })?;
        Ok(own)
    }

    pub fn session(&self, net: &mut Net) -> Result<Vec<u8>, Fail> {
        let (account, device) = (self.account.id.to_vec(), self.device.to_vec());
        let challenge = net.challenge(pb::ChallengeRequest { account: account.clone(), device: device.clone() })?.challenge;
        let statement = wire::msg("lacre login v1", &[&self.relay.identity, &account, &device, &challenge]);
        let signature = self.sign.sign(&statement).to_bytes().to_vec();
        Ok(net.login(pb::LoginRequest { account, device, challenge, signature })?.session)
    }

    /// A stamp to spend.
    pub fn stamp(&mut self, net: &mut Net) -> Result<Vec<u8>, Fail> {
        if self.stamps.is_empty() {
            let session = self.session(net)?;
            let taken = net.take_stamps(pb::TakeStampsRequest { session, count: 128 })?.stamps;
            self.stamps = taken.into_iter().filter_map(|s| s.try_into().ok()).collect();
        }
        Ok(self.stamps.pop().ok_or("no stamps")?.to_vec())
    }

    /// A stamp that was not spent.
    pub fn keep(&mut self, stamp: &[u8]) {
        self.stamps.extend(Key::try_from(stamp));
    }

    /// A right to write to our inbox, for one contact or one conversation.
    pub fn right(&mut self, net: &mut Net) -> Result<Key, Fail> {
        if self.rights.is_empty() {
            let made: Vec<Key> = (0..32).map(|_| random()).collect();
            net.change_tokens(pb::ChangeTokensRequest {
                channel: self.inbox.to_vec(),
                read_token: self.inbox_read.to_vec(),
                add: made.iter().map(right).collect(),
                remove: Vec::new(),
            })?;
            self.rights = made;
        }
        self.rights.pop().ok_or_else(|| "no rights".into())
    }

    pub fn lookup(&mut self, net: &mut Net, handle: &str) -> Result<Account, Fail> {
        let who = Some(pb::lookup_request::Who::Handle(handle.to_owned()));
        let stamp = self.stamp(net)?;
        let entry = net.lookup(pb::LookupRequest { who, stamp })?.entry.ok_or("an answer without an entry")?;
        let account = verify(&entry, &self.relay)?;
        if account.handle == handle { Ok(account) } else { Err("an entry of somebody else".into()) }
    }
}

fn right(token: &Key) -> pb::AppendRight {
    pb::AppendRight { token_hash: token_hash(token).to_vec(), stamped: false, once: false }
}
