//! A store that does one ask after another inside one transaction: the model, and SQLite.
//!
//! Such a store says how it begins and ends a transaction, and what each verb does in it; the rest of [`Store`] is written
//! here once. One that works on a whole batch at a time implements [`Store`] itself.

use super::{
    AccountStore, Answer, Ask, BlobStore, ChannelStore, CounterStore, NoticeStore, OfficeStore, Outcome, Store, StoreDown, Watch,
};
use crate::accounts::*;
use crate::blobs::{BeginBlob, ExpireBlobs, FinishBlob, ForgetBlob};
use crate::bodies::{CountRoute, RevokeAgency};
use crate::channels::{AppendAll, AppendedAll, Retire, TellTime, Touch};
use crate::counter::{RevokeClerk, RevokeCode};
use crate::offices::{EndOffice, IssueOffice};
use crate::rules::Rules;
use lacre_ground::time::Millis;

/// How a transaction begins and ends. Nobody but [`Store::run`] and tests of crashes call it.
pub trait Engine: ChannelStore + AccountStore + OfficeStore + BlobStore + CounterStore + NoticeStore + Send {
    /// Opens the transaction that the following verbs run in.
    fn begin(&mut self) -> Result<(), StoreDown>;
    /// Makes all of them durable and then visible. Survives kill -9 and power loss once it has returned (I1).
    /// After an error the transaction may or may not be there when the store is opened again; until then it is not.
    fn commit(&mut self) -> Result<(), StoreDown>;
    /// Forgets the open transaction, in the store and in every memory in front of it.
    fn rollback(&mut self);
    /// [`Store::settle`]
    fn empty_log(&mut self) -> Result<bool, StoreDown> {
        Ok(true)
    }
}

impl<E: Engine> Store for E {
    fn settle(&mut self) -> Result<bool, StoreDown> {
        self.empty_log()
    }
    fn run_watched(&mut self, now: Millis, rules: &Rules, asks: &[Ask], watch: &mut dyn Watch) -> Outcome {
        let answers = self.begin().and_then(|()| {
            let mut answers = Vec::with_capacity(asks.len());
            for ask in asks {
                answers.push(perform(self, now, rules, ask)?);
                watch.done(ask.name());
            }
            Ok(answers)
        });
        let answers = match answers {
            Ok(answers) => answers,
            Err(down) => {
                self.rollback();
                return Outcome::RolledBack(down);
            }
        };
        watch.committing();
        match self.commit() {
            Ok(()) => Outcome::Committed(answers),
            Err(down) => {
                self.rollback();
                Outcome::Unknown(down)
            }
        }
    }
}

/// One ask, inside the open transaction. After a [`StoreDown`] nothing of the transaction counts.
pub fn perform<E: Engine + ?Sized>(store: &mut E, now: Millis, rules: &Rules, ask: &Ask) -> Result<Answer, StoreDown> {
    Ok(match ask {
        Ask::Open(open) => Answer::Open(store.open(now, rules, open)?),
        Ask::Append(append) => Answer::Append(store.append(now, rules, append)?),
        Ask::AppendAll(all) => Answer::AppendAll(append_all(store, now, rules, all)?),
        Ask::Trim(trim) => Answer::Trim(store.trim(trim)?),
        Ask::ChangeTokens(change) => Answer::ChangeTokens(store.change_tokens(now, rules, change)?),
        Ask::Touch(Touch(channel)) => Answer::Touch(store.touch(now, rules, *channel)?),
        Ask::TellTime(TellTime) => Answer::TellTime(store.tell_time(now)?),
        Ask::Retire(Retire { over_at, budget }) => Answer::Retire(store.retire(*over_at, rules, *budget)?),
        Ask::KnowRunKey(KnowRunKey(check)) => Answer::KnowRunKey(store.know_run_key(check)?),
        Ask::IssueCode(issue) => Answer::IssueCode(store.issue_code(now, rules, issue)?),
        Ask::IssueOffice(IssueOffice { issue, office }) => {
            let issued = store.issue_code(now, rules, issue)?;
            if issued.is_ok() {
                store.keep_office(now, &issue.run, office)?;
            }
            Answer::IssueOffice(issued)
        }
        Ask::EndOffice(EndOffice(run)) => Answer::EndOffice(store.end_office(now, run)?),
        Ask::RevokeCode(RevokeCode(code)) => Answer::RevokeCode(store.revoke_code(now, *code)?),
        Ask::AddClerk(add) => Answer::AddClerk(store.add_clerk(now, rules, add)?),
        Ask::RevokeClerk(RevokeClerk(name)) => Answer::RevokeClerk(store.revoke_clerk(now, name)?),
        Ask::Enroll(enroll) => Answer::Enroll(store.enroll(now, enroll)?),
        Ask::Recover(recover) => Answer::Recover(store.recover(now, recover)?),
        Ask::PauseAccount(PauseAccount { by, paused }) => Answer::PauseAccount(store.pause_account(by, *paused)?),
        Ask::RemoveAccount(RemoveAccount { by, closing }) => Answer::RemoveAccount(store.remove_account(by, closing)?),
        Ask::PutState(put) => Answer::PutState(store.put_state(rules, put)?),
        Ask::PutKeyPackages(put) => Answer::PutKeyPackages(store.put_key_packages(now, rules, put)?),
        Ask::TakeStamps(take) => Answer::TakeStamps(store.take_stamps(now, rules, take)?),
        Ask::AddStamps(AddStamps(hashes)) => Answer::AddStamps(store.add_stamps(now, rules, hashes)?),
        Ask::SpendStamp(SpendStamp(stamp)) => Answer::SpendStamp(store.spend_stamp(stamp)?),
        Ask::Lookup(lookup) => Answer::Lookup(store.lookup(now, rules, lookup)?),
        Ask::Claim(claim) => Answer::Claim(store.claim(now, rules, claim)?),
        Ask::SweepAccounts(SweepAccounts { over_at, limit }) => Answer::SweepAccounts(store.sweep_accounts(*over_at, *limit)?),
        Ask::KeepBlob(keep) => Answer::KeepBlob(store.keep_blob(now, rules, keep)?),
        Ask::BeginBlob(BeginBlob(keep)) => Answer::BeginBlob(store.begin_blob(now, rules, keep)?),
        Ask::FinishBlob(FinishBlob(file)) => Answer::FinishBlob(store.finish_blob(now, rules, file)?),
        Ask::ForgetBlob(ForgetBlob(file)) => Answer::ForgetBlob(store.forget_blob(file)?),
        Ask::ExpireBlobs(ExpireBlobs { over_at, limit }) => Answer::ExpireBlobs(store.expire_blobs(*over_at, *limit)?),
        Ask::IssueAgencyCode(issue) => Answer::IssueAgencyCode(store.issue_agency_code(now, rules, issue)?),
        Ask::EnrollAgency(enroll) => Answer::EnrollAgency(store.enroll_agency(now, rules, enroll)?),
        Ask::RenewAgency(renew) => Answer::RenewAgency(store.renew_agency(now, renew)?),
        Ask::RevokeAgency(RevokeAgency(code)) => Answer::RevokeAgency(store.revoke_agency(now, code)?),
        Ask::LimitAgency(limit) => Answer::LimitAgency(store.limit_agency(now, limit)?),
        Ask::Designate(designate) => Answer::Designate(store.designate(designate)?),
        Ask::PutGrants(put) => Answer::PutGrants(store.put_grants(now, rules, put)?),
        Ask::PauseNotices(pause) => Answer::PauseNotices(store.pause_notices(pause)?),
        Ask::SetExempt(set) => Answer::SetExempt(store.set_exempt(now, set)?),
        Ask::TakeAnswer(take) => Answer::TakeAnswer(store.take_answer(now, rules, take)?),
        Ask::CountRoute(CountRoute(body)) => Answer::CountRoute(store.count_route(now, rules, body)?),
        Ask::TakeBodyStamps(take) => Answer::TakeBodyStamps(store.take_body_stamps(now, rules, take)?),
        Ask::Deliver(deliver) => Answer::Deliver(store.deliver(now, rules, deliver)?),
    })
}

fn append_all<E: Engine + ?Sized>(
    store: &mut E,
    now: Millis,
    rules: &Rules,
    AppendAll(appends): &AppendAll,
) -> Result<AppendedAll, StoreDown> {
    let mut all = AppendedAll { stored: Vec::with_capacity(appends.len()), refused: None };
    for append in appends {
        match store.append(now, rules, append)? {
            Ok(appended) => all.stored.push(appended),
            Err(why) => {
                all.refused = Some(why);
                break;
            }
        }
    }
    Ok(all)
}
