//! Contacts and envelopes: what travels through inboxes (DESIGN 7).

use super::records::{Cargo, ContactRow, Item, Known, LocalBlob, Members, Own, PendingJoin, SeenLeaf};
use super::view::{ContactState, ConversationId, Happening, Kind, Standing, WaitingKind};
use super::{Cx, StepError, Trouble, group};
use crate::crypt::padding::{pad, unpad};
use crate::network::Entry;
use lacre_ground::account::{AccountState, REGISTRAR, Reset, VerifiedAccount};
use lacre_ground::ids::{AccountId, BlobId, ContentId, DeviceId, EntryId, EnvelopeId, Handle, Token};
use lacre_ground::label::{self, Label};
use lacre_ground::note::NoteKey;
use lacre_ground::seal::{self, SealSecret};
use lacre_profile::Table;
use lacre_proto::bounds::Bounded;
use lacre_proto::content::v1 as content;
use lacre_proto::relay::v1 as wire;
use openmls_traits::signatures::Signer as _;
use prost::Message as _;
use serde_bytes::ByteBuf;

/// Bytes of a contact request's text.
pub const MAX_REQUEST: usize = 500;

/// Bytes of an account's states: no relay takes more (`max_chain_bytes`), whoever brings them.
pub const MAX_CHAIN: usize = 786_432;

/// What a device signs for an envelope to a recipient's account and device (PROTOCOL.md, 13).
#[must_use]
pub fn envelope_statement(account: AccountId, device: DeviceId, id: EnvelopeId, body: &[u8]) -> Vec<u8> {
    use sha2::Digest;
    let digest = sha2::Sha256::digest(body);
    label::message(Label::Envelope, &[account.as_bytes(), device.as_bytes(), id.as_bytes(), digest.as_slice()])
}

/// An account that was verified, and the relay that all its inboxes are on: that one's registrar signed its notes.
pub(super) fn verify_entry(entry: &wire::DirectoryEntry) -> Result<(VerifiedAccount, String), String> {
    let first = entry.states.first().ok_or("no state")?;
    let (_, state) = lacre_ground::account::AccountState::first(first).map_err(|e| e.to_string())?;
    let authority = state.devices.first().map(|d| d.inbox.authority.clone()).ok_or("no device")?;
    let registrar = NoteKey::new(REGISTRAR, authority.identity().as_bytes()).map_err(|e| e.to_string())?;
    let account = VerifiedAccount::verify(&entry.states, &entry.binding, &registrar).map_err(|e| e.to_string())?;
    if account.state.devices.iter().any(|d| d.inbox.authority != authority) {
        return Err("an account with inboxes on several relays".into());
    }
    if !entry.reset.is_empty() {
        let reset = Reset::verify(&entry.reset, &registrar).map_err(|e| e.to_string())?;
        if reset.account != account.id || reset.handle != account.handle {
            return Err("the note of a reset is of another account".into());
        }
    }
    Ok((account, authority.to_string()))
}

/// The signature key of a device in the newest state of an account that was verified.
pub(crate) fn device_key(known: &Known, device: DeviceId) -> Option<[u8; 32]> {
    let (account, _) = verify_entry(&known.entry()).ok()?;
    account.state.device(device).map(|d| d.signature_key)
}

impl Cx<'_, '_> {
    pub(crate) fn known(&self, account: AccountId) -> Result<Option<Known>, StepError> {
        Ok(self.s.get(Table::Account, account.as_bytes())?)
    }

    pub(crate) fn own_known(&mut self) -> Result<Option<Known>, StepError> {
        let Own { account, handle, authority, states, binding, reset, .. } = self.own_to_change()?;
        let Some(binding) = binding else { return Ok(None) };
        Ok(Some(Known { account, handle, authority, states, binding, reset }))
    }

    /// A name for an account, as far as it was verified.
    pub(crate) fn name_of(&mut self, account: AccountId) -> Result<Option<Handle>, StepError> {
        let own = self.own()?;
        if account == own.account {
            return Ok(Some(own.handle.clone()));
        }
        Ok(self.known(account)?.map(|k| k.handle))
    }

    /// The name of an account as a conversation may show it: only if every leaf that was ever there under this account has
    /// the signature key that a verified state of the account gives its device. Otherwise anybody who may add could add a
    /// leaf of his own under another's name.
    pub(crate) fn name_in(&mut self, members: &Members, account: AccountId) -> Result<Option<Handle>, StepError> {
        let known = if account == self.own()?.account { self.own_known()? } else { self.known(account)? };
        let Some(known) = known else { return Ok(None) };
        // the states were verified when they were stored
        let states: Vec<AccountState> = known.states.iter().filter_map(|s| AccountState::stored(s).ok()).collect();
        let genuine = |leaf: &SeenLeaf| {
            states.iter().any(|s| s.device(leaf.device).is_some_and(|d| d.signature_key.as_slice() == leaf.key.as_slice()))
        };
        Ok(members.leaves.iter().filter(|l| l.account == account).all(genuine).then_some(known.handle))
    }

    /// Verifies a directory entry and keeps it; a longer chain of the same account replaces a shorter one.
    /// Accounts of another relay than the own one are not taken (PROTOCOL.md, 4), nor those that name its key and another
    /// host: what is sent there tells that host where this device is.
    pub(crate) fn learn_account(&mut self, entry: &wire::DirectoryEntry) -> Result<Known, StepError> {
        if entry.states.iter().map(String::len).sum::<usize>() > MAX_CHAIN {
            return Err(StepError::Skip("an account with more states than any relay keeps".into()));
        }
        let (account, authority) = verify_entry(entry).map_err(StepError::Skip)?;
        let own = self.own()?;
        if !self.is_ours(&authority)? {
            return Err(StepError::Skip("an account of another relay than this profile's".into()));
        }
        let known = Known {
            account: account.id,
            handle: account.handle,
            authority,
            states: entry.states.clone(),
            binding: entry.binding.clone(),
            reset: entry.reset.clone(),
        };
        if account.id == own.account {
            return Ok(known);
        }
        if let Some(old) = self.known(account.id)? {
            let longer = known.states.len() > old.states.len() && known.states.iter().zip(&old.states).all(|(n, o)| n == o);
            if !longer {
                return Ok(old);
            }
        }
        let older = self.namesakes(&known)?;
        self.s.put(Table::Account, account.id.as_bytes(), b"", 0, &known)?;
        self.tell_changed_keys(&known)?;
        self.replace(older, &known)?;
        self.note_reset(&known)?;
        Ok(known)
    }

    pub(crate) fn contact(&self, account: AccountId) -> Result<Option<ContactRow>, StepError> {
        Ok(self.s.get(Table::Contact, account.as_bytes())?)
    }

    pub(crate) fn put_contact(&mut self, row: &ContactRow) -> Result<(), StepError> {
        let ord = match self.contact(row.account)? {
            Some(_) => 0,
            None => self.number()?,
        };
        Ok(self.s.put(Table::Contact, row.account.as_bytes(), b"", ord, row)?)
    }

    /// A right to the own inbox that the relay knows and nobody has; none when they are used up (more come with the
    /// next upkeep).
    pub(crate) fn hand_out_token(&mut self) -> Result<Option<Token>, StepError> {
        let mut own = self.own_to_change()?;
        let Some(token) = own.spare_tokens.pop() else { return Ok(None) };
        own.given_tokens.push(token.clone());
        self.put_own(&own)?;
        Ok(Some(token))
    }

    /// Seals an envelope for each device of an account (or one of them) and puts it into the post.
    pub(crate) fn post_to(
        &mut self,
        to: AccountId,
        only: Option<DeviceId>,
        token: Option<&Token>,
        kind: content::envelope_body::Kind,
        what: WaitingKind,
    ) -> Result<(), StepError> {
        let known = self.known(to)?.ok_or(StepError::Trouble(Trouble::NoSuchAccount))?;
        let (account, _) = verify_entry(&known.entry()).map_err(StepError::Skip)?;
        let theirs = self.contact(to)?.and_then(|c| c.their_token);
        let own = self.own()?;
        let sender = self.own_known()?.ok_or(StepError::Trouble(Trouble::NotEnrolled))?;
        let signer = self.signer()?;
        for device in account.state.devices.iter().filter(|d| only.is_none_or(|o| o == d.id)) {
            self.ours(&device.inbox.authority.to_string())?;
            let body = content::EnvelopeBody { sent_at_ms: self.now.get(), kind: Some(kind.clone()) }.encode_to_vec();
            let id = EnvelopeId::new(lacre_ground::random::bytes(self.rng));
            let statement = envelope_statement(to, device.id, id, &body);
            let signature = signer.sign(&statement).map_err(|e| StepError::Again(format!("{e:?}")))?;
            let envelope = content::Envelope {
                id: id.as_bytes().to_vec(),
                sender_device: own.device.as_bytes().to_vec(),
                sender: Some(sender.entry()),
                body,
                signature,
            };
            let padded = pad(&envelope.encode_to_vec());
            let sealed = seal::seal(&device.inbox_key, Label::EnvelopeSeal, device.inbox.channel.as_bytes(), &padded, self.rng)
                .map_err(|e| StepError::Skip(e.to_string()))?;
            let (token, stamped) = match (token.or(theirs.as_ref()), &device.public_token) {
                (Some(token), _) => (token.clone(), false),
                (None, Some(public)) => (public.clone(), true),
                (None, None) => return Err(Trouble::NotAccepted.into()),
            };
            let cargo = Cargo::Envelope {
                authority: device.inbox.authority.to_string(),
                inbox: device.inbox.channel,
                token,
                stamped,
                entry: EntryId::new(lacre_ground::random::bytes(self.rng)),
                sealed,
                to: Some(to),
                public: device.public_token.clone().filter(|_| !stamped),
            };
            self.enqueue(None, what, cargo)?;
        }
        Ok(())
    }

    /// Asks somebody whose directory entry was just verified.
    pub(crate) fn ask(&mut self, known: &Known, text: &str, link: Option<&Token>) -> Result<ContactRow, StepError> {
        self.no_reset_waits(known.account)?;
        let before = self.contact(known.account)?;
        if let Some(row) = &before {
            match row.state {
                _ if row.blocked.is_some() => return Err(Trouble::NotActive(Standing::Blocked).into()),
                _ if row.replaced.is_some() => return Err(Trouble::NewAccount.into()),
                ContactState::Asked if link.is_some() => {}
                ContactState::Accepted | ContactState::Asked => return Ok(row.clone()),
                ContactState::Asking => return self.accept(known.account),
                ContactState::Declined | ContactState::NotTaken => {}
            }
        }
        let token = self.hand_out_token()?.ok_or(StepError::Again("no inbox token is ready".into()))?;
        let kind = content::envelope_body::Kind::ContactRequest(content::ContactRequest {
            text: text.to_owned(),
            inbox_token: token.expose().to_vec(),
        });
        let mut row = before.unwrap_or_else(|| ContactRow::new(known, ContactState::Asked, self.now));
        (row.state, row.since) = (ContactState::Asked, self.now);
        row.text = text.to_owned();
        if let Some(unused) = row.own_token.replace(token) {
            self.withdraw_token(unused)?;
        }
        self.put_contact(&row)?;
        self.post_to(known.account, None, link, kind, WaitingKind::Request)?;
        Ok(row)
    }

    /// Says yes: answers with an own token and makes the conversation of two.
    pub(crate) fn accept(&mut self, account: AccountId) -> Result<ContactRow, StepError> {
        self.no_reset_waits(account)?;
        let mut row = self.contact(account)?.ok_or(StepError::Trouble(Trouble::NoSuchContact))?;
        match row.state {
            _ if row.blocked.is_some() => return Err(Trouble::NotActive(Standing::Blocked).into()),
            ContactState::Accepted => return Ok(row),
            ContactState::Asked | ContactState::NotTaken => return Err(Trouble::NotAccepted.into()),
            ContactState::Asking | ContactState::Declined => {}
        }
        if row.own_token.is_none() {
            row.own_token = self.hand_out_token()?;
        }
        let token = row.own_token.clone().ok_or(StepError::Again("no inbox token is ready".into()))?;
        row.state = ContactState::Accepted;
        self.put_contact(&row)?;
        let kind =
            content::envelope_body::Kind::ContactAccepted(content::ContactAccepted { inbox_token: token.expose().to_vec() });
        self.post_to(account, None, None, kind, WaitingKind::Request)?;
        self.two(&mut row)?;
        Ok(row)
    }

    /// The conversation of two with an accepted contact.
    fn two(&mut self, row: &mut ContactRow) -> Result<(), StepError> {
        let own = self.own()?;
        let admins = vec![own.account, row.account];
        let id =
            self.create_conversation(Kind::Two, "", &admins, std::slice::from_ref(&row.account), super::view::Suite::XWing)?;
        row.conversation = Some(id.0.clone());
        self.put_contact(row)?;
        self.release_held(row.account, &id.0)
    }

    /// Texts that waited for a contact go into the conversation's queue, in order.
    pub(crate) fn release_held(&mut self, contact: AccountId, conversation: &[u8]) -> Result<(), StepError> {
        let held: Vec<(u64, Item)> = self.s.scan(Table::Outbox, &held_scope(contact), 0, usize::MAX)?;
        for (number, item) in held {
            let Cargo::Held { text, id, file, .. } = item.cargo else { continue };
            self.drop_item(number)?;
            let Some(file) = file else {
                let kind = content::content::Kind::Text(content::Text { text, reply_to: Vec::new() });
                self.enqueue_content_as(id, conversation, WaitingKind::Text, kind, None)?;
                continue;
            };
            let file = content::File::decode(file.as_slice()).map_err(|e| StepError::Again(e.to_string()))?;
            let reference = file.blob.clone().unwrap_or_default();
            let blob = BlobId::try_from(reference.blob.as_slice()).map_err(|e| StepError::Again(e.to_string()))?;
            if self.s.get::<LocalBlob>(Table::Blob, blob.as_bytes())?.is_some() {
                let cargo = Cargo::Upload { authority: reference.authority.clone(), blob };
                self.enqueue(Some(conversation), WaitingKind::File, cargo)?;
            }
            let encoded = ByteBuf::from(reference.encode_to_vec());
            let kind = content::content::Kind::File(content::File { reply_to: Vec::new(), ..file });
            self.enqueue_content_as(id, conversation, WaitingKind::File, kind, Some(encoded))?;
        }
        Ok(())
    }

    pub(crate) fn hold(&mut self, contact: AccountId, text: String, file: Option<ByteBuf>) -> Result<ContentId, StepError> {
        self.has_room(Some(&held_scope(contact)))?;
        let id = ContentId::new(lacre_ground::random::bytes(self.rng));
        let what = if file.is_some() { WaitingKind::File } else { WaitingKind::Text };
        self.enqueue(Some(&held_scope(contact)), what, Cargo::Held { contact, text, id, file })?;
        Ok(id)
    }

    /// A new MLS group with this device alone, and the seal that adds the others.
    pub(crate) fn create_conversation(
        &mut self,
        kind: Kind,
        name: &str,
        admins: &[AccountId],
        others: &[AccountId],
        suite: super::view::Suite,
    ) -> Result<ConversationId, StepError> {
        let own = self.living()?;
        let signer = self.signer()?;
        let id: [u8; 32] = lacre_ground::random::bytes(self.rng);
        let context = content::ConversationContext {
            version: group::CONTEXT_VERSION,
            kind: match kind {
                Kind::Two => content::ConversationKind::Two,
                Kind::Group => content::ConversationKind::Group,
            }
            .into(),
            authority: own.authority.clone(),
            name: name.to_owned(),
            admins: admins.iter().map(|a| a.as_bytes().to_vec()).collect(),
            description: String::new(),
            may_add: content::Allowed::Admins.into(),
            may_write: content::Allowed::Everyone.into(),
            stays_s: 0,
            origin: None,
        };
        context.check().map_err(|e| StepError::Trouble(Trouble::Protocol(e.to_string())))?;
        let provider = self.provider();
        let credential = group::credential(own.account, own.device, &signer.public());
        let mls = group::create(&provider, &*signer, credential, &id, suite, &context)?;
        self.begin(&id, &mls)?;
        self.keep(mls);
        self.enqueue_adds(&id, others)?;
        self.reached("conversation: created")?;
        Ok(ConversationId(id.to_vec()))
    }

    /// One entry of the own inbox.
    pub(crate) fn receive_envelope(&mut self, entry: &Entry, skipped: Option<&str>) -> Result<bool, StepError> {
        let mut own = self.own_to_change()?;
        let seq = entry.seq.get();
        if seq <= own.inbox_cursor {
            return Ok(false);
        }
        own.inbox_cursor = seq;
        self.put_own(&own)?;
        self.reached("inbox: cursor moved")?;
        if let Some(why) = skipped {
            self.unreadable(None, why.to_owned())?;
            return Ok(true);
        }
        let secret = SealSecret::new(own.inbox_key.0);
        let opened = seal::open(&secret, Label::EnvelopeSeal, own.inbox.as_bytes(), &entry.ciphertext)
            .map_err(|e| StepError::Skip(e.to_string()))?;
        let bytes = unpad(&opened).map_err(|e| StepError::Skip(e.to_string()))?;
        let envelope = content::Envelope::decode(bytes).map_err(|e| StepError::Skip(e.to_string()))?;
        envelope.check().map_err(|e| StepError::Skip(e.to_string()))?;
        let id = EnvelopeId::try_from(envelope.id.as_slice()).map_err(|e| StepError::Skip(e.to_string()))?;
        if self.s.get::<u8>(Table::Seen, id.as_bytes())?.is_some() {
            return Ok(true);
        }
        let number = self.number()?;
        self.s.put(Table::Seen, id.as_bytes(), b"", number, &1u8)?;
        let entry = envelope.sender.clone().ok_or(StepError::Skip("no sender".into()))?;
        let (account, _) = verify_entry(&entry).map_err(StepError::Skip)?;
        let device = DeviceId::try_from(envelope.sender_device.as_slice()).map_err(|e| StepError::Skip(e.to_string()))?;
        let device = account.state.device(device).ok_or(StepError::Skip("the sender's device is not in its account".into()))?;
        let statement = envelope_statement(own.account, own.device, id, &envelope.body);
        super::receive::verify(&device.signature_key, &statement, &envelope.signature).map_err(StepError::Skip)?;
        let known = self.learn_account(&entry)?;
        let body = content::EnvelopeBody::decode(envelope.body.as_slice()).map_err(|e| StepError::Skip(e.to_string()))?;
        body.check().map_err(|e| StepError::Skip(e.to_string()))?;
        if !self.is_heard(&known, body.kind.as_ref())? {
            return Ok(true);
        }
        match body.kind {
            Some(content::envelope_body::Kind::ContactRequest(request)) => self.was_asked(&known, &request)?,
            Some(content::envelope_body::Kind::ContactAccepted(answer)) => self.was_accepted(&known, &answer)?,
            Some(content::envelope_body::Kind::Join(join)) => {
                let (envelope, from, join) = (id, known.account, join.encode_to_vec());
                let pending = PendingJoin { envelope, from, join, tries: 0, since: None, not_before: None };
                let number = self.number()?;
                self.s.put(Table::Join, id.as_bytes(), b"", number, &pending)?;
            }
            Some(content::envelope_body::Kind::ReAdd(request)) => self.asked_to_re_add(&known, device.id, &request)?,
            None => return Err(StepError::Skip("a newer kind of envelope".into())),
        }
        self.reached("inbox: processed")?;
        Ok(true)
    }

    fn was_asked(&mut self, known: &Known, request: &content::ContactRequest) -> Result<(), StepError> {
        let token = Token::try_from(request.inbox_token.as_slice()).map_err(|e| StepError::Skip(e.to_string()))?;
        let own = self.own()?;
        let mut row = match self.contact(known.account)? {
            Some(row) => row,
            None => ContactRow::new(known, ContactState::Asking, self.now),
        };
        row.their_token = Some(token);
        match row.state {
            ContactState::Accepted => return self.put_contact(&row),
            ContactState::Asked | ContactState::NotTaken => {
                // both asked: both want it. The smaller account id makes the conversation, so that there is one.
                self.put_contact(&row)?;
                if own.account < known.account {
                    row.state = ContactState::Asking;
                    self.put_contact(&row)?;
                    self.accept(known.account)?;
                    return self.event(Happening::ContactAccepted { account: *known.account.as_bytes() });
                }
                return Ok(());
            }
            ContactState::Asking | ContactState::Declined => {}
        }
        row.state = ContactState::Asking;
        row.text.clone_from(&request.text);
        row.since = self.now;
        self.put_contact(&row)?;
        self.event(Happening::ContactAsks { account: *known.account.as_bytes() })
    }

    fn was_accepted(&mut self, known: &Known, answer: &content::ContactAccepted) -> Result<(), StepError> {
        let token = Token::try_from(answer.inbox_token.as_slice()).map_err(|e| StepError::Skip(e.to_string()))?;
        let Some(mut row) = self.contact(known.account)? else {
            return Err(StepError::Skip("an answer to a request that was not made".into()));
        };
        if !matches!(row.state, ContactState::Asked | ContactState::NotTaken) {
            return Ok(());
        }
        row.their_token = Some(token);
        row.state = ContactState::Accepted;
        self.put_contact(&row)?;
        self.event(Happening::ContactAccepted { account: *known.account.as_bytes() })
    }
}

/// Queue of texts that wait for a contact.
pub(crate) fn held_scope(contact: AccountId) -> Vec<u8> {
    [b"held".as_slice(), contact.as_bytes()].concat()
}
