//! What was done at the counter or by letter, recorded: signed, kept, and given to the relay for its receipt.
//!
//! | when the program ends | what there is | what the next run does |
//! |---|---|---|
//! | before the record is kept | nothing | nothing: record it again |
//! | after | the record and its sealed bytes, in the row | gives the relay the same bytes: it has them or takes them, and gives the same receipt |
//! | after the evidence has it | the same | finds it there, and tells the row |

use super::keep::signed_by;
use crate::archive::{Archive, evidence_name, kept, lean};
use crate::dispatch::Dispatch;
use crate::done::{Done, Pending, What};
use crate::own::Own;
use crate::{Body, BodyTrouble};
use lacre_core::network::{Lane, NetError, Network as _, Reason as Refused};
use lacre_evidence::otherwise::{By, StepError};
use lacre_evidence::returned::{self, MAX_ANSWERS, Returned};
use lacre_evidence::skew::SKEW_MS;
use lacre_evidence::{Bundle, ProvenOtherwise, Seed, TakenReply, Verdict, verify};
use lacre_ground::ids::{ChannelId, EvidenceId, NoticeId};
use lacre_ground::random;
use lacre_ground::signed::NoteText as _;
use lacre_ground::time::Millis;
use lacre_proto::relay::v1 as wire;
use lacre_transport::GrpcNetwork;

/// What an official says was done.
#[derive(Clone, Debug)]
pub struct NewStep {
    /// what
    pub what: What,
    /// the post's reference, of a letter
    pub reference: Option<String>,
    /// when; none: now
    pub at: Option<Millis>,
    /// who handed it over
    pub officer: Option<String>,
    /// a scanned paper that shows it: kept beside the evidence, which has its digest
    pub scan: Option<Vec<u8>>,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// the relay has it since then
    Now(Millis),
    /// it was recorded before, as done then: nothing was done
    Before(Millis),
}

impl Body {
    /// Records what was done. Whatever ends it: [`Body::finish_records`].
    pub fn record(
        &mut self,
        net: &mut GrpcNetwork,
        archive: &mut dyn Archive,
        id: NoticeId,
        new: &NewStep,
    ) -> Result<Recorded, BodyTrouble> {
        let own = self.own()?;
        let now = self.look_at_relay(net, &own)?;
        let mut row = self.dispatch(id)?;
        if row.kept.as_ref().is_some_and(|kept| kept.pending.is_some()) {
            self.push(net, archive, &own, &mut row)?;
        }
        let (seed, channel) = self.place_of(&row)?;
        let bundle = kept(archive, id)?;
        let notice = signed_by(&own, &row, &bundle).ok_or_else(|| BodyTrouble::NoEvidence(evidence_name(id)))?;
        let kept_row = row.kept.as_mut().ok_or(BodyTrouble::NotKept)?;
        let step = new.what.step(new.reference.as_deref()).ok_or(BodyTrouble::Line { name: "--posted", most: 200 })?;
        let before: Vec<_> = kept_row.done.iter().filter_map(|done| Some((done.step()?, done.at))).collect();
        let at = new.at.unwrap_or_else(|| self.clock.now());
        match step.fits(at, &before) {
            Ok(()) => {}
            Err(StepError::Again) => {
                let there = before.iter().find(|(done, _)| *done == step).map_or(at, |(_, there)| *there);
                let day = |at| notice.place.zone.date(at);
                // the law counts days: another one is another fact, and the relay has its receipt of the first
                return match new.at {
                    Some(at) if day(at) != day(there) => Err(BodyTrouble::OtherDay { at: there }),
                    Some(_) | None => Ok(Recorded::Before(there)),
                };
            }
            Err(why) => return Err(BodyTrouble::Step(why)),
        }
        if at.plus(SKEW_MS) < notice.made_at {
            return Err(BodyTrouble::StepEarly { made: notice.made_at });
        }
        if now.plus(SKEW_MS) < at {
            return Err(BodyTrouble::StepLater);
        }
        let scan = new.scan.as_deref().map(sha256);
        let officer = new.officer.clone().unwrap_or_default();
        written(&officer, new)?;
        let by = By { agency: &own.certificate.code, officer: &officer, scan };
        let record_id = EvidenceId::new(random::bytes(self.rng.as_mut()));
        let hash = note_hash(&notice);
        let raw = step.record(record_id, at, &by, hash).sign(&own.signer)?;
        if let Some(scan) = &new.scan {
            archive.keep(&scan_name(id, record_id), scan)?;
        }
        let place = kept_row.place;
        let entry = seal(&raw, &seed, channel, place, self.rng.as_mut())?;
        let done = Done { what: new.what, reference: new.reference.clone(), at, receipt_at: Millis::new(0), place };
        kept_row.pending = Some(Pending { raw, entry, done });
        self.keep_dispatch(&row)?;
        self.push(net, archive, &own, &mut row).map(Recorded::Now)
    }

    /// Gives the relay what was recorded and perhaps not given. How many.
    pub fn finish_records(&mut self, net: &mut GrpcNetwork, archive: &mut dyn Archive) -> Result<usize, BodyTrouble> {
        let waits = |row: &Dispatch| row.kept.as_ref().is_some_and(|kept| kept.pending.is_some());
        let rows: Vec<Dispatch> = self.to_do()?.into_iter().filter(waits).collect();
        if rows.is_empty() {
            return Ok(0);
        }
        let own = self.own()?;
        let _now = self.look_at_relay(net, &own)?;
        let count = rows.len();
        for mut row in rows {
            self.push(net, archive, &own, &mut row)?;
        }
        Ok(count)
    }

    /// What kept evidence proves of somebody who is not reached electronically; none where it does not verify.
    pub fn proven_otherwise(&mut self, archive: &dyn Archive, id: NoticeId) -> Result<Option<Box<ProvenOtherwise>>, BodyTrouble> {
        let own = self.own()?;
        proven(&own, &kept(archive, id)?)
    }

    /// The same bytes, as often as it takes; the receipt into the evidence, then into the row.
    fn push(
        &mut self,
        net: &mut GrpcNetwork,
        archive: &mut dyn Archive,
        own: &Own,
        row: &mut Dispatch,
    ) -> Result<Millis, BodyTrouble> {
        let (seed, channel) = self.place_of(row)?;
        let token = row.back.clone().ok_or(BodyTrouble::NotKept)?;
        let taken = loop {
            let pending = row.kept.as_mut().and_then(|kept| kept.pending.as_mut()).ok_or(BodyTrouble::NotKept)?;
            let request = wire::AppendRequest {
                channel: channel.as_bytes().to_vec(),
                append_token: token.expose().to_vec(),
                entry_id: returned::entry_id(&seed, pending.done.place).as_bytes().to_vec(),
                read_to: 0,
                ciphertext: pending.entry.clone().into(),
                seal: false,
                receipt: true,
                stamp: Vec::new(),
            };
            match net.append(&own.relay, Lane::Directory, request) {
                Ok(answer) => break answer,
                // a profile that was put back from a copy does not know what it put there
                Err(NetError::Refused(no)) if no.reason == Refused::Conflict && pending.done.place + 1 < MAX_ANSWERS => {
                    pending.done.place += 1;
                    pending.entry = seal(&pending.raw, &seed, channel, pending.done.place, self.rng.as_mut())?;
                    self.keep_dispatch(row)?;
                }
                Err(other) => return Err(other.into()),
            }
        };
        let mut bundle = kept(archive, row.id)?;
        let kept_row = row.kept.as_mut().ok_or(BodyTrouble::NotKept)?;
        let Some(Pending { raw, entry, mut done }) = kept_row.pending.clone() else { return Err(BodyTrouble::NotKept) };
        if !bundle.events.contains(&raw) {
            bundle.replies.push(TakenReply { receipt: taken.receipt, entry }.to_bytes());
            bundle.events.push(raw);
            if proven(own, &bundle)?.is_none() {
                return Err(BodyTrouble::Unproven("the receipt of a record does not verify".to_owned()));
            }
            let bytes = lean(archive, &bundle).to_bytes();
            archive.keep(&evidence_name(row.id), &bytes)?;
        }
        done.receipt_at = Millis::new(taken.accepted_at_ms);
        kept_row.place = done.place.saturating_add(1);
        kept_row.pending = None;
        kept_row.done.push(done);
        self.keep_dispatch(row)?;
        Ok(Millis::new(taken.accepted_at_ms))
    }

    /// Where records of a notice go.
    fn place_of(&mut self, row: &Dispatch) -> Result<(Seed, ChannelId), BodyTrouble> {
        let seed = row.seed.map(Seed::new).filter(|_| row.kept.is_some()).ok_or(BodyTrouble::NotKept)?;
        let channel = self.returns()?.into_iter().find(|channel| row.returns == Some(channel.number));
        Ok((seed, channel.ok_or(BodyTrouble::NotKept)?.channel()))
    }
}

/// What a scanned paper is called beside the evidence.
fn scan_name(id: NoticeId, record: EvidenceId) -> String {
    format!("{id}.{record}.scan")
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).into()
}

fn note_hash(notice: &lacre_evidence::Notice) -> [u8; 32] {
    use lacre_ground::label::{self, Label};
    label::hash(Label::NoteHash, &[notice.text().as_bytes()])
}

fn seal(
    raw: &str,
    seed: &Seed,
    channel: ChannelId,
    place: u32,
    rng: &mut dyn lacre_ground::random::Rng,
) -> Result<Vec<u8>, BodyTrouble> {
    let note = Returned::Note { record: raw.to_owned(), later: Vec::new() };
    let sealed = note.seal(seed, channel, returned::entry_id(seed, place), rng);
    sealed.map_err(|_| BodyTrouble::Line { name: "--officer", most: 200 })
}

/// A name and a reference that a record can have.
fn written(officer: &str, new: &NewStep) -> Result<(), BodyTrouble> {
    let good = |text: &str| !text.is_empty() && text.len() <= 200 && text.trim() == text && !text.chars().any(char::is_control);
    if new.what == What::HandedOver && !good(officer) {
        return Err(BodyTrouble::Line { name: "--officer", most: 200 });
    }
    match &new.reference {
        Some(reference) if !good(reference) => Err(BodyTrouble::Line { name: "--posted", most: 200 }),
        _ => Ok(()),
    }
}

fn proven(own: &Own, bundle: &Bundle) -> Result<Option<Box<ProvenOtherwise>>, BodyTrouble> {
    Ok(match verify(&bundle.to_bytes(), Some(&own.trust()?)) {
        Verdict::Valid(proven) => proven.otherwise,
        Verdict::Invalid(_) | Verdict::Incomplete(_) => None,
    })
}
