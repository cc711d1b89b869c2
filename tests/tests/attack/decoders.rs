//! No bytes from the network or a file make a decoder panic, hang, or write something else than it read.
//!
//! Seen red: an index instead of `get` in the container's reader, a number accepted with leading zeros.
use data_encoding::BASE64;
use lacre_evidence::Bundle;
use lacre_ground::note::UnverifiedNote;
use lacre_proto::bounds::DECODERS;
use lacre_tests::decoders::{ALL, Decoder, corpus};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

fn inputs(name: &str) -> Vec<Vec<u8>> {
    let path = corpus(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    text.lines().map(|line| BASE64.decode(line.as_bytes()).unwrap_or_else(|e| panic!("{name}: {e}"))).collect()
}

/// Runs it; a panic is told with the bytes that made it.
fn survives(decoder: &Decoder, bytes: &[u8]) -> bool {
    catch_unwind(AssertUnwindSafe(|| (decoder.run)(bytes)))
        .unwrap_or_else(|_| panic!("{} panics on {}", decoder.name, BASE64.encode(bytes)))
}

#[test]
fn every_decoder_has_a_corpus_takes_some_of_it_and_survives_all_of_it() {
    let folder = corpus("x").parent().map(Path::to_owned).unwrap();
    let files = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    let names: BTreeSet<String> = files.map(|f| f.trim_end_matches(".txt").to_owned()).collect();

    assert_eq!(names, ALL.iter().map(|d| d.name.to_owned()).collect(), "one corpus for each decoder");
    for decoder in ALL {
        let taken = inputs(decoder.name).iter().filter(|bytes| survives(decoder, bytes)).count();
        assert!(taken > 0, "{}: a corpus in which nothing is well-formed tries only the first line", decoder.name);
    }
}

/// Flips, cuts, doubles and exchanges parts.
fn spoil(bytes: &mut Vec<u8>, other: &[u8], rng: &mut ChaCha20Rng) {
    let mut below = |n: usize| usize::try_from(rng.next_u64() % u64::try_from(n.max(1)).unwrap()).unwrap();
    for _ in 0..=below(3) {
        let (at, kind, value) = (below(bytes.len()), below(7), u8::try_from(below(256)).unwrap());
        match (kind, bytes.get_mut(at)) {
            (0, Some(b)) => *b = value,
            (1, Some(b)) => *b ^= 1 << (value % 8),
            (2, _) => bytes.truncate(at),
            (3, _) => bytes.insert(at.min(bytes.len()), value),
            (4, Some(_)) => drop(bytes.remove(at)),
            (5, _) => {
                let part = bytes.get(at..(at + 1 + below(40)).min(bytes.len())).unwrap_or_default().to_vec();
                bytes.splice(at..at, part);
            }
            _ => {
                let from = below(other.len());
                let part = other.get(from..(from + below(40)).min(other.len())).unwrap_or_default().to_vec();
                bytes.splice(at.min(bytes.len())..at.min(bytes.len()), part);
            }
        }
    }
}

#[test]
fn no_spoiled_input_makes_a_decoder_panic() {
    let seed = std::env::var("LACRE_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(20_261_125);
    println!("seed {seed} (LACRE_SEED)");
    let mut rng = ChaCha20Rng::seed_from_u64(seed);

    for decoder in ALL {
        let inputs = inputs(decoder.name);
        for round in 0..6_000 {
            let mut bytes = inputs.get(round % inputs.len()).cloned().unwrap_or_default();
            let other = inputs.get(usize::try_from(rng.next_u64()).unwrap() % inputs.len()).cloned().unwrap_or_default();
            spoil(&mut bytes, &other, &mut rng);
            survives(decoder, &bytes);
        }
    }
}

#[test]
fn every_note_of_the_vectors_is_in_the_corpora() {
    let valid = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/evidence/valid.lacre")).unwrap();
    let bundle = Bundle::parse(&valid).unwrap();
    let text = |raw: &Option<String>| UnverifiedNote::parse(raw.as_ref().unwrap()).unwrap().unverified_text().as_bytes().to_vec();

    for (name, bytes) in [
        ("certificate", text(&bundle.certificate)),
        ("lookup", text(&bundle.lookup)),
        ("state", text(&bundle.states.first().cloned())),
        ("designation", text(&bundle.designation)),
        ("grant", text(&bundle.grant)),
        ("notice", text(&bundle.notice)),
        ("record", text(&bundle.events.first().cloned())),
    ] {
        assert!(inputs(name).contains(&bytes), "{name}: add {}", BASE64.encode(&bytes));
    }
}

#[test]
fn every_message_of_the_wire_and_of_contents_has_a_decoder() {
    let pool = prost_reflect::DescriptorPool::decode(lacre_proto::DESCRIPTORS).unwrap();
    let ours = pool.all_messages().filter(|m| ["lacre.relay.v1", "lacre.content.v1"].contains(&m.package_name()));
    let ours: BTreeSet<String> = ours.map(|m| m.full_name().to_owned()).collect();

    assert_eq!(ours, DECODERS.iter().map(|(name, _)| (*name).to_owned()).collect());
}
