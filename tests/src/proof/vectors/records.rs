//! Records after the receipt: who may say what, of whom, and when.

use super::vector::*;
use crate::proof::*;
use lacre_evidence::Reason;

/// Who may say what after the receipt: all of it is VALID, and each is shown as its issuer's word.
pub(super) fn told(out: &mut Vec<Vector>) {
    let world = World::honest();
    let account = world.grant.account;
    let of_device = Issuer::Device(account, DeviceId::new([1; 16]));
    let officer = Issuer::Officer(world.certificate.code.clone(), "Funcionaria de Ejemplo".to_owned());
    let body = Issuer::Agency(world.certificate.code.clone());
    let record = |event, issuer: &Issuer, reasons: &[Reason], signer: &NoteSigner| {
        let reasons = reasons.to_vec();
        let record = Record { event, issuer: issuer.clone(), reasons, submission: None, ..world.receipt.clone() };
        Record { time: record.time.plus(HOUR), ..record }.sign(signer).unwrap()
    };
    let opened = record(Event::ContentHandover, &of_device, &[], &device(1));
    let counter = record(Event::ContentHandover, &officer, &[Reason::InPerson], &agency(1));
    let failed = record(Event::ContentHandoverFailure, &of_device, &[Reason::DoesNotMatch], &device(1));
    let read = record(Event::ContentAccessTracking, &of_device, &[], &device(1));
    let refused = record(Event::ConsignmentRejection, &of_device, &[Reason::NotMe, Reason::PersonRefuses], &device(1));
    let taken = record(Event::ConsignmentAcceptance, &of_device, &[], &device(1));
    let letter = record(Event::RelayToNonERDS, &body, &[], &agency(1));
    let returned = record(Event::RelayToNonERDSFailure, &body, &[Reason::LetterReturned], &agency(1));
    let paper = record(Event::ReceivedFromNonERDS, &body, &[], &agency(1));
    let passed = record(Event::RelayAcceptance, &world.receipt.issuer, &[], &relay(1));
    let mut bundle = world.bundle.clone();
    bundle.events.truncate(1);
    bundle.events.extend([counter.clone(), read.clone()]);
    let bytes = bundle.to_bytes();
    let why = "opened by a device that fetched nothing: an officer's handing over is not a device's";
    add(out, "opened-after-counter", TrustFile::Honest, "INVALID", "event", why, bytes);
    let table: [(&'static str, &'static str, Vec<String>); 6] = [
        (
            "valid-in-person",
            "an officer's word, under the agency's key, that it was handed over at a counter",
            vec![counter.clone()],
        ),
        ("valid-opened-and-in-person", "both a device and an officer", vec![read, counter, opened.clone()]),
        ("valid-does-not-open", "a device says that it does not match: shown first, no date changes", vec![opened, failed]),
        ("valid-refused", "the person refuses: no legal effect, and shown first", vec![taken, refused]),
        ("valid-by-letter-too", "it went by letter too, and the letter came back", vec![letter, returned, paper]),
        ("valid-passed-on", "the relay says that another relay took it over", vec![passed]),
    ];
    for (name, why, records) in table {
        let mut bundle = world.bundle.clone();
        bundle.events.truncate(1);
        bundle.events.extend(records);
        add(out, name, TrustFile::Honest, "VALID", "", why, bundle.to_bytes());
    }
}

/// Records after the receipt.
pub(super) fn wrong(out: &mut Vec<Vector>) {
    type Wrong = fn(&mut Record) -> NoteSigner;
    let table: [(&'static str, &'static str, &'static str, Wrong); 21] = [
        ("record-handover-by-agency", "event", "the agency, not an officer, says that it was handed over", |r| {
            (r.issuer, r.reasons) = (Issuer::Agency(AgencyCode::parse("AO001").unwrap()), vec![Reason::InPerson]);
            agency(1)
        }),
        ("record-by-officer-of-another", "signature", "an officer of another body, signed with this body's key", |r| {
            (r.issuer, r.reasons) =
                (Issuer::Officer(AgencyCode::parse("AO777").unwrap(), "X".to_owned()), vec![Reason::InPerson]);
            agency(1)
        }),
        ("record-by-officer-without-reason", "event", "an officer's handing over that does not say: in person", |r| {
            r.issuer = Issuer::Officer(AgencyCode::parse("AO001").unwrap(), "Ejemplo".to_owned());
            agency(1)
        }),
        ("record-device-in-person", "event", "a device that says: in person", |r| {
            r.reasons = vec![Reason::InPerson];
            device(1)
        }),
        ("record-officers-key-as-device", "signature", "the agency's key under a device's name", |_| {
            NoteSigner::new(DEVICE, &[0x41; 32]).unwrap()
        }),
        ("record-of-other-sender", "event", "it names another sender", |r| {
            r.sender = Party::Agency(AgencyCode::parse("AO777").unwrap());
            device(1)
        }),
        ("record-of-other-recipient", "event", "it names another recipient", |r| {
            r.recipient = Party::Account(AccountId::new([2; 32]));
            device(1)
        }),
        ("record-to-an-agency", "event", "it names the agency as recipient", |r| {
            r.recipient = Party::Agency(AgencyCode::parse("AO001").unwrap());
            device(1)
        }),
        ("record-relay-lost-it", "contradiction", "the relay that accepted it says that it lost it", |r| {
            (r.event, r.issuer, r.reasons) = (Event::RelayFailure, Issuer::Relay(authority(1)), vec![Reason::Outage]);
            relay(1)
        }),
        ("record-relay-refused-it", "contradiction", "the relay that accepted it says that it was refused", |r| {
            (r.event, r.issuer, r.reasons) = (Event::RelayRejection, Issuer::Relay(authority(1)), vec![Reason::OverLimit]);
            relay(1)
        }),
        ("record-by-agency", "event", "the agency says that the person opened it", |r| {
            r.issuer = Issuer::Agency(AgencyCode::parse("AO001").unwrap());
            agency(1)
        }),
        ("record-by-other-device", "signature", "signed by a device of somebody else", |_| device(2)),
        ("record-of-other-device", "signature", "issued by a device that the account does not have", |r| {
            if let Issuer::Device(account, _) = r.issuer {
                r.issuer = Issuer::Device(account, DeviceId::new([2; 16]));
            }
            device(1)
        }),
        ("record-of-other-account", "signature", "issued for another account", |r| {
            r.issuer = Issuer::Device(AccountId::new([2; 32]), DeviceId::new([1; 16]));
            device(1)
        }),
        ("record-of-other-notice", "event", "of another notice", |r| {
            r.envelope = [1; 32];
            device(1)
        }),
        ("record-before-receipt", "event", "before the relay took the notice", |r| {
            r.time = Millis::new(DISPATCH.get() - 2 * 60_000);
            device(1)
        }),
        ("record-computed", "event", "ContentConsignment is computed and never signed", |r| {
            of_event(r, Event::ContentConsignment)
        }),
        ("record-without-reason", "note", "a negative event without a reason", |r| of_event(r, Event::ContentHandoverFailure)),
        ("record-opened-not-handed-over", "event", "opened without having been handed over", |r| {
            of_event(r, Event::ContentAccessTracking)
        }),
        ("record-rejected-too", "contradiction", "the relay both accepted and rejected it", |r| {
            r.event = Event::SubmissionRejection;
            r.issuer = Issuer::Relay(authority(1));
            r.reasons = vec![Reason::OverLimit];
            relay(1)
        }),
        ("record-by-unknown-gateway", "signature", "an alert by a gateway that nobody trusts", |r| {
            r.event = Event::ConsignmentNotification;
            r.issuer = Issuer::Gateway("example".to_owned());
            NoteSigner::new("lacre-gateway", &[0x13; 32]).unwrap()
        }),
    ];
    for (name, code, why, wrong) in table {
        let mut world = World::honest();
        let mut record = Record {
            event: Event::ContentHandover,
            id: EvidenceId::new([0xd1; 16]),
            time: DISPATCH.plus(HOUR),
            issuer: Issuer::Device(world.grant.account, DeviceId::new([1; 16])),
            submission: None,
            ..world.receipt.clone()
        };
        let signer = wrong(&mut record);
        world.bundle.events.truncate(1);
        world.bundle.events.push(record.sign(&signer).unwrap());
        add(out, name, TrustFile::Honest, "INVALID", code, why, world.bundle.to_bytes());
    }
    let mut second = World::honest();
    second.bundle.events.push(second.bundle.events[0].clone());
    let bytes = second.bundle.to_bytes();
    add(out, "second-receipt", TrustFile::Honest, "INVALID", "event", "the receipt twice", bytes);
    let mut again = World::honest();
    again.bundle.events.push(again.bundle.events[1].clone());
    let bytes = again.bundle.to_bytes();
    add(out, "record-again", TrustFile::Honest, "INVALID", "event", "the same record twice", bytes);
}

/// A record of this event by the person's device, which nothing else makes possible.
fn of_event(record: &mut Record, event: Event) -> NoteSigner {
    record.event = event;
    device(1)
}
