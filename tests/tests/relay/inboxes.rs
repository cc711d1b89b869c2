//! An inbox as a stranger sees it, who has its public append token from the directory and nothing else.

use crate::client::{Folder, connect};
use lacre_ground::ids::{ChannelId, EntryId, Stamp, Token};
use lacre_ground::note::NoteKey;
use lacre_ground::receipt::{RELAY, Receipt};
use lacre_proto::relay::v1 as wire;
use std::collections::BTreeMap;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use wire::channels_client::ChannelsClient;

struct Inbox {
    id: ChannelId,
    read: Token,
    /// in the directory
    public: Token,
    /// given to a contact
    contacts: Token,
}

fn right(token: &Token, stamped: bool) -> wire::AppendRight {
    wire::AppendRight { token_hash: token.hash().as_bytes().to_vec(), stamped, once: false }
}

async fn open(client: &mut ChannelsClient<Channel>, stamp: &Stamp) -> Inbox {
    let (read, public, contacts) = (Token::new([101; 32]), Token::new([102; 32]), Token::new([103; 32]));
    let id = ChannelId::of_inbox(&read.hash());
    let request = wire::OpenRequest {
        class: wire::ChannelClass::Inbox.into(),
        channel: id.as_bytes().to_vec(),
        append: vec![right(&public, true), right(&contacts, false)],
        read_token_hash: read.hash().as_bytes().to_vec(),
        stamp: stamp.expose().to_vec(),
    };
    client.open(request).await.unwrap();
    Inbox { id, read, public, contacts }
}

impl Inbox {
    /// The envelope n, by this token.
    fn append(&self, token: &Token, n: u8, stamp: &[u8]) -> wire::AppendRequest {
        wire::AppendRequest {
            channel: self.id.as_bytes().to_vec(),
            append_token: token.expose().to_vec(),
            entry_id: vec![n; 16],
            ciphertext: vec![n; 1_024].into(),
            stamp: stamp.to_vec(),
            ..Default::default()
        }
    }
    fn status(&self, token: &Token, seq: u64, entry_id: &[u8]) -> wire::StatusRequest {
        let (channel, token) = (self.id.as_bytes().to_vec(), token.expose().to_vec());
        wire::StatusRequest { channel, seq, token, entry_id: entry_id.to_vec() }
    }
    fn fetch(&self) -> wire::FetchRequest {
        let (channel, read_token) = (self.id.as_bytes().to_vec(), self.read.expose().to_vec());
        wire::FetchRequest { channel, read_token, from_seq: 1, max_entries: 100 }
    }
}

/// All that a refusal says, but for the random id of the call.
fn said(answer: Result<tonic::Response<wire::StatusResponse>, Status>) -> (Code, String, String, BTreeMap<String, String>) {
    match answer {
        Ok(receipt) => (Code::Ok, receipt.into_inner().receipt, String::new(), BTreeMap::new()),
        Err(status) => {
            let info = status.get_details_error_info().unwrap();
            (status.code(), status.message().to_owned(), info.reason, info.metadata.into_iter().collect())
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_token_of_an_inbox_shows_its_holders_own_entries_and_nothing_of_others() {
    let folder = Folder::new();
    let stamps = folder.stamps(2);
    let relay = folder.start();
    let key = NoteKey::new(RELAY, relay.authority().identity().as_bytes()).unwrap();
    let mut client = connect(relay.authority()).await;
    let inbox = open(&mut client, &stamps[0]).await;
    for n in 1..=5 {
        client.append(inbox.append(&inbox.contacts, n, &[])).await.unwrap();
    }
    let trim =
        wire::TrimRequest { channel: inbox.id.as_bytes().to_vec(), read_token: inbox.read.expose().to_vec(), through_seq: 2 };
    client.trim(trim).await.unwrap();
    let own = client.append(inbox.append(&inbox.public, 6, stamps[1].expose())).await.unwrap().into_inner().seq;
    client.append(inbox.append(&inbox.contacts, 7, &[])).await.unwrap();

    // gone, others', the own place, behind the head; no id, his own, others' in a place that is not theirs, and guesses
    let mut told = Vec::new();
    for seq in (1..=12).chain([1_000, (1 << 53) - 1]) {
        for id in [vec![], vec![6; 16], vec![u8::try_from(seq % 7).unwrap() + 1; 16], vec![0; 16], vec![99; 16]] {
            let truly = (1..=7).contains(&seq) && id == vec![u8::try_from(seq).unwrap_or(0); 16];
            if !truly {
                told.push(said(client.status(inbox.status(&inbox.public, seq, &id)).await));
            }
        }
    }
    let trimmed = said(client.status(inbox.status(&inbox.contacts, 1, &[1; 16])).await);
    let receipt = client.status(inbox.status(&inbox.public, own, &[6; 16])).await.unwrap().into_inner().receipt;
    let of_contact = client.status(inbox.status(&inbox.contacts, 7, &[7; 16])).await.unwrap().into_inner().receipt;
    let by_nobody = said(client.status(inbox.status(&Token::new([9; 32]), own, &[6; 16])).await);
    let by_reader = client.status(inbox.status(&inbox.read, 4, &[])).await.unwrap().into_inner().receipt;
    let nothing_there = said(client.status(inbox.status(&inbox.read, 12, &[])).await);
    let no_id = said(client.status(inbox.status(&inbox.public, own, &[6; 15])).await);

    assert!(told.len() > 50);
    for answer in told.iter().chain([&trimmed]) {
        assert_eq!((answer.0, answer.2.as_str(), &answer.3), (Code::NotFound, "NO_ENTRY", &BTreeMap::new()));
        assert_eq!(answer, &told[0], "one and the same answer");
    }
    let receipt = Receipt::verify(&receipt, &key).unwrap();
    assert_eq!((receipt.channel, receipt.seq.get(), receipt.entry_id), (inbox.id, own, EntryId::new([6; 16])));
    assert_eq!(Receipt::verify(&of_contact, &key).unwrap().seq.get(), 7);
    assert_eq!(by_nobody.2, "NOT_PERMITTED");
    assert_eq!(Receipt::verify(&by_reader, &key).unwrap().seq.get(), 4);
    assert_eq!(nothing_there.3.get("head").map(String::as_str), Some("7"), "its reader is told");
    assert_eq!(no_id.2, "BAD_FIELD");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_refuses_an_append_to_an_inbox_does_not_tell_how_far_it_is() {
    let folder = Folder::new();
    let stamps = folder.stamps(1);
    let relay = folder.start();
    let mut client = connect(relay.authority()).await;
    let inbox = open(&mut client, &stamps[0]).await;
    for n in 1..=5 {
        client.append(inbox.append(&inbox.contacts, n, &[])).await.unwrap();
    }

    let unpaid = inbox.append(&inbox.public, 9, &[]);
    let ahead = wire::AppendRequest { read_to: 999, ..unpaid.clone() };
    let seal = wire::AppendRequest { seal: true, ..unpaid.clone() };
    let known = wire::AppendRequest { entry_id: vec![3; 16], ..unpaid.clone() };
    let mut told = Vec::new();
    for request in [unpaid, ahead, seal, known] {
        let info = client.append(request).await.unwrap_err().get_details_error_info().unwrap();
        told.push((info.reason, info.metadata.len()));
    }

    let reasons: Vec<(&str, usize)> = told.iter().map(|(reason, n)| (reason.as_str(), *n)).collect();
    assert_eq!(reasons, [("STAMP_REFUSED", 0), ("STAMP_REFUSED", 0), ("NO_SEALS", 0), ("CONFLICT", 0)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reader_of_an_inbox_is_told_how_many_may_write_to_it_and_puts_back_what_is_missing() {
    let folder = Folder::new();
    let stamps = folder.stamps(2);
    let relay = folder.start();
    let mut client = connect(relay.authority()).await;
    let inbox = open(&mut client, &stamps[0]).await;
    let log = crate::client::open_log(&mut client, 1, &stamps[1]).await;
    let change = |add: Vec<wire::AppendRight>, remove: &[&Token]| wire::ChangeTokensRequest {
        channel: inbox.id.as_bytes().to_vec(),
        read_token: inbox.read.expose().to_vec(),
        add,
        remove: remove.iter().map(|t| t.hash().as_bytes().to_vec()).collect(),
    };

    let first = client.fetch(inbox.fetch()).await.unwrap().into_inner().append_rights;
    client.change_tokens(change(vec![], &[&inbox.public, &inbox.contacts])).await.unwrap();
    let none = client.fetch(inbox.fetch()).await.unwrap().into_inner().append_rights;
    client.change_tokens(change(vec![right(&inbox.contacts, false)], &[])).await.unwrap();
    let mended = client.fetch(inbox.fetch()).await.unwrap().into_inner().append_rights;
    let of_log = client.fetch(crate::client::fetch(&log)).await.unwrap().into_inner().append_rights;

    assert_eq!((first, none, mended, of_log), (2, 0, 1, 0));
}
