//! A notice on its way into a casilla: the relay computes its digest itself, stores it, and signs that it has it.
//!
//! What can vary in the record is stored with the entry, in one transaction, before anything is signed; Ed25519 gives the same
//! signature for the same text. So whoever asks again gets the same bytes, also from a relay that was killed in between.

use super::{Inside, no};
use crate::border::{Reason, checked, store_down};
use crate::room::NoRoom;
use lacre_evidence::envelope;
use lacre_evidence::event::Event;
use lacre_evidence::record::{Issuer, Party, Record, Submission};
use lacre_ground::address::Authority;
use lacre_ground::ids::{BlobId, ChannelId, EntryId, EvidenceId, Token};
use lacre_ground::signed::NoteText as _;
use lacre_proto::limits::Limit;
use lacre_proto::relay::v1 as wire;
use lacre_store::bodies::BodyKey;
use lacre_store::notices::{Deliver, DeliverRefused, Delivered, RecordLines};
use lacre_store::{Reads, StoreDown};
use prost::Message as _;
use sha2::{Digest as _, Sha256};
use std::sync::PoisonError;
use tonic::Status;

/// Why a row is not taken. The stream goes on.
enum No {
    Reason(Reason),
    Limit(Limit),
    /// it ends with this
    Stream(Status),
}

impl From<DeliverRefused> for No {
    fn from(refused: DeliverRefused) -> Self {
        match refused {
            DeliverRefused::NoAgency(_) => Self::Stream(no()),
            DeliverRefused::NotPermitted => Self::Reason(Reason::NotPermitted),
            DeliverRefused::Conflict => Self::Reason(Reason::Conflict),
            DeliverRefused::NoEntry => Self::Reason(Reason::NoEntry),
            DeliverRefused::NoBlob => Self::Reason(Reason::NoBlob),
            DeliverRefused::Limit(limited) => Self::Limit(limited.limit),
        }
    }
}

impl From<StoreDown> for No {
    fn from(_: StoreDown) -> Self {
        Self::Reason(Reason::StoreDown)
    }
}

/// A sealed file: its digest, and the blob that has it.
type File = ([u8; 32], Option<BlobId>);

/// What a record says, apart from the lines that vary.
struct Place {
    channel: ChannelId,
    entry: EntryId,
    digest: [u8; 32],
}

fn record(place: &Place, lines: &RecordLines) -> Result<Record, StoreDown> {
    let authority = Authority::parse(&lines.issuer).map_err(StoreDown::damaged)?;
    let (generation, channel, entry) = (lines.generation, place.channel, place.entry);
    Ok(Record {
        event: Event::SubmissionAcceptance,
        id: lines.id,
        time: lines.time,
        issuer: Issuer::Relay(authority),
        envelope: place.digest,
        sender: Party::Unknown,
        recipient: Party::Channel(place.channel),
        reasons: Vec::new(),
        reference: None,
        scan: None,
        submission: Some(Submission { generation, channel, entry, checkpoint: None }),
    })
}

/// Digests of the files: of those that are here by their bytes, of the others by what is stored of their blobs. None when one of
/// them is not stored, or not whole.
fn files(reads: &dyn Reads, files: &[wire::SealedFile]) -> Result<Option<Vec<File>>, StoreDown> {
    use wire::sealed_file::Place;
    let mut all = Vec::with_capacity(files.len());
    for file in files {
        match &file.place {
            Some(Place::Here(bytes)) => all.push((Sha256::digest(bytes).into(), None)),
            Some(Place::Blob(name)) => {
                let Ok(name) = BlobId::try_from(name.as_slice()) else { return Ok(None) };
                match reads.blob(&name)?.filter(|blob| blob.whole) {
                    Some(blob) => all.push((blob.header.sha256, Some(name))),
                    None => return Ok(None),
                }
            }
            None => return Ok(None),
        }
    }
    Ok(Some(all))
}

impl Inside {
    /// One row, whatever becomes of it; an error ends the stream.
    pub(super) async fn deliver(&self, key: BodyKey, row: wire::DeliverRow) -> Result<wire::DeliverResponse, Status> {
        let number = row.row;
        let (record, refused, limit) = match self.take(key, row).await {
            Ok(record) => (record, "", ""),
            Err(No::Reason(reason)) => (String::new(), reason.as_str(), ""),
            Err(No::Limit(limit)) => (String::new(), Reason::Limit.as_str(), limit.as_str()),
            Err(No::Stream(status)) => return Err(status),
        };
        let (refused, limit) = (refused.to_owned(), limit.to_owned());
        Ok(wire::DeliverResponse { generation: self.generation(), row: number, record, refused, limit })
    }

    /// The relay's record of a notice that it has.
    async fn take(&self, key: BodyKey, row: wire::DeliverRow) -> Result<String, No> {
        let row = checked(row).map_err(|_| No::Reason(Reason::BadField))?;
        let bad = |_| No::Reason(Reason::BadField);
        let (channel, entry) =
            (ChannelId::try_from(row.channel.as_slice()).map_err(bad)?, EntryId::try_from(row.entry_id.as_slice()).map_err(bad)?);
        let token = Token::try_from(row.append_token.as_slice()).map_err(bad)?.hash();
        let envelope = row.envelope.ok_or(No::Reason(Reason::BadField))?;
        let context = &self.desk.context;
        let absent = if row.look { Reason::NoEntry } else { Reason::NoBlob };
        let sealed = envelope.files.clone();
        let files = context.read(move |reads| files(reads, &sealed)).await?.ok_or(No::Reason(absent))?;
        let digest = envelope::digest(&envelope.header, files.iter().map(|(sha256, _)| sha256));
        let place = Place { channel, entry, digest };
        let first = match row.first_record.as_str() {
            "" => None,
            raw => Some(self.first(raw, &place).ok_or(No::Reason(Reason::BadField))?),
        };
        let ciphertext: prost::bytes::Bytes = envelope.encode_to_vec().into();
        match if row.look { Ok(()) } else { context.room.take(1, ciphertext.len()) } {
            Ok(()) => {}
            Err(NoRoom::Disk(down)) => return Err(down.into()),
            Err(NoRoom::Store { .. }) => return Err(No::Limit(Limit::MaxStoreBytes)),
        }
        let deliver = Deliver {
            body: key,
            channel,
            token,
            entry_id: entry,
            ciphertext,
            digest,
            blobs: files.into_iter().filter_map(|(sha256, blob)| Some((blob?, sha256))).collect(),
            id: EvidenceId::new(context.random()),
            issuer: context.authority.read().unwrap_or_else(PoisonError::into_inner).to_string(),
            generation: context.reads.generation(),
            first,
            look: row.look,
        };
        let Delivered { lines, again: _ } = context.writer.submit(deliver).await?.map_err(No::from)?;
        let signed = record(&place, &lines).and_then(|record| record.sign(&context.receipts).map_err(StoreDown::new));
        signed.map_err(|down| {
            tracing::error!(cause = %down.cause, "a record could not be signed");
            No::Stream(store_down(down))
        })
    }

    /// The lines of this relay's own record of this notice, from before a restore.
    fn first(&self, raw: &str, place: &Place) -> Option<RecordLines> {
        let context = &self.desk.context;
        let own = |issuer: &Issuer| match issuer {
            Issuer::Relay(relay) if relay.identity() == context.identity => vec![context.receipts.public()],
            _ => Vec::new(),
        };
        let shown = Record::verify(raw, own).ok()?;
        let Issuer::Relay(authority) = &shown.issuer else { return None };
        let generation = shown.submission.as_ref()?.generation;
        let lines = RecordLines { id: shown.id, issuer: authority.to_string(), time: shown.time, generation };
        // it is the record of this notice in this place, and of nothing else
        (record(place, &lines).ok()? == *shown).then_some(lines)
    }
}
