//! The real relay, killed with SIGKILL while clients write to it over TLS, and started again on the same folder.
//!
//! 200 times, or as often as `LACRE_KILLS` says; `LACRE_SEED` runs another story.
use lacre_tests::history::check;
use lacre_tests::powercut::marks::{self, Asked, Mark, Reply};
use lacre_tests::relay::{Client, Memory, RelayProcess, read_back, seed_stamps};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use std::path::Path;
use std::sync::Arc;

const CLIENTS: u64 = 4;

fn from_environment(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

fn start(data: &Path, beside: &Path) -> RelayProcess {
    RelayProcess::spawn(RelayProcess::command(data, beside).unwrap()).unwrap()
}

fn log(beside: &Path) -> String {
    let text = std::fs::read_to_string(beside.join("relay.log")).unwrap_or_default();
    text.lines().rev().take(20).collect::<Vec<_>>().join("\n")
}

fn acknowledged_blobs(known: &[Mark]) -> usize {
    let blob = |sent: &Mark| matches!(sent, Mark::Sent { what: Asked::Blob { .. }, .. });
    marks::calls(known).filter(|((_, sent), reply)| blob(sent) && matches!(reply, Some((_, Reply::Done)))).count()
}

#[test]
fn a_relay_killed_again_and_again_under_load_keeps_every_promise() {
    let (kills, seed) = (from_environment("LACRE_KILLS", 200), from_environment("LACRE_SEED", 20_261_122));
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let folder = tempfile::tempdir().unwrap();
    let (data, beside) = (folder.path().join("data"), folder.path());
    seed_stamps(&data, 3 + 40 * kills).unwrap();
    let memory = Arc::new(Memory::new(Box::new(|_| {})));
    let mut identity = None;
    let mut opened = false;

    for kill in 0..kills {
        let mut relay = start(&data, beside);
        if rng.next_u32().is_multiple_of(12) {
            // in the middle of its start
            for _ in 0..rng.next_u32() % 20_000 {
                std::thread::yield_now();
            }
            relay.kill().unwrap_or_else(|e| panic!("LACRE_SEED={seed}, kill {kill}: {e}\n{}", log(beside)));
            continue;
        }
        let at = relay.ready().unwrap_or_else(|e| panic!("LACRE_SEED={seed}, kill {kill}: {e}\n{}", log(beside)));
        assert_eq!(*identity.get_or_insert(at.identity()), at.identity(), "the relay's identity is another one");
        memory.new_life();
        if !opened {
            Client::new(&at, &memory, rng.next_u64()).unwrap().open().unwrap();
            opened = true;
        }
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| Client::new(&at, &memory, rng.next_u64()).unwrap())
            .map(|client| std::thread::spawn(move || client.write_until_it_is_gone()))
            .collect();
        // some answers later, and then somewhere on the way to the next
        memory.wait(memory.answered() + u64::from(rng.next_u32() % 40), CLIENTS);
        for _ in 0..rng.next_u32() % 2_000 {
            std::thread::yield_now();
        }
        let killed = relay.kill();
        for client in clients {
            client.join().unwrap().unwrap_or_else(|e| panic!("LACRE_SEED={seed}, kill {kill}: {e}\n{}", log(beside)));
        }
        killed.unwrap_or_else(|e| panic!("LACRE_SEED={seed}, kill {kill}: {e}\n{}", log(beside)));
    }

    let mut relay = start(&data, beside);
    let at = relay.ready().unwrap();
    let (generation, end) = read_back(&mut Client::new(&at, &memory, 0).unwrap())
        .unwrap_or_else(|broken| panic!("LACRE_SEED={seed}, {kills} kills:\n{}", broken.join("\n")));
    let history = marks::history(&memory.marks(), generation, &end).unwrap();
    let tally = check(&history).unwrap_or_else(|v| panic!("LACRE_SEED={seed}, {kills} kills: {v:#?}"));
    let blobs = acknowledged_blobs(&memory.marks());
    let unsure = tally.unanswered_stored + tally.unanswered_lost + tally.retried;
    // a run of a few kills is for looking at, not for proving
    let enough = tally.acknowledged as u64 > kills * 5 && unsure as u64 > kills / 4;
    let varied = tally.sealed > 0 && tally.seals > 3 && blobs as u64 > kills / 10;
    assert!(kills < 100 || (enough && varied), "the story was too tame: {blobs} blobs, {tally:?}");
}
