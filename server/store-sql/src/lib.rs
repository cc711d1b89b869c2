//! The verbs of a store in SQL, written once for both engines: statements, the reading of rows, the steps between them.

pub mod rows;
pub mod values;
