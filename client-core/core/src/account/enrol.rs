//! Who this device is: keys and state 0, and what binds them (PROTOCOL.md, 9).

use super::clock::NOTED_MS;
use super::rights::TOKENS;
use crate::shelf::{Cx, Engine, Key32, Own, Stage};
use crate::words::{AccountTrouble, Settings, StepError, Trouble, WhoAmI};
use crate::{shelf, words};
use lacre_ground::account::{AccountState, DEVICE, Device, Reset};
use lacre_ground::address::{Address, Invitation};
use lacre_ground::ids::{ChannelId, DeviceId, Generation, Handle, Token};
use lacre_ground::note::NoteSigner;
use lacre_ground::seal::SealSecret;
use lacre_ground::signed::NoteText as _;
use lacre_ground::time::Millis;
use std::sync::Arc;

/// Who this profile is; none before `enroll`.
pub(crate) fn whoami(engine: &mut Engine) -> Result<Option<WhoAmI>, Trouble> {
    engine.run(|cx| {
        let Some(own) = shelf::own_or_none(cx)? else { return Ok(None) };
        Ok(Some(WhoAmI {
            handle: own.handle.clone(),
            account: own.account,
            device: own.device,
            relay: words::authority(&own.authority)?,
            enrolled: own.stage == Stage::Ready,
        }))
    })
}

/// Makes all keys of this device and state 0, or finds what an interrupted enrolment made.
/// Without a handle it is a recovery: the binding will say which it is.
pub(crate) fn make_own(cx: &mut Cx<'_, '_>, invitation: &Invitation, handle: Option<&Handle>) -> Result<Arc<Own>, StepError> {
    let recovering = handle.is_none();
    let handle = match handle {
        Some(handle) => handle.clone(),
        None => Handle::parse("...").map_err(|e| StepError::Again(e.to_string()))?,
    };
    if let Some(before) = shelf::own_or_none(cx)? {
        let same_relay = before.authority == invitation.authority.to_string();
        // the relay may know it again: nothing is changed before it has answered
        if before.is_forgotten() {
            return if same_relay { Ok(before) } else { Err(AccountTrouble::OtherAccount.into()) };
        }
        // nothing is bound yet: another handle, another code or another relay may be tried
        if before.stage == Stage::Made && same_relay {
            let mut own = shelf::take_own(cx)?;
            (own.handle, own.recovering) = (handle, recovering);
            own.code = Some(invitation.code.clone());
            shelf::put_own(cx, own)?;
            return shelf::own(cx);
        }
        if before.stage != Stage::Made {
            let same = same_relay && before.recovering == recovering && (recovering || before.handle == handle);
            return if same { shelf::own(cx) } else { Err(AccountTrouble::OtherAccount.into()) };
        }
        // one wrong letter in an invitation pinned another relay: its keys go, so that no relay sees those of another
    }
    let signing: [u8; 32] = lacre_ground::random::bytes(cx.rng);
    let inbox_read = Token::random(cx.rng);
    let inbox_key = SealSecret::random(cx.rng);
    let public_token = Token::random(cx.rng);
    let device = DeviceId::new(lacre_ground::random::bytes(cx.rng));
    let signer = NoteSigner::new(DEVICE, &signing).map_err(|e| StepError::Again(e.to_string()))?;
    let inbox = ChannelId::of_inbox(&inbox_read.hash());
    let state = AccountState {
        number: 0,
        previous: None,
        made_at: cx.now,
        devices: vec![Device {
            id: device,
            signature_key: signer.public().key(),
            inbox: Address { authority: invitation.authority.clone(), channel: inbox },
            inbox_key: inbox_key.public().map_err(|e| StepError::Again(e.to_string()))?,
            public_token: Some(public_token.clone()),
        }],
    };
    let raw = state.sign(&signer).map_err(|e| StepError::Again(e.to_string()))?;
    let (account, _) = AccountState::first(&raw).map_err(|e| StepError::Again(e.to_string()))?;
    let own = Own {
        stage: Stage::Made,
        authority: invitation.authority.to_string(),
        handle,
        recovering,
        code: Some(invitation.code.clone()),
        account,
        device,
        signing: Key32(signing),
        profile_secret: Key32(lacre_ground::random::bytes(cx.rng)),
        inbox,
        inbox_read,
        inbox_key: Key32(*inbox_key.expose()),
        public_token,
        spare_tokens: (0..TOKENS).map(|_| Token::random(cx.rng)).collect(),
        given_tokens: Vec::new(),
        states: vec![raw],
        binding: None,
        inbox_cursor: 0,
        inbox_trimmed: 0,
        generation: None,
        session: None,
        renew_key_packages: true,
        key_packages_left: 0,
        settings: Settings::default(),
        key_packages_made: cx.now,
        nobody_new: false,
        paused: false,
        pause_untold: false,
        leaving: false,
        deleted: false,
        reset: String::new(),
        links: Vec::new(),
        links_made: 0,
        token_changes: Vec::new(),
        changes_told: 0,
        withdrawn_tokens: Vec::new(),
        replaced: None,
        resets_through: 0,
        resets_of: None,
        resets_last: None,
        restored: None,
        redeemed: None,
        left_for_copy: None,
        login_due: false,
        forgotten: None,
        clock_differs: None,
        ahead_ms: 0,
    };
    let own = shelf::new_own(cx, own)?;
    shelf::put_own(cx, own)?;
    cx.reached("enroll: keys made")?;
    shelf::own(cx)
}

/// State 0, which nobody has seen yet, is not ahead of the relay's time: else it would look as if it came after what the registrar says
/// of it. Asked again after an interruption, it is the same.
pub(crate) fn made_not_ahead(cx: &mut Cx<'_, '_>, relay_now: Millis) -> Result<Arc<Own>, StepError> {
    let again = |e: String| StepError::Again(e);
    let mut own = shelf::take_own(cx)?;
    let raw = own.states.first().cloned().unwrap_or_default();
    let (_, state) = AccountState::first(&raw).map_err(|e| again(e.to_string()))?;
    if own.stage == Stage::Made && state.made_at > relay_now.plus(NOTED_MS) {
        let signer = NoteSigner::new(DEVICE, &own.signing.0).map_err(|e| again(e.to_string()))?;
        let state = AccountState { made_at: relay_now, ..state.into_inner() };
        let raw = state.sign(&signer).map_err(|e| again(e.to_string()))?;
        (own.account, _) = AccountState::first(&raw).map_err(|e| again(e.to_string()))?;
        own.states = vec![raw];
    }
    shelf::put_own(cx, own)?;
    shelf::own(cx)
}

pub(crate) fn bound(cx: &mut Cx<'_, '_>, binding: &str, reset: &str, generation: &[u8]) -> Result<(), StepError> {
    let mut own = shelf::take_own(cx)?;
    let registrar = lacre_ground::note::NoteKey::new(
        lacre_ground::account::REGISTRAR,
        words::authority(&own.authority)?.identity().as_bytes(),
    )
    .map_err(|e| StepError::Skip(e.to_string()))?;
    let verified = lacre_ground::account::VerifiedAccount::verify(&own.states, binding, &registrar)
        .map_err(|e| StepError::Skip(e.to_string()))?;
    if verified.id != own.account || (!own.recovering && verified.handle != own.handle) {
        return Err(StepError::Skip("the registrar bound another account or handle".into()));
    }
    if own.recovering {
        let note = Reset::verify(reset, &registrar).map_err(|e| StepError::Skip(e.to_string()))?;
        if note.account != own.account || note.handle != verified.handle {
            return Err(StepError::Skip("the registrar's note of the reset is of another account".into()));
        }
        own.handle = verified.into_inner().handle;
        own.reset = reset.to_owned();
    }
    own.binding = Some(binding.to_owned());
    own.redeemed = own.code.take();
    own.stage = Stage::Bound;
    (own.login_due, own.forgotten) = (false, None);
    // who was bound before finds out by the generation what else the relay has forgotten
    own.generation = own.generation.or(Generation::try_from(generation).ok());
    shelf::put_own(cx, own)?;
    cx.reached("enroll: bound")
}
