//! A notice that is kept, brought to the relay: as often as it takes, with the same bytes, also after the relay was restored.

use crate::archive::{Archive, evidence_name, kept, lean};
use crate::dispatch::{Dispatch, Stage};
use crate::own::Own;
use crate::trouble::unproven;
use crate::{Body, BodyTrouble};
use lacre_core::network::{Lane, Network as _};
use lacre_evidence as evidence;
use lacre_evidence::envelope::{self, Envelope, Header, Seed};
use lacre_evidence::lookup::GOOD_FOR_MS;
use lacre_evidence::{Bundle, ExemptReason, FilePart, Grant, Opening, Verdict, verify};
use lacre_ground::ids::{ChannelId, EvidenceId};
use lacre_ground::time::Millis;
use lacre_proto::reasons::Reason;
use lacre_proto::relay::v1 as wire;
use lacre_transport::GrpcNetwork;
use sha2::{Digest as _, Sha256};

/// Why a notice was not taken: its person's address was closed after the registrar had answered.
const CLOSED_SINCE: &str = "closed since";
/// Why a notice was not sent: the registrar's answer was too old by then.
pub(crate) const TOO_LATE: &str = "too late";
/// Bytes of sealed files that travel in the entry; with more all are blobs.
const IN_THE_ENTRY: usize = 64 * 1024;

/// The person is to be notified otherwise; the registrar's note that proves it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Otherwise {
    /// electronic notices take no effect for her
    Exempt(ExemptReason),
    /// she has no account, has designated none, has paused or left
    NoAccount,
    /// she paused or left after the registrar had answered: the relay refused it
    ClosedSince,
}

/// What came of it.
pub enum Outcome {
    /// it is in the casilla: the verdict on its evidence, by the keys of this relay and its registrar
    Sent(Box<Verdict>),
    /// nothing was sent
    Otherwise(Otherwise),
}

/// A notice that is kept, with what proves it so far.
pub(crate) struct Kept {
    pub(crate) row: Dispatch,
    pub(crate) bundle: Bundle,
    /// nothing is sent: whether the relay has it is asked
    pub(crate) only_look: bool,
}

impl Body {
    /// One of [`Body::deliver_all`].
    pub(crate) fn deliver(
        &mut self,
        net: &mut GrpcNetwork,
        archive: &mut dyn Archive,
        own: &Own,
        kept: Kept,
        now: Millis,
    ) -> Result<Outcome, BodyTrouble> {
        let outcome = self.deliver_all(net, archive, own, vec![kept], now)?.pop();
        outcome.ok_or_else(|| unproven("no answer"))?
    }

    /// Brings what is kept to the relay, in one call, as often as it takes: the same bytes each time. The time is the relay's: it
    /// decides whether the registrar's answer is still new enough. An outcome for each, in their order: one that is refused keeps no
    /// other waiting.
    pub(crate) fn deliver_all(
        &mut self,
        net: &mut GrpcNetwork,
        archive: &mut dyn Archive,
        own: &Own,
        all: Vec<Kept>,
        now: Millis,
    ) -> Result<Vec<Result<Outcome, BodyTrouble>>, BodyTrouble> {
        let requests = (0..).zip(&all).map(|(number, kept)| self.request(net, own, kept, number, now));
        let requests = requests.collect::<Result<Vec<_>, _>>()?;
        let answers = net.body_deliver(&own.relay, &own.seed, &own.key, requests)?;
        let judged = all.into_iter().zip(answers).map(|(kept, answer)| answered(own, kept, answer));
        let judged = judged.collect::<Result<Vec<_>, _>>()?;
        // what proves it first: whatever ends the program before the rows say so, the relay gives the same records again
        let new = judged.iter().filter(|(_, end)| end.is_new);
        let papers: Vec<_> = new.map(|(kept, _)| (evidence_name(kept.row.id), lean(archive, &kept.bundle).to_bytes())).collect();
        archive.keep_all(&papers)?;
        self.profile.step(|step| judged.iter().try_for_each(|(kept, _)| kept.row.put(step)).map_err(BodyTrouble::from))?;
        Ok(judged.into_iter().map(|(_, end)| end.outcome).collect())
    }

    /// The envelope, made again, with its files where the relay finds them.
    fn request(
        &mut self,
        net: &mut GrpcNetwork,
        own: &Own,
        Kept { row, bundle, only_look }: &Kept,
        number: u32,
        now: Millis,
    ) -> Result<wire::DeliverRow, BodyTrouble> {
        let again = Again::of(bundle).ok_or_else(|| BodyTrouble::NoEvidence(evidence_name(row.id)))?;
        let token = row.token.clone().ok_or(BodyTrouble::NoSuchNotice)?;
        let look = *only_look || now >= row.asked_at.plus(GOOD_FOR_MS);
        // a record of before a restore stays the one that counts
        let first = bundle.events.first().cloned();
        let inside = again.envelope.files.iter().map(Vec::len).sum::<usize>() <= IN_THE_ENTRY;
        if !inside && (!look || first.is_some()) {
            self.store_files(net, own, &again)?;
        }
        let place = |(i, sealed): (usize, &Vec<u8>)| {
            let place = if inside {
                wire::sealed_file::Place::Here(sealed.clone())
            } else {
                wire::sealed_file::Place::Blob(envelope::blob(&again.seed, i).0.as_bytes().to_vec())
            };
            wire::SealedFile { place: Some(place) }
        };
        let files = again.envelope.files.iter().enumerate().map(place).collect();
        Ok(wire::DeliverRow {
            row: number,
            channel: again.channel.as_bytes().to_vec(),
            append_token: token.expose().to_vec(),
            entry_id: envelope::entry_id(&again.seed).as_bytes().to_vec(),
            envelope: Some(wire::NoticeEnvelope { header: again.envelope.header.clone(), files }),
            look: look && first.is_none(),
            first_record: first.unwrap_or_default(),
        })
    }

    /// What a restored relay lost of notices that no device has: the same bytes, under the relay's own first record. One that cannot
    /// be delivered yet waits for the next time.
    pub(crate) fn deliver_again(
        &mut self,
        net: &mut GrpcNetwork,
        archive: &mut dyn Archive,
        own: &Own,
        now: Millis,
    ) -> Result<(), BodyTrouble> {
        for mut row in self.to_do()?.into_iter().filter(|row| row.again && row.token.is_some()) {
            if row.account.map_or(Ok(None), |account| self.reset_of(account))?.is_some() {
                // its casilla is gone for good: an official decides on a copy
                (row.again, row.token) = (false, None);
                self.keep_dispatch(&row)?;
                continue;
            }
            match kept(archive, row.id) {
                Ok(bundle) => drop(self.deliver(net, archive, own, Kept { row, bundle, only_look: false }, now)?),
                Err(BodyTrouble::NoEvidence(_)) => {}
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    /// Another generation than the last time: the relay came back from a backup. What it may have lost is given again: return
    /// channels and their rights, and notices that no device has. Gives the time by the relay's clock.
    pub(crate) fn look_at_relay(&mut self, net: &mut GrpcNetwork, own: &Own) -> Result<Millis, BodyTrouble> {
        let info = net.get_info(&own.relay, Lane::Inbox, wire::GetInfoRequest {})?;
        let (generation, now) = (info.generation, Millis::new(info.now_ms));
        if !self.saw_generation(&generation)? {
            return Ok(now);
        }
        self.each_dispatch(|body, mut row| {
            if row.stage == Stage::Sent && !row.was_handed_over() {
                row.again = true;
                body.keep_dispatch(&row)?;
            }
            Ok::<_, BodyTrouble>(())
        })?;
        self.give_returns_again(net, own)?;
        self.keep_generation(generation)?;
        Ok(now)
    }

    /// Files that are too much for the entry, as blobs, whole before the notice is delivered.
    fn store_files(&mut self, net: &mut GrpcNetwork, own: &Own, again: &Again) -> Result<(), BodyTrouble> {
        let count = u32::try_from(again.envelope.files.len()).unwrap_or(u32::MAX);
        let mut stamps = net.body_stamps(&own.relay, &own.seed, &own.key, count)?;
        for (i, sealed) in again.envelope.files.iter().enumerate() {
            let (blob, read) = envelope::blob(&again.seed, i);
            let header = wire::PutHeader {
                blob: blob.as_bytes().to_vec(),
                read_token_hash: read.hash().as_bytes().to_vec(),
                size: u64::try_from(sealed.len()).unwrap_or(u64::MAX),
                sha256: Sha256::digest(sealed).to_vec(),
                stamp: stamps.pop().unwrap_or_default(),
                offset: 0,
            };
            net.put_blob(&own.relay, header, &mut sealed.as_slice())?;
        }
        Ok(())
    }
}

/// What became of one, and whether there is something new to keep of what proves it.
struct End {
    outcome: Result<Outcome, BodyTrouble>,
    is_new: bool,
}

/// What the relay answered about one, noted in its row.
fn answered(own: &Own, mut kept: Kept, answer: wire::DeliverResponse) -> Result<(Kept, End), BodyTrouble> {
    let trust = own.trust()?;
    let row = &mut kept.row;
    let first = !kept.bundle.events.is_empty();
    let old = |outcome| End { outcome, is_new: false };
    let end = match Reason::parse(&answer.refused) {
        None if answer.refused.is_empty() && first => {
            let verdict = verify(&kept.bundle.to_bytes(), Some(&trust));
            // the program may have ended when the record was kept and the row did not say so yet
            (row.again, row.stage, row.unproven) = (false, Stage::Sent, !matches!(verdict, Verdict::Valid(_)));
            old(Ok(Outcome::Sent(Box::new(verdict))))
        }
        None if answer.refused.is_empty() => {
            kept.bundle.events = vec![answer.record];
            let verdict = verify(&kept.bundle.to_bytes(), Some(&trust));
            // the right is kept until a device has the notice: a restored relay may have to be given it again
            (row.transaction, row.accepted_at) = transaction(&verdict).unzip();
            (row.again, row.stage, row.unproven) = (false, Stage::Sent, row.transaction.is_none());
            End { outcome: Ok(Outcome::Sent(Box::new(verdict))), is_new: true }
        }
        // its person's program has not given the right again yet: later
        Some(_) if first => old(Ok(Outcome::Sent(Box::new(verify(&kept.bundle.to_bytes(), Some(&trust)))))),
        Some(Reason::NotPermitted) => {
            (row.stage, row.token, row.reason) = (Stage::Refused, None, CLOSED_SINCE.to_owned());
            old(Ok(Outcome::Otherwise(Otherwise::ClosedSince)))
        }
        Some(Reason::NoEntry) => {
            (row.stage, row.token, row.reason) = (Stage::Refused, None, TOO_LATE.to_owned());
            old(Err(BodyTrouble::TooLate))
        }
        _ => old(Err(BodyTrouble::Refused { reason: answer.refused, limit: answer.limit })),
    };
    Ok((kept, end))
}

/// The transaction code, which is the id of the record that proves it; and the record's time.
fn transaction(verdict: &Verdict) -> Option<(EvidenceId, Millis)> {
    match verdict {
        Verdict::Valid(proven) => match &proven.outcome {
            evidence::Outcome::Sent(sent) => Some((sent.receipt.id, sent.consigned_at)),
            evidence::Outcome::Exempt | evidence::Outcome::NoAccount => None,
        },
        Verdict::Invalid(_) | Verdict::Incomplete(_) => None,
    }
}

/// The envelope, made again from the evidence: the same bytes as the first time.
struct Again {
    envelope: Envelope,
    seed: Seed,
    channel: ChannelId,
}

impl Again {
    fn of(bundle: &Bundle) -> Option<Self> {
        let opening = Opening::parse(bundle.opening.as_deref()?).ok()?;
        let seed = opening.seed.clone()?;
        let header = Header {
            notice: bundle.notice.clone()?,
            seed: seed.clone(),
            certificate: bundle.certificate.clone()?,
            lookup: bundle.lookup.clone()?,
            designation: bundle.designation.clone()?,
            salt: opening.salt,
            return_token: opening.return_token.clone(),
        };
        // the grant was verified before it was kept, and the digest at the end of the file says that it is the same
        let grant = Grant::kept(bundle.grant.as_deref()?)?;
        let sealed = |(i, part): (usize, &FilePart)| match part {
            FilePart::Here(bytes) => Some(envelope::seal_file(&seed, i, bytes)),
            FilePart::LeftOut => None,
        };
        let files = bundle.files.iter().enumerate().map(sealed).collect::<Option<Vec<_>>>()?;
        let header = header.seal_for(&grant).ok()?;
        Some(Self { envelope: Envelope { header, files }, channel: grant.casilla.channel, seed })
    }
}
