//! The null store: gives out seqs and keeps nothing. Benches use it to measure the relay without its storage.
//!
//! Channels open without a stamp; an append is answered after the token's check. Nothing can be read back, and everything
//! about accounts and blobs is answered as by a store that is down.

use super::accounts::{AccountReads, NewestState, Recovering, ResetsPage, RunHash};
use super::blobs::{BlobReads, FileName, StoredBlob};
use super::bodies::{Body, BodyKey};
use super::channels::*;
use super::counter::{Act, Clerk, ClerkKey, CounterReads, LiveCode};
use super::notices::{Exempt, NoticeAddress, NoticeReads, Route, SealedCasillas};
use super::offices::{OfficeAccount, OfficeReads};
use super::{Answer, Ask, Counts, Outcome, Reads, Store, StoreDown, Watch};
use crate::rules::Rules;
use lacre_ground::agency::AgencyCode;
use lacre_ground::head::Ids;
use lacre_ground::ids::{AccountId, BlobId, ChannelId, Generation, Seq, TokenHash};
use lacre_ground::time::Millis;
use std::collections::HashMap;

/// The writer's side.
#[derive(Default)]
pub struct NullStore {
    channels: HashMap<ChannelId, (Vec<Right>, u64)>,
}

impl NullStore {
    fn append(&mut self, now: Millis, append: &Append) -> Result<Result<Appended, AppendRefused>, StoreDown> {
        let channel = self.channels.get_mut(&append.channel);
        let Some((_, last)) = channel.filter(|(rights, _)| rights.iter().any(|r| r.token.ct_matches(&append.token))) else {
            return Ok(Err(AppendRefused::NotPermitted));
        };
        *last += 1;
        let seq = Seq::new(*last).ok_or_else(|| StoreDown::new("no seq is left"))?;
        Ok(Ok(Appended { seq, accepted_at: now, again: false }))
    }

    fn perform(&mut self, now: Millis, ask: &Ask) -> Result<Answer, StoreDown> {
        Ok(match ask {
            Ask::Open(open) => {
                let (_, last) = self.channels.entry(open.channel).or_insert_with(|| (open.append.clone(), 0));
                Answer::Open(Ok(Opened { head: Seq::new(*last), spent: false }))
            }
            Ask::Append(append) => Answer::Append(self.append(now, append)?),
            Ask::AppendAll(AppendAll(appends)) => {
                let mut all = AppendedAll { stored: Vec::with_capacity(appends.len()), refused: None };
                for append in appends {
                    match self.append(now, append)? {
                        Ok(appended) => all.stored.push(appended),
                        Err(refused) => {
                            all.refused = Some(refused);
                            break;
                        }
                    }
                }
                Answer::AppendAll(all)
            }
            Ask::Touch(_) => Answer::Touch(()),
            Ask::TellTime(TellTime) => Answer::TellTime(now),
            Ask::Retire(_) => Answer::Retire(Retired::default()),
            Ask::KnowRunKey(_) => Answer::KnowRunKey(true),
            Ask::SweepAccounts(_) => Answer::SweepAccounts(false),
            Ask::ExpireBlobs(_) => Answer::ExpireBlobs(Vec::new()),
            _ => return Err(StoreDown::new("the null store keeps nothing")),
        })
    }
}

impl Store for NullStore {
    fn run_watched(&mut self, now: Millis, _: &Rules, asks: &[Ask], watch: &mut dyn Watch) -> Outcome {
        let mut answers = Vec::with_capacity(asks.len());
        for ask in asks {
            match self.perform(now, ask) {
                Ok(answer) => answers.push(answer),
                Err(down) => return Outcome::RolledBack(down),
            }
            watch.done(ask.name());
        }
        watch.committing();
        Outcome::Committed(answers)
    }
}

/// The readers' side: nothing is there.
#[derive(Clone, Copy)]
pub struct NullReads {
    /// what it calls its generation
    pub generation: Generation,
}

impl Reads for NullReads {
    fn generation(&self) -> Generation {
        self.generation
    }
    fn used_bytes(&self) -> Result<u64, StoreDown> {
        Ok(0)
    }
    fn counts(&self) -> Result<Counts, StoreDown> {
        Ok(Counts::default())
    }
}

impl ChannelReads for NullReads {
    fn admit(&self, _: Millis, _: &Rules, _: &ChannelId, _: &TokenHash) -> Result<Result<Admitted, NotPermitted>, StoreDown> {
        Ok(Err(NotPermitted))
    }
    fn page(&self, _: ChannelKey, _: Seq, _: PageLimits) -> Result<Page, StoreDown> {
        Ok(Page { entries: Vec::new(), head: 0, gone_through: 0 })
    }
    fn heads(&self, channels: &[ChannelKey]) -> Result<Vec<u64>, StoreDown> {
        Ok(vec![0; channels.len()])
    }
    fn rights(&self, _: ChannelKey) -> Result<u32, StoreDown> {
        Ok(0)
    }
    fn entry(&self, _: &Asked) -> Result<Result<StoredEntry, StatusRefused>, StoreDown> {
        Ok(Err(StatusRefused::NotPermitted))
    }
    fn held(&self, _: &Rules, _: &ChannelId, _: &TokenHash) -> Result<Result<Ids, HeldRefused>, StoreDown> {
        Ok(Err(HeldRefused::NotPermitted))
    }
}

impl AccountReads for NullReads {
    fn has_run_key(&self) -> Result<bool, StoreDown> {
        Ok(false)
    }
    fn newest_state(&self, _: &AccountId) -> Result<Option<NewestState>, StoreDown> {
        Ok(None)
    }
    fn code_lives(&self, _: Millis, _: &TokenHash) -> Result<bool, StoreDown> {
        Ok(false)
    }
    fn recovering(&self, _: Millis, _: &TokenHash) -> Result<Option<Recovering>, StoreDown> {
        Ok(None)
    }
    fn state(&self, _: &AccountId, _: u64) -> Result<Option<String>, StoreDown> {
        Ok(None)
    }
    fn resets(&self, _: u64, _: u32) -> Result<ResetsPage, StoreDown> {
        Ok(ResetsPage::default())
    }
    fn stamp_known(&self, _: &TokenHash) -> Result<bool, StoreDown> {
        Ok(false)
    }
}

impl OfficeReads for NullReads {
    fn office(&self, _: &AccountId) -> Result<Option<OfficeAccount>, StoreDown> {
        Ok(None)
    }
}

impl CounterReads for NullReads {
    fn clerks(&self) -> Result<Vec<Clerk>, StoreDown> {
        Ok(Vec::new())
    }
    fn clerk(&self, _: &ClerkKey) -> Result<Option<Clerk>, StoreDown> {
        Ok(None)
    }
    fn live_codes(&self, _: Millis, _: u32) -> Result<Vec<LiveCode>, StoreDown> {
        Ok(Vec::new())
    }
    fn acts(&self, _: u64, _: u32, _: Option<&ClerkKey>) -> Result<Vec<Act>, StoreDown> {
        Ok(Vec::new())
    }
}

impl BlobReads for NullReads {
    fn blob(&self, _: &BlobId) -> Result<Option<StoredBlob>, StoreDown> {
        Ok(None)
    }
    fn blob_file_known(&self, _: &FileName) -> Result<bool, StoreDown> {
        Ok(false)
    }
    fn blob_bytes(&self) -> Result<u64, StoreDown> {
        Ok(0)
    }
}

impl NoticeReads for NullReads {
    fn body(&self, _: &BodyKey) -> Result<Option<Body>, StoreDown> {
        Ok(None)
    }
    fn body_invited(&self, _: Millis, _: &TokenHash) -> Result<Option<Body>, StoreDown> {
        Ok(None)
    }
    fn body_named(&self, _: &AgencyCode) -> Result<Option<Body>, StoreDown> {
        Ok(None)
    }
    fn bodies(&self, _: u32) -> Result<Vec<Body>, StoreDown> {
        Ok(Vec::new())
    }
    fn route(&self, _: Millis, _: &Rules, _: &RunHash) -> Result<Route, StoreDown> {
        Ok(Route::NoAccount)
    }
    fn exempt(&self, _: &RunHash) -> Result<Option<Exempt>, StoreDown> {
        Ok(None)
    }
    fn account_of(&self, _: &RunHash) -> Result<Option<AccountId>, StoreDown> {
        Ok(None)
    }
    fn notice_address(&self, _: Millis, _: &Rules, _: &AccountId) -> Result<NoticeAddress, StoreDown> {
        Ok(NoticeAddress::default())
    }
    fn casillas(&self, _: &AccountId) -> Result<SealedCasillas, StoreDown> {
        Ok(SealedCasillas::default())
    }
}
