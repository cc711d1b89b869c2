//! What a hostile person can make past the own program: signatures, stamps, envelopes, blobs and groups of any content.
//!
//! All of it is what PROTOCOL.md allows anybody with an account to send; only the device's key is borrowed from the
//! program ([`Client::laboratory`](lacre_core::Client::laboratory)). Nothing is kept in the hostile profile.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic is how a test says no")]

use crate::world::Person;
use data_encoding::BASE64;
use lacre_core::crypt::blob::{BlobKey, BlobSealer};
use lacre_core::crypt::entry::{ChannelKeys, open_entry};
use lacre_core::crypt::padding::pad;
use lacre_core::network::{Lane, NetError, Network as _};
use lacre_core::view::{ConversationId, Suite};
use lacre_core::{OwnKey, content_statement, envelope_statement};
use lacre_ground::account::{AccountState, DEVICE, Device};
use lacre_ground::address::Authority;
use lacre_ground::ids::{AccountId, DeviceId, EntryId, EnvelopeId, Token};
use lacre_ground::label::{self, Label};
use lacre_ground::note::NoteKey;
use lacre_ground::random::{self, SystemRng};
use lacre_ground::seal;
use lacre_ground::signed::NoteText as _;
use lacre_proto::content::v1 as content;
use lacre_proto::relay::v1 as wire;
use openmls::group::{MlsGroup, PURE_CIPHERTEXT_WIRE_FORMAT_POLICY};
use openmls::prelude::{
    BasicCredential, Capabilities, Ciphersuite, CredentialType, CredentialWithKey, Extension, ExtensionType, Extensions,
    GroupContext, GroupId, KeyPackage, MlsMessageBodyIn, MlsMessageIn, OpenMlsProvider as _, ProcessedMessageContent,
    ProtocolVersion, RequiredCapabilitiesExtension, UnknownExtension,
};
use openmls_libcrux_crypto::Provider;
use openmls_traits::signatures::Signer as _;
use prost::Message as _;
use sha2::{Digest as _, Sha256};
use std::io::Read as _;
use tls_codec::{Deserialize as _, Serialize as _};

/// The suite that conversations have unless their maker asks for another one.
pub const SUITE: Ciphersuite = Ciphersuite::MLS_256_XWING_CHACHA20POLY1305_SHA256_Ed25519;
/// The other suite that conversations may have.
pub const OTHER_SUITE: Ciphersuite = Ciphersuite::MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519;
/// The extension of conversations in a GroupContext.
pub const CONTEXT: u16 = 0xF1AC;
/// A group that nobody else is in: the laboratory wants one.
const WORKBENCH: &str = "a bench of one's own";

/// Lends out the device's signature key.
pub fn with_key<T>(by: &mut Person, f: impl FnOnce(&OwnKey) -> T) -> T {
    let known = by.client.conversations().unwrap().into_iter().find(|c| c.name == WORKBENCH).map(|c| c.id);
    let bench = known.unwrap_or_else(|| by.client.create_group(WORKBENCH, &[], Suite::XWing).unwrap());
    by.client.laboratory(&bench, |_, _, _, key| f(key)).unwrap()
}

/// A signature by the device.
pub fn sign(by: &mut Person, statement: &[u8]) -> Vec<u8> {
    with_key(by, |key| key.sign(statement).unwrap())
}

/// Stamps of the account, past its program's stock.
pub fn stamps(by: &mut Person, count: u32) -> Vec<Vec<u8>> {
    let who = by.client.whoami().unwrap().unwrap();
    let (account, device) = (who.account.as_bytes().to_vec(), who.device.as_bytes().to_vec());
    let challenge = wire::ChallengeRequest { account: account.clone(), device: device.clone() };
    let challenge = by.net.challenge(&who.relay, challenge).unwrap().challenge;
    let statement = label::message(Label::Login, &[who.relay.identity().as_bytes(), &account, &device, &challenge]);
    let signature = sign(by, &statement);
    let session = by.net.login(&who.relay, wire::LoginRequest { account, device, challenge, signature }).unwrap().session;
    by.net.take_stamps(&who.relay, wire::TakeStampsRequest { session, count }).unwrap().stamps
}

/// One stamp.
pub fn stamp(by: &mut Person) -> Vec<u8> {
    stamps(by, 1).pop().unwrap()
}

/// The newest state of a directory entry.
#[must_use]
pub fn newest(entry: &wire::DirectoryEntry) -> AccountState {
    AccountState::stored(entry.states.last().unwrap()).unwrap().into_inner()
}

/// The first device of a directory entry.
#[must_use]
pub fn device(entry: &wire::DirectoryEntry) -> Device {
    newest(entry).devices.into_iter().next().unwrap()
}

/// The account of a directory entry.
#[must_use]
pub fn account(entry: &wire::DirectoryEntry) -> AccountId {
    AccountState::first(entry.states.first().unwrap()).unwrap().0
}

/// The own directory entry with one more state, changed and signed by the device. No relay knows it.
pub fn entry_with(by: &mut Person, change: impl FnOnce(&mut Device)) -> wire::DirectoryEntry {
    let mut entry = by.client.own_entry().unwrap();
    let last = newest(&entry);
    let mut next = AccountState { number: last.number + 1, previous: Some(last.hash()), ..last };
    change(next.devices.first_mut().unwrap());
    let text = next.text();
    let (key, signature) = with_key(by, |key| (key.public(), key.sign(text.as_bytes()).unwrap()));
    let line = [NoteKey::new(DEVICE, &key).unwrap().id().as_slice(), &signature].concat();
    entry.states.push(format!("{text}\n\u{2014} {DEVICE} {}\n", BASE64.encode(&line)));
    entry
}

/// Claims one key package of an account, as anybody may.
pub fn claim(by: &mut Person, whom: AccountId) -> KeyPackage {
    claim_in(by, whom, SUITE)
}

/// As [`claim`], in another suite than the usual one.
pub fn claim_in(by: &mut Person, whom: AccountId, suite: Ciphersuite) -> KeyPackage {
    let at = by.client.whoami().unwrap().unwrap().relay;
    let request = wire::ClaimRequest { account: whom.as_bytes().to_vec(), suite: u32::from(u16::from(suite)), stamp: stamp(by) };
    let answer = by.net.claim(&at, request).unwrap();
    read_package(&answer.devices.first().expect("a key package").key_package)
}

fn read_package(bytes: &[u8]) -> KeyPackage {
    let MlsMessageBodyIn::KeyPackage(package) = MlsMessageIn::tls_deserialize_exact(bytes).unwrap().extract() else {
        panic!("no key package");
    };
    package.validate(Provider::default().crypto(), ProtocolVersion::Mls10).unwrap()
}

/// A key package under anybody's name, with a key that is not that person's.
#[must_use]
pub fn forged_package(account: AccountId, device: DeviceId) -> KeyPackage {
    let key = ed25519_dalek::SigningKey::from_bytes(&[3; 32]);
    let credential = credential(account, device, &key.verifying_key().to_bytes());
    let builder = KeyPackage::builder().leaf_node_capabilities(capabilities());
    let signer = lacre_profile::mls::DeviceSigner(&key);
    builder.build(SUITE, &Provider::default(), &signer, credential).unwrap().key_package().clone()
}

/// A key package under a name that is none.
#[must_use]
pub fn package_of(identity: &[u8]) -> KeyPackage {
    package(SUITE, identity)
}

/// A key package of a device that nobody has, one for each number.
#[must_use]
pub fn package_in(suite: Ciphersuite, number: u64) -> KeyPackage {
    let identity = [[9; 32].as_slice(), &[0; 8], &number.to_be_bytes()].concat();
    package(suite, &identity)
}

fn package(suite: Ciphersuite, identity: &[u8]) -> KeyPackage {
    let key = ed25519_dalek::SigningKey::from_bytes(&random::bytes(&mut SystemRng));
    let credential = CredentialWithKey {
        credential: BasicCredential::new(identity.to_vec()).into(),
        signature_key: key.verifying_key().to_bytes().to_vec().into(),
    };
    let builder = KeyPackage::builder().leaf_node_capabilities(capabilities());
    let signer = lacre_profile::mls::DeviceSigner(&key);
    builder.build(suite, &Provider::default(), &signer, credential).unwrap().key_package().clone()
}

fn credential(account: AccountId, device: DeviceId, key: &[u8; 32]) -> CredentialWithKey {
    CredentialWithKey {
        credential: BasicCredential::new([account.as_bytes().as_slice(), device.as_bytes()].concat()).into(),
        signature_key: key.to_vec().into(),
    }
}

fn capabilities() -> Capabilities {
    Capabilities::new(
        Some(&[ProtocolVersion::Mls10]),
        Some(&[SUITE, OTHER_SUITE]),
        Some(&[ExtensionType::Unknown(CONTEXT), ExtensionType::LastResort]),
        None,
        Some(&[CredentialType::Basic]),
    )
}

/// Puts an envelope into somebody's inbox, by the public right.
pub fn post(by: &mut Person, to: &wire::DirectoryEntry, kind: content::envelope_body::Kind) {
    let sender = by.client.own_entry().unwrap();
    post_as(by, &sender, to, kind);
}

/// As [`post`], under a directory entry of the sender's choice.
pub fn post_as(by: &mut Person, sender: &wire::DirectoryEntry, to: &wire::DirectoryEntry, kind: content::envelope_body::Kind) {
    let public = device(to).public_token.expect("a public right");
    post_by(by, sender, to, (&public, true), kind).unwrap();
}

/// As [`post_as`], by a right, which may want a stamp.
///
/// # Errors
/// As the relay answers.
pub fn post_by(
    by: &mut Person,
    sender: &wire::DirectoryEntry,
    to: &wire::DirectoryEntry,
    (right, stamped): (&Token, bool),
    kind: content::envelope_body::Kind,
) -> Result<(), NetError> {
    let who = by.client.whoami().unwrap().unwrap();
    let theirs = device(to);
    let body = content::EnvelopeBody { sent_at_ms: 1, kind: Some(kind) }.encode_to_vec();
    let id = EnvelopeId::new(random::bytes(&mut SystemRng));
    let signature = sign(by, &envelope_statement(account(to), theirs.id, id, &body));
    let envelope = content::Envelope {
        id: id.as_bytes().to_vec(),
        sender_device: who.device.as_bytes().to_vec(),
        sender: Some(sender.clone()),
        body,
        signature,
    };
    let padded = pad(&envelope.encode_to_vec());
    let inbox = theirs.inbox.channel;
    let sealed = seal::seal(&theirs.inbox_key, Label::EnvelopeSeal, inbox.as_bytes(), &padded, &mut SystemRng).unwrap();
    let request = wire::AppendRequest {
        channel: inbox.as_bytes().to_vec(),
        append_token: right.expose().to_vec(),
        entry_id: random::bytes::<16>(&mut SystemRng).to_vec(),
        read_to: 0,
        ciphertext: sealed.into(),
        seal: false,
        receipt: false,
        stamp: if stamped { stamp(by) } else { Vec::new() },
    };
    by.net.append(&who.relay, Lane::Directory, request).map(drop)
}

/// Encrypts bytes into a blob and stores it at a relay, which gives stamps for it.
pub fn put_blob(by: &mut Person, bytes: &[u8]) -> content::BlobRef {
    let at = by.client.whoami().unwrap().unwrap().relay;
    let (sealed, reference) = blob(&at, bytes);
    let header = wire::PutHeader {
        blob: reference.blob.clone(),
        read_token_hash: Token::try_from(reference.read_token.as_slice()).unwrap().hash().as_bytes().to_vec(),
        size: reference.size,
        sha256: reference.sha256.clone(),
        stamp: stamp(by),
        offset: 0,
    };
    by.net.put_blob(&at, header, &mut sealed.as_slice()).unwrap();
    reference
}

/// A blob's ciphertext and a reference that says where it lies. It is stored nowhere.
#[must_use]
pub fn blob(at: &Authority, bytes: &[u8]) -> (Vec<u8>, content::BlobRef) {
    let key = BlobKey::random(&mut SystemRng);
    let len = u64::try_from(bytes.len()).unwrap();
    let mut sealed = Vec::new();
    BlobSealer::new(&key, random::bytes(&mut SystemRng), len, bytes).read_to_end(&mut sealed).unwrap();
    let reference = content::BlobRef {
        authority: at.to_string(),
        blob: random::bytes::<32>(&mut SystemRng).to_vec(),
        read_token: Token::random(&mut SystemRng).expose().to_vec(),
        key: key.expose().to_vec(),
        size: u64::try_from(sealed.len()).unwrap(),
        sha256: Sha256::digest(&sealed).to_vec(),
    };
    (sealed, reference)
}

/// The context of a conversation as this person's group has it.
pub fn context_of(person: &mut Person, group: &ConversationId) -> content::ConversationContext {
    person.client.laboratory(group, |mls, _, _, _| read_context(mls)).unwrap()
}

/// The context in a group.
#[must_use]
pub fn read_context(mls: &MlsGroup) -> content::ConversationContext {
    content::ConversationContext::decode(mls.extensions().unknown(CONTEXT).unwrap().0.as_slice()).unwrap()
}

/// The id of the MLS group behind a conversation.
pub fn group_id(person: &mut Person, group: &ConversationId) -> Vec<u8> {
    person.client.laboratory(group, |mls, _, _, _| mls.group_id().as_slice().to_vec()).unwrap()
}

/// The extensions of a conversation's GroupContext.
#[must_use]
pub fn extensions(context: &content::ConversationContext) -> Extensions<GroupContext> {
    let required = RequiredCapabilitiesExtension::new(&[ExtensionType::Unknown(CONTEXT)], &[], &[CredentialType::Basic]);
    let ours = Extension::Unknown(CONTEXT, UnknownExtension(context.encode_to_vec()));
    Extensions::from_vec(vec![Extension::RequiredCapabilities(required), ours]).unwrap()
}

/// A content said in a conversation by this person's device, past its program.
pub fn say(by: &mut Person, group: &ConversationId, kind: content::content::Kind) {
    say_as(by, group, &random::bytes::<16>(&mut SystemRng), kind);
}

/// As [`say`], under an id of the sender's choice.
pub fn say_as(by: &mut Person, group: &ConversationId, id: &[u8], kind: content::content::Kind) {
    say_in(by, group, EntryId::new(random::bytes(&mut SystemRng)), id, kind);
}

/// As [`say_as`], in an entry of this id.
pub fn say_in(by: &mut Person, group: &ConversationId, entry: EntryId, id: &[u8], kind: content::content::Kind) {
    let who = by.client.whoami().unwrap().unwrap();
    let channel = by.client.channel_keys(group).unwrap().channel();
    let text = content::Content { id: id.to_vec(), sent_at_ms: 1, stays_s: 0, again_ms: 0, kind: Some(kind) }.encode_to_vec();
    let message = by
        .client
        .laboratory(group, |mls, step, crypto, key| {
            let statement = content_statement(who.account, who.device, mls.group_id().as_slice(), channel, entry, &text);
            let signed = content::SignedContent { content: text.clone(), signature: key.sign(&statement).unwrap() };
            let provider = lacre_profile::mls::MlsProvider::new(step, crypto);
            let message = mls.create_message(&provider, key, &signed.encode_to_vec()).unwrap();
            message.tls_serialize_detached().unwrap()
        })
        .unwrap();
    crate::world::append_as(by, group, entry, &message, false);
}

/// A commit by this person's device that puts these key packages into the place of the leaves of these accounts. It is made
/// past the program, which does not know it; the Welcome is given too.
pub fn replacing(by: &mut Person, group: &ConversationId, packages: &[(AccountId, KeyPackage)]) -> (Vec<u8>, Vec<u8>) {
    by.client
        .laboratory(group, |mls, step, crypto, key| {
            let provider = lacre_profile::mls::MlsProvider::new(step, crypto);
            let leaf_of = |account: AccountId| {
                mls.members().find(|m| identity(&m.credential).starts_with(account.as_bytes())).expect("a member").index
            };
            let removals: Vec<_> = packages.iter().map(|(account, _)| leaf_of(*account)).collect();
            let builder = mls.commit_builder().force_self_update(true).propose_removals(removals);
            let built = builder
                .propose_adds(packages.iter().map(|(_, package)| package.clone()))
                .load_psks(provider.storage())
                .unwrap()
                .build(provider.rand(), provider.crypto(), key, |_| true)
                .unwrap();
            let (commit, welcome, _) = built.stage_commit(&provider).unwrap().into_messages();
            (commit.tls_serialize_detached().unwrap(), welcome.unwrap().tls_serialize_detached().unwrap())
        })
        .unwrap()
}

/// A commit by this person's device that removes the leaf of an account and changes nothing else.
pub fn removing(by: &mut Person, group: &ConversationId, whom: AccountId) -> Vec<u8> {
    let made = by.client.laboratory(group, |mls, step, crypto, key| {
        let provider = lacre_profile::mls::MlsProvider::new(step, crypto);
        let leaf = mls.members().find(|m| identity(&m.credential).starts_with(whom.as_bytes())).expect("a member").index;
        let builder = mls.commit_builder().force_self_update(true).propose_removals([leaf]);
        let built = builder.load_psks(provider.storage()).unwrap().build(provider.rand(), provider.crypto(), key, |_| true);
        built.unwrap().stage_commit(&provider).unwrap().into_commit().tls_serialize_detached().unwrap()
    });
    made.unwrap()
}

fn identity(credential: &openmls::prelude::Credential) -> Vec<u8> {
    BasicCredential::try_from(credential.clone()).unwrap().identity().to_vec()
}

/// A group of a hostile person's own making, which no profile knows.
pub struct OwnGroup {
    provider: Provider,
    mls: MlsGroup,
}

impl OwnGroup {
    /// With its maker alone.
    pub fn new(by: &mut Person, id: &[u8], context: &content::ConversationContext) -> Self {
        Self::in_suite(by, id, context, SUITE)
    }

    /// As [`OwnGroup::new`], in another suite than the usual one.
    pub fn in_suite(by: &mut Person, id: &[u8], context: &content::ConversationContext, suite: Ciphersuite) -> Self {
        let provider = Provider::default();
        let who = by.client.whoami().unwrap().unwrap();
        let mls = with_key(by, |key| {
            MlsGroup::builder()
                .with_group_id(GroupId::from_slice(id))
                .ciphersuite(suite)
                .with_wire_format_policy(PURE_CIPHERTEXT_WIRE_FORMAT_POLICY)
                .use_ratchet_tree_extension(false)
                .with_capabilities(capabilities())
                .with_group_context_extensions(extensions(context))
                .build(&provider, key, credential(who.account, who.device, &key.public()))
                .unwrap()
        });
        Self { provider, mls }
    }

    /// Adds these leaves; gives the Welcome, whole: nobody demands that it is cut.
    pub fn add(&mut self, by: &mut Person, packages: Vec<KeyPackage>) -> Vec<u8> {
        let (provider, mls) = (&self.provider, &mut self.mls);
        let welcome = with_key(by, |key| mls.add_members(provider, key, &packages).unwrap().1);
        mls.merge_pending_commit(provider).unwrap();
        welcome.tls_serialize_detached().unwrap()
    }

    /// A commit that changes nothing but the epoch's number.
    pub fn add_nobody(&mut self, by: &mut Person) {
        let (provider, mls) = (&self.provider, &mut self.mls);
        with_key(by, |key| {
            let built = mls.commit_builder().force_self_update(true).load_psks(provider.storage()).unwrap();
            let built = built.build(provider.rand(), provider.crypto(), key, |_| true).unwrap();
            built.stage_commit(provider).unwrap();
        });
        mls.merge_pending_commit(provider).unwrap();
    }

    /// What joiners need beside the Welcome.
    pub fn join_state(&self, by: &mut Person) -> content::JoinState {
        let device = by.client.whoami().unwrap().unwrap().device.as_bytes().to_vec();
        let member = content::RosterEntry { device, account: by.client.own_entry().ok(), inbox_token: Vec::new() };
        content::JoinState {
            ratchet_tree: self.mls.export_ratchet_tree().tls_serialize_detached().unwrap(),
            members: vec![member],
        }
    }

    /// Claims key packages of these people, adds them and these further leaves, and puts an invitation into each one's inbox.
    pub fn invite(&mut self, by: &mut Person, whom: &[&wire::DirectoryEntry], further: Vec<KeyPackage>) {
        let mut packages: Vec<KeyPackage> =
            whom.iter().map(|entry| claim_in(by, account(entry), self.mls.ciphersuite())).collect();
        packages.extend(further);
        let welcome = self.add(by, packages);
        let state = self.join_state(by).encode_to_vec();
        let reference = put_blob(by, &state);
        for to in whom {
            let join = content::Join { welcome: welcome.clone(), state: Some(reference.clone()) };
            post(by, to, content::envelope_body::Kind::Join(join));
        }
    }

    /// The keys of the present epoch's channel.
    #[must_use]
    pub fn keys(&self) -> ChannelKeys {
        let secret = self.mls.export_secret(self.provider.crypto(), ChannelKeys::EXPORTER_LABEL, b"", ChannelKeys::LEN);
        ChannelKeys::from_export(&secret.unwrap()).unwrap()
    }

    /// Reads on through all epochs; gives the texts that others have written.
    pub fn overhear(&mut self, by: &mut Person) -> Vec<String> {
        let at = by.client.whoami().unwrap().unwrap().relay;
        let mut heard = Vec::new();
        loop {
            let keys = self.keys();
            let request = wire::FetchRequest {
                channel: keys.channel().as_bytes().to_vec(),
                read_token: keys.read_token.expose().to_vec(),
                from_seq: 1,
                max_entries: 1024,
            };
            // nobody has opened it: nobody is there
            let Ok(page) = by.net.fetch(&at, Lane::Conversations, request) else { return heard };
            let epoch = self.mls.epoch();
            for entry in page.entries {
                let id = EntryId::try_from(entry.entry_id.as_slice()).unwrap();
                if let Ok(bytes) = open_entry(&keys.entry_key, keys.channel(), id, entry.seal, &entry.ciphertext) {
                    heard.extend(self.take(&bytes));
                }
            }
            if self.mls.epoch() == epoch {
                return heard;
            }
        }
    }

    fn take(&mut self, bytes: &[u8]) -> Option<String> {
        let message = MlsMessageIn::tls_deserialize_exact(bytes).ok()?.try_into_protocol_message().ok()?;
        match self.mls.process_message(&self.provider, message).ok()?.into_content() {
            ProcessedMessageContent::ApplicationMessage(message) => {
                let signed = content::SignedContent::decode(message.into_bytes().as_slice()).ok()?;
                match content::Content::decode(signed.content.as_slice()).ok()?.kind? {
                    content::content::Kind::Text(text) => Some(text.text),
                    _ => None,
                }
            }
            ProcessedMessageContent::StagedCommitMessage(staged) => {
                self.mls.merge_staged_commit(&self.provider, *staged).ok()?;
                None
            }
            _ => None,
        }
    }
}
