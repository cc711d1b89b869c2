//! The real relay is told to stop: once, twice, and to read its configuration again.
use lacre_core::network::{Lane, Network as _};
use lacre_ground::address::Authority;
use lacre_proto::relay::v1 as wire;
use lacre_proto::relay::v1::blobs_client::BlobsClient;
use lacre_proto::relay::v1::put_request::Part;
use lacre_tests::raw;
use lacre_tests::relay::{RelayProcess, operate, operate_typing, seed_stamps};
use std::fs;
use std::io::{BufRead as _, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};

/// A relay whose log is read line by line.
struct Told {
    child: Child,
    at: Authority,
    log: Lines<BufReader<ChildStderr>>,
}

impl Told {
    fn start(folder: &Path, more: &[&str]) -> Self {
        let mut command = RelayProcess::command(&folder.join("data"), folder).unwrap();
        let mut child = command.args(more).stderr(Stdio::piped()).spawn().unwrap();
        let first = BufReader::new(child.stdout.take().unwrap()).lines().next().unwrap().unwrap();
        let at = Authority::parse(first.strip_prefix("listening ").unwrap()).unwrap();
        let log = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, at, log }
    }
    fn signal(&self, name: &str) {
        assert!(Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap().success());
    }
    /// Until the log says this.
    fn until(&mut self, says: &str) {
        let found = self.log.by_ref().map_while(Result::ok).find(|line| line.contains(says));
        assert!(found.is_some(), "the log ended without: {says}");
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const SIZE: usize = 64 * 1024;

/// An upload that the relay has begun to store and that waits for its bytes.
struct Upload {
    runtime: tokio::runtime::Runtime,
    parts: tokio::sync::mpsc::Sender<wire::PutRequest>,
    sent: tokio::task::JoinHandle<bool>,
}

impl Upload {
    fn begin(relay: &Told, data: &Path) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (parts, waiting) = tokio::sync::mpsc::channel(4);
        let header = wire::PutHeader {
            blob: vec![1; 32],
            read_token_hash: vec![2; 32],
            size: SIZE as u64,
            sha256: <sha2::Sha256 as sha2::Digest>::digest(vec![7; SIZE]).to_vec(),
            stamp: lacre_tests::powercut::marks::stamp(1).expose().to_vec(),
            offset: 0,
        };
        parts.blocking_send(wire::PutRequest { part: Some(Part::Header(header)) }).unwrap();
        let at = relay.at.clone();
        let sent = runtime.spawn(async move {
            let mut blobs = BlobsClient::new(raw::connect(&at).await.unwrap());
            blobs.put(tokio_stream::wrappers::ReceiverStream::new(waiting)).await.is_ok()
        });
        let begun =
            || fs::read_dir(data.join("blobs")).unwrap().any(|f| f.unwrap().path().extension().is_some_and(|e| e == "part"));
        while !begun() {
            assert!(!sent.is_finished(), "the upload ended before it began");
            std::thread::yield_now();
        }
        Self { runtime, parts, sent }
    }
    /// Whether it was taken, once its bytes are there.
    fn finish(self) -> bool {
        let bytes = wire::PutRequest { part: Some(Part::Chunk(vec![7; SIZE].into())) };
        // a relay that has ended takes no more
        let _ = self.parts.blocking_send(bytes);
        drop(self.parts);
        self.runtime.block_on(self.sent).unwrap()
    }
}

#[test]
fn a_second_signal_ends_a_relay_that_waits_for_a_call() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    seed_stamps(&data, 3).unwrap();
    let mut relay = Told::start(folder.path(), &[]);
    let upload = Upload::begin(&relay, &data);

    relay.signal("-TERM");
    relay.until("stopping");
    relay.signal("-TERM");
    let code = relay.child.wait().unwrap().code();

    assert_eq!(code, Some(3), "0 would be a relay that waited, none one that the signal killed");
    assert!(!upload.finish());
    // what it left behind is removed by the next start
    Told::start(folder.path(), &[]);
    assert_eq!(fs::read_dir(data.join("blobs")).unwrap().count(), 0);
}

#[test]
fn a_relay_that_is_told_once_lets_a_call_finish_and_ends_well() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    seed_stamps(&data, 3).unwrap();
    let mut relay = Told::start(folder.path(), &[]);
    let upload = Upload::begin(&relay, &data);

    relay.signal("-INT");
    relay.until("stopping");

    assert!(upload.finish(), "the call was cut off");
    assert_eq!(relay.child.wait().unwrap().code(), Some(0));
}

fn json(folder: &Path, args: &[&str]) -> serde_json::Value {
    let said = operate(folder, args).unwrap();
    assert_eq!(said.code, Some(0), "{}", said.err);
    serde_json::from_str(&said.out).unwrap()
}

#[test]
fn a_hangup_brings_a_new_leaf_and_a_new_address_and_cuts_nobody_off() {
    let folder = tempfile::tempdir().unwrap();
    let (data, config) = (folder.path().join("data"), folder.path().join("relay.toml"));
    seed_stamps(&data, 3).unwrap();
    fs::write(&config, "keep_free_mib = 1\n").unwrap();
    let mut relay = Told::start(folder.path(), &["--config", config.to_str().unwrap()]);
    let upload = Upload::begin(&relay, &data);
    let status = || json(folder.path(), &["status", "--json", "--data", "data"]);
    let invitation = || {
        let args = ["registrar", "issue-code", "--json", "--data", "data"];
        let said = operate_typing(folder.path(), &args, "40123456-K").unwrap();
        let said: serde_json::Value = serde_json::from_str(&said.out).unwrap();
        said["invitation"].as_str().unwrap().to_owned()
    };
    let first = status();

    let made = operate(folder.path(), &["issue-leaf", "leaf.pem", "--days", "20", "--data", "data"]).unwrap();
    assert_eq!(made.code, Some(0), "{}", made.err);
    let leaf = folder.path().join("leaf.pem");
    let new = format!("keep_free_mib = 2\npublic_address = \"relay.example.org:7443\"\nleaf = {leaf:?}\n");
    fs::write(&config, &new).unwrap();
    relay.signal("-HUP");
    relay.until("accounts made from now on do not meet those made before");
    relay.until("reloaded");
    let second = status();

    // the connection on which the upload began carries it to its end, and a new one is taken under the leaf of the file
    assert!(upload.finish());
    lacre_tests::world::network().get_info(&relay.at, Lane::Conversations, wire::GetInfoRequest {}).unwrap();
    assert_eq!((&first["keep_free_bytes"], &second["keep_free_bytes"]), (&1_048_576.into(), &2_097_152.into()));
    assert!(second["leaf_until"].as_str() < first["leaf_until"].as_str(), "20 days instead of 90");
    assert_eq!((&second["healthy"], &second["generation"]), (&true.into(), &first["generation"]));
    assert!(invitation().starts_with("lacre://relay.example.org:7443/"));

    // what is not taken changes nothing
    let bad = [new.replace("keep_free_mib", "keep_fre_mib"), new.replace("leaf.pem", "run.key"), new.replace(":7443", "")];
    for text in bad {
        fs::write(&config, text).unwrap();
        relay.signal("-HUP");
        relay.until("all stays as it was");
        assert_eq!(status()["leaf_until"], second["leaf_until"]);
    }
    // without a file the relay makes its own leaf again
    fs::write(&config, "keep_free_mib = 2\n").unwrap();
    relay.signal("-HUP");
    relay.until("reloaded");
    assert_eq!(status()["leaf_until"], first["leaf_until"], "as long as every leaf of its own");
}

/// Seen red: it waited as long as the relay hung.
#[test]
fn who_asks_a_relay_that_hangs_is_told_so_and_does_not_hang_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let relay = Told::start(folder.path(), &[]);

    relay.signal("-STOP");
    let said = operate(folder.path(), &["status", "--data", "data"]);
    relay.signal("-CONT");

    let said = said.unwrap();
    assert_eq!(said.code, Some(3), "{} {}", said.out, said.err);
}
