//! The real relay when its disk fills and when its clock jumps.
use lacre_core::network::{Lane, NetError, Network as _, Reason, Refusal};
use lacre_ground::address::Authority;
use lacre_ground::time::{Clock as _, SystemClock};
use lacre_proto::relay::v1 as wire;
use lacre_relay::folder::STORE_FILE;
use lacre_relay::upkeep::APPENDS;
use lacre_tests::faults::{Faults, own_disk, own_disks};
use lacre_tests::powercut::marks::{append_token, name, read_token};
use lacre_tests::raw;
use lacre_tests::relay::{Client, Memory, RelayProcess, Said, operate, seed_stamps};
use lacre_tests::world::network;
use lacre_transport::GrpcNetwork;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use tonic::transport::Channel;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
const MIB: u64 = 1024 * 1024;
const LOG: u8 = 1;
const INBOX: u8 = 3;

/// A client of a log and an inbox that knows what was acknowledged.
struct Writer {
    network: GrpcNetwork,
    at: Authority,
    stored: Vec<wire::AppendRequest>,
    accepted: Vec<u64>,
}

impl Writer {
    fn open(at: &Authority) -> Self {
        Client::new(at, &Arc::new(Memory::new(Box::new(|_| {}))), 1).unwrap().open().unwrap();
        Self { network: network(), at: at.clone(), stored: Vec::new(), accepted: Vec::new() }
    }
    fn entry(&self, channel: u8, bytes: usize) -> wire::AppendRequest {
        let n = u8::try_from(self.stored.len()).unwrap();
        wire::AppendRequest {
            channel: name(channel).as_bytes().to_vec(),
            append_token: append_token(channel).expose().to_vec(),
            entry_id: vec![n; 16],
            read_to: if channel == INBOX { 0 } else { self.stored.len() as u64 },
            ciphertext: vec![n; bytes].into(),
            ..wire::AppendRequest::default()
        }
    }
    fn append(&mut self, request: wire::AppendRequest) -> Result<(), NetError> {
        let answer = self.network.append(&self.at, Lane::Conversations, request.clone())?;
        self.accepted.push(answer.accepted_at_ms);
        self.stored.push(request);
        Ok(())
    }
    /// Appends until the disk is full: the entry that waits, and what it was told.
    fn append_until_full(&mut self) -> (wire::AppendRequest, Refusal) {
        loop {
            let next = self.entry(LOG, 200_000);
            match self.append(next.clone()) {
                Ok(()) => {}
                Err(NetError::Refused(refusal)) => return (next, refusal),
                Err(e) => panic!("{e}"),
            }
        }
    }
    /// The same bytes again and again, as every client does, until they are stored.
    fn append_until_stored(&mut self, request: &wire::AppendRequest) {
        loop {
            match self.append(request.clone()) {
                Ok(()) => return,
                Err(NetError::Refused(refusal)) => assert_eq!(refusal.reason, Reason::StoreDown),
                Err(e) => panic!("{e}"),
            }
        }
    }
    /// Trims the inbox until that is done: removal is never refused for long, whatever others do with the disk.
    fn trim_until_done(&mut self) -> bool {
        let trim = wire::TrimRequest {
            channel: name(INBOX).as_bytes().to_vec(),
            read_token: read_token(INBOX).expose().to_vec(),
            through_seq: 1,
        };
        for _ in 0..100_000 {
            match self.network.trim(&self.at, Lane::Inbox, trim.clone()) {
                Ok(_) => return true,
                Err(NetError::Refused(refusal)) => disk_full(&refusal),
                Err(e) => panic!("{e}"),
            }
        }
        false
    }
    /// Everything in the log is what was acknowledged, in its order.
    fn reads_all(&mut self) {
        let mut read = Vec::new();
        loop {
            let request = wire::FetchRequest {
                channel: name(LOG).as_bytes().to_vec(),
                read_token: read_token(LOG).expose().to_vec(),
                from_seq: read.len() as u64 + 1,
                max_entries: 1_000,
            };
            let page = self.network.fetch(&self.at, Lane::Conversations, request).unwrap();
            read.extend(page.entries.into_iter().map(|e| (e.entry_id, e.ciphertext)));
            if read.len() as u64 == page.head {
                break;
            }
        }
        let stored: Vec<_> = self.stored.iter().map(|r| (r.entry_id.clone(), r.ciphertext.clone())).collect();
        assert!(read == stored, "{} read, {} stored", read.len(), stored.len());
    }
}

fn disk_full(refusal: &Refusal) {
    assert_eq!((refusal.reason, refusal.metadata.get("why").map(String::as_str)), (Reason::StoreDown, Some("disk_full")));
    assert!(refusal.retry_after.is_some());
}

/// A monitor, as every gRPC server has them: it asks whether a service serves.
struct Monitor {
    runtime: tokio::runtime::Runtime,
    channel: Channel,
}

impl Monitor {
    fn new(at: &Authority) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let channel = runtime.block_on(raw::connect(at)).unwrap();
        Self { runtime, channel }
    }
    /// HealthCheckRequest has one text, HealthCheckResponse one enum: SERVING is 1, NOT_SERVING 2.
    fn serves(&self, service: &str) -> bool {
        let ask = [&[0x0a, u8::try_from(service.len()).unwrap()], service.as_bytes()].concat();
        let answer = self.runtime.block_on(raw::call(&self.channel, "/grpc.health.v1.Health/Check", vec![ask]));
        match answer.unwrap().unwrap().as_slice() {
            [0x08, 1] => true,
            [0x08, 2] => false,
            other => panic!("{other:?}"),
        }
    }
    /// Asks until it is so.
    fn until_appends(&self, serve: bool) {
        while self.serves(APPENDS) != serve {}
    }
}

fn status(data: &Path) -> (Said, serde_json::Value) {
    let said = operate(Path::new("/"), &["status", "--json", "--data", data.to_str().unwrap()]).unwrap();
    let json = serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{}", said.err));
    (said, json)
}

#[test]
fn on_a_disk_that_is_full_entries_wait_and_reading_goes_on_until_there_is_room() {
    if !own_disks() {
        println!("SKIPPED: this user may not mount a small disk of its own; the test below stands in for it");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (path, disk) = (folder.path(), folder.path().join("disk"));
    seed_stamps(&path.join("seed"), 3).unwrap();
    fs::create_dir(&disk).unwrap();
    fs::write(path.join("relay.toml"), "keep_free_mib = 4\n").unwrap();
    let serve = RelayProcess::command(&disk.join("data"), path).unwrap();
    let mut command = own_disk(&disk, 32, "cp -r \"$1\" \"$0/data\" && shift && exec \"$@\"");
    command.arg(path.join("seed"));
    command.arg(serve.get_program()).args(serve.get_args()).arg("--config").arg(path.join("relay.toml"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(fs::File::create(path.join("relay.log")).unwrap());
    let mut relay = RelayProcess::spawn(command).unwrap();
    let at = relay.ready().unwrap();
    // the relay's disk, seen from here
    let inside = PathBuf::from(format!("/proc/{}/root{}", relay.id(), disk.display()));
    let data = inside.join("data");
    let mut writer = Writer::open(&at);
    let monitor = Monitor::new(&at);
    monitor.until_appends(true);
    let first = writer.entry(LOG, 100);
    writer.append(first).unwrap();
    let letter = wire::AppendRequest { read_to: 0, ..writer.entry(INBOX, 200_000) };
    writer.network.append(&at, Lane::Inbox, letter).unwrap();

    // what others wrote leaves less than is kept free
    let free = lacre_relay::room::disk(&inside).unwrap().free;
    fs::write(inside.join("filler"), vec![1; usize::try_from(free - 2 * MIB).unwrap()]).unwrap();
    let (waiting, refusal) = writer.append_until_full();
    disk_full(&refusal);
    let (said, ill) = status(&data);
    assert_eq!((said.code, &ill["healthy"], &ill["troubles"][0]), (Some(1), &false.into(), &"DISK_FULL".into()));
    monitor.until_appends(false);
    for reading in ["", "lacre.relay.v1.Channels"] {
        assert!(monitor.serves(reading), "{reading}");
    }
    writer.reads_all();
    let people = operate(Path::new("/"), &["status", "--data", data.to_str().unwrap()]).unwrap();
    assert!(people.out.contains("DISK FULL"), "{}", people.out);
    let checked =
        operate(path, &["check", "--data", data.to_str().unwrap(), "--config", "relay.toml", "--run-key", "run.key"]).unwrap();
    assert!(checked.code == Some(1) && checked.out.contains("would be refused"), "{}", checked.out);

    // and then all of it
    let mut rest = fs::File::create(inside.join("rest")).unwrap();
    while rest.write_all(&[1; 4_096]).is_ok() {}
    writer.reads_all();
    assert!(writer.trim_until_done(), "removal has no room: {}", fs::read_to_string(path.join("relay.log")).unwrap());
    drop(rest);
    fs::remove_file(inside.join("rest")).unwrap();
    fs::remove_file(inside.join("filler")).unwrap();
    writer.append_until_stored(&waiting);
    writer.reads_all();
    let (said, _) = status(&data);
    assert_eq!(said.code, Some(0));
    monitor.until_appends(true);
    drop(monitor);
    relay.stop().unwrap();
}

/// A relay under faults, with what it needs.
struct Weather {
    folder: tempfile::TempDir,
    faults: Faults,
}

impl Weather {
    fn new() -> Self {
        let weather = Self { folder: tempfile::tempdir().unwrap(), faults: Faults::build().unwrap() };
        seed_stamps(&weather.data(), 3).unwrap();
        weather
    }
    fn data(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join("data")
    }
    fn start(&self) -> RelayProcess {
        let mut command = RelayProcess::command(&self.data(), self.folder.path()).unwrap();
        self.faults.watch(&mut command, &self.data());
        RelayProcess::spawn(command).unwrap()
    }
    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("relay.log")).unwrap()
    }
}

fn bytes_below(folder: &Path) -> u64 {
    let sizes = fs::read_dir(folder).unwrap().map(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() { bytes_below(&path) } else { path.metadata().unwrap().len() }
    });
    sizes.sum()
}

#[test]
fn a_write_that_the_disk_refuses_is_answered_and_nothing_of_it_is_stored() {
    let weather = Weather::new();
    let mut relay = weather.start();
    let mut writer = Writer::open(&relay.ready().unwrap());
    let first = writer.entry(LOG, 100);
    writer.append(first).unwrap();

    weather.faults.room_bytes(i64::try_from(bytes_below(&weather.data()) + MIB).unwrap()).unwrap();
    let (waiting, refusal) = writer.append_until_full();
    disk_full(&refusal);
    let (said, ill) = status(&weather.data());
    assert_eq!((said.code, &ill["troubles"]), (Some(1), &serde_json::json!(["STORE_FAILING"])));
    writer.reads_all();
    let stored = writer.stored.len();
    relay.kill().unwrap();
    // a relay that starts on a full disk serves what it has
    let mut relay = weather.start();
    writer.at = relay.ready().unwrap();
    writer.reads_all();
    weather.faults.room_bytes(0).unwrap();
    writer.append_until_stored(&waiting);
    writer.reads_all();
    relay.stop().unwrap();

    assert!(stored > 1 && weather.log().contains("database or disk is full"), "{}", weather.log());
    let checked = operate(
        Path::new("/"),
        &[
            "check",
            "--data",
            weather.data().to_str().unwrap(),
            "--run-key",
            weather.folder.path().join("run.key").to_str().unwrap(),
        ],
    );
    let checked = checked.unwrap();
    assert_eq!(checked.code, Some(0), "{} {}", checked.out, checked.err);
}

/// Nobody writes: a relay that did not try by itself would say so until somebody does. Its rounds of removal, one a minute, find nothing
/// to do and write nothing.
#[test]
fn a_store_that_failed_is_said_to_be_well_once_it_is_though_nobody_writes() {
    const SOON_MS: u64 = 40_000;
    let weather = Weather::new();
    let mut relay = weather.start();
    let mut writer = Writer::open(&relay.ready().unwrap());
    weather.faults.room_bytes(i64::try_from(bytes_below(&weather.data()) + MIB).unwrap()).unwrap();
    disk_full(&writer.append_until_full().1);
    assert_eq!(status(&weather.data()).1["troubles"], serde_json::json!(["STORE_FAILING"]));

    weather.faults.room_bytes(0).unwrap();

    let since = SystemClock.now();
    while status(&weather.data()).1["troubles"] != serde_json::json!([]) {
        assert!(SystemClock.now().since(since) < SOON_MS, "{:?}", status(&weather.data()));
    }
    writer.reads_all();
    relay.stop().unwrap();
}

#[test]
fn accept_times_do_not_follow_a_clock_that_is_put_back_and_status_says_so() {
    let weather = Weather::new();
    weather.faults.clock_ahead_ms(DAY_MS / 2).unwrap();
    let mut relay = weather.start();
    let mut writer = Writer::open(&relay.ready().unwrap());
    let first = writer.entry(LOG, 100);
    writer.append(first).unwrap();

    weather.faults.clock_ahead_ms(0).unwrap();
    let second = writer.entry(LOG, 100);
    writer.append(second).unwrap();
    let (said, ill) = status(&weather.data());
    relay.stop().unwrap();
    // nor does a relay that starts under the earlier time
    let mut relay = weather.start();
    writer.at = relay.ready().unwrap();
    let third = writer.entry(LOG, 100);
    writer.append(third).unwrap();

    assert!(writer.accepted.is_sorted(), "{:?}", writer.accepted);
    let nothing_to_do = serde_json::json!(["ACCEPT_TIMES_WAIT"]);
    assert_eq!((said.code, &ill["notes"], &ill["troubles"]), (Some(0), &nothing_to_do, &serde_json::json!([])));
}

/// Seen red with a relay that takes its machine's word.
#[test]
fn a_clock_that_is_far_off_is_not_followed_while_running_nor_at_the_start() {
    let weather = Weather::new();
    let mut relay = weather.start();
    let mut writer = Writer::open(&relay.ready().unwrap());
    let first = writer.entry(LOG, 100);
    writer.append(first).unwrap();
    for (days, trouble) in [(40, "CLOCK_AHEAD"), (-400, "CLOCK_BACK")] {
        weather.faults.clock_ahead_ms(days * DAY_MS).unwrap();
        let next = writer.entry(LOG, 100);
        writer.append(next).unwrap();
        let (running, ill) = status(&weather.data());
        relay.stop().unwrap();
        relay = weather.start();
        // its certificate is one that people take, too: their clocks are right
        writer.at = relay.ready().unwrap();
        let next = writer.entry(LOG, 100);
        writer.append(next).unwrap();
        let (started, still) = status(&weather.data());
        for (code, json) in [(running.code, ill), (started.code, still)] {
            assert_eq!((code, &json["troubles"]), (Some(1), &serde_json::json!([trouble])));
            assert_ne!(json["now"], json["clock"]);
        }
    }
    let (first, last) = (writer.accepted[0], *writer.accepted.last().unwrap());
    assert!(writer.accepted.is_sorted() && last - first < DAY_MS.unsigned_abs(), "{:?}", writer.accepted);
    weather.faults.clock_ahead_ms(0).unwrap();
    let (well, json) = status(&weather.data());
    assert_eq!((well.code, &json["notes"]), (Some(0), &serde_json::json!([])), "once it is right again, so is all");
    relay.stop().unwrap();
}

#[test]
fn after_a_weekend_off_removal_is_held_and_nothing_is_wrong() {
    let weather = Weather::new();
    let mut relay = weather.start();
    relay.ready().unwrap();
    relay.stop().unwrap();
    weather.faults.clock_ahead_ms(3 * DAY_MS).unwrap();
    let mut relay = weather.start();
    relay.ready().unwrap();
    let (said, json) = status(&weather.data());
    relay.stop().unwrap();

    assert_eq!((said.code, &json["notes"]), (Some(0), &serde_json::json!(["REMOVAL_HELD"])));
    assert_eq!(json["now"], json["clock"]);
}

/// Seen red with a guard that always lets remove.
#[test]
fn a_clock_that_jumps_ahead_removes_nothing_and_is_noticed_while_running_and_at_the_start() {
    let weather = Weather::new();
    let mut relay = weather.start();
    let mut writer = Writer::open(&relay.ready().unwrap());
    for _ in 0..3 {
        let next = writer.entry(LOG, 100);
        writer.append(next).unwrap();
    }

    weather.faults.clock_ahead_ms(40 * DAY_MS).unwrap();
    let (running, ill) = status(&weather.data());
    relay.stop().unwrap();
    let mut relay = weather.start();
    relay.ready().unwrap();
    let (started, still) = status(&weather.data());
    relay.stop().unwrap();
    assert_eq!((running.code, started.code), (Some(1), Some(1)));
    for json in [ill, still] {
        assert_eq!((&json["troubles"], &json["entries"]), (&serde_json::json!(["CLOCK_AHEAD"]), &3.into()));
        assert!(json["removal_held_until"].as_str() > json["now"].as_str());
    }
    assert!(weather.log().contains("nothing is removed"), "{}", weather.log());
    // once the clock is right again, so is all
    weather.faults.clock_ahead_ms(0).unwrap();
    let mut relay = weather.start();
    writer.at = relay.ready().unwrap();
    let (well, _) = status(&weather.data());
    writer.reads_all();
    assert_eq!(well.code, Some(0));
    assert!(weather.data().join(STORE_FILE).exists());
}
