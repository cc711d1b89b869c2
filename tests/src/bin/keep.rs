//! `cargo run -p lacre-tests --bin keep -- VERSION`: keeps a relay's folder and people's profiles of this version under
//! `tests/fixtures`, once for each release, before its tag.
#![expect(clippy::print_stderr, reason = "a program that says what it did")]

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(version) = std::env::args().nth(1) else {
        eprintln!("which version? for example v0.1.0");
        return ExitCode::from(2);
    };
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let to = fixtures.join(&version);
    if to.exists() {
        eprintln!("{} is there already, and what was kept does not change", to.display());
        return ExitCode::from(1);
    }
    // each version listens at an address of its own, so that all can run at once
    let before = std::fs::read_dir(&fixtures).map_or(0, Iterator::count);
    let host = Ipv4Addr::new(127, 83, 71, u8::try_from(before + 1).unwrap_or(u8::MAX));
    lacre_tests::kept::make(SocketAddr::from((host, 21_837)), &to);
    eprintln!("kept in {}", to.display());
    ExitCode::SUCCESS
}
