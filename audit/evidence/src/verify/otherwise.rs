//! Checks 3a: where no electronic notice takes effect, what the body kept for counter or letter, and what it says was done.

use super::{FaultCode, LackCode, NoLaw, Stop, check_files, ensure, fault, first_of_a_notice, missing, note_fault};
use crate::bundle::Bundle;
use crate::certificate::Certificate;
use crate::clock::Calendar;
use crate::envelope::Seed;
use crate::lookup::{Answer, ExemptReason, GOOD_FOR_MS, Lookup};
use crate::notice::Notice;
use crate::opening::Opening;
use crate::otherwise::{self, Step};
use crate::record::{Issuer, Party, Record};
use crate::reply::TakenReply;
use crate::returned::{self, MAX_ANSWERS, Returned};
use crate::skew::not_after;
use crate::trust::Keys;
use crate::verdict::{ProvenOtherwise, ProvenStep};
use lacre_ground::ids::EntryId;
use lacre_ground::note::NoteKey;
use lacre_ground::receipt::Receipt;
use lacre_ground::signed::Signed;
use lacre_ground::time::Millis;
use sha2::{Digest as _, Sha256};

/// What is there of it; none where only the registrar's answer was kept.
pub(super) fn check(
    bundle: &Bundle,
    keys: &Keys,
    agency: &Signed<Certificate>,
    lookup: &Signed<Lookup>,
    opening: &Opening,
) -> Result<Option<Box<ProvenOtherwise>>, Stop> {
    let refused = |part: &str| fault(FaultCode::Exempt, part, "the answer was: no electronic notice");
    let Some(raw) = &bundle.notice else {
        return first_of_a_notice(bundle, opening).map_or(Ok(None), |part| Err(refused(part)));
    };
    let of_a_casilla = [
        (bundle.designation.is_some(), "designation"),
        (!bundle.states.is_empty(), "state.0"),
        (bundle.grant.is_some(), "grant"),
        (!bundle.later.is_empty(), "later.0"),
    ];
    if let Some((_, part)) = of_a_casilla.into_iter().find(|(there, _)| *there) {
        return Err(refused(part));
    }
    let notice = Notice::verify(raw, agency).map_err(note_fault("notice"))?;
    if notice.electronic.is_some() {
        return Err(refused("notice"));
    }
    let seed = opening.seed.as_ref().ok_or_else(|| missing("seed"))?;
    check_links(&notice, agency, lookup, opening)?;
    let calendar = super::calendar(&notice).map_err(|not| match not {
        NoLaw::Unknown(id) => Stop::Lack(LackCode::RuleUnknown, vec![id]),
        NoLaw::Other(detail) => fault(FaultCode::Rule, "notice", detail),
    })?;
    let approved = super::approvals::of(bundle, keys, agency, &notice)?;
    let files_here = check_files(bundle, &notice, seed)?;
    let of = Of { keys, agency, notice: &notice, seed, calendar };
    let steps = of.steps(bundle)?;
    let dead = lookup.answer == Answer::Exempt(ExemptReason::Dead);
    let told: Vec<(Step, Millis)> = steps.iter().map(|s| (s.step.clone(), s.record.time)).collect();
    let effects = if dead { Ok(Vec::new()) } else { otherwise::effects(&notice, &told, calendar) };
    let effects = effects.map_err(|_| of.out_of_range())?;
    Ok(Some(Box::new(ProvenOtherwise { notice, approved, steps, files_here, effects })))
}

/// N names exactly these parts, and was made when the registrar's answer was new.
fn check_links(notice: &Notice, agency: &Signed<Certificate>, lookup: &Signed<Lookup>, opening: &Opening) -> Result<(), Stop> {
    let links = [
        (notice.agency == agency.code, "names another agency"),
        (notice.certificate == agency.note_hash(), "names another certificate"),
        (notice.lookup == lookup.note_hash(), "names another answer of the registrar"),
        (notice.place == agency.place, "names another place than the certificate"),
        (notice.run == opening.run, "names another person"),
        (
            notice.return_channel.is_some() == opening.return_token.is_some(),
            "a return channel without its token, or a token alone",
        ),
    ];
    if let Some((_, detail)) = links.into_iter().find(|(ok, _)| !ok) {
        return Err(fault(FaultCode::NoticeLink, "notice", detail));
    }
    ensure(agency.covers(notice.made_at), FaultCode::CertificatePeriod, "notice", "made outside the certificate's period")?;
    let (asked, made) = (lookup.asked_at, notice.made_at);
    let fresh = not_after(asked, made) && made <= asked.plus(GOOD_FOR_MS);
    ensure(fresh, FaultCode::LookupStale, "lookup", "not of the hour before the notice was made")
}

/// What records of such a notice must fit.
struct Of<'c> {
    keys: &'c Keys,
    agency: &'c Certificate,
    notice: &'c Signed<Notice>,
    seed: &'c Seed,
    calendar: &'static Calendar,
}

impl Of<'_> {
    fn out_of_range(&self) -> Stop {
        Stop::Lack(LackCode::CalendarRange, vec![self.calendar.id().to_owned()])
    }

    /// All records, each with the relay's receipt for it.
    fn steps(&self, bundle: &Bundle) -> Result<Vec<ProvenStep>, Stop> {
        let (mut steps, mut before): (Vec<ProvenStep>, Vec<(Step, Millis)>) = (Vec::new(), Vec::new());
        for (i, raw) in bundle.events.iter().enumerate() {
            let (record, step) = self.record(raw, &format!("event.{i}"), &steps, &before)?;
            let part = format!("reply.{i}");
            let taken = bundle.replies.get(i).ok_or_else(|| missing(&part))?;
            let receipt = self.receipt(taken, &part, &record, &steps)?;
            let late = otherwise::is_late(self.notice, record.time, receipt.accepted_at, self.calendar);
            let late = late.ok_or_else(|| self.out_of_range())?;
            before.push((step.clone(), record.time));
            steps.push(ProvenStep { step, record, receipt, late });
        }
        let part = format!("reply.{}", steps.len());
        ensure(bundle.replies.len() == steps.len(), FaultCode::Reply, &part, "a receipt for no record")?;
        Ok(steps)
    }

    fn keys_of(&self, issuer: &Issuer) -> Vec<NoteKey> {
        match issuer {
            Issuer::Agency(code) | Issuer::Officer(code, _) if *code == self.agency.code => {
                self.agency.note_key().into_iter().collect()
            }
            Issuer::Agency(_) | Issuer::Officer(..) | Issuer::Relay(_) | Issuer::Device(..) | Issuer::Gateway(_) => Vec::new(),
        }
    }

    fn record(
        &self,
        raw: &str,
        part: &str,
        steps: &[ProvenStep],
        before: &[(Step, Millis)],
    ) -> Result<(Signed<Record>, Step), Stop> {
        let holds = |ok: bool, detail: &str| ensure(ok, FaultCode::Event, part, detail);
        let record = Record::verify(raw, |issuer| self.keys_of(issuer)).map_err(note_fault(part))?;
        let step = Step::of(&record);
        let step = step.ok_or_else(|| fault(FaultCode::Event, part, "it has no place where nothing went electronically"))?;
        holds(record.envelope == self.notice.note_hash(), "of another notice")?;
        let from = [Party::Unknown, Party::Agency(self.agency.code.clone())].contains(&record.sender);
        holds(from && record.recipient == Party::Unknown, "names another sender, or a recipient")?;
        holds(not_after(self.notice.made_at, record.time), "before the notice was made")?;
        let again = steps.iter().any(|other| other.record.note_hash() == record.note_hash());
        holds(!again, "the same record again")?;
        step.fits(record.time, before).map_err(|e| fault(FaultCode::Event, part, &e.to_string()))?;
        Ok((record, step))
    }

    /// The relay had this very record, in a place for answers to N, when it says so.
    fn receipt(&self, taken: &[u8], part: &str, record: &Signed<Record>, steps: &[ProvenStep]) -> Result<Signed<Receipt>, Stop> {
        let holds = |ok: bool, detail: &str| ensure(ok, FaultCode::Reply, part, detail);
        let not = |detail: &str| fault(FaultCode::Reply, part, detail);
        let taken = TakenReply::read(taken).ok_or_else(|| not("not of the form of an entry with its receipt"))?;
        let receipt: Signed<Receipt> = Signed::verify(&taken.receipt, &self.keys.relays).map_err(note_fault(part))?;
        holds(Some(receipt.channel) == self.notice.return_channel, "its receipt is for another channel than the notice names")?;
        let place = self.is_a_place(receipt.entry_id) && steps.iter().all(|s| s.receipt.entry_id != receipt.entry_id);
        holds(place && !receipt.seal, "its receipt is for no place that records of this notice have")?;
        let sha256: [u8; 32] = Sha256::digest(&taken.entry).into();
        holds(sha256 == receipt.sha256, "its receipt is for other bytes")?;
        holds(not_after(record.time, receipt.accepted_at), "the relay had it before it happened")?;
        let opened =
            Returned::open(self.seed, receipt.channel, receipt.entry_id, &taken.entry).map_err(|e| not(&e.to_string()))?;
        let this = matches!(&opened, Returned::Note { record: there, later } if there == record.raw() && later.is_empty());
        holds(this, "the entry is of another record")?;
        Ok(receipt)
    }

    fn is_a_place(&self, entry: EntryId) -> bool {
        (0..MAX_ANSWERS).any(|n| returned::entry_id(self.seed, n) == entry)
    }
}
