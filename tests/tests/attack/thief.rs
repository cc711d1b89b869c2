//! The thief's test: the relay's data folder and a locked profile, read by us.
use lacre_core::crypt::entry::sealed_len;
use lacre_core::crypt::padding::padme;
use lacre_core::view::{ConversationId, Suite};
use lacre_ground::label::{self, Label};
use lacre_ground::run::Run;
use lacre_tests::terminal::{self, Town};
use lacre_tests::world::{Person, World, befriend, settle};
use openmls::prelude::MlsMessageIn;
use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::Path;
use tls_codec::Deserialize as _;

struct Story {
    world: World,
    people: Vec<Person>,
    group: ConversationId,
    runs: Vec<Run>,
    words: Words,
}

/// What differs between two worlds: texts, names and RUNs of equal lengths.
#[derive(Clone)]
struct Words {
    handles: [&'static str; 3],
    group: &'static str,
    file: &'static str,
    texts: [&'static str; 4],
    first_run: u64,
}

const ONE: Words = Words {
    handles: ["anamaria", "bernardo", "carolina"],
    group: "Junta de vecinos",
    file: "presupuesto.pdf",
    texts: ["nos vemos a las ocho", "traigo las llaves yo", "que nadie se entere!", "resumen confidencial"],
    first_run: 40_200_001,
};

const OTHER: Words = Words {
    handles: ["xwenceslx", "yolanda.y", "zacarias1"],
    group: "Club de ajedrezz",
    file: "inventariox.csv",
    texts: ["otra cosa distinta..", "12345678901234567890", "aaaaaaaaaaaaaaaaaaaa", "zzzzzzzzzzzzzzzzzzzz"],
    first_run: 44_700_001,
};

fn run(number: u64) -> Run {
    "0123456789K".chars().find_map(|d| Run::parse(&format!("{number}-{d}")).ok()).unwrap()
}

fn tell(mut words: Words) -> Story {
    if words.first_run == OTHER.first_run {
        words.handles = ["wenceslx", "yolandax", "zacarias"];
    }
    let world = World::new();
    let runs: Vec<Run> = (0..3).map(|i| run(words.first_run + i)).collect();
    let mut people: Vec<Person> = words.handles.iter().zip(&runs).map(|(handle, run)| world.person_with(handle, run)).collect();
    let [a, b, c] = people.as_mut_slice() else { unreachable!() };
    befriend(a, b);
    befriend(a, c);
    let members = [b.account(), c.account()];
    let group = a.client.create_group(words.group, &members, Suite::XWing).unwrap();
    settle(&mut [a, b, c]);
    let two = a.with(words.handles[1]);
    a.say(&two, words.texts[0]);
    b.say(&two, words.texts[1]);
    a.say(&group, words.texts[2]);
    let file: Vec<u8> = words.texts[3].bytes().cycle().take(50_000).collect();
    b.client.send_file(&group, words.file, &mut file.as_slice(), 50_000).unwrap();
    settle(&mut [a, b, c]);
    a.client.renew_keys(&group).unwrap();
    c.say(&group, words.texts[3]);
    settle(&mut [a, b, c]);
    Story { world, people, group, runs, words }
}

/// Every file below a folder.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            all.extend(files(&entry.path()));
        } else if kind.is_file() {
            all.insert(entry.path().display().to_string(), fs::read(entry.path()).unwrap());
        }
    }
    all
}

fn found(all: &BTreeMap<String, Vec<u8>>, needle: &[u8]) -> Vec<String> {
    all.iter().filter(|(_, bytes)| bytes.windows(needle.len()).any(|w| w == needle)).map(|(name, _)| name.clone()).collect()
}

/// Texts, names, file names and RUNs in the spellings that a program might store.
fn secrets(story: &Story) -> Vec<Vec<u8>> {
    let mut all: Vec<String> = story.words.texts.iter().map(|t| (*t).to_owned()).collect();
    all.push(story.words.group.to_owned());
    all.push(story.words.file.to_owned());
    for run in &story.runs {
        let canonical = run.canonical();
        all.push(canonical.clone());
        all.push(canonical[..8].to_owned());
        all.push(format!("{}.{}.{}", &canonical[..2], &canonical[2..5], &canonical[5..8]));
    }
    let mut bytes: Vec<Vec<u8>> = all.iter().map(|s| s.as_bytes().to_vec()).collect();
    for run in &story.runs {
        let number: u32 = run.canonical()[..8].parse().unwrap();
        bytes.push([&[0, 0, 0, 0][..], &number.to_be_bytes()].concat());
    }
    bytes.extend(all.iter().map(|s| data_encoding::BASE64.encode(s.as_bytes()).trim_end_matches('=').as_bytes().to_vec()));
    bytes
}

fn database(story: &Story) -> rusqlite::Connection {
    let copy = story.world.data().with_extension("stolen");
    fs::create_dir_all(&copy).unwrap();
    for name in ["relay.sqlite", "relay.sqlite-wal"] {
        let from = story.world.data().join(name);
        if from.exists() {
            fs::copy(&from, copy.join(name)).unwrap();
        }
    }
    rusqlite::Connection::open(copy.join("relay.sqlite")).unwrap()
}

fn tables(db: &rusqlite::Connection) -> Vec<String> {
    let mut q =
        db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name").unwrap();
    q.query_map([], |r| r.get(0)).unwrap().map(Result::unwrap).collect()
}

/// Every value of a table, row by row.
fn rows(db: &rusqlite::Connection, table: &str) -> Vec<Vec<rusqlite::types::Value>> {
    let mut q = db.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
    let n = q.column_count();
    q.query_map([], |r| (0..n).map(|i| r.get(i)).collect()).unwrap().map(Result::unwrap).collect()
}

fn blobs(values: &[rusqlite::types::Value]) -> impl Iterator<Item = &Vec<u8>> {
    values.iter().filter_map(|v| match v {
        rusqlite::types::Value::Blob(b) => Some(b),
        _ => None,
    })
}

#[test]
fn a_stolen_data_folder_gives_nothing_away() {
    let mut story = tell(ONE);
    story.world.stop_relay();
    let all = files(&story.world.data());

    // a planted canary is found: the scan can see
    fs::write(story.world.data().join("canary"), ONE.texts[0]).unwrap();
    assert_eq!(found(&files(&story.world.data()), ONE.texts[0].as_bytes()).len(), 1, "the scan is blind");

    for secret in secrets(&story) {
        let where_ = found(&all, &secret);
        assert!(where_.is_empty(), "{:?} lies in {where_:?}", String::from_utf8_lossy(&secret));
    }

    // handles and device keys stand in the directory's tables and nowhere else
    let db = database(&story);
    for handle in story.words.handles {
        for table in tables(&db) {
            let holds = rows(&db, &table).iter().flatten().any(|v| match v {
                rusqlite::types::Value::Text(t) => t.contains(handle),
                rusqlite::types::Value::Blob(b) => b.windows(handle.len()).any(|w| w == handle.as_bytes()),
                _ => false,
            });
            let directory = ["account", "handle", "state"].iter().any(|part| table.contains(part));
            assert!(!holds || directory, "{handle} stands in {table}");
        }
        assert!(!found(&all, handle.as_bytes()).is_empty(), "the directory has its handles");
    }

    // no stored ciphertext parses as a message of MLS, and sizes are padding classes
    let classes: HashSet<usize> = (0..70_000).map(sealed_len).collect();
    let mut ciphertexts = 0;
    for table in tables(&db) {
        for row in rows(&db, &table) {
            for blob in blobs(&row) {
                assert!(
                    MlsMessageIn::tls_deserialize_exact(blob.as_slice()).is_err()
                        || blob.len() < 64
                        || table.contains("key_package"),
                    "{table} holds a message in clear"
                );
                if blob.len() > 300 && table.starts_with("entr") {
                    ciphertexts += 1;
                    assert!(
                        blob[0] == 1 && classes.contains(&blob.len()) || blob[..2] == [0, 1],
                        "an entry of {} bytes",
                        blob.len()
                    );
                }
            }
        }
    }
    assert!(ciphertexts > 10, "only {ciphertexts} entries were looked at");

    // no string of 32 bytes in the folder is the key of the RUN hashes
    let stored: HashSet<Vec<u8>> = tables(&db)
        .iter()
        .flat_map(|t| rows(&db, t))
        .flatten()
        .filter_map(|v| match v {
            rusqlite::types::Value::Blob(b) if b.len() == 32 => Some(b),
            _ => None,
        })
        .collect();
    let run = story.runs[0].canonical();
    let mut tried = 0u64;
    for bytes in all.values() {
        let mut seen: HashSet<&[u8]> = HashSet::new();
        for window in bytes.windows(32) {
            if window.iter().filter(|b| **b == 0).count() > 16 || !seen.insert(window) {
                continue;
            }
            // a random key has no long run of text: skip what is base64 or hexadecimal of the notes
            if window.iter().all(|b| b.is_ascii_graphic() || *b == b' ' || *b == b'\n') {
                continue;
            }
            tried += 1;
            let key: [u8; 32] = window.try_into().unwrap();
            let hash = label::mac(&key, Label::RunHash, &[run.as_bytes()]);
            assert!(!stored.contains(hash.as_slice()), "the RUN key lies in the data folder");
        }
    }
    assert!(tried > 10_000, "only {tried} strings were tried");
    let key = fs::read(story.world.data().with_file_name("run.key")).unwrap();
    let real = key_bytes(&key);
    assert!(
        stored.contains(label::mac(&real, Label::RunHash, &[run.as_bytes()]).as_slice()),
        "the trial would notice the true key"
    );
}

/// The key file's 32 bytes, in whatever form it is written.
fn key_bytes(file: &[u8]) -> [u8; 32] {
    if let Ok(raw) = <[u8; 32]>::try_from(file) {
        return raw;
    }
    let text = String::from_utf8(file.to_vec()).unwrap();
    let word = text.split_whitespace().last().unwrap();
    let bytes =
        data_encoding::HEXLOWER.decode(word.as_bytes()).or_else(|_| data_encoding::BASE64.decode(word.as_bytes())).unwrap();
    bytes.try_into().unwrap()
}

#[test]
fn channels_of_one_conversation_share_no_eight_bytes() {
    let mut story = tell(ONE);
    story.world.stop_relay();
    let db = database(&story);
    let mut q = db.prepare("SELECT channel, ciphertext FROM entry").unwrap();
    let entries: Vec<(i64, Vec<u8>)> = q.query_map([], |r| Ok((r.get(0)?, r.get(1)?))).unwrap().map(Result::unwrap).collect();
    let mut owner: std::collections::HashMap<[u8; 8], i64> = std::collections::HashMap::new();
    let mut channels = HashSet::new();
    for (channel, bytes) in &entries {
        channels.insert(*channel);
        for window in bytes.windows(8) {
            let window: [u8; 8] = window.try_into().unwrap();
            let first = owner.entry(window).or_insert(*channel);
            assert_eq!(*first, *channel, "two channels share {window:?}");
        }
    }
    assert!(channels.len() >= 5, "only {} channels", channels.len());
}

#[test]
fn sizes_are_exactly_the_padding_classes_for_10_000_lengths() {
    let mut classes = HashSet::new();
    for length in 0..10_000usize {
        let padded = padme(length + 4);
        assert!(padded >= 512 && padded >= length + 4, "{length}");
        assert!(padded <= 512 || padded * 8 <= (length + 4) * 9, "{length} grows to {padded}: more than an eighth");
        assert_eq!(sealed_len(length), 1 + 24 + padded + 16, "{length}");
        classes.insert(padded);
    }
    assert!(classes.len() < 100, "{} classes tell lengths apart", classes.len());
}

#[test]
fn two_worlds_with_other_texts_names_and_runs_look_alike() {
    let shape = |words: Words| -> BTreeMap<String, (usize, Vec<usize>)> {
        let mut story = tell(words);
        story.world.stop_relay();
        let db = database(&story);
        tables(&db)
            .into_iter()
            .map(|table| {
                let all = rows(&db, &table);
                let mut lengths: Vec<usize> = all.iter().flat_map(|row| blobs(row).map(Vec::len).collect::<Vec<_>>()).collect();
                lengths.sort_unstable();
                (table, (all.len(), lengths))
            })
            .collect()
    };
    assert_eq!(shape(ONE), shape(OTHER));
}

#[test]
fn a_locked_profile_gives_nothing_away() {
    let story = tell(ONE);
    for person in &story.people {
        let all = files(person.dir());
        assert!(!all.is_empty());
        for secret in secrets(&story) {
            let where_ = found(&all, &secret);
            assert!(where_.is_empty(), "{:?} lies in {where_:?}", String::from_utf8_lossy(&secret));
        }
        for handle in story.words.handles {
            assert!(found(&all, handle.as_bytes()).is_empty(), "{handle} lies in a locked profile");
        }
        assert!(found(&all, story.group.to_hex().as_bytes()).is_empty());
    }
    let canary = story.people[0].dir().join("canary");
    fs::write(canary, ONE.texts[1]).unwrap();
    assert_eq!(found(&files(story.people[0].dir()), ONE.texts[1].as_bytes()).len(), 1, "the scan is blind");
}

/// What two people's terminals do at a relay that says all that it ever says; and what it refuses. Seen red with a line for
/// each stored entry that names its channel.
#[test]
fn the_operators_log_names_no_person_channel_token_or_address() {
    let mut town = Town::new();
    let (one, other) = (town.person(0, "wenceslada"), town.person(1, "bernardino"));
    terminal::befriend(&one, &other);
    fs::write(one.home.join("balance.txt"), "no es de nadie mas").unwrap();
    one.run(&["send", "@bernardino", "nos vemos a las ocho", "--file", "balance.txt"]).done();
    let read = other.json(&["read", "@wenceslada"]);
    let file = read["messages"].as_array().unwrap().iter().find(|m| m["kind"] == "file").unwrap();
    other.run(&["save", file["id"].as_str().unwrap()]).done();
    let late = town.newcomer("carolina");
    let invitation = town.invitation(2);
    let taken = late.run(&["enroll", &invitation, "@wenceslada"]);
    other.run(&["account", "delete", "--yes"]).done();
    let own_port = town.authority().port().to_string();
    town.switch_off();

    let log = fs::read_to_string(town.folder().join("relay.log")).unwrap();
    let lower = log.to_lowercase();
    assert!(taken.code != Some(0) && log.contains("refused"), "it says what it refuses: {log}");
    for word in ["wenceslada", "bernardino", "carolina", "balance", "ocho", "nadie mas"] {
        assert!(!lower.contains(word), "{word}: {log}");
    }
    for run in terminal::RUNS {
        let digits: String = run.chars().filter(char::is_ascii_digit).take(8).collect();
        assert!(!log.contains(run) && !log.contains(&digits), "{run}: {log}");
    }
    for address in log.split("127.0.0.1:").skip(1) {
        assert!(address.starts_with(&own_port), "a client's address: {log}");
    }
    // ids and hashes, as programs write them
    let db = rusqlite::Connection::open(town.folder().join("data/relay.sqlite")).unwrap();
    let mut looked_for = 0;
    for row in tables(&db).iter().flat_map(|table| rows(&db, table)) {
        for id in blobs(&row).filter(|blob| (16..=32).contains(&blob.len())) {
            let list = id[..8].iter().map(u8::to_string).collect::<Vec<_>>().join(", ");
            let base64 = data_encoding::BASE64_NOPAD.encode(&id[..9]);
            let hexadecimal = data_encoding::HEXLOWER.encode(&id[..8]);
            looked_for += 1;
            assert!(!lower.contains(&hexadecimal) && !log.contains(&base64) && !log.contains(&list), "{hexadecimal}: {log}");
        }
    }
    assert!(looked_for > 30, "only {looked_for} ids were looked for");
}
