//! What the agency shows to prove a notice: the RUN with the salt of the registrar's commitment, the envelope's seed, and the
//! right to answer that went with it.
//! It is a text, not a note: nobody signs it, the commitment and the receipt bind it.

use super::envelope::Seed;
use super::fields;
use super::lookup::Salt;
use data_encoding::HEXLOWER;
use lacre_ground::ids::Token;
use lacre_ground::note::{Lines, NoteError};
use lacre_ground::run::Run;

/// RUN, salt, seed and return token. No `Debug`: it names a person.
#[derive(Clone, PartialEq, Eq)]
pub struct Opening {
    /// the person
    pub run: Run,
    /// opens the registrar's commitment
    pub salt: Salt,
    /// seals the notice again; none where no notice was sent
    pub seed: Option<Seed>,
    /// right to write to the return channel that N names; none where it names none
    pub return_token: Option<Token>,
}

impl Opening {
    /// As it stands in a bundle.
    #[must_use]
    pub fn text(&self) -> String {
        let seed = self.seed.as_ref().map_or("none".to_owned(), |s| HEXLOWER.encode(s.expose()));
        let back = self.return_token.as_ref().map_or("none".to_owned(), |t| HEXLOWER.encode(t.expose()));
        format!("lacre opening v2\nrun {}\nsalt {}\nseed {seed}\nreturn {back}\n", self.run, HEXLOWER.encode(self.salt.expose()))
    }
    /// Reads it.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let mut lines = Lines::new(text);
        lines.exactly("lacre opening v2")?;
        let opening = Self {
            run: lines.parsed("run", |v| Run::parse(v).ok().filter(|r| r.canonical() == v))?,
            salt: Salt::new(lines.parsed("salt", fields::hex32)?),
            seed: lines.parsed("seed", fields::hex32_or_none)?.map(Seed::new),
            return_token: lines.parsed("return", fields::hex32_or_none)?.map(Token::new),
        };
        lines.end()?;
        Ok(opening)
    }
}
