//! A conversation as evidence: a third party checks it without our program's help.
use ed25519_dalek::{Signature, VerifyingKey};
use lacre_core::limits::KEEP_RAW_MS;
use lacre_core::view::{Body, Suite};
use lacre_core::{Export, ExportedMessage, ProofFault, ProofLack, content_statement};
use lacre_ground::account::AccountState;
use lacre_ground::ids::{AccountId, ChannelId, ContentId, DeviceId, EntryId};
use lacre_ground::note::NoteKey;
use lacre_ground::receipt::{RELAY, Receipt};
use lacre_proto::content::v1::{Content, content::Kind};
use lacre_tests::terminal::Town;
use lacre_tests::world::{World, befriend, settle};
use prost::Message as _;
use serde_json::Value;

fn key_of(export: &Export, account: AccountId, device: DeviceId) -> VerifyingKey {
    let known = export.accounts.iter().find(|a| a.account == account).unwrap();
    let (first, mut state) = AccountState::first(&known.states[0]).unwrap();
    assert_eq!(first, account, "the account is the hash of its first state");
    for raw in &known.states[1..] {
        state = state.follow(raw).unwrap();
    }
    VerifyingKey::from_bytes(&state.device(device).unwrap().signature_key).unwrap()
}

#[test]
fn every_message_of_an_export_shows_who_signed_it_and_when_the_relay_stored_it() {
    let world = World::new();
    let (mut ana, mut bruno) = (world.person("ana"), world.person("bruno"));
    befriend(&mut ana, &mut bruno);
    let group = ana.client.create_group("mesa", &[bruno.account()], Suite::XWing).unwrap();
    settle(&mut [&mut ana, &mut bruno]);
    ana.say(&group, "no debo nada");
    bruno.say(&group, "te voy a encontrar");
    bruno.client.send_file(&group, "foto.jpg", &mut &b"foto"[..], 4).unwrap();
    settle(&mut [&mut ana, &mut bruno]);
    let own = ana.history(&group).into_iter().find(|m| m.own && matches!(m.body, Body::Text(_))).unwrap();
    ana.client.edit(&own, "no debo nada a nadie").unwrap();
    settle(&mut [&mut ana, &mut bruno]);

    let export = ana.client.export(Some(&mut ana.net), &group).unwrap();
    let relay = NoteKey::new(RELAY, world.authority().identity().as_bytes()).unwrap();
    let mut said = Vec::new();
    for line in &export.messages {
        let Some(proof) = &line.proof else { continue };
        let key = key_of(&export, line.message.sender, proof.device);
        let statement = |content: &[u8], entry: EntryId| {
            content_statement(line.message.sender, proof.device, &proof.group, proof.channel, entry, content)
        };
        let signature = Signature::from_slice(&proof.signature).unwrap();
        assert!(key.verify_strict(&statement(&proof.content, proof.entry), &signature).is_ok());
        let mut other = proof.content.clone();
        *other.last_mut().unwrap() ^= 1;
        assert!(key.verify_strict(&statement(&other, proof.entry), &signature).is_err(), "one bit more and it is nobody's");

        let receipt = Receipt::verify(proof.receipt.as_ref().expect("a receipt"), &relay).unwrap();
        assert_eq!((receipt.channel, receipt.seq.get(), receipt.entry_id), (proof.channel, proof.seq, proof.entry));
        assert!(!receipt.seal && receipt.accepted_at >= line.message.accepted_at.unwrap());
        match Content::decode(proof.content.as_slice()).unwrap().kind.unwrap() {
            Kind::Text(text) => said.push(text.text),
            Kind::Edit(edit) => said.push(edit.text),
            Kind::File(file) => said.push(file.name),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(said, ["no debo nada a nadie", "te voy a encontrar", "foto.jpg"], "an edited message shows its newest text");

    // the embedder's own check comes to the same, and notices each change
    for line in export.messages.iter().filter(|line| line.proof.is_some()) {
        let proven = export.check(line).unwrap();
        assert!(proven.stored_at.unwrap() >= line.message.accepted_at.unwrap());
        assert_eq!(proven.lack, line.message.edited_at.map(|_| ProofLack::First));
        let changed = |change: fn(&mut ExportedMessage)| {
            let mut line = line.clone();
            change(&mut line);
            export.check(&line).unwrap_err()
        };
        assert_eq!(changed(|l| l.message.body = Body::Text("otra cosa".into())), ProofFault::Shown);
        assert_eq!(changed(|l| l.proof.as_mut().unwrap().content[3] ^= 1), ProofFault::Signature);
        assert_eq!(changed(|l| l.proof.as_mut().unwrap().group[0] ^= 1), ProofFault::Signature);
        assert_eq!(changed(|l| l.proof.as_mut().unwrap().seq += 1), ProofFault::Receipt);
        assert_eq!(changed(|l| l.message.sender = AccountId::new([1; 32])), ProofFault::Account);
        assert_eq!(changed(|l| l.proof.as_mut().unwrap().device = DeviceId::new([1; 16])), ProofFault::Account);
        assert_eq!(changed(|l| l.proof = None), ProofFault::Missing);
        assert_eq!(changed(|l| l.message.id = ContentId::new([1; 16])), ProofFault::Shown);
    }
    let mut other = export.clone();
    other.relay = other.relay.replace(|c: char| c.is_ascii_lowercase(), "x");
    let said = |m: &&ExportedMessage| m.proof.is_some();
    assert_eq!(other.check(export.messages.iter().find(said).unwrap()), Err(ProofFault::Receipt));

    // epochs later the device has the tokens of what it keeps for a restored relay; two days later the signatures stay
    for days in [1, 2] {
        ana.client.renew_keys(&group).unwrap();
        settle(&mut [&mut ana, &mut bruno]);
        let now = ana.client.export(Some(&mut ana.net), &group).unwrap();
        assert!(now.messages.iter().filter_map(|m| m.proof.as_ref()).all(|p| p.receipt.is_some()), "day {days}");
        ana.clock.forward(KEEP_RAW_MS / 2 + 1);
    }
    ana.client.renew_keys(&group).unwrap();
    settle(&mut [&mut ana, &mut bruno]);
    ana.say(&group, "nuevo");
    settle(&mut [&mut ana, &mut bruno]);
    let later = ana.client.export(Some(&mut ana.net), &group).unwrap();
    let proofs: Vec<_> = later.messages.iter().filter_map(|m| m.proof.as_ref()).collect();
    assert_eq!(proofs.iter().map(|p| p.receipt.is_some()).collect::<Vec<_>>(), [false, false, false, true]);
    assert_eq!(proofs[1].signature, export.messages.iter().filter_map(|m| m.proof.as_ref()).nth(1).unwrap().signature);
    assert_ne!(proofs[0].channel, ChannelId::new([0; 32]));
}

#[test]
fn an_export_is_a_file_for_its_owner_alone_over_nothing_that_is_there_and_without_a_relay_it_lacks_receipts_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let mut town = Town::new();
    let (ana, bruno) = town.pair();
    ana.run(&["send", "@bruno", "hola"]).done();
    bruno.run(&["send", "@ana", "contesta"]).done();
    let said = ana.json(&["export", "@bruno", "--to", "prueba.json"]);
    assert_eq!((&said["signed"], &said["receipts"]), (&Value::from(2), &Value::from(2)));
    let path = ana.home.join("prueba.json");
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let before = std::fs::read(&path).unwrap();
    let file: Value = serde_json::from_slice(&before).unwrap();
    assert_eq!(file["format"], "lacre conversation export v1");
    let texts: Vec<&str> = file["messages"].as_array().unwrap().iter().filter_map(|m| m["message"]["text"].as_str()).collect();
    assert_eq!(texts, ["hola", "contesta"]);

    assert!(ana.run(&["export", "@bruno", "--to", "prueba.json"]).failed(3).contains("prueba.json"));
    assert_eq!(std::fs::read(&path).unwrap(), before);
    town.switch_off();
    let alone = ana.json(&["export", "@bruno", "--to", "sin.json"]);
    assert_eq!(
        (&alone["signed"], &alone["receipts"], &alone["relay_reached"]),
        (&Value::from(2), &Value::from(0), &Value::from(false))
    );
    assert!(ana.run(&["export", "@nadie", "--to", "x.json"]).failed(1).contains("@nadie"));
    assert!(!ana.home.join("x.json").exists());
}

/// Red: `verify` called an export broken evidence.
#[test]
fn a_third_party_checks_an_export_with_the_program_and_the_relays_keys_alone() {
    let town = Town::new();
    let (ana, bruno) = town.pair();
    ana.run(&["send", "@bruno", "hola"]).done();
    bruno.run(&["send", "@ana", "contesta"]).done();
    let said = ana.json(&["export", "@bruno", "--to", "prueba.json"]);
    assert_eq!((&said["signed"], &said["receipts"]), (&Value::from(2), &Value::from(2)));
    let path = ana.home.join("prueba.json");
    let file: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    // somebody who has no profile, and what the relay publishes
    let court = town.person(2, "corte");
    let relay = lacre_ground::address::Authority::parse(file["relay"].as_str().unwrap()).unwrap();
    let key = data_encoding::HEXLOWER.encode(relay.identity().as_bytes());
    let trust = court.home.join("trust.txt");
    std::fs::write(&trust, format!("lacre trust v1\nledger optional\nregistrar ed25519 {key}\nrelay ed25519 {key}\n")).unwrap();
    let verify = |file: &std::path::Path, trust: Option<&std::path::Path>| {
        let (file, trust) = (file.to_str().unwrap(), trust.map(|t| t.to_str().unwrap()));
        let out = court.run(&[&["verify", file, "--json"][..], &trust.map_or(vec![], |t| vec!["--trust", t])].concat());
        let said: Value = serde_json::from_str(&out.out).unwrap();
        lacre_tests::schema::check("verify", &said);
        (out.code, said["verdict"].as_str().unwrap().to_owned(), said["export"].clone())
    };

    let (code, verdict, about) = verify(&path, Some(&trust));
    assert_eq!((code, verdict.as_str()), (Some(0), "VALID"), "{about}");
    assert_eq!((&about["signed"], &about["receipts"], &about["key"]), (&Value::from(2), &Value::from(2), &Value::from(key)));
    let (code, verdict, _) = verify(&path, None);
    assert_eq!((code, verdict.as_str()), (Some(4), "INCOMPLETE"), "whose key it is, nobody said");

    // each word that somebody changes is found
    let of_text = |file: &Value, text: &str| {
        file["messages"].as_array().unwrap().iter().position(|m| m["message"]["text"] == text).unwrap()
    };
    let (first, second) = (of_text(&file, "hola"), of_text(&file, "contesta"));
    type Change<'a> = (&'static str, &'a dyn Fn(&mut Value));
    let changes: [Change<'_>; 6] = [
        ("text", &|f| f["messages"][first]["message"]["text"] = "adiós".into()),
        ("name", &|f| f["messages"][first]["message"]["sender"] = "@bruno".into()),
        ("sender", &|f| {
            let other = f["messages"][second]["message"]["sender_account"].clone();
            f["messages"][first]["message"]["sender_account"] = other;
        }),
        ("receipt", &|f| {
            let other = f["messages"][second]["proof"]["receipt"].clone();
            f["messages"][first]["proof"]["receipt"] = other;
        }),
        ("handle", &|f| f["accounts"][0]["handle"] = "@otra".into()),
        ("binding", &|f| f["accounts"][0]["binding"] = f["accounts"][1]["binding"].clone()),
    ];
    for (what, change) in changes {
        let mut changed = file.clone();
        change(&mut changed);
        let at = court.home.join(format!("{what}.json"));
        std::fs::write(&at, changed.to_string()).unwrap();
        let (code, verdict, about) = verify(&at, Some(&trust));
        assert_eq!((code, verdict.as_str()), (Some(1), "INVALID"), "{what}: {about}");
    }
}

/// A town of two with a court that has the relay's keys and no profile.
struct Court {
    who: lacre_tests::terminal::Person,
    trust: std::path::PathBuf,
}

impl Court {
    fn of(town: &Town, file: &Value) -> Self {
        let who = town.newcomer("corte");
        let relay = lacre_ground::address::Authority::parse(file["relay"].as_str().unwrap()).unwrap();
        let key = data_encoding::HEXLOWER.encode(relay.identity().as_bytes());
        let trust = who.home.join("trust.txt");
        std::fs::write(&trust, format!("lacre trust v1\nledger optional\nregistrar ed25519 {key}\nrelay ed25519 {key}\n"))
            .unwrap();
        Self { who, trust }
    }

    /// The verdict, and what it says of the file.
    fn verdict(&self, file: &Value) -> (String, Value) {
        let at = self.who.home.join("file.json");
        std::fs::write(&at, file.to_string()).unwrap();
        let out = self.who.run(&["verify", at.to_str().unwrap(), "--trust", self.trust.to_str().unwrap(), "--json"]);
        let said: Value = serde_json::from_str(&out.out).unwrap();
        lacre_tests::schema::check("verify", &said);
        let verdict = said["verdict"].as_str().unwrap().to_owned();
        let code = ["VALID", "INVALID", "", "", "INCOMPLETE"].iter().position(|v| *v == verdict);
        assert_eq!(out.code, code.and_then(|c| i32::try_from(c).ok()));
        (verdict, said["export"].clone())
    }
}

/// The file of an export.
fn exported(who: &lacre_tests::terminal::Person, conversation: &str, name: &str) -> Value {
    who.run(&["export", conversation, "--to", name]).done();
    serde_json::from_slice(&std::fs::read(who.home.join(name)).unwrap()).unwrap()
}

fn lines(file: &mut Value) -> &mut Vec<Value> {
    file["messages"].as_array_mut().unwrap()
}

fn place(file: &Value, text: &str) -> usize {
    file["messages"].as_array().unwrap().iter().position(|m| m["message"]["text"] == text).unwrap()
}

/// Who gains: whoever forges a conversation for a court.
#[test]
fn nobody_makes_a_court_believe_a_time_an_answer_a_conversation_or_a_line_that_nobody_signed() {
    let town = Town::new();
    let (ana, bruno, carla) = (town.person(1, "ana"), town.person(2, "bruno"), town.person(3, "carla"));
    lacre_tests::terminal::befriend(&ana, &bruno);
    lacre_tests::terminal::befriend(&ana, &carla);
    ana.run(&["send", "@bruno", "¿me debes?"]).done();
    let question = ana.json(&["send", "@bruno", "¿fuiste tú?"])["messages"][0]["id"].as_str().unwrap().to_owned();
    bruno.run(&["list"]).done();
    bruno.run(&["reply", &question, "sí"]).done();
    ana.run(&["group", "create", "mesa", "@bruno"]).done();
    bruno.run(&["list"]).done();
    bruno.run(&["send", "mesa", "en la mesa"]).done();
    ana.run(&["list"]).done();
    let (file, group) = (exported(&ana, "@bruno", "dos.json"), exported(&ana, "mesa", "mesa.json"));
    bruno.run(&["list"]).done();
    let yes = bruno.json(&["read", "@ana"])["messages"].as_array().unwrap().iter().find(|m| m["text"] == "sí").unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    bruno.run(&["edit", &yes, "no"]).done();
    ana.run(&["list"]).done();
    let edited = exported(&ana, "@bruno", "editada.json");
    let court = Court::of(&town, &file);
    let (first, second, answer) = (place(&file, "¿me debes?"), place(&file, "¿fuiste tú?"), place(&file, "sí"));
    let last = file["messages"][answer]["message"]["position"].as_u64().unwrap();

    let (verdict, about) = court.verdict(&file);
    assert_eq!((verdict.as_str(), &about["signed"], &about["receipts"]), ("VALID", &Value::from(3), &Value::from(3)), "{about}");
    let (verdict, about) = court.verdict(&edited);
    assert_eq!((verdict.as_str(), &about["lacks"][0]["of"]), ("INCOMPLETE", &Value::from(yes)), "{about}");

    // a line more, behind the others
    let added = |line: &Value, change: &dyn Fn(&mut Value)| {
        let (mut file, mut line) = (file.clone(), line.clone());
        line["message"]["position"] = (last + 1).into();
        line["message"]["conversation"] = file["conversation"]["id"].clone();
        change(&mut line);
        lines(&mut file).push(line);
        file
    };
    let said = |line: usize, change: &dyn Fn(&mut Value)| {
        let mut file = file.clone();
        change(&mut file["messages"][line]);
        file
    };
    let whole = |change: &dyn Fn(&mut Value)| {
        let mut file = file.clone();
        change(&mut file);
        file
    };
    let bare = |kind: &str, text: Value, reason: Value| {
        added(&file["messages"][answer], &|l| {
            l["proof"] = Value::Null;
            let m = &mut l["message"];
            (m["kind"], m["text"], m["reason"], m["reply_to"]) = (kind.into(), text.clone(), reason.clone(), Value::Null);
        })
    };
    let mut invalid = vec![
        ("sent_at", said(answer, &|l| l["message"]["sent_at"] = "2020-01-01T00:00:00.000Z".into())),
        ("accepted_at", said(answer, &|l| l["message"]["accepted_at"] = "2020-01-01T00:00:00.000Z".into())),
        ("first_sent_at", said(answer, &|l| l["message"]["first_sent_at"] = "2020-01-01T00:00:00.000Z".into())),
        ("another answer", said(answer, &|l| l["message"]["reply_to"] = file["messages"][first]["message"]["id"].clone())),
        ("no answer", said(answer, &|l| l["message"]["reply_to"] = Value::Null)),
        ("stays", said(answer, &|l| l["message"]["stays_s"] = 60.into())),
        ("said elsewhere", added(group["messages"].as_array().unwrap().last().unwrap(), &|_| {})),
        ("another conversation", said(answer, &|l| l["message"]["conversation"] = group["conversation"]["id"].clone())),
        ("order", whole(&|f| lines(f).reverse())),
        (
            "order, numbered anew",
            whole(&|f| {
                lines(f).swap(first, second);
                let at = f["messages"][first]["message"]["position"].clone();
                f["messages"][first]["message"]["position"] = f["messages"][second]["message"]["position"].clone();
                f["messages"][second]["message"]["position"] = at;
            }),
        ),
        ("twice", added(&file["messages"][answer], &|_| {})),
        (
            "another id",
            said(answer, &|l| {
                l["message"]["id"] = "00".repeat(16).into();
                l["message"]["sender"] = Value::Null;
            }),
        ),
        ("peer", whole(&|f| f["conversation"]["peer"] = "@presidente".into())),
        (
            "members",
            whole(&|f| {
                let of = f["conversation"]["members"].as_array().unwrap().iter().position(|m| m["handle"] == "@bruno").unwrap();
                f["conversation"]["peer"] = "@presidente".into();
                f["conversation"]["members"][of]["handle"] = "@presidente".into();
            }),
        ),
        (
            "a file beside the text",
            said(answer, &|l| {
                (l["message"]["file"], l["message"]["size"]) = ("contrato.pdf".into(), 5.into());
            }),
        ),
        ("edited", said(answer, &|l| l["message"]["edited_at"] = "2020-01-01T00:00:00.000Z".into())),
        ("own", said(answer, &|l| l["message"]["own"] = true.into())),
        ("a reason", bare("text", Value::Null, "lo hice".into())),
        ("an edit put over another message", {
            let mut file = edited.clone();
            let (of, by) = (place(&edited, "no"), edited["messages"][first]["message"]["id"].clone());
            file["messages"][of]["message"]["id"] = by;
            file
        }),
        ("an edit as the first text", {
            let mut file = edited.clone();
            let of = place(&edited, "no");
            file["messages"][of]["message"]["edited_at"] = Value::Null;
            file
        }),
        ("when it was edited", {
            let mut file = edited.clone();
            let of = place(&edited, "no");
            file["messages"][of]["message"]["edited_at"] = "2020-01-01T00:00:00.000Z".into();
            file
        }),
    ];
    for kind in ["deleted", "newer", "refused", "sent", "Text", "text ", "added", "may-write", "stays"] {
        invalid.push((kind, bare(kind, "lo hice".into(), Value::Null)));
    }
    for (what, forged) in invalid {
        let (verdict, about) = court.verdict(&forged);
        assert_eq!(verdict, "INVALID", "{what}: {about}");
        assert!(!about["faults"].as_array().unwrap().is_empty(), "{what}");
    }

    // nothing says that it is false, and nothing that it is true
    let incomplete = [
        ("no signature", bare("text", "lo hice".into(), Value::Null)),
        ("a name", bare("renamed", "los deudores".into(), Value::Null)),
        ("unreadable", bare("unreadable", Value::Null, "lo hice".into())),
        ("reactions", said(answer, &|l| l["message"]["reactions"] = serde_json::json!([{ "handle": "@ana", "sign": "x" }]))),
        ("marks", said(first, &|l| l["message"]["receipts"] = serde_json::json!([{ "handle": "@bruno", "read": true }]))),
        (
            "a time without a receipt",
            said(answer, &|l| {
                l["proof"]["receipt"] = Value::Null;
                l["message"]["accepted_at"] = "2020-01-01T00:00:00.000Z".into();
            }),
        ),
        ("nobody's name", said(answer, &|l| l["message"]["sender"] = Value::Null)),
        ("elsewhere, after an invented line", {
            let mut file = bare("succeeded", Value::Null, Value::Null);
            let mut line = group["messages"].as_array().unwrap().last().unwrap().clone();
            line["message"]["conversation"] = file["conversation"]["id"].clone();
            line["message"]["position"] = (last + 2).into();
            lines(&mut file).push(line);
            file
        }),
        (
            "empty",
            whole(&|f| {
                (f["messages"], f["accounts"], f["conversation"]["members"]) =
                    (vec![(); 0].into(), vec![(); 0].into(), vec![(); 0].into());
                f["conversation"]["peer"] = Value::Null;
            }),
        ),
    ];
    for (what, forged) in incomplete {
        let (verdict, about) = court.verdict(&forged);
        assert_eq!(verdict, "INCOMPLETE", "{what}: {about}");
        assert_eq!(about["faults"], Value::Array(vec![]), "{what}");
    }
}

#[test]
fn an_honest_export_is_valid_with_files_replies_and_lines_of_members_and_says_what_it_cannot_prove() {
    let mut town = Town::new();
    let (ana, bruno, carla) = (town.person(1, "ana"), town.person(2, "bruno"), town.person(3, "carla"));
    lacre_tests::terminal::befriend(&ana, &bruno);
    lacre_tests::terminal::befriend(&ana, &carla);
    ana.run(&["group", "create", "mesa", "@bruno", "@carla"]).done();
    let hello = ana.json(&["send", "mesa", "hola"])["messages"][0]["id"].as_str().unwrap().to_owned();
    bruno.run(&["list"]).done();
    bruno.run(&["reply", &hello, "buenas"]).done();
    bruno.run(&["react", &hello, "👍"]).done();
    std::fs::write(bruno.home.join("foto.jpg"), b"foto").unwrap();
    bruno.run(&["send", "mesa", "--file", "foto.jpg"]).done();
    let gone = bruno.json(&["send", "mesa", "me equivoqué"])["messages"][0]["id"].as_str().unwrap().to_owned();
    bruno.run(&["delete", &gone]).done();
    ana.run(&["group", "admin", "mesa", "@bruno"]).done();
    ana.run(&["group", "settings", "mesa", "--write", "admins"]).done();
    ana.run(&["disappear", "mesa", "1w"]).done();
    ana.run(&["send", "mesa", "por una semana"]).done();
    carla.run(&["list"]).done();
    ana.run(&["group", "remove", "mesa", "@carla"]).done();
    bruno.run(&["read", "mesa"]).done();
    bruno.run(&["list"]).done();
    ana.run(&["list"]).done();

    let of_ana = exported(&ana, "mesa", "ana.json");
    let of_bruno = exported(&bruno, "mesa", "bruno.json");
    town.switch_off();
    let alone = exported(&ana, "mesa", "sola.json");
    town.switch_on();
    let court = Court::of(&town, &of_ana);

    for file in [&of_ana, &of_bruno, &alone] {
        let (verdict, about) = court.verdict(file);
        assert_eq!((verdict.as_str(), &about["signed"]), ("VALID", &Value::from(4)), "{about}\n{file:#}");
        let kinds: Vec<&str> =
            file["messages"].as_array().unwrap().iter().filter_map(|m| m["message"]["kind"].as_str()).collect();
        assert!(["deleted", "removed", "admin-made", "may-write", "stays"].iter().all(|kind| kinds.contains(kind)), "{kinds:?}");
        assert!(file["messages"].as_array().unwrap().iter().all(|m| m["message"]["reactions"] == Value::Array(vec![])));
    }
    let at = court.who.home.join("clara.json");
    std::fs::write(&at, of_ana.to_string()).unwrap();
    let told = court.who.run(&["verify", at.to_str().unwrap(), "--trust", court.trust.to_str().unwrap()]).done();
    assert!(told.contains("No se revisó"), "{told}");

    ana.run(&["group", "rename", "mesa", "comedor"]).done();
    let (verdict, about) = court.verdict(&exported(&ana, "comedor", "otra.json"));
    assert_eq!(
        (verdict.as_str(), about["lacks"].as_array().unwrap().len()),
        ("INCOMPLETE", 1),
        "a name that nobody signed: {about}"
    );
}
