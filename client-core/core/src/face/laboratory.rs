//! What a device holds and what the relay holds, laid bare: for hostile members, second implementations, and proofs that
//! search one for keys to the other. Behind the feature `laboratory`, for an application has no use for it: what comes out
//! are this profile's own secrets.

use super::Client;
use crate::crypt::entry::ChannelKeys;
use crate::mls::signer::OwnKey;
use crate::network::{Entry, Lane, Network};
use crate::shelf::ContactRow;
use crate::sync::LOOKED;
use crate::view::{ContactState, ConversationId, Message};
use crate::words::{AccountTrouble, MessageTrouble, StepError, Trouble};
use crate::{book, history, shelf};
use lacre_ground::account::{AccountState, DEVICE};
use lacre_ground::address::Authority;
use lacre_ground::ids::{AccountId, ChannelId, DeviceId};
use lacre_ground::note::NoteSigner;
use lacre_ground::signed::NoteText as _;
use lacre_profile::rows::Content;
use lacre_profile::{Step, Table};
use lacre_proto::relay::v1 as wire;
use openmls::group::MlsGroup;
use openmls_libcrux_crypto::CryptoProvider;

impl Client {
    /// Lends out the conversation's MLS group with its step, cryptography and signature key, and rolls everything back
    /// afterwards: a laboratory for hostile members and second implementations.
    pub fn laboratory<T>(
        &mut self,
        conversation: &ConversationId,
        f: impl FnOnce(&mut MlsGroup, &Step<'_>, &CryptoProvider, &OwnKey) -> T,
    ) -> Result<T, Trouble> {
        let mut made = None;
        let result: Result<(), StepError> = self.engine.step(|cx| {
            let mut mls = shelf::take_group(cx, conversation)?;
            let signer = shelf::signer(cx)?;
            made = Some(f(&mut mls, cx.s, cx.crypto.inner(), &signer));
            Err(StepError::Again("rolled back".into()))
        });
        match (made, result) {
            (Some(made), _) => Ok(made),
            (None, Err(e)) => Err(e.into_trouble()),
            (None, Ok(())) => Err(Trouble::Message(MessageTrouble::NoSuchConversation)),
        }
    }

    /// The keys of the conversation's current channel, for proofs and tests: whoever has them reads this epoch.
    pub fn channel_keys(&mut self, conversation: &ConversationId) -> Result<ChannelKeys, Trouble> {
        self.engine.run(|cx| {
            let c = shelf::conv(cx, conversation)?.channel.clone();
            Ok(ChannelKeys { append_token: c.append, read_token: c.read, entry_key: c.entry_key.0 })
        })
    }

    /// Makes the owner of a genuine directory entry an accepted contact, without a word to anybody.
    pub fn suppose_contact(&mut self, entry: &wire::DirectoryEntry) -> Result<AccountId, Trouble> {
        self.engine.run(|cx| {
            let known = book::learn_account(cx, entry)?;
            let known_row = shelf::contact(cx, known.account)?;
            let row = known_row.unwrap_or_else(|| ContactRow::new(&known, ContactState::Accepted, cx.now));
            let mut row = shelf::new_contact(cx, row)?;
            row.state = ContactState::Accepted;
            shelf::put_contact(cx, row)?;
            Ok(known.account)
        })
    }

    /// The channel of the own inbox.
    pub fn inbox_channel(&mut self) -> Result<ChannelId, Trouble> {
        Ok(self.engine.own()?.inbox)
    }

    /// The own directory entry, as envelopes carry it.
    pub fn own_entry(&mut self) -> Result<wire::DirectoryEntry, Trouble> {
        let known = self.engine.run(shelf::own_known)?.ok_or(AccountTrouble::NotEnrolled)?;
        Ok(known.entry())
    }

    /// Changes the kept bytes of a message of a newer kind, as if the program had learnt what they are meanwhile.
    pub fn learn_kind(&mut self, message: &Message, change: impl FnOnce(&mut Vec<u8>)) -> Result<(), Trouble> {
        self.engine.run(|cx| {
            let mut stored = history::called(cx, &message.conversation, message.id)?.ok_or(MessageTrouble::NoSuchMessage)?;
            let proof = stored.proof.as_mut().ok_or(MessageTrouble::NoSuchMessage)?;
            change(&mut proof.content);
            history::put_stored(cx, &message.conversation, &stored)?;
            cx.s.delete(Table::Meta, LOOKED)?;
            Ok(())
        })
    }

    /// Everything that this profile holds, decrypted: the content of every row.
    pub fn held_contents(&mut self) -> Result<Vec<Content>, Trouble> {
        self.engine.run(|cx| Ok(cx.s.every_content()?))
    }

    /// The own directory entry with a further state, as if another device had been linked. Nothing is stored.
    pub fn entry_with_another_device(&mut self) -> Result<wire::DirectoryEntry, Trouble> {
        let own = self.engine.own()?;
        let mut entry = self.own_entry()?;
        let newest = entry.states.last().map(|raw| AccountState::stored(raw)).transpose();
        let newest = newest.map_err(|e| Trouble::Protocol(e.to_string()))?.ok_or(AccountTrouble::NotEnrolled)?;
        let signer = NoteSigner::new(DEVICE, &own.signing.0).map_err(|e| Trouble::Protocol(e.to_string()))?;
        let mut next = AccountState { number: newest.number + 1, previous: Some(newest.hash()), ..newest.into_inner() };
        let mut other = next.devices.first().cloned().ok_or(AccountTrouble::NotEnrolled)?;
        let other_signer = NoteSigner::new(DEVICE, &[9; 32]).map_err(|e| Trouble::Protocol(e.to_string()))?;
        (other.id, other.signature_key) = (DeviceId::new([9; 16]), other_signer.public().key());
        next.devices.push(other);
        entry.states.push(next.sign(&signer).map_err(|e| Trouble::Protocol(e.to_string()))?);
        Ok(entry)
    }

    /// The entries of a conversation's present channel as the relay stores them, and the channel's name.
    ///
    /// # Errors
    /// [`MessageTrouble::NoSuchConversation`](crate::MessageTrouble::NoSuchConversation), [`Trouble::Offline`], [`Trouble::Refused`].
    pub fn stored_entries(
        &mut self,
        net: &mut dyn Network,
        conversation: &ConversationId,
    ) -> Result<(ChannelId, Vec<Entry>), Trouble> {
        let conv = self.engine.run(|cx| shelf::conv(cx, conversation))?;
        let at = Authority::parse(&conv.authority).map_err(|e| Trouble::Protocol(e.to_string()))?;
        let mut all: Vec<Entry> = Vec::new();
        loop {
            let from_seq = all.last().map_or(1, |e| e.seq.get() + 1);
            let (channel, read_token) = (conv.channel.id.as_bytes().to_vec(), conv.channel.read.expose().to_vec());
            let page =
                net.fetch(&at, Lane::Conversations, wire::FetchRequest { channel, read_token, from_seq, max_entries: 1024 })?;
            if page.entries.is_empty() {
                return Ok((conv.channel.id, all));
            }
            for entry in page.entries {
                all.push(Entry::try_from(entry)?);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use lacre_profile::{NoObserver, Profile, Secret, StoreError, Table};
    use std::sync::Arc;

    #[test]
    fn every_row_of_a_profile_is_laid_bare_and_a_deleted_one_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let mut rng = lacre_ground::random::SystemRng;
        let mut profile =
            Profile::create(&dir.path().join("p"), Secret::KeyFile(&[7; 32]), &mut rng, Arc::new(NoObserver)).unwrap();
        let contents = profile
            .step(|s| -> Result<_, StoreError> {
                s.put_bytes(Table::Meta, b"one", b"", 1, b"first secret")?;
                s.put_bytes(Table::Contact, b"two", b"scope", 9, b"second secret")?;
                s.put_bytes(Table::Meta, b"gone", b"", 2, b"third secret")?;
                s.delete(Table::Meta, b"gone")?;
                s.every_content()
            })
            .unwrap();
        let mut plain: Vec<&[u8]> = contents.iter().map(|c| c.as_slice()).collect();
        plain.sort_unstable();
        // behind them the profile's own row of places (`profile/locks.rs`)
        assert_eq!((plain.len(), plain.get(..2)), (3, Some([b"first secret".as_slice(), b"second secret"].as_slice())));
    }
}
