//! A relay comes back from a backup of any moment, in small random worlds, and people come back in any order: afterwards each
//! group is one, everybody who was in it is in it, and what anybody said is with everybody again.
//!
//! `LACRE_SEEDS=1000 cargo test -p lacre-tests --test crash restored_worlds` plays more of them; a failure prints its seed.
use lacre_core::limits::ADD_LONGEST_PAUSE_MS;
use lacre_core::view::{Body, ConversationId, Standing, Suite};
use lacre_ground::ids::AccountId;
use lacre_ground::ids::Handle;
use lacre_tests::world::{Person, World, befriend, settle};
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

const SEEDS: u64 = 50;
const HANDLES: [&str; 4] = ["ana", "beto", "carla", "dora"];
/// What happens before the backup, and after it.
const STEPS: usize = 7;

/// Somebody said something to those who were there.
struct Saying {
    text: String,
    to: Vec<AccountId>,
}

struct Play {
    world: World,
    people: Vec<Person>,
    accounts: Vec<AccountId>,
    group: ConversationId,
    said: Vec<Saying>,
    files: Vec<(String, Vec<u8>)>,
    chance: ChaCha8Rng,
    seed: u64,
}

impl Play {
    fn begin(seed: u64) -> Self {
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        let world = World::new();
        let mut people: Vec<Person> = HANDLES.iter().map(|handle| world.person(handle)).collect();
        let (first, others) = people.split_at_mut(1);
        others.iter_mut().for_each(|other| befriend(&mut first[0], other));
        let accounts: Vec<AccountId> = people.iter_mut().map(Person::account).collect();
        let n = chance.random_range(1..=3);
        let group = people[0].client.create_group("Mesa", &accounts[1..=n], Suite::XWing).unwrap();
        settle(&mut people.iter_mut().collect::<Vec<_>>());
        Self { world, people, accounts, group, said: Vec::new(), files: Vec::new(), chance, seed }
    }

    fn members(&mut self, at: usize) -> Vec<AccountId> {
        let Ok(view) = self.people[at].client.conversation(&self.group) else { return Vec::new() };
        if view.standing == Standing::Active { view.members.into_iter().map(|m| m.account).collect() } else { Vec::new() }
    }

    fn sync(&mut self, at: usize) {
        let Person { client, net, .. } = &mut self.people[at];
        if let Err(e) = client.sync(net) {
            panic!("seed {}: {} synchronises: {e}", self.seed, HANDLES[at]);
        }
    }

    /// Somebody does something, and some synchronise.
    fn step(&mut self, n: usize) {
        let at = self.chance.random_range(0..self.people.len());
        let members = self.members(at);
        if members.contains(&self.accounts[at]) {
            let group = self.group.clone();
            match self.chance.random_range(0..6) {
                0 => self.people[at].client.renew_keys(&group).unwrap(),
                1 => {
                    let name = format!("{n}.txt");
                    let bytes = vec![n as u8; 2_000];
                    self.people[at].client.send_file(&group, &name, &mut bytes.as_slice(), 2_000).unwrap();
                    self.files.push((name, bytes));
                }
                2 if at == 0 => {
                    let new: Vec<AccountId> = self.accounts.iter().copied().filter(|a| !members.contains(a)).take(1).collect();
                    if !new.is_empty() {
                        self.people[0].client.group_add(&group, &new).unwrap();
                    }
                }
                _ => {
                    let text = format!("{n} by {}", HANDLES[at]);
                    self.people[at].say(&group, &text);
                    self.said.push(Saying { text, to: members });
                }
            }
        }
        for other in 0..self.people.len() {
            if other == at || self.chance.random_bool(0.4) {
                self.sync(other);
            }
        }
    }

    fn forward(&self, ms: u64) {
        self.world.forward(ms);
        self.people.iter().for_each(|person| person.clock.forward(ms));
    }

    /// All come back, one of them much later.
    fn come_back(&mut self) {
        let mut order: Vec<usize> = (0..self.people.len()).collect();
        order.shuffle(&mut self.chance);
        let late = order.pop().filter(|_| self.chance.random_bool(0.5));
        for _ in 0..6 {
            for at in order.clone() {
                self.sync(at);
            }
            if self.chance.random_bool(0.3) {
                self.step(self.said.len() + 100);
            }
            self.forward(120_000);
        }
        if let Some(late) = late {
            self.forward(86_400_000);
            order.insert(0, late);
        } else {
            order = (0..self.people.len()).collect();
        }
        for _ in 0..4 {
            for at in order.clone() {
                self.sync(at);
            }
            self.forward(ADD_LONGEST_PAUSE_MS + 1);
        }
        settle(&mut self.people.iter_mut().collect::<Vec<_>>());
    }

    /// Whoever is said to be missing is added by the admin, as a person would: no device does that by itself.
    fn add_who_is_missing(&mut self, before: &[AccountId]) {
        let there = self.members(0);
        let missing: Vec<AccountId> = before.iter().copied().filter(|account| !there.contains(account)).collect();
        if missing.is_empty() {
            return;
        }
        let told = self.people[0].client.events(0, usize::MAX).unwrap();
        assert!(
            told.iter().any(|e| format!("{:?}", e.what).contains("was here before the relay was restored")),
            "seed {}: nobody is told who is missing",
            self.seed
        );
        self.people[0].client.group_add(&self.group, &missing).unwrap();
        for _ in 0..4 {
            settle(&mut self.people.iter_mut().collect::<Vec<_>>());
            self.forward(ADD_LONGEST_PAUSE_MS + 1);
        }
        settle(&mut self.people.iter_mut().collect::<Vec<_>>());
    }

    fn check(&mut self, before: &[AccountId]) {
        self.add_who_is_missing(before);
        let seed = self.seed;
        let here = self.people[0].client.conversation(&self.group).unwrap();
        let members: Vec<AccountId> = here.members.iter().map(|m| m.account).collect();
        assert_eq!(here.standing, Standing::Active, "seed {seed}");
        assert!(before.iter().all(|account| members.contains(account)), "seed {seed}: somebody was shut out");
        for (at, who) in HANDLES.iter().enumerate() {
            if !members.contains(&self.accounts[at]) {
                continue;
            }
            let view = self.people[at].client.conversation(&self.group);
            let view = view.unwrap_or_else(|e| panic!("seed {seed}: {who} is a ghost: {e}"));
            assert_eq!(view.standing, Standing::Active, "seed {seed}: {who}");
            assert_eq!(view.epoch_authenticator, here.epoch_authenticator, "seed {seed}: {who} is in another group");
            for (name, bytes) in self.files.clone() {
                let history = self.people[at].history(&self.group);
                let Some(message) = history.iter().find(|m| matches!(&m.body, Body::File { name: n, .. } if *n == name)) else {
                    continue;
                };
                let Person { client, net, .. } = &mut self.people[at];
                let mut saved = Vec::new();
                client.save_file(net, message, &mut saved).unwrap_or_else(|e| panic!("seed {seed}: {who} saves {name}: {e}"));
                assert_eq!(saved, bytes, "seed {seed}: {who}");
            }
            let heard = self.people[at].texts(&self.group);
            for saying in &self.said {
                if saying.to.contains(&self.accounts[at]) {
                    let times = heard.iter().filter(|text| **text == saying.text).count();
                    assert_eq!(times, 1, "seed {seed}: {who} hears {:?}", saying.text);
                }
            }
        }
        let text = format!("after all of it, {seed}");
        self.people[0].say(&self.group, &text);
        settle(&mut self.people.iter_mut().collect::<Vec<_>>());
        for (at, who) in HANDLES.iter().enumerate() {
            if members.contains(&self.accounts[at]) {
                assert_eq!(self.people[at].texts(&self.group).last(), Some(&text), "seed {seed}: {who}");
            }
        }
    }
}

fn seeds() -> u64 {
    std::env::var("LACRE_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(SEEDS)
}

/// Seen red without `note_unread` (seed 36: what was put back behind another seal was read by nobody).
#[test]
fn a_relay_restored_at_any_moment_leaves_one_group_with_everybody_and_everything_said() {
    for seed in 0..seeds() {
        let mut play = Play::begin(seed);
        let before_backup = play.chance.random_range(0..STEPS);
        for n in 0..before_backup {
            play.step(n);
        }
        let backup = play.world.back_up();
        for n in before_backup..=STEPS + 1 {
            play.step(n);
        }
        let before = play.members(0);
        play.world.restore(&backup);
        play.come_back();
        play.check(&before);
    }
}

/// Contacts that were made behind the backup: a request, an answer, or both are lost at the relay.
#[test]
fn requests_and_answers_that_a_restored_relay_lost_are_made_again() {
    for seed in 0..8 {
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        let mut world = World::new();
        let (mut ana, mut beto) = (world.person("ana"), world.person("beto"));
        let backup_at = chance.random_range(0..3);
        let mut backup = world.back_up();
        let me = ana.account();
        ana.client.contact_add(&mut ana.net, &Handle::parse("beto").unwrap(), "hello").unwrap();
        ana.sync();
        if backup_at == 1 {
            backup = world.back_up();
        }
        beto.sync();
        if backup_at == 2 {
            backup = world.back_up();
        }
        // lost before or after it was read
        let accepted = chance.random_bool(0.5);
        if accepted {
            beto.client.contact_accept(&me).unwrap();
            beto.sync();
            if chance.random_bool(0.5) {
                ana.sync();
            }
        }
        world.restore(&backup);
        let mut order = [true, false];
        order.shuffle(&mut chance);
        for first in order {
            if first { ana.sync() } else { beto.sync() }
        }
        settle(&mut [&mut ana, &mut beto]);
        if !accepted {
            beto.client.contact_accept(&me).unwrap();
        }
        for _ in 0..4 {
            settle(&mut [&mut ana, &mut beto]);
            world.forward(ADD_LONGEST_PAUSE_MS + 1);
            ana.clock.forward(ADD_LONGEST_PAUSE_MS + 1);
            beto.clock.forward(ADD_LONGEST_PAUSE_MS + 1);
        }
        let (here, there) = (ana.with("beto"), beto.with("ana"));
        assert_eq!(here, there, "seed {seed}");
        ana.say(&here, "so we talk");
        settle(&mut [&mut ana, &mut beto]);
        assert_eq!(beto.texts(&there), ["so we talk"], "seed {seed}");
    }
}
