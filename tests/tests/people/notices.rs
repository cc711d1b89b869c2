//! Official notices on the person's side, with a registrar on paper: designated, granted, judged, read, answered.
use lacre_core::network::{NetError, Network};
use lacre_core::view::{Happening, NoticeAnswer, NoticeRef, OfficialNotice, ReplyFile};
use lacre_core::{NoticeTrouble, Trouble, limits};
use lacre_evidence::clock::{Calendar, legal_dates};
use lacre_evidence::returned::{self, Returned};
use lacre_evidence::{Answer, Effect, Event, FaultCode, Lookup, Reason, Signer, Standing, TakenReply};
use lacre_ground::ids::{ChannelId, EntryId, Token};
use lacre_ground::note::NoteSigner;
use lacre_ground::receipt::{RELAY, Receipt};
use lacre_ground::run::Run;
use lacre_ground::signed::Signed;
use lacre_ground::time::{Clock as _, Millis, SystemClock};
use lacre_tests::notices_body::{self, Body, Right, Writing, Written, certificate};
use lacre_tests::paper::{Desk, Paper};
use lacre_tests::tap::Tap;
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
    fn forward(&mut self, ms: u64) {
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
    fn events(&mut self, written: &Written) -> Vec<(Event, Vec<Reason>)> {
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

/// A way in which a body, or its registrar, is not what it should be; and what the person is told.
type Wrong = (&'static str, FaultCode, fn(&mut Scene) -> Written);

const WRONG: [Wrong; 9] = [
    ("a certificate by nobody that the relay introduced", FaultCode::Signature, |scene| {
        let stranger = NoteSigner::new(lacre_ground::account::REGISTRAR, &[9; 32]).unwrap();
        let honest = core::mem::replace(&mut scene.desk.registrar, stranger);
        let from = scene.body.certificate.from;
        let own = Signed::sign(&certificate(&scene.body.signer, from), &scene.desk.registrar).unwrap();
        scene.body.certificate = own;
        let right = scene.right();
        let written = scene.write(&right, &Writing::decision(SystemClock.now()));
        assert!(scene.desk.deliver(&written, &right.token));
        scene.desk.registrar = honest;
        written
    }),
    ("another person's RUN", FaultCode::Commitment, |scene| {
        let other = scene.world.run();
        wrong(scene, |_| (), |scene, right, what| scene.body.write(other, right, &scene.desk.keys(), what))
    }),
    ("another account", FaultCode::OtherAccount, |scene| {
        wrong(
            scene,
            |lookup| {
                answer(lookup, |a| {
                    if let Answer::Account { account, .. } = a {
                        *account = lacre_ground::ids::AccountId::new([5; 32])
                    }
                })
            },
            plain,
        )
    }),
    ("no state of hers", FaultCode::OtherState, |scene| {
        wrong(
            scene,
            |lookup| {
                answer(lookup, |a| {
                    if let Answer::Account { state, .. } = a {
                        *state = 7
                    }
                })
            },
            plain,
        )
    }),
    ("a designation that she did not make", FaultCode::OtherDesignation, |scene| {
        wrong(
            scene,
            |lookup| {
                answer(lookup, |a| {
                    if let Answer::Account { designation, .. } = a {
                        *designation = [5; 32]
                    }
                })
            },
            plain,
        )
    }),
    ("a grant that she did not make", FaultCode::OtherGrant, |scene| {
        wrong(
            scene,
            |lookup| {
                answer(lookup, |a| {
                    if let Answer::Account { grant, .. } = a {
                        *grant = [5; 32]
                    }
                })
            },
            plain,
        )
    }),
    ("an answer of two hours ago", FaultCode::LookupStale, |scene| {
        wrong(scene, |lookup| lookup.asked_at = Millis::new(lookup.asked_at.get() - 2 * 3_600_000), plain)
    }),
    ("an answer of two hours ago, to a notice whose files lie beside its entry", FaultCode::LookupStale, |scene| {
        let ago = |lookup: &mut Lookup| lookup.asked_at = Millis::new(lookup.asked_at.get() - 2 * 3_600_000);
        let beside = |scene: &Scene, right: &Right, what: &Writing| {
            let what = Writing { files: what.files.clone(), subject: what.subject.clone(), beside: 0, ..*what };
            scene.write(right, &what)
        };
        wrong(scene, ago, beside)
    }),
    ("an entry of another id than its seed gives", FaultCode::Envelope, |scene| {
        wrong(scene, |_| (), |scene, right, what| Written { entry: EntryId::new([3; 16]), ..scene.write(right, what) })
    }),
];

fn answer(lookup: &mut Lookup, change: impl FnOnce(&mut Answer)) {
    change(&mut lookup.answer);
}

fn plain(scene: &Scene, right: &Right, what: &Writing) -> Written {
    scene.write(right, what)
}

fn wrong(
    scene: &mut Scene,
    change: impl FnOnce(&mut Lookup),
    write: impl FnOnce(&Scene, &Right, &Writing) -> Written,
) -> Written {
    let right = scene.desk.look_up(&scene.body, &mut scene.ana, scene.run, change);
    let written = write(scene, &right, &Writing::decision(SystemClock.now()));
    assert!(scene.desk.deliver(&written, &right.token));
    written
}

#[test]
fn what_is_not_what_it_says_is_shown_as_invalid_with_its_code_and_the_body_is_told() {
    for (what, code, make) in WRONG {
        let mut scene = Scene::new();
        let written = make(&mut scene);
        scene.sync();

        let notice = scene.only();
        let Err(not) = &notice.content else { panic!("{what} was believed") };
        assert_eq!(not.code, Some(code), "{what}: {not:?}");
        let told = scene.ana.client.events(0, 99).unwrap();
        let invalid = Happening::NoticeInvalid { notice: notice.id, code: code.code().to_owned() };
        assert!(told.iter().any(|e| e.what == invalid), "{what}");
        let no = scene.ana.client.answer_notice(notice.id, NoticeAnswer::Acknowledged);
        assert!(matches!(no, Err(Trouble::Notice(NoticeTrouble::Invalid))), "{what}");
        assert!(scene.ana.client.notice_file(None, notice.id, 0).is_err(), "{what}");
        if what.starts_with("an entry") {
            continue;
        }
        assert_eq!(scene.events(&written), [(Event::ContentHandoverFailure, vec![Reason::DoesNotMatch])], "{what}");
    }
}

#[test]
fn bytes_that_are_no_envelope_or_do_not_open_are_shown_and_stop_nothing() {
    let mut scene = Scene::new();
    let casilla = scene.desk.once[0].clone();
    let right = scene.right();
    let good = scene.write(&right, &Writing::decision(SystemClock.now()));
    for (n, bytes) in [vec![1, 2, 3], vec![0x0a, 1, 5], good.bytes()[..500].to_vec(), vec![0; 70_000]].into_iter().enumerate() {
        let sealed = lacre_evidence::Seed::new([n as u8; 32]);
        let envelope = Written {
            entry: EntryId::new([n as u8 + 1; 16]),
            seed: sealed,
            ..scene.write(&right, &Writing::decision(SystemClock.now()))
        };
        scene.desk.put(&envelope, bytes);
    }
    assert!(scene.desk.deliver(&good, &Token::try_from(casilla.token.as_slice()).unwrap()));
    scene.sync();

    let all = scene.ana.client.notices().unwrap();
    assert_eq!(all.len(), 5);
    assert!(all[0].content.is_ok(), "what came after them is read");
    assert!(all[1..].iter().all(|n| matches!(&n.content, Err(not) if not.code == Some(FaultCode::Envelope))));
    assert_eq!(scene.events(&good), [(Event::ContentHandover, vec![])]);
}

#[test]
fn the_same_notice_again_is_one_notice_and_is_answered_once() {
    let mut scene = Scene::new();
    let written = scene.notify();
    scene.sync();
    // a relay that shows the same entry twice
    scene.desk.put(&written, written.bytes());
    scene.sync();
    scene.sync();

    scene.only();
    assert_eq!(scene.events(&written).len(), 1);
}

#[test]
fn a_place_that_another_device_took_is_left_to_it_and_the_answer_gets_the_next() {
    let mut scene = Scene::new();
    let right = scene.right();
    let written = scene.write(&right, &Writing::decision(SystemClock.now()));
    for n in 0..3 {
        scene.desk.occupy(scene.body.back, returned::entry_id(&written.seed, n).as_bytes().to_vec());
    }
    assert!(scene.desk.deliver(&written, &right.token));
    scene.sync();
    let id = scene.only().id;
    scene.ana.client.answer_notice(id, NoticeAnswer::NotMe).unwrap();
    scene.sync();

    let entries = scene.desk.returned(scene.body.back);
    let open = |n: u32| {
        let place = returned::entry_id(&written.seed, n);
        let entry = entries.iter().find(|e| e.id == place)?;
        Returned::open(&written.seed, scene.body.back, place, &entry.ciphertext).ok()
    };
    let states = scene.ana.client.own_entry().unwrap().states;
    let said = [3, 4].map(|n| notices_body::record(&written, &states, &open(n).expect("an answer")).unwrap());
    assert_eq!(said[0].event, Event::ContentHandover);
    assert_eq!((said[1].event, said[1].reasons.clone()), (Event::ConsignmentRejection, vec![Reason::NotMe]));
    assert!((0..3).all(|n| open(n).is_none()) && entries.len() == 5 && scene.ana.client.outbox().unwrap().is_empty());
}

#[test]
fn an_answer_is_sent_with_the_same_bytes_until_the_relay_has_it() {
    let mut scene = Scene::new();
    let written = scene.notify();
    // the relay does it, and the answer is lost
    for _ in 0..3 {
        let mut lost = false;
        let mut paper = Paper { inner: &mut scene.ana.net, desk: &mut scene.desk };
        let mut tap = Tap::new(&mut paper);
        tap.after = Box::new(|answer| {
            lost = true;
            answer.and(Err(NetError::Unreachable { why: "cut".into() }))
        });
        let _ = scene.ana.client.sync(&mut tap);
        drop(tap);
        assert!(lost);
    }
    scene.sync();

    let tried: Vec<_> = scene.desk.tried.clone();
    assert!(tried.len() >= 4 && tried.iter().all(|one| *one == tried[0]), "always the same bytes");
    assert_eq!(scene.events(&written), [(Event::ContentHandover, vec![])]);
}

#[test]
fn a_relay_that_came_back_from_a_backup_is_given_casillas_rights_grants_and_answers_again() {
    let mut scene = Scene::new();
    let backup = scene.world.back_up();
    let written = scene.notify();
    let right = scene.right();
    scene.sync();
    let reply = {
        let id = scene.only().id;
        scene.ana.client.reply_to_notice(id, "Apelo.", &[])
    };
    reply.unwrap();
    scene.sync();
    let before = (scene.events(&written), scene.only().replies[0].accepted_at);
    scene.world.restore(&backup);
    scene.desk.forget();

    for _ in 0..3 {
        let _ = scene.try_sync();
        scene.ana.clock.forward(3_600_000);
    }
    scene.sync();

    // as the body delivers again what no device handed over: under the right of before
    let late = scene.write(&right, &Writing::decision(SystemClock.now()));
    assert!(scene.desk.deliver(&late, &right.token));
    scene.sync();
    assert_eq!((scene.events(&written), scene.desk.returned(scene.body.back).len()), (before.0, 3));
    let all = scene.ana.client.notices().unwrap();
    assert!(all.len() == 2 && all.iter().all(|n| n.content.is_ok()));
    assert_eq!(all[1].replies[0].accepted_at, before.1, "the first receipt is the one that counts");
    assert!(!scene.desk.designation.is_empty() && scene.desk.once.len() == 16 && scene.desk.last_resort.is_some());
}

#[test]
fn a_pause_closes_what_was_open_and_what_comes_after_it_comes_in_another_casilla() {
    let mut scene = Scene::new();
    let right = scene.right();
    let written = scene.write(&right, &Writing::decision(SystemClock.now()));
    scene.ana.client.pause_notices(true).unwrap();
    scene.sync();
    assert!(!scene.desk.deliver(&written, &right.token), "a refusal, not a void");
    assert!(scene.desk.once.is_empty() && scene.desk.last_resort.is_none());

    scene.ana.client.pause_notices(false).unwrap();
    scene.sync();
    let after = scene.notify();
    scene.sync();

    assert_ne!(after.channel, written.channel);
    assert!(scene.only().content.is_ok());
    scene.ana.client.take_back_designation().unwrap();
    scene.sync();
    let address = scene.ana.client.notice_address().unwrap();
    assert!(!address.on && address.told && scene.desk.designation.is_empty() && scene.desk.once.is_empty());
    assert!(matches!(scene.ana.client.pause_notices(true), Err(Trouble::Notice(NoticeTrouble::NotDesignated))));
}

#[test]
fn grants_are_renewed_when_few_are_left_and_with_each_month() {
    let mut scene = Scene::new();
    scene.early_in_a_month();
    let first = scene.right();
    for _ in 0..12 {
        scene.right();
    }
    assert_eq!(scene.desk.once.len(), 3);
    scene.ana.clock.forward(limits::ADDRESS_EVERY_MS);
    scene.sync();
    assert_eq!(scene.desk.once.len(), 16, "as many as there were");
    let same = scene.right();
    assert_eq!(casilla_of(&same), casilla_of(&first));

    scene.forward(32 * 86_400_000);
    scene.sync();
    assert_eq!(scene.desk.once.len(), 16, "the earlier ones were replaced");
    let next = scene.right();
    assert_ne!(casilla_of(&next), casilla_of(&first));
    // a right that was handed out before is still read
    let late = scene.write(&same, &Writing::decision(scene.ana.clock.now()));
    assert!(scene.desk.deliver(&late, &same.token));
    scene.sync();
    assert!(matches!(&scene.only().content, Err(not) if not.code == Some(FaultCode::LookupStale)), "read, and judged");
}

pub(crate) fn casilla_of(right: &Right) -> ChannelId {
    let text = lacre_ground::note::UnverifiedNote::parse(&right.grant).unwrap().unverified_text().to_owned();
    <lacre_evidence::Grant as lacre_ground::signed::NoteText>::parse(&text).unwrap().casilla.channel
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
fn a_crash_anywhere_leaves_one_notice_and_one_answer_of_each_kind() {
    let mut scene = Scene::new();
    for by_write in [false, true] {
        for n in (0..300).step_by(if by_write { 3 } else { 1 }) {
            let written = scene.notify();
            let before = scene.ana.client.notices().unwrap().len();
            if by_write {
                scene.ana.trap.arm_write(n)
            } else {
                scene.ana.trap.arm_point(n)
            }
            let work = |scene: &mut Scene| -> Result<(), Trouble> {
                scene.try_sync()?;
                let id = scene.ana.client.notices()?.first().map(|n| n.id).unwrap();
                match scene.ana.client.answer_notice(id, NoticeAnswer::Acknowledged) {
                    Err(Trouble::Notice(NoticeTrouble::AlreadyAnswered)) => {}
                    other => other?,
                }
                scene.try_sync()
            };
            let done = work(&mut scene);
            let sprang = scene.ana.trap.disarm();
            if sprang {
                scene.ana.restart();
                scene.ana.clock.forward(16 * 60_000);
                if done.is_err() {
                    work(&mut scene).unwrap_or_else(|e| panic!("{n} after {}: {e}", scene.ana.trap.last()));
                }
            }
            scene.try_sync().unwrap();

            let now = scene.ana.client.notices().unwrap();
            assert_eq!((now.len(), now[0].content.is_ok()), (before + 1, true), "{n} after {}", scene.ana.trap.last());
            let expected = [(Event::ContentHandover, vec![]), (Event::ConsignmentAcceptance, vec![])];
            assert_eq!(scene.events(&written), expected, "{n} after {}", scene.ana.trap.last());
            if !sprang {
                assert!(n > 5, "only {n} places");
                break;
            }
        }
    }
}

#[test]
fn a_crash_anywhere_in_designating_leaves_rights_for_every_grant() {
    for by_write in [false, true] {
        for n in (0..400).step_by(3) {
            let world = World::new();
            let (mut desk, run) = (Desk::at(&world), world.run());
            let mut ana = world.person_with("ana", &run);
            if by_write {
                ana.trap.arm_write(n)
            } else {
                ana.trap.arm_point(n)
            }
            let work = |ana: &mut Person, desk: &mut Desk| -> Result<(), Trouble> {
                ana.client.designate(WORDS)?;
                ana.client.sync(&mut Paper { inner: &mut ana.net, desk }).map(drop)
            };
            let done = work(&mut ana, &mut desk);
            let sprang = ana.trap.disarm();
            if sprang {
                ana.restart();
                ana.clock.forward(16 * 60_000);
                if done.is_err() {
                    work(&mut ana, &mut desk).unwrap_or_else(|e| panic!("{n} after {}: {e}", ana.trap.last()));
                }
            }
            ana.client.sync(&mut Paper { inner: &mut ana.net, desk: &mut desk }).unwrap();

            assert_eq!((desk.once.len(), desk.last_resort.is_some()), (16, true), "{n} after {}", ana.trap.last());
            for grant in desk.once.iter().chain(&desk.last_resort) {
                let hash = Token::try_from(grant.token.as_slice()).unwrap().hash();
                let works = desk.channels.values().any(|kept| kept.rights.contains_key(hash.as_bytes().as_slice()));
                assert!(works, "{n} after {}: a grant whose right does not work", ana.trap.last());
            }
            if !sprang {
                break;
            }
        }
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
