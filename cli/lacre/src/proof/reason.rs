//! The sentence of each code.

use lacre_evidence::{FaultCode, LackCode};
use lacre_words::words::{Words, key};

/// What is wrong.
pub(crate) const fn fault(code: FaultCode) -> &'static str {
    match code {
        FaultCode::Container => key("fault-container"),
        FaultCode::Checksum => key("fault-checksum"),
        FaultCode::Note => key("fault-note"),
        FaultCode::Keys => key("fault-keys"),
        FaultCode::Signature => key("fault-signature"),
        FaultCode::CertificatePeriod => key("fault-certificate-period"),
        FaultCode::OtherAgency => key("fault-other-agency"),
        FaultCode::Commitment => key("fault-commitment"),
        FaultCode::Exempt => key("fault-exempt"),
        FaultCode::AccountChain => key("fault-account-chain"),
        FaultCode::OtherAccount => key("fault-other-account"),
        FaultCode::OtherState => key("fault-other-state"),
        FaultCode::OtherDesignation => key("fault-other-designation"),
        FaultCode::OtherGrant => key("fault-other-grant"),
        FaultCode::NoticeLink => key("fault-notice-link"),
        FaultCode::Approval => key("fault-approval"),
        FaultCode::ApprovalRow => key("fault-approval-row"),
        FaultCode::ApprovalFew => key("fault-approval-few"),
        FaultCode::Rule => key("fault-rule"),
        FaultCode::NoReceipt => key("fault-no-receipt"),
        FaultCode::OtherRelay => key("fault-other-relay"),
        FaultCode::OtherChannel => key("fault-other-channel"),
        FaultCode::ReceiptEarly => key("fault-receipt-early"),
        FaultCode::LookupStale => key("fault-lookup-stale"),
        FaultCode::GrantPeriod => key("fault-grant-period"),
        FaultCode::File => key("fault-file"),
        FaultCode::Envelope => key("fault-envelope"),
        FaultCode::Event => key("fault-event"),
        FaultCode::Reply => key("fault-reply"),
        FaultCode::Withheld => key("fault-withheld"),
        FaultCode::Ids => key("fault-ids"),
        FaultCode::Contradiction => key("fault-contradiction"),
    }
}

/// What is missing.
pub(crate) const fn lack(code: LackCode) -> &'static str {
    match code {
        LackCode::Version => key("lack-version"),
        LackCode::Missing => key("lack-missing"),
        LackCode::RuleUnknown => key("lack-rule-unknown"),
        LackCode::CalendarRange => key("lack-calendar-range"),
        LackCode::Reserved => key("lack-reserved"),
        LackCode::Ledger => key("lack-ledger"),
        LackCode::Trust => key("lack-trust"),
    }
}

/// The sentence of a code that was stored; of one that only a newer program has, the code itself.
pub(crate) fn sentence(words: &Words, code: &str) -> String {
    match FaultCode::ALL.iter().find(|known| known.code() == code) {
        Some(known) => words.say(fault(*known)),
        None => lacre_words::shown::shown(code),
    }
}
