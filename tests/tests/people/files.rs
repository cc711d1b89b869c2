//! Files that are large, cut off, damaged or hostile: what arrives is whole, and what is fetched once is not fetched again.
use lacre_core::limits::{MAX_FILE, MAX_NAME, RESUMED_FROM};
use lacre_core::view::{Body, ConversationId, Message};
use lacre_core::{FileTrouble, Outgoing, Trouble};
use lacre_tests::relay::{RelayProcess, relay_binary};
use lacre_tests::tap::Tap;
use lacre_tests::world::{Person, World, befriend, settle};
use lacre_transport::Progress;
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

const SIZE: usize = 5_000_000;

fn bytes() -> Vec<u8> {
    (0..SIZE).map(|n| u8::try_from((n * n / 7) % 251).unwrap()).collect()
}

/// Ana has sent Bruno a file of [`SIZE`] bytes; he has the message.
fn sent(world: &World) -> (Person, Person, ConversationId, Message) {
    let (mut ana, mut bruno) = (world.person("ana"), world.person("bruno"));
    befriend(&mut ana, &mut bruno);
    let id = ana.with("bruno");
    ana.client.send_file(&id, "plano.pdf", &mut bytes().as_slice(), u64::try_from(SIZE).unwrap()).unwrap();
    settle(&mut [&mut ana, &mut bruno]);
    let file = bruno.history(&id).into_iter().find(|m| matches!(m.body, Body::File { .. })).unwrap();
    (ana, bruno, id, file)
}

/// Writes down what the network tells of its way.
fn told(person: &mut Person) -> Arc<Mutex<Vec<Progress>>> {
    let told = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&told);
    person.net.on_progress(Box::new(move |progress| keep.lock().unwrap().push(progress)));
    told
}

fn rows_of_files(person: &mut Person) -> usize {
    person.client.held_contents().unwrap().iter().filter(|row| row.len() > 100_000).count()
}

#[test]
fn a_fetch_that_breaks_off_anywhere_goes_on_there_and_the_file_is_whole() {
    let world = World::new();
    let (_ana, mut bruno, _, file) = sent(&world);
    let told = told(&mut bruno);
    let mut saved = Vec::new();
    let mut cuts = 0_i64;
    loop {
        let (rows, seen) = (rows_of_files(&mut bruno), told.lock().unwrap().len());
        // further each time
        bruno.trap.arm_point(20 + 9 * cuts);
        saved.clear();
        let outcome = bruno.client.save_file(&mut bruno.net, &file, &mut saved);
        let crashed = bruno.trap.disarm();
        let told = told.lock().unwrap();
        if let Some(first) = told.get(seen) {
            assert!(
                first.done > u64::try_from(rows * 262_144).unwrap(),
                "{rows} rows were there, and it began before: {first:?}"
            );
        }
        if !crashed {
            assert_eq!(outcome.unwrap(), u64::try_from(SIZE).unwrap());
            break;
        }
        assert!(outcome.is_err());
        let all_there = told.last().is_some_and(|p| p.done == p.size);
        assert!(saved.is_empty() || all_there, "nothing is written before all of it is there");
        bruno.restart();
        cuts += 1;
        assert!(cuts < 100);
    }
    assert!(cuts > 5, "{cuts}");
    assert!(saved == bytes());
    assert_eq!(rows_of_files(&mut bruno), 0, "what was fetched is not kept twice");
    let told = told.lock().unwrap();
    assert_eq!(told.last().map(|p| (p.up, p.done == p.size)), Some((false, true)));
}

// Seen red with a client that fetches what a message names when it comes.
#[test]
fn nothing_of_a_file_or_link_is_fetched_before_the_person_asks() {
    let world = World::new();
    let (mut ana, mut bruno) = (world.person("ana"), world.person("bruno"));
    befriend(&mut ana, &mut bruno);
    let id = ana.with("bruno");
    // what brings somebody into a conversation is fetched; from here on nothing is
    let told = told(&mut bruno);
    let elsewhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let link = format!("http://{}/foto.png", elsewhere.local_addr().unwrap());
    ana.client.send_file(&id, "foto.png", &mut &b"no picture"[..], 10).unwrap();
    ana.say(&id, &link);

    settle(&mut [&mut ana, &mut bruno]);
    let history = bruno.history(&id);

    assert_eq!(*told.lock().unwrap(), []);
    assert_eq!(elsewhere.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "nobody followed the link");
    assert!(history.iter().any(|m| m.body == Body::Text(link.clone())));
    let file = history.iter().find(|m| matches!(m.body, Body::File { .. })).unwrap();
    bruno.client.save_file(&mut bruno.net, file, &mut Vec::new()).unwrap();
    assert!(!told.lock().unwrap().is_empty(), "and what is asked for is");
}

#[test]
fn progress_is_told_up_and_down_from_nothing_to_all() {
    let world = World::new();
    let (mut ana, mut bruno) = (world.person("ana"), world.person("bruno"));
    befriend(&mut ana, &mut bruno);
    let id = ana.with("bruno");
    let up = told(&mut ana);
    ana.client.send_file(&id, "plano.pdf", &mut bytes().as_slice(), u64::try_from(SIZE).unwrap()).unwrap();
    ana.sync();
    let up = up.lock().unwrap().clone();
    assert!(up.len() > 50 && up.iter().all(|p| p.up) && up.is_sorted_by_key(|p| p.done), "{up:?}");
    assert_eq!((up[0].done, up.last().unwrap().done), (0, up[0].size));
}

#[test]
fn a_file_that_was_changed_on_its_way_is_never_written_and_is_fetched_anew() {
    let world = World::new();
    let (_ana, mut bruno, _, file) = sent(&world);
    // the other blob is what bruno joined the conversation with
    let blob = &walk(&world.data().join("blobs")).into_iter().max_by_key(|path| path.metadata().unwrap().len()).unwrap();
    let whole = std::fs::read(blob).unwrap();
    for at in [0, whole.len() / 2, whole.len() - 1] {
        let mut spoiled = whole.clone();
        spoiled[at] ^= 1;
        std::fs::write(blob, &spoiled).unwrap();
        let mut saved = Vec::new();
        let outcome = bruno.client.save_file(&mut bruno.net, &file, &mut saved);
        assert!(matches!(outcome, Err(Trouble::File(FileTrouble::Damaged(_)))), "byte {at}: {outcome:?}");
        assert!(saved.is_empty());
    }
    std::fs::write(blob, &whole).unwrap();
    let mut saved = Vec::new();
    bruno.client.save_file(&mut bruno.net, &file, &mut saved).unwrap();
    assert!(saved == bytes());
}

fn walk(dir: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut out = Vec::new();
    for item in std::fs::read_dir(dir).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() { out.extend(walk(&path)) } else { out.push(path) }
    }
    out
}

/// Takes so many bytes and no more.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, buf: &[u8]) -> std::io::Result<usize> {
        self.0 = self.0.checked_sub(buf.len()).ok_or(std::io::ErrorKind::StorageFull)?;
        Ok(buf.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn where_there_is_no_room_to_save_nothing_has_to_be_fetched_again() {
    let world = World::new();
    let (_ana, mut bruno, _, file) = sent(&world);
    let full = bruno.client.save_file(&mut bruno.net, &file, &mut Full(1_000_000));
    assert!(matches!(full, Err(Trouble::File(FileTrouble::Io(_)))), "{full:?}");
    let told = told(&mut bruno);
    let mut saved = Vec::new();
    bruno.client.save_file(&mut bruno.net, &file, &mut saved).unwrap();
    assert!(saved == bytes());
    assert_eq!(*told.lock().unwrap(), [], "the relay was not asked again");
}

#[test]
fn a_small_file_is_not_kept_on_its_way_and_a_larger_one_is() {
    let world = World::new();
    let (mut ana, mut bruno) = (world.person("ana"), world.person("bruno"));
    befriend(&mut ana, &mut bruno);
    let id = ana.with("bruno");
    // of the ciphertext, which is padded and has its tags
    for (size, kept) in [(RESUMED_FROM / 2, false), (RESUMED_FROM, true)] {
        ana.client.send_file(&id, "f", &mut Zeros.take(size), size).unwrap();
        settle(&mut [&mut ana, &mut bruno]);
        let file = bruno.history(&id).into_iter().rfind(|m| matches!(m.body, Body::File { .. })).unwrap();
        assert!(bruno.client.save_file(&mut bruno.net, &file, &mut Full(1_000)).is_err());
        assert_eq!(rows_of_files(&mut bruno) > 0, kept, "{size}");
    }
}

#[test]
fn what_a_fetch_left_half_done_goes_with_the_message() {
    let world = World::new();
    let (mut ana, mut bruno, id, file) = sent(&world);
    bruno.trap.arm_point(35);
    assert!(bruno.client.save_file(&mut bruno.net, &file, &mut Vec::new()).is_err());
    assert!(bruno.trap.disarm());
    bruno.restart();
    assert!(rows_of_files(&mut bruno) > 0);
    let own = ana.history(&id).into_iter().find(|m| m.id == file.id).unwrap();
    ana.client.delete(&own).unwrap();
    settle(&mut [&mut ana, &mut bruno]);
    assert_eq!(rows_of_files(&mut bruno), 0);
}

/// Gives zeros for ever.
struct Zeros;

impl Read for Zeros {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        buf.fill(0);
        Ok(buf.len())
    }
}

#[test]
fn what_may_not_be_sent_is_refused_whole_and_what_is_at_the_limit_goes() {
    let world = World::new();
    let (mut ana, mut bruno) = (world.person("ana"), world.person("bruno"));
    befriend(&mut ana, &mut bruno);
    let id = ana.with("bruno");
    let mut send = |name: &str, content: &mut dyn Read, size: u64| ana.client.send_file(&id, name, content, size);
    assert!(matches!(send("x", &mut Zeros, MAX_FILE + 1), Err(Trouble::File(FileTrouble::TooLarge { limit: MAX_FILE }))));
    assert!(matches!(send("", &mut &b"x"[..], 1), Err(Trouble::File(FileTrouble::BadName { limit: 255 }))));
    assert!(matches!(
        send(&"n".repeat(MAX_NAME + 1), &mut &b"x"[..], 1),
        Err(Trouble::File(FileTrouble::BadName { limit: 255 }))
    ));
    assert!(matches!(send(&"n".repeat(4_000), &mut &b"x"[..], 1), Err(Trouble::File(FileTrouble::BadName { limit: 255 }))));
    assert!(
        matches!(send("shrinks", &mut &b"four"[..], 5), Err(Trouble::File(FileTrouble::Io(_)))),
        "it became shorter while it was read"
    );
    assert!(
        matches!(send("grows", &mut &b"four"[..], 3), Err(Trouble::File(FileTrouble::Io(_)))),
        "it became longer while it was read"
    );
    // seen red with one step for each: the text and the first file were kept
    let (mut whole, mut shrinks) = (&b"x"[..], &b"four"[..]);
    let files = vec![
        Outgoing { name: "whole", content: &mut whole, size: 1 },
        Outgoing { name: "shrinks", content: &mut shrinks, size: 5 },
    ];
    assert!(matches!(ana.client.send_all(&id, Some("with files"), files), Err(Trouble::File(FileTrouble::Io(_)))));
    assert_eq!(ana.client.outbox().unwrap(), [], "nothing of these was kept");
    assert_eq!(rows_of_files(&mut ana), 0);

    ana.client.send_file(&id, &"n".repeat(MAX_NAME), &mut Zeros.take(MAX_FILE), MAX_FILE).unwrap();
    ana.client.send_file(&id, "nothing in it", &mut &b""[..], 0).unwrap();
    settle(&mut [&mut ana, &mut bruno]);
    let files: Vec<Message> = bruno.history(&id).into_iter().filter(|m| matches!(m.body, Body::File { .. })).collect();
    let sizes: Vec<u64> =
        files.iter().map(|m| bruno.client.save_file(&mut bruno.net, m, &mut std::io::sink()).unwrap()).collect();
    assert_eq!(sizes, [MAX_FILE, 0]);
}

/// What may be on its way when an upload breaks off: the windows of HTTP/2, and what waits in the client.
const UNDER_WAY: usize = 1_500_000;

/// Ana and Bruno, and a file of [`SIZE`] bytes that waits to be sent.
fn waiting(world: &World) -> (Person, Person, ConversationId) {
    let (mut ana, mut bruno) = (world.person("ana"), world.person("bruno"));
    befriend(&mut ana, &mut bruno);
    let id = ana.with("bruno");
    ana.client.send_file(&id, "plano.pdf", &mut bytes().as_slice(), u64::try_from(SIZE).unwrap()).unwrap();
    (ana, bruno, id)
}

/// Sends until so many bytes have left, then does this and breaks off; gives how many have.
fn send_until(ana: &mut Person, most: usize, mut then: impl FnMut() + Send) -> usize {
    let mut left = 0;
    let mut tap = Tap::new(&mut ana.net);
    tap.sending = Box::new(|piece| {
        left += piece.len();
        if left <= most {
            return Ok(());
        }
        then();
        Err(std::io::Error::other("cut"))
    });
    let cut = ana.client.sync(&mut tap);
    drop(tap);
    assert!(cut.is_err(), "{cut:?}");
    left
}

/// Sends what is left of it; gives how many bytes left.
fn send_rest(ana: &mut Person) -> usize {
    let mut left = 0;
    let mut tap = Tap::new(&mut ana.net);
    tap.sending = Box::new(|piece| {
        left += piece.len();
        Ok(())
    });
    ana.client.sync(&mut tap).unwrap();
    drop(tap);
    left
}

/// Bruno gets the file as it was sent.
fn arrives(ana: &mut Person, bruno: &mut Person, id: &ConversationId) {
    settle(&mut [ana, bruno]);
    let file = bruno.history(id).into_iter().find(|m| matches!(m.body, Body::File { .. })).unwrap();
    let mut saved = Vec::new();
    bruno.client.save_file(&mut bruno.net, &file, &mut saved).unwrap();
    assert!(saved == bytes());
}

#[test]
fn an_upload_that_breaks_off_again_and_again_goes_on_there_and_the_file_is_whole() {
    let world = World::new();
    let (mut ana, mut bruno, id) = waiting(&world);
    let sent: usize = (0..2).map(|_| send_until(&mut ana, 2_500_000, || ())).sum();

    let progress = told(&mut ana);
    let rest = send_rest(&mut ana);

    assert_eq!(ana.client.outbox().unwrap(), []);
    let first = *progress.lock().unwrap().iter().find(|p| p.up).unwrap();
    let (began, size) = (usize::try_from(first.done).unwrap(), usize::try_from(first.size).unwrap());
    assert_eq!(began, size - rest, "told from where it goes on");
    assert!(sent + rest < size + 2 * UNDER_WAY && rest < 3_000_000, "{sent} and {rest} of {size}");
    arrives(&mut ana, &mut bruno, &id);
}

#[test]
fn an_upload_goes_on_after_the_client_was_killed() {
    let world = World::new();
    let (mut ana, mut bruno, id) = waiting(&world);
    // rows of 256 KiB are read in steps of their own: the next one after so much does not end
    let (trap, mut armed) = (Arc::clone(&ana.trap), false);
    ana.net.on_progress(Box::new(move |progress| {
        if progress.done > 3_000_000 && !std::mem::replace(&mut armed, true) {
            trap.arm_point(0);
        }
    }));
    assert!(ana.client.sync(&mut ana.net).is_err());
    assert!(ana.trap.disarm());
    let dir = ana.dir().to_owned();
    drop(ana);
    let mut ana = Person::again(&dir);

    let rest = send_rest(&mut ana);

    assert!(rest < SIZE + UNDER_WAY - 3_000_000, "{rest}");
    arrives(&mut ana, &mut bruno, &id);
}

/// The world's relay as a process of its own, on the same folder and port.
fn process(world: &World) -> RelayProcess {
    let mut command = Command::new(relay_binary().unwrap());
    command.arg("serve").arg("--data").arg(world.data());
    command.args(["--listen", &format!("127.0.0.1:{}", world.authority().port())]);
    command.arg("--run-key").arg(world.data().parent().unwrap().join("run.key"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut relay = RelayProcess::spawn(command).unwrap();
    relay.ready().unwrap();
    relay
}

#[test]
fn an_upload_goes_on_after_the_relay_was_killed() {
    let mut world = World::new();
    let (mut ana, mut bruno, id) = waiting(&world);
    world.stop_relay();
    let mut relay = Some(process(&world));

    let sent = send_until(&mut ana, 3_500_000, || relay.take().unwrap().kill().unwrap());
    let _relay = process(&world);
    let rest = send_rest(&mut ana);

    assert!(sent > 3_500_000 && rest < SIZE - 3_500_000 + UNDER_WAY, "{sent} and {rest}");
    arrives(&mut ana, &mut bruno, &id);
}

// What a power cut may leave of bytes that the relay had not said were kept: fewer of them, or others.
#[test]
fn what_the_relay_kept_and_lost_or_spoiled_is_sent_anew() {
    for spoil in [(|half| half[500_000] ^= 1) as fn(&mut Vec<u8>), |half| half.truncate(1_000), Vec::clear] {
        let world = World::new();
        let (mut ana, mut bruno, id) = waiting(&world);
        send_until(&mut ana, 3_000_000, || ());
        let files = walk(&world.data().join("blobs"));
        let half = files.iter().max_by_key(|path| path.metadata().unwrap().len()).unwrap();
        let mut bytes = std::fs::read(half).unwrap();
        assert!(bytes.len() > 1_000_000);
        spoil(&mut bytes);
        std::fs::write(half, &bytes).unwrap();

        let rest = send_rest(&mut ana);

        assert!(rest > 3_000_000, "{rest}");
        arrives(&mut ana, &mut bruno, &id);
    }
}
