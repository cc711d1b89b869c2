//! A table: opened, checked, read. It is read from its beginning each time, so a file of any size within the limit takes the same
//! memory.

use super::columns::{Columns, Role, Wanted, has_runs};
use super::encoding::{Encoding, Unreadable, survey};
use super::fault::{Fault, RowError};
use super::row::{Reader, Row};
use super::stream::{Records, Separator};
use crate::template::{FillFault, Filler, Template};
use lacre_ground::run::Run;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::{Read, Seek, SeekFrom};

/// Most rows of a table.
pub const MAX_ROWS: u64 = 100_000;
/// Most errors that are kept to be shown; how many more there are is counted.
pub const MAX_ERRORS: usize = 1_000;

/// A recipients' table whose encoding, separator and names are known.
pub struct Table<R> {
    source: R,
    encoding: Encoding,
    separator: Separator,
    names: Vec<String>,
    /// of the names
    line: u64,
}

/// What a table is, and all that is wrong in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// of its text
    pub encoding: Encoding,
    /// between its fields
    pub separator: Separator,
    /// with something in them, good and bad; the line of names is none
    pub rows: u64,
    /// in the order of the lines, at most [`MAX_ERRORS`]
    pub errors: Vec<RowError>,
    /// errors beyond these
    pub more: u64,
}

impl Checked {
    /// Nothing is wrong, and there is somebody to notify.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.errors.is_empty() && self.rows > 0
    }
}

/// Why a row is not given.
#[derive(Debug)]
pub enum Bad {
    /// The rest of the file cannot be read.
    File(Unreadable),
    /// This row is wrong; those after it are read all the same.
    Row(Vec<RowError>),
}

/// The line of names, as one separator parts it.
pub(super) struct Head {
    pub(super) separator: Separator,
    pub(super) line: u64,
    pub(super) names: Vec<String>,
}

/// Some spreadsheets write `sep=;` above the names.
fn said(record: &csv::StringRecord, separator: Separator) -> Option<Separator> {
    let between = char::from(separator.byte()).to_string();
    let text = record.iter().collect::<Vec<_>>().join(&between);
    let said = text.strip_prefix("sep=")?.as_bytes();
    Separator::ALL.into_iter().find(|separator| said == [separator.byte()])
}

fn head<R: Read + Seek>(source: &mut R, encoding: Encoding, separator: Separator) -> Result<Head, Unreadable> {
    source.seek(SeekFrom::Start(0))?;
    let mut records = Records::new(&mut *source, encoding, separator);
    let (line, record) = records.next()?.ok_or(Unreadable::Empty)?;
    if let Some(said) = said(record, separator) {
        if said != separator {
            return head(source, encoding, said);
        }
        let (line, record) = records.next()?.ok_or(Unreadable::Empty)?;
        return Ok(Head { separator, line, names: record.iter().map(str::to_owned).collect() });
    }
    Ok(Head { separator, line, names: record.iter().map(str::to_owned).collect() })
}

/// Looks at the whole file, and reads the line of names: with the separator that shows known ones, else with the one that shows most
/// columns.
pub(super) fn opened<R: Read + Seek>(source: &mut R, known: impl Fn(&[String]) -> bool) -> Result<(Encoding, Head), Unreadable> {
    let encoding = survey(source)?;
    let mut best: Option<(bool, usize, Head)> = None;
    for separator in Separator::ALL {
        let head = head(source, encoding, separator)?;
        let (good, count) = (known(&head.names), head.names.len());
        if best.as_ref().is_none_or(|(g, c, _)| (good, count) > (*g, *c)) {
            best = Some((good, count, head));
        }
    }
    best.map(|(_, _, head)| (encoding, head)).ok_or(Unreadable::Empty)
}

impl<R: Read + Seek> Table<R> {
    /// Looks at the whole file, and reads the line of names: with the separator that shows a column of RUNs, else with the one
    /// that shows most columns.
    pub fn open(mut source: R) -> Result<Self, Unreadable> {
        let (encoding, head) = opened(&mut source, |names| has_runs(names.iter().map(String::as_str)))?;
        let Head { separator, line, names } = head;
        Ok(Self { source, encoding, separator, names, line })
    }

    /// Of its text.
    #[must_use]
    pub const fn encoding(&self) -> Encoding {
        self.encoding
    }
    /// Between its fields.
    #[must_use]
    pub const fn separator(&self) -> Separator {
        self.separator
    }
    /// The names of its columns, as they stand there.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Reads all of it, fills the template with each row, and says all that is wrong: no bad row hides another.
    pub fn check(&mut self, template: &Template, wanted: &Wanted) -> Result<Checked, Unreadable> {
        let (encoding, separator) = (self.encoding, self.separator);
        let mut checked = Checked { encoding, separator, rows: 0, errors: Vec::new(), more: 0 };
        let mut rows = self.begin(template, wanted)?;
        rows.filler = template.filler().ok();
        checked.note(core::mem::take(&mut rows.wrong));
        for row in rows.by_ref() {
            match row {
                Ok(_) => {}
                Err(Bad::Row(errors)) => checked.note(errors),
                Err(Bad::File(why)) => return Err(why),
            }
        }
        checked.rows = rows.count;
        Ok(checked)
    }

    /// The rows, once more from the first. Of a table that was checked and found good, and not changed since, all are good.
    pub fn rows<'t>(&'t mut self, template: &'t Template, wanted: &Wanted) -> Result<Rows<'t, R>, Unreadable> {
        self.begin(template, wanted)
    }

    fn begin<'t>(&'t mut self, template: &'t Template, wanted: &Wanted) -> Result<Rows<'t, R>, Unreadable> {
        self.source.seek(SeekFrom::Start(0))?;
        let placeholders = template.placeholders();
        let (columns, wrong) = Columns::of(&self.names, self.line, &placeholders, wanted);
        // a missing column is said once, and not again for each row
        let addresses = wanted.addresses && columns.addresses;
        let reader = Reader { columns, text: template.text(), addresses };
        let mut records = Records::new(&mut self.source, self.encoding, self.separator);
        // past the names
        while records.next()?.ok_or(Unreadable::Changed)?.0 < self.line {}
        Ok(Rows { records, reader, wrong, filler: None, seen: HashMap::new(), count: 0, ended: false })
    }
}

impl Checked {
    fn note(&mut self, errors: Vec<RowError>) {
        for error in errors {
            if self.errors.len() < MAX_ERRORS {
                self.errors.push(error);
            } else {
                self.more = self.more.saturating_add(1);
            }
        }
    }
}

/// The rows of a table, one after another.
pub struct Rows<'t, R> {
    records: Records<&'t mut R>,
    reader: Reader<'t>,
    /// what is wrong with the columns
    wrong: Vec<RowError>,
    /// while a table is checked: each row is filled in to see whether it can be
    filler: Option<Filler<'t>>,
    /// the lines of persons that came
    seen: HashMap<Run, u32>,
    count: u64,
    ended: bool,
}

impl<R: Read> Iterator for Rows<'_, R> {
    type Item = Result<Row, Bad>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let (line, record) = match self.records.next() {
            Ok(found) => found?,
            Err(why) => {
                self.ended = true;
                return Some(Err(Bad::File(why)));
            }
        };
        if self.count >= MAX_ROWS {
            self.ended = true;
            let fault = Fault::Rows { most: MAX_ROWS };
            return Some(Err(Bad::Row(vec![RowError { line, column: None, fault }])));
        }
        self.count += 1;
        let (run, mut row) = self.reader.read(line, record);
        if let (Ok(good), Some(filler)) = (&row, &self.filler)
            && let Some(errors) = unfit(&self.reader, filler, good)
        {
            row = Err(errors);
        }
        let first = run.and_then(|run| match self.seen.entry(run) {
            Entry::Occupied(first) => Some(u64::from(*first.get())),
            Entry::Vacant(place) => {
                place.insert(u32::try_from(line).unwrap_or(u32::MAX));
                None
            }
        });
        if let Some(first) = first {
            let mut errors = row.err().unwrap_or_default();
            let column = self.reader.name(Role::Run);
            errors.push(RowError { line, column, fault: Fault::SamePerson { first } });
            row = Err(errors);
        }
        Some(row.map_err(Bad::Row))
    }
}

/// Why the template cannot be filled with a row, if it cannot. A placeholder without a column was said already.
fn unfit(reader: &Reader<'_>, filler: &Filler<'_>, row: &Row) -> Option<Vec<RowError>> {
    let faults = filler.fill(&row.values).err()?;
    let at = |fault: FillFault| {
        let column = match &fault {
            FillFault::Missing { .. } => return None,
            FillFault::Empty { placeholder } | FillFault::Long { placeholder, .. } | FillFault::Control { placeholder } => {
                Some(reader.source(placeholder).unwrap_or_else(|| placeholder.clone()))
            }
            FillFault::PartLong { .. } | FillFault::Structure => None,
        };
        Some(RowError { line: row.line, column, fault: Fault::Fill(fault) })
    };
    let errors: Vec<RowError> = faults.into_iter().filter_map(at).collect();
    (!errors.is_empty()).then_some(errors)
}
