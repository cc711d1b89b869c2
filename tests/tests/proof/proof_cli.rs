//! `lacre clock`, `lacre calendar` and `lacre verify` as people and programs use them: the real program.

use lacre_tests::proof::vectors;
use serde_json::Value;
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

#[test]
fn verify_gives_each_vector_its_verdict_its_code_and_its_exit_code() {
    for v in vectors::all() {
        let file = path(&folder().join(format!("{}.lacre", v.name)));
        let trust = v.trust.file().map(|t| path(&folder().join(t)));
        let mut args = vec!["verify", &file, "--json"];
        if let Some(trust) = &trust {
            args.extend(["--trust", trust]);
        }
        let out = lacre(&args);
        let found: Value = serde_json::from_slice(&out.stdout).unwrap();
        assert_eq!(found["verdict"], v.verdict, "{}", v.name);
        assert_eq!(found["code"].as_str().unwrap_or(""), v.code, "{}", v.name);
        let exit = match v.verdict {
            "VALID" => 0,
            "INVALID" => 1,
            _ => 4,
        };
        assert_eq!(out.status.code(), Some(exit), "{}", v.name);
    }
}

#[test]
fn verify_explains_in_both_languages_and_without_trust_shows_the_keys_to_compare() {
    let (file, trust) = (path(&folder().join("valid.lacre")), path(&folder().join("trust.txt")));
    for (lang, words) in [
        ("es", ["Municipalidad de Ejemplo", "2026-07-17", "se puede reclamar hasta", "Qué prueba cada firma"]),
        ("en", ["Municipalidad de Ejemplo", "2026-07-17", "one may appeal until", "What each signature proves"]),
    ] {
        let out = lacre(&["verify", &file, "--trust", &trust, "--explain", "--lang", lang]);
        let text = String::from_utf8(out.stdout).unwrap();
        words.iter().for_each(|w| assert!(text.contains(w), "{lang}: {w}\n{text}"));
    }
    let out = lacre(&["verify", &file, "--lang", "en"]);
    assert_eq!(out.status.code(), Some(4));
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(text.contains("registrar: 8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c"), "{text}");
}

#[test]
fn the_exports_are_written_for_what_is_valid_only_and_are_what_they_should_be() {
    let folder_out = tempfile::tempdir().unwrap();
    let (pdf, etsi) = (path(&folder_out.path().join("c.pdf")), path(&folder_out.path().join("c.json")));
    let (file, trust) = (path(&folder().join("valid.lacre")), path(&folder().join("trust.txt")));
    let mut sizes = Vec::new();
    for lang in ["es", "en"] {
        let out = lacre(&["verify", &file, "--trust", &trust, "--pdf", &pdf, "--etsi", &etsi, "--lang", lang]);
        assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8_lossy(&out.stderr));
        let bytes = std::fs::read(&pdf).unwrap();
        assert!(bytes.starts_with(b"%PDF-1."));
        let has = |needle: &str| bytes.windows(needle.len()).any(|w| w == needle.as_bytes());
        // a tagged document, with its language, for screen readers
        for needle in ["/StructTreeRoot", "/MarkInfo", "/Marked true", if lang == "es" { "es-CL" } else { "(en)" }, "pdfuaid"] {
            assert!(has(needle), "{lang}: {needle}");
        }
        sizes.push(bytes.len());
    }
    assert!(sizes.iter().all(|s| *s < 200_000), "{sizes:?}");
    let records: Vec<Value> = serde_json::from_slice(&std::fs::read(&etsi).unwrap()).unwrap();
    assert_eq!(records[1]["ERDSEventId"], "http://uri.etsi.org/19522/Event/ContentConsignment");
    assert_eq!(records[1]["Extensions"]["Decreto8Articulo13"]["TipoNotificacion"], "NT 3");
    let bad = path(&folder().join("garbage-ciphertext.lacre"));
    std::fs::remove_file(&pdf).unwrap();
    let out = lacre(&["verify", &bad, "--trust", &trust, "--pdf", &pdf]);
    assert_eq!(out.status.code(), Some(1));
    assert!(!Path::new(&pdf).exists());
}
