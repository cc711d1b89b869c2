//! Who joins judges what it is led into: tree and context, by a maker who obeys nothing.
use lacre_core::network::NetError;
use lacre_core::view::{Body, ConversationId, Standing, Suite};
use lacre_proto::content::v1::{self as content, Allowed, ConversationContext, ConversationKind};
use lacre_tests::hostile::{self, OwnGroup};
use lacre_tests::tap::Tap;
use lacre_tests::world::{Person, World, befriend, settle};
use openmls::prelude::KeyPackage;

fn fresh_id() -> [u8; 32] {
    lacre_ground::random::bytes(&mut lacre_ground::random::SystemRng)
}

fn context(by: &mut Person, kind: ConversationKind, name: &str, admins: &[&[u8]]) -> ConversationContext {
    ConversationContext {
        version: 1,
        kind: kind.into(),
        authority: by.client.whoami().unwrap().unwrap().relay.to_string(),
        name: name.to_owned(),
        admins: admins.iter().map(|a| a.to_vec()).collect(),
        description: String::new(),
        may_add: Allowed::Admins.into(),
        may_write: Allowed::Everyone.into(),
        stays_s: 0,
        origin: None,
    }
}

/// Invites ana into a group of mala's making, with these leaves beside them; whether she is in one more conversation.
fn takes(ana: &mut Person, mala: &mut Person, context: &ConversationContext, further: Vec<KeyPackage>) -> bool {
    let before = ana.client.conversations().unwrap().len();
    let entry = ana.client.own_entry().unwrap();
    OwnGroup::new(mala, &fresh_id(), context).invite(mala, &[&entry], further);
    ana.sync();
    ana.client.conversations().unwrap().len() > before
}

#[test]
fn who_joins_refuses_a_tree_or_context_that_no_conversation_may_have() {
    let world = World::new();
    let [mut ana, mut mala, mut malo] = ["ana", "mala", "malo"].map(|handle| world.person(handle));
    befriend(&mut ana, &mut mala);
    let accounts = [&mut ana, &mut mala, &mut malo].map(|p| p.account());
    let [a, m, o] = accounts.each_ref().map(|account| account.as_bytes().as_slice());

    let whole = context(&mut mala, ConversationKind::Group, "Whole", &[m]);
    assert!(takes(&mut ana, &mut mala, &whole, Vec::new()), "one that a conversation may have is taken");
    let third = hostile::claim(&mut mala, accounts[2]);
    assert!(takes(&mut ana, &mut mala, &whole, vec![third]), "with others in it too");

    let hidden = vec![hostile::package_of(b"nobody")];
    assert!(!takes(&mut ana, &mut mala, &whole, hidden), "a member whom nobody sees");
    let twice = vec![hostile::forged_package(accounts[0], lacre_ground::ids::DeviceId::new([5; 16])); 1];
    assert!(takes(&mut ana, &mut mala, &whole, twice), "two devices of one account are two");
    let same = ana.client.whoami().unwrap().unwrap().device;
    let same = vec![hostile::forged_package(accounts[0], same)];
    assert!(!takes(&mut ana, &mut mala, &whole, same), "one device twice");

    let nobodys = context(&mut mala, ConversationKind::Group, "Nobody's", &[o]);
    assert!(!takes(&mut ana, &mut mala, &nobodys, Vec::new()), "without an admin");
    let absent = context(&mut mala, ConversationKind::Group, "Absent", &[m, o]);
    assert!(!takes(&mut ana, &mut mala, &absent, Vec::new()), "with an admin who is no member");

    let crowded = context(&mut mala, ConversationKind::Two, "", &[m, a]);
    let third = hostile::claim(&mut mala, accounts[2]);
    assert!(!takes(&mut ana, &mut mala, &crowded, vec![third]), "a third in a conversation of two");
}

#[test]
fn who_joins_refuses_more_devices_than_a_group_may_have() {
    let world = World::new();
    let [mut ana, mut mala] = ["ana", "mala"].map(|handle| world.person(handle));
    befriend(&mut ana, &mut mala);
    let account = mala.account();
    let context = context(&mut mala, ConversationKind::Group, "Crowd", &[account.as_bytes()]);
    let suite = hostile::OTHER_SUITE;

    // mala, ana and these
    for (others, taken) in [(998, true), (999, false)] {
        let before = ana.client.conversations().unwrap().len();
        let crowd = (0..others).map(|n| hostile::package_in(suite, n)).collect();
        let entry = ana.client.own_entry().unwrap();
        let mut made = OwnGroup::in_suite(&mut mala, &fresh_id(), &context, suite);
        // in a commit of its own: a Welcome for all of them is too long for an invitation
        made.add(&mut mala, crowd);
        made.invite(&mut mala, &[&entry], Vec::new());
        ana.sync();
        assert_eq!(ana.client.conversations().unwrap().len() > before, taken, "{others} and two");
    }
}

struct Choir {
    ana: Person,
    beto: Person,
    mala: Person,
    group: ConversationId,
    _world: World,
}

/// Beto is the only admin; ana and mala are members, and contacts.
fn choir() -> Choir {
    let world = World::new();
    let [mut ana, mut beto, mut mala] = ["ana", "beto", "mala"].map(|handle| world.person(handle));
    befriend(&mut beto, &mut ana);
    befriend(&mut beto, &mut mala);
    befriend(&mut ana, &mut mala);
    let members = [ana.account(), mala.account()];
    let group = beto.client.create_group("Coro", &members, Suite::XWing).unwrap();
    settle(&mut [&mut ana, &mut beto, &mut mala]);
    Choir { ana, beto, mala, group, _world: world }
}

impl Choir {
    /// Ana asks to be re-added, and mala has her key package for that; nothing of an answer has left.
    fn ana_asks_mala(&mut self) -> KeyPackage {
        self.ana.client.repair(&self.group).unwrap();
        self.ana.sync();
        let mut tap = Tap::new(&mut self.mala.net);
        tap.before = Box::new(|request| if request.seal { Err(NetError::Unreachable { why: "held".into() }) } else { Ok(()) });
        let _ = self.mala.client.sync(&mut tap);
        drop(tap);
        let package = self.mala.client.laboratory(&self.group, |mls, _, _, _| {
            let pending = mls.pending_commit().expect("an answer");
            pending.add_proposals().next().unwrap().add_proposal().key_package().clone()
        });
        package.unwrap()
    }

    /// Mala answers with a group of her own making.
    fn mala_answers(&mut self, context: &ConversationContext, package: KeyPackage) {
        let id = hostile::group_id(&mut self.mala, &self.group);
        let mut made = OwnGroup::new(&mut self.mala, &id, context);
        let welcome = made.add(&mut self.mala, vec![package]);
        let state = prost::Message::encode_to_vec(&made.join_state(&mut self.mala));
        let state = Some(hostile::put_blob(&mut self.mala, &state));
        let entry = self.ana.client.own_entry().unwrap();
        hostile::post(&mut self.mala, &entry, content::envelope_body::Kind::Join(content::Join { welcome, state }));
        self.ana.sync();
    }
}

#[test]
fn who_takes_a_device_back_is_no_admin_by_his_own_word() {
    let mut c = choir();
    let package = c.ana_asks_mala();
    let mut taken_over = hostile::context_of(&mut c.mala, &c.group);
    taken_over.admins = vec![c.mala.account().as_bytes().to_vec()];

    c.mala_answers(&taken_over, package);
    assert_eq!(c.ana.standing(&c.group), Standing::AskingToBeReAdded, "she waits for somebody else");
}

#[test]
fn a_conversation_does_not_become_another_one_by_a_re_add() {
    let mut c = choir();
    let true_one = hostile::context_of(&mut c.mala, &c.group);
    let two = ConversationContext {
        kind: ConversationKind::Two.into(),
        name: String::new(),
        admins: vec![c.mala.account().as_bytes().to_vec(), c.ana.account().as_bytes().to_vec()],
        ..true_one.clone()
    };
    let origin = content::Origin { group_id: vec![8; 32], epoch: 1, seal: vec![1; 16], left_out: vec![2; 32] };
    let successor = ConversationContext { origin: Some(origin), ..true_one };

    for other in [two, successor] {
        let package = c.ana_asks_mala();
        c.mala_answers(&other, package);
        assert_eq!(c.ana.standing(&c.group), Standing::AskingToBeReAdded);
        c.ana.clock.forward(3_600_000);
    }
}

#[test]
fn what_changed_while_a_device_was_away_is_a_line() {
    let mut c = choir();
    let group = c.group.clone();
    for rename in [false, true] {
        c.ana.client.repair(&group).unwrap();
        if rename {
            c.beto.client.group_rename(&group, "Orquesta").unwrap();
            c.beto.sync();
        }
        c.ana.sync();
        settle(&mut [&mut c.beto, &mut c.mala, &mut c.ana]);
        assert_eq!(c.ana.standing(&group), Standing::Active);
        let lines = c.ana.history(&group).iter().filter(|m| m.body == Body::Meanwhile).count();
        assert_eq!(lines, usize::from(rename), "a line, if something changed");
        c.ana.clock.forward(3_600_000);
    }
}

#[test]
fn who_is_removed_is_no_admin_any_more() {
    let mut c = choir();
    let (group, mala) = (c.group.clone(), c.mala.account());
    c.beto.client.group_admins(&group, &[mala], true).unwrap();
    settle(&mut [&mut c.beto, &mut c.mala, &mut c.ana]);

    // an admin past his program: he removes her and leaves her the role
    let commit = hostile::removing(&mut c.beto, &group, mala);
    let epoch = c.ana.client.conversation(&group).unwrap().epoch;
    lacre_tests::world::append_seal(&mut c.beto, &group, &commit);
    c.ana.sync();
    assert_eq!(c.ana.client.conversation(&group).unwrap().epoch, epoch, "void");

    c.beto.client.group_remove(&group, &[mala]).unwrap();
    settle(&mut [&mut c.beto, &mut c.ana]);
    let view = c.ana.client.conversation(&group).unwrap();
    assert_eq!((view.epoch, view.members.len()), (epoch + 1, 2), "both at once is what a program does");
}
