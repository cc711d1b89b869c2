//! Folders and profiles of every released version open in this one, and go on.

use lacre_tests::kept;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

#[test]
fn what_every_version_kept_opens_and_goes_on() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut versions = 0;
    for version in std::fs::read_dir(&fixtures).expect("tests/fixtures") {
        let version = version.expect("a folder").path();
        // what a version left unusable has a test of its own
        if version.to_string_lossy().ends_with("-bricked") {
            continue;
        }
        kept::check(&version);
        versions += 1;
    }
    assert!(versions > 0, "at least one version was kept");
}

#[test]
fn what_this_version_would_keep_opens_in_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let to = folder.path().join("now");
    kept::make(SocketAddr::from((Ipv4Addr::new(127, 83, 71, 254), 21_837)), &to);
    kept::check(&to);
}
