//! The agent over folders of its own, with a clock in hand.

use super::*;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

struct Hand(AtomicU64);
impl Clock for Hand {
    fn now(&self) -> Millis {
        Millis::new(self.0.load(Ordering::SeqCst))
    }
}
fn stopped() -> Arc<Hand> {
    Arc::new(Hand(AtomicU64::new(1_000_000)))
}

const HOUR: Duration = Duration::from_secs(3600);
const KEY: [u8; 32] = [7; 32];

/// A profile's directory, and one for sockets.
struct World {
    profile: tempfile::TempDir,
    runtime: tempfile::TempDir,
}
impl World {
    fn new() -> Self {
        let world = Self { profile: tempfile::tempdir().unwrap(), runtime: tempfile::tempdir().unwrap() };
        for dir in [&world.profile, &world.runtime] {
            fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o700)).unwrap();
        }
        world
    }
    fn places(&self) -> Vec<PathBuf> {
        places_with(self.profile.path(), Some(self.runtime.path().to_owned()))
    }
    fn bind(&self, lasting: Duration, clock: Arc<dyn Clock>) -> io::Result<Agent> {
        let mark = mark(self.profile.path());
        Agent::bind_at(&self.places(), self.profile.path(), ProfileKey::new(KEY), mark, lasting, clock)
    }
    fn ask(&self) -> Option<[u8; 32]> {
        self.places().iter().find_map(|s| ask_at(s).ok().flatten()).map(|key| *key.expose())
    }
    fn lock(&self) -> bool {
        self.places().iter().any(|s| lock_at(s).unwrap_or(false))
    }
    fn sockets(&self) -> usize {
        self.places().iter().filter(|s| s.exists()).count()
    }
}

#[test]
fn the_agent_hands_out_the_key_until_it_is_told_to_lock() {
    let world = World::new();
    assert_eq!((world.ask(), world.lock()), (None, false));
    let agent = world.bind(HOUR, stopped()).unwrap();
    let running = thread::spawn(move || agent.run());

    assert_eq!((world.ask(), world.ask()), (Some(KEY), Some(KEY)));
    assert!(world.lock());
    assert_eq!((world.ask(), world.lock(), world.sockets()), (None, false, 0));
    running.join().unwrap().unwrap();
}

#[test]
fn another_agent_can_start_as_soon_as_lock_has_answered_and_not_before() {
    let world = World::new();
    let first = world.bind(HOUR, stopped()).unwrap();
    assert_eq!(world.bind(HOUR, stopped()).err().unwrap().kind(), io::ErrorKind::AddrInUse);
    let first = thread::spawn(move || first.run());
    for round in 0..20 {
        assert!(world.lock(), "round {round}");
        let next = world.bind(HOUR, stopped()).unwrap_or_else(|e| panic!("round {round}: {e}"));
        thread::spawn(move || next.run());
        assert_eq!(world.ask(), Some(KEY), "round {round}");
    }
    first.join().unwrap().unwrap();
    assert!(world.lock());
}

#[test]
fn after_its_time_the_key_is_gone_and_the_agent_ends_by_itself() {
    let world = World::new();
    let agent = world.bind(Duration::from_millis(50), stopped()).unwrap();
    // the clock stands still: waiting alone ends it
    agent.run().unwrap();
    assert_eq!((world.ask(), world.sockets()), (None, 0));
}

/// Whoever locks without the variable that says where the socket is finds no socket. Seen red without the mark in `over`.
#[test]
fn an_agent_whose_socket_is_not_found_ends_when_the_profile_is_locked() {
    let world = World::new();
    let agent = world.bind(HOUR, stopped()).unwrap();
    let running = thread::spawn(move || agent.run());
    assert_eq!((world.ask(), lives(world.profile.path())), (Some(KEY), true));
    call_off(world.profile.path(), &mut random::SystemRng).unwrap();
    assert_eq!(world.ask(), None);
    running.join().unwrap().unwrap();
    assert_eq!((world.sockets(), lives(world.profile.path())), (0, false));

    // nobody asks it anything: it looks by itself
    let agent = world.bind(HOUR, stopped()).unwrap();
    let running = thread::spawn(move || agent.run());
    call_off(world.profile.path(), &mut random::SystemRng).unwrap();
    running.join().unwrap().unwrap();
    assert_eq!(world.sockets(), 0);
}

/// Between the passphrase and the agent somebody locked.
#[test]
fn a_key_that_was_given_before_the_profile_was_locked_is_kept_by_nobody() {
    let world = World::new();
    let before = mark(world.profile.path());
    call_off(world.profile.path(), &mut random::SystemRng).unwrap();
    let agent = Agent::bind_at(&world.places(), world.profile.path(), ProfileKey::new(KEY), before, HOUR, stopped()).unwrap();
    agent.run().unwrap();
    assert_eq!((world.ask(), world.sockets()), (None, 0));
}

#[test]
fn whoever_waits_for_an_agent_that_does_not_end_is_told_so() {
    let world = World::new();
    assert!(wait_for_end(world.profile.path(), |_| panic!("nobody lives")));
    let agent = world.bind(HOUR, stopped()).unwrap();
    let waited = std::cell::Cell::new(Duration::ZERO);
    assert!(!wait_for_end(world.profile.path(), |wait| waited.set(waited.get() + wait)));
    assert_eq!(waited.get(), END);
    drop(agent);
    assert!(wait_for_end(world.profile.path(), |_| panic!("nobody lives")));
}

#[test]
fn a_machine_that_slept_past_the_time_gets_no_key() {
    let world = World::new();
    let clock = stopped();
    let agent = world.bind(HOUR, clock.clone()).unwrap();
    let running = thread::spawn(move || agent.run());
    assert_eq!(world.ask(), Some(KEY));
    clock.0.fetch_add(3_600_000, Ordering::SeqCst);
    assert_eq!(world.ask(), None);
    running.join().unwrap().unwrap();
    assert_eq!(world.sockets(), 0);
}

#[test]
fn the_socket_is_for_its_user_alone_or_not_made() {
    let world = World::new();
    let agent = world.bind(HOUR, stopped()).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&agent.socket), 0o600);
    assert_eq!(mode(&world.profile.path().join(LOCK_FILE)), 0o600);
    assert!(agent.socket.starts_with(world.runtime.path()));
    drop(agent);

    // a runtime directory that others may enter is passed over
    fs::set_permissions(world.runtime.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let agent = world.bind(HOUR, stopped()).unwrap();
    assert!(agent.socket.starts_with(fs::canonicalize(world.profile.path()).unwrap()));
    drop(agent);

    fs::set_permissions(world.profile.path(), fs::Permissions::from_mode(0o710)).unwrap();
    assert_eq!(world.bind(HOUR, stopped()).err().unwrap().kind(), io::ErrorKind::PermissionDenied);
}

#[test]
fn a_socket_left_by_a_killed_agent_is_in_nobodys_way() {
    let world = World::new();
    drop(world.bind(HOUR, stopped()).unwrap());
    assert_eq!(world.sockets(), 1);
    assert_eq!((world.ask(), world.lock()), (None, false));
    let agent = world.bind(HOUR, stopped()).unwrap();
    let running = thread::spawn(move || agent.run());
    assert_eq!(world.ask(), Some(KEY));
    assert!(world.lock());
    running.join().unwrap().unwrap();
}

#[test]
fn nonsense_and_hang_ups_neither_get_the_key_nor_end_the_agent() {
    let world = World::new();
    let agent = world.bind(HOUR, stopped()).unwrap();
    let socket = agent.socket.clone();
    let running = thread::spawn(move || agent.run());
    drop(UnixStream::connect(&socket).unwrap());
    let mut stream = UnixStream::connect(&socket).unwrap();
    stream.write_all(b"x").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert_eq!(answer, [NO]);
    assert_eq!(world.ask(), Some(KEY));
    assert!(world.lock());
    running.join().unwrap().unwrap();
}

#[test]
fn two_profiles_have_two_sockets_and_a_long_path_has_a_short_one() {
    let (one, two) = (World::new(), World::new());
    let runtime = Some(one.runtime.path().to_owned());
    let first = places_with(one.profile.path(), runtime.clone());
    assert_ne!(first, places_with(two.profile.path(), runtime.clone()));
    assert_eq!(first.len(), 2);
    let deep = one.profile.path().join("x".repeat(120));
    assert_eq!(places_with(&deep, runtime).len(), 1);
    assert_eq!(places_with(&deep, None).len(), 0);
    assert_eq!(places_with(one.profile.path(), Some(PathBuf::from("relative"))).len(), 1);
}
