//! A device that its account removed, by somebody who holds it: with several relays it is out at all of them.

use crate::client::connect_pinned;
use crate::many_relays::invite;
use lacre_ground::account::{AccountState, DEVICE, Device};
use lacre_ground::address::{Address, Authority};
use lacre_ground::ids::{AccountId, ChannelId, DeviceId};
use lacre_ground::label::{self, Label};
use lacre_ground::note::NoteSigner;
use lacre_ground::seal::SealSecret;
use lacre_ground::signed::NoteText as _;
use lacre_ground::time::Millis;
use lacre_proto::relay::v1 as wire;
use lacre_tests::relay::Relays;
use tonic::transport::Channel;
use tonic_types::StatusExt as _;
use wire::accounts_client::AccountsClient;

fn signer(n: u8) -> NoteSigner {
    NoteSigner::new(DEVICE, &[n; 32]).unwrap()
}

/// A device whose seeds are all n.
fn device(n: u8, at: &Authority) -> Device {
    Device {
        id: DeviceId::new([n; 16]),
        signature_key: signer(n).public().key(),
        inbox: Address { authority: at.clone(), channel: ChannelId::new([n; 32]) },
        inbox_key: SealSecret::new([n; 32]).public().unwrap(),
        public_token: None,
    }
}

/// The state after this one, with these devices.
fn next(state: &AccountState, devices: Vec<Device>) -> AccountState {
    AccountState { number: state.number + 1, previous: Some(state.hash()), made_at: Millis::new(2), devices }
}

struct AtOne {
    accounts: AccountsClient<Channel>,
    at: Authority,
}

impl AtOne {
    async fn new(at: Authority) -> Self {
        let channel = connect_pinned(&at, *at.identity().as_bytes()).await.unwrap();
        Self { accounts: AccountsClient::new(channel), at }
    }

    async fn login(&mut self, account: &AccountId, n: u8) -> Result<Vec<u8>, tonic::Status> {
        use ed25519_dalek::Signer as _;
        let (account, device) = (account.as_bytes().to_vec(), vec![n; 16]);
        let asked = wire::ChallengeRequest { account: account.clone(), device: device.clone() };
        let challenge = self.accounts.challenge(asked).await?.into_inner().challenge;
        let statement = label::message(Label::Login, &[self.at.identity().as_bytes(), &account, &device, &challenge]);
        let signature = ed25519_dalek::SigningKey::from_bytes(&[n; 32]).sign(&statement).to_bytes().to_vec();
        Ok(self.accounts.login(wire::LoginRequest { account, device, signature, challenge }).await?.into_inner().session)
    }

    async fn put_state(&mut self, session: &[u8], state: &AccountState, by: u8) -> Result<(), tonic::Status> {
        let state = state.sign(&signer(by)).unwrap();
        self.accounts.put_state(wire::PutStateRequest { session: session.to_vec(), state }).await.map(drop)
    }

    /// What each verb of a session says.
    async fn every_verb(&mut self, session: &[u8], state: &AccountState) -> [String; 5] {
        let of = || session.to_vec();
        let paused = self.accounts.set_paused(wire::SetPausedRequest { session: of(), paused: true }).await.map(drop);
        let stamps = self.accounts.take_stamps(wire::TakeStampsRequest { session: of(), count: 1 }).await.map(drop);
        let packages = wire::PutKeyPackagesRequest { session: of(), ..Default::default() };
        let packages = self.accounts.put_key_packages(packages).await.map(drop);
        let state = self.put_state(session, &next(state, state.devices.clone()), 2).await;
        let deleted = self.accounts.delete_account(wire::DeleteAccountRequest { session: of() }).await.map(drop);
        [paused, stamps, packages, state, deleted].map(|done| match done {
            Ok(()) => "done".to_owned(),
            Err(status) => status.get_details_error_info().unwrap().reason,
        })
    }
}

/// At both it had a session, and at both a login under way.
#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_was_removed_at_one_relay_does_nothing_with_its_session_at_the_other() {
    let Some(relays) = Relays::start(2).unwrap() else { return };
    let [mut a, mut b] = [AtOne::new(relays.at(0).unwrap()).await, AtOne::new(relays.at(1).unwrap()).await];
    let (own, stolen) = (device(1, &relays.authority().unwrap()), device(2, &relays.authority().unwrap()));
    let first = AccountState { number: 0, previous: None, made_at: Millis::new(1), devices: vec![own.clone()] };
    let raw = first.sign(&signer(1)).unwrap();
    let (account, _) = AccountState::first(&raw).unwrap();
    let code = invite(&relays, 0, 40_500_001, &[]).code.expose().to_vec();
    a.accounts.enroll(wire::EnrollRequest { code, handle: "ana".into(), state: raw }).await.unwrap();
    let at_a = a.login(&account, 1).await.unwrap();
    let both = next(&first, vec![own.clone(), stolen]);
    a.put_state(&at_a, &both, 1).await.unwrap();
    let stolen_at_both = [a.login(&account, 2).await.unwrap(), b.login(&account, 2).await.unwrap()];
    let stamps = wire::TakeStampsRequest { session: stolen_at_both[1].clone(), count: 1 };
    assert!(b.accounts.take_stamps(stamps).await.is_ok(), "it has a session that works");

    let alone = next(&both, vec![own]);
    a.put_state(&at_a, &alone, 1).await.unwrap();

    for session in &stolen_at_both {
        assert_eq!(b.every_verb(session, &alone).await, ["SESSION"; 5]);
        assert_eq!(a.every_verb(session, &alone).await, ["SESSION"; 5]);
    }
    for relay in [&mut a, &mut b] {
        assert!(relay.login(&account, 2).await.is_err(), "nor does it get another one");
    }
    let stamps = wire::TakeStampsRequest { session: at_a, count: 1 };
    assert!(b.accounts.take_stamps(stamps).await.is_ok(), "the session of the device that stays is good at both");
}
