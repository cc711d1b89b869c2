//! Writing a package, at the body's machine.

use super::{FileLine, Head, KIND, Line, MAX_PACKAGE, RowLine, TemplateLines};
use crate::archive::{Archive, shared};
use crate::batch::{Attachment, Batch, BatchRow};
use crate::template::TemplateRow;
use crate::{Body, BodyTrouble};
use data_encoding::{BASE64, HEXLOWER};
use serde::Serialize;
use std::collections::BTreeSet;
use std::io::{self, Write};

/// Whether attachments of single rows are handed on with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowFiles {
    /// all of them
    With,
    /// their digests only: whoever wants to see one asks for it
    Without,
}

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packed {
    /// rows
    pub rows: u64,
    /// bytes
    pub bytes: u64,
}

/// No more than a package may have.
struct Bounded<W> {
    to: W,
    bytes: u64,
}

impl<W: Write> Bounded<W> {
    fn line(&mut self, what: &impl Serialize) -> Result<(), BodyTrouble> {
        let mut line = serde_json::to_vec(what).map_err(|e| BodyTrouble::Archive(e.into()))?;
        line.push(b'\n');
        self.bytes = self.bytes.saturating_add(u64::try_from(line.len()).unwrap_or(u64::MAX));
        if self.bytes > MAX_PACKAGE {
            return Err(BodyTrouble::PackageLong { most: MAX_PACKAGE });
        }
        Ok(self.to.write_all(&line)?)
    }
}

impl Body {
    /// Writes a batch for those who are to approve it.
    pub fn package(
        &mut self,
        archive: &dyn Archive,
        batch: &Batch,
        row_files: RowFiles,
        to: impl Write,
    ) -> Result<Packed, BodyTrouble> {
        let own = self.own()?;
        let template = self.template_of(batch)?;
        let template = template.map(|t| TemplateLines { row: TemplateRow::of(&t), body: t.text().body.clone() });
        let mut to = Bounded { to: io::BufWriter::new(to), bytes: 0 };
        let text = self.batch_text(batch)?.text();
        to.line(&Head { kind: KIND.to_owned(), batch: text, template, files: batch.files.iter().map(FileLine::of).collect() })?;
        let mut files: BTreeSet<[u8; 32]> = batch.files.iter().map(|file| file.sha256).collect();
        let mut from = 0;
        loop {
            let page = self.batch_rows(batch.id, from)?;
            let Some(last) = page.last() else { break };
            from = last.index.saturating_add(1);
            for row in &page {
                let standing = self.standing(archive, &own, row.beside)?;
                // the text of a batch of one is a file of its own
                if row_files == RowFiles::With || row.written.is_some() {
                    files.extend(row.files.iter().map(|file| file.sha256));
                }
                to.line(&Line::Row(Box::new(row_line(row, standing.text()))))?;
            }
        }
        for sha256 in &files {
            let named = || BodyTrouble::AttachmentGone(name_of(batch, sha256));
            let bytes = shared(archive, sha256)?.ok_or_else(named)?;
            to.line(&Line::File { sha256: HEXLOWER.encode(sha256), base64: BASE64.encode(&bytes) })?;
        }
        to.to.flush()?;
        Ok(Packed { rows: batch.rows, bytes: to.bytes })
    }
}

fn name_of(batch: &Batch, sha256: &[u8; 32]) -> String {
    let found: Option<&Attachment> = batch.files.iter().find(|file| file.sha256 == *sha256);
    found.map_or_else(|| HEXLOWER.encode(sha256), |file| file.name.clone())
}

fn row_line(row: &BatchRow, standing: String) -> RowLine {
    RowLine {
        id: row.notice.to_string(),
        line: row.line,
        run: row.run.clone(),
        case: row.case.clone(),
        procedure: row.procedure.clone(),
        values: row.values.clone(),
        written: row.written.clone(),
        uris: row.uris.clone(),
        standing,
        files: row.files.iter().map(FileLine::of).collect(),
    }
}
