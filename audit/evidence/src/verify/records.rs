//! Checks 8 and 9b: the relay's receipt, and all other records: who says what of this notice.

use super::{FaultCode, Stop, ensure, fault, note_fault};
use crate::bundle::Bundle;
use crate::certificate::Certificate;
use crate::event::{Event, Reason, Signer};
use crate::grant::Grant;
use crate::progress::{Progress, ProgressError};
use crate::record::{Issuer, Party, Record, Submission};
use crate::skew::not_after;
use crate::trust::Keys;
use lacre_ground::account::{AccountState, Device};
use lacre_ground::address::Authority;
use lacre_ground::ids::{AccountId, DeviceId};
use lacre_ground::note::NoteKey;
use lacre_ground::signed::Signed;
use lacre_ground::verified::Verified;

/// Checks 8a: the first record is a relay's receipt.
pub(super) fn receipt(raw: &str, keys: &Keys) -> Result<(Signed<Record>, Submission), Stop> {
    let receipt = Record::verify(raw, |issuer| relay_keys(issuer, keys)).map_err(note_fault("event.0"))?;
    match (&receipt.event, receipt.issuer.signer(), receipt.submission.clone()) {
        (Event::SubmissionAcceptance, Signer::Relay, Some(submission)) => Ok((receipt, submission)),
        _ => Err(fault(FaultCode::NoReceipt, "event.0", "not a relay's SubmissionAcceptance")),
    }
}

/// A relay signs with its identity: the key that its address pins, if it is trusted.
fn relay_keys(issuer: &Issuer, keys: &Keys) -> Vec<NoteKey> {
    match issuer {
        Issuer::Relay(authority) => relay_keys_of(authority, keys),
        Issuer::Device(..) | Issuer::Agency(_) | Issuer::Officer(..) | Issuer::Gateway(_) => Vec::new(),
    }
}

/// The trusted key that this address pins.
pub(super) fn relay_keys_of(authority: &Authority, keys: &Keys) -> Vec<NoteKey> {
    keys.relays.iter().filter(|k| k.key() == *authority.identity().as_bytes()).cloned().collect()
}

/// Whom records of one notice may be from, and whom they may name.
pub(super) struct Of<'c> {
    pub(super) agency: &'c Certificate,
    pub(super) account: AccountId,
    pub(super) grant: &'c Grant,
    /// the state that the registrar named, then later ones
    pub(super) states: Vec<&'c Verified<AccountState>>,
}

impl Of<'_> {
    fn keys_of(&self, issuer: &Issuer, keys: &Keys) -> Vec<NoteKey> {
        match issuer {
            Issuer::Relay(_) => relay_keys(issuer, keys),
            Issuer::Device(account, device) if *account == self.account => self.device_keys(*device),
            Issuer::Agency(code) | Issuer::Officer(code, _) if *code == self.agency.code => {
                self.agency.note_key().into_iter().collect()
            }
            Issuer::Gateway(_) => keys.gateways.clone(),
            Issuer::Device(..) | Issuer::Agency(_) | Issuer::Officer(..) => Vec::new(),
        }
    }
    pub(super) fn device_keys(&self, id: DeviceId) -> Vec<NoteKey> {
        let devices: Vec<&Device> = self.states.iter().filter_map(|state| state.device(id)).collect();
        let mut keys: Vec<NoteKey> = devices.into_iter().filter_map(|d| d.note_key().ok()).collect();
        keys.dedup();
        keys
    }
    /// Sender and recipient are those of this notice, or the issuer does not know them.
    pub(super) fn check_parties(&self, record: &Record, part: &str) -> Result<(), Stop> {
        let from = [Party::Unknown, Party::Agency(self.agency.code.clone())].contains(&record.sender);
        let channel = Party::Channel(self.grant.casilla.channel);
        let to = [Party::Unknown, Party::Account(self.account), channel].contains(&record.recipient);
        ensure(from && to, FaultCode::Event, part, "names another sender or recipient")
    }
}

/// Checks 9b: the other records.
pub(super) fn others(bundle: &Bundle, keys: &Keys, of: &Of<'_>, receipt: &Signed<Record>) -> Result<Vec<Signed<Record>>, Stop> {
    let mut records = vec![receipt.clone()];
    for (i, raw) in bundle.events.iter().enumerate().skip(1) {
        let part = format!("event.{i}");
        let record = Record::verify(raw, |issuer| of.keys_of(issuer, keys)).map_err(note_fault(&part))?;
        let may = record.event.signers().contains(&record.issuer.signer());
        ensure(may, FaultCode::Event, &part, "its issuer may not sign this event")?;
        ensure(!record.reasons.contains(&Reason::PostOffice), FaultCode::Event, &part, "post-office is said of letters alone")?;
        let counter = record.event == Event::ContentHandover && record.issuer.signer() == Signer::Officer;
        let in_person = record.reasons.contains(&Reason::InPerson);
        ensure(counter == in_person, FaultCode::Event, &part, "in-person is said by an officer who handed it over")?;
        ensure(record.event != Event::SubmissionAcceptance, FaultCode::Event, &part, "a second receipt")?;
        ensure(record.envelope == receipt.envelope, FaultCode::Event, &part, "of another notice")?;
        of.check_parties(&record, &part)?;
        ensure(not_after(receipt.time, record.time), FaultCode::Event, &part, "before the relay took the notice")?;
        let again = records.iter().any(|other| other.note_hash() == record.note_hash());
        ensure(!again, FaultCode::Event, &part, "the same record again")?;
        records.push(record);
    }
    Ok(records)
}

/// Checks 9b: all together: what must precede is there, and nothing takes the receipt back.
pub(super) fn progress(records: &[Signed<Record>]) -> Result<Progress, Stop> {
    Progress::replay(records.iter().map(|r| &**r)).map_err(|e| {
        let code = if matches!(e, ProgressError::Contradiction(_)) { FaultCode::Contradiction } else { FaultCode::Event };
        fault(code, "events", &e.to_string())
    })
}
