//! A public body on the wire of a real relay, call by call: enrolled, asking, delivering, reading what is answered.

use crate::notices_body::{Body, Right, Written};
use crate::world::{World, network};
use lacre_core::network::{Entry, Lane, NetError, Network as _};
use lacre_evidence::certificate::AGENCY;
use lacre_evidence::{Certificate, Keys, Salt};
use lacre_ground::address::{Authority, Invitation};
use lacre_ground::ids::{ChannelId, Token};
use lacre_ground::note::{NoteKey, NoteSigner};
use lacre_ground::random::{self, SystemRng};
use lacre_ground::receipt::RELAY;
use lacre_ground::registrar::RegistrarKey;
use lacre_ground::run::Run;
use lacre_proto::relay::v1 as wire;
use lacre_transport::GrpcNetwork;
use sha2::{Digest as _, Sha256};

/// A body that is enrolled.
pub struct RealBody {
    /// how it writes
    pub body: Body,
    /// whose signatures its bundles show
    pub keys: Keys,
    net: GrpcNetwork,
    at: Authority,
    seed: [u8; 32],
    read: Token,
}

impl RealBody {
    /// Enrolled with a code of the operator, with a return channel.
    #[must_use]
    pub fn enrolled(world: &World, code: &str) -> Self {
        Self::at(world.authority().clone(), &world.invite_body(code))
    }

    /// Enrolled at this relay with an invitation of its counter.
    #[must_use]
    pub fn at(at: Authority, invitation: &Invitation) -> Self {
        let mut net = network();
        let seed: [u8; 32] = random::bytes(&mut SystemRng);
        let signer = NoteSigner::new(AGENCY, &seed).unwrap();
        let key = signer.public().key();
        let given = net.body_enroll(&at, &seed, &key, &invitation.code).expect("enrolment of a body");
        let registrar = RegistrarKey::verify(&given.registrar, &at.identity()).unwrap().note_key().unwrap();
        let relay = NoteKey::new(RELAY, at.identity().as_bytes()).unwrap();
        let certificate = Certificate::verify(&given.certificate, core::slice::from_ref(&registrar)).unwrap();
        let (read, token) = (Token::random(&mut SystemRng), Token::random(&mut SystemRng));
        let back = ChannelId::of_return(&read.hash());
        let stamp = net.body_stamps(&at, &seed, &key, 1).unwrap().pop().unwrap();
        let open = wire::OpenRequest {
            class: wire::ChannelClass::Return.into(),
            channel: back.as_bytes().to_vec(),
            append: vec![wire::AppendRight { token_hash: token.hash().as_bytes().to_vec(), stamped: false, once: false }],
            read_token_hash: read.hash().as_bytes().to_vec(),
            stamp,
        };
        net.open(&at, Lane::Inbox, open).expect("a return channel");
        let keys = Keys { registrars: vec![registrar], relays: vec![relay], gateways: Vec::new() };
        Self { body: Body { signer, certificate, back, token }, keys, net, at, seed, read }
    }

    fn key(&self) -> [u8; 32] {
        self.body.signer.public().key()
    }

    /// What the registrar answers about a person; none if she is to be notified otherwise.
    pub fn look_up(&mut self, run: Run) -> Option<Right> {
        let row = wire::LookupRow { row: 0, run: run.canonical(), batch: random::bytes::<16>(&mut SystemRng).to_vec() };
        let answer = self.net.body_lookups(&self.at, &self.seed, &self.key(), vec![row]).unwrap().pop().unwrap();
        assert_eq!(answer.refused, "", "{answer:?}");
        let right = answer.right?;
        Some(Right {
            lookup: answer.lookup,
            salt: Salt::new(answer.salt.try_into().unwrap()),
            states: right.states,
            designation: right.designation,
            grant: right.grant,
            token: Token::try_from(right.token.as_slice()).unwrap(),
        })
    }

    /// Delivers; gives the relay's record, or why it refused.
    pub fn deliver(&mut self, written: &Written, token: &Token) -> Result<String, String> {
        for (blob, read, sealed) in &written.blobs {
            self.store(blob, read, sealed, sealed.len() as u64).unwrap();
        }
        self.deliver_row(Self::row(written, token))
    }

    /// One row, whatever it says; why it was refused has the limit's name behind it.
    pub fn deliver_row(&mut self, row: wire::DeliverRow) -> Result<String, String> {
        let answer = self.net.body_deliver(&self.at, &self.seed, &self.key(), vec![row]).unwrap().pop().unwrap();
        match (answer.refused.is_empty(), answer.limit.is_empty()) {
            (true, _) => Ok(answer.record),
            (false, true) => Err(answer.refused),
            (false, false) => Err(format!("{} {}", answer.refused, answer.limit)),
        }
    }

    /// Many rows, in one call; each is taken.
    pub fn deliver_rows(&mut self, rows: Vec<wire::DeliverRow>) {
        for answer in self.net.body_deliver(&self.at, &self.seed, &self.key(), rows).unwrap() {
            assert_eq!(answer.refused, "", "{answer:?}");
        }
    }

    /// The row of what it wrote.
    #[must_use]
    pub fn row(written: &Written, token: &Token) -> wire::DeliverRow {
        wire::DeliverRow {
            row: 0,
            channel: written.channel.as_bytes().to_vec(),
            append_token: token.expose().to_vec(),
            entry_id: written.entry.as_bytes().to_vec(),
            envelope: Some(written.envelope.clone()),
            ..Default::default()
        }
    }

    /// Stores bytes beside an entry, of which it says that they are so many.
    pub fn store(&mut self, blob: &[u8], read: &Token, bytes: &[u8], size: u64) -> Result<(), NetError> {
        let header = wire::PutHeader {
            blob: blob.to_vec(),
            read_token_hash: read.hash().as_bytes().to_vec(),
            size,
            sha256: Sha256::digest(bytes).to_vec(),
            stamp: self.stamps(1).unwrap().pop().unwrap(),
            offset: 0,
        };
        self.net.put_blob(&self.at, header, &mut &bytes[..]).map(drop)
    }

    /// So many stamps.
    pub fn stamps(&mut self, count: u32) -> Result<Vec<Vec<u8>>, NetError> {
        self.net.body_stamps(&self.at, &self.seed, &self.key(), count)
    }

    /// Gives so many further rights to its return channel.
    pub fn give_rights(&mut self, count: usize) -> Result<(), NetError> {
        let right = || wire::AppendRight {
            token_hash: Token::random(&mut SystemRng).hash().as_bytes().to_vec(),
            stamped: false,
            once: false,
        };
        let request = wire::ChangeTokensRequest {
            channel: self.body.back.as_bytes().to_vec(),
            read_token: self.read.expose().to_vec(),
            add: (0..count).map(|_| right()).collect(),
            remove: Vec::new(),
        };
        self.net.change_tokens(&self.at, Lane::Inbox, request).map(drop)
    }

    /// A casilla of its own, as a person's device opens one: its name, and a right.
    pub fn casilla(&mut self) -> (ChannelId, Token) {
        let (read, token) = (Token::random(&mut SystemRng), Token::random(&mut SystemRng));
        let channel = ChannelId::of_casilla(&read.hash());
        let open = wire::OpenRequest {
            class: wire::ChannelClass::Casilla.into(),
            channel: channel.as_bytes().to_vec(),
            append: vec![wire::AppendRight { token_hash: token.hash().as_bytes().to_vec(), stamped: false, once: false }],
            read_token_hash: read.hash().as_bytes().to_vec(),
            stamp: self.stamps(1).unwrap().pop().unwrap(),
        };
        self.net.open(&self.at, Lane::Casilla, open).expect("a casilla");
        (channel, token)
    }

    /// What lies in its return channel.
    pub fn returned(&mut self) -> Vec<Entry> {
        let request = wire::FetchRequest {
            channel: self.body.back.as_bytes().to_vec(),
            read_token: self.read.expose().to_vec(),
            from_seq: 1,
            max_entries: 1024,
        };
        let page = self.net.fetch(&self.at, Lane::Inbox, request).unwrap();
        page.entries.into_iter().map(|entry| Entry::try_from(entry).unwrap()).collect()
    }

    /// Whether the relay takes this for the body's.
    pub fn certificate(&mut self) -> Result<String, NetError> {
        Ok(self.net.body_certificate(&self.at, &self.seed, &self.key())?.certificate)
    }
}
