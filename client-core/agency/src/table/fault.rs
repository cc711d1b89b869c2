//! What is wrong with a line of a table.

use crate::template::FillFault;
use lacre_ground::run::RunError;

/// Something is wrong in this line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowError {
    /// the line that a spreadsheet shows, from 1
    pub line: u64,
    /// the column's name as it stands in the table, or as it should
    pub column: Option<String>,
    /// what
    pub fault: Fault,
}

/// What is wrong. No value of a row stands in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A column that nothing takes: a name was mistyped, or it is to be removed.
    UnknownColumn {
        /// those of the template
        placeholders: Vec<String>,
    },
    /// There is no such column.
    MissingColumn,
    /// Another column has this name or this meaning.
    SameColumn,
    /// A value in a column without a name.
    NamelessColumn,
    /// The row has too few or too many fields.
    Fields {
        /// that it has
        found: usize,
        /// that the line of names has
        wanted: usize,
    },
    /// Nothing stands there.
    Empty,
    /// It is no RUN.
    Run(RunError),
    /// An earlier row is for the same person.
    SamePerson {
        /// its line
        first: u64,
    },
    /// It is too long.
    Long {
        /// its length
        bytes: usize,
        /// what it may have
        most: usize,
    },
    /// A spreadsheet wrote an error there, in the place of a formula's result.
    Error,
    /// A RUN that a spreadsheet shortened to a number with an exponent: its digits are gone.
    Shortened,
    /// It has a control character, or letters were lost before.
    Control,
    /// It has new lines.
    Lines,
    /// Too many files.
    Attachments {
        /// of them
        count: usize,
        /// [`super::MAX_ATTACHMENTS`]
        most: usize,
    },
    /// A name of a file that leaves its folder.
    AttachmentName,
    /// The row needs a letter, and has no address for one.
    NoAddress,
    /// The values do not fit into the template.
    Fill(FillFault),
    /// More rows than a table may have: this is the first that is too much.
    Rows {
        /// [`super::MAX_ROWS`]
        most: u64,
    },
}
