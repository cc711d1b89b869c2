//! What a public body with a right key, another body, or the registrar itself gains by cheating, at a real relay: the person's program
//! shows none of it as genuine, no judge is told better than the truth, and the others go on.
use lacre_core::view::NoticeAnswer;
use lacre_evidence::{Answer, FaultCode, Lookup, Trust, Verdict, verify};
use lacre_ground::account::REGISTRAR;
use lacre_ground::ids::{EntryId, Token};
use lacre_ground::note::NoteSigner;
use lacre_ground::receipt::RELAY;
use lacre_ground::run::Run;
use lacre_ground::signed::NoteText as _;
use lacre_ground::time::{Clock as _, Millis, SystemClock};
use lacre_proto::relay::v1 as wire;
use lacre_tests::notices_body::{self, Right, Writing, Written};
use lacre_tests::real_body::RealBody;
use lacre_tests::world::{Person, World};

const WORDS: &str = "Recibo aquí las notificaciones oficiales (ejemplo).";
const HOUR: u64 = 3_600_000;

struct Scene {
    world: World,
    ana: Person,
    run: Run,
    beto: Person,
    his: Run,
    office: RealBody,
    other: RealBody,
    now: Millis,
}

fn addressee(world: &World, handle: &str) -> (Person, Run) {
    let run = world.run();
    let mut person = world.person_with(handle, &run);
    person.client.designate(WORDS).unwrap();
    person.sync();
    (person, run)
}

impl Scene {
    fn new() -> Self {
        let world = World::new();
        let ((ana, run), (beto, his)) = (addressee(&world, "ana"), addressee(&world, "beto"));
        let (office, other) = (RealBody::enrolled(&world, "AO001"), RealBody::enrolled(&world, "AO002"));
        Self { world, ana, run, beto, his, office, other, now: SystemClock.now() }
    }

    fn right(&mut self) -> Right {
        self.office.look_up(self.run).expect("an address")
    }

    fn write(&self, run: Run, right: &Right) -> Written {
        self.office.body.write(run, right, &self.office.keys, &Writing::decision(self.now))
    }

    fn honest(&mut self) -> (Written, Token) {
        let right = self.right();
        (self.write(self.run, &right), right.token)
    }

    /// What a judge says who trusts this relay and its registrar.
    fn judged(&self, written: &Written, record: &str) -> Verdict {
        let trust = Trust { keys: self.office.keys.clone(), ledger_required: false };
        verify(&written.sent.bundle(record, &[]).to_bytes(), Some(&trust))
    }

    /// Both persons are notified, read and acknowledge, as if nothing had been.
    fn others_go_on(&mut self) {
        for (run, beto) in [(self.run, false), (self.his, true)] {
            let right = self.other.look_up(run).expect("an address");
            let written = self.other.body.write(run, &right, &self.other.keys, &Writing::decision(self.now));
            let record = self.other.deliver(&written, &right.token).expect("delivered");
            let before = self.other.returned().len();
            let person = if beto { &mut self.beto } else { &mut self.ana };
            person.sync();
            let notice = person.client.notices().unwrap().remove(0);
            assert!(notice.content.is_ok(), "{:?}", notice.content.err());
            person.client.answer_notice(notice.id, NoticeAnswer::Acknowledged).unwrap();
            person.sync();
            assert_eq!(self.other.returned().len(), before + 2);
            assert!(matches!(self.judged(&written, &record), Verdict::Valid(_)));
        }
    }
}

/// What is made, how the person's program judges it, and how a judge does.
type Cheat = (&'static str, Option<FaultCode>, FaultCode, fn(&mut Scene) -> (Written, Token));

const CHEATS: [Cheat; 9] = [
    ("bytes that nobody opens", Some(FaultCode::Envelope), FaultCode::Envelope, |scene| {
        let (mut written, token) = scene.honest();
        written.envelope.header = vec![0x5a; 3_000];
        (written, token)
    }),
    ("a notice for another person in her casilla", Some(FaultCode::Commitment), FaultCode::Commitment, |scene| {
        let right = scene.right();
        (scene.write(scene.his, &right), right.token)
    }),
    ("the answer about another, with her grant", Some(FaultCode::OtherAccount), FaultCode::OtherAccount, |scene| {
        let (hers, his) = (scene.right(), scene.office.look_up(scene.his).unwrap());
        let mixed = Right { lookup: his.lookup, salt: his.salt, ..hers };
        (scene.write(scene.his, &mixed), mixed.token)
    }),
    ("the answer that another body got", Some(FaultCode::OtherAgency), FaultCode::OtherAgency, |scene| {
        let right = scene.other.look_up(scene.run).unwrap();
        (scene.write(scene.run, &right), right.token)
    }),
    ("its files in another order", Some(FaultCode::File), FaultCode::Envelope, |scene| {
        let (mut written, token) = scene.honest();
        written.envelope.files.swap(0, 1);
        (written, token)
    }),
    ("other bytes than it signed", Some(FaultCode::File), FaultCode::Envelope, |scene| {
        let (mut written, token) = scene.honest();
        let Some(wire::sealed_file::Place::Here(bytes)) = &mut written.envelope.files[0].place else { panic!("a file here") };
        bytes[7] ^= 1;
        (written, token)
    }),
    ("an entry of another id than its seed gives", Some(FaultCode::Envelope), FaultCode::Envelope, |scene| {
        let (written, token) = scene.honest();
        (Written { entry: EntryId::new([3; 16]), ..written }, token)
    }),
    ("a casilla of the body's own", None, FaultCode::OtherChannel, |scene| {
        let (written, _) = scene.honest();
        let (channel, token) = scene.office.casilla();
        (Written { channel, ..written }, token)
    }),
    // the last one: from then on it is two hours later
    ("an answer of two hours ago", Some(FaultCode::LookupStale), FaultCode::LookupStale, |scene| {
        let made = scene.honest();
        scene.world.forward(2 * HOUR);
        scene.now = scene.now.plus(2 * HOUR);
        made
    }),
];

/// Seen red with a verifier that does not look at the entry's id.
#[test]
fn what_a_body_makes_up_is_shown_as_invalid_is_never_valid_and_keeps_nobody_elses_notices_away() {
    let mut scene = Scene::new();
    for (what, shown, judged, make) in CHEATS {
        let before = scene.ana.client.notices().unwrap().len();
        let (written, token) = make(&mut scene);
        let record = scene.office.deliver(&written, &token).unwrap_or_else(|why| panic!("{what}: {why}"));
        scene.ana.sync();

        let came = scene.ana.client.notices().unwrap();
        assert_eq!(came.len(), before + usize::from(shown.is_some()), "{what}");
        if shown.is_some() {
            let Err(not) = &came[0].content else { panic!("{what} was believed") };
            assert_eq!(not.code, shown, "{what}");
            assert!(scene.ana.client.answer_notice(came[0].id, NoticeAnswer::Acknowledged).is_err(), "{what}");
        }
        let Verdict::Invalid(fault) = scene.judged(&written, &record) else { panic!("{what} is not invalid") };
        assert_eq!(fault.code, judged, "{what}: {fault:?}");
    }
    scene.others_go_on();
}

/// Seen red with a relay that takes its own record of another entry for a first one.
#[test]
fn a_right_is_good_for_one_entry_of_its_own_casilla_and_a_first_record_for_its_own_entry() {
    let mut scene = Scene::new();
    let (first, token) = scene.honest();
    let record = scene.office.deliver(&first, &token).expect("delivered");
    let his = scene.office.look_up(scene.his).unwrap();
    let (second, unspent) = scene.honest();
    let refused = |scene: &mut Scene, row: wire::DeliverRow| scene.office.deliver_row(row).unwrap_err();

    let spent = refused(&mut scene, RealBody::row(&second, &token));
    let anothers = refused(&mut scene, RealBody::row(&second, &his.token));
    let none = refused(&mut scene, RealBody::row(&second, &Token::new([0; 32])));
    assert_eq!([spent, anothers, none], ["NOT_PERMITTED"; 3]);
    let same_id = wire::DeliverRow { entry_id: first.entry.as_bytes().to_vec(), ..RealBody::row(&second, &unspent) };
    assert_eq!(refused(&mut scene, same_id), "CONFLICT");
    let stranger = NoteSigner::new(RELAY, &[9; 32]).unwrap();
    let text = |raw: &str| lacre_ground::note::UnverifiedNote::parse(raw).unwrap().unverified_text().to_owned();
    let resigned = lacre_ground::note::sign(&text(&record), &[&stranger]).unwrap();
    for forged in [record.clone(), resigned, record.replace("time 20", "time 19"), "a record".to_owned()] {
        let row = wire::DeliverRow { first_record: forged.clone(), ..RealBody::row(&second, &unspent) };
        assert_eq!(refused(&mut scene, row), "BAD_FIELD", "{forged}");
    }
    scene.ana.sync();
    assert_eq!(scene.ana.client.notices().unwrap().len(), 1, "nothing of it was stored");
    assert!(scene.office.deliver(&second, &unspent).is_ok(), "and nothing of it spent the right");
    scene.others_go_on();
}

/// A body names the return channel of another body, with a right of its own making.
#[test]
fn who_answers_to_where_a_body_has_no_right_is_refused_there_and_answers_all_others() {
    let mut scene = Scene::new();
    let honest = core::mem::replace(&mut scene.office.body.back, scene.other.body.back);
    let (written, token) = scene.honest();
    scene.office.body.back = honest;
    let record = scene.office.deliver(&written, &token).expect("delivered");
    scene.ana.sync();

    let notice = scene.ana.client.notices().unwrap().remove(0);
    assert!(notice.content.is_ok(), "it is what it says");
    assert!(matches!(scene.judged(&written, &record), Verdict::Valid(_)));
    assert_eq!(scene.other.returned().len(), 0, "nothing came where it had no right");
    assert!(!scene.ana.client.resting().unwrap().is_empty() || notice.waiting == 1, "the answer waits, and that is said");
    scene.others_go_on();
}

#[test]
fn a_file_that_is_missing_cut_short_or_another_gets_no_record_that_proves_anything() {
    let mut scene = Scene::new();
    let mut what = Writing::decision(scene.now);
    // so large that what came of it is kept when it breaks off
    what.files.push(("plano.pdf", "application/pdf", vec![5; 2_000_000]));
    let right = scene.right();
    let mut short = scene.office.body.write(scene.run, &right, &scene.office.keys, &what);
    let (blob, read, sealed) = short.blobs.pop().expect("a file beside the entry");
    assert_eq!(scene.office.deliver(&short, &right.token), Err("NO_BLOB".to_owned()), "missing");
    assert!(scene.office.store(&blob, &read, &sealed[..1_500_000], sealed.len() as u64).is_err());
    assert_eq!(scene.office.deliver(&short, &right.token), Err("NO_BLOB".to_owned()), "cut short");

    let mut written = scene.office.body.write(scene.run, &right, &scene.office.keys, &what);
    let (blob, read, sealed) = written.blobs.pop().expect("a file beside the entry");
    let shorter = &sealed[..sealed.len() - 1];
    scene.office.store(&blob, &read, shorter, shorter.len() as u64).unwrap();
    let record = scene.office.deliver(&written, &right.token).expect("the relay knows no other length");
    let Verdict::Invalid(fault) = scene.judged(&written, &record) else { panic!("another file was proved") };
    assert_eq!(fault.code, FaultCode::Envelope);
    scene.ana.sync();
    let notice = scene.ana.client.notices().unwrap().remove(0);
    assert!(scene.ana.client.notice_file(Some(&mut scene.ana.net), notice.id, 2).is_err(), "no other bytes under its name");
    scene.others_go_on();
}

/// What the relay cannot see: a file that is whole and durable under a name or a read token of the body's own choice.
#[test]
fn a_file_that_a_body_hides_from_the_person_is_told_to_her_and_the_threat_model_says_so() {
    let mut scene = Scene::new();
    let mut what = Writing::decision(scene.now);
    what.files.push(("plano.pdf", "application/pdf", vec![5; 200_000]));
    let right = scene.right();
    let mut renamed = scene.office.body.write(scene.run, &right, &scene.office.keys, &what);
    renamed.blobs[0].0 = vec![0xaa; 32];
    renamed.envelope.files[2].place = Some(wire::sealed_file::Place::Blob(vec![0xaa; 32]));
    let record = scene.office.deliver(&renamed, &right.token).expect("delivered");
    scene.ana.sync();
    let shown = scene.ana.client.notices().unwrap().remove(0);
    assert_eq!(shown.content.err().and_then(|not| not.code), Some(FaultCode::File), "under another name");
    assert!(matches!(scene.judged(&renamed, &record), Verdict::Valid(_)), "a judge who was not shown what her device says");
    let states = scene.ana.client.own_entry().unwrap().states;
    let told = notices_body::answers(&renamed, scene.office.body.back, &scene.office.returned());
    let told = told.iter().filter_map(|answer| notices_body::record(&renamed, &states, answer));
    assert!(
        told.map(|record| record.event).eq([lacre_evidence::Event::ContentHandoverFailure]),
        "her device says that it failed"
    );

    let right = scene.right();
    let mut locked = scene.office.body.write(scene.run, &right, &scene.office.keys, &what);
    locked.blobs[0].1 = Token::new([0xbb; 32]);
    scene.office.deliver(&locked, &right.token).expect("delivered");
    scene.ana.sync();
    let shown = scene.ana.client.notices().unwrap().remove(0);
    assert!(shown.content.is_ok());
    assert!(scene.ana.client.notice_file(Some(&mut scene.ana.net), shown.id, 2).is_err(), "it does not come, and that is said");

    said("a file where nobody can fetch it");
    scene.others_go_on();
}

/// The registrar's key says that another account, of its own making, is hers.
#[test]
fn a_ghost_account_of_a_lying_registrar_is_notified_in_her_place_and_the_threat_model_says_so() {
    let mut scene = Scene::new();
    let seed = std::fs::read_to_string(scene.world.data().with_file_name("lacre-registrar.key")).unwrap();
    let seed: [u8; 32] = data_encoding::HEXLOWER.decode(seed.trim().as_bytes()).unwrap().try_into().unwrap();
    let registrar = NoteSigner::new(REGISTRAR, &seed).unwrap();
    // the ghost is an account like any other
    let ghost = scene.office.look_up(scene.his).unwrap();
    let honest = Lookup::verify(&ghost.lookup, &scene.office.keys.registrars).unwrap();
    let lie = Lookup { person: ghost.salt.commit(&scene.run), ..honest.into_value() };
    assert!(matches!(lie.answer, Answer::Account { .. }));
    let right = Right { lookup: lie.sign(&registrar).unwrap(), ..ghost };
    let written = scene.write(scene.run, &right);
    let record = scene.office.deliver(&written, &right.token).expect("delivered");
    scene.ana.sync();
    scene.ana.clock.forward(HOUR + 1);
    scene.ana.sync();

    assert!(matches!(scene.judged(&written, &record), Verdict::Valid(_)), "the registrar is believed about names");
    assert!(scene.ana.client.notices().unwrap().is_empty(), "she never heard of it");
    let counted = scene.ana.client.notice_address().unwrap().answers;
    assert!(counted.is_empty(), "an answer that is made beside the relay is not even counted: {counted:?}");
    said("notifies a ghost");
    said("is not counted either");
    scene.now = SystemClock.now();
    scene.others_go_on();
}

/// It stands in SECURITY.md, in words.
fn said(words: &str) {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../SECURITY.md")).unwrap();
    assert!(page.split_whitespace().collect::<Vec<_>>().join(" ").contains(words), "SECURITY.md does not say: {words}");
}
