//! Head notes of casillas in one file, and what they say of a receipt (FORMAT.md, 4a).
//!
//! Of a receipt the first row that fits is said:
//!
//! | among the head notes of its relay and channel | says |
//! |---|---|
//! | one of its generation and *in time* lists other entries only | [`HeadSays::Withheld`]: the relay contradicts itself |
//! | none is there | [`HeadSays::OtherCasilla`] |
//! | none is of its generation | [`HeadSays::OtherStore`] |
//! | none of these is in time | [`HeadSays::OtherTime`] |
//! | none that is in time has its list | [`HeadSays::NoList`] |
//! | else | [`HeadSays::Holds`] |
//!
//! *In time* is what is later than the receipt by more than clocks may be apart, and by no more than two years: for so long at least
//! a relay remembers what it took ([`REMEMBERED_MS`]).

use super::container::{ContainerError, Form};
use super::record::{Issuer, Record};
use super::skew::SKEW_MS;
use super::trust::Trust;
use super::verdict::{Fault, FaultCode, LackCode, note_code};
use data_encoding::HEXLOWER;
use lacre_ground::head::{HeadNote, Ids};
use lacre_ground::ids::{EntryId, Generation, Identity};
use lacre_ground::note::NoteKey;
use lacre_ground::receipt::RELAY;
use lacre_ground::signed::Signed;
use lacre_ground::time::Millis;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;

/// Longest file of head notes, bytes.
pub const MAX_HEADS: usize = 64 << 20;

/// For so long after it took an entry a relay knows its id at least, milliseconds.
pub const REMEMBERED_MS: u64 = 730 * 86_400_000;

const FORM: Form = Form { kind: "lacre heads v", version: 1, bytes: MAX_HEADS, parts: 1 << 16 };

/// Head notes to be written.
#[derive(Clone, Default)]
pub struct Heads(pub Vec<HeadPart>);

/// One of them.
#[derive(Clone)]
pub struct HeadPart {
    /// the note as it came
    pub note: String,
    /// the ids that it counts, in whatever order; once in a file is enough for all notes that count the same
    pub ids: Option<Vec<EntryId>>,
}

impl Heads {
    /// The file's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let list = |ids: &Vec<EntryId>| {
            let mut sorted = ids.clone();
            sorted.sort_unstable();
            sorted.iter().map(|id| format!("{id}\n")).collect::<String>()
        };
        let texts: Vec<(String, String)> = self
            .0
            .iter()
            .enumerate()
            .flat_map(|(n, head)| {
                let ids = head.ids.as_ref().map(|ids| (format!("ids.{n}"), list(ids)));
                core::iter::once((format!("head.{n}"), head.note.clone())).chain(ids)
            })
            .collect();
        FORM.write(&texts.iter().map(|(name, text)| (name.clone(), Some(text.as_bytes()))).collect::<Vec<_>>())
    }
}

/// Whether this is a file of head notes, of whatever version.
#[must_use]
pub fn is_heads(bytes: &[u8]) -> bool {
    FORM.begins(bytes)
}

/// A head note that was checked.
#[derive(Clone, Debug)]
pub struct Head {
    /// what it says
    pub note: Signed<HeadNote>,
    /// the ids that it counts, in their order, if the file has them
    pub ids: Option<Vec<EntryId>>,
}

/// Head notes that were checked.
#[derive(Clone, Debug)]
pub struct ProvenHeads {
    /// SHA-256 of the file
    pub digest: [u8; 32],
    /// in the file's order
    pub heads: Vec<Head>,
}

/// The verdict on a file of head notes.
#[derive(Clone, Debug)]
pub enum HeadsVerdict {
    /// A trusted relay said all of it.
    Valid(ProvenHeads),
    /// Something is wrong.
    Invalid(Fault),
    /// Something is missing.
    Incomplete {
        /// what
        code: LackCode,
        /// as it is named in the format
        what: Vec<String>,
        /// whose word it is, if nobody has said whom to trust
        if_trusted: Option<ProvenHeads>,
    },
}

/// Checks a file of head notes; without a trust file it is INCOMPLETE at best.
#[must_use]
pub fn verify(bytes: &[u8], trust: Option<&Trust>) -> HeadsVerdict {
    let lack = |code, what: String, if_trusted| HeadsVerdict::Incomplete { code, what: vec![what], if_trusted };
    let heads = match parse(bytes) {
        Ok(heads) => heads,
        Err(ContainerError::Version(n)) => return lack(LackCode::Version, format!("{}{n}", FORM.kind), None),
        Err(ContainerError::Missing(part)) => return lack(LackCode::Missing, part, None),
        Err(e @ ContainerError::Shape(_)) => return HeadsVerdict::Invalid(fault(FaultCode::Container, "heads", &e)),
        Err(e @ ContainerError::Checksum) => return HeadsVerdict::Invalid(fault(FaultCode::Checksum, "heads", &e)),
    };
    let checked = heads.iter().enumerate().map(|(n, (note, ids))| check(n, note, ids.as_deref(), trust));
    match checked.collect::<Result<Vec<_>, _>>() {
        Err(fault) => HeadsVerdict::Invalid(fault),
        Ok(mut heads) => {
            share_lists(&mut heads);
            let proven = ProvenHeads { digest: Sha256::digest(bytes).into(), heads };
            match trust {
                Some(_) => HeadsVerdict::Valid(proven),
                None => lack(LackCode::Trust, "trust".to_owned(), Some(proven)),
            }
        }
    }
}

/// A list is that of every note that counts the same.
fn share_lists(heads: &mut [Head]) {
    let listed = heads.iter().filter_map(|head| Some((head.note.ids, head.ids.clone()?)));
    let lists: HashMap<Ids, Vec<EntryId>> = listed.collect();
    for head in heads.iter_mut().filter(|head| head.ids.is_none()) {
        head.ids = lists.get(&head.note.ids).cloned();
    }
}

fn fault(code: FaultCode, part: &str, detail: &impl ToString) -> Fault {
    Fault { code, part: part.to_owned(), detail: detail.to_string() }
}

/// Notes, each with the text of its list. They are numbered from 0 without gaps, and a list stands behind its note.
fn parse(bytes: &[u8]) -> Result<Vec<(String, Option<String>)>, ContainerError> {
    let found = FORM.read(bytes)?;
    let mut heads: Vec<(String, Option<String>)> = Vec::new();
    for (name, content) in &found.parts {
        let content = content.ok_or(ContainerError::Shape("nothing may be left out"))?;
        let text = core::str::from_utf8(content).map_err(|_| ContainerError::Shape("a text is not UTF-8"))?.to_owned();
        let (next, last) = (format!("head.{}", heads.len()), heads.len().checked_sub(1).map(|n| format!("ids.{n}")));
        if *name == next {
            heads.push((text, None));
        } else if Some((*name).to_owned()) == last
            && let Some((_, ids @ None)) = heads.last_mut()
        {
            *ids = Some(text);
        } else {
            return Err(ContainerError::Shape("an unknown part, or one out of order"));
        }
    }
    found.complete(heads.is_empty().then(|| "head.0".to_owned()))?;
    Ok(heads)
}

fn check(n: usize, raw: &str, ids: Option<&str>, trust: Option<&Trust>) -> Result<Head, Fault> {
    let (part, list) = (format!("head.{n}"), format!("ids.{n}"));
    let note = HeadNote::verify(raw).map_err(|e| fault(note_code(&e), &part, &e))?;
    if let Some(trust) = trust {
        let key = NoteKey::new(RELAY, note.relay.identity().as_bytes()).map_err(|e| fault(note_code(&e), &part, &e))?;
        if !trust.keys.relays.contains(&key) {
            return Err(fault(FaultCode::Keys, &part, &"a relay that the trust file does not name"));
        }
    }
    let ids = match ids {
        // nothing is there: the list of it is known
        None => (note.ids.count == 0).then(Vec::new),
        Some(text) => Some(ids_of(text).ok_or_else(|| fault(FaultCode::Note, &list, &"not ids in their order, one a line"))?),
    };
    let same = ids.as_ref().is_none_or(|ids| Ids::of(ids.iter().copied()) == note.ids);
    if same { Ok(Head { note, ids }) } else { Err(fault(FaultCode::Ids, &list, &"not the entries that the note counts")) }
}

/// One a line, each behind the one before.
fn ids_of(text: &str) -> Option<Vec<EntryId>> {
    if text.is_empty() {
        return Some(Vec::new());
    }
    let ids = text.strip_suffix('\n')?.split('\n').map(|line| EntryId::from_hex(line).ok()).collect::<Option<Vec<_>>>()?;
    ids.is_sorted_by(|a, b| a < b).then_some(ids)
}

/// What head notes say of a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadSays {
    /// The relay signed a receipt for an entry, and later that it is not there: it contradicts itself.
    Withheld {
        /// when it said that
        time: Millis,
        /// which note of the file
        number: usize,
    },
    /// None is of this channel, or of this relay: nothing is said of the receipt.
    OtherCasilla,
    /// All are of another store of the relay, from before or behind a restore.
    OtherStore,
    /// None is later than the receipt, or all are so much later that the relay need not remember.
    OtherTime,
    /// The list of entries is not in the file.
    NoList,
    /// The relay says that the entry is there.
    Holds {
        /// when it said so last
        time: Millis,
    },
}

impl HeadSays {
    /// The code, the same in every language and program.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Withheld { .. } => "withheld",
            Self::OtherCasilla => "other-casilla",
            Self::OtherStore => "other-store",
            Self::OtherTime => "other-time",
            Self::NoList => "no-list",
            Self::Holds { .. } => "holds",
        }
    }
}

impl ProvenHeads {
    /// What they say of a relay's receipt; none for a record that is none.
    #[must_use]
    pub fn says(&self, receipt: &Record) -> Option<HeadSays> {
        let (Issuer::Relay(relay), Some(of)) = (&receipt.issuer, &receipt.submission) else { return None };
        let same = |h: &HeadNote| h.relay.identity() == relay.identity() && h.channel == of.channel;
        let here: Vec<(usize, &Head)> = self.heads.iter().enumerate().filter(|(_, head)| same(&head.note)).collect();
        let store = |g: Generation| here.iter().filter(move |(_, head)| head.note.generation == g);
        let (from, through) = (receipt.time.plus(SKEW_MS), receipt.time.plus(REMEMBERED_MS));
        let in_time = || store(of.generation).filter(|(_, head)| from < head.note.time && head.note.time <= through);
        let lists = || in_time().filter_map(|(n, head)| Some((*n, head.note.time, head.ids.as_ref()?)));
        if let Some((number, time, _)) = lists().find(|(_, _, ids)| ids.binary_search(&of.entry).is_err()) {
            return Some(HeadSays::Withheld { time, number });
        }
        Some(if here.is_empty() {
            HeadSays::OtherCasilla
        } else if store(of.generation).next().is_none() {
            HeadSays::OtherStore
        } else if in_time().next().is_none() {
            HeadSays::OtherTime
        } else {
            lists().map(|(_, time, _)| time).max().map_or(HeadSays::NoList, |time| HeadSays::Holds { time })
        })
    }

    /// The relays whose word it is.
    #[must_use]
    pub fn relays(&self) -> Vec<Identity> {
        let mut all: Vec<Identity> = self.heads.iter().map(|head| head.note.relay.identity()).collect();
        all.dedup();
        all
    }

    /// Office and key of each relay, for a person to compare.
    #[must_use]
    pub fn fingerprints(&self) -> Vec<(&'static str, String)> {
        self.relays().iter().map(|relay| ("relay", HEXLOWER.encode(relay.as_bytes()))).collect()
    }
}
