//! The account as an address for notices: the person's word, a casilla, and grants for it.

use super::{Notices, right, texts};
use crate::people::Me;
use crate::relay::v1 as pb;
use crate::wire::{self, Key, h, random, token_hash};
use crate::{Fail, now};
use data_encoding::{BASE64, HEXLOWER};
use hpke::{Kem as _, Serializable as _, aead::ChaCha20Poly1305, kdf::HkdfSha256, kem::XWing};
use std::collections::HashMap;

const SUITE: [u8; 2] = [0, 1];
const ENCAPSULATED: usize = 1_120;
const ONCE: usize = 16;
const DAY_MS: u64 = 86_400_000;

/// A casilla with its notice key. Here it is one for good, and not one for each month.
pub struct Casilla {
    pub name: Key,
    pub read: Key,
    private: <XWing as hpke::Kem>::PrivateKey,
    public: <XWing as hpke::Kem>::PublicKey,
    /// the periods of the grants that this device made for it, by the hashes of their notes
    pub grants: HashMap<Key, texts::Period>,
}

impl Casilla {
    fn new() -> Self {
        let ((private, public), read) = (XWing::gen_keypair(), random());
        let name = h("lacre casilla v1", &[&[3], &token_hash(&read)]);
        Self { name, read, private, public, grants: HashMap::new() }
    }

    fn info() -> Vec<u8> {
        wire::msg("lacre notice seal v1", &[&SUITE])
    }

    /// What was sealed to the notice key for this casilla.
    pub fn open(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        let (key, sealed) = sealed.strip_prefix(&SUITE)?.split_at_checked(ENCAPSULATED)?;
        let key = hpke::Deserializable::from_bytes(key).ok()?;
        let mode = hpke::OpModeR::Base;
        hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, XWing>(
            &mode,
            &self.private,
            &key,
            &Self::info(),
            sealed,
            &self.name,
        )
        .ok()
    }

    /// Seals as a body does, with this chance.
    pub fn seal(&self, chance: &mut super::header::Given, plain: &[u8]) -> Option<Vec<u8>> {
        let mode = hpke::OpModeS::Base;
        let (key, sealed) = hpke::single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, XWing>(
            &mode,
            &self.public,
            &Self::info(),
            plain,
            &self.name,
            chance,
        )
        .ok()?;
        Some([SUITE.as_slice(), &key.to_bytes(), &sealed].concat())
    }
}

impl Me {
    /// Designates the account, opens a casilla and hands in grants; says how many of kind once the registrar has.
    pub fn address(&mut self, statement: &str) -> Result<u32, Fail> {
        let session = self.own.session(&mut self.net)?;
        let account = HEXLOWER.encode(&self.own.account.id);
        let text =
            format!("lacre designation v1\naccount {account}\nmade {:.3}\nstatement {statement}\n", jiff::Timestamp::now());
        let designation = wire::sign_note(&text, "lacre-device", &self.own.sign);
        self.net.designate(pb::DesignateRequest { session: session.clone(), designation })?;
        let mut casilla = Casilla::new();
        let stamp = self.own.stamp(&mut self.net)?;
        self.net.open_casilla(pb::OpenRequest {
            class: pb::ChannelClass::Casilla.into(),
            channel: casilla.name.to_vec(),
            append: Vec::new(),
            read_token_hash: token_hash(&casilla.read).to_vec(),
            stamp,
        })?;
        let (mut grants, mut add) = (Vec::new(), Vec::new());
        for n in 0..=ONCE {
            let (token, kept) = right(n < ONCE);
            grants.push(pb::SealedGrant { grant: self.grant(&mut casilla, &token, n < ONCE), token: token.to_vec() });
            add.push(kept);
        }
        let (channel, read_token) = (casilla.name.to_vec(), casilla.read.to_vec());
        self.net.casilla_rights(pb::ChangeTokensRequest { channel, read_token, add, remove: Vec::new() })?;
        let last_resort = grants.split_off(ONCE);
        let designations = vec![texts::note_hash(&text)];
        self.notices = Notices { casilla: Some(casilla), designations, ..Default::default() };
        let answer = self.net.put_grants(pb::PutGrantsRequest { session, once: grants, last_resort, replace_all: true })?;
        Ok(answer.remaining)
    }

    fn grant(&self, casilla: &mut Casilla, token: &Key, once: bool) -> String {
        let period = texts::Period { from: now() - DAY_MS / 2, until: now() + 395 * DAY_MS };
        let time = |ms: u64| format!("{:.3}", jiff::Timestamp::from_millisecond(ms as i64).unwrap_or_default());
        let text = format!(
            "lacre grant v1\nid {}\naccount {}\nkind {}\nrelay {}\nchannel {}\nappend {}\nkey 0001 {}\nfrom {}\nuntil {}\n",
            HEXLOWER.encode(&random::<16>()),
            HEXLOWER.encode(&self.own.account.id),
            if once { "once" } else { "last resort" },
            self.own.relay.text,
            HEXLOWER.encode(&casilla.name),
            HEXLOWER.encode(&token_hash(token)),
            BASE64.encode(&casilla.public.to_bytes()),
            time(period.from),
            time(period.until),
        );
        casilla.grants.insert(texts::note_hash(&text), period);
        wire::sign_note(&text, "lacre-device", &self.own.sign)
    }
}
