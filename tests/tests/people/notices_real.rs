//! Official notices between a real relay, a real client, and a body on the wire: the client killed at every named point.
use crate::notices::WORDS;
use lacre_core::view::NoticeAnswer;
use lacre_core::{NoticeTrouble, Trouble};
use lacre_evidence::{Event, Outcome, Trust, Verdict, verify};
use lacre_ground::ids::Token;
use lacre_ground::run::Run;
use lacre_ground::time::{Clock as _, SystemClock};
use lacre_tests::notices_body::{self, Writing, Written};
use lacre_tests::real_body::RealBody;
use lacre_tests::world::{Person, World};

struct Scene {
    _world: World,
    ana: Person,
    run: Run,
    office: RealBody,
}

impl Scene {
    fn new() -> Self {
        let world = World::new();
        let run = world.run();
        let mut ana = world.person_with("ana", &run);
        let office = RealBody::enrolled(&world, "AO001");
        ana.client.designate(WORDS).unwrap();
        ana.sync();
        assert!(ana.client.notice_address().unwrap().told);
        Self { _world: world, ana, run, office }
    }

    fn notify(&mut self, what: &Writing) -> (Written, String) {
        let right = self.office.look_up(self.run).expect("an address");
        let written = self.office.body.write(self.run, &right, &self.office.keys, what);
        let record = self.office.deliver(&written, &right.token).expect("delivered");
        (written, record)
    }

    fn events(&mut self, written: &Written) -> Vec<String> {
        let states = self.ana.client.own_entry().unwrap().states;
        let answers = notices_body::answers(written, self.office.body.back, &self.office.returned());
        let record = |answer| notices_body::record(written, &states, answer).map(|r| r.raw().to_owned());
        answers.iter().filter_map(record).collect()
    }
}

#[test]
fn what_a_body_delivered_is_read_and_acknowledged_and_its_bundle_is_valid_with_the_devices_records() {
    let mut scene = Scene::new();
    let large = vec![5; 200_000];
    let mut what = Writing::decision(SystemClock.now());
    what.files.push(("plano.pdf", "application/pdf", large.clone()));
    let right = scene.office.look_up(scene.run).expect("an address");
    let written = scene.office.body.write(scene.run, &right, &scene.office.keys, &what);
    let record = scene.office.deliver(&written, &right.token).expect("delivered");
    assert_eq!(scene.office.deliver(&written, &right.token), Ok(record.clone()), "again, the very bytes");
    let stranger = scene.office.deliver(&written, &Token::new([0; 32]));
    assert_eq!(stranger, Err("NOT_PERMITTED".to_owned()), "who has no right learns nothing by its id");
    scene.ana.sync();
    let notice = scene.ana.client.notices().unwrap().remove(0);
    assert!(notice.content.is_ok(), "{:?}", notice.content.err());
    let net = &mut scene.ana.net;
    let file = scene.ana.client.notice_file(Some(net), notice.id, 2).unwrap().unwrap();
    scene.ana.client.answer_notice(notice.id, NoticeAnswer::Acknowledged).unwrap();
    scene.ana.client.reply_to_notice(notice.id, "Apelo.", &[]).unwrap();
    scene.ana.sync();

    assert!(file.bytes[..] == large[..]);
    let records = scene.events(&written);
    let bundle = written.sent.bundle(&record, &records);
    let Verdict::Valid(proven) =
        verify(&bundle.to_bytes(), Some(&Trust { keys: scene.office.keys.clone(), ledger_required: false }))
    else {
        panic!("a bundle that does not verify")
    };
    let Outcome::Sent(sent) = &proven.outcome else { panic!("sent") };
    assert_eq!(
        sent.records.iter().map(|r| r.event).collect::<Vec<_>>(),
        [Event::SubmissionAcceptance, Event::ContentHandover, Event::ConsignmentAcceptance]
    );
    let reply = scene.ana.client.notice(notice.id).unwrap().replies.remove(0);
    assert!(reply.accepted_at.is_some(), "the relay's receipt");
}

#[test]
fn a_client_killed_anywhere_at_a_real_relay_has_one_notice_and_its_answers_are_the_same_bytes() {
    let mut scene = Scene::new();
    // this body has one right for all answers, which takes 64 of them
    for n in (0..217).step_by(7) {
        let (written, _) = scene.notify(&Writing::decision(SystemClock.now()));
        let before = scene.ana.client.notices().unwrap().len();
        scene.ana.trap.arm_point(n);
        let work = |scene: &mut Scene| -> Result<(), Trouble> {
            scene.ana.client.sync(&mut scene.ana.net)?;
            let id = scene.ana.client.notices()?[0].id;
            match scene.ana.client.answer_notice(id, NoticeAnswer::Acknowledged) {
                Err(Trouble::Notice(NoticeTrouble::AlreadyAnswered)) => {}
                other => other?,
            }
            scene.ana.client.sync(&mut scene.ana.net).map(drop)
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
        scene.ana.sync();

        let now = scene.ana.client.notices().unwrap();
        assert_eq!((now.len(), now[0].content.is_ok(), now[0].waiting), (before + 1, true, 0), "{n}");
        assert_eq!(scene.events(&written).len(), 2, "{n} after {}: each once", scene.ana.trap.last());
        if !sprang {
            assert!(n > 4, "only {n} points");
            return;
        }
    }
}

#[test]
fn who_pauses_after_a_body_has_asked_is_not_notified_into_a_void() {
    let mut scene = Scene::new();
    let right = scene.office.look_up(scene.run).expect("an address");
    let written = scene.office.body.write(scene.run, &right, &scene.office.keys, &Writing::decision(SystemClock.now()));
    scene.ana.client.pause_notices(true).unwrap();
    scene.ana.sync();

    assert_eq!(scene.office.deliver(&written, &right.token), Err("NOT_PERMITTED".to_owned()));
    assert!(scene.office.look_up(scene.run).is_none(), "no account");
    scene.ana.client.pause_notices(false).unwrap();
    scene.ana.sync();
    let (after, _) = scene.notify(&Writing::decision(SystemClock.now()));
    scene.ana.sync();
    let came = scene.ana.client.notices().unwrap();
    assert!(came.len() == 1 && came[0].content.is_ok());
    assert_ne!(after.channel, written.channel);
    assert_eq!(scene.ana.client.notice_address().unwrap().answers[0].1, 2, "answers about her are counted");
    assert!(scene.office.certificate().is_ok());
}
