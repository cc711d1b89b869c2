//! Build script of the programs: which commit `--version` names, so that an overseer can tell what runs.
//!
//! A release build asks git, or takes LACRE_COMMIT where there is no repository (a source archive). A development build says
//! that it is one: looking at git would build everything again at each commit.

#![expect(clippy::print_stdout, reason = "that is how a build script speaks to cargo")]

use std::process::Command;

fn git(args: &[&str]) -> Option<String> {
    let out = Command::new("git").args(args).output().ok().filter(|out| out.status.success())?;
    String::from_utf8(out.stdout).ok().map(|s| s.trim().to_owned())
}

fn main() {
    println!("cargo:rerun-if-env-changed=LACRE_COMMIT");
    let commit = std::env::var("LACRE_COMMIT").ok().filter(|c| !c.is_empty()).unwrap_or_else(|| {
        if std::env::var("PROFILE").as_deref() != Ok("release") {
            return "development build".to_owned();
        }
        for path in ["HEAD", "index"] {
            if let Some(place) = git(&["rev-parse", "--git-path", path]) {
                println!("cargo:rerun-if-changed={place}");
            }
        }
        let changed = git(&["status", "--porcelain", "--untracked-files=no"]).is_none_or(|s| !s.is_empty());
        match git(&["rev-parse", "--short=12", "HEAD"]) {
            Some(commit) if changed => format!("commit {commit}, changed"),
            Some(commit) => format!("commit {commit}"),
            None => "commit not known".to_owned(),
        }
    });
    println!("cargo:rustc-env=LACRE_VERSION={} ({commit})", std::env::var("CARGO_PKG_VERSION").unwrap_or_default());
}
