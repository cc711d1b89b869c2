//! A member's leaf is replaced only when its own device asked for it: nobody pushes another one out by a re-add, and a
//! re-add that is half done is done by the next.
use lacre_core::MessageTrouble;
use lacre_core::Trouble;
use lacre_core::limits::{FIRST_PAUSE_MS, MAX_WAITING};
use lacre_core::network::NetError;
use lacre_core::view::{Body, ConversationId, Standing, Suite};
use lacre_ground::ids::{AccountId, ChannelId};
use lacre_proto::content::v1 as content;
use lacre_tests::hostile;
use lacre_tests::tap::Tap;
use lacre_tests::world::{Person, World, append_seal, befriend, settle};

const HOUR_MS: u64 = 3_600_000;

struct Choir {
    ana: Person,
    beto: Person,
    carla: Person,
    mala: Person,
    group: ConversationId,
    world: World,
}

/// Ana is the only admin; beto, carla and mala are members.
fn choir() -> Choir {
    let world = World::new();
    let [mut ana, mut beto, mut carla, mut mala] = ["ana", "beto", "carla", "mala"].map(|handle| world.person(handle));
    for other in [&mut beto, &mut carla, &mut mala] {
        befriend(&mut ana, other);
    }
    let members = [beto.account(), carla.account(), mala.account()];
    let group = ana.client.create_group("Coro", &members, Suite::XWing).unwrap();
    settle(&mut [&mut ana, &mut beto, &mut carla, &mut mala]);
    Choir { ana, beto, carla, mala, group, world }
}

fn admins(person: &mut Person, group: &ConversationId) -> Vec<AccountId> {
    let view = person.client.conversation(group).unwrap();
    view.members.iter().filter(|m| m.admin).map(|m| m.account).collect()
}

impl Choir {
    /// The three synchronise for some hours; ana is never told that her profile is used elsewhere.
    fn hours_pass(&mut self, each_ms: u64, rounds: usize) {
        for _ in 0..rounds {
            for person in [&mut self.ana, &mut self.beto, &mut self.carla] {
                person.sync();
                assert_ne!(person.standing(&self.group), Standing::InUseElsewhere, "no copy of the profile is there");
                person.clock.forward(each_ms);
            }
        }
    }

    /// Ana leads the group as before: she removes mala, writes, and is read.
    fn ana_leads(&mut self) {
        let (group, ana, mala) = (self.group.clone(), self.ana.account(), self.mala.account());
        assert_eq!(self.ana.standing(&group), Standing::Active);
        for person in [&mut self.ana, &mut self.beto, &mut self.carla] {
            assert_eq!(admins(person, &group), [ana]);
        }
        self.ana.client.group_remove(&group, &[mala]).unwrap();
        settle(&mut [&mut self.ana, &mut self.beto, &mut self.carla]);
        self.ana.say(&group, "I am here");
        self.carla.say(&group, "so am I");
        settle(&mut [&mut self.ana, &mut self.beto, &mut self.carla]);
        let authenticator = self.ana.client.conversation(&group).unwrap().epoch_authenticator;
        for person in [&mut self.ana, &mut self.beto, &mut self.carla] {
            let view = person.client.conversation(&group).unwrap();
            assert_eq!((view.standing, view.members.len()), (Standing::Active, 3));
            assert_eq!(view.epoch_authenticator, authenticator, "one conversation");
            let texts = person.texts(&group);
            assert!(texts.contains(&"I am here".into()) && texts.contains(&"so am I".into()), "{texts:?}");
        }
    }
}

/// Lines that say that somebody came back with new keys, without anybody who did it.
fn came_back_alone(person: &mut Person, group: &ConversationId, whom: AccountId) -> usize {
    let back = |m: &&lacre_core::view::Message| matches!(m.body, Body::ReAdded { .. }) && m.sender == whom;
    person.history(group).iter().filter(back).count()
}

#[test]
fn a_member_pushes_nobody_out_by_a_re_add_that_was_not_asked_for() {
    let mut c = choir();
    let (group, ana) = (c.group.clone(), c.ana.account());
    c.ana.say(&group, "before");
    settle(&mut [&mut c.ana, &mut c.beto, &mut c.carla, &mut c.mala]);

    let package = hostile::claim(&mut c.mala, ana);
    let (commit, _) = hostile::replacing(&mut c.mala, &group, &[(ana, package)]);
    append_seal(&mut c.mala, &group, &commit);
    c.hours_pass(HOUR_MS, 6);

    c.ana_leads();
    for person in [&mut c.beto, &mut c.carla] {
        assert_eq!(came_back_alone(person, &group, ana), 0);
    }
}

#[test]
fn members_push_nobody_out_two_at_once_either() {
    let mut c = choir();
    let (group, ana, beto) = (c.group.clone(), c.ana.account(), c.beto.account());

    let packages = [ana, beto].map(|whom| (whom, hostile::claim(&mut c.mala, whom)));
    let (commit, _) = hostile::replacing(&mut c.mala, &group, &packages);
    append_seal(&mut c.mala, &group, &commit);
    c.hours_pass(HOUR_MS, 6);

    c.ana_leads();
}

#[test]
fn who_asked_and_was_answered_by_half_comes_back_by_another() {
    let mut c = choir();
    let group = c.group.clone();
    c.ana.client.repair(&group).unwrap();
    c.ana.sync();
    let epoch = c.mala.client.conversation(&group).unwrap().epoch;

    // mala's commit is stored, her invitation never leaves
    let mut tap = Tap::new(&mut c.mala.net);
    let held = || Err(NetError::Unreachable { why: "held back".into() });
    tap.before = Box::new(move |request| if request.seal { Ok(()) } else { held() });
    let _ = c.mala.client.sync(&mut tap);
    drop(tap);
    assert!(c.mala.client.conversation(&group).unwrap().epoch > epoch, "mala has answered");
    c.hours_pass(2 * FIRST_PAUSE_MS, 12);

    c.ana_leads();
}

/// Ana's group with beto and with dario, who are no contacts of each other. Whatever the group learns of dario, he gave
/// nobody a right to write to him, and the newest state of his account has no public one.
struct NoWayBack {
    ana: Person,
    beto: Person,
    dario: Person,
    group: ConversationId,
    _world: World,
}

fn no_way_back() -> NoWayBack {
    let world = World::new();
    let [mut ana, mut beto, mut dario] = ["ana", "beto", "dario"].map(|handle| world.person(handle));
    befriend(&mut ana, &mut beto);
    befriend(&mut ana, &mut dario);
    let members = [beto.account(), dario.account()];
    let group = ana.client.create_group("Coro", &members, Suite::XWing).unwrap();
    settle(&mut [&mut ana, &mut beto]);
    sync_without_words(&mut dario, None);
    let entry = hostile::entry_with(&mut dario, |device| device.public_token = None);
    let device = hostile::device(&entry).id.as_bytes().to_vec();
    let member = content::RosterEntry { device, account: Some(entry), inbox_token: Vec::new() };
    hostile::say(&mut dario, &group, content::content::Kind::Roster(content::Roster { members: vec![member] }));
    ana.sync();
    beto.sync();
    NoWayBack { ana, beto, dario, group, _world: world }
}

/// A round that says nothing in this channel, or nothing at all.
fn sync_without_words(person: &mut Person, only: Option<ChannelId>) {
    let mut tap = Tap::new(&mut person.net);
    let silent = move |channel: &[u8]| only.is_none_or(|only| only.as_bytes().as_slice() == channel);
    let held = || Err(NetError::Unreachable { why: "held back".into() });
    tap.before = Box::new(move |request| if !request.seal && silent(&request.channel) { held() } else { Ok(()) });
    let _ = person.client.sync(&mut tap);
}

#[test]
fn who_cannot_be_told_of_his_return_stops_nobody() {
    let mut w = no_way_back();
    let with_ana = w.beto.with("ana");
    w.dario.client.repair(&w.group).unwrap();
    w.dario.sync();

    // beto answers; ana writes to him elsewhere
    let mut rounds = Vec::new();
    for n in 0..3 {
        let text = format!("to beto, {n}");
        let at_ana = w.ana.with("beto");
        w.ana.say(&at_ana, &text);
        w.beto.say(&with_ana, &format!("to ana, {n}"));
        rounds.push(w.beto.client.sync(&mut w.beto.net).err().map(|e| e.to_string()));
        w.ana.sync();
        w.beto.clock.forward(HOUR_MS);
    }

    assert_eq!(rounds, [None, None, None], "beto's rounds");
    settle(&mut [&mut w.ana, &mut w.beto]);
    assert_eq!(w.beto.texts(&with_ana).len(), 6);
    let group = w.group.clone();
    w.beto.say(&group, "in the group");
    settle(&mut [&mut w.beto, &mut w.ana]);
    assert!(w.ana.texts(&group).contains(&"in the group".into()));
}

/// A commit that adds so many takes more room in the queue (two rosters) than it leaves.
const NEWCOMERS: usize = 17;

#[test]
fn a_full_queue_stops_no_reading() {
    let mut c = choir();
    let newcomers: Vec<AccountId> = (0..NEWCOMERS)
        .map(|n| {
            let mut newcomer = c.world.person(&format!("newcomer{n}"));
            c.ana.client.suppose_contact(&newcomer.client.own_entry().unwrap()).unwrap()
        })
        .collect();
    let group = c.group.clone();
    c.ana.client.group_add(&group, &newcomers).unwrap();
    let full = (0..=MAX_WAITING).find_map(|_| c.ana.client.renew_keys(&group).err());
    assert!(matches!(full, Some(Trouble::Message(MessageTrouble::QueueFull { .. }))), "the queue is full: {full:?}");
    let (at_beto, with_beto) = (c.beto.with("ana"), c.ana.with("beto"));
    c.beto.say(&at_beto, "hello");
    c.beto.sync();

    // the first seal leaves, and nothing behind it
    let mut left = 0;
    let mut tap = Tap::new(&mut c.ana.net);
    tap.before = Box::new(move |request| {
        left += usize::from(request.seal);
        if request.seal && left > 1 { Err(NetError::Unreachable { why: "held back".into() }) } else { Ok(()) }
    });
    let rounds: Vec<_> = (0..2).map(|_| c.ana.client.sync(&mut tap).map(drop)).collect();
    drop(tap);

    assert_eq!(c.ana.texts(&with_beto), ["hello"], "{rounds:?}");
    assert_eq!(c.ana.client.conversation(&group).unwrap().members.len(), 4 + NEWCOMERS, "the own commit is merged: {rounds:?}");
}
