//! Both sides of every bound of time, and every link broken alone, with all else made to fit.

use super::vector::*;
use crate::proof::forge::{forge, gateway, text};
use crate::proof::*;
use lacre_evidence::lookup::GOOD_FOR_MS;
use lacre_evidence::{ExemptReason, FilePart, Reason};

const SKEW: u64 = 60_000;

fn less(at: Millis, ms: u64) -> Millis {
    Millis::new(at.get() - ms)
}

pub(super) fn all(out: &mut Vec<Vector>) {
    times(out);
    states(out);
    links(out);
    exempt(out);
    keys_and_gateways(out);
}

fn times(out: &mut Vec<Vector>) {
    let table: [(&'static str, &'static str, &'static str, Change); 24] = [
        ("asked-60-s-late", "", "asked a minute after the notice was made", |s| s.made_at = less(s.lookup.asked_at, SKEW)),
        ("asked-61-s-late", "receipt-early", "a millisecond more", |s| s.made_at = less(s.lookup.asked_at, SKEW + 1)),
        ("made-60-s-late", "", "made a minute after it was received", |s| s.made_at = s.accepted_at.plus(SKEW)),
        ("made-61-s-late", "receipt-early", "a millisecond more", |s| s.made_at = s.accepted_at.plus(SKEW + 1)),
        ("received-60-s-early", "", "received a minute before it was asked", |s| {
            (s.accepted_at, s.made_at) = (less(s.lookup.asked_at, SKEW), s.lookup.asked_at);
        }),
        ("received-61-s-early", "receipt-early", "a millisecond more; the notice was made between", |s| {
            let asked = s.lookup.asked_at;
            (s.accepted_at, s.made_at) = (less(asked, SKEW + 1), less(asked, 30_000));
        }),
        ("state-60-s-late", "", "a state made a minute after the answer", |s| state_made(s, SKEW)),
        ("state-61-s-late", "other-state", "a millisecond more", |s| state_made(s, SKEW + 1)),
        ("designated-60-s-late", "", "designated a minute after the answer", |s| {
            s.designation.made_at = s.lookup.asked_at.plus(SKEW);
        }),
        ("designated-61-s-late", "other-designation", "a millisecond more", |s| {
            s.designation.made_at = s.lookup.asked_at.plus(SKEW + 1);
        }),
        ("certificate-from-asked", "", "the certificate begins when it was asked", |s| s.certificate.from = s.lookup.asked_at),
        ("certificate-from-later", "certificate-period", "a millisecond later", |s| {
            s.certificate.from = s.lookup.asked_at.plus(1);
        }),
        ("certificate-until-received", "", "it ends when it was received", |s| s.certificate.until = s.accepted_at),
        ("asked-after-certificate", "certificate-period", "only the answer is after the end", |s| {
            s.certificate.until = less(s.lookup.asked_at, 1);
            (s.made_at, s.accepted_at) = (less(s.lookup.asked_at, 2), less(s.lookup.asked_at, 1));
        }),
        ("made-after-certificate", "certificate-period", "only the notice is after the end", |s| {
            (s.certificate.until, s.made_at) = (s.accepted_at, s.accepted_at.plus(1));
        }),
        ("made-before-certificate", "certificate-period", "only the notice is before the beginning", |s| {
            (s.certificate.from, s.made_at) = (s.lookup.asked_at, less(s.lookup.asked_at, 1));
        }),
        ("received-before-certificate", "certificate-period", "only the receipt is before the beginning", |s| {
            let asked = s.lookup.asked_at;
            (s.certificate.from, s.made_at, s.accepted_at) = (asked, asked, less(asked, 1));
        }),
        ("grant-from-received", "", "the grant begins when it was received", |s| s.grant.from = s.accepted_at),
        ("grant-until-received", "", "the grant ends when it was received", |s| s.grant.until = s.accepted_at),
        ("certificate-for-ever", "", "until the last instant that can be written", |s| s.certificate.until = Millis::MAX),
        ("no-return-channel", "", "a notice that takes no answers", |s| s.answers = false),
        ("answer-for-other-certificate", "other-agency", "the answer names another certificate of the agency", |s| {
            s.lookup.certificate = [1; 32];
        }),
        ("file-sealed-otherwise", "file", "the sealed file was another one", |s| {
            s.change_notice = |n| n.files[1].sealed_sha256 = [9; 32];
        }),
        ("file-length", "file", "another length", |s| s.change_notice = |n| n.files[1].len += 1),
    ];
    const { assert!(GOOD_FOR_MS == HOUR) };
    for (name, code, why, change) in table {
        let mut setup = Setup::example(Cast::HONEST);
        change(&mut setup);
        let verdict = if code.is_empty() { "VALID" } else { "INVALID" };
        add(out, name, TrustFile::Honest, verdict, code, why, setup.play().bundle.to_bytes());
    }
    let record = |name, verdict, code, why, time: Millis, out: &mut Vec<Vector>| {
        let bundle = forge(&World::honest().bundle, "event.1", |t| with_line(t, "time", &format!("time {time}")));
        add(out, name, TrustFile::Honest, verdict, code, why, bundle.to_bytes());
    };
    record("record-60-s-early", "VALID", "", "a device's clock a minute behind", less(DISPATCH, SKEW), out);
    record("record-61-s-early", "INVALID", "event", "a millisecond more", less(DISPATCH, SKEW + 1), out);
}

fn state_made(setup: &mut Setup, late: u64) {
    two_states(setup);
    setup.states[1].made_at = setup.lookup.asked_at.plus(late);
}

/// A state after the newest, with the device of [`two_states`] and without the first.
pub(super) fn replaced_device(setup: &Setup) -> AccountState {
    let last = setup.states.last().unwrap();
    let mut device = last.devices[0].clone();
    (device.id, device.signature_key) = (DeviceId::new([9; 16]), crate::proof::device(9).public().key());
    AccountState { number: last.number + 1, previous: Some(last.hash()), made_at: last.made_at.plus(HOUR), devices: vec![device] }
}

fn states(out: &mut Vec<Vector>) {
    let table: [(&'static str, &'static str, &'static str, Change); 15] = [
        ("designated-by-removed-device", "", "by a device that the newest state does not have any more", |s| {
            s.states.push(replaced_device(s));
            s.grant_signer = 9;
        }),
        ("granted-by-removed-device", "signature", "a grant by such a device", |s| s.states.push(replaced_device(s))),
        ("designated-by-stranger", "signature", "by a device that the account never had", |s| s.designation_signer = 2),
        ("designated-another-account", "other-account", "the designation names another account", |s| {
            s.designation.account = AccountId::new([2; 32]);
        }),
        ("another-designation", "other-designation", "the registrar named another designation", |s| {
            s.own_answer = true;
            let grant = Signed::sign(&s.grant, &device(1)).unwrap().note_hash();
            let (account, state_hash) = (s.grant.account, s.states[0].hash());
            s.lookup.answer = Answer::Account { account, state: 0, state_hash, grant, designation: [4; 32] };
        }),
        ("state-not-in-answer", "other-state", "a state more than the registrar named", |s| {
            s.own_answer = true;
            let (account, state_hash) = (s.grant.account, s.states[0].hash());
            let grant = Signed::sign(&s.grant, &device(1)).unwrap().note_hash();
            s.lookup.answer = Answer::Account { account, state: 0, state_hash, grant, designation: designation_hash(s) };
            two_states(s);
        }),
        ("state-number-skipped", "account-chain", "state 2 follows state 0", |s| {
            two_states(s);
            s.states[1].number = 2;
        }),
        ("later-device", "", "a device that came after the answer says that it opened it", |s| {
            s.later.push((replaced_device(s), 1));
        }),
        ("two-later-states", "", "two states after the registrar's", |s| {
            let one = replaced_device(s);
            let two = AccountState { number: 2, previous: Some(one.hash()), ..one.clone() };
            s.later = vec![(one, 1), (two, 9)];
        }),
        ("later-by-stranger", "signature", "a later state by a device of its own", |s| s.later.push((replaced_device(s), 9))),
        ("later-after-removed", "signature", "a second later state by a device that the first removed", |s| {
            let one = replaced_device(s);
            let two = AccountState { number: 2, previous: Some(one.hash()), ..one.clone() };
            s.later = vec![(one, 1), (two, 1)];
        }),
        ("later-number", "account-chain", "a later state with another number", |s| {
            let state = AccountState { number: 2, ..replaced_device(s) };
            s.later.push((state, 1));
        }),
        ("later-previous", "account-chain", "a later state after another one", |s| {
            let state = AccountState { previous: Some([3; 32]), ..replaced_device(s) };
            s.later.push((state, 1));
        }),
        ("second-later-previous", "account-chain", "the second does not follow the first", |s| {
            let one = replaced_device(s);
            let two = AccountState { number: 2, ..one.clone() };
            s.later = vec![(one, 1), (two, 9)];
        }),
        ("sixteen-devices", "", "as many as there may be", |s| {
            two_states(s);
            for n in 10..24 {
                let mut device = s.states[0].devices[0].clone();
                (device.id, device.signature_key) = (DeviceId::new([n; 16]), crate::proof::device(n).public().key());
                s.states[1].devices.push(device);
            }
        }),
    ];
    for (name, code, why, change) in table {
        let mut setup = Setup::example(Cast::HONEST);
        change(&mut setup);
        let later = name == "later-device" || name == "two-later-states";
        let mut bundle = setup.play().bundle;
        if name.ends_with("-by-removed-device") {
            bundle.events.truncate(1); // that device says nothing more
        }
        if later {
            let issued =
                text(&bundle.events[1]).replace(&DeviceId::new([1; 16]).to_string(), &DeviceId::new([9; 16]).to_string());
            bundle.events[1] = sign(&issued, &[&device(9)]).unwrap();
        }
        let verdict = if code.is_empty() { "VALID" } else { "INVALID" };
        add(out, name, TrustFile::Honest, verdict, code, why, bundle.to_bytes());
    }
    let mut setup = Setup::example(Cast::HONEST);
    two_states(&mut setup);
    let mut bundle = setup.play().bundle;
    bundle.states[1] = resign_same(&bundle.states[1], &device(9));
    let bytes = bundle.to_bytes();
    add(out, "state-by-its-own-device", TrustFile::Honest, "INVALID", "signature", "a state by the device that it adds", bytes);
    let honest = World::honest().bundle;
    let first: [(&'static str, &'static str, &'static str, &'static str); 2] = [
        ("first-state-numbered-1", "number 0", "number 1", "the chain does not begin with number 0"),
        ("first-state-after-another", "previous none", PREVIOUS, "the chain begins with a state that follows another"),
    ];
    for (name, from, to, why) in first {
        let bundle = forge(&honest, "state.0", |t| t.replace(from, to));
        add(out, name, TrustFile::Honest, "INVALID", "account-chain", why, bundle.to_bytes());
    }
}

const PREVIOUS: &str = "previous 1111111111111111111111111111111111111111111111111111111111111111";

/// N's links, each broken with everything else made to fit: the receipt is for exactly this N.
fn links(out: &mut Vec<Vector>) {
    let table: [(&'static str, &'static str, &'static str, &'static str); 10] = [
        ("link-agency", "agency", "agency AO777", "another agency"),
        ("link-certificate", "certificate", "certificate ", "another certificate"),
        ("link-lookup", "lookup", "lookup ", "another answer"),
        ("link-zone", "place", "place Pacific/Easter 13101", "another zone than the certificate's"),
        ("link-comuna", "place", "place America/Santiago none", "another comuna than the certificate's"),
        ("link-run", "run", "run 41000222-4", "another RUN"),
        ("link-account", "account", "account ", "another account"),
        ("link-state-number", "state", "", "another number of the state"),
        ("link-state-hash", "state", "state 0 ", "another hash of the state"),
        ("link-grant", "grant", "grant ", "another grant"),
    ];
    let honest = World::honest().bundle;
    for (name, key, new, why) in table {
        let bundle = forge(&honest, "notice", |t| {
            let new = match new {
                "" => line(t, "state").replace("state 0", "state 1"),
                new if new.ends_with(' ') => format!("{new}{}", "1".repeat(64)),
                "run 41000222-4" => format!("run {}", run(2)),
                new => new.to_owned(),
            };
            with_line(t, &format!("{key} "), &new)
        });
        add(out, name, TrustFile::Honest, "INVALID", "notice-link", why, bundle.to_bytes());
    }
    let none = forge(&honest, "notice", |t| with_line(t, "return ", "return none"));
    add(out, "token-without-channel", TrustFile::Honest, "INVALID", "notice-link", "a token for no channel", none.to_bytes());
    let mut bundle = honest.clone();
    bundle.opening = bundle.opening.map(|t| with_line(&t, "return ", "return none"));
    let bytes = bundle.to_bytes();
    add(out, "channel-without-token", TrustFile::Honest, "INVALID", "notice-link", "a channel and no token for it", bytes);
    let mut bundle = honest;
    bundle.opening = bundle.opening.map(|t| with_line(&t, "return ", &format!("return {}", "1".repeat(64))));
    let bytes = bundle.to_bytes();
    add(out, "another-token", TrustFile::Honest, "INVALID", "envelope", "another token than was sealed", bytes);
}

/// Whoever is exempt gets no notice: whatever of one is beside the answer is a fault.
fn exempt(out: &mut Vec<Vector>) {
    let reasons = [
        ("exempt-legal-person", ExemptReason::LegalPerson),
        ("exempt-minor", ExemptReason::Minor),
        ("exempt-dead", ExemptReason::Dead),
    ];
    for (name, reason) in reasons {
        let bytes = unreachable(Answer::Exempt(reason)).to_bytes();
        add(out, name, TrustFile::Honest, "VALID", "", "the registrar's reason", bytes);
    }
    type Put = fn(&mut Bundle, &Bundle);
    let table: [(&'static str, Put); 9] = [
        ("exempt-and-seed", |b, _| {
            b.opening = b.opening.take().map(|t| with_line(&t, "seed", &format!("seed {}", "1".repeat(64))))
        }),
        ("exempt-and-token", |b, _| {
            b.opening = b.opening.take().map(|t| with_line(&t, "return", &format!("return {}", "1".repeat(64))));
        }),
        ("exempt-and-designation", |b, o| b.designation = o.designation.clone()),
        ("exempt-and-state", |b, o| b.states = o.states.clone()),
        ("exempt-and-grant", |b, o| b.grant = o.grant.clone()),
        ("exempt-and-notice", |b, o| b.notice = o.notice.clone()),
        ("exempt-and-record", |b, o| b.events = o.events.clone()),
        ("exempt-and-later", |b, o| b.later = o.states.clone()),
        ("exempt-and-file", |b, _| b.files = vec![FilePart::LeftOut]),
    ];
    let honest = World::honest().bundle;
    for (name, put) in table {
        let mut bundle = unreachable(Answer::NoAccount);
        put(&mut bundle, &honest);
        add(out, name, TrustFile::Honest, "INVALID", "exempt", "a part of a notice beside such an answer", bundle.to_bytes());
    }
    let bytes =
        forge(&unreachable(Answer::Exempt(ExemptReason::Law)), "lookup", |t| t.replace("reason law", "reason ill")).to_bytes();
    add(out, "exempt-other-reason", TrustFile::Honest, "INVALID", "note", "a reason that is on no list", bytes);
    let kept =
        forge(&unreachable(Answer::NoAccount), "lookup", |t| with_line(t, "register", &format!("register {}", "1".repeat(64))));
    add(
        out,
        "no-account-register",
        TrustFile::Honest,
        "INCOMPLETE",
        "reserved",
        "the State register's answer is named",
        kept.to_bytes(),
    );
}

fn keys_and_gateways(out: &mut Vec<Vector>) {
    let more = |change: fn(&mut Keys)| {
        let mut bundle = World::honest().bundle;
        let mut keys = TrustFile::More.trust().unwrap().keys;
        change(&mut keys);
        bundle.keys = Some(keys.text());
        bundle
    };
    let both = more(|_| ());
    add(out, "valid-more-keys", TrustFile::More, "VALID", "", "two keys of each office, all of them trusted", both.to_bytes());
    for (name, change) in [
        ("keys-unused-registrar", (|k: &mut Keys| k.registrars[1] = registrar(3).public()) as fn(&mut Keys)),
        ("keys-unused-relay", |k| k.relays[1] = relay(3).public()),
        ("keys-unused-gateway", |k| k.gateways[1] = gateway(3).public()),
        ("keys-other-office", |k| k.relays[1] = NoteSigner::new(RELAY, &[2; 32]).unwrap().public()),
    ] {
        add(
            out,
            name,
            TrustFile::More,
            "INVALID",
            "keys",
            "a key that is not trusted in that office, used or not",
            more(change).to_bytes(),
        );
    }
    let mut other = both.clone();
    other.events[0] = resign_same(&other.events[0], &relay(2));
    add(
        out,
        "receipt-by-other-trusted-relay",
        TrustFile::More,
        "INVALID",
        "signature",
        "not the key in the issuer's address",
        other.to_bytes(),
    );
    let by = |event: Event, reasons: Vec<Reason>, signer: &NoteSigner| {
        let receipt = World::honest().receipt;
        let issuer = Issuer::Gateway("Avisos de Ejemplo".to_owned());
        let time = receipt.time.plus(HOUR);
        Record { event, issuer, reasons, time, submission: None, ..receipt }.sign(signer).unwrap()
    };
    let sent = by(Event::ConsignmentNotification, vec![], &gateway(1));
    let failed = by(Event::ConsignmentNotificationFailure, vec![Reason::NoAlertAddress], &gateway(2));
    let arrived = by(Event::NotificationDelivered, vec![], &gateway(2));
    let opened = by(Event::NotificationAccessTracking, vec![], &gateway(1));
    let table = [
        ("valid-alerts", "VALID", "", "an alert that arrived and was opened", vec![opened.clone(), arrived.clone(), sent]),
        ("valid-alert-failed", "VALID", "", "an alert that could not be sent", vec![failed]),
        ("alert-arrived-unsent", "INVALID", "event", "an alert that arrived and was not sent", vec![arrived]),
        ("alert-opened-unsent", "INVALID", "event", "an alert that was opened and not sent", vec![opened]),
        (
            "alert-by-stranger",
            "INVALID",
            "signature",
            "by a gateway that nobody trusts",
            vec![by(Event::ConsignmentNotification, vec![], &gateway(3))],
        ),
        (
            "alert-by-relay-key",
            "INVALID",
            "signature",
            "by the relay's key under its own name",
            vec![by(Event::ConsignmentNotification, vec![], &relay(1))],
        ),
        (
            "gateway-refuses",
            "INVALID",
            "event",
            "a gateway says what a device says",
            vec![by(Event::ContentHandover, vec![], &gateway(1))],
        ),
    ];
    for (name, verdict, code, why, records) in table {
        let mut bundle = both.clone();
        bundle.events.truncate(1);
        bundle.events.extend(records);
        add(out, name, TrustFile::More, verdict, code, why, bundle.to_bytes());
    }
}
