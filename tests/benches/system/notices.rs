//! (n) Official notices at the person's: CPU of one that comes, through the whole client, and the size of its evidence.
//!
//! "One that comes" is what a synchronisation does with it: the header opened and sealed again, certificate, lookup, designation
//! and N verified, the files opened, everything stored, and the answer that the device has it made and sent. A registrar on
//! paper stands where the network would: what is measured is the calling thread's CPU time, without what a synchronisation
//! costs that finds nothing. The floor is what no device can leave out: one X-Wing opening, one sealing, and five Ed25519
//! verifications of the same bytes.

use crate::report::{Target, figure, ratio, thread_cpu};
use ed25519_dalek::Signer as _;
use lacre_evidence::{Trust, verify};
use lacre_ground::account::AccountState;
use lacre_ground::label::Label;
use lacre_ground::seal::{self, SealSecret};
use lacre_ground::time::{Clock as _, SystemClock};
use lacre_tests::notices_body::{Body, Writing};
use lacre_tests::paper::{Desk, Paper};
use lacre_tests::proof::{Cast, Setup};
use lacre_tests::real_body::RealBody;
use lacre_tests::world::{Person, World};
use std::cell::RefCell;

const NOTICES: usize = 16;
const GOAL_MS: f64 = 3.0;
const WORDS: &str = "Recibo aquí las notificaciones oficiales (ejemplo).";

/// A person whose account is her address, and who writes to her.
struct Scene {
    _world: World,
    ana: Person,
    run: lacre_ground::run::Run,
    desk: Desk,
    body: Body,
}

impl Scene {
    fn new() -> Self {
        let world = World::new();
        let run = world.run();
        let mut desk = Desk::at(&world);
        let mut ana = world.person_with("ana", &run);
        ana.client.designate(WORDS).unwrap();
        let body = desk.body();
        let mut scene = Self { _world: world, ana, run, desk, body };
        scene.sync();
        scene
    }

    /// Milliseconds of CPU.
    fn sync(&mut self) -> f64 {
        let mut net = Paper { inner: &mut self.ana.net, desk: &mut self.desk };
        let start = thread_cpu();
        self.ana.client.sync(&mut net).unwrap();
        (thread_cpu() - start).as_secs_f64() * 1_000.0
    }

    /// Milliseconds of CPU for one notice, as it comes with some others.
    fn round(&mut self) -> f64 {
        let before = self.ana.client.notices().unwrap().len();
        let idle = self.sync();
        for _ in 0..NOTICES {
            // the last-resort right, so that no grant has to be renewed meanwhile
            let once = core::mem::take(&mut self.desk.once);
            let right = self.desk.look_up(&self.body, &mut self.ana, self.run, |_| ());
            self.desk.once = once;
            let written = self.body.write(self.run, &right, &self.desk.keys(), &Writing::decision(SystemClock.now()));
            assert!(self.desk.deliver(&written, &right.token));
        }
        let took = self.sync();
        let came = self.ana.client.notices().unwrap();
        assert_eq!((came.len(), came.iter().filter(|n| n.content.is_ok()).count()), (before + NOTICES, before + NOTICES));
        (took - idle) / NOTICES as f64
    }
}

/// Milliseconds of CPU for what cannot be left out.
fn floor(header: usize, notes: &[Vec<u8>]) -> f64 {
    let secret = SealSecret::new([7; 32]);
    let (public, key) = (secret.public().unwrap(), ed25519_dalek::SigningKey::from_bytes(&[7; 32]));
    let plain = vec![5; header];
    let sealed = seal::seal_again(&public, Label::NoticeSeal, &[1; 32], &plain, &[2; 32]).unwrap();
    let signed: Vec<_> = notes.iter().map(|text| (text, key.sign(text))).collect();
    let start = thread_cpu();
    for _ in 0..NOTICES {
        assert_eq!(seal::open(&secret, Label::NoticeSeal, &[1; 32], &sealed).unwrap().len(), header);
        assert_eq!(seal::seal_again(&public, Label::NoticeSeal, &[1; 32], &plain, &[2; 32]).unwrap(), sealed);
        for (text, signature) in &signed {
            key.verifying_key().verify_strict(text, signature).unwrap();
        }
    }
    (thread_cpu() - start).as_secs_f64() * 1_000.0 / NOTICES as f64
}

pub fn run() {
    let mut scene = Scene::new();
    scene.round();
    // four notes and a grant of the lengths that they have
    let right = scene.desk.look_up(&scene.body, &mut scene.ana, scene.run, |_| ());
    let written = scene.body.write(scene.run, &right, &scene.desk.keys(), &Writing::decision(SystemClock.now()));
    let so_far = &written.sent.so_far;
    let whole = [&so_far.certificate, &so_far.lookup, &so_far.designation, &so_far.notice, &so_far.grant];
    let notes: Vec<Vec<u8>> = whole.iter().map(|note| note.as_deref().unwrap().as_bytes().to_vec()).collect();
    let header = written.sent.envelope.header.len() - 2 - 1_120 - 16;
    let (scene, took) = (RefCell::new(scene), RefCell::new(Vec::new()));
    ratio(
        "CPU of a notice that comes / X-Wing opening and sealing, and five Ed25519 verifications",
        "ms",
        Target::Printed,
        || {
            let one = scene.borrow_mut().round();
            took.borrow_mut().push(one);
            one
        },
        || floor(header, &notes),
    );
    figure("CPU of a notice that comes", "ms", Target::AtMost(GOAL_MS), took.into_inner());
    sizes();
}

/// What a body keeps and a judge gets: with the record of a real relay, and one state of one device.
fn sizes() {
    let world = World::new();
    let run = world.run();
    let mut ana = world.person_with("ana", &run);
    let mut office = RealBody::enrolled(&world, "AO001");
    ana.client.designate(WORDS).unwrap();
    ana.sync();
    let right = office.look_up(run).unwrap();
    let written = office.body.write(run, &right, &office.keys, &Writing::decision(SystemClock.now()));
    let record = office.deliver(&written, &right.token).unwrap();
    let bundle = written.sent.bundle(&record, &[]).without_files().to_bytes();
    let trust = Trust { keys: office.keys.clone(), ledger_required: false };
    assert_eq!(verify(&bundle, Some(&trust)).word(), "VALID");
    figure("a bundle of one state of one device, without files", "bytes", Target::AtMost(12_288.0), vec![bundle.len() as f64]);
    let of = |states: usize| {
        let mut setup = Setup::example(Cast::HONEST);
        for number in 1..states {
            let last = &setup.states[number - 1];
            let next = AccountState { number: number as u64, previous: Some(last.hash()), ..last.clone() };
            setup.states.push(next);
        }
        setup.play().bundle.to_bytes().len() as f64
    };
    figure("each further state of one device", "bytes", Target::AtMost(2_100.0), vec![of(2) - of(1)]);
}
