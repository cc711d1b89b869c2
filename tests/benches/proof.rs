//! Time and proof: evaluations of the legal clock, verification of a bundle with a body of 4 KiB, and its size.
//!
//! `cargo bench -p lacre-tests --bench proof`. Figures are printed, never a test's condition.

#![expect(clippy::print_stderr, reason = "the size is a figure for people")]

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use lacre_evidence::clock::{Calendar, Comuna, Place, RuleId, Term, Zone, legal_dates};
use lacre_evidence::verify;
use lacre_ground::time::Millis;
use lacre_tests::proof::{Cast, Setup, trust};
use std::hint::black_box;

fn clock(c: &mut Criterion) {
    let place = Place { zone: Zone::Santiago, comuna: Comuna::parse("13101").ok() };
    let term = Term::business_days(5);
    let calendar = Calendar::chile();
    let mut i = 0u64;
    c.bench_function("clock: both readings with a term of 5 days", |b| {
        b.iter(|| {
            i += 1;
            let at = Millis::new(1_514_900_000_000 + i * 86_399_999 % 1_000_000_000_000);
            legal_dates(black_box(at), place, RuleId::Cl46.rule(), term, calendar).is_ok()
        });
    });
}

fn evidence(c: &mut Criterion) {
    let mut setup = Setup::example(Cast::HONEST);
    setup.body = vec![b'x'; 4096];
    setup.attachments.clear();
    let bundle = setup.play().bundle;
    let (whole, without) = (bundle.to_bytes(), bundle.without_files().to_bytes());
    let trust = trust();
    assert_eq!(verify(&whole, Some(&trust)).word(), "VALID", "the bench measures a valid bundle");
    c.bench_function("verify: a bundle with a body of 4 KiB and three records", |b| {
        b.iter(|| verify(black_box(&whole), Some(&trust)));
    });
    c.bench_function("make: a whole bundle, with all test signatures", |b| {
        b.iter_batched(|| Setup::example(Cast::HONEST), Setup::play, BatchSize::SmallInput);
    });
    eprintln!("size: {} bytes with a body of 4 KiB, {} bytes without files (limit 12,288)", whole.len(), without.len());
}

criterion_group!(benches, clock, evidence);
criterion_main!(benches);
