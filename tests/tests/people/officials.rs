//! Officials of a public body with the real programs: office accounts, lists of roles that two administrators sign, approvals, and
//! whoever would get round them.

use crate::official::{body, text};
use lacre_agency::officials::{ApprovalFile, RolesFile, gather};
use lacre_evidence::notice::TextRef;
use lacre_evidence::{Approved, BatchText, FaultCode, Trust, four_eyes};
use lacre_ground::agency::AgencyCode;
use lacre_ground::ids::{AccountId, BatchId};
use lacre_ground::time::{Clock as _, Millis, SystemClock};
use lacre_tests::relay::{Said as Operated, operate_typing};
use lacre_tests::terminal::{Person, RUNS, Said, Town};
use serde_json::Value;

const DAY: u64 = 86_400_000;

fn counter(town: &Town, args: &[&str], n: usize) -> Operated {
    operate_typing(town.folder(), &[&["registrar"], args, &["--data", "data"]].concat(), RUNS[n]).unwrap()
}

fn office_code(town: &Town, code: &str, n: usize, more: &[&str]) -> String {
    let said = counter(town, &[&["issue-code", "--office", code, "--json"], more].concat(), n);
    let given: Value = serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {} {}", said.out, said.err));
    text(&given["invitation"]).to_owned()
}

/// The n-th example person's office account, in a profile of its own.
fn official(town: &Town, code: &str, n: usize, handle: &str, more: &[&str]) -> Person {
    let person = town.newcomer(handle);
    person.run(&["enroll", &office_code(town, code, n, more), &person.handle]).done();
    person
}

fn account(person: &Person) -> String {
    text(&person.json(&["agency", "office"])["account"]).to_owned()
}

fn trust(body: &Person) -> Trust {
    Trust::parse(text(&body.json(&["agency", "trust"])["trust"])).unwrap()
}

fn batch(code: &str, drafter: Option<&Person>, rows: u32) -> BatchText {
    let (now, rule) = (SystemClock.now(), lacre_evidence::clock::RuleId::Cl46.rule());
    let calendar = lacre_evidence::clock::Calendar::chile();
    BatchText {
        id: BatchId::new([7; 16]),
        agency: AgencyCode::parse(code).unwrap(),
        made_at: now,
        drafter: drafter.map(|who| AccountId::from_hex(&account(who)).unwrap()),
        rule: TextRef { id: rule.id.name().to_owned(), sha256: rule.sha256 },
        calendar: TextRef { id: calendar.id().to_owned(), sha256: calendar.sha256() },
        not_before: now,
        not_after: Millis::new(now.get() + DAY),
        rows,
        root: [5; 32],
    }
}

/// A body with two administrators, a drafter and two approvers, whose list of roles is in force.
struct Office {
    town: Town,
    body: Person,
    ada: Person,
    bea: Person,
    dina: Person,
    list: String,
}

impl Office {
    fn new(code: &str) -> Self {
        let town = Town::new();
        let body = body(&town, code);
        let admin = ["--administrator"];
        let (ada, bea) = (official(&town, code, 0, "ada", &admin), official(&town, code, 1, "bea", &admin));
        let dina = official(&town, code, 2, "dina", &[]);
        let list = town.folder().join("roles.json").display().to_string();
        let office = Self { town, body, ada, bea, dina, list };
        for (who, role) in [
            (account(&office.ada), "administrator"),
            (account(&office.bea), "administrator"),
            (account(&office.bea), "approver"),
            (account(&office.dina), "drafter"),
        ] {
            office.ada.run(&["agency", "official", "add", &who, role, "--file", &office.list]).done();
        }
        office
    }
    /// The second administrator signs.
    fn signed(self) -> Self {
        self.bea.run(&["agency", "official", "sign", "--file", &self.list]).done();
        self
    }
    fn roles(&self) -> RolesFile {
        serde_json::from_slice(&std::fs::read(&self.list).unwrap()).unwrap()
    }
    fn approve(&self, who: &Person, batch: &BatchText, to: &str) -> Said {
        let file = self.town.folder().join("batch.txt");
        std::fs::write(&file, batch.text()).unwrap();
        let (file, to) = (file.display().to_string(), self.town.folder().join(to).display().to_string());
        who.run(&["agency", "approve", &file, "--roles", &self.list, "--to", &to, "--yes", "--json"])
    }
    fn check(&self, batch: &BatchText, files: &[&str]) -> Result<Approved, FaultCode> {
        let read = |name: &&str| -> ApprovalFile {
            serde_json::from_slice(&std::fs::read(self.town.folder().join(name)).unwrap()).unwrap()
        };
        let given = gather(batch, &self.roles(), &files.iter().map(read).collect::<Vec<_>>());
        four_eyes::check(&given, &batch.agency, &trust(&self.body).keys.registrars).map_err(|fault| fault.code)
    }
}

#[test]
fn officials_of_a_body_approve_a_batch_that_one_of_them_drafted() {
    let office = Office::new("AO050").signed();
    let listed = office.dina.json(&["agency", "official", "list", "--file", &office.list]);
    assert_eq!((&listed["number"], listed["officials"].as_array().unwrap().len()), (&Value::from(0), 4), "{listed}");
    let batch = batch("AO050", Some(&office.dina), 3);

    assert_eq!(text(&office.approve(&office.dina, &batch, "dina.json").done_json()["as"]), "drafter");
    assert_eq!(text(&office.approve(&office.bea, &batch, "bea.json").done_json()["as"]), "approver");

    let approved = office.check(&batch, &["dina.json", "bea.json"]).unwrap();
    assert_eq!(approved.drafter().unwrap().handle.as_str(), "dina");
    assert_eq!(approved.approvers().map(|by| by.handle.as_str()).collect::<Vec<_>>(), ["bea"]);
    assert_eq!(office.check(&batch, &["dina.json"]).unwrap_err(), FaultCode::ApprovalFew);
    assert_eq!(office.check(&batch, &["dina.json", "bea.json", "bea.json"]).unwrap_err(), FaultCode::Approval);
    let other = BatchText { root: [6; 32], ..batch };
    assert_eq!(office.check(&other, &["dina.json", "bea.json"]).unwrap_err(), FaultCode::Approval);
}

#[test]
fn who_may_not_approve_is_told_so_and_signs_nothing() {
    let office = Office::new("AO051").signed();
    let ana = office.town.person(3, "ana");
    let batch = batch("AO051", Some(&office.dina), 3);
    let no = |said: Said| {
        assert_eq!(said.code, Some(1), "{} {}", said.out, said.err);
        said.err
    };

    assert!(no(office.approve(&office.ada, &batch, "x")).contains("approver"), "she administers, and approves nothing");
    assert!(no(office.approve(&ana, &batch, "x")).contains("office"), "a private account");
    let asked = office.bea.run(&["agency", "approve", "../batch.txt", "--roles", &office.list, "--to", "../x"]);
    assert_eq!(asked.code, Some(1), "nobody said yes: {}", asked.err);
    assert!(!office.town.folder().join("x").exists());
    // a private profile is no official, and an office is nobody's address
    let address = office.dina.run(&["notice", "address", "on", "--yes"]);
    assert_eq!(address.code, Some(1), "{}", address.err);
    assert!(ana.run(&["notice", "address", "on", "--yes"]).code == Some(0));
}

#[test]
fn a_list_that_one_administrator_signed_is_not_in_force() {
    let office = Office::new("AO052");
    let batch = batch("AO052", Some(&office.dina), 3);

    let said = office.approve(&office.bea, &batch, "bea.json");

    assert_eq!(said.code, Some(1), "{}", said.err);
    let again = office.ada.run(&["agency", "official", "sign", "--file", &office.list]).done();
    assert!(!again.is_empty());
    assert!(office.roles().lists.is_empty(), "her second signature is no second administrator's");
}

#[test]
fn who_was_removed_and_whose_post_ended_approve_no_more() {
    let office = Office::new("AO053").signed();
    let batch = batch("AO053", None, 3);
    let _approved = office.approve(&office.bea, &batch, "before.json").done_json();
    office.check(&batch, &["before.json"]).unwrap();

    let bea = account(&office.bea);
    office.ada.run(&["agency", "official", "remove", &bea, "approver", "--file", &office.list]).done();
    office.bea.run(&["agency", "official", "sign", "--file", &office.list]).done();

    assert_eq!(office.approve(&office.bea, &batch, "after.json").code, Some(1));
    assert_eq!(office.check(&batch, &["before.json"]).unwrap_err(), FaultCode::Approval, "by the list of before");
    let ended = counter(&office.town, &["office", "end", "AO053"], 2);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let gone = office.dina.run(&["agency", "office", "--json"]);
    assert_ne!(gone.code, Some(0), "{}", gone.out);
    assert_eq!(counter(&office.town, &["office", "end", "AO053"], 2).code, Some(1), "it is over");
}

#[test]
fn an_office_is_apart_from_the_persons_own_account_and_from_other_bodies() {
    let town = Town::new();
    let (_one, _two) = (body(&town, "AO054"), body(&town, "AO055"));
    let own = town.person(0, "ana");
    let (here, there) = (official(&town, "AO054", 0, "ana.one", &[]), official(&town, "AO055", 0, "ana.two", &[]));

    let bodies = [&here, &there].map(|who| text(&who.json(&["agency", "office"])["agency"]).to_owned());
    assert_eq!(bodies, ["AO054", "AO055"]);
    let said = own.run(&["agency", "office", "--json"]);
    assert_eq!(said.code, Some(1), "{}", said.out);
    let twice = counter(&town, &["issue-code", "--office", "AO054", "--json"], 0);
    assert_eq!(twice.code, Some(1), "one office account for a person and a body: {}", twice.out);
    let nobody = counter(&town, &["issue-code", "--office", "AO099", "--json"], 0);
    assert_eq!(nobody.code, Some(1), "{}", nobody.out);
}
