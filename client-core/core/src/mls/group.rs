//! What the rooms ask of MLS (RFC 9420): thin functions over OpenMLS, one configuration for all groups.

use super::signer;
use crate::crypt::entry::ChannelKeys;
use crate::words::{ConversationId, MlsError, Suite};
use lacre_ground::ids::{AccountId, DeviceId};
use lacre_ground::time::Millis;
use lacre_proto::bounds::Bounded;
use lacre_proto::content::v1 as content;
use openmls::group::{
    MlsGroup, MlsGroupJoinConfig, PURE_CIPHERTEXT_WIRE_FORMAT_POLICY, ProcessedWelcome, StagedCommit, StagedWelcome,
};
use openmls::prelude::{
    BasicCredential, Capabilities, Ciphersuite, Credential, CredentialType, CredentialWithKey, Extension, ExtensionType,
    Extensions, GroupContext, KeyPackage, KeyPackageBundle, KeyPackageIn, KeyPackageVerifyError, LeafNode, LeafNodeIndex,
    Lifetime, MlsMessageBodyIn, MlsMessageIn, MlsMessageOut, OpenMlsProvider, ProtocolVersion, RatchetTreeIn,
    RequiredCapabilitiesExtension, SignaturePublicKey, UnknownExtension, Welcome,
};
use openmls_traits::signatures::Signer;
use openmls_traits::storage::StorageProvider as _;
use prost::Message as _;
use sha2::{Digest, Sha256};
use tls_codec::{Deserialize as _, Serialize as _, Size as _, VLBytes};

/// Our GroupContext extension (private-use range of RFC 9420, 17.3).
const CONTEXT: u16 = 0xF1AC;
/// Our KeyPackage extension (same range): a device agrees that its lost leaf is replaced by this key package.
pub(super) const CONSENT: u16 = 0xF1AD;
/// Version written into it.
pub(crate) const CONTEXT_VERSION: u32 = 1;
/// No relay keeps entries longer than this, seconds (PROTOCOL.md, 11).
pub(crate) const MAX_RETENTION_SECONDS: u64 = 90 * 86_400;
/// Key packages live this long: twice the greatest retention, renewed early (PROTOCOL.md, 11).
pub(crate) const KEY_PACKAGE_SECONDS: u64 = 2 * MAX_RETENTION_SECONDS;
/// They begin a day early: clocks differ.
const EARLY_SECONDS: u64 = 86_400;

fn mls<E: std::fmt::Display>(what: &'static str) -> impl FnOnce(E) -> MlsError {
    move |e| MlsError { what, why: e.to_string() }
}

fn bad(what: &'static str, why: &'static str) -> MlsError {
    MlsError { what, why: why.to_owned() }
}

fn ciphersuite(suite: Suite) -> Ciphersuite {
    match suite {
        Suite::XWing => Ciphersuite::MLS_256_XWING_CHACHA20POLY1305_SHA256_Ed25519,
        Suite::X25519 => Ciphersuite::MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519,
    }
}

/// The id of an MLS group (RFC 9420, 8.1): what its maker chose. A conversation has one behind it, and after a successor
/// another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct GroupId(Vec<u8>);

impl GroupId {
    pub(crate) const fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    pub(crate) fn of(group: &MlsGroup) -> Self {
        Self(group.group_id().to_vec())
    }

    /// The group with which a conversation began.
    pub(crate) fn first_of(conversation: &ConversationId) -> Self {
        Self(conversation.as_bytes().to_vec())
    }

    /// The conversation that began with it, if it began one.
    pub(crate) fn conversation(&self) -> ConversationId {
        ConversationId::new(self.0.clone())
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Our suite of a wire number; none for suites that we do not use.
pub(crate) fn suite(number: u16) -> Option<Suite> {
    [Suite::XWing, Suite::X25519].into_iter().find(|s| u16::from(ciphersuite(*s)) == number)
}

fn capabilities() -> Capabilities {
    Capabilities::new(
        Some(&[ProtocolVersion::Mls10]),
        Some(&[ciphersuite(Suite::XWing), ciphersuite(Suite::X25519)]),
        Some(&[ExtensionType::Unknown(CONTEXT), ExtensionType::Unknown(CONSENT), ExtensionType::LastResort]),
        None,
        Some(&[CredentialType::Basic]),
    )
}

/// A credential names account and device: 32 and 16 bytes. It says nothing that was verified.
pub(crate) fn credential(account: AccountId, device: DeviceId, signature_key: &[u8; 32]) -> CredentialWithKey {
    let mut identity = account.as_bytes().to_vec();
    identity.extend_from_slice(device.as_bytes());
    CredentialWithKey {
        credential: BasicCredential::new(identity).into(),
        signature_key: SignaturePublicKey::from(signature_key.to_vec()),
    }
}

/// Account and device of a credential; none if it is not one of ours.
pub(crate) fn who(credential: &Credential) -> Option<(AccountId, DeviceId)> {
    let basic = BasicCredential::try_from(credential.clone()).ok()?;
    let (account, device) = basic.identity().split_at_checked(AccountId::LEN)?;
    Some((AccountId::try_from(account).ok()?, DeviceId::try_from(device).ok()?))
}

fn join_config() -> MlsGroupJoinConfig {
    MlsGroupJoinConfig::builder()
        .wire_format_policy(PURE_CIPHERTEXT_WIRE_FORMAT_POLICY)
        .padding_size(0)
        .max_past_epochs(0)
        .number_of_resumption_psks(0)
        .use_ratchet_tree_extension(false)
        .build()
}

pub(super) fn extensions(context: &content::ConversationContext) -> Result<Extensions<GroupContext>, MlsError> {
    let required = RequiredCapabilitiesExtension::new(&[ExtensionType::Unknown(CONTEXT)], &[], &[CredentialType::Basic]);
    Extensions::from_vec(vec![
        Extension::RequiredCapabilities(required),
        Extension::Unknown(CONTEXT, UnknownExtension(context.encode_to_vec())),
    ])
    .map_err(mls("group context"))
}

/// What a GroupContext says of the conversation, its bounds checked.
pub(crate) fn context(extensions: &Extensions<GroupContext>) -> Result<content::ConversationContext, MlsError> {
    let raw = extensions.unknown(CONTEXT).ok_or(bad("group context", "our extension is missing"))?;
    let context = content::ConversationContext::decode(raw.0.as_slice()).map_err(mls("group context"))?;
    context.check().map_err(mls("group context"))?;
    Ok(context)
}

pub(crate) fn create<P: OpenMlsProvider>(
    provider: &P,
    signer: &impl Signer,
    own: CredentialWithKey,
    id: &GroupId,
    suite: Suite,
    context: &content::ConversationContext,
) -> Result<MlsGroup, MlsError> {
    MlsGroup::builder()
        .with_group_id(openmls::prelude::GroupId::from_slice(id.as_bytes()))
        .ciphersuite(ciphersuite(suite))
        .with_wire_format_policy(PURE_CIPHERTEXT_WIRE_FORMAT_POLICY)
        .padding_size(0)
        .max_past_epochs(0)
        .number_of_resumption_psks(0)
        .use_ratchet_tree_extension(false)
        .with_capabilities(capabilities())
        .with_group_context_extensions(extensions(context)?)
        .build(provider, signer, own)
        .map_err(mls("creating the group"))
}

/// The keys of an epoch's channel (PROTOCOL.md, 15).
pub(crate) fn channel_keys<P: OpenMlsProvider>(provider: &P, group: &MlsGroup) -> Result<ChannelKeys, MlsError> {
    let bytes = group
        .export_secret(provider.crypto(), ChannelKeys::EXPORTER_LABEL, b"", ChannelKeys::LEN)
        .map_err(mls("exporting the channel"))?;
    ChannelKeys::from_export(&zeroize::Zeroizing::new(bytes)).ok_or(bad("exporting the channel", "wrong length"))
}

/// One member's leaf.
pub(crate) struct Leaf {
    pub(crate) index: LeafNodeIndex,
    pub(crate) account: AccountId,
    pub(crate) device: DeviceId,
    pub(crate) signature_key: Vec<u8>,
}

/// All members whose credentials are ours (others cannot be added: a seal that tries is void).
pub(crate) fn leaves(group: &MlsGroup) -> Vec<Leaf> {
    group
        .members()
        .filter_map(|m| {
            let (account, device) = who(&m.credential)?;
            Some(Leaf { index: m.index, account, device, signature_key: m.signature_key })
        })
        .collect()
}

pub(crate) fn leaf_hash(leaf: &LeafNode) -> Result<[u8; 32], MlsError> {
    Ok(Sha256::digest(leaf.tls_serialize_detached().map_err(mls("encoding a leaf"))?).into())
}

/// What a key package is made for.
#[derive(Clone, Debug)]
pub(crate) enum Purpose {
    /// the directory hands it out once
    OneTime,
    /// the directory hands it out when the others are used up
    LastResort,
    /// the own lost leaf may be replaced by it, and only that
    ReAdd(content::ReAddConsent),
}

/// Makes a key package and keeps its private keys.
pub(crate) fn key_package<P: OpenMlsProvider>(
    provider: &P,
    signer: &impl Signer,
    own: CredentialWithKey,
    suite: Suite,
    purpose: Purpose,
    now: Millis,
) -> Result<KeyPackage, MlsError> {
    let now = now.get() / 1000;
    let lifetime = Lifetime::init(now.saturating_sub(EARLY_SECONDS), now + KEY_PACKAGE_SECONDS);
    let mut builder = KeyPackage::builder().leaf_node_capabilities(capabilities()).key_package_lifetime(lifetime);
    match purpose {
        Purpose::OneTime => {}
        Purpose::LastResort => builder = builder.mark_as_last_resort(),
        Purpose::ReAdd(consent) => {
            let consent = Extension::Unknown(CONSENT, UnknownExtension(consent.encode_to_vec()));
            let extensions = Extensions::single(consent).map_err(mls("making a key package"))?;
            builder = builder.key_package_extensions(extensions);
        }
    }
    let bundle = builder.build(ciphersuite(suite), provider, signer, own).map_err(mls("making a key package"))?;
    Ok(bundle.into_key_package())
}

/// When a key package was made, by its maker's word.
pub(crate) fn made_at(package: &KeyPackage) -> Millis {
    Millis::new(package.life_time().not_before().saturating_add(EARLY_SECONDS).saturating_mul(1000))
}

/// The MLSMessage in which a key package travels.
pub(crate) fn encode_key_package(package: KeyPackage) -> Result<Vec<u8>, MlsError> {
    MlsMessageOut::from(package).tls_serialize_detached().map_err(mls("encoding a key package"))
}

/// What a device agreed to with a key package; none if the package says nothing of it. Its signature covers this.
pub(crate) fn consent(package: &KeyPackage) -> Option<content::ReAddConsent> {
    let consent = content::ReAddConsent::decode(package.extensions().unknown(CONSENT)?.0.as_slice()).ok()?;
    consent.check().is_ok().then_some(consent)
}

/// Whether this profile made a key package and still has its private keys.
pub(crate) fn is_own_package<P: OpenMlsProvider>(provider: &P, package: &KeyPackage) -> Result<bool, MlsError> {
    let reference = package.hash_ref(provider.crypto()).map_err(mls("looking for a key package"))?;
    let kept: Option<KeyPackageBundle> = provider.storage().key_package(&reference).map_err(mls("looking for a key package"))?;
    Ok(kept.is_some())
}

/// Why a key package is not used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PackageFault {
    /// not good yet, or no longer: one of two clocks is wrong, or its device was not online for long
    #[error("it is not good at this time")]
    Time,
    /// no key package that could be used at any time
    #[error(transparent)]
    Broken(#[from] MlsError),
}

/// Reads and validates somebody's key package.
pub(crate) fn read_key_package<P: OpenMlsProvider>(provider: &P, bytes: &[u8]) -> Result<KeyPackage, PackageFault> {
    let message = MlsMessageIn::tls_deserialize_exact(bytes).map_err(mls("reading a key package"))?;
    let package: KeyPackageIn = match message.extract() {
        MlsMessageBodyIn::KeyPackage(package) => package,
        _ => return Err(bad("reading a key package", "another kind of message").into()),
    };
    let package = match package.validate(provider.crypto(), ProtocolVersion::Mls10) {
        Ok(package) => package,
        Err(KeyPackageVerifyError::LifetimeError(_)) => return Err(PackageFault::Time),
        Err(e) => return Err(mls("reading a key package")(e).into()),
    };
    if !has_whole_keys(&package) {
        return Err(bad("reading a key package", "a key of another length").into());
    }
    Ok(package)
}

/// Bytes of a suite's public keys, which OpenMLS does not look at, and libcrux would panic; none for suites of others.
pub(super) fn public_key_length(suite: Ciphersuite) -> Option<usize> {
    signer::public_key_length(suite.hpke_kem_algorithm())
}

/// Whether what is encrypted to has the length of its suite.
fn has_whole_keys(package: &KeyPackage) -> bool {
    has_whole_key(package.ciphersuite(), package.leaf_node())
        && public_key_length(package.ciphersuite()) == Some(package.hpke_init_key().as_slice().len())
}

/// The same of a leaf.
pub(super) fn has_whole_key(suite: Ciphersuite, leaf: &LeafNode) -> bool {
    public_key_length(suite) == Some(key_length(leaf))
}

/// Bytes of a leaf's key. The library shows it encoded only: behind its length in one byte below 64, else in two (RFC 9420,
/// 2.1.2) or four.
pub(super) fn key_length(leaf: &LeafNode) -> usize {
    let encoded = leaf.encryption_key().tls_serialized_len();
    encoded
        - match encoded {
            ..=64 => 1,
            65..=16_385 => 2,
            _ => 4,
        }
}

/// Whether a key package is valid now and for as long as any relay keeps the commit that adds it. OpenMLS judges lifetimes
/// by the system's clock when a commit is processed: a member who reads late must find it alive.
pub(crate) fn outlives_retention(package: &KeyPackage, now: Millis) -> bool {
    let (lifetime, now) = (package.life_time(), now.get() / 1000);
    lifetime.not_before() <= now && now + MAX_RETENTION_SECONDS <= lifetime.not_after()
}

/// What a commit does beside giving the own leaf fresh keys.
#[derive(Default)]
pub(crate) struct Changes {
    pub(crate) adds: Vec<KeyPackage>,
    pub(crate) removals: Vec<LeafNodeIndex>,
    pub(crate) context: Option<content::ConversationContext>,
}

/// A commit with these changes, and always fresh keys for the own leaf. Gives commit and Welcome.
pub(crate) fn commit<P: OpenMlsProvider>(
    provider: &P,
    signer: &impl Signer,
    group: &mut MlsGroup,
    changes: Changes,
) -> Result<(Vec<u8>, Option<Vec<u8>>), MlsError> {
    if group.pending_commit().is_some() {
        group.clear_pending_commit(provider.storage()).map_err(mls("dropping an old commit"))?;
    }
    let mut builder = group
        .commit_builder()
        .consume_proposal_store(false)
        .force_self_update(true)
        .propose_adds(changes.adds)
        .propose_removals(changes.removals);
    if let Some(context) = &changes.context {
        builder = builder.propose_group_context_extensions(extensions(context)?).map_err(mls("building a commit"))?;
    }
    let bundle = builder
        .load_psks(provider.storage())
        .map_err(mls("building a commit"))?
        .build(provider.rand(), provider.crypto(), signer, |_| true)
        .map_err(mls("building a commit"))?
        .stage_commit(provider)
        .map_err(mls("building a commit"))?;
    let (commit, welcome, _) = bundle.into_messages();
    let commit = commit.tls_serialize_detached().map_err(mls("encoding a commit"))?;
    let welcome = welcome.map(|w| w.tls_serialize_detached()).transpose().map_err(mls("encoding a Welcome"))?;
    Ok((commit, welcome))
}

/// The Welcome of RFC 9420, 12.4.3.1, as far as cutting needs it.
#[derive(Debug, tls_codec::TlsSize, tls_codec::TlsSerialize, tls_codec::TlsDeserialize)]
pub(crate) struct WelcomeParts {
    version: u16,
    wire_format: u16,
    suite: u16,
    secrets: Vec<Secrets>,
    group_info: VLBytes,
}

#[derive(Debug, tls_codec::TlsSize, tls_codec::TlsSerialize, tls_codec::TlsDeserialize)]
pub(crate) struct Secrets {
    new_member: VLBytes,
    kem_output: VLBytes,
    ciphertext: VLBytes,
}

/// The part of a Welcome for one invitee: every invitee learns nothing of the others, and gets 1.5 KB.
pub(crate) fn cut_welcome<P: OpenMlsProvider>(
    provider: &P,
    welcome: &[u8],
    key_package: &KeyPackage,
) -> Result<Vec<u8>, MlsError> {
    let reference = key_package.hash_ref(provider.crypto()).map_err(mls("cutting a Welcome"))?;
    let mut parts = WelcomeParts::tls_deserialize_exact(welcome).map_err(mls("cutting a Welcome"))?;
    parts.secrets.retain(|s| s.new_member.as_slice() == reference.as_slice());
    if parts.secrets.len() != 1 {
        return Err(bad("cutting a Welcome", "no part for this key package"));
    }
    parts.tls_serialize_detached().map_err(mls("cutting a Welcome"))
}

/// The ratchet tree as invitees get it beside their Welcome.
pub(crate) fn tree(group: &MlsGroup) -> Result<Vec<u8>, MlsError> {
    group.export_ratchet_tree().tls_serialize_detached().map_err(mls("encoding the tree"))
}

/// Joins by a Welcome. A group of the same id that is held already is replaced (re-add).
/// Also gives what this device agreed to with the key package that was used.
pub(crate) fn join<P: OpenMlsProvider>(
    provider: &P,
    welcome: &[u8],
    tree: &[u8],
) -> Result<(MlsGroup, Option<content::ReAddConsent>), MlsError> {
    let welcome = read_welcome(welcome)?;
    let tree = RatchetTreeIn::tls_deserialize_exact(tree).map_err(mls("reading the tree"))?;
    let builder = StagedWelcome::build_from_welcome(provider, &join_config(), welcome).map_err(mls("joining"))?;
    let agreed = builder.processed_welcome().own_key_package().and_then(consent);
    let staged = builder.with_ratchet_tree(tree).skip_lifetime_validation().replace_old_group().build();
    let group = staged.map_err(mls("joining"))?.into_group(provider).map_err(mls("joining"))?;
    Ok((group, agreed))
}

/// What a Welcome leads into, before its tree is here: good for refusing it, proven by nothing.
pub(crate) struct Invited {
    pub(crate) group: GroupId,
    pub(crate) epoch: u64,
    /// the suite's number
    pub(crate) suite: u16,
    pub(crate) extensions: Extensions<GroupContext>,
    /// what this device agreed to with the key package that it uses
    pub(crate) agreed: Option<content::ReAddConsent>,
}

/// Whether this profile has the secret of one of the key packages that a Welcome is for. A copy of the profile may have it.
pub(crate) fn is_for_this_profile<P: OpenMlsProvider>(provider: &P, welcome: &[u8]) -> Result<bool, MlsError> {
    for secrets in read_welcome(welcome)?.secrets() {
        let found: Option<KeyPackageBundle> =
            provider.storage().key_package(&secrets.new_member()).map_err(mls("looking for a key package"))?;
        if found.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Opens a Welcome without joining. This uses up its key package: the step must be rolled back.
pub(crate) fn invited<P: OpenMlsProvider>(provider: &P, welcome: &[u8]) -> Result<Invited, MlsError> {
    let processed = ProcessedWelcome::new_from_welcome(provider, &join_config(), read_welcome(welcome)?);
    let processed = processed.map_err(mls("reading a Welcome"))?;
    let context = processed.unverified_group_info().group_context();
    Ok(Invited {
        group: GroupId(context.group_id().to_vec()),
        epoch: context.epoch().as_u64(),
        suite: u16::from(context.ciphersuite()),
        extensions: context.extensions().clone(),
        agreed: processed.own_key_package().and_then(consent),
    })
}

fn read_welcome(welcome: &[u8]) -> Result<Welcome, MlsError> {
    let message = MlsMessageIn::tls_deserialize_exact(welcome).map_err(mls("reading a Welcome"))?;
    match message.extract() {
        MlsMessageBodyIn::Welcome(welcome) => Ok(welcome),
        _ => Err(bad("reading a Welcome", "another kind of message")),
    }
}

/// The suite number of a key package, for an upload.
pub(crate) fn suite_number(suite: Suite) -> u32 {
    u32::from(u16::from(ciphersuite(suite)))
}

/// Whether a staged commit removes a leaf and adds the same signature key again: a re-add.
pub(crate) fn replaced_keys(group: &MlsGroup, staged: &StagedCommit) -> Vec<Vec<u8>> {
    let removed: Vec<Vec<u8>> = staged
        .remove_proposals()
        .filter_map(|r| group.member_at(r.remove_proposal().removed()))
        .map(|m| m.signature_key)
        .collect();
    staged
        .add_proposals()
        .map(|a| a.add_proposal().key_package().leaf_node().signature_key().as_slice().to_vec())
        .filter(|key| removed.contains(key))
        .collect()
}
