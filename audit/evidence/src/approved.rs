//! Approvals as a bundle has them ([`Approvals`]), and what they are once they were checked ([`Approved`]): only
//! [`super::four_eyes::check`] makes one, and only with one does [`super::build::compose`] name approvals in a notice.

use super::batch::{BatchText, Row, root_of};
use super::notice::Notice;
use super::roles::Role;
use lacre_ground::ids::{AccountId, Handle};
use lacre_ground::label::{self, Label};
use lacre_ground::time::Millis;

/// An official in a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Official {
    /// the registrar's note
    pub office: String,
    /// states of her office account, from 0 to the one that the note names
    pub states: Vec<String>,
}

/// The approvals of a batch, as they came: nothing is verified yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approvals {
    /// the batch's text
    pub batch: String,
    /// lists of roles from number 0 to the one in force
    pub roles: Vec<String>,
    /// who signed lists and approvals
    pub officials: Vec<Official>,
    /// the approvals
    pub approvals: Vec<String>,
}

/// Where a notice's row stands in its batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowPlace {
    /// its index, 0 first
    pub index: u32,
    /// the siblings of its leaf, from its own upwards
    pub path: Vec<[u8; 32]>,
}

const BATCH: &[u8] = b"batch";
const ROLES: &[u8] = b"roles";
const OFFICIAL: &[u8] = b"official";
const APPROVAL: &[u8] = b"approval";

fn part(kind: &[u8], of: &[&[u8]]) -> Vec<u8> {
    label::message(Label::ApprovalPart, &[&[kind], of].concat())
}

impl Approvals {
    /// The parts `approval.0` … of a bundle.
    #[must_use]
    pub fn parts(&self, place: &RowPlace) -> Vec<Vec<u8>> {
        let index = place.index.to_be_bytes();
        let mut batch: Vec<&[u8]> = vec![self.batch.as_bytes(), &index];
        batch.extend(place.path.iter().map(<[u8; 32]>::as_slice));
        let official = |official: &Official| {
            let of: Vec<&[u8]> = core::iter::once(&official.office).chain(&official.states).map(|t| t.as_bytes()).collect();
            part(OFFICIAL, &of)
        };
        core::iter::once(part(BATCH, &batch))
            .chain(self.roles.iter().map(|raw| part(ROLES, &[raw.as_bytes()])))
            .chain(self.officials.iter().map(official))
            .chain(self.approvals.iter().map(|raw| part(APPROVAL, &[raw.as_bytes()])))
            .collect()
    }

    /// Reads them: a batch, then at least one list of roles, officials and approvals, in this order. None if they are not of that form.
    #[must_use]
    pub fn read(parts: &[Vec<u8>]) -> Option<(Self, RowPlace)> {
        let (first, rest) = parts.split_first()?;
        let fields = label::parts(Label::ApprovalPart, first)?;
        let [kind, batch, index, path @ ..] = fields.as_slice() else { return None };
        let path: Vec<[u8; 32]> = path.iter().map(|hash| (*hash).try_into().ok()).collect::<Option<_>>()?;
        let place = RowPlace { index: u32::from_be_bytes((*index).try_into().ok()?), path };
        let mut out = Self { batch: text(batch)?, roles: Vec::new(), officials: Vec::new(), approvals: Vec::new() };
        for bytes in rest {
            let fields = label::parts(Label::ApprovalPart, bytes)?;
            match fields.as_slice() {
                [kind, raw] if *kind == ROLES && out.officials.is_empty() && out.approvals.is_empty() => {
                    out.roles.push(text(raw)?);
                }
                [kind, office, first, rest @ ..] if *kind == OFFICIAL && out.approvals.is_empty() => {
                    let states = core::iter::once(first).chain(rest).map(|raw| text(raw)).collect::<Option<_>>()?;
                    out.officials.push(Official { office: text(office)?, states });
                }
                [kind, raw] if *kind == APPROVAL => out.approvals.push(text(raw)?),
                _ => return None,
            }
        }
        (*kind == BATCH && !out.roles.is_empty()).then_some((out, place))
    }
}

fn text(bytes: &[u8]) -> Option<String> {
    core::str::from_utf8(bytes).ok().map(str::to_owned)
}

/// Who signed a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedBy {
    /// her office account
    pub account: AccountId,
    /// its public name, by the registrar's word
    pub handle: Handle,
    /// as what
    pub role: Role,
    /// when, by her device's clock
    pub at: Millis,
}

/// Why a notice is not one that was approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotApproved {
    /// It names other approvals.
    #[error("the notice names other approvals")]
    Other,
    /// Another body, rule or calendar than the batch's.
    #[error("the batch has another rule or calendar")]
    Law,
    /// Outside the time for which it was approved: ask for approval again.
    #[error("made at another time than was approved")]
    Time,
    /// An approval was made later than the notice.
    #[error("made before it was approved")]
    Early,
    /// What it says is not what was approved at its place.
    #[error("it is not that row of the batch")]
    Row,
}

/// Approvals that were checked: enough of a body's officials signed this batch.
#[derive(Clone, Debug)]
pub struct Approved {
    raw: Approvals,
    batch: BatchText,
    hash: [u8; 32],
    signed: Vec<SignedBy>,
}

impl Approved {
    /// For the checker, after its last check; `hash` is what notices name.
    pub(super) const fn new(raw: Approvals, batch: BatchText, hash: [u8; 32], signed: Vec<SignedBy>) -> Self {
        Self { raw, batch, hash, signed }
    }
    /// The batch.
    #[must_use]
    pub const fn batch(&self) -> &BatchText {
        &self.batch
    }
    /// What a notice of it names.
    #[must_use]
    pub const fn hash(&self) -> [u8; 32] {
        self.hash
    }
    /// All of it, as it came.
    #[must_use]
    pub const fn raw(&self) -> &Approvals {
        &self.raw
    }
    /// Who drafted it; none where the body's own program did, and nobody signed for that.
    #[must_use]
    pub fn drafter(&self) -> Option<&SignedBy> {
        self.signed.iter().find(|by| by.role == Role::Drafter)
    }
    /// Who approved it.
    pub fn approvers(&self) -> impl Iterator<Item = &SignedBy> {
        self.signed.iter().filter(|by| by.role == Role::Approver)
    }

    /// Whether this notice is the row of the batch at this place, and made when it may be. `skew` is how far clocks may differ.
    pub fn holds(&self, notice: &Notice, place: &RowPlace, skew: u64) -> Result<(), NotApproved> {
        let of = |ok: bool, not: NotApproved| if ok { Ok(()) } else { Err(not) };
        let batch = &self.batch;
        of(notice.approvals == Some(self.hash), NotApproved::Other)?;
        // what goes to nobody electronically names no rule
        let rule = notice.electronic.as_ref().is_none_or(|to| to.rule == batch.rule);
        let law = rule && notice.calendar == batch.calendar;
        of(law, NotApproved::Law)?;
        of(batch.covers(notice.made_at), NotApproved::Time)?;
        of(self.signed.iter().all(|by| by.at <= notice.made_at.plus(skew)), NotApproved::Early)?;
        let row = Row::of(notice);
        let is_row = |row: &Row<'_>| root_of(row.leaf(place.index), place.index, batch.rows, &place.path) == Some(batch.root);
        // what goes to nobody electronically names a channel for the body's own records, whether persons may answer or not
        let paper = notice.electronic.is_none() && is_row(&Row { answers: false, ..row.clone() });
        of(is_row(&row) || paper, NotApproved::Row)
    }
}

/// A row of an approved batch, for [`super::build::compose`].
#[derive(Clone, Copy)]
pub struct ApprovedRow<'a> {
    /// the batch
    pub by: &'a Approved,
    /// where its row stands
    pub place: &'a RowPlace,
}
