//! Rows of a list, told one after the other.

use super::super::{Failed, say};
use lacre_words::failure::Exit;

/// To programs as one array, to people a line each.
pub(super) fn told<T>(
    rows: &[T],
    json: bool,
    value: impl Fn(&T) -> serde_json::Value,
    line: impl Fn(&T) -> String,
) -> Result<Exit, Failed> {
    if json {
        let values: Vec<_> = rows.iter().map(value).collect();
        say(&serde_json::Value::from(values).to_string())?;
        return Ok(Exit::Done);
    }
    for row in rows {
        say(line(row).trim_end())?;
    }
    Ok(Exit::Done)
}
