//! Official notices: the account as an address for them, its casillas and grants, and what came.
//!
//! | row | is kept |
//! |---|---|
//! | the address, and every designation and registrar's key in it | for ever: a notice names one of them |
//! | a casilla, with its notice key and grants | until its last grant has ended for [`PERIOD_STAYS_MS`] |
//! | a notice, valid or not, with what travelled in its entry | for ever |

use super::records::own::Key32;
use super::taken::Taken;
use super::{Cx, engine};
use crate::words::{NoticeRef, StepError};
use lacre_ground::ids::{ChannelId, EntryId, EvidenceId, Generation, Token};
use lacre_ground::time::Millis;
use lacre_profile::Table;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

/// A casilla is read for so long after its last grant has ended, milliseconds; then its key goes.
pub(crate) const PERIOD_STAYS_MS: u64 = 30 * 86_400_000;

const ADDRESS: &[u8] = b"notices";

/// The account as its person's address for official notices.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct AddressRow {
    /// every designation that was made, signed, the newest last
    pub(crate) designations: Vec<String>,
    /// the newest holds
    pub(crate) on: bool,
    /// notices pause
    pub(crate) paused: bool,
    /// what the relay was told last
    pub(crate) told: Option<Told>,
    /// the relay's introductions of the registrar's keys, each once
    pub(crate) registrars: Vec<String>,
    /// what the registrar said last
    pub(crate) said: Option<SaidRow>,
    /// bodies are told when a notice was opened
    pub(crate) tell_opened: bool,
    /// she does not want to be reminded of terms
    #[serde(default)]
    pub(crate) no_reminders: bool,
    /// the desktop was told of official notices through the event of this number
    #[serde(default)]
    pub(crate) alerted: u64,
    /// the registrar's newest note that this is an office account, which is no address for notices
    #[serde(default)]
    pub(crate) office: Option<String>,
}

/// What a relay was told, and which store of it.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Told {
    pub(crate) generation: Option<Generation>,
    pub(crate) on: bool,
    pub(crate) paused: bool,
}

/// What the registrar has of the address.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct SaidRow {
    pub(crate) at: Millis,
    pub(crate) remaining: u32,
    pub(crate) last_resort_until: Option<Millis>,
    /// answers that bodies were given about this person: month, count
    pub(crate) answers: Vec<(u32, u32)>,
    /// why notices do not reach her here, if the registrar has noted that
    #[serde(default)]
    pub(crate) exempt: Option<String>,
    /// it is asked again with the next synchronisation
    #[serde(default)]
    pub(crate) stale: bool,
}

/// A casilla and its notice key.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct PeriodRow {
    pub(crate) number: u64,
    pub(crate) channel: ChannelId,
    pub(crate) read: Token,
    /// the notice key
    pub(crate) key: Key32,
    /// year times 100 plus month, UTC
    pub(crate) month: u32,
    /// the account's state, by whose device the grants are signed
    pub(crate) state: u64,
    /// the store for which its grants were made: another one gets others
    pub(crate) made_in: Option<Generation>,
    /// the store that knows the channel
    pub(crate) opened_in: Option<Generation>,
    /// its grants take the place of all earlier ones; the registrar was not told yet
    pub(crate) replaces: bool,
    /// no further grants are made for it
    pub(crate) closed: bool,
    pub(crate) cursor: u64,
    /// when its last grant ends
    pub(crate) ends: Millis,
}

/// A grant that this device made.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct GrantRow {
    pub(crate) number: u64,
    #[serde(with = "serde_bytes")]
    pub(crate) hash: [u8; 32],
    pub(crate) channel: ChannelId,
    pub(crate) note: String,
    pub(crate) token: Token,
    pub(crate) once: bool,
    pub(crate) until: Millis,
    /// the store whose casilla has the right
    pub(crate) right_in: Option<Generation>,
    /// the registrar has it
    pub(crate) told: bool,
}

/// Why a notice is not what it says.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct FaultRow {
    pub(crate) code: String,
    pub(crate) part: String,
    pub(crate) detail: String,
}

/// What was sealed to the notice key, as it came.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct HeaderRow {
    pub(crate) notice: String,
    pub(crate) seed: Key32,
    pub(crate) certificate: String,
    pub(crate) lookup: String,
    pub(crate) designation: String,
    pub(crate) salt: Key32,
    /// the note of the grant that it came by; none where that is the fault
    pub(crate) grant: Option<String>,
    pub(crate) return_token: Option<Token>,
}

/// Where a sealed file is.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum FilePlace {
    /// in [`file_of`]
    Here,
    /// at the relay, until it was fetched
    There,
}

/// What the person said to a notice, once.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum SaidTo {
    Acknowledged,
    Refused,
    NotMe,
}

/// A reply of this device.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct ReplyRow {
    pub(crate) id: EvidenceId,
    /// the signed note
    pub(crate) note: String,
    pub(crate) text: String,
    pub(crate) made_at: Millis,
    /// the relay's receipt for the entry that carried it
    pub(crate) receipt: Option<String>,
    pub(crate) accepted_at: Option<Millis>,
}

/// A record of this device.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct RecordRow {
    /// the signed note
    pub(crate) note: String,
    /// when the relay took it
    pub(crate) stored: Option<Millis>,
}

/// That a last day is near, which was noticed once.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct RemindedRow {
    /// business days before the last day
    pub(crate) before: u16,
    /// of which last day: her own answer may move it
    pub(crate) last_day: String,
    /// a program has said it to the person
    pub(crate) said: bool,
}

/// A notice that came.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct NoticeRow {
    pub(crate) number: u64,
    pub(crate) id: NoticeRef,
    pub(crate) channel: ChannelId,
    pub(crate) entry: EntryId,
    /// the relay's time: from it the law counts
    pub(crate) accepted_at: Millis,
    /// when it came to this device
    pub(crate) came_at: Millis,
    pub(crate) fault: Option<FaultRow>,
    pub(crate) header: Option<HeaderRow>,
    /// digest of the envelope, which records name
    #[serde(with = "serde_bytes")]
    pub(crate) digest: [u8; 32],
    pub(crate) files: Vec<FilePlace>,
    pub(crate) opened_at: Option<Millis>,
    pub(crate) said: Option<(SaidTo, Millis)>,
    pub(crate) records: Vec<RecordRow>,
    pub(crate) replies: Vec<ReplyRow>,
    /// answers that have a place in the return channel
    pub(crate) answers: u32,
    #[serde(default)]
    pub(crate) reminded: Vec<RemindedRow>,
}

pub(crate) fn address(cx: &Cx<'_, '_>) -> Result<AddressRow, StepError> {
    Ok(cx.s.get(Table::Meta, ADDRESS)?.unwrap_or_default())
}

pub(crate) fn take_address(cx: &mut Cx<'_, '_>) -> Result<Taken<AddressRow>, StepError> {
    let row = address(cx)?;
    cx.hands.take(Table::Meta, ADDRESS, row)
}

pub(crate) fn put_address(cx: &mut Cx<'_, '_>, row: Taken<AddressRow>) -> Result<(), StepError> {
    Ok(cx.s.put(Table::Meta, ADDRESS, b"", 0, row.row())?)
}

/// All casillas, the oldest first.
pub(crate) fn periods(cx: &Cx<'_, '_>) -> Result<Vec<PeriodRow>, StepError> {
    let rows: Vec<(u64, PeriodRow)> = cx.s.scan(Table::Period, b"", 0, usize::MAX)?;
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

pub(crate) fn period(cx: &Cx<'_, '_>, channel: ChannelId) -> Result<Option<PeriodRow>, StepError> {
    Ok(cx.s.get(Table::Period, channel.as_bytes())?)
}

pub(crate) fn take_period(cx: &mut Cx<'_, '_>, channel: ChannelId) -> Result<Option<Taken<PeriodRow>>, StepError> {
    period(cx, channel)?.map(|row| new_period(cx, row)).transpose()
}

/// The row of a casilla that has none yet.
pub(crate) fn new_period(cx: &mut Cx<'_, '_>, row: PeriodRow) -> Result<Taken<PeriodRow>, StepError> {
    let channel = row.channel;
    cx.hands.take(Table::Period, channel.as_bytes(), row)
}

pub(crate) fn put_period(cx: &mut Cx<'_, '_>, row: Taken<PeriodRow>) -> Result<(), StepError> {
    let row = row.into_row();
    Ok(cx.s.put(Table::Period, row.channel.as_bytes(), b"", row.number, &row)?)
}

/// A casilla, its key and its grants are gone.
pub(crate) fn drop_period(cx: &mut Cx<'_, '_>, channel: ChannelId) -> Result<(), StepError> {
    cx.s.delete_scope(Table::Grant, channel.as_bytes())?;
    cx.s.delete(Table::Period, channel.as_bytes())?;
    Ok(())
}

/// The grants of a casilla, in the order in which they were made.
pub(crate) fn grants(cx: &Cx<'_, '_>, channel: ChannelId) -> Result<Vec<GrantRow>, StepError> {
    let rows: Vec<(u64, GrantRow)> = cx.s.scan(Table::Grant, channel.as_bytes(), 0, usize::MAX)?;
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

/// A grant that this device made, by its note hash.
pub(crate) fn grant(cx: &Cx<'_, '_>, hash: &[u8; 32]) -> Result<Option<GrantRow>, StepError> {
    Ok(cx.s.get(Table::Grant, hash)?)
}

pub(crate) fn put_grant(cx: &Cx<'_, '_>, row: &GrantRow) -> Result<(), StepError> {
    Ok(cx.s.put(Table::Grant, &row.hash, row.channel.as_bytes(), row.number, row)?)
}

/// All notices, the oldest first.
pub(crate) fn notices(cx: &Cx<'_, '_>) -> Result<Vec<NoticeRow>, StepError> {
    let rows: Vec<(u64, NoticeRow)> = cx.s.scan(Table::Notice, b"", 0, usize::MAX)?;
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

pub(crate) fn notice(cx: &Cx<'_, '_>, id: NoticeRef) -> Result<Option<NoticeRow>, StepError> {
    Ok(cx.s.get(Table::Notice, id.as_bytes())?)
}

pub(crate) fn take_notice(cx: &mut Cx<'_, '_>, id: NoticeRef) -> Result<Option<Taken<NoticeRow>>, StepError> {
    notice(cx, id)?.map(|row| cx.hands.take(Table::Notice, id.as_bytes(), row)).transpose()
}

/// The row of a notice that has none yet.
pub(crate) fn new_notice(cx: &mut Cx<'_, '_>, row: NoticeRow) -> Result<Taken<NoticeRow>, StepError> {
    let id = row.id;
    let number = engine::number(cx)?;
    cx.hands.take(Table::Notice, id.as_bytes(), NoticeRow { number, ..row })
}

pub(crate) fn put_notice(cx: &mut Cx<'_, '_>, row: Taken<NoticeRow>) -> Result<(), StepError> {
    let row = row.into_row();
    Ok(cx.s.put(Table::Notice, row.id.as_bytes(), b"", row.number, &row)?)
}

fn file_key(id: NoticeRef, number: usize) -> Vec<u8> {
    [id.as_bytes().as_slice(), b"file", &u64::try_from(number).unwrap_or(u64::MAX).to_be_bytes()].concat()
}

/// A sealed file that came in the entry, or was fetched.
pub(crate) fn file_of(cx: &Cx<'_, '_>, id: NoticeRef, number: usize) -> Result<Option<Vec<u8>>, StepError> {
    Ok(cx.s.get::<ByteBuf>(Table::NoticeFile, &file_key(id, number))?.map(ByteBuf::into_vec))
}

pub(crate) fn put_file(cx: &Cx<'_, '_>, id: NoticeRef, number: usize, sealed: &[u8]) -> Result<(), StepError> {
    Ok(cx.s.put(Table::NoticeFile, &file_key(id, number), id.as_bytes(), 0, &ByteBuf::from(sealed))?)
}

fn reply_key(id: NoticeRef, reply: EvidenceId) -> Vec<u8> {
    [id.as_bytes().as_slice(), b"reply", reply.as_bytes()].concat()
}

/// An own reply as evidence has it ([`lacre_evidence::TakenReply`]), once the relay took it.
pub(crate) fn taken_reply(cx: &Cx<'_, '_>, id: NoticeRef, reply: EvidenceId) -> Result<Option<Vec<u8>>, StepError> {
    let part: Option<ByteBuf> = cx.s.get(Table::NoticeFile, &taken_key(id, reply))?;
    Ok(part.map(ByteBuf::into_vec))
}

pub(crate) fn put_taken_reply(cx: &Cx<'_, '_>, id: NoticeRef, reply: EvidenceId, part: &[u8]) -> Result<(), StepError> {
    Ok(cx.s.put(Table::NoticeFile, &taken_key(id, reply), id.as_bytes(), 0, &ByteBuf::from(part))?)
}

fn taken_key(id: NoticeRef, reply: EvidenceId) -> Vec<u8> {
    [id.as_bytes().as_slice(), b"taken", reply.as_bytes()].concat()
}

/// The files of an own reply, in the order of its note.
pub(crate) fn reply_files(cx: &Cx<'_, '_>, id: NoticeRef, reply: EvidenceId) -> Result<Vec<Vec<u8>>, StepError> {
    let files: Option<Vec<ByteBuf>> = cx.s.get(Table::NoticeFile, &reply_key(id, reply))?;
    Ok(files.unwrap_or_default().into_iter().map(ByteBuf::into_vec).collect())
}

pub(crate) fn put_reply_files(cx: &Cx<'_, '_>, id: NoticeRef, reply: EvidenceId, files: &[Vec<u8>]) -> Result<(), StepError> {
    let files: Vec<ByteBuf> = files.iter().map(|f| ByteBuf::from(f.as_slice())).collect();
    Ok(cx.s.put(Table::NoticeFile, &reply_key(id, reply), id.as_bytes(), 0, &files)?)
}
