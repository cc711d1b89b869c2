//! A notice that is kept, brought to the relay: as often as it takes, with the same bytes, also after the relay was restored.

use crate::archive::{Archive, evidence_name, kept};
use crate::dispatch::{Dispatch, Stage};
use crate::own::Own;
use crate::trouble::unproven;
use crate::{Body, BodyTrouble};
use lacre_core::network::{Lane, Network as _};
use lacre_evidence as evidence;
use lacre_evidence::envelope::{self, Envelope, Header, Seed};
use lacre_evidence::lookup::GOOD_FOR_MS;
use lacre_evidence::{Bundle, ExemptReason, FilePart, Grant, Opening, Verdict, verify};
use lacre_ground::ids::ChannelId;
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

impl Body {
    /// Brings what is kept to the relay, as often as it takes: the same bytes each time. The time is the relay's: it decides whether the
    /// registrar's answer is still new enough.
    pub(crate) fn deliver(
        &mut self,
        net: &mut GrpcNetwork,
        archive: &mut dyn Archive,
        own: &Own,
        mut row: Dispatch,
        bundle: Bundle,
        now: Millis,
    ) -> Result<Outcome, BodyTrouble> {
        let again = Again::of(&bundle).ok_or_else(|| BodyTrouble::NoEvidence(evidence_name(row.id)))?;
        let token = row.token.clone().ok_or(BodyTrouble::NoSuchNotice)?;
        let look = now >= row.asked_at.plus(GOOD_FOR_MS);
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
        let request = wire::DeliverRow {
            row: 0,
            channel: again.channel.as_bytes().to_vec(),
            append_token: token.expose().to_vec(),
            entry_id: envelope::entry_id(&again.seed).as_bytes().to_vec(),
            envelope: Some(wire::NoticeEnvelope { header: again.envelope.header.clone(), files }),
            first_record: first.clone().unwrap_or_default(),
            look: look && first.is_none(),
        };
        let answer = net.body_deliver(&own.relay, &own.seed, &own.key, vec![request])?.pop();
        let answer = answer.ok_or_else(|| unproven("no answer"))?;
        match Reason::parse(&answer.refused) {
            None if answer.refused.is_empty() => {}
            // its person's program has not given the right again yet: later
            Some(_) if first.is_some() => return Ok(Outcome::Sent(Box::new(verify(&bundle.to_bytes(), Some(&own.trust()?))))),
            Some(Reason::NotPermitted) => {
                (row.stage, row.token, row.reason) = (Stage::Refused, None, CLOSED_SINCE.to_owned());
                self.keep_dispatch(&row)?;
                return Ok(Outcome::Otherwise(Otherwise::ClosedSince));
            }
            Some(Reason::NoEntry) => {
                (row.stage, row.token, row.reason) = (Stage::Refused, None, TOO_LATE.to_owned());
                self.keep_dispatch(&row)?;
                return Err(BodyTrouble::TooLate);
            }
            _ => return Err(BodyTrouble::Refused { reason: answer.refused, limit: answer.limit }),
        }
        row.again = false;
        if first.is_some() {
            let verdict = verify(&bundle.to_bytes(), Some(&own.trust()?));
            // the program may have ended when the record was kept and the row did not say so yet
            row.stage = Stage::Sent;
            row.unproven = !matches!(verdict, Verdict::Valid(_));
            self.keep_dispatch(&row)?;
            return Ok(Outcome::Sent(Box::new(verdict)));
        }
        let whole = Bundle { events: vec![answer.record], ..bundle };
        let bytes = whole.to_bytes();
        let verdict = verify(&bytes, Some(&own.trust()?));
        archive.keep(&evidence_name(row.id), &bytes)?;
        // the right is kept until a device has the notice: a restored relay may have to be given it again
        row.stage = Stage::Sent;
        row.transaction = match &verdict {
            Verdict::Valid(proven) => match &proven.outcome {
                evidence::Outcome::Sent(sent) => Some(sent.receipt.id),
                evidence::Outcome::Exempt | evidence::Outcome::NoAccount => None,
            },
            Verdict::Invalid(_) | Verdict::Incomplete(_) => None,
        };
        row.unproven = row.transaction.is_none();
        self.keep_dispatch(&row)?;
        Ok(Outcome::Sent(Box::new(verdict)))
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
        for mut row in self.dispatches()?.into_iter().filter(|row| row.again && row.token.is_some()) {
            if row.account.map_or(Ok(None), |account| self.reset_of(account))?.is_some() {
                // its casilla is gone for good: an official decides on a copy
                (row.again, row.token) = (false, None);
                self.keep_dispatch(&row)?;
                continue;
            }
            match kept(archive, row.id) {
                Ok(bundle) => drop(self.deliver(net, archive, own, row, bundle, now)?),
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
        for mut row in self.dispatches()? {
            if row.stage == Stage::Sent && !row.was_handed_over() {
                row.again = true;
                self.keep_dispatch(&row)?;
            }
        }
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
