//! Two people and a few, over a real relay.
use lacre_core::limits::ADD_LONGEST_PAUSE_MS;
use lacre_core::view::{Body, Happening, NotAdded, Standing, Suite};
use lacre_tests::tap::Tap;
use lacre_tests::world::{World, befriend, settle};
use std::time::Duration;

#[test]
fn two_people_who_never_met_write_to_each_other() {
    let world = World::new();
    let (mut ana, mut beto) = (world.person("ana"), world.person("beto"));
    befriend(&mut ana, &mut beto);
    let (a, b) = (ana.with("beto"), beto.with("ana"));
    assert_eq!(a, b);
    ana.say(&a, "hola");
    beto.say(&b, "¿cómo estás?");
    settle(&mut [&mut ana, &mut beto]);
    ana.say(&a, "bien");
    settle(&mut [&mut ana, &mut beto]);
    let mut all = ana.texts(&a);
    assert_eq!(all, beto.texts(&b));
    all.sort();
    assert_eq!(all, ["bien", "hola", "¿cómo estás?"]);
}

// The clocks of the machines are those of their owners; the order and the times of a history are the relay's.
#[test]
fn a_clock_two_years_off_loses_and_delays_nothing_in_a_conversation_and_is_seen_only_as_the_writers_own_time() {
    const TWO_YEARS_MS: u64 = 2 * 365 * 86_400_000;
    let world = World::new();
    let (mut ana, mut bruno) = (world.person("ana"), world.person("bruno"));
    befriend(&mut ana, &mut bruno);
    let (of_ana, of_bruno) = (ana.with("bruno"), bruno.with("ana"));
    ana.say(&of_ana, "antes");
    settle(&mut [&mut ana, &mut bruno]);
    bruno.clock.forward(TWO_YEARS_MS);
    for n in 0..3 {
        ana.say(&of_ana, &format!("de ana {n}"));
        bruno.say(&of_bruno, &format!("de bruno {n}"));
        settle(&mut [&mut ana, &mut bruno]);
    }
    let texts = ana.texts(&of_ana);
    assert_eq!(texts.len(), 7, "{texts:?}");
    assert_eq!(bruno.texts(&of_bruno), texts);
    for person in [&mut ana, &mut bruno] {
        assert_eq!(person.standing(&of_ana), Standing::Active);
        let history = person.history(&of_ana);
        let stored: Vec<_> = history.iter().filter_map(|m| m.accepted_at).collect();
        assert!(stored.is_sorted() && stored.last().unwrap().since(stored[0]) < 3_600_000, "the relay's times: {stored:?}");
        let late = history.iter().find(|m| m.body == Body::Text("de bruno 0".into())).unwrap();
        assert!(late.sent_at.since(late.accepted_at.unwrap()) > TWO_YEARS_MS / 2, "what bruno's clock said is shown as such");
    }
}

#[test]
fn what_is_said_of_a_wrong_clock_goes_with_the_first_round_in_which_it_is_right_again() {
    const OFF_MS: u64 = 13 * 3_600_000;
    let world = World::new();
    let mut ana = world.person("ana");
    ana.clock.forward(OFF_MS);
    // what needs a login
    ana.client.set_paused(true).unwrap();
    ana.sync();
    let wrong = ana.client.clock_differs().unwrap();

    ana.clock.back(OFF_MS);
    ana.sync();

    assert!(wrong.is_some_and(|differs| differs.ahead), "{wrong:?}");
    assert_eq!(ana.client.clock_differs().unwrap(), None);
}

#[test]
fn what_is_written_after_the_relay_was_lost_can_be_taken_back() {
    let mut world = World::new();
    let (mut ana, mut beto) = (world.person("ana"), world.person("beto"));
    befriend(&mut ana, &mut beto);
    let both = ana.with("beto");
    ana.client.watch(&mut ana.net, Duration::ZERO).unwrap();
    ana.say(&both, "goes at once");
    assert!(!ana.client.outbox().unwrap()[0].cancellable, "who follows makes the entry in the same step");
    world.stop_relay();
    ana.client.watch(&mut ana.net, Duration::ZERO).unwrap_err();
    ana.say(&both, "thought better of");
    let waiting = ana.client.outbox().unwrap();
    assert_eq!(waiting.iter().map(|w| w.cancellable).collect::<Vec<_>>(), [false, true]);
    ana.client.outbox_cancel(waiting[1].id).unwrap();
    world.start_relay();
    settle(&mut [&mut ana, &mut beto]);
    assert_eq!(beto.texts(&both), ["goes at once"]);
    assert_eq!(ana.texts(&both), ["goes at once"]);
}

#[test]
fn a_group_adds_and_removes_and_everyone_has_the_same_history() {
    let world = World::new();
    let (mut ana, mut beto, mut carla, mut dario) =
        (world.person("ana"), world.person("beto"), world.person("carla"), world.person("dario"));
    befriend(&mut ana, &mut beto);
    befriend(&mut ana, &mut carla);
    befriend(&mut ana, &mut dario);
    let (b, c, d) = (beto.account(), carla.account(), dario.account());
    let group = ana.client.create_group("Mesa", &[b, c], Suite::XWing).unwrap();
    settle(&mut [&mut ana, &mut beto, &mut carla]);
    ana.say(&group, "uno");
    beto.say(&group, "dos");
    carla.say(&group, "tres");
    settle(&mut [&mut ana, &mut beto, &mut carla]);
    ana.client.group_add(&group, &[d]).unwrap();
    settle(&mut [&mut ana, &mut beto, &mut carla, &mut dario]);
    dario.say(&group, "cuatro");
    settle(&mut [&mut ana, &mut beto, &mut carla, &mut dario]);
    let all = ana.texts(&group);
    assert_eq!(all.len(), 4);
    assert_eq!(all, beto.texts(&group));
    assert_eq!(all, carla.texts(&group));
    assert_eq!(dario.texts(&group), ["cuatro"], "a new member reads nothing of before");
    ana.client.group_remove(&group, &[c]).unwrap();
    settle(&mut [&mut ana, &mut beto, &mut carla, &mut dario]);
    ana.say(&group, "sin carla");
    settle(&mut [&mut ana, &mut beto, &mut carla, &mut dario]);
    assert_eq!(carla.standing(&group), Standing::Removed);
    assert!(!carla.texts(&group).contains(&"sin carla".to_owned()));
    assert!(beto.texts(&group).contains(&"sin carla".to_owned()));
    let removed = beto.history(&group).into_iter().any(|m| m.body == Body::Removed { whom: c });
    assert!(removed, "the removal is in the history");
    let authenticators: Vec<_> = [&mut ana, &mut beto, &mut dario]
        .into_iter()
        .map(|p| p.client.conversation(&group).unwrap().epoch_authenticator)
        .collect();
    assert!(authenticators.windows(2).all(|w| w[0] == w[1]));
}

#[test]
fn a_file_arrives_whole_and_a_text_waits_for_the_relay() {
    let mut world = World::new();
    let (mut ana, mut beto) = (world.person("ana"), world.person("beto"));
    befriend(&mut ana, &mut beto);
    let both = ana.with("beto");
    let content: Vec<u8> = (0..300_000u32).map(|i| (i % 251) as u8).collect();
    ana.client.send_file(&both, "informe.pdf", &mut content.as_slice(), content.len() as u64).unwrap();
    settle(&mut [&mut ana, &mut beto]);
    let message = beto.history(&both).into_iter().find(|m| matches!(m.body, Body::File { .. })).expect("a file");
    let mut got = Vec::new();
    beto.client.save_file(&mut beto.net, &message, &mut got).unwrap();
    assert_eq!(got, content);
    world.stop_relay();
    ana.say(&both, "luego");
    assert!(ana.client.sync(&mut ana.net).is_err(), "offline is said");
    assert_eq!(ana.client.outbox().unwrap().len(), 1);
    ana.restart();
    world.start_relay();
    settle(&mut [&mut ana, &mut beto]);
    assert_eq!(beto.texts(&both), ["luego"]);
}

/// The relay answers a claim for beto with a package of its own making: beto's account and device, another key.
#[test]
fn a_relay_that_hands_out_its_own_key_package_under_a_name_adds_nobody() {
    let world = World::new();
    let (mut ana, mut beto, mut mala) = (world.person("ana"), world.person("beto"), world.person("mala"));
    befriend(&mut ana, &mut beto);
    let b = beto.account();
    let (beto_id, beto_device) = (b, beto.client.whoami().unwrap().unwrap().device);
    let group = ana.client.create_group("Mesa", &[b], Suite::XWing).unwrap();
    let forged = forged_package(&mut mala, beto_id, beto_device);
    let mut handed_out = 0;
    {
        let mut tap = Tap::new(&mut ana.net);
        tap.claimed = Box::new(|answer| {
            for device in &mut answer.devices {
                device.key_package.clone_from(&forged);
                handed_out += 1;
            }
        });
        ana.client.sync(&mut tap).unwrap();
    }
    assert_eq!(handed_out, 1, "the lie was told");
    settle(&mut [&mut ana, &mut beto, &mut mala]);
    let members = ana.client.conversation(&group).unwrap().members;
    assert_eq!(members.len(), 1, "nobody was added");
    let told = ana.client.events(0, 1_000).unwrap();
    assert!(told.iter().any(|e| matches!(&e.what, Happening::NotAdded { why: NotAdded::OtherKey, .. })));
    // the next answer is true
    ana.clock.forward(ADD_LONGEST_PAUSE_MS + 1);
    settle(&mut [&mut ana, &mut beto]);
    assert_eq!(ana.client.conversation(&group).unwrap().members.len(), 2);
}

fn forged_package(
    by: &mut lacre_tests::world::Person,
    account: lacre_ground::ids::AccountId,
    device: lacre_ground::ids::DeviceId,
) -> Vec<u8> {
    use lacre_profile::mls::MlsProvider;
    use openmls::prelude::{
        BasicCredential, Capabilities, Ciphersuite, CredentialType, CredentialWithKey, ExtensionType, KeyPackage, MlsMessageOut,
        ProtocolVersion,
    };
    use tls_codec::Serialize as _;
    let any = by.client.create_group("taller", &[], Suite::XWing).unwrap();
    by.client
        .laboratory(&any, |_, step, crypto, key| {
            let identity = [account.as_bytes().as_slice(), device.as_bytes()].concat();
            let suite = Ciphersuite::MLS_256_XWING_CHACHA20POLY1305_SHA256_Ed25519;
            let capabilities = Capabilities::new(
                Some(&[ProtocolVersion::Mls10]),
                Some(&[suite, Ciphersuite::MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519]),
                Some(&[ExtensionType::Unknown(0xF1AC), ExtensionType::LastResort]),
                None,
                Some(&[CredentialType::Basic]),
            );
            let credential = CredentialWithKey {
                credential: BasicCredential::new(identity).into(),
                signature_key: key.public().to_vec().into(),
            };
            let bundle = KeyPackage::builder()
                .leaf_node_capabilities(capabilities)
                .build(suite, &MlsProvider::new(step, crypto), key, credential)
                .unwrap();
            MlsMessageOut::from(bundle.into_key_package()).tls_serialize_detached().unwrap()
        })
        .unwrap()
}
