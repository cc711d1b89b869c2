//! Rounds, medians, and the table at the end.

use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Rounds of every ratio.
pub const ROUNDS: usize = 7;

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// What a figure should be.
#[derive(Clone, Copy)]
pub enum Target {
    AtLeast(f64),
    AtMost(f64),
    Printed,
}

impl Target {
    fn judged(self, value: f64) -> String {
        match self {
            Target::AtLeast(t) if value >= t => format!("at least {t}: met"),
            Target::AtLeast(t) => format!("at least {t}: BELOW THE TARGET"),
            Target::AtMost(t) if value <= t => format!("at most {t}: met"),
            Target::AtMost(t) => format!("at most {t}: ABOVE THE TARGET"),
            Target::Printed => "printed".to_owned(),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a bench measures time")]
pub fn now() -> Instant {
    Instant::now()
}

pub fn timed(work: impl FnOnce()) -> Duration {
    let start = now();
    work();
    start.elapsed()
}

/// CPU time of this thread.
pub fn thread_cpu() -> Duration {
    let at = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(at.tv_sec.unsigned_abs(), at.tv_nsec.unsigned_abs().try_into().unwrap())
}

/// CPU time of all threads of this process, seconds.
pub fn process_cpu() -> f64 {
    let at = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(at.tv_sec.unsigned_abs(), at.tv_nsec.unsigned_abs().try_into().unwrap()).as_secs_f64()
}

/// A number that was given as `--name=N`.
pub fn argument(name: &str) -> Option<u64> {
    let given = |a: String| a.strip_prefix("--")?.strip_prefix(name)?.strip_prefix('=').map(str::to_owned);
    std::env::args().find_map(given).map(|n| n.parse().unwrap())
}

/// Of durations, in milliseconds.
pub fn percentile(mut all: Vec<Duration>, p: usize) -> f64 {
    all.sort();
    all[(all.len() * p / 100).min(all.len() - 1)].as_secs_f64() * 1_000.0
}

/// Least, median, greatest.
pub fn spread(mut values: Vec<f64>) -> (f64, f64, f64) {
    values.sort_by(f64::total_cmp);
    (values[0], values[values.len() / 2], values[values.len() - 1])
}

/// Seven rounds of `ours` and `theirs`, one after the other, both as figures of the same kind; prints ours / theirs.
pub fn ratio(name: &str, unit: &str, target: Target, mut ours: impl FnMut() -> f64, mut theirs: impl FnMut() -> f64) {
    let rounds: Vec<(f64, f64)> = (0..ROUNDS)
        .map(|round| {
            // who comes first changes with each round
            if round % 2 == 0 {
                let a = ours();
                (a, theirs())
            } else {
                let b = theirs();
                (ours(), b)
            }
        })
        .collect();
    let (least, median, greatest) = spread(rounds.iter().map(|(a, b)| a / b).collect());
    let (_, a, _) = spread(rounds.iter().map(|r| r.0).collect());
    let (_, b, _) = spread(rounds.iter().map(|r| r.1).collect());
    say(format!(
        "{name}: {median:.2} ({least:.2} to {greatest:.2}; {} against {} {unit}); {}",
        short(a),
        short(b),
        target.judged(median)
    ));
}

/// One figure that is no ratio.
pub fn figure(name: &str, unit: &str, target: Target, values: Vec<f64>) {
    let (least, median, greatest) = spread(values);
    say(format!("{name}: {} {unit} ({} to {}); {}", short(median), short(least), short(greatest), target.judged(median)));
}

pub fn say(line: String) {
    println!("{line}");
    LINES.lock().unwrap().push(line);
}

pub fn short(value: f64) -> String {
    match value.abs() {
        v if v >= 10_000.0 => format!("{:.0} k", value / 1_000.0),
        v if v >= 100.0 => format!("{value:.0}"),
        v if v >= 1.0 => format!("{value:.1}"),
        _ => format!("{value:.3}"),
    }
}

pub fn summary() {
    println!("\n== all");
    for line in LINES.lock().unwrap().iter() {
        println!("{line}");
    }
}
