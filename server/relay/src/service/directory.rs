//! Calls without credentials, paid by stamps: who somebody is, and key packages to add them with.

use super::Context;
use super::reading::{answer, set_aside};
use crate::border::{Reason, bad_value, checked, crossed, refused, store_down};
use crate::memory::{Holder, weight};
use lacre_ground::ids::{AccountId, Handle, Stamp, TokenHash};
use lacre_proto::limits::RESETS_IN_A_PAGE;
use lacre_proto::relay::v1 as wire;
use lacre_proto::relay::v1::directory_server::Directory;
use lacre_proto::relay::v1::lookup_request;
use lacre_store::accounts::ResetsPage;
use lacre_store::directory::{Claim, ClaimAnswer, Claimed, Lookup, LookupAnswer, Who};
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// Bytes of a page of resets, some 400 each; more than a binding and a reset.
const NOTES: usize = 256 * 1024;
/// Bytes of the key packages of an account's 16 devices.
const PACKAGES: usize = 16 * 16 * 1024;

/// `lacre.relay.v1.Directory`.
pub struct DirectoryService {
    context: Arc<Context>,
}

impl DirectoryService {
    /// Over the relay's store.
    #[must_use]
    pub fn new(context: Arc<Context>) -> Self {
        Self { context }
    }
    fn generation(&self) -> Vec<u8> {
        self.context.reads.generation().as_bytes().to_vec()
    }
}

fn no_account() -> Status {
    refused(Reason::NoAccount, &[], None)
}

fn stamp(bytes: &[u8]) -> Result<TokenHash, Status> {
    Stamp::try_from(bytes).map(|s| s.hash()).map_err(|e| bad_value("stamp", "32 bytes", &e.to_string()))
}

fn account(bytes: &[u8]) -> Result<AccountId, Status> {
    AccountId::try_from(bytes).map_err(|e| bad_value("account", "32 bytes", &e.to_string()))
}

fn who(who: Option<lookup_request::Who>) -> Result<Who, Status> {
    match who {
        Some(lookup_request::Who::Account(bytes)) => Ok(Who::Account(account(&bytes)?)),
        Some(lookup_request::Who::Handle(text)) => match Handle::parse(&text) {
            Ok(handle) if handle.as_str() == text => Ok(Who::Handle(handle)),
            _ => Err(bad_value("handle", "3 to 32 of a-z, 0-9, _ . -", "other characters")),
        },
        None => Err(bad_value("who", "present", "nothing")),
    }
}

fn device(claimed: Claimed) -> wire::DeviceKeyPackage {
    let Claimed { device, key_package, last_resort } = claimed;
    wire::DeviceKeyPackage { device: device.as_bytes().to_vec(), key_package, last_resort }
}

#[tonic::async_trait]
impl Directory for DirectoryService {
    async fn lookup(&self, request: Request<wire::LookupRequest>) -> Result<Response<wire::LookupResponse>, Status> {
        let holder = request.extensions().get::<Holder>().cloned();
        let request = checked(request.into_inner())?;
        let lookup = Lookup { who: who(request.who)?, stamp: stamp(&request.stamp)? };
        let chain = usize::try_from(self.context.rules.max_chain_bytes).unwrap_or(usize::MAX);
        let mut hold = set_aside(holder.as_ref(), weight(chain, 1) + NOTES).await.map_err(store_down)?;
        let found = crossed(self.context.writer.submit(lookup).await)?;
        let found = match found {
            LookupAnswer::Entry(found) => found,
            LookupAnswer::NoAccount => return Err(no_account()),
            LookupAnswer::Paused => return Err(refused(Reason::Paused, &[], None)),
        };
        if let Some(hold) = &mut hold {
            hold.set(weight(found.states.iter().map(String::len).sum(), 1) + NOTES);
        }
        let entry = wire::DirectoryEntry { states: found.states, binding: found.binding, reset: found.reset.unwrap_or_default() };
        Ok(answer(wire::LookupResponse { generation: self.generation(), entry: Some(entry) }, hold))
    }

    async fn claim(&self, request: Request<wire::ClaimRequest>) -> Result<Response<wire::ClaimResponse>, Status> {
        let holder = request.extensions().get::<Holder>().cloned();
        let request = checked(request.into_inner())?;
        let suite = u16::try_from(request.suite);
        let suite = suite.map_err(|_| bad_value("suite", "1 to 65535", &request.suite.to_string()))?;
        let claim = Claim { account: account(&request.account)?, suite, stamp: stamp(&request.stamp)? };
        let mut hold = set_aside(holder.as_ref(), weight(PACKAGES, 1)).await.map_err(store_down)?;
        match crossed(self.context.writer.submit(claim).await)? {
            ClaimAnswer::NoAccount => Err(no_account()),
            ClaimAnswer::Paused => Err(refused(Reason::Paused, &[], None)),
            ClaimAnswer::NoKeyPackage => Err(refused(Reason::NoKeyPackage, &[], None)),
            ClaimAnswer::Packages(packages) => {
                if let Some(hold) = &mut hold {
                    hold.set(weight(packages.iter().map(|p| p.key_package.len()).sum(), packages.len()));
                }
                let devices = packages.into_iter().map(device).collect();
                Ok(answer(wire::ClaimResponse { generation: self.generation(), devices }, hold))
            }
        }
    }
    async fn resets(&self, request: Request<wire::ResetsRequest>) -> Result<Response<wire::ResetsResponse>, Status> {
        let holder = request.extensions().get::<Holder>().cloned();
        let from = checked(request.into_inner())?.from;
        let weigh = |page: &ResetsPage| weight(page.notes.iter().map(String::len).sum(), page.notes.len());
        let worst = weight(NOTES, RESETS_IN_A_PAGE as usize);
        let read = self.context.reading(holder.as_ref(), worst, weigh, move |r| r.resets(from, RESETS_IN_A_PAGE)).await;
        let (page, hold) = read.map_err(store_down)?;
        Ok(answer(wire::ResetsResponse { generation: self.generation(), notes: page.notes, head: page.head }, hold))
    }
}
