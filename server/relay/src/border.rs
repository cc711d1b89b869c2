//! The one border: every refusal becomes a gRPC status with a reason, and no cause crosses it.
//! Reasons and their gRPC codes are the closed list of [`lacre_proto::reasons`].

use crate::room::NoRoom;
use lacre_proto::ERROR_DOMAIN;
use lacre_proto::bounds::{BoundError, Bounded};
pub use lacre_proto::reasons::Reason;
use lacre_store::StoreDown;
use lacre_store::accounts::{
    EnrollRefused, IssueRefused, PutKeyPackagesRefused, PutStateRefused, RecoverRefused, TakeStampsRefused,
};
use lacre_store::blobs::KeepBlobRefused;
use lacre_store::bodies::{AgencyRefused, EnrollAgencyRefused, IssueAgencyRefused, NoAgency};
use lacre_store::channels::{
    AppendRefused, ChangeRefused, HeldRefused, Limited, NotPermitted, OpenRefused, StatusRefused, TrimRefused, WrongName,
};
use lacre_store::closing::{CloseRefused, Stale};
use lacre_store::counter::{AddClerkRefused, NoClerk, NoCode};
use lacre_store::directory::AskRefused;
use lacre_store::notices::PutGrantsRefused;
use lacre_store::rules::Limit;
use lacre_store::speaker::NoDevice;
use std::collections::HashMap;
use std::time::Duration;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

/// A refusal. `metadata` never holds what came from the peer beyond lengths and numbers.
#[must_use]
pub fn refused(reason: Reason, metadata: &[(&str, String)], retry: Option<Duration>) -> Status {
    let metadata: HashMap<String, String> = metadata.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect();
    let mut details = ErrorDetails::with_error_info(reason.as_str(), ERROR_DOMAIN, metadata);
    if let Some(retry) = retry {
        details.set_retry_info(Some(retry));
    }
    Status::with_error_details(Code::from_i32(reason.code().number()), reason.sentence(), details)
}

/// Every handler's first line: the bounds of the .proto file.
pub fn checked<T: Bounded>(message: T) -> Result<T, Status> {
    message.check().map_err(bad_field)?;
    Ok(message)
}

/// A field outside its bound.
#[must_use]
pub fn bad_field(e: BoundError) -> Status {
    let BoundError { field, bound, found } = e;
    refused(Reason::BadField, &[("field", field.to_owned()), ("bound", bound), ("found", found)], None)
}

/// A field that its bound allows and its call does not.
#[must_use]
pub fn bad_value(field: &'static str, bound: &str, found: &str) -> Status {
    bad_field(BoundError { field, bound: bound.to_owned(), found: found.to_owned() })
}

/// What is refused before a handler sees it has no reason yet: bytes that are no message of their call, or more of them than
/// it takes. None for what is no refusal of the relay: a call that it does not know, a peer that has gone.
#[must_use]
pub fn unread(status: &Status) -> Option<Status> {
    match status.code() {
        Code::Internal => Some(bad_value("message", "a message of this call, not compressed", "something else")),
        Code::OutOfRange => Some(bad_value("message", "the bytes that this call takes", "more")),
        _ => None,
    }
}

/// A limit of the rules.
#[must_use]
pub fn limited(l: Limited) -> Status {
    let metadata = [("limit", l.limit.to_string()), ("value", l.value.to_string())];
    refused(Reason::Limit, &metadata, l.retry_after_ms.map(Duration::from_millis))
}

/// A full disk: only the operator or retention makes room, so there is no hurry to ask again.
const DISK_FULL_RETRY: Duration = Duration::from_secs(30);

/// A damaged page: only the operator mends it, and what else there is goes on meanwhile.
const DAMAGED_RETRY: Duration = Duration::from_secs(300);

/// The cause went to the operator's log where it happened. A full disk is said: whoever sends can tell people to wait.
#[must_use]
pub fn store_down(down: StoreDown) -> Status {
    if down.full {
        return refused(Reason::StoreDown, &[("why", "disk_full".to_owned())], Some(DISK_FULL_RETRY));
    }
    if down.damaged {
        return refused(Reason::StoreDown, &[("why", "damaged".to_owned())], Some(DAMAGED_RETRY));
    }
    refused(Reason::StoreDown, &[], Some(Duration::from_secs(1)))
}

/// Types that cross the border.
pub trait IntoStatus {
    /// As the peer sees it.
    fn into_status(self) -> Status;
}

impl IntoStatus for StoreDown {
    fn into_status(self) -> Status {
        store_down(self)
    }
}
impl IntoStatus for NoRoom {
    fn into_status(self) -> Status {
        match self {
            NoRoom::Disk(down) => store_down(down),
            NoRoom::Store { most } => limited(Limited::beyond(Limit::MaxStoreBytes, most)),
        }
    }
}
impl IntoStatus for WrongName {
    fn into_status(self) -> Status {
        refused(Reason::WrongName, &[], None)
    }
}
impl IntoStatus for NotPermitted {
    fn into_status(self) -> Status {
        refused(Reason::NotPermitted, &[], None)
    }
}
impl IntoStatus for OpenRefused {
    fn into_status(self) -> Status {
        match self {
            OpenRefused::Stamp => refused(Reason::StampRefused, &[], None),
        }
    }
}
impl IntoStatus for AppendRefused {
    fn into_status(self) -> Status {
        match self {
            AppendRefused::NotPermitted => NotPermitted.into_status(),
            AppendRefused::Ahead { head } => refused(Reason::Ahead, &[("head", head.to_string())], None),
            AppendRefused::CatchUp { head } => refused(Reason::CatchUp, &[("head", head.to_string())], None),
            AppendRefused::Conflict => refused(Reason::Conflict, &[], None),
            AppendRefused::Sealed { seq } => refused(Reason::Sealed, &[("seq", seq.to_string())], None),
            AppendRefused::NoSeals => refused(Reason::NoSeals, &[], None),
            AppendRefused::Limit(l) => limited(l),
            AppendRefused::Stamp => refused(Reason::StampRefused, &[], None),
        }
    }
}
impl IntoStatus for TrimRefused {
    fn into_status(self) -> Status {
        match self {
            TrimRefused::NotPermitted => NotPermitted.into_status(),
            TrimRefused::NotAnInbox => refused(Reason::NotAnInbox, &[], None),
            TrimRefused::Ahead { head } => refused(Reason::Ahead, &[("head", head.to_string())], None),
        }
    }
}
impl IntoStatus for ChangeRefused {
    fn into_status(self) -> Status {
        match self {
            ChangeRefused::NotPermitted => NotPermitted.into_status(),
            ChangeRefused::NotAnInbox => refused(Reason::NotAnInbox, &[], None),
            ChangeRefused::Limit(l) => limited(l),
        }
    }
}
impl IntoStatus for StatusRefused {
    fn into_status(self) -> Status {
        match self {
            StatusRefused::NotPermitted => NotPermitted.into_status(),
            StatusRefused::NoEntry { gone_through, head } => {
                let metadata = [("gone_through", gone_through.to_string()), ("head", head.to_string())];
                refused(Reason::NoEntry, &metadata, None)
            }
            StatusRefused::NotNamed => refused(Reason::NoEntry, &[], None),
        }
    }
}
impl IntoStatus for HeldRefused {
    fn into_status(self) -> Status {
        match self {
            HeldRefused::NotPermitted => NotPermitted.into_status(),
            HeldRefused::Limit(l) => limited(l),
        }
    }
}

impl IntoStatus for IssueRefused {
    fn into_status(self) -> Status {
        match self {
            IssueRefused::HasAccount => refused(Reason::HasAccount, &[], None),
            IssueRefused::NoAccount => refused(Reason::NoAccount, &[], None),
            IssueRefused::NoClerk => refused(Reason::LoginRefused, &[], None),
            IssueRefused::Duty => refused(Reason::NotHerDuty, &[], None),
            IssueRefused::Limit(l) => limited(l),
        }
    }
}
impl IntoStatus for AddClerkRefused {
    fn into_status(self) -> Status {
        match self {
            AddClerkRefused::Name | AddClerkRefused::Key => refused(Reason::ClerkExists, &[], None),
            AddClerkRefused::Limit(l) => limited(l),
        }
    }
}
impl IntoStatus for NoClerk {
    fn into_status(self) -> Status {
        refused(Reason::NoClerk, &[], None)
    }
}
impl IntoStatus for NoCode {
    fn into_status(self) -> Status {
        refused(Reason::NoCode, &[], None)
    }
}
/// A state that is not taken, and why.
#[must_use]
pub fn bad_state(why: &impl ToString) -> Status {
    refused(Reason::BadState, &[("why", why.to_string())], None)
}

impl IntoStatus for EnrollRefused {
    fn into_status(self) -> Status {
        match self {
            EnrollRefused::Code => refused(Reason::CodeRefused, &[], None),
            EnrollRefused::HandleTaken => refused(Reason::HandleTaken, &[], None),
            EnrollRefused::AccountTaken | EnrollRefused::Inbox(_) => bad_state(&self),
        }
    }
}
impl IntoStatus for RecoverRefused {
    fn into_status(self) -> Status {
        match self {
            RecoverRefused::Code => refused(Reason::CodeRefused, &[], None),
            RecoverRefused::AccountTaken | RecoverRefused::Inbox(_) => bad_state(&self),
            RecoverRefused::Stale(stale) => stale.into_status(),
        }
    }
}
/// A note that is not taken, and why.
#[must_use]
pub fn bad_note(why: &impl ToString) -> Status {
    refused(Reason::BadNote, &[("why", why.to_string())], None)
}

impl IntoStatus for Stale {
    fn into_status(self) -> Status {
        // whoever closes looks again: this is for one who did so in vain
        store_down(StoreDown::new(self))
    }
}
impl IntoStatus for CloseRefused {
    fn into_status(self) -> Status {
        match self {
            CloseRefused::NoDevice(over) => over.into_status(),
            CloseRefused::Stale(stale) => stale.into_status(),
        }
    }
}
impl IntoStatus for PutGrantsRefused {
    fn into_status(self) -> Status {
        match self {
            PutGrantsRefused::NoDevice(over) => over.into_status(),
            PutGrantsRefused::NotDesignated => refused(Reason::NotDesignated, &[], None),
            PutGrantsRefused::Anothers => bad_note(&self),
            PutGrantsRefused::Paused => refused(Reason::Paused, &[], None),
            PutGrantsRefused::Limit(l) => limited(l),
        }
    }
}
impl IntoStatus for IssueAgencyRefused {
    fn into_status(self) -> Status {
        match self {
            IssueAgencyRefused::Exists => refused(Reason::AgencyExists, &[], None),
            IssueAgencyRefused::Limit(l) => limited(l),
        }
    }
}
impl IntoStatus for EnrollAgencyRefused {
    fn into_status(self) -> Status {
        match self {
            EnrollAgencyRefused::Code | EnrollAgencyRefused::Key => refused(Reason::CodeRefused, &[], None),
        }
    }
}
/// To the operator, who names one.
impl IntoStatus for NoAgency {
    fn into_status(self) -> Status {
        refused(Reason::NoAgency, &[], None)
    }
}
/// To the body itself.
impl IntoStatus for AgencyRefused {
    fn into_status(self) -> Status {
        match self {
            AgencyRefused::NoAgency(NoAgency) => refused(Reason::LoginRefused, &[], None),
            AgencyRefused::Limit(l) => limited(l),
        }
    }
}
impl IntoStatus for NoDevice {
    fn into_status(self) -> Status {
        refused(Reason::Session, &[], None)
    }
}
impl IntoStatus for PutStateRefused {
    fn into_status(self) -> Status {
        match self {
            PutStateRefused::NoDevice(over) => over.into_status(),
            PutStateRefused::Chain | PutStateRefused::Inbox(_) => bad_state(&self),
            PutStateRefused::Limit(l) => limited(l),
            PutStateRefused::Stale(stale) => stale.into_status(),
        }
    }
}
impl IntoStatus for PutKeyPackagesRefused {
    fn into_status(self) -> Status {
        match self {
            PutKeyPackagesRefused::NoDevice(over) => over.into_status(),
            PutKeyPackagesRefused::Limit(l) => limited(l),
        }
    }
}
impl IntoStatus for TakeStampsRefused {
    fn into_status(self) -> Status {
        match self {
            TakeStampsRefused::NoDevice(over) => over.into_status(),
            TakeStampsRefused::Limit(l) => limited(l),
        }
    }
}
impl IntoStatus for AskRefused {
    fn into_status(self) -> Status {
        match self {
            AskRefused::Stamp => refused(Reason::StampRefused, &[], None),
            AskRefused::Limit(l) => limited(l),
        }
    }
}
impl IntoStatus for KeepBlobRefused {
    fn into_status(self) -> Status {
        match self {
            KeepBlobRefused::Conflict => refused(Reason::Conflict, &[], None),
            KeepBlobRefused::Stamp => refused(Reason::StampRefused, &[], None),
            KeepBlobRefused::Limit(l) => limited(l),
        }
    }
}

/// The answer of a verb: the store's trouble and the verb's refusal, both at the border.
pub fn crossed<T, R: IntoStatus>(outcome: Result<Result<T, R>, StoreDown>) -> Result<T, Status> {
    outcome.map_err(store_down)?.map_err(IntoStatus::into_status)
}
