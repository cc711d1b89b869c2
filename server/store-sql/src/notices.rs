//! Official notices: bodies, and how often they ask.

mod addresses;
mod deliver;
mod reads;
mod rows;

pub(crate) use addresses::note_exempt;
pub use addresses::{close, designate, pause_notices, put_grants, set_exempt, take_answer};
pub use deliver::{Kept, deliver};
pub use reads::{account_of, bodies, casillas, notice_address, route};
pub use rows::{body, body_invited, body_named, exempt, sealed_casillas};
pub(crate) use rows::{forget, sweep};

use crate::counter::record;
use crate::rights::Rights;
use crate::rows::Cells as _;
use crate::{Db as _, Sql, Writes, values};
use lacre_ground::agency::AgencyCode;
use lacre_ground::ids::ChannelId;
use lacre_ground::time::Millis;
use lacre_store::accounts::CodeIssued;
use lacre_store::bodies::{
    AgencyRefused, Body, BodyKey, EnrollAgency, EnrollAgencyRefused, IssueAgencyCode, IssueAgencyRefused, LimitAgency, NoAgency,
    RenewAgency, TakeBodyStamps,
};
use lacre_store::channels::{ChannelKey, Limited};
use lacre_store::counter::Deed;
use lacre_store::judge::Head;
use lacre_store::judge::notices as judge;
use lacre_store::quotas::Kind;
use lacre_store::rules::{Limit, Rules};

/// Stamps [`lacre_store::NoticeStore`] and [`lacre_store::NoticeReads`] out for an engine's two sides.
#[macro_export]
macro_rules! notices {
    ($store:ty, $reads:ty) => {
        const _: () = {
            use ::lacre_ground::agency::AgencyCode;
            use ::lacre_ground::ids::{AccountId, TokenHash};
            use ::lacre_ground::time::Millis;
            use ::lacre_store::accounts::{CodeIssued, RunHash};
            use ::lacre_store::bodies::*;
            use ::lacre_store::closing::{CloseRefused, Stale};
            use ::lacre_store::notices::*;
            use ::lacre_store::rules::Rules;
            use ::lacre_store::{NoticeReads, NoticeStore};
            use $crate::notices;
            $crate::stamp! { verbs of NoticeStore for $store = notices {
                fn issue_agency_code(now: Millis, rules: &Rules, issue: &IssueAgencyCode) -> Result<CodeIssued, IssueAgencyRefused>;
                fn enroll_agency(now: Millis, rules: &Rules, enroll: &EnrollAgency) -> Result<String, EnrollAgencyRefused>;
                fn renew_agency(now: Millis, renew: &RenewAgency) -> Result<(), NoAgency>;
                fn revoke_agency(now: Millis, code: &AgencyCode) -> Result<(), NoAgency>;
                fn limit_agency(now: Millis, limit: &LimitAgency) -> Result<(), NoAgency>;
                fn designate(designate: &Designate) -> Result<(), CloseRefused>;
                fn put_grants(now: Millis, rules: &Rules, put: &PutGrants) -> Result<u32, PutGrantsRefused>;
                fn pause_notices(pause: &PauseNotices) -> Result<(), CloseRefused>;
                fn set_exempt(now: Millis, set: &SetExempt) -> Result<(), Stale>;
                fn take_answer(now: Millis, rules: &Rules, take: &TakeAnswer) -> Result<Answered, AgencyRefused>;
                fn count_route(now: Millis, rules: &Rules, body: &BodyKey) -> Result<(), AgencyRefused>;
                fn take_body_stamps(now: Millis, rules: &Rules, take: &TakeBodyStamps) -> Result<(), AgencyRefused>;
                fn deliver(now: Millis, rules: &Rules, deliver: &Deliver) -> Result<Delivered, DeliverRefused>;
            }}
            $crate::stamp! { reads of NoticeReads for $reads = notices {
                fn body(key: &BodyKey) -> Option<Body>;
                fn body_invited(now: Millis, invitation: &TokenHash) -> Option<Body>;
                fn body_named(code: &AgencyCode) -> Option<Body>;
                fn bodies(limit: u32) -> Vec<Body>;
                fn route(now: Millis, rules: &Rules, run: &RunHash) -> Route;
                fn exempt(run: &RunHash) -> Option<Exempt>;
                fn account_of(run: &RunHash) -> Option<AccountId>;
                fn notice_address(now: Millis, rules: &Rules, account: &AccountId) -> NoticeAddress;
                fn casillas(account: &AccountId) -> SealedCasillas;
            }}
        };
    };
}

/// What each engine counts and keeps in its own way, of notices.
pub trait Notices: Rights {
    /// How much of this a body had on this day.
    fn had(&mut self, now: Millis, body: &BodyKey, kind: Kind) -> Sql<u32, Self::Db>;
    /// It has so much more.
    fn has(&mut self, now: Millis, body: &BodyKey, kind: Kind, more: u32) -> Sql<(), Self::Db>;
    /// How many entries a body made by the last-resort right of this casilla on this day.
    fn had_last_resort(&mut self, now: Millis, body: &BodyKey, casilla: ChannelId) -> Sql<u32, Self::Db>;
    /// It made one more.
    fn has_last_resort(&mut self, now: Millis, body: &BodyKey, casilla: ChannelId) -> Sql<(), Self::Db>;
    /// The newest accept time.
    fn accepted(&self) -> Millis;
    /// The head of a channel that is locked.
    fn head(&mut self, channel: &ChannelId) -> Sql<Option<&mut Head>, Self::Db>;
    /// Puts an entry behind the head of a casilla or a return channel, which was looked at last.
    fn keep(&mut self, at: Millis, kept: &Kept, ciphertext: &[u8]) -> Sql<ChannelKey, Self::Db>;
}

/// [`lacre_store::NoticeStore::issue_agency_code`]
pub fn issue_agency_code<S: Writes>(
    store: &S,
    now: Millis,
    rules: &Rules,
    issue: &IssueAgencyCode,
) -> Sql<Result<CodeIssued, IssueAgencyRefused>, S::Db> {
    let db = store.db();
    let there = body_named(db, &issue.code)?;
    if there.as_ref().is_some_and(|b| b.enrolled.is_some() && !b.revoked) {
        return Ok(Err(IssueAgencyRefused::Exists));
    }
    let all: u32 = db.only("SELECT count(*) FROM agency", &[], |r| r.small(0))?;
    let most = rules.max_agencies;
    if there.is_none() && all >= most {
        return Ok(Err(IssueAgencyRefused::Limit(Limited::beyond(Limit::MaxAgencies, most.into()))));
    }
    let expires_at = now.plus(rules.code_lifetime_ms);
    let sql = "INSERT INTO agency (code, name, place, invitation, code_ends_ms, revoked, per_day)
               VALUES (?1, ?2, ?3, ?4, ?5, false, ?6)
               ON CONFLICT (code) DO UPDATE SET name = excluded.name, place = excluded.place,
               invitation = excluded.invitation, code_ends_ms = excluded.code_ends_ms";
    let invitation = issue.invitation.as_bytes();
    db.run(sql, values![issue.code.as_str(), &issue.name, &issue.place, invitation, expires_at, rules.agency_per_day])?;
    record(db, now, None, Deed::AgencyCodeIssued, issue.code.to_string())?;
    Ok(Ok(CodeIssued { expires_at }))
}

/// [`lacre_store::NoticeStore::enroll_agency`]
pub fn enroll_agency<S: Writes>(
    store: &S,
    now: Millis,
    _: &Rules,
    enroll: &EnrollAgency,
) -> Sql<Result<String, EnrollAgencyRefused>, S::Db> {
    let db = store.db();
    let Some(invited) = body_invited(db, now, &enroll.invitation)? else { return Ok(Err(EnrollAgencyRefused::Code)) };
    if let Some(enrolled) = invited.enrolled.as_ref().filter(|_| !invited.revoked) {
        let same = enrolled.key == enroll.key;
        return Ok(if same { Ok(enrolled.certificate.clone()) } else { Err(EnrollAgencyRefused::Code) });
    }
    if body(db, &enroll.key)?.is_some_and(|other| other.code != invited.code) {
        return Ok(Err(EnrollAgencyRefused::Key));
    }
    let sql = "UPDATE agency SET key = ?2, certificate = ?3, until_ms = ?4, revoked = false WHERE code = ?1";
    db.run(sql, values![invited.code.as_str(), &enroll.key.0, &enroll.certificate, enroll.until])?;
    Ok(Ok(enroll.certificate.clone()))
}

/// [`lacre_store::NoticeStore::renew_agency`]
pub fn renew_agency<S: Writes>(store: &S, now: Millis, renew: &RenewAgency) -> Sql<Result<(), NoAgency>, S::Db> {
    let sql = "UPDATE agency SET certificate = ?3, until_ms = ?4 WHERE code = ?1 AND key = ?2 AND NOT revoked";
    if store.db().run(sql, values![renew.code.as_str(), &renew.key.0, &renew.certificate, renew.until])? == 0 {
        return Ok(Err(NoAgency));
    }
    record(store.db(), now, None, Deed::AgencyRenewed, renew.code.to_string())?;
    Ok(Ok(()))
}

/// [`lacre_store::NoticeStore::revoke_agency`]
pub fn revoke_agency<S: Writes>(store: &S, now: Millis, code: &AgencyCode) -> Sql<Result<(), NoAgency>, S::Db> {
    let db = store.db();
    let idle = "DELETE FROM agency WHERE code = ?1 AND key IS NULL";
    let known = "UPDATE agency SET revoked = true, invitation = NULL, code_ends_ms = NULL
                 WHERE code = ?1 AND key IS NOT NULL AND (NOT revoked OR invitation IS NOT NULL)";
    if db.run(idle, values![code.as_str()])? + db.run(known, values![code.as_str()])? == 0 {
        return Ok(Err(NoAgency));
    }
    record(db, now, None, Deed::AgencyRevoked, code.to_string())?;
    Ok(Ok(()))
}

/// [`lacre_store::NoticeStore::limit_agency`]
pub fn limit_agency<S: Writes>(store: &S, now: Millis, limit: &LimitAgency) -> Sql<Result<(), NoAgency>, S::Db> {
    let sql = "UPDATE agency SET per_day = ?2 WHERE code = ?1";
    if store.db().run(sql, values![limit.code.as_str(), limit.per_day])? == 0 {
        return Ok(Err(NoAgency));
    }
    record(store.db(), now, None, Deed::AgencyLimited, limit.about())?;
    Ok(Ok(()))
}

/// The body that asks, and that its day has room for one more.
fn asking<S: Notices>(
    store: &mut S,
    now: Millis,
    key: &BodyKey,
    (kind, limit): (Kind, Limit),
) -> Sql<Result<Body, AgencyRefused>, S::Db> {
    let body = match judge::asks(body(store.db(), key)?) {
        Ok((body, _)) => body,
        Err(none) => return Ok(Err(none.into())),
    };
    let had = store.had(now, key, kind)?;
    Ok(judge::answers(had, &body, limit, now).map(|()| body))
}

/// [`lacre_store::NoticeStore::count_route`]
pub fn count_route<S: Notices>(store: &mut S, now: Millis, _: &Rules, body: &BodyKey) -> Sql<Result<(), AgencyRefused>, S::Db> {
    let asking = asking(store, now, body, (Kind::Route, Limit::RoutesPerAgencyDay))?;
    if asking.is_ok() {
        store.has(now, body, Kind::Route, 1)?;
    }
    Ok(asking.map(drop))
}

/// [`lacre_store::NoticeStore::take_body_stamps`]
pub fn take_body_stamps<S: Notices>(
    store: &mut S,
    now: Millis,
    rules: &Rules,
    take: &TakeBodyStamps,
) -> Sql<Result<(), AgencyRefused>, S::Db> {
    if let Err(none) = judge::asks(body(store.db(), &take.body)?) {
        return Ok(Err(none.into()));
    }
    let had = store.had(now, &take.body, Kind::Stamps)?;
    let room = judge::of_day(had, take.count, rules.stamps_per_agency_day, Limit::StampsPerAgencyDay, now);
    if room.is_ok() {
        store.has(now, &take.body, Kind::Stamps, take.count)?;
    }
    Ok(room.map_err(AgencyRefused::Limit))
}
