//! An event record: a note of whoever saw the event. It says no more than its signer knows.

use super::event::{Event, Reason, Signer};
use super::fields;
use data_encoding::HEXLOWER;
use lacre_ground::address::Authority;
use lacre_ground::agency::AgencyCode;
use lacre_ground::ids::{AccountId, ChannelId, DeviceId, EntryId, EvidenceId, Generation};
use lacre_ground::note::{Lines, NoteError, NoteKey};
use lacre_ground::signed::{NoteText, Signed};
use lacre_ground::time::Millis;

/// Name before a gateway's signatures.
pub const GATEWAY: &str = "lacre-gateway";
/// Most reasons in a record.
pub const MAX_REASONS: usize = 8;

/// Who issued a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Issuer {
    /// a relay
    Relay(Authority),
    /// a device
    Device(AccountId, DeviceId),
    /// an agency
    Agency(AgencyCode),
    /// an officer of an agency, by name
    Officer(AgencyCode, String),
    /// a gateway, by name
    Gateway(String),
}

impl Issuer {
    /// Its kind, for the table of [`Event::signers`].
    #[must_use]
    pub const fn signer(&self) -> Signer {
        match self {
            Issuer::Relay(_) => Signer::Relay,
            Issuer::Device(..) => Signer::Device,
            Issuer::Agency(_) => Signer::Agency,
            Issuer::Officer(..) => Signer::Officer,
            Issuer::Gateway(_) => Signer::Gateway,
        }
    }
    fn parse(text: &str) -> Option<Self> {
        let (kind, who) = text.split_once(' ')?;
        match kind {
            "relay" => Authority::parse(who).ok().filter(|a| a.to_string() == who).map(Issuer::Relay),
            "device" => {
                let (account, device) = who.split_once(' ')?;
                Some(Issuer::Device(AccountId::from_hex(account).ok()?, DeviceId::from_hex(device).ok()?))
            }
            "agency" => AgencyCode::parse(who).map(Issuer::Agency),
            "officer" => {
                let (code, name) = who.split_once(' ')?;
                Some(Issuer::Officer(AgencyCode::parse(code)?, fields::plain(name, 200)?))
            }
            "gateway" => fields::plain(who, 200).map(Issuer::Gateway),
            _ => None,
        }
    }
    /// As it stands in a record.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Issuer::Relay(a) => format!("relay {a}"),
            Issuer::Device(a, d) => format!("device {a} {d}"),
            Issuer::Agency(c) => format!("agency {c}"),
            Issuer::Officer(c, name) => format!("officer {c} {name}"),
            Issuer::Gateway(name) => format!("gateway {name}"),
        }
    }
}

/// A sender or recipient, as far as the issuer knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Party {
    /// an agency
    Agency(AgencyCode),
    /// an account
    Account(AccountId),
    /// all that a relay knows of a recipient
    Channel(ChannelId),
    /// all that a relay knows of a sender
    Unknown,
}

impl Party {
    fn parse(text: &str) -> Option<Self> {
        match text.split_once(' ') {
            Some(("agency", code)) => AgencyCode::parse(code).map(Party::Agency),
            Some(("account", id)) => AccountId::from_hex(id).ok().map(Party::Account),
            Some(("channel", id)) => ChannelId::from_hex(id).ok().map(Party::Channel),
            Some(_) => None,
            None => (text == "unknown").then_some(Party::Unknown),
        }
    }
    /// As it stands in a record.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Party::Agency(c) => format!("agency {c}"),
            Party::Account(a) => format!("account {a}"),
            Party::Channel(c) => format!("channel {c}"),
            Party::Unknown => "unknown".to_owned(),
        }
    }
}

/// Where the relay put it, without its number there, which would tell how much the person gets: only in a SubmissionAcceptance, which has no other receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// generation of the store
    pub generation: Generation,
    /// the channel
    pub channel: ChannelId,
    /// the sender's id for it
    pub entry: EntryId,
    /// hash of the newest cosigned checkpoint that the relay knew; its place is kept, there is no ledger yet
    pub checkpoint: Option<[u8; 32]>,
}

/// A record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// what happened
    pub event: Event,
    /// its id (ETSI: EvidenceIdentifier)
    pub id: EvidenceId,
    /// when (EventTime)
    pub time: Millis,
    /// who says so (EvidenceIssuerDetails)
    pub issuer: Issuer,
    /// digest of the envelope that it happened to
    pub envelope: [u8; 32],
    /// SenderDetails
    pub sender: Party,
    /// RecipientDetails
    pub recipient: Party,
    /// EventReasons: at least one if the event is negative
    pub reasons: Vec<Reason>,
    /// a reference of the post or of another system
    pub reference: Option<String>,
    /// SHA-256 of a paper that was scanned: only an agency's or officer's record has one
    pub scan: Option<[u8; 32]>,
    /// the place in the channel
    pub submission: Option<Submission>,
}

impl NoteText for Record {
    type Error = NoteError;
    const KIND: &'static str = "lacre event v2";

    fn lines(&self) -> String {
        let mut out = format!(
            "event {}\nid {}\ntime {}\nissuer {}\nenvelope {}\nsender {}\nrecipient {}\n",
            self.event.uri(),
            self.id,
            self.time,
            self.issuer.text(),
            HEXLOWER.encode(&self.envelope),
            self.sender.text(),
            self.recipient.text()
        );
        for reason in &self.reasons {
            out.push_str(&format!("reason {}\n", reason.name()));
        }
        if let Some(reference) = &self.reference {
            out.push_str(&format!("reference {reference}\n"));
        }
        if let Some(scan) = &self.scan {
            out.push_str(&format!("scan {}\n", HEXLOWER.encode(scan)));
        }
        if let Some(s) = &self.submission {
            let checkpoint = fields::or_none(s.checkpoint.as_ref());
            let (generation, channel, entry) = (s.generation, s.channel, s.entry);
            out.push_str(&format!("generation {generation}\nchannel {channel}\nentry {entry}\ncheckpoint {checkpoint}\n"));
        }
        out
    }
    fn read(lines: &mut Lines<'_>) -> Result<Self, NoteError> {
        let event = lines.parsed("event", Event::from_uri)?;
        let id = lines.parsed("id", |v| EvidenceId::from_hex(v).ok())?;
        let time = lines.parsed("time", |v| Millis::parse(v).ok())?;
        let issuer = lines.parsed("issuer", Issuer::parse)?;
        let envelope = lines.parsed("envelope", fields::hex32)?;
        let sender = lines.parsed("sender", Party::parse)?;
        let recipient = lines.parsed("recipient", Party::parse)?;
        let mut reasons = Vec::new();
        while lines.next_is("reason") && reasons.len() < MAX_REASONS {
            reasons.push(lines.parsed("reason", Reason::parse)?);
        }
        if event.is_negative() && reasons.is_empty() {
            return Err(lines.wrong("a reason, because the event is negative"));
        }
        let reference =
            if lines.next_is("reference") { Some(lines.parsed("reference", |v| fields::plain(v, 200))?) } else { None };
        let papers = matches!(issuer, Issuer::Agency(_) | Issuer::Officer(..));
        let scan = if papers && lines.next_is("scan") { Some(lines.parsed("scan", fields::hex32)?) } else { None };
        let submission = if event == Event::SubmissionAcceptance {
            Some(Submission {
                generation: lines.parsed("generation", |v| Generation::from_hex(v).ok())?,
                channel: lines.parsed("channel", |v| ChannelId::from_hex(v).ok())?,
                entry: lines.parsed("entry", |v| EntryId::from_hex(v).ok())?,
                checkpoint: lines.parsed("checkpoint", fields::hex32_or_none)?,
            })
        } else {
            None
        };
        Ok(Self { event, id, time, issuer, envelope, sender, recipient, reasons, reference, scan, submission })
    }
}

impl Record {
    /// Verifies and reads it; `keys_of` gives the keys of whoever it claims to be from.
    pub fn verify(raw: &str, keys_of: impl FnOnce(&Issuer) -> Vec<NoteKey>) -> Result<Signed<Self>, NoteError> {
        Signed::verify_claim(raw, |record: &Self| Ok(keys_of(&record.issuer)))
    }
}
