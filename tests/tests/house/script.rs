//! What `./test --deny` answers: 0 all is as it must be, 1 something is not, 3 that could not be asked. Never a silent yes.
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

/// Asks the script, with a cargo that fails when it is asked for what `failing` matches. Its exit code, and what it said.
fn deny(failing: &str) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    let cargo = folder.path().join("cargo");
    std::fs::write(&cargo, format!("#!/usr/bin/env bash\n[[ \"$*\" != {failing} ]]\n")).unwrap();
    std::fs::set_permissions(&cargo, std::fs::Permissions::from_mode(0o700)).unwrap();
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../test");
    let out = Command::new(script).arg("--deny").env("PATH", path).output().unwrap();
    (out.status.code().unwrap(), String::from_utf8(out.stderr).unwrap())
}

#[test]
fn what_cannot_be_asked_is_said_and_is_neither_yes_nor_no() {
    assert_eq!(deny("nothing"), (0, String::new()));
    for bad in ["'deny check licenses'*", "*second-client*licenses*", "'deny check'*advisories", "*second-client*advisories"] {
        assert_eq!(deny(bad), (1, String::new()), "{bad}");
    }
    let (code, said) = deny("'deny fetch db'");
    assert!(code == 3 && said.contains("NOT CHECKED: advisories"), "{code} {said}");
    let (code, said) = deny("*--version");
    assert!(code == 3 && said.contains("cargo install cargo-deny"), "{code} {said}");
}
