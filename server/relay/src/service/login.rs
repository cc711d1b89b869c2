//! How a device logs in: a challenge, its signature, a short session.
//!
//! The relay keeps nothing for a challenge: it is an instant and a MAC, under a key of the relay's identity, over that instant,
//! that identity, account and device. So several processes of one relay take one another's. It is not single use. That is safe
//! because the signature covers all four: whoever could show it again, within its minute, got it from inside the device's own TLS
//! connection or from the device, and would win a session of that same device on that same relay. Keeping a memory of challenges
//! instead would let anyone fill it.
//!
//! A session ([`lacre_store::sessions`]) ends when a state is stored that has not its device with its key; who opens one looks at
//! the newest state again behind it, because such a state may have come in between.

use super::Context;
use lacre_ground::account::{AccountState, DEVICE, Device};
use lacre_ground::address::{Address, Authority};
use lacre_ground::ids::{ChannelId, DeviceId, Identity, Token};
use lacre_ground::label::{self, Label};
use lacre_ground::note::NoteSigner;
use lacre_ground::random::{self, Rng};
use lacre_ground::seal::SealSecret;
use lacre_ground::signed::NoteText as _;
use lacre_ground::time::Millis;
use lacre_store::bodies::BodyKey;
use lacre_store::counter::ClerkKey;
use lacre_store::rules::Rules;
use lacre_store::speaker::Speaker;
use std::sync::Arc;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// Makes and checks challenges.
pub(crate) struct Challenges {
    key: Zeroizing<[u8; 32]>,
    identity: Identity,
}

impl Challenges {
    pub(crate) fn new(context: &Context) -> Self {
        Self { key: context.challenge_key.clone(), identity: context.identity }
    }

    /// For a device. The same for accounts that are not there.
    pub(crate) fn make(&self, now: Millis, who: &Speaker) -> [u8; 32] {
        self.make_for(Label::Challenge, now, &[who.account.as_bytes(), who.device.as_bytes()])
    }

    /// For a clerk of the counter. The same for keys that are nobody's.
    pub(crate) fn make_for_clerk(&self, now: Millis, key: &ClerkKey) -> [u8; 32] {
        self.make_for(Label::CounterChallenge, now, &[&key.0])
    }

    /// For a public body. The same for keys that are nobody's.
    pub(crate) fn make_for_body(&self, now: Millis, key: &BodyKey) -> [u8; 32] {
        self.make_for(Label::AgencyChallenge, now, &[&key.0])
    }

    /// Eight bytes of time, 24 bytes of MAC.
    fn make_for(&self, label: Label, now: Millis, who: &[&[u8]]) -> [u8; 32] {
        let time = now.get().to_be_bytes();
        let parts = [&[time.as_slice(), self.identity.as_bytes()], who].concat();
        let mac = label::mac(&self.key, label, &parts);
        let mut out = [0; 32];
        for (to, from) in out.iter_mut().zip(time.iter().chain(mac.iter())) {
            *to = *from;
        }
        out
    }

    /// Made here, for this device, and not too long ago.
    pub(crate) fn holds(&self, now: Millis, rules: &Rules, who: &Speaker, challenge: &[u8; 32]) -> bool {
        Self::is_fresh(now, rules, challenge, |made| self.make(made, who))
    }

    /// The same for a clerk.
    pub(crate) fn holds_for_clerk(&self, now: Millis, rules: &Rules, key: &ClerkKey, challenge: &[u8; 32]) -> bool {
        Self::is_fresh(now, rules, challenge, |made| self.make_for_clerk(made, key))
    }

    /// The same for a body.
    pub(crate) fn holds_for_body(&self, now: Millis, rules: &Rules, key: &BodyKey, challenge: &[u8; 32]) -> bool {
        Self::is_fresh(now, rules, challenge, |made| self.make_for_body(made, key))
    }

    fn is_fresh(now: Millis, rules: &Rules, challenge: &[u8; 32], make: impl FnOnce(Millis) -> [u8; 32]) -> bool {
        let Some(time) = challenge.first_chunk::<8>() else { return false };
        let made = Millis::new(u64::from_be_bytes(*time));
        let same: bool = make(made).ct_eq(challenge).into();
        same && made <= now && now.since(made) < rules.challenge_lifetime_ms
    }

    /// The device's signature over the challenge. A device that is not there is checked all the same, against a key that
    /// nobody has: the answer and its time say nothing.
    pub(crate) fn signed(&self, who: &Speaker, challenge: &[u8; 32], signature: &[u8; 64], state: Option<&AccountState>) -> bool {
        let device = state.and_then(|s| s.device(who.device));
        let decoy = || ed25519_dalek::SigningKey::from_bytes(&self.key).verifying_key();
        let key = device.and_then(|d| ed25519_dalek::VerifyingKey::from_bytes(&d.signature_key).ok());
        let parts: [&[u8]; 4] = [self.identity.as_bytes(), who.account.as_bytes(), who.device.as_bytes(), challenge];
        let message = label::message(Label::Login, &parts);
        let good = key.unwrap_or_else(decoy).verify_strict(&message, &ed25519_dalek::Signature::from_bytes(signature)).is_ok();
        good && key.is_some()
    }
}

/// The state of an account of one device, which is nobody's: reading it takes as long as reading another.
pub(crate) fn decoy(identity: Identity, rng: &mut dyn Rng) -> Arc<str> {
    let build = |rng: &mut dyn Rng| -> Option<String> {
        let signer = NoteSigner::new(DEVICE, &random::bytes(rng)).ok()?;
        let device = Device {
            id: DeviceId::new(random::bytes(rng)),
            signature_key: signer.public().key(),
            inbox: Address {
                authority: Authority::new("relay.example.org", 7443, identity).ok()?,
                channel: ChannelId::new(random::bytes(rng)),
            },
            inbox_key: SealSecret::random(rng).public().ok()?,
            public_token: Some(Token::new(random::bytes(rng))),
        };
        AccountState { number: 0, previous: None, made_at: Millis::new(0), devices: vec![device] }.sign(&signer).ok()
    };
    build(rng).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use lacre_ground::ids::AccountId;
    use lacre_ground::random::SystemRng;

    fn who(n: u8) -> Speaker {
        Speaker { account: AccountId::new([n; 32]), device: DeviceId::new([n; 16]) }
    }
    fn at(ms: u64) -> Millis {
        Millis::new(1_000_000 + ms)
    }

    #[test]
    fn the_decoy_is_read_as_a_state_and_is_another_at_each_start() {
        let of = || decoy(Identity::new([1; 32]), &mut SystemRng);
        assert_eq!(AccountState::stored(&of()).unwrap().devices.len(), 1);
        assert_ne!(of(), of());
    }

    #[test]
    fn a_challenge_works_for_its_device_its_relay_and_its_minute_only() {
        let rules = Rules::default();
        let under = |key| Challenges { key: Zeroizing::new([key; 32]), identity: Identity::new([1; 32]) };
        let challenges = under(1);
        let made = challenges.make(at(0), &who(1));
        assert!(challenges.holds(at(0), &rules, &who(1), &made));
        assert!(challenges.holds(at(59_999), &rules, &who(1), &made));
        assert!(!challenges.holds(at(60_000), &rules, &who(1), &made), "too late");
        assert!(!challenges.holds(Millis::new(999_999), &rules, &who(1), &made), "from the future");
        assert!(!challenges.holds(at(0), &rules, &who(2), &made), "another device");
        assert!(under(1).holds(at(0), &rules, &who(1), &made), "another process of the same relay");
        assert!(!under(2).holds(at(0), &rules, &who(1), &made), "another key");
        for bit in 0..256 {
            let mut changed = made;
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(!challenges.holds(at(0), &rules, &who(1), &changed), "bit {bit}");
        }
    }
}
