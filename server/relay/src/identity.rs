//! The relay's identity: one Ed25519 key for its whole life. Addresses pin it, receipts are signed with it, and it signs
//! the short-lived TLS keys, so that a renewed certificate cuts nobody off.
//!
//! TLS: the chain is one leaf, valid for [`RELAY_NAME`], signed by the identity under the issuer name [`ISSUER_NAME`].
//! A client knows both names and the key beforehand and needs nothing else (PROTOCOL.md, "Connections").

use crate::clock_guard::ClockGuard;
use crate::secret_file;
use lacre_ground::ids::Identity;
use lacre_ground::label::{self, Label};
use lacre_ground::note::{NoteError, NoteSigner};
use lacre_ground::random::{self, Rng};
use lacre_ground::time::{Clock as _, Millis};
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, Issuer, KeyPair, KeyUsagePurpose, SerialNumber,
};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, Der, PrivatePkcs8KeyDer, ServerName, TrustAnchor, UnixTime};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use zeroize::Zeroizing;

/// The DNS name of every relay's leaf, and the server name that clients send.
pub const RELAY_NAME: &str = "relay.lacre.invalid";
/// The common name of every leaf's issuer.
pub const ISSUER_NAME: &str = "lacre relay identity";
const DAY: u64 = 24 * 60 * 60 * 1000;
/// How long a leaf is valid.
const LEAF_DAYS: u64 = 90;
/// It begins so much early, for clients whose clocks are behind; in whole days, so up to a day more.
const EARLY_MS: u64 = 2 * DAY;
/// A leaf is replaced after this long.
const RENEW_AFTER_MS: u64 = 30 * DAY;
/// A leaf that ends within this is a trouble: the relay's own never comes so far.
pub const LEAF_SOON_MS: u64 = 14 * DAY;
/// A leaf lasts so many days longer at most, for a relay that was off and does not believe its clock yet.
const MOST_AHEAD_DAYS: u64 = 730;
/// No leaf that clients take lasts longer.
const MOST_DAYS: u64 = 3_650;

/// rcgen's dates are made from year, month and day, which [`Millis`] writes: whole days are enough.
macro_rules! date {
    ($at:expr) => {{
        let text = $at.to_string();
        let part = |from: usize, to: usize| text.get(from..to).and_then(|t| t.parse::<u16>().ok()).unwrap_or(1);
        let small = |n: u16| u8::try_from(n).unwrap_or(1);
        rcgen::date_time_ymd(i32::from(part(0, 4)), small(part(5, 7)), small(part(8, 10)))
    }};
}

/// Why there is no identity.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// Reading or writing failed: see permissions and disk.
    #[error("{path}: {source}")]
    File {
        /// the key's file
        path: PathBuf,
        /// what the system said
        source: io::Error,
    },
    /// The file is no key: put the right one back; a new one would cut off every client.
    #[error("{0}: not an identity key (64 hexadecimal digits); restore it from a backup")]
    Malformed(PathBuf),
    /// Others on the machine could read it.
    #[error("{0}: others may read this key; run chmod 600 on it, and think about who has read it")]
    Exposed(PathBuf),
    /// No certificate could be made of it.
    #[error("the TLS key cannot be made: {0}")]
    Certificate(String),
    /// Not a leaf and its key.
    #[error("{0}: not a leaf of this program with its key")]
    NotALeaf(PathBuf),
    /// A leaf that clients of this relay would refuse.
    #[error("{path}: clients would refuse this leaf: {cause}")]
    RefusedLeaf {
        /// its file
        path: PathBuf,
        /// what they would say
        cause: String,
    },
    /// It cannot sign notes.
    #[error(transparent)]
    Note(#[from] NoteError),
}

/// The secret key.
pub struct IdentityKey {
    seed: Zeroizing<[u8; 32]>,
    public: Identity,
}

impl IdentityKey {
    /// Reads the key, or makes it at the first start: durably, before anybody can see its public half.
    pub fn load_or_create(path: &Path, rng: &mut dyn Rng) -> Result<Self, IdentityError> {
        let at = |source| IdentityError::File { path: path.to_owned(), source };
        match File::open(path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                let seed = Zeroizing::new(random::bytes(rng));
                let text = Zeroizing::new(data_encoding::HEXLOWER.encode(seed.as_slice()) + "\n");
                match secret_file::create(path, text.as_bytes()) {
                    // another made it meanwhile
                    Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Self::load(path),
                    Err(e) => Err(at(e)),
                    Ok(()) => Self::from_seed(seed),
                }
            }
            Err(e) => Err(at(e)),
            Ok(file) => Self::read(file, path),
        }
    }

    /// Reads the key.
    pub fn load(path: &Path) -> Result<Self, IdentityError> {
        let file = File::open(path).map_err(|source| IdentityError::File { path: path.to_owned(), source })?;
        Self::read(file, path)
    }

    fn read(file: File, path: &Path) -> Result<Self, IdentityError> {
        let at = |source| IdentityError::File { path: path.to_owned(), source };
        // the opened file is judged, not its name: nobody can exchange it in between
        if file.metadata().map_err(at)?.permissions().mode() & 0o077 != 0 {
            return Err(IdentityError::Exposed(path.to_owned()));
        }
        let mut text = Zeroizing::new(Vec::with_capacity(256));
        file.take(256).read_to_end(&mut text).map_err(at)?;
        let digits = text.strip_suffix(b"\n").unwrap_or(&text);
        let mut seed = Zeroizing::new([0; 32]);
        let malformed = || IdentityError::Malformed(path.to_owned());
        if data_encoding::HEXLOWER.decode_len(digits.len()) != Ok(32) {
            return Err(malformed());
        }
        data_encoding::HEXLOWER.decode_mut(digits, seed.as_mut_slice()).map_err(|_| malformed())?;
        Self::from_seed(seed)
    }

    fn from_seed(seed: Zeroizing<[u8; 32]>) -> Result<Self, IdentityError> {
        let public = Identity::new(NoteSigner::new(lacre_ground::receipt::RELAY, &seed)?.public().key());
        Ok(Self { seed, public })
    }

    /// The secret half, for a backup under a passphrase.
    #[must_use]
    pub const fn expose(&self) -> &Zeroizing<[u8; 32]> {
        &self.seed
    }

    /// Under which login challenges are made.
    #[must_use]
    pub fn challenge_key(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(label::derive(&self.seed, Label::Challenge, &[]))
    }

    /// The public half, which addresses carry.
    #[must_use]
    pub fn public(&self) -> Identity {
        self.public
    }

    /// Signs notes under a name.
    pub fn signer(&self, name: &str) -> Result<NoteSigner, IdentityError> {
        Ok(NoteSigner::new(name, &self.seed)?)
    }

    /// A fresh TLS key with its leaf, of the usual length.
    pub fn issue(&self, now: Millis, rng: &mut dyn Rng) -> Result<LeafKey, IdentityError> {
        self.issue_for(now, LEAF_DAYS, rng)
    }

    /// The same, valid for so many days.
    fn issue_for(&self, now: Millis, days: u64, rng: &mut dyn Rng) -> Result<LeafKey, IdentityError> {
        self.make_leaf(now, days, rng)?.taken_by(&self.public, now).map_err(IdentityError::Certificate)
    }

    /// A fresh TLS key with its leaf, as a PEM file for [`read_leaf`].
    pub fn issue_file(&self, now: Millis, days: u64, rng: &mut dyn Rng) -> Result<Zeroizing<String>, IdentityError> {
        let made = self.make_leaf(now, days, rng)?;
        let mut text = Zeroizing::new(String::with_capacity(2_048));
        for (name, der) in [("CERTIFICATE", made.certificate.as_ref()), ("PRIVATE KEY", &made.pkcs8)] {
            let base64 = Zeroizing::new(data_encoding::BASE64.encode(der));
            text.push_str(&format!("-----BEGIN {name}-----\n"));
            for line in base64.as_bytes().chunks(64) {
                text.push_str(core::str::from_utf8(line).unwrap_or_default());
                text.push('\n');
            }
            text.push_str(&format!("-----END {name}-----\n"));
        }
        Ok(text)
    }

    fn make_leaf(&self, now: Millis, days: u64, rng: &mut dyn Rng) -> Result<MadeLeaf, IdentityError> {
        let leaf_seed = Zeroizing::new(random::bytes(rng));
        let failed = |e: rcgen::Error| IdentityError::Certificate(e.to_string());
        let identity = KeyPair::try_from(&PrivatePkcs8KeyDer::from(pkcs8(&self.seed).as_slice())).map_err(failed)?;
        let leaf_pkcs8 = pkcs8(&leaf_seed);
        let leaf_key = KeyPair::try_from(&PrivatePkcs8KeyDer::from(leaf_pkcs8.as_slice())).map_err(failed)?;

        let mut issuer = CertificateParams::default();
        issuer.distinguished_name = common_name(ISSUER_NAME);
        let issuer = Issuer::new(issuer, identity);
        let mut leaf = CertificateParams::new(vec![RELAY_NAME.to_owned()]).map_err(failed)?;
        leaf.distinguished_name = common_name(RELAY_NAME);
        leaf.serial_number = Some(SerialNumber::from_slice(&random::bytes::<16>(rng)));
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        leaf.not_before = date!(Millis::new(now.get().saturating_sub(EARLY_MS)));
        leaf.not_after = date!(now.plus(days * DAY));
        let certificate = leaf.signed_by(&leaf_key, &issuer).map_err(failed)?;
        Ok(MadeLeaf { certificate: certificate.into(), pkcs8: leaf_pkcs8 })
    }
}

/// A leaf and its key, not yet looked at.
struct MadeLeaf {
    certificate: CertificateDer<'static>,
    pkcs8: Zeroizing<Vec<u8>>,
}

/// The issuer's Name, as every leaf of this program carries it.
const ISSUER_DER: &[u8] = b"\x31\x1d\x30\x1b\x06\x03\x55\x04\x03\x0c\x14lacre relay identity";

impl MadeLeaf {
    fn names_our_issuer(&self) -> bool {
        self.certificate.windows(ISSUER_DER.len()).any(|part| part == ISSUER_DER)
    }

    /// Judges it as every client will (PROTOCOL.md 5).
    fn taken_by(self, identity: &Identity, now: Millis) -> Result<LeafKey, String> {
        const SPKI: &[u8] = b"\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";
        let anchor = TrustAnchor {
            subject: Der::from_slice(ISSUER_DER),
            subject_public_key_info: Der::from([SPKI, identity.as_bytes()].concat()),
            name_constraints: None,
        };
        let roots = Arc::new(rustls::RootCertStore { roots: vec![anchor] });
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let client = WebPkiServerVerifier::builder_with_provider(roots, provider).build().map_err(|e| e.to_string())?;
        let name = ServerName::try_from(RELAY_NAME).map_err(|e| e.to_string())?;
        let holds = |days: i64| {
            let ms = i64::try_from(now.get()).unwrap_or(i64::MAX).saturating_add(days.saturating_mul(DAY.cast_signed()));
            let at = UnixTime::since_unix_epoch(Duration::from_millis(u64::try_from(ms).unwrap_or(0)));
            client.verify_server_cert(&self.certificate, &[], &name, &[], at)
        };
        holds(0).map_err(|e| e.to_string())?;
        let most = i64::try_from(MOST_DAYS).unwrap_or(i64::MAX);
        // its dates are asked of the same judge, in days: no second reader of certificates
        let after = (1..=most).take_while(|days| holds(*days).is_ok()).last().unwrap_or(0);
        let before = (1..=most).take_while(|days| holds(-days).is_ok()).last().unwrap_or(0);
        let key = rustls::crypto::ring::sign::any_eddsa_type(&PrivatePkcs8KeyDer::from(self.pkcs8.as_slice()));
        let certified = CertifiedKey::new(vec![self.certificate.clone()], key.map_err(|e| e.to_string())?);
        certified.keys_match().map_err(|e| e.to_string())?;
        // ours begin and end at midnight
        let midnight = |at: u64| Millis::new(at - at % DAY);
        let from = midnight(now.get().saturating_sub(before.unsigned_abs() * DAY));
        let until = midnight(now.get().saturating_add((after.unsigned_abs() + 1) * DAY));
        Ok(LeafKey { certified: Arc::new(certified), from, until })
    }
}

/// A leaf and its key that every client of the relay takes.
pub struct LeafKey {
    certified: Arc<CertifiedKey>,
    from: Millis,
    until: Millis,
}

/// Reads what `lacre-relay issue-leaf` wrote. One that clients would refuse now is not taken.
pub fn read_leaf(path: &Path, identity: &Identity, now: Millis) -> Result<LeafKey, IdentityError> {
    let taken = read_made(path)?.taken_by(identity, now);
    taken.map_err(|cause| IdentityError::RefusedLeaf { path: path.to_owned(), cause })
}

fn read_made(path: &Path) -> Result<MadeLeaf, IdentityError> {
    let at = |source| IdentityError::File { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(at)?;
    if file.metadata().map_err(at)?.permissions().mode() & 0o077 != 0 {
        return Err(IdentityError::Exposed(path.to_owned()));
    }
    let mut text = Zeroizing::new(Vec::with_capacity(16 * 1024));
    (&mut file).take(16 * 1024).read_to_end(&mut text).map_err(at)?;
    let not = |_| IdentityError::NotALeaf(path.to_owned());
    let certificate = CertificateDer::from_pem_slice(&text).map_err(not)?;
    let key = PrivatePkcs8KeyDer::from_pem_slice(&text).map_err(not)?;
    Ok(MadeLeaf { certificate, pkcs8: Zeroizing::new(key.secret_pkcs8_der().to_vec()) })
}

fn common_name(name: &str) -> DistinguishedName {
    let mut dn = DistinguishedName::new();
    dn.push(DnType::CommonName, name);
    dn
}

/// PKCS #8 v1 of an Ed25519 seed (RFC 8410, 7).
fn pkcs8(seed: &[u8; 32]) -> Zeroizing<Vec<u8>> {
    const PREFIX: [u8; 16] = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
    let mut out = Zeroizing::new(Vec::with_capacity(48));
    out.extend_from_slice(&PREFIX);
    out.extend_from_slice(seed);
    out
}

/// Writes what [`IdentityKey::issue_file`] made. An earlier leaf of this program is replaced, and nothing else: what lies there
/// may be a key.
pub fn write_leaf(path: &Path, text: &[u8]) -> io::Result<()> {
    // of a file with a second name the other one would stay what it was
    let file = path.symlink_metadata().is_ok_and(|there| there.is_file() && there.nlink() == 1);
    if file && read_made(path).is_ok_and(|made| made.names_our_issuer()) {
        secret_file::replace(path, text)
    } else {
        secret_file::create(path, text)
    }
}

/// The leaf in use; replaced while connections go on.
pub struct Leaf {
    current: RwLock<LeafKey>,
}

impl Leaf {
    /// The first one.
    #[must_use]
    pub fn new(first: LeafKey) -> Self {
        Self { current: RwLock::new(first) }
    }
    /// From now on this one, for new connections.
    pub fn replace(&self, next: LeafKey) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = next;
    }
    /// From when and until when clients take it, in whole days.
    #[must_use]
    pub fn validity(&self) -> (Millis, Millis) {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        (current.from, current.until)
    }
    /// Whether the relay's own leaf is replaced now. By the clock, whatever the machine did since: it may have slept, or its
    /// clock may have been put right, and then the leaf begins in a time that clients have not reached.
    #[must_use]
    pub fn is_due(&self, now: Millis) -> bool {
        let age = now.since(self.validity().0);
        !(DAY..EARLY_MS + RENEW_AFTER_MS).contains(&age)
    }
}

impl core::fmt::Debug for Leaf {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Leaf")
    }
}

impl ResolvesServerCert for Leaf {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner).certified))
    }
}

/// Makes leaves, for the start, each month and a reload.
pub(crate) struct LeafMaker {
    pub(crate) identity: IdentityKey,
    pub(crate) clock: Arc<ClockGuard>,
}

impl LeafMaker {
    pub(crate) fn make(&self, file: Option<&Path>, rng: &mut dyn Rng) -> Result<LeafKey, IdentityError> {
        match file {
            Some(path) => read_leaf(path, &self.identity.public(), self.clock.now()),
            None => {
                // clients judge it by clocks of their own: when the relay does not follow its machine's, either may be right
                let (now, wall) = (self.clock.now(), self.clock.wall());
                let more = wall.since(now).min(MOST_AHEAD_DAYS * DAY).div_ceil(DAY);
                self.identity.issue_for(now, LEAF_DAYS + more, rng)
            }
        }
    }
}

/// TLS 1.3 and HTTP/2 only; no tickets: a connection is not tied to the one before.
pub fn tls(leaf: Arc<Leaf>) -> Result<rustls::ServerConfig, IdentityError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|e| IdentityError::Certificate(e.to_string()))?
        .with_no_client_auth()
        .with_cert_resolver(leaf);
    config.alpn_protocols = vec![crate::limits::ALPN.to_vec()];
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lacre_ground::random::SystemRng;
    use std::fs;

    #[test]
    fn the_key_is_made_once_and_only_its_owner_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("identity.key");

        let first = IdentityKey::load_or_create(&path, &mut SystemRng).unwrap().public();
        let again = IdentityKey::load_or_create(&path, &mut SystemRng).unwrap().public();

        assert_eq!(first, again);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_leaf_from_a_file_is_taken_until_its_last_day_and_only_under_its_own_identity() {
        let folder = tempfile::tempdir().unwrap();
        let own = IdentityKey::load_or_create(&folder.path().join("a"), &mut SystemRng).unwrap();
        let other = IdentityKey::load_or_create(&folder.path().join("b"), &mut SystemRng).unwrap();
        let (path, now) = (folder.path().join("leaf.pem"), Millis::parse("2026-11-25T10:00:00.000Z").unwrap());
        write_leaf(&path, own.issue_file(now, 30, &mut SystemRng).unwrap().as_bytes()).unwrap();
        let read = |identity: &IdentityKey, at| read_leaf(&path, &identity.public(), at);

        let leaf = Leaf::new(read(&own, now).unwrap());
        let midnight = |day: &str| Millis::parse(&format!("{day}T00:00:00.000Z")).unwrap();
        assert_eq!(leaf.validity(), (midnight("2026-11-23"), midnight("2026-12-25")));
        assert!(read(&own, now.plus(29 * DAY)).is_ok());
        for (refused, at) in [(&own, now.plus(31 * DAY)), (&own, Millis::new(now.get() - 3 * DAY)), (&other, now)] {
            assert!(matches!(read(refused, at), Err(IdentityError::RefusedLeaf { .. })));
        }
        let text = fs::read_to_string(&path).unwrap();
        let foreign = other.issue_file(now, 30, &mut SystemRng).unwrap();
        let (certificate, key) = (text.split_inclusive("CERTIFICATE-----\n"), foreign.rsplit_once("-----BEGIN").unwrap().1);
        secret_file::replace(&path, (certificate.take(2).collect::<String>() + "-----BEGIN" + key).as_bytes()).unwrap();
        assert!(matches!(read(&own, now), Err(IdentityError::RefusedLeaf { .. })), "another leaf's key");
        secret_file::replace(&path, b"nothing").unwrap();
        assert!(matches!(read(&own, now), Err(IdentityError::NotALeaf(_))));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(read(&own, now), Err(IdentityError::Exposed(_))));
    }

    /// Seen red with a leaf that is judged by its age alone.
    #[test]
    fn a_leaf_is_replaced_after_a_month_and_when_it_begins_later_than_clients_expect() {
        let folder = tempfile::tempdir().unwrap();
        let own = IdentityKey::load_or_create(&folder.path().join("a"), &mut SystemRng).unwrap();
        let now = Millis::parse("2026-11-25T10:00:00.000Z").unwrap();
        let leaf = Leaf::new(own.issue(now, &mut SystemRng).unwrap());
        let midnight = Millis::parse("2026-11-23T00:00:00.000Z").unwrap();
        let due_from = midnight.plus(EARLY_MS + RENEW_AFTER_MS);

        assert_eq!(leaf.validity().0, midnight);
        assert!(!leaf.is_due(now) && !leaf.is_due(Millis::new(due_from.get() - 1)));
        assert!(leaf.is_due(due_from) && leaf.is_due(now.plus(10_000 * DAY)));
        assert!(!leaf.is_due(midnight.plus(DAY)));
        assert!(leaf.is_due(Millis::new(midnight.plus(DAY).get() - 1)) && leaf.is_due(Millis::new(0)));
    }

    #[test]
    fn a_leaf_replaces_a_leaf_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let own = IdentityKey::load_or_create(&folder.path().join("identity.key"), &mut SystemRng).unwrap();
        let text = || own.issue_file(Millis::parse("2026-11-25T10:00:00.000Z").unwrap(), 30, &mut SystemRng).unwrap();
        let (path, key) = (folder.path().join("leaf.pem"), folder.path().join("identity.key"));
        write_leaf(&path, text().as_bytes()).unwrap();
        let second = text();
        write_leaf(&path, second.as_bytes()).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), *second);

        std::os::unix::fs::symlink(&path, folder.path().join("link.pem")).unwrap();
        let foreign = second.replace("CERTIFICATE", "TRUSTED CERTIFICATE");
        fs::write(folder.path().join("another.pem"), &foreign).unwrap();
        for refused in ["identity.key", "link.pem", "another.pem"] {
            let e = write_leaf(&folder.path().join(refused), text().as_bytes()).unwrap_err();
            assert_eq!(e.kind(), io::ErrorKind::AlreadyExists, "{refused}");
        }
        assert_eq!(IdentityKey::load(&key).unwrap().public(), own.public());
        assert_eq!(fs::read_to_string(&path).unwrap(), *second);
        assert_eq!(fs::read_to_string(folder.path().join("another.pem")).unwrap(), foreign);
    }

    #[test]
    fn a_key_that_others_may_read_and_a_broken_one_are_refused_and_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("identity.key");
        IdentityKey::load_or_create(&path, &mut SystemRng).unwrap();

        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let exposed = IdentityKey::load_or_create(&path, &mut SystemRng).err().unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "0123\n").unwrap();
        let broken = IdentityKey::load_or_create(&path, &mut SystemRng).err().unwrap();

        assert!(matches!(exposed, IdentityError::Exposed(_)));
        assert!(matches!(broken, IdentityError::Malformed(_)));
        assert_eq!(fs::read_to_string(&path).unwrap(), "0123\n");
    }
}
