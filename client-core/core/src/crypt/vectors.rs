//! Vectors for a second implementation: `tests/vectors/crypt.json` is compared with what this version makes.

use super::*;
use lacre_ground::ids::{ChannelId, EntryId};
use rand_core::{TryCryptoRng, TryRng};
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};

/// Gives 0, 1, 2 … 255, 0 …: the vectors' randomness can be written down.
struct Counting(u8);
impl TryRng for Counting {
    type Error = core::convert::Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        let mut b = [0; 4];
        self.try_fill_bytes(&mut b)?;
        Ok(u32::from_le_bytes(b))
    }
    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let mut b = [0; 8];
        self.try_fill_bytes(&mut b)?;
        Ok(u64::from_le_bytes(b))
    }
    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Self::Error> {
        for byte in dst {
            *byte = self.0;
            self.0 = self.0.wrapping_add(1);
        }
        Ok(())
    }
}
impl TryCryptoRng for Counting {}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

fn current() -> Value {
    let classes: Vec<Value> = [0usize, 508, 512, 513, 1_000, 1_024, 1_025, 65_537, 262_103, 1_000_000, 104_857_608]
        .into_iter()
        .map(|len| json!({ "length": len, "class": padme(len) }))
        .collect();

    let export: Vec<u8> = (0..96).collect();
    let keys = ChannelKeys::from_export(&export).unwrap();
    let id = EntryId::new([0xe1; 16]);
    let entries: Vec<Value> = [("", false), ("Buenos días", false), ("a commit would stand here", true)]
        .into_iter()
        .map(|(message, seal)| {
            let entry = seal_entry(&keys.entry_key, keys.channel(), id, seal, message.as_bytes(), &mut Counting(0));
            json!({ "message": hex(message.as_bytes()), "seal": seal, "entry": hex(&entry) })
        })
        .collect();

    let key = BlobKey::new([0xb1; 32]);
    let blobs: Vec<Value> = [0usize, 11, 66_000]
        .into_iter()
        .map(|len| {
            let content: Vec<u8> = (0..len).map(|n| u8::try_from(n % 251).unwrap()).collect();
            let mut blob = Vec::new();
            BlobSealer::new(&key, [0xb2; 16], u64::try_from(len).unwrap(), content.as_slice()).read_to_end(&mut blob).unwrap();
            let digest: [u8; 32] = <sha2::Sha256 as sha2::Digest>::digest(&blob).into();
            json!({
                "content_length": len, "size": blob.len(), "sha256": hex(&digest),
                "first_64_bytes": hex(&blob[..64]), "last_64_bytes": hex(&blob[blob.len() - 64..]),
            })
        })
        .collect();

    json!({
        "about": "bytes in lower-case hexadecimal; made by client-core/core/src/crypt/vectors.rs",
        "padme": classes,
        "entry": {
            "export_secret": hex(&export),
            "append_token": hex(keys.append_token.expose()),
            "read_token": hex(keys.read_token.expose()),
            "entry_key": hex(&keys.entry_key),
            "channel": hex(keys.channel().as_bytes()),
            "entry_id": hex(id.as_bytes()),
            "randomness": "the 32 bytes 00 01 02 … 1f",
            "entries": entries,
        },
        "blob": {
            "key": hex(key.expose()),
            "nonce_prefix": hex(&[0xb2; 16]),
            "content": "byte n is n mod 251",
            "blobs": blobs,
        },
    })
}

#[test]
fn the_vectors_are_what_this_version_makes() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors/crypt.json");
    let now = serde_json::to_string_pretty(&current()).unwrap() + "\n";
    let then = std::fs::read_to_string(path).unwrap_or_default();
    assert!(then == now, "tests/vectors/crypt.json should be:\n{now}");
}

#[test]
fn the_entries_and_blobs_of_the_vectors_open() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors/crypt.json")).unwrap();
    let vectors: Value = serde_json::from_str(&text).unwrap();
    let unhex = |v: &Value| data_encoding::HEXLOWER.decode(v.as_str().unwrap().as_bytes()).unwrap();

    let e = &vectors["entry"];
    let key: [u8; 32] = unhex(&e["entry_key"]).try_into().unwrap();
    let channel = ChannelId::try_from(unhex(&e["channel"]).as_slice()).unwrap();
    let id = EntryId::try_from(unhex(&e["entry_id"]).as_slice()).unwrap();
    let entries = e["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 3);
    for entry in entries {
        let opened = open_entry(&key, channel, id, entry["seal"].as_bool().unwrap(), &unhex(&entry["entry"])).unwrap();
        assert_eq!(*opened, unhex(&entry["message"]));
    }

    // the short blob stands whole in its two halves only when it is short: open the one that is made again
    let mut blob = Vec::new();
    BlobSealer::new(&BlobKey::new([0xb1; 32]), [0xb2; 16], 11, (0..11).collect::<Vec<u8>>().as_slice())
        .read_to_end(&mut blob)
        .unwrap();
    assert_eq!(hex(&blob[..64]), vectors["blob"]["blobs"][1]["first_64_bytes"].as_str().unwrap());
    let mut opener = BlobOpener::new(&BlobKey::new(unhex(&vectors["blob"]["key"]).try_into().unwrap()), Vec::new());
    opener.write_all(&blob).unwrap();
    assert_eq!(opener.finish().unwrap(), (0..11).collect::<Vec<u8>>());
}
