//! (i) What a person waits for: searching and reading a long history, opening a profile with many conversations, adding many
//! members; and what `watch` takes of the machine's memory meanwhile.

use crate::report::{ROUNDS, Target, figure, now, ratio, say, short};
use lacre_core::view::{ConversationId, Suite};
use lacre_core::{Client, Environment, Query};
use lacre_profile::Secret;
use lacre_tests::crowd::Crowd;
use lacre_tests::tap::Tap;
use lacre_tests::world::{Person, World, befriend};
use std::io::{BufRead as _, Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// The folder of a profile that a process of its own is to watch.
pub const WATCHER_ROLE: &str = "LACRE_BENCH_WATCHER";

const MESSAGES: usize = 100_000;
const CONVERSATIONS: usize = 500;
/// Messages that are put into the queue before it goes out.
const AT_A_TIME: usize = 5_000;

fn millis(work: impl FnOnce()) -> f64 {
    let start = now();
    work();
    start.elapsed().as_secs_f64() * 1_000.0
}

/// One word in a thousand messages; words of everyday length around it.
fn text(n: usize) -> String {
    let rare = if n.is_multiple_of(1_000) { "camión" } else { "casa" };
    format!("Mensaje {n}: la reunión del martes en la {rare} de la vecina quedó para las {} de la tarde", n % 12)
}

fn long_history(ana: &mut Person, id: &ConversationId) {
    for some in (0..MESSAGES).collect::<Vec<_>>().chunks(AT_A_TIME) {
        for n in some {
            ana.say(id, &text(*n));
        }
        ana.sync();
    }
}

fn history() {
    let world = World::new();
    let (mut ana, mut bruno) = (world.person("ana"), world.person("bruno"));
    befriend(&mut ana, &mut bruno);
    let id = ana.with("bruno");
    long_history(&mut ana, &id);
    let ana = std::cell::RefCell::new(ana);
    let search = |words: &str, found: u64| {
        let query = Query { words: words.to_owned(), ..Query::default() };
        millis(|| assert_eq!(ana.borrow_mut().client.search(&query, 50).unwrap().total, found))
    };
    let read_all = || {
        millis(|| {
            let mut from = 1;
            loop {
                let page = ana.borrow_mut().client.history(&id, from, 1_000).unwrap();
                let Some(last) = page.last().and_then(|m| m.position) else { break };
                from = last + 1;
            }
        })
    };
    let rare = || search("camion", (MESSAGES / 1_000) as u64);
    figure("the first search in 100,000 new messages", "ms", Target::Printed, vec![rare()]);
    ratio("search of a rare word in 100,000 messages / reading them", "ms", Target::Printed, rare, read_all);
    let all = || search("reunion martes", MESSAGES as u64);
    ratio("search that finds all 100,000 / reading them", "ms", Target::Printed, all, read_all);
    let last = |n: u64| millis(|| assert_eq!(ana.borrow_mut().client.history(&id, MESSAGES as u64 - n, 50).unwrap().len(), 50));
    figure("read: the last 50 of 100,000 messages", "ms", Target::Printed, (0..ROUNDS as u64).map(|n| last(60 + n)).collect());
}

fn many_conversations() {
    let world = World::new();
    let mut ana = world.person("ana");
    for n in 0..CONVERSATIONS {
        ana.client.create_group(&format!("grupo {n}"), &[], Suite::XWing).unwrap();
    }
    ana.sync();
    let all = ana.client.conversations().unwrap();
    assert_eq!(all.len(), CONVERSATIONS);
    for conversation in &all {
        ana.say(&conversation.id, "hola");
    }
    ana.sync();
    let dir = ana.dir().to_path_buf();
    drop(ana);
    let mut opening = Vec::new();
    let mut listing = Vec::new();
    let mut again = Vec::new();
    for _ in 0..ROUNDS {
        let mut ana = None;
        opening.push(millis(|| ana = Some(Person::again(&dir))));
        let mut ana = ana.unwrap();
        listing.push(millis(|| assert_eq!(ana.client.conversations().unwrap().len(), CONVERSATIONS)));
        again.push(millis(|| assert_eq!(ana.client.conversations().unwrap().len(), CONVERSATIONS)));
    }
    figure("opening a profile with 500 conversations (key file)", "ms", Target::Printed, opening);
    figure("list: 500 conversations, just opened", "ms", Target::Printed, listing);
    figure("list: 500 conversations, again", "ms", Target::Printed, again);
    figure("memory of a watching program, 500 conversations", "MB", Target::Printed, (0..3).map(|_| watching(&dir)).collect());
    harmless(&dir);
}

/// The harmless profile of the one with 500 conversations: is it opened as fast, wrong passphrases too?
fn harmless(dir: &Path) {
    const FIRST: &str = "la primera frase";
    const SECOND: &str = "la segunda frase";
    let mut ana = Person::again(dir);
    ana.client.set_second_passphrase(SECOND).unwrap();
    ana.client.change_secret(&Secret::Passphrase(FIRST)).unwrap();
    drop(ana);
    let open = |words: &str| millis(|| drop(Client::open(dir, Secret::Passphrase(words), Environment::system())));
    ratio(
        "opening the harmless profile / the first, of 500 conversations",
        "ms",
        Target::Printed,
        || open(SECOND),
        || open(FIRST),
    );
    ratio("a wrong passphrase / the first profile's", "ms", Target::Printed, || open("ninguna de las dos"), || open(FIRST));
}

/// Adds so many members without a program to a group; prints what it took.
fn adding(members: usize) {
    let world = World::new();
    let mut ana = world.person("ana");
    let crowd = Crowd::new(&world, members - 1);
    let others: Vec<_> = crowd.extras.iter().map(|extra| ana.client.suppose_contact(&extra.entry).unwrap()).collect();
    let (mut log, mut seals) = (0, 0);
    let group = ana.client.create_group("todos", &others, Suite::XWing).unwrap();
    let mut tap = Tap::new(&mut ana.net);
    tap.claiming = Box::new(|request| crowd.claim(request));
    tap.before = Box::new(|request| {
        log += request.ciphertext.len();
        seals += usize::from(request.seal);
        Ok(())
    });
    let start = now();
    ana.client.sync(&mut tap).unwrap();
    let seconds = start.elapsed().as_secs_f64();
    drop(tap);
    assert_eq!(ana.client.conversation(&group).unwrap().members.len(), members);
    let blobs = bytes_below(&world.data().join("blobs"));
    say(format!(
        "a group of {members}: {} s, {seals} seals, {:.1} MB of entries (invitations included), {:.1} MB of blobs; printed",
        short(seconds),
        log as f64 / 1e6,
        blobs as f64 / 1e6
    ));
}

fn bytes_below(dir: &Path) -> u64 {
    let mut all = 0;
    for item in std::fs::read_dir(dir).unwrap() {
        let item = item.unwrap();
        let about = item.metadata().unwrap();
        all += if about.is_dir() { bytes_below(&item.path()) } else { about.len() };
    }
    all
}

/// Resident memory of a process that watches this profile, once it follows everything.
fn watching(dir: &Path) -> f64 {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env(WATCHER_ROLE, dir).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    std::io::BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line.trim(), "watching");
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let rss = status.lines().find(|l| l.starts_with("VmRSS:")).unwrap();
    let kib: f64 = rss.split_whitespace().nth(1).unwrap().parse().unwrap();
    drop(child.stdin.take());
    child.wait().unwrap();
    kib * 1_024.0 / 1e6
}

/// What the other process does: follows, says so, and goes when its input ends.
pub fn be_a_watcher(dir: &Path) {
    let mut person = Person::again(dir);
    for _ in 0..3 {
        person.client.watch(&mut person.net, Duration::from_secs(1)).unwrap();
    }
    println!("watching");
    std::io::stdout().flush().unwrap();
    let _ = std::io::stdin().read(&mut [0]);
}

pub fn run() {
    history();
    many_conversations();
    adding(256);
    adding(1_000);
}
