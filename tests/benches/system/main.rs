//! What the relay and the client cost, as ratios against a floor measured in the same run.
//!
//! `cargo bench -p lacre-tests --bench system` runs all parts but the long ones; `-- storage latency` runs those named.
//! Every ratio is the median of seven rounds in which both sides take turns, with the least and the greatest: machines that
//! are shared drift, ratios hardly do. A figure below its target is said to be so; nothing fails by time.
//!
//! | part | target |
//! |---|---|
//! | `storage` | the storage engine against bare SQLite: at least 0.7 |
//! | `append` | unary Append over TLS against the null store: at least 0.5; batches against unary, 1,024 in flight: at least 1.5, with at most half of the relay's CPU |
//! | `catchup` | Attach from seq 1 against a bare tonic stream: at least 0.6 |
//! | `memory` | an attached channel: at most 1 KiB; an idle TLS client: at most 40 kB |
//! | `core` | CPU of send and receive against bare OpenMLS, groups of 2 and 100: at most 4 times |
//! | `notices` | CPU of an official notice that comes to the person's device: at most 3 ms, and against one X-Wing opening and sealing and five verifications: printed; its bundle without files: at most 12 KiB, each further state 2,100 bytes |
//! | `tables` | a recipients' table of 100,000 rows against one of 1,000: CPU of a row and memory at most 1.3 times |
//! | `dispatch` | official notices a second from a table to what 10,000 persons open, p99 of private messages beside it, CPU of each step against its primitives; `--residents=N` for fewer; only when named |
//! | `latency` | from send to event: printed |
//! | `disk` | 1,024 bytes of ciphertext: at most 1,230 bytes |
//! | `sweep` | p99 of appends while a million old entries are removed, against none: printed; `--entries=N` for fewer |
//! | `attack` | p99 of an honest client beside an attacker who has a quarter of a core, against alone: printed |
//! | `peer` | the same appends as `append`, one row each in PostgreSQL, as durable: printed; skipped where it is not installed |
//! | `people` | search and read among 100,000 messages, 500 conversations, groups of 256 and 1,000, memory of `watch`: printed; only when named |
//! | `million`, `ten-million` | a store that grows: printed; only when named |
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    unreachable_pub,
    reason = "a bench stops where its world cannot be built, and prints what it measures"
)]

mod append;
mod attack;
mod batches;
mod catchup;
mod core;
mod disk;
mod dispatch;
mod far;
mod latency;
mod memory;
mod notices;
mod peer;
mod people;
mod report;
mod storage;
mod sweep;
mod tables;
mod wire;

fn main() {
    if let Some(data) = std::env::var_os(wire::RELAY_ROLE) {
        return wire::be_a_relay(std::path::Path::new(&data));
    }
    if let Ok(relay) = std::env::var(attack::ATTACKER_ROLE) {
        return attack::be_an_attacker(&relay);
    }
    if let Some(profile) = std::env::var_os(people::WATCHER_ROLE) {
        return people::be_a_watcher(std::path::Path::new(&profile));
    }
    let asked: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let parts: [(&str, bool, fn()); 17] = [
        ("storage", true, storage::run),
        ("append", true, || [append::run, batches::run].iter().for_each(|run| run())),
        ("catchup", true, catchup::run),
        ("memory", true, memory::run),
        ("core", true, core::run),
        ("notices", true, notices::run),
        ("tables", true, tables::run),
        ("dispatch", false, dispatch::run),
        ("latency", true, latency::run),
        ("latency-far", false, far::run),
        ("disk", true, disk::run),
        ("attack", true, attack::run),
        ("peer", true, peer::run),
        ("people", false, people::run),
        ("sweep", false, sweep::run),
        ("million", false, || disk::grow(1_000_000)),
        ("ten-million", false, || disk::grow(10_000_000)),
    ];
    let known: Vec<&str> = parts.iter().map(|(name, ..)| *name).collect();
    if let Some(unknown) = asked.iter().find(|a| !known.contains(&a.as_str())) {
        println!("no part {unknown}: choose of {}", known.join(", "));
        std::process::exit(2);
    }
    for (name, usual, run) in parts {
        if (asked.is_empty() && usual) || asked.iter().any(|a| a == name) {
            println!("\n== {name}");
            run();
        }
    }
    report::summary();
}
