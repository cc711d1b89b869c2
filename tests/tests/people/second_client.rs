//! A second client, that shares no code with ours: written from PROTOCOL.md on another MLS library, in a process of its own
//! (`tests/second-client`), against a real relay over real TLS.

use lacre_core::view::{Body, ContactState, ConversationId, Standing, Suite};
use lacre_ground::ids::{AccountId, Handle};
use lacre_profile::mls::MlsProvider;
use lacre_tests::world::{Person, World, append_seal, befriend, settle};
use openmls::prelude::LeafNodeIndex;
use rand::seq::IteratorRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use tls_codec::Serialize as _;

/// Builds it with cargo, in a folder of its own below the target folder: it has its own workspace and lock file.
fn program() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("second-client");
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("second-client");
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--locked", "--quiet"]).current_dir(source).env("CARGO_TARGET_DIR", &target);
        // whoever lints our crates while building them has nothing to say of this one
        cargo.env_remove("RUSTC_WORKSPACE_WRAPPER").env_remove("CLIPPY_ARGS");
        let status = cargo.status().unwrap();
        assert!(status.success(), "tests/second-client does not build: (cd tests/second-client && cargo build --locked)");
        target.join("debug/second-client")
    })
}

/// Somebody who uses the second client.
pub(crate) struct Second {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    account: String,
}

impl Second {
    fn enroll(world: &World, handle: &str) -> Self {
        Self::by(&world.invite(&world.run()).expose(), handle)
    }

    /// With this invitation.
    pub(crate) fn by(invitation: &str, handle: &str) -> Self {
        let mut child = Command::new(program()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (to, from) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut second = Self { child, to, from, account: String::new() };
        let me = second.ask(json!({ "do": "enroll", "invitation": invitation, "handle": handle }));
        second.account = me["account"].as_str().unwrap().to_owned();
        second
    }

    pub(crate) fn try_ask(&mut self, command: &Value) -> Result<Value, Value> {
        writeln!(self.to, "{command}").unwrap();
        let mut line = String::new();
        self.from.read_line(&mut line).unwrap();
        let answer: Value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{command}: {e}: {line:?}"));
        answer.get("ok").cloned().ok_or(answer)
    }

    pub(crate) fn ask(&mut self, command: Value) -> Value {
        self.try_ask(&command).unwrap_or_else(|e| panic!("{command}: {e}"))
    }

    /// One round; what it skipped is a fault of one of the two clients.
    fn sync(&mut self) -> u64 {
        let done = self.ask(json!({ "do": "sync" }));
        assert_eq!(done["skipped"], json!([]));
        done["moved"].as_u64().unwrap()
    }

    fn account(&self) -> AccountId {
        AccountId::from_hex(&self.account).unwrap()
    }

    fn conversation(&mut self, id: &ConversationId) -> Value {
        let list = self.ask(json!({ "do": "conversations" }));
        let found = list.as_array().unwrap().iter().find(|c| c["id"] == id.to_hex());
        found.unwrap_or_else(|| panic!("no conversation {}: {list}", id.to_hex())).clone()
    }

    fn history(&mut self, id: &ConversationId) -> Vec<Value> {
        self.ask(json!({ "do": "history", "conversation": id.to_hex() })).as_array().unwrap().clone()
    }

    fn texts(&mut self, id: &ConversationId) -> Vec<String> {
        let lines = self.history(id);
        lines.iter().filter(|l| l["kind"] == "text").map(|l| l["text"].as_str().unwrap().to_owned()).collect()
    }

    fn say(&mut self, id: &ConversationId, text: &str) {
        self.ask(json!({ "do": "say", "conversation": id.to_hex(), "text": text }));
    }
}

impl Drop for Second {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Everybody synchronises until nothing moves any more.
fn rest(people: &mut [&mut Person], second: &mut Second) {
    for _ in 0..50 {
        settle(people);
        if second.sync() == 0 {
            return;
        }
    }
    panic!("the conversation does not come to rest");
}

/// A real person asks; the second client accepts and makes the conversation of two.
fn accepted(person: &mut Person, second: &mut Second, handle: &str) {
    person.client.contact_add(&mut person.net, &Handle::parse(handle).unwrap(), "hello").unwrap();
    rest(&mut [person], second);
    let account = person.account().to_string();
    let contacts = second.ask(json!({ "do": "contacts" }));
    assert!(contacts.as_array().unwrap().contains(&json!([account, "Asking"])), "{contacts}");
    second.ask(json!({ "do": "accept", "account": account }));
    rest(&mut [person], second);
}

#[test]
fn the_second_client_enrols_and_is_found_by_ours() {
    let world = World::new();
    let mut ana = world.person("ana");
    let second = Second::enroll(&world, "otra");

    let found = ana.client.contact_add(&mut ana.net, &Handle::parse("otra").unwrap(), "hello").unwrap();

    assert_eq!((found.account, found.state), (second.account(), ContactState::Asked));
}

#[test]
fn a_relay_with_another_identity_is_refused_by_the_second_client() {
    let (world, other) = (World::new(), World::new());
    let invitation = world.invite(&world.run()).expose();
    let place = |w: &World| w.authority().to_string();
    let wrong = invitation.replace(&place(&world), &{
        // the place of the one with the identity of the other
        let (at, _) = place(&world).rsplit_once('/').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        format!("{at}/{}", place(&other).rsplit_once('/').unwrap().1)
    });
    assert_ne!(wrong, invitation);
    let mut second = Second::enroll(&world, "otra");

    let refused = second.try_ask(&json!({ "do": "enroll", "invitation": wrong, "handle": "ajena" })).unwrap_err();

    assert!(refused["error"].as_str().unwrap().contains("certificate"), "{refused}");
}

#[test]
fn the_second_client_accepts_a_contact_and_both_write() {
    let world = World::new();
    let mut ana = world.person("ana");
    let mut second = Second::enroll(&world, "otra");

    accepted(&mut ana, &mut second, "otra");
    let two = ana.with("otra");
    ana.say(&two, "¿Lees esto?");
    rest(&mut [&mut ana], &mut second);
    second.say(&two, "Leo.");
    rest(&mut [&mut ana], &mut second);

    assert_eq!(ana.texts(&two), ["¿Lees esto?", "Leo."]);
    assert_eq!(second.texts(&two), ["¿Lees esto?", "Leo."]);
    same(&mut ana, &mut second, &two);
}

/// Both are in the same epoch and have the same history.
fn same(person: &mut Person, second: &mut Second, id: &ConversationId) {
    let (ours, theirs) = (person.client.conversation(id).unwrap(), second.conversation(id));
    assert_eq!((ours.standing, theirs["standing"].as_str()), (Standing::Active, Some("Active")));
    assert_eq!(theirs["epoch"], ours.epoch);
    assert_eq!(theirs["authenticator"], data_encoding::HEXLOWER.encode(&ours.epoch_authenticator));
    // the second client made the conversation; it says so in a line more
    let theirs = second.history(id);
    assert_eq!((theirs[0]["kind"].as_str(), &theirs[1..]), (Some("added"), lines_from(person, id, 0).as_slice()));
}

/// Our history from a line on, in the words of the second client.
fn lines_from(person: &mut Person, id: &ConversationId, from: usize) -> Vec<Value> {
    let line = |m: lacre_core::view::Message| {
        let sender = m.sender.to_string();
        let change = |kind: &str, whom: AccountId| json!({ "kind": kind, "sender": sender, "whom": whom.to_string() });
        match m.body {
            Body::Text(text) => {
                let mut line = json!({ "kind": "text", "id": m.id.to_string(), "sender": sender, "text": text });
                line["reply_to"] = json!(m.reply_to.map(|r| r.id.to_string()).unwrap_or_default());
                if m.edited_at.is_some() {
                    line["edited"] = json!(true);
                }
                for r in m.reactions {
                    line["reactions"][r.account.to_string()] = json!(r.sign);
                }
                Some(line)
            }
            Body::Deleted { .. } => Some(json!({ "kind": "deleted", "id": m.id.to_string(), "sender": sender })),
            Body::Added { whom } => Some(change("added", whom)),
            Body::Removed { whom } => Some(change("removed", whom)),
            // changes of the context have no line in the second client
            Body::Renamed { .. } | Body::AdminMade { .. } => None,
            other => panic!("a line that no test here makes: {other:?}"),
        }
    };
    person.history(id).split_off(from).into_iter().filter_map(line).collect()
}

/// Ours makes conversations of two in 0x004D, in which the second client has no key packages: PROTOCOL.md, section 11.
#[test]
fn the_second_client_asks_is_accepted_and_is_reached_in_a_suite_that_it_has() {
    let world = World::new();
    let (mut ana, mut second) = (world.person("ana"), Second::enroll(&world, "otra"));

    second.ask(json!({ "do": "ask", "handle": "ana", "text": "soy la otra" }));
    ana.sync();
    let asking = ana.client.contacts().unwrap().remove(0);
    assert_eq!((asking.account, asking.state, asking.text.as_str()), (second.account(), ContactState::Asking, "soy la otra"));
    ana.client.contact_accept(&second.account()).unwrap();
    rest(&mut [&mut ana], &mut second);

    assert_eq!(second.ask(json!({ "do": "contacts" })), json!([[ana.account().to_string(), "Accepted"]]));
    assert_eq!(second.ask(json!({ "do": "conversations" })), json!([]));
    let id = ana.client.create_group("obras", &[second.account()], Suite::X25519).unwrap();
    rest(&mut [&mut ana], &mut second);
    second.say(&id, "aquí sí");
    rest(&mut [&mut ana], &mut second);
    assert_eq!(ana.texts(&id), ["aquí sí"]);
}

/// Both clients judge alike, and the second one helps a member that cannot go on.
#[test]
fn void_seals_stop_nobody_and_the_second_client_re_adds_who_asks() {
    let world = World::new();
    let (mut ana, mut beto, mut second) = (world.person("ana"), world.person("beto"), Second::enroll(&world, "otra"));
    let id = group(&mut ana, &mut beto, &mut second);
    let epoch = second.conversation(&id)["epoch"].clone();

    let removal = |beto: &mut Person, whom: u32| {
        beto.client.laboratory(&id, |mls, step, crypto, key| {
            let (commit, ..) = mls.remove_members(&MlsProvider::new(step, crypto), key, &[LeafNodeIndex::new(whom)]).unwrap();
            commit.tls_serialize_detached().unwrap()
        })
    };
    // by a member who is no admin, of the admin; the same one with a byte changed; what is no message of MLS
    let by_nobody = removal(&mut beto, 0).unwrap();
    let mut changed = by_nobody.clone();
    *changed.last_mut().unwrap() ^= 1;
    // the admin's leaf replaced by a key package that anybody may claim
    let suite = openmls::prelude::Ciphersuite::MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519;
    let whom = ana.account();
    let package = lacre_tests::hostile::claim_in(&mut beto, whom, suite);
    let (not_agreed, _) = lacre_tests::hostile::replacing(&mut beto, &id, &[(whom, package)]);
    for (n, bad) in [by_nobody, changed, b"no message at all".to_vec(), not_agreed].into_iter().enumerate() {
        append_seal(&mut beto, &id, &bad);
        settle(&mut [&mut ana, &mut beto]);
        let skipped = second.ask(json!({ "do": "sync" }))["skipped"].clone();
        assert_eq!(skipped.as_array().unwrap().len(), 1, "{n}: {skipped}");
        if n == 0 {
            assert!(skipped[0].as_str().unwrap().contains("may not"), "{skipped}");
        }
        if n == 3 {
            assert!(skipped[0].as_str().unwrap().contains("did not agree"), "{skipped}");
        }
        assert_eq!((&second.conversation(&id)["epoch"], &json!(ana.client.conversation(&id).unwrap().epoch)), (&epoch, &epoch));
    }
    second.say(&id, "seguimos");
    rest(&mut [&mut ana, &mut beto], &mut second);
    assert_eq!(second.conversation(&id)["epoch"], epoch);
    assert!(ana.texts(&id).contains(&"seguimos".to_owned()));

    // only the second client is there to answer
    beto.client.repair(&id).unwrap();
    rest(&mut [&mut beto], &mut second);
    assert_eq!(beto.standing(&id), Standing::Active);
    beto.say(&id, "de vuelta");
    rest(&mut [&mut ana, &mut beto], &mut second);
    assert_eq!(second.texts(&id), ["seguimos", "de vuelta"]);
    let ours = beto.client.conversation(&id).unwrap();
    assert_eq!(second.conversation(&id)["authenticator"], data_encoding::HEXLOWER.encode(&ours.epoch_authenticator));
}

/// A group of ana, beto and the second client that ours made, in the suite that the second client knows.
fn group(ana: &mut Person, beto: &mut Person, second: &mut Second) -> ConversationId {
    accepted(ana, second, "otra");
    accepted(beto, second, "otra");
    lacre_tests::world::befriend(ana, beto);
    let both = [beto.account(), second.account()];
    let id = ana.client.create_group("obras", &both, Suite::X25519).unwrap();
    rest(&mut [ana, beto], second);
    id
}

#[test]
fn in_a_group_that_ours_made_the_second_client_joins_commits_is_removed_and_comes_back() {
    let world = World::new();
    let (mut ana, mut beto, mut second) = (world.person("ana"), world.person("beto"), Second::enroll(&world, "otra"));
    let id = group(&mut ana, &mut beto, &mut second);
    let members = |second: &mut Second, id: &ConversationId| second.conversation(id)["members"].as_array().unwrap().len();
    assert_eq!(members(&mut second, &id), 3);
    let command = |second: &mut Second, what: &str, account: AccountId| {
        second.try_ask(&json!({ "do": what, "conversation": id.to_hex(), "account": account.to_string() }))
    };

    // fresh keys are everybody's right, a removal is not
    second.ask(json!({ "do": "update", "conversation": id.to_hex() }));
    let refused = command(&mut second, "remove", beto.account()).unwrap_err();
    assert!(refused["error"].as_str().unwrap().contains("may not"), "{refused}");
    ana.client.group_admins(&id, &[second.account()], true).unwrap();
    rest(&mut [&mut ana, &mut beto], &mut second);

    // as an admin it removes and adds, and names
    command(&mut second, "remove", beto.account()).unwrap();
    rest(&mut [&mut ana, &mut beto], &mut second);
    assert_eq!((beto.standing(&id), members(&mut second, &id)), (Standing::Removed, 2));
    command(&mut second, "add", beto.account()).unwrap();
    second.ask(json!({ "do": "rename", "conversation": id.to_hex(), "name": "obras viales" }));
    rest(&mut [&mut ana, &mut beto], &mut second);
    assert_eq!(beto.client.conversation(&id).unwrap().name, "obras viales");
    beto.say(&id, "otra vez aquí");
    rest(&mut [&mut ana, &mut beto], &mut second);
    assert_eq!(second.texts(&id), ["otra vez aquí"]);

    // removed, it reads no more; added again, it goes on
    ana.client.group_remove(&id, &[second.account()]).unwrap();
    rest(&mut [&mut ana, &mut beto], &mut second);
    assert_eq!(second.conversation(&id)["standing"], "Removed");
    ana.say(&id, "sin la otra");
    ana.client.group_add(&id, &[second.account()]).unwrap();
    rest(&mut [&mut ana, &mut beto], &mut second);
    second.say(&id, "de vuelta");
    rest(&mut [&mut ana, &mut beto], &mut second);
    assert_eq!(second.texts(&id), ["otra vez aquí", "de vuelta"]);
    assert_eq!(ana.texts(&id), ["otra vez aquí", "sin la otra", "de vuelta"]);
    for person in [&mut ana, &mut beto] {
        let ours = person.client.conversation(&id).unwrap();
        assert_eq!(second.conversation(&id)["authenticator"], data_encoding::HEXLOWER.encode(&ours.epoch_authenticator));
    }
}

/// One of a thousand: who does what is drawn; what is impossible just now (beto is not there) draws again.
fn operate(rng: &mut ChaCha8Rng, n: usize, id: &ConversationId, ana: &mut Person, beto: &mut Person, second: &mut Second) {
    let there = beto.standing(id) == Standing::Active;
    let own_text = |person: &mut Person, rng: &mut ChaCha8Rng| {
        let all = person.history(id);
        all.into_iter().filter(|m| m.own && matches!(m.body, Body::Text(_))).choose(rng)
    };
    let command = |what: &str| json!({ "do": what, "conversation": id.to_hex() });
    match rng.random_range(0..100) {
        0..20 => second.say(id, &format!("{n} de la otra")),
        20..35 => ana.say(id, &format!("{n} de ana")),
        35..45 if there => beto.say(id, &format!("{n} de beto")),
        45..55 => ana.sync(),
        55..65 => beto.sync(),
        65..75 => {
            second.sync();
        }
        75..80 => {
            second.ask(command("update"));
        }
        80..83 => ana.client.renew_keys(id).unwrap(),
        83..86 => {
            let mut rename = command("rename");
            rename["name"] = json!(format!("obras {n}"));
            second.ask(rename);
        }
        86..90 => {
            // who is out is added, who is in is removed; by either admin
            let in_ = ana.client.conversation(id).unwrap().members.iter().any(|m| m.account == beto.account());
            match (rng.random_bool(0.5), in_) {
                (true, true) => ana.client.group_remove(id, &[beto.account()]).unwrap(),
                (true, false) => ana.client.group_add(id, &[beto.account()]).unwrap(),
                (false, _) => {
                    let mut change = command(if in_ { "remove" } else { "add" });
                    change["account"] = json!(beto.account().to_string());
                    second.ask(change);
                }
            }
        }
        90..95 => {
            let lines = second.history(id);
            let Some(line) = lines.iter().filter(|l| l["kind"] == "text").choose(rng) else { return };
            let own = line["sender"] == second.account;
            let mut amend = command(["react", "edit", "delete"][if own { rng.random_range(0..3) } else { 0 }]);
            (amend["target"], amend["by"]) = (line["id"].clone(), line["sender"].clone());
            (amend["text"], amend["sign"]) = (json!(format!("{n} cambiado por la otra")), json!("👍"));
            second.ask(amend);
        }
        _ => {
            let Some(message) = own_text(ana, rng) else { return };
            match rng.random_range(0..3) {
                0 => ana.client.react(&message, "🙂").unwrap(),
                1 => ana.client.edit(&message, &format!("{n} cambiado por ana")).unwrap(),
                _ => ana.client.delete(&message).unwrap(),
            }
        }
    }
}

/// `LACRE_SEED` draws others.
#[test]
fn after_a_thousand_mixed_operations_both_clients_have_one_epoch_and_one_history() {
    let seed = std::env::var("LACRE_SEED").map_or(20_261_127, |s| s.parse().unwrap());
    eprintln!("LACRE_SEED={seed}");
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let world = World::new();
    let (mut ana, mut beto, mut second) = (world.person("ana"), world.person("beto"), Second::enroll(&world, "otra"));
    let id = group(&mut ana, &mut beto, &mut second);
    ana.client.group_admins(&id, &[second.account()], true).unwrap();
    rest(&mut [&mut ana, &mut beto], &mut second);
    let before = (ana.history(&id).len(), second.history(&id).len());

    for n in 0..1_000 {
        operate(&mut rng, n, &id, &mut ana, &mut beto, &mut second);
    }
    rest(&mut [&mut ana, &mut beto], &mut second);

    let epoch = second.conversation(&id);
    let ours = ana.client.conversation(&id).unwrap();
    assert_eq!(epoch["epoch"], ours.epoch);
    assert_eq!(epoch["authenticator"], data_encoding::HEXLOWER.encode(&ours.epoch_authenticator));
    assert!(ours.epoch > 60, "only {} commits", ours.epoch);
    let (mine, theirs) = (lines_from(&mut ana, &id, before.0), second.history(&id).split_off(before.1));
    assert!(mine.len() > 300, "only {} lines", mine.len());
    for (n, (a, b)) in mine.iter().zip(&theirs).enumerate() {
        assert_eq!(a, b, "line {n}");
    }
    assert_eq!(mine.len(), theirs.len());
}

#[test]
fn the_second_client_asks_for_resets_and_believes_nothing_of_a_stolen_phone() {
    let world = World::new();
    let run = world.run();
    let (mut ana, mut beto) = (world.person_with("ana", &run), world.person("beto"));
    let mut second = Second::enroll(&world, "otra");
    accepted(&mut ana, &mut second, "otra");
    accepted(&mut beto, &mut second, "otra");
    befriend(&mut ana, &mut beto);
    let (old, two) = (ana.account(), ana.with("otra"));
    let group = beto.client.create_group("Mesa", &[old, second.account()], Suite::X25519).unwrap();
    rest(&mut [&mut ana, &mut beto], &mut second);
    let mut thief = ana.copy(&ana.dir().with_extension("stolen"));
    let mut again = Person::new(&world.data().with_file_name("profile-ana-again"));
    again.client.recover(&mut again.net, &world.invite_again(&run)).unwrap();
    for to in [&two, &group] {
        thief.say(to, "soy Ana");
    }
    thief.sync();

    // nothing of it goes out while the phone is in the group, which Beto's program takes out
    let waits = second.try_ask(&json!({ "do": "sync" })).unwrap();
    second.say(&group, "no para él");
    thief.sync();
    rest(&mut [&mut beto], &mut second);
    thief.sync();

    assert!(waits["moved"].as_u64().is_some());
    assert_eq!((second.texts(&two), second.texts(&group)), (vec![], vec!["no para él".to_owned()]));
    assert_eq!(second.history(&group).iter().filter(|l| l["kind"] == "lost").count(), 1);
    assert_eq!(second.conversation(&two)["standing"], "Replaced");
    assert_eq!(beto.texts(&group), ["no para él"]);
    assert_eq!(thief.texts(&group), ["soy Ana"]);
}
