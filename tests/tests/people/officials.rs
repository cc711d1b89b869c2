//! Officials of a public body with the real programs: office accounts, lists of roles that two administrators sign, approvals, and
//! whoever would get round them. What is sent with them: `four_eyes`.

use crate::official::{body, text};
use crate::official_batches::{drafted, table, template};
use lacre_tests::relay::{Said as Operated, operate_typing};
use lacre_tests::terminal::{Person, RUNS, Said, Town};
use serde_json::Value;

fn counter(town: &Town, args: &[&str], n: usize) -> Operated {
    operate_typing(town.folder(), &[&["registrar"], args, &["--data", "data"]].concat(), RUNS[n]).unwrap()
}

fn office_code(town: &Town, code: &str, n: usize, more: &[&str]) -> String {
    let said = counter(town, &[&["issue-code", "--office", code, "--json"], more].concat(), n);
    let given: Value = serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {} {}", said.out, said.err));
    text(&given["invitation"]).to_owned()
}

/// The n-th example person's office account, in a profile of its own.
pub(crate) fn official(town: &Town, code: &str, n: usize, handle: &str, more: &[&str]) -> Person {
    let person = town.newcomer(handle);
    person.run(&["enroll", &office_code(town, code, n, more), &person.handle]).done();
    person
}

pub(crate) fn account(person: &Person) -> String {
    text(&person.json(&["agency", "office"])["account"]).to_owned()
}

/// A body with two administrators, a drafter and two approvers, whose list of roles is in force.
pub(crate) struct Office {
    pub(crate) town: Town,
    pub(crate) body: Person,
    pub(crate) ada: Person,
    pub(crate) bea: Person,
    pub(crate) dina: Person,
    pub(crate) list: String,
}

impl Office {
    pub(crate) fn new(code: &str) -> Self {
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
            office.ada.run(&["agency", "official", "add", &who, role, "--file", &office.list, "--yes"]).done();
        }
        office
    }
    /// The second administrator signs.
    pub(crate) fn signed(self) -> Self {
        self.bea.run(&["agency", "official", "sign", "--file", &self.list, "--yes"]).done();
        self
    }
    /// The body's machine goes by the list.
    pub(crate) fn used(self) -> Self {
        let said = self.body.json(&["agency", "official", "use", "--file", &self.list]);
        assert_eq!(said["officials"].as_array().unwrap().len(), 4, "{said}");
        template(&self.body);
        self
    }
    /// Two roles more for the same or others, signed by both administrators.
    pub(crate) fn change(&self, how: &str, who: &Person, role: &str) {
        self.ada.run(&["agency", "official", how, &account(who), role, "--file", &self.list, "--yes"]).done();
        self.bea.run(&["agency", "official", "sign", "--file", &self.list, "--yes"]).done();
    }
    /// Drafted by an official to these persons; its id, and the file for those who approve it.
    pub(crate) fn drafts(&self, who: &Person, people: &[usize], more: &[&str]) -> (String, String) {
        table(&self.body, people);
        let (batch, _) = drafted(&self.body, &[&["--drafter", &account(who)], more].concat());
        let package = self.packed(&batch);
        (batch, package)
    }
    pub(crate) fn packed(&self, batch: &str) -> String {
        let to = self.file(&format!("{batch}.jsonl"));
        let _none_yet = std::fs::remove_file(&to);
        self.body.run(&["agency", "package", batch, "--to", &to]).done();
        to
    }
    pub(crate) fn file(&self, name: &str) -> String {
        self.town.folder().join(name).display().to_string()
    }
    pub(crate) fn approve(&self, who: &Person, package: &str, to: &str) -> Said {
        who.run(&["agency", "approve", package, "--roles", &self.list, "--to", &self.file(to), "--yes", "--json"])
    }
    /// The body takes what officials signed.
    pub(crate) fn hand_in(&self, batch: &str, files: &[&str]) -> Said {
        let files: Vec<String> = files.iter().map(|name| self.file(name)).collect();
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        self.body.run(&[&["agency", "approvals", batch, "--json"], files.as_slice()].concat())
    }
}

#[test]
fn who_may_not_approve_is_told_so_and_signs_nothing() {
    let office = Office::new("AO051").signed().used();
    let ana = office.town.person(3, "ana");
    let (_, package) = office.drafts(&office.dina, &[0], &["--no-letters"]);
    let no = |said: Said| {
        assert_eq!(said.code, Some(1), "{} {}", said.out, said.err);
        said.err
    };

    assert!(no(office.approve(&office.ada, &package, "x")).contains("approver"), "she administers, and approves nothing");
    assert!(no(office.approve(&ana, &package, "x")).contains("office"), "a private account");
    let asked = office.bea.run(&["agency", "approve", &package, "--roles", &office.list, "--to", "../x"]);
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

    let used = office.body.run(&["agency", "official", "use", "--file", &office.list]);
    assert_eq!(used.code, Some(1), "{}", used.out);
    let again = office.ada.run(&["agency", "official", "sign", "--file", &office.list, "--yes"]).done();
    assert!(!again.is_empty());
    let file: Value = serde_json::from_slice(&std::fs::read(&office.list).unwrap()).unwrap();
    assert_eq!(file["lists"].as_array().unwrap().len(), 0, "her second signature is no second administrator's");
    let office = office.signed();
    office.body.run(&["agency", "official", "use", "--file", &office.list]).done();
}

#[test]
fn who_was_removed_and_whose_post_ended_approve_no_more() {
    let office = Office::new("AO053").signed().used();
    let (batch, package) = office.drafts(&office.dina, &[0], &["--no-letters"]);
    let _drafted = office.approve(&office.dina, &package, "dina.json").done_json();
    let _approved = office.approve(&office.bea, &package, "before.json").done_json();
    let old = std::fs::read(&office.list).unwrap();

    office.change("remove", &office.bea, "approver");
    assert_eq!(office.approve(&office.bea, &package, "after.json").code, Some(1));
    // the body's machine still goes by the list of before; from the new one on what she signed is nothing
    assert_eq!(office.hand_in(&batch, &["dina.json", "before.json"]).done_json()["enough"], true);
    office.body.run(&["agency", "official", "use", "--file", &office.list]).done();
    let said = office.body.run(&["agency", "dispatch", &batch, "--json"]);
    assert_eq!((said.code, said.out.as_str()), (Some(1), ""), "{}", said.err);
    std::fs::write(&office.list, old).unwrap();
    let back = office.body.run(&["agency", "official", "use", "--file", &office.list]);
    assert_eq!(back.code, Some(1), "an old list brings nobody back: {}", back.out);

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

#[test]
fn nobody_is_smuggled_into_a_list_that_administrators_sign() {
    let office = Office::new("AO056").signed();
    let eva = official(&office.town, "AO056", 3, "eva", &[]);
    let (eva, list) = (account(&eva), &office.list);
    let read = || -> Value { serde_json::from_slice(&std::fs::read(list).unwrap()).unwrap() };
    let put = |value: &Value| std::fs::write(list, value.to_string()).unwrap();
    // unsigned roles beside a list in force are nothing
    let mut file = read();
    file["begun"] = serde_json::json!([[eva, "approver"], [eva, "administrator"]]);
    put(&file);
    office.change("remove", &office.bea, "approver");
    assert!(!office.ada.json(&["agency", "official", "list", "--file", list]).to_string().contains(&eva));

    // a list that waits is what an administrator signed, letter by letter; what is more of it is seen before the next one signs
    office.ada.run(&["agency", "official", "add", &account(&office.bea), "approver", "--file", list]).done();
    let mut file = read();
    let waiting = text(&file["waiting"]).to_owned();
    let line = waiting.lines().find(|line| line.ends_with("drafter")).unwrap().to_owned();
    file["waiting"] = waiting.replace(&line, &format!("{line}\nofficial {eva} drafter")).into();
    put(&file);
    let signed = office.bea.run(&["agency", "official", "sign", "--file", list, "--yes"]);
    assert_eq!(signed.code, Some(1), "{}", signed.out);
    office.ada.run(&["agency", "official", "add", &account(&office.bea), "approver", "--file", list]).done();
    assert!(!read()["waiting"].to_string().contains(&eva), "nothing of it is built on");
    let asked = office.bea.run(&["agency", "official", "sign", "--file", list]);
    assert_eq!(asked.code, Some(1), "nobody said yes");
    assert!(asked.err.contains(&account(&office.bea)), "she sees what the list changes: {}", asked.err);
    office.bea.run(&["agency", "official", "sign", "--file", list, "--yes"]).done();
}
