//! How a device logs in: a challenge, its signature, a short session.
//!
//! The relay keeps nothing for a challenge: it is an instant and a MAC, under a key of this process, over that instant,
//! the relay's identity, account and device. It is not single use. That is safe because the signature covers all four:
//! whoever could show it again, within its minute, got it from inside the device's own TLS connection or from the device,
//! and would win a session of that same device on that same relay. Keeping a memory of challenges instead would let anyone
//! fill it. Sessions live in memory; only hashes of their tokens are kept.
//!
//! A session is its device's, with the key that it logged in with. It ends when a state is stored that has not both; who
//! opens one looks at the newest state again behind it, because such a state may have come in between.

use lacre_ground::account::{AccountState, DEVICE, Device};
use lacre_ground::address::{Address, Authority};
use lacre_ground::ids::{AccountId, ChannelId, DeviceId, Identity, Session, Token, TokenHash};
use lacre_ground::label::{self, Label};
use lacre_ground::note::NoteSigner;
use lacre_ground::random::{self, Rng};
use lacre_ground::seal::SealSecret;
use lacre_ground::signed::NoteText as _;
use lacre_ground::time::Millis;
use lacre_store::bodies::BodyKey;
use lacre_store::channels::Limited;
use lacre_store::counter::ClerkKey;
use lacre_store::rules::{Limit, Rules};
use lacre_store::speaker::Speaker;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// Makes and checks challenges.
pub(crate) struct Challenges {
    key: Zeroizing<[u8; 32]>,
    identity: Identity,
}

impl Challenges {
    pub(crate) fn new(identity: Identity, rng: &mut dyn Rng) -> Self {
        Self { key: Zeroizing::new(random::bytes(rng)), identity }
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

/// A device and its signature key.
pub(crate) type Key = (DeviceId, [u8; 32]);

#[derive(Default)]
struct Table {
    open: HashMap<TokenHash, (Speaker, Millis)>,
    /// sessions of each account, oldest first: at most devices × sessions of one device
    accounts: HashMap<AccountId, Vec<(Key, TokenHash)>>,
    /// in the order they end
    ends: VecDeque<(Millis, TokenHash)>,
}

impl Table {
    fn close(&mut self, token: &TokenHash) {
        let Some((who, _)) = self.open.remove(token) else { return };
        if let Some(of_account) = self.accounts.get_mut(&who.account) {
            of_account.retain(|(_, t)| t != token);
            if of_account.is_empty() {
                self.accounts.remove(&who.account);
            }
        }
    }
    fn close_ended(&mut self, now: Millis) {
        while let Some((_, token)) = self.ends.pop_front_if(|(ends, _)| *ends <= now) {
            self.close(&token);
        }
        // sessions that were closed early leave their end behind; forget them before they are the most
        if self.ends.len() > 2 * self.open.len() + 64 {
            self.ends.retain(|(_, token)| self.open.contains_key(token));
        }
    }
}

/// The sessions of all devices.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<Table>);

impl Sessions {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens one; ends the device's oldest when it has too many.
    pub(crate) fn open(
        &self,
        now: Millis,
        rules: &Rules,
        who: Speaker,
        key: [u8; 32],
        session: &Session,
    ) -> Result<Millis, Limited> {
        let mut table = self.table();
        table.close_ended(now);
        let mine: Vec<TokenHash> = table.accounts.get(&who.account).map_or(Vec::new(), |all| {
            all.iter().filter(|((device, _), _)| *device == who.device).map(|(_, token)| *token).collect()
        });
        let keep = usize::try_from(rules.sessions_per_device.saturating_sub(1)).unwrap_or(usize::MAX);
        for token in mine.iter().take(mine.len().saturating_sub(keep)) {
            table.close(token);
        }
        if table.open.len() >= usize::try_from(rules.max_sessions).unwrap_or(usize::MAX) {
            let retry_after_ms = table.ends.front().map(|(ends, _)| ends.since(now));
            return Err(Limited { limit: Limit::MaxSessions, value: rules.max_sessions.into(), retry_after_ms });
        }
        let (token, ends) = (session.hash(), now.plus(rules.session_lifetime_ms));
        table.open.insert(token, (who, ends));
        table.accounts.entry(who.account).or_default().push(((who.device, key), token));
        table.ends.push_back((ends, token));
        Ok(ends)
    }

    /// Whose session this is.
    pub(crate) fn who(&self, now: Millis, session: &Session) -> Option<Speaker> {
        self.table().open.get(&session.hash()).filter(|(_, ends)| *ends > now).map(|(who, _)| *who)
    }

    /// Ends this one.
    pub(crate) fn close(&self, session: &Session) {
        self.table().close(&session.hash());
    }

    /// Ends the sessions of an account's devices that left it, or have another key.
    pub(crate) fn keep_only(&self, account: &AccountId, devices: &[Key]) {
        let mut table = self.table();
        let gone: Vec<TokenHash> = table.accounts.get(account).map_or(Vec::new(), |all| {
            all.iter().filter(|(device, _)| !devices.contains(device)).map(|(_, token)| *token).collect()
        });
        for token in &gone {
            table.close(token);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
        let challenges = Challenges::new(Identity::new([1; 32]), &mut SystemRng);
        let made = challenges.make(at(0), &who(1));
        assert!(challenges.holds(at(0), &rules, &who(1), &made));
        assert!(challenges.holds(at(59_999), &rules, &who(1), &made));
        assert!(!challenges.holds(at(60_000), &rules, &who(1), &made), "too late");
        assert!(!challenges.holds(Millis::new(999_999), &rules, &who(1), &made), "from the future");
        assert!(!challenges.holds(at(0), &rules, &who(2), &made), "another device");
        assert!(!Challenges::new(Identity::new([1; 32]), &mut SystemRng).holds(at(0), &rules, &who(1), &made), "another key");
        for bit in 0..256 {
            let mut changed = made;
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(!challenges.holds(at(0), &rules, &who(1), &changed), "bit {bit}");
        }
    }

    #[test]
    fn a_session_ends_with_its_time_and_with_its_device() {
        let (rules, sessions) = (Rules::default(), Sessions::default());
        let (a, b) = (Session::random(&mut SystemRng), Session::random(&mut SystemRng));
        let second = Speaker { device: DeviceId::new([9; 16]), ..who(1) };
        sessions.open(at(0), &rules, who(1), [1; 32], &a).unwrap();
        let ends = sessions.open(at(1), &rules, second, [9; 32], &b).unwrap();
        assert_eq!(sessions.who(at(2), &a), Some(who(1)));
        sessions.keep_only(&who(1).account, &[(second.device, [9; 32])]);
        assert_eq!(sessions.who(at(2), &a), None);
        assert_eq!(sessions.who(at(2), &b), Some(second));
        assert_eq!(sessions.who(ends, &b), None);
        sessions.keep_only(&who(1).account, &[(second.device, [8; 32])]);
        assert_eq!(sessions.who(at(2), &b), None, "the device has another key");
        assert_eq!(sessions.who(at(2), &Session::random(&mut SystemRng)), None);
    }

    #[test]
    fn sessions_are_bounded_by_device_and_in_all_and_leave_nothing_behind() {
        let rules = Rules { max_sessions: 5, sessions_per_device: 2, ..Rules::default() };
        let sessions = Sessions::default();
        let mut tokens = Vec::new();
        for n in 0..200 {
            let token = Session::random(&mut SystemRng);
            sessions.open(at(n), &rules, who(1), [1; 32], &token).unwrap();
            tokens.push(token);
        }
        assert_eq!(sessions.who(at(200), &tokens[197]), None);
        assert!(sessions.who(at(200), &tokens[198]).is_some() && sessions.who(at(200), &tokens[199]).is_some());
        for n in 2..5 {
            sessions.open(at(200), &rules, who(n), [1; 32], &Session::random(&mut SystemRng)).unwrap();
        }
        let full = sessions.open(at(200), &rules, who(5), [1; 32], &Session::random(&mut SystemRng)).unwrap_err();
        assert_eq!(full.limit, Limit::MaxSessions);
        assert!(sessions.table().ends.len() < 100);
        let later = at(200 + rules.session_lifetime_ms);
        sessions.open(later, &rules, who(5), [1; 32], &Session::random(&mut SystemRng)).unwrap();
        let table = sessions.table();
        assert_eq!((table.open.len(), table.accounts.len(), table.ends.len()), (1, 1, 1));
    }
}
