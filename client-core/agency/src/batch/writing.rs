//! What a row says: the words of its batch with its own values, and its files.

use super::rows::{Attachment, Batch, BatchRow};
use crate::archive::{Archive, shared};
use crate::template::{FillFault, Filler, Template, Values};
use crate::written::well_written;
use crate::{Body, BodyTrouble, NewFile, NewNotice};
use lacre_evidence::batch::{Row, RowFile};
use lacre_evidence::{Act, Standing};
use lacre_ground::run::Run;
use sha2::{Digest as _, Sha256};

/// The words of a batch, read once for all its rows.
pub(crate) struct Words<'t> {
    /// none: each row says all of it
    template: Option<(&'t Template, Filler<'t>)>,
    /// files that every row has, once they are read
    files: Vec<NewFile>,
}

impl<'t> Words<'t> {
    /// None if it is no template: it was one when it was kept.
    pub(crate) fn of(template: Option<&'t Template>) -> Option<Self> {
        let template = match template {
            Some(template) => Some((template, Filler::of(template.text()).ok()?)),
            None => None,
        };
        Some(Self { template, files: Vec::new() })
    }

    /// The same with the files of the batch, read and looked at: they are exactly those that were seen.
    pub(super) fn with_files(self, archive: &dyn Archive, batch: &Batch) -> Result<Self, BodyTrouble> {
        let files = batch.files.iter().map(|of| attachment(archive, of)).collect::<Result<_, _>>()?;
        Ok(Self { files, ..self })
    }

    /// What a row says, before its attachments are read: enough for its leaf.
    pub(crate) fn says(&self, row: &BatchRow) -> Result<NewNotice, RowFault> {
        let run = Run::parse(&row.run).map_err(|_| RowFault::Run)?;
        let (beside, case, uris) = (row.beside, row.case.clone(), row.uris.clone());
        if let Some(said) = &row.written {
            let act = said.act().ok_or(RowFault::Wordless)?;
            let (procedure, subject, description) = (said.procedure.clone(), said.subject.clone(), said.description.clone());
            let answers = said.answers;
            return Ok(NewNotice { run, beside, act, case, procedure, subject, description, uris, files: Vec::new(), answers });
        }
        let (template, filler) = self.template.as_ref().ok_or(RowFault::Wordless)?;
        let text = template.text();
        let filled = filler.fill(&row.values.iter().collect::<Values>()).map_err(RowFault::Values)?;
        Ok(NewNotice {
            run,
            beside,
            act: text.act,
            case,
            procedure: row.procedure.clone().unwrap_or_else(|| text.procedure.clone()),
            subject: filled.subject,
            description: filled.description,
            uris,
            files: vec![NewFile { name: text.file.clone(), media: text.markup.media().to_owned(), bytes: filled.body }],
            answers: text.answers,
        })
    }

    /// The same with all its files, as it will be sent; those of the batch are read ([`Words::with_files`]).
    pub(super) fn notice(&self, archive: &dyn Archive, row: &BatchRow) -> Result<NewNotice, RowFault> {
        let mut new = self.says(row)?;
        new.files.extend(self.files.iter().cloned());
        for of in &row.files {
            new.files.push(file(archive, of)?);
        }
        well_written(&new)?;
        Ok(new)
    }

    /// The leaf of a row: what it binds is what officials approve. `files` are those that every row has.
    pub(crate) fn leaf(&self, files: &[Attachment], row: &BatchRow, standing: Standing) -> Result<[u8; 32], RowFault> {
        let new = self.says(row)?;
        let index = u32::try_from(row.index).map_err(|_| RowFault::Run)?;
        let body = new.files.iter().map(|file| RowFile {
            sha256: Sha256::digest(&file.bytes).into(),
            len: u64::try_from(file.bytes.len()).unwrap_or(u64::MAX),
            media: &file.media,
            name: &file.name,
        });
        let attached = files.iter().chain(&row.files);
        let attached = attached.map(|f| RowFile { sha256: f.sha256, len: f.len, media: &f.media, name: &f.name });
        let says = Row {
            id: row.notice,
            run: new.run,
            standing,
            answers: new.answers,
            act: new.act,
            case: &new.case,
            procedure: &new.procedure,
            subject: &new.subject,
            description: &new.description,
            uris: new.uris.iter().map(String::as_str).collect(),
            files: body.chain(attached).collect(),
        };
        Ok(says.leaf(index))
    }
}

impl Body {
    /// The type of act of all rows of a batch.
    pub fn act_of(&mut self, batch: &Batch) -> Result<Act, BodyTrouble> {
        if let Some(template) = self.template_of(batch)? {
            return Ok(template.text().act);
        }
        let row = self.batch_rows_up_to(batch.id, 0, 1)?.pop();
        row.and_then(|row| row.written?.act()).ok_or(BodyTrouble::NoSuchBatch)
    }

    /// What a row says, as its person will see it.
    pub fn row_says(&mut self, archive: &dyn Archive, batch: &Batch, row: &BatchRow) -> Result<NewNotice, RowFault> {
        let template = self.template_of(batch)?;
        let words = Words::of(template.as_ref()).ok_or(BodyTrouble::NoSuchBatch)?;
        words.with_files(archive, batch)?.notice(archive, row)
    }
}

/// Why a row says nothing.
#[derive(Debug, thiserror::Error)]
pub enum RowFault {
    /// its values do not fit into the template
    #[error("{}", .0.first().map(ToString::to_string).unwrap_or_default())]
    Values(Vec<FillFault>),
    /// it is not to a person
    #[error("not a RUN")]
    Run,
    /// neither a template nor words of its own
    #[error("no words")]
    Wordless,
    /// a file is not in the archive as it was seen: put it back
    #[error("the attachment {0} is gone or was changed")]
    Gone(String),
    /// the notice would not be of its form, or the disk is in the way
    #[error(transparent)]
    Notice(#[from] BodyTrouble),
}

/// A file that every row has, as it was seen.
pub(super) fn attachment(archive: &dyn Archive, of: &Attachment) -> Result<NewFile, BodyTrouble> {
    file(archive, of).map_err(|why| match why {
        RowFault::Notice(why) => why,
        _ => BodyTrouble::AttachmentGone(of.name.clone()),
    })
}

/// A file whose bytes lie in the archive: exactly those that were seen.
fn file(archive: &dyn Archive, of: &Attachment) -> Result<NewFile, RowFault> {
    let bytes = shared(archive, &of.sha256)?.ok_or_else(|| RowFault::Gone(of.name.clone()))?;
    Ok(NewFile { name: of.name.clone(), media: of.media.clone(), bytes })
}
