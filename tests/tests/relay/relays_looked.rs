//! What `check` sees in a database, and what keeps a relay from starting beside it.

use crate::many_relays::invite;
use lacre_ground::ids::Handle;
use lacre_relay::deletions::SHARED_LIST;
use lacre_tests::relay::{Relays, Said, operate};
use lacre_tests::world::{Person, befriend};
use std::fs;

fn check(relays: &Relays) -> Said {
    let config = relays.config(0).unwrap().display().to_string();
    operate(relays.folder(), &["check", "--digests", "--config", &config]).unwrap()
}

/// Seen red: it said how many rows there are, and nothing of what they say.
#[test]
fn a_gap_in_a_database_and_a_blob_without_its_file_are_found_by_check() {
    let Some(relays) = Relays::start(1).unwrap() else { return };
    let enrolled = |name: &str, number| {
        let mut person = Person::new(&relays.folder().join(name));
        person.client.enroll(&mut person.net, &invite(&relays, 0, number, &[]), &Handle::parse(name).unwrap()).unwrap();
        person
    };
    let (mut ana, mut beto) = (enrolled("ana", 40_410_001), enrolled("beto", 40_410_002));
    befriend(&mut ana, &mut beto);
    let to_beto = ana.with("beto");
    for text in ["one", "two", "three"] {
        ana.say(&to_beto, text);
        ana.sync();
    }
    let good = check(&relays);
    assert!(good.code == Some(0) && good.out.contains("the file of every blob is there"), "{good:?}");

    let console = relays.server.console().unwrap();
    let middle = "SELECT channel, max(seq) - 1 FROM entry GROUP BY channel HAVING count(*) > 2 ORDER BY channel LIMIT 1";
    console.run(&format!("DELETE FROM entry WHERE (channel, seq) IN ({middle})")).unwrap();
    let blob = "INSERT INTO blob (name, read_token, size, sha256, file, ends_ms, whole)
                VALUES (sha256('n'), sha256('r'), 5, sha256('hello'), substr(sha256('f'), 1, 16), 9000000000000, true);
                UPDATE blob_total SET bytes = bytes + 5";
    console.run(blob).unwrap();

    let found = check(&relays);
    assert_eq!(found.code, Some(1), "{found:?}");
    for says in ["lack an entry in the middle: 1", "whose files are missing: 1"] {
        assert!(found.out.contains(says), "{says}: {}", found.out);
    }
}

/// Seen red: it started, and began another list under the folder that was not mounted.
#[test]
fn no_relay_starts_where_the_folder_of_blobs_is_not_the_one_that_relays_have_had() {
    let Some(mut relays) = Relays::start(1).unwrap() else { return };
    let (blobs, away) = (relays.folder().join("blobs"), relays.folder().join("away"));
    relays.kill(0).unwrap();
    fs::rename(&blobs, &away).unwrap();
    fs::create_dir(&blobs).unwrap();

    let config = relays.config(0).unwrap().display().to_string();
    let refused = operate(relays.folder(), &["serve", "--config", &config]).unwrap();
    let found = check(&relays);

    assert!(refused.code == Some(3) && refused.err.contains("shared_blobs"), "{refused:?}");
    assert!(found.code == Some(1) && found.out.contains("not mounted"), "{found:?}");
    assert_eq!(fs::read_dir(&blobs).unwrap().count(), 0, "nothing was begun there");
    fs::remove_dir(&blobs).unwrap();
    fs::rename(&away, &blobs).unwrap();
    relays.start_relay(0).unwrap();
    assert!(blobs.join(SHARED_LIST).exists());
}
