//! The registrar's counter from other machines: clerks with keys of their own, at the real programs.
use lacre_ground::counter::{Ask, ClerkSecret};
use lacre_ground::ids::Identity;
use lacre_ground::random::SystemRng;
use lacre_proto::relay::v1 as wire;
use lacre_proto::relay::v1::counter_client::CounterClient;
use lacre_tests::raw;
use lacre_tests::relay::{Said as Operated, operate};
use lacre_tests::terminal::{Person, RUNS, Town, lacre_binary};
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::Stdio;
use tonic::transport::Channel;
use tonic_types::StatusExt as _;

/// The operator at the relay's machine.
fn registrar(town: &Town, args: &[&str]) -> Operated {
    operate(town.folder(), &[&["registrar"], args, &["--data", "data"]].concat()).unwrap()
}

/// Acts of the record: by, deed, about. The chain holds.
fn record(town: &Town) -> Vec<(Option<String>, String, String)> {
    let said = registrar(town, &["log", "--json"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let text = |v: &Value| v.as_str().map(str::to_owned);
    let acts = said.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    acts.map(|a| (text(&a["by"]), text(&a["deed"]).unwrap(), text(&a["about"]).unwrap())).collect()
}

/// A post on a machine of its own, which the operator lets do this.
fn post(town: &Town, name: &str, duties: &[&str]) -> Person {
    let post = town.newcomer(name);
    let key = post.json(&["counter", "enroll", &town.authority().to_string()])["key"].as_str().unwrap().to_owned();
    let said = registrar(town, &[&["clerk", "add", name, &key], duties].concat());
    assert_eq!(said.code, Some(0), "{}", said.err);
    post
}

fn issue(post: &Person, run: &str, more: &[&str]) -> lacre_tests::terminal::Said {
    post.piped(&[&["counter", "issue-code", "--json"], more].concat(), run.as_bytes())
}

fn given(post: &Person, run: &str, more: &[&str]) -> Value {
    issue(post, run, more).done_json()
}

/// The name of a failure.
fn refused(said: lacre_tests::terminal::Said) -> String {
    let error: Value = serde_json::from_str(&said.failed(1)).unwrap();
    error["error"].as_str().unwrap().to_owned()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[test]
fn two_clerks_at_once_do_each_their_duty_and_the_record_names_both_and_no_person() {
    let town = Town::new();
    let (mesa, jefa) = (post(&town, "mesa-1", &["--issue"]), post(&town, "jefa", &["--reset"]));

    let both: Vec<Value> = std::thread::scope(|scope| {
        let first = scope.spawn(|| given(&mesa, RUNS[0], &[]));
        let second = scope.spawn(|| refused(issue(&jefa, RUNS[1], &[])));
        assert_eq!(second.join().unwrap(), "not-her-duty");
        vec![first.join().unwrap()]
    });
    let ana = town.newcomer("ana");
    ana.run(&["enroll", text(&both[0]["invitation"]), "@ana"]).done();
    assert_eq!(refused(issue(&mesa, RUNS[0], &["--recover"])), "not-her-duty");
    assert_eq!(refused(issue(&mesa, RUNS[0], &[])), "has-account");
    assert_eq!(refused(issue(&jefa, RUNS[1], &["--recover"])), "nothing-to-recover");
    let again = given(&jefa, RUNS[0], &["--recover"]);
    let new = town.newcomer("ana-otra-vez");
    new.run(&["recover", text(&again["invitation"])]).done();

    assert_eq!((text(&both[0]["run"]), text(&again["run"])), ("40000001-8", "40000001-8"), "said back");
    let acts = record(&town);
    let by = |who: &str, deed: &str| acts.iter().filter(|(by, did, _)| by.as_deref() == Some(who) && did == deed).count();
    for (who, deed) in [
        ("mesa-1", "issued"),
        ("mesa-1", "refused-duty"),
        ("mesa-1", "refused-has-account"),
        ("jefa", "refused-duty"),
        ("jefa", "refused-no-account"),
        ("jefa", "issued-reset"),
    ] {
        assert_eq!(by(who, deed), 1, "{who} {deed}: {acts:?}");
    }
    assert!(acts.iter().any(|(.., about)| about == text(&again["reference"])));
    let all = registrar(&town, &["log", "--json"]).out;
    for run in RUNS {
        let digits: String = run.chars().filter(char::is_ascii_digit).collect();
        assert!(!all.contains(run) && !all.contains(&digits[..8]), "a RUN is in the record");
    }
    // each sees her own acts, and nobody else's
    let hers: Vec<Value> = serde_json::from_value(jefa.json(&["counter", "log"])).unwrap();
    let hers: Vec<&str> = hers.iter().map(|act| text(&act["deed"])).collect();
    assert_eq!(hers.len(), 3);
    assert!(hers.contains(&"issued-reset") && !hers.contains(&"issued"), "{hers:?}");
}

#[test]
fn a_revoked_clerk_is_none_at_once_also_with_a_challenge_that_she_took_before() {
    let town = Town::new();
    let clerk = ClerkSecret::random(&mut SystemRng);
    let key = data_encoding::BASE64URL_NOPAD.encode(&clerk.public());
    assert_eq!(registrar(&town, &["clerk", "add", "mesa-1", &key, "--issue"]).code, Some(0));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let at = town.authority().identity();
    let (channel, taken) = runtime.block_on(async {
        let channel = raw::connect(town.authority()).await.unwrap();
        let first = challenge(&channel, &clerk).await;
        assert!(ask(&channel, &clerk, &at, first, "40000001-8").await.is_ok(), "else this shows nothing");
        let taken = challenge(&channel, &clerk).await;
        (channel, taken)
    });
    let recorded = record(&town).len();

    assert_eq!(registrar(&town, &["clerk", "revoke", "mesa-1"]).code, Some(0));

    let answer = runtime.block_on(ask(&channel, &clerk, &at, taken, "40000002-6"));
    assert_eq!(answer.unwrap_err(), "LOGIN_REFUSED");
    let acts = record(&town);
    assert_eq!((acts.len(), acts.last().unwrap().1.as_str()), (recorded + 1, "clerk-revoked"));
    assert_eq!(registrar(&town, &["clerk", "revoke", "mesa-1"]).code, Some(1));
    assert_eq!(registrar(&town, &["clerk", "add", "mesa-1", &key, "--issue"]).code, Some(1), "the key is nobody's again");
    let list: Value = serde_json::from_str(&registrar(&town, &["clerk", "list", "--json"]).out).unwrap();
    assert!(list[0]["revoked_at"].is_string(), "{list}");
}

async fn challenge(channel: &Channel, clerk: &ClerkSecret) -> [u8; 32] {
    let request = wire::ClerkChallengeRequest { key: clerk.public().to_vec() };
    let answer = CounterClient::new(channel.clone()).challenge(request).await.unwrap().into_inner();
    answer.challenge.as_slice().try_into().unwrap()
}

/// Asks for a code; the reason when it is refused.
async fn ask(
    channel: &Channel,
    clerk: &ClerkSecret,
    relay: &Identity,
    challenge: [u8; 32],
    run: &str,
) -> Result<wire::ClerkIssueResponse, String> {
    let signature = clerk.sign(relay, &challenge, Ask::Issue { run, recover: false }).to_vec();
    send(channel, proof(clerk, challenge, signature), run, false).await
}

fn proof(clerk: &ClerkSecret, challenge: [u8; 32], signature: Vec<u8>) -> wire::ClerkProof {
    wire::ClerkProof { key: clerk.public().to_vec(), challenge: challenge.to_vec(), signature }
}

async fn send(channel: &Channel, proof: wire::ClerkProof, run: &str, recover: bool) -> Result<wire::ClerkIssueResponse, String> {
    let request = wire::ClerkIssueRequest { proof: Some(proof), run: run.to_owned(), recover };
    let answer = CounterClient::new(channel.clone()).issue_code(request).await;
    answer.map(tonic::Response::into_inner).map_err(|status| status.get_details_error_info().unwrap().reason)
}

/// Whoever has no clerk's key gets nothing and leaves nothing in the record; whoever stole one learns of few persons.
#[test]
fn a_stranger_gets_nothing_and_a_stolen_key_tries_few_runs() {
    let town = Town::new();
    let (clerk, stranger) = (ClerkSecret::random(&mut SystemRng), ClerkSecret::random(&mut SystemRng));
    let key = data_encoding::BASE64URL_NOPAD.encode(&clerk.public());
    assert_eq!(registrar(&town, &["clerk", "add", "mesa-1", &key, "--issue"]).code, Some(0));
    let ana = town.person(0, "ana");
    let recorded = record(&town);
    let at = town.authority().identity();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let limited = runtime.block_on(async {
        let channel = raw::connect(town.authority()).await.unwrap();
        let run = "40000002-6";
        let hers = challenge(&channel, &clerk).await;
        let good = clerk.sign(&at, &hers, Ask::Issue { run, recover: false }).to_vec();
        let strangers = challenge(&channel, &stranger).await;
        let refused = [
            ("a key that is nobody's", ask(&channel, &stranger, &at, strangers, run).await),
            ("another's challenge", ask(&channel, &clerk, &at, strangers, run).await),
            ("a challenge of nobody", ask(&channel, &clerk, &at, [7; 32], run).await),
            ("for another relay", ask(&channel, &clerk, &Identity::new([7; 32]), hers, run).await),
            ("another's signature", {
                let signature = stranger.sign(&at, &hers, Ask::Issue { run, recover: false }).to_vec();
                send(&channel, proof(&clerk, hers, signature), run, false).await
            }),
            ("signed for another person", send(&channel, proof(&clerk, hers, good.clone()), "40000003-4", false).await),
            ("signed for a first code", send(&channel, proof(&clerk, hers, good.clone()), run, true).await),
            ("signed for her acts", {
                let signature = clerk.sign(&at, &hers, Ask::Acts { from: 1 }).to_vec();
                send(&channel, proof(&clerk, hers, signature), run, false).await
            }),
            ("a RUN that is none, by a stranger", ask(&channel, &stranger, &at, strangers, "45123006").await),
        ];
        for (how, answer) in refused {
            assert_eq!(answer.err().as_deref(), Some("LOGIN_REFUSED"), "{how}");
        }
        assert_eq!(ask(&channel, &clerk, &at, hers, "45123006").await.unwrap_err(), "BAD_RUN");
        assert_eq!(record(&town), recorded, "nobody fills the record");
        // the key is good and its owner is not: who of these has an account?
        let mut told = 0;
        loop {
            let fresh = challenge(&channel, &clerk).await;
            match ask(&channel, &clerk, &at, fresh, "40000001-8").await.unwrap_err().as_str() {
                "HAS_ACCOUNT" => told += 1,
                reason => break (told, reason.to_owned()),
            }
            assert!(told <= 12, "told of more persons than a clerk may err in a day");
        }
    });
    assert_eq!(limited, (12, "LIMIT".to_owned()));
    let refusals = record(&town).iter().filter(|(_, deed, _)| deed == "refused-has-account").count();
    assert_eq!(refusals, 12);
    drop(ana);
}

/// Whatever moment the relay is killed at: a code that a clerk holds is in the record and works, or there is none.
#[test]
fn a_code_that_was_given_is_recorded_wherever_the_relay_was_killed() {
    let mut town = Town::new();
    let posts = [post(&town, "mesa-1", &["--issue"]), post(&town, "mesa-2", &["--issue"])];
    let mut held = Vec::new();
    for round in 0..6_u64 {
        let children: Vec<_> = posts
            .iter()
            .map(|post| {
                let args = ["counter", "issue-code", "--json"];
                let mut command = post.command(&args);
                command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
                let mut child = command.spawn().unwrap();
                child.stdin.take().unwrap().write_all(RUNS[usize::try_from(round).unwrap() % RUNS.len()].as_bytes()).unwrap();
                child
            })
            .collect();
        // killed earlier and later: after as many acts in the record as rounds went before
        let wanted = held.len();
        let mut tries = 0;
        while round > 0 && record(&town).len() <= wanted && tries < round * 4 {
            tries += 1;
        }
        town.switch_off();
        for child in children {
            let output = child.wait_with_output().unwrap();
            if output.status.success() {
                held.push(serde_json::from_slice::<Value>(&output.stdout).unwrap());
            }
        }
        town.switch_on();
    }
    held.push(given(&posts[0], RUNS[3], &[]));

    let acts = record(&town);
    let recorded: BTreeSet<&str> =
        acts.iter().filter(|(_, deed, _)| deed == "issued").map(|(.., about)| about.as_str()).collect();
    for code in &held {
        assert!(recorded.contains(text(&code["reference"])), "{code} is not in {acts:?}");
    }
    // each person's newest is one that works, under its own name
    let live: Value = serde_json::from_str(&registrar(&town, &["list", "--json"]).out).unwrap();
    for code in live.as_array().unwrap() {
        assert!(recorded.contains(text(&code["reference"])), "{code} works and is not recorded");
    }
    println!("{} codes held, {} recorded", held.len(), recorded.len());
}

#[test]
fn an_invitation_that_was_taken_back_opens_nothing_and_a_record_that_was_changed_is_noticed() {
    let mut town = Town::new();
    let mesa = post(&town, "mesa-1", &["--issue"]);
    let code = given(&mesa, RUNS[0], &[]);
    let listed = registrar(&town, &["list"]);
    assert!(listed.out.contains(text(&code["reference"])), "{}", listed.out);

    assert_eq!(registrar(&town, &["revoke", text(&code["reference"])]).code, Some(0));

    let ana = town.newcomer("ana");
    assert!(ana.run(&["enroll", text(&code["invitation"]), "@ana"]).code == Some(1), "a revoked code opened an account");
    assert_eq!(registrar(&town, &["revoke", text(&code["reference"])]).code, Some(1));
    assert_eq!(registrar(&town, &["revoke", "no reference"]).code, Some(2));
    let whole = registrar(&town, &["log"]);
    assert!(whole.code == Some(0) && whole.err.contains("record holds to number 3"), "{}", whole.err);
    town.switch_off();
    let store = rusqlite::Connection::open(town.folder().join("data/relay.sqlite")).unwrap();
    store.execute("UPDATE act SET clerk = NULL WHERE number = 2", []).unwrap();
    drop(store);
    town.switch_on();
    let changed = registrar(&town, &["log"]);
    assert_eq!(changed.code, Some(1));
    assert!(changed.err.contains("not as it was written at number 2"), "{}", changed.err);
}

/// What a clerk can get wrong: each is a sentence and an exit code, in her language, and no key is lost by it.
#[test]
fn a_clerk_is_told_what_is_wrong_and_her_key_opens_with_her_secret_only() {
    let town = Town::new();
    let mesa = town.newcomer("mesa");
    let none = issue(&mesa, RUNS[0], &[]);
    assert_eq!(refused(none), "no-clerk");
    let relay = town.authority().to_string();
    let first = mesa.json(&["counter", "enroll", &relay]);
    assert_eq!(mesa.json(&["counter", "enroll", &relay]), first, "asked again, the same key");
    assert_eq!(refused(issue(&mesa, RUNS[0], &[])), "clerk-refused", "the operator did not add her");
    for (typed, why) in [("45123006", "guion"), ("40000001-9", "dígito"), ("", "RUN"), ("40000001-8\n40000002-6", "una línea")]
    {
        let said = mesa.piped(&["counter", "issue-code"], typed.as_bytes()).failed(2);
        assert!(said.contains(why), "{typed:?}: {said}");
    }
    let mut thief = town.newcomer("thief");
    std::fs::write(&thief.secret[1], "ab".repeat(32)).unwrap();
    thief.home.clone_from(&mesa.home);
    assert_eq!(refused(issue(&thief, RUNS[0], &[])), "wrong-secret");
    // her seed is nowhere in clear
    let key = data_encoding::BASE64URL_NOPAD.decode(text(&first["key"]).as_bytes()).unwrap();
    let file = std::fs::read(mesa.home.join(".local/share/lacre-counter/profile.lacre")).unwrap();
    assert!(!file.windows(32).any(|w| w == key), "even the public key is sealed");
    assert!(lacre_binary().is_file());
}
