//! What PROTOCOL.md asks of MLS, on mls-rs: sections 11, 15 and 16.

use crate::Fail;
use crate::content::v1::{Allowed, ConversationContext, ConversationKind, ReAddConsent};
use crate::wire::{Key, sha256};
use ed25519_dalek::SigningKey;
use mls_rs::client_builder::{BaseConfig, WithCryptoProvider, WithIdentityProvider, WithKeyPackageRepo, WithMlsRules};
use mls_rs::error::{IntoAnyError, MlsError};
use mls_rs::extension::ExtensionType;
use mls_rs::extension::built_in::RequiredCapabilitiesExt;
use mls_rs::extension::recommended::LastResortKeyPackageExt;
use mls_rs::group::proposal::Proposal;
use mls_rs::group::{ExportedTree, GroupContext, LeafIndex, Member, Roster};
use mls_rs::identity::basic::{BasicCredential, BasicIdentityProvider};
use mls_rs::identity::{CredentialType, SigningIdentity};
use mls_rs::mls_rs_codec::MlsEncode as _;
use mls_rs::mls_rules::{CommitDirection, CommitOptions, CommitSource, EncryptionOptions, ProposalBundle, ProposalInfo};
use mls_rs::storage_provider::in_memory::InMemoryKeyPackageStorage;
use mls_rs::time::MlsTime;
use mls_rs::{CipherSuite, Client, Extension, ExtensionList, MlsMessage, MlsRules};
use mls_rs_crypto_rustcrypto::RustCryptoProvider;
use prost::Message as _;
use std::collections::BTreeSet;
use std::time::Duration;

pub const SUITE: CipherSuite = CipherSuite::CURVE25519_CHACHA;
const CONTEXT: ExtensionType = ExtensionType::new(0xF1AC);
const CONSENT: ExtensionType = ExtensionType::new(0xF1AD);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

type Config = WithIdentityProvider<
    BasicIdentityProvider,
    WithCryptoProvider<RustCryptoProvider, WithMlsRules<Roles, WithKeyPackageRepo<InMemoryKeyPackageStorage, BaseConfig>>>,
>;
pub type Mls = Client<Config>;
pub type Group = mls_rs::Group<Config>;

pub fn client(account: &Key, device: &[u8; 16], sign: &SigningKey) -> Mls {
    let credential = BasicCredential::new([account.as_slice(), device].concat()).into_credential();
    let identity = SigningIdentity::new(credential, sign.verifying_key().to_bytes().to_vec().into());
    Client::builder()
        .key_package_repo(InMemoryKeyPackageStorage::new())
        .mls_rules(Roles)
        .crypto_provider(RustCryptoProvider::with_enabled_cipher_suites(vec![SUITE]))
        .identity_provider(BasicIdentityProvider::new())
        .extension_type(CONTEXT)
        .extension_type(CONSENT)
        .extension_type(ExtensionType::LAST_RESORT_KEY_PACKAGE)
        .key_package_lifetime(181 * DAY)
        .signing_identity(identity, sign.to_keypair_bytes().to_vec().into(), SUITE)
        .build()
}

/// A key package, valid from yesterday.
pub fn key_package(mls: &Mls, last_resort: bool) -> Result<Vec<u8>, Fail> {
    let mut extensions = ExtensionList::new();
    if last_resort {
        extensions.set_from(LastResortKeyPackageExt)?;
    }
    let from = MlsTime::now() - DAY;
    Ok(mls.generate_key_package_message(extensions, ExtensionList::new(), Some(from))?.to_bytes()?)
}

/// Account, device and signature key of a leaf.
pub fn who(identity: &SigningIdentity) -> Result<(Key, [u8; 16], Key), Fail> {
    let basic = identity.credential.as_basic().ok_or("another kind of credential")?;
    let (account, device) = basic.identifier().split_first_chunk::<32>().ok_or("a short credential")?;
    let device = device.try_into().map_err(|_| "a credential of another length")?;
    let key = identity.signature_key.as_bytes().try_into().map_err(|_| "a key of another length")?;
    Ok((*account, device, key))
}

/// Seconds until which a key package may be used: the lifetime of its leaf (RFC 9420, 7.2 and 10).
pub fn not_after(message: &[u8]) -> Option<u64> {
    fn vector(bytes: &[u8]) -> Option<&[u8]> {
        let size = 1 << (bytes.first()? >> 6);
        let (length, rest) = bytes.split_at_checked(size)?;
        let length = length.iter().skip(1).fold(usize::from(length[0] & 0x3F), |n, b| n << 8 | usize::from(*b));
        rest.get(length..)
    }
    // version and kind of the message, version and suite; init key; encryption key, signature key; credential
    let mut rest = vector(vector(vector(message.get(8..)?)?)?)?;
    rest = vector(rest.get(2..)?)?;
    for _ in 0..5 {
        rest = vector(rest)?;
    }
    let (source, times) = rest.split_first()?;
    (*source == 1).then(|| u64::from_be_bytes(times.get(8..16)?.try_into().ok()?).into())?
}

/// Checks a claimed key package: who it is for, and that it is valid for 90 days more.
pub fn check_package(bytes: &[u8], account: &Key, device: &[u8; 16], sign: &Key) -> Result<MlsMessage, Fail> {
    let message = MlsMessage::from_bytes(bytes)?;
    let package = message.as_key_package().ok_or("not a key package")?;
    if package.hpke_init_key.len() != 32 {
        return Err("an init key of another length".into());
    }
    if who(package.signing_identity())? != (*account, *device, *sign) {
        return Err("a key package of somebody else".into());
    }
    let lasts = not_after(bytes).ok_or("a key package without a lifetime")?;
    if lasts < MlsTime::now().seconds_since_epoch() + 90 * DAY.as_secs() {
        return Err("a key package that ends within 90 days".into());
    }
    Ok(message)
}

pub fn context_extensions(context: &ConversationContext) -> Result<ExtensionList, Fail> {
    let mut list = ExtensionList::new();
    list.set_from(RequiredCapabilitiesExt::new(vec![CONTEXT], vec![], vec![CredentialType::BASIC]))?;
    list.set(Extension::new(CONTEXT, context.encode_to_vec()));
    Ok(list)
}

pub fn context(list: &ExtensionList) -> Result<ConversationContext, Fail> {
    let extension = list.get(CONTEXT).ok_or("a group that is no conversation")?;
    let context = ConversationContext::decode(extension.extension_data.as_slice())?;
    if context.version == 1 { Ok(context) } else { Err("a conversation of a newer version".into()) }
}

/// A verdict of section 16 on a Commit that could not be processed.
#[derive(PartialEq, Debug)]
pub enum Verdict {
    Void,
    Binding,
}

pub fn verdict(error: &MlsError) -> Verdict {
    match error {
        MlsError::InvalidConfirmationTag
        | MlsError::PubKeyMismatch
        | MlsError::UpdateErrorNoSecretKey
        | MlsError::LcaNotFoundInDirectPath
        | MlsError::InvalidLifetime { .. } => Verdict::Binding,
        // what HPKE encrypted is a path secret; the content of the message is under an AEAD
        MlsError::CryptoProviderError(e) if format!("{e:?}").contains("Hpke") => Verdict::Binding,
        _ => Verdict::Void,
    }
}

/// The table of roles.
#[derive(Clone, Copy)]
pub struct Roles;

#[derive(Debug)]
pub struct Broken(String);
impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
impl std::error::Error for Broken {}
impl IntoAnyError for Broken {
    fn into_dyn_error(self) -> Result<Box<dyn std::error::Error + Send + Sync>, Self> {
        Ok(Box::new(self))
    }
}
impl From<Fail> for Broken {
    fn from(fail: Fail) -> Self {
        Self(fail.text)
    }
}

impl MlsRules for Roles {
    type Error = Broken;

    fn filter_proposals(
        &self,
        _: CommitDirection,
        source: CommitSource,
        roster: &Roster,
        context: &GroupContext,
        proposals: ProposalBundle,
    ) -> Result<ProposalBundle, Broken> {
        let CommitSource::ExistingMember(committer) = source else { return Err(Broken("an external commit".into())) };
        roles(&committer, &roster.members(), context, &proposals)?;
        Ok(proposals)
    }

    fn commit_options(&self, _: &Roster, _: &GroupContext, _: &ProposalBundle) -> Result<CommitOptions, Broken> {
        let options = CommitOptions::new().with_path_required(true).with_ratchet_tree_extension(false);
        Ok(options.with_single_welcome_message(false))
    }

    fn encryption_options(&self, _: &Roster, _: &GroupContext) -> Result<EncryptionOptions, Broken> {
        Ok(EncryptionOptions::new(true, mls_rs::client_builder::PaddingMode::None))
    }
}

fn roles(by: &Member, members: &[Member], group: &GroupContext, proposals: &ProposalBundle) -> Result<(), Fail> {
    let now = context(&group.extensions)?;
    let (account, ..) = who(by.signing_identity())?;
    let admin = now.admins.iter().any(|a| *a == account);
    let (mut removed, mut added, mut next) = (Vec::new(), Vec::new(), now.clone());
    for info in proposals.clone().into_proposals() {
        if !info.is_by_value() {
            return Err("a proposal by reference".into());
        }
        match info.proposal {
            Proposal::Add(add) => added.push(add.signing_identity().clone()),
            Proposal::Remove(remove) => {
                let leaf = members.iter().find(|m| m.index() == remove.to_remove()).ok_or("nobody to remove")?;
                removed.push(leaf.signing_identity().clone());
            }
            Proposal::GroupContextExtensions(list) => {
                next = context(&list)?;
                if list.len() != 2 || list.mls_encode_to_vec()? != extensions_like(&list, &group.extensions)? {
                    return Err("other extensions than ours".into());
                }
                let fixed = |c: &ConversationContext| (c.version, c.kind, c.authority.clone(), c.origin.clone());
                let only_stays = ConversationContext { stays_s: next.stays_s, ..now.clone() } == next;
                let two = now.kind() == ConversationKind::Two;
                if !admin || fixed(&now) != fixed(&next) || (two && !only_stays) {
                    return Err("a change of the conversation that is not allowed".into());
                }
            }
            _ => return Err("another kind of proposal".into()),
        }
    }
    // re-adds are everybody's right
    let readd = |a: &SigningIdentity, r: &SigningIdentity| who(a) == who(r);
    let others: Vec<_> = added.iter().filter(|a| !removed.iter().any(|r| readd(a, r))).collect();
    let gone: Vec<_> = removed.iter().filter(|r| !added.iter().any(|a| readd(a, r))).collect();
    let may_add = admin || members.len() == 1 || now.may_add() == Allowed::Everyone;
    if (!others.is_empty() && !may_add) || (!gone.is_empty() && !admin) {
        return Err("this member may not do that".into());
    }
    let mut accounts = BTreeSet::new();
    let mut devices = BTreeSet::new();
    let stay = members.iter().map(Member::signing_identity).filter(|m| !removed.contains(m));
    for identity in stay.chain(&added) {
        let (account, device, _) = who(identity)?;
        accounts.insert(account.to_vec());
        if !devices.insert((account, device)) {
            return Err("the same device twice".into());
        }
    }
    let of_two = |a: &SigningIdentity| who(a).is_ok_and(|(account, ..)| now.admins.iter().any(|x| *x == account));
    if now.kind() == ConversationKind::Two && !others.iter().all(|a| of_two(a)) {
        return Err("a third account in a conversation of two".into());
    }
    let new_admins = next.admins.iter().filter(|a| !now.admins.contains(a));
    if devices.len() > 1_000 || !next.admins.iter().any(|a| accounts.contains(a)) {
        return Err("no admin would be left, or there would be too many members".into());
    }
    if !new_admins.into_iter().all(|a| accounts.contains(a)) {
        return Err("an admin who is no member".into());
    }
    let mut gone = gone.iter().filter_map(|r| who(r).ok()).filter(|(account, ..)| !accounts.contains(account.as_slice()));
    if now.kind() == ConversationKind::Group && gone.any(|(account, ..)| next.admins.iter().any(|a| *a == account)) {
        return Err("an admin who stops being a member".into());
    }
    Ok(())
}

/// Whether a device agrees, in this key package, that one of these leaves of the group is replaced by it (section 19).
pub fn agrees(extensions: &ExtensionList, group: &[u8], lost: &[u8]) -> Result<(), Fail> {
    let consent = extensions.get(CONSENT).ok_or("a re-add that the device did not agree to")?;
    let consent = ReAddConsent::decode(consent.extension_data.as_slice())?;
    let bounded = (1..=64).contains(&consent.group_id.len())
        && (1..=128).contains(&consent.lost_leaves.len())
        && consent.lost_leaves.iter().all(|l| l.len() == 32);
    if bounded && consent.group_id == group && consent.lost_leaves.iter().any(|l| l == lost) {
        Ok(())
    } else {
        Err("a re-add that the device did not agree to for this leaf".into())
    }
}

/// The leaf of a member as it is hashed.
pub fn leaf_hash(tree: &ExportedTree<'_>, index: u32) -> Result<Key, Fail> {
    let leaf = tree.get_leaf(LeafIndex::try_from(index)?)?.ok_or("an empty leaf")?;
    Ok(sha256(&leaf.mls_encode_to_vec()?))
}

/// Re-adds of a Commit that was applied to this tree: each with its device's consent.
pub fn judge_re_adds(
    proposals: &[ProposalInfo<Proposal>],
    before: &[Member],
    tree: &ExportedTree<'_>,
    group: &[u8],
) -> Result<(), Fail> {
    for info in proposals {
        let Proposal::Add(add) = &info.proposal else { continue };
        let added = who(add.signing_identity())?;
        for leaf in before.iter().filter(|m| who(m.signing_identity()) == Ok(added)) {
            agrees(&add.key_package_extensions(), group, &leaf_hash(tree, leaf.index())?)?;
        }
    }
    Ok(())
}

/// The new list with everything but our own extension as it was.
fn extensions_like(new: &ExtensionList, old: &ExtensionList) -> Result<Vec<u8>, Fail> {
    let mut like = new.clone();
    if let Some(required) = old.get(ExtensionType::REQUIRED_CAPABILITIES) {
        like.set(required);
    }
    Ok(like.mls_encode_to_vec()?)
}
