//! What the agency shows to prove a notice: the RUN with the salt of the registrar's commitment, and the envelope's seed.
//! It is a text, not a note: nobody signs it, the commitment and the receipt bind it.

use super::envelope::Seed;
use super::fields;
use super::lookup::Salt;
use data_encoding::HEXLOWER;
use lacre_ground::note::{Lines, NoteError};
use lacre_ground::run::Run;

/// RUN, salt and seed. No `Debug`: it names a person.
#[derive(Clone, PartialEq, Eq)]
pub struct Opening {
    /// the person
    pub run: Run,
    /// opens the registrar's commitment
    pub salt: Salt,
    /// seals the notice again; none where no notice was sent
    pub seed: Option<Seed>,
}

impl Opening {
    /// As it stands in a bundle.
    #[must_use]
    pub fn text(&self) -> String {
        let seed = self.seed.as_ref().map_or("none".to_owned(), |s| HEXLOWER.encode(s.expose()));
        format!("lacre opening v1\nrun {}\nsalt {}\nseed {seed}\n", self.run, HEXLOWER.encode(self.salt.expose()))
    }
    /// Reads it.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let mut lines = Lines::new(text);
        lines.exactly("lacre opening v1")?;
        let opening = Self {
            run: lines.parsed("run", |v| Run::parse(v).ok().filter(|r| r.canonical() == v))?,
            salt: Salt::new(lines.parsed("salt", fields::hex32)?),
            seed: lines.parsed("seed", |v| match v {
                "none" => Some(None),
                seed => fields::hex32(seed).map(|s| Some(Seed::new(s))),
            })?,
        };
        lines.end()?;
        Ok(opening)
    }
}
