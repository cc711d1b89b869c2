//! The operator's log, on stderr. `RUST_LOG` is one level (`error`, `warn`, `info`, `debug`, `trace`) for the relay's own
//! lines; dependencies are capped at `warn` whatever it says, because nobody can promise what they write below.
//! Our own lines carry neither token, channel, handle, RUN nor address.

use std::io::IsTerminal as _;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Our crates, as targets of log lines begin.
const OURS: [&str; 2] = ["lacre_relay", "lacre_relay"];

pub(crate) fn start() {
    let ours: LevelFilter = std::env::var("RUST_LOG").ok().and_then(|v| v.parse().ok()).unwrap_or(LevelFilter::INFO);
    let _ = tracing_subscriber::registry()
        .with(tracing_subscriber::fmt::layer().with_ansi(std::io::stderr().is_terminal()).with_writer(std::io::stderr))
        .with(filter(ours))
        .try_init();
}

fn filter(ours: LevelFilter) -> Targets {
    let others = ours.min(LevelFilter::WARN);
    Targets::new().with_default(others).with_targets(OURS.map(|target| (target, ours)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing::Level;

    #[test]
    fn dependencies_never_speak_below_warn() {
        let all = filter(LevelFilter::TRACE);
        assert!(all.would_enable("lacre_relay::writer", &Level::TRACE));
        for dependency in ["h2::codec", "hyper", "tonic", "rustls", "rusqlite", "tokio"] {
            assert!(all.would_enable(dependency, &Level::WARN), "{dependency}");
            assert!(!all.would_enable(dependency, &Level::INFO), "{dependency}");
        }
        assert!(!filter(LevelFilter::ERROR).would_enable("h2", &Level::WARN));
    }
}
