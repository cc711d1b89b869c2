//! A person's phone is lost, with a notice on it, and she recovers her account at the counter: whoever has the phone, and a program of
//! his own, says nothing in her name to a public body any more.
use crate::official::{addressee, body, notices, send, status, text, verdict};
use lacre_core::network::{Lane, NetError, Network as _};
use lacre_core::view::NoticeAnswer;
use lacre_ground::address::Invitation;
use lacre_ground::ids::Handle;
use lacre_proto::relay::v1 as wire;
use lacre_tests::tap::Tap;
use lacre_tests::terminal::Town;
use lacre_tests::world::{Person, network};
use serde_json::Value;

/// What this device answers to its notices, signed and sealed, and kept back from the relay by whoever has it.
fn signed_and_kept(phone: &mut Person) -> Vec<wire::AppendRequest> {
    let kept = std::sync::Mutex::new(Vec::new());
    let mut tap = Tap::new(&mut phone.net);
    tap.before = Box::new(|request| {
        kept.lock().unwrap().push(request.clone());
        Err(NetError::Protocol("kept back".into()))
    });
    for _ in 0..3 {
        let _kept_back = phone.client.sync(&mut tap);
        phone.clock.forward(16 * 60_000);
    }
    drop(tap);
    let mut all: Vec<wire::AppendRequest> = kept.into_inner().unwrap();
    all.sort_by(|a, b| a.entry_id.cmp(&b.entry_id));
    all.dedup_by(|a, b| a.entry_id == b.entry_id);
    all
}

fn row(body: &lacre_tests::terminal::Person, n: usize) -> Value {
    body.json(&["agency", "status"])["notices"][n].clone()
}

/// Seen red with the times of answer and reset compared the wrong way round.
#[test]
fn who_has_the_lost_phone_neither_acknowledges_nor_appeals_in_her_name_once_she_was_at_the_counter() {
    let town = Town::new();
    let office = body(&town, "AO020");
    let mut ana = Person::new(&town.folder().join("profile-ana"));
    let code = |text: String| Invitation::parse(&text).unwrap();
    ana.client.enroll(&mut ana.net, &code(town.invitation(0)), &Handle::parse("ana").unwrap()).unwrap();
    ana.client.designate("Las notificaciones oficiales me llegan aquí (ejemplo).").unwrap();
    ana.sync();
    let first = send(&office, 0, &[]).done_json();
    ana.sync();
    let known = ana.client.notices().unwrap().remove(0).id;
    ana.client.answer_notice(known, NoticeAnswer::Acknowledged).unwrap();
    ana.sync();
    let second = send(&office, 0, &[]).done_json();
    ana.sync();
    let other = ana.client.notices().unwrap().into_iter().find(|n| n.id != known).unwrap().id;
    let before = status(&office, 0).1;

    // the thief signs with the key of the phone, and sends it with a program of his own when she was at the counter
    let mut phone = ana.copy(&town.folder().join("profile-thief"));
    phone.client.answer_notice(other, NoticeAnswer::Acknowledged).unwrap();
    phone.client.reply_to_notice(other, "Renuncio a todo recurso.", &[]).unwrap();
    phone.client.reply_to_notice(known, "Renuncio aquí también.", &[]).unwrap();
    let forged = signed_and_kept(&mut phone);
    assert_eq!(forged.len(), 3);
    let mut again = Person::new(&town.folder().join("profile-ana-again"));
    again.client.recover(&mut again.net, &code(town.recovery(0))).unwrap();
    for request in forged {
        network().append(town.authority(), Lane::Directory, request).expect("the relay knows nobody here");
    }

    let (_, answers, aside) = status(&office, 1);
    assert_eq!(answers, ["ContentHandover"], "what came before stays, and nothing else is believed");
    assert_eq!(aside, serde_json::json!(["lost-device", "lost-device"]));
    let (_, answers, aside) = status(&office, 0);
    assert_eq!((answers, aside), (before, serde_json::json!(["lost-device"])));
    assert_eq!(row(&office, 0)["reset_at"], Value::Null, "she had acknowledged it");
    assert!(row(&office, 1)["reset_at"].is_string(), "an official is told that she may not have it");
    for sent in [&first, &second] {
        assert_eq!(text(&verdict(&office, text(&sent["evidence"])).done_json()["verdict"]), "VALID");
    }
}

/// Somebody whose phone is lost before she read what a body sent, and who is there again with a new account that is her address.
#[test]
fn an_official_sends_a_copy_to_the_new_account_and_it_starts_no_term_and_proves_its_original() {
    let town = Town::new();
    let (office, ana) = (body(&town, "AO021"), addressee(&town, 0, "ana"));
    let sent = send(&office, 0, &[]).done_json();
    let trial = send(&office, 0, &["--trial"]).done_json();
    let copy = |of: &Value| office.run(&["agency", "send", "--copy", text(&of["notice"]), "--json"]);
    let again = town.newcomer("ana-again");
    again.run(&["recover", &town.recovery(0)]).done();
    drop(ana);
    let refused: Value = serde_json::from_str(&copy(&trial).failed(1)).unwrap();
    assert_eq!(text(&refused["error"]), "body-not-delivered", "nothing is said about a trial");
    let nowhere = copy(&sent);
    assert_eq!(nowhere.code, Some(1), "the new account is no address yet: {}", nowhere.err);
    let _on = again.json(&["notice", "address", "on", "--yes"]);

    let copied = copy(&sent).done_json();

    assert_eq!((text(&copied["outcome"]), text(&copied["verdict"])), ("sent", "VALID"));
    let came = notices(&again);
    let [notice] = came.as_slice() else { panic!("one notice: {came:?}") };
    assert_eq!(notice["invalid"], Value::Null, "{notice}");
    let n = &notice["notice"];
    assert_eq!((text(&n["standing"]), text(&n["subject"])), ("copy", "Se resuelve su solicitud (ejemplo)"));
    let read = again.run(&["notice", "read", text(&notice["id"])]).done();
    assert!(read.contains("Se acoge la solicitud."), "the same body: {read}");
    let files = n["files"].as_array().unwrap();
    let original = files.iter().find(|f| f["name"] == "original.lacre").unwrap();
    let number = original["number"].as_u64().unwrap().to_string();
    let saved = again.json(&["notice", "read", text(&notice["id"]), "--save", &number]);
    assert_eq!(
        text(&verdict(&office, &again.home.join(text(&saved["path"])).display().to_string()).done_json()["verdict"]),
        "VALID",
        "its dates are proved to her, too"
    );
    let rows = office.json(&["agency", "status"])["notices"].clone();
    let row = rows.as_array().unwrap().iter().find(|row| row["notice"] == copied["notice"]).unwrap();
    assert_eq!((text(&row["standing"]), &row["of"]), ("copy", &sent["notice"]));
    assert_eq!(rows[0]["reset_at"], Value::Null, "nothing is to be decided any more");
}

#[test]
fn a_correction_goes_to_the_same_person_about_the_same_case_and_has_a_term_of_its_own() {
    let town = Town::new();
    let (office, ana) = (body(&town, "AO022"), addressee(&town, 0, "ana"));
    let sent = send(&office, 0, &[]).done_json();
    let args = ["agency", "send", "--corrects", text(&sent["notice"]), "--type", "end", "--term", "7", "--subject", "Rectifica"];
    let more = ["--description", "Rectifica la resolución (ejemplo).", "--body", "resolucion.md"];

    let corrected = office.json(&[args.as_slice(), &more].concat());

    assert_eq!(text(&corrected["verdict"]), "VALID");
    let came = notices(&ana);
    let second = came.iter().find(|n| n["notice"]["id"] == corrected["notice"]).unwrap();
    let n = &second["notice"];
    assert_eq!((text(&n["standing"]), text(&n["case"]), &n["term"]), ("corrects", "E-0001/2026", &Value::from(7)));
    let mut args = [args.as_slice(), &more, &["--json"]].concat();
    args[3] = "ffff";
    assert_eq!(text(&serde_json::from_str::<Value>(&office.run(&args).failed(1)).unwrap()["error"]), "no-notice");
}
