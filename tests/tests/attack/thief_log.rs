//! The thief opens the relay's folder commit by commit: SQLite's log holds every state since it was emptied.
use lacre_core::network::{Lane, Network as _};
use lacre_ground::ids::{Stamp, Token};
use lacre_proto::relay::v1 as wire;
use lacre_relay::folder::STORE_FILE;
use lacre_tests::hostile;
use lacre_tests::world::{Person, World, befriend};
use rusqlite::Connection;
use rusqlite::types::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

const HEADER: usize = 32;
const FRAME: usize = 24;

/// The rows of each table.
pub(crate) type State = BTreeMap<String, BTreeSet<String>>;

/// The store as it was after each commit that its log still tells of, the oldest first; before all of them, the file alone.
pub(crate) fn states(data: &Path) -> Vec<State> {
    let file = fs::read(data.join(STORE_FILE)).unwrap();
    let log = fs::read(data.join(STORE_FILE).with_extension("sqlite-wal")).unwrap_or_default();
    let word = |at: usize| u32::from_be_bytes(log[at..at + 4].try_into().unwrap());
    let mut ends = vec![0];
    if log.len() > HEADER {
        let (page, salts) = (word(8) as usize, &log[16..24]);
        let frames = (HEADER..log.len()).step_by(FRAME + page);
        for frame in frames.take_while(|frame| log.len() >= frame + FRAME + page && log[frame + 8..frame + 16] == *salts) {
            if word(frame + 4) > 0 {
                ends.push(frame + FRAME + page);
            }
        }
    }
    ends.iter().map(|end| rows(&file, &log[..*end])).collect()
}

/// Every row of every table of a copy that has this log.
fn rows(file: &[u8], log: &[u8]) -> State {
    let copy = tempfile::tempdir().unwrap();
    fs::write(copy.path().join(STORE_FILE), file).unwrap();
    if !log.is_empty() {
        fs::write(copy.path().join(STORE_FILE).with_extension("sqlite-wal"), log).unwrap();
    }
    let db = Connection::open(copy.path().join(STORE_FILE)).unwrap();
    let mut tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
    let tables: Vec<String> = tables.query_map([], |r| r.get(0)).unwrap().map(Result::unwrap).collect();
    let of = |table: String| {
        let mut select = db.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
        let columns = select.column_count();
        let row = |r: &rusqlite::Row<'_>| (0..columns).map(|n| r.get::<_, Value>(n)).collect::<Result<Vec<_>, _>>();
        let rows = select.query_map([], row).unwrap().map(|row| format!("{:?}", row.unwrap())).collect();
        (table, rows)
    };
    tables.into_iter().map(of).collect()
}

/// What one commit changed: by table, the rows that came and those that went.
pub(crate) type Change = BTreeMap<String, (Vec<String>, Vec<String>)>;

pub(crate) fn changes(states: &[State]) -> Vec<Change> {
    let between = |(before, after): (&State, &State)| {
        let tables = after.iter().map(|(table, rows)| {
            let came = rows.difference(&before[table]).cloned().collect::<Vec<_>>();
            (table.clone(), (came, before[table].difference(rows).cloned().collect::<Vec<_>>()))
        });
        tables.filter(|(_, (came, went))| !came.is_empty() || !went.is_empty()).collect()
    };
    states.iter().zip(states.iter().skip(1)).map(between).collect()
}

/// A stamp's hash as a row shows it.
fn shown(stamp: &[u8]) -> String {
    format!("{:?}", Value::Blob(Stamp::try_from(stamp).unwrap().hash().as_bytes().to_vec()))
}

/// Opens a log that is nobody's in particular.
fn open(by: &mut Person, n: u8, stamp: Vec<u8>) {
    let at = by.client.whoami().unwrap().unwrap().relay;
    let (append, read) = (Token::new([n; 32]).hash(), Token::new([n + 100; 32]).hash());
    let request = wire::OpenRequest {
        class: wire::ChannelClass::Log.into(),
        channel: lacre_ground::ids::ChannelId::of_log(&append, &read).as_bytes().to_vec(),
        append: vec![wire::AppendRight { token_hash: append.as_bytes().to_vec(), stamped: false, once: false }],
        read_token_hash: read.as_bytes().to_vec(),
        stamp,
    };
    by.net.open(&at, Lane::Conversations, request).unwrap();
}

/// Seen red with stamps that are written when they are taken, and a count of them beside the account.
#[test]
fn a_folder_that_is_opened_commit_by_commit_ties_no_stamp_to_an_account() {
    let mut world = World::new();
    let mut people = [world.person("ana"), world.person("beto")];
    people.iter_mut().for_each(|person| drop(hostile::stamp(person)));
    // what came before is in the file, and the log begins here
    world.stop_relay();
    world.start_relay();

    let mut taken: Vec<BTreeSet<String>> = vec![BTreeSet::new(); 2];
    // he takes a copy after each: the log may be emptied at any moment
    let (mut commits, mut last) = (BTreeSet::new(), State::new());
    for n in 0..15 {
        let who = usize::from([0, 1, 1, 0, 1, 0, 0, 1, 0, 1, 1, 1, 0, 0, 1][usize::from(n)] == 1);
        let mut stamps = hostile::stamps(&mut people[who], 16);
        taken[who].extend(stamps.iter().map(|stamp| shown(stamp)));
        open(&mut people[who], n, stamps.pop().unwrap());
        let mut seen = states(&world.data());
        commits.extend(changes(&seen));
        last = seen.pop().unwrap();
    }

    // each opening is a commit that the thief sees, with the stamp that paid for it
    let paid = commits.iter().filter(|change| change.get("stamp").is_some_and(|(_, went)| went.len() == 1)).count();
    assert!(paid >= 10, "the thief is blind: {paid} of 15 in {} commits", commits.len());
    for change in &commits {
        for table in change.keys() {
            let of_nobody = ["stamp", "stamp_end", "channel", "append_right", "entry", "sqlite_sequence", "meta"];
            assert!(of_nobody.contains(&table.as_str()), "a commit in this time changes {table}");
        }
        // what was made together was not taken together
        let made = change.get("stamp").map_or(&[][..], |(came, _)| came);
        for taken in &taken {
            let of_one = made.iter().filter(|row| taken.iter().any(|stamp| row.contains(stamp.as_str()))).count();
            assert!(of_one * 2 <= made.len(), "{of_one} of {} stamps of one commit are one account's", made.len());
        }
    }
    // nor does a single state: all stamps have one end, and lie in the order of their hashes
    let stamps = &last["stamp"];
    let ends: BTreeSet<&str> = stamps.iter().map(|row| row.split(", Blob").next().unwrap()).collect();
    assert!(stamps.len() > 1_000 && ends.len() <= 2, "{} stamps, {} ends", stamps.len(), ends.len());
}

/// Every file below a folder, one after the other.
pub(crate) fn bytes(folder: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        all.extend(if path.is_dir() { bytes(&path) } else { fs::read(&path).unwrap_or_default() });
    }
    all
}

pub(crate) fn holds(all: &[u8], needle: &[u8]) -> bool {
    all.windows(needle.len()).any(|window| window == needle)
}

/// What only the folder of a relay that has this account holds.
fn traces(person: &mut Person) -> Vec<(&'static str, Vec<u8>)> {
    let entry = person.client.own_entry().unwrap();
    let who = person.client.whoami().unwrap().unwrap();
    let state = entry.states.last().unwrap();
    vec![
        // behind the lines that all states begin with
        ("state", state.as_bytes()[state.len() / 2..state.len() / 2 + 64].to_vec()),
        ("signature of the state", state.as_bytes()[state.len() - 60..].to_vec()),
        ("binding", entry.binding.as_bytes()[entry.binding.len() - 60..].to_vec()),
        ("account", who.account.as_bytes().to_vec()),
        ("device", who.device.as_bytes().to_vec()),
    ]
}

/// Seen red without `secure_delete`, and with a log that is not emptied.
#[test]
fn of_a_deleted_account_and_of_trimmed_entries_the_folder_keeps_what_the_page_says_and_nothing_else() {
    let mut world = World::new();
    let mut all: Vec<Person> = ["ana", "beto", "carla"].iter().map(|handle| world.person(handle)).collect();
    let [ana, beto, carla] = all.as_mut_slice() else { unreachable!() };
    let marks = traces(beto);
    let envelope = vec![0xE7; 2_000];
    let inbox = {
        // somebody writes to ana's inbox
        let device = hostile::device(&ana.client.own_entry().unwrap());
        let at = carla.client.whoami().unwrap().unwrap().relay;
        let request = wire::AppendRequest {
            channel: device.inbox.channel.as_bytes().to_vec(),
            append_token: device.public_token.as_ref().unwrap().expose().to_vec(),
            entry_id: vec![0xE8; 16],
            ciphertext: envelope.clone().into(),
            stamp: hostile::stamp(carla),
            ..wire::AppendRequest::default()
        };
        carla.net.append(&at, Lane::Conversations, request).unwrap();
        device.inbox.channel
    };
    let stored = bytes(&world.data());
    for (what, mark) in &marks {
        assert!(holds(&stored, mark), "the scan is blind: {what}");
    }
    assert!(holds(&stored, &envelope[..64]) && holds(&stored, inbox.as_bytes()));

    // she takes what came, and it is trimmed; beto leaves
    befriend(ana, carla);
    beto.client.delete_account(&mut beto.net).unwrap();
    world.stop_relay();
    let stopped = bytes(&world.data());
    world.start_relay();

    for now in [stopped, bytes(&world.data())] {
        for (what, mark) in &marks {
            assert!(!holds(&now, mark), "{what} of a deleted account");
        }
        assert!(!holds(&now, &envelope[..64]), "a trimmed entry");
        assert!(holds(&now, b"beto"), "the name, which nobody gets again");
        assert!(holds(&now, inbox.as_bytes()), "ana's inbox");
    }
}
