//! Kinds of notes: a kind is a type that is written as the text of a note and read from one ([`NoteText`]), and a
//! [`Signed`] value is one with the note that it stands in. What came from outside stays a text or an
//! [`UnverifiedNote`] until then.
//!
//! | kind | first line | signed by |
//! |---|---|---|
//! | [`AccountState`](crate::account::AccountState) | `lacre account v1` | a device: its own in state 0, then one of the state before |
//! | [`Binding`](crate::account::Binding), [`Reset`](crate::account::Reset) | `lacre binding v1`, `lacre reset v1` | registrar |
//! | [`Receipt`](crate::receipt::Receipt), [`HeadNote`](crate::head::HeadNote) | `lacre receipt v1`, `lacre head v1` | relay |
//! | [`RegistrarKey`](crate::registrar::RegistrarKey) | `lacre registrar v1` | relay |
//! | `Certificate`, `Lookup` of evidence | `lacre agency v1`, `lacre lookup v2` | registrar |
//! | `Designation`, `Grant`, `Reply` of evidence | `lacre designation v1`, `lacre grant v1`, `lacre reply v1` | a device |
//! | `Notice` of evidence | `lacre notice v2` | agency |
//! | `Record` of evidence | `lacre event v2` | whoever saw the event, as its text says |

use crate::label::{self, Label};
use crate::note::{self, Lines, Note, NoteError, NoteKey, NoteSigner, UnverifiedNote};
use core::ops::Deref;

/// A kind of note. Its text is a first line that nothing else has, then lines of a closed format: one value has one text.
pub trait NoteText: Sized {
    /// Why a text is not of this kind.
    type Error: From<NoteError>;
    /// The first line: the kind and its version, without the newline.
    const KIND: &'static str;

    /// The lines after the first, each with its newline.
    fn lines(&self) -> String;
    /// Reads the lines after the first. More lines than these are refused by [`NoteText::parse`].
    fn read(lines: &mut Lines<'_>) -> Result<Self, Self::Error>;

    /// The text that is signed.
    #[must_use]
    fn text(&self) -> String {
        format!("{}\n{}", Self::KIND, self.lines())
    }
    /// Reads a text, from its first line to its end. It checks no signature: [`Signed::verify`] does.
    fn parse(text: &str) -> Result<Self, Self::Error> {
        let mut lines = Lines::new(text);
        lines.exactly(Self::KIND)?;
        let value = Self::read(&mut lines)?;
        lines.end()?;
        Ok(value)
    }
    /// The signed note, for whoever only hands it on. [`Signed::sign`] keeps both.
    fn sign(&self, signer: &NoteSigner) -> Result<String, NoteError> {
        note::sign(&self.text(), &[signer])
    }
}

/// A note of a known kind and what it says, after its signatures were checked. By whose keys, the caller has said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed<T> {
    raw: String,
    note: Note,
    value: T,
}

impl<T: NoteText> Signed<T> {
    /// Signs a value, and reads the note again as everybody else will: what is kept is what the note says.
    pub fn sign(value: &T, signer: &NoteSigner) -> Result<Self, T::Error> {
        Self::verify(&value.sign(signer)?, &[signer.public()])
    }

    /// Verifies a note by these keys, then reads it. An error of a signature: do not use it; of a line: ask again.
    pub fn verify(raw: &str, keys: &[NoteKey]) -> Result<Self, T::Error> {
        let note = UnverifiedNote::parse(raw)?.verify(keys)?;
        let value = T::parse(note.text())?;
        Ok(Self { raw: raw.to_owned(), note, value })
    }

    /// As [`Signed::verify`], for kinds whose text says who has signed: `keys_of` gives the keys of whoever it claims.
    pub fn verify_claim(raw: &str, keys_of: impl FnOnce(&T) -> Result<Vec<NoteKey>, T::Error>) -> Result<Self, T::Error> {
        let note = UnverifiedNote::parse(raw)?;
        let value = T::parse(note.unverified_text())?;
        let note = note.verify(&keys_of(&value)?)?;
        Ok(Self { raw: raw.to_owned(), note, value })
    }
}

impl<T> Signed<T> {
    /// The whole note as it came, with its signature lines: what is stored and handed on.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.raw
    }
    /// Its text and who signed it.
    #[must_use]
    pub fn note(&self) -> &Note {
        &self.note
    }
    /// The hash by which other notes name it: over its text as it came, without signatures.
    #[must_use]
    pub fn note_hash(&self) -> [u8; 32] {
        label::hash(Label::NoteHash, &[self.note.text().as_bytes()])
    }
    /// What it says, without the note.
    #[must_use]
    pub fn into_value(self) -> T {
        self.value
    }
}

impl<T> Deref for Signed<T> {
    type Target = T;

    /// What it says.
    fn deref(&self) -> &T {
        &self.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    struct Word(String);

    impl NoteText for Word {
        type Error = NoteError;
        const KIND: &'static str = "lacre test v1";

        fn lines(&self) -> String {
            format!("word {}\n", self.0)
        }
        fn read(lines: &mut Lines<'_>) -> Result<Self, NoteError> {
            Ok(Self(lines.value("word")?.to_owned()))
        }
    }

    #[test]
    fn a_signed_value_keeps_the_very_bytes_and_says_who_signed() {
        let (a, b) = (NoteSigner::new("a", &[1; 32]).unwrap(), NoteSigner::new("b", &[2; 32]).unwrap());
        let raw = note::sign("lacre test v1\nword ja\n", &[&a, &b]).unwrap();

        let signed = Signed::<Word>::verify(&raw, &[b.public()]).unwrap();

        assert_eq!((signed.raw(), signed.note().signed_by(), &signed.0), (raw.as_str(), &[b.public()][..], &"ja".to_owned()));
        assert_eq!(signed.note_hash(), Signed::sign(&Word("ja".into()), &a).unwrap().note_hash(), "signatures are not in it");
    }

    // Seen red: with `lines.end()` left out of `parse`.
    #[test]
    fn a_text_with_a_line_too_many_is_of_no_kind_and_nobody_signs_one() {
        let a = NoteSigner::new("a", &[1; 32]).unwrap();
        let extra = NoteError::Line { line: 3, expected: "nothing more" };

        assert_eq!(Word::parse("lacre test v1\nword ja\nword nein\n"), Err(extra.clone()));
        assert_eq!(Signed::sign(&Word("ja\nword nein".into()), &a), Err(extra));
        assert_eq!(Word::parse("lacre test v2\nword ja\n"), Err(NoteError::Line { line: 1, expected: "lacre test v1" }));
    }

    #[test]
    fn a_claim_is_taken_only_with_the_signature_of_whom_it_names() {
        let (a, b) = (NoteSigner::new("a", &[1; 32]).unwrap(), NoteSigner::new("b", &[2; 32]).unwrap());
        let raw = Word("a".into()).sign(&b).unwrap();

        let claimed = |key: NoteKey| {
            Signed::<Word>::verify_claim(&raw, |word| Ok(vec![key].into_iter().filter(|k| k.name() == word.0).collect()))
        };

        assert_eq!(claimed(a.public()), Err(NoteError::NotSigned));
        assert_eq!(claimed(b.public()), Err(NoteError::NotSigned), "the text names another");
    }
}
