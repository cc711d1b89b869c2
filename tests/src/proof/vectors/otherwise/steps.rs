//! Records that have no place there, and receipts that are not theirs.

use super::super::vector::*;
use super::making::*;
use crate::proof::forge::gateway;
use crate::proof::*;
use lacre_evidence::otherwise::{By, Step};
use lacre_evidence::{Reason, TakenReply};
use lacre_ground::ids::EntryId;
use lacre_ground::label::{self, Label};

/// A record that has no place there.
pub(super) fn steps(out: &mut Vec<Vector>) {
    type Row = (&'static str, &'static str, &'static str, fn(&mut Told));
    let counter: [Row; 19] = [
        ("otherwise-by-device", "signature", "a device, of whatever account", |t| {
            t.record.issuer = Issuer::Device(AccountId::new([1; 32]), DeviceId::new([1; 16]));
            t.record.scan = None;
        }),
        ("otherwise-by-relay", "signature", "a relay", |t| {
            (t.record.issuer, t.signer) = (Issuer::Relay(authority(1)), relay(1));
        }),
        ("otherwise-by-gateway", "signature", "a gateway", |t| {
            (t.record.issuer, t.signer) = (Issuer::Gateway("example".to_owned()), gateway(1));
        }),
        ("otherwise-officer-of-another", "signature", "an officer of another body", |t| {
            t.record.issuer = Issuer::Officer(AgencyCode::parse("AO777").unwrap(), "X".to_owned());
        }),
        ("otherwise-key-of-another", "signature", "this body's officer, under another body's key", |t| t.signer = agency(2)),
        ("otherwise-handed-over-by-agency", "event", "the agency itself, no officer", |t| {
            t.record.issuer = Issuer::Agency(code())
        }),
        ("otherwise-without-reason", "event", "an officer who does not say: in person", |t| t.record.reasons.clear()),
        ("otherwise-two-reasons", "event", "in person, and something else", |t| t.record.reasons.push(Reason::Outage)),
        ("otherwise-officer-posts", "event", "an officer who posts a letter", |t| {
            (t.record.event, t.record.reasons, t.record.reference) = (Event::RelayToNonERDS, vec![], Some("RE 1".to_owned()));
        }),
        ("otherwise-officer-failed", "event", "an officer whose letter came back", |t| {
            (t.record.event, t.record.reasons) = (Event::RelayToNonERDSFailure, vec![Reason::Outage]);
        }),
        ("otherwise-officer-paper", "event", "an officer to whom paper came", |t| {
            (t.record.event, t.record.reasons) = (Event::ReceivedFromNonERDS, vec![]);
        }),
        ("otherwise-opened", "event", "opened, as if by a device", |t| {
            (t.record.event, t.record.reasons) = (Event::ContentAccessTracking, vec![]);
        }),
        ("otherwise-failed-in-person", "event", "not handed over, in person", |t| t.record.event = Event::ContentHandoverFailure),
        ("otherwise-other-notice", "event", "a record of another notice", |t| {
            (t.record.envelope, t.own_envelope) = ([1; 32], true);
        }),
        ("otherwise-other-sender", "event", "another sender", |t| {
            t.record.sender = Party::Agency(AgencyCode::parse("AO777").unwrap());
        }),
        ("otherwise-to-account", "event", "a recipient's account", |t| {
            t.record.recipient = Party::Account(AccountId::new([1; 32]))
        }),
        ("otherwise-to-channel", "event", "a recipient's channel", |t| {
            t.record.recipient = Party::Channel(ChannelId::new([1; 32]))
        }),
        ("otherwise-to-agency", "event", "the agency as recipient", |t| t.record.recipient = Party::Agency(code())),
        ("otherwise-from-account", "event", "an account as sender", |t| {
            t.record.sender = Party::Account(AccountId::new([1; 32]))
        }),
    ];
    for (name, code, why, change) in counter {
        let kept = Kept::exempt().then(&Step::HandedOver, DAY).last(change);
        add(out, name, TrustFile::Honest, "INVALID", code, why, kept.bundle().to_bytes());
    }
    let post = |step: Step| Kept::exempt().then(&posted(), 60).then(&step, DAY);
    let other = |step: fn(String) -> Step| step("RE 777".to_owned());
    let none = |kept: Kept| kept.last(|t| t.record.reference = None);
    let exempt = Kept::exempt;
    let again = |t: &mut Told| t.record.id = EvidenceId::new([0xf0; 16]);
    let table: Vec<(&'static str, &'static str, Kept)> = vec![
        ("otherwise-posted-without-reference", "posted, and nobody knows what", none(exempt().then(&posted(), 60))),
        ("otherwise-received-without-reference", "received, and nobody knows what", none(post(received()))),
        ("otherwise-returned-without-reference", "came back, and nobody knows what", none(post(came_back()))),
        (
            "otherwise-received-reasons",
            "received, and something else",
            post(received()).last(|t| t.record.reasons.push(Reason::Outage)),
        ),
        (
            "otherwise-posted-reason",
            "posted in person",
            exempt().then(&posted(), 60).last(|t| t.record.reasons.push(Reason::InPerson)),
        ),
        (
            "otherwise-failed-at-post-office",
            "failed at the post office",
            exempt().then(&Step::NotPosted, 60).last(|t| t.record.reasons.push(Reason::PostOffice)),
        ),
        (
            "otherwise-paper-reason",
            "paper came, for a reason",
            exempt().then(&Step::Came, 60).last(|t| t.record.reasons.push(Reason::Outage)),
        ),
        ("otherwise-counter-twice", "handed over twice", exempt().then(&Step::HandedOver, 60).then(&Step::HandedOver, DAY)),
        ("otherwise-posted-twice", "posted twice under one reference", post(posted())),
        ("otherwise-received-twice", "received twice", post(received()).then(&received(), 2 * DAY)),
        ("otherwise-returned-twice", "came back twice", post(came_back()).then(&came_back(), 2 * DAY)),
        ("otherwise-never-posted", "received, and never posted", exempt().then(&received(), DAY)),
        ("otherwise-other-letter", "received, another letter than was posted", post(other(Step::Received))),
        ("otherwise-returned-never-posted", "came back, and never posted", exempt().then(&came_back(), DAY)),
        ("otherwise-other-returned", "another letter came back", post(other(Step::Returned))),
        (
            "otherwise-posted-behind",
            "posted, but recorded behind its reception",
            exempt().then(&received(), DAY).then(&posted(), 60),
        ),
        (
            "otherwise-same-record",
            "the same record in two places",
            exempt().then(&Step::NotPosted, 60).then(&Step::NotPosted, 60).last(again),
        ),
    ];
    for (name, why, kept) in table {
        add(out, name, TrustFile::Honest, "INVALID", "event", why, kept.bundle().to_bytes());
    }
    let mut sent = World::honest();
    let letter = received().record(
        EvidenceId::new([0xf0; 16]),
        DISPATCH.plus(HOUR),
        &By { agency: &code(), officer: "", scan: None },
        sent.receipt.envelope,
    );
    sent.bundle.events.push(letter.sign(&agency(1)).unwrap());
    let why = "post-office, of a notice that was sent";
    add(out, "sent-and-post-office", TrustFile::Honest, "INVALID", "event", why, sent.bundle.to_bytes());
    let device = resign(&World::honest().bundle.events[1], &device(1), |t| format!("{t}scan {}\n", "6".repeat(64)));
    let mut sent = World::honest().bundle;
    sent.events[1] = device;
    add(out, "device-and-scan", TrustFile::Honest, "INVALID", "note", "a device that scanned a paper", sent.to_bytes());
    let mut sent = World::honest();
    let mut letter = posted().record(
        EvidenceId::new([0xf0; 16]),
        DISPATCH.plus(HOUR),
        &By { agency: &code(), officer: "", scan: Some([6; 32]) },
        sent.receipt.envelope,
    );
    letter.reasons.clear();
    sent.bundle.events.push(letter.sign(&agency(1)).unwrap());
    let why = "a letter too, with the digest of its slip";
    add(out, "valid-by-letter-with-scan", TrustFile::Honest, "VALID", "", why, sent.bundle.to_bytes());
}

/// A receipt that is not the relay's for this record.
pub(super) fn receipts(out: &mut Vec<Vector>) {
    type Row = (&'static str, &'static str, &'static str, fn(&mut Told));
    let table: [Row; 18] = [
        ("otherwise-part-empty", "reply", "a part without bytes", |t| t.part = |_| Vec::new()),
        ("otherwise-receipt-by-another", "signature", "another relay's receipt", |t| t.relay = relay(2)),
        ("otherwise-receipt-by-agency", "signature", "a receipt that the agency made", |t| {
            t.relay = NoteSigner::new(RELAY, &[0x41; 32]).unwrap();
        }),
        ("otherwise-other-channel", "reply", "a receipt for another channel", |t| t.receipt.channel = ChannelId::new([1; 32])),
        ("otherwise-place-65", "reply", "in the 65th place", |t| t.place = 64),
        ("otherwise-other-entry", "reply", "a receipt for an entry of anybody", |t| t.receipt.entry_id = EntryId::new([1; 16])),
        ("otherwise-seal", "reply", "a seal", |t| t.receipt.seal = true),
        ("otherwise-other-bytes", "reply", "a receipt for other bytes", |t| t.receipt.sha256 = [1; 32]),
        ("otherwise-garbage", "reply", "bytes that do not open", |t| {
            t.entry = |mut entry| {
                entry[40] ^= 1;
                entry
            }
        }),
        ("otherwise-short", "reply", "an entry of ten bytes", |t| t.entry = |entry| entry[..10].to_vec()),
        ("otherwise-as-reply", "reply", "an entry that is a reply", |t| t.kind = b"reply"),
        ("otherwise-other-kind", "reply", "an entry of no kind", |t| t.kind = b"else"),
        ("otherwise-other-record", "reply", "the entry is of another record", |t| t.other = Some("something else\n")),
        ("otherwise-with-states", "reply", "with a state", |t| t.states = label::message(Label::NoticeReturn, &[b"a state\n"])),
        ("otherwise-states-no-text", "reply", "with a state that is no text", |t| {
            t.states = label::message(Label::NoticeReturn, &[b"\xff\n"]);
        }),
        ("otherwise-states-no-list", "reply", "with what is no list of states", |t| t.states = b"x".to_vec()),
        ("otherwise-no-padding", "reply", "without an end", |t| t.plain = |plain| vec![0; plain.len()]),
        ("otherwise-taken-of-another-kind", "reply", "a part that is none of an entry and its receipt", |t| {
            t.part = |taken| {
                let TakenReply { receipt, entry } = taken;
                label::message(Label::NoticeReturn, &[b"token", receipt.as_bytes(), &entry])
            };
        }),
    ];
    let counter = || Kept::exempt().then(&Step::HandedOver, DAY);
    for (name, code, why, change) in table {
        add(out, name, TrustFile::Honest, "INVALID", code, why, counter().last(change).bundle().to_bytes());
    }
    let twice = Kept::exempt().then(&posted(), 60).then(&received(), DAY).last(|t| t.place = 0);
    add(
        out,
        "otherwise-place-twice",
        TrustFile::Honest,
        "INVALID",
        "reply",
        "two records in one place",
        twice.bundle().to_bytes(),
    );
    let more = counter().edit(|b| b.replies.push(b.replies[0].clone()));
    add(
        out,
        "otherwise-one-receipt-more",
        TrustFile::Honest,
        "INVALID",
        "reply",
        "a receipt for no record",
        more.bundle().to_bytes(),
    );
    let swapped = Kept::exempt().then(&posted(), 60).then(&received(), DAY).edit(|b| b.replies.swap(0, 1));
    add(
        out,
        "otherwise-receipts-swapped",
        TrustFile::Honest,
        "INVALID",
        "reply",
        "each other's receipts",
        swapped.bundle().to_bytes(),
    );
}
