//! The notes of a notice: section 4 of audit/FORMAT.md. Each line in its place and in one spelling. (Which comunas there are
//! is not known here: a certificate's place is its registrar's word.)

use super::Wrong;
use crate::Fail;
use crate::account::{Lines, hex};
use crate::wire::{self, Key, h};
use data_encoding::HEXLOWER;

/// The hash of a note's text.
pub fn note_hash(text: &str) -> Key {
    h("lacre note hash v1", &[text.as_bytes()])
}

/// Its text, if the note is of its form and one of these keys signed it under this name.
pub fn signed<'a>(note: &'a str, name: &str, keys: &[Key]) -> Result<&'a str, Wrong> {
    wire::note_text(note).map_err(|_| Wrong::new("note"))?;
    keys.iter().find_map(|key| wire::open_note(note, name, key).ok()).ok_or(Wrong::new("signature"))
}

fn time(text: &str) -> Result<u64, Fail> {
    let at: jiff::Timestamp = text.parse().map_err(|_| "not a time")?;
    let millis = u64::try_from(at.as_millisecond()).map_err(|_| "not a time")?;
    if format!("{at:.3}") == text { Ok(millis) } else { Err("a time in another spelling".into()) }
}

fn number(text: &str) -> Result<u64, Fail> {
    let number: u64 = text.parse().map_err(|_| "not a number")?;
    if number.to_string() == text { Ok(number) } else { Err("a number in another spelling".into()) }
}

fn line(most: usize) -> impl Fn(&str) -> Result<String, Fail> {
    move |text| {
        let good = (1..=most).contains(&text.len()) && text.trim() == text;
        if good { Ok(text.to_owned()) } else { Err("a text that is empty, too long or not trimmed".into()) }
    }
}

fn ed25519(text: &str) -> Result<Key, Fail> {
    hex(text.strip_prefix("ed25519 ").ok_or("another kind of key")?)
}

fn or_none<T>(text: &str, form: impl Fn(&str) -> Result<T, Fail>) -> Result<Option<T>, Fail> {
    if text == "none" { Ok(None) } else { form(text).map(Some) }
}

fn ensure(good: bool) -> Result<(), Fail> {
    if good { Ok(()) } else { Err("another value than those that there are".into()) }
}

fn named(text: &str) -> Result<(String, Key), Fail> {
    let (name, hash) = text.rsplit_once(' ').ok_or("a name without a hash")?;
    Ok((line(64)(name)?, hex(hash)?))
}

fn state(text: &str) -> Result<(u64, Key), Fail> {
    let (at, hash) = text.split_once(' ').ok_or("a state without a hash")?;
    Ok((number(at)?, hex(hash)?))
}

/// What the registrar introduces itself with: its key.
pub fn registrar(note: &str, relay: &Key) -> Result<Key, Fail> {
    let mut lines = Lines::of(wire::open_note(note, "lacre-relay", relay)?, "lacre registrar v1")?;
    let key = ed25519(lines.value("key")?)?;
    time(lines.value("from")?)?;
    lines.end()?;
    Ok(key)
}

/// From when to when, both included, in milliseconds since 1970.
#[derive(Clone, Copy)]
pub struct Period {
    pub from: u64,
    pub until: u64,
}

impl Period {
    fn read(lines: &mut Lines<'_>) -> Result<Self, Fail> {
        Ok(Self { from: time(lines.value("from")?)?, until: time(lines.value("until")?)? })
    }
    pub fn holds(self, at: u64) -> bool {
        (self.from..=self.until).contains(&at)
    }
}

pub struct Certificate {
    pub code: String,
    pub key: Key,
    pub place: String,
    pub period: Period,
}

impl Certificate {
    pub fn read(text: &str) -> Result<Self, Fail> {
        let mut lines = Lines::of(text, "lacre agency v1")?;
        let code = line(16)(lines.value("code")?)?;
        line(200)(lines.value("name")?)?;
        let key = ed25519(lines.value("key")?)?;
        let place = lines.value("place")?.to_owned();
        let period = Period::read(&mut lines)?;
        lines.end()?;
        Ok(Self { code, key, place, period })
    }
}

/// Whom the registrar names, and by what.
pub struct Named {
    pub account: Key,
    pub state: (u64, Key),
    pub grant: Key,
    pub designation: Key,
}

pub struct Lookup {
    pub agency: String,
    pub certificate: Key,
    pub person: Key,
    /// none: exempt, or no account
    pub named: Option<Named>,
    pub asked: u64,
}

impl Lookup {
    pub fn read(text: &str) -> Result<Self, Fail> {
        let mut lines = Lines::of(text, "lacre lookup v2")?;
        hex::<16>(lines.value("id")?)?;
        let agency = line(16)(lines.value("agency")?)?;
        let (certificate, person) = (hex(lines.value("certificate")?)?, hex(lines.value("person")?)?);
        let named = match lines.value("answer")? {
            "account" => Some(Named {
                account: hex(lines.value("account")?)?,
                state: state(lines.value("state")?)?,
                grant: hex(lines.value("grant")?)?,
                designation: hex(lines.value("designation")?)?,
            }),
            "exempt" => {
                let reason = lines.value("reason")?;
                ensure(["law", "legal-person", "minor", "dead"].contains(&reason))?;
                None
            }
            answer => {
                ensure(answer == "no account")?;
                None
            }
        };
        or_none(lines.value("register")?, hex::<32>)?;
        let asked = time(lines.value("asked")?)?;
        lines.end()?;
        Ok(Self { agency, certificate, person, named, asked })
    }
}

pub struct File {
    pub sha256: Key,
    pub length: u64,
    /// of the sealed file
    pub sealed: Key,
    pub media: String,
    pub name: String,
}

impl File {
    fn read(text: &str) -> Result<Self, Fail> {
        let mut words = text.splitn(5, ' ');
        let mut word = || words.next().ok_or_else(|| Fail::new("a file with fewer words"));
        let (sha256, length, sealed) = (hex(word()?)?, number(word()?)?, hex(word()?)?);
        let (media, name) = (line(100)(word()?)?, line(255)(word()?)?);
        if length <= 104_857_600 {
            Ok(Self { sha256, length, sealed, media, name })
        } else {
            Err("a file that is too long".into())
        }
    }
}

/// N.
pub struct Notice {
    pub id: String,
    pub agency: String,
    pub certificate: Key,
    pub lookup: Key,
    pub made: u64,
    pub place: String,
    pub rule: (String, Key),
    pub calendar: (String, Key),
    pub run: String,
    pub account: Key,
    pub state: (u64, Key),
    pub grant: Key,
    pub standing: String,
    pub back: Option<Key>,
    pub case: String,
    pub procedure: String,
    pub kind: String,
    pub term: Option<u64>,
    pub subject: String,
    pub description: String,
    pub files: Vec<File>,
}

impl Notice {
    /// What stands there, and its hash; nobody looked at the signature yet.
    pub fn unverified(note: &str) -> Result<(Self, Key), Wrong> {
        let text = wire::note_text(note).map_err(|_| Wrong::new("note"))?;
        Ok((Self::read(text).map_err(|_| Wrong::new("note"))?, note_hash(text)))
    }

    fn read(text: &str) -> Result<Self, Fail> {
        let mut lines = Lines::of(text, "lacre notice v2")?;
        let mut notice = Self {
            id: HEXLOWER.encode(&hex::<16>(lines.value("id")?)?),
            agency: line(16)(lines.value("agency")?)?,
            certificate: hex(lines.value("certificate")?)?,
            lookup: hex(lines.value("lookup")?)?,
            made: time(lines.value("made")?)?,
            place: lines.value("place")?.to_owned(),
            rule: named(lines.value("rule")?)?,
            calendar: named(lines.value("calendar")?)?,
            run: line(11)(lines.value("run")?)?,
            account: hex(lines.value("account")?)?,
            state: state(lines.value("state")?)?,
            grant: hex(lines.value("grant")?)?,
            standing: standing(lines.value("standing")?)?,
            back: {
                or_none(lines.value("approvals")?, hex::<32>)?;
                or_none(lines.value("return")?, hex)?
            },
            case: line(64)(lines.value("case")?)?,
            procedure: line(64)(lines.value("procedure")?)?,
            kind: lines.value("type")?.to_owned(),
            term: or_none(lines.value("term")?, number)?,
            subject: line(400)(lines.value("subject")?)?,
            description: line(4000)(lines.value("description")?)?,
            files: Vec::new(),
        };
        let notifies = ["NT start", "NT inquiry", "NT end"].contains(&notice.kind.as_str());
        ensure(notifies || ["CP", "CI"].contains(&notice.kind.as_str()))?;
        ensure(notice.term.is_none_or(|n| notifies && (1..=1000).contains(&n)))?;
        let mut uris = 0;
        while lines.has("uri") {
            line(1000)(lines.value("uri")?)?;
            uris += 1;
        }
        while lines.has("file") {
            notice.files.push(File::read(lines.value("file")?)?);
        }
        ensure(uris <= 8 && (1..=32).contains(&notice.files.len()))?;
        lines.end()?;
        Ok(notice)
    }
}

fn standing(text: &str) -> Result<String, Fail> {
    let other = text.strip_prefix("copy ").or_else(|| text.strip_prefix("corrects "));
    other.map_or(Ok(()), |hash| hex::<32>(hash).map(|_| ()))?;
    ensure(other.is_some() || ["original", "trial"].contains(&text))?;
    Ok(text.to_owned())
}
