//! The registrar's answer to an agency that asks for a RUN: a note without the RUN, only a salted commitment to it.

use super::certificate::AgencyCode;
use super::fields;
use data_encoding::HEXLOWER;
use lacre_ground::ids::{AccountId, LookupId};
use lacre_ground::label::{self, Label};
use lacre_ground::note::{Lines, NoteError, NoteKey};
use lacre_ground::run::Run;
use lacre_ground::signed::{NoteText, Signed};
use lacre_ground::time::Millis;

/// How long an answer is good for: an entry accepted later needs a new one, because a person may have left meanwhile.
pub const GOOD_FOR_MS: u64 = 3_600_000;

/// Opens the commitment together with the RUN. No `Debug`: with it, a RUN can be found by trying all.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Salt([u8; 32]);

impl Salt {
    /// From its bytes, fresh random ones for each answer.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
    /// Its bytes.
    #[must_use]
    pub const fn expose(&self) -> &[u8; 32] {
        &self.0
    }
    /// The commitment that stands in the note.
    #[must_use]
    pub fn commit(&self, run: &Run) -> [u8; 32] {
        label::hash(Label::RunCommitment, &[&self.0, run.canonical().as_bytes()])
    }
}

/// What the registrar answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The person has this account, and this grant is handed out.
    Account {
        /// the account
        account: AccountId,
        /// number of its newest state
        state: u64,
        /// [`AccountState::hash`](lacre_ground::account::AccountState::hash) of that state
        state_hash: [u8; 32],
        /// [`Signed::note_hash`] of the grant
        grant: [u8; 32],
    },
    /// The person is exempt, has paused or has left: notify otherwise.
    Exempt,
    /// The person has no account: notify otherwise.
    NoAccount,
}

/// The answer, to whom, about whom, when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// its id
    pub id: LookupId,
    /// who asked
    pub agency: AgencyCode,
    /// [`Salt::commit`] of the RUN
    pub person: [u8; 32],
    /// the answer
    pub answer: Answer,
    /// when it was given
    pub asked_at: Millis,
}

impl NoteText for Lookup {
    type Error = NoteError;
    const KIND: &'static str = "lacre lookup v1";

    fn lines(&self) -> String {
        let answer = match &self.answer {
            Answer::Account { account, state, state_hash, grant } => format!(
                "answer account\naccount {account}\nstate {state} {}\ngrant {}\n",
                HEXLOWER.encode(state_hash),
                HEXLOWER.encode(grant)
            ),
            Answer::Exempt => "answer exempt\n".to_owned(),
            Answer::NoAccount => "answer no account\n".to_owned(),
        };
        let person = HEXLOWER.encode(&self.person);
        format!("id {}\nagency {}\nperson {person}\n{answer}asked {}\n", self.id, self.agency, self.asked_at)
    }
    fn read(lines: &mut Lines<'_>) -> Result<Self, NoteError> {
        let id = lines.parsed("id", |v| LookupId::from_hex(v).ok())?;
        let agency = lines.parsed("agency", AgencyCode::parse)?;
        let person = lines.parsed("person", fields::hex32)?;
        let answer = match lines.value("answer")? {
            "account" => {
                let account = lines.parsed("account", |v| AccountId::from_hex(v).ok())?;
                let (state, state_hash) = lines.parsed("state", state_line)?;
                let grant = lines.parsed("grant", fields::hex32)?;
                Answer::Account { account, state, state_hash, grant }
            }
            "exempt" => Answer::Exempt,
            "no account" => Answer::NoAccount,
            _ => return Err(lines.wrong("account, exempt or no account")),
        };
        let asked_at = lines.parsed("asked", |v| Millis::parse(v).ok())?;
        Ok(Self { id, agency, person, answer, asked_at })
    }
}

impl Lookup {
    /// Verifies and reads it; `registrars` are the trusted ones.
    pub fn verify(raw: &str, registrars: &[NoteKey]) -> Result<Signed<Self>, NoteError> {
        Signed::verify(raw, registrars)
    }
}

/// A state's number and hash.
pub(super) fn state_line(text: &str) -> Option<(u64, [u8; 32])> {
    let (number, hash) = text.split_once(' ')?;
    Some((fields::number(number)?, fields::hex32(hash)?))
}
