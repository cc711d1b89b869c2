//! The null store: gives out seqs and keeps nothing. Benches use it to measure the relay without its storage.
//!
//! Channels open without a stamp; an append is answered after the token's check. Nothing can be read back, and everything
//! about accounts and blobs is answered as by a store that is down.

use super::accounts::*;
use super::blobs::*;
use super::channels::*;
use super::{Counts, Reads, Store, StoreDown};
use crate::rules::Rules;
use lacre_ground::ids::{AccountId, BlobId, ChannelId, Generation, Seq, TokenHash};
use lacre_ground::time::Millis;
use std::collections::HashMap;

fn nothing<T>() -> Result<T, StoreDown> {
    Err(StoreDown::new("the null store keeps nothing"))
}

/// The writer's side.
#[derive(Default)]
pub struct NullStore {
    channels: HashMap<ChannelId, (Vec<Right>, u64)>,
}

impl Store for NullStore {
    fn begin(&mut self) -> Result<(), StoreDown> {
        Ok(())
    }
    fn commit(&mut self) -> Result<(), StoreDown> {
        Ok(())
    }
    fn rollback(&mut self) {}
}

impl ChannelStore for NullStore {
    fn open(&mut self, _: Millis, _: &Rules, request: &Open) -> Result<Result<Opened, OpenRefused>, StoreDown> {
        let (_, last) = self.channels.entry(request.channel).or_insert_with(|| (request.append.clone(), 0));
        Ok(Ok(Opened { head: Seq::new(*last), spent: false }))
    }
    fn append(&mut self, now: Millis, _: &Rules, request: &Append) -> Result<Result<Appended, AppendRefused>, StoreDown> {
        let channel = self.channels.get_mut(&request.channel);
        let Some((_, last)) = channel.filter(|(rights, _)| rights.iter().any(|r| r.token.ct_matches(&request.token))) else {
            return Ok(Err(AppendRefused::NotPermitted));
        };
        *last += 1;
        match Seq::new(*last) {
            Some(seq) => Ok(Ok(Appended { seq, accepted_at: now, again: false })),
            None => nothing(),
        }
    }
    fn trim(&mut self, _: Millis, _: &Trim) -> Result<Result<(), TrimRefused>, StoreDown> {
        nothing()
    }
    fn change_tokens(&mut self, _: Millis, _: &Rules, _: &ChangeTokens) -> Result<Result<(), ChangeRefused>, StoreDown> {
        nothing()
    }
    fn touch(&mut self, _: Millis, _: &Rules, _: ChannelKey) -> Result<(), StoreDown> {
        Ok(())
    }
    fn retire(&mut self, _: Millis, _: &Rules, _: u32) -> Result<Retired, StoreDown> {
        Ok(Retired::default())
    }
}

impl AccountStore for NullStore {
    fn has_run_key(&mut self) -> Result<bool, StoreDown> {
        Ok(false)
    }
    fn know_run_key(&mut self, _: &[u8; 32]) -> Result<bool, StoreDown> {
        Ok(true)
    }
    fn issue_code(&mut self, _: Millis, _: &Rules, _: &IssueCode) -> Result<Result<CodeIssued, IssueRefused>, StoreDown> {
        nothing()
    }
    fn enroll(&mut self, _: Millis, _: &Enroll) -> Result<Result<Enrolled, EnrollRefused>, StoreDown> {
        nothing()
    }
    fn put_state(&mut self, _: &Rules, _: &PutState) -> Result<Result<(), PutStateRefused>, StoreDown> {
        nothing()
    }
    fn put_key_packages(
        &mut self,
        _: Millis,
        _: &Rules,
        _: &PutKeyPackages,
    ) -> Result<Result<Remaining, PutKeyPackagesRefused>, StoreDown> {
        nothing()
    }
    fn take_stamps(&mut self, _: Millis, _: &Rules, _: &TakeStamps) -> Result<Result<(), TakeStampsRefused>, StoreDown> {
        nothing()
    }
    fn add_stamps(&mut self, _: &[TokenHash]) -> Result<(), StoreDown> {
        nothing()
    }
    fn spend_stamp(&mut self, _: &TokenHash) -> Result<bool, StoreDown> {
        nothing()
    }
    fn recover(&mut self, _: Millis, _: &Recover) -> Result<Result<Recovered, RecoverRefused>, StoreDown> {
        nothing()
    }
    fn pause_account(&mut self, _: &Speaker, _: bool) -> Result<Result<(), NoDevice>, StoreDown> {
        nothing()
    }
    fn remove_account(&mut self, _: &Speaker) -> Result<Result<(), NoDevice>, StoreDown> {
        nothing()
    }
    fn lookup(&mut self, _: Millis, _: &Rules, _: &Lookup) -> Result<Result<LookupAnswer, AskRefused>, StoreDown> {
        nothing()
    }
    fn claim(&mut self, _: Millis, _: &Rules, _: &Claim) -> Result<Result<ClaimAnswer, AskRefused>, StoreDown> {
        nothing()
    }
    fn sweep_accounts(&mut self, _: Millis, _: u32) -> Result<bool, StoreDown> {
        Ok(false)
    }
}

impl BlobStore for NullStore {
    fn keep_blob(&mut self, _: Millis, _: &Rules, _: &KeepBlob) -> Result<Result<BlobKept, KeepBlobRefused>, StoreDown> {
        nothing()
    }
    fn begin_blob(&mut self, _: Millis, _: &Rules, _: &KeepBlob) -> Result<Result<BlobBegun, KeepBlobRefused>, StoreDown> {
        nothing()
    }
    fn finish_blob(&mut self, _: Millis, _: &Rules, _: &FileName) -> Result<Option<Millis>, StoreDown> {
        nothing()
    }
    fn forget_blob(&mut self, _: &FileName) -> Result<(), StoreDown> {
        nothing()
    }
    fn expire_blobs(&mut self, _: Millis, _: u32) -> Result<Vec<FileName>, StoreDown> {
        Ok(Vec::new())
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
    fn rights(&self, _: ChannelKey) -> Result<u32, StoreDown> {
        Ok(0)
    }
    fn entry(&self, _: &Asked) -> Result<Result<StoredEntry, StatusRefused>, StoreDown> {
        Ok(Err(StatusRefused::NotPermitted))
    }
}

impl AccountReads for NullReads {
    fn newest_state(&self, _: &AccountId) -> Result<Option<NewestState>, StoreDown> {
        Ok(None)
    }
    fn recovering(&self, _: Millis, _: &TokenHash) -> Result<Option<Recovering>, StoreDown> {
        Ok(None)
    }
    fn state(&self, _: &AccountId, _: u64) -> Result<Option<String>, StoreDown> {
        Ok(None)
    }
    fn stamp_known(&self, _: &TokenHash) -> Result<bool, StoreDown> {
        Ok(false)
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
