//! A store that went back is noticed, and gets a new generation aloud.
use lacre_core::network::{Lane, Network as _};
use lacre_proto::relay::v1 as wire;
use lacre_relay::folder::STORE_FILE;
use lacre_relay::newest::NEWEST_FILE;
use lacre_tests::powercut::marks::{self, append_token, name};
use lacre_tests::relay::{Client, Memory, RelayProcess, operate, seed_stamps};
use lacre_tests::world::network;
use sha2::{Digest as _, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

struct Place {
    folder: tempfile::TempDir,
    appended: u8,
}

/// Generation and troubles, as `status` tells them.
type Told = (String, Vec<String>);

impl Place {
    fn new() -> Self {
        let mut place = Self { folder: tempfile::tempdir().unwrap(), appended: 0 };
        seed_stamps(&place.data(), 10).unwrap();
        let mut relay = place.start();
        let at = relay.ready().unwrap();
        Client::new(&at, &Arc::new(Memory::new(Box::new(|_| {}))), 1).unwrap().open().unwrap();
        place.append(&mut relay);
        relay.stop().unwrap();
        place
    }
    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }
    fn store(&self) -> PathBuf {
        self.data().join(STORE_FILE)
    }
    fn start(&self) -> RelayProcess {
        let mut relay = RelayProcess::spawn(RelayProcess::command(&self.data(), self.folder.path()).unwrap()).unwrap();
        relay.ready().unwrap();
        relay
    }
    /// One more entry that is acknowledged.
    fn append(&mut self, relay: &mut RelayProcess) {
        let request = wire::AppendRequest {
            channel: name(1).as_bytes().to_vec(),
            append_token: append_token(1).expose().to_vec(),
            entry_id: vec![self.appended; 16],
            read_to: self.appended.into(),
            ciphertext: vec![7; 100].into(),
            ..wire::AppendRequest::default()
        };
        network().append(&relay.ready().unwrap(), Lane::Conversations, request).unwrap();
        self.appended += 1;
    }
    fn told(&self) -> Told {
        let said = operate(Path::new("/"), &["status", "--json", "--data", self.data().to_str().unwrap()]).unwrap();
        let json: serde_json::Value = serde_json::from_str(&said.out).unwrap();
        let troubles: Vec<String> = serde_json::from_value(json["troubles"].clone()).unwrap();
        assert_eq!(said.code, Some(i32::from(!troubles.is_empty())));
        (json["generation"].as_str().unwrap().to_owned(), troubles)
    }
    /// Starts, asks, and stops.
    fn next(&self) -> Told {
        let relay = self.start();
        let told = self.told();
        relay.stop().unwrap();
        told
    }
    fn said(&self) -> bool {
        fs::read_to_string(self.folder.path().join("relay.log")).unwrap().contains("THE STORE WENT BACK")
    }
}

const BACK: &str = "STORE_WENT_BACK";

#[test]
fn a_relay_that_was_stopped_or_killed_is_the_same_when_it_comes_back() {
    let mut place = Place::new();
    let (first, troubles) = place.next();
    let mut relay = place.start();
    place.append(&mut relay);
    relay.kill().unwrap();
    let killed = place.next();
    // a command that opens the store of a killed relay puts its log into the file
    let mut relay = place.start();
    place.append(&mut relay);
    relay.kill().unwrap();
    let at = place.folder.path();
    let code = ["registrar", "issue-code", "--run", "40123456-K", "--data", "data", "--run-key", "run.key"];
    let _ = operate(at, &code).unwrap();
    let after = place.next();

    assert_eq!((troubles, killed, after), (vec![], (first.clone(), vec![]), (first, vec![])));
    assert!(!place.said());
}

/// Each seen red with a relay that remembers nothing beside its store.
#[test]
fn a_log_that_is_lost_a_snapshot_and_an_empty_store_beside_a_key_are_noticed() {
    let mut place = Place::new();
    let (mut before, _) = place.next();
    let old = fs::read(place.store()).unwrap();

    // killed, and its log is gone: the newest entry was in it, or was not
    for acknowledged in [1, 0] {
        let mut relay = place.start();
        (0..acknowledged).for_each(|_| place.append(&mut relay));
        relay.kill().unwrap();
        fs::remove_file(place.store().with_extension("sqlite-wal")).unwrap();
        let (generation, troubles) = place.next();
        assert!(generation != before && troubles == [BACK] && place.said());
        let again = place.next();
        assert_eq!(again, (generation.clone(), vec![]), "told once");
        before = generation;
        place.appended = 1;
    }

    // the file of earlier on
    let mut relay = place.start();
    place.append(&mut relay);
    relay.stop().unwrap();
    fs::write(place.store(), old).unwrap();
    let (generation, troubles) = place.next();
    assert!(generation != before && troubles == [BACK]);

    // none at all, and that is meant
    fs::remove_file(place.store()).unwrap();
    fs::remove_file(place.data().join(NEWEST_FILE)).unwrap();
    let (empty, troubles) = place.next();
    assert!(empty != generation && troubles == [BACK]);
    assert_eq!(place.next(), (empty, vec![]));
}

/// Who gains nothing: each client that asked an empty store would take itself for forgotten.
#[test]
fn a_relay_whose_store_is_gone_does_not_serve_an_empty_one_in_its_place() {
    let place = Place::new();
    let (before, _) = place.next();
    let (away, data) = (place.folder.path().join("away"), place.data());
    let run = |command: &str| operate(Path::new("/"), &[command, "--data", data.to_str().unwrap()]).unwrap();
    fs::rename(place.store(), &away).unwrap();

    for empty in [false, true] {
        if empty {
            fs::write(place.store(), b"").unwrap();
        }
        let (checked, served) = (run("check"), run("serve"));
        assert_eq!((checked.code, served.code), (Some(1), Some(3)), "{}{}", checked.out, served.err);
        for text in [checked.out, served.err] {
            assert!(text.contains("lacre-relay restore") && text.contains("newest"), "{text}");
        }
        assert_eq!(place.store().exists(), empty, "nothing is made");
    }
    fs::rename(&away, place.store()).unwrap();

    assert_eq!(place.next(), (before, vec![]), "put back, it is as if nothing had been");
}

/// A blob's file that no store but this one knows.
fn upload(place: &Place, relay: &mut RelayProcess) -> PathBuf {
    let bytes = marks::blob(1);
    let header = wire::PutHeader {
        blob: marks::derived("blob", 1).to_vec(),
        read_token_hash: marks::blob_token(1).hash().as_bytes().to_vec(),
        size: bytes.len() as u64,
        sha256: Sha256::digest(&bytes).to_vec(),
        stamp: marks::stamp(9).expose().to_vec(),
        offset: 0,
    };
    network().put_blob(&relay.ready().unwrap(), header, &mut bytes.as_slice()).unwrap();
    let mut files = fs::read_dir(place.data().join("blobs")).unwrap().map(|file| file.unwrap().path());
    files.find(|path| path.extension().is_none()).expect("the blob's file")
}

#[test]
fn the_right_store_finds_its_blobs_whatever_other_store_was_served_in_between_and_how_often() {
    let mut place = Place::new();
    let older = fs::read(place.store()).unwrap();
    let elsewhere = place.folder.path().join("elsewhere");
    seed_stamps(&elsewhere, 1).unwrap();
    let another = RelayProcess::command(&elsewhere, place.folder.path()).unwrap();
    let mut another = RelayProcess::spawn(another).unwrap();
    another.ready().unwrap();
    another.stop().unwrap();
    let another = fs::read(elsewhere.join(STORE_FILE)).unwrap();
    let mut relay = place.start();
    place.append(&mut relay);
    let file = upload(&place, &mut relay);
    let bytes = fs::read(&file).unwrap();
    relay.stop().unwrap();
    let right = fs::read(place.store()).unwrap();

    for wrong in [older, another] {
        fs::write(place.store(), wrong).unwrap();
        // the second start is told of nothing
        let told = [place.next().1, place.next().1];
        assert_eq!(told, [vec![BACK.to_owned()], vec![]]);
        fs::write(place.store(), &right).unwrap();
        assert_eq!((place.next().1, fs::read(&file).unwrap()), (vec![BACK.to_owned()], bytes.clone()));
        place.next();
    }

    // none at all: said before anything is started
    fs::rename(place.store(), place.folder.path().join("aside")).unwrap();
    let said = operate(place.folder.path(), &["check", "--json", "--data", "data"]).unwrap();
    assert_eq!(said.code, Some(1), "{}", said.out);
    assert!(said.out.contains("store-gone") && said.out.contains("check-orphans"), "{}", said.out);
}
