//! What somebody with keys makes who cheats, and what others change without any.

use super::vector::*;
use crate::proof::*;
use lacre_evidence::{ExemptReason, FilePart};
use lacre_ground::ids::EntryId;

/// What a cheating agency, or one with its own registrar or relay, can make with all its keys.
pub(super) fn cheating(out: &mut Vec<Vector>) {
    let other = |change: fn(&mut Cast)| {
        let mut cast = Cast::HONEST;
        change(&mut cast);
        cast
    };
    let table: [(&'static str, Cast, &'static str, &'static str, Change); 23] = [
        ("own-channel", Cast::HONEST, "other-channel", "a true receipt for a channel of the agency's own", |s| {
            s.change_receipt = |r| r.submission.as_mut().unwrap().channel = ChannelId::new([0xee; 32]);
        }),
        ("own-grant", Cast::HONEST, "signature", "a grant signed by the agency's own device", |s| s.grant_signer = 7),
        ("somebody-elses-grant", Cast::HONEST, "signature", "the grant of another person, signed by her device", |s| {
            s.grant = Setup::example(Cast { person: 2, ..Cast::HONEST }).grant;
            s.grant_signer = 2;
        }),
        ("grant-names-other-account", Cast::HONEST, "other-account", "the person's device signed for another account", |s| {
            s.grant.account = AccountId::new([5; 32]);
        }),
        ("expired-grant", Cast::HONEST, "grant-period", "received after the grant's end", |s| {
            s.grant.until = Millis::new(s.accepted_at.get() - 1);
        }),
        ("early-grant", Cast::HONEST, "grant-period", "received before the grant's beginning", |s| {
            s.grant.from = s.accepted_at.plus(1);
        }),
        ("grant-not-handed-out", Cast::HONEST, "other-grant", "the registrar handed out another grant", |s| {
            two_states(s);
            s.states.pop();
            s.own_answer = true;
            let (account, state_hash) = (s.grant.account, s.states[0].hash());
            s.lookup.answer = Answer::Account { account, state: 0, state_hash, grant: [4; 32], designation: designation_hash(s) };
        }),
        ("garbage-ciphertext", Cast::HONEST, "envelope", "a true receipt for other bytes than the notice gives", |s| {
            s.change_receipt = |r| r.envelope = [0x66; 32];
        }),
        ("another-entry", Cast::HONEST, "envelope", "a true receipt for these bytes in another entry than the seed gives", |s| {
            s.change_receipt = |r| r.submission.as_mut().unwrap().entry = EntryId::new([0x66; 16]);
        }),
        ("back-dated-receipt", Cast::HONEST, "receipt-early", "received before the registrar answered", |s| {
            s.accepted_at = Millis::new(s.lookup.asked_at.get() - HOUR);
        }),
        ("receipt-before-notice", Cast::HONEST, "receipt-early", "received before the notice was made", |s| {
            s.made_at = s.accepted_at.plus(2 * 60_000);
        }),
        ("notice-before-answer", Cast::HONEST, "receipt-early", "the notice was made before the registrar answered", |s| {
            s.made_at = Millis::new(s.lookup.asked_at.get() - 2 * 60_000);
        }),
        ("own-registrar", other(|c| c.registrar = 2), "keys", "everything right, with another registrar", |_| ()),
        ("own-relay", other(|c| c.relay = 2), "keys", "everything right, with another relay", |_| ()),
        ("lookup-of-yesterday", Cast::HONEST, "lookup-stale", "the registrar answered a day before", |s| {
            s.lookup.asked_at = Millis::new(s.accepted_at.get() - 24 * HOUR);
        }),
        ("lookup-one-millisecond-old", Cast::HONEST, "lookup-stale", "an hour and a millisecond", |s| {
            s.accepted_at = s.lookup.asked_at.plus(HOUR + 1);
        }),
        ("other-agencys-answer", Cast::HONEST, "other-agency", "the registrar answered another agency", |s| {
            s.lookup.agency = AgencyCode::parse("AO777").unwrap();
        }),
        ("certificate-ended", Cast::HONEST, "certificate-period", "asked after the certificate's end", |s| {
            s.certificate.until = Millis::new(s.lookup.asked_at.get() - 1);
        }),
        ("certificate-ended-between", Cast::HONEST, "certificate-period", "received after the certificate's end", |s| {
            s.certificate.until = Millis::new(s.accepted_at.get() - 1);
        }),
        ("notice-after-certificate", Cast::HONEST, "certificate-period", "made after the certificate's end", |s| {
            s.certificate.until = Millis::new(s.made_at.get() - 1);
        }),
        ("wrong-account", Cast::HONEST, "other-account", "the registrar named another account", |s| {
            s.own_answer = true;
            let state_hash = s.states[0].hash();
            s.lookup.answer =
                Answer::Account { account: AccountId::new([3; 32]), state: 0, state_hash, grant: [0; 32], designation: [0; 32] };
        }),
        ("wrong-state", Cast::HONEST, "other-state", "the registrar named another state", |s| {
            s.own_answer = true;
            let account = s.grant.account;
            s.lookup.answer = Answer::Account { account, state: 0, state_hash: [1; 32], grant: [0; 32], designation: [0; 32] };
        }),
        ("letter-rule", Cast::HONEST, "rule", "the rule is for letters", |s| s.rule = RuleId::ClLetter),
    ];
    for (name, cast, code, why, change) in table {
        let mut setup = Setup::example(cast);
        change(&mut setup);
        add(out, name, TrustFile::Honest, "INVALID", code, why, setup.play().bundle.to_bytes());
    }
}

/// One part exchanged or edited; what can be signed again is signed again, with the key that the name says.
pub(super) fn edited(out: &mut Vec<Vector>) {
    let table: [(&'static str, &'static str, &'static str, Edit); 37] = [
        ("receipt-for-another", "event", "the receipt names another recipient than the grant's channel", |w| {
            let recipient = Party::Channel(ChannelId::new([0xee; 32]));
            w.bundle.events[0] = Record { recipient, ..w.receipt.clone() }.sign(&relay(1)).unwrap();
        }),
        ("another-text", "envelope", "the agency shows another text than it sealed", |w| {
            edit_notice(w, |t| with_line(t, "subject", "subject Se rechaza su solicitud (ejemplo)"));
        }),
        ("another-person", "notice-link", "the notice names another RUN", |w| {
            edit_notice(w, |t| with_line(t, "run", &format!("run {}", run(2))));
        }),
        ("another-certificate", "notice-link", "the notice names another certificate", |w| {
            edit_notice(w, |t| with_line(t, "certificate", &format!("certificate {}", "0".repeat(64))));
        }),
        ("another-answer", "notice-link", "the notice names another answer", |w| {
            edit_notice(w, |t| with_line(t, "lookup", &format!("lookup {}", "0".repeat(64))));
        }),
        ("another-place", "notice-link", "a place that suits the agency better", |w| {
            edit_notice(w, |t| with_line(t, "place", "place Pacific/Easter 05201"));
        }),
        ("another-agency", "notice-link", "the notice names another agency", |w| {
            edit_notice(w, |t| with_line(t, "agency", "agency AO777"));
        }),
        ("another-account", "notice-link", "the notice names another account", |w| {
            edit_notice(w, |t| with_line(t, "account", &format!("account {}", "1".repeat(64))));
        }),
        ("another-state", "notice-link", "the notice names another state", |w| {
            edit_notice(w, |t| with_line(t, "state", &format!("state 0 {}", "1".repeat(64))));
        }),
        ("another-grant", "notice-link", "the notice names another grant", |w| {
            edit_notice(w, |t| with_line(t, "grant", &format!("grant {}", "1".repeat(64))));
        }),
        ("rule-text", "rule", "the rule's name with the hash of another text", |w| {
            edit_notice(w, |t| with_line(t, "rule", &format!("rule CL-46-2026 {}", "0".repeat(64))));
        }),
        ("calendar-text", "rule", "the calendar's name with the hash of another text", |w| {
            edit_notice(w, |t| with_line(t, "calendar", &format!("calendar CL-2026.1 {}", "0".repeat(64))));
        }),
        ("communique-with-term", "note", "a communiqué that starts a term", |w| {
            edit_notice(w, |t| with_line(t, "type", "type CI"));
        }),
        ("term-of-zero", "note", "a term of no days", |w| edit_notice(w, |t| with_line(t, "term", "term 0"))),
        ("line-missing", "note", "minimum data without the case file", |w| {
            edit_notice(w, |t| t.replace(&format!("{}\n", line(t, "case")), ""));
        }),
        ("line-too-much", "note", "a line that the format does not know", |w| edit_notice(w, |t| format!("{t}extra x\n"))),
        ("wrong-run", "note", "a RUN whose check digit is wrong", |w| {
            w.bundle.opening = Some(with_line(w.bundle.opening.as_ref().unwrap(), "run", "run 41000111-0"));
        }),
        ("wrong-salt", "commitment", "another salt", |w| {
            w.bundle.opening = Some(with_line(w.bundle.opening.as_ref().unwrap(), "salt", &format!("salt {}", "0".repeat(64))));
        }),
        ("opening-of-another", "commitment", "the RUN of another person", |w| {
            w.bundle.opening = Some(with_line(w.bundle.opening.as_ref().unwrap(), "run", &format!("run {}", run(2))));
        }),
        ("wrong-seed", "file", "another seed", |w| {
            w.bundle.opening = Some(with_line(w.bundle.opening.as_ref().unwrap(), "seed", &format!("seed {}", "0".repeat(64))));
        }),
        ("wrong-seed-without-files", "envelope", "another seed, files left out", |w| {
            w.bundle = w.bundle.without_files();
            w.bundle.opening = Some(with_line(w.bundle.opening.as_ref().unwrap(), "seed", &format!("seed {}", "0".repeat(64))));
        }),
        ("another-body", "file", "another body than the agency signed", |w| {
            w.bundle.files[0] = FilePart::Here(b"another body".to_vec());
        }),
        ("one-file-more", "file", "a file that the notice does not have", |w| {
            w.bundle.files.push(FilePart::Here(b"more".to_vec()));
        }),
        ("exempt-but-sent", "exempt", "the person was exempt, yet a notice is shown", |w| {
            w.bundle.lookup = unreachable(Answer::Exempt(ExemptReason::Law)).lookup;
        }),
        ("certificate-by-stranger", "signature", "the certificate signed by another registrar", |w| {
            resigned(&mut w.bundle.certificate, &registrar(2));
        }),
        ("answer-by-stranger", "signature", "the answer signed by another registrar", |w| {
            resigned(&mut w.bundle.lookup, &registrar(2));
        }),
        ("answer-by-agency", "signature", "the answer signed with the agency's key under the registrar's name", |w| {
            let forger = NoteSigner::new(REGISTRAR, &[0x41; 32]).unwrap();
            resigned(&mut w.bundle.lookup, &forger);
        }),
        ("state-by-stranger", "signature", "the account state signed by another device", |w| {
            w.bundle.states[0] = resign_same(&w.bundle.states[0], &device(2));
        }),
        ("grant-by-stranger", "signature", "the grant signed by another device", |w| resigned(&mut w.bundle.grant, &device(2))),
        ("notice-by-stranger", "signature", "the notice signed by another agency", |w| {
            resigned(&mut w.bundle.notice, &agency(2));
        }),
        ("receipt-by-stranger", "signature", "the receipt signed by another relay", |w| {
            w.bundle.events[0] = resign_same(&w.bundle.events[0], &relay(2));
        }),
        ("receipt-by-agency", "no-receipt", "a record of the agency in the receipt's place", |w| {
            let record = Record {
                event: Event::RelayToNonERDS,
                issuer: Issuer::Relay(authority(1)),
                submission: None,
                ..w.receipt.clone()
            };
            w.bundle.events[0] = record.sign(&relay(1)).unwrap();
        }),
        ("receipt-of-other-relay", "other-relay", "the trusted relay's receipt, the grant names another address of it", |w| {
            let mut record = w.receipt.clone();
            let identity = Identity::new(relay(1).public().key());
            record.issuer = Issuer::Relay(Authority::new("other.example", 7443, identity).unwrap());
            w.bundle.events[0] = record.sign(&relay(1)).unwrap();
        }),
        ("keys-of-another", "keys", "the bundle claims another registrar", |w| {
            w.bundle.keys = Some(keys(Cast { registrar: 2, ..Cast::HONEST }).text());
        }),
        ("keys-without-relay", "signature", "the bundle claims no relay", |w| {
            let mut none = keys(Cast::HONEST);
            none.relays.clear();
            w.bundle.keys = Some(none.text());
        }),
        ("keys-not-a-text", "note", "the keys' text is something else", |w| w.bundle.keys = Some("hello\n".to_owned())),
        ("note-without-signature", "note", "the notice without its signature line", |w| {
            let raw = w.bundle.notice.take().unwrap();
            w.bundle.notice = Some(raw.split_inclusive("\n\n").next().unwrap().to_owned());
        }),
    ];
    for (name, code, why, edit) in table {
        let mut world = World::honest();
        edit(&mut world);
        add(out, name, TrustFile::Honest, "INVALID", code, why, world.bundle.to_bytes());
    }
    let mut setup = Setup::example(Cast::HONEST);
    two_states(&mut setup);
    setup.states[1].previous = Some([9; 32]);
    let broken = setup.play().bundle.to_bytes();
    add(out, "broken-chain", TrustFile::Honest, "INVALID", "account-chain", "state 1 does not name state 0", broken);
}
