//! One spelling for everything: each row is a text that some reader would take and another would not. All else fits.

use super::vector::*;
use crate::proof::forge::{forge, of_small_order, text};
use crate::proof::*;

/// Which part, what in it, and what stands there instead.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str);

pub(super) fn all(out: &mut Vec<Vector>) {
    fields(out);
    lengths(out);
    keys(out);
    notes(out);
}

fn fields(out: &mut Vec<Vector>) {
    const V: &str = "";
    const N: &str = "note";
    let rows: [Row; 48] = [
        ("form-key-without-kind", N, "certificate", "key *", "bare"),
        ("form-sealing-key-without-suite", N, "grant", "key *", "bare"),
        ("form-upper-case-hex", N, "certificate", "key ed25519 *", "in capitals"),
        ("form-time-without-millis", N, "certificate", "from *", "2025-12-10T06:00:00Z"),
        ("form-time-with-offset", N, "certificate", "from *", "2025-12-10T06:00:00.000+00:00"),
        ("form-time-other-digits", N, "certificate", "from *", "２０25-12-10T06:00:00.000Z"),
        ("form-time-29-february", N, "certificate", "from *", "2025-02-29T06:00:00.000Z"),
        ("form-time-60-seconds", N, "certificate", "from *", "2025-12-10T06:00:60.000Z"),
        ("form-time-1969", N, "certificate", "from *", "1969-12-31T23:59:59.999Z"),
        ("form-time-1970", V, "certificate", "from *", "1970-01-01T00:00:00.000Z"),
        ("form-time-last", N, "certificate", "until *", "9999-12-31T23:59:59.999Z"),
        ("form-time-after-last", N, "certificate", "until *", "9999-12-30T22:00:00.001Z"),
        ("form-code-of-one", N, "certificate", "code *", "A"),
        ("form-code-of-17", N, "certificate", "code *", "A2345678901234567"),
        ("form-code-lower", N, "certificate", "code *", "ao001"),
        ("form-zone", N, "certificate", "place *", "Europe/Madrid 13101"),
        ("form-region-17", N, "certificate", "place *", "America/Santiago 17101"),
        ("form-region-0", N, "certificate", "place *", "America/Santiago 00101"),
        ("form-comuna-of-4", N, "certificate", "place *", "America/Santiago 1310"),
        ("form-place-two-spaces", N, "certificate", "place *", "America/Santiago  13101"),
        ("form-name-with-space", N, "certificate", "name *", "Municipalidad "),
        ("form-name-wide-space", N, "certificate", "name *", "\u{3000}Municipalidad"),
        ("form-name-joiner", V, "certificate", "name *", "\u{200b}Municipalidad"),
        ("form-answer", N, "lookup", "answer *", "accounts"),
        ("form-state-with-zero", N, "lookup", "state *", "00 ones"),
        ("form-state-too-large", N, "lookup", "state *", "18446744073709551616 ones"),
        ("form-register-word", N, "lookup", "register *", "unknown"),
        ("form-kind-of-grant", N, "grant", "kind *", "twice"),
        ("form-port-0", N, "grant", "relay *", "port 0"),
        ("form-port-65536", N, "grant", "relay *", "port 65536"),
        ("form-port-with-zero", N, "grant", "relay *", "port 07443"),
        ("form-host-upper", N, "grant", "relay *", "host RELAY.example"),
        ("form-host-not-ascii", N, "grant", "relay *", "host relé.example"),
        ("form-host-v6-garbage", N, "grant", "relay *", "host [:::]"),
        ("form-host-v6-upper", N, "grant", "relay *", "host [::A]"),
        ("form-identity-bits", N, "grant", "relay *", "identity"),
        ("form-copy-without-hash", N, "notice", "standing *", "copy"),
        ("form-original-with-hash", N, "notice", "standing *", "original ones"),
        ("form-standing-word", N, "notice", "standing *", "draft"),
        ("form-approvals-word", N, "notice", "approvals *", "all"),
        ("form-return-word", N, "notice", "return *", "here"),
        ("form-type", N, "notice", "type *", "NT"),
        ("form-term-with-zero", N, "notice", "term *", "05"),
        ("form-term-of-1001", N, "notice", "term *", "1001"),
        ("form-event-name", N, "event.1", "event *", "http://uri.etsi.org/19522/Event/ContentHandedOver"),
        ("form-event-uri", N, "event.1", "event *", "ContentHandover"),
        ("form-issuer-kind", N, "event.1", "issuer *", "person x"),
        ("form-checkpoint-word", N, "event.0", "checkpoint *", "yes"),
    ];
    let honest = World::honest().bundle;
    for (name, code, part, line_of, new) in rows {
        let key = line_of.trim_end_matches('*');
        let bundle = forge(&honest, part, |t| {
            let old = line(t, key).to_owned();
            let value = &old[key.len()..];
            let new = match new {
                "in capitals" => value.to_uppercase(),
                "bare" => value.split_once(' ').unwrap().1.to_owned(),
                "identity" => format!("{}B", &value[..value.len() - 1]),
                _ if new.starts_with("port ") => value.replace("7443", &new[5..]),
                _ if new.starts_with("host ") => value.replace("relay.example", &new[5..]),
                // a hash
                _ if new.ends_with(" ones") => new.replace("ones", &"1".repeat(64)),
                new => new.to_owned(),
            };
            t.replacen(&old, &format!("{key}{new}"), 1)
        });
        let verdict = if code.is_empty() { "VALID" } else { "INVALID" };
        add(out, name, TrustFile::Honest, verdict, code, "a field in another spelling, or at its bound", bundle.to_bytes());
    }
    let other = forge(&honest, "certificate", |t| t.replace("\nname ", "\nnome ")).to_bytes();
    add(out, "form-other-key", TrustFile::Honest, "INVALID", "note", "a line that is called otherwise", other);
    let opening: [(&'static str, &'static str, &'static str); 5] = [
        ("form-run-with-dots", "run ", "run 41.000.111-K"),
        ("form-run-with-zero", "run ", "run 041000111-K"),
        ("form-salt-short", "salt ", "salt 11"),
        ("form-seed-word", "seed ", "seed x"),
        ("form-token-word", "return ", "return x"),
    ];
    for (name, key, new) in opening {
        let bundle = forge(&honest, "opening", |t| with_line(t, key, new));
        add(out, name, TrustFile::Honest, "INVALID", "note", "the opening in another spelling", bundle.to_bytes());
    }
    for (name, edit) in [
        ("form-opening-returns", (|t| t.replace('\n', "\r\n")) as fn(&str) -> String),
        ("form-opening-without-end", |t| t.trim_end().to_owned()),
        ("form-opening-line-more", |t| format!("{t}\n")),
    ] {
        add(
            out,
            name,
            TrustFile::Honest,
            "INVALID",
            "note",
            "lines that end otherwise",
            forge(&honest, "opening", edit).to_bytes(),
        );
    }
    for part in ["certificate", "lookup", "designation", "state.0", "grant", "event.0", "event.1"] {
        let bundle = forge(&honest, part, |t| format!("{t}more x\n"));
        let name: &'static str = Box::leak(format!("line-more-{}", part.replace('.', "-")).into_boxed_str());
        add(out, name, TrustFile::Honest, "INVALID", "note", "a line too much, signed", bundle.to_bytes());
        let bundle = forge(&honest, part, |t| t.replacen(" v", " v9", 1));
        let name: &'static str = Box::leak(format!("other-kind-{}", part.replace('.', "-")).into_boxed_str());
        add(out, name, TrustFile::Honest, "INVALID", "note", "another first line, signed", bundle.to_bytes());
    }
    let played = |change: Change| {
        let mut setup = Setup::example(Cast::HONEST);
        change(&mut setup);
        setup.play().bundle.to_bytes()
    };
    add(
        out,
        "form-host-v6",
        TrustFile::Honest,
        "VALID",
        "",
        "a relay that is reached by an IPv6 address",
        played(|s| {
            let to = Authority::new("[2001:db8::1]", 443, Identity::new(relay(1).public().key())).unwrap();
            s.states[0].devices[0].inbox.authority = to.clone();
            s.grant.casilla.authority = to.clone();
            s.grant.account = AccountState::first(&s.states[0].sign(&device(1)).unwrap()).unwrap().0;
            s.designation.account = s.grant.account;
            s.change_receipt = |r| {
                let to = Authority::new("[2001:db8::1]", 443, Identity::new(relay(1).public().key())).unwrap();
                r.issuer = Issuer::Relay(to);
            };
        }),
    );
}

/// What has most and least: one less or more is no text of its kind.
fn lengths(out: &mut Vec<Vector>) {
    let long: [(&'static str, &'static str, &'static str, usize); 10] = [
        ("length-name", "certificate", "name ", 200),
        ("length-statement", "designation", "statement ", 1000),
        ("length-case", "notice", "case ", 64),
        ("length-procedure", "notice", "procedure ", 64),
        ("length-subject", "notice", "subject ", 400),
        ("length-description", "notice", "description ", 4000),
        ("length-uri", "notice", "uri ", 1000),
        ("length-media", "notice", "file ", 100),
        ("length-file-name", "notice", "file ", 255),
        ("length-reference", "event.1", "reference ", 200),
    ];
    let mut setup = Setup::example(Cast::HONEST);
    setup.change_notice = |n| n.uris = vec!["https://example.org".to_owned(); 8];
    let mut honest = setup.play().bundle;
    let with_reference = |t: &str| format!("{t}reference x\n");
    honest = forge(&honest, "event.1", with_reference);
    for (name, part, key, most) in long {
        for (more, verdict, code) in [(0, "VALID", ""), (1, "INVALID", "note")] {
            let fill = |n: usize| format!("{}é", "x".repeat(n - 2));
            let bundle = forge(&honest, part, |t| {
                let old = line(t, key).to_owned();
                let new = match name {
                    "length-media" => old.replace("text/plain", &fill(most + more)),
                    "length-file-name" => old.replace("resolución.txt", &fill(most + more)),
                    _ => format!("{key}{}", fill(most + more)),
                };
                t.replacen(&old, &new, 1)
            });
            let name: &'static str = Box::leak(format!("{name}-{}", most + more).into_boxed_str());
            add(out, name, TrustFile::Honest, verdict, code, "as many bytes as there may be, or one more", bundle.to_bytes());
        }
    }
    add(out, "eight-uris", TrustFile::Honest, "VALID", "", "as many URIs as there may be", honest.to_bytes());
    let nine = forge(&honest, "notice", |t| t.replacen("uri ", "uri https://example.org/9\nuri ", 1)).to_bytes();
    add(out, "nine-uris", TrustFile::Honest, "INVALID", "note", "one more", nine);
    let files = |n: usize| {
        let mut setup = Setup::example(Cast::HONEST);
        setup.attachments = (1..n).map(|i| (format!("{i}.txt"), vec![b'x'])).collect();
        setup.play().bundle
    };
    add(out, "thirty-two-files", TrustFile::Honest, "VALID", "", "as many files as there may be", files(32).to_bytes());
    let one_more = forge(&files(32), "notice", |t| format!("{t}{}\n", t.lines().last().unwrap())).to_bytes();
    add(out, "thirty-three-files", TrustFile::Honest, "INVALID", "note", "one more", one_more);
    let none = forge(&World::honest().bundle, "notice", |t| {
        t.lines().filter(|l| !l.starts_with("file ")).map(|l| format!("{l}\n")).collect()
    });
    add(out, "no-file", TrustFile::Honest, "INVALID", "note", "not even a body", none.to_bytes());
    let huge = forge(&World::honest().bundle.without_files(), "notice", |t| {
        let old = line(t, "file ").to_owned();
        let words: Vec<&str> = old.splitn(4, ' ').collect();
        t.replacen(&old, &format!("file {} 104857601 {}", words[1], words[3]), 1)
    });
    let largest = forge(&World::honest().bundle.without_files(), "notice", |t| {
        let old = line(t, "file ").to_owned();
        let words: Vec<&str> = old.splitn(4, ' ').collect();
        t.replacen(&old, &format!("file {} 104857600 {}", words[1], words[3]), 1)
    });
    add(out, "file-of-100-mib", TrustFile::Honest, "VALID", "", "as long as a file may be, left out", largest.to_bytes());
    add(out, "file-too-long", TrustFile::Honest, "INVALID", "note", "100 MiB and a byte", huge.to_bytes());
    let reasons = |n: usize| {
        let failed = World::honest().bundle;
        forge(&failed, "event.2", |t| {
            let t = t.replace("ContentAccessTracking", "ContentHandoverFailure");
            format!("{t}{}", "reason does-not-open\n".repeat(n))
        })
    };
    add(out, "eight-reasons", TrustFile::Honest, "VALID", "", "as many reasons as there may be", reasons(8).to_bytes());
    add(out, "nine-reasons", TrustFile::Honest, "INVALID", "note", "one more", reasons(9).to_bytes());
    add(out, "no-reason", TrustFile::Honest, "INVALID", "note", "and none", reasons(0).to_bytes());
    let unknown = forge(&World::honest().bundle, "event.1", |t| format!("{t}reason hurry\n"));
    add(out, "other-reason", TrustFile::Honest, "INVALID", "note", "a reason that is on no list", unknown.to_bytes());
    let placed = forge(&World::honest().bundle, "event.1", |t| format!("{t}generation {}\n", "1".repeat(32)));
    add(out, "record-with-a-place", TrustFile::Honest, "INVALID", "note", "what only a receipt has", placed.to_bytes());

    let devices = |change: fn(&mut AccountState)| {
        let mut setup = Setup::example(Cast::HONEST);
        two_states(&mut setup);
        change(&mut setup.states[1]);
        setup.play().bundle.to_bytes()
    };
    for (name, change) in [
        ("no-device", (|s| s.devices.clear()) as fn(&mut AccountState)),
        ("device-id-twice", |s| s.devices[1].id = s.devices[0].id),
        ("device-key-twice", |s| s.devices[1].signature_key = s.devices[0].signature_key),
        ("seventeen-devices", |s| {
            for n in 10..25 {
                let mut one = s.devices[0].clone();
                (one.id, one.signature_key) = (DeviceId::new([n; 16]), device(n).public().key());
                s.devices.push(one);
            }
        }),
    ] {
        add(out, name, TrustFile::Honest, "INVALID", "note", "a state has 1 to 16 different devices", devices(change));
    }
}

fn keys(out: &mut Vec<Vector>) {
    let honest = World::honest().bundle;
    let three = format!("03{}", "0".repeat(62));
    let beyond = format!("f0{}7f", "f".repeat(60));
    let zero_again = format!("ed{}7f", "f".repeat(60));
    let bad: [(&'static str, String, &'static str); 5] = [
        ("zero-again", zero_again, "y is the prime itself"),
        ("no-point", format!("02{}", "0".repeat(62)), "no point of the curve"),
        ("small-order", "0".repeat(64), "a key of order 4"),
        ("order-8", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a".to_owned(), "a key of order 8"),
        ("other-encoding", beyond, "y above the prime"),
    ];
    for (kind, key, why) in &bad {
        let name = |part: &str| -> &'static str { Box::leak(format!("{part}-key-{kind}").into_boxed_str()) };
        let unused = forge(&honest, "keys", |t| format!("{t}gateway ed25519 {key}\n")).to_bytes();
        add(out, name("unused"), TrustFile::Honest, "INVALID", "note", why, unused);
        let agency = forge(&honest, "certificate", |t| with_line(t, "key ", &format!("key ed25519 {key}"))).to_bytes();
        add(out, name("agency"), TrustFile::Honest, "INVALID", "note", why, agency);
        let mut setup = Setup::example(Cast::HONEST);
        two_states(&mut setup);
        let state = forge(&setup.play().bundle, "state.1", |t| {
            let last = t.rfind("sign ed25519 ").unwrap() + "sign ed25519 ".len();
            format!("{}{key}{}", &t[..last], &t[last + 64..])
        });
        add(out, name("device"), TrustFile::Honest, "INVALID", "note", why, state.to_bytes());
    }
    type Edited = (&'static str, &'static str, fn(&str) -> String);
    let edits: [Edited; 5] = [
        ("keys-with-returns", "lines that end in a carriage return and a newline", |t| t.replace('\n', "\r\n")),
        ("keys-without-end", "no newline at the end", |t| t.trim_end().to_owned()),
        ("keys-line-more", "an empty line more", |t| format!("{t}\n")),
        ("keys-other-order", "the relay before the registrar", |t| {
            let lines: Vec<&str> = t.lines().collect();
            format!("{}\n{}\n{}\n", lines[0], lines[2], lines[1])
        }),
        ("keys-capitals", "a key in capitals", |t| t.replacen("8a88", "8A88", 1)),
    ];
    for (name, why, edit) in edits {
        add(out, name, TrustFile::Honest, "INVALID", "note", why, forge(&honest, "keys", edit).to_bytes());
    }
    let many = |n: usize| forge(&honest, "keys", |t| format!("{t}{}", format!("gateway ed25519 {three}\n").repeat(n))).to_bytes();
    add(out, "sixty-four-keys", TrustFile::None, "INCOMPLETE", "trust", "as many keys as there may be", many(64));
    add(out, "sixty-five-keys", TrustFile::None, "INVALID", "note", "one more", many(65));

    let sealing = |edit: fn(&mut Vec<u8>)| {
        let grant = World::honest().grant;
        let mut key = grant.key.as_bytes().to_vec();
        edit(&mut key);
        let new = format!("key 0001 {}", data_encoding::BASE64.encode(&key));
        forge(&honest, "grant", |t| with_line(t, "key ", &new)).to_bytes()
    };
    let coefficient = sealing(|k| (k[0], k[1]) = (0x01, k[1] & 0xf0 | 0x0d));
    add(out, "notice-key-coefficient", TrustFile::Honest, "INVALID", "note", "a coefficient of 3329", coefficient);
    let weak = sealing(|k| k[1184..].fill(0));
    add(out, "notice-key-weak-x25519", TrustFile::Honest, "VALID", "", "an X25519 half of small order: ML-KEM holds", weak);
    add(out, "notice-key-short", TrustFile::Honest, "INVALID", "note", "a byte less", sealing(|k| k.truncate(1215)));
    let suite = forge(&honest, "grant", |t| t.replace("key 0001 ", "key 0002 ")).to_bytes();
    add(out, "notice-key-other-suite", TrustFile::Honest, "INVALID", "note", "another suite", suite);
    let bits = forge(&honest, "grant", |t| {
        let old = line(t, "key ").to_owned();
        let end = old.trim_end_matches('=').len();
        let other = format!("{}B{}", &old[..end - 1], &old[end..]);
        t.replace(&old, &other)
    });
    add(out, "notice-key-base64", TrustFile::Honest, "INVALID", "note", "base64 in another spelling", bits.to_bytes());
}

/// The form of notes: shown on a record, which nothing else depends on.
fn notes(out: &mut Vec<Vector>) {
    let honest = World::honest().bundle;
    let mut with =
        |name: &'static str, verdict: &'static str, code: &'static str, why: &'static str, change: &dyn Fn(&str) -> String| {
            let mut bundle = honest.clone();
            bundle.events[1] = change(&bundle.events[1]);
            add(out, name, TrustFile::Honest, verdict, code, why, bundle.to_bytes());
        };
    let line_of = |raw: &str| raw.lines().last().unwrap().to_owned();
    let other = "\u{2014} witness.example AAAAAAA=\n";
    with("note-other-signer", "VALID", "", "a signature line of somebody unknown, of another type", &|r| format!("{r}{other}"));
    with("note-100-signatures", "VALID", "", "as many lines as there may be", &|r| format!("{r}{}", other.repeat(99)));
    with("note-101-signatures", "INVALID", "note", "one more", &|r| format!("{r}{}", other.repeat(100)));
    with("note-return", "INVALID", "note", "a carriage return before the last newline", &|r| format!("{}\r\n", r.trim_end()));
    with("note-no-newline", "INVALID", "note", "no newline at the end", &|r| r.trim_end().to_owned());
    with("note-empty-line", "INVALID", "note", "an empty line after the signatures", &|r| format!("{r}\n"));
    with("note-hyphen", "INVALID", "note", "a hyphen for the dash", &|r| r.replace('\u{2014}', "-"));
    with("note-two-spaces", "INVALID", "note", "two spaces", &|r| r.replace("lacre-device ", "lacre-device  "));
    let unknown = |name: &str| format!("\u{2014} {name} AAAAAAA=\n");
    with("note-name-plus", "INVALID", "note", "a plus in an unknown name", &|r| format!("{r}{}", unknown("a+b")));
    with("note-name-space", "INVALID", "note", "white space in an unknown name", &|r| format!("{r}{}", unknown("a\u{a0}b")));
    with("note-name-control", "INVALID", "note", "a control character in an unknown name", &|r| {
        format!("{r}{}", unknown("a\u{7f}b"))
    });
    with("note-signature-short", "INVALID", "note", "four bytes", &|r| format!("{r}\u{2014} a AAAAAA==\n"));
    with("note-signature-bits", "INVALID", "note", "base64 in another spelling", &|r| format!("{r}\u{2014} a AAAAAAB=\n"));
    with("note-tab", "INVALID", "note", "a tab in the text", &|r| r.replace("sender agency", "sender\tagency"));
    with("note-c1-control", "INVALID", "note", "a control character beyond ASCII in the text", &|r| {
        r.replace("sender agency", "sender\u{85}agency")
    });
    with("note-signed-by-hand", "INVALID", "signature", "one bit of the signature", &|r| {
        let last = line_of(r);
        let (name, signature) = last.rsplit_once(' ').unwrap();
        let mut bytes = data_encoding::BASE64.decode(signature.as_bytes()).unwrap();
        bytes[40] ^= 1;
        r.replace(&last, &format!("{name} {}", data_encoding::BASE64.encode(&bytes)))
    });
    with("note-other-key-id", "INVALID", "signature", "a good signature under another key id", &|r| {
        let last = line_of(r);
        let (name, signature) = last.rsplit_once(' ').unwrap();
        let mut bytes = data_encoding::BASE64.decode(signature.as_bytes()).unwrap();
        bytes[0] ^= 1;
        r.replace(&last, &format!("{name} {}", data_encoding::BASE64.encode(&bytes)))
    });
    with("note-other-name", "INVALID", "signature", "the right key under another name, with the id of that", &|r| {
        let stranger = NoteSigner::new("lacre-devise", &[0x61; 32]).unwrap();
        sign(&text(r), &[&stranger]).unwrap()
    });
    with("note-other-name-same-id", "INVALID", "signature", "a good signature and its key id under another name", &|r| {
        r.replace("\u{2014} lacre-device ", "\u{2014} lacre-devise ")
    });
    with("note-spoiled", "INVALID", "signature", "a good signature and a bad one by the same key", &|r| {
        let wrong = sign("another text\n", &[&device(1)]).unwrap();
        format!("{r}{}\n", line_of(&wrong))
    });
    with("note-signed-twice", "VALID", "", "the same good signature twice", &|r| format!("{r}{}\n", line_of(r)));
    with("note-small-order-r", "INVALID", "signature", "a signature whose R is the neutral element", &|r| {
        of_small_order(&device(1), [0x61; 32], &text(r))
    });
    // which comes first, signature or form (section 1)
    with("order-record", "INVALID", "note", "a record of another form that nobody signed: its form first", &|r| {
        sign(&format!("{}more x\n", text(r)), &[&device(2)]).unwrap()
    });
    let mut bundle = forge(&honest, "event.1", |t| format!("{t}reference a b\n"));
    bundle.events[1] = bundle.events[1].replace("reference a b", "reference a\tb");
    let bytes = bundle.to_bytes();
    add(out, "note-tab-in-a-field", TrustFile::Honest, "INVALID", "note", "a tab where any text may stand", bytes);
    let mut bundle = honest.clone();
    bundle.grant = bundle.grant.map(|raw| format!("\n\n{}\n", line_of(&raw)));
    let bytes = bundle.to_bytes();
    add(out, "note-without-text", TrustFile::Honest, "INVALID", "note", "a signature under nothing", bytes);
    let stranger = |raw: &Option<String>, n: u8| {
        let signer = if n == 0 { registrar(2) } else { device(n) };
        raw.as_ref().map(|r| sign(&format!("{}more x\n", text(r)), &[&signer]).unwrap())
    };
    let mut bundle = honest.clone();
    bundle.lookup = stranger(&bundle.lookup, 0);
    let bytes = bundle.to_bytes();
    add(
        out,
        "order-lookup",
        TrustFile::Honest,
        "INVALID",
        "signature",
        "an answer of another form that nobody signed: its signature first",
        bytes,
    );
    let mut bundle = honest.clone();
    bundle.states[0] = stranger(&Some(bundle.states[0].clone()), 2).unwrap();
    let bytes = bundle.to_bytes();
    add(out, "order-state", TrustFile::Honest, "INVALID", "note", "state 0 says who signs it: its form first", bytes);
    let mut bundle = honest;
    bundle.grant = stranger(&bundle.grant, 2);
    let bytes = bundle.to_bytes();
    add(out, "order-grant", TrustFile::Honest, "INVALID", "signature", "a grant: its signature first", bytes);
}
