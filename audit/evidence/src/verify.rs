//! The verifier: bytes in, verdict out; no network, no clock, no storage.
//!
//! Checks run in the order of FORMAT.md, "Checks"; the first that fails is the verdict. Everything that comes from the
//! bundle is unverified until its line here has passed.

mod account;
mod approvals;
mod otherwise;
mod records;
mod replies;

use super::bundle::{Bundle, FilePart};
use super::certificate::Certificate;
use super::container::ContainerError;
use super::effect::{Effect, EffectError};
use super::envelope::{self, Header, Seed};
use super::grant::Grant;
use super::heads::{HeadSays, ProvenHeads};
use super::lookup::{Answer, GOOD_FOR_MS, Lookup};
use super::notice::Notice;
use super::opening::Opening;
use super::put_back::PutBackError;
use super::record::{Issuer, Record};
use super::skew::not_after;
use super::trust::{Keys, Trust};
use super::verdict::{Fault, FaultCode, Lack, LackCode, Outcome, Proven, ProvenNotice, Verdict, note_code};
use crate::clock::{Calendar, Rule, RuleId};
use lacre_ground::account::AccountState;
use lacre_ground::ids::AccountId;
use lacre_ground::note::NoteError;
use lacre_ground::run::Run;
use lacre_ground::signed::Signed;
use sha2::{Digest, Sha256};

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
    move |e| fault(note_code(&e), part, &e.to_string())
}

/// What is judged beside a bundle, and is no part of it.
#[derive(Default)]
pub struct Beside<'a> {
    /// whom to trust
    pub trust: Option<&'a Trust>,
    /// files that were left out of it, by their numbers in N
    pub files: Vec<(usize, Vec<u8>)>,
    /// head notes of the person's, checked by the same trust file
    pub heads: Option<&'a ProvenHeads>,
}

/// Verifies a bundle. Without a trust file the best verdict is INCOMPLETE, with the keys to compare.
#[must_use]
pub fn verify(bytes: &[u8], trust: Option<&Trust>) -> Verdict {
    match Bundle::parse(bytes) {
        Ok(bundle) => judge(&bundle, Sha256::digest(bytes).into(), trust, None),
        Err(e) => verdict(container_stop(e), None),
    }
}

/// As [`verify`], with files that were left out of the bundle, by their numbers in N. An error says nothing of the bundle: a
/// file is not the one that N names. One that is, and was not what the relay took, makes the verdict INVALID.
pub fn verify_with_files(bytes: &[u8], trust: Option<&Trust>, files: Vec<(usize, Vec<u8>)>) -> Result<Verdict, PutBackError> {
    verify_beside(bytes, Beside { trust, files, heads: None })
}

/// As [`verify_with_files`], with head notes: a relay that signed a receipt and later that the entry is not there contradicts
/// itself, and the verdict is INVALID. What they say otherwise changes no verdict: ask [`ProvenHeads::says`].
pub fn verify_beside(bytes: &[u8], beside: Beside<'_>) -> Result<Verdict, PutBackError> {
    let mut bundle = match Bundle::parse(bytes) {
        Ok(bundle) => bundle,
        Err(e) => return Ok(verdict(container_stop(e), None)),
    };
    for (number, file) in beside.files {
        match bundle.put_back(number, file) {
            Ok(()) => {}
            Err(PutBackError::NoNotice) => break, // the verdict says what is wrong with it
            Err(e) => return Err(e),
        }
    }
    Ok(judge(&bundle, Sha256::digest(bytes).into(), beside.trust, beside.heads))
}

/// The verdict on parts; `digest` is that of the file that they came in.
fn judge(bundle: &Bundle, digest: [u8; 32], trust: Option<&Trust>, heads: Option<&ProvenHeads>) -> Verdict {
    let checked = (|| {
        let keys = check_keys(bundle, trust)?;
        let proven = check(bundle, &keys, digest)?;
        check_heads(&proven, heads)?;
        check_reserved(bundle, &proven, trust)?;
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
        ContainerError::Version(n) => Stop::Lack(LackCode::Version, vec![format!("lacre evidence v{n}")]),
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

/// Checks 9d: the relay did not say that the entry which it signed a receipt for is not there.
fn check_heads(proven: &Proven, heads: Option<&ProvenHeads>) -> Result<(), Stop> {
    let Outcome::Sent(sent) = &proven.outcome else { return Ok(()) };
    match heads.and_then(|heads| heads.says(&sent.receipt)) {
        Some(HeadSays::Withheld { time, number }) => {
            let detail = format!("at {time} the relay says that the entry is not there");
            Err(fault(FaultCode::Withheld, &format!("head.{number}"), &detail))
        }
        _ => Ok(()),
    }
}

/// Checks 10: nothing stands in a place that is kept, for nobody here could check it.
fn check_reserved(bundle: &Bundle, proven: &Proven, trust: Option<&Trust>) -> Result<(), Stop> {
    let mut what: Vec<String> = bundle.reserved.iter().map(|(name, _)| name.clone()).collect();
    let mut line = |there: bool, name: &str| {
        if there {
            what.push(name.to_owned());
        }
    };
    line(proven.lookup.register.is_some(), "register");
    if let Outcome::Sent(sent) = &proven.outcome {
        line(sent.receipt.submission.as_ref().is_some_and(|s| s.checkpoint.is_some()), "checkpoint");
    }
    if !what.is_empty() {
        return Err(Stop::Lack(LackCode::Reserved, what));
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
    let same = lookup.certificate == agency.note_hash();
    ensure(same, FaultCode::OtherAgency, "lookup", "names another certificate of the agency")?;
    ensure(agency.covers(lookup.asked_at), FaultCode::CertificatePeriod, "lookup", "asked outside the certificate's period")?;
    let opening = Opening::parse(need(&bundle.opening, "opening")?).map_err(note_fault("opening"))?;
    let opens = opening.salt.commit(&opening.run) == lookup.person;
    ensure(opens, FaultCode::Commitment, "opening", "RUN and salt give another commitment")?;
    let kept = || otherwise::check(bundle, keys, &agency, &lookup, &opening);
    let (outcome, otherwise) = match &lookup.answer {
        Answer::Account { .. } => (Outcome::Sent(Box::new(check_notice(bundle, keys, &agency, &lookup, &opening)?)), None),
        Answer::Exempt(_) => (Outcome::Exempt, kept()?),
        Answer::NoAccount => (Outcome::NoAccount, kept()?),
    };
    Ok(Proven { digest, agency, lookup, run: opening.run, keys: keys.clone(), outcome, otherwise })
}

/// A part that only a notice brings with it.
fn first_of_a_notice(bundle: &Bundle, opening: &Opening) -> Option<&'static str> {
    [
        (opening.seed.is_some() || opening.return_token.is_some(), "opening"),
        (bundle.designation.is_some(), "designation"),
        (!bundle.states.is_empty(), "state.0"),
        (bundle.grant.is_some(), "grant"),
        (bundle.notice.is_some(), "notice"),
        (!bundle.events.is_empty(), "event.0"),
        (!bundle.later.is_empty(), "later.0"),
        (!bundle.files.is_empty(), "file.0"),
        (!bundle.approvals.is_empty(), "approval.0"),
        (!bundle.replies.is_empty(), "reply.0"),
    ]
    .into_iter()
    .find_map(|(there, part)| there.then_some(part))
}

/// Checks 4 to 9.
fn check_notice(
    bundle: &Bundle,
    keys: &Keys,
    agency: &Signed<Certificate>,
    lookup: &Signed<Lookup>,
    opening: &Opening,
) -> Result<ProvenNotice, Stop> {
    let designation_raw = need(&bundle.designation, "designation")?;
    let grant_raw = need(&bundle.grant, "grant")?;
    let notice_raw = need(&bundle.notice, "notice")?;
    let receipt_raw = bundle.events.first().ok_or_else(|| missing("event.0"))?;
    let seed = opening.seed.as_ref().ok_or_else(|| missing("seed"))?;

    let (account, mut states) = account::states(bundle, lookup)?;
    let designation = account::designation(designation_raw, account, &states, lookup)?;
    let state = states.pop().ok_or_else(|| missing("state.0"))?;
    let grant = account::grant(grant_raw, account, &state, lookup)?;
    let notice = Notice::verify(notice_raw, agency).map_err(note_fault("notice"))?;
    check_links(&notice, agency, lookup, opening, account, &state, &grant)?;
    let (rule, calendar) = check_law(&notice)?;
    let approved = approvals::of(bundle, keys, agency, &notice)?;

    let (receipt, submission) = records::receipt(receipt_raw, keys)?;
    let here = matches!(&receipt.issuer, Issuer::Relay(a) if *a == grant.casilla.authority);
    ensure(here, FaultCode::OtherRelay, "event.0", "the grant names another relay")?;
    ensure(submission.channel == grant.casilla.channel, FaultCode::OtherChannel, "event.0", "the grant names another channel")?;
    records::Of { agency, account, grant: &grant, states: Vec::new() }.check_parties(&receipt, "event.0")?;
    check_times(&receipt, &notice, agency, lookup, &grant)?;

    let files_here = check_files(bundle, &notice, seed)?;
    let header = Header {
        notice: notice_raw.to_owned(),
        seed: seed.clone(),
        certificate: agency.raw().to_owned(),
        lookup: lookup.raw().to_owned(),
        designation: designation_raw.to_owned(),
        salt: opening.salt,
        return_token: opening.return_token.clone(),
    };
    let sealed =
        header.seal_for(&grant).map_err(|_| fault(FaultCode::Envelope, "grant", "nothing can be sealed to the grant's key"))?;
    let digest = envelope::digest(&sealed, notice.files.iter().map(|f| &f.sealed_sha256));
    ensure(digest == receipt.envelope, FaultCode::Envelope, "event.0", "sealed again, it is another digest")?;
    // the person's program shows no other as genuine
    let placed = submission.entry == envelope::entry_id(seed);
    ensure(placed, FaultCode::Envelope, "event.0", "its entry has another id than its seed gives")?;

    let later = account::later(bundle, &state)?;
    let of = records::Of { agency, account, grant: &grant, states: core::iter::once(&state).chain(&later).collect() };
    let records = records::others(bundle, keys, &of, &receipt)?;
    let progress = records::progress(&records)?;
    let consigned_at = receipt.time;
    let replies = replies::all(bundle, keys, &of, &replies::To { notice: &notice, seed, accepted: consigned_at })?;
    let effect = Effect::of(&notice, consigned_at, rule, calendar).map_err(|e| match e {
        EffectError::NotInForce => fault(FaultCode::Rule, "notice", "no law on the day of dispatch"),
        EffectError::Clock(_) => Stop::Lack(LackCode::CalendarRange, vec![calendar.id().to_owned()]),
    })?;
    let to = notice.electronic.clone().ok_or_else(|| fault(FaultCode::NoticeLink, "notice", "names no account"))?;
    Ok(ProvenNotice {
        designation,
        state,
        grant,
        notice,
        to,
        approved,
        receipt,
        consigned_at,
        records,
        progress,
        replies,
        files_here,
        effect,
    })
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
    let to = To { run: &opening.run, with_token: opening.return_token.is_some(), account, state: (state.number, state.hash()) };
    if let Some(detail) = other_link(notice, agency, lookup, &to, grant) {
        return Err(fault(FaultCode::NoticeLink, "notice", detail));
    }
    ensure(agency.covers(notice.made_at), FaultCode::CertificatePeriod, "notice", "made outside the certificate's period")
}

/// To whom a notice must be.
pub(crate) struct To<'a> {
    pub(crate) run: &'a Run,
    pub(crate) with_token: bool,
    pub(crate) account: AccountId,
    pub(crate) state: (u64, [u8; 32]),
}

/// What N names otherwise than it must, in words.
pub(crate) fn other_link(
    notice: &Notice,
    agency: &Signed<Certificate>,
    lookup: &Signed<Lookup>,
    to: &To<'_>,
    grant: &Signed<Grant>,
) -> Option<&'static str> {
    let Some(electronic) = &notice.electronic else { return Some("names no account") };
    [
        (notice.agency == agency.code, "names another agency"),
        (notice.certificate == agency.note_hash(), "names another certificate"),
        (notice.lookup == lookup.note_hash(), "names another answer of the registrar"),
        (notice.place == agency.place, "names another place than the certificate"),
        (notice.run == *to.run, "names another person"),
        (electronic.account == to.account, "names another account"),
        (electronic.state == to.state, "names another account state"),
        (electronic.grant == grant.note_hash(), "names another grant"),
        (notice.return_channel.is_some() == to.with_token, "a return channel without its token, or a token alone"),
    ]
    .into_iter()
    .find_map(|(ok, detail)| (!ok).then_some(detail))
}

/// Checks 7: rule and calendar are those that we have, and fit an electronic notice.
fn check_law(notice: &Notice) -> Result<(&'static Rule, &'static Calendar), Stop> {
    law(notice).map_err(|not| match not {
        NoLaw::Unknown(id) => Stop::Lack(LackCode::RuleUnknown, vec![id]),
        NoLaw::Other(detail) => fault(FaultCode::Rule, "notice", detail),
    })
}

/// Why rule and calendar of a notice cannot be used.
pub(crate) enum NoLaw {
    /// one that this program does not have, by its id
    Unknown(String),
    /// it is another than N says, in words
    Other(&'static str),
}

/// Rule and calendar that N names.
pub(crate) fn law(notice: &Notice) -> Result<(&'static Rule, &'static Calendar), NoLaw> {
    let named = &notice.electronic.as_ref().ok_or(NoLaw::Other("names no rule"))?.rule;
    let rule = RuleId::parse(&named.id).ok_or_else(|| NoLaw::Unknown(named.id.clone()))?.rule();
    let calendar = calendar(notice)?;
    let electronic = rule.counts_from == crate::clock::rules::CountsFrom::Dispatch;
    if rule.sha256 != named.sha256 {
        return Err(NoLaw::Other(OTHER_TEXT));
    }
    if electronic { Ok((rule, calendar)) } else { Err(NoLaw::Other("the rule is not for electronic notices")) }
}

const OTHER_TEXT: &str = "another text stands under that name";

/// The calendar that N names.
pub(crate) fn calendar(notice: &Notice) -> Result<&'static Calendar, NoLaw> {
    let calendar = Calendar::named(&notice.calendar.id).ok_or_else(|| NoLaw::Unknown(notice.calendar.id.clone()))?;
    if calendar.sha256() == notice.calendar.sha256 { Ok(calendar) } else { Err(NoLaw::Other(OTHER_TEXT)) }
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
fn check_files(bundle: &Bundle, notice: &Notice, seed: &Seed) -> Result<Vec<bool>, Stop> {
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
