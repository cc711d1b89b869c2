//! Whoever makes a group and calls it the successor of another: members move only on an admin's word, and only when what it
//! says is what they met themselves (PROTOCOL.md, 19).
use lacre_core::limits::{SUCCESSOR_AFTER_MS, SUCCESSOR_PAUSE_MS};
use lacre_core::view::{Body, ConversationId, Standing, Suite};
use lacre_ground::ids::{AccountId, EntryId};
use lacre_profile::mls::MlsProvider;
use lacre_proto::content::v1 as content;
use lacre_tests::hostile::{self, OwnGroup, context_of, group_id};
use lacre_tests::lying::{Lie, Lying};
use lacre_tests::world::{Person, World, append, befriend, settle};
use openmls::prelude::{KeyPackage, OpenMlsProvider as _};
use tls_codec::Serialize as _;

/// A group id that is smaller than any other.
const SMALLEST: [u8; 32] = [0; 32];

struct Choir {
    ana: Person,
    beto: Person,
    carla: Person,
    malo: Person,
    mala: Person,
    group: ConversationId,
    world: World,
}

/// Ana is admin; beto, mala, carla and malo are members, in this order in the tree; something was said.
fn choir() -> Choir {
    let world = World::new();
    let [mut ana, mut beto, mut carla, mut malo, mut mala] =
        ["ana", "beto", "carla", "malo", "mala"].map(|handle| world.person(handle));
    for other in [&mut beto, &mut carla, &mut malo, &mut mala] {
        befriend(&mut ana, other);
    }
    let members = [beto.account(), mala.account(), carla.account(), malo.account()];
    let group = ana.client.create_group("Coro", &members, Suite::XWing).unwrap();
    settle(&mut [&mut ana, &mut beto, &mut carla, &mut malo, &mut mala]);
    ana.say(&group, "one");
    settle(&mut [&mut ana, &mut beto, &mut carla, &mut malo, &mut mala]);
    Choir { ana, beto, carla, malo, mala, group, world }
}

/// What a member holds of the group.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    group: Vec<u8>,
    standing: Standing,
    members: Vec<AccountId>,
    admins: Vec<AccountId>,
    texts: Vec<String>,
}

fn seen(person: &mut Person, group: &ConversationId) -> Seen {
    let view = person.client.conversation(group).unwrap();
    let mut members: Vec<AccountId> = view.members.iter().map(|m| m.account).collect();
    let mut admins: Vec<AccountId> = view.members.iter().filter(|m| m.admin).map(|m| m.account).collect();
    members.sort();
    admins.sort();
    Seen { group: group_id(person, group), standing: view.standing, members, admins, texts: person.texts(group) }
}

/// They read everything that has come, and it moves none of them.
fn nothing_moves(people: &mut [&mut Person], group: &ConversationId, why: &str) {
    let before: Vec<Seen> = people.iter_mut().map(|p| seen(p, group)).collect();
    for _ in 0..2 {
        people.iter_mut().for_each(|p| p.sync());
    }
    let after: Vec<Seen> = people.iter_mut().map(|p| seen(p, group)).collect();
    assert_eq!(after, before, "{why}");
}

/// Where the group goes on from, as somebody says.
fn origin(group: Vec<u8>, epoch: u64, seal: EntryId, left_out: Option<AccountId>) -> content::Origin {
    content::Origin {
        group_id: group,
        epoch,
        seal: seal.as_bytes().to_vec(),
        left_out: left_out.map(|a| a.as_bytes().to_vec()).unwrap_or_default(),
    }
}

fn bytes_of(accounts: &[AccountId]) -> Vec<Vec<u8>> {
    accounts.iter().map(|a| a.as_bytes().to_vec()).collect()
}

/// Makes a group with these people and invites them into it.
fn invite(
    by: &mut Person,
    id: &[u8],
    context: &content::ConversationContext,
    whom: &mut [&mut Person],
    further: Vec<KeyPackage>,
) -> OwnGroup {
    let entries: Vec<_> = whom.iter_mut().map(|p| p.client.own_entry().unwrap()).collect();
    let mut made = OwnGroup::new(by, id, context);
    made.invite(by, &entries.iter().collect::<Vec<_>>(), further);
    made
}

fn fresh_id() -> [u8; 32] {
    lacre_ground::random::bytes(&mut lacre_ground::random::SystemRng)
}

fn some_seal() -> EntryId {
    EntryId::new(lacre_ground::random::bytes(&mut lacre_ground::random::SystemRng))
}

/// This member appends a commit with a lie in it.
fn spoil(by: &mut Person, group: &ConversationId, lie: Lie) -> EntryId {
    let commit = by
        .client
        .laboratory(group, |mls, step, crypto, key| {
            let lying = Lying::new(crypto, lie);
            let provider = MlsProvider::new(step, &lying);
            let builder = mls.commit_builder().force_self_update(true).load_psks(provider.storage()).unwrap();
            let built = builder.build(provider.rand(), provider.crypto(), key, |_| true).unwrap();
            built.stage_commit(&provider).unwrap().into_commit().tls_serialize_detached().unwrap()
        })
        .unwrap();
    append(by, group, &commit, true)
}

/// How many lines say that the conversation goes on in another group.
fn successions(person: &mut Person, group: &ConversationId) -> usize {
    person.history(group).iter().filter(|m| matches!(m.body, Body::Succeeded { .. })).count()
}

/// These people are in one conversation, with one admin, and read each other.
fn together(people: &mut [&mut Person], group: &ConversationId, admins: &[AccountId]) {
    let mut accounts: Vec<AccountId> = people.iter_mut().map(|p| p.account()).collect();
    let mut admins = admins.to_vec();
    accounts.sort();
    admins.sort();
    let word = format!("together, {} of us", people.len());
    people[0].say(group, &word);
    settle(people);
    let authenticator = people[0].client.conversation(group).unwrap().epoch_authenticator;
    for person in people.iter_mut() {
        let view = person.client.conversation(group).unwrap();
        assert_eq!(view.epoch_authenticator, authenticator, "one conversation");
        let now = seen(person, group);
        assert_eq!((now.standing, now.members, now.admins), (Standing::Active, accounts.clone(), admins.clone()));
        assert_eq!(now.texts.iter().filter(|t| **t == word).count(), 1);
    }
}

impl Choir {
    /// Mala spoils a seal and all others meet it.
    fn spoiled_by_mala(&mut self) -> EntryId {
        let seal = spoil(&mut self.mala, &self.group, Lie::ConfirmationTag);
        self.all_ask();
        seal
    }

    fn all_ask(&mut self) {
        for _ in 0..2 {
            for person in [&mut self.ana, &mut self.beto, &mut self.carla, &mut self.malo] {
                person.sync();
                assert_eq!(person.standing(&self.group), Standing::AskingToBeReAdded);
            }
        }
    }

    /// The context of a successor that says what is so.
    fn truth(&mut self, seal: EntryId) -> content::ConversationContext {
        let left_out = self.mala.account();
        let (group, epoch) = (group_id(&mut self.carla, &self.group), self.carla.client.conversation(&self.group).unwrap().epoch);
        let origin = origin(group, epoch, seal, Some(left_out));
        content::ConversationContext { origin: Some(origin), ..context_of(&mut self.carla, &self.group) }
    }

    /// Ana's own program makes the successor, and the others go there.
    fn ana_makes_one(&mut self) {
        self.ana.clock.forward(SUCCESSOR_AFTER_MS);
        settle(&mut [&mut self.ana, &mut self.beto, &mut self.carla, &mut self.malo]);
    }

    /// Mala invites everybody into one group after the other that says it goes on from theirs; nobody notices anything.
    fn mala_takes_over(mut self, from: &[(Vec<u8>, &str)], why: &str) {
        let group = self.group.clone();
        let (ana, mala) = (self.ana.account(), self.mala.account());
        let (context, epoch) = (context_of(&mut self.ana, &group), self.ana.client.conversation(&group).unwrap().epoch);
        let mut made = Vec::new();
        for (old, which) in from {
            for (left_out, admins, who) in
                [(Some(ana), mala, "ana is left out"), (None, ana, "nobody is left out"), (Some(mala), ana, "she is left out")]
            {
                let origin = Some(origin(old.clone(), epoch, some_seal(), left_out));
                let context = content::ConversationContext { origin, admins: bytes_of(&[admins]), ..context.clone() };
                let mut others = [&mut self.ana, &mut self.beto, &mut self.carla];
                made.push(invite(&mut self.mala, &SMALLEST, &context, &mut others, Vec::new()));
                nothing_moves(&mut others, &group, &format!("{why}: a successor of {which}, and {who}"));
            }
        }

        self.beto.say(&group, "among us");
        let mut others = [&mut self.ana, &mut self.beto, &mut self.carla];
        settle(&mut others);
        for person in others {
            assert_eq!(person.texts(&group).last().unwrap(), "among us", "{why}");
            assert_eq!(seen(person, &group).admins, [ana], "{why}");
        }
        for mut hers in made {
            assert_eq!(hers.overhear(&mut self.mala), Vec::<String>::new(), "{why}");
        }
    }
}

/// A conversation that is a successor already: malo spoiled a seal, mala came along. With the group that it comes from.
fn second_choir() -> (Choir, Vec<u8>) {
    let mut c = choir();
    let first = group_id(&mut c.ana, &c.group);
    spoil(&mut c.malo, &c.group, Lie::ConfirmationTag);
    for _ in 0..2 {
        for person in [&mut c.ana, &mut c.beto, &mut c.carla, &mut c.mala] {
            person.sync();
        }
    }
    c.ana.clock.forward(SUCCESSOR_AFTER_MS);
    settle(&mut [&mut c.ana, &mut c.beto, &mut c.carla, &mut c.mala]);
    let group = c.group.clone();
    assert_ne!(group_id(&mut c.carla, &group), first, "it is a successor");
    (c, first)
}

fn remove_mala(c: &mut Choir) {
    let mala = c.mala.account();
    c.ana.client.group_remove(&c.group, &[mala]).unwrap();
    settle(&mut [&mut c.ana, &mut c.beto, &mut c.carla]);
}

#[test]
fn who_was_removed_hands_nobody_over() {
    let mut c = choir();
    let now = group_id(&mut c.ana, &c.group);
    remove_mala(&mut c);
    c.mala_takes_over(&[(now, "the group")], "a first group");
}

#[test]
fn who_was_removed_from_a_successor_hands_nobody_over() {
    let (mut c, first) = second_choir();
    let now = group_id(&mut c.ana, &c.group);
    remove_mala(&mut c);
    c.mala_takes_over(&[(first, "the group before"), (now, "the group")], "a successor");
}

#[test]
fn a_member_hands_nobody_over_whose_conversation_goes_on() {
    let mut c = choir();
    let now = group_id(&mut c.ana, &c.group);
    c.mala_takes_over(&[(now, "the group")], "a first group");
}

#[test]
fn a_member_of_a_successor_hands_nobody_over_whose_conversation_goes_on() {
    let (mut c, first) = second_choir();
    let now = group_id(&mut c.ana, &c.group);
    c.mala_takes_over(&[(first, "the group before"), (now, "the group")], "a successor");
}

#[test]
fn who_spoiled_the_seal_leads_nobody_away() {
    let mut c = choir();
    let (group, ana, carla) = (c.group.clone(), c.ana.account(), c.carla.account());
    let seal = c.spoiled_by_mala();
    let truth = c.truth(seal);

    for left_out in [Some(carla), Some(ana), None] {
        let said = left_out.map(|a| a.as_bytes().to_vec()).unwrap_or_default();
        let origin = truth.origin.clone().map(|o| content::Origin { left_out: said, ..o });
        let admins = if left_out == Some(ana) { c.mala.account() } else { ana };
        let context = content::ConversationContext { origin, admins: bytes_of(&[admins]), ..truth.clone() };
        let mut others = [&mut c.ana, &mut c.beto, &mut c.carla, &mut c.malo];
        invite(&mut c.mala, &SMALLEST, &context, &mut others, Vec::new());
        nothing_moves(&mut others, &group, &format!("mala spoiled it, and says that it was {left_out:?}"));
    }

    c.ana_makes_one();
    together(&mut [&mut c.ana, &mut c.beto, &mut c.carla, &mut c.malo], &group, &[ana]);
}

#[test]
fn a_member_who_is_no_admin_makes_no_successor_even_with_true_words() {
    let mut c = choir();
    let (group, ana) = (c.group.clone(), c.ana.account());
    let seal = c.spoiled_by_mala();
    let truth = c.truth(seal);

    invite(&mut c.malo, &fresh_id(), &truth, &mut [&mut c.beto, &mut c.carla], Vec::new());
    nothing_moves(&mut [&mut c.beto, &mut c.carla], &group, "malo is no admin");
    for person in [&mut c.beto, &mut c.carla, &mut c.malo] {
        person.clock.forward(SUCCESSOR_AFTER_MS + 20 * SUCCESSOR_PAUSE_MS);
    }
    invite(&mut c.malo, &SMALLEST, &truth, &mut [&mut c.beto, &mut c.carla], Vec::new());
    nothing_moves(&mut [&mut c.beto, &mut c.carla], &group, "malo is no admin, however long they wait");

    c.ana_makes_one();
    let mut all = [&mut c.ana, &mut c.beto, &mut c.carla, &mut c.malo];
    together(&mut all, &group, &[ana]);
    for person in all {
        assert_eq!(successions(person, &group), 1, "said once to each");
    }
}

#[test]
fn after_an_admins_successor_a_member_makes_no_second_one() {
    let mut c = choir();
    let (group, ana) = (c.group.clone(), c.ana.account());
    let seal = c.spoiled_by_mala();
    let truth = c.truth(seal);
    c.ana_makes_one();

    let mut others = [&mut c.ana, &mut c.beto, &mut c.carla];
    let mut his = invite(&mut c.malo, &SMALLEST, &truth, &mut others, Vec::new());
    nothing_moves(&mut others, &group, "a second successor with the smallest id");
    together(&mut [&mut c.ana, &mut c.beto, &mut c.carla, &mut c.malo], &group, &[ana]);
    assert_eq!(his.overhear(&mut c.malo), Vec::<String>::new());
}

#[test]
fn an_admin_whose_words_are_not_so_leads_nobody_away() {
    let mut c = choir();
    let (group, ana, beto, carla, malo) =
        (c.group.clone(), c.ana.account(), c.beto.account(), c.carla.account(), c.malo.account());
    c.ana.client.group_admins(&group, &[beto], true).unwrap();
    settle(&mut [&mut c.ana, &mut c.beto, &mut c.carla, &mut c.malo, &mut c.mala]);
    let seal = c.spoiled_by_mala();
    let truth = c.truth(seal);
    let mut dora = c.world.person("dora");
    let carlas_device = c.carla.client.whoami().unwrap().unwrap().device;
    let told = |change: &dyn Fn(&mut content::Origin)| {
        let mut origin = truth.origin.clone().unwrap();
        change(&mut origin);
        content::ConversationContext { origin: Some(origin), ..truth.clone() }
    };
    let made = |change: &dyn Fn(&mut content::ConversationContext)| {
        let mut context = truth.clone();
        change(&mut context);
        context
    };
    let (dora_account, mala_account) = (dora.account(), c.mala.account());
    let strangers = [hostile::claim(&mut c.beto, dora_account), hostile::claim(&mut c.beto, mala_account)];
    let [stranger, left_out] = strangers.map(|package| vec![package]);

    let lies: Vec<(&str, content::ConversationContext, Vec<KeyPackage>)> = vec![
        ("carla is left out", told(&|o| o.left_out = carla.as_bytes().to_vec()), vec![]),
        ("ana is left out", told(&|o| o.left_out = ana.as_bytes().to_vec()), vec![]),
        ("nobody is left out", told(&|o| o.left_out.clear()), vec![]),
        ("another seal", told(&|o| o.seal = some_seal().as_bytes().to_vec()), vec![]),
        ("no seal", told(&|o| o.seal.clear()), vec![]),
        ("an epoch before", told(&|o| o.epoch -= 1), vec![]),
        ("an epoch after", told(&|o| o.epoch += 1), vec![]),
        ("without ana's role", made(&|c| c.admins = bytes_of(&[beto])), vec![]),
        ("with malo's role", made(&|c| c.admins.push(malo.as_bytes().to_vec())), vec![]),
        ("another name", made(&|c| c.name = "Orfeón".into()), vec![]),
        ("another description", made(&|c| c.description = "sin ana".into()), vec![]),
        ("everyone may add", made(&|c| c.may_add = content::Allowed::Everyone.into()), vec![]),
        ("only admins may write", made(&|c| c.may_write = content::Allowed::Admins.into()), vec![]),
        ("nothing stays", made(&|c| c.stays_s = 60), vec![]),
        ("with a stranger", truth.clone(), stranger),
        ("with who is left out", truth.clone(), left_out),
        ("with a false carla", truth.clone(), vec![hostile::forged_package(carla, carlas_device)]),
    ];
    for (lie, context, further) in lies {
        invite(&mut c.beto, &fresh_id(), &context, &mut [&mut c.ana, &mut c.malo], further);
        nothing_moves(&mut [&mut c.ana, &mut c.malo], &group, lie);
    }

    c.ana_makes_one();
    let mut all = [&mut c.ana, &mut c.beto, &mut c.carla, &mut c.malo];
    together(&mut all, &group, &[ana, beto]);
    for person in all {
        assert_eq!(successions(person, &group), 1, "said once to each");
    }
}

#[test]
fn who_alone_cannot_follow_is_not_led_away_by_a_former_admin() {
    let mut c = choir();
    let (group, ana, beto) = (c.group.clone(), c.ana.account(), c.beto.account());
    c.ana.client.group_admins(&group, &[beto], true).unwrap();
    settle(&mut [&mut c.ana, &mut c.beto, &mut c.carla, &mut c.malo, &mut c.mala]);
    let truth = c.truth(some_seal());
    // the first path secret is for carla's leaf alone: it is the sibling of mala's
    let seal = spoil(&mut c.mala, &group, Lie::PathSecret(0));
    let origin = truth.origin.clone().map(|o| content::Origin { seal: seal.as_bytes().to_vec(), ..o });
    let truth = content::ConversationContext { origin, ..truth };
    settle(&mut [&mut c.ana, &mut c.beto, &mut c.malo]);
    c.ana.client.group_admins(&group, &[beto], false).unwrap();
    settle(&mut [&mut c.ana, &mut c.beto, &mut c.malo]);
    c.carla.sync();
    let standings = [&mut c.ana, &mut c.beto, &mut c.malo, &mut c.carla].map(|p| p.standing(&group));
    let [active, asking] = [Standing::Active, Standing::AskingToBeReAdded];
    assert_eq!(standings, [active, active, active, asking], "only carla cannot follow");

    invite(&mut c.beto, &fresh_id(), &truth, &mut [&mut c.carla], Vec::new());
    nothing_moves(&mut [&mut c.carla], &group, "nobody else asks");

    for _ in 0..6 {
        for person in [&mut c.carla, &mut c.ana, &mut c.beto, &mut c.malo] {
            person.sync();
            person.clock.forward(3_600_000);
        }
    }
    let mala = c.mala.account();
    c.ana.client.group_remove(&group, &[mala]).unwrap();
    settle(&mut [&mut c.carla, &mut c.ana, &mut c.beto, &mut c.malo]);
    together(&mut [&mut c.ana, &mut c.beto, &mut c.carla, &mut c.malo], &group, &[ana]);
}

#[test]
fn every_change_of_the_group_behind_a_conversation_leaves_a_line() {
    let mut c = choir();
    let (group, beto) = (c.group.clone(), c.beto.account());
    c.ana.client.group_admins(&group, &[beto], true).unwrap();
    settle(&mut [&mut c.ana, &mut c.beto, &mut c.carla, &mut c.malo, &mut c.mala]);
    let seal = c.spoiled_by_mala();
    let truth = c.truth(seal);
    let mut behind = vec![group_id(&mut c.carla, &group)];

    // beto invites carla alone into a group with the greatest id, then ana makes one with a smaller id
    invite(&mut c.beto, &[255; 32], &truth, &mut [&mut c.carla], Vec::new());
    c.carla.sync();
    behind.push(group_id(&mut c.carla, &group));
    c.ana.clock.forward(SUCCESSOR_AFTER_MS);
    for _ in 0..4 {
        for person in [&mut c.ana, &mut c.malo, &mut c.carla] {
            person.sync();
        }
        behind.push(group_id(&mut c.carla, &group));
    }

    behind.dedup();
    assert!(behind.len() > 1, "carla goes somewhere");
    assert_eq!(successions(&mut c.carla, &group), behind.len() - 1, "a line for each time");
}
