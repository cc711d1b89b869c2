//! Reading a package, at an official's: nothing in it is believed, and what is approved is computed from what is shown.

use super::{FileLine, Head, KIND, Line, MAX_PACKAGE, RowLine, TemplateLines};
use crate::NewNotice;
use crate::batch::{Attachment, BatchRow, RowFault, RowStage, Words};
use crate::dispatch::Beside;
use crate::template::Template;
use crate::written::lines_of;
use data_encoding::BASE64;
use lacre_evidence::batch::Streamed;
use lacre_evidence::clock::{Calendar, RuleId};
use lacre_evidence::notice::TextRef;
use lacre_evidence::{Act, BatchText, Standing};
use lacre_ground::ids::NoticeId;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead};

/// Why nobody can approve by this file.
#[derive(Debug, thiserror::Error)]
pub enum PackageFault {
    /// It cannot be read.
    #[error(transparent)]
    Unreadable(#[from] io::Error),
    /// Longer than a package may be.
    #[error("longer than {MAX_PACKAGE} bytes")]
    Long,
    /// It is no package, or a line of it is of no form that is known.
    #[error("line {line} is not of its form")]
    Form {
        /// from 1
        line: u64,
    },
    /// Its template can be no template.
    #[error("its template is none")]
    Template,
    /// Its rule or calendar is another text than this program has under that name: use the newest version of both programs.
    #[error("another rule or calendar than is known here")]
    Law,
    /// A row cannot be written.
    #[error("row {row}: {why}")]
    Row {
        /// from 1
        row: u64,
        /// what is wrong with it
        why: RowFault,
    },
    /// Two rows are to one person.
    #[error("rows {first} and {second} are to one person")]
    Twice {
        /// from 1
        first: u64,
        /// from 1
        second: u64,
    },
    /// Its rows are not those of its text: somebody changed one or the other.
    #[error("its rows are not those that its text says")]
    Root,
    /// A file is another than its row says.
    #[error("a file is another than its row says")]
    File,
}

/// A row as it was seen.
pub struct Seen<'a> {
    /// from 1
    pub number: u64,
    /// of the table
    pub line: u64,
    /// what it will say, but for its attachments
    pub says: &'a NewNotice,
    /// what it is beside other notices
    pub standing: Standing,
    /// attachments: of every row, then its own
    pub files: Vec<&'a Attachment>,
}

/// All of it was seen: its rows are those of its text.
pub struct Looked {
    /// what is signed
    pub text: BatchText,
    /// whose words it has; none: one notice
    pub template: Option<Template>,
    /// type of act of its rows
    pub act: Option<Act>,
    /// rows that start no term by themselves: copies and corrections of earlier notices, and trials
    pub beside: u64,
    /// attachments that are not in the file, by digest
    pub missing: BTreeSet<[u8; 32]>,
}

/// A reader that counts lines, and ends before what is too long.
struct Lines<R> {
    from: io::Take<R>,
    line: u64,
}

impl<R: BufRead> Lines<R> {
    fn next<T: serde::de::DeserializeOwned>(&mut self) -> Result<Option<T>, PackageFault> {
        let mut bytes = Vec::new();
        self.line = self.line.saturating_add(1);
        self.from.read_until(b'\n', &mut bytes)?;
        if self.from.limit() == 0 {
            return Err(PackageFault::Long);
        }
        if bytes.is_empty() {
            return Ok(None);
        }
        serde_json::from_slice(&bytes).map(Some).map_err(|_| PackageFault::Form { line: self.line })
    }
    fn form(&self) -> PackageFault {
        PackageFault::Form { line: self.line }
    }
}

/// Reads a package and computes what it is. `row` is shown each row, `file` each attachment that it has.
pub fn look(
    from: impl BufRead,
    mut row: impl FnMut(&Seen<'_>),
    mut file: impl FnMut(&[u8; 32], Vec<u8>) -> io::Result<()>,
) -> Result<Looked, PackageFault> {
    let mut lines = Lines { from: from.take(MAX_PACKAGE.saturating_add(1)), line: 0 };
    let head: Head = lines.next()?.filter(|head: &Head| head.kind == KIND).ok_or_else(|| lines.form())?;
    let text = BatchText::parse(&head.batch).map_err(|_| lines.form())?;
    known_law(&text)?;
    let template = head.template.map(|TemplateLines { row, body }| row.made(body).ok_or(PackageFault::Template)).transpose()?;
    let words = Words::of(template.as_ref()).ok_or(PackageFault::Template)?;
    let common = attachments(head.files).ok_or_else(|| lines.form())?;
    let mut missing: BTreeSet<[u8; 32]> = common.iter().map(|file| file.sha256).collect();
    let (mut root, mut people, mut number, mut beside) = (Streamed::default(), BTreeMap::new(), 0u64, 0u64);
    let mut named = missing.clone();
    let (mut files_begun, mut act) = (false, None);
    while let Some(line) = lines.next()? {
        match line {
            Line::Row(line) if !files_begun => {
                let (seen, standing) = batch_row(*line, number).ok_or_else(|| lines.form())?;
                // a row says the template's words; only a batch of one says its own
                if seen.written.is_some() != template.is_none() || (template.is_none() && number > 0) {
                    return Err(lines.form());
                }
                number = number.saturating_add(1);
                let fault = |why| PackageFault::Row { row: number, why };
                let says = words.says(&seen).map_err(fault)?;
                let names = common.iter().chain(&seen.files).map(|file| file.name.as_str());
                lines_of(&says, names).map_err(|why| fault(RowFault::Notice(why)))?;
                if let Some(first) = people.insert(says.run.canonical(), number) {
                    return Err(PackageFault::Twice { first, second: number });
                }
                root.push(words.leaf(&common, &seen, standing).map_err(fault)?);
                act = Some(says.act);
                beside += u64::from(standing != Standing::Original);
                named.extend(seen.files.iter().map(|file| file.sha256));
                missing.extend(seen.files.iter().map(|file| file.sha256));
                let files = common.iter().chain(&seen.files).collect();
                row(&Seen { number, line: seen.line, says: &says, standing, files });
            }
            Line::File { sha256, base64 } => {
                files_begun = true;
                let bytes = BASE64.decode(base64.as_bytes()).map_err(|_| lines.form())?;
                let digest: [u8; 32] = Sha256::digest(&bytes).into();
                if data_encoding::HEXLOWER.encode(&digest) != sha256 || !named.contains(&digest) {
                    return Err(PackageFault::File);
                }
                missing.remove(&digest);
                file(&digest, bytes)?;
            }
            Line::Row(_) => return Err(lines.form()),
        }
    }
    // what everybody gets, and what a single notice says, is seen before it is signed
    let unseen = common.iter().any(|file| missing.contains(&file.sha256)) || (template.is_none() && !missing.is_empty());
    if unseen {
        return Err(PackageFault::File);
    }
    let whole = u64::from(text.rows) == number && root.root() == Some(text.root);
    if whole { Ok(Looked { text, template, act, beside, missing }) } else { Err(PackageFault::Root) }
}

/// The law that she reads here is that of this program, word for word.
fn known_law(text: &BatchText) -> Result<(), PackageFault> {
    let rule = RuleId::parse(&text.rule.id).map(|rule| TextRef::of_rule(rule.rule()));
    let calendar = Calendar::named(&text.calendar.id).map(TextRef::of_calendar);
    let known = rule.as_ref() == Some(&text.rule) && calendar.as_ref() == Some(&text.calendar);
    if known { Ok(()) } else { Err(PackageFault::Law) }
}

fn attachments(files: Vec<FileLine>) -> Option<Vec<Attachment>> {
    files.into_iter().map(FileLine::attachment).collect()
}

fn batch_row(line: RowLine, index: u64) -> Option<(BatchRow, Standing)> {
    let standing = Standing::parse(&line.standing)?;
    let row = BatchRow {
        index,
        line: line.line,
        notice: NoticeId::from_hex(&line.id).ok()?,
        run: line.run,
        case: line.case,
        procedure: line.procedure,
        values: line.values,
        address: Vec::new(),
        written: line.written,
        uris: line.uris,
        files: attachments(line.files)?,
        // what it is beside others stands in its standing
        beside: Beside::Nothing,
        stage: RowStage::Waiting,
    };
    Some((row, standing))
}
