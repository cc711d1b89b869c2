//! What bodies, devices and the counter do in these tests.

use crate::service::world_tests::{Person, World, refused};
use lacre_evidence::Designation;
use lacre_evidence::grant::{Grant, GrantKind};
use lacre_evidence::lookup::{Answer, Lookup};
use lacre_ground::address::{Address, Authority, Invitation};
use lacre_ground::agency::{self, Ask};
use lacre_ground::ids::{ChannelId, Code, GrantId, Token};
use lacre_ground::note::{NoteKey, NoteSigner};
use lacre_ground::registrar::RegistrarKey;
use lacre_ground::seal::SealSecret;
use lacre_ground::signed::NoteText as _;
use lacre_ground::time::Millis;
use lacre_proto::relay::v1 as wire;
use tonic::Status;

/// An example, nobody's number: the one of [`World::ana`].
pub(super) const RUN: &str = "40.123.456-K";
pub(super) const STRANGER: &str = "41.000.001-6";
pub(super) const DAY: u64 = 86_400_000;

pub(super) fn at(w: &World) -> Millis {
    w.context.clock.now()
}

impl World {
    pub(super) async fn body_code(&self, code: &str) -> Code {
        let request = wire::IssueAgencyCodeRequest {
            code: code.into(),
            name: "Municipalidad de ejemplo".into(),
            zone: "America/Santiago".into(),
            comuna: "13101".into(),
        };
        let issued = self.registrar().issue_agency_code(request).await.unwrap().into_inner();
        Invitation::parse(&issued.invitation).unwrap().code
    }
    pub(super) async fn proof(&self, n: u8, ask: Ask<'_>) -> wire::AgencyProof {
        let key = NoteSigner::new("any", &[n; 32]).unwrap().public().key();
        let challenge = self.notices().challenge(wire::AgencyChallengeRequest { key: key.to_vec() }).await.unwrap();
        let challenge: [u8; 32] = challenge.into_inner().challenge.try_into().unwrap();
        let signature = agency::sign(&[n; 32], &self.context.identity, &challenge, ask).to_vec();
        wire::AgencyProof { key: key.to_vec(), challenge: challenge.to_vec(), signature }
    }
    pub(super) async fn enroll_body(&self, n: u8, code: &Code) -> Result<wire::AgencyEnrollResponse, Status> {
        let proof = Some(self.proof(n, Ask::Enroll(code)).await);
        let request = wire::AgencyEnrollRequest { proof, code: code.expose().to_vec() };
        Ok(self.notices().enroll(request).await?.into_inner())
    }
    /// The body n, enrolled.
    pub(super) async fn office(&self, n: u8) {
        let code = self.body_code(&format!("MUNI-{n}")).await;
        self.enroll_body(n, &code).await.unwrap();
    }
    pub(super) fn registrar_key(&self) -> NoteKey {
        RegistrarKey::verify(&self.context.registrar.note, &self.context.identity).unwrap().note_key().unwrap()
    }

    pub(super) async fn designate(&self, p: &Person, session: &[u8], on: bool) -> Result<(), Status> {
        let statement = "Aquí recibo notificaciones oficiales, las lea o no".to_owned();
        let note = Designation { account: p.account, made_at: at(self), statement }.sign(&p.signer).unwrap();
        let request = wire::DesignateRequest { session: session.to_vec(), designation: if on { note } else { String::new() } };
        self.accounts().designate(request).await.map(drop)
    }
    pub(super) async fn pause_notices(&self, session: &[u8], paused: bool) {
        let request = wire::PauseNoticesRequest { session: session.to_vec(), paused };
        self.accounts().pause_notices(request).await.unwrap();
    }
    pub(super) async fn exempt(&self, run: &str, reason: &str) {
        let request = wire::ExemptRequest { run: run.into(), reason: reason.into() };
        self.registrar().exempt(request).await.unwrap();
    }
    pub(super) fn grant(&self, p: &Person, casilla: &Casilla, n: u8, kind: GrantKind) -> wire::SealedGrant {
        let token = casilla.token(n);
        let grant = Grant {
            id: GrantId::new([n; 16]),
            account: p.account,
            kind,
            casilla: Address {
                authority: Authority::new("localhost", 7443, self.context.identity).unwrap(),
                channel: casilla.channel,
            },
            append: token.hash(),
            key: SealSecret::new([9; 32]).public().unwrap(),
            from: at(self),
            until: at(self).plus(395 * DAY),
        };
        wire::SealedGrant { grant: grant.sign(&p.signer).unwrap(), token: token.expose().to_vec() }
    }
    pub(super) async fn put_grants(
        &self,
        p: &Person,
        session: &[u8],
        casilla: &Casilla,
        once: &[u8],
        last: &[u8],
    ) -> Result<u32, Status> {
        let grants = |of: &[u8], kind| of.iter().map(|n| self.grant(p, casilla, *n, kind)).collect();
        let request = wire::PutGrantsRequest {
            session: session.to_vec(),
            once: grants(once, GrantKind::Once),
            last_resort: grants(last, GrantKind::LastResort),
            replace_all: false,
        };
        Ok(self.accounts().put_grants(request).await?.into_inner().remaining)
    }
    pub(super) async fn open_kept(&self, class: wire::ChannelClass, casilla: &Casilla, rights: &[(u8, bool)], stamp: Vec<u8>) {
        let right = |(n, once): &(u8, bool)| wire::AppendRight {
            token_hash: casilla.token(*n).hash().as_bytes().to_vec(),
            stamped: false,
            once: *once,
        };
        let request = wire::OpenRequest {
            class: class.into(),
            channel: casilla.channel.as_bytes().to_vec(),
            append: rights.iter().map(right).collect(),
            read_token_hash: casilla.read.hash().as_bytes().to_vec(),
            stamp,
        };
        self.channels().open(request).await.unwrap();
    }
    /// Ana, designated, with a casilla and grants: 1 and 2 once, 3 the last resort.
    pub(super) async fn address(&self) -> (Person, Vec<u8>, Casilla) {
        let (ana, session, mut stamps) = self.ana(4).await;
        let casilla = Casilla::new(1);
        self.designate(&ana, &session, true).await.unwrap();
        let rights = [(1, true), (2, true), (3, false)];
        self.open_kept(wire::ChannelClass::Casilla, &casilla, &rights, stamps.remove(0)).await;
        assert_eq!(self.put_grants(&ana, &session, &casilla, &[1, 2], &[3]).await.unwrap(), 2);
        (ana, session, casilla)
    }
    pub(super) async fn fetch(&self, casilla: &Casilla) -> Vec<wire::Entry> {
        let request = wire::FetchRequest {
            channel: casilla.channel.as_bytes().to_vec(),
            read_token: casilla.read.expose().to_vec(),
            from_seq: 1,
            max_entries: 99,
        };
        self.channels().fetch(request).await.unwrap().into_inner().entries
    }

    pub(super) async fn routes(&self, n: u8, runs: &[&str]) -> Result<Vec<wire::RoutesResponse>, Status> {
        use wire::routes_request::Part;
        let row = |(row, run): (u32, &&str)| Part::Row(wire::RouteRow { row, run: (*run).to_owned() });
        let rows = (0u32..).zip(runs).map(row);
        let parts: Vec<Part> = std::iter::once(Part::Proof(self.proof(n, Ask::Routes).await)).chain(rows).collect();
        let parts: Vec<_> = parts.into_iter().map(|part| wire::RoutesRequest { part: Some(part) }).collect();
        let mut answers = self.notices().routes(futures_util::stream::iter(parts)).await?.into_inner();
        let mut all = Vec::new();
        while let Some(answer) = answers.message().await? {
            all.push(answer);
        }
        Ok(all)
    }
    pub(super) async fn look_up(
        &self,
        n: u8,
        batch: u8,
        rows: &[(u32, &str)],
    ) -> Result<Vec<wire::NoticeLookupResponse>, Status> {
        use wire::notice_lookup_request::Part;
        let row =
            |(row, run): &(u32, &str)| Part::Row(wire::LookupRow { row: *row, run: (*run).to_owned(), batch: vec![batch; 16] });
        let first = Part::Proof(self.proof(n, Ask::Lookup).await);
        let parts: Vec<_> = std::iter::once(first)
            .chain(rows.iter().map(row))
            .map(|part| wire::NoticeLookupRequest { part: Some(part) })
            .collect();
        let mut answers = self.notices().lookup(futures_util::stream::iter(parts)).await?.into_inner();
        let mut all = Vec::new();
        while let Some(answer) = answers.message().await? {
            all.push(answer);
        }
        Ok(all)
    }
    pub(super) async fn look_up_one(&self, n: u8, batch: u8) -> wire::NoticeLookupResponse {
        self.look_up(n, batch, &[(0, RUN)]).await.unwrap().remove(0)
    }
    pub(super) async fn deliver(&self, n: u8, rows: Vec<wire::DeliverRow>) -> Result<Vec<wire::DeliverResponse>, Status> {
        use wire::deliver_request::Part;
        let first = Part::Proof(self.proof(n, Ask::Deliver).await);
        let parts: Vec<_> = std::iter::once(first)
            .chain(rows.into_iter().map(Part::Row))
            .map(|part| wire::DeliverRequest { part: Some(part) })
            .collect();
        let mut answers = self.notices().deliver(futures_util::stream::iter(parts)).await?.into_inner();
        let mut all = Vec::new();
        while let Some(answer) = answers.message().await? {
            all.push(answer);
        }
        Ok(all)
    }
    /// The record, or why there is none.
    pub(super) async fn deliver_one(&self, n: u8, row: wire::DeliverRow) -> Result<String, String> {
        let answer = self.deliver(n, vec![row]).await.unwrap().remove(0);
        if answer.refused.is_empty() { Ok(answer.record) } else { Err(format!("{} {}", answer.refused, answer.limit)) }
    }
    pub(super) fn found(&self, answer: &wire::NoticeLookupResponse) -> Answer {
        Lookup::verify(&answer.lookup, &[self.registrar_key()]).unwrap().answer.clone()
    }
}

impl World {
    /// What whoever has a key of his own, and nothing else, is told in each call.
    pub(in crate::service) async fn nobodys_asks(&self, n: u8) -> Vec<(&'static str, String)> {
        let code = Code::new([9; 16]);
        let proof = Some(self.proof(n, Ask::Certificate).await);
        let certificate = self.notices().certificate(wire::AgencyCertificateRequest { proof }).await;
        let proof = Some(self.proof(n, Ask::Stamps(1)).await);
        let stamps = self.notices().take_stamps(wire::AgencyStampsRequest { proof, count: 1 }).await;
        vec![
            ("Notices.Enroll", refused(self.enroll_body(n, &code).await)),
            ("Notices.Certificate", refused(certificate)),
            ("Notices.TakeStamps", refused(stamps)),
            ("Notices.Routes", refused(self.routes(n, &[RUN]).await)),
            ("Notices.Lookup", refused(self.look_up(n, 1, &[(0, RUN)]).await)),
            ("Notices.Deliver", refused(self.deliver(n, vec![]).await)),
        ]
    }
}

pub(super) struct Casilla {
    pub(super) n: u8,
    pub(super) read: Token,
    pub(super) channel: ChannelId,
}

impl Casilla {
    pub(super) fn new(n: u8) -> Self {
        let read = Token::new([n + 200; 32]);
        Self { n, channel: ChannelId::of_casilla(&read.hash()), read }
    }
    pub(super) fn back(n: u8) -> Self {
        let read = Token::new([n + 200; 32]);
        Self { n, channel: ChannelId::of_return(&read.hash()), read }
    }
    pub(super) fn token(&self, n: u8) -> Token {
        Token::new([[self.n; 16], [n; 16]].concat().try_into().unwrap())
    }
}

pub(super) fn here(bytes: &[u8]) -> wire::SealedFile {
    wire::SealedFile { place: Some(wire::sealed_file::Place::Here(bytes.to_vec())) }
}

pub(super) fn row(casilla: &Casilla, token: &[u8], entry: u8, text: &[u8]) -> wire::DeliverRow {
    wire::DeliverRow {
        row: entry.into(),
        channel: casilla.channel.as_bytes().to_vec(),
        append_token: token.to_vec(),
        entry_id: vec![entry; 16],
        envelope: Some(wire::NoticeEnvelope { header: b"sealed header".to_vec(), files: vec![here(text)] }),
        first_record: String::new(),
        look: false,
    }
}
