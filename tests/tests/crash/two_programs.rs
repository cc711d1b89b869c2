//! Two programs on one profile, as when one terminal follows the relay and commands are typed in another. While the first
//! waits for an answer, the second does whole rounds: whatever was decided before the call is decided again after it.
use lacre_core::network::{Network, Reason};
use lacre_core::view::{Body, ConversationId, Standing, Suite};
use lacre_core::{Client, Trouble};
use lacre_ground::ids::{AccountId, Handle, Token};
use lacre_proto::content::v1 as content;
use lacre_tests::hostile;
use lacre_tests::watched::Watched;
use lacre_tests::world::{Person, Trap, World, befriend, settle};
use lacre_transport::GrpcNetwork;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// Seeds of each test: some 280 in all. `LACRE_SEEDS=10000 cargo test -p lacre-tests --test crash two_programs` plays more.
const SEEDS: u64 = 40;

fn seeds() -> u64 {
    std::env::var("LACRE_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(SEEDS)
}

/// Ana's profile with two programs, and her contacts.
struct Desk {
    ana: Person,
    second: Person,
    others: Vec<Person>,
    world: World,
}

fn desk() -> Desk {
    let world = World::new();
    let mut ana = world.person("ana");
    let mut others: Vec<Person> = ["beto", "carla", "dora"].iter().map(|handle| world.person(handle)).collect();
    for other in &mut others {
        befriend(&mut ana, other);
    }
    let second = Person::again(ana.dir());
    Desk { ana, second, others, world }
}

/// Which of two programs goes on: at each call of the network, with its answer, and after each step on the profile, the seed
/// chooses anew. So they meet wherever two programs can, and the same seed plays the same again.
struct Turns {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    turn: usize,
    done: [bool; 2],
    chance: ChaCha8Rng,
}

impl Turns {
    fn new(seed: u64) -> Self {
        let state = State { turn: 0, done: [false; 2], chance: ChaCha8Rng::seed_from_u64(seed) };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    fn wait(&self, me: usize) {
        let state = self.state.lock().unwrap();
        drop(self.changed.wait_while(state, |s| s.turn != me && !s.done[1 - me]).unwrap());
    }

    fn choose(&self, me: usize) {
        let mut state = self.state.lock().unwrap();
        if !state.done[1 - me] {
            state.turn = usize::from(state.chance.random_bool(0.5));
        }
        drop(state);
        self.changed.notify_all();
        self.wait(me);
    }

    /// Runs a program in its turns.
    fn run<T>(self: &Arc<Self>, me: usize, trap: &Trap, net: &mut GrpcNetwork, program: impl FnOnce(&mut dyn Network) -> T) -> T {
        /// Also when the program panics, the other goes on.
        struct End<'a>(&'a Turns, usize, &'a Trap);
        impl Drop for End<'_> {
            fn drop(&mut self) {
                self.2.between_steps(None);
                if let Ok(mut state) = self.0.state.lock() {
                    state.done[self.1] = true;
                }
                self.0.changed.notify_all();
            }
        }
        let _end = End(self, me, trap);
        self.wait(me);
        let turns = Arc::clone(self);
        trap.between_steps(Some(Arc::new(move || turns.choose(me))));
        let mut net = Watched::new(net, |_, _| self.choose(me));
        net.after = Box::new(|_, _| self.choose(me));
        program(&mut net)
    }
}

impl Desk {
    /// The first program acts and synchronises while the second, as whoever follows the relay, does rounds.
    fn act<T: Send>(&mut self, seed: u64, act: impl FnOnce(&mut Client, &mut dyn Network) -> Result<T, Trouble> + Send) -> T {
        let turns = Arc::new(Turns::new(seed));
        let Person { client, net, trap, .. } = &mut self.ana;
        let (other, others_net, others_trap) = (&mut self.second.client, &mut self.second.net, &self.second.trap);
        let (made, rounds) = std::thread::scope(|scope| {
            let second = scope.spawn(|| {
                turns.run(1, others_trap, others_net, |net| {
                    (0..3).map(|_| other.sync(net).map(drop)).collect::<Result<Vec<()>, Trouble>>()
                })
            });
            let made = turns.run(0, trap, net, |net| {
                let made = act(client, net)?;
                client.sync(net).map(|_| made)
            });
            (made, second.join().unwrap())
        });
        rounds.unwrap_or_else(|e| panic!("seed {seed}: the second program: {e}"));
        made.unwrap_or_else(|e| panic!("seed {seed}: the first program: {e}"))
    }

    /// Both programs go on, and so does a third that is started now.
    fn settle(&mut self, seed: u64) {
        for _ in 0..3 {
            self.second.client.sync(&mut self.second.net).unwrap_or_else(|e| panic!("seed {seed}: second: {e}"));
            let mut all: Vec<&mut Person> = self.others.iter_mut().collect();
            all.push(&mut self.ana);
            settle(&mut all);
        }
        let mut third = Person::again(self.ana.dir());
        third.client.sync(&mut third.net).unwrap_or_else(|e| panic!("seed {seed}: third: {e}"));
    }

    fn accounts(&mut self, n: usize) -> Vec<AccountId> {
        self.others.iter_mut().take(n).map(Person::account).collect()
    }

    /// Ana and the first n others are in this group, and nobody else.
    fn whole(&mut self, seed: u64, group: &ConversationId, n: usize) {
        let here = self.ana.client.conversation(group).unwrap();
        assert_eq!((here.standing, here.members.len()), (Standing::Active, n + 1), "seed {seed}");
        for person in self.others.iter_mut().take(n) {
            let view = person.client.conversation(group).unwrap_or_else(|e| panic!("seed {seed}: who was added: {e}"));
            assert_eq!(view.standing, Standing::Active, "seed {seed}");
            assert_eq!(view.epoch_authenticator, here.epoch_authenticator, "seed {seed}: one group");
        }
    }
}

/// No text twice, and all of these in their order.
fn said_once(person: &mut Person, conversation: &ConversationId, texts: &[String], seed: u64) {
    let heard = person.texts(conversation);
    let of_these: Vec<&String> = heard.iter().filter(|t| texts.contains(t)).collect();
    assert_eq!(of_these, texts.iter().collect::<Vec<_>>(), "seed {seed}");
}

#[test]
fn two_programs_make_a_group() {
    let mut desk = desk();
    for seed in 0..seeds() {
        let n = if seed % 2 == 0 { 2 } else { 3 };
        let whom = desk.accounts(n);
        let group = desk.act(seed, |ana, _| ana.create_group(&format!("Mesa {seed}"), &whom, Suite::XWing));
        desk.settle(seed);
        desk.whole(seed, &group, n);
        desk.ana.client.leave(&group).unwrap();
    }
}

#[test]
fn two_programs_add_to_a_group() {
    let mut desk = desk();
    for seed in 0..seeds() {
        let whom = desk.accounts(3);
        let group = desk.ana.client.create_group(&format!("Mesa {seed}"), &whom[..1], Suite::XWing).unwrap();
        desk.settle(seed);
        desk.act(seed, |ana, _| ana.group_add(&group, &whom[1..]));
        desk.settle(seed);
        desk.whole(seed, &group, 3);
        desk.ana.client.leave(&group).unwrap();
    }
}

#[test]
fn what_two_programs_send_comes_once_and_in_order() {
    let mut desk = desk();
    let whom = desk.accounts(2);
    let group = desk.ana.client.create_group("Mesa", &whom, Suite::XWing).unwrap();
    desk.settle(0);
    for seed in 0..seeds() {
        let texts: Vec<String> = (0..4).map(|n| format!("{seed}: {n}")).collect();
        let file = vec![u8::try_from(seed % 251).unwrap(); 3_000];
        desk.act(seed, |ana, net| {
            for (n, text) in texts.iter().enumerate() {
                ana.send_text(&group, text)?;
                if n == 1 {
                    ana.sync(net)?;
                    ana.send_file(&group, &format!("{seed}.txt"), &mut file.as_slice(), 3_000)?;
                }
            }
            Ok(())
        });
        desk.settle(seed);
        said_once(&mut desk.others[0], &group, &texts, seed);
        let name = format!("{seed}.txt");
        let history = desk.others[1].history(&group);
        let files: Vec<_> = history.iter().filter(|m| matches!(&m.body, Body::File { name: n, .. } if *n == name)).collect();
        assert_eq!(files.len(), 1, "seed {seed}");
        let mut saved = Vec::new();
        let carla = &mut desk.others[1];
        carla.client.save_file(&mut carla.net, files[0], &mut saved).unwrap();
        assert_eq!(saved, file, "seed {seed}");
    }
    desk.whole(seeds(), &group, 2);
}

#[test]
fn two_programs_ask_and_accept_contacts() {
    let mut desk = desk();
    for seed in 0..seeds() {
        let (asks, handle) = (seed % 2 == 0, format!("somebody{seed}"));
        let mut somebody = desk.world.person(&handle);
        let (me, name) = (somebody.account(), Handle::parse(&handle).unwrap());
        if asks {
            desk.act(seed, |ana, net| ana.contact_add(net, &name, "hello").map(drop));
            somebody.sync();
            let ana = desk.ana.account();
            somebody.client.contact_accept(&ana).unwrap();
        } else {
            somebody.client.contact_add(&mut somebody.net, &Handle::parse("ana").unwrap(), "hello").unwrap();
            somebody.sync();
            desk.ana.sync();
            desk.act(seed, |ana, _| ana.contact_accept(&me).map(drop));
        }
        for _ in 0..3 {
            somebody.sync();
            desk.act(seed + 1_000, |_, _| Ok(()));
        }
        let (there, here) = (somebody.with("ana"), desk.ana.with(&handle));
        somebody.say(&there, "I am here");
        somebody.sync();
        desk.ana.say(&here, "so am I");
        settle(&mut [&mut desk.ana, &mut somebody]);
        assert_eq!(desk.ana.texts(&here), somebody.texts(&there), "seed {seed}");
        assert_eq!(somebody.texts(&there).len(), 2, "seed {seed}");
        let twos = |p: &mut Person| p.client.conversations().unwrap().iter().filter(|c| c.id == there).count();
        assert_eq!((here == there, twos(&mut somebody), twos(&mut desk.ana)), (true, 1, 1), "seed {seed}");
    }
    desk.settle(seeds());
}

/// Whether the relay takes an envelope by this right.
fn opens(desk: &mut Desk, right: &Token, stamped: bool) -> bool {
    let to = desk.ana.client.own_entry().unwrap();
    let by = &mut desk.others[0];
    let sender = by.client.own_entry().unwrap();
    let request = content::ContactRequest { text: "again".into(), inbox_token: vec![5; 32] };
    let kind = content::envelope_body::Kind::ContactRequest(request);
    match hostile::post_by(by, &sender, &to, (right, stamped), kind) {
        Ok(()) => true,
        Err(e) if e.reason() == Some(Reason::NotPermitted) => false,
        Err(e) => panic!("{e}"),
    }
}

#[test]
fn a_right_that_two_programs_withdraw_is_withdrawn() {
    let mut desk = desk();
    let entry = desk.ana.client.own_entry().unwrap();
    let public = hostile::device(&entry).public_token.unwrap();
    for seed in 0..seeds() {
        let link = desk.act(seed, |ana, _| ana.link_make(&format!("taller {seed}")));
        let kept = desk.act(seed + 1_000, |ana, _| ana.link_make(&format!("feria {seed}")));
        desk.act(seed + 2_000, |ana, net| {
            ana.link_revoke(link.number)?;
            ana.set_nobody_new(true)?;
            ana.sync(net)?;
            Ok(())
        });
        desk.settle(seed);
        assert!(!opens(&mut desk, &link.link.token, false), "seed {seed}: a link that was revoked");
        assert!(opens(&mut desk, &kept.link.token, false), "seed {seed}: another link");
        assert!(!opens(&mut desk, &public, true), "seed {seed}: nobody new");

        desk.act(seed + 3_000, |ana, _| {
            ana.set_nobody_new(false)?;
            ana.link_revoke(kept.number)
        });
        desk.settle(seed);
        assert!(!opens(&mut desk, &kept.link.token, false), "seed {seed}: the other link, revoked too");
        assert!(opens(&mut desk, &public, true), "seed {seed}: anybody again");
    }
}

#[test]
fn two_programs_renew_keys_and_are_re_added() {
    let mut desk = desk();
    let whom = desk.accounts(2);
    let group = desk.ana.client.create_group("Mesa", &whom, Suite::XWing).unwrap();
    desk.settle(0);
    for seed in 0..seeds() {
        let said = [format!("{seed} from ana"), format!("{seed} from beto")];
        desk.act(seed, |ana, _| match seed % 3 {
            0 => ana.renew_keys(&group),
            1 => ana.repair(&group),
            _ => ana.renew_keys(&group).and_then(|()| ana.repair(&group)),
        });
        desk.ana.say(&group, &said[0]);
        desk.act(seed + 1_000, |_, _| Ok(()));
        desk.others.iter_mut().for_each(Person::sync);
        desk.act(seed + 2_000, |_, _| Ok(()));
        desk.settle(seed);
        desk.whole(seed, &group, 2);
        desk.others[0].say(&group, &said[1]);
        desk.settle(seed);
        said_once(&mut desk.others[1], &group, &said, seed);
        said_once(&mut desk.ana, &group, &said, seed);
    }
}

#[test]
fn two_programs_answer_who_asks_to_be_re_added() {
    let mut desk = desk();
    let whom = desk.accounts(3);
    let group = desk.ana.client.create_group("Mesa", &whom, Suite::XWing).unwrap();
    desk.settle(0);
    for seed in 0..seeds() {
        let beto = &mut desk.others[0];
        beto.client.repair(&group).unwrap();
        beto.sync();
        desk.act(seed, |_, _| Ok(()));
        desk.settle(seed);
        desk.whole(seed, &group, 3);
    }
}

/// Red with one place for all that a reader has acknowledged: each told the other's away.
#[test]
fn two_programs_that_show_what_happens_are_each_told_all_of_it() {
    const STAYS: Duration = Duration::from_secs(86_400);
    let mut desk = desk();
    let whom = desk.accounts(1);
    let group = desk.ana.client.create_group("Mesa", &whom, Suite::XWing).unwrap();
    desk.settle(0);
    let old: Vec<u64> = desk.ana.client.events(0, 10_000).unwrap().iter().map(|e| e.number).collect();
    assert!(desk.ana.client.events_for("window", STAYS, 0, 100).unwrap().is_empty(), "it begins now");
    let mut told = [Vec::new(), Vec::new()];
    for seed in 0..seeds() {
        let text = format!("{seed}");
        desk.others[0].say(&group, &text);
        desk.others[0].sync();
        let turns = Arc::new(Turns::new(seed));
        let (first, second) = (&mut desk.ana, &mut desk.second);
        let heard = std::thread::scope(|scope| {
            let both = [(0, first, "window"), (1, second, "terminal")].map(|(me, person, name)| {
                let turns = &turns;
                scope.spawn(move || {
                    let Person { client, net, trap, .. } = person;
                    turns.run(me, trap, net, |net| {
                        client.events_for(name, STAYS, 0, 1).unwrap();
                        client.sync(net).unwrap();
                        let events = client.events_for(name, STAYS, 0, 1_000).unwrap();
                        if let Some(last) = events.last() {
                            client.ack_events_for(name, last.number).unwrap();
                        }
                        events.into_iter().map(|e| e.number).collect::<Vec<u64>>()
                    })
                })
            });
            both.map(|program| program.join().unwrap())
        });
        for (told, heard) in told.iter_mut().zip(heard) {
            told.extend(heard);
        }
    }
    desk.settle(0);
    for (told, name) in told.iter_mut().zip(["window", "terminal"]) {
        told.extend(desk.ana.client.events_for(name, STAYS, 0, 10_000).unwrap().iter().map(|e| e.number));
        assert!(told.windows(2).all(|w| w[0] + 1 == w[1]), "{name}: each once, in order, none left out: {told:?}");
    }
    assert_eq!(told[0].last(), told[1].last());
    // whoever reads without a name has taken nothing, and nothing was taken from it
    let nameless: Vec<u64> = desk.ana.client.events(0, 100_000).unwrap().iter().map(|e| e.number).collect();
    assert_eq!(nameless.first(), old.first());
    assert_eq!(nameless.last(), told[0].last());
    let last = *nameless.last().unwrap();
    desk.ana.client.ack_events(last).unwrap();
    assert!(desk.ana.client.events(0, 10).unwrap().is_empty());
    for name in ["window", "terminal"] {
        desk.ana.client.ack_events_for(name, last).unwrap();
    }
    // numbers are not given twice when nothing is left
    desk.others[0].say(&group, "more");
    desk.others[0].sync();
    desk.ana.sync();
    assert_eq!(desk.ana.client.events_for("window", STAYS, 0, 1).unwrap()[0].number, last + 1);
}

/// A program that was killed keeps nobody's events for ever.
#[test]
fn a_reader_that_is_not_seen_for_as_long_as_it_said_is_forgotten_and_begins_anew() {
    const DAY: Duration = Duration::from_secs(86_400);
    let mut desk = desk();
    let whom = desk.accounts(1);
    desk.ana.client.events_for("killed", DAY, 0, 1).unwrap();
    desk.ana.client.events_for("stays", DAY * 30, 0, 1).unwrap();
    let before = desk.ana.client.events(0, 1_000).unwrap().len();
    let group = desk.ana.client.create_group("Mesa", &whom, Suite::XWing).unwrap();
    desk.settle(0);
    desk.ana.clock.forward(86_400_000 + 1);
    let last = desk.ana.client.events_for("other", DAY, 0, 1).unwrap();
    assert!(last.is_empty());
    let all = desk.ana.client.events(0, 1_000).unwrap();
    desk.ana.client.ack_events(all.last().unwrap().number).unwrap();
    assert!(desk.ana.client.events_for("killed", DAY, 0, 10).unwrap().is_empty(), "it begins anew");
    let missed = desk.ana.client.events_for("stays", DAY * 30, 0, 1_000).unwrap();
    assert!(!missed.is_empty() && missed.len() == all.len() - before, "it was away for a day");
    // and no event stays for longer than a month, whoever does not ask for it
    desk.ana.clock.forward(lacre_core::limits::KEEP_EVENTS_MS);
    desk.ana.say(&group, "a month later");
    desk.ana.sync();
    desk.ana.client.ack_events_for("other", 1).unwrap();
    let kept = desk.ana.client.events_for("stays", DAY * 30, 0, 1_000).unwrap();
    assert!(kept.iter().all(|event| !missed.contains(event)), "{kept:?}");
}
