//! What a body writes, looked at before the registrar is asked: a mistake spends nothing.

use crate::BodyTrouble;
use crate::dispatch::Beside;
use lacre_evidence::Act;
use lacre_evidence::build::File;
use lacre_evidence::notice::{MAX_FILE, MAX_FILES, MAX_URIS};
use lacre_ground::run::Run;
use sha2::{Digest as _, Sha256};

/// Longest term that is taken for meant, business days.
pub const LONGEST_TERM: u16 = 200;

/// Most bytes of all files together: what proves a notice is one file with all of them, and has room for records.
pub const MAX_TOGETHER: u64 = (256 - 16) << 20;

/// A file to send.
#[derive(Clone)]
pub struct NewFile {
    /// file name without folders
    pub name: String,
    /// media type
    pub media: String,
    /// its bytes
    pub bytes: Vec<u8>,
}

/// What the body writes, to whom.
#[derive(Clone)]
pub struct NewNotice {
    /// to whom
    pub run: Run,
    /// what it is beside others
    pub beside: Beside,
    /// type of act
    pub act: Act,
    /// case file (IUIe)
    pub case: String,
    /// procedure
    pub procedure: String,
    /// subject
    pub subject: String,
    /// description
    pub description: String,
    /// persistent URIs
    pub uris: Vec<String>,
    /// the body, then attachments
    pub files: Vec<NewFile>,
    /// the person's devices may answer
    pub answers: bool,
}

impl NewNotice {
    /// What is known again by: of all that it says, and not of whom it is to.
    pub(crate) fn digest(&self) -> [u8; 32] {
        let ((kind, term), answers) = (self.act.words(), [u8::from(self.answers)]);
        let mut hash = Sha256::new();
        let lines = [kind, &term, &self.procedure, &self.subject, &self.description];
        let lines = lines.into_iter().chain(self.uris.iter().map(String::as_str)).map(str::as_bytes);
        let files = self.files.iter().flat_map(|f| [f.name.as_bytes(), f.bytes.as_slice()]);
        for part in lines.chain(files).chain([answers.as_slice()]) {
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        }
        hash.finalize().into()
    }

    /// Its files, as they are composed.
    pub(crate) fn sendable(&self) -> Vec<File<'_>> {
        self.files.iter().map(|f| File { name: &f.name, media: &f.media, bytes: &f.bytes }).collect()
    }
}

/// A notice of its form, and none that is surely a mistake.
pub(crate) fn well_written(new: &NewNotice) -> Result<(), BodyTrouble> {
    check(new)?;
    written_well(new)
}

fn check(new: &NewNotice) -> Result<(), BodyTrouble> {
    let fits = |f: &NewFile| u64::try_from(f.bytes.len()).is_ok_and(|len| len <= MAX_FILE);
    if new.files.is_empty() || new.files.len() > MAX_FILES || !new.files.iter().all(fits) {
        return Err(BodyTrouble::Files);
    }
    let bytes = new.files.iter().map(|f| u64::try_from(f.bytes.len()).unwrap_or(u64::MAX)).fold(0, u64::saturating_add);
    if bytes > MAX_TOGETHER {
        return Err(BodyTrouble::Together { bytes, most: MAX_TOGETHER });
    }
    match new.act {
        Act::Notification { term: Some(term), .. } if term.days() > LONGEST_TERM => {
            Err(BodyTrouble::LongTerm { days: term.days(), most: LONGEST_TERM })
        }
        _ => Ok(()),
    }
}

/// Every line of N is of its form: asked before the registrar is, so that a mistyped line spends nothing.
fn written_well(new: &NewNotice) -> Result<(), BodyTrouble> {
    lines_of(new, core::iter::empty())
}

/// The same with the names of files that are not read yet.
pub(crate) fn lines_of<'n>(new: &NewNotice, attached: impl Iterator<Item = &'n str>) -> Result<(), BodyTrouble> {
    let line = |name: &'static str, text: &str, most: usize| {
        let good = !text.is_empty() && text.len() <= most && text.trim() == text && !text.chars().any(char::is_control);
        if good { Ok(()) } else { Err(BodyTrouble::Line { name, most }) }
    };
    line("--case", &new.case, 64)?;
    line("--procedure", &new.procedure, 64)?;
    line("--subject", &new.subject, 400)?;
    line("--description", &new.description, 4000)?;
    new.uris.iter().try_for_each(|uri| line("--uri", uri, 1000))?;
    new.files.iter().try_for_each(|file| line("--file", &file.name, 255))?;
    for name in attached {
        line("--file", name, 255)?;
    }
    if new.uris.len() > MAX_URIS {
        return Err(BodyTrouble::Line { name: "--uri", most: MAX_URIS });
    }
    Ok(())
}
