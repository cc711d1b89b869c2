//! Official notices on the person's side, with a registrar on paper: designated, granted, judged, read, answered.
use lacre_core::network::Network;
use lacre_core::view::{Happening, NoticeAnswer, NoticeRef, OfficialNotice, ReplyFile};
use lacre_core::{NoticeTrouble, Trouble, limits};
use lacre_evidence::clock::{Calendar, legal_dates};
use lacre_evidence::{Effect, Event, Reason, Signer, Standing, TakenReply};
use lacre_ground::receipt::{RELAY, Receipt};
use lacre_ground::run::Run;
use lacre_ground::time::{Clock as _, SystemClock};
use lacre_tests::notices_body::{self, Body, Right, Writing, Written};
use lacre_tests::paper::{Desk, Paper};
use lacre_tests::world::{Person, World};
use sha2::{Digest as _, Sha256};

pub(crate) const WORDS: &str = "Recibo aquí las notificaciones oficiales (ejemplo).";

/// A person who has designated her account, with her grants at the desk.
pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) desk: Desk,
    pub(crate) ana: Person,
    pub(crate) run: Run,
    pub(crate) body: Body,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let world = World::new();
        let mut desk = Desk::at(&world);
        let run = world.run();
        let mut ana = world.person_with("ana", &run);
        ana.client.designate(WORDS).unwrap();
        let body = desk.body();
        let mut scene = Self { world, desk, ana, run, body };
        scene.sync();
        scene
    }

    /// It is the third of a month from now on: an hour later it is the same month.
    pub(crate) fn early_in_a_month(&mut self) {
        while &self.ana.clock.now().to_string()[8..10] != "03" {
            self.forward(86_400_000);
        }
        self.sync();
    }

    pub(crate) fn try_sync(&mut self) -> Result<(), Trouble> {
        let mut net = Paper { inner: &mut self.ana.net, desk: &mut self.desk };
        self.ana.client.sync(&mut net).map(drop)
    }

    pub(crate) fn sync(&mut self) {
        self.try_sync().unwrap();
        assert_eq!(self.ana.client.resting().unwrap().len(), 0, "{:?}", self.ana.client.resting().unwrap());
    }

    /// Time goes by for everybody.
    pub(crate) fn forward(&mut self, ms: u64) {
        self.ana.clock.forward(ms);
        self.world.forward(ms);
        self.desk.now = Some(self.ana.clock.now());
    }

    pub(crate) fn right(&mut self) -> Right {
        self.desk.look_up(&self.body, &mut self.ana, self.run, |_| ())
    }

    pub(crate) fn write(&self, right: &Right, what: &Writing) -> Written {
        self.body.write(self.run, right, &self.desk.keys(), what)
    }

    /// A decision, delivered.
    pub(crate) fn notify(&mut self) -> Written {
        let right = self.right();
        let written = self.write(&right, &Writing::decision(SystemClock.now()));
        assert!(self.desk.deliver(&written, &right.token));
        written
    }

    pub(crate) fn only(&mut self) -> OfficialNotice {
        let all = self.ana.client.notices().unwrap();
        assert_eq!(all.len(), 1);
        all.into_iter().next().unwrap()
    }

    /// What the body finds in its return channel, each record verified.
    pub(crate) fn events(&mut self, written: &Written) -> Vec<(Event, Vec<Reason>)> {
        let states = self.ana.client.own_entry().unwrap().states;
        let answers = notices_body::answers(written, self.body.back, &self.desk.returned(self.body.back));
        answers
            .iter()
            .filter_map(|answer| notices_body::record(written, &states, answer))
            .map(|record| (record.event, record.reasons.clone()))
            .collect()
    }
}

#[test]
fn a_person_designates_reads_a_notice_and_acknowledges_it_and_the_body_can_verify_that() {
    let mut scene = Scene::new();
    let address = scene.ana.client.notice_address().unwrap();
    assert!(address.on && address.told && !address.paused && address.statement.as_deref() == Some(WORDS));
    assert_eq!((scene.desk.once.len(), scene.desk.last_resort.is_some()), (16, true));
    let casilla = scene.desk.channels.values().find(|kept| kept.rights.len() == 17).unwrap();
    assert_eq!(casilla.rights.values().filter(|once| **once).count(), 16);

    let written = scene.notify();
    scene.sync();
    let notice = scene.only();
    let genuine = notice.content.clone().unwrap_or_else(|not| panic!("{not:?}"));
    let file = scene.ana.client.notice_file(None, notice.id, 0).unwrap().unwrap();
    scene.ana.client.notice_opened(notice.id).unwrap();
    scene.ana.client.answer_notice(notice.id, NoticeAnswer::Acknowledged).unwrap();
    scene.sync();

    assert_eq!(
        (genuine.notice.subject.as_str(), genuine.certificate.code.as_str()),
        ("Se resuelve su solicitud (ejemplo)", "AO001")
    );
    assert!(genuine.notice == written.notice() && genuine.takes_answers);
    assert!(matches!(genuine.effect, Some(Effect::Notified(_))));
    assert_eq!(&file.bytes[..], "# Resolución (ejemplo)\n\nSe **rechaza** su solicitud.\n".as_bytes());
    assert!(scene.ana.client.events(0, 99).unwrap().iter().any(|e| e.what == Happening::Notice { notice: notice.id }));
    let events = scene.events(&written);
    // that she read it is told to nobody: she has not allowed it
    assert_eq!(events, [(Event::ContentHandover, vec![]), (Event::ConsignmentAcceptance, vec![])]);
    assert!(events.iter().all(|(event, _)| event.signers().contains(&Signer::Device)));
    let now = scene.only();
    assert_eq!((now.waiting, now.answer.map(|(a, _)| a)), (0, Some(NoticeAnswer::Acknowledged)));
    let again = scene.ana.client.answer_notice(notice.id, NoticeAnswer::Refused);
    assert!(matches!(again, Err(Trouble::Notice(NoticeTrouble::AlreadyAnswered))));
}

#[test]
fn a_reply_reaches_the_body_whole_and_its_receipt_is_the_relays() {
    let mut scene = Scene::new();
    let written = scene.notify();
    scene.sync();
    let id = scene.only().id;
    let pdf = vec![7; 50_000];

    let files = [ReplyFile { name: "recurso.pdf", media: "application/pdf", bytes: &pdf }];
    scene.ana.client.reply_to_notice(id, "Apelo.\n", &files).unwrap();
    let waits = scene.only();
    scene.sync();

    assert_eq!((waits.replies[0].accepted_at, waits.waiting), (None, 1));
    let states = scene.ana.client.own_entry().unwrap().states;
    let answers = notices_body::answers(&written, scene.body.back, &scene.desk.returned(scene.body.back));
    let (note, text, sent) = answers.iter().find_map(|a| notices_body::reply(&written, &states, a)).expect("a reply");
    assert_eq!((text.as_str(), sent, note.files[0].name.as_str()), ("Apelo.\n", vec![pdf], "recurso.pdf"));
    let reply = scene.only().replies[0].clone();
    assert_eq!(reply.files, ["recurso.pdf"]);
    let export = scene.ana.client.export_notice(id, true).unwrap().files;
    let part = |name: &str| export.iter().find(|(n, _)| n == name).map(|(_, bytes)| bytes.clone()).expect("a part");
    let relay = lacre_ground::note::NoteKey::new(RELAY, scene.world.authority().identity().as_bytes()).unwrap();
    let receipt = Receipt::verify(&String::from_utf8(part("reply.0.receipt")).unwrap(), &relay).unwrap();
    assert_eq!((receipt.channel, Some(receipt.accepted_at)), (scene.body.back, reply.accepted_at));
    let taken = TakenReply::read(&part("reply.0")).expect("what a bundle takes");
    let entry: [u8; 32] = Sha256::digest(&taken.entry).into();
    assert_eq!((taken.receipt.into_bytes(), receipt.sha256), (part("reply.0.receipt"), entry), "the receipt is for these bytes");
    assert_eq!(part("notice.note"), written.sent.so_far.notice.clone().unwrap().into_bytes());
    assert!(part("file.1") == b"a;b\n1;2\n" && part("record.0.note").starts_with(b"lacre event v2"));
    // from her reply on she is taken to know of it, and her own screen counts so
    let genuine = scene.only().content.unwrap_or_else(|not| panic!("{not:?}"));
    let known = genuine.known.clone().expect("earlier than by law");
    let Some(Effect::Notified(by_law)) = &genuine.effect else { panic!("a notification") };
    assert!(genuine.safe().unwrap().last_day < by_law.safe_for_citizen().last_day);
    let place = genuine.notice.place;
    assert_eq!(known.local_date, place.zone.date(reply.accepted_at.unwrap()).unwrap());
    let rule = known.readings().next().unwrap().rule;
    let counted = legal_dates(reply.accepted_at.unwrap(), place, rule, known.term, Calendar::chile());
    assert!(counted == Ok(known));
    let much = vec![0; limits::MAX_REPLY];
    let long = scene.ana.client.reply_to_notice(id, "", &[ReplyFile { name: "x", media: "a/b", bytes: &much }]);
    assert!(matches!(long, Err(Trouble::Notice(NoticeTrouble::TooLong { .. }))));
    assert_eq!(scene.only().replies.len(), 1, "what was not sent is not said to be");
}

#[test]
fn that_it_was_opened_is_told_only_if_she_allows_it_and_a_while_later() {
    let mut scene = Scene::new();
    let written = scene.notify();
    scene.sync();
    scene.ana.client.tell_opened(true).unwrap();
    let id = scene.only().id;
    scene.ana.client.notice_opened(id).unwrap();
    scene.ana.client.notice_opened(id).unwrap();
    scene.sync();
    assert_eq!(scene.events(&written).len(), 1, "not within the first minute");

    scene.ana.clock.forward(3_600_000);
    scene.sync();

    assert_eq!(scene.events(&written), [(Event::ContentHandover, vec![]), (Event::ContentAccessTracking, vec![])]);
}

#[test]
fn a_file_beside_the_entry_is_fetched_when_asked_for_and_kept_and_another_one_is_refused() {
    let mut scene = Scene::new();
    let large = vec![5; 200_000];
    let right = scene.right();
    let mut what = Writing::decision(SystemClock.now());
    what.files.push(("plano.pdf", "application/pdf", large.clone()));
    let written = scene.write(&right, &what);
    assert_eq!(written.blobs.len(), 1);
    assert!(scene.desk.deliver(&written, &right.token));
    scene.sync();
    let id = scene.only().id;
    let fetch = |scene: &mut Scene| {
        let mut net = Paper { inner: &mut scene.ana.net, desk: &mut scene.desk };
        scene.ana.client.notice_file(Some(&mut net as &mut dyn Network), id, 2)
    };

    assert!(scene.ana.client.notice_file(None, id, 2).unwrap().is_none(), "not here yet");
    let name = written.blobs[0].0.clone();
    let honest = scene.desk.blobs.insert(name.clone(), vec![5; 200_016]).unwrap();
    assert!(fetch(&mut scene).is_err(), "other bytes under its name");
    scene.desk.blobs.insert(name.clone(), vec![5; 900_000]);
    assert!(fetch(&mut scene).is_err(), "more than the body signed");
    scene.desk.blobs.insert(name.clone(), honest);
    let file = fetch(&mut scene).unwrap().unwrap();
    scene.desk.blobs.clear();

    assert!(file.bytes[..] == large[..] && file.line.name == "plano.pdf");
    assert!(scene.ana.client.notice_file(None, id, 2).unwrap().is_some(), "kept");
}

#[test]
fn a_copy_has_the_dates_of_its_original() {
    let mut scene = Scene::new();
    let written = scene.notify();
    scene.sync();
    let original = scene.only();
    let hash = NoteHash::of(original.id);
    let right = scene.right();
    let made_at = SystemClock.now();
    let copy = scene.write(&right, &Writing { standing: Standing::Copy(hash.0), ..Writing::decision(made_at) });
    assert!(scene.desk.deliver(&copy, &right.token));
    scene.sync();

    let all = scene.ana.client.notices().unwrap();
    let dates = |n: &OfficialNotice| n.content.as_ref().unwrap_or_else(|not| panic!("{not:?}")).effect.clone();
    assert_eq!(all.len(), 2);
    assert!(dates(&all[0]).is_some() && dates(&all[0]) == dates(&all[1]), "{}", written.notice().subject);
}

/// A notice's name is the hash of N.
struct NoteHash([u8; 32]);
impl NoteHash {
    fn of(id: NoticeRef) -> Self {
        Self(data_encoding::HEXLOWER.decode(id.to_hex().as_bytes()).unwrap().try_into().unwrap())
    }
}

#[test]
fn who_has_designated_nothing_says_nothing_of_notices_to_the_relay() {
    let world = World::new();
    let mut desk = Desk::at(&world);
    let mut ana = world.person("ana");
    ana.client.sync(&mut Paper { inner: &mut ana.net, desk: &mut desk }).unwrap();

    assert!(desk.calls.is_empty(), "{:?}", desk.calls);
}
