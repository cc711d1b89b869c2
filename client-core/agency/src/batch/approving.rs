//! Four eyes at the body's own machine: which list of roles is in force there, what was approved, and whether that is enough to begin.
//!
//! What is checked here is checked again by whoever verifies a notice, from the officials' signatures alone: this room keeps an honest
//! body from sending what nobody would believe, and says what is missing.

use super::rows::{Batch, BatchStage};
use crate::dispatch::{Beside, Dispatch};
use crate::officials::{ApprovalFile, RolesFile, gather};
use crate::own::Own;
use crate::{Body, BodyTrouble};
use lacre_evidence::approval::approvers_needed;
use lacre_evidence::clock::{Calendar, RuleId};
use lacre_evidence::notice::TextRef;
use lacre_evidence::{Approved, BatchText, Bundle, Role, Roles, SignedBy, four_eyes};
use lacre_ground::ids::{AccountId, BatchId};
use lacre_ground::signed::Signed;
use lacre_ground::time::Millis;
use lacre_profile::Table;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The row of the list of roles.
const OFFICIALS: &[u8] = b"officials";

/// Most approvers that a body can demand of every batch.
pub const MOST_APPROVERS: u32 = 10;

/// Most cards of officials in a file of lists: those that signed nothing are left out of what is kept.
const MOST_CARDS: usize = 128;

/// The officials of a body, as its program keeps them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Officials {
    /// lists of roles, and who signed them
    pub roles: RolesFile,
    /// so many approvers at least, whatever the number of rows
    pub approvers: u32,
}

/// What was approved of a batch, and what it is approved by from its first row on.
#[derive(Default, Serialize, Deserialize)]
struct Kept {
    approvals: Vec<ApprovalFile>,
    /// the lists by which it was begun: a later one changes nothing in the middle of a batch
    begun: Option<RolesFile>,
}

/// How far the approval of a batch is.
#[derive(Clone, Debug)]
pub struct Approving {
    /// who signed: each signature was checked
    pub signed: Vec<SignedBy>,
    /// so many approvers it must have
    pub needed: usize,
    /// an official who drafted it, and has not signed that
    pub drafter_missing: bool,
}

impl Approving {
    /// Approvers that it has.
    #[must_use]
    pub fn approvers(&self) -> usize {
        self.signed.iter().filter(|by| by.role == Role::Approver).count()
    }
    /// May it be sent?
    #[must_use]
    pub fn is_enough(&self) -> bool {
        !self.drafter_missing && self.approvers() >= self.needed
    }
}

fn key(id: BatchId) -> Vec<u8> {
    [b"batch approvals ".as_slice(), id.as_bytes()].concat()
}

impl Body {
    /// The officials of this body; none where it has none, and whoever has its key sends alone.
    pub fn officials(&mut self) -> Result<Option<Officials>, BodyTrouble> {
        self.profile.step(|step| Ok(step.get(Table::Meta, OFFICIALS)?))
    }

    /// From now on these lists of roles are in force here. They must go on from those that were: who was removed does not come back
    /// with an old file.
    pub fn use_officials(&mut self, mut roles: RolesFile, approvers: Option<u32>) -> Result<Signed<Roles>, BodyTrouble> {
        let own = self.own()?;
        if roles.officials.len() > MOST_CARDS {
            return Err(BodyTrouble::OtherRoles);
        }
        roles.only_signers(&own.certificate.code, &own.registrars);
        let in_force = roles.in_force(&own.certificate.code, &own.registrars).map_err(BodyTrouble::Approvals)?;
        let before = self.officials()?;
        let goes_on = before.as_ref().is_none_or(|before| {
            let known: Vec<_> = before.roles.lists.iter().map(|raw| crate::officials::hash(raw).ok()).collect();
            let now: Vec<_> = roles.lists.iter().map(|raw| crate::officials::hash(raw).ok()).collect();
            now.starts_with(&known)
        });
        if !goes_on {
            return Err(BodyTrouble::OtherRoles);
        }
        // upwards only: whoever has this machine alone lowers nothing
        let approvers = approvers.max(before.map(|before| before.approvers)).unwrap_or(1).clamp(1, MOST_APPROVERS);
        let officials = Officials { roles, approvers };
        self.profile.step(|step| Ok::<_, BodyTrouble>(step.put(Table::Meta, OFFICIALS, b"", 0, &officials)?))?;
        Ok(in_force)
    }

    /// Where a body has officials, one of them drafts: none approves her own. Trials are for trying.
    pub(super) fn may_draft(&mut self, own: &Own, drafter: Option<AccountId>, trial: bool) -> Result<(), BodyTrouble> {
        let Some(officials) = self.officials()? else {
            return if drafter.is_none() { Ok(()) } else { Err(BodyTrouble::NoOfficials) };
        };
        let in_force = officials.roles.in_force(&own.certificate.code, &own.registrars).map_err(BodyTrouble::Approvals)?;
        match drafter {
            Some(account) if in_force.has(&account, Role::Drafter) => Ok(()),
            None if trial => Ok(()),
            _ => Err(BodyTrouble::Drafter { drafters: in_force.with(Role::Drafter).map(ToString::to_string).collect() }),
        }
    }

    /// The text that is approved.
    pub fn batch_text(&mut self, batch: &Batch) -> Result<BatchText, BodyTrouble> {
        let agency = self.own()?.certificate.code.clone();
        let law = RuleId::parse(&batch.rule).zip(Calendar::named(&batch.calendar)).zip(u32::try_from(batch.rows).ok());
        let ((rule, calendar), rows) = law.ok_or(BodyTrouble::NoSuchBatch)?;
        Ok(BatchText {
            id: batch.id,
            agency,
            made_at: batch.made_at,
            drafter: batch.drafter,
            rule: TextRef::of_rule(rule.rule()),
            calendar: TextRef::of_calendar(calendar),
            not_before: batch.not_before,
            not_after: batch.not_after,
            rows,
            root: batch.root,
        })
    }

    fn kept_approvals(&mut self, id: BatchId) -> Result<Kept, BodyTrouble> {
        self.profile.step(|step| Ok(step.get(Table::Meta, &key(id))?.unwrap_or_default()))
    }

    fn keep_approvals(&mut self, id: BatchId, kept: &Kept) -> Result<(), BodyTrouble> {
        self.profile.step(|step| Ok(step.put(Table::Meta, &key(id), b"", 0, kept)?))
    }

    /// Takes approvals of a batch that has not begun: all of them, or none. One that is there already is no other.
    pub fn take_approvals(&mut self, id: BatchId, files: Vec<ApprovalFile>) -> Result<Approving, BodyTrouble> {
        let batch = self.batch(id)?;
        let officials = self.officials()?.ok_or(BodyTrouble::NoOfficials)?;
        let mut kept = self.kept_approvals(id)?;
        if batch.stage != BatchStage::Drafted {
            return Err(BodyTrouble::BatchEnded);
        }
        // by a list that another one followed: those who may sign now sign again
        kept.approvals.retain(|file| file.list().is_some() && file.list() == officials.roles.hash());
        for file in files {
            // the same word again, also beside another card: the newest is taken
            let word = crate::officials::hash(&file.approval).ok();
            kept.approvals.retain(|known| word.is_none() || crate::officials::hash(&known.approval).ok() != word);
            kept.approvals.push(file);
        }
        // one that was handed in now and does not hold is said; one that was taken before only counts no more
        let approving = self.approving_by(&batch, &officials, &kept, true)?;
        self.keep_approvals(id, &kept)?;
        Ok(approving)
    }

    /// How far the approval of a batch is, by the list of roles in force now; none where the body has no officials.
    pub fn approving(&mut self, id: BatchId) -> Result<Option<Approving>, BodyTrouble> {
        let (batch, kept) = (self.batch(id)?, self.kept_approvals(id)?);
        match self.officials()? {
            Some(officials) => self.approving_by(&batch, &officials, &kept, false).map(Some),
            None => Ok(None),
        }
    }

    fn approving_by(&mut self, batch: &Batch, officials: &Officials, kept: &Kept, fresh: bool) -> Result<Approving, BodyTrouble> {
        let (own, text) = (self.own()?, self.batch_text(batch)?);
        let roles = kept.begun.as_ref().filter(|_| batch.begun_at.is_some()).unwrap_or(&officials.roles);
        let in_force: Vec<_> = kept.approvals.iter().filter(|file| fresh || file.list() == roles.hash()).cloned().collect();
        let given = gather(&text, roles, &in_force);
        let signed = four_eyes::signed_so_far(&given, &own.certificate.code, &own.registrars).map_err(BodyTrouble::Approvals)?;
        let least = usize::try_from(officials.approvers).unwrap_or(usize::MAX);
        let needed = approvers_needed(self.rows_of_the_day(batch, &own)?).max(least);
        let drafter_missing = batch.drafter.is_none_or(|drafter| !signed.iter().any(|by| by.account == drafter));
        Ok(Approving { signed, needed, drafter_missing })
    }

    /// Rows of this batch and of those of the same template that began on the day on which this one does: five batches of 999 rows are
    /// one of 4,995.
    fn rows_of_the_day(&mut self, batch: &Batch, own: &Own) -> Result<u32, BodyTrouble> {
        let zone = own.certificate.place.zone;
        // what it says, whatever it is called: a template under another name is no other
        let said: BTreeMap<(String, u32), [u8; 32]> =
            self.templates()?.into_iter().map(|line| ((line.name.to_string(), line.version), line.digest)).collect();
        let says = |batch: &Batch| said.get(&(batch.template.clone(), batch.version)).copied();
        let day = zone.date(batch.begun_at.unwrap_or(self.clock.now()));
        let same = |other: &&Batch| {
            let before = other.begun_at.is_some_and(|at| zone.date(at) == day && batch.begun_at.is_none_or(|own| at < own));
            let same_words = other.template == batch.template || says(other).is_some_and(|words| says(batch) == Some(words));
            other.id != batch.id && same_words && !other.trial && before
        };
        let others: u64 = self.batches()?.iter().filter(same).map(|other| other.rows).fold(0, u64::saturating_add);
        Ok(u32::try_from(others.saturating_add(batch.rows)).unwrap_or(u32::MAX))
    }

    /// What approves a batch whose next rows are to be written now; none where the body has no officials, and for trials. With the first
    /// block the lists of roles are those of the whole batch.
    pub(super) fn begin_approved(&mut self, own: &Own, batch: &Batch, now: Millis) -> Result<Option<Approved>, BodyTrouble> {
        let Some(officials) = self.officials()?.filter(|_| !batch.trial) else { return Ok(None) };
        let mut kept = self.kept_approvals(batch.id)?;
        if batch.begun_at.is_none() || kept.begun.is_none() {
            let approving = self.approving_by(batch, &officials, &kept, false)?;
            if !approving.is_enough() {
                return Err(BodyTrouble::NotApproved {
                    has: approving.approvers(),
                    needed: approving.needed,
                    drafter_missing: approving.drafter_missing,
                });
            }
            if let Some(late) = approving.signed.iter().map(|by| by.at).max().filter(|at| *at > now) {
                return Err(BodyTrouble::ApprovedLater { at: late });
            }
            kept.approvals.retain(|file| file.list() == officials.roles.hash());
            kept.begun = Some(officials.roles);
            self.keep_approvals(batch.id, &kept)?;
        }
        self.approved_by(own, batch)
    }

    /// What approves a batch that has begun; none where it began without officials.
    pub(super) fn approved_by(&mut self, own: &Own, batch: &Batch) -> Result<Option<Approved>, BodyTrouble> {
        let Kept { approvals, begun } = self.kept_approvals(batch.id)?;
        let Some(begun) = begun else { return Ok(None) };
        let given = gather(&self.batch_text(batch)?, &begun, &approvals);
        let approved = four_eyes::check(&given, &own.certificate.code, &own.registrars);
        approved.map(Some).map_err(BodyTrouble::Approvals)
    }

    /// Why a notice that is kept and perhaps not sent is sent no more: its batch was cancelled, or it was made before nobody sent alone.
    /// Whether the relay has it all the same is asked.
    pub(crate) fn may_not_go(&mut self, row: &Dispatch, bundle: &Bundle) -> Result<Option<BodyTrouble>, BodyTrouble> {
        if let Some((batch, _)) = row.batch
            && self.batch(batch)?.stage == BatchStage::Cancelled
        {
            return Ok(Some(BodyTrouble::BatchEnded));
        }
        let alone = bundle.approvals.is_empty() && row.beside != Beside::Trial && self.officials()?.is_some();
        Ok(alone.then_some(BodyTrouble::FourEyes))
    }
}
