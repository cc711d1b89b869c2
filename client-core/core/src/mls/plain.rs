//! A Commit as its sender signed it, before anything of it is applied (RFC 9420, 6.1 and 12.4).
//!
//! OpenMLS shows the proposals of a Commit only when all of it is good *here*: path secret, confirmation tag and lifetimes
//! among it. What every member can judge must not hang on that, or one seal gets two verdicts. So it is read from the bytes
//! under the signature, which are the same for everybody, and judged first ([`roles::judge`](super::roles::judge)).

use super::fault::RoleError;
use super::group;
use lacre_proto::bounds::Bounded as _;
use lacre_proto::content::v1 as content;
use openmls::group::{MlsGroup, StagedCommit};
use openmls::prelude::{
    Ciphersuite, Credential, Extensions, GroupContext, KeyPackage, LeafNode, LeafNodeIndex, Proposal, ProposalOrRefType,
};
use prost::Message as _;
use tls_codec::{Deserialize as _, Serialize as _, VLBytes};

/// Sender of a member (RFC 9420, 6).
const MEMBER: u8 = 1;
/// A Commit (6).
const COMMIT: u8 = 3;
/// A proposal by value (12.4).
const BY_VALUE: u8 = 1;
/// Types of proposals (17.4).
const ADD: u16 = 1;
const REMOVE: u16 = 3;
const CONTEXT: u16 = 7;
/// Sources of leaf nodes (7.2).
const OF_KEY_PACKAGE: u8 = 1;
const OF_UPDATE: u8 = 2;
const OF_COMMIT: u8 = 3;
/// Bytes of a lifetime: two instants.
const LIFETIME: usize = 16;
/// Our KeyPackage extension ([`group::consent`]).
const CONSENT: u16 = group::CONSENT;

/// Whose a leaf says it is, and how long the key is that is encrypted to.
pub(super) struct Leaf {
    pub(super) credential: Credential,
    pub(super) signature_key: Vec<u8>,
    pub(super) encryption_key: usize,
}

/// A key package that is added.
pub(super) struct Added {
    pub(super) suite: u16,
    pub(super) init_key: usize,
    pub(super) leaf: Leaf,
    pub(super) consent: Option<content::ReAddConsent>,
}

/// What a Commit contains, as far as roles go.
pub(crate) struct Plain {
    pub(super) sender: LeafNodeIndex,
    pub(super) adds: Vec<Added>,
    pub(super) removes: Vec<LeafNodeIndex>,
    pub(super) contexts: Vec<Extensions<GroupContext>>,
    /// the committer's new leaf, and the lengths of the path's keys
    pub(super) path: Option<(Leaf, Vec<usize>)>,
}

impl Plain {
    /// From what a sender signed: a FramedContentTBS. Not of a member, by reference, or of a kind that conversations do not
    /// use: an error, which is the same for every member.
    pub(crate) fn read(signed: &[u8]) -> Result<Self, RoleError> {
        Reader(signed).commit().ok_or(RoleError::Proposal)
    }

    /// Of an own Commit, which nobody has signed for this device to read.
    pub(crate) fn of_own(group: &MlsGroup, staged: &StagedCommit) -> Result<Self, RoleError> {
        let mut plain = Self {
            sender: group.own_leaf_index(),
            adds: Vec::new(),
            removes: Vec::new(),
            contexts: Vec::new(),
            path: staged.update_path_leaf_node().map(|leaf| (Leaf::of(leaf), Vec::new())),
        };
        for queued in staged.queued_proposals() {
            match (queued.proposal_or_ref_type(), queued.proposal()) {
                (ProposalOrRefType::Proposal, Proposal::Add(add)) => plain.adds.push(Added::of(add.key_package())),
                (ProposalOrRefType::Proposal, Proposal::Remove(remove)) => plain.removes.push(remove.removed()),
                (ProposalOrRefType::Proposal, Proposal::GroupContextExtensions(change)) => {
                    plain.contexts.push(change.extensions().clone());
                }
                _ => return Err(RoleError::Proposal),
            }
        }
        Ok(plain)
    }
}

impl Leaf {
    fn of(leaf: &LeafNode) -> Self {
        Self {
            credential: leaf.credential().clone(),
            signature_key: leaf.signature_key().as_slice().to_vec(),
            encryption_key: group::key_length(leaf),
        }
    }
}

impl Added {
    fn of(package: &KeyPackage) -> Self {
        Self {
            suite: package.ciphersuite().into(),
            init_key: package.hpke_init_key().as_slice().len(),
            leaf: Leaf::of(package.leaf_node()),
            consent: group::consent(package),
        }
    }

    /// Whether what is encrypted to has the length of the suite.
    pub(super) fn has_whole_keys(&self, suite: Ciphersuite) -> bool {
        let whole = group::public_key_length(suite);
        self.suite == u16::from(suite) && whole == Some(self.init_key) && whole == Some(self.leaf.encryption_key)
    }
}

/// What is left to read. None: it ends before it should, or says what a conversation's Commit does not.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn short(&mut self) -> Option<u16> {
        self.take(2)?.try_into().ok().map(u16::from_be_bytes)
    }

    /// A vector with its length before it (RFC 9420, 2.1.2).
    fn vector(&mut self) -> Option<Vec<u8>> {
        VLBytes::tls_deserialize(&mut self.0).ok().map(Into::into)
    }

    fn commit(mut self) -> Option<Plain> {
        // version and wire format, then the group's id and epoch
        self.take(4)?;
        self.vector()?;
        self.take(8)?;
        if self.byte()? != MEMBER {
            return None;
        }
        let sender = LeafNodeIndex::new(self.take(4)?.try_into().ok().map(u32::from_be_bytes)?);
        // authenticated data
        self.vector()?;
        if self.byte()? != COMMIT {
            return None;
        }
        let mut plain = Plain { sender, adds: Vec::new(), removes: Vec::new(), contexts: Vec::new(), path: None };
        let proposals = self.vector()?;
        let mut proposals = Reader(&proposals);
        while !proposals.0.is_empty() {
            proposals.proposal(&mut plain)?;
        }
        if self.byte()? != 0 {
            let leaf = self.leaf()?;
            let nodes = self.vector()?;
            let (mut nodes, mut keys) = (Reader(&nodes), Vec::new());
            while !nodes.0.is_empty() {
                keys.push(nodes.vector()?.len());
                nodes.vector()?;
            }
            plain.path = Some((leaf, keys));
        }
        Some(plain)
    }

    fn proposal(&mut self, plain: &mut Plain) -> Option<()> {
        if self.byte()? != BY_VALUE {
            return None;
        }
        match self.short()? {
            ADD => plain.adds.push(self.key_package()?),
            REMOVE => plain.removes.push(LeafNodeIndex::new(self.take(4)?.try_into().ok().map(u32::from_be_bytes)?)),
            CONTEXT => {
                let extensions = VLBytes::from(self.vector()?).tls_serialize_detached().ok()?;
                plain.contexts.push(Extensions::tls_deserialize_exact(extensions).ok()?);
            }
            _ => return None,
        }
        Some(())
    }

    fn key_package(&mut self) -> Option<Added> {
        // version
        self.take(2)?;
        let suite = self.short()?;
        let init_key = self.vector()?.len();
        let leaf = self.leaf()?;
        let extensions = self.vector()?;
        // signature
        self.vector()?;
        let (mut extensions, mut consent) = (Reader(&extensions), None);
        while !extensions.0.is_empty() {
            let (kind, data) = (extensions.short()?, extensions.vector()?);
            if kind == CONSENT && consent.is_none() {
                consent = content::ReAddConsent::decode(data.as_slice()).ok().filter(|consent| consent.check().is_ok());
            }
        }
        Some(Added { suite, init_key, leaf, consent })
    }

    fn leaf(&mut self) -> Option<Leaf> {
        let encryption_key = self.vector()?.len();
        let signature_key = self.vector()?;
        let credential = Credential::tls_deserialize(&mut self.0).ok()?;
        // capabilities: versions, suites, extensions, proposals, credentials
        for _ in 0..5 {
            self.vector()?;
        }
        match self.byte()? {
            OF_KEY_PACKAGE => drop(self.take(LIFETIME)?),
            OF_UPDATE => {}
            // parent hash
            OF_COMMIT => drop(self.vector()?),
            _ => return None,
        }
        // extensions and signature
        self.vector()?;
        self.vector()?;
        Some(Leaf { credential, signature_key, encryption_key })
    }
}
