//! Who the body is: its key, its relay, its certificate.

use crate::{Body, BodyTrouble};
use lacre_evidence::certificate::AGENCY;
use lacre_evidence::{Certificate, Keys, Trust};
use lacre_ground::address::{Authority, Invitation};
use lacre_ground::note::{NoteKey, NoteSigner};
use lacre_ground::random;
use lacre_ground::receipt::RELAY;
use lacre_ground::registrar::RegistrarKey;
use lacre_ground::signed::Signed;
use lacre_profile::Table;
use lacre_proto::relay::v1 as wire;
use lacre_transport::GrpcNetwork;
use serde::{Deserialize, Serialize};
use zeroize::Zeroize as _;

/// The row.
const OWN: &[u8] = b"body";
/// A certificate that ends within so long is asked for again: the operator may have renewed it.
const RENEW_MS: u64 = 60 * 86_400_000;

#[derive(Clone, Serialize, Deserialize)]
struct Row {
    relay: String,
    seed: [u8; 32],
    certificate: Option<String>,
    /// notes that introduce the registrar's keys, oldest first
    registrars: Vec<String>,
    /// the relay's store, when it was last looked at
    #[serde(default)]
    generation: Option<Vec<u8>>,
}

impl Drop for Row {
    fn drop(&mut self) {
        self.seed.zeroize();
    }
}

/// What the profile knows of its body.
#[derive(Clone, Debug)]
pub struct Enrolled {
    /// its certificate
    pub certificate: Signed<Certificate>,
    /// its relay
    pub relay: Authority,
}

/// The same with the secret.
pub(crate) struct Own {
    pub(crate) relay: Authority,
    pub(crate) seed: zeroize::Zeroizing<[u8; 32]>,
    pub(crate) key: [u8; 32],
    pub(crate) signer: NoteSigner,
    pub(crate) certificate: Signed<Certificate>,
    pub(crate) registrars: Vec<NoteKey>,
}

impl Own {
    /// Whose signatures its evidence needs: the registrar's and the relay's.
    pub(crate) fn trust(&self) -> Result<Trust, BodyTrouble> {
        let relays = vec![NoteKey::new(RELAY, self.relay.identity().as_bytes())?];
        let keys = Keys { registrars: self.registrars.clone(), relays, gateways: Vec::new() };
        Ok(Trust { keys, ledger_required: false })
    }
}

fn signer(seed: &[u8; 32]) -> Result<NoteSigner, BodyTrouble> {
    Ok(NoteSigner::new(AGENCY, seed)?)
}

fn authority(text: &str) -> Result<Authority, BodyTrouble> {
    Authority::parse(text).map_err(|e| BodyTrouble::Unproven(e.to_string()))
}

/// The registrar's keys that this relay introduced.
fn registrars(notes: &[String], relay: &Authority) -> Result<Vec<NoteKey>, BodyTrouble> {
    notes.iter().map(|raw| Ok(RegistrarKey::verify(raw, &relay.identity())?.note_key()?)).collect()
}

impl Body {
    fn row(&mut self) -> Result<Option<Row>, BodyTrouble> {
        self.profile.step(|step| Ok(step.get::<Row>(Table::Meta, OWN)?))
    }

    /// Redeems the operator's code. Can be repeated after any interruption: the key was kept before it was shown to anybody.
    pub fn enroll(&mut self, net: &GrpcNetwork, invitation: &Invitation) -> Result<Enrolled, BodyTrouble> {
        let relay = invitation.authority.clone();
        let row = match self.row()? {
            Some(row) if authority(&row.relay)? != relay => return Err(BodyTrouble::Elsewhere(row.relay.clone())),
            Some(row) => row,
            None => {
                let seed = random::bytes(self.rng.as_mut());
                let row = Row { relay: relay.to_string(), seed, certificate: None, registrars: Vec::new(), generation: None };
                self.keep_row(&row)?;
                row
            }
        };
        let key = signer(&row.seed)?.public().key();
        let given = net.body_enroll(&relay, &row.seed, &key, &invitation.code)?;
        self.take(row, &relay, given)?;
        self.enrolled()
    }

    /// Asks for the newest certificate when the present one ends soon.
    pub(crate) fn renew_when_due(&mut self, net: &GrpcNetwork) -> Result<(), BodyTrouble> {
        let own = self.own()?;
        if self.clock.now().plus(RENEW_MS) < own.certificate.until {
            return Ok(());
        }
        let given = net.body_certificate(&own.relay, &own.seed, &own.key)?;
        let row = self.row()?.ok_or(BodyTrouble::NotEnrolled)?;
        self.take(row, &own.relay, given)?;
        // the relay takes nothing from a body whose certificate has ended
        let until = self.own()?.certificate.until;
        if until < self.clock.now() { Err(BodyTrouble::CertificateEnded { until }) } else { Ok(()) }
    }

    /// Keeps what the relay gave, if it is a certificate of this key by a registrar that this relay introduces.
    fn take(&mut self, row: Row, relay: &Authority, given: wire::AgencyEnrollResponse) -> Result<(), BodyTrouble> {
        let mut row = row;
        if !row.registrars.contains(&given.registrar) {
            row.registrars.push(given.registrar);
        }
        let certificate = Certificate::verify(&given.certificate, &registrars(&row.registrars, relay)?)?;
        if certificate.key != signer(&row.seed)?.public().key() {
            return Err(BodyTrouble::Unproven("a certificate of another key".into()));
        }
        row.certificate = Some(given.certificate);
        self.keep_row(&row)
    }

    /// Whether it is another than before. The first is nobody's other.
    pub(crate) fn saw_generation(&mut self, generation: &[u8]) -> Result<bool, BodyTrouble> {
        let known = self.row()?.ok_or(BodyTrouble::NotEnrolled)?.generation.clone();
        if known.is_none() {
            self.keep_generation(generation.to_vec())?;
        }
        Ok(known.is_some_and(|known| known != generation))
    }

    pub(crate) fn keep_generation(&mut self, generation: Vec<u8>) -> Result<(), BodyTrouble> {
        let mut row = self.row()?.ok_or(BodyTrouble::NotEnrolled)?;
        row.generation = Some(generation);
        self.keep_row(&row)
    }

    fn keep_row(&mut self, row: &Row) -> Result<(), BodyTrouble> {
        self.profile.step(|step| Ok(step.put(Table::Meta, OWN, b"", 0, row)?))
    }

    pub(crate) fn own(&mut self) -> Result<Own, BodyTrouble> {
        let row = self.row()?.ok_or(BodyTrouble::NotEnrolled)?;
        let relay = authority(&row.relay)?;
        let registrars = registrars(&row.registrars, &relay)?;
        let raw = row.certificate.as_ref().ok_or(BodyTrouble::NotEnrolled)?;
        let certificate = Certificate::verify(raw, &registrars)?;
        let signer = signer(&row.seed)?;
        Ok(Own { relay, seed: row.seed.into(), key: signer.public().key(), signer, certificate, registrars })
    }

    /// What the profile knows of its body.
    pub fn enrolled(&mut self) -> Result<Enrolled, BodyTrouble> {
        let own = self.own()?;
        Ok(Enrolled { certificate: own.certificate, relay: own.relay })
    }

    /// What opens its profile without the passphrase.
    #[must_use]
    pub fn key(&self) -> &lacre_profile::ProfileKey {
        self.profile.key()
    }

    /// The trust file that its evidence verifies with, for whoever trusts this relay and its registrar.
    pub fn trust_file(&mut self) -> Result<String, BodyTrouble> {
        Ok(self.own()?.trust()?.text())
    }
}
