//! What the relay signs of a casilla, with a relay on paper that lies: it convicts itself, or the person is told.
use crate::notices::Scene;
use lacre_core::view::{CasillaMisfit, MisfitKind};
use lacre_evidence::heads::{self, HeadSays, HeadsVerdict, ProvenHeads};
use lacre_evidence::{Beside, FaultCode, Outcome, Trust, Verdict, verify_beside};
use lacre_ground::head::{HeadNote, Ids};
use lacre_ground::ids::{ChannelId, EntryId};
use lacre_ground::signed::NoteText as _;
use lacre_ground::time::{Clock as _, Millis, SystemClock};
use lacre_tests::notices_body::{Writing, Written};

const MINUTE: u64 = 60_000;
const DAY: u64 = 86_400_000;

impl Scene {
    /// A notice, taken by the relay at this instant, and its evidence.
    fn notified(&mut self) -> (Written, Vec<u8>) {
        let right = self.right();
        let written = self.write(&right, &Writing::decision(SystemClock.now()));
        assert!(self.desk.deliver(&written, &right.token));
        let record = self.desk.record(&written, self.world.authority());
        let bundle = written.sent.bundle(&record, &[]).to_bytes();
        (written, bundle)
    }

    fn trust(&self) -> Trust {
        Trust { keys: self.desk.keys(), ledger_required: false }
    }

    /// What the person can show.
    fn proof(&mut self) -> ProvenHeads {
        let file = self.ana.client.export_heads().unwrap().bytes;
        match heads::verify(&file, Some(&self.trust())) {
            HeadsVerdict::Valid(proven) => proven,
            other => panic!("{other:?}"),
        }
    }

    fn verdict(&self, bundle: &[u8], heads: Option<&ProvenHeads>) -> Verdict {
        verify_beside(bundle, Beside { trust: Some(&self.trust()), files: vec![], heads }).unwrap()
    }

    fn misfits(&mut self) -> Vec<CasillaMisfit> {
        self.ana.client.casilla_misfits().unwrap()
    }

    /// The relay's clock goes on; the device's stays.
    fn later(&mut self, ms: u64) {
        self.desk.now = Some(self.desk.now.unwrap_or_else(|| SystemClock.now()).plus(ms));
    }
}

/// Seen red with `check_heads` left out of the verifier.
#[test]
fn a_relay_that_keeps_a_notice_back_and_signs_a_receipt_for_it_is_convicted_by_its_own_head_note() {
    let mut scene = Scene::new();
    let (given, honest) = scene.notified();
    let (written, bundle) = scene.notified();
    let held = scene.desk.casilla(&written).entries.pop().unwrap();
    scene.sync();
    let at_once = scene.proof();
    scene.later(2 * MINUTE);
    scene.sync();

    let proof = scene.proof();
    let found = scene.verdict(&bundle, Some(&proof));

    assert_eq!(scene.ana.client.notices().unwrap().len(), 1, "she was given the other one");
    assert_eq!(scene.verdict(&bundle, None).word(), "VALID", "the body alone proves it");
    assert_eq!(scene.verdict(&bundle, Some(&at_once)).word(), "VALID", "within a minute clocks may differ");
    let Verdict::Invalid(fault) = found else { panic!("{found:?}") };
    assert_eq!((fault.code, fault.part.starts_with("head.")), (FaultCode::Withheld, true), "{fault:?}");
    let Verdict::Valid(proven) = scene.verdict(&honest, Some(&proof)) else { panic!("the other notice") };
    let Outcome::Sent(sent) = &proven.outcome else { panic!("sent") };
    assert!(matches!(proof.says(&sent.receipt), Some(HeadSays::Holds { .. })), "what it gave, it gave");
    assert_eq!(scene.misfits(), [], "what nobody gave and nobody counts a device cannot see");
    // it comes in the end: what the relay signed that day before stays, if it was another day
    scene.later(DAY);
    scene.desk.casilla(&given).entries.push(held);
    scene.sync();
    assert_eq!(scene.ana.client.notices().unwrap().len(), 2);
    let both = scene.proof();
    assert_eq!(scene.verdict(&bundle, Some(&both)).code(), Some("withheld"));
}

/// Seen red with lists taken as they are given.
#[test]
fn a_person_who_changes_her_proof_gets_no_other_verdict() {
    let mut scene = Scene::new();
    let (_, bundle) = scene.notified();
    scene.sync();
    scene.later(2 * MINUTE);
    scene.sync();
    let file = String::from_utf8(scene.ana.client.export_heads().unwrap().bytes).unwrap();
    let proof = scene.proof();
    let newest = proof.heads.iter().rev().find(|head| head.note.ids.count == 1).unwrap();
    let id = newest.ids.as_ref().unwrap()[0].to_string();

    let signed = |text: &str| {
        let (body, _) = text.split_at(text.len() - 69);
        let digest = data_encoding::HEXLOWER.encode(&<sha2::Sha256 as sha2::Digest>::digest(body.as_bytes()));
        format!("{body}end {digest}\n").into_bytes()
    };
    for (what, changed) in [
        ("another id", file.replacen(&format!("{id}\n"), &format!("{}\n", EntryId::new([9; 16])), 1)),
        ("no notice", file.replacen("count 1", "count 0", 1)),
        ("another time", file.replacen("time 20", "time 19", 1)),
    ] {
        assert_ne!(changed, file, "{what}");
        let verdict = heads::verify(&signed(&changed), Some(&scene.trust()));
        assert!(matches!(verdict, HeadsVerdict::Invalid(_)), "{what}: {verdict:?}");
    }
    assert_eq!(scene.verdict(&bundle, Some(&proof)).word(), "VALID");
}

#[test]
fn a_notice_that_comes_between_reading_and_asking_is_read_before_anything_is_said() {
    let mut scene = Scene::new();
    for _ in 0..2 {
        let right = scene.right();
        let written = scene.write(&right, &Writing::decision(SystemClock.now()));
        scene.desk.meanwhile.push((written, right.token));
    }

    scene.sync();

    assert_eq!(scene.ana.client.notices().unwrap().len(), 2, "in the same synchronisation");
    assert_eq!(scene.misfits(), []);
    let proof = scene.proof();
    assert!(proof.heads.iter().any(|head| head.ids.as_ref().is_some_and(|ids| ids.len() == 2)));
}

/// Seen red with the rows `Fewer`, `Others` and `Earlier` of the table in `notices/heads.rs` taken out together.
#[test]
fn whatever_else_a_relay_says_than_what_it_gave_is_told_with_numbers_and_its_word_is_kept() {
    type Lies = fn(HeadNote) -> HeadNote;
    let lies: [(MisfitKind, u64, Lies); 5] = [
        (MisfitKind::Fewer, 1, |head| HeadNote { ids: Ids::of([EntryId::new([1; 16])]), ..head }),
        (MisfitKind::Others, 2, |head| HeadNote { ids: Ids { hash: [7; 32], ..head.ids }, ..head }),
        (MisfitKind::More, 3, |head| HeadNote { ids: Ids { count: 3, ..head.ids }, ..head }),
        (MisfitKind::Earlier, 2, |head| HeadNote { time: Millis::new(head.time.get() - DAY), ..head }),
        (MisfitKind::NotItsWord, 0, |head| HeadNote { channel: ChannelId::new([9; 32]), ..head }),
    ];
    for (kind, says, lie) in lies {
        let mut scene = Scene::new();
        let (written, _) = scene.notified();
        let _second = scene.notified();
        scene.sync();
        let notes = scene.ana.client.export_heads().unwrap().notes;
        let of = written.channel;
        scene.desk.lie = Some(Box::new(move |head, relay| {
            let hers = head.channel == of;
            if hers { lie(head) } else { head }.sign(relay).unwrap()
        }));

        scene.sync();
        let told = scene.misfits();
        scene.desk.lie = None;
        scene.sync();

        assert_eq!(told.iter().map(|m| (m.kind, m.says, m.gave, m.until)).collect::<Vec<_>>(), [(kind, says, 2, None)]);
        let after = scene.misfits();
        assert!(after.len() == 1 && after[0].until.is_some(), "{kind:?}: it is not forgotten, and said to be over");
        assert_eq!(scene.ana.client.export_heads().unwrap().notes, notes + 1, "{kind:?}: its word is kept");
        assert_eq!(scene.ana.client.notices().unwrap().len(), 2);
    }
}

#[test]
fn a_relay_that_counts_a_notice_and_gives_it_to_nobody_is_told_of_until_it_gives_it() {
    let mut scene = Scene::new();
    let (written, _) = scene.notified();
    scene.desk.casilla(&written).kept_back = 1;

    scene.sync();
    let told = scene.misfits();
    scene.desk.casilla(&written).kept_back = 0;
    scene.sync();

    assert_eq!(told.iter().map(|m| (m.kind, m.says, m.gave)).collect::<Vec<_>>(), [(MisfitKind::More, 1, 0)]);
    assert_eq!(scene.ana.client.notices().unwrap().len(), 1);
    assert!(scene.misfits()[0].until.is_some());
}

#[test]
fn one_head_note_a_day_is_kept_of_a_casilla_the_newest_for_400_days() {
    let mut scene = Scene::new();
    let start = SystemClock.now();
    let mut kept = Vec::new();
    for days in [0, 0, 1, 2, 400, 402, 500] {
        scene.desk.now = Some(start.plus(days * DAY + kept.len() as u64));
        scene.sync();
        kept.push(scene.proof().heads.len());
    }

    assert_eq!(kept, [1, 1, 2, 3, 4, 3, 3]);
    let newest = scene.proof().heads.last().unwrap().note.time;
    assert_eq!(newest, start.plus(500 * DAY + 6));
    assert_eq!(scene.proof().heads[0].note.ids.count, 0, "and nothing was there");
}

/// Whoever comes after the retention cannot say which entries were before: the number is compared all the same. Seen red with the row
/// `Fewer` taken out.
#[test]
fn what_was_gone_before_it_was_read_is_compared_by_its_number_and_accuses_nobody() {
    let mut scene = Scene::new();
    let (written, _) = scene.notified();
    let _second = scene.notified();
    scene.desk.casilla(&written).gone = 1;

    scene.sync();
    let honest = scene.misfits();
    scene.desk.lie = Some(Box::new(|head, relay| HeadNote { ids: Ids { count: 1, ..head.ids }, ..head }.sign(relay).unwrap()));
    scene.sync();

    assert_eq!((honest, scene.ana.client.notices().unwrap().len()), (vec![], 1));
    assert_eq!(scene.misfits().iter().map(|m| m.kind).collect::<Vec<_>>(), [MisfitKind::Fewer]);
    let proof = scene.proof();
    assert!(proof.heads.iter().all(|head| head.ids.is_none()), "no list is shown that is not known");
}
