//! Members of groups: who can be added, under which name a member is shown.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::print_stdout,
    reason = "a panic is how a test says no"
)]

use ed25519_dalek::SigningKey;
use lacre_audit::ids::{AccountId, DeviceId};
use lacre_client::OwnKey;
use lacre_client::limits::RENEW_KEY_PACKAGES_MS;
use lacre_client::profile::mls::{DeviceSigner, MlsProvider};
use lacre_client::view::{Body, ConversationId, Happening, Suite};
use lacre_tests::tap::Tap;
use lacre_tests::world::{Person, World, append_seal, befriend, settle};
use openmls::group::MlsGroup;
use openmls::prelude::{
    BasicCredential, Capabilities, Ciphersuite, CredentialType, CredentialWithKey, ExtensionType, KeyPackage,
    KeyPackageVerifyError, MlsMessageBodyIn, MlsMessageIn, OpenMlsProvider, ProtocolVersion,
};
use openmls::treesync::errors::LifetimeError;
use openmls_libcrux_crypto::CryptoProvider;
use std::sync::Mutex;
use tls_codec::{Deserialize as _, Serialize as _};

const DAY_MS: u64 = 86_400_000;

fn names(person: &mut Person, group: &ConversationId) -> Vec<Option<String>> {
    let mut names: Vec<_> = person.client.conversation(group).unwrap().members.into_iter().map(|m| m.handle).collect();
    names.sort();
    names.into_iter().map(|h| h.map(|h| h.to_string())).collect()
}

#[test]
fn a_key_package_that_does_not_outlive_what_the_relay_keeps_adds_nobody() {
    let world = World::new();
    let (mut ana, mut beto) = (world.person("ana"), world.person("beto"));
    befriend(&mut ana, &mut beto);
    let beto_account = beto.account();

    ana.clock.forward(89 * DAY_MS);
    let early = ana.client.create_group("early", &[beto_account], Suite::XWing).unwrap();
    ana.sync();
    ana.clock.forward(2 * DAY_MS);
    let late = ana.client.create_group("late", &[beto_account], Suite::XWing).unwrap();
    ana.sync();

    assert_eq!(names(&mut ana, &early).len(), 2, "89 days old: there are 91 left, and nothing is kept longer than 90");
    assert_eq!(names(&mut ana, &late).len(), 1, "91 days old");
    let told = ana.client.events(0, 1000).unwrap().into_iter().any(|e| {
        matches!(e.what, Happening::Unreadable { conversation: Some(c), reason } if c == late && reason.contains("key package ends"))
    });
    assert!(told, "the adder is told why");
}

#[test]
fn key_packages_and_the_last_resort_are_replaced_when_they_are_a_month_old() {
    let world = World::new();
    let mut beto = world.person("beto");
    let uploads = Mutex::new(Vec::new());
    let sync = |beto: &mut Person| {
        let mut tap = Tap::new(&mut beto.net);
        tap.uploading = Box::new(|request| uploads.lock().unwrap().push(request.clone()));
        beto.client.sync(&mut tap).unwrap();
        drop(tap);
        std::mem::take(&mut *uploads.lock().unwrap())
    };

    beto.clock.forward(RENEW_KEY_PACKAGES_MS - DAY_MS);
    let before = sync(&mut beto);
    beto.clock.forward(DAY_MS);
    let then = sync(&mut beto);
    let after = sync(&mut beto);

    assert!(before.is_empty() && after.is_empty(), "once, and not early");
    let [upload] = then.as_slice() else { panic!("{} uploads", then.len()) };
    assert!(upload.replace_all && upload.one_time.len() >= 20 && upload.last_resort.len() == 2);
    let now = lacre_audit::time::Clock::now(beto.clock.as_ref()).get();
    let crypto = CryptoProvider::new().unwrap();
    for package in upload.one_time.iter().chain(&upload.last_resort) {
        assert!(package.expires_at_ms + 60_000 >= now + 90 * DAY_MS, "handed out for three months more");
        let message = MlsMessageIn::tls_deserialize_exact(package.key_package.as_slice()).unwrap();
        let MlsMessageBodyIn::KeyPackage(package) = message.extract() else { panic!("no key package") };
        // its lifetime begins a day before it was made, by a clock that is a month ahead of the library's
        let Err(KeyPackageVerifyError::LifetimeError(LifetimeError::NotValidYet { not_before, .. })) =
            package.validate(&crypto, ProtocolVersion::Mls10)
        else {
            panic!("not made just now")
        };
        assert!(not_before + 86_400 + 60 >= now / 1000);
    }
}

/// A commit by which a member adds a leaf of his own making that says it is somebody else's device.
fn impostor(
    mls: &mut MlsGroup,
    provider: &MlsProvider<'_, CryptoProvider>,
    signer: &OwnKey,
    account: AccountId,
    device: DeviceId,
) -> Vec<u8> {
    const SUITE: Ciphersuite = Ciphersuite::MLS_256_XWING_CHACHA20POLY1305_SHA256_Ed25519;
    let key = SigningKey::from_bytes(&[3; 32]);
    let credential = CredentialWithKey {
        credential: BasicCredential::new([account.as_bytes().as_slice(), device.as_bytes()].concat()).into(),
        signature_key: key.verifying_key().to_bytes().to_vec().into(),
    };
    let capabilities = Capabilities::new(
        Some(&[ProtocolVersion::Mls10]),
        Some(&[SUITE]),
        Some(&[ExtensionType::Unknown(0xF1AC)]),
        None,
        Some(&[CredentialType::Basic]),
    );
    let package = KeyPackage::builder()
        .leaf_node_capabilities(capabilities)
        .build(SUITE, provider, &DeviceSigner(&key), credential)
        .unwrap()
        .key_package()
        .clone();
    let bundle = mls
        .commit_builder()
        .force_self_update(true)
        .propose_adds([package])
        .load_psks(provider.storage())
        .unwrap()
        .build(provider.rand(), provider.crypto(), signer, |_| true)
        .unwrap()
        .stage_commit(provider)
        .unwrap();
    bundle.into_commit().tls_serialize_detached().unwrap()
}

#[test]
fn a_member_is_shown_under_a_name_only_if_the_account_has_the_key_of_its_leaf() {
    let world = World::new();
    let (mut mala, mut beto, mut dora) = (world.person("mala"), world.person("beto"), world.person("dora"));
    befriend(&mut mala, &mut beto);
    befriend(&mut mala, &mut dora);
    befriend(&mut beto, &mut dora);
    let who = dora.client.whoami().unwrap().unwrap();
    let beto_account = beto.account();
    let honest = mala.client.create_group("honest", &[beto_account, who.account], Suite::XWing).unwrap();
    let hostile = mala.client.create_group("hostile", &[beto_account], Suite::XWing).unwrap();
    settle(&mut [&mut mala, &mut beto, &mut dora]);

    let commit = mala
        .client
        .laboratory(&hostile, |mls, step, crypto, key| {
            impostor(mls, &MlsProvider::new(step, crypto), key, who.account, who.device)
        })
        .unwrap();
    append_seal(&mut mala, &hostile, &commit);
    beto.sync();

    let named = |names: &[&str]| -> Vec<Option<String>> { names.iter().map(|n| Some((*n).to_owned())).collect() };
    assert_eq!(names(&mut beto, &honest), named(&["@beto", "@dora", "@mala"]));
    let mut expected = named(&["@beto", "@mala"]);
    expected.insert(0, None);
    assert_eq!(names(&mut beto, &hostile), expected, "a third member is there, and has no name");
    let added = |m: &&lacre_client::view::Message| matches!(m.body, Body::Added { whom } if whom == who.account);
    let (good, bad) = (beto.history(&honest), beto.history(&hostile));
    assert_eq!(good.iter().find(added).map(|m| m.whom_handle.is_some()), None, "she was there before beto");
    assert_eq!(bad.iter().find(added).map(|m| m.whom_handle.clone()), Some(None));
}
