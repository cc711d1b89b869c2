//! What the calls of `Channels`, alone and in streams, read out of requests and put into answers.

use crate::border::bad_value;
use lacre_ground::ids::{Seq, Stamp, Token, TokenHash};
use lacre_proto::relay::v1 as wire;
use lacre_store::channels::StoredEntry;
use tonic::Status;

/// An id whose length the bounds have checked.
pub(super) fn id<T: for<'a> TryFrom<&'a [u8]>>(field: &'static str, bytes: &[u8]) -> Result<T, Status> {
    T::try_from(bytes).map_err(|_| bad_value(field, "another length", &format!("{} bytes", bytes.len())))
}

pub(super) fn token(field: &'static str, bytes: &[u8]) -> Result<TokenHash, Status> {
    Ok(id::<Token>(field, bytes)?.hash())
}

pub(super) fn seq(field: &'static str, n: u64) -> Result<Seq, Status> {
    Seq::new(n).ok_or_else(|| bad_value(field, "1 to 9007199254740991", &n.to_string()))
}

pub(super) fn stamp(bytes: &[u8]) -> Result<Option<TokenHash>, Status> {
    if bytes.is_empty() { Ok(None) } else { Ok(Some(id::<Stamp>("stamp", bytes)?.hash())) }
}

pub(super) fn wire_entry(e: StoredEntry) -> wire::Entry {
    wire::Entry {
        seq: e.seq.get(),
        entry_id: e.entry_id.as_bytes().to_vec(),
        seal: e.seal,
        accepted_at_ms: e.accepted_at.get(),
        ciphertext: e.ciphertext,
    }
}
