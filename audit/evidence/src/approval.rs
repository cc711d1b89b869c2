//! The approval: an official's word for a batch, signed by a device of her office account. FORMAT.md, 4b.
//!
//! | as | who | what for |
//! |---|---|---|
//! | drafter | the one whom the batch's text names | nobody is named as a drafter who did not sign |
//! | approver | another one, whom the list of roles calls an approver | the second pair of eyes, and above [`ONE_APPROVER_UP_TO`] rows the third |
//!
//! All sign the same digest, which their programs compute from the rows that they were shown.

use super::fields;
use super::roles::Role;
use data_encoding::HEXLOWER;
use lacre_ground::agency::AgencyCode;
use lacre_ground::ids::{AccountId, ApprovalId, DeviceId};
use lacre_ground::note::{Lines, NoteError};
use lacre_ground::signed::NoteText;
use lacre_ground::time::Millis;

/// So many rows are approved by one beside who drafted them; more by two.
pub const ONE_APPROVER_UP_TO: u32 = 1_000;

/// Approvers that a batch of so many rows must have. A body may demand more, and never fewer.
#[must_use]
pub const fn approvers_needed(rows: u32) -> usize {
    if rows <= ONE_APPROVER_UP_TO { 1 } else { 2 }
}

/// The note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// its id
    pub id: ApprovalId,
    /// the body
    pub agency: AgencyCode,
    /// digest of the batch
    pub batch: [u8; 32],
    /// note hash of the list of roles by which she may
    pub roles: [u8; 32],
    /// as what: a drafter or an approver
    pub role: Role,
    /// her office account
    pub account: AccountId,
    /// with which device
    pub device: DeviceId,
    /// when, by the device's clock
    pub made_at: Millis,
}

impl NoteText for Approval {
    type Error = NoteError;
    const KIND: &'static str = "lacre approval v1";

    fn lines(&self) -> String {
        format!(
            "id {}\nagency {}\nbatch {}\nroles {}\nas {}\naccount {}\ndevice {}\nmade {}\n",
            self.id,
            self.agency,
            HEXLOWER.encode(&self.batch),
            HEXLOWER.encode(&self.roles),
            self.role.name(),
            self.account,
            self.device,
            self.made_at
        )
    }
    fn read(lines: &mut Lines<'_>) -> Result<Self, NoteError> {
        Ok(Self {
            id: lines.parsed("id", |v| ApprovalId::from_hex(v).ok())?,
            agency: lines.parsed("agency", AgencyCode::parse)?,
            batch: lines.parsed("batch", fields::hex32)?,
            roles: lines.parsed("roles", fields::hex32)?,
            role: lines.parsed("as", |v| Role::parse(v).filter(|role| *role != Role::Administrator))?,
            account: lines.parsed("account", |v| AccountId::from_hex(v).ok())?,
            device: lines.parsed("device", |v| DeviceId::from_hex(v).ok())?,
            made_at: lines.parsed("made", |v| Millis::parse(v).ok())?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_rows_need_one_approver_and_one_more_needs_two() {
        assert_eq!([1, 1_000, 1_001, 1_000_000].map(approvers_needed), [1, 1, 2, 2]);
    }
}
