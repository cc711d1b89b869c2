//! Attacks that succeeded on the way here: each was seen red, and would end, stop or empty somebody else.
use lacre_core::limits::SUCCESSOR_AFTER_MS;
use lacre_core::network::Network as _;
use lacre_core::view::{ConversationId, Standing, Suite};
use lacre_profile::mls::MlsProvider;
use lacre_proto::relay::v1 as wire;
use lacre_tests::hostile;
use lacre_tests::lying::{Lie, Lying};
use lacre_tests::world::{Person, World, append, append_seal, befriend, settle};
use openmls::prelude::{
    BasicCredential, Capabilities, CredentialType, CredentialWithKey, ExtensionType, KeyPackage, Lifetime, MlsMessageOut,
    OpenMlsProvider as _, ProtocolVersion,
};
use tls_codec::Serialize as _;

const HOUR_MS: u64 = 3_600_000;

struct Choir {
    ana: Person,
    beto: Person,
    carla: Person,
    malo: Person,
    mala: Person,
    group: ConversationId,
    _world: World,
}

/// Ana is the only admin; beto, mala, carla and malo are members, in this order in the tree.
fn choir() -> Choir {
    choir_in(World::new())
}

fn choir_in(world: World) -> Choir {
    let [mut ana, mut beto, mut carla, mut malo, mut mala] =
        ["ana", "beto", "carla", "malo", "mala"].map(|handle| world.person(handle));
    for other in [&mut beto, &mut carla, &mut malo, &mut mala] {
        befriend(&mut ana, other);
    }
    let members = [beto.account(), mala.account(), carla.account(), malo.account()];
    let group = ana.client.create_group("Coro", &members, Suite::XWing).unwrap();
    settle(&mut [&mut ana, &mut beto, &mut carla, &mut malo, &mut mala]);
    Choir { ana, beto, carla, malo, mala, group, _world: world }
}

fn unreadables(person: &mut Person) -> Vec<String> {
    let events = person.client.events(0, 10_000).unwrap();
    events
        .into_iter()
        .filter_map(|e| match e.what {
            lacre_core::view::Happening::Unreadable { reason, .. } => Some(reason),
            _ => None,
        })
        .collect()
}

/// A commit with a lie in it.
fn lying_commit(by: &mut Person, group: &ConversationId, lie: Lie) -> (Vec<u8>, usize) {
    by.client
        .laboratory(group, |mls, step, crypto, key| {
            let lying = Lying::new(crypto, lie);
            let provider = MlsProvider::new(step, &lying);
            let builder = mls.commit_builder().force_self_update(true).load_psks(provider.storage()).unwrap();
            let built = builder.build(provider.rand(), provider.crypto(), key, |_| true).unwrap();
            let commit = built.stage_commit(&provider).unwrap().into_commit().tls_serialize_detached().unwrap();
            let leaf = mls.pending_commit().unwrap().update_path_leaf_node().unwrap();
            (commit, leaf.tls_serialize_detached().unwrap().len())
        })
        .unwrap()
}

/// A commit with nothing but fresh keys, the leaf's of which nobody can encrypt to; perhaps with a spoiled path secret.
fn dead_leaf(by: &mut Person, group: &ConversationId, spoiled: Option<usize>) -> Vec<u8> {
    (0..8)
        .map(|n| spoiled.map_or(Lie::PublicKey(n), |at| Lie::PublicKeyAndPathSecret(n, at)))
        .map(|lie| lying_commit(by, group, lie))
        .find(|(_, leaf)| *leaf < 1_000)
        .expect("a leaf without its key")
        .0
}

/// A round, and whether the program lived through it.
fn round(person: &mut Person) -> Result<(), String> {
    let (client, net) = (&mut person.client, &mut person.net);
    let lived = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| client.sync(net).map(drop).map_err(|e| e.to_string())));
    lived.unwrap_or_else(|_| Err("the program ended with a panic".into()))
}

/// Three starts of the program, a day between them.
fn three_starts(person: &mut Person) -> [Result<(), String>; 3] {
    std::array::from_fn(|_| {
        person.restart();
        let went = round(person);
        person.clock.forward(24 * HOUR_MS);
        went
    })
}

#[test]
fn a_contact_whose_leaf_has_no_key_ends_nobodys_program() {
    let world = World::new();
    let [mut ana, mut mala] = ["ana", "mala"].map(|handle| world.person(handle));
    befriend(&mut ana, &mut mala);
    let with_ana = mala.with("ana");

    let commit = dead_leaf(&mut mala, &with_ana, None);
    append_seal(&mut mala, &with_ana, &commit);
    ana.sync();
    // when fresh keys are due
    ana.clock.forward(15 * 24 * HOUR_MS);

    assert_eq!(three_starts(&mut ana), [Ok(()), Ok(()), Ok(())]);
}

#[test]
fn who_asks_to_be_a_contact_ends_nobodys_program() {
    let world = World::new();
    let [mut ana, mut mala] = ["ana", "mala"].map(|handle| world.person(handle));
    let package = dead_package(&mut mala);
    put_packages(&mut mala, package);
    let who = ana.client.whoami().unwrap().unwrap().handle;
    mala.client.contact_add(&mut mala.net, &who, "hello").unwrap();
    mala.sync();
    ana.sync();

    let mala = mala.account();
    ana.client.contact_accept(&mala).unwrap();
    assert_eq!(three_starts(&mut ana), [Ok(()), Ok(()), Ok(())]);
}

#[test]
fn whom_a_spoiled_path_puts_out_comes_back_and_no_program_ends() {
    let mut c = choir();
    let group = c.group.clone();

    let commit = dead_leaf(&mut c.mala, &group, Some(1));
    append_seal(&mut c.mala, &group, &commit);
    let mut ended = Vec::new();
    for _ in 0..12 {
        for (who, person) in [("ana", &mut c.ana), ("beto", &mut c.beto), ("carla", &mut c.carla), ("malo", &mut c.malo)] {
            ended.extend(round(person).err().map(|why| format!("{who}: {why}")));
            person.clock.forward(HOUR_MS);
        }
    }

    let standings = [&mut c.ana, &mut c.beto, &mut c.carla, &mut c.malo].map(|p| p.standing(&group));
    assert_eq!((standings, ended), ([Standing::Active; 4], Vec::new()));
}

/// A session of the account.
fn session(by: &mut Person) -> Vec<u8> {
    let who = by.client.whoami().unwrap().unwrap();
    let (account, device) = (who.account.as_bytes().to_vec(), who.device.as_bytes().to_vec());
    let challenge = wire::ChallengeRequest { account: account.clone(), device: device.clone() };
    let challenge = by.net.challenge(&who.relay, challenge).unwrap().challenge;
    let identity = who.relay.identity();
    let parts: [&[u8]; 4] = [identity.as_bytes(), &account, &device, &challenge];
    let statement = lacre_ground::label::message(lacre_ground::label::Label::Login, &parts);
    let signature = hostile::sign(by, &statement);
    by.net.login(&who.relay, wire::LoginRequest { account, device, challenge, signature }).unwrap().session
}

fn own_credential(by: &mut Person, key: &[u8; 32]) -> CredentialWithKey {
    let who = by.client.whoami().unwrap().unwrap();
    let identity = [who.account.as_bytes().as_slice(), who.device.as_bytes()].concat();
    CredentialWithKey { credential: BasicCredential::new(identity).into(), signature_key: key.to_vec().into() }
}

fn now_s() -> u64 {
    lacre_ground::time::Clock::now(&lacre_ground::time::SystemClock).get() / 1000
}

fn builder(extensions: &[ExtensionType]) -> openmls::prelude::KeyPackageBuilder {
    let versions = [ProtocolVersion::Mls10];
    let capabilities =
        Capabilities::new(Some(&versions), Some(&[hostile::SUITE]), Some(extensions), None, Some(&[CredentialType::Basic]));
    let lifetime = Lifetime::init(now_s() - 86_400, now_s() + 180 * 86_400);
    KeyPackage::builder().leaf_node_capabilities(capabilities).key_package_lifetime(lifetime)
}

/// A key package that no conversation can take: its device does not say that it can what all conversations demand.
fn poor_package(by: &mut Person) -> KeyPackage {
    let key = hostile::with_key(by, |key| key.public());
    let credential = own_credential(by, &key);
    let provider = openmls_libcrux_crypto::Provider::default();
    hostile::with_key(by, |key| {
        builder(&[ExtensionType::LastResort]).build(hostile::SUITE, &provider, key, credential).unwrap().key_package().clone()
    })
}

/// A key package whose init key nobody can encrypt to.
fn dead_package(by: &mut Person) -> KeyPackage {
    let key = hostile::with_key(by, |key| key.public());
    let credential = own_credential(by, &key);
    let bench = by.client.create_group("bench", &[], Suite::XWing).unwrap();
    let made = |n: usize| {
        let credential = credential.clone();
        by.client
            .laboratory(&bench, move |_, step, crypto, key| {
                let lying = Lying::new(crypto, Lie::PublicKey(n));
                let provider = MlsProvider::new(step, &lying);
                let known = [ExtensionType::Unknown(hostile::CONTEXT), ExtensionType::LastResort];
                builder(&known).build(hostile::SUITE, &provider, key, credential).unwrap().key_package().clone()
            })
            .unwrap()
    };
    (0..4).map(made).find(|package| package.hpke_init_key().as_slice().len() == 5).expect("a package without its key")
}

/// Puts this key package into the directory in the place of all own ones.
fn put_packages(by: &mut Person, package: KeyPackage) {
    let at = by.client.whoami().unwrap().unwrap().relay;
    let package = wire::KeyPackage {
        suite: u32::from(u16::from(hostile::SUITE)),
        key_package: MlsMessageOut::from(package).tls_serialize_detached().unwrap(),
        expires_at_ms: (now_s() + 80 * 86_400) * 1000,
    };
    let session = session(by);
    let request =
        wire::PutKeyPackagesRequest { session, one_time: vec![package.clone()], last_resort: vec![package], replace_all: true };
    by.net.put_key_packages(&at, request).unwrap();
}

#[test]
fn one_contacts_key_package_keeps_nobody_else_out_of_a_group() {
    let world = World::new();
    let [mut ana, mut beto, mut mala] = ["ana", "beto", "mala"].map(|handle| world.person(handle));
    befriend(&mut ana, &mut beto);
    befriend(&mut ana, &mut mala);

    let package = poor_package(&mut mala);
    put_packages(&mut mala, package);
    let (beto_account, mala_account) = (beto.account(), mala.account());
    ana.client.create_group("Mesa", &[beto_account, mala_account], Suite::XWing).unwrap();
    settle(&mut [&mut ana, &mut beto]);

    let there = beto.client.conversations().unwrap().iter().any(|c| c.name == "Mesa");
    assert!(there, "beto is in the group: {:?}", unreadables(&mut ana));
}

#[test]
fn one_members_key_package_keeps_nobody_else_out_of_a_successor() {
    let mut c = choir();
    let group = c.group.clone();

    let package = poor_package(&mut c.malo);
    put_packages(&mut c.malo, package);
    let (commit, _) = lying_commit(&mut c.mala, &group, Lie::ConfirmationTag);
    append(&mut c.mala, &group, &commit, true);
    for _ in 0..2 {
        for person in [&mut c.ana, &mut c.beto, &mut c.carla, &mut c.malo] {
            person.sync();
        }
    }
    c.ana.clock.forward(SUCCESSOR_AFTER_MS);
    settle(&mut [&mut c.ana, &mut c.beto, &mut c.carla]);

    let standings = [&mut c.ana, &mut c.beto, &mut c.carla].map(|p| p.standing(&group));
    let members = c.ana.client.conversation(&group).unwrap().members.len();
    assert_eq!((standings, members), ([Standing::Active; 3], 3), "{:?}", unreadables(&mut c.ana));
}
