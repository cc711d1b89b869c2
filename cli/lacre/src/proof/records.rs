//! Records in words: what happened, who says so, and why.

use super::block::Block;
use super::instant;
use lacre_evidence::clock::Zone;
use lacre_evidence::{Event, Issuer, Party, Reason, Record, Signer};
use lacre_words::shown::shown;
use lacre_words::words::{Words, key};

/// What happened, by the kind of its issuer.
const fn event(event: Event, by: Signer) -> &'static str {
    match event {
        Event::SubmissionAcceptance => key("event-submission-acceptance"),
        Event::SubmissionRejection => key("event-submission-rejection"),
        Event::RelayAcceptance => key("event-relay-acceptance"),
        Event::RelayRejection => key("event-relay-rejection"),
        Event::RelayFailure => key("event-relay-failure"),
        Event::ConsignmentAcceptance => key("event-consignment-acceptance"),
        Event::ConsignmentRejection => key("event-consignment-rejection"),
        Event::ConsignmentNotification => key("event-alert-sent"),
        Event::ConsignmentNotificationFailure => key("event-alert-failed"),
        Event::NotificationDelivered => key("event-alert-arrived"),
        Event::NotificationAccessTracking => key("event-alert-opened"),
        Event::ContentAccessTracking => key("event-opened"),
        Event::ContentHandover => match by {
            Signer::Officer => key("event-handed-over-in-person"),
            Signer::Device | Signer::Relay | Signer::Agency | Signer::Gateway => key("event-handed-over"),
        },
        Event::ContentHandoverFailure => key("event-does-not-open"),
        Event::RelayToNonERDS => key("event-letter-sent"),
        Event::RelayToNonERDSFailure => key("event-letter-failed"),
        Event::ReceivedFromNonERDS => key("event-paper-came"),
        // computed, or a step that Lacre does not have: no record of them is valid
        Event::NotificationForAcceptance
        | Event::NotificationForAcceptanceFailure
        | Event::AcceptanceRejectionExpiry
        | Event::ContentConsignment
        | Event::ContentConsignmentFailure => key("event-unsigned"),
    }
}

const fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::NotPermitted => key("reason-not-permitted"),
        Reason::OverLimit => key("reason-over-limit"),
        Reason::Outage => key("reason-outage"),
        Reason::DoesNotOpen => key("reason-does-not-open"),
        Reason::DoesNotMatch => key("reason-does-not-match"),
        Reason::NoAlertAddress => key("reason-no-alert-address"),
        Reason::AlertRefused => key("reason-alert-refused"),
        Reason::PersonRefuses => key("reason-person-refuses"),
        Reason::NotMe => key("reason-not-me"),
        Reason::InPerson => key("reason-in-person"),
        Reason::PostOffice => key("reason-post-office"),
        Reason::LetterReturned => key("reason-letter-returned"),
    }
}

/// Whose word a record is. Names that somebody chose stand at the end.
pub(crate) fn issuer(words: &Words, issuer: &Issuer) -> String {
    match issuer {
        Issuer::Relay(at) => words.say_with("issuer-relay", &[("address", shown(&at.to_string()).into())]),
        Issuer::Device(_, device) => words.say_with("issuer-device", &[("device", device.to_string().into())]),
        Issuer::Agency(code) => words.say_with("issuer-agency", &[("code", code.as_str().into())]),
        Issuer::Officer(code, name) => {
            words.say_with("issuer-officer", &[("code", code.as_str().into()), ("name", shown(name).into())])
        }
        Issuer::Gateway(name) => words.say_with("issuer-gateway", &[("name", shown(name).into())]),
    }
}

fn party(words: &Words, party: &Party) -> String {
    match party {
        Party::Agency(code) => words.say_with("party-agency", &[("code", code.as_str().into())]),
        Party::Account(id) => words.say_with("party-account", &[("id", id.to_string().into())]),
        Party::Channel(id) => words.say_with("party-channel", &[("id", id.to_string().into())]),
        Party::Unknown => words.say("party-unknown"),
    }
}

/// Reasons of a record, in words.
pub(crate) fn reasons(words: &Words, record: &Record) -> Vec<String> {
    record.reasons.iter().map(|r| words.say(reason(*r))).collect()
}

/// One record: what, when, whose word, why. `number` is its place in the bundle.
pub(crate) fn told(words: &Words, zone: Zone, number: usize, record: &Record) -> Vec<Block> {
    let mut out = Vec::new();
    let row = |name: &'static str, value: String| Block::Under(words.say(name), value);
    let what = words.say(event(record.event, record.issuer.signer()));
    let number = u32::try_from(number).unwrap_or(u32::MAX);
    let name = words.say_with("record", &[("n", number.into())]);
    out.push(Block::Row(name, words.say_with("record-what", &[("what", what.into()), ("event", record.event.name().into())])));
    out.push(row(key("record-when"), instant(words, zone, record.time)));
    out.push(row(key("record-issuer"), issuer(words, &record.issuer)));
    if !record.reasons.is_empty() {
        out.push(row(key("record-reason"), reasons(words, record).join("; ")));
    }
    if let Some(reference) = &record.reference {
        out.push(row(key("record-reference"), shown(reference)));
    }
    let parties = [("sender", party(words, &record.sender).into()), ("recipient", party(words, &record.recipient).into())];
    out.push(row(key("record-parties"), words.say_with("record-parties-value", &parties)));
    out.push(row(key("record-id"), record.id.to_string()));
    out
}
