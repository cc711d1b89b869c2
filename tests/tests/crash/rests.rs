//! One thing's failure rests that thing: whatever call fails for one conversation, once or for ever, in whatever way, all
//! others go on; and once it is healed everything is there, once and in order.

use lacre_core::limits::{GIVE_UP_ITEM_MS, LONGEST_REST_MS, RENEW_KEY_PACKAGES_MS};
use lacre_core::network::{NetError, Reason, Refusal};
use lacre_core::view::{Body, ConversationId, RestingThing, Standing, Suite};
use lacre_tests::faulty::Faulty;
use lacre_tests::world::{Person, World, befriend, settle};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Ways in which a call can fail. Reasons that mean something to a client are here too: to whoever meets them for ever,
/// they are a failure like another.
fn failures() -> Vec<(&'static str, NetError)> {
    let refused = |reason| NetError::Refused(Refusal { reason, metadata: BTreeMap::new(), retry_after: None });
    vec![
        ("unreachable", NetError::Unreachable { why: "cut".into() }),
        ("protocol", NetError::Protocol("nonsense".into())),
        ("BAD_FIELD", refused(Reason::BadField)),
        ("LIMIT", refused(Reason::Limit)),
        ("NOT_PERMITTED", refused(Reason::NotPermitted)),
        ("AHEAD", refused(Reason::Ahead)),
        ("CATCH_UP", refused(Reason::CatchUp)),
        ("SEALED", refused(Reason::Sealed)),
        ("STORE_DOWN", refused(Reason::StoreDown)),
        ("unknown", refused(Reason::Unknown)),
    ]
}

/// Ana with beto and carla in conversations of two, and with beto in a group, the one that fails.
struct Scene {
    _world: World,
    ana: Person,
    beto: Person,
    carla: Person,
    group: ConversationId,
    /// channels and inboxes that do not fail
    spared: BTreeSet<Vec<u8>>,
}

impl Scene {
    fn new() -> Self {
        let world = World::new();
        let [mut ana, mut beto, mut carla] = ["ana", "beto", "carla"].map(|handle| world.person(handle));
        befriend(&mut ana, &mut beto);
        befriend(&mut ana, &mut carla);
        let other = beto.account();
        let group = ana.client.create_group("Mesa", &[other], Suite::XWing).unwrap();
        settle(&mut [&mut ana, &mut beto, &mut carla]);
        let with_carla = ana.with("carla");
        let mut spared = BTreeSet::new();
        spared.insert(ana.client.channel_keys(&with_carla).unwrap().channel().as_bytes().to_vec());
        for person in [&mut ana, &mut beto, &mut carla] {
            spared.insert(person.client.inbox_channel().unwrap().as_bytes().to_vec());
        }
        Self { _world: world, ana, beto, carla, group, spared }
    }

    /// Both ways with carla, while the group fails.
    fn goes_on_with_carla(&mut self, what: &str, call: &'static str, failure: &NetError, for_ever: bool) {
        let (ana, carla) = (self.ana.with("carla"), self.carla.with("ana"));
        self.carla.say(&carla, &format!("to ana: {what}"));
        self.carla.sync();
        self.ana.say(&ana, &format!("to carla: {what}"));
        let spared = &self.spared;
        let mut left = if for_ever { u32::MAX } else { 1 };
        let mut net = Faulty::new(
            &mut self.ana.net,
            Box::new(|name, about| {
                let hit = name == call && left > 0 && (about.is_empty() || !spared.contains(about));
                left -= u32::from(hit);
                hit.then(|| failure.clone())
            }),
        );
        for _ in 0..3 {
            match self.ana.client.sync(&mut net) {
                Ok(_) => {}
                Err(why) => assert!(why.is_away() || why.is_full(), "{what}: a round ended with: {why}"),
            }
        }
        drop(net);
        self.carla.sync();
        let both = [format!("to ana: {what}"), format!("to carla: {what}")];
        assert!(self.ana.texts(&ana).ends_with(&both), "{what}: what carla wrote was not read");
        assert!(self.carla.texts(&carla).ends_with(&both), "{what}: what ana wrote did not arrive");
    }

    /// After the longest pause everything that waited is with everybody, in order, and nothing rests.
    fn heals(&mut self, what: &str, said: &[String]) {
        self.ana.clock.forward(LONGEST_REST_MS);
        settle(&mut [&mut self.ana, &mut self.beto, &mut self.carla]);
        assert_eq!(self.ana.client.resting().unwrap(), [], "{what}: rests after it was healed");
        assert_eq!(self.ana.client.outbox().unwrap().len(), 0, "{what}: waits after it was healed");
        let group = self.group.clone();
        assert_eq!(self.beto.texts(&group), said, "{what}: beto has not exactly what was said");
        assert_eq!(self.ana.texts(&group), said, "{what}: ana has not exactly what was said");
    }
}

#[test]
fn whatever_call_fails_for_one_conversation_all_others_go_on_and_it_heals() {
    let mut scene = Scene::new();
    let mut said = Vec::new();
    for call in ["fetch", "append", "open"] {
        for (name, failure) in failures() {
            for for_ever in [false, true] {
                let what = format!("{call} {name} {}", if for_ever { "for ever" } else { "once" });
                if call == "open" {
                    // the next epoch has a channel of its own
                    scene.ana.client.group_rename(&scene.group, &what).unwrap();
                }
                let text = format!("in the group: {what}");
                scene.ana.say(&scene.group.clone(), &text);
                said.push(text);
                scene.goes_on_with_carla(&what, call, &failure, for_ever);
                scene.heals(&what, &said);
            }
        }
    }
}

#[test]
fn a_file_that_cannot_be_stored_waits_alone_and_is_given_up_by_time_with_a_word() {
    let mut scene = Scene::new();
    let group = scene.group.clone();
    let mut said = Vec::new();
    for (name, failure) in failures() {
        let what = format!("put_blob {name} for ever");
        let content = what.as_bytes();
        let size = u64::try_from(content.len()).unwrap();
        scene.ana.client.send_file(&group, "notes.txt", &mut &*content, size).unwrap();
        let text = format!("behind the file: {what}");
        scene.ana.say(&group, &text);
        said.push(text);
        scene.goes_on_with_carla(&what, "put_blob", &failure, true);
        scene.beto.sync();
        if !matches!(failure, NetError::Unreachable { .. }) {
            assert_eq!(scene.beto.texts(&group), said, "{what}: a text waits behind a file");
            let waiting = scene.ana.client.outbox().unwrap();
            assert!(waiting.iter().any(|w| w.trouble.is_some()), "{what}: nobody is told why it waits: {waiting:?}");
        }
        scene.heals(&what, &said);
        let files = scene.beto.history(&group).iter().filter(|m| matches!(m.body, Body::File { .. })).count();
        assert_eq!(files, said.len(), "{what}: each file comes once");
    }

    // for ever is thirty days
    let refused = Refusal { reason: Reason::BadField, metadata: BTreeMap::new(), retry_after: None };
    scene.ana.client.send_file(&group, "never.txt", &mut &b"x"[..], 1).unwrap();
    for (later, waits) in [(GIVE_UP_ITEM_MS - LONGEST_REST_MS - 60_000, 2), (LONGEST_REST_MS + 120_000, 0)] {
        scene.ana.clock.forward(later);
        let refused = refused.clone();
        let rule = move |name: &str, _: &[u8]| (name == "put_blob").then(|| NetError::Refused(refused.clone()));
        let mut net = Faulty::new(&mut scene.ana.net, Box::new(rule));
        scene.ana.client.sync(&mut net).unwrap();
        drop(net);
        assert_eq!(scene.ana.client.outbox().unwrap().len(), waits, "after {later} ms more");
    }
    let told = scene.ana.client.events(0, usize::MAX).unwrap();
    assert!(told.iter().any(|e| format!("{:?}", e.what).contains("a file was given up")), "{told:?}");
    scene.ana.say(&group, "after it");
    said.push("after it".into());
    settle(&mut [&mut scene.ana, &mut scene.beto]);
    assert_eq!(scene.beto.texts(&group), said);
}

#[test]
fn what_the_account_renews_and_the_inbox_fail_without_stopping_a_conversation() {
    for call in ["challenge", "login", "take_stamps", "put_key_packages", "change_tokens", "fetch", "trim"] {
        let mut scene = Scene::new();
        let inbox = scene.ana.client.inbox_channel().unwrap().as_bytes().to_vec();
        let (ana, carla) = (scene.ana.with("carla"), scene.carla.with("ana"));
        let mut said = Vec::new();
        for (name, failure) in failures() {
            let what = format!("{call} {name}");
            // the session has ended, and key packages are to be renewed
            scene.ana.clock.forward(RENEW_KEY_PACKAGES_MS);
            scene.carla.say(&carla, &format!("to ana: {what}"));
            scene.carla.sync();
            scene.ana.say(&ana, &format!("to carla: {what}"));
            said.extend([format!("to ana: {what}"), format!("to carla: {what}")]);
            let rule =
                |asked: &str, about: &[u8]| (asked == call && (about.is_empty() || about == inbox)).then(|| failure.clone());
            let mut net = Faulty::new(&mut scene.ana.net, Box::new(rule));
            for _ in 0..2 {
                if let Err(why) = scene.ana.client.sync(&mut net) {
                    assert!(why.is_away() || why.is_full(), "{what}: a round ended with: {why}");
                }
            }
            drop(net);
            scene.carla.sync();
            assert_eq!(scene.ana.texts(&ana), said, "{what}");
            assert_eq!(scene.carla.texts(&carla), said, "{what}");
        }
        scene.ana.clock.forward(LONGEST_REST_MS);
        scene.ana.sync();
        assert_eq!(scene.ana.client.resting().unwrap(), [], "{call}");
    }
}

#[test]
fn a_conversation_that_fails_ends_no_watch_and_is_shown_with_its_reason() {
    let mut scene = Scene::new();
    let group = scene.group.clone();
    let keys = scene.ana.client.channel_keys(&group).unwrap();
    let failing = keys.channel().as_bytes().to_vec();
    scene.beto.say(&group, "in the group");
    scene.beto.sync();
    {
        let rule = |_: &str, about: &[u8]| (about == failing).then(|| NetError::Protocol("nonsense".into()));
        let mut net = Faulty::new(&mut scene.ana.net, Box::new(rule));
        let (ana, carla) = (scene.ana.client.conversations().unwrap(), scene.carla.with("ana"));
        let with_carla = ana.iter().find(|c| c.peer.as_ref().is_some_and(|p| p.to_string() == "@carla")).unwrap().id.clone();
        scene.carla.say(&carla, "come by itself");
        scene.carla.sync();
        for _ in 0..20 {
            scene.ana.client.watch(&mut net, Duration::from_millis(200)).unwrap();
            let history = scene.ana.client.history(&with_carla, 1, usize::MAX).unwrap();
            if !history.is_empty() {
                break;
            }
        }
        assert_eq!(scene.ana.client.history(&with_carla, 1, usize::MAX).unwrap().len(), 1);
        let resting = scene.ana.client.resting().unwrap();
        let [one] = resting.as_slice() else { panic!("{resting:?}") };
        assert_eq!(one.thing, RestingThing::Conversation(group.clone()));
        assert!(one.why.contains("nonsense"), "{one:?}");
        assert_eq!(scene.ana.client.conversation(&group).unwrap().resting.as_ref(), Some(one));
    }
    scene.ana.clock.forward(LONGEST_REST_MS);
    scene.ana.client.watch(&mut scene.ana.net, Duration::from_millis(200)).unwrap();
    assert_eq!(scene.ana.texts(&group), ["in the group"]);
}

// Seen red without the bound in `is_resting`.
#[test]
fn a_clock_that_was_wrong_for_one_command_keeps_nothing_resting_for_longer_than_a_pause() {
    const YEAR_MS: u64 = 365 * 86_400_000;
    for ahead in [YEAR_MS + 35 * 86_400_000, 8_000 * YEAR_MS] {
        let mut scene = Scene::new();
        let group = scene.group.clone();
        let with_carla = scene.ana.with("carla");
        let mut copy = scene.ana.copy(&scene.ana.dir().with_extension("copy"));
        scene.ana.say(&with_carla, "from the original");
        scene.ana.sync();
        scene.ana.say(&group, "written before");

        scene.ana.clock.forward(ahead);
        copy.clock.forward(ahead);
        scene.ana.client.send_file(&group, "notes.txt", &mut &b"x"[..], 1).unwrap();
        let refused = Refusal { reason: Reason::BadField, metadata: BTreeMap::new(), retry_after: None };
        for _ in 0..2 {
            let refused = refused.clone();
            let mut net = Faulty::new(&mut scene.ana.net, Box::new(move |_, _| Some(NetError::Refused(refused.clone()))));
            let _ = scene.ana.client.sync(&mut net);
        }
        copy.say(&with_carla, "from the copy");
        let _ = copy.client.sync(&mut copy.net);
        assert!(!scene.ana.client.resting().unwrap().is_empty(), "the conversations failed");
        scene.ana.clock.back(ahead);
        copy.clock.back(ahead);

        // no pause later than ever
        scene.ana.clock.forward(LONGEST_REST_MS);
        settle(&mut [&mut scene.ana, &mut scene.beto]);
        assert_eq!(scene.ana.client.resting().unwrap(), []);
        assert_eq!(scene.ana.client.outbox().unwrap().len(), 0);
        assert_eq!(scene.beto.texts(&group), ["written before"]);
        assert!(scene.beto.history(&group).iter().any(|m| matches!(m.body, Body::File { .. })));
        for _ in 0..3 {
            settle(&mut [&mut copy, &mut scene.carla]);
            copy.clock.forward(60_000);
        }
        assert_eq!(copy.standing(&with_carla), Standing::Active, "it asks again to be taken back");
    }
}
