//! A relay put back from a backup of before: what was no address any more by then is none there either.
use crate::official::{addressee, body, notices, send, text};
use lacre_tests::relay::{operate, operate_typing};
use lacre_tests::terminal::{Person, RUNS, Town};
use serde_json::Value;

/// What came of it, whatever that is.
fn outcome(body: &Person, n: usize) -> String {
    let said: Value = serde_json::from_str(&send(body, n, &[]).out).unwrap();
    text(&said["outcome"]).to_owned()
}

/// The clerk of a body waits for a restored relay to write to who left, paused or was exempted since the backup.
#[test]
fn a_restored_relay_has_no_address_until_her_device_was_there_again() {
    let mut town = Town::new();
    let (body, revoked) = (body(&town, "AO011"), body(&town, "AO012"));
    let [ana, bruno, carla, dario] =
        [(0, "ana"), (1, "bruno"), (2, "carla"), (3, "dario")].map(|(n, handle)| addressee(&town, n, handle));
    let operator = |town: &Town, args: &[&str]| {
        let said = operate(town.folder(), &[args, &["--data", "data"]].concat()).unwrap();
        assert_eq!(said.code, Some(0), "{args:?} {}", said.err);
    };
    operator(&town, &["backup", "kept"]);
    std::fs::write(town.folder().join("passphrase"), "five words of an example\n").unwrap();
    operator(&town, &["backup", "--keys", "kept.keys", "--passphrase-file", "passphrase"]);
    let _said = ana.json(&["notice", "address", "off", "--yes"]);
    let _said = bruno.json(&["notice", "address", "pause"]);
    let exempt = ["registrar", "exempt", "add", "--reason", "minor", "--data", "data"];
    assert_eq!(operate_typing(town.folder(), &exempt, RUNS[2]).unwrap().code, Some(0));
    operator(&town, &["registrar", "agency", "revoke", "AO012"]);

    town.switch_off();
    std::fs::remove_dir_all(town.folder().join("data")).unwrap();
    for key in ["lacre-run.key", "lacre-registrar.key"] {
        std::fs::remove_file(town.folder().join(key)).unwrap();
    }
    operator(&town, &["restore", "kept"]);
    operator(&town, &["restore", "--keys", "kept.keys", "--passphrase-file", "passphrase"]);
    town.switch_on();

    let error: Value = serde_json::from_str(send(&revoked, 3, &[]).err.lines().last().unwrap()).unwrap();
    assert_eq!(text(&error["error"]), "body-refused", "a body that was revoked since");
    let before: Vec<String> = (0..4).map(|n| outcome(&body, n)).collect();
    assert_eq!(before, ["no-account", "no-account", "exempt", "no-account"]);
    // with the first round a device learns that the store is another one
    for person in [&ana, &bruno, &carla, &dario, &dario] {
        person.run(&["list"]).done();
    }
    let after: Vec<String> = (0..4).map(|n| outcome(&body, n)).collect();
    assert_eq!(after, ["no-account", "no-account", "exempt", "sent"]);
    assert_eq!([&ana, &bruno, &carla, &dario].map(|person| notices(person).len()), [0, 0, 0, 1]);
}
