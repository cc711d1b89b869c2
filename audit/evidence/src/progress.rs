//! How far a notice has come, replayed from its records alone. The order in which records arrive does not matter, a
//! record twice changes nothing, and more records never take a step back.
//!
//! | record | after | gives |
//! |---|---|---|
//! | SubmissionAcceptance | nothing | submitted |
//! | SubmissionRejection | nothing, and instead of all others but paper | rejected |
//! | RelayAcceptance | submitted | – |
//! | RelayRejection, RelayFailure | nothing, and never beside submitted | – |
//! | ConsignmentNotification, …Failure | submitted | alert sent, alert failed |
//! | NotificationDelivered, NotificationAccessTracking | alert sent | – |
//! | ConsignmentAcceptance, ConsignmentRejection | submitted | acknowledged, refused |
//! | ContentHandover by a device, by an officer | submitted | handed over, in person |
//! | ContentHandoverFailure | submitted | does not open |
//! | ContentAccessTracking | handed over (by a device) | opened |
//! | RelayToNonERDS, …Failure, ReceivedFromNonERDS | nothing | on paper |
//!
//! None of it is a legal effect: that is computed by [`Effect`](super::Effect).

use super::event::{Event, Signer};
use super::record::Record;
use lacre_ground::time::Millis;

/// Why records do not fit together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProgressError {
    /// Whoever signed it may not sign this event, or the event is computed and never signed.
    #[error("{} is not signed by such an issuer", .0.name())]
    Signer(Event),
    /// What must come before it is missing.
    #[error("{} without what comes before it", .0.name())]
    Before(Event),
    /// The relay says that it took the notice, and with this event that it did not, or has lost it.
    #[error("the relay accepted it and says {}", .0.name())]
    Contradiction(Event),
}

/// The earliest time of each step. `None`: no record says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// the relay took it
    pub submitted: Option<Millis>,
    /// the relay refused it
    pub rejected: Option<Millis>,
    /// a courtesy alert was sent
    pub alert_sent: Option<Millis>,
    /// an alert failed
    pub alert_failed: Option<Millis>,
    /// a device of the person fetched the envelope and could open it
    pub handed_over: Option<Millis>,
    /// an officer says, under the agency's key, that it was handed over at a counter
    pub in_person: Option<Millis>,
    /// a device could not open it
    pub does_not_open: Option<Millis>,
    /// the person opened it
    pub opened: Option<Millis>,
    /// the person accepts
    pub acknowledged: Option<Millis>,
    /// the person refuses: no legal effect in Chile
    pub refused: Option<Millis>,
    /// it went by letter
    pub on_paper: Option<Millis>,
}

const fn rank(event: Event) -> u8 {
    match event {
        Event::SubmissionAcceptance | Event::SubmissionRejection => 0,
        Event::ContentAccessTracking | Event::NotificationDelivered | Event::NotificationAccessTracking => 2,
        Event::RelayAcceptance
        | Event::RelayRejection
        | Event::RelayFailure
        | Event::NotificationForAcceptance
        | Event::NotificationForAcceptanceFailure
        | Event::ConsignmentAcceptance
        | Event::ConsignmentRejection
        | Event::AcceptanceRejectionExpiry
        | Event::ContentConsignment
        | Event::ContentConsignmentFailure
        | Event::ConsignmentNotification
        | Event::ConsignmentNotificationFailure
        | Event::ContentHandover
        | Event::ContentHandoverFailure
        | Event::RelayToNonERDS
        | Event::RelayToNonERDSFailure
        | Event::ReceivedFromNonERDS => 1,
    }
}

impl Progress {
    /// From all records of one envelope, in any order.
    pub fn replay<'a>(records: impl IntoIterator<Item = &'a Record>) -> Result<Self, ProgressError> {
        let mut sorted: Vec<&Record> = records.into_iter().collect();
        sorted.sort_by_key(|r| (rank(r.event), r.time, r.id));
        let mut progress = Self::default();
        for record in &sorted {
            progress.step(record)?;
        }
        match sorted.iter().find(|r| r.event.takes_receipt_back()) {
            Some(back) if progress.submitted.is_some() => Err(ProgressError::Contradiction(back.event)),
            _ => Ok(progress),
        }
    }

    fn step(&mut self, record: &Record) -> Result<(), ProgressError> {
        let (event, time) = (record.event, record.time);
        if !event.signers().contains(&record.issuer.signer()) {
            return Err(ProgressError::Signer(event));
        }
        let after = |step: Option<Millis>| step.map(|_| ()).ok_or(ProgressError::Before(event));
        match event {
            Event::SubmissionAcceptance => earliest(&mut self.submitted, time),
            Event::SubmissionRejection => earliest(&mut self.rejected, time),
            Event::RelayAcceptance => after(self.submitted)?,
            Event::RelayRejection | Event::RelayFailure => {}
            Event::ConsignmentNotification => {
                after(self.submitted)?;
                earliest(&mut self.alert_sent, time);
            }
            Event::ConsignmentNotificationFailure => {
                after(self.submitted)?;
                earliest(&mut self.alert_failed, time);
            }
            Event::NotificationDelivered | Event::NotificationAccessTracking => after(self.alert_sent)?,
            Event::ConsignmentAcceptance => {
                after(self.submitted)?;
                earliest(&mut self.acknowledged, time);
            }
            Event::ConsignmentRejection => {
                after(self.submitted)?;
                earliest(&mut self.refused, time);
            }
            Event::ContentHandover => {
                after(self.submitted)?;
                let officer = record.issuer.signer() == Signer::Officer;
                earliest(if officer { &mut self.in_person } else { &mut self.handed_over }, time);
            }
            Event::ContentHandoverFailure => {
                after(self.submitted)?;
                earliest(&mut self.does_not_open, time);
            }
            Event::ContentAccessTracking => {
                after(self.handed_over)?;
                earliest(&mut self.opened, time);
            }
            Event::RelayToNonERDS | Event::RelayToNonERDSFailure | Event::ReceivedFromNonERDS => {
                earliest(&mut self.on_paper, time);
            }
            Event::NotificationForAcceptance
            | Event::NotificationForAcceptanceFailure
            | Event::AcceptanceRejectionExpiry
            | Event::ContentConsignment
            | Event::ContentConsignmentFailure => return Err(ProgressError::Signer(event)),
        }
        Ok(())
    }
}

fn earliest(step: &mut Option<Millis>, time: Millis) {
    *step = Some(step.map_or(time, |t| t.min(time)));
}
