//! "Run it in 10 minutes" (server/RUNNING.md), followed as it stands, and the unit that it installs.
use lacre_ground::time::{Clock as _, SystemClock};
use lacre_relay::folder::STORE_FILE;
use lacre_relay::memory;
use lacre_tests::relay::relay_binary;
use sha2::{Digest as _, Sha256};
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

fn server() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../server")
}

/// The blocks of one language, by their first line: `sh`, `sh build`, `sh root`.
fn blocks(page: &str) -> Vec<(String, String)> {
    let fenced = page.split("```").skip(1).step_by(2);
    fenced.map(|block| block.split_once('\n').unwrap()).map(|(kind, text)| (kind.to_owned(), text.to_owned())).collect()
}

/// As if a backup were so old: its relay's newest entry is.
fn age(backup: &Path, ms: u64) {
    let store = backup.join(STORE_FILE);
    let db = rusqlite::Connection::open(&store).unwrap();
    let then = SystemClock.now().get() - ms;
    db.execute("UPDATE meta SET accept_floor_ms = ?1", [then]).unwrap();
    db.pragma_update(None, "journal_mode", "DELETE").unwrap();
    drop(db);
    let (manifest, bytes) = (backup.join("manifest.json"), fs::read(&store).unwrap());
    let mut json: serde_json::Value = serde_json::from_str(&fs::read_to_string(&manifest).unwrap()).unwrap();
    json["store_bytes"] = bytes.len().into();
    json["store_sha256"] = data_encoding::HEXLOWER.encode(&Sha256::digest(&bytes)).into();
    fs::write(manifest, json.to_string()).unwrap();
}

/// Seen red with a restoration that leaves no word of the time: `status` is not well for a day.
#[test]
fn the_page_that_promises_a_relay_in_ten_minutes_is_followed_to_its_end() {
    let page = fs::read_to_string(server().join("RUNNING.md")).unwrap();
    let (spanish, english) = page.split_once("\n## English\n").unwrap();
    let blocks = {
        let (spanish, english) = (blocks(spanish), blocks(english));
        assert_eq!(spanish, english, "both languages give the same commands");
        english
    };
    let folder = tempfile::tempdir().unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let steps: Vec<String> =
        blocks.iter().filter(|(kind, _)| kind == "sh").map(|(_, text)| text.replace("7443", &free)).collect();
    let programs = relay_binary().unwrap().parent().unwrap().to_owned();

    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let follow = |steps: &str| {
        let mut shell = Command::new("bash");
        let done = shell.args(["-euo", "pipefail", "-c", steps]).current_dir(folder.path()).env("PATH", &path).output().unwrap();
        let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        assert!(done.status.success(), "{out}\n{err}");
        out.into_owned()
    };

    let out = follow(&(steps[..4].concat() + "kill $! && wait $!\n"));
    // the disk is lost a week later
    age(&folder.path().join("relay/backup-1"), 8 * 24 * 60 * 60 * 1000);
    follow(&format!("cd relay\n{}{}", steps[1], steps[4]));
    assert_eq!(steps.len(), 5);
    assert!(out.contains("lacre://127.0.0.1:"), "an invitation: {out}");
    assert!(
        folder.path().join("relay/data/relay.sqlite").is_file() && folder.path().join("relay/backup-1/manifest.json").is_file()
    );
    for (kind, text) in blocks.iter().filter(|(kind, _)| kind != "sh") {
        println!("not run, only parsed, because it builds or changes the machine ({kind}):\n{text}");
        assert!(Command::new("bash").args(["-n", "-c", text]).status().unwrap().success());
        for file in text.split_whitespace().filter(|word| word.starts_with("server/")) {
            assert!(server().join("..").join(file).is_file(), "{file}");
        }
    }
}

/// Seen red with another number on the page.
#[test]
fn the_page_gives_the_memory_formula_that_the_attack_tests_hold_the_relay_to() {
    let page = fs::read_to_string(server().join("RUNNING.md")).unwrap();
    let (spanish, english) = page.split_once("\n## English\n").unwrap();
    let default = lacre_relay::config::NodeConfig::default().max_held_mib;

    let numbers = [
        format!("| A | {} MiB |", memory::BASE >> 20),
        format!("| B | {} KiB |", memory::CONNECTION >> 10),
        format!("| C | {} bytes, ", memory::FOLLOWED),
        format!("| | {} KiB, ", memory::CALL >> 10),
        format!("| | {} KiB |", lacre_relay::limits::CONNECTION_WINDOW >> 10),
        format!("`max_held_mib = {default}`"),
        format!(" {} MiB.", memory::formula(10_000, 0, usize::try_from(default).unwrap() << 20) >> 20),
    ];

    for number in numbers {
        assert!(spanish.contains(&number) && english.contains(&number), "{number}");
    }
}

#[test]
fn the_units_are_ones_that_systemd_takes_and_calls_well_hardened() {
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        println!("SKIPPED: systemd-analyze is not on this machine; the units were not judged");
        return;
    }
    let relay = (server().join("systemd/lacre-relay.service"), relay_binary().unwrap());
    let body = (server().join("../cli/systemd/lacre-agency.service"), lacre_tests::terminal::lacre_binary());
    for (unit, program) in [relay, body] {
        judged(&unit, &program);
    }
}

fn judged(unit: &Path, program: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(unit).unwrap();
    let there = Path::new("/usr/local/bin").join(program.file_name().unwrap());
    let unit = folder.path().join(unit.file_name().unwrap());
    fs::write(&unit, text.replace(there.to_str().unwrap(), program.to_str().unwrap())).unwrap();

    let verified = Command::new("systemd-analyze").arg("verify").arg(&unit).output().unwrap();
    let judged =
        Command::new("systemd-analyze").args(["security", "--offline=true", "--threshold=20"]).arg(&unit).output().unwrap();

    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    let exposure = String::from_utf8_lossy(&judged.stdout).lines().last().unwrap_or_default().to_owned();
    println!("{exposure}");
    assert!(judged.status.success(), "{exposure}{}", String::from_utf8_lossy(&judged.stderr));
}
