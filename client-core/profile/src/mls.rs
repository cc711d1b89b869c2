//! OpenMLS stored in rows: its storage trait over one step, and what else it needs to run.
//!
//! Everything that OpenMLS keeps is in [`Table::Mls`], as CBOR with bytes as bytes. A row's key is one byte for the kind of thing, then
//! the CBOR of what names it; rows of a group have the group as scope, so that [`forget_group`] finds them all, also
//! when the group itself no longer loads. Lists are rows in a scope of their own, in order.
//!
//! OpenMLS opens no transaction: everything it does inside one step stands or falls with the step. A storage error may
//! come back as one of its own errors (`LibraryError` and others); the step keeps the first one and gives it back
//! itself ([`Step::failure`]). After any error drop the group and load it again: its memory may be ahead of the disk.

use super::packing::pack;
use super::rows::{Step, StoreError, Table, encode};
use ed25519_dalek::{Signer as _, SigningKey};
use openmls_traits::OpenMlsProvider;
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::random::OpenMlsRand;
use openmls_traits::signatures::{Signer, SignerError};
use openmls_traits::storage::{CURRENT_VERSION, StorageProvider, traits};
use openmls_traits::types::SignatureScheme;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};

/// What OpenMLS is given inside a step: storage in the step, cryptography from outside.
///
/// `C` gives cryptography and randomness; a program uses `openmls_libcrux_crypto::CryptoProvider`, made once.
pub struct MlsProvider<'a, C> {
    storage: MlsStore<'a>,
    crypto: &'a C,
}

impl<'a, C: OpenMlsCrypto + OpenMlsRand> MlsProvider<'a, C> {
    /// For the length of the step.
    pub fn new(step: &'a Step<'a>, crypto: &'a C) -> Self {
        Self { storage: MlsStore { step }, crypto }
    }
}

impl<'a, C: OpenMlsCrypto + OpenMlsRand> OpenMlsProvider for MlsProvider<'a, C> {
    type CryptoProvider = C;
    type RandProvider = C;
    type StorageProvider = MlsStore<'a>;

    fn storage(&self) -> &Self::StorageProvider {
        &self.storage
    }
    fn crypto(&self) -> &C {
        self.crypto
    }
    fn rand(&self) -> &C {
        self.crypto
    }
}

/// A device's signature key, as OpenMLS wants it. Ed25519 (RFC 8032).
pub struct DeviceSigner<'a>(
    /// the key
    pub &'a SigningKey,
);

impl Signer for DeviceSigner<'_> {
    fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, SignerError> {
        self.0.try_sign(payload).map(|signature| signature.to_bytes().to_vec()).map_err(|_| SignerError::SigningError)
    }
    fn signature_scheme(&self) -> SignatureScheme {
        SignatureScheme::ED25519
    }
}

/// Deletes every row of a group, whether it still loads or not; says how many there were.
///
/// Key packages, and key pairs that OpenMLS keeps outside of groups, stay.
pub fn forget_group<G: traits::GroupId<CURRENT_VERSION>>(step: &Step<'_>, group: &G) -> Result<u64, StoreError> {
    let mut gone = 0;
    for scope in [Scope::Group, Scope::OwnLeaves, Scope::Proposals] {
        gone += step.delete_scope(Table::Mls, &scope.of(group)?)?;
    }
    Ok(gone)
}

/// OpenMLS's storage in the rows of one step.
pub struct MlsStore<'a> {
    step: &'a Step<'a>,
}

/// The first byte of a row's key. A number is never used again.
#[derive(Clone, Copy)]
enum Kind {
    JoinConfig = 1,
    OwnLeaf = 2,
    Proposal = 3,
    Tree = 4,
    InterimTranscriptHash = 5,
    Context = 6,
    ConfirmationTag = 7,
    GroupState = 8,
    MessageSecrets = 9,
    ResumptionPsks = 10,
    OwnLeafIndex = 11,
    EpochSecrets = 12,
    ExportTree = 13,
    EpochKeyPairs = 14,
    SignatureKeyPair = 15,
    EncryptionKeyPair = 16,
    KeyPackage = 17,
    Psk = 18,
}

/// The first byte of a row's scope.
#[derive(Clone, Copy)]
enum Scope {
    Group = 1,
    OwnLeaves = 2,
    Proposals = 3,
    /// of no group
    Keys = 4,
}

impl Scope {
    fn of(self, group: &impl Serialize) -> Result<Vec<u8>, StoreError> {
        named(self as u8, group)
    }
}

fn named(first: u8, by: &impl Serialize) -> Result<Vec<u8>, StoreError> {
    let mut out = vec![first];
    out.extend_from_slice(&encode(by)?);
    Ok(out)
}

const ALL: usize = usize::MAX;

impl MlsStore<'_> {
    fn put(&self, key: &[u8], scope: &[u8], place: u64, value: &impl Serialize) -> Result<(), StoreError> {
        self.step.put_bytes(Table::Mls, key, scope, place, &pack(encode(value)?))
    }
    fn put_of_group(&self, kind: Kind, group: &impl Serialize, value: &impl Serialize) -> Result<(), StoreError> {
        self.put(&named(kind as u8, group)?, &Scope::Group.of(group)?, 0, value)
    }
    fn put_key(&self, kind: Kind, name: &impl Serialize, value: &impl Serialize) -> Result<(), StoreError> {
        self.put(&named(kind as u8, name)?, &[Scope::Keys as u8], 0, value)
    }
    fn get<T: DeserializeOwned>(&self, kind: Kind, name: &impl Serialize) -> Result<Option<T>, StoreError> {
        self.step.get(Table::Mls, &named(kind as u8, name)?)
    }
    fn delete(&self, kind: Kind, name: &impl Serialize) -> Result<(), StoreError> {
        self.step.delete(Table::Mls, &named(kind as u8, name)?).map(drop)
    }
    /// Behind the last of a list.
    fn append(&self, kind: Kind, list: &[u8], name: &impl Serialize, value: &impl Serialize) -> Result<(), StoreError> {
        let place = self.step.last_ord(Table::Mls, list)?.map_or(0, |last| last + 1);
        self.put(&named(kind as u8, &(name, place))?, list, place, value)
    }
    fn list<T: DeserializeOwned>(&self, list: &[u8]) -> Result<Vec<T>, StoreError> {
        Ok(self.step.scan(Table::Mls, list, 0, ALL)?.into_iter().map(|(_, value)| value).collect())
    }
}

/// A proposal with its reference in front, so that references can be read alone.
#[derive(Serialize)]
struct Queued<'a, R, P>(&'a R, &'a P);
#[derive(Deserialize)]
struct Unqueued<R, P>(R, P);

macro_rules! of_group {
    ($($put:ident, $get:ident, $delete:ident: $kind:ident, $bound:ident;)*) => {$(
        fn $put<GroupId: traits::GroupId<CURRENT_VERSION>, T: traits::$bound<CURRENT_VERSION>>(
            &self, group_id: &GroupId, value: &T,
        ) -> Result<(), StoreError> {
            self.put_of_group(Kind::$kind, group_id, value)
        }
        fn $get<GroupId: traits::GroupId<CURRENT_VERSION>, T: traits::$bound<CURRENT_VERSION>>(
            &self, group_id: &GroupId,
        ) -> Result<Option<T>, StoreError> {
            self.get(Kind::$kind, group_id)
        }
        fn $delete<GroupId: traits::GroupId<CURRENT_VERSION>>(&self, group_id: &GroupId) -> Result<(), StoreError> {
            self.delete(Kind::$kind, group_id)
        }
    )*};
}

impl StorageProvider<CURRENT_VERSION> for MlsStore<'_> {
    type Error = StoreError;

    // one value for each group

    of_group! {
        write_mls_join_config, mls_group_join_config, delete_group_config: JoinConfig, MlsGroupJoinConfig;
        write_tree, tree, delete_tree: Tree, TreeSync;
        write_interim_transcript_hash, interim_transcript_hash, delete_interim_transcript_hash:
            InterimTranscriptHash, InterimTranscriptHash;
        write_context, group_context, delete_context: Context, GroupContext;
        write_confirmation_tag, confirmation_tag, delete_confirmation_tag: ConfirmationTag, ConfirmationTag;
        write_message_secrets, message_secrets, delete_message_secrets: MessageSecrets, MessageSecrets;
        write_resumption_psk_store, resumption_psk_store, delete_all_resumption_psk_secrets: ResumptionPsks, ResumptionPskStore;
        write_own_leaf_index, own_leaf_index, delete_own_leaf_index: OwnLeafIndex, LeafNodeIndex;
        write_group_epoch_secrets, group_epoch_secrets, delete_group_epoch_secrets: EpochSecrets, GroupEpochSecrets;
    }

    // the trait names the two type parameters of these the other way round, or asks for one more

    fn write_group_state<S: traits::GroupState<CURRENT_VERSION>, GroupId: traits::GroupId<CURRENT_VERSION>>(
        &self,
        group_id: &GroupId,
        group_state: &S,
    ) -> Result<(), StoreError> {
        self.put_of_group(Kind::GroupState, group_id, group_state)
    }
    fn group_state<S: traits::GroupState<CURRENT_VERSION>, GroupId: traits::GroupId<CURRENT_VERSION>>(
        &self,
        group_id: &GroupId,
    ) -> Result<Option<S>, StoreError> {
        self.get(Kind::GroupState, group_id)
    }
    fn delete_group_state<GroupId: traits::GroupId<CURRENT_VERSION>>(&self, group_id: &GroupId) -> Result<(), StoreError> {
        self.delete(Kind::GroupState, group_id)
    }
    fn write_application_export_tree<
        GroupId: traits::GroupId<CURRENT_VERSION>,
        T: traits::ApplicationExportTree<CURRENT_VERSION>,
    >(
        &self,
        group_id: &GroupId,
        tree: &T,
    ) -> Result<(), StoreError> {
        self.put_of_group(Kind::ExportTree, group_id, tree)
    }
    fn application_export_tree<GroupId: traits::GroupId<CURRENT_VERSION>, T: traits::ApplicationExportTree<CURRENT_VERSION>>(
        &self,
        group_id: &GroupId,
    ) -> Result<Option<T>, StoreError> {
        self.get(Kind::ExportTree, group_id)
    }
    fn delete_application_export_tree<
        GroupId: traits::GroupId<CURRENT_VERSION>,
        T: traits::ApplicationExportTree<CURRENT_VERSION>,
    >(
        &self,
        group_id: &GroupId,
    ) -> Result<(), StoreError> {
        self.delete(Kind::ExportTree, group_id)
    }
    fn write_encryption_epoch_key_pairs<
        GroupId: traits::GroupId<CURRENT_VERSION>,
        EpochKey: traits::EpochKey<CURRENT_VERSION>,
        HpkeKeyPair: traits::HpkeKeyPair<CURRENT_VERSION>,
    >(
        &self,
        group_id: &GroupId,
        epoch: &EpochKey,
        leaf_index: u32,
        key_pairs: &[HpkeKeyPair],
    ) -> Result<(), StoreError> {
        let key = named(Kind::EpochKeyPairs as u8, &(group_id, epoch, leaf_index))?;
        self.put(&key, &Scope::Group.of(group_id)?, 0, &key_pairs)
    }
    fn encryption_epoch_key_pairs<
        GroupId: traits::GroupId<CURRENT_VERSION>,
        EpochKey: traits::EpochKey<CURRENT_VERSION>,
        HpkeKeyPair: traits::HpkeKeyPair<CURRENT_VERSION>,
    >(
        &self,
        group_id: &GroupId,
        epoch: &EpochKey,
        leaf_index: u32,
    ) -> Result<Vec<HpkeKeyPair>, StoreError> {
        Ok(self.get(Kind::EpochKeyPairs, &(group_id, epoch, leaf_index))?.unwrap_or_default())
    }
    fn delete_encryption_epoch_key_pairs<
        GroupId: traits::GroupId<CURRENT_VERSION>,
        EpochKey: traits::EpochKey<CURRENT_VERSION>,
    >(
        &self,
        group_id: &GroupId,
        epoch: &EpochKey,
        leaf_index: u32,
    ) -> Result<(), StoreError> {
        self.delete(Kind::EpochKeyPairs, &(group_id, epoch, leaf_index))
    }

    // lists of a group

    fn append_own_leaf_node<GroupId: traits::GroupId<CURRENT_VERSION>, LeafNode: traits::LeafNode<CURRENT_VERSION>>(
        &self,
        group_id: &GroupId,
        leaf_node: &LeafNode,
    ) -> Result<(), StoreError> {
        self.append(Kind::OwnLeaf, &Scope::OwnLeaves.of(group_id)?, group_id, leaf_node)
    }
    fn own_leaf_nodes<GroupId: traits::GroupId<CURRENT_VERSION>, LeafNode: traits::LeafNode<CURRENT_VERSION>>(
        &self,
        group_id: &GroupId,
    ) -> Result<Vec<LeafNode>, StoreError> {
        self.list(&Scope::OwnLeaves.of(group_id)?)
    }
    fn delete_own_leaf_nodes<GroupId: traits::GroupId<CURRENT_VERSION>>(&self, group_id: &GroupId) -> Result<(), StoreError> {
        self.step.delete_scope(Table::Mls, &Scope::OwnLeaves.of(group_id)?).map(drop)
    }
    fn queue_proposal<
        GroupId: traits::GroupId<CURRENT_VERSION>,
        ProposalRef: traits::ProposalRef<CURRENT_VERSION>,
        QueuedProposal: traits::QueuedProposal<CURRENT_VERSION>,
    >(
        &self,
        group_id: &GroupId,
        proposal_ref: &ProposalRef,
        proposal: &QueuedProposal,
    ) -> Result<(), StoreError> {
        // one row for each reference: queued again, it moves to the end
        let queue = Scope::Proposals.of(group_id)?;
        let place = self.step.last_ord(Table::Mls, &queue)?.map_or(0, |last| last + 1);
        let key = named(Kind::Proposal as u8, &(group_id, proposal_ref))?;
        self.put(&key, &queue, place, &Queued(proposal_ref, proposal))
    }
    fn queued_proposal_refs<GroupId: traits::GroupId<CURRENT_VERSION>, ProposalRef: traits::ProposalRef<CURRENT_VERSION>>(
        &self,
        group_id: &GroupId,
    ) -> Result<Vec<ProposalRef>, StoreError> {
        let all: Vec<Unqueued<ProposalRef, IgnoredAny>> = self.list(&Scope::Proposals.of(group_id)?)?;
        Ok(all.into_iter().map(|Unqueued(reference, _)| reference).collect())
    }
    fn queued_proposals<
        GroupId: traits::GroupId<CURRENT_VERSION>,
        ProposalRef: traits::ProposalRef<CURRENT_VERSION>,
        QueuedProposal: traits::QueuedProposal<CURRENT_VERSION>,
    >(
        &self,
        group_id: &GroupId,
    ) -> Result<Vec<(ProposalRef, QueuedProposal)>, StoreError> {
        let all: Vec<Unqueued<ProposalRef, QueuedProposal>> = self.list(&Scope::Proposals.of(group_id)?)?;
        Ok(all.into_iter().map(|Unqueued(reference, proposal)| (reference, proposal)).collect())
    }
    fn remove_proposal<GroupId: traits::GroupId<CURRENT_VERSION>, ProposalRef: traits::ProposalRef<CURRENT_VERSION>>(
        &self,
        group_id: &GroupId,
        proposal_ref: &ProposalRef,
    ) -> Result<(), StoreError> {
        self.delete(Kind::Proposal, &(group_id, proposal_ref))
    }
    fn clear_proposal_queue<GroupId: traits::GroupId<CURRENT_VERSION>, ProposalRef: traits::ProposalRef<CURRENT_VERSION>>(
        &self,
        group_id: &GroupId,
    ) -> Result<(), StoreError> {
        self.step.delete_scope(Table::Mls, &Scope::Proposals.of(group_id)?).map(drop)
    }

    // of no group

    fn write_signature_key_pair<
        SignaturePublicKey: traits::SignaturePublicKey<CURRENT_VERSION>,
        SignatureKeyPair: traits::SignatureKeyPair<CURRENT_VERSION>,
    >(
        &self,
        public_key: &SignaturePublicKey,
        pair: &SignatureKeyPair,
    ) -> Result<(), StoreError> {
        self.put_key(Kind::SignatureKeyPair, public_key, pair)
    }
    fn signature_key_pair<
        SignaturePublicKey: traits::SignaturePublicKey<CURRENT_VERSION>,
        SignatureKeyPair: traits::SignatureKeyPair<CURRENT_VERSION>,
    >(
        &self,
        public_key: &SignaturePublicKey,
    ) -> Result<Option<SignatureKeyPair>, StoreError> {
        self.get(Kind::SignatureKeyPair, public_key)
    }
    fn delete_signature_key_pair<SignaturePublicKey: traits::SignaturePublicKey<CURRENT_VERSION>>(
        &self,
        public_key: &SignaturePublicKey,
    ) -> Result<(), StoreError> {
        self.delete(Kind::SignatureKeyPair, public_key)
    }
    fn write_encryption_key_pair<
        EncryptionKey: traits::EncryptionKey<CURRENT_VERSION>,
        HpkeKeyPair: traits::HpkeKeyPair<CURRENT_VERSION>,
    >(
        &self,
        public_key: &EncryptionKey,
        pair: &HpkeKeyPair,
    ) -> Result<(), StoreError> {
        self.put_key(Kind::EncryptionKeyPair, public_key, pair)
    }
    fn encryption_key_pair<
        HpkeKeyPair: traits::HpkeKeyPair<CURRENT_VERSION>,
        EncryptionKey: traits::EncryptionKey<CURRENT_VERSION>,
    >(
        &self,
        public_key: &EncryptionKey,
    ) -> Result<Option<HpkeKeyPair>, StoreError> {
        self.get(Kind::EncryptionKeyPair, public_key)
    }
    fn delete_encryption_key_pair<EncryptionKey: traits::EncryptionKey<CURRENT_VERSION>>(
        &self,
        public_key: &EncryptionKey,
    ) -> Result<(), StoreError> {
        self.delete(Kind::EncryptionKeyPair, public_key)
    }
    fn write_key_package<
        HashReference: traits::HashReference<CURRENT_VERSION>,
        KeyPackage: traits::KeyPackage<CURRENT_VERSION>,
    >(
        &self,
        hash_ref: &HashReference,
        key_package: &KeyPackage,
    ) -> Result<(), StoreError> {
        self.put_key(Kind::KeyPackage, hash_ref, key_package)
    }
    fn key_package<HashReference: traits::HashReference<CURRENT_VERSION>, KeyPackage: traits::KeyPackage<CURRENT_VERSION>>(
        &self,
        hash_ref: &HashReference,
    ) -> Result<Option<KeyPackage>, StoreError> {
        self.get(Kind::KeyPackage, hash_ref)
    }
    fn delete_key_package<HashReference: traits::HashReference<CURRENT_VERSION>>(
        &self,
        hash_ref: &HashReference,
    ) -> Result<(), StoreError> {
        self.delete(Kind::KeyPackage, hash_ref)
    }
    fn write_psk<PskId: traits::PskId<CURRENT_VERSION>, PskBundle: traits::PskBundle<CURRENT_VERSION>>(
        &self,
        psk_id: &PskId,
        psk: &PskBundle,
    ) -> Result<(), StoreError> {
        self.put_key(Kind::Psk, psk_id, psk)
    }
    fn psk<PskBundle: traits::PskBundle<CURRENT_VERSION>, PskId: traits::PskId<CURRENT_VERSION>>(
        &self,
        psk_id: &PskId,
    ) -> Result<Option<PskBundle>, StoreError> {
        self.get(Kind::Psk, psk_id)
    }
    fn delete_psk<PskId: traits::PskId<CURRENT_VERSION>>(&self, psk_id: &PskId) -> Result<(), StoreError> {
        self.delete(Kind::Psk, psk_id)
    }
}

#[cfg(test)]
#[path = "mls_tests.rs"]
mod tests;
