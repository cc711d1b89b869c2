//! A grant: an account's note that describes a casilla. Uploaded in advance, handed out once, to one agency.

use data_encoding::BASE64;
use lacre_ground::account::Device;
use lacre_ground::address::{Address, Authority};
use lacre_ground::ids::{AccountId, ChannelId, GrantId, TokenHash};
use lacre_ground::note::{Lines, NoteError, NoteKey, UnverifiedNote};
use lacre_ground::seal::{self, SealPublic};
use lacre_ground::signed::{NoteText, Signed};
use lacre_ground::time::Millis;

/// How often it may be handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantKind {
    /// Once; deleted then.
    Once,
    /// When no other is left.
    LastResort,
}

/// Where an agency may write, until when, and the key to seal to. The append token itself goes beside it: whoever sees
/// the evidence gets no right to write.
#[derive(Clone, PartialEq, Eq)]
pub struct Grant {
    /// its id
    pub id: GrantId,
    /// whose casilla
    pub account: AccountId,
    /// how often it may be handed out
    pub kind: GrantKind,
    /// the casilla
    pub casilla: Address,
    /// hash of the append token
    pub append: TokenHash,
    /// the notice key
    pub key: SealPublic,
    /// valid from
    pub from: Millis,
    /// valid until
    pub until: Millis,
}

impl NoteText for Grant {
    type Error = NoteError;
    const KIND: &'static str = "lacre grant v1";

    fn lines(&self) -> String {
        format!(
            "id {}\naccount {}\nkind {}\nrelay {}\nchannel {}\nappend {}\nkey {:04x} {}\nfrom {}\nuntil {}\n",
            self.id,
            self.account,
            match self.kind {
                GrantKind::Once => "once",
                GrantKind::LastResort => "last resort",
            },
            self.casilla.authority,
            self.casilla.channel,
            self.append,
            seal::SUITE,
            BASE64.encode(self.key.as_bytes()),
            self.from,
            self.until
        )
    }
    fn read(lines: &mut Lines<'_>) -> Result<Self, NoteError> {
        let id = lines.parsed("id", |v| GrantId::from_hex(v).ok())?;
        let account = lines.parsed("account", |v| AccountId::from_hex(v).ok())?;
        let kind = lines.parsed("kind", |v| match v {
            "once" => Some(GrantKind::Once),
            "last resort" => Some(GrantKind::LastResort),
            _ => None,
        })?;
        let authority = lines.parsed("relay", |v| Authority::parse(v).ok().filter(|a| a.to_string() == v))?;
        let channel = lines.parsed("channel", |v| ChannelId::from_hex(v).ok())?;
        let append = lines.parsed("append", |v| TokenHash::from_hex(v).ok())?;
        let key = lines.parsed("key", |v| {
            let (suite, key) = v.split_once(' ')?;
            let known = suite == format!("{:04x}", seal::SUITE);
            known.then(|| SealPublic::new(&BASE64.decode(key.as_bytes()).ok()?).ok()).flatten()
        })?;
        let from = lines.parsed("from", |v| Millis::parse(v).ok())?;
        let until = lines.parsed("until", |v| Millis::parse(v).ok())?;
        Ok(Self { id, account, kind, casilla: Address { authority, channel }, append, key, from, until })
    }
}

impl Grant {
    /// Verifies and reads it; `devices` are those of the account's state that the registrar named.
    pub fn verify(raw: &str, devices: &[Device]) -> Result<Signed<Self>, NoteError> {
        let keys: Vec<NoteKey> = devices.iter().map(Device::note_key).collect::<Result<_, _>>()?;
        Signed::verify(raw, &keys)
    }
    /// The door from one's own archive: reads again a note that was verified before it was kept. It checks no signature: never for a
    /// note that came from outside.
    #[must_use]
    pub fn kept(raw: &str) -> Option<Self> {
        Self::parse(UnverifiedNote::parse(raw).ok()?.unverified_text()).ok()
    }
    /// Was it valid then?
    #[must_use]
    pub fn covers(&self, at: Millis) -> bool {
        self.from <= at && at <= self.until
    }
}
