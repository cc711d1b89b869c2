//! A body's program with the approvals of its officials: what it composes, and what it does not.

use lacre_evidence::approved::{Approvals, ApprovedRow, NotApproved, RowPlace};
use lacre_evidence::batch::{BatchText, Roots, Row, RowFile};
use lacre_evidence::build::{Addressee, ComposeError, Draft, File, Sent, compose};
use lacre_evidence::clock::{Calendar, RuleId, Term};
use lacre_evidence::notice::TextRef;
use lacre_evidence::{Act, Answer, Approved, FaultCode, Outcome, Role, Seed, Stage, Standing, Verdict, four_eyes, verify};
use lacre_ground::ids::NoticeId;
use lacre_ground::run::Run;
use lacre_tests::proof::officials::{APPROVERS, DRAFTER, Plan, Word, account};
use lacre_tests::proof::{Cast, DISPATCH, Setup, World, agency, keys, registrar, salt, trust};
use sha2::{Digest as _, Sha256};

const BODY: &[u8] = b"Resolucion (ejemplo)\n";

/// Row i of a batch of 1,500, as the body's program has it.
fn draft_row(i: u32, run: Run) -> Row<'static> {
    let mut id = [0x5a; 16];
    id[..4].copy_from_slice(&i.to_be_bytes());
    Row {
        id: NoticeId::new(id),
        run,
        standing: Standing::Original,
        answers: false,
        act: Act::Notification { stage: Stage::End, term: Term::business_days(5) },
        case: "E-0001/2026",
        procedure: "Permiso de ejemplo",
        subject: "Se resuelve su solicitud (ejemplo)",
        description: "Puede interponer recurso de reposicion.",
        uris: vec![],
        files: vec![RowFile {
            sha256: Sha256::digest(BODY).into(),
            len: BODY.len() as u64,
            media: "text/plain",
            name: "resolucion.txt",
        }],
    }
}

struct Scene {
    world: World,
    run: Run,
    approvals: Approvals,
    place: RowPlace,
    batch: BatchText,
}

const ROWS: u32 = 1_500;
const INDEX: u32 = 1_030;

/// Officials approve 1,500 rows; the paths are made block by block, as for a hundred thousand.
fn scene(change: impl FnOnce(&mut Plan)) -> Scene {
    let world = World::honest();
    let run = lacre_tests::proof::run(Cast::HONEST.person);
    let mut roots = Roots::default();
    for i in 0..ROWS {
        roots.push(draft_row(i, run).leaf(i));
    }
    let mut plan = Plan::honest(ROWS);
    plan.index = INDEX;
    plan.batch.root = roots.root().unwrap();
    change(&mut plan);
    let (approvals, _, _) = plan.sign(&draft_row(INDEX, run));
    let block: Vec<[u8; 32]> = roots.block_of(INDEX).map(|i| draft_row(i, run).leaf(i)).collect();
    let place = RowPlace { index: INDEX, path: roots.path(INDEX, &block).unwrap() };
    let batch = BatchText::parse(&approvals.batch).unwrap();
    Scene { world, run, approvals, place, batch }
}

fn approved(scene: &Scene) -> Result<Approved, FaultCode> {
    let registrars = [registrar(1).public()];
    four_eyes::check(&scene.approvals, &scene.batch.agency, &registrars).map_err(|fault| fault.code)
}

fn composed(scene: &Scene, by: &Approved, place: &RowPlace, change: impl FnOnce(&mut Draft<'_>)) -> Result<Sent, ComposeError> {
    let row = draft_row(INDEX, scene.run);
    let files = [File { name: "resolucion.txt", media: "text/plain", bytes: BODY }];
    let mut draft = Draft {
        id: row.id,
        standing: row.standing,
        act: row.act,
        case: row.case,
        procedure: row.procedure,
        subject: row.subject,
        description: row.description,
        uris: &[],
        files: &files,
        rule: RuleId::Cl46.rule(),
        calendar: Calendar::chile(),
        answers_to: None,
        approved: Some(ApprovedRow { by, place }),
    };
    change(&mut draft);
    let (world, bundle) = (&scene.world, &scene.world.bundle);
    let designation = Setup::example(Cast::HONEST).designation;
    let designation = lacre_ground::signed::Signed::sign(&designation, &lacre_tests::proof::device(Cast::HONEST.person)).unwrap();
    assert!(matches!(world.lookup.answer, Answer::Account { .. }));
    let to = Addressee {
        lookup: &world.lookup,
        run: scene.run,
        salt: salt(Cast::HONEST),
        states: &bundle.states,
        grant: &world.grant,
        designation: &designation,
    };
    let made = Setup::example(Cast::HONEST).made_at;
    compose(&draft, &to, &world.certificate, &agency(1), &keys(Cast::HONEST), made, &Seed::new([0x91; 32]))
}

fn not(result: Result<Sent, ComposeError>) -> Option<NotApproved> {
    match result {
        Err(ComposeError::NotApproved(why)) => Some(why),
        _ => None,
    }
}

#[test]
fn a_body_composes_what_was_approved_and_nothing_else() {
    let scene = scene(|_| ());
    let by = approved(&scene).unwrap();
    let go = |change: &dyn Fn(&mut Draft<'_>)| composed(&scene, &by, &scene.place, |d| change(d));

    assert_eq!(by.approvers().map(|by| by.account).collect::<Vec<_>>(), APPROVERS.map(account));
    assert_eq!(by.drafter().map(|by| (by.account, by.role)), Some((account(DRAFTER), Role::Drafter)));
    go(&|_| ()).unwrap();

    assert_eq!(not(go(&|d| d.subject = "Se rechaza su solicitud (ejemplo)")), Some(NotApproved::Row));
    assert_eq!(not(go(&|d| d.standing = Standing::Trial)), Some(NotApproved::Row));
    assert_eq!(not(go(&|d| d.id = NoticeId::new([1; 16]))), Some(NotApproved::Row));
    assert_eq!(not(go(&|d| d.rule = RuleId::ClD4.rule())), Some(NotApproved::Law));
    let other = RowPlace { index: INDEX + 1, ..scene.place.clone() };
    assert_eq!(not(composed(&scene, &by, &other, |_| ())), Some(NotApproved::Row));
}

#[test]
fn what_is_composed_with_approvals_verifies_and_says_whose_they_are() {
    let scene = scene(|_| ());
    let by = approved(&scene).unwrap();
    let sent = composed(&scene, &by, &scene.place, |_| ()).unwrap();

    let mut receipt = scene.world.receipt.clone();
    receipt.envelope = sent.envelope.digest();
    if let Some(submission) = &mut receipt.submission {
        submission.entry = lacre_evidence::envelope::entry_id(&Seed::new([0x91; 32]));
    }
    let receipt = lacre_ground::signed::NoteText::sign(&receipt, &lacre_tests::proof::relay(1)).unwrap();
    let bundle = sent.bundle(&receipt, &[]).to_bytes();

    let Verdict::Valid(proven) = verify(&bundle, Some(&trust())) else { panic!("{:?}", verify(&bundle, Some(&trust()))) };
    let Outcome::Sent(notice) = proven.outcome else { panic!("it was sent") };
    let told = notice.approved.unwrap();
    assert_eq!((told.batch(), told.approvers().count()), (&scene.batch, 2));
}

#[test]
fn who_approves_outside_the_time_or_before_the_clock_is_not_composed_for() {
    let early = scene(|plan| plan.batch.not_before = DISPATCH);
    assert_eq!(not(composed(&early, &approved(&early).unwrap(), &early.place, |_| ())), Some(NotApproved::Time));
    let late = scene(|plan| plan.words[1].approval.made_at = DISPATCH);
    assert_eq!(not(composed(&late, &approved(&late).unwrap(), &late.place, |_| ())), Some(NotApproved::Early));
}

#[test]
fn a_batch_in_pieces_needs_an_approver_for_each_and_one_of_1500_needs_two() {
    let one = scene(|plan| plan.words.truncate(2));
    assert_eq!(approved(&one).unwrap_err(), FaultCode::ApprovalFew);
    let drafter_twice = scene(|plan| plan.words[2] = Word::new(DRAFTER, Role::Approver, DISPATCH));
    assert_eq!(approved(&drafter_twice).unwrap_err(), FaultCode::Approval);
}

#[test]
fn every_rule_and_calendar_of_an_approval_is_named_by_its_text() {
    let scene = scene(|plan| plan.batch.calendar = TextRef { sha256: [1; 32], ..plan.batch.calendar.clone() });
    assert_eq!(not(composed(&scene, &approved(&scene).unwrap(), &scene.place, |_| ())), Some(NotApproved::Law));
}
