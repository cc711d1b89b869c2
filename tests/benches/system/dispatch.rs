//! (u) A batch of official notices, from a table that is drafted to entries that persons open: a body's whole program against a real
//! relay over TLS, store and profile as durable as they are (`synchronous=FULL`).
//!
//! There are 10,000 residents (`--residents=N`), each with an account, a designated address and a casilla. All of them share these two
//! cores with the body and the relay. What counts is what their keys open afterwards: each round is checked entry by entry. The body of
//! a notice has 4 KiB.

use crate::attack::exchanges;
use crate::report::{Target, argument, figure, now, process_cpu, ratio, say, short, thread_cpu};
use crate::wire;
use ed25519_dalek::Signer as _;
use lacre_agency::template::{Markup, TemplateName, TemplateText};
use lacre_agency::{Batch, Beside, NewBatch, NewRow, Stopped};
use lacre_evidence::Act;
use lacre_ground::label::Label;
use lacre_ground::seal::{self, SealSecret};
use lacre_ground::time::{Clock as _, SystemClock};
use lacre_proto::relay::v1::{AttachAdd, AttachRequest, attach_response::Event};
use lacre_tests::notices_body::{Writing, Written};
use lacre_tests::office::Office;
use lacre_tests::real_body::RealBody;
use lacre_tests::residents::{self, Resident};
use lacre_tests::world::{World, network};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio_stream::StreamExt as _;

const RESIDENTS: u64 = 10_000;
const TEMPLATE: &str = "becas";
const ROUNDS: usize = 3;
const BODY: usize = 4_096;
/// Grants of each: for the rounds here, and those beside private messages.
const GRANTS: usize = 8;
/// Rows of one delivery on the wire, in the parts that go without the body's program.
const AT_ONCE: usize = 64;
/// Casillas of one connection that follows.
const FOLLOWED: usize = 100;

/// Where it happens.
struct Scene {
    world: World,
    office: Office,
    residents: Vec<Resident>,
    /// what each got so far
    each: usize,
}

impl Scene {
    fn new(count: usize) -> Self {
        let mut world = World::new();
        world.stop_relay();
        wire::seed(&world.data(), 2);
        world.start_relay();
        let start = now();
        let residents = residents::enrolled(&world.data(), count, GRANTS);
        println!("{count} residents enrolled in {} s", short(start.elapsed().as_secs_f64()));
        let mut office = Office::enrolled_durably(&world, "AO001");
        let text = TemplateText {
            act: Act::PersonalCommunication,
            procedure: "becas".to_owned(),
            subject: "Beca (ejemplo)".to_owned(),
            description: "Se informa (ejemplo).".to_owned(),
            body: format!("# Resolución\n\n((nombre)): {}\n", "se informa el pago. ".repeat(BODY / 20)),
            markup: Markup::Markdown,
            file: "beca.md".to_owned(),
            answers: true,
        };
        office.body.add_template(&TemplateName::parse(TEMPLATE).unwrap(), text).unwrap();
        world.limit_body("AO001", 10_000_000);
        Self { world, office, residents, each: 0 }
    }

    fn draft(&mut self) -> Batch {
        let template = self.office.body.template(&TemplateName::parse(TEMPLATE).unwrap(), None).unwrap();
        let rows = self.residents.iter().enumerate().map(|(n, resident)| {
            Ok(NewRow {
                line: n as u64 + 2,
                run: resident.run,
                case: format!("E-{n}"),
                procedure: None,
                values: [("nombre".to_owned(), format!("Persona de Ejemplo {n}"))].into(),
                address: Vec::new(),
                files: Vec::new(),
                beside: Beside::Nothing,
            })
        });
        let files = Vec::new();
        let new = NewBatch { template, drafter: None, files, rule: None, not_before: None, not_after: None, trial: false };
        self.office.body.draft(&mut self.office.papers, new, rows).unwrap()
    }

    /// Notices a second, lookups and evidence included.
    fn dispatched(&mut self) -> f64 {
        let batch = self.draft();
        let start = now();
        dispatch(&mut self.office, &batch, || true);
        let rate = self.residents.len() as f64 / start.elapsed().as_secs_f64();
        self.each += 1;
        self.all_read();
        rate
    }

    /// Everybody's key opens what she got, each once.
    fn all_read(&self) {
        let mut net = network();
        for resident in &self.residents {
            let got = resident.notices(&mut net);
            let different: std::collections::HashSet<_> = got.iter().map(|(_, id)| *id).collect();
            assert_eq!((got.len(), different.len()), (self.each, self.each), "{}", resident.run.canonical());
        }
    }
}

/// Block by block, as long as somebody wants it; whether it is done.
fn dispatch(office: &mut Office, batch: &Batch, go_on: impl Fn() -> bool) -> bool {
    while go_on() {
        match office.body.send_block(&mut office.net, &mut office.papers, batch.id).unwrap().stopped {
            None => {}
            Some(Stopped::Done) => return true,
            Some(other) => panic!("{other:?}"),
        }
    }
    false
}

/// All casillas followed, so many on a connection; counts what comes.
async fn follow(scene: &Scene, came: &Arc<AtomicU64>) -> Vec<tokio::task::JoinHandle<()>> {
    let mut all = Vec::new();
    for some in scene.residents.chunks(FOLLOWED) {
        let mut client = wire::connect(scene.world.authority()).await;
        let add: Vec<AttachAdd> = some.iter().map(Resident::follow).collect();
        let request = AttachRequest { add, remove: Vec::new() };
        let requests = tokio_stream::once(request).chain(tokio_stream::pending());
        let mut events = client.attach(requests).await.unwrap().into_inner();
        let came = Arc::clone(came);
        all.push(tokio::spawn(async move {
            while let Ok(Some(event)) = events.message().await {
                if let Some(Event::Entries(page)) = event.event {
                    came.fetch_add(page.entries.len() as u64, Ordering::SeqCst);
                }
            }
        }));
    }
    all
}

/// What a notice costs in CPU: written, and delivered; against the bare primitives, and an entry of as many bytes appended.
fn steps(scene: &mut Scene) {
    let mut body = RealBody::enrolled(&scene.world, "AO002");
    scene.world.limit_body("AO002", 10_000_000);
    let some = scene.residents.len().min(1_000);
    let what = Writing { files: vec![("beca.md", "text/markdown", vec![b'a'; BODY])], ..Writing::decision(SystemClock.now()) };
    let start = now();
    let rights: Vec<_> = scene.residents[..some].iter().map(|r| body.look_up(r.run).unwrap()).collect();
    say(format!("lookups one by one: {} a second", short(some as f64 / start.elapsed().as_secs_f64())));
    let start = thread_cpu();
    let write = |(r, right): (&Resident, _)| body.body.write(r.run, right, &body.keys, &what);
    let written: Vec<Written> = scene.residents.iter().zip(&rights).map(write).collect();
    let wrote = (thread_cpu() - start).as_secs_f64() / some as f64;
    let floor = primitives(&written[0], some);
    say(format!(
        "CPU of writing a notice / one X-Wing seal, Ed25519 signature, AEAD: {:.2} ({} against {} ms); at most 3: {}",
        wrote / floor,
        short(wrote * 1e3),
        short(floor * 1e3),
        if wrote / floor <= 3.0 { "met" } else { "ABOVE THE TARGET" }
    ));
    let (start, before) = (now(), process_cpu());
    for (some, rights) in written.chunks(AT_ONCE).zip(rights.chunks(AT_ONCE)) {
        let rows = (0..)
            .zip(some.iter().zip(rights))
            .map(|(row, (written, right))| lacre_proto::relay::v1::DeliverRow { row, ..RealBody::row(written, &right.token) });
        body.deliver_rows(rows.collect());
    }
    let (took, cpu) = (start.elapsed().as_secs_f64(), process_cpu() - before);
    figure("notices a second, written before, delivered alone", "", Target::AtLeast(1_500.0), vec![some as f64 / took]);
    let appended = crate::batches::appended(scene.world.authority(), written[0].bytes().len(), some);
    say(format!(
        "CPU of a delivered notice, client and relay / of an entry of as many bytes appended in batches: {:.2} ({} against {} ms); at most 3: {}",
        cpu / appended,
        short(cpu * 1e3 / some as f64),
        short(appended * 1e3 / some as f64),
        if cpu / appended <= 3.0 { "met" } else { "ABOVE THE TARGET" }
    ));
}

/// Seconds of CPU for what cannot be left out of one notice.
fn primitives(like: &Written, count: usize) -> f64 {
    let public = SealSecret::new([7; 32]).public().unwrap();
    let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
    let (header, note) = (vec![5; like.envelope.header.len()], like.sent.so_far.notice.clone().unwrap());
    let start = thread_cpu();
    for _ in 0..count {
        let sealed = seal::seal_again(&public, Label::NoticeSeal, &[1; 32], &header, &[2; 32]).unwrap();
        let signature = key.sign(note.as_bytes());
        let file = lacre_evidence::envelope::seal_file(&like.seed, 0, &[7; BODY]);
        assert!(!sealed.is_empty() && !file.is_empty() && signature.to_bytes() != [0; 64]);
    }
    (thread_cpu() - start).as_secs_f64() / count as f64
}

pub fn run() {
    let count = usize::try_from(argument("residents").unwrap_or(RESIDENTS)).unwrap();
    let mut scene = Scene::new(count);
    let rates = (0..ROUNDS).map(|_| scene.dispatched()).collect();
    figure("notices of 4 KiB a second, looked up, sent and kept, devices idle", "", Target::AtLeast(1_500.0), rates);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let came = Arc::new(AtomicU64::new(0));
    let following = runtime.block_on(follow(&scene, &came));
    let rate = scene.dispatched();
    figure("the same, all devices following", "", Target::Printed, vec![rate]);
    let wanted = (scene.each * scene.residents.len()) as u64;
    runtime.block_on(async {
        while came.load(Ordering::SeqCst) < wanted {
            tokio::task::yield_now().await;
        }
    });
    following.iter().for_each(tokio::task::JoinHandle::abort);
    beside_messages(&mut scene, &runtime);
    steps(&mut scene);
}

/// p99 from append to event of private messages while a batch runs, against alone.
fn beside_messages(scene: &mut Scene, runtime: &tokio::runtime::Runtime) {
    let at = scene.world.authority().clone();
    runtime.block_on(exchanges(&at, 1));
    let mut batch = scene.draft();
    let scene = std::cell::RefCell::new(scene);
    ratio(
        "p99 of private messages while a batch runs / alone",
        "ms",
        Target::AtMost(2.0),
        || {
            let mut scene = scene.borrow_mut();
            let wanted = AtomicBool::new(true);
            let (p99, done) = std::thread::scope(|threads| {
                let office = &mut scene.office;
                let (batch, wanted) = (&batch, &wanted);
                let sending = threads.spawn(move || dispatch(office, batch, || wanted.load(Ordering::SeqCst)));
                let p99 = runtime.block_on(exchanges(&at, 1));
                wanted.store(false, Ordering::SeqCst);
                (p99, sending.join().unwrap())
            });
            if done {
                // it ended before the messages did: this round says less than it could, and the next gets a new one
                println!("(the batch ended within the round)");
                batch = scene.draft();
            }
            p99
        },
        || runtime.block_on(exchanges(&at, 1)),
    );
}
