//! From a gRPC status to [`NetError`]: a status with our ErrorInfo is a refusal; anything else says what failed.

use super::dial::DialError;
use core::error::Error;
use core::time::Duration;
use lacre_core::network::{NetError, Reason, Refusal};
use std::collections::BTreeMap;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

/// Most details of a refusal that are kept, and their greatest lengths.
const MAX_DETAILS: usize = 16;
const MAX_TEXT: usize = 512;
/// Longest wait that is believed.
const MAX_RETRY: Duration = Duration::from_secs(24 * 3600);

/// What a failed call means.
pub(super) fn error(status: &Status) -> NetError {
    if let Some(info) = status.get_details_error_info()
        && info.domain == lacre_proto::ERROR_DOMAIN
    {
        let mut metadata: BTreeMap<String, String> =
            info.metadata.into_iter().take(MAX_DETAILS).map(|(k, v)| (cut(&k), cut(&v))).collect();
        let reason = Reason::parse(&info.reason).unwrap_or(Reason::Unknown);
        if reason == Reason::Unknown {
            metadata.insert("reason".into(), cut(&info.reason));
        }
        let retry_after = status.get_details_retry_info().and_then(|r| r.retry_delay).map(|d| d.min(MAX_RETRY));
        return NetError::Refused(Refusal { reason, metadata, retry_after });
    }
    if let Some(dial) = causes(status).find_map(|e| e.downcast_ref::<DialError>()) {
        return match dial {
            DialError::OtherKey(cause) => NetError::OtherKey { why: cause.to_string() },
            other => NetError::Unreachable { why: other.to_string() },
        };
    }
    let local = status.source().is_some();
    let what = || format!("{:?}: {}", status.code(), cut(status.message()));
    match status.code() {
        _ if local => NetError::Unreachable { why: chain(status) },
        Code::Unavailable
        | Code::DeadlineExceeded
        | Code::Cancelled
        | Code::Unknown
        | Code::ResourceExhausted
        | Code::Aborted => NetError::Unreachable { why: what() },
        Code::Ok
        | Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::FailedPrecondition
        | Code::OutOfRange
        | Code::Unimplemented
        | Code::Internal
        | Code::DataLoss
        | Code::Unauthenticated => NetError::Protocol(what()),
    }
}

fn causes(status: &Status) -> impl Iterator<Item = &(dyn Error + 'static)> {
    fn next<'a>(e: &&'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
        (*e).source()
    }
    core::iter::successors(status.source(), next)
}

/// All causes of a failure here, outermost first.
fn chain(status: &Status) -> String {
    let mut out = cut(status.message());
    for cause in causes(status).take(8) {
        let text = cause.to_string();
        if !out.contains(&text) {
            out.push_str(": ");
            out.push_str(&cut(&text));
        }
    }
    out
}

/// At most so many bytes of a foreign text.
fn cut(text: &str) -> String {
    let mut end = text.len().min(MAX_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic_types::ErrorDetails;

    fn refused(reason: &str, domain: &str) -> Status {
        let mut details = ErrorDetails::new();
        details.set_error_info(reason, domain, [("seq".to_owned(), "7".to_owned())]);
        details.set_retry_info(Some(Duration::from_millis(1500)));
        Status::with_error_details(Code::FailedPrecondition, "no", details)
    }

    #[test]
    fn each_reason_arrives_as_itself_with_its_details_and_its_wait() {
        for reason in Reason::ALL {
            let NetError::Refused(refusal) = error(&refused(reason.as_str(), lacre_proto::ERROR_DOMAIN)) else { panic!() };
            assert_eq!(refusal.reason, reason);
            assert_eq!(refusal.seq("seq").map(lacre_ground::ids::Seq::get), Some(7));
            assert_eq!(refusal.retry_after, Some(Duration::from_millis(1500)));
        }
    }

    #[test]
    fn a_reason_from_the_future_is_unknown_and_keeps_its_name_for_the_log() {
        let NetError::Refused(refusal) = error(&refused("FULL_MOON", lacre_proto::ERROR_DOMAIN)) else { panic!() };
        assert_eq!(refusal.reason, Reason::Unknown);
        assert_eq!(refusal.metadata.get("reason").map(String::as_str), Some("FULL_MOON"));
    }

    #[test]
    fn a_reason_of_a_foreign_domain_and_a_bare_status_are_no_refusals() {
        assert!(matches!(error(&refused("SEALED", "proxy.example")), NetError::Protocol(_)));
        assert!(matches!(error(&Status::unavailable("x")), NetError::Unreachable { .. }));
        assert!(matches!(error(&Status::unimplemented("x")), NetError::Protocol(_)));
        assert!(matches!(error(&Status::with_details(Code::NotFound, "x", vec![0xff; 40].into())), NetError::Protocol(_)));
    }

    #[test]
    fn foreign_texts_are_cut_at_a_character() {
        let long = "ñ".repeat(MAX_TEXT);
        assert_eq!(cut(&long).len(), MAX_TEXT);
        assert_eq!(cut(&format!("a{long}")).len(), MAX_TEXT - 1);
    }
}
