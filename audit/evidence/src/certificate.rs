//! The agency's certificate: the registrar's word for a public body's code, key and place.

use super::fields;
use crate::clock::Place;
use data_encoding::HEXLOWER;
use lacre_ground::agency::AgencyCode;
use lacre_ground::note::{Lines, NoteError, NoteKey};
use lacre_ground::signed::{NoteText, Signed};
use lacre_ground::time::Millis;

/// Name before an agency's signatures.
pub const AGENCY: &str = "lacre-agency";

/// The certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// code of the body
    pub code: AgencyCode,
    /// its name, up to 200 bytes
    pub name: String,
    /// its Ed25519 key
    pub key: [u8; 32],
    /// where it sits (Decreto 10 art. 9): decides local dates and regional holidays
    pub place: Place,
    /// valid from
    pub from: Millis,
    /// valid until
    pub until: Millis,
}

impl NoteText for Certificate {
    type Error = NoteError;
    const KIND: &'static str = "lacre agency v1";

    fn lines(&self) -> String {
        format!(
            "code {}\nname {}\nkey ed25519 {}\nplace {}\nfrom {}\nuntil {}\n",
            self.code,
            self.name,
            HEXLOWER.encode(&self.key),
            fields::place_text(self.place),
            self.from,
            self.until
        )
    }
    fn read(lines: &mut Lines<'_>) -> Result<Self, NoteError> {
        Ok(Self {
            code: lines.parsed("code", AgencyCode::parse)?,
            name: lines.parsed("name", |v| fields::plain(v, 200))?,
            key: lines.parsed("key", NoteKey::parse_key)?,
            place: lines.parsed("place", fields::place)?,
            from: lines.parsed("from", |v| Millis::parse(v).ok())?,
            until: lines.parsed("until", |v| Millis::parse(v).ok())?,
        })
    }
}

impl Certificate {
    /// Verifies and reads it; `registrars` are the trusted ones.
    pub fn verify(raw: &str, registrars: &[NoteKey]) -> Result<Signed<Self>, NoteError> {
        Signed::verify(raw, registrars)
    }
    /// The key that its notes are verified with.
    pub fn note_key(&self) -> Result<NoteKey, NoteError> {
        NoteKey::new(AGENCY, &self.key)
    }
    /// Was it valid then?
    #[must_use]
    pub fn covers(&self, at: Millis) -> bool {
        self.from <= at && at <= self.until
    }
}
