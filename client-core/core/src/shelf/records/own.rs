//! What the row of this device and its account holds.

use crate::words::{ClockDiffers, Settings};
use lacre_ground::ids::{AccountId, ChannelId, Code, DeviceId, Generation, Handle, Session, Token};
use lacre_ground::time::Millis;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// 32 secret bytes of a record.
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Key32(#[serde(with = "serde_bytes")] pub(crate) [u8; 32]);

/// How far enrolment has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Stage {
    /// keys are made, the code is not redeemed
    Made,
    /// the relay has bound the account; inbox and key packages are not all there
    Bound,
    /// everything is there
    Ready,
}

/// This device and its account.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Own {
    pub(crate) stage: Stage,
    pub(crate) authority: String,
    pub(crate) handle: Handle,
    pub(crate) code: Option<Code>,
    pub(crate) account: AccountId,
    pub(crate) device: DeviceId,
    /// Ed25519 seed: MLS leaf, notes, login
    pub(crate) signing: Key32,
    /// entry ids are MACs under it; a copied profile takes a new one
    pub(crate) profile_secret: Key32,
    pub(crate) inbox: ChannelId,
    pub(crate) inbox_read: Token,
    pub(crate) inbox_key: Key32,
    pub(crate) public_token: Token,
    /// append tokens that the relay knows and nobody has yet
    pub(crate) spare_tokens: Vec<Token>,
    /// every append token handed out, so that a restored relay can be told again
    pub(crate) given_tokens: Vec<Token>,
    pub(crate) states: Vec<String>,
    pub(crate) binding: Option<String>,
    pub(crate) inbox_cursor: u64,
    pub(crate) inbox_trimmed: u64,
    pub(crate) generation: Option<Generation>,
    pub(crate) session: Option<(Session, Millis)>,
    /// key packages must be uploaded anew (first time, new generation, copied profile)
    pub(crate) renew_key_packages: bool,
    /// one-time key packages that the relay had left when it last said so
    pub(crate) key_packages_left: u32,
    /// when all of them were last replaced
    pub(crate) key_packages_made: Millis,
    pub(crate) settings: Settings,
    /// the public right is withdrawn
    #[serde(default)]
    pub(crate) nobody_new: bool,
    /// links that work
    #[serde(default)]
    pub(crate) links: Vec<LinkRow>,
    /// how many were ever made: their numbers are given once
    #[serde(default)]
    pub(crate) links_made: u64,
    /// the code is one for recovery: the relay says which handle
    #[serde(default)]
    pub(crate) recovering: bool,
    /// the person takes a pause
    #[serde(default)]
    pub(crate) paused: bool,
    /// the relay was not told of that yet
    #[serde(default)]
    pub(crate) pause_untold: bool,
    /// the account is being deleted: its conversations were asked to remove it
    #[serde(default)]
    pub(crate) leaving: bool,
    /// and is gone
    #[serde(default)]
    pub(crate) deleted: bool,
    /// the registrar's note that this account stands in the place of another
    #[serde(default)]
    pub(crate) reset: String,
    /// what the relay was not told yet, in its order
    #[serde(default)]
    pub(crate) token_changes: Vec<TokenChange>,
    /// how often something of it was told: two programs may do so at a time
    #[serde(default)]
    pub(crate) changes_told: u64,
    /// since when another account stands in the place of this one, by the registrar's word
    #[serde(default)]
    pub(crate) replaced: Option<Millis>,
    /// the last reset that this profile knows, and the store that numbered it
    #[serde(default)]
    pub(crate) resets_through: u64,
    #[serde(default)]
    pub(crate) resets_of: Option<Generation>,
    /// digest of its note: a relay that forgot some and made others gives another one there
    #[serde(default)]
    pub(crate) resets_last: Option<[u8; 32]>,
    /// append tokens that were given away and withdrawn, so that a restored relay can be told again
    #[serde(default)]
    pub(crate) withdrawn_tokens: Vec<Token>,
    /// when the relay was last found to be restored
    #[serde(default)]
    pub(crate) restored: Option<Millis>,
    /// the code of this account's enrolment: a relay restored from a backup of before knows the code, and not the account
    #[serde(default)]
    pub(crate) redeemed: Option<Code>,
    /// from this entry of the inbox on nothing is trimmed, since when: a copy of this profile waits for it
    #[serde(default)]
    pub(crate) left_for_copy: Option<(u64, Millis)>,
    /// the relay has another generation since, and has not let this device log in yet: it may not know the account
    #[serde(default)]
    pub(crate) login_due: bool,
    /// the relay of this generation knows neither account nor code: it is asked again, and may be put right
    #[serde(default)]
    pub(crate) forgotten: Option<Generation>,
    /// how far the own clock was from the relay's when it was last asked
    #[serde(default)]
    pub(crate) clock_differs: Option<ClockDiffers>,
    /// how far the own clock was ahead of the relay's then, milliseconds, also where that is little
    #[serde(default)]
    pub(crate) ahead_ms: u64,
}

impl Own {
    /// The relay did not know the account when it was last asked.
    pub(crate) fn is_forgotten(&self) -> bool {
        // programs of before took the stage back
        self.forgotten.is_some() || (self.stage == Stage::Made && self.generation.is_some())
    }
}

/// A link to ask by.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct LinkRow {
    pub(crate) number: u64,
    pub(crate) name: String,
    pub(crate) made_at: Millis,
    pub(crate) token: Token,
}

/// A right to the own inbox, about which the relay is to be told.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum TokenChange {
    /// it works no longer
    Withdraw(Token),
    /// it works, for a stamp
    Public(Token),
}

/// What time it is for what others judge: the relay's time, where the own clock is far from it.
pub(crate) fn by_relay(own: &Own, now: Millis) -> Millis {
    match own.clock_differs {
        None => now,
        Some(ClockDiffers { ahead: true, by_ms }) => Millis::new(now.get().saturating_sub(by_ms)),
        Some(ClockDiffers { ahead: false, by_ms }) => now.plus(by_ms),
    }
}

/// A time that is not ahead of the relay's: of what is signed before the relay's registrar names it, and must not look as if it came
/// after.
pub(crate) fn not_ahead(own: &Own, now: Millis) -> Millis {
    by_relay(own, now).min(Millis::new(now.get().saturating_sub(own.ahead_ms)))
}
