//! What a person's device checks of a notice before it shows anything: FORMAT.md, 5a.
//!
//! The device has opened the header and sealed it again ([`crate::envelope::Envelope::open`]). Here it looks whether a body that the
//! registrar knows wrote to *it*: certificate, answer, RUN and salt, its own account state, a designation and a grant that it made
//! itself. The first check that fails is the reason that a person is shown; the codes are those of a verdict.

use crate::certificate::Certificate;
use crate::effect::{Effect, EffectError};
use crate::envelope::Header;
use crate::grant::Grant;
use crate::lookup::{Answer, GOOD_FOR_MS, Lookup};
use crate::notice::Notice;
use crate::skew::not_after;
use crate::verdict::{Fault, FaultCode, note_code};
use crate::verify::{NoLaw, To, law, other_link};
use lacre_ground::ids::{AccountId, ChannelId};
use lacre_ground::label::{self, Label};
use lacre_ground::note::{NoteError, NoteKey, UnverifiedNote};
use lacre_ground::signed::Signed;
use lacre_ground::time::Millis;

/// What the device knows by itself.
pub struct Own<'a> {
    /// its account
    pub account: AccountId,
    /// number and hash of each of the account's states
    pub states: &'a [(u64, [u8; 32])],
    /// note hashes of the designations that it made
    pub designations: &'a [[u8; 32]],
    /// the grants that it made
    pub grants: &'a [Signed<Grant>],
    /// keys of the registrar that its relay introduced
    pub registrars: &'a [NoteKey],
}

/// A notice that is what it says.
#[derive(Clone)]
pub struct Arrived {
    /// who sent it
    pub certificate: Signed<Certificate>,
    /// the registrar's answer to the body
    pub lookup: Signed<Lookup>,
    /// N
    pub notice: Signed<Notice>,
    /// the grant that it came by
    pub grant: Signed<Grant>,
    /// what follows by law from its accept time; none where this program cannot count (an unknown or too short calendar)
    pub effect: Option<Effect>,
}

fn fault(code: FaultCode, part: &str, detail: &str) -> Fault {
    Fault { code, part: part.to_owned(), detail: detail.to_owned() }
}

fn ensure(ok: bool, code: FaultCode, part: &str, detail: &str) -> Result<(), Fault> {
    if ok { Ok(()) } else { Err(fault(code, part, detail)) }
}

fn noted(part: &str) -> impl Fn(NoteError) -> Fault {
    move |e| fault(note_code(&e), part, &e.to_string())
}

/// The designation itself is the device's own: that it is the very text of one that it made is what counts.
fn note_hash_unverified(raw: &str) -> Result<[u8; 32], NoteError> {
    let note = UnverifiedNote::parse(raw)?;
    Ok(label::hash(Label::NoteHash, &[note.unverified_text().as_bytes()]))
}

/// What follows by law of a notice that was checked when it came, told again from its accept time: what a program of then could not
/// count, one of today may.
#[must_use]
pub fn effect(notice: &Notice, accepted_at: Millis) -> Option<Effect> {
    let (rule, calendar) = law(notice).ok()?;
    Effect::of(notice, accepted_at, rule, calendar).ok()
}

/// Checks a header that came in this channel and that the relay took at this time.
pub fn check(header: &Header, channel: ChannelId, accepted_at: Millis, own: &Own<'_>) -> Result<Arrived, Fault> {
    let certificate = Certificate::verify(&header.certificate, own.registrars).map_err(noted("certificate"))?;
    let lookup = Lookup::verify(&header.lookup, own.registrars).map_err(noted("lookup"))?;
    ensure(lookup.agency == certificate.code, FaultCode::OtherAgency, "lookup", "names another agency")?;
    let same = lookup.certificate == certificate.note_hash();
    ensure(same, FaultCode::OtherAgency, "lookup", "names another certificate of the agency")?;
    ensure(
        certificate.covers(lookup.asked_at),
        FaultCode::CertificatePeriod,
        "lookup",
        "asked outside the certificate's period",
    )?;
    let notice = Notice::verify(&header.notice, &certificate).map_err(noted("notice"))?;
    let opens = header.salt.commit(&notice.run) == lookup.person;
    ensure(opens, FaultCode::Commitment, "opening", "RUN and salt give another commitment")?;

    let Answer::Account { account, state, state_hash, grant, designation } = &lookup.answer else {
        return Err(fault(FaultCode::Exempt, "lookup", "the answer names no account"));
    };
    ensure(*account == own.account, FaultCode::OtherAccount, "lookup", "the registrar named another account")?;
    ensure(own.states.contains(&(*state, *state_hash)), FaultCode::OtherState, "lookup", "no state of this account")?;
    let raw = &header.designation;
    let named = note_hash_unverified(raw).map_err(noted("designation"))?;
    ensure(named == *designation, FaultCode::OtherDesignation, "designation", "the registrar named another")?;
    let mine = own.designations.contains(designation);
    ensure(mine, FaultCode::OtherDesignation, "designation", "this account did not designate so")?;
    let grant = own.grants.iter().find(|g| g.note_hash() == *grant);
    let grant = grant.ok_or_else(|| fault(FaultCode::OtherGrant, "grant", "this device made no such grant"))?;
    ensure(grant.casilla.channel == channel, FaultCode::OtherChannel, "grant", "the grant is for another casilla")?;

    let with_token = header.return_token.is_some();
    let to = To { run: &notice.run, with_token, account: *account, state: (*state, *state_hash) };
    if let Some(detail) = other_link(&notice, &certificate, &lookup, &to, grant) {
        return Err(fault(FaultCode::NoticeLink, "notice", detail));
    }
    ensure(certificate.covers(notice.made_at), FaultCode::CertificatePeriod, "notice", "made outside the certificate's period")?;
    let ordered = not_after(lookup.asked_at, notice.made_at) && not_after(notice.made_at, accepted_at);
    ensure(ordered, FaultCode::ReceiptEarly, "notice", "before the registrar's answer or before the notice was made")?;
    let fresh = accepted_at <= lookup.asked_at.plus(GOOD_FOR_MS);
    ensure(fresh, FaultCode::LookupStale, "lookup", "more than an hour before the relay took the notice")?;
    ensure(grant.covers(accepted_at), FaultCode::GrantPeriod, "grant", "received outside its period")?;
    ensure(certificate.covers(accepted_at), FaultCode::CertificatePeriod, "notice", "received outside the certificate's period")?;
    let effect = match law(&notice) {
        Err(NoLaw::Other(detail)) => return Err(fault(FaultCode::Rule, "notice", detail)),
        Err(NoLaw::Unknown(_)) => None,
        Ok((rule, calendar)) => match Effect::of(&notice, accepted_at, rule, calendar) {
            Err(EffectError::NotInForce) => return Err(fault(FaultCode::Rule, "notice", "no law on the day of dispatch")),
            other => other.ok(),
        },
    };
    Ok(Arrived { certificate, lookup, notice, grant: grant.clone(), effect })
}
