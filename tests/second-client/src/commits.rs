//! Changes of a conversation: commits, invitations, re-adds (sections 15, 16, 18 and 19 of PROTOCOL.md).

use crate::Fail;
use crate::account::Account;
use crate::content::v1::content::Kind;
use crate::content::v1::envelope_body::Kind as Letter;
use crate::content::v1::{self as content, Allowed, ConversationContext, ConversationKind};
use crate::conversation::Conversation;
use crate::mls;
use crate::people::Me;
use crate::relay::v1 as pb;
use crate::wire::{Key, random};
use mls_rs::{CryptoProvider as _, ExtensionList, MlsMessage};
use mls_rs_crypto_rustcrypto::RustCryptoProvider;
use prost::Message as _;

type Device = (Key, [u8; 16]);

/// What a Commit shall contain; nothing: fresh keys only.
#[derive(Default)]
pub struct Change {
    remove: Vec<u32>,
    add: Vec<(Device, MlsMessage)>,
    context: Option<ConversationContext>,
}

impl Me {
    /// A conversation with this device alone; others are added by a Commit.
    pub fn create(&mut self, kind: ConversationKind, name: &str, admins: Vec<Vec<u8>>) -> Result<Vec<u8>, Fail> {
        let context = ConversationContext {
            version: 1,
            kind: kind.into(),
            authority: self.own.relay.text.clone(),
            name: name.to_owned(),
            admins,
            description: String::new(),
            may_add: Allowed::Admins.into(),
            may_write: Allowed::Everyone.into(),
            stays_s: 0,
            origin: None,
        };
        let id = random::<32>().to_vec();
        let extensions = mls::context_extensions(&context)?;
        let group = self.mls.create_group_with_id(id.clone(), extensions, ExtensionList::new(), None)?;
        self.conversations.insert(id.clone(), Conversation::new(group, Vec::new())?);
        Ok(id)
    }

    /// Claims a key package of each device of these accounts and adds them.
    pub fn add(&mut self, id: &[u8], accounts: &[Key]) -> Result<(), Fail> {
        let mut claimed = Vec::new();
        for account in accounts {
            let known = self.accounts.get(account).ok_or("an account that is not known here")?.clone();
            let stamp = self.own.stamp(&mut self.net)?;
            let suite = u16::from(mls::SUITE).into();
            for given in self.net.claim(pb::ClaimRequest { account: account.to_vec(), suite, stamp })?.devices {
                let device = known.devices.iter().find(|d| d.id == *given.device).ok_or("a device that is not in the account")?;
                let package = mls::check_package(&given.key_package, account, &device.id, &device.sign)?;
                claimed.push(((*account, device.id), package));
            }
        }
        self.commit(id, |_, c| {
            let there: Vec<_> = c.members().iter().filter_map(|m| mls::who(m.signing_identity()).ok()).collect();
            let mut add = claimed.clone();
            add.retain(|((account, device), _)| !there.iter().any(|(a, d, _)| a == account && d == device));
            Ok((!add.is_empty()).then(|| Change { add, ..Change::default() }))
        })
    }

    pub fn remove(&mut self, id: &[u8], accounts: &[Key]) -> Result<(), Fail> {
        self.commit(id, |_, c| {
            let members = c.members();
            let of = |m: &&mls_rs::group::Member| mls::who(m.signing_identity()).is_ok_and(|(a, ..)| accounts.contains(&a));
            let remove: Vec<u32> = members.iter().filter(of).map(|m| m.index()).collect();
            // who is a member no longer is no admin
            let mut context = mls::context(&c.group.context().extensions)?;
            let before = context.admins.len();
            context.admins.retain(|admin| !accounts.iter().any(|a| a.as_slice() == admin.as_slice()));
            let context = (context.admins.len() < before && context.kind() == ConversationKind::Group).then_some(context);
            Ok((!remove.is_empty()).then(|| Change { remove, add: Vec::new(), context }))
        })
    }

    pub fn update(&mut self, id: &[u8]) -> Result<(), Fail> {
        self.commit(id, |_, _| Ok(Some(Change::default())))
    }

    pub fn rename(&mut self, id: &[u8], name: &str) -> Result<(), Fail> {
        self.commit(id, |_, c| {
            let mut context = mls::context(&c.group.context().extensions)?;
            context.name = name.to_owned();
            Ok(Some(Change { context: Some(context), ..Change::default() }))
        })
    }

    /// A member that lost its place: the leaf that it names is replaced.
    pub fn re_add(
        &mut self,
        sender: &Account,
        device: &[u8; 16],
        sign: &Key,
        request: &content::ReAddRequest,
    ) -> Result<(), Fail> {
        let package = mls::check_package(&request.key_package, &sender.id, device, sign)?;
        let identity = (sender.id, *device, *sign);
        self.commit(&request.group_id, |_, c| {
            let tree = c.group.export_tree();
            for member in c.members().iter().filter(|m| mls::who(m.signing_identity()) == Ok(identity)) {
                let print = mls::leaf_hash(&tree, member.index())?;
                if request.lost_leaves.iter().any(|l| *l == print) {
                    let extensions = &package.as_key_package().ok_or("not a key package")?.extensions;
                    mls::agrees(extensions, &request.group_id, &print)?;
                    let add = vec![((sender.id, *device), package.clone())];
                    return Ok(Some(Change { remove: vec![member.index()], add, context: None }));
                }
            }
            Ok(None)
        })
    }

    /// Makes a Commit again and again until it is stored, or there is nothing to do any more.
    pub fn commit(&mut self, id: &[u8], wanted: impl Fn(&Me, &Conversation) -> Result<Option<Change>, Fail>) -> Result<(), Fail> {
        self.at(id, |me, c| {
            loop {
                me.read_here(c)?;
                if !c.active() {
                    return Err("this conversation does not go on here".into());
                }
                let Some(change) = wanted(me, c)? else { return Ok(()) };
                let before = c.members().len();
                c.group.clear_pending_commit();
                let mut builder = c.group.commit_builder();
                for index in &change.remove {
                    builder = builder.remove_member(*index)?;
                }
                for (_, package) in &change.add {
                    builder = builder.add_member(package.clone())?;
                }
                if let Some(context) = &change.context {
                    builder = builder.set_group_context_ext(mls::context_extensions(context)?)?;
                }
                let made = builder.build()?;
                let epoch = c.group.current_epoch();
                if !me.append_commit(c, &made.commit_message.to_bytes()?)? {
                    continue;
                }
                me.read_here(c)?;
                if c.group.current_epoch() == epoch {
                    return Err("a seal that was stored was not met".into());
                }
                return me.invite(c, &change.add, &made.welcome_messages, before);
            }
        })
    }

    /// Who merged a Commit that adds: the state for joiners, a Join to each, and a roster for the others.
    fn invite(
        &mut self,
        c: &mut Conversation,
        added: &[(Device, MlsMessage)],
        welcomes: &[MlsMessage],
        before: usize,
    ) -> Result<(), Fail> {
        if added.is_empty() {
            return Ok(());
        }
        let ratchet_tree = c.group.export_tree().to_bytes()?;
        let mut members = Vec::new();
        for member in c.members() {
            let (account, device, _) = mls::who(member.signing_identity())?;
            members.push(self.roster_entry(c, &account, &device)?);
        }
        let state = self.put_blob(&content::JoinState { ratchet_tree, members }.encode_to_vec())?;
        let provider = RustCryptoProvider::new().cipher_suite_provider(mls::SUITE).ok_or("no suite")?;
        for ((account, device), package) in added {
            let reference = package.key_package_reference(&provider)?.ok_or("no key package")?;
            let welcome = welcomes.iter().find(|w| w.welcome_key_package_references().contains(&&reference));
            let welcome = welcome.ok_or("no welcome for a device that was added")?.to_bytes()?;
            let to = self.accounts.get(account).ok_or("an account that is not known here")?.clone();
            let join = content::Join { welcome, state: Some(state.clone()) };
            let tokens = self.tokens(Some(c), account, device);
            self.send(&to, device, Letter::Join(join), &tokens)?;
        }
        if before > 1 {
            let entries = added.iter().map(|((account, device), _)| self.roster_entry(c, account, device));
            let members = entries.collect::<Result<_, _>>()?;
            c.enqueue(Kind::Roster(content::Roster { members }));
        }
        Ok(())
    }

    pub fn roster_entry(&mut self, c: &mut Conversation, account: &Key, device: &[u8; 16]) -> Result<content::RosterEntry, Fail> {
        if *device == self.own.device && c.own_token.is_none() {
            c.own_token = Some(self.own.right(&mut self.net)?);
        }
        let token = if *device == self.own.device { c.own_token } else { c.tokens.get(device).copied() };
        let known = self.accounts.get(account).ok_or("a member whose account is not known here")?;
        Ok(content::RosterEntry {
            device: device.to_vec(),
            account: Some(known.entry.clone()),
            inbox_token: token.map(|t| t.to_vec()).unwrap_or_default(),
        })
    }
}
