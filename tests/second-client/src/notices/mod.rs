//! Official notices: section 24 of PROTOCOL.md, and sections 4 to 5b of audit/FORMAT.md. The account as an address, what comes to
//! its casilla, and what is answered.

mod address;
mod answer;
mod check;
mod header;
mod texts;

use crate::Fail;
use crate::people::Me;
use crate::relay::v1 as pb;
use crate::wire::{Key, random, sha256, token_hash};
use data_encoding::HEXLOWER;
use prost::Message as _;
use serde_json::{Value, json};

pub use address::Casilla;

/// Why a notice does not count: a code of section 6 of audit/FORMAT.md, and the reason with which it is answered.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wrong {
    code: &'static str,
    said: &'static str,
}

impl Wrong {
    pub const fn new(code: &'static str) -> Self {
        Self { code, said: "does-not-match" }
    }
}

/// What a device has of notices.
#[derive(Default)]
pub struct Notices {
    casilla: Option<Casilla>,
    /// hashes of the designations that were made here
    designations: Vec<Key>,
    /// the keys with which the registrar signs, as the relay introduced them; kept for ever
    registrars: Vec<Key>,
    held: Vec<Held>,
    /// what could not be opened, or was not made from its seed: nobody is known who could be answered
    nameless: Vec<Value>,
    read_to: u64,
}

/// A notice that came.
struct Held {
    notice: texts::Notice,
    /// hash of N
    hash: Key,
    header: header::Header,
    digest: Key,
    accepted: u64,
    files: Vec<Option<Vec<u8>>>,
    wrong: Option<Wrong>,
    /// how many places of the return channel are known to be taken
    answered: u32,
    /// what was answered
    said: Vec<String>,
}

impl Notices {
    /// Everything that came, also what is wrong.
    pub fn shown(&self) -> Vec<Value> {
        let held = self.held.iter().map(|held| {
            let n = &held.notice;
            let file = |(f, bytes): (&texts::File, &Option<Vec<u8>>)| {
                let text = bytes.as_ref().and_then(|b| core::str::from_utf8(b).ok());
                json!({ "name": f.name, "media": f.media, "length": f.length, "sha256": HEXLOWER.encode(&f.sha256), "text": text })
            };
            json!({
                "id": n.id,
                "invalid": held.wrong.map(|w| w.code),
                "agency": n.agency,
                "run": n.run,
                "standing": n.standing,
                "type": n.kind,
                "term": n.term,
                "case": n.case,
                "procedure": n.procedure,
                "subject": n.subject,
                "description": n.description,
                "accepted_at_ms": held.accepted,
                "files": n.files.iter().zip(&held.files).map(file).collect::<Vec<_>>(),
                "said": held.said,
            })
        });
        held.chain(self.nameless.iter().cloned()).collect()
    }
}

impl Me {
    /// Reads the casilla to its end; says how many notices came.
    pub fn read_notices(&mut self) -> Result<usize, Fail> {
        self.learn_registrar()?;
        let mut came = 0;
        loop {
            let casilla = self.notices.casilla.as_ref().ok_or("no address for notices")?;
            let (channel, read_token) = (casilla.name.to_vec(), casilla.read.to_vec());
            let from_seq = self.notices.read_to + 1;
            let page = self.net.fetch_casilla(pb::FetchRequest { channel, read_token, from_seq, max_entries: 1024 })?;
            if page.entries.is_empty() {
                return Ok(came);
            }
            for entry in page.entries {
                self.take(&entry)?;
                self.notices.read_to = entry.seq;
                came += 1;
            }
        }
    }

    /// Takes one entry: opened, checked, answered.
    fn take(&mut self, entry: &pb::Entry) -> Result<(), Fail> {
        let casilla = self.notices.casilla.as_ref().ok_or("no address for notices")?;
        let (id, accepted) = (HEXLOWER.encode(&entry.entry_id), entry.accepted_at_ms);
        let unreadable = |wrong: Wrong| json!({ "id": null, "invalid": wrong.code, "entry": id, "accepted_at_ms": accepted });
        let opened = pb::NoticeEnvelope::decode(entry.ciphertext.as_slice())
            .map_err(|_| Wrong::new("envelope"))
            .and_then(|envelope| Ok((header::Header::open(casilla, &envelope.header)?, envelope)));
        let (header, envelope) = match opened {
            Ok(opened) => opened,
            Err(wrong) => {
                self.notices.nameless.push(unreadable(wrong));
                return Ok(());
            }
        };
        let (notice, hash) = match texts::Notice::unverified(&header.notice) {
            Ok(read) => read,
            Err(wrong) => {
                self.notices.nameless.push(unreadable(wrong));
                return Ok(());
            }
        };
        let mut wrong = check::check(&self.own, &self.notices, casilla, &header, accepted).err();
        if header::entry_id(&header.seed) != entry.entry_id.as_slice() {
            wrong = wrong.or(Some(Wrong::new("envelope")));
        }
        let sealed = self.sealed_files(&header, &envelope.files);
        let hashes = sealed.iter().map(|f| f.as_ref().map(|f| sha256(f))).zip(&notice.files);
        let digest = header::digest(&envelope.header, hashes.map(|(found, named)| found.unwrap_or(named.sealed)));
        let mut files = Vec::new();
        if sealed.len() != notice.files.len() {
            wrong = wrong.or(Some(Wrong::new("file")));
        }
        for (i, (sealed, named)) in sealed.iter().zip(&notice.files).enumerate() {
            match sealed.as_ref().map(|sealed| header::file(&header.seed, i, sealed, named)).transpose() {
                Ok(file) => files.push(file),
                Err(why) => {
                    wrong = wrong.or(Some(why));
                    files.push(None);
                }
            }
        }
        let mut held = Held { notice, hash, header, digest, accepted, files, wrong, answered: 0, said: Vec::new() };
        self.hand_over(&mut held)?;
        self.notices.held.push(held);
        Ok(())
    }

    /// The sealed files: from the entry, or from where its seed says; none where a blob is gone.
    fn sealed_files(&mut self, header: &header::Header, files: &[pb::SealedFile]) -> Vec<Option<Vec<u8>>> {
        let fetch = |(i, file): (usize, &pb::SealedFile)| match &file.place {
            Some(pb::sealed_file::Place::Here(bytes)) => Some(bytes.clone()),
            // the name that the seed gives, whatever the entry says
            Some(pb::sealed_file::Place::Blob(named)) => {
                let (blob, read_token) = header::blob(&header.seed, i);
                let request = pb::GetRequest { blob: blob.to_vec(), read_token: read_token.to_vec(), offset: 0 };
                if *named == blob { self.net.get_blob(request).ok() } else { None }
            }
            None => None,
        };
        files.iter().enumerate().map(fetch).collect()
    }

    /// The registrar's key, as the relay introduces it.
    fn learn_registrar(&mut self) -> Result<(), Fail> {
        let note = self.net.info(pb::GetInfoRequest {})?.registrar;
        let key = texts::registrar(&note, &self.own.relay.identity)?;
        if !self.notices.registrars.contains(&key) {
            self.notices.registrars.push(key);
        }
        Ok(())
    }
}

/// A right to write, and what the relay keeps of it.
fn right(once: bool) -> (Key, pb::AppendRight) {
    let token = random();
    (token, pb::AppendRight { token_hash: token_hash(&token).to_vec(), stamped: false, once })
}
