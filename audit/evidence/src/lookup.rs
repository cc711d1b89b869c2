//! The registrar's answer to an agency that asks for a RUN: a note without the RUN, only a salted commitment to it.

use super::fields;
use data_encoding::HEXLOWER;
use lacre_ground::agency::AgencyCode;
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

/// Why no electronic notice takes effect: one of a closed list, which says nothing of health or income.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExemptReason {
    /// exempt by law, as a register says
    Law,
    /// a legal person
    LegalPerson,
    /// a minor
    Minor,
    /// dead
    Dead,
}

impl ExemptReason {
    /// All of them.
    pub const ALL: [ExemptReason; 4] = [Self::Law, Self::LegalPerson, Self::Minor, Self::Dead];
    /// As it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Law => "law",
            Self::LegalPerson => "legal-person",
            Self::Minor => "minor",
            Self::Dead => "dead",
        }
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
        /// [`Signed::note_hash`] of the person's designation
        designation: [u8; 32],
    },
    /// Electronic notices take no effect for the person: notify otherwise.
    Exempt(ExemptReason),
    /// The person has no account, has designated none, has paused or has left: notify otherwise.
    NoAccount,
}

/// The answer, to whom, about whom, when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// its id
    pub id: LookupId,
    /// who asked
    pub agency: AgencyCode,
    /// [`Signed::note_hash`] of its certificate
    pub certificate: [u8; 32],
    /// [`Salt::commit`] of the RUN
    pub person: [u8; 32],
    /// the answer
    pub answer: Answer,
    /// hash of what the State's register of digital addresses answered; its place is kept, nothing asks that register yet
    pub register: Option<[u8; 32]>,
    /// when it was given
    pub asked_at: Millis,
}

impl NoteText for Lookup {
    type Error = NoteError;
    const KIND: &'static str = "lacre lookup v2";

    fn lines(&self) -> String {
        let hex = |b: &[u8; 32]| HEXLOWER.encode(b);
        let answer = match &self.answer {
            Answer::Account { account, state, state_hash, grant, designation } => format!(
                "answer account\naccount {account}\nstate {state} {}\ngrant {}\ndesignation {}\n",
                hex(state_hash),
                hex(grant),
                hex(designation)
            ),
            Answer::Exempt(reason) => format!("answer exempt\nreason {}\n", reason.name()),
            Answer::NoAccount => "answer no account\n".to_owned(),
        };
        let (certificate, person) = (hex(&self.certificate), hex(&self.person));
        let register = fields::or_none(self.register.as_ref());
        let (id, agency, asked) = (self.id, &self.agency, self.asked_at);
        format!(
            "id {id}\nagency {agency}\ncertificate {certificate}\nperson {person}\n{answer}register {register}\nasked {asked}\n"
        )
    }
    fn read(lines: &mut Lines<'_>) -> Result<Self, NoteError> {
        let id = lines.parsed("id", |v| LookupId::from_hex(v).ok())?;
        let agency = lines.parsed("agency", AgencyCode::parse)?;
        let certificate = lines.parsed("certificate", fields::hex32)?;
        let person = lines.parsed("person", fields::hex32)?;
        let answer = match lines.value("answer")? {
            "account" => {
                let account = lines.parsed("account", |v| AccountId::from_hex(v).ok())?;
                let (state, state_hash) = lines.parsed("state", state_line)?;
                let grant = lines.parsed("grant", fields::hex32)?;
                let designation = lines.parsed("designation", fields::hex32)?;
                Answer::Account { account, state, state_hash, grant, designation }
            }
            "exempt" => {
                let reason = |v: &str| ExemptReason::ALL.into_iter().find(|r| r.name() == v);
                Answer::Exempt(lines.parsed("reason", reason)?)
            }
            "no account" => Answer::NoAccount,
            _ => return Err(lines.wrong("account, exempt or no account")),
        };
        let register = lines.parsed("register", fields::hex32_or_none)?;
        let asked_at = lines.parsed("asked", |v| Millis::parse(v).ok())?;
        Ok(Self { id, agency, certificate, person, answer, register, asked_at })
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
