//! For which device a session speaks: tried by somebody who holds a removed one.

use super::world_tests::{Person, World, refused};
use lacre_ground::account::{AccountState, Device};
use lacre_ground::signed::NoteText as _;
use lacre_ground::time::Millis;
use lacre_proto::relay::v1 as wire;
use lacre_store::rules::Rules;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tonic::Status;

/// The state after this one, with these devices.
pub(super) fn next(state: &AccountState, devices: &[&Device]) -> AccountState {
    let devices = devices.iter().map(|d| (*d).clone()).collect();
    AccountState { number: state.number + 1, previous: Some(state.hash()), made_at: Millis::new(2), devices }
}

impl World {
    pub(super) async fn delete(&self, session: &[u8]) -> Result<(), Status> {
        self.accounts().delete_account(wire::DeleteAccountRequest { session: session.to_vec() }).await.map(drop)
    }
    async fn pause(&self, session: &[u8]) -> Result<(), Status> {
        let request = wire::SetPausedRequest { session: session.to_vec(), paused: true };
        self.accounts().set_paused(request).await.map(drop)
    }
}

/// One that was told a state of which its device is no part uses what it got.
async fn every_verb(w: &World, session: &[u8], p: &Person) -> Vec<String> {
    let mut told = vec![refused(w.pause(session).await), refused(w.stamps(session, 1).await)];
    told.push(refused(w.put_state(session, &p.raw).await));
    let packages = wire::PutKeyPackagesRequest { session: session.to_vec(), ..Default::default() };
    told.push(refused(w.accounts().put_key_packages(packages).await));
    told.push(refused(w.delete(session).await));
    told
}

// Seen red on 0.1.0 in its first rounds: sessions went on, and one of them deleted the account.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_login_that_races_the_removal_of_its_device_leaves_no_session_that_works() {
    let w = Arc::new(World::new(Rules { max_chain_bytes: 64 << 20, stamps_per_day: 10_000, ..Rules::default() }).await);
    let (ana, session, _) = w.ana(1).await;
    let thief = Arc::new(Person { account: ana.account, ..w.person(2) });
    let (own, stolen) = (ana.state.devices[0].clone(), thief.state.devices[0].clone());
    let (mut newest, mut worked, mut won) = (ana.state.clone(), Vec::new(), Vec::new());

    for _ in 0..48 {
        let both = next(&newest, &[&own, &stolen]);
        w.put_state(&session, &both.sign(&ana.signer).unwrap()).await.unwrap();
        newest = next(&both, &[&own]);
        let challenge = w.challenge(&thief).await;
        let over = Arc::new(AtomicBool::new(false));
        let tries: Vec<_> = (0..3)
            .map(|_| {
                let (w, thief, challenge, over) = (Arc::clone(&w), Arc::clone(&thief), challenge.clone(), Arc::clone(&over));
                tokio::spawn(async move {
                    let mut won = Vec::new();
                    while !over.load(Ordering::SeqCst) {
                        won.extend(w.answer(&thief, challenge.clone(), 2).await.map(|login| login.session));
                    }
                    won
                })
            })
            .collect();
        w.put_state(&session, &newest.sign(&ana.signer).unwrap()).await.unwrap();
        over.store(true, Ordering::SeqCst);
        for of_one in tries {
            won.extend(of_one.await.unwrap());
        }
        for stale in &won {
            let told = every_verb(&w, stale, &ana).await;
            worked.extend(told.into_iter().filter(|reason| reason != "SESSION"));
        }
        if !worked.is_empty() {
            break;
        }
        won.drain(..won.len().saturating_sub(4));
    }
    let both = next(&newest, &[&own, &stolen]);
    let back = w.put_state(&session, &both.sign(&ana.signer).unwrap()).await;

    assert!(worked.is_empty(), "a removed device's session: {worked:?}");
    assert!(back.is_ok());
    for stale in &won {
        assert_eq!(refused(w.pause(stale).await), "SESSION", "the device came back, the session did not");
    }
}
