//! Official notices in the model: lists that are searched from the front.

use super::channels::Known;
use super::{ModelReads, ModelStore};
use crate::accounts::{CodeIssued, RunHash};
use crate::bodies::{
    AgencyRefused, Body, BodyKey, EnrollAgency, EnrollAgencyRefused, Enrolled, IssueAgencyCode, IssueAgencyRefused, LimitAgency,
    NoAgency, RenewAgency, TakeBodyStamps,
};
use crate::channels::Limited;
use crate::closing::{CloseRefused, Closing, Stale};
use crate::counter::Deed;
use crate::judge::notices::{self as judge, Delivering, First, Seen};
use crate::notices::{
    Address, Answered, Deliver, DeliverRefused, Delivered, Designate, Exempt, Found, KeptCasilla, KeptGrant, NoticeAddress,
    PauseNotices, PutGrants, PutGrantsRefused, RecordLines, Route, SealedCasillas, SetExempt, TakeAnswer, month, oldest_month,
};
use crate::quotas::{Kind, day};
use crate::rules::{Limit, Rules};
use crate::{NoticeReads, NoticeStore, StoreDown};
use lacre_ground::agency::AgencyCode;
use lacre_ground::ids::{AccountId, TokenHash};
use lacre_ground::time::Millis;
use std::collections::BTreeMap;

#[derive(Clone, Default)]
pub(super) struct Notices {
    bodies: BTreeMap<AgencyCode, Invited>,
    addresses: BTreeMap<AccountId, Kept>,
    exempt: BTreeMap<RunHash, Exempt>,
    /// by their tags; nobody's when the account is gone
    casillas: BTreeMap<[u8; 32], (Option<AccountId>, KeptCasilla)>,
}

/// A body and its code.
#[derive(Clone)]
struct Invited {
    body: Body,
    invitation: Option<(TokenHash, Millis)>,
}

/// What an account has.
#[derive(Clone, Default)]
struct Kept {
    designation: Option<String>,
    paused: bool,
    version: u64,
    /// each with whether it was handed out
    grants: Vec<(KeptGrant, bool)>,
    answers: BTreeMap<u32, u32>,
}

impl Kept {
    fn once(&self, now: Millis, rules: &Rules) -> u32 {
        let left = self.grants.iter().filter(|(g, handed)| !handed && !g.last_resort && judge::is_kept(g, now, rules));
        u32::try_from(left.count()).unwrap_or(u32::MAX)
    }
    /// The grant that is handed out now.
    fn next(&mut self, now: Millis, rules: &Rules) -> Option<&mut (KeptGrant, bool)> {
        let good = |(g, handed): &&mut (KeptGrant, bool), last| {
            !*handed && g.last_resort == last && judge::holds(g.from, g.until, now, rules)
        };
        let last = !self.grants.iter_mut().any(|g| good(&g, false));
        self.grants.iter_mut().find(|g| good(g, last))
    }
    fn is_address(&self) -> bool {
        self.designation.is_some() && !self.paused
    }
}

impl Notices {
    /// The account is gone.
    pub(super) fn forget(&mut self, account: &AccountId) {
        self.addresses.remove(account);
        for (owner, _) in self.casillas.values_mut().filter(|(owner, _)| owner.as_ref() == Some(account)) {
            *owner = None;
        }
    }
    /// Removes grants and casillas whose time is over; how many of the more.
    pub(super) fn sweep(&mut self, now: Millis, limit: usize) -> usize {
        let (mut grants, mut casillas) = (0, 0);
        for kept in self.addresses.values_mut() {
            kept.grants.retain(|(g, _)| {
                let gone = g.until <= now && grants < limit;
                grants += usize::from(gone);
                !gone
            });
        }
        self.casillas.retain(|_, (_, c)| {
            let gone = c.until <= now && casillas < limit;
            casillas += usize::from(gone);
            !gone
        });
        grants.max(casillas)
    }
    fn body(&self, key: &BodyKey) -> Option<Body> {
        self.bodies.values().map(|k| &k.body).find(|b| b.enrolled.as_ref().is_some_and(|e| e.key == *key)).cloned()
    }
    fn invited(&mut self, now: Millis, code: &TokenHash) -> Option<&mut Invited> {
        self.bodies.values_mut().find(|k| k.invitation.is_some_and(|(held, ends)| held == *code && ends > now))
    }
}

impl ModelStore {
    /// Grants of an account and all append rights of its casillas go.
    pub(super) fn close(&mut self, account: AccountId, closing: &Closing) -> Result<(), Stale> {
        let Some(kept) = self.work.notices.addresses.get_mut(&account) else {
            return if closing.version == 0 { Ok(()) } else { Err(Stale) };
        };
        if kept.version != closing.version {
            return Err(Stale);
        }
        kept.grants = Vec::new();
        closing.casillas.iter().for_each(|casilla| self.work.channels.close_casilla(casilla));
        Ok(())
    }

    /// The body that asks, and that its day has room for so much more.
    fn asking(&mut self, now: Millis, key: &BodyKey, (kind, limit): (Kind, Limit)) -> Result<Body, AgencyRefused> {
        let (body, _) = judge::asks(self.work.notices.body(key))?;
        judge::answers(self.work.accounts.quotas.of_body(now, *key, kind), &body, limit, now)?;
        Ok(body)
    }
}

impl NoticeStore for ModelStore {
    fn issue_agency_code(
        &mut self,
        now: Millis,
        rules: &Rules,
        issue: &IssueAgencyCode,
    ) -> Result<Result<CodeIssued, IssueAgencyRefused>, StoreDown> {
        let bodies = &mut self.work.notices.bodies;
        let there = bodies.get(&issue.code);
        if there.is_some_and(|k| k.body.enrolled.is_some() && !k.body.revoked) {
            return Ok(Err(IssueAgencyRefused::Exists));
        }
        let most = rules.max_agencies;
        if there.is_none() && bodies.len() >= usize::try_from(most).unwrap_or(usize::MAX) {
            return Ok(Err(IssueAgencyRefused::Limit(Limited::beyond(Limit::MaxAgencies, most.into()))));
        }
        let expires_at = now.plus(rules.code_lifetime_ms);
        let before = there.map(|k| k.body.clone());
        let body = Body {
            code: issue.code.clone(),
            name: issue.name.clone(),
            place: issue.place.clone(),
            enrolled: before.as_ref().and_then(|b| b.enrolled.clone()),
            revoked: before.as_ref().is_some_and(|b| b.revoked),
            per_day: before.map_or(rules.agency_per_day, |b| b.per_day),
        };
        bodies.insert(issue.code.clone(), Invited { body, invitation: Some((issue.invitation, expires_at)) });
        self.work.counter.record(now, None, Deed::AgencyCodeIssued, issue.code.to_string());
        Ok(Ok(CodeIssued { expires_at }))
    }

    fn enroll_agency(
        &mut self,
        now: Millis,
        _: &Rules,
        enroll: &EnrollAgency,
    ) -> Result<Result<String, EnrollAgencyRefused>, StoreDown> {
        let holder = self.work.notices.body(&enroll.key);
        let Some(known) = self.work.notices.invited(now, &enroll.invitation) else {
            return Ok(Err(EnrollAgencyRefused::Code));
        };
        if let Some(enrolled) = known.body.enrolled.as_ref().filter(|_| !known.body.revoked) {
            let same = enrolled.key == enroll.key;
            return Ok(if same { Ok(enrolled.certificate.clone()) } else { Err(EnrollAgencyRefused::Code) });
        }
        if holder.is_some_and(|body| body.code != known.body.code) {
            return Ok(Err(EnrollAgencyRefused::Key));
        }
        let EnrollAgency { key, certificate, until, .. } = enroll.clone();
        known.body.enrolled = Some(Enrolled { key, certificate: certificate.clone(), until });
        known.body.revoked = false;
        Ok(Ok(certificate))
    }

    fn renew_agency(&mut self, now: Millis, renew: &RenewAgency) -> Result<Result<(), NoAgency>, StoreDown> {
        let known = self.work.notices.bodies.get_mut(&renew.code).filter(|k| !k.body.revoked);
        let enrolled = known.and_then(|k| k.body.enrolled.as_mut()).filter(|e| e.key == renew.key);
        let Some(enrolled) = enrolled else { return Ok(Err(NoAgency)) };
        (enrolled.certificate, enrolled.until) = (renew.certificate.clone(), renew.until);
        self.work.counter.record(now, None, Deed::AgencyRenewed, renew.code.to_string());
        Ok(Ok(()))
    }

    fn revoke_agency(&mut self, now: Millis, code: &AgencyCode) -> Result<Result<(), NoAgency>, StoreDown> {
        let bodies = &mut self.work.notices.bodies;
        let Some(known) = bodies.get_mut(code) else { return Ok(Err(NoAgency)) };
        let idle = known.body.revoked || known.body.enrolled.is_none();
        if idle && known.invitation.is_none() {
            return Ok(Err(NoAgency));
        }
        known.invitation = None;
        if known.body.enrolled.is_some() {
            known.body.revoked = true;
        } else {
            bodies.remove(code);
        }
        self.work.counter.record(now, None, Deed::AgencyRevoked, code.to_string());
        Ok(Ok(()))
    }

    fn limit_agency(&mut self, now: Millis, limit: &LimitAgency) -> Result<Result<(), NoAgency>, StoreDown> {
        let known = self.work.notices.bodies.get_mut(&limit.code);
        let Some(known) = known else { return Ok(Err(NoAgency)) };
        known.body.per_day = limit.per_day;
        self.work.counter.record(now, None, Deed::AgencyLimited, limit.about());
        Ok(Ok(()))
    }

    fn designate(&mut self, designate: &Designate) -> Result<Result<(), CloseRefused>, StoreDown> {
        let Designate { by, note, closing } = designate;
        if let Err(over) = self.work.accounts.speaks(by) {
            return Ok(Err(over.into()));
        }
        if note.is_none()
            && let Err(stale) = self.close(by.account, closing)
        {
            return Ok(Err(stale.into()));
        }
        self.work.notices.addresses.entry(by.account).or_default().designation.clone_from(note);
        Ok(Ok(()))
    }

    fn put_grants(&mut self, now: Millis, rules: &Rules, put: &PutGrants) -> Result<Result<u32, PutGrantsRefused>, StoreDown> {
        if let Err(over) = self.work.accounts.speaks(&put.by) {
            return Ok(Err(over.into()));
        }
        let mut kept = self.work.notices.addresses.get(&put.by.account).cloned().unwrap_or_default();
        if kept.designation.is_none() {
            return Ok(Err(PutGrantsRefused::NotDesignated));
        }
        if kept.paused {
            return Ok(Err(PutGrantsRefused::Paused));
        }
        let owner = |c: &KeptCasilla| self.work.notices.casillas.get(&c.tag).map(|(owner, _)| *owner);
        if put.casillas.iter().filter_map(owner).any(|owner| owner != Some(put.by.account)) {
            return Ok(Err(PutGrantsRefused::Anothers));
        }
        kept.version += 1;
        kept.grants.retain(|(_, handed)| *handed || !put.replace_all);
        for grant in put.grants.iter().filter(|g| judge::is_kept(g, now, rules)) {
            if grant.last_resort {
                kept.grants.retain(|(g, _)| !g.last_resort);
            }
            if !kept.grants.iter().any(|(g, _)| g.tag == grant.tag) {
                kept.grants.push((grant.clone(), false));
            }
        }
        let left = kept.once(now, rules);
        if let Err(full) = judge::grants(left, rules) {
            return Ok(Err(full));
        }
        for casilla in &put.casillas {
            let fresh = || (Some(put.by.account), casilla.clone());
            let (_, there) = self.work.notices.casillas.entry(casilla.tag).or_insert_with(fresh);
            there.until = there.until.max(casilla.until);
        }
        self.work.notices.addresses.insert(put.by.account, kept);
        Ok(Ok(left))
    }

    fn pause_notices(&mut self, pause: &PauseNotices) -> Result<Result<(), CloseRefused>, StoreDown> {
        let PauseNotices { by, paused, closing } = pause;
        if let Err(over) = self.work.accounts.speaks(by) {
            return Ok(Err(over.into()));
        }
        if *paused && let Err(stale) = self.close(by.account, closing) {
            return Ok(Err(stale.into()));
        }
        self.work.notices.addresses.entry(by.account).or_default().paused = *paused;
        Ok(Ok(()))
    }

    fn set_exempt(&mut self, now: Millis, set: &SetExempt) -> Result<Result<(), Stale>, StoreDown> {
        let Some(reason) = set.reason else {
            if self.work.notices.exempt.remove(&set.run).is_some() {
                self.work.counter.record(now, None, Deed::ExemptionEnded, String::new());
            }
            return Ok(Ok(()));
        };
        let account = self.work.accounts.account_of(&set.run);
        if account != set.account {
            return Ok(Err(Stale));
        }
        if let Some(account) = account
            && let Err(stale) = self.close(account, &set.closing)
        {
            return Ok(Err(stale));
        }
        if self.work.notices.exempt.insert(set.run, reason) != Some(reason) {
            self.work.counter.record(now, None, Deed::Exempted, String::new());
        }
        Ok(Ok(()))
    }

    fn take_answer(
        &mut self,
        now: Millis,
        rules: &Rules,
        take: &TakeAnswer,
    ) -> Result<Result<Answered, AgencyRefused>, StoreDown> {
        let body = match self.asking(now, &take.body, (Kind::Answer, Limit::LookupsPerAgencyDay)) {
            Ok(body) => body,
            Err(refused) => return Ok(Err(refused)),
        };
        self.work.accounts.quotas.count_of_body(take.body, Kind::Answer, 1);
        let account = self.work.accounts.account_of(&take.run);
        if let Some(account) = account {
            let answers = &mut self.work.notices.addresses.entry(account).or_default().answers;
            *answers.entry(month(now)).or_insert(0) += 1;
            answers.retain(|of, _| *of >= oldest_month(month(now)));
        }
        let at = self.work.channels.at(now);
        let exempt = self.work.notices.exempt.get(&take.run).copied();
        if let Some(reason) = exempt {
            return Ok(Ok(Answered { body, found: Found::Exempt(reason), at }));
        }
        let mut address = || {
            let account = account?;
            let states = self.work.accounts.states(&account)?;
            let kept = self.work.notices.addresses.get_mut(&account).filter(|k| k.is_address())?;
            let designation = kept.designation.clone()?;
            let (grant, handed) = kept.next(now, rules)?;
            let sealed = grant.sealed.clone();
            *handed = !grant.last_resort;
            Some(Address { account, states, designation, grant: sealed, last_resort: grant.last_resort })
        };
        let found = address().map_or(Found::NoAccount, Found::Account);
        Ok(Ok(Answered { body, found, at }))
    }

    fn count_route(&mut self, now: Millis, _: &Rules, body: &BodyKey) -> Result<Result<(), AgencyRefused>, StoreDown> {
        Ok(self.asking(now, body, (Kind::Route, Limit::RoutesPerAgencyDay)).map(|_| {
            self.work.accounts.quotas.count_of_body(*body, Kind::Route, 1);
        }))
    }

    fn take_body_stamps(
        &mut self,
        now: Millis,
        rules: &Rules,
        take: &TakeBodyStamps,
    ) -> Result<Result<(), AgencyRefused>, StoreDown> {
        if let Err(none) = judge::asks(self.work.notices.body(&take.body)) {
            return Ok(Err(none.into()));
        }
        let quotas = &mut self.work.accounts.quotas;
        let had = quotas.of_body(now, take.body, Kind::Stamps);
        let room = judge::of_day(had, take.count, rules.stamps_per_agency_day, Limit::StampsPerAgencyDay, now);
        Ok(room.map_err(AgencyRefused::Limit).map(|()| quotas.count_of_body(take.body, Kind::Stamps, take.count)))
    }

    fn deliver(&mut self, now: Millis, rules: &Rules, d: &Deliver) -> Result<Result<Delivered, DeliverRefused>, StoreDown> {
        let body = match judge::asks(self.work.notices.body(&d.body)) {
            Ok((body, _)) => body,
            Err(none) => return Ok(Err(none.into())),
        };
        let begun = Millis::new(day(now).0 * DAY);
        let (head, known, here) = self.work.channels.known(&d.channel, &d.entry_id, begun);
        let digest = |known: &Known| known.same.as_ref().try_into().unwrap_or([0; 32]);
        let quotas = &mut self.work.accounts.quotas;
        let seen = Seen {
            first: known.as_ref().map(|k| First { token: k.token, digest: digest(k) }),
            of_body: quotas.of_body(now, d.body, Kind::Delivery),
            of_body_here: quotas.last_resort(now, d.body, d.channel),
            here,
            blobs: self.work.blobs.has(&d.blobs),
        };
        let (seq, right) = match judge::deliver(head.as_ref(), &body, &seen, rules, now, d) {
            Err(refused) => return Ok(Err(refused)),
            Ok(Delivering::Again) => {
                let lines = known.and_then(|k| k.lines).ok_or_else(|| StoreDown::damaged("a delivery without lines"))?;
                return Ok(Ok(Delivered { lines, again: true }));
            }
            Ok(Delivering::Store { seq, right }) => (seq, right),
        };
        quotas.count_of_body(d.body, Kind::Delivery, 1);
        if !right.once {
            quotas.count_last_resort(d.body, d.channel);
        }
        let at = self.work.channels.at(now);
        let fresh = RecordLines { id: d.id, issuer: d.issuer.clone(), time: at, generation: d.generation };
        let lines = d.first.clone().unwrap_or(fresh);
        let known = Known {
            id: d.entry_id,
            token: d.token,
            last_resort: !right.once,
            seq,
            accepted_at: at,
            same: d.digest.to_vec().into(),
            lines: Some(lines.clone()),
        };
        self.work.channels.deliver(&d.channel, known, d.ciphertext.clone());
        self.work.blobs.keep(&d.blobs, at.plus(rules.kept_retention_ms));
        Ok(Ok(Delivered { lines, again: false }))
    }
}

const DAY: u64 = 86_400_000;

impl NoticeReads for ModelReads {
    fn body(&self, key: &BodyKey) -> Result<Option<Body>, StoreDown> {
        Ok(self.with(|s| s.notices.body(key)))
    }
    fn body_invited(&self, now: Millis, invitation: &TokenHash) -> Result<Option<Body>, StoreDown> {
        Ok(self.with(|s| s.notices.clone().invited(now, invitation).map(|k| k.body.clone())))
    }
    fn body_named(&self, code: &AgencyCode) -> Result<Option<Body>, StoreDown> {
        Ok(self.with(|s| s.notices.bodies.get(code).map(|k| k.body.clone())))
    }
    fn bodies(&self, limit: u32) -> Result<Vec<Body>, StoreDown> {
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(self.with(|s| s.notices.bodies.values().take(most).map(|k| k.body.clone()).collect()))
    }
    fn route(&self, now: Millis, rules: &Rules, run: &RunHash) -> Result<Route, StoreDown> {
        Ok(self.with(|s| {
            if let Some(reason) = s.notices.exempt.get(run) {
                return Route::Exempt(*reason);
            }
            let account = s.accounts.account_of(run);
            let kept = account.and_then(|a| s.notices.addresses.get(&a)).filter(|k| k.is_address());
            let has = kept.cloned().is_some_and(|mut k| k.next(now, rules).is_some());
            if has { Route::Electronic } else { Route::NoAccount }
        }))
    }
    fn exempt(&self, run: &RunHash) -> Result<Option<Exempt>, StoreDown> {
        Ok(self.with(|s| s.notices.exempt.get(run).copied()))
    }
    fn account_of(&self, run: &RunHash) -> Result<Option<AccountId>, StoreDown> {
        Ok(self.with(|s| s.accounts.account_of(run)))
    }
    fn notice_address(&self, now: Millis, rules: &Rules, account: &AccountId) -> Result<NoticeAddress, StoreDown> {
        Ok(self.with(|s| {
            let exempt = s.accounts.run_of(account).and_then(|run| s.notices.exempt.get(&run).copied());
            let Some(kept) = s.notices.addresses.get(account) else {
                return NoticeAddress { exempt, ..NoticeAddress::default() };
            };
            let last = kept.grants.iter().find(|(g, _)| g.last_resort && judge::is_kept(g, now, rules));
            NoticeAddress {
                designation: kept.designation.clone(),
                paused: kept.paused,
                remaining: kept.once(now, rules),
                last_resort_until: last.map(|(g, _)| g.until),
                answers: kept.answers.iter().rev().map(|(of, count)| (*of, *count)).collect(),
                exempt,
            }
        }))
    }
    fn casillas(&self, account: &AccountId) -> Result<SealedCasillas, StoreDown> {
        Ok(self.with(|s| {
            let Some(kept) = s.notices.addresses.get(account) else { return SealedCasillas::default() };
            let own = s.notices.casillas.values().filter(|(owner, _)| *owner == Some(*account));
            let casillas = own.map(|(_, c)| c.sealed.clone()).collect();
            SealedCasillas { version: kept.version, casillas }
        }))
    }
}
