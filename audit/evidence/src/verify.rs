//! The verifier: bytes in, verdict out; no network, no clock, no storage.
//!
//! Checks run in the order of FORMAT.md, "Checks"; the first that fails is the verdict. Everything that comes from the
//! bundle is unverified until its line here has passed.

use super::bundle::{Bundle, ContainerError, FilePart};
use super::certificate::Certificate;
use super::effect::Effect;
use super::envelope;
use super::event::{Event, Reason, Signer};
use super::grant::Grant;
use super::lookup::{Answer, GOOD_FOR_MS, Lookup};
use super::notice::{Notice, TextRef};
use super::opening::Opening;
use super::progress::{Progress, ProgressError};
use super::put_back::PutBackError;
use super::record::{Issuer, Party, Record, Submission};
use super::trust::{Keys, Trust};
use super::verdict::{Fault, FaultCode, Lack, LackCode, Outcome, Proven, ProvenNotice, Verdict};
use crate::clock::{Calendar, Rule, RuleId};
use lacre_ground::account::{AccountError, AccountState};
use lacre_ground::ids::AccountId;
use lacre_ground::note::{NoteError, NoteKey};
use lacre_ground::signed::Signed;
use lacre_ground::time::Millis;
use lacre_ground::verified::Verified;
use sha2::{Digest, Sha256};

/// How far the clocks of registrar, agency, relay and devices may be apart.
pub const SKEW_MS: u64 = 60_000;

/// Why a check failed.
enum Stop {
    Fault(Fault),
    Lack(LackCode, Vec<String>),
}

fn fault(code: FaultCode, part: &str, detail: &str) -> Stop {
    Stop::Fault(Fault { code, part: part.to_owned(), detail: detail.to_owned() })
}

fn missing(part: &str) -> Stop {
    Stop::Lack(LackCode::Missing, vec![part.to_owned()])
}

fn ensure(ok: bool, code: FaultCode, part: &str, detail: &str) -> Result<(), Stop> {
    if ok { Ok(()) } else { Err(fault(code, part, detail)) }
}

fn note_fault(part: &str) -> impl Fn(NoteError) -> Stop {
    move |e| {
        let code = match e {
            NoteError::WrongSignature(_) | NoteError::NotSigned => FaultCode::Signature,
            NoteError::Shape(_) | NoteError::Line { .. } => FaultCode::Note,
        };
        fault(code, part, &e.to_string())
    }
}

/// Verifies a bundle. Without a trust file the best verdict is INCOMPLETE, with the keys to compare.
#[must_use]
pub fn verify(bytes: &[u8], trust: Option<&Trust>) -> Verdict {
    match Bundle::parse(bytes) {
        Ok(bundle) => judge(&bundle, Sha256::digest(bytes).into(), trust),
        Err(e) => verdict(container_stop(e), None),
    }
}

/// As [`verify`], with files that were left out of the bundle, by their numbers in N. An error says nothing of the bundle: a
/// file is not the one that N names. One that is, and was not what the relay took, makes the verdict INVALID.
pub fn verify_with_files(bytes: &[u8], trust: Option<&Trust>, files: Vec<(usize, Vec<u8>)>) -> Result<Verdict, PutBackError> {
    let mut bundle = match Bundle::parse(bytes) {
        Ok(bundle) => bundle,
        Err(e) => return Ok(verdict(container_stop(e), None)),
    };
    for (number, file) in files {
        match bundle.put_back(number, file) {
            Ok(()) => {}
            Err(PutBackError::NoNotice) => break, // the verdict says what is wrong with it
            Err(e) => return Err(e),
        }
    }
    Ok(judge(&bundle, Sha256::digest(bytes).into(), trust))
}

/// The verdict on parts; `digest` is that of the file that they came in.
fn judge(bundle: &Bundle, digest: [u8; 32], trust: Option<&Trust>) -> Verdict {
    let checked = (|| {
        let keys = check_keys(bundle, trust)?;
        let proven = check(bundle, &keys, digest)?;
        check_ledger(bundle, trust)?;
        Ok((keys, proven))
    })();
    match checked {
        Err(stop) => verdict(stop, None),
        Ok((_, proven)) if trust.is_some() => Verdict::Valid(Box::new(proven)),
        Ok((keys, proven)) => verdict(Stop::Lack(LackCode::Trust, vec!["trust".to_owned()]), Some((keys, proven))),
    }
}

fn verdict(stop: Stop, found: Option<(Keys, Proven)>) -> Verdict {
    match stop {
        Stop::Fault(fault) => Verdict::Invalid(fault),
        Stop::Lack(code, what) => {
            let fingerprints = found.as_ref().map(|(keys, _)| keys.fingerprints()).unwrap_or_default();
            let if_trusted = found.map(|(_, proven)| Box::new(proven));
            Verdict::Incomplete(Box::new(Lack { code, what, fingerprints, if_trusted }))
        }
    }
}

fn container_stop(e: ContainerError) -> Stop {
    let text = e.to_string();
    match e {
        ContainerError::Version => Stop::Lack(LackCode::Version, vec!["lacre evidence v1".to_owned()]),
        ContainerError::Missing(part) => Stop::Lack(LackCode::Missing, vec![part]),
        ContainerError::Shape(_) => fault(FaultCode::Container, "bundle", &text),
        ContainerError::Checksum => fault(FaultCode::Checksum, "bundle", &text),
    }
}

fn need<'b>(part: &'b Option<String>, name: &str) -> Result<&'b str, Stop> {
    part.as_deref().ok_or_else(|| missing(name))
}

/// Checks 2: the four parts that every bundle has, and the keys.
fn check_keys(bundle: &Bundle, trust: Option<&Trust>) -> Result<Keys, Stop> {
    let texts =
        [("keys", &bundle.keys), ("certificate", &bundle.certificate), ("lookup", &bundle.lookup), ("opening", &bundle.opening)];
    let absent: Vec<String> = texts.iter().filter(|(_, t)| t.is_none()).map(|(n, _)| (*n).to_owned()).collect();
    if !absent.is_empty() {
        return Err(Stop::Lack(LackCode::Missing, absent));
    }
    let keys = Keys::parse(need(&bundle.keys, "keys")?).map_err(note_fault("keys"))?;
    if let Some(trust) = trust {
        ensure(keys.all_in(&trust.keys), FaultCode::Keys, "keys", "a key that the trust file does not name")?;
    }
    Ok(keys)
}

/// Checks 10: this version has the place for proofs, and checks none.
fn check_ledger(bundle: &Bundle, trust: Option<&Trust>) -> Result<(), Stop> {
    if !bundle.ledger.is_empty() {
        return Err(Stop::Lack(LackCode::LedgerUnknown, vec!["ledger.0".to_owned()]));
    }
    if trust.is_some_and(|t| t.ledger_required) {
        return Err(Stop::Lack(LackCode::Ledger, vec!["ledger.0".to_owned()]));
    }
    Ok(())
}

/// Checks 3: certificate, answer, person.
fn check(bundle: &Bundle, keys: &Keys, digest: [u8; 32]) -> Result<Proven, Stop> {
    let raw = need(&bundle.certificate, "certificate")?;
    let agency = Certificate::verify(raw, &keys.registrars).map_err(note_fault("certificate"))?;
    let raw = need(&bundle.lookup, "lookup")?;
    let lookup = Lookup::verify(raw, &keys.registrars).map_err(note_fault("lookup"))?;
    ensure(lookup.agency == agency.code, FaultCode::OtherAgency, "lookup", "names another agency")?;
    ensure(agency.covers(lookup.asked_at), FaultCode::CertificatePeriod, "lookup", "asked outside the certificate's period")?;
    let opening = Opening::parse(need(&bundle.opening, "opening")?).map_err(note_fault("opening"))?;
    let opens = opening.salt.commit(&opening.run) == lookup.person;
    ensure(opens, FaultCode::Commitment, "opening", "RUN and salt give another commitment")?;
    let outcome = match &lookup.answer {
        Answer::Account { .. } => Outcome::Sent(Box::new(check_notice(bundle, keys, &agency, &lookup, &opening)?)),
        Answer::Exempt | Answer::NoAccount => {
            let first = first_of_a_notice(bundle, &opening);
            ensure(first.is_none(), FaultCode::Exempt, first.unwrap_or_default(), "the answer was: no electronic notice")?;
            if lookup.answer == Answer::Exempt { Outcome::Exempt } else { Outcome::NoAccount }
        }
    };
    Ok(Proven { digest, agency, lookup, run: opening.run, keys: keys.clone(), outcome })
}

fn first_of_a_notice(bundle: &Bundle, opening: &Opening) -> Option<&'static str> {
    [
        (opening.seed.is_some(), "opening"),
        (!bundle.states.is_empty(), "state.0"),
        (bundle.grant.is_some(), "grant"),
        (bundle.notice.is_some(), "notice"),
        (!bundle.events.is_empty(), "event.0"),
        (!bundle.files.is_empty(), "file.0"),
    ]
    .into_iter()
    .find_map(|(there, part)| there.then_some(part))
}

fn not_after(early: Millis, late: Millis) -> bool {
    early <= late.plus(SKEW_MS)
}

/// Checks 4 to 9.
fn check_notice(
    bundle: &Bundle,
    keys: &Keys,
    agency: &Signed<Certificate>,
    lookup: &Signed<Lookup>,
    opening: &Opening,
) -> Result<ProvenNotice, Stop> {
    let grant_raw = need(&bundle.grant, "grant")?;
    let notice_raw = need(&bundle.notice, "notice")?;
    let receipt_raw = bundle.events.first().ok_or_else(|| missing("event.0"))?;
    let seed = opening.seed.as_ref().ok_or_else(|| missing("seed"))?;

    let (account, state) = check_account(bundle, lookup)?;
    let grant = check_grant(grant_raw, account, &state, lookup)?;
    let notice = Notice::verify(notice_raw, agency).map_err(note_fault("notice"))?;
    check_links(&notice, agency, lookup, opening, account, &state, &grant)?;
    let (rule, calendar) = check_law(&notice)?;

    let (receipt, submission) = check_receipt(receipt_raw, keys)?;
    let here = matches!(&receipt.issuer, Issuer::Relay(a) if *a == grant.casilla.authority);
    ensure(here, FaultCode::OtherRelay, "event.0", "the grant names another relay")?;
    ensure(submission.channel == grant.casilla.channel, FaultCode::OtherChannel, "event.0", "the grant names another channel")?;
    check_parties(&receipt, "event.0", agency, account, &grant)?;
    check_times(&receipt, &notice, agency, lookup, &grant)?;

    let files_here = check_files(bundle, &notice, seed)?;
    let header = envelope::header_for(&grant, notice_raw, seed)
        .map_err(|_| fault(FaultCode::Envelope, "grant", "nothing can be sealed to the grant's key"))?;
    let digest = envelope::digest(&header, notice.files.iter().map(|f| &f.sealed_sha256));
    ensure(digest == receipt.envelope, FaultCode::Envelope, "event.0", "sealed again, it is another digest")?;

    let records = check_records(bundle, keys, agency, account, &state, &grant, &receipt)?;
    let progress = Progress::replay(records.iter().map(|r| &**r)).map_err(|e| {
        let code = if matches!(e, ProgressError::Contradiction(_)) { FaultCode::Contradiction } else { FaultCode::Event };
        fault(code, "events", &e.to_string())
    })?;
    let consigned_at = receipt.time;
    let effect = Effect::of(notice.act, consigned_at, notice.place, rule, calendar)
        .map_err(|_| Stop::Lack(LackCode::CalendarRange, vec![calendar.id().to_owned()]))?;
    Ok(ProvenNotice { state, grant, notice, receipt, consigned_at, records, progress, files_here, effect })
}

/// Checks 4: the account's chain ends in the state that the registrar named.
fn check_account(bundle: &Bundle, lookup: &Lookup) -> Result<(AccountId, Verified<AccountState>), Stop> {
    let Answer::Account { account, state: number, state_hash, .. } = &lookup.answer else {
        return Err(fault(FaultCode::Exempt, "lookup", "the answer names no account"));
    };
    let (first, rest) = bundle.states.split_first().ok_or_else(|| missing("state.0"))?;
    let stop = |part: String| {
        move |e: AccountError| match e {
            AccountError::Note(e) => note_fault(&part)(e),
            AccountError::Chain => fault(FaultCode::AccountChain, &part, "does not follow"),
            AccountError::Devices => fault(FaultCode::Note, &part, "devices"),
            AccountError::OtherAccount => fault(FaultCode::OtherAccount, &part, "another account"),
        }
    };
    let (id, mut state) = AccountState::first(first).map_err(stop("state.0".to_owned()))?;
    ensure(id == *account, FaultCode::OtherAccount, "state.0", "the registrar named another account")?;
    for (i, raw) in rest.iter().enumerate() {
        state = state.follow(raw).map_err(stop(format!("state.{}", i + 1)))?;
    }
    if state.number < *number {
        return Err(missing(&format!("state.{}", state.number + 1)));
    }
    let same = state.number == *number && state.hash() == *state_hash && not_after(state.made_at, lookup.asked_at);
    ensure(same, FaultCode::OtherState, &format!("state.{}", state.number), "the registrar named another state")?;
    Ok((id, state))
}

/// Checks 5: the grant is of a device of that state, and the one that was handed out.
fn check_grant(raw: &str, account: AccountId, state: &AccountState, lookup: &Lookup) -> Result<Signed<Grant>, Stop> {
    let grant = Grant::verify(raw, &state.devices).map_err(note_fault("grant"))?;
    ensure(grant.account == account, FaultCode::OtherAccount, "grant", "names another account")?;
    let handed_out = matches!(&lookup.answer, Answer::Account { grant: hash, .. } if *hash == grant.note_hash());
    ensure(handed_out, FaultCode::OtherGrant, "grant", "the registrar handed out another")?;
    Ok(grant)
}

/// Checks 6: N names exactly these parts.
fn check_links(
    notice: &Notice,
    agency: &Signed<Certificate>,
    lookup: &Signed<Lookup>,
    opening: &Opening,
    account: AccountId,
    state: &AccountState,
    grant: &Signed<Grant>,
) -> Result<(), Stop> {
    let links = [
        (notice.agency == agency.code, "names another agency"),
        (notice.certificate == agency.note_hash(), "names another certificate"),
        (notice.lookup == lookup.note_hash(), "names another answer of the registrar"),
        (notice.place == agency.place, "names another place than the certificate"),
        (notice.run == opening.run, "names another person"),
        (notice.account == account, "names another account"),
        (notice.state == (state.number, state.hash()), "names another account state"),
        (notice.grant == grant.note_hash(), "names another grant"),
    ];
    for (ok, detail) in links {
        ensure(ok, FaultCode::NoticeLink, "notice", detail)?;
    }
    ensure(agency.covers(notice.made_at), FaultCode::CertificatePeriod, "notice", "made outside the certificate's period")
}

/// Checks 7: rule and calendar are those that we have, and fit an electronic notice.
fn check_law(notice: &Notice) -> Result<(&'static Rule, &'static Calendar), Stop> {
    let unknown = |r: &TextRef| Stop::Lack(LackCode::RuleUnknown, vec![r.id.clone()]);
    let rule = RuleId::parse(&notice.rule.id).ok_or_else(|| unknown(&notice.rule))?.rule();
    let calendar = Calendar::chile();
    if notice.calendar.id != calendar.id() {
        return Err(unknown(&notice.calendar));
    }
    let same = rule.sha256 == notice.rule.sha256 && calendar.sha256() == notice.calendar.sha256;
    ensure(same, FaultCode::Rule, "notice", "another text stands under that name")?;
    let electronic = rule.counts_from == crate::clock::rules::CountsFrom::Dispatch;
    ensure(electronic, FaultCode::Rule, "notice", "the rule is not for electronic notices")?;
    Ok((rule, calendar))
}

fn check_receipt(raw: &str, keys: &Keys) -> Result<(Signed<Record>, Submission), Stop> {
    let receipt = Record::verify(raw, |issuer| relay_keys(issuer, keys)).map_err(note_fault("event.0"))?;
    match (&receipt.event, receipt.issuer.signer(), receipt.submission.clone()) {
        (Event::SubmissionAcceptance, Signer::Relay, Some(submission)) => Ok((receipt, submission)),
        _ => Err(fault(FaultCode::NoReceipt, "event.0", "not a relay's SubmissionAcceptance")),
    }
}

/// A relay signs with its identity: the key that its address pins, if it is trusted.
fn relay_keys(issuer: &Issuer, keys: &Keys) -> Vec<NoteKey> {
    match issuer {
        Issuer::Relay(authority) => keys.relays.iter().filter(|k| k.key() == *authority.identity().as_bytes()).cloned().collect(),
        Issuer::Device(..) | Issuer::Agency(_) | Issuer::Officer(..) | Issuer::Gateway(_) => Vec::new(),
    }
}

/// Checks 8: the times fit each other.
fn check_times(receipt: &Record, notice: &Notice, agency: &Certificate, lookup: &Lookup, grant: &Grant) -> Result<(), Stop> {
    let (asked, made, accepted) = (lookup.asked_at, notice.made_at, receipt.time);
    let ordered = not_after(asked, made) && not_after(made, accepted) && not_after(asked, accepted);
    ensure(ordered, FaultCode::ReceiptEarly, "event.0", "before the registrar's answer or before the notice was made")?;
    let fresh = accepted <= asked.plus(GOOD_FOR_MS);
    ensure(fresh, FaultCode::LookupStale, "lookup", "more than an hour before the relay took the notice")?;
    ensure(grant.covers(accepted), FaultCode::GrantPeriod, "grant", "received outside its period")?;
    ensure(agency.covers(accepted), FaultCode::CertificatePeriod, "event.0", "received outside the certificate's period")
}

/// Checks 9a: each file is there or left out on purpose; what is there is what N's digests say, and was sealed.
fn check_files(bundle: &Bundle, notice: &Notice, seed: &envelope::Seed) -> Result<Vec<bool>, Stop> {
    if bundle.files.len() > notice.files.len() {
        return Err(fault(FaultCode::File, &format!("file.{}", notice.files.len()), "the notice has no such file"));
    }
    if bundle.files.len() < notice.files.len() {
        return Err(missing(&format!("file.{}", bundle.files.len())));
    }
    let mut here = Vec::new();
    for (i, (part, entry)) in bundle.files.iter().zip(&notice.files).enumerate() {
        if let FilePart::Here(bytes) = part {
            let name = format!("file.{i}");
            let plain: [u8; 32] = Sha256::digest(bytes).into();
            let same = plain == entry.sha256 && u64::try_from(bytes.len()) == Ok(entry.len);
            ensure(same, FaultCode::File, &name, "another digest than the agency signed")?;
            let sealed: [u8; 32] = Sha256::digest(envelope::seal_file(seed, i, bytes)).into();
            ensure(sealed == entry.sealed_sha256, FaultCode::File, &name, "the sealed file was another one")?;
        }
        here.push(matches!(part, FilePart::Here(_)));
    }
    Ok(here)
}

/// Checks 9b: the other records.
fn check_records(
    bundle: &Bundle,
    keys: &Keys,
    agency: &Certificate,
    account: AccountId,
    state: &AccountState,
    grant: &Grant,
    receipt: &Signed<Record>,
) -> Result<Vec<Signed<Record>>, Stop> {
    let mut records = vec![receipt.clone()];
    for (i, raw) in bundle.events.iter().enumerate().skip(1) {
        let part = format!("event.{i}");
        let record = Record::verify(raw, |issuer| match issuer {
            Issuer::Relay(_) => relay_keys(issuer, keys),
            Issuer::Device(a, device) => {
                let device = state.device(*device).filter(|_| *a == account);
                device.and_then(|d| d.note_key().ok()).into_iter().collect()
            }
            Issuer::Agency(code) | Issuer::Officer(code, _) => {
                if *code == agency.code {
                    agency.note_key().into_iter().collect()
                } else {
                    Vec::new()
                }
            }
            Issuer::Gateway(_) => keys.gateways.clone(),
        })
        .map_err(note_fault(&part))?;
        let may = record.event.signers().contains(&record.issuer.signer());
        ensure(may, FaultCode::Event, &part, "its issuer may not sign this event")?;
        let counter = record.event == Event::ContentHandover && record.issuer.signer() == Signer::Officer;
        let in_person = record.reasons.contains(&Reason::InPerson);
        ensure(counter == in_person, FaultCode::Event, &part, "in-person is said by an officer who handed it over")?;
        ensure(record.event != Event::SubmissionAcceptance, FaultCode::Event, &part, "a second receipt")?;
        ensure(record.envelope == receipt.envelope, FaultCode::Event, &part, "of another notice")?;
        check_parties(&record, &part, agency, account, grant)?;
        ensure(not_after(receipt.time, record.time), FaultCode::Event, &part, "before the relay took the notice")?;
        records.push(record);
    }
    Ok(records)
}

/// Sender and recipient are those of this notice, or the issuer does not know them.
fn check_parties(record: &Record, part: &str, agency: &Certificate, account: AccountId, grant: &Grant) -> Result<(), Stop> {
    let from = [Party::Unknown, Party::Agency(agency.code.clone())].contains(&record.sender);
    let to = [Party::Unknown, Party::Account(account), Party::Channel(grant.casilla.channel)].contains(&record.recipient);
    ensure(from && to, FaultCode::Event, part, "names another sender or recipient")
}
