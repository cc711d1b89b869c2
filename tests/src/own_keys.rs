//! The keys of a device and the state of its account, as a program makes them when it enrols, without the program; and example RUNs.
#![expect(clippy::unwrap_used, reason = "a test's world stops when it cannot be built")]

use lacre_ground::account::{AccountState, DEVICE, Device};
use lacre_ground::address::{Address, Authority};
use lacre_ground::ids::{AccountId, ChannelId, DeviceId, Token};
use lacre_ground::note::NoteSigner;
use lacre_ground::random::{SystemRng, bytes};
use lacre_ground::run::Run;
use lacre_ground::seal::SealSecret;
use lacre_ground::signed::NoteText as _;
use lacre_ground::time::{Clock as _, SystemClock};

/// A device of a new account.
pub(crate) struct OwnKeys {
    pub(crate) account: AccountId,
    pub(crate) device: DeviceId,
    pub(crate) seed: [u8; 32],
    pub(crate) signer: NoteSigner,
    /// state 0, signed
    pub(crate) state: String,
}

impl OwnKeys {
    /// With an inbox at this relay, which nobody opens.
    pub(crate) fn at(relay: &Authority) -> Self {
        let mut rng = SystemRng;
        let (seed, device): ([u8; 32], _) = (bytes(&mut rng), DeviceId::new(bytes(&mut rng)));
        let signer = NoteSigner::new(DEVICE, &seed).unwrap();
        let state = AccountState {
            number: 0,
            previous: None,
            made_at: SystemClock.now(),
            devices: vec![Device {
                id: device,
                signature_key: signer.public().key(),
                inbox: Address { authority: relay.clone(), channel: ChannelId::of_inbox(&Token::random(&mut rng).hash()) },
                inbox_key: SealSecret::random(&mut rng).public().unwrap(),
                public_token: Some(Token::random(&mut rng)),
            }],
        };
        let state = state.sign(&signer).unwrap();
        let (account, _) = AccountState::first(&state).unwrap();
        Self { account, device, seed, signer, state }
    }
}

/// The example RUN with this number.
pub(crate) fn example(number: u64) -> Run {
    "0123456789K".chars().find_map(|digit| Run::parse(&format!("{number}-{digit}")).ok()).unwrap()
}
