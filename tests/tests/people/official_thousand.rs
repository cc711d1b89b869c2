//! A batch of a thousand rows between the real programs, which are killed (SIGKILL) behind syncs to disk in turn, again and again, until
//! everything is sent.
//!
//! `LACRE_SEED` tells another story; with `LACRE_EVERY_STEP` the body's program dies behind each of its syncs in turn (minutes).
use crate::official::{body, text};
use crate::official_batches::{drafted, found, rows, template};
use crate::official_killed::killed_at;
use lacre_evidence::{Bundle, Trust, Verdict, verify};
use lacre_tests::faults::Faults;
use lacre_tests::residents::{self, Resident};
use lacre_tests::terminal::{Person, Town};
use lacre_tests::world::network;
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng as _, SeedableRng as _};
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};

const ROWS: usize = 1_000;
/// Syncs behind which the body's program dies, at most: opening a profile, and a block of rows. A thousand rows take some 2,000.
const SYNCS: u32 = 150;
/// Of the relay, which syncs for many at once.
const RELAY_SYNCS: u32 = 6;
/// A story that needs more is one that does not go on.
const LIVES: usize = 4_000;

fn table(body: &Person, residents: &[Resident]) {
    let mut text = "run,case,nombre\n".to_owned();
    for (n, resident) in residents.iter().enumerate() {
        text += &format!("{},E-{n:04}/2026,Persona de Ejemplo {n}\n", resident.run.canonical());
    }
    std::fs::write(body.home.join("lista.csv"), text).unwrap();
}

/// The records that the relay keeps, by their ids.
fn records(town: &Town) -> BTreeSet<Vec<u8>> {
    let store = Connection::open(town.folder().join("data/relay.sqlite")).unwrap();
    let mut select = store.prepare("SELECT record_id FROM notice_record").unwrap();
    select.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// Seen red with a body that forgets which rows are under way.
#[test]
fn of_a_batch_of_a_thousand_with_both_programs_killed_again_and_again_everybody_gets_hers_once_with_the_record_that_was_stored() {
    let seed = std::env::var("LACRE_SEED").map_or(20_261_201, |text| text.parse().unwrap());
    let every = std::env::var_os("LACRE_EVERY_STEP").is_some();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut town = Town::under(Faults::build().unwrap());
    let residents = residents::enrolled(&town.folder().join("data"), ROWS, 1);
    let body = body(&town, "AT001");
    template(&body);
    table(&body, &residents);
    let (batch, _) = drafted(&body, &["--no-letters"]);
    let faults = Faults::build().unwrap();
    let (mut lives, mut killed, mut step) = (0, [0, 0], 1);
    loop {
        lives += 1;
        assert!(lives < LIVES, "LACRE_SEED={seed}: it does not go on");
        // one dies in a life: else whoever is quicker would die each time
        let relays_turn = !every && lives % 2 == 0;
        if relays_turn {
            town.faults().kill_after_syncs(1 + i64::from(rng.next_u32() % RELAY_SYNCS)).unwrap();
        }
        let n = match (every, relays_turn) {
            (true, _) => step,
            // far away
            (false, true) => i64::MAX,
            (false, false) => 1 + i64::from(rng.next_u32() % SYNCS),
        };
        let said = killed_at(n, &body, &faults, &["agency", "dispatch", &batch], b"");
        killed[0] += usize::from(said.is_none());
        if relays_turn {
            killed[1] += usize::from(town.faults().killed().unwrap());
            town.faults().kill_after_syncs(0).unwrap();
            // whether it fell or not: the next life begins with what is on the disk
            town.strike();
            town.switch_on();
        }
        if said.is_some_and(|said| said.code == Some(0)) {
            break;
        }
        // a life that began nothing new is followed by a longer one
        step += 1;
    }

    assert!(every || (killed[0] > 5 && killed[1] > 5), "LACRE_SEED={seed}: too tame: {killed:?} in {lives} lives");
    println!("LACRE_SEED={seed}: {lives} lives, body killed {} times, relay {} times", killed[0], killed[1]);
    let said: Vec<BTreeMap<String, String>> = rows(&body, &batch);
    assert_eq!(said.len(), ROWS);
    let mut net = network();
    let trust = Trust::parse(text(&body.json(&["agency", "trust"])["trust"])).unwrap();
    town.stop();
    let stored = records(&town);
    town.switch_on();
    let mut proved = BTreeSet::new();
    for (resident, row) in residents.iter().zip(&said) {
        assert_eq!(row["state"], "consigned", "LACRE_SEED={seed}: {row:?}");
        let came: Vec<String> = resident.notices(&mut net).iter().map(|(_, id)| id.to_string()).collect();
        assert_eq!(came, [row["notice"].clone()], "LACRE_SEED={seed}: lost, or twice");
        proved.insert(data_encoding::HEXLOWER.decode(row["code"].to_lowercase().as_bytes()).unwrap());
    }
    assert_eq!(proved, stored, "LACRE_SEED={seed}: another record than the one that was stored");
    for row in [&said[0], &said[ROWS - 1]] {
        let path = found(&body, &row["code"]);
        let evidence = std::fs::read(&path).unwrap();
        assert!(matches!(verify(&evidence, Some(&trust)), Verdict::Valid(_)), "LACRE_SEED={seed}");
        assert_eq!(Bundle::parse(&evidence).unwrap().events.len(), 1, "LACRE_SEED={seed}");
    }
}
