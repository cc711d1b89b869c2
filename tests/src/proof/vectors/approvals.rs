//! What officials approved, and what nobody may pass off as approved: FORMAT.md, 4b.

use super::vector::*;
use crate::proof::officials::*;
use crate::proof::*;
use lacre_evidence::approved::Approvals;
use lacre_evidence::batch::MAX_ROWS;
use lacre_evidence::{Post, Role};
use lacre_ground::label::{self, Label};

const SKEW: u64 = 60_000;

type Draw = fn(&mut Plan);
type Row = (&'static str, &'static str, &'static str, Draw);

fn hours(n: u64) -> Millis {
    Millis::new(DISPATCH.get() - n * HOUR)
}

fn bundle(rows: u32, change: impl FnOnce(&mut Plan)) -> Bundle {
    let mut setup = Setup::example(Cast::HONEST);
    let mut plan = Plan::honest(rows);
    change(&mut plan);
    setup.approved = Some(plan);
    setup.play().bundle
}

fn rows(out: &mut Vec<Vector>, count: u32, table: &[Row]) {
    for (name, code, why, change) in table {
        let verdict = if code.is_empty() { "VALID" } else { "INVALID" };
        add(out, name, TrustFile::Honest, verdict, code, why, bundle(count, change).to_bytes());
    }
}

pub(super) fn all(out: &mut Vec<Vector>) {
    rows(out, 3, &GOOD);
    rows(out, 3, &WORDS);
    rows(out, 3, &POSTS);
    rows(out, 3, &LISTS);
    rows(out, 3, &BATCHES);
    counts(out);
    shapes(out);
    named(out);
}

const GOOD: [Row; 5] = [
    ("valid-approved", "", "one official drafted it, another one approved it", |_| ()),
    ("valid-approved-by-program", "", "the body's program drafted it, one official approved it", |p| {
        p.batch.drafter = None;
        p.words.remove(0);
    }),
    ("valid-approved-later-list", "", "by the second list of roles, signed by the administrators of the first", |p| {
        let later = List::new(1, hours(50)).without(ADMINS[0]).with(APPROVERS[1], Role::Administrator);
        p.lists.push(later);
        p.clerk(ADMINS[1]).office.post = Post::Administrator;
    }),
    ("valid-approved-second-device", "", "the approver's second device, which the registrar's state has", |p| {
        p.clerk(APPROVERS[0]).joined_by(21);
        p.words[1].by = device(21);
        p.words[1].approval.device = DeviceId::new([21; 16]);
    }),
    ("valid-approved-two-offices", "", "an official with an old note of the registrar, and a new one", |p| {
        let mut old = Clerk::new(APPROVERS[0], Post::Official);
        (old.office.from, old.office.until) = (hours(900), hours(500));
        p.clerks.insert(0, old);
    }),
];

const WORDS: [Row; 25] = [
    ("approval-by-drafter", "approval", "who drafted it approves it", |p| {
        p.lists[0] = List::new(0, hours(100)).with(DRAFTER, Role::Approver);
        p.words[1] = Word::new(DRAFTER, Role::Approver, hours(2));
        p.words.remove(0);
    }),
    ("approval-by-drafter-too", "approval", "who drafted it signs that, and approves it too", |p| {
        p.lists[0] = List::new(0, hours(100)).with(DRAFTER, Role::Approver);
        p.words[1] = Word::new(DRAFTER, Role::Approver, hours(2));
    }),
    ("approval-by-agency-key", "signature", "the body's own key", |p| p.words[1].by = agency(1)),
    ("approval-by-agency-key-as-device", "signature", "the body's own key under a device's name", |p| {
        p.words[1].by = NoteSigner::new(DEVICE, &[0x41; 32]).unwrap();
    }),
    ("approval-by-stranger", "signature", "a device of nobody with a post", |p| p.words[1].by = device(33)),
    ("approval-by-other-device", "signature", "another device than the one that it names", |p| {
        p.clerk(APPROVERS[0]).joined_by(21);
        p.words[1].by = device(21);
    }),
    ("approval-by-other-official", "signature", "another approver's device", |p| p.words[1].by = device(APPROVERS[1])),
    ("approval-by-nobody-known", "approval", "of an account that the registrar gives no post", |p| {
        p.clerks.retain(|c| c.n != APPROVERS[0]);
    }),
    ("approval-twice", "approval", "twice by one account", |p| {
        p.words.push(Word::new(APPROVERS[0], Role::Approver, hours(1)));
    }),
    ("approval-drafted-twice", "approval", "drafted twice by one account", |p| {
        p.words.push(Word::new(DRAFTER, Role::Drafter, hours(1)));
    }),
    ("approval-of-other-batch", "approval", "over another digest", |p| p.words[1].approval.batch = [9; 32]),
    ("approval-of-other-body", "approval", "it names another body", |p| {
        p.words[1].approval.agency = AgencyCode::parse("AO777").unwrap();
    }),
    ("approval-by-removed-official", "approval", "by one whom the last list names no more", |p| {
        p.lists.push(List::new(1, hours(50)).without(APPROVERS[0]));
    }),
    ("approval-by-old-list", "approval", "by a list that another one followed", |p| {
        p.words[1].approval.roles = list_hash(&p.lists[0]);
        p.lists.push(List::new(1, hours(50)));
    }),
    ("approval-by-an-administrator", "approval", "by one who only administers", |p| {
        p.words[1] = Word::new(ADMINS[0], Role::Approver, hours(2));
    }),
    ("approval-drafter-who-may-not", "approval", "drafted by an approver, who may not draft", |p| {
        p.batch.drafter = Some(account(APPROVERS[1]));
        p.words[0] = Word::new(APPROVERS[1], Role::Drafter, hours(3));
    }),
    ("approval-as-drafter-of-anothers", "approval", "another one says that she drafted it", |p| {
        p.lists[0] = List::new(0, hours(100)).with(APPROVERS[1], Role::Drafter);
        p.words.push(Word::new(APPROVERS[1], Role::Drafter, hours(2)));
    }),
    ("approval-as-drafter-of-nobodys", "approval", "she says that she drafted what the body's program drafted", |p| {
        p.batch.drafter = None;
    }),
    ("approval-60-s-before-batch", "", "a minute before the batch was made", |p| {
        p.words[1].approval.made_at = Millis::new(hours(4).get() - SKEW);
    }),
    ("approval-61-s-before-batch", "approval", "a millisecond more", |p| {
        p.words[1].approval.made_at = Millis::new(hours(4).get() - SKEW - 1);
    }),
    ("approval-60-s-before-list", "", "a minute before the list of roles was made", |p| {
        p.lists[0].roles.made_at = hours(2).plus(SKEW);
        p.words[0].approval.made_at = hours(2);
    }),
    ("approval-61-s-before-list", "approval", "a millisecond more", |p| {
        p.lists[0].roles.made_at = hours(2).plus(SKEW + 1);
        p.words[0].approval.made_at = hours(1);
    }),
    ("approval-60-s-after-notice", "", "a minute after the notice was made", |p| {
        p.words[1].approval.made_at = Setup::example(Cast::HONEST).made_at.plus(SKEW);
    }),
    ("approval-61-s-after-notice", "approval-row", "a millisecond more", |p| {
        p.words[1].approval.made_at = Setup::example(Cast::HONEST).made_at.plus(SKEW + 1);
    }),
    ("approval-as-administrator", "note", "as what nobody approves", |p| p.words[1].approval.role = Role::Administrator),
];

const POSTS: [Row; 16] = [
    ("office-60-s-later", "", "the registrar's note is a minute younger than the approval", |p| {
        p.clerk(APPROVERS[0]).office.from = hours(2).plus(SKEW);
    }),
    ("office-61-s-later", "approval", "a millisecond more", |p| p.clerk(APPROVERS[0]).office.from = hours(2).plus(SKEW + 1)),
    ("office-until-approved", "", "it ends when she approved", |p| p.clerk(APPROVERS[0]).office.until = hours(2)),
    ("office-ended", "approval", "it ended a millisecond before", |p| {
        p.clerk(APPROVERS[0]).office.until = Millis::new(hours(2).get() - 1);
    }),
    ("office-by-stranger", "signature", "another registrar's note", |p| p.clerk(APPROVERS[0]).registrar = 2),
    ("office-of-other-body", "approval", "a post at another body", |p| {
        p.clerk(APPROVERS[0]).office.agency = AgencyCode::parse("AO777").unwrap();
    }),
    ("office-of-other-account", "other-account", "another account's states", |p| {
        p.clerk(APPROVERS[0]).office.account = account(33);
    }),
    ("office-of-other-state", "other-state", "the registrar named another state", |p| {
        p.clerk(APPROVERS[0]).office.state = (0, [9; 32]);
    }),
    ("office-of-other-number", "other-state", "under another number", |p| {
        let hash = p.clerk(APPROVERS[0]).states[0].hash();
        p.clerk(APPROVERS[0]).office.state = (1, hash);
    }),
    ("office-of-older-state", "other-state", "the registrar named the state before", |p| {
        let hash = p.clerk(APPROVERS[0]).states[0].hash();
        p.clerk(APPROVERS[0]).joined_by(21);
        p.clerk(APPROVERS[0]).office.state = (0, hash);
    }),
    ("office-of-removed-device", "signature", "a device that left the account before the registrar's note", |p| {
        p.clerk(APPROVERS[0]).joined_by(21);
        p.clerk(APPROVERS[0]).states[1].devices.remove(0);
    }),
    ("office-states-by-stranger", "signature", "her second state is signed by another", |p| {
        p.clerk(APPROVERS[0]).joined_by(21);
        p.clerk(APPROVERS[0]).n = 33;
        p.clerk(33).office.account = account(APPROVERS[0]);
    }),
    ("office-of-two-administrators", "", "the approver is called an administrator by the registrar", |p| {
        p.clerk(APPROVERS[0]).office.post = Post::Administrator;
    }),
    ("office-unused", "", "an official who signed nothing", |p| p.clerks.push(Clerk::new(34, Post::Official))),
    ("office-unused-by-stranger", "signature", "one more, by another registrar", |p| {
        p.clerks.push(Clerk::new(34, Post::Official));
        p.clerk(34).registrar = 2;
    }),
    ("office-of-nobody", "signature", "no official at all", |p| p.clerks.clear()),
];

const LISTS: [Row; 20] = [
    ("roles-by-one", "signature", "signed by one administrator", |p| drop(p.lists[0].by.pop())),
    ("roles-by-officials", "signature", "signed by two whom the registrar calls officials", |p| {
        p.clerks.iter_mut().for_each(|c| c.office.post = Post::Official);
    }),
    ("roles-by-one-and-an-official", "signature", "one of them is called an official", |p| {
        p.clerk(ADMINS[1]).office.post = Post::Official;
    }),
    ("roles-by-the-body", "signature", "signed by the body's key and one administrator", |p| p.lists[0].by[1] = agency(1)),
    ("roles-by-two-devices-of-one", "signature", "two devices of one administrator", |p| {
        p.clerk(ADMINS[0]).joined_by(21);
        p.lists[0].by[1] = device(21);
    }),
    ("roles-by-one-key-of-two", "signature", "one device that stands in both accounts", |p| {
        p.clerk(ADMINS[1]).joined_by(ADMINS[0]);
        p.lists[0].by.pop();
    }),
    ("roles-signed-after-the-post", "signature", "an administrator whose post had ended", |p| {
        p.clerk(ADMINS[1]).office.until = Millis::new(hours(100).get() - 1);
    }),
    ("roles-signed-later", "", "the second administrator signed it later, when she had asked the registrar", |p| {
        p.clerk(ADMINS[1]).office.from = hours(90);
    }),
    ("roles-signed-at-the-end", "", "the post ends when the list was made", |p| p.clerk(ADMINS[1]).office.until = hours(100)),
    ("roles-by-three", "", "a third administrator signs too", |p| {
        p.clerks.push(Clerk::new(34, Post::Administrator));
        p.lists[0].by.push(device(34));
    }),
    ("roles-next-by-strangers", "signature", "the next list by administrators whom the first does not name", |p| {
        p.clerks.extend([35, 36].map(|n| Clerk::new(n, Post::Administrator)));
        p.lists.push(List::new(1, hours(50)));
        p.lists[1].by = vec![device(35), device(36)];
    }),
    ("roles-next-by-approvers", "signature", "the next list by those who approve", |p| {
        p.lists.push(List::new(1, hours(50)));
        p.lists[1].by = APPROVERS.map(device).into();
    }),
    ("roles-begin-with-1", "approval", "the first list has number 1", |p| p.lists[0].roles.number = 1),
    ("roles-first-after-another", "approval", "the first list names one before it", |p| {
        p.lists[0].roles.previous = Some([9; 32])
    }),
    ("roles-number-skipped", "approval", "number 2 after number 0", |p| p.lists.push(List::new(2, hours(50)))),
    ("roles-of-other-chain", "approval", "the second list names another one before it", |p| {
        p.lists.push(List::new(1, hours(50)));
        p.lists[1].roles.previous = Some([9; 32]);
    }),
    ("roles-of-other-body", "approval", "a list of another body", |p| {
        p.lists[0].roles.agency = AgencyCode::parse("AO777").unwrap();
    }),
    ("roles-unsorted", "note", "officials in another order", |p| p.lists[0].roles.officials.reverse()),
    ("roles-twice", "note", "an official with one role twice", |p| {
        let first = p.lists[0].roles.officials[0];
        p.lists[0].roles.officials.insert(0, first);
    }),
    ("roles-one-administrator", "note", "a list that leaves one administrator", |p| {
        p.lists[0] = List::new(0, hours(100)).without(ADMINS[1]);
        p.lists[0].by = ADMINS.map(device).into();
    }),
];

const BATCHES: [Row; 13] = [
    ("batch-of-other-body", "approval", "a batch of another body", |p| p.batch.agency = AgencyCode::parse("AO777").unwrap()),
    ("batch-other-rule", "approval-row", "another rule than the notice's", |p| p.batch.rule.sha256 = [9; 32]),
    ("batch-other-calendar", "approval-row", "another calendar", |p| p.batch.calendar.sha256 = [9; 32]),
    ("batch-from-made", "", "it may go from when the notice was made", |p| {
        p.batch.not_before = Setup::example(Cast::HONEST).made_at;
    }),
    ("batch-from-later", "approval-row", "a millisecond later", |p| {
        p.batch.not_before = Setup::example(Cast::HONEST).made_at.plus(1);
    }),
    ("batch-until-made", "", "it may go until the notice was made", |p| {
        p.batch.not_after = Setup::example(Cast::HONEST).made_at;
    }),
    ("batch-until-earlier", "approval-row", "until a millisecond earlier", |p| {
        p.batch.not_after = Millis::new(Setup::example(Cast::HONEST).made_at.get() - 1);
    }),
    ("batch-other-root", "approval-row", "the notice is no row of it", |p| p.batch.root = [9; 32]),
    ("batch-path-cut", "approval-row", "a path that ends early", |p| p.change_path = cut),
    ("batch-path-goes-on", "approval-row", "a path that goes on", |p| p.change_path = |path| path.push([0xaa; 32])),
    ("batch-path-changed", "approval-row", "another neighbour", |p| p.change_path = |path| path[0] = [0xbb; 32]),
    ("batch-no-rows", "note", "a batch of nothing", |p| p.batch.rows = 0),
    ("batch-too-many-rows", "note", "a million rows and one", |p| p.batch.rows = MAX_ROWS + 1),
];

fn list_hash(list: &List) -> [u8; 32] {
    label::hash(Label::NoteHash, &[list.roles.text().as_bytes()])
}

fn counts(out: &mut Vec<Vector>) {
    let one = |p: &mut Plan| p.words.truncate(2);
    let mut put = |name, code: &'static str, why, bytes: Bundle| {
        let verdict = if code.is_empty() { "VALID" } else { "INVALID" };
        add(out, name, TrustFile::Honest, verdict, code, why, bytes.to_bytes());
    };
    put("approved-one-row", "", "a batch of one", bundle(1, |_| ()));
    put("approved-1000-rows", "", "a thousand rows, one approver", bundle(1000, one));
    put("approved-1001-rows", "", "one more, two approvers", bundle(1001, |_| ()));
    put("approved-1001-rows-by-one", "approval-few", "one more, one approver", bundle(1001, one));
    put("approved-million", "", "as many rows as there may be", bundle(MAX_ROWS, |_| ()));
    put("approved-last-row", "", "the last of three rows, alone on its side", bundle(3, |p| p.index = 2));
    put("approved-first-row", "", "the first of five rows", bundle(5, |p| p.index = 0));
    put("approved-no-such-row", "approval-row", "the second row of one", bundle(1, |p| p.index = 1));
    put("approved-by-nobody", "approval-few", "drafted, and approved by nobody", bundle(3, one_word));
    put("approved-not-drafted", "approval-few", "who drafted it did not sign", bundle(3, |p| drop(p.words.remove(0))));
    put("approved-not-drafted-twice", "approval-few", "two approved it, who drafted it did not sign", {
        bundle(3, |p| p.words[0] = Word::new(APPROVERS[1], Role::Approver, hours(3)))
    });
}

fn cut<T>(of: &mut Vec<T>) {
    of.truncate(of.len().saturating_sub(1));
}

fn one_word(p: &mut Plan) {
    p.words.truncate(1);
}

/// Parts that are none, or in another order.
fn shapes(out: &mut Vec<Vector>) {
    let honest = bundle(3, |_| ());
    let part = |fields: &[&[u8]]| label::message(Label::ApprovalPart, fields);
    let fields = |n: usize| -> Vec<Vec<u8>> {
        label::parts(Label::ApprovalPart, &honest.approvals[n]).unwrap().iter().map(|f| f.to_vec()).collect()
    };
    let with = |n: usize, change: &dyn Fn(&mut Vec<Vec<u8>>)| {
        let mut of = fields(n);
        change(&mut of);
        let mut bundle = honest.clone();
        bundle.approvals[n] = part(&of.iter().map(Vec::as_slice).collect::<Vec<_>>());
        bundle
    };
    let ordered = |change: &dyn Fn(&mut Vec<Vec<u8>>)| {
        let mut bundle = honest.clone();
        change(&mut bundle.approvals);
        bundle
    };
    // 0 the batch, 1 the list, 2 to 6 officials, 7 and 8 approvals
    let table = [
        ("approval-there", ordered(&|a| *a = vec![b"something".to_vec()])),
        ("approval-of-nothing", ordered(&|a| *a = vec![part(&[])])),
        ("approval-other-kind", with(8, &|f| f[0] = b"approvals".to_vec())),
        ("approval-other-label", ordered(&|a| a[8] = label::message(Label::NoticeReturn, &[b"approval", b"x"]))),
        ("approval-no-batch", ordered(&|a| drop(a.remove(0)))),
        ("approval-batch-last", ordered(&|a| a.rotate_left(1))),
        ("approval-no-list", ordered(&|a| drop(a.remove(1)))),
        ("approval-list-after-official", ordered(&|a| a.swap(1, 2))),
        ("approval-official-after-approval", ordered(&|a| a.swap(6, 7))),
        ("approval-list-among-approvals", ordered(&|a| a.insert(8, a[1].clone()))),
        ("approval-two-batches", ordered(&|a| a.insert(1, a[0].clone()))),
        ("approval-index-short", with(0, &|f| cut(&mut f[2]))),
        ("approval-index-missing", with(0, &|f| f.truncate(2))),
        ("approval-path-short", with(0, &|f| cut(&mut f[3]))),
        ("approval-list-of-two", with(1, &|f| f.push(f[1].clone()))),
        ("approval-empty-list", with(1, &|f| f.truncate(1))),
        ("approval-no-office", with(2, &|f| f.truncate(1))),
        ("approval-official-without-state", with(2, &|f| f.truncate(2))),
        ("approval-of-two", with(8, &|f| f.push(f[1].clone()))),
        ("approval-not-a-text", with(8, &|f| f[1] = vec![0xff])),
        ("approval-cut", ordered(&|a| cut(&mut a[8]))),
    ];
    for (name, bundle) in table {
        add(
            out,
            name,
            TrustFile::Honest,
            "INVALID",
            "approval",
            "parts that are not of the form of approvals",
            bundle.to_bytes(),
        );
    }
    texts(out, &honest);
}

/// A text of one part, changed and signed again.
fn texts(out: &mut Vec<Vector>, honest: &Bundle) {
    type Change = fn(&str) -> String;
    type Within = fn(&mut Approvals, Change);
    let table: [(&'static str, Within, Change); 13] = [
        ("batch-line-more", in_batch, |t| format!("{t}more x\n")),
        ("batch-drafter-word", in_batch, |t| with_line(t, "drafter ", "drafter nobody")),
        ("batch-rows-with-zero", in_batch, |t| t.replace("\nrows 3 ", "\nrows 03 ")),
        ("roles-line-more", in_list, |t| format!("{t}more x\n")),
        ("roles-role-word", in_list, |t| t.replacen(" approver\n", " approves\n", 1)),
        ("office-line-more", in_office, |t| format!("{t}more x\n")),
        ("office-no-such-post", in_office, |t| with_line(t, "post ", "post clerk")),
        ("office-handle-short", in_office, |t| with_line(t, "handle ", "handle ab")),
        ("office-handle-at", in_office, |t| with_line(t, "handle ", "handle @official11")),
        ("approval-line-more", in_approval, |t| format!("{t}more x\n")),
        ("approval-as-nobody", in_approval, |t| with_line(t, "as ", "as reader")),
        ("approval-other-words", in_approval, |t| t.replace("lacre approval v1", "lacre approval v2")),
        ("roles-of-other-kind", in_list, |t| t.replace("lacre roles v1", "lacre roles v2")),
    ];
    for (name, place, change) in table {
        let mut bundle = honest.clone();
        let (mut given, at) = Approvals::read(&bundle.approvals).unwrap();
        place(&mut given, change);
        bundle.approvals = given.parts(&at);
        add(out, name, TrustFile::Honest, "INVALID", "note", "a text of approvals that is not of its form", bundle.to_bytes());
    }
}

fn in_batch(given: &mut Approvals, change: fn(&str) -> String) {
    let changed = change(&given.batch);
    assert_ne!(changed, given.batch);
    given.batch = changed;
}
fn in_list(given: &mut Approvals, change: fn(&str) -> String) {
    given.roles[0] = resign(&given.roles[0], &device(ADMINS[0]), change);
}
fn in_office(given: &mut Approvals, change: fn(&str) -> String) {
    given.officials[0].office = resign(&given.officials[0].office, &registrar(1), change);
}
fn in_approval(given: &mut Approvals, change: fn(&str) -> String) {
    given.approvals[0] = resign(&given.approvals[0], &device(DRAFTER), change);
}

/// What N says of approvals, and what is there.
fn named(out: &mut Vec<Vector>) {
    let other = bundle(3, |p| p.named = Some([1; 32]));
    add(out, "approvals-other-hash", TrustFile::Honest, "INVALID", "approval", "the notice names others", other.to_bytes());
    let given = bundle(3, |_| ()).approvals;
    let unnamed = Bundle { approvals: given.clone(), ..World::honest().bundle };
    add(out, "approvals-not-named", TrustFile::Honest, "INVALID", "approval", "the notice names none", unnamed.to_bytes());
    let without = Bundle { approvals: vec![], ..bundle(3, |_| ()) };
    add(
        out,
        "approvals-line",
        TrustFile::Honest,
        "INCOMPLETE",
        "missing",
        "approvals are named, and none is there",
        without.to_bytes(),
    );
    let exempt = Bundle { approvals: given, ..unreachable(Answer::NoAccount) };
    add(out, "exempt-and-approval", TrustFile::Honest, "INVALID", "exempt", "an approval beside no account", exempt.to_bytes());
    let fewer: Row = ("approvals-one-left-out", "approval", "one of two approvals was left out", |_| ());
    let mut two = bundle(3, |p| p.words.push(Word::new(APPROVERS[1], Role::Approver, hours(1))));
    two.approvals.pop();
    add(out, fewer.0, TrustFile::Honest, "INVALID", fewer.1, fewer.2, two.to_bytes());
    let mut edited = bundle(3, |_| ());
    edited.notice =
        edited.notice.map(|n| resign(&n, &agency(1), |t| with_line(t, "subject", "subject Se rechaza su solicitud (ejemplo)")));
    add(
        out,
        "approvals-other-text",
        TrustFile::Honest,
        "INVALID",
        "approval-row",
        "another text than was approved",
        edited.to_bytes(),
    );
}
