//! What is done where nothing goes electronically: a body's records of counter and letter, and what follows from them. FORMAT.md, 4c.
//!
//! | record | signed by | says | after |
//! |---|---|---|---|
//! | ContentHandover, `in-person` | officer | handed over at the counter, once | nothing |
//! | RelayToNonERDS, with a reference | agency | posted under it, once | nothing |
//! | RelayToNonERDS, `post-office`, with a reference | agency | the post office that delivers has it, once | posted under it |
//! | RelayToNonERDSFailure, `letter-returned`, with a reference | agency | it came back, once | posted under it |
//! | RelayToNonERDSFailure, other reasons | agency | it could not be posted | nothing |
//! | ReceivedFromNonERDS | agency | something came on paper | nothing |
//!
//! All of it is the body's own word: its officers sign with its key. A relay's receipt says since when it has been so.

use super::event::{Event, Reason, Signer};
use super::notice::{Act, Notice};
use super::record::{Issuer, Party, Record};
use super::skew::not_after;
use crate::clock::{Calendar, ClockError, LegalDates, RuleId, legal_dates};
use lacre_ground::agency::AgencyCode;
use lacre_ground::ids::EvidenceId;
use lacre_ground::time::Millis;

/// What was done. The text is the post's reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// handed over at the counter
    HandedOver,
    /// a certified letter was posted
    Posted(String),
    /// the post office that delivers has it: what the law counts from
    Received(String),
    /// the letter came back
    Returned(String),
    /// it could not be posted
    NotPosted,
    /// something came on paper
    Came,
}

/// Why a step does not fit those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StepError {
    /// It was recorded already.
    #[error("that was recorded already")]
    Again,
    /// Record first that it was posted, under this reference.
    #[error("no letter was posted under this reference")]
    NotPosted,
    /// It cannot have been received, or come back, before it was posted.
    #[error("before it was posted")]
    Early,
}

impl Step {
    /// What a record says; none where it has no place beside a notice that is kept for counter or letter.
    #[must_use]
    pub fn of(record: &Record) -> Option<Self> {
        let reference = || record.reference.clone();
        match (record.event, record.issuer.signer(), record.reasons.as_slice()) {
            (Event::ContentHandover, Signer::Officer, [Reason::InPerson]) => Some(Step::HandedOver),
            (Event::RelayToNonERDS, Signer::Agency, []) => reference().map(Step::Posted),
            (Event::RelayToNonERDS, Signer::Agency, [Reason::PostOffice]) => reference().map(Step::Received),
            (Event::RelayToNonERDSFailure, Signer::Agency, reasons) if reasons.contains(&Reason::LetterReturned) => {
                reference().map(Step::Returned)
            }
            (Event::RelayToNonERDSFailure, Signer::Agency, reasons) if !reasons.contains(&Reason::PostOffice) => {
                Some(Step::NotPosted)
            }
            (Event::ReceivedFromNonERDS, Signer::Agency, []) => Some(Step::Came),
            _ => None,
        }
    }

    /// The record of it.
    #[must_use]
    pub fn record(&self, id: EvidenceId, time: Millis, by: &By<'_>, notice: [u8; 32]) -> Record {
        let agency = || Issuer::Agency(by.agency.clone());
        let (event, issuer, reasons, reference) = match self {
            Step::HandedOver => {
                let officer = Issuer::Officer(by.agency.clone(), by.officer.to_owned());
                (Event::ContentHandover, officer, vec![Reason::InPerson], None)
            }
            Step::Posted(reference) => (Event::RelayToNonERDS, agency(), Vec::new(), Some(reference)),
            Step::Received(reference) => (Event::RelayToNonERDS, agency(), vec![Reason::PostOffice], Some(reference)),
            Step::Returned(reference) => (Event::RelayToNonERDSFailure, agency(), vec![Reason::LetterReturned], Some(reference)),
            Step::NotPosted => (Event::RelayToNonERDSFailure, agency(), vec![Reason::Outage], None),
            Step::Came => (Event::ReceivedFromNonERDS, agency(), Vec::new(), None),
        };
        Record {
            event,
            id,
            time,
            issuer,
            envelope: notice,
            sender: Party::Agency(by.agency.clone()),
            recipient: Party::Unknown,
            reasons,
            reference: reference.cloned(),
            scan: by.scan,
            submission: None,
        }
    }

    /// Does it say that something went wrong? It is shown before all others.
    #[must_use]
    pub const fn speaks_against(&self) -> bool {
        matches!(self, Step::Returned(_) | Step::NotPosted | Step::Came)
    }

    /// Whether it may be recorded after those that were.
    pub fn fits(&self, at: Millis, before: &[(Step, Millis)]) -> Result<(), StepError> {
        let once = !matches!(self, Step::NotPosted | Step::Came);
        if once && before.iter().any(|(step, _)| step == self) {
            return Err(StepError::Again);
        }
        if let Step::Received(reference) | Step::Returned(reference) = self {
            let posted = before.iter().find(|(step, _)| matches!(step, Step::Posted(there) if there == reference));
            let (_, posted_at) = posted.ok_or(StepError::NotPosted)?;
            if !not_after(*posted_at, at) {
                return Err(StepError::Early);
            }
        }
        Ok(())
    }
}

/// Who records something, and on what paper.
#[derive(Clone, Copy, Debug)]
pub struct By<'a> {
    /// the body
    pub agency: &'a AgencyCode,
    /// the officer who handed it over
    pub officer: &'a str,
    /// SHA-256 of what was signed, scanned
    pub scan: Option<[u8; 32]>,
}

/// What follows by law from a step, by the body's own word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaperEffect {
    /// number of the record
    pub step: usize,
    /// from its day
    pub dates: LegalDates,
}

/// What follows from all steps, the earliest day first. Nothing follows from a letter that came back.
pub fn effects(notice: &Notice, steps: &[(Step, Millis)], calendar: &Calendar) -> Result<Vec<PaperEffect>, ClockError> {
    let Act::Notification { term, .. } = notice.act else { return Ok(Vec::new()) };
    if !notice.standing.counts() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for (number, (step, at)) in steps.iter().enumerate() {
        let rule = match step {
            Step::HandedOver => RuleId::ClCounter,
            Step::Received(reference) if !steps.iter().any(|(s, _)| matches!(s, Step::Returned(r) if r == reference)) => {
                RuleId::ClLetter
            }
            Step::Received(_) | Step::Posted(_) | Step::Returned(_) | Step::NotPosted | Step::Came => continue,
        };
        let dates = legal_dates(*at, notice.place, rule.rule(), term, calendar)?;
        found.extend(dates.in_force().map(|dates| PaperEffect { step: number, dates }));
    }
    found.sort_by_key(|effect| effect.dates.safe_for_citizen().deemed);
    Ok(found)
}

/// Whether a record was given to the relay more than a business day after what it says happened.
pub fn is_late(notice: &Notice, at: Millis, accepted: Millis, calendar: &Calendar) -> Option<bool> {
    let (day, shown) = (notice.place.zone.date(at)?, notice.place.zone.date(accepted)?);
    Some(shown > calendar.business_day_after(day, 1, notice.place.comuna)?)
}
