//! Hostile seals by a member: everyone gives each the same verdict, and nobody forks.
//!
//! Rows of the verdict table that a member can reach over the wire are here; every error of the library is mapped in
//! `verdict_rows`, so that each row has a test.
use lacre_core::OwnKey;
use lacre_core::crypt::entry::ChannelKeys;
use lacre_core::network::{Lane, Network};
use lacre_core::verdict::{Verdict, judge_error};
use lacre_core::view::{ConversationId, Standing, Suite};
use lacre_ground::ids::EntryId;
use lacre_ground::random::SystemRng;
use lacre_profile::mls::MlsProvider;
use lacre_proto::relay::v1 as wire;
use lacre_tests::hostile;
use lacre_tests::lying::{Lie, Lying};
use lacre_tests::world::{Person, World, append_seal, befriend, settle};
use openmls::group::{MlsGroup, ProcessMessageError, ProposalValidationError, StageCommitError, ValidationError};
use openmls::prelude::{BasicCredential, LeafNodeIndex, LeafNodeParameters, OpenMlsProvider, PreSharedKeyProposal, Proposal};
use openmls::schedule::{ExternalPsk, PreSharedKeyId, Psk};
use openmls::treesync::errors::{ApplyUpdatePathError, LeafNodeValidationError, LifetimeError};
use openmls_libcrux_crypto::CryptoProvider;
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::random::OpenMlsRand;
use openmls_traits::signatures::{Signer, SignerError};
use openmls_traits::types::SignatureScheme;
use tls_codec::Serialize as _;

struct Choir {
    world: World,
    ana: Person,
    beto: Person,
    carla: Person,
    mala: Person,
    group: ConversationId,
}

/// Ana is admin; beto, carla and mala are members; mala is hostile.
fn choir() -> Choir {
    let world = World::new();
    let (mut ana, mut beto, mut carla, mut mala) =
        (world.person("ana"), world.person("beto"), world.person("carla"), world.person("mala"));
    for other in [&mut beto, &mut carla, &mut mala] {
        befriend(&mut ana, other);
    }
    let members = [beto.account(), carla.account(), mala.account()];
    let group = ana.client.create_group("Coro", &members, Suite::XWing).unwrap();
    settle(&mut [&mut ana, &mut beto, &mut carla, &mut mala]);
    Choir { world, ana, beto, carla, mala, group }
}

impl Choir {
    fn settle(&mut self) {
        settle(&mut [&mut self.ana, &mut self.beto, &mut self.carla, &mut self.mala]);
    }

    /// What mala appends as a seal to the current channel, in whatever form.
    fn append(&mut self, bytes: Vec<u8>) {
        let head = wire::FetchRequest {
            channel: self.keys().channel().as_bytes().to_vec(),
            read_token: self.keys().read_token.expose().to_vec(),
            from_seq: 1,
            max_entries: 1024,
        };
        let at = self.world.authority().clone();
        let head = self.mala.net.fetch(&at, Lane::Conversations, head).unwrap().head;
        self.append_at(bytes, head, EntryId::new(lacre_ground::random::bytes(&mut SystemRng)));
    }

    fn append_at(&mut self, ciphertext: Vec<u8>, read_to: u64, id: EntryId) {
        let keys = self.keys();
        let request = wire::AppendRequest {
            channel: keys.channel().as_bytes().to_vec(),
            append_token: keys.append_token.expose().to_vec(),
            entry_id: id.as_bytes().to_vec(),
            read_to,
            ciphertext: ciphertext.into(),
            seal: true,
            receipt: false,
            stamp: Vec::new(),
        };
        let at = self.world.authority().clone();
        self.mala.net.append(&at, Lane::Conversations, request).unwrap();
    }

    fn keys(&mut self) -> ChannelKeys {
        self.mala.client.channel_keys(&self.group).unwrap()
    }

    fn seal(&mut self, message: &[u8]) {
        append_seal(&mut self.mala, &self.group, message);
    }

    fn make(&mut self, f: impl FnOnce(&mut MlsGroup, &MlsProvider<'_, CryptoProvider>, &OwnKey) -> Vec<u8>) -> Vec<u8> {
        let group = self.group.clone();
        self.mala.client.laboratory(&group, |mls, step, crypto, key| f(mls, &MlsProvider::new(step, crypto), key)).unwrap()
    }

    fn make_lying(&mut self, lie: Lie) -> Vec<u8> {
        let group = self.group.clone();
        self.mala
            .client
            .laboratory(&group, |mls, step, crypto, key| {
                let lying = Lying::new(crypto, lie);
                commit(mls, &MlsProvider::new(step, &lying), &Forger { key, lie: lie == Lie::Signature })
            })
            .unwrap()
    }

    /// The void seal changed nothing: same channel, all can write, and then all can commit.
    fn goes_on_unchanged(&mut self, why: &str) {
        let before = self.ana.client.conversation(&self.group).unwrap().epoch;
        let group = self.group.clone();
        self.ana.say(&group, &format!("{why}: ana"));
        self.beto.say(&group, &format!("{why}: beto"));
        self.settle();
        let now = self.ana.client.conversation(&group).unwrap();
        assert_eq!(now.epoch, before, "{why}: the epoch ended");
        for person in [&mut self.beto, &mut self.carla, &mut self.mala] {
            let theirs = person.client.conversation(&group).unwrap();
            assert_eq!(theirs.standing, Standing::Active, "{why}");
            assert_eq!(theirs.epoch_authenticator, now.epoch_authenticator, "{why}: forked");
        }
        let said = self.ana.texts(&group);
        assert_eq!(said.iter().filter(|t| t.starts_with(why)).count(), 2, "{why}");
        assert_eq!(self.carla.texts(&group), said, "{why}");
        self.carla.client.renew_keys(&group).unwrap();
        self.settle();
        assert_eq!(self.ana.client.conversation(&group).unwrap().epoch, before + 1, "{why}: a good seal binds afterwards");
    }
}

/// Signs, but lies if asked to.
struct Forger<'a> {
    key: &'a OwnKey,
    lie: bool,
}

impl Signer for Forger<'_> {
    fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, SignerError> {
        let mut signature = self.key.sign(payload)?;
        if self.lie {
            signature[10] ^= 1;
        }
        Ok(signature)
    }
    fn signature_scheme(&self) -> SignatureScheme {
        self.key.signature_scheme()
    }
}

fn commit<C: OpenMlsCrypto + OpenMlsRand>(mls: &mut MlsGroup, provider: &MlsProvider<'_, C>, signer: &impl Signer) -> Vec<u8> {
    commit_with(mls, provider, signer, Vec::new(), None)
}

/// What mala puts into a commit beside fresh keys.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// she removes a member, and is no admin
    Removal,
    /// she names the group, and is no admin
    Name,
    /// a secret that nobody has
    Psk,
    /// another one's name in her leaf
    Identity,
}

fn commit_breaking<C: OpenMlsCrypto + OpenMlsRand>(
    mls: &mut MlsGroup,
    provider: &MlsProvider<'_, C>,
    key: &OwnKey,
    fault: Fault,
) -> Vec<u8> {
    let mut context = hostile::read_context(mls);
    context.name = "Mala's".into();
    let other = openmls::prelude::CredentialWithKey {
        credential: BasicCredential::new(vec![9; 48]).into(),
        signature_key: key.public().to_vec().into(),
    };
    let victim = mls.members().map(|m| m.index).find(|index| *index != mls.own_leaf_index()).unwrap();
    let psk = PreSharedKeyId::new(mls.ciphersuite(), provider.rand(), Psk::External(ExternalPsk::new(vec![1]))).unwrap();
    psk.store(provider, &[2; 32]).unwrap();
    let builder = mls.commit_builder().force_self_update(true);
    let builder = match fault {
        Fault::Removal => builder.propose_removals([victim]),
        Fault::Name => builder.propose_group_context_extensions(hostile::extensions(&context)).unwrap(),
        Fault::Psk => builder.add_proposal(Proposal::PreSharedKey(Box::new(PreSharedKeyProposal::new(psk)))),
        Fault::Identity => builder.leaf_node_parameters(LeafNodeParameters::builder().with_credential_with_key(other).build()),
    };
    let built = builder.load_psks(provider.storage()).unwrap().build(provider.rand(), provider.crypto(), key, |_| true).unwrap();
    built.stage_commit(provider).unwrap().into_commit().tls_serialize_detached().unwrap()
}

fn commit_with<C: OpenMlsCrypto + OpenMlsRand>(
    mls: &mut MlsGroup,
    provider: &MlsProvider<'_, C>,
    signer: &impl Signer,
    removals: Vec<LeafNodeIndex>,
    leaf: Option<LeafNodeParameters>,
) -> Vec<u8> {
    let mut builder = mls.commit_builder().force_self_update(true).propose_removals(removals);
    if let Some(leaf) = leaf {
        builder = builder.leaf_node_parameters(leaf);
    }
    let bundle = builder
        .load_psks(provider.storage())
        .unwrap()
        .build(provider.rand(), provider.crypto(), signer, |_| true)
        .unwrap()
        .stage_commit(provider)
        .unwrap();
    bundle.into_commit().tls_serialize_detached().unwrap()
}

#[test]
fn void_seals_are_void_for_everyone_and_the_conversation_goes_on() {
    let mut c = choir();
    c.append(vec![1; 700]);
    c.goes_on_unchanged("does not open");

    c.seal(b"no message of MLS");
    c.goes_on_unchanged("is no MLSMessage");

    let application = c.make(|mls, provider, key| {
        mls.create_message(provider, key, b"an application message").unwrap().tls_serialize_detached().unwrap()
    });
    c.seal(&application);
    c.goes_on_unchanged("is an application message");

    let stale = c.make(commit);
    c.goes_on_unchanged("before the stale one");
    c.seal(&stale);
    c.goes_on_unchanged("is a commit of another epoch");

    let forged = c.make_lying(Lie::Signature);
    c.seal(&forged);
    c.goes_on_unchanged("has a wrong signature");

    let victim = c.beto.account();
    let removal = c.make(|mls, provider, key| {
        let index = mls
            .members()
            .find(|m| {
                let basic = BasicCredential::try_from(m.credential.clone()).unwrap();
                basic.identity().starts_with(victim.as_bytes())
            })
            .unwrap()
            .index;
        commit_with(mls, provider, key, vec![index], None)
    });
    c.seal(&removal);
    c.goes_on_unchanged("removes without being admin");

    let identity = c.make(|mls, provider, key| {
        let other = openmls::prelude::CredentialWithKey {
            credential: BasicCredential::new(vec![9; 48]).into(),
            signature_key: key.public().to_vec().into(),
        };
        let leaf = LeafNodeParameters::builder().with_credential_with_key(other).build();
        commit_with(mls, provider, key, Vec::new(), Some(leaf))
    });
    c.seal(&identity);
    c.goes_on_unchanged("changes its own identity");

    let proposal = c.make(|mls, provider, key| {
        let (proposal, _) = mls.propose_self_update(provider, key, LeafNodeParameters::default()).unwrap();
        proposal.tls_serialize_detached().unwrap()
    });
    c.seal(&proposal);
    c.goes_on_unchanged("is a proposal");
    let mut cut = c.make(commit);
    cut.truncate(cut.len() / 2);
    c.seal(&cut);
    c.goes_on_unchanged("is a cut commit");
}

#[test]
fn a_wrong_path_secret_for_some_members_only_binds_all_and_those_come_back() {
    for n in 0..2 {
        let mut c = choir();
        let group = c.group.clone();
        c.beto.say(&group, "before");
        c.settle();
        let hostile = c.make_lying(Lie::PathSecret(n));
        c.seal(&hostile);
        // mala herself does not know her own hostile commit: it was made in the laboratory
        for _ in 0..4 {
            for person in [&mut c.ana, &mut c.beto, &mut c.carla] {
                person.sync();
            }
        }
        settle(&mut [&mut c.ana, &mut c.beto, &mut c.carla]);
        let standings: Vec<Standing> = [&mut c.ana, &mut c.beto, &mut c.carla].into_iter().map(|p| p.standing(&group)).collect();
        assert_eq!(standings, [Standing::Active; 3], "path secret {n}: those who could not follow came back");
        c.ana.say(&group, "after");
        settle(&mut [&mut c.ana, &mut c.beto, &mut c.carla]);
        let authenticators: Vec<Vec<u8>> = [&mut c.ana, &mut c.beto, &mut c.carla]
            .into_iter()
            .map(|p| p.client.conversation(&group).unwrap().epoch_authenticator)
            .collect();
        assert!(authenticators.windows(2).all(|w| w[0] == w[1]), "forked");
        for person in [&mut c.ana, &mut c.beto, &mut c.carla] {
            assert!(person.texts(&group).contains(&"after".to_owned()));
        }
        let noticed = [&mut c.ana, &mut c.beto, &mut c.carla]
            .into_iter()
            .any(|p| p.history(&group).iter().any(|m| matches!(m.body, lacre_core::view::Body::ReAdded { .. })));
        assert!(noticed, "path secret {n} spoiled nobody: the test tests nothing");
    }
}

#[test]
fn what_breaks_the_roles_is_void_for_everyone_also_where_the_path_is_spoiled_for_some() {
    let mut c = choir();
    for fault in [Fault::Removal, Fault::Name, Fault::Psk, Fault::Identity] {
        for lie in [Lie::PathSecret(0), Lie::PathSecret(1), Lie::ConfirmationTag] {
            let group = c.group.clone();
            let hostile = c.mala.client.laboratory(&group, |mls, step, crypto, key| {
                let lying = Lying::new(crypto, lie);
                commit_breaking(mls, &MlsProvider::new(step, &lying), key, fault)
            });
            c.seal(&hostile.unwrap());
            c.goes_on_unchanged(&format!("{fault:?} and {lie:?}"));
        }
    }
}

#[test]
fn a_path_with_a_key_that_nobody_can_encrypt_to_is_void_for_everyone() {
    let mut c = choir();
    let mut dead = 0;
    for n in 0..6 {
        let group = c.group.clone();
        let whole = c.make(commit).len();
        let hostile = c
            .mala
            .client
            .laboratory(&group, |mls, step, crypto, key| {
                let lying = Lying::new(crypto, Lie::PublicKey(n));
                commit(mls, &MlsProvider::new(step, &lying), &Forger { key, lie: false })
            })
            .unwrap();
        // a key derived for something else than the path
        if hostile.len() + 1_000 > whole {
            continue;
        }
        dead += 1;
        c.seal(&hostile);
        c.goes_on_unchanged(&format!("key {n} is none"));
    }
    assert!(dead >= 3, "the leaf's, and two of parents");
}

#[test]
fn a_wrong_confirmation_tag_binds_everyone_alike() {
    let mut c = choir();
    let hostile = c.make_lying(Lie::ConfirmationTag);
    c.seal(&hostile);
    for person in [&mut c.ana, &mut c.beto, &mut c.carla] {
        person.sync();
        assert_eq!(person.standing(&c.group), Standing::AskingToBeReAdded, "no member goes on in an epoch that others left");
    }
}

#[test]
fn verdict_rows() {
    type E = ProcessMessageError<String>;
    let expired = || LifetimeError::SystemTimeBeforeUnixEpoch;
    let void: Vec<E> = vec![
        ProcessMessageError::IncompatibleWireFormat,
        ProcessMessageError::UnauthorizedExternalCommitMessage,
        ProcessMessageError::UnsupportedProposalType,
        ValidationError::WrongGroupId.into(),
        ValidationError::WrongEpoch.into(),
        ValidationError::UnknownMember.into(),
        ValidationError::InvalidSignature.into(),
        ValidationError::NoPath.into(),
        StageCommitError::RequiredPathNotFound.into(),
        StageCommitError::PathLeafNodeVerificationFailure.into(),
        StageCommitError::AttemptedSelfRemoval.into(),
        StageCommitError::MissingProposal.into(),
        StageCommitError::ConfirmationTagMissing.into(),
        StageCommitError::ProposalValidationError(ProposalValidationError::DuplicateSignatureKey).into(),
        StageCommitError::ProposalValidationError(ProposalValidationError::UnknownMemberRemoval).into(),
        StageCommitError::LeafNodeValidation(LeafNodeValidationError::UnsupportedExtensions).into(),
        StageCommitError::UpdatePathError(ApplyUpdatePathError::PathLengthMismatch).into(),
        StageCommitError::UpdatePathError(ApplyUpdatePathError::ParentHashMismatch).into(),
        StageCommitError::UpdatePathError(ApplyUpdatePathError::MissingParentHash).into(),
    ];
    for error in void {
        assert!(matches!(judge_error(&error), Verdict::Void(_)), "{error}");
    }
    let binding: Vec<E> = vec![
        StageCommitError::ConfirmationTagMismatch.into(),
        StageCommitError::MissingDecryptionKey.into(),
        StageCommitError::OwnKeyNotFound.into(),
        StageCommitError::UpdatePathError(ApplyUpdatePathError::UnableToDecrypt).into(),
        StageCommitError::UpdatePathError(ApplyUpdatePathError::PathMismatch).into(),
        StageCommitError::UpdatePathError(ApplyUpdatePathError::MissingCiphertext).into(),
        StageCommitError::LeafNodeValidation(LeafNodeValidationError::Lifetime(expired())).into(),
        StageCommitError::ProposalValidationError(ProposalValidationError::LeafNodeValidation(
            LeafNodeValidationError::Lifetime(expired()),
        ))
        .into(),
    ];
    for error in binding {
        assert!(matches!(judge_error(&error), Verdict::Binding(_)), "{error}");
    }
    let again: Vec<E> = vec![ProcessMessageError::StorageError("disk".into())];
    for error in again {
        assert!(matches!(judge_error(&error), Verdict::Again(_)), "{error}");
    }
}
