//! Members without a program: accounts that a relay's registrar has bound and whose devices have key packages, so that
//! they can be added, but read and write nothing. They make a group large.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test's world stops when it cannot be built")]

use crate::own_keys::OwnKeys;
use crate::world::World;
use ed25519_dalek::SigningKey;
use lacre_ground::account::{Binding, REGISTRAR};
use lacre_ground::ids::{AccountId, DeviceId, Handle};
use lacre_ground::note::NoteSigner;
use lacre_ground::signed::NoteText as _;
use lacre_ground::time::{Clock as _, SystemClock};
use lacre_profile::mls::DeviceSigner;
use lacre_proto::relay::v1 as wire;
use openmls::prelude::{
    BasicCredential, Capabilities, Ciphersuite, CredentialType, CredentialWithKey, ExtensionType, KeyPackage, Lifetime,
    MlsMessageOut, ProtocolVersion,
};
use openmls_libcrux_crypto::Provider;
use std::collections::BTreeMap;
use tls_codec::Serialize as _;

const SUITE: Ciphersuite = Ciphersuite::MLS_256_XWING_CHACHA20POLY1305_SHA256_Ed25519;

/// One of them.
pub struct Extra {
    /// the account
    pub account: AccountId,
    /// its directory entry
    pub entry: wire::DirectoryEntry,
    device: DeviceId,
    key: SigningKey,
}

/// All of them, by account.
pub struct Crowd {
    /// in the order of their making
    pub extras: Vec<Extra>,
    places: BTreeMap<AccountId, usize>,
}

impl Crowd {
    /// So many accounts, bound by the registrar of this world's relay.
    #[must_use]
    pub fn new(world: &World, count: usize) -> Self {
        let seed = std::fs::read_to_string(world.data().join("identity.key")).unwrap();
        let seed: [u8; 32] = data_encoding::HEXLOWER.decode(seed.trim().as_bytes()).unwrap().try_into().unwrap();
        let registrar = NoteSigner::new(REGISTRAR, &seed).unwrap();
        let extras: Vec<Extra> = (0..count).map(|n| Extra::new(world, &registrar, n)).collect();
        let places = extras.iter().enumerate().map(|(place, extra)| (extra.account, place)).collect();
        Self { extras, places }
    }

    /// What the relay would answer to a claim; none for an account that is not of the crowd.
    #[must_use]
    pub fn claim(&self, request: &wire::ClaimRequest) -> Option<wire::ClaimResponse> {
        let account = AccountId::try_from(request.account.as_slice()).ok()?;
        let extra = self.extras.get(*self.places.get(&account)?)?;
        let device = wire::DeviceKeyPackage {
            device: extra.device.as_bytes().to_vec(),
            key_package: extra.key_package(),
            last_resort: false,
        };
        Some(wire::ClaimResponse { generation: vec![0; 16], devices: vec![device] })
    }
}

impl Extra {
    fn new(world: &World, registrar: &NoteSigner, n: usize) -> Self {
        let OwnKeys { account, device, seed, state, .. } = OwnKeys::at(world.authority());
        let handle = Handle::parse(&format!("extra{n}")).unwrap();
        let binding = Binding { handle, account, bound_at: SystemClock.now() }.sign(registrar).unwrap();
        let entry = wire::DirectoryEntry { states: vec![state], binding, reset: String::new() };
        Self { account, entry, device, key: SigningKey::from_bytes(&seed) }
    }

    /// A key package of its device; nobody keeps the private keys.
    fn key_package(&self) -> Vec<u8> {
        let credential = CredentialWithKey {
            credential: BasicCredential::new([self.account.as_bytes().as_slice(), self.device.as_bytes()].concat()).into(),
            signature_key: self.key.verifying_key().to_bytes().to_vec().into(),
        };
        let capabilities = Capabilities::new(
            Some(&[ProtocolVersion::Mls10]),
            Some(&[SUITE]),
            Some(&[ExtensionType::Unknown(0xF1AC), ExtensionType::LastResort]),
            None,
            Some(&[CredentialType::Basic]),
        );
        let bundle = KeyPackage::builder()
            .leaf_node_capabilities(capabilities)
            .key_package_lifetime(Lifetime::new(180 * 86_400))
            .build(SUITE, &Provider::new().unwrap(), &DeviceSigner(&self.key), credential)
            .unwrap();
        MlsMessageOut::from(bundle.into_key_package()).tls_serialize_detached().unwrap()
    }
}
