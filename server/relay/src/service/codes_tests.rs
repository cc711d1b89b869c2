//! What somebody without an account can make the relay do: nothing that costs, before a code that lives is shown.

use super::sessions_tests::next;
use super::world_tests::{Person, World, refused};
use lacre_ground::signed::NoteText as _;
use lacre_proto::relay::v1 as wire;
use lacre_store::rules::Rules;
use tonic_types::StatusExt as _;

/// Examples, nobody's numbers.
const RUNS: [&str; 3] = ["40.123.456-K", "41.000.001-6", "40123457-8"];

/// The same signature line so many times.
fn many_lines(raw: &str, count: usize) -> String {
    let line = raw.lines().last().unwrap();
    format!("{raw}{}", format!("{line}\n").repeat(count - 1))
}

fn enroll(code: &[u8], handle: &str, p: &Person) -> wire::EnrollRequest {
    wire::EnrollRequest { code: code.to_vec(), handle: handle.to_owned(), state: p.raw.clone() }
}

#[tokio::test]
async fn a_state_is_looked_at_only_when_the_code_lives() {
    let w = World::new(Rules::default()).await;
    let mut ana = w.person(1);
    ana.raw = ana.raw.replace("number 0", "number 7");
    let code = w.issue(RUNS[0]).await.unwrap().code.expose().to_vec();

    for none in [vec![9; 16], code.iter().map(|b| b ^ 1).collect()] {
        assert_eq!(refused(w.accounts().enroll(enroll(&none, "ana", &ana)).await), "CODE_REFUSED");
        let recover = wire::RecoverRequest { code: none, state: ana.raw.clone() };
        assert_eq!(refused(w.accounts().recover(recover).await), "CODE_REFUSED");
    }
    assert_eq!(refused(w.accounts().enroll(enroll(&code, "ana", &ana)).await), "BAD_STATE");
    w.later(Rules::default().code_lifetime_ms);
    assert_eq!(refused(w.accounts().enroll(enroll(&code, "ana", &ana)).await), "CODE_REFUSED", "it is over");
}

#[tokio::test]
async fn a_state_with_two_signatures_of_one_key_is_refused_wherever_it_comes() {
    let w = World::new(Rules::default()).await;
    let (ana, session, _) = w.ana(1).await;
    let mut eva = w.person(2);
    let once = eva.raw.clone();
    let code = w.issue(RUNS[1]).await.unwrap().code.expose().to_vec();

    for count in [2, 100] {
        eva.raw = many_lines(&once, count);
        assert_eq!(refused(w.accounts().enroll(enroll(&code, "eva", &eva)).await), "BAD_STATE");
        let further = next(&ana.state, &[&ana.state.devices[0]]).sign(&ana.signer).unwrap();
        assert_eq!(refused(w.put_state(&session, &many_lines(&further, count)).await), "BAD_STATE");
    }
    eva.raw = once;
    assert!(w.accounts().enroll(enroll(&code, "eva", &eva)).await.is_ok());
}

#[tokio::test]
async fn a_code_asks_for_so_many_taken_names_and_another_for_its_own() {
    let w = World::new(Rules { names_per_code: 2, ..Rules::default() }).await;
    w.ana(1).await;
    let (eva, pia) = (w.person(2), w.person(3));
    let code = w.issue(RUNS[1]).await.unwrap().code.expose().to_vec();
    let other = w.issue(RUNS[2]).await.unwrap().code.expose().to_vec();

    for _ in 0..2 {
        assert_eq!(refused(w.accounts().enroll(enroll(&code, "ana", &eva)).await), "HANDLE_TAKEN");
    }
    let limited = w.accounts().enroll(enroll(&code, "eva", &eva)).await.unwrap_err();

    let info = limited.get_details_error_info().unwrap();
    assert_eq!((info.reason.as_str(), info.metadata["limit"].as_str()), ("LIMIT", "names_per_code"));
    assert!(limited.get_details_retry_info().is_some());
    assert_eq!(refused(w.accounts().enroll(enroll(&other, "ana", &pia)).await), "HANDLE_TAKEN");
    w.later(60 * 60 * 1_000);
    assert!(w.accounts().enroll(enroll(&code, "eva", &eva)).await.is_ok());
}
