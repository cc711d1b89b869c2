//! A store of one machine that is moved into PostgreSQL, by real programs: who talked before goes on after, and nobody is told that
//! anything happened; whatever is cut off serves nobody and goes on.

use crate::client::{append, connect, fetch, open_log};
use lacre_ground::address::{Authority, Invitation};
use lacre_ground::ids::Handle;
use lacre_ground::run::Run;
use lacre_ground::time::{Clock as _, SystemClock};
use lacre_proto::relay::v1 as wire;
use lacre_relay::folder::STORE_FILE;
use lacre_relay::moved::MOVED_FILE;
use lacre_store_postgres::own_server::OwnServer;
use lacre_tests::notices_body::{Writing, Written};
use lacre_tests::powercut::marks;
use lacre_tests::real_body::RealBody;
use lacre_tests::relay::{RelayProcess, Said, operate, operate_typing, relay_binary, seed_stamps};
use lacre_tests::world::{Person, befriend};
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tokio::runtime::Runtime;

const WORDS: &str = "Recibo aquí las notificaciones oficiales (ejemplo).";

/// One machine: a relay with its store in the folder, and a PostgreSQL that is empty.
pub(crate) struct Machine {
    pub(crate) server: OwnServer,
    folder: tempfile::TempDir,
}

impl Machine {
    /// Where there is no PostgreSQL nothing is tried, and `./test` says so.
    pub(crate) fn new() -> Option<Self> {
        let machine = Self { server: OwnServer::new().unwrap()?, folder: tempfile::tempdir().unwrap() };
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let before = format!("data = \"data\"\nlisten = \"127.0.0.1:{port}\"\nrun_key = \"run.key\"\nthreads = 1\n");
        let lacre_store_postgres::PgOptions { hosts, port, database, user, .. } = machine.server.options();
        let after = format!(
            "{before}\n[store.postgres]\nhosts = {hosts:?}\nport = {port}\ndatabase = \"{database}\"\nuser = \"{user}\"\n\
             loses_on_failover = true\nshared_blobs = \"blobs\"\nreaders = 4\n"
        );
        fs::write(machine.path().join("before.toml"), before).unwrap();
        fs::write(machine.path().join("relay.toml"), after).unwrap();
        fs::create_dir(machine.path().join("blobs")).unwrap();
        Some(machine)
    }
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
    pub(crate) fn data(&self) -> PathBuf {
        self.path().join("data")
    }
    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(relay_binary().unwrap());
        let log = File::options().create(true).append(true).open(self.path().join("relay.log")).unwrap();
        command.args(args).current_dir(self.path()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        command
    }
    fn log(&self) -> String {
        fs::read_to_string(self.path().join("relay.log")).unwrap_or_default()
    }
    pub(crate) fn serve(&self, config: &str) -> (RelayProcess, Authority) {
        let mut relay = RelayProcess::spawn(self.command(&["serve", "--config", config])).unwrap();
        let at = relay.ready().unwrap_or_else(|e| panic!("{e}: {}", self.log()));
        (relay, at)
    }
    pub(crate) fn run(&self, args: &[&str]) -> Said {
        operate(self.path(), args).unwrap()
    }
    /// What RUNNING.md says for this.
    fn follow_the_page(&self) -> Said {
        let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/RUNNING.md")).unwrap();
        let steps = page.split("```sh move\n").nth(1).unwrap().split("```").next().unwrap().to_owned();
        let programs = relay_binary().unwrap().parent().unwrap().display().to_string();
        let path = format!("{programs}:{}", std::env::var("PATH").unwrap());
        let mut shell = Command::new("bash");
        let done = shell.args(["-euc", &steps]).current_dir(self.path()).env("PATH", path).env("LC_ALL", "en_US.UTF-8");
        let done = done.output().unwrap();
        let [out, err] = [&done.stdout, &done.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
        assert!(done.status.success(), "{out}{err}");
        Said { code: done.status.code(), out, err }
    }
    /// A start that must not happen says this, and `check` does.
    fn is_not_served(&self, config: &str, says: &str) {
        for command in ["serve", "check"] {
            let said = self.run(&[command, "--config", config]);
            assert!(said.code != Some(0) && format!("{}{}", said.out, said.err).contains(says), "{command} {config}: {said:?}");
        }
    }
    /// The store's file and its log.
    pub(crate) fn store(&self) -> [Vec<u8>; 2] {
        let path = self.data().join(STORE_FILE);
        [path.clone(), path.with_extension("sqlite-wal")].map(|path| fs::read(path).unwrap_or_default())
    }
    fn invitation(&self, args: &[&str], typed: &str) -> Invitation {
        let args = [&["registrar", "issue-code", "--config", "before.toml", "--json"][..], args].concat();
        let said = operate_typing(self.path(), &args, typed).unwrap();
        let json: serde_json::Value = serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {said:?}"));
        Invitation::parse(json["invitation"].as_str().unwrap()).unwrap()
    }
    fn person(&self, name: &str, run: Run) -> Person {
        let mut person = Person::new(&self.path().join(name));
        let invitation = self.invitation(&[], &run.canonical());
        person.client.enroll(&mut person.net, &invitation, &Handle::parse(name).unwrap()).expect("enrolment");
        person
    }
    fn body(&self, at: &Authority) -> RealBody {
        let about = ["--agency", "AO001", "--name", "Municipalidad de Ejemplo (example)"];
        let place = ["--zone", "America/Santiago", "--comuna", "13101"];
        RealBody::at(at.clone(), &self.invitation(&[&about[..], &place[..]].concat(), ""))
    }
    fn generation(&self, config: &str) -> String {
        let said = self.run(&["status", "--config", config, "--json"]);
        let json: serde_json::Value = serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {said:?}"));
        json["generation"].as_str().unwrap().to_owned()
    }
}

fn run(number: u32) -> Run {
    "0123456789K".chars().find_map(|d| Run::parse(&format!("{number}-{d}")).ok()).unwrap()
}

/// Everything that somebody was told, so that it can be asked again.
struct Told {
    ana: Person,
    beto: Person,
    body: RealBody,
    written: Written,
    token: lacre_ground::ids::Token,
    record: String,
    appended: Vec<wire::AppendResponse>,
}

/// What a stranger's client asks of a log, and what it is told: with receipts, twenty times the same as before.
fn appends(at: &Authority, from: u8, to: u8) -> Vec<wire::AppendResponse> {
    Runtime::new().unwrap().block_on(async {
        let mut client = connect(at).await;
        let log = open_log(&mut client, 7, &marks::stamp(0)).await;
        let mut told = Vec::new();
        for n in from..to {
            let asked = wire::AppendRequest { receipt: true, ..append(&log, n, u64::from(n) - 1) };
            told.push(client.append(asked).await.unwrap().into_inner());
        }
        let read = client.fetch(fetch(&log)).await.unwrap().into_inner();
        assert_eq!(read.head, u64::from(to) - 1, "nothing is lost, and nothing there twice");
        told
    })
}

impl Told {
    fn before(machine: &Machine, at: &Authority) -> Self {
        let (of_ana, of_beto) = (run(40_300_001), run(40_300_002));
        let (mut ana, mut beto) = (machine.person("ana", of_ana), machine.person("beto", of_beto));
        befriend(&mut ana, &mut beto);
        let to_beto = ana.with("beto");
        ana.say(&to_beto, "one");
        ana.sync();
        ana.client.designate(WORDS).unwrap();
        ana.sync();
        let mut body = machine.body(at);
        let mut what = Writing::decision(SystemClock.now());
        what.files.push(("plano.pdf", "application/pdf", vec![5; 200_000]));
        let right = body.look_up(of_ana).expect("an address");
        let written = body.body.write(of_ana, &right, &body.keys, &what);
        let record = body.deliver(&written, &right.token).expect("delivered");
        Self { ana, beto, body, written, token: right.token, record, appended: appends(at, 1, 21) }
    }

    /// Afterwards: nobody asked anybody anything, and what was told is told again, byte by byte.
    fn after(mut self, at: &Authority) {
        let again = appends(at, 1, 26);
        assert_eq!(again[..20], self.appended[..], "seqs, times, receipts and generation as they were");
        assert!(again.windows(2).all(|two| two[0].accepted_at_ms <= two[1].accepted_at_ms));
        assert_eq!(self.body.deliver(&self.written, &self.token), Ok(self.record.clone()), "the record, byte by byte");
        let (to_beto, to_ana) = (self.ana.with("beto"), self.beto.with("ana"));
        self.ana.say(&to_beto, "two");
        self.ana.sync();
        self.beto.sync();
        self.beto.say(&to_ana, "three");
        self.beto.sync();
        self.ana.sync();
        assert_eq!(self.beto.texts(&to_ana), ["one", "two", "three"]);
        assert_eq!(self.ana.texts(&to_beto), ["one", "two", "three"]);
        let notice = self.ana.client.notices().unwrap().remove(0);
        assert!(notice.content.is_ok(), "{:?}", notice.content.err());
        let file = self.ana.client.notice_file(Some(&mut self.ana.net), notice.id, 2).unwrap().unwrap();
        assert_eq!(file.bytes[..], [5; 200_000][..], "and its blob");
    }
}

/// `move` runs until it waits at this table, and is killed there.
fn killed_at(machine: &Machine, table: &str) {
    let console = machine.server.console().unwrap();
    console.run(&format!("BEGIN; LOCK TABLE {table} IN SHARE MODE")).unwrap();
    let mut moving: Child = machine.command(&["move", "--config", "relay.toml"]).spawn().unwrap();
    while !console.is_waited_for().unwrap() {
        assert!(moving.try_wait().unwrap().is_none(), "{table} was not waited for: {}", machine.log());
    }
    moving.kill().unwrap();
    moving.wait().unwrap();
    console.run("ROLLBACK").unwrap();
}

#[test]
fn a_store_whose_move_is_killed_at_every_step_arrives_whole_and_nobody_who_was_told_something_notices() {
    let Some(machine) = Machine::new() else { return };
    seed_stamps(&machine.data(), 2).unwrap();
    let (relay, at) = machine.serve("before.toml");
    let told = Told::before(&machine, &at);
    let generation = machine.generation("before.toml");
    // the log is not in the file yet
    relay.kill().unwrap();
    let store = machine.store();
    assert!(!store[1].is_empty());

    // the folder's store is served until the database says that it is being moved into
    killed_at(&machine, "identity");
    assert!(!machine.data().join(MOVED_FILE).exists());
    for table in ["channel", "entry", "kept_id", "account", "key_package", "kept_grant", "meta", "moved"] {
        killed_at(&machine, table);
        machine.is_not_served("relay.toml", "lacre-relay move");
        machine.is_not_served("before.toml", "lacre-relay move");
    }
    let said = machine.follow_the_page();
    assert!(said.out.contains(&format!("\ngeneration {generation}\n")) && said.err.contains("a second"), "{said:?}");
    assert_eq!(machine.store(), store, "the folder's store is as it was");
    // cut off before the folder was told
    fs::write(machine.data().join(MOVED_FILE), "moving\n").unwrap();
    machine.is_not_served("relay.toml", "lacre-relay move");
    let again = machine.run(&["move", "--config", "relay.toml"]);
    assert!(again.code == Some(0) && again.err.contains("already"), "{again:?}");

    // into another database it does not go a second time
    let console = machine.server.console().unwrap();
    console.run("BEGIN; CREATE TABLE kept AS SELECT * FROM moved; DELETE FROM moved; COMMIT").unwrap();
    let elsewhere = machine.run(&["move", "--config", "relay.toml"]);
    assert!(elsewhere.code == Some(3) && elsewhere.err.contains("moved before"), "{elsewhere:?}");
    console.run("BEGIN; INSERT INTO moved SELECT * FROM kept; DROP TABLE kept; COMMIT").unwrap();

    let (relay, there) = machine.serve("relay.toml");
    assert_eq!((there.to_string(), machine.generation("relay.toml")), (at.to_string(), generation.clone()));
    told.after(&there);
    // before it wrote down what the database is: as if relays of other folders had served it
    relay.kill().unwrap();

    // as a second truth it does not come back
    machine.is_not_served("before.toml", "[store.postgres]");
    assert_eq!(machine.run(&["backup", "there", "--config", "before.toml"]).code, Some(2));
    // who takes the marks away all the same has a store that went back, and clients are told
    for mark in [MOVED_FILE, "postgres"] {
        fs::remove_file(machine.data().join(mark)).unwrap();
    }
    let back = machine.serve("before.toml");
    assert_ne!(machine.generation("before.toml"), generation);
    drop(back);
    let refused = machine.run(&["move", "--config", "relay.toml"]);
    assert!(refused.code == Some(3) && refused.err.contains("rows in moved"), "{refused:?}");
}

/// The move that must not happen: it says this, the folder is as it was, and its relay serves as before.
fn stays(machine: &Machine, says: &[&str]) {
    let store = machine.store();
    let said = machine.run(&["move", "--config", "relay.toml"]);
    assert_eq!((said.code, said.out.as_str()), (Some(3), ""), "{said:?}");
    for part in says {
        assert!(said.err.contains(part), "{part:?} is not in: {}", said.err);
    }
    assert!(!machine.data().join(MOVED_FILE).exists() && machine.store() == store);
}

#[test]
fn nothing_is_moved_over_something_else_nor_from_a_store_that_went_back_or_is_in_use() {
    let Some(machine) = Machine::new() else { return };
    seed_stamps(&machine.data(), 2).unwrap();
    let (relay, at) = machine.serve("before.toml");
    let told = appends(&at, 1, 21);
    stays(&machine, &["Another lacre-relay"]);
    relay.stop().unwrap();

    // what a start would find, a move finds
    let newest = machine.data().join("newest");
    let good = fs::read_to_string(&newest).unwrap();
    let mut words: Vec<String> = good.split_whitespace().map(str::to_owned).collect();
    words[2] = "9000".into();
    fs::write(&newest, words.join(" ")).unwrap();
    stays(&machine, &["is not what it was", "Start its relay once"]);
    fs::write(&newest, good).unwrap();
    File::create(machine.data().join("restored")).unwrap();
    stays(&machine, &["put back from a backup"]);
    fs::remove_file(machine.data().join("restored")).unwrap();

    // somebody's stamp, and a relay's identity
    let console = machine.server.console().unwrap();
    console.run("INSERT INTO stamp (hash, ends_ms) VALUES (sha256('x'), 1)").unwrap();
    stays(&machine, &["rows in stamp"]);
    console.run("DELETE FROM stamp; INSERT INTO identity (id, public_key) VALUES (1, sha256('x'))").unwrap();
    stays(&machine, &["rows in identity"]);
    console.run("DELETE FROM identity").unwrap();

    // a store half of which was moved stays where it is when its operator goes back to it
    killed_at(&machine, "entry");
    fs::remove_file(machine.data().join(MOVED_FILE)).unwrap();
    let (relay, at) = machine.serve("before.toml");
    assert_eq!(appends(&at, 1, 41)[..20], told[..], "the same store, the same generation");
    relay.stop().unwrap();
    let said = machine.run(&["move", "--config", "relay.toml"]);
    assert!(said.code == Some(3) && said.err.contains("not what is in the folder (channel)"), "{said:?}");
    machine.is_not_served("relay.toml", "lacre-relay move");
}

/// Pages of the store's file that hold entries of this log are spoiled, and the move says whose they are.
#[test]
fn a_damaged_store_is_not_moved_and_the_channel_is_named() {
    let Some(machine) = Machine::new() else { return };
    seed_stamps(&machine.data(), 2).unwrap();
    let (relay, at) = machine.serve("before.toml");
    appends(&at, 1, 21);
    relay.stop().unwrap();
    let path = machine.data().join(STORE_FILE);
    let mut file = fs::read(&path).unwrap();
    let spoiled = file.chunks_mut(8_192).find(|page| page.windows(1_024).any(|w| w.iter().all(|b| *b == 9))).unwrap();
    spoiled.fill(0x55);
    fs::write(&path, &file).unwrap();

    let said = machine.run(&["move", "--config", "relay.toml"]);

    assert_eq!(said.code, Some(3), "{said:?}");
    let log = lacre_ground::ids::ChannelId::of_log(
        &lacre_ground::ids::Token::new([7; 32]).hash(),
        &lacre_ground::ids::Token::new([107; 32]).hash(),
    );
    assert!(said.err.contains(&format!("channel {log}")) && said.err.contains("Restore the last backup"), "{said:?}");
    assert_eq!(fs::read(&path).unwrap(), file);
    machine.is_not_served("relay.toml", "lacre-relay move");
}
