//! The calls of accounts, directory and registrar.

use super::world_tests::{Person, RUN, World, reason, refused};
use crate::run_key::RunKey;
use lacre_ground::account::{AccountState, Binding, REGISTRAR, Reset, VerifiedAccount};
use lacre_ground::address::Authority;
use lacre_ground::ids::{AccountId, Identity};
use lacre_ground::note::{NoteKey, NoteSigner};
use lacre_ground::signed::NoteText as _;
use lacre_ground::time::{Clock as _, Millis};
use lacre_proto::relay::v1::{self as wire, lookup_request::Who};
use lacre_store::accounts::AddStamps;
use lacre_store::rules::Rules;
use std::path::Path;
use tonic::Status;
use tonic_types::StatusExt as _;

const SUITE: u32 = 77;

#[tokio::test]
async fn an_invitation_opens_one_account_that_strangers_can_verify() {
    let w = World::new(Rules::default()).await;
    let ana = w.person(1);
    let invitation = w.issue(RUN).await.unwrap();
    let request = wire::EnrollRequest { code: invitation.code.expose().to_vec(), handle: "ana".into(), state: ana.raw.clone() };
    let binding = w.accounts().enroll(request.clone()).await.unwrap().into_inner().binding;
    w.later(5_000);
    let again = w.accounts().enroll(request.clone()).await.unwrap().into_inner().binding;
    assert_eq!(binding, again, "a lost answer is given again, byte by byte");
    let registrar = NoteSigner::new(REGISTRAR, &[7; 32]).unwrap().public();
    let read = Binding::verify(&binding, &registrar).unwrap();
    assert_eq!((read.handle.as_str(), read.account), ("ana", ana.account));

    let eva = w.person(2);
    let used = wire::EnrollRequest { state: eva.raw.clone(), handle: "eva".into(), ..request };
    assert_eq!(refused(w.accounts().enroll(used).await), "CODE_REFUSED");
    assert_eq!(refused(w.issue(RUN).await), "HAS_ACCOUNT");
    assert_eq!(refused(w.issue("40.123.456-1").await), "BAD_RUN");
    assert_eq!(refused(w.issue("no number").await), "BAD_RUN");
    assert_eq!(refused(w.enroll(&eva, "40123457-8", "ana").await), "HANDLE_TAKEN");
    for alike in ["ana.", "_ana", "a--na"] {
        assert_eq!(refused(w.enroll(&eva, "40123457-8", alike).await), "BAD_FIELD", "{alike}");
    }

    let session = w.login(&ana).await;
    let stamp = w.stamps(&session, 1).await.unwrap().remove(0);
    let lookup = wire::LookupRequest { who: Some(Who::Handle("ana".into())), stamp };
    let entry = w.directory().lookup(lookup.clone()).await.unwrap().into_inner().entry.unwrap();
    let verified = VerifiedAccount::verify(&entry.states, &entry.binding, &registrar).unwrap();
    assert!(*verified.state == ana.state && verified.id == ana.account);
    assert_eq!(refused(w.directory().lookup(lookup).await), "STAMP_REFUSED");
}

#[tokio::test]
async fn a_state_of_another_relay_or_with_a_wrong_signature_is_refused() {
    let w = World::new(Rules::default()).await;
    let mut ana = w.person(1);
    let elsewhere = Authority::new("localhost", 7443, Identity::new([9; 32])).unwrap();
    ana.state.devices[0].inbox.authority = elsewhere;
    ana.raw = ana.state.sign(&ana.signer).unwrap();
    assert_eq!(refused(w.enroll(&ana, RUN, "ana").await), "BAD_STATE");
    let mut eva = w.person(2);
    eva.raw = eva.raw.replace("number 0", "number 1");
    assert_eq!(refused(w.enroll(&eva, RUN, "eva").await), "BAD_STATE");
}

/// Whoever were enrolled under another address could meet nobody.
#[tokio::test]
async fn a_new_account_names_the_address_that_the_relay_has_now_and_older_ones_go_on() {
    let w = World::new(Rules::default()).await;
    let (old, session, _) = w.ana(1).await;
    let moved = Authority::new("relay.example.org", 7443, w.identity).unwrap();
    *w.context.authority.write().unwrap() = moved.clone();
    let mut new = w.person(2);

    let status = w.enroll(&new, "40654321-8", "eva").await.unwrap_err();
    new.state.devices[0].inbox.authority = moved;
    new.raw = new.state.sign(&new.signer).unwrap();
    let then = w.enroll(&new, "40654321-8", "eva").await;

    assert_eq!(reason(&status), "BAD_STATE");
    let why = status.get_error_details().error_info().unwrap().metadata["why"].clone();
    assert!(why.contains("relay.example.org:7443") && why.contains("new invitation"), "{why}");
    assert!(then.is_ok());
    let next = AccountState { number: 1, previous: Some(old.state.hash()), ..old.state.clone() };
    w.put_state(&session, &next.sign(&old.signer).unwrap()).await.unwrap();
}

#[tokio::test]
async fn a_login_says_nothing_about_who_has_an_account() {
    let w = World::new(Rules::default()).await;
    let (ana, ..) = w.ana(1).await;
    let stranger = w.person(2);
    let challenge = w.challenge(&ana).await;
    let foreign = w.challenge(&stranger).await;
    let wrong_key = w.answer(&ana, challenge.clone(), 9).await.unwrap_err();
    let nobody = w.answer(&stranger, foreign.clone(), 2).await.unwrap_err();
    let anothers = w.answer(&ana, foreign, 1).await.unwrap_err();
    w.later(w.context.rules.challenge_lifetime_ms);
    let late = w.answer(&ana, challenge, 1).await.unwrap_err();
    for status in [&nobody, &anothers, &late] {
        assert_eq!(reason(status), "LOGIN_REFUSED");
        assert_eq!(
            (status.code(), status.message(), status.details()),
            (wrong_key.code(), wrong_key.message(), wrong_key.details())
        );
    }
    let session = w.login(&ana).await;
    w.later(w.context.rules.session_lifetime_ms);
    assert_eq!(refused(w.stamps(&session, 1).await), "SESSION");
    assert_eq!(refused(w.stamps(&[0; 32], 1).await), "SESSION");
}

// Seen red: without `keep_only` the old session went on.
#[tokio::test]
async fn a_recovery_is_signed_keeps_the_name_and_ends_the_old_accounts_sessions() {
    let w = World::new(Rules::default()).await;
    let (ana, session, stamps) = w.ana(2).await;
    let recover = |run: &'static str, new: &Person| {
        let (w, state) = (&w, new.raw.clone());
        async move {
            let code = w.issue_code(run, true).await?.code.expose().to_vec();
            let request = wire::RecoverRequest { code, state };
            let first = w.accounts().recover(request.clone()).await?.into_inner();
            assert_eq!(w.accounts().recover(request).await?.into_inner(), first, "repeated");
            Ok::<_, Status>(first)
        }
    };
    let eva = w.person(2);
    assert_eq!(refused(recover("41.000.001-6", &eva).await), "NO_ACCOUNT");

    let answer = recover(RUN, &eva).await.unwrap();

    let registrar = NoteKey::new(REGISTRAR, w.identity.as_bytes()).unwrap();
    let reset = Reset::verify(&answer.reset, &registrar).unwrap();
    assert_eq!((reset.account, reset.replaces, reset.handle.as_str()), (eva.account, ana.account, "ana"));
    assert_eq!(Binding::verify(&answer.binding, &registrar).unwrap().account, eva.account);
    assert_eq!(refused(w.stamps(&session, 1).await), "SESSION");
    let challenge = w.challenge(&ana).await;
    assert_eq!(refused(w.answer(&ana, challenge, 1).await), "LOGIN_REFUSED");
    let of_eva = w.login(&eva).await;
    w.stamps(&of_eva, 1).await.unwrap();
    let lookup = wire::LookupRequest { who: Some(Who::Handle("ana".into())), stamp: stamps[0].clone() };
    let entry = w.directory().lookup(lookup).await.unwrap().into_inner().entry.unwrap();
    assert_eq!((entry.states, entry.binding, entry.reset), (vec![eva.raw.clone()], answer.binding, answer.reset));
    let lost = wire::LookupRequest { who: Some(Who::Account(ana.account.as_bytes().to_vec())), stamp: stamps[1].clone() };
    assert_eq!(refused(w.directory().lookup(lost).await), "NO_ACCOUNT");
}

#[tokio::test]
async fn who_pauses_is_not_handed_out_and_who_deletes_is_gone_at_once() {
    let w = World::new(Rules::default()).await;
    let (_ana, session, stamps) = w.ana(3).await;
    let pause = |paused| {
        let (w, session) = (&w, session.clone());
        async move { w.accounts().set_paused(wire::SetPausedRequest { session, paused }).await.map(drop) }
    };
    let lookup = |at: usize| wire::LookupRequest { who: Some(Who::Handle("ana".into())), stamp: stamps[at].clone() };

    pause(true).await.unwrap();
    assert_eq!(refused(w.directory().lookup(lookup(0)).await), "PAUSED");
    pause(false).await.unwrap();
    assert!(w.directory().lookup(lookup(1)).await.is_ok());
    w.accounts().delete_account(wire::DeleteAccountRequest { session: session.clone() }).await.unwrap();

    assert_eq!(refused(pause(true).await), "SESSION");
    assert_eq!(refused(w.accounts().delete_account(wire::DeleteAccountRequest { session: session.clone() }).await), "SESSION");
    assert_eq!(refused(w.directory().lookup(lookup(2)).await), "NO_ACCOUNT");
    let other = w.person(2);
    assert_eq!(refused(w.enroll(&other, "41.000.001-6", "ana").await), "HANDLE_TAKEN");
    w.enroll(&w.person(3), RUN, "ana2").await.unwrap();
}

#[tokio::test]
async fn a_state_is_continued_by_its_device_only_and_a_device_that_leaves_loses_its_session() {
    let w = World::new(Rules::default()).await;
    let (ana, session, _) = w.ana(1).await;
    let eva = w.person(2);
    let both = AccountState {
        number: 1,
        previous: Some(ana.state.hash()),
        made_at: Millis::new(2),
        devices: vec![ana.state.devices[0].clone(), eva.state.devices[0].clone()],
    };
    assert_eq!(refused(w.put_state(&session, &both.sign(&eva.signer).unwrap()).await), "BAD_STATE");
    let raw = both.sign(&ana.signer).unwrap();
    w.put_state(&session, &raw).await.unwrap();
    w.put_state(&session, &raw).await.unwrap();
    let second = Person { account: ana.account, ..w.person(2) };
    let of_second = w.login(&second).await;
    w.stamps(&of_second, 1).await.unwrap();
    let alone = AccountState {
        number: 2,
        previous: Some(both.hash()),
        made_at: Millis::new(3),
        devices: vec![eva.state.devices[0].clone()],
    };
    w.put_state(&of_second, &alone.sign(&eva.signer).unwrap()).await.unwrap();
    assert_eq!(refused(w.stamps(&session, 1).await), "SESSION");
    w.stamps(&of_second, 1).await.unwrap();
    w.put_state(&of_second, &raw).await.unwrap();
    let challenge = w.challenge(&ana).await;
    assert_eq!(refused(w.answer(&ana, challenge, 1).await), "LOGIN_REFUSED");
}

#[tokio::test]
async fn key_packages_are_claimed_with_stamps_and_without_credentials() {
    let w = World::new(Rules::default()).await;
    let (ana, session, stamps) = w.ana(4).await;
    let now = w.clock.now().get();
    let package = |text: &str, life: u64| wire::KeyPackage {
        suite: SUITE,
        key_package: text.as_bytes().to_vec(),
        expires_at_ms: now + life,
    };
    let put = wire::PutKeyPackagesRequest {
        session,
        one_time: vec![package("one", 1_000)],
        last_resort: vec![package("last", 1_000)],
        replace_all: false,
    };
    let left = w.accounts().put_key_packages(put.clone()).await.unwrap().into_inner().remaining;
    assert_eq!(left, [wire::Remaining { suite: SUITE, count: 1 }]);
    let old = wire::PutKeyPackagesRequest { one_time: vec![package("old", 0)], ..put.clone() };
    assert_eq!(refused(w.accounts().put_key_packages(old).await), "BAD_FIELD");
    let two = wire::PutKeyPackagesRequest { last_resort: vec![package("a", 9), package("b", 9)], ..put };
    assert_eq!(refused(w.accounts().put_key_packages(two).await), "BAD_FIELD");
    let claim = async |stamp: &Vec<u8>, suite: u32, account: AccountId| {
        let request = wire::ClaimRequest { account: account.as_bytes().to_vec(), suite, stamp: stamp.clone() };
        w.directory().claim(request).await.map(|r| r.into_inner().devices)
    };
    let first = claim(&stamps[0], SUITE, ana.account).await.unwrap();
    let second = claim(&stamps[1], SUITE, ana.account).await.unwrap();
    let device = |text: &str, last_resort| wire::DeviceKeyPackage {
        device: vec![1; 16],
        key_package: text.as_bytes().to_vec(),
        last_resort,
    };
    assert_eq!(first, [device("one", false)]);
    assert_eq!(second, [device("last", true)]);
    assert_eq!(refused(claim(&stamps[1], SUITE, ana.account).await), "STAMP_REFUSED");
    assert_eq!(refused(claim(&stamps[2], 3, ana.account).await), "NO_KEY_PACKAGE");
    assert_eq!(refused(claim(&stamps[3], SUITE, w.person(2).account).await), "NO_ACCOUNT");
}

#[tokio::test]
async fn no_run_code_stamp_or_session_lies_in_clear_in_the_data_folder() {
    let w = World::new(Rules::default()).await;
    let invitation = w.issue("40123458-6").await.unwrap();
    let (_, session, stamps) = w.ana(3).await;
    let canary =
        w.context.writer.submit(AddStamps(vec![lacre_ground::ids::TokenHash::new(*b"a canary that the scan must find")]));
    canary.await.unwrap();
    let data = w.folder.path().join("data");
    let key = std::fs::read_to_string(RunKey::default_path(&data)).unwrap();
    assert!(contains(&data, b"a canary that the scan must find"));
    assert!(contains(&data, b"ana"), "handles are in the directory's table");
    for text in ["40123456", "40.123.456", "40123458", "40.123.458", key.trim()] {
        assert!(!contains(&data, text.as_bytes()), "{text}");
    }
    // numbers as SQLite would store them
    for number in [40_123_456u32, 40_123_458] {
        assert!(!contains(&data, &number.to_be_bytes()));
    }
    let key = data_encoding::HEXLOWER.decode(key.trim().as_bytes()).unwrap();
    for secret in [invitation.code.expose().as_slice(), &session, &stamps[0], &stamps[1], &stamps[2], &key] {
        assert!(!contains(&data, secret));
    }
}

fn contains(folder: &Path, needle: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return contains(&path, needle);
        }
        std::fs::read(&path).unwrap().windows(needle.len()).any(|w| w == needle)
    })
}
