//! The relay's identity: one Ed25519 key for its whole life. Addresses pin it, receipts are signed with it, and it signs
//! the short-lived TLS keys, so that a renewed certificate cuts nobody off.
//!
//! TLS: the chain is one leaf, valid for [`RELAY_NAME`], signed by the identity under the issuer name [`ISSUER_NAME`].
//! A client knows both names and the key beforehand and needs nothing else (PROTOCOL.md, "Connections").

use lacre_audit::ids::Identity;
use lacre_audit::note::{NoteError, NoteSigner};
use lacre_audit::random::{self, Rng};
use lacre_audit::time::Millis;
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, Issuer, KeyPair, KeyUsagePurpose, SerialNumber,
};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use zeroize::Zeroizing;

/// The DNS name of every relay's leaf, and the server name that clients send.
pub const RELAY_NAME: &str = "relay.lacre.invalid";
/// The common name of every leaf's issuer.
pub const ISSUER_NAME: &str = "lacre relay identity";
const DAY: u64 = 24 * 60 * 60 * 1000;
/// How long a leaf is valid. It begins two days early, for clients whose clocks are behind.
const LEAF_DAYS: u64 = 90;
/// A leaf is replaced after this long.
pub const RENEW_AFTER_MS: u64 = 30 * DAY;

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
                write_key(path, &seed).map_err(at)?;
                Self::from_seed(seed)
            }
            Err(e) => Err(at(e)),
            Ok(file) => {
                if file.metadata().map_err(at)?.permissions().mode() & 0o077 != 0 {
                    return Err(IdentityError::Exposed(path.to_owned()));
                }
                let text = Zeroizing::new(fs::read(path).map_err(at)?);
                let digits = text.strip_suffix(b"\n").unwrap_or(&text);
                let mut seed = Zeroizing::new([0; 32]);
                let malformed = || IdentityError::Malformed(path.to_owned());
                if data_encoding::HEXLOWER.decode_len(digits.len()) != Ok(32) {
                    return Err(malformed());
                }
                data_encoding::HEXLOWER.decode_mut(digits, seed.as_mut_slice()).map_err(|_| malformed())?;
                Self::from_seed(seed)
            }
        }
    }

    fn from_seed(seed: Zeroizing<[u8; 32]>) -> Result<Self, IdentityError> {
        let public = Identity::new(NoteSigner::new(lacre_audit::receipt::RELAY, &seed)?.public().key());
        Ok(Self { seed, public })
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

    /// A fresh TLS key with its leaf.
    pub fn issue(&self, now: Millis, rng: &mut dyn Rng) -> Result<CertifiedKey, IdentityError> {
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
        leaf.not_before = date!(Millis::new(now.get().saturating_sub(2 * DAY)));
        leaf.not_after = date!(now.plus(LEAF_DAYS * DAY));
        let certificate = leaf.signed_by(&leaf_key, &issuer).map_err(failed)?;
        let key = rustls::crypto::ring::sign::any_eddsa_type(&PrivatePkcs8KeyDer::from(leaf_pkcs8.as_slice()))
            .map_err(|e| IdentityError::Certificate(e.to_string()))?;
        Ok(CertifiedKey::new(vec![certificate.into()], key))
    }
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

/// Whole, or not at all: written beside, synced, renamed, and the folder synced.
fn write_key(path: &Path, seed: &[u8; 32]) -> io::Result<()> {
    let beside = path.with_extension("new");
    let _ = fs::remove_file(&beside);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    let text = Zeroizing::new(data_encoding::HEXLOWER.encode(seed) + "\n");
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    match path.parent() {
        Some(folder) if folder != Path::new("") => File::open(folder)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

/// The leaf in use; replaced while connections go on.
pub struct Leaf {
    current: RwLock<Arc<CertifiedKey>>,
}

impl Leaf {
    /// The first one.
    #[must_use]
    pub fn new(first: CertifiedKey) -> Self {
        Self { current: RwLock::new(Arc::new(first)) }
    }
    /// From now on this one.
    pub fn replace(&self, next: CertifiedKey) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(next);
    }
}

impl core::fmt::Debug for Leaf {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Leaf")
    }
}

impl ResolvesServerCert for Leaf {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner)))
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
    config.alpn_protocols = vec![b"h2".to_vec()];
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SystemRng;

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
