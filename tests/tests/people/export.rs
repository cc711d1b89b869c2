//! A conversation as evidence: a third party checks it without our program's help.
use ed25519_dalek::{Signature, VerifyingKey};
use lacre_core::limits::KEEP_RAW_MS;
use lacre_core::view::{Body, Suite};
use lacre_core::{Export, ExportedMessage, ProofFault, content_statement};
use lacre_ground::account::AccountState;
use lacre_ground::ids::{AccountId, ChannelId, DeviceId, EntryId};
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
        assert!(export.check(line).unwrap().unwrap() >= line.message.accepted_at.unwrap());
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
