//! Bundles that prove what they say.

use super::vector::*;
use crate::proof::*;
use lacre_evidence::{ExemptReason, FilePart};

pub(super) fn all(out: &mut Vec<Vector>) {
    let mut valid = |name, why, bundle: Bundle| add(out, name, TrustFile::Honest, "VALID", "", why, bundle.to_bytes());
    let honest = World::honest();
    valid("valid", "an honest notice with body and attachment", honest.bundle.clone());
    valid("valid-without-files", "body and attachment left out on purpose: digests stay", honest.bundle.without_files());
    let mut some = honest.bundle.clone();
    some.files[1] = FilePart::LeftOut;
    valid("valid-body-only", "the attachment left out", some);
    let receipt_only = Bundle { events: honest.bundle.events[..1].to_vec(), ..honest.bundle.clone() };
    valid("valid-receipt-only", "no record of the person's devices: the law does not ask for it", receipt_only);
    valid("valid-exempt", "the registrar answered that the person is exempt", unreachable(Answer::Exempt(ExemptReason::Law)));
    valid("valid-no-account", "the registrar answered that there is no account", unreachable(Answer::NoAccount));
    let played = |change: Change| {
        let mut setup = Setup::example(Cast::HONEST);
        change(&mut setup);
        setup.play().bundle
    };
    valid("valid-two-states", "an account with a second state", played(two_states));
    valid("valid-communication", "a personal communication: no term", played(|s| s.act = Act::PersonalCommunication));
    valid("valid-communique", "an institutional communiqué: no term", played(|s| s.act = Act::Communique));
    valid("valid-other-rule", "the agency names the other reading", played(|s| s.rule = RuleId::ClD4));
    valid("valid-last-resort", "a last-resort grant", played(|s| s.grant.kind = GrantKind::LastResort));
    valid("valid-empty-body", "an empty file", played(|s| s.body.clear()));
    valid(
        "valid-hour",
        "received one hour after the answer, to the millisecond",
        played(|s| {
            s.accepted_at = s.lookup.asked_at.plus(HOUR);
        }),
    );
}
