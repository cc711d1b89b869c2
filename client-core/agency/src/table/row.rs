//! A row for a person, or all that is wrong with it.

use super::columns::{Column, Columns, Role, Source};
use super::fault::{Fault, RowError};
use super::spoiled::{is_error, is_shortened};
use crate::template::{MAX_CASE, MAX_PROCEDURE, MAX_VALUE, TemplateText, Values};
use lacre_ground::run::Run;

/// Longest line of a postal address, bytes.
pub const MAX_ADDRESS_LINE: usize = 200;
/// Most files that one row attaches: a notice has the body, too.
pub const MAX_ATTACHMENTS: usize = lacre_evidence::notice::MAX_FILES - 1;

/// Where a letter goes. No `Debug`: it names a person.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// the person's name
    pub name: String,
    /// street, comuna and what else stands in the row, in the order of a letter
    pub lines: Vec<String>,
}

/// A row for a person. No `Debug`: it names a person.
#[derive(Clone, PartialEq, Eq)]
pub struct Row {
    /// the line that a spreadsheet shows, from 1
    pub line: u64,
    /// to whom
    pub run: Run,
    /// case file (IUIe)
    pub case: String,
    /// procedure, where it is not the template's
    pub procedure: Option<String>,
    /// values of the template's placeholders
    pub values: Values,
    /// where a letter goes: a name, a street and a comuna stand in the row
    pub address: Option<Address>,
    /// names of files to attach, as they stand in the row
    pub attachments: Vec<String>,
}

/// Reads rows of a table with these columns.
pub(super) struct Reader<'t> {
    pub(super) columns: Columns,
    pub(super) text: &'t TemplateText,
    pub(super) addresses: bool,
}

impl Reader<'_> {
    /// The row, or all that is wrong with it. What is wrong with the columns was said already, and is not said again.
    /// And whom it is for, if that can be read.
    pub(super) fn read(&self, line: u64, record: &csv::StringRecord) -> (Option<Run>, Result<Row, Vec<RowError>>) {
        let wanted = self.columns.all.len();
        if record.len() != wanted {
            let fault = Fault::Fields { found: record.len(), wanted };
            return (None, Err(vec![RowError { line, column: None, fault }]));
        }
        let mut cells = Cells { line, record, columns: &self.columns, errors: Vec::new() };
        cells.look_at_all();
        let run = cells.run();
        let case = cells.line_of(Role::Case, MAX_CASE, true);
        let procedure = cells.line_of(Role::Procedure, MAX_PROCEDURE, false);
        let address = cells.address(self.addresses);
        let attachments = cells.attachments();
        let values = cells.values(procedure.as_deref().unwrap_or(&self.text.procedure));
        let row = match (run, case, cells.errors) {
            (Some(run), Some(case), errors) if errors.is_empty() => {
                Ok(Row { line, run, case, procedure, values, address, attachments })
            }
            (_, _, errors) => Err(errors),
        };
        (run, row)
    }

    /// The name of the column with this role, as it stands in the table.
    pub(super) fn name(&self, role: Role) -> Option<String> {
        self.columns.place(role).and_then(|at| self.columns.all.get(at)).map(|column| column.name.clone())
    }

    /// The name of the column that gives a placeholder's value.
    pub(super) fn source(&self, placeholder: &str) -> Option<String> {
        let (_, source) = self.columns.values.iter().find(|(name, _)| name == placeholder)?;
        let Source::Field(at) = source else { return None };
        self.columns.all.get(*at).map(|column| column.name.clone())
    }
}

struct Cells<'r> {
    line: u64,
    record: &'r csv::StringRecord,
    columns: &'r Columns,
    errors: Vec<RowError>,
}

impl<'r> Cells<'r> {
    fn cell(&self, at: usize) -> &'r str {
        self.record.get(at).unwrap_or_default().trim()
    }

    fn wrong(&mut self, at: usize, fault: Fault) {
        let name = self.columns.all.get(at).map(|column| column.name.clone());
        let error = RowError { line: self.line, column: name, fault };
        if !self.errors.contains(&error) {
            self.errors.push(error);
        }
    }

    /// What no cell may have.
    fn look_at_all(&mut self) {
        for (at, Column { role, .. }) in self.columns.all.iter().enumerate() {
            let cell = self.cell(at);
            if cell.chars().any(|c| (c.is_control() && !matches!(c, '\n' | '\t')) || c == '\u{fffd}') {
                self.wrong(at, Fault::Control);
            }
            if is_error(cell) {
                self.wrong(at, Fault::Error);
            }
            if *role == Role::Nameless && !cell.is_empty() {
                self.wrong(at, Fault::NamelessColumn);
            }
        }
    }

    fn run(&mut self) -> Option<Run> {
        let at = self.columns.place(Role::Run)?;
        match Run::parse(self.cell(at)) {
            Ok(run) => return Some(run),
            Err(_) if self.cell(at).is_empty() => self.wrong(at, Fault::Empty),
            // said already, and it is no mistake of who typed a RUN
            Err(_) if is_error(self.cell(at)) => {}
            Err(_) if is_shortened(self.cell(at)) => self.wrong(at, Fault::Shortened),
            Err(why) => self.wrong(at, Fault::Run(why)),
        }
        None
    }

    /// One line of so many bytes, as N takes it.
    fn line_of(&mut self, role: Role, most: usize, needed: bool) -> Option<String> {
        let at = self.columns.place(role)?;
        let cell = self.cell(at);
        match cell {
            "" if needed => self.wrong(at, Fault::Empty),
            "" => {}
            _ if cell.len() > most => self.wrong(at, Fault::Long { bytes: cell.len(), most }),
            _ if cell.contains(['\n', '\t']) => self.wrong(at, Fault::Lines),
            _ => return Some(cell.to_owned()),
        }
        None
    }

    fn address(&mut self, needed: bool) -> Option<Address> {
        let mut parts: Vec<(u8, String)> = Vec::new();
        for at in 0..self.columns.all.len() {
            let Some(Column { role: Role::Address(place), .. }) = self.columns.all.get(at) else { continue };
            let text = self.cell(at).split_whitespace().collect::<Vec<_>>().join(" ");
            if text.len() > MAX_ADDRESS_LINE {
                self.wrong(at, Fault::Long { bytes: text.len(), most: MAX_ADDRESS_LINE });
            } else if !text.is_empty() {
                parts.push((*place, text));
            }
        }
        parts.sort_by_key(|(place, _)| *place);
        let comuna = self.columns.all.iter().any(|c| matches!(c.role, Role::Address(8)) && parts.iter().any(|(p, _)| *p == 8));
        let street = parts.iter().any(|(place, _)| (1..8).contains(place));
        let mut lines = parts.into_iter();
        match lines.next() {
            Some((0, name)) if comuna && street => Some(Address { name, lines: lines.map(|(_, text)| text).collect() }),
            _ => {
                if needed {
                    self.errors.push(RowError { line: self.line, column: None, fault: Fault::NoAddress });
                }
                None
            }
        }
    }

    fn attachments(&mut self) -> Vec<String> {
        let mut names = Vec::new();
        for at in 0..self.columns.all.len() {
            if self.columns.all.get(at).is_none_or(|column| column.role != Role::Attach) {
                continue;
            }
            match self.cell(at) {
                // a decision without the file that it decides about is no notice: what has none says so
                "" => self.wrong(at, Fault::Empty),
                "-" => {}
                cell => {
                    for name in cell.split('|').map(str::trim) {
                        let up = name.split(['/', '\\']).any(|part| part.is_empty() || part == "..");
                        if up || name.contains('\n') {
                            self.wrong(at, Fault::AttachmentName);
                        }
                        names.push(name.to_owned());
                    }
                    if names.len() > MAX_ATTACHMENTS {
                        self.wrong(at, Fault::Attachments { count: names.len(), most: MAX_ATTACHMENTS });
                    }
                }
            }
        }
        names
    }

    fn values(&mut self, procedure: &str) -> Values {
        let mut values = Values::default();
        for (name, source) in &self.columns.values {
            let value = match *source {
                Source::Procedure => procedure,
                Source::Nowhere => continue,
                Source::Field(at) => {
                    let cell = self.cell(at);
                    if cell.is_empty() {
                        self.wrong(at, Fault::Empty);
                    } else if cell.len() > MAX_VALUE {
                        self.wrong(at, Fault::Long { bytes: cell.len(), most: MAX_VALUE });
                    }
                    cell
                }
            };
            values.put(name, value);
        }
        values
    }
}
