//! Checks 7a: that officials of the body approved the batch of which the notice is a row, where it says so.

use super::{FaultCode, Stop, ensure, fault, missing};
use crate::approved::{Approvals, Approved, NotApproved};
use crate::bundle::Bundle;
use crate::certificate::Certificate;
use crate::four_eyes;
use crate::notice::Notice;
use crate::skew::SKEW_MS;
use crate::trust::Keys;

/// The approvals; none where the notice names none, and nothing else says that anybody approved it.
pub(super) fn of(bundle: &Bundle, keys: &Keys, agency: &Certificate, notice: &Notice) -> Result<Option<Approved>, Stop> {
    let part = "approval.0";
    if notice.approvals.is_none() {
        ensure(bundle.approvals.is_empty(), FaultCode::Approval, part, "the notice names no approvals")?;
        return Ok(None);
    }
    if bundle.approvals.is_empty() {
        return Err(missing(part));
    }
    let form = || fault(FaultCode::Approval, part, "not of the form of approvals");
    let (given, place) = Approvals::read(&bundle.approvals).ok_or_else(form)?;
    let approved = four_eyes::check(&given, &agency.code, &keys.registrars).map_err(Stop::Fault)?;
    approved.holds(notice, &place, SKEW_MS).map_err(|not| {
        let code = if not == NotApproved::Other { FaultCode::Approval } else { FaultCode::ApprovalRow };
        fault(code, part, &not.to_string())
    })?;
    Ok(Some(approved))
}
