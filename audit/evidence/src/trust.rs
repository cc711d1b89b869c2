//! Whom a verifier trusts: a short text that a person gets from somewhere else than the bundle.

use super::record::GATEWAY;
use data_encoding::HEXLOWER;
use lacre_ground::account::REGISTRAR;
use lacre_ground::note::{Lines, NoteError, NoteKey};
use lacre_ground::receipt::RELAY;

/// Most keys of one kind.
const MAX_KEYS: usize = 64;

/// Keys by their office.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    /// registrars
    pub registrars: Vec<NoteKey>,
    /// relays
    pub relays: Vec<NoteKey>,
    /// gateways of courtesy alerts
    pub gateways: Vec<NoteKey>,
}

impl Keys {
    fn lines(&self) -> String {
        let mut out = String::new();
        for (office, keys) in [("registrar", &self.registrars), ("relay", &self.relays), ("gateway", &self.gateways)] {
            for key in keys {
                out.push_str(&format!("{office} ed25519 {}\n", HEXLOWER.encode(&key.key())));
            }
        }
        out
    }
    fn read(lines: &mut Lines<'_>) -> Result<Self, NoteError> {
        let mut read = |office: &'static str, name: &str| {
            let mut keys = Vec::new();
            while lines.next_is(office) && keys.len() < MAX_KEYS {
                keys.push(lines.parsed(office, |v| NoteKey::new(name, &NoteKey::parse_key(v)?).ok())?);
            }
            Ok::<_, NoteError>(keys)
        };
        let registrars = read("registrar", REGISTRAR)?;
        let relays = read("relay", RELAY)?;
        let gateways = read("gateway", GATEWAY)?;
        Ok(Self { registrars, relays, gateways })
    }
    /// The text in a bundle that says which keys it was made with. It is a claim.
    #[must_use]
    pub fn text(&self) -> String {
        format!("lacre keys v1\n{}", self.lines())
    }
    /// Reads a bundle's claim.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let mut lines = Lines::new(text);
        lines.exactly("lacre keys v1")?;
        let keys = Self::read(&mut lines)?;
        lines.end()?;
        Ok(keys)
    }
    /// Is every key of this claim among those?
    #[must_use]
    pub fn all_in(&self, trusted: &Keys) -> bool {
        let among = |mine: &[NoteKey], theirs: &[NoteKey]| mine.iter().all(|k| theirs.contains(k));
        among(&self.registrars, &trusted.registrars)
            && among(&self.relays, &trusted.relays)
            && among(&self.gateways, &trusted.gateways)
    }
    /// Office and key of each, for a person to compare.
    #[must_use]
    pub fn fingerprints(&self) -> Vec<(&'static str, String)> {
        let offices = [("registrar", &self.registrars), ("relay", &self.relays), ("gateway", &self.gateways)];
        offices.iter().flat_map(|(o, keys)| keys.iter().map(|k| (*o, HEXLOWER.encode(&k.key())))).collect()
    }
}

/// A trust file: keys, and whether proofs from the ledger are demanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trust {
    /// whom to trust
    pub keys: Keys,
    /// without a proof from the ledger, nothing is complete
    pub ledger_required: bool,
}

impl Trust {
    /// As it stands in a file.
    #[must_use]
    pub fn text(&self) -> String {
        let ledger = if self.ledger_required { "required" } else { "optional" };
        format!("lacre trust v1\nledger {ledger}\n{}", self.keys.lines())
    }
    /// Reads a trust file.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let mut lines = Lines::new(text);
        lines.exactly("lacre trust v1")?;
        let ledger_required = lines.parsed("ledger", |v| match v {
            "required" => Some(true),
            "optional" => Some(false),
            _ => None,
        })?;
        let keys = Keys::read(&mut lines)?;
        lines.end()?;
        Ok(Self { keys, ledger_required })
    }
}
