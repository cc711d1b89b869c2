//! The example that app developers copy, as it is built, against a relay.
use lacre_core::view::{ContactState, ConversationId};
use lacre_ground::ids::Handle;
use lacre_tests::world::{Person, World};
use std::io::{BufRead as _, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

fn example() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let found = own.ancestors().skip(1).take(2).map(|folder| folder.join("examples/echo")).find(|path| path.is_file());
    found.expect("no example: run ./test, or cargo build -p lacre-transport --example echo first")
}

/// A running bot; killed when dropped.
struct Bot {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Bot {
    fn start(folder: &Path, invitation: Option<&str>) -> Self {
        let mut command = Command::new(example());
        command
            .arg(folder)
            .arg("@eco")
            .args(invitation)
            .env("LACRE_PASSPHRASE", "an example's passphrase")
            .stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut bot = Self { child, lines };
        bot.says("@eco listens");
        bot
    }

    /// Reads until it says so.
    fn says(&mut self, what: &str) {
        let mut told = Vec::new();
        for line in &mut self.lines {
            let line = line.unwrap();
            if line.starts_with(what) {
                return;
            }
            told.push(line);
        }
        panic!("the bot ended without saying {what:?}: {told:?}");
    }
}

impl Drop for Bot {
    fn drop(&mut self) {
        let _gone_already = self.child.kill();
        let _ended = self.child.wait();
    }
}

/// Watches until so many texts are there.
fn texts(person: &mut Person, conversation: &ConversationId, count: usize) -> Vec<String> {
    while person.texts(conversation).len() < count {
        person.client.watch(&mut person.net, Duration::from_secs(5)).unwrap();
    }
    person.texts(conversation)
}

#[test]
fn the_example_bot_enrols_accepts_who_asks_and_answers_also_after_it_was_killed() {
    let world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let profile = folder.path().join("eco");
    let mut ana = world.person("ana");
    let invitation = world.invite(&world.run()).expose();

    let mut bot = Bot::start(&profile, Some(&invitation));
    let handle = Handle::parse("eco").unwrap();
    let contact = ana.client.contact_add(&mut ana.net, &handle, "hello").unwrap();
    ana.sync();
    bot.says("accepted @ana");
    while ana.client.contacts().unwrap().iter().any(|c| c.state != ContactState::Accepted || c.conversation.is_none()) {
        ana.client.watch(&mut ana.net, Duration::from_secs(5)).unwrap();
    }
    assert_eq!(contact.handle, handle);
    let two = ana.with("eco");
    ana.say(&two, "one");
    let first = texts(&mut ana, &two, 2);
    drop(bot);
    ana.say(&two, "two");
    ana.sync();
    let _again = Bot::start(&profile, None);
    let both = texts(&mut ana, &two, 4);

    assert_eq!(first, ["one", "one"]);
    assert_eq!(both, ["one", "one", "two", "two"], "what was said while the bot was dead is answered once");
}
