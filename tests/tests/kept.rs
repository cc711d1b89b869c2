//! The folder and the profiles that a version keeps open in it, and go on.

use lacre_tests::kept;
use std::net::{Ipv4Addr, SocketAddr};

#[test]
fn what_this_version_would_keep_opens_in_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let to = folder.path().join("now");
    kept::make(SocketAddr::from((Ipv4Addr::new(127, 83, 71, 254), 21_837)), &to);
    kept::check(&to);
}
