//! What a body or its registrar makes up, and bytes that are no notice: shown as what they are, and told to the body.
use crate::notices::Scene;
use lacre_core::view::{Happening, NoticeAnswer};
use lacre_core::{NoticeTrouble, Trouble};
use lacre_evidence::{Answer, Event, FaultCode, Lookup, Reason};
use lacre_ground::ids::{EntryId, Token};
use lacre_ground::note::NoteSigner;
use lacre_ground::signed::Signed;
use lacre_ground::time::{Clock as _, Millis, SystemClock};
use lacre_tests::notices_body::{Right, Writing, Written, certificate};

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
