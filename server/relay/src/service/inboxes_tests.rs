//! Whose an inbox is: tried by somebody who has an account, too, and by somebody who holds a removed device.

use super::sessions_tests::next;
use super::world_tests::{Person, World, reason, refused};
use lacre_ground::account::{AccountState, Device};
use lacre_ground::ids::{ChannelId, Token};
use lacre_ground::signed::NoteText as _;
use lacre_proto::relay::v1 as wire;
use lacre_store::rules::Rules;
use tonic::Status;
use tonic_types::StatusExt as _;

/// Examples, nobody's numbers.
pub(super) const RUNS: [&str; 3] = ["40.123.456-K", "41.000.001-6", "40123457-8"];

/// The inbox of the person n, and what its contacts write with.
pub(super) struct Inbox {
    pub(super) id: ChannelId,
    pub(super) read: Token,
    pub(super) contacts: Token,
}

pub(super) fn inbox(n: u8) -> Inbox {
    let (read, contacts) = (Token::new([n + 100; 32]), Token::new([n + 150; 32]));
    Inbox { id: ChannelId::of_inbox(&read.hash()), read, contacts }
}

fn why(status: &Status) -> String {
    status.get_details_error_info().unwrap().metadata.get("why").cloned().unwrap_or_default()
}

pub(super) fn device_at(device: &Device, channel: ChannelId) -> Device {
    let mut device = device.clone();
    device.inbox.channel = channel;
    device
}

impl World {
    /// The person n, whose inbox is this one.
    pub(super) fn person_at(&self, n: u8, channel: ChannelId) -> Person {
        let mut p = self.person(n);
        p.state.devices = vec![device_at(&p.state.devices[0], channel)];
        p.raw = p.state.sign(&p.signer).unwrap();
        p.account = AccountState::first(&p.raw).unwrap().0;
        p
    }
    /// The person n, enrolled and logged in, with an open inbox.
    pub(super) async fn citizen(&self, n: u8) -> (Person, Vec<u8>) {
        let p = self.person_at(n, inbox(n).id);
        self.enroll(&p, RUNS[usize::from(n) - 1], &format!("person{n}")).await.unwrap();
        let session = self.login(&p).await;
        self.open(&session, n).await;
        (p, session)
    }
    async fn open(&self, session: &[u8], n: u8) {
        let (inbox, stamp) = (inbox(n), self.stamps(session, 1).await.unwrap().remove(0));
        let request = wire::OpenRequest {
            class: wire::ChannelClass::Inbox.into(),
            channel: inbox.id.as_bytes().to_vec(),
            append: vec![wire::AppendRight {
                token_hash: inbox.contacts.hash().as_bytes().to_vec(),
                stamped: false,
                once: false,
            }],
            read_token_hash: inbox.read.hash().as_bytes().to_vec(),
            stamp,
        };
        self.channels().open(request).await.unwrap();
    }
    /// A contact writes to the inbox of the person n.
    async fn write(&self, n: u8) -> Result<(), Status> {
        let request = wire::AppendRequest {
            channel: inbox(n).id.as_bytes().to_vec(),
            append_token: inbox(n).contacts.expose().to_vec(),
            entry_id: self.context.random::<16>().to_vec(),
            ciphertext: vec![1; 600].into(),
            ..Default::default()
        };
        self.channels().append(request).await.map(drop)
    }
    /// Whoever reads the inbox of the person n gives its contacts their right back.
    async fn reopen(&self, n: u8) -> Result<(), Status> {
        let add = wire::AppendRight { token_hash: inbox(n).contacts.hash().as_bytes().to_vec(), stamped: false, once: false };
        let request = wire::ChangeTokensRequest {
            channel: inbox(n).id.as_bytes().to_vec(),
            read_token: inbox(n).read.expose().to_vec(),
            add: vec![add],
            remove: vec![],
        };
        self.channels().change_tokens(request).await.map(drop)
    }
    async fn recover(&self, run: &str, new: &Person) -> Result<(), Status> {
        let code = self.issue_code(run, true).await?.code.expose().to_vec();
        self.accounts().recover(wire::RecoverRequest { code, state: new.raw.clone() }).await.map(drop)
    }
}

// Seen red on 0.1.0: the state was taken, and deleting Mallory's account closed Ana's inbox.
#[tokio::test]
async fn nobody_closes_anothers_inbox_by_naming_it_as_his_own() {
    let w = World::new(Rules::default()).await;
    let (_ana, of_ana) = w.citizen(1).await;
    let (mallory, of_mallory) = w.citizen(2).await;
    let anas = device_at(&mallory.state.devices[0], inbox(1).id);

    let moved = w.put_state(&of_mallory, &next(&mallory.state, &[&anas]).sign(&mallory.signer).unwrap()).await;
    let added = device_at(&w.person(3).state.devices[0], inbox(1).id);
    let beside = next(&mallory.state, &[&mallory.state.devices[0], &added]).sign(&mallory.signer).unwrap();
    let beside = w.put_state(&of_mallory, &beside).await;
    let enrolled = w.enroll(&w.person_at(4, inbox(1).id), RUNS[2], "eva").await;
    let recovered = w.recover(RUNS[1], &w.person_at(5, inbox(1).id)).await;
    let gone = w.delete(&of_mallory).await;
    let written = w.write(1).await;

    assert!(written.is_ok(), "Ana's inbox was closed: {written:?}");
    assert!(gone.is_ok());
    for answer in [&moved, &beside, &recovered, &enrolled.map(drop)] {
        let status = answer.as_ref().unwrap_err();
        assert_eq!((reason(status).as_str(), why(status).as_str()), ("BAD_STATE", "an inbox of the state is another account's"));
    }
    w.delete(&of_ana).await.unwrap();
    assert_eq!(refused(w.write(1).await), "NOT_PERMITTED", "her own deletion closes it");
}

// Seen red on 0.1.0: two devices with one inbox were taken.
#[tokio::test]
async fn each_device_of_a_state_has_an_inbox_of_its_own() {
    let w = World::new(Rules::default()).await;
    let (ana, session) = w.citizen(1).await;
    let second = device_at(&w.person(2).state.devices[0], inbox(1).id);

    let both = next(&ana.state, &[&ana.state.devices[0], &second]).sign(&ana.signer).unwrap();
    let put = w.put_state(&session, &both).await.unwrap_err();
    let mut eva = w.person(2);
    eva.state.devices = [2, 3].map(|n| device_at(&w.person(n).state.devices[0], inbox(3).id)).to_vec();
    eva.raw = eva.state.sign(&eva.signer).unwrap();
    let enrolled = w.enroll(&eva, RUNS[1], "eva").await.unwrap_err();

    for status in [put, enrolled] {
        assert_eq!((reason(&status).as_str(), why(&status).as_str()), ("BAD_STATE", "two devices of the state have one inbox"));
    }
    assert!(w.write(1).await.is_ok());
}

// Seen red on 0.1.0: the removed device's inbox stayed open.
#[tokio::test]
async fn the_inbox_of_a_removed_device_is_closed_with_it_until_a_state_names_it_again() {
    let w = World::new(Rules::default()).await;
    let (ana, session) = w.citizen(1).await;
    let stolen = device_at(&w.person(2).state.devices[0], inbox(2).id);
    let both = next(&ana.state, &[&ana.state.devices[0], &stolen]);
    w.put_state(&session, &both.sign(&ana.signer).unwrap()).await.unwrap();
    w.open(&session, 2).await;
    w.write(2).await.unwrap();

    let alone = next(&both, &[&ana.state.devices[0]]);
    w.put_state(&session, &alone.sign(&ana.signer).unwrap()).await.unwrap();
    let (closed, kept) = (w.write(2).await, w.write(1).await);
    let by_the_thief = w.reopen(2).await;
    let after = w.write(2).await;
    let again = next(&alone, &[&ana.state.devices[0], &stolen]);
    w.put_state(&session, &again.sign(&ana.signer).unwrap()).await.unwrap();
    let by_its_owner = w.reopen(2).await;

    assert_eq!(refused(closed), "NOT_PERMITTED");
    assert!(kept.is_ok());
    assert_eq!((refused(by_the_thief).as_str(), refused(after).as_str()), ("LIMIT", "NOT_PERMITTED"));
    assert!(by_its_owner.is_ok() && w.write(2).await.is_ok());
}

// Seen red on 0.1.0: a stranger's state took it over.
#[tokio::test]
async fn the_inbox_of_an_account_that_is_gone_is_given_to_nobody_and_stays_closed() {
    let w = World::new(Rules::default()).await;
    let (_ana, of_ana) = w.citizen(1).await;
    let (_beto, _) = w.citizen(2).await;
    let (carla, of_carla) = w.citizen(3).await;
    w.delete(&of_ana).await.unwrap();
    w.recover(RUNS[1], &w.person_at(4, inbox(4).id)).await.unwrap();

    for gone in [1, 2] {
        let taken = device_at(&carla.state.devices[0], inbox(gone).id);
        let taken = w.put_state(&of_carla, &next(&carla.state, &[&taken]).sign(&carla.signer).unwrap()).await;
        assert_eq!(refused(taken), "BAD_STATE");
        assert_eq!(refused(w.reopen(gone).await), "LIMIT");
        assert_eq!(refused(w.write(gone).await), "NOT_PERMITTED");
    }
    let back = w.enroll(&w.person_at(5, inbox(1).id), RUNS[0], "ana2").await;

    assert_eq!(refused(back), "BAD_STATE", "not even its person's next account: who held the old keys may hold this one");
}
