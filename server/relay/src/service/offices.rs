//! Office accounts: codes for them, the registrar's word for them, and their end.

use super::accounts::{AccountsService, not_readable};
use super::bodies::code_of;
use super::registrar::{Desk, Given, not_a_run};
use crate::border::{IntoStatus as _, crossed, store_down};
use lacre_evidence::office::{GOOD_FOR_MS, Office, Post};
use lacre_ground::account::AccountState;
use lacre_ground::ids::{AccountId, Code};
use lacre_ground::run::Run;
use lacre_ground::signed::NoteText as _;
use lacre_store::StoreDown;
use lacre_store::accounts::IssueCode;
use lacre_store::bodies::NoAgency;
use lacre_store::counter::{By, Reference};
use lacre_store::offices::{EndOffice, IssueOffice, Office as Kept};
use tonic::Status;

impl Desk {
    /// A code for an official's account at a body that is none that was revoked.
    pub(super) async fn issue_office(&self, run: &Run, recover: bool, body: &str, administrator: bool) -> Result<Given, Status> {
        let agency = code_of(body)?;
        let named = agency.clone();
        let known = self.context.read(move |reads| reads.body_named(&named)).await.map_err(store_down)?;
        known.filter(|body| !body.revoked).ok_or_else(|| NoAgency.into_status())?;
        let code = Code::new(self.context.random());
        let hash = code.hash();
        let issue = IssueCode { by: By::Operator, run: self.hash_office(&agency, run), code: hash, recover };
        let issued = crossed(self.context.writer.submit(IssueOffice { issue, office: Kept { agency, administrator } }).await)?;
        Ok(Given { invitation: self.invitation(code), expires_at: issued.expires_at, reference: Reference::of(&hash) })
    }

    /// Ends a post. False when there is none.
    pub(super) async fn end_office(&self, run: &str, body: &str) -> Result<bool, Status> {
        let run = self.hash_office(&code_of(body)?, &Run::parse(run).map_err(not_a_run)?);
        let account = self.context.read(move |reads| reads.account_of(&run)).await.map_err(store_down)?;
        if let Some(account) = &account {
            // before it is done, as whoever removes her own account
            self.context.deletions.deletes(account);
        }
        let ended = self.context.writer.submit(EndOffice(run)).await.map_err(store_down)?;
        if let (Some(account), Err(_)) = (&account, &ended) {
            self.context.deletions.keeps(account);
        }
        Ok(ended.is_ok())
    }
}

impl AccountsService {
    /// The registrar's note that this is an office account; empty for a private one, and where the body was revoked.
    pub(super) async fn office_of(&self, account: AccountId) -> Result<String, Status> {
        let found = self.context.read(move |reads| {
            let Some(kept) = reads.office(&account)? else { return Ok(None) };
            let body = reads.body_named(&kept.office.agency)?.filter(|body| !body.revoked);
            Ok(body.and(reads.newest_state(&account)?).map(|newest| (kept, newest)))
        });
        let Some((kept, newest)) = found.await.map_err(store_down)? else { return Ok(String::new()) };
        let state = AccountState::stored(&newest.state).map_err(|e| not_readable(&e))?;
        let from = self.context.clock.now();
        let office = Office {
            agency: kept.office.agency,
            account,
            handle: kept.handle,
            state: (state.number, state.hash()),
            post: if kept.office.administrator { Post::Administrator } else { Post::Official },
            from,
            until: from.plus(GOOD_FOR_MS),
        };
        office.sign(&self.context.registrar.signer).map_err(|e| store_down(StoreDown::new(e)))
    }

    /// Whether it is an office account, which is nobody's address.
    pub(super) async fn is_office(&self, account: AccountId) -> Result<bool, Status> {
        Ok(self.context.read(move |reads| reads.office(&account)).await.map_err(store_down)?.is_some())
    }
}
