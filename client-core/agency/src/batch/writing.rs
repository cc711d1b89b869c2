//! What a row says: the words of its batch with its own values, and its files.

use super::rows::{Attachment, Batch, BatchRow};
use crate::archive::{Archive, shared};
use crate::dispatch::Beside;
use crate::template::{FillFault, Filler, Template, Values};
use crate::written::well_written;
use crate::{Body, BodyTrouble, NewFile, NewNotice};
use lacre_evidence::Standing;
use lacre_evidence::batch::{Row, RowFile};
use lacre_ground::run::Run;
use sha2::{Digest as _, Sha256};

/// The words of a batch, read once for all its rows.
pub(crate) struct Words<'t> {
    template: &'t Template,
    filler: Filler<'t>,
    /// files that every row has, once they are read
    files: Vec<NewFile>,
}

impl<'t> Words<'t> {
    /// None if it is no template: it was one when it was kept.
    pub(crate) fn of(template: &'t Template) -> Option<Self> {
        Some(Self { template, filler: Filler::of(template.text()).ok()?, files: Vec::new() })
    }

    /// The same with the files of the batch, read and looked at: they are exactly those that were seen.
    pub(super) fn with_files(self, archive: &dyn Archive, batch: &Batch) -> Result<Self, BodyTrouble> {
        let read = |of: &Attachment| {
            file(archive, of).map_err(|why| match why {
                RowFault::Notice(why) => why,
                RowFault::Gone(_) | RowFault::Values(_) | RowFault::Run => BodyTrouble::AttachmentGone(of.name.clone()),
            })
        };
        let files = batch.files.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Self { files, ..self })
    }

    /// What a row says, before its files are read: enough for its leaf.
    pub(super) fn says(&self, batch: &Batch, row: &BatchRow) -> Result<NewNotice, RowFault> {
        let text = self.template.text();
        let filled = self.filler.fill(&row.values.iter().collect::<Values>()).map_err(RowFault::Values)?;
        Ok(NewNotice {
            run: Run::parse(&row.run).map_err(|_| RowFault::Run)?,
            beside: if batch.trial { Beside::Trial } else { row.beside },
            act: text.act,
            case: row.case.clone(),
            procedure: row.procedure.clone().unwrap_or_else(|| text.procedure.clone()),
            subject: filled.subject,
            description: filled.description,
            uris: Vec::new(),
            files: vec![NewFile { name: text.file.clone(), media: text.markup.media().to_owned(), bytes: filled.body }],
            answers: text.answers,
        })
    }

    /// The same with all its files, as it will be sent; those of the batch are read ([`Words::with_files`]).
    pub(super) fn notice(&self, archive: &dyn Archive, batch: &Batch, row: &BatchRow) -> Result<NewNotice, RowFault> {
        let mut new = self.says(batch, row)?;
        new.files.extend(self.files.iter().cloned());
        for of in &row.files {
            new.files.push(file(archive, of)?);
        }
        well_written(&new)?;
        Ok(new)
    }

    /// The leaf of a row: what it binds is what officials approve.
    pub(super) fn leaf(&self, batch: &Batch, row: &BatchRow, standing: Standing) -> Result<[u8; 32], RowFault> {
        let new = self.says(batch, row)?;
        let index = u32::try_from(row.index).map_err(|_| RowFault::Run)?;
        let body = new.files.iter().map(|file| RowFile {
            sha256: Sha256::digest(&file.bytes).into(),
            len: u64::try_from(file.bytes.len()).unwrap_or(u64::MAX),
            media: &file.media,
            name: &file.name,
        });
        let attached = batch.files.iter().chain(&row.files);
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
            uris: Vec::new(),
            files: body.chain(attached).collect(),
        };
        Ok(says.leaf(index))
    }
}

impl Body {
    /// What a row says, as its person will see it.
    pub fn row_says(&mut self, archive: &dyn Archive, batch: &Batch, row: &BatchRow) -> Result<NewNotice, RowFault> {
        let template = self.template_of(batch)?;
        let words = Words::of(&template).ok_or(BodyTrouble::NoSuchBatch)?;
        words.with_files(archive, batch)?.notice(archive, batch, row)
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
    /// a file is not in the archive as it was seen: put it back
    #[error("the attachment {0} is gone or was changed")]
    Gone(String),
    /// the notice would not be of its form, or the disk is in the way
    #[error(transparent)]
    Notice(#[from] BodyTrouble),
}

/// A file whose bytes lie in the archive: exactly those that were seen.
fn file(archive: &dyn Archive, of: &Attachment) -> Result<NewFile, RowFault> {
    let bytes = shared(archive, &of.sha256)?.ok_or_else(|| RowFault::Gone(of.name.clone()))?;
    Ok(NewFile { name: of.name.clone(), media: of.media.clone(), bytes })
}
