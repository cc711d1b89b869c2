//! A message as its row holds it: short names, and its text once. What its sender signed holds the text, so what is shown is
//! read from there wherever it says the same.

use super::content::body_of;
use super::lines::{Keyed, Placed, Proof, Stored};
use crate::words::Body;
use lacre_ground::ids::{AccountId, ContentId};
use lacre_ground::time::Millis;
use lacre_proto::content::v1 as content;
use prost::Message as _;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

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
