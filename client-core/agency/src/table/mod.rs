//! A recipients' table: CSV, read as a stream, a row for each person.
//!
//! | room | |
//! |---|---|
//! | `encoding` | what the bytes are: looked at whole before anything is read |
//! | `stream` | rows of fields, with the line that a spreadsheet shows |
//! | `columns` | what each column is for |
//! | `fault` | what is wrong with a line |
//! | `spoiled` | what a spreadsheet writes where a value was lost |
//! | `row` | a row for a person, or all that is wrong with it |
//! | `whole` | a table: opened, checked, read |
//! | `plain` | a table of other columns, read whole |
//!
//! | column | |
//! |---|---|
//! | `run`, `rut` | whom; once in the table |
//! | `case`, `expediente`, `iuie` | the case file |
//! | `procedure`, `procedimiento` | the procedure, where it is not the template's |
//! | `name`, `nombre` | for a letter |
//! | `address`, `address 1` to `7`, `direccion`, `direccion 1` to `7`, `domicilio`; `comuna`; `city`, `ciudad`; `region`; `postcode`, `codigo postal` | for a letter, with or without accents |
//! | those that were named for attachments | names of files, with `|` between them; `-` for none |
//! | any other | the value of the placeholder of this name; one that the template does not have is an error |
//!
//! Every column is also the value of its placeholder, if the template has it. Memory does not grow with the rows but for the RUNs,
//! of which none may come twice (20 bytes for each).

mod columns;
mod encoding;
mod fault;
mod plain;
mod row;
mod spoiled;
mod stream;
mod whole;

#[cfg(test)]
mod tests;

pub use columns::Wanted;
pub use encoding::{Encoding, MAX_LINE, MAX_TABLE, Unreadable};
pub use fault::{Fault, RowError};
pub use plain::{Plain, PlainRow};
pub use row::{Address, MAX_ADDRESS_LINE, MAX_ATTACHMENTS, Row};
pub use stream::Separator;
pub use whole::{Bad, Checked, MAX_ERRORS, MAX_ROWS, Rows, Table};
