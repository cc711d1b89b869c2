//! Checks 9c: replies of the person, each with the relay's receipt for the entry that carried it.

use super::records::{Of, relay_keys_of};
use super::{FaultCode, Stop, ensure, fault, note_fault};
use crate::bundle::Bundle;
use crate::envelope::Seed;
use crate::notice::Notice;
use crate::reply::{Reply, TakenReply, WholeReply};
use crate::returned::{self, MAX_ANSWERS, Returned};
use crate::skew::not_after;
use crate::trust::Keys;
use crate::verdict::ProvenReply;
use lacre_ground::receipt::Receipt;
use lacre_ground::signed::Signed;
use lacre_ground::time::Millis;
use sha2::{Digest as _, Sha256};

/// What replies must fit.
pub(super) struct To<'c> {
    pub(super) notice: &'c Signed<Notice>,
    pub(super) seed: &'c Seed,
    /// when the relay took the notice
    pub(super) accepted: Millis,
}

/// All that the bundle has.
pub(super) fn all(bundle: &Bundle, keys: &Keys, of: &Of<'_>, to: &To<'_>) -> Result<Vec<ProvenReply>, Stop> {
    bundle.replies.iter().enumerate().map(|(i, bytes)| one(bytes, &format!("reply.{i}"), keys, of, to)).collect()
}

fn one(bytes: &[u8], part: &str, keys: &Keys, of: &Of<'_>, to: &To<'_>) -> Result<ProvenReply, Stop> {
    let holds = |ok: bool, detail: &str| ensure(ok, FaultCode::Reply, part, detail);
    let not = |detail: &str| fault(FaultCode::Reply, part, detail);
    let taken = TakenReply::read(bytes).ok_or_else(|| not("not of the form of a reply with its receipt"))?;
    let relay = relay_keys_of(&of.grant.casilla.authority, keys);
    let receipt: Signed<Receipt> = Signed::verify(&taken.receipt, &relay).map_err(note_fault(part))?;
    holds(Some(receipt.channel) == to.notice.return_channel, "its receipt is for another channel than the notice names")?;
    let place = (0..MAX_ANSWERS).any(|n| returned::entry_id(to.seed, n) == receipt.entry_id);
    holds(place && !receipt.seal, "its receipt is for no place that answers to this notice have")?;
    let sha256: [u8; 32] = Sha256::digest(&taken.entry).into();
    holds(sha256 == receipt.sha256, "its receipt is for other bytes")?;
    holds(not_after(to.accepted, receipt.accepted_at), "before the relay took the notice")?;

    let answer = Returned::open(to.seed, receipt.channel, receipt.entry_id, &taken.entry).map_err(|e| not(&e.to_string()))?;
    let Returned::Reply { reply, text, files, .. } = answer else { return Err(not("a record, and no reply")) };
    let note = Reply::verify_claim(&reply, |device| of.device_keys(device)).map_err(note_fault(part))?;
    holds(note.account == of.account, "of another account")?;
    holds(note.notice == to.notice.note_hash(), "to another notice")?;
    holds(note.is_of(&text, &files), "its text or a file is not the one that was signed")?;
    Ok(ProvenReply { reply: WholeReply { note, text, files }, accepted_at: receipt.accepted_at, receipt })
}
