//! A message of the history, and its row: short names, and its text once. What its sender signed holds the text, so what is shown is
//! read from there wherever it says the same.

use super::content::body_of;
use crate::words::Body;
use lacre_ground::ids::{AccountId, ChannelId, ContentId, DeviceId, EntryId};
use lacre_ground::time::Millis;
use lacre_proto::content::v1 as content;
use prost::Message as _;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

/// What a row of the history is found by: an id is its maker's choice, so it says nothing without its maker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Keyed {
    /// conversation and id: rows of before
    #[default]
    ById,
    /// conversation, account and id: what somebody said
    BySender,
    /// conversation and id, in a space where no content is: what this device says of what it met
    Line,
}

/// One message of the history.
#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "Packed", into = "Packed")]
pub(crate) struct Stored {
    /// as its sender named it
    pub(crate) id: ContentId,
    pub(crate) sender: AccountId,
    pub(crate) sent_at: Millis,
    pub(crate) accepted_at: Millis,
    pub(crate) body: Body,
    /// a file's place and key: an encoded `BlobRef`
    pub(crate) blob: Option<ByteBuf>,
    /// the content as its sender signed it (of an edited message the newest), the signature, and where the relay stored it:
    /// what a report needs
    pub(crate) proof: Option<Proof>,
    pub(crate) place: Placed,
    pub(crate) keyed: Keyed,
    /// what this profile calls it, where another message has that id already
    pub(crate) name: Option<ContentId>,
}

/// What stands around a message: it changes after the message was stored. The long names are those of rows of before.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Placed {
    /// its place in the history
    #[serde(rename = "p", alias = "position")]
    pub(crate) position: u64,
    #[serde(rename = "r", alias = "reply_to", default, skip_serializing_if = "Option::is_none")]
    pub(crate) reply_to: Option<ContentId>,
    /// whose message that is, if it was said
    #[serde(rename = "w", default, skip_serializing_if = "Option::is_none")]
    pub(crate) reply_to_by: Option<AccountId>,
    #[serde(rename = "e", alias = "edited_at", default, skip_serializing_if = "Option::is_none")]
    pub(crate) edited_at: Option<Millis>,
    /// when it was first sent, if it was sent again to a new account of its reader
    #[serde(default)]
    pub(crate) again: Option<Millis>,
    /// one sign for each account
    #[serde(rename = "s", alias = "reactions", default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) reactions: Vec<(AccountId, String)>,
    /// seconds that it stays; 0 for ever
    #[serde(rename = "y", alias = "stays_s")]
    pub(crate) stays_s: u32,
    /// when it disappears, once that has begun to count
    #[serde(rename = "g", alias = "gone_at", default, skip_serializing_if = "Option::is_none")]
    pub(crate) gone_at: Option<Millis>,
}

/// What proves who wrote a message (PROTOCOL.md, 17).
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Proof {
    /// the MLS group that it was said in: a conversation may have had several
    #[serde(rename = "g", alias = "group")]
    pub(crate) group: ByteBuf,
    #[serde(rename = "d", alias = "device")]
    pub(crate) device: DeviceId,
    #[serde(rename = "h", alias = "channel")]
    pub(crate) channel: ChannelId,
    #[serde(rename = "e", alias = "entry")]
    pub(crate) entry: EntryId,
    #[serde(rename = "q", alias = "seq")]
    pub(crate) seq: u64,
    #[serde(rename = "c", alias = "content", with = "serde_bytes")]
    pub(crate) content: Vec<u8>,
    #[serde(rename = "s", alias = "signature", with = "serde_bytes")]
    pub(crate) signature: Vec<u8>,
}

impl Stored {
    /// Keeps the place in the history and nothing else.
    pub(crate) fn empty(&mut self, here_only: bool) {
        self.body = Body::Deleted { here_only };
        self.blob = None;
        self.proof = None;
        let Placed { position, stays_s, gone_at, .. } = self.place;
        self.place = Placed { position, stays_s, gone_at, ..Placed::default() };
    }

    /// What people call it here.
    pub(crate) fn name(&self) -> ContentId {
        self.name.unwrap_or(self.id)
    }

    /// A line of this device's own, about what somebody did.
    pub(crate) fn line(id: ContentId, by: AccountId, at: Millis, body: Body) -> Self {
        let place = Placed::default();
        let (blob, proof, keyed, name) = (None, None, Keyed::Line, None);
        Self { id, sender: by, sent_at: at, accepted_at: at, body, blob, proof, place, keyed, name }
    }

    pub(crate) fn is_content(&self) -> bool {
        matches!(self.body, Body::Text(_) | Body::File { .. })
    }
}

/// The row. The long names are those of rows of before.
#[derive(Serialize, Deserialize)]
pub(super) struct Packed {
    #[serde(rename = "i", alias = "id")]
    id: ContentId,
    #[serde(rename = "s", alias = "sender")]
    sender: AccountId,
    #[serde(rename = "t", alias = "sent_at")]
    sent_at: Millis,
    #[serde(rename = "a", alias = "accepted_at")]
    accepted_at: Millis,
    /// none: as it was signed
    #[serde(rename = "b", alias = "body", default, skip_serializing_if = "Option::is_none")]
    body: Option<Body>,
    #[serde(rename = "f", alias = "blob", default, skip_serializing_if = "Option::is_none")]
    blob: Option<ByteBuf>,
    #[serde(rename = "p", alias = "proof", default, skip_serializing_if = "Option::is_none")]
    proof: Option<Proof>,
    #[serde(rename = "l", alias = "place")]
    place: Placed,
    #[serde(rename = "k", alias = "keyed", default)]
    keyed: Keyed,
    #[serde(rename = "n", alias = "name", default, skip_serializing_if = "Option::is_none")]
    name: Option<ContentId>,
}

/// What a signed content shows, and where its file lies; of an edit its text.
fn shown(proof: &Proof) -> Option<(Body, Option<ByteBuf>)> {
    match content::Content::decode(proof.content.as_slice()).ok()?.kind? {
        content::content::Kind::Edit(edit) => Some((Body::Text(edit.text), None)),
        content::content::Kind::File(file) => {
            let blob = file.blob.as_ref().map(|blob| ByteBuf::from(blob.encode_to_vec()));
            Some((Body::File { name: file.name, size: file.size }, blob))
        }
        kind => Some((body_of(kind)?, None)),
    }
}

impl From<Stored> for Packed {
    fn from(stored: Stored) -> Self {
        let Stored { id, sender, sent_at, accepted_at, body, blob, proof, place, keyed, name } = stored;
        let (body, blob) = match proof.as_ref().and_then(shown) {
            Some(signed) if (&signed.0, &signed.1) == (&body, &blob) => (None, None),
            _ => (Some(body), blob),
        };
        Self { id, sender, sent_at, accepted_at, body, blob, proof, place, keyed, name }
    }
}

impl From<Packed> for Stored {
    fn from(packed: Packed) -> Self {
        let Packed { id, sender, sent_at, accepted_at, body, blob, proof, place, keyed, name } = packed;
        let (body, blob) = match body {
            Some(body) => (body, blob),
            // it was read from there when the row was written
            None => proof.as_ref().and_then(shown).unwrap_or((Body::Newer, None)),
        };
        Self { id, sender, sent_at, accepted_at, body, blob, proof, place, keyed, name }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lacre_ground::ids::{ChannelId, DeviceId, EntryId};
    use lacre_profile::{NoObserver, Profile, Secret, StoreError, Table};
    use std::sync::Arc;

    fn stored(kind: Option<content::content::Kind>, body: Body, blob: Option<ByteBuf>) -> Stored {
        let content = content::Content { id: vec![1; 16], sent_at_ms: 5, stays_s: 0, again_ms: 0, kind }.encode_to_vec();
        let proof = Proof {
            group: ByteBuf::from(vec![2; 32]),
            device: DeviceId::new([3; 16]),
            channel: ChannelId::new([4; 32]),
            entry: EntryId::new([5; 16]),
            seq: 6,
            content,
            signature: vec![7; 64],
        };
        Stored {
            id: ContentId::new([1; 16]),
            sender: AccountId::new([8; 32]),
            sent_at: Millis::new(5),
            accepted_at: Millis::new(6),
            body,
            blob,
            proof: Some(proof),
            place: Placed { position: 9, ..Placed::default() },
            keyed: Keyed::BySender,
            name: None,
        }
    }

    /// As a profile gives it back, and how many bytes it is there.
    fn there_and_back(stored: &Stored) -> (Stored, usize) {
        let dir = tempfile::tempdir().unwrap();
        let (secret, mut rng) = (Secret::KeyFile(&[7; 32]), lacre_ground::random::SystemRng);
        let mut profile = Profile::create(&dir.path().join("p"), secret, &mut rng, Arc::new(NoObserver)).unwrap();
        let row = profile.step(|s| -> Result<_, StoreError> {
            s.put(Table::Message, b"one", b"", 1, stored)?;
            let length = s.get_bytes(Table::Message, b"one")?.map_or(0, |bytes| bytes.len());
            Ok(s.get(Table::Message, b"one")?.map(|stored| (stored, length)))
        });
        row.unwrap().unwrap()
    }

    #[test]
    fn what_is_shown_comes_back_whether_it_is_what_was_signed_or_not() {
        let text = |text: &str| content::content::Kind::Text(content::Text { text: text.to_owned(), ..Default::default() });
        let edit = content::content::Kind::Edit(content::Edit { target: vec![1; 16], text: "better".into() });
        let blob = content::BlobRef { blob: vec![1; 32], ..Default::default() };
        let file = content::File { name: "a".into(), size: 1, blob: Some(blob.clone()), ..Default::default() };
        let blob = Some(ByteBuf::from(blob.encode_to_vec()));
        let cases = [
            (Some(text("signed")), Body::Text("signed".into()), None),
            (Some(edit), Body::Text("better".into()), None),
            (Some(content::content::Kind::File(file)), Body::File { name: "a".into(), size: 1 }, blob),
            (Some(text("signed")), Body::Refused, None),
            (None, Body::Newer, None),
            (Some(text("signed")), Body::Text("another".into()), None),
        ];
        for (kind, body, blob) in cases {
            let before = stored(kind, body.clone(), blob.clone());
            let (after, _) = there_and_back(&before);
            assert_eq!((after.body, after.blob), (body, blob));
        }
    }

    #[test]
    fn a_text_stands_in_its_row_once() {
        let kind = |text: &str| content::content::Kind::Text(content::Text { text: text.to_owned(), ..Default::default() });
        let bytes = |length: usize| {
            let text = "x".repeat(length);
            there_and_back(&stored(Some(kind(&text)), Body::Text(text.clone()), None)).1
        };
        assert!(bytes(10_000) < 10_500, "{} bytes", bytes(10_000));
        assert!(bytes(100) < 460, "{} bytes", bytes(100));
    }
}
