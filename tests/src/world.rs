//! A relay in this process and people with real profiles, over real TLS: the world of the client's tests.
//!
//! A person's program can be "killed" and started again at any point: [`Person::restart`] drops everything in memory and
//! opens the profile anew. Where tests put crashes and storage errors is an [`Observer`].
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test's world stops when it cannot be built")]

use crate::counter::at_the_socket;
use crate::far::Far;
pub use crate::trap::{Between, TestClock, Trap};
use lacre_core::crypt::entry::seal_entry;
use lacre_core::network::{Lane, Network as _};
use lacre_core::view::{Body, ContactState, ConversationId, Message, Standing};
use lacre_core::{Client, Environment, Trouble};
use lacre_ground::address::{Authority, Invitation};
use lacre_ground::ids::{AccountId, EntryId, Handle};
use lacre_ground::random::SystemRng;
use lacre_ground::run::Run;
use lacre_ground::time::{Clock, Millis, SystemClock};
use lacre_profile::{Observer, Options as ProfileOptions, Profile, Secret};
use lacre_proto::relay::v1::{self as wire, IssueCodeRequest};
use lacre_relay::serve::{Options as RelayOptions, Relay, RunningRelay};
use lacre_store::rules::Rules;
use lacre_transport::{GrpcNetwork, Options as NetOptions, Timeouts};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempDir;

/// Key file of all profiles here: passphrases cost half a second each.
const KEY: [u8; 32] = [7; 32];

/// In a folder that was kept: where its relay listened, and when that was.
const KEPT_AT: &str = "kept-at";

/// A relay and a place for profiles.
pub struct World {
    relay: Option<RunningRelay>,
    folder: TempDir,
    authority: Authority,
    rules: Rules,
    runs: AtomicU64,
    clock: Arc<TestClock>,
}

impl World {
    /// A relay with generous quotas on a free port.
    #[must_use]
    pub fn new() -> Self {
        let rules = Rules {
            stamps_per_day: u32::MAX,
            claims_per_hour: u32::MAX,
            lookups_per_hour: u32::MAX,
            inbox_appends_per_token: u32::MAX,
            seal_pause_ms: 0,
            ..Rules::default()
        };
        Self::with(rules)
    }

    /// A relay with these rules.
    #[must_use]
    pub fn with(rules: Rules) -> Self {
        Self::in_folder(tempfile::tempdir().unwrap(), SocketAddr::from(([127, 0, 0, 1], 0)), rules, TestClock::of_the_machine())
    }

    /// A relay at the end of a line that takes so long each way.
    #[must_use]
    pub fn far(one_way: std::time::Duration) -> Self {
        let line = Far::away(one_way);
        let (folder, clock) = (tempfile::tempdir().unwrap(), TestClock::of_the_machine());
        let rules = Rules { stamps_per_day: u32::MAX, seal_pause_ms: 0, ..Rules::default() };
        let near = SocketAddr::from(([127, 0, 0, 1], 0));
        let relay = start(folder.path(), near, Some(line.listens()), rules.clone(), clock.clone());
        line.leads_to(SocketAddr::from(([127, 0, 0, 1], relay.port())));
        let authority = relay.authority().clone();
        Self { relay: Some(relay), folder, authority, rules, runs: AtomicU64::new(40_100_000), clock }
    }

    /// A relay that can be kept ([`World::keep`]) and will listen here again: its address is in everybody's profile.
    #[must_use]
    pub fn to_keep(listen: SocketAddr) -> Self {
        Self::in_folder(tempfile::tempdir().unwrap(), listen, Rules::default(), TestClock::of_the_machine())
    }

    /// Stops the relay and copies its folder and all profiles, which nobody may have open.
    pub fn keep(mut self, to: &Path) {
        self.relay.take();
        copy_folder(self.folder.path(), to);
        let listen = format!("{}:{}", self.authority.host(), self.authority.port());
        std::fs::write(to.join(KEPT_AT), format!("{listen}\n{}\n", self.clock.now())).unwrap();
    }

    /// A copy of what was kept, so long after it was: the relay runs.
    #[must_use]
    pub fn kept(from: &Path, later_ms: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy_folder(from, folder.path());
        close_to_others(folder.path());
        let kept = std::fs::read_to_string(from.join(KEPT_AT)).expect("where it listened, and when it was kept");
        let (listen, at) = kept.trim().split_once('\n').unwrap();
        let clock = TestClock::at(Millis::parse(at).unwrap().plus(later_ms));
        // its operator says that the clock is right: it was off for longer than is believed at once
        lacre_relay::clock_guard::believe(&folder.path().join("data"), clock.now()).unwrap();
        let world = Self::in_folder(folder, listen.parse().unwrap(), Rules::default(), clock);
        // other people than those who were kept
        world.runs.store(40_200_000, Ordering::SeqCst);
        world
    }

    /// Somebody whose profile was kept.
    #[must_use]
    pub fn kept_person(&self, handle: &str) -> Person {
        Person::at_time(&self.folder.path().join(format!("profile-{handle}")), self.clock.clone())
    }

    fn in_folder(folder: TempDir, listen: SocketAddr, rules: Rules, clock: Arc<TestClock>) -> Self {
        let relay = start(folder.path(), listen, None, rules.clone(), clock.clone());
        let authority = relay.authority().clone();
        Self { relay: Some(relay), folder, authority, rules, runs: AtomicU64::new(40_100_000), clock }
    }

    /// The relay's data folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Puts the relay's clock forward. People have clocks of their own.
    pub fn forward(&self, ms: u64) {
        self.clock.forward(ms);
    }

    /// The relay's address.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Stops the relay; people are offline.
    pub fn stop_relay(&mut self) {
        self.relay.take();
    }

    /// Starts it again on the same port.
    pub fn start_relay(&mut self) {
        self.relay.take();
        let at = SocketAddr::from(([127, 0, 0, 1], self.authority.port()));
        self.relay = Some(start(self.folder.path(), at, None, self.rules.clone(), self.clock.clone()));
    }

    /// A copy of what the relay has now; it runs on.
    pub fn back_up(&mut self) -> PathBuf {
        self.stop_relay();
        let backup = self.data().with_extension("backup");
        if backup.exists() {
            std::fs::remove_dir_all(&backup).unwrap();
        }
        copy_folder(&self.data(), &backup);
        self.start_relay();
        backup
    }

    /// The relay comes back as it was then, under a new generation.
    pub fn restore(&mut self, backup: &Path) {
        self.stop_relay();
        std::fs::remove_dir_all(self.data()).unwrap();
        copy_folder(backup, &self.data());
        self.new_generation();
        self.start_relay();
    }

    /// As `lacre-relay new-generation` after a backup was put back; the relay must be stopped.
    pub fn new_generation(&mut self) {
        let folder = lacre_relay::folder::DataFolder::lock(&self.data()).unwrap();
        folder.new_generation(&self.data().join(lacre_relay::folder::IDENTITY_FILE), &mut SystemRng).unwrap();
        std::fs::remove_file(self.data().join(lacre_relay::newest::NEWEST_FILE)).unwrap();
    }

    /// The next example RUN, between 40 and 45 million.
    pub fn run(&self) -> Run {
        crate::own_keys::example(self.runs.fetch_add(1, Ordering::SeqCst))
    }

    /// An invitation from the counter.
    #[must_use]
    pub fn invite(&self, run: &Run) -> Invitation {
        self.issue(run, false)
    }

    /// A recovery code from the counter, for somebody who has an account.
    #[must_use]
    pub fn invite_again(&self, run: &Run) -> Invitation {
        self.issue(run, true)
    }

    fn issue(&self, run: &Run, recover: bool) -> Invitation {
        let request = IssueCodeRequest { run: run.canonical(), recover, ..Default::default() };
        let answer = at_the_socket(&self.data(), async |mut counter| counter.issue_code(request).await);
        Invitation::parse(&answer.invitation).unwrap()
    }

    /// What a public body may ask and deliver in a day.
    pub fn limit_body(&self, code: &str, per_day: u32) {
        let request = wire::LimitAgencyRequest { code: code.to_owned(), per_day };
        at_the_socket(&self.data(), async |mut counter| counter.limit_agency(request).await);
    }

    /// A code with which a public body enrols.
    #[must_use]
    pub fn invite_body(&self, code: &str) -> Invitation {
        let request = wire::IssueAgencyCodeRequest {
            code: code.to_owned(),
            name: "Municipalidad de Ejemplo (example)".to_owned(),
            zone: "America/Santiago".to_owned(),
            comuna: "13101".to_owned(),
        };
        let answer = at_the_socket(&self.data(), async |mut counter| counter.issue_agency_code(request).await);
        Invitation::parse(&answer.invitation).unwrap()
    }

    /// A new certificate for the same key of a public body.
    pub fn renew_body(&self, code: &str) {
        let request = wire::RenewAgencyRequest { code: code.to_owned() };
        at_the_socket(&self.data(), async |mut counter| counter.renew_agency(request).await);
    }

    /// Somebody who has enrolled under this handle.
    #[must_use]
    pub fn person(&self, handle: &str) -> Person {
        self.person_with(handle, &self.run())
    }

    /// Somebody with this RUN who has enrolled under this handle.
    #[must_use]
    pub fn person_with(&self, handle: &str, run: &Run) -> Person {
        let mut person = Person::new(&self.folder.path().join(format!("profile-{handle}")));
        let handle = Handle::parse(handle).unwrap();
        let invitation = self.invite(run);
        person.client.enroll(&mut person.net, &invitation, &handle).expect("enrolment");
        person
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

fn start(folder: &Path, listen: SocketAddr, public: Option<SocketAddr>, rules: Rules, clock: Arc<TestClock>) -> RunningRelay {
    let mut options = RelayOptions::new(&folder.join("data"));
    options.listen = listen;
    options.public = public.map(|at| (at.ip().to_string(), at.port()));
    options.run_key = Some(folder.join("run.key"));
    options.rules = rules;
    options.threads = Some(1);
    options.clock = clock;
    Relay::start(options).expect("the relay starts")
}

/// Somebody with a profile and a network of their own.
pub struct Person {
    /// the device
    pub client: Client,
    /// its connections
    pub net: GrpcNetwork,
    /// its traps
    pub trap: Arc<Trap>,
    /// its clock
    pub clock: Arc<TestClock>,
    dir: PathBuf,
}

impl Person {
    /// With an empty profile.
    #[must_use]
    pub fn new(dir: &Path) -> Self {
        let (trap, clock) = (Arc::new(Trap::default()), TestClock::of_the_machine());
        let options = ProfileOptions { durable: false, ..ProfileOptions::default() };
        let observer: Arc<dyn Observer> = trap.clone();
        let profile = Profile::create_with(dir, Secret::KeyFile(&KEY), &mut SystemRng, observer, options).expect("profile");
        let client = Client::around(profile, environment(&trap, &clock)).unwrap();
        Self { client, net: network(), trap, clock, dir: dir.to_owned() }
    }

    /// The folder of the profile.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// As if the program had been killed and started again.
    pub fn restart(&mut self) {
        self.client = reopen(&self.dir, &self.trap, &self.clock);
    }

    /// A program on the profile that lies in this folder.
    #[must_use]
    pub fn again(dir: &Path) -> Self {
        Self::at_time(dir, TestClock::of_the_machine())
    }

    fn at_time(dir: &Path, clock: Arc<TestClock>) -> Self {
        let trap = Arc::new(Trap::default());
        Self { client: reopen(dir, &trap, &clock), net: network_at(clock.clone()), trap, clock, dir: dir.to_owned() }
    }

    /// A second program on a copy of the profile's files, as a backup or a thief would make it.
    #[must_use]
    pub fn copy(&self, to: &Path) -> Person {
        std::fs::create_dir_all(to).unwrap();
        for file in std::fs::read_dir(&self.dir).unwrap() {
            let file = file.unwrap();
            if file.file_type().unwrap().is_file() {
                std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
            }
        }
        Self::again(to)
    }

    /// One full round; panics on anything but success.
    pub fn sync(&mut self) {
        self.client.sync(&mut self.net).expect("sync");
    }

    /// The account.
    pub fn account(&mut self) -> AccountId {
        self.client.whoami().unwrap().unwrap().account
    }

    /// Sends a text; it goes out with the next sync.
    pub fn say(&mut self, to: &ConversationId, text: &str) {
        self.client.send_text(to, text).expect("send");
    }

    /// Texts of the history, in order.
    pub fn texts(&mut self, conversation: &ConversationId) -> Vec<String> {
        self.history(conversation)
            .into_iter()
            .filter_map(|m| match m.body {
                Body::Text(text) => Some(text),
                _ => None,
            })
            .collect()
    }

    /// The whole history.
    pub fn history(&mut self, conversation: &ConversationId) -> Vec<Message> {
        self.client.history(conversation, 1, usize::MAX).expect("history")
    }

    /// The conversation of two with somebody.
    pub fn with(&mut self, handle: &str) -> ConversationId {
        let handle = Handle::parse(handle).unwrap();
        let contact = self.client.contacts().unwrap().into_iter().find(|c| c.handle == handle).expect("a contact");
        contact.conversation.expect("a conversation")
    }

    /// The group of this name.
    pub fn group(&mut self, name: &str) -> ConversationId {
        self.client.conversations().unwrap().into_iter().find(|c| c.name == name).expect("a group").id
    }

    /// Where a conversation stands.
    pub fn standing(&mut self, conversation: &ConversationId) -> Standing {
        self.client.conversation(conversation).unwrap().standing
    }
}

fn environment(trap: &Arc<Trap>, clock: &Arc<TestClock>) -> Environment {
    Environment { clock: clock.clone(), rng: Box::new(SystemRng), observer: trap.clone() }
}

fn reopen(dir: &Path, trap: &Arc<Trap>, clock: &Arc<TestClock>) -> Client {
    let options = ProfileOptions { durable: false, ..ProfileOptions::default() };
    let observer: Arc<dyn Observer> = trap.clone();
    let profile = Profile::open_with(dir, Secret::KeyFile(&KEY), observer, options).expect("profile");
    Client::around(profile, environment(trap, clock)).unwrap()
}

/// Connections of a person.
#[must_use]
pub fn network() -> GrpcNetwork {
    network_at(Arc::new(SystemClock))
}

pub(crate) fn network_at(clock: Arc<dyn Clock>) -> GrpcNetwork {
    GrpcNetwork::new(NetOptions { proxy: None, timeouts: Timeouts::default(), clock, rng: Box::new(SystemRng) }).expect("network")
}

/// Makes two people contacts, with a conversation of two.
pub fn befriend(a: &mut Person, b: &mut Person) {
    let who = b.client.whoami().unwrap().unwrap().handle;
    let me = a.account();
    a.client.contact_add(&mut a.net, &who, "hello").expect("contact request");
    a.sync();
    b.sync();
    let asking = b.client.contacts().unwrap().into_iter().find(|c| c.account == me).expect("the request came");
    assert_eq!(asking.state, ContactState::Asking);
    b.client.contact_accept(&me).expect("accept");
    settle(&mut [a, b]);
}

/// Appends a message of a member's own making as a seal, behind everything that is there, encrypted as it must be.
pub fn append_seal(by: &mut Person, group: &ConversationId, message: &[u8]) {
    append(by, group, message, true);
}

/// As [`append_seal`], as a seal or as an ordinary entry; its id is given.
pub fn append(by: &mut Person, group: &ConversationId, message: &[u8], seal: bool) -> EntryId {
    let id = EntryId::new(lacre_ground::random::bytes(&mut SystemRng));
    append_as(by, group, id, message, seal);
    id
}

/// As [`append`], with an id of the caller's choice.
pub fn append_as(by: &mut Person, group: &ConversationId, id: EntryId, message: &[u8], seal: bool) {
    let keys = by.client.channel_keys(group).unwrap();
    let at = by.client.whoami().unwrap().unwrap().relay;
    let (channel, read_token) = (keys.channel().as_bytes().to_vec(), keys.read_token.expose().to_vec());
    let request = wire::FetchRequest { channel: channel.clone(), read_token, from_seq: 1, max_entries: 1 };
    let read_to = by.net.fetch(&at, Lane::Conversations, request).unwrap().head;
    let request = wire::AppendRequest {
        channel,
        append_token: keys.append_token.expose().to_vec(),
        entry_id: id.as_bytes().to_vec(),
        read_to,
        ciphertext: seal_entry(&keys.entry_key, keys.channel(), id, seal, message, &mut SystemRng).into(),
        seal,
        receipt: false,
        stamp: Vec::new(),
    };
    by.net.append(&at, Lane::Conversations, request).unwrap();
}

/// Everybody synchronises until nothing moves any more.
pub fn settle(people: &mut [&mut Person]) {
    for _ in 0..200 {
        let mut moved = 0;
        for person in people.iter_mut() {
            let synced = match person.client.sync(&mut person.net) {
                Ok(synced) => synced,
                Err(Trouble::Refused(_)) => Default::default(),
                Err(other) => panic!("sync: {other}"),
            };
            moved += synced.received + synced.delivered;
        }
        if moved == 0 {
            return;
        }
    }
    panic!("the conversation does not come to rest");
}

/// As the programs make their folders and files: a repository does not keep that.
fn close_to_others(folder: &Path) {
    let close = |path: &Path, mode| {
        std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    };
    close(folder, 0o700);
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap().path();
        if file.is_dir() { close_to_others(&file) } else { close(&file, 0o600) }
    }
}

/// A folder with all that is in it, as a backup would have it.
pub fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        let kind = file.file_type().unwrap();
        if kind.is_dir() {
            copy_folder(&file.path(), &to.join(file.file_name()));
        } else if kind.is_file() {
            std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    }
}
