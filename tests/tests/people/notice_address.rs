//! What a person is told of her address for official notices: what the registrar says now.
use lacre_tests::relay::operate_typing;
use lacre_tests::terminal::{RUNS, Town};

#[test]
fn an_exempt_person_is_told_that_notices_do_not_reach_her_and_why_until_the_exemption_goes() {
    let town = Town::new();
    let ana = town.person(0, "ana");
    ana.run(&["notice", "address", "on", "--yes"]).done();
    let before = ana.json(&["notice", "address"]);
    let exempt = |args: &[&str]| {
        let all = [&["registrar", "exempt"], args, &["--data", "data"]].concat();
        operate_typing(town.folder(), &all, RUNS[0]).unwrap()
    };
    exempt(&["add", "--reason", "law"]);

    // asked at once, not within the hour
    let said = ana.run(&["notice", "address"]).done();
    let english = ana.run(&["notice", "address", "--lang", "en"]).done();
    let now = ana.json(&["notice", "address"]);
    exempt(&["remove"]);
    let after = ana.json(&["notice", "address"]);

    assert!(before["on"] == true && before["exempt"].is_null() && before["remaining"] == 16, "{before}");
    assert!(said.contains("Aquí no le llegan notificaciones") && said.contains("por ley") && !said.contains("permiso"), "{said}");
    assert!(english.contains("Notices do not reach you here") && english.contains("by law"), "{english}");
    assert!(!said.contains("le llegan aquí") && now["exempt"] == "law" && now["on"] == true, "{said} {now}");
    assert!(after["exempt"].is_null(), "{after}");
}

#[test]
fn a_count_says_as_of_when_it_is_and_is_new_where_the_relay_answers() {
    let mut town = Town::new();
    let ana = town.person(0, "ana");
    ana.run(&["notice", "address", "on", "--yes"]).done();
    let first = ana.json(&["notice", "address"]);
    let second = ana.json(&["notice", "address"]);
    town.switch_off();
    let away = ana.json(&["notice", "address"]);
    let said = ana.run(&["notice", "address"]).done();

    let at = |value: &serde_json::Value| value["said_at"].as_str().unwrap().to_owned();
    assert!(at(&second) > at(&first), "asked again: {first} {second}");
    assert_eq!(at(&away), at(&second), "nobody answered, and nothing new is claimed");
    assert!(said.contains("La oficina de registro lo dijo"), "{said}");
}

#[test]
fn an_address_of_which_the_relay_was_not_told_is_not_said_to_be_one() {
    let mut town = Town::new();
    let ana = town.person(0, "ana");
    town.switch_off();

    let said = ana.run(&["notice", "address", "on", "--yes"]).done();
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");

    assert!(said.contains("el servidor todavía no sabe que esta cuenta será su dirección"), "{said}");
    assert!(!said.contains("oficiales le llegan aquí."), "{said}");
    town.switch_on();
    assert!(ana.run(&["notice", "address"]).done().contains("le llegan aquí. Los plazos corren"));
}
