//! An account as its person's address for official notices: what she designates, the grants that she puts, and that nothing is
//! sent to where she is no more.

use super::Context;
use super::accounts::{AccountsService, no_session, not_readable};
use crate::border::{bad_note, crossed, store_down};
use lacre_evidence::{Designation, Grant, GrantKind};
use lacre_ground::account::{AccountState, Device};
use lacre_ground::ids::{AccountId, ChannelId, Token};
use lacre_ground::note::{NoteError, NoteKey};
use lacre_ground::signed::Signed;
use lacre_ground::time::Millis;
use lacre_proto::relay::v1 as wire;
use lacre_store::accounts::{PutStateRefused, RecoverRefused};
use lacre_store::closing::{CloseRefused, Closing, Stale};
use lacre_store::notices::{Designate, KeptCasilla, KeptGrant, NoticeAddress, PauseNotices, PutGrants};
use lacre_store::speaker::Speaker;
use lacre_store::{StoreDown, Verb};
use std::collections::BTreeMap;
use std::sync::PoisonError;
use tonic::Status;

/// Days that a grant may hold, at most: as long as what it brings is kept.
const LONGEST_GRANT_MS: u64 = 400 * 86_400_000;
/// How often somebody who closes looks again for grants that were put meanwhile.
pub(super) const LOOKS: usize = 8;

/// A refusal that may say that what was to be closed is more by now.
pub(super) trait MayBeStale {
    fn is_stale(&self) -> bool;
}
impl MayBeStale for Stale {
    fn is_stale(&self) -> bool {
        true
    }
}
impl MayBeStale for CloseRefused {
    fn is_stale(&self) -> bool {
        matches!(self, Self::Stale(_))
    }
}
impl MayBeStale for PutStateRefused {
    fn is_stale(&self) -> bool {
        matches!(self, Self::Stale(_))
    }
}
impl MayBeStale for RecoverRefused {
    fn is_stale(&self) -> bool {
        matches!(self, Self::Stale(_))
    }
}

impl Context {
    /// What closes with an account now.
    pub(super) async fn closing(&self, account: AccountId) -> Result<Closing, StoreDown> {
        let sealed = self.read(move |reads| reads.casillas(&account)).await?;
        let open = |sealed: &Vec<u8>| self.kept.open_casilla(&account, sealed);
        let casillas: Option<Vec<ChannelId>> = sealed.casillas.iter().map(open).collect();
        let casillas = casillas.ok_or_else(|| StoreDown::damaged("a sealed casilla does not open"))?;
        Ok(Closing { version: sealed.version, casillas })
    }

    /// Does what closes with an account, as it is then: looks again when grants were put between.
    pub(super) async fn close<V, T, R>(&self, account: AccountId, ask: impl Fn(Closing) -> V) -> Result<Result<T, R>, StoreDown>
    where
        V: Verb<Answer = Result<T, R>>,
        R: MayBeStale,
    {
        for _ in 0..LOOKS {
            let done = self.writer.submit(ask(self.closing(account).await?)).await?;
            if !done.as_ref().is_err_and(MayBeStale::is_stale) {
                return Ok(done);
            }
        }
        Err(StoreDown::new("grants were put again and again while something was to close"))
    }
}

/// A grant that was verified, with the right that it is about.
struct Verified {
    grant: Signed<Grant>,
    token: Token,
}

impl AccountsService {
    /// The device of a session, as the newest state has it.
    async fn device(&self, by: &Speaker) -> Result<Device, Status> {
        let account = by.account;
        let newest = self.context.read(move |reads| reads.newest_state(&account)).await.map_err(store_down)?;
        let state = AccountState::stored(&newest.ok_or_else(no_session)?.state).map_err(|e| not_readable(&e))?;
        state.device(by.device).cloned().ok_or_else(no_session)
    }

    pub(super) async fn designated(&self, by: Speaker, raw: String) -> Result<(), Status> {
        let note = if raw.is_empty() { None } else { Some(raw) };
        if let Some(raw) = &note {
            if self.is_office(by.account).await? {
                return Err(bad_note(&"an office account is nobody's address"));
            }
            let key = self.device(&by).await?.note_key().map_err(|e| bad_note(&e))?;
            let said = Signed::<Designation>::verify(raw, &[key]).map_err(|e| bad_note(&e))?;
            if said.account != by.account {
                return Err(bad_note(&"it designates another account"));
            }
        }
        let ask = |closing| Designate { by, note: note.clone(), closing };
        crossed(self.context.close(by.account, ask).await)
    }

    pub(super) async fn notices_paused(&self, by: Speaker, paused: bool) -> Result<(), Status> {
        crossed(self.context.close(by.account, |closing| PauseNotices { by, paused, closing }).await)
    }

    /// How many once grants are left.
    pub(super) async fn granted(&self, by: Speaker, request: wire::PutGrantsRequest) -> Result<u32, Status> {
        let key = self.device(&by).await?.note_key().map_err(|e| bad_note(&e))?;
        let now = self.context.clock.now();
        let mut all = Vec::new();
        for (sealed, kind) in [(request.once, GrantKind::Once), (request.last_resort, GrantKind::LastResort)] {
            for grant in sealed {
                all.push(self.verified(&by, &key, now, kind, &grant).map_err(|why| bad_note(&why))?);
            }
        }
        let (grants, casillas) = self.sealed(&by.account, &all);
        crossed(self.context.writer.submit(PutGrants { by, grants, casillas, replace_all: request.replace_all }).await)
    }

    /// What the relay can see of a grant is right: whoever gets it must be able to use it.
    fn verified(
        &self,
        by: &Speaker,
        key: &NoteKey,
        now: Millis,
        kind: GrantKind,
        sealed: &wire::SealedGrant,
    ) -> Result<Verified, String> {
        let grant = Signed::<Grant>::verify(&sealed.grant, core::slice::from_ref(key)).map_err(|e: NoteError| e.to_string())?;
        let token = Token::try_from(sealed.token.as_slice()).map_err(|e| e.to_string())?;
        let authority = self.context.authority.read().unwrap_or_else(PoisonError::into_inner).clone();
        let checks = [
            (grant.account == by.account, "it is another account's"),
            (grant.kind == kind, "it is of another kind"),
            (grant.casilla.authority == authority, "it is for another relay, or for an address that this one has not"),
            (grant.append == token.hash(), "the token is another one"),
            (grant.until > now, "it is over"),
            (grant.from < grant.until && grant.until <= grant.from.plus(LONGEST_GRANT_MS), "it holds for more than 400 days"),
        ];
        match checks.iter().find(|(good, _)| !good) {
            Some((_, why)) => Err((*why).to_owned()),
            None => Ok(Verified { grant, token }),
        }
    }

    /// As the store keeps them: the grants, and each casilla once, until its last grant ends.
    fn sealed(&self, account: &AccountId, all: &[Verified]) -> (Vec<KeptGrant>, Vec<KeptCasilla>) {
        let mut rng = self.context.rng.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = &self.context.kept;
        let mut ends: BTreeMap<ChannelId, Millis> = BTreeMap::new();
        let mut grants = Vec::with_capacity(all.len());
        for Verified { grant, token } in all {
            let last_resort = grant.kind == GrantKind::LastResort;
            let (tag, sealed) = kept.seal_grant(account, last_resort, (grant.id, grant.raw()), token, rng.as_mut());
            grants.push(KeptGrant { tag, last_resort, from: grant.from, until: grant.until, sealed });
            let end = ends.entry(grant.casilla.channel).or_insert(grant.until);
            *end = (*end).max(grant.until);
        }
        let casilla = |(channel, until): (&ChannelId, &Millis)| {
            let (tag, sealed) = kept.seal_casilla(account, channel, rng.as_mut());
            KeptCasilla { tag, until: *until, sealed }
        };
        (grants, ends.iter().map(casilla).collect())
    }

    pub(super) async fn address_of(&self, by: Speaker) -> Result<NoticeAddress, Status> {
        self.device(&by).await?;
        let (now, rules) = (self.context.clock.now(), self.context.rules.clone());
        self.context.read(move |reads| reads.notice_address(now, &rules, &by.account)).await.map_err(store_down)
    }
}
