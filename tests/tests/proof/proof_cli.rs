//! `lacre clock`, `lacre calendar` and `lacre verify` as people and programs use them: the real program.

use lacre_evidence::{Bundle, Event, FilePart, Issuer, Party, Reason, Record};
use lacre_ground::ids::EvidenceId;
use lacre_ground::signed::NoteText as _;
use lacre_tests::proof::{self, DISPATCH, HOUR, World, vectors};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors/evidence")
}

/// The program lies beside the tests' own folder: target/debug/lacre.
fn lacre(args: &[&str]) -> Output {
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    if path.ends_with("deps") {
        path.pop();
    }
    let program = path.join("lacre");
    assert!(program.exists(), "build the programs first: cargo build --workspace --bins ({})", program.display());
    Command::new(program).args(args).env_remove("LC_ALL").env_remove("LANG").output().unwrap()
}

fn json(args: &[&str]) -> Value {
    let out = lacre(args);
    assert_eq!(out.status.code(), Some(0), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    let value = serde_json::from_slice(&out.stdout).unwrap();
    lacre_tests::schema::check(&lacre_tests::schema::command_of(args), &value);
    value
}

fn path(p: &Path) -> String {
    p.to_str().unwrap().to_owned()
}

/// Where lines are broken says nothing: long values are broken behind the margin.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_clock_prints_both_readings_for_programs_and_for_people() {
    let ask = ["clock", "--dispatch", "2026-07-06T14:00:00Z", "--zone", "America/Santiago", "--term", "5"];
    let out = json(&[&ask[..], &["--json"]].concat());
    for (field, date) in [
        ("deemed_third_day", "2026-07-09"),
        ("deemed_elapsed", "2026-07-10"),
        ("last_day_third_day", "2026-07-17"),
        ("last_day_elapsed", "2026-07-20"),
    ] {
        assert_eq!(out[field], date, "{field}");
    }
    for (lang, sentence) in [("es", "día hábil 3: surte efecto"), ("en", "business day 3: takes effect")] {
        let text = String::from_utf8(lacre(&[&ask[..], &["--lang", lang]].concat()).stdout).unwrap();
        for word in ["CL-46-2026", "CL-D4-27", "2026-07-16", "Ley 19.880 art. 46", "2026-07-17"] {
            assert!(text.contains(word), "{lang}: {word}\n{text}");
        }
        assert!(text.contains(sentence), "{text}");
    }
}

#[test]
fn the_clock_takes_a_regional_holiday_from_the_comuna_and_refuses_what_it_cannot_know() {
    let ask = |comuna: &str| {
        let args = ["clock", "--json", "--dispatch", "2027-06-02T15:00:00Z", "--zone", "America/Santiago", "--comuna", comuna];
        json(&args)["deemed_third_day"].as_str().unwrap().to_owned()
    };
    assert_eq!(ask("15101"), "2027-06-08");
    assert_eq!(ask("13101"), "2027-06-07");
    // Chillán under its code of before 2018: 20 August, which is a holiday there, would be missed
    let day = ["clock", "--dispatch", "2027-08-17T15:00:00Z", "--zone", "America/Santiago", "--comuna"];
    let chillan: Value = serde_json::from_slice(&lacre(&[&day[..], &["16101", "--json"]].concat()).stdout).unwrap();
    assert_eq!(chillan["deemed_third_day"], "2027-08-23");
    for (code, says) in [("08401", "16101"), ("05106", "Quilpué"), ("13199", "13199"), ("1310", "1310"), ("17101", "17101")] {
        let said = lacre(&[&day[..], &[code]].concat());
        assert_eq!((said.status.code(), said.stdout.len()), (Some(2), 0), "{code}");
        assert!(String::from_utf8_lossy(&said.stderr).contains(says), "{code}: {said:?}");
        assert_eq!(lacre(&["calendar", "--year", "2027", "--comuna", code]).status.code(), Some(2), "{code}");
    }
    let refused = |args: &[&str]| lacre(&[&["clock", "--json"], args].concat()).status.code();
    assert_eq!(refused(&["--dispatch", "2051-01-02T15:00:00Z", "--zone", "America/Santiago"]), Some(1));
    assert_eq!(refused(&["--dispatch", "yesterday", "--zone", "America/Santiago"]), Some(2));
    let told = lacre(&["clock", "--dispatch", "yesterday", "--zone", "America/Santiago"]).stderr;
    assert!(String::from_utf8(told).unwrap().contains("2026-07-06T14:00:00Z"), "the forms that are taken are said");
    assert_eq!(refused(&["--dispatch", "2026-07-06T14:00:00Z", "--zone", "Europe/Madrid"]), Some(2));
    assert_eq!(refused(&["--dispatch", "2026-07-06T14:00:00Z", "--zone", "America/Santiago", "--term", "0"]), Some(2));
}

#[test]
fn the_calendar_lists_date_name_and_law() {
    let national = json(&["calendar", "--year", "2027", "--json"]);
    let arica = json(&["calendar", "--year", "2027", "--comuna", "15101", "--json"]);
    let (national, arica) = (national.as_array().unwrap(), arica.as_array().unwrap());
    assert_eq!(arica.len(), national.len() + 1);
    assert!(arica.iter().any(|h| h["date"] == "2027-06-07"));
    assert!(national.iter().all(|h| h["date"].is_string() && h["name"].is_string() && h["law"].is_string()));
    assert!(national.iter().all(|h| h["date"] != "2027-12-31"));
    assert_eq!(lacre(&["calendar", "--year", "2051"]).status.code(), Some(1));
}

/// Seen red with the schema of v0.1.0: `missing` was a text there, files and dates in no schema.
#[test]
fn verify_gives_each_vector_its_verdict_its_code_its_exit_code_and_the_json_of_its_schema() {
    for v in vectors::all() {
        let file = path(&folder().join(format!("{}.lacre", v.name)));
        let trust = v.trust.file().map(|t| path(&folder().join(t)));
        for explain in [false, true] {
            let mut args = vec!["verify", &file, "--json"];
            if let Some(trust) = &trust {
                args.extend(["--trust", trust]);
            }
            if explain {
                args.push("--explain");
            }
            let head = v.heads.as_ref().map(|_| path(&folder().join(format!("{}.heads", v.name))));
            if let Some(head) = &head {
                args.extend(["--head", head]);
            }
            let out = lacre(&args);
            let found: Value = serde_json::from_slice(&out.stdout).unwrap();
            lacre_tests::schema::check("verify", &found);
            assert_eq!(found["verdict"], v.verdict, "{}", v.name);
            assert_eq!(found["code"].as_str().unwrap_or(""), v.code, "{}", v.name);
            assert_eq!(found["trust_sha256"].is_null(), trust.is_none());
            assert_eq!(found["head"].is_object(), head.is_some(), "{}", v.name);
            if let (Some(says), Some("VALID")) = (found["head"]["says"].as_str(), found["verdict"].as_str()) {
                assert_ne!(says, "withheld", "{}", v.name);
            }
            let told = found["proven"].is_object() || found["if_trusted"].is_object();
            assert_eq!(found["explanation"].is_string(), explain && told, "{}", v.name);
            let exit = match v.verdict {
                "VALID" => 0,
                "INVALID" => 1,
                _ => 4,
            };
            assert_eq!(out.status.code(), Some(exit), "{}", v.name);
        }
    }
}

/// What a court reads of head notes: the conviction, the confirmation, and a file that proves nothing, in both languages.
#[test]
fn what_head_notes_say_of_evidence_is_told_in_both_languages_and_only_a_contradiction_changes_the_verdict() {
    let at = |name: &str| path(&folder().join(name));
    for (name, exit, says, es, en) in [
        ("head-withheld", 1, "withheld", "no está en la casilla, después de firmar un recibo", "after it had signed a receipt"),
        ("head-holds", 0, "holds", "confirmó que esta entrada estaba", "confirmed that this entry was in the box"),
        ("head-other-store", 0, "other-store", "de otro almacén suyo", "another store of the relay"),
        ("head-other-casilla", 0, "other-casilla", "sobre otra casilla", "another box or relay"),
        ("head-before", 0, "other-time", "entre un minuto y dos años", "between a minute and two years"),
        ("head-no-list", 0, "no-list", "La lista de entradas no está", "list of entries is not in the file"),
        ("head-list-changed", 0, "", "no prueba nada", "proves nothing"),
    ] {
        let (file, head, trust) = (at(&format!("{name}.lacre")), at(&format!("{name}.heads")), at("trust.txt"));
        let args = ["verify", &file, "--head", &head, "--trust", &trust];
        for (lang, sentence) in [("es", es), ("en", en)] {
            let out = lacre(&[&args[..], &["--lang", lang]].concat());
            let text = String::from_utf8(out.stdout).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(out.status.code() == Some(exit) && text.contains(sentence), "{name}: {text}");
        }
        let found: Value = serde_json::from_slice(&lacre(&[&args[..], &["--json"]].concat()).stdout).unwrap();
        assert_eq!(found["head"]["says"].as_str().unwrap_or(""), says, "{name}: {found}");
    }
    let without = lacre(&["verify", &at("head-withheld.lacre"), "--head", &at("head-withheld.heads")]);
    assert_eq!(without.status.code(), Some(2), "whose word it is must be said");
    let other = lacre(&["verify", &at("heads-valid.lacre"), "--trust", &at("trust.txt"), "--etsi", "x"]);
    assert_eq!(other.status.code(), Some(2), "head notes are no notice");
}

#[test]
fn a_file_of_head_notes_alone_says_what_each_casilla_held_until_when() {
    let at = |name: &str| path(&folder().join(name));
    let (file, trust) = (at("heads-valid.lacre"), at("trust.txt"));

    let found = json(&["verify", &file, "--trust", &trust, "--json"]);

    let [held] = found["heads"].as_array().unwrap().as_slice() else { panic!("{found}") };
    assert_eq!((&held["count"], &held["notes"]), (&Value::from(2), &Value::from(3)), "{held}");
    assert_eq!(held["entries"].as_array().unwrap().len(), 2);
    let times = ["first", "same_since", "newest"].map(|key| held[key].as_str().unwrap()[..10].to_owned());
    assert_eq!(times, ["2026-07-06", "2026-07-07", "2026-07-08"]);
    for (lang, sentence) in [("es", "había recibido 2 entradas"), ("en", "had taken 2 entries")] {
        let text = String::from_utf8(lacre(&["verify", &file, "--trust", &trust, "--lang", lang]).stdout).unwrap();
        assert!(text.contains(sentence), "{text}");
    }
    assert_eq!(lacre(&["verify", &file]).status.code(), Some(4), "nobody has said whom to trust");
}

/// A bundle of this world, and the trust file, in a folder.
struct Court(tempfile::TempDir);

impl Court {
    fn with(bundle: &Bundle) -> Self {
        let court = Self(tempfile::tempdir().unwrap());
        court.put("e.lacre", &bundle.to_bytes());
        court.put("trust.txt", proof::trust().text().as_bytes());
        court
    }
    fn put(&self, name: &str, bytes: &[u8]) -> String {
        std::fs::write(self.0.path().join(name), bytes).unwrap();
        self.at(name)
    }
    fn at(&self, name: &str) -> String {
        path(&self.0.path().join(name))
    }
    fn verify(&self, more: &[&str]) -> Output {
        lacre(&[&["verify", &self.at("e.lacre"), "--trust", &self.at("trust.txt")], more].concat())
    }
    fn text(&self, more: &[&str]) -> String {
        String::from_utf8(self.verify(more).stdout).unwrap()
    }
}

/// Seen red with `verify` in the place of `verify_with_files`: the files were never asked for.
#[test]
fn a_file_that_was_left_out_is_named_until_it_is_put_back_and_another_one_says_nothing() {
    let mut world = World::honest();
    let FilePart::Here(body) = std::mem::replace(&mut world.bundle.files[0], FilePart::LeftOut) else { panic!("the body") };
    let FilePart::Here(annex) = std::mem::replace(&mut world.bundle.files[1], FilePart::LeftOut) else { panic!("the annex") };
    let court = Court::with(&world.bundle);
    let (body, annex, other) = (court.put("b", &body), court.put("a", &annex), court.put("o", b"another"));
    let warned = |more: &[&str]| {
        let out = court.verify(&[more, &["--json"]].concat());
        let found: Value = serde_json::from_slice(&out.stdout).unwrap();
        lacre_tests::schema::check("verify", &found);
        assert_eq!(out.status.code(), Some(0));
        (found["proven"]["warnings"].as_array().unwrap().len(), found["proven"]["files"].clone())
    };
    let both = [format!("0={body}"), format!("1={annex}")];

    let said = court.text(&["--lang", "en"]);
    assert!(said.starts_with("VALID") && said.contains("Files 0, 1 are not in the evidence"), "also without --explain: {said}");
    assert!(court.text(&["--file", &both[0], "--lang", "en"]).contains("File 1 is not in the evidence"));
    assert_eq!(warned(&[]).0, 1);
    let (warnings, files) = warned(&["--file", &both[0], "--file", &both[1]]);
    assert_eq!((warnings, &files[1]["here"], &files[1]["put_back"]), (0, &true.into(), &true.into()));

    let refused = |files: &[String], says: &str| {
        let args: Vec<&str> = files.iter().flat_map(|f| ["--file", f]).chain(["--lang", "en"]).collect();
        let out = court.verify(&args);
        let err = String::from_utf8(out.stderr).unwrap();
        assert_eq!((out.status.code(), out.stdout.as_slice()), (Some(2), &b""[..]), "{err}");
        assert!(err.contains(says), "{err}");
    };
    refused(&[format!("1={other}")], "is not file 1 of the notice");
    refused(&[format!("7={other}")], "no file number 7");
    refused(&[both[1].clone(), both[1].clone()], "named twice");
    refused(std::slice::from_ref(&annex), "0=oficio.pdf, 1=anexo.pdf");
    refused(&[format!("99={annex}")], "0=oficio.pdf");
    let here = Court::with(&World::honest().bundle);
    assert_eq!(here.verify(&["--file", &both[1]]).status.code(), Some(2), "it is in the evidence");
    assert_eq!(here.verify(&["--file", &format!("1={}", here.at("none"))]).status.code(), Some(3), "it cannot be read");
}

/// Of the world's notice, by the agency or one who works for it.
fn record(world: &World, event: Event, issuer: Issuer, reasons: Vec<Reason>) -> String {
    let record = Record {
        event,
        id: EvidenceId::new([0xd0 + reasons.len() as u8; 16]),
        time: DISPATCH.plus(3 * HOUR),
        issuer,
        envelope: world.receipt.envelope,
        sender: Party::Agency(world.certificate.code.clone()),
        recipient: Party::Unknown,
        reasons,
        reference: Some("RE 123 456".to_owned()),
        scan: None,
        submission: None,
    };
    record.sign(&proof::agency(1)).unwrap()
}

/// D1, D5. Seen red with all records in one list in the order of the bundle.
#[test]
fn what_speaks_against_the_delivery_stands_first_and_each_record_has_its_issuer_and_its_reason() {
    let mut world = World::honest();
    let code = world.certificate.code.clone();
    let officer = Issuer::Officer(code.clone(), "Nadie Ejemplo".to_owned());
    let handed = record(&world, Event::ContentHandover, officer, vec![Reason::InPerson]);
    let came_back =
        record(&world, Event::RelayToNonERDSFailure, Issuer::Agency(code), vec![Reason::LetterReturned, Reason::Outage]);
    world.bundle.events.extend([handed, came_back]);
    let court = Court::with(&world.bundle);
    for (lang, attention, officer, reason, first, limit) in [
        (
            "es",
            "contradice la entrega",
            "con la llave del remitente: Nadie Ejemplo",
            "el correo devolvió la carta",
            "Quién, a quién",
            "pueden faltar registros posteriores",
        ),
        (
            "en",
            "speaks against the delivery",
            "under the sender's own key: Nadie Ejemplo",
            "the post brought the letter back",
            "Who, to whom",
            "later records may have been left out",
        ),
    ] {
        assert!(court.text(&["--lang", lang]).contains(attention), "also who asks for no story is told");
        let text = flat(&court.text(&["--lang", lang, "--explain"]));
        let at = |what: &str| text.find(what).unwrap_or_else(|| panic!("{lang}: no {what:?} in {text}"));
        assert!(at(attention) < at("RelayToNonERDSFailure") && at("RelayToNonERDSFailure") < at(first), "{text}");
        assert!(at(reason) < at(first) && at("RE 123 456") < at(first));
        assert!(at(first) < at("ContentAccessTracking") && at(first) < at(officer), "{text}");
        assert!(at(limit) > at(first));
        assert_eq!(text.matches("RelayToNonERDSFailure").count(), 1, "each record once");
    }
    let out: Value = serde_json::from_slice(&court.verify(&["--json"]).stdout).unwrap();
    lacre_tests::schema::check("verify", &out);
    let records = out["proven"]["records"].as_array().unwrap();
    let told: Vec<_> = records.iter().map(|r| (r["issuer"]["kind"].as_str().unwrap(), r["against"].as_bool().unwrap())).collect();
    assert_eq!(told, [("relay", false), ("device", false), ("device", false), ("officer", false), ("agency", true)]);
    assert!(out["proven"]["in_person"].is_string());
}

/// D4, D10. Seen red on the story of v0.1.0, which has none of these and says each of those.
#[test]
fn the_story_names_what_it_rests_on_and_says_no_more_than_is_proven() {
    let court = Court::with(&World::honest().bundle);
    let world = World::honest();
    let hex = |b: &[u8]| data_encoding::HEXLOWER.encode(b);
    let trust_file: [u8; 32] = Sha256::digest(proof::trust().text()).into();
    for (lang, says, never) in [
        (
            "es",
            [
                "lunes 6 de julio de 2026, 10:00:00 en America/Santiago = 2026-07-06T14:00:00.000Z",
                "jueves 16 de julio de 2026: ",
                "comuna 13101",
                "registro de domicilios digitales",
                "no lo firma nadie",
            ],
            ["certificado de", "se puede reclamar", "leída por", "sin confiar en nadie", "todo está probado", "prueba que"],
        ),
        (
            "en",
            [
                "Monday 6 July 2026, 10:00:00 in America/Santiago = 2026-07-06T14:00:00.000Z",
                "Thursday 16 July 2026: ",
                "comuna 13101",
                "register of digital addresses",
                "signed by nobody",
            ],
            ["certificate of", "may appeal", "read by", "without trusting", "all of it is proven", "proves that"],
        ),
    ] {
        let text = flat(&court.text(&["--lang", lang, "--explain"]));
        for word in says {
            assert!(text.contains(word), "{lang}: {word}\n{text}");
        }
        for word in never {
            assert!(!text.to_lowercase().contains(word), "{lang}: {word}\n{text}");
        }
        // every key, the trust file, the transaction, the program, and how to do it again
        let keys = [proof::registrar(1).public().key(), proof::relay(1).public().key(), world.certificate.key, trust_file];
        keys.iter().for_each(|key| assert!(text.contains(&hex(key)), "{lang}: {}", hex(key)));
        for word in [
            &world.receipt.id.to_string(),
            "lacre verify ",
            "--explain",
            "0.1.0",
            "audit/FORMAT.md",
            &hex(&Sha256::digest(world.bundle.to_bytes())),
        ] {
            assert!(text.contains(word), "{lang}: {word}");
        }
    }
}

#[test]
fn without_a_trust_file_the_keys_to_compare_are_shown() {
    let file = path(&folder().join("valid.lacre"));
    let out = lacre(&["verify", &file, "--lang", "en", "--explain"]);
    assert_eq!(out.status.code(), Some(4));
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(text.contains("registrar: 8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c"), "{text}");
    assert!(text.contains("Nobody has said whom to trust"), "{text}");
}

/// Seen red with one title for all.
#[test]
fn titles_fit_the_outcome() {
    for (vector, es, en) in [
        ("valid", "Comprobación de una notificación electrónica", "Check of an electronic notice"),
        ("valid-exempt", "persona exenta de notificación", "is exempt from electronic notices"),
        ("valid-no-account", "persona sin cuenta", "has no account for electronic notices"),
    ] {
        let (file, trust) = (path(&folder().join(format!("{vector}.lacre"))), path(&folder().join("trust.txt")));
        for (lang, title) in [("es", es), ("en", en)] {
            let out = lacre(&["verify", &file, "--trust", &trust, "--explain", "--lang", lang]);
            let text = String::from_utf8(out.stdout).unwrap();
            let second = text.lines().nth(1).unwrap_or_default();
            assert!(second.contains(title), "{vector} {lang}: {text}");
            if vector != "valid" {
                for never in ["confirmed", "confirmó", "dispatch", "despacho"] {
                    assert!(!text.contains(never), "{vector} {lang}: {never}");
                }
            }
        }
    }
}

#[test]
fn the_exports_are_written_for_what_is_valid_only_and_are_what_they_should_be() {
    let out = tempfile::tempdir().unwrap();
    let (file, trust) = (path(&folder().join("valid.lacre")), path(&folder().join("trust.txt")));
    let mut sizes = Vec::new();
    for lang in ["es", "en"] {
        let (pdf, etsi) = (path(&out.path().join(format!("{lang}.pdf"))), path(&out.path().join(format!("{lang}.json"))));
        let said = lacre(&["verify", &file, "--trust", &trust, "--pdf", &pdf, "--etsi", &etsi, "--lang", lang]);
        assert_eq!(said.status.code(), Some(0), "{}", String::from_utf8_lossy(&said.stderr));
        let bytes = std::fs::read(&pdf).unwrap();
        assert!(bytes.starts_with(b"%PDF-1."));
        let has = |needle: &str| bytes.windows(needle.len()).any(|w| w == needle.as_bytes());
        // a tagged document, with its language, for screen readers
        for needle in ["/StructTreeRoot", "/MarkInfo", "/Marked true", if lang == "es" { "es-CL" } else { "(en)" }, "pdfuaid"] {
            assert!(has(needle), "{lang}: {needle}");
        }
        sizes.push(bytes.len());
        let records: Vec<Value> = serde_json::from_slice(&std::fs::read(&etsi).unwrap()).unwrap();
        assert_eq!(records[1]["ERDSEventId"], "http://uri.etsi.org/19522/Event/ContentConsignment");
        assert_eq!(records[1]["Extensions"]["Decreto8Articulo13"]["TipoNotificacion"], "NT 3");
    }
    assert!(sizes.iter().all(|s| *s < 200_000), "{sizes:?}");
    let (bad, pdf) = (path(&folder().join("garbage-ciphertext.lacre")), path(&out.path().join("bad.pdf")));
    let said = lacre(&["verify", &bad, "--trust", &trust, "--pdf", &pdf]);
    assert_eq!(said.status.code(), Some(1));
    assert!(!Path::new(&pdf).exists());
}
