//! OpenMLS over profiles: every operation is a step of its own, on a group that was just loaded from disk.

use super::*;
use crate::{Interrupted, NoObserver, Observer, Profile, ProfileKey, Secret};
use openmls::prelude::*;
use openmls_libcrux_crypto::CryptoProvider;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tls_codec::{Deserialize as _, Serialize as _};

const XWING: Ciphersuite = Ciphersuite::MLS_256_XWING_CHACHA20POLY1305_SHA256_Ed25519;
const SMALL: Ciphersuite = Ciphersuite::MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519;
const KEY: ProfileKey = ProfileKey::new([1; 32]);

/// Either the storage failed (what a step must tell) or OpenMLS said no.
#[derive(Debug)]
enum Failed {
    Store(StoreError),
    Mls(String),
}
impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Failed::Store(error)
    }
}
fn mls<E: core::fmt::Debug>(error: E) -> Failed {
    Failed::Mls(format!("{error:?}"))
}

/// Fails the write that is counted down to, and all later ones.
struct FailsAt(AtomicI64);
impl Observer for FailsAt {
    fn reached(&self, _point: &'static str) -> Result<(), Interrupted> {
        Ok(())
    }
    fn writing(&self) -> Result<(), Interrupted> {
        if self.0.fetch_sub(1, Ordering::SeqCst) > 0 { Ok(()) } else { Err(Interrupted) }
    }
}

struct Device {
    dir: tempfile::TempDir,
    profile: Profile,
    signing: SigningKey,
    crypto: CryptoProvider,
    group: GroupId,
    suite: Ciphersuite,
}

type Provider<'a> = MlsProvider<'a, CryptoProvider>;

impl Device {
    fn new(name: u8, suite: Ciphersuite) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let profile =
            Profile::create(dir.path(), Secret::Raw(&KEY), &mut ChaCha20Rng::seed_from_u64(1), Arc::new(NoObserver)).unwrap();
        let group = GroupId::from_slice(b"the group of the tests");
        Self { dir, profile, signing: SigningKey::from_bytes(&[name; 32]), crypto: CryptoProvider::new().unwrap(), group, suite }
    }

    /// Closes the file and opens it again.
    fn reopen(&mut self, observer: Arc<dyn Observer>) {
        self.profile = Profile::open(self.dir.path(), Secret::Raw(&KEY), observer).unwrap();
    }

    fn credential(&self) -> CredentialWithKey {
        let public = self.signing.verifying_key().to_bytes();
        CredentialWithKey { credential: BasicCredential::new(public.to_vec()).into(), signature_key: public.as_slice().into() }
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::new(None, Some(&[self.suite]), None, None, None)
    }

    fn step<T>(&mut self, f: impl FnOnce(&Provider<'_>, &DeviceSigner<'_>) -> Result<T, Failed>) -> Result<T, Failed> {
        let signer = DeviceSigner(&self.signing);
        let crypto = &self.crypto;
        self.profile.step(|step| f(&MlsProvider::new(step, crypto), &signer))
    }

    /// A step on the group as it is on disk.
    fn on_group<T>(
        &mut self,
        f: impl FnOnce(&mut MlsGroup, &Provider<'_>, &DeviceSigner<'_>) -> Result<T, Failed>,
    ) -> Result<T, Failed> {
        let id = self.group.clone();
        self.step(|provider, signer| {
            let mut group = MlsGroup::load(provider.storage(), &id)?.ok_or_else(|| mls("no group"))?;
            f(&mut group, provider, signer)
        })
    }

    fn create(&mut self) {
        let (id, suite, credential, capabilities) = (self.group.clone(), self.suite, self.credential(), self.capabilities());
        self.step(|provider, signer| {
            MlsGroup::builder()
                .with_group_id(id)
                .ciphersuite(suite)
                .with_wire_format_policy(PURE_CIPHERTEXT_WIRE_FORMAT_POLICY)
                .with_capabilities(capabilities)
                .max_past_epochs(0)
                .use_ratchet_tree_extension(false)
                .build(provider, signer, credential)
                .map_err(mls)
        })
        .unwrap();
    }

    fn key_package(&mut self) -> KeyPackage {
        let (suite, credential, capabilities) = (self.suite, self.credential(), self.capabilities());
        let package = self.step(|provider, signer| {
            KeyPackage::builder().leaf_node_capabilities(capabilities).build(suite, provider, signer, credential).map_err(mls)
        });
        package.unwrap().key_package().clone()
    }

    /// Commit and Welcome, still pending.
    fn add(&mut self, packages: &[KeyPackage]) -> Result<(Vec<u8>, Welcome), Failed> {
        self.on_group(|group, provider, signer| {
            let (commit, welcome, _) = group.add_members(provider, signer, packages).map_err(mls)?;
            let MlsMessageBodyOut::Welcome(welcome) = welcome.body() else { return Err(mls("no welcome")) };
            Ok((commit.to_bytes().map_err(mls)?, welcome.clone()))
        })
    }

    /// Merges the pending commit; gives the ratchet tree for those who join.
    fn merge(&mut self) -> Result<RatchetTreeIn, Failed> {
        self.on_group(|group, provider, _| {
            group.merge_pending_commit(provider).map_err(mls)?;
            let tree = group.export_ratchet_tree().tls_serialize_detached().map_err(mls)?;
            RatchetTreeIn::tls_deserialize_exact(tree).map_err(mls)
        })
    }

    fn join(&mut self, welcome: Welcome, tree: RatchetTreeIn) -> Result<(), Failed> {
        self.step(|provider, _| {
            let config =
                MlsGroupJoinConfig::builder().wire_format_policy(PURE_CIPHERTEXT_WIRE_FORMAT_POLICY).max_past_epochs(0).build();
            StagedWelcome::build_from_welcome(provider, &config, welcome)
                .map_err(mls)?
                .with_ratchet_tree(tree)
                .skip_lifetime_validation()
                .build()
                .map_err(mls)?
                .into_group(provider)
                .map_err(mls)?;
            Ok(())
        })
    }

    fn say(&mut self, text: &[u8]) -> Result<Vec<u8>, Failed> {
        self.on_group(|group, provider, signer| {
            group.create_message(provider, signer, text).map_err(mls)?.to_bytes().map_err(mls)
        })
    }

    /// A text, or nothing when it was a commit, which is merged.
    fn take(&mut self, message: &[u8]) -> Result<Option<Vec<u8>>, Failed> {
        self.on_group(|group, provider, _| {
            let message = MlsMessageIn::tls_deserialize_exact(message).map_err(mls)?;
            let message = message.try_into_protocol_message().map_err(mls)?;
            match group.process_message(provider, message).map_err(mls)?.into_content() {
                ProcessedMessageContent::ApplicationMessage(text) => Ok(Some(text.into_bytes())),
                ProcessedMessageContent::StagedCommitMessage(commit) => {
                    group.merge_staged_commit(provider, *commit).map_err(mls)?;
                    Ok(None)
                }
                _ => Err(mls("another kind of content")),
            }
        })
    }

    /// What two members of one epoch have in common.
    fn epoch(&mut self) -> (u64, Vec<u8>, Vec<u8>) {
        self.on_group(|group, provider, _| {
            let channel = group.export_secret(provider.crypto(), "lacre channel v1", &[], 96).map_err(mls)?;
            Ok((group.epoch().as_u64(), group.epoch_authenticator().as_slice().to_vec(), channel))
        })
        .unwrap()
    }

    fn rows(&mut self) -> u64 {
        let group = self.group.clone();
        self.profile
            .step::<_, StoreError>(|step| {
                let mut rows = 0;
                for scope in [Scope::Group, Scope::OwnLeaves, Scope::Proposals] {
                    rows += step.count(Table::Mls, &scope.of(&group)?)?;
                }
                Ok(rows + step.count(Table::Mls, &[Scope::Keys as u8])?)
            })
            .unwrap()
    }
}

fn two(suite: Ciphersuite) -> (Device, Device) {
    let (mut ana, mut eva) = (Device::new(1, suite), Device::new(2, suite));
    ana.create();
    let (_, welcome) = ana.add(&[eva.key_package()]).unwrap();
    let tree = ana.merge().unwrap();
    eva.join(welcome, tree).unwrap();
    assert_eq!(ana.epoch(), eva.epoch());
    (ana, eva)
}

fn a_conversation_of_two_and_three(suite: Ciphersuite) {
    let (mut ana, mut eva) = two(suite);
    let mut joe = Device::new(3, suite);

    for round in 0..3u8 {
        let text = ana.say(&[round, 1]).unwrap();
        assert_eq!(eva.take(&text).unwrap(), Some(vec![round, 1]));
        let text = eva.say(&[round, 2]).unwrap();
        assert_eq!(ana.take(&text).unwrap(), Some(vec![round, 2]));
        ana.reopen(Arc::new(NoObserver));
        eva.reopen(Arc::new(NoObserver));
    }

    let (commit, welcome) = eva.add(&[joe.key_package()]).unwrap();
    ana.reopen(Arc::new(NoObserver));
    eva.reopen(Arc::new(NoObserver));
    assert_eq!(ana.take(&commit).unwrap(), None);
    let tree = eva.merge().unwrap();
    joe.join(welcome, tree).unwrap();
    joe.reopen(Arc::new(NoObserver));
    assert_eq!(ana.epoch(), eva.epoch());
    assert_eq!(ana.epoch(), joe.epoch());
    let text = joe.say(b"tres").unwrap();
    assert_eq!(ana.take(&text).unwrap().as_deref(), Some(b"tres".as_slice()));
    assert_eq!(eva.take(&text).unwrap().as_deref(), Some(b"tres".as_slice()));

    // a commit of one's own keys, with a loser whose pending commit is cleared by it
    let (lost, _) = joe.add(&[Device::new(4, suite).key_package()]).unwrap();
    let won = ana
        .on_group(|group, provider, signer| {
            let bundle = group.self_update(provider, signer, LeafNodeParameters::default()).map_err(mls)?;
            bundle.into_commit().to_bytes().map_err(mls)
        })
        .unwrap();
    ana.merge().unwrap();
    assert_eq!(eva.take(&won).unwrap(), None);
    assert_eq!(joe.take(&won).unwrap(), None);
    assert!(joe.on_group(|group, _, _| Ok(group.pending_commit().is_none())).unwrap());
    assert_eq!(ana.epoch(), joe.epoch());
    assert_eq!(eva.epoch(), joe.epoch());
    assert!(matches!(eva.take(&lost), Err(Failed::Mls(_))));

    // out
    let out = ana
        .on_group(|group, provider, signer| {
            let whom = group.members().find(|m| m.signature_key == SigningKey::from_bytes(&[3; 32]).verifying_key().to_bytes());
            let whom = whom.ok_or_else(|| mls("not a member"))?.index;
            group.remove_members(provider, signer, &[whom]).map_err(mls)?.0.to_bytes().map_err(mls)
        })
        .unwrap();
    ana.merge().unwrap();
    assert_eq!(eva.take(&out).unwrap(), None);
    assert_eq!(joe.take(&out).unwrap(), None);
    assert_eq!(ana.epoch(), eva.epoch());
    assert!(!joe.on_group(|group, _, _| Ok(group.is_active())).unwrap());
    assert!(joe.say(b"still here?").is_err());
}

#[test]
fn two_and_three_members_talk_over_their_disks_with_x_wing() {
    a_conversation_of_two_and_three(XWING);
}

#[test]
fn two_and_three_members_talk_over_their_disks_with_the_small_suite() {
    a_conversation_of_two_and_three(SMALL);
}

#[test]
fn a_step_that_is_given_up_leaves_no_trace_of_what_openmls_did() {
    let (mut ana, mut eva) = two(XWING);
    let text = eva.say(b"hola").unwrap();
    let (before, epoch) = (ana.rows(), ana.epoch());

    let given_up = ana.on_group(|group, provider, signer| {
        let message = MlsMessageIn::tls_deserialize_exact(&text).map_err(mls)?.try_into_protocol_message().map_err(mls)?;
        group.process_message(provider, message).map_err(mls)?;
        group.create_message(provider, signer, b"never sent").map_err(mls)?;
        group.self_update(provider, signer, LeafNodeParameters::default()).map_err(mls)?;
        group.merge_pending_commit(provider).map_err(mls)?;
        Err::<(), _>(mls("given up"))
    });
    assert!(matches!(given_up, Err(Failed::Mls(_))));

    assert_eq!((ana.rows(), ana.epoch()), (before, epoch));
    assert_eq!(ana.take(&text).unwrap().as_deref(), Some(b"hola".as_slice()), "the ratchet did not move");
    let answer = ana.say(b"buenas").unwrap();
    assert_eq!(eva.take(&answer).unwrap().as_deref(), Some(b"buenas".as_slice()));
}

/// Runs an operation with a storage error at write 0, 1, 2 … until it passes; each failure is told as what it is and the
/// group on disk is as before. Gives what the operation gave and how often it failed.
fn through_every_write<T>(device: &mut Device, mut operate: impl FnMut(&mut Device) -> Result<T, Failed>) -> (T, i64) {
    for index in 0.. {
        let rows = device.rows();
        device.reopen(Arc::new(FailsAt(AtomicI64::new(index))));
        let outcome = operate(device);
        device.reopen(Arc::new(NoObserver));
        match outcome {
            Ok(value) => return (value, index),
            Err(Failed::Store(error)) => {
                assert_eq!(error, StoreError::Interrupted(Interrupted), "write {index}");
                assert_eq!(device.rows(), rows, "write {index}");
            }
            Err(Failed::Mls(error)) => panic!("write {index}: the storage error was taken for one of MLS: {error}"),
        }
        assert!(index < 200, "it never passes");
    }
    unreachable!("the loop has no end")
}

#[test]
fn a_storage_error_at_every_write_reaches_the_caller_and_harms_nothing() {
    let (mut ana, mut eva) = (Device::new(1, XWING), Device::new(2, XWING));
    ana.create();
    let package = eva.key_package();

    let ((_, welcome), adding) = through_every_write(&mut ana, |ana| ana.add(std::slice::from_ref(&package)));
    let (tree, merging) = through_every_write(&mut ana, Device::merge);
    let ((), joining) = through_every_write(&mut eva, |eva| eva.join(welcome.clone(), tree.clone()));
    let (text, saying) = through_every_write(&mut ana, |ana| ana.say(b"hola"));
    let (taken, taking) = through_every_write(&mut eva, |eva| eva.take(&text));
    let update = eva
        .on_group(|group, provider, signer| {
            let bundle = group.self_update(provider, signer, LeafNodeParameters::default()).map_err(mls)?;
            bundle.into_commit().to_bytes().map_err(mls)
        })
        .unwrap();
    let (none, following) = through_every_write(&mut ana, |ana| ana.take(&update));
    eva.merge().unwrap();

    assert_eq!((taken.as_deref(), none), (Some(b"hola".as_slice()), None));
    assert_eq!(ana.epoch(), eva.epoch());
    for (what, failures) in
        [("add", adding), ("merge", merging), ("join", joining), ("say", saying), ("take", taking), ("follow", following)]
    {
        assert!(failures > 0, "{what} wrote nothing: the test has shown nothing");
    }
}

#[test]
fn a_forgotten_group_leaves_no_row_of_its_own_and_others_alone() {
    let (mut ana, _) = two(XWING);
    let first = ana.group.clone();
    ana.group = GroupId::from_slice(b"another one");
    ana.create();
    let other = ana.epoch();
    ana.group = first.clone();
    ana.on_group(|group, provider, signer| group.self_update(provider, signer, LeafNodeParameters::default()).map_err(mls))
        .unwrap();

    let gone = ana.profile.step(|step| forget_group(step, &first)).unwrap_or_else(|e: StoreError| panic!("{e}"));

    assert!(gone >= 10, "{gone}");
    assert!(matches!(ana.on_group(|_, _, _| Ok(())), Err(Failed::Mls(e)) if e.contains("no group")));
    ana.group = GroupId::from_slice(b"another one");
    assert_eq!(ana.epoch(), other);
}

#[test]
fn deleting_a_group_through_openmls_leaves_none_of_its_rows() {
    let (mut ana, _) = two(SMALL);
    ana.on_group(|group, provider, signer| group.self_update(provider, signer, LeafNodeParameters::default()).map_err(mls))
        .unwrap();
    ana.on_group(|group, provider, _| group.delete(provider.storage()).map_err(mls)).unwrap();
    let group = ana.group.clone();
    let left = ana.profile.step(|step| forget_group(step, &group)).unwrap_or_else(|e: StoreError| panic!("{e}"));
    assert_eq!(left, 0);
}

#[test]
fn queued_proposals_keep_their_order_and_are_removed_one_by_one() {
    let (mut ana, _) = two(SMALL);
    let packages: Vec<KeyPackage> = (10..13).map(|name| Device::new(name, SMALL).key_package()).collect();
    let refs = ana
        .on_group(|group, provider, signer| {
            let mut refs = Vec::new();
            for package in &packages {
                refs.push(group.propose_add_member(provider, signer, package).map_err(mls)?.1);
            }
            Ok(refs)
        })
        .unwrap();
    let group = ana.group.clone();
    let queued = |ana: &mut Device| {
        let id = group.clone();
        ana.step(|provider, _| {
            let names: Vec<hash_ref::HashReference> = provider.storage().queued_proposal_refs(&id)?;
            let both: Vec<(hash_ref::HashReference, QueuedProposal)> = provider.storage().queued_proposals(&id)?;
            assert_eq!(names, both.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>());
            Ok(names)
        })
        .unwrap()
    };
    ana.reopen(Arc::new(NoObserver));
    assert_eq!(queued(&mut ana), refs);
    ana.on_group(|mls_group, provider, _| mls_group.remove_pending_proposal(provider.storage(), &refs[1]).map_err(mls)).unwrap();
    assert_eq!(queued(&mut ana), [refs[0].clone(), refs[2].clone()]);
    assert_eq!(ana.on_group(|group, _, _| Ok(group.pending_proposals().count())).unwrap(), 2);

    ana.on_group(|group, provider, signer| group.commit_to_pending_proposals(provider, signer).map(drop).map_err(mls)).unwrap();
    ana.merge().unwrap();
    assert_eq!(queued(&mut ana), []);
    assert_eq!(ana.on_group(|group, _, _| Ok(group.members().count())).unwrap(), 4);
}

#[test]
fn a_signature_of_the_device_is_ed25519_over_the_payload() {
    let key = SigningKey::from_bytes(&[7; 32]);
    let signature = DeviceSigner(&key).sign(b"payload").unwrap();
    let signature = ed25519_dalek::Signature::from_slice(&signature).unwrap();
    assert!(key.verifying_key().verify_strict(b"payload", &signature).is_ok());
    assert!(key.verifying_key().verify_strict(b"another", &signature).is_err());
}
